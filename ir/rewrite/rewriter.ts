/**
 * The rewriter that patterns edit through: a builder that also replaces and erases, and tells its listener about every
 * edit so that drivers know what to look at again.
 */
import type { Attribute } from "../attributes.ts";
import { Builder, type InsertionPoint } from "../builder.ts";
import type { Context } from "../context.ts";
import type { Accessors, BuildArguments, Fields, OperationDefinition } from "../declaration.ts";
import type { Operation, Value } from "../operation.ts";
import type { Type } from "../types.ts";

export interface RewriteListener {
  readonly inserted?: (operation: Operation) => void;
  /** Called before `operation` is erased, for it and all inside it. */
  readonly erased?: (operation: Operation) => void;
  /** Operands, attributes or regions changed in place. */
  readonly modified?: (operation: Operation) => void;
  /** Called before the uses of `operation`'s results move to `replacements`. */
  readonly replaced?: (operation: Operation, replacements: readonly Value[]) => void;
  /** Gives a constant that can be used before `like`, where the driver keeps constants. */
  readonly constant?: (value: Attribute, type: Type, like: Operation) => Value | undefined;
}

export class Rewriter extends Builder {
  readonly context: Context;
  readonly #listener: RewriteListener;

  constructor(point: InsertionPoint, context: Context, listener: RewriteListener = {}) {
    super(point);
    this.context = context;
    this.#listener = listener;
  }

  /** Replaces an operation's results by values and erases it. Always returns true, for `return rewriter.replace(…)`. */
  replace(operation: Operation, replacements: Value | readonly Value[]): true {
    const values: readonly Value[] = Array.isArray(replacements) ? replacements : [replacements as Value];
    const { results } = operation;
    if (values.length !== results.length) {
      throw operation.error(`has ${results.length} results but got ${values.length} replacements`);
    }
    this.#listener.replaced?.(operation, values);
    for (let index = 0; index < results.length; index++) this.#moveUses(results[index]!, values[index]!);
    this.erase(operation);
    return true;
  }

  /** Builds an operation at the old one's place and location, and puts its results in the old one's stead. */
  replaceWith<F extends Fields>(
    operation: Operation,
    definition: OperationDefinition<F>,
    args: BuildArguments<F>,
  ): true {
    const made = this.build(definition, args, operation.location);
    for (const [position, result] of operation.results.entries()) {
      const fresh = made.results[position];
      if (fresh !== undefined) fresh.nameHint ??= result.nameHint;
    }
    return this.replace(operation, made.results);
  }

  erase(operation: Operation): true {
    const erased = this.#listener.erased;
    if (erased !== undefined) {
      if (operation.regions.length === 0) erased(operation);
      else {
        // Users before definers: a driver looks again at what lost a use, and must then hear that it goes as well.
        const inside: Operation[] = [];
        operation.walk((each) => inside.push(each));
        for (let at = inside.length - 1; at >= 0; at--) erased(inside[at]!);
      }
    }
    operation.erase();
    return true;
  }

  /** Changes an operation in place: `modify(op, () => op.setOperand(0, x))`. */
  modify(operation: Operation, change: () => void): true {
    const before: Value[] = [];
    for (let index = 0; index < operation.operandCount; index++) before.push(operation.operand(index));
    change();
    const modified = this.#listener.modified;
    if (modified === undefined) return true;
    modified(operation);
    // What the operation no longer uses may be dead now.
    for (const value of before) if (!value.hasUses && value.definer !== undefined) modified(value.definer);
    return true;
  }

  /**
   * A constant to be used by `operation` or what replaces it: one that is there already where the driver keeps constants,
   * else a new one at the insertion point. Undefined for attributes and types of which no dialect makes constants.
   */
  constant(value: Attribute, type: Type, operation: Operation): Value | undefined {
    if (this.#listener.constant !== undefined) return this.#listener.constant(value, type, operation);
    const made = this.context.materializeConstant(value, type, operation.location, operation);
    return made === undefined ? undefined : this.insert(made).onlyResult;
  }

  replaceAllUses(value: Value, replacement: Value): void {
    this.#moveUses(value, replacement);
    if (value.definer !== undefined) this.#listener.modified?.(value.definer);
  }

  #moveUses(value: Value, replacement: Value): void {
    if (value === replacement) return;
    const modified = this.#listener.modified;
    if (modified !== undefined) for (let use = value.firstUse; use !== undefined; use = use.next) modified(use.owner);
    value.replaceAllUsesWith(replacement);
  }

  protected override inserted(operation: Operation): void {
    this.#listener.inserted?.(operation);
  }
}

export type TypedOperation<F extends Fields> = Operation & Accessors<F>;
