/** What computes behind the stand-ins: MIL programs as files, read by our own readers and run on the virtual engine. */
import { basename, dirname } from "node:path";
import { lowerModule } from "../../compiler/compile.ts";
import { llvmArtefact } from "../../compiler/llvm-artefact.ts";
import { defaultContext } from "../../compiler/registry.ts";
import * as mil from "../../dialects/mil/index.ts";
import { moduleOf } from "../../dialects/mil/module/index.ts";
import { openModel } from "../../frontends/mil/open-model.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { Operation } from "../../ir/operation.ts";
import type { TensorData } from "../../ir/tensor-data.ts";
import { elementNameOf, TensorType } from "../../ir/types.ts";
import { loadLlvmProgram } from "../../runtime/devices/cpu-llvm.ts";
import type { Program, TensorDescriptor } from "../../runtime/program.ts";

export interface VirtualPort {
  readonly name: string;
  readonly type: TensorDescriptor;
}

/** A program as a stand-in holds it. */
export interface VirtualProgram {
  readonly inputs: readonly VirtualPort[];
  readonly outputs: readonly VirtualPort[];
  readonly run: (inputs: readonly TensorData[]) => readonly TensorData[];
}

/** Reads `model.mil` and the weights beside it, and checks both. @throws DiagnosticError */
export function readVirtualProgram(path: string): VirtualProgram {
  const { document, weights, file } = openModel(path);
  const module = moduleOf(document, {
    file,
    name: "main",
    weights: (blob, type, place) => weights.numbers(blob, type, place),
  });
  return virtualProgram(module, basename(dirname(path)));
}

/** A MIL program on the virtual engine. */
export function virtualProgram(module: Operation, name: string): VirtualProgram {
  const program = module.regions[0]!.onlyBlock.operations.find((operation) => mil.program.matches(operation));
  const main = program === undefined ? undefined : mil.mainOf(mil.program.cast(program));
  if (main === undefined) throw new DiagnosticError("Cannot find the program function main");
  const { inputs: inputTypes, results } = main.function_type;
  const ports = (names: readonly string[], types: readonly unknown[]) =>
    names.map((port, index): VirtualPort => {
      const type = types[index];
      const element = type instanceof TensorType ? elementNameOf(type.element) : undefined;
      if (!(type instanceof TensorType) || element === undefined || !type.isStatic) {
        throw new DiagnosticError(`the port ${port} has the type ${type}`);
      }
      return { name: port, type: { shape: type.shape, element } };
    });
  const inputs = ports(main.input_names, inputTypes);
  const outputs = ports(main.output_names, results);
  // Lowered when it first runs: many tests only load.
  let host: Program | undefined;
  const run = (given: readonly TensorData[]): readonly TensorData[] => {
    if (host === undefined) {
      const lowered = lowerModule(name, module, defaultContext(), "llvm", { route: "ane-virtual" });
      host = loadLlvmProgram(llvmArtefact(lowered.module, name));
    }
    const made = host.run(Object.fromEntries(inputs.map((port, index) => [port.name, given[index]!])));
    return outputs.map((port) => made[port.name]!);
  };
  return { inputs, outputs, run };
}
