/**
 * Conformance cases in the layout of the ONNX project: a folder with `model.onnx` and `test_data_set_N/` folders of
 * `input_I.pb` and `output_I.pb`, one TensorProto each. Inputs stand in the order of the graph's inputs.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { TensorData } from "../../ir/tensor-data.ts";
import { dataTypeFacts, type OnnxModel, type OnnxType, type OnnxValueInfo } from "./model.ts";
import { readOnnxModel, readOnnxTensor } from "./protobuf.ts";
import { tensorDataOf } from "./tensor-values.ts";

/** A value of a case under the name that the graph gives it. */
export interface OnnxCaseValue {
  readonly name: string;
  readonly data: TensorData;
}

export interface OnnxCaseDataSet {
  /** The folder's name. */
  readonly name: string;
  readonly inputs: readonly OnnxCaseValue[];
  readonly outputs: readonly OnnxCaseValue[];
}

export interface OnnxCase {
  readonly name: string;
  readonly modelPath: string;
  readonly model: OnnxModel;
  readonly dataSets: readonly OnnxCaseDataSet[];
}

/**
 * Reads a case. Throws `DiagnosticError` for files that are damaged, and `UnsupportedCaseError` where a value is not a
 * tensor that `TensorData` can hold (a list, an optional, strings, complex numbers, 8-bit floats).
 */
export function loadCase(directory: string): OnnxCase {
  const modelPath = join(directory, "model.onnx");
  const model = readOnnxModel(modelPath);
  const folders = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.startsWith("test_data_set_"))
    .map((entry) => entry.name)
    .sort();
  const dataSets = folders.map((name) => ({
    name,
    inputs: loadValues(join(directory, name), "input", model.graph.inputs),
    outputs: loadValues(join(directory, name), "output", model.graph.outputs),
  }));
  return { name: directory.split(/[\\/]/).filter(Boolean).at(-1) ?? directory, modelPath, model, dataSets };
}

/** A case that is well formed, but holds a value that is no tensor of ours. */
export class UnsupportedCaseError extends DiagnosticError {
  override name = "UnsupportedCaseError";
}

function loadValues(folder: string, role: "input" | "output", values: readonly OnnxValueInfo[]): OnnxCaseValue[] {
  const pattern = new RegExp(`^${role}_(\\d+)\\.pb$`);
  const indices = readdirSync(folder)
    .map((file) => pattern.exec(file)?.[1])
    .filter((index) => index !== undefined)
    .map(Number)
    .sort((left, right) => left - right);
  return indices.map((index) => {
    const file = join(folder, `${role}_${index}.pb`);
    const value = values[index];
    if (value === undefined) {
      throw new DiagnosticError(`the model has ${values.length} ${role}s, so there is none with index ${index}`, {
        file,
      });
    }
    const reason = unsupportedType(value.type);
    if (reason !== undefined) throw new UnsupportedCaseError(`${role} "${value.name}" ${reason}`, { file });
    return { name: value.name, data: tensorDataOf(readOnnxTensor(file), { file }) };
  });
}

function unsupportedType(type: OnnxType | undefined): string | undefined {
  if (type === undefined) return undefined;
  if (type.kind !== "tensor") return `is a ${type.kind}, not a tensor`;
  return dataTypeFacts(type.dataType).element === undefined ? `has elements of type ${type.dataType}` : undefined;
}
