/**
 * The ranges of integer results, from the ranges of the operands: for each op a rule on its signed and on its unsigned
 * bounds. A rule that cannot exclude an overflow gives nothing; both views together bound the result.
 */
import { ElementsAttribute, IntegerAttribute } from "../../ir/attributes.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import { type AttachedInterface, InferIntegerRanges, IntegerRange } from "../../ir/interfaces.ts";
import type { Operation } from "../../ir/operation.ts";
import { IndexType, IntegerType, type Type } from "../../ir/types.ts";
import { elementOrSelf } from "../upstream/constraints.ts";
import { elementAt, widthOf } from "./elements.ts";
import { type IntegerPredicate, integerPredicateAttribute, overflowAttribute } from "./flags.ts";
import * as ops from "./ops.ts";
import { type IntegerMnemonic, integerComparisons, integerFunctions } from "./scalar.ts";

type Bounds = readonly [least: bigint, greatest: bigint];
/** Bounds of the result; undefined: anything. They may leave the width: then the result may have wrapped. */
type Rule = (lhs: Bounds, rhs: Bounds, width: number) => Bounds | undefined;
interface Rules {
  readonly signed?: Rule;
  readonly unsigned?: Rule;
}

const lower = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const upper = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** For functions that are monotone in each operand (in either direction): the extremes are at the corners. */
const corners =
  (compute: (a: bigint, b: bigint) => bigint): Rule =>
  (lhs, rhs) => {
    const values = lhs.flatMap((a) => rhs.map((b) => compute(a, b)));
    return [values.reduce(lower), values.reduce(upper)];
  };

const guarded =
  (holds: (rhs: Bounds, width: number) => boolean, rule: Rule): Rule =>
  (lhs, rhs, width) =>
    holds(rhs, width) ? rule(lhs, rhs, width) : undefined;

const withoutZero = ([least, greatest]: Bounds): boolean => least > 0n || greatest < 0n;
const inWidth = ([least, greatest]: Bounds, width: number): boolean => least >= 0n && greatest < BigInt(width);

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return quotient * b !== a && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

const add: Rule = ([a, b], [c, d]) => [a + c, b + d];
const subtract: Rule = ([a, b], [c, d]) => [a - d, b - c];
const multiply = corners((a, b) => a * b);
const truncatedQuotient = guarded(
  withoutZero,
  corners((a, b) => a / b),
);
const roundedUp = guarded(
  withoutZero,
  corners((a, b) => -floorDivide(-a, b)),
);
const minimum: Rule = ([a, b], [c, d]) => [lower(a, c), lower(b, d)];
const maximum: Rule = ([a, b], [c, d]) => [upper(a, c), upper(b, d)];
/** All bits up to the highest one of `value`. */
const allBits = (value: bigint): bigint => (1n << BigInt(value.toString(2).length)) - 1n;

/** The remainder has the dividend's sign and is smaller than the divisor. */
const signedRemainder: Rule = ([a, b], [c, d]) => {
  const limit = upper(c < 0n ? -c : c, d < 0n ? -d : d) - 1n;
  return limit < 0n ? undefined : [a < 0n ? -lower(limit, -a) : 0n, b > 0n ? lower(limit, b) : 0n];
};
const unsignedRemainder: Rule = ([a, b], [c, d]) => {
  if (c > b) return [a, b];
  return d === 0n ? undefined : [0n, lower(b, d - 1n)];
};

const rules: { readonly [M in IntegerMnemonic]: Rules } = {
  addi: { signed: add, unsigned: add },
  subi: { signed: subtract, unsigned: subtract },
  muli: { signed: multiply, unsigned: multiply },
  divsi: { signed: truncatedQuotient },
  divui: { unsigned: truncatedQuotient },
  ceildivsi: { signed: roundedUp },
  ceildivui: { unsigned: roundedUp },
  floordivsi: { signed: guarded(withoutZero, corners(floorDivide)) },
  remsi: { signed: signedRemainder },
  remui: { unsigned: unsignedRemainder },
  andi: { unsigned: ([, b], [, d]) => [0n, lower(b, d)] },
  ori: { unsigned: ([a, b], [c, d]) => [upper(a, c), allBits(upper(b, d))] },
  xori: { unsigned: ([, b], [, d]) => [0n, allBits(upper(b, d))] },
  shli: {
    signed: guarded(
      inWidth,
      corners((a, b) => a << b),
    ),
    unsigned: guarded(
      inWidth,
      corners((a, b) => a << b),
    ),
  },
  shrsi: {
    signed: guarded(
      inWidth,
      corners((a, b) => a >> b),
    ),
  },
  shrui: {
    unsigned: guarded(
      inWidth,
      corners((a, b) => a >> b),
    ),
  },
  minsi: { signed: minimum },
  maxsi: { signed: maximum },
  minui: { unsigned: minimum },
  maxui: { unsigned: maximum },
};

