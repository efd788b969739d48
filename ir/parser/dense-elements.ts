/** Reads what stands inside `dense<…>`, whose type is known: one element, nested lists, or a hexadecimal string of bytes. */
import { DenseElementsAttribute, type ElementsAttribute, nestedText } from "../attributes.ts";
import { floatLiteral } from "../float-bits.ts";
import { quoted } from "../quoted.ts";
import {
  allocateElements,
  type ElementArray,
  type ElementName,
  elementBytes,
  elementsFromBytes,
  numberToBf16,
} from "../tensor-data.ts";
import { TextElementsAttribute } from "../text-elements.ts";
import {
  ComplexType,
  elementNameOf,
  FloatType,
  IndexType,
  IntegerType,
  i1,
  type ShapedType,
  type Type,
} from "../types.ts";
import { floatOfLiteral, integerOfLiteral } from "./numbers.ts";
import type { TextParser } from "./text-parser.ts";

/**
 * The parser stands behind `dense<` and ends before `>`; `at` is where the attribute starts, `bodyLength` how many
 * characters its body has.
 */
export function readDenseElements(
  parser: TextParser,
  type: ShapedType,
  at: number,
  bodyLength: number,
): ElementsAttribute {
  const name = elementNameOf(type.element);
  if (name === undefined) return readTextElements(parser, type, bodyLength);
  if (parser.peek(">")) {
    if (type.count !== 0) throw parser.error(`expected ${type.count} elements of ${type}, found none`);
    return DenseElementsAttribute.get(type, allocateElements(name, 0));
  }
  if (parser.peek('"')) return DenseElementsAttribute.get(type, elementsOfHex(parser, type, name));
  if (!parser.peek("[")) {
    const element = new ElementReader(parser, type, name, 1);
    element.read();
    if (type.count === 0) throw parser.error(`${type} has no elements, found one`, at);
    return DenseElementsAttribute.get(type, element.data);
  }
  // Checked before a large type could make a large array.
  if (type.count > bodyLength) throw parser.error(`expected ${type.count} elements of ${type}, found fewer`);
  const reader = new ElementReader(parser, type, name, type.count);
  readList(parser, type, 0, () => reader.read());
  return DenseElementsAttribute.get(type, reader.data);
}

/** `[ … ]` of dimension `axis`; `read` takes one element. */
function readList(parser: TextParser, type: ShapedType, axis: number, read: () => void): void {
  const size = type.shape[axis];
  const at = parser.offset;
  if (size === undefined) throw parser.error(`these lists are nested deeper than the rank of ${type}`);
  parser.expect("[");
  let length = 0;
  if (!parser.peek("]")) {
    do {
      if (length === size) throw parser.error(`expected ${size} entries in dimension ${axis} of ${type}, found more`);
      length++;
      if (parser.peek("[")) readList(parser, type, axis + 1, read);
      else {
        if (axis + 1 !== type.rank) throw parser.expected(`'[' for dimension ${axis + 1} of ${type}`);
        read();
      }
    } while (parser.accept(","));
  }
  if (length !== size) {
    throw parser.error(`expected ${size} entries in dimension ${axis} of ${type}, found ${length}`, at);
  }
  if (!parser.accept("]")) throw parser.expected("',' or ']'");
}

// ------------------------------------------------------------------------------------- elements without a host array

/** Elements kept as text: complex numbers, strings, integers and floats of unusual widths. */
function readTextElements(parser: TextParser, type: ShapedType, bodyLength: number): ElementsAttribute {
  const { element } = type;
  if (parser.peek(">")) {
    if (type.count !== 0) throw parser.error(`expected ${type.count} elements of ${type}, found none`);
    return TextElementsAttribute.get("dense<>", type);
  }
  const isText = !(element instanceof ComplexType || isNumberType(element));
  if (parser.peek('"') && !isText) return TextElementsAttribute.get(`dense<${quoted(hexString(parser))}>`, type);
  const texts: string[] = [];
  const read = () => texts.push(elementText(parser, element));
  if (parser.peek("[")) {
    if (type.count > bodyLength) throw parser.error(`expected ${type.count} elements of ${type}, found fewer`);
    readList(parser, type, 0, read);
  } else {
    const at = parser.offset;
    read();
    if (type.count === 0) throw parser.error(`${type} has no elements, found one`, at);
  }
  const isSplat = texts.every((text) => text === texts[0]);
  return TextElementsAttribute.get(`dense<${isSplat ? texts[0] : nestedText(type.shape, texts)}>`, type);
}

type NumberType = IntegerType | IndexType | FloatType;

function isNumberType(type: Type): type is NumberType {
  return type instanceof IntegerType || type instanceof IndexType || type instanceof FloatType;
}

