/** Elementwise ops of one operand with attributes: the parametrised activation functions, limits and tests. */
import { boolAttribute, enumAttribute, f64Attribute } from "../../ir/constraints.ts";
import { defaultAttribute, op, operand, optionalAttribute, result } from "../../ir/declaration.ts";
import { boolTensor, elementOf, example, floatTensor, numericTensor, same, shapeOf, tensorType } from "./declare.ts";
import * as reference from "./reference/elementwise.ts";
import { elementRange } from "./reference/values.ts";

const T = same(floatTensor);

/** What all of them have in common; the result has the operand's type. */
const shared = {
  traits: ["Pure", "Elementwise", "SameOperandsAndResultType"],
  format: "$input attr-dict `:` type($input)",
} as const;

/** The example of `tensor.name` with these attributes. */
const exampleOf = (name: string, attributes: string) =>
  example(`%y = tensor.${name} %x {${attributes}} : tensor<2x3xf32>`, "%x: tensor<2x3xf32>");

export const gelu = op(
  "tensor.gelu",
  { input: operand(T), approximate: defaultAttribute(enumAttribute(["none", "tanh"]), "none"), result: result(T) },
  {
    ...shared,
    doc: "Elementwise x·Φ(x), Φ the normal distribution; with approximate = tanh x·½(1 + tanh(√(2/π)(x + 0.044715x³))). ONNX Gelu, MIL gelu.",
    example: exampleOf("gelu", 'approximate = "tanh"'),
    evaluate: ({ approximate }, [input]) => reference.unary(approximate === "tanh" ? "gelu_tanh" : "gelu", input!),
  },
);

export const leakyRelu = op(
  "tensor.leaky_relu",
  { input: operand(T), alpha: defaultAttribute(f64Attribute, 0.01), result: result(T) },
  {
    ...shared,
    doc: "Elementwise x < 0 ? alpha·x : x. ONNX LeakyRelu, MIL leaky_relu.",
    example: exampleOf("leaky_relu", "alpha = 0.1 : f64"),
    evaluate: (attributes, [input]) => reference.leakyRelu(input!, attributes),
  },
);

export const elu = op(
  "tensor.elu",
  { input: operand(T), alpha: defaultAttribute(f64Attribute, 1), result: result(T) },
  {
    ...shared,
    doc: "Elementwise x < 0 ? alpha·(e^x - 1) : x. ONNX Elu, MIL elu.",
    example: exampleOf("elu", "alpha = 2.0 : f64"),
    evaluate: (attributes, [input]) => reference.elu(input!, attributes),
  },
);

export const selu = op(
  "tensor.selu",
  {
    input: operand(T),
    alpha: defaultAttribute(f64Attribute, 1.6732631921768188),
    gamma: defaultAttribute(f64Attribute, 1.0507010221481323),
    result: result(T),
  },
  {
    ...shared,
    doc: "Elementwise gamma·(x < 0 ? alpha·(e^x - 1) : x). ONNX Selu.",
    example: exampleOf("selu", "alpha = 2.0 : f64, gamma = 3.0 : f64"),
    evaluate: (attributes, [input]) => reference.selu(input!, attributes),
  },
);

export const celu = op(
  "tensor.celu",
  { input: operand(T), alpha: defaultAttribute(f64Attribute, 1), result: result(T) },
  {
    ...shared,
    doc: "Elementwise max(0, x) + min(0, alpha·(e^(x/alpha) - 1)). ONNX Celu.",
    example: exampleOf("celu", "alpha = 2.0 : f64"),
    evaluate: (attributes, [input]) => reference.celu(input!, attributes),
  },
);

export const hardSigmoid = op(
  "tensor.hard_sigmoid",
  {
    input: operand(T),
    alpha: defaultAttribute(f64Attribute, 0.2),
    beta: defaultAttribute(f64Attribute, 0.5),
    result: result(T),
  },
  {
    ...shared,
    doc: "Elementwise max(0, min(1, alpha·x + beta)). ONNX HardSigmoid, MIL sigmoid_hard.",
    example: exampleOf("hard_sigmoid", "alpha = 0.25 : f64, beta = 0.25 : f64"),
    evaluate: (attributes, [input]) => reference.hardSigmoid(input!, attributes),
  },
);

export const thresholdedRelu = op(
  "tensor.thresholded_relu",
  { input: operand(T), alpha: defaultAttribute(f64Attribute, 1), result: result(T) },
  {
    ...shared,
    doc: "Elementwise x > alpha ? x : 0. ONNX ThresholdedRelu, MIL thresholded_relu.",
    example: exampleOf("thresholded_relu", "alpha = 2.0 : f64"),
    evaluate: (attributes, [input]) => reference.thresholdedRelu(input!, attributes),
  },
);

const N = same(numericTensor);

export const shrink = op(
  "tensor.shrink",
  {
    input: operand(N),
    lambd: defaultAttribute(f64Attribute, 0.5),
    bias: defaultAttribute(f64Attribute, 0),
    result: result(N),
  },
  {
    ...shared,
    doc: "Elementwise x < -lambd ? x + bias : x > lambd ? x - bias : 0. ONNX Shrink.",
    example: exampleOf("shrink", "bias = 0.5 : f64, lambd = 1.0 : f64"),
    evaluate: (attributes, [input]) => reference.shrink(input!, attributes),
  },
);

export const swish = op(
  "tensor.swish",
  { input: operand(T), alpha: defaultAttribute(f64Attribute, 1), result: result(T) },
  {
    ...shared,
    doc: "Elementwise x·sigmoid(alpha·x); `tensor.silu` is the case alpha = 1. ONNX Swish.",
    example: exampleOf("swish", "alpha = 2.0 : f64"),
    evaluate: (attributes, [input]) => reference.swish(input!, attributes),
  },
);

export const clip = op(
  "tensor.clip",
  { input: operand(N), min: optionalAttribute(f64Attribute), max: optionalAttribute(f64Attribute), result: result(N) },
  {
    ...shared,
    traits: [...shared.traits, "Idempotent"],
    doc: "Elementwise min(max(x, min), max); a limit that is left out does not limit, and max wins where min > max. ONNX Clip, MIL clip.",
    example: exampleOf("clip", "max = 6.0 : f64, min = 0.0 : f64"),
    verify: ({ input, min, max }, report) => {
      const element = elementOf(input);
      const { lowest, highest } = elementRange(element);
      for (const [name, limit] of Object.entries({ min, max })) {
        if (limit === undefined || (limit >= lowest && limit <= highest)) continue;
        report(`${name} must be a value of ${element}, from ${lowest} to ${highest}, but is ${limit}`);
      }
    },
    evaluate: (attributes, [input]) => reference.clip(input!, attributes),
  },
);

export const isInf = op(
  "tensor.is_inf",
  {
    input: operand(floatTensor),
    detect_negative: defaultAttribute(boolAttribute, true),
    detect_positive: defaultAttribute(boolAttribute, true),
    result: result(boolTensor),
  },
  {
    doc: "Elementwise whether x is infinite, of the signs asked for, as i1. ONNX IsInf.",
    example: exampleOf("is_inf", "detect_negative = false"),
    traits: ["Pure", "Elementwise"],
    format: shared.format,
    infer: ({ input }) => tensorType(shapeOf(input), "i1"),
    evaluate: (attributes, [input]) => reference.isInf(input!, attributes),
  },
);

export const activationOps = [
  ...[gelu, leakyRelu, elu, selu, celu, hardSigmoid, thresholdedRelu, shrink, swish, clip, isInf],
];
