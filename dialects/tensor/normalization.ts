/** Softmax and the normalisations, on float tensors. The result has the input's type. Axes are resolved: 0 … rank - 1. */
import { f64Attribute, i64ArrayAttribute, i64Attribute } from "../../ir/constraints.ts";
import { attribute, defaultAttribute, op, operand, optionalOperand, result } from "../../ir/declaration.ts";
import {
  example,
  floatTensor,
  requireAxes,
  requireAxis,
  reshaped,
  same,
  shapeOf,
  type TensorValue,
} from "./declare.ts";
import * as reference from "./reference/normalization.ts";
import { ShapeError } from "./reference/shape-error.ts";

const T = same(floatTensor);
const input = operand(T);
const output = result(T);
const parameter = operand(floatTensor);
const format = "$input attr-dict `:` type($input)";

/** An op that normalises groups of elements along one axis. */
function alongAxis(name: "softmax" | "log_softmax" | "hardmax", formula: string, source: string) {
  const kernels = {
    softmax: reference.softmax,
    log_softmax: reference.logSoftmax,
    hardmax: reference.hardmax,
  };
  return op(
    `tensor.${name}`,
    { input, axis: attribute(i64Attribute), result: output },
    {
      doc: `${formula} along axis. ${source}.`,
      example: example(`%y = tensor.${name} %x {axis = 1 : i64} : tensor<2x3xf32>`, "%x: tensor<2x3xf32>"),
      traits: ["Pure", "SameOperandsAndResultType"],
      format,
      infer: ({ input, axis }) => {
        requireAxis(name, axis, input.type.rank);
        return input.type;
      },
      evaluate: (attributes, [input]) => kernels[name](input!, attributes),
    },
  );
}

export const softmax = alongAxis("softmax", "e^x / Σ e^x", "ONNX Softmax, MIL softmax");
export const logSoftmax = alongAxis("log_softmax", "x - ln Σ e^x", "ONNX LogSoftmax");
export const hardmax = alongAxis("hardmax", "1 at the first greatest element, else 0,", "ONNX Hardmax");

/** The input's type, once `input` is [N, C, …] and each parameter [C]. */
function perChannelType(name: string, input: TensorValue, parameters: { readonly [name: string]: TensorValue }) {
  const shapes = Object.entries(parameters).map(([what, value]) => [what, shapeOf(value)] as const);
  return reshaped(input, reference.channelNormShape(name, shapeOf(input), Object.fromEntries(shapes)));
}

export const batchNorm = op(
  "tensor.batch_norm",
  {
    input,
    scale: parameter,
    bias: parameter,
    mean: parameter,
    variance: parameter,
    epsilon: defaultAttribute(f64Attribute, 1e-5),
    result: output,
  },
  {
    doc: "(x - mean)/√(variance + epsilon)·scale + bias on [N, C, …] with parameters [C], known statistics. ONNX BatchNormalization, MIL batch_norm.",
    example: example(
      "%y = tensor.batch_norm %x, %s, %b, %m, %v {epsilon = 0.001 : f64} : (tensor<1x3x2x2xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3x2x2xf32>",
      "%x: tensor<1x3x2x2xf32>",
      ...["%s", "%b", "%m", "%v"].map((name) => `${name}: tensor<3xf32>`),
    ),
    traits: ["Pure"],
    format: "$input `,` $scale `,` $bias `,` $mean `,` $variance attr-dict `:` functional-type(operands, results)",
    infer: ({ input, scale, bias, mean, variance }) =>
      perChannelType("batch_norm", input, { scale, bias, mean, variance }),
    evaluate: (attributes, [input, scale, bias, mean, variance]) =>
      reference.batchNorm(input!, scale!, bias!, mean!, variance!, attributes),
  },
);

export const layerNorm = op(
  "tensor.layer_norm",
  {
    input,
    scale: parameter,
    bias: optionalOperand(floatTensor),
    axis: attribute(i64Attribute),
    epsilon: defaultAttribute(f64Attribute, 1e-5),
    result: output,
  },
  {
    doc: "(x - mean)/√(variance + epsilon)·scale + bias, mean and variance over axis and all later ones; scale and bias broadcast to the input. ONNX LayerNormalization, MIL layer_norm.",
    example: example(
      "%y = tensor.layer_norm %x, %s {axis = 1 : i64} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>",
      "%x: tensor<2x3xf32>",
      "%s: tensor<3xf32>",
    ),
    traits: ["Pure"],
    format: "$input `,` $scale (`,` $bias^)? attr-dict `:` functional-type(operands, results)",
    infer: ({ input, scale, bias, axis }) => {
      requireAxis("layer_norm", axis, input.type.rank);
      const parameters = { scale: shapeOf(scale), bias: bias && shapeOf(bias) };
      return reshaped(input, reference.layerNormShape("layer_norm", shapeOf(input), parameters, { axis }));
    },
    evaluate: (attributes, [input, scale, bias]) => reference.layerNorm(input!, scale, bias, attributes),
  },
);

export const rmsNorm = op(
  "tensor.rms_norm",
  {
    input,
    scale: parameter,
    axis: attribute(i64Attribute),
    epsilon: defaultAttribute(f64Attribute, 1e-5),
    result: output,
  },
  {
    doc: "x/√(mean of x² + epsilon)·scale, the mean over axis and all later ones; scale broadcasts to the input. ONNX RMSNormalization.",
    example: example(
      "%y = tensor.rms_norm %x, %s {axis = 1 : i64} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>",
      "%x: tensor<2x3xf32>",
      "%s: tensor<3xf32>",
    ),
    traits: ["Pure"],
    format: "$input `,` $scale attr-dict `:` functional-type(operands, results)",
    infer: ({ input, scale, axis }) => {
      requireAxis("rms_norm", axis, input.type.rank);
      return reshaped(input, reference.layerNormShape("rms_norm", shapeOf(input), { scale: shapeOf(scale) }, { axis }));
    },
    evaluate: (attributes, [input, scale]) => reference.rmsNorm(input!, scale, attributes),
  },
);

