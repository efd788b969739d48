/** Passes for users: the pass API, pipelines, the pass manager, and the generic passes. */

export { DominatorTree, dominatorTree, postDominatorTree } from "../ir/dominator-tree.ts";
export { canonicalize } from "./canonicalize.ts";
export { constantFold } from "./constant-fold.ts";
export { controlFlowSink } from "./control-flow/control-flow-sink.ts";
export { inline } from "./control-flow/inline.ts";
export { loopInvariantCodeMotion } from "./control-flow/loop-invariant-code-motion.ts";
export { cse } from "./cse.ts";
export * from "./dataflow/index.ts";
export { dce, symbolDce } from "./dce.ts";
export * from "./manager/index.ts";
export { reconcileUnrealizedCasts } from "./reconcile-unrealized-casts.ts";
export {
  type Reduction,
  type ReductionOptions,
  type ReductionProgress,
  reduce,
  reductionSteps,
} from "./reduction/reduce.ts";
export type { Candidate as ReductionCandidate, Step as ReductionStep } from "./reduction/steps.ts";
export { intRangeOptimizations } from "./scalar/int-range-optimizations.ts";
export { mem2reg } from "./scalar/mem2reg.ts";
export { removeDeadValues } from "./scalar/remove-dead-values.ts";
export { sccp } from "./scalar/sccp.ts";
export { printOpStats } from "./tidy/print-op-stats.ts";
export { stripDebuginfo } from "./tidy/strip-debuginfo.ts";
export { symbolPrivatize } from "./tidy/symbol-privatize.ts";
export { topologicalSort } from "./tidy/topological-sort.ts";

import { canonicalize } from "./canonicalize.ts";
import { constantFold } from "./constant-fold.ts";
import { controlFlowSink } from "./control-flow/control-flow-sink.ts";
import { inline } from "./control-flow/inline.ts";
import { loopInvariantCodeMotion } from "./control-flow/loop-invariant-code-motion.ts";
import { cse } from "./cse.ts";
import { dce, symbolDce } from "./dce.ts";
import type { AnyPass } from "./pass.ts";
import { reconcileUnrealizedCasts } from "./reconcile-unrealized-casts.ts";
import { intRangeOptimizations } from "./scalar/int-range-optimizations.ts";
import { mem2reg } from "./scalar/mem2reg.ts";
import { removeDeadValues } from "./scalar/remove-dead-values.ts";
import { sccp } from "./scalar/sccp.ts";
import { printOpStats } from "./tidy/print-op-stats.ts";
import { stripDebuginfo } from "./tidy/strip-debuginfo.ts";
import { symbolPrivatize } from "./tidy/symbol-privatize.ts";
import { topologicalSort } from "./tidy/topological-sort.ts";

/** The passes that know no dialect. */
export const genericPasses: readonly AnyPass[] = [
  canonicalize,
  constantFold,
  cse,
  dce,
  symbolDce,
  reconcileUnrealizedCasts,
  controlFlowSink,
  inline,
  loopInvariantCodeMotion,
  intRangeOptimizations,
  mem2reg,
  removeDeadValues,
  sccp,
  printOpStats,
  stripDebuginfo,
  symbolPrivatize,
  topologicalSort,
];
