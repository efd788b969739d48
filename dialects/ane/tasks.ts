/**
 * The tasks that compute: convolution, matrix product, pooling, reduction, softmax, normalisation, attention, resampling. One
 * op per class of task that the engine has; each carries the epilogue slots of slots.ts behind its own attributes. What
 * each computes, with the engine's rounding, is stated in semantics/.
 */
import { boolAttribute, enumAttribute, f64Attribute, i64ArrayAttribute, i64Attribute } from "../../ir/constraints.ts";
import { attribute, defaultAttribute, op, operand, optionalOperand, result } from "../../ir/declaration.ts";
import { convShape, convTransposeShape } from "../tensor/reference/convolution.ts";
import { matmulShape } from "../tensor/reference/matmul.ts";
import { poolShape } from "../tensor/reference/pooling.ts";
import { reduceShape } from "../tensor/reference/reduce.ts";
import { isBroadcastable } from "./broadcast.ts";
import { example, shapeOf, surface, taskResult } from "./declare.ts";
import { slotFields, slotFormat, unslottedShape, verifySlots } from "./slots.ts";
import { halfSurface } from "./surface-type.ts";

const input = operand(halfSurface);
const output = result(halfSurface);
const traits = ["Pure"] as const;

export const conv = op(
  "ane.conv",
  {
    input,
    weight: operand(halfSurface),
    ...slotFields,
    strides: defaultAttribute(i64ArrayAttribute, [1, 1]),
    dilations: defaultAttribute(i64ArrayAttribute, [1, 1]),
    padding: defaultAttribute(i64ArrayAttribute, [0, 0, 0, 0]),
    groups: defaultAttribute(i64Attribute, 1),
    transposed: defaultAttribute(boolAttribute, false),
    result: output,
  },
  {
    doc:
      "Convolution of [N, C, H, W] with weights [O, C/groups, kh, kw], or with `transposed` its transpose with weights [C, O/groups, kh, kw]. " +
      "padding is [top, left, bottom, right]. A bias is the offset slot. Accumulates in 32 bits; results from 2^15 up are infinite unless there is one product per result.",
    example: example(
      `%y = ane.conv %x, %w {padding = array<i64: 1, 1, 1, 1>, post_activation = #ane.activation<relu>} : (${surface("1x3x8x8")}, ${surface("4x3x3x3")}) -> ${surface("1x4x8x8")}`,
      `%x: ${surface("1x3x8x8")}`,
      `%w: ${surface("4x3x3x3")}`,
    ),
    traits,
    format: `$input \`,\` $weight ${slotFormat}`,
    infer: (view) => {
      const [input, weight] = [shapeOf(view.input), shapeOf(view.weight)];
      const shapeRule = view.transposed ? convTransposeShape : convShape;
      return taskResult(shapeRule(input, weight, undefined, view), view);
    },
    verify: (operation, report) => {
      if (operation.input.type.rank !== 4) report(`expects an input [N, C, H, W], found ${operation.input.type}`);
      verifySlots(operation, unslottedShape(operation.result.type.shape, operation.transpose), report);
    },
  },
);

export const matmul = op(
  "ane.matmul",
  {
    lhs: operand(halfSurface),
    rhs: operand(halfSurface),
    ...slotFields,
    transpose_lhs: defaultAttribute(boolAttribute, false),
    transpose_rhs: defaultAttribute(boolAttribute, false),
    result: output,
  },
  {
    doc: "Matrix product over the last two dimensions; leading ones broadcast. transpose_lhs and transpose_rhs swap the last two of an operand first. Accumulates in 32 bits; results from 2^15 up are infinite.",
    example: example(
      `%y = ane.matmul %a, %b : (${surface("2x3")}, ${surface("3x4")}) -> ${surface("2x4")}`,
      `%a: ${surface("2x3")}`,
      `%b: ${surface("3x4")}`,
    ),
    traits,
    format: `$lhs \`,\` $rhs ${slotFormat}`,
    infer: (view) => taskResult(matmulShape(shapeOf(view.lhs), shapeOf(view.rhs), view), view),
    verify: (operation, report) =>
      verifySlots(operation, unslottedShape(operation.result.type.shape, operation.transpose), report),
  },
);

