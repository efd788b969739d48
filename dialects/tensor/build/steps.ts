/**
 * Small steps that many operators are made of, for whoever builds programs of the tensor dialect: front ends and dialects whose ops
 * mean tensor ops. Each returns its operand where there is nothing to do.
 */
import type { BuildArguments, Fields, OperationDefinition } from "../../../ir/declaration.ts";
import type { ElementName, TensorData } from "../../../ir/tensor-data.ts";
import { elementOf, shapeOf, type TensorValue, tensorType } from "../declare.ts";
import * as tensor from "../ops.ts";
import { tensorOf } from "../reference/values.ts";
import { concat as concatDefinition } from "../upstream/ops.ts";

export { elementOf, shapeOf, type TensorValue, tensorType } from "../declare.ts";

/** Builds operations, and errors that say for whom. */
export interface Steps {
  /** Builds an operation of one result. */
  emit<F extends Fields>(definition: OperationDefinition<F>, args: BuildArguments<F>): TensorValue;
  /** Builds an operation of any number of results. */
  emitAll<F extends Fields>(definition: OperationDefinition<F>, args: BuildArguments<F>): readonly TensorValue[];
  constant(data: TensorData): TensorValue;
  error(message: string): Error;
}

/** A constant of one element. */
export function scalar(steps: Steps, value: number, element: ElementName): TensorValue {
  return steps.constant(tensorOf(element, [], [value]));
}

/** A constant of these numbers. */
export function numbers(
  steps: Steps,
  values: readonly number[],
  element: ElementName,
  shape: readonly number[] = [values.length],
): TensorValue {
  return steps.constant(tensorOf(element, shape, values));
}

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

export function reshape(steps: Steps, input: TensorValue, shape: Shape): TensorValue {
  if (sameList(shapeOf(input), shape)) return input;
  if (product(shapeOf(input)) !== product(shape)) {
    throw steps.error(
      `cannot reshape [${shapeOf(input).join(", ")}] to [${shape.join(", ")}]: the numbers of elements differ`,
    );
  }
  return steps.emit(tensor.staticReshape, { input, result: tensorType(shape, elementOf(input)) });
}

export function transpose(steps: Steps, input: TensorValue, permutation: readonly number[]): TensorValue {
  return sameList(permutation, ascending(permutation.length))
    ? input
    : steps.emit(tensor.transpose, { input, permutation });
}

/** Swaps the last two dimensions. */
export function transposeMatrix(steps: Steps, input: TensorValue): TensorValue {
  const rank = input.type.rank;
  return transpose(steps, input, [...ascending(rank - 2), rank - 1, rank - 2]);
}

export function broadcastTo(steps: Steps, input: TensorValue, shape: Shape): TensorValue {
  if (sameList(shapeOf(input), shape)) return input;
  return steps.emit(tensor.broadcast, { input, result: tensorType(shape, elementOf(input)) });
}

/** Converts the element type. */
export function convert(steps: Steps, input: TensorValue, element: ElementName): TensorValue {
  if (elementOf(input) === element) return input;
  return steps.emit(tensor.convert, { input, result: tensorType(shapeOf(input), element) });
}

export function concat(steps: Steps, inputs: readonly TensorValue[], axis: number): TensorValue {
  // Empty parts add nothing; where all are empty one of them is kept.
  const parts = inputs.filter((input) => shapeOf(input)[axis] !== 0);
  const [only] = parts.length === 0 ? inputs : parts;
  if (only === undefined) throw steps.error("there is nothing to concatenate");
  if (parts.length <= 1) return only;
  const [first, ...rest] = parts.map(shapeOf);
  const alike = rest.every(
    (shape) => shape.length === first!.length && shape.every((size, index) => index === axis || size === first![index]),
  );
  if (!alike)
    throw steps.error(
      `shapes must be alike but for axis ${axis}, but are ${parts.map(({ type }) => type).join(" and ")}`,
    );
  return steps.emit(concatDefinition, { inputs: parts, dim: axis });
}

/** `size` elements from `start` along one axis, `step` apart. */
export function sliceAxis(
  steps: Steps,
  input: TensorValue,
  axis: number,
  start: number,
  size: number,
  step = 1,
): TensorValue {
  const shape = shapeOf(input);
  if (start === 0 && size === shape[axis] && step === 1) return input;
  const only = (value: number, otherwise: (size: number) => number) =>
    shape.map((whole, index) => (index === axis ? value : otherwise(whole)));
  return steps.emit(tensor.slice, {
    input,
    starts: only(start, () => 0),
    sizes: only(size, (whole) => whole),
    strides: only(step, () => 1),
  });
}

/** Inserts dimensions of size 1 at these places of the result, ascending. */
export function unsqueeze(steps: Steps, input: TensorValue, axes: readonly number[]): TensorValue {
  const shape = [...shapeOf(input)];
  for (const axis of [...axes].sort((a, b) => a - b)) shape.splice(axis, 0, 1);
  return reshape(steps, input, shape);
}

/** Two-operand arithmetic with a constant of the operand's element type. */
export function withNumber(
  steps: Steps,
  definition:
    | typeof tensor.add
    | typeof tensor.sub
    | typeof tensor.mul
    | typeof tensor.div
    | typeof tensor.maximum
    | typeof tensor.minimum,
  lhs: TensorValue,
  value: number,
): TensorValue {
  return steps.emit(definition, { lhs, rhs: scalar(steps, value, elementOf(lhs)) });
}

export function add(steps: Steps, lhs: TensorValue, rhs: TensorValue): TensorValue {
  return steps.emit(tensor.add, { lhs, rhs });
}
export function sub(steps: Steps, lhs: TensorValue, rhs: TensorValue): TensorValue {
  return steps.emit(tensor.sub, { lhs, rhs });
}
export function mul(steps: Steps, lhs: TensorValue, rhs: TensorValue): TensorValue {
  return steps.emit(tensor.mul, { lhs, rhs });
}
export function div(steps: Steps, lhs: TensorValue, rhs: TensorValue): TensorValue {
  return steps.emit(tensor.div, { lhs, rhs });
}

/** Whether an element type is a float. */
export function isFloatElement(element: ElementName): boolean {
  return element === "f32" || element === "f16" || element === "bf16" || element === "f64";
}
