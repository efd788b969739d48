/** The func dialect: functions, calls and returns. A function without a body block is a declaration. */

import { DictionaryAttribute, SymbolReferenceAttribute, UnitAttribute } from "../../ir/attributes.ts";
import {
  anyFunction,
  anyType,
  arrayOf,
  dictionaryAttribute,
  functionTypeAttribute,
  stringAttribute,
  symbolAttribute,
} from "../../ir/constraints.ts";
import {
  attribute,
  type OperationOf,
  op,
  operand,
  optionalAttribute,
  region,
  result,
  variadicOperand,
  variadicResult,
} from "../../ir/declaration.ts";
import { resolveSymbol } from "../../ir/symbol-table.ts";
import type { Type } from "../../ir/types.ts";
import { example } from "../example.ts";
import { symbolNameAttribute } from "../upstream/constraints.ts";
import { callIndirectFormat, functionFormat } from "./formats.ts";

export const functionDefinition = op(
  "func.func",
  {
    sym_name: attribute(symbolNameAttribute),
    function_type: attribute(functionTypeAttribute),
    sym_visibility: optionalAttribute(stringAttribute),
    arg_attrs: optionalAttribute(arrayOf(dictionaryAttribute)),
    res_attrs: optionalAttribute(arrayOf(dictionaryAttribute)),
    body: region(),
  },
  {
    doc: "A function: a name, a type and a body whose entry block's arguments are the parameters. An empty body declares an external function, which is private or nested.",
    example: ["func.func @twice(%x: f32) -> f32 {", "  %r = arith.addf %x, %x : f32", "  return %r : f32", "}"].join(
      "\n",
    ),
    traits: ["IsolatedFromAbove", "Symbol"],
    format: functionFormat,
    defaultDialect: "func",
    verify: (operation, report) => {
      const { inputs, results } = operation.function_type;
      const { arg_attrs: argumentAttributes, res_attrs: resultAttributes } = operation;
      if (argumentAttributes !== undefined && argumentAttributes.length !== inputs.length) {
        report(`has ${inputs.length} arguments, but arg_attrs has ${argumentAttributes.length} entries`);
      }
      if (resultAttributes !== undefined && resultAttributes.length !== results.length) {
        report(`has ${results.length} results, but res_attrs has ${resultAttributes.length} entries`);
      }
      const entry = operation.body.entry;
      if (entry === undefined) {
        if (operation.sym_visibility === undefined || operation.sym_visibility === "public")
          report("is a declaration, which cannot be public: write 'func.func private', or give it a body");
        return;
      }
      const found = entry.arguments.map((argument) => argument.type);
      if (!sameTypes(found, inputs)) {
        report(`expects an entry block with arguments (${inputs.join(", ")}), found (${found.join(", ")})`);
      }
    },
  },
);
export type FunctionOperation = OperationOf<typeof functionDefinition>;

export const returnOperation = op(
  "func.return",
  { inputs: variadicOperand(anyType) },
  {
    doc: "Ends a function and gives its results.",
    example: ["func.func @same(%x: f32) -> f32 {", "  return %x : f32", "}"].join("\n"),
    traits: ["Pure", "Terminator", "ReturnLike"],
    parents: ["func.func"],
    format: "attr-dict ($inputs^ `:` type($inputs))?",
    verify: (operation, report) => {
      const parent = operation.parentOperation;
      if (!functionDefinition.matches(parent)) return;
      const type = functionTypeAttribute.decode(parent.attribute("function_type") ?? UnitAttribute.instance);
      if (type === undefined) return;
      const wanted = type.results;
      const found = operation.inputs.map((value) => value.type);
      if (!sameTypes(found, wanted)) {
        report(
          `returns values of type (${found.join(", ")}), but the function's result types are (${wanted.join(", ")})`,
        );
      }
    },
  },
);

export const call = op(
  "func.call",
  { callee: attribute(symbolAttribute), inputs: variadicOperand(anyType), outputs: variadicResult(anyType) },
  {
    doc: "Calls the function of this name in the surrounding symbol tables.",
    example: [
      "func.func private @callee(f32) -> f32",
      '%x = "test.source"() : () -> f32',
      "%r = func.call @callee(%x) : (f32) -> f32",
    ].join("\n"),
    format: "$callee `(` $inputs `)` attr-dict `:` functional-type($inputs, $outputs)",
    verify: (operation, report) => {
      const callee = resolveSymbol(operation, SymbolReferenceAttribute.get(operation.callee));
      if (!functionDefinition.matches(callee)) {
        if (callee !== undefined) report(`calls @${operation.callee}, which is not a func.func`);
        else if (operation.parentOperation !== undefined) report(`calls @${operation.callee}, which is not defined`);
        return;
      }
      const type = functionTypeAttribute.decode(callee.attribute("function_type") ?? UnitAttribute.instance);
      if (type === undefined) return;
      const { inputs, results } = type;
      const given = operation.inputs.map((value) => value.type);
      const wanted = operation.outputs.map((value) => value.type);
      if (!sameTypes(given, inputs)) {
        report(`passes (${given.join(", ")}) to @${operation.callee}, which takes (${inputs.join(", ")})`);
      }
      if (!sameTypes(wanted, results)) {
        report(`expects (${wanted.join(", ")}) from @${operation.callee}, which returns (${results.join(", ")})`);
      }
    },
  },
);

export const callIndirect = op(
  "func.call_indirect",
  { callee: operand(anyFunction), callee_operands: variadicOperand(anyType), results_: variadicResult(anyType) },
  {
    doc: "Calls a function that is a value.",
    example: example("%r = func.call_indirect %f(%x) : (f32) -> f32", "%f: (f32) -> f32", "%x: f32"),
    format: callIndirectFormat,
    verify: ({ callee, callee_operands: args, results_: results }, report) => {
      const { type } = callee;
      const given = args.map((value) => value.type);
      const wanted = results.map((value) => value.type);
      if (!sameTypes(given, type.inputs)) report(`passes (${given.join(", ")}) to a function of type ${type}`);
      if (!sameTypes(wanted, type.results)) report(`expects (${wanted.join(", ")}) from a function of type ${type}`);
    },
  },
);

export const functionConstant = op(
  "func.constant",
  { value: attribute(symbolAttribute), result: result(anyFunction) },
  {
    doc: "A function as a value.",
    example: ["func.func private @callee(f32) -> f32", "%f = func.constant @callee : (f32) -> f32"].join("\n"),
    traits: ["Pure", "ConstantLike"],
    format: "attr-dict $value `:` type(results)",
    verify: (operation, report) => {
      const callee = resolveSymbol(operation, SymbolReferenceAttribute.get(operation.value));
      if (!functionDefinition.matches(callee)) {
        report(`refers to @${operation.value}, which is not a func.func in reach`);
        return;
      }
      const type = functionTypeAttribute.decode(callee.attribute("function_type") ?? UnitAttribute.instance);
      if (type !== undefined && type !== operation.result.type)
        report(`has type ${operation.result.type}, but @${operation.value} is of type ${type}`);
    },
  },
);

function sameTypes(a: readonly Type[], b: readonly Type[]): boolean {
  return a.length === b.length && a.every((type, position) => type === b[position]);
}

/** The attributes of one parameter of a function; empty where it has none. */
export function argumentAttributes(operation: FunctionOperation, position: number): DictionaryAttribute {
  return operation.arg_attrs?.[position] ?? DictionaryAttribute.get([]);
}

export const funcOps = [functionDefinition, returnOperation, call, callIndirect, functionConstant];
