/**
 * Control flow that generic code can follow: branches between blocks, control between the regions of a structured
 * operation, and loops. An op that implements these is understood by the dataflow analyses, by sparse conditional constant
 * propagation, by loop-invariant code motion and by the removal of dead values.
 */
import type { Attribute } from "../attributes.ts";
import type { Operation, Region, Value } from "../operation.ts";
import type { OperandRange } from "./call.ts";
import { OpInterface } from "./op-interface.ts";

/** The constants of an operation's operands, where they are known. */
export type KnownOperands = readonly (Attribute | undefined)[];

/** A terminator that goes to one of its successors, passing operands for the block's arguments. */
export interface BranchImplementation {
  /** The operands that become the arguments of the successor's block. They fill its last arguments, in order. */
  readonly successorOperands: (operation: Operation, successor: number) => OperandRange;
  /** The successor that is taken with these constants; undefined where that is not decided. */
  readonly taken?: (operation: Operation, constants: KnownOperands) => number | undefined;
}
export const Branch = new OpInterface<BranchImplementation>("branch");

/** One way control can go inside a structured operation, with the values it carries. */
export interface RegionEdge {
  /** Where control goes: the entry of a region of the operation; undefined: past the operation. */
  readonly target: Region | undefined;
  /** The operands of the source that are passed on … */
  readonly operands: OperandRange;
  /** … and the values that they become, one each: arguments of the target's entry block, or results of the operation. */
  readonly inputs: readonly Value[];
}

/**
 * Control flow among an operation and its regions. `source` is the operation itself (where control goes when it is
 * reached) or a terminator in one of its regions. `constants` are what is known of the source's operands: edges that they
 * exclude may be left out. Arguments and results that no edge lists are unknown to analyses (a loop's counter).
 */
export type RegionBranchImplementation = (
  operation: Operation,
  source: Operation,
  constants: KnownOperands,
) => readonly RegionEdge[];
export const RegionBranch = new OpInterface<RegionBranchImplementation>("region-branch");

/**
 * A structured operation that carries any number of values: what each of its RegionBranch edges passes ends with its operand
 * range, the arguments of the target's entry block and the results. Passes may then add a value at the ends, or leave one out.
 */
export interface CarriesValuesImplementation {
  /** Makes all control flow explicit before a value is added (an `if` without `else` gets one). */
  readonly prepare?: (operation: Operation) => void;
}
export const CarriesValues = new OpInterface<CarriesValuesImplementation>("carries-values");

/** One counter of a counted loop: it runs from `lower` (included) to `upper` (excluded), signed, by `step`. */
export interface InductionVariable {
  readonly value: Value;
  readonly lower: Value | bigint;
  readonly upper: Value | bigint;
  readonly step: Value | bigint;
}

/** An operation that runs regions repeatedly. */
export interface LoopLikeImplementation {
  /** The regions that run once per iteration. */
  readonly regions: (operation: Operation) => readonly Region[];
  readonly inductionVariables?: (operation: Operation) => readonly InductionVariable[];
  /** Whether the regions are known to run at least once. Absent: derived from constant bounds. */
  readonly runsAtLeastOnce?: (operation: Operation) => boolean;
}
export const LoopLike = new OpInterface<LoopLikeImplementation>("loop-like");
