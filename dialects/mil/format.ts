/** The form in which all MIL ops are written: `mil.conv(x = %x, weight = %w, values = (%a, %b)) {name = "y"} : (…) -> …`. */
import { operandSegments } from "../../ir/assembly/definition-info.ts";
import { DenseArrayAttribute } from "../../ir/attributes.ts";
import { didYouMean } from "../../ir/close-names.ts";
import type { NamedField, OperandField, OperationDefinition } from "../../ir/declaration.ts";
import type { CustomFormat } from "../../ir/format.ts";
import type { Region, Value } from "../../ir/operation.ts";
import type { OperationParser, UnresolvedOperand } from "../../ir/parser/operation-parser.ts";
import { i32 } from "../../ir/types.ts";

interface WrittenInput {
  readonly position: number;
  readonly operands: readonly UnresolvedOperand[];
}

/** `x = %x`, `values = (%a, %b)` */
function parseInput(parser: OperationParser, fields: readonly NamedField<OperandField>[]): WrittenInput {
  const at = parser.offset;
  const name = parser.keyword("the name of an input");
  const position = fields.findIndex((each) => each.name === name);
  if (position < 0) {
    const names = fields.map((each) => each.name);
    const close = didYouMean(name, names);
    throw parser.operationError(
      `has no input '${name}'${close === "" ? `: its inputs are ${names.join(", ") || "none"}` : close}`,
    );
  }
  parser.expect("=");
  if (fields[position]!.field.arity === "variadic") return { position, operands: parser.operandList("(", ")") };
  if (parser.peek("(")) throw parser.error(`the input '${name}' takes one value`, at);
  return { position, operands: [parser.parseOperand()] };
}

export const milFormat: CustomFormat = {
  syntax: (definition) => {
    const inputs = definition.operandFields.map(({ name, field }, position) => {
      const value = field.arity === "variadic" ? `(%${name}, …)` : `%${name}`;
      const text = `${position === 0 ? "" : ", "}${name} = ${value}`;
      return field.arity === "optional" ? `(${text})?` : text;
    });
    const regions = definition.regionFields.map(
      ({ name, field }) => ` { ${name} }${field.arity === "one" ? "" : " …"}`,
    );
    return `(${inputs.join("")}) attr-dict : functional-type(operands, results)${regions.join("")}`;
  },
  parse: (parser) => {
    const definition = definitionOf(parser);
    const fields = definition.operandFields;
    const written: WrittenInput[] = [];
    parser.expect("(");
    if (!parser.peek(")")) {
      do {
        const input = parseInput(parser, fields);
        if (written.some(({ position }) => position === input.position)) {
          throw parser.operationError(`has the input '${fields[input.position]!.name}' twice`);
        }
        written.push(input);
      } while (parser.accept(","));
    }
    parser.expect(")");
    const attributes = parser.attributeDictionary();
    parser.expect(":", "and the type of this op");
    const typesAt = parser.offset;
    const inputTypes = parser.parseTypesInParentheses();
    parser.expect("->");
    const resultTypes = parser.parseResultTypes();
    const values = parser.resolveAll(
      written.flatMap(({ operands }) => operands),
      inputTypes,
      typesAt,
    );
    // Inputs may stand in any order: each takes its values from the list of all.
    const groups: Value[][] = fields.map(() => []);
    let next = 0;
    for (const { position, operands } of written) {
      groups[position] = values.slice(next, next + operands.length);
      next += operands.length;
    }
    const regions: Region[] = [];
    if (definition.regionFields.length > 0) {
      for (let region = parser.parseOptionalRegion(); region !== undefined; region = parser.parseOptionalRegion())
        regions.push(region);
    }
    const sizes = groups.map((group) => group.length);
    return {
      operands: groups.flat(),
      resultTypes,
      properties: definition.hasTrait("AttrSizedOperandSegments")
        ? [[operandSegments, DenseArrayAttribute.get(i32, sizes)]]
        : [],
      attributes,
      regions,
    };
  },
  print: (operation, printer) => {
    const { definition } = operation;
    if (definition === undefined) return;
    printer.write("(");
    let isFirst = true;
    for (const [position, { name, field }] of definition.operandFields.entries()) {
      const { start, count } = definition.operandGroup(operation, position);
      if (count === 0 && field.arity !== "variadic") continue;
      printer.write(`${isFirst ? "" : ", "}${name} = `);
      isFirst = false;
      const values = operation.operands.slice(start, start + count);
      if (field.arity === "variadic") printer.write("(");
      printer.operands(values);
      if (field.arity === "variadic") printer.write(")");
    }
    printer.write(")");
    printer.attributeDictionary(operation);
    printer.write(" : ");
    printer.functionType(
      operation.operands.map(({ type }) => type),
      operation.results.map(({ type }) => type),
    );
    for (const region of operation.regions) {
      printer.write(" ");
      printer.region(region);
    }
  },
};

function definitionOf(parser: OperationParser): OperationDefinition {
  const definition = parser.currentDefinition;
  if (definition === undefined) throw parser.operationError("is not declared");
  return definition;
}
