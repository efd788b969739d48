/** Comparisons: of scalars to 0 or 1, of vectors to masks. */
import type { FloatPredicate, IntegerPredicate } from "../../../dialects/arith/flags.ts";
import { cmpf, cmpi } from "../../../dialects/arith/ops.ts";
import type { Operation } from "../../../ir/operation.ts";
import type { Expression } from "../binaryen.ts";
import { boolElement, type Element, maskElement } from "../element.ts";
import type { FunctionEmitter } from "../function-emitter.ts";
import { asMaskLanes } from "../lanes.ts";
import type { Part } from "../part.ts";
import { applyLanes, dataOf, widenHalf } from "./elementwise.ts";
import { asSigned, asUnsigned, fillsLanes, floatLanes, floats, integers, takeBoth } from "./scalars.ts";

const integerInstructions = {
  eq: "eq",
  ne: "ne",
  slt: "lt_s",
  sle: "le_s",
  sgt: "gt_s",
  sge: "ge_s",
  ult: "lt_u",
  ule: "le_u",
  ugt: "gt_u",
  uge: "ge_u",
} as const satisfies Record<IntegerPredicate, string>;

export function compareIntegers(
  emitter: FunctionEmitter,
  predicate: IntegerPredicate,
  operands: readonly Part[],
  element: Element,
): Expression {
  const read = predicate.startsWith("u") ? asUnsigned : asSigned;
  const [a, b] = takeBoth(emitter, operands);
  return integers(emitter, element)[integerInstructions[predicate]](
    read(emitter, element, a),
    read(emitter, element, b),
  );
}

const signedTwin = { ult: "slt", ule: "sle", ugt: "sgt", uge: "sge" } as const;

export function compareIntegerLanes(
  emitter: FunctionEmitter,
  predicate: IntegerPredicate,
  operands: readonly Part[],
  element: Element,
): Expression | undefined {
  if (!fillsLanes(element)) return undefined;
  const [a, b] = takeBoth(emitter, operands);
  const { i8x16, i16x8, i32x4, i64x2 } = emitter.m;
  if (element.laneBytes !== 8)
    return { 1: i8x16, 2: i16x8, 4: i32x4 }[element.laneBytes][integerInstructions[predicate]](a, b);
  switch (predicate) {
    case "ult":
    case "ule":
    case "ugt":
    case "uge": {
      // There is no unsigned comparison of 64-bit lanes: flipping the sign bits makes it a signed one.
      const flip = (value: Expression) =>
        emitter.m.v128.xor(value, emitter.m.i64x2.splat(emitter.m.i64.const(-(1n << 63n))));
      return i64x2[integerInstructions[signedTwin[predicate]]](flip(a), flip(b));
    }
    default:
      return i64x2[integerInstructions[predicate]](a, b);
  }
}

type Comparison = "eq" | "ne" | "lt" | "le" | "gt" | "ge";
/** Per predicate: the comparison, and whether its result is negated; the rest is handled apart. */
const floatComparisons: Readonly<Partial<Record<FloatPredicate, readonly [Comparison, boolean]>>> = {
  oeq: ["eq", false],
  ogt: ["gt", false],
  oge: ["ge", false],
  olt: ["lt", false],
  ole: ["le", false],
  une: ["ne", false],
  ugt: ["le", true],
  uge: ["lt", true],
  ult: ["ge", true],
  ule: ["gt", true],
};

interface TruthInstructions {
  readonly compare: (name: Comparison, a: Expression, b: Expression) => Expression;
  readonly and: (a: Expression, b: Expression) => Expression;
  readonly or: (a: Expression, b: Expression) => Expression;
  readonly not: (a: Expression) => Expression;
  readonly constant: (value: boolean) => Expression;
}

function compareFloats(
  emitter: FunctionEmitter,
  predicate: FloatPredicate,
  operands: readonly Part[],
  { compare, and, or, not, constant: always }: TruthInstructions,
): Expression {
  const simple = floatComparisons[predicate];
  if (simple !== undefined) {
    const compared = compare(simple[0], ...takeBoth(emitter, operands));
    return simple[1] ? not(compared) : compared;
  }
  const [a, b] = operands.map((operand) => emitter.share(operand));
  const read = (part: Part | undefined) => emitter.take(part!);
  const isLess = () => compare("lt", read(a), read(b));
  const isGreater = () => compare("gt", read(a), read(b));
  const isOrdered = () => and(compare("eq", read(a), read(a)), compare("eq", read(b), read(b)));
  switch (predicate) {
    case "one":
      return or(isLess(), isGreater());
    case "ueq":
      return not(or(isLess(), isGreater()));
    case "ord":
      return isOrdered();
    case "uno":
      return not(isOrdered());
    default:
      return always(predicate === "true");
  }
}

function emitCompareFloats(emitter: FunctionEmitter, operation: Operation): void {
  if (!cmpf.matches(operation)) return;
  const { predicate } = operation;
  const { m } = emitter;
  const operands = operation.operands.map((value) => widenHalf(emitter, dataOf(emitter, value)));
  const { element, shape } = operands[0]!;
  const computed = applyLanes(
    emitter,
    operation,
    {
      scalar: (_, parts) =>
        compareFloats(emitter, predicate, parts, {
          compare: (name, a, b) => floats(emitter, element)[name](a, b),
          and: m.i32.and,
          or: m.i32.or,
          not: m.i32.eqz,
          constant: (value) => m.i32.const(Number(value)),
        }),
      vector: (_, parts) =>
        compareFloats(emitter, predicate, parts, {
          compare: (name, a, b) => floatLanes(emitter, element)[name](a, b),
          and: m.v128.and,
          or: m.v128.or,
          not: m.v128.not,
          constant: (value) => m.v128.const(new Uint8Array(16).fill(value ? 255 : 0)),
        }),
    },
    operands,
    shape === undefined ? boolElement : maskElement(element.laneBytes),
  );
  emitter.define(operation.result, computed);
}

function emitCompareIntegers(emitter: FunctionEmitter, operation: Operation): void {
  if (!cmpi.matches(operation)) return;
  const { predicate } = operation;
  const operands = operation.operands.map((value) => dataOf(emitter, value));
  const { element, shape } = operands[0]!;
  const aligned = operands.map((data) => asMaskLanes(emitter, data, element.laneBytes));
  const computed = applyLanes(
    emitter,
    operation,
    {
      scalar: (_, parts) => compareIntegers(emitter, predicate, parts, element),
      vector: (_, parts) => compareIntegerLanes(emitter, predicate, parts, element),
    },
    aligned,
    shape === undefined ? boolElement : maskElement(element.laneBytes),
  );
  emitter.define(operation.result, computed);
}

export const comparisonEmitters: Readonly<Record<string, (emitter: FunctionEmitter, operation: Operation) => void>> = {
  "arith.cmpi": emitCompareIntegers,
  "arith.cmpf": emitCompareFloats,
};
