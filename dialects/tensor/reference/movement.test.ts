import { describe, expect, test } from "vitest";
import {
  broadcast,
  broadcastShapes,
  concat,
  concatShape,
  depthToSpace,
  offsetGrid,
  pad,
  padShape,
  product,
  reshape,
  resolveSlice,
  reverseSequence,
  type Shape,
  slice,
  sliceShape,
  spaceToDepth,
  stridedOffsets,
  tensorOf,
  tile,
  transpose,
  trilu,
  valuesOf,
} from "./index.ts";

const counting = (shape: Shape) => tensorOf("i32", shape, [...Array(product(shape)).keys()]);

describe("index arithmetic", () => {
  test("broadcast shapes", () => {
    expect(broadcastShapes("add", [2, 1, 3], [4, 1], [])).toEqual([2, 4, 3]);
    expect(broadcastShapes("add", [0, 1], [1, 5])).toEqual([0, 5]);
    expect(() => broadcastShapes("add", [2, 3], [2])).toThrow(
      "add: expected shapes that broadcast together, found [2, 3] and [2]",
    );
    expect(() => broadcastShapes("add", [0], [2])).toThrow("broadcast together");
  });
  test("strided and tabulated views", () => {
    expect([...stridedOffsets([2, 3], [1, 2], 10)]).toEqual([10, 12, 14, 11, 13, 15]);
    expect([...stridedOffsets([], [], 7)]).toEqual([7]);
    expect([...offsetGrid([2, 3], [[1], [2, -1, 0]])]).toEqual([5, -1, 3]);
  });
});

