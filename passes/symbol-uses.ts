/** Who names a symbol: whether all uses of a function are calls that a pass can see and change. */
import type { SymbolReferenceAttribute } from "../ir/attributes.ts";
import type { Context } from "../ir/context.ts";
import { CallLike } from "../ir/interfaces.ts";
import type { Operation } from "../ir/operation.ts";
import { nearestSymbolTable, resolveSymbol, symbolName, symbolReferences } from "../ir/symbol-table.ts";

/** Whether only the symbol's own table can name it. */
export function isPrivate(symbol: Operation): boolean {
  return symbol.attribute("sym_visibility")?.text === '"private"';
}

interface SymbolUse {
  readonly user: Operation;
  readonly reference: SymbolReferenceAttribute;
}

/** All references to symbols inside an operation, by name; a snapshot. */
export class SymbolUses {
  readonly #scope: Operation;
  readonly #context: Context;
  readonly #byName = new Map<string, SymbolUse[]>();

  constructor(scope: Operation, context: Context) {
    this.#scope = scope;
    this.#context = context;
    scope.walk((user) => {
      for (const value of user.properties.values()) for (const each of symbolReferences(value)) this.#add(user, each);
      for (const value of user.attributes.values()) for (const each of symbolReferences(value)) this.#add(user, each);
    });
  }

  #add(user: Operation, reference: SymbolReferenceAttribute): void {
    for (const name of new Set(reference.path)) {
      const uses = this.#byName.get(name);
      if (uses === undefined) this.#byName.set(name, [{ user, reference }]);
      else uses.push({ user, reference });
    }
  }

  /**
   * All calls of a symbol, if they are all that can reach it: it is private, its table is inside the scope, and nothing else
   * names it. Otherwise undefined.
   */
  onlyCalls(symbol: Operation): Operation[] | undefined {
    const name = symbolName(symbol);
    const table = symbol.parentOperation === undefined ? undefined : nearestSymbolTable(symbol.parentOperation);
    if (name === undefined || table === undefined || !isPrivate(symbol) || !this.#scope.isAncestorOf(table))
      return undefined;
    const calls: Operation[] = [];
    for (const { user, reference } of this.#byName.get(name) ?? []) {
      const callee = this.#context.implementation(CallLike, user)?.callee(user);
      if (callee !== reference) return undefined;
      if (resolveSymbol(user, reference) === symbol) calls.push(user);
    }
    return calls;
  }
}
