/**
 * A small language for writing elementary functions: f32 arithmetic, comparisons and bit patterns on one type (a scalar or a
 * vector; every lane alike). What stands in the function files reads like the formula, and each call builds one operation.
 *
 * No operation carries fast-math flags: the range reductions rely on every rounding being where it stands.
 */

import { scalarAttribute } from "../../dialects/arith/build.ts";
import type { FloatPredicate, IntegerPredicate } from "../../dialects/arith/flags.ts";
import {
  addf,
  addi,
  andi,
  bitcast,
  cmpf,
  cmpi,
  constant,
  divf,
  fptosi,
  mulf,
  muli,
  negf,
  ori,
  select,
  shli,
  shrsi,
  shrui,
  sitofp,
  subf,
  subi,
  uitofp,
  xori,
} from "../../dialects/arith/ops.ts";
import { absf, copysign, fma, sqrt, trunc } from "../../dialects/math/ops.ts";
import { withElement } from "../../dialects/upstream/constraints.ts";
import { at, type Builder } from "../../ir/builder.ts";
import type { Block, Operation, Value } from "../../ir/operation.ts";
import { f32, i32, type Type } from "../../ir/types.ts";

/** Constants at the head of a function, each once: loop bodies stay free of them. */
export class ConstantPool {
  readonly #block: Block;
  readonly #known = new Map<string, Value>();
  #last: Operation | undefined;

  constructor(block: Block) {
    this.#block = block;
  }

