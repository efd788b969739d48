/** `--target`, the engine that a program is made for, as several commands take it. */
import { isTargetName, targetNames } from "../dialects/ane/index.ts";
import { UsageError } from "./failure.ts";

/** The target that the user named; wrong usage lists what there is. */
export function parseTarget(text: string): string {
  if (!isTargetName(text)) throw new UsageError(`--target takes ${targetNames.join(", ")}, but got '${text}'`);
  return text;
}
