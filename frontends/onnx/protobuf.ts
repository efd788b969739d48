/**
 * Reads ONNX files into an `OnnxModel`. Decoding is the library's; here messages become plain data, and a file that is
 * cut short, damaged, or no ONNX model at all ends in a `DiagnosticError` that names the file and what is wrong. What
 * one tensor must fulfil is in decode-tensor.ts, what a whole graph must fulfil in check-structure.ts.
 */
import { readFileSync } from "node:fs";
import { wireFault } from "../../dialects/mil/protobuf/wire-fault.ts";
import { messageOf } from "../../ir/diagnostic-error.ts";
import { checkStructure } from "./check-structure.ts";
import {
  type DecodeContext,
  decodeDataType,
  decodeSparseTensor,
  decodeTensor,
  malformed,
  safeInteger,
} from "./decode-tensor.ts";
import {
  attributeTypeCodes,
  describeNode,
  type OnnxAttribute,
  type OnnxAttributeKind,
  type OnnxDimension,
  type OnnxFunction,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxType,
  type OnnxValueInfo,
} from "./model.ts";
import { decodeMessage, type MessageName, type Wire } from "./onnx-schema.ts";

/** Reads and checks a model file. Throws `DiagnosticError` for anything that is not a whole, well-formed ONNX model. */
export function readOnnxModel(path: string): OnnxModel {
  return decodeOnnxModel(readBytes(path), path);
}

/**
 * Decodes and checks a model. `file` names it in diagnostics, and its folder is where external data is looked for. The
 * model's weights are views of `bytes`, which must not change afterwards.
 */
export function decodeOnnxModel(bytes: Uint8Array, file = "<bytes>"): OnnxModel {
  const context = { file };
  const wire = decodeChecked(context, "ModelProto", bytes, "an ONNX model");
  const model = convertModel(context, wire);
  checkStructure(model);
  return model;
}

/** Reads a file that holds one TensorProto, as the conformance cases of the ONNX project have them. */
export function readOnnxTensor(path: string): OnnxTensor {
  return decodeOnnxTensor(readBytes(path), path);
}

export function decodeOnnxTensor(bytes: Uint8Array, file = "<bytes>"): OnnxTensor {
  const context = { file };
  return decodeTensor(context, decodeChecked(context, "TensorProto", bytes, "an ONNX tensor"));
}

/** The bytes of a file as a plain view; a missing or unreadable file is a `DiagnosticError`. */
function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw malformed({ file: path }, `cannot read the file: ${messageOf(error)}`);
  }
}

function decodeChecked<Name extends MessageName>(
  context: DecodeContext,
  name: Name,
  bytes: Uint8Array,
  what: string,
): Wire<Name> {
  if (bytes.length === 0) throw malformed(context, `not ${what}: the file is empty`);
  try {
    return decodeMessage(name, bytes);
  } catch (error) {
    const advice = recognisedAs(bytes) ?? "the file may be cut short or damaged: compare its size with the original's";
    throw malformed(context, `not ${what}: ${wireFault(error)}`, advice);
  }
}

/** Files that are given by mistake most often, by their first bytes. */
function recognisedAs(bytes: Uint8Array): string | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 64));
  if (head.startsWith("PK\x03\x04")) return "this is a zip archive (a PyTorch checkpoint?): export the model to ONNX";
  if (head.startsWith("version https://git-lfs")) return "this is a Git LFS pointer: fetch the file itself";
  if (head.startsWith("\x89HDF")) return "this is an HDF5 file (a Keras model?): export the model to ONNX";
  if (head.slice(4, 8) === "TFL3") return "this is a TensorFlow Lite model: convert it to ONNX";
  if (head.slice(4, 8) === "ORTM") return "this is an ORT-format model: give the ONNX file it was made from";
  if (/^\s*[<{]/.test(head)) return "this looks like text, not like a protobuf file";
  return undefined;
}

