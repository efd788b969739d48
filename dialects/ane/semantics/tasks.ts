/**
 * What each task computes, as tensor ops with the engine's rounding. This one statement is run by the evaluator and lowered
 * by the virtual engine, so that both agree by construction; tests compare it with the reference semantics of the network.
 */
import type { AnyDefinition } from "../../../ir/context.ts";
import type { OperationOf } from "../../../ir/declaration.ts";
import type { Operation, Value } from "../../../ir/operation.ts";
import { TensorType } from "../../../ir/types.ts";
import * as tensor from "../../tensor/ops.ts";
import { affineConstant } from "../compressed/index.ts";
import { type ElementwiseKind, elementwise } from "../elementwise.ts";
import { move } from "../move.ts";
import type { Slots } from "../slots.ts";
import { attention, conv, matmul, norm, pool, type ReduceKind, reduce, resample, softmax } from "../tasks.ts";
import { applyActivation } from "./activations.ts";
import { expandMove } from "./moves.ts";
import { type EngineSteps, half, type Wide } from "./steps.ts";

/** A result that is not rounded yet. */
const unsettled = (value: Value): Wide => ({ value, settled: false });

/** Operands of a task by value: what its operand of that name holds. */
type Read = (value: Value) => Wide;

/** Computes a task; `read` gives what each operand holds. The result may still be unsettled: write it, or settle it. */
export function expandTask(steps: EngineSteps, task: Operation, read: Read): Wide {
  if (conv.matches(task)) return throughSlots(steps, task, convolved(steps, task, read), read);
  if (matmul.matches(task)) {
    const { transpose_lhs, transpose_rhs } = task;
    const limit = affineConstant.matches(task.rhs.definer) ? steps.rules.byteWeightLimit : undefined;
    const [live, rhs] = [read(task.lhs).value, read(task.rhs).value];
    const lhs = limit === undefined ? live : steps.watch(steps.limited(live, limit));
    const product = steps.build(tensor.matmul, { lhs, rhs, transpose_lhs, transpose_rhs });
    return throughSlots(steps, task, steps.accumulated(product), read);
  }
  if (pool.matches(task)) return throughSlots(steps, task, pooled(steps, task, read), read);
  if (reduce.matches(task)) return throughSlots(steps, task, reduced(steps, task, read), read);
  if (softmax.matches(task)) {
    const value = steps.build(tensor.softmax, { input: read(task.input).value, axis: task.axis });
    return throughSlots(steps, task, unsettled(value), read);
  }
  if (norm.matches(task)) return throughSlots(steps, task, normalised(steps, task, read), read);
  if (attention.matches(task)) return throughSlots(steps, task, attended(steps, task, read), read);
  if (resample.matches(task)) return throughSlots(steps, task, resampled(steps, task, read), read);
  if (elementwise.matches(task)) {
    const inputs = task.inputs.map((value) => read(value).value);
    return throughSlots(steps, task, elementwiseFunctions[task.kind](steps, inputs), read);
  }
  if (move.matches(task)) return expandMove(steps, task, task.inputs.map(read));
  throw task.error("is not a task of the engine");
}

/** pre-activation, gain·x + offset, post-activation, transpose. */
function throughSlots(steps: EngineSteps, task: Operation & Slots, start: Wide, read: Read): Wide {
  const { gain, offset, pre_activation, post_activation, transpose } = task;
  let wide = start;
  if (pre_activation !== undefined) wide = applyActivation(steps, wide, pre_activation);
  if (gain !== undefined || offset !== undefined) {
    let { value } = steps.settle(wide);
    if (gain !== undefined) value = steps.build(tensor.mul, { lhs: value, rhs: read(gain).value });
    if (offset !== undefined) value = steps.build(tensor.add, { lhs: value, rhs: read(offset).value });
    wide = unsettled(value);
  }
  if (post_activation !== undefined) wide = applyActivation(steps, wide, post_activation);
  if (transpose === undefined) return wide;
  const { value, settled } = steps.settle(wide);
  return { value: steps.build(tensor.transpose, { input: value, permutation: transpose }), settled };
}

