/** The assembly of tasks: `(%x = %0, %w = %1 : tensor<…>, tensor<…>) -> tensor<…> { … }`, the names inside first. */
import type { CustomFormat } from "../../ir/format.ts";
import type { RegionArgument, UnresolvedOperand } from "../../ir/parser/operation-parser.ts";
import type { Type } from "../../ir/types.ts";

export const taskFormat: CustomFormat = {
  syntax: "(%argument = %inputs, … : type(%inputs)) -> type(outputs) { body } attr-dict",
  parse: (parser) => {
    const names: UnresolvedOperand[] = [];
    const operands: UnresolvedOperand[] = [];
    let types: readonly Type[] = [];
    parser.expect("(", "before the task's inputs");
    if (!parser.peek(")")) {
      do {
        names.push(parser.parseOperand());
        parser.expect("=", "between an input's name inside the task and its value");
        operands.push(parser.parseOperand());
      } while (parser.accept(","));
      parser.expect(":", "before the inputs' types");
      types = parser.parseTypeList();
    }
    const values = parser.resolveAll(operands, types);
    parser.expect(")", "after the task's inputs");
    parser.expect("->", "before the results' types");
    const resultTypes = parser.parseResultTypes();
    const attributes = parser.attributeDictionaryWithKeyword();
    const args = names.map(
      (name, position): RegionArgument => ({
        name: name.name,
        type: types[position]!,
        location: parser.location(name.offset),
        offset: name.offset,
      }),
    );
    const body = parser.parseRegion({ arguments: args });
    return { operands: values, resultTypes, attributes, regions: [body] };
  },
  print: (operation, printer) => {
    const [body] = operation.regions;
    const args = body?.entry?.arguments ?? [];
    printer.write("(");
    for (const [position, value] of operation.operands.entries()) {
      if (position > 0) printer.write(", ");
      const argument = args[position];
      if (argument !== undefined) {
        printer.operand(argument);
        printer.write(" = ");
      }
      printer.operand(value);
    }
    if (operation.operandCount > 0) {
      printer.write(" : ");
      printer.types(operation.operands.map((value) => value.type));
    }
    printer.write(") -> ");
    printer.resultTypes(operation.results.map((result) => result.type));
    printer.attributeDictionaryWithKeyword(operation);
    if (body === undefined) return;
    printer.write(" ");
    printer.region(body, { printEntryArguments: false });
  },
};
