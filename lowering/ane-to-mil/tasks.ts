/** Each task as MIL ops: its core, then its slots. */
import * as ane from "../../dialects/ane/index.ts";
import * as mil from "../../dialects/mil/index.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import type { OperationOf } from "../../ir/declaration.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { emitSlots, timesConstant } from "./epilogue.ts";
import { alignedTo, asVector, constantData, expandedTo, type MilBuilder, shapeOf, transposed } from "./mil-builder.ts";

/** Emits a task; its result is then known to `to`. */
export function emitTask(to: MilBuilder, task: Operation): void {
  to.begin(task);
  const core = emitCore(to, task);
  const result = ane.move.matches(task) ? core : emitSlots(to, slotted(task), core);
  // A task that does nothing still has a name of its own.
  const isNew =
    result.definer !== undefined && !mil.constant.matches(result.definer) && isFirstNaming(to, result, task);
  to.finish(task, isNew ? result : to.build(mil.mul, { x: result, y: to.scalar(1, "one") }, "copy"));
}

/** Whether an op was made for this task (and not for one before it). */
function isFirstNaming(to: MilBuilder, result: Value, task: Operation): boolean {
  return !task.operands.some((operand) => to.isBoundTo(operand, result));
}

function slotted(task: Operation): Operation & ane.Slots {
  for (const definition of [
    ane.conv,
    ane.matmul,
    ane.pool,
    ane.reduce,
    ane.softmax,
    ane.norm,
    ane.attention,
    ane.resample,
    ane.elementwise,
  ]) {
    if (definition.matches(task)) return task;
  }
  throw task.error("is not a task of the engine");
}

function emitCore(to: MilBuilder, task: Operation): Value {
  if (ane.conv.matches(task)) return emitConv(to, task);
  if (ane.matmul.matches(task)) return emitMatmul(to, task);
  if (ane.pool.matches(task)) return emitPool(to, task);
  if (ane.reduce.matches(task)) {
    const { axes, keep_dims } = task;
    return to.build(reductions[task.kind], { x: to.value(task.input), axes, keep_dims }, "reduce");
  }
  if (ane.softmax.matches(task)) return to.build(mil.softmax, { x: to.value(task.input), axis: task.axis }, "softmax");
  if (ane.norm.matches(task)) return emitNorm(to, task);
  if (ane.attention.matches(task)) return emitAttention(to, task);
  if (ane.resample.matches(task)) return emitResample(to, task);
  if (ane.elementwise.matches(task)) return emitElementwise(to, task);
  if (ane.move.matches(task)) return emitMove(to, task);
  throw task.error("has no form in MIL");
}

/** [top, left, bottom, right] as MIL orders it. */
const milPadding = ([top = 0, left = 0, bottom = 0, right = 0]: readonly number[]) => [top, bottom, left, right];

function emitConv(to: MilBuilder, task: OperationOf<typeof ane.conv>): Value {
  const { strides, dilations, groups, padding, transposed: isTransposed } = task;
  const args = {
    x: to.value(task.input),
    weight: to.value(task.weight, "weight"),
    strides,
    dilations,
    groups,
    pad: milPadding(padding),
    pad_type: "custom",
  };
  return to.build(isTransposed ? mil.convTranspose : mil.conv, args, "conv");
}

/** Weights of a matrix product are stored with one row per output, [N, K]. */
function emitMatmul(to: MilBuilder, task: OperationOf<typeof ane.matmul>): Value {
  const { lhs, rhs, transpose_lhs: transpose_x, transpose_rhs } = task;
  const isWeight = constantData(rhs) !== undefined && shapeOf(rhs).length === 2;
  const y = isWeight && !transpose_rhs ? to.laidOut(rhs, "weight", transposed) : to.value(rhs, "weight");
  return to.build(mil.matmul, { x: to.value(lhs), y, transpose_x, transpose_y: isWeight || transpose_rhs }, "matmul");
}

/** A last window beyond the padding is reached by more padding, since MIL's own ceil_mode takes symmetric padding only. */
function emitPool(to: MilBuilder, task: OperationOf<typeof ane.pool>): Value {
  const { kernel, strides, padding, kind, count_include_pad } = task;
  const size = ane.unslottedShape(task.result.type.shape, task.transpose).slice(2);
  const [top = 0, left = 0, bottom = 0, right = 0] = padding;
  const reach = (axis: number) => (size[axis]! - 1) * strides[axis]! + kernel[axis]!;
  const [height = 0, width = 0] = shapeOf(task.input).slice(2);
  const ends = [Math.max(bottom, reach(0) - height - top), Math.max(right, reach(1) - width - left)];
  const isLonger = ends[0] !== bottom || ends[1] !== right;
  if (isLonger && kind === "average" && count_include_pad) {
    throw task.error("counts its padding and has windows beyond it (ceil_mode), which MIL cannot say");
  }
  const args = {
    x: to.value(task.input),
    kernel_sizes: kernel,
    strides,
    pad: [top, ends[0], left, ends[1]],
    pad_type: "custom",
    ceil_mode: false,
  };
  if (kind === "average")
    return to.build(mil.avgPool, { ...args, exclude_padding_from_average: !count_include_pad }, "pool");
  return to.build(kind === "max" ? mil.maxPool : mil.l2Pool, args, "pool");
}

