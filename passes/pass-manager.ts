/**
 * The pass manager: runs a pipeline on a module, verifies after each pass, tells instrumentation what happens, and checks
 * beforehand that every pass finds the module properties that it requires.
 */
import type { Context } from "../ir/context.ts";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import type { Operation } from "../ir/operation.ts";
import { verifyAll } from "../ir/verifier.ts";
import type { PassInstance, PipelineStep } from "./pass.ts";

/** A remark that a pass made on an operation. */
export interface Remark {
  readonly pass: string;
  readonly operation: Operation;
  readonly message: string;
}

/** Hooks around each pass. */
export interface Instrumentation {
  readonly beforePass?: (pass: PassInstance, operation: Operation) => void;
  readonly afterPass?: (
    pass: PassInstance,
    operation: Operation,
    outcome: { changed: boolean; milliseconds: number },
  ) => void;
  /** The IR may be invalid here; printing must not verify. */
  readonly afterFailure?: (pass: PassInstance, operation: Operation, error: unknown) => void;
}

export interface PassManagerOptions {
  /** Verify after each pass that changed something. Default true. */
  readonly verifyEach?: boolean;
  readonly instrumentation?: readonly Instrumentation[];
  readonly onRemark?: (remark: Remark) => void;
  /** Module properties that hold at the start. */
  readonly properties?: readonly string[];
}

export class PassManager {
  readonly #steps: readonly PipelineStep[];
  readonly #context: Context;
  readonly #options: PassManagerOptions;

  constructor(steps: readonly PipelineStep[], context: Context, options: PassManagerOptions = {}) {
    this.#steps = steps;
    this.#context = context;
    this.#options = options;
    checkRequirements(steps, options.properties ?? []);
  }

  /** Runs the pipeline; returns whether any pass changed anything. A failing pass or verifier throws a diagnostic. */
  run(module: Operation): boolean {
    return this.#runSteps(this.#steps, module);
  }

  #runSteps(steps: readonly PipelineStep[], operation: Operation): boolean {
    let changed = false;
    for (const step of steps) {
      if (step.kind === "pass") {
        changed = this.#runPass(step, operation) || changed;
        continue;
      }
      for (const region of operation.regions) {
        for (const block of region.blocks) {
          for (const inner of block.operations) {
            if (inner.name === step.anchor) changed = this.#runSteps(step.steps, inner) || changed;
          }
        }
      }
    }
    return changed;
  }

  #runPass(step: PassInstance, operation: Operation): boolean {
    const { definition } = step;
    if (definition.anchor !== undefined && definition.anchor !== operation.name) {
      throw new DiagnosticError(
        `pass '${definition.name}' runs on '${definition.anchor}', not on '${operation.name}': nest it as ${definition.anchor}(${definition.name})`,
      );
    }
    const instrumentation = this.#options.instrumentation ?? [];
    for (const each of instrumentation) each.beforePass?.(step, operation);
    const start = performance.now();
    try {
      const changed = definition.run(operation, this.#passContext(definition.name), step.options);
      const milliseconds = performance.now() - start;
      if (changed && (this.#options.verifyEach ?? true)) this.#verify(definition.name, operation);
      for (const each of instrumentation) each.afterPass?.(step, operation, { changed, milliseconds });
      return changed;
    } catch (error) {
      for (const each of instrumentation) each.afterFailure?.(step, operation, error);
      throw error;
    }
  }

  #passContext(pass: string) {
    return {
      context: this.#context,
      remark: (operation: Operation, message: string) => this.#options.onRemark?.({ pass, operation, message }),
    };
  }

  #verify(pass: string, operation: Operation): void {
    const [first] = verifyAll(operation, this.#context, 1);
    if (first === undefined) return;
    const notes = [...(first.details.notes ?? []), { message: `the IR was valid before the pass '${pass}'` }];
    throw new DiagnosticError(first.message, { ...first.details, notes });
  }
}

/** Follows the properties through a pipeline; a pass whose requirement nothing established is an error naming who does. */
export function checkRequirements(steps: readonly PipelineStep[], initial: readonly string[]): void {
  const all = flatten(steps);
  const holds = new Set(initial);
  for (const { definition } of all) {
    for (const property of definition.requires) {
      if (holds.has(property)) continue;
      const providers = all
        .filter((other) => other.definition.establishes.includes(property))
        .map((other) => other.definition.name);
      const advice =
        providers.length === 0 ? "no pass of this pipeline establishes it" : `run ${providers.join(" or ")} before it`;
      throw new DiagnosticError(`pass '${definition.name}' requires the module to be '${property}': ${advice}`);
    }
    for (const property of definition.invalidates) holds.delete(property);
    for (const property of definition.establishes) holds.add(property);
  }
}

function flatten(steps: readonly PipelineStep[]): PassInstance[] {
  return steps.flatMap((step) => (step.kind === "pass" ? [step] : flatten(step.steps)));
}
