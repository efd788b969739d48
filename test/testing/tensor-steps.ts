/**
 * What a random program of the tensor dialect may do next. A step looks for values that it can work on and adds one operation
 * (with the constants that it needs), or nothing. Bounds of elements are carried along, so that no program overflows and no
 * result hangs on the last bit of an operand.
 */

import * as tensor from "../../dialects/tensor/index.ts";
import { broadcastShapes } from "../../dialects/tensor/reference/broadcast.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import { type ElementName, elementCount } from "../../ir/tensor-data.ts";
import { elementType, TensorType } from "../../ir/types.ts";
import { type Choices, type Draft, type DraftValue, isFloatElement } from "./draft.ts";

/** One kind of step. `continuous` ones move their result little when an operand moves little. */
export interface Step {
  readonly name: string;
  readonly continuous: boolean;
  readonly run: (draft: Draft, choices: Choices) => void;
}

const isFloat = ({ element }: DraftValue) => isFloatElement(element);
const isInteger = ({ element }: DraftValue) => /^u?i\d\d?$/.test(element) && element !== "i1";
const isNumeric = ({ element }: DraftValue) => element !== "i1";
const isImage = (value: DraftValue) => isFloat(value) && value.shape.length === 4;

function step(name: string, run: Step["run"], continuous = true): Step {
  return { name, continuous, run };
}

// --------------------------------------------------------------------------------------------------- elementwise

type Bound = (bound: number) => number;
const same: Bound = (bound) => bound;
const below =
  (limit: number): Bound =>
  () =>
    limit;

function unary(definition: AnyDefinition, bound: Bound, isWanted = isFloat, attributes: object = {}): Step {
  return step(definition.name, (draft, choices) => {
    const input = draft.pick(choices, isWanted);
    if (input === undefined) return;
    draft.insert(draft.makeAny(definition, { input: input.value, ...attributes }), bound(input.bound));
  });
}

const jumping = (each: Step): Step => ({ ...each, continuous: false });

/** A second operand for `lhs`: a value that broadcasts, or a new constant (a scalar, or one element per channel). */
function partner(draft: Draft, choices: Choices, lhs: DraftValue, limit: number) {
  if (choices.below(3) === 2) {
    const { element, shape } = lhs;
    const shapes = [[], shape.slice(-1), shape.length >= 3 ? [shape.at(-3)!, 1, 1] : [...shape]];
    return { value: draft.constant(choices.of(shapes), element, limit), bound: limit };
  }
  return draft.pick(choices, (each) => each.element === lhs.element && doesBroadcast(lhs.shape, each.shape));
}

function doesBroadcast(a: readonly number[], b: readonly number[]): boolean {
  try {
    return elementCount(broadcastShapes("test", a, b)) <= 512;
  } catch {
    return false;
  }
}

function binary(
  definition: AnyDefinition,
  bound: (a: number, b: number) => number,
  isWanted: (value: DraftValue) => boolean = isNumeric,
): Step {
  return step(definition.name, (draft, choices) => {
    const lhs = draft.pick(choices, isWanted);
    const rhs = lhs && partner(draft, choices, lhs, 2);
    if (lhs === undefined || rhs === undefined) return;
    draft.insert(draft.makeAny(definition, { lhs: lhs.value, rhs: rhs.value }), bound(lhs.bound, rhs.bound));
  });
}

/** x / c with |c| from ½ to 2: a divisor near 0 would make results hang on its last bit. */
const divide = step("tensor.div", (draft, choices) => {
  const lhs = draft.pick(choices, isFloat);
  if (lhs === undefined) return;
  const rhs = draft.splat([], lhs.element, choices.of([2, -0.5, 1, -1.5]));
  draft.add(tensor.div, { lhs: lhs.value, rhs }, lhs.bound * 2);
});

/** Comparisons and selections are exact on integers; on floats they jump where operands are equal. */
function compare(definition: AnyDefinition, isWanted: (value: DraftValue) => boolean): Step {
  return binary(definition, below(1), isWanted);
}

const select = step("tensor.select", (draft, choices) => {
  const condition = draft.pick(choices, ({ element }) => element === "i1");
  const lhs = condition && draft.pick(choices, (each) => isNumeric(each) && doesBroadcast(condition.shape, each.shape));
  if (condition === undefined || lhs === undefined) return;
  const rhs = draft.constant([], lhs.element, 2);
  draft.add(tensor.select, { condition: condition.value, lhs: lhs.value, rhs }, Math.max(lhs.bound, 2));
});

