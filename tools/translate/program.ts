/**
 * A program on its way from one format to another. What was read from Core ML's files is a MIL document, everything else is a module;
 * each becomes the other only where the format that is asked for needs it, so that MIL text and packages become one another whatever
 * operations they have, and without loading the compiler.
 */
import { inCompilerForm } from "../../dialects/mil/document/compiler-form.ts";
import type { MilDocument } from "../../dialects/mil/document/document.ts";
import { type MlModel, modelOf } from "../../dialects/mil/protobuf/index.ts";
import { withShapeInformation } from "../../frontends/mil/flexible-shapes.ts";
import { isModelPath, type OpenedModel, openModel } from "../../frontends/mil/open-model.ts";
import type { Operation } from "../../ir/operation.ts";
import type { EmittedMil } from "../../lowering/mil-to-text/index.ts";
import { type ProgramFiles, withOneWeightFile } from "./program-weights.ts";

export interface TranslateSettings {
  /** The engine's chip, for programs that have to be lowered to MIL. */
  readonly target: string;
  /** Sizes of inputs with dynamic dimensions, by input name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

export interface ReadProgram {
  /** The program in the dialects of this compiler. */
  module(): Promise<Operation>;
  /** The same with a number for every size: what a file leaves open has the default that it states. */
  sizedModule(): Promise<Operation>;
  /** The program as MIL, without its weights. */
  document(): Promise<MilDocument>;
  /** Whether MIL of it is made by lowering it for an engine. */
  isLoweredToMil(): Promise<boolean>;
  /** The program as MIL with its weights, which it names by `weightsPath`. */
  files(weightsPath: string): Promise<ProgramFiles>;
  /** A document of the program as it is written as text. */
  forText(document: MilDocument): MilDocument;
  /** What a model file says beside the program. */
  model(document: MilDocument): MlModel;
}

/** Reads a program of any format. */
export async function readProgram(path: string, settings: TranslateSettings): Promise<ReadProgram> {
  const isSized = Object.keys(settings.shapes).length > 0;
  if (isModelPath(path) && !isSized) return new CoreMlProgram(openModel(path));
  const { loadModule } = await import("./levels.ts");
  return new ModuleProgram(path, loadModule(path, settings), settings);
}

class CoreMlProgram implements ReadProgram {
  readonly #opened: OpenedModel;

  constructor(opened: OpenedModel) {
    this.#opened = opened;
  }

  async document(): Promise<MilDocument> {
    return this.#opened.document;
  }

  async isLoweredToMil(): Promise<boolean> {
    return false;
  }

  async files(weightsPath: string): Promise<ProgramFiles> {
    const { document, weights, file } = this.#opened;
    return withOneWeightFile(document, weights, { file, weightsPath });
  }

  /** A model file has no order of names, and describes open sizes outside of the program. */
  forText(document: MilDocument): MilDocument {
    const { model } = this.#opened;
    return model === undefined ? document : inCompilerForm(withShapeInformation({ ...model, document }));
  }

  /** A model file's own description stays with the program. */
  model(document: MilDocument): MlModel {
    const { model } = this.#opened;
    return model === undefined ? modelOf(document) : { ...model, document };
  }

  async module(): Promise<Operation> {
    const { moduleOf } = await import("../../dialects/mil/module/index.ts");
    const { document, weights, file, source } = this.#opened;
    return moduleOf(document, {
      file,
      ...(source === undefined ? {} : { source }),
      weights: (blob, type, place) => weights.numbers(blob, type, place),
    });
  }

  async sizedModule(): Promise<Operation> {
    const { importOpened } = await import("../../frontends/mil/import.ts");
    return importOpened(this.#opened);
  }
}

class ModuleProgram implements ReadProgram {
  readonly #path: string;
  readonly #module: Operation;
  readonly #settings: TranslateSettings;

  constructor(path: string, module: Operation, settings: TranslateSettings) {
    this.#path = path;
    this.#module = module;
    this.#settings = settings;
  }

  async module(): Promise<Operation> {
    return this.#module;
  }

  async sizedModule(): Promise<Operation> {
    return this.#module;
  }

  async document(): Promise<MilDocument> {
    return (await this.#emitted()).document;
  }

  async isLoweredToMil(): Promise<boolean> {
    const { isMil } = await import("./levels.ts");
    return !isMil(this.#module);
  }

  async files(weightsPath: string): Promise<ProgramFiles> {
    const { document, blobs } = await this.#emitted(weightsPath);
    return blobs.isEmpty ? { document } : { document, weights: blobs };
  }

  forText(document: MilDocument): MilDocument {
    return document;
  }

  model(document: MilDocument): MlModel {
    return modelOf(document);
  }

  async #emitted(weightsPath?: string): Promise<EmittedMil> {
    const { emittedMil } = await import("./levels.ts");
    return emittedMil(this.#module, this.#path, {
      ...this.#settings,
      ...(weightsPath === undefined ? {} : { weightsPath }),
    });
  }
}
