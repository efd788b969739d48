/**
 * Names for values and blocks, as MLIR gives them: `%0, %1, …` in order, all values of a region before those of the regions
 * inside it; `%arg0` for arguments of entry blocks; a value's own name where it has one, made unique among what is
 * visible. Sibling regions start from the same numbers, except in the generic form, which MLIR numbers without repeats.
 */
import { nameOf } from "../location.ts";
import type { Block, Operation, Region, Value } from "../operation.ts";
import type { TextWriter } from "./text-writer.ts";

/** The names taken in a region, and those around it. */
class UsedNames {
  readonly #parent: UsedNames | undefined;
  #names: Set<string> | undefined;

  constructor(parent: UsedNames | undefined) {
    this.#parent = parent;
  }

  has(name: string): boolean {
    return this.#names?.has(name) === true || this.#parent?.has(name) === true;
  }

  add(name: string): void {
    this.#names ??= new Set();
    this.#names.add(name);
  }
}

interface Counters {
  value: number;
  argument: number;
  conflict: number;
}

interface Pending {
  readonly region: Region;
  readonly counters: Counters;
  readonly outer: UsedNames;
}

export interface NamingOptions {
  /** Never use a number twice. */
  readonly isUnique: boolean;
  readonly keepsHints: boolean;
  /** Name values without a name of their own after the name in their location. */
  readonly usesLocationNames?: boolean | undefined;
  /** Number operations without results too, so that comments can refer to them. */
  readonly numbersOperations?: boolean | undefined;
}

export class ValueNames {
  /** The named values; a value's scratch number is its place here, unless another algorithm has used it since. */
  readonly #values: Value[] = [];
  /** Their names: a number for `%0`, or the text behind the `%`. */
  readonly #names: (string | number)[] = [];
  /** The places of the values, made when their scratch numbers have been used by somebody else. */
  #places: ReadonlyMap<Value, number> | undefined;
  readonly #blocks = new Map<Block, string>();
  readonly #successors = new Set<Block>();
  readonly #operations = new Map<Operation, string>();
  readonly #options: NamingOptions;

  /** Names all that is inside `operation`, and its results. */
  constructor(operation: Operation, options: NamingOptions) {
    this.#options = options;
    const counters: Counters = { value: 0, argument: 0, conflict: 0 };
    const used = new UsedNames(undefined);
    this.#nameResults(operation, counters, used);
    const pending: Pending[] = operation.regions.map((region) => ({ region, counters: { ...counters }, outer: used }));
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const own = options.isUnique ? counters : next.counters;
      const names = new UsedNames(next.outer);
      this.#nameRegion(next.region, own, names, pending);
    }
  }

  /** `%0`, `%r#1`; a mark for a value that is defined elsewhere. */
  value(value: Value): string {
    return `%${this.#nameOf(value)}`;
  }

  /** Writes what `value` gives. */
  write(value: Value, writer: TextWriter): void {
    const name = this.#nameOf(value);
    writer.code(0x25);
    if (typeof name === "number") writer.number(name);
    else writer.write(name);
  }

  #nameOf(value: Value): string | number {
    const place = value.scratch;
    if (place >= 0 && this.#values[place] === value) return this.#names[place]!;
    this.#places ??= new Map(this.#values.map((each, number) => [each, number]));
    const found = this.#places.get(value);
    return found === undefined ? "<defined-elsewhere>" : this.#names[found]!;
  }

  #set(value: Value, name: string | number): void {
    value.scratch = this.#values.length;
    this.#values.push(value);
    this.#names.push(name);
  }

  /** The number of an operation without results, where they have one. */
  operation(operation: Operation): string | undefined {
    return this.#operations.get(operation);
  }

  /** Whether an operation may branch to the block. */
  isSuccessor(block: Block): boolean {
    return this.#successors.has(block);
  }

  /** `^bb0` */
  block(block: Block): string {
    return this.#blocks.get(block) ?? "^<elsewhere>";
  }

  #nameRegion(region: Region, counters: Counters, names: UsedNames, pending: Pending[]): void {
    const inner: Region[] = [];
    for (const [position, block] of region.blocks.entries()) {
      this.#blocks.set(block, `^bb${position}`);
      for (const argument of block.arguments) {
        const automatic = position === 0 ? `arg${counters.argument++}` : undefined;
        this.#set(argument, this.#name(this.#hint(argument) ?? automatic, counters, names));
      }
      for (let operation = block.first; operation !== undefined; operation = operation.next) {
        this.#nameResults(operation, counters, names);
        if (operation.hasParts) {
          for (const each of operation.regions) inner.push(each);
          for (const each of operation.successors) this.#successors.add(each);
        }
      }
    }
    for (const each of inner) {
      if (each.blocks.length > 0) pending.push({ region: each, counters: { ...counters }, outer: names });
    }
  }

  #nameResults(operation: Operation, counters: Counters, names: UsedNames): void {
    const { results } = operation;
    const first = results[0];
    if (first === undefined) {
      if (this.#options.numbersOperations) this.#operations.set(operation, `%${counters.value++}`);
      return;
    }
    const name = this.#name(this.#hint(first), counters, names);
    if (results.length === 1) {
      this.#set(first, name);
      return;
    }
    for (const [number, result] of results.entries()) this.#set(result, `${name}#${number}`);
  }

  #hint(value: Value): string | undefined {
    const hint = this.#options.keepsHints ? value.nameHint : undefined;
    return hint ?? (this.#options.usesLocationNames ? nameOf(value.location) : undefined);
  }

  #name(wanted: string | undefined, counters: Counters, names: UsedNames): string | number {
    if (wanted === undefined) return counters.value++;
    const base = spellable(wanted);
    let name = base;
    while (names.has(name)) name = `${base}_${counters.conflict++}`;
    names.add(name);
    return name;
  }
}

const spellableName = /^[A-Za-z_$.-][A-Za-z0-9_$.-]*$/;

/** A name with what cannot stand in one replaced. */
function spellable(name: string): string {
  if (spellableName.test(name)) return name;
  const replaced = name.replaceAll(/[^A-Za-z0-9_$.-]/g, "_");
  return spellableName.test(replaced) ? replaced : `_${replaced}`;
}
