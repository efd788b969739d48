/**
 * Elementwise operations: one table for one operand, one for two with broadcasting, and the activations that have
 * attributes. Floats are computed in float64 and rounded once. Integers wrap modulo 2^bits; integer division truncates
 * toward zero, and dividing by zero (or taking a remainder by zero) gives 0. Comparisons and tests give i1.
 */

import { allocateElements, type ElementName, type TensorData } from "../../../ir/tensor-data.ts";
import { broadcastOffsets, broadcastRuns, broadcastShapes, product, type Shape } from "./broadcast.ts";
import { ElementTypeError } from "./shape-error.ts";
import * as special from "./special-functions.ts";
import {
  bigMaximum,
  bigMinimum,
  elementRange,
  filled,
  integerFormat,
  isFloat,
  isWide,
  pick,
  readBigInts,
  readNumbers,
  requireFloat,
  requireSameElement,
  writeBigInts,
  writeNumbers,
} from "./values.ts";

/**
 * How one operand maps to a result, per working form. A missing form means that the operation has no such element types;
 * `integer` (up to 32 bits) stands in for `float` where the two differ, `wide` is for 64 bits.
 */
interface UnaryFunctions {
  readonly float?: (x: number) => number;
  readonly integer?: (x: number) => number;
  readonly wide?: (x: bigint) => bigint;
  /** The result is a truth value. */
  readonly test?: true;
}

const identity = { integer: (x: number) => x, wide: (x: bigint) => x };
const truth = (condition: boolean) => (condition ? 1 : 0);
const bigTruth = (condition: boolean) => (condition ? 1n : 0n);

const unaryTable = {
  abs: { float: Math.abs, integer: Math.abs, wide: (x) => (x < 0n ? -x : x) },
  neg: { float: (x) => -x, integer: (x) => -x, wide: (x) => -x },
  sign: { float: Math.sign, integer: Math.sign, wide: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n) },
  relu: { float: (x) => Math.max(x, 0), integer: (x) => Math.max(x, 0), wide: (x) => (x < 0n ? 0n : x) },
  floor: { float: Math.floor, ...identity },
  ceil: { float: Math.ceil, ...identity },
  round: { float: special.roundHalfToEven, ...identity },
  exp: { float: Math.exp },
  log: { float: Math.log },
  sqrt: { float: Math.sqrt },
  rsqrt: { float: (x) => 1 / Math.sqrt(x) },
  reciprocal: { float: (x) => 1 / x },
  sin: { float: Math.sin },
  cos: { float: Math.cos },
  tan: { float: Math.tan },
  asin: { float: Math.asin },
  acos: { float: Math.acos },
  atan: { float: Math.atan },
  sinh: { float: Math.sinh },
  cosh: { float: Math.cosh },
  asinh: { float: Math.asinh },
  acosh: { float: Math.acosh },
  atanh: { float: Math.atanh },
  tanh: { float: Math.tanh },
  sigmoid: { float: special.sigmoid },
  erf: { float: special.erf },
  gelu: { float: special.gelu },
  gelu_tanh: { float: special.geluTanh },
  silu: { float: special.swish },
  softplus: { float: special.softplus },
  softsign: { float: (x) => (Math.abs(x) === Infinity ? Math.sign(x) : x / (1 + Math.abs(x))) },
  hard_swish: {
    float: (x) => (x <= -3 ? -0 : x * Math.max(0, Math.min(1, x / 6 + 0.5))),
  },
  mish: { float: special.mish },
  is_nan: { float: (x) => truth(Number.isNaN(x)), test: true },
  logical_not: {
    float: (x) => truth(x === 0),
    integer: (x) => truth(x === 0),
    wide: (x) => bigTruth(x === 0n),
    test: true,
  },
  bitwise_not: { integer: (x) => ~x, wide: (x) => ~x },
} satisfies Record<string, UnaryFunctions>;

