/**
 * Choosing how a nest is walked: which loop runs along vectors, which loops are unrolled into a register tile, and in
 * which order the tiles are visited. Every candidate gets a price in estimated processor cycles, and the cheapest wins;
 * there are no rules for particular ops. The prices are those of a current wide core (two loads and two vector operations a
 * cycle); only their proportions matter.
 *
 * The register tile is what makes a reduction fast: a tile of t × u points needs t + u loads for t · u multiply-adds when
 * each operand varies along one side only, and its accumulators never leave the registers.
 */
import { evictsItself, footprintBytes, orderLoops } from "./loop-order.ts";
import { isIrregular, type Loop, loopStride, mergeLoops, type Nest, type NestAccess, variesWith } from "./nest.ts";
import { segmentsOf } from "./segments.ts";

/** What the schedule is made for. */
export interface VectorTarget {
  /** Bytes of a vector register: 64 (AVX-512), 32 (AVX2), 16 (NEON, WebAssembly). */
  readonly vectorBytes: number;
  /** Vector registers. */
  readonly registers: number;
}

export interface ScheduledLoop extends Loop {
  /** Points (of the vector loop: vectors) computed together in registers. */
  readonly tile: number;
}

export interface Schedule {
  /** Outermost first; all parallel loops before all reduction loops. Dimensions of size 1 are in none. */
  readonly loops: readonly ScheduledLoop[];
  /** Position of the loop that runs along vectors; undefined: everything is scalar. */
  readonly vector: number | undefined;
  /** Elements per vector; 1 without a vector loop. */
  readonly lanes: number;
}

/** Without a reduction there is nothing to gain from more points than hide the latency of a load. */
const mostElementwisePoints = 4;
const tileFactors = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16];
const largestStridedLoad = 4;
/** Narrower vectors are not worth their instructions. */
const smallestVectorBytes = 8;

/** Cycles lost at the start and end of a tile: filling and draining the pipeline, loop control. */
const tileOverhead = { reduction: 12, elementwise: 2 };
/** What one emitted operation costs per run: a stand-in for compile time and instruction cache. */
const codeSizeCost = 4;
/** What a tile reads during its reduction stays in the first cache up to a size; beyond it, it comes from the second. */
const farBytesPerCycle = 10;
const firstCache = { bytes: 32 * 1024, hitBytesPerCycle: 64, missBytesPerCycle: 28 };
/** A chain of dependent additions takes this many cycles per step, however wide the tile. */
const chainLatency = 4;

/** The cheapest schedule for a nest. */
export function chooseSchedule(nest: Nest, target: VectorTarget): Schedule {
  const loops = mergeLoops(nest);
  let best: Candidate | undefined;
  for (const { vector, lanes } of vectorChoices(nest, loops, target)) {
    const found = bestTile(nest, loops, vector, lanes, target);
    if (best === undefined || found.cost < best.cost) best = found;
  }
  if (best === undefined) throw new Error("a nest always has the scalar schedule");
  const { tiles, vector, lanes } = best;
  const order = orderLoops(nest, loops, tiles, vector, lanes);
  const scheduled = order.map((position) => ({ ...loops[position]!, tile: tiles[position]! }));
  return { loops: scheduled, vector: vector === undefined ? undefined : order.indexOf(vector), lanes };
}

/** Everything in its written order, one point at a time. */
export function scalarSchedule(nest: Nest): Schedule {
  const loops = mergeLoops(nest).map((loop) => ({ ...loop, tile: 1 }));
  const parallel = loops.filter((loop) => loop.kind === "parallel");
  const reductions = loops.filter((loop) => loop.kind === "reduction");
  return { loops: [...parallel, ...reductions], vector: undefined, lanes: 1 };
}

interface Candidate {
  readonly cost: number;
  /** Per loop of `mergeLoops`. */
  readonly tiles: readonly number[];
  readonly vector: number | undefined;
  readonly lanes: number;
}

interface VectorChoice {
  readonly vector: number | undefined;
  readonly lanes: number;
}

function vectorChoices(nest: Nest, loops: readonly Loop[], target: VectorTarget): VectorChoice[] {
  const choices: VectorChoice[] = [{ vector: undefined, lanes: 1 }];
  if (!nest.vectorizable) return choices;
  const most = Math.floor(target.vectorBytes / nest.elementBytes);
  for (const [vector, loop] of loops.entries()) {
    if (loop.kind === "reduction" && !nest.combinable) continue;
    for (let lanes = most; lanes >= 2; lanes /= 2) {
      if (lanes * nest.elementBytes < smallestVectorBytes) break;
      const enough = loop.size >= lanes || (loop.size > lanes / 2 && mayOvercompute(nest, loop, lanes - loop.size));
      if (!enough) continue;
      choices.push({ vector, lanes });
      // A narrower vector only helps where the widest one is not filled.
      if (loop.size >= 2 * lanes || loop.size % lanes === 0) break;
    }
  }
  return fewestGathers(nest, loops, choices);
}

