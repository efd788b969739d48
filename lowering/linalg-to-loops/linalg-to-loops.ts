/**
 * Turns structured operations on buffers into loops: `scf.for` with loads, stores, vectors and scalar arithmetic. It
 * follows the schedules that `vectorize` wrote; an operation without one becomes plain scalar loops in the written order.
 */

import { isView } from "../../dialects/memref/ops.ts";
import { IntegerAttribute } from "../../ir/attributes.ts";
import type { Operation } from "../../ir/operation.ts";
import { isRefusal } from "../../ir/rewrite/pattern.ts";
import { pass } from "../../passes/pass.ts";
import { structured } from "../linalg-transforms/structured.ts";
import { emitNest } from "./emit/emit-nest.ts";
import { type NestGroup, nestOf } from "./group.ts";
import { join, singleGroup } from "./loop-groups.ts";
import { scalarSchedule } from "./schedule/schedule.ts";
import { decodeSchedule, groupAttributeName, nestAttributeName } from "./schedule/schedule-attribute.ts";
import { blocksWithBufferOperations, isBufferOperation } from "./vectorize.ts";

export const linalgToLoops = pass("linalg-to-loops", {
  doc: "Writes structured operations on buffers as loops, by the schedules that vectorize chose.",
  requires: ["bufferised"],
  establishes: ["loops"],
  exactness: "products and sums may be contracted to fma; reductions along vectors are reassociated",
  run: (root) => {
    let number = 0;
    const done: Operation[] = [];
    for (const operations of blocksWithBufferOperations(root)) {
      for (const members of groupsOf(operations.filter(isBufferOperation))) {
        const group = rebuild(members);
        const anchor = group.stages[group.anchor]!.structured.operation;
        const schedule = decodeSchedule(anchor, group) ?? scalarSchedule(nestOf(group));
        const mark = [nestAttributeName, IntegerAttribute.get(number++)] as const;
        // In front of the last member, where all operands are defined.
        emitNest(group, schedule, members.at(-1)!, [mark]);
        done.push(...members);
      }
    }
    const views = new Set(done.flatMap((operation) => operation.operands.flatMap(({ definer }) => definer ?? [])));
    for (const operation of done.reverse()) operation.erase();
    for (const view of views) eraseUnused(view);
    return done.length > 0;
  },
});

/** Neighbours with one group number. */
function groupsOf(operations: readonly Operation[]): Operation[][] {
  const groups: Operation[][] = [];
  let last: unknown;
  for (const operation of operations) {
    const number = operation.attribute(groupAttributeName);
    if (number !== undefined && number === last) groups.at(-1)!.push(operation);
    else groups.push([operation]);
    last = number;
  }
  return groups;
}

/** Checks and describes a group again, since the IR may have been edited after `vectorize`. */
function rebuild(members: readonly Operation[]): NestGroup {
  let group: NestGroup | undefined;
  for (const operation of members) {
    const member = structured(operation);
    if (member === undefined) continue;
    const next: ReturnType<typeof join> = group === undefined ? singleGroup(member) : join(group, member);
    if (isRefusal(next))
      throw operation.error(`cannot share a loop nest with the operations before it: ${next.refusal}`);
    group = next;
  }
  if (group === undefined) throw new Error("a group has at least one operation");
  return group;
}

/** Erases a view, and the views it was made from, where nothing uses them any more. */
function eraseUnused(operation: Operation): void {
  if (operation.hasUses || operation.block === undefined) return;
  const isScalarConstant = operation.definition?.hasTrait("ConstantLike") ?? false;
  if (!isView(operation) && !isScalarConstant) return;
  const sources = operation.operands.flatMap(({ definer }) => definer ?? []);
  operation.erase();
  for (const source of sources) eraseUnused(source);
}
