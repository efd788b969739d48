/**
 * An ONNX model as plain typed data: what the reader returns, the importer walks and the writer takes. Names follow the
 * ONNX specification; enumerations are names instead of numbers, maps are `ReadonlyMap`, and nothing depends on the
 * protobuf library. Weights are views of the file's bytes.
 */
import type { ElementName } from "../../ir/tensor-data.ts";

/** Which typed field of a TensorProto holds the elements when there is no raw data. */
export type TypedField = "float" | "int32" | "int64" | "uint64" | "double" | "string";

interface DataTypeFacts {
  /** `TensorProto.DataType` in onnx.proto3. */
  readonly code: number;
  /** Bits of one element in raw data; 0 where raw data is not allowed. */
  readonly bits: number;
  readonly field: TypedField;
  /** Our element type, or undefined where there is none. */
  readonly element: ElementName | undefined;
}

function facts(code: number, bits: number, field: TypedField, element?: ElementName): DataTypeFacts {
  return { code, bits, field, element };
}

/** Every ONNX element type: the one table for reading, writing and conversion. */
export const onnxDataTypes = {
  float: facts(1, 32, "float", "f32"),
  uint8: facts(2, 8, "int32", "ui8"),
  int8: facts(3, 8, "int32", "i8"),
  uint16: facts(4, 16, "int32", "ui16"),
  int16: facts(5, 16, "int32", "i16"),
  int32: facts(6, 32, "int32", "i32"),
  int64: facts(7, 64, "int64", "i64"),
  string: facts(8, 0, "string"),
  bool: facts(9, 8, "int32", "i1"),
  float16: facts(10, 16, "int32", "f16"),
  double: facts(11, 64, "double", "f64"),
  uint32: facts(12, 32, "uint64", "ui32"),
  uint64: facts(13, 64, "uint64", "ui64"),
  complex64: facts(14, 64, "float"),
  complex128: facts(15, 128, "double"),
  bfloat16: facts(16, 16, "int32", "bf16"),
  float8e4m3fn: facts(17, 8, "int32"),
  float8e4m3fnuz: facts(18, 8, "int32"),
  float8e5m2: facts(19, 8, "int32"),
  float8e5m2fnuz: facts(20, 8, "int32"),
  uint4: facts(21, 4, "int32", "ui4"),
  int4: facts(22, 4, "int32", "i4"),
  float4e2m1: facts(23, 4, "int32"),
  float8e8m0: facts(24, 8, "int32"),
  uint2: facts(25, 2, "int32"),
  int2: facts(26, 2, "int32"),
} as const satisfies Record<string, DataTypeFacts>;

export type OnnxDataType = keyof typeof onnxDataTypes;

export function dataTypeFacts(type: OnnxDataType): DataTypeFacts {
  return onnxDataTypes[type];
}

const dataTypeOfCode = new Map<number, OnnxDataType>();
const dataTypeOfElement = new Map<ElementName, OnnxDataType>();
for (const [name, { code, element }] of Object.entries<DataTypeFacts>(onnxDataTypes)) {
  if (!isDataType(name)) continue;
  dataTypeOfCode.set(code, name);
  if (element !== undefined) dataTypeOfElement.set(element, name);
}

function isDataType(name: string): name is OnnxDataType {
  return Object.hasOwn(onnxDataTypes, name);
}

export function dataTypeFromCode(code: number): OnnxDataType | undefined {
  return dataTypeOfCode.get(code);
}

/** The ONNX type of one of our element types; every one of them has one. */
export function dataTypeFromElement(element: ElementName): OnnxDataType {
  return dataTypeOfElement.get(element)!;
}

/** Where a tensor's elements are. Typed values are as in the file: 16-bit floats as bit patterns, 4-bit pairs packed. */
export type OnnxPayload =
  | { readonly kind: "raw"; readonly bytes: Uint8Array }
  | { readonly kind: "float" | "int32" | "double"; readonly values: readonly number[] }
  | { readonly kind: "int64" | "uint64"; readonly values: readonly bigint[] }
  | { readonly kind: "string"; readonly values: readonly Uint8Array[] }
  | OnnxExternalPayload;

/** Elements in a file of their own, little-endian as in raw data. */
export interface OnnxExternalPayload {
  readonly kind: "external";
  /** As the model names it, relative to the model's folder. */
  readonly location: string;
  /** The file to open. */
  readonly path: string;
  /** In bytes. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
}

export interface OnnxTensor {
  /** Empty for a tensor inside an attribute. */
  readonly name: string;
  readonly dataType: OnnxDataType;
  readonly shape: readonly number[];
  readonly payload: OnnxPayload;
}

/** Coordinate list: `indices` is int64, `[n]` (linear) or `[n, rank]`, sorted; `values` is `[n]`. */
export interface OnnxSparseTensor {
  readonly shape: readonly number[];
  readonly values: OnnxTensor;
  readonly indices: OnnxTensor;
}

