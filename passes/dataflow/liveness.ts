/**
 * Liveness, as an analysis: whether a value can matter. It does where it reaches, through any number of operations, one
 * with effects, a decision of control flow, or somebody outside of what is looked at.
 */
import type { Context } from "../../ir/context.ts";
import { isPure } from "../../ir/effects.ts";
import type { Operation } from "../../ir/operation.ts";
import type { DataflowAnalysis } from "./solver.ts";
import { sparseBackward } from "./sparse-backward.ts";

export const liveness: DataflowAnalysis<boolean> = sparseBackward<boolean>({
  name: "liveness",
  lattice: { join: (a, b) => a || b, height: 1 },
  unused: () => false,
  escaped: () => true,
  transfer: (operation, results, { context }) => {
    const isLive = results.includes(true) || !mayBeRemoved(operation, context);
    return operation.operands.map(() => isLive);
  },
});

/** Whether an operation has no effects, so that it only matters through its results. */
function mayBeRemoved(operation: Operation, context: Context): boolean {
  if (operation.definition?.hasTrait("Terminator") ?? true) return false;
  return isPure(operation, context);
}
