/**
 * Exponential functions in f32: e^x, 2^x, e^x - 1, and the hyperbolic functions made of them. The argument is reduced to
 * |r| <= ln(2)/2 by x = n·ln(2) + r; e^r is a minimax polynomial, and 2^n goes into the exponent in two steps, so that
 * denormal results round once and overflow ends in infinity.
 */
import type { Value } from "../../ir/operation.ts";
import { type FloatArithmetic, magicBits } from "./float-arithmetic.ts";

const log2e = Math.LOG2E;
/** (e^r - 1 - r) / r², |r| <= ln(2)/2, relative error of e^r below 2^-28. */
const exponentialTail = [0.49999994, 0.166665211, 0.0416682735, 0.00836868584, 0.00138201367];
/** (2^r - 1) / r, |r| <= 1/2, relative error of 2^r below 2^-32. */
const powerTail = [0.693147182, 0.240226507, 0.0555040501, 0.00961808674, 0.001333797, 0.00015452104, 1.43212283e-5];
/** (e^r - 1 - r) / r², relative error of e^r - 1 below 2^-26. */
const exponentialMinusOneTail = [0.49999997, 0.166665465, 0.0416674353, 0.00836627185, 0.00138706958];
/** (tanh(r) - r) / r³ in r², |r| <= 0.625. */
const tanhTail = [-0.333332807, 0.133314058, -0.0537365153, 0.0206281673, -0.0056922962];
/** (sinh(r) - r) / r³ in r², |r| <= 1. */
const sinhTail = [0.166666672, 0.00833331048, 0.000198428956, 2.78221319e-6];

/** x = n·ln(2) + r. The high part of ln(2) is short enough that n times it is exact where fma rounds twice. */
function reduce(m: FloatArithmetic, x: Value): { readonly r: Value; readonly n: Value } {
  const { float, bits } = m.roundProduct(x, log2e);
  const [high, low] = m.fused ? [-0.6931471824645996, 1.904654299957768e-9] : [-0.693359375, 2.1219444005469057e-4];
  const r = m.fma(float, low, m.fma(float, high, x));
  return { r, n: m.isub(bits, magicBits) };
}

/** e^r for a reduced argument. */
function reducedExponential(m: FloatArithmetic, r: Value): Value {
  return m.add(m.fma(m.mul(r, r), m.polynomial(r, exponentialTail), r), 1);
}

/** p · 2^n for any n in [-252, 254]. */
function scale(m: FloatArithmetic, p: Value, n: Value): Value {
  const first = m.shiftRightSigned(n, 1);
  return m.mul(m.mul(p, m.powerOfTwo(first)), m.powerOfTwo(m.isub(n, first)));
}

/** e^(x + low) · 2^offset, where `low` is a small correction of x. */
export function scaledExponential(m: FloatArithmetic, x: Value, offset = 0, low?: Value): Value {
  // Beyond these e^x is zero and infinity; within them the exponent arithmetic cannot overflow.
  const bounded = m.atMost(m.atLeast(x, -105), 90);
  const { r, n } = reduce(m, bounded);
  const p = reducedExponential(m, low === undefined ? r : m.add(r, low));
  return scale(m, p, offset === 0 ? n : m.iadd(n, offset));
}

/** e^x for |x| <= 87, where one exponent step does. */
export function boundedExponential(m: FloatArithmetic, x: Value): Value {
  const { r, n } = reduce(m, x);
  return m.mul(reducedExponential(m, r), m.powerOfTwo(n));
}

export function expandExp(m: FloatArithmetic, x: Value): Value {
  return scaledExponential(m, x);
}

export function expandExp2(m: FloatArithmetic, x: Value): Value {
  const bounded = m.atMost(m.atLeast(x, -151), 129);
  const { float, bits } = m.roundProduct(bounded, 1);
  const r = m.sub(bounded, float);
  return scale(m, m.fma(r, m.polynomial(r, powerTail), 1), m.isub(bits, magicBits));
}

export function expandExpm1(m: FloatArithmetic, x: Value): Value {
  const bounded = m.atMost(m.atLeast(x, -18), 89);
  const { r, n } = reduce(m, bounded);
  const tail = m.fma(m.mul(r, r), m.polynomial(r, exponentialMinusOneTail), r);
  // 2^n·tail + (2^n - 1), computed at half the size: 2^n itself overflows where the result still fits.
  const half = m.powerOfTwo(m.isub(n, 1));
  const halved = m.fma(half, tail, m.sub(half, 0.5));
  // Keeps the sign of zero and denormal arguments.
  return m.select(m.compare("olt", m.abs(x), 2 ** -25), x, m.add(halved, halved));
}

export function expandTanh(m: FloatArithmetic, x: Value): Value {
  const magnitude = m.abs(x);
  const square = m.mul(x, x);
  const small = m.fma(m.mul(magnitude, square), m.polynomial(square, tanhTail), magnitude);
  // 1 - 2 / (e^2|x| + 1); from 10 on that is 1.
  const doubled = m.atMost(m.add(magnitude, magnitude), 20);
  const large = m.sub(1, m.div(2, m.add(boundedExponential(m, doubled), 1)));
  return m.copysign(m.select(m.compare("olt", magnitude, 0.625), small, large), x);
}

export function expandSinh(m: FloatArithmetic, x: Value): Value {
  const magnitude = m.abs(x);
  const square = m.mul(x, x);
  const small = m.fma(m.mul(magnitude, square), m.polynomial(square, sinhTail), magnitude);
  const half = scaledExponential(m, magnitude, -1);
  const large = m.sub(half, m.div(0.25, half));
  return m.copysign(m.select(m.compare("olt", magnitude, 1), small, large), x);
}

export function expandCosh(m: FloatArithmetic, x: Value): Value {
  const half = scaledExponential(m, m.abs(x), -1);
  return m.add(half, m.div(0.25, half));
}
