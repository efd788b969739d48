/**
 * Convolution and its transpose for one to three spatial dimensions. Inputs are [N, C, spatial…], weights [O, C/groups,
 * kernel…] (convolution) or [C, O/groups, kernel…] (transpose), as in ONNX; `padding` lists all begins, then all ends.
 * Both accumulate one output plane at a time in float64. Positions in the padding contribute nothing, not even NaN.
 */

import type { ElementName, TensorData } from "../../../ir/tensor-data.ts";
import { product, requireShape, type Shape } from "./broadcast.ts";
import { ElementTypeError, formatShape, ShapeError } from "./shape-error.ts";
import { isFloat, readNumbers, requireFloat, requireSameElement, writeNumbers } from "./values.ts";

type Numbers = readonly number[] | undefined;

/** Left out, an attribute is 1 per spatial dimension (strides, dilations), 0 (padding) or 1 (groups). */
export interface ConvolutionAttributes {
  readonly strides?: Numbers;
  readonly dilations?: Numbers;
  /** Begin of each spatial dimension, then end of each: [top, left, bottom, right] in two dimensions. */
  readonly padding?: Numbers;
  readonly groups?: number | undefined;
}

export interface ConvTransposeAttributes extends ConvolutionAttributes {
  /** Extra elements at the end of each spatial dimension of the result. */
  readonly output_padding?: Numbers;
}

/** The window of a convolution or pooling, with defaults filled in. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly begin: readonly number[];
  readonly end: readonly number[];
}

/** Fills in defaults and checks the lengths and signs of a window's attributes. */
export function resolveWindow(
  op: string,
  kernel: readonly number[],
  attributes: { readonly strides?: Numbers; readonly dilations?: Numbers; readonly padding?: Numbers },
): Window {
  const rank = kernel.length;
  const listed = (name: string, values: Numbers, length: number, otherwise: number, least: number) => {
    if (values === undefined) return new Array<number>(length).fill(otherwise);
    if (values.length === length && values.every((value) => Number.isInteger(value) && value >= least)) return values;
    throw new ShapeError(op, `${name} of ${length} integers from ${least} up`, formatShape(values));
  };
  const padding = listed("padding", attributes.padding, 2 * rank, 0, 0);
  return {
    kernel: listed("kernel", kernel, rank, 1, 1),
    strides: listed("strides", attributes.strides, rank, 1, 1),
    dilations: listed("dilations", attributes.dilations, rank, 1, 1),
    begin: padding.slice(0, rank),
    end: padding.slice(rank),
  };
}

/** Number of window positions along one dimension; throws when not even one fits. */
export function windowCount(op: string, size: number, window: Window, dimension: number, ceilMode = false): number {
  const reach = (window.kernel[dimension]! - 1) * window.dilations[dimension]! + 1;
  const begin = window.begin[dimension]!;
  const padded = size + begin + window.end[dimension]!;
  if (padded < reach) {
    throw new ShapeError(op, `a padded size of at least ${reach} in spatial dimension ${dimension}`, `${padded}`);
  }
  const stride = window.strides[dimension]!;
  if (!ceilMode) return Math.floor((padded - reach) / stride) + 1;
  const count = Math.ceil((padded - reach) / stride) + 1;
  // A last window that would start in the end padding is dropped.
  return (count - 1) * stride >= size + begin ? count - 1 : count;
}

/**
 * Padding (begins, then ends) that makes the result ceil(size / stride) long, as ONNX `auto_pad` SAME_UPPER (the odd
 * element at the end) or SAME_LOWER (at the begin).
 */
export function samePadding(
  spatial: readonly number[],
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
  oddElement: "begin" | "end",
): number[] {
  const totals = spatial.map((size, dimension) => {
    const reach = (kernel[dimension]! - 1) * dilations[dimension]! + 1;
    return Math.max(0, (Math.ceil(size / strides[dimension]!) - 1) * strides[dimension]! + reach - size);
  });
  const smaller = totals.map((total) => Math.floor(total / 2));
  const larger = totals.map((total) => Math.ceil(total / 2));
  return oddElement === "end" ? [...smaller, ...larger] : [...larger, ...smaller];
}

