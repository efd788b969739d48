/** The assembly of structured operations: `ins(…) outs(…)`, maps and iterator types first where they are not implied. */
import {
  ArrayAttribute,
  type Attribute,
  DenseArrayAttribute,
  DictionaryAttribute,
  StringAttribute,
} from "../../ir/attributes.ts";
import type { CustomFormat } from "../../ir/format.ts";
import type { Operation, Region, Value } from "../../ir/operation.ts";
import type { OperationParser } from "../../ir/parser/operation-parser.ts";
import type { OperationPrinter } from "../../ir/printer/operation-printer.ts";
import { i32, type Type } from "../../ir/types.ts";
import { binaryAttribute, castAttribute, iteratorTypeAttribute as iteratorType, unaryAttribute } from "./attributes.ts";
import { type BodyChoices, namedBody } from "./bodies.ts";
import type { BodyKind } from "./named-table.ts";

const generalAttributes = ["doc", "indexing_maps", "iterator_types", "library_call"] as const;

export function parseGroup(parser: OperationParser, word: string): readonly Value[] {
  if (!parser.acceptKeyword(word)) return [];
  parser.expect("(");
  if (parser.accept(")")) return [];
  const operands = parser.operandList();
  parser.expect(":");
  const start = parser.offset;
  const types = parser.parseTypeList();
  parser.expect(")");
  return parser.resolveAll(operands, types, start);
}

export function printGroup(printer: OperationPrinter, word: string, values: readonly Value[]): void {
  if (values.length === 0) return;
  printer.write(` ${word}(`);
  printer.operands(values);
  printer.write(" : ");
  printer.types(values.map((value) => value.type));
  printer.write(")");
}

export function groupsOf(operation: Operation): readonly [readonly Value[], readonly Value[]] {
  const sizes = operation.attribute("operandSegmentSizes");
  const [inputs = 0] = sizes instanceof DenseArrayAttribute ? sizes.numbers : [];
  return [operation.operands.slice(0, inputs), operation.operands.slice(inputs)];
}

function segments(inputs: readonly Value[], outputs: readonly Value[]): readonly [string, Attribute] {
  return ["operandSegmentSizes", DenseArrayAttribute.get(i32, [inputs.length, outputs.length])];
}

export function printResults(operation: Operation, printer: OperationPrinter): void {
  if (operation.results.length === 0) return;
  printer.write(" -> ");
  printer.resultTypes(operation.results.map((result) => result.type));
}

function parseResults(parser: OperationParser): readonly Type[] {
  return parser.accept("->") ? parser.parseResultTypes() : [];
}

/** The custom form writes iterator types as strings: `["parallel", "reduction"]`. */
function iteratorsFromText(parser: OperationParser, attribute: Attribute): Attribute {
  if (!(attribute instanceof ArrayAttribute)) throw parser.error("expected an array of iterator types");
  const converted = attribute.elements.map((each) => {
    if (!(each instanceof StringAttribute)) return each;
    if (each.value === "parallel" || each.value === "reduction" || each.value === "window")
      return iteratorType.encode(each.value);
    throw parser.error(`expected an iterator type (parallel, reduction or window), found "${each.value}"`);
  });
  return ArrayAttribute.get(converted);
}

function iteratorsToText(attribute: Attribute): Attribute {
  if (!(attribute instanceof ArrayAttribute)) return attribute;
  return ArrayAttribute.get(
    attribute.elements.map((each) => {
      const word = iteratorType.decode(each);
      return word === undefined ? each : StringAttribute.get(word);
    }),
  );
}

