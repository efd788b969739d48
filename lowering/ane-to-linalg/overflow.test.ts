/** What the virtual engine counts, and that its rounding on the host is that of f16. */
import { describe, expect, test } from "vitest";
import { settledNumber } from "../../dialects/ane/index.ts";
import { functionsOf } from "../../dialects/func/index.ts";
import { evaluateFunction } from "../../ir/evaluate.ts";
import { parse } from "../../ir/parser/parse.ts";
import type { TensorData } from "../../ir/tensor-data.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { parsePipeline } from "../../passes/pipeline.ts";
import { fusedToAne } from "../fused-to-ane/index.ts";
import { engineContext, evaluated, lowered } from "../fused-to-ane/testing.ts";
import { fusedToLinalg } from "../fused-to-linalg/index.ts";
import { aneToLinalg, overflowEntries, withEngineLowerings } from "./index.ts";

const passes = [fusedToAne, aneToLinalg];
const vector = (...values: readonly number[]): TensorData => ({
  shape: [1, values.length],
  element: "f32",
  data: Float32Array.from(values),
});

const network = `func.func @main(%x: tensor<1x2xf32> {anemone.input = "x"}) -> (tensor<1x1xf32> {anemone.output = "y"}) {
  %w = arith.constant dense<1.0> : tensor<2x1xf32>
  %0 = tensor.matmul %x, %w : tensor<1x2xf32>, tensor<2x1xf32> loc("gemm")
  %1 = tensor.mul %0, %0 : tensor<1x1xf32>, tensor<1x1xf32> loc("square")
  return %1 : tensor<1x1xf32>
}`;

describe("overflow", () => {
  const module = lowered(network, "fused-to-ane,ane-to-linalg", passes);
  const run = (...values: readonly number[]) => {
    const [result, counts] = evaluated(module, [vector(...values)]);
    return { result: Number(result!.data[0]), counts: Array.from(counts!.data, Number) };
  };

  test("the table names inputs and tasks with their origins", () => {
    expect(overflowEntries(module)?.map(({ name, kind, sources }) => [name, kind, sources])).toEqual([
      ["x", "input", []],
      ["gemm", "task", [0]],
      ["square", "task", [1]],
    ]);
  });

  test("is counted where infinities arise", () => {
    expect(run(1, 2)).toEqual({ result: 9, counts: [0, 0, 0] });
    expect(run(200, 100)).toEqual({ result: Number.POSITIVE_INFINITY, counts: [0, 0, 1] });
    expect(run(20000, 20000)).toEqual({ result: Number.POSITIVE_INFINITY, counts: [0, 1, 1] });
    expect(run(1e6, 1).counts).toEqual([1, 1, 1]);
    expect(run(Number.NaN, 1).counts).toEqual([1, 1, 1]);
  });

  test("can be left out", () => {
    const silent = lowered(network, "fused-to-ane,ane-to-linalg{overflow-report=false}", passes);
    expect(overflowEntries(silent)).toBeUndefined();
    expect(evaluated(silent, [vector(1, 2)])).toHaveLength(1);
  });

  test("of squares inside a normalisation is counted although its result is finite", () => {
    const norm = lowered(
      `func.func @main(%x: tensor<1x2xf32> {anemone.input = "x"}) -> (tensor<1x2xf32> {anemone.output = "y"}) {
        %c = arith.constant dense<1.0> : tensor<2xf32>
        %0 = tensor.layer_norm %x, %c {axis = 1 : i64} : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32> loc("norm")
        return %0 : tensor<1x2xf32>
      }`,
      "fused-to-ane,ane-to-linalg",
      passes,
    );
    const [result, counts] = evaluated(norm, [vector(-1000, 1000)]);
    expect(Array.from(result!.data, Number)).toEqual([0, 0]);
    expect(Array.from(counts!.data, Number)).toEqual([0, 1]);
  });

  test("of truth values there is none, not even where a constant is compared", () => {
    const guarded = lowered(
      `func.func @main(%x: tensor<1x2xf32> {anemone.input = "x"}) -> (tensor<1x2xf32> {anemone.output = "y"}) {
        %c = arith.constant dense<4.0> : tensor<f32>
        %0 = tensor.less %x, %c : tensor<1x2xf32>, tensor<f32>
        %1 = tensor.neg %x : tensor<1x2xf32>
        %2 = tensor.select %0, %1, %x : tensor<1x2xi1>, tensor<1x2xf32>, tensor<1x2xf32>
        return %2 : tensor<1x2xf32>
      }`,
      "fused-to-ane,ane-to-linalg",
      passes,
    );
    const [result] = evaluated(guarded, [vector(1, 5)]);
    expect(Array.from(result!.data, Number)).toEqual([-1, 5]);
  });
});

describe("rounding on the host", () => {
  /** Values around everything special in f16, in f32. */
  const values: number[] = [
    0,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NaN,
    65504,
    65519,
    65520,
    1e30,
    32752,
    32759,
    32760,
    32768,
    2 ** -24,
    2 ** -25,
    1.5 * 2 ** -25,
    3e-6,
    1e-30,
  ];
  for (let exponent = -26; exponent <= 17; exponent++) {
    for (const fraction of [
      1,
      1 + 2 ** -11,
      1 + 2 ** -10 + 2 ** -11,
      1 + 2 ** -11 + 2 ** -20,
      1 + 2 ** -11 - 2 ** -20,
      1.9999,
      1.333,
    ]) {
      values.push(fraction * 2 ** exponent, -fraction * 2 ** exponent);
    }
  }
  const input: TensorData = { shape: [values.length], element: "f32", data: Float32Array.from(values) };

  test.each([15, 16])("with range %i is that of f16, to even, with NaN as 0", (range) => {
    const context = withEngineLowerings(engineContext);
    const type = `tensor<${values.length}xf32>`;
    const text = `func.func @main(%x: ${type}) -> ${type} {\n  %y = ane.settle %x {range = ${range} : i64} : ${type}\n  return %y : ${type}\n}`;
    const module = parse(text, context);
    const numbers = (data: TensorData) =>
      Array.from({ length: data.data.length }, (_, index) => Number(data.data[index]));
    const [byRule] = evaluateFunction(functionsOf(module).get("main")!, [input], context);
    new PassManager(parsePipeline("fused-to-linalg", [fusedToLinalg]), context).run(module);
    const [onHost] = evaluateFunction(functionsOf(module).get("main")!, [input], context);
    const wanted = numbers(input).map((value) => settledNumber(value, range));
    expect(numbers(byRule!)).toEqual(wanted);
    // The sign of a zero is not kept.
    expect(numbers(onHost!).map((value) => value + 0)).toEqual(wanted.map((value) => value + 0));
    expect(wanted.filter((value) => !Number.isFinite(value)).length).toBeGreaterThan(2);
  });
});
