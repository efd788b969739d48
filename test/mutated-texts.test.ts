/**
 * Ten thousand damaged programs, in custom and generic form, of every dialect that the before/after files use: whoever reads
 * them refuses them with a diagnostic, or reads a program that verifies or is refused by the verifier, prints, reads back
 * as the same, and passes through the generic passes. A counterexample becomes a text test.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { allPasses, defaultContext } from "../compiler/registry.ts";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import type { Operation } from "../ir/operation.ts";
import { damaged, damages } from "../ir/parser/arbitrary-damage.ts";
import { parse } from "../ir/parser/parse.ts";
import { print } from "../ir/printer/print.ts";
import { verify } from "../ir/verifier.ts";
import { PassManager } from "../passes/pass-manager.ts";
import { parsePipeline } from "../passes/pipeline.ts";
import { forAll } from "./testing/property.ts";

const context = defaultContext({ allowUnregistered: true });
const runs = 10_000;

/** What a function returns, or undefined where it ends in a diagnostic; anything else thrown is a defect. */
function unlessRefused<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof DiagnosticError) return undefined;
    throw error;
  }
}

/** The inputs of the before/after files, and the same in generic form. */
function corpus(): string[] {
  const folder = join(import.meta.dirname, "ir");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".mlir"));
  const cases = files
    .flatMap((file) => readFileSync(join(folder, file), "utf8").split(/^\/\/ -----\n/m))
    .map((text) =>
      text
        .split("// AFTER\n")[0]!
        .replaceAll(/^\/\/.*\n/gm, "")
        .trim(),
    )
    .filter((text) => text !== "" && text.length < 4000);
  const generic = cases.flatMap((text) => {
    const module = unlessRefused(() => parse(text, context));
    return module === undefined ? [] : [print(module, { generic: true })];
  });
  return [...cases, ...generic];
}

function checkReading(module: Operation): void {
  const form = { generic: true } as const;
  const text = print(module, form);
  expect(print(parse(text, context), form)).toBe(text);
}

test(`${runs} damaged programs are read or refused`, () => {
  const texts = corpus();
  expect(texts.length).toBeGreaterThan(50);
  let read = 0;
  let valid = 0;
  forAll(fc.tuple(fc.nat(), damages), runs, ([choice, list]) => {
    const text = damaged(texts[choice % texts.length]!, list);
    const module = unlessRefused(() => parse(text, context));
    if (module === undefined) return;
    read++;
    // What does not verify must still print, so that people can see it.
    const isValid = unlessRefused(() => verify(module, context) ?? true) === true;
    checkReading(module);
    if (!isValid) return;
    valid++;
    unlessRefused(() => {
      new PassManager(parsePipeline("canonicalize,cse,symbol-dce", allPasses), context).run(module);
    });
    checkReading(module);
  });
  // Not all damage is noticed by a parser, else this would test nothing behind it.
  expect(read).toBeGreaterThan(runs / 50);
  expect(valid).toBeGreaterThan(runs / 100);
});
