/** Arithmetic, comparisons, casts and vector element ops of the llvm dialect. */

import { i32ArrayAttribute, i64ArrayAttribute, type TypeConstraint, typeVariable } from "../../ir/constraints.ts";
import { attribute, defaultAttribute, op, operand, type Report, result, type Trait } from "../../ir/declaration.ts";
import { IntegerType, i1, type Type, VectorType } from "../../ir/types.ts";
import { integerPredicateAttribute } from "../arith/flags.ts";
import { example } from "../example.ts";
import {
  boolLike,
  boolOfSameShape,
  elementOrSelf,
  fixedWidthIntegerLike,
  floatLike,
  sameShape,
} from "../upstream/constraints.ts";
import { elementwiseFormat } from "../upstream/formats.ts";
import {
  llvmFastMathAttribute,
  llvmFloatPredicateAttribute,
  llvmOverflowAttribute,
  llvmOverflowText,
} from "./flags.ts";
import { compareFormat, insertElementFormat, insertValueFormat, shuffleType } from "./formats.ts";
import { isLlvmCompatible, LlvmVectorType, PointerType, typeAtPath } from "./types.ts";

const integer = typeVariable("T", fixedWidthIntegerLike);
const float = typeVariable("T", floatLike);

export const llvmType: TypeConstraint = {
  description: "a type that LLVM has",
  matches: (type): type is Type => isLlvmCompatible(type),
};

export const pointerLike: TypeConstraint = {
  description: "a pointer or a vector of pointers",
  matches: (type): type is Type =>
    type instanceof PointerType || (type instanceof LlvmVectorType && type.element instanceof PointerType),
};

const comparable: TypeConstraint = {
  description: "an integer, a pointer, or a vector of them",
  matches: (type): type is Type => fixedWidthIntegerLike.matches(type) || pointerLike.matches(type),
};

function integerBinary(mnemonic: string, doc: string, traits: readonly Trait[] = []) {
  return op(
    `llvm.${mnemonic}`,
    { lhs: operand(integer), rhs: operand(integer), res: result(integer) },
    {
      doc,
      example: example(`%r = llvm.${mnemonic} %a, %b : i32`, "%a: i32", "%b: i32"),
      traits: ["Pure", "SameOperandsAndResultType", ...traits],
      format: elementwiseFormat({ operands: 2 }),
    },
  );
}

function overflowBinary(mnemonic: string, doc: string, traits: readonly Trait[] = []) {
  return op(
    `llvm.${mnemonic}`,
    {
      lhs: operand(integer),
      rhs: operand(integer),
      overflowFlags: defaultAttribute(llvmOverflowAttribute, []),
      res: result(integer),
    },
    {
      doc,
      example: example(`%r = llvm.${mnemonic} %a, %b overflow<nsw> : i32`, "%a: i32", "%b: i32"),
      traits: ["Pure", "SameOperandsAndResultType", ...traits],
      format: elementwiseFormat({ operands: 2, flags: llvmOverflowText }),
    },
  );
}

function floatBinary(mnemonic: string, doc: string, traits: readonly Trait[] = []) {
  return op(
    `llvm.${mnemonic}`,
    {
      lhs: operand(float),
      rhs: operand(float),
      fastmathFlags: defaultAttribute(llvmFastMathAttribute, []),
      res: result(float),
    },
    {
      doc,
      example: example(
        `%r = llvm.${mnemonic} %x, %y {fastmathFlags = #llvm.fastmath<contract>} : f32`,
        "%x: f32",
        "%y: f32",
      ),
      traits: ["Pure", "SameOperandsAndResultType", ...traits],
      format: elementwiseFormat({ operands: 2 }),
    },
  );
}

