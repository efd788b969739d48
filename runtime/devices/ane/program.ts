/**
 * A network on the engine: its programs loaded, its buffers bound, its state resident. A run converts the inputs into the
 * buffers, makes one foreign call per program, and converts the outputs back; on views of the buffers it is that call alone.
 */
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import { elementBytes, elementCount, elementsFromBytes, type TensorData } from "../../../ir/tensor-data.ts";
import { BufferObject, EspressoError } from "../../ffi/espresso.ts";
import type { ArgumentDescriptor, Program } from "../../program.ts";
import type { EngineArtefact, MilSegment } from "./artefact.ts";
import type { Engine, LoadOutcome, LoadRequest } from "./engine.ts";
import type { Remark, Resident } from "./lane.ts";
import { NetworkPorts } from "./network-ports.ts";

/** What loading took, for reports. */
export interface EngineLoadReport {
  /** Programs of the engine that the network consists of, and how many of them came from the cache. */
  readonly programs: number;
  readonly cached: number;
  readonly milliseconds: number;
}

export interface EngineProgramOptions {
  readonly onRemark?: Remark;
}

/** A segment, and whether it is loaded. */
interface SegmentState {
  readonly request: LoadRequest;
  outcome: LoadOutcome | undefined;
}

/** The programs of a network, which must be MIL. */
function milSegments({ segments }: EngineArtefact): MilSegment[] {
  return segments.map((segment) => {
    if (segment.kind === "mil") return segment;
    throw new DiagnosticError(
      `${segment.name} is a network description, and Espresso takes MIL only: use the driver objc`,
    );
  });
}

/**
 * A program on the engine. `inputs` and `outputs` say what `run` takes and gives. The views are the bound buffers themselves:
 * f16, whatever the network's own type is, dense and row-major. After disposal a view has length zero.
 */
export class AneProgram implements Program, Resident {
  readonly name: string;
  readonly device: string;
  readonly #engine: Engine;
  readonly #artefact: EngineArtefact;
  readonly #remark: Remark;
  readonly #segments: readonly SegmentState[];
  readonly #buffers: BufferObject[] = [];
  readonly #ports: NetworkPorts;
  #report: EngineLoadReport = { programs: 0, cached: 0, milliseconds: 0 };
  #phase: "loaded" | "evicted" | "disposed" = "evicted";
  /** Whether a run has succeeded since it was loaded. */
  #isProven = false;
  lastRun = 0;

  private constructor(artefact: EngineArtefact, engine: Engine, { onRemark = () => {} }: EngineProgramOptions) {
    this.name = artefact.name;
    this.device = `ane (Espresso${artefact.target === undefined ? "" : `, ${artefact.target}`})`;
    this.#artefact = artefact;
    this.#engine = engine;
    this.#remark = onRemark;
    const { target } = artefact;
    this.#segments = milSegments(artefact).map((segment) => {
      const key = engine.keyOf(segment, target);
      return { request: { segment, key, target, buffers: this.#buffers, remark: onRemark }, outcome: undefined };
    });
    engine.join();
    const pool = engine.library.pushPool();
    try {
      const views = artefact.buffers.map((type): TensorData => {
        const bytes = elementCount(type.shape) * elementBytes(type.element);
        const buffer = new BufferObject(engine.library, bytes);
        this.#buffers.push(buffer);
        const data = elementsFromBytes(type.element, new Uint8Array(buffer.memory, 0, bytes));
        return { shape: type.shape, element: type.element, data };
      });
      this.#ports = new NetworkPorts(artefact, views);
    } catch (error) {
      this.#releaseBuffers();
      engine.part();
      throw error;
    } finally {
      engine.library.popPool(pool);
    }
  }

