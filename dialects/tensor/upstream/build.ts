/** Short ways to build slices and padding. Indices may be numbers (known when compiling) or values. */
import type { Builder } from "../../../ir/builder.ts";
import type { OperationResult, Value } from "../../../ir/operation.ts";
import { dynamic, index, TensorType, type Type } from "../../../ir/types.ts";
import { indexValues } from "../../memref/build.ts";
import { type MixedIndex, splitIndices } from "../../upstream/constraints.ts";
import type { Reassociation } from "../../upstream/reshape.ts";
import { collapseShape, empty, expandShape, extractSlice, insertSlice, pad, sliceType, yieldOperation } from "./ops.ts";

type TensorValue = Value<TensorType>;

/** A tensor of unspecified contents. `sizes` has one value per dynamic dimension. */
export function emptyTensor(
  builder: Builder,
  shape: readonly number[],
  element: Type,
  sizes: readonly Value[] = [],
): OperationResult<TensorType> {
  return builder.build(empty, { dynamicSizes: indexValues(sizes), result: TensorType.get(shape, element) }).result;
}

/** A box of a tensor; `dropped` lists unit dimensions that the result leaves out. Strides of 1 unless given. */
export function sliceOf(
  builder: Builder,
  source: TensorValue,
  offsets: readonly MixedIndex[],
  sizes: readonly MixedIndex[],
  strides: readonly MixedIndex[] = sizes.map(() => 1),
  dropped: readonly number[] = [],
): OperationResult<TensorType> {
  const [start, size, step] = [splitIndices(offsets), splitIndices(sizes), splitIndices(strides)];
  return builder.build(extractSlice, {
    source,
    offsets: indexValues(start.dynamics),
    sizes: indexValues(size.dynamics),
    strides: indexValues(step.dynamics),
    static_offsets: start.statics,
    static_sizes: size.statics,
    static_strides: step.statics,
    result: sliceType(source.type, sizes, dropped),
  }).result;
}

/** `dest` with a box of it replaced by `source`. Strides of 1 unless given. */
export function insertSliceInto(
  builder: Builder,
  source: TensorValue,
  dest: TensorValue,
  offsets: readonly MixedIndex[],
  sizes: readonly MixedIndex[],
  strides: readonly MixedIndex[] = sizes.map(() => 1),
): OperationResult<TensorType> {
  const [start, size, step] = [splitIndices(offsets), splitIndices(sizes), splitIndices(strides)];
  return builder.build(insertSlice, {
    source,
    dest,
    offsets: indexValues(start.dynamics),
    sizes: indexValues(size.dynamics),
    strides: indexValues(step.dynamics),
    static_offsets: start.statics,
    static_sizes: size.statics,
    static_strides: step.statics,
  }).result;
}

/** A tensor with `low` elements before and `high` elements after in each dimension, all equal to `value`. */
export function padWith(
  builder: Builder,
  source: TensorValue,
  low: readonly MixedIndex[],
  high: readonly MixedIndex[],
  value: Value,
): OperationResult<TensorType> {
  const [before, after] = [splitIndices(low), splitIndices(high)];
  const shape = source.type.shape.map((size, axis) => {
    const [first, last] = [low[axis], high[axis]];
    return size === dynamic || typeof first !== "number" || typeof last !== "number" ? dynamic : size + first + last;
  });
  const region = builder.region(
    shape.map(() => index),
    () => {
      builder.build(yieldOperation, { value });
    },
  );
  return builder.build(pad, {
    source,
    low: indexValues(before.dynamics),
    high: indexValues(after.dynamics),
    static_low: before.statics,
    static_high: after.statics,
    region,
    result: TensorType.get(shape, source.type.element),
  }).result;
}

/** Merges groups of neighbouring dimensions. */
export function collapse(
  builder: Builder,
  src: TensorValue,
  reassociation: Reassociation,
): OperationResult<TensorType> {
  return builder.build(collapseShape, { src, reassociation }).result;
}

/** Splits dimensions into those of a static `shape`. */
export function expand(
  builder: Builder,
  src: TensorValue,
  reassociation: Reassociation,
  shape: readonly number[],
): OperationResult<TensorType> {
  return builder.build(expandShape, {
    src,
    output_shape: [],
    reassociation,
    static_output_shape: shape,
    result: TensorType.get(shape, src.type.element),
  }).result;
}
