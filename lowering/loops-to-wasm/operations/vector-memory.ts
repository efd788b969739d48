/** Loads and stores of vectors: whole chunks, and what is left of a row in pieces of 8, 4, 2 and 1 bytes. */
import {
  gather,
  load,
  maskedLoad,
  maskedStore,
  scatter,
  store,
  transferRead,
  transferWrite,
} from "../../../dialects/vector/ops.ts";
import type { Operation, Value } from "../../../ir/operation.ts";
import { VectorType } from "../../../ir/types.ts";
import type { Expression } from "../binaryen.ts";
import { chunksPerRow, type Element, isMask, lanesPerChunk, maskElement, vectorShape } from "../element.ts";
import type { FunctionEmitter } from "../function-emitter.ts";
import { asMaskLanes, extractLane, replaceLane, rowParts } from "../lanes.ts";
import { addForms, constantForm, type LinearForm } from "../linear-form.ts";
import type { DataValue, MemoryValue, Part } from "../part.ts";
import { elementAddress, knownStrides, loadScalar, memoryElement, storeScalar } from "./memory.ts";

type Emit = (emitter: FunctionEmitter, operation: Operation) => void;

/** Pieces of fewer than 16 bytes, largest first: where each starts, and its size. */
function piecesOf(bytes: number): { readonly start: number; readonly size: 1 | 2 | 4 | 8 }[] {
  const pieces: { start: number; size: 1 | 2 | 4 | 8 }[] = [];
  let start = 0;
  for (const size of [8, 4, 2, 1] as const) {
    if ((bytes & size) === 0) continue;
    pieces.push({ start, size });
    start += size;
  }
  return pieces;
}

function loadChunk(emitter: FunctionEmitter, form: LinearForm, bytes: number, align: number): Expression {
  const { v128 } = emitter.m;
  if (bytes >= 16) {
    const { pointer, offset } = emitter.address(form);
    return v128.load(offset, align, pointer);
  }
  const lanes = { 1: v128.load8_lane, 2: v128.load16_lane, 4: v128.load32_lane, 8: v128.load64_lane };
  return piecesOf(bytes).reduce<Expression | undefined>((chunk, { start, size }) => {
    const { pointer, offset } = emitter.address(addForms(form, constantForm(start)));
    if (chunk === undefined && size === 8) return v128.load64_zero(offset, Math.min(align, 8), pointer);
    if (chunk === undefined && size === 4) return v128.load32_zero(offset, Math.min(align, 4), pointer);
    const before = chunk ?? v128.const(new Uint8Array(16));
    return lanes[size](offset, Math.min(align, size), start / size, pointer, before);
  }, undefined)!;
}

function storeChunk(emitter: FunctionEmitter, form: LinearForm, bytes: number, align: number, chunk: Part): void {
  const { v128 } = emitter.m;
  if (bytes >= 16) {
    const { pointer, offset } = emitter.address(form);
    emitter.effect(v128.store(offset, align, pointer, emitter.take(chunk)));
    return;
  }
  const lanes = { 1: v128.store8_lane, 2: v128.store16_lane, 4: v128.store32_lane, 8: v128.store64_lane };
  const pieces = piecesOf(bytes);
  if (pieces.length > 1) emitter.share(chunk);
  for (const { start, size } of pieces) {
    const { pointer, offset } = emitter.address(addForms(form, constantForm(start)));
    emitter.effect(lanes[size](offset, Math.min(align, size), start / size, pointer, emitter.take(chunk)));
  }
}

/** The address of the first element of each row of a vector in memory. */
function rowAddresses(
  emitter: FunctionEmitter,
  memory: MemoryValue,
  indices: readonly Value[],
  type: VectorType,
  operation: Operation,
): LinearForm[] {
  const { storageBytes } = memoryElement(memory.type, operation);
  const strides = knownStrides(memory.type, operation);
  const last = memory.type.rank - 1;
  if (last >= 0 && strides[last] !== 1 && memory.type.shape[last] !== 1) {
    throw operation.error(`reads or writes neighbours of ${memory.type}, whose innermost stride is not 1`);
  }
  const first = elementAddress(
    memory,
    indices.map((value) => emitter.index(value)),
    operation,
  );
  const outer = type.shape.slice(0, -1);
  const count = outer.reduce((product, size) => product * size, 1);
  return Array.from({ length: count }, (_, row) => {
    let rest = row;
    let offset = 0;
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      offset += (rest % outer[axis]!) * strides[last - (outer.length - axis)]! * storageBytes;
      rest = Math.floor(rest / outer[axis]!);
    }
    return addForms(first, constantForm(offset));
  });
}

