/**
 * Writing arithmetic on single elements: what stands in the body of a `linalg.generic`. The methods pick the float or
 * integer op by the operands' type; where signedness matters it is an argument. Constants are shared within one body.
 */
import {
  addf,
  addi,
  andi,
  cmpf,
  cmpi,
  constant,
  divf,
  divsi,
  divui,
  extf,
  extsi,
  extui,
  fptosi,
  indexCast,
  maximumf,
  maxsi,
  maxui,
  minimumf,
  minsi,
  minui,
  mulf,
  muli,
  negf,
  ori,
  remf,
  remsi,
  remui,
  scalarAttribute,
  select,
  shli,
  shrsi,
  shrui,
  sitofp,
  subf,
  subi,
  truncf,
  trunci,
  uitofp,
  xori,
} from "../../dialects/arith/index.ts";
import * as math from "../../dialects/math/index.ts";
import { FloatAttribute } from "../../ir/attributes.ts";
import type { Builder } from "../../ir/builder.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import { constantOf } from "../../ir/effects.ts";
import type { Value } from "../../ir/operation.ts";
import { FloatType, f64, IndexType, IntegerType, i1, i64, index, isFloat, type Type } from "../../ir/types.ts";
import { computeElement, isNarrow, isUnsigned, storageElement } from "./storage-types.ts";

export type Comparison = "eq" | "ne" | "lt" | "le" | "gt" | "ge";

/** NaN compares as unequal to everything. */
const floatPredicates = { eq: "oeq", ne: "une", lt: "olt", le: "ole", gt: "ogt", ge: "oge" } as const;
const signedPredicates = { eq: "eq", ne: "ne", lt: "slt", le: "sle", gt: "sgt", ge: "sge" } as const;
const unsignedPredicates = { eq: "eq", ne: "ne", lt: "ult", le: "ule", gt: "ugt", ge: "uge" } as const;

/** The functions of the math dialect with one float operand that lowerings use. */
const mathFunctions = {
  absf: math.absf,
  acos: math.acos,
  acosh: math.acosh,
  asin: math.asin,
  asinh: math.asinh,
  atan: math.atan,
  atanh: math.atanh,
  ceil: math.ceil,
  cos: math.cos,
  cosh: math.cosh,
  erf: math.erf,
  exp: math.exp,
  floor: math.floor,
  log: math.log,
  roundeven: math.roundeven,
  sin: math.sin,
  sinh: math.sinh,
  sqrt: math.sqrt,
  tan: math.tan,
  tanh: math.tanh,
} as const;
export type MathFunction = keyof typeof mathFunctions;

/** The greatest finite value of a float type that arithmetic is done in. */
export function greatestFinite(type: Type): number {
  return type === f64 ? Number.MAX_VALUE : 3.4028234663852886e38;
}

/** The least and greatest value of an element type; infinities for floats. */
export function elementLimits(element: Type): { readonly lowest: number | bigint; readonly highest: number | bigint } {
  if (!(element instanceof IntegerType)) return { lowest: Number.NEGATIVE_INFINITY, highest: Number.POSITIVE_INFINITY };
  const width = BigInt(element.width);
  return isUnsigned(element)
    ? { lowest: 0n, highest: (1n << width) - 1n }
    : { lowest: -(1n << (width - 1n)), highest: (1n << (width - 1n)) - 1n };
}

export class Scalars {
  readonly builder: Builder;
  readonly #constants = new Map<string, Value>();

  constructor(builder: Builder) {
    this.builder = builder;
  }

