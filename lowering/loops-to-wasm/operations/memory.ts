/**
 * Memory: views are arithmetic on addresses, loads and stores take the sum of base, indices times strides, and constants. Strides
 * must be known when compiling; offsets may be anything. A buffer that is allocated has its place for as long as the program
 * lives, so allocating costs nothing.
 */
import {
  alloc,
  alloca,
  cast,
  collapseShape,
  copy,
  dim,
  expandShape,
  extractAlignedPointerAsIndex,
  getGlobal,
  global,
  globalNameOf,
  isView,
  load,
  rank,
  reinterpretCast,
  store,
  subview,
  transpose,
  view,
} from "../../../dialects/memref/ops.ts";
import { rowMajorStrides, stridesOf } from "../../../dialects/memref/types.ts";
import { mixedIndices } from "../../../dialects/upstream/constraints.ts";
import { broadcast, splat as splatOperation } from "../../../dialects/vector/ops.ts";
import { SymbolReferenceAttribute } from "../../../ir/attributes.ts";
import type { Operation, Value } from "../../../ir/operation.ts";
import { resolveSymbol } from "../../../ir/symbol-table.ts";
import { dynamic, IndexType, MemRefType } from "../../../ir/types.ts";
import type { Expression } from "../binaryen.ts";
import { type Element, elementOf, isMask } from "../element.ts";
import type { Address, FunctionEmitter } from "../function-emitter.ts";
import { addForms, constantForm, constantOf, type LinearForm, scaleForm } from "../linear-form.ts";
import type { MemoryValue } from "../part.ts";
import { emitCountedLoop } from "./control.ts";

type Emit = (emitter: FunctionEmitter, operation: Operation) => void;

export function memoryElement(type: MemRefType, operation: Operation): Element {
  const element = elementOf(type.element);
  if (element === undefined) {
    throw operation.error(`uses a buffer of ${type.element}, which WebAssembly code cannot hold`);
  }
  return element;
}

/** Strides in elements; an error where one is not known when compiling. Those of unit dimensions do not matter. */
export function knownStrides(type: MemRefType, operation: Operation): readonly number[] {
  const strides = stridesOf(type)?.strides;
  const fits = strides?.every((stride, axis) => stride !== dynamic || type.shape[axis] === 1);
  if (strides === undefined || !fits) {
    throw operation.error(`uses a buffer of type ${type}, whose strides are not known when compiling`);
  }
  return strides;
}

/** The address of an element. */
export function elementAddress(memory: MemoryValue, indices: readonly LinearForm[], operation: Operation): LinearForm {
  const { storageBytes } = memoryElement(memory.type, operation);
  const strides = knownStrides(memory.type, operation);
  return indices.reduce(
    (sum, index, axis) =>
      memory.type.shape[axis] === 1 ? sum : addForms(sum, scaleForm(index, strides[axis]! * storageBytes)),
    memory.address,
  );
}

// ----------------------------------------------------------------------------------------------------- load and store

export function loadScalar({ m }: FunctionEmitter, element: Element, { pointer, offset }: Address): Expression {
  const align = Math.min(element.storageBytes, 8);
  if (element.kind === "index") return m.i32.load(offset, 4, pointer);
  if (element.wasm === "f32") return m.f32.load(offset, align, pointer);
  if (element.wasm === "f64") return m.f64.load(offset, align, pointer);
  if (element.wasm === "i64") return m.i64.load(offset, align, pointer);
  if (isMask(element)) return m.i32.load8_u(offset, 1, pointer);
  if (element.storageBytes === 1) return m.i32.load8_s(offset, 1, pointer);
  return element.storageBytes === 2 ? m.i32.load16_s(offset, 2, pointer) : m.i32.load(offset, 4, pointer);
}

