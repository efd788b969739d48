/**
 * A group of structured operations on buffers that become one loop nest: operations that fill the accumulator of a
 * reduction, the reduction itself (the anchor), and elementwise operations on its result. All are described over the
 * anchor's iteration space, so that a stage's operand is an access over the nest's dimensions.
 */

import { indexOperation as linalgIndex } from "../../dialects/linalg/ops.ts";
import { math } from "../../dialects/math/index.ts";
import { memref } from "../../dialects/memref/index.ts";
import { load as memrefLoad } from "../../dialects/memref/ops.ts";
import { AffineMap, affineConstant, dimension } from "../../ir/affine-map.ts";
import type { Block, BlockArgument, Operation, Value } from "../../ir/operation.ts";
import { MemRefType } from "../../ir/types.ts";
import type { StructuredOperation } from "../linalg-transforms/structured.ts";
import { combinersOf } from "./emit/combiner.ts";
import {
  type Access,
  accessOf,
  byteRange,
  bytesOf,
  dimensionsOf,
  isSameAccess,
  mayOverlap,
  memoryOf,
} from "./memory.ts";
import type { IteratorKind, Nest, NestAccess, Phase } from "./schedule/nest.ts";

/** An operand of a stage. */
export interface StageOperand {
  readonly value: Value;
  /** The argument of the body that stands for one element. */
  readonly argument: BlockArgument;
  /** Undefined for a scalar operand. */
  readonly access: Access | undefined;
  readonly isOutput: boolean;
}

export interface Stage {
  readonly structured: StructuredOperation;
  readonly phase: Phase;
  readonly operands: readonly StageOperand[];
  /** The nest's dimension for each dimension of the operation; undefined for one of size 1 that has none. */
  readonly dimensions: readonly (number | undefined)[];
  /** Whether the body may use vectors. */
  readonly vectorizable: boolean;
}

export interface NestGroup {
  readonly sizes: readonly number[];
  readonly kinds: readonly IteratorKind[];
  readonly stages: readonly Stage[];
  /** Position in `stages` of the operation whose iteration space the nest has. */
  readonly anchor: number;
}

export function body(stage: Stage): Block {
  return stage.structured.body;
}

/** Describes an operation over a nest: `dimensions[i]` is the nest's dimension of the operation's dimension `i`. */
export function stageOf(
  structured: StructuredOperation,
  phase: Phase,
  dimensions: readonly (number | undefined)[],
  rank: number,
): Stage {
  const toNest = new AffineMap(
    rank,
    0,
    dimensions.map((position) => (position === undefined ? affineConstant(0) : dimension(position))),
  );
  const values = [...structured.inputs, ...structured.outputs];
  const operands = values.map((value, position): StageOperand => {
    const argument = structured.body.arguments[position]!;
    const isOutput = position >= structured.inputs.length;
    if (!isMemRef(value)) return { value, argument, access: undefined, isOutput };
    const access = accessOf(memoryOf(value), structured.maps[position]!.compose(toNest));
    return { value, argument, access, isOutput };
  });
  return { structured, phase, operands, dimensions, vectorizable: isVectorizable(structured.body) };
}

export function isMemRef(value: Value): value is Value<MemRefType> {
  return value.type instanceof MemRefType;
}

/** Whether every operation of a body has a vector form (loads become gathers). */
function isVectorizable(block: Block): boolean {
  return block.operations.every((operation) => {
    const { definition } = operation;
    if (
      definition?.hasTrait("Terminator") ||
      definition?.hasTrait("ConstantLike") ||
      definition?.hasTrait("Elementwise")
    )
      return true;
    return linalgIndex.matches(operation) || memrefLoad.matches(operation);
  });
}

/** The operand of an earlier stage that wrote the element which `operand` reads, so that it need not go through memory. */
export function forwardedFrom(group: NestGroup, stage: Stage, operand: StageOperand): StageOperand | undefined {
  if (operand.access === undefined) return undefined;
  const earlier = group.stages.slice(0, group.stages.indexOf(stage)).reverse();
  for (const { operands } of earlier) {
    const writer = operands.find(
      (candidate) =>
        candidate.isOutput &&
        candidate.access !== undefined &&
        isSameAccess(candidate.access, operand.access!, group.sizes),
    );
    if (writer !== undefined) return writer;
  }
  return undefined;
}

/** Whether the body looks at the element (a pooling window's operand, or an overwritten output, is only a shape). */
export function isRead(operand: StageOperand): boolean {
  return operand.argument.hasUses;
}

/** The operands whose elements are loaded from memory, and those that are stored (once per element, by the last writer). */
export function memoryOperands(group: NestGroup): {
  readonly loads: readonly Located[];
  readonly stores: readonly Located[];
} {
  const loads: Located[] = [];
  const writers: Located[] = [];
  for (const stage of group.stages) {
    for (const operand of stage.operands) {
      if (operand.access === undefined) continue;
      const { access } = operand;
      const located = { stage, operand, access };
      if (isRead(operand) && forwardedFrom(group, stage, operand) === undefined) loads.push(located);
      if (operand.isOutput) writers.push(located);
    }
  }
  const stores = writers.filter(
    ({ access, operand, stage }, position) =>
      !writers.slice(position + 1).some((later) => isSameAccess(later.access, access, group.sizes)) &&
      !isDroppable(group, stage, operand),
  );
  return { loads, stores };
}

