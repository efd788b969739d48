/**
 * The IR of each level as files. Levels mostly refer to the same weights: a level whose blobs were written before gets a hard
 * link to that sidecar, so that a dump of all levels takes the space of one.
 */
import { copyFileSync, linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Operation } from "../ir/operation.ts";
import { print } from "../ir/printer/print.ts";
import { blobsOf, sidecarPath, writeIr } from "../ir/sidecar.ts";
import { type Level, levels } from "./levels.ts";

export class LevelDumps {
  readonly #folder: string;
  /** The sidecar that holds exactly these blobs, by their keys. */
  readonly #written = new Map<string, string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes the module and gives the path of its text. */
  write(level: Level, module: Operation): string {
    mkdirSync(this.#folder, { recursive: true });
    const path = join(this.#folder, `${levels.indexOf(level)}-${level}.mlir`);
    const keys = [...new Set([...blobsOf(module)].map(({ key }) => key))].sort().join(" ");
    const known = this.#written.get(keys);
    if (keys === "" || known === undefined) {
      writeIr(path, module);
      this.#written.set(keys, sidecarPath(path));
      return path;
    }
    writeFileSync(path, print(module));
    shareFile(known, sidecarPath(path));
    return path;
  }
}

/** Links where the file system can, copies elsewhere. */
function shareFile(from: string, to: string): void {
  rmSync(to, { force: true });
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
