/**
 * MIL ops that make tensors from shapes, rearrange whole dimensions, or work along one. Inputs and defaults: coremltools 9.0,
 * `mil/ops/defs/iOS15/tensor_operation.py`, `tensor_transformation.py` and their later versions.
 */
import { ElementsAttribute } from "../../../ir/attributes.ts";
import {
  type AttributeConstraint,
  boolArrayAttribute,
  boolAttribute,
  i32ArrayAttribute,
  i32Attribute,
  stringAttribute,
} from "../../../ir/constraints.ts";
import { attribute, defaultAttribute, optionalOperand, variadicOperand } from "../../../ir/declaration.ts";
import { constantOf } from "../../../ir/effects.ts";
import { dataOfAttribute } from "../../../ir/evaluate.ts";
import type { Value } from "../../../ir/operation.ts";
import { getNumber } from "../../../ir/tensor-data.ts";
import { dynamic } from "../../../ir/types.ts";
import { einsum as einsumSteps } from "../../tensor/build/einsum.ts";
import {
  ascending,
  broadcastTo,
  elementOf,
  numbers,
  product,
  reshape,
  scalar,
  transpose,
} from "../../tensor/build/steps.ts";
import * as tensor from "../../tensor/ops.ts";
import { constantValue } from "../constant.ts";
import { axisOf, example, input, milOp, milTensor, shapeOf, tuple, withShape } from "../declare.ts";
import { sharedSteps, tensorValue } from "./tensor-steps.ts";

/** A parameter that is a table of integers. */
const tableAttribute: AttributeConstraint<ElementsAttribute> = {
  description: "a table of integers",
  decode: (attribute) => (attribute instanceof ElementsAttribute ? attribute : undefined),
  encode: (value) => value,
};

/** [[before, behind], [before, behind]] */
function pairs(
  table: ElementsAttribute,
  what: string,
): readonly [readonly [number, number], readonly [number, number]] {
  const data = table.value;
  if (data.shape.join() !== "2,2") throw new Error(`takes ${what} of 2 by 2 numbers, found ${table.type}`);
  const at = (index: number) => getNumber(data, index);
  return [
    [at(0), at(1)],
    [at(2), at(3)],
  ];
}

const fillOf = (steps: ReturnType<typeof sharedSteps>, value: Value | undefined, shape: readonly number[]) => {
  const one = value === undefined ? scalar(steps, 0, "f32") : reshape(steps, tensorValue(value), []);
  return broadcastTo(steps, one, shape);
};

export const fill = milOp(
  "fill",
  { shape: attribute(i32ArrayAttribute), value: optionalOperand(milTensor) },
  {
    dynamic: ["shape"],
    doc: "value (0 in fp32 where left out) in every place of a shape.",
    example: example("fill", { value: "f16" }, { shape: [2, 3] }, "2x3xf16"),
    means: ({ shape, value }, milSteps) => fillOf(sharedSteps(milSteps), value, shape),
  },
);

export const fillLike = milOp(
  "fill_like",
  { ref_tensor: input, value: optionalOperand(milTensor) },
  {
    since: "ios16",
    doc: "value (0 in fp32 where left out) in every place of the shape of ref_tensor.",
    example: example("fill_like", { ref_tensor: "2x3xi32", value: "f16" }, {}, "2x3xf16"),
    means: ({ ref_tensor: like, value }, milSteps) => fillOf(sharedSteps(milSteps), value, shapeOf(like)),
  },
);

/** The one number that a value is known to be. */
function knownNumber(value: Value): number | undefined {
  const data = dataOfAttribute(constantValue(value) ?? constantOf(value));
  return data === undefined || data.data.length !== 1 ? undefined : getNumber(data, 0);
}

