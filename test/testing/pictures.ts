/**
 * Pictures as the test networks want them: photographs for SqueezeNet, and the small pictures of CIFAR-10 for ResNet-20 with what they
 * show.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import type { TensorData } from "../../ir/tensor-data.ts";
import { sharedData } from "./networks.ts";

/** Sizes of SqueezeNet's input. */
const side = 227;
/** Blue, green, red: the network comes from Caffe, which reads pictures in this order. */
const means = [104, 117, 123];

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
export async function photograph(path: string): Promise<TensorData> {
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
  return { shape: [1, 3, side, side], element: "f32", data: values };
}

/** A picture of 32 by 32 points and the number of its class. */
export interface LabelledPicture {
  readonly label: number;
  readonly input: TensorData;
}

/** Red, green, blue: what ResNet-20 was trained with, ImageNet's statistics. */
const cifarMeans = [0.485, 0.456, 0.406];
const cifarDeviations = [0.229, 0.224, 0.225];
const points = 32 * 32;

/** The first pictures of CIFAR-10's test set (at most 1000), normalised. */
export function cifarPictures(count: number): LabelledPicture[] {
  const bytes = readFileSync(join(sharedData, "datasets/cifar10-test-2000.bin"));
  const record = 1 + 3 * points;
  return Array.from({ length: Math.min(count, Math.floor(bytes.length / record)) }, (_, index) => {
    const start = index * record;
    const values = new Float32Array(3 * points);
    for (let position = 0; position < values.length; position++) {
      const channel = Math.floor(position / points);
      values[position] = (bytes[start + 1 + position]! / 255 - cifarMeans[channel]!) / cifarDeviations[channel]!;
    }
    return { label: bytes[start]!, input: { shape: [1, 3, 32, 32], element: "f32", data: values } };
  });
}