export type UnaryName = keyof typeof unaryTable;
export const unaryNames = Object.keys(unaryTable) as readonly UnaryName[];

/** Element type of `unary(name, x)`: i1 for tests, else that of `x`. Throws ElementTypeError where the operation has none. */
export function unaryElement(name: UnaryName, element: ElementName): ElementName {
  const functions: UnaryFunctions = unaryTable[name];
  if (isFloat(element) ? !functions.float : !functions.integer) {
    throw new ElementTypeError(name, functions.float ? "a float element type" : "an integer element type", element);
  }
  return functions.test ? "i1" : element;
}

/** Applies a unary operation to every element. `round` rounds half to even, `gelu` is exact, `gelu_tanh` approximate. */
export function unary(name: UnaryName, x: TensorData): TensorData {
  const result = unaryElement(name, x.element);
  const functions: UnaryFunctions = unaryTable[name];
  // On truth values the complement of bits is the complement of the truth value.
  if (name === "bitwise_not" && x.element === "i1") return unary("logical_not", x);
  if (isWide(x.element)) return writeBigInts(readBigInts(x).map(functions.wide!), x.shape, result);
  const apply = isFloat(x.element) ? functions.float! : functions.integer!;
  return mapNumbers(x, apply, result);
}

function mapNumbers(x: TensorData, apply: (value: number) => number, element: ElementName): TensorData {
  const values = readNumbers(x);
  const results = new Float64Array(values.length);
  for (let index = 0; index < values.length; index++) results[index] = apply(values[index]!);
  return writeNumbers(results, x.shape, element);
}

function mapFloats(op: string, x: TensorData, apply: (value: number) => number): TensorData {
  requireFloat(op, x.element);
  return mapNumbers(x, apply, x.element);
}

/** x < 0 ? alpha·x : x */
export function leakyRelu(x: TensorData, { alpha }: { alpha: number }): TensorData {
  return mapFloats("leaky_relu", x, (value) => (value < 0 ? alpha * value : value));
}

/** x < 0 ? alpha·(e^x - 1) : x */
export function elu(x: TensorData, { alpha }: { alpha: number }): TensorData {
  return mapFloats("elu", x, (value) => (value < 0 ? alpha * Math.expm1(value) : value));
}

/** gamma · elu(x) */
export function selu(x: TensorData, { alpha, gamma }: { alpha: number; gamma: number }): TensorData {
  return mapFloats("selu", x, (value) => gamma * (value < 0 ? alpha * Math.expm1(value) : value));
}

/** max(0, x) + min(0, alpha·(e^(x/alpha) - 1)) */
export function celu(x: TensorData, { alpha }: { alpha: number }): TensorData {
  return mapFloats("celu", x, (value) => Math.max(0, value) + Math.min(0, alpha * Math.expm1(value / alpha)));
}

/** alpha·x + beta, clamped to [0, 1] */
export function hardSigmoid(x: TensorData, { alpha, beta }: { alpha: number; beta: number }): TensorData {
  return mapFloats("hard_sigmoid", x, (value) => Math.max(0, Math.min(1, alpha * value + beta)));
}

/** x > alpha ? x : 0 */
export function thresholdedRelu(x: TensorData, { alpha }: { alpha: number }): TensorData {
  return mapFloats("thresholded_relu", x, (value) => (value > alpha || Number.isNaN(value) ? value : 0));
}

/** x < -lambd ? x + bias : x > lambd ? x - bias : 0. Integers too. */
export function shrink(x: TensorData, { lambd, bias }: { lambd: number; bias: number }): TensorData {
  const apply = (value: number) => (value < -lambd ? value + bias : value > lambd ? value - bias : value - value);
  return mapNumbers(x, apply, x.element);
}

/** x · sigmoid(alpha·x) */
export function swish(x: TensorData, { alpha }: { alpha: number }): TensorData {
  return mapFloats("swish", x, (value) => special.swish(value, alpha));
}

