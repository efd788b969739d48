/**
 * Hand-written assembly put together from parts, as MLIR's declarative formats are: `assembly([operand("source"),
 * indexList("sizes", "static_sizes"), dictionary, colon, typeOf("source")])`. Each part both reads and writes its piece, so that
 * the two cannot disagree; groups of operands, segment sizes and types that follow from others are filled in from the
 * declaration. For what a format string does not express: lists that mix integers and operands, and types made of types.
 */
import { type Attribute, DenseArrayAttribute, UnitAttribute } from "../../ir/attributes.ts";
import { type AttributeConstraint, arrayOf, i64Attribute } from "../../ir/constraints.ts";
import type { OperationDefinition } from "../../ir/declaration.ts";
import type { CustomFormat } from "../../ir/format.ts";
import type { Operation, Region, Value } from "../../ir/operation.ts";
import type { OperationParser, UnresolvedOperand } from "../../ir/parser/operation-parser.ts";
import type { OperationPrinter } from "../../ir/printer/operation-printer.ts";
import { i32, i64, index, ShapedType, type Type } from "../../ir/types.ts";
import { staticIndices, type WordConstraint } from "./constraints.ts";
import {
  type FlagsText,
  parseAngleWords,
  parseIndexList,
  parseReassociation,
  parseWord,
  printFlags,
  printIndexList,
  printReassociation,
  wordCodec,
  wordsOf,
} from "./formats.ts";

/** What has been read of an operation so far. */
export interface Draft {
  readonly definition: OperationDefinition;
  readonly operands: Map<string, readonly UnresolvedOperand[]>;
  /** Types by the name of the operand or result field that they belong to. */
  readonly types: Map<string, readonly Type[]>;
  /** Where the types of a field were written. */
  readonly typesAt: Map<string, number>;
  readonly properties: Map<string, Attribute>;
  readonly attributes: Map<string, Attribute>;
  readonly regions: Region[];
}

/** One piece of an op's assembly. */
export interface Part {
  readonly parse: (parser: OperationParser, draft: Draft) => void;
  readonly print: (operation: Operation, printer: OperationPrinter) => void;
  /** Inherent attributes that it writes, which the dictionary leaves out. */
  readonly writes?: readonly string[];
  /** Whether it is the attribute dictionary, which is told what the other parts write. */
  readonly isDictionary?: boolean;
  /** How it is written, for documentation (see `CustomFormat.syntax`). */
  readonly syntax: string;
}

/** A type that is not written: made from the types of another field. */
export type ImpliedTypes = { readonly [field: string]: (types: ReadonlyMap<string, readonly Type[]>) => Type };

/** The values of an operand or result field; empty for a field that the op does not have. */
export function valuesOf(operation: Operation, field: string): readonly Value[] {
  const { definition } = operation;
  if (definition === undefined) return [];
  const operands = definition.operandFields.findIndex((each) => each.name === field);
  if (operands >= 0) {
    const { start, count } = definition.operandGroup(operation, operands);
    return operation.operands.slice(start, start + count);
  }
  const results = definition.resultFields.findIndex((each) => each.name === field);
  if (results < 0) return [];
  const { start, count } = definition.resultGroup(operation, results);
  return operation.results.slice(start, start + count);
}

/** The element type of a field whose type is written. */
export function elementOf(field: string): ImpliedTypes[string] {
  return (types) => {
    const type = types.get(field)?.[0];
    if (!(type instanceof ShapedType))
      throw new Error(`expected a vector, tensor or memref type, found ${type ?? "none"}`);
    return type.element;
  };
}

/** The type of another field. */
export function sameAs(field: string): ImpliedTypes[string] {
  return (types) => {
    const type = types.get(field)?.[0];
    if (type === undefined) throw new Error(`the type of ${field} is missing`);
    return type;
  };
}

/**
 * A format from its parts. Types come from the parts that write them, then from `implied`, then from constraints that
 * allow one type only; result types may also be left to the declaration's `infer`.
 */
export function assembly(parts: readonly Part[], implied: ImpliedTypes = {}): CustomFormat {
  const written = parts.flatMap((part) => part.writes ?? []);
  return {
    syntax: syntaxOf(parts).trim(),
    parse: (parser) => {
      const definition = parser.currentDefinition;
      if (definition === undefined) throw parser.operationError("has no declaration");
      const draft: Draft = {
        definition,
        operands: new Map(),
        types: new Map(),
        typesAt: new Map(),
        properties: new Map(),
        attributes: new Map(),
        regions: [],
      };
      for (const part of parts) part.parse(parser, draft);
      return finish(parser, draft, implied);
    },
    print: (operation, printer) => {
      for (const part of parts) {
        if (part.isDictionary) printer.attributeDictionary(operation, written);
        else part.print(operation, printer);
      }
    },
  };
}