export const pool = op(
  "ane.pool",
  {
    input,
    ...slotFields,
    kind: attribute(enumAttribute(["max", "average", "l2"])),
    kernel: attribute(i64ArrayAttribute),
    strides: defaultAttribute(i64ArrayAttribute, [1, 1]),
    padding: defaultAttribute(i64ArrayAttribute, [0, 0, 0, 0]),
    ceil_mode: defaultAttribute(boolAttribute, false),
    count_include_pad: defaultAttribute(boolAttribute, false),
    result: output,
  },
  {
    doc: "Greatest element, mean or Euclidean norm of each window of [N, C, H, W]. padding is [top, left, bottom, right]; means leave it out unless count_include_pad.",
    example: example(
      `%y = ane.pool %x {kernel = array<i64: 2, 2>, kind = "max", strides = array<i64: 2, 2>} : (${surface("1x3x8x8")}) -> ${surface("1x3x4x4")}`,
      `%x: ${surface("1x3x8x8")}`,
    ),
    traits,
    format: `$input ${slotFormat}`,
    infer: (view) => taskResult(poolShape("pool", shapeOf(view.input), view), view),
    verify: (operation, report) => {
      if (operation.input.type.rank !== 4) report(`expects an input [N, C, H, W], found ${operation.input.type}`);
      verifySlots(operation, unslottedShape(operation.result.type.shape, operation.transpose), report);
    },
  },
);

export const reduceKinds = ["sum", "mean", "max", "min", "l1", "l2", "sum_square", "log_sum", "log_sum_exp"] as const;
export type ReduceKind = (typeof reduceKinds)[number];

export const reduce = op(
  "ane.reduce",
  {
    input,
    ...slotFields,
    kind: attribute(enumAttribute(reduceKinds)),
    axes: attribute(i64ArrayAttribute),
    keep_dims: defaultAttribute(boolAttribute, true),
    result: output,
  },
  {
    doc: "Reduction over axes, accumulated in 32 bits and rounded once; with keep_dims they stay with size 1.",
    example: example(
      `%y = ane.reduce %x {axes = array<i64: 1>, kind = "mean"} : (${surface("2x3")}) -> ${surface("2x1")}`,
      `%x: ${surface("2x3")}`,
    ),
    traits,
    format: `$input ${slotFormat}`,
    infer: (view) => taskResult(reduceShape("reduce", shapeOf(view.input), view), view),
    verify: (operation, report) =>
      verifySlots(operation, unslottedShape(operation.result.type.shape, operation.transpose), report),
  },
);

export const softmax = op(
  "ane.softmax",
  { input, ...slotFields, axis: attribute(i64Attribute), result: output },
  {
    doc: "e^(x - max) / Σ e^(x - max) along axis.",
    example: example(
      `%y = ane.softmax %x {axis = 1 : i64} : (${surface("2x3")}) -> ${surface("2x3")}`,
      `%x: ${surface("2x3")}`,
    ),
    traits,
    format: `$input ${slotFormat}`,
    infer: (view) => {
      if (view.axis < 0 || view.axis >= view.input.type.rank)
        throw new Error(`axis must be in 0 … ${view.input.type.rank - 1}, but is ${view.axis}`);
      return taskResult(shapeOf(view.input), view);
    },
    verify: (operation, report) => verifySlots(operation, operation.input.type.shape, report),
  },
);

export const norm = op(
  "ane.norm",
  {
    input,
    scale: optionalOperand(halfSurface),
    bias: optionalOperand(halfSurface),
    ...slotFields,
    kind: attribute(enumAttribute(["layer", "rms", "l2"])),
    axes: attribute(i64ArrayAttribute),
    epsilon: defaultAttribute(f64Attribute, 1e-5),
    result: output,
  },
  {
    doc:
      "Normalisation over axes. layer: (x - mean)/√(variance + epsilon)·scale + bias. rms: x/√(mean of x² + epsilon)·scale. l2: x/max(√Σx², epsilon). " +
      "Runs as the sequence of steps that is emitted for it, each rounded to f16: squares overflow from |x - mean| = 256 on.",
    example: example(
      `%y = ane.norm %x {axes = array<i64: 1>, epsilon = 1.000000e-03 : f64, kind = "rms"} : (${surface("2x8")}) -> ${surface("2x8")}`,
      `%x: ${surface("2x8")}`,
    ),
    traits,
    format: `$input (\`scale\` $scale^)? (\`bias\` $bias^)? ${slotFormat}`,
    infer: (view) => taskResult(shapeOf(view.input), view),
    verify: (operation, report) => {
      const { shape } = operation.input.type;
      if (operation.axes.some((axis) => axis < 0 || axis >= shape.length))
        report(`axes must be in 0 … ${shape.length - 1}, but are [${operation.axes.join(", ")}]`);
      for (const [name, value] of Object.entries({ scale: operation.scale, bias: operation.bias })) {
        if (value === undefined) continue;
        if (value.definer?.name !== "ane.constant") report(`${name} must be an ane.constant`);
        if (!isBroadcastable(value.type.shape, shape))
          report(`${name} must broadcast to [${shape.join(", ")}], but is ${value.type}`);
      }
      verifySlots(operation, shape, report);
    },
  },
);

