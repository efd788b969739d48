/** Conversions between element types, of scalars and of rows of lanes. What has no instruction goes lane by lane. */
import type { Operation } from "../../../ir/operation.ts";
import { IndexType, type Type, VectorType } from "../../../ir/types.ts";
import type { Expression } from "../binaryen.ts";
import {
  type Element,
  elementOf,
  f32Element,
  f64Element,
  i32Element,
  isHalf,
  isMask,
  lanesPerChunk,
} from "../element.ts";
import type { FunctionEmitter } from "../function-emitter.ts";
import { f64ToOddF32 } from "../half-float.ts";
import { extractLane, integerLanes, mapRows, narrowRow, replaceLane, widenRow } from "../lanes.ts";
import { termForm } from "../linear-form.ts";
import type { DataValue, Part } from "../part.ts";
import { dataOf, defineData, roundToHalf, widenHalf } from "./elementwise.ts";
import { asSigned, asUnsigned, normalize } from "./scalars.ts";

type ScalarCast = (emitter: FunctionEmitter, value: Expression, from: Element, to: Element) => Expression;
type RowCast = (
  emitter: FunctionEmitter,
  row: readonly Part[],
  lanes: number,
  from: Element,
  to: Element,
) => readonly Part[] | undefined;

interface Cast {
  readonly scalar: ScalarCast;
  /** Undefined where there is no instruction for these elements. */
  readonly row?: RowCast;
}

function resultElement(type: Type, operation: Operation): Element {
  const element = elementOf(type instanceof VectorType ? type.element : type);
  if (element === undefined) throw operation.error(`has a value of type ${type}, which WebAssembly code cannot hold`);
  return element;
}

/** Converts data. */
function convert(emitter: FunctionEmitter, data: DataValue, to: Element, { scalar, row }: Cast): DataValue {
  const { element: from, shape, parts } = data;
  if (shape === undefined) {
    const value = scalar(emitter, emitter.take(parts[0]!), from, to);
    return { kind: "data", element: to, shape, parts: [emitter.part(to.wasm, value)] };
  }
  return mapRows(data, to, (chunks, lanes) => {
    const converted = row?.(emitter, chunks, lanes, from, to);
    return converted ?? convertLanes(emitter, chunks, lanes, from, to, scalar);
  });
}

function convertLanes(
  emitter: FunctionEmitter,
  chunks: readonly Part[],
  lanes: number,
  from: Element,
  to: Element,
  scalar: ScalarCast,
): Part[] {
  for (const chunk of chunks) emitter.share(chunk);
  return Array.from({ length: Math.ceil(lanes / lanesPerChunk(to)) }, (_, position) => {
    let chunk = emitter.m.v128.const(new Uint8Array(16));
    const first = position * lanesPerChunk(to);
    for (let lane = first; lane < Math.min(lanes, first + lanesPerChunk(to)); lane++) {
      const source = chunks[Math.floor(lane / lanesPerChunk(from))]!;
      const value = extractLane(emitter, emitter.take(source), from, lane % lanesPerChunk(from));
      chunk = replaceLane(emitter, chunk, to, lane - first, scalar(emitter, value, from, to));
    }
    return emitter.part("v128", chunk);
  });
}

function emitCast(cast: Cast, given?: (emitter: FunctionEmitter, data: DataValue) => DataValue) {
  return (emitter: FunctionEmitter, operation: Operation): void => {
    const data = dataOf(emitter, operation.operand(0));
    const to = resultElement(operation.onlyResult.type, operation);
    const from = given === undefined ? data : given(emitter, data);
    defineData(emitter, operation.onlyResult, convert(emitter, from, to, cast));
  };
}

// ---------------------------------------------------------------------------------------------------------- integers

const widenInteger = (isSigned: boolean): Cast => ({
  scalar: (emitter, value, from, to) => {
    const read = isSigned ? asSigned(emitter, from, value) : asUnsigned(emitter, from, value);
    if (to.wasm !== "i64" || from.wasm === "i64") return read;
    return isSigned ? emitter.m.i64.extend_s(read) : emitter.m.i64.extend_u(read);
  },
  row: (emitter, row, lanes, from, to) => {
    if (!isMask(from)) return widenRow(emitter, row, lanes, from.laneBytes, to.laneBytes, isSigned);
    const masks =
      from.laneBytes <= to.laneBytes
        ? widenRow(emitter, row, lanes, from.laneBytes, to.laneBytes, true)
        : narrowRow(emitter, row, lanes, from.laneBytes, to.laneBytes);
    if (isSigned) return masks;
    // All ones become one.
    const { shr_u } = integerLanes(emitter, to.laneBytes);
    const amount = () => emitter.m.i32.const(to.laneBytes * 8 - 1);
    return masks.map((part) => emitter.part("v128", shr_u(emitter.take(part), amount())));
  },
});

