/**
 * What a line of text says: the PP-OCRv4 recogniser gives for each eight pixels of width the probability of each character of
 * its alphabet or of none ("blank"); CTC decoding takes the likeliest, drops repetitions and blanks.
 */
import type { TensorData } from "../../ir/tensor-data.ts";
import { lineNormalisation } from "./classify.ts";
import type { NetworkCache } from "./network.ts";
import { type Picture, resize, toTensor } from "./picture.ts";

const inputHeight = 48;

/** Widths the recogniser is compiled for; a line is padded to the next. Longer ones go in steps of `widthStep`. */
const widthBuckets = [160, 320, 480, 640, 960, 1280];
const widthStep = 640;

/** A line wider than this at 48 pixels of height is squeezed: about 150 characters. */
const maximumWidth = 3840;

export interface Recognised {
  readonly text: string;
  /** Mean probability of the characters taken, 0…1; 0 when there are none. */
  readonly confidence: number;
}

/** The width of the recogniser's input for a line of `width` pixels at 48 pixels of height. */
export function bucketWidth(width: number): number {
  return widthBuckets.find((bucket) => bucket >= width) ?? Math.ceil(width / widthStep) * widthStep;
}

/** Class 0 is "blank", then the lines of the key file, then the space. */
export function readAlphabet(keys: string): readonly string[] {
  return ["", ...keys.replace(/\r?\n$/, "").split(/\r?\n/), " "];
}

/** Reads one level, upright line; spaces seen before and after it are dropped. */
export async function recognise(
  line: Picture,
  networks: NetworkCache,
  alphabet: readonly string[],
): Promise<Recognised> {
  const width = Math.min(maximumWidth, Math.max(1, Math.ceil((inputHeight * line.width) / line.height)));
  const resized = resize(line, width, inputHeight);
  const input = toTensor(resized, lineNormalisation, inputHeight, bucketWidth(width));
  const { text, confidence } = decode(await networks.run("recogniser", input), alphabet);
  return { text: text.trim(), confidence };
}

/**
 * Greedy CTC decoding of probabilities f32 [1, steps, classes]: per step the likeliest class (the first of equals); a class that
 * repeats the step before counts once, a blank not at all.
 * @throws Error when the number of classes is not the alphabet's.
 */
export function decode(probabilities: TensorData, alphabet: readonly string[]): Recognised {
  const [, steps, classes] = probabilities.shape;
  if (steps === undefined || classes !== alphabet.length) {
    const shape = probabilities.shape.join(", ");
    throw new Error(
      `the recogniser returned [${shape}], expected [1, steps, ${alphabet.length}]: the alphabet is another's`,
    );
  }
  const { data } = probabilities;
  let text = "";
  let sum = 0;
  let taken = 0;
  let previous = 0;
  for (let step = 0; step < steps; step++) {
    let best = 0;
    let bestProbability = Number(data[step * classes]);
    for (let candidate = 1; candidate < classes; candidate++) {
      const probability = Number(data[step * classes + candidate]);
      if (probability <= bestProbability) continue;
      best = candidate;
      bestProbability = probability;
    }
    if (best !== 0 && best !== previous) {
      text += alphabet[best]!;
      sum += bestProbability;
      taken++;
    }
    previous = best;
  }
  return { text, confidence: taken === 0 ? 0 : sum / taken };
}
