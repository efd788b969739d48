/** Reductions over axes, positions of extremes, running sums and products. */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { ascending, since } from "./common.ts";
import type { NodeImport, Operator, OperatorImport, OperatorTable, Tensor } from "./node-import.ts";

type Reduction = (typeof tensor.reduceOps)[number];

/**
 * Axes from the attribute before version `inputsSince`, from input 1 since. No axes mean all of them, or none with
 * `noop_with_empty_axes`; none leaves each element alone, but for what the operator does to one element.
 */
function reduction(definition: Reduction, inputsSince: number): Operator {
  const reduce = (node: NodeImport): Tensor => {
    const input = node.input(0);
    const { rank } = input.type;
    const given = node.version >= inputsSince ? node.optionalConstantIntegers(1, "the axes") : node.integers("axes");
    const isEmpty = given === undefined || given.length === 0;
    const axes = isEmpty ? (node.flag("noop_with_empty_axes") ? [] : ascending(rank)) : node.axes(given, rank);
    return node.emit(definition, { input, axes, keep_dims: node.flag("keepdims", true) });
  };
  return { 1: reduce };
}

const extreme =
  (definition: typeof tensor.argmax): OperatorImport =>
  (node) => {
    const input = node.input(0);
    return node.emit(definition, {
      input,
      axis: node.axis(node.integer("axis", 0), input.type.rank),
      keep_dims: node.flag("keepdims", true),
      select_last_index: node.flag("select_last_index"),
    });
  };

const running =
  (definition: typeof tensor.cumsum): OperatorImport =>
  (node) => {
    const input = node.input(0);
    return node.emit(definition, {
      input,
      axis: node.axis(node.constantInteger(1, "the axis"), input.type.rank),
      exclusive: node.flag("exclusive"),
      reverse: node.flag("reverse"),
    });
  };

export const reductionOperators: OperatorTable = {
  ArgMax: since(1, extreme(tensor.argmax)),
  ArgMin: since(1, extreme(tensor.argmin)),
  CumProd: since(26, running(tensor.cumprod)),
  CumSum: since(11, running(tensor.cumsum)),
  ReduceL1: reduction(tensor.reduceL1, 18),
  ReduceL2: reduction(tensor.reduceL2, 18),
  ReduceLogSum: reduction(tensor.reduceLogSum, 18),
  ReduceLogSumExp: reduction(tensor.reduceLogSumExp, 18),
  ReduceMax: reduction(tensor.reduceMax, 18),
  ReduceMean: reduction(tensor.reduceMean, 18),
  ReduceMin: reduction(tensor.reduceMin, 18),
  ReduceProd: reduction(tensor.reduceProd, 18),
  ReduceSum: reduction(tensor.reduceSum, 13),
  ReduceSumSquare: reduction(tensor.reduceSumSquare, 18),
};