function convertModel(context: DecodeContext, wire: Wire<"ModelProto">): OnnxModel {
  if (wire.graph === undefined || wire.ir_version === undefined) {
    const missing = wire.graph === undefined ? "graph" : "IR version";
    throw malformed(
      context,
      `not an ONNX model: it has no ${missing}`,
      "the file may be cut short, or of another format",
    );
  }
  const irVersion = safeInteger(context, wire.ir_version, "the IR version");
  if (irVersion < 1) throw malformed(context, `not an ONNX model: its IR version is ${irVersion}`);
  const opsets = convertOpsets(context, wire.opset_import);
  // Version 1 and 2 files predate operator sets: they mean the first one.
  if (irVersion < 3 && opsets.size === 0) opsets.set("", 1);
  if (opsets.size === 0) {
    throw malformed(context, "the model names no operator set (opset_import)", "the file may be cut short");
  }
  return {
    file: context.file,
    irVersion,
    producerName: wire.producer_name ?? "",
    producerVersion: wire.producer_version ?? "",
    domain: wire.domain ?? "",
    modelVersion: wire.model_version ?? 0n,
    docString: wire.doc_string ?? "",
    graph: convertGraph(context, wire.graph),
    opsets,
    functions: wire.functions.map((item) => convertFunction(context, item)),
    metadata: convertMetadata(wire.metadata_props),
  };
}

function standardDomain(domain: string | undefined): string {
  return domain === undefined || domain === "ai.onnx" ? "" : domain;
}

function convertOpsets(context: DecodeContext, imports: readonly Wire<"OperatorSetIdProto">[]): Map<string, number> {
  const opsets = new Map<string, number>();
  for (const { domain, version } of imports) {
    const name = standardDomain(domain);
    const number = safeInteger(context, version ?? 0n, `the version of operator set "${name || "ai.onnx"}"`);
    if (number < 1) throw malformed(context, `operator set "${name || "ai.onnx"}" has version ${number}`);
    const known = opsets.get(name);
    if (known !== undefined && known !== number) {
      throw malformed(context, `operator set "${name || "ai.onnx"}" is imported as version ${known} and ${number}`);
    }
    opsets.set(name, number);
  }
  return opsets;
}

function convertMetadata(entries: readonly Wire<"StringStringEntryProto">[]): ReadonlyMap<string, string> {
  return new Map(entries.map(({ key, value }) => [key ?? "", value ?? ""]));
}

function convertGraph(context: DecodeContext, wire: Wire<"GraphProto">): OnnxGraph {
  return {
    name: wire.name ?? "",
    nodes: wire.node.map((node, index) => convertNode(context, node, index)),
    initializers: uniqueByName(context, wire.initializer, (item) => {
      const tensor = decodeTensor(context, item, "an initializer");
      return [tensor.name, tensor];
    }),
    sparseInitializers: uniqueByName(context, wire.sparse_initializer, (item) => {
      const tensor = decodeSparseTensor(context, item, "a sparse initializer");
      return [tensor.values.name, tensor];
    }),
    inputs: wire.input.map((value) => convertValueInfo(context, value)),
    outputs: wire.output.map((value) => convertValueInfo(context, value)),
    valueInfos: wire.value_info.map((value) => convertValueInfo(context, value)),
    docString: wire.doc_string ?? "",
    metadata: convertMetadata(wire.metadata_props),
  };
}

function uniqueByName<Item, Value>(
  context: DecodeContext,
  items: readonly Item[],
  convert: (item: Item) => readonly [name: string, value: Value],
): ReadonlyMap<string, Value> {
  const result = new Map<string, Value>();
  for (const item of items) {
    const [name, value] = convert(item);
    if (name === "") throw malformed(context, "an initializer has no name");
    if (result.has(name)) throw malformed(context, `initializer "${name}" is defined twice`);
    result.set(name, value);
  }
  return result;
}

function convertFunction(context: DecodeContext, wire: Wire<"FunctionProto">): OnnxFunction {
  const name = wire.name ?? "";
  if (name === "") throw malformed(context, "a model-local function has no name");
  const defaults = wire.attribute_proto.map(
    (attribute) => [attribute.name ?? "", convertAttribute(context, attribute, `function "${name}"`)] as const,
  );
  return {
    name,
    domain: standardDomain(wire.domain),
    overload: wire.overload ?? "",
    inputs: wire.input,
    outputs: wire.output,
    attributes: wire.attribute,
    attributeDefaults: new Map(defaults),
    nodes: wire.node.map((node, index) => convertNode(context, node, index)),
    opsets: convertOpsets(context, wire.opset_import),
    valueInfos: wire.value_info.map((value) => convertValueInfo(context, value)),
    docString: wire.doc_string ?? "",
    metadata: convertMetadata(wire.metadata_props),
  };
}

