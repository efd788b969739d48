/**
 * Programs as WebAssembly: takes an artefact (code, how its functions' arguments are used, weights with their addresses), lays out
 * one memory for weights, scratch, inputs and outputs, runs `@prepare` once, and then runs the network with one call. It needs
 * nothing but the JavaScript engine.
 */
import { DiagnosticError, messageOf } from "../../ir/diagnostic-error.ts";
import { elementsFromBytes, type TensorData } from "../../ir/tensor-data.ts";
import {
  type ArgumentDescriptor,
  checkInputs,
  checkPrepared,
  disposedError,
  findArgument,
  type Program,
} from "../program.ts";
import { type HostFunction, hostFunctions } from "./host-math.ts";

/** A function of an artefact: it takes the address of each argument. */
export interface WasmArtefactFunction {
  readonly entry: string;
  readonly arguments: readonly ArgumentDescriptor[];
}

/** A weight and where the code expects it. */
export interface WasmArtefactBlob {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** All that is needed to run a network as WebAssembly: plain data. */
export interface WasmArtefact {
  readonly name: string;
  /** A module that imports `env.memory` and functions of `math`. */
  readonly code: Uint8Array;
  readonly main: WasmArtefactFunction;
  /** Computes the prepared tensors from the weights; run once after loading. */
  readonly prepare?: WasmArtefactFunction | undefined;
  readonly blobs: readonly WasmArtefactBlob[];
  /** The first address behind weights and static buffers. */
  readonly memoryEnd: number;
  /** Names of the functions that the code imports from `math`. */
  readonly hostFunctions: readonly string[];
}

/** What loading an artefact took, for reports. */
export interface WasmLoadReport {
  readonly codeBytes: number;
  readonly memoryBytes: number;
  /** Milliseconds for compiling and linking the code, for filling its memory, and for running `@prepare`. */
  readonly compileMilliseconds: number;
  readonly fillMilliseconds: number;
  readonly prepareMilliseconds: number;
}

/** Buffers begin at cache lines. */
const bufferAlignment = 64;
const pageBytes = 65536;
/** What 32-bit addresses reach. */
const largestMemory = 2 ** 32;

type Entry = (...addresses: number[]) => void;

/** Makes an artefact ready to run; `@prepare` has run when this returns. */
export function loadWasmProgram(artefact: WasmArtefact): CpuWasmProgram {
  return CpuWasmProgram.load(artefact);
}

/** Where each argument lies; arguments of one role and name share a place of the largest size. */
function placeArguments(artefact: WasmArtefact): { readonly addresses: Map<string, number>; readonly end: number } {
  const sizes = new Map<string, number>();
  for (const { role, name, bytes } of [...artefact.main.arguments, ...(artefact.prepare?.arguments ?? [])]) {
    const key = keyOf(role, name);
    sizes.set(key, Math.max(sizes.get(key) ?? 0, bytes));
  }
  const addresses = new Map<string, number>();
  let end = align(artefact.memoryEnd);
  for (const [key, bytes] of sizes) {
    addresses.set(key, end);
    end = align(end + bytes);
  }
  return { addresses, end };
}

function align(address: number): number {
  return Math.ceil(address / bufferAlignment) * bufferAlignment;
}

function keyOf(role: string, name: string): string {
  return `${role} ${name}`;
}

/** A network as WebAssembly in this process. */
export class CpuWasmProgram implements Program {
  readonly name: string;
  readonly device = "cpu (WebAssembly)";
  readonly inputs: readonly ArgumentDescriptor[];
  readonly outputs: readonly ArgumentDescriptor[];
  readonly report: WasmLoadReport;
  readonly #memory: WebAssembly.Memory;
  readonly #addresses: ReadonlyMap<string, number>;
  readonly #arguments: readonly number[];
  readonly #views = new Map<string, TensorData>();
  #call: Entry | undefined;