/** Bytes of a chunk of a row that belong to the vector. */
function chunkBytes(lanes: number, chunk: number, { laneBytes }: Element): number {
  return Math.min(16, lanes * laneBytes - chunk * 16);
}

function loadVector(emitter: FunctionEmitter, rows: readonly LinearForm[], type: VectorType, held: Element): DataValue {
  const { m } = emitter;
  const shape = vectorShape(type);
  const element = isMask(held) ? maskElement(1) : held;
  const parts = rows.flatMap((row) =>
    Array.from({ length: chunksPerRow(shape.lanes, element) }, (_, chunk) => {
      if (held.kind === "index") return emitter.loadedPart("v128", loadLanes(emitter, row, shape.lanes, chunk, held));
      const form = addForms(row, constantForm(chunk * 16));
      const loaded = loadChunk(emitter, form, chunkBytes(shape.lanes, chunk, element), element.laneBytes);
      const value = isMask(held) ? m.i8x16.ne(loaded, m.v128.const(new Uint8Array(16))) : loaded;
      return emitter.loadedPart("v128", value);
    }),
  );
  return { kind: "data", element, shape, parts };
}

/** Index elements take eight bytes in memory and four in a lane. */
function loadLanes(
  emitter: FunctionEmitter,
  row: LinearForm,
  lanes: number,
  chunk: number,
  element: Element,
): Expression {
  let value = emitter.m.v128.const(new Uint8Array(16));
  const first = chunk * lanesPerChunk(element);
  for (let lane = first; lane < Math.min(lanes, first + lanesPerChunk(element)); lane++) {
    const address = emitter.address(addForms(row, constantForm(lane * element.storageBytes)));
    value = replaceLane(emitter, value, element, lane - first, loadScalar(emitter, element, address));
  }
  return value;
}

function storeVector(emitter: FunctionEmitter, rows: readonly LinearForm[], given: DataValue): void {
  const { m } = emitter;
  const data = asMaskLanes(emitter, given, 1);
  const { element } = data;
  const lanes = data.shape?.lanes ?? 1;
  for (const [row, form] of rows.entries()) {
    for (const [chunk, part] of rowParts(data, row).entries()) {
      if (element.kind === "index") {
        storeLanes(emitter, form, lanes, chunk, element, part);
        continue;
      }
      const ones = () => m.v128.const(new Uint8Array(16).fill(1));
      const stored = isMask(element) ? emitter.part("v128", m.v128.and(emitter.take(part), ones())) : part;
      const at = addForms(form, constantForm(chunk * 16));
      storeChunk(emitter, at, chunkBytes(lanes, chunk, element), element.laneBytes, stored);
    }
  }
}

function storeLanes(
  emitter: FunctionEmitter,
  row: LinearForm,
  lanes: number,
  chunk: number,
  element: Element,
  part: Part,
): void {
  emitter.share(part);
  const first = chunk * lanesPerChunk(element);
  for (let lane = first; lane < Math.min(lanes, first + lanesPerChunk(element)); lane++) {
    const address = emitter.address(addForms(row, constantForm(lane * element.storageBytes)));
    const value = extractLane(emitter, emitter.take(part), element, lane - first);
    emitter.effect(storeScalar(emitter, element, address, value));
  }
}

function emitLoad(emitter: FunctionEmitter, operation: Operation): void {
  if (!load.matches(operation)) return;
  const memory = emitter.memory(operation.base);
  const { type } = operation.result;
  const rows = rowAddresses(emitter, memory, operation.indices, type, operation);
  emitter.define(operation.result, loadVector(emitter, rows, type, memoryElement(memory.type, operation)));
}

