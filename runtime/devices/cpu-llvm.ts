/**
 * Programs as machine code by LLVM: takes an artefact (LLVM IR text, how its functions' arguments are used, the weights),
 * compiles it or takes the object from the cache, binds the weights, runs `@prepare` once, and then runs the network with one
 * foreign call. It knows nothing of the IR that the artefact was made from.
 */
import type { TensorData } from "../../ir/tensor-data.ts";
import {
  callable,
  describeCodegen,
  emitObject,
  type JitModule,
  type LlvmOptions,
  loadObject,
  type NativeFunction,
} from "../ffi/llvm.ts";
import { findLlvm } from "../ffi/llvm-library.ts";
import { type Address, addressOf } from "../ffi/memory.ts";
import { cacheKey, defaultObjectCache, type ObjectCache } from "../object-cache.ts";
import {
  type ArgumentDescriptor,
  checkInputs,
  checkPrepared,
  disposedError,
  findArgument,
  type Program,
} from "../program.ts";
import { alignedCopy, ProgramBuffers } from "./buffers.ts";

/** A function of an artefact: `void entry(ptr list)`, where the list holds a pointer per argument. */
export interface ArtefactFunction {
  readonly entry: string;
  readonly arguments: readonly ArgumentDescriptor[];
}

/** A weight that the IR text declares as an external constant. */
export interface ArtefactBlob {
  readonly symbol: string;
  readonly bytes: Uint8Array;
}

/** All that is needed to run a network with LLVM: plain data. */
export interface LlvmArtefact {
  readonly name: string;
  /** LLVM IR text, valid from LLVM 15 on. */
  readonly irText: string;
  readonly main: ArtefactFunction;
  /** Computes the prepared tensors from the weights; run once after loading. */
  readonly prepare?: ArtefactFunction | undefined;
  readonly blobs: readonly ArtefactBlob[];
}

export interface CpuLlvmOptions extends LlvmOptions {
  /** Where compiled objects are kept; the default follows the environment, `null` keeps none. */
  readonly cache?: ObjectCache | null;
}

/** What loading an artefact took, for reports. */
export interface LoadReport {
  /** Whether the object came from the cache. */
  readonly cached: boolean;
  readonly objectBytes: number;
  /** Milliseconds for compiling (or reading) the object, for linking it, and for running `@prepare`. */
  readonly compileMilliseconds: number;
  readonly linkMilliseconds: number;
  readonly prepareMilliseconds: number;
}

/** The object of an artefact: from the cache, else compiled and put there. */
export function objectOf(
  artefact: LlvmArtefact,
  options: CpuLlvmOptions = {},
): { readonly object: Uint8Array; readonly cached: boolean } {
  const cache = options.cache === undefined ? defaultObjectCache() : (options.cache ?? undefined);
  const name = options.name ?? artefact.name;
  if (cache === undefined) return { object: emitObject(artefact.irText, { ...options, name }), cached: false };
  const key = cacheKey(describeCodegen(options), artefact.irText);
  const known = cache.get(key);
  if (known !== undefined) return { object: known, cached: true };
  const object = emitObject(artefact.irText, { ...options, name });
  cache.set(key, object);
  return { object, cached: false };
}

/** Makes an artefact ready to run; `@prepare` has run when this returns. */
export function loadLlvmProgram(artefact: LlvmArtefact, options: CpuLlvmOptions = {}): CpuLlvmProgram {
  return CpuLlvmProgram.load(artefact, options);
}

/** A network as machine code in this process. */
export class CpuLlvmProgram implements Program {
  readonly name: string;
  readonly device: string;
  readonly inputs: readonly ArgumentDescriptor[];
  readonly outputs: readonly ArgumentDescriptor[];
  readonly report: LoadReport;
  readonly #buffers: ProgramBuffers;
  readonly #pointers: BigUint64Array;
  /** Weights that machine code reads; kept so that they stay where they are. */
  readonly #weights: readonly Uint8Array[];
  #module: JitModule | undefined;
  #call: NativeFunction | undefined;

  private constructor(artefact: LlvmArtefact, options: CpuLlvmOptions) {
    const start = performance.now();
    const { object, cached } = objectOf(artefact, options);
    const compiled = performance.now();
    const weights: Uint8Array[] = [];
    const symbols: Record<string, Address> = {};
    for (const { symbol, bytes } of artefact.blobs) {
      const placed = alignedCopy(bytes);
      weights.push(placed);
      symbols[symbol] = addressOf(placed);
    }
    const { main, prepare } = artefact;
    this.name = artefact.name;
    this.device = `cpu (LLVM ${(options.library ?? findLlvm().library)?.version ?? "unknown"})`;
    this.inputs = main.arguments.filter(({ role }) => role === "input");
    this.outputs = main.arguments.filter(({ role }) => role === "output");
    this.#buffers = new ProgramBuffers([...main.arguments, ...(prepare?.arguments ?? [])]);
    this.#pointers = this.#buffers.pointerList(main.arguments);
    this.#weights = weights;
    checkPrepared(artefact);
    this.#module = loadObject(object, symbols, { ...options, name: artefact.name });
    this.#call = callable(this.#module.lookup(main.entry), 1);
    const linked = performance.now();
    if (prepare !== undefined) {
      callable(this.#module.lookup(prepare.entry), 1)(this.#buffers.pointerList(prepare.arguments));
    }
    this.report = {
      cached,
      objectBytes: object.byteLength,
      compileMilliseconds: compiled - start,
      linkMilliseconds: linked - compiled,
      prepareMilliseconds: performance.now() - linked,
    };
  }

  static load(artefact: LlvmArtefact, options: CpuLlvmOptions): CpuLlvmProgram {
    return new CpuLlvmProgram(artefact, options);
  }

  /** Bytes of native memory that weights, buffers and scratch take. */
  get weightBytes(): number {
    return this.#weights.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  run(inputs: Readonly<Record<string, TensorData>>): Record<string, TensorData> {
    this.#loaded();
    checkInputs(this.name, this.inputs, inputs);
    for (const { name } of this.inputs) {
      const { data } = inputs[name]!;
      const source = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      this.#buffers.bytes("input", name).set(source);
    }
    this.execute();
    const outputs: Record<string, TensorData> = {};
    for (const { name } of this.outputs) {
      const view = this.#buffers.view("output", name);
      outputs[name] = { shape: view.shape, element: view.element, data: view.data.slice() };
    }
    return outputs;
  }

  async runAsync(inputs: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData>> {
    // Not in the caller's turn: what is started in order runs in order.
    await undefined;
    return this.run(inputs);
  }

  execute(): void {
    this.#loaded()(this.#pointers);
  }

  /** The code. Throws a DiagnosticError behind `dispose`. */
  #loaded(): NativeFunction {
    if (this.#call === undefined) throw disposedError(this.name);
    return this.#call;
  }

  inputView(name: string): TensorData {
    this.#loaded();
    return this.#buffers.view("input", findArgument(this.name, "input", this.inputs, name).name);
  }

  outputView(name: string): TensorData {
    this.#loaded();
    return this.#buffers.view("output", findArgument(this.name, "output", this.outputs, name).name);
  }

  dispose(): void {
    this.#call = undefined;
    this.#module?.dispose();
    this.#module = undefined;
    this.#buffers.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