export const range1d = milOp(
  "range_1d",
  { start: input, end: input, step: input },
  {
    doc: "start, start + step, … before end.",
    example: example("range_1d", { start: "i32", end: "i32", step: "i32" }, {}, "?xi32"),
    infer: ({ start, end, step }) => {
      const known = [start, end, step].map(knownNumber);
      return withShape(start, [known.includes(undefined) ? dynamic : rangeCount(known.map((each) => each ?? 0))]);
    },
    means: ({ start, end, step }, milSteps) => {
      const steps = sharedSteps(milSteps);
      const known = [start, end, step].map(knownNumber);
      if (known.includes(undefined))
        throw new Error("needs start, end and step as constants here: its size depends on them");
      const given = known.map((each) => each ?? 0);
      const count = rangeCount(given);
      return numbers(
        steps,
        ascending(count).map((index) => given[0]! + index * given[2]!),
        elementOf(tensorValue(start)),
      );
    },
  },
);

function rangeCount([start = 0, end = 0, step = 1]: readonly number[]): number {
  if (step === 0) throw new Error("takes a step other than 0");
  return Math.max(0, Math.ceil((end - start) / step));
}

export const shapeOp = milOp(
  "shape",
  { x: input },
  {
    doc: "The sizes of x, int32.",
    example: example("shape", { x: "2x3xf16" }, {}, "2xi32"),
    means: ({ x }, milSteps) => numbers(sharedSteps(milSteps), shapeOf(x), "i32"),
  },
);

export const flatten2d = milOp(
  "flatten2d",
  { x: input, axis: defaultAttribute(i32Attribute, 1) },
  {
    doc: "x as a matrix: the dimensions before axis, and those from there on.",
    example: example("flatten2d", { x: "2x3x4xf16" }, { axis: 1 }, "2x12xf16"),
    means: ({ x, axis }, milSteps) => {
      const shape = shapeOf(x);
      // The axis may lie behind the last dimension.
      const at = axis === shape.length ? axis : axisOf(axis, shape.length);
      return reshape(sharedSteps(milSteps), tensorValue(x), [product(shape.slice(0, at)), product(shape.slice(at))]);
    },
  },
);

export const reshapeLike = milOp(
  "reshape_like",
  {
    x: input,
    ref_tensors: variadicOperand(milTensor),
    begins: attribute(i32ArrayAttribute),
    ends: attribute(i32ArrayAttribute),
    end_masks: attribute(boolArrayAttribute),
  },
  {
    since: "ios16",
    tuples: ["begins", "ends", "end_masks"],
    doc: "x under the shape that the dimensions begins … ends (or the last, by end_masks) of the ref_tensors make, one behind the other.",
    example: example(
      "reshape_like",
      { x: "6x4xf16", ref_tensors: ["2x3xf16", "5x4xf16"] },
      { begins: tuple(0, 1), ends: tuple(2, 0), end_masks: tuple(false, true) },
      "2x3x4xf16",
    ),
    means: ({ x, ref_tensors: references, begins, ends, end_masks: masks }, milSteps) => {
      const shape = references.flatMap((each, index) =>
        shapeOf(each).slice(begins[index], masks[index] ? undefined : ends[index]),
      );
      return reshape(sharedSteps(milSteps), tensorValue(x), shape);
    },
  },
);

// ------------------------------------------------------------------------------------------------------------- blocks

export const pixelUnshuffle = milOp(
  "pixel_unshuffle",
  { x: input, downscale_factor: attribute(i32Attribute) },
  {
    since: "ios16",
    doc: "[N, C, H, W] to [N, C·b², H/b, W/b]; a channel counts as (c, y, x): the inverse of pixel_shuffle.",
    example: example("pixel_unshuffle", { x: "1x2x4x6xf16" }, { downscale_factor: 2 }, "1x8x2x3xf16"),
    means: ({ x, downscale_factor: b }, milSteps) => {
      const steps = sharedSteps(milSteps);
      const [n = 1, c = 1, h = 1, w = 1] = shapeOf(x);
      const blocks = reshape(steps, tensorValue(x), [n, c, h / b, b, w / b, b]);
      return reshape(steps, transpose(steps, blocks, [0, 1, 3, 5, 2, 4]), [n, c * b * b, h / b, w / b]);
    },
  },
);

