/**
 * Decides where every tensor of a function lies. Values are placed from the results backwards: what is returned is computed in
 * the caller's buffer, what is inserted into a larger tensor is computed in its place there (concatenation without copies),
 * the inside of a padding is computed inside the padded buffer, reshapes are views, and an elementwise operation may
 * overwrite an input that nobody needs any more. Wherever that is not safe, a copy remains.
 */

import { constant } from "../../dialects/arith/ops.ts";
import { returnOperation } from "../../dialects/func/ops.ts";
import {
  castOperation,
  collapseShape,
  empty,
  expandShape,
  extract,
  extractSlice,
  insertSlice,
  pad,
} from "../../dialects/tensor/upstream/ops.ts";
import type { Block, Operation, Value } from "../../ir/operation.ts";
import { TensorType } from "../../ir/types.ts";
import { dimensionsOf } from "../linalg-to-loops/memory.ts";
import {
  plainDimensions,
  readsOperand,
  type StructuredOperation,
  structured,
} from "../linalg-transforms/structured.ts";
import { forget, type MemoryAccess, type Placement, partOf, place, record, Storage, wouldDestroy } from "./storage.ts";
import { type GroupExtent, groupExtents } from "./tensor-groups.ts";

/** What the rewrite needs to know. */
export interface BufferAnalysis {
  readonly operations: readonly Operation[];
  readonly extents: readonly GroupExtent[];
  readonly storageOf: (value: Value) => Storage;
  /** One per result of the function. */
  readonly destinations: readonly Storage[];
  /** The place of an inserted slice, or of the inside of a padding, in the result. */
  readonly slotOf: (operation: Operation) => Storage;
  /** Whether the source of an operation is computed in its place (insert, pad), so that it need not be copied. */
  readonly isInPlace: (operation: Operation) => boolean;
}

/** Elements of the widest usual vector: rows that fill vectors of this length badly are better computed in one piece. */
const shortestPaddedRow = 16;

export function analyseBuffers(block: Block): BufferAnalysis {
  const pinned = new Set<Value>();
  for (;;) {
    const attempt = new Analysis(block, pinned);
    const culprit = attempt.run();
    if (culprit === undefined) return attempt;
    // A value that has to be copied into did not fit where it had been placed: keep it in a buffer of its own.
    if (pinned.has(culprit)) throw new Error("bufferisation does not come to rest");
    pinned.add(culprit);
  }
}

class Analysis implements BufferAnalysis {
  readonly operations: readonly Operation[];
  readonly extents: readonly GroupExtent[];
  readonly destinations: Storage[] = [];
  readonly #pinned: ReadonlySet<Value>;
  readonly #storages = new Map<Value, Storage>();
  readonly #slots = new Map<Operation, Storage>();
  readonly #slotWrites = new Map<Operation, MemoryAccess>();
  readonly #positions = new Map<Operation, number>();
  readonly #inPlace = new Set<Operation>();

  constructor(block: Block, pinned: ReadonlySet<Value>) {
    this.#pinned = pinned;
    this.operations = block.operations;
    this.extents = groupExtents(this.operations);
    for (const argument of block.arguments) this.#declare(argument, -1, "given", true);
    for (const [position, operation] of this.operations.entries()) {
      this.#positions.set(operation, position);
      const role = constant.matches(operation) ? "given" : "buffer";
      const hasContent = !empty.matches(operation);
      for (const result of operation.results) this.#declare(result, role === "given" ? -1 : position, role, hasContent);
    }
  }

