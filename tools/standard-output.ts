/** Writes text to standard output, all of it before the promise is kept. */
import { writeSync } from "node:fs";

/** Not through `process.stdout`: its streams take longer to load than a small text takes to parse. */
export async function writeOut(text: string): Promise<void> {
  const bytes = Buffer.from(text);
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(1, bytes, written);
  } catch (error) {
    // A pipe that does not block and is full: the rest is written as there is room.
    if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    await Bun.write(Bun.stdout, bytes.subarray(written));
  }
}
