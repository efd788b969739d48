/**
 * Numbers as MIL text writes them: integers, decimals, C99 hexadecimal floats (`-0x1.8p-3`), `inf`, `nan`; and between a number
 * and what is stored for it, which for the narrow floats is their bits.
 */
import { bitsToFloat, roundToKind } from "../../../ir/float-bits.ts";
import { bf16ToNumber, numberToBf16 } from "../../../ir/tensor-data.ts";
import type { FloatKind } from "../../../ir/types.ts";
import { type MilNumberType, milNumberFacts } from "../document/numbers.ts";

const scratch = new DataView(new ArrayBuffer(8));

/** A C99 hexadecimal float as Apple's compiler writes it: `0x1.8p-3`, without trailing zeros. */
export function hexFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  scratch.setFloat64(0, value);
  const high = scratch.getUint32(0);
  const low = scratch.getUint32(4);
  const sign = high >>> 31 === 1 ? "-" : "";
  if (value === 0) return `${sign}0x0p+0`;
  const exponent = (high >>> 20) & 0x7ff;
  // A one in front keeps the leading zeros.
  let digits = (0x100000 + (high & 0xfffff)).toString(16).slice(1);
  if (low !== 0) digits += low.toString(16).padStart(8, "0");
  let length = digits.length;
  while (length > 0 && digits.charCodeAt(length - 1) === 0x30) length--;
  const point = length === 0 ? "" : `.${digits.slice(0, length)}`;
  const power = exponent === 0 ? -1022 : exponent - 1023;
  return `${sign}0x${exponent === 0 ? 0 : 1}${point}p${power < 0 ? "-" : "+"}${Math.abs(power)}`;
}

// --------------------------------------------------------------------------------------------- numbers as stored

export interface FloatForm {
  readonly kind: FloatKind;
  /** The greatest finite number. */
  readonly largest: number;
  readonly encode: (value: number) => number;
  readonly decode: (stored: number) => number;
}

const half = new Float16Array(1);
const halfBits = new Uint16Array(half.buffer);
const quietHalf = 0x7e00;

/** Floats of 8 bits by their codes. */
function byteForm(kind: "f8E4M3FN" | "f8E5M2", largest: number): FloatForm {
  const values = Float64Array.from({ length: 256 }, (_, code) => bitsToFloat(BigInt(code), kind)!);
  const codes = new Map([...values.entries()].toReversed().map(([code, value]) => [value, code]));
  const nan = values.findIndex(Number.isNaN);
  return {
    kind,
    largest,
    decode: (code) => values[code]!,
    encode: (value) => {
      if (Object.is(value, -0)) return 0x80;
      const rounded = roundToKind(value, kind);
      if (Object.is(rounded, -0)) return 0x80;
      return Number.isNaN(rounded) ? nan : codes.get(rounded)!;
    },
  };
}

const same = (value: number) => value;

export type MilFloatType = "fp16" | "fp32" | "fp64" | "bf16" | "fp8e4m3fn" | "fp8e5m2";

const floatForms: Readonly<Record<MilFloatType, () => FloatForm>> = {
  fp64: () => ({ kind: "f64", largest: Number.MAX_VALUE, encode: same, decode: same }),
  fp32: () => ({ kind: "f32", largest: 2 ** 127 * (2 - 2 ** -23), encode: same, decode: same }),
  fp16: () => ({
    kind: "f16",
    largest: 65504,
    encode: (value) => {
      if (Number.isNaN(value)) return quietHalf;
      half[0] = value;
      return halfBits[0]!;
    },
    decode: (bits) => {
      halfBits[0] = bits;
      return half[0]!;
    },
  }),
  bf16: () => ({ kind: "bf16", largest: 2 ** 127 * (2 - 2 ** -7), encode: numberToBf16, decode: bf16ToNumber }),
  fp8e4m3fn: () => byteForm("f8E4M3FN", 448),
  fp8e5m2: () => byteForm("f8E5M2", 57344),
};

const made = new Map<MilFloatType, FloatForm>();

export function isFloatType(element: MilNumberType): element is MilFloatType {
  return Object.hasOwn(floatForms, element);
}

/** How a float type stores numbers. */
export function floatFormOf(element: MilFloatType): FloatForm {
  let form = made.get(element);
  if (form === undefined) {
    form = floatForms[element]();
    made.set(element, form);
  }
  return form;
}

/** The least and the greatest integer of a type. */
export function integerRange(element: MilNumberType): readonly [bigint, bigint] {
  const { bits, signed } = milNumberFacts[element];
  return signed ? [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n] : [0n, 2n ** BigInt(bits) - 1n];
}

// -------------------------------------------------------------------------------------------- numbers as written

export type LiteralKind = "integer" | "float" | "boolean";

const zero = 0x30;
const minus = 0x2d;
const point = 0x2e;

