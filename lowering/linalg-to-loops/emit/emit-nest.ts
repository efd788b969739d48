/**
 * Writing out the loop nest of a group by its schedule: parallel loops over tiles; for each tile the accumulators' first
 * values, the reduction loops that carry them in registers, and the elementwise stages that end in stores.
 */

import { select } from "../../../dialects/arith/ops.ts";
import { type CombiningKind, reduction } from "../../../dialects/vector/ops.ts";
import { type Attribute, DenseElementsAttribute } from "../../../ir/attributes.ts";
import { fuseLocations } from "../../../ir/location.ts";
import type { Operation, Value } from "../../../ir/operation.ts";
import { FloatType, i1, VectorType } from "../../../ir/types.ts";
import {
  forwardedFrom,
  isRead,
  isRepeatable,
  type Located,
  memoryOperands,
  type NestGroup,
  nestOf,
  type Stage,
  type StageOperand,
} from "../group.ts";
import { mayOvercompute, type Schedule } from "../schedule/schedule.ts";
import { type Segment, segmentsOf } from "../schedule/segments.ts";
import { type Combiner, combinersOf } from "./combiner.ts";
import { BodyEmitter, type Frame } from "./emit-body.ts";
import { type Addressed, asVector, MemoryEmitter, type Position, Views } from "./emit-memory.ts";
import { LoopEmitter } from "./loop-emitter.ts";

/** Writes the nest in front of `anchor`. The outermost operations get `attributes`. The group's operations stay. */
export function emitNest(
  group: NestGroup,
  schedule: Schedule,
  anchor: Operation,
  attributes: readonly (readonly [string, Attribute])[] = [],
): void {
  new NestWriter(group, schedule, anchor, attributes).write();
}

class NestWriter {
  readonly #group: NestGroup;
  readonly #schedule: Schedule;
  readonly #emitter: LoopEmitter;
  readonly #memory: MemoryEmitter;
  readonly #bodies: BodyEmitter;
  readonly #addressed = new Map<StageOperand, Addressed>();
  readonly #views: Views;
  readonly #repeatable: boolean;
  readonly #parallel: readonly number[];
  readonly #reductions: readonly number[];
  readonly #stores: ReturnType<typeof memoryOperands>["stores"];

