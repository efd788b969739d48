/**
 * Weights as indices into small tables: k-means on the numbers of each group of output channels. In one dimension the best table
 * can be computed: exactly for a few hundred distinct numbers, else over as many runs of neighbours, followed by some of Lloyd's
 * steps. The same numbers give the same tables, in a time that depends on their count and on the number of entries alone.
 */
import { type PaletteBits, type PaletteForm, partsAlong } from "../../dialects/ane/index.ts";
import { partOfEach, type Weights } from "./weights.ts";

/** Lloyd's steps behind the best cut of runs; where runs are single numbers there is nothing left to do. */
const steps = 30;
/** Runs of numbers over which the best cut is sought: enough that the steps behind it have little to add. */
const runsFor = (entries: number) => Math.min(2048, 32 * entries);

/** Distinct numbers in order, with running sums over the numbers that they stand for. */
interface Distribution {
  readonly values: Float64Array;
  /** [i] counts numbers before values[i]; one longer than values. */
  readonly counts: Float64Array;
  readonly sums: Float64Array;
  readonly squares: Float64Array;
}

function distributionOf(numbers: ArrayLike<number>): Distribution {
  const sorted = Float32Array.from(numbers).sort();
  const values: number[] = [];
  const counts = [0];
  const sums = [0];
  const squares = [0];
  for (let start = 0; start < sorted.length; ) {
    const value = sorted[start]!;
    let end = start + 1;
    while (end < sorted.length && sorted[end] === value) end++;
    values.push(value);
    counts.push(end);
    sums.push(sums.at(-1)! + value * (end - start));
    squares.push(squares.at(-1)! + value * value * (end - start));
    start = end;
  }
  return {
    values: Float64Array.from(values),
    counts: Float64Array.from(counts),
    sums: Float64Array.from(sums),
    squares: Float64Array.from(squares),
  };
}

