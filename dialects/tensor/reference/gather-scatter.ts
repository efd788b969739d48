/**
 * Operations that read or write at positions held in other tensors. Indices may be any integer type; negative ones count
 * from the end. An index outside its dimension is an error (ShapeError), except in `one_hot`, where it marks nothing.
 */

import type { TensorData } from "../../../ir/tensor-data.ts";
import {
  groupOffsets,
  normalizeAxis,
  offsetGrid,
  product,
  requireShape,
  rowMajorStrides,
  type Shape,
  stridedOffsets,
} from "./broadcast.ts";
import { binary } from "./elementwise.ts";
import { formatShape, ShapeError } from "./shape-error.ts";
import { copyTensor, pick, place, readIntegers, readNumbers, requireSameElement } from "./values.ts";

/** Resolves indices into a dimension of `size`; throws for those outside [-size, size). */
function resolveIndices(op: string, indices: TensorData, size: number): Float64Array {
  return readIntegers(op, indices).map((index) => resolveIndex(op, index, size));
}

function resolveIndex(op: string, index: number, size: number): number {
  if (index < -size || index >= size) throw new ShapeError(op, `indices from ${-size} to ${size - 1}`, `${index}`);
  return index < 0 ? index + size : index;
}

/** Result shape of `take`: the indices' shape in place of dimension `axis`. */
export function takeShape(input: Shape, indices: Shape, { axis = 0 }: { axis?: number | undefined } = {}): number[] {
  const along = normalizeAxis("take", axis, input.length);
  return [...input.slice(0, along), ...indices, ...input.slice(along + 1)];
}

/** Slices of `x` along `axis` at `indices` (ONNX Gather). */
export function take(x: TensorData, indices: TensorData, { axis = 0 }: { axis?: number | undefined } = {}): TensorData {
  const along = normalizeAxis("take", axis, x.shape.length);
  const chosen = resolveIndices("take", indices, x.shape[along]!);
  const tables = x.shape.map((size, dimension) =>
    dimension === along ? chosen : Array.from({ length: size }, (_, i) => i),
  );
  return pick(x, takeShape(x.shape, indices.shape, { axis }), offsetGrid(x.shape, tables));
}

/** Result shape of `gatherElements`: the indices', whose other dimensions must not exceed the input's. */
export function gatherElementsShape(
  input: Shape,
  indices: Shape,
  { axis = 0 }: { axis?: number | undefined } = {},
  op = "gather_elements",
): number[] {
  const along = normalizeAxis(op, axis, input.length);
  const fits = (size: number, dimension: number) => dimension === along || size <= input[dimension]!;
  if (indices.length !== input.length || !indices.every(fits)) {
    throw new ShapeError(op, `indices within ${formatShape(input)} but for axis ${along}`, formatShape(indices));
  }
  return [...indices];
}

/** Per element of `indices`, the offset in a tensor of shape `input` with that element as its index along `axis`. */
function elementOffsets(op: string, input: Shape, indices: TensorData, axis: number): Int32Array {
  const along = normalizeAxis(op, axis, input.length);
  gatherElementsShape(input, indices.shape, { axis }, op);
  const strides = rowMajorStrides(input);
  const chosen = resolveIndices(op, indices, input[along]!);
  const others = strides.map((stride, dimension) => (dimension === along ? 0 : stride));
  return stridedOffsets(indices.shape, others).map((offset, index) => offset + chosen[index]! * strides[along]!);
}

/** result[i][j] = x[indices[i][j]][j] for axis 0, and so on (ONNX GatherElements). The result has the indices' shape. */
export function gatherElements(x: TensorData, indices: TensorData, { axis = 0 }: { axis?: number | undefined } = {}) {
  return pick(x, indices.shape, elementOffsets("gather_elements", x.shape, indices, axis));
}

