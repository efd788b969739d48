/**
 * Convolution and pooling over one to three spatial dimensions. The tensor dialect has the two-dimensional forms: one-dimensional
 * ones get a dimension of size 1, the depth taps of a three-dimensional convolution become channels, and three-dimensional pooling
 * is done in two steps (a maximum of maxima, a mean of means of equal weight).
 */
import * as tensor from "../ops.ts";
import { ascending, concat, reshape, type Steps, shapeOf, type TensorValue, transpose } from "./steps.ts";

/** A window over the spatial dimensions; `padding` has all begins, then all ends. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: readonly number[];
}

/** The dimensions from `start` to before `end` of a window. */
export function windowPart({ kernel, strides, dilations, padding }: Window, start: number, end: number): Window {
  const cut = (values: readonly number[]) => values.slice(start, end);
  const rank = kernel.length;
  return {
    kernel: cut(kernel),
    strides: cut(strides),
    dilations: cut(dilations),
    padding: [...cut(padding.slice(0, rank)), ...cut(padding.slice(rank))],
  };
}

/** A one-dimensional window as a two-dimensional one of height 1. */
function withHeight({ kernel, strides, dilations, padding }: Window): Window {
  return {
    kernel: [1, ...kernel],
    strides: [1, ...strides],
    dilations: [1, ...dilations],
    padding: [0, padding[0]!, 0, padding[1]!],
  };
}

/** [N, C, W] as [N, C, 1, W]. */
function insertHeight(steps: Steps, input: TensorValue): TensorValue {
  const [batch, channels, width] = shapeOf(input);
  return reshape(steps, input, [batch!, channels!, 1, width!]);
}

function removeHeight(steps: Steps, input: TensorValue): TensorValue {
  const [batch, channels, , width] = shapeOf(input);
  return reshape(steps, input, [batch!, channels!, width!]);
}

/** The number of spatial dimensions of [N, C, …]; an error for other numbers than 1 to `most`. */
export function requireSpatial(steps: Steps, input: TensorValue, most: number): number {
  const rank = input.type.rank - 2;
  if (rank >= 1 && rank <= most) return rank;
  throw steps.error(`${rank} spatial dimensions (input ${input.type}) are not supported, only 1 to ${most}`);
}

export interface Operands {
  readonly input: TensorValue;
  readonly weight: TensorValue;
  readonly bias: TensorValue | undefined;
}

/** Convolution of [N, C, …] with weight [O, C/groups, kernel…] and bias [O]. */
export function convolution(steps: Steps, operands: Operands, window: Window, groups: number): TensorValue {
  const { input, weight, bias } = operands;
  const rank = requireSpatial(steps, input, 3);
  if (rank === 3) return deepConvolution(steps, operands, window, groups);
  const { strides, dilations, padding } = rank === 1 ? withHeight(window) : window;
  const flat = (value: TensorValue) => (rank === 1 ? insertHeight(steps, value) : value);
  const result = steps.emit(tensor.conv2d, {
    ...{ input: flat(input), weight: flat(weight), bias },
    ...{ strides, dilations, padding, groups },
  });
  return rank === 1 ? removeHeight(steps, result) : result;
}

/**
 * Three dimensions: for each depth of the result the taps of the kernel's depth lie side by side as channels, so that one
 * two-dimensional convolution of all depths at once sums over them.
 */
