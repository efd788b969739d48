/** Values whose range holds one number only are replaced by it (a comparison that always holds, a counter of one turn). */
import { IntegerAttribute } from "../../ir/attributes.ts";
import type { Block } from "../../ir/operation.ts";
import { IndexType, IntegerType } from "../../ir/types.ts";
import { integerRangeAnalysis } from "../dataflow/analysis.ts";
import { integerRanges } from "../dataflow/integer-ranges.ts";
import { pass } from "../pass.ts";
import { replaceByConstants } from "./replace-by-constants.ts";

export const intRangeOptimizations = pass("int-range-optimizations", {
  doc: "Replaces integers and comparisons that integer range analysis proves to be constant.",
  statistics: { "values replaced": "values that have one possible number" },
  run: (root, { context, statistic, analysis }) => {
    const solution = analysis(integerRangeAnalysis);
    const isLive = (block: Block) => solution.isLive(block);
    const replaced = replaceByConstants(root, context, isLive, (value) => {
      const { type } = value;
      if (!(type instanceof IntegerType || type instanceof IndexType)) return undefined;
      const range = solution.fact(integerRanges, value);
      const known = range === undefined || range === "no integer" ? undefined : range.onlyValue;
      return known === undefined ? undefined : IntegerAttribute.get(known, type);
    });
    statistic("values replaced", replaced);
    return replaced > 0;
  },
});
