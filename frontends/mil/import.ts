/** MIL programs from files, as modules of the mil dialect with their weights and the sizes of their inputs. */
import { program } from "../../dialects/mil/index.ts";
import { moduleOf } from "../../dialects/mil/module/index.ts";
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
  const { document, weights, file, source, model } = opened;
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
