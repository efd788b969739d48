/**
 * Softmax and the normalisations: reductions for the statistics (in two passes, so that nothing cancels), then one
 * elementwise op over the whole tensor. Statistics are kept in the compute type; the big op multiplies by the inverse
 * deviation, which is computed once per group.
 */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { AffineMap, affineAdd, dimension } from "../../../ir/affine-map.ts";
import type { Builder } from "../../../ir/builder.ts";
import type { AttachedInterface } from "../../../ir/interfaces.ts";
import type { Value } from "../../../ir/operation.ts";
import { i64, type Type } from "../../../ir/types.ts";
import {
  elementOf,
  emptyTensor,
  filled,
  generic,
  iterators,
  pad,
  pointwise,
  product,
  reshape,
  shapeOf,
} from "../emit.ts";
import { lowering } from "../lowering.ts";
import type { Scalars } from "../scalars.ts";
import { computeElement } from "../storage-types.ts";
import { powerOfMagnitude, root } from "./pooling.ts";
import { keptAxes, reduceAxes } from "./reduction.ts";

/** The map by which a reduced value (only the kept dimensions) is read over the whole shape. */
function perGroup(rank: number, axes: readonly number[]): AffineMap {
  return AffineMap.projection(rank, keptAxes(rank, axes));
}

/** Σ f(x, others…) over axes. */
function sumOver(
  builder: Builder,
  input: Value,
  axes: readonly number[],
  term: (s: Scalars, x: Value, others: readonly Value[]) => Value,
  others: readonly Value[] = [],
): Value {
  const element = elementOf(input);
  return reduceAxes(builder, input, {
    axes,
    type: computeElement(element),
    initial: 0,
    others,
    combine: (s, total, x, rest) => s.add(total, term(s, s.load(x, element), rest)),
  });
}

function maximumOver(builder: Builder, input: Value, axes: readonly number[]): Value {
  const element = elementOf(input);
  return reduceAxes(builder, input, {
    axes,
    type: computeElement(element),
    initial: Number.NEGATIVE_INFINITY,
    combine: (s, total, x) => s.max(total, s.load(x, element)),
  });
}

/** One step per group, in compute form. */
function perGroupStep(
  builder: Builder,
  inputs: readonly Value[],
  compute: (s: Scalars, values: readonly Value[]) => Value,
): Value {
  const [first] = inputs;
  return pointwise(builder, {
    shape: shapeOf(first!),
    element: elementOf(first!),
    inputs: inputs.map((value) => ({ value })),
    body: compute,
  });
}

const lowerSoftmax = lowering(tensor.softmax, (operation, [input], builder) => {
  const { axis } = operation;
  const [shape, element] = [shapeOf(input!), elementOf(input!)];
  const compute = computeElement(element);
  const spread = perGroup(shape.length, [axis]);
  const highest = maximumOver(builder, input!, [axis]);
  const powers = pointwise(builder, {
    shape,
    element: compute,
    inputs: [{ value: input! }, { value: highest, map: spread }],
    body: (s, [x, shift]) => s.math("exp", s.sub(s.load(x!, element), shift!)),
  });
  const total = sumOver(builder, powers, [axis], (_, x) => x);
  const inverse = perGroupStep(builder, [total], (s, [x]) => s.div(s.like(x!, 1), x!));
  return [
    pointwise(builder, {
      shape,
      element,
      inputs: [{ value: powers }, { value: inverse, map: spread }],
      body: (s, [power, factor]) => s.store(s.mul(power!, factor!), element),
    }),
  ];
});

const lowerLogSoftmax = lowering(tensor.logSoftmax, (operation, [input], builder) => {
  const { axis } = operation;
  const [shape, element] = [shapeOf(input!), elementOf(input!)];
  const highest = maximumOver(builder, input!, [axis]);
  const total = sumOver(builder, input!, [axis], (s, x, [shift]) => s.math("exp", s.sub(x, shift!)), [highest]);
  const shift = perGroupStep(builder, [total, highest], (s, [sum, most]) => s.add(s.math("log", sum!), most!));
  return [
    pointwise(builder, {
      shape,
      element,
      inputs: [{ value: input! }, { value: shift, map: perGroup(shape.length, [axis]) }],
      body: (s, [x, by]) => s.store(s.sub(s.load(x!, element), by!), element),
    }),
  ];
});

