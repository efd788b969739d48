/**
 * Recognising normalisations that a model spells out: x minus its mean, divided by the root of its variance, is layer_norm;
 * without the mean it is rms_norm. Constant factors and offsets behind them become their scale and bias.
 */
import { constant } from "../../dialects/arith/ops.ts";
import {
  add,
  div,
  layerNorm,
  mul,
  pow,
  reciprocal,
  reduceMean,
  rmsNorm,
  rsqrt,
  sqrt,
  sub,
} from "../../dialects/tensor/ops.ts";
import { requireBroadcastable } from "../../dialects/tensor/reference/broadcast.ts";
import { DenseElementsAttribute } from "../../ir/attributes.ts";
import { constantOf } from "../../ir/effects.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { type Pattern, rewrite } from "../../ir/rewrite/pattern.ts";
import type { Rewriter } from "../../ir/rewrite/rewriter.ts";
import { FloatType, TensorType } from "../../ir/types.ts";

type TensorValue = Value<TensorType>;

function splatNumber(value: Value): number | undefined {
  const known = constantOf(value);
  const splat = known instanceof DenseElementsAttribute ? known.splat : undefined;
  return splat === undefined ? undefined : Number(splat);
}

/** n and r of n/√r, n·(1/√r) and n·rsqrt(r). */
function quotientByRoot(
  operation: Operation,
): { readonly numerator: TensorValue; readonly radicand: TensorValue } | undefined {
  if (div.matches(operation)) {
    const root = operation.rhs.definer;
    return sqrt.matches(root) ? { numerator: operation.lhs, radicand: root.input } : undefined;
  }
  if (!mul.matches(operation)) return undefined;
  for (const [numerator, factor] of [
    [operation.lhs, operation.rhs],
    [operation.rhs, operation.lhs],
  ] as const) {
    const { definer } = factor;
    if (rsqrt.matches(definer)) return { numerator, radicand: definer.input };
    const root = reciprocal.matches(definer) ? definer.input.definer : undefined;
    if (sqrt.matches(root)) return { numerator, radicand: root.input };
  }
  return undefined;
}

/** x of x² or x·x. */
function squareRootOf(value: TensorValue): TensorValue | undefined {
  const { definer } = value;
  if (pow.matches(definer)) return splatNumber(definer.rhs) === 2 ? definer.lhs : undefined;
  return mul.matches(definer) && definer.lhs === definer.rhs ? definer.lhs : undefined;
}

/** The first axis of a mean over it and all later ones, with the dimensions kept; undefined for other means. */
function firstAxis(operation: Operation | undefined): number | undefined {
  if (!reduceMean.matches(operation) || !operation.keep_dims) return undefined;
  const { rank } = operation.input.type;
  const axes = [...operation.axes].sort((a, b) => a - b);
  const first = rank - axes.length;
  return axes.length > 0 && axes.every((axis, position) => axis === first + position) ? first : undefined;
}

/** x, the epsilon and first axis of mean(x²) + epsilon. */
function meanSquare(
  value: TensorValue,
): { readonly of: TensorValue; readonly epsilon: number; readonly axis: number } | undefined {
  const { definer } = value;
  if (!add.matches(definer)) return undefined;
  for (const [mean, offset] of [
    [definer.lhs, definer.rhs],
    [definer.rhs, definer.lhs],
  ] as const) {
    const [epsilon, axis] = [splatNumber(offset), firstAxis(mean.definer)];
    const inner = reduceMean.matches(mean.definer) ? squareRootOf(mean.definer.input) : undefined;
    if (epsilon !== undefined && axis !== undefined && inner !== undefined) return { of: inner, epsilon, axis };
  }
  return undefined;
}

/** A scale of ones over the normalised dimensions. */
function ones(rewriter: Rewriter, { shape, element }: TensorType, axis: number): TensorValue {
  const value = DenseElementsAttribute.splat(TensorType.get(shape.slice(axis), element), 1);
  const made = rewriter.build(constant, { value }).result;
  if (!isTensor(made)) throw new Error("a constant of tensor type is a tensor");
  return made;
}

function isTensor(value: Value): value is TensorValue {
  return value.type instanceof TensorType;
}

function recognise(operation: Operation, rewriter: Rewriter): true | undefined {
  const quotient = quotientByRoot(operation);
  const square = quotient && meanSquare(quotient.radicand);
  if (square === undefined || square.of !== quotient?.numerator) return undefined;
  const { of, axis, epsilon } = square;
  if (of.type !== operation.onlyResult.type || !(of.type.element instanceof FloatType)) return undefined;
  const difference = of.definer;
  const mean = sub.matches(difference) ? difference.rhs.definer : undefined;
  if (
    sub.matches(difference) &&
    reduceMean.matches(mean) &&
    mean.input === difference.lhs &&
    firstAxis(mean) === axis
  ) {
    const input = difference.lhs;
    return rewriter.replaceWith(operation, layerNorm, {
      input,
      scale: ones(rewriter, input.type, axis),
      axis,
      epsilon,
    });
  }
  return rewriter.replaceWith(operation, rmsNorm, { input: of, scale: ones(rewriter, of.type, axis), axis, epsilon });
}

/** Whether `parameter` is a constant that broadcasts to `target`. */
function isParameter(parameter: TensorValue, target: TensorType): boolean {
  if (constantOf(parameter) === undefined) return false;
  try {
    requireBroadcastable("norm", "a parameter", parameter.type.shape, target.shape);
    return true;
  } catch {
    return false;
  }
}

/** The norm with a scale of ones and without bias behind one operand, and the other operand. */
function plainNorm(operation: Operation & { readonly lhs: TensorValue; readonly rhs: TensorValue }) {
  for (const [normal, other] of [
    [operation.lhs, operation.rhs],
    [operation.rhs, operation.lhs],
  ] as const) {
    const { definer } = normal;
    const isNorm = layerNorm.matches(definer) || rmsNorm.matches(definer);
    if (isNorm && normal.hasOneUse && isParameter(other, normal.type)) return { norm: definer, other };
  }
  return undefined;
}

const scaleOfNorm = rewrite(mul, "scale-of-norm", (operation, rewriter) => {
  const found = plainNorm(operation);
  if (found === undefined || splatNumber(found.norm.scale) !== 1) return undefined;
  const { norm, other: scale } = found;
  const { input, axis, epsilon } = norm;
  if (!layerNorm.matches(norm)) return rewriter.replaceWith(operation, rmsNorm, { input, scale, axis, epsilon });
  if (norm.bias !== undefined) return undefined;
  return rewriter.replaceWith(operation, layerNorm, { input, scale, axis, epsilon });
});

const biasOfNorm = rewrite(add, "bias-of-norm", (operation, rewriter) => {
  const found = plainNorm(operation);
  if (found === undefined || !layerNorm.matches(found.norm) || found.norm.bias !== undefined) return undefined;
  const { input, scale, axis, epsilon } = found.norm;
  return rewriter.replaceWith(operation, layerNorm, { input, scale, bias: found.other, axis, epsilon });
});

/**
 * (x - mean x)/√(mean (x - mean x)² + ε) -> layer_norm, x/√(mean x² + ε) -> rms_norm, norm·c -> norm with scale c,
 * layer_norm + c -> layer_norm with bias c.
 */
export const normPatterns: readonly Pattern[] = [
  rewrite(div, "recognise-norm-quotient", recognise),
  rewrite(mul, "recognise-norm-product", recognise),
  scaleOfNorm,
  biasOfNorm,
];
