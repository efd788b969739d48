/**
 * What compressing, indexing, resampling and control ops of MIL compute, against numbers by hand or plain formulas.
 */
import { describe, expect, test } from "vitest";
import { elementsAttribute } from "../../../ir/attributes.ts";
import { at, Builder } from "../../../ir/builder.ts";
import { type AnyDefinition, Context } from "../../../ir/context.ts";
import { evaluateBlock } from "../../../ir/evaluate.ts";
import { unknownLocation } from "../../../ir/location.ts";
import { Block, type Value } from "../../../ir/operation.ts";
import { parse } from "../../../ir/parser/parse.ts";
import { getNumber, type TensorData } from "../../../ir/tensor-data.ts";
import { elementType, TensorType } from "../../../ir/types.ts";
import { upstreamDialects } from "../../index.ts";
import { tensor } from "../../tensor/index.ts";
import { tensorOf } from "../../tensor/reference/values.ts";
import * as mil from "../index.ts";
import { meaningOfBlock } from "../meaning.ts";
import {
  bytes,
  type Codes,
  compute,
  context,
  expectClose,
  f32,
  type Given,
  i32,
  numbersOf,
  part,
  some,
} from "./op-testing.ts";

describe("compressed constants", () => {
  test("affine, one scale for all and one per index of an axis", () => {
    const codes = tensorOf("i8", [2, 3], [1, 2, 3, -4, 5, -128]);
    const affine = (scale: TensorData, zero: TensorData, axis: number) =>
      numbersOf(
        compute(mil.constexprAffineDequantize, { quantized_data: codes, scale, zero_point: zero }, { axis })[0]!,
      );
    expect(affine(f32([], 0.5), tensorOf("i8", [], [1]), 0)).toEqual([0, 0.5, 1, -2.5, 2, -64.5]);
    expect(affine(f32([2], 0.5, 2), tensorOf("i8", [2], [1, -1]), 0)).toEqual([0, 0.5, 1, -6, 12, -254]);
    expect(affine(f32([3], 1, 2, 3), tensorOf("i8", [], [1]), -1)).toEqual([0, 2, 6, -5, 8, -387]);
    expect(affine(f32([2], 0.5, 2), f32([2], 0.5, 0), 0)).toEqual([0.25, 0.75, 1.25, -8, 10, -256]);
  });

  /** Bits of the codes, lowest first, in bytes. */
  const packed = (codes: readonly number[], bits: number) => {
    const all = codes.flatMap((code) => Array.from({ length: bits }, (_, bit) => (code >> bit) & 1));
    const result: number[] = [];
    for (const [index, bit] of all.entries()) result[index >> 3] = (result[index >> 3] ?? 0) | (bit << (index & 7));
    return bytes(...result);
  };

  test.each([1, 2, 4, 6, 8])("a palette of ios16 with %i bits, packed", (bits) => {
    const table = Array.from({ length: 2 ** bits }, (_, index) => index * 0.25 - 1);
    const codes = Array.from({ length: 15 }, (_, index) => (index * 37 + 11) % 2 ** bits);
    const [found] = compute(
      mil.constexprLutToDense,
      { indices: packed(codes, bits), lut: f32([2 ** bits], ...table) },
      { shape: [3, 5] },
    );
    expect(numbersOf(found!)).toEqual(codes.map((code) => table[code]));
  });

  test("a palette of ios18 with two groups", () => {
    const indices: Codes = { bits: 2, shape: [6, 2], codes: [2, 3, 3, 0, 1, 0, 3, 0, 2, 1, 0, 3] };
    const lut = f32([2, 1, 4, 1], 1, 5, 9, 13, 2, 10, 18, 26);
    const [found] = compute(mil.constexprLutToDense, { indices, lut });
    expect(numbersOf(found!)).toEqual([9, 13, 13, 1, 5, 1, 26, 2, 18, 10, 2, 26]);
  });

  test.each([
    [1, [2, 6, 2], [1, 1, 2, 2, 3, 3, 4, 1, 5, 2, 6, 3, 4, 4, 5, 5, 6, 6, 1, 1, 2, 2, 3, 3]],
    [2, [2, 2, 6], [1, 2, 3, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 4, 5, 6, 1, 2, 3, 1, 2, 3]],
  ] as const)("a palette of vectors along axis %i", (axis, shape, wanted) => {
    const indices: Codes = { bits: 1, shape: [2, 2, 2], codes: [0, 0, 1, 0, 1, 1, 0, 0] };
    const [found] = compute(
      mil.constexprLutToDense,
      { indices, lut: f32([1, 1, 1, 2, 3], 1, 2, 3, 4, 5, 6) },
      { vector_axis: axis },
    );
    expect(found!.shape).toEqual(shape);
    expect(numbersOf(found!)).toEqual(wanted);
  });

  test("sparse, packed and with a mask of the shape", () => {
    const wanted = [0, 0, 7, 8, 0, 9];
    const values = f32([3], 7, 8, 9);
    const [old] = compute(
      mil.constexprSparseToDense,
      { nonzero_data: values, mask: bytes(0b101100) },
      { shape: [2, 3] },
    );
    expect(numbersOf(old!)).toEqual(wanted);
    const mask: Codes = { bits: 1, shape: [2, 3], codes: [0, 0, 1, 1, 0, 1] };
    expect(numbersOf(compute(mil.constexprSparseToDense, { nonzero_data: values, mask })[0]!)).toEqual(wanted);
    const empty: Codes = { bits: 1, shape: [2], codes: [0, 0] };
    expect(numbersOf(compute(mil.constexprSparseToDense, { nonzero_data: f32([0]), mask: empty })[0]!)).toEqual([0, 0]);
  });

  test("blocks of codes with a scale and an offset each", () => {
    const data = tensorOf("i4", [2, 4], [1, -2, 3, -4, 5, -6, 7, -8]);
    const [plain] = compute(mil.constexprBlockwiseShiftScale, { data, scale: f32([2, 2], 1, 2, 3, 4) });
    expect(numbersOf(plain!)).toEqual([1, -2, 6, -8, 15, -18, 28, -32]);
    const offset = tensorOf("i4", [1, 2], [1, -1]);
    const [moved] = compute(mil.constexprBlockwiseShiftScale, { data, scale: f32([1, 2], 1, 2), offset });
    expect(numbersOf(moved!)).toEqual([0, -3, 8, -6, 4, -7, 16, -14]);
  });

  test("sparse codes: through a palette, and blockwise", () => {
    const mask: Codes = {
      bits: 1,
      shape: [4, 6],
      codes: [1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0],
    };
    const codes: Codes = { bits: 1, shape: [9], codes: [0, 1, 1, 0, 1, 1, 0, 0, 1] };
    const [, values] = compute(mil.constexprLutToSparse, {
      indices_mask: mask,
      indices_nonzero_data: codes,
      lut: f32([1, 1, 2, 1], 2, 3),
    });
    expect(numbersOf(values!)).toEqual([2, 3, 3, 2, 3, 3, 2, 2, 3]);
    const sparse: Codes = { bits: 1, shape: [4, 4], codes: [1, 1, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 0, 0] };
    const [, scaled] = compute(mil.constexprSparseBlockwiseShiftScale, {
      data_mask: sparse,
      nonzero_data: tensorOf("i8", [9], [10, 11, 3, 4, 5, 6, 7, 8, 9]),
      scale: f32([1, 4], 0.1, 0.2, 0.3, 0.4),
      offset: tensorOf("i8", [1, 4], [1, 2, 3, 4]),
    });
    expectClose(scaled!, [0.9, 1.8, 0.2, 0.4, 0.6, 0.9, 1.2, 0.7, 1.4]);
  });

  test("sizes that do not fit are refused", () => {
    const lut = f32([16], ...Array.from({ length: 16 }, (_, index) => index));
    expect(() => compute(mil.constexprLutToDense, { indices: bytes(1, 2), lut }, { shape: [3, 3] })).toThrow(
      /2 bytes for 9 codes of 4 bits, which take 5/,
    );
    const data = tensorOf("i8", [2, 3], [1, 2, 3, 4, 5, 6]);
    expect(() => compute(mil.constexprBlockwiseShiftScale, { data, scale: f32([1, 2], 1, 1) })).toThrow(
      /do not divide \[2, 3\]/,
    );
  });
});

