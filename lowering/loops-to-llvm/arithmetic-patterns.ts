/**
 * Arithmetic: most operations of arith are one instruction of LLVM, on scalars, vectors and arrays of vectors alike. The others are
 * written out here: divisions that round up or down, minima and maxima with MLIR's rules for NaN and signed zeros (whose
 * intrinsics older LLVM cannot generate for x86), and bf16, which LLVM sees as its bits.
 */
import { fastMathAttribute as arithFlags, overflowAttribute } from "../../dialects/arith/flags.ts";
import * as arith from "../../dialects/arith/ops.ts";
import * as llvm from "../../dialects/llvm/index.ts";
import {
  DenseElementsAttribute,
  DenseResourceAttribute,
  ElementsAttribute,
  FloatAttribute,
  IntegerAttribute,
} from "../../ir/attributes.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { type ConversionPattern, type ConversionRewriter, convert } from "../../ir/rewrite/conversion.ts";
import { refuse } from "../../ir/rewrite/pattern.ts";
import { numberToBf16 } from "../../ir/tensor-data.ts";
import { FloatType, f32, f64, IntegerType, i1, i16, i32, type Type, VectorType } from "../../ir/types.ts";
import { elementwise, insertPart, scalarOf, splatConstant, withScalar } from "./building.ts";
import { isBf16 } from "./types.ts";

/** What an elementwise operation computes on vectors or scalars; `type` is the converted type of its result. */
type Leaf = (rewriter: ConversionRewriter, operands: readonly Value[], type: Type, operation: Operation) => Value;

/** A pattern for an operation with one result that works lane by lane. */
export function lanewise(definition: AnyDefinition, name: string, leaf: Leaf): ConversionPattern {
  return {
    name,
    root: definition.name,
    benefit: 1,
    apply: (operation, operands, rewriter) => {
      const type = rewriter.types.convert(operation.onlyResult.type);
      const result = elementwise(rewriter, type, operands, (parts, partType) =>
        leaf(rewriter, parts, partType, operation),
      );
      return rewriter.replace(operation, result);
    },
  };
}

/** The fast-math flags of an arith operation in the llvm dialect's words. */
export function fastMath(operation: Operation): readonly llvm.LlvmFastMathFlag[] {
  const attribute = operation.attribute("fastmath");
  const flags: readonly string[] = attribute === undefined ? [] : (arithFlags.decode(attribute) ?? []);
  return llvm.llvmFastMathFlags.filter((flag) => flags.includes(flag));
}

function overflow(operation: Operation): readonly ("nsw" | "nuw")[] {
  const attribute = operation.attribute("overflowFlags");
  return attribute === undefined ? [] : (overflowAttribute.decode(attribute) ?? []);
}

function integerBinary(from: AnyDefinition, to: typeof llvm.sdiv): ConversionPattern {
  return lanewise(
    from,
    `${from.name}-to-llvm`,
    (rewriter, [lhs, rhs]) => rewriter.build(to, { lhs: lhs!, rhs: rhs! }).res,
  );
}
function overflowBinary(from: AnyDefinition, to: typeof llvm.add): ConversionPattern {
  return lanewise(
    from,
    `${from.name}-to-llvm`,
    (rewriter, [lhs, rhs], _type, operation) =>
      rewriter.build(to, { lhs: lhs!, rhs: rhs!, overflowFlags: overflow(operation) }).res,
  );
}
function floatBinary(from: AnyDefinition, to: typeof llvm.fadd): ConversionPattern {
  return lanewise(
    from,
    `${from.name}-to-llvm`,
    (rewriter, [lhs, rhs], _type, operation) =>
      rewriter.build(to, { lhs: lhs!, rhs: rhs!, fastmathFlags: fastMath(operation) }).res,
  );
}
function integerIntrinsic(from: AnyDefinition, to: typeof llvm.intrSmax): ConversionPattern {
  return lanewise(from, `${from.name}-to-llvm`, (rewriter, [a, b]) => rewriter.build(to, { a: a!, b: b! }).res);
}
function floatIntrinsic(from: AnyDefinition, to: typeof llvm.intrMaxNum): ConversionPattern {
  return lanewise(
    from,
    `${from.name}-to-llvm`,
    (rewriter, [a, b], _type, operation) =>
      rewriter.build(to, { a: a!, b: b!, fastmathFlags: fastMath(operation) }).res,
  );
}
function cast(from: AnyDefinition, to: typeof llvm.sext): ConversionPattern {
  return lanewise(from, `${from.name}-to-llvm`, (rewriter, [arg], type) =>
    arg!.type === type ? arg! : rewriter.build(to, { arg: arg!, res: type }).res,
  );
}

