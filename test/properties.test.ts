/**
 * What holds for every program, tried on random ones: text and module are the same thing in both forms, a pass keeps what a
 * program computes, canonicalization ends where nothing is left to do, pipelines are text, and compiled code gives what the
 * reference semantics give.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compile, lowerTo } from "../compiler/compile.ts";
import { allPasses, defaultContext } from "../compiler/registry.ts";
import { tensor } from "../dialects/tensor/index.ts";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import type { Operation } from "../ir/operation.ts";
import { parse } from "../ir/parser/parse.ts";
import { print } from "../ir/printer/print.ts";
import type { TensorData } from "../ir/tensor-data.ts";
import { verifyAll } from "../ir/verifier.ts";
import {
  instantiate,
  type NestedPipeline,
  type OptionDefinitions,
  type OptionValue,
  type PassInstance,
  type PipelineStep,
} from "../passes/pass.ts";
import { PassManager } from "../passes/pass-manager.ts";
import { parsePipeline, printPipeline } from "../passes/pipeline.ts";
import { findLlvm } from "../runtime/ffi/llvm-library.ts";
import { arbitraryModule, type RandomProgram } from "./testing/arbitrary-module.ts";
import { difference } from "./testing/compare.ts";
import { isFloatElement } from "./testing/draft.ts";
import { evaluateProgram } from "./testing/evaluate-program.ts";
import { forAll, forAllAsync } from "./testing/property.ts";
import { isSameData } from "./testing/sample-data.ts";

const context = defaultContext();
const anyProgram = arbitraryModule([tensor]);
/** Few ops, so that rewrites of one behind the other, and equal ones, come up. */
const named = (...names: readonly string[]) => ({ ops: names.map((name) => `tensor.${name}`) });
const movingProgram = arbitraryModule(
  [tensor],
  named("slice", "reverse", "transpose", "static_reshape", "broadcast", "tile", "static_pad", "concat", "convert"),
);
const arithmeticProgram = arbitraryModule(
  [tensor],
  named("add", "sub", "mul", "div", "maximum", "less", "equal", "select", "relu", "neg", "abs", "clip", "broadcast"),
);
const continuousProgram = arbitraryModule([tensor], { continuous: true });

function run(module: Operation, pipeline: string): boolean {
  return new PassManager(parsePipeline(pipeline, allPasses), context).run(module);
}

/** f16 and bf16 are rounded after each op by the reference semantics, and once per task by lowered code. */
function toleranceOf(module: Operation): number {
  const text = print(module);
  if (text.includes("bf16")) return 0.2;
  return text.includes("f16") ? 3e-2 : 1e-4;
}

/** Every result the same: in all bits for a tolerance of 0. */
function expectSame(found: readonly TensorData[], wanted: readonly TensorData[], tolerance: number): void {
  expect(found.length).toBe(wanted.length);
  for (const [position, data] of wanted.entries()) {
    const other = found[position]!;
    if (isSameData(other, data)) continue;
    const isFloat = isFloatElement(data.element);
    const fault = difference(other, data, isFloat ? tolerance : 0);
    expect(fault ?? (tolerance === 0 ? "differs in bits" : undefined), `result ${position}`).toBeUndefined();
  }
}

describe("random programs", () => {
  test("are well formed", () => {
    forAll(anyProgram, 200, (program) => {
      expect(verifyAll(program.build(), context).map(({ message }) => message)).toEqual([]);
    });
  });

  test("are the same program as text, in both forms", () => {
    forAll(anyProgram, 200, (program) => {
      const module = program.build();
      const meaning = print(module, { generic: true, inlineResources: true });
      for (const options of [{ generic: true }, {}, { generic: true, debugInfo: true }, { debugInfo: true }]) {
        const text = print(module, { ...options, inlineResources: true });
        const back = parse(text, context);
        expect(print(back, { ...options, inlineResources: true })).toBe(text);
        expect(print(back, { generic: true, inlineResources: true })).toBe(meaning);
      }
    });
  });

  test("are the same after cloning", () => {
    forAll(anyProgram, 100, (program) => {
      const module = program.build();
      expect(print(module.clone())).toBe(print(module));
    });
  });
});

