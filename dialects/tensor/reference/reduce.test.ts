import { describe, expect, test } from "vitest";
import {
  argmax,
  argmin,
  argShape,
  batchNorm,
  cumprod,
  cumsum,
  groupNorm,
  hardmax,
  instanceNorm,
  layerNorm,
  logSoftmax,
  lpNorm,
  lrn,
  meanVarianceNorm,
  type ReductionName,
  reduce,
  reduceShape,
  rmsNorm,
  softmax,
  tensorOf,
  valuesOf,
} from "./index.ts";

const matrix = tensorOf("f64", [2, 3], [1, 2, 3, 4, 5, 6]);

describe("reduce", () => {
  test.each<[ReductionName, number[]]>([
    ["reduce_sum", [6, 15]],
    ["reduce_mean", [2, 5]],
    ["reduce_max", [3, 6]],
    ["reduce_min", [1, 4]],
    ["reduce_prod", [6, 120]],
    ["reduce_l1", [6, 15]],
    ["reduce_l2", [Math.sqrt(14), Math.sqrt(77)]],
    ["reduce_log_sum", [Math.log(6), Math.log(15)]],
    ["reduce_sum_square", [14, 77]],
  ])("%s", (name, expected) => expect(valuesOf(reduce(name, matrix, { axes: [1] }))).toEqual(expected));
  test("log_sum_exp does not overflow", () => {
    const result = reduce("reduce_log_sum_exp", tensorOf("f32", [4], [1000, 1000, -Infinity, 0]), {});
    expect(valuesOf(result)[0]).toBeCloseTo(1000 + Math.log(2), 4);
    expect(valuesOf(reduce("reduce_log_sum_exp", tensorOf("f32", [2], [-Infinity, -Infinity])))).toEqual([-Infinity]);
  });
  test("axes: several, negative, none, all; dimensions kept or dropped", () => {
    const cube = tensorOf("i32", [2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
    expect(valuesOf(reduce("reduce_sum", cube, { axes: [0, -1] }))).toEqual([14, 22]);
    expect(valuesOf(reduce("reduce_sum", cube, { axes: [1], keep_dims: false }))).toEqual([4, 6, 12, 14]);
    expect(valuesOf(reduce("reduce_sum_square", cube, { axes: [] }))).toEqual([1, 4, 9, 16, 25, 36, 49, 64]);
    expect(reduceShape("reduce_sum", [2, 3, 4], { axes: [-2] })).toEqual([2, 1, 4]);
    expect(reduceShape("reduce_sum", [2, 3, 4], { keep_dims: false })).toEqual([]);
    expect(() => reduceShape("reduce_sum", [2], { axes: [1] })).toThrow(
      "an axis from -1 to 0 for rank 1, found axis 1",
    );
    expect(() => reduceShape("reduce_sum", [2, 2], { axes: [1, -1] })).toThrow("each axis once");
  });
  test("NaN propagates through extremes", () => {
    const x = tensorOf("f32", [3], [1, NaN, 3]);
    expect(valuesOf(reduce("reduce_max", x))).toEqual([NaN]);
    expect(valuesOf(reduce("reduce_min", x))).toEqual([NaN]);
  });
  test("integers wrap, means truncate, 64 bits are exact", () => {
    expect(valuesOf(reduce("reduce_sum", tensorOf("i8", [2], [100, 100])))).toEqual([-56]);
    expect(valuesOf(reduce("reduce_mean", tensorOf("i32", [2], [-3, 0])))).toEqual([-1]);
    expect(valuesOf(reduce("reduce_prod", tensorOf("i64", [2], [2n ** 40n + 1n, 2n ** 20n])))).toEqual([
      2n ** 60n + 2n ** 20n,
    ]);
    expect(valuesOf(reduce("reduce_max", tensorOf("ui64", [2], [2n ** 63n, 2n ** 63n + 1n])))).toEqual([
      2n ** 63n + 1n,
    ]);
  });
  test("nothing to reduce", () => {
    const empty = tensorOf("f32", [2, 0], []);
    const over = (name: ReductionName) => valuesOf(reduce(name, empty, { axes: [1] }));
    expect(over("reduce_sum")).toEqual([0, 0]);
    expect(over("reduce_prod")).toEqual([1, 1]);
    expect(over("reduce_max")).toEqual([-Infinity, -Infinity]);
    expect(over("reduce_mean")).toEqual([NaN, NaN]);
    expect(valuesOf(reduce("reduce_min", tensorOf("i8", [0], [])))).toEqual([127]);
    expect(valuesOf(reduce("reduce_max", tensorOf("i1", [0], [])))).toEqual([0]);
  });
  test("f32 sums are rounded once", () => {
    expect(valuesOf(reduce("reduce_sum", tensorOf("f32", [3], [2 ** 24, 1, 1])))).toEqual([2 ** 24 + 2]);
  });
});

describe("argmax and argmin", () => {
  const x = tensorOf("f32", [2, 3], [1, 3, 3, 2, 0, 0]);
  test("first or last of equals, as i64", () => {
    expect(argmax(x, { axis: 1 }).element).toBe("i64");
    expect(valuesOf(argmax(x, { axis: 1 }))).toEqual([1n, 0n]);
    expect(valuesOf(argmax(x, { axis: 1, select_last_index: true }))).toEqual([2n, 0n]);
    expect(valuesOf(argmin(x, { axis: -1 }))).toEqual([0n, 1n]);
    expect(valuesOf(argmin(x, { axis: 1, select_last_index: true }))).toEqual([0n, 2n]);
    expect(valuesOf(argmax(x, { axis: 0, keep_dims: false }))).toEqual([1n, 0n, 0n]);
  });
  test("a NaN is the extreme", () => {
    expect(valuesOf(argmin(tensorOf("f32", [4], [1, NaN, NaN, 0]), { axis: 0 }))).toEqual([1n]);
  });
  test("64-bit integers are compared exactly, shapes follow keep_dims", () => {
    expect(valuesOf(argmax(tensorOf("i64", [2], [2n ** 60n, 2n ** 60n + 1n]), { axis: 0 }))).toEqual([1n]);
    expect(argShape("argmax", [2, 3], { axis: 0 })).toEqual([1, 3]);
  });
});

describe("running sums and products", () => {
  test("along an axis, exclusive, reversed", () => {
    expect(valuesOf(cumsum(matrix, { axis: 1 }))).toEqual([1, 3, 6, 4, 9, 15]);
    expect(valuesOf(cumsum(matrix, { axis: 0 }))).toEqual([1, 2, 3, 5, 7, 9]);
    expect(valuesOf(cumsum(matrix, { axis: 1, exclusive: true }))).toEqual([0, 1, 3, 0, 4, 9]);
    expect(valuesOf(cumsum(matrix, { axis: 1, reverse: true }))).toEqual([6, 5, 3, 15, 11, 6]);
    expect(valuesOf(cumsum(matrix, { axis: -1, exclusive: true, reverse: true }))).toEqual([5, 3, 0, 11, 6, 0]);
    expect(valuesOf(cumprod(matrix, { axis: 1 }))).toEqual([1, 2, 6, 4, 20, 120]);
  });
  test("integers wrap", () => {
    expect(valuesOf(cumsum(tensorOf("i8", [2], [127, 1]), { axis: 0 }))).toEqual([127, -128]);
    expect(valuesOf(cumprod(tensorOf("i64", [2], [2n ** 62n, 6n]), { axis: 0 }))).toEqual([2n ** 62n, -(2n ** 63n)]);
  });
});

describe("softmax", () => {
  test("sums to one, without overflow", () => {
    const result = valuesOf(softmax(tensorOf("f64", [3], [1000, 1000, -Infinity]), { axis: 0 }));
    expect(result).toEqual([0.5, 0.5, 0]);
  });
  test("along the first axis", () => {
    const x = tensorOf("f64", [2, 2], [0, Math.log(3), 0, 0]);
    const [first, second, third, fourth] = valuesOf(softmax(x, { axis: 0 }));
    expect([first, third]).toEqual([0.5, 0.5]);
    expect(second).toBeCloseTo(0.75, 15);
    expect(fourth).toBeCloseTo(0.25, 15);
  });
  test("log_softmax of far values, hardmax of ties", () => {
    expect(valuesOf(logSoftmax(tensorOf("f64", [2], [0, -1000]), { axis: 0 }))).toEqual([0, -1000]);
    expect(valuesOf(hardmax(tensorOf("f32", [2, 3], [1, 4, 4, 9, 0, 0]), { axis: 1 }))).toEqual([0, 1, 0, 1, 0, 0]);
  });
  test("refuses integers", () => {
    expect(() => softmax(tensorOf("i32", [1], [1]), { axis: 0 })).toThrow(
      "softmax: expected a float element type, found i32",
    );
  });
});

describe("normalisations", () => {
  const vector = (...values: number[]) => tensorOf("f64", [values.length], values);
  test("batch_norm uses each channel's parameters", () => {
    const x = tensorOf("f64", [1, 2, 2], [1, 3, 5, 9]);
    const result = batchNorm(x, vector(2, 1), vector(0, 10), vector(1, 5), vector(3, 15), { epsilon: 1 });
    expect(valuesOf(result)).toEqual([0, 2, 10, 11]);
    expect(() => batchNorm(x, vector(1), vector(0, 0), vector(0, 0), vector(1, 1), { epsilon: 0 })).toThrow(
      "batch_norm: expected scale of shape [2], found [1]",
    );
  });
  test("layer_norm over the last axis and over several", () => {
    const x = tensorOf("f64", [2, 2], [1, 3, 10, 30]);
    expect(valuesOf(layerNorm(x, vector(1, 2), vector(0, 5), { epsilon: 0 }))).toEqual([-1, 7, -1, 7]);
    const all = valuesOf(
      layerNorm(tensorOf("f64", [2, 2], [-3, -1, 1, 3]), undefined, undefined, { axis: 0, epsilon: 4 }),
    );
    expect(all).toEqual([-1, -1 / 3, 1 / 3, 1]);
  });
  test("rms_norm does not subtract the mean", () => {
    expect(valuesOf(rmsNorm(vector(1, 7), vector(5, 10), { epsilon: 0 }))).toEqual([1, 14]);
  });
  test("instance_norm and group_norm", () => {
    const x = tensorOf("f64", [1, 2, 2], [1, 3, 10, 30]);
    expect(valuesOf(instanceNorm(x, vector(1, 2), vector(0, 1), { epsilon: 0 }))).toEqual([-1, 1, -1, 3]);
    const grouped = groupNorm(tensorOf("f64", [1, 2, 1], [1, 3]), vector(1, 2), vector(0, 1), {
      num_groups: 1,
      epsilon: 0,
    });
    expect(valuesOf(grouped)).toEqual([-1, 3]);
    expect(() => groupNorm(x, vector(1, 2), vector(0, 1), { num_groups: 3, epsilon: 0 })).toThrow(
      "3 equal groups, found 2",
    );
  });
  test("lrn sums over neighbouring channels, more of them after an even size", () => {
    const x = tensorOf("f64", [1, 3, 1], [1, 2, 4]);
    expect(valuesOf(lrn(x, { size: 2, alpha: 2, beta: 1, bias: 1 }))).toEqual([1 / 6, 2 / 21, 4 / 17]);
  });
  test("lp_norm gives 0 for a norm of 0", () => {
    expect(valuesOf(lpNorm(tensorOf("f64", [2, 2], [3, 4, 0, 0]), {}))).toEqual([0.6, 0.8, 0, 0]);
    expect(valuesOf(lpNorm(tensorOf("f64", [2, 2], [3, -4, 1, 0]), { p: 1, axis: 0 }))).toEqual([0.75, -1, 0.25, 0]);
  });
  test("mean_variance_norm over batch and space", () => {
    const result = valuesOf(meanVarianceNorm(tensorOf("f64", [2, 1, 1, 1], [1, 3]), {}));
    expect(result[0]).toBeCloseTo(-1, 8);
    expect(result[1]).toBeCloseTo(1, 8);
  });
});
