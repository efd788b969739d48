/**
 * Pictures as plain RGB bytes: reading and writing files (the `sharp` library decodes and encodes), resizing, and the step
 * from bytes to the normalised tensor that a network takes.
 */
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, extname } from "node:path";
import sharp from "sharp";
import type { TensorData } from "../../ir/tensor-data.ts";

/** 8-bit RGB, row by row, three bytes per pixel. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** A picture that cannot be read or written; the message is a whole diagnostic, `PATH: error: …`. */
export class PictureError extends Error {
  override readonly name = "PictureError";

  constructor(path: string, reason: string) {
    super(`${path}: error: ${reason}`);
  }
}

/** The largest picture read, in pixels: more is refused before it is decoded. */
const maximumPixels = 100_000_000;

const formats = new Set(["png", "jpeg"]);

/**
 * Reads a PNG or JPEG as it is to be looked at: turned as its EXIF orientation says, transparent parts on white.
 * @throws PictureError when the file is missing, no PNG or JPEG, damaged, or larger than 100 megapixels.
 */
export async function loadPicture(path: string): Promise<Picture> {
  const bytes = await readBytes(path);
  if (bytes.length === 0) throw new PictureError(path, "the file is empty, expected a PNG or JPEG picture");
  const image = sharp(bytes, { failOn: "error", limitInputPixels: maximumPixels });
  const { format, width, height } = await image.metadata().catch((error: unknown) => {
    throw new PictureError(path, `not a readable PNG or JPEG picture (${firstLine(error)})`);
  });
  if (!formats.has(format))
    throw new PictureError(path, `the picture is in the format '${format}', expected PNG or JPEG`);
  if (width * height > maximumPixels) {
    throw new PictureError(path, `the picture has ${width}x${height} pixels, at most ${maximumPixels} can be read`);
  }
  try {
    const upright = image.autoOrient().flatten({ background: "#ffffff" }).toColourspace("srgb");
    const { data, info } = await upright.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, pixels: toRgb(data, info.channels) };
  } catch (error) {
    throw new PictureError(path, `the picture is damaged (${firstLine(error)})`);
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") throw new PictureError(path, "no such file");
    if (code === "EISDIR") throw new PictureError(path, "this is a folder, expected a PNG or JPEG picture");
    throw new PictureError(path, `cannot be read (${firstLine(error)})`);
  }
}

/** A plain array of three channels; grey pictures come with one. */
function toRgb(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return new Uint8Array(data);
  const rgb = new Uint8Array((data.length / channels) * 3);
  for (let pixel = 0; pixel * 3 < rgb.length; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      rgb[pixel * 3 + channel] = data[pixel * channels + (channels >= 3 ? channel : 0)]!;
    }
  }
  return rgb;
}

/**
 * Writes a picture, as JPEG for `.jpg`/`.jpeg` and as PNG for `.png`; folders are made, and the file appears whole or not at all.
 * @throws PictureError for another extension, or when the file cannot be written.
 */
export async function savePicture(path: string, picture: Picture): Promise<void> {
  const { width, height, pixels } = picture;
  const image = sharp(pixels, { raw: { width, height, channels: 3 } });
  const extension = extname(path).toLowerCase();
  if (![".png", ".jpg", ".jpeg"].includes(extension)) {
    throw new PictureError(path, `cannot write a picture with the extension '${extension}', use .png or .jpg`);
  }
  const encoded = extension === ".png" ? image.png() : image.jpeg({ quality: 92 });
  const partial = `${path}.partial`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await encoded.toFile(partial);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw new PictureError(path, `cannot be written (${firstLine(error)})`);
  }
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n", 1)[0]!.trim();
}

/** For each target position: the first source position and the weights of it and those that follow. */
interface Taps {
  readonly first: Int32Array;
  readonly weights: readonly Float64Array[];
}

/** A triangle filter: plain linear interpolation when enlarging, widened when shrinking so that no stroke is lost. */
function triangleTaps(from: number, to: number): Taps {
  const scale = from / to;
  const radius = Math.max(1, scale);
  const first = new Int32Array(to);
  const weights: Float64Array[] = [];
  for (let target = 0; target < to; target++) {
    const centre = (target + 0.5) * scale - 0.5;
    const low = Math.max(0, Math.ceil(centre - radius));
    const high = Math.min(from - 1, Math.floor(centre + radius));
    const row = new Float64Array(high - low + 1);
    let sum = 0;
    for (let source = low; source <= high; source++) {
      const weight = Math.max(0, 1 - Math.abs(source - centre) / radius);
      row[source - low] = weight;
      sum += weight;
    }
    first[target] = low;
    weights.push(row.map((weight) => weight / sum));
  }
  return { first, weights };
}

/** Resizes to exactly `width` x `height`, first along rows, then along columns. */
export function resize(picture: Picture, width: number, height: number): Picture {
  if (width === picture.width && height === picture.height) return picture;
  const { pixels } = picture;
  const across = triangleTaps(picture.width, width);
  const narrow = new Float32Array(width * picture.height * 3);
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < width; x++) {
      const weights = across.weights[x]!;
      const source = (y * picture.width + across.first[x]!) * 3;
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let tap = 0; tap < weights.length; tap++) sum += weights[tap]! * pixels[source + tap * 3 + channel]!;
        narrow[(y * width + x) * 3 + channel] = sum;
      }
    }
  }
  const down = triangleTaps(picture.height, height);
  const stride = width * 3;
  const resized = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const weights = down.weights[y]!;
    const source = down.first[y]! * stride;
    for (let column = 0; column < stride; column++) {
      let sum = 0;
      for (let tap = 0; tap < weights.length; tap++) sum += weights[tap]! * narrow[source + tap * stride + column]!;
      resized[y * stride + column] = Math.round(sum);
    }
  }
  return { width, height, pixels: resized };
}

/** Turns a picture by 180°. */
export function turnAround(picture: Picture): Picture {
  const { width, height, pixels } = picture;
  const turned = new Uint8Array(pixels.length);
  for (let pixel = 0, last = width * height - 1; pixel <= last; pixel++) {
    for (let channel = 0; channel < 3; channel++) turned[(last - pixel) * 3 + channel] = pixels[pixel * 3 + channel]!;
  }
  return { width, height, pixels: turned };
}

/** Mean and standard deviation per channel, in the order blue, green, red, of values scaled to 0…1. */
export interface Normalisation {
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/**
 * A network's input, f32 [1, 3, `height`, `width`]: the picture in the upper left corner, normalised, in blue-green-red order
 * (PaddleOCR's), and zero elsewhere. The picture must not be larger than the tensor.
 */
export function toTensor(
  picture: Picture,
  { mean, deviation }: Normalisation,
  height: number,
  width: number,
): TensorData {
  const data = new Float32Array(3 * height * width);
  for (let channel = 0; channel < 3; channel++) {
    const scale = 1 / (255 * deviation[channel]!);
    const shift = mean[channel]! / deviation[channel]!;
    for (let y = 0; y < picture.height; y++) {
      const target = (channel * height + y) * width;
      const source = y * picture.width * 3 + 2 - channel;
      for (let x = 0; x < picture.width; x++) data[target + x] = picture.pixels[source + x * 3]! * scale - shift;
    }
  }
  return { shape: [1, 3, height, width], element: "f32", data };
}
