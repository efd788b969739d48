/**
 * Scalar arithmetic as JavaScript expressions, for the bodies of structured operations: compiled to one JavaScript function they
 * run a hundred times faster than operation by operation, so that whole networks can be run at the linalg level. A test
 * compares each expression with the op's evaluator.
 *
 * How values are held: floats as numbers, rounded to their type after every operation; integers of up to 32 bits and truth
 * values as numbers in their signed range; 64-bit integers as bigints; index as a number.
 */
import { FloatAttribute, IntegerAttribute } from "../../ir/attributes.ts";
import type { Operation } from "../../ir/operation.ts";
import { bf16ToNumber, numberToBf16 } from "../../ir/tensor-data.ts";
import { FloatType, IntegerType, index, type Type } from "../../ir/types.ts";
import { cmpf, cmpi } from "../arith/ops.ts";
import { erf } from "../tensor/reference/special-functions.ts";

/** What the expressions call as `h.name`. */
export const scalarHelpers = {
  fround: Math.fround,
  f16round: Math.f16round,
  decodeBf16: bf16ToNumber,
  encodeBf16: numberToBf16,
  bf16round: (value: number) => bf16ToNumber(numberToBf16(value)),
  erf,
  maximum: (a: number, b: number) => Math.max(a, b),
  minimum: (a: number, b: number) => Math.min(a, b),
  maxnum: (a: number, b: number) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.max(a, b)),
  minnum: (a: number, b: number) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.min(a, b)),
  roundEven: (x: number) => {
    const floor = Math.floor(x);
    const rest = x - floor;
    if (rest < 0.5 || Number.isNaN(rest)) return floor;
    return rest > 0.5 || floor % 2 !== 0 ? floor + 1 : floor;
  },
  roundAway: (x: number) => Math.sign(x) * Math.floor(Math.abs(x) + 0.5),
  copysign: (a: number, b: number) => (b < 0 || Object.is(b, -0) ? -Math.abs(a) : Math.abs(a)),
  /** C's pow: 1 to any power is 1, and so is -1 to an infinite one. */
  power: (base: number, exponent: number) => {
    if (base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY)) return 1;
    return base ** exponent;
  },
  wrap: (value: number, width: number) => (width === 1 ? value & 1 : (value << (32 - width)) >> (32 - width)),
  /** A float as an integer of `width` bits, rounded towards zero. */
  toInteger: (value: number, width: number) => {
    if (width > 32) return BigInt.asIntN(width, BigInt(Number.isFinite(value) ? Math.trunc(value) : 0));
    return scalarWrap(Math.trunc(value), width);
  },
  divide: (a: number | bigint, b: number | bigint): number | bigint => {
    if (b === 0 || b === 0n) throw new Error("division of an integer by zero");
    return typeof a === "bigint" ? a / BigInt(b) : Math.trunc(a / Number(b));
  },
  remainder: (a: number | bigint, b: number | bigint): number | bigint => {
    if (b === 0 || b === 0n) throw new Error("division of an integer by zero");
    return typeof a === "bigint" ? a % BigInt(b) : a % Number(b);
  },
  floorDivide: (a: number, b: number) => Math.floor(a / b),
  ceilDivide: (a: number, b: number) => Math.ceil(a / b),
  popCount: (value: number | bigint, width: number) => bitsOf(value, width).replaceAll("0", "").length,
  leadingZeros: (value: number | bigint, width: number) => {
    const first = bitsOf(value, width).indexOf("1");
    return first < 0 ? width : first;
  },
  trailingZeros: (value: number | bigint, width: number) => {
    const last = bitsOf(value, width).lastIndexOf("1");
    return last < 0 ? width : width - 1 - last;
  },
  /** The same bits as another type; `from` and `to` are its spellings. */
  bitcast: (value: number | bigint, from: string, to: string) => {
    writeBits(from, value);
    return readBits(to);
  },
} as const;

function scalarWrap(value: number, width: number): number {
  return width === 1 ? value & 1 : (value << (32 - width)) >> (32 - width);
}

