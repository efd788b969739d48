/** Writes what a command makes: each file whole or not at all. */
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
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

/** Files by their paths in a folder; other files there stay. */
export function writeFolder(folder: string, files: Readonly<Record<string, FileContent>>): void {
  const temporary = `${folder}.${process.pid}.tmp`;
  try {
    for (const [name, content] of Object.entries(files)) writeWhole(join(temporary, name), content);
    mkdirSync(folder, { recursive: true });
    for (const name of Object.keys(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      renameSync(join(temporary, name), join(folder, name));
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