// ---------------------------------------------------------------------------------------------------------- constants

/** A constant's attribute for a converted type. */
function convertedConstant(value: unknown, type: Type) {
  if (value instanceof IntegerAttribute && type instanceof IntegerType) return IntegerAttribute.get(value.value, type);
  if (value instanceof FloatAttribute) {
    return type instanceof IntegerType ? IntegerAttribute.get(numberToBf16(value.value), type) : value;
  }
  if (value instanceof DenseResourceAttribute && type instanceof VectorType) {
    return value.blob === undefined ? value : DenseResourceAttribute.get(type, value.blob);
  }
  if (value instanceof DenseElementsAttribute && type instanceof VectorType) {
    return value.type === type ? value : DenseElementsAttribute.get(type, value.data);
  }
  return undefined;
}

const lowerConstant = convert(arith.constant, "arith-constant-to-llvm", (operation, _operands, rewriter) => {
  const { value } = operation;
  const type = rewriter.types.convert(operation.result.type);
  if (value instanceof ElementsAttribute && type instanceof llvm.ArrayType) {
    return rewriter.replace(operation, arrayConstant(rewriter, value, type));
  }
  const converted = convertedConstant(value, type);
  if (converted === undefined)
    return refuse(`a constant ${value.text.slice(0, 80)} of type ${type} has no form in LLVM`);
  return rewriter.replaceWith(operation, llvm.constant, { value: converted, res: type });
});

/** A constant vector of several dimensions: its innermost vectors one by one. */
function arrayConstant(rewriter: ConversionRewriter, value: ElementsAttribute, type: llvm.ArrayType): Value {
  const { data } = value.value;
  let next = 0;
  const make = (part: Type): Value => {
    if (part instanceof llvm.ArrayType) {
      let made: Value = rewriter.build(llvm.undef, { res: part }).res;
      for (let position = 0; position < part.count; position++) {
        made = insertPart(rewriter, made, make(part.element), position);
      }
      return made;
    }
    if (!(part instanceof VectorType)) throw new Error(`expects a vector, found ${part}`);
    const lanes = data.slice(next, next + part.count);
    next += part.count;
    return rewriter.build(llvm.constant, { value: DenseElementsAttribute.get(part, lanes), res: part }).res;
  };
  return make(type);
}

// ----------------------------------------------------------------------------------------------------- integer division

/** Rounds a signed quotient up or down, by looking at the remainder and the signs. */
function roundedDivision(isUp: boolean): Leaf {
  return (rewriter, [lhs, rhs], type) => {
    const quotient = rewriter.build(llvm.sdiv, { lhs: lhs!, rhs: rhs! }).res;
    const remainder = rewriter.build(llvm.srem, { lhs: lhs!, rhs: rhs! }).res;
    const zero = splatConstant(rewriter, 0, type);
    const isInexact = rewriter.build(llvm.icmp, { predicate: "ne", lhs: remainder, rhs: zero }).res;
    const signs = rewriter.build(llvm.xor, { lhs: lhs!, rhs: rhs! }).res;
    const predicate = isUp ? "sge" : "slt";
    const wantsStep = rewriter.build(llvm.icmp, { predicate, lhs: signs, rhs: zero }).res;
    const condition = rewriter.build(llvm.and, { lhs: isInexact, rhs: wantsStep }).res;
    const step = splatConstant(rewriter, isUp ? 1 : -1, type);
    const stepped = rewriter.build(llvm.add, { lhs: quotient, rhs: step }).res;
    return rewriter.build(llvm.select, { condition, trueValue: stepped, falseValue: quotient }).res;
  };
}

