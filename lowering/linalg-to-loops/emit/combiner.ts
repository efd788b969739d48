/** How the bodies of reductions combine an element with what came before, where that may be done in any order. */
import {
  addf,
  addi,
  andi,
  maximumf,
  maxnumf,
  maxsi,
  maxui,
  minimumf,
  minnumf,
  minsi,
  minui,
  mulf,
  muli,
  ori,
  xori,
} from "../../../dialects/arith/ops.ts";
import type { CombiningKind } from "../../../dialects/vector/ops.ts";
import type { Operation, Value } from "../../../ir/operation.ts";
import { FloatType, IntegerType, type Type } from "../../../ir/types.ts";
import type { StructuredOperation } from "../../linalg-transforms/structured.ts";

interface CombinerRule {
  readonly kind: CombiningKind;
  /** The element that changes nothing; undefined for types that have none. */
  readonly neutral: (type: Type) => number | bigint | undefined;
}

const ones = (type: Type) => (type instanceof IntegerType ? -1n : undefined);
const largest = (type: Type) => (type instanceof IntegerType ? (1n << BigInt(type.width - 1)) - 1n : undefined);
const smallest = (type: Type) => (type instanceof IntegerType ? -(1n << BigInt(type.width - 1)) : undefined);
const zero = () => 0;
const one = () => 1;
const floatLimit = (limit: number) => (type: Type) => (type instanceof FloatType ? limit : undefined);

/** The associative and commutative operations with a neutral element. */
const rules: ReadonlyMap<string, CombinerRule> = new Map<string, CombinerRule>([
  [addf.name, { kind: "add", neutral: zero }],
  [addi.name, { kind: "add", neutral: zero }],
  [mulf.name, { kind: "mul", neutral: one }],
  [muli.name, { kind: "mul", neutral: one }],
  [maximumf.name, { kind: "maximumf", neutral: floatLimit(Number.NEGATIVE_INFINITY) }],
  [minimumf.name, { kind: "minimumf", neutral: floatLimit(Number.POSITIVE_INFINITY) }],
  [maxnumf.name, { kind: "maxnumf", neutral: floatLimit(Number.NEGATIVE_INFINITY) }],
  [minnumf.name, { kind: "minnumf", neutral: floatLimit(Number.POSITIVE_INFINITY) }],
  [maxsi.name, { kind: "maxsi", neutral: smallest }],
  [minsi.name, { kind: "minsi", neutral: largest }],
  [maxui.name, { kind: "maxui", neutral: zero }],
  [minui.name, { kind: "minui", neutral: ones }],
  [andi.name, { kind: "and", neutral: ones }],
  [ori.name, { kind: "or", neutral: zero }],
  [xori.name, { kind: "xor", neutral: zero }],
]);

/** `accumulator' = operation(accumulator, element)` for one output of a reduction. */
export interface Combiner {
  readonly operation: Operation;
  readonly kind: CombiningKind;
  readonly neutral: number | bigint;
  /** The operand beside the accumulator; it depends on no accumulator. */
  readonly element: Value;
}

/** The combiner of every output, or undefined where one has none (an arg-max, an exponential average). */
export function combinersOf(structured: StructuredOperation): readonly Combiner[] | undefined {
  const accumulators = structured.body.arguments.slice(structured.inputs.length);
  const yielded = structured.body.last?.operands ?? [];
  const dependent = dependentValues(accumulators);
  const combiners: Combiner[] = [];
  for (const [position, accumulator] of accumulators.entries()) {
    const operation = yielded[position]?.definer;
    const rule = operation === undefined ? undefined : rules.get(operation.name);
    if (operation === undefined || rule === undefined || !accumulator.hasOneUse) return undefined;
    const [lhs, rhs] = operation.operands;
    const element = lhs === accumulator ? rhs : rhs === accumulator ? lhs : undefined;
    const neutral = rule.neutral(accumulator.type);
    if (element === undefined || dependent.has(element) || neutral === undefined) return undefined;
    combiners.push({ operation, kind: rule.kind, neutral, element });
  }
  return combiners;
}

/** All values of a body that are computed from `sources`, these included. */
export function dependentValues(sources: readonly Value[]): ReadonlySet<Value> {
  const dependent = new Set<Value>(sources);
  for (const value of dependent) {
    for (const user of value.users) for (const result of user.results) dependent.add(result);
  }
  return dependent;
}
