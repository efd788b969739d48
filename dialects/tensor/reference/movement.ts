/**
 * Operations that only move elements: each computes where every result element comes from and picks it, so all element
 * types go through bit by bit.
 */

import type { TensorData } from "../../../ir/tensor-data.ts";
import { zeros } from "../../../ir/tensor-data.ts";
import {
  broadcastStrides,
  normalizeAxis,
  OUTSIDE,
  offsetGrid,
  product,
  requireBroadcastable,
  requireShape,
  rowMajorStrides,
  type Shape,
  stridedOffsets,
} from "./broadcast.ts";
import { ElementTypeError, formatShape, ShapeError } from "./shape-error.ts";
import { pick, pickRows, place, readIntegers, withShape } from "./values.ts";

/** 0, 1, …, length - 1. */
const ascending = (length: number): number[] => Array.from({ length }, (_, index) => index);

/** Checks a new shape for the same number of elements. All sizes are given; -1 and 0 have no special meaning. */
export function reshapeShape(input: Shape, shape: Shape): number[] {
  if (product(input) !== product(shape) || shape.some((size) => !Number.isInteger(size) || size < 0)) {
    throw new ShapeError("reshape", `a shape of ${product(input)} elements`, formatShape(shape));
  }
  return [...shape];
}

/** The same elements in row-major order under another shape. */
export function reshape(x: TensorData, shape: Shape): TensorData {
  return withShape("reshape", x, reshapeShape(x.shape, shape));
}

/** Result shape of `transpose`. */
export function transposeShape(input: Shape, permutation: readonly number[]): number[] {
  const sorted = [...permutation].sort((a, b) => a - b);
  if (sorted.length !== input.length || sorted.some((axis, index) => axis !== index)) {
    throw new ShapeError("transpose", `a permutation of ${input.length} axes`, formatShape(permutation));
  }
  return permutation.map((axis) => input[axis]!);
}

/** Dimension `d` of the result is dimension `permutation[d]` of `x`. */
export function transpose(x: TensorData, permutation: readonly number[]): TensorData {
  const shape = transposeShape(x.shape, permutation);
  const strides = rowMajorStrides(x.shape);
  const permuted = permutation.map((axis) => strides[axis]!);
  return pickRows(x, shape, stridedOffsets(shape.slice(0, -1), permuted.slice(0, -1)), permuted.at(-1) ?? 1);
}

/** Checks that `input` broadcasts to `shape`. */
export function broadcastShape(input: Shape, shape: Shape): number[] {
  requireBroadcastable("broadcast", "an operand", input, shape);
  return [...shape];
}

/** Repeats dimensions of size 1 (and missing leading ones) to reach `shape`. */
export function broadcast(x: TensorData, shape: Shape): TensorData {
  broadcastShape(x.shape, shape);
  return pick(x, shape, stridedOffsets(shape, broadcastStrides(x.shape, shape)));
}

/** Result shape of `concat`. */
export function concatShape(inputs: readonly Shape[], axis: number): number[] {
  const first = inputs[0];
  if (!first) throw new ShapeError("concat", "at least one operand", "none");
  const along = normalizeAxis("concat", axis, first.length);
  const alike = (shape: Shape) =>
    shape.length === first.length && shape.every((size, dimension) => dimension === along || size === first[dimension]);
  if (!inputs.every(alike)) {
    throw new ShapeError("concat", `operands alike but for axis ${along}`, inputs.map(formatShape).join(" and "));
  }
  const total = inputs.reduce((sum, shape) => sum + shape[along]!, 0);
  return first.map((size, dimension) => (dimension === along ? total : size));
}

