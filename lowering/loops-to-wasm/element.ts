/**
 * How IR types are held in WebAssembly. Narrow integers live sign-extended in an i32 (i1 as 0 or 1), 16-bit floats as their
 * sign-extended bit pattern, `index` as i32. A vector is a list of rows (all dimensions but the last, flattened), each row
 * as many v128 chunks as its lanes need; lanes of the last chunk beyond the vector hold anything. A vector of i1 is a mask whose
 * lanes are all ones or all zeros, as wide as the lanes of what was compared.
 */
import { FloatType, IndexType, IntegerType, type Type, VectorType } from "../../ir/types.ts";
import type { WasmType } from "./binaryen.ts";

export type LaneBytes = 1 | 2 | 4 | 8;

export interface Element {
  readonly kind: "float" | "half" | "bfloat" | "integer" | "index";
  /** Bits of the value. */
  readonly bits: number;
  readonly laneBytes: LaneBytes;
  /** Bytes of an element in memory. */
  readonly storageBytes: number;
  /** What holds a scalar. */
  readonly wasm: Exclude<WasmType, "v128">;
}

const wideIntegerBits = 64;

function element(kind: Element["kind"], bits: number, laneBytes: LaneBytes, wasm: Element["wasm"]): Element {
  return { kind, bits, laneBytes, storageBytes: laneBytes, wasm };
}

export const f32Element = element("float", 32, 4, "f32");
export const f64Element = element("float", 64, 8, "f64");
export const f16Element = element("half", 16, 2, "i32");
export const bf16Element = element("bfloat", 16, 2, "i32");
export const i8Element = element("integer", 8, 1, "i32");
export const i16Element = element("integer", 16, 2, "i32");
export const i32Element = element("integer", 32, 4, "i32");
export const i64Element = element("integer", wideIntegerBits, 8, "i64");
export const boolElement: Element = { kind: "integer", bits: 1, laneBytes: 4, storageBytes: 1, wasm: "i32" };
export const indexElement: Element = { kind: "index", bits: 32, laneBytes: 4, storageBytes: 8, wasm: "i32" };

/** The element of masks with lanes of a given width. */
export function maskElement(laneBytes: LaneBytes): Element {
  return { ...boolElement, laneBytes };
}

function laneBytesFor(bits: number): LaneBytes {
  if (bits <= 8) return 1;
  if (bits <= 16) return 2;
  return bits <= 32 ? 4 : 8;
}

/** How a scalar type is held; undefined for types that WebAssembly code cannot hold. */
export function elementOf(type: Type): Element | undefined {
  if (type instanceof IndexType) return indexElement;
  if (type instanceof IntegerType) {
    if (type.width === 1) return boolElement;
    if (type.width > wideIntegerBits) return undefined;
    return element("integer", type.width, laneBytesFor(type.width), type.width > 32 ? "i64" : "i32");
  }
  if (!(type instanceof FloatType)) return undefined;
  switch (type.kind) {
    case "f32":
      return f32Element;
    case "f64":
      return f64Element;
    case "f16":
      return f16Element;
    case "bf16":
      return bf16Element;
    default:
      return undefined;
  }
}

export function isMask({ kind, bits }: Element): boolean {
  return kind === "integer" && bits === 1;
}

export function isHalf({ kind }: Element): boolean {
  return kind === "half" || kind === "bfloat";
}

/** Rows and lanes of a vector type. */
export interface VectorShape {
  readonly rows: number;
  readonly lanes: number;
}

export function vectorShape(type: VectorType): VectorShape {
  const lanes = type.shape.at(-1) ?? 1;
  return { rows: type.shape.slice(0, -1).reduce((product, size) => product * size, 1), lanes };
}

export function lanesPerChunk({ laneBytes }: Element): number {
  return 16 / laneBytes;
}

export function chunksPerRow(lanes: number, of: Element): number {
  return Math.ceil(lanes / lanesPerChunk(of));
}

/** Types of the WebAssembly values that hold a value of this type (an address for memrefs is added by the caller). */
export function wasmTypesOf(type: Type): readonly WasmType[] | undefined {
  if (type instanceof VectorType) {
    const held = elementOf(type.element);
    if (held === undefined) return undefined;
    const { rows, lanes } = vectorShape(type);
    return Array.from({ length: rows * chunksPerRow(lanes, held) }, () => "v128" as const);
  }
  const held = elementOf(type);
  return held === undefined ? undefined : [held.wasm];
}
