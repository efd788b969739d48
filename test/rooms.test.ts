/**
 * The rooms of the house (docs/architecture.md): a folder imports only the folders that its row names, and no two rooms
 * import each other. A wrong arrow or a cycle is named by its files.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { DirectedGraph } from "graphology";
import { hasCycle } from "graphology-dag";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** Room to the rooms it may import. Tests may cross rooms. */
const allowed: Record<string, readonly string[]> = {
  ir: [],
  dialects: ["ir"],
  passes: ["ir"],
  lowering: ["ir", "passes", "dialects"],
  frontends: ["ir", "dialects", "passes"],
  runtime: ["ir"],
  compiler: ["ir", "dialects", "passes", "lowering", "frontends", "runtime"],
  tools: ["ir", "dialects", "passes", "lowering", "frontends", "runtime", "compiler"],
};

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}

interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

function arrowsOf(file: string): Arrow[] {
  const text = readFileSync(file, "utf8");
  const found = text.matchAll(/^(import|export)\s+(type\s)?[^;]*?from\s+"(\.[^"]+)"|import\("(\.[^"]+)"\)/gms);
  return [...found].map((match) => ({
    from: relative(root, file),
    to: relative(root, resolve(dirname(file), match[3] ?? match[4] ?? "")),
    typeOnly: match[2] !== undefined,
  }));
}

const roomOf = (path: string) => path.split("/")[0]!;

test("each room imports only the rooms that its row names", () => {
  const wrong: string[] = [];
  for (const [room, others] of Object.entries(allowed)) {
    for (const file of sources(join(root, room))) {
      for (const arrow of arrowsOf(file)) {
        const target = roomOf(arrow.to);
        if (arrow.to.includes("/") && target !== room && !others.includes(target))
          wrong.push(`${arrow.from} -> ${arrow.to}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test("the rooms form no cycle", () => {
  const graph = new DirectedGraph();
  for (const [room, others] of Object.entries(allowed)) {
    graph.mergeNode(room);
    for (const other of others) graph.mergeDirectedEdge(room, other);
  }
  expect(hasCycle(graph)).toBe(false);
});
