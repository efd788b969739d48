import { describe, expect, it } from "vitest";
import type { Box } from "./boxes.ts";
import { rowsInReadingOrder } from "./order.ts";

function item(name: string, left: number, top: number, width = 100, height = 20): { name: string; box: Box } {
  const [right, bottom] = [left + width, top + height];
  return {
    name,
    box: [
      { x: left, y: top },
      { x: right, y: top },
      { x: right, y: bottom },
      { x: left, y: bottom },
    ],
  };
}

const names = (rows: readonly (readonly { name: string }[])[]): string[] =>
  rows.map((row) => row.map(({ name }) => name).join(" "));

describe("rowsInReadingOrder", () => {
  it("reads rows from top to bottom and each from left to right, whatever the order found", () => {
    const items = [item("d", 150, 62), item("b", 150, 8), item("c", 10, 60), item("a", 10, 10)];
    expect(names(rowsInReadingOrder(items))).toEqual(["a b", "c d"]);
  });

  it("does not take narrowly set lines for one row", () => {
    expect(names(rowsInReadingOrder([item("b", 10, 22), item("a", 40, 10)]))).toEqual(["a", "b"]);
  });

  it("reads a page that stands on its head from its lower right corner", () => {
    const items = [item("d", 10, 10), item("c", 150, 12), item("b", 10, 60), item("a", 150, 60)];
    expect(names(rowsInReadingOrder(items, true))).toEqual(["a b", "c d"]);
  });
});
