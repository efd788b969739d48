/**
 * Reductions over axes, the positions of extremes, and running sums and products. Floats are reduced in float64 and
 * rounded once; integers are reduced exactly and wrap at the end. Over no elements, a sum is 0, a product 1, a maximum the
 * lowest value of the element type (-∞ for floats), a minimum the highest, and a mean NaN (0 for integers).
 */

import type { TensorData } from "../../../ir/tensor-data.ts";
import { groupOffsets, normalizeAxes, normalizeAxis, product, type Shape } from "./broadcast.ts";
import {
  bigMaximum,
  bigMinimum,
  elementRange,
  isFloat,
  isWide,
  readBigInts,
  readNumbers,
  writeBigInts,
  writeNumbers,
} from "./values.ts";

type Numbers = Float64Array;

const sum = (values: Numbers): number => values.reduce((total, value) => total + value, 0);
const sumBig = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

// Subtracting the maximum first keeps the exponentials finite; an infinite maximum is the answer itself.
function logSumExp(values: Numbers): number {
  const highest = values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!Number.isFinite(highest)) return highest;
  return highest + Math.log(values.reduce((total, value) => total + Math.exp(value - highest), 0));
}

/** Each reduction on floats and on integers. Where `integer` is missing, integers are computed as floats and truncated. */
const reductions: Record<
  ReductionName,
  { float: (values: Numbers) => number; integer?: (values: readonly bigint[], x: TensorData) => bigint }
> = {
  reduce_sum: { float: sum, integer: sumBig },
  reduce_mean: {
    float: (values) => sum(values) / values.length,
    integer: (values) => (values.length === 0 ? 0n : sumBig(values) / BigInt(values.length)),
  },
  reduce_max: {
    float: (values) => values.reduce((a, b) => Math.max(a, b), -Infinity),
    integer: (values, x) => values.reduce(bigMaximum, BigInt(elementRange(x.element).lowest)),
  },
  reduce_min: {
    float: (values) => values.reduce((a, b) => Math.min(a, b), Infinity),
    integer: (values, x) => values.reduce(bigMinimum, BigInt(elementRange(x.element).highest)),
  },
  reduce_prod: {
    float: (values) => values.reduce((total, value) => total * value, 1),
    integer: (values) => values.reduce((total, value) => BigInt.asIntN(64, total * value), 1n),
  },
  reduce_l1: { float: (values) => sum(values.map(Math.abs)), integer: (values) => sumBig(values.map(magnitude)) },
  reduce_l2: { float: (values) => Math.sqrt(sum(values.map((value) => value * value))) },
  reduce_log_sum: { float: (values) => Math.log(sum(values)) },
  reduce_log_sum_exp: { float: logSumExp },
  reduce_sum_square: {
    float: (values) => sum(values.map((value) => value * value)),
    integer: (values) => sumBig(values.map((value) => value * value)),
  },
};

export const reductionNames = [
  "reduce_sum",
  "reduce_mean",
  "reduce_max",
  "reduce_min",
  "reduce_prod",
  "reduce_l1",
  "reduce_l2",
  "reduce_log_sum",
  "reduce_log_sum_exp",
  "reduce_sum_square",
] as const;
export type ReductionName = (typeof reductionNames)[number];

export interface ReduceAttributes {
  /** Negative axes count from the end; left out, all axes; the empty list reduces each element alone. */
  readonly axes?: readonly number[] | undefined;
  /** Keep reduced axes with size 1. True when left out. */
  readonly keep_dims?: boolean | undefined;
}

/** Result shape of `reduce`. */
export function reduceShape(op: string, input: Shape, { axes, keep_dims = true }: ReduceAttributes = {}): number[] {
  const reduced = normalizeAxes(op, axes, input.length);
  const sizes = input.map((size, axis) => (reduced.includes(axis) ? 1 : size));
  return keep_dims ? sizes : sizes.filter((_, axis) => !reduced.includes(axis));
}

/** Reduces `x` over `axes`. NaN propagates through every reduction, also maximum and minimum. */
export function reduce(name: ReductionName, x: TensorData, attributes: ReduceAttributes = {}): TensorData {
  const shape = reduceShape(name, x.shape, attributes);
  const { starts, steps } = groupOffsets(x.shape, normalizeAxes(name, attributes.axes, x.shape.length));
  const { float, integer } = reductions[name];
  if (integer && !isFloat(x.element)) {
    const values = readBigInts(x);
    const group = (start: number) =>
      integer(
        Array.from(steps, (step) => values[start + step]!),
        x,
      );
    return writeBigInts(Array.from(starts, group), shape, x.element);
  }
  const values = readNumbers(x);
  const members = new Float64Array(steps.length);
  const group = (start: number) => {
    for (let index = 0; index < steps.length; index++) members[index] = values[start + steps[index]!]!;
    return float(members);
  };
  return writeNumbers(Float64Array.from(starts, group), shape, x.element);
}

