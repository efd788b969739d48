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

export interface Pattern {
  /** Names the pattern in statistics and diagnostics. */
  readonly name: string;
  /** The op name that the pattern is tried on; undefined: every operation. */
  readonly root: string | undefined;
  /** Higher is tried first. */
  readonly benefit: number;
  readonly apply: (operation: Operation, rewriter: Rewriter) => Outcome;
}

export interface PatternOptions {
  readonly name?: string;
  readonly benefit?: number;
}

/** A pattern on one op: `rewrite(relu, "relu-of-relu", (op, rewriter) => …)`. */
export function rewrite<F extends Fields>(
  definition: OperationDefinition<F>,
  name: string,
  apply: (operation: Operation & Accessors<F>, rewriter: Rewriter) => Outcome,
  benefit = 1,
): Pattern {
  return {
    name,
    root: definition.name,
    benefit,
    apply: (operation, rewriter) => (definition.matches(operation) ? apply(operation, rewriter) : undefined),
  };
}

/** A pattern that is tried on every operation (for interfaces and traits). */
export function rewriteAny(
  name: string,
  apply: (operation: Operation, rewriter: Rewriter) => Outcome,
  benefit = 1,
): Pattern {
  return { name, root: undefined, benefit, apply };
}
