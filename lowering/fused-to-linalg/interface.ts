/**
 * The interface through which an op says how it is computed on the host: as linalg ops on tensors. Ops of the tensor
 * dialect have their lowerings in this folder; an op from outside declares its own (or anybody attaches one), and that is
 * all it needs to run on the `cpu` device:
 *
 *     interfaces: [LowerToLinalg.implement((operation, operands, rewriter) => [ … ])]
 */
import { OpInterface } from "../../ir/interfaces.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import type { Refusal } from "../../ir/rewrite/pattern.ts";
import type { Rewriter } from "../../ir/rewrite/rewriter.ts";

/**
 * Builds what computes `operation` at the rewriter's insertion point and returns one value per result, or a refusal with
 * the reason. `operands` stand for the operation's operands and have storage types (storage-types.ts): signless integers
 * of whole bytes. The operation itself still has its original operands and types, which tell signedness.
 */
export type LinalgLowering = (
  operation: Operation,
  operands: readonly Value[],
  rewriter: Rewriter,
) => readonly Value[] | Refusal;

export const LowerToLinalg = new OpInterface<LinalgLowering>("lower-to-linalg");
