/** LLVM's intrinsics that have an op of their own. */

import {
  bool,
  boolAttribute,
  i32Attribute,
  signlessInteger,
  type TypeConstraint,
  typeOf,
  typeVariable,
} from "../../ir/constraints.ts";
import {
  attribute,
  defaultAttribute,
  op,
  operand,
  type Report,
  result,
  variadicOperand,
} from "../../ir/declaration.ts";
import { IntegerType, i1, type Type, VectorType } from "../../ir/types.ts";
import { example } from "../example.ts";
import { fixedWidthIntegerLike, floatLike } from "../upstream/constraints.ts";
import { llvmType, pointerLike } from "./arithmetic.ts";
import { llvmFastMathAttribute } from "./flags.ts";
import { LlvmVectorType, PointerType } from "./types.ts";

const float = typeVariable("T", floatLike);
const integer = typeVariable("T", fixedWidthIntegerLike);
const functional = "`(` operands `)` attr-dict `:` functional-type(operands, results)";
const pointerType = typeOf(PointerType, "a pointer");
const maskType: TypeConstraint<VectorType> = typeOf(
  VectorType,
  "a vector of i1 of rank 1",
  (type) => type.rank === 1 && type.element === i1,
);
const vectorOf = (element: TypeConstraint): TypeConstraint<VectorType> =>
  typeOf(
    VectorType,
    `a vector of rank 1 of ${element.description}`,
    (type) => type.rank === 1 && element.matches(type.element),
  );

const fastmathFlags = defaultAttribute(llvmFastMathAttribute, []);

function unaryFloat(mnemonic: string, doc: string) {
  return op(
    `llvm.intr.${mnemonic}`,
    { in: operand(float), fastmathFlags, res: result(float) },
    {
      doc,
      example: example(`%r = llvm.intr.${mnemonic}(%x) : (f32) -> f32`, "%x: f32"),
      traits: ["Pure", "SameOperandsAndResultType"],
      format: functional,
    },
  );
}

function binaryFloat(mnemonic: string, doc: string) {
  return op(
    `llvm.intr.${mnemonic}`,
    { a: operand(float), b: operand(float), fastmathFlags, res: result(float) },
    {
      doc,
      example: example(`%r = llvm.intr.${mnemonic}(%x, %y) : (f32, f32) -> f32`, "%x: f32", "%y: f32"),
      traits: ["Pure", "SameOperandsAndResultType"],
      format: functional,
    },
  );
}

function binaryInteger(mnemonic: string, doc: string) {
  return op(
    `llvm.intr.${mnemonic}`,
    { a: operand(integer), b: operand(integer), res: result(integer) },
    {
      doc,
      example: example(`%r = llvm.intr.${mnemonic}(%a, %b) : (i32, i32) -> i32`, "%a: i32", "%b: i32"),
      traits: ["Pure", "Commutative", "SameOperandsAndResultType"],
      format: functional,
    },
  );
}

function unaryInteger(mnemonic: string, doc: string) {
  return op(
    `llvm.intr.${mnemonic}`,
    { in: operand(integer), res: result(integer) },
    {
      doc,
      example: example(`%r = llvm.intr.${mnemonic}(%x) : (i32) -> i32`, "%x: i32"),
      traits: ["Pure", "SameOperandsAndResultType"],
      format: functional,
    },
  );
}

