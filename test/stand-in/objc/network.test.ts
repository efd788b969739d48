/** Networks through the Objective-C route from one end to the other: compiled, staged, read back, run on the virtual engine. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../../compiler/compile.ts";
import { hostTarget } from "../../../compiler/devices.ts";
import { constant, input, type LazyTensor } from "../../../frontends/graph/index.ts";
import { elementCount, type TensorData } from "../../../ir/tensor-data.ts";
import { normal } from "../../../tools/selftest/values.ts";
import { accumulator, floats, moduleOfText } from "../espresso-fixtures.ts";
import { virtualCompiler } from "./virtual-compiler.ts";
import { ObjcWorld, standInPath, standInProblem } from "./world.ts";

const numbers = ({ data }: TensorData) => [...data].map(Number);

describe.skipIf(standInProblem !== undefined)(`stand-in (${standInProblem ?? "built"})`, () => {
  beforeAll(() => {
    process.env.ANEMONE_APPLE_NEURAL_ENGINE = standInPath;
  });
  afterAll(() => {
    delete process.env.ANEMONE_APPLE_NEURAL_ENGINE;
  });

  test("a network gives what the virtual engine gives, to the bit", async () => {
    const numbersOf = (shape: readonly number[], seed: number) => Float32Array.from(normal(elementCount(shape), seed));
    const x = input("image", [1, 3, 9, 9]);
    const map = x.conv2d(constant(numbersOf([8, 3, 3, 3], 2), [8, 3, 3, 3]), { strides: 2 }).sigmoid();
    const outputs = { map, pooled: map.globalAveragePool2d() };
    const given = { image: { shape: [1, 3, 9, 9], element: "f32", data: numbersOf([1, 3, 9, 9], 1) } as const };
    using reference = await compile(outputs, { device: "ane-virtual", target: "h16g" });
    const wanted = reference.program.run(given);
    using world = new ObjcWorld(virtualCompiler);
    const network = await compile(outputs, { device: "ane", driver: "objc" });
    expect(network.program.device).toContain("AppleNeuralEngine");
    const found = network.program.run(given);
    for (const [name, tensor] of Object.entries(wanted)) expect(numbers(found[name]!)).toEqual(numbers(tensor));
    network.program.dispose();
    expect(world.compiles).toBe(1);
    expect(world.problems()).toEqual([]);
  });

  test("state stays on the engine; the environment names the driver", async () => {
    using world = new ObjcWorld(virtualCompiler);
    process.env.ANEMONE_ANE_DRIVER = "objc";
    try {
      world.setArchitecture("H99");
      const remarks: string[] = [];
      const onEngineRemark = (text: string) => remarks.push(text);
      const { program } = await compile(moduleOfText(accumulator), { device: "ane", onEngineRemark });
      // Where these tests run on a Mac, the chip's own name tells.
      const unknown = "unknown chip, compiling for h16s: the option target names another";
      expect(remarks).toEqual(hostTarget() === undefined ? [unknown] : []);
      const x = floats([1, 3, 4, 4], () => 1);
      expect(program.inputs.map(({ name }) => name)).toEqual(["x"]);
      const last = [1, 2, 3].map(() => numbers(program.run({ x })["y"]!)).at(-1);
      // Weights 0.5, 2 and -1 per channel, three times; below 0 relu gives 0.
      expect(last).toEqual(
        floats([1, 3, 4, 4], (index) => [1.5, 6, 0][Math.floor(index / 16)]!)
          .data.values()
          .toArray(),
      );
      program.dispose();
      expect(world.problems()).toEqual([]);
      process.env.ANEMONE_ANE_DRIVER = "metal";
      await expect(compile(moduleOfText(accumulator), { device: "ane" })).rejects.toThrow(
        "ANEMONE_ANE_DRIVER must be espresso or objc, but is 'metal'",
      );
    } finally {
      delete process.env.ANEMONE_ANE_DRIVER;
    }
  });

  test("the reader behind the stand-in refuses what is not right", async () => {
    using world = new ObjcWorld((folder, file) => virtualCompiler(folder, file.replace("model", "no-model")));
    const outputs: Record<string, LazyTensor> = { y: input("x", [1, 4, 4, 4]).relu() };
    await expect(compile(outputs, { device: "ane", driver: "objc" })).rejects.toThrow(
      /compileWithQoS.*the model is invalid.*there is no such file/,
    );
    expect(world.problems()).toEqual([]);
  });
});
