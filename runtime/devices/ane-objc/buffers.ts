/**
 * The memory of a network on the Objective-C route. Each buffer of the network is a dense tensor to the caller and one or more
 * surfaces to the programs: a program says how it wants a tensor to lie. Where that is dense, the tensor *is* the surface, and
 * nothing is copied; programs that want the same layout share one surface.
 */
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import { elementBytes, elementCount, elementsFromBytes, type TensorData } from "../../../ir/tensor-data.ts";
import type { AppleNeuralEngine } from "../../ffi/apple-neural-engine.ts";
import type { EnginePort } from "../../ffi/engine/attributes.ts";
import {
  isDense,
  layoutElements,
  prepareCopy,
  type SurfaceCopy,
  type SurfaceLayout,
  surfaceBytes,
} from "../../ffi/engine/surface-layout.ts";
import type { Surface } from "../../ffi/iosurface.ts";
import { describeTensor, type TensorDescriptor } from "../../program.ts";

/** A surface of a buffer, and the copies between it and the dense tensor (none where they are the same memory). */
export interface BufferSurface {
  readonly surface: Surface;
  readonly pack: SurfaceCopy | undefined;
  readonly unpack: SurfaceCopy | undefined;
}

/** One buffer of a network. */
export class NetworkBuffer {
  readonly #framework: AppleNeuralEngine;
  readonly #type: TensorDescriptor;
  readonly #surfaces = new Map<string, BufferSurface>();
  #tensor: TensorData | undefined;

  constructor(framework: AppleNeuralEngine, type: TensorDescriptor) {
    this.#framework = framework;
    this.#type = type;
  }

  /** The dense tensor: memory of a surface where one of them is dense, ordinary memory else. */
  get tensor(): TensorData {
    this.#tensor ??= this.#tensorIn(new Uint8Array(elementCount(this.#type.shape) * elementBytes(this.#type.element)));
    return this.#tensor;
  }

  #tensorIn(bytes: Uint8Array): TensorData {
    const { shape, element } = this.#type;
    return { shape, element, data: elementsFromBytes(element, bytes) };
  }

  /** The surface for a program's port; made when first asked for. */
  surfaceFor(what: string, { element, layout }: EnginePort): BufferSurface {
    const count = elementCount(this.#type.shape);
    if (element !== this.#type.element || layoutElements(layout) !== count) {
      throw new DiagnosticError(
        `${what}: the loaded program takes ${layoutElements(layout)} elements of ${element}, but the network has ${describeTensor(this.#type)}`,
      );
    }
    const key = JSON.stringify(layout);
    const known = this.#surfaces.get(key);
    if (known !== undefined) return known;
    const surface = this.#framework.createSurface(surfaceBytes(layout));
    const made = this.#bind(surface, layout, count * elementBytes(element));
    this.#surfaces.set(key, made);
    return made;
  }

  #bind(surface: Surface, layout: SurfaceLayout, bytes: number): BufferSurface {
    const memory = new Uint8Array(surface.memory);
    // The first surface decides: views of the tensor may be out already.
    if (this.#tensor === undefined && isDense(layout)) {
      this.#tensor = this.#tensorIn(memory.subarray(0, bytes));
      return { surface, pack: undefined, unpack: undefined };
    }
    const { data } = this.tensor;
    const dense = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return {
      surface,
      pack: prepareCopy("surface", dense, memory, layout),
      unpack: prepareCopy("tensor", dense, memory, layout),
    };
  }

  /** Makes what was written to the tensor visible to the programs. */
  publish(): void {
    for (const { surface, pack } of this.#surfaces.values()) surface.access("write", pack ?? nothing);
  }

  /** Reads what the programs left into the tensor. */
  fetch(): void {
    const [first] = this.#surfaces.values();
    first?.surface.access("read", first.unpack ?? nothing);
  }

  /** Takes over what a program left in one surface, into the tensor and the other surfaces. */
  collect(source: BufferSurface, isVisible: boolean): void {
    const others = this.#surfaces.size > 1;
    if (!isVisible && !others) return;
    source.surface.access("read", source.unpack ?? nothing);
    if (!others) return;
    for (const each of this.#surfaces.values()) if (each !== source) each.surface.access("write", each.pack ?? nothing);
  }

  release(): void {
    for (const { surface } of this.#surfaces.values()) surface.release();
    this.#surfaces.clear();
  }
}

const nothing = () => {};
