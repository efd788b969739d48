/**
 * Addresses and C strings: the few conversions between JavaScript memory and native memory that every binding needs.
 *
 * An address is a plain number (user-space addresses fit in 53 bits). Whoever passes an address to native code keeps the
 * typed array behind it reachable for as long as native code may use it; nothing here does that for them.
 */
import { CString, type Pointer, ptr, read, toArrayBuffer } from "bun:ffi";

/** A native address. Zero is the null pointer. */
export type Address = number;

/** Anything with memory that a native function can read or write. */
export type NativeView = NodeJS.TypedArray | DataView;

/**
 * The address of a view's first byte; zero for an empty view. Valid while the view is reachable.
 *
 * Small typed arrays first live inside JavaScript's own heap and move out the first time somebody asks for their
 * `buffer`, which would leave an address taken before that dangling. So this asks first.
 */
export function addressOf(view: NativeView): Address {
  if (view.byteLength === 0 || view.buffer.byteLength === 0) return 0;
  return Number(ptr(view));
}

/** `text` as bytes with the closing zero. */
export function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

/** The zero-terminated UTF-8 string at `address`; empty for a null pointer. */
export function readCString(address: Address | bigint | null): string {
  if (address === null || Number(address) === 0) return "";
  return new CString(Number(address) as Pointer).toString();
}

/** A copy of `byteLength` bytes from native memory. */
export function copyBytes(address: Address, byteLength: number): Uint8Array {
  if (byteLength === 0) return new Uint8Array(0);
  return new Uint8Array(toArrayBuffer(address as Pointer, 0, byteLength)).slice();
}

/** The pointer stored at `address`. */
export function readAddress(address: Address): Address {
  return Number(read.ptr(address as Pointer));
}

/** A zeroed byte array whose first byte lies on a multiple of `alignment` (a power of two). */
export function alignedBytes(byteLength: number, alignment = 64): Uint8Array {
  const buffer = new ArrayBuffer(byteLength + alignment);
  const start = addressOf(new Uint8Array(buffer));
  return new Uint8Array(buffer, (alignment - (start % alignment)) % alignment, byteLength);
}
