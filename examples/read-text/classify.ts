/**
 * Whether a line of text stands on its head: the PP-OCR orientation classifier. It sees a long line squeezed and is now and then
 * sure of the wrong answer, so the pipeline checks it against the rest of the page.
 */
import type { NetworkCache } from "./network.ts";
import { type Normalisation, type Picture, resize, toTensor } from "./picture.ts";

/** -1…1, for the classifier and the recogniser alike. */
export const lineNormalisation: Normalisation = { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] };

const inputHeight = 48;
const inputWidth = 192;

/** Below this the classifier's "turned by 180°" does not count (PaddleOCR's `cls_thresh`). */
const turnThreshold = 0.9;

export interface Orientation {
  readonly rotated: boolean;
  /** The probability of a turn by 180°. */
  readonly probability: number;
}

/** Classifies a level line: scaled to 48 pixels of height, squeezed to 192 of width when it is longer, zero to the right of it. */
export async function classify(line: Picture, networks: NetworkCache): Promise<Orientation> {
  const width = Math.min(inputWidth, Math.ceil((inputHeight * line.width) / line.height));
  const input = toTensor(resize(line, width, inputHeight), lineNormalisation, inputHeight, inputWidth);
  const { data } = await networks.run("classifier", input);
  const probability = Number(data[1]);
  return { rotated: probability > turnThreshold, probability };
}
