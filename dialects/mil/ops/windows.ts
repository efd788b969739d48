/**
 * MIL ops that slide a window: convolutions and poolings. MIL takes one to three spatial dimensions; here one is computed as a
 * plane of height 1, and three have no meaning yet. Sizes, defaults and rules: coremltools 9.0, `mil/ops/defs/iOS15/conv.py`, `pool.py`.
 */
import { boolAttribute, enumAttribute, i32ArrayAttribute, i32Attribute } from "../../../ir/constraints.ts";
import { attribute, defaultAttribute, optionalAttribute, optionalOperand } from "../../../ir/declaration.ts";
import type { Value } from "../../../ir/operation.ts";
import * as tensor from "../../tensor/ops.ts";
import { samePadding } from "../../tensor/reference/convolution.ts";
import { example, input, milOp, milTensor, shapeOf, type TensorSteps, withShape } from "../declare.ts";

const padTypes = ["valid", "custom", "same", "same_lower"] as const;
const padType = enumAttribute(padTypes);

/** Left out, a step is 1 and a padding 0 in each spatial dimension. */
const windowFields = {
  strides: optionalAttribute(i32ArrayAttribute),
  pad_type: defaultAttribute(padType, "valid"),
  /** Before and behind each spatial dimension in turn: [top, bottom, left, right]. */
  pad: optionalAttribute(i32ArrayAttribute),
};

interface StatedWindow {
  readonly strides?: readonly number[] | undefined;
  readonly pad_type: (typeof padTypes)[number];
  readonly pad?: readonly number[] | undefined;
  readonly dilations?: readonly number[] | undefined;
}

/** A window over a plane. */
interface PlaneWindow {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** [before, behind] per dimension. */
  readonly pad: readonly (readonly [number, number])[];
}

/** `values` as one number per dimension of a plane; the first dimension of a line's plane has `filler`. */
function perDimension(
  what: string,
  values: readonly number[] | undefined,
  rank: number,
  filler: number,
): readonly number[] {
  const stated = values ?? new Array<number>(rank).fill(filler);
  if (stated.length !== rank) throw new Error(`has ${stated.length} ${what} for ${rank} spatial dimensions`);
  return rank === 1 ? [filler, ...stated] : stated;
}

/** The window on the plane that `x` is, or that a line becomes. */
function windowOf(x: Value, kernel: readonly number[], stated: StatedWindow): PlaneWindow {
  const rank = shapeOf(x).length - 2;
  if (rank < 1 || rank > 2)
    throw new Error(`has no meaning here on ${Math.max(rank, 0)} spatial dimensions, only on 1 and 2`);
  const pad = stated.pad ?? new Array<number>(2 * rank).fill(0);
  if (pad.length !== 2 * rank) throw new Error(`has ${pad.length} paddings for ${rank} spatial dimensions`);
  const sides = Array.from({ length: rank }, (_, axis): readonly [number, number] => [
    pad[2 * axis]!,
    pad[2 * axis + 1]!,
  ]);
  return {
    kernel: perDimension("kernel sizes", kernel, rank, 1),
    strides: perDimension("strides", stated.strides, rank, 1),
    dilations: perDimension("dilations", stated.dilations, rank, 1),
    pad: rank === 1 ? [[0, 0], ...sides] : sides,
  };
}

/** [top, left, bottom, right] */
const flat = (pad: readonly (readonly [number, number])[]) => [
  ...pad.map(([before]) => before),
  ...pad.map(([, behind]) => behind),
];

function paddingOf(plane: Value, window: PlaneWindow, type: StatedWindow["pad_type"]): number[] {
  if (type === "valid") return [0, 0, 0, 0];
  if (type === "custom") return flat(window.pad);
  const { kernel, strides, dilations } = window;
  return samePadding(shapeOf(plane).slice(2), kernel, strides, dilations, type === "same" ? "end" : "begin");
}

/** [N, C, L] as [N, C, 1, L]; other values as they are. */
function asPlane(steps: TensorSteps, value: Value): Value {
  const shape = shapeOf(value);
  if (shape.length !== 3) return value;
  const [first = 1, second = 1, length = 1] = shape;
  return steps.build(tensor.staticReshape, { input: value, result: withShape(value, [first, second, 1, length]) });
}

/** The other way, where `x` is a line. */
function likeInput(steps: TensorSteps, plane: Value, x: Value): Value {
  if (shapeOf(x).length !== 3) return plane;
  const [first = 1, second = 1, , length = 1] = shapeOf(plane);
  return steps.build(tensor.staticReshape, { input: plane, result: withShape(plane, [first, second, length]) });
}

// ----------------------------------------------------------------------------------------------------- convolution

const convInputs = { x: input, weight: input, bias: optionalOperand(milTensor) };
const convFields = {
  ...windowFields,
  dilations: optionalAttribute(i32ArrayAttribute),
  groups: defaultAttribute(i32Attribute, 1),
};
const convExample = (name: string, weight: string, result: string) =>
  example(name, { x: "1x3x8x8xf16", weight: `${weight}xf16` }, { groups: 1, pad_type: "valid" }, `${result}xf16`);

export const conv = milOp(
  "conv",
  { ...convInputs, ...convFields },
  {
    doc: "Convolution of [N, C, H, W] with weight [O, C/groups, kh, kw] and bias [O], or of [N, C, L].",
    example: convExample("conv", "4x3x3x3", "1x4x6x6"),
    means: (view, steps) => {
      const { x, bias, groups } = view;
      const window = windowOf(x, shapeOf(view.weight).slice(2), view);
      const plane = asPlane(steps, x);
      const weight = asPlane(steps, view.weight);
      const { strides, dilations } = window;
      const padding = paddingOf(plane, window, view.pad_type);
      const made = steps.build(tensor.conv2d, { input: plane, weight, bias, strides, dilations, groups, padding });
      return likeInput(steps, made, x);
    },
  },
);

