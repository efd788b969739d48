/**
 * Powers and roots in f32, and the error function. x^y is e^(y·ln|x|) with the logarithm and the product in two floats each (about
 * 44 bits), because a relative error of the exponent is multiplied by the exponent; the sign and the many special cases of
 * IEEE 754 pow are put on afterwards.
 */
import type { Value } from "../../ir/operation.ts";
import { boundedExponential, scaledExponential } from "./exponential.ts";
import type { FloatArithmetic } from "./float-arithmetic.ts";

/** (atanh(r) - r) / r³ in r², |r| <= (√2-1)/(√2+1). */
const atanhTail = [0.333333313, 0.200004876, 0.142492428, 0.121431179];

/** ln(x) as an unevaluated sum, for positive finite x. */
function extendedLogarithm(m: FloatArithmetic, x: Value): { readonly high: Value; readonly low: Value } {
  const isDenormal = m.compare("olt", x, 2 ** -126);
  const bits = m.bits(m.select(isDenormal, m.mul(x, 2 ** 23), x));
  const field = m.shiftRightSigned(m.isub(bits, 0x3f3504f3), 23);
  const mantissa = m.fromBits(m.isub(bits, m.shiftLeft(field, 23)));
  const exponent = m.add(m.fromSigned(field), m.select(isDenormal, -23, 0));
  // q = (mantissa - 1) / (mantissa + 1) in two parts; ln(mantissa) = 2·atanh(q).
  const numerator = m.sub(mantissa, 1);
  const denominator = m.add(mantissa, 1);
  const denominatorLow = m.sub(numerator, m.sub(denominator, 2));
  const quotient = m.div(numerator, denominator);
  const product = m.mul(quotient, denominator);
  const productLow = m.productError(quotient, denominator, product);
  const left = m.sub(m.sub(numerator, product), m.fma(quotient, denominatorLow, productLow));
  const quotientLow = m.div(left, denominator);
  // q² and q³ in two parts.
  const square = m.mul(quotient, quotient);
  const squareLow = m.fma(quotient, m.add(quotientLow, quotientLow), m.productError(quotient, quotient, square));
  const cube = m.mul(square, quotient);
  const cubeError = m.productError(square, quotient, cube);
  const cubeLow = m.fma(square, quotientLow, m.fma(squareLow, quotient, cubeError));
  const tail = m.polynomial(square, atanhTail);
  const series = m.fma(tail, cube, m.fma(tail, cubeLow, quotientLow));
  const doubled = m.add(quotient, quotient);
  // The short high part of ln(2) makes its product with the exponent exact.
  const scaled = m.mul(exponent, 0.693359375);
  const sum = m.add(scaled, doubled);
  const lost = m.sub(doubled, m.sub(sum, scaled));
  const rest = m.fma(exponent, -2.1219444005469057e-4, m.fma(2, series, lost));
  const high = m.add(sum, rest);
  return { high, low: m.sub(rest, m.sub(high, sum)) };
}

/** |x|^y for |x| that is neither 0, 1, infinite nor NaN, and finite y. */
function magnitudeOfPower(m: FloatArithmetic, magnitude: Value, y: Value): Value {
  const logarithm = extendedLogarithm(m, magnitude);
  // A huge y is bounded, so that the error terms stay finite; the power is 0 or ∞ long before.
  const exponent = m.atMost(m.atLeast(y, -(2 ** 60)), 2 ** 60);
  const product = m.mul(logarithm.high, exponent);
  const error = m.productError(logarithm.high, exponent, product);
  const low = m.fma(logarithm.low, exponent, error);
  // Far outside the range the correction does not matter and could be large.
  const isInRange = m.compare("olt", m.abs(product), 128);
  return scaledExponential(m, product, 0, m.select(isInRange, low, 0));
}

/** Whether a finite or infinite number has no fraction, and whether it is odd. NaN is neither. */
function parity(m: FloatArithmetic, y: Value): { readonly isInteger: Value; readonly isOdd: Value } {
  const isInteger = m.compare("oeq", m.trunc(y), y);
  const half = m.mul(y, 0.5);
  return { isInteger, isOdd: m.both(isInteger, m.compare("une", m.trunc(half), half)) };
}

