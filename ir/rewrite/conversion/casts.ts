/**
 * Unrealized casts: `builtin.unrealized_conversion_cast` stands between converted and unconverted values while a conversion
 * is under way, from N values to M. Here they are made, seen through, and removed where they cancel out.
 */
import type { Context } from "../../context.ts";
import type { Location } from "../../location.ts";
import { createOperation, type Operation, type Value } from "../../operation.ts";
import type { Type } from "../../types.ts";

export const castName = "builtin.unrealized_conversion_cast";

/** A cast of `values` to `types`, not yet in a block. */
export function makeCast(
  context: Context,
  values: readonly Value[],
  types: readonly Type[],
  location: Location,
): Operation {
  const definition = context.definition(castName);
  if (definition === undefined) throw new Error("dialect conversion needs the builtin dialect to be loaded");
  return createOperation({ name: castName, definition, operands: values, resultTypes: types, location });
}

/** How many casts on end are looked through for a value of the wanted types. */
const longestLook = 16;

/** The values of the wanted types that `value` was cast from, or itself; undefined where there are none. */
export function seenThroughCasts(value: Value, wanted: readonly Type[]): readonly Value[] | undefined {
  if (wanted.length === 1 && value.type === wanted[0]) return [value];
  let current = value;
  for (let step = 0; step < longestLook; step++) {
    const { definer } = current;
    if (definer === undefined || definer.name !== castName || definer.results.length !== 1) return undefined;
    const uses = definer.operandUses;
    if (uses.length === wanted.length && uses.every((use, position) => use.value.type === wanted[position])) {
      return definer.operands;
    }
    const [only] = uses;
    if (only === undefined || uses.length !== 1) return undefined;
    current = only.value;
  }
  return undefined;
}

/** How casts are removed: directly, or through a rewriter that can take it back. */
export interface CastEditor {
  readonly replaceAllUses: (value: Value, replacement: Value) => void;
  /** Erases an operation that only operations erased with it still use. */
  readonly erase: (casts: readonly Operation[]) => void;
}

const directEditor: CastEditor = {
  replaceAllUses: (value, replacement) => value.replaceAllUsesWith(replacement),
  erase: (casts) => {
    for (const cast of casts) cast.dropReferences();
    for (const cast of casts) cast.erase();
  },
};

/** Removes casts inside `root` that cancel out (A→B→A, also of several values) or that nobody needs. Whether any was removed. */
export function reconcileCasts(root: Operation): boolean {
  const casts: Operation[] = [];
  root.walk((operation) => {
    if (operation.name === castName) casts.push(operation);
  });
  return reconcile(casts, directEditor);
}

/** As `reconcileCasts`, for these casts. Takes time in proportion to their number and values, chains and cycles included. */
export function reconcile(all: readonly Operation[], editor: CastEditor): boolean {
  // Most casts of a conversion are unused by its end; users come behind what they use, mostly.
  const casts: Operation[] = [];
  for (let position = all.length - 1; position >= 0; position--) {
    const cast = all[position]!;
    if (cast.hasUses) casts.push(cast);
    else editor.erase([cast]);
  }
  if (casts.length === 0) return all.length > 0;
  casts.reverse();
  const known = new Set(casts);
  const children = new Map<Operation, Operation[]>();
  const roots: Operation[] = [];
  for (const cast of casts) {
    const producer = wholeProducer(cast);
    if (producer === undefined || !known.has(producer)) roots.push(cast);
    else {
      const list = children.get(producer);
      if (list === undefined) children.set(producer, [cast]);
      else list.push(cast);
    }
  }
  const changed = new ChainWalk(children, editor).run(roots);
  const dead = deadAmong(casts, known);
  if (dead.length > 0) editor.erase(dead);
  return changed || dead.length > 0 || casts.length < all.length;
}

/** The cast whose results, all of them and in order, are the operands of `cast`. */
function wholeProducer(cast: Operation): Operation | undefined {
  const producer = cast.operandUses[0]?.value.definer;
  if (producer?.name !== castName || producer.results.length !== cast.operandCount) return undefined;
  return producer.results.every((result, position) => cast.operandUses[position]!.value === result)
    ? producer
    : undefined;
}

/**
 * Walks each chain of casts from its first, keeping the values on the way by their types. A cast to types that were there before
 * gives those values to its users.
 */
class ChainWalk {
  readonly #children: ReadonlyMap<Operation, readonly Operation[]>;
  readonly #editor: CastEditor;
  readonly #onTheWay = new Map<Type | string, readonly Value[]>();
  readonly #numbers = new Map<Type, number>();
  #changed = false;

  constructor(children: ReadonlyMap<Operation, readonly Operation[]>, editor: CastEditor) {
    this.#children = children;
    this.#editor = editor;
  }

  /** With an explicit stack: chains may be long. A cast in a cycle is reached from no root and stays. */
  run(roots: readonly Operation[]): boolean {
    const stack: (() => void)[] = [];
    for (const root of roots) {
      this.#onTheWay.clear();
      const inputs = root.operands;
      this.#onTheWay.set(this.#key(inputs), inputs);
      stack.push(() => this.#enter(root, stack));
      for (let step = stack.pop(); step !== undefined; step = stack.pop()) step();
    }
    return this.#changed;
  }

  #enter(cast: Operation, stack: (() => void)[]): void {
    const key = this.#key(cast.results);
    const earlier = this.#onTheWay.get(key);
    if (earlier !== undefined) {
      for (const [position, result] of cast.results.entries()) {
        if (!result.hasUses) continue;
        this.#editor.replaceAllUses(result, earlier[position]!);
        this.#changed = true;
      }
    } else {
      this.#onTheWay.set(key, cast.results);
      stack.push(() => this.#onTheWay.delete(key));
    }
    for (const child of this.#children.get(cast) ?? []) stack.push(() => this.#enter(child, stack));
  }

  #key(values: readonly Value[]): Type | string {
    const [only] = values;
    if (only !== undefined && values.length === 1) return only.type;
    return values.map(({ type }) => this.#numberOf(type)).join(" ");
  }

  #numberOf(type: Type): number {
    let number = this.#numbers.get(type);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(type, number);
    }
    return number;
  }
}

/** The casts that no other operation needs, directly or through casts; a cycle of casts does not keep itself alive. */
function deadAmong(casts: readonly Operation[], known: ReadonlySet<Operation>): readonly Operation[] {
  const live = new Set<Operation>();
  const pending: Operation[] = [];
  const keep = (cast: Operation): void => {
    if (live.has(cast)) return;
    live.add(cast);
    pending.push(cast);
  };
  const isNeeded = (result: Value): boolean => result.hasUses && result.uses.some(({ owner }) => !known.has(owner));
  for (const cast of casts) if (cast.results.some(isNeeded)) keep(cast);
  for (let cast = pending.pop(); cast !== undefined; cast = pending.pop()) {
    for (const { value } of cast.operandUses) {
      const { definer } = value;
      if (definer !== undefined && known.has(definer)) keep(definer);
    }
  }
  return casts.filter((cast) => !live.has(cast));
}