/** Pipelines on values, and whether they keep every bit. */
const pipelines: readonly (readonly [pipeline: string, isExact: boolean])[] = [
  ["canonicalize", true],
  ["cse", true],
  ["dce", true],
  ["constant-fold", true],
  ["constant-fold{max-elements=4}", true],
  ["canonicalize,constant-fold,canonicalize,cse,dce", true],
  ["fold-batch-norm", false],
  ["hoist-weights", true],
  ["fold-batch-norm,canonicalize,hoist-weights,tensor-to-fused,fused-to-linalg", false],
  ["tensor-to-fused{recognise=false}", true],
  ["tensor-to-fused{device=ane recognise=false}", true],
  ["tensor-to-fused{recognise=false},expand-fused", true],
  ["tensor-to-fused{device=ane recognise=false},canonicalize,cse,expand-fused", true],
  ["tensor-to-fused", false],
  ["fused-to-linalg", false],
  ["tensor-to-fused,fused-to-linalg", false],
  ["tensor-to-fused,fused-to-linalg,canonicalize,cse", false],
  ["fused-to-linalg,linalg-fuse-elementwise", false],
  ["fused-to-linalg,linalg-collapse-dimensions", false],
  [
    "tensor-to-fused,fused-to-linalg,canonicalize,cse,linalg-fuse-elementwise,linalg-collapse-dimensions,canonicalize,cse,dce",
    false,
  ],
];

const missing = (pipeline: string) =>
  pipeline.split(/[,{}]/).filter((word) => /^[a-z-]+$/.test(word) && !allPasses.some(({ name }) => name === word));

describe("what a program computes stays the same under", () => {
  for (const [pipeline, isExact] of pipelines) {
    const absent = missing(pipeline);
    test.skipIf(absent.length > 0)(`${pipeline}${absent.length > 0 ? ` (no pass ${absent.join(", ")})` : ""}`, () => {
      const programs = isExact ? fc.oneof(anyProgram, movingProgram, arithmeticProgram) : continuousProgram;
      forAll(programs, isExact ? 160 : 50, (program) => {
        const module = program.build();
        const tolerance = isExact ? 0 : toleranceOf(module);
        const wanted = evaluateProgram(module, program.inputs, context);
        run(module, pipeline);
        expect(verifyAll(module, context).map(({ message }) => message)).toEqual([]);
        expectSame(evaluateProgram(module, program.inputs, context), wanted, tolerance);
      });
    });
  }
});

const noLlvm = findLlvm().library === undefined ? "no libLLVM from 15 up was found" : undefined;

describe("compiled code computes what the reference semantics say", () => {
  /** Compiles, runs twice (the buffers of the first run must not show in the second), and compares. */
  async function check(program: RandomProgram, llvm: boolean): Promise<void> {
    const module = program.build();
    const wanted = evaluateProgram(module, program.inputs, context);
    using network = await compile(module, { device: "cpu", llvm });
    for (let round = 0; round < 2; round++) {
      const outputs = network.program.run(program.namedInputs);
      const found = wanted.map((_, position) => outputs[`y${position}`]!);
      expectSame(found, wanted, toleranceOf(module));
    }
  }

  test.skipIf(noLlvm !== undefined)(`by LLVM${noLlvm === undefined ? "" : ` (${noLlvm})`}`, async () => {
    await forAllAsync(continuousProgram, 40, (program) => check(program, true));
  });

  for (const elements of [["f64"], ["bf16"], ["i64", "i8"], ["ui8", "i16"], ["ui16", "ui32"], ["i1", "i32"]] as const) {
    const programs = arbitraryModule([tensor], { continuous: true, elements, maxSteps: 6 });
    test(`of ${elements.join(" and ")}`, async () => {
      await forAllAsync(programs, 8, async (program) => {
        if (noLlvm === undefined) await check(program, true);
        await check(program, false);
      });
    });
  }

  // The generic passes may run anywhere on the way, on a dump that somebody works on.
  for (const level of ["fused", "linalg", "buffers", "loops", "llvm"] as const) {
    test.skipIf(noLlvm !== undefined)(`by LLVM, cleaned up at the level ${level}`, async () => {
      await forAllAsync(continuousProgram, 12, async (program) => {
        const source = program.build();
        const wanted = evaluateProgram(source, program.inputs, context);
        const { module } = lowerTo(source, level, { route: "cpu" });
        run(module, "canonicalize,cse,dce,canonicalize");
        using network = await compile(parse(print(module, { inlineResources: true }), context), { device: "cpu" });
        const outputs = network.program.run(program.namedInputs);
        expectSame(
          wanted.map((_, position) => outputs[`y${position}`]!),
          wanted,
          toleranceOf(source),
        );
      });
    });
  }

  test("by WebAssembly", async () => {
    await forAllAsync(continuousProgram, 25, (program) => check(program, false));
  });
});