function syntaxOf(parts: readonly Part[]): string {
  return parts
    .map((part) => part.syntax)
    .join("")
    .replaceAll(/ +/g, " ")
    .replaceAll(/(?<=[[(]) /g, "");
}

function finish(parser: OperationParser, draft: Draft, implied: ImpliedTypes) {
  const { definition, operands, properties, types } = draft;
  const typesOfField = (name: string, only: Type | undefined, count: number): readonly Type[] | undefined => {
    const given = types.get(name);
    if (given !== undefined) return given;
    const make = implied[name];
    const type = make === undefined ? only : implies(parser, () => make(types));
    return type === undefined ? undefined : Array.from({ length: count }, () => type);
  };
  const counts: number[] = [];
  const values: Value[][] = [];
  for (const { name, field } of definition.operandFields) {
    const group = operands.get(name) ?? [];
    const groupTypes = group.length === 0 ? [] : typesOfField(name, field.constraint.only, group.length);
    if (groupTypes === undefined) throw parser.operationError(`cannot tell the type of ${name} from this text`);
    types.set(name, groupTypes);
    counts.push(group.length);
    values.push(parser.resolveAll(group, groupTypes, draft.typesAt.get(name) ?? parser.offset));
  }
  if (definition.hasTrait("AttrSizedOperandSegments"))
    properties.set("operandSegmentSizes", DenseArrayAttribute.get(i32, counts));
  return {
    operands: values.flat(),
    resultTypes: resultTypes(parser, draft, values, typesOfField),
    properties,
    attributes: draft.attributes,
    regions: draft.regions,
  };
}

function resultTypes(
  parser: OperationParser,
  { definition, attributes, properties, regions }: Draft,
  values: readonly (readonly Value[])[],
  typesOfField: (name: string, only: Type | undefined, count: number) => readonly Type[] | undefined,
): readonly Type[] {
  const known = definition.resultFields.map(({ name, field }) =>
    field.arity === "one" ? typesOfField(name, field.constraint.only, 1) : (typesOfField(name, undefined, 0) ?? []),
  );
  if (known.every((group) => group !== undefined)) return known.flat();
  const view: { [name: string]: unknown } = {};
  for (const [position, { name, field }] of definition.operandFields.entries())
    view[name] = field.arity === "variadic" ? values[position] : values[position]?.[0];
  for (const { name, field } of definition.attributeFields) {
    const attribute = properties.get(name) ?? attributes.get(name);
    if (attribute !== undefined) view[name] = field.constraint.decode(attribute);
    if (view[name] === undefined && field.arity === "one")
      throw parser.operationError(`needs the attribute '${name}', ${field.constraint.description}`);
  }
  for (const [position, { name }] of definition.regionFields.entries()) view[name] = regions[position];
  const inferred = implies(parser, () => definition.inferResultTypes(view, values));
  if (inferred === undefined) throw parser.operationError("cannot tell the types of the results from this text");
  return inferred;
}

/** A sentence of a rule about types becomes a diagnostic at the op. */
function implies<T>(parser: OperationParser, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof Error) || error.constructor !== Error) throw error;
    throw parser.operationError(error.message);
  }
}

// ------------------------------------------------------------------------------------------------------ plain parts

/** Punctuation or a word as it stands, with the blanks around it that are printed. */
export function text(printed: string): Part {
  const tokens = printed.match(/[A-Za-z_]\w*|->|[^\sA-Za-z_]/g) ?? [];
  return {
    syntax: printed,
    parse: (parser) => {
      for (const token of tokens) {
        if (/^[A-Za-z_]/.test(token)) parser.expectKeyword(token);
        else parser.expect(token);
      }
    },
    print: (_, printer) => printer.write(printed),
  };
}

export const comma = text(", ");
export const colon = text(" : ");

/** The blank behind the op's name, or between two parts. */
export const blank: Part = { syntax: " ", parse: () => {}, print: (_, printer) => printer.write(" ") };