export const intrExp = unaryFloat("exp", "e to the power of x.");
export const intrExp2 = unaryFloat("exp2", "2 to the power of x.");
export const intrLog = unaryFloat("log", "Natural logarithm.");
export const intrLog2 = unaryFloat("log2", "Logarithm to base 2.");
export const intrLog10 = unaryFloat("log10", "Logarithm to base 10.");
export const intrSqrt = unaryFloat("sqrt", "Square root.");
export const intrSin = unaryFloat("sin", "Sine of radians.");
export const intrCos = unaryFloat("cos", "Cosine of radians.");
export const intrFabs = unaryFloat("fabs", "Absolute value.");
export const intrFloor = unaryFloat("floor", "Rounds down to an integer.");
export const intrCeil = unaryFloat("ceil", "Rounds up to an integer.");
export const intrTrunc = unaryFloat("trunc", "Rounds towards zero to an integer.");
export const intrRound = unaryFloat("round", "Rounds to the nearest integer, halves away from zero.");
export const intrRoundEven = unaryFloat("roundeven", "Rounds to the nearest integer, halves to even.");
export const intrRint = unaryFloat("rint", "Rounds to the nearest integer in the current rounding mode.");
export const intrNearbyInt = unaryFloat("nearbyint", "Rounds in the current rounding mode without raising inexact.");
export const intrPow = binaryFloat("pow", "a to the power of b.");
export const intrCopySign = binaryFloat("copysign", "a with the sign of b.");
export const intrMaximum = binaryFloat("maximum", "Maximum; NaN where either is NaN.");
export const intrMinimum = binaryFloat("minimum", "Minimum; NaN where either is NaN.");
export const intrMaxNum = binaryFloat("maxnum", "Maximum; the other operand where one is NaN.");
export const intrMinNum = binaryFloat("minnum", "Minimum; the other operand where one is NaN.");
export const intrSmax = binaryInteger("smax", "Signed maximum.");
export const intrSmin = binaryInteger("smin", "Signed minimum.");
export const intrUmax = binaryInteger("umax", "Unsigned maximum.");
export const intrUmin = binaryInteger("umin", "Unsigned minimum.");
export const intrCtPop = unaryInteger("ctpop", "The number of set bits.");

export const intrFma = op(
  "llvm.intr.fma",
  { a: operand(float), b: operand(float), c: operand(float), fastmathFlags, res: result(float) },
  {
    doc: "a * b + c, rounded once.",
    example: example("%r = llvm.intr.fma(%x, %x, %x) : (f32, f32, f32) -> f32", "%x: f32"),
    traits: ["Pure", "SameOperandsAndResultType"],
    format: functional,
  },
);

export const intrFmulAdd = op(
  "llvm.intr.fmuladd",
  { a: operand(float), b: operand(float), c: operand(float), fastmathFlags, res: result(float) },
  {
    doc: "a * b + c, rounded once or twice.",
    example: example("%r = llvm.intr.fmuladd(%x, %x, %x) : (f32, f32, f32) -> f32", "%x: f32"),
    traits: ["Pure", "SameOperandsAndResultType"],
    format: functional,
  },
);

export const intrPowi = op(
  "llvm.intr.powi",
  { val: operand(float), power: operand(signlessInteger), fastmathFlags, res: result(float) },
  {
    doc: "val to the power of an integer.",
    example: example("%r = llvm.intr.powi(%x, %n) : (f32, i32) -> f32", "%x: f32", "%n: i32"),
    traits: ["Pure"],
    infer: ({ val }) => val.type,
    format: functional,
  },
);

export const intrAbs = op(
  "llvm.intr.abs",
  { in: operand(integer), is_int_min_poison: attribute(boolAttribute), res: result(integer) },
  {
    doc: "Absolute value of a signed integer.",
    example: example('%r = "llvm.intr.abs"(%x) <{is_int_min_poison = false}> : (i32) -> i32', "%x: i32"),
    traits: ["Pure"],
  },
);

export const intrCtlz = op(
  "llvm.intr.ctlz",
  { in: operand(integer), is_zero_poison: attribute(boolAttribute), res: result(integer) },
  {
    doc: "The number of leading zero bits.",
    example: example('%r = "llvm.intr.ctlz"(%x) <{is_zero_poison = false}> : (i32) -> i32', "%x: i32"),
    traits: ["Pure"],
  },
);