export interface Located {
  readonly stage: Stage;
  readonly operand: StageOperand;
  readonly access: Access;
}

/**
 * Whether a result is needed inside the group only: its buffer is a view of the arena whose uses all belong to
 * operations of the group. (Two buffers that share bytes of the arena at different times have different views.)
 */
function isDroppable(group: NestGroup, stage: Stage, operand: StageOperand): boolean {
  if (stage === group.stages.at(-1) || operand.access === undefined || !operand.access.memory.isArena) return false;
  const members = new Set(group.stages.map(({ structured }) => structured.operation));
  const { definer } = operand.value;
  if (definer === undefined || definer.name !== "memref.view") return false;
  return operand.value.users.every((user) => members.has(user));
}

/** How many cycles the operations of a body take for one vector, roughly. */
function workOf(block: Block): number {
  let cycles = 0;
  for (const operation of block.operations) {
    if (operation.definition?.hasTrait("Terminator") || operation.definition?.hasTrait("ConstantLike")) continue;
    if (operation.definition?.dialect === math.name) cycles += cheapMath.has(operation.name) ? 1 : 12;
    else if (operation.name === "arith.divf" || operation.name === "arith.remf") cycles += 5;
    else if (operation.definition?.dialect === memref.name) cycles += 2;
    else if (isMultiplyAdd(operation)) cycles += 0;
    else cycles += 0.5;
  }
  return cycles;
}

const cheapMath: ReadonlySet<string> = new Set([
  "math.absf",
  "math.absi",
  "math.floor",
  "math.ceil",
  "math.trunc",
  "math.roundeven",
  "math.copysign",
  "math.fma",
]);

/** A product that only feeds a sum: both are one instruction. */
function isMultiplyAdd(operation: Operation): boolean {
  if (operation.name !== "arith.mulf") return false;
  const { onlyResult } = operation;
  return onlyResult.hasOneUse && onlyResult.users[0]?.name === "arith.addf";
}

/** Divisions that trap on lanes of arbitrary data. */
function mayTrap(block: Block): boolean {
  return block.operations.some(
    (operation) => memrefLoad.matches(operation) || /^arith\.(ceil|floor)?(div|rem)[su]i$/.test(operation.name),
  );
}

/** The widest value that a body computes with or touches in memory, in bytes. */
function widestBytes(stage: Stage): number {
  let widest = 1;
  for (const operand of stage.operands)
    if (isRead(operand) || operand.isOutput) widest = Math.max(widest, bytesOf(operand.argument.type));
  for (const operation of body(stage).operations) {
    for (const result of operation.results) widest = Math.max(widest, bytesOf(result.type));
  }
  return widest;
}

/** The numbers that a schedule is chosen from. */
export function nestOf(group: NestGroup): Nest {
  const { loads, stores } = memoryOperands(group);
  const anchor = group.stages[group.anchor]!;
  const accesses: NestAccess[] = [];
  for (const { stage, operand, access } of loads) {
    // The first value of an accumulator is loaded before the loops; the anchor's inputs inside them.
    const phase = stage.phase === "reduce" && operand.isOutput ? "start" : stage.phase;
    accesses.push(nestAccess(group, access, phase, false));
  }
  for (const { access } of stores) accesses.push(nestAccess(group, access, "finish", true));
  const indexed = new Set<number>();
  for (const stage of group.stages) {
    for (const operation of body(stage).operations) {
      if (!linalgIndex.matches(operation)) continue;
      const position = stage.dimensions[operation.dim];
      if (position !== undefined) indexed.add(position);
    }
  }
  const work = { start: 0, reduce: 0, finish: 0 };
  for (const stage of group.stages) work[stage.phase] += workOf(body(stage));
  return {
    sizes: group.sizes,
    kinds: group.kinds,
    accesses,
    indexed,
    work,
    accumulators: anchor.phase === "reduce" ? anchor.structured.outputs.length : 1,
    combinable: anchor.phase !== "reduce" || combinersOf(anchor.structured) !== undefined,
    vectorizable: group.stages.every(({ vectorizable }) => vectorizable),
    repeatable: isRepeatable(group),
    speculatable: !group.stages.some((stage) => mayTrap(body(stage))),
    elementBytes: Math.max(...group.stages.map(widestBytes)),
  };
}

function nestAccess(group: NestGroup, access: Access, phase: Phase, write: boolean): NestAccess {
  const irregular = new Set<number>();
  for (const { expression } of access.irregular) dimensionsOf(expression, irregular);
  const elementBytes = bytesOf(access.memory.element);
  const { end } = byteRange(access, group.sizes);
  const forward = irregular.size === 0 && access.strides.every((stride) => stride >= 0);
  const slackBytes = forward ? access.memory.rootBytes - end : 0;
  return { strides: access.strides, irregular, elementBytes, phase, write, slackBytes };
}

/** Whether computing a point twice gives the same: nothing that is stored is also loaded. */
export function isRepeatable(group: NestGroup): boolean {
  const { loads, stores } = memoryOperands(group);
  return !stores.some(({ access }) => loads.some((loaded) => mayOverlap(loaded.access, access, group.sizes)));
}
