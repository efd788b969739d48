/** Values whose range holds one number only are replaced by it (a comparison that always holds, a counter of one turn). */
import { IntegerAttribute } from "../../ir/attributes.ts";
import { isTriviallyDead } from "../../ir/effects.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { ConstantPool } from "../../ir/rewrite/constant-pool.ts";
import { IndexType, IntegerType } from "../../ir/types.ts";
import { blocksInside } from "../control-regions.ts";
import { integerRangeAnalysis } from "../dataflow/analysis.ts";
import { integerRanges } from "../dataflow/integer-ranges.ts";
import { pass } from "../pass.ts";

export const intRangeOptimizations = pass("int-range-optimizations", {
  doc: "Replaces integers and comparisons that integer range analysis proves to be constant.",
  statistics: { "values replaced": "values that have one possible number" },
  run: (root, { context, statistic, analysis }) => {
    const solution = analysis(integerRangeAnalysis);
    const pool = new ConstantPool(root, context, { inserted: () => {} });
    let replaced = 0;
    const replace = (value: Value, like: Operation | undefined): boolean => {
      const { type } = value;
      if (!value.hasUses || like === undefined || !(type instanceof IntegerType || type instanceof IndexType))
        return false;
      const range = solution.fact(integerRanges, value);
      const known = range === undefined || range === "no integer" ? undefined : range.onlyValue;
      if (known === undefined) return false;
      const constant = pool.valueOf(IntegerAttribute.get(known, type), type, like);
      if (constant === undefined) return false;
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
