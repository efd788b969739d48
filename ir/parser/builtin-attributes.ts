/** Reads the builtin attributes. */
import {
  AffineMapAttribute,
  ArrayAttribute,
  type Attribute,
  DenseArrayAttribute,
  DenseResourceAttribute,
  DictionaryAttribute,
  FloatAttribute,
  IntegerAttribute,
  LocationAttribute,
  StridedLayoutAttribute,
  StringAttribute,
  SymbolReferenceAttribute,
  TypeAttribute,
  UnitAttribute,
  VerbatimAttribute,
} from "../attributes.ts";
import { TextElementsAttribute } from "../text-elements.ts";
import { dynamic, FloatType, f64, IndexType, IntegerType, i1, i64, ShapedType, type Type } from "../types.ts";
import { checkAffineSet } from "./affine.ts";
import { readDenseElements } from "./dense-elements.ts";
import { readDialectAttribute } from "./dialect-symbols.ts";
import type { NumberLiteral } from "./lexer.ts";
import { floatOfLiteral, integerOfLiteral } from "./numbers.ts";
import type { TextParser } from "./text-parser.ts";

/** An attribute if one is next. With a hint, numbers, strings and elements are of that type and no `: type` follows. */
export function readAttribute(parser: TextParser, hint: Type | undefined): Attribute | undefined {
  const code = parser.peekCode();
  switch (code) {
    case 0x22: // "
      return readString(parser, hint);
    case 0x5b: // [
      return ArrayAttribute.get(parser.delimited("[", "]", () => parser.parseAttribute()));
    case 0x7b: // {
      return DictionaryAttribute.get(readDictionary(parser));
    case 0x40: // @
      return readSymbolReference(parser);
    case 0x23: // #
      return readDialectAttribute(parser);
    case 0x21: // !
    case 0x28: // (
      return TypeAttribute.get(parser.parseType());
  }
  if (parser.peekNumber()) return readNumber(parser, hint);
  const word = parser.peekIdentifier();
  if (word === undefined) return undefined;
  const reader = Object.hasOwn(readers, word) ? readers[word] : undefined;
  if (reader !== undefined) return reader(parser, hint);
  const type = parser.parseOptionalType();
  return type === undefined ? undefined : TypeAttribute.get(type);
}

const readers: { readonly [word: string]: (parser: TextParser, hint: Type | undefined) => Attribute } = {
  true: (parser) => word(parser, "true", IntegerAttribute.bool(true)),
  false: (parser) => word(parser, "false", IntegerAttribute.bool(false)),
  unit: (parser) => word(parser, "unit", UnitAttribute.instance),
  loc: (parser) => LocationAttribute.get(parser.parseLocation()),
  affine_map: readAffineMapAttribute,
  affine_set: readAffineSet,
  array: readDenseArray,
  dense: readDense,
  dense_resource: readResource,
  distinct: readDistinct,
  sparse: readSparse,
  strided: readStrided,
};

function word(parser: TextParser, text: string, value: Attribute): Attribute {
  parser.expectKeyword(text);
  return value;
}

/** `{a = 1, b}` in the order of the text. */
export function readDictionary(parser: TextParser): Map<string, Attribute> {
  const entries = new Map<string, Attribute>();
  const open = parser.offset;
  parser.expect("{");
  if (parser.accept("}")) return entries;
  do {
    const at = parser.offset;
    const name = parser.parseOptionalString() ?? parser.keyword("the name of an attribute");
    if (entries.has(name)) throw parser.error(`the attribute '${name}' is given twice`, at);
    if (name === "") throw parser.error("the name of an attribute cannot be empty", at);
    entries.set(name, parser.accept("=") ? parser.parseAttribute() : UnitAttribute.instance);
  } while (parser.accept(","));
  if (!parser.accept("}")) throw parser.expectedInside("',' or '}' in this dictionary", open);
  return entries;
}

function readString(parser: TextParser, hint: Type | undefined): Attribute {
  const value = parser.parseString();
  if (hint !== undefined) return StringAttribute.get(value, hint);
  return parser.accept(":") ? StringAttribute.get(value, parser.parseType()) : StringAttribute.get(value);
}

function readSymbolReference(parser: TextParser): Attribute {
  const path = [parser.parseSymbolName()];
  while (parser.accept("::")) path.push(parser.parseSymbolName());
  return SymbolReferenceAttribute.get(...path);
}

