import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Segment, segmentsOf } from "./segments.ts";

/** Every point that the segments compute, in order, and the points that they store. */
function walk(segments: readonly Segment[]): { readonly computed: number[]; readonly stored: number[] } {
  const computed: number[] = [];
  const stored: number[] = [];
  for (const { begin, end, step, last, offsets, lanes, valid } of segments) {
    for (let counter = begin; counter < end; counter += step) {
      const start = Math.min(counter, Math.max(last, begin));
      for (const offset of offsets) {
        for (let lane = 0; lane < lanes; lane++) {
          computed.push(start + offset + lane);
          if (lane < valid) stored.push(start + offset + lane);
        }
      }
    }
  }
  return { computed, stored };
}

const options = fc.record({
  lanes: fc.constantFrom(1, 2, 4, 8, 16),
  tile: fc.integer({ min: 1, max: 8 }),
  repeatable: fc.boolean(),
  overcompute: fc.boolean(),
});

describe("segmentsOf", () => {
  it("stores every point, and none beyond the end", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), options, (size, how) => {
        const { stored } = walk(segmentsOf(size, how));
        expect([...new Set(stored)].sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, point) => point));
      }),
    );
  });

  it("computes each point once where it must not be repeated", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), options, (size, how) => {
        const { stored } = walk(segmentsOf(size, { ...how, repeatable: false, overcompute: false }));
        expect(stored.length).toBe(size);
      }),
    );
  });

  it("computes nothing beyond the end unless that is allowed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), options, (size, how) => {
        const { computed } = walk(segmentsOf(size, { ...how, overcompute: false }));
        expect(Math.max(...computed)).toBeLessThan(size);
      }),
    );
  });

  it("needs one piece of code for a loop that may be repeated", () => {
    expect(segmentsOf(100, { lanes: 16, tile: 2, repeatable: true, overcompute: false })).toEqual([
      { begin: 0, end: 100, step: 32, last: 68, offsets: [0, 16], lanes: 16, valid: 16 },
    ]);
  });

  it("pulls the last vector of a single tile back", () => {
    const [only] = segmentsOf(55, { lanes: 16, tile: 4, repeatable: true, overcompute: false });
    expect(only?.offsets).toEqual([0, 16, 32, 39]);
  });

  it("walks the rest by narrower vectors where points must not be repeated", () => {
    const segments = segmentsOf(61, { lanes: 16, tile: 2, repeatable: false, overcompute: false });
    expect(segments.map(({ begin, end, lanes }) => [begin, end, lanes])).toEqual([
      [0, 32, 16],
      [32, 48, 16],
      [48, 56, 8],
      [56, 60, 4],
      [60, 61, 1],
    ]);
  });
});
