/**
 * What the arith and math ops compute on one element, exactly: integers as two's complement of their width (given and
 * returned as the signed number), floats as numbers that the caller rounds to the element type. Undefined where MLIR
 * leaves the result undefined (division by zero, shifts by the width or more).
 */
import { erf, power, roundHalfToEven } from "../tensor/reference/special-functions.ts";
import type { FloatPredicate, IntegerPredicate } from "./flags.ts";

type IntegerFunction = (a: bigint, b: bigint, width: number) => bigint | undefined;

const unsigned = (value: bigint, width: number) => BigInt.asUintN(width, value);

const isBelow = (a: bigint, b: bigint): boolean => a < b;

/** Quotient rounded down. */
function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return quotient * b !== a && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

/** Signed division is undefined by zero and where the quotient does not fit. */
function signedDivision(divide: (a: bigint, b: bigint) => bigint): IntegerFunction {
  return (a, b, width) => {
    const isOverflow = b === -1n && a === -(1n << BigInt(width - 1));
    return b === 0n || isOverflow ? undefined : divide(a, b);
  };
}

function shift(compute: (a: bigint, amount: bigint, width: number) => bigint): IntegerFunction {
  return (a, b, width) => {
    const amount = unsigned(b, width);
    return amount >= BigInt(width) ? undefined : compute(a, amount, width);
  };
}

const integerTable = {
  addi: (a, b) => a + b,
  subi: (a, b) => a - b,
  muli: (a, b) => a * b,
  divsi: signedDivision((a, b) => a / b),
  floordivsi: signedDivision(floorDivide),
  ceildivsi: signedDivision((a, b) => -floorDivide(-a, b)),
  remsi: (a, b) => (b === 0n ? undefined : a % b),
  divui: (a, b, width) => (b === 0n ? undefined : unsigned(a, width) / unsigned(b, width)),
  ceildivui: (a, b, width) =>
    b === 0n ? undefined : (unsigned(a, width) + unsigned(b, width) - 1n) / unsigned(b, width),
  remui: (a, b, width) => (b === 0n ? undefined : unsigned(a, width) % unsigned(b, width)),
  andi: (a, b) => a & b,
  ori: (a, b) => a | b,
  xori: (a, b) => a ^ b,
  shli: shift((a, amount) => a << amount),
  shrsi: shift((a, amount) => a >> amount),
  shrui: shift((a, amount, width) => unsigned(a, width) >> amount),
  minsi: (a, b) => (isBelow(a, b) ? a : b),
  maxsi: (a, b) => (isBelow(a, b) ? b : a),
  minui: (a, b, width) => (unsigned(a, width) < unsigned(b, width) ? a : b),
  maxui: (a, b, width) => (unsigned(a, width) < unsigned(b, width) ? b : a),
} as const satisfies { readonly [mnemonic: string]: IntegerFunction };
export type IntegerMnemonic = keyof typeof integerTable;

/** By mnemonic. Operands are signed; results are wrapped to the width by the caller. */
export const integerFunctions: { readonly [M in IntegerMnemonic]: IntegerFunction } = integerTable;

/** The same on numbers of at most 32 bits, signed; results are wrapped to the width by the caller. */
export const smallIntegerFunctions: { readonly [M in IntegerMnemonic]?: (a: number, b: number) => number } = {
  addi: (a, b) => (a + b) | 0,
  subi: (a, b) => (a - b) | 0,
  muli: Math.imul,
  andi: (a, b) => a & b,
  ori: (a, b) => a | b,
  xori: (a, b) => a ^ b,
  minsi: Math.min,
  maxsi: Math.max,
};

/** By mnemonic. */
export const floatFunctions = {
  addf: (a: number, b: number) => a + b,
  subf: (a: number, b: number) => a - b,
  mulf: (a: number, b: number) => a * b,
  divf: (a: number, b: number) => a / b,
  remf: (a: number, b: number) => a % b,
  // JavaScript's minimum and maximum give NaN for NaN and order the zeros, as these do.
  maximumf: (a: number, b: number) => Math.max(a, b),
  minimumf: (a: number, b: number) => Math.min(a, b),
  maxnumf: (a: number, b: number) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.max(a, b)),
  minnumf: (a: number, b: number) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.min(a, b)),
} as const;
export type FloatMnemonic = keyof typeof floatFunctions;

