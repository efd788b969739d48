/**
 * Table-driven tests of ops: one case is an op, its inputs, its attributes and the result by hand. `checkCase` builds the
 * operation on values of the inputs' types, verifies it, and compares inferred type and evaluated data with the expected ones.
 */
import { expect } from "vitest";
import { type AnyDefinition, Context } from "../../ir/context.ts";
import { evaluateOperation } from "../../ir/evaluate.ts";
import { unknownLocation } from "../../ir/location.ts";
import { Block, type Operation } from "../../ir/operation.ts";
import { type ElementName, elementCount, getNumber, setNumber, type TensorData, zeros } from "../../ir/tensor-data.ts";
import type { Type } from "../../ir/types.ts";
import { verifyAll } from "../../ir/verifier.ts";
import { tensorType } from "./declare.ts";
import { tensor } from "./index.ts";

export const testContext = new Context([tensor]);

/** Data of an element type, row-major. */
export function data(element: ElementName, shape: readonly number[], values: readonly number[]): TensorData {
  if (values.length !== elementCount(shape)) throw new Error(`[${shape}] has not ${values.length} elements`);
  const made = zeros(shape, element);
  values.forEach((value, index) => {
    setNumber(made, index, value);
  });
  return made;
}

export const f32 = (shape: readonly number[], ...values: readonly number[]) => data("f32", shape, values);
export const i64 = (shape: readonly number[], ...values: readonly number[]) => data("i64", shape, values);
export const i32 = (shape: readonly number[], ...values: readonly number[]) => data("i32", shape, values);
export const i1 = (shape: readonly number[], ...values: readonly number[]) => data("i1", shape, values);
/** 0, 1, 2, … in f32. */
export const count = (...shape: readonly number[]) =>
  f32(shape, ...Array.from({ length: elementCount(shape) }, (_, index) => index));

export interface OpCase {
  readonly definition: AnyDefinition;
  readonly inputs: readonly TensorData[];
  readonly attributes: { readonly [name: string]: unknown };
  readonly expected: readonly TensorData[];
}

/** An op on inputs with attributes (or a stated `result` type) gives `expected`. */
export function opCase(
  definition: AnyDefinition,
  inputs: readonly TensorData[],
  attributes: OpCase["attributes"],
  ...expected: readonly TensorData[]
): OpCase {
  return { definition, inputs, attributes, expected };
}

/** An operation on block arguments of these types, in field order; missing optional operands last. */
export function buildOn(
  definition: AnyDefinition,
  types: readonly Type[],
  attributes: OpCase["attributes"],
): Operation {
  const block = new Block();
  const operands = definition.operandFields.map(({ name, field }, position): readonly [string, unknown] => {
    const given = field.arity === "variadic" ? types.slice(position) : types.slice(position, position + 1);
    const values = given.map((type) => block.addArgument(type, unknownLocation));
    return [name, field.arity === "variadic" ? values : values[0]];
  });
  return definition.build({ ...Object.fromEntries(operands), ...attributes }, unknownLocation);
}

/** The verifier's first complaint about an operation, or what building it threw; undefined if it is right. */
export function complaint(definition: AnyDefinition, types: readonly Type[], attributes: OpCase["attributes"]) {
  try {
    return verifyAll(buildOn(definition, types, attributes), testContext)[0]?.message;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export function checkCase({ definition, inputs, attributes, expected }: OpCase): void {
  const types = inputs.map(({ shape, element }) => tensorType(shape, element));
  const operation = buildOn(definition, types, attributes);
  expect(verifyAll(operation, testContext).map((error) => error.message)).toEqual([]);
  const results = evaluateOperation(operation, inputs, testContext);
  expect(results?.length).toBe(expected.length);
  for (const [position, wanted] of expected.entries()) {
    const found = results![position]!;
    expect(operation.results[position]!.type).toBe(tensorType(wanted.shape, wanted.element));
    expect([found.element, ...found.shape]).toEqual([wanted.element, ...wanted.shape]);
    for (let index = 0; index < wanted.data.length; index++) {
      const [a, b] = [getNumber(found, index), getNumber(wanted, index)];
      if (Number.isFinite(b))
        expect(Math.abs(a - b), `element ${index}: ${a} for ${b}`).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(b)));
      else expect(a).toBe(b);
    }
  }
}

/** The name of a case for the test report. */
export function caseName({ definition, attributes }: OpCase): string {
  const shown = Object.entries(attributes).map(([name, value]) => `${name}=${value}`);
  return `${definition.name} ${shown.join(" ")}`.trim();
}