/** `{a = 1}`, with a blank in front where there is something. */
export const dictionary: Part = {
  isDictionary: true,
  syntax: " attr-dict",
  parse: (parser, draft) => {
    const at = parser.offset;
    for (const [name, attribute] of parser.attributeDictionary()) {
      if (draft.properties.has(name))
        throw parser.error(`'${name}' has a place in the custom form: it cannot stand in the dictionary too`, at);
      draft.attributes.set(name, attribute);
    }
  },
  print: () => {},
};

/** `%x`, one operand. */
export function operand(field: string): Part {
  return {
    syntax: `%${field}`,
    parse: (parser, draft) => draft.operands.set(field, [parser.parseOperand()]),
    print: (operation, printer) => printer.operands(valuesOf(operation, field)),
  };
}

/** `%x, %y` or nothing; inside brackets where these are given. */
export function operands(field: string, open = "", close = ""): Part {
  return {
    syntax: `${open}%${field}, …${close}`,
    parse: (parser, draft) =>
      draft.operands.set(field, open === "" ? parser.operandList() : parser.operandList(open, close)),
    print: (operation, printer) => {
      printer.write(open);
      printer.operands(valuesOf(operation, field));
      printer.write(close);
    },
  };
}

/** Parts that stand there where `field`, an operand field or an attribute, does; `opens` is how they begin. */
export function optionally(field: string, opens: string, parts: readonly Part[]): Part {
  return {
    syntax: ` (${syntaxOf(parts).trim()})?`,
    writes: parts.flatMap((part) => part.writes ?? []),
    parse: (parser, draft) => {
      const isThere = /^[A-Za-z_]/.test(opens) ? parser.peekKeyword(opens) : parser.peek(opens);
      if (isThere) for (const part of parts) part.parse(parser, draft);
    },
    print: (operation, printer) => {
      if (valuesOf(operation, field).length === 0 && operation.attribute(field) === undefined) return;
      for (const part of parts) part.print(operation, printer);
    },
  };
}

/** `T`, the type of one operand or result. */
export function typeOf(field: string): Part {
  return {
    syntax: `type(%${field})`,
    parse: (parser, draft) => {
      draft.typesAt.set(field, parser.offset);
      draft.types.set(field, [parser.parseType()]);
    },
    print: (operation, printer) => printer.types(valuesOf(operation, field).map((value) => value.type)),
  };
}

/** `T, U`, the types of a field that takes several. */
export function typesOf(field: string): Part {
  return {
    syntax: `type(%${field})`,
    parse: (parser, draft) => {
      draft.typesAt.set(field, parser.offset);
      draft.types.set(field, parser.parseTypeList());
    },
    print: (operation, printer) => printer.types(valuesOf(operation, field).map((value) => value.type)),
  };
}

/** `(T, U) -> V`: the types of some operand fields and of all results. */
export function signature(...fields: readonly string[]): Part {
  return {
    syntax: `(${fields.map((field) => `type(%${field})`).join(", ")}) -> type(results)`,
    parse: (parser, draft) => {
      const at = parser.offset;
      const { inputs, results } = parser.functionType();
      const groups = fields.map((field) => draft.operands.get(field) ?? []);
      const wanted = groups.reduce((sum, group) => sum + group.length, 0);
      if (wanted !== inputs.length)
        throw parser.error(`there are ${wanted} operands here, but ${inputs.length} types`, at);
      let start = 0;
      for (const [position, field] of fields.entries()) {
        const end = start + groups[position]!.length;
        draft.types.set(field, inputs.slice(start, end));
        draft.typesAt.set(field, at);
        start = end;
      }
      const [first, ...rest] = draft.definition.resultFields;
      if (first !== undefined && rest.length === 0) draft.types.set(first.name, results);
      else
        for (const [position, { name }] of draft.definition.resultFields.entries())
          draft.types.set(name, results.slice(position, position + 1));
    },
    print: (operation, printer) =>
      printer.functionType(
        fields.flatMap((field) => valuesOf(operation, field).map((value) => value.type)),
        operation.results.map((result) => result.type),
      ),
  };
}

// ------------------------------------------------------------------------------------------------ attributes, lists

