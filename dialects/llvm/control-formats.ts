/** The assembly of llvm calls and conditional branches. */
import { type Attribute, DenseArrayAttribute, SymbolReferenceAttribute, TypeAttribute } from "../../ir/attributes.ts";
import type { CustomFormat } from "../../ir/format.ts";
import type { Operation } from "../../ir/operation.ts";
import type { OperationParser, UnresolvedOperand } from "../../ir/parser/operation-parser.ts";
import { i1, i32 } from "../../ir/types.ts";
import { parseTarget, printTarget } from "../upstream/switch-format.ts";
import { callingConventionAttribute, callingConventions, tailCallKindAttribute, tailCallKinds } from "./flags.ts";

/** `vararg(!llvm.func<…>)`, if it is there, as a property. */
function parseVariadicCallee(parser: OperationParser): [string, Attribute][] {
  if (!parser.acceptKeyword("vararg")) return [];
  parser.expect("(");
  const type = TypeAttribute.get(parser.parseType());
  parser.expect(")");
  return [["var_callee_type", type]];
}

/** `: (i64) -> i64`, with the pointer's type in front where a pointer is called: the operands of the call, and its results. */
function parseCallTypes(
  parser: OperationParser,
  target: UnresolvedOperand | undefined,
  operands: readonly UnresolvedOperand[],
) {
  parser.expect(":");
  const pointerType = target === undefined ? undefined : parser.parseType();
  if (pointerType !== undefined) parser.expect(",");
  const at = parser.offset;
  const { inputs, results } = parser.functionType();
  const indirect = target === undefined || pointerType === undefined ? [] : [parser.resolve(target, pointerType)];
  return { called: [...indirect, ...parser.resolveAll(operands, inputs, at)], results };
}

/** `fastcc musttail @f(%x) vararg(!llvm.func<…>) : (i64) -> i64`; indirect: `%p(%x) : !llvm.ptr, (i64) -> i64` */
export const callFormat: CustomFormat = {
  syntax: "($callee | %callee)(%operand, …) (vararg($var_callee_type))? attr-dict : (type(operands)) -> type(results)",
  parse: (parser) => {
    const properties: [string, Attribute][] = [];
    const convention = callingConventions.find((word) => parser.peekKeyword(word));
    if (convention !== undefined) {
      parser.expectKeyword(convention);
      properties.push(["CConv", callingConventionAttribute.encode(convention)]);
    }
    const tail = tailCallKinds.find((word) => parser.peekKeyword(word));
    if (tail !== undefined) {
      parser.expectKeyword(tail);
      properties.push(["TailCallKind", tailCallKindAttribute.encode(tail)]);
    }
    const callee = parser.parseOptionalSymbolName();
    const target = callee === undefined ? parser.parseOperand() : undefined;
    if (callee !== undefined) properties.push(["callee", SymbolReferenceAttribute.get(callee)]);
    const operands = parser.operandList("(", ")");
    properties.push(...parseVariadicCallee(parser));
    const attributes = parser.attributeDictionary();
    const { called, results } = parseCallTypes(parser, target, operands);
    return { operands: called, properties, attributes, resultTypes: results };
  },
  print: (operation, printer) => {
    const convention = operation.attribute("CConv");
    const tail = operation.attribute("TailCallKind");
    const callee = operation.attribute("callee");
    const conventionWord = convention === undefined ? undefined : callingConventionAttribute.decode(convention);
    const tailWord = tail === undefined ? undefined : tailCallKindAttribute.decode(tail);
    const isIndirect = callee === undefined;
    const args = isIndirect ? operation.operands.slice(1) : operation.operands;
    if (conventionWord !== undefined && conventionWord !== "ccc") printer.write(` ${conventionWord}`);
    if (tailWord !== undefined && tailWord !== "none") printer.write(` ${tailWord}`);
    printer.write(" ");
    if (callee === undefined) printer.operand(operation.operand(0));
    else printer.attribute(callee);
    printer.write("(");
    printer.operands(args);
    printer.write(")");
    const variadicType = operation.attribute("var_callee_type");
    if (variadicType instanceof TypeAttribute) {
      printer.write(" vararg(");
      printer.type(variadicType.type);
      printer.write(")");
    }
    printer.attributeDictionary(operation, ["CConv", "TailCallKind", "callee", "var_callee_type"]);
    printer.write(" : ");
    if (isIndirect) {
      printer.type(operation.operand(0).type);
      printer.write(", ");
    }
    printer.functionType(
      args.map((value) => value.type),
      operation.results.map((result) => result.type),
    );
  },
};

function numbersOf(operation: Operation, name: string): readonly number[] | undefined {
  const attribute = operation.attribute(name);
  return attribute instanceof DenseArrayAttribute ? attribute.numbers : undefined;
}