/** i1: infinite, of the signs asked for. */
export function isInf(
  x: TensorData,
  attributes: { detect_negative?: boolean | undefined; detect_positive?: boolean | undefined } = {},
): TensorData {
  requireFloat("is_inf", x.element);
  const { detect_negative = true, detect_positive = true } = attributes;
  const found = (value: number) => (value === Infinity && detect_positive) || (value === -Infinity && detect_negative);
  return mapNumbers(x, (value) => truth(found(value)), "i1");
}

/** min(max(x, min), max): NaN stays NaN, and `max` wins where min > max. A missing limit is no limit. */
export function clip(
  x: TensorData,
  { min, max }: { min?: number | bigint | undefined; max?: number | bigint | undefined },
): TensorData {
  const { lowest, highest } = elementRange(x.element);
  const low = filled([], x.element, min ?? lowest);
  const high = filled([], x.element, max ?? highest);
  return binary("minimum", binary("maximum", x, low), high);
}

/** The forms of a function of two operands; see `UnaryFunctions`. */
interface BinaryFunctions {
  readonly float?: (a: number, b: number) => number;
  readonly integer?: (a: number, b: number, element: ElementName) => number;
  readonly wide?: (a: bigint, b: bigint, element: ElementName) => bigint;
  readonly test?: true;
}

const comparison = (
  compare: (a: number, b: number) => boolean,
  compareBig: (a: bigint, b: bigint) => boolean,
): BinaryFunctions => {
  const narrow = (a: number, b: number) => truth(compare(a, b));
  return { float: narrow, integer: narrow, wide: (a, b) => bigTruth(compareBig(a, b)), test: true };
};

const logical = (combine: (a: boolean, b: boolean) => boolean): BinaryFunctions =>
  comparison(
    (a, b) => combine(a !== 0, b !== 0),
    (a, b) => combine(a !== 0n, b !== 0n),
  );

// Shift amounts are read as unsigned; shifting by the width or more moves every bit out.
function shiftLeft(a: bigint, b: bigint, element: ElementName): bigint {
  const { bits } = integerFormat(element);
  return BigInt.asUintN(64, b) >= BigInt(bits) ? 0n : a << b;
}

function shiftRight(a: bigint, b: bigint, element: ElementName): bigint {
  const { bits } = integerFormat(element);
  return BigInt.asUintN(64, b) >= BigInt(bits) ? (a < 0n ? -1n : 0n) : a >> b;
}

// a^b modulo 2^64 by squaring; a negative power is the truncated quotient 1 / a^|b|, and 0 for a = 0.
function integerPower(a: bigint, b: bigint): bigint {
  if (b < 0n) return a === 1n ? 1n : a === -1n ? (b % 2n === 0n ? 1n : -1n) : 0n;
  let result = 1n;
  let square = a;
  for (let rest = b; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = BigInt.asIntN(64, result * square);
    square = BigInt.asIntN(64, square * square);
  }
  return result;
}

// Rare integer operations are defined once, on bigints.
const throughBigInt =
  (apply: (a: bigint, b: bigint, element: ElementName) => bigint) => (a: number, b: number, element: ElementName) =>
    Number(BigInt.asIntN(32, apply(BigInt(a), BigInt(b), element)));

const floorModuloBig = (a: bigint, b: bigint): bigint => {
  if (b === 0n) return 0n;
  const rest = a % b;
  return rest !== 0n && rest < 0n !== b < 0n ? rest + b : rest;
};

