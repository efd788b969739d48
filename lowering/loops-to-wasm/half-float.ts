/**
 * 16-bit floats without instructions for them: rows of f16 or bf16 patterns to f32 and back, by integer arithmetic on four lanes
 * at a time. Rounding is to nearest, ties to even; denormals, infinities and NaNs are right (a NaN becomes a quiet one).
 * Scalars go through one lane of a vector.
 */
import type { Expression } from "./binaryen.ts";
import type { Element } from "./element.ts";
import type { FunctionEmitter } from "./function-emitter.ts";
import { widenRow } from "./lanes.ts";
import type { Part } from "./part.ts";

function allLanes(emitter: FunctionEmitter, pattern: number): Expression {
  const bytes = new Uint8Array(Int32Array.of(pattern, pattern, pattern, pattern).buffer);
  return emitter.take(emitter.vectorConstant(bytes));
}

/** f16 patterns in 32-bit lanes (upper halves zero) as f32. */
function f16ToF32(emitter: FunctionEmitter, patterns: Expression): Expression {
  const { m } = emitter;
  const { i32x4, f32x4, v128 } = m;
  const half = emitter.share(emitter.part("v128", patterns));
  const magnitude = emitter.share(emitter.part("v128", v128.and(emitter.take(half), allLanes(emitter, 0x7fff))));
  // The f16 exponent in the place of the f32 one is 112 too small; multiplying scales denormals as well.
  const scaled = f32x4.mul(i32x4.shl(emitter.take(magnitude), m.i32.const(13)), allLanes(emitter, 0x77800000));
  const isSpecial = i32x4.gt_s(emitter.take(magnitude), allLanes(emitter, 0x7bff));
  const special = v128.and(isSpecial, allLanes(emitter, 0x7f800000));
  const sign = i32x4.shl(v128.andnot(emitter.take(half), allLanes(emitter, 0x7fff)), m.i32.const(16));
  return v128.or(v128.or(scaled, special), sign);
}

/** f32 as f16 patterns, sign-extended in 32-bit lanes. */
function f32ToF16(emitter: FunctionEmitter, values: Expression): Expression {
  const { m } = emitter;
  const { i32x4, f32x4, v128 } = m;
  const shared = (expression: Expression) => emitter.share(emitter.part("v128", expression));
  const value = shared(values);
  const sign = shared(v128.and(emitter.take(value), allLanes(emitter, 0x80000000 | 0)));
  const magnitude = shared(v128.xor(emitter.take(value), emitter.take(sign)));
  // Denormal results: adding 1/2 shifts the fraction to its place, and the addition rounds.
  const denormalMagic = 126 << 23;
  const denormal = i32x4.sub(
    f32x4.add(emitter.take(magnitude), allLanes(emitter, denormalMagic)),
    allLanes(emitter, denormalMagic),
  );
  // Normal results: half of the last place, and one more where the last kept bit is odd; a carry moves the exponent on.
  const isOdd = i32x4.shr_s(i32x4.shl(emitter.take(magnitude), m.i32.const(18)), m.i32.const(31));
  const biased = i32x4.add(emitter.take(magnitude), allLanes(emitter, (0xfff - (112 << 23)) | 0));
  const normal = i32x4.shr_u(i32x4.sub(biased, isOdd), m.i32.const(13));
  const isDenormal = i32x4.gt_s(allLanes(emitter, 113 << 23), emitter.take(magnitude));
  const finite = v128.bitselect(denormal, normal, isDenormal);
  const isNotNumber = f32x4.ne(emitter.take(magnitude), emitter.take(magnitude));
  const special = v128.or(v128.and(isNotNumber, allLanes(emitter, 0x200)), allLanes(emitter, 0x7c00));
  const fitsF16 = i32x4.gt_s(allLanes(emitter, 143 << 23), emitter.take(magnitude));
  const pattern = v128.bitselect(finite, special, fitsF16);
  return v128.or(pattern, i32x4.shr_s(emitter.take(sign), m.i32.const(16)));
}