describe("movement", () => {
  test("every element type moves bit by bit", () => {
    expect(valuesOf(transpose(tensorOf("i64", [1, 2], [2n ** 62n + 1n, -1n]), [1, 0]))).toEqual([2n ** 62n + 1n, -1n]);
    expect(valuesOf(transpose(tensorOf("bf16", [1, 2], [1.5, -2]), [1, 0]))).toEqual([1.5, -2]);
  });
  test("reshape and transpose", () => {
    expect(reshape(counting([2, 3]), [3, 2]).shape).toEqual([3, 2]);
    expect(() => reshape(counting([2, 3]), [4])).toThrow("reshape: expected a shape of 6 elements, found [4]");
    const result = transpose(counting([2, 3, 2]), [2, 0, 1]);
    expect(result.shape).toEqual([2, 2, 3]);
    expect(valuesOf(result)).toEqual([0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]);
    expect(() => transpose(counting([2, 3]), [0, 0])).toThrow("a permutation of 2 axes, found [0, 0]");
  });
  test("broadcast", () => {
    expect(valuesOf(broadcast(counting([2, 1]), [2, 2, 2]))).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
    expect(() => broadcast(counting([2]), [1])).toThrow("broadcasts to [1], found [2]");
  });
  test("concat", () => {
    const parts = [counting([2, 1]), counting([2, 0]), counting([2, 2])];
    expect(valuesOf(concat(parts, -1))).toEqual([0, 0, 1, 1, 2, 3]);
    expect(valuesOf(concat([counting([1, 2]), counting([1, 2])], 0))).toEqual([0, 1, 0, 1]);
    expect(() =>
      concatShape(
        [
          [2, 1],
          [3, 1],
        ],
        1,
      ),
    ).toThrow("operands alike but for axis 1, found [2, 1] and [3, 1]");
    expect(() => concat([counting([1]), tensorOf("f32", [1], [0])], 0)).toThrow("operands of i32, found f32");
    expect(() => concatShape([], 0)).toThrow("at least one operand");
  });
  test("slice forward, backward and empty", () => {
    const x = counting([3, 4]);
    expect(valuesOf(slice(x, { starts: [1, 0], sizes: [2, 2], strides: [1, 3] }))).toEqual([4, 7, 8, 11]);
    expect(valuesOf(slice(x, { starts: [2, 3], sizes: [2, 2], strides: [-2, -1] }))).toEqual([11, 10, 3, 2]);
    expect(slice(x, { starts: [0, 4], sizes: [3, 0] }).shape).toEqual([3, 0]);
    expect(() => sliceShape([3], { starts: [1], sizes: [3] })).toThrow(
      "indices from 0 to 2 in dimension 0, found start 1",
    );
    expect(() => sliceShape([3], { starts: [1, 2], sizes: [3] })).toThrow("1 starts, found [1, 2]");
  });
  test("resolves start:end:step as NumPy does", () => {
    expect(resolveSlice([10], [-3], [1000])).toEqual({ starts: [7], sizes: [3], strides: [1] });
    expect(resolveSlice([10, 4], [9], [-1000], [0], [-4])).toEqual({ starts: [9, 0], sizes: [3, 4], strides: [-4, 1] });
    expect(resolveSlice([10], [5], [2])).toEqual({ starts: [0], sizes: [0], strides: [1] });
    expect(() => resolveSlice([10], [0], [1], [0], [0])).toThrow("a step other than 0");
  });
  test.each([
    ["constant", [9, 9, 9, 0, 1, 2, 9, 9, 9, 9]],
    ["edge", [0, 0, 0, 0, 1, 2, 2, 2, 2, 2]],
    ["reflect", [1, 2, 1, 0, 1, 2, 1, 0, 1, 2]],
    ["wrap", [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]],
  ] as const)("pad %s, further than the input is long", (mode, expected) => {
    expect(valuesOf(pad(counting([3]), { low: [3], high: [4], mode, value: 9 }))).toEqual(expected);
  });
  test("negative padding crops first", () => {
    expect(valuesOf(pad(counting([5]), { low: [-2], high: [1], mode: "edge" }))).toEqual([2, 3, 4, 4]);
    expect(valuesOf(pad(counting([4]), { low: [2], high: [-1], mode: "reflect" }))).toEqual([2, 1, 0, 1, 2]);
    expect(valuesOf(pad(counting([2, 2]), { low: [0, 1], high: [-1, 0], value: 7 }))).toEqual([7, 0, 1]);
    expect(() => padShape([2], { low: [-3], high: [2] })).toThrow("at most 2 elements removed");
    expect(() => padShape([0], { low: [1], high: [0], mode: "edge" })).toThrow("elements to edge in dimension 0");
  });
  test("tile", () => {
    expect(valuesOf(tile(counting([1, 2]), [2, 2]))).toEqual([0, 1, 0, 1, 0, 1, 0, 1]);
    expect(tile(counting([2]), [0]).shape).toEqual([0]);
  });
  test("depth_to_space in both modes, and back", () => {
    const x = counting([1, 8, 1, 1]);
    expect(valuesOf(depthToSpace(x, { blocksize: 2 }))).toEqual([0, 2, 4, 6, 1, 3, 5, 7]);
    expect(valuesOf(depthToSpace(x, { blocksize: 2, mode: "CRD" }))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const large = counting([2, 8, 3, 2]);
    expect(valuesOf(spaceToDepth(depthToSpace(large, { blocksize: 2 }), { blocksize: 2 }))).toEqual(valuesOf(large));
    expect(() => depthToSpace(counting([1, 3, 1, 1]), { blocksize: 2 })).toThrow("channels a multiple of 4, found 3");
    expect(() => spaceToDepth(counting([1, 1, 3, 2]), { blocksize: 2 })).toThrow("multiples of 2, found 3 and 2");
  });
  test("trilu", () => {
    const x = tensorOf("i32", [2, 3], [1, 2, 3, 4, 5, 6]);
    expect(valuesOf(trilu(x, {}))).toEqual([1, 2, 3, 0, 5, 6]);
    expect(valuesOf(trilu(x, { upper: false }))).toEqual([1, 0, 0, 4, 5, 0]);
    expect(valuesOf(trilu(x, { k: 1 }))).toEqual([0, 2, 3, 0, 0, 6]);
    expect(valuesOf(trilu(x, { k: -1, upper: false }))).toEqual([0, 0, 0, 4, 0, 0]);
  });
  test("reverse_sequence", () => {
    const x = counting([3, 2]);
    const lengths = tensorOf("i64", [2], [2n, 3n]);
    expect(valuesOf(reverseSequence(x, lengths, {}))).toEqual([2, 5, 0, 3, 4, 1]);
    const rows = reverseSequence(counting([2, 3]), lengths, { batch_axis: 0, time_axis: 1 });
    expect(valuesOf(rows)).toEqual([1, 0, 2, 5, 4, 3]);
    expect(() => reverseSequence(x, tensorOf("i64", [2], [4n, 0n]), {})).toThrow("lengths up to 3, found 4");
  });
});
