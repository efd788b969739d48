/** Small steps that the patterns share: constants, integer arithmetic that folds, elementwise work on arrays of vectors. */
import * as llvm from "../../dialects/llvm/index.ts";
import { splatAttribute } from "../../dialects/upstream/constants.ts";
import { FloatAttribute, IntegerAttribute } from "../../ir/attributes.ts";
import type { Builder } from "../../ir/builder.ts";
import type { Value } from "../../ir/operation.ts";
import { FloatType, IntegerType, i64, type Type, VectorType } from "../../ir/types.ts";

/** A constant with this number in every lane, of a converted scalar, vector or array type. */
export function splatConstant(builder: Builder, value: number | bigint, type: Type): Value {
  if (type instanceof FloatType) {
    return builder.build(llvm.constant, { value: FloatAttribute.get(Number(value), type), res: type }).res;
  }
  if (type instanceof IntegerType) {
    return builder.build(llvm.constant, { value: IntegerAttribute.get(value, type), res: type }).res;
  }
  if (type instanceof llvm.ArrayType) {
    const element = splatConstant(builder, value, type.element);
    let made: Value = builder.build(llvm.undef, { res: type }).res;
    for (let position = 0; position < type.count; position++) made = insertPart(builder, made, element, position);
    return made;
  }
  return builder.build(llvm.constant, { value: splatAttribute(value, type), res: type }).res;
}

/** The number in a converted integer constant. */
export function constantOfValue(value: Value): bigint | undefined {
  const { definer } = value;
  if (!llvm.constant.matches(definer)) return undefined;
  return definer.value instanceof IntegerAttribute ? definer.value.value : undefined;
}

export function extractPart(builder: Builder, container: Value, position: number): Value {
  return builder.build(llvm.extractValue, { container, position: [position] }).res;
}
export function insertPart(builder: Builder, container: Value, value: Value, position: number): Value {
  return builder.build(llvm.insertValue, { container, value, position: [position], res: container.type }).res;
}

/** Applies `leaf` to vectors, or to each of the vectors that arrays hold; `type` is the converted result type. */
export function elementwise(
  builder: Builder,
  type: Type,
  operands: readonly Value[],
  leaf: (operands: readonly Value[], type: Type) => Value,
): Value {
  if (!(type instanceof llvm.ArrayType)) return leaf(operands, type);
  let made: Value = builder.build(llvm.undef, { res: type }).res;
  for (let position = 0; position < type.count; position++) {
    const parts = operands.map((operand) =>
      operand.type instanceof llvm.ArrayType ? extractPart(builder, operand, position) : operand,
    );
    made = insertPart(builder, made, elementwise(builder, type.element, parts, leaf), position);
  }
  return made;
}

/** `type` (scalar, vector or array) with other scalars. */
export function withScalar(type: Type, scalar: Type): Type {
  if (type instanceof llvm.ArrayType) return llvm.ArrayType.get(type.count, withScalar(type.element, scalar));
  if (type instanceof VectorType) return VectorType.get(type.shape, scalar, type.scalable);
  return scalar;
}

/** The scalars inside a converted type. */
export function scalarOf(type: Type): Type {
  if (type instanceof llvm.ArrayType) return scalarOf(type.element);
  return type instanceof VectorType ? type.element : type;
}

/** A scalar in every lane of a vector type of one dimension. */
export function broadcastScalar(builder: Builder, scalar: Value, type: VectorType): Value {
  const empty = builder.build(llvm.undef, { res: type }).res;
  const first = builder.build(llvm.insertElement, {
    vector: asVector(empty),
    value: scalar,
    position: asInteger(llvm.llvmInteger(builder, 0)),
    res: type,
  }).res;
  if (type.count === 1) return first;
  const mask = Array.from({ length: type.count }, () => 0);
  return builder.build(llvm.shuffleVector, { v1: first, v2: asVector(empty), mask, res: type }).res;
}

export function asVector(value: Value): Value<VectorType> {
  if (!hasVectorType(value)) throw new Error(`expects a vector, found ${value.type}`);
  return value;
}
function hasVectorType(value: Value): value is Value<VectorType> {
  return value.type instanceof VectorType;
}

export function asInteger(value: Value): Value<IntegerType> {
  if (!hasIntegerType(value)) throw new Error(`expects an integer, found ${value.type}`);
  return value;
}
function hasIntegerType(value: Value): value is Value<IntegerType> {
  return value.type instanceof IntegerType;
}

/** One lane of a vector. */
export function lane(builder: Builder, vector: Value, position: number | Value): Value {
  const at = typeof position === "number" ? llvm.llvmInteger(builder, position) : position;
  return builder.build(llvm.extractElement, { vector: asVector(vector), position: asInteger(at) }).res;
}
export function withLane(builder: Builder, vector: Value, value: Value, position: number | Value): Value {
  const at = typeof position === "number" ? llvm.llvmInteger(builder, position) : position;
  const parts = { vector: asVector(vector), value, position: asInteger(at), res: asVector(vector).type };
  return builder.build(llvm.insertElement, parts).res;
}

/** Lanes picked from one or two vectors; -1 leaves a lane undefined. */
export function shuffled(builder: Builder, v1: Value, v2: Value | undefined, mask: readonly number[]): Value {
  const first = asVector(v1);
  const second = v2 === undefined ? asVector(builder.build(llvm.poison, { res: first.type }).res) : asVector(v2);
  return builder.build(llvm.shuffleVector, { v1: first, v2: second, mask }).res;
}

/** `a * b` in 64 bits, folding ones; addresses do not overflow. */
export function timesConstant(builder: Builder, value: Value, factor: number): Value {
  if (factor === 1) return value;
  const rhs = llvm.llvmInteger(builder, factor, i64);
  return builder.build(llvm.mul, { lhs: value, rhs, overflowFlags: ["nsw"] }).res;
}
export function plus(builder: Builder, lhs: Value | undefined, rhs: Value): Value {
  return lhs === undefined ? rhs : builder.build(llvm.add, { lhs, rhs, overflowFlags: ["nsw"] }).res;
}
