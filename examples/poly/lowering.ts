/**
 * The lowering: a polynomial becomes a vector of its coefficients, and the operations become arithmetic on them and loops
 * over buffers. A dialect conversion: types change on the way, and what stays illegal is an error that says why.
 */
import { cf, func, scf } from "anemone/dialects";
import { constant, indexConstant, product, scalarConstant, sum } from "anemone/dialects/arith";
import { indexValues, load, store } from "anemone/dialects/memref";
import { forLoop } from "anemone/dialects/scf";
import { extractAt, insertAt, isVectorValue } from "anemone/dialects/vector";
import {
  applyPartialConversion,
  type Builder,
  ConversionTarget,
  convert,
  elementsAttribute,
  i32,
  patternsForTypesOf,
  TypeConverter,
  type Value,
  VectorType,
} from "anemone/ir";
import { pass } from "anemone/passes";
import * as poly from "./ops.ts";
import { PolynomialType } from "./types.ts";

const vectorOf = ({ degree }: PolynomialType) => VectorType.get([degree + 1], i32);

const types = new TypeConverter().add((type) => (type instanceof PolynomialType ? vectorOf(type) : undefined));

/** The coefficients of a lowered polynomial as scalars, the constant term first. */
function coefficientsOf(builder: Builder, polynomial: Value): readonly Value[] {
  if (!isVectorValue(polynomial)) throw new Error("expects a lowered polynomial");
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

const lowerConstant = convert(poly.constant, "lower-constant", (operation, _operands, rewriter) => {
  const value = elementsAttribute(vectorOf(operation.result.type), Int32Array.from(operation.value));
  return rewriter.replaceWith(operation, constant, { value });
});

const lowerAdd = convert(poly.add, "lower-add", (operation, { lhs, rhs }, rewriter) => {
  return rewriter.replace(operation, sum(rewriter, lhs, rhs));
});

const lowerMultiply = convert(poly.multiply, "lower-multiply", (operation, { lhs, rhs }, rewriter) => {
  const [left, right] = [coefficientsOf(rewriter, lhs), coefficientsOf(rewriter, rhs)];
  const made: Value[] = [];
  for (const [i, a] of left.entries()) {
    for (const [j, b] of right.entries()) {
      const [term, known] = [product(rewriter, a, b), made[i + j]];
      made[i + j] = known === undefined ? term : sum(rewriter, known, term);
    }
  }
  return rewriter.replace(operation, vectorFrom(rewriter, made));
});

const lowerDerive = convert(poly.derive, "lower-derive", (operation, { input }, rewriter) => {
  const [, ...rest] = coefficientsOf(rewriter, input);
  const made = rest.map((each, power) => product(rewriter, each, scalarConstant(rewriter, power + 1, i32)));
  return rewriter.replace(operation, vectorFrom(rewriter, made.length > 0 ? made : [scalarConstant(rewriter, 0, i32)]));
});

// p(x) -> ((c3 * x + c2) * x + c1) * x + c0
function horner(builder: Builder, coefficients: readonly Value[], x: Value): Value {
  return coefficients.reduceRight((high, low) => sum(builder, product(builder, high, x), low));
}

const lowerEvaluate = convert(poly.evaluate, "lower-evaluate", (operation, { polynomial, x }, rewriter) => {
  return rewriter.replace(operation, horner(rewriter, coefficientsOf(rewriter, polynomial), x));
});

const lowerEvaluateAll = convert(poly.evaluateAll, "lower-evaluate-all", (operation, { polynomial }, rewriter) => {
  const { input, output } = operation;
  const coefficients = coefficientsOf(rewriter, polynomial);
  const [zero, one] = [indexConstant(rewriter, 0), indexConstant(rewriter, 1)];
  forLoop(rewriter, zero, indexConstant(rewriter, input.type.count), one, [], (position) => {
    const indices = indexValues([position]);
    const x = rewriter.build(load, { memref: input, indices }).result;
    rewriter.build(store, { value: horner(rewriter, coefficients, x), memref: output, indices });
    return undefined;
  });
  return rewriter.erase(operation);
});

export const polyToArith = pass("poly-to-arith", {
  doc: "Lowers polynomials to vectors of coefficients, and what is done with them to arith, scf and memref.",
  run: (module, { context }) => {
    const target = new ConversionTarget().illegalDialects("poly");
    const patterns = [
      lowerConstant,
      lowerAdd,
      lowerMultiply,
      lowerDerive,
      lowerEvaluate,
      lowerEvaluateAll,
      // Functions, calls, branches and loops pass polynomials on: they only change their types.
      ...patternsForTypesOf(target, types, [...func.ops, ...cf.ops, ...scf.ops]),
    ];
    return applyPartialConversion(module, target, patterns, context, { types });
  },
});
