/**
 * Counters of passes, and of the patterns that they apply: how often each was tried, matched and refused, and the time it
 * took. Shown along the pipeline, or as a list by name.
 */
import type { RewriteObserver } from "../../ir/rewrite/observer.ts";
import { anyAnchor } from "../manager/check-pipeline.ts";
import type { Instrumentation, PassExecution, PipelineExecution } from "../manager/instrumentation.ts";
import type { NestedPipeline, PassInstance, PipelineStep } from "../pass.ts";
import { reportHeading } from "./report.ts";

export type StatisticsDisplay = "list" | "pipeline";

export interface PatternCounts {
  tried: number;
  matched: number;
  refused: number;
  milliseconds: number;
}

/** What one pass at one place counted. */
class PassCounts {
  readonly counters: Map<string, number>;
  readonly patterns = new Map<string, PatternCounts>();
  /** Folds and removals by the driver itself. */
  folded = 0;
  removed = 0;

  constructor({ definition }: PassInstance) {
    this.counters = new Map(Object.keys(definition.statistics).map((name) => [name, 0]));
  }

  pattern(name: string): PatternCounts {
    let counts = this.patterns.get(name);
    if (counts === undefined) {
      counts = { tried: 0, matched: 0, refused: 0, milliseconds: 0 };
      this.patterns.set(name, counts);
    }
    return counts;
  }

  add(other: PassCounts): void {
    for (const [name, amount] of other.counters) this.counters.set(name, (this.counters.get(name) ?? 0) + amount);
    for (const [name, { tried, matched, refused, milliseconds }] of other.patterns) {
      const counts = this.pattern(name);
      counts.tried += tried;
      counts.matched += matched;
      counts.refused += refused;
      counts.milliseconds += milliseconds;
    }
    this.folded += other.folded;
    this.removed += other.removed;
  }
}

export class Statistics implements Instrumentation {
  readonly #byPlace = new Map<PassInstance, PassCounts>();
  #steps: readonly PipelineStep[] = [];
  #current: PassCounts | undefined;

  readonly rewrites: RewriteObserver = {
    tried: (pattern) => {
      if (this.#current !== undefined) this.#current.pattern(pattern).tried++;
    },
    matched: (pattern, _operation, kind) => {
      if (this.#current === undefined) return;
      if (kind === "fold") this.#current.folded++;
      else if (kind === "dead") this.#current.removed++;
      else this.#current.pattern(pattern).matched++;
    },
    refused: (pattern) => {
      if (this.#current !== undefined) this.#current.pattern(pattern).refused++;
    },
    time: (pattern, milliseconds) => {
      if (this.#current !== undefined) this.#current.pattern(pattern).milliseconds += milliseconds;
    },
  };

  beforePipeline({ nested, steps }: PipelineExecution): void {
    if (nested === undefined) this.#steps = steps;
  }

  beforePass(pass: PassInstance): void {
    this.#current = this.#countsOf(pass);
  }

  afterPass(): void {
    this.#current = undefined;
  }

  afterFailure(): void {
    this.#current = undefined;
  }

  statistic({ pass }: PassExecution, name: string, amount: number): void {
    const { counters } = this.#countsOf(pass);
    counters.set(name, (counters.get(name) ?? 0) + amount);
  }

  #countsOf(pass: PassInstance): PassCounts {
    let counts = this.#byPlace.get(pass);
    if (counts === undefined) {
      counts = new PassCounts(pass);
      this.#byPlace.set(pass, counts);
    }
    return counts;
  }

  /** The counters of all passes of a name together. */
  counters(pass: string): ReadonlyMap<string, number> {
    return this.#sum(pass)?.counters ?? new Map();
  }

  /** The patterns that all passes of a name tried. */
  patterns(pass: string): ReadonlyMap<string, Readonly<PatternCounts>> {
    return this.#sum(pass)?.patterns ?? new Map();
  }

  #sum(name: string): PassCounts | undefined {
    let sum: PassCounts | undefined;
    for (const [pass, counts] of this.#byPlace) {
      if (pass.definition.name !== name) continue;
      sum ??= new PassCounts(pass);
      sum.add(counts);
    }
    return sum;
  }

  report(display: StatisticsDisplay = "pipeline"): string {
    const lines = display === "pipeline" ? this.#pipelineLines(this.#steps, 0) : this.#listLines();
    return `${reportHeading("Pass statistics report")}${lines.map((line) => `${line}\n`).join("")}`;
  }

  #pipelineLines(steps: readonly PipelineStep[], depth: number): string[] {
    const indent = "  ".repeat(depth);
    return steps.flatMap((step) => {
      if (step.kind === "nested") {
        return [`${indent}${pipelineTitle(step)}`, ...this.#pipelineLines(step.steps, depth + 1)];
      }
      const counts = this.#byPlace.get(step);
      return [`${indent}${step.definition.name}`, ...countLines(step, counts).map((line) => `${indent}${line}`)];
    });
  }

  #listLines(): string[] {
    const first = new Map([...this.#byPlace.keys()].map((pass) => [pass.definition.name, pass]));
    return [...first.keys()].sort().flatMap((name) => {
      const lines = countLines(first.get(name)!, this.#sum(name));
      return lines.length === 0 ? [] : [name, ...lines];
    });
  }
}

function pipelineTitle({ anchor }: NestedPipeline): string {
  return anchor === anyAnchor ? "any Pipeline" : `'${anchor}' Pipeline`;
}

function countLines({ definition }: PassInstance, counts: PassCounts | undefined): string[] {
  if (counts === undefined) return [];
  const counters = [...counts.counters].map(([name, amount]) => {
    const doc = definition.statistics[name];
    return `  (S) ${amount} ${name}${doc === undefined ? "" : ` - ${doc}`}`;
  });
  const driver = [
    ...(counts.folded > 0 ? [`  (S) ${counts.folded} folded - Operations replaced by constants or known values`] : []),
    ...(counts.removed > 0 ? [`  (S) ${counts.removed} removed - Dead operations removed while rewriting`] : []),
  ];
  const patterns = [...counts.patterns].sort(([, a], [, b]) => b.milliseconds - a.milliseconds || b.tried - a.tried);
  return [
    ...counters,
    ...driver,
    ...patterns.map(
      ([name, { tried, matched, refused, milliseconds }]) =>
        `  (P) ${name}: ${tried} tried, ${matched} matched, ${refused} refused, ${milliseconds.toFixed(3)} ms`,
    ),
  ];
}
