/** Canonical forms of branches. */

import { type Pattern, rewrite } from "../../ir/rewrite/pattern.ts";
import { constantNumberOf } from "../arith/build.ts";
import { assert, branch, conditionalBranch } from "./ops.ts";

/** cond_br true, a, b -> br a */
const decidedBranch = rewrite(conditionalBranch, "decided-branch", (operation, rewriter) => {
  const known = constantNumberOf(operation.condition);
  if (known === undefined) return undefined;
  const { trueDest, falseDest, trueDestOperands, falseDestOperands } = operation;
  return known !== 0
    ? rewriter.replaceWith(operation, branch, { dest: trueDest, destOperands: trueDestOperands })
    : rewriter.replaceWith(operation, branch, { dest: falseDest, destOperands: falseDestOperands });
});

/** cond_br c, a(x), a(x) -> br a(x) */
const sameTarget = rewrite(conditionalBranch, "same-target", (operation, rewriter) => {
  const { trueDest, falseDest, trueDestOperands, falseDestOperands } = operation;
  if (trueDest !== falseDest) return undefined;
  if (trueDestOperands.some((value, position) => value !== falseDestOperands[position])) return undefined;
  return rewriter.replaceWith(operation, branch, { dest: trueDest, destOperands: trueDestOperands });
});

/** assert true -> nothing */
const holdingAssertion = rewrite(assert, "assertion-that-holds", (operation, rewriter) =>
  constantNumberOf(operation.arg) === 1 ? rewriter.erase(operation) : undefined,
);

export const cfCanonicalization: readonly Pattern[] = [decidedBranch, sameTarget, holdingAssertion];
