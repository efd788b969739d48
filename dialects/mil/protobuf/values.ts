/**
 * MIL values in Core ML's protobuf. Which field holds the elements of a tensor follows coremltools' writer, which is what Apple's
 * reader expects (converters/mil/backend/mil/helper.py); reading takes any field that can hold the type.
 */
import { packBits, packedBytes, unpackBits } from "../blob-storage/index.ts";
import type { MilContent, MilNumbers, MilTensorType, MilType, MilValue } from "../document/document.ts";
import {
  allocateMilNumbers,
  bytesInMemory,
  elementCountOf,
  isNumberType,
  type MilNumberType,
  milNumberFacts,
  milNumbersOf,
} from "../document/numbers.ts";
import type { Place } from "./reading.ts";
import type { Wire, WireInput } from "./schema.ts";
import { readType, typeMessage } from "./types.ts";

export function readValue(wire: Wire<"Value"> | undefined, place: Place): MilValue {
  const message = place.required(wire, "a value");
  const { docString, type: typeWire, ...members } = message;
  if (docString !== undefined && docString !== "") {
    throw place.error("a value has a documentation text, which MIL text has no place for");
  }
  const type = readType(typeWire, place);
  place.only(members, "the content of a value");
  const { immediateValue, blobFileValue } = members;
  if (blobFileValue !== undefined) {
    const offset = place.size(blobFileValue.offset ?? 0n, "the offset of a blob");
    return { type, content: { kind: "blob", path: blobFileValue.fileName ?? "", offset } };
  }
  return { type, content: readImmediate(place.required(immediateValue, "the content of a value"), type, place) };
}

function readImmediate(wire: Wire<"ImmediateValue">, type: MilType, place: Place): MilContent {
  const found = place.only(wire, "an immediate value");
  const expected = type.kind === "dict" ? "dictionary" : type.kind === "state" ? "tensor" : type.kind;
  if (found !== expected || type.kind === "state") {
    throw place.error(`a value of a ${type.kind} type is given as a ${found}`);
  }
  if (type.kind === "tensor") return readElements(place.required(wire.tensor, "a tensor value"), type, place);
  if (type.kind === "dict") {
    const entries = (wire.dictionary?.values ?? []).map(
      ({ key, value }) => [readValue(key, place), readValue(value, place)] as const,
    );
    return { kind: "entries", entries };
  }
  const items = (type.kind === "list" ? wire.list : wire.tuple)?.values ?? [];
  const stated = type.kind === "list" ? type.length : type.items.length;
  if (stated !== undefined && stated !== items.length) {
    throw place.error(`a ${type.kind} has ${items.length} items, but its type states ${stated}`);
  }
  return { kind: "items", items: items.map((item) => readValue(item, place)) };
}

function readElements(wire: Wire<"TensorValue">, type: MilTensorType, place: Place): MilContent {
  place.only(wire, "the elements of a tensor");
  const { element } = type;
  // Only a type with an open size leaves the number of elements to the value.
  const count = type.shape.includes(undefined) ? undefined : elementCountOf(type);
  const content: MilContent = isNumberType(element)
    ? { kind: "numbers", numbers: readNumbers(wire, element, count, place) }
    : { kind: "strings", strings: place.required(wire.strings, "the list of strings").values };
  const found = content.kind === "numbers" ? content.numbers.length : content.strings.length;
  if (count !== undefined && found !== count) {
    throw place.error(`a tensor of ${element} has ${found} elements, but its type states ${count}`);
  }
  return content;
}

function readNumbers(
  wire: Wire<"TensorValue">,
  element: MilNumberType,
  count: number | undefined,
  place: Place,
): MilNumbers {
  const { floats, ints, bools, longInts, doubles, bytes } = wire;
  if (bytes !== undefined) return numbersOfBytes(bytes.values ?? new Uint8Array(0), element, count, place);
  const isFloat = element === "fp32" || element === "fp64";
  if (floats !== undefined && isFloat) return filled(element, floats.values, place);
  if (doubles !== undefined && isFloat) return filled(element, doubles.values, place);
  if (bools !== undefined && element === "bool") return filled(element, bools.values.map(Number), place);
  const isInteger = !isFloat && !["bool", "fp16", "bf16", "fp8e4m3fn", "fp8e5m2"].includes(element);
  if (ints !== undefined && isInteger) return filled(element, ints.values, place);
  if (longInts !== undefined && isInteger) return filled(element, longInts.values, place);
  throw place.error(
    `the elements of a tensor of ${element} are given as ${place.only(wire, "the elements of a tensor")}`,
  );
}