  #declare(value: Value, definedAt: number, role: "given" | "buffer", hasContent: boolean): void {
    const { type } = value;
    if (!(type instanceof TensorType)) return;
    if (!type.isStatic) throw new Error(`expects tensors of static shape, found ${type}`);
    this.#storages.set(value, new Storage(value, type, { role, hasContent, definedAt }));
  }

  storageOf(value: Value): Storage {
    const storage = this.#storages.get(value);
    if (storage === undefined) throw new Error(`a value of type ${value.type} has no memory`);
    return storage;
  }

  slotOf(operation: Operation): Storage {
    const slot = this.#slots.get(operation);
    if (slot === undefined) throw new Error(`${operation.name} has no slot`);
    return slot;
  }

  isInPlace(operation: Operation): boolean {
    return this.#inPlace.has(operation);
  }

  /** Decides everything; gives a value whose placement turned out wrong, or undefined when all is well. */
  run(): Value | undefined {
    for (const operation of this.operations) this.#recordAccesses(operation);
    for (const operation of [...this.operations].reverse()) {
      const culprit = this.#decide(operation);
      if (culprit !== undefined) return culprit;
    }
    for (const operation of [...this.operations].reverse()) this.#reuseInput(operation);
    return undefined;
  }

  // -------------------------------------------------------------------------------------------------------- accesses

  #recordAccesses(operation: Operation): void {
    const at = this.#positions.get(operation)!;
    const shareable = () => true;
    const member = structured(operation);
    if (member !== undefined) {
      this.#recordStructured(member, at);
      return;
    }
    for (const value of operation.operands) {
      if (!(value.type instanceof TensorType) || !this.storageOf(value).hasContent) continue;
      record({ kind: "read", storage: this.storageOf(value), at, mayShareWith: shareable });
    }
    if (insertSlice.matches(operation)) {
      const type = TensorType.get(operation.source.type.shape, operation.source.type.element);
      const slot = partOf(this.storageOf(operation.result), type, { kind: "box", box: boxOf(operation) });
      this.#slots.set(operation, slot);
      this.#recordSlotWrite(operation, { kind: "write", storage: slot, at });
    } else if (pad.matches(operation)) {
      const { source, result } = operation;
      const box = { offsets: operation.static_low, sizes: source.type.shape, strides: source.type.shape.map(() => 1) };
      const type = TensorType.get(source.type.shape, source.type.element);
      this.#slots.set(operation, partOf(this.storageOf(result), type, { kind: "box", box }));
      this.#recordSlotWrite(operation, { kind: "write", storage: this.storageOf(result), at });
    } else if (!isKnown(operation)) {
      const touched = [...operation.operands, ...operation.results].find((value) => value.type instanceof TensorType);
      if (touched !== undefined) throw operation.error("cannot be bufferised: lower it to structured operations first");
    }
  }

  #recordSlotWrite(operation: Operation, access: MemoryAccess): void {
    this.#slotWrites.set(operation, access);
    record(access);
  }

  #recordStructured(member: StructuredOperation, at: number): void {
    const { operation, inputs, outputs, maps } = member;
    // The members of a group run as one nest: what one of them reads is needed until the last one is done.
    const { first, last } = this.extents[at]!;
    for (const [position, value] of [...inputs, ...outputs].entries()) {
      if (!(value.type instanceof TensorType)) continue;
      const storage = this.storageOf(value);
      const isInner = storage.definedAt >= first;
      const output = position - inputs.length;
      // A window that only lends its shape still needs a buffer to point to; an output without contents does not.
      if (output >= 0 && !storage.hasContent) continue;
      const mayShareWith = (result: Storage) => {
        const written = operation.results.findIndex((each) => this.storageOf(each) === result);
        if (written < 0) return false;
        return output === written || isAligned(member, maps[position]!, maps[inputs.length + written]!);
      };
      record({ kind: "read", storage, at: isInner ? at : last, mayShareWith });
    }
    for (const value of capturedTensors(member)) record({ kind: "read", storage: this.storageOf(value), at: last });
    for (const result of operation.results) record({ kind: "write", storage: this.storageOf(result), at });
  }

  // ------------------------------------------------------------------------------------------------------- decisions

  #place(child: Storage, parent: Storage, placement: Placement): boolean {
    return !this.#pinned.has(child.value) && place(child, parent, placement);
  }

  /** The whole value is written by a copy; gives the value if that cannot be where it lies. */
  #copyInto(storage: Storage, at: number): Value | undefined {
    const write: MemoryAccess = { kind: "write", storage, at };
    if (wouldDestroy(write)) return storage.value;
    record(write);
    return undefined;
  }

  #decide(operation: Operation): Value | undefined {
    const at = this.#positions.get(operation)!;
    if (returnOperation.matches(operation)) {
      this.#decideReturn(operation.inputs, at);
      return undefined;
    }
    if (insertSlice.matches(operation))
      return this.#decideInsert(operation, operation.source, operation.dest, operation.result, at);
    if (pad.matches(operation)) {
      this.#decidePad(operation, operation.source, operation.result, at);
      return undefined;
    }
    if (extractSlice.matches(operation)) {
      const placement: Placement = { kind: "box", box: boxOf(operation) };
      return this.#decideView(operation.source, operation.result, undefined, placement, at);
    }
    if (collapseShape.matches(operation)) {
      const { src, result, reassociation } = operation;
      return this.#decideView(src, result, { kind: "expand", reassociation }, { kind: "collapse", reassociation }, at);
    }
    if (expandShape.matches(operation)) {
      const { src, result, reassociation } = operation;
      return this.#decideView(src, result, { kind: "collapse", reassociation }, { kind: "expand", reassociation }, at);
    }
    if (castOperation.matches(operation)) {
      return this.#decideView(operation.source, operation.onlyResult, { kind: "same" }, { kind: "same" }, at);
    }
    const member = structured(operation);
    if (member !== undefined) this.#decideStructured(member);
    return undefined;
  }

  #decideReturn(values: readonly Value[], at: number): void {
    for (const value of values) {
      if (!(value.type instanceof TensorType)) throw new Error(`a function on tensors cannot return a ${value.type}`);
      const destination = new Storage(value, value.type, { role: "destination", hasContent: false, definedAt: -1 });
      this.destinations.push(destination);
      if (!this.#place(this.storageOf(value), destination, { kind: "same" }))
        record({ kind: "write", storage: destination, at });
    }
  }

  #decideInsert(operation: Operation, source: Value, dest: Value, result: Value, at: number): Value | undefined {
    const slot = this.slotOf(operation);
    const write = this.#slotWrites.get(operation)!;
    forget(write);
    if (this.#place(this.storageOf(source), slot, { kind: "same" })) this.#inPlace.add(operation);
    else record(write);
    const around = this.storageOf(dest);
    if (!around.hasContent) return undefined;
    // What the source overwrites is not needed of the old contents.
    const { accesses } = around.root;
    const read = accesses.find((access) => access.kind === "read" && access.storage === around && access.at === at);
    if (read !== undefined) accesses[accesses.indexOf(read)] = { ...read, except: slot };
    if (this.#place(around, this.storageOf(result), { kind: "same" })) return undefined;
    const misplaced = this.#copyInto(this.storageOf(result), at);
    // Copying the old contents must not run over the source that was already computed in its place.
    return misplaced !== undefined && this.#inPlace.has(operation) ? source : misplaced;
  }

  #decidePad(operation: Operation, source: Value, result: Value, at: number): void {
    const inner = this.storageOf(source);
    const slot = this.slotOf(operation);
    if (!source.hasOneUse || !this.#fitsIntoPadding(inner)) return;
    const whole = this.#slotWrites.get(operation)!;
    const border: MemoryAccess = { kind: "write", storage: this.storageOf(result), at, except: slot };
    forget(whole);
    record(border);
    if (this.#place(inner, slot, { kind: "same" })) {
      this.#inPlace.add(operation);
      return;
    }
    forget(border);
    record(whole);
  }

  /**
   * Whether a value is worth computing inside a padded buffer, where its rows have gaps between them: not where its producer
   * could walk all rows as one, and the last vector of each row would be mostly empty.
   */
  #fitsIntoPadding({ type, definedAt }: Storage): boolean {
    const row = type.shape.at(-1) ?? 1;
    if (row < shortestPaddedRow) return false;
    const filled = row / (Math.ceil(row / shortestPaddedRow) * shortestPaddedRow);
    if (filled > 0.9 || definedAt < 0) return true;
    const { first, last } = this.extents[definedAt]!;
    const members = this.operations.slice(first, last + 1).flatMap((operation) => structured(operation) ?? []);
    return !members.every(walksRowsAsOne);
  }

  /** A reshape or slice: the source is computed in the result's memory, or the result is a view of the source, or a copy. */
  #decideView(
    source: Value,
    result: Value,
    backward: Placement | undefined,
    forward: Placement,
    at: number,
  ): Value | undefined {
    const [from, to] = [this.storageOf(source), this.storageOf(result)];
    if (backward !== undefined && this.#place(from, to, backward)) return undefined;
    if (this.#place(to, from, forward)) return undefined;
    return this.#copyInto(to, at);
  }

  #decideStructured({ operation, inputs, outputs, ...member }: StructuredOperation): void {
    for (const [position, output] of outputs.entries()) {
      const result = operation.results[position];
      if (result === undefined || !(output.type instanceof TensorType)) continue;
      const initial = this.storageOf(output);
      const isRead = member.body.arguments[inputs.length + position]!.hasUses;
      // Where the old contents do not matter they need no common place.
      if (initial.hasContent && isRead) this.#place(initial, this.storageOf(result), { kind: "same" });
    }
  }

  /** An elementwise operation overwrites an input that is not needed afterwards; best one made by the same nest. */
  #reuseInput(operation: Operation): void {
    const member = structured(operation);
    if (member === undefined) return;
    const at = this.#positions.get(operation)!;
    for (const [position, result] of operation.results.entries()) {
      const storage = this.storageOf(result);
      const output = member.inputs.length + position;
      if (this.storageOf(member.outputs[position]!).hasContent && readsOperand(member, output)) continue;
      const candidates = member.inputs.flatMap((value, input) => {
        if (!(value.type instanceof TensorType) || !readsOperand(member, input)) return [];
        const candidate = this.storageOf(value);
        const fits =
          candidate.hasContent &&
          value.type === result.type &&
          isAligned(member, member.maps[input]!, member.maps[output]!);
        return fits ? [candidate] : [];
      });
      const isInner = (candidate: Storage) => Number(candidate.definedAt >= this.extents[at]!.first);
      candidates.sort((a, b) => isInner(b) - isInner(a));
      candidates.some((candidate) => this.#place(candidate, storage, { kind: "same" }));
    }
  }
}

