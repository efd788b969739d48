/** The order in which people read found lines: rows from top to bottom, each row from left to right. */
import { alongText, type Box, boxCentre, boxHeight, type Point } from "./boxes.ts";

/** How far the centres of two boxes of one row may differ, as a part of the lower one's height. */
const rowTolerance = 0.5;

interface Placed {
  readonly box: Box;
  /** Whether the text stands on its head in the box. */
  readonly rotated: boolean;
}

/** The way the page's text runs, as a unit vector: the mean of its lines, longer ones counting more. */
function readingDirection(lines: readonly Placed[]): Point {
  let [x, y] = [0, 0];
  for (const { box, rotated } of lines) {
    const [from, to] = alongText(box);
    const sign = rotated ? -1 : 1;
    x += sign * (to.x - from.x);
    y += sign * (to.y - from.y);
  }
  const length = Math.hypot(x, y);
  return length === 0 ? { x: 1, y: 0 } : { x: x / length, y: y / length };
}

/** Sorts into rows, and each row along the text; a page that lies askew, on its side or on its head is read as if put level. */
export function rowsInReadingOrder<T extends Placed>(lines: readonly T[]): T[][] {
  const direction = readingDirection(lines);
  const placed = lines.map((line) => {
    const { x, y } = boxCentre(line.box);
    const along = x * direction.x + y * direction.y;
    const down = y * direction.x - x * direction.y;
    return { line, along, down, height: boxHeight(alongText(line.box)) };
  });
  placed.sort((left, right) => left.down - right.down || left.along - right.along);
  const rows: (typeof placed)[] = [];
  for (const entry of placed) {
    const row = rows.at(-1);
    const last = row?.at(-1);
    const isSameRow = last && Math.abs(entry.down - last.down) < rowTolerance * Math.min(entry.height, last.height);
    if (row && isSameRow) row.push(entry);
    else rows.push([entry]);
  }
  return rows.map((row) => row.sort((left, right) => left.along - right.along).map(({ line }) => line));
}
