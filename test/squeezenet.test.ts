/**
 * SqueezeNet 1.1 sees in photographs what ONNX Runtime sees in them: the same five likeliest classes (in the same order,
 * save where two logits are nearly equal), on every device.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CompiledNetwork, compile } from "../compiler/index.ts";
import type { TensorData } from "../ir/tensor-data.ts";
import { openReference, type ReferenceModel } from "./reference/onnxruntime.ts";
import { shapesOf, sharedData, testNetwork, testRoutes } from "./testing/networks.ts";

const network = testNetwork("SqueezeNet 1.1");
const side = 227;
/** Blue, green, red: the network comes from Caffe, which reads pictures in this order. */
const means = [104, 117, 123];
/** Logits closer than this may change places. */
const closeLogits = 0.2;

/** Each photograph with a word of what ONNX Runtime takes it for. */
const photographs: { readonly [file: string]: RegExp } = {
  "cat_720p.jpg": /cat/,
  "grace_hopper.bmp": /uniform/,
  "hot_dog.jpg": /hotdog/,
  "parrot.jpg": /macaw/,
};

/** Uncompressed 24-bit BMP, which sharp does not read, as RGB rows from the top. */
function decodeBmp(bytes: Buffer) {
  const [start, width, height] = [bytes.readUInt32LE(10), bytes.readInt32LE(18), bytes.readInt32LE(22)];
  if (bytes.toString("latin1", 0, 2) !== "BM" || bytes.readUInt16LE(28) !== 24 || height < 0) {
    throw new Error("only 24-bit BMP from the bottom up is read here");
  }
  const stride = Math.ceil((width * 3) / 4) * 4;
  const pixels = Buffer.alloc(width * height * 3);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const from = start + (height - 1 - row) * stride + column * 3;
      const to = (row * width + column) * 3;
      for (let channel = 0; channel < 3; channel++) pixels[to + channel] = bytes[from + 2 - channel]!;
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** Shorter side to 256, the middle of it, blue-green-red less the means. */
async function preprocess(path: string): Promise<TensorData> {
  const picture = path.endsWith(".bmp") ? decodeBmp(readFileSync(path)) : sharp(path).toColourspace("srgb");
  const { data, info } = await picture
    .resize(256, 256, { fit: "outside" })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const [top, left] = [(info.height - side) >> 1, (info.width - side) >> 1];
  const values = new Float32Array(3 * side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const from = ((top + y) * info.width + left + x) * 3;
      for (let channel = 0; channel < 3; channel++) {
        values[(channel * side + y) * side + x] = data[from + 2 - channel]! - means[channel]!;
      }
    }
  }
  return { shape: network.shape, element: "f32", data: values };
}

/** The classes of the greatest logits, greatest first. */
function topClasses(logits: readonly number[], count: number): readonly number[] {
  return logits
    .map((_, index) => index)
    .sort((left, right) => logits[right]! - logits[left]!)
    .slice(0, count);
}

/** At each of the five places stands the expected class, or one whose expected logit is nearly the same. */
function expectSameTop(actual: readonly number[], expected: readonly number[]): void {
  const [found, wanted] = [topClasses(actual, 5), topClasses(expected, 5)];
  for (const [place, index] of wanted.entries()) {
    const other = found[place]!;
    const apart = Math.abs(expected[other]! - expected[index]!);
    expect(apart, `place ${place + 1}: class ${other} instead of ${index}`).toBeLessThanOrEqual(closeLogits);
  }
}

const absent = existsSync(network.path) ? undefined : "SKIPPED: ../shared/data is absent";

describe.skipIf(absent !== undefined)(`SqueezeNet on photographs${absent === undefined ? "" : ` (${absent})`}`, () => {
  const labels = absent ? [] : readFileSync(join(network.path, "../synset_words.txt"), "utf8").trimEnd().split("\n");
  let reference: ReferenceModel;
  const expected = new Map<string, { readonly input: TensorData; readonly logits: readonly number[] }>();

  beforeAll(async () => {
    reference = await openReference(network.path);
    for (const file of Object.keys(photographs)) {
      const input = await preprocess(join(sharedData, "images", file));
      const { output } = await reference.run({ [network.input]: input });
      expected.set(file, { input, logits: Array.from(output!.data, Number) });
    }
  });
  afterAll(() => reference?.close());

  test("the photographs are prepared as the network wants them: ONNX Runtime sees what is in them", () => {
    for (const [file, label] of Object.entries(photographs)) {
      const top = topClasses(expected.get(file)!.logits, 5).map((index) => labels[index]);
      expect(top.join("; "), file).toMatch(label);
    }
  });

  for (const { name, options, missing } of testRoutes) {
    describe.skipIf(missing !== undefined)(missing === undefined ? name : `${name} (${missing})`, () => {
      let compiled: CompiledNetwork;
      beforeAll(async () => {
        compiled = await compile(network.path, { ...options, shapes: shapesOf(network) });
      });
      afterAll(() => compiled?.[Symbol.dispose]());

      test.each(Object.keys(photographs))("%s", (file) => {
        const { input, logits } = expected.get(file)!;
        const { output } = compiled.program.run({ [network.input]: input });
        expectSameTop(Array.from(output!.data, Number), logits);
      });
    });
  }
});
