/**
 * Opens the files in which MIL programs come: text (`.mil`), a model (`.mlmodel`), a model package (`.mlpackage`), or what Apple's
 * compiler makes of one (`.mlmodelc`). Each gives the program as a document, and the place of its weights.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { ModelWeights } from "../../dialects/mil/blob-storage/index.ts";
import type { MilDocument } from "../../dialects/mil/document/document.ts";
import { type MlModel, readMlmodel, readMlpackage } from "../../dialects/mil/protobuf/index.ts";
import { readMilText } from "../../dialects/mil/text/reader.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { mapFile } from "../../ir/map-file.ts";
import { decodeIrText } from "../../ir/sidecar.ts";
import { type ModelExtension, modelExtensionOf, modelExtensions } from "./model-path.ts";

export { isModelPath, modelExtensions } from "./model-path.ts";

export interface OpenedModel {
  readonly document: MilDocument;
  readonly weights: ModelWeights;
  /** The file that the program was read from, for diagnostics. */
  readonly file: string;
  /** Its text, where it has one. */
  readonly source?: string;
  /** What a model file says beside the program. */
  readonly model?: MlModel;
}

const openers: Readonly<Record<ModelExtension, (path: string) => OpenedModel>> = {
  ".mil": openText,
  ".mlmodel": openModelFile,
  ".mlpackage": openPackage,
  ".mlmodelc": openCompiled,
};

/**
 * Reads the program of a file or folder; its weights are looked up when they are asked for.
 *
 * @throws DiagnosticError where there is no such file, or it is not what its extension says
 */
export function openModel(path: string): OpenedModel {
  const extension = modelExtensionOf(path);
  if (extension === undefined) throw new DiagnosticError(`expected a ${modelExtensions.join(", ")}`, { file: path });
  if (!existsSync(path)) throw new DiagnosticError("there is no such file", { file: path });
  return openers[extension](path);
}

function openText(path: string): OpenedModel {
  const source = decodeIrText(readFileSync(requireFile(path)), path);
  const document = readMilText(source, { file: path });
  return { document, source, weights: new ModelWeights(dirname(path)), file: path };
}

function openModelFile(path: string): OpenedModel {
  const model = readMlmodel(mapFile(requireFile(path)), path);
  return { document: model.document, model, weights: new ModelWeights(dirname(path)), file: path };
}

function openPackage(path: string): OpenedModel {
  const { model, modelFolder, modelFile } = readMlpackage(requireFolder(path));
  return { document: model.document, model, weights: new ModelWeights(modelFolder), file: modelFile };
}

function openCompiled(path: string): OpenedModel {
  const text = join(requireFolder(path), "model.mil");
  if (existsSync(text)) return openText(text);
  if (existsSync(join(path, "model.espresso.net"))) {
    throw new DiagnosticError("holds a neural network, expected an ML program (model.mil)", { file: path });
  }
  const part = join("model0", "model.mil");
  if (existsSync(join(path, part))) {
    throw new DiagnosticError("holds a pipeline of models, expected one ML program", {
      file: path,
      notes: [{ message: `give the program of one of them: ${join(path, part)}` }],
    });
  }
  throw new DiagnosticError("is no compiled ML program: it has no model.mil", { file: path });
}

function requireFile(path: string): string {
  if (statSync(path).isFile()) return path;
  throw new DiagnosticError(`is a folder, expected a ${modelExtensionOf(path)} file`, { file: path });
}

function requireFolder(path: string): string {
  if (statSync(path).isDirectory()) return path;
  throw new DiagnosticError(`is a file, expected a ${modelExtensionOf(path)} folder`, { file: path });
}
