/**
 * The weight files of one program: `BLOBFILE(path = "@model_path/weights/weight.bin", offset = 64)` names a file relative to the
 * model's folder. A program never reaches outside of that folder, and each file is mapped once, when it is first asked for.
 */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { DiagnosticError, type SourcePlace } from "../../../ir/diagnostic-error.ts";
import type { MilNumbers, MilTensorType } from "../document/document.ts";
import type { StoredBlob } from "./format.ts";
import type { ExpectedBlob } from "./reader.ts";
import { BlobStorage } from "./reader.ts";

const modelPath = "@model_path/";

/** A blob as a program names it. */
export interface BlobName {
  readonly path: string;
  readonly offset: number;
}

export class ModelWeights {
  readonly #folder: string | undefined;
  readonly #files = new Map<string, BlobStorage>();

  /** @param folder what `@model_path` stands for; undefined where a program came without a place, and so without weights */
  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  /** Weights that are in memory already, under the one path that programs give them. */
  static of(path: string, bytes: Uint8Array): ModelWeights {
    const weights = new ModelWeights(undefined);
    weights.#files.set(path, new BlobStorage(bytes, path));
    return weights;
  }

  /**
   * The file that a program names. `place` is where it does so.
   *
   * @throws DiagnosticError where the path leads out of the model's folder, or to no weight file
   */
  storage(path: string, place: SourcePlace = {}): BlobStorage {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const storage = BlobStorage.open(this.#locate(path, place));
    this.#files.set(path, storage);
    return storage;
  }

  /** One blob as it is stored. */
  blob({ path, offset }: BlobName, expected: ExpectedBlob, place?: SourcePlace): StoredBlob {
    return this.storage(path, place).blob(offset, expected);
  }

  /** The elements of a blob that a program states to be of `type`. */
  numbers({ path, offset }: BlobName, type: MilTensorType, place?: SourcePlace): MilNumbers {
    return this.storage(path, place).numbers(offset, type);
  }

  #locate(path: string, place: SourcePlace): string {
    const parts = path.startsWith(modelPath) ? path.slice(modelPath.length).split("/") : [];
    const isInside = parts.length > 0 && parts.every((part) => part !== "" && part !== "." && part !== "..");
    if (!isInside || path.includes("\0") || path.includes("\\")) {
      throw new DiagnosticError(
        `weights are named by a path below @model_path, such as @model_path/weights/weight.bin; found "${path}"`,
        place,
      );
    }
    if (this.#folder === undefined) {
      throw new DiagnosticError(`the program names the weight file "${path}", but came without a folder for it`, place);
    }
    const file = join(this.#folder, ...parts);
    if (!existsSync(file)) {
      throw new DiagnosticError(`the program names the weight file "${path}", but there is no ${file}`, place);
    }
    if (!statSync(file).isFile()) throw new DiagnosticError(`the weight file ${file} is no file`, place);
    return file;
  }
}
