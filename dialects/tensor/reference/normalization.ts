/**
 * Softmax and the normalisations. All take float tensors, compute in float64 and round once. A variance is the mean of
 * squared deviations (divided by the count, not the count less one).
 */

import type { TensorData } from "../../../ir/tensor-data.ts";
import {
  broadcastOffsets,
  groupOffsets,
  normalizeAxes,
  normalizeAxis,
  product,
  requireBroadcastable,
  requireShape,
  type Shape,
} from "./broadcast.ts";
import { formatShape, ShapeError } from "./shape-error.ts";
import { readNumbers, requireFloat, writeNumbers } from "./values.ts";

/** Applies `transform` to each group of elements that differ only in `axes`; shape and type stay. */
function mapGroups(
  op: string,
  x: TensorData,
  axes: readonly number[],
  transform: (members: Float64Array) => Float64Array,
): Float64Array {
  requireFloat(op, x.element);
  const values = readNumbers(x);
  const results = new Float64Array(values.length);
  const { starts, steps } = groupOffsets(x.shape, axes);
  for (const start of starts) {
    const group = transform(Float64Array.from(steps, (step) => values[start + step]!));
    steps.forEach((step, index) => {
      results[start + step] = group[index]!;
    });
  }
  return results;
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
const mean = (values: Float64Array): number => sum(values) / values.length;
const highest = (values: Float64Array): number => values.reduce((a, b) => Math.max(a, b), -Infinity);

/** (v - mean) / sqrt(variance + epsilon) */
function standardize(values: Float64Array, epsilon: number): Float64Array {
  const center = mean(values);
  const deviations = values.map((value) => value - center);
  const deviation = Math.sqrt(mean(deviations.map((value) => value * value)) + epsilon);
  return deviations.map((value) => value / deviation);
}

/** e^x / Σ e^x along `axis`. */
export function softmax(x: TensorData, { axis }: { axis: number }): TensorData {
  const axes = [normalizeAxis("softmax", axis, x.shape.length)];
  const results = mapGroups("softmax", x, axes, (values) => {
    const shift = highest(values);
    const powers = values.map((value) => Math.exp(value - shift));
    const total = sum(powers);
    return powers.map((value) => value / total);
  });
  return writeNumbers(results, x.shape, x.element);
}

/** log(softmax(x)) along `axis`. */
export function logSoftmax(x: TensorData, { axis }: { axis: number }): TensorData {
  const axes = [normalizeAxis("log_softmax", axis, x.shape.length)];
  const results = mapGroups("log_softmax", x, axes, (values) => {
    const shift = highest(values);
    const total = shift + Math.log(sum(values.map((value) => Math.exp(value - shift))));
    return values.map((value) => value - total);
  });
  return writeNumbers(results, x.shape, x.element);
}

/** 1 at the first greatest element along `axis`, else 0. */
export function hardmax(x: TensorData, { axis }: { axis: number }): TensorData {
  const axes = [normalizeAxis("hardmax", axis, x.shape.length)];
  const results = mapGroups("hardmax", x, axes, (values) => {
    const winner = values.indexOf(highest(values));
    return values.map((_, index) => (index === winner ? 1 : 0));
  });
  return writeNumbers(results, x.shape, x.element);
}

/**
 * Result shape of `batchNorm`, `instanceNorm` and `groupNorm`: that of the input [N, C, …]; the parameters, listed by name,
 * all are [C].
 */
export function channelNormShape(op: string, input: Shape, parameters: Readonly<Record<string, Shape>>): number[] {
  if (input.length < 2) throw new ShapeError(op, "input [N, C, …]", formatShape(input));
  for (const [name, shape] of Object.entries(parameters)) requireShape(op, name, [input[1]!], shape);
  return [...input];
}

/** Result shape of `layerNorm` and `rmsNorm`: that of the input, which the parameters, listed by name, broadcast to. */
export function layerNormShape(
  op: string,
  input: Shape,
  parameters: Readonly<Record<string, Shape | undefined>>,
  { axis = -1 }: { axis?: number | undefined } = {},
): number[] {
  normalizeAxis(op, axis, input.length);
  for (const [name, shape] of Object.entries(parameters)) if (shape) requireBroadcastable(op, name, shape, input);
  return [...input];
}

/** Reads [C] parameters so that index `offset` of a tensor of shape [N, C, …] finds its channel's. */
function perChannel(op: string, what: string, parameter: TensorData, input: Shape): (offset: number) => number {
  channelNormShape(op, input, { [what]: parameter.shape });
  requireFloat(op, parameter.element);
  const values = readNumbers(parameter);
  const inner = product(input.slice(2));
  return (offset) => values[Math.floor(offset / inner) % input[1]!]!;
}

/** (x - mean) / sqrt(variance + epsilon) · scale + bias on [N, C, …], with all four parameters [C]. */
export function batchNorm(
  x: TensorData,
  scale: TensorData,
  bias: TensorData,
  mean: TensorData,
  variance: TensorData,
  { epsilon }: { epsilon: number },
): TensorData {
  const op = "batch_norm";
  requireFloat(op, x.element);
  const [scaleOf, biasOf] = [perChannel(op, "scale", scale, x.shape), perChannel(op, "bias", bias, x.shape)];
  const [meanOf, varianceOf] = [perChannel(op, "mean", mean, x.shape), perChannel(op, "variance", variance, x.shape)];
  const results = readNumbers(x).map((value, offset) => {
    const normal = (value - meanOf(offset)) / Math.sqrt(varianceOf(offset) + epsilon);
    return normal * scaleOf(offset) + biasOf(offset);
  });
  return writeNumbers(results, x.shape, x.element);
}

/** results · scale + bias, with both parameters broadcast to `shape`. */
function scaleAndShift(
  op: string,
  results: Float64Array,
  shape: Shape,
  scale: TensorData | undefined,
  bias: TensorData | undefined,
): Float64Array {
  const spread = (what: string, parameter: TensorData | undefined, otherwise: number) => {
    if (!parameter) return () => otherwise;
    layerNormShape(op, shape, { [what]: parameter.shape });
    requireFloat(op, parameter.element);
    const [values, offsets] = [readNumbers(parameter), broadcastOffsets(parameter.shape, shape)];
    return (offset: number) => values[offsets[offset]!]!;
  };
  const [scaleOf, biasOf] = [spread("scale", scale, 1), spread("bias", bias, 0)];
  return results.map((value, offset) => value * scaleOf(offset) + biasOf(offset));
}

function axesFrom(op: string, axis: number, rank: number): number[] {
  const first = normalizeAxis(op, axis, rank);
  return Array.from({ length: rank - first }, (_, index) => first + index);
}

/** Standardises over `axis` and all later axes, then · scale + bias (each broadcasts to `x`; either may be missing). */
export function layerNorm(
  x: TensorData,
  scale: TensorData | undefined,
  bias: TensorData | undefined,
  { axis = -1, epsilon }: { axis?: number | undefined; epsilon: number },
): TensorData {
  const axes = axesFrom("layer_norm", axis, x.shape.length);
  const results = mapGroups("layer_norm", x, axes, (values) => standardize(values, epsilon));
  return writeNumbers(scaleAndShift("layer_norm", results, x.shape, scale, bias), x.shape, x.element);
}

/** x / sqrt(mean(x²) + epsilon) over `axis` and all later axes, then · scale (broadcasts to `x`). */
export function rmsNorm(
  x: TensorData,
  scale: TensorData | undefined,
  { axis = -1, epsilon }: { axis?: number | undefined; epsilon: number },
): TensorData {
  const results = mapGroups("rms_norm", x, axesFrom("rms_norm", axis, x.shape.length), (values) => {
    const root = Math.sqrt(mean(values.map((value) => value * value)) + epsilon);
    return values.map((value) => value / root);
  });
  return writeNumbers(scaleAndShift("rms_norm", results, x.shape, scale, undefined), x.shape, x.element);
}

/** Standardises each channel of each image of [N, C, …], then · scale + bias (both [C]). */
export function instanceNorm(
  x: TensorData,
  scale: TensorData,
  bias: TensorData,
  { epsilon }: { epsilon: number },
): TensorData {
  return groupNorm(x, scale, bias, { num_groups: x.shape[1] ?? 1, epsilon }, "instance_norm");
}

/** Standardises each of `num_groups` runs of channels of each image of [N, C, …], then · scale + bias (both [C]). */
export function groupNorm(
  x: TensorData,
  scale: TensorData,
  bias: TensorData,
  { num_groups, epsilon }: { num_groups: number; epsilon: number },
  op = "group_norm",
): TensorData {
  const [scaleOf, biasOf] = [perChannel(op, "scale", scale, x.shape), perChannel(op, "bias", bias, x.shape)];
  const [batch, channels] = [x.shape[0]!, x.shape[1]!];
  if (!Number.isInteger(channels / num_groups)) {
    throw new ShapeError(op, `channels in ${num_groups} equal groups`, `${channels}`);
  }
  const groupSize = (channels / num_groups) * product(x.shape.slice(2));
  const grouped = { ...x, shape: [batch, num_groups, groupSize] };
  const results = mapGroups(op, grouped, [2], (values) => standardize(values, epsilon));
  const scaled = results.map((value, offset) => value * scaleOf(offset) + biasOf(offset));
  return writeNumbers(scaled, x.shape, x.element);
}

/** x / (bias + alpha/size · Σ x²)^beta, the sum over `size` neighbouring channels of [N, C, …]. */
export function lrn(
  x: TensorData,
  { size, alpha, beta, bias }: { size: number; alpha: number; beta: number; bias: number },
): TensorData {
  const op = "lrn";
  requireFloat(op, x.element);
  if (x.shape.length < 2) throw new ShapeError(op, "input [N, C, …]", formatShape(x.shape));
  if (!Number.isInteger(size) || size < 1) throw new ShapeError(op, "a positive size", `${size}`);
  const results = mapGroups(op, x, [1], (values) =>
    values.map((value, channel) => {
      const first = Math.max(0, channel - Math.floor((size - 1) / 2));
      const near = values.subarray(first, channel + Math.ceil((size - 1) / 2) + 1);
      return value / (bias + (alpha / size) * sum(near.map((other) => other * other))) ** beta;
    }),
  );
  return writeNumbers(results, x.shape, x.element);
}

/** x / (Σ |x|^p)^(1/p) along `axis`; a norm of 0 gives 0. */
export function lpNorm(
  x: TensorData,
  { axis = -1, p = 2 }: { axis?: number | undefined; p?: number | undefined },
): TensorData {
  const axes = [normalizeAxis("lp_norm", axis, x.shape.length)];
  const results = mapGroups("lp_norm", x, axes, (values) => {
    const norm = sum(values.map((value) => Math.abs(value) ** p)) ** (1 / p);
    return values.map((value) => (norm === 0 ? 0 : value / norm));
  });
  return writeNumbers(results, x.shape, x.element);
}

/** (x - mean) / (sqrt(variance) + 1e-9) over `axes` (ONNX MeanVarianceNormalization). */
export function meanVarianceNorm(
  x: TensorData,
  { axes = [0, 2, 3] }: { axes?: readonly number[] | undefined },
): TensorData {
  const over = normalizeAxes("mean_variance_norm", axes, x.shape.length);
  const results = mapGroups("mean_variance_norm", x, over, (values) => {
    const center = mean(values);
    const deviations = values.map((value) => value - center);
    const deviation = Math.sqrt(mean(deviations.map((value) => value * value)));
    return deviations.map((value) => value / (deviation + 1e-9));
  });
  return writeNumbers(results, x.shape, x.element);
}