const signedBounds = (range: IntegerRange): Bounds => [range.least, range.greatest];
const unsignedBounds = (range: IntegerRange): Bounds => [range.unsignedLeast, range.unsignedGreatest];
const elementWidth = (type: Type): number => widthOf(elementOrSelf(type));
const isInteger = (type: Type): boolean => {
  const element = elementOrSelf(type);
  return element instanceof IntegerType || element instanceof IndexType;
};

/** A result that would leave the width was cut to it if the op says that it does not wrap; else anything. */
function bounded(bounds: Bounds | undefined, all: Bounds, neverWraps: boolean): Bounds {
  if (bounds === undefined) return all;
  const [least, greatest] = bounds;
  if (least >= all[0] && greatest <= all[1]) return bounds;
  if (!neverWraps || least > all[1] || greatest < all[0]) return all;
  return [upper(least, all[0]), lower(greatest, all[1])];
}

function binaryRange(
  mnemonic: IntegerMnemonic,
  operation: Operation,
  lhs: IntegerRange,
  rhs: IntegerRange,
): IntegerRange {
  const { width } = lhs;
  const all = IntegerRange.full(width);
  const [a, b] = [lhs.onlyValue, rhs.onlyValue];
  if (a !== undefined && b !== undefined) {
    const value = integerFunctions[mnemonic](a, b, width);
    return value === undefined ? all : IntegerRange.constant(width, value);
  }
  const stated = operation.attribute("overflowFlags");
  const flags = stated === undefined ? [] : (overflowAttribute.decode(stated) ?? []);
  const { signed, unsigned } = rules[mnemonic];
  const asSigned = bounded(
    signed?.(signedBounds(lhs), signedBounds(rhs), width),
    signedBounds(all),
    flags.includes("nsw"),
  );
  const asUnsigned = bounded(
    unsigned?.(unsignedBounds(lhs), unsignedBounds(rhs), width),
    unsignedBounds(all),
    flags.includes("nuw"),
  );
  return IntegerRange.signed(width, ...asSigned).intersection(IntegerRange.unsigned(width, ...asUnsigned));
}

/** Whether a comparison is decided by the operands' ranges. */
export function decideComparison(
  predicate: IntegerPredicate,
  lhs: IntegerRange,
  rhs: IntegerRange,
): boolean | undefined {
  const less = ([, b]: Bounds, [c]: Bounds): boolean => b < c;
  const lessOrEqual = ([, b]: Bounds, [c]: Bounds): boolean => b <= c;
  const order = (a: Bounds, b: Bounds, strict: boolean): boolean | undefined => {
    if (strict ? less(a, b) : lessOrEqual(a, b)) return true;
    return (strict ? lessOrEqual(b, a) : less(b, a)) ? false : undefined;
  };
  const [a, b] = predicate.startsWith("u")
    ? [unsignedBounds(lhs), unsignedBounds(rhs)]
    : [signedBounds(lhs), signedBounds(rhs)];
  switch (predicate) {
    case "slt":
    case "ult":
      return order(a, b, true);
    case "sle":
    case "ule":
      return order(a, b, false);
    case "sgt":
    case "ugt":
      return order(b, a, true);
    case "sge":
    case "uge":
      return order(b, a, false);
    case "eq":
    case "ne": {
      const [x, y] = [lhs.onlyValue, rhs.onlyValue];
      if (x !== undefined && y !== undefined) return integerComparisons[predicate](x, y, lhs.width);
      const apart =
        less(signedBounds(lhs), signedBounds(rhs)) ||
        less(signedBounds(rhs), signedBounds(lhs)) ||
        less(unsignedBounds(lhs), unsignedBounds(rhs)) ||
        less(unsignedBounds(rhs), unsignedBounds(lhs));
      return apart ? predicate === "ne" : undefined;
    }
  }
}

