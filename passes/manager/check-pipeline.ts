/**
 * What is checked about a pipeline before anything runs: that each pass finds the module properties that it requires, that
 * passes stand on the operations that they are for, and that nested pipelines stand on operations that can have one.
 */
import { didYouMean } from "../../ir/close-names.ts";
import type { Context } from "../../ir/context.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { Operation } from "../../ir/operation.ts";
import type { PassInstance, PipelinePlace, PipelineStep } from "../pass.ts";
import { placeInPipeline } from "./pipeline-place.ts";

/** The anchor that stands for every operation that passes can be nested on. */
export const anyAnchor = "any";

function error(message: string, place: PipelinePlace | undefined, notes: readonly string[] = []): DiagnosticError {
  return new DiagnosticError(message, {
    ...(place === undefined ? {} : placeInPipeline(place)),
    notes: notes.map((note) => ({ message: note })),
  });
}

/** Follows the properties through a pipeline; a pass whose requirement nothing established is an error naming who does. */
export function checkRequirements(
  steps: readonly PipelineStep[],
  initial: readonly string[] | (() => readonly string[]),
): void {
  const passes = flatten(steps);
  // What holds at the start may be costly to find out.
  if (passes.every(({ definition }) => definition.requires.length === 0)) return;
  const holds = new Set(typeof initial === "function" ? initial() : initial);
  const removedBy = new Map<string, string>();
  for (const { definition, place } of passes) {
    for (const property of definition.requires) {
      if (holds.has(property)) continue;
      const providers = passes
        .filter((other) => other.definition.establishes.includes(property))
        .map((other) => other.definition.name);
      const remover = removedBy.get(property);
      const advice =
        providers.length === 0
          ? "no pass of this pipeline establishes it"
          : `run ${[...new Set(providers)].join(" or ")} before it`;
      throw error(
        `pass '${definition.name}' requires the module to be '${property}': ${advice}`,
        place,
        remover === undefined ? [] : [`the pass '${remover}' before it undoes '${property}'`],
      );
    }
    for (const property of definition.invalidates) {
      if (holds.delete(property)) removedBy.set(property, definition.name);
    }
    for (const property of definition.establishes) holds.add(property);
  }
}

/** The passes of a pipeline in the order in which they run. */
export function flatten(steps: readonly PipelineStep[]): PassInstance[] {
  return steps.flatMap((step) => (step.kind === "pass" ? [step] : flatten(step.steps)));
}

/** Whether passes can be nested on an operation: nothing inside it may refer to values outside. */
export function canAnchor(operation: Operation): boolean {
  return operation.definition?.hasTrait("IsolatedFromAbove") ?? false;
}

/** Checks the anchors of a pipeline that runs on operations called `root`. */
export function checkAnchors(steps: readonly PipelineStep[], root: string, context: Context): void {
  for (const step of steps) {
    if (step.kind === "nested") {
      checkAnchor(step.anchor, root, context, step.place);
      checkAnchors(step.steps, step.anchor, context);
      continue;
    }
    const { name, anchor } = step.definition;
    if (anchor === undefined || anchor === root || root === anyAnchor) continue;
    throw error(
      `pass '${name}' runs on '${anchor}', not on '${root}': ${
        root === "builtin.module"
          ? `nest it as ${anchor}(${name})`
          : `put it outside ${root}(…), in the list of ${anchor}(…)`
      }`,
      step.place,
    );
  }
}

function checkAnchor(anchor: string, parent: string, context: Context, place: PipelinePlace | undefined): void {
  if (anchor === anyAnchor) return;
  const definition = context.definition(anchor);
  if (definition === undefined) {
    if (context.allowUnregistered) return;
    const hint = didYouMean(
      anchor,
      [...context.definitions].filter((each) => each.hasTrait("IsolatedFromAbove")).map((each) => each.name),
    );
    throw error(`no loaded dialect has an op '${anchor}' to nest passes on${hint}`, place);
  }
  if (!definition.hasTrait("IsolatedFromAbove")) {
    throw error(
      `passes cannot be nested on '${anchor}', which is not isolated from above: a pass on it could change what is around it`,
      place,
      [`nest them on an isolated operation around it, such as func.func(…), or on any(…)`],
    );
  }
  const { parents } = definition.options;
  if (parents !== undefined && parent !== anyAnchor && !parents.includes(parent)) {
    throw error(
      `'${anchor}' never stands directly inside '${parent}', so nothing would run: it must be inside ${parents.join(" or ")}`,
      place,
    );
  }
}
