/** Functions, calls and branches of the llvm dialect. */

import { SymbolReferenceAttribute, TypeAttribute, UnitAttribute } from "../../ir/attributes.ts";
import type { AttributeConstraint } from "../../ir/constraints.ts";
import {
  anyAttribute,
  arrayOf,
  bool,
  dictionaryAttribute,
  i32ArrayAttribute,
  i64Attribute,
  stringAttribute,
  symbolAttribute,
  unitAttribute,
} from "../../ir/constraints.ts";
import {
  attribute,
  defaultAttribute,
  type OperationOf,
  op,
  operand,
  optionalAttribute,
  optionalOperand,
  optionalResult,
  region,
  successor,
  variadicOperand,
} from "../../ir/declaration.ts";
import { resolveSymbol } from "../../ir/symbol-table.ts";
import { checkBranch } from "../cf/ops.ts";
import { symbolNameAttribute } from "../upstream/constraints.ts";
import { llvmType } from "./arithmetic.ts";
import { callFormat, conditionalBranchFormat } from "./control-formats.ts";
import {
  callingConventionAttribute,
  linkageAttribute,
  llvmFastMathAttribute,
  tailCallKindAttribute,
  unnamedAddressAttribute,
  visibilityAttribute,
} from "./flags.ts";
import { functionFormat } from "./symbol-formats.ts";
import { LlvmFunctionType } from "./types.ts";

export const llvmFunctionTypeAttribute: AttributeConstraint<LlvmFunctionType> = {
  description: "an !llvm.func type attribute",
  decode: (found) =>
    found instanceof TypeAttribute && found.type instanceof LlvmFunctionType ? found.type : undefined,
  encode: (type) => TypeAttribute.get(type),
};

export const llvmFunction = op(
  "llvm.func",
  {
    sym_name: attribute(symbolNameAttribute),
    sym_visibility: optionalAttribute(stringAttribute),
    function_type: attribute(llvmFunctionTypeAttribute),
    linkage: defaultAttribute(linkageAttribute, "external"),
    dso_local: optionalAttribute(unitAttribute),
    CConv: defaultAttribute(callingConventionAttribute, "ccc"),
    comdat: optionalAttribute(anyAttribute),
    convergent: optionalAttribute(unitAttribute),
    personality: optionalAttribute(symbolAttribute),
    garbageCollector: optionalAttribute(stringAttribute),
    passthrough: optionalAttribute(anyAttribute),
    arg_attrs: optionalAttribute(arrayOf(dictionaryAttribute)),
    res_attrs: optionalAttribute(arrayOf(dictionaryAttribute)),
    function_entry_count: optionalAttribute(i64Attribute),
    memory: optionalAttribute(anyAttribute),
    visibility_: defaultAttribute(visibilityAttribute, "default"),
    section: optionalAttribute(stringAttribute),
    unnamed_addr: defaultAttribute(unnamedAddressAttribute, "none"),
    alignment: optionalAttribute(i64Attribute),
    vscale_range: optionalAttribute(anyAttribute),
    frame_pointer: optionalAttribute(anyAttribute),
    target_cpu: optionalAttribute(stringAttribute),
    tune_cpu: optionalAttribute(stringAttribute),
    target_features: optionalAttribute(anyAttribute),
    no_inline: optionalAttribute(unitAttribute),
    always_inline: optionalAttribute(unitAttribute),
    optimize_none: optionalAttribute(unitAttribute),
    no_unwind: optionalAttribute(unitAttribute),
    will_return: optionalAttribute(unitAttribute),
    body: region(),
  },
  {
    doc: "An LLVM function. An empty body declares an external function.",
    example: [
      "llvm.func internal @first(%p: !llvm.ptr {llvm.noalias}) -> f32 {",
      "  %r = llvm.load %p : !llvm.ptr -> f32",
      "  llvm.return %r : f32",
      "}",
    ].join("\n"),
    traits: ["IsolatedFromAbove", "Symbol"],
    format: functionFormat,
    verify: (operation, report) => {
      const {
        function_type: type,
        body,
        arg_attrs: argumentAttributes,
        res_attrs: resultAttributes,
        linkage,
      } = operation;
      if (resultAttributes !== undefined && resultAttributes.length !== type.results.length) {
        report(`has ${type.results.length} results, but res_attrs has ${resultAttributes.length} entries`);
      }
      if (argumentAttributes !== undefined && argumentAttributes.length !== type.inputs.length) {
        report(`has ${type.inputs.length} arguments, but arg_attrs has ${argumentAttributes.length} entries`);
      }
      const entry = body.entry;
      if (entry === undefined) {
        if (linkage !== "external" && linkage !== "extern_weak")
          report(`is external, so it needs external linkage, found ${linkage}`);
        return;
      }
      const found = entry.arguments.map((argument) => argument.type);
      if (found.length !== type.inputs.length || found.some((each, position) => each !== type.inputs[position])) {
        report(`expects an entry block with arguments (${type.inputs.join(", ")}), found (${found.join(", ")})`);
      }
    },
  },
);
export type LlvmFunctionOperation = OperationOf<typeof llvmFunction>;

