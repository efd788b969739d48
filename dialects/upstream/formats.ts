/**
 * Hand-written assembly that many upstream ops share: arithmetic with flags (`arith.addf %a, %b fastmath<fast> : f32`),
 * and lists that mix integers and operands (`[0, %i]`).
 */
import { AttributeEntry } from "../../ir/attribute-map.ts";
import type { Attribute } from "../../ir/attributes.ts";
import type { CustomFormat } from "../../ir/format.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import type { OperationParser, UnresolvedOperand } from "../../ir/parser/operation-parser.ts";
import type { TextParser } from "../../ir/parser/text-parser.ts";
import type { OperationPrinter } from "../../ir/printer/operation-printer.ts";
import { index, ShapedType, type Type } from "../../ir/types.ts";
import { dynamicIndex, type WordConstraint } from "./constraints.ts";
import { reassociationAttribute } from "./reshape.ts";

/** A `WordConstraint` as far as text goes: words to attribute and back. */
export interface WordCodec {
  readonly description: string;
  readonly separator: string;
  readonly parse: (words: readonly string[]) => Attribute | undefined;
  readonly print: (attribute: Attribute) => readonly string[] | undefined;
  /** The empty set of flags, which is not written; undefined for enums. */
  readonly none: Attribute | undefined;
}

/** The text side of a constraint on words. */
export function wordCodec<V>(constraint: WordConstraint<V>): WordCodec {
  const empty = constraint.fromWords(["none"]);
  return {
    description: constraint.description,
    separator: constraint.separator,
    none: empty === undefined ? undefined : constraint.encode(empty),
    parse: (words) => {
      const value = constraint.fromWords(words);
      return value === undefined ? undefined : constraint.encode(value);
    },
    print: (attribute) => {
      const value = constraint.decode(attribute);
      return value === undefined ? undefined : constraint.words(value);
    },
  };
}

/** `<a, b>`, standing before `<`. */
export function parseAngleWords(parser: TextParser, codec: WordCodec): Attribute {
  const start = parser.offset;
  const words = parser
    .angleBody()
    .split(",")
    .map((word) => word.trim());
  const attribute = codec.parse(words);
  if (attribute === undefined) throw parser.error(`expected ${codec.description}, found ${words.join(", ")}`, start);
  return attribute;
}

/** One bare word of an enum. */
export function parseWord(parser: TextParser, codec: WordCodec): Attribute {
  const start = parser.offset;
  const word = parser.keyword();
  const attribute = codec.parse([word]);
  if (attribute === undefined) throw parser.error(`expected ${codec.description}, found ${word}`, start);
  return attribute;
}

/** The words of an enum or flags attribute of an operation. */
export function wordsOf(operation: Operation, name: string, codec: WordCodec): readonly string[] {
  const attribute = operation.attribute(name);
  const words = attribute === undefined ? undefined : codec.print(attribute);
  return words ?? [];
}

export interface ElementwiseFormatOptions {
  readonly operands: number;
  readonly flags?: FlagsText;
  /** A word in front of the operands. */
  readonly predicate?: { readonly name: string; readonly codec: WordCodec };
  /** The result's type from the operands' type, where it is another. */
  readonly resultType?: (operandType: Type) => Type;
}

function areOfType(values: readonly Value[], type: Type): boolean {
  for (let index = 0; index < values.length; index++) if (values[index]!.type !== type) return false;
  return true;
}