/** `{indexing_maps = […], iterator_types = […]} ins(…) outs(…) attrs = {…} { … } -> T` */
export const genericFormat: CustomFormat = {
  syntax:
    "attr-dict (ins(%inputs, … : type(%inputs)))? outs(%outputs, … : type(%outputs)) (attrs = attr-dict)? { region } (-> type(%resultTensors))?",
  parse: (parser) => {
    const head = parser.attributeDictionary();
    const iterators = head.get("iterator_types");
    if (iterators !== undefined) head.set("iterator_types", iteratorsFromText(parser, iterators));
    const inputs = parseGroup(parser, "ins");
    const outputs = parseGroup(parser, "outs");
    const attributes = new Map<string, Attribute>();
    if (parser.acceptKeyword("attrs")) {
      parser.expect("=");
      for (const [name, value] of parser.attributeDictionary()) attributes.set(name, value);
    }
    const body = parser.parseRegion();
    const properties: (readonly [string, Attribute])[] = [segments(inputs, outputs)];
    for (const [name, value] of head) {
      if (generalAttributes.some((each) => each === name)) properties.push([name, value]);
      else attributes.set(name, value);
    }
    return {
      operands: [...inputs, ...outputs],
      properties,
      attributes,
      resultTypes: parseResults(parser),
      regions: [body],
    };
  },
  print: (operation, printer) => {
    const [inputs, outputs] = groupsOf(operation);
    const head: [string, Attribute][] = [];
    for (const name of generalAttributes) {
      const value = operation.attribute(name);
      if (value !== undefined) head.push([name, name === "iterator_types" ? iteratorsToText(value) : value]);
    }
    printer.write(" ");
    printer.attribute(DictionaryAttribute.get(head));
    printGroup(printer, "ins", inputs);
    printGroup(printer, "outs", outputs);
    if (operation.attributes.size > 0) {
      printer.write(" attrs =");
      printer.attributeDictionary(operation, [...generalAttributes, "operandSegmentSizes"]);
    }
    printer.write(" ");
    printer.region(operation.regions[0]!);
    printResults(operation, printer);
  },
};

/** What the attributes of a named op choose among for its body; the text may have left them out. */
export function choicesOf(attributes: ReadonlyMap<string, Attribute>): BodyChoices {
  const cast = attributes.get("cast");
  const fun = attributes.get("fun");
  return {
    isUnsigned: cast !== undefined && castAttribute.decode(cast) === "cast_unsigned",
    unary: (fun === undefined ? undefined : unaryAttribute.decode(fun)) ?? "exp",
    binary: (fun === undefined ? undefined : binaryAttribute.decode(fun)) ?? "add",
  };
}

/** `{…} ins(…) outs(…) -> T`: the region follows from the name and is made anew. */
export function namedFormat(body: BodyKind): CustomFormat {
  return {
    syntax:
      "attr-dict (ins(%inputs, … : type(%inputs)))? outs(%outputs, … : type(%outputs)) (-> type(%resultTensors))?",
    parse: (parser) => {
      const attributes = parser.attributeDictionary();
      const inputs = parseGroup(parser, "ins");
      const outputs = parseGroup(parser, "outs");
      const operands = [...inputs, ...outputs];
      return {
        operands,
        properties: [segments(inputs, outputs)],
        attributes,
        resultTypes: parseResults(parser),
        regions: [bodyFor(parser, body, operands, choicesOf(attributes))],
      };
    },
    print: (operation, printer) => {
      const [inputs, outputs] = groupsOf(operation);
      printer.attributeDictionary(operation, ["operandSegmentSizes", memoizedMaps]);
      printGroup(printer, "ins", inputs);
      printGroup(printer, "outs", outputs);
      printResults(operation, printer);
    },
  };
}

/** Where upstream remembers the maps of a named op; they follow from the op. */
export const memoizedMaps = "linalg.memoized_indexing_maps";

/** A region as `namedBody` makes it, its refusals at the op that is being read. */
export function bodyFor(
  parser: OperationParser,
  body: BodyKind,
  operands: readonly Value[],
  choices: BodyChoices,
): Region {
  const types = operands.map((value) => value.type);
  const definitions = {
    yield: parser.context.definition("linalg.yield"),
    index: parser.context.definition("linalg.index"),
  };
  try {
    return namedBody(body, types, parser.currentOperationLocation, choices, definitions);
  } catch (error) {
    if (!(error instanceof Error) || error.constructor !== Error) throw error;
    throw parser.operationError(error.message);
  }
}
