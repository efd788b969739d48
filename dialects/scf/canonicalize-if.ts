/** Canonical forms of conditions: values that need no branch, branches without use, conditions in a row and in each other. */
import { IntegerAttribute } from "../../ir/attributes.ts";
import type { OperationOf } from "../../ir/declaration.ts";
import { type Block, type Operation, Region, type Value } from "../../ir/operation.ts";
import { type Pattern, rewrite } from "../../ir/rewrite/pattern.ts";
import type { Rewriter } from "../../ir/rewrite/rewriter.ts";
import { i1 } from "../../ir/types.ts";
import { constantNumberOf } from "../arith/build.ts";
import { andi, isScalarOrVector, select, xori } from "../arith/ops.ts";
import { ifOperation } from "./ops.ts";

type IfOperation = OperationOf<typeof ifOperation>;

/** Builds the same condition with fewer results, its regions moved. `kept` are positions of results. */
function withResults(operation: IfOperation, kept: readonly number[], rewriter: Rewriter): true {
  const regions = [operation.thenRegion, operation.elseRegion].map((region) => {
    const terminator = region.entry?.last;
    if (terminator !== undefined)
      rewriter.modify(terminator, () => terminator.setOperands(kept.map((position) => terminator.operand(position))));
    const moved = new Region();
    moved.takeBlocks(region);
    return moved;
  });
  const made = rewriter.build(
    ifOperation,
    {
      condition: operation.condition,
      outputs: kept.map((position) => operation.results[position]!.type),
      thenRegion: regions[0]!,
      elseRegion: regions[1]!,
    },
    operation.location,
    operation.attributes,
  );
  for (const [at, position] of kept.entries()) {
    const before = operation.results[position]!;
    made.results[at]!.nameHint = before.nameHint;
    rewriter.replaceAllUses(before, made.results[at]!);
  }
  return rewriter.erase(operation);
}

/** A result that nobody uses need not be yielded. */
const unusedResults = rewrite(ifOperation, "unused-results-of-if", (operation, rewriter) => {
  const { results } = operation;
  if (results.length === 0 || results.every((result) => result.hasUses)) return undefined;
  return withResults(
    operation,
    [...results.keys()].filter((position) => results[position]!.hasUses),
    rewriter,
  );
});

/** Whether a value is available in front of the operation, not made in one of its regions. */
function isOutside(value: Value, operation: Operation): boolean {
  const home = value.parentBlock?.parentOperation;
  return home !== undefined && !operation.isAncestorOf(home);
}

/** if c then (x, …) else (y, …) -> select c, x, y: scalars and vectors from outside need no branch. */
const outsideValues = rewrite(ifOperation, "selection-by-if", (operation, rewriter) => {
  const [then, otherwise] = [operation.thenRegion.entry?.last, operation.elseRegion.entry?.last];
  if (then === undefined || otherwise === undefined) return undefined;
  let changed = false;
  for (const [position, result] of operation.results.entries()) {
    const [trueValue, falseValue] = [then.operand(position), otherwise.operand(position)];
    if (!result.hasUses || trueValue === falseValue || !isScalarOrVector(result.type)) continue;
    if (!isOutside(trueValue, operation) || !isOutside(falseValue, operation)) continue;
    const chosen = rewriter.build(select, { condition: operation.condition, trueValue, falseValue });
    chosen.result.nameHint = result.nameHint;
    rewriter.replaceAllUses(result, chosen.result);
    changed = true;
  }
  return changed || undefined;
});

/** Conditions with more uses than this are not followed, so that many conditions on one value stay linear. */
const mostUses = 64;

/** if c then … c … else … c … -> true in the one, false in the other */
const knownInside = rewrite(ifOperation, "condition-known-inside", (operation, rewriter) => {
  const { condition } = operation;
  if (condition.definer?.definition?.hasTrait("ConstantLike")) return undefined;
  const inside: { readonly user: Operation; readonly index: number; readonly truth: boolean }[] = [];
  let count = 0;
  for (let use = condition.firstUse; use !== undefined; use = use.next) {
    if (++count > mostUses) return undefined;
    const region = regionAround(use.owner, operation);
    if (region !== undefined)
      inside.push({ user: use.owner, index: use.index, truth: region === operation.thenRegion });
  }
  if (inside.length === 0) return undefined;
  for (const { user, index, truth } of inside) {
    const known = rewriter.constant(IntegerAttribute.bool(truth), i1, operation);
    if (known === undefined) return undefined;
    rewriter.modify(user, () => user.setOperand(index, known));
  }
  return true;
});

/** The region of `operation` in which `inner` stands. */
function regionAround(inner: Operation, operation: Operation): Region | undefined {
  for (let walker: Operation | undefined = inner; walker !== undefined; walker = walker.parentOperation)
    if (walker.parentOperation === operation) return walker.parentRegion;
  return undefined;
}

