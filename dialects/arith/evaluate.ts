/** Reference semantics of arith on scalars: what MLIR's documentation and LLVM's instructions say. Undefined results are 0. */

import { requireElementName } from "../../ir/attributes.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import type { AttachedInterface } from "../../ir/interfaces.ts";
import type { Operation } from "../../ir/operation.ts";
import { type ElementName, elementsFromBytes, zeros } from "../../ir/tensor-data.ts";
import type { Type } from "../../ir/types.ts";
import { elementOrSelf } from "../upstream/constraints.ts";
import {
  asUnsigned,
  integerWidth,
  readScalar,
  roundFloat,
  type Scalar,
  scalarSemantics,
  wrapInteger,
  writeScalar,
} from "../upstream/scalar-evaluation.ts";
import type { FloatPredicate, IntegerPredicate } from "./flags.ts";
import * as ops from "./ops.ts";

type IntegerFunction = (a: bigint, b: bigint, type: Type) => bigint;

const integer = (definition: AnyDefinition, apply: IntegerFunction): readonly AttachedInterface[] =>
  scalarSemantics(definition, (operation, [a, b]) => {
    const { type } = operation.onlyResult;
    return [wrapInteger(apply(BigInt(a!), BigInt(b!), type), type)];
  });
const unsigned = (definition: AnyDefinition, apply: IntegerFunction): readonly AttachedInterface[] =>
  integer(definition, (a, b, type) => apply(asUnsigned(a, type), asUnsigned(b, type), type));
const float = (definition: AnyDefinition, apply: (a: number, b: number) => number): readonly AttachedInterface[] =>
  scalarSemantics(definition, (operation, [a, b]) => [
    roundFloat(apply(Number(a), Number(b)), operation.onlyResult.type),
  ]);

const floorDivide = (a: bigint, b: bigint): bigint => {
  if (b === 0n) return 0n;
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
};
/** Maximum (direction 1) or minimum (-1); NaN where either is, and -0 below +0. */
const extreme = (direction: 1 | -1) => (a: number, b: number) => (direction === 1 ? Math.max(a, b) : Math.min(a, b));
/** The other operand where one is NaN. */
const extremeNumber = (direction: 1 | -1) => (a: number, b: number) =>
  Number.isNaN(a) ? b : Number.isNaN(b) ? a : extreme(direction)(a, b);

/** A shift by the width or more is undefined. */
const shift =
  (apply: IntegerFunction): IntegerFunction =>
  (a, b, type) =>
    asUnsigned(b, type) >= BigInt(integerWidth(type)) ? 0n : apply(a, b, type);

function compareIntegers(predicate: IntegerPredicate, a: bigint, b: bigint, type: Type): boolean {
  const [x, y] = predicate.startsWith("u")
    ? [asUnsigned(a, type), asUnsigned(b, type)]
    : [signed(a, type), signed(b, type)];
  switch (predicate) {
    case "eq":
      return x === y;
    case "ne":
      return x !== y;
    case "slt":
    case "ult":
      return x < y;
    case "sle":
    case "ule":
      return x <= y;
    case "sgt":
    case "ugt":
      return x > y;
    case "sge":
    case "uge":
      return x >= y;
  }
}

/** As a signed number: the one of `i1` is -1. */
function signed(value: bigint, type: Type): bigint {
  return BigInt.asIntN(integerWidth(type), value);
}

function compareFloats(predicate: FloatPredicate, a: number, b: number): boolean {
  if (predicate === "false" || predicate === "true") return predicate === "true";
  const isUnordered = Number.isNaN(a) || Number.isNaN(b);
  if (predicate === "ord" || predicate === "uno") return (predicate === "uno") === isUnordered;
  if (isUnordered) return predicate.startsWith("u");
  const comparisons = { eq: a === b, ne: a !== b, gt: a > b, ge: a >= b, lt: a < b, le: a <= b };
  const how = predicate.slice(1);
  return how === "eq" || how === "ne" || how === "gt" || how === "ge" || how === "lt" || how === "le"
    ? comparisons[how]
    : a !== b;
}

const truth = (condition: boolean): bigint => (condition ? 1n : 0n);
const toInteger = (value: Scalar): bigint => (Number.isFinite(Number(value)) ? BigInt(Math.trunc(Number(value))) : 0n);

/** The bits of a scalar as another type of the same width. */
function reinterpret(value: Scalar, from: Type, to: Type): Scalar {
  const source = zeros([1], requireElementName(elementOrSelf(from)));
  writeScalar(source, 0, value);
  const element: ElementName = requireElementName(elementOrSelf(to));
  const bytes = new Uint8Array(source.data.buffer);
  return readScalar({ shape: [1], element, data: elementsFromBytes(element, bytes) }, 0);
}

const cast = (
  definition: AnyDefinition,
  apply: (value: Scalar, from: Type, to: Type) => Scalar,
): readonly AttachedInterface[] =>
  scalarSemantics(definition, (operation: Operation, [value]) => [
    apply(value!, operation.operand(0).type, operation.onlyResult.type),
  ]);