export function storeScalar(
  { m }: FunctionEmitter,
  element: Element,
  { pointer, offset }: Address,
  value: Expression,
): Expression {
  if (element.kind === "index") return m.i64.store(offset, 8, pointer, m.i64.extend_s(value));
  if (element.wasm === "f32") return m.f32.store(offset, 4, pointer, value);
  if (element.wasm === "f64") return m.f64.store(offset, 8, pointer, value);
  if (element.wasm === "i64") return m.i64.store(offset, 8, pointer, value);
  if (element.storageBytes === 1) return m.i32.store8(offset, 1, pointer, value);
  return element.storageBytes === 2 ? m.i32.store16(offset, 2, pointer, value) : m.i32.store(offset, 4, pointer, value);
}

function emitLoad(emitter: FunctionEmitter, operation: Operation): void {
  if (!load.matches(operation)) return;
  const memory = emitter.memory(operation.memref);
  const element = memoryElement(memory.type, operation);
  const indices = operation.indices.map((value) => emitter.index(value));
  const address = emitter.address(elementAddress(memory, indices, operation));
  const { result } = operation;
  if (result.type instanceof IndexType) {
    emitter.defineIndexExpression(result, loadScalar(emitter, element, address), false);
    return;
  }
  const users = result.uses.map((use) => use.owner);
  const isForVectors = users.every((user) => broadcast.matches(user) || splatOperation.matches(user));
  if (isForVectors && users.length > 0 && !isMask(element)) {
    const part = emitter.loadedPart("v128", loadSplat(emitter, element, address));
    if (!emitter.isUsedOnceNearby(result)) emitter.share(part);
    emitter.set(result, { kind: "splat", element, part });
    return;
  }
  const part = emitter.loadedPart(element.wasm, loadScalar(emitter, element, address));
  emitter.define(result, { element, shape: undefined, parts: [part] });
}

function loadSplat({ m }: FunctionEmitter, { laneBytes }: Element, { pointer, offset }: Address): Expression {
  const { v128 } = m;
  const instructions = { 1: v128.load8_splat, 2: v128.load16_splat, 4: v128.load32_splat, 8: v128.load64_splat };
  return instructions[laneBytes](offset, laneBytes, pointer);
}

function emitStore(emitter: FunctionEmitter, operation: Operation): void {
  if (!store.matches(operation)) return;
  const memory = emitter.memory(operation.memref);
  const element = memoryElement(memory.type, operation);
  const indices = operation.indices.map((value) => emitter.index(value));
  const address = emitter.address(elementAddress(memory, indices, operation));
  const value = emitter.take(emitter.scalar(operation.value));
  emitter.effect(storeScalar(emitter, element, address, value));
}

// ------------------------------------------------------------------------------------------------------------- copies

/** Copies run by run: the innermost dimensions that are dense in both buffers are one run. */
function emitCopy(emitter: FunctionEmitter, operation: Operation): void {
  if (!copy.matches(operation)) return;
  const [source, target] = [emitter.memory(operation.source), emitter.memory(operation.target)];
  const shape = source.type.shape.map((size, axis) => (size === dynamic ? target.type.shape[axis]! : size));
  if (shape.includes(dynamic)) throw operation.error(`copies ${source.type}, whose sizes are not known when compiling`);
  const element = memoryElement(source.type, operation);
  const strides = [source, target].map(({ type }) => knownStrides(type, operation));
  const dense = rowMajorStrides(shape);
  let outer = shape.length;
  while (outer > 0 && strides.every((each) => shape[outer - 1] === 1 || each[outer - 1] === dense[outer - 1])) outer--;
  const run = shape.slice(outer).reduce((product, size) => product * size, 1);
  const { m } = emitter;
  const open = (axis: number, from: LinearForm, to: LinearForm): void => {
    if (axis < outer) {
      const bounds = { lower: constantForm(0), upper: constantForm(shape[axis]!), step: constantForm(1) };
      emitCountedLoop(emitter, bounds, (counter) => {
        const moved = ([position, form]: readonly [number, LinearForm]) =>
          addForms(form, scaleForm(counter, strides[position]![axis]! * element.storageBytes));
        open(axis + 1, moved([0, from]), moved([1, to]));
      });
    } else if (run === 1) {
      const address = emitter.address(to);
      emitter.effect(storeScalar(emitter, element, address, loadScalar(emitter, element, emitter.address(from))));
    } else {
      const bytes = m.i32.const(run * element.storageBytes);
      emitter.effect(m.memory.copy(emitter.evaluate(to), emitter.evaluate(from), bytes));
    }
  };
  if (shape.includes(0)) return;
  emitter.settleReads();
  open(0, source.address, target.address);
}

