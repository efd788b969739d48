import { describe, expect, it } from "vitest";
import { boxCentre, boxContains, boxHeight, boxWidth, minimumAreaBox } from "./boxes.ts";
import { boxesFromMap, componentOutlines, detect, detectorInput, unclipMargin } from "./detect.ts";
import { NetworkCache } from "./network.ts";
import type { Picture } from "./picture.ts";

const width = 120;
const height = 80;

/** A map that has `probability` where `inside` says so. */
function paint(map: Float32Array, probability: number, inside: (x: number, y: number) => boolean): Float32Array {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) if (inside(x, y)) map[y * width + x] = probability;
  }
  return map;
}

function rectangle(left: number, top: number, right: number, bottom: number) {
  return (x: number, y: number): boolean => x >= left && x <= right && y >= top && y <= bottom;
}

const emptyMap = (): Float32Array => new Float32Array(width * height);

function whitePicture(pictureWidth: number, pictureHeight: number): Picture {
  const pixels = new Uint8Array(pictureWidth * pictureHeight * 3).fill(255);
  return { width: pictureWidth, height: pictureHeight, pixels };
}

describe("boxesFromMap", () => {
  it("grows a level core by area · ratio / perimeter", () => {
    const map = paint(emptyMap(), 0.9, rectangle(20, 30, 80, 40));
    const [found, ...others] = boxesFromMap(map, width, height, { unclipRatio: 1.5 });
    expect(others).toEqual([]);
    const margin = (60 * 10 * 1.5) / (2 * (60 + 10));
    expect(found!.score).toBeCloseTo(0.9, 6);
    expect(found!.box[0].x).toBeCloseTo(20 - margin, 6);
    expect(found!.box[0].y).toBeCloseTo(30 - margin, 6);
    expect(found!.box[2].x).toBeCloseTo(80 + margin, 6);
    expect(found!.box[2].y).toBeCloseTo(40 + margin, 6);
  });

  it("finds the angle of a slanted core", () => {
    const slope = Math.tan((15 * Math.PI) / 180);
    const map = paint(emptyMap(), 0.8, (x, y) => x >= 10 && x <= 100 && Math.abs(y - 20 - slope * (x - 10)) <= 5);
    const [found] = boxesFromMap(map, width, height);
    const [upperLeft, upperRight] = found!.box;
    const angle = (Math.atan2(upperRight.y - upperLeft.y, upperRight.x - upperLeft.x) * 180) / Math.PI;
    expect(angle).toBeGreaterThan(13);
    expect(angle).toBeLessThan(17);
    expect(boxWidth(found!.box)).toBeGreaterThan(4 * boxHeight(found!.box));
  });

  it("keeps two lines apart and gives them in the order of their first pixels", () => {
    const map = paint(emptyMap(), 0.9, rectangle(10, 50, 60, 58));
    paint(map, 0.9, rectangle(30, 10, 90, 18));
    expect(boxesFromMap(map, width, height).map(({ box }) => Math.round(boxCentre(box).y))).toEqual([14, 54]);
  });

  it("leaves out what is unlikely, thin, or below the threshold", () => {
    const map = paint(emptyMap(), 0.5, rectangle(10, 5, 60, 15)); // mean below the box threshold
    paint(map, 0.95, rectangle(10, 30, 60, 31)); // two pixels thin
    paint(map, 0.25, rectangle(10, 50, 60, 60)); // below the pixel threshold
    expect(boxesFromMap(map, width, height)).toEqual([]);
    expect(boxesFromMap(map, width, height, { boxThreshold: 0.4 })).toHaveLength(1);
  });

  it("takes no box from a map of not-a-number", () => {
    expect(boxesFromMap(emptyMap().fill(Number.NaN), width, height)).toEqual([]);
  });
});

describe("componentOutlines", () => {
  it("joins pixels over corners, and takes each pixel once", () => {
    const map = paint(emptyMap(), 1, (x, y) => x === y && x < 5);
    paint(map, 1, (x, y) => x === 50 && y === 50);
    const outlines = componentOutlines(map, width, height, 0.3);
    expect(outlines.map((outline) => new Set(outline.map(({ x, y }) => `${x},${y}`)).size)).toEqual([5, 1]);
  });

  it("holds the hull of a ring", () => {
    const ring = paint(emptyMap(), 1, rectangle(10, 10, 40, 30));
    paint(ring, 0, rectangle(15, 15, 35, 25));
    const [outline, ...others] = componentOutlines(ring, width, height, 0.3);
    expect(others).toEqual([]);
    const box = minimumAreaBox(outline!);
    expect([boxWidth(box), boxHeight(box)]).toEqual([30, 20]);
  });
});

describe("unclipMargin", () => {
  it("is zero for a box without area", () => {
    expect(
      unclipMargin(
        minimumAreaBox([
          { x: 0, y: 0 },
          { x: 9, y: 0 },
        ]),
        1.5,
      ),
    ).toBe(0);
  });
});

describe("detectorInput", () => {
  it.each([
    [640, 480, [1, 3, 480, 640]],
    [100, 30, [1, 3, 320, 320]],
    [641, 481, [1, 3, 640, 800]],
    [3000, 1000, [1, 3, 320, 960]],
    [5000, 3, [1, 3, 320, 960]],
  ])("puts %i x %i into few shapes", (pictureWidth, pictureHeight, shape) => {
    expect(detectorInput(whitePicture(pictureWidth, pictureHeight)).input.shape).toEqual(shape);
  });

  it("normalises blue, green, red and pads with zero", () => {
    const picture = { width: 2, height: 1, pixels: new Uint8Array([255, 0, 0, 0, 0, 255]) };
    const { input } = detectorInput(picture);
    const plane = 320 * 320;
    expect(input.data[0]).toBeCloseTo(-0.485 / 0.229, 5);
    expect(input.data[1]).toBeCloseTo((1 - 0.485) / 0.229, 5);
    expect(input.data[2 * plane]).toBeCloseTo((1 - 0.406) / 0.225, 5);
    expect(input.data[2]).toBe(0);
    expect(input.data[320]).toBe(0);
  });
});

describe("detect", () => {
  it("gives boxes in the picture's coordinates and none from the padding", async () => {
    const networks = new NetworkCache((_name, shape) => ({
      run: () => {
        const data = new Float32Array(320 * 960);
        for (let y = 100; y <= 120; y++) data.fill(0.9, y * 960 + 200, y * 960 + 400); // in the picture
        for (let y = 260; y <= 280; y++) data.fill(0.9, y * 960 + 200, y * 960 + 400); // below it
        return { map: { shape: [1, 1, shape[2]!, shape[3]!], element: "f32", data } };
      },
    }));
    const found = await detect(whitePicture(1920, 480), networks);
    expect(found).toHaveLength(1);
    const centre = boxCentre(found[0]!.box);
    expect(centre.x).toBeCloseTo(2 * (299.5 + 0.5) - 0.5, 4);
    expect(centre.y).toBeCloseTo(2 * 110.5 - 0.5, 4);
    expect(boxContains(found[0]!.box, { x: 405, y: 205 })).toBe(true);
  });
});
