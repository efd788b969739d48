/** Counts the operations by name and prints the table to standard error. Changes nothing. */
import type { Operation } from "../../ir/operation.ts";
import { pass } from "../pass.ts";

/** How many operations of each name there are inside (and with) `root`, by name. */
export function countOperations(root: Operation): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  root.walk((operation) => counts.set(operation.name, (counts.get(operation.name) ?? 0) + 1));
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The table as text: one line per op, names to the right; or one JSON object. */
export function printOperationCounts(counts: ReadonlyMap<string, number>, json: boolean): string {
  if (json) return JSON.stringify(Object.fromEntries(counts), undefined, 2);
  const width = Math.max(0, ...[...counts.keys()].map((name) => name.length));
  const lines = [...counts].map(([name, count]) => `  ${name.padEnd(width)} , ${count}`);
  return ["Operations encountered:", "-----------------------", ...lines].join("\n");
}

export const printOpStats = pass("print-op-stats", {
  doc: "Prints how often each op occurs to standard error.",
  options: { json: { doc: "print one JSON object", default: false } },
  run: (root, _passContext, options) => {
    process.stderr.write(`${printOperationCounts(countOperations(root), options.json)}\n`);
    return false;
  },
});