const lowerHardmax = lowering(tensor.hardmax, (operation, [input], builder) => {
  const { axis } = operation;
  const [shape, element] = [shapeOf(input!), elementOf(input!)];
  const compute = computeElement(element);
  const kept = keptAxes(shape.length, [axis]);
  const keptShape = kept.map((each) => shape[each]!);
  const spread = AffineMap.projection(shape.length, kept);
  const highest = maximumOver(builder, input!, [axis]);
  // The first position that holds the maximum.
  const [first] = generic(builder, {
    inputs: [
      { value: input!, map: AffineMap.identity(shape.length) },
      { value: highest, map: spread },
    ],
    outputs: [{ value: filled(builder, keptShape, i64, shape[axis]!), map: spread }],
    iterators: shape.map((_, each) => (each === axis ? "reduction" : "parallel")),
    body: (s, [x, most], [position], indices) => {
      const here = s.fromIndex(indices(axis), i64);
      const isWinner = s.compare("eq", s.load(x!, element), most!);
      return [s.min(position!, s.select(isWinner, here, s.constant(i64, shape[axis]!)))];
    },
  });
  return [
    pointwise(builder, {
      shape,
      element,
      inputs: [{ value: first!, map: spread }],
      body: (s, [position], indices) => {
        const isWinner = s.compare("eq", s.fromIndex(indices(axis), i64), position!);
        return s.store(s.select(isWinner, s.constant(compute, 1), s.constant(compute, 0)), element);
      },
    }),
  ];
});

/** Per group 1/√(variance + epsilon), and the mean. */
function statistics(
  builder: Builder,
  input: Value,
  axes: readonly number[],
  epsilon: number,
): { readonly mean: Value; readonly inverse: Value } {
  const count = product(axes.map((axis) => shapeOf(input)[axis]!));
  const total = sumOver(builder, input, axes, (_, x) => x);
  const mean = perGroupStep(builder, [total], (s, [x]) => s.div(x!, s.like(x!, count)));
  const squares = sumOver(
    builder,
    input,
    axes,
    (s, x, [center]) => {
      const deviation = s.sub(x, center!);
      return s.mul(deviation, deviation);
    },
    [mean],
  );
  const inverse = perGroupStep(builder, [squares], (s, [x]) =>
    inverseDeviation(s, s.div(x!, s.like(x!, count)), epsilon),
  );
  return { mean, inverse };
}

/** 1/√(variance + epsilon) */
function inverseDeviation(s: Scalars, variance: Value, epsilon: number): Value {
  return s.div(s.like(variance, 1), s.math("sqrt", s.add(variance, s.like(variance, epsilon))));
}

/** An operand of the last step that may be missing. */
interface Parameter {
  readonly value: Value | undefined;
  readonly element: Type | undefined;
  readonly map?: AffineMap;
}

/** (x - mean)·inverse·scale + bias over the whole shape; scale and bias broadcast (or have a map of their own). */
function standardize(
  builder: Builder,
  input: Value,
  group: AffineMap,
  { mean, inverse }: { readonly mean: Value; readonly inverse: Value },
  scale: Parameter,
  bias: Parameter,
): Value {
  const element = elementOf(input);
  const compute = computeElement(element);
  const parameters = [scale, bias].filter((each) => each.value !== undefined);
  return pointwise(builder, {
    shape: shapeOf(input),
    element,
    inputs: [
      { value: input },
      { value: mean, map: group },
      { value: inverse, map: group },
      ...parameters.map(({ value, map }) => (map === undefined ? { value: value! } : { value: value!, map })),
    ],
    body: (s, [x, center, factor, ...rest]) => {
      let result = s.mul(s.sub(s.load(x!, element), center!), factor!);
      let next = 0;
      if (scale.value !== undefined) result = s.mul(result, s.resize(rest[next++]!, compute));
      if (bias.value !== undefined) result = s.add(result, s.resize(rest[next++]!, compute));
      return s.store(result, element);
    },
  });
}

