/**
 * MIL programs as the files that Apple's compiler reads: text, and a weight file. The same program gives the same bytes. Arguments
 * stand in alphabetical order, as Apple's own writer has them, unless a program that was read has them in another one.
 */
import { BlobWriter, isBlobType } from "../../dialects/mil/blob-storage/index.ts";
import type { MilDocument } from "../../dialects/mil/document/document.ts";
import * as mil from "../../dialects/mil/index.ts";
import { documentOf } from "../../dialects/mil/module/index.ts";
import { printMilText } from "../../dialects/mil/text/printer.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { Operation } from "../../ir/operation.ts";
import { TensorType } from "../../ir/types.ts";

/** Where a program's text says that its weights lie, relative to the model's folder. */
export const defaultWeightsPath = "@model_path/weights/weight.bin";

export interface MilPort {
  readonly name: string;
  readonly type: TensorType;
}

/** A program as files, and its ports in order. */
export interface EmittedMil {
  /** The symbol that host code calls. */
  readonly name: string;
  /** The program as data, which `text` spells. */
  readonly document: MilDocument;
  /** `model.mil` */
  readonly text: string;
  /** `weights/weight.bin`; made when it is first asked for. */
  readonly weights: Uint8Array<ArrayBuffer>;
  /** The same, for writing it into a file without a copy in memory. */
  readonly blobs: BlobWriter;
  readonly inputs: readonly MilPort[];
  readonly outputs: readonly MilPort[];
}

export interface EmitOptions {
  readonly weightsPath?: string;
}

/** Every MIL program of a module as files, in order. */
export function emitMilPrograms(module: Operation, options: EmitOptions = {}): EmittedMil[] {
  const found: mil.ProgramOperation[] = [];
  module.walk((operation) => {
    if (mil.program.matches(operation)) found.push(operation);
  });
  return found.map((program) => emitProgram(program, options));
}

/**
 * The only MIL program of a module as files.
 *
 * @throws DiagnosticError where there is none or several
 */
export function emitMil(module: Operation, options: EmitOptions = {}): EmittedMil {
  const programs = emitMilPrograms(module, options);
  const [only] = programs;
  if (only === undefined || programs.length > 1) {
    const names = programs.map(({ name }) => `@${name}`).join(", ");
    throw new DiagnosticError(
      `expected a module with one mil.program, found ${programs.length}${names === "" ? "" : ` (${names})`}`,
    );
  }
  return only;
}

function emitProgram(program: mil.ProgramOperation, { weightsPath = defaultWeightsPath }: EmitOptions): EmittedMil {
  const main = mil.mainOf(program);
  if (main === undefined) throw program.error("has no function main to write");
  const blobs = new BlobWriter();
  const document = documentOf(program, {
    // Apple's reader takes a blob without bytes at the end of a file for one outside of it.
    place: ({ element }, numbers) =>
      isBlobType(element) && numbers.length > 0
        ? { path: weightsPath, offset: blobs.addElements(element, numbers) }
        : undefined,
  });
  const text = printMilText(document);
  const port = (name: string, position: number, types: readonly unknown[]): MilPort => {
    const type = types[position];
    if (!(type instanceof TensorType)) throw main.error(`has the port ${name} of type ${type}, which is no tensor`);
    return { name, type };
  };
  const { inputs, results } = main.function_type;
  const written = document.functions.find(({ name }) => name === main.sym_name);
  const inputNames = written?.parameters.map(({ name }) => name) ?? [];
  let weights: Uint8Array<ArrayBuffer> | undefined;
  return {
    name: program.sym_name,
    document,
    text,
    get weights() {
      weights ??= blobs.finish();
      return weights;
    },
    blobs,
    inputs: inputNames.map((name, position) => port(name, position, inputs)),
    outputs: (written?.block.results ?? []).map((name, position) => port(name, position, results)),
  };
}
