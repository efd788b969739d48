/** Short ways to build views. Indices may be numbers (known when compiling) or values. */
import type { Builder } from "../../ir/builder.ts";
import type { OperationResult, Value } from "../../ir/operation.ts";
import { type IndexType, index, MemRefType, type Type } from "../../ir/types.ts";
import { type MixedIndex, splitIndices } from "../upstream/constraints.ts";
import { subview } from "./ops.ts";
import { subviewType } from "./types.ts";

/** `values` as a list of index values; an error where one is not of type `index`. */
export function indexValues(values: readonly Value[]): readonly Value<IndexType>[] {
  const other = values.find((value) => value.type !== index);
  if (other !== undefined) throw new Error(`expects values of type index, found ${other.type}`);
  return values.filter(isIndexValue);
}

function isIndexValue(value: Value): value is Value<IndexType> {
  return value.type === index;
}

export function isMemRefValue(value: Value): value is Value<MemRefType> {
  return value.type instanceof MemRefType;
}

/** A box of a buffer; `dropped` lists unit dimensions that the result leaves out. Strides of 1 unless given. */
export function subviewOf(
  builder: Builder,
  source: Value<MemRefType>,
  offsets: readonly MixedIndex[],
  sizes: readonly MixedIndex[],
  strides: readonly MixedIndex[] = sizes.map(() => 1),
  dropped: readonly number[] = [],
): OperationResult<MemRefType> {
  const [start, size, step] = [offsets, sizes, strides].map((list) => splitIndices(list));
  return builder.build(subview, {
    source,
    offsets: indexValues(start!.dynamics),
    sizes: indexValues(size!.dynamics),
    strides: indexValues(step!.dynamics),
    static_offsets: start!.statics,
    static_sizes: size!.statics,
    static_strides: step!.statics,
    result: subviewType(source.type, offsets, sizes, strides, dropped),
  }).result;
}

/** A dense buffer type. */
export function bufferType(shape: readonly number[], element: Type): MemRefType {
  return MemRefType.get(shape, element);
}