function checkChannels(op: string, input: Shape, weight: Shape, groups: number): void {
  if (input.length < 3 || input.length > 5 || weight.length !== input.length) {
    throw new ShapeError(
      op,
      "input and weight of one rank from 3 to 5",
      `${formatShape(input)} and ${formatShape(weight)}`,
    );
  }
  if (!Number.isInteger(groups) || groups < 1) throw new ShapeError(op, "a positive number of groups", `${groups}`);
}

/** Result shape [N, O, spatial…] of `convNd`, conv1d, conv2d and conv3d. */
export function convShape(
  input: Shape,
  weight: Shape,
  bias: Shape | undefined,
  attributes: ConvolutionAttributes = {},
  op = "conv",
): number[] {
  const { groups = 1 } = attributes;
  checkChannels(op, input, weight, groups);
  const [batch, channels] = [input[0]!, input[1]!];
  const [outputs, channelsPerGroup] = [weight[0]!, weight[1]!];
  if (channelsPerGroup * groups !== channels) {
    throw new ShapeError(op, `weight of ${channels / groups} input channels per group`, `${channelsPerGroup}`);
  }
  if (outputs % groups !== 0) throw new ShapeError(op, `output channels in ${groups} equal groups`, `${outputs}`);
  if (bias) requireShape(op, "bias", [outputs], bias);
  const window = resolveWindow(op, weight.slice(2), attributes);
  return [batch, outputs, ...input.slice(2).map((size, dimension) => windowCount(op, size, window, dimension))];
}

/** Result shape [N, O, spatial…] of `convTranspose`. */
export function convTransposeShape(
  input: Shape,
  weight: Shape,
  bias: Shape | undefined,
  attributes: ConvTransposeAttributes = {},
): number[] {
  const op = "conv_transpose";
  const { groups = 1, output_padding } = attributes;
  checkChannels(op, input, weight, groups);
  if (weight[0] !== input[1]) throw new ShapeError(op, `weight of ${input[1]} input channels`, `${weight[0]}`);
  if (input[1]! % groups !== 0) throw new ShapeError(op, `input channels in ${groups} equal groups`, `${input[1]}`);
  const outputs = weight[1]! * groups;
  if (bias) requireShape(op, "bias", [outputs], bias);
  const window = resolveWindow(op, weight.slice(2), attributes);
  if (output_padding && output_padding.length !== window.kernel.length) {
    throw new ShapeError(op, `output_padding of ${window.kernel.length} integers`, formatShape(output_padding));
  }
  const spatial = input.slice(2).map((size, dimension) => {
    const reach = (window.kernel[dimension]! - 1) * window.dilations[dimension]! + 1;
    const whole = (size - 1) * window.strides[dimension]! + reach + (output_padding?.[dimension] ?? 0);
    const result = whole - window.begin[dimension]! - window.end[dimension]!;
    if (result < 1)
      throw new ShapeError(op, `padding below ${whole} in spatial dimension ${dimension}`, `${whole - result}`);
    return result;
  });
  return [input[0]!, outputs, ...spatial];
}

/**
 * The elements that one kernel tap connects, for both directions: coarse position `i` (convolution output, transpose
 * input) touches fine position `i·stride + tap·dilation - begin`. Calls `row` once per row of the last dimension with the
 * first coarse and fine offsets, how many coarse positions are inside, and the distance between their fine positions.
 */
function forEachTapRow(
  tap: readonly number[],
  coarse: readonly number[],
  fine: readonly number[],
  window: Window,
  row: (coarseOffset: number, fineOffset: number, count: number, fineStep: number) => void,
): void {
  const range = (dimension: number) => {
    const stride = window.strides[dimension]!;
    const shift = tap[dimension]! * window.dilations[dimension]! - window.begin[dimension]!;
    const first = Math.max(0, Math.ceil(-shift / stride));
    const last = Math.min(coarse[dimension]! - 1, Math.floor((fine[dimension]! - 1 - shift) / stride));
    return { first, last, stride, shift };
  };
  const visit = (dimension: number, coarseOffset: number, fineOffset: number) => {
    const { first, last, stride, shift } = range(dimension);
    const coarseBase = coarseOffset * coarse[dimension]!;
    const fineBase = fineOffset * fine[dimension]! + shift;
    if (dimension === coarse.length - 1) {
      if (last >= first) row(coarseBase + first, fineBase + first * stride, last - first + 1, stride);
      return;
    }
    for (let index = first; index <= last; index++) visit(dimension + 1, coarseBase + index, fineBase + index * stride);
  };
  visit(0, 0, 0);
}