/** The string of bytes of elements that only MLIR takes apart. */
function hexString(parser: TextParser): string {
  const at = parser.offset;
  const text = parser.parseString();
  if (!/^0x(?:[0-9A-Fa-f]{2})*$/.test(text))
    throw parser.error('expected a string of whole hexadecimal bytes that starts with "0x"', at);
  return text;
}

/** One element, in MLIR's spelling. */
function elementText(parser: TextParser, type: Type): string {
  if (!(type instanceof ComplexType)) {
    return isNumberType(type) ? numberText(parser, type) : quoted(parser.parseString());
  }
  parser.expect("(", `and an element of type ${type}`);
  const real = elementText(parser, type.element);
  parser.expect(",", "between the parts of a complex number");
  const imaginary = elementText(parser, type.element);
  parser.expect(")", "behind a complex number");
  return `(${real},${imaginary})`;
}

function numberText(parser: TextParser, type: NumberType): string {
  const at = parser.offset;
  const isTruth = type instanceof IntegerType && type.width === 1;
  const truth = isTruth ? optionalTruth(parser) : undefined;
  if (truth !== undefined) return truth === 1 ? "true" : "false";
  const literal = parser.optionalNumber();
  if (literal === undefined) throw parser.expected(`an element of type ${type}`);
  if (type instanceof FloatType) return floatLiteral(floatOfLiteral(parser, literal, type, at), type.kind);
  const value = integerOfLiteral(parser, literal, type, at);
  if (isTruth) return value === 0n ? "false" : "true";
  const isUnsigned = type instanceof IntegerType && type.signedness === "unsigned";
  const width = type instanceof IntegerType ? type.width : 64;
  return String(isUnsigned ? value : BigInt.asIntN(width, value));
}

class ElementReader {
  readonly data: ElementArray;
  readonly #parser: TextParser;
  readonly #type: ShapedType;
  readonly #name: ElementName;
  #count = 0;

  constructor(parser: TextParser, type: ShapedType, name: ElementName, length: number) {
    this.#parser = parser;
    this.#type = type;
    this.#name = name;
    this.data = allocateElements(name, length);
  }

  /** One element. */
  read(): void {
    const parser = this.#parser;
    const { element } = this.#type;
    const at = parser.offset;
    const truth = element === i1 ? optionalTruth(parser) : undefined;
    if (truth !== undefined) {
      this.#store(truth);
      return;
    }
    const literal = parser.optionalNumber();
    if (literal === undefined) throw parser.expected(`an element of type ${element}`);
    if (element instanceof FloatType) this.#store(floatOfLiteral(parser, literal, element, at));
    else if (element instanceof IntegerType || element instanceof IndexType) {
      this.#store(integerOfLiteral(parser, literal, element, at));
    }
  }

  #store(value: number | bigint): void {
    const { data } = this;
    const position = this.#count++;
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[position] = BigInt(value);
    else if (this.#name === "bf16") data[position] = numberToBf16(Number(value));
    else if (this.#name === "i1") data[position] = Number(value) & 1;
    else if (this.#name === "i4") data[position] = Number(BigInt.asIntN(4, BigInt(value)));
    else data[position] = Number(value);
  }
}

function optionalTruth(parser: TextParser): 0 | 1 | undefined {
  if (parser.acceptKeyword("true")) return 1;
  return parser.acceptKeyword("false") ? 0 : undefined;
}

/** The bytes of all elements, or of the one that all equal. Bits of i1 are packed, eight to a byte. */
function elementsOfHex(parser: TextParser, type: ShapedType, name: ElementName): ElementArray {
  const at = parser.offset;
  const text = parser.parseString();
  if (!text.startsWith("0x")) throw parser.error('expected a string of hexadecimal bytes that starts with "0x"', at);
  const bytes = Uint8Array.from(Buffer.from(text.slice(2), "hex"));
  if (bytes.length * 2 !== text.length - 2) throw parser.error("this is not a string of whole hexadecimal bytes", at);
  const wanted = name === "i1" ? Math.ceil(type.count / 8) : type.count * elementBytes(name);
  const single = elementBytes(name);
  if (bytes.length !== wanted && bytes.length !== single) {
    throw parser.error(
      `${type} takes ${wanted} bytes (${single} where all elements are equal), found ${bytes.length}`,
      at,
    );
  }
  if (name !== "i1") return elementsFromBytes(name, bytes);
  // A single byte of all zeros or ones stands for every element.
  if (bytes.length === 1 && (bytes[0] === 0 || bytes[0] === 0xff)) return Uint8Array.of(bytes[0] & 1);
  const bits = allocateElements("i1", type.count);
  for (let position = 0; position < bits.length; position++) {
    bits[position] = ((bytes[position >> 3] ?? 0) >> (position & 7)) & 1;
  }
  return bits;
}
