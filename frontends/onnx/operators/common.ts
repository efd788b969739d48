/** Small steps that many operators are made of. Each returns its operand where there is nothing to do. */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { concat as concatDefinition } from "../../../dialects/tensor/upstream/ops.ts";
import type { ElementName } from "../../../ir/tensor-data.ts";
import { elementOf, type NodeImport, type Operator, type OperatorImport, shapeOf, type Tensor } from "./node-import.ts";
import { tensorType } from "./tensor-builder.ts";

/** An operator whose importer holds for all versions from its first. */
export const since = (version: number, importer: OperatorImport): Operator => ({ [version]: importer });

export type Shape = readonly number[];

export function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

export function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}

/** `[start, start + 1, …]`, `count` numbers. */
export function ascending(count: number, start = 0): number[] {
  return Array.from({ length: count }, (_, index) => start + index);
}

export function reshape(node: NodeImport, input: Tensor, shape: Shape): Tensor {
  if (sameList(shapeOf(input), shape)) return input;
  if (product(shapeOf(input)) !== product(shape)) {
    throw node.error(
      `cannot reshape [${shapeOf(input).join(", ")}] to [${shape.join(", ")}]: the numbers of elements differ`,
    );
  }
  return node.emit(tensor.staticReshape, { input, result: tensorType(shape, elementOf(input)) });
}

export function transpose(node: NodeImport, input: Tensor, permutation: readonly number[]): Tensor {
  return sameList(permutation, ascending(permutation.length))
    ? input
    : node.emit(tensor.transpose, { input, permutation });
}

/** Swaps the last two dimensions. */
export function transposeMatrix(node: NodeImport, input: Tensor): Tensor {
  const rank = input.type.rank;
  return transpose(node, input, [...ascending(rank - 2), rank - 1, rank - 2]);
}

export function broadcastTo(node: NodeImport, input: Tensor, shape: Shape): Tensor {
  if (sameList(shapeOf(input), shape)) return input;
  return node.emit(tensor.broadcast, { input, result: tensorType(shape, elementOf(input)) });
}

/** Converts the element type. */
export function convert(node: NodeImport, input: Tensor, element: ElementName): Tensor {
  if (elementOf(input) === element) return input;
  return node.emit(tensor.convert, { input, result: tensorType(shapeOf(input), element) });
}

export function concat(node: NodeImport, inputs: readonly Tensor[], axis: number): Tensor {
  // Empty parts add nothing; where all are empty one of them is kept.
  const parts = inputs.filter((input) => shapeOf(input)[axis] !== 0);
  const [only] = parts.length === 0 ? inputs : parts;
  if (only === undefined) throw node.error("there is nothing to concatenate");
  if (parts.length <= 1) return only;
  const [first, ...rest] = parts.map(shapeOf);
  const alike = rest.every(
    (shape) => shape.length === first!.length && shape.every((size, index) => index === axis || size === first![index]),
  );
  if (!alike)
    throw node.error(
      `shapes must be alike but for axis ${axis}, but are ${parts.map(({ type }) => type).join(" and ")}`,
    );
  return node.emit(concatDefinition, { inputs: parts, dim: axis });
}

/** `size` elements from `start` along one axis, `step` apart. */
export function sliceAxis(
  node: NodeImport,
  input: Tensor,
  axis: number,
  start: number,
  size: number,
  step = 1,
): Tensor {
  const shape = shapeOf(input);
  if (start === 0 && size === shape[axis] && step === 1) return input;
  const only = (value: number, otherwise: (size: number) => number) =>
    shape.map((whole, index) => (index === axis ? value : otherwise(whole)));
  return node.emit(tensor.slice, {
    input,
    starts: only(start, () => 0),
    sizes: only(size, (whole) => whole),
    strides: only(step, () => 1),
  });
}

/** Inserts dimensions of size 1 at these places of the result, ascending. */
export function unsqueeze(node: NodeImport, input: Tensor, axes: readonly number[]): Tensor {
  const shape = [...shapeOf(input)];
  for (const axis of [...axes].sort((a, b) => a - b)) shape.splice(axis, 0, 1);
  return reshape(node, input, shape);
}

/** Two-operand arithmetic with a constant of the operand's element type. */
export function withNumber(
  node: NodeImport,
  definition:
    | typeof tensor.add
    | typeof tensor.sub
    | typeof tensor.mul
    | typeof tensor.div
    | typeof tensor.maximum
    | typeof tensor.minimum,
  lhs: Tensor,
  value: number,
): Tensor {
  return node.emit(definition, { lhs, rhs: node.scalar(value, elementOf(lhs)) });
}

export function add(node: NodeImport, lhs: Tensor, rhs: Tensor): Tensor {
  return node.emit(tensor.add, { lhs, rhs });
}
export function sub(node: NodeImport, lhs: Tensor, rhs: Tensor): Tensor {
  return node.emit(tensor.sub, { lhs, rhs });
}
export function mul(node: NodeImport, lhs: Tensor, rhs: Tensor): Tensor {
  return node.emit(tensor.mul, { lhs, rhs });
}
export function div(node: NodeImport, lhs: Tensor, rhs: Tensor): Tensor {
  return node.emit(tensor.div, { lhs, rhs });
}

/** Whether an element type is a float. */
export function isFloatElement(element: ElementName): boolean {
  return element === "f32" || element === "f16" || element === "bf16" || element === "f64";
}
