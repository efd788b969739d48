/**
 * Cutting a loop into pieces that vectors and tiles fit on. Where a point may be computed twice, the last tile is pulled
 * back to end with the loop (`min(i, size − step)`), and one piece of code serves the whole loop. Where it may
 * not (in-place updates), the rest is walked by narrower vectors and then by single elements.
 */

export interface Segment {
  /** The induction variable runs from `begin` to `end` (excluded) by `step`. */
  readonly begin: number;
  readonly end: number;
  readonly step: number;
  /** The largest start of a tile; smaller than the last value of the induction variable where tiles overlap. */
  readonly last: number;
  /** Points computed together, relative to the start; for vectors, where each starts. */
  readonly offsets: readonly number[];
  readonly lanes: number;
  /** How many lanes count; fewer than `lanes` where the vector is wider than the loop. */
  readonly valid: number;
}

export interface SegmentOptions {
  /** 1 for a loop that does not run along vectors. */
  readonly lanes: number;
  /** Points (or vectors) per tile. */
  readonly tile: number;
  /** Whether points may be computed twice. */
  readonly repeatable: boolean;
  /** Whether lanes beyond the loop's end may be computed and dropped. */
  readonly overcompute: boolean;
}

function multiples(count: number, lanes: number): number[] {
  return Array.from({ length: count }, (_, position) => position * lanes);
}

/** A segment of whole tiles. */
function whole(begin: number, end: number, tile: number, lanes: number): Segment {
  const step = tile * lanes;
  return { begin, end, step, last: end - step, offsets: multiples(tile, lanes), lanes, valid: lanes };
}

/** The pieces of a parallel loop of `size` points, in order. */
export function segmentsOf(size: number, options: SegmentOptions): Segment[] {
  const { lanes, repeatable, overcompute } = options;
  const tile = Math.max(1, Math.min(options.tile, Math.ceil(size / lanes)));
  const step = tile * lanes;
  if (size % step === 0) return [whole(0, size, tile, lanes)];
  if (size < lanes) {
    if (overcompute) return [{ ...whole(0, lanes, 1, lanes), end: size, last: 0, valid: size }];
    return segmentsOf(size, { ...options, lanes: lanes / 2, tile: 1 });
  }
  if (repeatable) {
    if (size < step) {
      const offsets = multiples(tile, lanes).map((offset) => Math.min(offset, size - lanes));
      return [{ begin: 0, end: size, step: size, last: 0, offsets, lanes, valid: lanes }];
    }
    return [{ ...whole(0, size, tile, lanes), last: size - step }];
  }
  const main = size - (size % step);
  const segments = main === 0 ? [] : [whole(0, main, tile, lanes)];
  return [...segments, ...remainder(main, size, lanes)];
}

/** What is left after the whole tiles, by ever narrower vectors. */
function remainder(begin: number, end: number, lanes: number): Segment[] {
  const rest = end - begin;
  if (rest === 0) return [];
  if (lanes === 1) return [{ ...whole(begin, end, rest, 1) }];
  const segments: Segment[] = [];
  let at = begin;
  for (let width = lanes; width >= 4; width /= 2) {
    const count = Math.floor((end - at) / width);
    if (count === 0) continue;
    segments.push(whole(at, at + count * width, 1, width));
    at += count * width;
  }
  if (at < end) segments.push(whole(at, end, 1, 1));
  return segments;
}