/** Sizes of a transposed convolution's plane: stated, or as TensorFlow has them. */
function transposedSizes(
  x: Value,
  plane: Value,
  window: PlaneWindow,
  type: StatedWindow["pad_type"],
  stated: readonly number[] | undefined,
): number[] {
  const { kernel, strides, dilations, pad } = window;
  const sizes = shapeOf(plane).slice(2);
  if (stated !== undefined) {
    const spatial = stated.slice(2);
    if (spatial.length !== shapeOf(x).length - 2) throw new Error(`has an output_shape of ${stated.length} sizes`);
    return spatial.length === 1 ? [1, ...spatial] : spatial;
  }
  return sizes.map((size, axis) => {
    if (type === "same" || type === "same_lower") return size * strides[axis]!;
    const whole = (size - 1) * strides[axis]! + (kernel[axis]! - 1) * dilations[axis]! + 1;
    return type === "valid" ? whole : whole - pad[axis]![0] - pad[axis]![1];
  });
}

export const convTranspose = milOp(
  "conv_transpose",
  { ...convInputs, ...convFields, output_shape: optionalAttribute(i32ArrayAttribute) },
  {
    doc: "Transposed convolution of [N, C, H, W] with weight [C, O/groups, kh, kw] and bias [O], or of [N, C, L].",
    example: convExample("conv_transpose", "3x4x2x2", "1x4x9x9"),
    means: (view, steps) => {
      const { x, bias, groups, pad_type, output_shape } = view;
      const window = windowOf(x, shapeOf(view.weight).slice(2), view);
      const plane = asPlane(steps, x);
      const weight = asPlane(steps, view.weight);
      const { kernel, strides, dilations, pad } = window;
      const wanted = transposedSizes(x, plane, window, pad_type, output_shape);
      const starts: [number, number][] = [];
      const extra: number[] = [];
      for (const [axis, size] of shapeOf(plane).slice(2).entries()) {
        const whole = (size - 1) * strides[axis]! + (kernel[axis]! - 1) * dilations[axis]! + 1;
        const cut = whole - wanted[axis]!;
        const own = pad_type === "custom" ? pad[axis]![0] : undefined;
        const half = pad_type === "same_lower" ? Math.ceil(cut / 2) : Math.floor(cut / 2);
        const before = own ?? (pad_type === "valid" ? 0 : Math.max(0, half));
        starts.push([before, Math.max(0, cut - before)]);
        extra.push(Math.max(0, before - cut));
      }
      const made = steps.build(tensor.convTranspose2d, {
        ...{ input: plane, weight, bias, strides, dilations, groups },
        padding: flat(starts),
        output_padding: extra,
      });
      return likeInput(steps, made, x);
    },
  },
);

// --------------------------------------------------------------------------------------------------------- pooling

const poolFields = {
  x: input,
  kernel_sizes: attribute(i32ArrayAttribute),
  ...windowFields,
  pad_type: attribute(padType),
  ceil_mode: defaultAttribute(boolAttribute, false),
};
const poolExample = (name: string) =>
  example(name, { x: "1x3x8x8xf16" }, { kernel_sizes: [2, 2], pad_type: "valid", strides: [2, 2] }, "1x3x4x4xf16");

type PoolView = StatedWindow & {
  readonly x: Value;
  readonly kernel_sizes: readonly number[];
  readonly ceil_mode: boolean;
};

/** Builds a pooling of a plane, on the plane or line that `x` is. */
function pooled(
  steps: TensorSteps,
  view: PoolView,
  build: (window: { readonly [name: string]: unknown }) => Value,
): Value {
  const window = windowOf(view.x, view.kernel_sizes, view);
  const plane = asPlane(steps, view.x);
  const { kernel, strides } = window;
  const padding = paddingOf(plane, window, view.pad_type);
  return likeInput(steps, build({ input: plane, kernel, strides, padding, ceil_mode: view.ceil_mode }), view.x);
}

export const maxPool = milOp("max_pool", poolFields, {
  doc: "Greatest element of each window of [N, C, H, W], or of [N, C, L].",
  example: poolExample("max_pool"),
  means: (view, steps) => pooled(steps, view, (window) => steps.build(tensor.maxPool2d, window)),
});

export const avgPool = milOp(
  "avg_pool",
  { ...poolFields, exclude_padding_from_average: defaultAttribute(boolAttribute, false) },
  {
    doc: "Mean of each window of [N, C, H, W] or [N, C, L], over the padded input or without its padding.",
    example: poolExample("avg_pool"),
    means: (view, steps) =>
      pooled(steps, view, (window) =>
        steps.build(tensor.averagePool2d, { ...window, count_include_pad: !view.exclude_padding_from_average }),
      ),
  },
);

export const l2Pool = milOp("l2_pool", poolFields, {
  doc: "√Σx² of each window of [N, C, H, W], or of [N, C, L].",
  example: poolExample("l2_pool"),
  means: (view, steps) => pooled(steps, view, (window) => steps.build(tensor.lpPool2d, { ...window, p: 2 })),
});

export const windowOps = [conv, convTranspose, maxPool, avgPool, l2Pool];
