/** Dataflow analyses as the analyses that passes ask for: solved once per operation, kept until the IR changes. */
import type { Analysis } from "../analysis.ts";
import { constants } from "./constants.ts";
import { integerRanges } from "./integer-ranges.ts";
import { liveness } from "./liveness.ts";
import { type DataflowAnalysis, type Solution, type SolveOptions, solve } from "./solver.ts";

/** What a pass gives to `analysis(…)` to have these analyses solved together. Make it once, outside of the pass. */
export function dataflow(
  name: string,
  analyses: readonly DataflowAnalysis<unknown>[],
  options: SolveOptions = {},
): Analysis<Solution> {
  return { name, compute: (operation, context) => solve(operation, context, analyses, options) };
}

/** Constants, and with them which blocks are reached. */
export const constantPropagation = dataflow("constant-propagation", [constants]);
export const integerRangeAnalysis = dataflow("integer-range-analysis", [constants, integerRanges]);
export const livenessAnalysis = dataflow("liveness-analysis", [liveness]);
