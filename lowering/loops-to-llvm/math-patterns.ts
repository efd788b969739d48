/**
 * Elementary functions: those with an instruction become LLVM's intrinsics, on vectors too. The others are expanded for f32 by the pass
 * expand-math before; what is left (f64, or code that skipped that pass) calls the C library lane by lane.
 */

import * as llvm from "../../dialects/llvm/index.ts";
import * as math from "../../dialects/math/ops.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import type { ConversionPattern, ConversionRewriter } from "../../ir/rewrite/conversion.ts";
import { refuse } from "../../ir/rewrite/pattern.ts";
import { f32, f64, IntegerType, i32, type Type, VectorType } from "../../ir/types.ts";
import { fastMath, lanewise } from "./arithmetic-patterns.ts";
import { asInteger, elementwise, lane, scalarOf, splatConstant, withLane } from "./building.ts";
import { declareFunction } from "./memory-patterns.ts";

function unaryIntrinsic(from: AnyDefinition, to: typeof llvm.intrSqrt): ConversionPattern {
  return lanewise(
    from,
    `${from.name}-to-llvm`,
    (rewriter, [input], _type, operation) => rewriter.build(to, { in: input!, fastmathFlags: fastMath(operation) }).res,
  );
}

/** A function of the C library on each lane; its f32 form has an `f` behind its name. */
function libraryCall(from: AnyDefinition, name: string): ConversionPattern {
  return {
    name: `${from.name}-to-c-library`,
    root: from.name,
    benefit: 1,
    apply: (operation, operands, rewriter) => {
      const type = rewriter.types.convert(operation.onlyResult.type);
      const scalar = scalarOf(type);
      if (scalar !== f32 && scalar !== f64)
        return refuse(`the C library has no ${name} for ${scalar}: extend it to f32`);
      const callee = scalar === f32 ? `${name}f` : name;
      const inputs = operands.map(() => scalar);
      declareFunction(operation, rewriter, callee, llvm.LlvmFunctionType.get(scalar, inputs));
      const result = elementwise(rewriter, type, operands, (parts, partType) =>
        perLane(rewriter, parts, partType, (scalars) => llvm.llvmCall(rewriter, callee, scalars, scalar)!),
      );
      return rewriter.replace(operation, result);
    },
  };
}

/** Applies a function of scalars to every lane of vectors. */
function perLane(
  rewriter: ConversionRewriter,
  operands: readonly Value[],
  type: Type,
  compute: (scalars: readonly Value[]) => Value,
): Value {
  if (!(type instanceof VectorType)) return compute(operands);
  let made: Value = rewriter.build(llvm.undef, { res: type }).res;
  for (let position = 0; position < type.count; position++) {
    const scalars = operands.map((operand) => lane(rewriter, operand, position));
    made = withLane(rewriter, made, compute(scalars), position);
  }
  return made;
}

const lowerFma = lanewise(
  math.fma,
  "math-fma-to-llvm",
  (rewriter, [a, b, c], _type, operation) =>
    rewriter.build(llvm.intrFma, { a: a!, b: b!, c: c!, fastmathFlags: fastMath(operation) }).res,
);

const lowerCopySign = lanewise(
  math.copysign,
  "math-copysign-to-llvm",
  (rewriter, [a, b], _type, operation) =>
    rewriter.build(llvm.intrCopySign, { a: a!, b: b!, fastmathFlags: fastMath(operation) }).res,
);

const lowerRsqrt = lanewise(math.rsqrt, "math-rsqrt-to-llvm", (rewriter, [input], type, operation) => {
  const fastmathFlags = fastMath(operation);
  const root = rewriter.build(llvm.intrSqrt, { in: input!, fastmathFlags }).res;
  return rewriter.build(llvm.fdiv, { lhs: splatConstant(rewriter, 1, type), rhs: root, fastmathFlags }).res;
});

const lowerAbsi = lanewise(
  math.absi,
  "math-absi-to-llvm",
  (rewriter, [input]) => rewriter.build(llvm.intrAbs, { in: input!, is_int_min_poison: false }).res,
);
const lowerCtlz = lanewise(
  math.ctlz,
  "math-ctlz-to-llvm",
  (rewriter, [input]) => rewriter.build(llvm.intrCtlz, { in: input!, is_zero_poison: false }).res,
);
const lowerCttz = lanewise(
  math.cttz,
  "math-cttz-to-llvm",
  (rewriter, [input]) => rewriter.build(llvm.intrCttz, { in: input!, is_zero_poison: false }).res,
);
const lowerCtpop = lanewise(
  math.ctpop,
  "math-ctpop-to-llvm",
  (rewriter, [input]) => rewriter.build(llvm.intrCtPop, { in: input! }).res,
);

