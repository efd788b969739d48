/** Short ways to build constants and the arithmetic of indices. */
import { FloatAttribute, IntegerAttribute } from "../../ir/attributes.ts";
import type { Builder } from "../../ir/builder.ts";
import type { OperationResult, Value } from "../../ir/operation.ts";
import { FloatType, IndexType, IntegerType, i1, index, type Type } from "../../ir/types.ts";
import { splatAttribute } from "../upstream/constants.ts";
import { addi, constant, muli, subi } from "./ops.ts";

/** A constant of type `index`. */
export function indexConstant(builder: Builder, value: number | bigint): OperationResult {
  return builder.build(constant, { value: IntegerAttribute.get(value, index) }).result;
}

/** A constant `i1`. */
export function boolConstant(builder: Builder, value: boolean): OperationResult {
  return builder.build(constant, { value: IntegerAttribute.get(value ? 1 : 0, i1) }).result;
}

/** A constant of an integer, index or float type, or of a static vector or tensor of them (all elements equal). */
export function scalarConstant(builder: Builder, value: number | bigint, type: Type): OperationResult {
  return builder.build(constant, { value: scalarAttribute(value, type) }).result;
}

/** The attribute of a constant of `type`; an error for types that have no constants. */
export function scalarAttribute(value: number | bigint, type: Type) {
  if (type instanceof FloatType) return FloatAttribute.get(Number(value), type);
  if (type instanceof IntegerType || type instanceof IndexType) return IntegerAttribute.get(value, type);
  return splatAttribute(value, type);
}

/** The number that a value is known to have when compiling: the value of an integer or index constant. */
export function constantIntegerOf(value: Value): bigint | undefined {
  const definer = value.definer;
  if (!constant.matches(definer)) return undefined;
  return definer.value instanceof IntegerAttribute ? definer.value.value : undefined;
}

/** Like `constantIntegerOf`, as a number. */
export function constantNumberOf(value: Value): number | undefined {
  const exact = constantIntegerOf(value);
  return exact === undefined ? undefined : Number(exact);
}

/** `a + b`, of one integer or index type. */
export function sum(builder: Builder, lhs: Value, rhs: Value): OperationResult {
  return builder.build(addi, { lhs, rhs }).result;
}

/** `a - b`, of one integer or index type. */
export function difference(builder: Builder, lhs: Value, rhs: Value): OperationResult {
  return builder.build(subi, { lhs, rhs }).result;
}

/** `a * b`, of one integer or index type. */
export function product(builder: Builder, lhs: Value, rhs: Value): OperationResult {
  return builder.build(muli, { lhs, rhs }).result;
}