function convertNode(context: DecodeContext, wire: Wire<"NodeProto">, index: number): OnnxNode {
  const attributes = new Map<string, OnnxAttribute>();
  const node: OnnxNode = {
    name: wire.name ?? "",
    opType: wire.op_type ?? "",
    domain: standardDomain(wire.domain),
    overload: wire.overload ?? "",
    inputs: wire.input,
    outputs: wire.output,
    attributes,
    docString: wire.doc_string ?? "",
    metadata: convertMetadata(wire.metadata_props),
  };
  const owner = describeNode(node, index);
  if (node.opType === "") throw malformed(context, `${owner} has no operator type`);
  for (const attribute of wire.attribute) {
    const name = attribute.name ?? "";
    if (name === "") throw malformed(context, `${owner} has an attribute without a name`);
    if (attributes.has(name)) throw malformed(context, `${owner} has the attribute "${name}" twice`);
    attributes.set(name, convertAttribute(context, attribute, owner));
  }
  return node;
}

const kindOfTypeCode = new Map<number, OnnxAttributeKind>();
for (const [kind, code] of Object.entries(attributeTypeCodes)) {
  if (isAttributeKind(kind)) kindOfTypeCode.set(code, kind);
}

function isAttributeKind(kind: string): kind is OnnxAttributeKind {
  return Object.hasOwn(attributeTypeCodes, kind);
}

function convertAttribute(context: DecodeContext, wire: Wire<"AttributeProto">, owner: string): OnnxAttribute {
  const what = `attribute "${wire.name ?? ""}" of ${owner}`;
  const kind = attributeKind(context, wire, what);
  if (wire.ref_attr_name !== undefined && wire.ref_attr_name !== "") {
    return { kind: "reference", value: wire.ref_attr_name, of: kind };
  }
  // Proto3 writers leave out zero, which the declared type still tells apart from a missing value.
  switch (kind) {
    case "float":
      return { kind, value: wire.f ?? 0 };
    case "int":
      return { kind, value: wire.i ?? 0n };
    case "string":
      return { kind, value: text(context, wire.s ?? new Uint8Array(0), what) };
    case "tensor":
      return { kind, value: decodeTensor(context, present(context, wire.t, what), what) };
    case "graph":
      return { kind, value: convertGraph(context, present(context, wire.g, what)) };
    case "sparse-tensor":
      return { kind, value: decodeSparseTensor(context, present(context, wire.sparse_tensor, what), what) };
    case "type":
      return { kind, value: requiredType(context, wire.tp, what) };
    case "floats":
      return { kind, value: wire.floats };
    case "ints":
      return { kind, value: wire.ints };
    case "strings":
      return { kind, value: wire.strings.map((item) => text(context, item, what)) };
    case "tensors":
      return { kind, value: wire.tensors.map((item) => decodeTensor(context, item, what)) };
    case "graphs":
      return { kind, value: wire.graphs.map((item) => convertGraph(context, item)) };
    case "sparse-tensors":
      return { kind, value: wire.sparse_tensors.map((item) => decodeSparseTensor(context, item, what)) };
    case "types":
      return { kind, value: wire.type_protos.map((item) => requiredType(context, item, what)) };
  }
}

