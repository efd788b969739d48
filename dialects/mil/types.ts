/**
 * Types of the mil dialect. Tensors are builtin ones, scalars those without dimensions (`tensor<i32>`), open sizes `?`. MIL's other
 * types are of this dialect: `!mil.string`, `!mil.list<T, n>`, `!mil.dict<K, V>`, `!mil.tuple<T, …>` and `!mil.state<T>`. A tensor of
 * strings is `tensor<2x!mil.string>`, a single string `!mil.string`.
 */
import { oneOf, typeOf } from "../../ir/constraints.ts";
import type { TypeDefinition } from "../../ir/context.ts";
import type { TextParser } from "../../ir/parser/text-parser.ts";
import { DialectType, dynamic, FloatType, IntegerType, internType, TensorType, type Type } from "../../ir/types.ts";
import type { MilElementType, MilType } from "./document/document.ts";

export class StringType extends DialectType {
  static readonly instance = internType("!mil.string", StringType, () => new StringType());
  private constructor() {
    super("mil", "string");
  }
}

const lengthText = (length: number) => (length === dynamic ? "?" : String(length));

/** `!mil.list<T, n>`, with `dynamic` for an open length. */
export class ListType extends DialectType {
  readonly element: Type;
  readonly length: number;
  private constructor(body: string, element: Type, length: number) {
    super("mil", body);
    this.element = element;
    this.length = length;
  }
  static get(element: Type, length: number): ListType {
    const body = `list<${element}, ${lengthText(length)}>`;
    return internType(`!mil.${body}`, ListType, () => new ListType(body, element, length), [element]);
  }
}

export class DictType extends DialectType {
  readonly key: Type;
  readonly value: Type;
  private constructor(body: string, key: Type, value: Type) {
    super("mil", body);
    this.key = key;
    this.value = value;
  }
  static get(key: Type, value: Type): DictType {
    const body = `dict<${key}, ${value}>`;
    return internType(`!mil.${body}`, DictType, () => new DictType(body, key, value), [key, value]);
  }
}

export class MilTupleType extends DialectType {
  readonly items: readonly Type[];
  private constructor(body: string, items: readonly Type[]) {
    super("mil", body);
    this.items = items;
  }
  static get(items: readonly Type[]): MilTupleType {
    const body = `tuple<${items.join(", ")}>`;
    return internType(`!mil.${body}`, MilTupleType, () => new MilTupleType(body, [...items]), items);
  }
}

/** What a program keeps between calls. */
export class StateType extends DialectType {
  readonly value: Type;
  private constructor(body: string, value: Type) {
    super("mil", body);
    this.value = value;
  }
  static get(value: Type): StateType {
    const body = `state<${value}>`;
    return internType(`!mil.${body}`, StateType, () => new StateType(body, value), [value]);
  }
}

function parseLength(parser: TextParser): number {
  if (parser.accept("?")) return dynamic;
  const at = parser.offset;
  const length = parser.parseSize();
  if (length < 0) throw parser.error(`a length is '?' or a size, found ${length}`, at);
  return length;
}

export const milTypes: readonly TypeDefinition[] = [
  { mnemonic: "string", doc: "A string.", parse: () => StringType.instance },
  {
    mnemonic: "list",
    doc: "A list of values of one type, of a length that may be open.",
    parse: (parser) => {
      parser.expect("<");
      const element = parser.parseType();
      parser.expect(",");
      const length = parseLength(parser);
      parser.expect(">");
      return ListType.get(element, length);
    },
  },
  {
    mnemonic: "dict",
    doc: "Values by key.",
    parse: (parser) => {
      parser.expect("<");
      const key = parser.parseType();
      parser.expect(",");
      const value = parser.parseType();
      parser.expect(">");
      return DictType.get(key, value);
    },
  },
  {
    mnemonic: "tuple",
    doc: "Some values, each of its own type.",
    parse: (parser) => {
      parser.expect("<");
      const items = parser.peek(">") ? [] : parser.parseTypeList();
      parser.expect(">");
      return MilTupleType.get(items);
    },
  },
  {
    mnemonic: "state",
    doc: "What a program keeps between calls.",
    parse: (parser) => {
      parser.expect("<");
      const value = parser.parseType();
      parser.expect(">");
      return StateType.get(value);
    },
  },
];

