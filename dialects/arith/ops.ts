/**
 * The arith dialect: constants, integer and float arithmetic, comparisons and casts on scalars, and elementwise on
 * vectors and tensors. Semantics are MLIR's: integers wrap, division by zero is undefined, floats follow IEEE 754 but
 * for the fast-math flags.
 */

import { soleEntry } from "../../ir/attribute-map.ts";
import { ElementsAttribute, FloatAttribute, IntegerAttribute, UnitAttribute } from "../../ir/attributes.ts";
import { anyAttribute, anyType, type TypeConstraint, typeVariable } from "../../ir/constraints.ts";
import {
  attribute,
  defaultAttribute,
  op,
  operand,
  optionalAttribute,
  result,
  type Trait,
} from "../../ir/declaration.ts";
import type { Operation } from "../../ir/operation.ts";
import { FloatType, IndexType, IntegerType, type Type, VectorType } from "../../ir/types.ts";
import { example } from "../example.ts";
import {
  boolLike,
  boolOfSameShape,
  elementOrSelf,
  fixedWidthIntegerLike,
  floatLike,
  integerLike,
  sameShape,
} from "../upstream/constraints.ts";
import { castFormat, elementwiseFormat, parseWord, wordCodec, wordsOf } from "../upstream/formats.ts";
import {
  fastMathAttribute,
  fastMathText,
  floatPredicateAttribute,
  integerPredicateAttribute,
  overflowAttribute,
  overflowText,
  roundingModeAttribute,
} from "./flags.ts";
import {
  foldBitcast,
  foldCast,
  foldFloat,
  foldFloatComparison,
  foldInteger,
  foldIntegerComparison,
  foldSelect,
  foldUnaryFloat,
} from "./fold.ts";
import type { FloatMnemonic, IntegerMnemonic } from "./scalar.ts";

/** The type of a typed attribute: what a constant of it has as its result. */
export function typeOfAttribute(value: unknown): Type | undefined {
  const isTyped =
    value instanceof IntegerAttribute || value instanceof FloatAttribute || value instanceof ElementsAttribute;
  return isTyped ? value.type : undefined;
}

export const constant = op(
  "arith.constant",
  { value: attribute(anyAttribute), result: result(anyType) },
  {
    doc: "A constant: an integer, index, float, or dense elements. Large elements are blobs (`dense_resource`).",
    example: example("%r = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>"),
    traits: ["Pure", "ConstantLike"],
    infer: ({ value }) => {
      const type = typeOfAttribute(value);
      if (type === undefined) throw new Error(`expects a typed attribute as its value, found ${value}`);
      return type;
    },
    fold: (operation) => operation.value,
    format: {
      syntax: "attr-dict $value",
      parse: (parser) => {
        const attributes = parser.peek("{") ? parser.attributeDictionary() : undefined;
        const value = parser.parseAttribute();
        const type = typeOfAttribute(value);
        if (type === undefined) throw parser.error(`expected a typed attribute as the constant, found ${value}`);
        return { properties: soleEntry("value", value), attributes, resultTypes: [type] };
      },
      print: (operation, printer) => {
        printer.attributeDictionary(operation, ["value"]);
        printer.write(" ");
        printer.attribute(operation.attribute("value") ?? UnitAttribute.instance);
      },
    },
  },
);

const T = typeVariable;

function integerBinary(mnemonic: IntegerMnemonic, doc: string, traits: readonly Trait[] = [], isPure = true) {
  return op(
    `arith.${mnemonic}`,
    { lhs: operand(T("T", integerLike)), rhs: operand(T("T", integerLike)), result: result(T("T", integerLike)) },
    {
      doc,
      example: example(`%r = arith.${mnemonic} %a, %b : i32`, "%a: i32", "%b: i32"),
      traits: [...(isPure ? (["Pure"] as const) : []), "Elementwise", "SameOperandsAndResultType", ...traits],
      fold: (operation, constants) => foldInteger(mnemonic, operation, constants),
      // Not to be run speculatively, but without effects on memory.
      ...(isPure ? {} : { effects: () => [] }),
      format: elementwiseFormat({ operands: 2 }),
    },
  );
}