/** x^y with the special cases of IEEE 754's pow; `isOdd` says for which exponents a negative base gives a negative power. */
function power(m: FloatArithmetic, x: Value, y: Value, isInteger: Value | undefined, isOdd: Value): Value {
  const infinity = Number.POSITIVE_INFINITY;
  const magnitude = m.abs(x);
  const isNegativeExponent = m.compare("olt", y, 0);
  const isInfiniteBase = m.compare("oeq", magnitude, infinity);
  let result = magnitudeOfPower(m, magnitude, y);
  result = m.select(m.compare("oeq", magnitude, 0), m.select(isNegativeExponent, infinity, 0), result);
  result = m.select(isInfiniteBase, m.select(isNegativeExponent, 0, infinity), result);
  const shrinks = m.differs(m.compare("olt", magnitude, 1), isNegativeExponent);
  result = m.select(m.compare("oeq", m.abs(y), infinity), m.select(shrinks, 0, infinity), result);
  result = m.select(m.compare("oeq", magnitude, 1), 1, result);
  const isNegativeBase = m.compareIntegers("slt", m.bits(x), 0);
  result = m.select(m.both(isNegativeBase, isOdd), m.neg(result), result);
  if (isInteger !== undefined) {
    // A finite negative base to a fraction has no real value.
    const isFiniteNegative = m.both(m.compare("olt", x, 0), m.compare("olt", magnitude, infinity));
    result = m.select(isFiniteNegative, m.select(isInteger, result, Number.NaN), result);
  }
  result = m.select(m.compare("uno", x, y), Number.NaN, result);
  // These hold even where the other argument is NaN.
  return m.select(m.either(m.compare("oeq", x, 1), m.compare("oeq", y, 0)), 1, result);
}

export function expandPow(m: FloatArithmetic, x: Value, y: Value): Value {
  const { isInteger, isOdd } = parity(m, y);
  return power(m, x, y, isInteger, isOdd);
}

/** x to a constant power that a few multiplications give exactly enough; undefined for other exponents. */
export function expandConstantPow(m: FloatArithmetic, x: Value, y: number): Value | undefined {
  if (y === 0) return m.float(1);
  if (y === 1) return x;
  if (y === 2) return m.mul(x, x);
  if (y === -1) return m.div(1, x);
  if (y === 0.5) {
    // Adding zero turns -0 into 0; the root of -∞ is ∞ by definition of pow.
    const root = m.sqrt(m.add(x, 0));
    return m.select(m.compare("oeq", x, Number.NEGATIVE_INFINITY), Number.POSITIVE_INFINITY, root);
  }
  return undefined;
}

/** x to an i32 power. */
export function expandIntegerPow(m: FloatArithmetic, x: Value, n: Value): Value {
  const isOdd = m.compareIntegers("ne", m.and(n, 1), 0);
  return power(m, x, m.fromSigned(n), undefined, isOdd);
}

export function expandCbrt(m: FloatArithmetic, x: Value): Value {
  const magnitude = m.abs(x);
  const isTiny = m.compare("olt", magnitude, 2 ** -100);
  const a = m.select(isTiny, m.mul(magnitude, 2 ** 24), magnitude);
  // A third of the exponent (and, roughly, of the mantissa), then two cubic steps of Halley's.
  const third = m.toSigned(m.mul(m.fromSigned(m.bits(a)), 1 / 3));
  let root = m.fromBits(m.iadd(third, 0x2a5137a0));
  for (let step = 0; step < 2; step++) {
    const cube = m.mul(m.mul(root, root), root);
    // root·(cube + 2a) / (2·cube + a), as a correction so that its rounding hardly counts; quartered against overflow.
    const numerator = m.mul(m.sub(a, cube), 0.25);
    const denominator = m.fma(cube, 0.5, m.mul(a, 0.25));
    root = m.fma(root, m.div(numerator, denominator), root);
  }
  const scaled = m.select(isTiny, m.mul(root, 2 ** -8), root);
  const isOrdinary = m.both(m.compare("ogt", magnitude, 0), m.compare("olt", magnitude, Number.POSITIVE_INFINITY));
  return m.select(isOrdinary, m.copysign(scaled, x), x);
}

export function expandRsqrt(m: FloatArithmetic, x: Value): Value {
  return m.div(1, m.sqrt(x));
}

/** Rounds to the nearest integer, halves away from zero. */
export function expandRound(m: FloatArithmetic, x: Value): Value {
  const whole = m.trunc(x);
  const isUp = m.compare("oge", m.abs(m.sub(x, whole)), 0.5);
  return m.copysign(m.add(whole, m.select(isUp, m.copysign(1, x), 0)), x);
}

/** erf(r) / r - 1 in r², |r| <= 0.928. */
const errorFunctionTail = [1.28379166e-1, -3.76125336e-1, 1.12819925e-1, -2.67681349e-2, 4.99119423e-3, -5.96761703e-4];

/** erf for small arguments is a polynomial, for others 1 - e^-g(|x|) with a polynomial g. */
export function expandErf(m: FloatArithmetic, x: Value): Value {
  const magnitude = m.abs(x);
  const square = m.mul(x, x);
  const small = m.fma(m.polynomial(square, errorFunctionTail), x, x);
  // From 4 on the result is 1.
  const t = m.atMost(magnitude, 4);
  const high = m.fma(-1.7285347e-5, t, 3.83197126e-4);
  const low = m.fma(-3.88396438e-3, t, 2.42546219e-2);
  const exponent = [-1.06777877e-1, -6.34846687e-1, -1.28717512e-1].reduce<Value>(
    (sum, coefficient) => m.fma(sum, t, coefficient),
    m.fma(high, m.mul(t, t), low),
  );
  const large = m.copysign(m.sub(1, boundedExponential(m, m.fma(exponent, t, m.neg(t)))), x);
  return m.select(m.compare("ogt", magnitude, 0.927734375), large, small);
}