/** Multi-index of position `index` in `sizes`. */
function unflatten(index: number, sizes: readonly number[]): number[] {
  const result = new Array<number>(sizes.length);
  let rest = index;
  for (let dimension = sizes.length - 1; dimension >= 0; dimension--) {
    result[dimension] = rest % sizes[dimension]!;
    rest = Math.floor(rest / sizes[dimension]!);
  }
  return result;
}

/** Plain operands and sizes that the two convolution loops need. */
interface Operands {
  readonly input: Float64Array;
  readonly weight: Float64Array;
  readonly bias: Float64Array | undefined;
  readonly inputShape: Shape;
  readonly weightShape: Shape;
  readonly resultShape: Shape;
  readonly groups: number;
  readonly window: Window;
}

function convolve(operands: Operands): Float64Array {
  const { input, weight, bias, inputShape, weightShape, resultShape, groups, window } = operands;
  const [channels, channelsPerGroup] = [inputShape[1]!, weightShape[1]!];
  const [batch, outputs] = [resultShape[0]!, resultShape[1]!];
  const [fine, coarse] = [inputShape.slice(2), resultShape.slice(2)];
  const [planeIn, planeOut, taps] = [product(fine), product(coarse), product(window.kernel)];
  const rows = tapRows(window, coarse, fine);
  const result = new Float64Array(product(resultShape));
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outputs; o++) {
      const plane = result.subarray((n * outputs + o) * planeOut, (n * outputs + o + 1) * planeOut);
      plane.fill(bias?.[o] ?? 0);
      const firstChannel = Math.floor(o / (outputs / groups)) * channelsPerGroup;
      for (let c = 0; c < channelsPerGroup; c++) {
        const source = (n * channels + firstChannel + c) * planeIn;
        for (let tap = 0; tap < taps; tap++) {
          const factor = weight[(o * channelsPerGroup + c) * taps + tap]!;
          for (const { to, from, count, step } of rows[tap]!) {
            for (let i = 0; i < count; i++) plane[to + i]! += factor * input[source + from + i * step]!;
          }
        }
      }
    }
  }
  return result;
}

/** For each kernel tap, the runs of result and input elements that it connects (`to` coarse, `from` fine). */
function tapRows(window: Window, coarse: readonly number[], fine: readonly number[]) {
  return Array.from({ length: product(window.kernel) }, (_, tap) => {
    const runs: { to: number; from: number; count: number; step: number }[] = [];
    forEachTapRow(unflatten(tap, window.kernel), coarse, fine, window, (to, from, count, step) => {
      runs.push({ to, from, count, step });
    });
    return runs;
  });
}

function convolveTransposed(operands: Operands): Float64Array {
  const { input, weight, bias, inputShape, weightShape, resultShape, groups, window } = operands;
  const [batch, channels, outputsPerGroup] = [inputShape[0]!, inputShape[1]!, weightShape[1]!];
  const outputs = resultShape[1]!;
  const [fine, coarse] = [resultShape.slice(2), inputShape.slice(2)];
  const [planeIn, planeOut, taps] = [product(coarse), product(fine), product(window.kernel)];
  const rows = tapRows(window, coarse, fine);
  const result = new Float64Array(product(resultShape));
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outputs; o++) {
      const plane = result.subarray((n * outputs + o) * planeOut, (n * outputs + o + 1) * planeOut);
      plane.fill(bias?.[o] ?? 0);
      const group = Math.floor(o / outputsPerGroup);
      for (let c = (group * channels) / groups; c < ((group + 1) * channels) / groups; c++) {
        const source = (n * channels + c) * planeIn;
        for (let tap = 0; tap < taps; tap++) {
          const factor = weight[(c * outputsPerGroup + (o % outputsPerGroup)) * taps + tap]!;
          for (const { to, from, count, step } of rows[tap]!) {
            for (let i = 0; i < count; i++) plane[from + i * step]! += factor * input[source + to + i]!;
          }
        }
      }
    }
  }
  return result;
}

/**
 * Convolution of one to three spatial dimensions: input [N, C, spatial…], weight [O, C/groups, kernel…], bias [O]. The
 * kernel is not flipped. Float types only; `convInteger` is for quantised operands.
 */