// -------------------------------------------------------------------------------------------------------------- views

/** Sizes of a view's dynamic dimensions that its mixed sizes give; the view may leave out dimensions of size 1. */
function dynamicSizes(
  emitter: FunctionEmitter,
  type: MemRefType,
  sizes: readonly (number | Value)[],
): Map<number, LinearForm> {
  const known = new Map<number, LinearForm>();
  let axis = 0;
  for (const size of sizes) {
    const isKept = type.shape[axis] === (typeof size === "number" ? size : dynamic);
    if (!isKept) continue;
    if (typeof size !== "number") known.set(axis, emitter.index(size));
    axis += 1;
  }
  return known;
}

function formOf(emitter: FunctionEmitter, value: number | Value): LinearForm {
  return typeof value === "number" ? constantForm(value) : emitter.index(value);
}

function emitView(emitter: FunctionEmitter, operation: Operation): void {
  if (!view.matches(operation)) return;
  const address = addForms(emitter.memory(operation.source).address, emitter.index(operation.byte_shift));
  const { type } = operation.result;
  const dynamicAxes = type.shape.flatMap((size, axis) => (size === dynamic ? [axis] : []));
  const sizes = new Map(dynamicAxes.map((axis, position) => [axis, emitter.index(operation.sizes[position]!)]));
  emitter.defineMemory(operation.result, { address, origin: address, sizes });
}

function emitSubview(emitter: FunctionEmitter, operation: Operation): void {
  if (!subview.matches(operation)) return;
  const source = emitter.memory(operation.source);
  const strides = knownStrides(source.type, operation);
  const { storageBytes } = memoryElement(source.type, operation);
  const offsets = mixedIndices(operation.static_offsets, operation.offsets);
  const address = offsets.reduce(
    (sum, offset, axis) => addForms(sum, scaleForm(formOf(emitter, offset), strides[axis]! * storageBytes)),
    source.address,
  );
  const sizes = dynamicSizes(emitter, operation.result.type, mixedIndices(operation.static_sizes, operation.sizes));
  emitter.defineMemory(operation.result, { address, origin: source.origin, sizes });
}

function emitReinterpretCast(emitter: FunctionEmitter, operation: Operation): void {
  if (!reinterpretCast.matches(operation)) return;
  const { origin, type } = emitter.memory(operation.source);
  if (origin === undefined) {
    throw operation.error(`counts from the start of a buffer that is only known through a view (${type})`);
  }
  const { storageBytes } = memoryElement(type, operation);
  const [offset] = mixedIndices(operation.static_offsets, operation.offsets);
  const address = addForms(origin, scaleForm(formOf(emitter, offset ?? 0), storageBytes));
  const sizes = dynamicSizes(emitter, operation.result.type, mixedIndices(operation.static_sizes, operation.sizes));
  emitter.defineMemory(operation.result, { address, origin, sizes });
}

/** Views that see the same elements from the same address on. */
function emitSameAddress(emitter: FunctionEmitter, operation: Operation): void {
  const { address, origin, type, sizes } = emitter.memory(operation.operand(0));
  const result = operation.onlyResult;
  const known = new Map<number, LinearForm>();
  if (cast.matches(operation) && result.type instanceof MemRefType) {
    for (const [axis, size] of type.shape.entries()) {
      const form = size === dynamic ? sizes.get(axis) : constantForm(size);
      if (form !== undefined && result.type.shape[axis] === dynamic) known.set(axis, form);
    }
  }
  emitter.defineMemory(result, { address, origin, sizes: known });
}

function emitGetGlobal(emitter: FunctionEmitter, operation: Operation): void {
  if (!getGlobal.matches(operation)) return;
  const name = globalNameOf(operation);
  const found = resolveSymbol(operation, SymbolReferenceAttribute.get(name));
  if (!global.matches(found)) throw operation.error(`refers to @${name}, which is not a memref.global`);
  const address = constantForm(emitter.services.globalAddress(found));
  emitter.defineMemory(operation.result, { address, origin: address, sizes: new Map() });
}

