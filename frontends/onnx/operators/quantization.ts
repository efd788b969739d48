/** Quantised values: scale and zero point per tensor, per index of an axis, or per block. */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { elementType } from "../../../ir/types.ts";
import { ascending, convert, div, product, reshape, since, sub, withNumber } from "./common.ts";
import { elementOf, type NodeImport, type OperatorTable, shapeOf, type Tensor } from "./node-import.ts";

/** One value as a scalar; others keep their shape. */
function parameter(node: NodeImport, value: Tensor): Tensor {
  return product(shapeOf(value)) === 1 ? reshape(node, value, []) : value;
}

/** The axis that scales vary along; meaningless, and often out of range, for a single scale. */
function axisOf(node: NodeImport, input: Tensor, scale: Tensor): number {
  return scale.type.rank === 0 ? 0 : node.axis(node.integer("axis", 1), input.type.rank);
}

function quantize(node: NodeImport): Tensor {
  const input = node.input(0);
  const scale = parameter(node, node.input(1));
  const zeroPoint = node.optionalInput(2);
  const isNamed = node.hasAttribute("output_dtype") && node.integer("output_dtype") !== 0 && zeroPoint === undefined;
  return node.emit(tensor.quantizeLinear, {
    input: elementOf(input) === "i32" ? convert(node, input, elementOf(scale)) : input,
    scale,
    zero_point: zeroPoint === undefined ? undefined : parameter(node, zeroPoint),
    axis: axisOf(node, input, scale),
    block_size: node.integer("block_size", 0),
    output_type: isNamed ? elementType(node.elementType("output_dtype")) : undefined,
  });
}

function dequantize(node: NodeImport): Tensor {
  const input = node.input(0);
  const scale = parameter(node, node.input(1));
  const zeroPoint = node.optionalInput(2);
  const result = node.emit(tensor.dequantizeLinear, {
    input,
    scale,
    zero_point: zeroPoint === undefined ? undefined : parameter(node, zeroPoint),
    axis: axisOf(node, input, scale),
    block_size: node.integer("block_size", 0),
  });
  const wanted = node.hasAttribute("output_dtype") && node.integer("output_dtype") !== 0;
  return wanted ? convert(node, result, node.elementType("output_dtype")) : result;
}

/** Scale and zero point that cover the values and 0 with ui8, and the values so quantised. */
function dynamicQuantize(node: NodeImport): readonly Tensor[] {
  const input = node.input(0);
  const axes = ascending(input.type.rank);
  const extreme = (definition: typeof tensor.reduceMax, limit: typeof tensor.maximum) =>
    withNumber(node, limit, node.emit(definition, { input, axes, keep_dims: false }), 0);
  const [low, high] = [extreme(tensor.reduceMin, tensor.minimum), extreme(tensor.reduceMax, tensor.maximum)];
  const scale = withNumber(node, tensor.div, sub(node, high, low), 255);
  const exact = node.emit(tensor.neg, { input: div(node, low, scale) });
  const limited = node.emit(tensor.clip, { input: node.emit(tensor.round, { input: exact }), min: 0, max: 255 });
  const zeroPoint = convert(node, limited, "ui8");
  return [node.emit(tensor.quantizeLinear, { input, scale, zero_point: zeroPoint, axis: 0 }), scale, zeroPoint];
}

export const quantizationOperators: OperatorTable = {
  DequantizeLinear: since(10, dequantize),
  DynamicQuantizeLinear: since(11, dynamicQuantize),
  QuantizeLinear: since(10, quantize),
};
