/**
 * Folds of arith and math ops: constants are computed, and neutral or absorbing operands removed. Every rule keeps the
 * exact result (signs of zeros too), unless the op's fast-math flags allow otherwise; the equation stands beside it.
 */
import { type Attribute, FloatAttribute, IntegerAttribute } from "../../ir/attributes.ts";
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

/** What a constant right operand (or both operands alike) makes of an integer operation. */
interface IntegerRules {
  /** x ∘ neutral = x. */
  readonly neutral?: bigint;
  /** x ∘ absorbing = absorbing. */
  readonly absorbing?: bigint;
  /** x ∘ x: the operand itself or a number. */
  readonly same?: "operand" | bigint;
}

const integerRules: { readonly [M in IntegerMnemonic]: IntegerRules } = {
  addi: { neutral: 0n },
  subi: { neutral: 0n, same: 0n },
  muli: { neutral: 1n, absorbing: 0n },
  divsi: { neutral: 1n },
  divui: { neutral: 1n },
  ceildivsi: { neutral: 1n },
  ceildivui: { neutral: 1n },
  floordivsi: { neutral: 1n },
  remsi: {},
  remui: {},
  andi: { neutral: -1n, absorbing: 0n, same: "operand" },
  ori: { neutral: 0n, absorbing: -1n, same: "operand" },
  xori: { neutral: 0n, same: 0n },
  shli: { neutral: 0n },
  shrsi: { neutral: 0n },
  shrui: { neutral: 0n },
  minsi: { same: "operand" },
  maxsi: { same: "operand" },
  minui: { same: "operand" },
  maxui: { same: "operand" },
};

const commutative: ReadonlySet<IntegerMnemonic> = new Set(["addi", "muli", "andi", "ori", "xori"]);

export function foldInteger(mnemonic: IntegerMnemonic, operation: Operation, constants: Constants): Folded {
  const type = operation.onlyResult.type;
  const lhs = operation.operand(0);
  const rhs = operation.operand(1);
  const { neutral, absorbing, same } = integerRules[mnemonic];
  if (lhs === rhs && same !== undefined) return same === "operand" ? lhs : constantOfType(same, type);
  const [left, right] = constants;
  if (left === undefined && right === undefined) return undefined;
  const folded = foldSmall(mnemonic, left, right, type);
  if (folded !== undefined) return folded;
  const width = widthOf(elementOf(type));
  // A width of one bit has -1 for 1.
  const isKnown = (wanted: bigint | undefined, known: Element) =>
    wanted !== undefined && BigInt.asIntN(width, wanted) === known;
  const rightValue = splatOf(right);
  if (rightValue !== undefined) {
    if (isKnown(neutral, rightValue)) return lhs;
    if (isKnown(absorbing, rightValue)) return rhs;
  }
  const leftValue = commutative.has(mnemonic) ? splatOf(left) : undefined;
  if (leftValue !== undefined) {
    if (isKnown(neutral, leftValue)) return rhs;
    if (isKnown(absorbing, leftValue)) return lhs;
  }
  if (left === undefined || right === undefined) return undefined;
  const compute = integerFunctions[mnemonic];
  return foldElements(constants, type, (a, b) => compute(BigInt(a!), BigInt(b!), width));
}

/** Two constants of at most 32 bits, by the host's integers; undefined where that is not enough. */
function foldSmall(
  mnemonic: IntegerMnemonic,
  left: Attribute | undefined,
  right: Attribute | undefined,
  type: Type,
): Attribute | undefined {
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

export function foldIntegerComparison(predicate: IntegerPredicate, operation: Operation, constants: Constants): Folded {
  const type = operation.onlyResult.type;
  const operandType = operation.operand(0).type;
  if (operation.operand(0) === operation.operand(1)) return constantOfType(reflexive.has(predicate) ? 1n : 0n, type);
  const width = widthOf(elementOf(operandType));
  const compare = integerComparisons[predicate];
  return foldElements(constants, type, (a, b) => (compare(BigInt(a!), BigInt(b!), width) ? 1n : 0n));
}

export function foldFloatComparison(predicate: FloatPredicate, operation: Operation, constants: Constants): Folded {
  const type = operation.onlyResult.type;
  if (predicate === "false" || predicate === "true") return constantOfType(predicate === "true" ? 1n : 0n, type);
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