/** `predicate, %a, %b keyword<flags> {…} : type`: operands of one type, which is written once. */
export function elementwiseFormat(options: ElementwiseFormatOptions): CustomFormat {
  const { operands: count, flags, predicate, resultType } = options;
  const written = [flags?.name, predicate?.name].filter((name) => name !== undefined);
  const noFlags =
    flags?.codec.none === undefined ? undefined : new AttributeEntry(flags.name, flags.codec.none, undefined);
  let lastType: Type | undefined;
  let lastResult: readonly Type[] = [];
  /** `%a, %b : type` of values that are known, as nearly all ops are written; undefined (and nothing consumed) for others. */
  const parsePlain = (parser: OperationParser) => {
    const start = parser.offset;
    const operands = predicate === undefined ? parser.knownOperands(count) : undefined;
    if (operands === undefined) return undefined;
    const type = parser.accept(":") ? parser.parseType() : undefined;
    if (type !== undefined && areOfType(operands, type)) {
      if (type !== lastType) {
        lastType = type;
        lastResult = [resultType === undefined ? type : resultType(type)];
      }
      return { operands, properties: noFlags, resultTypes: lastResult };
    }
    parser.seek(start);
    return undefined;
  };
  return {
    syntax: ({ operandFields }) =>
      [
        predicate === undefined ? "" : `$${predicate.name}, `,
        operandFields.map(({ name }) => `%${name}`).join(", "),
        flags === undefined ? "" : ` (${flags.keyword}<$${flags.name}>)?`,
        ` attr-dict : type(%${operandFields[0]?.name})`,
      ].join(""),
    parse: (parser) => {
      const plain = parsePlain(parser);
      if (plain !== undefined) return plain;
      const properties: [string, Attribute][] = [];
      if (predicate !== undefined) {
        properties.push([predicate.name, parseWord(parser, predicate.codec)]);
        parser.expect(",", "after the predicate");
      }
      const operands: UnresolvedOperand[] = [];
      for (let position = 0; position < count; position++) {
        if (position > 0) parser.expect(",", "between the operands");
        operands.push(parser.parseOperand());
      }
      if (flags !== undefined) {
        const given = parser.acceptKeyword(flags.keyword) ? parseAngleWords(parser, flags.codec) : flags.codec.none;
        if (given !== undefined) properties.push([flags.name, given]);
      }
      const attributes = parser.attributeDictionary();
      parser.expect(":", "before the type");
      const type = parser.parseType();
      return {
        operands: operands.map((each) => parser.resolve(each, type)),
        properties,
        attributes,
        resultTypes: [resultType === undefined ? type : resultType(type)],
      };
    },
    print: (operation, printer) => {
      if (predicate !== undefined) printer.write(` ${wordsOf(operation, predicate.name, predicate.codec).join()},`);
      printer.write(" ");
      printer.operandsOf(operation);
      if (flags !== undefined) printFlags(operation, printer, flags);
      printer.attributeDictionary(operation, written);
      printer.write(" : ");
      printer.type(operation.operand(0).type);
    },
  };
}

/** How flags are written: the attribute's name, the keyword in front and the words. */
export interface FlagsText {
  readonly name: string;
  readonly keyword: string;
  readonly codec: WordCodec;
}

/** ` keyword<a, b>`, or nothing where no flag is set. */
export function printFlags(operation: Operation, printer: OperationPrinter, flags: FlagsText): void {
  const attribute = operation.attribute(flags.name);
  if (attribute === undefined || attribute === flags.codec.none) return;
  const words = flags.codec.print(attribute) ?? [];
  if (words.length === 0 || words[0] === "none") return;
  printer.write(` ${flags.keyword}<${words.join(flags.codec.separator)}>`);
}

/** `%a : f32 to f64` */
export const castFormat = "$input attr-dict `:` type($input) `to` type($result)";

/** What a mixed list of integers and operands reads as. */
export interface ParsedIndexList {
  readonly statics: readonly number[];
  readonly dynamics: readonly UnresolvedOperand[];
}

/** `[0, %i]`, with other brackets where asked. */
export function parseIndexList(parser: OperationParser, open = "[", close = "]"): ParsedIndexList {
  const dynamics: UnresolvedOperand[] = [];
  const statics = parser.delimited(open, close, () => {
    const operand = parser.parseOptionalOperand();
    if (operand === undefined) return parser.parseSize();
    dynamics.push(operand);
    return dynamicIndex;
  });
  return { statics, dynamics };
}

/** The operands of a mixed list, all of type `index`. */
export function resolveIndices(parser: OperationParser, operands: readonly UnresolvedOperand[]): Value[] {
  return operands.map((operand) => parser.resolve(operand, index));
}

