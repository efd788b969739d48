/**
 * Floats of every width as JavaScript numbers: rounding, bit patterns, and the text of MLIR's literals. One table of formats
 * is the source of all three.
 */
import type { FloatKind, FloatType } from "./types.ts";

interface FloatFormat {
  readonly exponentBits: number;
  /** Stored bits, without the implied one. */
  readonly mantissaBits: number;
  readonly bias: number;
  /**
   * What the highest codes mean. `ieee`: infinities and NaNs; `finite`: all ones is the only NaN; `unsigned-zero`: finite,
   * and the pattern of -0 is the only NaN.
   */
  readonly special: "ieee" | "finite" | "unsigned-zero";
}

function format(
  exponentBits: number,
  mantissaBits: number,
  bias: number,
  special: FloatFormat["special"],
): FloatFormat {
  return { exponentBits, mantissaBits, bias, special };
}

/** f80 and f128 are wider than a number: their finite bit patterns are not offered. */
const formats: Record<Exclude<FloatKind, "f80" | "f128">, FloatFormat> = {
  f16: format(5, 10, 15, "ieee"),
  bf16: format(8, 7, 127, "ieee"),
  f32: format(8, 23, 127, "ieee"),
  tf32: format(8, 10, 127, "ieee"),
  f64: format(11, 52, 1023, "ieee"),
  f8E5M2: format(5, 2, 15, "ieee"),
  f8E4M3: format(4, 3, 7, "ieee"),
  f8E4M3FN: format(4, 3, 7, "finite"),
  f8E5M2FNUZ: format(5, 2, 16, "unsigned-zero"),
  f8E4M3FNUZ: format(4, 3, 8, "unsigned-zero"),
  f8E4M3B11FNUZ: format(4, 3, 11, "unsigned-zero"),
};

/** Infinity and NaN of the formats that a number cannot hold exactly. */
const wideSpecials = {
  f80: { infinity: 0x7fff8000000000000000n, nan: 0x7fffc000000000000000n, sign: 1n << 79n },
  f128: { infinity: 0x7fffn << 112n, nan: 0x7fff8n << 108n, sign: 1n << 127n },
} as const;

const scratch = new DataView(new ArrayBuffer(8));

