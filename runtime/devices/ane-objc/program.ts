/**
 * A network on the engine through AppleNeuralEngine.framework: the second driver, of the same artefact and with the same
 * interface as the first (`ane/program.ts`). A run packs the inputs into surfaces where the programs want them padded, sends
 * one message per program, and unpacks the outputs.
 */
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import type { TensorData } from "../../../ir/tensor-data.ts";
import type { ArgumentDescriptor, Program } from "../../program.ts";
import type { EngineArtefact } from "../ane/artefact.ts";
import { NetworkPorts } from "../ane/network-ports.ts";
import { NetworkBuffer } from "./buffers.ts";
import type { ObjcEngine, Remark } from "./engine.ts";
import { ObjcSegment } from "./segment.ts";

export interface ObjcProgramOptions {
  readonly onRemark?: Remark;
}

export class ObjcProgram implements Program {
  readonly name: string;
  readonly device: string;
  readonly #engine: ObjcEngine;
  readonly #remark: Remark;
  readonly #buffers: readonly NetworkBuffer[];
  readonly #segments: ObjcSegment[] = [];
  readonly #ports: NetworkPorts;
  /** Buffers that the caller may have written to since the last run. */
  readonly #published: ReadonlySet<number>;
  /** Buffers to publish before the next run only. */
  readonly #once = new Set<number>();
  /** Buffers that the caller looks at after a run. */
  readonly #visible: Set<number>;
  /** States whose views are out: they are published and visible like inputs and outputs. */
  readonly #shownStates = new Set<number>();
  #disposed = false;

  private constructor(
    artefact: EngineArtefact,
    engine: ObjcEngine,
    buffers: readonly NetworkBuffer[],
    segments: readonly ObjcSegment[],
    remark: Remark,
  ) {
    this.name = artefact.name;
    this.device = `ane (AppleNeuralEngine${artefact.target === undefined ? "" : `, ${artefact.target}`})`;
    this.#engine = engine;
    this.#remark = remark;
    this.#buffers = buffers;
    this.#segments = [...segments];
    this.#ports = new NetworkPorts(
      artefact,
      buffers.map(({ tensor }) => tensor),
    );
    this.#published = new Set(this.#ports.inputs.flatMap((input) => input.buffers));
    this.#visible = new Set(this.#ports.outputs.map(({ buffer }) => buffer));
    // The state's zeros have to reach the surfaces.
    for (const { buffers: own } of this.#ports.states) for (const buffer of own) this.#once.add(buffer);
  }

  /**
   * Compiles where needed, loads and binds a network.
   *
   * @throws EngineCallError naming the step that failed; nothing is left behind then
   */
  static async open(
    artefact: EngineArtefact,
    engine: ObjcEngine,
    { onRemark = () => {} }: ObjcProgramOptions = {},
  ): Promise<ObjcProgram> {
    if (artefact.segments.length > engine.limits.loadedPrograms) {
      throw new DiagnosticError(
        `${artefact.name} consists of ${artefact.segments.length} programs for the engine, but one process can load ${engine.limits.loadedPrograms} at a time`,
      );
    }
    const buffers = artefact.buffers.map((type) => new NetworkBuffer(engine.framework, type));
    const segments: ObjcSegment[] = [];
    try {
      for (const segment of artefact.segments) {
        const made = new ObjcSegment(engine, segment, buffers, onRemark);
        await made.load();
        segments.push(made);
      }
      return new ObjcProgram(artefact, engine, buffers, segments, onRemark);
    } catch (error) {
      for (const segment of segments) segment.dispose();
      for (const buffer of buffers) buffer.release();
      throw error;
    }
  }

  get inputs(): readonly ArgumentDescriptor[] {
    return this.#ports.inputs;
  }

  /** State that stays between runs, by the name of its input: all zeros at first; `run` takes a new value for it. */
  get states(): readonly ArgumentDescriptor[] {
    return this.#ports.states;
  }

  get outputs(): readonly ArgumentDescriptor[] {
    return this.#ports.outputs;
  }

  run(inputs: Readonly<Record<string, TensorData>>): Record<string, TensorData> {
    this.#checkNotDisposed();
    for (const { buffers } of this.#ports.fill(inputs)) for (const buffer of buffers) this.#once.add(buffer);
    this.execute();
    return this.#ports.read();
  }

  execute(): void {
    this.#checkNotDisposed();
    this.#engine.run(this.name, this.#segments, () => {
      for (const buffer of this.#published) this.#buffers[buffer]!.publish();
      for (const buffer of this.#shownStates) this.#buffers[buffer]!.publish();
      for (const buffer of this.#once) if (!this.#shownStates.has(buffer)) this.#buffers[buffer]!.publish();
      this.#once.clear();
      for (const segment of this.#segments) segment.execute((buffer) => this.#visible.has(buffer));
    });
  }

  inputView(name: string): TensorData {
    this.#checkNotDisposed();
    const view = this.#ports.inputView(name);
    this.#showState(name);
    return view;
  }

  outputView(name: string): TensorData {
    this.#checkNotDisposed();
    const view = this.#ports.outputView(name);
    const state = this.#ports.states.find(({ targets }) => targets[0]?.view === view);
    if (state !== undefined) this.#showState(state.name);
    return view;
  }

  /** What the surfaces hold of a state is in its view from now on. */
  #showState(name: string): void {
    for (const buffer of this.#ports.states.find((state) => state.name === name)?.buffers ?? []) {
      if (this.#shownStates.has(buffer)) continue;
      if (!this.#once.has(buffer)) this.#buffers[buffer]!.fetch();
      this.#shownStates.add(buffer);
      this.#visible.add(buffer);
    }
  }

  /** Sets all state to zeros. */
  resetState(): void {
    this.#checkNotDisposed();
    this.#ports.resetState();
    for (const { buffers } of this.#ports.states) for (const buffer of buffers) this.#once.add(buffer);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const segment of this.#segments) {
      const failure = segment.dispose();
      if (failure !== undefined) this.#remark(failure instanceof Error ? failure.message : String(failure));
    }
    for (const buffer of this.#buffers) buffer.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #checkNotDisposed(): void {
    if (this.#disposed) throw new DiagnosticError(`${this.name} was disposed: load it again to run it`);
  }
}
