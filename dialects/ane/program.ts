/**
 * What surrounds the tasks: the program (a list of tasks that one dispatch runs), its constants, and the call by which host
 * code dispatches it. A program is isolated: all it reads are its arguments and its constants.
 */
import { type ElementsAttribute, StringAttribute, SymbolReferenceAttribute } from "../../ir/attributes.ts";
import {
  anyTensor,
  arrayOf,
  elementsAttributeConstraint,
  functionTypeAttribute,
  stringAttribute,
  symbolAttribute,
} from "../../ir/constraints.ts";
import {
  attribute,
  defaultAttribute,
  type OperationOf,
  op,
  type Report,
  region,
  result,
  variadicOperand,
  variadicResult,
} from "../../ir/declaration.ts";
import type { CustomFormat } from "../../ir/format.ts";
import type { Operation } from "../../ir/operation.ts";
import { nearestSymbolTable, resolveSymbol, symbolName } from "../../ir/symbol-table.ts";
import { FunctionType, type Type } from "../../ir/types.ts";
import { anySurface, maximumRank, SurfaceType } from "./surface-type.ts";
import { isTargetName, targetNames } from "./targets.ts";

/** `@name(%x: type, …) -> (type, …) attributes {…} { … }` */
const programFormat: CustomFormat = {
  syntax: "@$sym_name(%argument: type, …) -> (type, …) (attributes attr-dict)? { body }",
  parse: (parser) => {
    const name = parser.parseSymbolName();
    parser.expect("(");
    const parameters = parser.peek(")") ? [] : parser.commaSeparated(() => parser.parseBlockArgument());
    parser.expect(")");
    parser.expect("->");
    const results = parser.parseTypesInParentheses();
    const attributes = parser.attributeDictionaryWithKeyword();
    const body = parser.parseRegion({ arguments: parameters });
    const inputs = parameters.map((parameter) => parameter.type);
    const known = new Map([
      ["sym_name", StringAttribute.get(name)],
      ["function_type", functionTypeAttribute.encode(FunctionType.get(inputs, results))],
    ]);
    const inherent = new Set(["target", "input_names", "output_names"]);
    const properties = [...attributes].filter(([key]) => inherent.has(key));
    return {
      properties: [...known, ...properties],
      attributes: [...attributes].filter(([key]) => !inherent.has(key)),
      regions: [body],
    };
  },
  print: (operation, printer) => {
    const typed = program.cast(operation);
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

/** A program of one task, and host code that calls it. */
const programExample = [
  'ane.program @double(%x: !ane.surface<2x3xf16>) -> (!ane.surface<2x3xf16>) attributes {input_names = ["x"], output_names = ["y"]} {',
  '  %y = elementwise %x, %x {kind = "add"} : (!ane.surface<2x3xf16>, !ane.surface<2x3xf16>) -> !ane.surface<2x3xf16>',
  "  return %y : !ane.surface<2x3xf16>",
  "}",
  '%t = "test.source"() : () -> tensor<2x3xf16>',
  "%r = ane.call @double(%t) : (tensor<2x3xf16>) -> tensor<2x3xf16>",
].join("\n");

export const program = op(
  "ane.program",
  {
    sym_name: attribute(stringAttribute),
    function_type: attribute(functionTypeAttribute),
    target: defaultAttribute(stringAttribute, "h16s"),
    /** Names of the ports, for reports and for the files that are emitted. */
    input_names: attribute(arrayOf(stringAttribute)),
    output_names: attribute(arrayOf(stringAttribute)),
    body: region(),
  },
  {
    doc:
      "A list of tasks that the engine of `target` runs in one dispatch. Arguments and results are surfaces; host code calls it with ane.call. " +
      "input_names and output_names name its ports.",
    example: programExample,
    traits: ["IsolatedFromAbove", "Symbol", "SingleBlock"],
    format: programFormat,
    defaultDialect: "ane",
    verify: (operation, report) => {
      const { function_type: type, body } = operation;
      if (!isTargetName(operation.target)) {
        report(`target must be one of ${targetNames.join(", ")}, but is "${operation.target}"`);
      }
      checkNames("input_names", operation.input_names, type.inputs.length, report);
      checkNames("output_names", operation.output_names, type.results.length, report);
      for (const each of [...type.inputs, ...type.results]) checkPort(each, report);
      const found = (body.entry?.arguments ?? []).map((argument) => argument.type);
      if (!sameTypes(found, type.inputs)) {
        report(`expects an entry block with arguments (${type.inputs.join(", ")}), found (${found.join(", ")})`);
      }
      for (const block of body.blocks) for (const inner of block.operations) checkRanks(inner, report);
    },
  },
);
export type ProgramOperation = OperationOf<typeof program>;

function checkNames(what: string, names: readonly string[], wanted: number, report: Report): void {
  if (names.length !== wanted) report(`${what} must have ${wanted} names, but has ${names.length}`);
  const repeated = names.find((name, position) => names.indexOf(name) !== position);
  if (repeated !== undefined) report(`${what} has "${repeated}" twice`);
}

function checkPort(type: Type, report: Report): void {
  if (!(type instanceof SurfaceType)) report(`arguments and results must be surfaces, but one is ${type}`);
  else if (type.element.text === "i1")
    report(`${type} cannot be an argument or result: truth values stay inside a program`);
}

function checkRanks(operation: Operation, report: Report): void {
  for (const { type } of operation.results) {
    if (type instanceof SurfaceType && type.rank > maximumRank) {
      report(
        `'${operation.name}' gives ${type} of rank ${type.rank}: the engine has at most ${maximumRank} dimensions`,
      );
    }
  }
}

function sameTypes(a: readonly Type[], b: readonly Type[]): boolean {
  return a.length === b.length && a.every((type, position) => type === b[position]);
}

export const returnOperation = op(
  "ane.return",
  { inputs: variadicOperand(anySurface) },
  {
    doc: "Ends a program and gives its results.",
    example: programExample,
    traits: ["Pure", "Terminator", "ReturnLike"],
    parents: ["ane.program"],
    format: "attr-dict ($inputs^ `:` type($inputs))?",
    verify: (operation, report) => {
      const parent = operation.parentOperation;
      if (!program.matches(parent)) return;
      const found = operation.inputs.map((value) => value.type);
      const wanted = parent.function_type.results;
      if (!sameTypes(found, wanted))
        report(`returns (${found.join(", ")}), but the program's results are (${wanted.join(", ")})`);
    },
  },
);

export const constant = op(
  "ane.constant",
  { value: attribute(elementsAttributeConstraint), result: result(anySurface) },
  {
    doc: "A surface that is part of the program: weights and other numbers known when compiling, rounded to f16 already.",
    example: "%w = ane.constant dense<1.0> : tensor<4xf16> -> !ane.surface<4xf16>",
    traits: ["Pure", "ConstantLike"],
    format: "attr-dict $value `->` type($result)",
    infer: ({ value }) => surfaceOfElements(value),
    verify: (operation, report) => {
      if (operation.value.type.element !== operation.result.type.element) {
        report(`holds ${operation.value.type.element} but gives ${operation.result.type}`);
      }
    },
  },
);

/** The plain surface that holds the elements of a constant. */
export function surfaceOfElements(value: ElementsAttribute): SurfaceType {
  return SurfaceType.get(value.type.shape, value.type.element);
}

export const call = op(
  "ane.call",
  { callee: attribute(symbolAttribute), inputs: variadicOperand(anyTensor), outputs: variadicResult(anyTensor) },
  {
    doc: "Dispatches the program of this name from host code: tensors go in and come out with the shapes and element types of its surfaces.",
    example: programExample,
    format: "$callee `(` $inputs `)` attr-dict `:` functional-type($inputs, $outputs)",
    effects: () => [],
    verify: (operation, report) => {
      const callee = resolveSymbol(operation, SymbolReferenceAttribute.get(operation.callee));
      if (callee === undefined) {
        if (nearestSymbolTable(operation) !== undefined) report(`calls @${operation.callee}, which is not defined`);
        return;
      }
      if (!program.matches(callee)) {
        report(`calls @${operation.callee}, which is '${callee.name}', not an ane.program`);
        return;
      }
      checkPorts(operation, callee.function_type, symbolName(callee) ?? "", report);
    },
  },
);

function checkPorts(operation: OperationOf<typeof call>, type: FunctionType, name: string, report: Report): void {
  const tensors = (types: readonly Type[]) => types.map((each) => (each instanceof SurfaceType ? each.tensor : each));
  const given = operation.inputs.map((value) => value.type);
  const taken = operation.outputs.map((value) => value.type);
  if (!sameTypes(given, tensors(type.inputs))) {
    report(`passes (${given.join(", ")}) to @${name}, which takes (${tensors(type.inputs).join(", ")})`);
  }
  if (!sameTypes(taken, tensors(type.results))) {
    report(`expects (${taken.join(", ")}) from @${name}, which gives (${tensors(type.results).join(", ")})`);
  }
}

export const programOps = [program, returnOperation, constant, call];
