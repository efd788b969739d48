/** Short ways to build vector operations. */
import type { Builder } from "../../ir/builder.ts";
import type { OperationResult, Value } from "../../ir/operation.ts";
import { VectorType } from "../../ir/types.ts";
import { indexValues } from "../memref/build.ts";
import { type MixedIndex, splitIndices } from "../upstream/constraints.ts";
import { extract, insert } from "./ops.ts";

export function isVectorValue(value: Value): value is Value<VectorType> {
  return value.type instanceof VectorType;
}

/** The scalar or smaller vector at a position. */
export function extractAt(
  builder: Builder,
  vector: Value<VectorType>,
  position: readonly MixedIndex[],
): OperationResult {
  const { statics, dynamics } = splitIndices(position);
  return builder.build(extract, { vector, dynamic_position: indexValues(dynamics), static_position: statics }).result;
}

/** `vector` with the scalar or smaller vector at a position replaced. */
export function insertAt(
  builder: Builder,
  source: Value,
  vector: Value<VectorType>,
  position: readonly MixedIndex[],
): OperationResult<VectorType> {
  const { statics, dynamics } = splitIndices(position);
  return builder.build(insert, {
    source,
    dest: vector,
    dynamic_position: indexValues(dynamics),
    static_position: statics,
  }).result;
}
