/**
 * Convolutions as linalg: the input is padded with zeros, then one `linalg.generic` runs over (image, output channel, output
 * position, input channel, kernel position). Grouped and depthwise forms have their own, smaller iteration spaces. A
 * transposed convolution is split by the phase of the output position, so that no zeros are multiplied.
 */
import { conv2d, convTranspose2d } from "../../../dialects/tensor/ops.ts";
import {
  type AffineExpression,
  AffineMap,
  affineAdd,
  affineConstant,
  affineMul,
  dimension,
} from "../../../ir/affine-map.ts";
import type { Builder } from "../../../ir/builder.ts";
import type { Value } from "../../../ir/operation.ts";
import type { Type } from "../../../ir/types.ts";
import {
  broadcastFrom,
  collapse,
  elementOf,
  emptyTensor,
  expand,
  extractSlice,
  filled,
  type GenericOperand,
  generic,
  insertSlice,
  iterators,
  narrow,
  pad,
  pointwise,
  reshape,
  shapeOf,
} from "../emit.ts";
import { lowering } from "../lowering.ts";
import type { Scalars } from "../scalars.ts";
import { computeElement } from "../storage-types.ts";

/** accumulator + a·b in compute form. */
export function multiplyAdd(
  s: Scalars,
  [a, b]: readonly Value[],
  [sum]: readonly Value[],
  element: Type,
): readonly Value[] {
  return [s.add(sum!, s.mul(s.load(a!, element), s.load(b!, element)))];
}

/** position·stride + tap·dilation */
function windowIndex(position: number, stride: number, tap: number, dilation: number): AffineExpression {
  return affineAdd(affineMul(dimension(position), stride), affineMul(dimension(tap), dilation));
}

/** The start of an accumulation: zeros, or the bias [O] along `axes`: the channels, or groups and channels in a group. */
function start(
  builder: Builder,
  shape: readonly number[],
  element: Type,
  bias: Value | undefined,
  axes: readonly number[],
): Value {
  const compute = computeElement(element);
  if (bias === undefined) return filled(builder, shape, compute, 0);
  const source = reshape(
    builder,
    bias,
    axes.map((axis) => shape[axis]!),
  );
  return broadcastFrom(builder, source, AffineMap.projection(shape.length, axes), shape, compute);
}

interface Window {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
}

/** Adds a convolution of an already padded input without groups to `init` [n, o, positions…]. */
function convolve(builder: Builder, input: Value, weight: Value, init: Value, { strides, dilations }: Window): Value {
  const rank = strides.length;
  const [output, channel, tap] = [2, 2 + rank, 3 + rank];
  const dimensions = 3 + 2 * rank;
  const spatial = strides.map((stride, axis) => windowIndex(output + axis, stride, tap + axis, dilations[axis]!));
  const maps = {
    input: new AffineMap(dimensions, 0, [dimension(0), dimension(channel), ...spatial]),
    weight: AffineMap.projection(dimensions, [1, channel, ...strides.map((_, axis) => tap + axis)]),
    init: AffineMap.projection(dimensions, [0, 1, ...strides.map((_, axis) => output + axis)]),
  };
  const element = elementOf(input);
  const [result] = generic(builder, {
    inputs: [
      { value: input, map: maps.input },
      { value: weight, map: maps.weight },
    ],
    outputs: [{ value: init, map: maps.init }],
    iterators: iterators(2 + rank, 1 + rank),
    body: (s, inputs, outputs) => multiplyAdd(s, inputs, outputs, element),
  });
  return result!;
}

/** One kernel per channel: weight [C, kernel…]. */
function convolveDepthwise(
  builder: Builder,
  input: Value,
  weight: Value,
  init: Value,
  { strides, dilations }: Window,
): Value {
  const rank = strides.length;
  const [output, tap] = [2, 2 + rank];
  const dimensions = 2 + 2 * rank;
  const spatial = strides.map((stride, axis) => windowIndex(output + axis, stride, tap + axis, dilations[axis]!));
  const element = elementOf(input);
  const [result] = generic(builder, {
    inputs: [
      { value: input, map: new AffineMap(dimensions, 0, [dimension(0), dimension(1), ...spatial]) },
      { value: weight, map: AffineMap.projection(dimensions, [1, ...strides.map((_, axis) => tap + axis)]) },
    ],
    outputs: [
      { value: init, map: AffineMap.projection(dimensions, [0, 1, ...strides.map((_, axis) => output + axis)]) },
    ],
    iterators: iterators(2 + rank, rank),
    body: (s, inputs, outputs) => multiplyAdd(s, inputs, outputs, element),
  });
  return result!;
}

