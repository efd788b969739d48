/**
 * Folds of arith and math ops: constants are computed, and neutral or absorbing operands removed. Every rule keeps the
 * exact result (signs of zeros too), unless the op's fast-math flags allow otherwise; the equation stands beside it.
 */
import { type Attribute, FloatAttribute, IntegerAttribute } from "../../ir/attributes.ts";
import { constantOf } from "../../ir/effects.ts";
import { roundToFloat } from "../../ir/float-bits.ts";
import type { FoldResult } from "../../ir/interfaces.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { FloatType, IntegerType, i1, ShapedType, type Type } from "../../ir/types.ts";
import { constantOfType, type Element, foldElements, splatOf, widthOf } from "./elements.ts";
import { type FloatPredicate, fastMathAttribute, type IntegerPredicate } from "./flags.ts";
import {
  exactUnaryFunctions,
  type FloatMnemonic,
  floatComparisons,
  floatFunctions,
  type IntegerMnemonic,
  integerComparisons,
  integerFunctions,
  type MathIntegerMnemonic,
  mathIntegerFunctions,
  smallIntegerFunctions,
} from "./scalar.ts";

type Constants = readonly (Attribute | undefined)[];
type Folded = Value | Attribute | FoldResult;

const elementOf = (type: Type): Type => (type instanceof ShapedType ? type.element : type);

/** What a constant operand (or two operands alike) makes of an integer operation. Numbers are signed, of the width. */
interface IntegerRules {
  /** x ∘ neutral = x. */
  readonly neutral?: (width: number) => bigint;
  /** x ∘ absorbing = absorbing. */
  readonly absorbing?: (width: number) => bigint;
  /** x ∘ x: the operand itself or a number. */
  readonly same?: "operand" | bigint;
}

const zero = () => 0n;
const allOnes = () => -1n;
// A width of one bit has -1 for 1.
const one = (width: number) => BigInt.asIntN(width, 1n);
const greatest = (width: number) => (1n << BigInt(width - 1)) - 1n;
const least = (width: number) => -(1n << BigInt(width - 1));

const integerRules: { readonly [M in IntegerMnemonic]: IntegerRules } = {
  addi: { neutral: zero },
  subi: { neutral: zero, same: 0n },
  muli: { neutral: one, absorbing: zero },
  divsi: { neutral: one },
  divui: { neutral: one },
  ceildivsi: { neutral: one },
  ceildivui: { neutral: one },
  floordivsi: { neutral: one },
  remsi: {},
  remui: {},
  andi: { neutral: allOnes, absorbing: zero, same: "operand" },
  ori: { neutral: zero, absorbing: allOnes, same: "operand" },
  xori: { neutral: zero, same: 0n },
  shli: { neutral: zero },
  shrsi: { neutral: zero },
  shrui: { neutral: zero },
  minsi: { neutral: greatest, absorbing: least, same: "operand" },
  maxsi: { neutral: least, absorbing: greatest, same: "operand" },
  minui: { neutral: allOnes, absorbing: zero, same: "operand" },
  maxui: { neutral: zero, absorbing: allOnes, same: "operand" },
};

const commutative: ReadonlySet<IntegerMnemonic> = new Set([
  "addi",
  "muli",
  "andi",
  "ori",
  "xori",
  "minsi",
  "maxsi",
  "minui",
  "maxui",
]);

export function foldInteger(mnemonic: IntegerMnemonic, operation: Operation, constants: Constants): Folded {
  const type = operation.onlyResult.type;
  const lhs = operation.operand(0);
  const rhs = operation.operand(1);
  const { neutral, absorbing, same } = integerRules[mnemonic];
  if (lhs === rhs && same !== undefined) return same === "operand" ? lhs : constantOfType(same, type);
  // Not taken apart as a list: most operations that there are come through here.
  const left = constants[0];
  const right = constants[1];
  if (left === undefined && right === undefined) return foldRelated(mnemonic, lhs, rhs, type);
  const folded = left && right && computeSmall(mnemonic, left, right, type);
  if (folded !== undefined) return folded;
  const width = widthOf(elementOf(type));
  const rightValue = splatOf(right);
  if (rightValue !== undefined) {
    if (rightValue === neutral?.(width)) return lhs;
    if (rightValue === absorbing?.(width)) return rhs;
    if ((mnemonic === "remsi" || mnemonic === "remui") && rightValue === one(width)) return constantOfType(0n, type);
  }
  const leftValue = commutative.has(mnemonic) ? splatOf(left) : undefined;
  if (leftValue !== undefined) {
    if (leftValue === neutral?.(width)) return rhs;
    if (leftValue === absorbing?.(width)) return lhs;
  }
  return left && right && computeInteger(mnemonic, left, right, type);
}

