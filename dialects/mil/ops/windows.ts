/**
 * MIL ops that slide a window over one to three spatial dimensions: convolutions and poolings. Sizes, defaults and rules: coremltools
 * 9.0, `mil/ops/defs/iOS15/conv.py`, `pool.py`.
 */
import { boolAttribute, enumAttribute, i32ArrayAttribute, i32Attribute } from "../../../ir/constraints.ts";
import { attribute, defaultAttribute, optionalAttribute, optionalOperand } from "../../../ir/declaration.ts";
import type { Value } from "../../../ir/operation.ts";
import type { TensorValue } from "../../tensor/build/steps.ts";
import { convolution, pooling, transposedConvolution, type Window } from "../../tensor/build/windows.ts";
import * as tensor from "../../tensor/ops.ts";
import { samePadding } from "../../tensor/reference/convolution.ts";
import { example, input, milOp, milTensor, shapeOf, type TensorSteps } from "../declare.ts";
import { sharedSteps, tensorValue } from "./tensor-steps.ts";

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

/** `values`, or `filler` in each spatial dimension. */
function perDimension(
  what: string,
  values: readonly number[] | undefined,
  rank: number,
  filler: number,
): readonly number[] {
  if (values !== undefined && values.length !== rank)
    throw new Error(`has ${values.length} ${what} for ${rank} spatial dimensions`);
  return values ?? new Array<number>(rank).fill(filler);
}

/** The stated window with its defaults; what `same` means depends on the input. */
function windowOf(x: Value, kernel: readonly number[], stated: StatedWindow): Window {
  const sizes = shapeOf(x).slice(2);
  const rank = sizes.length;
  const strides = perDimension("strides", stated.strides, rank, 1);
  const dilations = perDimension("dilations", stated.dilations, rank, 1);
  const pad = stated.pad ?? new Array<number>(2 * rank).fill(0);
  const type = stated.pad_type;
  const window = { kernel: perDimension("kernel sizes", kernel, rank, 1), strides, dilations };
  if (type === "valid") return { ...window, padding: new Array<number>(2 * rank).fill(0) };
  if (type === "custom") {
    if (pad.length !== 2 * rank) throw new Error(`has ${pad.length} paddings for ${rank} spatial dimensions`);
    const side = (which: number) => pad.filter((_, position) => position % 2 === which);
    return { ...window, padding: [...side(0), ...side(1)] };
  }
  return { ...window, padding: samePadding(sizes, kernel, strides, dilations, type === "same" ? "end" : "begin") };
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
    doc: "Convolution of [N, C, …] with weight [O, C/groups, …] and bias [O], over one to three spatial dimensions.",
    example: convExample("conv", "4x3x3x3", "1x4x6x6"),
    means: ({ groups, ...view }, steps) =>
      convolution(sharedSteps(steps), operandsOf(view), windowOf(view.x, shapeOf(view.weight).slice(2), view), groups),
  },
);

function operandsOf({
  x,
  weight,
  bias,
}: {
  readonly x: Value;
  readonly weight: Value;
  readonly bias?: Value | undefined;
}) {
  return {
    input: tensorValue(x),
    weight: tensorValue(weight),
    bias: bias === undefined ? undefined : tensorValue(bias),
  };
}

/** Sizes of what a transposed convolution without padding gives. */
function wholeSizes(x: Value, { kernel, strides, dilations }: Window): number[] {
  const sizes = shapeOf(x).slice(2);
  return sizes.map((size, axis) => (size - 1) * strides[axis]! + (kernel[axis]! - 1) * dilations[axis]! + 1);
}

/**
 * The window of a transposed convolution whose result has the stated sizes, or for `same` those of the input times the strides; and the
 * elements to add behind where that is more than there is.
 */
