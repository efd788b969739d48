/** Whether operations with regions do the same: their contents are compared side by side. */
import { type AttributeEntry, entryValue } from "../../ir/attribute-map.ts";
import type { Block, Operation, Value } from "../../ir/operation.ts";

/** Whether the regions of two operations are equal: same operations in the same order, on corresponding or equal values. */
export function equalRegions(first: Operation, second: Operation): boolean {
  const counterparts = new Map<Value, Value>();
  const pending: (readonly [Operation, Operation])[] = [[first, second]];
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    const [a, b] = pair;
    if (a.regions.length !== b.regions.length) return false;
    for (const [index, region] of a.regions.entries()) {
      const { blocks } = b.regions[index]!;
      // With several blocks their order would have to be compared along the branches.
      if (region.blocks.length !== blocks.length || blocks.length > 1) return false;
      const [left] = region.blocks;
      const [right] = blocks;
      if (left !== undefined && right !== undefined && !equalBlocks(left, right, counterparts, pending)) return false;
    }
  }
  return true;
}

function equalBlocks(
  left: Block,
  right: Block,
  counterparts: Map<Value, Value>,
  pending: (readonly [Operation, Operation])[],
): boolean {
  if (left.arguments.length !== right.arguments.length) return false;
  for (const [index, argument] of left.arguments.entries()) {
    const other = right.arguments[index]!;
    if (argument.type !== other.type) return false;
    counterparts.set(argument, other);
  }
  let a = left.first;
  let b = right.first;
  while (a !== undefined && b !== undefined) {
    if (!equalOperations(a, b, counterparts)) return false;
    if (a.regions.length > 0 || b.regions.length > 0) pending.push([a, b]);
    a = a.next;
    b = b.next;
  }
  return a === b;
}

function equalOperations(a: Operation, b: Operation, counterparts: Map<Value, Value>): boolean {
  if (a.name !== b.name || a.operandCount !== b.operandCount || a.results.length !== b.results.length) return false;
  if (a.successors.length > 0 || b.successors.length > 0) return false;
  const isSame = (at: number, other: number) => {
    const value = a.operand(at);
    return (counterparts.get(value) ?? value) === b.operand(other);
  };
  let areSame = true;
  for (let index = 0; index < a.operandCount && areSame; index++) areSame = isSame(index, index);
  const isSwappable = a.operandCount === 2 && (a.definition?.hasTrait("Commutative") ?? false);
  if (!areSame && !(isSwappable && isSame(0, 1) && isSame(1, 0))) return false;
  for (let index = 0; index < a.results.length; index++) {
    const result = a.results[index]!;
    const other = b.results[index]!;
    if (result.type !== other.type) return false;
    counterparts.set(result, other);
  }
  return sameEntries(a.inherentEntries, b.inherentEntries) && sameEntries(a.discardableEntries, b.discardableEntries);
}

/** Whether two lists hold the same names and attributes, in any order. */
export function sameEntries(a: AttributeEntry | undefined, b: AttributeEntry | undefined): boolean {
  if (a === b) return true;
  let difference = 0;
  for (let entry = a; entry !== undefined; entry = entry.next) {
    if (entryValue(b, entry.name) !== entry.value) return false;
    difference++;
  }
  for (let entry = b; entry !== undefined; entry = entry.next) difference--;
  return difference === 0;
}
