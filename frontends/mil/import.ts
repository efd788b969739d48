/** MIL programs from files, as modules of the mil dialect with their weights and the sizes of their inputs. */

import type { MilDocument } from "../../dialects/mil/document/document.ts";
import { program } from "../../dialects/mil/index.ts";
import { moduleOf } from "../../dialects/mil/module/index.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { Operation } from "../../ir/operation.ts";
import { flexibleShapes } from "./flexible-shapes.ts";
import { type OpenedModel, openModel } from "./open-model.ts";
import { specialise } from "./specialise.ts";

export interface ImportMilOptions {
  /** Whole shapes of inputs that leave sizes open, by name; others get the default that the model states. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
}

/**
 * Reads a `.mil`, `.mlmodel`, `.mlpackage` or `.mlmodelc`. Weights are views of their file.
 *
 * @throws DiagnosticError where the file, its program or its weights are not right, or a size stays open
 */
export function importMil(path: string, options: ImportMilOptions = {}): Operation {
  return importOpened(openModel(path), options);
}

/** The same of a program that is open already. */
export function importOpened(opened: OpenedModel, { shapes = {} }: ImportMilOptions = {}): Operation {
  const { weights, file, source, model } = opened;
  const document = withMain(opened);
  const module = moduleOf(document, {
    file,
    ...(source === undefined ? {} : { source }),
    weights: (blob, type, place) => weights.numbers(blob, type, place),
  });
  const flexible = flexibleShapes(document, model);
  for (const operation of module.regions[0]!.onlyBlock.operations) {
    if (program.matches(operation)) specialise(operation, { shapes, flexible, file });
  }
  return module;
}

/** What runs is called `main`; a model of several functions may name another one. */
function withMain({ document, model, file }: OpenedModel): MilDocument {
  const { functions } = document;
  if (functions.some(({ name }) => name === "main")) return document;
  const wanted = model?.description.defaultFunctionName ?? "";
  if (!functions.some(({ name }) => name === wanted)) {
    const names = functions.map(({ name }) => name).join(", ");
    throw new DiagnosticError(`has no function main to run, and names no other one; its functions are ${names}`, {
      file,
    });
  }
  return { ...document, functions: functions.map((item) => (item.name === wanted ? { ...item, name: "main" } : item)) };
}
