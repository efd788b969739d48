/**
 * Tensor contents as plain typed arrays: what evaluators compute on, what a program takes and returns, and what a
 * constant's blob is read as. One element per array entry (sub-byte types are widened), row-major, dense.
 */

/** Element types by their MLIR spelling; `i…` is signless (read as signed), `ui…` unsigned, `i1` a truth value 0 or 1. */
export type ElementName =
  | "f64"
  | "f32"
  | "f16"
  | "bf16"
  | "i1"
  | "i4"
  | "i8"
  | "i16"
  | "i32"
  | "i64"
  | "ui4"
  | "ui8"
  | "ui16"
  | "ui32"
  | "ui64";

/** The array that holds one element type: bf16 as raw bits, i1/i4/ui4 one element per byte, 64-bit integers as bigint. */
export interface ElementArrays {
  f64: Float64Array<ArrayBuffer>;
  f32: Float32Array<ArrayBuffer>;
  f16: Float16Array<ArrayBuffer>;
  bf16: Uint16Array<ArrayBuffer>;
  i1: Uint8Array<ArrayBuffer>;
  i4: Int8Array<ArrayBuffer>;
  i8: Int8Array<ArrayBuffer>;
  i16: Int16Array<ArrayBuffer>;
  i32: Int32Array<ArrayBuffer>;
  i64: BigInt64Array<ArrayBuffer>;
  ui4: Uint8Array<ArrayBuffer>;
  ui8: Uint8Array<ArrayBuffer>;
  ui16: Uint16Array<ArrayBuffer>;
  ui32: Uint32Array<ArrayBuffer>;
  ui64: BigUint64Array<ArrayBuffer>;
}

export type ElementArray = ElementArrays[ElementName];

/** A dense tensor value: `data.length` equals the product of `shape` (1 for a scalar, shape `[]`). */
export interface TensorData {
  readonly shape: readonly number[];
  readonly element: ElementName;
  readonly data: ElementArray;
}

const arrayConstructors: {
  [E in ElementName]: new (
    source: number | ArrayBuffer,
    byteOffset?: number,
    length?: number,
  ) => ElementArrays[E];
} = {
  f64: Float64Array,
  f32: Float32Array,
  f16: Float16Array,
  bf16: Uint16Array,
  i1: Uint8Array,
  i4: Int8Array,
  i8: Int8Array,
  i16: Int16Array,
  i32: Int32Array,
  i64: BigInt64Array,
  ui4: Uint8Array,
  ui8: Uint8Array,
  ui16: Uint16Array,
  ui32: Uint32Array,
  ui64: BigUint64Array,
};

export const elementNames = Object.keys(arrayConstructors) as readonly ElementName[];

/** Bytes of one element in its array (sub-byte types take one byte here; packing happens where bytes leave the program). */
export function elementBytes(element: ElementName): number {
  return new arrayConstructors[element](0).BYTES_PER_ELEMENT;
}

/** A zeroed array of `length` elements. */
export function allocateElements<E extends ElementName>(element: E, length: number): ElementArrays[E] {
  return new arrayConstructors[element](length);
}

/** Views `bytes` (copied when misaligned) as elements. */
export function elementsFromBytes<E extends ElementName>(element: E, bytes: Uint8Array): ElementArrays[E] {
  const size = elementBytes(element);
  const { buffer, byteOffset, byteLength } = bytes;
  if (buffer instanceof ArrayBuffer && byteOffset % size === 0 && byteLength % size === 0) {
    return new arrayConstructors[element](buffer, byteOffset, byteLength / size);
  }
  return new arrayConstructors[element](Uint8Array.from(bytes).buffer);
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A zeroed tensor. */
export function zeros(shape: readonly number[], element: ElementName): TensorData {
  return { shape, element, data: allocateElements(element, elementCount(shape)) };
}

const bits = new DataView(new ArrayBuffer(4));

/** The value of a bf16 bit pattern: the upper half of an f32. */
export function bf16ToNumber(pattern: number): number {
  bits.setUint32(0, pattern << 16);
  return bits.getFloat32(0);
}

/** Rounds to bf16 (nearest, ties to even) and returns the bit pattern; NaN keeps a quiet payload. */
export function numberToBf16(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  bits.setFloat32(0, value);
  let pattern = bits.getUint32(0);
  // A value beside the middle of two bf16 numbers must not reach that tie by being rounded to f32 first.
  const single = bits.getFloat32(0);
  if ((pattern & 0xffff) === 0x8000 && single !== value) pattern += Math.abs(value) > Math.abs(single) ? 1 : -1;
  return ((pattern + 0x7fff + ((pattern >>> 16) & 1)) >>> 16) & 0xffff;
}

/** Reads element `index` as a number (bf16 decoded, 64-bit integers converted: exact up to 2^53). */
export function getNumber(tensor: TensorData, index: number): number {
  const value = tensor.data[index]!;
  if (tensor.element === "bf16") return bf16ToNumber(Number(value));
  return Number(value);
}

/** Writes a number as the tensor's element type: floats round to nearest even, integers wrap to their width. */
export function setNumber(tensor: TensorData, index: number, value: number): void {
  const { data, element } = tensor;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array)
    data[index] = Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
  else if (element === "bf16") data[index] = numberToBf16(value);
  else if (element === "i4") data[index] = (value << 28) >> 28;
  else if (element === "ui4") data[index] = value & 15;
  else if (element === "i1") data[index] = value === 0 ? 0 : 1;
  else data[index] = value;
}
