/** Pleasant ways to build loops and conditions: bodies are functions from values to yielded values. */
import type { Builder } from "../../ir/builder.ts";
import { type OperationResult, Region, type Value } from "../../ir/operation.ts";
import { type IndexType, type IntegerType, i1, index, type Type } from "../../ir/types.ts";
import {
  condition,
  type ForOperation,
  forOperation,
  type IfOperation,
  ifOperation,
  type ParallelOperation,
  parallel,
  reduce,
  typesOf,
  whileOperation,
  yieldOperation,
} from "./ops.ts";

/**
 * `for (i = lower; i < upper; i += step)` with carried values. The body gets the counter and the carried values and
 * returns their next values (nothing for a loop that carries none).
 */
export function forLoop(
  builder: Builder,
  lowerBound: Value,
  upperBound: Value,
  step: Value,
  initial: readonly Value[],
  body: (counter: Value, carried: readonly Value[]) => readonly Value[] | undefined,
): ForOperation {
  const region = builder.region([lowerBound.type, ...typesOf(initial)], ([counter, ...carried]) => {
    const next = body(counter!, carried);
    builder.build(yieldOperation, { inputs: next ?? [] });
  });
  return builder.build(forOperation, { lowerBound, upperBound, step, initArgs: initial, region });
}

/** Loops nested in order, outermost first, without carried values. */
export function loopNest(
  builder: Builder,
  lowerBounds: readonly Value[],
  upperBounds: readonly Value[],
  steps: readonly Value[],
  body: (counters: readonly Value[]) => void,
): void {
  const enter = (depth: number, counters: readonly Value[]): void => {
    const lower = lowerBounds[depth];
    const upper = upperBounds[depth];
    const step = steps[depth];
    if (lower === undefined || upper === undefined || step === undefined) {
      body(counters);
      return;
    }
    forLoop(builder, lower, upper, step, [], (counter) => {
      enter(depth + 1, [...counters, counter]);
      return undefined;
    });
  };
  enter(0, []);
}

/** Loops nested in order with carried values; the innermost body returns the next values. Gives the final values. */
export function carryingLoopNest(
  builder: Builder,
  lowerBounds: readonly Value[],
  upperBounds: readonly Value[],
  steps: readonly Value[],
  initial: readonly Value[],
  body: (counters: readonly Value[], carried: readonly Value[]) => readonly Value[],
): readonly Value[] {
  const enter = (depth: number, counters: readonly Value[], carried: readonly Value[]): readonly Value[] => {
    const lower = lowerBounds[depth];
    const upper = upperBounds[depth];
    const step = steps[depth];
    if (lower === undefined || upper === undefined || step === undefined) return body(counters, carried);
    return forLoop(builder, lower, upper, step, carried, (counter, inner) =>
      enter(depth + 1, [...counters, counter], inner),
    ).outputs;
  };
  return enter(0, [], initial);
}

/** `if (condition) then else otherwise`. The result types are those of what `then` returns. */
export function ifThenElse(
  builder: Builder,
  decision: Value,
  then: () => readonly Value[] | undefined,
  otherwise?: () => readonly Value[] | undefined,
): IfOperation {
  let types: readonly Type[] = [];
  const branch = (body: () => readonly Value[] | undefined) =>
    builder.region([], () => {
      const yielded = body() ?? [];
      types = typesOf(yielded);
      builder.build(yieldOperation, { inputs: yielded });
    });
  const thenRegion = branch(then);
  const outputs = types;
  const elseRegion = otherwise === undefined ? new Region() : branch(otherwise);
  return builder.build(ifOperation, { condition: asBool(decision), outputs, thenRegion, elseRegion });
}

function asBool(value: Value): Value<IntegerType> {
  if (!isBool(value)) throw new Error(`expects a condition of type i1, found ${value.type}`);
  return value;
}

function isBool(value: Value): value is Value<IntegerType> {
  return value.type === i1;
}

function isIndex(value: Value): value is Value<IndexType> {
  return value.type === index;
}

function asIndices(values: readonly Value[]): readonly Value<IndexType>[] {
  const other = values.find((value) => value.type !== index);
  if (other !== undefined) throw new Error(`expects values of type index, found ${other.type}`);
  return values.filter(isIndex);
}

/**
 * `while`: `before` computes the condition and what it hands to `after` (and out of the loop); `after` gives the next
 * values for `before`.
 */
export function whileLoop(
  builder: Builder,
  initial: readonly Value[],
  before: (carried: readonly Value[]) => { readonly condition: Value; readonly values: readonly Value[] },
  after: (values: readonly Value[]) => readonly Value[],
): readonly OperationResult[] {
  let types: readonly Type[] = [];
  const beforeRegion = builder.region(typesOf(initial), (args) => {
    const decision = before(args);
    types = typesOf(decision.values);
    builder.build(condition, { condition: asBool(decision.condition), args: decision.values });
  });
  const afterRegion = builder.region(types, (args) => {
    builder.build(yieldOperation, { inputs: after(args) });
  });
  return builder.build(whileOperation, { inits: initial, outputs: types, before: beforeRegion, after: afterRegion })
    .outputs;
}

/** A parallel loop nest without reductions. */
export function parallelLoop(
  builder: Builder,
  lowerBounds: readonly Value[],
  upperBounds: readonly Value[],
  steps: readonly Value[],
  body: (counters: readonly Value[]) => void,
): ParallelOperation {
  const region = builder.region(
    lowerBounds.map(() => index),
    (counters) => {
      body(counters);
      builder.build(reduce, { inputs: [], reductions: [] });
    },
  );
  return builder.build(parallel, {
    lowerBound: asIndices(lowerBounds),
    upperBound: asIndices(upperBounds),
    step: asIndices(steps),
    initVals: [],
    region,
  });
}
