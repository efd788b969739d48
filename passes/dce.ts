/** Dead code: operations without effects whose results nobody uses, and private symbols that nobody names. */
import { StringAttribute } from "../ir/attributes.ts";
import type { Context } from "../ir/context.ts";
import { isTriviallyDead } from "../ir/effects.ts";
import type { Operation } from "../ir/operation.ts";
import { countSymbolUses, symbolName } from "../ir/symbol-table.ts";
import { pass } from "./pass.ts";

export const dce = pass("dce", {
  doc: "Removes operations without side effects whose results are unused.",
  run: (operation, { context }) => removeDead(operation, context),
});

/** Removes dead operations inside `root`, users before definers; returns whether there were any. */
export function removeDead(root: Operation, context: Context): boolean {
  const operations: Operation[] = [];
  root.walk((operation) => {
    if (operation !== root) operations.push(operation);
  });
  let changed = false;
  for (const operation of operations.reverse()) {
    if (operation.block === undefined || !isTriviallyDead(operation, context)) continue;
    operation.erase();
    changed = true;
  }
  return changed;
}

export const symbolDce = pass("symbol-dce", {
  doc: "Removes private symbols (functions, globals) that no remaining operation refers to.",
  run: (operation) => {
    let changed = false;
    for (let again = true; again; ) {
      again = false;
      const uses = countSymbolUses(operation);
      for (const region of operation.regions) {
        for (const block of region.blocks) {
          for (const each of block.operations) {
            const name = symbolName(each);
            const visibility = each.attribute("sym_visibility");
            const isPrivate = visibility instanceof StringAttribute && visibility.value === "private";
            if (name === undefined || !isPrivate || (uses.get(name) ?? 0) > 0) continue;
            each.erase();
            changed = true;
            again = true;
          }
        }
      }
    }
    return changed;
  },
});