const matrix = f32([2, 3], 1, 2, 3, 4, 5, 6);
type Case = readonly [
  string,
  AnyDefinition,
  { readonly [name: string]: Given | readonly Given[] },
  { readonly [name: string]: unknown },
  readonly number[],
];
const scattered = { data: f32([3], 10, 20, 30), indices: i32([2], 2, 0), updates: f32([2], 4, 5) };
const cases: readonly Case[] = [
  ["gather_along_axis", mil.gatherAlongAxis, { x: matrix, indices: i32([2, 1], 2, 0) }, { axis: -1 }, [3, 4]],
  ["gather_nd", mil.gatherNd, { x: matrix, indices: i32([2, 2], 0, 1, 1, 2) }, {}, [2, 6]],
  ["gather_nd with batch_dims", mil.gatherNd, { x: matrix, indices: i32([2, 1], 1, 2) }, { batch_dims: 1 }, [2, 6]],
  ["scatter, sums where left out", mil.scatter, scattered, {}, [15, 20, 34]],
  ["scatter, update", mil.scatter, scattered, { mode: "update" }, [5, 20, 4]],
  ["scatter, sub", mil.scatter, scattered, { mode: "sub" }, [5, 20, 26]],
  ["scatter, div", mil.scatter, scattered, { mode: "div" }, [2, 20, 7.5]],
  ["scatter, max", mil.scatter, scattered, { mode: "max" }, [10, 20, 30]],
  [
    "scatter along columns",
    mil.scatter,
    { data: matrix, indices: i32([1], 1), updates: f32([2, 1], 10, 20) },
    { axis: 1, mode: "update" },
    [1, 10, 3, 4, 20, 6],
  ],
  [
    "scatter_along_axis",
    mil.scatterAlongAxis,
    { data: matrix, indices: i32([1, 3], 1, 0, 1), updates: f32([1, 3], 10, 20, 30) },
    { axis: 0 },
    [1, 22, 3, 14, 5, 36],
  ],
  [
    "scatter_nd",
    mil.scatterNd,
    { data: matrix, indices: i32([1, 1], 1), updates: f32([1, 3], 7, 8, 9) },
    { mode: "mul" },
    [1, 2, 3, 28, 40, 54],
  ],
  [
    "slice_update",
    mil.sliceUpdate,
    { x: matrix, update: f32([2, 2], 7, 8, 9, 10) },
    { begin: [0, 0], end: [2, 3], stride: [1, 2] },
    [7, 2, 8, 9, 5, 10],
  ],
  ["topk", mil.topk, { x: f32([4], 3, 9, 1, 9) }, { k: 3 }, [9, 9, 3]],
  ["topk, ascending", mil.topk, { x: f32([4], 3, 9, 1, 9) }, { k: 2, ascending: true }, [1, 3]],
  ["argsort", mil.argsort, { x: f32([4], 3, 9, 1, 9) }, {}, [1, 3, 0, 2]],
  ["one_hot", mil.oneHot, { indices: i32([2], 1, 0) }, { one_hot_vector_size: 3 }, [0, 1, 0, 1, 0, 0]],
  [
    "one_hot of floats",
    mil.oneHot,
    { indices: i32([2], 1, 0), on_value: f32([], 5), off_value: f32([], -1) },
    { one_hot_vector_size: 2, axis: 0 },
    [-1, 5, 5, -1],
  ],
  ["cumsum", mil.cumsum, { x: matrix }, { axis: 1, reverse: true, exclusive: true }, [5, 3, 0, 11, 6, 0]],
  [
    "band_part",
    mil.bandPart,
    { x: f32([3, 3], 1, 2, 3, 4, 5, 6, 7, 8, 9) },
    { lower: 1, upper: 0 },
    [1, 0, 0, 4, 5, 0, 0, 8, 9],
  ],
  ["fill", mil.fill, { value: f32([], 2) }, { shape: [2, 2] }, [2, 2, 2, 2]],
  ["fill_like", mil.fillLike, { ref_tensor: i32([2], 1, 2) }, {}, [0, 0]],
  ["range_1d", mil.range1d, { start: i32([], 5), end: i32([], 0), step: i32([], -2) }, {}, [5, 3, 1]],
  ["shape", mil.shapeOp, { x: matrix }, {}, [2, 3]],
  [
    "sliding_windows",
    mil.slidingWindows,
    { x: f32([5], 1, 2, 3, 4, 5) },
    { axis: 0, size: 3, stride: 2 },
    [1, 2, 3, 3, 4, 5],
  ],
  [
    "reverse_sequence",
    mil.reverseSequence,
    { x: matrix, lengths: i32([2], 2, 3) },
    { seq_axis: 1, batch_axis: 0 },
    [2, 1, 3, 6, 5, 4],
  ],
  [
    "pixel_unshuffle",
    mil.pixelUnshuffle,
    { x: f32([1, 1, 2, 4], 1, 2, 3, 4, 5, 6, 7, 8) },
    { downscale_factor: 2 },
    [1, 3, 2, 4, 5, 7, 6, 8],
  ],
  [
    "einsum",
    mil.einsum,
    { values: [f32([2, 2], 1, 2, 3, 4), f32([2, 2], 5, 6, 7, 8)] },
    { equation: "ij,kj->ik" },
    [17, 23, 39, 53],
  ],
  [
    "quantize",
    mil.quantize,
    { input: f32([3], 1, -3, 300), scale: f32([], 2), zero_point: tensorOf("ui8", [], [1]) },
    { output_dtype: "uint8" },
    [1, 0, 151],
  ],
  [
    "dequantize",
    mil.dequantize,
    { input: tensorOf("i8", [2, 1], [1, 2]), scale: f32([2], 0.5, 2) },
    { axis: 0 },
    [0.5, 4],
  ],
  [
    "crop",
    mil.crop,
    { x: f32([1, 3, 3], 1, 2, 3, 4, 5, 6, 7, 8, 9) },
    { crop_height: [1, 0], crop_width: [0, 1] },
    [4, 5, 7, 8],
  ],
  [
    "resize",
    mil.resize,
    { x: f32([1, 1, 1, 2], 1, 2) },
    { shape: [0, 4], resized_dims: 2, sampling_mode: "UNALIGN_CORNERS" },
    [1, 1.25, 1.75, 2],
  ],
];