/** Joins tensors of one element type along `axis`. */
export function concat(inputs: readonly TensorData[], axis: number): TensorData {
  const shape = concatShape(
    inputs.map((input) => input.shape),
    axis,
  );
  const along = normalizeAxis("concat", axis, shape.length);
  const result = zeros(shape, inputs[0]!.element);
  const strides = rowMajorStrides(shape);
  let position = 0;
  for (const input of inputs) {
    if (input.element !== result.element) {
      throw new ElementTypeError("concat", `operands of ${result.element}`, input.element);
    }
    place(input, result, stridedOffsets(input.shape, strides, position * strides[along]!));
    position += input.shape[along]!;
  }
  return result;
}

/** One entry per dimension: index `starts[d] + i·strides[d]` for i from 0 to `sizes[d]` - 1. */
export interface SliceAttributes {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
  /** May be negative; left out, all 1. */
  readonly strides?: readonly number[] | undefined;
}

/** Result shape of `slice`: checks that every index is inside. */
export function sliceShape(input: Shape, attributes: SliceAttributes): number[] {
  const { starts, sizes, strides = input.map(() => 1) } = attributes;
  for (const [name, values] of Object.entries({ starts, sizes, strides })) {
    if (values.length !== input.length) throw new ShapeError("slice", `${input.length} ${name}`, formatShape(values));
  }
  return sizes.map((size, dimension) => {
    const start = starts[dimension]!;
    const last = start + (size - 1) * strides[dimension]!;
    const inside = (index: number) => index >= 0 && index < input[dimension]!;
    if (size < 0 || (size > 0 && !(inside(start) && inside(last)))) {
      const found = `start ${start}, size ${size}, stride ${strides[dimension]}`;
      throw new ShapeError("slice", `indices from 0 to ${input[dimension]! - 1} in dimension ${dimension}`, found);
    }
    return size;
  });
}

/** Elements at regular steps of each dimension; negative strides walk backward. */
export function slice(x: TensorData, attributes: SliceAttributes): TensorData {
  const shape = sliceShape(x.shape, attributes);
  const { starts, strides = [] } = attributes;
  const tables = shape.map((size, dimension) =>
    ascending(size).map((index) => starts[dimension]! + index * (strides[dimension] ?? 1)),
  );
  return pick(x, shape, offsetGrid(x.shape, tables));
}

/**
 * The slice that ONNX and NumPy write as start:end:step per axis: negative positions count from the end, and positions
 * beyond the ends are clamped. Axes not named are taken whole.
 */
export function resolveSlice(
  input: Shape,
  starts: readonly number[],
  ends: readonly number[],
  axes: readonly number[] = ascending(starts.length),
  steps: readonly number[] = starts.map(() => 1),
): Required<SliceAttributes> {
  const result = { starts: input.map(() => 0), sizes: [...input], strides: input.map(() => 1) };
  axes.forEach((axis, entry) => {
    const dimension = normalizeAxis("slice", axis, input.length);
    const [size, step] = [input[dimension]!, steps[entry]!];
    if (!Number.isInteger(step) || step === 0) throw new ShapeError("slice", "a step other than 0", `${step}`);
    const [least, greatest] = step > 0 ? [0, size] : [-1, size - 1];
    const clamp = (position: number) => Math.min(greatest, Math.max(least, position < 0 ? position + size : position));
    const [start, end] = [clamp(starts[entry]!), clamp(ends[entry]!)];
    const count = Math.max(0, Math.ceil((end - start) / step));
    result.starts[dimension] = count === 0 ? 0 : start;
    result.sizes[dimension] = count;
    result.strides[dimension] = step;
  });
  return result;
}

export type PadMode = "constant" | "reflect" | "edge" | "wrap";

export interface PadAttributes {
  /** Elements to add before and after each dimension; a negative number removes elements (before any are added). */
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly mode?: PadMode | undefined;
  /** What `constant` mode adds; 0 when left out. */
  readonly value?: number | bigint | undefined;
}

