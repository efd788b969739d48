/** The assembly of functions. */
import { StringAttribute, TypeAttribute } from "../../ir/attributes.ts";
import type { CustomFormat } from "../../ir/format.ts";
import { Region } from "../../ir/operation.ts";
import type { OperationParser, RegionArgument } from "../../ir/parser/operation-parser.ts";
import { FunctionType } from "../../ir/types.ts";
import { parseSignature, parseVisibility, printSignature, stringOf } from "../upstream/function-format.ts";

/** `private @name(%a: f32) -> f32 attributes {…} { … }` */
export const functionFormat: CustomFormat = {
  syntax:
    "($sym_visibility)? @$sym_name(%argument: type attr-dict, …) (-> (type attr-dict, …))? (attributes attr-dict)? ({ body })?",
  parse: (parser) => {
    const visibility = parseVisibility(parser);
    const name = parser.parseSymbolName();
    const signature = parseSignature(parser, { isVariadicAllowed: false });
    const attributes = parser.attributeDictionaryWithKeyword();
    const body = parseOptionalBody(parser, signature.args);
    return {
      properties: [
        ...visibility,
        ...signature.properties,
        ["sym_name", StringAttribute.get(name)],
        ["function_type", TypeAttribute.get(FunctionType.get(signature.inputs, signature.results))],
      ],
      attributes,
      regions: [body ?? new Region()],
    };
  },
  print: (operation, printer) => {
    const visibility = stringOf(operation, "sym_visibility");
    const type = operation.attribute("function_type");
    printer.write(" ");
    if (visibility !== undefined) printer.write(`${visibility} `);
    printer.symbolName(stringOf(operation, "sym_name") ?? "");
    if (type instanceof TypeAttribute && type.type instanceof FunctionType)
      printSignature(operation, printer, type.type);
    printer.attributeDictionaryWithKeyword(operation, [
      "sym_visibility",
      "sym_name",
      "function_type",
      "arg_attrs",
      "res_attrs",
    ]);
    const [body] = operation.regions;
    if (body === undefined || body.blocks.length === 0) return;
    printer.write(" ");
    printer.region(body, { printEntryArguments: false });
  },
};

/** `{ … }`, or undefined for a declaration. Braces with nothing inside are neither. */
function parseOptionalBody(parser: OperationParser, args: readonly RegionArgument[]): Region | undefined {
  const at = parser.offset;
  const body = parser.parseOptionalRegion({ arguments: args });
  if (body?.blocks.every((block) => block.isEmpty)) {
    const advice = "end it with func.return, or leave the braces out for a declaration";
    parser.report(parser.error(`expected a function body that is not empty: ${advice}`, at));
  }
  return body;
}

/** `%f(%x) : (f32) -> f32`: the type of the function is that of the call. */
export const callIndirectFormat: CustomFormat = {
  syntax: "%callee(%callee_operands, …) attr-dict : type(%callee)",
  parse: (parser) => {
    const callee = parser.parseOperand();
    const operands = parser.operandList("(", ")");
    const attributes = parser.attributeDictionary();
    parser.expect(":");
    const at = parser.offset;
    const type = parser.parseType();
    if (!(type instanceof FunctionType)) throw parser.error(`expected a function type, found ${type}`, at);
    return {
      operands: [parser.resolve(callee, type), ...parser.resolveAll(operands, type.inputs, at)],
      attributes,
      resultTypes: type.results,
    };
  },
  print: (operation, printer) => {
    const [callee, ...args] = operation.operands;
    printer.write(" ");
    printer.operand(callee!);
    printer.write("(");
    printer.operands(args);
    printer.write(")");
    printer.attributeDictionary(operation);
    printer.write(" : ");
    printer.type(callee!.type);
  },
};
