/**
 * The lowering: a polynomial becomes a vector of its coefficients, and the operations become arithmetic on them and loops
 * over buffers. A dialect conversion: types change on the way, and what stays illegal is an error that says why.
 */
import { addi, constant, indexConstant, muli, scalarConstant } from "anemone/dialects/arith";
import { call, functionDefinition, returnOperation } from "anemone/dialects/func";
import { indexValues, load, store } from "anemone/dialects/memref";
import { forLoop } from "anemone/dialects/scf";
import { extractAt, insertAt, isVectorValue } from "anemone/dialects/vector";
import {
  applyPartialConversion,
  type Builder,
  ConversionTarget,
  convert,
  elementsAttribute,
  FunctionType,
  i32,
  type Operation,
  type Type,
  TypeAttribute,
  TypeConverter,
  type Value,
  VectorType,
} from "anemone/ir";
import { pass } from "anemone/passes";
import * as poly from "./ops.ts";
import { PolynomialType } from "./types.ts";

const vectorOf = ({ degree }: PolynomialType) => VectorType.get([degree + 1], i32);

const types = new TypeConverter().add((type) => (type instanceof PolynomialType ? vectorOf(type) : undefined));

const typesOf = (list: readonly Type[]) => list.map((type) => types.convert(type));

/** The coefficients of a lowered polynomial as scalars, the constant term first. */
function coefficientsOf(builder: Builder, polynomial: Value | undefined): readonly Value[] {
  if (polynomial === undefined || !isVectorValue(polynomial)) throw new Error("expects a lowered polynomial");
  return Array.from({ length: polynomial.type.count }, (_, power) => extractAt(builder, polynomial, [power]));
}

/** The vector of these coefficients. */
function vectorFrom(builder: Builder, coefficients: readonly Value[]): Value {
  let vector: Value = scalarConstant(builder, 0, VectorType.get([coefficients.length], i32));
  for (const [power, coefficient] of coefficients.entries()) {
    if (isVectorValue(vector)) vector = insertAt(builder, coefficient, vector, [power]);
  }
  return vector;
}

const sum = (builder: Builder, lhs: Value, rhs: Value) => builder.build(addi, { lhs, rhs }).result;
const product = (builder: Builder, lhs: Value, rhs: Value) => builder.build(muli, { lhs, rhs }).result;

const lowerConstant = convert(poly.constant, "lower-constant", (operation, _operands, rewriter) => {
  const value = elementsAttribute(vectorOf(operation.result.type), Int32Array.from(operation.value));
  return rewriter.replaceWith(operation, constant, { value });
});

const lowerAdd = convert(poly.add, "lower-add", (operation, [p, q], rewriter) => {
  return rewriter.replace(operation, sum(rewriter, p!, q!));
});

const lowerMultiply = convert(poly.multiply, "lower-multiply", (operation, [p, q], rewriter) => {
  const [left, right] = [coefficientsOf(rewriter, p), coefficientsOf(rewriter, q)];
  const made: Value[] = [];
  for (const [i, a] of left.entries()) {
    for (const [j, b] of right.entries()) {
      const [term, known] = [product(rewriter, a, b), made[i + j]];
      made[i + j] = known === undefined ? term : sum(rewriter, known, term);
    }
  }
  return rewriter.replace(operation, vectorFrom(rewriter, made));
});

const lowerDerive = convert(poly.derive, "lower-derive", (operation, [p], rewriter) => {
  const [first, ...rest] = coefficientsOf(rewriter, p);
  const zero = scalarConstant(rewriter, 0, i32);
  const made = rest.map((each, power) => product(rewriter, each, scalarConstant(rewriter, power + 1, i32)));
  return rewriter.replace(operation, vectorFrom(rewriter, first !== undefined && made.length === 0 ? [zero] : made));
});

// p(x) -> ((c3 * x + c2) * x + c1) * x + c0
function horner(builder: Builder, coefficients: readonly Value[], x: Value): Value {
  return coefficients.reduceRight((high, low) => sum(builder, product(builder, high, x), low));
}

const lowerEvaluate = convert(poly.evaluate, "lower-evaluate", (operation, [p, x], rewriter) => {
  return rewriter.replace(operation, horner(rewriter, coefficientsOf(rewriter, p), x!));
});

const lowerEvaluateAll = convert(poly.evaluateAll, "lower-evaluate-all", (operation, [p], rewriter) => {
  const { input, output } = operation;
  const coefficients = coefficientsOf(rewriter, p);
  const [zero, one] = [indexConstant(rewriter, 0), indexConstant(rewriter, 1)];
  forLoop(rewriter, zero, indexConstant(rewriter, input.type.count), one, [], (position) => {
    const indices = indexValues([position]);
    const x = rewriter.build(load, { memref: input, indices }).result;
    rewriter.build(store, { value: horner(rewriter, coefficients, x), memref: output, indices });
    return undefined;
  });
  return rewriter.erase(operation);
});

// Functions keep their names and get converted types; calls and returns follow.

const lowerFunction = convert(functionDefinition, "lower-function", (operation, _operands, rewriter) => {
  const { inputs, results } = operation.function_type;
  for (const block of operation.body.blocks) rewriter.convertArguments(block);
  return rewriter.modify(operation, () => {
    const type = FunctionType.get(typesOf(inputs), typesOf(results));
    operation.properties.set("function_type", TypeAttribute.get(type));
  });
});

const lowerReturn = convert(returnOperation, "lower-return", (operation, inputs, rewriter) => {
  return rewriter.replaceWith(operation, returnOperation, { inputs });
});

const lowerCall = convert(call, "lower-call", (operation, inputs, rewriter) => {
  const outputs = typesOf(operation.outputs.map(({ type }) => type));
  return rewriter.replaceWith(operation, call, { callee: operation.callee, inputs, outputs });
});

const usesLegalTypes = ({ operands, results }: Operation) =>
  [...operands, ...results].every(({ type }) => types.isLegal(type));

export const polyToArith = pass("poly-to-arith", {
  doc: "Lowers polynomials to vectors of coefficients, and what is done with them to arith, scf and memref.",
  run: (module, { context }) => {
    const target = new ConversionTarget()
      .illegalDialects("poly")
      .dynamic(functionDefinition, (operation) => {
        const { inputs, results } = functionDefinition.cast(operation).function_type;
        return [...inputs, ...results].every((type) => types.isLegal(type));
      })
      .dynamic(returnOperation, usesLegalTypes)
      .dynamic(call, usesLegalTypes);
    const patterns = [
      lowerConstant,
      lowerAdd,
      lowerMultiply,
      lowerDerive,
      lowerEvaluate,
      lowerEvaluateAll,
      lowerFunction,
      lowerReturn,
      lowerCall,
    ];
    return applyPartialConversion(module, target, patterns, context, { types });
  },
});