describe("the virtual engine computes what the engine's program says", () => {
  const engineProgram = arbitraryModule([tensor], { continuous: true, elements: ["f32", "f16"], maxSteps: 6 });

  /** The engine's program, or undefined where the engine cannot run the network: it says which op, and why. */
  function onTheEngine(program: RandomProgram): Operation | undefined {
    try {
      return lowerTo(program.build(), "ane", { route: "ane" }).module;
    } catch (error) {
      if (error instanceof DiagnosticError && error.message.includes("cannot run on the engine")) return undefined;
      throw error;
    }
  }

  test("in f16, by the engine's rules", async () => {
    let count = 0;
    await forAllAsync(engineProgram, 25, async (program) => {
      const module = onTheEngine(program);
      if (module === undefined) return;
      count++;
      const wanted = evaluateProgram(module, program.inputs, context);
      using network = await compile(module, { device: "ane-virtual" });
      const outputs = network.program.run(program.namedInputs);
      for (const [position, data] of wanted.entries())
        expect(difference(outputs[`y${position}`]!, data, 2e-3), `result ${position}`).toBeUndefined();
    });
    expect(count, "hardly any program was run").toBeGreaterThan(10);
  });

  test("as MIL, and as the tensor ops that MIL is read as, within the roundings of f16", () => {
    forAll(engineProgram, 80, (program) => {
      const module = onTheEngine(program);
      if (module === undefined) return;
      const wanted = evaluateProgram(module, program.inputs, context);
      run(module, "ane-to-mil");
      expectSame(evaluateProgram(module, program.inputs, context), wanted, 3e-2);
      run(module, "mil-to-tensor");
      expectSame(evaluateProgram(module, program.inputs, context), wanted, 3e-2);
    });
  });
});

describe("passes say exactly whether they changed something", () => {
  test.each(["canonicalize", "cse", "dce", "constant-fold"])("%s", (pipeline) => {
    forAll(anyProgram, 100, (program) => {
      const module = program.build();
      const before = print(module, { valueNames: false });
      const changed = run(module, pipeline);
      const after = print(module, { valueNames: false });
      expect(changed, after).toBe(after !== before);
    });
  });

  test.each(["canonicalize", "cse", "dce", "constant-fold"])("%s has nothing to do twice", (pipeline) => {
    forAll(anyProgram, 100, (program) => {
      const module = program.build();
      run(module, pipeline);
      const once = print(module);
      expect(run(module, pipeline), once).toBe(false);
      expect(print(module)).toBe(once);
    });
  });
});

describe("pipelines", () => {
  const passes: fc.Arbitrary<PassInstance> = fc.constantFrom(...allPasses).chain((definition) => {
    const options: OptionDefinitions = definition.options;
    const values = Object.entries(options).map(([name, option]) => {
      const number = fc.integer({ min: option.minimum ?? -1000, max: option.maximum ?? 1000 });
      const value: fc.Arbitrary<OptionValue> = Array.isArray(option.default)
        ? fc.constant(option.default)
        : option.choices
          ? fc.constantFrom(...option.choices)
          : typeof option.default === "boolean"
            ? fc.boolean()
            : typeof option.default === "number"
              ? number
              : fc.constant(option.default);
      return fc.option(value, { nil: undefined }).map((chosen) => [name, chosen] as const);
    });
    return fc
      .tuple(...values)
      .map((chosen) =>
        instantiate(
          definition,
          Object.fromEntries(chosen.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
        ),
      );
  });
  const steps: fc.Arbitrary<readonly PipelineStep[]> = fc.letrec<{ steps: PipelineStep[]; nested: NestedPipeline }>(
    (tie) => ({
      steps: fc.array(fc.oneof({ maxDepth: 3, withCrossShrink: true }, passes, tie("nested")), { maxLength: 4 }),
      nested: fc.record({
        kind: fc.constant("nested"),
        anchor: fc.constantFrom("func.func", "builtin.module", "ane.program"),
        steps: tie("steps"),
      }),
    }),
  ).steps;

  test("are text that reads back as the same pipeline", () => {
    forAll(steps, 300, (list) => {
      const text = printPipeline(list);
      expect(printPipeline(parsePipeline(text, allPasses))).toBe(text);
    });
  });

  test("damaged text ends in a diagnostic", () => {
    const text =
      "builtin.module(func.func(canonicalize{max-iterations=3},cse),tensor-to-fused{device=ane recognise=false})";
    forAll(
      fc.tuple(fc.nat(text.length - 1), fc.constantFrom("", "(", ")", "{", "}", ",", "=", "x", " ", "é")),
      500,
      ([at, piece]) => {
        try {
          parsePipeline(text.slice(0, at) + piece + text.slice(at + 1), allPasses);
        } catch (error) {
          expect((error as Error).name).toBe("DiagnosticError");
        }
      },
    );
  });
});