/** x to a signed integer power on integers, by squaring; a negative power is 0 except for the bases 1 and -1. */
const lowerIpowi = lanewise(math.ipowi, "math-ipowi-to-llvm", (rewriter, [base, power], type) => {
  const scalar = scalarOf(type);
  const width = scalar instanceof IntegerType ? scalar.width : 64;
  const constant = (value: number): Value => splatConstant(rewriter, value, type);
  const select = (condition: Value, trueValue: Value, falseValue: Value): Value =>
    rewriter.build(llvm.select, { condition, trueValue, falseValue }).res;
  let square = base!;
  let result = constant(1);
  for (let bit = 0; bit < width - 1; bit++) {
    const shifted = rewriter.build(llvm.lshr, { lhs: power!, rhs: constant(bit) }).res;
    const masked = rewriter.build(llvm.and, { lhs: shifted, rhs: constant(1) }).res;
    const isSet = rewriter.build(llvm.icmp, { predicate: "ne", lhs: masked, rhs: constant(0) }).res;
    result = select(isSet, rewriter.build(llvm.mul, { lhs: result, rhs: square }).res, result);
    square = rewriter.build(llvm.mul, { lhs: square, rhs: square }).res;
  }
  const isOne = rewriter.build(llvm.icmp, { predicate: "eq", lhs: base!, rhs: constant(1) }).res;
  const isMinusOne = rewriter.build(llvm.icmp, { predicate: "eq", lhs: base!, rhs: constant(-1) }).res;
  const isUnit = rewriter.build(llvm.or, { lhs: isOne, rhs: isMinusOne }).res;
  const odd = rewriter.build(llvm.and, { lhs: power!, rhs: constant(1) }).res;
  const isOdd = rewriter.build(llvm.icmp, { predicate: "ne", lhs: odd, rhs: constant(0) }).res;
  const unit = select(isOdd, base!, constant(1));
  const isNegative = rewriter.build(llvm.icmp, { predicate: "slt", lhs: power!, rhs: constant(0) }).res;
  return select(isNegative, select(isUnit, unit, constant(0)), result);
});

/** A float to an integer power: LLVM has it for scalars with an i32 exponent. */
const lowerFpowi: ConversionPattern = {
  name: "math-fpowi-to-llvm",
  root: math.fpowi.name,
  benefit: 1,
  apply: (operation: Operation, operands: readonly Value[], rewriter: ConversionRewriter) => {
    const exponent = scalarOf(operands[1]!.type);
    if (exponent !== i32) return refuse(`exponents of type ${exponent} have no instruction: convert them to i32`);
    const type = rewriter.types.convert(operation.onlyResult.type);
    const result = elementwise(rewriter, type, operands, (parts, partType) =>
      perLane(
        rewriter,
        parts,
        partType,
        ([val, power]) =>
          rewriter.build(llvm.intrPowi, { val: val!, power: asInteger(power!), fastmathFlags: fastMath(operation) })
            .res,
      ),
    );
    return rewriter.replace(operation, result);
  },
};

export const mathPatterns: readonly ConversionPattern[] = [
  unaryIntrinsic(math.absf, llvm.intrFabs),
  unaryIntrinsic(math.sqrt, llvm.intrSqrt),
  unaryIntrinsic(math.floor, llvm.intrFloor),
  unaryIntrinsic(math.ceil, llvm.intrCeil),
  unaryIntrinsic(math.trunc, llvm.intrTrunc),
  unaryIntrinsic(math.round, llvm.intrRound),
  unaryIntrinsic(math.roundeven, llvm.intrRoundEven),
  lowerFma,
  lowerCopySign,
  lowerRsqrt,
  lowerAbsi,
  lowerCtlz,
  lowerCttz,
  lowerCtpop,
  lowerIpowi,
  lowerFpowi,
  libraryCall(math.acos, "acos"),
  libraryCall(math.acosh, "acosh"),
  libraryCall(math.asin, "asin"),
  libraryCall(math.asinh, "asinh"),
  libraryCall(math.atan, "atan"),
  libraryCall(math.atanh, "atanh"),
  libraryCall(math.atan2, "atan2"),
  libraryCall(math.cbrt, "cbrt"),
  libraryCall(math.cos, "cos"),
  libraryCall(math.cosh, "cosh"),
  libraryCall(math.erf, "erf"),
  libraryCall(math.exp, "exp"),
  libraryCall(math.exp2, "exp2"),
  libraryCall(math.expm1, "expm1"),
  libraryCall(math.log, "log"),
  libraryCall(math.log10, "log10"),
  libraryCall(math.log1p, "log1p"),
  libraryCall(math.log2, "log2"),
  libraryCall(math.powf, "pow"),
  libraryCall(math.sin, "sin"),
  libraryCall(math.sinh, "sinh"),
  libraryCall(math.tan, "tan"),
  libraryCall(math.tanh, "tanh"),
];