// ---------------------------------------------------------------------------------------------------- element types

const unsigned = (width: number) => IntegerType.get(width, "unsigned");

/** IR types of elements by their MIL names. */
export const elementTypes: Readonly<Record<MilElementType, Type>> = {
  string: StringType.instance,
  bool: IntegerType.get(1),
  fp16: FloatType.get("f16"),
  fp32: FloatType.get("f32"),
  fp64: FloatType.get("f64"),
  bf16: FloatType.get("bf16"),
  fp8e4m3fn: FloatType.get("f8E4M3FN"),
  fp8e5m2: FloatType.get("f8E5M2"),
  int4: IntegerType.get(4),
  int8: IntegerType.get(8),
  int16: IntegerType.get(16),
  int32: IntegerType.get(32),
  int64: IntegerType.get(64),
  uint1: unsigned(1),
  uint2: unsigned(2),
  uint3: unsigned(3),
  uint4: unsigned(4),
  uint6: unsigned(6),
  uint8: unsigned(8),
  uint16: unsigned(16),
  uint32: unsigned(32),
  uint64: unsigned(64),
};

const elementNames = new Map<Type, MilElementType>(
  Object.entries(elementTypes).map(([name, type]) => [type, name as MilElementType]),
);

/** The MIL name of an element type; undefined for one that MIL has not. */
export function milElementName(type: Type): MilElementType | undefined {
  return elementNames.get(type);
}

/** The type of the dialect for a type of a document. */
export function typeOfMil(type: MilType): Type {
  switch (type.kind) {
    case "tensor":
      if (type.element === "string" && type.shape.length === 0) return StringType.instance;
      return TensorType.get(
        type.shape.map((size) => size ?? dynamic),
        elementTypes[type.element],
      );
    case "list":
      return ListType.get(typeOfMil(type.element), type.length ?? dynamic);
    case "dict":
      return DictType.get(typeOfMil(type.key), typeOfMil(type.value));
    case "tuple":
      return MilTupleType.get(type.items.map(typeOfMil));
    case "state":
      return StateType.get(typeOfMil(type.value));
  }
}

const openSize = (size: number) => (size === dynamic ? undefined : size);

/** The type of a document for a type of the dialect; undefined for a type that MIL has not. */
export function milTypeOf(type: Type): MilType | undefined {
  if (type === StringType.instance) return { kind: "tensor", element: "string", shape: [] };
  if (type instanceof TensorType) {
    const element = milElementName(type.element);
    if (element === undefined || type.encoding !== undefined) return undefined;
    return { kind: "tensor", element, shape: type.shape.map(openSize) };
  }
  if (type instanceof ListType) {
    const element = milTypeOf(type.element);
    return element && { kind: "list", element, length: openSize(type.length) };
  }
  if (type instanceof DictType) {
    const [key, value] = [milTypeOf(type.key), milTypeOf(type.value)];
    return key && value && { kind: "dict", key, value };
  }
  if (type instanceof MilTupleType) {
    const items = type.items.map(milTypeOf).filter((item) => item !== undefined);
    return items.length === type.items.length ? { kind: "tuple", items } : undefined;
  }
  if (type instanceof StateType) {
    const value = milTypeOf(type.value);
    return value && { kind: "state", value };
  }
  return undefined;
}

// ------------------------------------------------------------------------------------------------------- constraints

/** Any tensor of a MIL program; sizes may be open. */
export const milTensor = typeOf(
  TensorType,
  "a tensor of a MIL element type",
  (type) => type.encoding === undefined && type.element !== StringType.instance && elementNames.has(type.element),
);
export const milString = typeOf(StringType, "!mil.string");
export const milState = typeOf(StateType, "a state");
const milTensorOfAny = typeOf(
  TensorType,
  "a tensor of a MIL element type",
  (type) => type.encoding === undefined && elementNames.has(type.element),
);
/** Any value of a MIL program. */
export const milValue = oneOf<Type>([
  milTensorOfAny,
  milString,
  typeOf(ListType, "a list"),
  typeOf(DictType, "a dict"),
  typeOf(MilTupleType, "a tuple"),
  milState,
]);
