/**
 * Two-dimensional convolution and its transpose on [N, C, H, W]. `padding` is [top, left, bottom, right]. One-dimensional
 * forms are written as two-dimensional ones of height 1.
 */
import { i64ArrayAttribute, i64Attribute } from "../../ir/constraints.ts";
import { defaultAttribute, op, operand, optionalOperand, result } from "../../ir/declaration.ts";
import { example, floatTensor, requireOneElement, requireRank, reshaped, shapeOf } from "./declare.ts";
import * as reference from "./reference/convolution.ts";

const operands = { input: operand(floatTensor), weight: operand(floatTensor), bias: optionalOperand(floatTensor) };
const window = {
  strides: defaultAttribute(i64ArrayAttribute, [1, 1]),
  dilations: defaultAttribute(i64ArrayAttribute, [1, 1]),
  padding: defaultAttribute(i64ArrayAttribute, [0, 0, 0, 0]),
  groups: defaultAttribute(i64Attribute, 1),
};
const format = "$input `,` $weight (`,` $bias^)? attr-dict `:` functional-type(operands, results)";

export const conv2d = op(
  "tensor.conv2d",
  { ...operands, ...window, result: result(floatTensor) },
  {
    doc:
      "result[n,o,y,x] = bias[o] + Σ input[n,c,y·s + k·d - top,x·s + l·d - left]·weight[o,c,k,l], zero outside the input. " +
      "Input [N, C, H, W], weight [O, C/groups, kh, kw] (not flipped), bias [O]. ONNX Conv, MIL conv.",
    example: example(
      "%y = tensor.conv2d %x, %w, %b {padding = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>} : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<1x4x4x4xf32>",
      "%x: tensor<1x3x8x8xf32>",
      "%w: tensor<4x3x3x3xf32>",
      "%b: tensor<4xf32>",
    ),
    traits: ["Pure"],
    format,
    infer: (view) => {
      const { input, weight, bias } = view;
      requireRank("conv2d", "input", input, 4);
      requireOneElement("conv2d", input, weight, bias);
      const biasShape = bias && shapeOf(bias);
      return reshaped(input, reference.convShape(shapeOf(input), shapeOf(weight), biasShape, view, "conv2d"));
    },
    evaluate: (attributes, [input, weight, bias]) => reference.conv2d(input!, weight!, bias, attributes),
  },
);

export const convTranspose2d = op(
  "tensor.conv_transpose2d",
  {
    ...operands,
    ...window,
    output_padding: defaultAttribute(i64ArrayAttribute, [0, 0]),
    result: result(floatTensor),
  },
  {
    doc:
      "Transposed convolution, the gradient of conv2d in its input: each input element adds input·weight to a window of the " +
      "result, whose size is (size - 1)·stride + (kernel - 1)·dilation + 1 + output_padding, less padding. Input [N, C, H, W], " +
      "weight [C, O/groups, kh, kw], bias [O]. ONNX ConvTranspose, MIL conv_transpose.",
    example: example(
      "%y = tensor.conv_transpose2d %x, %w {strides = array<i64: 2, 2>} : (tensor<1x3x4x4xf32>, tensor<3x2x2x2xf32>) -> tensor<1x2x8x8xf32>",
      "%x: tensor<1x3x4x4xf32>",
      "%w: tensor<3x2x2x2xf32>",
    ),
    traits: ["Pure"],
    format,
    infer: (view) => {
      const { input, weight, bias } = view;
      requireRank("conv_transpose2d", "input", input, 4);
      requireOneElement("conv_transpose2d", input, weight, bias);
      const biasShape = bias && shapeOf(bias);
      return reshaped(input, reference.convTransposeShape(shapeOf(input), shapeOf(weight), biasShape, view));
    },
    evaluate: (attributes, [input, weight, bias]) => reference.convTranspose(input!, weight!, bias, attributes),
  },
);

export const convolutionOps = [conv2d, convTranspose2d];
