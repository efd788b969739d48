/** Writes what a command makes: each file whole or not at all. */
import { existsSync, mkdirSync, realpathSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import { replaceFile } from "../ir/sidecar.ts";

/** What writes itself, piece by piece: a file that need not be in memory. */
export interface Streamed {
  writeTo(path: string): void;
}

export type FileContent = string | Uint8Array | Streamed;

/** A file, in a folder that is made where it is missing. */
export function writeWhole(path: string, content: FileContent): void {
  mkdirSync(dirname(path), { recursive: true });
  if (typeof content === "string" || content instanceof Uint8Array) replaceFile(path, content);
  else content.writeTo(path);
}

/**
 * Files by their paths in a folder, which appear when all of them are written; other files there stay. Each is written beside its
 * place first: a folder may be a file system of its own, and the one around it closed to the user.
 */
export function writeFolder(folder: string, files: Readonly<Record<string, FileContent>>): void {
  const parts: { readonly part: string; readonly place: string }[] = [];
  const made: string[] = [];
  try {
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder, name);
      made.push(...makeFolder(dirname(path)));
      // A link stays a link.
      const place = existsSync(path) ? realpathSync(path) : path;
      if (existsSync(place) && statSync(place).isDirectory())
        throw new DiagnosticError("is a folder, and a file is needed", { file: path });
      const part = `${place}.${process.pid}.part`;
      parts.push({ part, place });
      if (typeof content === "string" || content instanceof Uint8Array) writeFileSync(part, content);
      else content.writeTo(part);
    }
    for (const { part, place } of parts) renameSync(part, place);
  } catch (error) {
    for (const { part } of parts) rmSync(part, { force: true });
    for (const path of made.reverse()) removeIfEmpty(path);
    throw error;
  }
}

/** Makes a folder and those around it; gives those that were not there, the outermost first. */
function makeFolder(path: string): readonly string[] {
  const missing: string[] = [];
  for (let each = path; !existsSync(each); each = dirname(each)) missing.unshift(each);
  mkdirSync(path, { recursive: true });
  return missing;
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Something else has been put there.
  }
}
