/**
 * MIL ops that read images between their pixels. Conventions: coremltools 9.0, `mil/ops/defs/iOS15/image_resizing.py` and its later
 * versions; modes of which the documents do not say where they read are refused.
 */
import {
  boolAttribute,
  enumAttribute,
  f32Attribute,
  i32ArrayAttribute,
  i32Attribute,
} from "../../../ir/constraints.ts";
import { attribute, defaultAttribute, optionalOperand } from "../../../ir/declaration.ts";
import type { Value } from "../../../ir/operation.ts";
import {
  add,
  ascending,
  broadcastTo,
  concat,
  convert,
  elementOf,
  mul,
  numbers,
  reshape,
  type Steps,
  scalar,
  sliceAxis,
  sub,
  type TensorValue,
} from "../../tensor/build/steps.ts";
import * as tensor from "../../tensor/ops.ts";
import { axisOf, example, float, floatOr, input, milOp, milTensor, real, shapeOf, withShape } from "../declare.ts";
import { sharedSteps, tensorValue } from "./tensor-steps.ts";

const samplingNames = [
  "DEFAULT",
  "STRICT_ALIGN_CORNERS",
  "ALIGN_CORNERS",
  "UNALIGN_CORNERS",
  "OFFSET_CORNERS",
] as const;
const samplingMode = defaultAttribute(enumAttribute(samplingNames), "DEFAULT");

const coordinates = {
  DEFAULT: "asymmetric",
  STRICT_ALIGN_CORNERS: "align_corners",
  ALIGN_CORNERS: "align_corners",
  UNALIGN_CORNERS: "half_pixel",
} as const;

export const resize = milOp(
  "resize",
  {
    x: input,
    shape: attribute(i32ArrayAttribute),
    resized_dims: attribute(i32Attribute),
    interpolation_mode: defaultAttribute(enumAttribute(["LINEAR", "NEAREST_NEIGHBOR"]), "LINEAR"),
    sampling_mode: samplingMode,
  },
  {
    since: "ios17",
    dynamic: ["shape"],
    doc: "x with its last resized_dims sizes taken from the end of shape (0 keeps one), as resize_bilinear or resize_nearest_neighbor read.",
    example: example("resize", { x: "1x3x4x4xf16" }, { resized_dims: 2, shape: [8, 8] }, "1x3x8x8xf16"),
    means: ({ x, shape, resized_dims: count, interpolation_mode: mode, sampling_mode: sampling }, milSteps) => {
      const own = shapeOf(x);
      const wanted = shape.slice(shape.length - count);
      const sizes = own.map((size, axis) => wanted[axis - own.length + count] || size);
      if (sampling === "OFFSET_CORNERS") throw new Error("has no meaning here with OFFSET_CORNERS");
      if (mode === "NEAREST_NEIGHBOR" && sampling !== "DEFAULT")
        throw new Error(
          `has no meaning here for the nearest neighbour with ${sampling}: how it rounds is not documented`,
        );
      return milSteps.build(tensor.resize, {
        input: x,
        mode: mode === "LINEAR" ? "linear" : "nearest",
        coordinate_transformation: coordinates[sampling],
        nearest_mode: "floor",
        scales: sizes.map((size, axis) => size / own[axis]!),
        result: withShape(x, sizes),
      });
    },
  },
);

export const crop = milOp(
  "crop",
  { x: input, crop_height: attribute(i32ArrayAttribute), crop_width: attribute(i32ArrayAttribute) },
  {
    doc: "Without the first and last rows and columns of the last two dimensions: [before, behind] each.",
    example: example("crop", { x: "1x3x6x6xf16" }, { crop_height: [1, 2], crop_width: [0, 1] }, "1x3x3x5xf16"),
    means: ({ x, crop_height: [top = 0, bottom = 0], crop_width: [left = 0, right = 0] }, milSteps) => {
      const rank = shapeOf(x).length;
      const rest = new Array<number>(rank - 2).fill(0);
      return milSteps.build(tensor.staticPad, {
        input: x,
        low: [...rest, -top, -left],
        high: [...rest, -bottom, -right],
      });
    },
  },
);

// ------------------------------------------------------------------------------------------------- free positions

