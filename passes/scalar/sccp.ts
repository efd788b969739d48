/**
 * Sparse conditional constant propagation: values that are the same constant whenever they are computed are replaced by
 * it, also through branches, loops and the calls of private functions.
 */
import type { Block } from "../../ir/operation.ts";
import { constantPropagation } from "../dataflow/analysis.ts";
import { constants } from "../dataflow/constants.ts";
import { pass } from "../pass.ts";
import { replaceByConstants } from "./replace-by-constants.ts";

export const sccp = pass("sccp", {
  doc: "Replaces values that are proven to be constant, following branches on constants only where they go.",
  statistics: { "values replaced": "values that turned out to be constant" },
  run: (root, { context, statistic, analysis }) => {
    const solution = analysis(constantPropagation);
    const isLive = (block: Block) => solution.isLive(block);
    const replaced = replaceByConstants(root, context, isLive, (value) => {
      const fact = solution.fact(constants, value);
      return fact === "varies" ? undefined : fact;
    });
    statistic("values replaced", replaced);
    return replaced > 0;
  },
});
