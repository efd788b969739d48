/**
 * Values of MIL files as attributes, and back. A value's type stands beside the attribute: numbers are dense elements or a reference
 * to a blob, a string is a string, lists, tuples and dicts are arrays (of pairs, for a dict).
 */
import {
  ArrayAttribute,
  type Attribute,
  DenseArrayAttribute,
  DenseElementsAttribute,
  DenseResourceAttribute,
  DictionaryAttribute,
  ElementsAttribute,
  elementsAttribute,
  StringAttribute,
  TypeAttribute,
} from "../../../ir/attributes.ts";
import { blobOf } from "../../../ir/blob.ts";
import { allocateElements, elementsFromBytes, getNumber, setNumber } from "../../../ir/tensor-data.ts";
import { elementNameOf, FloatType, IntegerType, TensorType, type Type, ui8 } from "../../../ir/types.ts";
import type { MilAttribute, MilNumbers, MilTensorType, MilType, MilValue } from "../document/document.ts";
import { isNumberType, milNumbersOf } from "../document/numbers.ts";
import { DictType, elementTypes, ListType, MilTupleType, milTypeOf, StringType, typeOfMil } from "../types.ts";

const bytesOf = ({ buffer, byteOffset, byteLength }: MilNumbers) => new Uint8Array(buffer, byteOffset, byteLength);

/** Numbers of known sizes as an attribute; large ones are referred to, not copied. */
export function elementsOfNumbers(type: TensorType, numbers: MilNumbers): ElementsAttribute {
  const element = elementNameOf(type.element);
  const bytes = bytesOf(numbers);
  if (element === undefined) return DenseResourceAttribute.get(type, blobOf(bytes, "mil"));
  return elementsAttribute(type, elementsFromBytes(element, bytes), "mil");
}

/** Numbers in the text: where a size is left open, it follows from the number of elements. */
function attributeOfNumbers(type: Type, numbers: MilNumbers): Attribute {
  if (!(type instanceof TensorType)) throw new Error(`has numbers of type ${type}`);
  if (type.isStatic) return elementsOfNumbers(type, numbers);
  const element = elementNameOf(type.element);
  if (element === undefined) return DenseArrayAttribute.get(ui8, [...bytesOf(numbers)]);
  const data = elementsFromBytes(element, bytesOf(numbers));
  const listed = { shape: [data.length], element, data };
  const values = Array.from({ length: data.length }, (_, index): number | bigint => {
    const value = data[index]!;
    return typeof value === "bigint" ? value : getNumber(listed, index);
  });
  return DenseArrayAttribute.get(numberType(type.element), values);
}

function numberType(element: Type): IntegerType | FloatType {
  if (element instanceof IntegerType || element instanceof FloatType) return element;
  throw new Error(`numbers of type ${element}`);
}

/**
 * The attribute of a value that stands in the text itself.
 *
 * @throws Error where the content is not of the value's type
 */
export function attributeOfValue({ type, content }: MilValue): Attribute {
  switch (content.kind) {
    case "numbers":
      if (type.kind !== "tensor" || !isNumberType(type.element)) break;
      return attributeOfNumbers(typeOfMil(type), content.numbers);
    case "strings": {
      if (type.kind !== "tensor" || type.element !== "string") break;
      const strings = content.strings.map((text) => StringAttribute.get(text));
      return type.shape.length === 0 && strings[0] !== undefined ? strings[0] : ArrayAttribute.get(strings);
    }
    case "items":
      if (type.kind !== "list" && type.kind !== "tuple") break;
      return ArrayAttribute.get(content.items.map(attributeOfValue));
    case "entries":
      if (type.kind !== "dict") break;
      return ArrayAttribute.get(
        content.entries.map(([key, value]) => ArrayAttribute.get([attributeOfValue(key), attributeOfValue(value)])),
      );
    case "blob":
      throw new Error("has a BLOBFILE inside of another value: weights stand in constants and inputs of their own");
  }
  throw new Error(`has a value of type ${typeOfMil(type)} whose content is ${content.kind}`);
}

