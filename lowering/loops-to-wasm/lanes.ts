/**
 * Rows of lanes: converting their width, taking single lanes out and putting them in, and rearranging them with byte shuffles.
 */
import type { Expression } from "./binaryen.ts";
import { chunksPerRow, type Element, isMask, type LaneBytes, lanesPerChunk, maskElement } from "./element.ts";
import type { FunctionEmitter } from "./function-emitter.ts";
import type { DataValue, Part } from "./part.ts";

/** The parts of one row. */
export function rowParts({ element, shape, parts }: DataValue, row: number): readonly Part[] {
  const width = chunksPerRow(shape?.lanes ?? 1, element);
  return parts.slice(row * width, (row + 1) * width);
}

/** The integer instructions for lanes of a width. */
export function integerLanes(emitter: FunctionEmitter, laneBytes: LaneBytes) {
  const { i8x16, i16x8, i32x4, i64x2 } = emitter.m;
  return { 1: i8x16, 2: i16x8, 4: i32x4, 8: i64x2 }[laneBytes];
}

/** The same lanes, twice as wide or more. Takes the parts. */
export function widenRow(
  emitter: FunctionEmitter,
  row: readonly Part[],
  lanes: number,
  from: LaneBytes,
  to: LaneBytes,
  isSigned: boolean,
): Part[] {
  if (from === to) return [...row];
  const { i16x8, i32x4, i64x2 } = emitter.m;
  const steps = {
    1: isSigned
      ? [i16x8.extend_low_i8x16_s, i16x8.extend_high_i8x16_s]
      : [i16x8.extend_low_i8x16_u, i16x8.extend_high_i8x16_u],
    2: isSigned
      ? [i32x4.extend_low_i16x8_s, i32x4.extend_high_i16x8_s]
      : [i32x4.extend_low_i16x8_u, i32x4.extend_high_i16x8_u],
    4: isSigned
      ? [i64x2.extend_low_i32x4_s, i64x2.extend_high_i32x4_s]
      : [i64x2.extend_low_i32x4_u, i64x2.extend_high_i32x4_u],
    8: [],
  }[from];
  const next = doubled(from);
  const count = Math.ceil((lanes * next) / 16);
  if (count > 1) for (const part of row) emitter.share(part);
  const wide = Array.from({ length: count }, (_, chunk) =>
    emitter.part("v128", steps[chunk & 1]!(emitter.take(row[chunk >> 1]!))),
  );
  return widenRow(emitter, wide, lanes, next, to, isSigned);
}

function doubled(bytes: LaneBytes): LaneBytes {
  return bytes === 1 ? 2 : bytes === 2 ? 4 : 8;
}

function halved(bytes: LaneBytes): LaneBytes {
  return bytes === 8 ? 4 : bytes === 4 ? 2 : 1;
}

/** The low halves (or quarters, or eighths) of the lanes. Takes the parts. */
export function narrowRow(
  emitter: FunctionEmitter,
  row: readonly Part[],
  lanes: number,
  from: LaneBytes,
  to: LaneBytes,
): Part[] {
  if (from === to) return [...row];
  const next = halved(from);
  const mask = Array.from({ length: 16 }, (_, byte) => {
    const lane = Math.floor(byte / next);
    return (lane * from + (byte % next)) % 32;
  });
  const count = Math.ceil((lanes * next) / 16);
  const narrow = Array.from({ length: count }, (_, chunk) => {
    const low = row[2 * chunk]!;
    const high = row[2 * chunk + 1] ?? emitter.share(low);
    return emitter.part("v128", emitter.m.i8x16.shuffle(emitter.take(low), emitter.take(high), mask));
  });
  return narrowRow(emitter, narrow, lanes, next, to);
}

/** Applies a function to each row of a vector, or to a scalar as a row of its own. */
export function mapRows(
  data: DataValue,
  element: Element,
  convert: (row: readonly Part[], lanes: number) => readonly Part[],
): DataValue {
  const { shape } = data;
  if (shape === undefined) throw new Error("expects a vector");
  const parts = Array.from({ length: shape.rows }, (_, row) => convert(rowParts(data, row), shape.lanes)).flat();
  return { kind: "data", element, shape, parts };
}

/** One lane of a chunk as a scalar in its canonical form. */
export function extractLane(emitter: FunctionEmitter, chunk: Expression, element: Element, lane: number): Expression {
  const { m } = emitter;
  if (isMask(element)) {
    const bits =
      element.laneBytes === 8
        ? m.i32.wrap(m.i64x2.extract_lane(chunk, lane))
        : narrowLane(emitter, chunk, element.laneBytes, lane);
    return m.i32.and(bits, m.i32.const(1));
  }
  if (element.wasm === "f32") return m.f32x4.extract_lane(chunk, lane);
  if (element.wasm === "f64") return m.f64x2.extract_lane(chunk, lane);
  if (element.wasm === "i64") return m.i64x2.extract_lane(chunk, lane);
  return narrowLane(emitter, chunk, element.laneBytes, lane);
}

