/** Computing an op of MIL in tests: on constants, through its meaning in tensor ops. */
import { expect } from "vitest";
import { DenseResourceAttribute, elementsAttribute } from "../../../ir/attributes.ts";
import { blobOf } from "../../../ir/blob.ts";
import { at, Builder } from "../../../ir/builder.ts";
import { type AnyDefinition, Context } from "../../../ir/context.ts";
import { evaluateBlock } from "../../../ir/evaluate.ts";
import { unknownLocation } from "../../../ir/location.ts";
import { Block, type Value } from "../../../ir/operation.ts";
import { elementCount, getNumber, type TensorData } from "../../../ir/tensor-data.ts";
import { elementType, IntegerType, TensorType } from "../../../ir/types.ts";
import { arith } from "../../arith/index.ts";
import { tensor } from "../../tensor/index.ts";
import { tensorOf } from "../../tensor/reference/values.ts";
import * as mil from "../index.ts";
import { meaningOfBlock } from "../meaning.ts";

export const context = new Context([arith, tensor]);

/** Codes below 8 bits, one per byte. */
export interface Codes {
  readonly bits: number;
  readonly shape: readonly number[];
  readonly codes: readonly number[];
}
export type Given = TensorData | Codes;

export const f32 = (shape: readonly number[], ...values: readonly number[]) => tensorOf("f32", shape, values);
export const i32 = (shape: readonly number[], ...values: readonly number[]) => tensorOf("i32", shape, values);
export const bytes = (...values: readonly number[]) => tensorOf("ui8", [values.length], values);
/** Numbers in [-1, 1) that are the same each time. */
export function some(seed: number, ...shape: readonly number[]): TensorData {
  let state = seed * 7919;
  const values = Array.from({ length: elementCount(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  return f32(shape, ...values);
}
export const numbersOf = (data: TensorData) =>
  Array.from({ length: data.data.length }, (_, index) => getNumber(data, index));

function constantOf(builder: Builder, given: Given): Value {
  if ("codes" in given) {
    const type = TensorType.get(given.shape, IntegerType.get(given.bits, "unsigned"));
    const val = DenseResourceAttribute.get(type, blobOf(Uint8Array.from(given.codes), "codes"));
    return builder.build(mil.constant, { val, result: type }).result;
  }
  const type = TensorType.get(given.shape, elementType(given.element));
  return builder.build(mil.constant, { val: elementsAttribute(type, given.data), result: type }).result;
}

/** The results of an op on constants. */
export function compute(
  definition: AnyDefinition,
  inputs: { readonly [name: string]: Given | readonly Given[] },
  parameters: { readonly [name: string]: unknown } = {},
): readonly TensorData[] {
  const statements = new Block();
  const builder = new Builder(at.endOf(statements), unknownLocation);
  const args: { [name: string]: unknown } = { ...parameters };
  for (const [name, given] of Object.entries(inputs)) {
    args[name] = isList(given) ? given.map((each) => constantOf(builder, each)) : constantOf(builder, given);
  }
  const made = mil.buildWithConstants(builder, definition, args, { nameConstant: (name) => name });
  builder.build(mil.returnOperation, { inputs: made.results });
  const block = new Block();
  const values = meaningOfBlock(statements, new Map(), new Builder(at.endOf(block), unknownLocation));
  const environment = new Map<Value, TensorData>();
  evaluateBlock(block, environment, context);
  return values.map((value, position) => {
    const data = environment.get(value)!;
    const { type } = made.results[position]!;
    if (!(type instanceof TensorType)) throw new Error(`a result of type ${type}`);
    expect(data.shape, "the inferred shape").toEqual(type.shape);
    return data;
  });
}

function isList(given: Given | readonly Given[]): given is readonly Given[] {
  return Array.isArray(given);
}

export function expectClose(found: TensorData, wanted: readonly number[], tolerance = 1e-5): void {
  const values = numbersOf(found);
  expect(values.length).toBe(wanted.length);
  for (const [index, value] of wanted.entries())
    expect(Math.abs(values[index]! - value), `element ${index}: ${values[index]} for ${value}`).toBeLessThan(tolerance);
}

/** Some elements in a row. */
export const part = (data: TensorData, start: number, count: number) => numbersOf(data).slice(start, start + count);
