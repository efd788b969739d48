/**
 * Networks through `compile` for the device `ane` with the stand-in in Espresso's place, against the virtual engine: MIL text and
 * weights are written, read again, run. By default a small one; all test networks with ANEMONE_LONG_TESTS.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../compiler/compile.ts";
import { describeDevices } from "../../compiler/devices.ts";
import { findLlvm } from "../../runtime/ffi/llvm-library.ts";
import { difference } from "../testing/compare.ts";
import { missingNetwork, sampleInput, shapesOf, testNetworks } from "../testing/networks.ts";
import { EspressoStandIn } from "./espresso.ts";
import { temporaryFolder } from "./espresso-fixtures.ts";

const opened = EspressoStandIn.open();
const reason =
  typeof opened === "string" ? opened : findLlvm().library === undefined ? "there is no libLLVM" : undefined;
const standIn = typeof opened === "string" ? undefined! : opened;
const shortList = ["MNIST CNN"];
const chosen = testNetworks.filter(({ name }) => process.env.ANEMONE_LONG_TESTS === "1" || shortList.includes(name));

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
