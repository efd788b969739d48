/** Files of weights as bytes: mapped, so that only the pages that are read take memory. */
import { readFileSync, statSync } from "node:fs";

/**
 * The bytes of a file, mapped where that is possible: not for an empty file, nor one that the user may only read (Bun maps
 * files for writing); those are read. The bytes are not to be written to.
 */
export function mapFile(path: string): Uint8Array {
  const canMap = typeof Bun !== "undefined" && typeof Bun.mmap === "function" && statSync(path).size > 0;
  if (canMap) {
    try {
      // Private: what is written by mistake changes no file.
      const mapped: Uint8Array = Bun.mmap(path, { shared: false });
      return mapped;
    } catch {
      // Read below, which says what is wrong if that fails too.
    }
  }
  const bytes = readFileSync(path);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
