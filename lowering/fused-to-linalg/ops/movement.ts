/**
 * Ops that only move elements. What is only another view of the same bytes becomes a reshape or a slice; the rest is one
 * `linalg.generic` that copies through an indexing map, or, where source positions follow no affine rule, through tables
 * of indices.
 */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { concat } from "../../../dialects/tensor/upstream/ops.ts";
import { AffineMap, affineAdd, affineConstant, affineMul, dimension } from "../../../ir/affine-map.ts";
import type { Builder } from "../../../ir/builder.ts";
import type { Value } from "../../../ir/operation.ts";
import {
  collapse,
  elementOf,
  emptyTensor,
  expand,
  extractSlice,
  insertSlice,
  pad,
  pointwise,
  reshape,
  shapeOf,
  tableLookup,
} from "../emit.ts";
import { lowering } from "../lowering.ts";

/** Copies through a map from result positions to source positions. */
function copy(builder: Builder, source: Value, shape: readonly number[], map: AffineMap): Value {
  return pointwise(builder, {
    shape,
    element: elementOf(source),
    inputs: [{ value: source, map }],
    body: (_, [x]) => x!,
  });
}

/** Dimension d of the result is dimension `permutation[d]`. Where only dimensions of size 1 move, nothing is copied. */
export function transpose(builder: Builder, source: Value, permutation: readonly number[]): Value {
  const sizes = shapeOf(source);
  const shape = permutation.map((axis) => sizes[axis]!);
  const moved = permutation.filter((axis) => sizes[axis] !== 1);
  if (moved.every((axis, position) => position === 0 || axis > moved[position - 1]!))
    return reshape(builder, source, shape);
  const positions = sizes.map((_, axis) => permutation.indexOf(axis));
  return copy(builder, source, shape, AffineMap.projection(sizes.length, positions));
}

/** The elements in opposite order along `axes`. */
function reverse(builder: Builder, source: Value, axes: readonly number[]): Value {
  const shape = shapeOf(source);
  const flipped = axes.filter((axis) => shape[axis]! > 1);
  if (flipped.length === 0) return source;
  const positions = shape.map((size, axis) =>
    flipped.includes(axis) ? affineAdd(affineMul(dimension(axis), -1), affineConstant(size - 1)) : dimension(axis),
  );
  return copy(builder, source, shape, new AffineMap(shape.length, 0, positions));
}

const lowerReshape = lowering(tensor.staticReshape, (operation, [input], builder) => [
  reshape(builder, input!, operation.result.type.shape),
]);

const lowerTranspose = lowering(tensor.transpose, (operation, [input], builder) => [
  transpose(builder, input!, operation.permutation),
]);

const lowerBroadcast = lowering(tensor.broadcast, (operation, [input], builder) => {
  const { shape } = operation.result.type;
  if (shapeOf(input!).join() === shape.join()) return [input!];
  return [pointwise(builder, { shape, element: elementOf(input!), inputs: [{ value: input! }], body: (_, [x]) => x! })];
});

const lowerSlice = lowering(tensor.slice, (operation, [input], builder) => {
  const { starts, sizes, strides } = operation;
  // A dimension that is walked backward is cut out forward and then reversed.
  const backward = strides.flatMap((stride, axis) => (stride < 0 ? [axis] : []));
  const first = starts.map((start, axis) =>
    strides[axis]! < 0 ? start + Math.max(0, sizes[axis]! - 1) * strides[axis]! : start,
  );
  const steps = strides.map((stride, axis) => (sizes[axis]! <= 1 ? 1 : Math.abs(stride)));
  return [reverse(builder, extractSlice(builder, input!, first, sizes, steps), backward)];
});

const lowerReverse = lowering(tensor.reverse, (operation, [input], builder) => [
  reverse(builder, input!, operation.axes),
]);

