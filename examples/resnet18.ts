/**
 * ResNet-18 in the graph API, as He et al. (2015) describe it: a stem, four stages of two blocks each, and a classifier. Weights are
 * random, of the magnitude that keeps signals alive; replace `Weights` by one that reads yours.
 *
 *     const network = resnet18();                        // { logits }
 *     const compiled = await compile(network, { device: "auto" });
 */
import { constant, input, type LazyTensor } from "../compiler/index.ts";

/** Random numbers, the same for the same seed. */
export class Weights {
  #state: number;
  /** How many numbers were given out. */
  count = 0;

  constructor(seed = 1) {
    this.#state = seed;
  }

  /** Uniform in ±√(3/fan), which has the variance 1/fan. */
  uniform(shape: readonly number[], fan: number): LazyTensor {
    const size = shape.reduce((product, each) => product * each, 1);
    const bound = Math.sqrt(3 / fan) / 2 ** 31;
    const values = new Float32Array(size);
    let state = this.#state;
    for (let index = 0; index < size; index++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      values[index] = state * bound;
    }
    this.#state = state;
    this.count += size;
    return constant(values, shape);
  }

  filled(size: number, value: number): LazyTensor {
    this.count += size;
    return constant(new Float32Array(size).fill(value), [size]);
  }
}

/** Convolution without bias, then batch norm. */
function convNorm(x: LazyTensor, weights: Weights, channels: number, kernel: number, stride: number): LazyTensor {
  const [, from = 1] = x.shape;
  const weight = weights.uniform([channels, from, kernel, kernel], from * kernel * kernel);
  return x.conv2d(weight, { strides: stride, padding: (kernel - 1) / 2 }).batchNorm({
    scale: weights.filled(channels, 1),
    bias: weights.filled(channels, 0),
    mean: weights.filled(channels, 0),
    variance: weights.filled(channels, 1),
  });
}

function block(x: LazyTensor, weights: Weights, channels: number, stride: number): LazyTensor {
  const first = convNorm(x, weights, channels, 3, stride).relu();
  const second = convNorm(first, weights, channels, 3, 1);
  const isSame = stride === 1 && x.shape[1] === channels;
  const shortcut = isSame ? x : convNorm(x, weights, channels, 1, stride);
  return second.add(shortcut).relu();
}

/** Logits [1, classes] of an image [1, 3, side, side]. */
export function resnet18({ side = 224, classes = 1000, weights = new Weights() } = {}): {
  readonly logits: LazyTensor;
} {
  let x = convNorm(input("image", [1, 3, side, side]), weights, 64, 7, 2)
    .relu()
    .maxPool2d({ kernel: 3, strides: 2, padding: 1 });
  for (const [stage, channels] of [64, 128, 256, 512].entries()) {
    x = block(x, weights, channels, stage === 0 ? 1 : 2);
    x = block(x, weights, channels, 1);
  }
  const features = x.globalAveragePool2d().reshape([1, 512]);
  const logits = features.matmul(weights.uniform([512, classes], 512)).add(weights.filled(classes, 0));
  return { logits };
}