/** The exponent of a finite number that is not zero: 2^exponent <= |value| < 2^(exponent + 1). */
function exponentOf(magnitude: number): number {
  scratch.setFloat64(0, magnitude);
  const stored = (scratch.getUint32(0) >>> 20) & 0x7ff;
  return stored === 0 ? Math.floor(Math.log2(magnitude)) : stored - 1023;
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

function largestFinite({ exponentBits, mantissaBits, bias, special }: FloatFormat): number {
  const top = 2 ** exponentBits - 1 - bias;
  const ulp = 2 ** -mantissaBits;
  if (special === "ieee") return 2 ** (top - 1) * (2 - ulp);
  return 2 ** top * (special === "finite" ? 2 - 2 * ulp : 2 - ulp);
}

function roundToFormat(value: number, target: FloatFormat): number {
  if (!Number.isFinite(value)) return target.special === "ieee" ? value : Number.NaN;
  if (value === 0) return target.special === "unsigned-zero" ? 0 : value;
  const magnitude = Math.abs(value);
  const quantum = 2 ** (Math.max(exponentOf(magnitude), 1 - target.bias) - target.mantissaBits);
  const rounded = roundHalfEven(magnitude / quantum) * quantum;
  if (rounded > largestFinite(target)) return target.special === "ieee" ? Math.sign(value) * Infinity : Number.NaN;
  if (rounded === 0 && target.special === "unsigned-zero") return 0;
  return value < 0 ? -rounded : rounded;
}

/** Rounds to a float type (nearest, ties to even). f80 and f128 keep the value: they contain every number. */
export function roundToKind(value: number, kind: FloatKind): number {
  switch (kind) {
    case "f64":
    case "f80":
    case "f128":
      return value;
    case "f32":
      return Math.fround(value);
    case "f16":
      return Math.f16round(value);
    default:
      return roundToFormat(value, formats[kind]);
  }
}

/** Rounds to a float type. */
export function roundToFloat(value: number, type: FloatType): number {
  return roundToKind(value, type.kind);
}

/** The value of a bit pattern; undefined for finite patterns of f80 and f128. NaNs lose their payload. */
export function bitsToFloat(bits: bigint, kind: FloatKind): number | undefined {
  if (kind === "f80" || kind === "f128") {
    const { infinity, nan, sign } = wideSpecials[kind];
    const magnitude = bits & (sign - 1n);
    if (magnitude === nan) return Number.NaN;
    return magnitude === infinity ? ((bits & sign) === 0n ? Infinity : -Infinity) : undefined;
  }
  if (kind === "f64") {
    scratch.setBigUint64(0, bits);
    return scratch.getFloat64(0);
  }
  const { exponentBits, mantissaBits, bias, special } = formats[kind];
  const pattern = Number(bits);
  const mantissa = pattern % 2 ** mantissaBits;
  const exponent = Math.floor(pattern / 2 ** mantissaBits) % 2 ** exponentBits;
  const isNegative = pattern >= 2 ** (mantissaBits + exponentBits);
  const sign = isNegative ? -1 : 1;
  const isTop = exponent === 2 ** exponentBits - 1;
  if (special === "ieee" && isTop) return mantissa === 0 ? sign * Infinity : Number.NaN;
  if (special === "finite" && isTop && mantissa === 2 ** mantissaBits - 1) return Number.NaN;
  if (special === "unsigned-zero" && isNegative && exponent === 0 && mantissa === 0) return Number.NaN;
  const fraction = mantissa * 2 ** -mantissaBits;
  return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
}

/** The bit pattern of an infinity or NaN, in the hexadecimal that MLIR prints for them. */
function specialBits(value: number, kind: FloatKind): bigint {
  if (kind === "f80" || kind === "f128") {
    const { infinity, nan, sign } = wideSpecials[kind];
    return Number.isNaN(value) ? nan : value > 0 ? infinity : infinity | sign;
  }
  const { exponentBits, mantissaBits, special } = formats[kind];
  const sign = 1n << BigInt(exponentBits + mantissaBits);
  if (special === "unsigned-zero") return sign;
  if (special === "finite") return sign - 1n;
  const infinity = ((1n << BigInt(exponentBits)) - 1n) << BigInt(mantissaBits);
  if (Number.isNaN(value)) return infinity | (1n << BigInt(mantissaBits - 1));
  return value > 0 ? infinity : infinity | sign;
}

/** Exact decimals up to this length are kept: 65504 rather than the 65500 that reads as the same f16. */
const readableLength = 7;

/** The shortest of a few decimal spellings that reads back as the same value of this type. */
function shortestDecimal(value: number, kind: FloatKind): string {
  const exact = String(value);
  if (exact.length <= readableLength || kind === "f64" || kind === "f80" || kind === "f128") return exact;
  for (let digits = 2; digits <= 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (roundToKind(shorter, kind) === value) return String(shorter);
  }
  return exact;
}

/** An MLIR float literal: always with a decimal point, or a bit pattern for infinities and NaNs. */
export function floatLiteral(value: number, kind: FloatKind): string {
  if (!Number.isFinite(value)) return `0x${specialBits(value, kind).toString(16).toUpperCase()}`;
  if (Object.is(value, -0)) return "-0.0";
  const text = shortestDecimal(value, kind);
  if (!text.includes("e")) return text.includes(".") ? text : `${text}.0`;
  const [mantissa = "", exponent = ""] = text.split("e");
  const sign = exponent.startsWith("-") ? "-" : "+";
  return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}E${sign}${exponent.replace(/^[+-]/, "").padStart(2, "0")}`;
}
