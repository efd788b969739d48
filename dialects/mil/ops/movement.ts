/** MIL ops that move elements or resample them. */
import { FloatAttribute, IntegerAttribute } from "../../../ir/attributes.ts";
import {
  type AttributeConstraint,
  boolArrayAttribute,
  boolAttribute,
  enumAttribute,
  i32ArrayAttribute,
  i32Attribute,
} from "../../../ir/constraints.ts";
import {
  attribute,
  defaultAttribute,
  optionalAttribute,
  variadicOperand,
  variadicResult,
} from "../../../ir/declaration.ts";
import type { Value } from "../../../ir/operation.ts";
import { f32, i32 } from "../../../ir/types.ts";
import * as tensor from "../../tensor/ops.ts";
import { concat as tensorConcat } from "../../tensor/upstream/ops.ts";
import {
  axisOf,
  example,
  floatOr,
  input,
  milOp,
  milOpWithResults,
  milTensor,
  real,
  shapeOf,
  type TensorSteps,
  withShape,
} from "../declare.ts";
import { indexValue, sharedSteps } from "./tensor-steps.ts";

function reshaped(steps: TensorSteps, value: Value, shape: readonly number[]): Value {
  return steps.build(tensor.staticReshape, { input: value, result: withShape(value, shape) });
}

const exampleOf = (name: string, parameters: Parameters<typeof example>[2], from: string, to: string) =>
  example(name, { x: `${from}xf16` }, parameters, `${to}xf16`);

export const reshape = milOp(
  "reshape",
  { x: input, shape: attribute(i32ArrayAttribute) },
  {
    dynamic: ["shape"],
    doc: "The same elements under another shape; one size may be -1.",
    example: exampleOf("reshape", { shape: [3, -1] }, "2x3", "3x2"),
    means: ({ x, shape }, steps) => {
      const known = shape.filter((size) => size !== -1).reduce((product, size) => product * size, 1);
      const count = shapeOf(x).reduce((product, size) => product * size, 1);
      return reshaped(
        steps,
        x,
        shape.map((size) => (size === -1 ? count / known : size)),
      );
    },
  },
);

export const transpose = milOp(
  "transpose",
  { x: input, perm: attribute(i32ArrayAttribute) },
  {
    doc: "Dimension d of the result is dimension perm[d] of x.",
    example: exampleOf("transpose", { perm: [1, 0] }, "2x3", "3x2"),
    means: ({ x, perm }, steps) => {
      const permutation = perm.map((axis) => axisOf(axis, perm.length));
      return steps.build(tensor.transpose, { input: x, permutation });
    },
  },
);

export const expandDims = milOp(
  "expand_dims",
  { x: input, axes: attribute(i32ArrayAttribute) },
  {
    doc: "New dimensions of size 1, at axes of the result.",
    example: exampleOf("expand_dims", { axes: [0] }, "2x3", "1x2x3"),
    means: ({ x, axes }, steps) => {
      const rank = shapeOf(x).length + axes.length;
      const fresh = new Set(axes.map((axis) => axisOf(axis, rank)));
      const rest = [...shapeOf(x)];
      return reshaped(
        steps,
        x,
        Array.from({ length: rank }, (_, axis) => (fresh.has(axis) ? 1 : rest.shift()!)),
      );
    },
  },
);

export const squeeze = milOp(
  "squeeze",
  { x: input, axes: optionalAttribute(i32ArrayAttribute) },
  {
    doc: "Without the dimensions axes, which have size 1 (all such where left out).",
    example: exampleOf("squeeze", { axes: [0] }, "1x2x3", "2x3"),
    means: ({ x, axes }, steps) => {
      const shape = shapeOf(x);
      const dropped = new Set(
        axes?.map((axis) => axisOf(axis, shape.length)) ?? shape.flatMap((size, axis) => (size === 1 ? [axis] : [])),
      );
      return reshaped(
        steps,
        x,
        shape.filter((_, axis) => !dropped.has(axis)),
      );
    },
  },
);

