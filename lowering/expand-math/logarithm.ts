/**
 * Logarithms in f32, and the inverse hyperbolic functions made of them. x = 2^e·(1 + f) with 1 + f in [√½, √2); ln(1 + f) is
 * f - f²/2 + f³·P(f), and e·ln(2) is added in two parts.
 */
import type { Value } from "../../ir/operation.ts";
import type { FloatArithmetic } from "./float-arithmetic.ts";

/** (ln(1+f) - f + f²/2) / f³, relative error of the logarithm below 2^-30. */
const logarithmTail = [
  0.333333135, -0.250000089, 0.200020716, -0.166679889, 0.142203584, -0.124062337, 0.118835486, -0.116700977,
  0.0674926788,
];
/** (asinh(r) - r) / r³ in r², |r| <= 1/2. */
const asinhTail = [-0.166666657, 0.0749990717, -0.0446160957, 0.0300335698, -0.020049585, 0.0092566302];
/** (atanh(r) - r) / r³ in r², |r| <= 1/2. */
const atanhTail = [0.333333015, 0.200024545, 0.142237455, 0.118167616, 0.0515896492, 0.176399201];

const smallestNormal = 2 ** -126;
/** The bits of √½: subtracting them makes the exponent field that of the nearest power of two. */
const sqrtHalfBits = 0x3f3504f3;

/** x = 2^exponent · (1 + fraction), for positive finite x. */
function split(m: FloatArithmetic, x: Value): { readonly exponent: Value; readonly fraction: Value } {
  const isDenormal = m.compare("olt", x, smallestNormal);
  const bits = m.bits(m.select(isDenormal, m.mul(x, 2 ** 23), x));
  const field = m.shiftRightSigned(m.isub(bits, sqrtHalfBits), 23);
  const mantissa = m.fromBits(m.isub(bits, m.shiftLeft(field, 23)));
  const exponent = m.add(m.fromSigned(field), m.select(isDenormal, -23, 0));
  return { exponent, fraction: m.sub(mantissa, 1) };
}

/** ln(1 + f) - f. */
function tailOf(m: FloatArithmetic, f: Value): Value {
  const square = m.mul(f, f);
  return m.fma(square, -0.5, m.mul(m.mul(square, f), m.polynomial(f, logarithmTail)));
}

/** `value` for positive finite x, and what every logarithm gives elsewhere: -∞ at zero, NaN below, ∞ at ∞. */
function withLimits(m: FloatArithmetic, x: Value, value: Value): Value {
  const positive = m.select(m.compare("olt", x, Number.POSITIVE_INFINITY), value, x);
  const rest = m.select(m.compare("oeq", x, 0), Number.NEGATIVE_INFINITY, Number.NaN);
  return m.select(m.compare("ogt", x, 0), positive, rest);
}

/** ln(x) for positive finite x. */
function positiveLogarithm(m: FloatArithmetic, x: Value): Value {
  const { exponent, fraction } = split(m, x);
  const low = m.fma(exponent, -2.1219444005469057e-4, tailOf(m, fraction));
  return m.fma(exponent, 0.693359375, m.add(low, fraction));
}

export function expandLog(m: FloatArithmetic, x: Value): Value {
  return withLimits(m, x, positiveLogarithm(m, x));
}

/** The logarithm to another base: f and the tail times 1/ln(base), the factor in two parts. */
function scaledLogarithm(m: FloatArithmetic, f: Value, high: number, low: number): Value {
  return m.fma(f, high, m.fma(f, low, m.mul(tailOf(m, f), high)));
}

export function expandLog2(m: FloatArithmetic, x: Value): Value {
  const { exponent, fraction } = split(m, x);
  return withLimits(m, x, m.add(scaledLogarithm(m, fraction, 1.4426950216293335, 1.92596299113e-8), exponent));
}

export function expandLog10(m: FloatArithmetic, x: Value): Value {
  const { exponent, fraction } = split(m, x);
  const scaled = scaledLogarithm(m, fraction, 0.4342944920063019, -1.01030500522e-8);
  const rest = m.fma(exponent, 4.6050389812e-6, scaled);
  return withLimits(m, x, m.fma(exponent, 0.301025390625, rest));
}

export function expandLog1p(m: FloatArithmetic, x: Value): Value {
  const sum = m.add(x, 1);
  // What rounding took from the sum, exactly.
  const back = m.sub(sum, 1);
  const lost = m.add(m.sub(1, m.sub(sum, back)), m.sub(x, back));
  const isOrdinary = m.both(m.compare("ogt", sum, 0), m.compare("olt", sum, Number.POSITIVE_INFINITY));
  const corrected = m.add(positiveLogarithm(m, sum), m.div(lost, sum));
  const result = m.select(isOrdinary, corrected, withLimits(m, sum, sum));
  return m.select(m.compare("olt", m.abs(x), 2 ** -25), x, result);
}

export function expandAsinh(m: FloatArithmetic, x: Value): Value {
  const magnitude = m.abs(x);
  const square = m.mul(x, x);
  const small = m.fma(m.mul(magnitude, square), m.polynomial(square, asinhTail), magnitude);
  const middle = expandLog1p(m, m.add(magnitude, m.div(square, m.add(m.sqrt(m.add(square, 1)), 1))));
  const large = m.add(expandLog(m, magnitude), Math.LN2);
  const bigger = m.select(m.compare("ogt", magnitude, 2 ** 14), large, middle);
  return m.copysign(m.select(m.compare("olt", magnitude, 0.5), small, bigger), x);
}

export function expandAcosh(m: FloatArithmetic, x: Value): Value {
  const t = m.sub(x, 1);
  const near = expandLog1p(m, m.add(t, m.sqrt(m.fma(t, t, m.add(t, t)))));
  const far = m.add(expandLog(m, x), Math.LN2);
  const result = m.select(m.compare("ogt", x, 2 ** 14), far, near);
  return m.select(m.compare("olt", x, 1), Number.NaN, result);
}

export function expandAtanh(m: FloatArithmetic, x: Value): Value {
  const magnitude = m.abs(x);
  const square = m.mul(x, x);
  const small = m.fma(m.mul(magnitude, square), m.polynomial(square, atanhTail), magnitude);
  const large = m.mul(expandLog1p(m, m.div(m.add(magnitude, magnitude), m.sub(1, magnitude))), 0.5);
  return m.copysign(m.select(m.compare("olt", magnitude, 0.5), small, large), x);
}
