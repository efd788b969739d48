/**
 * One program of a network on the Objective-C route: its model, loaded or made to make room, and the request that binds the
 * network's buffers to its ports. It loads itself again when it is run after it was unloaded.
 */
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import type { BoundSurface, EngineModel, EngineRequest, EngineSource } from "../../ffi/apple-neural-engine.ts";
import type { EnginePort as LoadedPort } from "../../ffi/engine-attributes.ts";
import type { EnginePort, EngineSegment } from "../ane/artefact.ts";
import type { BufferSurface, NetworkBuffer } from "./buffers.ts";
import { checkPortCount, closeModel, type ObjcEngine, type Remark, type Resident } from "./engine.ts";

/** A port's place in the network, and the surface that the program uses there. */
interface BoundPort {
  readonly buffer: number;
  readonly source: BufferSurface;
}

export class ObjcSegment implements Resident {
  readonly name: string;
  lastRun = 0;
  readonly #engine: ObjcEngine;
  readonly #segment: EngineSegment;
  readonly #source: EngineSource;
  readonly #buffers: readonly NetworkBuffer[];
  readonly #remark: Remark;
  #model: EngineModel | undefined;
  #request: EngineRequest | undefined;
  #outputs: readonly BoundPort[] = [];

  constructor(engine: ObjcEngine, segment: EngineSegment, buffers: readonly NetworkBuffer[], remark: Remark) {
    this.name = segment.name;
    this.#engine = engine;
    this.#segment = segment;
    this.#source = sourceOf(segment);
    this.#buffers = buffers;
    this.#remark = remark;
    checkPortCount(segment.name, segment.inputs.length, segment.outputs.length);
  }

  /** Loads the program, waiting where the compile service needs a pause. @throws EngineCallError naming the step */
  async load(): Promise<void> {
    this.#engine.admit(this, this.#remark);
    try {
      this.#bind(await this.#engine.openPatiently(this.name, this.#source, this.#remark));
    } catch (error) {
      this.#engine.dismiss(this);
      throw error;
    }
  }

  #reload(): void {
    this.#engine.admit(this, this.#remark);
    try {
      this.#bind(this.#engine.open(this.name, this.#source, this.#remark));
    } catch (error) {
      this.#engine.dismiss(this);
      throw error;
    }
  }

  #bind(model: EngineModel): void {
    try {
      const ports = model.ports();
      const inputs = this.#portsOf("input", this.#segment.inputs, ports.inputs);
      const outputs = this.#portsOf("output", this.#segment.outputs, ports.outputs);
      const request = model.createRequest(
        inputs.map(({ bound }) => bound),
        outputs.map(({ bound }) => bound),
        this.#engine.quality,
      );
      try {
        request.map();
      } catch (error) {
        request.dispose();
        throw error;
      }
      this.#model = model;
      this.#request = request;
      this.#outputs = outputs;
    } catch (error) {
      closeModel(model, this.#engine.quality);
      throw error;
    }
  }

  /** By name, in the order that the loaded program states. */
  #portsOf(
    kind: "input" | "output",
    wanted: readonly EnginePort[],
    loaded: readonly LoadedPort[],
  ): (BoundPort & { readonly bound: BoundSurface })[] {
    const named = (ports: readonly { readonly name: string }[]) => ports.map(({ name }) => name).join(", ");
    const byName = new Map(wanted.map((port) => [port.name, port]));
    if (byName.size !== loaded.length || loaded.some(({ name }) => !byName.has(name))) {
      throw new DiagnosticError(
        `${this.name}: the loaded program has the ${kind}s ${named(loaded)}, but its text has ${named(wanted)}`,
      );
    }
    return loaded.map((port) => {
      const { buffer } = byName.get(port.name)!;
      const source = this.#buffers[buffer]!.surfaceFor(`${this.name}, ${kind} '${port.name}'`, port);
      return { buffer, source, bound: { index: port.index, surface: source.surface } };
    });
  }

  /** Runs on what the surfaces hold. `isVisible` says which buffers the caller looks at. */
  execute(isVisible: (buffer: number) => boolean): void {
    if (this.#request === undefined) this.#reload();
    this.#request!.evaluate();
    for (const { buffer, source } of this.#outputs) this.#buffers[buffer]!.collect(source, isVisible(buffer));
  }

  /** Unloads; the surfaces stay with the network. */
  evict(): void {
    const failure = this.#close();
    if (failure !== undefined) this.#remark(failure instanceof Error ? failure.message : String(failure));
  }

  /** Unloads for good. Returns what went wrong, if something did. */
  dispose(): unknown {
    this.#engine.dismiss(this);
    return this.#close();
  }

  #close(): unknown {
    const model = this.#model;
    const request = this.#request;
    this.#model = undefined;
    this.#request = undefined;
    let failure: unknown;
    try {
      request?.dispose();
    } catch (error) {
      failure = error;
    }
    const unloading = model === undefined ? undefined : closeModel(model, this.#engine.quality);
    return failure ?? unloading;
  }
}

function sourceOf({ text, weights, weightsPath }: EngineSegment): EngineSource {
  return {
    kind: "mil",
    description: new TextEncoder().encode(text),
    weights: text.includes("BLOBFILE") ? { [weightsPath]: weights } : {},
  };
}
