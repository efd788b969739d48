/**
 * Recognising activations that a model spells out: products of the operand with a gate. A product is flattened into its
 * factors and one constant first, so that the order and association in which a model wrote them do not matter.
 */
import {
  add,
  clip,
  div,
  erf,
  gelu,
  hardSigmoid,
  hardSwish,
  mish,
  mul,
  pow,
  sigmoid,
  silu,
  softplus,
  tanh,
} from "../../dialects/tensor/ops.ts";
import { DenseElementsAttribute } from "../../ir/attributes.ts";
import { constantOf } from "../../ir/effects.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { type Pattern, rewrite } from "../../ir/rewrite/pattern.ts";
import type { Rewriter } from "../../ir/rewrite/rewriter.ts";
import { FloatType, TensorType } from "../../ir/types.ts";

type FloatTensor = Value<TensorType>;

/** The number that all elements of a constant are. */
function splatNumber(value: Value): number | undefined {
  const constant = constantOf(value);
  const splat = constant instanceof DenseElementsAttribute ? constant.splat : undefined;
  return splat === undefined ? undefined : Number(splat);
}

/** How far a constant may be from the exact number: the rounding of its element type. */
function isAbout(found: number | undefined, exact: number, type: TensorType): boolean {
  if (found === undefined) return false;
  const element = type.element instanceof FloatType ? type.element.kind : "f32";
  const tolerance = element === "bf16" ? 1e-2 : element === "f16" ? 1e-3 : 1e-6;
  return Math.abs(found - exact) <= tolerance * Math.abs(exact);
}

interface Product {
  readonly factors: readonly Value[];
  readonly constant: number;
}

/** A tree of products (and quotients by constants) as its factors and one constant. */
function productOf(value: Value, isRoot = true): Product {
  const { definer } = value;
  const number = splatNumber(value);
  if (number !== undefined) return { factors: [], constant: number };
  if (!isRoot && !value.hasOneUse) return { factors: [value], constant: 1 };
  if (mul.matches(definer)) {
    const [lhs, rhs] = [productOf(definer.lhs, false), productOf(definer.rhs, false)];
    return { factors: [...lhs.factors, ...rhs.factors], constant: lhs.constant * rhs.constant };
  }
  const divisor = div.matches(definer) ? splatNumber(definer.rhs) : undefined;
  if (div.matches(definer) && divisor !== undefined) {
    const { factors, constant } = productOf(definer.lhs, false);
    return { factors, constant: constant / divisor };
  }
  return { factors: [value], constant: 1 };
}

/** x of `x + number`. */
function sumWith(value: Value | undefined, number: number): FloatTensor | undefined {
  const definer = value?.definer;
  if (!add.matches(definer)) return undefined;
  if (isAbout(splatNumber(definer.rhs), number, definer.rhs.type)) return definer.lhs;
  return isAbout(splatNumber(definer.lhs), number, definer.lhs.type) ? definer.rhs : undefined;
}

/** Whether `value` is `x` times a constant near `number`. */
function isScaled(value: Value, x: Value, number: number): boolean {
  const { factors, constant } = productOf(value);
  return factors.length === 1 && factors[0] === x && x.type instanceof TensorType && isAbout(constant, number, x.type);
}

/** x of clip(x + 3, 0, 6). */
function gateOfSix(value: Value): Value | undefined {
  const { definer } = value;
  if (!clip.matches(definer) || definer.min !== 0 || definer.max !== 6) return undefined;
  return sumWith(definer.input, 3);
}

/** Whether `value` is x³: a power, or a product. */
function isCube(value: Value, x: Value): boolean {
  const { definer } = value;
  if (pow.matches(definer)) return definer.lhs === x && splatNumber(definer.rhs) === 3;
  return false;
}