const lowerCeilDivUnsigned = lanewise(arith.ceildivui, "arith-ceildivui-to-llvm", (rewriter, [lhs, rhs], type) => {
  const quotient = rewriter.build(llvm.udiv, { lhs: lhs!, rhs: rhs! }).res;
  const remainder = rewriter.build(llvm.urem, { lhs: lhs!, rhs: rhs! }).res;
  const condition = rewriter.build(llvm.icmp, {
    predicate: "ne",
    lhs: remainder,
    rhs: splatConstant(rewriter, 0, type),
  }).res;
  const stepped = rewriter.build(llvm.add, { lhs: quotient, rhs: splatConstant(rewriter, 1, type) }).res;
  return rewriter.build(llvm.select, { condition, trueValue: stepped, falseValue: quotient }).res;
});

/** Products and sums with twice the width, split into two results. */
function extended(definition: AnyDefinition, name: string, widen: typeof llvm.zext): ConversionPattern {
  return {
    name,
    root: definition.name,
    benefit: 1,
    apply: (operation, operands, rewriter) => {
      const [lhs, rhs] = operands;
      const { type } = lhs!;
      const scalar = scalarOf(type);
      if (!(scalar instanceof IntegerType) || type instanceof llvm.ArrayType)
        return refuse(`${type} cannot be doubled`);
      const wide = withScalar(type, IntegerType.get(scalar.width * 2));
      const [a, b] = [lhs!, rhs!].map((arg) => rewriter.build(widen, { arg, res: wide }).res);
      const isSum = definition.name === arith.adduiExtended.name;
      const whole = rewriter.build(isSum ? llvm.add : llvm.mul, { lhs: a!, rhs: b! }).res;
      const amount = splatConstant(rewriter, scalar.width, wide);
      const upper = rewriter.build(llvm.lshr, { lhs: whole, rhs: amount }).res;
      const low = rewriter.build(llvm.trunc, { arg: whole, res: type }).res;
      const high = rewriter.build(llvm.trunc, { arg: upper, res: isSum ? withScalar(type, i1) : type }).res;
      return rewriter.replace(operation, [low, high]);
    },
  };
}

// --------------------------------------------------------------------------------------------------- minima and maxima

/** The constant that a float value holds in every lane. */
function constantFloat(value: Value): number | undefined {
  const { definer } = value;
  if (!llvm.constant.matches(definer)) return undefined;
  if (definer.value instanceof FloatAttribute) return definer.value.value;
  const splat = definer.value instanceof ElementsAttribute ? definer.value.splat : undefined;
  return splat === undefined ? undefined : Number(splat);
}

/**
 * The larger (or smaller) of two floats by IEEE 754-2019's maximum: NaN where either is NaN, and -0 below +0. Against a constant
 * it is one comparison, whose strictness settles the zeros.
 */
