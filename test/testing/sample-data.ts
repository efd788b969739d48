/** Data for values of a type: plain samples, corner cases, the comparison of bits, and the constant that holds the data. */
import {
  type Attribute,
  DenseArrayAttribute,
  elementsAttribute,
  FloatAttribute,
  IntegerAttribute,
} from "../../ir/attributes.ts";
import { type ElementName, elementCount, getNumber, type TensorData, zeros } from "../../ir/tensor-data.ts";
import {
  type DataShape,
  DialectType,
  elementNameOf,
  elementType,
  FloatType,
  IndexType,
  IntegerType,
  ShapedType,
  TensorType,
  type Type,
  VectorType,
} from "../../ir/types.ts";

/** The shape and element type of the data that a value of `type` holds; undefined where plain data cannot hold it. */
export function dataType(type: Type): DataShape | undefined {
  if (type instanceof DialectType) return type.data;
  const isShaped = type instanceof TensorType || type instanceof VectorType;
  if (type instanceof ShapedType && !(isShaped && type.isStatic)) return undefined;
  const element = elementNameOf(isShaped ? type.element : type);
  return element === undefined ? undefined : { shape: isShaped ? type.shape : [], element };
}

const isFloat = (element: ElementName) => element.startsWith("f") || element === "bf16";

/** Data whose elements are `values` in turn, rounded or wrapped to the element type. */
export function dataOf(type: Type, values: readonly number[]): TensorData | undefined {
  const wanted = dataType(type);
  if (wanted === undefined) return undefined;
  const made = zeros(wanted.shape, wanted.element);
  const count = elementCount(wanted.shape);
  for (let position = 0; position < count; position++) store(made, position, values[position % values.length]!);
  return made;
}

const widths: { readonly [E in ElementName]?: readonly [bits: number, isSigned: boolean] } = {
  i4: [4, true],
  i8: [8, true],
  i16: [16, true],
  i32: [32, true],
  i64: [64, true],
  ui4: [4, false],
  ui8: [8, false],
  ui16: [16, false],
  ui32: [32, false],
  ui64: [64, false],
};

function store(made: TensorData, position: number, value: number): void {
  const width = widths[made.element];
  if (width === undefined) {
    made.data[position] = made.element === "i1" ? Number(value !== 0) : value;
    if (made.element === "bf16") made.data[position] = bf16Bits(value);
    return;
  }
  const [bits, isSigned] = width;
  const exact = BigInt(Math.trunc(Number.isFinite(value) ? value : 0));
  const wrapped = isSigned ? BigInt.asIntN(bits, exact) : BigInt.asUintN(bits, exact);
  const { data } = made;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[position] = wrapped;
  else data[position] = Number(wrapped);
}

function bf16Bits(value: number): number {
  const single = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  if (Number.isNaN(value)) return 0x7fc0;
  return ((single + 0x7fff + ((single >>> 16) & 1)) >>> 16) & 0xffff;
}

/** Small different numbers; integers are 0 and 1, so that they can be positions. */
export function plainSample(type: Type): TensorData | undefined {
  const wanted = dataType(type);
  if (wanted === undefined) return undefined;
  return dataOf(type, isFloat(wanted.element) ? [0.5, -1.25, 2, 0.75, -0.5] : [0, 1]);
}

const floatCorners = [0, -0, 1, -1, 2.5, 1e-40, 3e38, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
const integerCorners = [0, 1, -1, 2, 3, 31, 64, 127, -128, 2 ** 31 - 1, -(2 ** 31)];

/** An index is a position or a size: a tensor of 2^31 elements proves nothing. */
const positions = [0, 1, -1, 2, 3, 64];

/** All-equal data for each value at which rules of arithmetic break down, and one with different elements. */
export function cornerCases(type: Type): readonly TensorData[] {
  const wanted = dataType(type);
  if (wanted === undefined) return [];
  const integers = type instanceof IndexType ? positions : integerCorners;
  const corners = isFloat(wanted.element) ? floatCorners : integers;
  const splats = corners.map((value) => dataOf(type, [value])!);
  return elementCount(wanted.shape) > 1 ? [...splats, plainSample(type)!] : splats;
}

/** Whether two tensors have the same type and bits; one NaN is like another. */
export function isSameData(a: TensorData, b: TensorData): boolean {
  if (a.element !== b.element || a.shape.join() !== b.shape.join() || a.data.length !== b.data.length) return false;
  for (let position = 0; position < a.data.length; position++) {
    if (a.data[position] === b.data[position] && a.data[position] !== 0) continue;
    if (typeof a.data[position] === "bigint") {
      if (a.data[position] !== b.data[position]) return false;
    } else if (!Object.is(getNumber(a, position), getNumber(b, position))) return false;
  }
  return true;
}

/** The attribute of a constant of `type` that holds the data; constants of a dialect's own type hold `array<…>`. */
export function constantAttribute(type: Type, data: TensorData): Attribute | undefined {
  if (type instanceof ShapedType) return elementsAttribute(type, data.data);
  if (type instanceof FloatType) return FloatAttribute.get(getNumber(data, 0), type);
  if (type instanceof DialectType) {
    const element = type.data === undefined ? undefined : elementType(type.data.element);
    if (!(element instanceof FloatType || element instanceof IntegerType)) return undefined;
    const { data: list } = data;
    if (list instanceof BigInt64Array || list instanceof BigUint64Array)
      return DenseArrayAttribute.get(element, [...list]);
    return DenseArrayAttribute.get(
      element,
      Array.from(list, (_, position) => getNumber(data, position)),
    );
  }
  if (type instanceof IntegerType || type instanceof IndexType) {
    const value = data.data[0]!;
    return IntegerAttribute.get(typeof value === "bigint" ? value : Math.trunc(value), type);
  }
  return undefined;
}

/** `f32[2, 2] 1, 2, 3, 4`, cut after a few elements. */
export function describeData({ element, shape, data }: TensorData): string {
  const shown = [...data.slice(0, 6)].map(String).join(", ");
  return `${element}[${shape.join(", ")}] ${shown}${data.length > 6 ? ", …" : ""}`;
}