export const spaceToBatch = milOp(
  "space_to_batch",
  { x: input, block_shape: attribute(i32ArrayAttribute), paddings: attribute(tableAttribute) },
  {
    doc: "[N, C, H, W], padded, to [N·a·b, C, H/a, W/b]: the places of a block lie in the batch, before its images.",
    example: spaceExample("space_to_batch", "paddings", "1x2x4x6xf16", "4x2x2x3xf16"),
    means: ({ x, block_shape: [a = 1, b = 1], paddings }, milSteps) => {
      const steps = sharedSteps(milSteps);
      const [[top, bottom], [left, right]] = pairs(paddings, "paddings");
      const padded = steps.emit(tensor.staticPad, {
        input: tensorValue(x),
        low: [0, 0, top, left],
        high: [0, 0, bottom, right],
      });
      const [n = 1, c = 1, h = 1, w = 1] = shapeOf(padded);
      if (h % a !== 0 || w % b !== 0) throw new Error(`cannot cut ${h}x${w} into blocks of ${a}x${b}`);
      const blocks = reshape(steps, padded, [n, c, h / a, a, w / b, b]);
      return reshape(steps, transpose(steps, blocks, [3, 5, 0, 1, 2, 4]), [n * a * b, c, h / a, w / b]);
    },
  },
);

export const batchToSpace = milOp(
  "batch_to_space",
  { x: input, block_shape: attribute(i32ArrayAttribute), crops: attribute(tableAttribute) },
  {
    doc: "The inverse of space_to_batch: [N·a·b, C, H, W] to [N, C, H·a, W·b], of which crops are taken away.",
    example: spaceExample("batch_to_space", "crops", "4x2x2x3xf16", "1x2x4x6xf16"),
    means: ({ x, block_shape: [a = 1, b = 1], crops }, milSteps) => {
      const steps = sharedSteps(milSteps);
      const [[top, bottom], [left, right]] = pairs(crops, "crops");
      const [n = 1, c = 1, h = 1, w = 1] = shapeOf(x);
      if (n % (a * b) !== 0) throw new Error(`cannot make blocks of ${a}x${b} from a batch of ${n}`);
      const blocks = reshape(steps, tensorValue(x), [a, b, n / (a * b), c, h, w]);
      const whole = reshape(steps, transpose(steps, blocks, [2, 3, 4, 0, 5, 1]), [n / (a * b), c, h * a, w * b]);
      return steps.emit(tensor.staticPad, { input: whole, low: [0, 0, -top, -left], high: [0, 0, -bottom, -right] });
    },
  },
);

function spaceExample(name: string, table: string, from: string, to: string): string {
  return [
    `%x = "test.source"() : () -> tensor<${from}>`,
    "%block_shape = mil.const dense<[2, 2]> : tensor<2xi32>",
    `%${table} = mil.const dense<0> : tensor<2x2xi32>`,
    `%result = mil.${name}(x = %x, block_shape = %block_shape, ${table} = %${table}) : (tensor<${from}>, tensor<2xi32>, tensor<2x2xi32>) -> tensor<${to}>`,
  ].join("\n");
}

export const slidingWindows = milOp(
  "sliding_windows",
  {
    x: input,
    axis: attribute(i32Attribute),
    size: attribute(i32Attribute),
    stride: defaultAttribute(i32Attribute, 1),
  },
  {
    doc: "Windows of `size` elements along axis, `stride` apart, in a new dimension: [windows, size] takes the place of axis.",
    example: example("sliding_windows", { x: "2x5xf16" }, { axis: 1, size: 2 }, "2x4x2xf16"),
    means: ({ x, axis, size, stride }, milSteps) => {
      const steps = sharedSteps(milSteps);
      const shape = shapeOf(x);
      const at = axisOf(axis, shape.length);
      const count = Math.floor((shape[at]! - size) / stride) + 1;
      if (count < 1) throw new Error(`cannot cut windows of ${size} from a size of ${shape[at]}`);
      const places = ascending(count).flatMap((window) => ascending(size, window * stride));
      const indices = numbers(steps, places, "i32", [count, size]);
      return steps.emit(tensor.take, { input: tensorValue(x), indices, axis: at });
    },
  },
);

