/**
 * Reading and writing tensor contents for evaluators, in one of two exact working forms: float64 numbers (floats and
 * integers up to 32 bits) or bigints (any integer, needed for 64 bits). Writing rounds once, to nearest even, for floats;
 * integers are truncated toward zero and wrap modulo 2^bits, with NaN and infinities becoming 0; i1 becomes 1 for anything
 * but 0 (NaN counts as true).
 */

import {
  bf16ToNumber,
  type ElementArray,
  type ElementName,
  numberToBf16,
  type TensorData,
  zeros,
} from "../../../ir/tensor-data.ts";
import { OUTSIDE, product, type Shape } from "./broadcast.ts";
import { ElementTypeError, ShapeError } from "./shape-error.ts";

type WideArray = BigInt64Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>;

export function isFloat(element: ElementName): boolean {
  return element === "f64" || element === "f32" || element === "f16" || element === "bf16";
}

/** True for i64 and ui64, whose arrays hold bigints. */
export function isWide(element: ElementName): boolean {
  return element === "i64" || element === "ui64";
}

/** Width and signedness of an integer type; i1 counts as unsigned. */
export function integerFormat(element: ElementName): { bits: number; signed: boolean } {
  const signed = element.startsWith("i") && element !== "i1";
  return { bits: Number(element.replace(/^\D+/, "")), signed };
}

/** The least and greatest value of an element type; infinities for floats. */
export function elementRange(element: ElementName): { lowest: number | bigint; highest: number | bigint } {
  if (isFloat(element)) return { lowest: -Infinity, highest: Infinity };
  const { bits, signed } = integerFormat(element);
  const lowest = signed ? -(1n << BigInt(bits - 1)) : 0n;
  const highest = (1n << BigInt(signed ? bits - 1 : bits)) - 1n;
  return isWide(element) ? { lowest, highest } : { lowest: Number(lowest), highest: Number(highest) };
}

/** Throws unless `element` is a float type. */
export function requireFloat(op: string, element: ElementName): void {
  if (!isFloat(element)) throw new ElementTypeError(op, "a float element type", element);
}

/** Throws unless both operands have the same element type. */
export function requireSameElement(op: string, a: TensorData, b: TensorData): void {
  if (a.element !== b.element)
    throw new ElementTypeError(op, "operands of one element type", `${a.element} and ${b.element}`);
}

function isWideArray(data: ElementArray): data is WideArray {
  return data instanceof BigInt64Array || data instanceof BigUint64Array;
}

/** All elements as numbers; exact but for 64-bit integers beyond 2^53. May share memory with `x`: do not write to it. */
export function readNumbers(x: TensorData): Float64Array {
  const { data, element } = x;
  if (data instanceof Float64Array) return data;
  if (!isWideArray(data) && element !== "bf16") return new Float64Array(data);
  const result = new Float64Array(data.length);
  for (let index = 0; index < result.length; index++) {
    const value = Number(data[index]!);
    result[index] = element === "bf16" ? bf16ToNumber(value) : value;
  }
  return result;
}

/** All elements of an integer tensor as bigints. */
export function readBigInts(x: TensorData): bigint[] {
  const result = new Array<bigint>(x.data.length);
  for (let index = 0; index < result.length; index++) result[index] = BigInt(x.data[index]!);
  return result;
}

/** The elements of an integer tensor as numbers, for indices, axes and sizes. */
export function readIntegers(op: string, x: TensorData): Float64Array {
  if (isFloat(x.element)) throw new ElementTypeError(op, "integer indices", x.element);
  return readNumbers(x);
}

/** A tensor of `values`, rounded or wrapped to `element`. */
export function writeNumbers(values: Float64Array, shape: Shape, element: ElementName): TensorData {
  return { shape, element, data: encodeNumbers(values, element) };
}

function encodeNumbers(values: Float64Array, element: ElementName): ElementArray {
  switch (element) {
    case "f64":
      return new Float64Array(values);
    case "f32":
      return new Float32Array(values);
    case "f16":
      return new Float16Array(values);
    case "bf16":
      return Uint16Array.from(values, numberToBf16);
    case "i1":
      return Uint8Array.from(values, (value) => (value === 0 ? 0 : 1));
    case "i4":
      return Int8Array.from(values, (value) => (value << 28) >> 28);
    case "ui4":
      return Uint8Array.from(values, (value) => value & 15);
    case "i8":
      return new Int8Array(values);
    case "ui8":
      return new Uint8Array(values);
    case "i16":
      return new Int16Array(values);
    case "ui16":
      return new Uint16Array(values);
    case "i32":
      return new Int32Array(values);
    case "ui32":
      return new Uint32Array(values);
    case "i64": {
      const result = new BigInt64Array(values.length);
      for (let index = 0; index < result.length; index++) result[index] = truncateToBigInt(values[index]!);
      return result;
    }
    case "ui64": {
      const result = new BigUint64Array(values.length);
      for (let index = 0; index < result.length; index++) result[index] = truncateToBigInt(values[index]!);
      return result;
    }
  }
}

/** Truncates toward zero; NaN and infinities give 0. */
export function truncateToBigInt(value: number): bigint {
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
}

/** A tensor of `values`, wrapped to an integer `element` or rounded to a float one. */
export function writeBigInts(values: readonly bigint[], shape: Shape, element: ElementName): TensorData {
  const result = zeros(shape, element);
  const { data } = result;
  if (isWideArray(data)) {
    for (let index = 0; index < values.length; index++) data[index] = values[index]!;
    return result;
  }
  const narrow = (value: bigint) => {
    if (element === "i1") return value === 0n ? 0 : 1;
    if (element === "f64") return Number(value);
    return isFloat(element) ? roundToOdd(value) : Number(BigInt.asIntN(32, value));
  };
  return writeNumbers(Float64Array.from(values, narrow), shape, element);
}