/** Whether `value` is √(2/π)·(x + 0.044715·x³). */
function isTanhArgument(value: Value, x: Value): boolean {
  if (!(x.type instanceof TensorType)) return false;
  const outer = productOf(value);
  const sum = outer.factors[0]?.definer;
  if (outer.factors.length !== 1 || !isAbout(outer.constant, Math.sqrt(2 / Math.PI), x.type) || !add.matches(sum))
    return false;
  const cubic = sum.lhs === x ? sum.rhs : sum.rhs === x ? sum.lhs : undefined;
  if (cubic === undefined) return false;
  const { factors, constant } = productOf(cubic);
  if (!isAbout(constant, 0.044715, x.type)) return false;
  const [first] = factors;
  if (factors.length === 1) return first !== undefined && isCube(first, x);
  return factors.length === 3 && factors.every((factor) => factor === x);
}

type Build = (rewriter: Rewriter, operation: Operation) => true;

/** The activation that x times `gate` times `constant` is. */
function activationOf(x: Value, gate: Value, constant: number): Build | undefined {
  if (!isFloatTensor(x)) return undefined;
  const [input, { type }] = [x, x];
  const { definer } = gate;
  const isWhole = isAbout(constant, 1, type);
  if (isWhole && sigmoid.matches(definer) && definer.input === x) {
    return (rewriter, operation) => rewriter.replaceWith(operation, silu, { input, result: type });
  }
  const gatesSix = gateOfSix(gate) === x && isAbout(constant, 1 / 6, type);
  const isHard = isWhole && hardSigmoid.matches(definer) && definer.input === x;
  if (gatesSix || (isHard && isAbout(definer.alpha, 1 / 6, type) && isAbout(definer.beta, 0.5, type))) {
    return (rewriter, operation) => rewriter.replaceWith(operation, hardSwish, { input, result: type });
  }
  if (
    isWhole &&
    tanh.matches(definer) &&
    softplus.matches(definer.input.definer) &&
    definer.input.definer.input === x
  ) {
    return (rewriter, operation) => rewriter.replaceWith(operation, mish, { input, result: type });
  }
  const inner = isAbout(constant, 0.5, type) ? sumWith(gate, 1)?.definer : undefined;
  if (erf.matches(inner) && isScaled(inner.input, x, Math.SQRT1_2)) {
    return (rewriter, operation) => rewriter.replaceWith(operation, gelu, { input, approximate: "none" });
  }
  if (tanh.matches(inner) && isTanhArgument(inner.input, x)) {
    return (rewriter, operation) => rewriter.replaceWith(operation, gelu, { input, approximate: "tanh" });
  }
  return undefined;
}

function recognise(operation: Operation, rewriter: Rewriter): true | undefined {
  const { factors, constant } = productOf(operation.onlyResult);
  const [first, second] = factors;
  // clip(x + 3, 0, 6)/6 = max(0, min(1, x/6 + ½))
  if (factors.length === 1 && first !== undefined) {
    const input = gateOfSix(first);
    if (!isFloatTensor(input) || input.type !== operation.onlyResult.type || !isAbout(constant, 1 / 6, input.type))
      return undefined;
    return rewriter.replaceWith(operation, hardSigmoid, { input, alpha: 1 / 6, beta: 0.5 });
  }
  if (factors.length !== 2 || first === undefined || second === undefined) return undefined;
  for (const [x, gate] of [
    [first, second],
    [second, first],
  ] as const) {
    if (x.type !== operation.onlyResult.type) continue;
    const build = activationOf(x, gate, constant);
    if (build !== undefined) return build(rewriter, operation);
  }
  return undefined;
}

function isFloatTensor(value: Value | undefined): value is FloatTensor {
  return value?.type instanceof TensorType && value.type.element instanceof FloatType;
}

/**
 * x·sigmoid(x) -> silu, x·clip(x + 3, 0, 6)/6 -> hard_swish, clip(x + 3, 0, 6)/6 -> hard_sigmoid, x·tanh(softplus(x)) -> mish,
 * ½x(1 + erf(x/√2)) -> gelu, ½x(1 + tanh(√(2/π)(x + 0.044715x³))) -> gelu.
 */
export const activationPatterns: readonly Pattern[] = [
  rewrite(mul, "recognise-product", recognise),
  rewrite(div, "recognise-quotient", recognise),
];