const convert = step("tensor.convert", (draft, choices) => {
  const targets: readonly ElementName[] = ["f32", "f16", "i32"];
  const element = choices.of(targets);
  const isExact = (each: DraftValue) => !isFloat(each) || element.startsWith("f");
  const input = draft.pick(choices, (each) => each.element !== element && isExact(each));
  if (input === undefined) return;
  const result = TensorType.get(input.shape, elementType(element));
  draft.add(tensor.convert, { input: input.value, result }, input.bound);
});

const truncate = jumping(
  step("tensor.convert", (draft, choices) => {
    const input = draft.pick(choices, isFloat);
    if (input === undefined) return;
    const result = TensorType.get(input.shape, elementType("i32"));
    draft.add(tensor.convert, { input: input.value, result }, input.bound);
  }),
);

// -------------------------------------------------------------------------------------------------------- movement

/** Shapes of `count` elements, simplest first. */
function shapesOf(count: number): readonly (readonly number[])[] {
  const shapes: number[][] = [[count]];
  for (let first = 1; first <= count; first++) {
    if (count % first !== 0) continue;
    shapes.push([first, count / first]);
    for (let second = 2; second <= Math.min(4, count / first); second++) {
      if ((count / first) % second === 0) shapes.push([1, first, second, count / first / second]);
    }
  }
  return shapes;
}

const reshape = step("tensor.static_reshape", (draft, choices) => {
  const input = draft.pick(choices);
  if (input === undefined) return;
  const result = TensorType.get(choices.of(shapesOf(elementCount(input.shape))), input.type.element);
  draft.add(tensor.staticReshape, { input: input.value, result }, input.bound);
});

const transpose = step("tensor.transpose", (draft, choices) => {
  const input = draft.pick(choices, ({ shape }) => shape.length >= 2);
  if (input === undefined) return;
  const rest = input.shape.map((_, axis) => axis).reverse();
  const permutation: number[] = [];
  while (rest.length > 0) permutation.push(...rest.splice(choices.below(rest.length), 1));
  draft.add(tensor.transpose, { input: input.value, permutation }, input.bound);
});

const slice = step("tensor.slice", (draft, choices) => {
  const input = draft.pick(choices, ({ shape }) => shape.length >= 1 && elementCount(shape) > 0);
  if (input === undefined) return;
  const strides = input.shape.map(() => choices.of([1, 1, 2, -1]));
  const sizes = input.shape.map((size, axis) => 1 + choices.below(Math.ceil(size / Math.abs(strides[axis]!))));
  const starts = input.shape.map((size, axis) => {
    const reach = (sizes[axis]! - 1) * Math.abs(strides[axis]!);
    const start = choices.below(size - reach);
    return strides[axis]! < 0 ? start + reach : start;
  });
  draft.add(tensor.slice, { input: input.value, starts, sizes, strides }, input.bound);
});

const pad = step("tensor.static_pad", (draft, choices) => {
  const mode = choices.of(["constant", "edge", "reflect"] as const);
  const input = draft.pick(choices, (each) => isNumeric(each) && each.shape.length >= 1);
  if (input === undefined) return;
  const most = (size: number) => (mode === "reflect" ? Math.min(3, size) : 3);
  const [low, high] = [0, 1].map(() => input.shape.map((size) => choices.below(most(size))));
  const value = choices.of([0, 1, -2]);
  draft.add(
    tensor.staticPad,
    { input: input.value, low: low!, high: high!, mode, value },
    Math.max(input.bound, Math.abs(value)),
  );
});

const concat = step("tensor.concat", (draft, choices) => {
  const first = draft.pick(choices, ({ shape }) => shape.length >= 1);
  if (first === undefined) return;
  const dim = choices.below(first.shape.length);
  const fits = ({ element, shape }: DraftValue) =>
    element === first.element &&
    shape.length === first.shape.length &&
    shape.every((size, axis) => axis === dim || size === first.shape[axis]);
  const others = Array.from({ length: 1 + choices.below(2) }, () => draft.pick(choices, fits)!);
  const bound = Math.max(first.bound, ...others.map((each) => each.bound));
  draft.add(tensor.concat, { inputs: [first.value, ...others.map(({ value }) => value)], dim }, bound);
});

