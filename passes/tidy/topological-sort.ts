/**
 * Sorts the operations of graph regions (where uses may stand before definitions) so that definitions come first, keeping the order
 * otherwise. What is on a cycle keeps its place as well as it can.
 */
import type { Block, Operation } from "../../ir/operation.ts";
import { pass } from "../pass.ts";

export const topologicalSort = pass("topological-sort", {
  doc: "Puts definitions before uses in the blocks of regions where any order is allowed.",
  run: (root) => {
    let changed = false;
    root.walk((operation) => {
      for (const region of operation.regions) for (const block of region.blocks) if (sortBlock(block)) changed = true;
    });
    return changed;
  },
});

/** Whether definitions stand before uses already. */
function isSorted(block: Block): boolean {
  for (let operation = block.first; operation !== undefined; operation = operation.next) {
    const user: Operation = operation;
    const usesLater = (inner: Operation): boolean =>
      inner.operands.some(({ definer }) => {
        let ancestor: Operation | undefined = definer;
        while (ancestor !== undefined && ancestor.block !== block) ancestor = ancestor.parentOperation;
        return ancestor !== undefined && ancestor !== user && user.isBeforeInBlock(ancestor);
      });
    if (usesLater(operation)) return false;
    if (operation.regions.length === 0) continue;
    let sorted = true;
    operation.walk((inner) => {
      if (sorted && usesLater(inner)) sorted = false;
    });
    if (!sorted) return false;
  }
  return true;
}

/** Whether the order changed. Where the order is right already, nothing moves. */
function sortBlock(block: Block): boolean {
  if (isSorted(block)) return false;
  const terminator = block.last?.definition?.hasTrait("Terminator") ? block.last : undefined;
  const pending = new Set(block.operations.filter((operation) => operation !== terminator));
  const order: Operation[] = [];
  while (pending.size > 0) {
    let progressed = false;
    for (const operation of pending) {
      if (!isReady(operation, block, pending)) continue;
      pending.delete(operation);
      order.push(operation);
      progressed = true;
    }
    if (progressed) continue;
    // A cycle: take its first operation as it stands.
    const [first] = pending;
    if (first === undefined) break;
    pending.delete(first);
    order.push(first);
  }
  let changed = false;
  let place = block.first;
  for (const operation of order) {
    if (operation === place) {
      place = place.next;
      continue;
    }
    if (place !== undefined) operation.moveBefore(place);
    changed = true;
  }
  return changed;
}

/** Whether everything that the operation (or its regions) uses from this block stands before already. */
function isReady(operation: Operation, block: Block, pending: ReadonlySet<Operation>): boolean {
  let ready = true;
  operation.walk((inner) => {
    for (const { definer } of inner.operands) {
      let ancestor: Operation | undefined = definer;
      while (ancestor !== undefined && ancestor.block !== block) ancestor = ancestor.parentOperation;
      if (ancestor !== undefined && ancestor !== operation && pending.has(ancestor)) ready = false;
    }
  });
  return ready;
}
