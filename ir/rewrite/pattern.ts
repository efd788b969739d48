/**
 * Rewrite patterns: small functions from a matched operation to an edit. A pattern that does not apply returns undefined;
 * one that declines for a reason returns `refuse("…")`, which conversions collect to explain what stayed illegal.
 */
import type { Accessors, Fields, OperationDefinition } from "../declaration.ts";
import type { Operation } from "../operation.ts";
import type { Rewriter } from "./rewriter.ts";

/** Why a pattern declined. */
export interface Refusal {
  readonly refusal: string;
}

export function refuse(reason: string): Refusal {
  return { refusal: reason };
}

export function isRefusal(outcome: unknown): outcome is Refusal {
  return typeof outcome === "object" && outcome !== null && "refusal" in outcome;
}

/** `true`: the IR was changed. `undefined` or a refusal: it was not, and must not have been. */
export type Outcome = true | undefined | Refusal;

/** In `operandDefiners`: any operation with the ConstantLike trait. */
export const anyConstant = "any constant";

/** By operand position: the name of the op that must define the operand, several names, or `anyConstant`. */
export type OperandDefiners = { readonly [position: number]: string | readonly string[] };

export interface Pattern {
  /** Names the pattern in statistics and diagnostics. */
  readonly name: string;
  /** The op name that the pattern is tried on; undefined: every operation. */
  readonly root: string | undefined;
  /** Higher is tried first. */
  readonly benefit: number;
  /** Where given, drivers do not try the pattern on operations whose operands are defined otherwise. */
  readonly operandDefiners?: OperandDefiners | undefined;
  readonly apply: (operation: Operation, rewriter: Rewriter) => Outcome;
}

export interface PatternOptions {
  /** Higher is tried first. Default 1. */
  readonly benefit?: number;
  /** What must define the operands for the pattern to be tried at all. */
  readonly operandDefiners?: OperandDefiners | undefined;
}

/** A pattern on one op: `rewrite(relu, "relu-of-relu", (op, rewriter) => …, { operandDefiners: { 0: relu.name } })`. */
export function rewrite<F extends Fields>(
  definition: OperationDefinition<F>,
  name: string,
  apply: (operation: Operation & Accessors<F>, rewriter: Rewriter) => Outcome,
  options: number | PatternOptions = 1,
): Pattern {
  const { benefit, operandDefiners } = patternOptions(options);
  return {
    name,
    root: definition.name,
    benefit,
    operandDefiners,
    apply: (operation, rewriter) => (definition.matches(operation) ? apply(operation, rewriter) : undefined),
  };
}

/** A pattern that is tried on every operation (for interfaces and traits). */
export function rewriteAny(
  name: string,
  apply: (operation: Operation, rewriter: Rewriter) => Outcome,
  options: number | PatternOptions = 1,
): Pattern {
  const { benefit, operandDefiners } = patternOptions(options);
  return { name, root: undefined, benefit, operandDefiners, apply };
}

function patternOptions(options: number | PatternOptions): {
  readonly benefit: number;
  readonly operandDefiners: OperandDefiners | undefined;
} {
  if (typeof options === "number") return { benefit: options, operandDefiners: undefined };
  return { benefit: options.benefit ?? 1, operandDefiners: options.operandDefiners };
}
