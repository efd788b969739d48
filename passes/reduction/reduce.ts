/**
 * Shrinks a module while it stays interesting: a pass still crashes on it, a tool still refuses it. Delta debugging: each step
 * proposes smaller modules, the largest cuts first; one that is still interesting becomes the module, until no step finds
 * any. The result is minimal in that no single proposal makes it smaller.
 */
import type { Context } from "../../ir/context.ts";
import type { Operation } from "../../ir/operation.ts";
import { print } from "../../ir/printer/print.ts";
import { verifyAll } from "../../ir/verifier.ts";
import {
  type Candidate,
  emptiedRegions,
  inlinedRegions,
  operationsIn,
  type Step,
  simplerOperands,
  straightenedBlocks,
  withoutArguments,
  withoutAttributes,
  withoutOperations,
  withoutUnused,
} from "./steps.ts";

export interface ReductionProgress {
  readonly tests: number;
  readonly operations: number;
  /** What the last accepted edit did. */
  readonly what: string;
}

export interface ReductionOptions {
  /** Modules to try at most. Default 10,000. */
  readonly maxTests?: number;
  /** Do not verify proposals. Default: they are verified if the given module does. */
  readonly allowInvalid?: boolean;
  readonly onProgress?: (progress: ReductionProgress) => void;
  /** Steps of your own, tried behind the others. */
  readonly steps?: readonly Step[];
}

export interface Reduction {
  readonly module: Operation;
  /** How many modules were tried. */
  readonly tests: number;
  /** Whether `maxTests` ended it. */
  readonly isCut: boolean;
}

/** Cuts first, cosmetics last. */
export const reductionSteps: readonly Step[] = [
  emptiedRegions,
  withoutUnused,
  withoutOperations,
  inlinedRegions,
  straightenedBlocks,
  withoutArguments,
  withoutAttributes,
  simplerOperands,
];

/**
 * The smallest module found for which `isInteresting` still holds; `module` itself is not changed. The caller has checked
 * that it holds for `module`.
 */
export async function reduce(
  module: Operation,
  context: Context,
  isInteresting: (candidate: Operation) => boolean | Promise<boolean>,
  options: ReductionOptions = {},
): Promise<Reduction> {
  const maxTests = options.maxTests ?? 10_000;
  const verifies = options.allowInvalid !== true && verifyAll(module, context, 1).length === 0;
  const steps = [...reductionSteps, ...(options.steps ?? [])];
  let best = module.clone();
  const tried = new Set<string>([print(best, { generic: true })]);
  let tests = 0;

  const isBetter = async (edit: Candidate["edit"]): Promise<Operation | undefined> => {
    const candidate = best.clone();
    if (!edit(candidate)) return undefined;
    if (verifies && verifyAll(candidate, context, 1).length > 0) return undefined;
    const text = print(candidate, { generic: true });
    if (tried.has(text)) return undefined;
    tried.add(text);
    tests++;
    return (await isInteresting(candidate)) ? candidate : undefined;
  };

  // What one step takes may open up more for an earlier one: begin again until a whole round finds nothing.
  for (let found = true; found && tests < maxTests; ) {
    found = false;
    for (const step of steps) {
      const proposals = step(() => best, context);
      for (let next = proposals.next(false); !next.done && tests < maxTests; ) {
        const { what, edit } = next.value;
        const better = await isBetter(edit);
        if (better !== undefined) {
          best = better;
          found = true;
          options.onProgress?.({ tests, operations: operationsIn(best).length, what });
        }
        next = proposals.next(better !== undefined);
      }
    }
  }
  return { module: best, tests, isCut: tests >= maxTests };
}
