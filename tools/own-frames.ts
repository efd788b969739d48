/** Which frames of a stack are a user's: those of no file of Anemone's own, its packages or the engine's. */
import { join } from "node:path";

// The same from `tools/` and from the bundle in `dist/`.
const root = join(import.meta.dirname, "..");
const rooms = [
  "bin",
  "compiler",
  "dialects",
  "dist",
  "frontends",
  "ir",
  "lowering",
  "node_modules",
  "passes",
  "runtime",
];
const ours = [...rooms, "tools"].map((room) => `${join(root, room)}/`);

/** The frames of a stack that are in files of the user's, as lines of `at f (file:line:column)`; repeated ones once. */
export function userFrames(stack: string): readonly string[] {
  const frames: string[] = [];
  for (const line of stack.split("\n")) {
    const frame = line.trim();
    const path = /^at (?:.*\()?(?:file:\/\/)?(\/[^()]*):\d+:\d+\)?$/.exec(frame)?.[1];
    if (path === undefined || ours.some((each) => path.startsWith(each))) continue;
    if (frames.at(-1) !== frame) frames.push(frame);
  }
  return frames;
}
