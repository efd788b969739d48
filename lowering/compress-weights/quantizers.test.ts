/** The quantizers: error bounds that follow from their definitions, determinism, optimal palettes, and thresholds that keep a tolerance. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decompress, storedBytes } from "../../dialects/ane/index.ts";
import { elementCount } from "../../ir/tensor-data.ts";
import { forAll } from "../../test/testing/property.ts";
import { buildPalette, paletteTable } from "./palette.ts";
import { prune } from "./prune.ts";
import { blockLength, quantizeBlocks, quantizeSymmetric, quantizeWithZeroPoints } from "./quantize.ts";
import { channelOfEach, type Weights, weightError } from "./weights.ts";

const shapes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 4 });

/** Weights whose channels differ in size by up to a thousand times. */
const anyWeights: fc.Arbitrary<Weights> = shapes.chain((shape) =>
  fc
    .tuple(
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
        minLength: elementCount(shape),
        maxLength: elementCount(shape),
      }),
      fc.double({ min: -3, max: 3, noNaN: true }),
      fc.constantFrom(0, 1),
    )
    .map(([numbers, exponent, axis]) => ({
      shape,
      numbers: Float16Array.from(numbers, (number) => number * 10 ** exponent),
      axis,
      inputAxis: 1 - axis,
    })),
);

/** Numbers like those of a trained layer: many small ones, few large. */
function sampleNumbers(count: number, seed = 1): Float16Array<ArrayBuffer> {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return Float16Array.from({ length: count }, () => {
    const normal = Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
    return 0.1 * normal * Math.abs(normal);
  });
}

const sampleWeights = (shape: readonly number[], seed = 1): Weights => ({
  shape,
  numbers: sampleNumbers(elementCount(shape), seed),
  axis: 0,
  inputAxis: 1,
});

function greatestPerPart(weights: Weights): number[] {
  const { partOf, count } = channelOfEach(weights);
  const greatest = new Array<number>(count).fill(0);
  for (const [element, part] of partOf.entries())
    greatest[part] = Math.max(greatest[part]!, Math.abs(weights.numbers[element]!));
  return greatest;
}

const squared = (wanted: ArrayLike<number>, found: ArrayLike<number>) =>
  Array.from(wanted).reduce((sum, number, index) => sum + (number - found[index]!) ** 2, 0);

describe("int8", () => {
  test("is at least as near, in squares, as rounding to 127 steps of the greatest number", () => {
    forAll(anyWeights, 150, (weights) => {
      const form = quantizeSymmetric(weights);
      expect(form.zeroPoint).toBeUndefined();
      expect(Math.max(...form.codes.map(Math.abs))).toBeLessThanOrEqual(127);
      const { partOf } = channelOfEach(weights);
      const steps = greatestPerPart(weights).map((greatest) => Math.f16round(Math.max(2 ** -24, greatest / 127)));
      const simple = weights.numbers.map((number, element) => {
        const step = steps[partOf[element]!]!;
        return Math.min(127, Math.max(-127, Math.round(number / step))) * step;
      });
      expect(squared(weights.numbers, decompress(form))).toBeLessThanOrEqual(
        squared(weights.numbers, simple) * 1.01 + 1e-12,
      );
    });
  });

  test("with zero points halves the steps of channels to one side of 0", () => {
    const numbers = Float16Array.from(sampleNumbers(4 * 64), Math.abs);
    const weights: Weights = { shape: [4, 64], numbers, axis: 0, inputAxis: 1 };
    const errorOf = (form: ReturnType<typeof quantizeSymmetric>) => weightError(weights, decompress(form)).total;
    const shifted = quantizeWithZeroPoints(weights);
    expect([...shifted.zeroPoint!]).toEqual([-128, -128, -128, -128]);
    expect(errorOf(shifted)).toBeLessThan(0.7 * errorOf(quantizeSymmetric(weights)));
  });

  test("with zero points is within a step and the rounding of its scale", () => {
    forAll(anyWeights, 100, (weights) => {
      const form = quantizeWithZeroPoints(weights);
      const found = decompress(form);
      const { partOf } = channelOfEach(weights);
      for (const [element, number] of weights.numbers.entries()) {
        const scale = form.scale[partOf[element]!]!;
        // 255 steps with a scale off by 2^-11 of itself (2^-25 where it is subnormal) end 1/8 step away, or more for subnormal ones.
        const rounding = 255 * Math.max(scale * 2 ** -11, 2 ** -25);
        expect(Math.abs(found[element]! - number)).toBeLessThanOrEqual(scale + 2 * rounding);
      }
    });
  });

  test("zeros and the smallest numbers of f16 are no trouble", () => {
    const numbers = Float16Array.of(0, 0, 2 ** -24, -(2 ** -24));
    const weights: Weights = { shape: [2, 2], numbers, axis: 0, inputAxis: 1 };
    expect([...decompress(quantizeSymmetric(weights))].map((x) => x + 0)).toEqual([0, 0, 2 ** -24, -(2 ** -24)]);
    expect(weightError(weights, decompress(quantizeSymmetric(weights)))).toEqual({ worst: 0, total: 0 });
  });
});

