/**
 * An op from outside the project, made with nothing but the package's public entries: declared in a dialect of its own, with
 * its reference semantics, a rewrite and its lowering, it verifies, folds, fuses, and runs on the host like the ops that come
 * with Anemone.
 */
import {
  allPasses,
  apply,
  compile,
  constant,
  defaultContext,
  graphModule,
  input,
  type LazyTensor,
  lowerTo,
} from "anemone";
import { maximumf, mulf, scalarConstant, subf } from "anemone/dialects/arith";
import { TaskAnchor } from "anemone/dialects/fused";
import { elementwiseOp } from "anemone/dialects/linalg";
import { absf } from "anemone/dialects/math";
import { empty, neg, tensor } from "anemone/dialects/tensor";
import {
  attribute,
  dialect,
  f32,
  f64Attribute,
  type Operation,
  op,
  operand,
  parse,
  print,
  result,
  rewrite,
  type TensorData,
  TensorType,
  typeOf,
  typeVariable,
} from "anemone/ir";
import { LowerToLinalg } from "anemone/lowering/fused-to-linalg";
import { PassManager, parsePipeline } from "anemone/passes";
import { arbitraryModule, conformance, difference, evaluateProgram, forAll, forAllAsync } from "anemone/testing";
import { describe, expect, test } from "vitest";
import { findLlvm } from "../runtime/ffi/llvm-library.ts";

// -------------------------------------------------------------------------------------------------- what a user writes

const T = typeVariable(
  "T",
  typeOf(TensorType, "a static tensor of f32", (type) => type.isStatic && type.element === f32),
);

const shrinkSquare = op(
  "mine.shrink_square",
  { input: operand(T), threshold: attribute(f64Attribute), result: result(T) },
  {
    doc: "Elementwise max(|x| - threshold, 0)·x: small elements become zeros.",
    example: [
      '%x = "test.source"() : () -> tensor<2x3xf32>',
      "%y = mine.shrink_square %x {threshold = 0.5 : f64} : tensor<2x3xf32>",
    ].join("\n"),
    traits: ["Pure", "Elementwise", "SameOperandsAndResultType"],
    format: "$input attr-dict `:` type($input)",
    verify: ({ threshold }, report) => {
      if (!(threshold >= 0 && threshold < 1e30)) report(`expects a threshold from 0 to 1e30, found ${threshold}`);
    },
    evaluate: ({ threshold }, [x]) => {
      const limit = Math.fround(threshold);
      const shrink = (value: number) => Math.fround(Math.max(Math.fround(Math.abs(value) - limit), 0) * value);
      return {
        shape: x!.shape,
        element: "f32",
        data: Float32Array.from(Array.from<unknown>(x!.data), (value) => shrink(Number(value))),
      };
    },
    interfaces: [
      TaskAnchor.implement("elementwise"),
      LowerToLinalg.implement((operation, [x], builder) => {
        const { threshold, result: made } = shrinkSquare.cast(operation);
        const destination = builder.build(empty, { dynamicSizes: [], result: made.type });
        const computed = elementwiseOp(builder, [x!], destination.result, (inner, [value]) => {
          const magnitude = inner.build(absf, { input: value! }).result;
          const beyond = inner.build(subf, { lhs: magnitude, rhs: scalarConstant(inner, threshold, f32) }).result;
          const kept = inner.build(maximumf, { lhs: beyond, rhs: scalarConstant(inner, 0, f32) }).result;
          return inner.build(mulf, { lhs: kept, rhs: value! }).result;
        });
        return computed.results;
      }),
    ],
  },
);

/** f(-x) -> -f(x) */
const ofNegative = rewrite(shrinkSquare, "shrink-of-negative", (operation, rewriter) => {
  const { definer } = operation.input;
  if (!neg.matches(definer)) return undefined;
  const made = rewriter.build(shrinkSquare, { input: definer.input, threshold: operation.threshold });
  return rewriter.replaceWith(operation, neg, { input: made.result });
});

const mine = dialect("mine", {
  doc: "An op from outside the project.",
  ops: [shrinkSquare],
  canonicalization: [ofNegative],
});

/** The op in the graph API. */
const shrink = (x: LazyTensor, threshold: number) => apply(shrinkSquare, { input: x.value, threshold });

// ------------------------------------------------------------------------------------------------- what then works

const context = defaultContext().with([mine]);
const options = { device: "cpu", dialects: [mine] } as const;
const devices = [
  {
    name: "LLVM",
    llvm: true,
    missing: findLlvm().library === undefined ? "no libLLVM from 15 up was found" : undefined,
  },
  { name: "WebAssembly", llvm: false, missing: undefined },
];

function wave(shape: readonly number[]): TensorData {
  const count = shape.reduce((product, size) => product * size, 1);
  return { shape, element: "f32", data: Float32Array.from({ length: count }, (_, index) => 2 * Math.sin(index * 0.7)) };
}