/** Input [n, g, C/g, …], weight [g, O/g, C/g, kernel…], init [n, g, O/g, positions…]. */
function convolveGrouped(
  builder: Builder,
  input: Value,
  weight: Value,
  init: Value,
  { strides, dilations }: Window,
): Value {
  const rank = strides.length;
  const [output, channel, tap] = [3, 3 + rank, 4 + rank];
  const dimensions = 4 + 2 * rank;
  const spatial = strides.map((stride, axis) => windowIndex(output + axis, stride, tap + axis, dilations[axis]!));
  const element = elementOf(input);
  const [result] = generic(builder, {
    inputs: [
      { value: input, map: new AffineMap(dimensions, 0, [dimension(0), dimension(1), dimension(channel), ...spatial]) },
      {
        value: weight,
        map: AffineMap.projection(dimensions, [1, 2, channel, ...strides.map((_, axis) => tap + axis)]),
      },
    ],
    outputs: [
      { value: init, map: AffineMap.projection(dimensions, [0, 1, 2, ...strides.map((_, axis) => output + axis)]) },
    ],
    iterators: iterators(3 + rank, 1 + rank),
    body: (s, inputs, outputs) => multiplyAdd(s, inputs, outputs, element),
  });
  return result!;
}

/** Splits dimension `axis` into `groups` equal parts. */
function splitDimension(builder: Builder, value: Value, axis: number, groups: number): Value {
  const shape = shapeOf(value);
  const groupsOfDimensions = shape.map((_, position) =>
    position < axis ? [position] : position === axis ? [axis, axis + 1] : [position + 1],
  );
  const split = shape.flatMap((size, position) => (position === axis ? [groups, size / groups] : [size]));
  return expand(builder, value, groupsOfDimensions, split);
}

/** Joins dimensions `axis` and `axis + 1`. */
function joinDimensions(builder: Builder, value: Value, axis: number): Value {
  const rank = shapeOf(value).length;
  const groups = Array.from({ length: rank - 1 }, (_, position) =>
    position < axis ? [position] : position === axis ? [axis, axis + 1] : [position + 1],
  );
  return collapse(builder, value, groups);
}

/** [top, left, bottom, right] as low and high padding of [n, c, spatial…]. */
function spatialPadding(padding: readonly number[]): { readonly low: number[]; readonly high: number[] } {
  const rank = padding.length / 2;
  return { low: [0, 0, ...padding.slice(0, rank)], high: [0, 0, ...padding.slice(rank)] };
}

const lowerConv2d = lowering(conv2d, (operation, [input, weight, bias], builder) => {
  const { groups, padding } = operation;
  const [batch, outputs, ...positions] = operation.result.type.shape as [number, number, ...number[]];
  const element = elementOf(input!);
  const { low, high } = spatialPadding(padding);
  const padded = pad(builder, input!, low, high, 0);
  const [, channelsPerGroup] = shapeOf(weight!);
  if (groups === 1) {
    const init = start(builder, [batch, outputs, ...positions], element, bias, [1]);
    return [narrow(builder, convolve(builder, padded, weight!, init, operation), element)];
  }
  if (channelsPerGroup === 1 && outputs === groups) {
    const init = start(builder, [batch, outputs, ...positions], element, bias, [1]);
    const kernels = joinDimensions(builder, weight!, 0);
    return [narrow(builder, convolveDepthwise(builder, padded, kernels, init, operation), element)];
  }
  const init = start(builder, [batch, groups, outputs / groups, ...positions], element, bias, [1, 2]);
  const sum = convolveGrouped(
    builder,
    splitDimension(builder, padded, 1, groups),
    splitDimension(builder, weight!, 0, groups),
    init,
    operation,
  );
  return [joinDimensions(builder, narrow(builder, sum, element), 1)];
});

// ------------------------------------------------------------------------------------------------ transposed

