/** What passes do that prove values to be constant: constants take their place, and what nobody needs any more goes. */
import type { Attribute } from "../../ir/attributes.ts";
import type { Context } from "../../ir/context.ts";
import { isTriviallyDead } from "../../ir/effects.ts";
import type { Block, Operation, Value } from "../../ir/operation.ts";
import { ConstantPool } from "../../ir/rewrite/constant-pool.ts";
import { blocksInside } from "../control-regions.ts";

/**
 * Replaces each used value of the live blocks for which `constantOf` knows an attribute of the value's type. Returns how many
 * were replaced.
 */
export function replaceByConstants(
  root: Operation,
  context: Context,
  isLive: (block: Block) => boolean,
  constantOf: (value: Value) => Attribute | undefined,
): number {
  const pool = new ConstantPool(root, context, { inserted: () => {} });
  let replaced = 0;
  const replace = (value: Value, like: Operation | undefined): boolean => {
    if (!value.hasUses || like === undefined) return false;
    const known = constantOf(value);
    const constant = known === undefined ? undefined : pool.valueOf(known, value.type, like);
    if (constant === undefined || constant === value) return false;
    value.replaceAllUsesWith(constant);
    replaced++;
    return true;
  };
  for (const block of blocksInside(root)) {
    if (!isLive(block)) continue;
    for (const argument of block.arguments) replace(argument, block.first);
    for (const operation of block.operations) {
      if (operation.definition?.hasTrait("ConstantLike")) continue;
      let changed = false;
      for (const result of operation.results) if (replace(result, operation)) changed = true;
      if (changed && isTriviallyDead(operation, context)) operation.erase();
    }
  }
  return replaced;
}
