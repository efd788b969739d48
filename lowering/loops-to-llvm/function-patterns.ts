/** Functions, calls and branches. Several results travel as one struct. */
import * as cf from "../../dialects/cf/ops.ts";
import * as func from "../../dialects/func/ops.ts";
import * as llvm from "../../dialects/llvm/index.ts";
import { isLlvmCompatible } from "../../dialects/llvm/types.ts";
import { DictionaryAttribute } from "../../ir/attributes.ts";
import { Region, type Value } from "../../ir/operation.ts";
import { type ConversionPattern, convert, type TypeConverter } from "../../ir/rewrite/conversion.ts";
import { refuse } from "../../ir/rewrite/pattern.ts";
import { MemRefType, type Type } from "../../ir/types.ts";
import { loopAnnotationName } from "../scf-to-cf/scf-to-cf.ts";
import { extractPart, insertPart } from "./building.ts";
import { memrefProblem } from "./types.ts";

/** The one result type that LLVM gives a function. */
function resultType(types: TypeConverter, results: readonly Type[]): Type {
  const converted = results.map((type) => types.convert(type));
  const [only] = converted;
  if (only === undefined) return llvm.voidType;
  return converted.length === 1 ? only : llvm.StructType.get(converted);
}

/** Why a type cannot cross a function's border. */
function problemOf(types: TypeConverter, type: Type): string | undefined {
  if (type instanceof MemRefType) return memrefProblem(type);
  return isLlvmCompatible(types.convert(type)) ? undefined : `the type ${type} does not exist in LLVM`;
}

const lowerFunction = convert(func.functionDefinition, "func-to-llvm", (operation, _operands, rewriter) => {
  const { inputs, results } = operation.function_type;
  for (const type of [...inputs, ...results]) {
    const problem = problemOf(rewriter.types, type);
    if (problem !== undefined) return refuse(problem);
  }
  const body = new Region();
  rewriter.inlineRegion(operation.body, body);
  rewriter.convertRegion(body);
  const isPrivate = operation.sym_visibility === "private" && body.entry !== undefined;
  rewriter.build(
    llvm.llvmFunction,
    {
      sym_name: operation.sym_name,
      function_type: llvm.LlvmFunctionType.get(
        resultType(rewriter.types, results),
        inputs.map((type) => rewriter.types.convert(type)),
      ),
      linkage: isPrivate ? "internal" : "external",
      arg_attrs: operation.arg_attrs ?? inputs.map(() => DictionaryAttribute.get([])),
      body,
    },
    operation.location,
    operation.attributes,
  );

  return rewriter.erase(operation);
});

const lowerReturn = convert(func.returnOperation, "func-return-to-llvm", (operation, operands, rewriter) => {
  const [first, ...others] = operands;
  if (first === undefined || others.length === 0)
    return rewriter.replaceWith(operation, llvm.llvmReturn, { arg: first });
  const struct = resultType(
    rewriter.types,
    operation.inputs.map(({ type }) => type),
  );
  const packed = operands.reduce<Value>(
    (made, value, position) => insertPart(rewriter, made, value, position),
    rewriter.build(llvm.undef, { res: struct }).res,
  );
  return rewriter.replaceWith(operation, llvm.llvmReturn, { arg: packed });
});

const lowerCall = convert(func.call, "func-call-to-llvm", (operation, operands, rewriter) => {
  const types = operation.outputs.map(({ type }) => type);
  const result = types.length === 0 ? undefined : resultType(rewriter.types, types);
  const made = llvm.llvmCall(rewriter, operation.callee, operands, result);
  if (made === undefined) return rewriter.erase(operation);
  if (types.length === 1) return rewriter.replace(operation, made);
  return rewriter.replace(
    operation,
    types.map((_, position) => extractPart(rewriter, made, position)),
  );
});

const lowerBranch = convert(cf.branch, "cf-br-to-llvm", (operation, destOperands, rewriter) =>
  rewriter.replaceWith(operation, llvm.branch, {
    dest: operation.dest,
    destOperands,
    loop_annotation: operation.attributes.get(loopAnnotationName),
  }),
);

const lowerConditionalBranch = convert(cf.conditionalBranch, "cf-cond-br-to-llvm", (operation, operands, rewriter) => {
  const count = operation.trueDestOperands.length;
  return rewriter.replaceWith(operation, llvm.conditionalBranch, {
    condition: operation.condition,
    trueDest: operation.trueDest,
    trueDestOperands: operands.slice(1, 1 + count),
    falseDest: operation.falseDest,
    falseDestOperands: operands.slice(1 + count),
    loop_annotation: operation.attributes.get(loopAnnotationName),
  });
});

export const functionPatterns: readonly ConversionPattern[] = [
  lowerFunction,
  lowerReturn,
  lowerCall,
  lowerBranch,
  lowerConditionalBranch,
];
