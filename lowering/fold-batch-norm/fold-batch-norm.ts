/**
 * Folding what follows a convolution or matrix product per output channel into its weights: batch norm with known
 * statistics, and products, quotients and sums with constants. The new weights are expressions of tensor ops on the old
 * ones; small ones are evaluated by `constant-fold`, large ones once by compiled code (`hoist-weights`).
 */

import { constant } from "../../dialects/arith/ops.ts";
import {
  add,
  batchNorm,
  broadcast,
  conv2d,
  convert,
  convTranspose2d,
  div,
  matmul,
  mul,
  sqrt,
  staticReshape,
  sub,
} from "../../dialects/tensor/ops.ts";
import { DenseElementsAttribute } from "../../ir/attributes.ts";
import type { OperationOf } from "../../ir/declaration.ts";
import { constantOf } from "../../ir/effects.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { type Pattern, refuse, rewrite } from "../../ir/rewrite/pattern.ts";
import type { Rewriter } from "../../ir/rewrite/rewriter.ts";
import { FloatType, f32, f64, TensorType } from "../../ir/types.ts";
import { pass } from "../../passes/pass.ts";

type TensorValue = Value<TensorType>;
type Linear = OperationOf<typeof conv2d> | OperationOf<typeof convTranspose2d> | OperationOf<typeof matmul>;

/** Expressions on constants are short; what is deeper is the network itself. */
const deepestExpression = 32;

/** Whether a value is computed from constants alone, by tensor ops. */
export function isConstantExpression(value: Value): boolean {
  return isConstantWithin(value, deepestExpression);
}

function isConstantWithin(value: Value, depth: number): boolean {
  const { definer } = value;
  if (definer === undefined || depth === 0) return false;
  if (constantOf(value) !== undefined) return true;
  const { definition, operandCount } = definer;
  if (operandCount === 0 || definition?.dialect !== "tensor" || !definition.hasTrait("Pure")) return false;
  for (let index = 0; index < operandCount; index++) {
    if (!isConstantWithin(definer.operand(index), depth - 1)) return false;
  }
  return true;
}

/** Expressions on constants, in a type in which folding loses nothing that matters. */
class Expressions {
  readonly #rewriter: Rewriter;

  constructor(rewriter: Rewriter) {
    this.#rewriter = rewriter;
  }

  convert(value: TensorValue, element: FloatType): TensorValue {
    if (value.type.element === element) return value;
    return this.#rewriter.build(convert, { input: value, result: TensorType.get(value.type.shape, element) }).result;
  }

  reshape(input: TensorValue, shape: readonly number[]): TensorValue {
    if (input.type.shape.join() === shape.join()) return input;
    return this.#rewriter.build(staticReshape, { input, result: TensorType.get(shape, input.type.element) }).result;
  }

  /** One number per channel: a scalar is repeated. */
  perChannel(value: TensorValue, channels: number): TensorValue {
    const flat = this.reshape(value, [value.type.count]);
    if (flat.type.count === channels) return flat;
    return this.#rewriter.build(broadcast, { input: flat, result: TensorType.get([channels], flat.type.element) })
      .result;
  }

