/**
 * Geometry of text boxes: rotated rectangles around points, growing them, cutting them out of a picture, drawing them.
 * Coordinates are pixels, x to the right and y down; (0, 0) is the centre of the upper left pixel.
 */
import type { Picture } from "./picture.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle at any angle: its corners clockwise as seen, from the one that is the upper left one when read level. */
export type Box = readonly [Point, Point, Point, Point];

export function distance(from: Point, to: Point): number {
  return Math.hypot(to.x - from.x, to.y - from.y);
}

/** The mean of the two edges along the text. */
export function boxWidth([upperLeft, upperRight, lowerRight, lowerLeft]: Box): number {
  return (distance(upperLeft, upperRight) + distance(lowerLeft, lowerRight)) / 2;
}

/** The mean of the two edges across the text. */
export function boxHeight([upperLeft, upperRight, lowerRight, lowerLeft]: Box): number {
  return (distance(upperLeft, lowerLeft) + distance(upperRight, lowerRight)) / 2;
}

export function mapBox(box: Box, change: (point: Point) => Point): Box {
  return [change(box[0]), change(box[1]), change(box[2]), change(box[3])];
}

export function boxCentre(box: Box): Point {
  const [first, , third] = box;
  return { x: (first.x + third.x) / 2, y: (first.y + third.y) / 2 };
}

/** Twice the signed area of the triangle: positive when the turn from a over b to c is clockwise as seen. */
function turn(a: Point, b: Point, c: Point): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

/** The convex hull without points on its edges (Andrew's monotone chain); fewer than three points when they lie on a line. */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((left, right) => left.x - right.x || left.y - right.y);
  if (sorted.length < 3) return sorted;
  const chain = (ordered: readonly Point[]): Point[] => {
    const hull: Point[] = [];
    for (const point of ordered) {
      while (hull.length >= 2 && turn(hull.at(-2)!, hull.at(-1)!, point) <= 0) hull.pop();
      hull.push(point);
    }
    hull.pop();
    return hull;
  };
  return [...chain(sorted), ...chain(sorted.reverse())];
}

/**
 * The rectangle of least area around points: one of its edges lies on an edge of the hull (rotating calipers' theorem), so
 * each hull edge is tried. Of equal areas the first found stays. Points on a line give a rectangle without height.
 */
export function minimumAreaBox(points: readonly Point[]): Box {
  const hull = convexHull(points);
  let best: { area: number; corners: Box } | undefined;
  for (let index = 0; index < hull.length; index++) {
    const start = hull[index]!;
    const end = hull[(index + 1) % hull.length]!;
    const length = distance(start, end);
    if (length === 0) continue;
    const along = { x: (end.x - start.x) / length, y: (end.y - start.y) / length };
    let [low, high, deep] = [0, 0, 0];
    for (const point of hull) {
      const offset = { x: point.x - start.x, y: point.y - start.y };
      const position = offset.x * along.x + offset.y * along.y;
      low = Math.min(low, position);
      high = Math.max(high, position);
      deep = Math.max(deep, offset.y * along.x - offset.x * along.y);
    }
    const area = (high - low) * deep;
    if (best && area >= best.area - 1e-9) continue;
    const corner = (position: number, depth: number): Point => ({
      x: start.x + along.x * position - along.y * depth,
      y: start.y + along.y * position + along.x * depth,
    });
    best = { area, corners: [corner(low, 0), corner(high, 0), corner(high, deep), corner(low, deep)] };
  }
  const single = hull[0];
  if (best) return orderCorners(best.corners);
  if (!single) throw new Error("minimumAreaBox needs at least one point");
  return [single, single, single, single];
}

/** Corners in reading order: of the two left ones the upper first, then clockwise (PaddleOCR's `get_mini_boxes`). */
export function orderCorners(corners: Box): Box {
  const byX = [...corners].sort((left, right) => left.x - right.x || left.y - right.y);
  const byY = (left: Point, right: Point) => left.y - right.y;
  const [upperLeft, lowerLeft] = byX.slice(0, 2).sort(byY);
  const [upperRight, lowerRight] = byX.slice(2).sort(byY);
  return [upperLeft!, upperRight!, lowerRight!, lowerLeft!];
}

