/**
 * Which structured operations on tensors will share a loop nest, as far as that can be seen before there are buffers. The
 * members of a group are brought together in their block, and the memory plan keeps what one member reads apart from
 * what another writes. Whether they really share a nest is decided on the buffers (`loop-groups.ts`).
 */
import type { Block, Operation, Value } from "../../ir/operation.ts";
import { isRefusal } from "../../ir/rewrite/pattern.ts";
import { TensorType } from "../../ir/types.ts";
import { matchMaps } from "../linalg-to-loops/loop-groups.ts";
import { isElementwise, readsOperand, type StructuredOperation, structured } from "../linalg-transforms/structured.ts";

/**
 * Gives every structured operation an initial value of its own where that is cheap to compute again (a fill, a broadcast):
 * a shared one would have to be copied.
 */
export function splitSharedFills(block: Block): boolean {
  let changed = false;
  for (const operation of block.operations) {
    const member = structured(operation);
    if (member === undefined) continue;
    for (const [position, output] of member.outputs.entries()) {
      const filler = output.definer;
      const fills = filler === undefined ? undefined : structured(filler);
      if (filler === undefined || fills === undefined || output.hasOneUse || !isCheap(fills)) continue;
      if (!readsOperand(member, member.inputs.length + position)) continue;
      const copy = filler.clone();
      block.insertBefore(copy, operation);
      const result = positionOf(output, filler.results);
      operation.setOperand(member.inputs.length + position, copy.results[result]!);
      changed = true;
    }
  }
  return changed;
}

function positionOf(value: Value, values: readonly Value[]): number {
  return values.indexOf(value);
}

/** Whether an operation reads far less than it writes. */
function isCheap(member: StructuredOperation): boolean {
  const count = (value: Value) => (value.type instanceof TensorType ? value.type.count : 1);
  const read = member.inputs.reduce((sum, value) => sum + count(value), 0);
  return (
    isElementwise(member) && member.operation.results.length === 1 && read * 4 <= count(member.operation.onlyResult)
  );
}

/** Moves reductions, with what fills their accumulators, directly in front of the only elementwise operation that uses them. */
export function gatherGroups(block: Block): boolean {
  let changed = false;
  for (const operation of block.operations) {
    const member = structured(operation);
    if (member === undefined || !isElementwise(member)) continue;
    const producer = reductionFor(member);
    if (producer === undefined) continue;
    changed = moveBefore(producer.operation, operation) || changed;
  }
  for (const operation of block.operations) {
    const member = structured(operation);
    if (member === undefined || isElementwise(member)) continue;
    for (const output of member.outputs) {
      const filler = output.definer;
      const fills = filler === undefined ? undefined : structured(filler);
      if (filler === undefined || fills === undefined || !isElementwise(fills) || !output.hasOneUse) continue;
      changed = moveBefore(filler, operation) || changed;
    }
  }
  return changed;
}

/** The last reduction whose result only this operation uses, point by point. */
function reductionFor(member: StructuredOperation): StructuredOperation | undefined {
  let found: StructuredOperation | undefined;
  for (const [position, value] of member.inputs.entries()) {
    const { definer } = value;
    if (definer === undefined || definer.block !== member.operation.block || !value.hasOneUse) continue;
    const producer = structured(definer);
    if (producer === undefined || isElementwise(producer) || definer.results.length !== 1) continue;
    if (!readsOperand(member, position) || !linked(producer, value, member, position)) continue;
    if (found === undefined || found.operation.isBeforeInBlock(definer)) found = producer;
  }
  return found;
}

/** Moves an operation, unless only unused code lies between. */
function moveBefore(operation: Operation, target: Operation): boolean {
  if (operation.next === target) return false;
  operation.moveBefore(target);
  return true;
}

/** Whether `member` addresses its operand as `producer` addresses the result, dimension by dimension. */
function linked(producer: StructuredOperation, value: Value, member: StructuredOperation, operand: number): boolean {
  const output = positionOf(value, producer.operation.results);
  if (output < 0) return false;
  const matched = matchMaps(producer, producer.inputs.length + output, member, operand, (dimension) => dimension);
  if (isRefusal(matched)) return false;
  return producer.sizes.every(
    (size, dimension) => size === 1 || producer.iterators[dimension] === "reduction" || matched.includes(dimension),
  );
}

/** The first and last position of the group that each operation belongs to, by position in the block. */
export interface GroupExtent {
  readonly first: number;
  readonly last: number;
}

/** Finds the groups among the operations of a block, in order. */
export function groupExtents(operations: readonly Operation[]): readonly GroupExtent[] {
  const extents: GroupExtent[] = operations.map((_, position) => ({ first: position, last: position }));
  let first = 0;
  let previous: { readonly member: StructuredOperation; readonly position: number } | undefined;
  let hasReduction = false;
  for (const [position, operation] of operations.entries()) {
    const member = structured(operation);
    if (member === undefined) continue;
    const joins = previous !== undefined && joinsGroup(previous.member, member, hasReduction);
    if (!joins) {
      first = position;
      hasReduction = false;
    }
    hasReduction ||= !isElementwise(member);
    previous = { member, position };
    for (let each = first; each <= position; each++) extents[each] = { first, last: position };
  }
  return extents;
}

function joinsGroup(previous: StructuredOperation, member: StructuredOperation, hasReduction: boolean): boolean {
  const results = previous.operation.results;
  if (!isElementwise(member)) {
    if (hasReduction) return false;
    return member.outputs.some((output) => results.some((result) => result === output));
  }
  return [...member.inputs, ...member.outputs].some(
    (value, operand) => results.some((result) => result === value) && linked(previous, value, member, operand),
  );
}
