/** Softmax and the normalisations, as they compute in inference. */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { getNumber, type TensorData } from "../../../ir/tensor-data.ts";
import { ascending, convert, mul, product, reshape, type Shape, since, sub, withNumber } from "./common.ts";
import {
  elementOf,
  type NodeImport,
  type Operator,
  type OperatorImport,
  type OperatorTable,
  shapeOf,
  type Tensor,
} from "./node-import.ts";

/** Before version 13 the input counted as a matrix: the dimensions before `axis` by all others. */
function softmax(definition: typeof tensor.softmax): Operator {
  const asMatrix: OperatorImport = (node) => {
    const input = node.input(0);
    const shape = shapeOf(input);
    const axis = node.axis(node.integer("axis", 1), shape.length);
    if (product(shape.slice(axis + 1)) === 1) return node.emit(definition, { input, axis });
    const matrix = reshape(node, input, [product(shape.slice(0, axis)), product(shape.slice(axis))]);
    return reshape(node, node.emit(definition, { input: matrix, axis: 1 }), shape);
  };
  const alongAxis: OperatorImport = (node) => {
    const input = node.input(0);
    return node.emit(definition, { input, axis: node.axis(node.integer("axis", -1), input.type.rank) });
  };
  return { 1: asMatrix, 13: alongAxis };
}

function batchNormalization(node: NodeImport): Tensor {
  const isTraining = node.version >= 14 ? node.flag("training_mode") : node.version < 7 && !node.flag("is_test");
  // Old files list the training outputs without saying so; the statistics that they hold are the running ones.
  if (isTraining) throw node.error("normalises by the batch's own statistics (training), which is not supported");
  if (node.version < 9 && !node.flag("spatial", true))
    throw node.error("statistics per element (spatial = 0) are not supported");
  const input = node.input(0);
  const element = elementOf(input);
  const [scale, bias, mean, variance] = ["scale", "bias", "mean", "variance"].map((what, at) =>
    node.input(at + 1, what),
  );
  // Since version 15 parameters may have an element type of their own.
  const own = (value: Tensor | undefined) => convert(node, value!, element);
  return node.emit(tensor.batchNorm, {
    input,
    scale: own(scale),
    bias: own(bias),
    mean: own(mean),
    variance: own(variance),
    epsilon: node.float("epsilon", 1e-5),
  });
}

/** Outputs: the result, then (if wanted) the mean and 1/√(variance + epsilon), in f32. */
function layerNormalization(node: NodeImport): readonly (Tensor | undefined)[] {
  const input = node.input(0);
  const axis = node.axis(node.integer("axis", -1), input.type.rank);
  const epsilon = node.float("epsilon", 1e-5);
  const result = node.emit(tensor.layerNorm, {
    input,
    scale: node.input(1),
    bias: node.optionalInput(2),
    axis,
    epsilon,
  });
  if (!node.wants(1) && !node.wants(2)) return [result];
  const axes = ascending(input.type.rank - axis, axis);
  const wide = elementOf(input) === "f64" ? input : convert(node, input, "f32");
  const mean = node.emit(tensor.reduceMean, { input: wide, axes, keep_dims: true });
  const deviation = sub(node, wide, mean);
  const variance = node.emit(tensor.reduceMean, { input: mul(node, deviation, deviation), axes, keep_dims: true });
  return [result, mean, node.emit(tensor.rsqrt, { input: withNumber(node, tensor.add, variance, epsilon) })];
}

/** Scale and bias are per group in version 18, per channel since 21. */
function groupNormalization(node: NodeImport): Tensor {
  const input = node.input(0);
  const channels = shapeOf(input)[1] ?? 1;
  const groups = node.integer("num_groups");
  const perChannel = (value: Tensor) => {
    if (node.version >= 21 || shapeOf(value)[0] === channels) return value;
    const shape: Shape = [groups, channels / groups];
    const column = reshape(node, value, [groups, 1]);
    const repeated = node.emit(tensor.tile, { input: column, repeats: [1, shape[1]!] });
    return reshape(node, repeated, [channels]);
  };
  return node.emit(tensor.groupNorm, {
    input,
    scale: perChannel(node.input(1)),
    bias: perChannel(node.input(2)),
    num_groups: groups,
    epsilon: node.float("epsilon", 1e-5),
  });
}

/** The result, and a mask of ones: nothing is dropped outside training, nor with a ratio of 0. */
function dropout(node: NodeImport): readonly (Tensor | undefined)[] {
  const input = node.input(0);
  const first = (data: TensorData | undefined, otherwise: number) =>
    data === undefined ? otherwise : getNumber(data, 0);
  const isTraining = node.version >= 12 && first(node.optionalConstantInput(2, "training_mode"), 0) !== 0;
  if (isTraining && first(node.optionalConstantInput(1, "the ratio"), 0.5) !== 0) {
    throw node.error("drops elements at random (training), which is not supported");
  }
  const mask = node.wants(1) ? node.filled(shapeOf(input), 1, node.version < 10 ? elementOf(input) : "i1") : undefined;
  return [input, mask];
}

export const normalizationOperators: OperatorTable = {
  BatchNormalization: since(1, batchNormalization),
  Dropout: since(1, dropout),
  GroupNormalization: since(18, groupNormalization),
  Hardmax: softmax(tensor.hardmax),
  InstanceNormalization: since(1, (node) =>
    node.emit(tensor.instanceNorm, {
      input: node.input(0),
      scale: node.input(1),
      bias: node.input(2),
      epsilon: node.float("epsilon", 1e-5),
    }),
  ),
  LRN: since(1, (node) =>
    node.emit(tensor.lrn, {
      input: node.input(0),
      size: node.integer("size"),
      alpha: node.float("alpha", 1e-4),
      beta: node.float("beta", 0.75),
      bias: node.float("bias", 1),
    }),
  ),
  LayerNormalization: since(17, layerNormalization),
  LogSoftmax: softmax(tensor.logSoftmax),
  LpNormalization: since(1, (node) =>
    node.emit(tensor.lpNorm, {
      input: node.input(0),
      axis: node.axis(node.integer("axis", -1), node.input(0).type.rank),
      p: node.integer("p", 2),
    }),
  ),
  MeanVarianceNormalization: since(9, (node) =>
    node.emit(tensor.meanVarianceNorm, {
      input: node.input(0),
      axes: node.axes(node.integers("axes") ?? [0, 2, 3], node.input(0).type.rank),
    }),
  ),
  RMSNormalization: since(23, (node) =>
    node.emit(tensor.rmsNorm, {
      input: node.input(0),
      scale: node.input(1),
      axis: node.axis(node.integer("axis", -1), node.input(0).type.rank),
      epsilon: node.float("epsilon", 1e-5),
    }),
  ),
  Softmax: softmax(tensor.softmax),
};