const reductions: Record<ane.ReduceKind, AnyDefinition> = {
  sum: mil.reduceSum,
  mean: mil.reduceMean,
  max: mil.reduceMax,
  min: mil.reduceMin,
  l1: mil.reduceL1Norm,
  l2: mil.reduceL2Norm,
  sum_square: mil.reduceSumSquare,
  log_sum: mil.reduceLogSum,
  log_sum_exp: mil.reduceLogSumExp,
};

/** In steps: the native op fails for some widths and parameters. */
function emitNorm(to: MilBuilder, task: OperationOf<typeof ane.norm>): Value {
  const { axes, epsilon, kind, scale, bias } = task;
  const x = to.value(task.input);
  const keep = { axes, keep_dims: true };
  if (kind === "l2") {
    const length = to.build(mil.reduceL2Norm, { x, ...keep }, "length");
    const divisor = to.build(mil.maximum, { x: length, y: to.scalar(epsilon, "epsilon") }, "divisor");
    return to.build(mil.realDiv, { x, y: divisor }, "norm");
  }
  const centred =
    kind === "layer" ? to.build(mil.sub, { x, y: to.build(mil.reduceMean, { x, ...keep }, "mean") }, "centred") : x;
  const squares = to.build(mil.mul, { x: centred, y: centred }, "squares");
  const variance = to.build(mil.reduceMean, { x: squares, ...keep }, "variance");
  const shifted = to.build(mil.add, { x: variance, y: to.scalar(epsilon, "epsilon") }, "shifted");
  const factor = to.build(mil.rsqrt, { x: shifted, epsilon: 0 }, "factor");
  let value = to.build(mil.mul, { x: centred, y: factor }, "norm");
  const align = alignedTo(shapeOf(task.input).length);
  if (scale !== undefined) value = to.build(mil.mul, { x: value, y: to.laidOut(scale, "gamma", align) }, "norm_scaled");
  if (bias !== undefined) value = to.build(mil.add, { x: value, y: to.laidOut(bias, "beta", align) }, "norm_shifted");
  return value;
}

/** MIL's own scale is 1/√width: another one goes into the query. Opsets before ios18 have it in steps only. */
function emitAttention(to: MilBuilder, task: OperationOf<typeof ane.attention>): Value {
  if (!to.has(mil.scaledDotProductAttention)) return emitAttentionSteps(to, task);
  const width = shapeOf(task.query).at(-1)!;
  const factor = task.scale * Math.sqrt(width);
  const plain = to.value(task.query);
  const isDefault = Math.abs(factor - 1) < 2 ** -11;
  const query = isDefault ? plain : to.build(mil.mul, { x: plain, y: to.scalar(factor, "factor") }, "query");
  const args = { query, key: to.value(task.key), value: to.value(task.value) };
  return to.build(mil.scaledDotProductAttention, args, "attention");
}

function emitAttentionSteps(to: MilBuilder, task: OperationOf<typeof ane.attention>): Value {
  const [query, key, value] = [to.value(task.query), to.value(task.key), to.value(task.value)];
  const scores = to.build(mil.matmul, { x: query, y: key, transpose_x: false, transpose_y: true }, "scores");
  const scaled = to.build(mil.mul, { x: scores, y: to.scalar(task.scale, "scale") }, "scaled_scores");
  const weights = to.build(mil.softmax, { x: scaled, axis: -1 }, "attention_weights");
  return to.build(mil.matmul, { x: weights, y: value, transpose_x: false, transpose_y: false }, "attention");
}

const samplingModes = {
  asymmetric: "DEFAULT",
  align_corners: "STRICT_ALIGN_CORNERS",
  half_pixel: "UNALIGN_CORNERS",
} as const;

function emitResample(to: MilBuilder, task: OperationOf<typeof ane.resample>): Value {
  const x = to.value(task.input);
  const [height = 1, width = 1] = task.size;
  if (task.kind === "linear") {
    const args = {
      x,
      target_size_height: height,
      target_size_width: width,
      sampling_mode: samplingModes[task.sampling],
    };
    return to.build(mil.resizeBilinear, args, "resize");
  }
  const [rows = 1, columns = 1] = shapeOf(task.input).slice(2);
  return to.build(
    mil.upsampleNearestNeighbor,
    { x, scale_factor_height: height / rows, scale_factor_width: width / columns },
    "resize",
  );
}

const binary = {
  add: mil.add,
  sub: mil.sub,
  mul: mil.mul,
  real_div: mil.realDiv,
  maximum: mil.maximum,
  minimum: mil.minimum,
  pow: mil.pow,
  equal: mil.equal,
  not_equal: mil.notEqual,
  less: mil.less,
  less_equal: mil.lessEqual,
  greater: mil.greater,
  greater_equal: mil.greaterEqual,
} as const satisfies { readonly [K in ane.ElementwiseKind]?: AnyDefinition };

