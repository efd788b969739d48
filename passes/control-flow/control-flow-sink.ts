/**
 * Control-flow sinking: an operation without effects that only one of several alternatives uses moves into it, so that the
 * others do not pay for it.
 */
import type { Context } from "../../ir/context.ts";
import { constantOf, isPure } from "../../ir/effects.ts";
import { RegionBranch } from "../../ir/interfaces.ts";
import type { Operation, Region } from "../../ir/operation.ts";
import { operationsImplementing } from "../find-operations.ts";
import { pass } from "../pass.ts";

export const controlFlowSink = pass("control-flow-sink", {
  doc: "Moves operations into the only region of a conditional that uses them.",
  statistics: { "operations sunk": "operations that moved into a region" },
  run: (root, { context, statistic }) => {
    let sunk = 0;
    for (const operation of operationsImplementing(root, RegionBranch, context)) {
      for (const region of regionsThatRunOnce(operation, context)) sunk += sinkInto(region, context);
    }
    statistic("operations sunk", sunk);
    return sunk > 0;
  },
});

/** The regions that run at most once when the operation runs: entered from it, and not from one of its regions. */
function regionsThatRunOnce(operation: Operation, context: Context): readonly Region[] {
  const edges = operation.regions.length === 0 ? undefined : context.implementation(RegionBranch, operation);
  if (edges === undefined || operation.block === undefined) return [];
  const entered = new Set(edges(operation, operation, operation.operands.map(constantOf)).map(({ target }) => target));
  const repeated = new Set<Region>();
  for (const region of operation.regions) {
    for (const block of region.blocks) {
      const end = block.last;
      if (end === undefined || end.successors.length > 0) continue;
      for (const { target } of edges(operation, end, [])) if (target !== undefined) repeated.add(target);
    }
  }
  return operation.regions.filter((region) => entered.has(region) && !repeated.has(region));
}

/** Moves in what only this region uses, users before what they use. Returns how many operations moved. */
function sinkInto(region: Region, context: Context): number {
  const { entry } = region;
  const parent = region.parent;
  if (entry === undefined || parent === undefined) return 0;
  const candidates: Operation[] = [];
  const addDefiners = (operation: Operation) =>
    operation.walk((inner) => {
      for (const { definer } of inner.operands)
        if (definer?.block === parent.block && definer !== undefined) candidates.push(definer);
    });
  for (const block of region.blocks) for (const operation of block.operations) addDefiners(operation);
  let sunk = 0;
  for (let candidate = candidates.pop(); candidate !== undefined; candidate = candidates.pop()) {
    if (candidate.block !== parent.block || candidate.regions.length > 0 || !isPure(candidate, context)) continue;
    if (candidate.definition?.hasTrait("Terminator") || !isUsedOnlyInside(candidate, region)) continue;
    const { first } = entry;
    if (first === undefined) continue;
    candidate.moveBefore(first);
    addDefiners(candidate);
    sunk++;
  }
  return sunk;
}

function isUsedOnlyInside(operation: Operation, region: Region): boolean {
  return operation.results.every((result) =>
    result.users.every((user) => {
      for (let walker: Operation | undefined = user; walker !== undefined; walker = walker.parentOperation) {
        if (walker.parentRegion === region) return true;
      }
      return false;
    }),
  );
}