/** The declared type; the oldest exporters left it out, and then the one field that is filled tells. */
function attributeKind(context: DecodeContext, wire: Wire<"AttributeProto">, what: string): OnnxAttributeKind {
  const filled: { readonly [Kind in OnnxAttributeKind]: boolean } = {
    float: wire.f !== undefined,
    int: wire.i !== undefined,
    string: wire.s !== undefined,
    tensor: wire.t !== undefined,
    graph: wire.g !== undefined,
    floats: wire.floats.length > 0,
    ints: wire.ints.length > 0,
    strings: wire.strings.length > 0,
    tensors: wire.tensors.length > 0,
    graphs: wire.graphs.length > 0,
    "sparse-tensor": wire.sparse_tensor !== undefined,
    "sparse-tensors": wire.sparse_tensors.length > 0,
    type: wire.tp !== undefined,
    types: wire.type_protos.length > 0,
  };
  const kinds = Object.keys(filled)
    .filter(isAttributeKind)
    .filter((kind) => filled[kind]);
  const code = wire.type ?? 0;
  if (code === 0) {
    const only = kinds[0];
    if (only === undefined || kinds.length > 1) throw malformed(context, `${what} has no type`);
    return only;
  }
  const declared = kindOfTypeCode.get(code);
  if (declared === undefined) throw malformed(context, `${what} has the unknown type ${code}`);
  const other = kinds.find((kind) => kind !== declared);
  if (other !== undefined && !filled[declared] && !isDefaultValue(wire, other)) {
    throw malformed(context, `${what} is declared as ${declared}, but holds ${other}`);
  }
  return declared;
}

/** Some writers fill every scalar field, with zeros in those that do not count. */
function isDefaultValue(wire: Wire<"AttributeProto">, kind: OnnxAttributeKind): boolean {
  return (
    (kind === "float" && wire.f === 0) ||
    (kind === "int" && wire.i === 0n) ||
    (kind === "string" && wire.s?.length === 0)
  );
}

function present<Value>(context: DecodeContext, value: Value | undefined, what: string): Value {
  if (value === undefined) throw malformed(context, `${what} has no value`);
  return value;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function text(context: DecodeContext, bytes: Uint8Array, what: string): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed(context, `${what} is not UTF-8 text`);
  }
}

function convertValueInfo(context: DecodeContext, wire: Wire<"ValueInfoProto">): OnnxValueInfo {
  const name = wire.name ?? "";
  if (name === "") throw malformed(context, "a graph input, output or value has no name");
  return { name, type: wire.type === undefined ? undefined : convertType(context, wire.type, `value "${name}"`) };
}

/** Undefined where the file has an empty type, as some exporters write for values whose type they do not know. */
function convertType(context: DecodeContext, wire: Wire<"TypeProto">, what: string): OnnxType | undefined {
  const tensor = wire.tensor_type ?? wire.sparse_tensor_type;
  if (tensor !== undefined) {
    if ((tensor.elem_type ?? 0) === 0) return undefined;
    return {
      kind: wire.tensor_type !== undefined ? "tensor" : "sparse-tensor",
      dataType: decodeDataType(context, tensor.elem_type, what),
      shape: tensor.shape?.dim.map((dim) => convertDimension(context, dim, what)),
    };
  }
  if (wire.sequence_type !== undefined) {
    return { kind: "sequence", element: requiredType(context, wire.sequence_type.elem_type, what) };
  }
  if (wire.optional_type !== undefined) {
    return { kind: "optional", element: requiredType(context, wire.optional_type.elem_type, what) };
  }
  if (wire.map_type !== undefined) {
    return {
      kind: "map",
      key: decodeDataType(context, wire.map_type.key_type, `the key of ${what}`),
      value: requiredType(context, wire.map_type.value_type, what),
    };
  }
  if (wire.opaque_type !== undefined) {
    return { kind: "opaque", domain: wire.opaque_type.domain ?? "", name: wire.opaque_type.name ?? "" };
  }
  return undefined;
}

function requiredType(context: DecodeContext, wire: Wire<"TypeProto"> | undefined, what: string): OnnxType {
  const type = wire === undefined ? undefined : convertType(context, wire, what);
  if (type === undefined) throw malformed(context, `${what} has an empty type`);
  return type;
}

/** Negative sizes are how some exporters write an unknown one. */
function convertDimension(context: DecodeContext, wire: Wire<"DimensionProto">, what: string): OnnxDimension {
  if (wire.dim_param !== undefined && wire.dim_param !== "") return wire.dim_param;
  if (wire.dim_value === undefined || wire.dim_value < 0n) return undefined;
  return safeInteger(context, wire.dim_value, `a dimension of ${what}`);
}