export function extremum(
  rewriter: ConversionRewriter,
  isMaximum: boolean,
  lhs: Value,
  rhs: Value,
  flags: readonly llvm.LlvmFastMathFlag[] = [],
): Value {
  const pick = (predicate: llvm.LlvmFloatPredicate, a: Value, b: Value): Value => {
    const condition = rewriter.build(llvm.fcmp, { predicate, lhs: a, rhs: b, fastmathFlags: flags }).res;
    return rewriter.build(llvm.select, { condition, trueValue: b, falseValue: a, fastmathFlags: flags }).res;
  };
  const [x, c] = constantFloat(lhs) === undefined ? [lhs, rhs] : [rhs, lhs];
  const known = constantFloat(c);
  if (known !== undefined && !Number.isNaN(known)) {
    // The constant replaces an equal x only where it must: +0 for a maximum, -0 for a minimum.
    const replacesEqual = Object.is(known, isMaximum ? 0 : -0);
    const [loose, strict] = isMaximum ? (["ole", "olt"] as const) : (["oge", "ogt"] as const);
    return pick(replacesEqual ? loose : strict, x, c);
  }
  if (flags.includes("nnan") && flags.includes("nsz")) return pick(isMaximum ? "olt" : "ogt", lhs, rhs);
  // Of equal numbers only zeros differ: their bits combined give the sign.
  const { type } = lhs;
  const ordered = pick(isMaximum ? "olt" : "ogt", lhs, rhs);
  const bitsType = withScalar(type, IntegerType.get(floatWidth(scalarOf(type))));
  const [a, b] = [lhs, rhs].map((arg) => rewriter.build(llvm.bitcast, { arg, res: bitsType }).res);
  const bits = rewriter.build(isMaximum ? llvm.and : llvm.or, { lhs: a!, rhs: b! }).res;
  const equal = rewriter.build(llvm.bitcast, { arg: bits, res: type }).res;
  const areEqual = rewriter.build(llvm.fcmp, { predicate: "oeq", lhs, rhs }).res;
  const number = rewriter.build(llvm.select, { condition: areEqual, trueValue: equal, falseValue: ordered }).res;
  const isUnordered = rewriter.build(llvm.fcmp, { predicate: "uno", lhs, rhs }).res;
  const propagated = rewriter.build(llvm.fadd, { lhs, rhs }).res;
  return rewriter.build(llvm.select, { condition: isUnordered, trueValue: propagated, falseValue: number }).res;
}

function floatWidth(type: Type): number {
  if (!(type instanceof FloatType)) throw new Error(`expects a float, found ${type}`);
  return type.width;
}

// ---------------------------------------------------------------------------------------------------------------- bf16

/** The bits of bf16 as f32: its upper half. */
export function extendBf16(rewriter: ConversionRewriter, bits: Value, wanted: Type): Value {
  const { type } = bits;
  const wide = rewriter.build(llvm.zext, { arg: bits, res: withScalar(type, i32) }).res;
  const shifted = rewriter.build(llvm.shl, { lhs: wide, rhs: splatConstant(rewriter, 16, wide.type) }).res;
  const single = rewriter.build(llvm.bitcast, { arg: shifted, res: withScalar(type, f32) }).res;
  return scalarOf(wanted) === f32 ? single : rewriter.build(llvm.fpext, { arg: single, res: wanted }).res;
}

/** An f32 or f64 as the bits of the nearest bf16, ties to even; NaN stays a quiet NaN. */
export function truncateToBf16(rewriter: ConversionRewriter, value: Value): Value {
  const { type } = value;
  const single = scalarOf(type) === f64 ? toOddSingle(rewriter, value) : extendToSingle(rewriter, value);
  const words = withScalar(type, i32);
  const constant = (number: number): Value => splatConstant(rewriter, number, words);
  const bits = rewriter.build(llvm.bitcast, { arg: single, res: words }).res;
  const upper = rewriter.build(llvm.lshr, { lhs: bits, rhs: constant(16) }).res;
  const odd = rewriter.build(llvm.and, { lhs: upper, rhs: constant(1) }).res;
  const bias = rewriter.build(llvm.add, { lhs: odd, rhs: constant(0x7fff) }).res;
  const summed = rewriter.build(llvm.add, { lhs: bits, rhs: bias }).res;
  const rounded = rewriter.build(llvm.lshr, { lhs: summed, rhs: constant(16) }).res;
  const quiet = rewriter.build(llvm.or, { lhs: upper, rhs: constant(0x40) }).res;
  const condition = rewriter.build(llvm.fcmp, { predicate: "uno", lhs: single, rhs: single }).res;
  const chosen = rewriter.build(llvm.select, { condition, trueValue: quiet, falseValue: rounded }).res;
  return rewriter.build(llvm.trunc, { arg: chosen, res: withScalar(type, i16) }).res;
}