export const add = overflowBinary("add", "Integer sum.", ["Commutative"]);
export const sub = overflowBinary("sub", "Integer difference.");
export const mul = overflowBinary("mul", "Integer product.", ["Commutative"]);
export const shl = overflowBinary("shl", "Shifts left.");
export const udiv = integerBinary("udiv", "Unsigned quotient.");
export const sdiv = integerBinary("sdiv", "Signed quotient, rounded towards zero.");
export const urem = integerBinary("urem", "Unsigned remainder.");
export const srem = integerBinary("srem", "Signed remainder.");
export const and = integerBinary("and", "Bitwise and.", ["Commutative"]);
export const or = integerBinary("or", "Bitwise or.", ["Commutative"]);
export const xor = integerBinary("xor", "Bitwise exclusive or.", ["Commutative"]);
export const lshr = integerBinary("lshr", "Shifts right, filling with zeros.");
export const ashr = integerBinary("ashr", "Shifts right, copying the sign bit.");

export const fadd = floatBinary("fadd", "Float sum.", ["Commutative"]);
export const fsub = floatBinary("fsub", "Float difference.");
export const fmul = floatBinary("fmul", "Float product.", ["Commutative"]);
export const fdiv = floatBinary("fdiv", "Float quotient.");
export const frem = floatBinary("frem", "Float remainder, with the sign of the dividend.");

export const fneg = op(
  "llvm.fneg",
  { input: operand(float), fastmathFlags: defaultAttribute(llvmFastMathAttribute, []), res: result(float) },
  {
    doc: "Flips the sign.",
    example: example("%r = llvm.fneg %x : f32", "%x: f32"),
    traits: ["Pure", "SameOperandsAndResultType"],
    format: elementwiseFormat({ operands: 1 }),
  },
);

/** `i1` or a vector of `i1`, as a comparison of these operands gives. */
export function comparisonType(type: Type): Type {
  return type instanceof LlvmVectorType ? VectorType.get([type.count], i1, [type.isScalable]) : boolOfSameShape(type);
}

export const icmp = op(
  "llvm.icmp",
  {
    predicate: attribute(integerPredicateAttribute),
    lhs: operand(typeVariable("T", comparable)),
    rhs: operand(typeVariable("T", comparable)),
    res: result(boolLike),
  },
  {
    doc: "Compares integers or pointers.",
    example: example('%r = llvm.icmp "slt" %a, %b : i32', "%a: i32", "%b: i32"),
    traits: ["Pure"],
    infer: ({ lhs }) => comparisonType(lhs.type),
    format: compareFormat(integerPredicateAttribute),
  },
);

export const fcmp = op(
  "llvm.fcmp",
  {
    predicate: attribute(llvmFloatPredicateAttribute),
    lhs: operand(float),
    rhs: operand(float),
    fastmathFlags: defaultAttribute(llvmFastMathAttribute, []),
    res: result(boolLike),
  },
  {
    doc: "Compares floats; `o…` is false and `u…` true where an operand is NaN.",
    example: example('%r = llvm.fcmp "olt" %a, %b : f32', "%a: f32", "%b: f32"),
    traits: ["Pure"],
    infer: ({ lhs }) => comparisonType(lhs.type),
    format: compareFormat(llvmFloatPredicateAttribute),
  },
);

export const select = op(
  "llvm.select",
  {
    condition: operand(boolLike),
    trueValue: operand(typeVariable("T", llvmType)),
    falseValue: operand(typeVariable("T", llvmType)),
    fastmathFlags: defaultAttribute(llvmFastMathAttribute, []),
    res: result(typeVariable("T", llvmType)),
  },
  {
    doc: "One of two values, by a truth value.",
    example: example("%r = llvm.select %c, %a, %b : i1, f32", "%c: i1", "%a: f32", "%b: f32"),
    traits: ["Pure"],
    infer: ({ trueValue }) => trueValue.type,
    format: "$condition `,` $trueValue `,` $falseValue attr-dict `:` type($condition) `,` type($trueValue)",
  },
);

export const freeze = op(
  "llvm.freeze",
  { val: operand(typeVariable("T", llvmType)), res: result(typeVariable("T", llvmType)) },
  {
    doc: "A poison or undefined value as some fixed value.",
    example: example("%r = llvm.freeze %x : i32", "%x: i32"),
    traits: ["Pure"],
    format: "$val attr-dict `:` type($val)",
  },
);

// --------------------------------------------------------------------------------------------------------------- casts

