/**
 * Copies between buffers that are not dense, as loops over their outer dimensions around copies of dense rows (or of single elements
 * where even those are scattered).
 */
import { indexConstant } from "../../dialects/arith/build.ts";
import { indexValues, subviewOf } from "../../dialects/memref/build.ts";
import * as memref from "../../dialects/memref/ops.ts";
import { stridesOf } from "../../dialects/memref/types.ts";
import { loopNest } from "../../dialects/scf/build.ts";
import { at, Builder } from "../../ir/builder.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { MemRefType } from "../../ir/types.ts";
import { isDense } from "./memory-patterns.ts";

/** A copy between buffers of known rank. */
interface Copy {
  readonly operation: Operation;
  readonly source: Value<MemRefType>;
  readonly target: Value<MemRefType>;
}

function isRanked(value: Value): value is Value<MemRefType> {
  return value.type instanceof MemRefType;
}

/** How many trailing dimensions lie densely in memory. */
function denseSuffix(type: MemRefType): number {
  const strides = stridesOf(type)?.strides ?? [];
  let expected = 1;
  let count = 0;
  for (let axis = type.rank - 1; axis >= 0; axis--) {
    const size = type.shape[axis]!;
    if (size !== 1 && strides[axis] !== expected) break;
    expected *= size;
    count++;
  }
  return count;
}

function expandCopy({ operation, source, target }: Copy): void {
  const builder = new Builder(at.before(operation), operation.location);
  const rank = source.type.rank;
  const outer = rank - Math.min(denseSuffix(source.type), denseSuffix(target.type));
  const zero = indexConstant(builder, 0);
  const one = indexConstant(builder, 1);
  const sizes = source.type.shape.slice(0, outer).map((size) => indexConstant(builder, size));
  loopNest(
    builder,
    sizes.map(() => zero),
    sizes,
    sizes.map(() => one),
    (counters) => {
      if (outer === rank) {
        copyElement(builder, source, target, counters);
        return;
      }
      const [from, to] = [source, target].map((buffer) => rowOf(builder, buffer, counters));
      builder.build(memref.copy, { source: from!, target: to! });
    },
  );
  operation.erase();
}

function copyElement(
  builder: Builder,
  source: Value<MemRefType>,
  target: Value<MemRefType>,
  counters: readonly Value[],
): void {
  const indices = indexValues(counters);
  const value = builder.build(memref.load, { memref: source, indices }).result;
  builder.build(memref.store, { value, memref: target, indices });
}

/** The dense rest of a buffer at the outer indices. */
function rowOf(builder: Builder, buffer: Value<MemRefType>, counters: readonly Value[]): Value<MemRefType> {
  const { shape } = buffer.type;
  const offsets = shape.map((_, axis) => counters[axis] ?? 0);
  const sizes = shape.map((size, axis) => (axis < counters.length ? 1 : size));
  const dropped = counters.map((_, axis) => axis);
  const strides = shape.map(() => 1);
  return subviewOf(builder, buffer, offsets, sizes, strides, dropped);
}

/** Expands the copies inside `root` that one memcpy cannot do; returns whether there were any. */
export function expandCopies(root: Operation): boolean {
  const found: Copy[] = [];
  root.walk((operation) => {
    if (!memref.copy.matches(operation)) return;
    const [source, target]: readonly Value[] = operation.operands;
    if (source === undefined || target === undefined || !isRanked(source) || !isRanked(target)) return;
    if (!source.type.isStatic || !target.type.isStatic) return;
    if (stridesOf(source.type) === undefined || stridesOf(target.type) === undefined) return;
    if (!isDense(source.type) || !isDense(target.type)) found.push({ operation, source, target });
  });
  for (const copy of found) expandCopy(copy);
  return found.length > 0;
}