/** What follows from how the operands were made of each other. */
function foldRelated(mnemonic: IntegerMnemonic, lhs: Value, rhs: Value, type: Type): Folded {
  const left = lhs.definer;
  const right = rhs.definer;
  switch (mnemonic) {
    case "addi":
      // (a - b) + b = a, and b + (a - b) = a
      if (left?.name === "arith.subi" && left.operand(1) === rhs) return left.operand(0);
      return right?.name === "arith.subi" && right.operand(1) === lhs ? right.operand(0) : undefined;
    case "subi":
      // (a + b) - b = a, and (a + b) - a = b
      if (left?.name !== "arith.addi") return undefined;
      if (left.operand(1) === rhs) return left.operand(0);
      return left.operand(0) === rhs ? left.operand(1) : undefined;
    case "xori":
      // (a ^ b) ^ b = a, in every order
      if (left?.name === "arith.xori" && left.operand(1) === rhs) return left.operand(0);
      if (left?.name === "arith.xori" && left.operand(0) === rhs) return left.operand(1);
      if (right?.name === "arith.xori" && right.operand(1) === lhs) return right.operand(0);
      return right?.name === "arith.xori" && right.operand(0) === lhs ? right.operand(1) : undefined;
    case "andi":
      // a & ~a = 0
      return isComplement(left, rhs) || isComplement(right, lhs) ? constantOfType(0n, type) : undefined;
    case "ori":
      // a | ~a = -1
      return isComplement(left, rhs) || isComplement(right, lhs) ? constantOfType(-1n, type) : undefined;
    default:
      return undefined;
  }
}

/** Whether an operation computes ~value. */
function isComplement(operation: Operation | undefined, value: Value): boolean {
  if (operation?.name !== "arith.xori" || operation.operand(0) !== value) return false;
  return splatOf(constantOf(operation.operand(1))) === -1n;
}

/** `left ∘ right` as a constant of `type`; undefined where the result is, or the constants are too large. */
export function computeInteger(
  mnemonic: IntegerMnemonic,
  left: Attribute,
  right: Attribute,
  type: Type,
): Attribute | undefined {
  const small = computeSmall(mnemonic, left, right, type);
  if (small !== undefined) return small;
  const width = widthOf(elementOf(type));
  const compute = integerFunctions[mnemonic];
  return foldElements([left, right], type, (a, b) => compute(BigInt(a!), BigInt(b!), width));
}

/** Two constants of at most 32 bits, by the host's integers; undefined where that is not enough. */
function computeSmall(mnemonic: IntegerMnemonic, left: Attribute, right: Attribute, type: Type): Attribute | undefined {
  if (!(left instanceof IntegerAttribute && right instanceof IntegerAttribute && type instanceof IntegerType)) return;
  // i1 holds 1 where its signed number is -1.
  if (type.width > 32 || type.width < 2 || type.signedness !== "signless") return undefined;
  const compute = smallIntegerFunctions[mnemonic];
  return compute && IntegerAttribute.get(compute(left.small, right.small), type);
}

function hasFlag(operation: Operation, flag: "nsz" | "nnan"): boolean {
  const flags = operation.attribute("fastmath");
  return flags !== undefined && (fastMathAttribute.decode(flags)?.includes(flag) ?? false);
}

/** The constant with which a float operation gives its other operand: x ∘ neutral = x. */
function isNeutral(mnemonic: FloatMnemonic, operation: Operation, side: number, known: Element): boolean {
  const isZero = known === 0;
  switch (mnemonic) {
    case "addf":
      // -0 + 0 is 0, so only -0 is neutral unless signs of zeros do not matter.
      return Object.is(known, -0) || (isZero && hasFlag(operation, "nsz"));
    case "subf":
      return side === 1 && (Object.is(known, 0) || (isZero && hasFlag(operation, "nsz")));
    case "mulf":
      return known === 1;
    case "divf":
      return side === 1 && known === 1;
    default:
      return false;
  }
}

