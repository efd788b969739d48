/** The tutorial's code is the example's: each block is a piece of the file it names, and together they are the whole of it. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { codeBlocks } from "./testing/documentation.ts";

const root = resolve(import.meta.dirname, "..");
const tutorial = join(root, "docs", "tutorial");
const example = join(root, "examples", "poly");
const pages = readdirSync(tutorial).filter((name) => name.endsWith(".md"));
const read = (...path: readonly string[]) => readFileSync(join(...path), "utf8");

/** The pieces of the example's files that a page shows: the file's name stands in the first line. */
function pieces(page: string) {
  return codeBlocks(read(tutorial, page))
    .filter(({ language }) => language === "ts")
    .map(({ text, line }) => {
      const [title = "", ...rest] = text.split("\n");
      return { file: title.replace("// ", ""), parts: rest.join("\n").split("\n// …\n"), line };
    });
}

describe.each(pages)("%s", (page) => {
  test("its code is the example's", () => {
    for (const { file, parts, line } of pieces(page)) {
      const source = read(example, file);
      let from = 0;
      for (const part of parts) {
        const at = source.indexOf(part, from);
        expect(at, `line ${line}: this is not in ${file}, or not in this order:\n${part}`).toBeGreaterThanOrEqual(0);
        from = at + part.length;
      }
    }
  });

  test("its links lead somewhere", () => {
    const text = read(tutorial, page);
    for (const [, target = ""] of text.matchAll(/\]\(([^)#:]+)\)/g)) expect(() => readdirOrFile(target)).not.toThrow();
  });
});

function readdirOrFile(target: string): void {
  const path = resolve(tutorial, target);
  try {
    readFileSync(path);
  } catch {
    readdirSync(path);
  }
}

test("together the pages show every line of the example", () => {
  const shown = new Map<string, Set<string>>();
  for (const page of pages) {
    for (const { file, parts } of pieces(page)) {
      const lines = shown.get(file) ?? new Set();
      for (const part of parts) for (const line of part.split("\n")) lines.add(line);
      shown.set(file, lines);
    }
  }
  const files = readdirSync(example, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  for (const file of files) {
    const missing = read(example, file)
      .split("\n")
      .filter((line) => line !== "" && !shown.get(file)?.has(line));
    expect(missing, file).toEqual([]);
  }
});
