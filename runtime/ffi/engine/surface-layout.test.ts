/** Tensors in surfaces: the strides of driver-stack A.4, and packing against a copy that is written out element by element. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { forAll } from "../../../test/testing/property.ts";
import {
  checkLayout,
  defaultLayout,
  isDense,
  layoutElements,
  prepareCopy,
  roundUp,
  type SurfaceLayout,
  surfaceBytes,
} from "./surface-layout.ts";

describe("default layouts", () => {
  test("a [1, C, 1, 1] tensor takes 64 bytes per channel", () => {
    expect(defaultLayout([1, 40, 1, 1], 2)).toMatchObject({ rowStride: 64, planeStride: 64, batchStride: 2560 });
  });

  test("a [1, C, 1, 32k] tensor of fp16 is dense", () => {
    expect(isDense(defaultLayout([1, 40, 1, 64], 2))).toBe(true);
    expect(isDense(defaultLayout([1, 40, 1, 33], 2))).toBe(false);
  });

  test("what a compiled program was seen to state: [1, 4, 1, 4] of fp16", () => {
    const { batchStride, depthStride, planeStride, rowStride } = defaultLayout([1, 4, 1, 4], 2);
    expect({ batchStride, depthStride, planeStride, rowStride }).toEqual({
      batchStride: 256,
      depthStride: 256,
      planeStride: 64,
      rowStride: 64,
    });
  });

  test("lower ranks are aligned right; more than five dimensions are refused", () => {
    expect(defaultLayout([3, 7], 2)).toMatchObject({ batches: 1, channels: 1, height: 3, width: 7 });
    expect(defaultLayout([2, 3, 4, 5, 6], 2)).toMatchObject({ batches: 2, channels: 3, depth: 4, height: 5, width: 6 });
    expect(() => defaultLayout([1, 1, 1, 1, 1, 1], 2)).toThrow("at most five dimensions");
  });
});

/** Dimensions, element size, and how much wider each stride is than it must be. */
const layouts = fc
  .tuple(
    fc.tuple(...([2, 4, 3, 4, 20] as const).map((max) => fc.integer({ min: 1, max }))),
    fc.constantFrom(1, 2, 4, 8),
    fc.tuple(...[0, 1, 2, 3].map(() => fc.constantFrom(0, 0, 1, 3))),
    fc.boolean(),
  )
  .map(([[batches, channels, depth, height, width], elementBytes, slack, depthOutside]): SurfaceLayout => {
    const [rowSlack = 0, innerSlack = 0, outerSlack = 0, batchSlack = 0] = slack;
    const rowStride = roundUp(width! * elementBytes, 8) + rowSlack * elementBytes * 8;
    const inner = rowStride * height! + innerSlack * 8;
    const outer = inner * (depthOutside ? channels! : depth!) + outerSlack * 8;
    const batchStride = outer * (depthOutside ? depth! : channels!) + batchSlack * 8;
    return {
      ...{ batches: batches!, channels: channels!, depth: depth!, height: height!, width: width!, elementBytes },
      ...{
        batchStride,
        rowStride,
        depthStride: depthOutside ? outer : inner,
        planeStride: depthOutside ? inner : outer,
      },
    };
  });

/** Offsets of a tensor's elements in its surface, in the order of the dense tensor. */
function offsetsOf(layout: SurfaceLayout): number[] {
  const offsets: number[] = [];
  for (let n = 0; n < layout.batches; n++)
    for (let c = 0; c < layout.channels; c++)
      for (let d = 0; d < layout.depth; d++)
        for (let h = 0; h < layout.height; h++)
          for (let w = 0; w < layout.width; w++)
            offsets.push(
              n * layout.batchStride +
                c * layout.planeStride +
                d * layout.depthStride +
                h * layout.rowStride +
                w * layout.elementBytes,
            );
  return offsets;
}

test("packing puts each element at its place and leaves the rest alone; unpacking reads it back", () => {
  forAll(layouts, 120, (layout) => {
    checkLayout("random", layout);
    const { elementBytes } = layout;
    const dense = Uint8Array.from({ length: layoutElements(layout) * elementBytes }, (_, index) => 1 + (index % 250));
    const surface = new Uint8Array(surfaceBytes(layout)).fill(255);
    const expected = surface.slice();
    for (const [position, offset] of offsetsOf(layout).entries()) {
      expected.set(dense.subarray(position * elementBytes, (position + 1) * elementBytes), offset);
    }
    prepareCopy("surface", dense, surface, layout)();
    expect(Buffer.compare(surface, expected)).toBe(0);
    const back = new Uint8Array(dense.length);
    prepareCopy("tensor", back, surface, layout)();
    expect(Buffer.compare(back, dense)).toBe(0);
    const isSame = offsetsOf(layout).every((offset, position) => offset === position * elementBytes);
    expect(isDense(layout)).toBe(isSame);
  });
});

describe("layouts that cannot be", () => {
  const good = defaultLayout([1, 2, 3, 4], 2);
  test.each([
    [{ rowStride: 6 }, "rows overlap"],
    [{ planeStride: 64 }, "planes overlap"],
    [{ batchStride: 128 }, "a batch is longer than its stride"],
    [{ width: 0 }, "not a positive whole number"],
    [{ rowStride: 65 }, "no multiple of the element's size"],
    [{ elementBytes: 3 }, "1, 2, 4 or 8 bytes"],
  ])("%j", (change, message) => {
    expect(() => checkLayout("port 'x'", { ...good, ...change })).toThrow(message);
  });

  test("memory of the wrong size is refused before anything is copied", () => {
    expect(() => prepareCopy("surface", new Uint8Array(10), new Uint8Array(1000), good)).toThrow("has 10 bytes");
    expect(() => prepareCopy("surface", new Uint8Array(48), new Uint8Array(10), good)).toThrow("has 10 bytes");
  });
});
