/** Constants as elements: reads them, computes on them element by element, and makes the constant of the result. */
import {
  type Attribute,
  DenseElementsAttribute,
  ElementsAttribute,
  FloatAttribute,
  IntegerAttribute,
} from "../../ir/attributes.ts";
import { getNumber, setNumber, type TensorData, zeros } from "../../ir/tensor-data.ts";
import { elementNameOf, FloatType, IndexType, IntegerType, ShapedType, type Type } from "../../ir/types.ts";

/** One element: integers as the signed number of their width, floats as numbers. */
export type Element = number | bigint;

/** Larger constants are not folded element by element, so that folding does not grow the program. */
const largestFold = 256;

/** The width in bits of an integer or index element; index is 64 bits wide. */
export function widthOf(type: Type): number {
  return type instanceof IntegerType ? type.width : 64;
}

/** An element of plain data, signed where it is an integer. */
export function elementAt(data: TensorData, position: number, type: Type): Element {
  if (type instanceof FloatType) return getNumber(data, position);
  return BigInt.asIntN(widthOf(type), BigInt(data.data[position]!));
}

/** Writes an element as `type`; integers wrap. */
export function writeElement(data: TensorData, position: number, value: Element, type: Type): void {
  if (typeof value === "number") {
    setNumber(data, position, value);
    return;
  }
  const isUnsigned = data.element.startsWith("ui");
  const wrapped = isUnsigned ? BigInt.asUintN(widthOf(type), value) : BigInt.asIntN(widthOf(type), value);
  if (data.data instanceof BigInt64Array || data.data instanceof BigUint64Array) data.data[position] = wrapped;
  else setNumber(data, position, Number(wrapped));
}

interface Elements {
  readonly count: number;
  readonly isSplat: boolean;
  readonly at: (position: number) => Element;
}

function elementsOf(attribute: Attribute | undefined): Elements | undefined {
  if (attribute instanceof IntegerAttribute) {
    const value = BigInt.asIntN(widthOf(attribute.type), attribute.value);
    return { count: 1, isSplat: true, at: () => value };
  }
  if (attribute instanceof FloatAttribute) return { count: 1, isSplat: true, at: () => attribute.value };
  if (!(attribute instanceof ElementsAttribute)) return undefined;
  const { type, splat } = attribute;
  if (splat !== undefined) {
    const isInteger = !(type.element instanceof FloatType);
    const value = isInteger ? BigInt.asIntN(widthOf(type.element), BigInt(splat)) : Number(splat);
    return { count: type.count, isSplat: true, at: () => value };
  }
  if (type.count > largestFold || !(attribute instanceof DenseElementsAttribute)) return undefined;
  const data = attribute.value;
  return { count: type.count, isSplat: false, at: (position) => elementAt(data, position, type.element) };
}

/** The constant of a scalar type. */
function scalar(value: Element, type: Type): Attribute | undefined {
  if (type instanceof FloatType) return FloatAttribute.get(Number(value), type);
  if (type instanceof IntegerType || type instanceof IndexType) {
    return IntegerAttribute.get(BigInt.asIntN(widthOf(type), BigInt(value)), type);
  }
  return undefined;
}

/**
 * Applies `compute` to constants of one shape, element by element, giving a constant of `type`. Undefined where an
 * operand is not constant, too large, or where `compute` is undefined for an element.
 */
export function foldElements(
  constants: readonly (Attribute | undefined)[],
  type: Type,
  compute: (...elements: readonly Element[]) => Element | undefined,
): Attribute | undefined {
  const operands = constants.map(elementsOf);
  if (!operands.every((each) => each !== undefined)) return undefined;
  if (!(type instanceof ShapedType)) {
    const value = compute(...operands.map((each) => each.at(0)));
    return value === undefined ? undefined : scalar(value, type);
  }
  const name = elementNameOf(type.element);
  if (name === undefined || !type.isStatic || type.count === 0) return undefined;
  const count = operands.every((each) => each.isSplat) ? 1 : type.count;
  const made = zeros([count], name);
  for (let position = 0; position < count; position++) {
    const value = compute(...operands.map((each) => each.at(position)));
    if (value === undefined) return undefined;
    writeElement(made, position, value, type.element);
  }
  return DenseElementsAttribute.get(type, made.data);
}

/** The one value of all elements of a constant, if it has one. */
export function splatOf(attribute: Attribute | undefined): Element | undefined {
  // Most constants are integers, and are asked for by every fold.
  if (attribute === undefined) return undefined;
  if (attribute instanceof IntegerAttribute) return BigInt.asIntN(widthOf(attribute.type), attribute.value);
  const elements = elementsOf(attribute);
  return elements?.isSplat ? elements.at(0) : undefined;
}

/** The constant of `type` all of whose elements are `value`; undefined for types that have no constants. */
export function constantOfType(value: Element, type: Type): Attribute | undefined {
  if (!(type instanceof ShapedType)) return scalar(value, type);
  const name = elementNameOf(type.element);
  if (!type.isStatic || name === undefined) return undefined;
  const made = zeros([1], name);
  writeElement(made, 0, value, type.element);
  return DenseElementsAttribute.get(type, made.data);
}
