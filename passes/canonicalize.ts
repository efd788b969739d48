/** Applies the canonicalization patterns of all loaded dialects and folds, to a fixed point. */
import { applyPatternsGreedily } from "../ir/rewrite/greedy-driver.ts";
import { pass } from "./pass.ts";

export const canonicalize = pass("canonicalize", {
  doc: "Applies every loaded dialect's canonicalization patterns, folds, and removes dead operations, until nothing changes.",
  options: {
    "max-rewrites": {
      doc: "rewrites per operation after which the pass reports patterns that undo each other",
      default: 64,
    },
  },
  run: (operation, { context }, options) =>
    applyPatternsGreedily(operation, context.canonicalizationPatterns, context, {
      maxRewritesPerOperation: options["max-rewrites"],
    }).changed,
});
