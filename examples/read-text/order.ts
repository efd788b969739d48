/** The order in which people read found lines: rows from top to bottom, each row from left to right. */
import { type Box, boxCentre, boxHeight, boxWidth } from "./boxes.ts";

/** How far the centres of two boxes of one row may differ, as a part of the lower one's height. */
const rowTolerance = 0.5;

/** Height across the text, whichever way the box lies. */
function textHeight(box: Box): number {
  return Math.min(boxWidth(box), boxHeight(box));
}

/**
 * Sorts into rows, and each row from left to right. A page that stands on its head (`upsideDown`) is read as if turned: from its
 * lower right corner.
 */
export function rowsInReadingOrder<T extends { readonly box: Box }>(items: readonly T[], upsideDown = false): T[][] {
  const sign = upsideDown ? -1 : 1;
  const placed = items.map((item) => {
    const { x, y } = boxCentre(item.box);
    return { item, x: sign * x, y: sign * y, height: textHeight(item.box) };
  });
  placed.sort((left, right) => left.y - right.y || left.x - right.x);
  const rows: (typeof placed)[] = [];
  for (const entry of placed) {
    const row = rows.at(-1);
    const last = row?.at(-1);
    const isSameRow = last && Math.abs(entry.y - last.y) < rowTolerance * Math.min(entry.height, last.height);
    if (row && isSameRow) row.push(entry);
    else rows.push([entry]);
  }
  return rows.map((row) => row.sort((left, right) => left.x - right.x).map(({ item }) => item));
}
