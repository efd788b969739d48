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

/** What programs of every kind have. */
interface SegmentFrame {
  readonly name: string;
  readonly weights: Uint8Array;
  /** Where the text says that the weights lie, relative to its own folder: `weights/weight.bin`. */
  readonly weightsPath: string;
  readonly inputs: readonly EnginePort[];
  readonly outputs: readonly EnginePort[];
}

/** A program as MIL text. */
export interface MilSegment extends SegmentFrame {
  readonly kind: "mil";
  readonly text: string;
}

/** A program as a network description, which only the driver `objc` takes. */
export interface NetplistSegment extends SegmentFrame {
  readonly kind: "netplist";
  /** The property list, in XML. */
  readonly text: string;
}

/** One program of the engine: compiled and loaded as a whole, one call per run. */
export type EngineSegment = MilSegment | NetplistSegment;

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
