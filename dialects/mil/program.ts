/**
 * What surrounds MIL ops: the program with its version and build information, the function with its opset, and the call
 * by which host code runs a program on a device.
 */
import { DictionaryAttribute, StringAttribute, SymbolReferenceAttribute } from "../../ir/attributes.ts";
import { at, Builder } from "../../ir/builder.ts";
import {
  anyTensor,
  arrayOf,
  dictionaryAttribute,
  enumAttribute,
  functionTypeAttribute,
  stringAttribute,
  symbolAttribute,
} from "../../ir/constraints.ts";
import type { Context } from "../../ir/context.ts";
import {
  attribute,
  defaultAttribute,
  type OperationOf,
  op,
  optionalAttribute,
  type Report,
  region,
  variadicOperand,
  variadicResult,
} from "../../ir/declaration.ts";
import { evaluateBlock } from "../../ir/evaluate.ts";
import type { CustomFormat } from "../../ir/format.ts";
import { Evaluate } from "../../ir/interfaces.ts";
import { Block, type Operation, type Value } from "../../ir/operation.ts";
import { nearestSymbolTable, resolveSymbol } from "../../ir/symbol-table.ts";
import type { TensorData } from "../../ir/tensor-data.ts";
import { FunctionType, type Type } from "../../ir/types.ts";
import { attributeListConstraint } from "./constant.ts";
import { compilerVersions } from "./document/compiler-form.ts";
import { meaningOfBlock } from "./meaning.ts";
import { defaultOpset, opsets, programVersions } from "./opsets.ts";
import { milValue } from "./types.ts";

/** What a program states of its making unless it says otherwise. */
export const defaultBuildInfo = DictionaryAttribute.get(
  compilerVersions.map(([name, version]) => [name, StringAttribute.get(version)]),
);

/** A program of one op, and host code that runs it. */
const programExample = [
  "mil.program @double {",
  '  mil.function @main(%x: tensor<2x3xf16>) -> (tensor<2x3xf16>) attributes {input_names = ["x"], output_names = ["y"]} {',
  "    %y = mil.add(x = %x, y = %x) : (tensor<2x3xf16>, tensor<2x3xf16>) -> tensor<2x3xf16>",
  "    mil.return %y : tensor<2x3xf16>",
  "  }",
  "}",
  '%t = "test.source"() : () -> tensor<2x3xf16>',
  "%r = mil.call @double(%t) : (tensor<2x3xf16>) -> tensor<2x3xf16>",
].join("\n");

export const program = op(
  "mil.program",
  {
    sym_name: attribute(stringAttribute),
    version: defaultAttribute(enumAttribute(programVersions), "1.3"),
    build_info: defaultAttribute(dictionaryAttribute, defaultBuildInfo),
    /** All attributes of the program, where they are others than build_info in the order of its keys. */
    further_attributes: optionalAttribute(attributeListConstraint),
    body: region(),
  },
  {
    doc: "A MIL program: functions, and strings about the compiler that it is meant for. Its function `main` is what a device runs.",
    example: programExample,
    traits: ["IsolatedFromAbove", "Symbol", "SymbolTable", "NoTerminator", "SingleBlock"],
    format: "$sym_name attr-dict-with-keyword $body",
    defaultDialect: "mil",
    verify: (operation, report) => {
      if (mainOf(operation) === undefined) report("needs a mil.function called main");
      for (const value of operation.build_info.entries.values()) {
        if (!(value instanceof StringAttribute)) report(`build_info must hold strings, but holds ${value}`);
      }
    },
  },
);
export type ProgramOperation = OperationOf<typeof program>;

/** `@main(%x: type) -> (type) attributes {…} { … }` */
const functionFormat: CustomFormat = {
  syntax: "@$sym_name(%argument: type, …) -> (type, …) (attributes attr-dict)? { body }",
  parse: (parser) => {
    const name = parser.parseSymbolName();
    parser.expect("(");
    const parameters = parser.peek(")") ? [] : parser.commaSeparated(() => parser.parseBlockArgument());
    parser.expect(")");
    parser.expect("->");
    const results = parser.parseTypesInParentheses();
    const attributes = [...parser.attributeDictionaryWithKeyword()];
    const body = parser.parseRegion({ arguments: parameters });
    const inputs = parameters.map((parameter) => parameter.type);
    const inherent = new Set(["opset", "input_names", "output_names", "further_attributes", "block_attributes"]);
    return {
      properties: [
        ["sym_name", StringAttribute.get(name)],
        ["function_type", functionTypeAttribute.encode(FunctionType.get(inputs, results))],
        ...attributes.filter(([key]) => inherent.has(key)),
      ],
      attributes: attributes.filter(([key]) => !inherent.has(key)),
      regions: [body],
    };
  },
  print: (operation, printer) => {
    const typed = functionDefinition.cast(operation);
    printer.write(" ");
    printer.symbolName(typed.sym_name);
    printer.write("(");
    for (const [position, argument] of (typed.body.entry?.arguments ?? []).entries()) {
      if (position > 0) printer.write(", ");
      printer.blockArgument(argument);
    }
    printer.write(") -> (");
    printer.types(typed.function_type.results);
    printer.write(")");
    printer.attributeDictionaryWithKeyword(operation, ["sym_name", "function_type"]);
    printer.write(" ");
    printer.region(typed.body, { printEntryArguments: false });
  },
};