/** Choices whose vectors are put together from single elements more often than others' are not worth pricing. */
function fewestGathers(nest: Nest, loops: readonly Loop[], choices: readonly VectorChoice[]): VectorChoice[] {
  const gathers = choices.map(({ vector }) => {
    const loop = vector === undefined ? undefined : loops[vector];
    if (loop === undefined) return Number.POSITIVE_INFINITY;
    return nest.accesses.filter((access) => isGathered(access, loop, loops)).length;
  });
  const fewest = Math.min(...gathers);
  return choices.filter((choice, position) => choice.vector === undefined || gathers[position] === fewest);
}

/** Whether vectors of an access along a loop are put together from (or taken apart into) single elements. */
function isGathered(access: NestAccess, loop: Loop, loops: readonly Loop[]): boolean {
  if (isIrregular(access, loop)) return true;
  const stride = loopStride(access, loop);
  if (!access.write) return stride < -1 || stride > largestStridedLoad;
  return Math.abs(stride) > 1 && !loops.some((other) => isInterleaveLoop(access, other, stride));
}

/**
 * Whether another loop fills the gaps that an operand written with a stride leaves: `y[2 · w + k]`, k = 0, 1. With that loop
 * unrolled, the vectors of all its points are interleaved and written whole.
 */
export function isInterleaveLoop(access: NestAccess, other: Loop, stride: number): boolean {
  if (stride < 2 || stride > largestStridedLoad || other.kind !== "parallel" || other.size !== stride) return false;
  return !isIrregular(access, other) && loopStride(access, other) === 1;
}

/** Whether vectors may cover `excess` points more than a loop has: what they read too much exists, and computing it is harmless. */
export function mayOvercompute(nest: Nest, loop: Loop, excess: number): boolean {
  if (!nest.speculatable) return false;
  return nest.accesses.every((access) => {
    if (access.write || !variesWith(access, loop)) return true;
    return !isIrregular(access, loop) && excess * loopStride(access, loop) * access.elementBytes <= access.slackBytes;
  });
}

/** The cheapest tile factors for a choice of vector loop, by trying all pairs of sides twice. */
function bestTile(
  nest: Nest,
  loops: readonly Loop[],
  vector: number | undefined,
  lanes: number,
  target: VectorTarget,
): Candidate {
  const price = new Price(nest, loops, vector, lanes, target);
  const limits = loops.map((loop, position) => tileLimit(nest, loop, position === vector, lanes, target));
  let tiles = loops.map(() => 1);
  let cost = price.of(tiles);
  const hasReduction = nest.kinds.includes("reduction");
  const mostPoints = hasReduction ? target.registers / Math.max(1, nest.accumulators) : mostElementwisePoints;
  const consider = (candidate: number[]) => {
    const points = candidate.reduce((product, tile) => product * tile, 1);
    if (points > mostPoints && !(points === lanes && transposesBlock(nest, loops, candidate, vector, lanes))) return;
    const candidateCost = price.of(candidate, cost);
    if (candidateCost < cost) {
      cost = candidateCost;
      tiles = candidate;
    }
  };
  const factors = (position: number) => tileFactors.filter((factor) => factor <= limits[position]!);
  const tiled = [...loops.keys()].filter((position) => limits[position]! > 1);
  // A tile of three sides is found in the second round, by changing two sides of the best one of two.
  for (let round = 0; round < 2; round++) {
    const base = tiles;
    for (const [rank, first] of tiled.entries()) {
      for (const factor of factors(first)) {
        consider(base.with(first, factor));
        for (const second of tiled.slice(rank + 1)) {
          for (const other of factors(second)) consider(base.with(first, factor).with(second, other));
        }
      }
    }
  }
  return { cost, tiles, vector, lanes };
}

function tileLimit(nest: Nest, loop: Loop, isVector: boolean, lanes: number, target: VectorTarget): number {
  if (loop.kind === "reduction") {
    // Several partial accumulators along the vectors of a reduction hide the latency of the additions.
    return isVector ? Math.min(4, Math.floor(loop.size / lanes)) : 1;
  }
  const points = isVector ? Math.ceil(loop.size / lanes) : loop.size;
  const perRegister = Math.max(1, nest.accumulators);
  return Math.max(1, Math.min(points, Math.floor(target.registers / perRegister), 16));
}

