/**
 * Weights as indices into small tables: k-means on the numbers of each group of output channels. In one dimension the best table
 * can be computed: first over runs of neighbouring numbers, then over single numbers near the cuts that were found, followed by
 * some of Lloyd's steps. The same numbers give the same tables, in a time that depends on their count and on the number of
 * entries alone.
 */
import { type PaletteBits, type PaletteForm, partsAlong } from "../../dialects/ane/index.ts";
import { partOfEach, type Weights } from "./weights.ts";

/** Lloyd's steps behind the best cut. */
const steps = 30;
/** Runs of numbers over which the best cut is sought first. */
const runsFor = (entries: number) => Math.min(1024, 16 * entries);

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
  const bins = 16 * half;
  const low = values[0]!;
  const width = (values.at(-1)! - low) / bins;
  const shares = new Float64Array(bins + 1);
  const ends = new Int32Array(bins + 1);
  for (let bin = 0, end = 0; bin < bins; bin++) {
    const [before, limit] = [end, bin === bins - 1 ? Number.POSITIVE_INFINITY : low + (bin + 1) * width];
    while (end < distinct && values[end]! < limit) end++;
    ends[bin + 1] = end;
    shares[bin + 1] = shares[bin]! + (end === before ? 0 : Math.cbrt(counts[end]! - counts[before]!));
  }
  const cuts = new Set([distinct]);
  for (let run = 0; run < half; run++) {
    cuts.add(ends[lowerBound(shares, (run / half) * shares.at(-1)!)]!);
    cuts.add(Math.floor((run / half) * distinct));
  }
  return Int32Array.from(cuts).sort();
}

/** The squared error of the numbers from one position to before another when their mean stands for them. */
function errorOf({ counts, sums, squares }: Distribution, from: number, to: number): number {
  const sum = sums[to]! - sums[from]!;
  return squares[to]! - squares[from]! - (sum * sum) / (counts[to]! - counts[from]!);
}

/**
 * The best way to cut runs into `entries` consecutive parts, by dynamic programming: best[k][j], the least squared error of the
 * first j runs in k parts, is the least over i of best[k - 1][i] and the error of runs i … j as one part. The best i grows with j,
 * so that each row takes runs·log(runs) steps. Returns at which runs the parts begin, and where the last one ends.
 */
function bestParts(distribution: Distribution, cuts: Int32Array, entries: number): Int32Array {
  const runs = cuts.length - 1;
  let above = Float64Array.from(cuts, (cut) => (cut === 0 ? 0 : errorOf(distribution, 0, cut)));
  let row = new Float64Array(runs + 1);
  let choice = new Int32Array(runs + 1);
  const fill = (low: number, high: number, least: number, most: number): void => {
    if (low > high) return;
    const middle = (low + high) >>> 1;
    const end = cuts[middle]!;
    let error = Number.POSITIVE_INFINITY;
    let best = least;
    for (let from = least; from <= most && from < middle; from++) {
      const found = above[from]! + errorOf(distribution, cuts[from]!, end);
      if (found >= error) continue;
      error = found;
      best = from;
    }
    row[middle] = error;
    choice[middle] = best;
    fill(low, middle - 1, least, best);
    fill(middle + 1, high, best, most);
  };
  const choices = [choice];
  for (let part = 1; part < entries; part++) {
    choice = new Int32Array(runs + 1);
    choices.push(choice);
    // In part + 1 parts there are at least as many runs.
    fill(part + 1, runs, part, runs - 1);
    [above, row] = [row, above];
  }
  const parts = new Int32Array(entries + 1);
  parts[entries] = runs;
  for (let part = entries - 1; part >= 0; part--) parts[part] = choices[part]![parts[part + 1]!]!;
  return parts;
}

/** The same over single values, where each part begins within two runs of where it did. Returns positions of values. */
function refinedParts(distribution: Distribution, cuts: Int32Array, parts: Int32Array): Int32Array {
  const entries = parts.length - 1;
  const runs = cuts.length - 1;
  let start = 0;
  let above = Float64Array.of(0);
  const rows: { readonly start: number; readonly choice: Int32Array }[] = [{ start, choice: Int32Array.of(0) }];
  for (let part = 1; part <= entries; part++) {
    const isLast = part === entries;
    const low = isLast ? cuts[runs]! : Math.max(part, cuts[Math.max(0, parts[part]! - 2)]!);
    const high = isLast ? low : cuts[Math.min(runs, parts[part]! + 2)]!;
    const row = new Float64Array(high - low + 1).fill(Number.POSITIVE_INFINITY);
    const choice = new Int32Array(high - low + 1);
    for (let to = low; to <= high; to++) {
      for (let from = 0; from < above.length && start + from < to; from++) {
        const found = above[from]! + errorOf(distribution, start + from, to);
        if (found >= row[to - low]!) continue;
        row[to - low] = found;
        choice[to - low] = start + from;
      }
    }
    rows.push({ start: low, choice });
    [above, start] = [row, low];
  }
  const found = new Int32Array(entries + 1);
  found[entries] = cuts[runs]!;
  for (let part = entries; part > 0; part--) {
    const { start: low, choice } = rows[part]!;
    found[part - 1] = choice[found[part]! - low]!;
  }
  return found;
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
  const { counts, sums } = distribution;
  const cuts = runsOf(distribution, runsFor(entries));
  const parts = refinedParts(distribution, cuts, bestParts(distribution, cuts, entries));
  const centres = Float64Array.from({ length: entries }, (_, entry) => {
    const [from, to] = [parts[entry]!, parts[entry + 1]!];
    return (sums[to]! - sums[from]!) / (counts[to]! - counts[from]!);
  });
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
