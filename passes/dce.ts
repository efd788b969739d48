/** Dead code: blocks that nothing leads to, operations without effects whose results nobody uses, symbols nobody names. */
import { type Attribute, StringAttribute, type SymbolReferenceAttribute } from "../ir/attributes.ts";
import type { Context } from "../ir/context.ts";
import { Deadness } from "../ir/effects.ts";
import type { Operation } from "../ir/operation.ts";
import { eraseUnreachableBlocks, regionsWithBlocks } from "../ir/rewrite/region-simplification.ts";
import { nearestSymbolTable, SymbolTable, symbolName, symbolReferences } from "../ir/symbol-table.ts";
import { pass } from "./pass.ts";

export const dce = pass("dce", {
  doc: "Removes blocks that cannot be reached and operations without side effects whose results are unused.",
  statistics: { "operations removed": "operations that nobody used, with all inside them" },
  run: (operation, { context, statistic }) => removeDead(operation, context, statistic),
});

/** Removes dead blocks and operations inside `root`, users before definers; returns whether there were any. Linear. */
export function removeDead(
  root: Operation,
  context: Context,
  statistic: (name: "operations removed", amount: number) => void = () => {},
): boolean {
  let changed = false;
  let removed = 0;
  for (const region of regionsWithBlocks(root)) if (eraseUnreachableBlocks(region)) changed = true;
  const deadness = new Deadness(context);
  const later: (Operation | undefined)[] = [];
  const enter = ({ regions }: Operation) => {
    for (const region of regions) for (const block of region.blocks) later.push(block.last);
  };
  enter(root);
  while (later.length > 0) {
    let operation = later.pop();
    while (operation !== undefined) {
      const { previous } = operation;
      if (deadness.isTriviallyDead(operation)) {
        operation.erase();
        removed++;
      } else if (operation.regions.length > 0) {
        // What is inside comes before what stands in front of it: it may hold the last use of that.
        later.push(previous);
        enter(operation);
        break;
      }
      operation = previous;
    }
  }
  statistic("operations removed", removed);
  return changed || removed > 0;
}

export const symbolDce = pass("symbol-dce", {
  doc:
    "Removes private symbols (functions, globals) that no living operation refers to, those that only refer to each " +
    "other too, in nested symbol tables as well.",
  statistics: { "symbols removed": "private symbols that nothing refers to" },
  run: (operation, { statistic }) => {
    const removed = new SymbolLiveness(operation).removeDead();
    statistic("symbols removed", removed);
    return removed > 0;
  },
});

/** Marks the symbols that are reached from what is visible outside, then removes the others. */
class SymbolLiveness {
  readonly #root: Operation;
  readonly #live = new Set<Operation>();
  readonly #pending: Operation[] = [];
  readonly #tables = new Map<Operation, SymbolTable>();
  /** Tables that were entered, to whether all their symbols are hidden from outside. */
  readonly #entered = new Map<Operation, boolean>();
  readonly #references = new Map<Attribute, readonly SymbolReferenceAttribute[]>();

  constructor(root: Operation) {
    this.#root = root;
  }

  /** Returns how many symbols were removed. */
  removeDead(): number {
    if (!isTable(this.#root)) return 0;
    this.#enterTable(this.#root, false);
    for (let operation = this.#pending.pop(); operation !== undefined; operation = this.#pending.pop())
      this.#visit(operation);
    let removed = 0;
    for (const table of this.#entered.keys()) {
      for (const symbol of directlyInside(table)) {
        if (symbolName(symbol) === undefined || this.#live.has(symbol)) continue;
        symbol.erase();
        removed++;
      }
    }
    return removed;
  }

  /** What stands in a table and is no symbol, or a symbol that others may name, is alive. */
  #enterTable(table: Operation, isHidden: boolean): void {
    this.#entered.set(table, isHidden);
    for (const operation of directlyInside(table)) {
      if (symbolName(operation) === undefined || !(isHidden || isPrivate(operation))) this.#mark(operation);
    }
  }

  #mark(operation: Operation): void {
    if (this.#live.has(operation)) return;
    this.#live.add(operation);
    this.#pending.push(operation);
  }

  /** Follows the references that a living operation and all inside it make. A nested table decides about its own symbols. */
  #visit(root: Operation): void {
    const inside = [root];
    for (let operation = inside.pop(); operation !== undefined; operation = inside.pop()) {
      for (let entry = operation.inherentEntries; entry !== undefined; entry = entry.next)
        this.#follow(operation, entry.value);
      for (let entry = operation.discardableEntries; entry !== undefined; entry = entry.next)
        this.#follow(operation, entry.value);
      if (isTable(operation)) {
        const outer = operation.parentOperation && nearestSymbolTable(operation.parentOperation);
        const isHidden = (outer && this.#entered.get(outer)) || isPrivate(operation);
        this.#enterTable(operation, isHidden);
        continue;
      }
      for (const region of operation.regions) {
        for (const block of region.blocks) {
          for (let inner = block.first; inner !== undefined; inner = inner.next) inside.push(inner);
        }
      }
    }
  }

  #follow(from: Operation, attribute: Attribute): void {
    let references = this.#references.get(attribute);
    if (references === undefined) {
      references = symbolReferences(attribute);
      this.#references.set(attribute, references);
    }
    for (const reference of references) this.#markReferred(from, reference);
  }

  /** Marks what a reference names, and the tables on the way to it. */
  #markReferred(from: Operation, { path }: SymbolReferenceAttribute): void {
    let table = nearestSymbolTable(from);
    while (table !== undefined) {
      const found: Operation[] = [];
      let inner: Operation | undefined = table;
      for (const name of path) {
        inner = inner && this.#tableOf(inner).lookup(name);
        if (inner !== undefined) found.push(inner);
      }
      if (inner !== undefined) {
        for (const each of found) this.#mark(each);
        return;
      }
      table = table.parentOperation && nearestSymbolTable(table.parentOperation);
    }
  }

  #tableOf(operation: Operation): SymbolTable {
    let table = this.#tables.get(operation);
    if (table === undefined) {
      table = new SymbolTable(operation);
      this.#tables.set(operation, table);
    }
    return table;
  }
}

function isTable(operation: Operation): boolean {
  return operation.definition?.hasTrait("SymbolTable") ?? false;
}

function isPrivate(symbol: Operation): boolean {
  const visibility = symbol.attribute("sym_visibility");
  return visibility instanceof StringAttribute && visibility.value === "private";
}

function directlyInside(table: Operation): Operation[] {
  return table.regions.flatMap(({ blocks }) => blocks.flatMap((block) => block.operations));
}
