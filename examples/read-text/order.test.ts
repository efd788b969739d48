import { describe, expect, it } from "vitest";
import { type Box, mapBox, orderCorners, type Point } from "./boxes.ts";
import { rowsInReadingOrder } from "./order.ts";

interface Item {
  readonly name: string;
  readonly box: Box;
  readonly rotated: boolean;
}

function item(name: string, left: number, top: number, width = 100, height = 20): Item {
  const [right, bottom] = [left + width, top + height];
  const box: Box = [
    { x: left, y: top },
    { x: right, y: top },
    { x: right, y: bottom },
    { x: left, y: bottom },
  ];
  return { name, box, rotated: false };
}

const names = (items: readonly Item[]): string[] =>
  rowsInReadingOrder(items).map((row) => row.map(({ name }) => name).join(" "));

/** Two rows of two, found in no order. */
const page = [item("d", 550, 62), item("b", 550, 8), item("c", 10, 60), item("a", 10, 10)];

/** The page turned clockwise: boxes as the detector would give them, their first corner the upper left one as seen. */
function turned(degrees: number, rotated: boolean): Item[] {
  const [cosine, sine] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const turn = ({ x, y }: Point): Point => ({ x: x * cosine - y * sine, y: x * sine + y * cosine });
  return page.map(({ name, box }) => ({ name, box: orderCorners(mapBox(box, turn)), rotated }));
}

describe("rowsInReadingOrder", () => {
  it("reads rows from top to bottom and each from left to right, whatever the order found", () => {
    expect(names(page)).toEqual(["a b", "c d"]);
    expect(names([])).toEqual([]);
  });

  it("does not take narrowly set lines for one row", () => {
    expect(names([item("b", 10, 22), item("a", 40, 10)])).toEqual(["a", "b"]);
  });

  it.each([
    [8, false],
    [-8, false],
    [90, false],
    [175, true],
    [180, true],
    [270, true],
  ])("reads a page turned by %i degrees", (degrees, rotated) => {
    expect(names(turned(degrees, rotated))).toEqual(["a b", "c d"]);
  });

  it("goes by the longer lines when one short line is taken for rotated", () => {
    const odd = page.map((each) => (each.name === "a" ? { ...each, rotated: true } : each));
    expect(names(odd)).toEqual(["a b", "c d"]);
  });
});
