/** What the tests of this folder share: programs of one op, random data, and running a program at two levels. */
import { arith } from "../../dialects/arith/index.ts";
import { builtin } from "../../dialects/builtin/index.ts";
import { func, functionOperation, functionsOf, moduleOperation } from "../../dialects/func/index.ts";
import { fused } from "../../dialects/fused/index.ts";
import { linalg } from "../../dialects/linalg/index.ts";
import { math } from "../../dialects/math/index.ts";
import { tensor } from "../../dialects/tensor/index.ts";
import { requireElementName } from "../../ir/attributes.ts";
import { type AnyDefinition, Context } from "../../ir/context.ts";
import { evaluateFunction } from "../../ir/evaluate.ts";
import { unknownLocation } from "../../ir/location.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import {
  type ElementName,
  elementCount,
  elementsFromBytes,
  getNumber,
  setNumber,
  type TensorData,
  zeros,
} from "../../ir/tensor-data.ts";
import { elementType, TensorType, type Type } from "../../ir/types.ts";
import { storageElement } from "./storage-types.ts";

export const testContext = new Context([builtin, func, arith, math, linalg, tensor, fused]);

export type Attributes = { readonly [name: string]: unknown };

/** A module with `@main` that applies one op to its parameters. */
export function programOf(definition: AnyDefinition, types: readonly Type[], attributes: Attributes): Operation {
  const build = (values: readonly Value[]) => {
    const operands = definition.operandFields.map(({ name, field }, position): readonly [string, unknown] => {
      const given = field.arity === "variadic" ? values.slice(position) : values[position];
      return [name, given];
    });
    return definition.build({ ...Object.fromEntries(operands), ...attributes }, unknownLocation);
  };
  let results: readonly Type[] = [];
  const probe = functionOperation("main", types, [], (builder, args) => {
    const operation = builder.insert(build(args));
    results = operation.results.map((result) => result.type);
    return [];
  });
  probe.dropReferences();
  const main = functionOperation("main", types, results, (builder, args) => builder.insert(build(args)).results);
  return moduleOperation([main]);
}

/** Runs `@main` by the reference semantics. */
export function run(module: Operation, inputs: readonly TensorData[]): readonly TensorData[] {
  const main = functionsOf(module).get("main");
  if (main === undefined) throw new Error("the module has no @main");
  return evaluateFunction(main, inputs, testContext);
}

/** The same bytes as elements of the storage type, and back. */
export function reinterpret(data: TensorData, element: ElementName): TensorData {
  if (data.element === element) return data;
  const bytes = new Uint8Array(data.data.buffer, data.data.byteOffset, data.data.byteLength);
  return { shape: data.shape, element, data: elementsFromBytes(element, bytes) };
}

/** Data as the linalg level takes it. */
export function stored(data: TensorData): TensorData {
  return reinterpret(data, requireElementName(storageElement(elementType(data.element))));
}

/** A small generator of numbers from 0 to 1, the same on every run. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Random elements from `low` to `high`; whole numbers for integers. */
export function randomTensor(
  shape: readonly number[],
  element: ElementName,
  low: number,
  high: number,
  next: () => number,
): TensorData {
  const data = zeros(shape, element);
  for (let position = 0; position < elementCount(shape); position++) {
    const value = low + next() * (high - low);
    setNumber(
      data,
      position,
      element.startsWith("f") || element === "bf16" ? value : Math.floor(low + next() * (high + 1 - low)),
    );
  }
  return data;
}

/** The tensor type of plain data. */
export function typeOfData({ shape, element }: TensorData): TensorType {
  return TensorType.get(shape, elementType(element));
}

/** Relative error that rounding to an element type (and computing f16 and bf16 in f32) explains. */
export const tolerances: Partial<Record<ElementName, number>> = { f64: 1e-9, f32: 2e-5, f16: 4e-3, bf16: 3e-2 };

/** The first element in which two results differ by more than `tolerance` (relative, absolute below 1); undefined if none. */
export function difference(found: TensorData, wanted: TensorData, tolerance: number): string | undefined {
  if (found.element !== wanted.element || found.shape.join() !== wanted.shape.join()) {
    return `${found.element} [${found.shape}] instead of ${wanted.element} [${wanted.shape}]`;
  }
  for (let position = 0; position < wanted.data.length; position++) {
    const [a, b] = [getNumber(found, position), getNumber(wanted, position)];
    const isEqual = Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));
    if (!isEqual) return `element ${position}: ${a} instead of ${b}`;
  }
  return undefined;
}
