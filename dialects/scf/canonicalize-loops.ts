/** Canonical forms of while loops, switches and parallel loops. */
import { type Operation, Region, type Value } from "../../ir/operation.ts";
import { type Pattern, rewrite } from "../../ir/rewrite/pattern.ts";
import { constantNumberOf } from "../arith/build.ts";
import { inlineBlock } from "./inline-block.ts";
import { condition, indexSwitch, parallel, whileOperation, yieldOperation } from "./ops.ts";

function isOutside(value: Value, operation: Operation): boolean {
  const home = value.parentBlock?.parentOperation;
  return home !== undefined && !operation.isAncestorOf(home);
}

/**
 * A while loop carries no value that never changes (each turn starts with the initial one again), and hands over none that
 * comes from outside or that nobody uses.
 */
const needlessValues = rewrite(whileOperation, "needless-values-of-while", (operation, rewriter) => {
  const { before, after, inits } = operation;
  const [test, body] = [before.entry, after.entry];
  const handed = test?.last;
  const yielded = body?.last;
  if (test === undefined || body === undefined) return undefined;
  if (!condition.matches(handed) || !yieldOperation.matches(yielded)) return undefined;
  const isCarried = inits.map((initial, at) => {
    const next = yielded.operand(at);
    const from = body.arguments.findIndex((argument) => Object.is(argument, next));
    return next !== initial && !(from >= 0 && handed.args[from] === test.arguments[at]);
  });
  for (const [at, initial] of inits.entries())
    if (!isCarried[at]) rewriter.replaceAllUses(test.arguments[at]!, initial);
  const isHanded = handed.args.map((value, at) => {
    const [argument, result] = [body.arguments[at]!, operation.results[at]!];
    if (isOutside(value, operation)) {
      rewriter.replaceAllUses(argument, value);
      rewriter.replaceAllUses(result, value);
    }
    return argument.hasUses || result.hasUses;
  });
  if (isCarried.every(Boolean) && isHanded.every(Boolean)) return undefined;
  const kept = <T>(values: readonly T[], flags: readonly boolean[]) => values.filter((_, at) => flags[at]);
  const results = kept(operation.results, isHanded);
  rewriter.modify(yielded, () => yielded.setOperands(kept(yielded.inputs, isCarried)));
  rewriter.modify(handed, () => handed.setOperands([handed.condition, ...kept(handed.args, isHanded)]));
  for (let at = isCarried.length - 1; at >= 0; at--) if (!isCarried[at]) test.eraseArgument(at);
  for (let at = isHanded.length - 1; at >= 0; at--) if (!isHanded[at]) body.eraseArgument(at);
  const regions = [before, after].map((region) => {
    const moved = new Region();
    moved.takeBlocks(region);
    return moved;
  });
  const made = rewriter.build(
    whileOperation,
    {
      inits: kept(inits, isCarried),
      outputs: results.map(({ type }) => type),
      before: regions[0]!,
      after: regions[1]!,
    },
    operation.location,
    operation.attributes,
  );
  for (const [at, result] of results.entries()) {
    made.results[at]!.nameHint = result.nameHint;
    rewriter.replaceAllUses(result, made.results[at]!);
  }
  return rewriter.erase(operation);
});

/** A switch on a constant is the case that it chooses. */
const decidedSwitch = rewrite(indexSwitch, "decided-switch", (operation, rewriter) => {
  const known = constantNumberOf(operation.arg);
  if (known === undefined) return undefined;
  const at = operation.cases.indexOf(known);
  const chosen = at < 0 ? operation.defaultRegion : operation.caseRegions[at];
  if (chosen?.blocks.length !== 1) return undefined;
  return rewriter.replace(operation, inlineBlock(chosen.onlyBlock, [], operation, rewriter));
});

/** A parallel loop with a dimension that has no points gives its initial values. */
const emptyParallel = rewrite(parallel, "parallel-loop-that-never-runs", (operation, rewriter) => {
  const { lowerBound, upperBound, initVals } = operation;
  const isEmpty = lowerBound.some((lower, axis) => {
    const upper = upperBound[axis];
    const [from, to] = [constantNumberOf(lower), upper && constantNumberOf(upper)];
    return lower === upper || (from !== undefined && to !== undefined && from >= to);
  });
  return isEmpty ? rewriter.replace(operation, initVals) : undefined;
});

export const loopCanonicalization: readonly Pattern[] = [needlessValues, decidedSwitch, emptyParallel];
