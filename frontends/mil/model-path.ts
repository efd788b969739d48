/** Which paths hold MIL programs, by their extension: known without loading any reader. */
import { extname } from "node:path";

/** Text, Core ML's model files and packages, and what Apple's compiler makes of them. */
export const modelExtensions = [".mil", ".mlmodel", ".mlpackage", ".mlmodelc"] as const;
export type ModelExtension = (typeof modelExtensions)[number];

/** The extension of a path to a MIL program; undefined for any other path. A folder's name may end in a slash. */
export function modelExtensionOf(path: string): ModelExtension | undefined {
  const extension = extname(path).toLowerCase();
  return modelExtensions.find((each) => each === extension);
}

export function isModelPath(path: string): boolean {
  return modelExtensionOf(path) !== undefined;
}
