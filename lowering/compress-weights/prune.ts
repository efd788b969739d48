/** Weights of which the smallest are left out: a mask, and the numbers that stay. */
import type { SparseForm } from "../../dialects/ane/index.ts";
import { channelOfEach, type Weights } from "./weights.ts";

/**
 * Leaves out zeros, and in each output channel as many of the smallest numbers as keep ‖w - ŵ‖/‖w‖ at most `tolerance`. Numbers of
 * one magnitude stay or go together. 0 leaves out zeros only, which loses nothing.
 */
export function prune(weights: Weights, tolerance: number): SparseForm {
  const { shape, numbers } = weights;
  const { partOf, count } = channelOfEach(weights);
  const thresholds = thresholdPerChannel(numbers, partOf, count, tolerance);
  const mask = new Uint8Array(numbers.length);
  let kept = 0;
  for (let element = 0; element < numbers.length; element++) {
    const magnitude = Math.abs(numbers[element]!);
    const stays = magnitude !== 0 && !(magnitude < thresholds[partOf[element]!]!);
    mask[element] = stays ? 1 : 0;
    if (stays) kept++;
  }
  const values = new Float16Array(kept);
  let next = 0;
  for (let element = 0; element < numbers.length; element++) if (mask[element]) values[next++] = numbers[element]!;
  return { kind: "sparse", shape, mask, values };
}

/** The least magnitude that stays in each channel. */
function thresholdPerChannel(
  numbers: Float16Array,
  partOf: Int32Array,
  count: number,
  tolerance: number,
): Float64Array {
  const size = numbers.length / Math.max(1, count);
  const members = Array.from({ length: count }, () => new Float32Array(size));
  const filled = new Int32Array(count);
  for (let element = 0; element < numbers.length; element++) {
    const channel = partOf[element]!;
    members[channel]![filled[channel]!++] = Math.abs(numbers[element]!);
  }
  return Float64Array.from(members, (magnitudes) => {
    magnitudes.sort();
    const energy = magnitudes.reduce((sum, magnitude) => sum + magnitude * magnitude, 0);
    const limit = tolerance * tolerance * energy;
    let lost = 0;
    for (let start = 0; start < magnitudes.length; ) {
      const magnitude = magnitudes[start]!;
      let end = start + 1;
      while (end < magnitudes.length && magnitudes[end] === magnitude) end++;
      lost += magnitude * magnitude * (end - start);
      if (lost > limit) return magnitude;
      start = end;
    }
    return Number.POSITIVE_INFINITY;
  });
}