const binaryTable = {
  add: { float: (a, b) => a + b, integer: (a, b) => a + b, wide: (a, b) => a + b },
  sub: { float: (a, b) => a - b, integer: (a, b) => a - b, wide: (a, b) => a - b },
  mul: { float: (a, b) => a * b, integer: Math.imul, wide: (a, b) => a * b },
  div: {
    float: (a, b) => a / b,
    integer: (a, b) => (b === 0 ? 0 : Math.trunc(a / b)),
    wide: (a, b) => (b === 0n ? 0n : a / b),
  },
  pow: { float: special.power, integer: throughBigInt(integerPower), wide: integerPower },
  maximum: { float: (a, b) => Math.max(a, b), integer: (a, b) => Math.max(a, b), wide: bigMaximum },
  minimum: { float: (a, b) => Math.min(a, b), integer: (a, b) => Math.min(a, b), wide: bigMinimum },
  mod: {
    float: special.floorModulo,
    integer: (a, b) => (b === 0 ? 0 : special.floorModulo(a, b)),
    wide: floorModuloBig,
  },
  fmod: { float: (a, b) => a % b, integer: (a, b) => (b === 0 ? 0 : a % b), wide: (a, b) => (b === 0n ? 0n : a % b) },
  atan2: { float: Math.atan2 },
  prelu: {
    float: (x, slope) => (x >= 0 ? x : x * slope),
    integer: (x, slope) => (x >= 0 ? x : Math.imul(x, slope)),
    wide: (x, slope) => (x >= 0n ? x : x * slope),
  },
  equal: comparison(
    (a, b) => a === b,
    (a, b) => a === b,
  ),
  not_equal: comparison(
    (a, b) => a !== b,
    (a, b) => a !== b,
  ),
  greater: comparison(
    (a, b) => a > b,
    (a, b) => a > b,
  ),
  greater_equal: comparison(
    (a, b) => a >= b,
    (a, b) => a >= b,
  ),
  less: comparison(
    (a, b) => a < b,
    (a, b) => a < b,
  ),
  less_equal: comparison(
    (a, b) => a <= b,
    (a, b) => a <= b,
  ),
  logical_and: logical((a, b) => a && b),
  logical_or: logical((a, b) => a || b),
  logical_xor: logical((a, b) => a !== b),
  bitwise_and: { integer: (a, b) => a & b, wide: (a, b) => a & b },
  bitwise_or: { integer: (a, b) => a | b, wide: (a, b) => a | b },
  bitwise_xor: { integer: (a, b) => a ^ b, wide: (a, b) => a ^ b },
  shift_left: { integer: throughBigInt(shiftLeft), wide: shiftLeft },
  shift_right: { integer: throughBigInt(shiftRight), wide: shiftRight },
} satisfies Record<string, BinaryFunctions>;

export type BinaryName = keyof typeof binaryTable;
export const binaryNames = Object.keys(binaryTable) as readonly BinaryName[];

/** Element type of `binary(name, a, b)` for operands of type `element`: i1 for comparisons and logic. */
export function binaryElement(name: BinaryName, element: ElementName): ElementName {
  const functions: BinaryFunctions = binaryTable[name];
  if (isFloat(element) ? !functions.float : !functions.integer) {
    throw new ElementTypeError(name, functions.float ? "a float element type" : "an integer element type", element);
  }
  return functions.test ? "i1" : element;
}

/** Result shape of a binary operation: the operands' common broadcast shape. */
export function binaryShape(name: BinaryName, a: Shape, b: Shape): number[] {
  return broadcastShapes(name, a, b);
}

/**
 * Applies a binary operation with NumPy broadcasting. Both operands have one element type, except `pow`, whose result has
 * the base's. `maximum` and `minimum` propagate NaN; `mod` has the divisor's sign (Python), `fmod` the dividend's (C);
 * `shift_right` keeps the sign of signed types; `prelu` is x < 0 ? b·x : x. i1 counts as 0 and 1, and an i1 result is
 * "not 0" of the integer result.
 */
