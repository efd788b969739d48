/**
 * A voice detector that carries a state from frame to frame: the ONNX model of Silero VAD compiled for the host, against ONNX
 * Runtime on the same sound. Its body is the branch of an `If` on the sample rate: a known rate leaves one branch, an open one
 * both.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { compile, defaultContext } from "../compiler/index.ts";
import { importOnnx } from "../frontends/onnx/import.ts";
import { readOnnxModel } from "../frontends/onnx/protobuf.ts";
import type { Operation } from "../ir/operation.ts";
import type { TensorData } from "../ir/tensor-data.ts";
import { openReference, type ReferenceModel } from "./reference/onnxruntime.ts";
import { difference } from "./testing/compare.ts";
import { longTests, sharedData, testRoutes } from "./testing/networks.ts";
import { soundFrames, speechLike } from "./testing/speech.ts";

const path = join(sharedData, "models/silero-vad/silero_vad_op18_ifless.onnx");
const missing = existsSync(path) ? undefined : `SKIPPED: ${path} is absent`;

const opened: ReferenceModel[] = [];
afterAll(async () => {
  for (const model of opened) await model.close();
});

/** Samples per frame and before it, by the rates that the model knows. */
const rates = [
  { rate: 16000, size: 512, context: 64 },
  { rate: 8000, size: 256, context: 32 },
] as const;

const noState = (): TensorData => ({ shape: [2, 1, 128], element: "f32", data: new Float32Array(256) });
const rateInput = (rate: number): TensorData => ({ shape: [], element: "i64", data: BigInt64Array.of(BigInt(rate)) });
const soundInput = (data: Float32Array<ArrayBuffer>): TensorData => ({ shape: [1, data.length], element: "f32", data });

type Run = (inputs: Readonly<Record<string, TensorData>>) => Promise<Record<string, TensorData>>;

/** What a detector says of each frame, and its state behind the last one. Each run feeds its own state back. */
async function listen(run: Run, sound: Float32Array, { rate, size, context }: (typeof rates)[number]) {
  let state = noState();
  const said: number[] = [];
  for (const frame of soundFrames(sound, size, context)) {
    const { output, stateN } = await run({ input: soundInput(frame), sr: rateInput(rate), state });
    said.push(Number(output!.data[0]));
    state = { ...stateN!, data: stateN!.data.slice() };
  }
  return { said, state };
}

/** The model for one rate, or for any. */
function moduleFor(rate: number | undefined, length: number): Operation {
  const constants = rate === undefined ? undefined : { sr: rateInput(rate) };
  return importOnnx(readOnnxModel(path), { context: defaultContext(), shapes: { input: [1, length] }, constants });
}

describe.skipIf(missing !== undefined)(`Silero VAD hears what it hears in ONNX Runtime ${missing ?? ""}`, () => {
  const sound = new Map(rates.map(({ rate }) => [rate, speechLike(1.6, rate)]));
  const expected = new Map<number, ReturnType<typeof listen>>();
  const reference = (each: (typeof rates)[number]) => {
    const known = expected.get(each.rate);
    if (known !== undefined) return known;
    const heard = openReference(path).then((model) => {
      opened.push(model);
      return listen((inputs) => model.run(inputs), sound.get(each.rate)!, each);
    });
    expected.set(each.rate, heard);
    return heard;
  };

  test("the sound has speech and pauses", async () => {
    const { said } = await reference(rates[0]);
    expect(Math.max(...said)).toBeGreaterThan(0.5);
    expect(Math.min(...said)).toBeLessThan(0.1);
  });

  for (const { name, options, missing: route } of testRoutes) {
    if (name === "ane-virtual") continue;
    // By default the open rate, which is both branches, by one route; the other runs the same network written in MIL.
    for (const each of longTests ? rates : []) {
      test.skipIf(route !== undefined)(`${name}, ${each.rate} Hz, known when compiling ${route ?? ""}`, async () => {
        using network = await compile(moduleFor(each.rate, each.size + each.context), options);
        const names = network.program.inputs.map((input) => input.name);
        expect(names).toEqual(["input", "state"]);
        const found = await listen(
          async ({ input, state }) => network.program.run({ input: input!, state: state! }),
          sound.get(each.rate)!,
          each,
        );
        const wanted = await reference(each);
        const series = (values: readonly number[]): TensorData => ({
          shape: [values.length],
          element: "f32",
          data: Float32Array.from(values),
        });
        expect(difference(series(found.said), series(wanted.said))).toBeUndefined();
        expect(difference(found.state, wanted.state)).toBeUndefined();
      });
    }

    if (name === "WebAssembly" && !longTests) continue;
    test.skipIf(route !== undefined)(`${name}, the rate is an input ${route ?? ""}`, async () => {
      const each = rates[0];
      using network = await compile(moduleFor(undefined, each.size + each.context), options);
      expect(network.program.inputs.map((input) => input.name)).toEqual(["input", "sr", "state"]);
      const found = await listen(async (inputs) => network.program.run(inputs), sound.get(each.rate)!, each);
      const wanted = await reference(each);
      expect(found.said.length).toBe(wanted.said.length);
      expect(difference(found.state, wanted.state)).toBeUndefined();
    });
  }
});