function bitsOf(value: number | bigint, width: number): string {
  return BigInt.asUintN(width, BigInt(value)).toString(2).padStart(width, "0");
}

const cell = new DataView(new ArrayBuffer(8));

function writeBits(type: string, value: number | bigint): void {
  if (type === "f64") cell.setFloat64(0, Number(value), true);
  else if (type === "f32") cell.setFloat32(0, Number(value), true);
  else if (type === "f16") cell.setFloat16(0, Number(value), true);
  else if (type === "bf16") cell.setUint16(0, numberToBf16(Number(value)), true);
  else cell.setBigInt64(0, BigInt(value), true);
}

function readBits(type: string): number | bigint {
  if (type === "f64") return cell.getFloat64(0, true);
  if (type === "f32") return cell.getFloat32(0, true);
  if (type === "f16") return cell.getFloat16(0, true);
  if (type === "bf16") return bf16ToNumber(cell.getUint16(0, true));
  if (type === "i64") return cell.getBigInt64(0, true);
  return scalarWrap(cell.getInt32(0, true), Number(type.slice(1)));
}

function isWide(type: Type): boolean {
  return type instanceof IntegerType && type.width > 32;
}

/** `code` rounded or wrapped to the range of a type. */
export function rounded(code: string, type: Type): string {
  if (type instanceof FloatType) {
    if (type.kind === "f32") return `h.fround(${code})`;
    if (type.kind === "f16") return `h.f16round(${code})`;
    if (type.kind === "bf16") return `h.bf16round(${code})`;
    return `(${code})`;
  }
  if (type instanceof IntegerType) {
    if (type.width > 32) return `BigInt.asIntN(${type.width}, ${code})`;
    return type.width === 32 ? `((${code}) | 0)` : `h.wrap(${code}, ${type.width})`;
  }
  return `(${code})`;
}

/** The value as an unsigned number or bigint. */
function unsigned(code: string, type: Type): string {
  if (type === index) return code;
  if (isWide(type)) return `BigInt.asUintN(64, ${code})`;
  const width = type instanceof IntegerType ? type.width : 32;
  return width === 32 ? `(${code} >>> 0)` : `(${code} & ${2 ** width - 1})`;
}

/** A literal of a scalar constant. */
export function literal(value: unknown): string | undefined {
  if (value instanceof FloatAttribute) return Object.is(value.value, -0) ? "-0" : `(${value.value})`;
  if (value instanceof IntegerAttribute) {
    if (isWide(value.type)) return `(${value.value}n)`;
    return `(${value.value})`;
  }
  return undefined;
}

const infix: Readonly<Record<string, string>> = {
  "arith.addf": "+",
  "arith.subf": "-",
  "arith.mulf": "*",
  "arith.divf": "/",
  "arith.remf": "%",
  "arith.addi": "+",
  "arith.subi": "-",
  "arith.andi": "&",
  "arith.ori": "|",
  "arith.xori": "^",
};

const floatCalls: Readonly<Record<string, string>> = {
  "arith.maximumf": "h.maximum",
  "arith.minimumf": "h.minimum",
  "arith.maxnumf": "h.maxnum",
  "arith.minnumf": "h.minnum",
  "math.absf": "Math.abs",
  "math.acos": "Math.acos",
  "math.acosh": "Math.acosh",
  "math.asin": "Math.asin",
  "math.asinh": "Math.asinh",
  "math.atan": "Math.atan",
  "math.atanh": "Math.atanh",
  "math.cbrt": "Math.cbrt",
  "math.ceil": "Math.ceil",
  "math.cos": "Math.cos",
  "math.cosh": "Math.cosh",
  "math.erf": "h.erf",
  "math.exp": "Math.exp",
  "math.expm1": "Math.expm1",
  "math.floor": "Math.floor",
  "math.log": "Math.log",
  "math.log10": "Math.log10",
  "math.log1p": "Math.log1p",
  "math.log2": "Math.log2",
  "math.round": "h.roundAway",
  "math.roundeven": "h.roundEven",
  "math.sin": "Math.sin",
  "math.sinh": "Math.sinh",
  "math.sqrt": "Math.sqrt",
  "math.tan": "Math.tan",
  "math.tanh": "Math.tanh",
  "math.trunc": "Math.trunc",
  "math.atan2": "Math.atan2",
  "math.copysign": "h.copysign",
  "math.powf": "h.power",
};

