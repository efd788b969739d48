/**
 * Reference semantics of operations on scalars. A scalar is a number for floats (rounded to its type) and a bigint for
 * integers and indices, in the range of its type as a signed number (`i1` is 0 or 1). An op states what it does to scalars;
 * from that come its evaluator on tensors and vectors and, in structured ops, on each point.
 */
import { requireElementName } from "../../ir/attributes.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import { roundToKind } from "../../ir/float-bits.ts";
import { type AttachedInterface, Evaluate, OpInterface } from "../../ir/interfaces.ts";
import type { Operation } from "../../ir/operation.ts";
import { elementCount, getNumber, setNumber, type TensorData, zeros } from "../../ir/tensor-data.ts";
import { FloatType, IndexType, IntegerType, type Type } from "../../ir/types.ts";
import { elementOrSelf } from "./constraints.ts";

export type Scalar = number | bigint;
/** One result per result of the operation. */
export type ScalarFunction = (operation: Operation, operands: readonly Scalar[]) => readonly Scalar[];

/** What an op does to single elements. */
export const EvaluateScalars = new OpInterface<ScalarFunction>("evaluate-scalars");

/** Bits of an integer type; an index has 64. */
export function integerWidth(type: Type): number {
  const element = elementOrSelf(type);
  if (element instanceof IntegerType) return element.width;
  if (element instanceof IndexType) return 64;
  throw new Error(`expected an integer or index type, found ${type}`);
}

/** An integer as its type holds it: modulo 2^width, signed, but for `i1`. */
export function wrapInteger(value: bigint, type: Type): bigint {
  const width = integerWidth(type);
  return width === 1 ? BigInt.asUintN(1, value) : BigInt.asIntN(width, value);
}

/** An integer read as unsigned. */
export function asUnsigned(value: bigint, type: Type): bigint {
  return BigInt.asUintN(integerWidth(type), value);
}

/** A float as its type holds it. */
export function roundFloat(value: number, type: Type): number {
  const element = elementOrSelf(type);
  return element instanceof FloatType ? roundToKind(value, element.kind) : value;
}

/** Element `position` of plain data as a scalar. */
export function readScalar(data: TensorData, position: number): Scalar {
  const { element } = data;
  if (element.startsWith("f") || element === "bf16") return getNumber(data, position);
  return BigInt(data.data[position]!);
}

/** Stores a scalar as element `position`. */
export function writeScalar(data: TensorData, position: number, value: Scalar): void {
  const { data: array } = data;
  if (array instanceof BigInt64Array || array instanceof BigUint64Array) array[position] = BigInt(value);
  else setNumber(data, position, Number(value));
}

/** An evaluator on data of one shape that applies a scalar function to each element. */
function elementwise(apply: ScalarFunction) {
  return (operation: Operation, inputs: readonly TensorData[]): readonly TensorData[] => {
    // Only a condition may be a scalar beside larger operands.
    const shape = inputs.reduce<readonly number[]>(
      (longest, { shape: each }) => (each.length > longest.length ? each : longest),
      [],
    );
    const results = operation.results.map((result) => zeros(shape, requireElementName(elementOrSelf(result.type))));
    for (let position = 0; position < elementCount(shape); position++) {
      const operands = inputs.map((input) => readScalar(input, input.data.length === 1 ? 0 : position));
      for (const [index, value] of apply(operation, operands).entries()) writeScalar(results[index]!, position, value);
    }
    return results;
  };
}

/** Attaches a scalar function to an op, and the evaluator that follows from it. */
export function scalarSemantics(definition: AnyDefinition, apply: ScalarFunction): readonly AttachedInterface[] {
  return [EvaluateScalars.attach(definition, apply), Evaluate.attach(definition, elementwise(apply))];
}