function emitStore(emitter: FunctionEmitter, operation: Operation): void {
  if (!store.matches(operation)) return;
  const memory = emitter.memory(operation.base);
  const rows = rowAddresses(emitter, memory, operation.indices, operation.valueToStore.type, operation);
  storeVector(emitter, rows, emitter.data(operation.valueToStore));
}

// --------------------------------------------------------------------------------------- masked and scattered accesses

/** Per lane: whether it is set. */
function maskLanes(emitter: FunctionEmitter, mask: DataValue): (lane: number) => Expression {
  const narrow = asMaskLanes(emitter, mask, 4);
  for (const part of narrow.parts) emitter.share(part);
  return (lane) => extractLane(emitter, emitter.take(narrow.parts[Math.floor(lane / 4)]!), narrow.element, lane % 4);
}

/** Loads lane by lane what the mask selects. */
function loadSelected(
  emitter: FunctionEmitter,
  type: VectorType,
  element: Element,
  mask: DataValue,
  fallback: DataValue,
  addressOf: (lane: number) => LinearForm,
  operation: Operation,
): DataValue {
  if (type.rank !== 1 || isMask(element))
    throw operation.error(`loads ${type}; only rank 1 is lowered for WebAssembly`);
  const { m } = emitter;
  const isSet = maskLanes(emitter, mask);
  for (const part of fallback.parts) emitter.share(part);
  const shape = vectorShape(type);
  const perChunk = lanesPerChunk(element);
  const parts = fallback.parts.map((part, chunk) => {
    let value = emitter.take(part);
    for (let lane = 0; lane < Math.min(perChunk, shape.lanes - chunk * perChunk); lane++) {
      const position = chunk * perChunk + lane;
      const loaded = loadScalar(emitter, element, emitter.address(addressOf(position)));
      const kept = extractLane(emitter, emitter.take(part), element, lane);
      value = replaceLane(emitter, value, element, lane, m.if(isSet(position), loaded, kept));
    }
    return emitter.loadedPart("v128", value);
  });
  return { kind: "data", element, shape, parts };
}

function storeSelected(
  emitter: FunctionEmitter,
  element: Element,
  mask: DataValue,
  value: DataValue,
  addressOf: (lane: number) => LinearForm,
  operation: Operation,
): void {
  if (value.shape?.rows !== 1 || isMask(element)) {
    throw operation.error("stores a vector that is not of rank 1, which is not lowered for WebAssembly");
  }
  const isSet = maskLanes(emitter, mask);
  for (const part of value.parts) emitter.share(part);
  const perChunk = lanesPerChunk(element);
  for (let lane = 0; lane < value.shape.lanes; lane++) {
    const scalar = extractLane(
      emitter,
      emitter.take(value.parts[Math.floor(lane / perChunk)]!),
      element,
      lane % perChunk,
    );
    const stored = storeScalar(emitter, element, emitter.address(addressOf(lane)), scalar);
    emitter.effect(emitter.m.if(isSet(lane), stored));
  }
}

/** The addresses of neighbouring elements. */
function neighbours(
  emitter: FunctionEmitter,
  base: Value,
  indices: readonly Value[],
  type: VectorType,
  operation: Operation,
): (lane: number) => LinearForm {
  const memory = emitter.memory(base);
  const { storageBytes } = memoryElement(memory.type, operation);
  const [first] = rowAddresses(emitter, memory, indices, VectorType.get([type.count], type.element), operation);
  return (lane) => addForms(first!, constantForm(lane * storageBytes));
}

function emitMaskedLoad(emitter: FunctionEmitter, operation: Operation): void {
  if (!maskedLoad.matches(operation)) return;
  const { base, indices, mask, pass_thru: fallback, result } = operation;
  const addressOf = neighbours(emitter, base, indices, result.type, operation);
  const element = memoryElement(base.type, operation);
  const data = loadSelected(
    emitter,
    result.type,
    element,
    emitter.data(mask),
    emitter.data(fallback),
    addressOf,
    operation,
  );
  emitter.define(result, data);
}

function emitMaskedStore(emitter: FunctionEmitter, operation: Operation): void {
  if (!maskedStore.matches(operation)) return;
  const { base, indices, mask, valueToStore } = operation;
  const addressOf = neighbours(emitter, base, indices, valueToStore.type, operation);
  const element = memoryElement(base.type, operation);
  storeSelected(emitter, element, emitter.data(mask), emitter.data(valueToStore), addressOf, operation);
}

