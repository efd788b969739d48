/**
 * Writes text to standard output, all of it before it returns or the promise is kept. A reader that has seen enough (`| head`) is no
 * failure: what it does not take is dropped.
 */
import { writeSync } from "node:fs";

/** Not through `process.stdout`: its streams take longer to load than a small text takes to parse. */
export async function writeOut(text: string): Promise<void> {
  const bytes = Buffer.from(text);
  const written = writeWhatFits(bytes);
  if (written === bytes.length) return;
  try {
    // A pipe that does not block and is full: the rest is written as there is room.
    await Bun.write(Bun.stdout, bytes.subarray(written));
  } catch (error) {
    if (!hasCode(error, "EPIPE")) throw error;
  }
}

/** A short text, such as help. */
export function writeOutNow(text: string): void {
  writeWhatFits(Buffer.from(text));
}

/** How many bytes are dealt with: less than all where the reader is behind. */
function writeWhatFits(bytes: Uint8Array): number {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(1, bytes, written);
  } catch (error) {
    if (hasCode(error, "EPIPE")) return bytes.length;
    if (!hasCode(error, "EAGAIN")) throw error;
  }
  return written;
}

const hasCode = (error: unknown, code: string) => error instanceof Error && "code" in error && error.code === code;
