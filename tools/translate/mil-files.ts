/**
 * MIL text as files: the program, and its weights in the folder `weights` beside it. Several programs may stand in one folder, so a
 * weight file has the name of its program, and one that is not the program's own is never written over.
 */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import type { BlobWriter } from "../../dialects/mil/blob-storage/index.ts";
import { quotedText } from "../../dialects/mil/text/string-text.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { writeFolder } from "../output-files.ts";

const folderText = "model.mil";

/** Where a program and its weights are put. */
export interface MilPlace {
  readonly folder: string;
  /** The text's name in the folder. */
  readonly text: string;
  /** The weight file's path below the folder. */
  readonly weights: string;
  /** How the text names the weight file. */
  readonly weightsPath: string;
}

/**
 * The place that an output path names: a file that ends in `.mil`, else a folder, in which the program is called `model.mil`. The
 * weights of `NAME.mil` are `weights/NAME.bin`; those of `model.mil` have the name that Apple's tools give, `weights/weight.bin`.
 */
export function milPlaceOf(output: string): MilPlace {
  const isFile = extname(output).toLowerCase() === ".mil";
  const text = isFile ? basename(output) : folderText;
  const name = basename(text, extname(text));
  // A path with a backslash in it is refused when the program is read.
  const weights = `weights/${name === "model" ? "weight" : name.replaceAll(/[%\\]/g, encodeURIComponent)}.bin`;
  return { folder: isFile ? dirname(output) : output, text, weights, weightsPath: `@model_path/${weights}` };
}

/** How a program that is called `model` names its weights: those in packages are. */
export const modelWeightsPath = milPlaceOf(folderText).weightsPath;

/**
 * Writes a program and its weights, undefined for none. An earlier output at the same place is replaced.
 *
 * @throws DiagnosticError where the weight file is there already and is not that of an earlier output alone
 */
export function writeMilFiles(place: MilPlace, text: string, weights: Uint8Array | BlobWriter | undefined): void {
  const file = join(place.folder, place.weights);
  const isThere = existsSync(file);
  const users = isThere ? usersOf(place) : [];
  const isOwn = users.length === 1 && users[0] === place.text;
  if (weights !== undefined && isThere && !isOwn) {
    const other = users.find((name) => name !== place.text);
    const whose =
      other === undefined ? `no ${place.text} beside it says that it is its own` : `${other} has its weights in it`;
    throw new DiagnosticError(
      `is there already, and ${whose}: give the output another name or folder, or remove the file`,
      {
        file,
      },
    );
  }
  writeFolder(place.folder, { [place.text]: text, ...(weights === undefined ? {} : { [place.weights]: weights }) });
  // What an earlier output needed.
  if (weights === undefined && isOwn) rmSync(file);
}

/** The programs of the folder that name the place's weight file. */
function usersOf({ folder, weightsPath }: MilPlace): readonly string[] {
  return readdirSync(folder).filter((name) => {
    const extension = extname(name).toLowerCase();
    const path = join(folder, name);
    if ((extension !== ".mil" && extension !== ".mlmodel") || !statSync(path, { throwIfNoEntry: false })?.isFile())
      return false;
    return readFileSync(path).includes(extension === ".mil" ? quotedText(weightsPath) : weightsPath);
  });
}