export const concat = milOp(
  "concat",
  {
    values: variadicOperand(milTensor),
    axis: attribute(i32Attribute),
    interleave: defaultAttribute(boolAttribute, false),
  },
  {
    doc: "Values one behind the other along axis, or with interleave their elements there in turn.",
    example: example("concat", { values: ["2x3xf16", "1x3xf16"] }, { axis: 0 }, "3x3xf16"),
    means: ({ values, axis, interleave }, steps) => {
      const [first] = values;
      if (first === undefined) throw new Error("needs at least one value");
      const shape = shapeOf(first);
      const at = axisOf(axis, shape.length);
      if (!interleave) return steps.build(tensorConcat, { inputs: values, dim: at });
      // The values side by side in a new dimension behind axis, which then joins it.
      const expanded = [...shape.slice(0, at + 1), 1, ...shape.slice(at + 1)];
      const inputs = values.map((value) => reshaped(steps, value, expanded));
      const joined = shape.map((size, each) => (each === at ? size * values.length : size));
      return reshaped(steps, steps.build(tensorConcat, { inputs, dim: at + 1 }), joined);
    },
  },
);

export const stack = milOp(
  "stack",
  { values: variadicOperand(milTensor), axis: attribute(i32Attribute) },
  {
    doc: "Values of one shape along a new dimension axis.",
    example: example("stack", { values: ["2x3xf16", "2x3xf16"] }, { axis: 0 }, "2x2x3xf16"),
    means: ({ values, axis }, steps) => {
      const shape = shapeOf(values[0]!);
      const at = axisOf(axis, shape.length + 1);
      const inputs = values.map((value) => reshaped(steps, value, [...shape.slice(0, at), 1, ...shape.slice(at)]));
      return steps.build(tensorConcat, { inputs, dim: at });
    },
  },
);

interface SliceLimits {
  readonly begin: readonly number[];
  readonly end: readonly number[];
  readonly stride?: readonly number[] | undefined;
  readonly begin_mask?: readonly boolean[] | undefined;
  readonly end_mask?: readonly boolean[] | undefined;
  readonly squeeze_mask?: readonly boolean[] | undefined;
}

/** The positions that `slice_by_index` reads of a shape; `sizes` still has the dimensions that squeeze_mask drops. */
export function sliceOf(shape: readonly number[], limits: SliceLimits) {
  const { begin, end, stride, begin_mask, end_mask, squeeze_mask } = limits;
  const strides = stride ?? shape.map(() => 1);
  const starts: number[] = [];
  const sizes: number[] = [];
  for (const [axis, size] of shape.entries()) {
    const step = strides[axis]!;
    const resolve = (limit: number) => Math.min(Math.max(limit < 0 ? limit + size : limit, step > 0 ? 0 : -1), size);
    const first = begin_mask?.[axis] ? (step > 0 ? 0 : size - 1) : Math.min(resolve(begin[axis]!), size - 1);
    const isOne = squeeze_mask?.[axis] === true;
    const last = isOne ? first + step : end_mask?.[axis] ? (step > 0 ? size : -1) : resolve(end[axis]!);
    starts.push(first);
    sizes.push(Math.max(0, Math.ceil((last - first) / step)));
  }
  return { starts, sizes, strides };
}

export const sliceByIndex = milOp(
  "slice_by_index",
  {
    x: input,
    begin: attribute(i32ArrayAttribute),
    end: attribute(i32ArrayAttribute),
    stride: optionalAttribute(i32ArrayAttribute),
    begin_mask: optionalAttribute(boolArrayAttribute),
    end_mask: optionalAttribute(boolArrayAttribute),
    squeeze_mask: optionalAttribute(boolArrayAttribute),
  },
  {
    dynamic: ["begin", "end"],
    doc: "Elements begin, begin + stride, … before end per dimension. begin_mask and end_mask leave a limit out, squeeze_mask drops the dimension; negative limits count from the end.",
    example: exampleOf("slice_by_index", { begin: [0, 1], end: [2, 3] }, "2x3", "2x2"),
    means: ({ x, ...limits }, steps) => {
      const { starts, sizes, strides } = sliceOf(shapeOf(x), limits);
      const cut = steps.build(tensor.slice, { input: x, starts, sizes, strides });
      const kept = sizes.filter((_, axis) => limits.squeeze_mask?.[axis] !== true);
      return kept.length === sizes.length ? cut : reshaped(steps, cut, kept);
    },
  },
);

