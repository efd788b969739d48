/** Questions about side effects and constants that generic passes ask instead of knowing ops by name. */
import type { Attribute } from "./attributes.ts";
import type { Context } from "./context.ts";
import { type MemoryEffect, MemoryEffects } from "./interfaces.ts";
import type { Operation, Value } from "./operation.ts";

/** The constant that a value holds, if a ConstantLike operation with a `value` attribute defines it. */
export function constantOf(value: Value): Attribute | undefined {
  const { definer } = value;
  if (definer === undefined || !definer.definition?.hasTrait("ConstantLike")) return undefined;
  return definer.properties.get("value");
}

/** What an operation and all inside it do to memory, or undefined where that is not known. */
export function effectsOf(operation: Operation, context: Context): readonly MemoryEffect[] | undefined {
  const declared = context.implementation(MemoryEffects, operation);
  if (declared !== undefined) return declared(operation);
  if (operation.definition?.hasTrait("Pure")) {
    if (operation.regions.length === 0) return [];
  } else if (operation.regions.length === 0) return operation.definition?.hasTrait("Terminator") ? [] : undefined;
  const effects: MemoryEffect[] = [];
  for (const region of operation.regions) {
    for (const block of region.blocks) {
      for (let inner = block.first; inner !== undefined; inner = inner.next) {
        const innerEffects = effectsOf(inner, context);
        if (innerEffects === undefined) return undefined;
        effects.push(...innerEffects);
      }
    }
  }
  return effects;
}

/** Whether the operation neither reads, writes, allocates nor frees memory. */
export function isPure(operation: Operation, context: Context): boolean {
  return effectsOf(operation, context)?.length === 0;
}

/** Whether the operation can be removed: unused, not a terminator or symbol, and without effects but reads or allocations. */
export function isTriviallyDead(operation: Operation, context: Context): boolean {
  if (operation.hasUses || operation.definition === undefined) return false;
  if (operation.definition.hasTrait("Terminator") || operation.properties.has("sym_name")) return false;
  // A module without a name is nobody's operand either, but not dead.
  if (operation.definition.hasTrait("IsolatedFromAbove") && operation.results.length === 0) return false;
  const effects = effectsOf(operation, context);
  if (effects === undefined) return false;
  return effects.every(({ kind, value }) => kind === "read" || (kind === "allocate" && value?.definer === operation));
}
