/** Rewrites that always pay, which `canonicalize` applies wherever the dialect is loaded. */
import { type Pattern, rewrite } from "anemone/ir";
import { add, constant, derive, multiply } from "./ops.ts";

// c + p -> p + c
const constantOfSumLast = rewrite(add, "constant-of-sum-last", (sum, rewriter) => {
  const { lhs, rhs } = sum;
  if (!constant.matches(lhs.definer) || constant.matches(rhs.definer)) return undefined;
  return rewriter.replaceWith(sum, add, { lhs: rhs, rhs: lhs });
});

// c * p -> p * c
const constantOfProductLast = rewrite(multiply, "constant-of-product-last", (product, rewriter) => {
  const { lhs, rhs } = product;
  if (!constant.matches(lhs.definer) || constant.matches(rhs.definer)) return undefined;
  return rewriter.replaceWith(product, multiply, { lhs: rhs, rhs: lhs });
});

// p' + q' -> (p + q)'
const sumOfDerivatives = rewrite(add, "sum-of-derivatives", (sum, rewriter) => {
  const [p, q] = [sum.lhs.definer, sum.rhs.definer];
  if (!derive.matches(p) || !derive.matches(q) || p.input.type !== q.input.type) return undefined;
  if (!p.result.hasOneUse || !q.result.hasOneUse) return undefined;
  const inner = rewriter.build(add, { lhs: p.input, rhs: q.input }, sum.location);
  return rewriter.replaceWith(sum, derive, { input: inner.result });
});

export const polyCanonicalization: readonly Pattern[] = [constantOfSumLast, constantOfProductLast, sumOfDerivatives];
