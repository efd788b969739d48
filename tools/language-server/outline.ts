/** The outline of a text: symbols, and operations with regions inside them. */
import { symbolName } from "../../ir/symbol-table.ts";
import { signatureOf } from "./hover.ts";
import type { PlacedOperation, Range, TextModel } from "./model.ts";
import { definitionToken } from "./occurrences.ts";

export interface OutlineEntry extends Range {
  readonly name: string;
  readonly detail: string;
  readonly kind: "module" | "function" | "symbol" | "operation";
  /** What to select. */
  readonly selection: Range;
  readonly children: readonly OutlineEntry[];
}

export function outlineOf(model: TextModel): readonly OutlineEntry[] {
  return entriesOf(model, model.roots);
}

function entriesOf(model: TextModel, list: readonly PlacedOperation[]): readonly OutlineEntry[] {
  return list.flatMap((placed) => {
    const { operation, start, end, name } = placed;
    const symbol = symbolName(operation);
    if (symbol === undefined && operation.regions.length === 0) return [];
    const children = entriesOf(model, placed.children);
    const token = definitionToken(model, operation);
    const results = model.source.slice(start, name.start).replace(/\s*=\s*$/, "");
    return [
      {
        start,
        end,
        name: symbol === undefined ? operation.name : `@${symbol}`,
        detail: symbol === undefined ? results : (signatureOf(operation)?.text ?? operation.name),
        kind: kindOf(placed, symbol),
        selection: token === undefined ? name : { start: token.start, end: token.end },
        children,
      },
    ];
  });
}

function kindOf({ operation }: PlacedOperation, symbol: string | undefined): OutlineEntry["kind"] {
  if (operation.definition?.hasTrait("SymbolTable") ?? operation.name === "builtin.module") return "module";
  if (symbol === undefined) return "operation";
  return signatureOf(operation) === undefined ? "symbol" : "function";
}