// ---------------------------------------------------------------------------------------------------------- numbers

function isNumeric(type: Type): type is IntegerType | IndexType | FloatType {
  return type instanceof IntegerType || type instanceof IndexType || type instanceof FloatType;
}

function readNumber(parser: TextParser, hint: Type | undefined): Attribute {
  return readShortInteger(parser, hint) ?? readAnyNumber(parser, hint);
}

/** The usual integer, which needs no exact arithmetic; undefined (and nothing consumed) where it is another number or wrong. */
function readShortInteger(parser: TextParser, hint: Type | undefined): IntegerAttribute | undefined {
  const at = parser.offset;
  const value = parser.optionalShortInteger();
  if (value === undefined) return undefined;
  const type = hint !== undefined && isNumeric(hint) ? hint : parser.accept(":") ? parser.parseType() : i64;
  const isInteger = type instanceof IntegerType || type instanceof IndexType;
  if (isInteger && isInRange(value, type)) return IntegerAttribute.get(value, type);
  parser.seek(at);
  return undefined;
}

/** Whether a short integer fits a type, with MLIR's rule that a literal may fill all bits of a signless type. */
function isInRange(value: number, type: IntegerType | IndexType): boolean {
  const { width, signedness } = type instanceof IndexType ? { width: 64, signedness: "signed" } : type;
  if (width > 53) return value >= 0 || signedness !== "unsigned";
  if (width === 0) return false;
  const highest = 2 ** (signedness === "signed" ? width - 1 : width) - 1;
  return value <= highest && value >= (signedness === "unsigned" ? 0 : -(2 ** (width - 1)));
}

function readAnyNumber(parser: TextParser, hint: Type | undefined): Attribute {
  const at = parser.offset;
  const literal = parser.optionalNumber()!;
  const type = hint !== undefined && isNumeric(hint) ? hint : numberType(parser, literal);
  if (type instanceof FloatType) return FloatAttribute.get(floatOfLiteral(parser, literal, type, at), type);
  return IntegerAttribute.get(integerOfLiteral(parser, literal, type, at), type);
}

/** The type behind a number; a bare integer is i64 and a bare float f64. */
function numberType(parser: TextParser, literal: NumberLiteral): IntegerType | IndexType | FloatType {
  if (!parser.accept(":")) return literal.kind === "float" ? f64 : i64;
  const at = parser.offset;
  const type = parser.parseType();
  if (!isNumeric(type)) throw parser.error(`a number must be of an integer, index or float type, not ${type}`, at);
  return type;
}

/** `i64: 1, 2` behind `array<`. */
function readDenseArray(parser: TextParser): Attribute {
  parser.expectKeyword("array");
  parser.expect("<", "behind 'array'");
  const at = parser.offset;
  const element = parser.parseType();
  if (!(element instanceof IntegerType || element instanceof FloatType)) {
    throw parser.error(`the elements of an array must be integers or floats, not ${element}`, at);
  }
  if (element instanceof IntegerType && element !== i1 && element.width % 8 !== 0) {
    throw parser.error(`the element width of an array must be 1 or a multiple of 8, not ${element.width}`, at);
  }
  const values = parser.accept(":") ? readDenseArrayElements(parser, element) : [];
  parser.expect(">", "at the end of this array");
  return DenseArrayAttribute.get(element, values);
}

/** One or more elements of a packed array. */
export function readDenseArrayElements(parser: TextParser, element: IntegerType | FloatType): (number | bigint)[] {
  return parser.commaSeparated(() => {
    if (element === i1) {
      if (parser.acceptKeyword("true")) return 1;
      if (parser.acceptKeyword("false")) return 0;
    }
    const at = parser.offset;
    const literal = parser.optionalNumber();
    if (literal === undefined)
      throw parser.expected(element === i1 ? "'true' or 'false'" : `a number of type ${element}`);
    if (element instanceof FloatType) return floatOfLiteral(parser, literal, element, at);
    const value = integerOfLiteral(parser, literal, element, at);
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  });
}

// --------------------------------------------------------------------------------------------------------- elements

