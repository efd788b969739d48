/**
 * The networks of the self-test, in the graph API with random weights of the magnitude that keeps signals alive: what users
 * run is many operators in a row, and errors add up.
 */
import { concat, constant, input, type LazyTensor } from "../../compiler/index.ts";
import { normal } from "./values.ts";

export interface NetworkCase {
  readonly name: string;
  /** Greatest error over the greatest value that is near enough, and who says so. */
  readonly tolerance: number;
  readonly toleranceSource: string;
  /** What is published for this network's latency. */
  readonly published?: { readonly microseconds: number; readonly where: string };
  readonly outputs: () => Readonly<Record<string, LazyTensor>>;
}

/** Weights with the variance 1/fan; one block of numbers is repeated. */
class Weights {
  #seed = 1;

  tensor(shape: readonly number[], fan: number): LazyTensor {
    const size = shape.reduce((product, each) => product * each, 1);
    const block = normal(4093, this.#seed++);
    const scale = 1 / Math.sqrt(fan);
    return constant(
      Float32Array.from({ length: size }, (_, index) => block[index % 4093]! * scale),
      shape,
    );
  }

  filled(size: number, value: number): LazyTensor {
    return constant(new Float32Array(size).fill(value), [size]);
  }
}

/** He et al. (2015), with batch norms that change nothing. */
function resnet18(): Readonly<Record<string, LazyTensor>> {
  const weights = new Weights();
  const convNorm = (x: LazyTensor, channels: number, kernel: number, strides: number) => {
    const from = x.shape[1]!;
    const weight = weights.tensor([channels, from, kernel, kernel], from * kernel * kernel);
    const [scale, bias, mean, variance] = [1, 0, 0, 1].map((value) => weights.filled(channels, value));
    return x
      .conv2d(weight, { strides, padding: (kernel - 1) / 2 })
      .batchNorm({ scale: scale!, bias: bias!, mean: mean!, variance: variance! });
  };
  const block = (x: LazyTensor, channels: number, strides: number) => {
    const inner = convNorm(convNorm(x, channels, 3, strides).relu(), channels, 3, 1);
    const isSame = strides === 1 && x.shape[1] === channels;
    return inner.add(isSame ? x : convNorm(x, channels, 1, strides)).relu();
  };
  let x = convNorm(input("image", [1, 3, 224, 224]), 64, 7, 2)
    .relu()
    .maxPool2d({ kernel: 3, strides: 2, padding: 1 });
  for (const [stage, channels] of [64, 128, 256, 512].entries()) {
    x = block(block(x, channels, stage === 0 ? 1 : 2), channels, 1);
  }
  const features = x.globalAveragePool2d().reshape([1, 512]);
  return { logits: features.matmul(weights.tensor([512, 1000], 512)) };
}

function perceptron(): Readonly<Record<string, LazyTensor>> {
  const weights = new Weights();
  const hidden = input("x", [16, 256])
    .matmul(weights.tensor([256, 512], 256))
    .add(weights.filled(512, 0.1))
    .gelu();
  return { y: hidden.matmul(weights.tensor([512, 64], 512)).softmax(-1) };
}

/** One layer of a transformer's encoder: 64 positions of width 128, four heads. */
function encoderLayer(): Readonly<Record<string, LazyTensor>> {
  const weights = new Weights();
  const [length, width, heads] = [64, 128, 4];
  const x = input("x", [length, width]);
  const project = (from: LazyTensor, to: number) =>
    from.matmul(weights.tensor([from.shape[1]!, to], from.shape[1]!)).add(weights.filled(to, 0.01));
  const split = (value: LazyTensor) => value.reshape([length, heads, width / heads]).transpose([1, 0, 2]);
  const [query, key, value] = [project(x, width), project(x, width), project(x, width)].map(split);
  const scores = query!.matmul(key!, { transposeRhs: true }).mul((width / heads) ** -0.5);
  const mixed = scores.softmax(-1).matmul(value!).transpose([1, 0, 2]).reshape([length, width]);
  const [ones, zeros] = [weights.filled(width, 1), weights.filled(width, 0)];
  const attended = x.add(project(mixed, width)).layerNorm(ones, zeros);
  const made = attended.add(project(project(attended, 4 * width).gelu(), width));
  return { y: made.layerNorm(ones, zeros) };
}

/** A stem of convolutions as in detectors: strides, depthwise convolutions, upsampling and concatenation. */
function pyramid(): Readonly<Record<string, LazyTensor>> {
  const weights = new Weights();
  const conv = (x: LazyTensor, channels: number, kernel: number, strides = 1, groups = 1) => {
    const perGroup = x.shape[1]! / groups;
    const weight = weights.tensor([channels, perGroup, kernel, kernel], perGroup * kernel * kernel);
    return x.conv2d(weight, { strides, padding: (kernel - 1) / 2, groups });
  };
  const fine = conv(input("image", [1, 3, 64, 64]), 16, 3, 2).relu();
  const coarse = conv(conv(fine, 16, 3, 2, 16), 32, 1).sigmoid();
  const joined = concat([fine, coarse.upsample2d(2)], 1);
  return { map: conv(joined, 8, 1), pooled: coarse.globalAveragePool2d() };
}

const corpusGate = { tolerance: 0.02, toleranceSource: "ANEForge's corpus gate (aneforge.md 6.8)" };

export const networkCases: readonly NetworkCase[] = [
  { name: "perceptron", ...corpusGate, outputs: perceptron },
  { name: "pyramid", ...corpusGate, outputs: pyramid },
  { name: "encoder layer", ...corpusGate, outputs: encoderLayer },
  {
    name: "ResNet-18",
    ...corpusGate,
    published: { microseconds: 330, where: "M5 Pro (aneforge.md 6.1)" },
    outputs: resnet18,
  },
];
