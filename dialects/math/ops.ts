/** The math dialect: elementary functions on floats (and `absi`), elementwise on vectors and tensors. */

import { typeVariable } from "../../ir/constraints.ts";
import { defaultAttribute, op, operand, result, type Trait } from "../../ir/declaration.ts";
import { fastMathAttribute, fastMathText } from "../arith/flags.ts";
import { foldUnaryFloat, foldUnaryInteger } from "../arith/fold.ts";
import type { MathIntegerMnemonic } from "../arith/scalar.ts";
import { example } from "../example.ts";
import { fixedWidthIntegerLike, floatLike, integerLike, sameShape } from "../upstream/constraints.ts";
import { elementwiseFormat, parseAngleWords, printFlags } from "../upstream/formats.ts";

const T = typeVariable("T", floatLike);
const I = typeVariable("T", integerLike);

const traits: readonly Trait[] = ["Pure", "Elementwise", "SameOperandsAndResultType"];

function unary(mnemonic: string, doc: string) {
  return op(
    `math.${mnemonic}`,
    { input: operand(T), fastmath: defaultAttribute(fastMathAttribute, []), result: result(T) },
    {
      doc,
      example: example(`%r = math.${mnemonic} %x fastmath<afn> : f32`, "%x: f32"),
      traits,
      fold: (operation, constants) => foldUnaryFloat(mnemonic, operation, constants),
      format: elementwiseFormat({ operands: 1, flags: fastMathText }),
    },
  );
}

function integerUnary(mnemonic: MathIntegerMnemonic, doc: string) {
  return op(
    `math.${mnemonic}`,
    { input: operand(I), result: result(I) },
    {
      doc,
      example: example(`%r = math.${mnemonic} %x : i32`, "%x: i32"),
      traits,
      fold: (operation, constants) => foldUnaryInteger(mnemonic, operation, constants),
      format: elementwiseFormat({ operands: 1 }),
    },
  );
}

function binary(mnemonic: string, doc: string) {
  return op(
    `math.${mnemonic}`,
    { lhs: operand(T), rhs: operand(T), fastmath: defaultAttribute(fastMathAttribute, []), result: result(T) },
    {
      doc,
      example: example(`%r = math.${mnemonic} %x, %y : f32`, "%x: f32", "%y: f32"),
      traits,
      format: elementwiseFormat({ operands: 2, flags: fastMathText }),
    },
  );
}

export const absf = unary("absf", "Absolute value.");
export const acos = unary("acos", "Arc cosine, in radians.");
export const acosh = unary("acosh", "Inverse hyperbolic cosine.");
export const asin = unary("asin", "Arc sine, in radians.");
export const asinh = unary("asinh", "Inverse hyperbolic sine.");
export const atan = unary("atan", "Arc tangent, in radians.");
export const atanh = unary("atanh", "Inverse hyperbolic tangent.");
export const cbrt = unary("cbrt", "Cube root.");
export const ceil = unary("ceil", "Rounds up to an integer.");
export const cos = unary("cos", "Cosine of radians.");
export const cosh = unary("cosh", "Hyperbolic cosine.");
export const erf = unary("erf", "The error function 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x.");
export const exp = unary("exp", "e to the power of x.");
export const exp2 = unary("exp2", "2 to the power of x.");
export const expm1 = unary("expm1", "e to the power of x, minus 1.");
export const floor = unary("floor", "Rounds down to an integer.");
export const log = unary("log", "Natural logarithm.");
export const log10 = unary("log10", "Logarithm to base 10.");
export const log1p = unary("log1p", "Natural logarithm of 1 + x.");
export const log2 = unary("log2", "Logarithm to base 2.");
export const round = unary("round", "Rounds to the nearest integer, halves away from zero.");
export const roundeven = unary("roundeven", "Rounds to the nearest integer, halves to even.");
export const rsqrt = unary("rsqrt", "1 over the square root.");
export const sin = unary("sin", "Sine of radians.");
export const sinh = unary("sinh", "Hyperbolic sine.");
export const sqrt = unary("sqrt", "Square root.");
export const tan = unary("tan", "Tangent of radians.");
export const tanh = unary("tanh", "Hyperbolic tangent.");
export const trunc = unary("trunc", "Rounds towards zero to an integer.");

