/**
 * Which operations become one loop nest. A reduction takes in the operations right before it that fill its accumulator and
 * the elementwise operations right after it that work on its result, so that the accumulator starts from and ends in
 * registers. Each decision is about memory: joined operations run point by point instead of one after the other,
 * so wherever two of them touch the same bytes (and one writes), they must do it at the same point.
 */
import type { Operation } from "../../ir/operation.ts";
import { isRefusal, type Refusal, refuse } from "../../ir/rewrite/pattern.ts";
import { MemRefType } from "../../ir/types.ts";
import {
  isElementwise,
  plainDimensions,
  readsOperand,
  type StructuredOperation,
  structured,
} from "../linalg-transforms/structured.ts";
import { type NestGroup, type Stage, stageOf } from "./group.ts";
import { isSameAccess, mayOverlap } from "./memory.ts";

/** A dimension of the nest for each dimension of an operation; undefined for one of size 1 without counterpart. */
type DimensionMap = readonly (number | undefined)[];

/** The nest of one operation alone. */
export function singleGroup(member: StructuredOperation): NestGroup {
  const identity = member.sizes.map((_, position) => position);
  const phase = isElementwise(member) ? "finish" : "reduce";
  return {
    sizes: member.sizes,
    kinds: member.iterators,
    stages: [stageOf(member, phase, identity, member.sizes.length)],
    anchor: 0,
  };
}

export interface LoopGroups {
  readonly groups: readonly NestGroup[];
  /** Why an operation did not join the group before it. */
  readonly refusals: ReadonlyMap<Operation, string>;
}

/** Splits the structured operations of a block (on buffers, in order) into groups of neighbours. */
export function formGroups(operations: readonly Operation[]): LoopGroups {
  const groups: NestGroup[] = [];
  const refusals = new Map<Operation, string>();
  let current: NestGroup | undefined;
  const finish = () => {
    if (current !== undefined) groups.push(current);
    current = undefined;
  };
  for (const operation of operations) {
    const member = structured(operation);
    if (member === undefined) {
      // Views and constants may stand between; anything that touches memory ends a group.
      if (touchesMemory(operation)) finish();
      continue;
    }
    const joined = current === undefined ? undefined : join(current, member);
    if (joined !== undefined && !isRefusal(joined)) {
      current = joined;
      continue;
    }
    if (joined !== undefined) refusals.set(operation, joined.refusal);
    finish();
    current = singleGroup(member);
  }
  finish();
  return { groups, refusals };
}

function touchesMemory(operation: Operation): boolean {
  return !(operation.definition?.hasTrait("Pure") ?? false);
}

/** The group with one more operation behind it, or why not. */
export function join(group: NestGroup, member: StructuredOperation): NestGroup | Refusal {
  const last = group.stages.at(-1)!;
  const hasReduction = group.stages[group.anchor]!.phase === "reduce";
  if (isElementwise(member)) {
    const dimensions = linkedDimensions(last.structured, member, (position) => last.dimensions[position], group);
    if (isRefusal(dimensions)) return dimensions;
    const stage = stageOf(member, "finish", dimensions, group.sizes.length);
    return checked({ ...group, stages: [...group.stages, stage] }, stage);
  }
  if (hasReduction) return refuse("a nest has one reduction");
  return joinReduction(group, member);
}

/** The elementwise group becomes the start of a reduction whose accumulator it fills. */
function joinReduction(group: NestGroup, member: StructuredOperation): NestGroup | Refusal {
  const filled = member.outputs.some((output, position) => {
    const reads = readsOperand(member, member.inputs.length + position);
    return reads && group.stages.some(({ structured: each }) => each.outputs.includes(output));
  });
  if (!filled) return refuse("the operations before do not fill the reduction's accumulator");
  const rank = member.sizes.length;
  const anchor = stageOf(
    member,
    "reduce",
    member.sizes.map((_, position) => position),
    rank,
  );
  const stages: Stage[] = [];
  for (const { structured: each } of group.stages) {
    const dimensions = linkedOutputs(member, each);
    if (isRefusal(dimensions)) return dimensions;
    stages.push(stageOf(each, "start", dimensions, rank));
  }
  const joined: NestGroup = {
    sizes: member.sizes,
    kinds: member.iterators,
    stages: [...stages, anchor],
    anchor: stages.length,
  };
  for (const stage of stages) {
    const covered = coversParallel(stage, joined);
    if (covered !== undefined) return covered;
  }
  return checked(joined, anchor);
}