function parameter(value: Value | undefined, map?: AffineMap): Parameter {
  const element = value === undefined ? undefined : elementOf(value);
  return map === undefined ? { value, element } : { value, element, map };
}

function axesFrom(axis: number, rank: number): number[] {
  return Array.from({ length: rank - axis }, (_, each) => axis + each);
}

const lowerLayerNorm = lowering(tensor.layerNorm, (operation, [input, scale, bias], builder) => {
  const rank = shapeOf(input!).length;
  const axes = axesFrom(operation.axis, rank);
  const stats = statistics(builder, input!, axes, operation.epsilon);
  return [standardize(builder, input!, perGroup(rank, axes), stats, parameter(scale), parameter(bias))];
});

const lowerRmsNorm = lowering(tensor.rmsNorm, (operation, [input, scale], builder) => {
  const [shape, element] = [shapeOf(input!), elementOf(input!)];
  const compute = computeElement(element);
  const axes = axesFrom(operation.axis, shape.length);
  const count = product(axes.map((axis) => shape[axis]!));
  const squares = sumOver(builder, input!, axes, (s, x) => s.mul(x, x));
  const inverse = perGroupStep(builder, [squares], (s, [x]) =>
    inverseDeviation(s, s.div(x!, s.like(x!, count)), operation.epsilon),
  );
  return [
    pointwise(builder, {
      shape,
      element,
      inputs: [{ value: input! }, { value: inverse, map: perGroup(shape.length, axes) }, { value: scale! }],
      body: (s, [x, factor, by]) =>
        s.store(s.mul(s.mul(s.load(x!, element), factor!), s.resize(by!, compute)), element),
    }),
  ];
});

const lowerInstanceNorm = lowering(tensor.instanceNorm, (operation, [input, scale, bias], builder) => {
  const rank = shapeOf(input!).length;
  const axes = axesFrom(2, rank);
  const channel = AffineMap.projection(rank, [1]);
  const stats = statistics(builder, input!, axes, operation.epsilon);
  return [
    standardize(builder, input!, perGroup(rank, axes), stats, parameter(scale, channel), parameter(bias, channel)),
  ];
});

/** Groups of channels get a dimension of their own: [N, G, C/G, …]. */
const lowerGroupNorm = lowering(tensor.groupNorm, (operation, [input, scale, bias], builder) => {
  const [batch, channels, ...spatial] = shapeOf(input!) as [number, number, ...number[]];
  const groups = operation.num_groups;
  const grouped = reshape(builder, input!, [batch, groups, channels / groups, ...spatial]);
  const rank = spatial.length + 3;
  const axes = axesFrom(2, rank);
  const channel = AffineMap.projection(rank, [1, 2]);
  const split = (value: Value) => reshape(builder, value, [groups, channels / groups]);
  const stats = statistics(builder, grouped, axes, operation.epsilon);
  const result = standardize(
    builder,
    grouped,
    perGroup(rank, axes),
    stats,
    parameter(split(scale!), channel),
    parameter(split(bias!), channel),
  );
  return [reshape(builder, result, shapeOf(input!))];
});

const lowerMeanVarianceNorm = lowering(tensor.meanVarianceNorm, (operation, [input], builder) => {
  const rank = shapeOf(input!).length;
  const { axes } = operation;
  const count = product(axes.map((axis) => shapeOf(input!)[axis]!));
  const { mean } = statistics(builder, input!, axes, 0);
  const squares = sumOver(
    builder,
    input!,
    axes,
    (s, x, [center]) => {
      const deviation = s.sub(x, center!);
      return s.mul(deviation, deviation);
    },
    [mean],
  );
  const inverse = perGroupStep(builder, [squares], (s, [x]) => {
    const deviation = s.math("sqrt", s.div(x!, s.like(x!, count)));
    return s.div(s.like(deviation, 1), s.add(deviation, s.like(deviation, 1e-9)));
  });
  return [
    standardize(builder, input!, perGroup(rank, axes), { mean, inverse }, parameter(undefined), parameter(undefined)),
  ];
});

