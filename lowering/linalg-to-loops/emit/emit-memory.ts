/**
 * Loads and stores of a nest. All memory is addressed through one-dimensional views, with the index arithmetic in the
 * open: the loops add up `stride · counter` level by level. Vectors are loaded by the cheapest way that the stride along
 * the vector loop allows: neighbours, a few loads and shuffles, a block transposed in registers, or lane by lane.
 */
import { indexValues } from "../../../dialects/memref/build.ts";
import { collapseShape, load, reinterpretCast, store, view } from "../../../dialects/memref/ops.ts";
import { stridedMemRef } from "../../../dialects/memref/types.ts";
import { extractAt, insertAt, isVectorValue } from "../../../dialects/vector/build.ts";
import { shuffle, load as vectorLoad, store as vectorStore } from "../../../dialects/vector/ops.ts";
import type { Builder } from "../../../ir/builder.ts";
import type { Value } from "../../../ir/operation.ts";
import { type IndexType, MemRefType, type Type, VectorType } from "../../../ir/types.ts";
import type { StageOperand } from "../group.ts";
import { type Access, byteRange, bytesOf, dimensionsOf } from "../memory.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Segment } from "../schedule/segments.ts";
import type { LoopEmitter } from "./loop-emitter.ts";

/** The constant part of the indices of a point: per scheduled loop, what is added to the loop's counter. */
export type Position = readonly number[];

/** An operand as the loops address it: element `offset + Σ strides[d] · i_d` of a one-dimensional view. */
export interface Addressed {
  readonly view: Value<MemRefType>;
  readonly access: Access;
  readonly offset: number;
  readonly element: Type;
}

/** Bytes that a view of the arena shows beyond its operands, for vectors that read too far. */
const overread = 64;

/** Makes the one-dimensional views of a nest's operands, in front of it. */
export class Views {
  readonly #emitter: LoopEmitter;
  readonly #sizes: readonly number[];
  readonly #ranges = new Map<string, { begin: number; end: number }>();

  constructor(emitter: LoopEmitter, sizes: readonly number[], accesses: readonly Access[]) {
    this.#emitter = emitter;
    this.#sizes = sizes;
    for (const access of accesses) {
      const { begin, end } = byteRange(access, sizes);
      const known = this.#ranges.get(this.#key(access));
      this.#ranges.set(this.#key(access), {
        begin: Math.min(begin, known?.begin ?? begin),
        end: Math.max(end, known?.end ?? end),
      });
    }
  }

  #key({ memory }: Access): string {
    return `${this.#emitter.identity(memory.root)} ${memory.isArena ? memory.byteShift : 0} ${memory.element}`;
  }

  address(access: Access): Addressed {
    const { memory } = access;
    const { element } = memory;
    const bytes = bytesOf(element);
    if (!memory.isArena) {
      const flat = this.#emitter.once(0, `flat ${this.#key(access)}`, (builder) => flatten(builder, memory.root));
      return { view: asMemRef(flat), access, offset: access.offset, element };
    }
    const range = this.#ranges.get(this.#key(access)) ?? byteRange(access, this.#sizes);
    const end = Math.min(range.end + overread, memory.rootBytes);
    const type = MemRefType.get([Math.floor((end - range.begin) / bytes)], element);
    const viewed = this.#emitter.once(0, `view ${this.#key(access)}`, (builder) => {
      const source = asMemRef(memory.root);
      const shift = this.#emitter.index(range.begin);
      return builder.build(view, { source, byte_shift: asIndex(shift), sizes: [], result: type }).result;
    });
    return {
      view: asMemRef(viewed),
      access,
      offset: access.offset + (memory.byteShift - range.begin) / bytes,
      element,
    };
  }
}

/** All elements of a dense buffer in a row. */
function flatten(builder: Builder, root: Value): Value {
  const source = asMemRef(root);
  const { type } = source;
  if (type.rank === 1) return source;
  const result = MemRefType.get([type.count], type.element, undefined, type.memorySpace);
  if (type.rank > 0) {
    return builder.build(collapseShape, { src: source, reassociation: [type.shape.map((_, axis) => axis)], result })
      .result;
  }
  return builder.build(reinterpretCast, {
    source,
    offsets: [],
    sizes: [],
    strides: [],
    static_offsets: [0],
    static_sizes: [1],
    static_strides: [1],
    result: stridedMemRef([1], type, { offset: 0, strides: [1] }),
  }).result;
}