// Rounding a 64-bit integer to 53 bits "to odd" keeps what a second rounding to fewer bits needs, so that it is exact.
function roundToOdd(value: bigint): number {
  const rest = value & 2047n;
  if (rest === 0n || (value < 1n << 53n && value > -(1n << 53n))) return Number(value);
  return Number((value - rest) | 2048n);
}

/** One value in the working form of `element`'s array: bigint for 64-bit integers, the bit pattern for bf16. */
function encodeOne(element: ElementName, value: number | bigint): number | bigint {
  if (typeof value === "bigint") return writeBigInts([value], [], element).data[0]!;
  return writeNumbers(Float64Array.of(value), [], element).data[0]!;
}

/** A tensor whose elements all are `value`. */
export function filled(shape: Shape, element: ElementName, value: number | bigint): TensorData {
  const result = zeros(shape, element);
  const encoded = encodeOne(element, value);
  if (isWideArray(result.data)) result.data.fill(BigInt(encoded));
  else result.data.fill(Number(encoded));
  return result;
}

/** The tensor with `result[i] = x[offsets[i]]`, or `fill` where the offset is OUTSIDE. Moves bits; rounds nothing. */
export function pick(x: TensorData, shape: Shape, offsets: Int32Array, fill: number | bigint = 0): TensorData {
  const result = fill === 0 ? zeros(shape, x.element) : filled(shape, x.element, fill);
  moveElements(x.data, result.data, (from, to) => {
    for (let index = 0; index < offsets.length; index++) {
      const offset = offsets[index]!;
      if (offset !== OUTSIDE) to[index] = from[offset]!;
    }
  });
  return result;
}

/** The tensor whose rows (along its last dimension) are read from `starts` on, `step` elements apart. Moves bits. */
export function pickRows(x: TensorData, shape: Shape, starts: Int32Array, step: number): TensorData {
  const result = zeros(shape, x.element);
  const length = shape.at(-1) ?? 1;
  moveElements(x.data, result.data, (from, to) => {
    let next = 0;
    for (let row = 0; row < starts.length; row++) {
      for (let index = 0, offset = starts[row]!; index < length; index++, offset += step) to[next++] = from[offset]!;
    }
  });
  return result;
}

/** Copies `result[targets[i]] = x[i]` into a tensor of the same element type. */
export function place(x: TensorData, result: TensorData, targets: Int32Array): void {
  moveElements(x.data, result.data, (from, to) => {
    for (let index = 0; index < targets.length; index++) to[targets[index]!] = from[index]!;
  });
}

/** A copy that may be written to. */
export function copyTensor(x: TensorData): TensorData {
  const result = zeros(x.shape, x.element);
  moveElements(x.data, result.data, (from, to) => {
    for (let index = 0; index < from.length; index++) to[index] = from[index]!;
  });
  return result;
}

interface Elements<T> {
  readonly length: number;
  [index: number]: T;
}

// Calls `move` with both arrays as bits of their elements' size, so that its loop meets few kinds of arrays.
function moveElements(
  from: ElementArray,
  to: ElementArray,
  move: <T>(from: Readonly<Elements<T>>, to: Elements<T>) => void,
): void {
  const size = from.BYTES_PER_ELEMENT;
  if (size !== to.BYTES_PER_ELEMENT) throw new Error("elements of different sizes");
  if (size === 8) move<bigint>(bits(BigUint64Array, from), bits(BigUint64Array, to));
  else if (size === 4) move<number>(bits(Uint32Array, from), bits(Uint32Array, to));
  else if (size === 2) move<number>(bits(Uint16Array, from), bits(Uint16Array, to));
  else move<number>(bits(Uint8Array, from), bits(Uint8Array, to));
}

function bits<T>(kind: new (buffer: ArrayBufferLike, offset: number, length: number) => T, data: ElementArray): T {
  return new kind(data.buffer, data.byteOffset, data.length);
}

/** A tensor of the given elements, rounded or wrapped to `element`. Throws when their number does not fit the shape. */
export function tensorOf(element: ElementName, shape: Shape, values: readonly (number | bigint)[]): TensorData {
  if (values.length !== product(shape)) {
    throw new ShapeError("tensor", `${product(shape)} elements for shape [${shape.join(", ")}]`, `${values.length}`);
  }
  if (isWide(element)) {
    return writeBigInts(
      values.map((value) => (typeof value === "bigint" ? value : truncateToBigInt(value))),
      shape,
      element,
    );
  }
  return writeNumbers(Float64Array.from(values, Number), shape, element);
}

/** The elements as a list: bigints for 64-bit integers, else numbers. */
export function valuesOf(x: TensorData): (number | bigint)[] {
  return isWide(x.element) ? readBigInts(x) : Array.from(readNumbers(x));
}

/** The same elements under another shape; shares memory. */
export function withShape(op: string, x: TensorData, shape: Shape): TensorData {
  if (product(shape) !== x.data.length) {
    throw new ShapeError(op, `a shape of ${x.data.length} elements`, `[${shape.join(", ")}]`);
  }
  return { ...x, shape };
}

/** The greater of two bigints, as Math.max for numbers. */
export function bigMaximum(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}

/** The lesser of two bigints, as Math.min for numbers. */
export function bigMinimum(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}
