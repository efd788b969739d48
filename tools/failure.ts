/** What a command prints when it fails: a diagnostic for the user's mistakes, a stack for ours. */
import { createRequire } from "node:module";
import { DiagnosticError } from "../ir/diagnostic-error.ts";

// Loaded for a failure only: it looks at the terminal, which takes time.
const colors = (): typeof import("picocolors") => createRequire(import.meta.url)("picocolors");

/** Wrong usage that the argument parser cannot see (`--shape x=abc`); exits with 2. */
export class UsageError extends Error {}

/** Prints the failure on standard error and gives the exit code. */
export function reportFailure(error: unknown): number {
  if (error instanceof UsageError) {
    console.error(`${colors().red("error:")} ${error.message}`);
    return 2;
  }
  if (error instanceof DiagnosticError) {
    console.error(error.render().replace(/\berror:/, (word) => colors().red(word)));
    return 1;
  }
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (error instanceof Error && typeof code === "string" && /^E[A-Z]+$/.test(code)) {
    console.error(`${colors().red("error:")} ${error.message}`);
    return 1;
  }
  console.error(
    `${colors().red("internal error:")} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  console.error("This is a defect of Anemone. Please report it with the command and its input.");
  return 1;
}
