/** Lowering the ops of one task (or a single op) in place, and merging what they become. */
import type { AnyDefinition, Context } from "../../ir/context.ts";
import type { AttachedInterface } from "../../ir/interfaces.ts";
import type { Block, Operation, Value } from "../../ir/operation.ts";
import { isRefusal } from "../../ir/rewrite/pattern.ts";
import type { Rewriter } from "../../ir/rewrite/rewriter.ts";
import { type LinalgLowering, LowerToLinalg } from "./interface.ts";
import { mergePointwise } from "./merge-pointwise.ts";
import { convolutionLowerings } from "./ops/convolution.ts";
import { elementwiseLowerings } from "./ops/elementwise.ts";
import { indexingLowerings } from "./ops/indexing.ts";
import { linearLowerings } from "./ops/linear.ts";
import { movementLowerings } from "./ops/movement.ts";
import { normalizationLowerings } from "./ops/normalization.ts";
import { poolingLowerings } from "./ops/pooling.ts";
import { quantizationLowerings } from "./ops/quantization.ts";
import { reductionLowerings } from "./ops/reduction.ts";
import { resizeLowerings } from "./ops/resize.ts";
import { scatteringLowerings } from "./ops/scattering.ts";
import { storageType } from "./storage-types.ts";
import { storedConstant } from "./stored-constant.ts";

/** The lowerings of the tensor dialect's own ops. */
export const tensorLowerings: readonly AttachedInterface[] = [
  ...elementwiseLowerings,
  ...convolutionLowerings,
  ...linearLowerings,
  ...poolingLowerings,
  ...reductionLowerings,
  ...normalizationLowerings,
  ...movementLowerings,
  ...indexingLowerings,
  ...resizeLowerings,
  ...quantizationLowerings,
  ...scatteringLowerings,
];

const ownLowerings: ReadonlyMap<AnyDefinition, LinalgLowering> = new Map(
  tensorLowerings.flatMap(({ definition, implementation }) => {
    const found = LowerToLinalg.find([implementation]);
    return found === undefined ? [] : [[definition, found] as const];
  }),
);

/** How an op is lowered: as attached or declared by its user, else as this folder knows it. */
export function loweringOf(operation: Operation, context: Context): LinalgLowering | undefined {
  const { definition } = operation;
  return context.implementation(LowerToLinalg, operation) ?? (definition && ownLowerings.get(definition));
}

/** Builds what stands for `operation`; an error naming the op and the reason where that cannot be done. */
export function lowerOperation(operation: Operation, operands: readonly Value[], rewriter: Rewriter): readonly Value[] {
  const lower = loweringOf(operation, rewriter.context);
  if (lower === undefined) {
    throw operation.error(
      "is not lowered to linalg: it does not implement the 'lower-to-linalg' interface; attach LowerToLinalg to it",
    );
  }
  const outcome = rewriter.within(rewriter.point, () => lower(operation, operands, rewriter), operation.location);
  if (isRefusal(outcome)) throw operation.error(`is not lowered to linalg: ${outcome.refusal}`);
  for (const [position, value] of outcome.entries()) {
    const result = operation.results[position];
    if (result === undefined) continue;
    const wanted = storageType(result.type);
    if (value.type !== wanted) {
      throw operation.error(
        `is lowered to a value of type ${value.type}, but result ${position} is stored as ${wanted}`,
      );
    }
    if (value.definer !== undefined && !operands.includes(value)) value.nameHint ??= result.nameHint;
  }
  return outcome;
}

/**
 * Lowers the ops of a task's block at the rewriter's point. `inputs` stand for the block's arguments. Returns what stands
 * for the operands of its terminator.
 */
export function lowerBlock(block: Block, inputs: readonly Value[], rewriter: Rewriter): readonly Value[] {
  const values = new Map<Value, Value>(block.arguments.map((argument, position) => [argument, inputs[position]!]));
  const mapped = (operation: Operation) => operation.operands.map((value) => values.get(value) ?? value);
  return collected(rewriter, () => {
    for (const operation of block.operations) {
      if (operation.definition?.hasTrait("Terminator")) return mapped(operation);
      const stored = operation.definition?.hasTrait("ConstantLike") ? storedConstant(operation) : undefined;
      const results =
        stored === undefined ? lowerOperation(operation, mapped(operation), rewriter) : rewriter.insert(stored).results;
      for (const [position, result] of operation.results.entries()) values.set(result, results[position]!);
    }
    return [];
  });
}

/** Runs `build`, then merges the elementwise ops that it made. */
export function collected(rewriter: Rewriter, build: () => readonly Value[]): readonly Value[] {
  const { block } = rewriter.point;
  const before = rewriter.point.before;
  const previous = before === undefined ? block.last : before.previous;
  const roots = build();
  const made: Operation[] = [];
  for (
    let each = previous === undefined ? block.first : previous.next;
    each !== before && each !== undefined;
    each = each.next
  ) {
    made.push(each);
  }
  return mergePointwise(made, roots, rewriter);
}
