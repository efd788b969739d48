/** Reductions over axes, positions of extremes, running sums and products. Axes are resolved: 0 … rank - 1. */
import { boolAttribute, i64ArrayAttribute, i64Attribute, type TypeConstraint } from "../../ir/constraints.ts";
import { attribute, defaultAttribute, op, operand, result } from "../../ir/declaration.ts";
import type { TensorType } from "../../ir/types.ts";
import {
  anyElementTensor,
  example,
  indexTensor,
  numericTensor,
  requireAxes,
  requireAxis,
  reshaped,
  same,
  shapeOf,
  tensorType,
} from "./declare.ts";
import * as reference from "./reference/reduce.ts";

const format = "$input attr-dict `:` type($input)";

/** A reduction over `axes`; without keep_dims the reduced axes vanish. */
function reduction(
  name: reference.ReductionName,
  formula: string,
  source: string,
  input: TypeConstraint<TensorType> = numericTensor,
) {
  return op(
    `tensor.${name}`,
    {
      input: operand(input),
      axes: attribute(i64ArrayAttribute),
      keep_dims: defaultAttribute(boolAttribute, true),
      result: result(input),
    },
    {
      doc: `${formula} over axes; with keep_dims they stay with size 1, else they vanish. Floats accumulate exactly in the reference semantics and round once. ${source}.`,
      example: example(
        `%y = tensor.${name} %x {axes = array<i64: 1>, keep_dims = false} : tensor<2x3xf32>`,
        "%x: tensor<2x3xf32>",
      ),
      traits: ["Pure"],
      format,
      infer: (view) => {
        requireAxes(name, view.axes, view.input.type.rank);
        return reshaped(view.input, reference.reduceShape(name, shapeOf(view.input), view));
      },
      evaluate: (attributes, [input]) => reference.reduce(name, input!, attributes),
    },
  );
}

export const reduceSum = reduction("reduce_sum", "Σ x", "ONNX ReduceSum, MIL reduce_sum");
export const reduceMean = reduction("reduce_mean", "Σ x / count", "ONNX ReduceMean, MIL reduce_mean");
export const reduceMax = reduction(
  "reduce_max",
  "max x, NaN if any is",
  "ONNX ReduceMax, MIL reduce_max",
  anyElementTensor,
);
export const reduceMin = reduction(
  "reduce_min",
  "min x, NaN if any is",
  "ONNX ReduceMin, MIL reduce_min",
  anyElementTensor,
);
export const reduceProd = reduction("reduce_prod", "Π x", "ONNX ReduceProd, MIL reduce_prod");
export const reduceL1 = reduction("reduce_l1", "Σ |x|", "ONNX ReduceL1, MIL reduce_l1_norm");
export const reduceL2 = reduction("reduce_l2", "√(Σ x²)", "ONNX ReduceL2, MIL reduce_l2_norm");
export const reduceLogSum = reduction("reduce_log_sum", "ln Σ x", "ONNX ReduceLogSum, MIL reduce_log_sum");
export const reduceLogSumExp = reduction(
  "reduce_log_sum_exp",
  "ln Σ e^x, without overflow,",
  "ONNX ReduceLogSumExp, MIL reduce_log_sum_exp",
);
export const reduceSumSquare = reduction("reduce_sum_square", "Σ x²", "ONNX ReduceSumSquare, MIL reduce_sum_square");

function argExtreme(name: "argmax" | "argmin", kernel: typeof reference.argmax, which: string, source: string) {
  return op(
    `tensor.${name}`,
    {
      input: operand(numericTensor),
      axis: attribute(i64Attribute),
      keep_dims: defaultAttribute(boolAttribute, true),
      select_last_index: defaultAttribute(boolAttribute, false),
      result: result(indexTensor),
    },
    {
      doc: `Index (i64) of the ${which} element along axis, the first of equal ones unless select_last_index. A NaN is the extreme. ${source}.`,
      example: example(
        `%y = tensor.${name} %x {axis = 1 : i64, keep_dims = false} : tensor<2x3xf32>`,
        "%x: tensor<2x3xf32>",
      ),
      traits: ["Pure"],
      format,
      infer: (view) => {
        requireAxis(name, view.axis, view.input.type.rank);
        return tensorType(reference.argShape(name, shapeOf(view.input), view), "i64");
      },
      evaluate: (attributes, [input]) => kernel(input!, attributes),
    },
  );
}

export const argmax = argExtreme("argmax", reference.argmax, "greatest", "ONNX ArgMax, MIL reduce_argmax");
export const argmin = argExtreme("argmin", reference.argmin, "least", "ONNX ArgMin, MIL reduce_argmin");

const N = same(numericTensor);

function cumulative(name: "cumsum" | "cumprod", kernel: typeof reference.cumsum, what: string, source: string) {
  return op(
    `tensor.${name}`,
    {
      input: operand(N),
      axis: attribute(i64Attribute),
      exclusive: defaultAttribute(boolAttribute, false),
      reverse: defaultAttribute(boolAttribute, false),
      result: result(N),
    },
    {
      doc: `Running ${what} along axis, from the end with reverse, without the element itself with exclusive. ${source}.`,
      example: example(
        `%y = tensor.${name} %x {axis = 0 : i64, exclusive = true} : tensor<2x3xf32>`,
        "%x: tensor<2x3xf32>",
      ),
      traits: ["Pure", "SameOperandsAndResultType"],
      format,
      infer: ({ input, axis }) => {
        requireAxis(name, axis, input.type.rank);
        return input.type;
      },
      evaluate: (attributes, [input]) => kernel(input!, attributes),
    },
  );
}

export const cumsum = cumulative("cumsum", reference.cumsum, "sum", "ONNX CumSum, MIL cumsum");
export const cumprod = cumulative("cumprod", reference.cumprod, "product", "ONNX CumProd");

/** The reductions over `axes`. */
export const reduceOps = [
  ...[reduceSum, reduceMean, reduceMax, reduceMin, reduceProd, reduceL1, reduceL2, reduceLogSum, reduceLogSumExp],
  reduceSumSquare,
];

export const reductionOps = [...reduceOps, argmax, argmin, cumsum, cumprod];
