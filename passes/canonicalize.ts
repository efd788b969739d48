/** Applies the canonicalization patterns of all loaded dialects and folds, to a fixed point. */
import { applyPatternsGreedily } from "../ir/rewrite/greedy-driver.ts";
import { pass } from "./pass.ts";

const simplifications = ["disabled", "normal", "aggressive"] as const;

export const canonicalize = pass("canonicalize", {
  doc:
    "Applies every loaded dialect's canonicalization patterns, folds, unites constants, removes dead operations and " +
    "simplifies the blocks of regions, until nothing changes.",
  options: {
    "top-down": { doc: "begin each sweep at the first operation, not at the last", default: true },
    "region-simplify": {
      doc: "what to do to blocks: nothing, remove what is unreachable or unused and join chains, or join equal ones too",
      default: "normal",
      choices: simplifications,
    },
    "max-iterations": {
      doc: "sweeps over the whole operation; -1: until nothing changes",
      default: 10,
      kind: "integer",
      minimum: -1,
    },
    "max-num-rewrites": {
      doc: "rewrites within a sweep; -1: no limit",
      default: -1,
      kind: "integer",
      minimum: -1,
    },
    "test-convergence": { doc: "fail where a limit ended the work before nothing changed any more", default: false },
    "enable-patterns": { doc: "only the patterns with these names", default: [], kind: "string" },
    "disable-patterns": { doc: "all but the patterns with these names", default: [], kind: "string" },
  },
  statistics: {
    rewrites: "patterns applied, operations folded and removed",
    sweeps: "times that the whole operation was looked through",
  },
  run: (operation, { context, statistic }, options) => {
    let patterns = context.canonicalization;
    if (options["enable-patterns"].length > 0) patterns = patterns.only(options["enable-patterns"]);
    if (options["disable-patterns"].length > 0) patterns = patterns.without(options["disable-patterns"]);
    const { changed, converged, iterations, rewrites } = applyPatternsGreedily(operation, patterns, context, {
      topDown: options["top-down"],
      regionSimplify: simplifications.find((each) => each === options["region-simplify"]) ?? "normal",
      maxIterations: options["max-iterations"],
      maxNumRewrites: options["max-num-rewrites"],
      alwaysFold: true,
    });
    statistic("rewrites", rewrites);
    statistic("sweeps", iterations);
    if (options["test-convergence"] && !converged)
      throw operation.error(
        `is not canonical yet after ${iterations} sweeps: raise max-iterations or max-num-rewrites`,
      );
    return changed;
  },
});