export const sliceBySize = milOp(
  "slice_by_size",
  { x: input, begin: attribute(i32ArrayAttribute), size: attribute(i32ArrayAttribute) },
  {
    dynamic: ["begin", "size"],
    doc: "The box of `size` elements that starts at begin; a size of -1 reaches the end.",
    example: exampleOf("slice_by_size", { begin: [0, 1], size: [2, -1] }, "2x3", "2x2"),
    means: ({ x, begin, size }, steps) => {
      const sizes = size.map((count, axis) => (count === -1 ? shapeOf(x)[axis]! - begin[axis]! : count));
      return steps.build(tensor.slice, { input: x, starts: begin, sizes, strides: sizes.map(() => 1) });
    },
  },
);

export const split = milOpWithResults(
  "split",
  {
    x: input,
    axis: attribute(i32Attribute),
    split_sizes: optionalAttribute(i32ArrayAttribute),
    num_splits: optionalAttribute(i32Attribute),
  },
  { outputs: variadicResult(milTensor) },
  {
    doc: "Parts of split_sizes, or num_splits equal ones, along axis, one result each.",
    example: exampleOf("split", { axis: 1, split_sizes: [3] }, "2x3", "2x3"),
    means: ({ x, axis, split_sizes: sizes, num_splits: count }, steps) => {
      const shape = shapeOf(x);
      const at = axisOf(axis, shape.length);
      const parts = sizes ?? new Array<number>(count ?? 1).fill(shape[at]! / (count ?? 1));
      let next = 0;
      return parts.map((count) => {
        const starts = shape.map((_, each) => (each === at ? next : 0));
        next += count;
        const sizes = shape.map((size, each) => (each === at ? count : size));
        return steps.build(tensor.slice, { input: x, starts, sizes, strides: sizes.map(() => 1) });
      });
    },
  },
);

const padModes = { constant: "constant", reflect: "reflect", replicate: "edge" } as const;

export const pad = milOp(
  "pad",
  {
    x: input,
    pad: attribute(i32ArrayAttribute),
    mode: defaultAttribute(enumAttribute(["constant", "reflect", "replicate"]), "constant"),
    constant_val: floatOr(0),
  },
  {
    dynamic: ["pad"],
    doc: "Elements added before and behind the last dimensions: pad = [before, behind, before, behind, …].",
    example: exampleOf("pad", { pad: [1, 0] }, "2x3", "2x4"),
    means: ({ x, pad: sizes, mode, constant_val: value }, steps) => {
      const rank = shapeOf(x).length;
      const skipped = new Array<number>(rank - sizes.length / 2).fill(0);
      const low = [...skipped, ...sizes.filter((_, position) => position % 2 === 0)];
      const high = [...skipped, ...sizes.filter((_, position) => position % 2 === 1)];
      return steps.build(tensor.staticPad, { input: x, low, high, mode: padModes[mode], value });
    },
  },
);

export const tile = milOp(
  "tile",
  { x: input, reps: attribute(i32ArrayAttribute) },
  {
    dynamic: ["reps"],
    doc: "x repeated reps[d] times along each dimension.",
    example: exampleOf("tile", { reps: [1, 2] }, "2x3", "2x6"),
    means: ({ x, reps }, steps) => steps.build(tensor.tile, { input: x, repeats: reps }),
  },
);

export const reverse = milOp(
  "reverse",
  { x: input, axes: optionalAttribute(i32ArrayAttribute) },
  {
    doc: "The elements in opposite order along axes (all where left out).",
    example: exampleOf("reverse", { axes: [1] }, "2x3", "2x3"),
    means: ({ x, axes }, steps) => {
      const rank = shapeOf(x).length;
      const resolved = axes?.map((axis) => axisOf(axis, rank)) ?? shapeOf(x).map((_, axis) => axis);
      return steps.build(tensor.reverse, { input: x, axes: resolved });
    },
  },
);