function numbersOfBytes(
  bytes: Uint8Array,
  element: MilNumberType,
  count: number | undefined,
  place: Place,
): MilNumbers {
  const { bits, signed } = milNumberFacts[element];
  if (bits >= 8) {
    const size = bytesInMemory(element);
    if (bytes.length % size !== 0)
      throw place.error(`${bytes.length} bytes are no whole number of ${element} elements`);
    return milNumbersOf(element, bytes);
  }
  if (count === undefined) throw place.error(`a value of packed ${element} elements leaves its size open`);
  if (packedBytes(count, bits) !== bytes.length) {
    throw place.error(`${count} elements of ${element} take ${packedBytes(count, bits)} bytes, found ${bytes.length}`);
  }
  return signed ? unpackBits(bytes, bits, count, true) : unpackBits(bytes, bits, count);
}

/** Numbers of a typed field; one that the element type cannot hold is refused. */
function filled(element: MilNumberType, values: readonly number[] | readonly bigint[], place: Place): MilNumbers {
  const numbers = allocateMilNumbers(element, values.length);
  const { bits, signed } = milNumberFacts[element];
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (numbers instanceof BigUint64Array || numbers instanceof BigInt64Array) {
      // The field is a signed one for both.
      numbers[index] = BigInt(value);
      continue;
    }
    numbers[index] = Number(value);
    const isFloat = numbers instanceof Float32Array || numbers instanceof Float64Array;
    const limit = 2 ** (signed ? bits - 1 : bits);
    if (!isFloat && (value >= limit || value < (signed ? -limit : 0))) {
      throw place.error(`an element of type ${element} cannot be ${value}`);
    }
  }
  return numbers;
}

export function valueMessage({ type, content }: MilValue): WireInput<"Value"> {
  const typed = typeMessage(type);
  if (content.kind === "blob") {
    const offset = content.offset === 0 ? undefined : BigInt(content.offset);
    return { type: typed, blobFileValue: { fileName: content.path === "" ? undefined : content.path, offset } };
  }
  return { type: typed, immediateValue: immediateMessage(type, content) };
}

function immediateMessage(type: MilType, content: MilContent): WireInput<"ImmediateValue"> {
  switch (content.kind) {
    case "items": {
      const items = { values: content.items.map(valueMessage) };
      return type.kind === "tuple" ? { tuple: items } : { list: items };
    }
    case "entries":
      return {
        dictionary: {
          values: content.entries.map(([key, value]) => ({ key: valueMessage(key), value: valueMessage(value) })),
        },
      };
    case "strings":
      return { tensor: { strings: { values: content.strings } } };
    case "numbers": {
      if (type.kind !== "tensor" || !isNumberType(type.element))
        throw new Error(`numbers are no value of a ${type.kind}`);
      return { tensor: elementsMessage(type.element, content.numbers) };
    }
    case "blob":
      throw new Error("a blob is no immediate value");
  }
}

function elementsMessage(element: MilNumberType, numbers: MilNumbers): WireInput<"TensorValue"> {
  switch (element) {
    case "bool":
      return { bools: { values: Array.from(numbers, Boolean) } };
    case "fp32":
      return { floats: { values: Array.from(numbers, Number) } };
    case "fp64":
      return { doubles: { values: Array.from(numbers, Number) } };
    case "int16":
    case "uint16":
    case "int32":
      return { ints: { values: Array.from(numbers, Number) } };
    case "int64":
    case "uint64":
      return {
        longInts: {
          values: Array.from<number | bigint, bigint>(numbers, (number) => BigInt.asIntN(64, BigInt(number))),
        },
      };
    default:
      return { bytes: { values: packed(element, numbers) } };
  }
}

function packed(element: MilNumberType, numbers: MilNumbers): Uint8Array | undefined {
  const { bits } = milNumberFacts[element];
  if (numbers.length === 0) return undefined;
  if (bits < 8 && (numbers instanceof Uint8Array || numbers instanceof Int8Array)) return packBits(numbers, bits);
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}
