/** Differences between two texts by line, as a unified diff (Myers, "An O(ND) difference algorithm", in linear space). */

const contextLines = 3;

/** A stretch of lines: the same in both, or only in one. */
interface Edit {
  readonly kind: " " | "-" | "+";
  readonly line: string;
}

/** The unified diff of two texts under the two names; empty where they are equal. */
export function unifiedDiff(
  before: string,
  after: string,
  names: { readonly before: string; readonly after: string },
): string {
  if (before === after) return "";
  const edits = diffLines(linesOf(before), linesOf(after));
  return `--- ${names.before}\n+++ ${names.after}\n${hunks(edits)}`;
}

function linesOf(text: string): string[] {
  if (text === "") return [];
  return (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
}

function diffLines(before: readonly string[], after: readonly string[]): Edit[] {
  const edits: Edit[] = [];
  // Equal lines are found faster as numbers.
  const numbers = new Map<string, number>();
  const numberOf = (line: string) => {
    let number = numbers.get(line);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(line, number);
    }
    return number;
  };
  const a = Int32Array.from(before, numberOf);
  const b = Int32Array.from(after, numberOf);
  const pending: [number, number, number, number][] = [[0, a.length, 0, b.length]];
  for (let range = pending.pop(); range !== undefined; range = pending.pop()) {
    let [aStart, aEnd, bStart, bEnd] = range;
    while (aStart < aEnd && bStart < bEnd && a[aStart] === b[bStart]) {
      edits.push({ kind: " ", line: before[aStart]! });
      aStart++;
      bStart++;
    }
    let tail = 0;
    while (aStart < aEnd - tail && bStart < bEnd - tail && a[aEnd - 1 - tail] === b[bEnd - 1 - tail]) tail++;
    if (tail > 0) {
      // What is equal at the end comes after what is in between.
      pending.push([aEnd - tail, aEnd, bEnd - tail, bEnd]);
      aEnd -= tail;
      bEnd -= tail;
      if (aStart < aEnd || bStart < bEnd) pending.push([aStart, aEnd, bStart, bEnd]);
      continue;
    }
    if (aStart === aEnd || bStart === bEnd) {
      for (let at = aStart; at < aEnd; at++) edits.push({ kind: "-", line: before[at]! });
      for (let at = bStart; at < bEnd; at++) edits.push({ kind: "+", line: after[at]! });
      continue;
    }
    const [aMiddle, bMiddle] = middle(a, aStart, aEnd, b, bStart, bEnd);
    pending.push([aMiddle, aEnd, bMiddle, bEnd], [aStart, aMiddle, bStart, bMiddle]);
  }
  return removedFirst(edits);
}

/** In each stretch of changes what is removed comes before what is added, as people read it. */
function removedFirst(edits: readonly Edit[]): Edit[] {
  const ordered: Edit[] = [];
  let added: Edit[] = [];
  for (const edit of edits) {
    if (edit.kind === "+") {
      added.push(edit);
      continue;
    }
    if (edit.kind === " ") {
      ordered.push(...added);
      added = [];
    }
    ordered.push(edit);
  }
  return [...ordered, ...added];
}

/** A point in the middle of a shortest way from one range to the other; both ranges start and end with different lines. */
function middle(
  a: Int32Array,
  aStart: number,
  aEnd: number,
  b: Int32Array,
  bStart: number,
  bEnd: number,
): readonly [number, number] {
  const aLength = aEnd - aStart;
  const bLength = bEnd - bStart;
  const delta = aLength - bLength;
  const most = Math.ceil((aLength + bLength) / 2);
  const offset = most + 1;
  const forward = new Int32Array(2 * most + 3).fill(-1);
  const backward = new Int32Array(2 * most + 3).fill(-1);
  forward[offset + 1] = 0;
  backward[offset + 1] = 0;
  for (let distance = 0; distance <= most; distance++) {
    for (let diagonal = -distance; diagonal <= distance; diagonal += 2) {
      const down =
        diagonal === -distance ||
        (diagonal !== distance && forward[offset + diagonal - 1]! < forward[offset + diagonal + 1]!);
      let x = down ? forward[offset + diagonal + 1]! : forward[offset + diagonal - 1]! + 1;
      let y = x - diagonal;
      while (x < aLength && y < bLength && a[aStart + x] === b[bStart + y]) {
        x++;
        y++;
      }
      forward[offset + diagonal] = x;
      const mirrored = delta - diagonal;
      if (delta % 2 !== 0 && Math.abs(mirrored) <= distance - 1 && x + backward[offset + mirrored]! >= aLength)
        return [aStart + Math.min(x, aLength), bStart + Math.min(Math.max(y, 0), bLength)];
    }
    for (let diagonal = -distance; diagonal <= distance; diagonal += 2) {
      const down =
        diagonal === -distance ||
        (diagonal !== distance && backward[offset + diagonal - 1]! < backward[offset + diagonal + 1]!);
      let x = down ? backward[offset + diagonal + 1]! : backward[offset + diagonal - 1]! + 1;
      let y = x - diagonal;
      while (x < aLength && y < bLength && a[aEnd - 1 - x] === b[bEnd - 1 - y]) {
        x++;
        y++;
      }
      backward[offset + diagonal] = x;
      const mirrored = delta - diagonal;
      if (delta % 2 === 0 && Math.abs(mirrored) <= distance && x + forward[offset + mirrored]! >= aLength)
        return [aEnd - Math.min(x, aLength), bEnd - Math.min(Math.max(y, 0), bLength)];
    }
  }
  throw new Error("two texts have no difference of finite length");
}

/** Changes with three lines around each; neighbours share a hunk. */
function hunks(edits: readonly Edit[]): string {
  let text = "";
  let oldLine = 1;
  let newLine = 1;
  for (let start = 0; start < edits.length; ) {
    const firstChange = findChange(edits, start);
    if (firstChange < 0) break;
    const from = Math.max(start, firstChange - contextLines);
    oldLine += from - start;
    newLine += from - start;
    let last = firstChange;
    for (let next = findChange(edits, last + 1); next >= 0 && next - last <= 2 * contextLines + 1; ) {
      last = next;
      next = findChange(edits, last + 1);
    }
    const to = Math.min(edits.length, last + 1 + contextLines);
    const hunk = edits.slice(from, to);
    const oldCount = hunk.filter(({ kind }) => kind !== "+").length;
    const newCount = hunk.filter(({ kind }) => kind !== "-").length;
    text += `@@ -${rangeText(oldLine, oldCount)} +${rangeText(newLine, newCount)} @@\n`;
    for (const { kind, line } of hunk) text += `${kind}${line}\n`;
    oldLine += oldCount;
    newLine += newCount;
    start = to;
  }
  return text;
}

function findChange(edits: readonly Edit[], from: number): number {
  for (let at = from; at < edits.length; at++) if (edits[at]!.kind !== " ") return at;
  return -1;
}

/** A range that is empty is said to stand behind the line before it. */
function rangeText(line: number, count: number): string {
  if (count === 1) return String(line);
  return `${count === 0 ? line - 1 : line},${count}`;
}