const channelFormat = "$input `,` $scale `,` $bias attr-dict `:` functional-type(operands, results)";
const channelExample = (name: string, attributes: string) =>
  example(
    `%y = tensor.${name} %x, %s, %b {${attributes}} : (tensor<1x4x2x2xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<1x4x2x2xf32>`,
    "%x: tensor<1x4x2x2xf32>",
    "%s: tensor<4xf32>",
    "%b: tensor<4xf32>",
  );

export const instanceNorm = op(
  "tensor.instance_norm",
  { input, scale: parameter, bias: parameter, epsilon: defaultAttribute(f64Attribute, 1e-5), result: output },
  {
    doc: "(x - mean)/√(variance + epsilon)·scale + bias, statistics per image and channel of [N, C, …]. ONNX InstanceNormalization, MIL instance_norm.",
    example: channelExample("instance_norm", "epsilon = 0.001 : f64"),
    traits: ["Pure"],
    format: channelFormat,
    infer: ({ input, scale, bias }) => perChannelType("instance_norm", input, { scale, bias }),
    evaluate: (attributes, [input, scale, bias]) => reference.instanceNorm(input!, scale!, bias!, attributes),
  },
);

export const groupNorm = op(
  "tensor.group_norm",
  {
    input,
    scale: parameter,
    bias: parameter,
    num_groups: attribute(i64Attribute),
    epsilon: defaultAttribute(f64Attribute, 1e-5),
    result: output,
  },
  {
    doc: "(x - mean)/√(variance + epsilon)·scale + bias, statistics per image and run of C/num_groups channels of [N, C, …]. ONNX GroupNormalization.",
    example: channelExample("group_norm", "num_groups = 2 : i64"),
    traits: ["Pure"],
    format: channelFormat,
    infer: ({ input, scale, bias, num_groups }) => {
      const type = perChannelType("group_norm", input, { scale, bias });
      const channels = shapeOf(input)[1]!;
      if (num_groups < 1 || channels % num_groups !== 0) {
        throw new ShapeError("group_norm", `num_groups that divide the ${channels} channels`, `${num_groups}`);
      }
      return type;
    },
    evaluate: (attributes, [input, scale, bias]) => reference.groupNorm(input!, scale!, bias!, attributes),
  },
);

export const lrn = op(
  "tensor.lrn",
  {
    input,
    size: attribute(i64Attribute),
    alpha: defaultAttribute(f64Attribute, 1e-4),
    beta: defaultAttribute(f64Attribute, 0.75),
    bias: defaultAttribute(f64Attribute, 1),
    result: output,
  },
  {
    doc: "x/(bias + alpha/size·Σ x²)^beta, the sum over size neighbouring channels of [N, C, …]. ONNX LRN, MIL local_response_norm.",
    example: example("%y = tensor.lrn %x {size = 3 : i64} : tensor<1x4x2x2xf32>", "%x: tensor<1x4x2x2xf32>"),
    traits: ["Pure", "SameOperandsAndResultType"],
    format,
    infer: ({ input, size }) => {
      if (size < 1) throw new ShapeError("lrn", "a positive size", `${size}`);
      return perChannelType("lrn", input, {});
    },
    evaluate: (attributes, [input]) => reference.lrn(input!, attributes),
  },
);

export const lpNorm = op(
  "tensor.lp_norm",
  { input, axis: attribute(i64Attribute), p: defaultAttribute(i64Attribute, 2), result: output },
  {
    doc: "x/(Σ |x|^p)^(1/p) along axis; a norm of 0 gives 0. ONNX LpNormalization, MIL l2_norm for p = 2.",
    example: example("%y = tensor.lp_norm %x {axis = 1 : i64, p = 1 : i64} : tensor<2x3xf32>", "%x: tensor<2x3xf32>"),
    traits: ["Pure", "SameOperandsAndResultType"],
    format,
    infer: ({ input, axis, p }) => {
      requireAxis("lp_norm", axis, input.type.rank);
      if (p < 1) throw new ShapeError("lp_norm", "p from 1 up", `${p}`);
      return input.type;
    },
    evaluate: (attributes, [input]) => reference.lpNorm(input!, attributes),
  },
);

export const meanVarianceNorm = op(
  "tensor.mean_variance_norm",
  { input, axes: attribute(i64ArrayAttribute), result: output },
  {
    doc: "(x - mean)/(√variance + 1e-9), statistics over axes. ONNX MeanVarianceNormalization.",
    example: example(
      "%y = tensor.mean_variance_norm %x {axes = array<i64: 0, 2, 3>} : tensor<1x4x2x2xf32>",
      "%x: tensor<1x4x2x2xf32>",
    ),
    traits: ["Pure", "SameOperandsAndResultType"],
    format,
    infer: ({ input, axes }) => {
      requireAxes("mean_variance_norm", axes, input.type.rank);
      return input.type;
    },
    evaluate: (attributes, [input]) => reference.meanVarianceNorm(input!, attributes),
  },
);

export const normalizationOps = [
  ...[softmax, logSoftmax, hardmax],
  ...[batchNorm, layerNorm, rmsNorm, instanceNorm, groupNorm, lrn, lpNorm, meanVarianceNorm],
];
