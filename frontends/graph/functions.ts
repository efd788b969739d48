/**
 * The functions of the graph API. Each takes lazy tensors and plain options and gives a lazy tensor; every function whose
 * first argument is a tensor is also a method (`relu(x)` is `x.relu()`, see index.ts). Axes may be negative (from the
 * end); names are ONNX's and MIL's. The operations themselves are documented in the tensor dialect.
 */

import * as activation from "../../dialects/tensor/activation.ts";
import * as convolution from "../../dialects/tensor/convolution.ts";
import * as elementwise from "../../dialects/tensor/elementwise.ts";
import * as indexing from "../../dialects/tensor/indexing.ts";
import * as linear from "../../dialects/tensor/linear.ts";
import * as movement from "../../dialects/tensor/movement.ts";
import * as normalization from "../../dialects/tensor/normalization.ts";
import * as pooling from "../../dialects/tensor/pooling.ts";
import * as reduction from "../../dialects/tensor/reduction.ts";
import * as resizing from "../../dialects/tensor/resize.ts";
import { concat as concatDefinition } from "../../dialects/tensor/upstream/ops.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { ElementName } from "../../ir/tensor-data.ts";
import { elementCount } from "../../ir/tensor-data.ts";
import { elementType, TensorType } from "../../ir/types.ts";
import { apply, applyAll, type LazyTensor, type TensorLike, toTensor } from "./tensor.ts";