/** Reports a cast between integers that does not widen, or narrow, or that changes the number of elements. */
function checkWidths(from: Type, to: Type, isWider: boolean, report: Report): void {
  const [source, target] = [elementOrSelf(from), elementOrSelf(to)];
  if (!sameShape(from, to)) report(`expects operand and result of one shape, found ${from} and ${to}`);
  if (!(source instanceof IntegerType && target instanceof IntegerType)) return;
  if (isWider ? target.width <= source.width : target.width >= source.width)
    report(`expects a ${isWider ? "wider" : "narrower"} result than ${from}, found ${to}`);
}

function cast(
  mnemonic: string,
  from: TypeConstraint,
  to: TypeConstraint,
  types: readonly [string, string],
  doc: string,
  /** Whether the result must have more bits, or fewer. */
  isWider?: boolean,
) {
  return op(
    `llvm.${mnemonic}`,
    { arg: operand(from), res: result(to) },
    {
      doc,
      example: example(`%r = llvm.${mnemonic} %x : ${types[0]} to ${types[1]}`, `%x: ${types[0]}`),
      traits: ["Pure"],
      format: "$arg attr-dict `:` type($arg) `to` type($res)",
      ...(isWider === undefined
        ? {}
        : { verify: ({ arg, res }, report) => checkWidths(arg.type, res.type, isWider, report) }),
    },
  );
}

export const sext = cast(
  "sext",
  fixedWidthIntegerLike,
  fixedWidthIntegerLike,
  ["i16", "i32"],
  "Widens an integer, copying its sign bit.",
  true,
);
export const zext = cast(
  "zext",
  fixedWidthIntegerLike,
  fixedWidthIntegerLike,
  ["i16", "i32"],
  "Widens an integer with zeros.",
  true,
);
export const trunc = cast(
  "trunc",
  fixedWidthIntegerLike,
  fixedWidthIntegerLike,
  ["i32", "i16"],
  "Keeps the low bits of an integer.",
);
export const fpext = cast("fpext", floatLike, floatLike, ["f16", "f32"], "Widens a float.");
export const fptrunc = cast("fptrunc", floatLike, floatLike, ["f32", "f16"], "Narrows a float.");
export const sitofp = cast("sitofp", fixedWidthIntegerLike, floatLike, ["i32", "f32"], "A signed integer as a float.");
export const uitofp = cast(
  "uitofp",
  fixedWidthIntegerLike,
  floatLike,
  ["i32", "f32"],
  "An unsigned integer as a float.",
);
export const fptosi = cast("fptosi", floatLike, fixedWidthIntegerLike, ["f32", "i32"], "A float as a signed integer.");
export const fptoui = cast(
  "fptoui",
  floatLike,
  fixedWidthIntegerLike,
  ["f32", "i32"],
  "A float as an unsigned integer.",
);
export const bitcast = cast("bitcast", llvmType, llvmType, ["f32", "i32"], "The same bits as another type.");
export const inttoptr = cast(
  "inttoptr",
  fixedWidthIntegerLike,
  pointerLike,
  ["i64", "!llvm.ptr"],
  "An integer as an address.",
);
export const ptrtoint = cast(
  "ptrtoint",
  pointerLike,
  fixedWidthIntegerLike,
  ["!llvm.ptr", "i64"],
  "An address as an integer.",
);
export const addrspacecast = cast(
  "addrspacecast",
  pointerLike,
  pointerLike,
  ["!llvm.ptr", "!llvm.ptr<1>"],
  "A pointer in another address space.",
);

// ------------------------------------------------------------------------------------------------- parts of aggregates

const vectorLike: TypeConstraint<VectorType | LlvmVectorType> = {
  description: "a vector of rank 1",
  matches: (type): type is VectorType | LlvmVectorType =>
    (type instanceof VectorType && type.rank === 1) || type instanceof LlvmVectorType,
};
const index: TypeConstraint<IntegerType> = {
  description: "a signless integer",
  matches: (type): type is IntegerType => type instanceof IntegerType && type.signedness === "signless",
};