/** Estimated cycles of a nest for tile factors. */
class Price {
  readonly #nest: Nest;
  readonly #loops: readonly Loop[];
  readonly #vector: number | undefined;
  readonly #lanes: number;
  readonly #registers: number;
  /** Per access: whether it varies with each loop. */
  readonly #varies: readonly (readonly boolean[])[];
  readonly #reductionTrips: number;
  readonly #hasReduction: boolean;

  constructor(nest: Nest, loops: readonly Loop[], vector: number | undefined, lanes: number, target: VectorTarget) {
    this.#nest = nest;
    this.#loops = loops;
    this.#vector = vector;
    this.#lanes = lanes;
    this.#registers = target.registers;
    this.#varies = nest.accesses.map((access) => loops.map((loop) => variesWith(access, loop)));
    const reductions = loops.filter((loop) => loop.kind === "reduction");
    this.#hasReduction = reductions.length > 0;
    this.#reductionTrips = reductions.reduce((trips, loop) => trips * loop.size, 1);
  }

  /** At least the price for these tiles; exact where it is below `limit`. */
  of(tiles: readonly number[], limit = Number.POSITIVE_INFINITY): number {
    const loops = this.#loops;
    const vector = this.#vector;
    const { work, accumulators } = this.#nest;
    let points = 1;
    let reductionTile = 1;
    for (const [position, loop] of loops.entries()) {
      if (loop.kind === "parallel") points *= tiles[position]!;
      else reductionTile *= tiles[position]!;
    }
    const reducesVectors = vector !== undefined && loops[vector]!.kind === "reduction";
    const carried = this.#hasReduction ? points * reductionTile * accumulators : points;

    const longest = longestSide(loops, tiles);
    let startLoads = 0;
    let reduceLoads = 0;
    let finishLoads = 0;
    let liveLoads = 0;
    for (const [position, access] of this.#nest.accesses.entries()) {
      const varies = this.#varies[position]!;
      let count = 1;
      let inReduction = false;
      for (const [loop, each] of loops.entries()) {
        if (!varies[loop]) continue;
        if (each.kind === "reduction") inReduction = true;
        count *= tiles[loop]!;
      }
      const cycles = count * this.#accessCost(access, tiles, reducesVectors);
      if (access.phase === "finish") finishLoads += cycles;
      else if (access.phase === "reduce" && inReduction) {
        reduceLoads += cycles;
        // The tile is walked along its longest side, so what varies along that is needed one element at a time.
        liveLoads += longest !== undefined && varies[longest] ? count / tiles[longest]! : count;
      } else startLoads += cycles;
    }

    const spilled = Math.max(0, carried + liveLoads + 1 - this.#registers);
    const arithmetic = work.reduce * points * reductionTile;
    const step =
      Math.max(
        reduceLoads,
        arithmetic,
        (reduceLoads * 2 + arithmetic * 2 + 4) / 6,
        this.#hasReduction ? chainLatency : 0,
      ) +
      1 +
      spilled;
    const reductionTrips = this.#reductionTrips / (reducesVectors ? this.#lanes * reductionTile : 1);
    const horizontal = reducesVectors ? points * accumulators * (Math.log2(this.#lanes) * 1.5 + reductionTile) : 0;
    const reducing = this.#hasReduction ? step * Math.ceil(reductionTrips) : 0;
    const overhead = this.#hasReduction ? tileOverhead.reduction : tileOverhead.elementwise;
    const around = overhead + horizontal + startLoads + finishLoads + (work.start + work.finish) * points;
    const tileCount = this.#tileCount(tiles);
    const operations = this.#nest.accesses.length + 2 + 2 * (work.start + work.reduce + work.finish);
    const code = operations * points * reductionTile + horizontal;
    const known = (reducing + around) * tileCount + code * codeSizeCost;
    if (!this.#hasReduction || known >= limit) return known;
    return known + Math.max(0, this.#loadingCycles(tiles) - reducing) * tileCount;
  }

  /** Cycles until everything that a tile reads during its reduction has come from the caches. */
  #loadingCycles(tiles: readonly number[]): number {
    const extents = this.#loops.map((loop, position) => {
      if (loop.kind === "reduction") return loop.size;
      return Math.min(loop.size, tiles[position]! * (position === this.#vector ? this.#lanes : 1));
    });
    let footprint = 0;
    let farBytes = 0;
    for (const access of this.#nest.accesses) {
      if (access.phase !== "reduce") continue;
      const bytes = footprintBytes(access, this.#loops, extents);
      if (evictsItself(access, this.#loops, extents)) farBytes += bytes;
      else footprint += bytes;
    }
    const fitsFirst = footprint + farBytes <= firstCache.bytes;
    const near = footprint / (fitsFirst ? firstCache.hitBytesPerCycle : firstCache.missBytesPerCycle);
    return near + farBytes / farBytesPerCycle;
  }

  /** How many tiles cover the parallel loops, the last ones counted in full. */
  #tileCount(tiles: readonly number[]): number {
    let count = 1;
    for (const [position, loop] of this.#loops.entries()) {
      if (loop.kind === "reduction") continue;
      const isVector = position === this.#vector;
      const step = tiles[position]! * (isVector ? this.#lanes : 1);
      if (this.#nest.repeatable || loop.size % step === 0) count *= Math.ceil(loop.size / step);
      else
        count *=
          Math.floor(loop.size / step) + remainderCost(loop.size % step, isVector ? this.#lanes : 1, tiles[position]!);
    }
    return count;
  }

  #accessCost(access: NestAccess, tiles: readonly number[], reducesVectors: boolean): number {
    if (this.#vector === undefined) return 0.5;
    const loop = this.#loops[this.#vector]!;
    const lanes = this.#lanes;
    if (isIrregular(access, loop)) return lanes * 2.5;
    const stride = loopStride(access, loop);
    if (access.write) {
      // After a reduction along the vectors, results are single elements.
      if (stride === 0 || reducesVectors) return 1;
      if (stride === 1) return loop.size < lanes ? 3 : 1;
      const isInterleaved = this.#loops.some(
        (other, position) => isInterleaveLoop(access, other, stride) && tiles[position] === stride,
      );
      if (isInterleaved) return 1 + (stride - 1) * 0.75;
      return lanes * 1.5;
    }
    if (stride === 0 || (reducesVectors && access.phase !== "reduce")) return 0.5;
    const load = this.#loadCost(access);
    if (stride === 1) return load;
    if (stride === -1) return load + 0.75;
    if (stride > 1 && stride <= largestStridedLoad) return stride * load + (stride - 1) * 0.75;
    if (this.#transposing(access, tiles)) return load + Math.log2(lanes) * 0.75;
    return lanes * 1.5;
  }

  /** A vector of a whole cache line that does not begin with one takes two accesses. */
  #loadCost(access: NestAccess): number {
    if (this.#lanes * access.elementBytes < 64) return 0.5;
    const isAligned = this.#loops.every(
      (loop, position) => position === this.#vector || loopStride(access, loop) % this.#lanes === 0,
    );
    return isAligned ? 0.5 : 1;
  }

  /** Whether a block of vectors along another loop can be loaded and transposed in registers. */
  #transposing(access: NestAccess, tiles: readonly number[]): boolean {
    return this.#loops.some(
      (loop, position) => isTransposeLoop(access, loop, tiles[position]!, this.#lanes) && position !== this.#vector,
    );
  }
}

/** Whether a tile is one square block that is transposed in registers; it has as many points as a vector has lanes. */
function transposesBlock(
  nest: Nest,
  loops: readonly Loop[],
  tiles: readonly number[],
  vector: number | undefined,
  lanes: number,
): boolean {
  return nest.accesses.some((access) =>
    loops.some((loop, position) => position !== vector && isTransposeLoop(access, loop, tiles[position]!, lanes)),
  );
}

/** The parallel loop with the largest tile. */
function longestSide(loops: readonly Loop[], tiles: readonly number[]): number | undefined {
  let longest: number | undefined;
  for (const [position, { kind }] of loops.entries()) {
    if (kind === "parallel" && (longest === undefined || tiles[position]! > tiles[longest]!)) longest = position;
  }
  return longest;
}

/** Whether `lanes` neighbouring elements of an operand lie along this loop's tile. */
export function isTransposeLoop(access: NestAccess, loop: Loop, tile: number, lanes: number): boolean {
  return (
    loop.kind === "parallel" &&
    tile === lanes &&
    lanes >= 4 &&
    !isIrregular(access, loop) &&
    loopStride(access, loop) === 1
  );
}

/** The share of a full tile's cost that the rest of a loop costs when it is walked by narrower pieces. */
function remainderCost(rest: number, lanes: number, tile: number): number {
  if (lanes === 1) return 1;
  const segments = segmentsOf(rest, { lanes, tile: 1, repeatable: false, overcompute: false });
  const trips = segments.reduce((sum, { begin, end, step }) => sum + Math.ceil((end - begin) / step), 0);
  return trips / tile;
}