test.each(cases)("%s", (_, definition, inputs, parameters, wanted) => {
  expectClose(compute(definition, inputs, parameters)[0]!, wanted);
});

test("space_to_batch and back", () => {
  const table = (...values: readonly number[]) => {
    const type = TensorType.get([2, 2], elementType("i32"));
    return elementsAttribute(type, Int32Array.from(values));
  };
  const x = some(1, 2, 1, 3, 4);
  const [blocks] = compute(mil.spaceToBatch, { x }, { block_shape: [2, 2], paddings: table(1, 0, 0, 0) });
  expect(blocks!.shape).toEqual([8, 1, 2, 2]);
  // The first block offset of the first image: the padded row's columns 0 and 2, then those of row 1.
  expect(part(blocks!, 0, 4)).toEqual([0, 0, getNumber(x, 4), getNumber(x, 6)]);
  const [back] = compute(mil.batchToSpace, { x: blocks! }, { block_shape: [2, 2], crops: table(1, 0, 0, 0) });
  expect(back).toEqual(x);
});

describe("free positions", () => {
  const image = f32([1, 1, 3, 3], 0, 1, 2, 10, 11, 12, 20, 21, 22);
  /** The value of the plane 10·y + x, which linear interpolation gives back. */
  const plane = (x: number, y: number) => 10 * y + x;
  const where = [
    [0, 0],
    [1.5, 0.25],
    [2, 2],
    [0.75, 1.5],
  ] as const;
  const common = { sampling_mode: "bilinear", padding_mode: "border", padding_value: 0 };

  test.each([
    ["unnormalized", true, (p: number) => p],
    ["unnormalized", false, (p: number) => p],
    ["normalized_minus_one_to_one", true, (p: number) => p - 1],
    ["normalized_minus_one_to_one", false, (p: number) => ((p + 0.5) / 3) * 2 - 1],
    ["normalized_zero_to_one", true, (p: number) => p / 2],
    ["normalized_zero_to_one", false, (p: number) => (p + 0.5) / 3],
  ] as const)("resample, coordinates %s, corners aligned: %s", (mode, aligned, of) => {
    const coordinates = f32([1, 1, 4, 2], ...where.flatMap(([x, y]) => [of(x), of(y)]));
    const [found] = compute(
      mil.resample,
      { x: image, coordinates },
      { ...common, coordinates_mode: mode, align_corners: aligned },
    );
    expectClose(
      found!,
      where.map(([x, y]) => plane(x, y)),
      1e-4,
    );
  });

  test("resample beyond the edge: zeros, the edge, mirrored with and without it", () => {
    const coordinates = f32([1, 1, 1, 2], 3, 0);
    const at = (padding_mode: string) =>
      numbersOf(
        compute(
          mil.resample,
          { x: image, coordinates },
          { ...common, padding_mode, coordinates_mode: "unnormalized", align_corners: true },
        )[0]!,
      )[0];
    expect(
      ["constant", "border", "reflection", "symmetric"].map(at).map((value) => Math.round(value! * 1e4) / 1e4),
    ).toEqual([0, 2, 1, 2]);
  });

  test("affine: a turn by a quarter", () => {
    const [found] = compute(
      mil.affine,
      { x: image, transform_matrix: f32([1, 6], 0, -1, 0, 1, 0, 0) },
      {
        ...{ output_height: 3, output_width: 3, sampling_mode: "bilinear", padding_mode: "constant", padding_value: 0 },
        ...{ coordinates_mode: "normalized_minus_one_to_one", align_corners: true },
      },
    );
    expectClose(found!, [2, 12, 22, 1, 11, 21, 0, 10, 20], 1e-4);
  });

  test.each([
    ["CORNERS_HEIGHT_FIRST", [0, 1, 2, 2]],
    ["CORNERS_WIDTH_FIRST", [1, 0, 2, 2]],
    ["CENTER_SIZE_HEIGHT_FIRST", [1, 1.5, 2, 1]],
    ["CENTER_SIZE_WIDTH_FIRST", [1.5, 1, 1, 2]],
  ] as const)("crop_resize, boxes as %s", (mode, box) => {
    const [found] = compute(
      mil.cropResize,
      { x: image, boxes: f32([1, 4], ...box), box_indices: i32([1], 0) },
      { target_height: 2, target_width: 3, box_coordinate_mode: mode, sampling_mode: "ALIGN_CORNERS" },
    );
    expectClose(found!, [1, 1.5, 2, 21, 21.5, 22], 1e-4);
  });

  test("crop_resize of ios15: each box of each image", () => {
    const two = f32([2, 1, 2, 2], 0, 1, 10, 11, 100, 101, 110, 111);
    const [found] = compute(
      mil.cropResize,
      { x: two, roi: f32([1, 1, 4, 1, 1], 0, 0, 1, 1) },
      { target_height: 1, target_width: 2, sampling_mode: "ALIGN_CORNERS" },
    );
    expect(found!.shape).toEqual([1, 2, 1, 1, 2]);
    expectClose(found!, [5, 6, 105, 106], 1e-4);
  });
});

