/** Which paths hold MIL programs, by their extension or their `model.mil`: known without loading any reader. */
import { existsSync } from "node:fs";
import { extname, join } from "node:path";

/** Text, Core ML's model files and packages, and what Apple's compiler makes of them. */
export const modelExtensions = [".mil", ".mlmodel", ".mlpackage", ".mlmodelc"] as const;
export type ModelExtension = (typeof modelExtensions)[number];

/**
 * The extension of a path to a MIL program; undefined for any other path. A folder's name may end in a slash. A folder with a
 * `model.mil`, as `compile --emit mil` writes it, is what Apple's compiler makes whatever its name.
 */
export function modelExtensionOf(path: string): ModelExtension | undefined {
  const extension = extname(path).toLowerCase();
  const stated = modelExtensions.find((each) => each === extension);
  return stated ?? (existsSync(join(path, "model.mil")) ? ".mlmodelc" : undefined);
}

export function isModelPath(path: string): boolean {
  return modelExtensionOf(path) !== undefined;
}
