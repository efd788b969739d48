/**
 * Two-dimensional pooling on [N, C, H, W]. `padding` is [top, left, bottom, right]; with `ceil_mode` a last window may reach
 * beyond the end padding.
 */
import { boolAttribute, f64Attribute, i64ArrayAttribute } from "../../ir/constraints.ts";
import { attribute, defaultAttribute, op, operand, result } from "../../ir/declaration.ts";
import type { TensorType } from "../../ir/types.ts";
import { example, floatTensor, numericTensor, requireRank, reshaped, shapeOf, type TensorValue } from "./declare.ts";
import * as reference from "./reference/pooling.ts";

const window = {
  kernel: attribute(i64ArrayAttribute),
  strides: defaultAttribute(i64ArrayAttribute, [1, 1]),
  dilations: defaultAttribute(i64ArrayAttribute, [1, 1]),
  padding: defaultAttribute(i64ArrayAttribute, [0, 0, 0, 0]),
  ceil_mode: defaultAttribute(boolAttribute, false),
};
const format = "$input attr-dict `:` functional-type(operands, results)";
/** `before` and `after` are attributes that sort before and after the kernel. */
const exampleOf = (name: string, { before = "", after = "" } = {}) =>
  example(
    `%y = tensor.${name} %x {${before}kernel = array<i64: 2, 2>${after}, strides = array<i64: 2, 2>} : (tensor<1x3x8x8xf32>) -> tensor<1x3x4x4xf32>`,
    "%x: tensor<1x3x8x8xf32>",
  );

function pooledType(name: string, input: TensorValue, attributes: reference.PoolAttributes): TensorType {
  requireRank(name, "input", input, 4);
  return reshaped(input, reference.poolShape(name, shapeOf(input), attributes));
}

export const maxPool2d = op(
  "tensor.max_pool2d",
  { input: operand(numericTensor), ...window, result: result(numericTensor) },
  {
    doc: "Greatest element of each window; padding never wins, NaN does. ONNX MaxPool, MIL max_pool.",
    example: exampleOf("max_pool2d"),
    traits: ["Pure"],
    format,
    infer: (view) => pooledType("max_pool2d", view.input, view),
    evaluate: (attributes, [input]) => reference.maxPool(input!, attributes),
  },
);

export const averagePool2d = op(
  "tensor.average_pool2d",
  {
    input: operand(floatTensor),
    ...window,
    count_include_pad: defaultAttribute(boolAttribute, false),
    result: result(floatTensor),
  },
  {
    doc: "Mean of each window over the elements inside the input or, with count_include_pad, over its positions in the padded input. ONNX AveragePool, MIL avg_pool.",
    example: exampleOf("average_pool2d", { before: "count_include_pad = true, " }),
    traits: ["Pure"],
    format,
    infer: (view) => pooledType("average_pool2d", view.input, view),
    evaluate: (attributes, [input]) => reference.averagePool(input!, attributes),
  },
);

export const lpPool2d = op(
  "tensor.lp_pool2d",
  {
    input: operand(floatTensor),
    ...window,
    p: defaultAttribute(f64Attribute, 2),
    result: result(floatTensor),
  },
  {
    doc: "(Σ |x|^p)^(1/p) of each window; padding counts as zeros. ONNX LpPool, MIL l2_pool for p = 2.",
    example: exampleOf("lp_pool2d", { after: ", p = 1.0 : f64" }),
    traits: ["Pure"],
    format,
    infer: (view) => pooledType("lp_pool2d", view.input, view),
    evaluate: (attributes, [input]) => reference.lpPool(input!, attributes),
  },
);

export const poolingOps = [maxPool2d, averagePool2d, lpPool2d];