const selfIdentity: ReadonlySet<FloatMnemonic> = new Set(["maximumf", "minimumf", "maxnumf", "minnumf"]);

export function foldFloat(mnemonic: FloatMnemonic, operation: Operation, constants: Constants): Folded {
  const [lhs, rhs] = [operation.operand(0), operation.operand(1)];
  if (lhs === rhs && selfIdentity.has(mnemonic)) return lhs;
  for (const side of [1, 0]) {
    const known = splatOf(constants[side]);
    if (known !== undefined && isNeutral(mnemonic, operation, side, known)) return operation.operand(1 - side);
  }
  const type = operation.onlyResult.type;
  const compute = floatFunctions[mnemonic];
  return foldElements(constants, type, (a, b) => compute(Number(a), Number(b)));
}

/** A function of one float that is exact or correctly rounded. */
export function foldUnaryFloat(mnemonic: string, operation: Operation, constants: Constants): Folded {
  if (mnemonic === "negf") return foldElements(constants, operation.onlyResult.type, (x) => -Number(x));
  if (!isExact(mnemonic)) return undefined;
  const compute = exactUnaryFunctions[mnemonic];
  return foldElements(constants, operation.onlyResult.type, (x) => compute(Number(x)));
}

/** A function of one integer. */
export function foldUnaryInteger(mnemonic: MathIntegerMnemonic, operation: Operation, constants: Constants): Folded {
  const type = operation.onlyResult.type;
  const width = widthOf(elementOf(type));
  const compute = mathIntegerFunctions[mnemonic];
  return foldElements(constants, type, (x) => compute(BigInt(x!), width));
}

function isExact(mnemonic: string): mnemonic is keyof typeof exactUnaryFunctions {
  return Object.hasOwn(exactUnaryFunctions, mnemonic);
}

/** What a comparison of a value with itself gives. */
const reflexive: ReadonlySet<string> = new Set(["eq", "sle", "sge", "ule", "uge"]);

/** Comparisons with the least or greatest number that are always true, or never: [predicate, number, outcome]. */
const decidedByLimit: readonly (readonly [IntegerPredicate, (width: number) => bigint, boolean])[] = [
  ["ult", zero, false],
  ["uge", zero, true],
  ["ugt", allOnes, false],
  ["ule", allOnes, true],
  ["slt", least, false],
  ["sge", least, true],
  ["sgt", greatest, false],
  ["sle", greatest, true],
];

export function foldIntegerComparison(predicate: IntegerPredicate, operation: Operation, constants: Constants): Folded {
  const type = operation.onlyResult.type;
  const lhs = operation.operand(0);
  if (lhs === operation.operand(1)) return constantOfType(reflexive.has(predicate) ? 1n : 0n, type);
  const [left, right] = constants;
  if (right === undefined) return undefined;
  const width = widthOf(elementOf(lhs.type));
  if (left === undefined) {
    const known = splatOf(right);
    // x == true is x, and so is x != false.
    if (width === 1 && known !== undefined && lhs.type === type) {
      if (predicate === (known === 0n ? "ne" : "eq")) return lhs;
    }
    const rule = decidedByLimit.find(([word, limit]) => word === predicate && limit(width) === known);
    return rule && constantOfType(rule[2] ? 1n : 0n, type);
  }
  const compare = integerComparisons[predicate];
  return foldElements(constants, type, (a, b) => (compare(BigInt(a!), BigInt(b!), width) ? 1n : 0n));
}

export function foldFloatComparison(predicate: FloatPredicate, operation: Operation, constants: Constants): Folded {
  const type = operation.onlyResult.type;
  if (predicate === "false" || predicate === "true") return constantOfType(predicate === "true" ? 1n : 0n, type);
  if (constants.some((constant) => Number.isNaN(splatOf(constant)))) {
    // Ordered comparisons with NaN are false, unordered ones true.
    return constantOfType(predicate.startsWith("u") ? 1n : 0n, type);
  }
  const compare = floatComparisons[predicate];
  return foldElements(constants, type, (a, b) => (compare(Number(a), Number(b)) ? 1n : 0n));
}

