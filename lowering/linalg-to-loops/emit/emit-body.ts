/**
 * Instantiating the scalar body of a structured operation at a point of the nest, or along a vector of points. A value of
 * the body is made where it varies last: what depends on an outer loop only is computed there, what is the same for
 * several points of the register tile is computed once, and what does not vary along the vector stays a scalar until
 * it meets a vector.
 */
import { addf, addi, constant, indexCast, mulf } from "../../../dialects/arith/ops.ts";
import { indexOperation as linalgIndex } from "../../../dialects/linalg/ops.ts";
import { load as memrefLoad } from "../../../dialects/memref/ops.ts";
import { extractAt } from "../../../dialects/vector/build.ts";
import { broadcast, fma, load as vectorLoad } from "../../../dialects/vector/ops.ts";
import { type Attribute, DenseElementsAttribute, FloatAttribute, IntegerAttribute } from "../../../ir/attributes.ts";
import { createOperation, type Operation, type Value } from "../../../ir/operation.ts";
import { FloatType, index, type Type, VectorType } from "../../../ir/types.ts";
import { forwardedFrom, type NestGroup, type Stage, type StageOperand } from "../group.ts";
import { mayOverlap } from "../memory.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { type Addressed, asIndex, asVector, type MemoryEmitter, type Position } from "./emit-memory.ts";
import type { LoopEmitter } from "./loop-emitter.ts";

/** Where and how a body is instantiated. */
export interface Frame {
  readonly stage: Stage;
  readonly position: Position;
  /** Points along the vector loop; 1: scalars. */
  readonly lanes: number;
  /** The value of an operand that is not loaded: an accumulator, or the result of an earlier stage. */
  readonly carried: (operand: StageOperand) => Value | undefined;
  /** Values that depend on carried ones, and so belong to this frame alone. */
  readonly local: Map<Value, Value>;
}

/** What a value of a body depends on. */
interface Dependence {
  /** Scheduled loops it varies with. */
  readonly loops: ReadonlySet<number>;
  /** Whether it must be made anew in each frame: it depends on carried values or on memory that the nest writes. */
  readonly isLocal: boolean;
}

const independent: Dependence = { loops: new Set(), isLocal: false };

export class BodyEmitter {
  readonly #emitter: LoopEmitter;
  readonly #memory: MemoryEmitter;
  readonly #schedule: Schedule;
  readonly #group: NestGroup;
  readonly #address: (operand: StageOperand) => Addressed;
  readonly #dependences = new Map<Value, Dependence>();
  readonly #operands = new Map<Value, StageOperand>();

  constructor(
    emitter: LoopEmitter,
    memory: MemoryEmitter,
    schedule: Schedule,
    group: NestGroup,
    address: (operand: StageOperand) => Addressed,
  ) {
    this.#emitter = emitter;
    this.#memory = memory;
    this.#schedule = schedule;
    this.#group = group;
    this.#address = address;
    for (const stage of group.stages) {
      for (const operand of stage.operands) {
        this.#operands.set(operand.argument, operand);
        this.#dependences.set(operand.argument, this.#operandDependence(stage, operand));
      }
    }
  }

  #operandDependence(stage: Stage, operand: StageOperand): Dependence {
    const { access } = operand;
    if (access === undefined) return independent;
    const isCarried =
      (stage.phase === "reduce" && operand.isOutput) || forwardedFrom(this.#group, stage, operand) !== undefined;
    const isWritten = this.#group.stages.some(({ operands }) =>
      operands.some(
        (other) => other.isOutput && other.access !== undefined && mayOverlap(other.access, access, this.#group.sizes),
      ),
    );
    return { loops: this.#memory.loopsOf(access), isLocal: isCarried || isWritten };
  }

  #dependence(value: Value, stage: Stage): Dependence {
    const known = this.#dependences.get(value);
    if (known !== undefined) return known;
    const { definer } = value;
    let found = independent;
    if (definer !== undefined && definer.block === stage.structured.body) {
      if (linalgIndex.matches(definer)) {
        const dimension = stage.dimensions[definer.dim];
        const loop = dimension === undefined ? undefined : this.#memory.loopOf(dimension);
        if (loop !== undefined) found = { loops: new Set([loop]), isLocal: false };
      } else {
        const parts = usedValues(definer).map((each) => this.#dependence(each, stage));
        found = {
          loops: new Set(parts.flatMap(({ loops }) => [...loops])),
          isLocal: parts.some(({ isLocal }) => isLocal),
        };
      }
    }
    this.#dependences.set(value, found);
    return found;
  }

  /** The values that the body of a frame's stage yields. */
  results(frame: Frame): Value[] {
    const terminator = frame.stage.structured.body.last;
    return (terminator?.operands ?? []).map((value) => this.value(value, frame));
  }

  /** A value of the body; a vector where it varies along the frame's lanes. */
  value(value: Value, frame: Frame): Value {
    const { stage, position, lanes, local } = frame;
    const { loops, isLocal } = this.#dependence(value, stage);
    if (isLocal) {
      const known = local.get(value);
      if (known !== undefined) return known;
      const made = this.#make(value, frame, this.#emitter.depth, true);
      local.set(value, made);
      return made;
    }
    const level = this.#emitter.levelOf(loops);
    const spot = [...loops].sort((a, b) => a - b).map((loop) => `${loop}:${position[loop]}`);
    const alongLanes = this.#schedule.vector !== undefined && loops.has(this.#schedule.vector) ? lanes : 1;
    const key = `value ${this.#emitter.identity(value)} ${spot.join()} x${alongLanes}`;
    return this.#emitter.once(level, key, () => this.#make(value, frame, level, false));
  }

  /** Like `value`, broadcast where it is a scalar. */
  vector(value: Value, frame: Frame): Value {
    return this.broadcast(this.value(value, frame), frame.lanes, this.#levelOf(value, frame));
  }

  #levelOf(value: Value, frame: Frame): number {
    const { loops, isLocal } = this.#dependence(value, frame.stage);
    return isLocal ? this.#emitter.depth : this.#emitter.levelOf(loops);
  }

  /** All lanes equal to a scalar; a vector stays as it is. `level`: where the scalar is known. */
  broadcast(value: Value, lanes: number, level: number): Value {
    if (value.type instanceof VectorType || lanes === 1) return value;
    const type = VectorType.get([lanes], value.type);
    const { definer } = value;
    if (constant.matches(definer)) {
      const splat = splatOf(definer.value, type);
      if (splat !== undefined) return this.#emitter.constant(splat);
    }
    const key = `broadcast ${this.#emitter.identity(value)} ${lanes}`;
    return this.#emitter.once(
      level,
      key,
      (builder) => builder.build(broadcast, { source: value, vector: type }).vector,
    );
  }

