/** Which frames of a stack are a user's: those of no file of Anemone's own, its packages or the engine's. */
import { dirname, join } from "node:path";

/** Beside the folder of this file itself: `tools/`, or `dist/` where it is bundled. */
const rooms = ["bin", "compiler", "dialects", "frontends", "ir", "lowering", "node_modules", "passes", "runtime"];

/** The path of the file that a frame names; undefined for the engine's own functions. */
const fileOf = (frame: string): string | undefined =>
  /^at (?:.*\()?(?:file:\/\/)?(\/[^()]*):\d+:\d+\)?$/.exec(frame.trim())?.[1];

/** The folders of Anemone's files, as frames name them. */
function ownFolders(): readonly string[] {
  // Not `import.meta`: in the bundle that is where it was made.
  const here = (new Error().stack ?? "")
    .split("\n")
    .map(fileOf)
    .find((path) => path !== undefined);
  if (here === undefined) return [];
  const own = dirname(here);
  return [own, ...rooms.map((room) => join(own, "..", room))].map((each) => `${each}/`);
}

/** The frames of a stack that are in files of the user's, as lines of `at f (file:line:column)`; repeated ones once. */
export function userFrames(stack: string): readonly string[] {
  const ours = ownFolders();
  const frames: string[] = [];
  for (const line of stack.split("\n")) {
    const frame = line.trim();
    const path = fileOf(frame);
    if (path === undefined || ours.some((each) => path.startsWith(each))) continue;
    if (frames.at(-1) !== frame) frames.push(frame);
  }
  return frames;
}