/** The first position whose element is not below `limit`. */
function lowerBound(sorted: ArrayLike<number>, limit: number, from = 0): number {
  let [low, high] = [from, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * About `most` runs of neighbouring values: where each begins, and where the last one ends. Half of them are cut at equal shares of
 * density^(1/3), by which a good table is spread over many numbers (Panter and Dite 1951), the others at equal shares of the
 * distinct values, so that far outliers do not leave all others in one run.
 */
function runsOf({ values, counts }: Distribution, most: number): Int32Array {
  const distinct = values.length;
  if (distinct <= most) return Int32Array.from({ length: distinct + 1 }, (_, position) => position);
  const half = most >> 1;
  const bins = 32 * half;
  const low = values[0]!;
  const width = (values.at(-1)! - low) / bins;
  const shares = new Float64Array(bins + 1);
  const ends = new Int32Array(bins + 1);
  for (let bin = 0; bin < bins; bin++) {
    const before = ends[bin]!;
    const end = bin === bins - 1 ? distinct : lowerBound(values, low + (bin + 1) * width, before);
    ends[bin + 1] = end;
    shares[bin + 1] = shares[bin]! + Math.cbrt(counts[end]! - counts[before]!);
  }
  const cuts = new Set([distinct]);
  for (let run = 0; run < half; run++) {
    cuts.add(ends[lowerBound(shares, (run / half) * shares.at(-1)!)]!);
    cuts.add(Math.floor((run / half) * distinct));
  }
  return Int32Array.from(cuts).sort();
}

/**
 * The best way to cut runs into `entries` consecutive parts, by dynamic programming: best[k][j], the least squared error of the
 * first j runs in k parts, is the least over i of best[k - 1][i] and the error of runs i … j as one part. The best i grows with j,
 * so that each row takes runs·log(runs) steps. Returns the means of the parts.
 */
function bestCentres(distribution: Distribution, cuts: Int32Array, entries: number): Float64Array {
  const runs = cuts.length - 1;
  const at = (sums: Float64Array) => Float64Array.from(cuts, (cut) => sums[cut]!);
  const [counts, sums, squares] = [at(distribution.counts), at(distribution.sums), at(distribution.squares)];
  const errorOf = (from: number, to: number): number => {
    const count = counts[to]! - counts[from]!;
    const sum = sums[to]! - sums[from]!;
    return squares[to]! - squares[from]! - (sum * sum) / count;
  };
  let above = Float64Array.from({ length: runs + 1 }, (_, to) => (to === 0 ? 0 : errorOf(0, to)));
  let row = new Float64Array(runs + 1);
  const choices: Int32Array[] = [new Int32Array(runs + 1)];
  for (let part = 1; part < entries; part++) {
    const choice = new Int32Array(runs + 1);
    const fill = (low: number, high: number, least: number, most: number): void => {
      if (low > high) return;
      const middle = (low + high) >>> 1;
      let [error, best] = [Number.POSITIVE_INFINITY, least];
      for (let from = least; from <= Math.min(most, middle - 1); from++) {
        const found = above[from]! + errorOf(from, middle);
        if (found < error) [error, best] = [found, from];
      }
      row[middle] = error;
      choice[middle] = best;
      fill(low, middle - 1, least, best);
      fill(middle + 1, high, best, most);
    };
    // In part + 1 parts there are at least as many runs.
    fill(part + 1, runs, part, runs - 1);
    choices.push(choice);
    [above, row] = [row, above];
  }
  const centres = new Float64Array(entries);
  let to = runs;
  for (let part = entries - 1; part >= 0; part--) {
    const from = choices[part]![to]!;
    centres[part] = (sums[to]! - sums[from]!) / (counts[to]! - counts[from]!);
    to = from;
  }
  return centres;
}

/** Lloyd's method: each number to the nearest centre, each centre to the mean of its numbers. Returns the squared error. */
function settleCentres(distribution: Distribution, centres: Float64Array): number {
  const { values, counts, sums, squares } = distribution;
  let error = Number.POSITIVE_INFINITY;
  for (let step = 0; step < steps; step++) {
    let found = 0;
    let start = 0;
    for (let entry = 0; entry < centres.length; entry++) {
      const isLast = entry === centres.length - 1;
      const end = isLast ? values.length : lowerBound(values, (centres[entry]! + centres[entry + 1]!) / 2, start);
      const count = counts[end]! - counts[start]!;
      if (count > 0) {
        const sum = sums[end]! - sums[start]!;
        centres[entry] = sum / count;
        found += squares[end]! - squares[start]! - (sum * sum) / count;
      }
      start = end;
    }
    if (found >= error * (1 - 1e-6)) return found;
    error = found;
  }
  return error;
}

/** A table of `entries` f16 numbers in order that stands for these numbers with a small squared error. */
export function paletteTable(numbers: ArrayLike<number>, entries: number): Float16Array<ArrayBuffer> {
  const table = new Float16Array(entries);
  if (numbers.length === 0) return table;
  const distribution = distributionOf(numbers);
  const { values } = distribution;
  if (values.length <= entries) {
    table.set(values);
    return table.fill(values.at(-1)!, values.length);
  }
  const cuts = runsOf(distribution, runsFor(entries));
  const centres = bestCentres(distribution, cuts, entries);
  settleCentres(distribution, centres);
  table.set(centres.sort());
  return table;
}

/** The position of the nearest entry; of two equally near ones the lower. */
function nearest(middles: Float64Array, number: number): number {
  return lowerBound(middles, number);
}

/**
 * A palette of 2^bits entries for every `channels` output channels, the largest divisor of their number at most that; undefined
 * channels: one for all.
 */
export function buildPalette(weights: Weights, bits: PaletteBits, channels?: number): PaletteForm {
  const { shape, axis, numbers } = weights;
  const entries = 2 ** bits;
  const count = channels === undefined ? 1 : groupCount(shape[axis]!, channels);
  const groups = partsAlong(shape.length, axis, count);
  const groupOf = partOfEach(shape, groups);
  const size = numbers.length / count;
  const members = Array.from({ length: count }, () => new Float32Array(size));
  const filled = new Int32Array(count);
  for (let element = 0; element < numbers.length; element++) {
    const group = groupOf[element]!;
    members[group]![filled[group]!++] = numbers[element]!;
  }
  const table = new Float16Array(count * entries);
  const middles = members.map((each, group) => {
    const own = paletteTable(each, entries);
    table.set(own, group * entries);
    return Float64Array.from({ length: entries - 1 }, (_, entry) => (own[entry]! + own[entry + 1]!) / 2);
  });
  const indices = new Uint8Array(numbers.length);
  for (let element = 0; element < numbers.length; element++)
    indices[element] = nearest(middles[groupOf[element]!]!, numbers[element]!);
  return { kind: "palette", shape, bits, indices, groups, table };
}

/** Groups of at most `wanted` channels that are all of one size. */
function groupCount(channels: number, wanted: number): number {
  let count = Math.max(1, Math.ceil(channels / Math.max(1, wanted)));
  while (channels % count !== 0) count++;
  return count;
}