function extendToSingle(rewriter: ConversionRewriter, value: Value): Value {
  const { type } = value;
  return scalarOf(type) === f32 ? value : rewriter.build(llvm.fpext, { arg: value, res: withScalar(type, f32) }).res;
}

/** f64 rounded to f32 so that rounding again is right: an inexact result gets an odd last bit. */
function toOddSingle(rewriter: ConversionRewriter, value: Value): Value {
  const { type } = value;
  const singles = withScalar(type, f32);
  const words = withScalar(type, i32);
  const nearest = rewriter.build(llvm.fptrunc, { arg: value, res: singles }).res;
  const back = rewriter.build(llvm.fpext, { arg: nearest, res: type }).res;
  const bits = rewriter.build(llvm.bitcast, { arg: nearest, res: words }).res;
  const one = splatConstant(rewriter, 1, words);
  const magnitude = rewriter.build(llvm.intrFabs, { in: value }).res;
  const backMagnitude = rewriter.build(llvm.intrFabs, { in: back }).res;
  const isLarger = rewriter.build(llvm.fcmp, { predicate: "ogt", lhs: backMagnitude, rhs: magnitude }).res;
  const down = rewriter.build(llvm.sub, { lhs: bits, rhs: one }).res;
  const truncated = rewriter.build(llvm.select, { condition: isLarger, trueValue: down, falseValue: bits }).res;
  const odd = rewriter.build(llvm.or, { lhs: truncated, rhs: one }).res;
  const isInexact = rewriter.build(llvm.fcmp, { predicate: "one", lhs: back, rhs: value }).res;
  const chosen = rewriter.build(llvm.select, { condition: isInexact, trueValue: odd, falseValue: bits }).res;
  return rewriter.build(llvm.bitcast, { arg: chosen, res: singles }).res;
}

const lowerExtf = lanewise(arith.extf, "arith-extf-to-llvm", (rewriter, [arg], type, operation) =>
  isBf16(operation.operand(0).type)
    ? extendBf16(rewriter, arg!, type)
    : rewriter.build(llvm.fpext, { arg: arg!, res: type }).res,
);

const lowerTruncf = convert(arith.truncf, "arith-truncf-to-llvm", (operation, operands, rewriter) => {
  const { roundingmode: mode } = operation;
  if (mode !== undefined && mode !== "to_nearest_even") return refuse(`the rounding mode ${mode} has no instruction`);
  const type = rewriter.types.convert(operation.result.type);
  const toBf16 = isBf16(operation.result.type);
  const result = elementwise(rewriter, type, operands, ([arg], partType) =>
    toBf16 ? truncateToBf16(rewriter, arg!) : rewriter.build(llvm.fptrunc, { arg: arg!, res: partType }).res,
  );
  return rewriter.replace(operation, result);
});

// --------------------------------------------------------------------------------------------------- the simple majority

const lowerCmpi = lanewise(
  arith.cmpi,
  "arith-cmpi-to-llvm",
  (rewriter, [lhs, rhs], _type, operation) =>
    rewriter.build(llvm.icmp, { predicate: arith.cmpi.cast(operation).predicate, lhs: lhs!, rhs: rhs! }).res,
);

const lowerCmpf = lanewise(arith.cmpf, "arith-cmpf-to-llvm", (rewriter, [lhs, rhs], _type, operation) => {
  const { predicate } = arith.cmpf.cast(operation);
  const word = predicate === "true" ? "_true" : predicate === "false" ? "_false" : predicate;
  return rewriter.build(llvm.fcmp, { predicate: word, lhs: lhs!, rhs: rhs!, fastmathFlags: fastMath(operation) }).res;
});

const lowerSelect = lanewise(
  arith.select,
  "arith-select-to-llvm",
  (rewriter, [condition, trueValue, falseValue]) =>
    rewriter.build(llvm.select, { condition: condition!, trueValue: trueValue!, falseValue: falseValue! }).res,
);

const lowerNegf = lanewise(
  arith.negf,
  "arith-negf-to-llvm",
  (rewriter, [input], _type, operation) =>
    rewriter.build(llvm.fneg, { input: input!, fastmathFlags: fastMath(operation) }).res,
);

