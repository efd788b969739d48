/**
 * The order in which the tiles of a nest are visited. Operands are touched again and again while the outer loops turn; the
 * order decides whether they are still in a cache then. For each order of the parallel loops, the bytes that must come
 * from the second level and from beyond it are estimated from the operands' footprints, and the cheapest order wins.
 */
import { type Loop, loopStride, type Nest, type NestAccess, variesWith } from "./nest.ts";

/** Shares of typical caches that one nest can count on, and the cycles that a byte from behind them costs. */
const caches = [
  { bytes: 32 * 1024, cyclesPerByte: 1 / 48 },
  { bytes: 640 * 1024, cyclesPerByte: 1 / 16 },
] as const;

const cacheLine = 64;
/** Beyond this many loops only the written order and its rotations are compared. */
const exhaustiveLoops = 5;

/** Positions of `loops`, outermost first: parallel loops in the cheapest order, then the reductions as written. */
export function orderLoops(
  nest: Nest,
  loops: readonly Loop[],
  tiles: readonly number[],
  vector: number | undefined,
  lanes: number,
): number[] {
  const parallel: number[] = [];
  const reductions: number[] = [];
  for (const [position, loop] of loops.entries()) (loop.kind === "parallel" ? parallel : reductions).push(position);
  const extents = loops.map((loop, position) =>
    loop.kind === "reduction" ? loop.size : Math.min(loop.size, tiles[position]! * (position === vector ? lanes : 1)),
  );
  const turning = parallel.filter((position) => extents[position]! < loops[position]!.size);
  const still = parallel.filter((position) => extents[position] === loops[position]!.size);
  let best: readonly number[] = turning;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const order of candidateOrders(turning)) {
    const cost = trafficCost(nest, loops, order, extents);
    if (cost < bestCost) {
      best = order;
      bestCost = cost;
    }
  }
  return [...best, ...still, ...reductions];
}

/** Orders to compare; the written one first, so that it wins ties. */
function candidateOrders(loops: readonly number[]): readonly (readonly number[])[] {
  if (loops.length <= exhaustiveLoops) return permutations(loops);
  return loops.map((_, start) => [...loops.slice(start), ...loops.slice(0, start)]);
}

function permutations(items: readonly number[]): readonly (readonly number[])[] {
  if (items.length <= 1) return [items];
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}

/** Estimated cycles that `order` (outermost first) waits for data. `tileExtents`: points of each loop within one tile. */
function trafficCost(
  nest: Nest,
  loops: readonly Loop[],
  order: readonly number[],
  tileExtents: readonly number[],
): number {
  let total = 0;
  for (const { bytes, cyclesPerByte } of caches) {
    // Find how many of the innermost loops turn before their data outgrow the cache.
    const extents = [...tileExtents];
    let outer = order.length;
    while (outer > 0) {
      const next = order[outer - 1]!;
      const grown = extents.with(next, loops[next]!.size);
      const footprint = nest.accesses.reduce((sum, access) => sum + footprintBytes(access, loops, grown), 0);
      if (footprint > bytes) break;
      extents[next] = loops[next]!.size;
      outer--;
    }
    for (const access of nest.accesses) {
      // What is written is read before and written back later.
      const transfers = access.write ? 2 : 1;
      total += refetched(access, loops, order, outer, extents, tileExtents) * transfers * cyclesPerByte;
    }
  }
  return total;
}

/** Bytes fetched into the cache for one operand when the loops inside `order[outer…]` stay within the cache. */
function refetched(
  access: NestAccess,
  loops: readonly Loop[],
  order: readonly number[],
  outer: number,
  extents: readonly number[],
  tileExtents: readonly number[],
): number {
  let remaining = outer;
  // The first loop that no longer fits still keeps the operands that do not vary with it.
  if (remaining > 0 && !variesWith(access, loops[order[remaining - 1]!]!)) remaining--;
  let trips = 1;
  for (const position of order.slice(0, remaining)) trips *= loops[position]!.size / tileExtents[position]!;
  return footprintBytes(access, loops, extents) * trips;
}

/** Bytes of memory, in whole cache lines, that an operand touches over `extents` points per loop. */
export function footprintBytes(access: NestAccess, loops: readonly Loop[], extents: readonly number[]): number {
  // Steps of one size reach over each other: a window of 3 moved 4 times touches 6 elements.
  const steps = new Map<number, number>();
  for (const [position, loop] of loops.entries()) {
    const extent = extents[position]!;
    if (extent <= 1 || !variesWith(access, loop)) continue;
    const stride = Math.max(1, Math.abs(loopStride(access, loop)));
    steps.set(stride, (steps.get(stride) ?? 1) + extent - 1);
  }
  // Elements that lie in a row, and how many such rows there are.
  let run = 1;
  let runs = 1;
  let isAligned = true;
  for (const [stride, extent] of [...steps].sort(([a], [b]) => a - b)) {
    if (runs === 1 && stride <= run) run += stride * (extent - 1);
    else {
      runs *= extent;
      isAligned &&= (stride * access.elementBytes) % cacheLine === 0;
    }
  }
  const bytes = run * access.elementBytes;
  const lines = isAligned ? Math.ceil(bytes / cacheLine) : bytes / cacheLine + 1;
  return runs * lines * cacheLine;
}

/** A usual second cache: 1 MiB in 1024 sets, of which one operand can count on 12 ways. */
const secondCache = { sets: 1024, ways: 12 };

/**
 * Whether the rows that an operand is read in during a reduction fall on so few sets of the second cache that they push each other
 * out: rows 12 KiB apart meet in every 16th set. What was read then comes from far away each time it is read again.
 */
export function evictsItself(access: NestAccess, loops: readonly Loop[], extents: readonly number[]): boolean {
  let run = 1;
  for (const [position, loop] of loops.entries()) {
    if (loop.kind === "parallel" && loopStride(access, loop) === 1) run = Math.max(run, extents[position]!);
  }
  const linesPerRow = Math.ceil((run * access.elementBytes) / cacheLine);
  return loops.some((loop, position) => {
    if (loop.kind !== "reduction") return false;
    const step = (Math.abs(loopStride(access, loop)) * access.elementBytes) / cacheLine;
    if (step <= linesPerRow || !Number.isInteger(step)) return false;
    const shared = greatestCommonDivisor(step, secondCache.sets);
    const lines = (secondCache.sets / shared) * Math.min(linesPerRow, shared) * secondCache.ways;
    return extents[position]! * linesPerRow > lines;
  });
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