/** How the dimensions of `start` map to the reduction's, through the accumulator that both address. */
function linkedOutputs(anchor: StructuredOperation, start: StructuredOperation): DimensionMap | Refusal {
  for (const [position, output] of anchor.outputs.entries()) {
    const other = start.outputs.indexOf(output);
    if (other < 0) continue;
    return matchMaps(
      anchor,
      anchor.inputs.length + position,
      start,
      start.inputs.length + other,
      (dimension) => dimension,
    );
  }
  return refuse("an operation before the reduction writes another buffer than the accumulator");
}

/** How the dimensions of `member` map to the nest's, through a buffer that `last` writes and `member` uses. */
function linkedDimensions(
  last: StructuredOperation,
  member: StructuredOperation,
  toNest: (position: number) => number | undefined,
  group: NestGroup,
): DimensionMap | Refusal {
  const used = [...member.inputs, ...member.outputs];
  let refusal: Refusal = refuse("it uses no result of the operation before");
  for (const [position, output] of last.outputs.entries()) {
    for (const [at, value] of used.entries()) {
      if (value !== output) continue;
      const matched = matchMaps(last, last.inputs.length + position, member, at, toNest);
      if (isRefusal(matched)) {
        refusal = matched;
        continue;
      }
      const missing = group.sizes.findIndex(
        (size, dimension) => size > 1 && group.kinds[dimension] === "parallel" && !matched.includes(dimension),
      );
      if (missing < 0) return matched;
      refusal = refuse(`it does not have the nest's dimension d${missing}`);
    }
  }
  return refusal;
}

/** Pairs the dimensions of two operations that address one buffer, axis by axis. */
export function matchMaps(
  from: StructuredOperation,
  fromOperand: number,
  to: StructuredOperation,
  toOperand: number,
  toNest: (position: number) => number | undefined,
): DimensionMap | Refusal {
  const source = plainDimensions(from.maps[fromOperand]!);
  const target = plainDimensions(to.maps[toOperand]!);
  if (source === undefined || target === undefined)
    return refuse("the common buffer is not addressed by plain dimensions");
  const dimensions = new Array<number | undefined>(to.sizes.length).fill(undefined);
  for (const [axis, position] of target.entries()) {
    const counterpart = source[axis];
    if (position === undefined) {
      if (counterpart !== undefined && from.sizes[counterpart]! > 1)
        return refuse(`axis ${axis} of the common buffer is fixed on one side`);
      continue;
    }
    if (counterpart === undefined) {
      if (to.sizes[position]! > 1) return refuse(`axis ${axis} of the common buffer is fixed on one side`);
      continue;
    }
    if (from.sizes[counterpart] !== to.sizes[position])
      return refuse(`axis ${axis} of the common buffer is walked to different ends`);
    dimensions[position] = toNest(counterpart);
  }
  const unmatched = dimensions.findIndex((dimension, position) => dimension === undefined && to.sizes[position]! > 1);
  if (unmatched >= 0) return refuse(`its dimension d${unmatched} does not occur in the common buffer`);
  return dimensions;
}

function coversParallel(stage: Stage, group: NestGroup): Refusal | undefined {
  const missing = group.sizes.findIndex(
    (size, dimension) => size > 1 && group.kinds[dimension] === "parallel" && !stage.dimensions.includes(dimension),
  );
  return missing < 0 ? undefined : refuse(`an operation before the reduction does not have its dimension d${missing}`);
}

/** Refuses a group in which the newest stage and an earlier one touch common bytes at different points. */
function checked(group: NestGroup, newest: Stage): NestGroup | Refusal {
  if (capturesMemory(newest)) return refuse("its body reads a buffer by computed indices");
  for (const stage of group.stages) {
    if (capturesMemory(stage)) return refuse("the body of an operation before reads a buffer by computed indices");
  }
  for (const stage of group.stages) {
    if (stage === newest) continue;
    for (const before of stage.operands) {
      for (const after of newest.operands) {
        if (!before.isOutput && !after.isOutput) continue;
        if (before.access === undefined || after.access === undefined) continue;
        if (!mayOverlap(before.access, after.access, group.sizes)) continue;
        if (isSameAccess(before.access, after.access, group.sizes)) {
          // Inside a reduction an input is read at other times than an elementwise stage writes it.
          const readsInLoop = stage.phase === "reduce" && !before.isOutput;
          if (!readsInLoop) continue;
        }
        return refuse("it touches bytes that an operation before uses at other points of the nest");
      }
    }
  }
  return group;
}

/** Whether the body refers to a buffer that is no operand. */
function capturesMemory({ structured: { body } }: Stage): boolean {
  return body.operations.some((operation) => operation.operands.some((value) => value.type instanceof MemRefType));
}
