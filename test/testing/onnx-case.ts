/** Runs conformance cases of the ONNX project: import, evaluate by the reference semantics, compare. */
import { join } from "node:path";
import { functionsOf } from "../../dialects/func/index.ts";
import { importOnnx, UnknownContentsError, unsupportedOperators } from "../../frontends/onnx/import.ts";
import type { OnnxModel } from "../../frontends/onnx/model.ts";
import { readOnnxModel } from "../../frontends/onnx/protobuf.ts";
import { loadCase } from "../../frontends/onnx/test-data.ts";
import type { Context } from "../../ir/context.ts";
import { evaluateFunction } from "../../ir/evaluate.ts";
import type { Operation } from "../../ir/operation.ts";
import type { TensorData } from "../../ir/tensor-data.ts";
import { difference } from "./compare.ts";

export type CaseOutcome =
  | { readonly kind: "passed" }
  /** The case has operators that nobody can import. */
  | { readonly kind: "unregistered"; readonly operators: readonly string[] }
  | { readonly kind: "failed"; readonly reason: string };

/**
 * Imports a model for given inputs. Node cases pass shapes and axes as ordinary inputs: where the importer needs to know one
 * of them, it becomes a constant of the program, and only the others stay its parameters.
 */
export function importFor(
  model: OnnxModel,
  inputs: Readonly<Record<string, TensorData>>,
  context: Context,
): { readonly module: Operation; readonly parameters: readonly string[] } {
  const constants: Record<string, TensorData> = {};
  for (;;) {
    const parameters = Object.keys(inputs).filter((name) => !Object.hasOwn(constants, name));
    const shapes = Object.fromEntries(parameters.map((name) => [name, inputs[name]!.shape]));
    try {
      return { module: importOnnx(model, { context, shapes, constants }), parameters };
    } catch (error) {
      if (!(error instanceof UnknownContentsError) || !fixInputs(error, inputs, constants)) throw error;
    }
  }
}

function fixInputs(
  error: UnknownContentsError,
  inputs: Readonly<Record<string, TensorData>>,
  constants: Record<string, TensorData>,
): boolean {
  const missing = error.inputs.filter((name) => inputs[name] !== undefined && constants[name] === undefined);
  for (const name of missing) constants[name] = inputs[name]!;
  return missing.length > 0;
}

/** Runs the case in `directory`; never throws for what the case contains. */
export function runCase(directory: string, context: Context): CaseOutcome {
  try {
    const operators = unsupportedOperators(readOnnxModel(join(directory, "model.onnx")));
    if (operators.length > 0) return { kind: "unregistered", operators };
    const { model, dataSets } = loadCase(directory);
    for (const { inputs, outputs } of dataSets) {
      const values = Object.fromEntries(inputs.map(({ name, data }) => [name, data]));
      const { module, parameters } = importFor(model, values, context);
      const main = functionsOf(module).get("main");
      if (main === undefined) return { kind: "failed", reason: "the module has no function main" };
      const results = evaluateFunction(
        main,
        parameters.map((name) => values[name]!),
        context,
      );
      for (const [position, { name, data }] of outputs.entries()) {
        const result = results[position];
        const reason = result === undefined ? "is missing" : difference(result, data);
        if (reason !== undefined) return { kind: "failed", reason: `output "${name}": ${reason}` };
      }
    }
    return { kind: "passed" };
  } catch (error) {
    return { kind: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
}