export const absi = integerUnary("absi", "Absolute value of a signed integer; the minimum stays itself.");
export const ctlz = integerUnary("ctlz", "The number of leading zero bits.");
export const cttz = integerUnary("cttz", "The number of trailing zero bits.");
export const ctpop = integerUnary("ctpop", "The number of set bits.");

export const atan2 = binary("atan2", "The angle of the point (rhs, lhs), in radians.");
export const copysign = binary("copysign", "lhs with the sign of rhs.");
export const powf = binary("powf", "lhs to the power of rhs.");

export const ipowi = op(
  "math.ipowi",
  { lhs: operand(I), rhs: operand(I), result: result(I) },
  {
    doc: "A signed integer to the power of another.",
    example: example("%r = math.ipowi %a, %b : i32", "%a: i32", "%b: i32"),
    traits,
    format: elementwiseFormat({ operands: 2 }),
  },
);

export const fpowi = op(
  "math.fpowi",
  {
    lhs: operand(T),
    rhs: operand(fixedWidthIntegerLike),
    fastmath: defaultAttribute(fastMathAttribute, []),
    result: result(T),
  },
  {
    doc: "A float to the power of a signed integer.",
    example: example("%r = math.fpowi %x, %n : f32, i32", "%x: f32", "%n: i32"),
    traits: ["Pure", "Elementwise"],
    infer: ({ lhs }) => lhs.type,
    verify: ({ lhs, rhs }, report) => {
      if (!sameShape(lhs.type, rhs.type)) report(`expects operands of one shape, found ${lhs.type} and ${rhs.type}`);
    },
    format: {
      syntax: "%lhs, %rhs (fastmath<$fastmath>)? attr-dict : type(%lhs), type(%rhs)",
      parse: (parser) => {
        const lhs = parser.parseOperand();
        parser.expect(",");
        const rhs = parser.parseOperand();
        const flags = parser.acceptKeyword("fastmath")
          ? parseAngleWords(parser, fastMathText.codec)
          : fastMathAttribute.encode([]);
        const attributes = parser.attributeDictionary();
        parser.expect(":");
        const type = parser.parseType();
        parser.expect(",");
        const power = parser.parseType();
        return {
          operands: [parser.resolve(lhs, type), parser.resolve(rhs, power)],
          properties: [["fastmath", flags]],
          attributes,
          resultTypes: [type],
        };
      },
      print: (operation, printer) => {
        printer.write(" ");
        printer.operands(operation.operands);
        printFlags(operation, printer, fastMathText);
        printer.attributeDictionary(operation, ["fastmath"]);
        printer.write(" : ");
        printer.types(operation.operands.map((value) => value.type));
      },
    },
  },
);

export const fma = op(
  "math.fma",
  {
    a: operand(T),
    b: operand(T),
    c: operand(T),
    fastmath: defaultAttribute(fastMathAttribute, []),
    result: result(T),
  },
  {
    doc: "a * b + c, rounded once.",
    example: example("%r = math.fma %a, %b, %c fastmath<contract> : f32", "%a: f32", "%b: f32", "%c: f32"),
    traits,
    format: elementwiseFormat({ operands: 3, flags: fastMathText }),
  },
);

export const mathOps = [
  absf,
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atanh,
  cbrt,
  ceil,
  cos,
  cosh,
  erf,
  exp,
  exp2,
  expm1,
  floor,
  log,
  log10,
  log1p,
  log2,
  round,
  roundeven,
  rsqrt,
  sin,
  sinh,
  sqrt,
  tan,
  tanh,
  trunc,
  absi,
  ctlz,
  cttz,
  ctpop,
  atan2,
  copysign,
  powf,
  ipowi,
  fpowi,
  fma,
];