/** Offsets of the slices that the tuples in the last dimension of `indices` point at. */
function tupleOffsets(op: string, input: Shape, indices: TensorData, batchDims: number): Int32Array {
  gatherNdShape(input, indices.shape, { batch_dims: batchDims }, op);
  const tupleLength = indices.shape.at(-1)!;
  const batch = input.slice(0, batchDims);
  const strides = rowMajorStrides(input);
  const values = readIntegers(op, indices);
  const tuples = product(indices.shape.slice(0, -1));
  const perBatch = tuples / product(batch);
  const batchOffsets = stridedOffsets(batch, strides.slice(0, batchDims));
  return Int32Array.from({ length: tuples }, (_, tuple) => {
    let offset = batchOffsets[Math.floor(tuple / perBatch)]!;
    for (let entry = 0; entry < tupleLength; entry++) {
      const dimension = batchDims + entry;
      const index = resolveIndex(op, values[tuple * tupleLength + entry]!, input[dimension]!);
      offset += index * strides[dimension]!;
    }
    return offset;
  });
}

/** Result shape of `gatherNd`: the indices' shape without its last dimension, then that of the slices pointed at. */
export function gatherNdShape(
  input: Shape,
  indices: Shape,
  { batch_dims = 0 }: { batch_dims?: number | undefined } = {},
  op = "gather_nd",
): number[] {
  const tupleLength = indices.at(-1);
  if (tupleLength === undefined || batch_dims >= indices.length || batch_dims + tupleLength > input.length) {
    throw new ShapeError(op, `index tuples of up to ${input.length - batch_dims}`, formatShape(indices));
  }
  requireShape(op, "indices with batch dimensions", input.slice(0, batch_dims), indices.slice(0, batch_dims));
  return [...indices.slice(0, -1), ...input.slice(batch_dims + tupleLength)];
}

/** Slices at the index tuples in the last dimension of `indices`; the first `batch_dims` dimensions go in step. */
export function gatherNd(
  x: TensorData,
  indices: TensorData,
  { batch_dims = 0 }: { batch_dims?: number | undefined } = {},
): TensorData {
  const starts = tupleOffsets("gather_nd", x.shape, indices, batch_dims);
  const sliceSize = product(x.shape.slice(batch_dims + indices.shape.at(-1)!));
  return pick(x, gatherNdShape(x.shape, indices.shape, { batch_dims }), sliceOffsets(starts, sliceSize));
}

function sliceOffsets(starts: Int32Array, sliceSize: number): Int32Array {
  return Int32Array.from({ length: starts.length * sliceSize }, (_, index) => {
    return starts[Math.floor(index / sliceSize)]! + (index % sliceSize);
  });
}

export type ScatterReduction = "none" | "add" | "mul" | "max" | "min";

const reductionOperations = { add: "add", mul: "mul", max: "maximum", min: "minimum" } as const;

/**
 * Writes or combines `updates[i]` at `targets[i]`, in order. Combining rounds to the element type after each update, as a
 * sequence of stores does.
 */
function scatter(x: TensorData, targets: Int32Array, updates: TensorData, reduction: ScatterReduction): TensorData {
  const result = copyTensor(x);
  if (reduction === "none") {
    place(updates, result, targets);
    return result;
  }
  // Each round combines at most one update per target, so that a round is one elementwise operation.
  const turns = new Map<number, number>();
  const rounds: number[][] = [];
  targets.forEach((target, update) => {
    const turn = turns.get(target) ?? 0;
    turns.set(target, turn + 1);
    rounds[turn] ??= [];
    rounds[turn].push(update);
  });
  for (const round of rounds) {
    const places = Int32Array.from(round, (update) => targets[update]!);
    const before = pick(result, [round.length], places);
    const update = pick(updates, [round.length], Int32Array.from(round));
    place(binary(reductionOperations[reduction], before, update), result, places);
  }
  return result;
}

/** Result shape of `scatterElements`: the input's. */
export function scatterElementsShape(
  input: Shape,
  indices: Shape,
  updates: Shape,
  { axis = 0 }: { axis?: number | undefined } = {},
): number[] {
  requireShape(
    "scatter_elements",
    "updates",
    gatherElementsShape(input, indices, { axis }, "scatter_elements"),
    updates,
  );
  return [...input];
}