/** Whether the last two dimensions of an operation's results lie next to each other in every operand, or in none. */
function walksRowsAsOne({ maps, inputs }: StructuredOperation): boolean {
  const output = maps[inputs.length]!.results.slice(-2);
  const [rows, columns] = output.map((result) => (result.kind === "dimension" ? result.position : undefined));
  if (rows === undefined || columns === undefined) return false;
  return maps.every(({ results }) => {
    const text = results.slice(-2).map((result) => (result.kind === "dimension" ? result.position : undefined));
    if (text[0] === rows && text[1] === columns) return true;
    return results.every((result) => {
      const used = dimensionsOf(result);
      return !used.has(rows) && !used.has(columns);
    });
  });
}

/** Whether two operands of an operation are addressed alike, with every dimension in the address: point by point. */
function isAligned(
  member: StructuredOperation,
  a: StructuredOperation["maps"][number],
  b: StructuredOperation["maps"][number],
): boolean {
  const plain = plainDimensions(a);
  if (plain === undefined || a.text !== b.text) return false;
  return member.sizes.every((size, dimension) => size === 1 || plain.includes(dimension));
}

/** Tensors from outside that a body reads by computed indices. */
export function capturedTensors({ body }: StructuredOperation): readonly Value[] {
  return body.operations.flatMap((operation) => operation.operands.filter((value) => value.type instanceof TensorType));
}

function isKnown(operation: Operation): boolean {
  return [constant, empty, extractSlice, collapseShape, expandShape, castOperation, returnOperation, extract].some(
    (definition) => definition.matches(operation),
  );
}

interface SliceOperation {
  readonly offsets: readonly Value[];
  readonly sizes: readonly Value[];
  readonly strides: readonly Value[];
  readonly static_offsets: readonly number[];
  readonly static_sizes: readonly number[];
  readonly static_strides: readonly number[];
}

function boxOf(operation: Operation & SliceOperation) {
  if (operation.offsets.length + operation.sizes.length + operation.strides.length > 0) {
    throw operation.error(
      "has offsets, sizes or strides that are only known at run time, which cannot be bufferised yet",
    );
  }
  return { offsets: operation.static_offsets, sizes: operation.static_sizes, strides: operation.static_strides };
}