function overflowBinary(mnemonic: IntegerMnemonic, doc: string, traits: readonly Trait[] = []) {
  return op(
    `arith.${mnemonic}`,
    {
      lhs: operand(T("T", integerLike)),
      rhs: operand(T("T", integerLike)),
      overflowFlags: defaultAttribute(overflowAttribute, []),
      result: result(T("T", integerLike)),
    },
    {
      doc,
      example: example(`%r = arith.${mnemonic} %a, %b overflow<nsw> : i32`, "%a: i32", "%b: i32"),
      traits: ["Pure", "Elementwise", "SameOperandsAndResultType", ...traits],
      fold: (operation, constants) => foldInteger(mnemonic, operation, constants),
      format: elementwiseFormat({ operands: 2, flags: overflowText }),
    },
  );
}

function floatBinary(mnemonic: FloatMnemonic, doc: string, traits: readonly Trait[] = []) {
  return op(
    `arith.${mnemonic}`,
    {
      lhs: operand(T("T", floatLike)),
      rhs: operand(T("T", floatLike)),
      fastmath: defaultAttribute(fastMathAttribute, []),
      result: result(T("T", floatLike)),
    },
    {
      doc,
      example: example(`%r = arith.${mnemonic} %x, %y fastmath<contract> : f32`, "%x: f32", "%y: f32"),
      traits: ["Pure", "Elementwise", "SameOperandsAndResultType", ...traits],
      fold: (operation, constants) => foldFloat(mnemonic, operation, constants),
      format: elementwiseFormat({ operands: 2, flags: fastMathText }),
    },
  );
}

export const addi = overflowBinary("addi", "Integer sum, modulo 2^width.", ["Commutative"]);
export const subi = overflowBinary("subi", "Integer difference, modulo 2^width.");
export const muli = overflowBinary("muli", "Integer product, modulo 2^width.", ["Commutative"]);
export const shli = overflowBinary("shli", "Shifts left; undefined where the amount is at least the width.");
export const shrsi = integerBinary("shrsi", "Shifts right, copying the sign bit.");
export const shrui = integerBinary("shrui", "Shifts right, filling with zeros.");
// Division by zero is undefined behaviour, so these must not be executed speculatively.
export const divsi = integerBinary("divsi", "Signed quotient, rounded towards zero.", [], false);
export const divui = integerBinary("divui", "Unsigned quotient.", [], false);
export const ceildivsi = integerBinary("ceildivsi", "Signed quotient, rounded up.", [], false);
export const ceildivui = integerBinary("ceildivui", "Unsigned quotient, rounded up.", [], false);
export const floordivsi = integerBinary("floordivsi", "Signed quotient, rounded down.", [], false);
export const remsi = integerBinary("remsi", "Signed remainder, with the sign of the dividend.");
export const remui = integerBinary("remui", "Unsigned remainder.");
export const andi = integerBinary("andi", "Bitwise and.", ["Commutative", "Idempotent"]);
export const ori = integerBinary("ori", "Bitwise or.", ["Commutative", "Idempotent"]);
export const xori = integerBinary("xori", "Bitwise exclusive or.", ["Commutative"]);
export const minsi = integerBinary("minsi", "Signed minimum.", ["Commutative"]);
export const maxsi = integerBinary("maxsi", "Signed maximum.", ["Commutative"]);
export const minui = integerBinary("minui", "Unsigned minimum.", ["Commutative"]);
export const maxui = integerBinary("maxui", "Unsigned maximum.", ["Commutative"]);

export const addf = floatBinary("addf", "Float sum.", ["Commutative"]);
export const subf = floatBinary("subf", "Float difference.");
export const mulf = floatBinary("mulf", "Float product.", ["Commutative"]);
export const divf = floatBinary("divf", "Float quotient.");
export const remf = floatBinary("remf", "Float remainder, with the sign of the dividend (C's fmod).");
export const maximumf = floatBinary("maximumf", "Maximum; NaN where either is NaN, and -0.0 is below +0.0.", [
  "Commutative",
]);
export const minimumf = floatBinary("minimumf", "Minimum; NaN where either is NaN, and -0.0 is below +0.0.", [
  "Commutative",
]);
export const maxnumf = floatBinary("maxnumf", "Maximum; the other operand where one is NaN.", ["Commutative"]);
export const minnumf = floatBinary("minnumf", "Minimum; the other operand where one is NaN.", ["Commutative"]);