const broadcast = step("tensor.broadcast", (draft, choices) => {
  const input = draft.pick(choices, ({ shape }) => shape.length < 4);
  if (input === undefined) return;
  const grown = input.shape.map((size) => (size === 1 ? 1 + choices.below(3) : size));
  const result = TensorType.get([1 + choices.below(2), ...grown], input.type.element);
  draft.add(tensor.broadcast, { input: input.value, result }, input.bound);
});

const tile = step("tensor.tile", (draft, choices) => {
  const input = draft.pick(choices, ({ shape }) => shape.length >= 1);
  if (input === undefined) return;
  draft.add(tensor.tile, { input: input.value, repeats: input.shape.map(() => 1 + choices.below(2)) }, input.bound);
});

const reverse = step("tensor.reverse", (draft, choices) => {
  const input = draft.pick(choices, ({ shape }) => shape.length >= 1);
  if (input === undefined) return;
  draft.add(tensor.reverse, { input: input.value, axes: [choices.below(input.shape.length)] }, input.bound);
});

const depthToSpace = step("tensor.depth_to_space", (draft, choices) => {
  const input = draft.pick(choices, ({ shape }) => shape.length === 4 && shape[1]! % 4 === 0);
  if (input === undefined) return;
  const mode = choices.of(["DCR", "CRD"] as const);
  draft.add(tensor.depthToSpace, { input: input.value, block_size: 2, mode }, input.bound);
});

const take = step("tensor.take", (draft, choices) => {
  const input = draft.pick(choices, ({ shape }) => shape.length >= 1 && elementCount(shape) > 0);
  if (input === undefined) return;
  const axis = choices.below(input.shape.length);
  const positions = Array.from({ length: 1 + choices.below(3) }, () => choices.below(input.shape[axis]!));
  const data = BigInt64Array.from(positions.map(BigInt));
  const indices = draft.constantOf({ shape: [positions.length], element: "i64", data });
  draft.add(tensor.take, { input: input.value, indices, axis }, input.bound);
});

// --------------------------------------------------------------------------------------------- products and windows

/** Weights whose sums of products stay below twice the operand: the more terms, the smaller each. */
const weightLimit = (terms: number) => Math.min(1, 4 / Math.sqrt(terms)) / Math.sqrt(terms);
const productBound = (bound: number, terms: number) => bound * terms * weightLimit(terms);

const conv2d = step("tensor.conv2d", (draft, choices) => {
  const input = draft.pick(choices, isImage);
  if (input === undefined) return;
  const [, channels, height, width] = input.shape as [number, number, number, number];
  const isDepthwise = choices.below(4) === 3;
  const groups = isDepthwise ? channels : 1;
  const outputs = isDepthwise ? channels * (1 + choices.below(2)) : 1 + choices.below(4);
  const padding = [choices.below(2), choices.below(2), choices.below(2), choices.below(2)];
  const dilations = [1 + choices.below(2), 1];
  const most = (size: number, before: number, after: number, dilation: number) =>
    Math.max(1, Math.min(3, Math.floor((size + before + after - 1) / dilation) + 1));
  const kernel = [
    1 + choices.below(most(height, padding[0]!, padding[2]!, dilations[0]!)),
    1 + choices.below(most(width, padding[1]!, padding[3]!, 1)),
  ] as const;
  const terms = (channels / groups) * kernel[0] * kernel[1];
  const weight = draft.constant([outputs, channels / groups, ...kernel], input.element, weightLimit(terms));
  const bias = choices.flag() ? draft.constant([outputs], input.element, 1) : undefined;
  const strides = [1 + choices.below(2), 1 + choices.below(2)];
  const args = { input: input.value, weight, bias, strides, dilations, padding, groups };
  draft.add(tensor.conv2d, args, productBound(input.bound, terms) + 1);
});

const convTranspose2d = step("tensor.conv_transpose2d", (draft, choices) => {
  const input = draft.pick(choices, isImage);
  if (input === undefined) return;
  const channels = input.shape[1]!;
  const kernel = [1 + choices.below(3), 1 + choices.below(3)] as const;
  const terms = channels * kernel[0] * kernel[1];
  const weight = draft.constant([channels, 1 + choices.below(3), ...kernel], input.element, weightLimit(terms));
  const strides = [1 + choices.below(2), 1 + choices.below(2)];
  draft.add(tensor.convTranspose2d, { input: input.value, weight, strides }, productBound(input.bound, terms) + 1);
});

