/**
 * Ranges of integers of a fixed width, seen as unsigned and as signed numbers at once (MLIR's ConstantIntRanges), and the
 * interface by which an op infers its results' ranges from its operands'.
 */
import type { Operation, Value } from "../operation.ts";
import { OpInterface } from "./op-interface.ts";

/** Bounds, all included. `least`/`greatest` are signed; widths go from 0 bits (one value) up. */
export class IntegerRange {
  readonly width: number;
  readonly unsignedLeast: bigint;
  readonly unsignedGreatest: bigint;
  readonly least: bigint;
  readonly greatest: bigint;

  private constructor(width: number, unsignedLeast: bigint, unsignedGreatest: bigint, least: bigint, greatest: bigint) {
    this.width = width;
    this.unsignedLeast = unsignedLeast;
    this.unsignedGreatest = unsignedGreatest;
    this.least = least;
    this.greatest = greatest;
  }

  static readonly #full = new Map<number, IntegerRange>();

  /** Every value of the width. */
  static full(width: number): IntegerRange {
    let range = IntegerRange.#full.get(width);
    if (range === undefined) {
      range = IntegerRange.#makeFull(width);
      IntegerRange.#full.set(width, range);
    }
    return range;
  }

  static #makeFull(width: number): IntegerRange {
    const half = width === 0 ? 0n : 1n << BigInt(width - 1);
    return new IntegerRange(width, 0n, (1n << BigInt(width)) - 1n, -half, width === 0 ? 0n : half - 1n);
  }

  /** One value, given as a signed or an unsigned number. */
  static constant(width: number, value: bigint): IntegerRange {
    const unsigned = BigInt.asUintN(width, value);
    const signed = BigInt.asIntN(width, value);
    return new IntegerRange(width, unsigned, unsigned, signed, signed);
  }

  /** Values between two signed bounds; everything where they are out of order or beyond the width. */
  static signed(width: number, least: bigint, greatest: bigint): IntegerRange {
    const all = IntegerRange.full(width);
    if (least > greatest || least < all.least || greatest > all.greatest) return all;
    const sameSign = least >= 0n || greatest < 0n;
    return new IntegerRange(
      width,
      sameSign ? BigInt.asUintN(width, least) : 0n,
      sameSign ? BigInt.asUintN(width, greatest) : all.unsignedGreatest,
      least,
      greatest,
    );
  }

  /** Values between two unsigned bounds; everything where they are out of order or beyond the width. */
  static unsigned(width: number, least: bigint, greatest: bigint): IntegerRange {
    const all = IntegerRange.full(width);
    if (least > greatest || least < 0n || greatest > all.unsignedGreatest) return all;
    const sameHalf = greatest <= all.greatest || least > all.greatest;
    return new IntegerRange(
      width,
      least,
      greatest,
      sameHalf ? BigInt.asIntN(width, least) : all.least,
      sameHalf ? BigInt.asIntN(width, greatest) : all.greatest,
    );
  }

  get isFull(): boolean {
    const all = IntegerRange.full(this.width);
    return (
      this.least === all.least &&
      this.greatest === all.greatest &&
      this.unsignedLeast === 0n &&
      this.unsignedGreatest === all.unsignedGreatest
    );
  }

  /** The only value, as a signed number; undefined where there are several. */
  get onlyValue(): bigint | undefined {
    if (this.unsignedLeast === this.unsignedGreatest) return BigInt.asIntN(this.width, this.unsignedLeast);
    return this.least === this.greatest ? this.least : undefined;
  }

  equals(other: IntegerRange): boolean {
    return (
      this.width === other.width &&
      this.unsignedLeast === other.unsignedLeast &&
      this.unsignedGreatest === other.unsignedGreatest &&
      this.least === other.least &&
      this.greatest === other.greatest
    );
  }

  /** The smallest range that holds both. */
  union(other: IntegerRange): IntegerRange {
    return new IntegerRange(
      this.width,
      smaller(this.unsignedLeast, other.unsignedLeast),
      larger(this.unsignedGreatest, other.unsignedGreatest),
      smaller(this.least, other.least),
      larger(this.greatest, other.greatest),
    );
  }

  /** The union, where each bound that moved goes to its end: after that it does not move again. */
  widen(other: IntegerRange): IntegerRange {
    const all = IntegerRange.full(this.width);
    return new IntegerRange(
      this.width,
      other.unsignedLeast < this.unsignedLeast ? all.unsignedLeast : this.unsignedLeast,
      other.unsignedGreatest > this.unsignedGreatest ? all.unsignedGreatest : this.unsignedGreatest,
      other.least < this.least ? all.least : this.least,
      other.greatest > this.greatest ? all.greatest : this.greatest,
    );
  }

  /** What both hold; `this` where they exclude each other (such code does not run). */
  intersection(other: IntegerRange): IntegerRange {
    const unsignedLeast = larger(this.unsignedLeast, other.unsignedLeast);
    const unsignedGreatest = smaller(this.unsignedGreatest, other.unsignedGreatest);
    const least = larger(this.least, other.least);
    const greatest = smaller(this.greatest, other.greatest);
    if (unsignedLeast > unsignedGreatest || least > greatest) return this;
    return new IntegerRange(this.width, unsignedLeast, unsignedGreatest, least, greatest);
  }

  toString(): string {
    return `unsigned [${this.unsignedLeast}, ${this.unsignedGreatest}] signed [${this.least}, ${this.greatest}]`;
  }
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/**
 * Infers ranges: `operands` are the ranges of the operands (undefined: not an integer); `set` states the range of a result
 * or of an argument of a block inside (a loop's counter). Values that are not set are unknown.
 */
export type InferIntegerRangesImplementation = (
  operation: Operation,
  operands: readonly (IntegerRange | undefined)[],
  set: (value: Value, range: IntegerRange) => void,
  /** The range of any other value, where it is known already. */
  rangeOf: (value: Value) => IntegerRange | undefined,
) => void;
export const InferIntegerRanges = new OpInterface<InferIntegerRangesImplementation>("infer-integer-ranges");