/** The addresses of elements at indices that a vector holds. */
function scattered(
  emitter: FunctionEmitter,
  base: Value,
  indices: readonly Value[],
  vector: Value,
  operation: Operation,
): (lane: number) => LinearForm {
  const memory = emitter.memory(base);
  const { storageBytes } = memoryElement(memory.type, operation);
  const first = elementAddress(
    memory,
    indices.map((value) => emitter.index(value)),
    operation,
  );
  const stride = (knownStrides(memory.type, operation).at(-1) ?? 1) * storageBytes;
  const { element, parts } = emitter.data(vector);
  for (const part of parts) emitter.share(part);
  const perChunk = lanesPerChunk(element);
  return (lane) => {
    const { m } = emitter;
    const raw = extractLane(emitter, emitter.take(parts[Math.floor(lane / perChunk)]!), element, lane % perChunk);
    const position = element.wasm === "i64" ? m.i32.wrap(raw) : raw;
    const term = emitter.newTerm(m.i32.mul(position, m.i32.const(stride)), false);
    return addForms(first, { constant: 0, terms: new Map([[term, 1]]) });
  };
}

function emitGather(emitter: FunctionEmitter, operation: Operation): void {
  if (!gather.matches(operation)) return;
  const { base, indices, index_vec: positions, mask, pass_thru: fallback, result } = operation;
  const memory = emitter.memory(base);
  const addressOf = scattered(emitter, base, indices, positions, operation);
  const element = memoryElement(memory.type, operation);
  const data = loadSelected(
    emitter,
    result.type,
    element,
    emitter.data(mask),
    emitter.data(fallback),
    addressOf,
    operation,
  );
  emitter.define(result, data);
}

function emitScatter(emitter: FunctionEmitter, operation: Operation): void {
  if (!scatter.matches(operation)) return;
  const { base, indices, index_vec: positions, mask, valueToStore } = operation;
  const addressOf = scattered(emitter, base, indices, positions, operation);
  const element = memoryElement(base.type, operation);
  storeSelected(emitter, element, emitter.data(mask), emitter.data(valueToStore), addressOf, operation);
}

/** Transfers that are plain loads and stores: all in bounds, innermost dimensions in order, no mask. */
function checkPlain(operation: Operation): void {
  if (!transferRead.matches(operation) && !transferWrite.matches(operation)) return;
  const { permutation_map: map, in_bounds: inBounds, mask, source } = operation;
  const lead = map.dimensions - map.results.length;
  const isMinor = map.results.every((result, axis) => result.kind === "dimension" && result.position === lead + axis);
  if (!isMinor || mask !== undefined || inBounds.some((isInside) => !isInside)) {
    throw operation.error(
      `transfers with a mask, a permutation or past the bounds of ${source.type}; lower it to loads and stores first`,
    );
  }
}

function emitTransferRead(emitter: FunctionEmitter, operation: Operation): void {
  if (!transferRead.matches(operation)) return;
  checkPlain(operation);
  const memory = emitter.memory(operation.source);
  const { type } = operation.result;
  const rows = rowAddresses(emitter, memory, operation.indices, type, operation);
  emitter.define(operation.result, loadVector(emitter, rows, type, memoryElement(memory.type, operation)));
}

function emitTransferWrite(emitter: FunctionEmitter, operation: Operation): void {
  if (!transferWrite.matches(operation)) return;
  checkPlain(operation);
  const memory = emitter.memory(operation.source);
  const rows = rowAddresses(emitter, memory, operation.indices, operation.vector.type, operation);
  storeVector(emitter, rows, emitter.data(operation.vector));
}

export const vectorMemoryEmitters: Readonly<Record<string, Emit>> = {
  [load.name]: emitLoad,
  [store.name]: emitStore,
  [maskedLoad.name]: emitMaskedLoad,
  [maskedStore.name]: emitMaskedStore,
  [gather.name]: emitGather,
  [scatter.name]: emitScatter,
  [transferRead.name]: emitTransferRead,
  [transferWrite.name]: emitTransferWrite,
};
