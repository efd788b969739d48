/** Questions about side effects and constants that generic passes ask instead of knowing ops by name. */
import { entryValue } from "./attribute-map.ts";
import type { Attribute } from "./attributes.ts";
import type { Context } from "./context.ts";
import { type MemoryEffect, MemoryEffects } from "./interfaces.ts";
import type { Operation, OperationKind, Value } from "./operation.ts";

/** The constant that a value holds, if a ConstantLike operation with a `value` attribute defines it. */
export function constantOf(value: Value): Attribute | undefined {
  const { definer } = value;
  // Constants have no operands: most operations are told from them without looking at their traits.
  if (definer === undefined || definer.operandCount > 0) return undefined;
  if (!definer.definition?.hasTrait("ConstantLike")) return undefined;
  return entryValue(definer.inherentEntries, "value");
}

const noEffects: readonly MemoryEffect[] = [];

/** What one operation does by itself: "inside" where its regions decide, undefined where it is not known. */
function ownEffects(operation: Operation, context: Context): readonly MemoryEffect[] | "inside" | undefined {
  const { definition } = operation;
  if (definition === undefined) return undefined;
  const declared = context.implementation(MemoryEffects, operation);
  if (declared !== undefined) return declared(operation);
  if (operation.regions.length > 0) return "inside";
  return definition.hasTrait("Pure") || definition.hasTrait("Terminator") ? noEffects : undefined;
}

/**
 * The first operation in `root` (itself included) with an effect that `accept` refuses, or with unknown effects; undefined
 * where there is none. `known` may answer for an operation with regions. Does not recurse, so nesting may be deep.
 */
function firstRefused(
  root: Operation,
  context: Context,
  accept: (effect: MemoryEffect, operation: Operation) => boolean,
  known?: ReadonlyMap<Operation, Operation>,
): Operation | undefined {
  // Only operations that their regions decide wait here; the others are looked at on the way.
  const pending: Operation[] = [];
  const refuses = (operation: Operation): Operation | undefined => {
    const witness = operation.regions.length === 0 ? undefined : known?.get(operation);
    if (witness !== undefined) return witness;
    const effects = ownEffects(operation, context);
    if (effects === "inside") pending.push(operation);
    else if (effects === undefined || !effects.every((effect) => accept(effect, operation))) return operation;
    return undefined;
  };
  let refused = refuses(root);
  while (refused === undefined) {
    const operation = pending.pop();
    if (operation === undefined) return undefined;
    for (const region of operation.regions) {
      for (const block of region.blocks) {
        for (let inner = block.first; inner !== undefined && refused === undefined; inner = inner.next) {
          refused = refuses(inner);
        }
      }
    }
  }
  return refused;
}

/** What an operation and all inside it do to memory, or undefined where that is not known. */
export function effectsOf(operation: Operation, context: Context): readonly MemoryEffect[] | undefined {
  const own = ownEffects(operation, context);
  if (own !== "inside") return own;
  const effects: MemoryEffect[] = [];
  const collect = (effect: MemoryEffect) => {
    effects.push(effect);
    return true;
  };
  return firstRefused(operation, context, collect) === undefined ? effects : undefined;
}

/** Whether the operation neither reads, writes, allocates nor frees memory. */
export function isPure(operation: Operation, context: Context): boolean {
  return firstRefused(operation, context, () => false) === undefined;
}

/** Whether the operation does nothing but, possibly, read memory. */
export function onlyReads(operation: Operation, context: Context): boolean {
  return firstRefused(operation, context, ({ kind }) => kind === "read") === undefined;
}

/** Whether the operation may change what later reads see. */
export function mayWrite(operation: Operation, context: Context): boolean {
  return firstRefused(operation, context, ({ kind }) => kind === "read" || kind === "allocate") !== undefined;
}

/** Reading, and allocating what only the operation itself knows, is nobody's loss. */
function isRemovable({ kind, value }: MemoryEffect, operation: Operation): boolean {
  return kind === "read" || (kind === "allocate" && value?.definer === operation);
}

/** Whether the operation can be removed once it is unused, effects aside: not a terminator, a symbol, or a module. */
function canBeUnused(operation: Operation): boolean {
  const { definition } = operation;
  if (definition === undefined || definition.hasTrait("Terminator")) return false;
  // A module without a name is nobody's operand either, but not dead.
  if (operation.results.length === 0 && definition.hasTrait("IsolatedFromAbove")) return false;
  return entryValue(operation.inherentEntries, "sym_name") === undefined;
}

/** Whether every operation of this one's kind can be removed once it is unused, whatever its attributes. */
function isRemovableKind(operation: Operation, context: Context): boolean {
  const { definition } = operation;
  if (definition === undefined || !definition.hasTrait("Pure") || definition.regionFields.length > 0) return false;
  if (context.implementation(MemoryEffects, operation) !== undefined) return false;
  return definition.resultFields.length > 0 && definition.fields["sym_name"] === undefined && canBeUnused(operation);
}

/** Whether the operation can be removed: unused, not a terminator or symbol, and without effects but reads or allocations. */
export function isTriviallyDead(operation: Operation, context: Context): boolean {
  if (operation.hasUses || !canBeUnused(operation)) return false;
  return firstRefused(operation, context, isRemovable) === undefined;
}

/**
 * Answers `isTriviallyDead` for many operations in turn. For a nest of regions it remembers the operation that keeps the
 * nest alive, so that asking on every level costs no more than asking once. Tell it what is erased or changed.
 */
export class Deadness {
  readonly #context: Context;
  /** Operations with regions to an operation inside that must not be removed. */
  readonly #witnesses = new Map<Operation, Operation>();
  readonly #watched = new Set<Operation>();
  /** Whether all operations of a kind can be removed once unused. */
  readonly #plain = new Map<OperationKind, boolean>();

  constructor(context: Context) {
    this.#context = context;
  }

  isTriviallyDead(operation: Operation): boolean {
    if (operation.hasUses) return false;
    const { storedKind } = operation;
    let isPlain = this.#plain.get(storedKind);
    if (isPlain === undefined) {
      isPlain = isRemovableKind(operation, this.#context);
      this.#plain.set(storedKind, isPlain);
    }
    return isPlain || (canBeUnused(operation) && this.isRemovable(operation));
  }

  /** Whether the operation could be removed if nobody used it, by its effects. */
  isRemovable(operation: Operation): boolean {
    if (operation.regions.length === 0) {
      const effects = ownEffects(operation, this.#context);
      return effects !== undefined && effects !== "inside" && effects.every((effect) => isRemovable(effect, operation));
    }
    if (this.#witnesses.has(operation)) return false;
    const witness = firstRefused(operation, this.#context, isRemovable, this.#witnesses);
    if (witness === undefined) return true;
    this.#watched.add(witness);
    let around: Operation | undefined = witness;
    while (around !== undefined) {
      if (around !== witness) this.#witnesses.set(around, witness);
      if (around === operation) break;
      around = around.parentOperation;
    }
    return false;
  }

  /** The operation is about to be erased, or was changed. */
  changed(operation: Operation): void {
    if (this.#watched.size === 0 || !this.#watched.has(operation)) return;
    this.#watched.clear();
    this.#witnesses.clear();
  }
}
