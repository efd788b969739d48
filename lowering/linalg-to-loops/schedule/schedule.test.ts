import { describe, expect, it } from "vitest";
import { orderLoops } from "./loop-order.ts";
import { type IteratorKind, mergeLoops, type Nest, type NestAccess, type Phase } from "./nest.ts";
import { chooseSchedule, type Schedule, scalarSchedule } from "./schedule.ts";

const avx512 = { vectorBytes: 64, registers: 32 };
const neon = { vectorBytes: 16, registers: 32 };

function access(strides: readonly number[], phase: Phase, write = false): NestAccess {
  return { strides, irregular: new Set(), elementBytes: 4, phase, write, slackBytes: 4096 };
}

function nest(
  sizes: readonly number[],
  kinds: string,
  accesses: readonly NestAccess[],
  more: Partial<Nest> = {},
): Nest {
  const hasReduction = kinds.includes("r");
  return {
    sizes,
    kinds: [...kinds].map((kind): IteratorKind => (kind === "p" ? "parallel" : "reduction")),
    accesses,
    indexed: new Set(),
    work: { start: 0, reduce: hasReduction ? 0.5 : 0, finish: 0.5 },
    accumulators: 1,
    combinable: true,
    vectorizable: true,
    repeatable: true,
    speculatable: true,
    elementBytes: 4,
    ...more,
  };
}

function convolution(oc: number, size: number, ic: number, k: number, stride: number): Nest {
  const inner = (size - 1) * stride + k;
  return nest([1, oc, size, size, ic, k, k], "pppprrr", [
    access([0, 0, stride * inner, stride, inner * inner, inner, 1], "reduce"),
    access([0, ic * k * k, 0, 0, k * k, k, 1], "reduce"),
    access([0, size * size, size, 1, 0, 0, 0], "finish", true),
  ]);
}

function matmul(m: number, n: number, k: number, transposed = false): Nest {
  return nest([m, n, k], "ppr", [
    access([k, 0, 1], "reduce"),
    access(transposed ? [0, k, 1] : [0, 1, n], "reduce"),
    access([n, 1, 0], "finish", true),
  ]);
}

function vectorDimensions({ loops, vector }: Schedule): readonly number[] | undefined {
  return vector === undefined ? undefined : loops[vector]?.dimensions;
}

/** Points (of the vector loop: vectors) that a register tile holds. */
function tileSize({ loops }: Schedule): number {
  return loops.reduce((product, { tile }) => product * tile, 1);
}

describe("mergeLoops", () => {
  it("makes one loop of rows and columns where every operand walks them as one", () => {
    expect(mergeLoops(convolution(8, 10, 4, 1, 1)).map(({ dimensions }) => dimensions)).toEqual([[1], [2, 3], [4]]);
  });

  it("keeps them apart where a window or a stride comes between", () => {
    expect(mergeLoops(convolution(8, 10, 4, 3, 1)).map(({ dimensions }) => dimensions)).toEqual([
      [1],
      [2],
      [3],
      [4],
      [5],
      [6],
    ]);
    expect(mergeLoops(convolution(8, 10, 4, 1, 2)).map(({ dimensions }) => dimensions)).toEqual([[1], [2], [3], [4]]);
  });

  it("keeps a dimension whose index is used", () => {
    const moved = nest([4, 5], "pp", [access([5, 1], "finish"), access([5, 1], "finish", true)], {
      indexed: new Set([1]),
    });
    expect(mergeLoops(moved)).toHaveLength(2);
  });

  it("merges reductions only in their written order", () => {
    const sums = (outer: number, inner: number) =>
      nest([3, 4], "rr", [access([outer, inner], "reduce"), access([0, 0], "finish", true)]);
    expect(mergeLoops(sums(4, 1))).toHaveLength(1);
    expect(mergeLoops(sums(1, 3))).toHaveLength(2);
  });
});

describe("chooseSchedule", () => {
  it("runs a convolution along its columns, with a tile of output channels in registers", () => {
    const schedule = chooseSchedule(convolution(64, 56, 16, 3, 1), avx512);
    expect(vectorDimensions(schedule)).toEqual([3]);
    expect(schedule.lanes).toBe(16);
    expect(tileSize(schedule)).toBeGreaterThanOrEqual(16);
    expect(tileSize(schedule)).toBeLessThanOrEqual(30);
    expect(schedule.loops.find(({ dimensions }) => dimensions[0] === 1)?.tile).toBeGreaterThan(1);
  });

  it("runs a matrix product along n, and along k where only k is contiguous", () => {
    expect(vectorDimensions(chooseSchedule(matmul(64, 64, 64), avx512))).toEqual([1]);
    expect(vectorDimensions(chooseSchedule(matmul(64, 64, 512, true), avx512))).toEqual([2]);
  });

  it("keeps the tile within the registers of a target", () => {
    const schedule = chooseSchedule(matmul(64, 64, 64), { vectorBytes: 16, registers: 16 });
    expect(tileSize(schedule)).toBeLessThanOrEqual(15);
    expect(schedule.lanes).toBe(4);
  });

  it("does not vectorise reductions whose order matters", () => {
    const ordered = nest([1, 400], "pr", [access([400, 1], "reduce"), access([1, 0], "finish", true)], {
      combinable: false,
    });
    expect(chooseSchedule(ordered, avx512).vector).toBeUndefined();
  });

  it("takes a vector wider than the loop only where the memory behind it may be read", () => {
    const narrow = (slackBytes: number) => {
      const operands = convolution(32, 13, 16, 3, 1);
      return { ...operands, accesses: operands.accesses.map((each) => ({ ...each, slackBytes })) };
    };
    expect(chooseSchedule(narrow(64), avx512).lanes).toBe(16);
    expect(chooseSchedule(narrow(0), avx512).lanes).toBe(8);
  });

  it("moves a transposition in square blocks", () => {
    const schedule = chooseSchedule(
      nest([256, 512], "pp", [access([512, 1], "finish"), access([1, 256], "finish", true)]),
      neon,
    );
    expect(vectorDimensions(schedule)).toEqual([0]);
    expect(schedule.loops.find(({ dimensions }) => dimensions[0] === 1)?.tile).toBe(schedule.lanes);
  });

  it("falls back to scalars for bodies without a vector form", () => {
    const schedule = chooseSchedule(
      nest([64, 64], "pp", [access([64, 1], "finish"), access([64, 1], "finish", true)], { vectorizable: false }),
      avx512,
    );
    expect(schedule).toMatchObject({ vector: undefined, lanes: 1 });
  });
});

describe("orderLoops", () => {
  it("keeps the larger operand in the cache while the smaller one is streamed", () => {
    // 4096 rows of 64 elements times 64 columns: the second operand fits a cache, the first does not.
    const tall = matmul(4096, 64, 64);
    const loops = mergeLoops(tall);
    const order = orderLoops(tall, loops, [4, 2, 1], 1, 16);
    expect(order.at(-1)).toBe(2);
    expect(order[0]).toBe(0);
  });
});

describe("scalarSchedule", () => {
  it("walks the parallel loops before the reductions", () => {
    const { loops } = scalarSchedule(
      nest([3, 4, 5], "prp", [access([20, 5, 1], "reduce"), access([5, 0, 1], "finish", true)]),
    );
    expect(loops.map(({ kind }) => kind)).toEqual(["parallel", "parallel", "reduction"]);
  });
});
