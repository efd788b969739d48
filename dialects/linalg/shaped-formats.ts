/** The assembly of map, reduce, transpose and broadcast. */

import { infoOf } from "../../ir/assembly/definition-info.ts";
import { type Attribute, DenseArrayAttribute, DictionaryAttribute } from "../../ir/attributes.ts";
import type { CustomFormat } from "../../ir/format.ts";
import { Block, createOperation, type Operation, Region, type Value } from "../../ir/operation.ts";
import type { OperationParser, RegionArgument } from "../../ir/parser/operation-parser.ts";
import type { OperationPrinter } from "../../ir/printer/operation-printer.ts";
import { i64, ShapedType, type Type } from "../../ir/types.ts";
import { bodyFor, memoizedMaps, parseGroup, printGroup } from "./formats.ts";
import { elementOf, tensorResults } from "./structured.ts";

/** The op of a short form, `{ arith.addf {…} }`. */
interface Payload {
  readonly name: string;
  readonly at: number;
  readonly attributes: ReadonlyMap<string, Attribute>;
}

function parsePayload(parser: OperationParser): Payload | undefined {
  if (!parser.accept("{")) return undefined;
  const at = parser.offset;
  const name = parser.keyword("the name of an operation");
  const attributes = parser.attributeDictionary();
  parser.expect("}", "behind the operation of this short form");
  return { name, at, attributes };
}

/** A block with the payload on all elements; in a reduction the old element (the last) comes first. */
function payloadBody(
  parser: OperationParser,
  payload: Payload,
  operands: readonly Value[],
  isReduction: boolean,
): Region {
  const definition = parser.context.definition(payload.name);
  if (definition === undefined && !parser.context.allowUnregistered)
    throw parser.error(
      `'${payload.name}' op is not registered: load its dialect or pass --allow-unregistered-dialect`,
      payload.at,
    );
  const location = parser.currentOperationLocation;
  const last = operands.at(-1);
  if (last === undefined) throw parser.operationError("needs an output");
  const block = new Block();
  const inputs = isReduction ? operands : operands.slice(0, -1);
  const args = inputs.map((value) => block.addArgument(elementOf(value.type), location));
  const ordered = isReduction ? [...args.slice(-1), ...args.slice(0, -1)] : args;
  const properties = new Map(definition === undefined ? [] : infoOf(definition).defaults);
  const attributes = new Map<string, Attribute>();
  const inherent = definition === undefined ? new Set<string>() : infoOf(definition).inherent;
  for (const [name, value] of payload.attributes) (inherent.has(name) ? properties : attributes).set(name, value);
  const applied = createOperation({
    name: payload.name,
    definition,
    operands: ordered,
    resultTypes: [elementOf(last.type)],
    properties,
    attributes,
    location,
  });
  block.append(applied);
  const yieldDefinition = parser.context.definition("linalg.yield");
  block.append(
    createOperation({ name: "linalg.yield", definition: yieldDefinition, operands: applied.results, location }),
  );
  return new Region([block]);
}

/** The one op of a body that is applied to all arguments in order, or undefined. */
function payloadOf(body: Block | undefined, isReduction: boolean): Operation | undefined {
  const first = body?.first;
  if (body === undefined || first === undefined || first.next === undefined || first.next !== body.last)
    return undefined;
  const { operands } = first;
  const args = body.arguments;
  if (operands.length === 0 || operands.length !== args.length || first.regions.length > 0) return undefined;
  const ordered = isReduction ? [...args.slice(-1), ...args.slice(0, -1)] : args;
  if (ordered.some((argument, position) => argument !== operands[position])) return undefined;
  const yielded = first.next.operands;
  return yielded.length === 1 && yielded[0] === first.results[0] && first.results.length === 1 ? first : undefined;
}

function printPayload(payload: Operation, printer: OperationPrinter): void {
  const shown = [...payload.properties, ...payload.attributes].filter(
    ([, value]) => value.text !== "#arith.fastmath<none>",
  );
  printer.write(` { ${payload.name}`);
  if (shown.length > 0) {
    printer.write(" ");
    printer.attribute(DictionaryAttribute.get(shown));
  }
  printer.write(" }");
}

function parseBody(parser: OperationParser): Region {
  const args = parser.delimited("(", ")", (): RegionArgument => parser.parseBlockArgument());
  return parser.parseRegion({ arguments: args });
}

