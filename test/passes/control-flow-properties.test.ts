/**
 * Properties of the passes on random programs with control flow: what they make verifies, prints and reads back, does the
 * same (results, memory, calls of the outside, and no undefined behaviour that was not there), and some have nothing left
 * to do when they run again.
 */
import { describe, expect, test } from "vitest";
import { allPasses, defaultContext } from "../../compiler/registry.ts";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { verify } from "../../ir/verifier.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { parsePipeline } from "../../passes/pipeline.ts";
import { arbitraryControlFlow, type ControlFlowProgram, sampleBuffer } from "../testing/arbitrary-control-flow.ts";
import { interpret, OutOfSteps, showRun } from "../testing/interpret.ts";
import { forAll } from "../testing/property.ts";

const context = defaultContext();

/** What each run of a program shows; undefined where it runs too long to tell. */
function observe(module: Operation, { inputs }: ControlFlowProgram): (string | undefined)[] {
  return inputs.map((numbers) => {
    const buffer = sampleBuffer();
    try {
      return showRun(interpret(module, "main", [...numbers, buffer]), [buffer]);
    } catch (error) {
      if (error instanceof OutOfSteps) return undefined;
      throw error;
    }
  });
}

function run(module: Operation, pipeline: string): void {
  new PassManager(parsePipeline(pipeline, allPasses), context).run(module);
}

const pipelines = [
  "canonicalize",
  "cse",
  "sccp",
  "inline",
  "inline{default-pipeline=}",
  "loop-invariant-code-motion",
  "mem2reg",
  "remove-dead-values",
  "int-range-optimizations",
  "control-flow-sink",
  "symbol-privatize{exclude=main},inline,symbol-dce",
  "symbol-privatize{exclude=main},sccp,remove-dead-values",
  "mem2reg,sccp,loop-invariant-code-motion,int-range-optimizations,remove-dead-values,control-flow-sink",
  "inline,mem2reg,sccp,canonicalize,cse,loop-invariant-code-motion,remove-dead-values,canonicalize",
];

describe("passes keep what programs do", () => {
  for (const pipeline of pipelines) {
    test(pipeline, () => {
      forAll(arbitraryControlFlow(), 60, (program) => {
        const module = parse(program.text, context, { file: "program" });
        verify(module, context);
        const before = observe(module, program);
        run(module, pipeline);
        verify(module, context);
        const after = observe(module, program);
        for (const [position, shown] of before.entries()) {
          if (shown !== undefined) expect(after[position], print(module)).toBe(shown);
        }
        const text = print(module);
        expect(print(parse(text, context, { file: "printed" }))).toBe(text);
      });
    });
  }
});

describe("passes that have nothing left to do", () => {
  for (const pipeline of [
    "sccp",
    "loop-invariant-code-motion",
    "mem2reg",
    "control-flow-sink",
    "int-range-optimizations",
  ]) {
    test(pipeline, () => {
      forAll(arbitraryControlFlow(), 60, (program) => {
        const module = parse(program.text, context, { file: "program" });
        run(module, pipeline);
        const once = print(module);
        run(module, pipeline);
        expect(print(module)).toBe(once);
      });
    });
  }
});

describe("the judge", () => {
  const observed = (text: string) => {
    const module = parse(text, context, { file: "program" });
    return showRun(interpret(module, "main", [3n]));
  };

  test("sees undefined behaviour", () => {
    const body = (line: string) =>
      `func.func @main(%x: i32) -> i32 {\n%z = arith.constant 0 : i32\n${line}\nreturn %r : i32\n}`;
    expect(() => observed(body("%r = arith.divsi %x, %z : i32"))).toThrow("divsi of 3 and 0");
    const slot = "%m = memref.alloca() : memref<2xi32>\n%i = arith.index_cast %x : i32 to index";
    expect(() => observed(body(`${slot}\n%r = memref.load %m[%i] : memref<2xi32>`))).toThrow("outside of 2 elements");
    expect(() => observed(body("%m = memref.alloca() : memref<i32>\n%r = memref.load %m[] : memref<i32>"))).toThrow(
      "nobody wrote",
    );
  });

  test("sees the order of calls of the outside", () => {
    expect(
      observed(
        "func.func private @observe(i32)\nfunc.func @main(%x: i32) -> i32 {\n" +
          "%y = arith.addi %x, %x : i32\ncall @observe(%y) : (i32) -> ()\ncall @observe(%x) : (i32) -> ()\nreturn %x : i32\n}",
      ),
    ).toBe("observe(6)\nobserve(3)\nresults 3");
  });
});
