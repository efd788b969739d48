/**
 * The memory of a program that runs as machine code: one aligned buffer per argument, the list of their addresses that the
 * packed entry function reads, and weights at aligned addresses. Buffers are ordinary JavaScript memory, kept alive here.
 */
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { elementsFromBytes, type TensorData } from "../../ir/tensor-data.ts";
import { type Address, addressOf, alignedBytes } from "../ffi/memory.ts";
import type { ArgumentDescriptor, ArgumentRole } from "../program.ts";

/** What generated code may assume of every buffer: a cache line, and the widest vector. */
export const bufferAlignment = 64;

/** The bytes at an aligned address: as they are where they lie well, else copied once. */
export function alignedCopy(bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength > 0 && addressOf(bytes) % bufferAlignment === 0) return bytes;
  // An empty weight still needs an address.
  const copy = alignedBytes(Math.max(bytes.byteLength, 1), bufferAlignment);
  copy.set(bytes);
  return copy;
}

/** The buffers of a program, shared by its functions: what `@prepare` writes, `@main` reads under the same name. */
export class ProgramBuffers {
  readonly #buffers = new Map<string, Uint8Array>();
  readonly #views = new Map<string, TensorData>();

  /** Allocates a buffer for every argument; arguments of one role and name share one of the largest size. */
  constructor(descriptors: Iterable<ArgumentDescriptor>) {
    const sizes = new Map<string, number>();
    const wanted = [...descriptors];
    for (const descriptor of wanted) {
      const key = keyOf(descriptor.role, descriptor.name);
      sizes.set(key, Math.max(sizes.get(key) ?? 0, descriptor.bytes));
    }
    for (const [key, size] of sizes) {
      this.#buffers.set(key, allocate(size, key));
    }
    for (const { role, name, type, bytes } of wanted) {
      if (role !== "input" && role !== "output") continue;
      const data = elementsFromBytes(type.element, this.bytes(role, name).subarray(0, bytes));
      this.#views.set(keyOf(role, name), { shape: type.shape, element: type.element, data });
    }
  }

  /** The bytes of an argument's buffer. */
  bytes(role: ArgumentRole, name: string): Uint8Array {
    const found = this.#buffers.get(keyOf(role, name));
    if (found === undefined) throw new DiagnosticError(`the program has no buffer for the ${role} '${name}'`);
    return found;
  }

  /** An input or output as a tensor in place. */
  view(role: "input" | "output", name: string): TensorData {
    const found = this.#views.get(keyOf(role, name));
    if (found === undefined) throw new DiagnosticError(`the program has no ${role} '${name}'`);
    return found;
  }

  /** Gives the memory back: views of it have length zero from then on. No code may use it any more. */
  release(): void {
    for (const { buffer } of this.#buffers.values()) if (buffer instanceof ArrayBuffer) buffer.transfer(0);
    this.#buffers.clear();
    this.#views.clear();
  }

  /** The addresses of a function's arguments in order: what the packed entry function takes. */
  pointerList(descriptors: readonly ArgumentDescriptor[]): BigUint64Array<ArrayBuffer> {
    const list = new BigUint64Array(Math.max(descriptors.length, 1));
    for (const [position, { role, name }] of descriptors.entries()) {
      const address: Address = addressOf(this.bytes(role, name));
      list[position] = BigInt(address);
    }
    return list;
  }
}

/** Zeroed memory for an argument. Throws a DiagnosticError where the machine has not that much. */
function allocate(bytes: number, key: string): Uint8Array {
  try {
    return alignedBytes(Math.max(bytes, 1), bufferAlignment);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const what = key === keyOf("arena", "arena") ? "scratch memory" : key;
    throw new DiagnosticError(`the program's ${what} takes ${gibibytes(bytes)} GiB of memory, which could not be had`);
  }
}

const gibibytes = (bytes: number) => (bytes / 2 ** 30).toFixed(1);

function keyOf(role: ArgumentRole, name: string): string {
  return `${role} ${name}`;
}