export const integerComparisons: {
  readonly [P in IntegerPredicate]: (a: bigint, b: bigint, width: number) => boolean;
} = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  slt: (a, b) => a < b,
  sle: (a, b) => a <= b,
  sgt: (a, b) => a > b,
  sge: (a, b) => a >= b,
  ult: (a, b, width) => unsigned(a, width) < unsigned(b, width),
  ule: (a, b, width) => unsigned(a, width) <= unsigned(b, width),
  ugt: (a, b, width) => unsigned(a, width) > unsigned(b, width),
  uge: (a, b, width) => unsigned(a, width) >= unsigned(b, width),
};

const isUnordered = (a: number, b: number) => Number.isNaN(a) || Number.isNaN(b);

export const floatComparisons: { readonly [P in FloatPredicate]: (a: number, b: number) => boolean } = {
  false: () => false,
  oeq: (a, b) => a === b,
  ogt: (a, b) => a > b,
  oge: (a, b) => a >= b,
  olt: (a, b) => a < b,
  ole: (a, b) => a <= b,
  one: (a, b) => a < b || a > b,
  ord: (a, b) => !isUnordered(a, b),
  ueq: (a, b) => isUnordered(a, b) || a === b,
  ugt: (a, b) => !(a <= b),
  uge: (a, b) => !(a < b),
  ult: (a, b) => !(a >= b),
  ule: (a, b) => !(a > b),
  une: (a, b) => a !== b,
  uno: isUnordered,
  true: () => true,
};

/** Rounds half away from zero. */
export function roundAway(x: number): number {
  if (!Number.isFinite(x)) return x;
  const whole = Math.trunc(x);
  const away = Math.abs(x - whole) >= 0.5 ? whole + Math.sign(x) : whole;
  return away === 0 ? (x < 0 || Object.is(x, -0) ? -0 : 0) : away;
}

function copySign(a: number, b: number): number {
  const isNegative = b < 0 || Object.is(b, -0);
  const size = Math.abs(a);
  return isNegative ? -size : size;
}

/** Functions of math whose result is exact or correctly rounded on numbers: safe to fold. */
export const exactUnaryFunctions = {
  absf: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  round: roundAway,
  roundeven: roundHalfToEven,
  trunc: Math.trunc,
  sqrt: Math.sqrt,
} as const satisfies { readonly [mnemonic: string]: (x: number) => number };

/** The other functions of math on one float, to the host's accuracy. */
export const approximateUnaryFunctions = {
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  cbrt: Math.cbrt,
  cos: Math.cos,
  cosh: Math.cosh,
  erf,
  exp: Math.exp,
  exp2: (x: number) => 2 ** x,
  expm1: Math.expm1,
  log: Math.log,
  log10: Math.log10,
  log1p: Math.log1p,
  log2: Math.log2,
  rsqrt: (x: number) => 1 / Math.sqrt(x),
  sin: Math.sin,
  sinh: Math.sinh,
  tan: Math.tan,
  tanh: Math.tanh,
} as const satisfies { readonly [mnemonic: string]: (x: number) => number };

export const mathUnaryFunctions = { ...exactUnaryFunctions, ...approximateUnaryFunctions } as const;
export type MathUnaryMnemonic = keyof typeof mathUnaryFunctions;

export const mathBinaryFunctions = {
  atan2: Math.atan2,
  copysign: copySign,
  powf: power,
} as const satisfies { readonly [mnemonic: string]: (a: number, b: number) => number };
export type MathBinaryMnemonic = keyof typeof mathBinaryFunctions;

/** By mnemonic, on signed operands; results are wrapped to the width by the caller. */
export const mathIntegerFunctions = {
  absi: (x: bigint) => (x < 0n ? -x : x),
  ctlz: (x: bigint, width: number) => BigInt(width - bitLength(unsigned(x, width))),
  cttz: (x: bigint, width: number) => BigInt(trailingZeros(unsigned(x, width), width)),
  ctpop: (x: bigint, width: number) => BigInt(unsigned(x, width).toString(2).replaceAll("0", "").length),
} as const satisfies { readonly [mnemonic: string]: (x: bigint, width: number) => bigint };
export type MathIntegerMnemonic = keyof typeof mathIntegerFunctions;

function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}

function trailingZeros(value: bigint, width: number): number {
  if (value === 0n) return width;
  const bits = value.toString(2);
  return bits.length - 1 - bits.lastIndexOf("1");
}
