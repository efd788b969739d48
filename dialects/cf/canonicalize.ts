/** Canonical forms of branches. */

import { DenseElementsAttribute, IntegerAttribute } from "../../ir/attributes.ts";
import { constantOf } from "../../ir/effects.ts";
import type { Value } from "../../ir/operation.ts";
import { anyConstant, type Pattern, rewrite } from "../../ir/rewrite/pattern.ts";
import { constantNumberOf } from "../arith/build.ts";
import { elementAt } from "../arith/elements.ts";
import { isScalarOrVector, select } from "../arith/ops.ts";
import { targetOperands } from "../upstream/switch-format.ts";
import { assert, branch, conditionalBranch, switchBranch } from "./ops.ts";

/** cond_br true, a, b -> br a */
const decidedBranch = rewrite(conditionalBranch, "decided-branch", (operation, rewriter) => {
  const known = constantNumberOf(operation.condition);
  if (known === undefined) return undefined;
  const { trueDest, falseDest, trueDestOperands, falseDestOperands } = operation;
  return known !== 0
    ? rewriter.replaceWith(operation, branch, { dest: trueDest, destOperands: trueDestOperands })
    : rewriter.replaceWith(operation, branch, { dest: falseDest, destOperands: falseDestOperands });
});

/** cond_br c, a(x), a(y) -> br a(select c, x, y) */
const sameTarget = rewrite(conditionalBranch, "same-target", (operation, rewriter) => {
  const { condition, trueDest, falseDest, trueDestOperands, falseDestOperands } = operation;
  if (trueDest !== falseDest || trueDestOperands.length !== falseDestOperands.length) return undefined;
  const isSelectable = (value: Value, at: number) => value === falseDestOperands[at] || isScalarOrVector(value.type);
  if (!trueDestOperands.every(isSelectable)) return undefined;
  const destOperands = trueDestOperands.map((trueValue, at) => {
    const falseValue = falseDestOperands[at]!;
    return trueValue === falseValue ? trueValue : rewriter.build(select, { condition, trueValue, falseValue }).result;
  });
  return rewriter.replaceWith(operation, branch, { dest: trueDest, destOperands });
});

/** switch c, [c: a] -> br a */
const decidedSwitch = rewrite(
  switchBranch,
  "decided-switch-branch",
  (operation, rewriter) => {
    const known = constantOf(operation.flag);
    if (!(known instanceof IntegerAttribute)) return undefined;
    const { otherwise, cases } = targetOperands(operation);
    const values = operation.case_values;
    if (values !== undefined && !(values instanceof DenseElementsAttribute)) return undefined;
    let chosen = -1;
    for (let at = 0; at < cases.length && chosen < 0; at++) {
      const value = values && elementAt(values.value, at, known.type);
      if (value !== undefined && BigInt(value) === known.value) chosen = at;
    }
    const dest = operation.successors[chosen + 1];
    if (dest === undefined) return undefined;
    return rewriter.replaceWith(operation, branch, { dest, destOperands: chosen < 0 ? otherwise : cases[chosen]! });
  },
  { operandDefiners: { 0: anyConstant } },
);

/** assert true -> nothing */
const holdingAssertion = rewrite(assert, "assertion-that-holds", (operation, rewriter) =>
  constantNumberOf(operation.arg) === 1 ? rewriter.erase(operation) : undefined,
);

export const cfCanonicalization: readonly Pattern[] = [decidedBranch, sameTarget, decidedSwitch, holdingAssertion];