  get(builder: Builder, value: number, type: Type): Value {
    const key = `${Object.is(value, -0) ? "-0" : value} ${type}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const point = this.#last === undefined ? at.startOf(this.#block) : at.after(this.#last);
    const made = builder.within(point, () => builder.build(constant, { value: scalarAttribute(value, type) }));
    this.#last = made;
    this.#known.set(key, made.result);
    return made.result;
  }
}

/** f32 values and i32 bit patterns of one shape. Numbers given as operands are constants. */
export class FloatArithmetic {
  readonly builder: Builder;
  /** `f32` or a vector of it. */
  readonly type: Type;
  readonly integerType: Type;
  /** Whether `fma` rounds once. Where it does not, splittings of constants and products take its place. */
  readonly fused: boolean;
  readonly #pool: ConstantPool;

  constructor(builder: Builder, type: Type, pool: ConstantPool, fused: boolean) {
    this.builder = builder;
    this.type = withElement(type, f32);
    this.integerType = withElement(type, i32);
    this.fused = fused;
    this.#pool = pool;
  }

  float(value: Value | number): Value {
    return typeof value === "number" ? this.#pool.get(this.builder, value, this.type) : value;
  }
  integer(value: Value | number): Value {
    return typeof value === "number" ? this.#pool.get(this.builder, value, this.integerType) : value;
  }

  // ------------------------------------------------------------------------------------------------------- floats
  add(a: Value | number, b: Value | number): Value {
    return this.builder.build(addf, { lhs: this.float(a), rhs: this.float(b) }).result;
  }
  sub(a: Value | number, b: Value | number): Value {
    return this.builder.build(subf, { lhs: this.float(a), rhs: this.float(b) }).result;
  }
  mul(a: Value | number, b: Value | number): Value {
    return this.builder.build(mulf, { lhs: this.float(a), rhs: this.float(b) }).result;
  }
  div(a: Value | number, b: Value | number): Value {
    return this.builder.build(divf, { lhs: this.float(a), rhs: this.float(b) }).result;
  }
  neg(a: Value): Value {
    return this.builder.build(negf, { input: a }).result;
  }
  abs(a: Value): Value {
    return this.builder.build(absf, { input: a }).result;
  }
  sqrt(a: Value): Value {
    return this.builder.build(sqrt, { input: a }).result;
  }
  trunc(a: Value): Value {
    return this.builder.build(trunc, { input: a }).result;
  }
  copysign(magnitude: Value | number, sign: Value): Value {
    return this.builder.build(copysign, { lhs: this.float(magnitude), rhs: sign }).result;
  }
  /** `a * b + c`, rounded once where the target can. */
  fma(a: Value | number, b: Value | number, c: Value | number): Value {
    if (!this.fused) return this.add(this.mul(a, b), c);
    return this.builder.build(fma, { a: this.float(a), b: this.float(b), c: this.float(c) }).result;
  }
  /** `c0 + c1·x + c2·x² + …` by Horner's rule. */
  polynomial(x: Value, coefficients: readonly number[]): Value {
    const [highest = 0, ...rest] = [...coefficients].reverse();
    return rest.reduce<Value>((sum, coefficient) => this.fma(sum, x, coefficient), this.float(highest));
  }
  /** What rounding took from `product`, the rounded `a * b`. */
  productError(a: Value, b: Value, product: Value): Value {
    if (this.fused) return this.fma(a, b, this.neg(product));
    const [aHigh, aLow] = this.#halves(a);
    const [bHigh, bLow] = this.#halves(b);
    const first = this.add(this.sub(this.mul(aHigh, bHigh), product), this.mul(aHigh, bLow));
    return this.add(this.add(first, this.mul(aLow, bHigh)), this.mul(aLow, bLow));
  }
  /** Two summands of 12 bits each, whose products are exact. */
  #halves(a: Value): readonly [Value, Value] {
    const high = this.fromBits(this.and(this.bits(a), 0xfffff000 | 0));
    return [high, this.sub(a, high)];
  }

  // -------------------------------------------------------------------------------------------------- comparisons
  compare(predicate: FloatPredicate, a: Value | number, b: Value | number): Value {
    return this.builder.build(cmpf, { predicate, lhs: this.float(a), rhs: this.float(b) }).result;
  }
  select(condition: Value, a: Value | number, b: Value | number): Value {
    return this.builder.build(select, { condition, trueValue: this.float(a), falseValue: this.float(b) }).result;
  }
  both(a: Value, b: Value): Value {
    return this.builder.build(andi, { lhs: a, rhs: b }).result;
  }
  either(a: Value, b: Value): Value {
    return this.builder.build(ori, { lhs: a, rhs: b }).result;
  }
  differs(a: Value, b: Value): Value {
    return this.builder.build(xori, { lhs: a, rhs: b }).result;
  }
  /** max(x, limit), but NaN stays NaN. */
  atLeast(x: Value, limit: number): Value {
    return this.select(this.compare("olt", x, limit), limit, x);
  }
  /** min(x, limit), but NaN stays NaN. */
  atMost(x: Value, limit: number): Value {
    return this.select(this.compare("ogt", x, limit), limit, x);
  }
  isNaN(x: Value): Value {
    return this.compare("uno", x, x);
  }

  // ----------------------------------------------------------------------------------------------------- bit patterns
  bits(a: Value): Value {
    return this.builder.build(bitcast, { input: a, result: this.integerType }).result;
  }
  fromBits(a: Value): Value {
    return this.builder.build(bitcast, { input: a, result: this.type }).result;
  }
  iadd(a: Value | number, b: Value | number): Value {
    return this.builder.build(addi, { lhs: this.integer(a), rhs: this.integer(b) }).result;
  }
  isub(a: Value | number, b: Value | number): Value {
    return this.builder.build(subi, { lhs: this.integer(a), rhs: this.integer(b) }).result;
  }
  imul(a: Value | number, b: Value | number): Value {
    return this.builder.build(muli, { lhs: this.integer(a), rhs: this.integer(b) }).result;
  }
  and(a: Value | number, b: Value | number): Value {
    return this.builder.build(andi, { lhs: this.integer(a), rhs: this.integer(b) }).result;
  }
  or(a: Value | number, b: Value | number): Value {
    return this.builder.build(ori, { lhs: this.integer(a), rhs: this.integer(b) }).result;
  }
  xor(a: Value | number, b: Value | number): Value {
    return this.builder.build(xori, { lhs: this.integer(a), rhs: this.integer(b) }).result;
  }
  shiftLeft(a: Value | number, amount: Value | number): Value {
    return this.builder.build(shli, { lhs: this.integer(a), rhs: this.integer(amount) }).result;
  }
  /** Fills with zeros. */
  shiftRight(a: Value | number, amount: Value | number): Value {
    return this.builder.build(shrui, { lhs: this.integer(a), rhs: this.integer(amount) }).result;
  }
  /** Copies the sign. */
  shiftRightSigned(a: Value | number, amount: Value | number): Value {
    return this.builder.build(shrsi, { lhs: this.integer(a), rhs: this.integer(amount) }).result;
  }
  compareIntegers(predicate: IntegerPredicate, a: Value | number, b: Value | number): Value {
    return this.builder.build(cmpi, { predicate, lhs: this.integer(a), rhs: this.integer(b) }).result;
  }
  selectIntegers(condition: Value, a: Value | number, b: Value | number): Value {
    return this.builder.build(select, { condition, trueValue: this.integer(a), falseValue: this.integer(b) }).result;
  }
  fromSigned(a: Value): Value {
    return this.builder.build(sitofp, { input: a, result: this.type }).result;
  }
  fromUnsigned(a: Value): Value {
    return this.builder.build(uitofp, { input: a, result: this.type }).result;
  }
  /** Rounds towards zero; the value must fit. */
  toSigned(a: Value): Value {
    return this.builder.build(fptosi, { input: a, result: this.integerType }).result;
  }

  // ---------------------------------------------------------------------------------------------- rounding by adding
  /**
   * The nearest integer to `a * factor` (|…| < 2^22), as a float and as the bits of an integer plus `magicBits`: adding 1.5·2^23
   * shifts the fraction out, with no conversion that would be undefined for NaN.
   */
  roundProduct(a: Value, factor: number): { readonly float: Value; readonly bits: Value } {
    const shifted = this.fma(a, factor, magic);
    return { float: this.sub(shifted, magic), bits: this.bits(shifted) };
  }
  /** 2^n, for n in [-126, 127] given as an integer. */
  powerOfTwo(n: Value): Value {
    return this.fromBits(this.shiftLeft(this.iadd(n, 127), 23));
  }
}

const magic = 12582912;
/** The bit pattern of the number that `roundProduct` adds. */
export const magicBits = 0x4b400000;
