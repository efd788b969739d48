/**
 * The names of values while parsing. A name may be used before its definition: the use then holds a placeholder, which the
 * definition replaces. An op that is isolated from above starts afresh; any other region sees the names around it.
 */
import type { DiagnosticError, DiagnosticNote } from "../diagnostic-error.ts";
import { type Location, unknownLocation } from "../location.ts";
import { type Block, Value } from "../operation.ts";
import type { Type } from "../types.ts";
import type { Lexer } from "./lexer.ts";
import { SpanTable } from "./span-table.ts";

/** Stands for a value whose definition has not been read yet. */
class ForwardReference extends Value {
  constructor(type: Type) {
    super(type);
  }
  override get definer(): undefined {
    return undefined;
  }
  override get parentBlock(): Block | undefined {
    return undefined;
  }
  override get location(): Location {
    return unknownLocation;
  }
}

/** What a name meant outside of an isolated operation that uses the same name. */
interface Shadowed {
  readonly key: number;
  readonly value: Value | undefined;
  readonly at: number;
  readonly scope: number;
}

/** All names of one isolated operation. */
interface Scope {
  /** Tells the scope from all others of this parser; from 1. */
  readonly number: number;
  /** Per nested region the names defined in it, which are forgotten at its end. */
  readonly regions: number[][];
  /** Names used before their definition. */
  readonly early: number[];
  readonly shadowed: Shadowed[];
  forwardReferences: number;
}

export class ValueScopes {
  readonly #lexer: Lexer;
  /** Names get numbers once, and what they mean is in lists by that number. */
  readonly #words: SpanTable;
  /** By the number of a name: its word, or for a decimal `n` (from 0, as printers give them) -n - 1. */
  readonly #names: number[] = [];
  /** The numbers of names by their word, and those of decimals by their value; undefined where there is none. */
  readonly #keys: (number | undefined)[] = [];
  readonly #decimalKeys: (number | undefined)[] = [];
  readonly #sparseKeys = new Map<number, number>();
  readonly #values: (Value | undefined)[] = [];
  /** Where a name is defined; for a forward reference, where it was used first. */
  readonly #places: number[] = [];
  /** The scope to which the meaning belongs, 0 for none. */
  readonly #owners: number[] = [];
  readonly #scopes: Scope[] = [];
  #scope: Scope;
  #scopeCount = 0;

  constructor(lexer: Lexer) {
    this.#lexer = lexer;
    this.#words = new SpanTable(lexer.source);
    this.#scope = this.#enter();
  }

  #enter(): Scope {
    const scope = { number: ++this.#scopeCount, regions: [[]], early: [], shadowed: [], forwardReferences: 0 };
    this.#scopes.push(scope);
    return scope;
  }

  enterRegion(isIsolated: boolean): void {
    if (isIsolated) this.#scope = this.#enter();
    else this.#scope.regions.push([]);
  }

  leaveRegion(isIsolated: boolean): void {
    if (isIsolated) {
      this.finish();
      this.#leaveScope();
    } else this.#forget(this.#scope.regions.pop() ?? []);
  }