export interface ArgAttributes {
  readonly axis: number;
  /** True when left out. */
  readonly keep_dims?: boolean | undefined;
  /** Of equal extremes, take the last instead of the first. */
  readonly select_last_index?: boolean | undefined;
}

/** Result shape of `argmax` and `argmin`. */
export function argShape(op: string, input: Shape, { axis, keep_dims }: ArgAttributes): number[] {
  return reduceShape(op, input, { axes: [axis], keep_dims });
}

function argExtreme(op: string, x: TensorData, attributes: ArgAttributes, direction: 1 | -1): TensorData {
  const shape = argShape(op, x.shape, attributes);
  const { starts, steps } = groupOffsets(x.shape, [normalizeAxis(op, attributes.axis, x.shape.length)]);
  const values: ArrayLike<number | bigint> = isWide(x.element) ? x.data : readNumbers(x);
  const beats = (value: number | bigint, best: number | bigint): boolean => {
    // As in NumPy, a NaN is the extreme.
    if (Number.isNaN(value) || Number.isNaN(best)) {
      return Number.isNaN(value) && (!Number.isNaN(best) || attributes.select_last_index === true);
    }
    if (value === best) return attributes.select_last_index === true;
    return direction === 1 ? value > best : value < best;
  };
  const winners = Float64Array.from(starts, (start) => {
    let winner = 0;
    for (let index = 1; index < steps.length; index++) {
      if (beats(values[start + steps[index]!]!, values[start + steps[winner]!]!)) winner = index;
    }
    return winner;
  });
  return writeNumbers(winners, shape, "i64");
}

/** Index (i64) of the greatest element along `axis`. */
export function argmax(x: TensorData, attributes: ArgAttributes): TensorData {
  return argExtreme("argmax", x, attributes, 1);
}

/** Index (i64) of the least element along `axis`. */
export function argmin(x: TensorData, attributes: ArgAttributes): TensorData {
  return argExtreme("argmin", x, attributes, -1);
}

export interface CumulativeAttributes {
  readonly axis: number;
  /** Leave the element itself out of its running result. */
  readonly exclusive?: boolean | undefined;
  /** Run from the end. */
  readonly reverse?: boolean | undefined;
}

/** Running combination of the elements along an axis, kept in float64 or exact integers until written. */
function accumulate(
  op: string,
  x: TensorData,
  { axis, exclusive = false, reverse = false }: CumulativeAttributes,
  initial: number,
  combine: (a: number, b: number) => number,
  combineBig: (a: bigint, b: bigint) => bigint,
): TensorData {
  const along = normalizeAxis(op, axis, x.shape.length);
  const { starts, steps } = groupOffsets(x.shape, [along]);
  const ordered = reverse ? steps.toReversed() : steps;
  const run = <T>(values: ArrayLike<T>, results: { [index: number]: T }, first: T, join: (a: T, b: T) => T) => {
    for (const start of starts) {
      let total = first;
      for (const step of ordered) {
        const next = join(total, values[start + step]!);
        results[start + step] = exclusive ? total : next;
        total = next;
      }
    }
  };
  if (isFloat(x.element)) {
    const results = new Float64Array(product(x.shape));
    run(readNumbers(x), results, initial, combine);
    return writeNumbers(results, x.shape, x.element);
  }
  const results = new Array<bigint>(product(x.shape));
  run(readBigInts(x), results, BigInt(initial), (a, b) => BigInt.asIntN(64, combineBig(a, b)));
  return writeBigInts(results, x.shape, x.element);
}

/** Running sum along `axis`. */
export function cumsum(x: TensorData, attributes: CumulativeAttributes): TensorData {
  return accumulate(
    "cumsum",
    x,
    attributes,
    0,
    (a, b) => a + b,
    (a, b) => a + b,
  );
}

/** Running product along `axis`. */
export function cumprod(x: TensorData, attributes: CumulativeAttributes): TensorData {
  return accumulate(
    "cumprod",
    x,
    attributes,
    1,
    (a, b) => a * b,
    (a, b) => a * b,
  );
}
