/** Making, taking apart, rearranging and reducing vectors. */

import {
  bitcast,
  broadcast,
  constantMask,
  createMask,
  deinterleave,
  extract,
  extractElement,
  extractStridedSlice,
  insert,
  insertElement,
  insertStridedSlice,
  interleave,
  reduction,
  shapeCast,
  shuffle,
  splat as splatOperation,
  step,
  transpose,
} from "../../../dialects/vector/ops.ts";
import type { Operation, Value } from "../../../ir/operation.ts";
import { VectorType } from "../../../ir/types.ts";
import type { Expression } from "../binaryen.ts";
import {
  chunksPerRow,
  type Element,
  elementOf,
  isHalf,
  isMask,
  lanesPerChunk,
  maskElement,
  vectorShape,
} from "../element.ts";
import type { FunctionEmitter } from "../function-emitter.ts";
import {
  asMaskLanes,
  extractLane,
  gatherRow,
  integerLanes,
  type LaneSource,
  replaceLane,
  rowParts,
  splat,
} from "../lanes.ts";
import type { DataValue, Part } from "../part.ts";
import { combiner } from "./arith.ts";
import { dataOf, defineData, type LaneOperation, roundToHalf, widenHalf } from "./elementwise.ts";
import { normalize } from "./scalars.ts";

type Emit = (emitter: FunctionEmitter, operation: Operation) => void;

function vectorTypeOf(value: Value, operation: Operation): VectorType {
  if (value.type instanceof VectorType) return value.type;
  throw operation.error(`expects a vector, found ${value.type}`);
}

function heldElement(type: VectorType, operation: Operation): Element {
  const element = elementOf(type.element);
  if (element === undefined)
    throw operation.error(`has elements of type ${type.element}, which WebAssembly code cannot hold`);
  return element;
}

/** Where a lane lies, by its row-major position in the whole vector. */
function laneAt({ element, shape, parts }: DataValue, position: number): LaneSource {
  const { lanes } = shape!;
  const [row, lane] = [Math.floor(position / lanes), position % lanes];
  const perChunk = lanesPerChunk(element);
  const part = parts[row * chunksPerRow(lanes, element) + Math.floor(lane / perChunk)]!;
  return { part, lane: lane % perChunk };
}

/** A vector whose elements (row-major) are elements of other vectors. */
function rearrange(
  emitter: FunctionEmitter,
  operation: Operation,
  type: VectorType,
  sources: readonly DataValue[],
  from: (position: number) => { readonly source: number; readonly position: number },
): void {
  const widest = sources[0]!.element.laneBytes;
  const aligned = sources.map((source) => asMaskLanes(emitter, source, widest));
  for (const source of aligned) for (const part of source.parts) emitter.share(part);
  const { element } = aligned[0]!;
  const shape = vectorShape(type);
  const parts = Array.from({ length: shape.rows }, (_, row) => {
    const lanes = Array.from({ length: shape.lanes }, (_, lane) => {
      const { source, position } = from(row * shape.lanes + lane);
      return laneAt(aligned[source]!, position);
    });
    return gatherRow(emitter, element, lanes);
  }).flat();
  emitter.define(operation.onlyResult, { element, shape, parts });
}

// ------------------------------------------------------------------------------------------------------------- making

/** All chunks of a vector of one scalar. */
function splatData(emitter: FunctionEmitter, type: VectorType, element: Element, chunk: Part): DataValue {
  const shape = vectorShape(type);
  const count = shape.rows * chunksPerRow(shape.lanes, element);
  if (count > 1) emitter.share(chunk);
  return { kind: "data", element, shape, parts: Array.from({ length: count }, () => chunk) };
}

function emitBroadcast(emitter: FunctionEmitter, operation: Operation): void {
  const type = vectorTypeOf(operation.onlyResult, operation);
  const source = operation.operand(0);
  const lowered = emitter.lowered(source);
  if (lowered.kind === "splat") {
    emitter.define(operation.onlyResult, splatData(emitter, type, lowered.element, lowered.part));
    return;
  }
  if (!(source.type instanceof VectorType)) {
    const element = heldElement(type, operation);
    const chunk = emitter.part("v128", splat(emitter, emitter.take(emitter.scalar(source)), element));
    emitter.define(operation.onlyResult, splatData(emitter, type, element, chunk));
    return;
  }
  const inner = source.type.shape;
  rearrange(emitter, operation, type, [emitter.data(source)], (position) => {
    const indices = unravel(position, type.shape).slice(type.rank - inner.length);
    return {
      source: 0,
      position: ravel(
        indices.map((index, axis) => (inner[axis] === 1 ? 0 : index)),
        inner,
      ),
    };
  });
}

