/**
 * What the tests here share. Operators through their versions: small models for ONNX Runtime and for the importer with the reference semantics, on the
 * same inputs. What an operator means differs by the model's operator set (attributes that became inputs, defaults,
 * Softmax's coercion to a matrix), which the conformance cases, each of one version, do not show.
 */
import { describe, expect, test } from "vitest";
import { arith } from "../../dialects/arith/index.ts";
import { builtin } from "../../dialects/builtin/index.ts";
import { func, functionsOf } from "../../dialects/func/index.ts";
import { tensor } from "../../dialects/tensor/index.ts";
import { decodeOnnxModel } from "../../frontends/onnx/protobuf.ts";
import { Context } from "../../ir/context.ts";
import { evaluateFunction } from "../../ir/evaluate.ts";
import { allocateElements, type ElementName, elementCount, setNumber, type TensorData } from "../../ir/tensor-data.ts";
import { openReference } from "../reference/onnxruntime.ts";
import { difference } from "../testing/compare.ts";
import { type AttributeSpec, onnxModel } from "../testing/onnx-builder.ts";
import { importFor } from "../testing/onnx-case.ts";

const context = new Context([builtin, func, arith, tensor]);

/** A tensor of these numbers. */
export function data(shape: readonly number[], values: readonly number[], element: ElementName = "f32"): TensorData {
  const result: TensorData = { shape, element, data: allocateElements(element, elementCount(shape)) };
  if (values.length !== result.data.length) throw new Error(`${values.length} numbers for [${shape.join(", ")}]`);
  for (const [index, value] of values.entries()) setNumber(result, index, value);
  return result;
}

/** Numbers that are the same each time: floats in [-2, 2), whole numbers in [0, 7). */
export function some(shape: readonly number[], element: ElementName = "f32", seed = 1): TensorData {
  let state = seed * 7919 + elementCount(shape);
  const values = Array.from({ length: elementCount(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const unit = state / 2 ** 32;
    return element.startsWith("f") ? 4 * unit - 2 : Math.floor(7 * unit);
  });
  return data(shape, values, element);
}

export const integers = (...values: number[]) => data([values.length], values, "i64");

export interface Sample {
  readonly op: string;
  readonly opset: number;
  readonly inputs: readonly (TensorData | undefined)[];
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
  readonly outputs?: number;
  /** Inputs from this one on are initializers (shapes, axes); all inputs are graph inputs without it. */
  readonly constantsFrom?: number;
  readonly tolerance?: number;
}

/** Runs a sample by both and compares all outputs. */
export async function compare(sample: Sample): Promise<void> {
  const { op, opset, inputs, attributes = {}, outputs: outputCount = 1, constantsFrom = inputs.length } = sample;
  const named = inputs.flatMap((value, index) => (value === undefined ? [] : [[`i${index}`, value, index] as const]));
  const names = Array.from({ length: outputCount }, (_, index) => `o${index}`);
  const bytes = onnxModel({
    opset,
    inputs: Object.fromEntries(
      named
        .filter(([, , index]) => index < constantsFrom)
        .map(([name, { element, shape }]) => [name, { element, shape }]),
    ),
    initializers: Object.fromEntries(
      named.filter(([, , index]) => index >= constantsFrom).map(([name, value]) => [name, value]),
    ),
    outputs: names,
    nodes: [
      {
        op,
        inputs: inputs.map((value, index) => (value === undefined ? "" : `i${index}`)),
        outputs: names,
        attributes,
      },
    ],
  });
  const values = Object.fromEntries(
    named.filter(([, , index]) => index < constantsFrom).map(([name, value]) => [name, value]),
  );
  const model = await openReference(bytes);
  const expected = await model.run(values);
  await model.close();
  const { module, parameters } = importFor(decodeOnnxModel(bytes), values, context);
  const results = evaluateFunction(
    functionsOf(module).get("main")!,
    parameters.map((name) => values[name]!),
    context,
  );
  for (const [index, name] of names.entries()) {
    expect(difference(results[index]!, expected[name]!, sample.tolerance), name).toBeUndefined();
  }
}

export type Samples = { readonly [what: string]: Sample };

/** One test per sample, grouped by theme. */
export function compareAll(themes: { readonly [theme: string]: Samples }): void {
  for (const [theme, samples] of Object.entries(themes)) {
    describe(theme, () => {
      for (const [what, sample] of Object.entries(samples)) test(what, () => compare(sample));
    });
  }
}

/** [2, 3, 5, 6]: an input of most image operators. */
export const x4 = some([2, 3, 5, 6]);