function narrowLane({ m }: FunctionEmitter, chunk: Expression, laneBytes: LaneBytes, lane: number): Expression {
  if (laneBytes === 1) return m.i8x16.extract_lane_s(chunk, lane);
  return laneBytes === 2 ? m.i16x8.extract_lane_s(chunk, lane) : m.i32x4.extract_lane(chunk, lane);
}

/** A scalar as WebAssembly's lane instructions take it: truth values become all ones. */
function laneScalar({ m }: FunctionEmitter, scalar: Expression, element: Element): Expression {
  if (!isMask(element)) return scalar;
  const ones = m.i32.sub(m.i32.const(0), scalar);
  return element.laneBytes === 8 ? m.i64.extend_s(ones) : ones;
}

function laneInstructions({ m }: FunctionEmitter, element: Element) {
  if (element.wasm === "f32") return m.f32x4;
  if (element.wasm === "f64") return m.f64x2;
  return { 1: m.i8x16, 2: m.i16x8, 4: m.i32x4, 8: m.i64x2 }[element.laneBytes];
}

export function replaceLane(
  emitter: FunctionEmitter,
  chunk: Expression,
  element: Element,
  lane: number,
  scalar: Expression,
): Expression {
  return laneInstructions(emitter, element).replace_lane(chunk, lane, laneScalar(emitter, scalar, element));
}

export function splat(emitter: FunctionEmitter, scalar: Expression, element: Element): Expression {
  return laneInstructions(emitter, element).splat(laneScalar(emitter, scalar, element));
}

/** Where a lane of a result comes from; undefined: anything will do. */
export interface LaneSource {
  readonly part: Part;
  readonly lane: number;
}

/** A row put together from lanes of any chunks. */
export function gatherRow(
  emitter: FunctionEmitter,
  element: Element,
  sources: readonly (LaneSource | undefined)[],
): Part[] {
  const perChunk = lanesPerChunk(element);
  const count = Math.ceil(sources.length / perChunk);
  return Array.from({ length: count }, (_, chunk) =>
    gatherChunk(emitter, element.laneBytes, sources.slice(chunk * perChunk, (chunk + 1) * perChunk)),
  );
}

function gatherChunk(emitter: FunctionEmitter, laneBytes: number, sources: readonly (LaneSource | undefined)[]): Part {
  const parts = [...new Set(sources.flatMap((source) => (source === undefined ? [] : [source.part])))];
  const [first, ...others] = parts;
  if (first === undefined) return emitter.vectorConstant(new Uint8Array(16));
  const keepsPlace = sources.every((source, lane) => source === undefined || source.lane === lane);
  if (others.length === 0 && keepsPlace) return emitter.share(first);
  const maskOf = (second: Part | undefined, isOrdered: boolean) =>
    Array.from({ length: 16 }, (_, byte) => {
      const place = Math.floor(byte / laneBytes);
      const source = sources[place];
      const within = byte % laneBytes;
      if (source === undefined) return byte;
      if (source.part === second) return 16 + source.lane * laneBytes + within;
      if (isOrdered) return byte;
      return source.part === first ? source.lane * laneBytes + within : byte;
    });
  for (const part of parts) emitter.share(part);
  const { i8x16 } = emitter.m;
  if (others.length === 0) {
    return emitter.part("v128", i8x16.shuffle(emitter.take(first), emitter.take(first), maskOf(undefined, false)));
  }
  const merged = others.reduce<Expression | undefined>((sum, other, position) => {
    const left = sum ?? emitter.take(first);
    return i8x16.shuffle(left, emitter.take(other), maskOf(other, position > 0));
  }, undefined);
  return emitter.part("v128", merged!);
}

/** A mask with lanes of another width; what is no mask stays as it is. */
export function asMaskLanes(emitter: FunctionEmitter, data: DataValue, laneBytes: LaneBytes): DataValue {
  const { element, shape } = data;
  const from = element.laneBytes;
  if (shape === undefined || !isMask(element) || from === laneBytes) return data;
  return mapRows(data, maskElement(laneBytes), (row, lanes) =>
    from < laneBytes
      ? widenRow(emitter, row, lanes, from, laneBytes, true)
      : narrowRow(emitter, row, lanes, from, laneBytes),
  );
}