function printBody(operation: Operation, printer: OperationPrinter): void {
  printer.indented(() => {
    printer.newline();
    printer.write("(");
    for (const [position, argument] of (operation.regions[0]?.entry?.arguments ?? []).entries()) {
      if (position > 0) printer.write(", ");
      printer.blockArgument(argument);
    }
    printer.write(") ");
    printer.region(operation.regions[0]!, { printEntryArguments: false });
  });
}

/** `name = [0, 1]` */
function parseAxes(parser: OperationParser, name: string): readonly [string, Attribute] {
  parser.expectKeyword(name);
  parser.expect("=");
  return [name, parser.denseArrayElements(i64)];
}

function printAxes(operation: Operation, printer: OperationPrinter, name: string): void {
  const axes = operation.attribute(name);
  printer.write(` ${name} = ${axes instanceof DenseArrayAttribute ? axes.elementsText : "[]"}`);
}

function outputTypes(outputs: readonly Value[]): readonly Type[] {
  return tensorResults(outputs);
}

/** What map and reduce share. */
function bodyFormat(axes: string | undefined): CustomFormat {
  const isReduction = axes !== undefined;
  return {
    syntax: `({ payload })? attr-dict ins(%inputs, … : type(%inputs)) outs(outputs : type(outputs))${isReduction ? ` ${axes} = $${axes}` : ""} ((%argument: type, …) { body })?`,
    parse: (parser) => {
      const payload = parsePayload(parser);
      const attributes = parser.attributeDictionary();
      const inputs = parseGroup(parser, "ins");
      const outputs = parseGroup(parser, "outs");
      const properties = axes === undefined ? [] : [parseAxes(parser, axes)];
      for (const [name, value] of parser.attributeDictionary()) attributes.set(name, value);
      const operands = [...inputs, ...outputs];
      const body = payload === undefined ? parseBody(parser) : payloadBody(parser, payload, operands, isReduction);
      return { operands, properties, attributes, resultTypes: outputTypes(outputs), regions: [body] };
    },
    print: (operation, printer) => {
      const payload = payloadOf(operation.regions[0]?.entry, isReduction);
      if (payload !== undefined) printPayload(payload, printer);
      const count = isReduction ? operation.operandCount / 2 : operation.operandCount - 1;
      printGroup(printer, "ins", operation.operands.slice(0, count));
      printGroup(printer, "outs", operation.operands.slice(count));
      if (axes !== undefined) printAxes(operation, printer, axes);
      printer.attributeDictionary(operation, [memoizedMaps, ...(axes === undefined ? [] : [axes])]);
      if (payload === undefined) printBody(operation, printer);
    },
  };
}

/** `{ arith.addf } ins(…) outs(…)`, or with the region in full behind. */
export const mapFormat = bodyFormat(undefined);
/** `{ arith.addf } ins(…) outs(…) dimensions = [1]`, or with the region in full behind. */
export const reduceFormat = bodyFormat("dimensions");

/** `ins(…) outs(…) permutation = [1, 0]`: the region only passes the element on. */
export function rearrangeFormat(axes: "permutation" | "dimensions"): CustomFormat {
  return {
    syntax: `attr-dict ins(%input : type(%input)) outs(%init : type(%init)) ${axes} = $${axes}`,
    parse: (parser) => {
      const attributes = parser.attributeDictionary();
      const inputs = parseGroup(parser, "ins");
      const outputs = parseGroup(parser, "outs");
      const properties = [parseAxes(parser, axes)];
      for (const [name, value] of parser.attributeDictionary()) attributes.set(name, value);
      const operands = [...inputs, ...outputs];
      const choices = { isUnsigned: false, unary: "exp", binary: "add" } as const;
      const first = inputs[0]?.type;
      if (first instanceof ShapedType && first.element !== elementOf(outputs[0]?.type ?? first))
        throw parser.operationError(`expects one element type, found ${first} and ${outputs[0]?.type}`);
      const body = bodyFor(parser, { kind: "cast" }, operands, choices);
      return { operands, properties, attributes, resultTypes: outputTypes(outputs), regions: [body] };
    },
    print: (operation, printer) => {
      printGroup(printer, "ins", operation.operands.slice(0, 1));
      printGroup(printer, "outs", operation.operands.slice(1));
      printAxes(operation, printer, axes);
      printer.attributeDictionary(operation, [axes, memoizedMaps]);
    },
  };
}