export const attention = op(
  "ane.attention",
  {
    query: operand(halfSurface),
    key: operand(halfSurface),
    value: operand(halfSurface),
    ...slotFields,
    scale: attribute(f64Attribute),
    result: output,
  },
  {
    doc:
      "softmax(scale·query·keyᵀ)·value on [1, heads, length, width] in one task. It takes no mask (the engine ignores one), and is right only " +
      "while the query or the key is shorter than 512 and neither is longer than 2048 (aneforge.md 2.3 and 5.7).",
    example: example(
      `%y = ane.attention %q, %k, %v {scale = 5.000000e-01 : f64} : (${surface("1x2x8x4")}, ${surface("1x2x8x4")}, ${surface("1x2x8x4")}) -> ${surface("1x2x8x4")}`,
      ...["%q", "%k", "%v"].map((name) => `${name}: ${surface("1x2x8x4")}`),
    ),
    traits,
    format: `$query \`,\` $key \`,\` $value ${slotFormat}`,
    infer: (view) => {
      const scores = matmulShape(shapeOf(view.query), shapeOf(view.key), { transpose_rhs: true });
      return taskResult(matmulShape(scores, shapeOf(view.value), {}), view);
    },
    verify: (operation, report) => {
      if (operation.query.type.rank !== 4) report(`expects [1, heads, length, width], found ${operation.query.type}`);
      const lengths = [operation.query, operation.key].map(({ type }) => type.shape[2] ?? 0);
      if (Math.min(...lengths) >= 512 || Math.max(...lengths) > 2048) {
        report(`lengths ${lengths.join(" and ")} give wrong results: one must be below 512 and neither above 2048`);
      }
      verifySlots(operation, unslottedShape(operation.result.type.shape, operation.transpose), report);
    },
  },
);

/** How a position of a resampled surface is mapped to the input. */
export const sampling = ["asymmetric", "align_corners", "half_pixel"] as const;

export const resample = op(
  "ane.resample",
  {
    input,
    ...slotFields,
    kind: attribute(enumAttribute(["nearest", "linear"])),
    sampling: defaultAttribute(enumAttribute(sampling), "asymmetric"),
    size: attribute(i64ArrayAttribute),
    result: output,
  },
  {
    doc:
      "Resizes [N, C, H, W] to size [height, width]. nearest repeats each element a whole number of times. linear reads position i/ratio (asymmetric), " +
      "i·(in - 1)/(out - 1) (align_corners) or (i + ½)/ratio - ½ (half_pixel), held at the edges.",
    example: example(
      `%y = ane.resample %x {kind = "nearest", size = array<i64: 8, 8>} : (${surface("1x3x4x4")}) -> ${surface("1x3x8x8")}`,
      `%x: ${surface("1x3x4x4")}`,
    ),
    traits,
    format: `$input ${slotFormat}`,
    infer: (view) => taskResult([...shapeOf(view.input).slice(0, 2), ...view.size], view),
    verify: (operation, report) => {
      const { shape } = operation.input.type;
      const { size, kind } = operation;
      if (shape.length !== 4 || size.length !== 2)
        report(`expects an input [N, C, H, W] and a size of two, found ${operation.input.type} and ${size.length}`);
      else if (kind === "nearest" && (size[0]! % shape[2]! !== 0 || size[1]! % shape[3]! !== 0)) {
        report(
          `repeats elements a whole number of times: [${size.join(", ")}] is no multiple of [${shape[2]}, ${shape[3]}]`,
        );
      }
      verifySlots(operation, unslottedShape(operation.result.type.shape, operation.transpose), report);
    },
  },
);

export const computeTasks = [conv, matmul, pool, reduce, softmax, norm, attention, resample];