export function binary(name: BinaryName, a: TensorData, b: TensorData): TensorData {
  if (name !== "pow") requireSameElement(name, a, b);
  const element = binaryElement(name, a.element);
  const shape = binaryShape(name, a.shape, b.shape);
  const functions: BinaryFunctions = binaryTable[name];
  if (isPlainFloat(a) && isPlainFloat(b) && element === a.element) {
    const result = allocateElements(a.element, product(shape));
    combineFloats(functions.float!, a, b, { shape, element: a.element, data: result });
    return { shape, element, data: result };
  }
  const left = broadcastOffsets(a.shape, shape);
  const right = broadcastOffsets(b.shape, shape);
  if (!isFloat(a.element) && !isFloat(b.element) && (isWide(a.element) || isWide(b.element))) {
    const [as, bs, apply] = [readBigInts(a), readBigInts(b), functions.wide!];
    const results = Array.from(left, (offset, index) => apply(as[offset]!, bs[right[index]!]!, a.element));
    return writeBigInts(results, shape, element);
  }
  const [as, bs] = [readNumbers(a), readNumbers(b)];
  const results = new Float64Array(product(shape));
  // An integer base with a float exponent is computed in float64 and truncated.
  const apply = isFloat(a.element) || isFloat(b.element) ? functions.float! : functions.integer!;
  for (let index = 0; index < results.length; index++) {
    results[index] = apply(as[left[index]!]!, bs[right[index]!]!, a.element);
  }
  return writeNumbers(results, shape, element);
}

/** Floats that a typed array rounds as it stores them. */
type PlainFloats = TensorData & {
  readonly element: "f16" | "f32" | "f64";
  readonly data: Float16Array | Float32Array | Float64Array;
};

function isPlainFloat(x: TensorData): x is PlainFloats {
  return x.data instanceof Float32Array || x.data instanceof Float64Array || x.data instanceof Float16Array;
}

/** `result = apply(a, b)` run by run, without tables of offsets: weights of millions of elements pass through here. */
function combineFloats(
  apply: NonNullable<BinaryFunctions["float"]>,
  a: PlainFloats,
  b: PlainFloats,
  result: PlainFloats,
) {
  const { length, steps, starts } = broadcastRuns(a.shape, b.shape, result.shape);
  let next = 0;
  for (let run = 0; run < starts[0].length; run++) {
    let left = starts[0][run]!;
    let right = starts[1][run]!;
    for (let index = 0; index < length; index++) {
      result.data[next++] = apply(a.data[left]!, b.data[right]!);
      left += steps[0];
      right += steps[1];
    }
  }
}

/** Result shape of `select`. */
export function selectShape(condition: Shape, a: Shape, b: Shape): number[] {
  return broadcastShapes("select", condition, a, b);
}

/** `condition ? a : b` per element, with broadcasting. The condition is true where it is not 0. */
export function select(condition: TensorData, a: TensorData, b: TensorData): TensorData {
  requireSameElement("select", a, b);
  const shape = selectShape(condition.shape, a.shape, b.shape);
  const chosen = readNumbers(condition);
  const conditionOffsets = broadcastOffsets(condition.shape, shape);
  const result = pick(b, shape, broadcastOffsets(b.shape, shape));
  const fromA = pick(a, shape, broadcastOffsets(a.shape, shape));
  for (let index = 0; index < conditionOffsets.length; index++) {
    if (chosen[conditionOffsets[index]!] !== 0) result.data[index] = fromA.data[index]!;
  }
  return result;
}

/**
 * Converts the element type. Float to float rounds to nearest even (overflow gives infinity); integer to float rounds once;
 * integer to integer keeps the low bits; float to integer truncates toward zero and keeps the low bits, NaN and infinities
 * giving 0 (ONNX leaves values out of range open; ONNX Runtime truncates likewise); anything to i1 is "not 0".
 */
export function convert(x: TensorData, element: ElementName): TensorData {
  const { shape } = x;
  if (isPlainFloat(x)) {
    if (element === "f16") return { shape, element, data: new Float16Array(x.data) };
    if (element === "f32") return { shape, element, data: new Float32Array(x.data) };
  }
  if (isWide(x.element)) return writeBigInts(readBigInts(x), x.shape, element);
  return writeNumbers(readNumbers(x), x.shape, element);
}
