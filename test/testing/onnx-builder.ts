/**
 * ONNX models for tests, written in a line or two:
 *
 *   onnxModel({
 *     inputs: { x: { element: "f32", shape: [1, "n"] } },
 *     outputs: { y: { element: "f32", shape: [1, "n"] } },
 *     nodes: [{ op: "LeakyRelu", inputs: ["x"], outputs: ["y"], attributes: { alpha: 0.1 } }],
 *   })
 */
import { encodeModel } from "../../frontends/onnx/encode.ts";
import {
  dataTypeFromElement,
  type OnnxAttribute,
  type OnnxDimension,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from "../../frontends/onnx/model.ts";
import { onnxTensorOf } from "../../frontends/onnx/tensor-values.ts";
import type { ElementName, TensorData } from "../../ir/tensor-data.ts";

/** Leaving `shape` out means that not even the rank is known. */
export interface ValueSpec {
  readonly element: ElementName;
  readonly shape?: readonly OnnxDimension[];
}

/**
 * An attribute's value: whole numbers become INT or INTS, other numbers FLOAT or FLOATS (as soon as one of a list is not
 * whole), texts STRING or STRINGS, a `TensorData` TENSOR. Anything else is given as an `OnnxAttribute`, a whole float
 * for example as `{ kind: "float", value: 1 }`.
 */
export type AttributeSpec =
  | number
  | bigint
  | string
  | readonly number[]
  | readonly bigint[]
  | readonly string[]
  | TensorData
  | OnnxAttribute;

export interface NodeSpec {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
  readonly name?: string;
  readonly domain?: string;
}

export interface GraphSpec {
  readonly name?: string;
  readonly inputs?: Readonly<Record<string, ValueSpec>>;
  /** A list of names leaves the types out. */
  readonly outputs: Readonly<Record<string, ValueSpec>> | readonly string[];
  readonly nodes: readonly NodeSpec[];
  readonly initializers?: Readonly<Record<string, TensorData | OnnxTensor>>;
}

export interface ModelSpec extends GraphSpec {
  /** Version of the standard operators; 17 unless given. */
  readonly opset?: number;
  /** Versions of further operator domains. */
  readonly domains?: Readonly<Record<string, number>>;
  /** 8 unless given. */
  readonly irVersion?: number;
}

/** The bytes of an ONNX file. */
export function onnxModel(spec: ModelSpec): Uint8Array {
  return encodeModel({
    file: "<test>",
    irVersion: spec.irVersion ?? 8,
    producerName: "anemone-test",
    producerVersion: "",
    domain: "",
    modelVersion: 0n,
    docString: "",
    graph: onnxGraph(spec),
    opsets: new Map([["", spec.opset ?? 17], ...Object.entries(spec.domains ?? {})]),
    functions: [],
    metadata: new Map(),
  });
}

/** A graph, for subgraph attributes: `{ kind: "graph", value: onnxGraph(…) }`. */
export function onnxGraph(spec: GraphSpec): OnnxGraph {
  const initializers = Object.entries(spec.initializers ?? {}).map(
    ([name, value]) => [name, "payload" in value ? { ...value, name } : onnxTensorOf(name, value)] as const,
  );
  return {
    name: spec.name ?? "test",
    nodes: spec.nodes.map(onnxNode),
    initializers: new Map(initializers),
    sparseInitializers: new Map(),
    inputs: valueInfos(spec.inputs ?? {}),
    outputs: valueInfos(spec.outputs),
    valueInfos: [],
    docString: "",
    metadata: new Map(),
  };
}

function valueInfos(specs: GraphSpec["outputs"]): OnnxValueInfo[] {
  if (isList(specs)) return specs.map((name) => ({ name, type: undefined }));
  return Object.entries(specs).map(([name, { element, shape }]) => ({
    name,
    type: { kind: "tensor", dataType: dataTypeFromElement(element), shape },
  }));
}

type List = readonly string[] | readonly number[] | readonly bigint[];

/** `Array.isArray` alone does not narrow readonly arrays. */
function isList<Value>(value: Value): value is Extract<Value, List> {
  return Array.isArray(value);
}

function onnxNode(spec: NodeSpec): OnnxNode {
  const attributes = Object.entries(spec.attributes ?? {}).map(
    ([name, value]) => [name, onnxAttribute(value)] as const,
  );
  return {
    name: spec.name ?? "",
    opType: spec.op,
    domain: spec.domain ?? "",
    overload: "",
    inputs: spec.inputs,
    outputs: spec.outputs,
    attributes: new Map(attributes),
    docString: "",
    metadata: new Map(),
  };
}

function onnxAttribute(value: AttributeSpec): OnnxAttribute {
  if (typeof value === "bigint") return { kind: "int", value };
  if (typeof value === "string") return { kind: "string", value };
  if (typeof value === "number") {
    return Number.isInteger(value) ? { kind: "int", value: BigInt(value) } : { kind: "float", value };
  }
  if (isList(value)) return listAttribute(value);
  if ("element" in value) return { kind: "tensor", value: onnxTensorOf("", value) };
  return value;
}

function listAttribute(values: readonly (number | bigint | string)[]): OnnxAttribute {
  const texts = values.filter((value) => typeof value === "string");
  if (texts.length > 0) return { kind: "strings", value: texts };
  const numbers = values.filter((value) => typeof value === "number");
  if (numbers.some((value) => !Number.isInteger(value))) return { kind: "floats", value: numbers };
  return { kind: "ints", value: values.map(BigInt) };
}