const narrowInteger: Cast = {
  scalar: (emitter, value, from, to) => {
    const narrow = from.wasm === "i64" && to.wasm === "i32" ? emitter.m.i32.wrap(value) : value;
    return normalize(emitter, to, narrow);
  },
  row: (emitter, row, lanes, from, to) => {
    if (!isMask(to)) return narrowRow(emitter, row, lanes, from.laneBytes, to.laneBytes);
    // The lowest bit, spread over the lane.
    const { shl, shr_s } = integerLanes(emitter, from.laneBytes);
    const amount = () => emitter.m.i32.const(from.laneBytes * 8 - 1);
    const masks = row.map((part) => emitter.part("v128", shr_s(shl(emitter.take(part), amount()), amount())));
    return from.laneBytes <= to.laneBytes
      ? widenRow(emitter, masks, lanes, from.laneBytes, to.laneBytes, true)
      : narrowRow(emitter, masks, lanes, from.laneBytes, to.laneBytes);
  },
};

function castIndex(isSigned: boolean): Cast {
  const widen = widenInteger(isSigned);
  const pick = (from: Element, to: Element) => (from.bits < to.bits ? widen : narrowInteger);
  return {
    scalar: (emitter, value, from, to) => pick(from, to).scalar(emitter, value, from, to),
    row: (emitter, row, lanes, from, to) => pick(from, to).row?.(emitter, row, lanes, from, to),
  };
}

// ------------------------------------------------------------------------------------------------ integers and floats

const integerToFloat = (isSigned: boolean): Cast => ({
  scalar: (emitter, value, from, to) => {
    const { m } = emitter;
    const read = isSigned ? asSigned(emitter, from, value) : asUnsigned(emitter, from, value);
    const target = to.wasm === "f64" ? m.f64 : m.f32;
    const { i32, i64 } = isSigned ? target.convert_s : target.convert_u;
    return from.wasm === "i64" ? i64(read) : i32(read);
  },
  row: (emitter, row, lanes, from, to) => {
    if (from.laneBytes === 8) return undefined;
    const { m } = emitter;
    const wide = widenInteger(isSigned).row!(emitter, row, lanes, from, i32Element);
    if (wide === undefined) return undefined;
    if (to.wasm === "f32") {
      const whole = isSigned ? m.f32x4.convert_i32x4_s : m.f32x4.convert_i32x4_u;
      return wide.map((part) => emitter.part("v128", whole(emitter.take(part))));
    }
    const low = isSigned ? m.f64x2.convert_low_i32x4_s : m.f64x2.convert_low_i32x4_u;
    return pairsOf(emitter, wide, lanes).map((part) => emitter.part("v128", low(emitter.take(part))));
  },
});

/** 32-bit lanes two by two, each pair in the low half of a chunk. */
function pairsOf(emitter: FunctionEmitter, row: readonly Part[], lanes: number): Part[] {
  for (const part of row) emitter.share(part);
  return Array.from({ length: Math.ceil(lanes / 2) }, (_, pair) => {
    const part = row[pair >> 1]!;
    if (pair % 2 === 0) return part;
    const high = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
    return emitter.part("v128", emitter.m.i8x16.shuffle(emitter.take(part), emitter.take(part), high));
  });
}

/** The inverse: low halves of neighbouring chunks joined. */
function joinPairs(emitter: FunctionEmitter, row: readonly Expression[]): Part[] {
  const low = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
  return Array.from({ length: Math.ceil(row.length / 2) }, (_, chunk) => {
    const [first, second] = [row[2 * chunk]!, row[2 * chunk + 1]];
    return emitter.part("v128", second === undefined ? first : emitter.m.i8x16.shuffle(first, second, low));
  });
}

const floatToInteger = (isSigned: boolean): Cast => ({
  // Out of range is undefined; saturating does not stop the program.
  scalar: (emitter, value, from, to) => {
    const { m } = emitter;
    const target = to.wasm === "i64" ? m.i64 : m.i32;
    const { f32, f64 } = isSigned ? target.trunc_s_sat : target.trunc_u_sat;
    return normalize(emitter, to, from.wasm === "f64" ? f64(value) : f32(value));
  },
  row: (emitter, row, lanes, from, to) => {
    if (to.laneBytes === 8 || isMask(to)) return undefined;
    const { i32x4 } = emitter.m;
    const whole = isSigned ? i32x4.trunc_sat_f32x4_s : i32x4.trunc_sat_f32x4_u;
    const half = isSigned ? i32x4.trunc_sat_f64x2_s_zero : i32x4.trunc_sat_f64x2_u_zero;
    const integers =
      from.wasm === "f32"
        ? row.map((part) => emitter.part("v128", whole(emitter.take(part))))
        : joinPairs(
            emitter,
            row.map((part) => half(emitter.take(part))),
          );
    return narrowRow(emitter, integers, lanes, 4, to.laneBytes);
  },
});

// ------------------------------------------------------------------------------------------------------------- floats

const widenFloat: Cast = {
  scalar: (emitter, value, from, to) => (from.wasm === to.wasm ? value : emitter.m.f64.promote(value)),
  row: (emitter, row, lanes, from, to) => {
    if (from.wasm === to.wasm) return row;
    return pairsOf(emitter, row, lanes).map((part) =>
      emitter.part("v128", emitter.m.f64x2.promote_low_f32x4(emitter.take(part))),
    );
  },
};

