/** Reference semantics of taking vectors apart and putting them together. */
import { type AttachedInterface, Evaluate } from "../../ir/interfaces.ts";
import { elementCount, type TensorData, zeros } from "../../ir/tensor-data.ts";
import { dynamicIndex } from "../upstream/constraints.ts";
import { broadcast, extract, insert, splat } from "./ops.ts";

/** Where the scalar or smaller vector at a position starts, and its shape. A position outside is an error. */
function partAt(shape: readonly number[], statics: readonly number[], dynamics: readonly TensorData[]) {
  const given = dynamics.values();
  let offset = 0;
  for (const [axis, fixed] of statics.entries()) {
    const position = fixed === dynamicIndex ? Number(given.next().value?.data[0]) : fixed;
    const size = shape[axis] ?? 0;
    if (!(position >= 0 && position < size)) throw new Error(`position ${position} is outside dimension ${axis}`);
    offset = offset * size + position;
  }
  const part = shape.slice(statics.length);
  return { start: offset * elementCount(part), part };
}

/** Copies `source` into `target` at an offset; both hold elements of one kind. */
function copyInto(target: TensorData, source: TensorData, offset: number): void {
  for (const [index, value] of source.data.entries()) target.data[offset + index] = value;
}

/** `source` repeated along leading and unit dimensions until it has the shape. */
function repeated(source: TensorData, shape: readonly number[]): TensorData {
  const made = zeros(shape, source.element);
  const lead = shape.length - source.shape.length;
  for (let index = 0; index < made.data.length; index++) {
    let rest = index;
    let from = 0;
    let stride = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const position = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
      const size = source.shape[axis - lead];
      if (size === undefined) continue;
      from += (size === 1 ? 0 : position) * stride;
      stride *= size;
    }
    made.data[index] = source.data[from]!;
  }
  return made;
}

export const vectorEvaluators: readonly AttachedInterface[] = [
  Evaluate.attach(extract, (operation, [source, ...dynamics]) => {
    const { shape, element, data } = source!;
    const { start, part } = partAt(shape, extract.cast(operation).static_position, dynamics);
    return [{ shape: part, element, data: data.slice(start, start + elementCount(part)) }];
  }),
  Evaluate.attach(insert, (operation, [source, dest, ...dynamics]) => {
    const { shape, element } = dest!;
    const { start } = partAt(shape, insert.cast(operation).static_position, dynamics);
    const made = zeros(shape, element);
    copyInto(made, dest!, 0);
    copyInto(made, source!, start);
    return [made];
  }),
  Evaluate.attach(broadcast, (operation, [source]) => [repeated(source!, broadcast.cast(operation).vector.type.shape)]),
  Evaluate.attach(splat, (operation, [source]) => [repeated(source!, splat.cast(operation).aggregate.type.shape)]),
];
