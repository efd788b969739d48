/** A picture as a network input: shorter side resized, centre crop, values as stated, through the sharp library. */
import sharp from "sharp";
import { DiagnosticError, messageOf } from "../ir/diagnostic-error.ts";
import { type ElementName, setNumber, type TensorData, zeros } from "../ir/tensor-data.ts";

/**
 * Reads a picture for an input of shape [1, 3 or 1, H, W]: it covers H×W, centred. Integer inputs get 0…255, floats 0…1 in
 * RGB order. Networks that want other scaling take a .npy.
 */
export async function readPicture(
  name: string,
  path: string,
  type: { readonly shape: readonly number[]; readonly element: ElementName },
): Promise<TensorData> {
  const [batch, channels, height, width] = type.shape;
  if (
    type.shape.length !== 4 ||
    batch !== 1 ||
    (channels !== 3 && channels !== 1) ||
    height === undefined ||
    width === undefined
  ) {
    throw new DiagnosticError(
      `input '${name}' of shape [${type.shape.join(", ")}] cannot be a picture: that needs [1, 3, H, W] or [1, 1, H, W]`,
    );
  }
  let raw: { readonly data: Buffer; readonly info: { readonly channels: number } };
  try {
    const resized = sharp(path).resize(width, height, { fit: "cover" }).removeAlpha();
    const converted = channels === 1 ? resized.greyscale() : resized.toColourspace("srgb");
    raw = await converted.raw().toBuffer({ resolveWithObject: true });
  } catch (error) {
    throw new DiagnosticError(`is not a readable picture: ${messageOf(error)}`, {
      file: path,
    });
  }
  const tensor = zeros(type.shape, type.element);
  const scale = type.element.startsWith("f") || type.element === "bf16" ? 1 / 255 : 1;
  const stored = raw.info.channels;
  for (let channel = 0; channel < channels; channel++) {
    for (let pixel = 0; pixel < height * width; pixel++) {
      setNumber(
        tensor,
        channel * height * width + pixel,
        raw.data[pixel * stored + Math.min(channel, stored - 1)]! * scale,
      );
    }
  }
  return tensor;
}
