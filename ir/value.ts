/**
 * SSA values and their uses. Every value knows its uses in a linked list.
 *
 * The classes here and in operation.ts declare their fields and set each in the constructor: the engine then knows the
 * size of an object when it is made. A module holds millions of them, so no field is here without need.
 */
import type { Location } from "./location.ts";
import type { Block, Operation } from "./operation.ts";
import type { Type } from "./types.ts";

/** One operand slot of an operation: a link in the use list of the value it holds. */
export class Use {
  declare readonly owner: Operation;
  /** Position among the owner's operands. */
  declare index: number;
  declare value: Value;
  declare next: Use | undefined;
  declare previous: Use | undefined;

  constructor(owner: Operation, index: number, value: Value) {
    this.owner = owner;
    this.index = index;
    this.value = value;
    const next = value.firstUse;
    this.next = next;
    this.previous = undefined;
    if (next !== undefined) next.previous = this;
    value.firstUse = this;
  }

  set(value: Value): void {
    if (value === this.value) return;
    this.value.unlinkUse(this);
    this.value = value;
    value.linkUse(this);
  }

  /** Goes back to `value`, behind `previous` in its use list (undefined: at the front). Undoes a change with the order of uses. */
  restore(value: Value, previous: Use | undefined): void {
    this.value.unlinkUse(this);
    this.value = value;
    value.linkUse(this, previous);
  }

  /** Leaves the use list of its value, which it still names; returns the use before it there, for `attach`. */
  detach(): Use | undefined {
    const { previous } = this;
    this.value.unlinkUse(this);
    return previous;
  }

  /** Goes back into the use list of its value after a `detach`. */
  attach(previous: Use | undefined): void {
    this.value.linkUse(this, previous);
  }
}

/** An SSA value: the result of an operation or an argument of a block. */
export abstract class Value<T extends Type = Type> {
  declare type: T;
  /** A name for people, kept where possible when printing. */
  declare nameHint: string | undefined;
  /** The head of the linked list of uses, for loops that must not allocate; do not edit it, nor anything while following it. */
  declare firstUse: Use | undefined;
  /** A number for the algorithm at work (a place in a table); it means nothing to others and must be checked when read. */
  declare scratch: number;

  protected constructor(type: T) {
    this.type = type;
    this.nameHint = undefined;
    this.firstUse = undefined;
    this.scratch = -1;
  }

  /** The operation that defines this value; undefined for block arguments. */
  abstract get definer(): Operation | undefined;
  /** The block in which the value is defined; undefined while its operation is not in a block. */
  abstract get parentBlock(): Block | undefined;
  abstract get location(): Location;

  get hasUses(): boolean {
    return this.firstUse !== undefined;
  }

  get hasOneUse(): boolean {
    return this.firstUse !== undefined && this.firstUse.next === undefined;
  }

  /** All uses. The list is a snapshot: editing while iterating is safe. */
  get uses(): Use[] {
    const uses: Use[] = [];
    for (let use = this.firstUse; use !== undefined; use = use.next) uses.push(use);
    return uses;
  }

  /** The operations that use this value, each once. */
  get users(): Operation[] {
    return [...new Set(this.uses.map((use) => use.owner))];
  }

  replaceAllUsesWith(replacement: Value): void {
    if (replacement === this) return;
    while (this.firstUse !== undefined) this.firstUse.set(replacement);
  }

  /** Kept by `Use`; not for others. A use goes to the front of the list, or behind `previous`. */
  linkUse(use: Use, previous?: Use): void {
    const next = previous === undefined ? this.firstUse : previous.next;
    use.previous = previous;
    use.next = next;
    if (previous === undefined) this.firstUse = use;
    else previous.next = use;
    if (next !== undefined) next.previous = use;
  }

  /** Kept by `Use`; not for others. */
  unlinkUse(use: Use): void {
    if (use.previous !== undefined) use.previous.next = use.next;
    else if (this.firstUse === use) this.firstUse = use.next;
    else return; // It was detached before.
    if (use.next !== undefined) use.next.previous = use.previous;
    use.next = undefined;
    use.previous = undefined;
  }
}

export class OperationResult<T extends Type = Type> extends Value<T> {
  declare readonly owner: Operation;
  declare readonly index: number;

  constructor(owner: Operation, index: number, type: T) {
    super(type);
    this.owner = owner;
    this.index = index;
  }

  override get definer(): Operation {
    return this.owner;
  }

  override get parentBlock(): Block | undefined {
    return this.owner.block;
  }

  override get location(): Location {
    return this.owner.location;
  }
}

export class BlockArgument<T extends Type = Type> extends Value<T> {
  declare readonly owner: Block;
  declare index: number;
  declare location: Location;

  constructor(owner: Block, index: number, type: T, location: Location) {
    super(type);
    this.owner = owner;
    this.index = index;
    this.location = location;
  }

  override get definer(): undefined {
    return undefined;
  }

  override get parentBlock(): Block {
    return this.owner;
  }
}