/** x·factor + offset */
function scaled(steps: Steps, value: TensorValue, factor: number, offset: number): TensorValue {
  const element = elementOf(value);
  const product = factor === 1 ? value : mul(steps, value, scalar(steps, factor, element));
  return offset === 0 ? product : add(steps, product, scalar(steps, offset, element));
}

const coordinateModes = ["unnormalized", "normalized_minus_one_to_one", "normalized_zero_to_one"] as const;
const paddingModes = ["constant", "border", "reflection", "symmetric"] as const;

/** The factor and offset that bring a coordinate to the -1 … 1 of `grid_sample`, whose corners are aligned or not. */
function gridScale(
  mode: (typeof coordinateModes)[number],
  isAligned: boolean,
  size: number,
  gridIsAligned: boolean,
): { readonly factor: number; readonly offset: number } {
  // First to pixels: p = a·c + b.
  const [a, b] =
    mode === "unnormalized"
      ? [1, 0]
      : mode === "normalized_minus_one_to_one"
        ? isAligned
          ? [(size - 1) / 2, (size - 1) / 2]
          : [size / 2, (size - 1) / 2]
        : isAligned
          ? [size - 1, 0]
          : [size, -0.5];
  if (!gridIsAligned) return { factor: (2 * a) / size, offset: (2 * b + 1) / size - 1 };
  const span = Math.max(1, size - 1);
  return { factor: (2 * a) / span, offset: (2 * b) / span - 1 };
}

export const resample = milOp(
  "resample",
  {
    x: input,
    coordinates: input,
    sampling_mode: attribute(enumAttribute(["bilinear", "nearest"])),
    padding_mode: attribute(enumAttribute(paddingModes)),
    padding_value: float,
    coordinates_mode: attribute(enumAttribute(coordinateModes)),
    align_corners: attribute(boolAttribute),
  },
  {
    doc: "Reads [N, C, H, W] at the positions in coordinates [N, h, w, 2], x before y.",
    example: example(
      "resample",
      { x: "1x3x4x4xf16", coordinates: "1x2x5x2xf16" },
      {
        align_corners: true,
        coordinates_mode: "unnormalized",
        padding_mode: "constant",
        padding_value: real(0),
        sampling_mode: "bilinear",
      },
      "1x3x2x5xf16",
    ),
    means: (view, milSteps) => {
      const { x, padding_mode: padding, padding_value: value, coordinates_mode: mode, align_corners } = view;
      if (padding === "constant" && value !== 0)
        throw new Error("has no meaning here for a padding_value other than 0");
      const steps = sharedSteps(milSteps);
      const image = tensorValue(x);
      const [, , height = 1, width = 1] = shapeOf(x);
      // Reflection leaves the edge element out where the grid's corners are pixels, and repeats it where they are edges.
      const isGridAligned = padding === "reflection" || (padding !== "symmetric" && align_corners);
      const given = convert(steps, tensorValue(view.coordinates), elementOf(image));
      const part = (index: number, size: number) => {
        const { factor, offset } = gridScale(mode, align_corners, size, isGridAligned);
        return scaled(steps, sliceAxis(steps, given, 3, index, 1), factor, offset);
      };
      const modes = { constant: "zeros", border: "border", reflection: "reflection", symmetric: "reflection" } as const;
      return steps.emit(tensor.gridSample, {
        input: image,
        grid: concat(steps, [part(0, width), part(1, height)], 3),
        mode: view.sampling_mode === "bilinear" ? "linear" : "nearest",
        padding_mode: modes[padding],
        align_corners: isGridAligned,
      });
    },
  },
);

/** Positions -1 … 1 from the first pixel to the last. */
const aligned = (size: number) => ascending(size).map((index) => (size === 1 ? 0 : -1 + (2 * index) / (size - 1)));