/** An axis from 0 to rank - 1; negative ones count from the end. */
function resolveAxis(axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new DiagnosticError(`axis ${axis} is outside a tensor of rank ${rank}: use ${-rank} to ${rank - 1}`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** A pair for height and width; one number means both. */
export type Pair = number | readonly [number, number];
/** One number for all sides, [vertical, horizontal], or [top, left, bottom, right]. */
export type Padding = number | readonly [number, number] | readonly [number, number, number, number];

function pair(value: Pair): readonly [number, number] {
  return typeof value === "number" ? [value, value] : value;
}

function sides(padding: Padding): readonly number[] {
  if (typeof padding === "number") return [padding, padding, padding, padding];
  return padding.length === 2 ? [padding[0], padding[1], padding[0], padding[1]] : padding;
}

// ---------------------------------------------------------------------------------------------------- elementwise

type UnaryDefinition = typeof elementwise.relu;
const unary =
  (definition: UnaryDefinition) =>
  (input: LazyTensor): LazyTensor =>
    apply(definition, { input: input.value });

/** |x| */
export const abs = unary(elementwise.abs);
/** -x */
export const neg = unary(elementwise.neg);
/** e^x */
export const exp = unary(elementwise.exp);
/** Natural logarithm. */
export const log = unary(elementwise.log);
export const sqrt = unary(elementwise.sqrt);
/** 1/√x */
export const rsqrt = unary(elementwise.rsqrt);
/** 1/x */
export const reciprocal = unary(elementwise.reciprocal);
/** x in radians. */
export const sin = unary(elementwise.sin);
/** x in radians. */
export const cos = unary(elementwise.cos);
export const tanh = unary(elementwise.tanh);
export const sigmoid = unary(elementwise.sigmoid);
/** max(x, 0) */
export const relu = unary(elementwise.relu);
export const erf = unary(elementwise.erf);
export const floor = unary(elementwise.floor);
export const ceil = unary(elementwise.ceil);
/** To the nearest integer, ties to even. */
export const round = unary(elementwise.round);
export const sign = unary(elementwise.sign);
/** x·sigmoid(x) */
export const silu = unary(elementwise.silu);
export const softplus = unary(elementwise.softplus);
export const softsign = unary(elementwise.softsign);
/** x·clip(x/6 + 1/2, 0, 1) */
export const hardSwish = unary(elementwise.hardSwish);
export const mish = unary(elementwise.mish);
export const logicalNot = unary(elementwise.logicalNot);

/** x·Φ(x), exactly by erf or by the tanh approximation. */
export function gelu(input: LazyTensor, options: { readonly approximate?: "none" | "tanh" } = {}): LazyTensor {
  return apply(activation.gelu, { input: input.value, ...options });
}

/** x where positive, alpha·x elsewhere. */
export function leakyRelu(input: LazyTensor, alpha = 0.01): LazyTensor {
  return apply(activation.leakyRelu, { input: input.value, alpha });
}

/** x where positive, alpha·(e^x - 1) elsewhere. */
export function elu(input: LazyTensor, alpha = 1): LazyTensor {
  return apply(activation.elu, { input: input.value, alpha });
}

/** max(0, min(1, alpha·x + beta)) */
export function hardSigmoid(input: LazyTensor, alpha = 0.2, beta = 0.5): LazyTensor {
  return apply(activation.hardSigmoid, { input: input.value, alpha, beta });
}

/** Limits x to [min, max]; a bound that is left out does not limit. */
export function clip(input: LazyTensor, min?: number, max?: number): LazyTensor {
  return apply(activation.clip, { input: input.value, min, max });
}

/** Converts elements; floats to integers truncate. */
export function convert(input: LazyTensor, element: ElementName): LazyTensor {
  return apply(elementwise.convert, { input: input.value, result: TensorType.get(input.shape, elementType(element)) });
}

type BinaryDefinition = typeof elementwise.add;
/** A NumPy-broadcasting function of two tensors; a number stands for a scalar of the tensor's element type. */
const binary =
  (definition: BinaryDefinition) =>
  (lhs: LazyTensor, rhs: TensorLike): LazyTensor =>
    apply(definition, { lhs: lhs.value, rhs: toTensor(rhs, lhs).value });

export const add = binary(elementwise.add);
export const sub = binary(elementwise.sub);
export const mul = binary(elementwise.mul);
export const div = binary(elementwise.div);
export const maximum = binary(elementwise.maximum);
export const minimum = binary(elementwise.minimum);
export const equal = binary(elementwise.equal);
export const notEqual = binary(elementwise.notEqual);
export const greater = binary(elementwise.greater);
export const greaterEqual = binary(elementwise.greaterEqual);
export const less = binary(elementwise.less);
export const lessEqual = binary(elementwise.lessEqual);
export const logicalAnd = binary(elementwise.logicalAnd);
export const logicalOr = binary(elementwise.logicalOr);

/** lhs to the power of rhs, elementwise. */
export function pow(lhs: LazyTensor, rhs: TensorLike): LazyTensor {
  return apply(elementwise.pow, { lhs: lhs.value, rhs: toTensor(rhs, lhs).value });
}

/** x where positive, slope·x elsewhere; slope broadcasts. */
export function prelu(input: LazyTensor, slope: LazyTensor): LazyTensor {
  return apply(elementwise.prelu, { input: input.value, slope: slope.value });
}

/** Elements of `lhs` where `condition` (i1) holds, of `rhs` elsewhere. */
export function select(condition: LazyTensor, lhs: LazyTensor, rhs: TensorLike): LazyTensor {
  return apply(elementwise.select, { condition: condition.value, lhs: lhs.value, rhs: toTensor(rhs, lhs).value });
}

// --------------------------------------------------------------------------------- convolution, products, pooling

export interface ConvolutionOptions {
  /** One number per output channel. */
  readonly bias?: LazyTensor;
  readonly strides?: Pair;
  readonly dilations?: Pair;
  readonly padding?: Padding;
  readonly groups?: number;
}

function convolutionArguments(input: LazyTensor, weight: LazyTensor, options: ConvolutionOptions) {
  return {
    input: input.value,
    weight: weight.value,
    bias: options.bias?.value,
    strides: pair(options.strides ?? 1),
    dilations: pair(options.dilations ?? 1),
    padding: sides(options.padding ?? 0),
    groups: options.groups ?? 1,
  };
}

/** 2-D convolution: input [N, C, H, W], weight [O, C/groups, kh, kw]. */
export function conv2d(input: LazyTensor, weight: LazyTensor, options: ConvolutionOptions = {}): LazyTensor {
  return apply(convolution.conv2d, convolutionArguments(input, weight, options));
}

/** Transposed 2-D convolution: input [N, C, H, W], weight [C, O/groups, kh, kw]. */
export function convTranspose2d(
  input: LazyTensor,
  weight: LazyTensor,
  options: ConvolutionOptions & { readonly outputPadding?: Pair } = {},
): LazyTensor {
  const output_padding = pair(options.outputPadding ?? 0);
  return apply(convolution.convTranspose2d, { ...convolutionArguments(input, weight, options), output_padding });
}

/** Matrix product over the last two dimensions; leading ones broadcast. */
export function matmul(
  lhs: LazyTensor,
  rhs: LazyTensor,
  options: { readonly transposeLhs?: boolean; readonly transposeRhs?: boolean } = {},
): LazyTensor {
  return apply(linear.matmul, {
    lhs: lhs.value,
    rhs: rhs.value,
    transpose_lhs: options.transposeLhs ?? false,
    transpose_rhs: options.transposeRhs ?? false,
  });
}

export interface PoolOptions {
  readonly kernel: Pair;
  /** The kernel's size where left out. */
  readonly strides?: Pair;
  readonly dilations?: Pair;
  readonly padding?: Padding;
  readonly ceilMode?: boolean;
}

function poolArguments(input: LazyTensor, options: PoolOptions) {
  return {
    input: input.value,
    kernel: pair(options.kernel),
    strides: pair(options.strides ?? options.kernel),
    dilations: pair(options.dilations ?? 1),
    padding: sides(options.padding ?? 0),
    ceil_mode: options.ceilMode ?? false,
  };
}

export function maxPool2d(input: LazyTensor, options: PoolOptions): LazyTensor {
  return apply(pooling.maxPool2d, poolArguments(input, options));
}

export function averagePool2d(
  input: LazyTensor,
  options: PoolOptions & { readonly countIncludePad?: boolean },
): LazyTensor {
  return apply(pooling.averagePool2d, {
    ...poolArguments(input, options),
    count_include_pad: options.countIncludePad ?? false,
  });
}

/** The mean over height and width, kept as size 1. */
export function globalAveragePool2d(input: LazyTensor): LazyTensor {
  return mean(input, [2, 3], true);
}

// ------------------------------------------------------------------------------------- reductions, normalisations

type ReductionDefinition = typeof reduction.reduceSum;
/** A reduction over `axes` (all of them where left out); reduced axes vanish unless `keepDims`. */
const reduce =
  (definition: ReductionDefinition) =>
  (input: LazyTensor, axes?: number | readonly number[], keepDims = false): LazyTensor => {
    const list = axes === undefined ? input.shape.map((_, axis) => axis) : typeof axes === "number" ? [axes] : axes;
    const resolved = list.map((axis) => resolveAxis(axis, input.rank)).sort((a, b) => a - b);
    return apply(definition, { input: input.value, axes: resolved, keep_dims: keepDims });
  };

export const sum = reduce(reduction.reduceSum);
export const mean = reduce(reduction.reduceMean);
export const max = reduce(reduction.reduceMax);
export const min = reduce(reduction.reduceMin);
export const prod = reduce(reduction.reduceProd);

/** The index (i64) of the greatest element along `axis`. */
export function argmax(input: LazyTensor, axis: number, keepDims = false): LazyTensor {
  return apply(reduction.argmax, { input: input.value, axis: resolveAxis(axis, input.rank), keep_dims: keepDims });
}

/** e^x / Σ e^x along `axis`. */
export function softmax(input: LazyTensor, axis = -1): LazyTensor {
  return apply(normalization.softmax, { input: input.value, axis: resolveAxis(axis, input.rank) });
}

export function logSoftmax(input: LazyTensor, axis = -1): LazyTensor {
  return apply(normalization.logSoftmax, { input: input.value, axis: resolveAxis(axis, input.rank) });
}

export interface BatchNormParameters {
  readonly scale: LazyTensor;
  readonly bias: LazyTensor;
  readonly mean: LazyTensor;
  readonly variance: LazyTensor;
  readonly epsilon?: number;
}

/** (x - mean)/√(variance + epsilon)·scale + bias, per channel (axis 1). */
export function batchNorm(input: LazyTensor, parameters: BatchNormParameters): LazyTensor {
  return apply(normalization.batchNorm, {
    input: input.value,
    scale: parameters.scale.value,
    bias: parameters.bias.value,
    mean: parameters.mean.value,
    variance: parameters.variance.value,
    epsilon: parameters.epsilon ?? 1e-5,
  });
}

/** Normalises over the axes from `axis` to the last, then scales and shifts. */
export function layerNorm(
  input: LazyTensor,
  scale: LazyTensor,
  bias?: LazyTensor,
  options: { readonly axis?: number; readonly epsilon?: number } = {},
): LazyTensor {
  return apply(normalization.layerNorm, {
    input: input.value,
    scale: scale.value,
    bias: bias?.value,
    axis: resolveAxis(options.axis ?? -1, input.rank),
    epsilon: options.epsilon ?? 1e-5,
  });
}

// -------------------------------------------------------------------------------------------- movement, selection

/** The same elements under another shape; one size may be -1 and is computed. */
export function reshape(input: LazyTensor, shape: readonly number[]): LazyTensor {
  const known = elementCount(shape.filter((size) => size !== -1));
  const sizes = shape.map((size) => (size === -1 ? elementCount(input.shape) / known : size));
  if (elementCount(sizes) !== elementCount(input.shape) || sizes.some((size) => !Number.isInteger(size))) {
    throw new DiagnosticError(
      `a tensor of shape [${input.shape.join(", ")}] cannot be reshaped to [${shape.join(", ")}]`,
    );
  }
  return apply(movement.staticReshape, { input: input.value, result: TensorType.get(sizes, input.value.type.element) });
}

/** [d0, …] as [product of the sizes before `axis`, product of the others]. */
export function flatten(input: LazyTensor, axis = 1): LazyTensor {
  const at = axis === input.rank ? axis : resolveAxis(axis, input.rank);
  return reshape(input, [elementCount(input.shape.slice(0, at)), elementCount(input.shape.slice(at))]);
}

/** Dimension d of the result is dimension permutation[d]; reversed where left out. */
export function transpose(input: LazyTensor, permutation?: readonly number[]): LazyTensor {
  const axes = permutation ?? input.shape.map((_, axis) => input.rank - 1 - axis);
  return apply(movement.transpose, {
    input: input.value,
    permutation: axes.map((axis) => resolveAxis(axis, input.rank)),
  });
}

/** Repeats dimensions of size 1 and missing leading ones to reach `shape`. */
export function broadcastTo(input: LazyTensor, shape: readonly number[]): LazyTensor {
  return apply(movement.broadcast, { input: input.value, result: TensorType.get(shape, input.value.type.element) });
}

export interface SliceOptions {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
  readonly strides?: readonly number[];
}

/** result[i] = input[starts + i·strides], one entry per dimension. */
export function slice(input: LazyTensor, options: SliceOptions): LazyTensor {
  const strides = options.strides ?? input.shape.map(() => 1);
  return apply(movement.slice, { input: input.value, starts: options.starts, sizes: options.sizes, strides });
}

export interface PadOptions {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly mode?: "constant" | "reflect" | "edge" | "wrap";
  readonly value?: number;
}

/** Adds elements before and after each dimension. */
export function pad(input: LazyTensor, options: PadOptions): LazyTensor {
  const { low, high, mode = "constant", value = 0 } = options;
  return apply(movement.staticPad, { input: input.value, low, high, mode, value });
}

/** Joins tensors along `axis`; the other sizes agree. */
export function concat(tensors: readonly LazyTensor[], axis: number): LazyTensor {
  const [first] = tensors;
  if (first === undefined) throw new DiagnosticError("concat needs at least one tensor");
  return apply(concatDefinition, { inputs: tensors.map((tensor) => tensor.value), dim: resolveAxis(axis, first.rank) });
}

/** Cuts a tensor into `parts` equal pieces along `axis`. */
export function split(input: LazyTensor, parts: number, axis: number): readonly LazyTensor[] {
  const at = resolveAxis(axis, input.rank);
  const size = input.shape[at]! / parts;
  if (!Number.isInteger(size)) {
    throw new DiagnosticError(`axis ${axis} of size ${input.shape[at]} cannot be cut into ${parts} equal parts`);
  }
  return Array.from({ length: parts }, (_, part) =>
    slice(input, {
      starts: input.shape.map((_, dimension) => (dimension === at ? part * size : 0)),
      sizes: input.shape.map((whole, dimension) => (dimension === at ? size : whole)),
    }),
  );
}

/** Slices along `axis` at `indices` (i64 or i32), whose shape takes that dimension's place. */
export function take(input: LazyTensor, indices: LazyTensor, axis = 0): LazyTensor {
  return apply(indexing.take, { input: input.value, indices: indices.value, axis: resolveAxis(axis, input.rank) });
}

/** The k greatest (or least) elements along `axis`, and their indices (i64). */
export function topK(
  input: LazyTensor,
  k: number,
  options: { readonly axis?: number; readonly largest?: boolean } = {},
): { readonly values: LazyTensor; readonly indices: LazyTensor } {
  const axis = resolveAxis(options.axis ?? -1, input.rank);
  const [values, indices] = applyAll(indexing.topK, { input: input.value, k, axis, largest: options.largest ?? true });
  if (values === undefined || indices === undefined) throw new Error("top_k gives two results");
  return { values, indices };
}

/** Resamples height and width by whole or fractional factors. */
export function upsample2d(input: LazyTensor, scale: Pair, mode: "nearest" | "linear" = "nearest"): LazyTensor {
  const [vertical, horizontal] = pair(scale);
  const scales = [...input.shape.slice(0, -2).map(() => 1), vertical, horizontal];
  const sizes = input.shape.map((size, axis) => Math.floor(size * scales[axis]!));
  return apply(resizing.resize, {
    input: input.value,
    mode,
    scales,
    coordinate_transformation: mode === "nearest" ? "asymmetric" : "half_pixel",
    nearest_mode: "floor",
    result: TensorType.get(sizes, input.value.type.element),
  });
}
