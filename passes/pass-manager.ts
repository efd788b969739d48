/**
 * The pass manager: runs a pipeline on an operation, verifies after each pass that changed something, answers its passes'
 * questions about analyses, and tells instrumentation what happens. What can be checked about the pipeline is checked
 * before anything runs.
 */

import { didYouMean } from "../ir/close-names.ts";
import type { Context } from "../ir/context.ts";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import { type Operation, WalkResult } from "../ir/operation.ts";
import { verifyAll } from "../ir/verifier.ts";
import { AnalysisCache, type AnyAnalysis } from "./analysis.ts";
import { History, type HistoryOptions } from "./history/history.ts";
import { describeOperation } from "./instrumentation/print-anyway.ts";
import { anyAnchor, canAnchor, checkAnchors, checkRequirements } from "./manager/check-pipeline.ts";
import { noteCrash } from "./manager/crash-site.ts";
import {
  combineObservers,
  type Instrumentation,
  type PassExecution,
  type PipelineExecution,
} from "./manager/instrumentation.ts";
import type { AnyPass, NestedPipeline, PassContext, PassInstance, PipelineStep } from "./pass.ts";
import type { DiagnosticHandler, Remark, Remarker, RemarkKind } from "./pass-types.ts";

export { checkRequirements } from "./manager/check-pipeline.ts";
export type { Instrumentation, PassExecution, PassOutcome, PipelineExecution } from "./manager/instrumentation.ts";
export type { Remark } from "./pass-types.ts";

export interface PassManagerOptions {
  /** Verify after each pass that changed something. Default true. */
  readonly verifyEach?: boolean;
  /** Warn where a pass finds nothing of its subject. Default true; false for pipelines that no user put together. */
  readonly warnWithoutSubject?: boolean;
  readonly instrumentation?: readonly Instrumentation[];
  readonly onRemark?: (remark: Remark) => void;
  /** Receives warnings of passes, and the errors that end the pipeline before they are thrown. */
  readonly onDiagnostic?: DiagnosticHandler;
  /** Module properties that hold at the start; a function is asked only if a pass requires one. */
  readonly properties?: readonly string[] | (() => readonly string[]);
  /** Keep what the module looked like after each pass: `manager.history`. A `History` is continued. Default false. */
  readonly history?: boolean | HistoryOptions | History;
}

/** A pass left invalid IR behind. The message and place are those of the first broken rule. */
export class VerificationError extends DiagnosticError {
  /** All broken rules that were found, the first included. */
  readonly all: readonly DiagnosticError[];

  constructor(all: readonly [DiagnosticError, ...DiagnosticError[]], pass: string) {
    const [first] = all;
    const notes = [...(first.details.notes ?? []), { message: `the IR was valid before the pass '${pass}'` }];
    super(first.message, { ...first.origin, notes });
    this.name = "VerificationError";
    this.all = all;
  }
}

/** A step with what does not change between the operations that it runs on. */
type PlannedStep =
  | { readonly kind: "pass"; readonly runner: PassRunner }
  | { readonly kind: "nested"; readonly anchor: string; readonly body: PlannedPipeline };

interface PlannedPipeline {
  readonly execution: PipelineExecution;
  readonly steps: readonly PlannedStep[];
}

export class PassManager {
  readonly #steps: readonly PipelineStep[];
  readonly #context: Context;
  readonly #options: PassManagerOptions;
  readonly #instrumentation: readonly Instrumentation[];
  readonly #history: History | undefined;

  /** @throws DiagnosticError, with its place in the pipeline's text, for a pipeline that cannot run */
  constructor(steps: readonly PipelineStep[], context: Context, options: PassManagerOptions = {}) {
    this.#steps = steps;
    this.#context = context;
    this.#options = options;
    const { onRemark, history = false } = options;
    this.#history = historyOf(history);
    this.#instrumentation = [
      ...(this.#history === undefined ? [] : [this.#history]),
      ...(options.instrumentation ?? []),
      ...(onRemark === undefined ? [] : [{ remark: onRemark }]),
    ];
    checkRequirements(steps, options.properties ?? []);
  }

