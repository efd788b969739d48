import { describe, expect, test } from "vitest";
import {
  averagePool,
  conv1d,
  conv2d,
  conv3d,
  convInteger,
  convShape,
  convTranspose,
  convTransposeShape,
  filled,
  lpPool,
  maxPool,
  maxPoolWithIndices,
  poolShape,
  product,
  type Shape,
  samePadding,
  tensorOf,
  valuesOf,
} from "./index.ts";

/** 0, 1, 2, … in the given shape. */
const counting = (shape: Shape) => tensorOf("f32", shape, [...Array(product(shape)).keys()]);
const ones = (shape: Shape) => filled(shape, "f32", 1);

describe("convolution", () => {
  test("sums a 3×3 neighbourhood with padding", () => {
    const result = conv2d(counting([1, 1, 3, 3]), ones([1, 1, 3, 3]), undefined, { padding: [1, 1, 1, 1] });
    expect(valuesOf(result)).toEqual([8, 15, 12, 21, 36, 27, 20, 33, 24]);
  });
  test("does not flip the kernel", () => {
    expect(valuesOf(conv1d(tensorOf("f32", [1, 1, 3], [1, 2, 3]), tensorOf("f32", [1, 1, 2], [1, 10])))).toEqual([
      21, 32,
    ]);
  });
  test("strides, dilations and uneven padding", () => {
    const result = conv1d(counting([1, 1, 6]), tensorOf("f32", [1, 1, 2], [1, 100]), undefined, {
      strides: [2],
      dilations: [3],
      padding: [1, 2],
    });
    // Taps at (-1, 2), (1, 4), (3, 6): positions outside contribute nothing.
    expect(valuesOf(result)).toEqual([200, 401, 3]);
  });
  test("groups see only their own channels; the bias is per output channel", () => {
    const input = tensorOf("f32", [1, 2, 1, 1], [3, 5]);
    const weight = tensorOf("f32", [4, 1, 1, 1], [1, 2, 10, 20]);
    const bias = tensorOf("f32", [4], [0.5, 0, 0, -1]);
    expect(valuesOf(conv2d(input, weight, bias, { groups: 2 }))).toEqual([3.5, 6, 50, 99]);
  });
  test("batches and input channels", () => {
    const result = conv2d(counting([2, 2, 1, 2]), tensorOf("f32", [1, 2, 1, 1], [1, 10]));
    expect(result.shape).toEqual([2, 1, 1, 2]);
    expect(valuesOf(result)).toEqual([20, 31, 64, 75]);
  });
  test("three spatial dimensions", () => {
    expect(valuesOf(conv3d(counting([1, 1, 2, 2, 2]), ones([1, 1, 2, 2, 2])))).toEqual([28]);
  });
  test("a NaN in the weight does not leak out of the padding", () => {
    const weight = tensorOf("f32", [1, 1, 2], [NaN, 1]);
    expect(valuesOf(conv1d(ones([1, 1, 2]), weight, undefined, { padding: [1, 0] }))).toEqual([1, NaN]);
  });
  test("f16 accumulates in float64 and rounds once", () => {
    const input = tensorOf("f16", [1, 3, 1], [2048, 1, 1]);
    expect(valuesOf(conv1d(input, filled([1, 3, 1], "f16", 1)))).toEqual([2050]);
  });
  test("quantised operands give i32; the zero point also fills the padding", () => {
    const input = tensorOf("ui8", [1, 1, 2], [255, 130]);
    const weight = tensorOf("i8", [1, 1, 2], [-128, 2]);
    const result = convInteger(input, weight, { input: tensorOf("ui8", [], [128]) }, { padding: [1, 0] });
    expect(result.element).toBe("i32");
    expect(valuesOf(result)).toEqual([254, 127 * -128 + 4]);
  });
  test("shape errors name what was expected and found", () => {
    expect(convShape([1, 3, 5, 5], [8, 3, 3, 3], [8], { strides: [2, 2] })).toEqual([1, 8, 2, 2]);
    expect(() => convShape([1, 3, 5, 5], [8, 4, 3, 3], undefined)).toThrow(
      "conv: expected weight of 3 input channels per group, found 4",
    );
    expect(() => convShape([1, 3, 5, 5], [8, 3, 7, 7], undefined)).toThrow("a padded size of at least 7");
    expect(() => convShape([1, 4, 5, 5], [3, 2, 1, 1], undefined, { groups: 2 })).toThrow("output channels in 2 equal");
    expect(() => convShape([1, 3, 5, 5], [8, 3, 3, 3], [7])).toThrow("expected bias of shape [8], found [7]");
    expect(() => convShape([1, 3, 5], [8, 3, 3, 3], undefined)).toThrow("one rank from 3 to 5");
    expect(() => convShape([1, 3, 5], [8, 3, 3], undefined, { strides: [0] })).toThrow(
      "strides of 1 integers from 1 up",
    );
    expect(() => conv2d(ones([1, 1, 3]), ones([1, 1, 1]))).toThrow("conv2d: expected input of rank 4");
  });
  test("padding for equal sizes puts the odd element where asked", () => {
    expect(samePadding([5, 6], [2, 3], [1, 2], [1, 1], "end")).toEqual([0, 0, 1, 1]);
    expect(samePadding([5, 6], [2, 3], [1, 2], [1, 1], "begin")).toEqual([1, 1, 0, 0]);
  });
});

