/** Reads what tools keep in a text beside the IR: `{-# external_resources: { owner: { key: "text", flag: true } } #-}`. */
import type { Context } from "../context.ts";
import { sectionStart } from "./resources.ts";
import { TextParser } from "./text-parser.ts";

/** The entries of one owner, as text; none where the text has no such section. */
export function externalResources(text: string, owner: string, context: Context): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const parser = new TextParser(text, context);
  for (let at = text.indexOf(sectionStart); at >= 0; at = text.indexOf(sectionStart, at + 1)) {
    parser.seek(at);
    try {
      parser.expect(sectionStart);
      parser.commaSeparated(() => readEntry(parser, ["external_resources", owner], 0, found));
    } catch {
      // Not a section, but the inside of a string or comment.
    }
  }
  return found;
}

/** Entries under `path` are gathered; others are read over. */
function readEntry(
  parser: TextParser,
  path: readonly string[],
  depth: number,
  found: Map<string, string> | undefined,
): void {
  if (depth > 8) throw parser.error("resources are nested too deep");
  const key = parser.parseOptionalString() ?? parser.keyword("a key");
  parser.expect(":");
  const isOnPath = depth >= path.length || path[depth] === key;
  if (parser.peek("{")) {
    parser.delimited("{", "}", () => readEntry(parser, path, depth + 1, isOnPath ? found : undefined));
    return;
  }
  const value = parser.parseOptionalString() ?? parser.keyword("a value");
  if (depth === path.length && isOnPath) found?.set(key, value);
}
