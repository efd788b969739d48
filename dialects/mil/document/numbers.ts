/**
 * How the elements of a MIL tensor lie in memory: one typed array per element type, with sub-byte elements one per byte, and
 * 16-bit and 8-bit floats as their bits. Files pack sub-byte elements (`../blob-storage/bits.ts`).
 */
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import type { MilElementType, MilNumbers, MilTensorType } from "./document.ts";

export type MilNumberType = Exclude<MilElementType, "string">;

interface NumberFacts {
  /** Bits of one element in a file. */
  readonly bits: number;
  readonly signed: boolean;
  readonly array: new (buffer: ArrayBuffer, byteOffset?: number, length?: number) => MilNumbers;
}

const facts = (bits: number, array: NumberFacts["array"], signed = true): NumberFacts => ({ bits, signed, array });

/** Bool is not packed: Core ML stores it as a byte. */
export const milNumberFacts: Readonly<Record<MilNumberType, NumberFacts>> = {
  bool: facts(8, Uint8Array, false),
  fp16: facts(16, Uint16Array),
  fp32: facts(32, Float32Array),
  fp64: facts(64, Float64Array),
  bf16: facts(16, Uint16Array),
  fp8e4m3fn: facts(8, Uint8Array),
  fp8e5m2: facts(8, Uint8Array),
  int4: facts(4, Int8Array),
  int8: facts(8, Int8Array),
  int16: facts(16, Int16Array),
  int32: facts(32, Int32Array),
  int64: facts(64, BigInt64Array),
  uint1: facts(1, Uint8Array, false),
  uint2: facts(2, Uint8Array, false),
  uint3: facts(3, Uint8Array, false),
  uint4: facts(4, Uint8Array, false),
  uint6: facts(6, Uint8Array, false),
  uint8: facts(8, Uint8Array, false),
  uint16: facts(16, Uint16Array, false),
  uint32: facts(32, Uint32Array, false),
  uint64: facts(64, BigUint64Array, false),
};

export function isNumberType(element: MilElementType): element is MilNumberType {
  return element !== "string";
}

/** Zeroes, one per element. */
export function allocateMilNumbers(element: MilNumberType, count: number): MilNumbers {
  const { array } = milNumberFacts[element];
  const bytes = new ArrayBuffer(count * bytesInMemory(element));
  return new array(bytes, 0, count);
}

/** Bytes of one element in memory: sub-byte elements take a byte. */
export function bytesInMemory(element: MilNumberType): number {
  return Math.max(1, milNumberFacts[element].bits / 8);
}

/**
 * Little-endian bytes, one element after the other, as numbers. A view where the bytes are aligned, else a copy.
 *
 * @throws Error where the bytes are no whole number of elements
 */
export function milNumbersOf(element: MilNumberType, bytes: Uint8Array): MilNumbers {
  const { array } = milNumberFacts[element];
  const size = bytesInMemory(element);
  if (bytes.byteLength % size !== 0) throw new Error(`${bytes.byteLength} bytes are no whole ${element} elements`);
  const isView = bytes.byteOffset % size === 0 && bytes.buffer instanceof ArrayBuffer;
  const { buffer, byteOffset } = isView ? bytes : new Uint8Array(bytes);
  if (!(buffer instanceof ArrayBuffer)) throw new Error("the bytes lie in shared memory");
  return new array(buffer, byteOffset, bytes.byteLength / size);
}

/**
 * The number of elements of a tensor type.
 *
 * @throws DiagnosticError where a size is left open, or the product is no safe integer
 */
export function elementCountOf(type: MilTensorType): number {
  let count = 1;
  for (const size of type.shape) {
    if (size === undefined) throw new DiagnosticError("a value has a dimension whose size is left open (?)");
    count *= size;
  }
  if (!Number.isSafeInteger(count)) {
    throw new DiagnosticError(`a value of shape [${type.shape.join(", ")}] has more elements than can be counted`);
  }
  return count;
}
