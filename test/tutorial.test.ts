/**
 * The tutorial is followed as it is written: in an empty folder with the package installed, the files that the chapters show are written as
 * they come, and each command is run where it stands. After each chapter what is there type checks; in the end it is the example.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { shownPattern } from "./testing/documentation.ts";
import { InstalledPackage } from "./testing/installed-package.ts";
import { applied, type Step, stepsOf } from "./testing/tutorial-pages.ts";

const root = resolve(import.meta.dirname, "..");
const tutorial = join(root, "docs", "tutorial");
const example = join(root, "examples", "poly");
const read = (...path: readonly string[]) => readFileSync(join(...path), "utf8");
const pages = readdirSync(tutorial).filter((name) => name.endsWith(".md"));
const chapters = pages
  .filter((name) => /^\d/.test(name))
  .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));

/** The files as shown so far. */
const files = new Map<string, string>();
let folder: InstalledPackage;

beforeAll(() => {
  for (const step of stepsOf(read(tutorial, "README.md")))
    if (step.kind === "write") files.set(step.file, applied(undefined, step));
  folder = new InstalledPackage(Object.fromEntries(files));
});
afterAll(() => folder?.remove());

/** Does what a reader does at this step. */
function follow(step: Step): void {
  switch (step.kind) {
    case "command": {
      const { command, output, status } = step.command;
      const found = folder.run(command);
      expect(found.status, `line ${step.line}: ${command}\n${found.output}`).toBe(status);
      if (output !== undefined)
        expect(`${found.output.trimEnd()}\n`, `line ${step.line}: ${command}`).toMatch(shownPattern(output));
      break;
    }
    case "sample": {
      writeFileSync(join(folder.folder, "sample.mlir"), step.text);
      const found = folder.run("anemone opt sample.mlir --load ./index.ts -o out.mlir");
      expect(found.status, `line ${step.line}: ${found.output}`).toBe(0);
      break;
    }
    default: {
      const path = join(folder.folder, step.file);
      const text = applied(files.get(step.file), step);
      files.set(step.file, text);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  }
}

// In order: each chapter goes on where the one before it ended.
describe("chapter by chapter", () => {
  test.each(chapters)("%s", (page) => {
    const steps = stepsOf(read(tutorial, page));
    expect(steps.some(({ kind }) => kind === "command")).toBe(true);
    for (const step of steps) follow(step);
    if (![...files.keys()].some((file) => file.endsWith(".ts"))) return;
    const checked = folder.run("npm run typecheck");
    expect(checked.status, checked.output).toBe(0);
  });

  test("the result is the example", () => {
    const wanted = readdirSync(example, { recursive: true, encoding: "utf8" }).filter((name) =>
      /^(?!node_modules).*\.(ts|mlir|json)$/.test(name),
    );
    expect([...files.keys()].filter((file) => !wanted.includes(file))).toEqual([]);
    for (const file of wanted) {
      // The example has more texts than the page shows, and more cases in these.
      if (/^tests\/.*\.mlir$/.test(file))
        expect(read(example, file), file).toContain((files.get(file) ?? "").trimEnd());
      else expect(files.get(file), file).toBe(read(example, file));
    }
  });
});

test.each(pages)("the links of %s lead somewhere", (page) => {
  const text = read(tutorial, page);
  for (const [, target = ""] of text.matchAll(/\]\(([^)#:]+)\)/g)) expect(() => readdirOrFile(target)).not.toThrow();
});

function readdirOrFile(target: string): void {
  const path = resolve(tutorial, target);
  try {
    readFileSync(path);
  } catch {
    readdirSync(path);
  }
}
