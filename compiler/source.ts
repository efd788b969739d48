/**
 * What can be compiled: an ONNX file, IR text of any level, a module, or a lazy graph. Each becomes a verified module in the
 * context of the loaded dialects.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, extname } from "node:path";
import { graphModule, type LazyTensor } from "../frontends/graph/tensor.ts";
import { importOnnx } from "../frontends/onnx/import.ts";
import { decodeOnnxModel } from "../frontends/onnx/protobuf.ts";
import type { Context } from "../ir/context.ts";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import { Operation } from "../ir/operation.ts";
import { readIr } from "../ir/sidecar.ts";
import { verify } from "../ir/verifier.ts";

/** A path to a model, a module, or the outputs of a lazy graph by name. */
export type Source = string | Operation | Readonly<Record<string, LazyTensor>>;

export interface SourceOptions {
  /** Sizes of inputs with dynamic dimensions (ONNX). */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
}

export interface LoadedSource {
  readonly name: string;
  readonly module: Operation;
}

const irExtensions = new Set([".mlir", ".ir"]);

/** Reads or builds the module. The module of a module source is cloned: compiling does not change what it was given. */
export function loadSource(source: Source, context: Context, options: SourceOptions = {}): LoadedSource {
  const loaded = typeof source === "string" ? loadFile(source, context, options) : loadValue(source);
  verify(loaded.module, context);
  return loaded;
}

function loadValue(source: Operation | Readonly<Record<string, LazyTensor>>): LoadedSource {
  if (source instanceof Operation) return { name: "module", module: source.clone() };
  return { name: "graph", module: graphModule(source) };
}

function loadFile(path: string, context: Context, options: SourceOptions): LoadedSource {
  const extension = extname(path).toLowerCase();
  const name = basename(path, extname(path));
  if (!existsSync(path)) throw new DiagnosticError("there is no such file", { file: path });
  if (statSync(path).isDirectory()) throw new DiagnosticError("is a folder: give a file", { file: path });
  if (irExtensions.has(extension)) return { name, module: readIr(path, context) };
  if (extension === ".onnx") {
    const model = decodeOnnxModel(new Uint8Array(readFileSync(path)), path);
    return {
      name,
      module: importOnnx(model, { context, ...(options.shapes === undefined ? {} : { shapes: options.shapes }) }),
    };
  }
  throw new DiagnosticError(`'${extension}' files cannot be compiled: give an ONNX model (.onnx) or IR text (.mlir)`, {
    file: path,
  });
}
