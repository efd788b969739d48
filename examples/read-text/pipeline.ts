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

/** Reads the text lines of a picture, in reading order, whichever way the page lies. */
export async function readText(
  picture: Picture,
  factory: NetworkFactory,
  alphabet: readonly string[],
  options: ReadOptions = {},
): Promise<TextLine[]> {
  const networks = new NetworkCache(factory);
  const crops: Crop[] = [];
  for (const { box } of await detect(picture, networks, options)) {
    const crop = cropBox(picture, box);
    crops.push({ box, picture: crop, rotated: (await classify(crop, networks)).rotated });
  }
  const upsideDown = standsOnItsHead(crops);
  const lines: TextLine[] = [];
  for (const crop of crops) {
    const line = await readLine(crop, upsideDown, networks, alphabet);
    if (line.text !== "" && line.confidence >= (options.leastConfidence ?? 0.5)) lines.push(line);
  }
  return rowsInReadingOrder(lines).flat();
}

/** A line cut out of the picture, and whether the classifier takes it for turned by 180°. */
interface Crop {
  readonly box: Box;
  readonly picture: Picture;
  readonly rotated: boolean;
}

/** A line turned otherwise than its page is in doubt: it is read both ways, and the more confident reading counts. */
async function readLine(
  { box, picture, rotated }: Crop,
  upsideDown: boolean,
  networks: NetworkCache,
  alphabet: readonly string[],
): Promise<TextLine> {
  const read = async (turned: boolean): Promise<TextLine> => ({
    ...(await recognise(turned ? turnAround(picture) : picture, networks, alphabet)),
    box,
    rotated: turned,
  });
  const asClassified = await read(rotated);
  if (rotated === upsideDown) return asClassified;
  const asPage = await read(upsideDown);
  return asPage.confidence >= asClassified.confidence ? asPage : asClassified;
}

/** By the length of the lines, not their number: one short line taken for rotated does not turn the page. */
function standsOnItsHead(crops: readonly Crop[]): boolean {
  const length = (rotated: boolean): number =>
    crops
      .filter((crop) => crop.rotated === rotated)
      .reduce((sum, { picture }) => sum + picture.width / picture.height, 0);
  return length(true) > length(false);
}