export const depthToSpace = milOp(
  "depth_to_space",
  { x: input, block_size: attribute(i32Attribute) },
  {
    doc: "[N, C, H, W] to [N, C/b², H·b, W·b]; a channel counts as (y, x, c).",
    example: exampleOf("depth_to_space", { block_size: 2 }, "1x8x2x3", "1x2x4x6"),
    means: ({ x, block_size }, steps) => steps.build(tensor.depthToSpace, { input: x, block_size, mode: "DCR" }),
  },
);
export const pixelShuffle = milOp(
  "pixel_shuffle",
  { x: input, upscale_factor: attribute(i32Attribute) },
  {
    doc: "[N, C, H, W] to [N, C/b², H·b, W·b]; a channel counts as (c, y, x).",
    example: exampleOf("pixel_shuffle", { upscale_factor: 2 }, "1x8x2x3", "1x2x4x6"),
    means: ({ x, upscale_factor }, steps) =>
      steps.build(tensor.depthToSpace, { input: x, block_size: upscale_factor, mode: "CRD" }),
  },
);
export const spaceToDepth = milOp(
  "space_to_depth",
  { x: input, block_size: attribute(i32Attribute) },
  {
    doc: "[N, C, H, W] to [N, C·b², H/b, W/b]; a channel counts as (y, x, c).",
    example: exampleOf("space_to_depth", { block_size: 2 }, "1x2x4x6", "1x8x2x3"),
    means: ({ x, block_size }, steps) => steps.build(tensor.spaceToDepth, { input: x, block_size }),
  },
);

export const gather = milOp(
  "gather",
  {
    x: input,
    indices: input,
    axis: defaultAttribute(i32Attribute, 0),
    batch_dims: optionalAttribute(i32Attribute),
    validate_indices: optionalAttribute(boolAttribute),
  },
  {
    inputsSince: { batch_dims: "ios16", validate_indices: "ios17" },
    doc: "Slices of x along axis at the indices; with batch_dims, the first dimensions of both go in step.",
    example: example("gather", { x: "2x4xf16", indices: "3xi32" }, { axis: 1 }, "2x3xf16"),
    means: ({ x, indices: stated, axis, batch_dims: batchDims = 0 }, steps) => {
      const at = axisOf(axis, shapeOf(x).length);
      const indices = indexValue(sharedSteps(steps), stated);
      if (batchDims === 0) return steps.build(tensor.take, { input: x, indices, axis: at });
      if (at !== batchDims) throw new Error(`has no meaning here for batch_dims ${batchDims} with axis ${at}`);
      const tuples = reshaped(steps, indices, [...shapeOf(indices), 1]);
      return steps.build(tensor.gatherNd, { input: x, indices: tuples, batch_dims: batchDims });
    },
  },
);

// ------------------------------------------------------------------------------------------------------ resampling

/** How many times as large; whole numbers are written as int32. */
const scaleFactor: AttributeConstraint<number> = {
  description: "a number",
  decode: (value) => {
    if (value instanceof IntegerAttribute) return value.number;
    return value instanceof FloatAttribute ? value.value : undefined;
  },
  encode: (value) => (Number.isInteger(value) ? IntegerAttribute.get(value, i32) : FloatAttribute.get(value, f32)),
};

type Coordinates = "asymmetric" | "align_corners" | "half_pixel";

function resized(
  steps: TensorSteps,
  x: Value,
  height: number,
  width: number,
  mode: "nearest" | "linear",
  coordinates: Coordinates,
): Value {
  const shape = shapeOf(x);
  const sizes = [...shape.slice(0, -2), height, width];
  return steps.build(tensor.resize, {
    input: x,
    mode,
    coordinate_transformation: coordinates,
    nearest_mode: "floor",
    scales: sizes.map((size, axis) => size / shape[axis]!),
    result: withShape(x, sizes),
  });
}

export const upsampleNearestNeighbor = milOp(
  "upsample_nearest_neighbor",
  {
    x: input,
    scale_factor_height: defaultAttribute(scaleFactor, 1),
    scale_factor_width: defaultAttribute(scaleFactor, 1),
  },
  {
    doc: "Each element of [N, C, H, W] repeated along height and width.",
    example: exampleOf(
      "upsample_nearest_neighbor",
      { scale_factor_height: 2, scale_factor_width: 2 },
      "1x3x4x4",
      "1x3x8x8",
    ),
    means: ({ x, scale_factor_height: height, scale_factor_width: width }, steps) => {
      const [rows = 1, columns = 1] = shapeOf(x).slice(-2);
      return resized(steps, x, Math.floor(rows * height), Math.floor(columns * width), "nearest", "asymmetric");
    },
  },
);

