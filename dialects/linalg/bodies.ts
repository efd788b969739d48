/** The regions of named structured ops, which upstream does not print in custom form: built from the operands' types. */
import { at, Builder } from "../../ir/builder.ts";
import type { Location } from "../../ir/location.ts";
import { Block, Region, type Value } from "../../ir/operation.ts";
import { FloatType, IntegerType, i1, ShapedType, type Type } from "../../ir/types.ts";
import { addf, addi, andi, extf, extsi, mulf, muli, ori, sitofp, truncf, trunci } from "../arith/ops.ts";

function elementOf(type: Type): Type {
  return type instanceof ShapedType ? type.element : type;
}

/** Converts a scalar as named ops do between the types of their operands (signed). */
function converted(builder: Builder, value: Value, type: Type): Value {
  const from = value.type;
  if (from === type) return value;
  if (from instanceof IntegerType && type instanceof FloatType)
    return builder.build(sitofp, { input: value, result: type }).result;
  if (from instanceof IntegerType && type instanceof IntegerType) {
    return builder.build(from.width < type.width ? extsi : trunci, { input: value, result: type }).result;
  }
  if (from instanceof FloatType && type instanceof FloatType) {
    if (from.width < type.width) return builder.build(extf, { input: value, result: type }).result;
    return builder.build(truncf, { input: value, result: type }).result;
  }
  throw new Error(`named structured ops do not convert ${from} to ${type}`);
}

function product(builder: Builder, lhs: Value, rhs: Value): Value {
  const type = lhs.type;
  if (type instanceof FloatType) return builder.build(mulf, { lhs, rhs }).result;
  if (type === i1) return builder.build(andi, { lhs, rhs }).result;
  return builder.build(muli, { lhs, rhs }).result;
}

function sum(builder: Builder, lhs: Value, rhs: Value): Value {
  const type = lhs.type;
  if (type instanceof FloatType) return builder.build(addf, { lhs, rhs }).result;
  if (type === i1) return builder.build(ori, { lhs, rhs }).result;
  return builder.build(addi, { lhs, rhs }).result;
}

/** The region of the named op `name` for operands of these types (the output last). */
export function namedBody(
  name: string,
  operandTypes: readonly Type[],
  location: Location,
  finish: (builder: Builder, value: Value) => void,
): Region {
  const block = new Block();
  const args = operandTypes.map((type) => block.addArgument(elementOf(type), location));
  const builder = new Builder(at.endOf(block), location);
  const [first, second] = args;
  const output = args.at(-1);
  if (first === undefined || output === undefined) return new Region([block]);
  if (name === "linalg.fill" || name === "linalg.copy") finish(builder, converted(builder, first, output.type));
  else if (second !== undefined) {
    const multiplied = product(
      builder,
      converted(builder, first, output.type),
      converted(builder, second, output.type),
    );
    finish(builder, sum(builder, output, multiplied));
  }
  return new Region([block]);
}