/** `x` with result[indices[i][j]][j] = updates[i][j] for axis 0, and so on (ONNX ScatterElements). */
export function scatterElements(
  x: TensorData,
  indices: TensorData,
  updates: TensorData,
  { axis = 0, reduction = "none" }: { axis?: number | undefined; reduction?: ScatterReduction | undefined } = {},
): TensorData {
  const op = "scatter_elements";
  requireSameElement(op, x, updates);
  scatterElementsShape(x.shape, indices.shape, updates.shape, { axis });
  return scatter(x, elementOffsets(op, x.shape, indices, axis), updates, reduction);
}

/** Result shape of `scatterNd`: the input's. */
export function scatterNdShape(input: Shape, indices: Shape, updates: Shape): number[] {
  requireShape("scatter_nd", "updates", gatherNdShape(input, indices, {}, "scatter_nd"), updates);
  return [...input];
}

/** `x` with the slices at the index tuples in the last dimension of `indices` replaced by, or combined with, `updates`. */
export function scatterNd(
  x: TensorData,
  indices: TensorData,
  updates: TensorData,
  { reduction = "none" }: { reduction?: ScatterReduction | undefined } = {},
): TensorData {
  const op = "scatter_nd";
  requireSameElement(op, x, updates);
  scatterNdShape(x.shape, indices.shape, updates.shape);
  const starts = tupleOffsets(op, x.shape, indices, 0);
  const sliceSize = product(x.shape.slice(indices.shape.at(-1)!));
  return scatter(x, sliceOffsets(starts, sliceSize), updates, reduction);
}

/** Result shape of `compress` when `selected` entries of the condition are true. */
export function compressShape(input: Shape, selected: number, axis: number | undefined): number[] {
  if (axis === undefined) return [selected];
  const along = normalizeAxis("compress", axis, input.length);
  return input.map((size, dimension) => (dimension === along ? selected : size));
}

/** Slices along `axis` (elements of the flattened tensor without one) whose entry of the vector `condition` is true. */
export function compress(
  x: TensorData,
  condition: TensorData,
  { axis }: { axis?: number | undefined } = {},
): TensorData {
  if (condition.shape.length !== 1)
    throw new ShapeError("compress", "a condition of rank 1", formatShape(condition.shape));
  const flat = axis === undefined ? { ...x, shape: [x.data.length] } : x;
  const along = normalizeAxis("compress", axis ?? 0, flat.shape.length);
  const flags = readIntegers("compress", condition);
  if (flags.length > flat.shape[along]!) {
    throw new ShapeError("compress", `a condition of up to ${flat.shape[along]} entries`, `${flags.length}`);
  }
  const selected = Array.from(flags, (flag, index) => (flag === 0 ? -1 : index)).filter((index) => index >= 0);
  const tables = flat.shape.map((size, dimension) =>
    dimension === along ? selected : Array.from({ length: size }, (_, index) => index),
  );
  return pick(flat, compressShape(x.shape, selected.length, axis), offsetGrid(flat.shape, tables));
}

/** Result shape of `oneHot`. */
export function oneHotShape(
  indices: Shape,
  depth: number,
  { axis = -1 }: { axis?: number | undefined } = {},
): number[] {
  const position = normalizeAxis("one_hot", axis, indices.length + 1);
  return [...indices.slice(0, position), depth, ...indices.slice(position)];
}

/**
 * `values[1]` where the index along the new dimension `axis` of size `depth` equals the element of `indices`, else
 * `values[0]`. Negative indices count from the end; indices outside [-depth, depth) mark nothing. `indices` may be floats
 * with integer values.
 */
export function oneHot(
  indices: TensorData,
  depth: number,
  values: TensorData,
  { axis = -1 }: { axis?: number | undefined } = {},
): TensorData {
  requireShape("one_hot", "values [off, on]", [2], values.shape);
  const shape = oneHotShape(indices.shape, depth, { axis });
  const { starts, steps } = groupOffsets(shape, [normalizeAxis("one_hot", axis, shape.length)]);
  const choices = new Int32Array(product(shape));
  readNumbers(indices).forEach((index, position) => {
    const hot = index < 0 ? index + depth : index;
    const step = steps[hot];
    if (step !== undefined) choices[starts[position]! + step] = 1;
  });
  return pick(values, shape, choices);
}