/** `: type` of an elements attribute, which must have a static shape. */
function elementsType(parser: TextParser, hint: Type | undefined): ShapedType {
  if (hint === undefined) parser.expect(":", "and the type of these elements");
  const at = parser.offset;
  const type = hint ?? parser.parseType();
  if (!(type instanceof ShapedType) || type.text.startsWith("memref")) {
    throw parser.error(`elements must be of a ranked tensor or vector type, not ${type}`, at);
  }
  if (!type.isStatic) throw parser.error(`elements must be of a static shape, not ${type}`, at);
  return type;
}

function readDense(parser: TextParser, hint: Type | undefined): Attribute {
  const at = parser.offset;
  parser.expectKeyword("dense");
  const start = parser.offset;
  // The elements are read once their type, which stands behind them, is known.
  const bodyLength = parser.angleBody().length;
  const type = elementsType(parser, hint);
  const end = parser.offset;
  parser.seek(start);
  parser.expect("<");
  const attribute = readDenseElements(parser, type, at, bodyLength);
  parser.expect(">", "at the end of these elements");
  parser.seek(end);
  return attribute;
}

function storageBits(type: Type): number | undefined {
  if (type instanceof IndexType) return 64;
  return type instanceof IntegerType || type instanceof FloatType ? type.width : undefined;
}

function readResource(parser: TextParser, hint: Type | undefined): Attribute {
  parser.expectKeyword("dense_resource");
  parser.expect("<", "behind 'dense_resource'");
  const key = parser.parseOptionalString() ?? parser.keyword("the key of a resource");
  parser.expect(">");
  const at = parser.offset;
  const type = elementsType(parser, hint);
  const blob = parser.definitions.blob(key);
  if (blob === undefined) return DenseResourceAttribute.unresolved(type, key);
  const bits = storageBits(type.element);
  const bytes = bits === undefined ? undefined : type.count * Math.ceil(bits / 8);
  if (bytes !== undefined && blob.bytes.length !== bytes) {
    throw parser.error(`${type} takes ${bytes} bytes, but resource '${key}' has ${blob.bytes.length}`, at);
  }
  return DenseResourceAttribute.get(type, blob);
}

// ----------------------------------------------------------------------------------------------------------- others

function readAffineMapAttribute(parser: TextParser): Attribute {
  parser.expectKeyword("affine_map");
  parser.expect("<", "behind 'affine_map'");
  const map = parser.parseAffineMap();
  parser.expect(">", "at the end of this affine map");
  return AffineMapAttribute.get(map);
}

/** An affine set is checked for its form and kept as text. */
function readAffineSet(parser: TextParser): Attribute {
  parser.expectKeyword("affine_set");
  parser.expect("<", "behind 'affine_set'");
  const start = parser.offset;
  checkAffineSet(parser);
  const text = parser.source.slice(start, parser.offset).trim();
  parser.expect(">", "at the end of this affine set");
  return VerbatimAttribute.get(`affine_set<${text}>`);
}

/** `distinct[0]<attribute>`: the number tells two equal attributes apart. */
function readDistinct(parser: TextParser): Attribute {
  parser.expectKeyword("distinct");
  parser.expect("[");
  const number = parser.parseInteger();
  parser.expect("]");
  parser.expect("<");
  const referenced = parser.peek(">") ? UnitAttribute.instance : parser.parseAttribute();
  parser.expect(">");
  return VerbatimAttribute.get(`distinct[${number}]<${referenced === UnitAttribute.instance ? "" : referenced}>`);
}

/** `sparse<[[0, 1]], [2.0]> : tensor<…>` is kept as text. */
function readSparse(parser: TextParser, hint: Type | undefined): Attribute {
  parser.expectKeyword("sparse");
  if (!parser.peek("<")) throw parser.expected("'<' behind 'sparse'");
  const body = parser.angleBody();
  return TextElementsAttribute.get(`sparse<${body}>`, elementsType(parser, hint));
}

function readStrided(parser: TextParser): Attribute {
  parser.expectKeyword("strided");
  parser.expect("<", "behind 'strided'");
  const value = () => {
    const at = parser.offset;
    if (parser.accept("?")) return dynamic;
    const size = parser.parseSize();
    if (size === dynamic)
      throw parser.error("a stride or offset of -1 is not supported: it stands for one that is not known", at);
    return size;
  };
  const strides = parser.delimited("[", "]", value);
  let offset = 0;
  if (parser.accept(",")) {
    parser.expectKeyword("offset");
    parser.expect(":");
    offset = value();
  }
  parser.expect(">", "at the end of this layout");
  return StridedLayoutAttribute.get(strides, offset);
}
