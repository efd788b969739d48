/** Losses, as gathers, products and reductions. */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { ascending, convert, div, mul, reshape, since } from "./common.ts";
import { elementOf, type NodeImport, type OperatorTable, shapeOf, type Tensor } from "./node-import.ts";

/** -weight[target]·logProbability[target] per position, then summed, averaged by weight, or left alone. */
function negativeLogLikelihood(node: NodeImport, logProbabilities: Tensor): Tensor {
  const element = elementOf(logProbabilities);
  const target = convert(node, node.input(1), "i64");
  const weights = node.optionalInput(2);
  const shape = shapeOf(target);
  const ignored = node.hasAttribute("ignore_index")
    ? node.emit(tensor.equal, { lhs: target, rhs: node.scalar(node.integer("ignore_index"), "i64") })
    : undefined;
  const zero = node.scalar(0, element);
  // An ignored target may lie outside the classes: read class 0 there, and count it for nothing.
  const classes =
    ignored === undefined
      ? target
      : node.emit(tensor.select, { condition: ignored, lhs: node.scalar(0, "i64"), rhs: target });
  const withoutIgnored = (value: Tensor) =>
    ignored === undefined ? value : node.emit(tensor.select, { condition: ignored, lhs: zero, rhs: value });
  const [batch = 1, ...rest] = shape;
  const indices = reshape(node, classes, [batch, 1, ...rest]);
  const picked = node.emit(tensor.gatherElements, { input: logProbabilities, indices, axis: 1 });
  const plain = node.emit(tensor.neg, { input: reshape(node, picked, shape) });
  const weight =
    weights === undefined ? undefined : node.emit(tensor.take, { input: weights, indices: classes, axis: 0 });
  const loss = withoutIgnored(weight === undefined ? plain : mul(node, plain, weight));
  const reduction = node.oneOf("reduction", ["none", "sum", "mean"], "mean");
  if (reduction === "none") return loss;
  const axes = ascending(shape.length);
  const total = (input: Tensor) => node.emit(tensor.reduceSum, { input, axes, keep_dims: false });
  if (reduction === "sum") return total(loss);
  if (weight === undefined && ignored === undefined) {
    return node.emit(tensor.reduceMean, { input: loss, axes, keep_dims: false });
  }
  return div(node, total(loss), total(withoutIgnored(weight ?? node.filled(shape, 1, element))));
}

function softmaxCrossEntropy(node: NodeImport): readonly Tensor[] {
  const logProbabilities = node.emit(tensor.logSoftmax, { input: node.input(0), axis: 1 });
  return [negativeLogLikelihood(node, logProbabilities), logProbabilities];
}

export const lossOperators: OperatorTable = {
  NegativeLogLikelihoodLoss: since(12, (node) => negativeLogLikelihood(node, node.input(0))),
  SoftmaxCrossEntropyLoss: since(12, softmaxCrossEntropy),
};
