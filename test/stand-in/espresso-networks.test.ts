/**
 * Networks through `compile` for the device `ane` with the stand-in in Espresso's place, against the virtual engine: MIL text and
 * weights are written, read again, run. By default a small one; all test networks
 * with ANEMONE_LONG_TESTS.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../compiler/compile.ts";
import { describeDevices } from "../../compiler/devices.ts";
import { constant, input } from "../../frontends/graph/index.ts";
import type { EngineArtefact } from "../../runtime/devices/ane/artefact.ts";
import { openOnEngine } from "../../runtime/devices/ane/drivers.ts";
import { difference } from "../testing/compare.ts";
import { missingNetwork, noise, sampleInput, shapesOf, testNetworks } from "../testing/networks.ts";
import { temporaryFolder } from "./espresso-fixtures.ts";
import { openStandIn } from "./opened-espresso.ts";

const { reason, standIn } = openStandIn();
const chosen = process.env.ANEMONE_LONG_TESTS === "1" ? testNetworks : [];

/** A convolution with weights in the weight file, an activation, a pool, a matrix product. */
function smallNetwork() {
  const weights = (shape: readonly number[], seed: number) => constant(noise(shape, seed).data, shape);
  const x = input("x", [1, 3, 8, 8]);
  const features = x
    .conv2d(weights([8, 3, 3, 3], 2), { padding: 1 })
    .relu()
    .maxPool2d({ kernel: 2 })
    .reshape([1, 128]);
  return { y: features.matmul(weights([128, 10], 3)).softmax(1) };
}

describe.skipIf(reason !== undefined)(`the device ane${reason === undefined ? "" : ` (SKIPPED: ${reason})`}`, () => {
  const folder = temporaryFolder();
  const { ANEMONE_ESPRESSO, ANEMONE_CACHE } = process.env;

  beforeAll(() => {
    standIn.connect();
    process.env.ANEMONE_ESPRESSO = standIn.path;
    process.env.ANEMONE_CACHE = folder.path;
  });
  afterAll(() => {
    for (const [name, value] of Object.entries({ ANEMONE_ESPRESSO, ANEMONE_CACHE })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    folder[Symbol.dispose]();
    const mistakes = standIn.audit();
    standIn.reset();
    expect(mistakes).toEqual([]);
  });

  test("a small network gives what the virtual engine gives", async () => {
    const x = noise([1, 3, 8, 8]);
    using engine = await compile(smallNetwork(), { device: "ane" });
    using virtual = await compile(smallNetwork(), { device: "ane-virtual" });
    const [given, wanted] = [engine.program.run({ x }), virtual.program.run({ x })];
    expect(difference(given.y!, wanted.y!, 2e-3)).toBeUndefined();
  });

  for (const network of chosen) {
    const missing = missingNetwork(network);
    const title = `${network.name} gives what the virtual engine gives${missing === undefined ? "" : ` (${missing})`}`;
    test.skipIf(missing !== undefined)(title, async () => {
      const shapes = shapesOf(network);
      const inputs = { [network.input]: await sampleInput(network) };
      using engine = await compile(network.path, { device: "ane", shapes, target: "h16s" });
      expect(engine.device).toBe("ane");
      expect(engine.program.device).toBe("ane (Espresso, h16s)");
      expect(engine.levels.map(({ level }) => level)).toEqual(["tensor", "fused", "ane", "mil"]);
      using virtual = await compile(network.path, { device: "ane-virtual", shapes, target: "h16s" });
      const [given, wanted] = [engine.program.run(inputs), virtual.program.run(inputs)];
      expect(Object.keys(given)).toEqual(Object.keys(wanted));
      for (const [name, tensor] of Object.entries(wanted)) {
        // Apple's compiler, and so the stand-in, fuses anew: sums may be rounded at other places.
        expect([name, difference(given[name]!, tensor, 4e-3)]).toEqual([name, undefined]);
      }
    });
  }

  test("is described by what was found", () => {
    const engine = describeDevices().find(({ name }) => name === "ane");
    expect(engine?.available).toBe(true);
    expect(engine?.summary).toContain("through Espresso");
    expect(engine?.details[0]).toMatch(/named by ANEMONE_ESPRESSO\): (\d+) of \1 known functions$/);
    expect(engine?.details.at(-1)).toMatch(/^compiled programs in .*engine: \d+, [\d.]+ MB$/);
  });

  test("a network description is for the other driver: refused by name, before anything is opened", async () => {
    const f16 = { shape: [1, 4], element: "f16" } as const;
    const [name, weightsPath] = ["bridge", "weights.0"];
    const [inputs, outputs] = [[{ name: "x", buffer: 0 }], [{ name: "y", buffer: 1 }]];
    const artefact: EngineArtefact = {
      name: "network",
      segments: [
        { name, kind: "netplist", text: "<plist/>", weights: new Uint8Array(0), weightsPath, inputs, outputs },
      ],
      buffers: [f16, f16],
      inputs: [{ name: "x", type: f16, buffers: [0] }],
      outputs: [{ name: "y", type: f16, buffer: 1 }],
      states: [],
    };
    const before = standIn.calls;
    await expect(openOnEngine(artefact, { driver: "espresso" })).rejects.toThrow(
      /bridge is a network description.*objc/,
    );
    expect(standIn.calls).toBe(before);
    expect(standIn.audit()).toEqual([]);
  });

  test("`auto` takes it, and says where a network runs elsewhere", async () => {
    const { moduleOfText, scaled } = await import("./espresso-fixtures.ts");
    using onEngine = await compile(moduleOfText(scaled(2)));
    expect(onEngine.device).toBe("ane");
    const remarks: string[] = [];
    const integers = `func.func @main(%x: tensor<4xi32> {anemone.input = "x"}) -> (tensor<4xi32> {anemone.output = "y"}) {
      %0 = tensor.add %x, %x : tensor<4xi32>, tensor<4xi32>
      return %0 : tensor<4xi32>
    }`;
    using onHost = await compile(moduleOfText(integers), { onEngineRemark: (text) => remarks.push(text) });
    expect(onHost.device).toBe("cpu");
    expect(remarks[0]).toMatch(/^module does not run on the engine, but on the CPU: .*the engine computes in f16/);
    await expect(compile(moduleOfText(integers), { device: "ane" })).rejects.toThrow("cannot run on the engine");
    await expect(compile(moduleOfText(scaled(2)), { device: "ane", driver: "objc" })).rejects.toThrow(
      /cannot be run on the engine: objc: /,
    );
  });
});