export const intrCttz = op(
  "llvm.intr.cttz",
  { in: operand(integer), is_zero_poison: attribute(boolAttribute), res: result(integer) },
  {
    doc: "The number of trailing zero bits.",
    example: example('%r = "llvm.intr.cttz"(%x) <{is_zero_poison = false}> : (i32) -> i32', "%x: i32"),
    traits: ["Pure"],
  },
);

// ----------------------------------------------------------------------------------------------------------- reductions

function reduceInteger(mnemonic: string, doc: string) {
  return op(
    `llvm.intr.vector.reduce.${mnemonic}`,
    { in: operand(vectorOf(typeOf(IntegerType, "integers"))), res: result(signlessInteger) },
    {
      doc,
      example: example(`%r = "llvm.intr.vector.reduce.${mnemonic}"(%v) : (vector<4xi32>) -> i32`, "%v: vector<4xi32>"),
      traits: ["Pure"],
      infer: ({ in: vector }) => vector.type.element,
    },
  );
}

function reduceFloat(mnemonic: string, doc: string) {
  return op(
    `llvm.intr.vector.reduce.${mnemonic}`,
    { in: operand(vectorOf(floatLike)), fastmathFlags, res: result(floatLike) },
    {
      doc,
      example: example(`%r = llvm.intr.vector.reduce.${mnemonic}(%v) : (vector<4xf32>) -> f32`, "%v: vector<4xf32>"),
      traits: ["Pure"],
      infer: ({ in: vector }) => vector.type.element,
      format: functional,
    },
  );
}

function reduceFloatFrom(mnemonic: string, doc: string) {
  return op(
    `llvm.intr.vector.reduce.${mnemonic}`,
    { start_value: operand(floatLike), input: operand(vectorOf(floatLike)), fastmathFlags, res: result(floatLike) },
    {
      doc,
      example: example(
        `%r = "llvm.intr.vector.reduce.${mnemonic}"(%x, %v) : (f32, vector<4xf32>) -> f32`,
        "%x: f32",
        "%v: vector<4xf32>",
      ),
      traits: ["Pure"],
      infer: ({ start_value: start }) => start.type,
      verify: ({ start_value: start, input }, report) => {
        if (start.type !== input.type.element)
          report(`expects a start value of type ${input.type.element}, found ${start.type}`);
      },
    },
  );
}

export const reduceAdd = reduceInteger("add", "Sum of a vector's elements.");
export const reduceMul = reduceInteger("mul", "Product of a vector's elements.");
export const reduceAnd = reduceInteger("and", "Bitwise and of a vector's elements.");
export const reduceOr = reduceInteger("or", "Bitwise or of a vector's elements.");
export const reduceXor = reduceInteger("xor", "Bitwise exclusive or of a vector's elements.");
export const reduceSmax = reduceInteger("smax", "Signed maximum of a vector's elements.");
export const reduceSmin = reduceInteger("smin", "Signed minimum of a vector's elements.");
export const reduceUmax = reduceInteger("umax", "Unsigned maximum of a vector's elements.");
export const reduceUmin = reduceInteger("umin", "Unsigned minimum of a vector's elements.");
export const reduceFmax = reduceFloat("fmax", "Maximum of a vector's elements that are no NaN.");
export const reduceFmin = reduceFloat("fmin", "Minimum of a vector's elements that are no NaN.");
export const reduceFmaximum = reduceFloat("fmaximum", "Maximum of a vector's elements; NaN where one is.");
export const reduceFminimum = reduceFloat("fminimum", "Minimum of a vector's elements; NaN where one is.");
export const reduceFadd = reduceFloatFrom(
  "fadd",
  "A start value plus a vector's elements; in order unless reassoc is set.",
);
export const reduceFmul = reduceFloatFrom(
  "fmul",
  "A start value times a vector's elements; in order unless reassoc is set.",
);

// --------------------------------------------------------------------------------------------------------------- memory