  #leaveScope(): void {
    const { regions, early, shadowed } = this.#scope;
    for (const keys of regions) this.#forget(keys);
    this.#forget(early);
    for (const { key, value, at, scope } of shadowed.reverse()) this.#mean(key, value, at, scope);
    this.#scopes.pop();
    this.#scope = this.#scopes.at(-1)!;
  }

  #forget(keys: readonly number[]): void {
    for (let position = 0; position < keys.length; position++) {
      this.#values[keys[position]!] = undefined;
      this.#owners[keys[position]!] = 0;
    }
  }

  #mean(key: number, value: Value | undefined, at: number, scope: number): void {
    this.#values[key] = value;
    this.#places[key] = at;
    this.#owners[key] = scope;
  }

  /** The number of the name between two offsets. */
  key(start: number, end: number, hash: number): number {
    const word = this.#words.numberOf(start, end, hash);
    return this.#keys[word] ?? this.#wordKey(word);
  }

  /** The number of a name that is a decimal without leading zeros. */
  decimalKey(value: number): number {
    const key = value < this.#decimalKeys.length ? this.#decimalKeys[value] : undefined;
    if (key !== undefined) return key;
    const sparse = this.#sparseKeys.get(value);
    if (sparse !== undefined) return sparse;
    const added = this.#add(-value - 1);
    // Names that do not count up would make the list too long.
    if (value > this.#names.length + 1024) this.#sparseKeys.set(value, added);
    else {
      while (this.#decimalKeys.length < value) this.#decimalKeys.push(undefined);
      this.#decimalKeys[value] = added;
    }
    return added;
  }

  /** The number of a name: `name` for the first result of a pack, `name#1` for the next. */
  keyOf(name: string, number: number): number {
    if (number === 0 && /^(?:0|[1-9][0-9]{0,7})$/.test(name)) return this.decimalKey(Number(name));
    return this.#wordKey(this.#words.numberOfText(number === 0 ? name : `${name}#${number}`));
  }

  #wordKey(word: number): number {
    const known = this.#keys[word];
    if (known !== undefined) return known;
    const key = this.#add(word);
    this.#keys[word] = key;
    return key;
  }

  #add(name: number): number {
    this.#values.push(undefined);
    this.#places.push(0);
    this.#owners.push(0);
    return this.#names.push(name) - 1;
  }

  /** The name of a number. */
  name(key: number): string {
    const name = this.#names[key]!;
    return name < 0 ? String(-name - 1) : this.#words.text(name);
  }

  /** What a name means here; undefined where it has not been used or defined yet. */
  known(key: number): Value | undefined {
    return this.#owners[key] === this.#scope.number ? this.#values[key] : undefined;
  }

  /** Fails where a name of the current isolated operation was used but never defined. */
  finish(): void {
    if (this.#scope.forwardReferences === 0) return;
    const undeclared = this.#scope.early.filter((key) => this.known(key) instanceof ForwardReference);
    undeclared.sort((a, b) => this.#places[a]! - this.#places[b]!);
    for (const key of new Set(undeclared)) {
      const message = `use of undeclared SSA value name '%${this.name(key)}'`;
      this.#lexer.report(this.#lexer.error(message, this.#places[key]!));
    }
  }

  /** The value of a use, or a placeholder of the type that the use states. */
  use(name: string, number: number, type: Type, at: number): Value {
    const key = this.keyOf(name, number);
    if (number !== 0 && this.known(key) === undefined) this.#checkPack(name, number, at);
    return this.useOf(key, type, at);
  }

  /** As `use`, by the name's number. */
  useOf(key: number, type: Type, at: number): Value {
    const known = this.known(key);
    if (known !== undefined) {
      if (known.type !== type) this.#lexer.report(this.#typeMismatch(key, known, type, at));
      return known;
    }
    const value = new ForwardReference(type);
    this.#set(key, value, at);
    this.#scope.early.push(key);
    this.#scope.forwardReferences++;
    return value;
  }

  #set(key: number, value: Value, at: number): void {
    const owner = this.#owners[key]!;
    if (owner !== 0 && owner !== this.#scope.number) {
      this.#scope.shadowed.push({ key, value: this.#values[key], at: this.#places[key]!, scope: owner });
    }
    this.#mean(key, value, at, this.#scope.number);
  }

  #typeMismatch(key: number, known: Value, type: Type, at: number): DiagnosticError {
    const where = known instanceof ForwardReference ? "first used here" : "defined here";
    const notes = [this.#lexer.note(`${where} with type '${known.type}'`, this.#places[key]!)];
    return this.#lexer.error(
      `use of value '%${this.name(key)}' expects another type than before: '${type}' here, '${known.type}' before`,
      at,
      notes,
    );
  }

  /** A number beyond the results of a definition that is known already is wrong, not a forward reference. */
  #checkPack(name: string, number: number, at: number): void {
    const first = this.keyOf(name, 0);
    const count = this.known(first)?.definer?.results.length;
    if (count === undefined || number < count) return;
    const notes: readonly DiagnosticNote[] = [this.#lexer.note("defined here", this.#places[first]!)];
    throw this.#lexer.error(
      `'%${name}' has ${count} result${count === 1 ? "" : "s"}, there is no number ${number}`,
      at,
      notes,
    );
  }

  /** Gives a value its name; earlier uses of the name are pointed to it. The placeholder that they held is returned. */
  define(name: string, number: number, value: Value, at: number): Value | undefined {
    return this.defineKey(this.keyOf(name, number), value, at);
  }

  /** As `define`, by the name's number. */
  defineKey(key: number, value: Value, at: number): Value | undefined {
    const known = this.known(key);
    const { regions } = this.#scope;
    if (known === undefined) this.#set(key, value, at);
    else {
      if (!(known instanceof ForwardReference)) {
        const note = this.#lexer.note("previously defined here", this.#places[key]!);
        this.#lexer.report(this.#lexer.error(`redefinition of SSA value '%${this.name(key)}'`, at, [note]));
        return undefined;
      }
      if (known.type !== value.type) {
        const note = this.#lexer.note(`previously used here with type '${known.type}'`, this.#places[key]!);
        const message = `definition of SSA value '%${this.name(key)}' has type '${value.type}'`;
        this.#lexer.report(this.#lexer.error(message, at, [note]));
      }
      known.replaceAllUsesWith(value);
      this.#scope.forwardReferences--;
      this.#mean(key, value, at, this.#scope.number);
    }
    regions[regions.length - 1]!.push(key);
    return known;
  }

  /** How deep the scopes are nested, for parsers that go on behind an error. */
  get nesting(): ScopeNesting {
    return { scopes: this.#scopes.length, regions: this.#scope.regions.length };
  }

  /** Leaves, without checks, what was entered since. */
  leaveTo({ scopes, regions }: ScopeNesting): void {
    while (this.#scopes.length > scopes) this.#leaveScope();
    for (const keys of this.#scope.regions.splice(regions)) this.#forget(keys);
  }
}

export interface ScopeNesting {
  readonly scopes: number;
  readonly regions: number;
}
