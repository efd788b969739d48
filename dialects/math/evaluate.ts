/** Reference semantics of math on scalars: float64 functions, rounded once to the result's type. */
import type { AnyDefinition } from "../../ir/context.ts";
import type { AttachedInterface } from "../../ir/interfaces.ts";
import { erf, power, roundHalfToEven } from "../tensor/reference/special-functions.ts";
import { asUnsigned, integerWidth, roundFloat, scalarSemantics, wrapInteger } from "../upstream/scalar-evaluation.ts";
import * as ops from "./ops.ts";

const float = (
  definition: AnyDefinition,
  apply: (x: number, y: number, z: number) => number,
): readonly AttachedInterface[] =>
  scalarSemantics(definition, (operation, [x, y, z]) => [
    roundFloat(apply(Number(x), Number(y), Number(z)), operation.onlyResult.type),
  ]);
const bits = (definition: AnyDefinition, apply: (text: string) => number): readonly AttachedInterface[] =>
  scalarSemantics(definition, (operation, [x]) => {
    const { type } = operation.onlyResult;
    const text = asUnsigned(BigInt(x!), type).toString(2).padStart(integerWidth(type), "0");
    return [wrapInteger(BigInt(apply(text)), type)];
  });

const roundAwayFromZero = (x: number): number => Math.sign(x) * Math.floor(Math.abs(x) + 0.5);
const copySign = (magnitude: number, sign: number): number =>
  sign < 0 || Object.is(sign, -0) ? -Math.abs(magnitude) : Math.abs(magnitude);

/** a^b by squaring; a negative power is the truncated quotient 1/a^|b|. */
function integerPower(a: bigint, b: bigint): bigint {
  if (b >= 0n) return a ** b;
  if (a === 1n) return 1n;
  return a === -1n ? (b % 2n === 0n ? 1n : -1n) : 0n;
}

export const mathEvaluators: readonly AttachedInterface[] = [
  ...float(ops.absf, Math.abs),
  ...float(ops.acos, Math.acos),
  ...float(ops.acosh, Math.acosh),
  ...float(ops.asin, Math.asin),
  ...float(ops.asinh, Math.asinh),
  ...float(ops.atan, Math.atan),
  ...float(ops.atanh, Math.atanh),
  ...float(ops.cbrt, Math.cbrt),
  ...float(ops.ceil, Math.ceil),
  ...float(ops.cos, Math.cos),
  ...float(ops.cosh, Math.cosh),
  ...float(ops.erf, erf),
  ...float(ops.exp, Math.exp),
  ...float(ops.exp2, (x) => 2 ** x),
  ...float(ops.expm1, Math.expm1),
  ...float(ops.floor, Math.floor),
  ...float(ops.log, Math.log),
  ...float(ops.log10, Math.log10),
  ...float(ops.log1p, Math.log1p),
  ...float(ops.log2, Math.log2),
  ...float(ops.round, roundAwayFromZero),
  ...float(ops.roundeven, roundHalfToEven),
  ...float(ops.rsqrt, (x) => 1 / Math.sqrt(x)),
  ...float(ops.sin, Math.sin),
  ...float(ops.sinh, Math.sinh),
  ...float(ops.sqrt, Math.sqrt),
  ...float(ops.tan, Math.tan),
  ...float(ops.tanh, Math.tanh),
  ...float(ops.trunc, Math.trunc),
  ...float(ops.atan2, Math.atan2),
  ...float(ops.copysign, copySign),
  ...float(ops.powf, power),
  // Exact but for products beyond float64, which only f64 operands have.
  ...float(ops.fma, (a, b, c) => a * b + c),
  ...float(ops.fpowi, power),
  ...scalarSemantics(ops.absi, (operation, [x]) => {
    const value = BigInt(x!);
    return [wrapInteger(value < 0n ? -value : value, operation.onlyResult.type)];
  }),
  ...scalarSemantics(ops.ipowi, (operation, [a, b]) => [
    wrapInteger(integerPower(BigInt(a!), BigInt(b!)), operation.onlyResult.type),
  ]),
  ...bits(ops.ctlz, (text) => (text.includes("1") ? text.indexOf("1") : text.length)),
  ...bits(ops.cttz, (text) => (text.includes("1") ? text.length - 1 - text.lastIndexOf("1") : text.length)),
  ...bits(ops.ctpop, (text) => [...text].filter((bit) => bit === "1").length),
];