export const negf = op(
  "arith.negf",
  {
    input: operand(T("T", floatLike)),
    fastmath: defaultAttribute(fastMathAttribute, []),
    result: result(T("T", floatLike)),
  },
  {
    doc: "Flips the sign.",
    example: example("%r = arith.negf %x : f32", "%x: f32"),
    traits: ["Pure", "Elementwise", "SameOperandsAndResultType", "Involution"],
    fold: (operation, constants) => foldUnaryFloat("negf", operation, constants),
    format: elementwiseFormat({ operands: 1, flags: fastMathText }),
  },
);

export const adduiExtended = op(
  "arith.addui_extended",
  {
    lhs: operand(T("T", integerLike)),
    rhs: operand(T("T", integerLike)),
    sum: result(T("T", integerLike)),
    overflow: result(boolLike),
  },
  {
    doc: "Unsigned sum and whether it overflowed.",
    example: example("%sum, %overflow = arith.addui_extended %a, %b : i32, i1", "%a: i32", "%b: i32"),
    traits: ["Pure", "Commutative", "Elementwise"],
    format: "$lhs `,` $rhs attr-dict `:` type($sum) `,` type($overflow)",
    infer: ({ lhs }) => [lhs.type, boolOfSameShape(lhs.type)],
  },
);

function extendedMultiplication(mnemonic: string, doc: string) {
  return op(
    `arith.${mnemonic}`,
    {
      lhs: operand(T("T", integerLike)),
      rhs: operand(T("T", integerLike)),
      low: result(T("T", integerLike)),
      high: result(T("T", integerLike)),
    },
    {
      doc,
      example: example(`%low, %high = arith.${mnemonic} %a, %b : i32`, "%a: i32", "%b: i32"),
      traits: ["Pure", "Commutative", "Elementwise"],
      format: "$lhs `,` $rhs attr-dict `:` type($lhs)",
      infer: ({ lhs }) => [lhs.type, lhs.type],
    },
  );
}

export const mulsiExtended = extendedMultiplication("mulsi_extended", "Signed product in two halves, low first.");
export const muluiExtended = extendedMultiplication("mului_extended", "Unsigned product in two halves, low first.");

export const cmpi = op(
  "arith.cmpi",
  {
    predicate: attribute(integerPredicateAttribute),
    lhs: operand(T("T", integerLike)),
    rhs: operand(T("T", integerLike)),
    result: result(boolLike),
  },
  {
    doc: "Compares integers; `s…` as signed, `u…` as unsigned numbers.",
    example: example("%r = arith.cmpi slt, %a, %b : i32", "%a: i32", "%b: i32"),
    traits: ["Pure", "Elementwise"],
    infer: ({ lhs }) => boolOfSameShape(lhs.type),
    fold: (operation, constants) => foldIntegerComparison(operation.predicate, operation, constants),
    format: elementwiseFormat({
      operands: 2,
      predicate: { name: "predicate", codec: wordCodec(integerPredicateAttribute) },
      resultType: boolOfSameShape,
    }),
  },
);

export const cmpf = op(
  "arith.cmpf",
  {
    predicate: attribute(floatPredicateAttribute),
    lhs: operand(T("T", floatLike)),
    rhs: operand(T("T", floatLike)),
    fastmath: defaultAttribute(fastMathAttribute, []),
    result: result(boolLike),
  },
  {
    doc: "Compares floats; ordered predicates (`o…`) are false and unordered ones (`u…`) true where an operand is NaN.",
    example: example("%r = arith.cmpf olt, %a, %b fastmath<nnan> : f32", "%a: f32", "%b: f32"),
    traits: ["Pure", "Elementwise"],
    infer: ({ lhs }) => boolOfSameShape(lhs.type),
    fold: (operation, constants) => foldFloatComparison(operation.predicate, operation, constants),
    format: elementwiseFormat({
      operands: 2,
      predicate: { name: "predicate", codec: wordCodec(floatPredicateAttribute) },
      flags: fastMathText,
      resultType: boolOfSameShape,
    }),
  },
);