const matmul = step("tensor.matmul", (draft, choices) => {
  const lhs = draft.pick(choices, (each) => isFloat(each) && each.shape.length >= 2);
  if (lhs === undefined) return;
  const transpose_lhs = choices.flag();
  const transpose_rhs = choices.flag();
  const terms = lhs.shape.at(transpose_lhs ? -2 : -1)!;
  const columns = 1 + choices.below(4);
  const shape = transpose_rhs ? [columns, terms] : [terms, columns];
  const rhs = draft.constant(shape, lhs.element, weightLimit(terms));
  const args = { lhs: lhs.value, rhs, transpose_lhs, transpose_rhs };
  draft.add(tensor.matmul, args, productBound(lhs.bound, terms));
});

/** A product of two values, as in attention. */
const matmulOfValues = step("tensor.matmul", (draft, choices) => {
  const lhs = draft.pick(choices, (each) => isFloat(each) && each.shape.length >= 2);
  const inner = lhs?.shape.at(-1);
  const rhs =
    lhs &&
    draft.pick(
      choices,
      ({ element, shape }) =>
        element === lhs.element &&
        shape.length >= 2 &&
        shape.at(-1) === inner &&
        doesBroadcast(lhs.shape.slice(0, -2), shape.slice(0, -2)),
    );
  if (lhs === undefined || rhs === undefined) return;
  const args = { lhs: lhs.value, rhs: rhs.value, transpose_rhs: true };
  draft.add(tensor.matmul, args, lhs.bound * rhs.bound * (inner ?? 1));
});

function pool(definition: AnyDefinition, attributes: (choices: Choices) => object): Step {
  return step(definition.name, (draft, choices) => {
    const input = draft.pick(choices, isImage);
    if (input === undefined) return;
    const kernel = input.shape.slice(2).map((size) => 1 + choices.below(Math.min(3, size)));
    const strides = [1 + choices.below(2), 1 + choices.below(2)];
    const padding = kernel.concat(kernel).map((size) => choices.below(size));
    const args = { input: input.value, kernel, strides, padding, ceil_mode: choices.flag(), ...attributes(choices) };
    draft.insert(draft.makeAny(definition, args), input.bound);
  });
}

// ------------------------------------------------------------------------------------------- reductions and norms

function reduce(definition: AnyDefinition, bound: (bound: number, count: number) => number): Step {
  return step(definition.name, (draft, choices) => {
    const input = draft.pick(
      choices,
      (each) => isFloat(each) && each.shape.length >= 1 && elementCount(each.shape) > 0,
    );
    if (input === undefined) return;
    const first = choices.below(input.shape.length);
    const axes = input.shape.map((_, axis) => axis).filter((axis) => axis === first || choices.flag());
    const count = axes.reduce((product, axis) => product * input.shape[axis]!, 1);
    const args = { input: input.value, axes, keep_dims: choices.flag() };
    draft.insert(draft.makeAny(definition, args), bound(input.bound, count));
  });
}

function alongAxis(definition: AnyDefinition, bound: Bound, attributes: object = {}): Step {
  return step(definition.name, (draft, choices) => {
    const input = draft.pick(choices, (each) => isFloat(each) && each.shape.length >= 1);
    if (input === undefined) return;
    const axis = input.shape.length - 1 - choices.below(input.shape.length);
    draft.insert(draft.makeAny(definition, { input: input.value, axis, ...attributes }), bound(input.bound));
  });
}

/** Large enough that a norm does not blow up the rounding errors of nearly equal elements. */
const epsilon = 0.5;

const layerNorm = step("tensor.layer_norm", (draft, choices) => {
  const input = draft.pick(choices, (each) => isFloat(each) && each.shape.length >= 1);
  if (input === undefined) return;
  const axis = input.shape.length - 1 - choices.below(input.shape.length);
  const scale = draft.constant(input.shape.slice(axis), input.element, 1);
  const bias = choices.flag() ? draft.constant(input.shape.slice(axis), input.element, 1) : undefined;
  draft.add(tensor.layerNorm, { input: input.value, scale, bias, axis, epsilon }, input.bound * 3 + 1);
});

