/**
 * Constraints say which types an operand or result may have, and which attributes an attribute field may hold, both at
 * run time (with a sentence for the error) and for TypeScript. A type variable is a constraint that must come out
 * equal wherever it stands in one operation.
 */

import type { AffineMap } from "./affine-map.ts";
import {
  AffineMapAttribute,
  ArrayAttribute,
  type Attribute,
  DenseArrayAttribute,
  DictionaryAttribute,
  ElementsAttribute,
  FloatAttribute,
  IntegerAttribute,
  OpaqueAttribute,
  StringAttribute,
  SymbolReferenceAttribute,
  TypeAttribute,
  UnitAttribute,
} from "./attributes.ts";
import type { ClassOf } from "./intern.ts";
import type { TextParser } from "./parser/text-parser.ts";
import { bareIdentifier } from "./quoted.ts";
import {
  FloatType,
  FunctionType,
  type IndexType,
  IntegerType,
  i1,
  i32,
  i64,
  index,
  MemRefType,
  NoneType,
  TensorType,
  type Type,
  VectorType,
} from "./types.ts";

/** What a type must be like. `description` completes "must be …". */
export interface TypeConstraint<T extends Type = Type> {
  readonly description: string;
  /** The name of the type variable, if this is one. */
  readonly variable?: string;
  /** The only type that matches, where there is only one: text need not state it. */
  readonly only?: Type;
  readonly matches: (type: Type) => type is T;
}

function isClass<T extends Type>(type: Type, kind: ClassOf<T>): type is T {
  return type instanceof kind;
}

/** Any type of one class, optionally narrowed. */
export function typeOf<T extends Type>(
  kind: ClassOf<T>,
  description: string,
  check?: (type: T) => boolean,
): TypeConstraint<T> {
  return {
    description,
    matches: (type): type is T => isClass(type, kind) && (check === undefined || check(type)),
  };
}

export const anyType: TypeConstraint = { description: "any type", matches: (type): type is Type => type !== undefined };

/** Exactly this type. */
export function exactly<T extends Type>(wanted: T): TypeConstraint<T> {
  return { description: wanted.text, only: wanted, matches: (type): type is T => type === wanted };
}

export function oneOf<T extends Type>(constraints: readonly TypeConstraint<T>[]): TypeConstraint<T> {
  return {
    description: constraints.map((constraint) => constraint.description).join(" or "),
    matches: (type): type is T => constraints.some((constraint) => constraint.matches(type)),
  };
}

/** The same type wherever the variable stands in an operation. */
export function typeVariable<T extends Type>(name: string, constraint: TypeConstraint<T>): TypeConstraint<T> {
  return { ...constraint, variable: name };
}

export const anyFloat: TypeConstraint<FloatType> = typeOf(FloatType, "a float");
export const anyInteger: TypeConstraint<IntegerType> = typeOf(IntegerType, "an integer");
export const signlessInteger = typeOf(IntegerType, "a signless integer", (type) => type.signedness === "signless");
export const indexType: TypeConstraint<IndexType> = exactly(index);
export const bool = exactly(i1);
export const integerOrIndex: TypeConstraint = oneOf<Type>([anyInteger, indexType]);
export const scalar: TypeConstraint = oneOf<Type>([anyFloat, anyInteger, indexType]);

/** A ranked tensor whose elements satisfy `element`, optionally of fixed rank. */
export function tensorOf(element: TypeConstraint, rank?: number): TypeConstraint<TensorType> {
  const description = `a ${rank === undefined ? "" : `rank-${rank} `}tensor of ${element.description}`;
  return typeOf(
    TensorType,
    description,
    (type) => element.matches(type.element) && (rank === undefined || type.rank === rank),
  );
}

export const anyTensor = tensorOf(anyType);
export const anyMemRef: TypeConstraint<MemRefType> = typeOf(MemRefType, "a memref");
export const anyVector: TypeConstraint<VectorType> = typeOf(VectorType, "a vector");
export const anyFunction: TypeConstraint<FunctionType> = typeOf(FunctionType, "a function type");

/**
 * What an attribute must be, and its value for TypeScript: builders take the value and accessors give it back, so that
 * `conv.strides` is a list of numbers and not an attribute object.
 */
export interface AttributeConstraint<V> {
  readonly description: string;
  readonly decode: (attribute: Attribute) => V | undefined;
  readonly encode: (value: V) => Attribute;
  /** The type that the custom format leaves out after the value (`2 : i64` prints as `2`). */
  readonly impliedType?: Type;
  /** How the custom format spells the value where that is not the attribute's own text. */
  readonly spelling?: AttributeSpelling;
}