/** The rectangle moved outwards by `margin` on all four sides: what a round-cornered offset polygon's rectangle is. */
export function growBox(box: Box, margin: number): Box {
  const direction = (from: Point, to: Point): Point => {
    const length = distance(from, to) || 1;
    return { x: ((to.x - from.x) / length) * margin, y: ((to.y - from.y) / length) * margin };
  };
  const [upperLeft, upperRight, lowerRight, lowerLeft] = box;
  const right = direction(upperLeft, upperRight);
  // A rectangle without height still has a direction across: a quarter turn clockwise from `right`.
  const down = distance(upperLeft, lowerLeft) > 0 ? direction(upperLeft, lowerLeft) : { x: -right.y, y: right.x };
  const move = (point: Point, alongRight: number, alongDown: number): Point => ({
    x: point.x + alongRight * right.x + alongDown * down.x,
    y: point.y + alongRight * right.y + alongDown * down.y,
  });
  return [move(upperLeft, -1, -1), move(upperRight, 1, -1), move(lowerRight, 1, 1), move(lowerLeft, -1, 1)];
}

/** Whether the point lies in the box or on its edge. */
export function boxContains(box: Box, point: Point): boolean {
  return box.every((corner, index) => turn(corner, box[(index + 1) % 4]!, point) >= -1e-9);
}

/** Height over width from which a box is taken for a line that runs from top to bottom (PaddleOCR). */
const uprightRatio = 1.5;

/** The box with its first edge along the text: a box much higher than wide holds a line that runs from top to bottom. */
export function alongText(box: Box): Box {
  const [upperLeft, upperRight, lowerRight, lowerLeft] = box;
  const isUpright = boxHeight(box) >= boxWidth(box) * uprightRatio;
  return isUpright ? [upperRight, lowerRight, lowerLeft, upperLeft] : box;
}

/**
 * Cuts a box out of a picture and lays its text level (perhaps upside down: the classifier's matter), by bilinear sampling; outside
 * the picture its border goes on.
 */
export function cropBox(picture: Picture, box: Box): Picture {
  const level = alongText(box);
  const [origin, acrossEnd, , downEnd] = level;
  const width = Math.max(1, Math.round(boxWidth(level)));
  const height = Math.max(1, Math.round(boxHeight(level)));
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const across = (x + 0.5) / width;
      const down = (y + 0.5) / height;
      const sourceX = origin.x + across * (acrossEnd.x - origin.x) + down * (downEnd.x - origin.x);
      const sourceY = origin.y + across * (acrossEnd.y - origin.y) + down * (downEnd.y - origin.y);
      sample(picture, sourceX, sourceY, pixels, (y * width + x) * 3);
    }
  }
  return { width, height, pixels };
}

/** Writes the picture's colour at a position between pixels, interpolated, to `target[offset…offset+2]`. */
function sample({ width, height, pixels }: Picture, x: number, y: number, target: Uint8Array, offset: number): void {
  const clampedX = Math.min(Math.max(x, 0), width - 1);
  const clampedY = Math.min(Math.max(y, 0), height - 1);
  const left = Math.floor(clampedX);
  const top = Math.floor(clampedY);
  const right = Math.min(left + 1, width - 1);
  const bottom = Math.min(top + 1, height - 1);
  const fractionX = clampedX - left;
  const fractionY = clampedY - top;
  for (let channel = 0; channel < 3; channel++) {
    const at = (column: number, row: number): number => pixels[(row * width + column) * 3 + channel]!;
    const upper = at(left, top) * (1 - fractionX) + at(right, top) * fractionX;
    const lower = at(left, bottom) * (1 - fractionX) + at(right, bottom) * fractionX;
    target[offset + channel] = Math.round(upper * (1 - fractionY) + lower * fractionY);
  }
}

/** A copy of the picture with the boxes' outlines drawn in, two pixels wide; the upper edge of the text gets its own colour. */
export function drawBoxes(picture: Picture, boxes: readonly Box[]): Picture {
  const copy = { ...picture, pixels: picture.pixels.slice() };
  for (const box of boxes) {
    for (let index = 0; index < 4; index++) {
      drawEdge(copy, box[index]!, box[(index + 1) % 4]!, index === 0 ? [30, 90, 230] : [220, 40, 40]);
    }
  }
  return copy;
}

function drawEdge({ width, height, pixels }: Picture, from: Point, to: Point, colour: readonly number[]): void {
  const steps = Math.max(1, Math.ceil(distance(from, to) * 2));
  for (let step = 0; step <= steps; step++) {
    const x = Math.round(from.x + ((to.x - from.x) * step) / steps);
    const y = Math.round(from.y + ((to.y - from.y) * step) / steps);
    for (const [column, row] of [
      [x, y],
      [x + 1, y],
      [x, y + 1],
      [x + 1, y + 1],
    ] as const) {
      if (column >= 0 && row >= 0 && column < width && row < height) pixels.set(colour, (row * width + column) * 3);
    }
  }
}
