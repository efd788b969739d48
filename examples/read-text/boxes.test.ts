import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Box,
  boxCentre,
  boxContains,
  boxHeight,
  boxWidth,
  convexHull,
  cropBox,
  drawBoxes,
  growBox,
  mapBox,
  minimumAreaBox,
  type Point,
} from "./boxes.ts";
import type { Picture } from "./picture.ts";

/** A box of the given size around a centre, turned clockwise as seen by `degrees`. */
function turnedBox(centre: Point, width: number, height: number, degrees: number): Box {
  const cosine = Math.cos((degrees * Math.PI) / 180);
  const sine = Math.sin((degrees * Math.PI) / 180);
  const corner = (across: number, down: number): Point => ({
    x: centre.x + (across * width * cosine - down * height * sine) / 2,
    y: centre.y + (across * width * sine + down * height * cosine) / 2,
  });
  return [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)];
}

function expectSameBox(actual: Box, expected: Box): void {
  expected.forEach((corner, index) => {
    expect(actual[index]!.x).toBeCloseTo(corner.x, 6);
    expect(actual[index]!.y).toBeCloseTo(corner.y, 6);
  });
}

/** Red grows by 2 per column, green by 3 per row: bilinear sampling gives it back exactly. */
function gradient(width: number, height: number): Picture {
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) pixels.set([2 * x, 3 * y, 7], (y * width + x) * 3);
  }
  return { width, height, pixels };
}

describe("convexHull", () => {
  it("drops inner points and points on edges", () => {
    const square = [0, 1, 2].flatMap((x) => [0, 1, 2].map((y) => ({ x, y })));
    expect(convexHull(square)).toHaveLength(4);
  });
});

describe("minimumAreaBox", () => {
  it.each([0, 7, -12, 30])("finds a rectangle turned by %i degrees, corners in reading order", (degrees) => {
    const box = turnedBox({ x: 60, y: 50 }, 80, 20, degrees);
    const middles = box.map((corner, index) => boxCentre([corner, corner, box[(index + 1) % 4]!, corner]));
    expectSameBox(minimumAreaBox([...middles, ...box].reverse()), box);
  });

  it("gives a line a rectangle without height, and a point one without size", () => {
    const line = minimumAreaBox([
      { x: 2, y: 5 },
      { x: 9, y: 5 },
      { x: 4, y: 5 },
    ]);
    expect([boxWidth(line), boxHeight(line)].sort()).toEqual([0, 7]);
    expect(boxWidth(minimumAreaBox([{ x: 3, y: 3 }]))).toBe(0);
  });

  it("contains all points and is no larger than the level rectangle", () => {
    const point = fc.record({ x: fc.integer({ min: 0, max: 200 }), y: fc.integer({ min: 0, max: 200 }) });
    fc.assert(
      fc.property(fc.array(point, { minLength: 3, maxLength: 30 }), (points) => {
        const box = minimumAreaBox(points);
        const grown = growBox(box, 1e-6);
        if (boxWidth(box) > 0 && boxHeight(box) > 0)
          expect(points.every((each) => boxContains(grown, each))).toBe(true);
        const span = (values: number[]): number => Math.max(...values) - Math.min(...values);
        const level = span(points.map(({ x }) => x)) * span(points.map(({ y }) => y));
        expect(boxWidth(box) * boxHeight(box)).toBeLessThanOrEqual(level + 1e-6);
      }),
    );
  });
});

describe("growBox", () => {
  it("moves all four sides outwards", () => {
    expectSameBox(growBox(turnedBox({ x: 5, y: 5 }, 40, 10, 15), 3), turnedBox({ x: 5, y: 5 }, 46, 16, 15));
  });
});

describe("cropBox", () => {
  it("lays a turned box level", () => {
    const crop = cropBox(gradient(100, 80), turnedBox({ x: 50, y: 40 }, 40, 10, 20));
    expect([crop.width, crop.height]).toEqual([40, 10]);
    for (const [x, y] of [
      [0, 0],
      [39, 0],
      [20, 5],
      [39, 9],
    ] as const) {
      const [across, down] = [x + 0.5 - 20, y + 0.5 - 5];
      const [cosine, sine] = [Math.cos(Math.PI / 9), Math.sin(Math.PI / 9)];
      const pixel = crop.pixels.slice((y * 40 + x) * 3, (y * 40 + x) * 3 + 3);
      expect(Math.abs(pixel[0]! - 2 * (50 + across * cosine - down * sine))).toBeLessThanOrEqual(0.51);
      expect(Math.abs(pixel[1]! - 3 * (40 + across * sine + down * cosine))).toBeLessThanOrEqual(0.51);
      expect(pixel[2]).toBe(7);
    }
  });

  it("turns a high, narrow box a quarter to the left", () => {
    const crop = cropBox(gradient(100, 80), turnedBox({ x: 50, y: 40 }, 10, 40, 0));
    expect([crop.width, crop.height]).toEqual([40, 10]);
    const [red, green] = crop.pixels; // what was the upper right corner
    expect(red).toBe(2 * 54.5);
    expect(green).toBe(Math.round(3 * 20.5));
  });

  it("goes on with the border outside the picture", () => {
    const crop = cropBox(gradient(20, 20), turnedBox({ x: 0, y: 10 }, 20, 10, 0));
    expect(crop.pixels[0]).toBe(0);
    expect(crop.pixels[19 * 3]).toBe(19);
  });
});

describe("drawBoxes", () => {
  it("draws outlines into a copy and leaves the rest, also over the picture's edge", () => {
    const picture = gradient(40, 40);
    const before = picture.pixels.slice();
    const drawn = drawBoxes(picture, [turnedBox({ x: 20, y: 20 }, 20, 10, 0), turnedBox({ x: 0, y: 0 }, 30, 30, 0)]);
    expect(picture.pixels).toEqual(before);
    const at = (x: number, y: number): number[] => [...drawn.pixels.slice((y * 40 + x) * 3, (y * 40 + x) * 3 + 3)];
    expect(at(20, 15)).toEqual([30, 90, 230]);
    expect(at(20, 25)).toEqual([220, 40, 40]);
    expect(at(20, 20)).toEqual([40, 60, 7]);
  });
});

describe("mapBox", () => {
  it("changes each corner", () => {
    const doubled = mapBox(turnedBox({ x: 5, y: 5 }, 4, 2, 0), ({ x, y }) => ({ x: 2 * x, y: 2 * y }));
    expectSameBox(doubled, turnedBox({ x: 10, y: 10 }, 8, 4, 0));
  });
});
