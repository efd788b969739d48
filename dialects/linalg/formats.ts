/** The assembly of structured operations: `ins(…) outs(…)`, maps and iterator types first where they are not implied. */
import {
  ArrayAttribute,
  type Attribute,
  DenseArrayAttribute,
  DictionaryAttribute,
  StringAttribute,
} from "../../ir/attributes.ts";
import { dialectEnumAttribute } from "../../ir/constraints.ts";
import type { CustomFormat } from "../../ir/format.ts";
import { createOperation, type Operation, type Value } from "../../ir/operation.ts";
import type { OperationParser } from "../../ir/parser/operation-parser.ts";
import type { OperationPrinter } from "../../ir/printer/operation-printer.ts";
import { i32, type Type } from "../../ir/types.ts";
import { namedBody } from "./bodies.ts";

const iteratorType = dialectEnumAttribute("linalg", "iterator_type", ["parallel", "reduction", "window"]);
const generalAttributes = ["doc", "indexing_maps", "iterator_types", "library_call"] as const;

function parseGroup(parser: OperationParser, word: string): readonly Value[] {
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

function printGroup(printer: OperationPrinter, word: string, values: readonly Value[]): void {
  if (values.length === 0) return;
  printer.write(` ${word}(`);
  printer.operands(values);
  printer.write(" : ");
  printer.types(values.map((value) => value.type));
  printer.write(")");
}

function groupsOf(operation: Operation): readonly [readonly Value[], readonly Value[]] {
  const sizes = operation.attribute("operandSegmentSizes");
  const [inputs = 0] = sizes instanceof DenseArrayAttribute ? sizes.numbers : [];
  return [operation.operands.slice(0, inputs), operation.operands.slice(inputs)];
}

function segments(inputs: readonly Value[], outputs: readonly Value[]): readonly [string, Attribute] {
  return ["operandSegmentSizes", DenseArrayAttribute.get(i32, [inputs.length, outputs.length])];
}

function printResults(operation: Operation, printer: OperationPrinter): void {
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

/** `ins(…) outs(…) -> T`: the region follows from the name and is made anew. */
export function namedFormat(name: string): CustomFormat {
  return {
    parse: (parser) => {
      const location = parser.currentOperationLocation;
      const attributes = parser.attributeDictionary();
      const inputs = parseGroup(parser, "ins");
      const outputs = parseGroup(parser, "outs");
      const operands = [...inputs, ...outputs];
      const yieldDefinition = parser.context.definition("linalg.yield");
      const body = namedBody(
        name,
        operands.map((value) => value.type),
        location,
        (builder, value) => {
          builder.insert(
            createOperation({ name: "linalg.yield", definition: yieldDefinition, operands: [value], location }),
          );
        },
      );
      return {
        operands,
        properties: [segments(inputs, outputs)],
        attributes,
        resultTypes: parseResults(parser),
        regions: [body],
      };
    },
    print: (operation, printer) => {
      const [inputs, outputs] = groupsOf(operation);
      printer.attributeDictionary(operation, ["operandSegmentSizes", "linalg.memoized_indexing_maps"]);
      printGroup(printer, "ins", inputs);
      printGroup(printer, "outs", outputs);
      printResults(operation, printer);
    },
  };
}