const onlyYields = (block: Block | undefined): boolean => block !== undefined && block.first === block.last;

/** if c then a else {} -> if c then a */
const emptyElse = rewrite(ifOperation, "empty-else", (operation, rewriter) => {
  const { elseRegion, results } = operation;
  const block = elseRegion.entry;
  if (results.length > 0 || block === undefined || !onlyYields(block)) return undefined;
  if (block.last !== undefined) rewriter.erase(block.last);
  return rewriter.modify(operation, () => elseRegion.remove(block));
});

/** if !c then a else b -> if c then b else a */
const negatedCondition = rewrite(
  ifOperation,
  "if-not",
  (operation, rewriter) => {
    const { condition, thenRegion, elseRegion } = operation;
    const negation = condition.definer;
    if (!xori.matches(negation) || constantNumberOf(negation.rhs) !== 1 || elseRegion.entry === undefined)
      return undefined;
    return rewriter.modify(operation, () => {
      const moved = new Region();
      moved.takeBlocks(thenRegion);
      thenRegion.takeBlocks(elseRegion);
      elseRegion.takeBlocks(moved);
      operation.setOperand(0, negation.lhs);
    });
  },
  { operandDefiners: { 0: xori.name } },
);

/** if a { if b { x } } -> if a & b { x } */
const nestedConditions = rewrite(ifOperation, "nested-conditions", (operation, rewriter) => {
  const block = operation.thenRegion.entry;
  const inner = block?.first;
  if (block === undefined || operation.elseRegion.entry !== undefined || !ifOperation.matches(inner)) return undefined;
  if (inner.next !== block.last || inner.elseRegion.entry !== undefined || inner.results.length > 0) return undefined;
  if (!isOutside(inner.condition, operation)) return undefined;
  const both = rewriter.build(andi, { lhs: operation.condition, rhs: inner.condition });
  return rewriter.modify(operation, () => {
    operation.setOperand(0, both.result);
    const body = inner.thenRegion.onlyBlock;
    if (body.last !== undefined) rewriter.erase(body.last);
    for (const each of body.operations) rewriter.modify(each, () => each.moveBefore(inner));
    rewriter.erase(inner);
  });
});

/** if c { a } else { b }; if c { x } else { y } -> if c { a; x } else { b; y } */
const adjacentConditions = rewrite(ifOperation, "adjacent-conditions", (operation, rewriter) => {
  const { previous: first } = operation;
  if (!ifOperation.matches(first) || first.condition !== operation.condition) return undefined;
  const outputs = [...first.results, ...operation.results].map(({ type }) => type);
  const joined = [first.thenRegion, first.elseRegion].map((region, at) => {
    const own = at === 0 ? operation.thenRegion : operation.elseRegion;
    return joinedRegion(region, first, own, operation, rewriter);
  });
  const made = rewriter.build(
    ifOperation,
    { condition: operation.condition, outputs, thenRegion: joined[0]!, elseRegion: joined[1]! },
    operation.location,
    operation.attributes,
  );
  for (const [at, result] of [...first.results, ...operation.results].entries()) {
    made.results[at]!.nameHint = result.nameHint;
    rewriter.replaceAllUses(result, made.results[at]!);
  }
  rewriter.erase(operation);
  return rewriter.erase(first);
});

/** The operations of one branch of the first condition, then those of the second, which may use what the first yields. */
function joinedRegion(region: Region, first: Operation, own: Region, operation: Operation, rewriter: Rewriter): Region {
  const [before, after] = [region.entry, own.entry];
  const joined = new Region();
  if (before === undefined || after === undefined) {
    // Without an else neither has results.
    joined.takeBlocks(before === undefined ? own : region);
    return joined;
  }
  const yielded = before.last;
  if (yielded === undefined) throw operation.error("stands behind a branch without terminator");
  for (const [position, result] of first.results.entries()) {
    for (const { owner, index } of result.uses) {
      if (regionAround(owner, operation) !== own) continue;
      rewriter.modify(owner, () => owner.setOperand(index, yielded.operand(position)));
    }
  }
  const last = after.last;
  if (last !== undefined) rewriter.modify(last, () => last.setOperands([...yielded.operands, ...last.operands]));
  rewriter.erase(yielded);
  for (const each of after.operations) rewriter.modify(each, () => each.moveToEnd(before));
  joined.takeBlocks(region);
  return joined;
}

export const ifCanonicalization: readonly Pattern[] = [
  unusedResults,
  outsideValues,
  knownInside,
  emptyElse,
  negatedCondition,
  nestedConditions,
  adjacentConditions,
];