  /**
   * Compiles (or takes from the cache), loads and binds a network.
   *
   * @throws EspressoError naming the step that failed; nothing is left behind then
   */
  static async open(artefact: EngineArtefact, engine: Engine, options: EngineProgramOptions = {}): Promise<AneProgram> {
    const start = performance.now();
    const program = new AneProgram(artefact, engine, options);
    try {
      engine.admit(program, program.#remark);
      // Loaded from here on as far as it goes: what fails below gives back what there is.
      program.#phase = "loaded";
      for (const state of program.#segments) state.outcome = await engine.load(state.request);
      // Others were opened meanwhile and needed the room: it loads itself when it is run.
      if (!program.isLoaded) program.#unloadAll();
    } catch (error) {
      program.dispose();
      throw error;
    }
    const cached = program.#segments.filter(({ outcome }) => outcome?.origin === "cache").length;
    program.#report = { programs: program.places, cached, milliseconds: performance.now() - start };
    return program;
  }

  get inputs(): readonly ArgumentDescriptor[] {
    return this.#ports.inputs;
  }

  get outputs(): readonly ArgumentDescriptor[] {
    return this.#ports.outputs;
  }

  /** State that stays between runs, by the name of its input: all zeros at first; `run` takes a new value for it. */
  get states(): readonly ArgumentDescriptor[] {
    return this.#ports.states;
  }

  /** Places that it takes among the programs that one process can load. */
  get places(): number {
    return this.#artefact.segments.length;
  }

  get report(): EngineLoadReport {
    return this.#report;
  }

  get isLoaded(): boolean {
    return this.#phase === "loaded";
  }

  run(inputs: Readonly<Record<string, TensorData>>): Record<string, TensorData> {
    this.#checkNotDisposed();
    this.#ports.fill(inputs);
    this.execute();
    return this.#ports.read();
  }

  /** `run` behind all runs that were queued before it, of any program. The inputs must not change until then. */
  runAsync(inputs: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData>> {
    return this.#engine.queue(() => this.run(inputs));
  }

  execute(): void {
    if (this.#phase !== "loaded") this.#reload();
    this.#engine.enter(this);
    const { library } = this.#engine;
    const pool = library.pushPool();
    try {
      if (this.#isProven) for (const { outcome } of this.#segments) outcome?.loaded.execute();
      else this.#prove();
    } finally {
      library.popPool(pool);
      this.#engine.leave();
    }
  }

  inputView(name: string): TensorData {
    this.#checkNotDisposed();
    return this.#ports.inputView(name);
  }

  outputView(name: string): TensorData {
    this.#checkNotDisposed();
    return this.#ports.outputView(name);
  }

  /** Sets all state to zeros. */
  resetState(): void {
    this.#checkNotDisposed();
    this.#ports.resetState();
  }

  /** Unloads the programs; the buffers and what they hold stay. */
  evict(): void {
    if (this.#phase !== "loaded") return;
    this.#phase = "evicted";
    this.#isProven = false;
    this.#unloadAll();
  }

  dispose(): void {
    if (this.#phase === "disposed") return;
    this.#phase = "disposed";
    this.#engine.dismiss(this);
    this.#engine.library.pooled(() => {
      const [first, ...others] = this.#segments;
      for (const state of others) this.#unload(state);
      if (first !== undefined) this.#unload(first, () => this.#releaseBuffers());
      this.#releaseBuffers();
    });
    this.#engine.part();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #reload(): void {
    this.#checkNotDisposed();
    this.#engine.admit(this, this.#remark);
    this.#phase = "loaded";
    try {
      for (const state of this.#segments) state.outcome = this.#engine.loadNow(state.request);
    } catch (error) {
      this.#engine.dismiss(this);
      this.evict();
      throw error;
    }
  }

  /** The first run since it was loaded: a program from the cache that does not run is compiled again. */
  #prove(): void {
    for (const state of this.#segments) {
      for (let isDone = false; !isDone; ) {
        try {
          state.outcome?.loaded.execute();
          isDone = true;
        } catch (error) {
          this.#renew(state, error);
        }
      }
    }
    this.#isProven = true;
    for (const { request, outcome } of this.#segments) if (outcome !== undefined) this.#engine.settle(request, outcome);
  }

  /** Replaces a program that was loaded, but does not run, by the next way to have it; else throws what went wrong. */
  #renew(state: SegmentState, error: unknown): void {
    const { request, outcome } = state;
    if (outcome === undefined || outcome.origin === "new" || !(error instanceof EspressoError)) throw error;
    this.#remark(`the cached program of ${request.segment.name} does not run and is compiled again: ${error.message}`);
    this.#unload(state);
    state.outcome = this.#engine.renewNow(request, outcome);
    if (state.outcome === undefined) throw error;
  }

  #unloadAll(): void {
    this.#engine.library.pooled(() => {
      for (const state of this.#segments) this.#unload(state);
    });
  }

  #unload(state: SegmentState, between?: () => void): void {
    const { outcome } = state;
    state.outcome = undefined;
    outcome?.loaded.release((failure) => this.#remark(failure.message), between);
    outcome?.discard?.();
  }

  #checkNotDisposed(): void {
    if (this.#phase === "disposed") throw new DiagnosticError(`${this.name} was disposed: load it again to run it`);
  }

  #releaseBuffers(): void {
    for (const buffer of this.#buffers.splice(0)) buffer.release((failure) => this.#remark(failure.message));
  }
}