describe("control flow", () => {
  const whole = new Context([...upstreamDialects, tensor, mil.mil]);
  /** What %y is, computed by a program without inputs. */
  function run(statements: readonly string[], type: string): number[] {
    const module = parse(
      [
        "mil.program @p {",
        `mil.function @main() -> (${type}) attributes {input_names = [], output_names = ["y"]} {`,
        ...statements,
        `mil.return %y : ${type}`,
        "} }",
      ].join("\n"),
      whole,
    );
    const main = mil.mainOf(mil.program.cast(module.regions[0]!.onlyBlock.first!))!;
    const block = new Block();
    const [value] = meaningOfBlock(main.body.onlyBlock, new Map(), new Builder(at.endOf(block), unknownLocation));
    const environment = new Map<Value, TensorData>();
    evaluateBlock(block, environment, context);
    return numbersOf(environment.get(value!)!);
  }
  const branches = [
    "%x = mil.const dense<[-1.0, 2.0]> : tensor<2xf32>",
    "%y = mil.cond(pred = %p) : (tensor<i1>) -> tensor<2xf32> {",
    "  %a = mil.relu(x = %x) : (tensor<2xf32>) -> tensor<2xf32>",
    "  mil.return %a : tensor<2xf32>",
    "} {",
    "  mil.return %x : tensor<2xf32>",
    "}",
  ];

  test("a branch by a known and by a computed condition", () => {
    const known = (truth: boolean) => `%p = mil.const dense<${truth}> : tensor<i1>`;
    expect(run([known(true), ...branches], "tensor<2xf32>")).toEqual([0, 2]);
    expect(run([known(false), ...branches], "tensor<2xf32>")).toEqual([-1, 2]);
    const computed = [
      "%one = mil.const dense<1> : tensor<i32>",
      "%two = mil.const dense<2> : tensor<i32>",
      "%p = mil.less(x = %one, y = %two) : (tensor<i32>, tensor<i32>) -> tensor<i1>",
    ];
    expect(run([...computed, ...branches], "tensor<2xf32>")).toEqual([0, 2]);
  });

  test("a condition behind ten thousand operations", () => {
    const steps = Array.from(
      { length: 10_000 },
      (_, index) => `%s${index + 1} = mil.add(x = %s${index}, y = %one) : (tensor<i32>, tensor<i32>) -> tensor<i32>`,
    );
    const compared = "%p = mil.less(x = %s10000, y = %limit) : (tensor<i32>, tensor<i32>) -> tensor<i1>";
    const constants = ["%one = mil.const dense<1> : tensor<i32>", "%s0 = mil.const dense<0> : tensor<i32>"];
    const limit = (value: number) => `%limit = mil.const dense<${value}> : tensor<i32>`;
    expect(run([...constants, ...steps, limit(10_000), compared, ...branches], "tensor<2xf32>")).toEqual([-1, 2]);
  });

  const loop = (limit: string) => [
    "%n = mil.const dense<0> : tensor<i32>",
    "%v = mil.const dense<1.0> : tensor<f32>",
    "%r:2 = mil.while_loop(loop_vars = (%n, %v)) : (tensor<i32>, tensor<f32>) -> (tensor<i32>, tensor<f32>) {",
    "^bb0(%i: tensor<i32>, %w: tensor<f32>):",
    `  %limit = mil.const dense<${limit}> : tensor<i32>`,
    "  %c = mil.less(x = %i, y = %limit) : (tensor<i32>, tensor<i32>) -> tensor<i1>",
    "  mil.return %c : tensor<i1>",
    "} {",
    "^bb0(%i: tensor<i32>, %w: tensor<f32>):",
    "  %one = mil.const dense<1> : tensor<i32>",
    "  %next = mil.add(x = %i, y = %one) : (tensor<i32>, tensor<i32>) -> tensor<i32>",
    "  %twice = mil.add(x = %w, y = %w) : (tensor<f32>, tensor<f32>) -> tensor<f32>",
    "  mil.return %next, %twice : tensor<i32>, tensor<f32>",
    "}",
    "%y = mil.identity(x = %r#1) : (tensor<f32>) -> tensor<f32>",
  ];
  test("a loop is unrolled, up to a limit", () => {
    expect(run(loop("5"), "tensor<f32>")).toEqual([32]);
    expect(run(loop("0"), "tensor<f32>")).toEqual([1]);
    expect(() => run(loop("1000000"), "tensor<f32>")).toThrow(/no meaning here for more than 4096 turns/);
  });

  test.each([
    [
      "non_zero",
      "%y = mil.non_zero(x = %x) : (tensor<2xf32>) -> tensor<?x1xi32>",
      "tensor<?x1xi32>",
      /how many rows it gives depends/,
    ],
    [
      "random_uniform",
      "%s = mil.const dense<2> : tensor<1xi32>\n%y = mil.random_uniform(shape = %s) : (tensor<1xi32>) -> tensor<2xf32>",
      "tensor<2xf32>",
      /each run gives other numbers/,
    ],
  ] as const)("%s has no meaning, for a reason", (_, line, type, reason) => {
    const x = "%x = mil.const dense<[1.0, 0.0]> : tensor<2xf32>";
    expect(() => run([x, line], type)).toThrow(reason);
  });
});
