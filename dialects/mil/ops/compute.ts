/** MIL ops that combine elements: matrix products, reduction, softmax, normalisation. */
import { boolAttribute, enumAttribute, i32ArrayAttribute, i32Attribute } from "../../../ir/constraints.ts";
import type { AnyDefinition } from "../../../ir/context.ts";
import { attribute, defaultAttribute, optionalAttribute, optionalOperand } from "../../../ir/declaration.ts";
import type { Value } from "../../../ir/operation.ts";
import { TensorType } from "../../../ir/types.ts";
import * as tensor from "../../tensor/ops.ts";
import {
  axisOf,
  example,
  floatOr,
  input,
  milOp,
  milTensor,
  real,
  shapeOf,
  type TensorSteps,
  withShape,
} from "../declare.ts";
import { elementTypes } from "../types.ts";

export const matmul = milOp(
  "matmul",
  {
    x: input,
    y: input,
    transpose_x: defaultAttribute(boolAttribute, false),
    transpose_y: defaultAttribute(boolAttribute, false),
  },
  {
    doc: "Matrix product over the last two dimensions, which transpose_x and transpose_y swap; leading ones broadcast.",
    example: example("matmul", { x: "2x3xf16", y: "4x3xf16" }, { transpose_y: true }, "2x4xf16"),
    means: ({ x, y, transpose_x, transpose_y }, steps) =>
      steps.build(tensor.matmul, { lhs: x, rhs: y, transpose_lhs: transpose_x, transpose_rhs: transpose_y }),
  },
);

export const linear = milOp(
  "linear",
  { x: input, weight: input, bias: optionalOperand(milTensor) },
  {
    doc: "x·weightᵀ + bias with weight [O, K] and bias [O].",
    example: example("linear", { x: "2x3xf16", weight: "4x3xf16" }, {}, "2x4xf16"),
    means: ({ x, weight, bias }, steps) => {
      const product = steps.build(tensor.matmul, { lhs: x, rhs: weight, transpose_rhs: true });
      return bias === undefined ? product : steps.build(tensor.add, { lhs: product, rhs: bias });
    },
  },
);

export const scaledDotProductAttention = milOp(
  "scaled_dot_product_attention",
  { query: input, key: input, value: input, attn_mask: optionalOperand(milTensor) },
  {
    since: "ios18",
    doc: "softmax(query·keyᵀ/√width + attn_mask)·value on [batch, heads, length, width].",
    example: example(
      "scaled_dot_product_attention",
      { query: "1x2x8x4xf16", key: "1x2x8x4xf16", value: "1x2x8x4xf16" },
      {},
      "1x2x8x4xf16",
    ),
    means: ({ query, key, value, attn_mask: mask }, steps) => {
      const product = steps.build(tensor.matmul, { lhs: query, rhs: key, transpose_rhs: true });
      const width = shapeOf(query).at(-1)!;
      const scaled = steps.build(tensor.mul, { lhs: product, rhs: steps.scalar(1 / Math.sqrt(width), query) });
      const masked = mask === undefined ? scaled : steps.build(tensor.add, { lhs: scaled, rhs: mask });
      const weights = steps.build(tensor.softmax, { input: masked, axis: shapeOf(query).length - 1 });
      return steps.build(tensor.matmul, { lhs: weights, rhs: value });
    },
  },
);

// ----------------------------------------------------------------------------------------------------- reductions

function reduction(name: string, formula: string, definition: AnyDefinition) {
  return milOp(
    name,
    { x: input, axes: optionalAttribute(i32ArrayAttribute), keep_dims: defaultAttribute(boolAttribute, false) },
    {
      doc: `${formula} over axes (all where left out).`,
      example: example(name, { x: "2x3xf16" }, { axes: [1], keep_dims: true }, "2x1xf16"),
      means: ({ x, axes, keep_dims }, steps) => {
        const rank = shapeOf(x).length;
        const resolved = axes?.map((axis) => axisOf(axis, rank)) ?? shapeOf(x).map((_, axis) => axis);
        return steps.build(definition, { input: x, axes: resolved, keep_dims });
      },
    },
  );
}