/** The range of a narrower integer of the low bits. */
function truncated(range: IntegerRange, width: number): IntegerRange {
  return IntegerRange.signed(width, ...signedBounds(range)).intersection(
    IntegerRange.unsigned(width, ...unsignedBounds(range)),
  );
}

/** The range of the result of a cast, by its mnemonic. */
function castRange(isSigned: boolean, range: IntegerRange, width: number): IntegerRange {
  if (width < range.width) return truncated(range, width);
  if (width === range.width) return range;
  return isSigned
    ? IntegerRange.signed(width, ...signedBounds(range))
    : IntegerRange.unsigned(width, ...unsignedBounds(range));
}

/** The range of an integer constant, of all its elements together. */
function constantRange(operation: Operation): IntegerRange | undefined {
  const value = operation.attribute("value");
  const { type } = operation.onlyResult;
  if (!isInteger(type)) return undefined;
  const width = elementWidth(type);
  if (value instanceof IntegerAttribute) return IntegerRange.constant(width, value.value);
  if (!(value instanceof ElementsAttribute)) return undefined;
  if (value.splat !== undefined) return IntegerRange.constant(width, BigInt(value.splat));
  if (value.type.count > 1024 || value.type.count === 0) return undefined;
  const { value: data, type: shaped } = value;
  let range: IntegerRange | undefined;
  for (let position = 0; position < shaped.count; position++) {
    const each = IntegerRange.constant(width, BigInt(elementAt(data, position, shaped.element)));
    range = range?.union(each) ?? each;
  }
  return range;
}

function cast(definition: AnyDefinition, isSigned: boolean): AttachedInterface {
  return InferIntegerRanges.attach(definition, (operation, [input], set) => {
    const { type } = operation.onlyResult;
    if (input !== undefined && isInteger(type))
      set(operation.onlyResult, castRange(isSigned, input, elementWidth(type)));
  });
}

function definitionOf(mnemonic: string): AnyDefinition {
  const found = ops.arithOps.find((definition) => definition.name === `arith.${mnemonic}`);
  if (found === undefined) throw new Error(`there is no op arith.${mnemonic}`);
  return found;
}

const isMnemonic = (name: string): name is IntegerMnemonic => Object.hasOwn(rules, name);

export const arithRanges: readonly AttachedInterface[] = [
  ...Object.keys(rules)
    .filter(isMnemonic)
    .map((mnemonic) =>
      InferIntegerRanges.attach(definitionOf(mnemonic), (operation, [lhs, rhs], set) => {
        if (lhs !== undefined && rhs !== undefined)
          set(operation.onlyResult, binaryRange(mnemonic, operation, lhs, rhs));
      }),
    ),
  InferIntegerRanges.attach(ops.constant, (operation, _operands, set) => {
    const range = constantRange(operation);
    if (range !== undefined) set(operation.onlyResult, range);
  }),
  InferIntegerRanges.attach(ops.cmpi, (operation, [lhs, rhs], set) => {
    const stated = operation.attribute("predicate");
    const predicate = stated === undefined ? undefined : integerPredicateAttribute.decode(stated);
    if (lhs === undefined || rhs === undefined || predicate === undefined) return;
    const decided = decideComparison(predicate, lhs, rhs);
    set(
      operation.onlyResult,
      decided === undefined ? IntegerRange.full(1) : IntegerRange.constant(1, decided ? 1n : 0n),
    );
  }),
  InferIntegerRanges.attach(ops.select, (operation, [condition, whenTrue, whenFalse], set) => {
    if (whenTrue === undefined || whenFalse === undefined) return;
    const known = condition?.onlyValue;
    const chosen = known === undefined ? whenTrue.union(whenFalse) : known === 0n ? whenFalse : whenTrue;
    set(operation.onlyResult, chosen);
  }),
  cast(ops.extsi, true),
  cast(ops.extui, false),
  cast(ops.trunci, true),
  cast(ops.indexCast, true),
  cast(ops.indexCastUi, false),
];