/** `[0, %i]`: integers in the attribute, operands for the entries that are not known. */
export function indexList(field: string, attribute: string, open = "[", close = "]"): Part {
  return {
    syntax: `${open}${field}${close}`,
    writes: [attribute],
    parse: (parser, draft) => {
      const { statics, dynamics } = parseIndexList(parser, open, close);
      draft.operands.set(field, dynamics);
      draft.types.set(
        field,
        dynamics.map(() => index),
      );
      draft.properties.set(attribute, staticIndices.encode(statics));
    },
    print: (operation, printer) => {
      const found = operation.attribute(attribute);
      const statics = found === undefined ? [] : (staticIndices.decode(found) ?? []);
      printIndexList(printer, statics, valuesOf(operation, field), open, close);
    },
  };
}

/** `[0, 1]`: an `array<i64>`. */
export function axisList(name: string): Part {
  return spelled(
    name,
    (parser) => parser.denseArrayElements(i64),
    (attribute, printer) => printer.write(attribute instanceof DenseArrayAttribute ? attribute.elementsText : ""),
  );
}

/** `[0, 1]`: an array of `i64` attributes. */
export function numberList(name: string): Part {
  const constraint = arrayOf(i64Attribute);
  return spelled(
    name,
    (parser) => constraint.encode(parser.delimited("[", "]", () => parser.parseSize())),
    (attribute, printer) => printer.write(`[${(constraint.decode(attribute) ?? []).join(", ")}]`),
  );
}

/** `[[0, 1], [2]]` */
export const reassociation: Part = {
  syntax: "$reassociation",
  writes: ["reassociation"],
  parse: (parser, draft) => draft.properties.set("reassociation", parseReassociation(parser)),
  print: printReassociation,
};

/** ` keyword<a, b>` where some of these flags are set. */
export function flags(text: FlagsText): Part {
  return {
    syntax: ` (${text.keyword}<$${text.name}>)?`,
    writes: [text.name],
    parse: (parser, draft) => {
      const given = parser.acceptKeyword(text.keyword) ? parseAngleWords(parser, text.codec) : text.codec.none;
      if (given !== undefined) draft.properties.set(text.name, given);
    },
    print: (operation, printer) => printFlags(operation, printer, text),
  };
}

/** An attribute with a spelling of its own. `read` stands before it; `write` gets it where the op has it. */
export function spelled(
  name: string,
  read: (parser: OperationParser) => Attribute,
  write: (attribute: Attribute, printer: OperationPrinter) => void,
): Part {
  return {
    syntax: `$${name}`,
    writes: [name],
    parse: (parser, draft) => draft.properties.set(name, read(parser)),
    print: (operation, printer) => {
      const attribute = operation.attribute(name);
      if (attribute !== undefined) write(attribute, printer);
    },
  };
}

/** An attribute in the short spelling of its constraint. */
export function constrained<V>(name: string, { spelling, description }: AttributeConstraint<V>): Part {
  if (spelling === undefined) throw new Error(`${name}, ${description}, has no short spelling`);
  const part = spelled(name, spelling.parse, (attribute, printer) =>
    printer.write(spelling.print(attribute) ?? attribute.text),
  );
  return { ...part, syntax: spelling.opens === "<" ? `<$${name}>` : `$${name}` };
}

/** A word that is there or not: a unit attribute. */
export function unit(name: string, word: string): Part {
  return {
    syntax: `(${word})? `,
    writes: [name],
    parse: (parser, draft) => {
      if (parser.acceptKeyword(word)) draft.properties.set(name, UnitAttribute.instance);
    },
    print: (operation, printer) => {
      if (operation.attribute(name) !== undefined) printer.write(`${word} `);
    },
  };
}

/** The word of an enum, bare or in angle brackets. */
export function word<V>(name: string, constraint: WordConstraint<V>, isBracketed = false): Part {
  const codec = wordCodec(constraint);
  return {
    syntax: isBracketed ? `<$${name}>` : `$${name}`,
    writes: [name],
    parse: (parser, draft) =>
      draft.properties.set(name, isBracketed ? parseAngleWords(parser, codec) : parseWord(parser, codec)),
    print: (operation, printer) => {
      const words = wordsOf(operation, name, codec).join(codec.separator);
      printer.write(isBracketed ? `<${words}>` : words);
    },
  };
}

/** `{ … }` */
export function regionPart(options: Parameters<OperationParser["parseRegion"]>[0] = {}, printTerminator = true): Part {
  return {
    syntax: "{ region }",
    parse: (parser, draft) => draft.regions.push(parser.parseRegion(options)),
    print: (operation, printer) => printer.region(operation.regions[0]!, { printTerminator }),
  };
}
