/**
 * The networks that the end-to-end tests compile: four from ../shared/data/models and the text reader's three, each with
 * sizes that keep a test short. A test of a network whose file is absent is skipped, and its name says so.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CompileOptions } from "../../compiler/index.ts";
import { cropBox } from "../../examples/read-text/boxes.ts";
import { lineNormalisation } from "../../examples/read-text/classify.ts";
import { modelPath } from "../../examples/read-text/models.ts";
import { loadPicture, resize, toTensor } from "../../examples/read-text/picture.ts";
import { elementCount, type TensorData } from "../../ir/tensor-data.ts";
import { findLlvm } from "../../runtime/ffi/llvm-library.ts";

/** Data that stand beside the project and not in it. */
export const sharedData = resolve(import.meta.dirname, "../../../shared/data");

export interface TestNetwork {
  readonly name: string;
  readonly path: string;
  /** The name and shape of its only input, f32. */
  readonly input: string;
  readonly shape: readonly [number, number, number, number];
  /** What of the receipt it is shown: left, top, right, bottom. Noise where nothing is stated. */
  readonly region?: readonly [number, number, number, number];
}

const shared = (path: string) => join(sharedData, "models", path);

export const testNetworks: readonly TestNetwork[] = [
  { name: "MNIST CNN", path: shared("mnist/mnist.onnx"), input: "Input3", shape: [1, 1, 28, 28] },
  {
    name: "ResNet-20",
    path: shared("resnet20-cifar10/resnet20-cifar10.onnx"),
    input: "input",
    shape: [1, 3, 32, 32],
  },
  { name: "YuNet n 320", path: shared("yunet/yunet_n_320_320.onnx"), input: "input", shape: [1, 3, 320, 320] },
  {
    name: "SqueezeNet 1.1",
    path: shared("squeezenet1_1/squeezenet1_1-imagenet-caffe.onnx"),
    input: "input",
    shape: [1, 3, 227, 227],
  },
  {
    name: "text detector",
    path: modelPath("detector"),
    input: "x",
    shape: [1, 3, 64, 96],
    region: [100, 30, 292, 158],
  },
  // Of a line of text it is certain to the last digit.
  { name: "orientation classifier", path: modelPath("classifier"), input: "x", shape: [1, 3, 48, 192] },
  {
    name: "text recogniser",
    path: modelPath("recogniser"),
    input: "x",
    shape: [1, 3, 48, 160],
    region: [150, 50, 470, 90],
  },
];

/** The network of this name. */
export function testNetwork(name: string): TestNetwork {
  const found = testNetworks.find((network) => network.name === name);
  if (found === undefined) throw new Error(`no test network is called '${name}'`);
  return found;
}

/** Why a network cannot be tested here, or undefined where it can. */
export function missingNetwork({ path }: TestNetwork): string | undefined {
  return existsSync(path) ? undefined : `SKIPPED: ${path} is absent`;
}

/** Sizes for `compile`, by input name. */
export function shapesOf({ input, shape }: TestNetwork): Readonly<Record<string, readonly number[]>> {
  return { [input]: shape };
}

const receipt = resolve(import.meta.dirname, "../../examples/pictures/receipt.png");

/** An input on which the network has something to do: text for those that look for it, noise for the others. */
export async function sampleInput({ shape, region }: TestNetwork): Promise<TensorData> {
  if (region === undefined) return noise(shape);
  const [left, top, right, bottom] = region;
  const [, , height, width] = shape;
  const corners = [
    { x: left, y: top },
    { x: right, y: top },
    { x: right, y: bottom },
    { x: left, y: bottom },
  ] as const;
  const part = resize(cropBox(await loadPicture(receipt), corners), width, height);
  return toTensor(part, lineNormalisation, height, width);
}

/** Numbers in [-1, 1) that are the same each time. */
export function noise(shape: readonly number[], seed = 1): TensorData {
  let state = seed;
  const data = new Float32Array(elementCount(shape));
  for (let index = 0; index < data.length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[index] = state / 2 ** 31 - 1;
  }
  return { shape, element: "f32", data };
}

/** One way of running a network on this machine. */
export interface TestRoute {
  readonly name: "LLVM" | "WebAssembly" | "ane-virtual";
  readonly options: Pick<CompileOptions, "device" | "llvm">;
  /** Why it cannot run here, or undefined where it can. */
  readonly missing: string | undefined;
}

const noLlvm = findLlvm().library === undefined ? "SKIPPED: no libLLVM from 15 up was found" : undefined;

export const testRoutes: readonly TestRoute[] = [
  { name: "LLVM", options: { device: "cpu" }, missing: noLlvm },
  { name: "WebAssembly", options: { device: "cpu", llvm: false }, missing: undefined },
  { name: "ane-virtual", options: { device: "ane-virtual" }, missing: undefined },
];

/** Whether the tests that take minutes run too: `ANEMONE_LONG_TESTS=1 npm test`. */
export const longTests = process.env.ANEMONE_LONG_TESTS === "1";

/** For the name of a suite that leaves its longer part to `ANEMONE_LONG_TESTS=1`. */
export const longTestsNote = longTests ? "all of them" : "a part of them; ANEMONE_LONG_TESTS=1 runs all";
