import { describe, expect, test } from "vitest";
import {
  compress,
  eyeLike,
  gatherElements,
  gatherNd,
  gatherNdShape,
  nonZero,
  oneHot,
  range,
  scatterElements,
  scatterNd,
  take,
  takeShape,
  tensorOf,
  topK,
  valuesOf,
} from "./index.ts";

const indices = (shape: readonly number[], ...values: number[]) => tensorOf("i64", shape, values);
const matrix = tensorOf("f32", [2, 3], [1, 2, 3, 4, 5, 6]);

describe("gather", () => {
  test("take along either axis, with negative indices", () => {
    expect(valuesOf(take(matrix, indices([2], 2, -3), { axis: 1 }))).toEqual([3, 1, 6, 4]);
    expect(valuesOf(take(matrix, indices([], -1)))).toEqual([4, 5, 6]);
    expect(takeShape([2, 3, 4], [5, 6], { axis: 1 })).toEqual([2, 5, 6, 4]);
    expect(() => take(matrix, indices([1], 2))).toThrow("take: expected indices from -2 to 1, found 2");
    expect(() => take(matrix, tensorOf("f32", [1], [0]))).toThrow("integer indices, found f32");
  });
  test("gather_elements", () => {
    expect(valuesOf(gatherElements(matrix, indices([1, 3], 1, 0, -1)))).toEqual([4, 2, 6]);
    expect(valuesOf(gatherElements(matrix, indices([2, 2], 0, 2, 1, 1), { axis: 1 }))).toEqual([1, 3, 5, 5]);
    expect(() => gatherElements(matrix, indices([3, 1], 0, 0, 0), { axis: 1 })).toThrow("within [2, 3] but for axis 1");
  });
  test("gather_nd: elements, slices, batches", () => {
    expect(valuesOf(gatherNd(matrix, indices([2, 2], 0, 2, -1, 0)))).toEqual([3, 4]);
    expect(valuesOf(gatherNd(matrix, indices([1, 1], 1)))).toEqual([4, 5, 6]);
    expect(valuesOf(gatherNd(matrix, indices([2, 1], 2, 0), { batch_dims: 1 }))).toEqual([3, 4]);
    expect(gatherNdShape([2, 3, 4], [2, 5, 1], { batch_dims: 1 })).toEqual([2, 5, 4]);
    expect(() => gatherNd(matrix, indices([3], 0, 0, 0))).toThrow("index tuples of up to 2");
  });
});

describe("scatter", () => {
  test("scatter_elements replaces, and combines repeated indices in order", () => {
    const zeros = tensorOf("f32", [1, 3], [1, 1, 1]);
    const updates = tensorOf("f32", [1, 3], [5, 2, 3]);
    const at = indices([1, 3], 0, -1, 0);
    const scattered = (reduction?: "add" | "mul" | "max" | "min") =>
      valuesOf(scatterElements(zeros, at, updates, { axis: 1, reduction }));
    expect(scattered()).toEqual([3, 1, 2]);
    expect(scattered("add")).toEqual([9, 1, 3]);
    expect(scattered("mul")).toEqual([15, 1, 2]);
    expect(scattered("max")).toEqual([5, 1, 2]);
    expect(scattered("min")).toEqual([1, 1, 1]);
    expect(valuesOf(zeros)).toEqual([1, 1, 1]);
  });
  test("scatter_nd writes slices", () => {
    const updates = tensorOf("f32", [1, 3], [7, 8, 9]);
    expect(valuesOf(scatterNd(matrix, indices([1, 1], -1), updates))).toEqual([1, 2, 3, 7, 8, 9]);
    expect(valuesOf(scatterNd(matrix, indices([1, 1], 0), updates, { reduction: "add" }))).toEqual([
      8, 10, 12, 4, 5, 6,
    ]);
    expect(() => scatterNd(matrix, indices([1, 1], 0), tensorOf("f32", [3], [7, 8, 9]))).toThrow(
      "updates of shape [1, 3]",
    );
  });
  test("64-bit integers and wrapping", () => {
    const result = scatterNd(indices([1], 1), indices([2, 1], 0, 0), tensorOf("i64", [2], [2n ** 62n, 5n]), {
      reduction: "add",
    });
    expect(valuesOf(result)).toEqual([2n ** 62n + 6n]);
  });
});

describe("selection", () => {
  test("compress with and without an axis", () => {
    expect(valuesOf(compress(matrix, tensorOf("i1", [2], [0, 1]), { axis: 1 }))).toEqual([2, 5]);
    expect(valuesOf(compress(matrix, tensorOf("i1", [5], [1, 0, 0, 0, 1])))).toEqual([1, 5]);
    expect(() => compress(matrix, tensorOf("i1", [3], [1, 1, 1]), { axis: 0 })).toThrow("up to 2 entries, found 3");
  });
  test("one_hot ignores indices outside", () => {
    const values = tensorOf("f32", [2], [0, 5]);
    expect(valuesOf(oneHot(indices([3], 1, -1, 3), 3, values))).toEqual([0, 5, 0, 0, 0, 5, 0, 0, 0]);
    const first = oneHot(indices([2], 0, 2), 3, values, { axis: 0 });
    expect(first.shape).toEqual([3, 2]);
    expect(valuesOf(first)).toEqual([5, 0, 0, 0, 0, 5]);
  });
  test("top_k orders equal elements by index and puts NaN first", () => {
    const x = tensorOf("f32", [2, 4], [1, 3, 3, 2, NaN, 0, 5, -1]);
    const { values, indices: at } = topK(x, 2);
    expect(valuesOf(values)).toEqual([3, 3, NaN, 5]);
    expect(valuesOf(at)).toEqual([1n, 2n, 0n, 2n]);
    expect(valuesOf(topK(x, 1, { largest: false }).indices)).toEqual([0n, 3n]);
    expect(valuesOf(topK(x, 1, { axis: 0 }).indices)).toEqual([1n, 0n, 1n, 0n]);
    expect(() => topK(x, 5)).toThrow("top_k: expected k from 0 to 4, found 5");
  });
  test("non_zero", () => {
    const result = nonZero(tensorOf("f32", [2, 2], [0, NaN, 0.5, 0]));
    expect(result.shape).toEqual([2, 2]);
    expect(valuesOf(result)).toEqual([0n, 1n, 1n, 0n]);
    expect(nonZero(tensorOf("i32", [], [3])).shape).toEqual([0, 1]);
  });
});

describe("generators", () => {
  const scalar = (element: "f32" | "i64", value: number) => tensorOf(element, [], [value]);
  const rangeOf = (element: "f32" | "i64", start: number, limit: number, delta: number) =>
    valuesOf(range(scalar(element, start), scalar(element, limit), scalar(element, delta)));
  test("range", () => {
    expect(rangeOf("i64", 10, 4, -2)).toEqual([10n, 8n, 6n]);
    expect(rangeOf("i64", 1, 6, 2)).toEqual([1n, 3n, 5n]);
    expect(rangeOf("f32", 0, 1, 0.25)).toEqual([0, 0.25, 0.5, 0.75]);
    expect(rangeOf("f32", 1, 0, 1)).toEqual([]);
    expect(() => rangeOf("i64", 0, 1, 0)).toThrow("a delta other than 0");
    expect(() => rangeOf("f32", 0, 1, 0)).toThrow("a delta other than 0");
  });
  test("eye_like", () => {
    expect(valuesOf(eyeLike([2, 3], "i8", { k: 1 }))).toEqual([0, 1, 0, 0, 0, 1]);
    expect(() => eyeLike([2], "i8")).toThrow("rank 2, found [2]");
  });
});
