/**
 * Core ML's model format as one table: the messages, fields and numbers of CoreML.Specification (Model.proto, FeatureTypes.proto) and
 * CoreML.Specification.MILSpec (MIL.proto) as coremltools 9.0 has them, as far as an ML program needs them. The kinds of model
 * that are no ML program are listed by number alone, so that they can be named. A field that is not in the table is an error:
 * a program that lost one would be another program.
 */
import { MessageTable, type Wire as TableWire, type WireInput as TableWireInput } from "../../../ir/message-table.ts";

const schema = {
  Model: {
    specificationVersion: "optional int32 = 1",
    description: "optional ModelDescription = 2",
    isUpdatable: "optional bool = 10",
    mlProgram: "optional Program = 502",
  },
  ModelDescription: {
    input: "repeated FeatureDescription = 1",
    output: "repeated FeatureDescription = 10",
    predictedFeatureName: "optional string = 11",
    predictedProbabilitiesName: "optional string = 12",
    state: "repeated FeatureDescription = 13",
    functions: "repeated FunctionDescription = 20",
    defaultFunctionName: "optional string = 21",
    trainingInput: "repeated FeatureDescription = 50",
    metadata: "optional Metadata = 100",
  },
  FunctionDescription: {
    name: "optional string = 1",
    input: "repeated FeatureDescription = 2",
    output: "repeated FeatureDescription = 3",
    predictedFeatureName: "optional string = 4",
    predictedProbabilitiesName: "optional string = 5",
    state: "repeated FeatureDescription = 6",
  },
  FeatureDescription: {
    name: "optional string = 1",
    shortDescription: "optional string = 2",
    type: "optional FeatureType = 3",
  },
  Metadata: {
    shortDescription: "optional string = 1",
    versionString: "optional string = 2",
    author: "optional string = 3",
    license: "optional string = 4",
    userDefined: "repeated UserDefinedEntry = 100",
  },
  UserDefinedEntry: {
    key: "optional string = 1",
    value: "optional string = 2",
  },
  FeatureType: {
    int64Type: "optional Empty = 1",
    doubleType: "optional Empty = 2",
    stringType: "optional Empty = 3",
    imageType: "optional ImageFeatureType = 4",
    multiArrayType: "optional ArrayFeatureType = 5",
    dictionaryType: "optional DictionaryFeatureType = 6",
    sequenceType: "optional SequenceFeatureType = 7",
    stateType: "optional StateFeatureType = 8",
    isOptional: "optional bool = 1000",
  },
  Empty: {},
  SizeRange: {
    lowerBound: "optional uint64 = 1",
    upperBound: "optional int64 = 2",
  },
  ImageFeatureType: {
    width: "optional int64 = 1",
    height: "optional int64 = 2",
    colorSpace: "optional int32 = 3",
    enumeratedSizes: "optional EnumeratedImageSizes = 21",
    imageSizeRange: "optional ImageSizeRange = 31",
  },
  ImageSize: {
    width: "optional uint64 = 1",
    height: "optional uint64 = 2",
  },
  EnumeratedImageSizes: { sizes: "repeated ImageSize = 1" },
  ImageSizeRange: {
    widthRange: "optional SizeRange = 1",
    heightRange: "optional SizeRange = 2",
  },
  ArrayFeatureType: {
    shape: "repeated int64 = 1",
    dataType: "optional int32 = 2",
    enumeratedShapes: "optional EnumeratedShapes = 21",
    shapeRange: "optional ShapeRange = 31",
    intDefaultValue: "optional int32 = 41",
    floatDefaultValue: "optional float = 51",
    doubleDefaultValue: "optional double = 61",
  },
  Shape: { shape: "repeated int64 = 1" },
  EnumeratedShapes: { shapes: "repeated Shape = 1" },
  ShapeRange: { sizeRanges: "repeated SizeRange = 1" },
  DictionaryFeatureType: {
    int64KeyType: "optional Empty = 1",
    stringKeyType: "optional Empty = 2",
  },
  SequenceFeatureType: {
    int64Type: "optional Empty = 1",
    stringType: "optional Empty = 3",
    sizeRange: "optional SizeRange = 101",
  },
  StateFeatureType: { arrayType: "optional ArrayFeatureType = 1" },

  Program: {
    version: "optional int64 = 1",
    functions: "repeated FunctionEntry = 2",
    docString: "optional string = 3",
    attributes: "repeated AttributeEntry = 4",
  },
  FunctionEntry: {
    key: "optional string = 1",
    value: "optional Function = 2",
  },
  AttributeEntry: {
    key: "optional string = 1",
    value: "optional Value = 2",
  },
  Function: {
    inputs: "repeated NamedValueType = 1",
    opset: "optional string = 2",
    block_specializations: "repeated BlockEntry = 3",
    attributes: "repeated AttributeEntry = 4",
  },
  BlockEntry: {
    key: "optional string = 1",
    value: "optional Block = 2",
  },
  Block: {
    inputs: "repeated NamedValueType = 1",
    outputs: "repeated string = 2",
    operations: "repeated Operation = 3",
    attributes: "repeated AttributeEntry = 4",
  },
  Operation: {
    type: "optional string = 1",
    inputs: "repeated ArgumentEntry = 2",
    outputs: "repeated NamedValueType = 3",
    blocks: "repeated Block = 4",
    attributes: "repeated AttributeEntry = 5",
  },
  ArgumentEntry: {
    key: "optional string = 1",
    value: "optional Argument = 2",
  },
  Argument: { arguments: "repeated Binding = 1" },
  Binding: {
    name: "optional string = 1",
    value: "optional Value = 2",
  },
  NamedValueType: {
    name: "optional string = 1",
    type: "optional ValueType = 2",
  },
  ValueType: {
    tensorType: "optional TensorType = 1",
    listType: "optional ListType = 2",
    tupleType: "optional TupleType = 3",
    dictionaryType: "optional DictionaryType = 4",
    stateType: "optional StateType = 5",
  },
  TensorType: {
    dataType: "optional int32 = 1",
    rank: "optional int64 = 2",
    dimensions: "repeated Dimension = 3",
    attributes: "repeated AttributeEntry = 4",
  },
  Dimension: {
    constant: "optional ConstantDimension = 1",
    unknown: "optional UnknownDimension = 2",
  },
  ConstantDimension: { size: "optional uint64 = 1" },
  UnknownDimension: { variadic: "optional bool = 1" },
  TupleType: { types: "repeated ValueType = 1" },
  ListType: {
    type: "optional ValueType = 1",
    length: "optional Dimension = 2",
  },
  DictionaryType: {
    keyType: "optional ValueType = 1",
    valueType: "optional ValueType = 2",
  },
  StateType: { wrappedType: "optional ValueType = 1" },
  Value: {
    docString: "optional string = 1",
    type: "optional ValueType = 2",
    immediateValue: "optional ImmediateValue = 3",
    blobFileValue: "optional BlobFileValue = 5",
  },
  ImmediateValue: {
    tensor: "optional TensorValue = 1",
    tuple: "optional ValueItems = 2",
    list: "optional ValueItems = 3",
    dictionary: "optional DictionaryValue = 4",
  },
  BlobFileValue: {
    fileName: "optional string = 1",
    offset: "optional uint64 = 2",
  },
  TensorValue: {
    floats: "optional Floats = 1",
    ints: "optional Ints = 2",
    bools: "optional Bools = 3",
    strings: "optional Strings = 4",
    longInts: "optional LongInts = 5",
    doubles: "optional Doubles = 6",
    bytes: "optional Bytes = 7",
  },
  Floats: { values: "repeated float = 1" },
  Ints: { values: "repeated int32 = 1" },
  Bools: { values: "repeated bool = 1" },
  Strings: { values: "repeated string = 1" },
  LongInts: { values: "repeated int64 = 1" },
  Doubles: { values: "repeated double = 1" },
  Bytes: { values: "optional bytes = 1" },
  ValueItems: { values: "repeated Value = 1" },
  DictionaryValue: { values: "repeated KeyValuePair = 1" },
  KeyValuePair: {
    key: "optional Value = 1",
    value: "optional Value = 2",
  },
} as const;