export const maskedLoad = op(
  "llvm.intr.masked.load",
  {
    data: operand(pointerType),
    mask: operand(maskType),
    pass_thru: variadicOperand(llvmType),
    alignment: attribute(i32Attribute),
    res: result(llvmType),
  },
  {
    doc: "Reads the elements whose mask is set; the others come from pass_thru.",
    example: example(
      "%r = llvm.intr.masked.load %p, %mask, %v {alignment = 4 : i32} : (!llvm.ptr, vector<4xi1>, vector<4xf32>) -> vector<4xf32>",
      "%p: !llvm.ptr",
      "%mask: vector<4xi1>",
      "%v: vector<4xf32>",
    ),
    format: "operands attr-dict `:` functional-type(operands, results)",
    effects: ({ data }) => [{ kind: "read", value: data }],
  },
);

export const maskedStore = op(
  "llvm.intr.masked.store",
  { value: operand(llvmType), data: operand(pointerType), mask: operand(maskType), alignment: attribute(i32Attribute) },
  {
    doc: "Writes the elements whose mask is set.",
    example: example(
      "llvm.intr.masked.store %v, %p, %mask {alignment = 4 : i32} : vector<4xf32>, vector<4xi1> into !llvm.ptr",
      "%v: vector<4xf32>",
      "%p: !llvm.ptr",
      "%mask: vector<4xi1>",
    ),
    format: "$value `,` $data `,` $mask attr-dict `:` type($value) `,` type($mask) `into` type($data)",
    effects: ({ data }) => [{ kind: "write", value: data }],
  },
);

/** One address for each element. */
function checkAddresses(addresses: Type, elements: Type, report: Report): void {
  const count = (type: Type) => (type instanceof VectorType || type instanceof LlvmVectorType ? type.count : 1);
  if (count(addresses) !== count(elements))
    report(`expects one address for each element of ${elements}, found ${addresses}`);
}

export const maskedGather = op(
  "llvm.intr.masked.gather",
  {
    ptrs: operand(pointerLike),
    mask: operand(maskType),
    pass_thru: variadicOperand(llvmType),
    alignment: attribute(i32Attribute),
    res: result(llvmType),
  },
  {
    doc: "Reads one element per address where the mask is set; the others come from pass_thru.",
    example: example(
      "%r = llvm.intr.masked.gather %p, %mask, %v {alignment = 4 : i32} : (!llvm.vec<4 x ptr>, vector<4xi1>, vector<4xf32>) -> vector<4xf32>",
      "%p: !llvm.vec<4 x ptr>",
      "%mask: vector<4xi1>",
      "%v: vector<4xf32>",
    ),
    format: "operands attr-dict `:` functional-type(operands, results)",
    verify: ({ ptrs, res }, report) => checkAddresses(ptrs.type, res.type, report),
    effects: () => [{ kind: "read" }],
  },
);

export const maskedScatter = op(
  "llvm.intr.masked.scatter",
  { value: operand(llvmType), ptrs: operand(pointerLike), mask: operand(maskType), alignment: attribute(i32Attribute) },
  {
    doc: "Writes one element per address where the mask is set.",
    example: example(
      "llvm.intr.masked.scatter %v, %p, %mask {alignment = 4 : i32} : vector<4xf32>, vector<4xi1> into !llvm.vec<4 x ptr>",
      "%v: vector<4xf32>",
      "%p: !llvm.vec<4 x ptr>",
      "%mask: vector<4xi1>",
    ),
    format: "$value `,` $ptrs `,` $mask attr-dict `:` type($value) `,` type($mask) `into` type($ptrs)",
    verify: ({ value, ptrs }, report) => checkAddresses(ptrs.type, value.type, report),
    effects: () => [{ kind: "write" }],
  },
);

