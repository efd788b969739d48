/**
 * Ops that read or write at positions held in other tensors, or whose result holds positions. Negative indices count from
 * the end; one outside its dimension is an error when the op is evaluated. Axes are resolved: 0 … rank - 1.
 */
import { boolAttribute, enumAttribute, i64Attribute } from "../../ir/constraints.ts";
import { attribute, defaultAttribute, op, operand, result } from "../../ir/declaration.ts";
import {
  anyElementTensor,
  example,
  indexTensor,
  numericTensor,
  requireAxis,
  requireOneElement,
  requireRank,
  reshaped,
  same,
  shapeOf,
  tensorType,
} from "./declare.ts";
import { requireShape } from "./reference/broadcast.ts";
import * as gather from "./reference/gather-scatter.ts";
import { topK as evaluateTopK, topKShape } from "./reference/generate.ts";
import * as movement from "./reference/movement.ts";
import { ShapeError } from "./reference/shape-error.ts";

const input = operand(anyElementTensor);
const indices = operand(indexTensor);
const updates = operand(anyElementTensor);
const output = result(anyElementTensor);
const axis = attribute(i64Attribute);
const reduction = defaultAttribute(enumAttribute(["none", "add", "mul", "max", "min"]), "none");
const format = "$input `,` $indices attr-dict `:` functional-type(operands, results)";
const scatterFormat = "$input `,` $indices `,` $updates attr-dict `:` functional-type(operands, results)";

export const take = op(
  "tensor.take",
  { input, indices, axis, result: output },
  {
    doc: "Slices of the input along axis at the indices, whose shape takes the place of that dimension. ONNX Gather, MIL gather.",
    example: example(
      "%y = tensor.take %x, %i {axis = 1 : i64} : (tensor<2x4xf32>, tensor<3xi64>) -> tensor<2x3xf32>",
      "%x: tensor<2x4xf32>",
      "%i: tensor<3xi64>",
    ),
    traits: ["Pure"],
    format,
    infer: ({ input, indices, axis }) => {
      requireAxis("take", axis, input.type.rank);
      return reshaped(input, gather.takeShape(shapeOf(input), shapeOf(indices), { axis }));
    },
    evaluate: ({ axis }, [input, indices]) => gather.take(input!, indices!, { axis }),
  },
);

export const gatherElements = op(
  "tensor.gather_elements",
  { input, indices, axis, result: output },
  {
    doc: "result[i,j] = input[indices[i,j],j] for axis 0, and so on; the result has the indices' shape. ONNX GatherElements, MIL gather_along_axis.",
    example: example(
      "%y = tensor.gather_elements %x, %i {axis = 0 : i64} : (tensor<4x3xf32>, tensor<2x3xi64>) -> tensor<2x3xf32>",
      "%x: tensor<4x3xf32>",
      "%i: tensor<2x3xi64>",
    ),
    traits: ["Pure"],
    format,
    infer: ({ input, indices, axis }) => {
      requireAxis("gather_elements", axis, input.type.rank);
      return reshaped(input, gather.gatherElementsShape(shapeOf(input), shapeOf(indices), { axis }));
    },
    evaluate: ({ axis }, [input, indices]) => gather.gatherElements(input!, indices!, { axis }),
  },
);

export const gatherNd = op(
  "tensor.gather_nd",
  { input, indices, batch_dims: defaultAttribute(i64Attribute, 0), result: output },
  {
    doc: "Slices of the input at the index tuples in the last dimension of the indices; the first batch_dims dimensions of both go in step. ONNX GatherND, MIL gather_nd.",
    example: example(
      "%y = tensor.gather_nd %x, %i : (tensor<4x3x5xf32>, tensor<7x2xi64>) -> tensor<7x5xf32>",
      "%x: tensor<4x3x5xf32>",
      "%i: tensor<7x2xi64>",
    ),
    traits: ["Pure"],
    format,
    infer: ({ input, indices, batch_dims }) => {
      if (batch_dims < 0) throw new ShapeError("gather_nd", "batch_dims from 0 up", `${batch_dims}`);
      return reshaped(input, gather.gatherNdShape(shapeOf(input), shapeOf(indices), { batch_dims }));
    },
    evaluate: ({ batch_dims }, [input, indices]) => gather.gatherNd(input!, indices!, { batch_dims }),
  },
);