/** A spelling that only the custom format of an op uses: a bare word for an enum, `[1, 2]` for a packed list. */
export interface AttributeSpelling {
  /** What it begins with, by which a parser sees whether an optional one is there. */
  readonly opens: "keyword" | "[" | "<";
  /** The text, or undefined where this attribute has no such spelling. */
  readonly print: (attribute: Attribute) => string | undefined;
  readonly parse: (parser: TextParser) => Attribute;
}

/** One of `words`, bare or between `<` and `>`; `encode` and `decode` lead to the attribute and back. */
export function wordSpelling<W extends string>(
  words: readonly W[],
  encode: (word: W) => Attribute,
  decode: (attribute: Attribute) => W | undefined,
  bracketed = false,
): AttributeSpelling {
  return {
    opens: bracketed ? "<" : "keyword",
    print: (attribute) => {
      const word = decode(attribute);
      return word === undefined || !bracketed ? word : `<${word}>`;
    },
    parse: (parser) => {
      if (bracketed) parser.expect("<");
      const at = parser.offset;
      const text = parser.keyword(`one of ${words.join(", ")}`);
      const word = words.find((each) => each === text);
      if (word === undefined) throw parser.error(`expected one of ${words.join(", ")}, found '${text}'`, at);
      if (bracketed) parser.expect(">");
      return encode(word);
    },
  };
}

export function attributeOf<A extends Attribute>(kind: ClassOf<A>, description: string): AttributeConstraint<A> {
  const isKind = (attribute: Attribute): attribute is A => attribute instanceof kind;
  return {
    description,
    decode: (attribute) => (isKind(attribute) ? attribute : undefined),
    encode: (value) => value,
  };
}

export const anyAttribute: AttributeConstraint<Attribute> = {
  description: "any attribute",
  decode: (attribute) => attribute,
  encode: (value) => value,
};

/** An integer attribute of one type, as a number (exact up to 2^53). */
export function integerAttribute(type: IntegerType | IndexType): AttributeConstraint<number> {
  return {
    description: `an integer attribute of type ${type}`,
    decode: (attribute) =>
      attribute instanceof IntegerAttribute && attribute.type === type ? attribute.number : undefined,
    encode: (value) => IntegerAttribute.get(value, type),
    impliedType: type,
  };
}

export const i32Attribute = integerAttribute(i32);
export const i64Attribute = integerAttribute(i64);
export const indexAttribute = integerAttribute(index);

export function floatAttribute(type: FloatType): AttributeConstraint<number> {
  return {
    description: `a float attribute of type ${type}`,
    decode: (attribute) =>
      attribute instanceof FloatAttribute && attribute.type === type ? attribute.value : undefined,
    encode: (value) => FloatAttribute.get(value, type),
    impliedType: type,
  };
}

export const f32Attribute = floatAttribute(FloatType.get("f32"));
export const f64Attribute = floatAttribute(FloatType.get("f64"));

export const boolAttribute: AttributeConstraint<boolean> = {
  description: "a bool attribute",
  decode: (attribute) =>
    attribute instanceof IntegerAttribute && attribute.type === i1 ? attribute.value !== 0n : undefined,
  encode: (value) => IntegerAttribute.bool(value),
};

/** Present or absent; as a field it is read as `true` or `undefined`. */
export const unitAttribute: AttributeConstraint<true> = {
  description: "a unit attribute",
  decode: (attribute) => (attribute === UnitAttribute.instance ? true : undefined),
  encode: () => UnitAttribute.instance,
};

export const stringAttribute: AttributeConstraint<string> = {
  description: "a string attribute",
  decode: (attribute) => (attribute instanceof StringAttribute ? attribute.value : undefined),
  encode: (value) => StringAttribute.get(value),
  impliedType: NoneType.instance,
};

/** One of a closed set of words, held as a string attribute. */
export function enumAttribute<const W extends string>(words: readonly W[]): AttributeConstraint<W> {
  const decode = (attribute: Attribute): W | undefined =>
    attribute instanceof StringAttribute ? words.find((word) => word === attribute.value) : undefined;
  const encode = (value: W): Attribute => StringAttribute.get(value);
  const areBare = words.every((word) => bareIdentifier.test(word));
  return {
    description: `one of ${words.map((word) => `"${word}"`).join(", ")}`,
    decode,
    encode,
    impliedType: NoneType.instance,
    ...(areBare ? { spelling: wordSpelling(words, encode, decode) } : {}),
  };
}