/** Result shape of `pad`. */
export function padShape(input: Shape, { low, high, mode = "constant" }: PadAttributes): number[] {
  if (low.length !== input.length || high.length !== input.length) {
    throw new ShapeError("pad", `${input.length} low and high numbers`, `${formatShape(low)} and ${formatShape(high)}`);
  }
  return input.map((size, dimension) => {
    const [before, after] = [low[dimension]!, high[dimension]!];
    const kept = size + Math.min(0, before) + Math.min(0, after);
    const result = size + before + after;
    if (kept < 0 || result < 0) {
      throw new ShapeError(
        "pad",
        `at most ${size} elements removed from dimension ${dimension}`,
        `${before} and ${after}`,
      );
    }
    if (kept === 0 && result > 0 && mode !== "constant") {
      throw new ShapeError("pad", `elements to ${mode} in dimension ${dimension}`, "none");
    }
    return result;
  });
}

/** Index in 0…size-1 that mode `mode` reads for `index` beyond the ends, or OUTSIDE. */
function paddedIndex(index: number, size: number, mode: PadMode): number {
  if (index >= 0 && index < size) return index;
  if (mode === "constant") return OUTSIDE;
  if (mode === "edge") return index < 0 ? 0 : size - 1;
  const modulo = (period: number) => ((index % period) + period) % period;
  if (mode === "wrap") return modulo(size);
  if (size === 1) return 0;
  const position = modulo(2 * (size - 1));
  return position < size ? position : 2 * (size - 1) - position;
}

/** Adds (or removes) elements at both ends of each dimension. `reflect` does not repeat the edge element. */
export function pad(x: TensorData, attributes: PadAttributes): TensorData {
  const shape = padShape(x.shape, attributes);
  const { low, high, mode = "constant", value = 0 } = attributes;
  const tables = shape.map((size, dimension) => {
    const crop = Math.max(0, -low[dimension]!);
    const kept = x.shape[dimension]! - crop + Math.min(0, high[dimension]!);
    return ascending(size).map((index) => {
      const source = paddedIndex(index - Math.max(0, low[dimension]!), kept, mode);
      return source === OUTSIDE ? OUTSIDE : source + crop;
    });
  });
  return pick(x, shape, offsetGrid(x.shape, tables), value);
}

/** Result shape of `tile`. */
export function tileShape(input: Shape, repeats: readonly number[]): number[] {
  if (repeats.length !== input.length || repeats.some((repeat) => !Number.isInteger(repeat) || repeat < 0)) {
    throw new ShapeError("tile", `${input.length} repeats from 0 up`, formatShape(repeats));
  }
  return input.map((size, dimension) => size * repeats[dimension]!);
}

/** Repeats the whole tensor `repeats[d]` times along each dimension. */
export function tile(x: TensorData, repeats: readonly number[]): TensorData {
  const shape = tileShape(x.shape, repeats);
  const tables = shape.map((size, dimension) => ascending(size).map((index) => index % x.shape[dimension]!));
  return pick(x, shape, offsetGrid(x.shape, tables));
}

export type DepthToSpaceMode = "DCR" | "CRD";

/** Result shape [N, C/b², H·b, W·b] of `depthToSpace`. */
export function depthToSpaceShape(input: Shape, { blocksize }: { blocksize: number }): number[] {
  const [n, c, h, w] = fourDimensions("depth_to_space", input, blocksize);
  if (c % blocksize ** 2 !== 0)
    throw new ShapeError("depth_to_space", `channels a multiple of ${blocksize ** 2}`, `${c}`);
  return [n, c / blocksize ** 2, h * blocksize, w * blocksize];
}

function fourDimensions(op: string, input: Shape, blocksize: number): [number, number, number, number] {
  if (input.length !== 4) throw new ShapeError(op, "input [N, C, H, W]", formatShape(input));
  if (!Number.isInteger(blocksize) || blocksize < 1) throw new ShapeError(op, "a positive blocksize", `${blocksize}`);
  return [input[0]!, input[1]!, input[2]!, input[3]!];
}