export const affine = milOp(
  "affine",
  {
    x: input,
    transform_matrix: input,
    output_height: attribute(i32Attribute),
    output_width: attribute(i32Attribute),
    sampling_mode: attribute(enumAttribute(["bilinear"])),
    padding_mode: attribute(enumAttribute(["constant"])),
    padding_value: float,
    coordinates_mode: attribute(enumAttribute(["normalized_minus_one_to_one"])),
    align_corners: attribute(boolAttribute),
  },
  {
    doc: "Reads [N, C, H, W] at a0·x + a1·y + a2 and b0·x + b1·y + b2 for each place (x, y) of the result, in -1 … 1 between corner pixels; transform_matrix [N or 1, 6].",
    example: example(
      "affine",
      { x: "1x3x4x4xf16", transform_matrix: "1x6xf16" },
      {
        align_corners: true,
        coordinates_mode: "normalized_minus_one_to_one",
        output_height: 2,
        output_width: 5,
        padding_mode: "constant",
        padding_value: real(0),
        sampling_mode: "bilinear",
      },
      "1x3x2x5xf16",
    ),
    means: (view, milSteps) => {
      const { output_height: height, output_width: width } = view;
      if (view.padding_value !== 0) throw new Error("has no meaning here for a padding_value other than 0");
      if (!view.align_corners) throw new Error("has no meaning here without aligned corners, as in Core ML");
      const steps = sharedSteps(milSteps);
      const [image, matrix] = [tensorValue(view.x), tensorValue(view.transform_matrix)];
      const [batch = 1] = shapeOf(image);
      const places = aligned(height).flatMap((y) => aligned(width).flatMap((x) => [x, y, 1]));
      const element = elementOf(image);
      const rows = numbers(steps, places, element, [height * width, 3]);
      const whole = broadcastTo(steps, convert(steps, matrix, element), [batch, 6]);
      const grid = steps.emit(tensor.matmul, {
        lhs: rows,
        rhs: reshape(steps, whole, [batch, 2, 3]),
        transpose_rhs: true,
      });
      return steps.emit(tensor.gridSample, {
        input: image,
        grid: reshape(steps, grid, [batch, height, width, 2]),
        align_corners: true,
      });
    },
  },
);

const boxModes = [
  "CORNERS_HEIGHT_FIRST",
  "CORNERS_WIDTH_FIRST",
  "CENTER_SIZE_HEIGHT_FIRST",
  "CENTER_SIZE_WIDTH_FIRST",
] as const;

export const cropResize = milOp(
  "crop_resize",
  {
    x: input,
    roi: optionalOperand(milTensor),
    boxes: optionalOperand(milTensor),
    box_indices: optionalOperand(milTensor),
    target_height: defaultAttribute(i32Attribute, 1),
    target_width: defaultAttribute(i32Attribute, 1),
    normalized_coordinates: defaultAttribute(boolAttribute, false),
    spatial_scale: defaultAttribute(f32Attribute, 1),
    box_coordinate_mode: defaultAttribute(enumAttribute(boxModes), "CORNERS_HEIGHT_FIRST"),
    sampling_mode: samplingMode,
    pad_value: floatOr(0),
  },
  {
    inputsSince: { boxes: "ios17", box_indices: "ios17", pad_value: "ios16" },
    inputsUntil: { roi: "ios17" },
    doc:
      "Boxes of [B, C, H, W] resampled to one size: roi [N, 1, 4 or 5, 1, 1] (with the image's number first) until ios16, giving [N, B or 1, C, " +
      "height, width]; boxes [N, 4] and box_indices [N] since ios17, giving [N, C, height, width].",
    example: example(
      "crop_resize",
      { x: "2x3x8x8xf16", boxes: "4x4xf16", box_indices: "4xi32" },
      { sampling_mode: "ALIGN_CORNERS", target_height: 2, target_width: 5 },
      "4x3x2x5xf16",
    ),
    means: (view, milSteps) => {
      const { target_height: height, target_width: width, sampling_mode: sampling } = view;
      if (sampling !== "ALIGN_CORNERS" && sampling !== "STRICT_ALIGN_CORNERS")
        throw new Error(`has no meaning here with ${sampling}: where it reads in a box is not documented`);
      if (view.pad_value !== 0) throw new Error("has no meaning here for a pad_value other than 0");
      const steps = sharedSteps(milSteps);
      const image = tensorValue(view.x);
      const element = elementOf(image);
      const [batch = 1, channels = 1, high = 1, wide = 1] = shapeOf(image);
      const { corners, images, count, perImage } = boxesOf(steps, view, batch, element);
      const [top, left, bottom, right] = cornersOf(steps, corners, view.box_coordinate_mode);
      const along = (first: TensorValue, last: TensorValue, places: number, size: number, isColumn: boolean) => {
        const fractions = ascending(places).map((index) =>
          places === 1 ? (sampling === "ALIGN_CORNERS" ? 0.5 : 0) : index / (places - 1),
        );
        const weights = numbers(steps, fractions, element, isColumn ? [1, places, 1] : [1, 1, places]);
        const column = (value: TensorValue) => reshape(steps, value, [count, 1, 1]);
        const positions = add(steps, column(first), mul(steps, sub(steps, column(last), column(first)), weights));
        // To pixels, then to the -1 … 1 of the grid, whose corners are pixels.
        const pixels = view.spatial_scale * (view.normalized_coordinates ? size - 1 : 1);
        const grid = scaled(steps, positions, (2 * pixels) / Math.max(1, size - 1), -1);
        return reshape(steps, broadcastTo(steps, grid, [count, height, width]), [count, height, width, 1]);
      };
      const grid = concat(
        steps,
        [along(left!, right!, width, wide, false), along(top!, bottom!, height, high, true)],
        3,
      );
      const sample = (source: TensorValue, grids: TensorValue) =>
        steps.emit(tensor.gridSample, { input: source, grid: grids, align_corners: true });
      if (images !== undefined) {
        const chosen = steps.emit(tensor.take, { input: image, indices: images, axis: 0 });
        const found = sample(chosen, grid);
        return view.roi === undefined ? found : reshape(steps, found, [count, 1, channels, height, width]);
      }
      // Every box of every image: the images side by side as channels.
      const flat = reshape(steps, image, [1, batch * channels, high, wide]);
      const all = sample(broadcastTo(steps, flat, [count, batch * channels, high, wide]), grid);
      return reshape(steps, all, [count, perImage, channels, height, width]);
    },
  },
);

