/** Writes an `OnnxModel` as ONNX bytes. External data is read and written inside the file, so that it is one piece. */
import {
  attributeTypeCodes,
  dataTypeFacts,
  type OnnxAttribute,
  type OnnxDimension,
  type OnnxFunction,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxSparseTensor,
  type OnnxTensor,
  type OnnxType,
  type OnnxValueInfo,
} from "./model.ts";
import { encodeMessage, type WireInput } from "./onnx-schema.ts";
import { readExternalBytes } from "./tensor-values.ts";

/** The model as the bytes of an `.onnx` file. The model is not checked: `decodeOnnxModel` of the result does that. */
export function encodeModel(model: OnnxModel): Uint8Array {
  return encodeMessage("ModelProto", {
    ir_version: BigInt(model.irVersion),
    producer_name: optionalText(model.producerName),
    producer_version: optionalText(model.producerVersion),
    domain: optionalText(model.domain),
    model_version: model.modelVersion === 0n ? undefined : model.modelVersion,
    doc_string: optionalText(model.docString),
    graph: graphMessage(model.graph),
    opset_import: opsetMessages(model.opsets),
    metadata_props: metadataMessages(model.metadata),
    functions: model.functions.map(functionMessage),
  });
}

/** One tensor as the bytes of a `.pb` file, as the conformance cases of the ONNX project have them. */
export function encodeTensor(tensor: OnnxTensor): Uint8Array {
  return encodeMessage("TensorProto", tensorMessage(tensor));
}

function optionalText(text: string): string | undefined {
  return text === "" ? undefined : text;
}

function opsetMessages(opsets: ReadonlyMap<string, number>): WireInput<"OperatorSetIdProto">[] {
  return [...opsets].map(([domain, version]) => ({ domain, version: BigInt(version) }));
}

function metadataMessages(metadata: ReadonlyMap<string, string>): WireInput<"StringStringEntryProto">[] {
  return [...metadata].map(([key, value]) => ({ key, value }));
}

function graphMessage(graph: OnnxGraph): WireInput<"GraphProto"> {
  return {
    node: graph.nodes.map(nodeMessage),
    name: graph.name,
    initializer: [...graph.initializers.values()].map(tensorMessage),
    doc_string: optionalText(graph.docString),
    input: graph.inputs.map(valueInfoMessage),
    output: graph.outputs.map(valueInfoMessage),
    value_info: graph.valueInfos.map(valueInfoMessage),
    sparse_initializer: [...graph.sparseInitializers.values()].map(sparseTensorMessage),
    metadata_props: metadataMessages(graph.metadata),
  };
}

function functionMessage(item: OnnxFunction): WireInput<"FunctionProto"> {
  return {
    name: item.name,
    input: item.inputs,
    output: item.outputs,
    attribute: item.attributes,
    node: item.nodes.map(nodeMessage),
    doc_string: optionalText(item.docString),
    opset_import: opsetMessages(item.opsets),
    domain: item.domain,
    attribute_proto: attributeMessages(item.attributeDefaults),
    value_info: item.valueInfos.map(valueInfoMessage),
    overload: optionalText(item.overload),
    metadata_props: metadataMessages(item.metadata),
  };
}

function nodeMessage(node: OnnxNode): WireInput<"NodeProto"> {
  return {
    input: node.inputs,
    output: node.outputs,
    name: optionalText(node.name),
    op_type: node.opType,
    attribute: attributeMessages(node.attributes),
    doc_string: optionalText(node.docString),
    domain: optionalText(node.domain),
    overload: optionalText(node.overload),
    metadata_props: metadataMessages(node.metadata),
  };
}

function attributeMessages(attributes: ReadonlyMap<string, OnnxAttribute>): WireInput<"AttributeProto">[] {
  return [...attributes].map(([name, attribute]) => {
    const kind = attribute.kind === "reference" ? attribute.of : attribute.kind;
    return { name, type: attributeTypeCodes[kind], ...attributeValue(attribute) };
  });
}

const utf8 = new TextEncoder();

function attributeValue(attribute: OnnxAttribute): WireInput<"AttributeProto"> {
  switch (attribute.kind) {
    case "float":
      return { f: attribute.value };
    case "int":
      return { i: attribute.value };
    case "string":
      return { s: utf8.encode(attribute.value) };
    case "tensor":
      return { t: tensorMessage(attribute.value) };
    case "graph":
      return { g: graphMessage(attribute.value) };
    case "sparse-tensor":
      return { sparse_tensor: sparseTensorMessage(attribute.value) };
    case "type":
      return { tp: typeMessage(attribute.value) };
    case "floats":
      return { floats: attribute.value };
    case "ints":
      return { ints: attribute.value };
    case "strings":
      return { strings: attribute.value.map((text) => utf8.encode(text)) };
    case "tensors":
      return { tensors: attribute.value.map(tensorMessage) };
    case "graphs":
      return { graphs: attribute.value.map(graphMessage) };
    case "sparse-tensors":
      return { sparse_tensors: attribute.value.map(sparseTensorMessage) };
    case "types":
      return { type_protos: attribute.value.map(typeMessage) };
    case "reference":
      return { ref_attr_name: attribute.value };
  }
}

function tensorMessage(tensor: OnnxTensor): WireInput<"TensorProto"> {
  const { payload } = tensor;
  const head = {
    dims: tensor.shape.map(BigInt),
    data_type: dataTypeFacts(tensor.dataType).code,
    name: optionalText(tensor.name),
  };
  switch (payload.kind) {
    case "raw":
      return { ...head, raw_data: payload.bytes };
    case "external":
      return { ...head, raw_data: readExternalBytes(tensor.name, payload) };
    case "float":
      return { ...head, float_data: payload.values };
    case "int32":
      return { ...head, int32_data: payload.values };
    case "int64":
      return { ...head, int64_data: payload.values };
    case "uint64":
      return { ...head, uint64_data: payload.values };
    case "double":
      return { ...head, double_data: payload.values };
    case "string":
      return { ...head, string_data: payload.values };
  }
}

function sparseTensorMessage(sparse: OnnxSparseTensor): WireInput<"SparseTensorProto"> {
  return {
    values: tensorMessage(sparse.values),
    indices: tensorMessage(sparse.indices),
    dims: sparse.shape.map(BigInt),
  };
}

function valueInfoMessage({ name, type }: OnnxValueInfo): WireInput<"ValueInfoProto"> {
  return { name, type: type === undefined ? undefined : typeMessage(type) };
}

function typeMessage(type: OnnxType): WireInput<"TypeProto"> {
  switch (type.kind) {
    case "tensor":
    case "sparse-tensor": {
      const message: WireInput<"TensorTypeProto"> = {
        elem_type: dataTypeFacts(type.dataType).code,
        shape: type.shape === undefined ? undefined : { dim: type.shape.map(dimensionMessage) },
      };
      return type.kind === "tensor" ? { tensor_type: message } : { sparse_tensor_type: message };
    }
    case "sequence":
      return { sequence_type: { elem_type: typeMessage(type.element) } };
    case "optional":
      return { optional_type: { elem_type: typeMessage(type.element) } };
    case "map":
      return { map_type: { key_type: dataTypeFacts(type.key).code, value_type: typeMessage(type.value) } };
    case "opaque":
      return { opaque_type: { domain: type.domain, name: type.name } };
  }
}

function dimensionMessage(dimension: OnnxDimension): WireInput<"DimensionProto"> {
  if (dimension === undefined) return {};
  return typeof dimension === "string" ? { dim_param: dimension } : { dim_value: BigInt(dimension) };
}
