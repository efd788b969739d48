/** Where an operation can stand that uses several values. */
import { at, type InsertionPoint } from "../../builder.ts";
import { DominanceInfo } from "../../dominance.ts";
import type { Operation, Value } from "../../operation.ts";

/** How far back the neighbours are looked at, before positions in the block are compared. */
const shortWay = 64;

/** The first point behind the definitions of all values; before `near` where there are none. */
export function behindAll(values: readonly Value[], near: Operation): InsertionPoint {
  const [first] = values;
  if (first === undefined) return at.before(near);
  if (values.length === 1) return behind(first);
  const definers = new Set(values.map((value) => value.definer).filter((definer) => definer !== undefined));
  const blocks = new Set(values.map((value) => value.parentBlock));
  if (blocks.size === 1) {
    const latest = latestOf(definers, near);
    return latest === undefined ? behind(first) : at.after(latest);
  }
  // The point behind one of the values that all others dominate.
  const dominance = new DominanceInfo();
  for (const definer of definers) {
    if (values.every((value) => value.definer === definer || dominance.dominates(value, definer))) {
      return definer === undefined ? behind(first) : at.after(definer);
    }
  }
  return at.before(near);
}

function behind(value: Value): InsertionPoint {
  const { definer } = value;
  return definer === undefined ? at.startOf(value.parentBlock!) : at.after(definer);
}

/** The last of operations of one block. Mostly they stand right before `near`. */
function latestOf(operations: ReadonlySet<Operation>, near: Operation): Operation | undefined {
  let latest: Operation | undefined;
  for (let each = near.previous, step = 0; each !== undefined && step < shortWay; each = each.previous, step++) {
    if (operations.has(each) && isBehindNone(operations, near)) return each;
  }
  for (const operation of operations) {
    if (latest === undefined || latest.isBeforeInBlock(operation)) latest = operation;
  }
  return latest;
}

/** Whether none of the operations stands right behind `near`, where a pattern may have put them. */
function isBehindNone(operations: ReadonlySet<Operation>, near: Operation): boolean {
  for (let each = near.next, step = 0; each !== undefined && step < shortWay; each = each.next, step++) {
    if (operations.has(each)) return false;
  }
  return true;
}
