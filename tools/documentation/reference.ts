/** The pages of the reference: an index, one page per dialect, one for the passes. */
import type { Dialect } from "../../ir/context.ts";
import type { AnyPass } from "../../passes/pass.ts";
import { type DialectFacts, dialectFacts, type PassFacts, passFacts } from "./facts.ts";
import { dialectMarkdown, indexMarkdown, passesMarkdown } from "./markdown.ts";

export interface ReferenceFacts {
  readonly dialects: readonly DialectFacts[];
  readonly passes: readonly PassFacts[];
}

/** `described` are the dialects to write about; `loaded` all whose interfaces and rewrites count. */
export function referenceFacts(
  described: readonly Dialect[],
  passes: readonly AnyPass[],
  loaded: readonly Dialect[] = described,
): ReferenceFacts {
  return { dialects: described.map((each) => dialectFacts(each, loaded)), passes: passes.map(passFacts) };
}

/** Path (relative to the reference's folder) to text. */
export function referencePages({ dialects, passes }: ReferenceFacts): ReadonlyMap<string, string> {
  const pages = new Map([["README.md", indexMarkdown(dialects, passes)]]);
  for (const facts of dialects) pages.set(`dialects/${facts.name}.md`, dialectMarkdown(facts));
  if (passes.length > 0) pages.set("passes.md", passesMarkdown(passes));
  return pages;
}