function emitElementwise(to: MilBuilder, task: OperationOf<typeof ane.elementwise>): Value {
  const { kind, inputs } = task;
  const [first, second, third] = inputs;
  if (kind === "identity") return to.value(first!);
  if (kind === "logical_not") return to.build(mil.logicalNot, { x: to.value(first!) }, "not");
  if (kind === "select") return emitSelect(to, first!, second!, third!);
  if (kind === "prelu") return emitPrelu(to, task);
  if (kind === "mul" && constantData(second!)?.type.count === 1 && constantData(first!) === undefined) {
    return timesConstant(to, to.value(first!), second!, "product");
  }
  return to.build(binary[kind], { x: to.value(first!), y: to.value(second!) }, kind);
}

/**
 * Apple's type rule takes the shape of `select` from a and b alone (coremltools, `control_flow.py`): where both are single numbers, as
 * the 1 and 0 that a condition becomes, one is written as often as it is chosen from.
 */
function emitSelect(to: MilBuilder, condition: Value<ane.SurfaceType>, chosen: Value, other: Value): Value {
  const isNumber = (surface: Value) => constantData(surface)?.type.count === 1;
  const shape = shapeOf(condition);
  const a =
    isNumber(chosen) && isNumber(other)
      ? to.laidOut(chosen, `whole_${shape.join("x")}`, expandedTo(shape))
      : to.value(chosen);
  return to.build(mil.select, { cond: to.value(condition), a, b: to.value(other) }, "select");
}

/** MIL has one slope per channel of rank 3 and more; else relu(x) - slope·relu(-x). */
function emitPrelu(to: MilBuilder, task: OperationOf<typeof ane.elementwise>): Value {
  const [input, slope] = task.inputs;
  const x = to.value(input!);
  const [shape, slopes] = [shapeOf(input!), shapeOf(slope!)];
  const aligned = [...new Array<number>(shape.length - slopes.length).fill(1), ...slopes];
  const isPerChannel =
    shape.length >= 3 && aligned.every((size, axis) => size === 1 || axis === 1) && aligned[1] === shape[1];
  if (isPerChannel) return to.build(mil.prelu, { x, alpha: to.laidOut(slope!, "slope", asVector) }, "prelu");
  const negated = to.build(mil.mul, { x, y: to.scalar(-1, "minus") }, "negated");
  const below = to.build(mil.relu, { x: negated }, "below");
  const sloped = to.build(mil.mul, { x: below, y: to.laidOut(slope!, "slope", alignedTo(shape.length)) }, "sloped");
  return to.build(mil.sub, { x: to.build(mil.relu, { x }, "above"), y: sloped }, "prelu");
}

const padModes = { constant: "constant", reflect: "reflect", edge: "replicate" } as const;

type MoveTask = OperationOf<typeof ane.move>;
const moves: Record<ane.MoveKind, (to: MilBuilder, task: MoveTask, x: Value) => Value> = {
  reshape: (to, { shape }, x) => to.build(mil.reshape, { x, shape }, "reshape"),
  transpose: (to, { permutation }, x) => to.build(mil.transpose, { x, perm: permutation }, "transpose"),
  concat: (to, { axis, inputs }) =>
    to.build(mil.concat, { values: inputs.map((value) => to.value(value)), axis, interleave: false }, "concat"),
  slice: (to, { begin, shape, strides }, x) => {
    if (strides!.every((stride) => stride === 1)) return to.build(mil.sliceBySize, { x, begin, size: shape }, "slice");
    const end = begin!.map((start, axis) => {
      const stride = strides![axis]!;
      return start + (shape![axis]! - 1) * stride + Math.sign(stride);
    });
    // A limit before the first element would count from the end.
    const end_mask = end.some((limit) => limit < 0) ? end.map((limit) => limit < 0) : undefined;
    return to.build(mil.sliceByIndex, { x, begin, end, stride: strides, end_mask }, "slice");
  },
  pad: (to, { low, high, mode, value }, x) => {
    // MIL pads the last dimensions: as many as need it, two at least.
    const first = low!.findIndex((size, axis) => size !== 0 || high![axis] !== 0);
    const count = Math.min(low!.length, Math.max(2, first < 0 ? 0 : low!.length - first));
    const pad = low!.slice(-count).flatMap((size, axis) => [size, high!.slice(-count)[axis]!]);
    return to.build(mil.pad, { x, pad, mode: padModes[mode!], constant_val: value ?? 0 }, "pad");
  },
  tile: (to, { repeats }, x) => to.build(mil.tile, { x, reps: repeats }, "tile"),
  reverse: (to, { axes }, x) => to.build(mil.reverse, { x, axes }, "reverse"),
  depth_to_space: (to, { block_size }, x) => to.build(mil.depthToSpace, { x, block_size }, "space"),
  pixel_shuffle: (to, { block_size }, x) => to.build(mil.pixelShuffle, { x, upscale_factor: block_size }, "space"),
  space_to_depth: (to, { block_size }, x) => to.build(mil.spaceToDepth, { x, block_size }, "depth"),
};

function emitMove(to: MilBuilder, task: MoveTask): Value {
  return moves[task.kind](to, task, to.value(task.inputs[0]!));
}
