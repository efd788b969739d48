/** Reads the builtin types. Each reader stands on the word that names the type. */
import type { Attribute } from "../attributes.ts";
import { AffineMapAttribute, StridedLayoutAttribute } from "../attributes.ts";
import {
  ComplexType,
  dynamic,
  type FloatKind,
  FloatType,
  floatKinds,
  IndexType,
  IntegerType,
  MemRefType,
  NoneType,
  type Signedness,
  TensorType,
  TupleType,
  type Type,
  UnrankedMemRefType,
  UnrankedTensorType,
  VectorType,
} from "../types.ts";
import type { TextParser } from "./text-parser.ts";

/** Types of one word that are not integers. */
const namedTypes = new Map<string, Type>([
  ["index", IndexType.instance],
  ["none", NoneType.instance],
  ...Object.keys(floatKinds).map((kind): [string, Type] => [kind, FloatType.get(kind as FloatKind)]),
]);

const integerWord = /^(s|u)?i([0-9]+)$/;
/** MLIR's own limit. */
const widestInteger = (1 << 24) - 1;

/** The type that is this one word, or undefined. Nothing is consumed. */
export function simpleType(parser: TextParser, word: string): Type | undefined {
  const named = namedTypes.get(word);
  if (named !== undefined) return named;
  const match = word.length < 16 ? integerWord.exec(word) : null;
  if (match === null) return undefined;
  const signedness: Signedness = match[1] === "s" ? "signed" : match[1] === "u" ? "unsigned" : "signless";
  const width = Number(match[2]);
  if (width > widestInteger) throw parser.error(`an integer type is at most ${widestInteger} bits wide, found ${word}`);
  const type = IntegerType.get(width, signedness);
  if (type.text === word && width <= 64) namedTypes.set(word, type);
  return type;
}

const readers: { readonly [word: string]: (parser: TextParser) => Type } = {
  tensor: readTensor,
  memref: readMemRef,
  vector: readVector,
  complex: readComplex,
  tuple: readTuple,
};

/** The words that types start with, and the usual integers. */
export function typeWords(): readonly string[] {
  // Integers that a text used are among the named ones.
  return [...new Set([...namedTypes.keys(), "i1", "i8", "i16", "i32", "i64", ...Object.keys(readers)])];
}

/** A type of several tokens that starts with `word`, or undefined where `word` starts none (nothing is consumed then). */
export function readComposedType(parser: TextParser, word: string): Type | undefined {
  const reader = Object.hasOwn(readers, word) ? readers[word] : undefined;
  if (reader === undefined) return undefined;
  parser.expectKeyword(word);
  parser.expect("<", `behind '${word}'`);
  const type = reader(parser);
  parser.expect(">", `at the end of this ${word} type`);
  return type;
}

function elementOf(parser: TextParser, container: string, isAllowed: (type: Type) => boolean): Type {
  const at = parser.offset;
  const element = parser.parseType();
  if (!isAllowed(element)) throw parser.error(`${element} cannot be the element type of a ${container}`, at);
  return element;
}

function isScalar(type: Type): boolean {
  return type instanceof IntegerType || type instanceof IndexType || type instanceof FloatType;
}

function isDialectType(type: Type): boolean {
  return type.text.startsWith("!");
}

function isTensorElement(type: Type): boolean {
  return isScalar(type) || isDialectType(type) || type instanceof ComplexType || type instanceof VectorType;
}

function isMemRefElement(type: Type): boolean {
  return isTensorElement(type) || type instanceof MemRefType || type instanceof UnrankedMemRefType;
}

function readTensor(parser: TextParser): Type {
  if (parser.accept("*")) {
    parser.expectTimes();
    return UnrankedTensorType.get(elementOf(parser, "tensor", isTensorElement));
  }
  const shape = parser.parseDimensionList();
  const element = elementOf(parser, "tensor", isTensorElement);
  const encoding = parser.accept(",") ? parser.parseAttribute() : undefined;
  return TensorType.get(shape, element, encoding);
}

function readMemRef(parser: TextParser): Type {
  if (parser.accept("*")) {
    parser.expectTimes();
    const element = elementOf(parser, "memref", isMemRefElement);
    return UnrankedMemRefType.get(element, parser.accept(",") ? parser.parseAttribute() : undefined);
  }
  const shape = parser.parseDimensionList();
  const element = elementOf(parser, "memref", isMemRefElement);
  let layout: Attribute | undefined;
  let memorySpace: Attribute | undefined;
  while (parser.accept(",")) {
    const at = parser.offset;
    const attribute = parser.parseAttribute();
    const isLayout = attribute instanceof AffineMapAttribute || attribute instanceof StridedLayoutAttribute;
    if (memorySpace !== undefined) throw parser.error("nothing may follow the memory space of a memref", at);
    if (isLayout && layout !== undefined) throw parser.error("a memref has only one layout", at);
    if (isLayout) layout = attribute;
    else memorySpace = attribute;
    checkLayout(parser, attribute, shape.length, at);
  }
  return MemRefType.get(shape, element, layout, memorySpace);
}

function checkLayout(parser: TextParser, attribute: Attribute, rank: number, at: number): void {
  let found = rank;
  if (attribute instanceof AffineMapAttribute) found = attribute.map.dimensions;
  if (attribute instanceof StridedLayoutAttribute) found = attribute.strides.length;
  if (found !== rank) throw parser.error(`the layout of a memref of rank ${rank} has rank ${found}`, at);
}

function readVector(parser: TextParser): Type {
  const shape: number[] = [];
  const scalable: boolean[] = [];
  for (;;) {
    const at = parser.offset;
    const isScalable = parser.accept("[");
    const code = parser.peekCode();
    if (!isScalable && !(code >= 0x30 && code <= 0x39)) break;
    const size = parser.parseDigits();
    if (size === 0 || size === dynamic) throw parser.error("a vector's sizes are positive", at);
    if (isScalable) parser.expect("]");
    parser.expectTimes();
    shape.push(size);
    scalable.push(isScalable);
  }
  const element = elementOf(parser, "vector", isScalar);
  return VectorType.get(shape, element, scalable);
}

function readComplex(parser: TextParser): Type {
  const isPart = (type: Type): boolean => type instanceof IntegerType || type instanceof FloatType;
  return ComplexType.get(elementOf(parser, "complex", isPart));
}

function readTuple(parser: TextParser): Type {
  return TupleType.get(parser.peek(">") ? [] : parser.parseTypeList());
}
