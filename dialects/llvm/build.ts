/** Short ways to build LLVM IR. */
import { type Attribute, type DictionaryAttribute, IntegerAttribute } from "../../ir/attributes.ts";
import { at, Builder } from "../../ir/builder.ts";
import { type Location, unknownLocation } from "../../ir/location.ts";
import { Block, type OperationResult, Region, type Value } from "../../ir/operation.ts";
import { type IntegerType, i64, type Type } from "../../ir/types.ts";
import { call, type LlvmFunctionOperation, llvmFunction, llvmReturn } from "./control.ts";
import type { Linkage } from "./flags.ts";
import { constant, dynamicPosition, getElementPointer } from "./memory.ts";
import { LlvmFunctionType, type PointerType, pointer, VoidType } from "./types.ts";

export interface LlvmFunctionOptions {
  readonly location?: Location;
  readonly linkage?: Linkage;
  readonly isVariadic?: boolean;
  readonly argumentAttributes?: readonly DictionaryAttribute[];
  readonly passthrough?: Attribute;
}

/** The type of a function whose result list has at most one type. */
export function llvmFunctionType(
  inputs: readonly Type[],
  results: readonly Type[],
  isVariadic = false,
): LlvmFunctionType {
  if (results.length > 1) throw new Error("an llvm function has at most one result");
  return LlvmFunctionType.get(results[0] ?? VoidType.instance, inputs, isVariadic);
}

/** A function with a body, not yet in a block; what `body` returns is returned (`undefined`: the body ends itself). */
export function llvmFunctionOperation(
  name: string,
  inputs: readonly Type[],
  results: readonly Type[],
  body: ((builder: Builder, args: readonly Value[]) => readonly Value[] | undefined) | undefined,
  options: LlvmFunctionOptions = {},
): LlvmFunctionOperation {
  const location = options.location ?? unknownLocation;
  const region = new Region();
  const operation = llvmFunction.build(
    {
      sym_name: name,
      function_type: llvmFunctionType(inputs, results, options.isVariadic),
      linkage: options.linkage,
      arg_attrs: options.argumentAttributes,
      passthrough: options.passthrough,
      body: region,
    },
    location,
  );
  if (body === undefined) return operation;
  const block = new Block();
  for (const type of inputs) block.addArgument(type, location);
  region.append(block);
  const builder = new Builder(at.endOf(block), location);
  const returned = body(builder, block.arguments);
  if (returned !== undefined) builder.build(llvmReturn, { arg: returned[0] });
  return operation;
}

/** An integer constant. */
export function llvmInteger(builder: Builder, value: number | bigint, type: IntegerType = i64): OperationResult {
  return builder.build(constant, { value: IntegerAttribute.get(value, type), res: type }).res;
}

function isPointer(value: Value): value is Value<PointerType> {
  return value.type.text.startsWith("!llvm.ptr");
}

/** The value as a pointer; an error where it is none. */
export function asPointer(value: Value): Value<PointerType> {
  if (!isPointer(value)) throw new Error(`expects a pointer, found ${value.type}`);
  return value;
}

/** The address of an element: numbers are constant indices, values run-time ones. */
export function elementAddress(
  builder: Builder,
  base: Value,
  indices: readonly (number | Value)[],
  element: Type,
): OperationResult<PointerType> {
  const made = builder.build(getElementPointer, {
    base,
    dynamicIndices: indices.filter((index): index is Value => typeof index !== "number"),
    rawConstantIndices: indices.map((index) => (typeof index === "number" ? index : dynamicPosition)),
    elem_type: element,
    res: pointer,
  });
  return narrowed(made.res);
}

function narrowed(result: OperationResult): OperationResult<PointerType> {
  if (!isPointerResult(result)) throw new Error(`expects a pointer, found ${result.type}`);
  return result;
}

function isPointerResult(result: OperationResult): result is OperationResult<PointerType> {
  return isPointer(result);
}

/** Calls a function by name. */
export function llvmCall(
  builder: Builder,
  callee: string,
  args: readonly Value[],
  result?: Type,
): OperationResult | undefined {
  return builder.build(call, { callee, callee_operands: args, result }).result;
}
