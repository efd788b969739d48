/**
 * The names of values while parsing. A name may be used before its definition: the use then holds a placeholder, which the
 * definition replaces. An op that is isolated from above starts afresh; any other region sees the names around it.
 */
import type { DiagnosticError, DiagnosticNote } from "../diagnostic-error.ts";
import { type Location, unknownLocation } from "../location.ts";
import { type Block, Value } from "../operation.ts";
import type { Type } from "../types.ts";
import type { Lexer } from "./lexer.ts";

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

interface Entry {
  value: Value;
  /** Where it is defined; for a forward reference, where it was used first. */
  at: number;
}

/** All names of one isolated operation. */
interface Scope {
  readonly entries: Map<Key, Entry>;
  /** Per nested region the keys defined in it, which are forgotten at its end. */
  readonly regions: Key[][];
  forwardReferences: number;
}

function newScope(): Scope {
  return { entries: new Map(), regions: [[]], forwardReferences: 0 };
}

/** Numeric names are kept as numbers, which a map finds faster. */
type Key = string | number;

/** `name` for the first result of a pack, `name#1` for the next. */
function keyOf(name: string, number: number): Key {
  if (number !== 0) return `${name}#${number}`;
  const first = name.charCodeAt(0);
  const isNumber = first <= 0x39 && first >= 0x30 && name.length < 10 && (first !== 0x30 || name.length === 1);
  return isNumber ? Number(name) : name;
}

export class ValueScopes {
  readonly #lexer: Lexer;
  readonly #scopes: Scope[] = [newScope()];
  #scope: Scope;

  constructor(lexer: Lexer) {
    this.#lexer = lexer;
    this.#scope = this.#scopes[0]!;
  }

  enterRegion(isIsolated: boolean): void {
    if (isIsolated) {
      this.#scope = newScope();
      this.#scopes.push(this.#scope);
    } else {
      this.#scope.regions.push([]);
    }
  }

  leaveRegion(isIsolated: boolean): void {
    if (isIsolated) {
      this.finish();
      this.#scopes.pop();
      this.#scope = this.#scopes.at(-1)!;
      return;
    }
    const { entries, regions } = this.#scope;
    const keys = regions.pop() ?? [];
    if (keys.length === entries.size) entries.clear();
    else for (const key of keys) entries.delete(key);
  }

  /** Fails where a name of the current isolated operation was used but never defined. */
  finish(): void {
    if (this.#scope.forwardReferences === 0) return;
    const undeclared: { readonly key: Key; readonly at: number }[] = [];
    for (const [key, { value, at }] of this.#scope.entries) {
      if (value instanceof ForwardReference) undeclared.push({ key, at });
    }
    undeclared.sort((a, b) => a.at - b.at);
    for (const { key, at } of undeclared)
      this.#lexer.report(this.#lexer.error(`use of undeclared SSA value name '%${key}'`, at));
  }

  /** The value of a use, or a placeholder of the type that the use states. */
  use(name: string, number: number, type: Type, at: number): Value {
    const { entries } = this.#scope;
    const key = keyOf(name, number);
    const known = entries.get(key);
    if (known !== undefined) {
      if (known.value.type !== type) this.#lexer.report(this.#typeMismatch(key, known, type, at));
      return known.value;
    }
    this.#checkPack(name, number, at);
    const value = new ForwardReference(type);
    entries.set(key, { value, at });
    this.#scope.forwardReferences++;
    return value;
  }

  #typeMismatch(key: Key, known: Entry, type: Type, at: number): DiagnosticError {
    const where = known.value instanceof ForwardReference ? "first used here" : "defined here";
    const notes = [this.#lexer.note(`${where} with type '${known.value.type}'`, known.at)];
    return this.#lexer.error(
      `use of value '%${key}' expects another type than before: '${type}' here, '${known.value.type}' before`,
      at,
      notes,
    );
  }

  /** A number beyond the results of a definition that is known already is wrong, not a forward reference. */
  #checkPack(name: string, number: number, at: number): void {
    if (number === 0) return;
    const first = this.#scope.entries.get(keyOf(name, 0));
    const count = first?.value.definer?.results.length;
    if (first === undefined || count === undefined || number < count) return;
    const notes: readonly DiagnosticNote[] = [this.#lexer.note("defined here", first.at)];
    throw this.#lexer.error(
      `'%${name}' has ${count} result${count === 1 ? "" : "s"}, there is no number ${number}`,
      at,
      notes,
    );
  }

  /** Gives a value its name; earlier uses of the name are pointed to it. The placeholder that they held is returned. */
  define(name: string, number: number, value: Value, at: number): Value | undefined {
    const { entries, regions } = this.#scope;
    const key = keyOf(name, number);
    const known = entries.get(key);
    let placeholder: Value | undefined;
    if (known === undefined) {
      entries.set(key, { value, at });
    } else {
      if (!(known.value instanceof ForwardReference)) {
        const note = this.#lexer.note("previously defined here", known.at);
        this.#lexer.report(this.#lexer.error(`redefinition of SSA value '%${key}'`, at, [note]));
        return undefined;
      }
      if (known.value.type !== value.type) {
        const note = this.#lexer.note(`previously used here with type '${known.value.type}'`, known.at);
        this.#lexer.report(this.#lexer.error(`definition of SSA value '%${key}' has type '${value.type}'`, at, [note]));
      }
      placeholder = known.value;
      placeholder.replaceAllUsesWith(value);
      this.#scope.forwardReferences--;
      known.value = value;
      known.at = at;
    }
    regions[regions.length - 1]!.push(key);
    return placeholder;
  }

  /** How deep the scopes are nested, for parsers that go on behind an error. */
  get nesting(): ScopeNesting {
    return { scopes: this.#scopes.length, regions: this.#scope.regions.length };
  }

  /** Leaves, without checks, what was entered since. */
  leaveTo({ scopes, regions }: ScopeNesting): void {
    this.#scopes.length = scopes;
    this.#scope = this.#scopes[scopes - 1]!;
    for (const keys of this.#scope.regions.splice(regions)) for (const key of keys) this.#scope.entries.delete(key);
  }
}

export interface ScopeNesting {
  readonly scopes: number;
  readonly regions: number;
}
