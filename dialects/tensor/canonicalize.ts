/**
 * Canonical forms of the tensor dialect: smaller or equal graphs that compute exactly the same bits (signs of zeros
 * included; payloads of NaN aside). Each pattern has its equation as its comment. Constant folding is not here: the
 * generic pass evaluates.
 */
import { ElementsAttribute } from "../../ir/attributes.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import { constantOf } from "../../ir/effects.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { type Outcome, type Pattern, rewrite } from "../../ir/rewrite/pattern.ts";
import type { Rewriter } from "../../ir/rewrite/rewriter.ts";
import { FloatType, floatKinds, IntegerType, i1, TensorType, type Type } from "../../ir/types.ts";
import { clip } from "./activation.ts";
import type { TensorValue } from "./declare.ts";
import { add, binaryOps, convert, div, logicalNot, mul, pow, relu, select, sub } from "./elementwise.ts";
import { broadcast, reverse, slice, staticPad, staticReshape, tile, transpose } from "./movement.ts";
import { computeOps } from "./ops.ts";
import { broadcastShapes } from "./reference/broadcast.ts";
import { concat } from "./upstream/ops.ts";

function hasSameAttributes(a: Operation, b: Operation): boolean {
  return (
    a.properties.size === b.properties.size &&
    [...a.properties].every(([name, value]) => b.properties.get(name) === value)
  );
}

/** The operation that defines the only operand of `operation`, if it is the same op with the same attributes. */
function sameOpBelow(operation: Operation): Operation | undefined {
  const definer = operation.operand(0).definer;
  return definer?.definition === operation.definition && hasSameAttributes(definer!, operation) ? definer : undefined;
}

/** Puts a value of the same type in place of the operation. */
function forward(operation: Operation, rewriter: Rewriter, value: Value): Outcome {
  return value.type === operation.onlyResult.type ? rewriter.replace(operation, value) : undefined;
}

const isIdentityOrder = (axes: readonly number[]) => axes.every((axis, position) => axis === position);
const areAll = (values: readonly number[], wanted: number) => values.every((value) => value === wanted);
const isConstant = (value: Value) => constantOf(value) !== undefined;

/** Whether every element of a constant is exactly `wanted`, telling -0 from 0 in floats. */
function isSplatOf(value: TensorValue, wanted: number): boolean {
  const constant = constantOf(value);
  const splat = constant instanceof ElementsAttribute ? constant.splat : undefined;
  if (splat === undefined) return false;
  return typeof splat === "bigint" ? splat === BigInt(wanted) : Object.is(splat, wanted);
}

/** The number e with x ∘ e = x for sums: -0 for floats (since -0 + 0 is 0), 0 for integers. */
const neutralOfAdd = (type: TensorType) => (type.element instanceof FloatType ? -0 : 0);

// ----------------------------------------------------------------------------------------------- by trait

/** f(f(x)) -> f(x) */
const idempotent = (definition: AnyDefinition): Pattern =>
  rewrite(definition, `${mnemonic(definition)}-of-itself`, (operation, rewriter) => {
    const below = sameOpBelow(operation);
    return below && forward(operation, rewriter, below.onlyResult);
  });

/** f(f(x)) -> x */
const involution = (definition: AnyDefinition): Pattern =>
  rewrite(definition, `${mnemonic(definition)}-undone`, (operation, rewriter) => {
    const below = sameOpBelow(operation);
    return below && forward(operation, rewriter, below.operand(0));
  });

/** f(c, x) -> f(x, c), so that other patterns find constants on the right only */
const constantToTheRight = (definition: AnyDefinition): Pattern =>
  rewrite(definition, `constant-to-the-right-of-${mnemonic(definition)}`, (operation, rewriter) => {
    const [lhs, rhs] = [operation.operand(0), operation.operand(1)];
    if (!isConstant(lhs) || isConstant(rhs)) return undefined;
    return rewriter.modify(operation, () => operation.setOperands([rhs, lhs]));
  });

const mnemonic = (definition: AnyDefinition) => definition.name.slice("tensor.".length).replaceAll("_", "-");
const withTrait = (trait: "Idempotent" | "Involution" | "Commutative"): readonly AnyDefinition[] =>
  computeOps.filter((definition) => definition.hasTrait(trait));

// ----------------------------------------------------------------------------------------------- arithmetic

/** x + 0 -> x (for floats x + -0 -> x) */
export const addNothing = rewrite(add, "add-nothing", (operation, rewriter) => {
  const { lhs, rhs } = operation;
  return isSplatOf(rhs, neutralOfAdd(lhs.type)) ? forward(operation, rewriter, lhs) : undefined;
});

/** x - 0 -> x */
export const subtractNothing = rewrite(sub, "subtract-nothing", (operation, rewriter) => {
  const { lhs, rhs } = operation;
  return isSplatOf(rhs, 0) ? forward(operation, rewriter, lhs) : undefined;
});

/** x · 1 -> x */
export const multiplyByOne = rewrite(mul, "multiply-by-one", (operation, rewriter) => {
  const { lhs, rhs } = operation;
  return isSplatOf(rhs, 1) ? forward(operation, rewriter, lhs) : undefined;
});

