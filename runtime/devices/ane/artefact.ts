/**
 * What the engine's driver is given: MIL programs with their weights, the buffers between them, and how the caller's tensors
 * become buffers. Plain data, made by the compiler; the driver knows nothing of IR.
 */
import type { TensorDescriptor } from "../../program.ts";

/** A port of a program, and the buffer that it is bound to. */
export interface EnginePort {
  readonly name: string;
  /** An index into `EngineArtefact.buffers`. */
  readonly buffer: number;
}

/** One program of the engine: compiled and loaded as a whole, one call per run. */
export interface EngineSegment {
  readonly name: string;
  /** `netplist`: `text` is a network description instead of MIL, which only the driver `objc` takes. Default `mil`. */
  readonly kind?: "mil" | "netplist";
  /** MIL text. Its weights are at `weightsPath`. */
  readonly text: string;
  readonly weights: Uint8Array;
  /** Where the text says that the weights lie, relative to its own folder: `weights/weight.bin`. */
  readonly weightsPath: string;
  readonly inputs: readonly EnginePort[];
  readonly outputs: readonly EnginePort[];
}

/** A tensor of the caller. Where its elements are not those of the buffer, they are converted. */
export interface EngineInput {
  readonly name: string;
  readonly type: TensorDescriptor;
  /** The buffers that it fills. Several, where programs take it in several types. */
  readonly buffers: readonly number[];
}

export interface EngineOutput {
  readonly name: string;
  readonly type: TensorDescriptor;
  readonly buffer: number;
}

/** State that stays on the engine: what the output leaves is what the input finds in the next run. */
export interface EngineState {
  readonly input: string;
  readonly output: string;
}

/** A network for the engine. */
export interface EngineArtefact {
  readonly name: string;
  /** The chip to compile for; the machine's own without this. */
  readonly target?: string;
  /** Run in this order. */
  readonly segments: readonly EngineSegment[];
  /** Shapes and elements as the programs see them; dense and row-major. */
  readonly buffers: readonly TensorDescriptor[];
  readonly inputs: readonly EngineInput[];
  readonly outputs: readonly EngineOutput[];
  /** An input and output of a state have one buffer in common. */
  readonly states: readonly EngineState[];
}