describe("transposed convolution", () => {
  test("spreads each input element over the kernel", () => {
    const result = convTranspose(
      tensorOf("f32", [1, 1, 2], [1, 10]),
      tensorOf("f32", [1, 1, 3], [1, 2, 3]),
      undefined,
      {
        strides: [2],
      },
    );
    expect(valuesOf(result)).toEqual([1, 2, 13, 20, 30]);
  });
  test("padding crops, output_padding extends, bias reaches everywhere", () => {
    const result = convTranspose(
      tensorOf("f32", [1, 1, 2], [1, 10]),
      tensorOf("f32", [1, 1, 3], [1, 2, 3]),
      tensorOf("f32", [1], [100]),
      { strides: [2], padding: [1, 1], output_padding: [1] },
    );
    expect(valuesOf(result)).toEqual([102, 113, 120, 130]);
  });
  test("groups", () => {
    const input = tensorOf("f32", [1, 2, 1], [3, 5]);
    const weight = tensorOf("f32", [2, 2, 1], [1, 2, 10, 20]);
    expect(valuesOf(convTranspose(input, weight, undefined, { groups: 2 }))).toEqual([3, 6, 50, 100]);
  });
  test("is the gradient of the convolution: <conv(x), y> = <x, convTranspose(y)>", () => {
    const attributes = { strides: [2, 1], dilations: [1, 2], padding: [1, 2, 0, 1], groups: 2 };
    const x = counting([2, 4, 6, 7]);
    const weight = counting([6, 2, 3, 2]);
    const y = counting(convShape(x.shape, weight.shape, undefined, attributes));
    const back = convTranspose(y, weight, undefined, { ...attributes, output_padding: [0, 0] });
    const dot = (a: readonly (number | bigint)[], b: readonly (number | bigint)[]) =>
      a.reduce<number>((sum, value, index) => sum + Number(value) * Number(b[index]), 0);
    expect(back.shape).toEqual(x.shape);
    expect(dot(valuesOf(conv2d(x, weight, undefined, attributes)), valuesOf(y))).toBe(dot(valuesOf(x), valuesOf(back)));
  });
  test("shape errors", () => {
    expect(() => convTransposeShape([1, 3, 4], [2, 1, 2], undefined)).toThrow("weight of 3 input channels, found 2");
    expect(() => convTransposeShape([1, 1, 1], [1, 1, 2], undefined, { padding: [1, 1] })).toThrow("padding below 2");
  });
});