function emitDim(emitter: FunctionEmitter, operation: Operation): void {
  if (!dim.matches(operation)) return;
  const memory = emitter.memory(operation.source);
  const axis = constantOf(emitter.index(operation.index));
  const size = axis === undefined ? undefined : memory.type.shape[axis];
  if (axis === undefined || size === undefined) {
    throw operation.error(`asks for a dimension of ${memory.type} that is not known when compiling`);
  }
  const form = size === dynamic ? memory.sizes.get(axis) : constantForm(size);
  if (form === undefined) throw operation.error(`asks for a size of ${memory.type} that no operation here gives`);
  emitter.defineIndex(operation.result, form);
}

// ---------------------------------------------------------------------------------------------------------- allocation

const loopNames: ReadonlySet<string> = new Set(["scf.for", "scf.while", "scf.parallel"]);

function isInLoop(operation: Operation): boolean {
  for (let parent = operation.parentOperation; parent !== undefined; parent = parent.parentOperation) {
    if (loopNames.has(parent.name)) return true;
  }
  return false;
}

/** An operation that hands a buffer (or a view of it) out of its block, if there is one. */
function escapeOf(value: Value): Operation | undefined {
  for (const { owner } of value.uses) {
    if (owner.definition?.hasTrait("Terminator")) return owner;
    const exit = isView(owner) ? escapeOf(owner.onlyResult) : undefined;
    if (exit !== undefined) return exit;
  }
  return undefined;
}

/** One place for the buffer of each allocation, which a trip of a loop gives to the next: so none may leave its trip. */
function emitAllocation(emitter: FunctionEmitter, operation: Operation): void {
  if (!alloc.matches(operation) && !alloca.matches(operation)) return;
  const { type } = operation.memref;
  if (!type.isStatic) throw operation.error(`allocates ${type}, whose size is not known when compiling`);
  const exit = escapeOf(operation.memref);
  if (exit !== undefined && (isInLoop(operation) || exit.name === "func.return")) {
    throw operation.error(`allocates a buffer that ${exit.name} hands on: allocate it outside the loop or function`);
  }
  const strides = knownStrides(type, operation);
  const elements = type.shape.reduce((last, size, axis) => last + Math.max(0, size - 1) * strides[axis]!, 1);
  const bytes = elements * memoryElement(type, operation).storageBytes;
  const address = constantForm(emitter.services.reserve(bytes));
  emitter.defineMemory(operation.memref, { address, origin: address, sizes: new Map() });
}

const nothing: Emit = () => {};

export const memoryEmitters: Readonly<Record<string, Emit>> = {
  [load.name]: emitLoad,
  [store.name]: emitStore,
  [copy.name]: emitCopy,
  [view.name]: emitView,
  [subview.name]: emitSubview,
  [reinterpretCast.name]: emitReinterpretCast,
  [cast.name]: emitSameAddress,
  [collapseShape.name]: emitSameAddress,
  [expandShape.name]: emitSameAddress,
  [transpose.name]: emitSameAddress,
  [getGlobal.name]: emitGetGlobal,
  [dim.name]: emitDim,
  [rank.name]: (emitter, operation) => {
    if (!rank.matches(operation)) return;
    const { type } = operation.memref;
    if (!(type instanceof MemRefType))
      throw operation.error(`asks for the rank of ${type}, which is not known when compiling`);
    emitter.defineIndex(operation.result, constantForm(type.rank));
  },
  [extractAlignedPointerAsIndex.name]: (emitter, operation) => {
    const { origin, type } = emitter.memory(operation.operand(0));
    if (origin === undefined) throw operation.error(`asks for the start of a buffer that is only known as ${type}`);
    emitter.defineIndex(operation.onlyResult, origin);
  },
  [alloc.name]: emitAllocation,
  [alloca.name]: emitAllocation,
  "memref.dealloc": nothing,
  "memref.assume_alignment": nothing,
  "memref.prefetch": nothing,
};
