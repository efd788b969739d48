/** Differences between two texts by line, as a unified diff. */
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";

/** The unified diff of two texts under the two names; empty where they are equal. */
export function unifiedDiff(
  before: string,
  after: string,
  names: { readonly before: string; readonly after: string },
): string {
  if (before === after) return "";
  const options = { context: 3, headerOptions: FILE_HEADERS_ONLY };
  return createTwoFilesPatch(names.before, names.after, before, after, undefined, undefined, options);
}
