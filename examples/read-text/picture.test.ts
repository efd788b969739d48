import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadPicture, type Picture, resize, savePicture, toTensor, turnAround } from "./picture.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pictures-"));
});
afterAll(() => rm(folder, { recursive: true }));

const small: Picture = {
  width: 3,
  height: 2,
  pixels: new Uint8Array([255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30, 40, 50, 60, 70, 80, 90]),
};

function encoder(): Sharp {
  return sharp(small.pixels, { raw: { width: 3, height: 2, channels: 3 } });
}

describe("loadPicture and savePicture", () => {
  it("give a PNG back as it was", async () => {
    const path = join(folder, "made/here/small.png");
    await savePicture(path, small);
    expect(await loadPicture(path)).toEqual(small);
    expect(await readdir(join(folder, "made/here"))).toEqual(["small.png"]);
  });

  it("read grey, palette and 16-bit pictures as 8-bit RGB, and put transparent ones on white", async () => {
    const grey = join(folder, "grey.png");
    await encoder().greyscale().png().toFile(grey);
    const { pixels } = await loadPicture(grey);
    expect(pixels).toHaveLength(18);
    expect(pixels[0]).toBe(pixels[1]);
    const deep = join(folder, "deep.png");
    await encoder().toColourspace("rgb16").png().toFile(deep);
    expect(await loadPicture(deep)).toEqual(small);
    const palette = join(folder, "palette.png");
    await encoder().png({ palette: true }).toFile(palette);
    expect((await loadPicture(palette)).width).toBe(3);
    const clear = join(folder, "clear.png");
    await encoder().ensureAlpha(0).png().toFile(clear);
    expect([...(await loadPicture(clear)).pixels]).toEqual(Array(18).fill(255));
  });

  it("turn a JPEG as its orientation says", async () => {
    const path = join(folder, "turned.jpg");
    await encoder().jpeg().withMetadata({ orientation: 6 }).toFile(path);
    const { width, height } = await loadPicture(path);
    expect([width, height]).toEqual([2, 3]);
  });

  it.each([
    ["missing.png", undefined, "no such file"],
    ["empty.png", "", "the file is empty"],
    ["text.png", "not a picture at all", "not a readable PNG or JPEG picture"],
    [
      "vector.png",
      '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>',
      "in the format 'svg', expected PNG or JPEG",
    ],
  ])("refuse %s with its path and the reason", async (name, content, reason) => {
    const path = join(folder, name);
    if (content !== undefined) await writeFile(path, content);
    const message = await loadPicture(path).then(
      () => "",
      (error: Error) => error.message,
    );
    expect(message.startsWith(`${path}: error: `)).toBe(true);
    expect(message).toContain(reason);
  });

  it.each(["png", "jpeg"] as const)("refuse a truncated %s", async (format) => {
    const noise = new Uint8Array(64 * 64 * 3).map((_, index) => (index * 7919) % 251);
    const bytes = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .toFormat(format)
      .toBuffer();
    const path = join(folder, `truncated.${format}`);
    await writeFile(path, bytes.subarray(0, bytes.length / 2));
    await expect(loadPicture(path)).rejects.toThrow(`${path}: error: the picture is damaged`);
  });

  it("refuse a folder, and an unknown extension when writing", async () => {
    await expect(loadPicture(folder)).rejects.toThrow("this is a folder");
    await expect(savePicture(join(folder, "small.gif"), small)).rejects.toThrow("extension '.gif'");
  });
});

describe("resize", () => {
  it("keeps a picture of one colour, and the mean when it shrinks", () => {
    const plain = { width: 7, height: 5, pixels: new Uint8Array(105).fill(99) };
    expect(new Set(resize(plain, 11, 3).pixels)).toEqual(new Set([99]));
    const stripes = { width: 64, height: 1, pixels: new Uint8Array(192).map((_, i) => (Math.floor(i / 3) % 2) * 200) };
    for (const value of resize(stripes, 16, 1).pixels) expect(Math.abs(value - 100)).toBeLessThanOrEqual(13);
  });

  it("interpolates between pixel centres when it enlarges", () => {
    const two = { width: 2, height: 1, pixels: new Uint8Array([0, 0, 0, 200, 200, 200]) };
    expect([...resize(two, 4, 1).pixels].filter((_, index) => index % 3 === 0)).toEqual([0, 50, 150, 200]);
  });
});

describe("turnAround", () => {
  it("reverses the pixels, and twice gives the picture back", () => {
    expect([...turnAround(small).pixels.slice(0, 3)]).toEqual([70, 80, 90]);
    expect(turnAround(turnAround(small))).toEqual(small);
  });
});

describe("toTensor", () => {
  it("orders planes blue, green, red and fills up with zero", () => {
    const { shape, data } = toTensor(small, { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] }, 3, 4);
    expect(shape).toEqual([1, 3, 3, 4]);
    expect([...data.slice(0, 4)]).toEqual([-1, -1, 1, 0]); // blue
    expect([...data.slice(24, 28)]).toEqual([1, -1, -1, 0]); // red
    expect([...data.slice(8, 12)]).toEqual([0, 0, 0, 0]);
  });
});