const extended = (
  definition: AnyDefinition,
  read: (value: bigint, type: Type) => bigint,
): readonly AttachedInterface[] =>
  scalarSemantics(definition, (operation, [a, b]) => {
    const { type } = operation.operand(0);
    const product = read(BigInt(a!), type) * read(BigInt(b!), type);
    return [wrapInteger(product, type), wrapInteger(product >> BigInt(integerWidth(type)), type)];
  });

export const arithEvaluators: readonly AttachedInterface[] = [
  ...integer(ops.addi, (a, b) => a + b),
  ...integer(ops.subi, (a, b) => a - b),
  ...integer(ops.muli, (a, b) => a * b),
  ...integer(ops.divsi, (a, b) => (b === 0n ? 0n : a / b)),
  ...unsigned(ops.divui, (a, b) => (b === 0n ? 0n : a / b)),
  ...integer(ops.ceildivsi, (a, b) => -floorDivide(-a, b)),
  ...unsigned(ops.ceildivui, (a, b) => -floorDivide(-a, b)),
  ...integer(ops.floordivsi, floorDivide),
  ...integer(ops.remsi, (a, b) => (b === 0n ? 0n : a % b)),
  ...unsigned(ops.remui, (a, b) => (b === 0n ? 0n : a % b)),
  ...integer(ops.andi, (a, b) => a & b),
  ...integer(ops.ori, (a, b) => a | b),
  ...integer(ops.xori, (a, b) => a ^ b),
  ...integer(
    ops.shli,
    shift((a, b) => a << b),
  ),
  ...integer(
    ops.shrsi,
    shift((a, b, type) => signed(a, type) >> b),
  ),
  ...unsigned(
    ops.shrui,
    shift((a, b) => a >> b),
  ),
  ...integer(ops.minsi, (a, b, type) => (signed(a, type) < signed(b, type) ? a : b)),
  ...integer(ops.maxsi, (a, b, type) => (signed(a, type) > signed(b, type) ? a : b)),
  ...unsigned(ops.minui, (a, b) => (a < b ? a : b)),
  ...unsigned(ops.maxui, (a, b) => (a > b ? a : b)),
  ...float(ops.addf, (a, b) => a + b),
  ...float(ops.subf, (a, b) => a - b),
  ...float(ops.mulf, (a, b) => a * b),
  ...float(ops.divf, (a, b) => a / b),
  ...float(ops.remf, (a, b) => a % b),
  ...float(ops.maximumf, extreme(1)),
  ...float(ops.minimumf, extreme(-1)),
  ...float(ops.maxnumf, extremeNumber(1)),
  ...float(ops.minnumf, extremeNumber(-1)),
  ...float(ops.negf, (a) => -a),
  ...scalarSemantics(ops.adduiExtended, (operation, [a, b]) => {
    const { type } = operation.operand(0);
    const sum = asUnsigned(BigInt(a!), type) + asUnsigned(BigInt(b!), type);
    return [wrapInteger(sum, type), truth(sum >> BigInt(integerWidth(type)) !== 0n)];
  }),
  ...extended(ops.mulsiExtended, signed),
  ...extended(ops.muluiExtended, asUnsigned),
  ...scalarSemantics(ops.cmpi, (operation, [a, b]) => [
    truth(compareIntegers(ops.cmpi.cast(operation).predicate, BigInt(a!), BigInt(b!), operation.operand(0).type)),
  ]),
  ...scalarSemantics(ops.cmpf, (operation, [a, b]) => [
    truth(compareFloats(ops.cmpf.cast(operation).predicate, Number(a), Number(b))),
  ]),
  ...scalarSemantics(ops.select, (_, [condition, a, b]) => [condition === 0n ? b! : a!]),
  ...cast(ops.extf, (value) => value),
  ...cast(ops.truncf, (value, _, to) => roundFloat(Number(value), to)),
  ...cast(ops.extsi, (value, from, to) => wrapInteger(signed(BigInt(value), from), to)),
  ...cast(ops.extui, (value, from, to) => wrapInteger(asUnsigned(BigInt(value), from), to)),
  ...cast(ops.trunci, (value, _, to) => wrapInteger(BigInt(value), to)),
  ...cast(ops.sitofp, (value, from, to) => roundFloat(Number(signed(BigInt(value), from)), to)),
  ...cast(ops.uitofp, (value, from, to) => roundFloat(Number(asUnsigned(BigInt(value), from)), to)),
  ...cast(ops.fptosi, (value, _, to) => wrapInteger(toInteger(value), to)),
  ...cast(ops.fptoui, (value, _, to) => wrapInteger(toInteger(value), to)),
  ...cast(ops.indexCast, (value, from, to) => wrapInteger(signed(BigInt(value), from), to)),
  ...cast(ops.indexCastUi, (value, from, to) => wrapInteger(asUnsigned(BigInt(value), from), to)),
  ...cast(ops.bitcast, reinterpret),
];
