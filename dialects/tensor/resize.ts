/** Resampling: to another size by nearest, linear or cubic interpolation, and at positions held in a grid. */
import { boolAttribute, enumAttribute, f64ArrayAttribute, f64Attribute } from "../../ir/constraints.ts";
import { attribute, defaultAttribute, op, operand, result } from "../../ir/declaration.ts";
import { messageOf } from "../../ir/diagnostic-error.ts";
import {
  anyElementTensor,
  example,
  floatTensor,
  numericTensor,
  requireOneElement,
  requireRank,
  reshaped,
  shapeOf,
} from "./declare.ts";
import * as reference from "./reference/resize.ts";

const coordinateModes = [
  "half_pixel",
  "half_pixel_symmetric",
  "pytorch_half_pixel",
  "align_corners",
  "asymmetric",
  "tf_crop_and_resize",
] as const;

export const resize = op(
  "tensor.resize",
  {
    input: operand(anyElementTensor),
    mode: attribute(enumAttribute(["nearest", "linear", "cubic"])),
    coordinate_transformation: defaultAttribute(enumAttribute(coordinateModes), "half_pixel"),
    nearest_mode: defaultAttribute(
      enumAttribute(["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]),
      "round_prefer_floor",
    ),
    scales: attribute(f64ArrayAttribute),
    cubic_coefficient: defaultAttribute(f64Attribute, -0.75),
    exclude_outside: defaultAttribute(boolAttribute, false),
    extrapolation_value: defaultAttribute(f64Attribute, 0),
    antialias: defaultAttribute(boolAttribute, false),
    roi: defaultAttribute(f64ArrayAttribute, []),
    result: result(anyElementTensor),
  },
  {
    doc:
      "Resamples to the shape of the result type. `scales` holds per dimension the effective ratio of result to input size; result position i " +
      "reads input position (i + ½)/scale - ½ (half_pixel; other rules by coordinate_transformation). `roi` (all starts, then all ends; empty is the " +
      "whole) matters to tf_crop_and_resize only. ONNX Resize and Upsample, MIL resize.",
    example: example(
      '%y = tensor.resize %x {coordinate_transformation = "asymmetric", mode = "nearest", nearest_mode = "floor", scales = array<f64: 1.0, 1.0, 2.0, 2.0>} : (tensor<1x3x4x4xf32>) -> tensor<1x3x8x8xf32>',
      "%x: tensor<1x3x4x4xf32>",
    ),
    traits: ["Pure"],
    format: "$input attr-dict `:` functional-type(operands, results)",
    verify: ({ input, result, scales, roi, mode, coordinate_transformation }, report) => {
      try {
        requireOneElement("resize", input, result);
        requireRank("resize", "a result", result, input.type.rank);
        if (mode !== "nearest" && !numericTensor.matches(input.type)) {
          report(`mode ${mode} interpolates floats and integers, not ${input.type}: use nearest`);
        }
        const sizes = shapeOf(result);
        reference.resizeShape(shapeOf(input), { mode, scales, sizes, roi: roi.length === 0 ? undefined : roi });
        if (coordinate_transformation === "tf_crop_and_resize") return;
        for (const [dimension, scale] of scales.entries()) {
          const scaled = shapeOf(input)[dimension]! * scale;
          // `sizes` rounded from a ratio, or a ratio rounded from sizes, is less than one element off.
          if (Math.abs(scaled - sizes[dimension]!) <= 1) continue;
          report(`dimension ${dimension} of the result must be about ${scaled} by scales, but is ${sizes[dimension]}`);
        }
      } catch (error) {
        report(messageOf(error));
      }
    },
    evaluate: (operation, [input]) =>
      reference.resize(input!, {
        mode: operation.mode,
        coordinate_transformation_mode: operation.coordinate_transformation,
        nearest_mode: operation.nearest_mode,
        cubic_coeff_a: operation.cubic_coefficient,
        exclude_outside: operation.exclude_outside,
        extrapolation_value: operation.extrapolation_value,
        antialias: operation.antialias,
        scales: operation.scales,
        sizes: operation.result.type.shape,
        roi: operation.roi.length === 0 ? undefined : operation.roi,
      }),
  },
);

export const gridSample = op(
  "tensor.grid_sample",
  {
    input: operand(floatTensor),
    grid: operand(floatTensor),
    mode: defaultAttribute(enumAttribute(["nearest", "linear", "cubic"]), "linear"),
    padding_mode: defaultAttribute(enumAttribute(["zeros", "border", "reflection"]), "zeros"),
    align_corners: defaultAttribute(boolAttribute, false),
    result: result(floatTensor),
  },
  {
    doc: "Reads [N, C, H, W] at the positions in grid [N, h, w, 2], x before y, where -1 … 1 spans each dimension. Other spatial ranks likewise. ONNX GridSample, MIL resample.",
    example: example(
      '%y = tensor.grid_sample %x, %g {padding_mode = "border"} : (tensor<1x3x4x4xf32>, tensor<1x2x5x2xf32>) -> tensor<1x3x2x5xf32>',
      "%x: tensor<1x3x4x4xf32>",
      "%g: tensor<1x2x5x2xf32>",
    ),
    traits: ["Pure"],
    format: "$input `,` $grid attr-dict `:` functional-type(operands, results)",
    infer: ({ input, grid }) => reshaped(input, reference.gridSampleShape(shapeOf(input), shapeOf(grid))),
    evaluate: (attributes, [input, grid]) => reference.gridSample(input!, grid!, attributes),
  },
);

export const resizeOps = [resize, gridSample];
