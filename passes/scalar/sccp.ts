/**
 * Sparse conditional constant propagation: values that are the same constant whenever they are computed are replaced by
 * it, also through branches, loops and the calls of private functions.
 */
import type { Attribute } from "../../ir/attributes.ts";
import { isTriviallyDead } from "../../ir/effects.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { ConstantPool } from "../../ir/rewrite/constant-pool.ts";
import { blocksInside } from "../control-regions.ts";
import { constantPropagation } from "../dataflow/analysis.ts";
import { constants } from "../dataflow/constants.ts";
import { pass } from "../pass.ts";

export const sccp = pass("sccp", {
  doc: "Replaces values that are proven to be constant, following branches on constants only where they go.",
  statistics: { "values replaced": "values that turned out to be constant" },
  run: (root, { context, statistic, analysis }) => {
    const solution = analysis(constantPropagation);
    const pool = new ConstantPool(root, context, { inserted: () => {} });
    let replaced = 0;
    const replace = (value: Value, like: Operation | undefined): boolean => {
      const fact = solution.fact(constants, value);
      if (!value.hasUses || fact === undefined || fact === "varies" || like === undefined) return false;
      const constant = pool.valueOf(fact satisfies Attribute, value.type, like);
      if (constant === undefined || constant === value) return false;
      value.replaceAllUsesWith(constant);
      replaced++;
      return true;
    };
    for (const block of blocksInside(root)) {
      if (!solution.isLive(block)) continue;
      for (const argument of block.arguments) replace(argument, block.first);
      for (const operation of block.operations) {
        if (operation.definition?.hasTrait("ConstantLike")) continue;
        let changed = false;
        for (const result of operation.results) if (replace(result, operation)) changed = true;
        if (changed && isTriviallyDead(operation, context)) operation.erase();
      }
    }
    statistic("values replaced", replaced);
    return replaced > 0;
  },
});