function transposedWindow(
  x: Value,
  kernel: readonly number[],
  stated: StatedWindow & { readonly output_shape?: readonly number[] | undefined },
): { readonly window: Window; readonly extra: readonly number[] } {
  const { pad_type: type, output_shape: wanted } = stated;
  const isSame = type === "same" || type === "same_lower";
  const window = windowOf(x, kernel, isSame ? { ...stated, pad_type: "valid" } : stated);
  const rank = kernel.length;
  if (wanted === undefined && !isSame) return { window, extra: new Array<number>(rank).fill(0) };
  const sizes =
    wanted?.slice(2) ??
    shapeOf(x)
      .slice(2)
      .map((size, axis) => size * window.strides[axis]!);
  if (sizes.length !== rank)
    throw new Error(`has an output_shape of ${sizes.length + 2} sizes for an input of ${rank + 2}`);
  const begins: number[] = [];
  const ends: number[] = [];
  const extra: number[] = [];
  for (const [axis, whole] of wholeSizes(x, window).entries()) {
    const cut = whole - sizes[axis]!;
    const half = type === "same_lower" ? Math.ceil(cut / 2) : Math.floor(cut / 2);
    const begin = isSame ? Math.max(0, half) : window.padding[axis]!;
    begins.push(begin);
    ends.push(Math.max(0, cut - begin));
    extra.push(Math.max(0, begin - cut));
  }
  return { window: { ...window, padding: [...begins, ...ends] }, extra };
}

export const convTranspose = milOp(
  "conv_transpose",
  { ...convInputs, ...convFields, output_shape: optionalAttribute(i32ArrayAttribute) },
  {
    doc: "Transposed convolution of [N, C, …] with weight [C, O/groups, …] and bias [O], over one or two spatial dimensions.",
    example: convExample("conv_transpose", "3x4x2x2", "1x4x9x9"),
    means: ({ groups, ...view }, steps) => {
      const { window, extra } = transposedWindow(view.x, shapeOf(view.weight).slice(2), view);
      return transposedConvolution(sharedSteps(steps), operandsOf(view), window, groups, extra);
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

/** Pools by what `build` makes of two dimensions. */
function pooled(
  steps: TensorSteps,
  view: PoolView,
  build: (input: TensorValue, window: Omit<Window, "dilations"> & { readonly ceil_mode: boolean }) => Value,
): Value {
  const { x, kernel_sizes: kernel, ceil_mode } = view;
  return pooling(sharedSteps(steps), tensorValue(x), windowOf(x, kernel, view), (plane, { dilations, ...window }) =>
    tensorValue(build(plane, { ...window, ceil_mode })),
  );
}

export const maxPool = milOp("max_pool", poolFields, {
  doc: "Greatest element of each window of [N, C, …], one to three spatial dimensions.",
  example: poolExample("max_pool"),
  means: (view, steps) =>
    pooled(steps, view, (plane, window) => steps.build(tensor.maxPool2d, { input: plane, ...window })),
});

export const avgPool = milOp(
  "avg_pool",
  { ...poolFields, exclude_padding_from_average: defaultAttribute(boolAttribute, false) },
  {
    doc: "Mean of each window of [N, C, …], over the padded input or without its padding.",
    example: poolExample("avg_pool"),
    means: (view, steps) =>
      pooled(steps, view, (plane, window) => {
        // In three dimensions the mean of means is the mean only where all windows count alike.
        const isDeep = shapeOf(view.x).length === 5 && window.padding.some((size) => size !== 0);
        if (isDeep && view.exclude_padding_from_average)
          throw new Error("has no meaning here in three dimensions without its padding");
        const count_include_pad = !view.exclude_padding_from_average;
        return steps.build(tensor.averagePool2d, { input: plane, ...window, count_include_pad });
      }),
  },
);

export const l2Pool = milOp("l2_pool", poolFields, {
  doc: "√Σx² of each window of [N, C, …], one to three spatial dimensions.",
  example: poolExample("l2_pool"),
  means: (view, steps) =>
    pooled(steps, view, (plane, window) => steps.build(tensor.lpPool2d, { input: plane, ...window, p: 2 })),
});

export const windowOps = [conv, convTranspose, maxPool, avgPool, l2Pool];