/** The numbers of an attribute, without a copy where they are in memory as files have them. */
export function numbersOfElements(attribute: ElementsAttribute, type: MilTensorType): MilNumbers {
  const { element } = type;
  if (!isNumberType(element)) throw new Error(`${element} is no number`);
  if (attribute instanceof DenseResourceAttribute && attribute.blob !== undefined)
    return milNumbersOf(element, attribute.blob.bytes);
  const { data } = attribute.value;
  return milNumbersOf(element, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function tensorValue(attribute: Attribute, type: MilTensorType): MilValue | undefined {
  if (type.element === "string") {
    const parts = attribute instanceof ArrayAttribute ? attribute.elements : [attribute];
    const strings = parts.filter((part) => part instanceof StringAttribute).map(({ value }) => value);
    return strings.length === parts.length ? { type, content: { kind: "strings", strings } } : undefined;
  }
  if (attribute instanceof ElementsAttribute)
    return { type, content: { kind: "numbers", numbers: numbersOfElements(attribute, type) } };
  if (!(attribute instanceof DenseArrayAttribute)) return undefined;
  const { values } = attribute;
  const element = elementNameOf(elementTypes[type.element]);
  if (element === undefined) {
    if (!isNumberType(type.element)) return undefined;
    const numbers = milNumbersOf(type.element, Uint8Array.from(values, Number));
    return { type, content: { kind: "numbers", numbers } };
  }
  const data = { shape: [values.length], element, data: allocateElements(element, values.length) };
  for (const [index, value] of values.entries()) {
    if (data.data instanceof BigInt64Array || data.data instanceof BigUint64Array) data.data[index] = BigInt(value);
    else setNumber(data, index, Number(value));
  }
  const dense = DenseElementsAttribute.get(TensorType.get(data.shape, attribute.element), data.data);
  return { type, content: { kind: "numbers", numbers: numbersOfElements(dense, type) } };
}

/**
 * The value of an attribute of this type.
 *
 * @throws Error where it has none
 */
export function valueOfAttribute(attribute: Attribute, type: Type): MilValue {
  const found = milTypeOf(type);
  const value = found === undefined ? undefined : composedValue(attribute, type, found);
  if (value === undefined) throw new Error(`has a value of type ${type} that MIL cannot hold`);
  return value;
}

function composedValue(attribute: Attribute, type: Type, found: MilType): MilValue | undefined {
  if (found.kind === "tensor") return tensorValue(attribute, found);
  if (!(attribute instanceof ArrayAttribute)) return undefined;
  const { elements } = attribute;
  if (type instanceof ListType)
    return {
      type: found,
      content: { kind: "items", items: elements.map((each) => valueOfAttribute(each, type.element)) },
    };
  if (type instanceof MilTupleType && type.items.length === elements.length) {
    const items = elements.map((each, position) => valueOfAttribute(each, type.items[position]!));
    return { type: found, content: { kind: "items", items } };
  }
  if (!(type instanceof DictType)) return undefined;
  const entries: [MilValue, MilValue][] = [];
  for (const entry of elements) {
    const [key, value] = entry instanceof ArrayAttribute ? entry.elements : [];
    if (key === undefined || value === undefined) return undefined;
    entries.push([valueOfAttribute(key, type.key), valueOfAttribute(value, type.value)]);
  }
  return { type: found, content: { kind: "entries", entries } };
}

/** What stands in brackets as one attribute: `[{name, type, value}, …]`, in the order of the text. */
export function attributeList(attributes: readonly MilAttribute[]): ArrayAttribute {
  return ArrayAttribute.get(
    attributes.map(({ name, value }) =>
      DictionaryAttribute.get([
        ["name", StringAttribute.get(name)],
        ["type", TypeAttribute.get(typeOfMil(value.type))],
        ["value", attributeOfValue(value)],
      ]),
    ),
  );
}

/** The other way. */
export function milAttributes(list: Attribute | undefined): MilAttribute[] {
  if (!(list instanceof ArrayAttribute)) return [];
  return list.elements.map((each) => {
    const entries = each instanceof DictionaryAttribute ? each.entries : undefined;
    const [name, type, value] = [entries?.get("name"), entries?.get("type"), entries?.get("value")];
    if (!(name instanceof StringAttribute) || !(type instanceof TypeAttribute) || value === undefined)
      throw new Error(`has ${each} in a list of attributes, which are {name = "…", type = …, value = …}`);
    return { name: name.value, value: valueOfAttribute(value, type.type) };
  });
}

/** A string as a MIL value. */
export function stringValue(text: string): MilValue {
  return { type: { kind: "tensor", element: "string", shape: [] }, content: { kind: "strings", strings: [text] } };
}

/** Whether a value is a single string. */
export function stringIn({ type, content }: MilValue): string | undefined {
  const isString = typeOfMil(type) === StringType.instance && content.kind === "strings";
  return isString ? content.strings[0] : undefined;
}