/** The indices of a row-major position. */
function unravel(position: number, shape: readonly number[]): number[] {
  const indices: number[] = [];
  let rest = position;
  for (const size of [...shape].reverse()) {
    indices.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return indices;
}

function ravel(indices: readonly number[], shape: readonly number[]): number {
  return indices.reduce((position, index, axis) => position * shape[axis]! + index, 0);
}

function emitStep(emitter: FunctionEmitter, operation: Operation): void {
  const type = vectorTypeOf(operation.onlyResult, operation);
  const shape = vectorShape(type);
  const element = heldElement(type, operation);
  const parts = Array.from({ length: chunksPerRow(shape.lanes, element) }, (_, chunk) =>
    countingConstant(emitter, element.laneBytes, chunk * lanesPerChunk(element)),
  );
  emitter.define(operation.onlyResult, { element, shape, parts });
}

/** first, first + 1, … in the lanes of a chunk. */
function countingConstant(emitter: FunctionEmitter, laneBytes: Element["laneBytes"], first: number): Part {
  const lanes = 16 / laneBytes;
  const bytes = new Uint8Array(16);
  for (let lane = 0; lane < lanes; lane++) {
    for (let byte = 0; byte < Math.min(laneBytes, 4); byte++)
      bytes[lane * laneBytes + byte] = (first + lane) >> (8 * byte);
  }
  return emitter.vectorConstant(bytes);
}

/** Lanes whose number is below a bound, for masks of rank 1. */
function emitMask(emitter: FunctionEmitter, operation: Operation): void {
  const type = vectorTypeOf(operation.onlyResult, operation);
  if (type.rank !== 1) throw operation.error(`makes a mask of type ${type}; only rank 1 is lowered for WebAssembly`);
  const shape = vectorShape(type);
  const element = maskElement(4);
  const { m } = emitter;
  const bound = (): Expression => {
    if (constantMask.matches(operation)) return m.i32.const(Number(operation.mask_dim_sizes[0] ?? 0));
    return emitter.evaluate(emitter.index(operation.operand(0)));
  };
  const limit = emitter.share(emitter.part("v128", m.i32x4.splat(bound())));
  const parts = Array.from({ length: chunksPerRow(shape.lanes, element) }, (_, chunk) => {
    const numbers = emitter.take(countingConstant(emitter, 4, chunk * 4));
    return emitter.part("v128", m.i32x4.lt_s(numbers, emitter.take(limit)));
  });
  emitter.define(operation.onlyResult, { element, shape, parts });
}

// ------------------------------------------------------------------------------------------------------- taking apart

/** A scalar taken from a lane; its position may only be known at run time. */
function extractScalar(
  emitter: FunctionEmitter,
  operation: Operation,
  data: DataValue,
  position: number | Value,
): void {
  const { element, shape, parts } = data;
  let value: Expression;
  if (typeof position === "number") {
    const { part, lane } = laneAt(data, position);
    value = extractLane(emitter, emitter.take(part), element, lane);
  } else {
    for (const part of parts) emitter.share(part);
    const selected = emitter.share(emitter.scalar(position));
    const lane = (at: number) => {
      const source = laneAt(data, at);
      return extractLane(emitter, emitter.take(source.part), element, source.lane);
    };
    value = lane(0);
    for (let at = 1; at < shape!.rows * shape!.lanes; at++) {
      const isHere = emitter.m.i32.eq(positionOf(emitter, selected), emitter.m.i32.const(at));
      value = emitter.m.select(isHere, lane(at), value);
    }
  }
  defineData(emitter, operation.onlyResult, { element, shape: undefined, parts: [emitter.part(element.wasm, value)] });
}

/** A lane number that may be an i64. */
function positionOf(emitter: FunctionEmitter, part: Part): Expression {
  return part.type === "i64" ? emitter.m.i32.wrap(emitter.take(part)) : emitter.take(part);
}

function emitExtract(emitter: FunctionEmitter, operation: Operation): void {
  if (!extract.matches(operation)) return;
  const { vector, static_position: statics, dynamic_position: dynamics, result } = operation;
  const { type } = vector;
  const data = emitter.data(vector);
  if (dynamics.length > 0) {
    if (type.rank !== 1)
      throw operation.error(`takes a run-time position of ${type}; only rank 1 is lowered for WebAssembly`);
    extractScalar(emitter, operation, data, dynamics[0]!);
    return;
  }
  const inner = type.shape.slice(statics.length);
  const count = inner.reduce((product, size) => product * size, 1);
  const first = ravel(statics, type.shape.slice(0, statics.length)) * count;
  if (!(result.type instanceof VectorType)) {
    extractScalar(emitter, operation, data, first);
    return;
  }
  rearrange(emitter, operation, result.type, [data], (position) => ({ source: 0, position: first + position }));
}

function emitExtractElement(emitter: FunctionEmitter, operation: Operation): void {
  if (!extractElement.matches(operation)) return;
  const { vector, position } = operation;
  extractScalar(emitter, operation, emitter.data(vector), fixedPosition(emitter, position));
}

/** A position that is known when compiling as a number. */
function fixedPosition(emitter: FunctionEmitter, position: Value | undefined): number | Value {
  if (position === undefined) return 0;
  const lowered = emitter.lowered(position);
  return lowered.kind === "index" && lowered.form.terms.size === 0 ? lowered.form.constant : position;
}

/** A vector with one lane replaced. */
function insertScalar(
  emitter: FunctionEmitter,
  operation: Operation,
  data: DataValue,
  source: Value,
  position: number | Value,
): void {
  const { element, shape } = data;
  const scalar = emitter.scalar(source);
  const parts = [...data.parts];
  if (typeof position === "number") {
    const perChunk = lanesPerChunk(element);
    const width = chunksPerRow(shape!.lanes, element);
    const [row, lane] = [Math.floor(position / shape!.lanes), position % shape!.lanes];
    const chunk = row * width + Math.floor(lane / perChunk);
    const value = emitter.take(scalar);
    parts[chunk] = emitter.part(
      "v128",
      replaceLane(emitter, emitter.take(parts[chunk]!), element, lane % perChunk, value),
    );
    emitter.define(operation.onlyResult, { element, shape, parts });
    return;
  }
  const selected = emitter.share(emitter.scalar(position));
  const filled = emitter.share(emitter.part("v128", splat(emitter, emitter.take(scalar), element)));
  const { m } = emitter;
  const { eq, splat: spread } = integerLanes(emitter, element.laneBytes);
  const replaced = parts.map((part, chunk) => {
    const at = positionOf(emitter, selected);
    const wanted = spread(element.laneBytes === 8 ? m.i64.extend_u(at) : at);
    const isHere = eq(
      wanted,
      emitter.take(countingConstant(emitter, element.laneBytes, chunk * lanesPerChunk(element))),
    );
    return emitter.part("v128", m.v128.bitselect(emitter.take(filled), emitter.take(part), isHere));
  });
  emitter.define(operation.onlyResult, { element, shape, parts: replaced });
}

function emitInsert(emitter: FunctionEmitter, operation: Operation): void {
  if (!insert.matches(operation)) return;
  const { source, dest, static_position: statics, dynamic_position: dynamics } = operation;
  const { type } = dest;
  const data = emitter.data(dest);
  if (dynamics.length > 0) {
    if (type.rank !== 1)
      throw operation.error(`sets a run-time position of ${type}; only rank 1 is lowered for WebAssembly`);
    insertScalar(emitter, operation, data, source, dynamics[0]!);
    return;
  }
  const inner = type.shape.slice(statics.length);
  const count = inner.reduce((product, size) => product * size, 1);
  const first = ravel(statics, type.shape.slice(0, statics.length)) * count;
  if (!(source.type instanceof VectorType)) {
    insertScalar(emitter, operation, data, source, first);
    return;
  }
  rearrange(emitter, operation, type, [data, emitter.data(source)], (position) => {
    const isNew = position >= first && position < first + count;
    return isNew ? { source: 1, position: position - first } : { source: 0, position };
  });
}

function emitInsertElement(emitter: FunctionEmitter, operation: Operation): void {
  if (!insertElement.matches(operation)) return;
  const { source, dest, position } = operation;
  insertScalar(emitter, operation, emitter.data(dest), source, fixedPosition(emitter, position));
}

// -------------------------------------------------------------------------------------------------------- rearranging

function emitShuffle(emitter: FunctionEmitter, operation: Operation): void {
  if (!shuffle.matches(operation)) return;
  const { v1, v2, mask, vector } = operation;
  const slice = v1.type.shape.slice(1).reduce((product, size) => product * size, 1);
  const first = v1.type.rank === 0 ? 1 : v1.type.shape[0]!;
  rearrange(emitter, operation, vector.type, [emitter.data(v1), emitter.data(v2)], (position) => {
    const chosen = mask[Math.floor(position / slice)]!;
    const within = position % slice;
    return chosen < first
      ? { source: 0, position: chosen * slice + within }
      : { source: 1, position: (chosen - first) * slice + within };
  });
}

function emitTranspose(emitter: FunctionEmitter, operation: Operation): void {
  if (!transpose.matches(operation)) return;
  const { vector, permutation, result } = operation;
  rearrange(emitter, operation, result.type, [emitter.data(vector)], (position) => {
    const indices = unravel(position, result.type.shape);
    const source = vector.type.shape.map((_, axis) => indices[permutation.indexOf(axis)]!);
    return { source: 0, position: ravel(source, vector.type.shape) };
  });
}

function emitShapeCast(emitter: FunctionEmitter, operation: Operation): void {
  if (!shapeCast.matches(operation)) return;
  const { source, result } = operation;
  rearrange(emitter, operation, result.type, [emitter.data(source)], (position) => ({ source: 0, position }));
}

function emitInterleave(emitter: FunctionEmitter, operation: Operation): void {
  if (!interleave.matches(operation)) return;
  const { lhs, rhs, result } = operation;
  const lanes = lhs.type.shape.at(-1) ?? 1;
  rearrange(emitter, operation, result.type, [emitter.data(lhs), emitter.data(rhs)], (position) => {
    const [row, lane] = [Math.floor(position / (2 * lanes)), position % (2 * lanes)];
    return { source: lane % 2, position: row * lanes + (lane >> 1) };
  });
}

function emitDeinterleave(emitter: FunctionEmitter, operation: Operation): void {
  if (!deinterleave.matches(operation)) return;
  const data = emitter.data(operation.source);
  for (const part of data.parts) emitter.share(part);
  for (const [odd, result] of [operation.res1, operation.res2].entries()) {
    const shape = vectorShape(result.type);
    const parts = Array.from({ length: shape.rows }, (_, row) =>
      gatherRow(
        emitter,
        data.element,
        Array.from({ length: shape.lanes }, (_, lane) => laneAt(data, (row * shape.lanes + lane) * 2 + odd)),
      ),
    ).flat();
    emitter.define(result, { element: data.element, shape, parts });
  }
}

function padded(list: readonly number[], rank: number, filler: number): number[] {
  return [...list, ...Array.from({ length: rank - list.length }, () => filler)];
}

function emitExtractSlice(emitter: FunctionEmitter, operation: Operation): void {
  if (!extractStridedSlice.matches(operation)) return;
  const { vector, result } = operation;
  const offsets = padded(operation.offsets, vector.type.rank, 0);
  const strides = padded(operation.strides, vector.type.rank, 1);
  const type = vectorTypeOf(result, operation);
  rearrange(emitter, operation, type, [emitter.data(vector)], (position) => {
    const indices = unravel(position, type.shape).map((index, axis) => offsets[axis]! + index * strides[axis]!);
    return { source: 0, position: ravel(indices, vector.type.shape) };
  });
}

function emitInsertSlice(emitter: FunctionEmitter, operation: Operation): void {
  if (!insertStridedSlice.matches(operation)) return;
  const { dest } = operation;
  const source = vectorTypeOf(operation.source, operation);
  const lead = dest.type.rank - source.rank;
  const strides = [...Array.from({ length: lead }, () => 1), ...operation.strides];
  const sizes = [...Array.from({ length: lead }, () => 1), ...source.shape];
  rearrange(emitter, operation, dest.type, [emitter.data(dest), emitter.data(operation.source)], (position) => {
    const steps = unravel(position, dest.type.shape).map(
      (index, axis) => (index - operation.offsets[axis]!) / strides[axis]!,
    );
    const isNew = steps.every((step_, axis) => Number.isInteger(step_) && step_ >= 0 && step_ < sizes[axis]!);
    return isNew ? { source: 1, position: ravel(steps.slice(lead), source.shape) } : { source: 0, position };
  });
}

/** The same bytes as lanes of another width. */
function emitVectorBitcast(emitter: FunctionEmitter, operation: Operation): void {
  if (!bitcast.matches(operation)) return;
  const { source, result } = operation;
  const element = heldElement(result.type, operation);
  const data = emitter.data(source);
  if (isMask(element) || isMask(data.element))
    throw operation.error("casts masks, whose lanes have no bits of their own");
  emitter.define(result, { element, shape: vectorShape(result.type), parts: data.parts });
}

// ---------------------------------------------------------------------------------------------------------- reductions

/** In order, unless the operation allows another order; then halves are combined until one lane is left. */
function emitReduction(emitter: FunctionEmitter, operation: Operation): void {
  if (!reduction.matches(operation)) return;
  const { kind, vector, acc, dest, fastmath } = operation;
  const original = heldElement(vector.type, operation);
  const data = widenHalf(emitter, asMaskLanes(emitter, emitter.data(vector), 4));
  const { element, shape } = data;
  const compute = combiner(kind, element);
  const isFloatSum = element.kind === "float" && (kind === "add" || kind === "mul");
  const mayReorder = !isFloatSum || fastmath.includes("reassoc");
  const combine = (a: Expression, b: Expression): Expression =>
    normalize(
      emitter,
      element,
      compute.scalar(emitter, [emitter.part(element.wasm, a), emitter.part(element.wasm, b)], element),
    );
  const start = acc === undefined ? undefined : widenHalf(emitter, dataOf(emitter, acc)).parts[0];
  const lanes = shape?.lanes ?? 1;
  for (const part of data.parts) emitter.share(part);
  const row = rowParts(data, 0);
  const laneValue = (position: number): Expression => {
    const { part, lane } = laneAt(data, position);
    return extractLane(emitter, emitter.take(part), element, lane);
  };
  let total: Expression | undefined;
  if (mayReorder) {
    const full = Math.floor(lanes / lanesPerChunk(element));
    if (full > 0) total = reduceChunks(emitter, operation, compute, row.slice(0, full), element);
    if (start !== undefined) total = total === undefined ? emitter.take(start) : combine(emitter.take(start), total);
    for (let lane = full * lanesPerChunk(element); lane < lanes; lane++) {
      total = total === undefined ? laneValue(lane) : combine(total, laneValue(lane));
    }
  } else {
    if (start !== undefined) total = emitter.take(start);
    for (let lane = 0; lane < lanes; lane++)
      total = total === undefined ? laneValue(lane) : combine(total, laneValue(lane));
  }
  const result: DataValue = { kind: "data", element, shape: undefined, parts: [emitter.part(element.wasm, total!)] };
  defineData(emitter, dest, isHalf(original) ? roundToHalf(emitter, result, original) : result);
}

/** Full chunks are combined into one, then its halves. */
function reduceChunks(
  emitter: FunctionEmitter,
  operation: Operation,
  compute: LaneOperation,
  chunks: readonly Part[],
  element: Element,
): Expression {
  const { m } = emitter;
  const combine = (a: Part, b: Part): Part | undefined => {
    const combined = compute.vector?.(emitter, [a, b], element, operation);
    return combined === undefined ? undefined : emitter.share(emitter.part("v128", combined));
  };
  const lanesOf = (chunk: Part): Expression[] =>
    Array.from({ length: lanesPerChunk(element) }, (_, lane) =>
      extractLane(emitter, emitter.take(chunk), element, lane),
    );
  const combineScalars = (values: readonly Expression[]): Expression =>
    values.reduce((a, b) =>
      compute.scalar(emitter, [emitter.part(element.wasm, a), emitter.part(element.wasm, b)], element),
    );
  let level = [...chunks];
  while (level.length > 1) {
    const next: Part[] = [];
    for (let at = 0; at + 1 < level.length; at += 2) {
      const combined = combine(level[at]!, level[at + 1]!);
      // Without an instruction for whole chunks, lane after lane.
      if (combined === undefined) return combineScalars(chunks.flatMap(lanesOf));
      next.push(combined);
    }
    if (level.length % 2 === 1) next.push(level.at(-1)!);
    level = next;
  }
  let rest = level[0]!;
  for (let half = 8; half >= element.laneBytes; half /= 2) {
    const moved = Array.from({ length: 16 }, (_, byte) => (byte + half) % 16);
    const other = emitter.part("v128", m.i8x16.shuffle(emitter.take(rest), emitter.take(rest), moved));
    const combined = combine(rest, emitter.share(other));
    if (combined === undefined) return combineScalars(lanesOf(rest));
    rest = combined;
  }
  return extractLane(emitter, emitter.take(rest), element, 0);
}

export const vectorEmitters: Readonly<Record<string, Emit>> = {
  [broadcast.name]: emitBroadcast,
  [splatOperation.name]: emitBroadcast,
  [step.name]: emitStep,
  [createMask.name]: emitMask,
  [constantMask.name]: emitMask,
  [extract.name]: emitExtract,
  [extractElement.name]: emitExtractElement,
  [insert.name]: emitInsert,
  [insertElement.name]: emitInsertElement,
  [shuffle.name]: emitShuffle,
  [transpose.name]: emitTranspose,
  [shapeCast.name]: emitShapeCast,
  [interleave.name]: emitInterleave,
  [deinterleave.name]: emitDeinterleave,
  [extractStridedSlice.name]: emitExtractSlice,
  [insertStridedSlice.name]: emitInsertSlice,
  [bitcast.name]: emitVectorBitcast,
  [reduction.name]: emitReduction,
};
