/** Quantisation of activations. Rules: coremltools 9.0, `mil/ops/defs/iOS17/quantization_ops.py`. */
import { enumAttribute, i32Attribute } from "../../../ir/constraints.ts";
import { attribute, optionalAttribute, optionalOperand } from "../../../ir/declaration.ts";
import * as tensor from "../../tensor/ops.ts";
import { axisOf, example, input, milOp, milTensor, shapeOf } from "../declare.ts";
import { elementTypes } from "../types.ts";

const fields = {
  input,
  scale: input,
  zero_point: optionalOperand(milTensor),
  axis: optionalAttribute(i32Attribute),
};

export const quantize = milOp(
  "quantize",
  { ...fields, output_dtype: attribute(enumAttribute(["int8", "uint8", "int4", "uint4"])) },
  {
    since: "ios17",
    doc: "round(input/scale) + zero_point, limited to output_dtype, with one scale and zero point or one per index of axis.",
    example: example("quantize", { input: "2x3xf16", scale: "f16" }, { output_dtype: "int8" }, "2x3xi8"),
    means: ({ input: values, scale, zero_point, axis = 0, output_dtype: type }, steps) =>
      steps.build(tensor.quantizeLinear, {
        input: values,
        scale,
        zero_point,
        axis: axisOf(axis, shapeOf(values).length),
        output_type: elementTypes[type],
      }),
  },
);

export const dequantize = milOp("dequantize", fields, {
  since: "ios17",
  doc: "scale·(input - zero_point), with one scale and zero point or one per index of axis.",
  example: example("dequantize", { input: "2x3xi8", scale: "f16" }, {}, "2x3xf16"),
  means: ({ input: codes, scale, zero_point, axis = 0 }, steps) =>
    steps.build(tensor.dequantizeLinear, {
      input: codes,
      scale,
      zero_point,
      axis: axisOf(axis, shapeOf(codes).length),
    }),
});

export const quantizationOps = [quantize, dequantize];
