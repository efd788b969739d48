/**
 * Sine, cosine and tangent in f32. x = q·π/2 + r with |r| <= π/4: for ordinary arguments by subtracting q times the parts of
 * π/2 one after the other, for huge ones (behind a branch that is hardly ever taken) by multiplying with the right 96 bits of
 * 2/π in integers, after Payne and Hanek.
 */
import { ifThenElse } from "../../dialects/scf/build.ts";
import { isVectorValue } from "../../dialects/vector/build.ts";
import { shapeCast, reduction as vectorReduction } from "../../dialects/vector/ops.ts";
import type { Value } from "../../ir/operation.ts";
import { i1, VectorType } from "../../ir/types.ts";
import type { FloatArithmetic } from "./float-arithmetic.ts";
import { quarterTurn } from "./inverse-trigonometric.ts";

/** (sin(r) - r) / r³ in r². */
const sineTail = [-0.166666672, 0.0083333794, -0.000198530659, 2.83253962e-6];
/** (cos(r) - 1 + r²/2) / r⁴ in r². */
const cosineTail = [0.0416666456, -0.00138873083, 2.44321036e-5];
/** (tan(r) - r) / r³ in r². */
const tangentTail = [0.333333492, 0.133326694, 0.0540599711, 0.0212794207, 0.0108475927, 7.01195022e-5, 0.00438763713];

/** 2/π from its first bit behind the point, with a word of zeros in front for the smallest exponents. */
const twoOverPi = [0, 0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab];

interface Reduced {
  /** |r| <= π/4. */
  readonly r: Value;
  /** The quadrant in its low two bits. */
  readonly quadrant: Value;
}

/** π/2 in parts whose products with q are exact, or exact enough, and up to where. */
function partsOf(m: FloatArithmetic): { readonly parts: readonly number[]; readonly limit: number } {
  // With fma the first product is exact whatever its length; without, the parts have 8 and 11 bits and q at most 13.
  return m.fused
    ? { parts: [-1.570796012878418, -3.1391647326017846e-7, -5.390302529957765e-15], limit: 65536 }
    : { parts: [-1.5703125, -0.0004837512969970703, -7.5495336204767227e-8, -2.563344151594519e-12], limit: 8192 };
}

function reduceOrdinary(m: FloatArithmetic, x: Value, parts: readonly number[]): Reduced {
  const { float, bits } = m.roundProduct(x, 2 / Math.PI);
  return { r: parts.reduce<Value>((rest, part) => m.fma(float, part, rest), x), quadrant: bits };
}

/** The upper and lower half of the 64-bit product of `a` < 2^24 and any 32-bit `b`, by 16-bit pieces. */
function wideProduct(m: FloatArithmetic, a: Value, b: Value): { readonly high: Value; readonly low: Value } {
  const [aHigh, aLow] = [m.shiftRight(a, 16), m.and(a, 0xffff)];
  const [bHigh, bLow] = [m.shiftRight(b, 16), m.and(b, 0xffff)];
  const middle = m.imul(aLow, bHigh);
  const other = m.imul(aHigh, bLow);
  const carrying = m.iadd(m.shiftRight(m.imul(aLow, bLow), 16), m.iadd(m.and(middle, 0xffff), m.and(other, 0xffff)));
  const upper = m.iadd(m.imul(aHigh, bHigh), m.iadd(m.shiftRight(middle, 16), m.shiftRight(other, 16)));
  return { high: m.iadd(upper, m.shiftRight(carrying, 16)), low: m.imul(a, b) };
}