/** Moves blocks of channels into space. DCR: channel = (y, x, c); CRD: channel = (c, y, x). */
export function depthToSpace(
  x: TensorData,
  { blocksize: b, mode = "DCR" }: { blocksize: number; mode?: DepthToSpaceMode | undefined },
): TensorData {
  const shape = depthToSpaceShape(x.shape, { blocksize: b });
  const [n, c, h, w] = [x.shape[0]!, shape[1]!, x.shape[2]!, x.shape[3]!];
  const blocks = mode === "DCR" ? reshape(x, [n, b, b, c, h, w]) : reshape(x, [n, c, b, b, h, w]);
  const order = mode === "DCR" ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3];
  return reshape(transpose(blocks, order), shape);
}

/** Result shape [N, C·b², H/b, W/b] of `spaceToDepth`. */
export function spaceToDepthShape(input: Shape, { blocksize }: { blocksize: number }): number[] {
  const [n, c, h, w] = fourDimensions("space_to_depth", input, blocksize);
  if (h % blocksize !== 0 || w % blocksize !== 0) {
    throw new ShapeError("space_to_depth", `height and width multiples of ${blocksize}`, `${h} and ${w}`);
  }
  return [n, c * blocksize ** 2, h / blocksize, w / blocksize];
}

/** The inverse of `depthToSpace` in DCR mode. */
export function spaceToDepth(x: TensorData, { blocksize: b }: { blocksize: number }): TensorData {
  const shape = spaceToDepthShape(x.shape, { blocksize: b });
  const [n, c, h, w] = [x.shape[0]!, x.shape[1]!, shape[2]!, shape[3]!];
  return reshape(transpose(reshape(x, [n, c, h, b, w, b]), [0, 3, 5, 1, 2, 4]), shape);
}

/** Zeroes what lies below (`upper`) or above diagonal `k` of the matrices in the last two dimensions. */
export function trilu(
  x: TensorData,
  { k = 0, upper = true }: { k?: number | undefined; upper?: boolean | undefined },
): TensorData {
  if (x.shape.length < 2) throw new ShapeError("trilu", "rank 2 or more", formatShape(x.shape));
  const [rows, columns] = [x.shape.at(-2)!, x.shape.at(-1)!];
  const offsets = Int32Array.from({ length: x.data.length }, (_, offset) => {
    const [row, column] = [Math.floor(offset / columns) % rows, offset % columns];
    return (upper ? column - row >= k : column - row <= k) ? offset : OUTSIDE;
  });
  return pick(x, x.shape, offsets);
}

/** Reverses the first `lengths[b]` elements along `time_axis`, for each index `b` of `batch_axis`. */
export function reverseSequence(
  x: TensorData,
  lengths: TensorData,
  { batch_axis = 1, time_axis = 0 }: { batch_axis?: number | undefined; time_axis?: number | undefined },
): TensorData {
  const op = "reverse_sequence";
  const batchAxis = normalizeAxis(op, batch_axis, x.shape.length);
  const timeAxis = normalizeAxis(op, time_axis, x.shape.length);
  if (batchAxis === timeAxis) throw new ShapeError(op, "different batch and time axes", `${batchAxis} for both`);
  requireShape(op, "lengths", [x.shape[batchAxis]!], lengths.shape);
  const counts = readIntegers(op, lengths);
  const strides = rowMajorStrides(x.shape);
  const indexAlong = (offset: number, axis: number) => Math.floor(offset / strides[axis]!) % x.shape[axis]!;
  const offsets = stridedOffsets(x.shape, strides).map((offset) => {
    const time = indexAlong(offset, timeAxis);
    const count = counts[indexAlong(offset, batchAxis)]!;
    return time < count ? offset + (count - 1 - 2 * time) * strides[timeAxis]! : offset;
  });
  for (const count of counts) {
    if (count < 0 || count > x.shape[timeAxis]!)
      throw new ShapeError(op, `lengths up to ${x.shape[timeAxis]}`, `${count}`);
  }
  return pick(x, x.shape, offsets);
}
