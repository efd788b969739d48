/**
 * Linear quantisation: a real number is (q - zero_point)·scale. Scale and zero point are one value, one per index of `axis`,
 * or, with `block_size`, one per block of that many indices along `axis`.
 */
import { i64Attribute, typeAttribute } from "../../ir/constraints.ts";
import { defaultAttribute, op, operand, optionalAttribute, optionalOperand, result } from "../../ir/declaration.ts";
import { TensorType, ui8 } from "../../ir/types.ts";
import {
  elementOf,
  example,
  floatTensor,
  quantizedTensor,
  requireAxis,
  requireOneElement,
  shapeOf,
  staticTensor,
  type TensorValue,
} from "./declare.ts";
import * as reference from "./reference/quantization.ts";

/** What can be quantised: floats, and sums in i32. */
const realTensor = staticTensor(["f64", "f32", "f16", "bf16", "i32"], "floats or i32");
const parameters = {
  scale: operand(floatTensor),
  zero_point: optionalOperand(quantizedTensor),
};
const axis = {
  axis: defaultAttribute(i64Attribute, 1),
  block_size: defaultAttribute(i64Attribute, 0),
};
const format = "$input `,` $scale (`,` $zero_point^)? attr-dict `:` functional-type(operands, results)";

interface Quantization {
  readonly input: TensorValue;
  readonly scale: TensorValue;
  readonly zero_point: TensorValue | undefined;
  readonly axis: number;
  readonly block_size: number;
}

/** The result's shape, once scale and zero point have the shapes that `axis` and `block_size` ask for. */
function quantizedShape(name: string, view: Quantization): readonly number[] {
  const { input, scale, zero_point, axis } = view;
  if (scale.type.count !== 1) requireAxis(name, axis, input.type.rank);
  const zeroShape = zero_point && shapeOf(zero_point);
  return reference.quantizationShape(name, shapeOf(input), shapeOf(scale), zeroShape, view);
}

export const quantizeLinear = op(
  "tensor.quantize_linear",
  {
    input: operand(realTensor),
    ...parameters,
    ...axis,
    output_type: optionalAttribute(typeAttribute),
    result: result(quantizedTensor),
  },
  {
    doc:
      "round(x/scale) + zero_point, ties to even, clamped to the result's integer type: that of the zero point, else output_type, else ui8. " +
      "ONNX QuantizeLinear, MIL quantize.",
    example: example(
      "%y = tensor.quantize_linear %x, %s, %z {axis = 0 : i64} : (tensor<2x3xf32>, tensor<2xf32>, tensor<2xi8>) -> tensor<2x3xi8>",
      "%x: tensor<2x3xf32>",
      "%s: tensor<2xf32>",
      "%z: tensor<2xi8>",
    ),
    traits: ["Pure"],
    format,
    infer: (view) => {
      const element = view.zero_point?.type.element ?? view.output_type ?? ui8;
      return TensorType.get(quantizedShape("quantize_linear", view), element);
    },
    verify: ({ zero_point, output_type }, report) => {
      if (output_type === undefined || zero_point === undefined || zero_point.type.element === output_type) return;
      report(`output_type is ${output_type}, but the zero point's element type is ${zero_point.type.element}`);
    },
    evaluate: (operation, [input, scale, zeroPoint]) =>
      reference.quantizeLinear(input!, scale!, zeroPoint, operation, elementOf(operation.result)),
  },
);

export const dequantizeLinear = op(
  "tensor.dequantize_linear",
  { input: operand(quantizedTensor), ...parameters, ...axis, result: result(floatTensor) },
  {
    doc: "(x - zero_point)·scale, in the scale's element type. ONNX DequantizeLinear, MIL dequantize.",
    example: example(
      "%y = tensor.dequantize_linear %x, %s : (tensor<2x3xi8>, tensor<f32>) -> tensor<2x3xf32>",
      "%x: tensor<2x3xi8>",
      "%s: tensor<f32>",
    ),
    traits: ["Pure"],
    format,
    infer: (view) => {
      if (view.zero_point !== undefined) requireOneElement("dequantize_linear", view.input, view.zero_point);
      return TensorType.get(quantizedShape("dequantize_linear", view), view.scale.type.element);
    },
    evaluate: (attributes, [input, scale, zeroPoint]) =>
      reference.dequantizeLinear(input!, scale!, zeroPoint, attributes),
  },
);

export const quantizationOps = [quantizeLinear, dequantizeLinear];
