/**
 * One program of a network on the Objective-C route: its model, and the request that binds the network's buffers
 * to its ports.
 */
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import type { BoundSurface, EngineModel, EngineRequest, EngineSource } from "../../ffi/apple-neural-engine.ts";
import type { EnginePort as LoadedPort } from "../../ffi/engine/attributes.ts";
import type { EnginePort, EngineSegment } from "../ane/artefact.ts";
import type { Remark } from "../ane/lane.ts";
import type { BufferSurface, NetworkBuffer } from "./buffers.ts";
import { checkPortCount, closeModel, type ObjcEngine } from "./engine.ts";

/** A port's place in the network, and the surface that the program uses there. */
interface BoundPort {
  readonly buffer: number;
  readonly source: BufferSurface;
}

export class ObjcSegment {
  readonly #engine: ObjcEngine;
  readonly #segment: EngineSegment;
  readonly #source: EngineSource;
  readonly #buffers: readonly NetworkBuffer[];
  readonly #remark: Remark;
  #model: EngineModel | undefined;
  #request: EngineRequest | undefined;
  #outputs: readonly BoundPort[] = [];

  constructor(engine: ObjcEngine, segment: EngineSegment, buffers: readonly NetworkBuffer[], remark: Remark) {
    this.#engine = engine;
    this.#segment = segment;
    this.#source = sourceOf(segment);
    this.#buffers = buffers;
    this.#remark = remark;
    checkPortCount(segment.name, segment.inputs.length, segment.outputs.length);
  }

  /** Loads the program, waiting where the compile service needs a pause. @throws EngineCallError naming the step */
  async load(): Promise<void> {
    this.#bind(await this.#engine.openPatiently(this.#segment.name, this.#source, this.#remark));
  }

  /** The same without waiting. @throws CompilePauseError where it would have to */
  loadNow(): void {
    this.#bind(this.#engine.open(this.#segment.name, this.#source, this.#remark));
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
        `${this.#segment.name}: the loaded program has the ${kind}s ${named(loaded)}, but its text has ${named(wanted)}`,
      );
    }
    return loaded.map((port) => {
      const { buffer } = byName.get(port.name)!;
      const source = this.#buffers[buffer]!.surfaceFor(`${this.#segment.name}, ${kind} '${port.name}'`, port);
      return { buffer, source, bound: { index: port.index, surface: source.surface } };
    });
  }

  /** Runs on what the surfaces hold. `isVisible` says which buffers the caller looks at. */
  execute(isVisible: (buffer: number) => boolean): void {
    this.#request?.evaluate();
    for (const { buffer, source } of this.#outputs) this.#buffers[buffer]!.collect(source, isVisible(buffer));
  }

  /** Unloads; the surfaces stay with the network. What goes wrong is told and keeps nothing back. */
  close(): void {
    const model = this.#model;
    const request = this.#request;
    this.#model = undefined;
    this.#request = undefined;
    const failures: unknown[] = [];
    try {
      request?.dispose();
    } catch (error) {
      failures.push(error);
    }
    if (model !== undefined) failures.push(closeModel(model, this.#engine.quality));
    for (const failure of failures)
      if (failure !== undefined) this.#remark(failure instanceof Error ? failure.message : String(failure));
  }
}

function sourceOf({ kind, text, weights, weightsPath }: EngineSegment): EngineSource {
  const hasWeights = kind === "mil" ? text.includes("BLOBFILE") : weights.byteLength > 0;
  return {
    kind,
    description: new TextEncoder().encode(text),
    weights: hasWeights ? { [weightsPath]: weights } : {},
  };
}