export function asMemRef(value: Value): Value<MemRefType> {
  if (!isMemRefValue(value)) throw new Error(`expects a memref, found ${value.type}`);
  return value;
}

function isMemRefValue(value: Value): value is Value<MemRefType> {
  return value.type instanceof MemRefType;
}

export function asIndex(value: Value): Value<IndexType> {
  const [checked] = indexValues([value]);
  return checked!;
}

export function asVector(value: Value): Value<VectorType> {
  if (!isVectorValue(value)) throw new Error(`expects a vector, found ${value.type}`);
  return value;
}

/** Reads and writes elements and vectors at points of the nest. */
export class MemoryEmitter {
  readonly #emitter: LoopEmitter;
  readonly #schedule: Schedule;
  readonly #sizes: readonly number[];
  readonly #loopOf: ReadonlyMap<number, number>;
  /** The segment that each loop is in; set while the nest is walked. */
  readonly segments: Segment[];

  constructor(emitter: LoopEmitter, schedule: Schedule, sizes: readonly number[]) {
    this.#emitter = emitter;
    this.#schedule = schedule;
    this.#sizes = sizes;
    this.#loopOf = new Map(
      schedule.loops.flatMap(({ dimensions }, loop) => dimensions.map((position) => [position, loop] as const)),
    );
    this.segments = [];
  }

  /** The loop that walks a dimension; undefined for one of size 1. */
  loopOf(dimension: number): number | undefined {
    return this.#loopOf.get(dimension);
  }

  stride(access: Access, loop: number): number {
    const innermost = this.#schedule.loops[loop]!.dimensions.at(-1);
    return innermost === undefined ? 0 : access.strides[innermost]!;
  }

  /** The loops that an access varies with. */
  loopsOf(access: Access): ReadonlySet<number> {
    const loops = new Set<number>();
    for (const loop of this.#schedule.loops.keys()) if (this.stride(access, loop) !== 0) loops.add(loop);
    for (const { expression } of access.irregular) {
      for (const dimension of dimensionsOf(expression)) {
        const loop = this.loopOf(dimension);
        if (loop !== undefined) loops.add(loop);
      }
    }
    return loops;
  }

  /** The index of a dimension at a point. */
  dimensionIndex(dimension: number, position: Position): Value {
    const loop = this.loopOf(dimension);
    if (loop === undefined) return this.#emitter.index(0);
    return this.#emitter.linear([{ loop, stride: 1 }], position[loop]!);
  }

  #index(operand: Addressed, position: Position, shift = 0): Value {
    const { access } = operand;
    const terms = [...this.#schedule.loops.keys()].map((loop) => ({ loop, stride: this.stride(access, loop) }));
    const constantPart = terms.reduce(
      (sum, { loop, stride }) => sum + stride * position[loop]!,
      operand.offset + shift,
    );
    const linear = this.#emitter.linear(terms, constantPart);
    if (access.irregular.length === 0) return linear;
    const level = this.#emitter.levelOf(this.loopsOf(access));
    let sum = linear;
    for (const { expression, stride } of access.irregular) {
      const value = this.#emitter.affine(
        expression,
        level,
        (dimension) => this.dimensionIndex(dimension, position),
        this.#sizes,
      );
      sum = this.#emitter.plus(level, sum, this.#emitter.times(level, value, stride));
    }
    return sum;
  }

  loadScalar(operand: Addressed, position: Position, level: number): Value {
    const at = this.#index(operand, position);
    return this.#emitter.builderAt(level).build(load, { memref: operand.view, indices: [asIndex(at)] }).result;
  }

  /** `lanes` elements along the vector loop from `position` on. `isStable`: the memory does not change while the nest runs. */
  loadVector(operand: Addressed, position: Position, lanes: number, level: number, isStable: boolean): Value {
    const vector = this.#schedule.vector!;
    const isIrregular = operand.access.irregular.some(({ expression }) =>
      [...dimensionsOf(expression)].some((dimension) => this.loopOf(dimension) === vector),
    );
    const stride = this.stride(operand.access, vector);
    if (isIrregular) return this.#gather(operand, position, lanes, level);
    if (stride === 1) return this.#neighbours(operand, position, 0, lanes, level);
    if (stride === -1) {
      const loaded = this.#neighbours(operand, position, 1 - lanes, lanes, level);
      return this.#shuffle(
        level,
        loaded,
        loaded,
        Array.from({ length: lanes }, (_, lane) => lanes - 1 - lane),
      );
    }
    if (stride > 1 && stride <= 4 && stride < lanes) return this.#strided(operand, position, stride, lanes, level);
    const along = isStable ? this.#transposeLoop(operand.access, vector, lanes) : undefined;
    if (along !== undefined) return this.#transposed(operand, position, along, lanes, level);
    return this.#gather(operand, position, lanes, level);
  }

  #neighbours(operand: Addressed, position: Position, shift: number, lanes: number, level: number): Value {
    const at = this.#index(operand, position, shift);
    const result = VectorType.get([lanes], operand.element);
    return this.#emitter.builderAt(level).build(vectorLoad, { base: operand.view, indices: [asIndex(at)], result })
      .result;
  }

  /** Every `stride`-th element: as many loads, the last one pulled back so that nothing beyond the last element is read. */
  #strided(operand: Addressed, position: Position, stride: number, lanes: number, level: number): Value {
    const starts = Array.from({ length: stride }, (_, chunk) =>
      chunk === stride - 1 ? (lanes - 1) * stride + 1 - lanes : chunk * lanes,
    );
    const chunkOf = (lane: number) => Math.min(stride - 1, Math.floor((lane * stride) / lanes));
    let merged: Value | undefined;
    for (const [chunk, start] of starts.entries()) {
      const loaded = this.#neighbours(operand, position, start, lanes, level);
      if (merged === undefined) {
        merged = loaded;
        continue;
      }
      const mask = Array.from({ length: lanes }, (_, lane) => {
        const wanted = chunkOf(lane);
        if (wanted === chunk) return lanes + lane * stride - start;
        // The first chunk has not been put in order yet when the second one joins.
        return wanted < chunk ? (chunk === 1 ? lane * stride : lane) : 0;
      });
      merged = this.#shuffle(level, merged, loaded, mask);
    }
    return merged!;
  }

  /** A parallel loop whose tile holds `lanes` neighbouring elements of the operand. */
  #transposeLoop(access: Access, vector: number, lanes: number): number | undefined {
    if (lanes < 4) return undefined;
    const found = this.#schedule.loops.findIndex((loop, position) => {
      const segment = this.segments[position];
      if (
        position === vector ||
        loop.kind !== "parallel" ||
        segment === undefined ||
        this.stride(access, position) !== 1
      )
        return false;
      return segment.offsets.length === lanes && segment.offsets.every((offset, at) => offset === at);
    });
    return found < 0 ? undefined : found;
  }

  /** One column of a square block: the rows are loaded as vectors along `along`, and all columns are made at once. */
  #transposed(operand: Addressed, position: Position, along: number, lanes: number, level: number): Value {
    const vector = this.#schedule.vector!;
    const column = this.#constantOffset(along, position);
    const first = position.with(along, position[along]! - column);
    const key = `transposed ${this.#emitter.identity(operand)} ${first.join()} ${lanes}`;
    // The block's columns are made by whoever asks first, at the same level as the rest.
    this.#emitter.once(level, `${key} 0`, () => {
      const rows = Array.from({ length: lanes }, (_, lane) =>
        this.#neighbours(operand, first.with(vector, first[vector]! + lane), 0, lanes, level),
      );
      const columns = this.#transposeBlock(rows, level);
      for (const [position_, value] of columns.entries())
        if (position_ > 0) this.#emitter.once(level, `${key} ${position_}`, () => value);
      return columns[0]!;
    });
    return this.#emitter.once(level, `${key} ${column}`, () => {
      throw new Error("a column of a transposed block is missing");
    });
  }

  /** How far `position` is into the tile of a loop. */
  #constantOffset(loop: number, position: Position): number {
    const segment = this.segments[loop]!;
    return position[loop]! - (this.#emitter.base(loop).value === undefined ? segment.begin : 0);
  }

  /** Transposes a square of vectors: off-diagonal blocks of half the size are exchanged, then of a quarter, and so on. */
  #transposeBlock(rows: readonly Value[], level: number): Value[] {
    const columns = [...rows];
    const lanes = rows.length;
    for (let half = lanes / 2; half >= 1; half /= 2) {
      for (let at = 0; at < lanes; at++) {
        if ((at & half) !== 0) continue;
        const [low, high] = [columns[at]!, columns[at + half]!];
        const mask = (upper: boolean) =>
          Array.from({ length: lanes }, (_, lane) => {
            if (upper) return (lane & half) === 0 ? lane + half : lanes + lane;
            return (lane & half) === 0 ? lane : lanes + lane - half;
          });
        columns[at] = this.#shuffle(level, low, high, mask(false));
        columns[at + half] = this.#shuffle(level, low, high, mask(true));
      }
    }
    return columns;
  }

  #gather(operand: Addressed, position: Position, lanes: number, level: number): Value {
    const vector = this.#schedule.vector!;
    return this.gatherLanes(operand.element, lanes, level, (lane) =>
      this.loadScalar(operand, position.with(vector, position[vector]! + lane), level),
    );
  }

  /** A vector put together from scalars. */
  gatherLanes(element: Type, lanes: number, level: number, scalar: (lane: number) => Value): Value {
    let gathered = this.#emitter.number(0, VectorType.get([lanes], element));
    for (let lane = 0; lane < lanes; lane++) {
      gathered = insertAt(this.#emitter.builderAt(level), scalar(lane), asVector(gathered), [lane]);
    }
    return gathered;
  }

  #shuffle(level: number, v1: Value, v2: Value, mask: readonly number[]): Value {
    return this.#emitter.builderAt(level).build(shuffle, { v1: asVector(v1), v2: asVector(v2), mask }).vector;
  }

  storeScalar(operand: Addressed, position: Position, value: Value): void {
    const at = this.#index(operand, position);
    this.#emitter.builderAt(this.#emitter.depth).build(store, { value, memref: operand.view, indices: [asIndex(at)] });
  }

  /** Writes the first `valid` lanes along the vector loop. */
  storeVector(operand: Addressed, position: Position, value: Value, valid: number): void {
    const vector = this.#schedule.vector!;
    const written = asVector(value);
    const lanes = written.type.shape[0]!;
    const level = this.#emitter.depth;
    const builder = this.#emitter.builderAt(level);
    if (this.stride(operand.access, vector) !== 1 || operand.access.irregular.length > 0) {
      for (let lane = 0; lane < valid; lane++) {
        this.storeScalar(operand, position.with(vector, position[vector]! + lane), extractAt(builder, written, [lane]));
      }
      return;
    }
    // A part of a vector is written as two pieces of a power of two that may overlap.
    const width = valid === lanes ? lanes : 2 ** Math.floor(Math.log2(valid));
    for (const start of new Set([0, valid - width])) {
      const mask = Array.from({ length: width }, (_, lane) => start + lane);
      const piece = width === lanes ? written : asVector(this.#shuffle(level, written, written, mask));
      const at = this.#index(operand, position, start);
      builder.build(vectorStore, { valueToStore: piece, base: operand.view, indices: [asIndex(at)] });
    }
  }

  /** The unrolled loop whose points fill the gaps that a strided write along the vectors leaves. */
  interleaveLoop(access: Access, lanes: number, valid: number): number | undefined {
    const { loops, vector } = this.#schedule;
    if (vector === undefined || lanes === 1 || valid !== lanes || access.irregular.length > 0) return undefined;
    const stride = this.stride(access, vector);
    if (stride < 2 || stride > 4) return undefined;
    const found = loops.findIndex((loop, position) => {
      const segment = this.segments[position];
      if (position === vector || loop.kind !== "parallel" || loop.size !== stride || segment === undefined)
        return false;
      return this.stride(access, position) === 1 && segment.offsets.length === stride;
    });
    return found < 0 ? undefined : found;
  }

  /** Writes vectors whose elements alternate in memory: element `i` of vector `k` goes to place `count · i + k`. */
  storeInterleaved(operand: Addressed, position: Position, values: readonly Value[]): void {
    const count = values.length;
    const lanes = asVector(values[0]!).type.shape[0]!;
    const level = this.#emitter.depth;
    for (let piece = 0; piece < count; piece++) {
      const places = Array.from({ length: lanes }, (_, lane) => piece * lanes + lane);
      let merged = values[0]!;
      for (const [vector, value] of values.entries()) {
        if (vector === 0) continue;
        const mask = places.map((place, lane) => {
          if (place % count === vector) return lanes + Math.floor(place / count);
          // The first vector has not been spread out yet when the second one joins.
          return vector === 1 && place % count === 0 ? Math.floor(place / count) : lane;
        });
        merged = this.#shuffle(level, merged, value, mask);
      }
      const at = this.#index(operand, position, piece * lanes);
      this.#emitter
        .builderAt(level)
        .build(vectorStore, { valueToStore: asVector(merged), base: operand.view, indices: [asIndex(at)] });
    }
  }
}

/** What the emitter keeps per operand. */
export interface EmittedOperand extends Addressed {
  readonly operand: StageOperand;
}