const batchNorm = step("tensor.batch_norm", (draft, choices) => {
  const input = draft.pick(choices, (each) => isFloat(each) && each.shape.length >= 3);
  if (input === undefined) return;
  const channels = input.shape[1]!;
  const [scale, bias, mean] = [1, 1, 1].map((limit) => draft.constant([channels], input.element, limit));
  const variance = draft.splat([channels], input.element, 0.75);
  draft.add(
    tensor.batchNorm,
    { input: input.value, scale: scale!, bias: bias!, mean: mean!, variance, epsilon },
    input.bound + 2,
  );
});

const resize = step("tensor.resize", (draft, choices) => {
  const input = draft.pick(choices, isImage);
  if (input === undefined) return;
  const scales = [1, 1, 1 + choices.below(2), 1 + choices.below(2)];
  const sizes = input.shape.map((size, axis) => size * scales[axis]!);
  const isNearest = choices.below(2) === 0;
  draft.add(
    tensor.resize,
    {
      input: input.value,
      mode: isNearest ? "nearest" : "linear",
      scales,
      coordinate_transformation: isNearest ? "asymmetric" : "half_pixel",
      nearest_mode: "floor",
      result: TensorType.get(sizes, input.type.element),
    },
    input.bound,
  );
});

const argmax = step("tensor.argmax", (draft, choices) => {
  const input = draft.pick(
    choices,
    (each) => isInteger(each) && each.shape.length >= 1 && elementCount(each.shape) > 0,
  );
  if (input === undefined) return;
  const axis = choices.below(input.shape.length);
  draft.add(tensor.argmax, { input: input.value, axis, keep_dims: choices.flag() }, 64);
});

/** Simple ones first: a counterexample shrinks towards the front. */
export const tensorSteps: readonly Step[] = [
  unary(tensor.relu, same, isNumeric),
  binary(tensor.add, (a, b) => a + b),
  binary(tensor.mul, (a, b) => a * b),
  binary(tensor.sub, (a, b) => a + b),
  conv2d,
  matmul,
  pool(tensor.maxPool2d, () => ({})),
  pool(tensor.averagePool2d, (choices) => ({ count_include_pad: choices.flag() })),
  reshape,
  transpose,
  reduce(tensor.reduceSum, (bound, count) => bound * count),
  reduce(tensor.reduceMean, same),
  alongAxis(tensor.softmax, below(1)),
  concat,
  slice,
  pad,
  binary(tensor.maximum, Math.max),
  binary(tensor.minimum, Math.max),
  divide,
  unary(tensor.sigmoid, below(1)),
  unary(tensor.tanh, below(1)),
  unary(tensor.abs, same, isNumeric),
  unary(tensor.neg, same, isNumeric),
  unary(tensor.gelu, same),
  unary(tensor.gelu, same, isFloat, { approximate: "tanh" }),
  unary(tensor.silu, same),
  unary(tensor.leakyRelu, same),
  unary(tensor.hardSwish, same),
  unary(tensor.hardSigmoid, below(1)),
  unary(tensor.clip, below(3), isFloat, { min: -1, max: 3 }),
  unary(tensor.elu, same),
  unary(tensor.softplus, (bound) => bound + 1),
  unary(tensor.erf, below(1)),
  unary(tensor.sin, below(1)),
  unary(tensor.exp, (bound) => Math.exp(bound)),
  reduce(tensor.reduceMax, same),
  reduce(tensor.reduceMin, same),
  reduce(tensor.reduceSumSquare, (bound, count) => bound * bound * count),
  alongAxis(tensor.logSoftmax, (bound) => 2 * bound + 7),
  alongAxis(tensor.cumsum, (bound) => bound * 8),
  convTranspose2d,
  matmulOfValues,
  layerNorm,
  alongAxis(tensor.lpNorm, below(1)),
  batchNorm,
  broadcast,
  tile,
  reverse,
  depthToSpace,
  take,
  resize,
  convert,
  binary(tensor.bitwiseAnd, (a, b) => 2 * Math.max(a, b) + 1, isInteger),
  binary(tensor.bitwiseXor, below(2 ** 31), isInteger),
  binary(tensor.div, same, isInteger),
  compare(tensor.less, isInteger),
  compare(tensor.equal, isInteger),
  select,
  argmax,
  jumping(compare(tensor.greater, isFloat)),
  jumping(compare(tensor.equal, isFloat)),
  jumping(unary(tensor.round, same)),
  jumping(unary(tensor.floor, same)),
  jumping(unary(tensor.sign, below(1))),
  truncate,
].map((each) => (each.name === "tensor.lp_norm" ? jumping(each) : each));