export const reduceSum = reduction("reduce_sum", "Σ x", tensor.reduceSum);
export const reduceMean = reduction("reduce_mean", "Σ x / count", tensor.reduceMean);
export const reduceMax = reduction("reduce_max", "max x", tensor.reduceMax);
export const reduceMin = reduction("reduce_min", "min x", tensor.reduceMin);
export const reduceProd = reduction("reduce_prod", "Π x", tensor.reduceProd);
export const reduceL1Norm = reduction("reduce_l1_norm", "Σ |x|", tensor.reduceL1);
export const reduceL2Norm = reduction("reduce_l2_norm", "√Σ x²", tensor.reduceL2);
export const reduceLogSum = reduction("reduce_log_sum", "ln Σ x", tensor.reduceLogSum);
export const reduceLogSumExp = reduction("reduce_log_sum_exp", "ln Σ e^x", tensor.reduceLogSumExp);
export const reduceSumSquare = reduction("reduce_sum_square", "Σ x²", tensor.reduceSumSquare);

function argReduction(name: string, definition: AnyDefinition) {
  return milOp(
    name,
    {
      x: input,
      axis: defaultAttribute(i32Attribute, -1),
      keep_dims: defaultAttribute(boolAttribute, false),
      output_dtype: optionalAttribute(enumAttribute(["int32", "uint16"])),
    },
    {
      inputsSince: { output_dtype: "ios17" },
      doc: `Index (int32 unless stated) of the ${name === "reduce_argmax" ? "greatest" : "least"} element along axis.`,
      example: example(name, { x: "2x3xf16" }, { axis: 1, keep_dims: true }, "2x1xi32"),
      means: ({ x, axis, keep_dims, output_dtype: type = "int32" }, steps) => {
        const found = steps.build(definition, { input: x, axis: axisOf(axis, shapeOf(x).length), keep_dims });
        return steps.build(tensor.convert, {
          input: found,
          result: TensorType.get(shapeOf(found), elementTypes[type]),
        });
      },
    },
  );
}

export const reduceArgmax = argReduction("reduce_argmax", tensor.argmax);
export const reduceArgmin = argReduction("reduce_argmin", tensor.argmin);

export const softmax = milOp(
  "softmax",
  { x: input, axis: defaultAttribute(i32Attribute, -1) },
  {
    doc: "e^x / Σ e^x along axis.",
    example: example("softmax", { x: "2x3xf16" }, { axis: -1 }, "2x3xf16"),
    means: ({ x, axis }, steps) => steps.build(tensor.softmax, { input: x, axis: axisOf(axis, shapeOf(x).length) }),
  },
);

// -------------------------------------------------------------------------------------------------- normalisation

export const layerNorm = milOp(
  "layer_norm",
  {
    x: input,
    gamma: optionalOperand(milTensor),
    beta: optionalOperand(milTensor),
    /** All where left out. */
    axes: optionalAttribute(i32ArrayAttribute),
    epsilon: floatOr(1e-5),
  },
  {
    doc: "(x - mean)/√(variance + epsilon)·gamma + beta over axes, which are the last ones.",
    example: example("layer_norm", { x: "2x3xf16" }, { axes: [1], epsilon: real(1.00136e-5) }, "2x3xf16"),
    means: ({ x, gamma, beta, axes, epsilon }, steps) => {
      const rank = shapeOf(x).length;
      const stated = axes ?? shapeOf(x).map((_, axis) => axis);
      const resolved = stated.map((axis) => axisOf(axis, rank)).sort((a, b) => a - b);
      const first = resolved[0] ?? rank;
      if (resolved.length !== rank - first)
        throw new Error(`axes must be the last ones of rank ${rank}, but are [${stated.join(", ")}]`);
      const scale = gamma ?? steps.scalar(1, x);
      return steps.build(tensor.layerNorm, { input: x, scale, bias: beta, axis: first, epsilon });
    },
  },
);