const comparisons: Readonly<Record<string, string>> = { eq: "===", ne: "!==", lt: "<", le: "<=", gt: ">", ge: ">=" };

/** The expression of a scalar operation on operand expressions (names or literals); undefined where it is no scalar arithmetic. */
export function scalarExpression(operation: Operation, operands: readonly string[]): string | undefined {
  const [a = "", b = "", c = ""] = operands;
  const { name } = operation;
  if (operation.results.length !== 1) return undefined;
  const { type } = operation.onlyResult;
  const from = operation.operandCount > 0 ? operation.operand(0).type : type;
  const operator = infix[name];
  if (operator !== undefined) return rounded(`${a} ${operator} ${b}`, type);
  const called = floatCalls[name];
  if (called !== undefined) return rounded(`${called}(${operands.join(", ")})`, type);
  if (cmpi.matches(operation)) return integerComparison(operation.predicate, a, b, from);
  if (cmpf.matches(operation)) return floatComparison(operation.predicate, a, b);
  switch (name) {
    case "arith.select":
      return `(${a} ? ${b} : ${c})`;
    case "arith.negf":
      return `(-${a})`;
    case "math.exp2":
      return rounded(`Math.pow(2, ${a})`, type);
    case "math.rsqrt":
      return rounded(`1 / Math.sqrt(${a})`, type);
    case "math.fma":
      // Exact in f64 for the product of two f32; rounded twice at worst in the last bit.
      return rounded(`${a} * ${b} + ${c}`, type);
    case "math.fpowi":
      return rounded(`Math.pow(${a}, Number(${b}))`, type);
    case "math.ipowi":
      return isWide(type) ? rounded(`${a} ** ${b}`, type) : rounded(`Math.pow(${a}, ${b})`, type);
    default:
      return integerExpression(name, a, b, type) ?? castExpression(name, a, from, type);
  }
}

function integerExpression(name: string, a: string, b: string, type: Type): string | undefined {
  const wide = isWide(type);
  const pick = (test: string) => `(${test} ? ${a} : ${b})`;
  const [ua, ub] = [unsigned(a, type), unsigned(b, type)];
  const width = type instanceof IntegerType ? type.width : 64;
  switch (name) {
    case "arith.muli":
      return wide || type === index ? rounded(`${a} * ${b}`, type) : rounded(`Math.imul(${a}, ${b})`, type);
    case "arith.divsi":
      return rounded(`h.divide(${a}, ${b})`, type);
    case "arith.divui":
      return rounded(`h.divide(${ua}, ${ub})`, type);
    case "arith.remsi":
      return rounded(`h.remainder(${a}, ${b})`, type);
    case "arith.remui":
      return rounded(`h.remainder(${ua}, ${ub})`, type);
    case "arith.floordivsi":
      if (wide)
        return rounded(`(${a} / ${b} - ((${a} % ${b} !== 0n) && ((${a} < 0n) !== (${b} < 0n)) ? 1n : 0n))`, type);
      return rounded(`h.floorDivide(${a}, ${b})`, type);
    case "arith.ceildivsi":
      if (wide)
        return rounded(`(${a} / ${b} + ((${a} % ${b} !== 0n) && ((${a} < 0n) === (${b} < 0n)) ? 1n : 0n))`, type);
      return rounded(`h.ceilDivide(${a}, ${b})`, type);
    case "arith.ceildivui":
      return wide ? rounded(`((${ua} + ${ub} - 1n) / ${ub})`, type) : rounded(`h.ceilDivide(${ua}, ${ub})`, type);
    case "arith.shli":
      return wide ? rounded(`${a} << ${b}`, type) : rounded(`${a} << ${b}`, type);
    case "arith.shrsi":
      return rounded(`${a} >> ${b}`, type);
    case "arith.shrui":
      return wide ? rounded(`${ua} >> ${ub}`, type) : rounded(`${ua} >>> ${b}`, type);
    case "arith.maxsi":
      return pick(`${a} > ${b}`);
    case "arith.minsi":
      return pick(`${a} < ${b}`);
    case "arith.maxui":
      return pick(`${ua} > ${ub}`);
    case "arith.minui":
      return pick(`${ua} < ${ub}`);
    case "math.absi":
      return rounded(`(${a} < 0 ? -${a} : ${a})`, type);
    case "math.ctpop":
      return counted(`h.popCount(${a}, ${width})`, wide);
    case "math.ctlz":
      return counted(`h.leadingZeros(${a}, ${width})`, wide);
    case "math.cttz":
      return counted(`h.trailingZeros(${a}, ${width})`, wide);
    default:
      return undefined;
  }
}

