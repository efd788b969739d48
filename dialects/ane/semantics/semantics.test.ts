/** The engine's numeric rules on single tasks; figures from driver-stack.md G.5. */
import { describe, expect, test } from "vitest";
import { Context } from "../../../ir/context.ts";
import { evaluateFunction } from "../../../ir/evaluate.ts";
import { parse } from "../../../ir/parser/parse.ts";
import { getNumber, type TensorData } from "../../../ir/tensor-data.ts";
import { functionsOf } from "../../func/index.ts";
import { upstreamDialects } from "../../index.ts";
import { tensor } from "../../tensor/index.ts";
import { ane } from "../index.ts";

const context = new Context([...upstreamDialects, tensor, ane]);
const half = (shape: readonly number[], ...values: readonly number[]): TensorData => ({
  shape,
  element: "f16",
  data: Float16Array.from(values),
});
const INF = Number.POSITIVE_INFINITY;

/** Runs the task on one line of text, `%y = ane.… (types) -> type` of operands %a, %b. */
function run(task: string, inputs: readonly TensorData[], target = "h16s"): number[] {
  const names = inputs.map((_, position) => `%${"abc"[position]}`);
  const surfaces = inputs.map(({ shape }) => `!ane.surface<${shape.map((size) => `${size}x`).join("")}f16>`);
  const result = task.slice(task.lastIndexOf("->") + 2).trim();
  const tensorOf = (type: string) => type.replace("!ane.surface", "tensor");
  const text = `
    func.func @main(${names.map((name, position) => `${name}: ${tensorOf(surfaces[position]!)}`).join(", ")}) -> ${tensorOf(result)} {
      %r = ane.call @p(${names.join(", ")}) : (${surfaces.map(tensorOf).join(", ")}) -> ${tensorOf(result)}
      return %r : ${tensorOf(result)}
    }
    ane.program @p(${names.map((name, position) => `${name}: ${surfaces[position]}`).join(", ")}) -> (${result}) attributes {input_names = [${names.map((name) => `"${name.slice(1)}"`).join(", ")}], output_names = ["y"], target = "${target}"} {
      ${task}
      ane.return %y : ${result}
    }`;
  const module = parse(text, context);
  const [output] = evaluateFunction(functionsOf(module).get("main")!, inputs, context);
  return Array.from({ length: output!.data.length }, (_, index) => getNumber(output!, index));
}

const V = (count: number) => `!ane.surface<${count}xf16>`;
const activated = (activation: string, ...values: readonly number[]) =>
  run(
    `%y = ane.elementwise %a {kind = "identity", post_activation = #ane.activation<${activation}>} : (${V(values.length)}) -> ${V(values.length)}`,
    [half([values.length], ...values)],
  );
const combined = (kind: string, a: readonly number[], b: readonly number[]) =>
  run(`%y = ane.elementwise %a, %b {kind = "${kind}"} : (${V(a.length)}, ${V(a.length)}) -> ${V(a.length)}`, [
    half([a.length], ...a),
    half([a.length], ...b),
  ]);

describe("multiply-accumulate", () => {
  const product = (a: readonly number[], b: readonly number[]) =>
    run(
      `%y = ane.matmul %a, %b : (!ane.surface<1x${a.length}xf16>, !ane.surface<${a.length}x1xf16>) -> !ane.surface<1x1xf16>`,
      [half([1, a.length], ...a), half([a.length, 1], ...b)],
    )[0];

  test("32752 passes, results from 2^15 up are infinite", () => {
    expect(product([32752, 0], [1, 0])).toBe(32752);
    expect(product([16384, 16384], [1, 1])).toBe(INF);
    expect(product([16384, 16384], [-1, -1])).toBe(-INF);
    expect(product([32752, 7], [1, 1])).toBe(32752);
    expect(product([32752, 8], [1, 1])).toBe(INF);
  });

  test("sums in 32 bits", () => {
    expect(product([2048, 1, 1, 1], [1, 1, 1, 1])).toBe(2052);
    expect(product([30000, 30000, -30000], [1, 1, 1])).toBe(30000);
  });

  const convolved = (channels: number, value: number) =>
    run(
      `%y = ane.conv %a, %b : (!ane.surface<1x${channels}x1x1xf16>, !ane.surface<1x${channels}x1x1xf16>) -> !ane.surface<1x1x1x1xf16>`,
      [
        half([1, channels, 1, 1], ...new Array<number>(channels).fill(value)),
        half([1, channels, 1, 1], ...new Array<number>(channels).fill(1)),
      ],
    )[0];

  test("a convolution with one product per result has the range of f16", () => {
    expect(convolved(1, 40000)).toBe(40000);
    expect(convolved(2, 20000)).toBe(INF);
    expect(convolved(2, 10000)).toBe(20000);
  });

  test("elementwise products and sums over axes have the range of f16", () => {
    expect(combined("mul", [200], [200])).toEqual([40000]);
    expect(combined("mul", [400], [400])).toEqual([INF]);
    expect(
      run(`%y = ane.reduce %a {axes = array<i64: 0>, kind = "sum"} : (${V(2)}) -> ${V(1)}`, [half([2], 20000, 20000)]),
    ).toEqual([40000]);
  });
});

