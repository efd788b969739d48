/**
 * What can be compiled: an ONNX file, a MIL program, IR text of any level, a module, or a lazy graph. Each becomes a verified module in the
 * context of the loaded dialects.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, extname } from "node:path";
import { functionDefinition, functionsOf } from "../dialects/func/index.ts";
import { graphModule, type LazyTensor } from "../frontends/graph/tensor.ts";
import { importMil } from "../frontends/mil/import.ts";
import { isModelPath, modelExtensions } from "../frontends/mil/model-path.ts";
import { importOnnx } from "../frontends/onnx/import.ts";
import { decodeOnnxModel } from "../frontends/onnx/protobuf.ts";
import { DictionaryAttribute, StringAttribute } from "../ir/attributes.ts";
import type { Context } from "../ir/context.ts";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import { Operation } from "../ir/operation.ts";
import { readIr } from "../ir/sidecar.ts";
import { TensorType } from "../ir/types.ts";
import { verify } from "../ir/verifier.ts";

/** A path to a model, a module, or the outputs of a lazy graph by name. */
export type Source = string | Operation | Readonly<Record<string, LazyTensor>>;

export interface SourceOptions {
  /** Sizes of inputs with dynamic dimensions (ONNX, MIL). */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
}

export interface LoadedSource {
  readonly name: string;
  readonly module: Operation;
}

const irExtensions = new Set([".mlir", ".ir"]);
const wanted = `an ONNX model (.onnx), a MIL program (${modelExtensions.join(", ")}) or IR text (.mlir)`;

/** Reads or builds the module. The module of a module source is cloned: compiling does not change what it was given. */
export function loadSource(source: Source, context: Context, options: SourceOptions = {}): LoadedSource {
  const loaded = typeof source === "string" ? loadFile(source, context, options) : loadValue(source);
  verify(loaded.module, context);
  nameInterface(loaded.module);
  return loaded;
}

/** The attributes that say what an argument or result is. Others (`anemone.alias`) leave it open. */
const roles = ["anemone.input", "anemone.output", "anemone.prepared", "anemone.arena"];

/** Names the inputs and outputs of a hand-written `@main` on tensors whose arguments do not say what they are. */
function nameInterface(module: Operation): void {
  const main = functionsOf(module).get("main");
  if (main === undefined) return;
  const { inputs, results } = main.function_type;
  const stated = [...(main.arg_attrs ?? []), ...(main.res_attrs ?? [])];
  if (stated.some(({ entries }) => roles.some((role) => entries.has(role)))) return;
  if (![...inputs, ...results].every((type) => type instanceof TensorType)) return;
  const named = (role: string, names: readonly string[], dictionaries: readonly DictionaryAttribute[] | undefined) =>
    names.map((name, position) =>
      DictionaryAttribute.get([
        ...(dictionaries?.[position]?.entries ?? []),
        [`anemone.${role}`, StringAttribute.get(name)],
      ]),
    );
  const { arg_attrs, res_attrs } = functionDefinition.fields;
  const inputNames = main.body.blocks[0]?.arguments.map(({ nameHint, index }) => nameHint ?? `input${index}`) ?? [];
  const outputNames = results.map((_, position) => (results.length === 1 ? "output" : `output${position}`));
  main.properties.set("arg_attrs", arg_attrs.constraint.encode(named("input", inputNames, main.arg_attrs)));
  main.properties.set("res_attrs", res_attrs.constraint.encode(named("output", outputNames, main.res_attrs)));
}

function loadValue(source: Operation | Readonly<Record<string, LazyTensor>>): LoadedSource {
  if (source instanceof Operation) return { name: "module", module: source.clone() };
  return { name: "graph", module: graphModule(source) };
}

function loadFile(path: string, context: Context, options: SourceOptions): LoadedSource {
  const extension = extname(path).toLowerCase();
  const name = basename(path, extname(path));
  if (!existsSync(path)) throw new DiagnosticError("there is no such file", { file: path });
  const sized = options.shapes === undefined ? {} : { shapes: options.shapes };
  if (isModelPath(path)) return { name, module: importMil(path, sized) };
  if (statSync(path).isDirectory()) throw new DiagnosticError("is a folder: give a file", { file: path });
  if (irExtensions.has(extension)) return { name, module: readIr(path, context) };
  if (extension === ".onnx") {
    const model = decodeOnnxModel(new Uint8Array(readFileSync(path)), path);
    return { name, module: importOnnx(model, { context, ...sized }) };
  }
  throw new DiagnosticError(`'${extension}' files cannot be compiled: give ${wanted}`, { file: path });
}