/**
 * Output position o = q·stride + phase - begin reads input q - first - m·step with kernel tap `tap + m·tapStep`: the taps of one
 * phase along one dimension.
 */
interface Phase {
  /** First output position, and how many there are, `stride` apart. */
  readonly output: number;
  readonly count: number;
  /** Taps of the kernel that touch this phase; none: the phase is only bias. */
  readonly tap: number;
  readonly tapStep: number;
  readonly taps: number;
  /** Input position that the first output reads with the last tap, and the distance between taps there. */
  readonly input: number;
  readonly inputStep: number;
}

/** The phases of one dimension of a transposed convolution. */
export function phasesOf(size: number, kernel: number, stride: number, dilation: number, begin: number): Phase[] {
  const phases: Phase[] = [];
  for (let output = 0; output < Math.min(stride, size); output++) {
    const residue = (output + begin) % stride;
    const touching = Array.from({ length: kernel }, (_, tap) => tap).filter(
      (tap) => (tap * dilation) % stride === residue,
    );
    const count = Math.ceil((size - output) / stride);
    const quotient = Math.floor((output + begin) / stride);
    const [tap = 0, next] = touching;
    const last = touching.at(-1) ?? 0;
    const tapStep = next === undefined ? 1 : next - tap;
    phases.push({
      output,
      count,
      tap,
      tapStep,
      taps: touching.length,
      input: quotient - (last * dilation - residue) / stride,
      inputStep: next === undefined ? 1 : (tapStep * dilation) / stride,
    });
  }
  return phases;
}

/** All combinations of one element of each list. */
function combinations<T>(lists: readonly (readonly T[])[]): T[][] {
  return lists.reduce<T[][]>((all, list) => all.flatMap((rest) => list.map((each) => [...rest, each])), [[]]);
}

/**
 * Input [n, g, C/g, …], weight [g, C/g, O/g, taps…] of one phase. The kernel is walked backward; the empty window operand
 * tells the sizes of the taps, which no operand shows otherwise.
 */
function convolvePhase(builder: Builder, input: Value, weight: Value, init: Value, phases: readonly Phase[]): Value {
  const rank = phases.length;
  const [output, channel, tap] = [3, 3 + rank, 4 + rank];
  const dimensions = 4 + 2 * rank;
  const element = elementOf(input);
  const taps = phases.map((_, axis) => tap + axis);
  const spatial = phases.map(({ inputStep }, axis) => windowIndex(output + axis, 1, tap + axis, inputStep));
  const backward = phases.map(({ taps: count }, axis) =>
    count === 1 ? dimension(tap + axis) : affineAdd(affineMul(dimension(tap + axis), -1), affineConstant(count - 1)),
  );
  const operands: GenericOperand[] = [
    { value: input, map: new AffineMap(dimensions, 0, [dimension(0), dimension(1), dimension(channel), ...spatial]) },
    { value: weight, map: new AffineMap(dimensions, 0, [dimension(1), dimension(channel), dimension(2), ...backward]) },
  ];
  if (phases.some(({ taps: count }) => count > 1)) {
    const window = emptyTensor(
      builder,
      phases.map(({ taps: count }) => count),
      element,
    );
    operands.push({ value: window, map: AffineMap.projection(dimensions, taps) });
  }
  const [result] = generic(builder, {
    inputs: operands,
    outputs: [
      { value: init, map: AffineMap.projection(dimensions, [0, 1, 2, ...phases.map((_, axis) => output + axis)]) },
    ],
    iterators: iterators(3 + rank, 1 + rank),
    body: (s, inputs, outputs) => multiplyAdd(s, inputs, outputs, element),
  });
  return result!;
}

/** Cuts or zero-extends the spatial dimensions so that they run from `first` over `sizes` elements. */
function windowOf(builder: Builder, input: Value, first: readonly number[], sizes: readonly number[]): Value {
  const shape = shapeOf(input);
  const lead = shape.length - first.length;
  const low = [...new Array<number>(lead).fill(0), ...first.map((start) => -start)];
  const high = shape.map((size, axis) => (axis < lead ? 0 : first[axis - lead]! + sizes[axis - lead]! - size));
  return pad(builder, input, low, high, 0);
}

