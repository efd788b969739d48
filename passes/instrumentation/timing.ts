/**
 * The time of each pass, nested pipeline, analysis and verification, and of whatever else is measured around them (reading,
 * printing): as a tree that follows the pipeline, or a list by time; as text or JSON in MLIR's form.
 */

import type { Operation } from "../../ir/operation.ts";
import type { AnyAnalysis } from "../analysis.ts";
import { anyAnchor } from "../manager/check-pipeline.ts";
import type { Instrumentation, PassExecution, PassOutcome, PipelineExecution } from "../manager/instrumentation.ts";
import type { PassInstance } from "../pass.ts";
import { reportHeading } from "./report.ts";

export type TimingDisplay = "tree" | "list";
export type TimingFormat = "text" | "json";

class Timer {
  readonly name: string;
  milliseconds = 0;
  /** By what is timed: the place in the pipeline, an analysis's name. */
  readonly children = new Map<unknown, Timer>();

  constructor(name: string) {
    this.name = name;
  }

  child(key: unknown, name: string): Timer {
    let child = this.children.get(key);
    if (child === undefined) {
      child = new Timer(name);
      this.children.set(key, child);
    }
    return child;
  }
}

interface TimedEntry {
  readonly name: string;
  readonly milliseconds: number;
  readonly inside: readonly TimedEntry[];
}

export class Timing implements Instrumentation {
  readonly #root = new Timer("root");
  readonly #start: number;
  /** The timers that are running, innermost last, with their start. */
  readonly #open: { readonly timer: Timer; readonly start: number }[] = [];

  /** `start`: when the work began, on the clock of `performance.now()`; now unless given. */
  constructor(start = performance.now()) {
    this.#start = start;
  }

  /** Times a step that is not a pass. */
  measure<T>(name: string, step: () => T): T {
    const start = performance.now();
    try {
      return step();
    } finally {
      this.#current.child(name, name).milliseconds += performance.now() - start;
    }
  }

  get #current(): Timer {
    return this.#open.at(-1)?.timer ?? this.#root;
  }

  beforePipeline({ nested }: PipelineExecution): void {
    if (nested === undefined) return;
    const name = nested.anchor === anyAnchor ? "any Pipeline" : `'${nested.anchor}' Pipeline`;
    this.#open.push({ timer: this.#current.child(nested, name), start: performance.now() });
  }

  afterPipeline({ nested }: PipelineExecution): void {
    if (nested !== undefined) this.#close();
  }

  beforePass(pass: PassInstance, _operation: Operation, execution: PassExecution): void {
    const timer = this.#current.child(execution, pass.definition.name);
    this.#open.push({ timer, start: performance.now() });
  }

  afterPass(_pass: PassInstance, _operation: Operation, { verifyMilliseconds }: PassOutcome): void {
    if (verifyMilliseconds > 0) this.#current.child("verifier", "(V) verifier").milliseconds += verifyMilliseconds;
    this.#close();
  }

  afterFailure(): void {
    this.#close();
  }

  beforeAnalysis(analysis: AnyAnalysis): void {
    const timer = this.#current.child(analysis, `(A) ${analysis.name}`);
    this.#open.push({ timer, start: performance.now() });
  }

  afterAnalysis(): void {
    this.#close();
  }

  #close(): void {
    const open = this.#open.pop();
    if (open !== undefined) open.timer.milliseconds += performance.now() - open.start;
  }

  /** The report so far. */
  report(display: TimingDisplay = "tree", format: TimingFormat = "text"): string {
    const total = performance.now() - this.#start;
    const tree = entriesOf(this.#root);
    const rest = Math.max(0, total - tree.reduce((sum, { milliseconds }) => sum + milliseconds, 0));
    const entries = [
      ...(display === "tree" ? tree : asList(tree)),
      { name: "Rest", milliseconds: rest, inside: [] },
      { name: "Total", milliseconds: total, inside: [] },
    ];
    if (format === "json")
      return `${JSON.stringify(
        entries.map((each) => asJson(each, total, display)),
        undefined,
        2,
      )}\n`;
    const lines = entries.flatMap((each) => asText(each, total, 0));
    const seconds = (total / 1000).toFixed(4);
    return `${reportHeading("Execution time report")}  Total Execution Time: ${seconds} seconds\n\n  ----Wall Time----  ----Name----\n${lines.join("\n")}\n`;
  }
}

function entriesOf(timer: Timer): TimedEntry[] {
  return [...timer.children.values()].map((child) => ({
    name: child.name,
    milliseconds: child.milliseconds,
    inside: entriesOf(child),
  }));
}

/** All entries with the same name together, longest first. */
function asList(tree: readonly TimedEntry[]): TimedEntry[] {
  const sums = new Map<string, number>();
  const pending = [...tree];
  for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
    sums.set(entry.name, (sums.get(entry.name) ?? 0) + entry.milliseconds);
    pending.push(...entry.inside);
  }
  return [...sums]
    .map(([name, milliseconds]) => ({ name, milliseconds, inside: [] }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
}

function share(milliseconds: number, total: number): number {
  return total === 0 ? 0 : (100 * milliseconds) / total;
}

function asText({ name, milliseconds, inside }: TimedEntry, total: number, depth: number): string[] {
  const time = (milliseconds / 1000).toFixed(4).padStart(10);
  const percentage = share(milliseconds, total).toFixed(1).padStart(5);
  const line = `${time} (${percentage}%)  ${"  ".repeat(depth)}${name}`;
  return [line, ...inside.flatMap((each) => asText(each, total, depth + 1))];
}

interface JsonEntry {
  readonly wall: { readonly duration: number; readonly percentage: number };
  readonly name: string;
  readonly passes?: readonly JsonEntry[];
}

/** Durations in seconds, as MLIR's. */
function asJson({ name, milliseconds, inside }: TimedEntry, total: number, display: TimingDisplay): JsonEntry {
  const percentage = Number(share(milliseconds, total).toFixed(1));
  const wall = { duration: Number((milliseconds / 1000).toFixed(6)), percentage };
  if (display === "list" || name === "Rest" || name === "Total") return { wall, name };
  return { wall, name, passes: inside.map((each) => asJson(each, total, display)) };
}
