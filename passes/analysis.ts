/**
 * Analyses: facts about an operation that are computed when a pass first asks (`analysis(dominance)`), kept, and dropped as
 * soon as a pass changed the IR, unless that pass declares that it `preserves` them. An analysis is a value:
 * `{ name, compute }`, and may itself ask for others.
 */
import type { Context } from "../ir/context.ts";
import { DominanceInfo } from "../ir/dominance.ts";
import type { Operation } from "../ir/operation.ts";

/** Asks for another analysis of the same operation, or of one inside it. */
export type AnalysisQuery = <T>(analysis: Analysis<T>, operation?: Operation) => T;

export interface Analysis<T> {
  /** For timing and instrumentation. */
  readonly name: string;
  /** Must not change the IR. What it asks of `query` it depends on: both are dropped together. */
  readonly compute: (operation: Operation, context: Context, query: AnalysisQuery) => T;
}

/** Any analysis, where its result does not matter. */
export type AnyAnalysis = Analysis<unknown>;

/** Told when an analysis is really computed; cached answers are silent. */
export interface AnalysisListener {
  readonly before?: (analysis: AnyAnalysis, operation: Operation) => void;
  readonly after?: (analysis: AnyAnalysis, operation: Operation, milliseconds: number) => void;
}

/** Dominance between operations and blocks. */
export const dominance: Analysis<DominanceInfo> = { name: "dominance", compute: () => new DominanceInfo() };

interface Entry {
  readonly analysis: AnyAnalysis;
  readonly operation: Operation;
  readonly value: unknown;
  /** The entries that were read to compute this one. */
  readonly uses: Set<Entry>;
}

/** What is known about the operations of one module. */
export class AnalysisCache {
  readonly #context: Context;
  readonly #listener: AnalysisListener;
  readonly #entries = new Map<Operation, Map<AnyAnalysis, Entry>>();
  /** What the analyses being computed have read so far, innermost last. */
  readonly #open: Set<Entry>[] = [];

  constructor(context: Context, listener: AnalysisListener = {}) {
    this.#context = context;
    this.#listener = listener;
  }

  /** The result for an operation, computed if it is not known. */
  get<T>(analysis: Analysis<T>, operation: Operation): T {
    let known = this.#entries.get(operation);
    if (known === undefined) {
      known = new Map();
      this.#entries.set(operation, known);
    }
    let entry = known.get(analysis);
    if (entry === undefined) {
      entry = this.#compute(analysis, operation);
      known.set(analysis, entry);
    }
    this.#open.at(-1)?.add(entry);
    // The entry was made by this very analysis: its value has the analysis's type.
    return entry.value as T;
  }

  /** Whether a result is at hand. */
  has(analysis: AnyAnalysis, operation: Operation): boolean {
    return this.#entries.get(operation)?.has(analysis) ?? false;
  }

  #compute<T>(analysis: Analysis<T>, operation: Operation): Entry {
    const uses = new Set<Entry>();
    if (this.#open.length > 64) throw new Error(`analysis '${analysis.name}' asks for itself`);
    this.#listener.before?.(analysis, operation);
    const start = performance.now();
    this.#open.push(uses);
    let value: T;
    try {
      value = analysis.compute(operation, this.#context, (other, on = operation) => this.get(other, on));
    } finally {
      this.#open.pop();
    }
    this.#listener.after?.(analysis, operation, performance.now() - start);
    return { analysis, operation, value, uses };
  }

  /**
   * Forgets what a change inside `changed` may have made wrong: everything known about it, what is inside it and what is
   * around it, but the analyses in `preserved` (and of those only what does not rest on a forgotten one).
   */
  invalidate(changed: Operation, preserved: ReadonlySet<AnyAnalysis>): void {
    if (this.#entries.size === 0) return;
    const dropped = new Set<Entry>();
    for (const [operation, known] of this.#entries) {
      const isGone = operation !== changed && operation.block === undefined && !operation.isAncestorOf(changed);
      if (!isGone && !changed.isAncestorOf(operation) && !operation.isAncestorOf(changed)) continue;
      for (const entry of known.values()) if (isGone || !preserved.has(entry.analysis)) dropped.add(entry);
    }
    for (let size = -1; size !== dropped.size; ) {
      size = dropped.size;
      for (const known of this.#entries.values()) {
        for (const entry of known.values())
          if (![...entry.uses].every((used) => !dropped.has(used))) dropped.add(entry);
      }
    }
    for (const { operation, analysis } of dropped) {
      const known = this.#entries.get(operation);
      known?.delete(analysis);
      if (known?.size === 0) this.#entries.delete(operation);
    }
  }
}
