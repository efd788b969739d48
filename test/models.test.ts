/**
 * Whole networks, compiled for each device of this machine, give what ONNX Runtime gives. On the CPU the border is 1e-4
 * (`difference`); the virtual engine computes in fp16, so each network has its own measured border there.
 */
import { afterAll, describe, expect, test } from "vitest";
import { compile } from "../compiler/index.ts";
import { openReference } from "./reference/onnxruntime.ts";
import { difference, errorBetween } from "./testing/compare.ts";
import {
  missingNetwork,
  noise,
  sampleInput,
  shapesOf,
  type TestNetwork,
  testNetworks,
  testRoutes,
} from "./testing/networks.ts";

/**
 * Greatest error on the virtual engine, max|a-b| / max(1, max|b|), at about twice what was measured on these inputs: fp16 keeps
 * eleven bits, and the error grows with the depth and with the magnitude of what cancels out inside. The detector's
 * probabilities are steepest at the edges of letters, where its 40 convolutions' roundings move a pixel by up to 0.03.
 */
const engineTolerance: { readonly [network: string]: number } = {
  "MNIST CNN": 2.5e-3,
  "ResNet-20": 1.6e-3,
  "YuNet n 320": 1.4e-2,
  "SqueezeNet 1.1": 1.2e-3,
  "text detector": 6e-2,
  "orientation classifier": 5e-3,
  "text recogniser": 1.2e-2,
};

const deviceNames = {
  LLVM: /^cpu \(LLVM \d+/,
  WebAssembly: /^cpu \(WebAssembly/,
  "ane-virtual": /^ane-virtual \((LLVM|WebAssembly)/,
};

const measured: string[] = [];
afterAll(() => console.log(`errors against ONNX Runtime:\n${measured.map((line) => `  ${line}`).join("\n")}`));

async function expected(network: TestNetwork) {
  const model = await openReference(network.path);
  try {
    return await model.run({ [network.input]: await sampleInput(network) });
  } finally {
    await model.close();
  }
}

for (const network of testNetworks) {
  const absent = missingNetwork(network);
  describe.skipIf(absent !== undefined)(absent === undefined ? network.name : `${network.name} (${absent})`, () => {
    for (const { name, options, missing } of testRoutes) {
      test.skipIf(missing !== undefined)(missing === undefined ? name : `${name} (${missing})`, async () => {
        using compiled = await compile(network.path, { ...options, shapes: shapesOf(network) });
        const { program } = compiled;
        expect(compiled.device).toBe(options.device);
        expect(program.device).toMatch(deviceNames[name]);
        const inputs = { [network.input]: await sampleInput(network) };
        const first = program.run(inputs);
        const outputs = await expected(network);
        expect(Object.keys(first).sort()).toEqual(Object.keys(outputs).sort());
        const tolerance = name === "ane-virtual" ? engineTolerance[network.name] : undefined;
        let worst = 0;
        for (const [output, values] of Object.entries(outputs)) {
          expect.soft(difference(first[output]!, values, tolerance), `output "${output}"`).toBeUndefined();
          worst = Math.max(worst, errorBetween(first[output]!, values));
        }
        measured.push(`${network.name} by ${name}: ${worst.toExponential(1)}`);
        expect(program.run(inputs), "a second run gives the same").toEqual(first);
        const other = program.run({ [network.input]: noise(network.shape, 7) });
        expect(other, "other inputs give other outputs").not.toEqual(first);
        expect(compiled.overflows()).toEqual([]);
      });
    }
  });
}
