/**
 * The ONNX file format as one table: every message, field, type and number that we read and write (onnx.proto3 of the
 * ONNX project, IR version 13). The protobuf codec and the TypeScript types of the messages both come from it. Fields
 * that are left out (training, device placement, quantization annotations) are skipped, as protobuf does with any
 * field that a reader does not know.
 */
import { MessageTable, type Wire as TableWire, type WireInput as TableWireInput } from "../../ir/message-table.ts";

/** Field declarations as in a .proto file: rule, type, number, and `packed` where ONNX asks for it. */
const schema = {
  ModelProto: {
    ir_version: "optional int64 = 1",
    producer_name: "optional string = 2",
    producer_version: "optional string = 3",
    domain: "optional string = 4",
    model_version: "optional int64 = 5",
    doc_string: "optional string = 6",
    graph: "optional GraphProto = 7",
    opset_import: "repeated OperatorSetIdProto = 8",
    metadata_props: "repeated StringStringEntryProto = 14",
    functions: "repeated FunctionProto = 25",
  },
  OperatorSetIdProto: {
    domain: "optional string = 1",
    version: "optional int64 = 2",
  },
  StringStringEntryProto: {
    key: "optional string = 1",
    value: "optional string = 2",
  },
  FunctionProto: {
    name: "optional string = 1",
    input: "repeated string = 4",
    output: "repeated string = 5",
    attribute: "repeated string = 6",
    node: "repeated NodeProto = 7",
    doc_string: "optional string = 8",
    opset_import: "repeated OperatorSetIdProto = 9",
    domain: "optional string = 10",
    attribute_proto: "repeated AttributeProto = 11",
    value_info: "repeated ValueInfoProto = 12",
    overload: "optional string = 13",
    metadata_props: "repeated StringStringEntryProto = 14",
  },
  GraphProto: {
    node: "repeated NodeProto = 1",
    name: "optional string = 2",
    initializer: "repeated TensorProto = 5",
    doc_string: "optional string = 10",
    input: "repeated ValueInfoProto = 11",
    output: "repeated ValueInfoProto = 12",
    value_info: "repeated ValueInfoProto = 13",
    sparse_initializer: "repeated SparseTensorProto = 15",
    metadata_props: "repeated StringStringEntryProto = 16",
  },
  NodeProto: {
    input: "repeated string = 1",
    output: "repeated string = 2",
    name: "optional string = 3",
    op_type: "optional string = 4",
    attribute: "repeated AttributeProto = 5",
    doc_string: "optional string = 6",
    domain: "optional string = 7",
    overload: "optional string = 8",
    metadata_props: "repeated StringStringEntryProto = 9",
  },
  AttributeProto: {
    name: "optional string = 1",
    f: "optional float = 2",
    i: "optional int64 = 3",
    s: "optional bytes = 4",
    t: "optional TensorProto = 5",
    g: "optional GraphProto = 6",
    floats: "repeated float = 7",
    ints: "repeated int64 = 8",
    strings: "repeated bytes = 9",
    tensors: "repeated TensorProto = 10",
    graphs: "repeated GraphProto = 11",
    doc_string: "optional string = 13",
    tp: "optional TypeProto = 14",
    type_protos: "repeated TypeProto = 15",
    type: "optional int32 = 20",
    ref_attr_name: "optional string = 21",
    sparse_tensor: "optional SparseTensorProto = 22",
    sparse_tensors: "repeated SparseTensorProto = 23",
  },
  TensorProto: {
    dims: "repeated int64 = 1",
    data_type: "optional int32 = 2",
    segment: "optional SegmentProto = 3",
    float_data: "repeated float = 4 packed",
    int32_data: "repeated int32 = 5 packed",
    string_data: "repeated bytes = 6",
    int64_data: "repeated int64 = 7 packed",
    name: "optional string = 8",
    raw_data: "optional bytes = 9",
    double_data: "repeated double = 10 packed",
    uint64_data: "repeated uint64 = 11 packed",
    doc_string: "optional string = 12",
    external_data: "repeated StringStringEntryProto = 13",
    data_location: "optional int32 = 14",
    metadata_props: "repeated StringStringEntryProto = 16",
  },
  SegmentProto: {
    begin: "optional int64 = 1",
    end: "optional int64 = 2",
  },
  SparseTensorProto: {
    values: "optional TensorProto = 1",
    indices: "optional TensorProto = 2",
    dims: "repeated int64 = 3",
  },
  ValueInfoProto: {
    name: "optional string = 1",
    type: "optional TypeProto = 2",
    doc_string: "optional string = 3",
    metadata_props: "repeated StringStringEntryProto = 4",
  },
  TypeProto: {
    tensor_type: "optional TensorTypeProto = 1",
    sequence_type: "optional ElementTypeProto = 4",
    map_type: "optional MapTypeProto = 5",
    denotation: "optional string = 6",
    opaque_type: "optional OpaqueTypeProto = 7",
    sparse_tensor_type: "optional TensorTypeProto = 8",
    optional_type: "optional ElementTypeProto = 9",
  },
  TensorTypeProto: {
    elem_type: "optional int32 = 1",
    shape: "optional TensorShapeProto = 2",
  },
  ElementTypeProto: {
    elem_type: "optional TypeProto = 1",
  },
  MapTypeProto: {
    key_type: "optional int32 = 1",
    value_type: "optional TypeProto = 2",
  },
  OpaqueTypeProto: {
    domain: "optional string = 1",
    name: "optional string = 2",
  },
  TensorShapeProto: {
    dim: "repeated DimensionProto = 1",
  },
  DimensionProto: {
    dim_value: "optional int64 = 1",
    dim_param: "optional string = 2",
    denotation: "optional string = 3",
  },
  // What test_data_set_*/*.pb hold when the value is a list or may be absent.
  SequenceProto: {
    name: "optional string = 1",
    elem_type: "optional int32 = 2",
    tensor_values: "repeated TensorProto = 3",
  },
} as const satisfies Record<string, Record<string, string>>;

type Schema = typeof schema;
export type MessageName = keyof Schema;
export type Wire<Name extends MessageName> = TableWire<Schema, Name>;
export type WireInput<Name extends MessageName> = TableWireInput<Schema, Name>;

const table = new MessageTable(schema, { edition: "proto2", unknownFields: "skip" });

/** Decodes one message; `bytes` fields are views of `bytes`. Throws an `Error` that says what is wrong with the encoding. */
export function decodeMessage<Name extends MessageName>(name: Name, bytes: Uint8Array): Wire<Name> {
  return table.decode(name, bytes);
}

/** Encodes one message; fields are written in the order of their numbers. */
export function encodeMessage<Name extends MessageName>(name: Name, message: WireInput<Name>): Uint8Array {
  return table.encode(name, message);
}