export const batchNorm = milOp(
  "batch_norm",
  {
    x: input,
    mean: input,
    variance: input,
    gamma: optionalOperand(milTensor),
    beta: optionalOperand(milTensor),
    epsilon: floatOr(1e-5),
  },
  {
    doc: "(x - mean)/√(variance + epsilon)·gamma + beta on [N, C, …] with parameters [C].",
    example: example(
      "batch_norm",
      { x: "1x3x2x2xf16", mean: "3xf16", variance: "3xf16" },
      { epsilon: real(1.00136e-5) },
      "1x3x2x2xf16",
    ),
    means: ({ x, mean, variance, gamma, beta, epsilon }, steps) => {
      const scale = gamma ?? filledLike(steps, mean, 1);
      return steps.build(tensor.batchNorm, {
        input: x,
        scale,
        bias: beta ?? filledLike(steps, mean, 0),
        mean,
        variance,
        epsilon,
      });
    },
  },
);

export const instanceNorm = milOp(
  "instance_norm",
  { x: input, gamma: optionalOperand(milTensor), beta: optionalOperand(milTensor), epsilon: floatOr(1e-5) },
  {
    doc: "(x - mean)/√(variance + epsilon)·gamma + beta, statistics per image and channel of [N, C, H, W].",
    example: example("instance_norm", { x: "1x3x2x2xf16" }, { epsilon: real(1.00136e-5) }, "1x3x2x2xf16"),
    means: ({ x, gamma, beta, epsilon }, steps) => {
      const channels = withShape(x, [shapeOf(x)[1] ?? 1]);
      const filled = (value: number) =>
        steps.build(tensor.broadcast, { input: steps.scalar(value, x), result: channels });
      return steps.build(tensor.instanceNorm, {
        input: x,
        scale: gamma ?? filled(1),
        bias: beta ?? filled(0),
        epsilon,
      });
    },
  },
);

function filledLike(steps: TensorSteps, like: Value, value: number): Value {
  return steps.build(tensor.broadcast, { input: steps.scalar(value, like), result: like.type });
}

export const localResponseNorm = milOp(
  "local_response_norm",
  { x: input, size: attribute(i32Attribute), alpha: floatOr(1e-4), beta: floatOr(0.75), k: floatOr(1) },
  {
    doc: "x/(k + alpha/size·Σ x²)^beta, the sum over size neighbouring channels.",
    example: example(
      "local_response_norm",
      { x: "1x4x2x2xf16" },
      { alpha: real(1), beta: real(0.75), k: real(1), size: 3 },
      "1x4x2x2xf16",
    ),
    means: ({ x, size, alpha, beta, k }, steps) => steps.build(tensor.lrn, { input: x, size, alpha, beta, bias: k }),
  },
);

export const l2Norm = milOp(
  "l2_norm",
  { x: input, epsilon: floatOr(1e-6) },
  {
    doc: "x/√(Σ x² + epsilon), the sum over the last three dimensions.",
    example: example("l2_norm", { x: "1x4x2x2xf16" }, { epsilon: real(1.00136e-5) }, "1x4x2x2xf16"),
    means: ({ x, epsilon }, steps) => {
      const rank = shapeOf(x).length;
      const axes = [rank - 3, rank - 2, rank - 1];
      const total = steps.build(tensor.reduceSumSquare, { input: x, axes });
      const shifted = steps.build(tensor.add, { lhs: total, rhs: steps.scalar(epsilon, x) });
      return steps.build(tensor.div, { lhs: x, rhs: steps.build(tensor.sqrt, { input: shifted }) });
    },
  },
);

export const computeOps = [
  ...[matmul, linear, scaledDotProductAttention],
  ...[
    reduceSum,
    reduceMean,
    reduceMax,
    reduceMin,
    reduceProd,
    reduceL1Norm,
    reduceL2Norm,
    reduceLogSum,
    reduceLogSumExp,
  ],
  ...[
    reduceSumSquare,
    reduceArgmax,
    reduceArgmin,
    softmax,
    layerNorm,
    batchNorm,
    instanceNorm,
    localResponseNorm,
    l2Norm,
  ],
];