/** Products that are summed into one element of the result. */
export function productsPerResult(task: OperationOf<typeof conv>): number {
  const [first = 1, second = 1, height = 1, width = 1] = task.weight.type.shape;
  return (task.transposed ? first / task.groups : second) * height * width;
}

function convolved(steps: EngineSteps, task: OperationOf<typeof conv>, read: Read): Wide {
  const { strides, dilations, padding, groups } = task;
  const [input, weight] = [read(task.input).value, read(task.weight).value];
  const definition: AnyDefinition = task.transposed ? tensor.convTranspose2d : tensor.conv2d;
  const sum = steps.build(definition, { input, weight, strides, dilations, padding, groups });
  return productsPerResult(task) > 1 ? steps.accumulated(sum) : unsettled(sum);
}

function pooled(steps: EngineSteps, task: OperationOf<typeof pool>, read: Read): Wide {
  const { kernel, strides, padding, ceil_mode, count_include_pad, kind } = task;
  const { value: input } = read(task.input);
  const window = { input, kernel, strides, padding, ceil_mode };
  if (kind === "max") return { value: steps.build(tensor.maxPool2d, window), settled: true };
  if (kind === "average") return unsettled(steps.build(tensor.averagePool2d, { ...window, count_include_pad }));
  return unsettled(steps.build(tensor.lpPool2d, { ...window, p: 2 }));
}

const reductions: Record<Exclude<ReduceKind, "log_sum">, AnyDefinition> = {
  sum: tensor.reduceSum,
  mean: tensor.reduceMean,
  max: tensor.reduceMax,
  min: tensor.reduceMin,
  l1: tensor.reduceL1,
  l2: tensor.reduceL2,
  sum_square: tensor.reduceSumSquare,
  log_sum_exp: tensor.reduceLogSumExp,
};

function reduced(steps: EngineSteps, task: OperationOf<typeof reduce>, read: Read): Wide {
  const { axes, keep_dims, kind } = task;
  const { value: input } = read(task.input);
  if (kind === "log_sum") {
    const sum = steps.settle(unsettled(steps.build(tensor.reduceSum, { input, axes, keep_dims }))).value;
    const isZero = steps.build(tensor.equal, { lhs: sum, rhs: steps.scalar(0) });
    const rhs = steps.build(tensor.log, { input: sum });
    return unsettled(steps.build(tensor.select, { condition: isZero, lhs: steps.scalar(steps.rules.logOfZero), rhs }));
  }
  const value = steps.build(reductions[kind], { input, axes, keep_dims });
  if (kind === "max" || kind === "min") return { value, settled: true };
  return unsettled(value);
}

/** The sequence that is emitted for a normalisation, each step rounded. */
function normalised(steps: EngineSteps, task: OperationOf<typeof norm>, read: Read): Wide {
  const { axes, epsilon, kind } = task;
  const input = read(task.input).value;
  const binary = (definition: AnyDefinition, lhs: Value, rhs: Value) =>
    steps.settle(unsettled(steps.build(definition, { lhs, rhs }))).value;
  const mean = (value: Value) => steps.settle(unsettled(steps.build(tensor.reduceMean, { input: value, axes }))).value;
  if (kind === "l2") {
    const length = steps.watch(steps.settle(unsettled(steps.build(tensor.reduceL2, { input, axes }))).value);
    const divisor = steps.build(tensor.maximum, { lhs: length, rhs: steps.scalar(half(epsilon)) });
    return unsettled(safeDivision(steps, input, divisor));
  }
  const centred = kind === "layer" ? binary(tensor.sub, input, mean(input)) : input;
  const variance = steps.watch(mean(binary(tensor.mul, centred, centred)));
  const shifted = binary(tensor.add, variance, steps.scalar(half(epsilon)));
  const factor = steps.settle(unsettled(reciprocalRoot(steps, shifted))).value;
  let value = binary(tensor.mul, centred, factor);
  if (task.scale !== undefined) value = binary(tensor.mul, value, read(task.scale).value);
  if (task.bias !== undefined) value = binary(tensor.add, value, read(task.bias).value);
  return { value, settled: true };
}