/** Known statistics: elementwise with one factor and one offset per channel. */
const lowerBatchNorm = lowering(tensor.batchNorm, (operation, [input, scale, bias, mean, variance], builder) => {
  const [shape, element] = [shapeOf(input!), elementOf(input!)];
  const compute = computeElement(element);
  const channel = AffineMap.projection(shape.length, [1]);
  const factor = pointwise(builder, {
    shape: [shape[1]!],
    element: compute,
    inputs: [{ value: scale! }, { value: variance! }],
    body: (s, [by, spread]) =>
      s.mul(s.resize(by!, compute), inverseDeviation(s, s.resize(spread!, compute), operation.epsilon)),
  });
  return [
    pointwise(builder, {
      shape,
      element,
      inputs: [
        { value: input! },
        { value: factor, map: channel },
        { value: mean!, map: channel },
        { value: bias!, map: channel },
      ],
      body: (s, [x, by, center, offset]) => {
        const deviation = s.sub(s.load(x!, element), s.resize(center!, compute));
        return s.store(s.add(s.mul(deviation, by!), s.resize(offset!, compute)), element);
      },
    }),
  ];
});

/** Σ x² over `size` neighbouring channels of an input whose channels are padded with zeros; the result has `shape`. */
function neighbourSquares(builder: Builder, padded: Value, shape: readonly number[], size: number): Value {
  const rank = shape.length;
  const element = elementOf(padded);
  const window = emptyTensor(builder, [size], element);
  const positions = shape.map((_, axis) => (axis === 1 ? affineAdd(dimension(1), dimension(rank)) : dimension(axis)));
  const [result] = generic(builder, {
    inputs: [
      { value: padded, map: new AffineMap(rank + 1, 0, positions) },
      { value: window, map: AffineMap.projection(rank + 1, [rank]) },
    ],
    outputs: [
      {
        value: filled(builder, shape, computeElement(element), 0),
        map: AffineMap.projection(
          rank + 1,
          shape.map((_, axis) => axis),
        ),
      },
    ],
    iterators: iterators(rank, 1),
    body: (s, [x], [total]) => {
      const value = s.load(x!, element);
      return [s.add(total!, s.mul(value, value))];
    },
  });
  return result!;
}

const lowerLrn = lowering(tensor.lrn, (operation, [input], builder) => {
  const { size, alpha, beta, bias } = operation;
  const [shape, element] = [shapeOf(input!), elementOf(input!)];
  const before = Math.floor((size - 1) / 2);
  const channels = (amount: number) => shape.map((_, axis) => (axis === 1 ? amount : 0));
  const padded = pad(builder, input!, channels(before), channels(size - 1 - before), 0);
  return [
    pointwise(builder, {
      shape,
      element,
      inputs: [{ value: input! }, { value: neighbourSquares(builder, padded, shape, size) }],
      body: (s, [x, sum]) => {
        const norm = s.add(s.mul(sum!, s.like(sum!, alpha / size)), s.like(sum!, bias));
        return s.store(s.div(s.load(x!, element), s.pow(norm, s.like(norm, beta))), element);
      },
    }),
  ];
});

const lowerLpNorm = lowering(tensor.lpNorm, (operation, [input], builder) => {
  const { axis, p } = operation;
  const [shape, element] = [shapeOf(input!), elementOf(input!)];
  const sums = sumOver(builder, input!, [axis], (s, x) => powerOfMagnitude(s, x, p));
  const norm = perGroupStep(builder, [sums], (s, [x]) => root(s, x!, p));
  return [
    pointwise(builder, {
      shape,
      element,
      inputs: [{ value: input! }, { value: norm, map: perGroup(shape.length, [axis]) }],
      body: (s, [x, by]) => {
        const isZero = s.compare("eq", by!, s.like(by!, 0));
        return s.store(s.select(isZero, s.like(by!, 0), s.div(s.load(x!, element), by!)), element);
      },
    }),
  ];
});

export const normalizationLowerings: readonly AttachedInterface[] = [
  ...[lowerSoftmax, lowerLogSoftmax, lowerHardmax, lowerBatchNorm, lowerLayerNorm, lowerRmsNorm, lowerInstanceNorm],
  ...[lowerGroupNorm, lowerMeanVarianceNorm, lowerLrn, lowerLpNorm],
];