/** Between index (64 bits) and integers: wider, narrower or nothing. */
function indexCast(definition: AnyDefinition, widen: typeof llvm.sext): ConversionPattern {
  return lanewise(definition, `${definition.name}-to-llvm`, (rewriter, [arg], type) => {
    const [from, to] = [scalarOf(arg!.type), scalarOf(type)];
    if (from === to || !(from instanceof IntegerType) || !(to instanceof IntegerType)) return arg!;
    return rewriter.build(from.width < to.width ? widen : llvm.trunc, { arg: arg!, res: type }).res;
  });
}

function minMax(definition: AnyDefinition, isMaximum: boolean): ConversionPattern {
  return lanewise(definition, `${definition.name}-to-llvm`, (rewriter, [lhs, rhs], _type, operation) =>
    extremum(rewriter, isMaximum, lhs!, rhs!, fastMath(operation)),
  );
}

const lowerBitcast = lanewise(arith.bitcast, "arith-bitcast-to-llvm", (rewriter, [arg], type) =>
  arg!.type === type ? arg! : rewriter.build(llvm.bitcast, { arg: arg!, res: type }).res,
);

export const arithmeticPatterns: readonly ConversionPattern[] = [
  lowerConstant,
  overflowBinary(arith.addi, llvm.add),
  overflowBinary(arith.subi, llvm.sub),
  overflowBinary(arith.muli, llvm.mul),
  overflowBinary(arith.shli, llvm.shl),
  integerBinary(arith.shrsi, llvm.ashr),
  integerBinary(arith.shrui, llvm.lshr),
  integerBinary(arith.divsi, llvm.sdiv),
  integerBinary(arith.divui, llvm.udiv),
  integerBinary(arith.remsi, llvm.srem),
  integerBinary(arith.remui, llvm.urem),
  integerBinary(arith.andi, llvm.and),
  integerBinary(arith.ori, llvm.or),
  integerBinary(arith.xori, llvm.xor),
  lanewise(arith.ceildivsi, "arith-ceildivsi-to-llvm", roundedDivision(true)),
  lanewise(arith.floordivsi, "arith-floordivsi-to-llvm", roundedDivision(false)),
  lowerCeilDivUnsigned,
  integerIntrinsic(arith.minsi, llvm.intrSmin),
  integerIntrinsic(arith.maxsi, llvm.intrSmax),
  integerIntrinsic(arith.minui, llvm.intrUmin),
  integerIntrinsic(arith.maxui, llvm.intrUmax),
  extended(arith.adduiExtended, "arith-addui-extended-to-llvm", llvm.zext),
  extended(arith.muluiExtended, "arith-mului-extended-to-llvm", llvm.zext),
  extended(arith.mulsiExtended, "arith-mulsi-extended-to-llvm", llvm.sext),
  floatBinary(arith.addf, llvm.fadd),
  floatBinary(arith.subf, llvm.fsub),
  floatBinary(arith.mulf, llvm.fmul),
  floatBinary(arith.divf, llvm.fdiv),
  floatBinary(arith.remf, llvm.frem),
  lowerNegf,
  minMax(arith.maximumf, true),
  minMax(arith.minimumf, false),
  floatIntrinsic(arith.maxnumf, llvm.intrMaxNum),
  floatIntrinsic(arith.minnumf, llvm.intrMinNum),
  lowerCmpi,
  lowerCmpf,
  lowerSelect,
  lowerExtf,
  lowerTruncf,
  cast(arith.extsi, llvm.sext),
  cast(arith.extui, llvm.zext),
  cast(arith.trunci, llvm.trunc),
  cast(arith.sitofp, llvm.sitofp),
  cast(arith.uitofp, llvm.uitofp),
  cast(arith.fptosi, llvm.fptosi),
  cast(arith.fptoui, llvm.fptoui),
  lowerBitcast,
  indexCast(arith.indexCast, llvm.sext),
  indexCast(arith.indexCastUi, llvm.zext),
];