  number(value: number, element: FloatType): TensorValue {
    const scalar = DenseElementsAttribute.splat(TensorType.get([], element), value);
    return asTensor(this.#rewriter.build(constant, { value: scalar }).result);
  }

  add(lhs: TensorValue, rhs: TensorValue): TensorValue {
    return this.#rewriter.build(add, { lhs, rhs }).result;
  }

  sub(lhs: TensorValue, rhs: TensorValue): TensorValue {
    return this.#rewriter.build(sub, { lhs, rhs }).result;
  }

  mul(lhs: TensorValue, rhs: TensorValue): TensorValue {
    return this.#rewriter.build(mul, { lhs, rhs }).result;
  }

  div(lhs: TensorValue, rhs: TensorValue): TensorValue {
    return this.#rewriter.build(div, { lhs, rhs }).result;
  }

  sqrt(input: TensorValue): TensorValue {
    return this.#rewriter.build(sqrt, { input }).result;
  }
}

function asTensor(value: Value): TensorValue {
  const { type } = value;
  if (isTensor(value)) return value;
  throw new Error(`expected a tensor, found ${type}`);
}

function isTensor(value: Value): value is TensorValue {
  return value.type instanceof TensorType;
}

/** What folding computes in: f32, or f64 where the weights are. */
function workingElement(type: TensorType): FloatType {
  return type.element === f64 ? f64 : f32;
}

/** The op whose result `value` is, if it can take a factor and offset per channel: constant weights, and no other user. */
function linearOf(value: Value): Linear | string {
  const { definer } = value;
  const isLinear = conv2d.matches(definer) || convTranspose2d.matches(definer) || matmul.matches(definer);
  if (!isLinear) return "its operand is no convolution or matrix product";
  if (!value.hasOneUse) return `the result of '${definer.name}' is used elsewhere too`;
  if (matmul.matches(definer)) {
    if (!isConstantExpression(definer.rhs)) return "the right operand of the matrix product is not constant";
    if (definer.rhs.type.rank !== 2) return "the right operand of the matrix product is a batch of matrices";
    return definer.rhs.type.element instanceof FloatType ? definer : "the matrix product is one of integers";
  }
  const isKnown =
    isConstantExpression(definer.weight) && (definer.bias === undefined || isConstantExpression(definer.bias));
  return isKnown ? definer : "the weights of the convolution are not constant";
}

/** The dimension of the result that holds the channels. */
function channelAxis(linear: Linear): number {
  return matmul.matches(linear) ? linear.result.type.rank - 1 : 1;
}

/** Whether a constant has one number per channel of `linear`'s result, or one for all. */
function isPerChannel(value: TensorValue, linear: Linear): boolean {
  const { shape } = linear.result.type;
  const shift = shape.length - value.type.rank;
  const axis = channelAxis(linear);
  return (
    shift >= 0 &&
    value.type.shape.every((size, position) => size === 1 || (position + shift === axis && size === shape[axis]))
  );
}

/** The weights with each output channel multiplied by its entry of `factor` [channels]. */
function scaleWeights(make: Expressions, linear: Linear, factor: TensorValue): TensorValue {
  const weight = matmul.matches(linear) ? linear.rhs : linear.weight;
  const working = make.convert(weight, workingElement(weight.type));
  const { shape } = weight.type;
  const channels = factor.type.shape[0]!;
  const scaled = (at: TensorValue, by: readonly number[]) => make.mul(at, make.reshape(factor, by));
  let result: TensorValue;
  if (matmul.matches(linear)) result = scaled(working, linear.transpose_rhs ? [channels, 1] : [1, channels]);
  else if (conv2d.matches(linear)) result = scaled(working, [channels, 1, 1, 1]);
  else {
    // [C, O/groups, kernel…]: output channels vary along groups of the first dimension, too.
    const { groups } = linear;
    const [inputs, perGroup, ...kernel] = shape as [number, number, ...number[]];
    const grouped = make.reshape(working, [groups, inputs / groups, perGroup, ...kernel]);
    result = make.reshape(scaled(grouped, [groups, 1, perGroup, 1, 1]), shape);
  }
  return weight.type.element instanceof FloatType ? make.convert(result, weight.type.element) : result;
}

/** Replaces `root`, which works on the result of `linear`, by `linear` with other weights: result·factor + offset. */
function replaceLinear(
  rewriter: Rewriter,
  root: Operation,
  linear: Linear,
  factor: TensorValue | undefined,
  offset: ((make: Expressions, bias: TensorValue | undefined) => TensorValue | undefined) | undefined,
): true {
  const make = new Expressions(rewriter);
  const element = linear.result.type.element as FloatType;
  const working = workingElement(linear.result.type);
  const oldBias = matmul.matches(linear) ? undefined : linear.bias;
  const bias = oldBias === undefined ? undefined : make.convert(oldBias, working);
  const moved = offset === undefined ? bias : offset(make, bias);
  const newBias = moved === undefined ? undefined : make.convert(moved, element);
  if (matmul.matches(linear)) {
    const rhs = factor === undefined ? linear.rhs : scaleWeights(make, linear, factor);
    const { lhs, transpose_lhs, transpose_rhs } = linear;
    const product = rewriter.build(matmul, { lhs, rhs, transpose_lhs, transpose_rhs }, linear.location).result;
    return rewriter.replace(
      root,
      newBias === undefined ? product : rewriter.build(add, { lhs: product, rhs: newBias }, root.location).result,
    );
  }
  const weight = factor === undefined ? linear.weight : scaleWeights(make, linear, factor);
  const { input, strides, dilations, padding, groups } = linear;
  const parts = { input, weight, bias: newBias, strides, dilations, padding, groups };
  const folded = convTranspose2d.matches(linear)
    ? rewriter.build(convTranspose2d, { ...parts, output_padding: linear.output_padding }, linear.location)
    : rewriter.build(conv2d, parts, linear.location);
  return rewriter.replace(root, folded.result);
}

/** The constant operand of a commutative op and the other one. */
function splitConstant(
  lhs: TensorValue,
  rhs: TensorValue,
): { readonly live: TensorValue; readonly known: TensorValue } | undefined {
  if (isConstantExpression(rhs)) return isConstantExpression(lhs) ? undefined : { live: lhs, known: rhs };
  return isConstantExpression(lhs) ? { live: rhs, known: lhs } : undefined;
}

/** The linear op and per-channel constant that an elementwise op combines; a reason where it does not. */
function operandsOf(
  live: TensorValue,
  known: TensorValue,
): { readonly linear: Linear; readonly channels: number } | string {
  const linear = linearOf(live);
  if (typeof linear === "string") return linear;
  if (!isPerChannel(known, linear)) return `the constant ${known.type} is not one number per channel`;
  return { linear, channels: linear.result.type.shape[channelAxis(linear)]! };
}

const foldBatchNormPattern = rewrite(batchNorm, "fold-batch-norm", (root, rewriter) => {
  const { input, scale, bias, mean, variance, epsilon } = root;
  const linear = linearOf(input);
  if (typeof linear === "string") return refuse(linear);
  if (channelAxis(linear) !== 1)
    return refuse("the channels of the batch norm are not the columns of the matrix product");
  if (![scale, bias, mean, variance].every(isConstantExpression)) return refuse("its parameters are not constant");
  const working = workingElement(input.type);
  const make = new Expressions(rewriter);
  const [by, to, center, spread] = [scale, bias, mean, variance].map((value) => make.convert(value, working));
  const factor = make.div(by!, make.sqrt(make.add(spread!, make.number(epsilon, working))));
  return replaceLinear(rewriter, root, linear, factor, (expressions, old) => {
    const deviation = old === undefined ? center! : expressions.sub(center!, old);
    return expressions.sub(to!, expressions.mul(deviation, factor));
  });
});

const foldProduct = rewrite(mul, "fold-product", (root, rewriter) => {
  const split = splitConstant(root.lhs, root.rhs);
  if (split === undefined) return undefined;
  const found = operandsOf(split.live, split.known);
  if (typeof found === "string") return refuse(found);
  const make = new Expressions(rewriter);
  const factor = make.perChannel(make.convert(split.known, workingElement(root.result.type)), found.channels);
  return replaceLinear(
    rewriter,
    root,
    found.linear,
    factor,
    (expressions, bias) => bias && expressions.mul(bias, factor),
  );
});

const foldQuotient = rewrite(div, "fold-quotient", (root, rewriter) => {
  if (!isConstantExpression(root.rhs) || isConstantExpression(root.lhs)) return undefined;
  const found = operandsOf(root.lhs, root.rhs);
  if (typeof found === "string") return refuse(found);
  const make = new Expressions(rewriter);
  const working = workingElement(root.result.type);
  const divisor = make.perChannel(make.convert(root.rhs, working), found.channels);
  const factor = make.div(make.number(1, working), divisor);
  return replaceLinear(
    rewriter,
    root,
    found.linear,
    factor,
    (expressions, bias) => bias && expressions.mul(bias, factor),
  );
});

/** A sum with a constant becomes the bias of a convolution; a matrix product has none. */
function foldOffset(root: Operation, rewriter: Rewriter, live: TensorValue, known: TensorValue, isNegative: boolean) {
  const found = operandsOf(live, known);
  if (typeof found === "string") return refuse(found);
  if (matmul.matches(found.linear)) return undefined;
  return replaceLinear(rewriter, root, found.linear, undefined, (make, bias) => {
    const offset = make.perChannel(make.convert(known, workingElement(live.type)), found.channels);
    if (isNegative) return make.sub(bias ?? make.number(0, workingElement(live.type)), offset);
    return bias === undefined ? offset : make.add(bias, offset);
  });
}

const foldSum = rewrite(add, "fold-sum", (root, rewriter) => {
  const split = splitConstant(root.lhs, root.rhs);
  return split === undefined ? undefined : foldOffset(root, rewriter, split.live, split.known, false);
});

const foldDifference = rewrite(sub, "fold-difference", (root, rewriter) =>
  isConstantExpression(root.rhs) && !isConstantExpression(root.lhs)
    ? foldOffset(root, rewriter, root.lhs, root.rhs, true)
    : undefined,
);

/**
 * (conv(x, W) + b - mean)/√(variance + ε)·scale + bias -> conv(x, W·f) + (b - mean)·f + bias with f = scale/√(variance + ε);
 * conv(x, W)·c -> conv(x, W·c); conv(x, W)/c -> conv(x, W/c); conv(x, W) ± c -> conv with bias; likewise for matrix products.
 */
export const batchNormPatterns: readonly Pattern[] = [
  foldBatchNormPattern,
  foldProduct,
  foldQuotient,
  foldSum,
  foldDifference,
];

export const foldBatchNorm = pass("fold-batch-norm", {
  doc: "Folds batch norms and per-channel constants that follow convolutions and matrix products into their weights.",
  exactness:
    "within rounding: weights are rounded once more, which changes each product by at most one unit in the last place of the weights' type",
  patterns: batchNormPatterns,
});