describe("special values", () => {
  test("what is no number comes in as +inf and never goes out", () => {
    expect(activated("relu", Number.NaN, 1)).toEqual([INF, 1]);
    expect(combined("sub", [INF, INF], [INF, 1])).toEqual([0, INF]);
    expect(combined("mul", [0, INF, -INF], [INF, 0, 2])).toEqual([0, 0, -INF]);
    expect(combined("real_div", [0, 1, -1], [0, 0, -0])).toEqual([0, INF, -INF]);
  });

  test("logarithms and roots", () => {
    expect(activated("log", 0, -0, -1, 1)).toEqual([-45440, -45440, 0, 0]);
    expect(activated("sqrt", -1, 4)).toEqual([0, 2]);
    expect(activated("rsqrt", -1, 4, 0)).toEqual([0, 0.5, INF]);
    expect(activated("inverse", -0, 0, 2)).toEqual([INF, INF, 0.5]);
  });

  test("exp overflows from 11.094 on", () => {
    expect(activated("exp", 11.0859375)[0]).toBe(65248);
    expect(activated("exp", 11.09375)).toEqual([INF]);
  });

  test("softsign of infinity is 0, round goes away from 0", () => {
    expect(activated("softsign", INF, 1)).toEqual([0, 0.5]);
    expect(activated("round", 0.5, -0.5, 1.5, 2.4, -2.5, 2000)).toEqual([1, -1, 2, 2, -3, 2000]);
  });

  test("softmax subtracts the maximum", () => {
    expect(run(`%y = ane.softmax %a {axis = 0 : i64} : (${V(2)}) -> ${V(2)}`, [half([2], 60000, 60000)])).toEqual([
      0.5, 0.5,
    ]);
  });

  test("denormals stay", () => {
    expect(combined("mul", [2 ** -14], [2 ** -10])).toEqual([2 ** -24]);
  });
});

test("slots run in their order, each rounded", () => {
  const text = `%g = ane.constant dense<2.0> : tensor<f16> -> !ane.surface<f16>
      %o = ane.constant dense<[1.0, -1.0]> : tensor<2xf16> -> !ane.surface<2xf16>
      %y = ane.elementwise %a gain %g offset %o {kind = "identity", post_activation = #ane.activation<relu>, pre_activation = #ane.activation<abs>, transpose = array<i64: 1, 0>} : (!ane.surface<1x2xf16>, !ane.surface<f16>, !ane.surface<2xf16>) -> !ane.surface<2x1xf16>`;
  expect(run(text, [half([1, 2], -3, -0.25)])).toEqual([7, 0]);
  // 2048 + 1 is no value of f16
  expect(combined("add", [2048], [1])).toEqual([2048]);
});

describe("a crop inside the last dimension", () => {
  const crop = (target: string, begin: number) =>
    run(
      `%y = ane.move %a {begin = array<i64: ${begin}>, kind = "slice", shape = array<i64: 2>, strides = array<i64: 1>} : (${V(3)}) -> ${V(2)}`,
      [half([3], 5000, 4094, -5000)],
      target,
    );

  test("limits values on A13 and A14", () => {
    expect(crop("h13", 1)).toEqual([4094, -INF]);
    expect(crop("h14", 1)).toEqual([4094, -INF]);
    expect(crop("h13", 0)).toEqual([5000, 4094]);
  });

  test("is exact later", () => {
    expect(crop("h15", 1)).toEqual([4094, -5000]);
  });
});

test("normalisation overflows where its squares do", () => {
  const norm = (...values: readonly number[]) =>
    run(`%y = ane.norm %a {axes = array<i64: 0>, kind = "layer"} : (${V(values.length)}) -> ${V(values.length)}`, [
      half([values.length], ...values),
    ]);
  expect(norm(-1, 1)).toEqual([-1, 1]);
  // the squares are infinite, and 1/√inf is 0
  expect(norm(-300, 300)).toEqual([0, 0]);
});