  private constructor(artefact: WasmArtefact) {
    const start = performance.now();
    const { name, main, prepare } = artefact;
    this.name = name;
    this.inputs = main.arguments.filter(({ role }) => role === "input");
    this.outputs = main.arguments.filter(({ role }) => role === "output");
    checkPrepared(artefact);
    const { addresses, end } = placeArguments(artefact);
    this.#addresses = addresses;
    this.#memory = allocateMemory(name, end);
    const instance = instantiate(artefact, this.#memory);
    const compiled = performance.now();
    const bytes = new Uint8Array(this.#memory.buffer);
    for (const blob of artefact.blobs) bytes.set(blob.bytes, blob.address);
    for (const descriptor of [...this.inputs, ...this.outputs]) {
      const key = keyOf(descriptor.role, descriptor.name);
      this.#views.set(key, this.#viewOf(descriptor));
    }
    const filled = performance.now();
    if (prepare !== undefined) entryOf(artefact, instance, prepare.entry)(...this.#addressesOf(prepare));
    this.#call = entryOf(artefact, instance, main.entry);
    this.#arguments = this.#addressesOf(main);
    this.report = {
      codeBytes: artefact.code.byteLength,
      memoryBytes: end,
      compileMilliseconds: compiled - start,
      fillMilliseconds: filled - compiled,
      prepareMilliseconds: performance.now() - filled,
    };
  }

  static load(artefact: WasmArtefact): CpuWasmProgram {
    return new CpuWasmProgram(artefact);
  }

  #addressesOf({ arguments: list }: WasmArtefactFunction): number[] {
    return list.map(({ role, name }) => this.#addresses.get(keyOf(role, name))!);
  }

  #viewOf({ role, name, type, bytes }: ArgumentDescriptor): TensorData {
    const address = this.#addresses.get(keyOf(role, name))!;
    const data = elementsFromBytes(type.element, new Uint8Array(this.#memory.buffer, address, bytes));
    return { shape: type.shape, element: type.element, data };
  }

  run(inputs: Readonly<Record<string, TensorData>>): Record<string, TensorData> {
    this.#loaded();
    checkInputs(this.name, this.inputs, inputs);
    const memory = new Uint8Array(this.#memory.buffer);
    for (const { role, name } of this.inputs) {
      const { data } = inputs[name]!;
      const source = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      memory.set(source, this.#addresses.get(keyOf(role, name))!);
    }
    this.execute();
    const outputs: Record<string, TensorData> = {};
    for (const { role, name } of this.outputs) {
      const view = this.#views.get(keyOf(role, name))!;
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
    this.#loaded()(...this.#arguments);
  }

  /** The code. Throws a DiagnosticError behind `dispose`. */
  #loaded(): Entry {
    if (this.#call === undefined) throw disposedError(this.name);
    return this.#call;
  }

  inputView(name: string): TensorData {
    this.#loaded();
    return this.#views.get(keyOf("input", findArgument(this.name, "input", this.inputs, name).name))!;
  }

  outputView(name: string): TensorData {
    this.#loaded();
    return this.#views.get(keyOf("output", findArgument(this.name, "output", this.outputs, name).name))!;
  }

  dispose(): void {
    if (this.#call === undefined) return;
    this.#call = undefined;
    this.#views.clear();
    // Growing, by nothing too, detaches the buffer: views of it have length zero from then on.
    this.#memory.grow(0);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** A memory that ends behind the last argument and never grows, so that views of it stay valid. */
function allocateMemory(name: string, end: number): WebAssembly.Memory {
  const pages = Math.ceil(end / pageBytes);
  if (end > largestMemory) {
    const gigabytes = (end / 2 ** 30).toFixed(1);
    throw new DiagnosticError(
      `${name} needs ${gigabytes} GiB of memory, but WebAssembly has 4 GiB: install libLLVM (15 or later) to run it`,
    );
  }
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (error) {
    const megabytes = Math.ceil(end / 2 ** 20);
    throw new DiagnosticError(
      `${name} needs ${megabytes} MiB of WebAssembly memory, which could not be had: ${messageOf(error)}`,
    );
  }
}

function instantiate(artefact: WasmArtefact, memory: WebAssembly.Memory): WebAssembly.Instance {
  const math: Record<string, HostFunction> = {};
  for (const name of artefact.hostFunctions) {
    const found = hostFunctions[name];
    if (found === undefined) {
      throw new DiagnosticError(`${artefact.name} imports the function '${name}', which this device does not have`);
    }
    math[name] = found;
  }
  return new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(artefact.code)), { env: { memory }, math });
}

function entryOf({ name }: WasmArtefact, instance: WebAssembly.Instance, entry: string): Entry {
  const found = instance.exports[entry];
  if (typeof found !== "function") throw new DiagnosticError(`${name}: the code does not export '${entry}'`);
  return (...addresses) => {
    found(...addresses);
  };
}
