/** Whole networks through the importer and the reference semantics, compared with ONNX Runtime on the same inputs. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { arith } from "../dialects/arith/index.ts";
import { builtin } from "../dialects/builtin/index.ts";
import { func, functionsOf } from "../dialects/func/index.ts";
import { tensor } from "../dialects/tensor/index.ts";
import { modelPath } from "../examples/read-text/models.ts";
import { importOnnx, modelInterface } from "../frontends/onnx/import.ts";
import { readOnnxModel } from "../frontends/onnx/protobuf.ts";
import { Context } from "../ir/context.ts";
import { evaluateFunction } from "../ir/evaluate.ts";
import { nameOf, placeOf } from "../ir/location.ts";
import { elementCount, type TensorData } from "../ir/tensor-data.ts";
import { openReference, type ReferenceModel } from "./reference/onnxruntime.ts";
import { difference } from "./testing/compare.ts";

const context = new Context([builtin, func, arith, tensor]);
const shared = resolve(import.meta.dirname, "../../shared/data/models");

interface Network {
  readonly path: string;
  /** The shape of the only input. */
  readonly shape: readonly number[];
}

const yunet = (size: "n" | "s", side: "320_320" | "640_640" | "dynamic", shape: readonly number[]): Network => ({
  path: join(shared, `yunet/yunet_${size}_${side}.onnx`),
  shape,
});

/** What the reference semantics run in a second or two. */
const networks: { readonly [name: string]: Network } = {
  "text detector": { path: modelPath("detector"), shape: [1, 3, 64, 96] },
  "text detector, two pictures": { path: modelPath("detector"), shape: [2, 3, 32, 32] },
  "orientation classifier": { path: modelPath("classifier"), shape: [1, 3, 48, 192] },
  "text recogniser": { path: modelPath("recogniser"), shape: [1, 3, 48, 80] },
  "MNIST CNN": { path: join(shared, "mnist/mnist.onnx"), shape: [1, 1, 28, 28] },
  "ResNet-20": { path: join(shared, "resnet20-cifar10/resnet20-cifar10.onnx"), shape: [2, 3, 32, 32] },
  "SqueezeNet 1.1": { path: join(shared, "squeezenet1_1/squeezenet1_1-imagenet-caffe.onnx"), shape: [1, 3, 227, 227] },
  "YuNet n, any size": yunet("n", "dynamic", [1, 3, 64, 96]),
  "YuNet s, any size": yunet("s", "dynamic", [1, 3, 96, 64]),
  "YuNet n, 320": yunet("n", "320_320", [1, 3, 320, 320]),
  "YuNet s, 320": yunet("s", "320_320", [1, 3, 320, 320]),
};

/** Numbers in [-1, 1) that are the same each time. */
function noise(shape: readonly number[], seed = 1): TensorData {
  let state = seed;
  const data = new Float32Array(elementCount(shape));
  for (let index = 0; index < data.length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[index] = state / 2 ** 31 - 1;
  }
  return { shape, element: "f32", data };
}

const opened: ReferenceModel[] = [];
afterAll(async () => {
  for (const model of opened) await model.close();
});

async function reference(path: string): Promise<ReferenceModel> {
  const model = await openReference(path);
  opened.push(model);
  return model;
}

describe("networks give what ONNX Runtime gives (skipped where ../shared/data/models is absent)", () => {
  for (const [name, { path, shape }] of Object.entries(networks)) {
    test.skipIf(!existsSync(path))(name, async () => {
      const model = readOnnxModel(path);
      const { inputs, outputs } = modelInterface(model);
      const input = noise(shape);
      const module = importOnnx(model, { context, shapes: { [inputs[0]!.name]: shape } });
      const main = functionsOf(module).get("main")!;
      const results = evaluateFunction(main, [input], context);
      const expected = await (await reference(path)).run({ [inputs[0]!.name]: input });
      expect(results.length).toBe(outputs.length);
      for (const [position, { name: output }] of outputs.entries()) {
        expect(difference(results[position]!, expected[output]!), `output "${output}"`).toBeUndefined();
      }
    });
  }

  const vad = join(shared, "silero-vad/silero_vad_op18_ifless.onnx");
  test.skipIf(!existsSync(vad))("Silero VAD: a fixed rate takes one branch, an open one computes both", async () => {
    const model = readOnnxModel(vad);
    const rate: TensorData = { shape: [], element: "i64", data: BigInt64Array.of(16000n) };
    const [sound, state] = [noise([1, 576]), noise([2, 1, 128], 2)];
    const expected = await (await reference(vad)).run({ input: sound, sr: rate, state });
    const fixed = importOnnx(model, { context, shapes: { input: [1, 576] }, constants: { sr: rate } });
    const open = importOnnx(model, { context, shapes: { input: [1, 576] } });
    const [one, both] = [fixed, open].map((module) => functionsOf(module).get("main")!);
    const results = [
      evaluateFunction(one!, [sound, state], context),
      evaluateFunction(both!, [sound, rate, state], context),
    ];
    for (const [output, stateAfter] of results) {
      expect(difference(output!, expected.output!)).toBeUndefined();
      expect(difference(stateAfter!, expected.stateN!)).toBeUndefined();
    }
  });
});

describe("what the import keeps (skipped where ../shared/data/models is absent)", () => {
  const { path } = networks["ResNet-20"]!;
  test.skipIf(!existsSync(path))("reference output of ResNet-20 on its recorded input", () => {
    const floats = (file: string) =>
      new Float32Array(Uint8Array.from(readFileSync(join(shared, "resnet20-cifar10", file))).buffer);
    const [input, output] = [floats("resnet20-cifar10.input.f32"), floats("resnet20-cifar10.output.f32")];
    const batch = output.length / 10;
    const module = importOnnx(readOnnxModel(path), { context, shapes: { input: [batch, 3, 32, 32] } });
    const [result] = evaluateFunction(
      functionsOf(module).get("main")!,
      [{ shape: [batch, 3, 32, 32], element: "f32", data: input }],
      context,
    );
    expect(difference(result!, { shape: [batch, 10], element: "f32", data: output })).toBeUndefined();
  });

  test("names and places, with constant subgraphs folded", () => {
    const model = readOnnxModel(modelPath("classifier"));
    const module = importOnnx(model, { context, shapes: { x: [1, 3, 48, 192] } });
    const main = functionsOf(module).get("main")!;
    expect(main.arg_attrs?.map(String)).toEqual(['{anemone.input = "x"}']);
    expect(main.res_attrs?.map(String)).toEqual(['{anemone.output = "softmax_0.tmp_0"}']);
    const convolutions = main.body.onlyBlock.operations.filter(({ name }) => name === "tensor.conv2d");
    const names = new Set(model.graph.nodes.map((node) => node.name || node.outputs[0]));
    for (const { location } of convolutions) {
      expect(names).toContain(nameOf(location));
      expect(placeOf(location).file).toBe(model.file);
    }
    const count = main.body.onlyBlock.operations.filter(({ name }) => name.startsWith("tensor.")).length;
    expect(count, "Constant, Shape and what they feed are folded").toBeLessThan(model.graph.nodes.length / 2);
  });
});