// ------------------------------------------------------------------------------------------------------ along an axis

export const cumsum = milOp(
  "cumsum",
  {
    x: input,
    axis: defaultAttribute(i32Attribute, 0),
    exclusive: defaultAttribute(boolAttribute, false),
    reverse: defaultAttribute(boolAttribute, false),
  },
  {
    doc: "Running sum along axis, without the element itself with exclusive, from the end with reverse.",
    example: example("cumsum", { x: "2x3xf16" }, { axis: 1 }, "2x3xf16"),
    means: ({ x, axis, exclusive, reverse }, milSteps) =>
      sharedSteps(milSteps).emit(tensor.cumsum, {
        input: tensorValue(x),
        axis: axisOf(axis, shapeOf(x).length),
        exclusive,
        reverse,
      }),
  },
);

export const bandPart = milOp(
  "band_part",
  { x: input, lower: defaultAttribute(i32Attribute, -1), upper: defaultAttribute(i32Attribute, -1) },
  {
    doc: "The matrices in the last two dimensions with zeros outside of a band: `lower` diagonals below the main one and `upper` above, all where negative.",
    example: example("band_part", { x: "3x3xf16" }, { lower: 1, upper: 0 }, "3x3xf16"),
    means: ({ x, lower, upper }, milSteps) => {
      const steps = sharedSteps(milSteps);
      let band = tensorValue(x);
      // Above the lower limit, then below the upper one.
      if (lower >= 0) band = steps.emit(tensor.trilu, { input: band, k: -lower, upper: true });
      if (upper >= 0) band = steps.emit(tensor.trilu, { input: band, k: upper, upper: false });
      return band;
    },
  },
);

export const reverseSequence = milOp(
  "reverse_sequence",
  {
    x: input,
    lengths: input,
    seq_axis: defaultAttribute(i32Attribute, 0),
    batch_axis: defaultAttribute(i32Attribute, 0),
  },
  {
    doc: "The first lengths[b] elements along seq_axis in opposite order, for each index b of batch_axis.",
    example: example("reverse_sequence", { x: "4x2xf16", lengths: "2xi32" }, { batch_axis: 1, seq_axis: 0 }, "4x2xf16"),
    means: ({ x, lengths, seq_axis: time, batch_axis: batch }, milSteps) => {
      const rank = shapeOf(x).length;
      return sharedSteps(milSteps).emit(tensor.reverseSequence, {
        input: tensorValue(x),
        lengths: tensorValue(lengths),
        time_axis: axisOf(time, rank),
        batch_axis: axisOf(batch, rank),
      });
    },
  },
);

export const einsum = milOp(
  "einsum",
  { values: variadicOperand(milTensor), equation: attribute(stringAttribute) },
  {
    doc: 'Sums of products of two values by letters of their dimensions, as "nchw,nwhu->nchu" says.',
    example: example(
      "einsum",
      { values: ["1x2x3x4xf16", "1x4x3x5xf16"] },
      { equation: "nchw,nwhu->nchu" },
      "1x2x3x5xf16",
    ),
    means: ({ values, equation }, milSteps) => einsumSteps(sharedSteps(milSteps), equation, values.map(tensorValue)),
  },
);

export const shapeOps = [
  ...[fill, fillLike, range1d, shapeOp, flatten2d, reshapeLike, pixelUnshuffle, spaceToBatch, batchToSpace],
  ...[slidingWindows, cumsum, bandPart, reverseSequence, einsum],
];
