/**
 * Ops that only move elements, so that every element type goes through bit by bit. Where the new shape is not implied
 * (`static_reshape`, `broadcast`) the result type states it.
 */
import { enumAttribute, f64Attribute, i64ArrayAttribute, i64Attribute } from "../../ir/constraints.ts";
import { attribute, defaultAttribute, type OpOptions, op, operand, result } from "../../ir/declaration.ts";
import { messageOf } from "../../ir/diagnostic-error.ts";
import { anyElementTensor, example, requireAxes, requireOneElement, reshaped, shapeOf } from "./declare.ts";
import * as reference from "./reference/movement.ts";

const input = operand(anyElementTensor);
const output = result(anyElementTensor);
const resultFields = { input, result: output };
const format = "$input attr-dict `:` functional-type(operands, results)";

/** `verify` from a check that throws. */
function checked(check: (...values: Parameters<NonNullable<OpOptions<typeof resultFields>["verify"]>>) => void) {
  const verify: NonNullable<OpOptions<typeof resultFields>["verify"]> = (operation, report) => {
    try {
      check(operation, report);
    } catch (error) {
      report(messageOf(error));
    }
  };
  return verify;
}

export const staticReshape = op("tensor.static_reshape", resultFields, {
  doc: "The same elements in row-major order under the shape of the result type. ONNX Reshape, Flatten, Squeeze and Unsqueeze, MIL reshape.",
  example: example("%y = tensor.static_reshape %x : (tensor<2x3xf32>) -> tensor<3x2xf32>", "%x: tensor<2x3xf32>"),
  traits: ["Pure"],
  format,
  verify: checked(({ input, result }) => {
    requireOneElement("static_reshape", input, result);
    reference.reshapeShape(shapeOf(input), shapeOf(result));
  }),
  evaluate: (operation, [input]) => reference.reshape(input!, operation.result.type.shape),
});

export const broadcast = op("tensor.broadcast", resultFields, {
  doc: "Repeats dimensions of size 1 (and missing leading ones) to reach the shape of the result type. ONNX Expand.",
  example: example("%y = tensor.broadcast %x : (tensor<3x1xf32>) -> tensor<2x3x4xf32>", "%x: tensor<3x1xf32>"),
  traits: ["Pure"],
  format,
  verify: checked(({ input, result }) => {
    requireOneElement("broadcast", input, result);
    reference.broadcastShape(shapeOf(input), shapeOf(result));
  }),
  evaluate: (operation, [input]) => reference.broadcast(input!, operation.result.type.shape),
});

export const transpose = op(
  "tensor.transpose",
  { input, permutation: attribute(i64ArrayAttribute), result: output },
  {
    doc: "Dimension d of the result is dimension permutation[d] of the input. ONNX Transpose, MIL transpose.",
    example: example(
      "%y = tensor.transpose %x {permutation = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>",
      "%x: tensor<2x3xf32>",
    ),
    traits: ["Pure"],
    format,
    infer: ({ input, permutation }) => reshaped(input, reference.transposeShape(shapeOf(input), permutation)),
    evaluate: ({ permutation }, [input]) => reference.transpose(input!, permutation),
  },
);

export const slice = op(
  "tensor.slice",
  {
    input,
    starts: attribute(i64ArrayAttribute),
    sizes: attribute(i64ArrayAttribute),
    strides: attribute(i64ArrayAttribute),
    result: output,
  },
  {
    doc: "result[i] = input[starts + i·strides] for i below sizes, one entry per dimension; negative strides walk backward. ONNX Slice and Split, MIL slice_by_index.",
    example: example(
      "%y = tensor.slice %x {sizes = array<i64: 2, 2>, starts = array<i64: 0, 3>, strides = array<i64: 1, -2>} : (tensor<2x4xf32>) -> tensor<2x2xf32>",
      "%x: tensor<2x4xf32>",
    ),
    traits: ["Pure"],
    format,
    infer: (view) => reshaped(view.input, reference.sliceShape(shapeOf(view.input), view)),
    evaluate: (attributes, [input]) => reference.slice(input!, attributes),
  },
);

