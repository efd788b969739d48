/**
 * What a command prints when it fails: a diagnostic for the user's mistakes, the user's frames for an exception of a pass or
 * pattern that was loaded, a stack for ours.
 */
import { createRequire } from "node:module";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import { crashSite } from "../passes/manager/crash-site.ts";
import { userFrames } from "./own-frames.ts";

// Loaded for a failure only: it looks at the terminal, which takes time.
const colors = (): typeof import("picocolors") => createRequire(import.meta.url)("picocolors");

/** Wrong usage that the argument parser cannot see (`--shape x=abc`); exits with 2. */
export class UsageError extends Error {}

/** Reads a part of the command line that has diagnostics of its own: to the user these are wrong usage like any other. */
export function asUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

/** Prints the failure on standard error and gives the exit code. */
export function reportFailure(error: unknown): number {
  if (error instanceof UsageError) {
    if (error.cause instanceof DiagnosticError) reportFailure(error.cause);
    else console.error(`${colors().red("error:")} ${error.message}`);
    return 2;
  }
  if (error instanceof DiagnosticError) {
    console.error(error.render().replace(/\berror:/, (word) => colors().red(word)));
    return 1;
  }
  const fault = systemFault(error) ?? userFault(error);
  if (fault !== undefined) {
    console.error(`${colors().red("error:")} ${fault}`);
    return 1;
  }
  console.error(
    `${colors().red("internal error:")} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  console.error("This is a defect of Anemone. Please report it with the command and its input.");
  return 1;
}

/** The reasons that people meet, instead of `ENOENT: no such file or directory, open 'x.mlir.21988.part'`. */
const reasons: { readonly [code: string]: string } = {
  ENOENT: "there is no such file, or no such folder to put it in",
  EISDIR: "it is a folder, and a file is needed",
  ENOTDIR: "a part of its path is a file, not a folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  // Of a folder that is to be made.
  EEXIST: "it is a file, and a folder is needed",
  ENOSPC: "no space is left",
};

/** What the system refused, with the path as the user wrote it. */
function systemFault(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = textOf(error, "code");
  if (code === undefined || !/^E[A-Z]+$/.test(code)) return undefined;
  // Files are written beside their place first.
  const path = (textOf(error, "dest") ?? textOf(error, "path"))?.replace(/(\.\d+\.part)+$/, "");
  return path === undefined ? error.message : `cannot use '${path}': ${reasons[code] ?? error.message}`;
}

function textOf(error: Error, key: string): string | undefined {
  const value: unknown = Reflect.get(error, key);
  return typeof value === "string" ? value : undefined;
}

/** An exception that comes from a user's file: the pass and what it ran on, the message, and the user's frames. */
function userFault(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const causes: Error[] = [error];
  for (let cause = error.cause; cause instanceof Error && causes.length < 10; cause = cause.cause) causes.push(cause);
  const frames = causes.map(({ stack }) => userFrames(stack ?? "")).findLast((each) => each.length > 0);
  if (frames === undefined) return undefined;
  const site = crashSite(error);
  const where =
    site === undefined
      ? "a loaded file threw an exception"
      : `the pass '${site.pass}' threw an exception on ${site.operation}`;
  // The pattern's driver says which pattern failed on what, and the cause why.
  const message = causes.length > 1 ? error.message : `${error.name}: ${error.message}`;
  return `${where}: ${[message, ...frames].join("\n    ")}`;
}
