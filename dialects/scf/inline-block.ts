/** Putting the body of a region in the place of the operation that holds it. */
import type { Block, Operation, Value } from "../../ir/operation.ts";
import type { Rewriter } from "../../ir/rewrite/rewriter.ts";

/**
 * Moves the operations of `block` before `anchor`, its arguments replaced by `values`. Returns what its terminator
 * handed over.
 */
export function inlineBlock(
  block: Block,
  values: readonly Value[],
  anchor: Operation,
  rewriter: Rewriter,
): readonly Value[] {
  for (const [position, argument] of block.arguments.entries()) {
    const value = values[position];
    if (value !== undefined) rewriter.replaceAllUses(argument, value);
  }
  const terminator = block.last;
  const handed = terminator?.operands ?? [];
  if (terminator !== undefined) rewriter.erase(terminator);
  for (const operation of block.operations) rewriter.modify(operation, () => operation.moveBefore(anchor));
  return handed;
}