/** The reduction for |x| >= 2^13, finite; elsewhere its result is meaningless but defined. */
function reduceHuge(m: FloatArithmetic, x: Value): Reduced {
  const bits = m.bits(x);
  const exponent = m.and(m.shiftRight(bits, 23), 0xff);
  const mantissa = m.or(m.and(bits, 0x7fffff), 0x800000);
  // |x| = mantissa·2^(exponent - 150). Bits of 2/π that contribute whole turns are skipped; 32 for the word in front.
  const offset = m.isub(exponent, 150 + 2 - 32);
  const word = m.shiftRight(offset, 5);
  const shift = m.and(offset, 31);
  const wordAt = (distance: number): Value => {
    let picked = m.integer(twoOverPi[distance]! | 0);
    for (let position = 1; position <= 4; position++) {
      const here = m.compareIntegers("eq", word, position);
      picked = m.selectIntegers(here, twoOverPi[position + distance]! | 0, picked);
    }
    return picked;
  };
  const words = [0, 1, 2, 3].map(wordAt);
  const window = [0, 1, 2].map((position) => {
    // Two shifts, because one by 32 is undefined.
    const below = m.shiftRight(m.shiftRight(words[position + 1]!, 1), m.isub(31, shift));
    return m.or(m.shiftLeft(words[position]!, shift), below);
  });
  const lowest = wideProduct(m, mantissa, window[2]!);
  const middle = wideProduct(m, mantissa, window[1]!);
  const second = m.iadd(middle.low, lowest.high);
  const carry = m.selectIntegers(m.compareIntegers("ult", second, lowest.high), 1, 0);
  const first = m.iadd(m.iadd(m.imul(mantissa, window[0]!), middle.high), carry);
  // first:second is |x|·2/π mod 4 with two bits before the point. Round it to the nearest integer.
  const fractionHigh = m.or(m.shiftLeft(first, 2), m.shiftRight(second, 30));
  const fractionLow = m.shiftLeft(second, 2);
  const quadrant = m.iadd(m.shiftRight(first, 30), m.shiftRight(fractionHigh, 31));
  // The rest, in [-½, ½) of 2^64, as sign and magnitude, then as a float in three exact pieces.
  const sign = m.shiftRightSigned(fractionHigh, 31);
  const isZeroLow = m.compareIntegers("eq", fractionLow, 0);
  const low = m.isub(m.xor(fractionLow, sign), sign);
  const high = m.iadd(m.xor(fractionHigh, sign), m.selectIntegers(isZeroLow, m.shiftRight(sign, 31), 0));
  const top = m.mul(m.fromSigned(m.and(high, 0xffffff00 | 0)), 2 ** -32);
  const middleBits = m.or(m.shiftLeft(m.and(high, 0xff), 16), m.shiftRight(low, 16));
  const next = m.mul(m.fromSigned(middleBits), 2 ** -48);
  const last = m.mul(m.fromSigned(m.and(low, 0xffff)), 2 ** -64);
  const fraction = m.add(top, next);
  const fractionRest = m.add(m.sub(next, m.sub(fraction, top)), last);
  // Times π/2, both factors in two parts, so that |r| is rounded once.
  const product = m.mul(fraction, quarterTurn.high);
  const productRest = m.add(
    m.productError(fraction, m.float(quarterTurn.high), product),
    m.fma(fraction, quarterTurn.low, m.mul(fractionRest, quarterTurn.high)),
  );
  const magnitude = m.add(product, productRest);
  const negative = m.differs(m.compareIntegers("ne", sign, 0), m.compareIntegers("slt", bits, 0));
  const r = m.select(negative, m.neg(magnitude), magnitude);
  const isNegative = m.compareIntegers("slt", bits, 0);
  const finite = m.compare("olt", m.abs(x), Number.POSITIVE_INFINITY);
  return {
    r: m.select(finite, r, Number.NaN),
    quadrant: m.selectIntegers(isNegative, m.isub(0, quadrant), quadrant),
  };
}

/** Whether any lane of a truth value holds. */
function anyLane(m: FloatArithmetic, condition: Value): Value {
  if (!isVectorValue(condition)) return condition;
  const { type } = condition;
  const result = VectorType.get([type.count], i1);
  const flat = type.rank === 1 ? condition : m.builder.build(shapeCast, { source: condition, result }).result;
  return m.builder.build(vectorReduction, { kind: "or", vector: flat, dest: i1 }).dest;
}

function reduce(m: FloatArithmetic, x: Value): Reduced {
  const { parts, limit } = partsOf(m);
  const ordinary = reduceOrdinary(m, x, parts);
  const isHuge = m.compare("oge", m.abs(x), limit);
  const { outputs } = ifThenElse(
    m.builder,
    anyLane(m, isHuge),
    () => {
      const huge = reduceHuge(m, x);
      return [m.select(isHuge, huge.r, ordinary.r), m.selectIntegers(isHuge, huge.quadrant, ordinary.quadrant)];
    },
    () => [ordinary.r, ordinary.quadrant],
  );
  return { r: outputs[0]!, quadrant: outputs[1]! };
}

function sineOrCosine(m: FloatArithmetic, { r, quadrant }: Reduced): Value {
  const square = m.mul(r, r);
  // Adding zero keeps the sign of a zero argument through the polynomial.
  const cube = m.fma(square, r, 0);
  const sine = m.fma(m.polynomial(square, sineTail), cube, r);
  const cosine = m.fma(m.mul(square, square), m.polynomial(square, cosineTail), m.fma(square, -0.5, 1));
  const isOdd = m.compareIntegers("ne", m.and(quadrant, 1), 0);
  const chosen = m.select(isOdd, cosine, sine);
  return m.fromBits(m.xor(m.bits(chosen), m.shiftLeft(m.and(quadrant, 2), 30)));
}

export function expandSin(m: FloatArithmetic, x: Value): Value {
  return sineOrCosine(m, reduce(m, x));
}

export function expandCos(m: FloatArithmetic, x: Value): Value {
  const { r, quadrant } = reduce(m, x);
  return sineOrCosine(m, { r, quadrant: m.iadd(quadrant, 1) });
}

export function expandTan(m: FloatArithmetic, x: Value): Value {
  const { r, quadrant } = reduce(m, x);
  const square = m.mul(r, r);
  const tangent = m.fma(m.mul(square, r), m.polynomial(square, tangentTail), r);
  const isOdd = m.compareIntegers("ne", m.and(quadrant, 1), 0);
  return m.select(isOdd, m.div(-1, tangent), tangent);
}
