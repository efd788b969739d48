/** Weights of a layer as plain numbers, cut along their output channels, and how far a form is from them. */
import { forEachBlockIndex, partsAlong } from "../../dialects/ane/index.ts";
import { elementCount } from "../../ir/tensor-data.ts";

export interface Weights {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly numbers: Float16Array<ArrayBuffer>;
  /** The dimension of output channels: one result of the layer comes from the weights of one channel. */
  readonly axis: number;
  /** The dimension along which products are summed; blocks lie along it. */
  readonly inputAxis: number;
}

/** The part to which each element belongs, where dimension d is cut into `parts[d]` equal parts. */
export function partOfEach(shape: readonly number[], parts: readonly number[]): Int32Array<ArrayBuffer> {
  const partOf = new Int32Array(elementCount(shape));
  forEachBlockIndex(shape, parts, (element, part) => {
    partOf[element] = part;
  });
  return partOf;
}

/** The output channel of each element, and how many there are. */
export function channelOfEach({ shape, axis }: Weights): { readonly partOf: Int32Array; readonly count: number } {
  const count = shape[axis]!;
  return { partOf: partOfEach(shape, partsAlong(shape.length, axis, count)), count };
}

/** Channels with less than this part of the usual norm are measured as if they had it. */
const leastChannel = 0.25;

/** How far numbers are from the weights that they stand for. */
export interface WeightError {
  /**
   * The greatest over output channels w of ‖w - ŵ‖ / max(‖w‖, r/4), with Euclidean norms and r the root mean square of all
   * channels' norms (0 where w = ŵ): on inputs without a preferred direction, how far a result of the layer is off, as a part
   * of its size. Channels that are nearly dead count as if they had a quarter of the usual size: beside the others, what they
   * give does not matter, and relative to themselves any rounding is large.
   */
  readonly worst: number;
  /** ‖W - Ŵ‖/‖W‖ of the whole tensor: the same for the layer's results together. */
  readonly total: number;
}

/** Compares numbers with the weights. Infinite where an approximation is not finite. */
export function weightError(weights: Weights, approximation: ArrayLike<number>): WeightError {
  const { partOf, count } = channelOfEach(weights);
  const noise = new Float64Array(count);
  const signal = new Float64Array(count);
  const { numbers } = weights;
  for (let element = 0; element < numbers.length; element++) {
    const wanted = numbers[element]!;
    const difference = approximation[element]! - wanted;
    const channel = partOf[element]!;
    noise[channel]! += difference * difference;
    signal[channel]! += wanted * wanted;
  }
  const sum = (parts: Float64Array) => parts.reduce((all, part) => all + part, 0);
  const least = (leastChannel * leastChannel * sum(signal)) / Math.max(1, count);
  let worst = 0;
  for (let channel = 0; channel < count; channel++)
    worst = Math.max(worst, ratio(noise[channel]!, Math.max(signal[channel]!, least)));
  return { worst, total: ratio(sum(noise), sum(signal)) };
}

function ratio(noise: number, signal: number): number {
  if (noise === 0) return 0;
  const found = Math.sqrt(noise / signal);
  return Number.isNaN(found) ? Number.POSITIVE_INFINITY : found;
}
