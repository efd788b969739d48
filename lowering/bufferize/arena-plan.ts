/**
 * The memory plan: where each intermediate buffer lies in the one arena of a program. All sizes and life times are known
 * when compiling, so this is offline packing: buffers that live at the same time must not overlap, and the arena should be
 * small. Large buffers are placed first, each into the tightest gap that its already placed contemporaries leave
 * (the greedy-by-size rule, which stays within a few percent of the lower bound on networks).
 */

/** One buffer: its size and the first and last position (both included) of the program at which it holds data. */
export interface BufferLife {
  readonly bytes: number;
  readonly start: number;
  readonly end: number;
}

export interface ArenaPlan {
  /** Byte offset per buffer, in the order of the request; multiples of the alignment. */
  readonly offsets: readonly number[];
  /** The arena's size in bytes; a multiple of the alignment. */
  readonly bytes: number;
}

/** Cache lines, and the widest vectors, are 64 bytes. */
export const arenaAlignment = 64;

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

/** Whether two buffers hold data at a common position. */
export function livesOverlap(a: BufferLife, b: BufferLife): boolean {
  return a.start <= b.end && b.start <= a.end;
}

/** Places buffers so that no two that live at a common position share a byte. */
export function planArena(buffers: readonly BufferLife[], alignment = arenaAlignment): ArenaPlan {
  for (const { bytes, start, end } of buffers) {
    if (!(bytes >= 0) || !(end >= start))
      throw new Error(`a buffer of ${bytes} bytes cannot live from ${start} to ${end}`);
  }
  const order = [...buffers.keys()].sort((a, b) => {
    const [first, second] = [buffers[a]!, buffers[b]!];
    return second.bytes - first.bytes || first.start - second.start || a - b;
  });
  const offsets = new Array<number>(buffers.length).fill(0);
  /** Placed buffers by rising offset. */
  const placed: number[] = [];
  let total = 0;
  for (const position of order) {
    const buffer = buffers[position]!;
    if (buffer.bytes === 0) continue;
    const offset = tightestGap(buffer, placed, buffers, offsets, alignment);
    offsets[position] = offset;
    const at = placed.findIndex((other) => offsets[other]! > offset);
    placed.splice(at < 0 ? placed.length : at, 0, position);
    total = Math.max(total, offset + buffer.bytes);
  }
  return { offsets, bytes: roundUp(total, alignment) };
}

function tightestGap(
  buffer: BufferLife,
  placed: readonly number[],
  buffers: readonly BufferLife[],
  offsets: readonly number[],
  alignment: number,
): number {
  let best: number | undefined;
  let bestSlack = Number.POSITIVE_INFINITY;
  let cursor = 0;
  for (const other of placed) {
    const neighbour = buffers[other]!;
    if (!livesOverlap(buffer, neighbour)) continue;
    const begin = offsets[other]!;
    const slack = begin - cursor - buffer.bytes;
    if (slack >= 0 && slack < bestSlack) {
      best = cursor;
      bestSlack = slack;
    }
    cursor = Math.max(cursor, roundUp(begin + neighbour.bytes, alignment));
  }
  return best ?? cursor;
}

/** The largest number of bytes that live at one position: no plan can be smaller. */
export function arenaLowerBound(buffers: readonly BufferLife[]): number {
  const changes = buffers.flatMap(({ bytes, start, end }) => [
    { at: start, bytes },
    { at: end + 1, bytes: -bytes },
  ]);
  changes.sort((a, b) => a.at - b.at || a.bytes - b.bytes);
  let live = 0;
  let largest = 0;
  for (const change of changes) {
    live += change.bytes;
    largest = Math.max(largest, live);
  }
  return largest;
}
