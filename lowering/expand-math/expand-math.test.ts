/**
 * Accuracy of the expanded functions against float64, in units in the last place of f32, with and without fused
 * multiply-add, over samples of all bit patterns and dense samples where the functions are interesting. The bounds are what was
 * measured over more samples, rounded up a little; what is right bit by bit (infinities, NaN, signed zeros) must be exact.
 */
import { describe, expect, test } from "vitest";
import { scalarAttribute } from "../../dialects/arith/build.ts";
import { constant } from "../../dialects/arith/ops.ts";
import { builtin } from "../../dialects/builtin/index.ts";
import { functionOperation } from "../../dialects/func/build.ts";
import * as math from "../../dialects/math/ops.ts";
import { erf, power } from "../../dialects/tensor/reference/special-functions.ts";
import { Context } from "../../ir/context.ts";
import type { Value } from "../../ir/operation.ts";
import { f32, f64, i32, type Type, VectorType } from "../../ir/types.ts";
import { verifyAll } from "../../ir/verifier.ts";
import { instantiate } from "../../passes/pass.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { expandMath } from "./expand-math.ts";
import { fusedMultiplyAdd, type Lanes, runLanes } from "./lane-interpreter.ts";

type UnaryName = Exclude<keyof typeof unary, never>;
const unary = {
  acos: math.acos,
  acosh: math.acosh,
  asin: math.asin,
  asinh: math.asinh,
  atan: math.atan,
  atanh: math.atanh,
  cbrt: math.cbrt,
  cos: math.cos,
  cosh: math.cosh,
  erf: math.erf,
  exp: math.exp,
  exp2: math.exp2,
  expm1: math.expm1,
  log: math.log,
  log10: math.log10,
  log1p: math.log1p,
  log2: math.log2,
  round: math.round,
  rsqrt: math.rsqrt,
  sin: math.sin,
  sinh: math.sinh,
  tan: math.tan,
  tanh: math.tanh,
};
const references: Record<UnaryName, (x: number) => number> = {
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
  exp2: (x) => 2 ** x,
  expm1: Math.expm1,
  log: Math.log,
  log10: Math.log10,
  log1p: Math.log1p,
  log2: Math.log2,
  round: (x) => (x < 0 || Object.is(x, -0) ? -Math.round(-x) : Math.round(x)),
  rsqrt: (x) => 1 / Math.sqrt(x),
  sin: Math.sin,
  sinh: Math.sinh,
  tan: Math.tan,
  tanh: Math.tanh,
};
/** Largest error in units in the last place: [with fused multiply-add, without]. */
const bounds: Record<UnaryName, readonly [number, number]> = {
  acos: [1.2, 1.2],
  acosh: [2.3, 2.3],
  asin: [1.5, 1.5],
  asinh: [1.8, 1.8],
  atan: [1.5, 1.6],
  atanh: [1.4, 1.4],
  cbrt: [1, 1],
  cos: [1.7, 1.7],
  cosh: [1.6, 1.6],
  erf: [1, 1.2],
  exp: [1, 1.2],
  exp2: [0.8, 1.2],
  expm1: [1.7, 1.8],
  log: [0.9, 0.9],
  log10: [1, 1.9],
  log1p: [1.6, 1.6],
  log2: [1, 1.9],
  round: [0, 0],
  rsqrt: [1.5, 1.5],
  sin: [1.7, 1.7],
  sinh: [1.8, 1.8],
  tan: [2.7, 2.7],
  tanh: [1.5, 1.5],
};

const specials = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  -1.5,
  2,
  -2,
  2.5,
  -2.5,
  3,
  -3,
  0.49999997,
  1e-45,
  -1e-45,
  1.1754944e-38,
  3.4028235e38,
  -3.4028235e38,
  88.7228,
  88.73,
  -87.5,
  -103.97,
  -104,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
];

/** `count` bit patterns spread over all f32, the special ones first. */
function allPatterns(count: number): Float32Array<ArrayBuffer> {
  const patterns = new Uint32Array(count);
  const step = Math.floor(2 ** 32 / count) | 1;
  for (let i = 0; i < count; i++) patterns[i] = (12345 + i * step) >>> 0;
  const values = new Float32Array(patterns.buffer);
  values.set(specials);
  return values;
}

function spread(count: number, low: number, high: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, (_, i) => low + ((high - low) * i) / count);
}

const view = new DataView(new ArrayBuffer(4));

/** The distance from |x| to the next larger f32. */
function unitInLastPlace(x: number): number {
  view.setFloat32(0, Math.abs(x));
  const bits = view.getUint32(0);
  if (bits >= 0x7f7fffff) return 2 ** 104;
  view.setUint32(0, bits + 1);
  return view.getFloat32(0) - Math.abs(Math.fround(x));
}

