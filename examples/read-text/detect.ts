/**
 * Where text is: the PP-OCRv4 detector gives each pixel the probability that it lies in the shrunken core of a text line
 * (DB, "differentiable binarization"); here the picture is made ready for it, and its map is turned into boxes. Limits and
 * thresholds are PaddleOCR's (`tools/infer/utility.py`, `ppocr/postprocess/db_postprocess.py`).
 */
import type { TensorData } from "../../ir/tensor-data.ts";
import {
  type Box,
  boxContains,
  boxHeight,
  boxWidth,
  distance,
  growBox,
  mapBox,
  minimumAreaBox,
  type Point,
} from "./boxes.ts";
import type { NetworkCache } from "./network.ts";
import { type Normalisation, type Picture, resize, toTensor } from "./picture.ts";

/** No side of what the detector sees is longer. */
const limitSide = 960;

/**
 * Sides of the detector's input, all multiples of 32, which its five halvings need. The picture keeps its proportions and is
 * padded to the next size, so that pictures of many sizes share few compilations.
 */
const sideBuckets = [320, 480, 640, 800, 960];

/** ImageNet's mean and deviation, as PaddleOCR applies them (to blue, green, red in this order). */
const normalisation: Normalisation = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };

export interface DetectOptions {
  /** Probability above which a pixel belongs to a line's core. */
  readonly threshold?: number;
  /** The least mean probability inside a box. */
  readonly boxThreshold?: number;
  /**
   * How far a core is grown to the whole line: area times this over the outline's length. PaddleOCR's 1.5 cuts descenders and
   * costs the recogniser spaces between words; 1.8 when not given.
   */
  readonly unclipRatio?: number;
}

const defaults: Required<DetectOptions> = { threshold: 0.3, boxThreshold: 0.6, unclipRatio: 1.8 };

/** The shortest side of a core, in pixels of the map; a grown box must be two longer. */
const minimumSide = 3;

export interface DetectedBox {
  readonly box: Box;
  /** Mean probability inside the core, 0…1. */
  readonly score: number;
}

function bucketFor(length: number): number {
  return sideBuckets.find((side) => side >= length) ?? limitSide;
}

/** The detector's input and the factor from picture pixels to its pixels. */
export function detectorInput(picture: Picture): { readonly input: TensorData; readonly scale: Point } {
  const ratio = Math.min(1, limitSide / Math.max(picture.width, picture.height));
  const width = Math.max(1, Math.round(picture.width * ratio));
  const height = Math.max(1, Math.round(picture.height * ratio));
  const input = toTensor(resize(picture, width, height), normalisation, bucketFor(height), bucketFor(width));
  return { input, scale: { x: width / picture.width, y: height / picture.height } };
}

/** Finds the boxes around text lines, in the picture's coordinates, in no particular order. */
export async function detect(
  picture: Picture,
  networks: NetworkCache,
  options: DetectOptions = {},
): Promise<DetectedBox[]> {
  const { input, scale } = detectorInput(picture);
  const map = await networks.run("detector", input);
  const [, , height, width] = map.shape;
  if (!(map.data instanceof Float32Array) || height === undefined || width === undefined) {
    throw new Error(
      `the detector returned ${map.element} [${map.shape.join(", ")}], expected f32 [1, 1, height, width]`,
    );
  }
  const toPicture = ({ x, y }: Point): Point => ({ x: (x + 0.5) / scale.x - 0.5, y: (y + 0.5) / scale.y - 0.5 });
  return boxesFromMap(map.data, width, height, options)
    .map(({ box, score }) => ({ box: mapBox(box, toPicture), score }))
    .filter(({ box }) => isInside(box, picture) && boxWidth(box) > minimumSide && boxHeight(box) > minimumSide);
}

/** Padding has no text: a box whose centre lies there is noise. */
function isInside([first, , third]: Box, { width, height }: Picture): boolean {
  const x = (first.x + third.x) / 2;
  const y = (first.y + third.y) / 2;
  return x >= 0 && y >= 0 && x < width && y < height;
}

/** DB's post-processing: a map of probabilities (row-major, `width` x `height`) to boxes in the map's coordinates. */
export function boxesFromMap(
  map: Float32Array,
  width: number,
  height: number,
  options: DetectOptions = {},
): DetectedBox[] {
  const { threshold, boxThreshold, unclipRatio } = { ...defaults, ...options };
  const found: DetectedBox[] = [];
  for (const outline of componentOutlines(map, width, height, threshold)) {
    const core = minimumAreaBox(outline);
    if (shortSide(core) < minimumSide) continue;
    const score = meanInside(map, width, height, core);
    if (score < boxThreshold) continue;
    const box = growBox(core, unclipMargin(core, unclipRatio));
    if (shortSide(box) < minimumSide + 2) continue;
    found.push({ box, score });
  }
  return found;
}

function shortSide(box: Box): number {
  return Math.min(boxWidth(box), boxHeight(box));
}

/** How far the outline moves so that a core shrunk in training is the whole line again: area · ratio / perimeter. */
export function unclipMargin(box: Box, ratio: number): number {
  const perimeter = box.reduce((sum, corner, index) => sum + distance(corner, box[(index + 1) % 4]!), 0);
  return (boxWidth(box) * boxHeight(box) * ratio) / perimeter;
}

/**
 * The connected components (also over corners) of pixels above the threshold, each as the leftmost and rightmost pixel of
 * every one of its rows: that is all its convex hull needs. In the order of their first pixels, row by row.
 */
export function componentOutlines(map: Float32Array, width: number, height: number, threshold: number): Point[][] {
  const seen = new Uint8Array(width * height);
  const outlines: Point[][] = [];
  const stack: number[] = [];
  for (let first = 0; first < seen.length; first++) {
    if (seen[first] || !(map[first]! > threshold)) continue;
    const rows = new Map<number, { left: number; right: number }>();
    seen[first] = 1;
    stack.push(first);
    for (let pixel = stack.pop(); pixel !== undefined; pixel = stack.pop()) {
      const y = Math.floor(pixel / width);
      const x = pixel - y * width;
      const row = rows.get(y);
      if (!row) rows.set(y, { left: x, right: x });
      else if (x < row.left) row.left = x;
      else if (x > row.right) row.right = x;
      for (let nextY = Math.max(0, y - 1); nextY <= Math.min(height - 1, y + 1); nextY++) {
        for (let nextX = Math.max(0, x - 1); nextX <= Math.min(width - 1, x + 1); nextX++) {
          const next = nextY * width + nextX;
          if (seen[next] || !(map[next]! > threshold)) continue;
          seen[next] = 1;
          stack.push(next);
        }
      }
    }
    outlines.push(
      [...rows].flatMap(([y, { left, right }]) => [
        { x: left, y },
        { x: right, y },
      ]),
    );
  }
  return outlines;
}

/** The mean of the map over the pixels inside the box. */
function meanInside(map: Float32Array, width: number, height: number, box: Box): number {
  const within = (value: number, limit: number): number => Math.min(Math.max(value, 0), limit);
  const left = within(Math.floor(Math.min(...box.map(({ x }) => x))), width - 1);
  const right = within(Math.ceil(Math.max(...box.map(({ x }) => x))), width - 1);
  const top = within(Math.floor(Math.min(...box.map(({ y }) => y))), height - 1);
  const bottom = within(Math.ceil(Math.max(...box.map(({ y }) => y))), height - 1);
  let sum = 0;
  let count = 0;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      if (!boxContains(box, { x, y })) continue;
      sum += map[y * width + x]!;
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
}
