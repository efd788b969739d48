/**
 * SqueezeNet 1.1 sees in photographs what ONNX Runtime sees in them: the same five likeliest classes (in the same order,
 * save where two logits are nearly equal), on every device.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CompiledNetwork, compile } from "../compiler/index.ts";
import type { TensorData } from "../ir/tensor-data.ts";
import { openReference, type ReferenceModel } from "./reference/onnxruntime.ts";
import { shapesOf, sharedData, testNetwork, testRoutes } from "./testing/networks.ts";
import { photograph } from "./testing/pictures.ts";

const network = testNetwork("SqueezeNet 1.1");
/** Logits closer than this may change places. */
const closeLogits = 0.2;

/** Each photograph with a word of what ONNX Runtime takes it for. */
const photographs: { readonly [file: string]: RegExp } = {
  "cat_720p.jpg": /cat/,
  "grace_hopper.bmp": /uniform/,
  "hot_dog.jpg": /hotdog/,
  "parrot.jpg": /macaw/,
};

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
      const input = await photograph(join(sharedData, "images", file));
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