export function convNd(
  input: TensorData,
  weight: TensorData,
  bias?: TensorData | undefined,
  attributes: ConvolutionAttributes = {},
  op = "conv",
): TensorData {
  requireFloat(op, input.element);
  requireSameElement(op, input, weight);
  if (bias) requireSameElement(op, input, bias);
  const shape = convShape(input.shape, weight.shape, bias?.shape, attributes, op);
  return writeNumbers(convolve(operandsOf(op, input, weight, bias, attributes, shape)), shape, input.element);
}

function operandsOf(
  op: string,
  input: TensorData,
  weight: TensorData,
  bias: TensorData | undefined,
  attributes: ConvolutionAttributes,
  resultShape: Shape,
): Operands {
  return {
    input: readNumbers(input),
    weight: readNumbers(weight),
    bias: bias && readNumbers(bias),
    inputShape: input.shape,
    weightShape: weight.shape,
    resultShape,
    groups: attributes.groups ?? 1,
    window: resolveWindow(op, weight.shape.slice(2), attributes),
  };
}

function ranked(op: string, rank: number) {
  return (
    input: TensorData,
    weight: TensorData,
    bias?: TensorData | undefined,
    attributes: ConvolutionAttributes = {},
  ): TensorData => {
    if (input.shape.length !== rank) throw new ShapeError(op, `input of rank ${rank}`, formatShape(input.shape));
    return convNd(input, weight, bias, attributes, op);
  };
}

/** `convNd` on [N, C, L]. */
export const conv1d = ranked("conv1d", 3);
/** `convNd` on [N, C, H, W]. */
export const conv2d = ranked("conv2d", 4);
/** `convNd` on [N, C, D, H, W]. */
export const conv3d = ranked("conv3d", 5);

/**
 * Transposed convolution (the gradient of `convNd` in its input): input [N, C, spatial…], weight [C, O/groups, kernel…],
 * bias [O]; padding removes elements from the result.
 */
export function convTranspose(
  input: TensorData,
  weight: TensorData,
  bias?: TensorData | undefined,
  attributes: ConvTransposeAttributes = {},
): TensorData {
  const op = "conv_transpose";
  requireFloat(op, input.element);
  requireSameElement(op, input, weight);
  if (bias) requireSameElement(op, input, bias);
  const shape = convTransposeShape(input.shape, weight.shape, bias?.shape, attributes);
  return writeNumbers(convolveTransposed(operandsOf(op, input, weight, bias, attributes, shape)), shape, input.element);
}

const quantisedTypes: readonly ElementName[] = ["i8", "ui8", "i4", "ui4"];

/**
 * Convolution of 8-bit (or 4-bit) integers with an i32 result that wraps. The zero points (a scalar or [1]; for the weight
 * also [O]) are subtracted first, so padding counts as the input's zero point.
 */
export function convInteger(
  input: TensorData,
  weight: TensorData,
  zeroPoints: { readonly input?: TensorData | undefined; readonly weight?: TensorData | undefined } = {},
  attributes: ConvolutionAttributes = {},
): TensorData {
  const op = "conv_integer";
  for (const { element } of [input, weight]) {
    if (!quantisedTypes.includes(element)) throw new ElementTypeError(op, "i8, ui8, i4 or ui4 operands", element);
  }
  const shape = convShape(input.shape, weight.shape, undefined, attributes, op);
  const operands = operandsOf(op, input, weight, undefined, attributes, shape);
  const shifted = {
    ...operands,
    input: subtractZeroPoint(op, operands.input, zeroPoints.input, 1),
    weight: subtractZeroPoint(op, operands.weight, zeroPoints.weight, weight.shape[0]!),
  };
  // Products of 9-bit numbers: a float64 sum is exact for any real layer.
  return writeNumbers(convolve(shifted), shape, "i32");
}

/** Subtracts a zero point per block of `values`, cut into as many equal blocks as there are zero points (1 or `blocks`). */
function subtractZeroPoint(
  op: string,
  values: Float64Array,
  zeroPoint: TensorData | undefined,
  blocks: number,
): Float64Array {
  if (!zeroPoint) return values;
  if (isFloat(zeroPoint.element)) throw new ElementTypeError(op, "an integer zero point", zeroPoint.element);
  const zeros = readNumbers(zeroPoint);
  if (zeros.length !== 1 && zeros.length !== blocks) {
    throw new ShapeError(op, `1 or ${blocks} zero points`, `${zeros.length}`);
  }
  const blockSize = values.length / zeros.length;
  return values.map((value, index) => value - zeros[Math.floor(index / blockSize)]!);
}