export const select = op(
  "arith.select",
  {
    condition: operand(boolLike),
    trueValue: operand(T("T", anyType)),
    falseValue: operand(T("T", anyType)),
    result: result(T("T", anyType)),
  },
  {
    doc: "One of two values, by a truth value; elementwise where the condition is a vector or tensor.",
    example: example("%r = arith.select %c, %a, %b : f32", "%c: i1", "%a: f32", "%b: f32"),
    traits: ["Pure", "Elementwise"],
    infer: ({ trueValue }) => trueValue.type,
    verify: ({ condition, result: selected }, report) => {
      if (condition.type instanceof IntegerType) return;
      if (!sameShape(condition.type, selected.type)) {
        report(`expects a condition of type i1 or ${boolOfSameShape(selected.type)}, found ${condition.type}`);
      }
    },
    fold: foldSelect,
    format: {
      syntax: "%condition, %trueValue, %falseValue attr-dict : (type(%condition),)? type(%trueValue)",
      parse: (parser) => {
        const condition = parser.parseOperand();
        parser.expect(",");
        const trueValue = parser.parseOperand();
        parser.expect(",");
        const falseValue = parser.parseOperand();
        const attributes = parser.attributeDictionary();
        parser.expect(":");
        const first = parser.parseType();
        const second = parser.accept(",") ? parser.parseType() : undefined;
        const type = second ?? first;
        const conditionType = second === undefined ? IntegerType.get(1) : first;
        return {
          operands: [
            parser.resolve(condition, conditionType),
            parser.resolve(trueValue, type),
            parser.resolve(falseValue, type),
          ],
          attributes,
          resultTypes: [type],
        };
      },
      print: (operation, printer) => {
        const [condition, trueValue, falseValue] = operation.operands;
        printer.write(" ");
        printer.operands([condition!, trueValue!, falseValue!]);
        printer.attributeDictionary(operation);
        printer.write(" : ");
        printer.types(condition!.type instanceof IntegerType ? [trueValue!.type] : [condition!.type, trueValue!.type]);
      },
    },
  },
);

// ------------------------------------------------------------------------------------------------------------- casts

type CastRule = (input: Type, result: Type) => string | undefined;

function widthOf(type: Type): number | undefined {
  return type instanceof IntegerType || type instanceof FloatType ? type.width : undefined;
}

const widens: CastRule = (input, output) =>
  (widthOf(input) ?? 0) < (widthOf(output) ?? 0) ? undefined : `expects a result wider than ${input}, found ${output}`;
const narrows: CastRule = (input, output) =>
  (widthOf(input) ?? 0) > (widthOf(output) ?? 0)
    ? undefined
    : `expects a result narrower than ${input}, found ${output}`;
const oneIsIndex: CastRule = (input, output) =>
  input instanceof IndexType !== output instanceof IndexType ? undefined : "casts between index and an integer type";
const anyCast: CastRule = () => undefined;

function checkCast(operation: Operation, rule: CastRule, report: (message: string) => void): void {
  const input = operation.operand(0).type;
  const output = operation.onlyResult.type;
  if (!sameShape(input, output)) report(`expects operand and result of one shape, found ${input} and ${output}`);
  const broken = rule(elementOrSelf(input), elementOrSelf(output));
  if (broken !== undefined) report(broken);
}

function cast(
  mnemonic: string,
  from: TypeConstraint,
  to: TypeConstraint,
  rule: CastRule,
  types: readonly [string, string],
  doc: string,
) {
  return op(
    `arith.${mnemonic}`,
    { input: operand(from), result: result(to) },
    {
      doc,
      example: example(`%r = arith.${mnemonic} %x : ${types[0]} to ${types[1]}`, `%x: ${types[0]}`),
      traits: ["Pure", "Elementwise"],
      fold: (operation, constants) =>
        mnemonic === "bitcast" ? foldBitcast(operation, constants) : foldCast(mnemonic, operation, constants),
      format: castFormat,
      verify: (operation, report) => checkCast(operation, rule, report),
    },
  );
}

