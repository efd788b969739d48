/** What a padding writes beside its source: the border alone where the inside is computed in place, else everything. */

import { constant } from "../../dialects/arith/ops.ts";
import { fillOp } from "../../dialects/linalg/build.ts";
import { subviewOf } from "../../dialects/memref/build.ts";
import { type PadOperation, yieldOperation } from "../../dialects/tensor/upstream/ops.ts";
import type { Builder } from "../../ir/builder.ts";
import { constantOf } from "../../ir/effects.ts";
import type { Value } from "../../ir/operation.ts";
import { asMemRef } from "../linalg-to-loops/emit/emit-memory.ts";
import type { Box } from "./storage.ts";

/** Fills the border of `buffer` (or all of it) with the padding's value. `scalar` gives the new function's value. */
export function writeBorder(
  operation: PadOperation,
  onlyBorder: boolean,
  buffer: Value,
  builder: Builder,
  scalar: (value: Value) => Value,
): void {
  const value = paddingValue(operation, builder, scalar);
  const memory = asMemRef(buffer);
  if (memory.type.count === 0) return;
  if (!onlyBorder) {
    fillOp(builder, value, memory);
    return;
  }
  for (const { offsets, sizes, strides } of borderBoxes(operation))
    fillOp(builder, value, subviewOf(builder, memory, offsets, sizes, strides));
}

function paddingValue(operation: PadOperation, builder: Builder, scalar: (value: Value) => Value): Value {
  const terminator = operation.region.onlyBlock.last;
  if (!yieldOperation.matches(terminator)) throw operation.error("expects a region that ends in tensor.yield");
  const { value } = terminator;
  const attribute = constantOf(value);
  if (attribute !== undefined) return builder.build(constant, { value: attribute }).result;
  if (value.parentBlock?.parentOperation === operation) {
    throw operation.error(
      "pads with values that depend on the position, which cannot be bufferised: use a linalg.generic",
    );
  }
  return scalar(value);
}

/** Disjoint boxes that together are the border: per axis what lies before and after, within the inside of earlier axes. */
export function borderBoxes(operation: PadOperation): Box[] {
  const { static_low: low, static_high: high, source, result } = operation;
  const { shape } = result.type;
  const boxes: Box[] = [];
  for (const axis of shape.keys()) {
    for (const [offset, size] of [
      [0, low[axis]!],
      [shape[axis]! - high[axis]!, high[axis]!],
    ] as const) {
      if (size === 0) continue;
      const offsets = shape.map((_, other) => (other < axis ? low[other]! : other === axis ? offset : 0));
      const sizes = shape.map((whole, other) =>
        other < axis ? source.type.shape[other]! : other === axis ? size : whole,
      );
      boxes.push({ offsets, sizes, strides: shape.map(() => 1) });
    }
  }
  return boxes;
}
