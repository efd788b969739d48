/**
 * Index arithmetic that all reference evaluators share. A tensor is a row-major array, so every operation that moves
 * elements is a list of offsets into that array: `stridedOffsets` gives the offsets of a strided view, `offsetGrid` those
 * of a view whose dimensions are arbitrary tables (padding, tiling, nearest-neighbour resizing).
 * Broadcasting is NumPy's: shapes are aligned at the last dimension, and a dimension of size 1 repeats.
 */

import { formatShape, ShapeError } from "./shape-error.ts";

export type Shape = readonly number[];

/** Marks a position of an `offsetGrid` that reads no element. */
export const OUTSIDE = -1;

/** Product of the sizes; 1 for the empty list. */
export function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}

/** Distance in elements between neighbours along each dimension of a dense row-major tensor. */
export function rowMajorStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let dimension = shape.length - 1; dimension >= 0; dimension--) {
    strides[dimension] = stride;
    stride *= shape[dimension]!;
  }
  return strides;
}

/** Resolves a negative axis (-1 is the last). Throws ShapeError outside [-rank, rank). */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new ShapeError(op, `an axis from ${-rank} to ${rank - 1} for rank ${rank}`, `axis ${axis}`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** Resolves a list of axes to ascending non-negative ones; `undefined` means all. Throws on a repeated axis. */
export function normalizeAxes(op: string, axes: readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const resolved = axes.map((axis) => normalizeAxis(op, axis, rank)).sort((a, b) => a - b);
  if (new Set(resolved).size !== resolved.length)
    throw new ShapeError(op, "each axis once", `axes ${formatShape(axes)}`);
  return resolved;
}

/** Throws unless both shapes are equal; `what` names the second in the message. */
export function requireShape(op: string, what: string, expected: Shape, found: Shape): void {
  if (expected.length === found.length && expected.every((size, index) => size === found[index])) return;
  throw new ShapeError(op, `${what} of shape ${formatShape(expected)}`, formatShape(found));
}

/** The shape that all `shapes` broadcast to. */
export function broadcastShapes(op: string, ...shapes: readonly Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    shape.forEach((size, index) => {
      const dimension = rank - shape.length + index;
      const known = result[dimension]!;
      if (known !== size && known !== 1 && size !== 1) {
        throw new ShapeError(op, "shapes that broadcast together", shapes.map(formatShape).join(" and "));
      }
      if (size !== 1) result[dimension] = size;
    });
  }
  return result;
}

/** Throws unless `shape` broadcasts to exactly `target`. */
export function requireBroadcastable(op: string, what: string, shape: Shape, target: Shape): void {
  const shift = target.length - shape.length;
  if (shift >= 0 && shape.every((size, index) => size === 1 || size === target[index + shift])) return;
  throw new ShapeError(op, `${what} that broadcasts to ${formatShape(target)}`, formatShape(shape));
}

/** Strides that read a tensor of `shape` as if it had shape `target`: 0 along repeated dimensions. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const strides = rowMajorStrides(shape);
  const shift = target.length - shape.length;
  return target.map((_, dimension) => {
    const own = dimension - shift;
    return own < 0 || shape[own] === 1 ? 0 : strides[own]!;
  });
}

/** Offsets of a tensor of `shape`, read as `target` by broadcasting, in row-major order of `target`. */
export function broadcastOffsets(shape: Shape, target: Shape): Int32Array {
  return stridedOffsets(target, broadcastStrides(shape, target));
}

/** A broadcast pair in runs along which each operand advances by one element or stays: how long they are, where each begins. */
export interface BroadcastRuns {
  readonly length: number;
  readonly steps: readonly [0 | 1, 0 | 1];
  readonly starts: readonly [Int32Array, Int32Array];
}

/** The longest runs in which two operands can be read as `target`, in row-major order of `target`. */
export function broadcastRuns(a: Shape, b: Shape, target: Shape): BroadcastRuns {
  const strides = [broadcastStrides(a, target), broadcastStrides(b, target)] as const;
  let length = 1;
  let first = target.length;
  const steps: [0 | 1, 0 | 1] = [0, 0];
  // Outwards as long as both operands go on as they began: dense, or not at all.
  for (let dimension = target.length - 1; dimension >= 0; dimension--) {
    const size = target[dimension]!;
    if (size === 1) {
      first = dimension;
      continue;
    }
    const found = strides.map((each) => (each[dimension] === 0 ? 0 : 1)) as [0 | 1, 0 | 1];
    if (length > 1 && (found[0] !== steps[0] || found[1] !== steps[1])) break;
    if (strides.some((each, operand) => found[operand] === 1 && each[dimension] !== length)) break;
    [steps[0], steps[1]] = found;
    length *= size;
    first = dimension;
  }
  const outer = target.slice(0, first);
  const starts = strides.map((each) => stridedOffsets(outer, each.slice(0, first)));
  return { length, steps, starts: [starts[0]!, starts[1]!] };
}

/** `start + Σ index[d] * strides[d]` for every index of `shape`, in row-major order. */
export function stridedOffsets(shape: Shape, strides: readonly number[], start = 0): Int32Array {
  let offsets = Int32Array.of(start);
  shape.forEach((size, dimension) => {
    const stride = strides[dimension]!;
    const finer = new Int32Array(offsets.length * size);
    let next = 0;
    // By index: iterating a typed array costs several times as much.
    for (let coarse = 0; coarse < offsets.length; coarse++) {
      const offset = offsets[coarse]!;
      for (let index = 0; index < size; index++) finer[next++] = offset + index * stride;
    }
    offsets = finer;
  });
  return offsets;
}

/**
 * Offsets of a view whose dimension `d` has `tables[d].length` positions, position `i` reading `tables[d][i]` (an index
 * along `d` of a tensor of shape `shape`). OUTSIDE in any dimension makes the element OUTSIDE.
 */
export function offsetGrid(shape: Shape, tables: readonly ArrayLike<number>[]): Int32Array {
  const strides = rowMajorStrides(shape);
  let offsets = Int32Array.of(0);
  tables.forEach((table, dimension) => {
    const stride = strides[dimension]!;
    const finer = new Int32Array(offsets.length * table.length);
    let next = 0;
    for (let coarse = 0; coarse < offsets.length; coarse++) {
      const offset = offsets[coarse]!;
      for (let position = 0; position < table.length; position++) {
        const index = table[position]!;
        finer[next++] = offset === OUTSIDE || index === OUTSIDE ? OUTSIDE : offset + index * stride;
      }
    }
    offsets = finer;
  });
  return offsets;
}

/**
 * Splits the elements of `shape` into groups that agree in all dimensions but `axes`: `starts` are the groups' first
 * offsets in row-major order of the other dimensions, `steps` what to add for each member, in row-major order of `axes`
 * (ascending).
 */
export function groupOffsets(shape: Shape, axes: readonly number[]): { starts: Int32Array; steps: Int32Array } {
  const strides = rowMajorStrides(shape);
  const kept = shape.map((_, dimension) => dimension).filter((dimension) => !axes.includes(dimension));
  const view = (dimensions: readonly number[]) =>
    stridedOffsets(
      dimensions.map((dimension) => shape[dimension]!),
      dimensions.map((dimension) => strides[dimension]!),
    );
  return { starts: view(kept), steps: view(axes) };
}
