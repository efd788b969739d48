/** MIL types in Core ML's protobuf. */
import { type MilDimension, type MilElementType, type MilType, milElementTypes } from "../document/document.ts";
import type { Place } from "./reading.ts";
import { dataTypeCodes, type Wire, type WireInput } from "./schema.ts";

const elementsByCode: ReadonlyMap<number, MilElementType> = new Map(
  milElementTypes.map((element) => [dataTypeCodes[element], element]),
);

export function readType(wire: Wire<"ValueType"> | undefined, place: Place): MilType {
  const message = place.required(wire, "a type");
  place.only(message, "a type");
  const { tensorType, listType, tupleType, dictionaryType, stateType } = message;
  if (tensorType !== undefined) return readTensorType(tensorType, place);
  if (listType !== undefined) {
    return {
      kind: "list",
      element: readType(listType.type, place),
      length: readDimension(place.required(listType.length, "the length of a list type"), place),
    };
  }
  if (tupleType !== undefined) return { kind: "tuple", items: tupleType.types.map((item) => readType(item, place)) };
  if (dictionaryType !== undefined) {
    const { keyType, valueType } = dictionaryType;
    return { kind: "dict", key: readType(keyType, place), value: readType(valueType, place) };
  }
  return { kind: "state", value: readType(stateType?.wrappedType, place) };
}

function readTensorType(wire: Wire<"TensorType">, place: Place): MilType {
  const code = wire.dataType ?? 0;
  const element = elementsByCode.get(code);
  if (element === undefined) throw place.error(`a tensor type has the unknown element type ${code}`);
  const rank = wire.rank ?? 0n;
  if (rank === -1n) throw place.error("a tensor type leaves its number of dimensions open, which is not supported");
  if (rank !== BigInt(wire.dimensions.length)) {
    throw place.error(`a tensor type has ${wire.dimensions.length} dimensions, but states the rank ${rank}`);
  }
  const [attribute] = wire.attributes;
  if (attribute !== undefined) {
    throw place.error(`a tensor type has the attribute "${attribute.key ?? ""}", which MIL text has no place for`);
  }
  return { kind: "tensor", element, shape: wire.dimensions.map((dimension) => readDimension(dimension, place)) };
}

function readDimension(wire: Wire<"Dimension">, place: Place): MilDimension {
  place.only(wire, "a dimension");
  const { constant, unknown } = wire;
  if (constant !== undefined) return place.size(constant.size ?? 0n, "the size of a dimension");
  if (unknown?.variadic === true)
    throw place.error("a dimension stands for any number of them, which is not supported");
  return undefined;
}

/** Fields that are zero are left out, as proto3 writers do. */
export function typeMessage(type: MilType): WireInput<"ValueType"> {
  switch (type.kind) {
    case "tensor":
      return {
        tensorType: {
          dataType: dataTypeCodes[type.element],
          rank: type.shape.length === 0 ? undefined : BigInt(type.shape.length),
          dimensions: type.shape.map(dimensionMessage),
        },
      };
    case "list":
      return { listType: { type: typeMessage(type.element), length: dimensionMessage(type.length) } };
    case "tuple":
      return { tupleType: { types: type.items.map(typeMessage) } };
    case "dict":
      return { dictionaryType: { keyType: typeMessage(type.key), valueType: typeMessage(type.value) } };
    case "state":
      return { stateType: { wrappedType: typeMessage(type.value) } };
  }
}

function dimensionMessage(dimension: MilDimension): WireInput<"Dimension"> {
  if (dimension === undefined) return { unknown: {} };
  return { constant: { size: dimension === 0 ? undefined : BigInt(dimension) } };
}
