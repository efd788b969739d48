/**
 * Hooks around passes, pipelines and analyses: printing the IR, timing, statistics, reproducers and history are all built
 * on them, and so can be a user's own. An instrumentation is any object with some of these methods; it must not change
 * the IR.
 */
import type { Operation } from "../../ir/operation.ts";
import type { RewriteObserver } from "../../ir/rewrite/observer.ts";
import type { AnyAnalysis } from "../analysis.ts";
import type { NestedPipeline, PassInstance, PipelineStep } from "../pass.ts";
import type { Remark } from "../pass-types.ts";

/** A pass at its place in the pipeline. The same object each time the place is reached in a run. */
export interface PassExecution {
  readonly pass: PassInstance;
  /** The nested pipelines around the pass, outermost first. */
  readonly around: readonly NestedPipeline[];
  /** The operation that the whole pipeline runs on. */
  readonly root: Operation;
}

/** A pipeline at its place: the whole one, or one nested in it. */
export interface PipelineExecution {
  /** Undefined for the whole pipeline. */
  readonly nested: NestedPipeline | undefined;
  readonly steps: readonly PipelineStep[];
  readonly around: readonly NestedPipeline[];
  readonly root: Operation;
}

export interface PassOutcome {
  readonly changed: boolean;
  /** In the pass itself, its analyses included. */
  readonly milliseconds: number;
  /** In the verifier behind it; 0 where it did not run. */
  readonly verifyMilliseconds: number;
}

export interface Instrumentation {
  readonly beforePipeline?: (pipeline: PipelineExecution, operation: Operation) => void;
  /** Called after a failure too. */
  readonly afterPipeline?: (pipeline: PipelineExecution, operation: Operation) => void;
  /** False skips the pass. */
  readonly allows?: (pass: PassInstance, operation: Operation, execution: PassExecution) => boolean;
  readonly beforePass?: (pass: PassInstance, operation: Operation, execution: PassExecution) => void;
  /** After the pass and the verifier succeeded. */
  readonly afterPass?: (
    pass: PassInstance,
    operation: Operation,
    outcome: PassOutcome,
    execution: PassExecution,
  ) => void;
  /** The pass threw, or left invalid IR behind: the IR may be in any state. */
  readonly afterFailure?: (pass: PassInstance, operation: Operation, error: unknown, execution: PassExecution) => void;
  /** An analysis is about to be computed; cached answers are silent. */
  readonly beforeAnalysis?: (analysis: AnyAnalysis, operation: Operation) => void;
  readonly afterAnalysis?: (analysis: AnyAnalysis, operation: Operation, milliseconds: number) => void;
  readonly remark?: (remark: Remark) => void;
  /** A pass added to one of its counters. */
  readonly statistic?: (execution: PassExecution, name: string, amount: number) => void;
  /** Watches single rewrites while the pipeline runs. */
  readonly rewrites?: RewriteObserver;
}

/** One observer that tells several; undefined for none. */
export function combineObservers(observers: readonly RewriteObserver[]): RewriteObserver | undefined {
  const [only] = observers;
  if (only === undefined || observers.length === 1) return only;
  const has = (hook: keyof RewriteObserver) => observers.some((each) => each[hook] !== undefined);
  return {
    // Each is asked, also behind one that says no: they may count.
    begin: (...of) => observers.map((each) => each.begin?.(...of) ?? true).every((allowed) => allowed),
    tried: (...of) => {
      for (const each of observers) each.tried?.(...of);
    },
    matched: (...of) => {
      for (const each of observers) each.matched?.(...of);
    },
    ...(has("refused") && {
      refused: (...of) => {
        for (const each of observers) each.refused?.(...of);
      },
    }),
    ...(has("time") && {
      time: (...of) => {
        for (const each of observers) each.time?.(...of);
      },
    }),
  };
}