export const functionDefinition = op(
  "mil.function",
  {
    sym_name: attribute(stringAttribute),
    function_type: attribute(functionTypeAttribute),
    opset: defaultAttribute(enumAttribute(opsets), defaultOpset),
    input_names: attribute(arrayOf(stringAttribute)),
    output_names: attribute(arrayOf(stringAttribute)),
    /** Attributes such as FlexibleShapeInformation. */
    further_attributes: optionalAttribute(attributeListConstraint),
    block_attributes: optionalAttribute(attributeListConstraint),
    body: region(),
  },
  {
    doc: "A function of a MIL program, of one opset. input_names and output_names are what its ports are called in text and by devices.",
    example: programExample,
    traits: ["IsolatedFromAbove", "Symbol", "SingleBlock"],
    parents: ["mil.program"],
    format: functionFormat,
    defaultDialect: "mil",
    verify: (operation, report) => {
      const { function_type: type, body } = operation;
      checkNames("input_names", operation.input_names, type.inputs.length, report);
      checkNames("output_names", operation.output_names, type.results.length, report);
      const found = (body.entry?.arguments ?? []).map((argument) => argument.type);
      if (!sameTypes(found, type.inputs)) {
        report(`expects an entry block with arguments (${type.inputs.join(", ")}), found (${found.join(", ")})`);
      }
    },
  },
);
export type MilFunction = OperationOf<typeof functionDefinition>;

const identifier = /^[A-Za-z_][A-Za-z0-9_@]*$/;

function checkNames(what: string, names: readonly string[], wanted: number, report: Report): void {
  if (names.length !== wanted) report(`${what} must have ${wanted} names, but has ${names.length}`);
  for (const [position, name] of names.entries()) {
    if (!identifier.test(name))
      report(`${what} has "${name}", which is no MIL identifier: letters, digits and _ after a letter or _`);
    if (names.indexOf(name) !== position) report(`${what} has "${name}" twice`);
  }
}

function sameTypes(a: readonly Type[], b: readonly Type[]): boolean {
  return a.length === b.length && a.every((type, position) => type === b[position]);
}

export const returnOperation = op(
  "mil.return",
  { inputs: variadicOperand(milValue) },
  {
    doc: "Ends a function or a block of an op, and gives its results.",
    example: programExample,
    traits: ["Pure", "Terminator", "ReturnLike"],
    format: "attr-dict ($inputs^ `:` type($inputs))?",
    verify: (operation, report) => {
      const parent = operation.parentOperation;
      if (!functionDefinition.matches(parent)) return;
      const found = operation.inputs.map((value) => value.type);
      const wanted = parent.function_type.results;
      if (!sameTypes(found, wanted))
        report(`returns (${found.join(", ")}), but the function's results are (${wanted.join(", ")})`);
    },
  },
);

export const call = op(
  "mil.call",
  { callee: attribute(symbolAttribute), inputs: variadicOperand(anyTensor), outputs: variadicResult(anyTensor) },
  {
    doc: "Runs the function `main` of the MIL program of this name from host code.",
    example: programExample,
    format: "$callee `(` $inputs `)` attr-dict `:` functional-type($inputs, $outputs)",
    effects: () => [],
    verify: (operation, report) => {
      const callee = resolveSymbol(operation, SymbolReferenceAttribute.get(operation.callee));
      if (callee === undefined) {
        if (nearestSymbolTable(operation) !== undefined) report(`calls @${operation.callee}, which is not defined`);
        return;
      }
      const main = program.matches(callee) ? mainOf(callee) : undefined;
      if (main === undefined) {
        report(`calls @${operation.callee}, which is no mil.program with a function main`);
        return;
      }
      const { inputs, results } = main.function_type;
      const given = operation.inputs.map((value) => value.type);
      const taken = operation.outputs.map((value) => value.type);
      if (!sameTypes(given, inputs))
        report(`passes (${given.join(", ")}), but the program takes (${inputs.join(", ")})`);
      if (!sameTypes(taken, results))
        report(`expects (${taken.join(", ")}), but the program gives (${results.join(", ")})`);
    },
    interfaces: [
      Evaluate.implement((operation, inputs, context) => {
        const { callee } = call.cast(operation);
        const main = calledMain(operation, callee);
        if (main === undefined) throw operation.error(`calls @${callee}, which is no mil.program in this module`);
        return evaluateMain(main, inputs, context);
      }),
    ],
  },
);

function calledMain(operation: Operation, callee: string): MilFunction | undefined {
  const found = resolveSymbol(operation, SymbolReferenceAttribute.get(callee));
  return program.matches(found) ? mainOf(found) : undefined;
}

/** Runs what a function means in tensor ops. */
function evaluateMain(main: MilFunction, inputs: readonly TensorData[], context: Context): readonly TensorData[] {
  const entry = main.body.onlyBlock;
  const block = new Block();
  const known = new Map<Value, Value>();
  const environment = new Map<Value, TensorData>();
  for (const [position, argument] of entry.arguments.entries()) {
    const made = block.addArgument(argument.type, argument.location);
    known.set(argument, made);
    environment.set(made, inputs[position]!);
  }
  const results = meaningOfBlock(entry, known, new Builder(at.endOf(block), main.location));
  evaluateBlock(block, environment, context);
  return results.map((value) => environment.get(value)!);
}

/** The function that devices run. */
export function mainOf(operation: ProgramOperation): MilFunction | undefined {
  for (const each of operation.body.entry?.operations ?? []) {
    if (functionDefinition.matches(each) && each.sym_name === "main") return each;
  }
  return undefined;
}

export const programOps = [program, functionDefinition, returnOperation, call];