const narrowToF32: Cast = {
  scalar: (emitter, value, from, to) => (from.wasm === to.wasm ? value : emitter.m.f32.demote(value)),
  row: (emitter, row, _, from, to) => {
    if (from.wasm === to.wasm) return row;
    return joinPairs(
      emitter,
      row.map((part) => emitter.m.f32x4.demote_f64x2_zero(emitter.take(part))),
    );
  },
};

/** f64 to f32 so that rounding the result again gives what rounding once would. */
const narrowToOddF32: Cast = { scalar: (emitter, value) => f64ToOddF32(emitter, value) };

function emitTruncf(emitter: FunctionEmitter, operation: Operation): void {
  const mode = operation.attribute("roundingmode");
  if (mode !== undefined && `${mode}` !== "0 : i32") {
    throw operation.error("has a rounding mode other than to_nearest_even, which WebAssembly does not have");
  }
  const data = widenHalf(emitter, dataOf(emitter, operation.operand(0)));
  const to = resultElement(operation.onlyResult.type, operation);
  if (!isHalf(to)) {
    emitter.define(operation.onlyResult, convert(emitter, data, to, narrowToF32));
    return;
  }
  const single = data.element.wasm === "f64" ? convert(emitter, data, f32Element, narrowToOddF32) : data;
  emitter.define(operation.onlyResult, roundToHalf(emitter, single, to));
}

function emitToFloat(isSigned: boolean) {
  return (emitter: FunctionEmitter, operation: Operation): void => {
    const data = dataOf(emitter, operation.operand(0));
    const to = resultElement(operation.onlyResult.type, operation);
    if (!isHalf(to)) {
      emitter.define(operation.onlyResult, convert(emitter, data, to, integerToFloat(isSigned)));
      return;
    }
    // Small integers are exact in f32; larger ones must not be rounded twice.
    const isExact = data.element.bits <= 16;
    const wide = isExact ? f32Element : f64Element;
    const float = convert(emitter, data, wide, integerToFloat(isSigned));
    const single = isExact ? float : convert(emitter, float, f32Element, narrowToOddF32);
    emitter.define(operation.onlyResult, roundToHalf(emitter, single, to));
  };
}

// --------------------------------------------------------------------------------------------------------------- bits

const reinterpret: ScalarCast = ({ m }, value, from, to) => {
  if (from.wasm === to.wasm) return value;
  switch (to.wasm) {
    case "i32":
      return m.i32.reinterpret(value);
    case "i64":
      return m.i64.reinterpret(value);
    case "f32":
      return m.f32.reinterpret(value);
    case "f64":
      return m.f64.reinterpret(value);
  }
};

/** The same bits under another name: vectors stay as they are. */
function emitBitcast(emitter: FunctionEmitter, operation: Operation): void {
  const { type } = operation.onlyResult;
  if (type instanceof IndexType) throw operation.error("casts bits to index; use arith.index_cast");
  const to = resultElement(type, operation);
  const data = dataOf(emitter, operation.operand(0));
  if (isMask(data.element) !== isMask(to)) throw operation.error("casts between masks and other vectors");
  if (data.shape === undefined)
    emitter.define(operation.onlyResult, convert(emitter, data, to, { scalar: reinterpret }));
  else emitter.define(operation.onlyResult, { ...data, element: isMask(to) ? data.element : to });
}

/** Between scalars of type index and integers: the sum stays a sum where it can. */
function emitIndexCast(isSigned: boolean) {
  const general = emitCast(castIndex(isSigned));
  return (emitter: FunctionEmitter, operation: Operation): void => {
    const source = operation.operand(0);
    const lowered = emitter.lowered(source);
    const isScalarToIndex = operation.onlyResult.type instanceof IndexType && lowered.kind === "data";
    const part = isScalarToIndex ? lowered.parts[0] : undefined;
    if (
      part?.local !== undefined &&
      isScalarToIndex &&
      lowered.element.wasm === "i32" &&
      isSigned &&
      lowered.element.bits > 1
    ) {
      const term = { local: part.local, depth: emitter.scope.depth, nonNegative: false };
      emitter.defineIndex(operation.onlyResult, termForm(term));
      return;
    }
    general(emitter, operation);
  };
}

export const castEmitters: Readonly<Record<string, (emitter: FunctionEmitter, operation: Operation) => void>> = {
  "arith.extsi": emitCast(widenInteger(true)),
  "arith.extui": emitCast(widenInteger(false)),
  "arith.trunci": emitCast(narrowInteger),
  "arith.sitofp": emitToFloat(true),
  "arith.uitofp": emitToFloat(false),
  "arith.fptosi": emitCast(floatToInteger(true), widenHalf),
  "arith.fptoui": emitCast(floatToInteger(false), widenHalf),
  "arith.extf": emitCast(widenFloat, widenHalf),
  "arith.truncf": emitTruncf,
  "arith.index_cast": emitIndexCast(true),
  "arith.index_castui": emitIndexCast(false),
  "arith.bitcast": emitBitcast,
};
