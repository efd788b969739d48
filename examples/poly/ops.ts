/** The operations of the poly dialect: one declaration each, from which all else about them comes. */
import {
  type Attribute,
  attribute,
  DenseArrayAttribute,
  exactly,
  IntegerAttribute,
  i32,
  i32ArrayAttribute,
  MemRefType,
  op,
  operand,
  result,
  type TensorData,
  typeOf,
  typeVariable,
} from "anemone/ir";
import { type Coefficients, derivative, product, sum, valueAt } from "./arithmetic.ts";
import { greatestDegree, PolynomialType, polynomial } from "./types.ts";

/** The coefficients that a constant operand holds; undefined for an operand that is not constant. */
function coefficientsOf(constant: Attribute | undefined): Coefficients | undefined {
  return constant === undefined ? undefined : i32ArrayAttribute.decode(constant);
}

const attributeOf = (coefficients: Coefficients) => DenseArrayAttribute.get(i32, coefficients);
const numbersOf = (data: TensorData | undefined): Coefficients => Array.from(data?.data ?? [], Number);
const dataOf = (coefficients: Coefficients): TensorData => ({
  shape: [coefficients.length],
  element: "i32",
  data: Int32Array.from(coefficients),
});

const P = typeVariable("P", polynomial);

export const add = op(
  "poly.add",
  { lhs: operand(P), rhs: operand(P), result: result(P) },
  {
    doc: "The sum of two polynomials of one degree.",
    example: [
      "%p = poly.constant [1, 2]",
      "%q = poly.constant [3, 4]",
      "%sum = poly.add %p, %q : !poly.polynomial<1>",
    ].join("\n"),
    traits: ["Pure", "Commutative"],
    format: "$lhs `,` $rhs attr-dict `:` type($result)",
    evaluate: (_, [p, q]) => dataOf(sum(numbersOf(p), numbersOf(q))),
    fold: ({ lhs }, constants) => {
      const [p, q] = constants.map(coefficientsOf);
      if (q?.every((coefficient) => coefficient === 0)) return lhs;
      return p === undefined || q === undefined ? undefined : attributeOf(sum(p, q));
    },
  },
);

export const multiply = op(
  "poly.multiply",
  { lhs: operand(polynomial), rhs: operand(polynomial), result: result(polynomial) },
  {
    doc: "The product of two polynomials; the degrees add up.",
    example: [
      "%p = poly.constant [1, 2]",
      "%q = poly.constant [3, 4, 5]",
      "%product = poly.multiply %p, %q : !poly.polynomial<1>, !poly.polynomial<2>",
    ].join("\n"),
    traits: ["Pure", "Commutative"],
    format: "$lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs)",
    infer: ({ lhs, rhs }) => {
      const degree = lhs.type.degree + rhs.type.degree;
      if (degree > greatestDegree) throw new Error(`would have degree ${degree}: the greatest is ${greatestDegree}`);
      return PolynomialType.get(degree);
    },
    evaluate: (_, [p, q]) => dataOf(product(numbersOf(p), numbersOf(q))),
    fold: ({ lhs }, constants) => {
      const [p, q] = constants.map(coefficientsOf);
      if (q?.length === 1 && q[0] === 1) return lhs;
      return p === undefined || q === undefined ? undefined : attributeOf(product(p, q));
    },
  },
);

export const constant = op(
  "poly.constant",
  { value: attribute(i32ArrayAttribute), result: result(polynomial) },
  {
    doc: "The polynomial with these coefficients, the constant term first.",
    example: "%p = poly.constant [1, 0, 3]",
    traits: ["Pure", "ConstantLike"],
    format: "$value attr-dict",
    infer: ({ value }) => {
      if (value.length === 0) throw new Error("expects at least one coefficient");
      if (value.length > greatestDegree + 1) throw new Error(`expects at most ${greatestDegree + 1} coefficients`);
      return PolynomialType.get(value.length - 1);
    },
    fold: ({ value }) => attributeOf(value),
  },
);

export const derive = op(
  "poly.derive",
  { input: operand(polynomial), result: result(polynomial) },
  {
    doc: "The derivative of a polynomial.",
    example: ["%p = poly.constant [1, 2, 3]", "%derivative = poly.derive %p : !poly.polynomial<2>"].join("\n"),
    traits: ["Pure"],
    format: "$input attr-dict `:` type($input)",
    infer: ({ input }) => PolynomialType.get(Math.max(0, input.type.degree - 1)),
    evaluate: (_, [p]) => dataOf(derivative(numbersOf(p))),
    fold: (_, constants) => {
      const p = coefficientsOf(constants[0]);
      return p === undefined ? undefined : attributeOf(derivative(p));
    },
  },
);

export const evaluate = op(
  "poly.evaluate",
  { polynomial: operand(polynomial), x: operand(exactly(i32)), result: result(exactly(i32)) },
  {
    doc: "The value of a polynomial at an i32; it wraps.",
    example: [
      "%p = poly.constant [1, 2, 3]",
      "%x = arith.constant 5 : i32",
      "%value = poly.evaluate %p at %x : !poly.polynomial<2>",
    ].join("\n"),
    traits: ["Pure"],
    format: "$polynomial `at` $x attr-dict `:` type($polynomial)",
    evaluate: (_, [p, x]) => ({
      shape: [],
      element: "i32",
      data: Int32Array.of(valueAt(numbersOf(p), Number(x?.data[0]))),
    }),
    fold: (_, [p, x]) => {
      const coefficients = coefficientsOf(p);
      if (coefficients === undefined || !(x instanceof IntegerAttribute)) return undefined;
      return IntegerAttribute.get(valueAt(coefficients, x.number), i32);
    },
  },
);

const list = typeOf(MemRefType, "a static memref of i32 with one dimension", (type) => {
  return type.rank === 1 && type.isStatic && type.element === i32 && type.layout === undefined;
});
const L = typeVariable("L", list);

export const evaluateAll = op(
  "poly.evaluate_all",
  { polynomial: operand(polynomial), input: operand(L), output: operand(L) },
  {
    doc: "Reads each element of one buffer and writes the polynomial's value there to the other.",
    example: [
      "%p = poly.constant [1, 2, 3]",
      "%from = memref.alloc() : memref<8xi32>",
      "%to = memref.alloc() : memref<8xi32>",
      "poly.evaluate_all %p, %from, %to : !poly.polynomial<2>, memref<8xi32>",
    ].join("\n"),
    format: "$polynomial `,` $input `,` $output attr-dict `:` type($polynomial) `,` type($input)",
    effects: ({ input, output }) => [
      { kind: "read", value: input },
      { kind: "write", value: output },
    ],
  },
);
