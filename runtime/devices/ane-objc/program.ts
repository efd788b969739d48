/**
 * A network on the engine through AppleNeuralEngine.framework: the second driver, of the same artefact and with the same
 * interface as the first (`ane/program.ts`). A run packs the inputs into surfaces where the programs want them padded, sends
 * one message per program, and unpacks the outputs.
 */
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import type { TensorData } from "../../../ir/tensor-data.ts";
import type { ArgumentDescriptor, Program } from "../../program.ts";
import type { EngineArtefact } from "../ane/artefact.ts";
import type { Remark, Resident } from "../ane/lane.ts";
import { NetworkPorts } from "../ane/network-ports.ts";
import { NetworkBuffer } from "./buffers.ts";
import type { ObjcEngine } from "./engine.ts";
import { ObjcSegment } from "./segment.ts";

export interface ObjcProgramOptions {
  readonly onRemark?: Remark;
}

/** What is known of a network's buffers once its programs are loaded: they say how tensors lie. */
interface Interface {
  readonly ports: NetworkPorts;
  /** Buffers that the caller may have written to since the last run. */
  readonly published: Set<number>;
  /** Buffers that the caller looks at after a run. */
  readonly visible: Set<number>;
}

export class ObjcProgram implements Program, Resident {
  readonly name: string;
  readonly device: string;
  readonly #engine: ObjcEngine;
  readonly #artefact: EngineArtefact;
  readonly #remark: Remark;
  readonly #buffers: readonly NetworkBuffer[];
  readonly #segments: readonly ObjcSegment[];
  #interface: Interface | undefined;
  /** Buffers to publish before the next run only. */
  readonly #once = new Set<number>();
  #phase: "loaded" | "evicted" | "disposed" = "evicted";
  lastRun = 0;

  private constructor(artefact: EngineArtefact, engine: ObjcEngine, remark: Remark) {
    this.name = artefact.name;
    this.device = `ane (AppleNeuralEngine${artefact.target === undefined ? "" : `, ${artefact.target}`})`;
    this.#engine = engine;
    this.#artefact = artefact;
    this.#remark = remark;
    this.#buffers = artefact.buffers.map((type) => new NetworkBuffer(engine.framework, type));
    this.#segments = artefact.segments.map((segment) => new ObjcSegment(engine, segment, this.#buffers, remark));
  }

  /**
   * Compiles where needed, loads and binds a network.
   *
   * @throws EngineCallError naming the step that failed, DiagnosticError where the network is for another engine; nothing is
   * left behind then
   */
  static async open(
    artefact: EngineArtefact,
    engine: ObjcEngine,
    { onRemark = () => {} }: ObjcProgramOptions = {},
  ): Promise<ObjcProgram> {
    engine.checkTarget(artefact.name, artefact.target, onRemark);
    const program = new ObjcProgram(artefact, engine, onRemark);
    try {
      engine.admit(program, onRemark);
      program.#phase = "loaded";
      for (const segment of program.#segments) await segment.load();
      program.#bind();
      // Others were opened meanwhile and needed the room: it loads itself when it is run.
      if (!engine.isResident(program)) program.#unload();
    } catch (error) {
      program.dispose();
      throw error;
    }
    return program;
  }

  #bind(): void {
    const ports = new NetworkPorts(
      this.#artefact,
      this.#buffers.map(({ tensor }) => tensor),
    );
    this.#interface = {
      ports,
      published: new Set(ports.inputs.flatMap(({ buffers }) => buffers)),
      visible: new Set(ports.outputs.map(({ buffer }) => buffer)),
    };
    // The state's zeros have to reach the surfaces.
    for (const { buffers } of ports.states) for (const buffer of buffers) this.#once.add(buffer);
  }

  /** Places that it takes among the programs that one process can load. */
  get places(): number {
    return this.#segments.length;
  }

  get inputs(): readonly ArgumentDescriptor[] {
    return this.#bound.ports.inputs;
  }

  /** State that stays between runs, by the name of its input: all zeros at first; `run` takes a new value for it. */
  get states(): readonly ArgumentDescriptor[] {
    return this.#bound.ports.states;
  }

  get outputs(): readonly ArgumentDescriptor[] {
    return this.#bound.ports.outputs;
  }

  run(inputs: Readonly<Record<string, TensorData>>): Record<string, TensorData> {
    this.#checkNotDisposed();
    const { ports } = this.#bound;
    for (const { buffers } of ports.fill(inputs)) for (const buffer of buffers) this.#once.add(buffer);
    this.execute();
    return ports.read();
  }

  /** `run` behind all runs that were queued before it, of any program. The inputs must not change until then. */
  runAsync(inputs: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData>> {
    return this.#engine.queue(() => this.run(inputs));
  }

  execute(): void {
    if (this.#phase !== "loaded") this.#reload();
    const { published, visible } = this.#bound;
    this.#engine.enter(this);
    try {
      for (const buffer of published) this.#buffers[buffer]!.publish();
      for (const buffer of this.#once) if (!published.has(buffer)) this.#buffers[buffer]!.publish();
      this.#once.clear();
      for (const segment of this.#segments) segment.execute((buffer) => visible.has(buffer));
    } finally {
      this.#engine.leave();
    }
  }

  inputView(name: string): TensorData {
    this.#checkNotDisposed();
    const view = this.#bound.ports.inputView(name);
    this.#showState(name);
    return view;
  }

  outputView(name: string): TensorData {
    this.#checkNotDisposed();
    const { ports } = this.#bound;
    const view = ports.outputView(name);
    const state = ports.states.find(({ targets }) => targets[0]?.view === view);
    if (state !== undefined) this.#showState(state.name);
    return view;
  }

  /** A state whose view is out is published and visible like inputs and outputs; what its surfaces hold is in the view now. */
  #showState(name: string): void {
    const { ports, published, visible } = this.#bound;
    for (const buffer of ports.states.find((state) => state.name === name)?.buffers ?? []) {
      if (published.has(buffer)) continue;
      if (!this.#once.has(buffer)) this.#buffers[buffer]!.fetch();
      published.add(buffer);
      visible.add(buffer);
    }
  }

  /** Sets all state to zeros. */
  resetState(): void {
    this.#checkNotDisposed();
    const { ports } = this.#bound;
    ports.resetState();
    for (const { buffers } of ports.states) for (const buffer of buffers) this.#once.add(buffer);
  }

  /** Unloads the programs; the buffers and what they hold stay. */
  evict(): void {
    if (this.#phase !== "loaded") return;
    // While it is still opening, that call unloads it at its end.
    if (this.#interface !== undefined) this.#unload();
  }

  dispose(): void {
    if (this.#phase === "disposed") return;
    this.#engine.dismiss(this);
    this.#unload();
    this.#phase = "disposed";
    for (const buffer of this.#buffers) buffer.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #unload(): void {
    this.#phase = "evicted";
    for (const segment of this.#segments) segment.close();
  }

  #reload(): void {
    this.#checkNotDisposed();
    this.#engine.admit(this, this.#remark);
    this.#phase = "loaded";
    try {
      for (const segment of this.#segments) segment.loadNow();
    } catch (error) {
      this.#engine.dismiss(this);
      this.#unload();
      throw error;
    }
  }

  get #bound(): Interface {
    if (this.#interface === undefined) throw new Error(`${this.name} is used before it is open`);
    return this.#interface;
  }

  #checkNotDisposed(): void {
    if (this.#phase === "disposed") throw new DiagnosticError(`${this.name} was disposed: load it again to run it`);
  }
}