  /** What the runs so far looked like; the option `history` asks for it. */
  get history(): History {
    if (this.#history === undefined) throw new Error("no history was kept: give the pass manager `history: true`");
    return this.#history;
  }

  /** Runs the pipeline; returns whether any pass changed anything. A failing pass or verifier throws a diagnostic. */
  run(module: Operation): boolean {
    checkAnchors(this.#steps, module.name, this.#context);
    const context = this.#context;
    const instrumentation = this.#instrumentation;
    const analyses = new AnalysisCache(context, {
      before: (analysis, operation) => {
        for (const each of instrumentation) each.beforeAnalysis?.(analysis, operation);
      },
      after: (analysis, operation, milliseconds) => {
        for (const each of instrumentation) each.afterAnalysis?.(analysis, operation, milliseconds);
      },
    });
    const plan = this.#plan(undefined, this.#steps, [], module, analyses);
    const outer = context.rewriteObserver;
    const observers = instrumentation.flatMap(({ rewrites }) => (rewrites === undefined ? [] : [rewrites]));
    if (observers.length > 0)
      context.rewriteObserver = combineObservers(outer === undefined ? observers : [outer, ...observers]);
    try {
      return this.#runPipeline(plan, module);
    } finally {
      context.rewriteObserver = outer;
    }
  }

  #plan(
    nested: NestedPipeline | undefined,
    steps: readonly PipelineStep[],
    around: readonly NestedPipeline[],
    root: Operation,
    analyses: AnalysisCache,
  ): PlannedPipeline {
    const inside = nested === undefined ? around : [...around, nested];
    const planned = steps.map((step): PlannedStep => {
      if (step.kind === "nested")
        return { kind: "nested", anchor: step.anchor, body: this.#plan(step, step.steps, inside, root, analyses) };
      const execution: PassExecution = { pass: step, around: inside, root };
      const runner = new PassRunner(execution, this.#context, this.#options, this.#instrumentation, analyses);
      return { kind: "pass", runner };
    });
    return { execution: { nested, steps, around, root }, steps: planned };
  }

  #runPipeline(pipeline: PlannedPipeline, operation: Operation): boolean {
    const { execution } = pipeline;
    for (const each of this.#instrumentation) each.beforePipeline?.(execution, operation);
    try {
      let changed = false;
      for (const step of pipeline.steps) {
        if (step.kind === "pass") {
          changed = step.runner.run(operation) || changed;
          continue;
        }
        for (const inner of anchored(operation, step.anchor)) {
          // A pass on a neighbour may have removed it.
          if (inner.block !== undefined) changed = this.#runPipeline(step.body, inner) || changed;
        }
      }
      return changed;
    } finally {
      for (const each of this.#instrumentation) each.afterPipeline?.(execution, operation);
    }
  }
}

function historyOf(wanted: boolean | HistoryOptions | History): History | undefined {
  if (wanted === false) return undefined;
  return wanted instanceof History ? wanted : new History(wanted === true ? {} : wanted);
}

/** The operations directly inside `operation` that a nested pipeline runs on. */
function anchored(operation: Operation, anchor: string): Operation[] {
  const found: Operation[] = [];
  for (const region of operation.regions) {
    for (const block of region.blocks) {
      for (let inner = block.first; inner !== undefined; inner = inner.next)
        if (anchor === anyAnchor ? canAnchor(inner) : inner.name === anchor) found.push(inner);
    }
  }
  return found;
}

/** Whether there is an operation of one of the names, or of the dialect of a name `tensor.*`, in `root`. */
function holdsAny(root: Operation, names: readonly string[]): boolean {
  const isNamed = ({ name }: Operation) =>
    names.some((each) => (each.endsWith(".*") ? name.startsWith(each.slice(0, -1)) : name === each));
  return root.walk((each) => (isNamed(each) ? WalkResult.interrupt : undefined)) === WalkResult.interrupt;
}

/** One pass at its place in the pipeline, with the context that it sees: made once, run on each operation there. */
class PassRunner {
  readonly #execution: PassExecution;
  readonly #context: Context;
  readonly #options: PassManagerOptions;
  readonly #instrumentation: readonly Instrumentation[];
  readonly #analyses: AnalysisCache;
  readonly #passContext: PassContext<string>;
  #operation: Operation;
  /** What this run keeps beyond what the pass always preserves. */
  #kept: AnyAnalysis[] = [];

  constructor(
    execution: PassExecution,
    context: Context,
    options: PassManagerOptions,
    instrumentation: readonly Instrumentation[],
    analyses: AnalysisCache,
  ) {
    this.#execution = execution;
    this.#context = context;
    this.#options = options;
    this.#instrumentation = instrumentation;
    this.#analyses = analyses;
    this.#operation = execution.root;
    this.#passContext = {
      context,
      remark: this.#remarker("passed"),
      missed: this.#remarker("missed"),
      analysisRemark: this.#remarker("analysis"),
      warn: (operation, message) => options.onDiagnostic?.({ severity: "warning", error: operation.error(message) }),
      statistic: (name, amount = 1) => {
        checkStatistic(execution.pass.definition, name);
        for (const each of instrumentation) each.statistic?.(execution, name, amount);
      },
      analysis: (analysis, operation = this.#operation) => analyses.get(analysis, operation),
      preserve: (...kept) => {
        this.#kept.push(...kept);
      },
    };
  }

  #remarker(kind: RemarkKind): Remarker {
    const pass = this.#execution.pass.definition.name;
    const listeners = this.#instrumentation.filter((each) => each.remark !== undefined);
    if (listeners.length === 0) return () => {};
    return (operation, message, details = {}) => {
      const { name = operation.name, arguments: facts = {} } = details;
      const remark: Remark = { pass, kind, operation, message, name, arguments: facts };
      for (const each of listeners) each.remark?.(remark);
    };
  }

  run(operation: Operation): boolean {
    const { pass } = this.#execution;
    const execution = this.#execution;
    const instrumentation = this.#instrumentation;
    checkAnchors([pass], operation.name, this.#context);
    for (const each of instrumentation) if (each.allows?.(pass, operation, execution) === false) return false;
    for (const each of instrumentation) each.beforePass?.(pass, operation, execution);
    this.#operation = operation;
    this.#kept = [];
    try {
      this.#warnWithoutSubject(operation);
      const start = performance.now();
      const changed = pass.definition.run(operation, this.#passContext, pass.options);
      const milliseconds = performance.now() - start;
      let verifyMilliseconds = 0;
      if (changed) {
        this.#analyses.invalidate(operation, new Set([...pass.definition.preserves, ...this.#kept]));
        if (this.#options.verifyEach ?? true) {
          this.#verify(pass.definition.name, operation);
          verifyMilliseconds = performance.now() - start - milliseconds;
        }
      }
      const outcome = { changed, milliseconds, verifyMilliseconds };
      for (const each of instrumentation) each.afterPass?.(pass, operation, outcome, execution);
      return changed;
    } catch (error) {
      this.#failed(pass, operation, error);
      throw error;
    }
  }

  /** Says that a pass has nothing to work on: silence would look like success. */
  #warnWithoutSubject(operation: Operation): void {
    const { name, subject } = this.#execution.pass.definition;
    const { onDiagnostic, warnWithoutSubject = true } = this.#options;
    if (subject === undefined || onDiagnostic === undefined || !warnWithoutSubject) return;
    const { operations, otherwise } = subject;
    if (holdsAny(operation, operations)) return;
    const what = operations.join(" or ");
    this.#passContext.warn(operation, `holds no ${what}, which the pass '${name}' works on: ${otherwise}`);
  }

  /** Tells handlers and instrumentation, innermost first. */
  #failed(pass: PassInstance, operation: Operation, error: unknown): void {
    const { onDiagnostic } = this.#options;
    noteCrash(error, { pass: pass.definition.name, operation: describeOperation(operation) });
    if (onDiagnostic !== undefined) {
      const errors = error instanceof VerificationError ? [error, ...error.all.slice(1)] : [error];
      for (const each of errors) onDiagnostic({ severity: "error", error: asDiagnostic(each, pass) });
    }
    for (const each of this.#instrumentation.toReversed()) each.afterFailure?.(pass, operation, error, this.#execution);
  }

  #verify(pass: string, operation: Operation): void {
    const [first, ...others] = verifyAll(operation, this.#context);
    if (first !== undefined) throw new VerificationError([first, ...others], pass);
  }
}

/** A counter that a pass does not declare would have no description, and a misspelt one would count apart. */
function checkStatistic({ name: pass, statistics }: AnyPass, name: string): void {
  if (Object.hasOwn(statistics, name)) return;
  const declared = Object.keys(statistics);
  const hint = didYouMean(name, declared).replace(/^; /, "") || declared.join(", ") || "none";
  throw new DiagnosticError(
    `pass '${pass}' counts '${name}', which is not among its statistics (${hint}): add it to \`statistics\`, with what it counts`,
  );
}

/** A crash of a pass as a diagnostic, for handlers; the crash itself is what is thrown. */
function asDiagnostic(error: unknown, { definition }: PassInstance): DiagnosticError {
  if (error instanceof DiagnosticError) return error;
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new DiagnosticError(`the pass '${definition.name}' crashed: ${reason}`);
}