type Schema = typeof schema;
export type Wire<Name extends keyof Schema> = TableWire<Schema, Name>;
export type WireInput<Name extends keyof Schema> = TableWireInput<Schema, Name>;

export const messages = new MessageTable(schema, { edition: "2023", unknownFields: "refuse" });

/** Kinds of model that are no ML program, by the number of their field in `Model`. */
export const otherModelKinds: ReadonlyMap<number, string> = new Map([
  [200, "pipeline classifier"],
  [201, "pipeline regressor"],
  [202, "pipeline"],
  [300, "generalised linear regressor"],
  [301, "support vector regressor"],
  [302, "tree ensemble regressor"],
  [303, "neural network regressor"],
  [304, "Bayesian probit regressor"],
  [400, "generalised linear classifier"],
  [401, "support vector classifier"],
  [402, "tree ensemble classifier"],
  [403, "neural network classifier"],
  [404, "nearest neighbours classifier"],
  [500, "neural network"],
  [501, "item similarity recommender"],
  [555, "custom model"],
  [556, "linked model"],
  [560, "class confidence thresholding model"],
  [600, "one-hot encoder"],
  [601, "imputer"],
  [602, "feature vectorizer"],
  [603, "dictionary vectorizer"],
  [604, "scaler"],
  [606, "categorical mapping"],
  [607, "normalizer"],
  [609, "array feature extractor"],
  [610, "non-maximum suppression model"],
  [900, "identity model"],
  [2000, "text classifier"],
  [2001, "word tagger"],
  [2002, "vision feature print"],
  [2003, "sound analysis preprocessing model"],
  [2004, "gazetteer"],
  [2005, "word embedding"],
  [2006, "audio feature print"],
  [3000, "serialized model"],
]);

/** Element types of MIL by their numbers in `DataType`. */
export const dataTypeCodes = {
  bool: 1,
  string: 2,
  fp16: 10,
  fp32: 11,
  fp64: 12,
  bf16: 13,
  int8: 21,
  int16: 22,
  int32: 23,
  int64: 24,
  int4: 25,
  uint8: 31,
  uint16: 32,
  uint32: 33,
  uint64: 34,
  uint4: 35,
  uint2: 36,
  uint1: 37,
  uint6: 38,
  uint3: 39,
  fp8e4m3fn: 40,
  fp8e5m2: 41,
} as const;