/** The inverse of `parseIndexList`. */
export function printIndexList(
  printer: OperationPrinter,
  statics: readonly number[],
  dynamics: readonly Value[],
  open = "[",
  close = "]",
): void {
  let next = 0;
  printer.write(open);
  for (const [position, value] of statics.entries()) {
    if (position > 0) printer.write(", ");
    const operand = value === dynamicIndex ? dynamics[next++] : undefined;
    if (operand === undefined) printer.write(String(value));
    else printer.operand(operand);
  }
  printer.write(close);
}

/** `[[0, 1], [2]]` as an array of arrays of i64. */
export function parseReassociation(parser: TextParser): Attribute {
  const groups = parser.delimited("[", "]", () => parser.delimited("[", "]", () => parser.parseSize()));
  return reassociationAttribute.encode(groups);
}

/** The inverse of `parseReassociation`, of an operation's attribute of that name. */
export function printReassociation(operation: Operation, printer: OperationPrinter): void {
  const attribute = operation.attribute("reassociation");
  const groups = attribute === undefined ? undefined : reassociationAttribute.decode(attribute);
  printer.write(`[${(groups ?? []).map((group) => `[${group.join(", ")}]`).join(", ")}]`);
}

/** `%x, %m[%i] : T`, or with `into` for the comma: puts an element into a shaped value, whose type says what it is. */
export function storeElementFormat(separator: "," | "into"): CustomFormat {
  return {
    syntax: ({ operandFields: [value, target, indices] }) =>
      `%${value?.name}${separator === "," ? "," : " into"} %${target?.name}[%${indices?.name}, …] attr-dict : type(%${target?.name})`,
    parse: (parser) => {
      const value = parser.parseOperand();
      if (separator === ",") parser.expect(",");
      else parser.expectKeyword("into");
      const target = parser.parseOperand();
      const indices = parser.operandList("[", "]");
      const attributes = parser.attributeDictionary();
      parser.expect(":");
      const start = parser.offset;
      const type = parser.parseType();
      if (!(type instanceof ShapedType)) throw parser.error(`expected a tensor or memref type, found ${type}`, start);
      return {
        operands: [
          parser.resolve(value, type.element),
          parser.resolve(target, type),
          ...resolveIndices(parser, indices),
        ],
        attributes,
        resultTypes: separator === "into" ? [type] : [],
      };
    },
    print: (operation, printer) => {
      const [value, target, ...indices] = operation.operands;
      printer.write(" ");
      printer.operand(value!);
      printer.write(separator === "," ? ", " : " into ");
      printer.operand(target!);
      printer.write("[");
      printer.operands(indices);
      printer.write("]");
      printer.attributeDictionary(operation);
      printer.write(" : ");
      printer.type(target!.type);
    },
  };
}

/** `%x[%n] : tensor<?x4xf32>`: repeats a scalar; the sizes of dynamic dimensions in brackets. */
export const splatFormat: CustomFormat = {
  syntax: "%input ([%dynamicSizes, …])? attr-dict : type(%aggregate)",
  parse: (parser) => {
    const input = parser.parseOperand();
    const sizes = parser.peek("[") ? parser.operandList("[", "]") : [];
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const start = parser.offset;
    const type = parser.parseType();
    if (!(type instanceof ShapedType)) throw parser.error(`expected a vector or tensor type, found ${type}`, start);
    return {
      operands: [parser.resolve(input, type.element), ...resolveIndices(parser, sizes)],
      attributes,
      resultTypes: [type],
    };
  },
  print: (operation, printer) => {
    const [input, ...sizes] = operation.operands;
    printer.write(" ");
    printer.operand(input!);
    if (sizes.length > 0) {
      printer.write("[");
      printer.operands(sizes);
      printer.write("]");
    }
    printer.attributeDictionary(operation);
    printer.write(" : ");
    printer.type(operation.onlyResult.type);
  },
};