function deepConvolution(steps: Steps, { input, weight, bias }: Operands, window: Window, groups: number): TensorValue {
  const [batch = 1, channels = 1, depth = 1, height = 1, width = 1] = shapeOf(input);
  const [outputs = 1, perGroup = 1, taps = 1, rows = 1, columns = 1] = shapeOf(weight);
  const along = windowPart(window, 0, 1);
  const [stride, dilation, before, behind] = [
    along.strides[0]!,
    along.dilations[0]!,
    along.padding[0]!,
    along.padding[1]!,
  ];
  const padded = steps.emit(tensor.staticPad, {
    input,
    low: [0, 0, before, 0, 0],
    high: [0, 0, behind, 0, 0],
  });
  const results = Math.floor((depth + before + behind - dilation * (taps - 1) - 1) / stride) + 1;
  if (results < 1) throw steps.error(`the kernel's depth of ${taps} does not fit the padded input, ${padded.type}`);
  const cut = (tap: number) =>
    steps.emit(tensor.slice, {
      input: padded,
      starts: [0, 0, tap * dilation, 0, 0],
      sizes: [batch, channels, results, height, width],
      strides: [1, 1, stride, 1, 1],
    });
  // [N, C, D, H, W] per tap to [N·D, groups·taps·C/groups, H, W].
  const stacked = concat(
    steps,
    ascending(taps).map((tap) =>
      reshape(steps, cut(tap), [batch, groups, 1, channels / groups, results, height, width]),
    ),
    2,
  );
  const planes = reshape(steps, transpose(steps, stacked, [0, 4, 1, 2, 3, 5, 6]), [
    batch * results,
    channels * taps,
    height,
    width,
  ]);
  const kernel = reshape(steps, transpose(steps, weight, [0, 2, 1, 3, 4]), [outputs, taps * perGroup, rows, columns]);
  const { strides, dilations, padding } = windowPart(window, 1, 3);
  const flat = steps.emit(tensor.conv2d, { input: planes, weight: kernel, bias, strides, dilations, padding, groups });
  const [, , high = 1, wide = 1] = shapeOf(flat);
  return transpose(steps, reshape(steps, flat, [batch, results, outputs, high, wide]), [0, 2, 1, 3, 4]);
}

/** Transposed convolution of [N, C, …] with weight [C, O/groups, kernel…]; one or two spatial dimensions. */
export function transposedConvolution(
  steps: Steps,
  { input, weight, bias }: Operands,
  window: Window,
  groups: number,
  outputPadding: readonly number[],
): TensorValue {
  const rank = requireSpatial(steps, input, 2);
  const { strides, dilations, padding } = rank === 1 ? withHeight(window) : window;
  const flat = (value: TensorValue) => (rank === 1 ? insertHeight(steps, value) : value);
  const result = steps.emit(tensor.convTranspose2d, {
    ...{ input: flat(input), weight: flat(weight), bias },
    ...{ strides, dilations, padding, groups },
    output_padding: rank === 1 ? [0, outputPadding[0]!] : outputPadding,
  });
  return rank === 1 ? removeHeight(steps, result) : result;
}

/** Pools two dimensions; the window has two. */
export type Pool2d = (input: TensorValue, window: Window) => TensorValue;

/** Applies a two-dimensional pooling to 1 to 3 spatial dimensions. */
export function pooling(steps: Steps, input: TensorValue, window: Window, pool2d: Pool2d): TensorValue {
  const rank = requireSpatial(steps, input, 3);
  if (rank === 2) return pool2d(input, window);
  if (rank === 1) return removeHeight(steps, pool2d(insertHeight(steps, input), withHeight(window)));
  // First height and width of each depth, then the depths: a column of height D, width H·W.
  const [batch = 1, channels = 1, depth = 1, height = 1, width = 1] = shapeOf(input);
  const planes = pool2d(reshape(steps, input, [batch, channels * depth, height, width]), windowPart(window, 1, 3));
  const [, , rows = 1, columns = 1] = shapeOf(planes);
  const { kernel: deep, strides, dilations, padding } = windowPart(window, 0, 1);
  const pooled = pool2d(reshape(steps, planes, [batch, channels, depth, rows * columns]), {
    kernel: [deep[0]!, 1],
    strides: [strides[0]!, 1],
    dilations: [dilations[0]!, 1],
    padding: [padding[0]!, 0, padding[1]!, 0],
  });
  return reshape(steps, pooled, [batch, channels, shapeOf(pooled)[2]!, rows, columns]);
}