export const staticPad = op(
  "tensor.static_pad",
  {
    input,
    low: attribute(i64ArrayAttribute),
    high: attribute(i64ArrayAttribute),
    mode: defaultAttribute(enumAttribute(["constant", "reflect", "edge", "wrap"]), "constant"),
    value: defaultAttribute(f64Attribute, 0),
    result: output,
  },
  {
    doc:
      "Adds low[d] elements before and high[d] after each dimension: value (constant), the mirrored inner elements (reflect), the " +
      "edge element (edge) or those of the other end (wrap). Negative numbers remove elements. ONNX Pad, MIL pad.",
    example: example(
      '%y = tensor.static_pad %x {high = array<i64: 0, 1>, low = array<i64: 0, 2>, mode = "edge"} : (tensor<2x3xf32>) -> tensor<2x6xf32>',
      "%x: tensor<2x3xf32>",
    ),
    traits: ["Pure"],
    format,
    infer: (view) => reshaped(view.input, reference.padShape(shapeOf(view.input), view)),
    evaluate: (attributes, [input]) => reference.pad(input!, attributes),
  },
);

export const tile = op(
  "tensor.tile",
  { input, repeats: attribute(i64ArrayAttribute), result: output },
  {
    doc: "The whole input repeats[d] times along each dimension. ONNX Tile, MIL tile.",
    example: example(
      "%y = tensor.tile %x {repeats = array<i64: 1, 2>} : (tensor<2x3xf32>) -> tensor<2x6xf32>",
      "%x: tensor<2x3xf32>",
    ),
    traits: ["Pure"],
    format,
    infer: ({ input, repeats }) => reshaped(input, reference.tileShape(shapeOf(input), repeats)),
    evaluate: ({ repeats }, [input]) => reference.tile(input!, repeats),
  },
);

export const depthToSpace = op(
  "tensor.depth_to_space",
  {
    input,
    block_size: attribute(i64Attribute),
    mode: defaultAttribute(enumAttribute(["DCR", "CRD"]), "DCR"),
    result: output,
  },
  {
    doc: "[N, C, H, W] to [N, C/b², H·b, W·b], b the block size; a channel counts as (y, x, c) in mode DCR, as (c, y, x) in CRD. ONNX DepthToSpace, MIL depth_to_space and pixel_shuffle.",
    example: example(
      '%y = tensor.depth_to_space %x {block_size = 2 : i64, mode = "CRD"} : (tensor<1x8x2x3xf32>) -> tensor<1x2x4x6xf32>',
      "%x: tensor<1x8x2x3xf32>",
    ),
    traits: ["Pure"],
    format,
    infer: ({ input, block_size }) =>
      reshaped(input, reference.depthToSpaceShape(shapeOf(input), { blocksize: block_size })),
    evaluate: ({ block_size, mode }, [input]) => reference.depthToSpace(input!, { blocksize: block_size, mode }),
  },
);

export const spaceToDepth = op(
  "tensor.space_to_depth",
  { input, block_size: attribute(i64Attribute), result: output },
  {
    doc: "[N, C, H, W] to [N, C·b², H/b, W/b], b the block size: the inverse of depth_to_space in mode DCR. ONNX SpaceToDepth, MIL space_to_depth.",
    example: example(
      "%y = tensor.space_to_depth %x {block_size = 2 : i64} : (tensor<1x2x4x6xf32>) -> tensor<1x8x2x3xf32>",
      "%x: tensor<1x2x4x6xf32>",
    ),
    traits: ["Pure"],
    format,
    infer: ({ input, block_size }) =>
      reshaped(input, reference.spaceToDepthShape(shapeOf(input), { blocksize: block_size })),
    evaluate: ({ block_size }, [input]) => reference.spaceToDepth(input!, { blocksize: block_size }),
  },
);

export const reverse = op(
  "tensor.reverse",
  { input, axes: attribute(i64ArrayAttribute), result: output },
  {
    doc: "The elements in opposite order along axes. MIL reverse.",
    example: example(
      "%y = tensor.reverse %x {axes = array<i64: 1>} : (tensor<2x3xf32>) -> tensor<2x3xf32>",
      "%x: tensor<2x3xf32>",
    ),
    traits: ["Pure"],
    format,
    infer: ({ input, axes }) => {
      requireAxes("reverse", axes, input.type.rank);
      return input.type;
    },
    evaluate: ({ axes }, [input]) => {
      const { shape } = input!;
      const backward = shape.map((_, dimension) => axes.includes(dimension));
      return reference.slice(input!, {
        starts: shape.map((size, dimension) => (backward[dimension] ? Math.max(0, size - 1) : 0)),
        sizes: shape,
        strides: backward.map((isBackward) => (isBackward ? -1 : 1)),
      });
    },
  },
);

export const movementOps = [
  ...[staticReshape, broadcast, transpose, slice, staticPad, tile, depthToSpace, spaceToDepth, reverse],
];