  #build(definition: AnyDefinition, operands: { readonly [name: string]: Value | Type }): Value {
    return this.builder.build(definition, operands).onlyResult;
  }

  constant(type: Type, value: number | bigint): Value {
    const exact = isFloat(type) ? Number(value) : typeof value === "bigint" ? value : BigInt(Math.trunc(value));
    const key = `${type} ${Object.is(exact, -0) ? "-0" : exact}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const made = this.builder.build(constant, { value: scalarAttribute(exact, type) }).result;
    this.#constants.set(key, made);
    return made;
  }

  /** A constant of the type of `like`. */
  like(like: Value, value: number | bigint): Value {
    return this.constant(like.type, value);
  }

  index(value: number): Value {
    return this.constant(index, value);
  }

  add(lhs: Value, rhs: Value): Value {
    return this.#build(isFloat(lhs.type) ? addf : addi, { lhs, rhs });
  }

  sub(lhs: Value, rhs: Value): Value {
    return this.#build(isFloat(lhs.type) ? subf : subi, { lhs, rhs });
  }

  mul(lhs: Value, rhs: Value): Value {
    if (lhs.type === i1) return this.and(lhs, rhs);
    return this.#build(isFloat(lhs.type) ? mulf : muli, { lhs, rhs });
  }

  /** The quotient; of integers truncated, and undefined for a divisor of 0 (see `safeDiv`). */
  div(lhs: Value, rhs: Value, unsigned = false): Value {
    return this.#build(isFloat(lhs.type) ? divf : unsigned ? divui : divsi, { lhs, rhs });
  }

  /** The remainder with the sign of `lhs`; of integers undefined for a divisor of 0. */
  rem(lhs: Value, rhs: Value, unsigned = false): Value {
    return this.#build(isFloat(lhs.type) ? remf : unsigned ? remui : remsi, { lhs, rhs });
  }

  neg(value: Value): Value {
    if (isFloat(value.type)) return this.builder.build(negf, { input: value }).result;
    return this.sub(this.like(value, 0), value);
  }

  /** The greater; NaN where either is. */
  max(lhs: Value, rhs: Value, unsigned = false): Value {
    return this.#build(isFloat(lhs.type) ? maximumf : unsigned ? maxui : maxsi, { lhs, rhs });
  }

  /** The lesser; NaN where either is. */
  min(lhs: Value, rhs: Value, unsigned = false): Value {
    return this.#build(isFloat(lhs.type) ? minimumf : unsigned ? minui : minsi, { lhs, rhs });
  }

  and(lhs: Value, rhs: Value): Value {
    return this.builder.build(andi, { lhs, rhs }).result;
  }

  or(lhs: Value, rhs: Value): Value {
    return this.builder.build(ori, { lhs, rhs }).result;
  }

  xor(lhs: Value, rhs: Value): Value {
    return this.builder.build(xori, { lhs, rhs }).result;
  }

  not(value: Value): Value {
    return this.xor(value, this.like(value, value.type === i1 ? 1 : -1));
  }

  shiftLeft(lhs: Value, rhs: Value): Value {
    return this.builder.build(shli, { lhs, rhs }).result;
  }

  shiftRight(lhs: Value, rhs: Value, unsigned: boolean): Value {
    return this.#build(unsigned ? shrui : shrsi, { lhs, rhs });
  }

  compare(comparison: Comparison, lhs: Value, rhs: Value, unsigned = false): Value {
    if (isFloat(lhs.type)) return this.builder.build(cmpf, { predicate: floatPredicates[comparison], lhs, rhs }).result;
    const predicate = (unsigned ? unsignedPredicates : signedPredicates)[comparison];
    return this.builder.build(cmpi, { predicate, lhs, rhs }).result;
  }

  isNan(value: Value): Value {
    return this.builder.build(cmpf, { predicate: "uno", lhs: value, rhs: value }).result;
  }

  select(condition: Value, trueValue: Value, falseValue: Value): Value {
    return this.builder.build(select, { condition, trueValue, falseValue }).result;
  }

  /** A function of the math dialect. */
  math(name: MathFunction, input: Value): Value {
    return this.builder.build(mathFunctions[name], { input }).result;
  }

  pow(lhs: Value, rhs: Value): Value {
    return this.#build(isFloat(lhs.type) ? math.powf : math.ipowi, { lhs, rhs });
  }

  atan2(lhs: Value, rhs: Value): Value {
    return this.builder.build(math.atan2, { lhs, rhs }).result;
  }

  copySign(magnitude: Value, sign: Value): Value {
    return this.builder.build(math.copysign, { lhs: magnitude, rhs: sign }).result;
  }

  /** An integer as an index, and back. */
  toIndex(value: Value): Value {
    if (value.type === index) return value;
    return this.builder.build(indexCast, { input: value, result: index }).result;
  }

  fromIndex(value: Value, type: Type): Value {
    if (type === index) return value;
    return this.builder.build(indexCast, { input: value, result: type }).result;
  }

  /** Between float types, and between signless integer types; `unsigned` says how to widen an integer. */
  resize(value: Value, type: Type, unsigned = false): Value {
    const from = value.type;
    if (from === type) return value;
    const known = constantOf(value);
    if (known instanceof FloatAttribute && isFloat(type)) return this.constant(type, known.value);
    if (from instanceof FloatType && type instanceof FloatType) {
      return this.#build(from.width < type.width ? extf : truncf, { input: value, result: type });
    }
    if (from instanceof IndexType || type instanceof IndexType)
      return this.builder.build(indexCast, { input: value, result: type }).result;
    if (!(from instanceof IntegerType) || !(type instanceof IntegerType))
      throw new Error(`cannot resize ${from} to ${type}`);
    if (from.width < type.width) return this.#build(unsigned ? extui : extsi, { input: value, result: type });
    return this.builder.build(trunci, { input: value, result: type }).result;
  }

  integerToFloat(value: Value, type: Type, unsigned: boolean): Value {
    return this.#build(unsigned ? uitofp : sitofp, { input: value, result: type });
  }

  /** Truncates toward zero; the value must fit. */
  floatToInteger(value: Value, type: Type): Value {
    return this.builder.build(fptosi, { input: value, result: type }).result;
  }

  /** A stored element of a logical type in the form that arithmetic works on. */
  load(value: Value, element: Type): Value {
    return isFloat(element) ? this.resize(value, computeElement(element)) : value;
  }

  /** The inverse of `load`: rounds floats, wraps integers of less than a byte. */
  store(value: Value, element: Type): Value {
    if (isFloat(element)) return this.resize(value, element);
    if (!isNarrow(element)) return value;
    if (isUnsigned(element)) return this.and(value, this.like(value, (1 << element.width) - 1));
    const unused = this.like(value, 8 - element.width);
    return this.shiftRight(this.shiftLeft(value, unused), unused, false);
  }

  /**
   * An element in compute form as another logical type, in compute form: floats to integers truncate toward zero and wrap
   * (NaN and infinities give 0), anything to i1 is x ≠ 0.
   */
  convert(value: Value, from: Type, to: Type): Value {
    if (from === to) return value;
    if (to === i1) return this.compare("ne", value, this.like(value, 0));
    if (isFloat(from) && isFloat(to)) return this.load(this.resize(value, to), to);
    if (isFloat(to)) return this.load(this.integerToFloat(value, to, isUnsigned(from)), to);
    const target = storageElement(to);
    if (!isFloat(from)) return this.store(this.resize(value, target, isUnsigned(from)), to);
    const limit = this.like(value, 2 ** 63);
    const fits = this.compare("lt", this.math("absf", value), limit);
    const wide = this.floatToInteger(this.select(fits, value, this.like(value, 0)), i64);
    return this.store(this.resize(wide, target), to);
  }
}
