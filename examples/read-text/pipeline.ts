/**
 * The whole text reader: find the lines, cut them out, turn those that stand on their heads, read them, put them in order.
 * Plain TypeScript around three networks, which the caller brings; the same picture and the same networks give the same result.
 */
import { type Box, cropBox } from "./boxes.ts";
import { classify } from "./classify.ts";
import { type DetectOptions, detect } from "./detect.ts";
import { NetworkCache, type NetworkFactory } from "./network.ts";
import { rowsInReadingOrder } from "./order.ts";
import { type Picture, turnAround } from "./picture.ts";
import { recognise } from "./recognise.ts";

/** One line of text in the picture. */
export interface TextLine {
  readonly text: string;
  /** Mean probability of its characters, 0…1. */
  readonly confidence: number;
  /** In the picture's pixels, as it was found: a rotated line's first corner is still the upper left one as seen. */
  readonly box: Box;
  /** Whether the line stood on its head and was turned by 180° to be read. */
  readonly rotated: boolean;
}

export interface ReadOptions extends DetectOptions {
  /** Lines read with less confidence are left out (PaddleOCR's `drop_score`); 0.5 when not given. */
  readonly leastConfidence?: number;
}

/** Reads the text lines of a picture, in reading order; a page that stands on its head is read as if turned. */
export async function readText(
  picture: Picture,
  factory: NetworkFactory,
  alphabet: readonly string[],
  options: ReadOptions = {},
): Promise<TextLine[]> {
  const networks = new NetworkCache(factory);
  const lines: TextLine[] = [];
  for (const { box } of await detect(picture, networks, options)) {
    const crop = cropBox(picture, box);
    const { rotated } = await classify(crop, networks);
    const { text, confidence } = await recognise(rotated ? turnAround(crop) : crop, networks, alphabet);
    if (text !== "" && confidence >= (options.leastConfidence ?? 0.5)) lines.push({ text, confidence, box, rotated });
  }
  return rowsInReadingOrder(lines, standsOnItsHead(lines)).flat();
}

/** By the number of characters in rotated lines: one short line read the wrong way round does not turn the page. */
function standsOnItsHead(lines: readonly TextLine[]): boolean {
  const characters = (rotated: boolean): number =>
    lines.filter((line) => line.rotated === rotated).reduce((sum, { text }) => sum + text.length, 0);
  return characters(true) > characters(false);
}