describe("blocks", () => {
  test("are the largest of one size that fit", () => {
    expect([blockLength(64, 32), blockLength(48, 32), blockLength(7, 4), blockLength(10, 100)]).toEqual([
      32, 24, 1, 10,
    ]);
  });

  test("lie along the input dimension, one scale per output channel and block", () => {
    const weights = sampleWeights([4, 48, 3, 3]);
    const form = quantizeBlocks(weights, 8, 16);
    expect(form.blocks).toEqual([4, 3, 1, 1]);
    expect(storedBytes(form)).toBe(4 * 48 * 9 + 4 * 3 * 2);
    const transposed = quantizeBlocks({ ...sampleWeights([48, 4]), axis: 1, inputAxis: 0 }, 4, 16);
    expect(transposed.blocks).toEqual([3, 4]);
    expect(Math.min(...transposed.codes)).toBeGreaterThanOrEqual(-8);
    expect(Math.max(...transposed.codes)).toBeLessThanOrEqual(7);
  });

  test("are nearer than one scale per channel where blocks differ in size", () => {
    const weights = sampleWeights([8, 64]);
    for (let element = 0; element < weights.numbers.length; element++)
      if (element % 64 < 32) weights.numbers[element]! /= 50;
    const blocks = weightError(weights, decompress(quantizeBlocks(weights, 8, 32))).total;
    expect(blocks).toBeLessThanOrEqual(weightError(weights, decompress(quantizeSymmetric(weights))).total);
  });
});

/** The least squared error of any table of `entries` real numbers, by trying every way to cut the sorted numbers. */
function leastError(sorted: readonly number[], entries: number): number {
  if (sorted.length === 0) return 0;
  if (entries === 0) return Number.POSITIVE_INFINITY;
  let best = Number.POSITIVE_INFINITY;
  for (let cut = 1; cut <= sorted.length; cut++) {
    const last = sorted.slice(-cut);
    const mean = last.reduce((sum, number) => sum + number, 0) / cut;
    const error = last.reduce((sum, number) => sum + (number - mean) ** 2, 0);
    best = Math.min(best, error + leastError(sorted.slice(0, -cut), entries - 1));
  }
  return best;
}