const integers = fixedWidthIntegerLike;
export const extsi = cast(
  "extsi",
  integers,
  integers,
  widens,
  ["i16", "i32"],
  "Widens an integer, copying its sign bit.",
);
export const extui = cast("extui", integers, integers, widens, ["i16", "i32"], "Widens an integer with zeros.");
export const trunci = cast("trunci", integers, integers, narrows, ["i32", "i16"], "Keeps the low bits of an integer.");
export const sitofp = cast(
  "sitofp",
  integers,
  floatLike,
  anyCast,
  ["i32", "f32"],
  "A signed integer as a float, rounded.",
);
export const uitofp = cast(
  "uitofp",
  integers,
  floatLike,
  anyCast,
  ["i32", "f32"],
  "An unsigned integer as a float, rounded.",
);
export const fptosi = cast(
  "fptosi",
  floatLike,
  integers,
  anyCast,
  ["f32", "i32"],
  "A float as a signed integer, rounded towards zero.",
);
export const fptoui = cast(
  "fptoui",
  floatLike,
  integers,
  anyCast,
  ["f32", "i32"],
  "A float as an unsigned integer, rounded towards zero.",
);
export const extf = cast("extf", floatLike, floatLike, widens, ["f16", "f32"], "Widens a float; exact.");
export const indexCast = cast(
  "index_cast",
  integerLike,
  integerLike,
  oneIsIndex,
  ["i32", "index"],
  "Between index and integers, sign-extending.",
);
export const indexCastUi = cast(
  "index_castui",
  integerLike,
  integerLike,
  oneIsIndex,
  ["index", "i32"],
  "Between index and integers, zero-extending.",
);
export const bitcast = cast(
  "bitcast",
  anyType,
  anyType,
  (input, output) =>
    widthOf(input) === widthOf(output) ? undefined : `expects types of one bit width, found ${input} and ${output}`,
  ["f32", "i32"],
  "The same bits as another type of the same width.",
);

const roundingCodec = wordCodec(roundingModeAttribute);

export const truncf = op(
  "arith.truncf",
  { input: operand(floatLike), roundingmode: optionalAttribute(roundingModeAttribute), result: result(floatLike) },
  {
    doc: "Narrows a float, rounding to nearest even unless a rounding mode is given.",
    example: example("%r = arith.truncf %x to_nearest_even : f64 to f32", "%x: f64"),
    traits: ["Pure", "Elementwise"],
    verify: (operation, report) => checkCast(operation, narrows, report),
    fold: (operation, constants) => foldCast("truncf", operation, constants),
    format: {
      syntax: "%input ($roundingmode)? attr-dict : type(%input) to type(%result)",
      parse: (parser) => {
        const input = parser.parseOperand();
        const mode = parser.peek(":") || parser.peek("{") ? undefined : parseWord(parser, roundingCodec);
        const attributes = parser.attributeDictionary();
        parser.expect(":");
        const from = parser.parseType();
        parser.expectKeyword("to");
        const to = parser.parseType();
        return {
          operands: [parser.resolve(input, from)],
          properties: mode === undefined ? [] : [["roundingmode", mode]],
          attributes,
          resultTypes: [to],
        };
      },
      print: (operation, printer) => {
        const [mode] = wordsOf(operation, "roundingmode", roundingCodec);
        printer.write(" ");
        printer.operands(operation.operands);
        if (mode !== undefined) printer.write(` ${mode}`);
        printer.attributeDictionary(operation, ["roundingmode"]);
        printer.write(" : ");
        printer.type(operation.operand(0).type);
        printer.write(" to ");
        printer.type(operation.onlyResult.type);
      },
    },
  },
);

/** Whether a type is a scalar or a vector of scalars, on which one arithmetic instruction works. */
export function isScalarOrVector(type: Type): boolean {
  return (
    type instanceof VectorType || type instanceof FloatType || type instanceof IntegerType || type instanceof IndexType
  );
}

export type IntegerBinary = typeof addi | typeof andi;
export type FloatBinary = typeof addf;

export const arithOps = [
  constant,
  addi,
  subi,
  muli,
  divsi,
  divui,
  ceildivsi,
  ceildivui,
  floordivsi,
  remsi,
  remui,
  andi,
  ori,
  xori,
  shli,
  shrsi,
  shrui,
  minsi,
  maxsi,
  minui,
  maxui,
  addf,
  subf,
  mulf,
  divf,
  remf,
  negf,
  maximumf,
  minimumf,
  maxnumf,
  minnumf,
  adduiExtended,
  mulsiExtended,
  muluiExtended,
  cmpi,
  cmpf,
  select,
  extf,
  truncf,
  extsi,
  extui,
  trunci,
  sitofp,
  uitofp,
  fptosi,
  fptoui,
  bitcast,
  indexCast,
  indexCastUi,
];