/** The source index of each position of a padded dimension, for the modes that repeat elements. */
export function paddingTable(size: number, low: number, high: number, mode: "reflect" | "edge" | "wrap"): number[] {
  const crop = Math.max(0, -low);
  const kept = size - crop + Math.min(0, high);
  const modulo = (value: number, period: number) => ((value % period) + period) % period;
  return Array.from({ length: size + low + high }, (_, position) => {
    const index = position - Math.max(0, low);
    if (index >= 0 && index < kept) return crop + index;
    if (mode === "edge") return crop + (index < 0 ? 0 : kept - 1);
    if (mode === "wrap") return crop + modulo(index, kept);
    if (kept === 1) return crop;
    const reflected = modulo(index, 2 * (kept - 1));
    return crop + (reflected < kept ? reflected : 2 * (kept - 1) - reflected);
  });
}

const lowerPad = lowering(tensor.staticPad, (operation, [input], builder) => {
  const { low, high, mode, value } = operation;
  if (mode === "constant") return [pad(builder, input!, low, high, value)];
  const sizes = shapeOf(input!);
  const tables = sizes.map((size, axis) =>
    low[axis] === 0 && high[axis] === 0 ? undefined : paddingTable(size, low[axis]!, high[axis]!, mode),
  );
  return [tableLookup(builder, input!, tables)];
});

const lowerConcat = lowering(concat, (operation, operands, builder) => {
  const [first] = operands;
  if (operands.length === 1) return [first!];
  const { shape } = operation.result.type;
  let result = emptyTensor(builder, shape, elementOf(first!));
  let position = 0;
  for (const operand of operands) {
    const size = shapeOf(operand)[operation.dim]!;
    const offsets = shape.map((_, axis) => (axis === operation.dim ? position : 0));
    if (size > 0)
      result = insertSlice(
        builder,
        operand,
        result,
        offsets,
        shape.map(() => 1),
      );
    position += size;
  }
  return [result];
});

const lowerTile = lowering(tensor.tile, (operation, [input], builder) => {
  const sizes = shapeOf(input!);
  const { repeats } = operation;
  const target = operation.result.type.shape;
  if (target.includes(0)) return [emptyTensor(builder, target, elementOf(input!))];
  // [r0, d0, r1, d1, …], which collapses to the tiled shape.
  const shape: number[] = [];
  const positions: number[] = [];
  const groups: number[][] = [];
  for (const [axis, size] of sizes.entries()) {
    const repeat = repeats[axis]!;
    const start = shape.length;
    if (repeat > 1) shape.push(repeat);
    positions.push(shape.length);
    shape.push(size);
    groups.push(Array.from({ length: shape.length - start }, (_, each) => start + each));
  }
  const repeated = copy(builder, input!, shape, AffineMap.projection(shape.length, positions));
  return [collapse(builder, repeated, groups)];
});

const lowerDepthToSpace = lowering(tensor.depthToSpace, (operation, [input], builder) => {
  const b = operation.block_size;
  const [, , height, width] = shapeOf(input!) as [number, number, number, number];
  const [batch, channels] = operation.result.type.shape as [number, number];
  const isRowsFirst = operation.mode === "DCR";
  const split = isRowsFirst ? [batch, b, b, channels, height, width] : [batch, channels, b, b, height, width];
  const blocks = expand(builder, input!, [[0], [1, 2, 3], [4], [5]], split);
  const moved = transpose(builder, blocks, isRowsFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3]);
  return [collapse(builder, moved, [[0], [1], [2, 3], [4, 5]])];
});

const lowerSpaceToDepth = lowering(tensor.spaceToDepth, (operation, [input], builder) => {
  const b = operation.block_size;
  const [batch, channels] = shapeOf(input!) as [number, number];
  const [, , height, width] = operation.result.type.shape as [number, number, number, number];
  const blocks = expand(builder, input!, [[0], [1], [2, 3], [4, 5]], [batch, channels, height, b, width, b]);
  const moved = transpose(builder, blocks, [0, 3, 5, 1, 2, 4]);
  return [collapse(builder, moved, [[0], [1, 2, 3], [4], [5]])];
});

export const movementLowerings = [
  ...[lowerReshape, lowerTranspose, lowerBroadcast, lowerSlice, lowerReverse, lowerPad, lowerConcat, lowerTile],
  ...[lowerDepthToSpace, lowerSpaceToDepth],
];