/** x / 1 -> x */
export const divideByOne = rewrite(div, "divide-by-one", (operation, rewriter) => {
  const { lhs, rhs } = operation;
  return isSplatOf(rhs, 1) ? forward(operation, rewriter, lhs) : undefined;
});

/** not(not(x)) -> x for truth values */
export const notOfNot = rewrite(logicalNot, "not-of-not", (operation, rewriter) => {
  const below = operation.input.definer;
  if (!logicalNot.matches(below) || below.input.type.element !== i1) return undefined;
  return forward(operation, rewriter, below.input);
});

// ----------------------------------------------------------------------------------------------- limits

/** clip(clip(x, a, b), c, d) -> clip(x, clip(a, c, d), clip(b, c, d)): monotone functions and limits commute */
export const clipOfClip = rewrite(clip, "clip-of-clip", (operation, rewriter) => {
  const below = operation.input.definer;
  if (!clip.matches(below)) return undefined;
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = operation;
  const limited = (limit: number) => Math.min(Math.max(limit, min), max);
  const finite = (limit: number) => (Number.isFinite(limit) ? limit : undefined);
  const [low, high] = [limited(below.min ?? Number.NEGATIVE_INFINITY), limited(below.max ?? Number.POSITIVE_INFINITY)];
  // An infinite limit cannot be left out where it is the wrong one: a maximum of -inf limits everything.
  if (low === Number.POSITIVE_INFINITY || high === Number.NEGATIVE_INFINITY) return undefined;
  return rewriter.replaceWith(operation, clip, { input: below.input, min: finite(low), max: finite(high) });
});

/** clip(x, none, none) -> x */
export const clipToNothing = rewrite(clip, "clip-to-nothing", (operation, rewriter) =>
  operation.min === undefined && operation.max === undefined
    ? forward(operation, rewriter, operation.input)
    : undefined,
);

/** relu(clip(x, a, b)) -> clip(x, a, b) where a, b ≥ 0 */
export const reluOfClip = rewrite(relu, "relu-of-clip", (operation, rewriter) => {
  const below = operation.input.definer;
  if (!clip.matches(below)) return undefined;
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = below;
  return min >= 0 && max >= 0 ? forward(operation, rewriter, below.result) : undefined;
});

// ----------------------------------------------------------------------------------------------- conversions

/** convert(x: T -> T) -> x */
export const convertToItself = rewrite(convert, "convert-to-itself", (operation, rewriter) =>
  forward(operation, rewriter, operation.input),
);

/** convert(convert(x: A -> B): B -> C) -> convert(x: A -> C) where B holds every value of A */
export const convertOfConvert = rewrite(convert, "convert-of-convert", (operation, rewriter) => {
  const below = operation.input.definer;
  if (!convert.matches(below) || !holdsAll(below.result.type.element, below.input.type.element)) return undefined;
  return rewriter.replaceWith(operation, convert, { input: below.input, result: operation.result.type });
});

/** Whether converting `from` to `to` loses nothing. */
function holdsAll(to: Type, from: Type): boolean {
  if (to === from) return true;
  if (to instanceof FloatType && from instanceof FloatType) {
    // f16 has more precision than bf16, but less range.
    const exponent = (type: FloatType) => type.width - floatKinds[type.kind].mantissa;
    return floatKinds[to.kind].mantissa >= floatKinds[from.kind].mantissa && exponent(to) >= exponent(from);
  }
  if (!(from instanceof IntegerType)) return false;
  const isSigned = (type: IntegerType) => type.signedness !== "unsigned" && type !== i1;
  const magnitudeBits = from.width - (isSigned(from) ? 1 : 0);
  if (to instanceof FloatType) return floatKinds[to.kind].mantissa >= magnitudeBits;
  if (!(to instanceof IntegerType) || to === i1) return false;
  return isSigned(to) ? to.width - 1 >= magnitudeBits : !isSigned(from) && to.width >= magnitudeBits;
}

// ----------------------------------------------------------------------------------------------- movement

/** transpose(x, 0 1 2 …) -> x */
export const transposeToItself = rewrite(transpose, "transpose-to-itself", (operation, rewriter) =>
  isIdentityOrder(operation.permutation) ? forward(operation, rewriter, operation.input) : undefined,
);

/** transpose(transpose(x, p), q) -> transpose(x, p ∘ q) */
export const transposeOfTranspose = rewrite(transpose, "transpose-of-transpose", (operation, rewriter) => {
  const below = operation.input.definer;
  if (!transpose.matches(below)) return undefined;
  const permutation = operation.permutation.map((axis) => below.permutation[axis]!);
  return rewriter.replaceWith(operation, transpose, { input: below.input, permutation });
});

/** static_reshape(x: T -> T) -> x */
export const reshapeToItself = rewrite(staticReshape, "reshape-to-itself", (operation, rewriter) =>
  forward(operation, rewriter, operation.input),
);