describe("palettes", () => {
  const errorOf = (numbers: ArrayLike<number>, table: Float16Array) =>
    Array.from(numbers).reduce((sum, number) => sum + Math.min(...[...table].map((entry) => (number - entry) ** 2)), 0);

  test("of few numbers are the best there are", () => {
    const few = fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 1, maxLength: 9 });
    forAll(fc.tuple(few, fc.constantFrom(2, 3, 4)), 150, ([numbers, entries]) => {
      const table = paletteTable(numbers, entries);
      // Means are rounded to f16: off by 2^-11 of themselves.
      const rounding = numbers.length * (40 * 2 ** -11) ** 2;
      const sorted = [...numbers].sort((a, b) => a - b);
      expect(errorOf(numbers, table)).toBeLessThanOrEqual(leastError(sorted, entries) + rounding + 1e-9);
    });
  });

  test("hold few distinct numbers exactly, sorted", () => {
    forAll(fc.array(fc.constantFrom(-2, -0.5, 0, 1, 3), { minLength: 1 }), 40, (numbers) => {
      const table = paletteTable(numbers, 16);
      expect(errorOf(numbers, table)).toBe(0);
      expect([...table]).toEqual([...table].sort((a, b) => a - b));
    });
  });

  test("are no worse for an outlier, nor for many equal numbers", () => {
    const numbers = [...sampleNumbers(5000), 1e4, ...new Array<number>(20_000).fill(0)];
    const table = paletteTable(numbers, 16);
    expect(table.at(-1)).toBe(1e4);
    expect(errorOf(sampleNumbers(5000), table) / squared(sampleNumbers(5000), new Float32Array(5000))).toBeLessThan(
      0.03,
    );
  });

  test("have less error with more bits and with more tables", () => {
    const weights = sampleWeights([16, 64]);
    const errorWith = (bits: 2 | 4 | 6 | 8, channels?: number) =>
      weightError(weights, decompress(buildPalette(weights, bits, channels))).total;
    const [two, four, six, eight] = ([2, 4, 6, 8] as const).map((bits) => errorWith(bits));
    expect(two).toBeGreaterThan(3 * four!);
    expect(four).toBeGreaterThan(2.5 * six!);
    expect(six).toBeGreaterThan(2.5 * eight!);
    expect(errorWith(4, 1)).toBeLessThan(errorWith(4, 4));
    expect(errorWith(4, 4)).toBeLessThan(errorWith(4));
    expect(buildPalette(weights, 4, 6).groups).toEqual([4, 1]);
  });

  test("are the same each time", () => {
    const weights = sampleWeights([8, 200], 3);
    expect(buildPalette(weights, 4, 4)).toEqual(buildPalette(weights, 4, 4));
  });
});

describe("pruning", () => {
  test("keeps every channel within the tolerance, and could not leave out the next number", () => {
    forAll(fc.tuple(anyWeights, fc.double({ min: 0, max: 0.9, noNaN: true })), 150, ([weights, tolerance]) => {
      const form = prune(weights, tolerance);
      const { partOf, count } = channelOfEach(weights);
      for (let channel = 0; channel < count; channel++) {
        const own = [...weights.numbers.entries()].filter(([element]) => partOf[element] === channel);
        const energy = (part: typeof own) => part.reduce((sum, [, number]) => sum + number ** 2, 0);
        const kept = own.filter(([element]) => form.mask[element] === 1);
        const least = Math.min(...kept.map(([, number]) => Math.abs(number)));
        const lost = energy(own) - energy(kept);
        const limit = tolerance ** 2 * energy(own);
        expect(lost).toBeLessThanOrEqual(limit + 1e-9 * energy(own));
        // Numbers of one magnitude stay or go together.
        const next = energy(kept.filter(([, number]) => Math.abs(number) === least));
        if (kept.length > 0) expect(lost + next).toBeGreaterThanOrEqual(limit - 1e-9 * energy(own));
      }
    });
  });

  test("without tolerance leaves out zeros only", () => {
    const weights: Weights = { shape: [1, 4], numbers: Float16Array.of(0, -0, 1, 2 ** -24), axis: 0, inputAxis: 1 };
    const form = prune(weights, 0);
    expect([...form.mask]).toEqual([0, 0, 1, 1]);
    expect([...decompress(form)]).toEqual([0, 0, 1, 2 ** -24]);
  });
});

describe("errors", () => {
  test("are those of the worst channel and of all; nearly dead channels count with a quarter of the usual norm", () => {
    const numbers = Float16Array.of(3, 4, 0, 0.001);
    const weights: Weights = { shape: [2, 2], numbers, axis: 0, inputAxis: 1 };
    const usual = Math.sqrt((25 + numbers[3]! ** 2) / 2);
    expect(weightError(weights, numbers)).toEqual({ worst: 0, total: 0 });
    expect(weightError(weights, [3, 4.5, 0, 0.001]).worst).toBeCloseTo(0.1, 6);
    expect(weightError(weights, [3, 4, 0, 0.501]).worst).toBeCloseTo(0.5 / (usual / 4), 3);
    expect(weightError(weights, [3, 4.5, 0, 0.001]).total).toBeCloseTo(0.1, 4);
    expect(weightError(weights, [3, Number.POSITIVE_INFINITY, 0, 0]).worst).toBe(Number.POSITIVE_INFINITY);
    expect(weightError({ ...weights, numbers: new Float16Array(4) }, [0, 0, 0, 1]).worst).toBe(
      Number.POSITIVE_INFINITY,
    );
  });
});