function reciprocalRoot(steps: EngineSteps, input: Value): Value {
  const condition = steps.build(tensor.equal, { lhs: input, rhs: steps.scalar(0) });
  const rhs = steps.build(tensor.rsqrt, { input });
  return steps.build(tensor.select, { condition, lhs: steps.scalar(Number.POSITIVE_INFINITY), rhs });
}

/** The engine divides by both zeros as by +0. */
function safeDivision(steps: EngineSteps, lhs: Value, rhs: Value): Value {
  const condition = steps.build(tensor.equal, { lhs: rhs, rhs: steps.scalar(0) });
  const divisor = steps.build(tensor.select, { condition, lhs: steps.scalar(0), rhs });
  return steps.build(tensor.div, { lhs, rhs: divisor });
}

function attended(steps: EngineSteps, task: OperationOf<typeof attention>, read: Read): Wide {
  const [query, key, value] = [read(task.query).value, read(task.key).value, read(task.value).value];
  const product = steps.build(tensor.matmul, { lhs: query, rhs: key, transpose_rhs: true });
  const scores = steps.watch(steps.accumulated(product).value);
  const scaled = steps.settle(
    unsettled(steps.build(tensor.mul, { lhs: scores, rhs: steps.scalar(half(task.scale)) })),
  ).value;
  const axis = task.query.type.rank - 1;
  const weights = steps.settle(unsettled(steps.build(tensor.softmax, { input: scaled, axis }))).value;
  return steps.accumulated(steps.build(tensor.matmul, { lhs: weights, rhs: value }));
}

function resampled(steps: EngineSteps, task: OperationOf<typeof resample>, read: Read): Wide {
  const { value: input, settled } = read(task.input);
  const { shape } = task.input.type;
  const sizes = [...shape.slice(0, 2), ...task.size];
  const isNearest = task.kind === "nearest";
  const value = steps.build(tensor.resize, {
    input,
    mode: task.kind,
    coordinate_transformation: isNearest ? "asymmetric" : task.sampling,
    nearest_mode: "floor",
    scales: sizes.map((size, axis) => size / shape[axis]!),
    result: input.type instanceof TensorType ? TensorType.get(sizes, input.type.element) : undefined,
  });
  return isNearest ? { value, settled } : unsettled(value);
}

type ElementwiseFunction = (steps: EngineSteps, inputs: readonly Value[]) => Wide;

const rounded =
  (definition: AnyDefinition): ElementwiseFunction =>
  (steps, [lhs, rhs]) =>
    unsettled(steps.build(definition, { lhs, rhs }));

/** Functions whose results are one of their operands, or truth values. */
const exact =
  (definition: AnyDefinition): ElementwiseFunction =>
  (steps, [lhs, rhs]) => ({ value: steps.build(definition, { lhs, rhs }), settled: true });

const elementwiseFunctions: Record<ElementwiseKind, ElementwiseFunction> = {
  identity: (_, [value]) => ({ value: value!, settled: true }),
  add: rounded(tensor.add),
  sub: rounded(tensor.sub),
  mul: rounded(tensor.mul),
  real_div: (steps, [lhs, rhs]) => unsettled(safeDivision(steps, lhs!, rhs!)),
  maximum: exact(tensor.maximum),
  minimum: exact(tensor.minimum),
  pow: rounded(tensor.pow),
  prelu: (steps, [input, slope]) => unsettled(preluOf(steps, input!, slope!)),
  equal: exact(tensor.equal),
  not_equal: exact(tensor.notEqual),
  less: exact(tensor.less),
  less_equal: exact(tensor.lessEqual),
  greater: exact(tensor.greater),
  greater_equal: exact(tensor.greaterEqual),
  logical_not: (steps, [input]) => ({ value: steps.build(tensor.logicalNot, { input }), settled: true }),
  select: (steps, [condition, lhs, rhs]) => ({
    value: steps.build(tensor.select, { condition, lhs, rhs }),
    settled: true,
  }),
};

function preluOf(steps: EngineSteps, input: Value, slope: Value): Value {
  const condition = steps.build(tensor.less, { lhs: input, rhs: steps.scalar(0) });
  const lhs = steps.build(tensor.mul, { lhs: input, rhs: slope });
  return steps.build(tensor.select, { condition, lhs, rhs: input });
}