/** `%c weights([1, 2]), ^bb1(%x : i32), ^bb2` */
export const conditionalBranchFormat: CustomFormat = {
  syntax:
    "%condition (weights($branch_weights))?, ^trueDest(%operand, … : type, …), ^falseDest(%operand, … : type, …) attr-dict",
  parse: (parser) => {
    const condition = parser.parseOperand();
    const properties: [string, Attribute][] = [];
    if (parser.acceptKeyword("weights")) {
      parser.expect("(");
      const weights = parser.delimited("[", "]", () => parser.parseSize());
      properties.push(["branch_weights", DenseArrayAttribute.i32(weights)]);
      parser.expect(")");
    }
    parser.expect(",");
    const whenTrue = parseTarget(parser);
    parser.expect(",");
    const whenFalse = parseTarget(parser);
    const segments = [1, whenTrue.values.length, whenFalse.values.length];
    properties.push(["operandSegmentSizes", DenseArrayAttribute.get(i32, segments)]);
    return {
      operands: [parser.resolve(condition, i1), ...whenTrue.values, ...whenFalse.values],
      properties,
      attributes: parser.attributeDictionary(),
      successors: [whenTrue.block, whenFalse.block],
    };
  },
  print: (operation, printer) => {
    const [condition, ...values] = operation.operands;
    const [, trueCount = 0] = numbersOf(operation, "operandSegmentSizes") ?? [];
    const weights = numbersOf(operation, "branch_weights");
    printer.write(" ");
    printer.operand(condition!);
    if (weights !== undefined) printer.write(` weights([${weights.join(", ")}])`);
    printer.write(", ");
    printTarget(printer, operation.successors[0], values.slice(0, trueCount));
    printer.write(", ");
    printTarget(printer, operation.successors[1], values.slice(trueCount));
    printer.attributeDictionary(operation, ["branch_weights", "operandSegmentSizes"]);
  },
};

/** `fastcc @f(%x) to ^bb1(%y : i32) unwind ^bb2 vararg(!llvm.func<…>) : (i32) -> i32`; indirect: `%p(%x) … : !llvm.ptr, (i32) -> i32` */
export const invokeFormat: CustomFormat = {
  syntax:
    "($callee | %callee)(%operand, …) to ^normalDest(…) unwind ^unwindDest(…) (vararg($var_callee_type))? attr-dict : (type(operands)) -> type(results)",
  parse: (parser) => {
    const properties: [string, Attribute][] = [];
    const convention = callingConventions.find((word) => parser.peekKeyword(word));
    if (convention !== undefined) {
      parser.expectKeyword(convention);
      properties.push(["CConv", callingConventionAttribute.encode(convention)]);
    }
    const callee = parser.parseOptionalSymbolName();
    const target = callee === undefined ? parser.parseOperand() : undefined;
    if (callee !== undefined) properties.push(["callee", SymbolReferenceAttribute.get(callee)]);
    const operands = parser.operandList("(", ")");
    parser.expectKeyword("to");
    const normal = parseTarget(parser);
    parser.expectKeyword("unwind");
    const unwind = parseTarget(parser);
    properties.push(...parseVariadicCallee(parser));
    const attributes = parser.attributeDictionary();
    const { called, results } = parseCallTypes(parser, target, operands);
    const segments = [called.length, normal.values.length, unwind.values.length];
    properties.push(["operandSegmentSizes", DenseArrayAttribute.get(i32, segments)]);
    return {
      operands: [...called, ...normal.values, ...unwind.values],
      properties,
      attributes,
      resultTypes: results,
      successors: [normal.block, unwind.block],
    };
  },
  print: (operation, printer) => {
    const convention = operation.attribute("CConv");
    const word = convention === undefined ? undefined : callingConventionAttribute.decode(convention);
    const callee = operation.attribute("callee");
    const [calledCount = 0, normalCount = 0] = numbersOf(operation, "operandSegmentSizes") ?? [];
    const called = operation.operands.slice(0, calledCount);
    const args = callee === undefined ? called.slice(1) : called;
    if (word !== undefined && word !== "ccc") printer.write(` ${word}`);
    printer.write(" ");
    if (callee === undefined) printer.operand(operation.operand(0));
    else printer.attribute(callee);
    printer.write("(");
    printer.operands(args);
    printer.write(") to ");
    printTarget(printer, operation.successors[0], operation.operands.slice(calledCount, calledCount + normalCount));
    printer.write(" unwind ");
    printTarget(printer, operation.successors[1], operation.operands.slice(calledCount + normalCount));
    const variadicType = operation.attribute("var_callee_type");
    if (variadicType instanceof TypeAttribute) printer.write(` vararg(${variadicType})`);
    printer.attributeDictionary(operation, ["CConv", "callee", "operandSegmentSizes", "var_callee_type"]);
    printer.write(" : ");
    if (callee === undefined) printer.write(`${operation.operand(0).type}, `);
    printer.functionType(
      args.map((value) => value.type),
      operation.results.map((result) => result.type),
    );
  },
};