export const insertElement = op(
  "llvm.insertelement",
  {
    vector: operand(typeVariable("V", vectorLike)),
    value: operand(llvmType),
    position: operand(index),
    res: result(typeVariable("V", vectorLike)),
  },
  {
    doc: "A vector with one element replaced.",
    example: example(
      "%r = llvm.insertelement %x, %v[%i : i32] : vector<4xf32>",
      "%x: f32",
      "%v: vector<4xf32>",
      "%i: i32",
    ),
    traits: ["Pure"],
    format: insertElementFormat,
    verify: ({ vector, value }, report) => {
      if (value.type !== vector.type.element)
        report(`expects a value of type ${vector.type.element}, found ${value.type}`);
    },
  },
);

export const extractElement = op(
  "llvm.extractelement",
  { vector: operand(vectorLike), position: operand(index), res: result(llvmType) },
  {
    doc: "One element of a vector.",
    example: example("%r = llvm.extractelement %v[%i : i32] : vector<4xf32>", "%v: vector<4xf32>", "%i: i32"),
    traits: ["Pure"],
    infer: ({ vector }) => vector.type.element,
    format: "$vector `[` $position `:` type($position) `]` attr-dict `:` type($vector)",
  },
);

export const shuffleVector = op(
  "llvm.shufflevector",
  {
    v1: operand(typeVariable("V", vectorLike)),
    v2: operand(typeVariable("V", vectorLike)),
    mask: attribute(i32ArrayAttribute),
    res: result(vectorLike),
  },
  {
    doc: "Picks elements of two vectors put one behind the other; -1 leaves an element undefined.",
    example: example("%r = llvm.shufflevector %v, %v [0, 4, -1] : vector<4xf32>", "%v: vector<4xf32>"),
    traits: ["Pure"],
    infer: ({ v1, mask }) => shuffleType(mask.length, v1.type, v1.type.element),
    format: "$v1 `,` $v2 $mask attr-dict `:` type($v1)",
  },
);

export const insertValue = op(
  "llvm.insertvalue",
  {
    container: operand(typeVariable("C", llvmType)),
    value: operand(llvmType),
    position: attribute(i64ArrayAttribute),
    res: result(typeVariable("C", llvmType)),
  },
  {
    doc: "A struct or array with the part at a path of positions replaced.",
    example: example(
      "%r = llvm.insertvalue %x, %s[1, 0] : !llvm.struct<(ptr, array<2 x i64>)>",
      "%x: i64",
      "%s: !llvm.struct<(ptr, array<2 x i64>)>",
    ),
    traits: ["Pure"],
    format: insertValueFormat,
    verify: ({ container, value, position }, report) => {
      const wanted = typeAtPath(container.type, position);
      if (wanted === undefined) report(`has no part [${position.join(", ")}] in ${container.type}`);
      else if (wanted !== value.type) report(`expects a value of type ${wanted}, found ${value.type}`);
    },
  },
);

export const extractValue = op(
  "llvm.extractvalue",
  { container: operand(llvmType), position: attribute(i64ArrayAttribute), res: result(llvmType) },
  {
    doc: "The part of a struct or array at a path of positions.",
    example: example(
      "%r = llvm.extractvalue %s[1, 0] : !llvm.struct<(ptr, array<2 x i64>)>",
      "%s: !llvm.struct<(ptr, array<2 x i64>)>",
    ),
    traits: ["Pure"],
    infer: ({ container, position }) => {
      const type = typeAtPath(container.type, position);
      if (type === undefined) throw new Error(`has no part [${position.join(", ")}] in ${container.type}`);
      return type;
    },
    format: "$container `` $position attr-dict `:` type($container)",
  },
);

export const llvmArithmetic = [
  add,
  sub,
  mul,
  shl,
  udiv,
  sdiv,
  urem,
  srem,
  and,
  or,
  xor,
  lshr,
  ashr,
  fadd,
  fsub,
  fmul,
  fdiv,
  frem,
  fneg,
  icmp,
  fcmp,
  select,
  freeze,
  sext,
  zext,
  trunc,
  fpext,
  fptrunc,
  sitofp,
  uitofp,
  fptosi,
  fptoui,
  bitcast,
  inttoptr,
  ptrtoint,
  addrspacecast,
  insertElement,
  extractElement,
  shuffleVector,
  insertValue,
  extractValue,
];
