/**
 * A MIL program as plain data: what MIL text and Core ML's protobuf both spell. Readers and writers of either form meet here, and
 * so do the two directions between this data and the `mil` dialect (`../module/`). Names are those of the file, types are Apple's.
 */

/** Element types, by the names that MIL text gives them. */
export const milElementTypes = [
  ...(["string", "bool", "fp16", "fp32", "fp64", "bf16", "fp8e4m3fn", "fp8e5m2"] as const),
  ...(["int4", "int8", "int16", "int32", "int64"] as const),
  ...(["uint1", "uint2", "uint3", "uint4", "uint6", "uint8", "uint16", "uint32", "uint64"] as const),
] as const;
export type MilElementType = (typeof milElementTypes)[number];

/** A size, or what a file leaves open and writes as `?`. */
export type MilDimension = number | undefined;

/** A scalar is a tensor without dimensions; how that is spelled depends on the program's version. */
export interface MilTensorType {
  readonly kind: "tensor";
  readonly element: MilElementType;
  readonly shape: readonly MilDimension[];
}

export type MilType =
  | MilTensorType
  | { readonly kind: "list"; readonly element: MilType; readonly length: MilDimension }
  | { readonly kind: "dict"; readonly key: MilType; readonly value: MilType }
  | { readonly kind: "tuple"; readonly items: readonly MilType[] }
  | { readonly kind: "state"; readonly value: MilType };

/** Elements of a tensor in row-major order. Types below 8 bits have one element per byte; bool is 0 or 1; fp16, bf16 and fp8 are their bits. */
export type MilNumbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

export type MilContent =
  | { readonly kind: "numbers"; readonly numbers: MilNumbers }
  | { readonly kind: "strings"; readonly strings: readonly string[] }
  /** Weights in a file: `path` as written (`@model_path/weights/weight.bin`), `offset` of the blob's metadata record. */
  | { readonly kind: "blob"; readonly path: string; readonly offset: number }
  /** Of a list or tuple. */
  | { readonly kind: "items"; readonly items: readonly MilValue[] }
  | { readonly kind: "entries"; readonly entries: readonly (readonly [MilValue, MilValue])[] };

export interface MilValue {
  readonly type: MilType;
  readonly content: MilContent;
}

/** A line and column (from 1) of the text. Protobuf has none. */
export interface MilPosition {
  readonly line: number;
  readonly column: number;
}

export type MilBinding =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "value"; readonly value: MilValue };

export interface MilArgument {
  readonly name: string;
  /** One, unless `isTuple`: `values = (a, b)`. */
  readonly bindings: readonly MilBinding[];
  readonly isTuple: boolean;
}

export interface MilNamedType {
  readonly name: string;
  readonly type: MilType;
}

export interface MilAttribute {
  readonly name: string;
  readonly value: MilValue;
}

export interface MilOperation {
  readonly mnemonic: string;
  readonly results: readonly MilNamedType[];
  readonly arguments: readonly MilArgument[];
  readonly attributes: readonly MilAttribute[];
  readonly blocks: readonly MilBlock[];
  readonly position?: MilPosition;
}

export interface MilBlock {
  /** Only nested blocks have parameters of their own. */
  readonly parameters: readonly MilNamedType[];
  readonly operations: readonly MilOperation[];
  readonly results: readonly string[];
  readonly attributes: readonly MilAttribute[];
}

export interface MilFunctionText {
  readonly name: string;
  readonly opset: string;
  readonly parameters: readonly MilNamedType[];
  readonly attributes: readonly MilAttribute[];
  readonly block: MilBlock;
  readonly position?: MilPosition;
}

export interface MilDocument {
  /** `1.0`, where scalars are spelled `tensor<int32, []>(1)`, or `1.3`, where they are `int32(1)`. */
  readonly version: string;
  /** `buildInfo` is a dict of strings. */
  readonly attributes: readonly MilAttribute[];
  readonly functions: readonly MilFunctionText[];
}
