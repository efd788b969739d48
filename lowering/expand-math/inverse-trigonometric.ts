/** Arc tangent (of one and two arguments), arc sine and arc cosine in f32. */
import type { Value } from "../../ir/operation.ts";
import type { FloatArithmetic } from "./float-arithmetic.ts";

/** (atan(r) - r) / r³ in r², |r| <= 1. */
const arctangentTail = [
  -0.333332986, 0.199985296, -0.142640159, 0.109508805, -0.0839930624, 0.0578813776, -0.031096939, 0.0108686239,
  -0.0017827946,
];
/** (asin(r) - r) / r³ in r², |r| <= 0.5625. */
const arcsineTail = [0.166666314, 0.0750209913, 0.044231832, 0.0340138189, 0.00673185475, 0.0474972762];

/** Angles as the nearest f32 and what it leaves out. */
const halfTurn = { high: 3.1415927410125732, low: -8.74227800037e-8 };
export const quarterTurn = { high: 1.5707963705062866, low: -4.37113900019e-8 };

/** `angle - x`, the angle taken in full. */
function from(m: FloatArithmetic, angle: { readonly high: number; readonly low: number }, x: Value): Value {
  return m.sub(angle.high, m.sub(x, angle.low));
}

/** atan(z) for 0 <= z <= 1. */
function reducedArctangent(m: FloatArithmetic, z: Value): Value {
  const square = m.mul(z, z);
  return m.fma(m.mul(z, square), m.polynomial(square, arctangentTail), z);
}

export function expandAtan(m: FloatArithmetic, x: Value): Value {
  const magnitude = m.abs(x);
  const isLarge = m.compare("ogt", magnitude, 1);
  const angle = reducedArctangent(m, m.select(isLarge, m.div(1, magnitude), magnitude));
  return m.copysign(m.select(isLarge, from(m, quarterTurn, angle), angle), x);
}

export function expandAtan2(m: FloatArithmetic, y: Value, x: Value): Value {
  const [ordinate, abscissa] = [m.abs(y), m.abs(x)];
  const isSteep = m.compare("ogt", ordinate, abscissa);
  const [smaller, larger] = [m.select(isSteep, abscissa, ordinate), m.select(isSteep, ordinate, abscissa)];
  // Equal magnitudes, infinite ones too, are one eighth of a turn; both zero is none.
  const equal = m.select(m.compare("oeq", larger, 0), 0, 1);
  const ratio = m.select(m.compare("oeq", smaller, larger), equal, m.div(smaller, larger));
  const flat = reducedArctangent(m, ratio);
  const right = m.select(isSteep, from(m, quarterTurn, flat), flat);
  const isLeft = m.compareIntegers("slt", m.bits(x), 0);
  const angle = m.copysign(m.select(isLeft, from(m, halfTurn, right), right), y);
  return m.select(m.compare("uno", x, y), Number.NaN, angle);
}

/** asin of a magnitude up to 0.5625, or of √((1-|x|)/2) beyond, whose double is the angle from the end. */
function reducedArcsine(m: FloatArithmetic, magnitude: Value): { readonly angle: Value; readonly isLarge: Value } {
  const isLarge = m.compare("ogt", magnitude, 0.5625);
  const rest = m.mul(m.sub(1, magnitude), 0.5);
  const square = m.select(isLarge, rest, m.mul(magnitude, magnitude));
  const z = m.select(isLarge, m.sqrt(rest), magnitude);
  return { angle: m.fma(m.mul(z, square), m.polynomial(square, arcsineTail), z), isLarge };
}

export function expandAsin(m: FloatArithmetic, x: Value): Value {
  const { angle, isLarge } = reducedArcsine(m, m.abs(x));
  return m.copysign(m.select(isLarge, from(m, quarterTurn, m.add(angle, angle)), angle), x);
}

export function expandAcos(m: FloatArithmetic, x: Value): Value {
  const { angle, isLarge } = reducedArcsine(m, m.abs(x));
  const doubled = m.add(angle, angle);
  const isNegative = m.compare("olt", x, 0);
  const near = m.select(isNegative, from(m, halfTurn, doubled), doubled);
  const middle = from(m, quarterTurn, m.copysign(angle, x));
  return m.select(isLarge, near, middle);
}
