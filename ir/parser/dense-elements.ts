/** Reads what stands inside `dense<…>`, whose type is known: one element, nested lists, or a hexadecimal string of bytes. */
import { DenseElementsAttribute } from "../attributes.ts";
import {
  allocateElements,
  type ElementArray,
  type ElementName,
  elementBytes,
  elementsFromBytes,
  numberToBf16,
} from "../tensor-data.ts";
import { ComplexType, elementNameOf, FloatType, IndexType, IntegerType, i1, type ShapedType } from "../types.ts";
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
): DenseElementsAttribute {
  const name = elementNameOf(type.element);
  if (name === undefined) {
    const reason =
      type.element instanceof ComplexType ? "complex constants are not supported" : "it has no host representation";
    throw parser.error(`cannot read dense elements of type ${type.element}: ${reason}`, at);
  }
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
  reader.list(0);
  return DenseElementsAttribute.get(type, reader.data);
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

  /** `[ … ]` of dimension `axis`. */
  list(axis: number): void {
    const parser = this.#parser;
    const size = this.#type.shape[axis];
    const at = parser.offset;
    if (size === undefined) throw parser.error(`these lists are nested deeper than the rank of ${this.#type}`);
    parser.expect("[");
    let length = 0;
    if (!parser.peek("]")) {
      do {
        if (length === size)
          throw parser.error(`expected ${size} entries in dimension ${axis} of ${this.#type}, found more`);
        length++;
        if (parser.peek("[")) this.list(axis + 1);
        else {
          if (axis + 1 !== this.#type.rank) throw parser.expected(`'[' for dimension ${axis + 1} of ${this.#type}`);
          this.read();
        }
      } while (parser.accept(","));
    }
    if (length !== size) {
      throw parser.error(`expected ${size} entries in dimension ${axis} of ${this.#type}, found ${length}`, at);
    }
    if (!parser.accept("]")) throw parser.expected("',' or ']'");
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