/** f32 as bf16 patterns, sign-extended in 32-bit lanes. */
function f32ToBf16(emitter: FunctionEmitter, values: Expression): Expression {
  const { m } = emitter;
  const { i32x4, f32x4, v128 } = m;
  const value = emitter.share(emitter.part("v128", values));
  const isOdd = v128.and(i32x4.shr_u(emitter.take(value), m.i32.const(16)), allLanes(emitter, 1));
  const rounded = i32x4.add(i32x4.add(emitter.take(value), allLanes(emitter, 0x7fff)), isOdd);
  const quiet = v128.or(emitter.take(value), allLanes(emitter, 0x400000));
  const isNotNumber = f32x4.ne(emitter.take(value), emitter.take(value));
  return i32x4.shr_s(v128.bitselect(quiet, rounded, isNotNumber), m.i32.const(16));
}

/** A row of 16-bit floats as f32 chunks. Takes the parts. */
export function halfRowToF32(emitter: FunctionEmitter, row: readonly Part[], lanes: number, { kind }: Element): Part[] {
  const wide = widenRow(emitter, row, lanes, 2, 4, false);
  return wide.map((part) => {
    const patterns = emitter.take(part);
    const value =
      kind === "half" ? f16ToF32(emitter, patterns) : emitter.m.i32x4.shl(patterns, emitter.m.i32.const(16));
    return emitter.part("v128", value);
  });
}

/** A row of f32 chunks as 16-bit floats. Takes the parts. */
export function f32RowToHalf(emitter: FunctionEmitter, row: readonly Part[], { kind }: Element): Part[] {
  const convert = kind === "half" ? f32ToF16 : f32ToBf16;
  const wide = row.map((part) => emitter.share(emitter.part("v128", convert(emitter, emitter.take(part)))));
  return Array.from({ length: Math.ceil(wide.length / 2) }, (_, chunk) => {
    const low = wide[2 * chunk]!;
    const high = wide[2 * chunk + 1] ?? low;
    // Patterns are sign-extended, so that saturating leaves them alone.
    return emitter.part("v128", emitter.m.i16x8.narrow_i32x4_s(emitter.take(low), emitter.take(high)));
  });
}

/** A 16-bit float (as its pattern in an i32) as f32. */
export function halfToF32(emitter: FunctionEmitter, pattern: Expression, { kind }: Element): Expression {
  const { m } = emitter;
  if (kind === "bfloat") return m.f32.reinterpret(m.i32.shl(pattern, m.i32.const(16)));
  const low = m.i32.and(pattern, m.i32.const(0xffff));
  return m.f32x4.extract_lane(f16ToF32(emitter, m.i32x4.splat(low)), 0);
}

/** An f32 as the pattern of a 16-bit float, sign-extended. */
export function f32ToHalf(emitter: FunctionEmitter, value: Expression, { kind }: Element): Expression {
  const { m } = emitter;
  const convert = kind === "half" ? f32ToF16 : f32ToBf16;
  return m.i32x4.extract_lane(convert(emitter, m.f32x4.splat(value)), 0);
}

/**
 * An f64 as an f32 that rounds to any narrower float as the f64 would: towards zero, with the last bit set where anything was
 * cut off (rounding to odd).
 */
export function f64ToOddF32(emitter: FunctionEmitter, value: Expression): Expression {
  const { m } = emitter;
  const wide = emitter.share(emitter.part("f64", value));
  const narrow = emitter.share(emitter.part("f32", m.f32.demote(emitter.take(wide))));
  const back = () => m.f64.promote(emitter.take(narrow));
  const bits = m.i32.reinterpret(emitter.take(narrow));
  const isTooLarge = m.f64.gt(m.f64.abs(back()), m.f64.abs(emitter.take(wide)));
  const odd = m.i32.or(m.i32.sub(bits, isTooLarge), m.i32.const(1));
  const isInexact = m.i32.and(m.f64.ne(back(), emitter.take(wide)), m.f64.eq(emitter.take(wide), emitter.take(wide)));
  return m.select(isInexact, m.f32.reinterpret(odd), emitter.take(narrow));
}
