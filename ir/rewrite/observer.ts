/**
 * What can be watched while the IR is rewritten. A driver asks `Context.rewriteObserver` before every action, so that a
 * tool can count the actions, stop after the N-th one (bisecting), and measure patterns; without an observer nothing is
 * counted and nothing is measured.
 */
import type { Operation } from "../operation.ts";

/** A pattern application, a fold to constants or known values, or the removal of a dead operation. */
export type RewriteActionKind = "pattern" | "fold" | "dead";

export interface RewriteObserver {
  /**
   * Asked before an action on `operation`. `name` is the pattern's name, or for a fold and a removal the op's. False skips
   * the action (the driver goes on as if nothing had matched). A pattern is asked before it is known whether it matches:
   * count in `matched`.
   */
  readonly begin?: (kind: RewriteActionKind, name: string, operation: Operation) => boolean;
  /** A pattern was tried: after `begin` allowed it, before it runs. */
  readonly tried?: (pattern: string) => void;
  /** An action changed the IR. `operation` may be erased already; its name and location still hold. */
  readonly matched?: (pattern: string, operation: Operation, kind: RewriteActionKind) => void;
  /** A pattern declined with a reason. */
  readonly refused?: (pattern: string, operation: Operation, reason: string) => void;
  /** Time spent in one try of a pattern, in milliseconds. Patterns are timed only where this is given. */
  readonly time?: (pattern: string, milliseconds: number) => void;
}