/** A small network whose convolution ends in the op, and which uses it once more alone. */
function network(): Operation {
  const x = input("x", [1, 3, 9, 9]);
  const weights = constant(wave([4, 3, 3, 3]).data, [4, 3, 3, 3]);
  const features = shrink(x.conv2d(weights, { padding: 1, bias: constant([0.5, -1, 0, 2]) }), 1.5);
  const scores = shrink(features.maxPool2d({ kernel: 3, strides: 3 }).flatten().softmax(-1), 0.01);
  return graphModule({ features, scores });
}

function count(module: Operation, name: string): number {
  let found = 0;
  module.walk((operation) => {
    if (operation.name === name) found++;
  });
  return found;
}

function run(module: Operation, pipeline: string): Operation {
  new PassManager(parsePipeline(pipeline, allPasses), context).run(module);
  return module;
}

conformance([mine]);

describe("a network with an op from outside", () => {
  const inputs = { x: wave([1, 3, 9, 9]) };

  for (const { name, llvm, missing } of devices) {
    test.skipIf(missing !== undefined)(`runs by ${name}${missing === undefined ? "" : ` (${missing})`}`, async () => {
      const [features, scores] = evaluateProgram(network(), [inputs.x], context);
      using compiled = await compile(network(), { ...options, llvm });
      const outputs = compiled.program.run(inputs);
      expect(difference(outputs.features!, features!)).toBeUndefined();
      expect(difference(outputs.scores!, scores!)).toBeUndefined();
      const distinct = new Set(Array.from<unknown>(features!.data));
      expect(distinct.size, "the op leaves more than zeros").toBeGreaterThan(10);
      expect(distinct).toContain(0);
    });
  }

  test("the op joins the task of the convolution, and the loops of it", () => {
    const fused = lowerTo(network(), "fused", { route: "cpu", dialects: [mine] }).module;
    expect(count(fused, "mine.shrink_square")).toBe(2);
    const text = print(fused);
    const task = text.slice(text.indexOf("fused.conv2d"), text.indexOf("fused.yield"));
    expect(task).toContain("mine.shrink_square");
    expect(count(lowerTo(fused, "linalg", { route: "cpu", dialects: [mine] }).module, "mine.shrink_square")).toBe(0);
  });

  test("a dump of it is read back where the dialect is loaded, and refused where it is not", () => {
    const text = print(network(), { inlineResources: true });
    expect(print(parse(text, context), { inlineResources: true })).toBe(text);
    expect(() => parse(text, defaultContext())).toThrow(/mine/);
  });

  test("it folds by its evaluator, is found equal by cse, and its rewrite applies", () => {
    const x = input("x", [3]);
    const folded = run(graphModule({ y: shrink(constant([-2, 0.25, 3]), 1) }), "constant-fold,dce");
    expect(print(folded)).toContain("dense<[-2.0, 0.0, 6.0]>");
    const merged = run(graphModule({ a: shrink(x, 1).add(1), b: shrink(x, 1).mul(2) }), "cse");
    expect(count(merged, "mine.shrink_square")).toBe(1);
    const rewritten = print(run(graphModule({ y: shrink(x.neg(), 1) }), "canonicalize"));
    expect(rewritten.indexOf("mine.shrink_square")).toBeLessThan(rewritten.indexOf("tensor.neg"));
  });

  test("the engine, which does not have it, says so", async () => {
    const compiling = compile(network(), { ...options, device: "ane-virtual" });
    await expect(compiling).rejects.toThrow(/'mine.shrink_square'.* cannot run on the engine/);
  });
});

describe("random programs with an op from outside", () => {
  const programs = arbitraryModule([tensor, mine], { continuous: true, elements: ["f32"] });

  test("canonicalize to programs that compute the same", () => {
    let used = 0;
    forAll(programs, 60, (program) => {
      used += count(program.build(), "mine.shrink_square");
      const wanted = evaluateProgram(program.build(), program.inputs, context);
      const found = evaluateProgram(run(program.build(), "canonicalize,cse"), program.inputs, context);
      for (const [position, data] of wanted.entries()) expect(difference(found[position]!, data)).toBeUndefined();
    });
    expect(used, "the op is hardly used").toBeGreaterThan(0);
  });

  for (const { name, llvm, missing } of devices) {
    test.skipIf(missing !== undefined)(`run by ${name}${missing === undefined ? "" : ` (${missing})`}`, async () => {
      await forAllAsync(programs, 8, async (program) => {
        const wanted = evaluateProgram(program.build(), program.inputs, context);
        using compiled = await compile(program.build(), { ...options, llvm });
        const outputs = compiled.program.run(program.namedInputs);
        for (const [position, data] of wanted.entries())
          expect(difference(outputs[`y${position}`]!, data)).toBeUndefined();
      });
    });
  }
});
