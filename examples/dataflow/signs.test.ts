import { readFileSync } from "node:fs";
import { join } from "node:path";
import { arith, builtin, cf, func, scf } from "anemone/dialects";
import { Context, parse, print, verify } from "anemone/ir";
import { PassManager, parsePipeline, solve } from "anemone/passes";
import { expect, test } from "vitest";
import { negative, passes, positive, signs, zero } from "./signs.ts";

const context = new Context([builtin, func, arith, cf, scf]);

const program = `
func.func private @next(%x: i32) -> i32 {
  %one = arith.constant 1 : i32
  %y = arith.addi %x, %one overflow<nsw> : i32
  return %y : i32
}
func.func @main(%n: index, %any: i32) -> (i1, i1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0 : i32
  %start = arith.maxsi %any, %zero : i32
  %sum = scf.for %i = %c0 to %n step %c1 iter_args(%s = %start) -> (i32) {
    %t = func.call @next(%s) : (i32) -> i32
    scf.yield %t : i32
  }
  %a = arith.cmpi sge, %sum, %zero : i32
  %b = arith.cmpi sge, %any, %zero : i32
  return %a, %b : i1, i1
}`;

test("signs go around loops and through private functions", () => {
  const module = parse(program, context, { file: "signs" });
  const solution = solve(module, context, [signs]);
  const found = new Map<string, number | undefined>();
  module.walk((operation) => {
    for (const result of operation.results) found.set(result.nameHint ?? "", solution.fact(signs, result));
  });
  expect(found.get("start")).toBe(zero | positive);
  expect(found.get("y")).toBe(positive);
  expect(found.get("sum")).toBe(zero | positive);
  expect(found.get("b")).toBe(negative | zero | positive);
});

test("the pass removes the comparison that is decided", () => {
  const module = parse(program, context, { file: "signs" });
  new PassManager(parsePipeline("builtin.module(remove-sign-checks)", passes), context).run(module);
  verify(module, context);
  const text = print(module);
  expect(text).toContain("arith.constant true");
  expect(text.match(/arith\.cmpi/g)?.length).toBe(1);
});

test("docs/dataflow.md shows this very code", () => {
  const read = (...path: string[]) => readFileSync(join(import.meta.dirname, ...path), "utf8");
  expect(read("..", "..", "docs", "dataflow.md")).toContain(read("signs.ts"));
});