  #make(value: Value, frame: Frame, level: number, isLocal: boolean): Value {
    const operand = this.#operands.get(value);
    if (operand !== undefined) return this.#operand(operand, frame, level, isLocal);
    const { definer } = value;
    // A value from outside the body is the same everywhere.
    if (definer === undefined || definer.block !== frame.stage.structured.body) return value;
    if (constant.matches(definer)) return this.#emitter.constant(definer.value);
    if (linalgIndex.matches(definer)) return this.#index(frame.stage.dimensions[definer.dim], frame, level);
    if (memrefLoad.matches(definer)) return this.#indirectLoad(definer, frame, level);
    return this.#compute(definer, value, frame, level);
  }

  #operand(operand: StageOperand, frame: Frame, level: number, isLocal: boolean): Value {
    const carried = frame.carried(operand);
    if (carried !== undefined) return carried;
    // A scalar operand is used as it is.
    if (operand.access === undefined) return operand.value;
    const addressed = this.#address(operand);
    const { vector } = this.#schedule;
    const varies = vector !== undefined && frame.lanes > 1 && this.#memory.loopsOf(operand.access).has(vector);
    if (!varies) return this.#memory.loadScalar(addressed, frame.position, level);
    return this.#memory.loadVector(addressed, frame.position, frame.lanes, level, !isLocal);
  }

  #index(dimension: number | undefined, frame: Frame, level: number): Value {
    if (dimension === undefined) return this.#emitter.index(0);
    const first = this.#memory.dimensionIndex(dimension, frame.position);
    if (frame.lanes === 1 || this.#memory.loopOf(dimension) !== this.#schedule.vector) return first;
    const type = VectorType.get([frame.lanes], index);
    const counting = BigInt64Array.from({ length: frame.lanes }, (_, lane) => BigInt(lane));
    const lanes = this.#emitter.constant(DenseElementsAttribute.get(type, counting));
    return this.#emitter.plus(level, this.broadcast(first, frame.lanes, level), lanes);
  }

  /** A load whose indices are computed by the body. */
  #indirectLoad(operation: Operation, frame: Frame, level: number): Value {
    const [memory, ...indices] = operation.operands;
    const builder = this.#emitter.builderAt(level);
    const values = indices.map((each) => this.value(each, frame));
    const type = operation.onlyResult.type;
    const scalarLoad = (at: readonly Value[]) => this.#clone(operation, [memory!, ...at], type, level);
    if (!values.some((each) => each.type instanceof VectorType)) return scalarLoad(values);
    const laneOf = (each: Value, lane: number) =>
      each.type instanceof VectorType ? extractAt(builder, asVector(each), [lane]) : each;
    if (memrefLoad.matches(operation) && this.#isContiguous(operation, values, frame)) {
      const result = VectorType.get([frame.lanes], type);
      const at = values.map((each) => asIndex(laneOf(each, 0)));
      return builder.build(vectorLoad, { base: operation.memref, indices: at, result }).result;
    }
    return this.#memory.gatherLanes(type, frame.lanes, level, (lane) =>
      scalarLoad(values.map((each) => laneOf(each, lane))),
    );
  }

  /** Whether only the last index varies along the lanes, and by one from lane to lane. */
  #isContiguous(operation: Operation, values: readonly Value[], frame: Frame): boolean {
    const memory = operation.operand(0).type;
    const hasUnitStride = "layout" in memory && memory.layout === undefined;
    if (!hasUnitStride || values.slice(0, -1).some((each) => each.type instanceof VectorType)) return false;
    return this.#laneStride(operation.operand(operation.operandCount - 1), frame) === 1;
  }

  /** By how much an index value grows from lane to lane; undefined where that is not known. */
  #laneStride(value: Value, frame: Frame): number | undefined {
    const { vector } = this.#schedule;
    const { loops, isLocal } = this.#dependence(value, frame.stage);
    if (vector === undefined || isLocal) return undefined;
    if (!loops.has(vector)) return 0;
    const { definer } = value;
    if (linalgIndex.matches(definer)) return 1;
    if (indexCast.matches(definer)) return this.#laneStride(definer.input, frame);
    if (!addi.matches(definer)) return undefined;
    const parts = definer.operands.map((each) => this.#laneStride(each, frame));
    return parts.every((part) => part !== undefined) ? parts.reduce((sum, part) => sum + part, 0) : undefined;
  }

  #compute(operation: Operation, value: Value, frame: Frame, level: number): Value {
    const fused = this.#multiplyAdd(operation, frame, level);
    if (fused !== undefined) return fused;
    if (operation.regions.length > 0) return this.#cloneWithRegions(operation, value, frame, level);
    const operands = operation.operands.map((each) => this.value(each, frame));
    const isVector = operands.some((each) => each.type instanceof VectorType);
    if (!isVector) return this.#clone(operation, operands, value.type, level, value);
    const vectors = operation.operands.map((each) => this.vector(each, frame));
    return this.#clone(operation, vectors, VectorType.get([frame.lanes], value.type), level, value);
  }

  /** `x + a · b` of vectors is one instruction, rounded once. */
  #multiplyAdd(operation: Operation, frame: Frame, level: number): Value | undefined {
    if (!addf.matches(operation) || frame.lanes === 1) return undefined;
    const { type } = operation.result;
    if (!(type instanceof FloatType) || (type.kind !== "f32" && type.kind !== "f64")) return undefined;
    for (const [product, summand] of [
      [operation.rhs, operation.lhs],
      [operation.lhs, operation.rhs],
    ] as const) {
      const { definer } = product;
      if (!mulf.matches(definer) || definer.block !== operation.block || !definer.result.hasOneUse) continue;
      const factors = [this.value(definer.lhs, frame), this.value(definer.rhs, frame)];
      if (!factors.some((factor) => factor.type instanceof VectorType)) continue;
      const [lhs, rhs, acc] = [definer.lhs, definer.rhs, summand].map((each) => asVector(this.vector(each, frame)));
      return this.#emitter.builderAt(level).build(fma, { lhs: lhs!, rhs: rhs!, acc: acc! }, operation.location).result;
    }
    return undefined;
  }

  #clone(
    operation: Operation,
    operands: readonly Value[],
    type: Type,
    level: number,
    wanted: Value = operation.onlyResult,
  ): Value {
    const position = positionOf(wanted, operation.results);
    const isVector = type instanceof VectorType;
    const copy = createOperation({
      name: operation.name,
      definition: operation.definition,
      operands,
      resultTypes: operation.results.map((result) =>
        isVector ? VectorType.get(type.shape, result.type) : result.type,
      ),
      properties: operation.properties,
      attributes: operation.attributes,
      location: operation.location,
    });
    this.#emitter.builderAt(level).insert(copy);
    return copy.results[position]!;
  }

  #cloneWithRegions(operation: Operation, value: Value, frame: Frame, level: number): Value {
    const mapping = new Map<Value, Value>();
    for (const each of usedValues(operation)) mapping.set(each, this.value(each, frame));
    const copy = this.#emitter.builderAt(level).insert(operation.clone(mapping));
    return copy.results[positionOf(value, operation.results)]!;
  }

  /** The operation that combines an accumulator with an element, on values at hand. */
  combine(operation: Operation, lhs: Value, rhs: Value): Value {
    return this.#clone(operation, [lhs, rhs], lhs.type, this.#emitter.depth);
  }
}

/** The values from outside an operation that it and all inside it use. */
function usedValues(operation: Operation): Value[] {
  const used = new Set<Value>();
  operation.walk((each) => {
    for (const value of each.operands) {
      const owner = value.parentBlock?.parentOperation;
      if (owner === undefined || !operation.isAncestorOf(owner)) used.add(value);
    }
  });
  return [...used];
}

function positionOf(value: Value, values: readonly Value[]): number {
  return values.indexOf(value);
}

function splatOf(attribute: Attribute, type: VectorType): DenseElementsAttribute | undefined {
  if (attribute instanceof FloatAttribute || attribute instanceof IntegerAttribute)
    return DenseElementsAttribute.splat(type, attribute.value);
  return undefined;
}