/** One of a closed set of words, held as `#dialect.mnemonic<word>` (how upstream dialects spell their enums). */
export function dialectEnumAttribute<const W extends string>(
  dialect: string,
  mnemonic: string,
  words: readonly W[],
): AttributeConstraint<W> {
  const decode = (attribute: Attribute): W | undefined =>
    attribute instanceof OpaqueAttribute && attribute.dialect === dialect
      ? words.find((word) => attribute.body === `${mnemonic}<${word}>`)
      : undefined;
  const encode = (value: W): Attribute => OpaqueAttribute.get(dialect, `${mnemonic}<${value}>`);
  return {
    description: `#${dialect}.${mnemonic}<…> with one of ${words.join(", ")}`,
    decode,
    encode,
    spelling: wordSpelling(words, encode, decode, true),
  };
}

/** A flat symbol reference, as the name without `@`. */
export const symbolAttribute: AttributeConstraint<string> = {
  description: "a flat symbol reference",
  decode: (attribute) =>
    attribute instanceof SymbolReferenceAttribute && attribute.path.length === 1 ? attribute.root : undefined,
  encode: (value) => SymbolReferenceAttribute.get(value),
};

export const typeAttribute: AttributeConstraint<Type> = {
  description: "a type attribute",
  decode: (attribute) => (attribute instanceof TypeAttribute ? attribute.type : undefined),
  encode: (value) => TypeAttribute.get(value),
};

export const functionTypeAttribute: AttributeConstraint<FunctionType> = {
  description: "a function type attribute",
  decode: (attribute) =>
    attribute instanceof TypeAttribute && attribute.type instanceof FunctionType ? attribute.type : undefined,
  encode: (value) => TypeAttribute.get(value),
};

function denseArray(element: IntegerType | FloatType): AttributeConstraint<readonly number[]> {
  return {
    description: `an array<${element}> attribute`,
    decode: (attribute) =>
      attribute instanceof DenseArrayAttribute && attribute.element === element ? attribute.numbers : undefined,
    encode: (value) => DenseArrayAttribute.get(element, value),
    spelling: denseArraySpelling(element),
  };
}

/** `[1, 2]`, with the element type known from the declaration. */
export function denseArraySpelling(element: IntegerType | FloatType): AttributeSpelling {
  return {
    opens: "[",
    print: (attribute) =>
      attribute instanceof DenseArrayAttribute && attribute.element === element ? attribute.elementsText : undefined,
    parse: (parser) => parser.denseArrayElements(element),
  };
}

export const i32ArrayAttribute = denseArray(i32);
export const i64ArrayAttribute = denseArray(i64);
export const f32ArrayAttribute = denseArray(FloatType.get("f32"));
export const f64ArrayAttribute = denseArray(FloatType.get("f64"));

export const boolArrayAttribute: AttributeConstraint<readonly boolean[]> = {
  description: "an array<i1> attribute",
  decode: (attribute) =>
    attribute instanceof DenseArrayAttribute && attribute.element === i1
      ? attribute.numbers.map((value) => value !== 0)
      : undefined,
  encode: (value) => DenseArrayAttribute.get(i1, value.map(Number)),
  spelling: denseArraySpelling(i1),
};

export const affineMapAttribute: AttributeConstraint<AffineMap> = {
  description: "an affine map attribute",
  decode: (attribute) => (attribute instanceof AffineMapAttribute ? attribute.map : undefined),
  encode: (value) => AffineMapAttribute.get(value),
};

export const dictionaryAttribute = attributeOf(DictionaryAttribute, "a dictionary attribute");
export const elementsAttributeConstraint = attributeOf(ElementsAttribute, "a dense elements attribute");

/** `[a, b]` whose elements all satisfy one constraint, as a list of their values. */
export function arrayOf<V>(element: AttributeConstraint<V>): AttributeConstraint<readonly V[]> {
  return {
    description: `an array of ${element.description}`,
    decode: (attribute) => {
      if (!(attribute instanceof ArrayAttribute)) return undefined;
      const values: V[] = [];
      for (const each of attribute.elements) {
        const value = element.decode(each);
        if (value === undefined) return undefined;
        values.push(value);
      }
      return values;
    },
    encode: (values) => ArrayAttribute.get(values.map((value) => element.encode(value))),
  };
}
