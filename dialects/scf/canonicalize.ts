/** Canonical forms of structured control flow: loops that run never or once, decided conditions, values carried in vain. */

import { Region, type Value } from "../../ir/operation.ts";
import { type Pattern, rewrite } from "../../ir/rewrite/pattern.ts";
import { constantNumberOf } from "../arith/build.ts";
import { ifCanonicalization } from "./canonicalize-if.ts";
import { loopCanonicalization } from "./canonicalize-loops.ts";
import { inlineBlock } from "./inline-block.ts";
import { executeRegion, forOperation, ifOperation, yieldOperation } from "./ops.ts";

/** How often a loop runs, where its bounds are constants. */
function tripCount(operation: {
  readonly lowerBound: Value;
  readonly upperBound: Value;
  readonly step: Value;
}): number | undefined {
  const lower = constantNumberOf(operation.lowerBound);
  const upper = constantNumberOf(operation.upperBound);
  const step = constantNumberOf(operation.step);
  if (operation.lowerBound === operation.upperBound) return 0;
  if (lower === undefined || upper === undefined) return undefined;
  if (lower >= upper) return 0;
  if (step === undefined || step <= 0) return undefined;
  return Math.ceil((upper - lower) / step);
}

/** for i = a to b (a >= b) -> initial values */
const loopThatNeverRuns = rewrite(forOperation, "loop-that-never-runs", (operation, rewriter) =>
  tripCount(operation) === 0 ? rewriter.replace(operation, operation.initArgs) : undefined,
);

/** for i = a to b step s (b <= a + s) -> body with i = a */
const loopThatRunsOnce = rewrite(forOperation, "loop-that-runs-once", (operation, rewriter) => {
  if (tripCount(operation) !== 1) return undefined;
  const { lowerBound, initArgs, region } = operation;
  const final = inlineBlock(region.onlyBlock, [lowerBound, ...initArgs], operation, rewriter);
  return rewriter.replace(operation, final);
});

/** A carried value that is never changed is its initial value; that and one that nobody uses need no carrying. */
const unchangedCarriedValue = rewrite(forOperation, "unchanged-carried-value", (operation, rewriter) => {
  const { region, initArgs } = operation;
  const block = region.onlyBlock;
  const terminator = block.last;
  if (!yieldOperation.matches(terminator)) return undefined;
  const yielded = terminator.inputs;
  const isUnchanged = (position: number) =>
    yielded[position] === block.arguments[position + 1] ||
    yielded[position] === initArgs[position] ||
    (!block.arguments[position + 1]?.hasUses && !operation.results[position]?.hasUses);
  const kept = initArgs.map((_, position) => position).filter((position) => !isUnchanged(position));
  if (kept.length === initArgs.length) return undefined;
  for (const [position, initial] of initArgs.entries()) {
    const argument = block.arguments[position + 1];
    if (isUnchanged(position) && argument !== undefined) rewriter.replaceAllUses(argument, initial);
  }
  rewriter.modify(terminator, () => terminator.setOperands(kept.map((position) => yielded[position]!)));
  for (let position = initArgs.length - 1; position >= 0; position--) {
    if (isUnchanged(position)) block.eraseArgument(position + 1);
  }
  const body = new Region();
  body.takeBlocks(region);
  const { lowerBound, upperBound, step } = operation;
  const smaller = rewriter.build(
    forOperation,
    { lowerBound, upperBound, step, initArgs: kept.map((position) => initArgs[position]!), region: body },
    operation.location,
    operation.attributes,
  );
  const results = initArgs.map((initial, position) => {
    const at = kept.indexOf(position);
    return at < 0 ? initial : smaller.outputs[at]!;
  });
  return rewriter.replace(operation, results);
});

/** if true then a else b -> a */
const decidedCondition = rewrite(ifOperation, "decided-condition", (operation, rewriter) => {
  const known = constantNumberOf(operation.condition);
  if (known === undefined) return undefined;
  const chosen = known !== 0 ? operation.thenRegion : operation.elseRegion;
  const block = chosen.entry;
  const values = block === undefined ? [] : inlineBlock(block, [], operation, rewriter);
  return rewriter.replace(operation, values);
});

/** if c then (x, …) else (x, …) -> x: what both branches yield from outside needs no branch. */
const sameOnBothSides = rewrite(ifOperation, "same-on-both-sides", (operation, rewriter) => {
  const [then, otherwise] = [operation.thenRegion.entry?.last, operation.elseRegion.entry?.last];
  if (then === undefined || otherwise === undefined) return undefined;
  let changed = false;
  for (const [position, output] of operation.outputs.entries()) {
    const value = then.operands[position];
    // A value defined inside a branch cannot be yielded by the other.
    if (value === undefined || value !== otherwise.operands[position] || !output.hasUses) continue;
    rewriter.replaceAllUses(output, value);
    changed = true;
  }
  return changed || undefined;
});

/** A region of one block is no control flow. */
const plainRegion = rewrite(executeRegion, "plain-region", (operation, rewriter) => {
  if (operation.region.blocks.length !== 1) return undefined;
  const block = operation.region.onlyBlock;
  if (block.last?.name !== yieldOperation.name) return undefined;
  return rewriter.replace(operation, inlineBlock(block, [], operation, rewriter));
});

export const scfCanonicalization: readonly Pattern[] = [
  loopThatNeverRuns,
  loopThatRunsOnce,
  unchangedCarriedValue,
  decidedCondition,
  sameOnBothSides,
  plainRegion,
  ...ifCanonicalization,
  ...loopCanonicalization,
];
