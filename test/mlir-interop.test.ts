/**
 * MLIR's own tools as the judge of random programs on every level: `mlir-minimal-opt` reads the generic form and prints what
 * is to us the same program, and `mlir-opt` verifies what consists of upstream dialects only, in both forms. (The levels of
 * whole networks are held against them in levels.test.ts.)
 */
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type Level, lowerTo } from "../compiler/index.ts";
import { defaultContext } from "../compiler/registry.ts";
import { tensor } from "../dialects/tensor/index.ts";
import { missingMlirOpt, mlirOpt } from "../dialects/upstream/mlir-opt.ts";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import type { Operation } from "../ir/operation.ts";
import { parse } from "../ir/parser/parse.ts";
import { missingOracle } from "../ir/printer/mlir-oracle.ts";
import { print } from "../ir/printer/print.ts";
import { arbitraryModule, type RandomProgram } from "./testing/arbitrary-module.ts";
import { propertyParameters } from "./testing/property.ts";

const context = defaultContext();
const meaning = (module: Operation) => print(module, { generic: true, valueNames: false, inlineResources: true });

type Run = { readonly status: number | null; readonly output: string; readonly errors: string };
type Tool = (text: string, options: readonly string[]) => Run;

const minimalOpt: Tool = (text, options) => {
  const run = spawnSync("mlir-minimal-opt-19", ["--allow-unregistered-dialect", ...options, "-"], {
    input: text,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  return { status: run.status, output: run.stdout, errors: run.stderr };
};
const plainOpt: Tool = (text, options) => mlirOpt(text, options, { allowUnregistered: false });

const separator = "// -----\n";

/** What a tool prints for each text, in one run of the tool. A text that it refuses alone is named with its message. */
function judge(tool: Tool, texts: readonly string[], options: readonly string[]): readonly string[] {
  const all = tool(texts.join(`\n${separator}`), ["--split-input-file", ...options]);
  if (all.status === 0) return all.output.split(separator);
  for (const text of texts) {
    const { status, errors } = tool(text, options);
    if (status !== 0) expect.fail(`MLIR refuses a program: ${errors.slice(0, 1500)}\n${text.slice(0, 6000)}`);
  }
  return expect.fail(`MLIR refuses the programs together: ${all.errors.slice(0, 1500)}`);
}

/**
 * What MLIR printed is to us what we printed. `spelling` brings both to one spelling first, where MLIR has several (an
 * attribute inside an attribute with and without its name).
 */
function expectSamePrograms(
  found: readonly string[],
  modules: readonly Operation[],
  spelling: (texts: readonly string[]) => readonly string[] = (texts) => texts,
): void {
  expect(found.length).toBe(modules.length);
  const theirs = spelling(found.map((text) => meaning(parse(text, context))));
  const ours = spelling(modules.map(meaning));
  for (const [position, text] of ours.entries()) expect(theirs[position]).toBe(text);
}

const parameters = propertyParameters<RandomProgram>(100);

/** Levels on the way of a route, and whether they consist of upstream dialects. */
const routes: readonly (readonly [route: "cpu" | "ane", levels: readonly (readonly [Level, boolean])[]])[] = [
  [
    "cpu",
    [
      ["tensor", false],
      ["fused", false],
      ["linalg", true],
      ["buffers", true],
      ["loops", true],
      ["llvm", true],
    ],
  ],
  [
    "ane",
    [
      ["ane", false],
      ["mil", false],
    ],
  ],
];

/** Lowers a program to each of `levels` in turn; undefined where the engine cannot run it. */
function levelsOf(module: Operation, route: "cpu" | "ane", levels: readonly Level[]): readonly Operation[] | undefined {
  const found: Operation[] = [];
  try {
    for (const level of levels) found.push(lowerTo(found.at(-1) ?? module, level, { route }).module);
  } catch (error) {
    if (error instanceof DiagnosticError && error.message.includes("cannot run on the engine")) return undefined;
    throw error;
  }
  return found;
}

const skipped = missingOracle === undefined ? "" : ` (SKIPPED: ${missingOracle})`;

describe.skipIf(missingOracle !== undefined)(`random programs are the same to MLIR${skipped}`, () => {
  for (const [route, levels] of routes) {
    describe(`on the way to ${route}`, () => {
      let lowered: readonly (readonly Operation[])[] = [];

      beforeAll(() => {
        const programs = fc.sample(arbitraryModule([tensor]), parameters);
        const names = levels.map(([level]) => level);
        lowered = programs.flatMap((program) => {
          const found = levelsOf(program.build(), route, names);
          return found === undefined ? [] : [found];
        });
        expect(lowered.length).toBeGreaterThan(programs.length / 4);
      });

      for (const [position, [level, isPlain]] of levels.entries()) {
        const at = () => lowered.map((modules) => modules[position]!);

        test(`${level}: the generic form`, () => {
          expectSamePrograms(judge(minimalOpt, at().map(meaning), ["--mlir-print-op-generic"]), at());
        });

        if (!isPlain) continue;
        const missing = missingMlirOpt === undefined ? "" : ` (SKIPPED: ${missingMlirOpt})`;
        test.skipIf(missingMlirOpt !== undefined)(`${level}: verified by mlir-opt, in both forms${missing}`, () => {
          const texts = at().map((module) => print(module, { inlineResources: true }));
          const spelling = (each: readonly string[]) => judge(plainOpt, each, ["--mlir-print-op-generic"]);
          expectSamePrograms(judge(plainOpt, texts, []), at(), spelling);
        });
      }
    });
  }
});
