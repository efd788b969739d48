/**
 * Programs on the virtual engine: host code that computes by the engine's rules and counts, per task, the infinities that it
 * gives. This wrapper keeps the counts out of the program's outputs and turns them into a report that names tasks and where
 * they come from.
 */
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { TensorData } from "../../ir/tensor-data.ts";
import { type ArgumentDescriptor, findArgument, type Program } from "../program.ts";

/** What one count is for: an input of the network, or a task. */
export interface OverflowEntry {
  readonly name: string;
  readonly kind: "input" | "task";
  /** Where the task comes from, `file:line:column`; empty where that is not known. */
  readonly location: string;
  /** Entries that this one directly depends on. */
  readonly sources: readonly number[];
}

export interface OverflowFinding {
  readonly name: string;
  readonly kind: "input" | "task";
  readonly location: string;
  /** Elements that are infinite. */
  readonly count: number;
}

/** Where values left the engine's range (2^15 behind multiply-accumulate, else 2^16). */
export interface OverflowReport {
  /** Inputs and tasks with infinities, none of which come from an earlier one. */
  readonly origins: readonly OverflowFinding[];
  /** Tasks with infinities behind an origin. */
  readonly consequences: readonly OverflowFinding[];
}

/** The name of the output that holds the counts. */
export const overflowOutput = "anemone.overflow";

/** Sorts the counts of one run into origins and consequences. */
export function decodeOverflow(entries: readonly OverflowEntry[], counts: ArrayLike<number | bigint>): OverflowReport {
  if (entries.length !== counts.length) {
    throw new DiagnosticError(
      `the overflow report has ${counts.length} counts, but the program names ${entries.length} tasks`,
    );
  }
  const origins: OverflowFinding[] = [];
  const consequences: OverflowFinding[] = [];
  // Entries stand behind what they depend on. A saturating task between two overflows has no infinities itself.
  const isReached: boolean[] = [];
  for (const [position, { name, kind, location, sources }] of entries.entries()) {
    const count = Number(counts[position]);
    const isBehind = sources.some((source) => isReached[source]);
    isReached.push(isBehind || count > 0);
    if (count > 0) (isBehind ? consequences : origins).push({ name, kind, location, count });
  }
  return { origins, consequences };
}

/** One sentence per origin, for people; empty where nothing overflowed. */
export function describeOverflow({ origins, consequences }: OverflowReport): string[] {
  const lines = origins.map(({ name, kind, location, count }) => {
    const elements = count === 1 ? "1 element" : `${count} elements`;
    const place = location === "" ? "" : ` at ${location}`;
    return kind === "input"
      ? `input '${name}' has ${elements} beyond the range of f16 (65504)`
      : `task '${name}'${place} gives ${elements} beyond the engine's range (2^15 behind products that are summed, else 2^16)`;
  });
  const behind = consequences.length;
  if (behind > 0) lines.push(`${behind} later ${behind === 1 ? "task has" : "tasks have"} infinities because of that`);
  return lines;
}

/** A program of the engine on the host CPU. */
export class AneVirtualProgram implements Program {
  readonly name: string;
  readonly device: string;
  readonly outputs: readonly ArgumentDescriptor[];
  readonly #host: Program;
  readonly #entries: readonly OverflowEntry[];

  constructor(host: Program, entries: readonly OverflowEntry[]) {
    this.name = host.name;
    this.device = host.device.replace(/^cpu/, "ane-virtual");
    this.outputs = host.outputs.filter(({ name }) => name !== overflowOutput);
    this.#host = host;
    this.#entries = entries;
  }

  get inputs(): readonly ArgumentDescriptor[] {
    return this.#host.inputs;
  }

  run(inputs: Readonly<Record<string, TensorData>>): Record<string, TensorData> {
    const { [overflowOutput]: _, ...outputs } = this.#host.run(inputs);
    return outputs;
  }

  async runAsync(inputs: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData>> {
    // Not in the caller's turn: what is started in order runs in order.
    await undefined;
    return this.run(inputs);
  }

  execute(): void {
    this.#host.execute();
  }

  /** Where the last run left the engine's range. */
  overflow(): OverflowReport {
    if (this.#entries.length === 0) return { origins: [], consequences: [] };
    return decodeOverflow(this.#entries, this.#host.outputView(overflowOutput).data);
  }

  inputView(name: string): TensorData {
    return this.#host.inputView(name);
  }

  outputView(name: string): TensorData {
    findArgument(this.name, "output", this.outputs, name);
    return this.#host.outputView(name);
  }

  dispose(): void {
    this.#host.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
