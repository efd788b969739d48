/**
 * A pass with an option: evaluating a product is evaluating its factors, which saves the product of the polynomials where it
 * is evaluated only a few times.
 */
import { muli } from "anemone/dialects/arith";
import { applyPatternsGreedily, refuse, rewrite } from "anemone/ir";
import { pass } from "anemone/passes";
import { evaluate, multiply } from "./ops.ts";

// (p * q)(x) -> p(x) * q(x)
const evaluateFactors = (mostUses: number) =>
  rewrite(evaluate, "evaluate-factors", (operation, rewriter) => {
    const product = operation.polynomial.definer;
    if (!multiply.matches(product)) return undefined;
    const uses = product.result.uses.length;
    if (uses > mostUses) return refuse(`the product is used ${uses} times, more than max-uses=${mostUses}`);
    const { x, location } = operation;
    const lhs = rewriter.build(evaluate, { polynomial: product.lhs, x }, location).result;
    const rhs = rewriter.build(evaluate, { polynomial: product.rhs, x }, location).result;
    return rewriter.replaceWith(operation, muli, { lhs, rhs });
  });

export const polyEvaluateFactors = pass("poly-evaluate-factors", {
  doc: "Evaluates the factors of a product instead of the product: (p * q)(x) -> p(x) * q(x).",
  options: {
    "max-uses": { doc: "only products that are used this often at most", default: 1 },
  },
  run: (operation, { context }, options) => {
    return applyPatternsGreedily(operation, [evaluateFactors(options["max-uses"])], context).changed;
  },
});
