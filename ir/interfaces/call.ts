/**
 * Calls and what they call. Inlining, inter-procedural analyses and the removal of unused parameters ask these
 * interfaces, so that a dialect with functions of its own takes part in all of them.
 */
import type { SymbolReferenceAttribute } from "../attributes.ts";
import type { Builder } from "../builder.ts";
import type { Block, Operation, Region, Value } from "../operation.ts";
import type { Type } from "../types.ts";
import { OpInterface } from "./op-interface.ts";

/** Consecutive operands of an operation. */
export interface OperandRange {
  readonly start: number;
  readonly count: number;
  /** The declared operand field that they are; needed where an op has several of variable length, to add to the right one. */
  readonly field?: number;
  /** An attribute that holds the sizes of parts of that field (one per case of a switch), and which of them this is. */
  readonly part?: { readonly attribute: string; readonly position: number };
}

/** An operation that hands control to a callable and gets it back with the callable's results as its own results. */
export interface CallLikeImplementation {
  /** What is called: a symbol, or the value that holds the function. */
  readonly callee: (operation: Operation) => SymbolReferenceAttribute | Value | undefined;
  /** Where the arguments stand among the operands. */
  readonly arguments: (operation: Operation) => OperandRange;
  /** Whether the call may be replaced by the callee's body. Absent: yes. */
  readonly mayInline?: (operation: Operation, callee: Operation) => boolean;
}
export const CallLike = new OpInterface<CallLikeImplementation>("call-like");

/** An operation whose region runs when it is called: a function. Its entry block's arguments are the parameters. */
export interface CallableImplementation {
  /** The body; undefined for a declaration. */
  readonly region: (operation: Operation) => Region | undefined;
  readonly resultTypes: (operation: Operation) => readonly Type[];
  /**
   * Makes the signature match after parameters and results were removed: the positions that stay. The body and the calls
   * are changed by the caller. Absent: the signature cannot change.
   */
  readonly keepInSignature?: (operation: Operation, inputs: readonly number[], results: readonly number[]) => void;
  /** Whether calls of this may be replaced by its body. Absent: yes. */
  readonly mayBeInlined?: (operation: Operation) => boolean;
}
export const Callable = new OpInterface<CallableImplementation>("callable");

/**
 * Whether an operation may be copied out of its function into `destination`. Operations that implement nothing may, if
 * their dialect is loaded.
 */
export type InliningRule = (operation: Operation, destination: Region) => boolean;
export const Inlining = new OpInterface<InliningRule>("inlining");

/** How a callee's return becomes a branch when a body of several blocks is inlined. */
export interface InlineReturnImplementation {
  /** Builds, at the builder's point, a branch to `destination` that passes `values`; the return is erased by the caller. */
  readonly branch: (builder: Builder, destination: Block, values: readonly Value[]) => void;
}
export const InlineReturn = new OpInterface<InlineReturnImplementation>("inline-return");
