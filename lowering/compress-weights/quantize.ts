/**
 * Weights as whole numbers with scales: one scale per output channel (affine) or per block (blockwise). For each part a few scales
 * from the one that just holds the greatest number downwards are tried, and that with the least squared error is kept: for few
 * bits it pays to cut off the greatest numbers.
 */
import { type AffineForm, type BlockwiseForm, partsAlong } from "../../dialects/ane/index.ts";
import { channelOfEach, partOfEach, type Weights } from "./weights.ts";

/** Parts of the largest useful scale that are tried; the first wins a tie. */
const fractions = [1, 0.98, 0.95, 0.91, 0.87, 0.82, 0.76, 0.7];

/** The smallest positive number of f16: a scale of 0 would lose everything. */
const leastScale = 2 ** -24;

interface Parts {
  readonly partOf: Int32Array;
  readonly count: number;
}

/** Whole numbers and their scales. */
interface Quantized {
  readonly codes: Int8Array<ArrayBuffer>;
  readonly scale: Float16Array<ArrayBuffer>;
}

/** Rounds w/scale to low … high, with the best of the tried scales for each part. */
function quantizeParts(numbers: Float16Array, { partOf, count }: Parts, low: number, high: number): Quantized {
  const greatest = new Float64Array(count);
  for (let element = 0; element < numbers.length; element++) {
    const part = partOf[element]!;
    const magnitude = Math.abs(numbers[element]!);
    if (magnitude > greatest[part]!) greatest[part] = magnitude;
  }
  const best = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const scale = new Float16Array(count);
  const tried = new Float64Array(count);
  const error = new Float64Array(count);
  for (const fraction of fractions) {
    for (let part = 0; part < count; part++) {
      tried[part] = Math.f16round(Math.max(leastScale, (fraction * greatest[part]!) / high));
      error[part] = 0;
    }
    for (let element = 0; element < numbers.length; element++) {
      const part = partOf[element]!;
      const step = tried[part]!;
      const number = numbers[element]!;
      const code = Math.min(high, Math.max(low, Math.round(number / step)));
      const difference = number - code * step;
      error[part]! += difference * difference;
    }
    for (let part = 0; part < count; part++) {
      if (error[part]! >= best[part]!) continue;
      best[part] = error[part]!;
      scale[part] = tried[part]!;
    }
  }
  const codes = new Int8Array(numbers.length);
  for (let element = 0; element < numbers.length; element++) {
    const step = scale[partOf[element]!]!;
    codes[element] = Math.min(high, Math.max(low, Math.round(numbers[element]! / step)));
  }
  return { codes, scale };
}

/** int8 with a scale per output channel, or one for all, and zero point 0: codes are -127 … 127. */
export function quantizeSymmetric(weights: Weights, perChannel = true): AffineForm {
  const { shape, axis, numbers } = weights;
  const parts = perChannel ? channelOfEach(weights) : { partOf: new Int32Array(numbers.length), count: 1 };
  const quantized = quantizeParts(numbers, parts, -127, 127);
  return { kind: "affine", shape, axis, zeroPoint: undefined, ...quantized };
}

/**
 * int8 with a scale and a zero point per output channel, for channels whose numbers lie to one side of 0: codes are -128 … 127
 * and stand for the range of the channel with 0 in it.
 */
export function quantizeWithZeroPoints(weights: Weights): AffineForm {
  const { shape, axis, numbers } = weights;
  const { partOf, count } = channelOfEach(weights);
  const [least, greatest] = [new Float64Array(count), new Float64Array(count)];
  for (let element = 0; element < numbers.length; element++) {
    const [channel, number] = [partOf[element]!, numbers[element]!];
    if (number < least[channel]!) least[channel] = number;
    if (number > greatest[channel]!) greatest[channel] = number;
  }
  const scale = new Float16Array(count);
  const zeroPoint = new Int8Array(count);
  for (let channel = 0; channel < count; channel++) {
    scale[channel] = Math.max(leastScale, (greatest[channel]! - least[channel]!) / 255);
    zeroPoint[channel] = Math.min(127, Math.max(-128, Math.round(-128 - least[channel]! / scale[channel]!)));
  }
  const codes = new Int8Array(numbers.length);
  for (let element = 0; element < numbers.length; element++) {
    const channel = partOf[element]!;
    const code = Math.round(numbers[element]! / scale[channel]!) + zeroPoint[channel]!;
    codes[element] = Math.min(127, Math.max(-128, code));
  }
  return { kind: "affine", shape, axis, codes, scale, zeroPoint };
}

/** The largest divisor of `size` that is at most `wanted`. */
export function blockLength(size: number, wanted: number): number {
  for (let length = Math.min(size, wanted); length > 1; length--) if (size % length === 0) return length;
  return 1;
}

/**
 * Whole numbers of `bits` with a scale per output channel and block of at most `blockSize` elements along the input dimension
 * (the largest divisor of its size, as MIL's blocks are all of one size). Other dimensions lie in a block whole.
 */
export function quantizeBlocks(weights: Weights, bits: 4 | 8, blockSize: number): BlockwiseForm {
  const { shape, axis, inputAxis, numbers } = weights;
  const along = shape[inputAxis]! / blockLength(shape[inputAxis]!, blockSize);
  const blocks = partsAlong(shape.length, axis, shape[axis]!).map((parts, each) =>
    each === inputAxis ? along : parts,
  );
  const partOf = partOfEach(shape, blocks);
  const count = shape[axis]! * along;
  const [low, high] = bits === 4 ? [-8, 7] : [-127, 127];
  return { kind: "blockwise", shape, bits, blocks, ...quantizeParts(numbers, { partOf, count }, low, high) };
}