describe("pooling", () => {
  test("maximum with padding ignores the padding, also for negative elements", () => {
    const input = tensorOf("f32", [1, 1, 3], [-3, -1, -2]);
    expect(valuesOf(maxPool(input, { kernel: [2], padding: [1, 0] }))).toEqual([-3, -1, -1]);
  });
  test("maximum propagates NaN and takes the first of equals", () => {
    const input = tensorOf("f32", [1, 1, 4], [1, NaN, 2, 2]);
    const { values, indices } = maxPoolWithIndices(input, { kernel: [2] });
    expect(valuesOf(values)).toEqual([NaN, NaN, 2]);
    expect(valuesOf(indices)).toEqual([1n, 1n, 2n]);
  });
  test("indices count over the whole tensor, and by column where asked", () => {
    const input = tensorOf("i8", [1, 2, 2, 2], [1, 9, 3, 4, 5, 6, 8, 7]);
    expect(valuesOf(maxPoolWithIndices(input, { kernel: [2, 2] }).indices)).toEqual([1n, 6n]);
    expect(valuesOf(maxPoolWithIndices(input, { kernel: [2, 2], storage_order: 1 }).indices)).toEqual([2n, 5n]);
  });
  test("bf16 compares values, not bit patterns", () => {
    expect(valuesOf(maxPool(tensorOf("bf16", [1, 1, 2], [-4, 1.5]), { kernel: [2] }))).toEqual([1.5]);
  });
  test("ceil_mode keeps a partial window but none that starts in the end padding", () => {
    expect(poolShape("max_pool", [1, 1, 6], { kernel: [3], strides: [2], ceil_mode: true })).toEqual([1, 1, 3]);
    expect(poolShape("max_pool", [1, 1, 6], { kernel: [3], strides: [2] })).toEqual([1, 1, 2]);
    const late = { kernel: [1], strides: [2], padding: [0, 1], ceil_mode: true };
    expect(poolShape("max_pool", [1, 1, 2], late)).toEqual([1, 1, 1]);
    expect(valuesOf(maxPool(counting([1, 1, 6]), { kernel: [3], strides: [2], ceil_mode: true }))).toEqual([2, 4, 5]);
  });
  test("dilations", () => {
    expect(valuesOf(maxPool(tensorOf("f32", [1, 1, 4], [5, 9, 1, 2]), { kernel: [2], dilations: [2] }))).toEqual([
      5, 9,
    ]);
  });
  test("averages over elements, or over the padded window", () => {
    const input = tensorOf("f32", [1, 1, 2, 2], [4, 8, 12, 16]);
    const attributes = { kernel: [2, 2], padding: [1, 1, 0, 0] };
    expect(valuesOf(averagePool(input, attributes))).toEqual([4, 6, 8, 10]);
    expect(valuesOf(averagePool(input, { ...attributes, count_include_pad: true }))).toEqual([1, 3, 4, 10]);
  });
  test("what lies beyond the padding never counts", () => {
    const attributes = { kernel: [3], strides: [3], padding: [0, 1], ceil_mode: true, count_include_pad: true };
    // The second window covers one element, one padded zero and one position beyond.
    expect(valuesOf(averagePool(tensorOf("f32", [1, 1, 4], [1, 1, 1, 6]), attributes))).toEqual([1, 3]);
  });
  test("lp norms", () => {
    const input = tensorOf("f32", [1, 1, 2, 2], [3, -4, 0, 0]);
    expect(valuesOf(lpPool(input, { kernel: [1, 2], p: 2 }))).toEqual([5, 0]);
    expect(valuesOf(lpPool(input, { kernel: [1, 2], p: 1 }))).toEqual([7, 0]);
  });
  test("shape errors", () => {
    expect(() => poolShape("max_pool", [1, 1, 4], { kernel: [2, 2] })).toThrow("max_pool: expected input of rank 4");
    expect(() => poolShape("max_pool", [1, 1, 1, 4], { kernel: [2, 2] })).toThrow("a padded size of at least 2");
  });
});
