/**
 * Pooling over windows of the spatial dimensions of [N, C, spatial…], any number of them. `padding` lists all begins,
 * then all ends. With `ceil_mode` a last window may reach beyond the end padding, but none starts there.
 */

import type { TensorData } from "../../../ir/tensor-data.ts";
import { OUTSIDE, offsetGrid, product, rowMajorStrides, type Shape } from "./broadcast.ts";
import { resolveWindow, type Window, windowCount } from "./convolution.ts";
import { formatShape, ShapeError } from "./shape-error.ts";
import { elementRange, isWide, pick, readNumbers, requireFloat, writeNumbers } from "./values.ts";

/** Left out, an attribute is 1 per spatial dimension (strides, dilations), 0 (padding) or false. */
export interface PoolAttributes {
  readonly kernel: readonly number[];
  readonly strides?: readonly number[] | undefined;
  readonly dilations?: readonly number[] | undefined;
  readonly padding?: readonly number[] | undefined;
  readonly ceil_mode?: boolean | undefined;
}

export interface AveragePoolAttributes extends PoolAttributes {
  /** Padding counts as zeros of the average; what lies beyond the padding (with `ceil_mode`) never counts. */
  readonly count_include_pad?: boolean | undefined;
}

/** Result shape [N, C, spatial…] of every pooling operation. */
export function poolShape(op: string, input: Shape, attributes: PoolAttributes): number[] {
  if (input.length < 3 || input.length !== attributes.kernel.length + 2) {
    throw new ShapeError(op, `input of rank ${attributes.kernel.length + 2}, at least 3`, formatShape(input));
  }
  const window = resolveWindow(op, attributes.kernel, attributes);
  const count = (size: number, dimension: number) =>
    windowCount(op, size, window, dimension, attributes.ceil_mode ?? false);
  return [input[0]!, input[1]!, ...input.slice(2).map(count)];
}

/**
 * Calls `visit` for each window of each plane with the offset of its result, the offsets of the input elements inside the
 * input (in row-major order), and how many window positions lie in the padded input.
 */
function forEachWindow(
  input: Shape,
  result: Shape,
  window: Window,
  visit: (resultOffset: number, members: Int32Array, paddedCount: number) => void,
): void {
  const spatial = input.slice(2);
  const [planeIn, planeOut] = [product(spatial), product(result.slice(2))];
  const planes = product(input.slice(0, 2));
  const resultStrides = rowMajorStrides(result.slice(2));
  for (let position = 0; position < planeOut; position++) {
    let paddedCount = 1;
    const tables = spatial.map((size, dimension) => {
      const index = Math.floor(position / resultStrides[dimension]!) % result[dimension + 2]!;
      const start = index * window.strides[dimension]! - window.begin[dimension]!;
      const taps = Array.from(
        { length: window.kernel[dimension]! },
        (_, tap) => start + tap * window.dilations[dimension]!,
      );
      paddedCount *= taps.filter((at) => at < size + window.end[dimension]!).length;
      return taps.filter((at) => at >= 0 && at < size);
    });
    const inPlane = offsetGrid(spatial, tables);
    for (let plane = 0; plane < planes; plane++) {
      visit(
        plane * planeOut + position,
        inPlane.map((offset) => offset + plane * planeIn),
        paddedCount,
      );
    }
  }
}

/** Offsets of the greatest element of each window: the first among equals, NaN above all, OUTSIDE for an empty window. */
function greatestOffsets(input: TensorData, shape: Shape, window: Window): Int32Array {
  const values: ArrayLike<number | bigint> = isWide(input.element) ? input.data : readNumbers(input);
  const winners = new Int32Array(product(shape));
  forEachWindow(input.shape, shape, window, (resultOffset, members) => {
    let winner = members[0] ?? OUTSIDE;
    for (const offset of members) if (isGreater(values[offset]!, values[winner]!)) winner = offset;
    winners[resultOffset] = winner;
  });
  return winners;
}

function isGreater(a: number | bigint, b: number | bigint): boolean {
  return a > b || (Number.isNaN(a) && !Number.isNaN(b));
}

/** Greatest element of each window; NaN propagates, padding never wins. A window without elements gives the lowest value. */
export function maxPool(input: TensorData, attributes: PoolAttributes): TensorData {
  return maxPoolWithIndices(input, attributes).values;
}

/**
 * `maxPool` with where each maximum was found: an i64 offset into the whole input, counted in row-major order or, with
 * `storage_order` 1, with the spatial dimensions of each plane in column-major order. An empty window gives -1.
 */
export function maxPoolWithIndices(
  input: TensorData,
  attributes: PoolAttributes & { readonly storage_order?: number | undefined },
): { values: TensorData; indices: TensorData } {
  const op = "max_pool";
  const shape = poolShape(op, input.shape, attributes);
  const winners = greatestOffsets(input, shape, resolveWindow(op, attributes.kernel, attributes));
  const values = pick(input, shape, winners, elementRange(input.element).lowest);
  const indices = attributes.storage_order ? winners.map((offset) => columnMajor(offset, input.shape)) : winners;
  return { values, indices: writeNumbers(Float64Array.from(indices), shape, "i64") };
}

function columnMajor(offset: number, shape: Shape): number {
  if (offset === OUTSIDE) return OUTSIDE;
  const spatial = shape.slice(2);
  const plane = product(spatial);
  let rest = offset % plane;
  let result = offset - rest;
  let strideBelow = plane;
  for (let dimension = spatial.length - 1; dimension >= 0; dimension--) {
    strideBelow /= spatial[dimension]!;
    result += (rest % spatial[dimension]!) * strideBelow;
    rest = Math.floor(rest / spatial[dimension]!);
  }
  return result;
}

/** Reduces each window of a float tensor to a number. */
function poolFloats(
  op: string,
  input: TensorData,
  attributes: PoolAttributes,
  reduce: (members: Float64Array, paddedCount: number) => number,
): TensorData {
  requireFloat(op, input.element);
  const shape = poolShape(op, input.shape, attributes);
  const values = readNumbers(input);
  const results = new Float64Array(product(shape));
  forEachWindow(
    input.shape,
    shape,
    resolveWindow(op, attributes.kernel, attributes),
    (offset, members, paddedCount) => {
      results[offset] = reduce(
        Float64Array.from(members, (member) => values[member]!),
        paddedCount,
      );
    },
  );
  return writeNumbers(results, shape, input.element);
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

/** Mean of each window over its elements, or, with `count_include_pad`, over its positions in the padded input. */
export function averagePool(input: TensorData, attributes: AveragePoolAttributes): TensorData {
  return poolFloats("average_pool", input, attributes, (members, paddedCount) => {
    const count = attributes.count_include_pad ? paddedCount : members.length;
    return count === 0 ? 0 : sum(members) / count;
  });
}

/** (Σ |x|^p)^(1/p) of each window; padding counts as zeros. */
export function lpPool(input: TensorData, attributes: PoolAttributes & { readonly p: number }): TensorData {
  const { p } = attributes;
  return poolFloats("lp_pool", input, attributes, (members) => sum(members.map((x) => Math.abs(x) ** p)) ** (1 / p));
}
