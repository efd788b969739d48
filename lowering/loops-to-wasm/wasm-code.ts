/** What the generator gives: code, and how its functions' arguments and memory are used. All of it is plain data. */
import type { TensorData } from "../../ir/tensor-data.ts";

/** What an argument of an exported function is for, and the tensor behind its address. */
export interface WasmArgument {
  readonly role: "input" | "output" | "prepared" | "arena";
  readonly name: string;
  readonly type: Pick<TensorData, "shape" | "element">;
  readonly bytes: number;
}

export interface WasmFunction {
  readonly entry: string;
  readonly arguments: readonly WasmArgument[];
}

/** Bytes that lie at an address from the start. */
export interface WasmBlob {
  readonly address: number;
  readonly bytes: Uint8Array;
}

export interface WasmCode {
  readonly code: Uint8Array;
  readonly text?: string;
  readonly main: WasmFunction;
  readonly prepare?: WasmFunction | undefined;
  readonly blobs: readonly WasmBlob[];
  /** The first address that is free for arguments. */
  readonly memoryEnd: number;
  /** Functions of the host that the code imports from `math`. */
  readonly hostFunctions: readonly string[];
}

/** What buffers are aligned to: a cache line. */
const bufferAlignment = 64;

/** The first address from here on at which a buffer may begin. */
export function alignBuffer(address: number): number {
  return Math.ceil(address / bufferAlignment) * bufferAlignment;
}