/** Boxes as [N, 4], and the image of each (undefined: all images). */
function boxesOf(
  steps: Steps,
  view: { readonly roi: Value | undefined; readonly boxes: Value | undefined; readonly box_indices: Value | undefined },
  batch: number,
  element: ReturnType<typeof elementOf>,
) {
  if (view.roi !== undefined) {
    const [count = 1, , fields = 4] = shapeOf(view.roi);
    const rows = reshape(steps, tensorValue(view.roi), [count, fields]);
    if (fields === 4) return { corners: rows, images: undefined, count, perImage: batch };
    const images = reshape(steps, convert(steps, sliceAxis(steps, rows, 1, 0, 1), "i32"), [count]);
    return { corners: sliceAxis(steps, rows, 1, 1, 4), images, count, perImage: 1 };
  }
  if (view.boxes === undefined) throw new Error("needs boxes, or a roi");
  const [count = 1] = shapeOf(view.boxes);
  const images =
    view.box_indices === undefined
      ? numbers(steps, ascending(count), "i32")
      : convert(steps, tensorValue(view.box_indices), "i32");
  return { corners: convert(steps, tensorValue(view.boxes), element), images, count, perImage: 1 };
}

/** Top, left, bottom and right of [N, 4], a column each. */
function cornersOf(steps: Steps, boxes: TensorValue, mode: (typeof boxModes)[number]): readonly TensorValue[] {
  const column = (index: number) => sliceAxis(steps, boxes, axisOf(-1, 2), index, 1);
  const [first, second, third, fourth] = [column(0), column(1), column(2), column(3)];
  if (mode === "CORNERS_HEIGHT_FIRST") return [first, second, third, fourth];
  if (mode === "CORNERS_WIDTH_FIRST") return [second, first, fourth, third];
  const half = (value: TensorValue) => mul(steps, value, scalar(steps, 0.5, elementOf(value)));
  const [y, x, tall, broad] =
    mode === "CENTER_SIZE_HEIGHT_FIRST" ? [first, second, third, fourth] : [second, first, fourth, third];
  return [sub(steps, y, half(tall)), sub(steps, x, half(broad)), add(steps, y, half(tall)), add(steps, x, half(broad))];
}

export const resamplingOps = [resize, crop, resample, affine, cropResize];