/** The error of `got` in units in the last place; infinite where NaN, an infinity or a signed zero is not as expected. */
function errorOf(got: number, wanted: number): number {
  const rounded = Math.fround(wanted);
  if (Number.isNaN(rounded)) return Number.isNaN(got) ? 0 : Number.POSITIVE_INFINITY;
  if (Object.is(got, rounded))
    return Math.abs(got) === Number.POSITIVE_INFINITY ? 0 : Math.abs(got - wanted) / unitInLastPlace(rounded);
  // At the ends of the range the neighbours are infinity and zero.
  const isOverflow = Math.abs(rounded) === Number.POSITIVE_INFINITY && Math.abs(wanted) < Number.POSITIVE_INFINITY;
  if (isOverflow) return got === Math.sign(wanted) * 3.4028234663852886e38 ? 1 : Number.POSITIVE_INFINITY;
  if (wanted === 0 || Math.abs(wanted) === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  if (Math.abs(got) === Number.POSITIVE_INFINITY) return Math.abs(rounded) >= 3.40282e38 ? 1 : Number.POSITIVE_INFINITY;
  return Math.abs(got - wanted) / unitInLastPlace(rounded);
}

const context = new Context([builtin]);

function expanded(
  inputs: readonly Type[],
  build: (args: readonly Value[]) => (f: Parameters<Parameters<typeof functionOperation>[3]>[0]) => Value,
  fma: boolean,
) {
  const result = inputs[0]!;
  const operation = functionOperation("f", inputs, [result], (builder, args) => [build(args)(builder)]);
  new PassManager([instantiate(expandMath, { fma })], context).run(operation);
  return operation;
}

/** How many samples of `count` the default run takes. */
function share(count: number): number {
  return process.env["ANEMONE_LONG_TESTS"] === "1" ? count : count / 4;
}

/** Runs the expansion of a function on samples. */
function evaluate(operation: ReturnType<typeof functionOperation>, inputs: readonly Lanes[]): Lanes {
  const entry = operation.body.onlyBlock;
  const environment = new Map<Value, Lanes>(entry.arguments.map((argument, i) => [argument, inputs[i]!]));
  return runLanes(entry, environment, inputs[0]!.length)[0]!;
}

function worstError(got: Lanes, wanted: (lane: number) => number, describeLane: (lane: number) => string) {
  let worst = { error: 0, where: "" };
  for (const [lane, value] of got.entries()) {
    const error = errorOf(value, wanted(lane));
    if (error > worst.error) worst = { error, where: `${describeLane(lane)} gives ${value}, not ${wanted(lane)}` };
  }
  return worst;
}

test("the interpreter's fused multiply-add rounds once", () => {
  // 1 + 2^-24 + 2^-60 is above the tie, 1 + 2^-24 on it, and 1 + 2^-24 - 2^-60 below.
  expect(fusedMultiplyAdd(2 ** -30, 2 ** -30, Math.fround(1))).toBe(1);
  const above = fusedMultiplyAdd(1 + 2 ** -23, 2 ** -24 - 2 ** -47 + 2 ** -48, 1);
  expect([1, 1 + 2 ** -23]).toContain(above);
  // (1 + 2^-12)² = 1 + 2^-11 + 2^-24: adding it to 2^-60 must round up, which the sum in double alone would not.
  expect(fusedMultiplyAdd(1 + 2 ** -12, 1 + 2 ** -12, 2 ** -60)).toBe(1 + 2 ** -11 + 2 ** -23);
  expect(fusedMultiplyAdd(1 + 2 ** -12, 1 + 2 ** -12, -(2 ** -60))).toBe(1 + 2 ** -11);
});

describe.each(["with", "without"] as const)("%s fused multiply-add", (fusion) => {
  const fma = fusion === "with";
  test.each(Object.keys(unary) as UnaryName[])("%s", (name) => {
    const operation = expanded(
      [f32],
      ([x]) =>
        (builder) =>
          builder.build(unary[name], { input: x! }).result,
      fma,
    );
    const quarterTurns = Float32Array.from({ length: 20_000 }, (_, i) => (i * Math.PI) / 2);
    for (const samples of [
      allPatterns(share(100_000)),
      spread(share(50_000), -1.1, 1.1),
      spread(share(50_000), -12, 12),
      spread(share(50_000), -110, 110),
      quarterTurns,
    ]) {
      const got = evaluate(operation, [samples]);
      const worst = worstError(
        got,
        (lane) => references[name](samples[lane]!),
        (lane) => `${name}(${samples[lane]})`,
      );
      expect(worst.error, worst.where).toBeLessThanOrEqual(bounds[name][fma ? 0 : 1]);
    }
  });

  /** All pairs of special values, then pseudo-random ones. */
  function pairs(
    count: number,
    low: number,
    high: number,
  ): readonly [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>] {
    const x: number[] = [];
    const y: number[] = [];
    for (const a of specials) for (const b of specials) x.push(a) && y.push(b);
    for (let i = 0; i < count; i++) {
      x.push(2 ** (((i * 0.618033988749895) % 1) * 40 - 20) * (i % 7 === 0 ? -1 : 1));
      y.push(
        i % 3 === 0
          ? Math.round(low + (high - low) * ((i * 0.7548776662466927) % 1))
          : low + (high - low) * ((i * 0.7548776662466927) % 1),
      );
    }
    return [Float32Array.from(x), Float32Array.from(y)];
  }

  test("powf", () => {
    const operation = expanded(
      [f32, f32],
      ([x, y]) =>
        (b) =>
          b.build(math.powf, { lhs: x!, rhs: y! }).result,
      fma,
    );
    const [x, y] = pairs(share(100_000), -9, 9);
    const worst = worstError(
      evaluate(operation, [x, y]),
      (lane) => power(x[lane]!, y[lane]!),
      (lane) => `pow(${x[lane]}, ${y[lane]})`,
    );
    expect(worst.error, worst.where).toBeLessThanOrEqual(fma ? 1.3 : 1.4);
  });

  test("atan2", () => {
    const operation = expanded(
      [f32, f32],
      ([y, x]) =>
        (b) =>
          b.build(math.atan2, { lhs: y!, rhs: x! }).result,
      fma,
    );
    const [x, y] = pairs(share(100_000), -9, 9);
    const worst = worstError(
      evaluate(operation, [y, x]),
      (lane) => Math.atan2(y[lane]!, x[lane]!),
      (lane) => `atan2(${y[lane]}, ${x[lane]})`,
    );
    expect(worst.error, worst.where).toBeLessThanOrEqual(2);
  });

  test("fpowi", () => {
    const operation = expanded(
      [f32, i32],
      ([x, n]) =>
        (b) =>
          b.build(math.fpowi, { lhs: x!, rhs: n!, result: f32 }).result,
      fma,
    );
    const [x] = pairs(20_000, -1, 1);
    const n = Int32Array.from(x, (_, lane) => (lane % 41) - 20);
    const worst = worstError(
      evaluate(operation, [x, n]),
      (lane) => power(x[lane]!, n[lane]!),
      (lane) => `powi(${x[lane]}, ${n[lane]})`,
    );
    expect(worst.error, worst.where).toBeLessThanOrEqual(fma ? 1.3 : 1.4);
  });
});

test.each([
  [2, "a product"],
  [0.5, "a square root"],
  [-1, "a quotient"],
])("a constant exponent %d is %s", (exponent) => {
  const operation = functionOperation("f", [f32], [f32], (builder, [x]) => {
    const rhs = builder.build(constant, { value: scalarAttribute(exponent, f32) }).result;
    return [builder.build(math.powf, { lhs: x!, rhs }).result];
  });
  new PassManager([instantiate(expandMath)], context).run(operation);
  expect(operation.body.onlyBlock.operations.length).toBeLessThan(10);
  const x = Float32Array.from([...specials, 0.3, 7, 1e-30]);
  const worst = worstError(
    evaluate(operation, [x]),
    (lane) => power(x[lane]!, exponent),
    (lane) => `${x[lane]}`,
  );
  expect(worst.error, worst.where).toBeLessThanOrEqual(0.51);
});

test("vectors of any rank are expanded, f64 is left alone, and constants stand at the function's head", () => {
  const vector = VectorType.get([2, 4], f32);
  const operation = expanded(
    [vector],
    ([x]) =>
      (builder) =>
        builder.build(math.sin, { input: x! }).result,
    true,
  );
  const names = operation.body.onlyBlock.operations.map((each) => each.name);
  expect(names).not.toContain("math.sin");
  expect(names.lastIndexOf("arith.constant")).toBeLessThan(names.findIndex((name) => name !== "arith.constant"));
  verifyAll(operation, context);
  const double = expanded(
    [f64],
    ([x]) =>
      (builder) =>
        builder.build(math.exp, { input: x! }).result,
    true,
  );
  expect(double.body.onlyBlock.first?.name).toBe("math.exp");
});