/** The value of a hexadecimal digit, or -1. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

export interface ScannerOptions {
  readonly toOdd?: boolean;
}

/**
 * Reads plain elements one after the other from a text that the grammar has accepted. Truth values are 1 and 0. Hexadecimal
 * floats of more than 53 bits are rounded to the nearest number, or `toOdd`: then rounding them to a narrower type gives what
 * rounding the text itself would.
 */
export class ElementScanner {
  readonly text: string;
  readonly #toOdd: boolean;
  /** Where the element that `next` returned starts, and the first place behind it. */
  start = 0;
  end: number;
  kind: LiteralKind = "integer";

  constructor(text: string, offset: number, { toOdd = false }: ScannerOptions = {}) {
    this.text = text;
    this.#toOdd = toOdd;
    this.end = offset;
  }

  get source(): string {
    return this.text.slice(this.start, this.end);
  }

  next(): number {
    const text = this.text;
    let at = this.end;
    this.start = at;
    let code = text.charCodeAt(at);
    const isNegative = code === minus;
    if (isNegative) code = text.charCodeAt(++at);
    // Letters: true, false, inf, nan.
    if (code > 0x39) return this.#word(at, code, isNegative);
    const second = text.charCodeAt(at + 1) | 0x20;
    const magnitude = code === zero && second === 0x78 ? this.#hexadecimal(at + 2) : this.#decimal(at);
    return isNegative ? -magnitude : magnitude;
  }

  #word(at: number, code: number, isNegative: boolean): number {
    const isBoolean = code === 0x74 || code === 0x66;
    this.kind = isBoolean ? "boolean" : "float";
    this.end = at + (code === 0x74 ? 4 : code === 0x66 ? 5 : 3);
    if (isBoolean) return code === 0x74 ? 1 : 0;
    if (code !== 0x69) return Number.NaN;
    return isNegative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }

  #decimal(at: number): number {
    const text = this.text;
    const from = at;
    let value = 0;
    let code = text.charCodeAt(at);
    while (code >= 0x30 && code <= 0x39) {
      value = value * 10 + (code - 0x30);
      code = text.charCodeAt(++at);
    }
    const isInteger = code !== point && (code | 0x20) !== 0x65;
    this.kind = isInteger ? "integer" : "float";
    if (!isInteger) {
      while ((code >= 0x30 && code <= 0x39) || code === point || (code | 0x20) === 0x65) {
        code = text.charCodeAt(++at);
        const isSign = code === minus || code === 0x2b;
        if (isSign && (text.charCodeAt(at - 1) | 0x20) === 0x65) code = text.charCodeAt(++at);
      }
    }
    this.end = at;
    return isInteger && at - from <= 15 ? value : Number(text.slice(from, at));
  }

  #hexadecimal(at: number): number {
    const text = this.text;
    const from = at;
    let mantissa = 0;
    let fraction = -1;
    let code = text.charCodeAt(at);
    for (;;) {
      const digit = hexDigit(code);
      if (digit >= 0) {
        mantissa = mantissa * 16 + digit;
        if (fraction >= 0) fraction++;
      } else if (code === point) fraction = 0;
      else break;
      code = text.charCodeAt(++at);
    }
    const mantissaEnd = at;
    let power = 0;
    const hasPower = (code | 0x20) === 0x70;
    if (hasPower) {
      code = text.charCodeAt(++at);
      const isNegative = code === minus;
      if (isNegative || code === 0x2b) code = text.charCodeAt(++at);
      while (code >= 0x30 && code <= 0x39) {
        power = Math.min(power * 10 + (code - 0x30), 1e6);
        code = text.charCodeAt(++at);
      }
      if (isNegative) power = -power;
    }
    this.end = at;
    this.kind = hasPower || fraction >= 0 ? "float" : "integer";
    if (mantissa > 2 ** 53) return longHexadecimal(text.slice(from, mantissaEnd), power, this.#toOdd);
    return scaled(mantissa, power - 4 * Math.max(0, fraction));
  }
}

/** `mantissa * 2 ** power`, rounded once. */
function scaled(mantissa: number, power: number): number {
  if (power >= -1022 && power <= 970) return mantissa * 2 ** power;
  if (mantissa === 0) return 0;
  if (power > 970) return mantissa * 2 ** 970 * 2 ** Math.min(power - 970, 1000);
  // The first product is exact: it only moves the exponent of an integer.
  return mantissa * 2 ** (Math.max(power, -1200) + 1022) * 2 ** -1022;
}

/** More digits than a number has bits. To odd: cut off behind 53 bits, and the last of them tells of what is cut off. */
function longHexadecimal(digits: string, power: number, toOdd: boolean): number {
  const [whole = "", fraction = ""] = digits.split(".");
  const mantissa = BigInt(`0x${whole}${fraction}`);
  const exponent = power - 4 * fraction.length;
  const excess = BigInt(mantissa.toString(2).length - 53);
  if (!toOdd || excess <= 0n) return scaled(Number(mantissa), exponent);
  const isCut = (mantissa & ((1n << excess) - 1n)) !== 0n;
  return scaled(Number((mantissa >> excess) | (isCut ? 1n : 0n)), exponent + Number(excess));
}