/** A size, a symbolic name, or unknown. */
export type OnnxDimension = number | string | undefined;

export type OnnxType =
  | {
      readonly kind: "tensor" | "sparse-tensor";
      readonly dataType: OnnxDataType;
      /** Undefined when even the rank is unknown. */
      readonly shape: readonly OnnxDimension[] | undefined;
    }
  | { readonly kind: "sequence" | "optional"; readonly element: OnnxType }
  | { readonly kind: "map"; readonly key: OnnxDataType; readonly value: OnnxType }
  | { readonly kind: "opaque"; readonly domain: string; readonly name: string };

export interface OnnxValueInfo {
  readonly name: string;
  /** May be left out inside subgraphs and for intermediate values. */
  readonly type: OnnxType | undefined;
}

export type OnnxAttribute =
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "int"; readonly value: bigint }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "tensor"; readonly value: OnnxTensor }
  | { readonly kind: "graph"; readonly value: OnnxGraph }
  | { readonly kind: "sparse-tensor"; readonly value: OnnxSparseTensor }
  | { readonly kind: "type"; readonly value: OnnxType }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "ints"; readonly value: readonly bigint[] }
  | { readonly kind: "strings"; readonly value: readonly string[] }
  | { readonly kind: "tensors"; readonly value: readonly OnnxTensor[] }
  | { readonly kind: "graphs"; readonly value: readonly OnnxGraph[] }
  | { readonly kind: "sparse-tensors"; readonly value: readonly OnnxSparseTensor[] }
  | { readonly kind: "types"; readonly value: readonly OnnxType[] }
  /** In a function body: the value of the function's attribute of that name. */
  | { readonly kind: "reference"; readonly value: string; readonly of: OnnxAttributeKind };

/** The kinds that hold a value. */
export type OnnxAttributeKind = Exclude<OnnxAttribute["kind"], "reference">;

/** `AttributeProto.AttributeType` in onnx.proto3. */
export const attributeTypeCodes: { readonly [Kind in OnnxAttributeKind]: number } = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
  "sparse-tensor": 11,
  "sparse-tensors": 12,
  type: 13,
  types: 14,
};

export interface OnnxNode {
  /** Often empty. */
  readonly name: string;
  readonly opType: string;
  /** Empty for the standard operators (`ai.onnx` is read as empty). */
  readonly domain: string;
  readonly overload: string;
  /** An empty name stands for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
  readonly docString: string;
  readonly metadata: ReadonlyMap<string, string>;
}

export interface OnnxGraph {
  readonly name: string;
  /** In an order in which every value is produced before it is used. */
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
  readonly sparseInitializers: ReadonlyMap<string, OnnxSparseTensor>;
  /** May name initializers too, which are then default values; `requiredInputs` leaves those out. */
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  /** Types of intermediate values, as far as the exporter wrote them. */
  readonly valueInfos: readonly OnnxValueInfo[];
  readonly docString: string;
  readonly metadata: ReadonlyMap<string, string>;
}

/** An operator defined by nodes, local to the model. */
export interface OnnxFunction {
  readonly name: string;
  readonly domain: string;
  readonly overload: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attributes without a default. */
  readonly attributes: readonly string[];
  readonly attributeDefaults: ReadonlyMap<string, OnnxAttribute>;
  readonly nodes: readonly OnnxNode[];
  readonly opsets: ReadonlyMap<string, number>;
  readonly valueInfos: readonly OnnxValueInfo[];
  readonly docString: string;
  readonly metadata: ReadonlyMap<string, string>;
}

export interface OnnxModel {
  /** The file as the user named it, for diagnostics. */
  readonly file: string;
  readonly irVersion: number;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly domain: string;
  readonly modelVersion: bigint;
  readonly docString: string;
  readonly graph: OnnxGraph;
  /** Version of each operator domain; the standard domain's key is the empty string. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly functions: readonly OnnxFunction[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** The inputs that a caller has to give: those without an initializer of the same name. */
export function requiredInputs(graph: OnnxGraph): readonly OnnxValueInfo[] {
  return graph.inputs.filter(({ name }) => !graph.initializers.has(name) && !graph.sparseInitializers.has(name));
}

/** How diagnostics name a node: its name, or its first output where it has none. */
export function describeNode(node: OnnxNode, index?: number): string {
  const operator = node.domain === "" ? node.opType : `${node.domain}.${node.opType}`;
  const output = node.outputs.find((name) => name !== "");
  const label = node.name !== "" ? ` "${node.name}"` : output !== undefined ? ` producing "${output}"` : "";
  const position = label === "" && index !== undefined ? ` number ${index}` : "";
  return `node ${operator}${label}${position}`;
}
