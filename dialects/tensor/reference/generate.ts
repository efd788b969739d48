/**
 * Operations that make tensors from little (`range`, `eyeLike`) and those whose result holds positions or an order
 * (`topK`, `nonZero`).
 */

import type { ElementName, TensorData } from "../../../ir/tensor-data.ts";
import { groupOffsets, normalizeAxis, product, rowMajorStrides, type Shape } from "./broadcast.ts";
import { formatShape, ShapeError } from "./shape-error.ts";
import {
  isFloat,
  isWide,
  pick,
  readBigInts,
  readNumbers,
  requireSameElement,
  writeBigInts,
  writeNumbers,
} from "./values.ts";

/**
 * start, start + delta, … below `limit` (above it for a negative delta), from three scalars of one element type. A delta of
 * 0 is an error.
 */
export function range(start: TensorData, limit: TensorData, delta: TensorData): TensorData {
  requireSameElement("range", start, limit);
  requireSameElement("range", start, delta);
  for (const { data, shape } of [start, limit, delta]) {
    if (data.length !== 1) throw new ShapeError("range", "scalars", formatShape(shape));
  }
  if (isFloat(start.element)) {
    const [first, end, step] = [readNumbers(start)[0]!, readNumbers(limit)[0]!, readNumbers(delta)[0]!];
    const count = Math.max(0, Math.ceil((end - first) / step));
    if (!Number.isFinite(count))
      throw new ShapeError("range", "finite bounds and a delta other than 0", `delta ${step}`);
    const values = Float64Array.from({ length: count }, (_, index) => first + index * step);
    return writeNumbers(values, [count], start.element);
  }
  const [first, end, step] = [readBigInts(start)[0]!, readBigInts(limit)[0]!, readBigInts(delta)[0]!];
  if (step === 0n) throw new ShapeError("range", "a delta other than 0", "0");
  const away = step > 0n ? end - first : first - end;
  const size = step > 0n ? step : -step;
  const count = away <= 0n ? 0 : Number((away + size - 1n) / size);
  return writeBigInts(
    Array.from({ length: count }, (_, index) => first + BigInt(index) * step),
    [count],
    start.element,
  );
}

/** Ones on diagonal `k` of a matrix of shape `shape`, zeros elsewhere. */
export function eyeLike(shape: Shape, element: ElementName, { k = 0 }: { k?: number | undefined } = {}): TensorData {
  if (shape.length !== 2) throw new ShapeError("eye_like", "rank 2", formatShape(shape));
  const values = Float64Array.from({ length: product(shape) }, (_, offset) => {
    return (offset % shape[1]!) - Math.floor(offset / shape[1]!) === k ? 1 : 0;
  });
  return writeNumbers(values, shape, element);
}

export interface TopKAttributes {
  /** -1 when left out. */
  readonly axis?: number | undefined;
  /** The greatest elements rather than the least. True when left out. */
  readonly largest?: boolean | undefined;
  /** Results are always sorted, which `sorted: false` permits too. */
  readonly sorted?: boolean | undefined;
}

/** Shape of both results of `topK`. */
export function topKShape(input: Shape, k: number, { axis = -1 }: TopKAttributes = {}): number[] {
  const along = normalizeAxis("top_k", axis, input.length);
  if (!Number.isInteger(k) || k < 0 || k > input[along]!) {
    throw new ShapeError("top_k", `k from 0 to ${input[along]}`, `${k}`);
  }
  return input.map((size, dimension) => (dimension === along ? k : size));
}

/** The `k` greatest or least elements along `axis`, best first, and their i64 indices. Equal ones come in index order; NaN counts as greatest. */
export function topK(
  x: TensorData,
  k: number,
  attributes: TopKAttributes = {},
): { values: TensorData; indices: TensorData } {
  const { axis = -1, largest = true } = attributes;
  const shape = topKShape(x.shape, k, attributes);
  const along = normalizeAxis("top_k", axis, x.shape.length);
  const source = groupOffsets(x.shape, [along]);
  const target = groupOffsets(shape, [along]);
  const values: ArrayLike<number | bigint> = isWide(x.element) ? x.data : readNumbers(x);
  const compare = (a: number | bigint, b: number | bigint): number => {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    return a < b ? -1 : a > b ? 1 : 0;
  };
  const offsets = new Int32Array(product(shape));
  const indices = new Float64Array(product(shape));
  source.starts.forEach((start, group) => {
    const valueAt = (index: number) => values[start + source.steps[index]!]!;
    const order = Array.from(source.steps, (_, index) => index);
    order.sort((a, b) => (largest ? -1 : 1) * compare(valueAt(a), valueAt(b)) || a - b);
    for (let rank = 0; rank < k; rank++) {
      const to = target.starts[group]! + target.steps[rank]!;
      offsets[to] = start + source.steps[order[rank]!]!;
      indices[to] = order[rank]!;
    }
  });
  return { values: pick(x, shape, offsets), indices: writeNumbers(indices, shape, "i64") };
}

/** Indices of the elements that are not 0, as the columns of an i64 tensor [rank, count], in row-major order. */
export function nonZero(x: TensorData): TensorData {
  const found: number[] = [];
  readNumbers(x).forEach((value, offset) => {
    if (value !== 0) found.push(offset);
  });
  const strides = rowMajorStrides(x.shape);
  const indices = strides.flatMap((stride, dimension) =>
    found.map((offset) => Math.floor(offset / stride) % x.shape[dimension]!),
  );
  return writeNumbers(Float64Array.from(indices), [x.shape.length, found.length], "i64");
}