export const memcpy = op(
  "llvm.intr.memcpy",
  {
    dst: operand(pointerType),
    src: operand(pointerType),
    len: operand(signlessInteger),
    isVolatile: attribute(boolAttribute),
  },
  {
    doc: "Copies len bytes between places that do not overlap.",
    example: example(
      '"llvm.intr.memcpy"(%p, %q, %n) <{isVolatile = false}> : (!llvm.ptr, !llvm.ptr, i64) -> ()',
      "%p: !llvm.ptr",
      "%q: !llvm.ptr",
      "%n: i64",
    ),
    effects: ({ dst, src }) => [
      { kind: "write", value: dst },
      { kind: "read", value: src },
    ],
  },
);

export const memmove = op(
  "llvm.intr.memmove",
  {
    dst: operand(pointerType),
    src: operand(pointerType),
    len: operand(signlessInteger),
    isVolatile: attribute(boolAttribute),
  },
  {
    doc: "Copies len bytes between places that may overlap.",
    example: example(
      '"llvm.intr.memmove"(%p, %q, %n) <{isVolatile = false}> : (!llvm.ptr, !llvm.ptr, i64) -> ()',
      "%p: !llvm.ptr",
      "%q: !llvm.ptr",
      "%n: i64",
    ),
    effects: ({ dst, src }) => [
      { kind: "write", value: dst },
      { kind: "read", value: src },
    ],
  },
);

export const memset = op(
  "llvm.intr.memset",
  {
    dst: operand(pointerType),
    val: operand(signlessInteger),
    len: operand(signlessInteger),
    isVolatile: attribute(boolAttribute),
  },
  {
    doc: "Sets len bytes to one value.",
    example: example(
      '"llvm.intr.memset"(%p, %x, %n) <{isVolatile = false}> : (!llvm.ptr, i8, i64) -> ()',
      "%p: !llvm.ptr",
      "%x: i8",
      "%n: i64",
    ),
    effects: ({ dst }) => [{ kind: "write", value: dst }],
  },
);

export const prefetch = op(
  "llvm.intr.prefetch",
  {
    addr: operand(pointerType),
    rw: attribute(i32Attribute),
    hint: attribute(i32Attribute),
    cache: attribute(i32Attribute),
  },
  {
    doc: "Asks the machine to bring a place into its cache.",
    example: example(
      '"llvm.intr.prefetch"(%p) <{cache = 1 : i32, hint = 3 : i32, rw = 0 : i32}> : (!llvm.ptr) -> ()',
      "%p: !llvm.ptr",
    ),
    effects: ({ addr }) => [{ kind: "write", value: addr }],
  },
);

export const assume = op(
  "llvm.intr.assume",
  { cond: operand(bool) },
  {
    doc: "Promises that a condition holds.",
    example: example('"llvm.intr.assume"(%c) : (i1) -> ()', "%c: i1"),
    effects: () => [{ kind: "write" }],
  },
);

export const llvmIntrinsics = [
  intrExp,
  intrExp2,
  intrLog,
  intrLog2,
  intrLog10,
  intrSqrt,
  intrSin,
  intrCos,
  intrFabs,
  intrFloor,
  intrCeil,
  intrTrunc,
  intrRound,
  intrRoundEven,
  intrRint,
  intrNearbyInt,
  intrPow,
  intrCopySign,
  intrMaximum,
  intrMinimum,
  intrMaxNum,
  intrMinNum,
  intrSmax,
  intrSmin,
  intrUmax,
  intrUmin,
  intrCtPop,
  intrFma,
  intrFmulAdd,
  intrPowi,
  intrAbs,
  intrCtlz,
  intrCttz,
  reduceAdd,
  reduceMul,
  reduceAnd,
  reduceOr,
  reduceXor,
  reduceSmax,
  reduceSmin,
  reduceUmax,
  reduceUmin,
  reduceFmax,
  reduceFmin,
  reduceFmaximum,
  reduceFminimum,
  reduceFadd,
  reduceFmul,
  maskedLoad,
  maskedStore,
  maskedGather,
  maskedScatter,
  memcpy,
  memmove,
  memset,
  prefetch,
  assume,
];