/** static_reshape(static_reshape(x)) -> static_reshape(x) */
export const reshapeOfReshape = rewrite(staticReshape, "reshape-of-reshape", (operation, rewriter) => {
  const below = operation.input.definer;
  if (!staticReshape.matches(below)) return undefined;
  return rewriter.replaceWith(operation, staticReshape, { input: below.input, result: operation.result.type });
});

/** broadcast(x: T -> T) -> x */
export const broadcastToItself = rewrite(broadcast, "broadcast-to-itself", (operation, rewriter) =>
  forward(operation, rewriter, operation.input),
);

/** broadcast(broadcast(x)) -> broadcast(x) */
export const broadcastOfBroadcast = rewrite(broadcast, "broadcast-of-broadcast", (operation, rewriter) => {
  const below = operation.input.definer;
  if (!broadcast.matches(below)) return undefined;
  return rewriter.replaceWith(operation, broadcast, { input: below.input, result: operation.result.type });
});

/** f(broadcast(x), y) -> f(x, y) where f broadcasts to the same shape by itself */
const broadcastIntoOperand = (definition: AnyDefinition): Pattern =>
  rewrite(definition, `broadcast-into-${mnemonic(definition)}`, (operation, rewriter) => {
    for (const [position, value] of operation.operands.entries()) {
      const below = value.definer;
      if (!broadcast.matches(below)) continue;
      const shapes = operation.operands.map((each, at) => shapeOfTensor(at === position ? below.input : each));
      const result = operation.onlyResult.type;
      if (!(result instanceof TensorType)) return undefined;
      if (broadcastShapes(operation.name, ...shapes).join() !== result.shape.join()) continue;
      return rewriter.modify(operation, () => operation.setOperand(position, below.input));
    }
    return undefined;
  });

const shapeOfTensor = ({ type }: Value) => (type instanceof TensorType ? type.shape : []);

/** slice(x, all of it) -> x */
export const sliceOfAll = rewrite(slice, "slice-of-all", (operation, rewriter) => {
  return areAll(operation.strides, 1) ? forward(operation, rewriter, operation.input) : undefined;
});

/** slice(slice(x, s, t), u, v) -> slice(x, s + u·t, t·v) */
export const sliceOfSlice = rewrite(slice, "slice-of-slice", (operation, rewriter) => {
  const below = operation.input.definer;
  if (!slice.matches(below)) return undefined;
  const starts = below.starts.map((start, axis) => start + operation.starts[axis]! * below.strides[axis]!);
  const strides = below.strides.map((stride, axis) => stride * operation.strides[axis]!);
  return rewriter.replaceWith(operation, slice, { input: below.input, starts, sizes: operation.sizes, strides });
});

/** static_pad(x, nothing) -> x */
export const padByNothing = rewrite(staticPad, "pad-by-nothing", (operation, rewriter) =>
  areAll(operation.low, 0) && areAll(operation.high, 0) ? forward(operation, rewriter, operation.input) : undefined,
);

/** tile(x, 1 1 …) -> x */
export const tileOnce = rewrite(tile, "tile-once", (operation, rewriter) =>
  areAll(operation.repeats, 1) ? forward(operation, rewriter, operation.input) : undefined,
);

/** concat(x) -> x */
export const concatOfOne = rewrite(concat, "concat-of-one", (operation, rewriter) => {
  const [only] = operation.inputs;
  return operation.inputs.length === 1 ? forward(operation, rewriter, only!) : undefined;
});

/** reverse(x, along axes of size 1) -> x */
export const reverseOfNothing = rewrite(reverse, "reverse-of-nothing", (operation, rewriter) => {
  const isIdle = operation.axes.every((axis) => operation.input.type.shape[axis]! <= 1);
  return isIdle ? forward(operation, rewriter, operation.input) : undefined;
});

/** reverse(reverse(x, a), b) -> reverse(x, axes in one of both) */
export const reverseOfReverse = rewrite(reverse, "reverse-of-reverse", (operation, rewriter) => {
  const below = operation.input.definer;
  if (!reverse.matches(below)) return undefined;
  const [outer, inner] = [new Set(operation.axes), new Set(below.axes)];
  const axes = [...outer.symmetricDifference(inner)].sort((a, b) => a - b);
  return rewriter.replaceWith(operation, reverse, { input: below.input, axes });
});

export const tensorCanonicalization: readonly Pattern[] = [
  ...withTrait("Idempotent")
    .filter((definition) => definition !== clip)
    .map(idempotent),
  ...withTrait("Involution").map(involution),
  ...withTrait("Commutative").map(constantToTheRight),
  ...[addNothing, subtractNothing, multiplyByOne, divideByOne, notOfNot],
  ...[clipOfClip, clipToNothing, reluOfClip, convertToItself, convertOfConvert],
  ...[transposeToItself, transposeOfTranspose, reshapeToItself, reshapeOfReshape],
  ...[broadcastToItself, broadcastOfBroadcast, ...[...binaryOps, pow, select].map(broadcastIntoOperand)],
  ...[sliceOfAll, sliceOfSlice, padByNothing, tileOnce, concatOfOne, reverseOfNothing, reverseOfReverse],
];
