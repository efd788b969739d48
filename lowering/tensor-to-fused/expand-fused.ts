/** Takes tasks apart again: their ops stand in the function as before grouping. */
import { isTask, yieldOperation } from "../../dialects/fused/ops.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { pass } from "../../passes/pass.ts";

export const expandFused = pass("expand-fused", {
  doc: "Replaces each task by the ops of its region.",
  invalidates: ["fused"],
  run: (root) => {
    const found: Operation[] = [];
    root.walk((operation) => {
      if (isTask(operation)) found.push(operation);
    });
    for (const operation of found) expandTask(operation);
    return found.length > 0;
  },
});

/** Moves the ops of one task in front of it and erases it. */
function expandTask(task: Operation): void {
  const body = task.regions[0]!.onlyBlock;
  for (const [position, argument] of body.arguments.entries()) argument.replaceAllUsesWith(task.operand(position));
  for (const operation of body.operations) {
    if (!yieldOperation.matches(operation)) {
      operation.moveBefore(task);
      continue;
    }
    const values: readonly Value[] = operation.values;
    for (const [position, result] of task.results.entries()) values[position]!.nameHint ??= result.nameHint;
    task.replaceAllUsesWith(values);
    operation.erase();
  }
  task.erase();
}