/** Kernel and stride equal, nothing cut off: every output element has one tap, so this is one product and an interleaving. */
function transposeWithoutOverlap(builder: Builder, input: Value, weight: Value, bias: Value | undefined): Value {
  const [batch, , height, width] = shapeOf(input) as [number, number, number, number];
  const [, outputs, kernelHeight, kernelWidth] = shapeOf(weight) as [number, number, number, number];
  const element = elementOf(input);
  // (n, o, ky, kx, y, x, c): the image rows stay contiguous in the product.
  const init = start(builder, [batch, outputs, kernelHeight, kernelWidth, height, width], element, bias, [1]);
  const [sums] = generic(builder, {
    inputs: [
      { value: input, map: AffineMap.projection(7, [0, 6, 4, 5]) },
      { value: weight, map: AffineMap.projection(7, [6, 1, 2, 3]) },
    ],
    outputs: [{ value: init, map: AffineMap.projection(7, [0, 1, 2, 3, 4, 5]) }],
    iterators: iterators(6, 1),
    body: (s, inputs, outs) => multiplyAdd(s, inputs, outs, element),
  });
  const interleaved = pointwise(builder, {
    shape: [batch, outputs, height, kernelHeight, width, kernelWidth],
    element,
    inputs: [{ value: sums!, map: AffineMap.projection(6, [0, 1, 3, 5, 2, 4]) }],
    body: (s, [sum]) => s.resize(sum!, element),
  });
  return collapse(builder, interleaved, [[0], [1], [2, 3], [4, 5]]);
}

const lowerConvTranspose2d = lowering(convTranspose2d, (operation, [input, weight, bias], builder) => {
  const { groups, padding, strides, dilations, output_padding: extra } = operation;
  const [batch, outputs, ...sizes] = operation.result.type.shape as [number, number, ...number[]];
  const kernel = shapeOf(weight!).slice(2);
  const element = elementOf(input!);
  const isPlain = groups === 1 && [...padding, ...extra].every((value) => value === 0);
  if (isPlain && kernel.every((size, axis) => size === strides[axis] && (dilations[axis] === 1 || size === 1))) {
    return [transposeWithoutOverlap(builder, input!, weight!, bias)];
  }
  const perGroup = outputs / groups;
  const source = splitDimension(builder, input!, 1, groups);
  const kernels = splitDimension(builder, weight!, 0, groups);
  const phases = sizes.map((size, axis) =>
    phasesOf(size, kernel[axis]!, strides[axis]!, dilations[axis]!, padding[axis]!),
  );
  const whole = [batch, groups, perGroup, ...sizes];
  const isWhole = phases.every((list) => list.every(({ taps, count }) => taps > 0 && count > 0));
  const single = isWhole && phases.every((list) => list.length === 1);
  let result: Value | undefined;
  if (!single) {
    result = isWhole
      ? emptyTensor(builder, whole, computeElement(element))
      : start(builder, whole, element, bias, [1, 2]);
  }
  for (const phase of combinations(phases)) {
    if (phase.some(({ taps, count }) => taps === 0 || count === 0)) continue;
    const counts = phase.map(({ count }) => count);
    const reach = phase.map(({ count, taps, inputStep }) => count + (taps - 1) * inputStep);
    const window = windowOf(
      builder,
      source,
      phase.map((each) => each.input),
      reach,
    );
    const kept = extractSlice(
      builder,
      kernels,
      [0, 0, 0, ...phase.map(({ tap }) => tap)],
      [...shapeOf(kernels).slice(0, 3), ...phase.map(({ taps }) => taps)],
      [1, 1, 1, ...phase.map(({ tapStep }) => tapStep)],
    );
    const init = start(builder, [batch, groups, perGroup, ...counts], element, bias, [1, 2]);
    const sums = convolvePhase(builder, window, kept, init, phase);
    if (result === undefined) {
      result = sums;
      continue;
    }
    const steps = [1, 1, 1, ...strides];
    result = insertSlice(builder, sums, result, [0, 0, 0, ...phase.map(({ output }) => output)], steps);
  }
  return [joinDimensions(builder, narrow(builder, result!, element), 1)];
});

export const convolutionLowerings = [lowerConv2d, lowerConvTranspose2d];
