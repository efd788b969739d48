/** What a user's file may export, and what is said where it is something else. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Context } from "../ir/context.ts";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import { loadAllExtensions, loadExtensions } from "./load-extensions.ts";

// Inside the project, where the package's own name leads to it; not among its sources.
const folder = resolve(import.meta.dirname, "..", "out", "load-extensions");
beforeAll(() => mkdirSync(folder, { recursive: true }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const ir = 'import { dialect, op } from "anemone/ir";\nimport { pass } from "anemone/passes";\n';

test("dialects and passes of a TypeScript file", async () => {
  const path = write(
    "good.ts",
    `${ir}export const dialects = [dialect("mine", { doc: "Mine.", ops: [op("mine.x", {}, { doc: "X." })] })];
     export const passes = [pass("my-pass", { doc: "Mine.", patterns: [] })];`,
  );
  const { dialects, passes } = await loadExtensions(path);
  expect(dialects.flatMap(({ ops }) => ops.map(({ name }) => name))).toEqual(["mine.x"]);
  expect(passes.map(({ name }) => name)).toEqual(["my-pass"]);
});

test("dialects that IR declares", async () => {
  const path = write("declared.mlir", "irdl.dialect @first { irdl.operation @o }\nirdl.dialect @second");
  const { dialects } = await loadExtensions(path);
  expect(dialects.map(({ name }) => name)).toEqual(["first", "second"]);
});

test("two files with dialects of one name", async () => {
  const path = write("again.mlir", "irdl.dialect @twice");
  const [one, other] = [await loadExtensions(path), await loadExtensions(path)];
  expect(() => new Context([...one.dialects, ...other.dialects])).toThrow(DiagnosticError);
});

test("two files with dialects of one name are both said", async () => {
  const [one, other] = [write("shop.mlir", "irdl.dialect @shop"), write("other-shop.mlir", "irdl.dialect @shop")];
  const failure = await loadAllExtensions([one, other]).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    message: `has a dialect called 'shop', and so has ${one}: give one of them another name, or load one file only`,
    details: { file: other },
  });
});

test("a file that is named twice is loaded once", async () => {
  const [one, other] = [write("one.mlir", "irdl.dialect @one"), write("two.mlir", "irdl.dialect @two")];
  const { dialects } = await loadAllExtensions([one, other, one]);
  expect(dialects.map(({ name }) => name)).toEqual(["one", "two"]);
});

describe("what cannot be loaded is said", () => {
  test.each([
    ["neither.ts", "export const other = 1;", "exports neither `dialects` nor `passes`"],
    ["no-list.ts", 'export const dialects = "mine";', "exports `dialects` that are not a list of dialects"],
    ["ops.ts", `${ir}export const dialects = [op("mine.x", {}, { doc: "X." })];`, "make each with dialect(…)"],
    ["functions.ts", "export const passes = [() => true];", "make each with pass(…)"],
    [
      "taken.ts",
      `${ir}export const dialects = [dialect("arith", { doc: "Mine." })];`,
      "a dialect called 'arith', which exists",
    ],
    [
      "taken-pass.ts",
      `${ir}export const passes = [pass("cse", { doc: "Mine.", patterns: [] })];`,
      "a pass called 'cse', which exists",
    ],
    [
      "format.ts",
      `${ir}export const dialects = [dialect("mine", { doc: "Mine.", ops: [op("mine.x", {}, { doc: "X.", format: "$y" })] })];`,
      "the format of 'mine.x' is wrong",
    ],
    ["throws.ts", 'throw new Error("not today");', "cannot load: not today"],
    ["taken.mlir", "irdl.dialect @arith", "a dialect called 'arith', which exists"],
    ["no-dialect.mlir", "func.func private @f()", "declares no dialect"],
    ["wrong.mlir", "irdl.dialect @mine { irdl.operation @o { %0 = irdl.base } }", "either a name or a reference"],
  ])("%s", async (name, text, message) => {
    const path = write(name, text);
    const failure = await loadExtensions(path).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DiagnosticError);
    if (failure instanceof DiagnosticError) {
      expect(failure.message).toContain(message);
      expect(failure.details.file).toBe(path);
    }
  });

  test.each(["nothing.ts", "nothing.mlir"])("%s, which is not there", async (name) => {
    await expect(loadExtensions(join(folder, name))).rejects.toThrow(DiagnosticError);
  });
});