  constructor(
    group: NestGroup,
    schedule: Schedule,
    anchor: Operation,
    attributes: readonly (readonly [string, Attribute])[],
  ) {
    this.#group = group;
    this.#schedule = schedule;
    const location = fuseLocations(group.stages.map(({ structured }) => structured.operation.location));
    this.#emitter = new LoopEmitter(anchor, schedule.loops.length, location, attributes);
    this.#memory = new MemoryEmitter(this.#emitter, schedule, group.sizes);
    const operands = group.stages.flatMap((stage) => stage.operands);
    this.#views = new Views(
      this.#emitter,
      group.sizes,
      operands.flatMap(({ access }) => (access === undefined ? [] : [access])),
    );
    this.#bodies = new BodyEmitter(this.#emitter, this.#memory, schedule, group, (operand) => this.#address(operand));
    this.#repeatable = isRepeatable(group);
    const loops = [...schedule.loops.keys()];
    this.#parallel = loops.filter((loop) => schedule.loops[loop]!.kind === "parallel");
    this.#reductions = loops.filter((loop) => schedule.loops[loop]!.kind === "reduction");
    this.#stores = memoryOperands(group).stores;
  }

  #address(operand: StageOperand): Addressed {
    const known = this.#addressed.get(operand);
    if (known !== undefined) return known;
    if (operand.access === undefined) throw new Error("a scalar operand has no address");
    const made = this.#views.address(operand.access);
    this.#addressed.set(operand, made);
    return made;
  }

  write(): void {
    this.#walk(0);
  }

  get #vectorLoop(): number | undefined {
    return this.#schedule.vector;
  }

  get #reducesVectors(): boolean {
    return this.#vectorLoop !== undefined && this.#schedule.loops[this.#vectorLoop]!.kind === "reduction";
  }

  /** Opens the parallel loops from `depth` on, segment by segment, and writes the tile inside. */
  #walk(depth: number): void {
    const loop = this.#parallel[depth];
    if (loop === undefined) {
      this.#tile();
      return;
    }
    const { size, tile, dimensions, kind } = this.#schedule.loops[loop]!;
    const lanes = loop === this.#vectorLoop ? this.#schedule.lanes : 1;
    const overcompute = lanes > size && mayOvercompute(nestOf(this.#group), { size, dimensions, kind }, lanes - size);
    for (const segment of segmentsOf(size, { lanes, tile, repeatable: this.#repeatable, overcompute })) {
      this.#memory.segments[loop] = segment;
      this.#emitter.open(loop, segment, []);
      this.#walk(depth + 1);
      this.#emitter.close(loop, []);
    }
  }

  /** The constant part of a loop's index when it stands at `offset` of its segment. */
  #constantPart(loop: number, offset: number): number {
    return offset + (this.#emitter.base(loop).value === undefined ? this.#memory.segments[loop]!.begin : 0);
  }

  /**
   * Every point of the register tile, reduction loops at 0. The longest side of the tile comes outermost: then the operand along
   * it is needed one element at a time, and only those along the short sides stay in registers beside the accumulators.
   */
  #positions(): Position[] {
    let positions: Position[] = [this.#schedule.loops.map(() => 0)];
    const count = (loop: number) => this.#memory.segments[loop]!.offsets.length;
    for (const loop of [...this.#parallel].sort((a, b) => count(b) - count(a))) {
      const { offsets } = this.#memory.segments[loop]!;
      positions = positions.flatMap((position) =>
        offsets.map((offset) => position.with(loop, this.#constantPart(loop, offset))),
      );
    }
    return positions;
  }

  #tile(): void {
    const vector = this.#vectorLoop;
    const segment = vector === undefined || this.#reducesVectors ? undefined : this.#memory.segments[vector]!;
    const lanes = segment?.lanes ?? 1;
    const valid = segment?.valid ?? 1;
    const positions = this.#positions();
    /** Per point: the newest value of each written operand. */
    const written = new Map<Position, Map<StageOperand, Value>>(positions.map((position) => [position, new Map()]));
    const anchor = this.#group.stages[this.#group.anchor]!;
    if (anchor.phase === "reduce") {
      for (const position of positions) this.#runStages("start", position, lanes, written.get(position)!);
      this.#reduce(anchor, positions, lanes, written);
    }
    const interleaved = this.#stores.filter(
      ({ access }) => this.#memory.interleaveLoop(access, lanes, valid) !== undefined,
    );
    for (const position of positions) {
      this.#runStages("finish", position, lanes, written.get(position)!);
      for (const store of this.#stores) {
        if (!interleaved.includes(store)) this.#store(store.operand, position, lanes, valid, written.get(position)!);
      }
    }
    for (const store of interleaved) this.#storeInterleaved(store, positions, lanes, written);
  }

  /** Writes the vectors of neighbouring points, whose elements alternate in memory, as whole vectors. */
  #storeInterleaved(
    { operand, access }: Located,
    positions: readonly Position[],
    lanes: number,
    written: ReadonlyMap<Position, Map<StageOperand, Value>>,
  ): void {
    const along = this.#memory.interleaveLoop(access, lanes, lanes)!;
    const first = this.#constantPart(along, 0);
    for (const position of positions) {
      if (position[along] !== first) continue;
      const { offsets } = this.#memory.segments[along]!;
      const values = offsets.map((offset) => {
        const neighbour = position.with(along, first + offset);
        const found = positions.find((other) => other.every((index, loop) => index === neighbour[loop]))!;
        return this.#bodies.broadcast(written.get(found)!.get(operand)!, lanes, this.#emitter.depth);
      });
      this.#memory.storeInterleaved(this.#address(operand), position, values);
    }
  }

  #runStages(phase: "start" | "finish", position: Position, lanes: number, written: Map<StageOperand, Value>): void {
    for (const stage of this.#group.stages) {
      if (stage.phase !== phase) continue;
      const frame = this.#frame(stage, position, lanes, written);
      const outputs = stage.operands.filter(({ isOutput }) => isOutput);
      for (const [position_, value] of this.#bodies.results(frame).entries()) written.set(outputs[position_]!, value);
    }
  }

  #frame(stage: Stage, position: Position, lanes: number, written: ReadonlyMap<StageOperand, Value>): Frame {
    const carried = (operand: StageOperand) => {
      const writer = forwardedFrom(this.#group, stage, operand);
      return writer === undefined ? undefined : written.get(writer);
    };
    return { stage, position, lanes, carried, local: new Map() };
  }

  #store(
    operand: StageOperand,
    position: Position,
    lanes: number,
    valid: number,
    written: ReadonlyMap<StageOperand, Value>,
  ): void {
    const value = written.get(operand);
    if (value === undefined) throw new Error("a stored operand has no value");
    if (lanes === 1) this.#memory.storeScalar(this.#address(operand), position, value);
    else {
      const whole = this.#bodies.broadcast(value, lanes, this.#emitter.depth);
      this.#memory.storeVector(this.#address(operand), position, whole, valid);
    }
  }

  // ------------------------------------------------------------------------------------------------------ reductions

  /** The values that the accumulators of a reduction begin with: from an earlier stage, or from memory. */
  #initial(anchor: Stage, position: Position, lanes: number, written: ReadonlyMap<StageOperand, Value>): Value[] {
    const outputs = anchor.operands.filter(({ isOutput }) => isOutput);
    return outputs.map((operand) => {
      const writer = forwardedFrom(this.#group, anchor, operand);
      const forwarded = writer === undefined ? undefined : written.get(writer);
      if (forwarded !== undefined) return this.#bodies.broadcast(forwarded, lanes, this.#emitter.depth);
      const type = operand.argument.type;
      if (!isRead(operand)) return this.#emitter.number(0, lanes === 1 ? type : VectorType.get([lanes], type));
      const addressed = this.#address(operand);
      if (lanes === 1) return this.#memory.loadScalar(addressed, position, this.#emitter.depth);
      return this.#memory.loadVector(addressed, position, lanes, this.#emitter.depth, false);
    });
  }

  #reduce(
    anchor: Stage,
    positions: readonly Position[],
    lanes: number,
    written: ReadonlyMap<Position, Map<StageOperand, Value>>,
  ): void {
    const initial = positions.map((position) => this.#initial(anchor, position, lanes, written.get(position)!));
    const results = this.#reducesVectors
      ? this.#reduceVectors(anchor, positions, initial)
      : this.#reduceAlong(
          positions.map((position, at) => ({ position, values: initial[at]! })),
          [],
          (points) => points.map(({ position, values }) => this.#step(anchor, position, lanes, values)),
        );
    const outputs = anchor.operands.filter(({ isOutput }) => isOutput);
    for (const [at, position] of positions.entries()) {
      for (const [index, operand] of outputs.entries()) written.get(position)!.set(operand, results[at]![index]!);
    }
  }

  /** One trip of the innermost reduction loop for one point: the accumulators' next values. */
  #step(anchor: Stage, position: Position, lanes: number, accumulators: readonly Value[]): Value[] {
    const outputs = anchor.operands.filter(({ isOutput }) => isOutput);
    const carried = (operand: StageOperand) => {
      const at = outputs.indexOf(operand);
      return at < 0 ? undefined : accumulators[at];
    };
    const frame: Frame = { stage: anchor, position, lanes, carried, local: new Map() };
    return this.#bodies.results(frame).map((value) => this.#bodies.broadcast(value, lanes, this.#emitter.depth));
  }

  /**
   * Opens the reduction loops (over `segments` where given, else over all their points), with the accumulators of all
   * points carried through; `body` gives their next values.
   */
  #reduceAlong(
    points: readonly Point[],
    segments: readonly (readonly [number, Segment])[],
    body: (points: readonly Point[]) => Value[][],
  ): Value[][] {
    const width = points[0]?.values.length ?? 0;
    const regroup = (flat: readonly Value[]) => points.map((_, at) => flat.slice(at * width, (at + 1) * width));
    let flat: readonly Value[] = points.flatMap(({ values }) => values);
    for (const loop of this.#reductions) {
      const given = segments.find(([position]) => position === loop)?.[1];
      const { size } = this.#schedule.loops[loop]!;
      const segment = given ?? segmentsOf(size, { lanes: 1, tile: 1, repeatable: true, overcompute: false })[0]!;
      this.#memory.segments[loop] = segment;
      flat = this.#emitter.open(loop, segment, flat);
    }
    const inside = regroup(flat);
    flat = body(points.map(({ position }, at) => ({ position, values: inside[at]! }))).flat();
    for (const loop of [...this.#reductions].reverse()) flat = this.#emitter.close(loop, flat);
    return regroup(flat);
  }

  /** A reduction along the vectors: partial results in lanes, then across the lanes, then what is left over. */
  #reduceVectors(anchor: Stage, positions: readonly Position[], initial: readonly Value[][]): Value[][] {
    const vector = this.#vectorLoop!;
    const combiners = combinersOf(anchor.structured);
    if (combiners === undefined)
      throw anchor.structured.operation.error("cannot be reduced along vectors: its combiner is not associative");
    const { size, tile, dimensions, kind } = this.#schedule.loops[vector]!;
    const { lanes } = this.#schedule;
    const excess = (lanes - (size % lanes)) % lanes;
    const masks = excess > 0 && mayOvercompute(nestOf(this.#group), { size, dimensions, kind }, excess);
    const neutral = combiners.map(({ operation, neutral: value }) =>
      this.#emitter.number(value, VectorType.get([lanes], operation.onlyResult.type)),
    );
    const step = tile * lanes;
    const main = size - (size % step);
    const whole = size - (size % lanes);
    // Partial accumulators, `tile` per point; after the main part one per point remains.
    let partial: Value[][] = positions.map(() => neutral);
    if (main > 0) partial = this.#mainPart(anchor, combiners, positions, { begin: 0, end: main, tile, lanes }, neutral);
    if (whole > main) {
      const segment = wholeSegment(main, whole, 1, lanes);
      const points = positions.map((position, at) => ({ position, values: partial[at]! }));
      partial = this.#reduceAlong(points, [[vector, segment]], (inside) =>
        inside.map(({ position, values }) =>
          this.#step(anchor, position.with(vector, this.#constantPart(vector, 0)), lanes, values),
        ),
      );
    }
    if (whole < size && masks)
      partial = this.#maskedPart(anchor, combiners, positions, whole, size - whole, partial, neutral);
    let results = positions.map((_, at) =>
      combiners.map(({ operation, kind: combining }, output) =>
        this.#bodies.combine(operation, initial[at]![output]!, this.#acrossLanes(combining, partial[at]![output]!)),
      ),
    );
    if (whole < size && !masks) {
      const points = positions.map((position, at) => ({ position, values: results[at]! }));
      results = this.#reduceAlong(points, [[vector, wholeSegment(whole, size, 1, 1)]], (inside) =>
        inside.map(({ position, values }) =>
          this.#step(anchor, position.with(vector, this.#constantPart(vector, 0)), 1, values),
        ),
      );
    }
    return results;
  }

  #mainPart(
    anchor: Stage,
    combiners: readonly Combiner[],
    positions: readonly Position[],
    extent: { readonly begin: number; readonly end: number; readonly tile: number; readonly lanes: number },
    neutral: readonly Value[],
  ): Value[][] {
    const vector = this.#vectorLoop!;
    const segment = wholeSegment(extent.begin, extent.end, extent.tile, extent.lanes);
    const unrolled = positions.flatMap((position) => segment.offsets.map((offset) => ({ position, offset })));
    const points = unrolled.map(({ position }) => ({ position, values: neutral }));
    const results = this.#reduceAlong(points, [[vector, segment]], (inside) =>
      inside.map(({ position, values }, at) =>
        this.#step(
          anchor,
          position.with(vector, this.#constantPart(vector, unrolled[at]!.offset)),
          extent.lanes,
          values,
        ),
      ),
    );
    return positions.map((_, at) => {
      const parts = results.slice(at * extent.tile, (at + 1) * extent.tile);
      return combiners.map(({ operation }, output) =>
        this.#pairwise(
          operation,
          parts.map((part) => part[output]!),
        ),
      );
    });
  }

  #pairwise(operation: Operation, values: readonly Value[]): Value {
    let rest = [...values];
    while (rest.length > 1) {
      const next: Value[] = [];
      for (let at = 0; at < rest.length; at += 2) {
        const [lhs, rhs] = [rest[at]!, rest[at + 1]];
        next.push(rhs === undefined ? lhs : this.#bodies.combine(operation, lhs, rhs));
      }
      rest = next;
    }
    return rest[0]!;
  }

  /** The last, partly filled vector: lanes beyond the end count as neutral. */
  #maskedPart(
    anchor: Stage,
    combiners: readonly Combiner[],
    positions: readonly Position[],
    begin: number,
    valid: number,
    partial: readonly Value[][],
    neutral: readonly Value[],
  ): Value[][] {
    const vector = this.#vectorLoop!;
    const { lanes } = this.#schedule;
    const maskType = VectorType.get([lanes], i1);
    const bits = Uint8Array.from({ length: lanes }, (_, lane) => (lane < valid ? 1 : 0));
    const condition = this.#emitter.constant(DenseElementsAttribute.get(maskType, bits));
    const points = positions.map((position, at) => ({ position, values: partial[at]! }));
    return this.#reduceAlong(points, [[vector, wholeSegment(begin, begin + lanes, 1, lanes)]], (inside) =>
      inside.map(({ position, values }) => {
        const at = position.with(vector, this.#constantPart(vector, 0));
        const frame: Frame = { stage: anchor, position: at, lanes, carried: () => undefined, local: new Map() };
        return combiners.map(({ operation, element }, output) => {
          const builder = this.#emitter.builderAt(this.#emitter.depth);
          const trueValue = this.#bodies.vector(element, frame);
          const masked = builder.build(select, { condition, trueValue, falseValue: neutral[output]! }).result;
          return this.#bodies.combine(operation, values[output]!, masked);
        });
      }),
    );
  }

  #acrossLanes(kind: CombiningKind, value: Value): Value {
    const vector = asVector(value);
    const fastmath =
      vector.type.element instanceof FloatType ? (kind === "add" || kind === "mul" ? ["reassoc" as const] : []) : [];
    return this.#emitter.builderAt(this.#emitter.depth).build(reduction, { kind, vector, fastmath }).dest;
  }
}

interface Point {
  readonly position: Position;
  readonly values: readonly Value[];
}

function wholeSegment(begin: number, end: number, tile: number, lanes: number): Segment {
  const step = tile * lanes;
  const offsets = Array.from({ length: tile }, (_, at) => at * lanes);
  return { begin, end, step, last: end - step, offsets, lanes, valid: lanes };
}
