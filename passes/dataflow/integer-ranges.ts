/**
 * Ranges of integers, as an analysis: between which bounds each value of an integer or index type lies, as a signed and as
 * an unsigned number. Operations are asked through InferIntegerRanges, loops for their counters through LoopLike.
 */
import { type Attribute, IntegerAttribute } from "../../ir/attributes.ts";
import { InferIntegerRanges, IntegerRange, LoopLike } from "../../ir/interfaces.ts";
import type { BlockArgument, Operation, Value } from "../../ir/operation.ts";
import { IndexType, IntegerType, ShapedType, type Type } from "../../ir/types.ts";
import type { Constants } from "./control-flow.ts";
import type { DataflowAnalysis, Solver } from "./solver.ts";
import { type FactQuery, sparseForward } from "./sparse-forward.ts";

/** A value without a range: not an integer. */
export type RangeFact = IntegerRange | "no integer";

/** The width of an integer, of an index (64), or of the elements of a shaped type; undefined for other types. */
export function integerWidthOf(type: Type): number | undefined {
  const element = type instanceof ShapedType ? type.element : type;
  if (element instanceof IntegerType) return element.width;
  return element instanceof IndexType ? 64 : undefined;
}

function unknownRange(value: Value): RangeFact {
  const width = integerWidthOf(value.type);
  return width === undefined ? "no integer" : IntegerRange.full(width);
}

const rangeOf = (fact: RangeFact | undefined): IntegerRange | undefined =>
  fact === undefined || fact === "no integer" ? undefined : fact;

export const integerRanges: DataflowAnalysis<RangeFact> = sparseForward<RangeFact>({
  name: "integer-ranges",
  lattice: {
    join: (a, b) => (a === "no integer" || b === "no integer" ? "no integer" : a.union(b)),
    equals: (a, b) => a === b || (a !== "no integer" && b !== "no integer" && a.equals(b)),
    widen: (older, newer) => (older === "no integer" || newer === "no integer" ? "no integer" : older.widen(newer)),
    print: String,
  },
  unknown: unknownRange,
  // A range of one number decides branches as a constant does.
  started: ({ controlFlow }, factOf) => {
    const known = controlFlow.constants;
    controlFlow.constants = (operation) => withRanges(operation, known(operation), factOf);
  },
  // Rules that know of overflow flags may know more of larger operands.
  accumulate: true,
  transfer: (operation, operands, factOf, { context }) => {
    const infer = context.implementation(InferIntegerRanges, operation);
    if (infer === undefined) return undefined;
    const found = new Map<Value, IntegerRange>();
    infer(
      operation,
      operands.map(rangeOf),
      (value, range) => found.set(value, range),
      (value) => rangeOf(factOf(value)),
    );
    return operation.results.map((result) => found.get(result) ?? unknownRange(result));
  },
  argument: inductionRange,
});

/** Constants, and where there is none the only number of a range; undefined while something is not known yet. */
function withRanges(
  operation: Operation,
  known: Constants | undefined,
  factOf: FactQuery<RangeFact>,
): Constants | undefined {
  if (known === undefined) return undefined;
  const found: (Attribute | undefined)[] = [];
  for (const [position, constant] of known.entries()) {
    const operand = operation.operand(position);
    const fact = factOf(operand);
    if (fact === undefined) return undefined;
    const { type } = operand;
    const only = constant === undefined ? rangeOf(fact)?.onlyValue : undefined;
    const isScalar = type instanceof IntegerType || type instanceof IndexType;
    found.push(only !== undefined && isScalar ? IntegerAttribute.get(only, type) : constant);
  }
  return found;
}

/**
 * The range of a loop's counter, from its first to its last value: it starts at the lower bound and stays below the upper
 * one. Anything for other arguments; undefined while the bounds are not known yet.
 */
function inductionRange(
  argument: BlockArgument,
  factOf: FactQuery<RangeFact>,
  { context }: Solver,
): RangeFact | undefined {
  const loop = argument.owner.parentOperation;
  const width = integerWidthOf(argument.type);
  if (loop === undefined || width === undefined) return unknownRange(argument);
  const variables = context.implementation(LoopLike, loop)?.inductionVariables?.(loop) ?? [];
  const variable = variables.find(({ value }) => value === argument);
  if (variable === undefined) return unknownRange(argument);
  const bound = (of: Value | bigint) =>
    typeof of === "bigint" ? IntegerRange.constant(width, of) : rangeOf(factOf(of));
  const [lower, upper] = [bound(variable.lower), bound(variable.upper)];
  if (lower === undefined || upper === undefined) return undefined;
  return upper.greatest <= lower.least
    ? IntegerRange.signed(width, lower.least, lower.least)
    : IntegerRange.signed(width, lower.least, upper.greatest - 1n);
}
