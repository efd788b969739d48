import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arenaAlignment, arenaLowerBound, type BufferLife, livesOverlap, planArena } from "./arena-plan.ts";

const buffer = fc
  .record({ bytes: fc.integer({ min: 1, max: 5000 }), start: fc.nat(40), length: fc.nat(12) })
  .map(({ bytes, start, length }): BufferLife => ({ bytes, start, end: start + length }));

describe("planArena", () => {
  it("never lets buffers that live together overlap", () => {
    fc.assert(
      fc.property(fc.array(buffer, { maxLength: 40 }), (buffers) => {
        const { offsets, bytes } = planArena(buffers);
        for (const [a, first] of buffers.entries()) {
          expect(offsets[a]! % arenaAlignment).toBe(0);
          expect(offsets[a]! + first.bytes).toBeLessThanOrEqual(bytes);
          for (const [b, second] of buffers.entries()) {
            if (a === b || !livesOverlap(first, second)) continue;
            const apart = offsets[a]! + first.bytes <= offsets[b]! || offsets[b]! + second.bytes <= offsets[a]!;
            expect(apart).toBe(true);
          }
        }
      }),
    );
  });

  it("lies between the lower bound and the sum of all sizes", () => {
    fc.assert(
      fc.property(fc.array(buffer, { minLength: 1, maxLength: 40 }), (buffers) => {
        const { bytes } = planArena(buffers);
        const sum = buffers.reduce((total, each) => total + Math.ceil(each.bytes / 64) * 64, 0);
        expect(bytes).toBeGreaterThanOrEqual(arenaLowerBound(buffers));
        expect(bytes).toBeLessThanOrEqual(sum);
      }),
    );
  });

  it("reuses the memory of a chain: two buffers of the largest size are enough", () => {
    const chain = Array.from({ length: 10 }, (_, position) => ({ bytes: 1024, start: position, end: position + 1 }));
    expect(planArena(chain).bytes).toBe(2048);
  });

  it("takes the tightest gap", () => {
    const plan = planArena([
      { bytes: 4096, start: 0, end: 0 },
      { bytes: 2048, start: 0, end: 9 },
      { bytes: 512, start: 0, end: 0 },
      { bytes: 1024, start: 0, end: 9 },
      { bytes: 448, start: 5, end: 9 },
    ]);
    expect(plan.offsets).toEqual([0, 4096, 7168, 6144, 0]);
    expect(plan.bytes).toBe(7680);
  });

  it("refuses a life that ends before it starts", () => {
    expect(() => planArena([{ bytes: 8, start: 3, end: 2 }])).toThrow("cannot live from 3 to 2");
  });
});