export function foldSelect(operation: Operation, constants: Constants): Folded {
  const [condition, trueValue, falseValue] = operation.operands;
  if (trueValue === falseValue) return trueValue;
  const known = splatOf(constants[0]);
  if (known !== undefined) return BigInt(known) === 0n ? falseValue : trueValue;
  // select c, true, false = c
  const isTruth = operation.onlyResult.type === i1 && condition?.type === i1;
  const [whenTrue, whenFalse] = [splatOf(constants[1]), splatOf(constants[2])];
  if (isTruth && whenTrue === -1n && whenFalse === 0n) return condition;
  return undefined;
}

/** Conversions between element types. */
const conversions: { readonly [mnemonic: string]: (x: Element, from: Type, to: Type) => Element | undefined } = {
  extsi: (x) => x,
  extui: (x, from) => BigInt.asUintN(widthOf(from), BigInt(x)),
  trunci: (x) => x,
  index_cast: (x) => x,
  index_castui: (x, from) => BigInt.asUintN(widthOf(from), BigInt(x)),
  sitofp: (x, _, to) => toFloat(BigInt(x), to),
  uitofp: (x, from, to) => toFloat(BigInt.asUintN(widthOf(from), BigInt(x)), to),
  fptosi: (x, _, to) => toInteger(Number(x), -(1n << BigInt(widthOf(to) - 1)), (1n << BigInt(widthOf(to) - 1)) - 1n),
  fptoui: (x, _, to) => toInteger(Number(x), 0n, (1n << BigInt(widthOf(to))) - 1n),
  extf: (x) => x,
  truncf: (x) => x,
};

/** Rounds once: an integer that doubles do not hold exactly must not be rounded twice. */
function toFloat(value: bigint, type: Type): number | undefined {
  const double = Number(value);
  if (type instanceof FloatType && type.width < 64 && BigInt(double) !== value) return undefined;
  return type instanceof FloatType ? roundToFloat(double, type) : undefined;
}

/** Outside the type's range the result is undefined. */
function toInteger(value: number, least: bigint, greatest: bigint): bigint | undefined {
  if (!Number.isFinite(value)) return undefined;
  const whole = BigInt(Math.trunc(value));
  return whole < least || whole > greatest ? undefined : whole;
}

/** A conversion of a constant. `mnemonic` is that of the cast. */
export function foldCast(mnemonic: string, operation: Operation, constants: Constants): Folded {
  const convert = conversions[mnemonic];
  const type = operation.onlyResult.type;
  if (convert === undefined) return undefined;
  if (mnemonic === "truncf" && operation.attribute("roundingmode") !== undefined) return undefined;
  const from = elementOf(operation.operand(0).type);
  return foldElements(constants, type, (x) => convert(x!, from, elementOf(type)));
}

/** The same bits read as another type, for scalars that a host view holds. */
export function foldBitcast(operation: Operation, constants: Constants): Folded {
  const type = operation.onlyResult.type;
  const [known] = constants;
  if (operation.operand(0).type === type) return operation.operand(0);
  const view = new DataView(new ArrayBuffer(8));
  if (known instanceof FloatAttribute && !Number.isNaN(known.value)) {
    if (known.type.kind === "f32") {
      view.setFloat32(0, known.value);
      return foldElements([IntegerAttribute.get(view.getInt32(0))], type, (x) => x);
    }
    if (known.type.kind === "f64") {
      view.setFloat64(0, known.value);
      return foldElements([IntegerAttribute.get(view.getBigInt64(0))], type, (x) => x);
    }
  }
  if (known instanceof IntegerAttribute && type instanceof FloatType) {
    if (type.kind === "f32") view.setInt32(0, Number(BigInt.asIntN(32, known.value)));
    else if (type.kind === "f64") view.setBigInt64(0, known.value);
    else return undefined;
    const value = type.kind === "f32" ? view.getFloat32(0) : view.getFloat64(0);
    // The payload of a NaN would not survive.
    return Number.isNaN(value) ? undefined : FloatAttribute.get(value, type);
  }
  return undefined;
}
