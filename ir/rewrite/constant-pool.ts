/**
 * Constants while the IR is rewritten: per isolated region one constant operation for each value and type, at the head of
 * the region's entry block, where it dominates all that may ask for it.
 */
import { entryValue } from "../attribute-map.ts";
import type { Attribute } from "../attributes.ts";
import type { Context } from "../context.ts";
import type { Block, Operation, Value } from "../operation.ts";
import type { Type } from "../types.ts";

/** The place of a region's constants. */
interface Home {
  readonly block: Block;
  /** By attribute; several where ops of different dialects or types hold the same one. */
  readonly constants: Map<Attribute, Operation | Operation[]>;
  /** The last constant at the head of the block; new ones follow it. */
  last: Operation | undefined;
  /** Something else stands between the constants: each is moved to the front before it gets a new use. */
  isMixed: boolean;
}

export interface ConstantPoolEvents {
  /** A constant was made and inserted. */
  readonly inserted: (constant: Operation) => void;
}

export class ConstantPool {
  readonly #root: Operation;
  readonly #context: Context;
  readonly #events: ConstantPoolEvents;
  readonly #homes = new Map<Block, Home>();
  #lastBlock: Block | undefined = undefined;
  #lastHome: Home | undefined = undefined;
  /** Constants that were moved or made so far. */
  changes = 0;

  /** Constants stay inside `root`. */
  constructor(root: Operation, context: Context, events: ConstantPoolEvents) {
    this.#root = root;
    this.#context = context;
    this.#events = events;
  }

  /**
   * Takes in a constant operation of the program, moving it to the head of its home. Returns an equal constant that is
   * there already and can replace it, or undefined. Where that means a change, `mayChange` is asked.
   */
  adopt(operation: Operation, mayChange: () => boolean = () => true): Operation | undefined {
    const { block, inherentEntries: value } = operation;
    const result = operation.results[0];
    // With further attributes it is more than its value.
    if (value === undefined || value.name !== "value" || value.next !== undefined) return undefined;
    if (operation.discardableEntries !== undefined || operation.results.length !== 1) return undefined;
    if (result === undefined || block === undefined) return undefined;
    const attribute = value.value;
    const home = this.#homeOf(block);
    const known = this.#find(home, attribute, result.type, operation.definition?.dialect);
    if (known === operation) return undefined;
    if (known !== undefined) {
      if (!mayChange()) return undefined;
      this.#makeVisible(home, known);
      return known;
    }
    if (this.#anchorFor(home) !== operation && !mayChange()) return undefined;
    this.#remember(home, attribute, operation);
    this.#place(home, operation);
    return undefined;
  }

  /** A constant that can be used wherever `like` stands, made by its dialect where there is none yet. */
  valueOf(attribute: Attribute, type: Type, like: Operation): Value | undefined {
    const { block } = like;
    if (block === undefined) return undefined;
    const home = this.#homeOf(block);
    let constant = this.#find(home, attribute, type, like.definition?.dialect);
    if (constant !== undefined) {
      this.#makeVisible(home, constant);
      return constant.onlyResult;
    }
    const made = this.#context.materializeConstant(attribute, type, like.location, like);
    if (made === undefined) return undefined;
    // Another dialect's op may stand for the value, and be there already.
    constant = this.#find(home, attribute, type, made.definition?.dialect);
    if (constant !== undefined) {
      this.#makeVisible(home, constant);
      return constant.onlyResult;
    }
    this.#remember(home, entryValue(made.inherentEntries, "value") ?? attribute, made);
    this.#place(home, made);
    this.#events.inserted(made);
    return made.onlyResult;
  }

  /** Something that is no constant of this pool was inserted: the head of the block may no longer be constants only. */
  inserted(operation: Operation): void {
    const next = operation.next;
    if (next === undefined || next.operandCount > 0 || operation.block === undefined) return;
    const home = this.#homes.get(operation.block);
    if (home?.block === operation.block && next.definition?.hasTrait("ConstantLike")) home.isMixed = true;
  }

  /** A constant is about to be erased. */
  erased(operation: Operation): void {
    const home = operation.block === undefined ? undefined : this.#homes.get(operation.block);
    if (home?.last !== operation) return;
    const { previous } = operation;
    home.last = previous?.operandCount === 0 && previous.definition?.hasTrait("ConstantLike") ? previous : undefined;
  }

  #makeVisible(home: Home, constant: Operation): void {
    const { first } = home.block;
    if (!home.isMixed || first === undefined || first === constant) return;
    if (home.last === constant) home.last = undefined;
    constant.moveBefore(first);
    this.changes++;
  }

  /** What a new constant goes before. */
  #anchorFor(home: Home): Operation | undefined {
    const last = home.isMixed || home.last?.block !== home.block ? undefined : home.last;
    return last === undefined ? home.block.first : last.next;
  }

  #place(home: Home, constant: Operation): void {
    const anchor = this.#anchorFor(home);
    if (anchor !== constant) {
      if (constant.block !== undefined) constant.unlink();
      home.block.insertBefore(constant, anchor);
      this.changes++;
    }
    home.last = constant;
  }

  #remember(home: Home, attribute: Attribute, constant: Operation): void {
    const known = home.constants.get(attribute);
    if (known === undefined) home.constants.set(attribute, constant);
    else if (!Array.isArray(known)) {
      // One that was erased meanwhile makes room.
      home.constants.set(attribute, known.block === home.block ? [known, constant] : constant);
    } else home.constants.set(attribute, [...known.filter(({ block }) => block === home.block), constant]);
  }

  #find(home: Home, attribute: Attribute, type: Type, dialect: string | undefined): Operation | undefined {
    const known = home.constants.get(attribute);
    if (known === undefined) return undefined;
    if (!Array.isArray(known)) return fits(known, home, type, dialect) ? known : undefined;
    return known.find((each) => fits(each, home, type, dialect));
  }

  #homeOf(block: Block): Home {
    if (block === this.#lastBlock && this.#lastHome?.block === this.#lastHome?.block.region?.entry)
      return this.#lastHome!;
    const home = this.#lookUp(block);
    this.#lastBlock = block;
    this.#lastHome = home;
    return home;
  }

  /** Climbs to the nearest region that is isolated from what is around it, or that of the root. */
  #lookUp(start: Block): Home {
    const passed: Block[] = [];
    let block = start;
    let home: Home | undefined;
    for (;;) {
      home = this.#homes.get(block);
      if (home !== undefined && home.block === home.block.region?.entry) break;
      home = undefined;
      passed.push(block);
      const { region } = block;
      const parent = region?.parent;
      const isTop = parent === undefined || parent === this.#root || parent.block === undefined;
      if (isTop || parent.definition === undefined || parent.definition.hasTrait("IsolatedFromAbove")) {
        const entry = region?.entry ?? block;
        home = this.#homes.get(entry);
        if (home?.block !== entry) {
          home = { block: entry, constants: new Map(), last: undefined, isMixed: false };
          this.#homes.set(entry, home);
        }
        break;
      }
      block = parent.block!;
    }
    for (const each of passed) this.#homes.set(each, home);
    return home;
  }
}

function fits(constant: Operation, home: Home, type: Type, dialect: string | undefined): boolean {
  if (constant.block !== home.block || constant.definition?.dialect !== dialect) return false;
  return constant.results[0]?.type === type;
}