export const llvmReturn = op(
  "llvm.return",
  { arg: optionalOperand(llvmType) },
  {
    doc: "Ends a function (or a global's initializer) and gives its value.",
    example: ["llvm.func @same(%x: f32) -> f32 {", "  llvm.return %x : f32", "}"].join("\n"),
    traits: ["Pure", "Terminator", "ReturnLike"],
    format: "attr-dict ($arg^ `:` type($arg))?",
    verify: (operation, report) => {
      const parent = operation.parentOperation;
      if (!llvmFunction.matches(parent)) return;
      const type = llvmFunctionTypeAttribute.decode(parent.attribute("function_type") ?? UnitAttribute.instance);
      if (type === undefined) return;
      const [wanted] = type.results;
      const found = operation.arg?.type;
      if (wanted !== found) report(`returns ${found ?? "nothing"}, but the function's result is ${wanted ?? "void"}`);
    },
  },
);

export const call = op(
  "llvm.call",
  {
    callee: optionalAttribute(symbolAttribute),
    callee_operands: variadicOperand(llvmType),
    var_callee_type: optionalAttribute(llvmFunctionTypeAttribute),
    fastmathFlags: defaultAttribute(llvmFastMathAttribute, []),
    branch_weights: optionalAttribute(i32ArrayAttribute),
    CConv: defaultAttribute(callingConventionAttribute, "ccc"),
    TailCallKind: defaultAttribute(tailCallKindAttribute, "none"),
    access_groups: optionalAttribute(anyAttribute),
    alias_scopes: optionalAttribute(anyAttribute),
    noalias_scopes: optionalAttribute(anyAttribute),
    tbaa: optionalAttribute(anyAttribute),
    result: optionalResult(llvmType),
  },
  {
    doc: "Calls a function by name, or (without callee) the function that the first operand points to.",
    example: [
      "llvm.func @printf(!llvm.ptr, ...) -> i32",
      '%p = "test.source"() : () -> !llvm.ptr',
      '%x = "test.source"() : () -> i32',
      "%r = llvm.call @printf(%p, %x) vararg(!llvm.func<i32 (ptr, ...)>) : (!llvm.ptr, i32) -> i32",
    ].join("\n"),
    format: callFormat,
    verify: (operation, report) => {
      const { var_callee_type: type, callee, callee_operands: operands, result: value } = operation;
      const args = operands.slice(callee === undefined ? 1 : 0);
      if (type !== undefined) {
        const wrong = type.inputs.findIndex((each, position) => args[position]?.type !== each);
        if (wrong >= 0)
          report(
            `expects argument ${wrong} of type ${type.inputs[wrong]} by its type ${type}, found ${args[wrong]?.type ?? "none"}`,
          );
        if (type.results[0] !== value?.type)
          report(
            `expects the result ${type.results[0] ?? "of void"} by its type ${type}, found ${value?.type ?? "none"}`,
          );
        return;
      }
      const found = callee === undefined ? undefined : resolveSymbol(operation, SymbolReferenceAttribute.get(callee));
      if (llvmFunction.matches(found) && found.function_type.isVariadic)
        report(`calls @${callee}, which takes more arguments than it names: it needs var_callee_type`);
    },
  },
);

/** The arguments of a call, without the pointer of an indirect one. */
export function callArguments(operation: OperationOf<typeof call>): OperationOf<typeof call>["callee_operands"] {
  return operation.callee === undefined ? operation.callee_operands.slice(1) : operation.callee_operands;
}

export const branch = op(
  "llvm.br",
  { destOperands: variadicOperand(llvmType), loop_annotation: optionalAttribute(anyAttribute), dest: successor() },
  {
    doc: "Goes to a block, passing values for its arguments.",
    example: [
      "llvm.func @f(%c: i1, %x: f32) {",
      "  llvm.cond_br %c weights([3, 1]), ^then(%x : f32), ^else",
      "^then(%y: f32):",
      "  llvm.br ^else",
      "^else:",
      "  llvm.return",
      "}",
    ].join("\n"),
    traits: ["Pure", "Terminator"],
    format: "$dest (`(` $destOperands^ `:` type($destOperands) `)`)? attr-dict",
    verify: (operation, report) => checkBranch(operation.dest, operation.destOperands, report),
  },
);

export const conditionalBranch = op(
  "llvm.cond_br",
  {
    condition: operand(bool),
    trueDestOperands: variadicOperand(llvmType),
    falseDestOperands: variadicOperand(llvmType),
    branch_weights: optionalAttribute(i32ArrayAttribute),
    loop_annotation: optionalAttribute(anyAttribute),
    trueDest: successor(),
    falseDest: successor(),
  },
  {
    doc: "Goes to one of two blocks, by a truth value.",
    example: [
      "llvm.func @f(%c: i1, %x: f32) {",
      "  llvm.cond_br %c weights([3, 1]), ^then(%x : f32), ^else",
      "^then(%y: f32):",
      "  llvm.br ^else",
      "^else:",
      "  llvm.return",
      "}",
    ].join("\n"),
    traits: ["Pure", "Terminator"],
    format: conditionalBranchFormat,
    verify: (operation, report) => {
      checkBranch(operation.trueDest, operation.trueDestOperands, report);
      checkBranch(operation.falseDest, operation.falseDestOperands, report);
    },
  },
);

export const unreachable = op(
  "llvm.unreachable",
  {},
  {
    doc: "A place that the program never reaches.",
    example: ["llvm.func @never() {", "  llvm.unreachable", "}"].join("\n"),
    traits: ["Terminator"],
    format: "attr-dict",
  },
);

/** Whether a function returns a value. */
export function hasResult(type: LlvmFunctionType): boolean {
  return type.results.length > 0;
}

export const llvmControl = [llvmFunction, llvmReturn, call, branch, conditionalBranch, unreachable];