function counted(code: string, wide: boolean): string {
  return wide ? `BigInt(${code})` : code;
}

function castExpression(name: string, a: string, from: Type, to: Type): string | undefined {
  const widen = (code: string) => (isWide(to) && !isWide(from) ? `BigInt(${code})` : code);
  switch (name) {
    case "arith.extf":
      return a;
    case "arith.truncf":
      return rounded(a, to);
    case "arith.extsi":
      // A truth value that is set is -1 when its sign is copied.
      return from instanceof IntegerType && from.width === 1 ? widen(`-${a}`) : widen(a);
    case "arith.extui":
      return widen(unsigned(a, from));
    case "arith.trunci":
      if (isWide(from))
        return isWide(to)
          ? rounded(a, to)
          : `Number(BigInt.asIntN(${widthOf(to)}, ${a}))${widthOf(to) === 1 ? " & 1" : ""}`;
      return rounded(a, to);
    case "arith.sitofp":
      return rounded(`Number(${from instanceof IntegerType && from.width === 1 ? `-${a}` : a})`, to);
    case "arith.uitofp":
      return rounded(`Number(${unsigned(a, from)})`, to);
    case "arith.fptosi":
    case "arith.fptoui":
      return `h.toInteger(${a}, ${widthOf(to)})`;
    case "arith.index_cast":
      if (to === index) return `Number(${a})`;
      return isWide(to) ? `BigInt(${a})` : rounded(a, to);
    case "arith.index_castui":
      if (to === index) return `Number(${unsigned(a, from)})`;
      return isWide(to) ? `BigInt(${a})` : rounded(a, to);
    case "arith.bitcast":
      return `h.bitcast(${a}, "${from}", "${to}")`;
    default:
      return undefined;
  }
}

function widthOf(type: Type): number {
  return type instanceof IntegerType ? type.width : 64;
}

function integerComparison(predicate: string, a: string, b: string, type: Type): string {
  const isUnsigned = predicate.startsWith("u");
  const operator = comparisons[predicate.length === 2 ? predicate : predicate.slice(1)]!;
  const [lhs, rhs] = isUnsigned ? [unsigned(a, type), unsigned(b, type)] : [a, b];
  return `(${lhs} ${operator} ${rhs} ? 1 : 0)`;
}

function floatComparison(predicate: string, a: string, b: string): string {
  if (predicate === "true" || predicate === "false") return predicate === "true" ? "1" : "0";
  const isNan = `(${a} !== ${a} || ${b} !== ${b})`;
  if (predicate === "uno") return `(${isNan} ? 1 : 0)`;
  if (predicate === "ord") return `(${isNan} ? 0 : 1)`;
  const operator = comparisons[predicate.slice(1)]!;
  return predicate.startsWith("u")
    ? `(${isNan} || ${a} ${operator} ${b} ? 1 : 0)`
    : `(!${isNan} && ${a} ${operator} ${b} ? 1 : 0)`;
}