export const scatterElements = op(
  "tensor.scatter_elements",
  { input, indices, updates, axis, reduction, result: output },
  {
    doc: "The input with element [indices[i,j],j] replaced by, or combined with, updates[i,j] for axis 0, and so on. Of several updates of one element without reduction, the last wins. ONNX ScatterElements, MIL scatter_along_axis.",
    example: example(
      '%y = tensor.scatter_elements %x, %i, %u {axis = 0 : i64, reduction = "add"} : (tensor<4x3xf32>, tensor<2x3xi64>, tensor<2x3xf32>) -> tensor<4x3xf32>',
      "%x: tensor<4x3xf32>",
      "%i: tensor<2x3xi64>",
      "%u: tensor<2x3xf32>",
    ),
    traits: ["Pure"],
    format: scatterFormat,
    infer: ({ input, indices, updates, axis }) => {
      requireOneElement("scatter_elements", input, updates);
      requireAxis("scatter_elements", axis, input.type.rank);
      const shape = gather.scatterElementsShape(shapeOf(input), shapeOf(indices), shapeOf(updates), { axis });
      return reshaped(input, shape);
    },
    evaluate: (attributes, [input, indices, updates]) => gather.scatterElements(input!, indices!, updates!, attributes),
  },
);

export const scatterNd = op(
  "tensor.scatter_nd",
  { input, indices, updates, reduction, result: output },
  {
    doc: "The input with the slices at the index tuples in the last dimension of the indices replaced by, or combined with, the updates. ONNX ScatterND, MIL scatter_nd.",
    example: example(
      "%y = tensor.scatter_nd %x, %i, %u : (tensor<4x3xf32>, tensor<2x1xi64>, tensor<2x3xf32>) -> tensor<4x3xf32>",
      "%x: tensor<4x3xf32>",
      "%i: tensor<2x1xi64>",
      "%u: tensor<2x3xf32>",
    ),
    traits: ["Pure"],
    format: scatterFormat,
    infer: ({ input, indices, updates }) => {
      requireOneElement("scatter_nd", input, updates);
      return reshaped(input, gather.scatterNdShape(shapeOf(input), shapeOf(indices), shapeOf(updates)));
    },
    evaluate: (attributes, [input, indices, updates]) => gather.scatterNd(input!, indices!, updates!, attributes),
  },
);

export const oneHot = op(
  "tensor.one_hot",
  {
    indices: operand(numericTensor),
    values: operand(anyElementTensor),
    depth: attribute(i64Attribute),
    axis,
    result: output,
  },
  {
    doc: "Along a new dimension axis of size depth, values[1] at the position that indices holds and values[0] elsewhere; a position outside [-depth, depth) marks nothing. ONNX OneHot, MIL one_hot.",
    example: example(
      "%y = tensor.one_hot %i, %v {axis = 1 : i64, depth = 4 : i64} : (tensor<3xi64>, tensor<2xf32>) -> tensor<3x4xf32>",
      "%i: tensor<3xi64>",
      "%v: tensor<2xf32>",
    ),
    traits: ["Pure"],
    format: "$indices `,` $values attr-dict `:` functional-type(operands, results)",
    infer: ({ indices, values, depth, axis }) => {
      requireAxis("one_hot", axis, indices.type.rank + 1);
      requireShape("one_hot", "values [off, on]", [2], shapeOf(values));
      if (depth < 0) throw new ShapeError("one_hot", "a depth from 0 up", `${depth}`);
      return reshaped(values, gather.oneHotShape(shapeOf(indices), depth, { axis }));
    },
    evaluate: ({ depth, axis }, [indices, values]) => gather.oneHot(indices!, depth, values!, { axis }),
  },
);

