import { describe, expect, test } from "vitest";
import { matmul, matmulInteger, matmulShape, tensorOf, valuesOf } from "./index.ts";

const counting = (shape: readonly number[]) => {
  const count = shape.reduce((a, b) => a * b, 1);
  return tensorOf("f32", shape, [...Array(count).keys()]);
};

describe("matmul", () => {
  test("multiplies matrices", () => {
    const result = matmul(tensorOf("f32", [2, 3], [1, 2, 3, 4, 5, 6]), tensorOf("f32", [3, 2], [7, 8, 9, 10, 11, 12]));
    expect(result.shape).toEqual([2, 2]);
    expect(valuesOf(result)).toEqual([58, 64, 139, 154]);
  });
  test("transposes either operand", () => {
    const lhs = tensorOf("f32", [3, 2], [1, 4, 2, 5, 3, 6]);
    const rhs = tensorOf("f32", [2, 3], [7, 9, 11, 8, 10, 12]);
    expect(valuesOf(matmul(lhs, rhs, { transpose_lhs: true, transpose_rhs: true }))).toEqual([58, 64, 139, 154]);
  });
  test.each([
    [[3], [3], []],
    [[3], [3, 2], [2]],
    [[2, 3], [3], [2]],
    [[5, 2, 3], [3], [5, 2]],
    [[3], [5, 3, 2], [5, 2]],
    [
      [4, 1, 2, 3],
      [5, 3, 6],
      [4, 5, 2, 6],
    ],
    [
      [2, 0],
      [0, 3],
      [2, 3],
    ],
  ])("%j by %j is %j", (lhs, rhs, expected) => {
    expect(matmulShape(lhs, rhs)).toEqual(expected);
    expect(matmul(counting(lhs), counting(rhs)).shape).toEqual(expected);
  });
  test("vectors", () => {
    expect(valuesOf(matmul(counting([3]), counting([3])))).toEqual([5]);
    expect(valuesOf(matmul(counting([3]), counting([3, 2])))).toEqual([10, 13]);
    expect(valuesOf(matmul(counting([2, 3]), counting([3])))).toEqual([5, 14]);
  });
  test("batches broadcast", () => {
    const result = matmul(tensorOf("f32", [2, 1, 1, 1], [1, 10]), tensorOf("f32", [2, 1, 1], [3, 5]));
    expect(result.shape).toEqual([2, 2, 1, 1]);
    expect(valuesOf(result)).toEqual([3, 5, 30, 50]);
  });
  test("no terms sum to 0", () => {
    expect(valuesOf(matmul(counting([1, 0]), counting([0, 2])))).toEqual([0, 0]);
  });
  test("float sums are rounded once", () => {
    const small = 2 ** -24;
    expect(valuesOf(matmul(tensorOf("f32", [3], [1, small, small]), tensorOf("f32", [3], [1, 1, 1])))).toEqual([
      1 + 2 ** -23,
    ]);
  });
  test("integers wrap and 64-bit ones are exact", () => {
    expect(valuesOf(matmul(tensorOf("i8", [2], [100, 100]), tensorOf("i8", [2], [2, 1])))).toEqual([44]);
    const big = tensorOf("i32", [2], [0x7fffffff, 0x7fffffff]);
    expect(valuesOf(matmul(big, big))).toEqual([2]);
    expect(valuesOf(matmul(tensorOf("i64", [1], [2n ** 61n + 1n]), tensorOf("i64", [1], [3n])))).toEqual([
      3n * 2n ** 61n + 3n,
    ]);
  });
  test("shape errors", () => {
    expect(() => matmulShape([2, 3], [4, 2])).toThrow("matmul: expected equal inner dimensions, found 3 and 4");
    expect(() => matmulShape([], [2])).toThrow("rank 1 or more");
    expect(() => matmulShape([2], [2], { transpose_rhs: true })).toThrow("no transpose of a vector");
    expect(() => matmulShape([2, 1, 3], [3, 3, 1])).toThrow("broadcast together");
  });
});

describe("matmul_integer", () => {
  const lhs = tensorOf("ui8", [2, 2], [255, 1, 2, 3]);
  const rhs = tensorOf("i8", [2, 2], [-128, 1, 2, 3]);
  test("mixed signs give i32", () => {
    const result = matmulInteger(lhs, rhs);
    expect(result.element).toBe("i32");
    expect(valuesOf(result)).toEqual([255 * -128 + 2, 255 + 3, -256 + 6, 2 + 9]);
  });
  test("zero points per row and per column", () => {
    const zeroPoints = { lhs: tensorOf("ui8", [2], [255, 2]), rhs: tensorOf("i8", [2], [2, 1]) };
    // lhs becomes [[0, -254], [0, 1]], rhs [[-130, 0], [0, 2]].
    expect(valuesOf(matmulInteger(lhs, rhs, zeroPoints))).toEqual([0, -508, 0, 2]);
  });
  test("refuses floats and a wrong number of zero points", () => {
    expect(() => matmulInteger(lhs, counting([2, 2]))).toThrow("integers of up to 16 bits, found f32");
    expect(() => matmulInteger(lhs, rhs, { lhs: tensorOf("ui8", [3], [1, 2, 3]) })).toThrow(
      "1 or 2 zero points, found 3",
    );
  });
});
