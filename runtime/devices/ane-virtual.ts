/**
 * The virtual engine: an engine program that runs as host code with the engine's numeric rules. The code counts, per task, the
 * outputs that overflowed; this wraps the host program, keeps those counts from its outputs, and says which operations
 * they belong to.
 */
import type { TensorData } from "../../ir/tensor-data.ts";
import { findArgument, type Program } from "../program.ts";

/** What one number of the overflow counts is for. */
export interface OverflowSource {
  /** The task's origin (ONNX nodes, say), or the name of an input. */
  readonly name: string;
  readonly kind: "input" | "task";
  /** Entries on whose values this one directly depends. */
  readonly sources: readonly number[];
}

/** A task whose output left the engine's range in the last run. */
export interface Overflow {
  readonly name: string;
  readonly kind: "input" | "task";
  /** How many of its elements are not finite. */
  readonly count: number;
}

/** Wraps a host program whose output `countName` holds one count per source. */
export class VirtualEngineProgram implements Program {
  readonly #host: Program;
  readonly #sources: readonly OverflowSource[];
  readonly #countName: string;

  constructor(host: Program, sources: readonly OverflowSource[], countName: string) {
    this.#host = host;
    this.#sources = sources;
    this.#countName = countName;
  }

  get name(): string {
    return this.#host.name;
  }

  get device(): string {
    return this.#host.device.replace(/^cpu/, "ane-virtual");
  }

  get inputs(): Program["inputs"] {
    return this.#host.inputs;
  }

  get outputs(): Program["outputs"] {
    return this.#host.outputs.filter(({ name }) => name !== this.#countName);
  }

  run(inputs: Readonly<Record<string, TensorData>>): Record<string, TensorData> {
    const { [this.#countName]: _, ...outputs } = this.#host.run(inputs);
    return outputs;
  }

  execute(): void {
    this.#host.execute();
  }

  inputView(name: string): TensorData {
    return this.#host.inputView(name);
  }

  outputView(name: string): TensorData {
    findArgument(this.name, "output", this.outputs, name);
    return this.#host.outputView(name);
  }

  /**
   * Where values left the engine's range in the last run: the tasks whose own inputs were still finite. What lies behind
   * them is infinite as a consequence and is not listed.
   */
  overflows(): readonly Overflow[] {
    const counts = this.#host.outputView(this.#countName).data;
    const countOf = (position: number) => Number(counts[position] ?? 0);
    return this.#sources.flatMap(({ name, kind, sources }, position) => {
      const count = countOf(position);
      return count > 0 && !sources.some((source) => countOf(source) > 0) ? [{ name, kind, count }] : [];
    });
  }

  dispose(): void {
    this.#host.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