const E = same(anyElementTensor);

export const trilu = op(
  "tensor.trilu",
  {
    input: operand(E),
    k: defaultAttribute(i64Attribute, 0),
    upper: defaultAttribute(boolAttribute, true),
    result: result(E),
  },
  {
    doc: "The matrices in the last two dimensions with zeros below (upper) or above diagonal k; diagonal 1 is the one right of the main. ONNX Trilu, MIL band_part.",
    example: example("%y = tensor.trilu %x {k = 1 : i64, upper = false} : tensor<3x3xf32>", "%x: tensor<3x3xf32>"),
    traits: ["Pure", "Idempotent", "SameOperandsAndResultType"],
    format: "$input attr-dict `:` type($input)",
    infer: ({ input }) => {
      requireRank("trilu", "input", input, 2, Number.POSITIVE_INFINITY);
      return input.type;
    },
    evaluate: (attributes, [input]) => movement.trilu(input!, attributes),
  },
);

export const topK = op(
  "tensor.top_k",
  {
    input: operand(numericTensor),
    k: attribute(i64Attribute),
    axis,
    largest: defaultAttribute(boolAttribute, true),
    sorted: defaultAttribute(boolAttribute, true),
    values: result(numericTensor),
    indices: result(indexTensor),
  },
  {
    doc: "The k greatest (or least) elements along axis, best first, and their indices (i64); equal ones in index order, NaN counts as greatest. ONNX TopK, MIL topk.",
    example: example(
      "%y:2 = tensor.top_k %x {axis = 1 : i64, k = 2 : i64} : (tensor<3x5xf32>) -> (tensor<3x2xf32>, tensor<3x2xi64>)",
      "%x: tensor<3x5xf32>",
    ),
    traits: ["Pure"],
    format: "$input attr-dict `:` functional-type(operands, results)",
    infer: ({ input, k, axis }) => {
      requireAxis("top_k", axis, input.type.rank);
      const shape = topKShape(shapeOf(input), k, { axis });
      return [reshaped(input, shape), tensorType(shape, "i64")];
    },
    evaluate: (operation, [input]) => {
      const { values, indices } = evaluateTopK(input!, operation.k, operation);
      return [values, indices];
    },
  },
);

export const reverseSequence = op(
  "tensor.reverse_sequence",
  { input, lengths: indices, batch_axis: axis, time_axis: axis, result: output },
  {
    doc: "Reverses the first lengths[b] elements along time_axis for each index b of batch_axis. ONNX ReverseSequence, MIL reverse_sequence.",
    example: example(
      "%y = tensor.reverse_sequence %x, %l {batch_axis = 1 : i64, time_axis = 0 : i64} : (tensor<4x2xf32>, tensor<2xi64>) -> tensor<4x2xf32>",
      "%x: tensor<4x2xf32>",
      "%l: tensor<2xi64>",
    ),
    traits: ["Pure"],
    format: "$input `,` $lengths attr-dict `:` functional-type(operands, results)",
    infer: ({ input, lengths, batch_axis, time_axis }) => {
      requireAxis("reverse_sequence", batch_axis, input.type.rank);
      requireAxis("reverse_sequence", time_axis, input.type.rank);
      if (batch_axis === time_axis) {
        throw new ShapeError("reverse_sequence", "different batch and time axes", `${batch_axis} for both`);
      }
      requireShape("reverse_sequence", "lengths", [shapeOf(input)[batch_axis]!], shapeOf(lengths));
      return input.type;
    },
    evaluate: (attributes, [input, lengths]) => movement.reverseSequence(input!, lengths!, attributes),
  },
);

export const indexingOps = [
  ...[take, gatherElements, gatherNd, scatterElements, scatterNd, oneHot, trilu, topK, reverseSequence],
];