export const resizeNearestNeighbor = milOp(
  "resize_nearest_neighbor",
  { x: input, target_size_height: attribute(i32Attribute), target_size_width: attribute(i32Attribute) },
  {
    doc: "[N, C, H, W] resized by reading the element at ⌊i·in/out⌋.",
    example: exampleOf(
      "resize_nearest_neighbor",
      { target_size_height: 8, target_size_width: 8 },
      "1x3x4x4",
      "1x3x8x8",
    ),
    means: ({ x, target_size_height: height, target_size_width: width }, steps) =>
      resized(steps, x, height, width, "nearest", "asymmetric"),
  },
);

export const upsampleBilinear = milOp(
  "upsample_bilinear",
  {
    x: input,
    scale_factor_height: defaultAttribute(scaleFactor, 1),
    scale_factor_width: defaultAttribute(scaleFactor, 1),
    align_corners: defaultAttribute(boolAttribute, true),
    /** The opposite of align_corners where left out. */
    half_pixel_centers: optionalAttribute(boolAttribute),
  },
  {
    doc: "[N, C, H, W] enlarged linearly, with the corners aligned or by pixel centres.",
    example: exampleOf(
      "upsample_bilinear",
      { scale_factor_height: real(2), scale_factor_width: real(2) },
      "1x3x4x4",
      "1x3x8x8",
    ),
    inputsSince: { half_pixel_centers: "ios16" },
    means: (view, steps) => {
      const { x, scale_factor_height: height, scale_factor_width: width, align_corners, half_pixel_centers } = view;
      const [rows = 1, columns = 1] = shapeOf(x).slice(-2);
      const isHalfPixel = half_pixel_centers ?? !align_corners;
      if (align_corners && isHalfPixel) throw new Error("cannot both align corners and count by pixel centres");
      const coordinates = align_corners ? "align_corners" : isHalfPixel ? "half_pixel" : "asymmetric";
      return resized(steps, x, Math.floor(rows * height), Math.floor(columns * width), "linear", coordinates);
    },
  },
);

export const samplingModes = {
  DEFAULT: "asymmetric",
  ALIGN_CORNERS: "align_corners",
  STRICT_ALIGN_CORNERS: "align_corners",
  UNALIGN_CORNERS: "half_pixel",
} as const satisfies Record<string, Coordinates>;

export const resizeBilinear = milOp(
  "resize_bilinear",
  {
    x: input,
    target_size_height: defaultAttribute(i32Attribute, 1),
    target_size_width: defaultAttribute(i32Attribute, 1),
    sampling_mode: defaultAttribute(
      enumAttribute(["DEFAULT", "ALIGN_CORNERS", "STRICT_ALIGN_CORNERS", "UNALIGN_CORNERS"]),
      "DEFAULT",
    ),
  },
  {
    doc: "[N, C, H, W] resized linearly. Position i reads i·in/out (DEFAULT), i·(in - 1)/(out - 1) (ALIGN_CORNERS, and STRICT_ALIGN_CORNERS) or (i + ½)·in/out - ½ (UNALIGN_CORNERS).",
    example: exampleOf("resize_bilinear", { target_size_height: 8, target_size_width: 8 }, "1x3x4x4", "1x3x8x8"),
    means: ({ x, target_size_height: height, target_size_width: width, sampling_mode: mode }, steps) =>
      resized(steps, x, height, width, "linear", samplingModes[mode]),
  },
);

export const movementOps = [
  ...[reshape, transpose, expandDims, squeeze, concat, stack, sliceByIndex, sliceBySize, split, pad, tile, reverse],
  ...[depthToSpace, pixelShuffle, spaceToDepth, gather, upsampleNearestNeighbor, resizeNearestNeighbor],
  ...[upsampleBilinear, resizeBilinear],
];
