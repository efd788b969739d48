import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { forAll } from "../test/testing/property.ts";
import { DominatorTree } from "./dominator-tree.ts";

type Graph = readonly (readonly number[])[];

/** Random graphs with node 0 as root. */
const graphs: fc.Arbitrary<Graph> = fc
  .integer({ min: 1, max: 9 })
  .chain((size) =>
    fc.array(fc.array(fc.nat({ max: size - 1 }), { maxLength: 3 }), { minLength: size, maxLength: size }),
  );

/** The nodes that the root reaches without going through `without`. */
function reach(graph: Graph, without?: number): Set<number> {
  const reached = new Set<number>();
  const pending = without === 0 ? [] : [0];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (reached.has(node) || node === without) continue;
    reached.add(node);
    pending.push(...graph[node]!);
  }
  return reached;
}

const treeOf = (graph: Graph) => new DominatorTree(0, (node: number) => graph[node]!);

describe("dominator trees", () => {
  test("a node dominates what is not reached without it", () => {
    forAll(graphs, 300, (graph) => {
      const tree = treeOf(graph);
      const reached = reach(graph);
      for (const dominator of reached) {
        const others = reach(graph, dominator);
        for (const node of reached) {
          expect(tree.dominates(dominator, node)).toBe(node === dominator || !others.has(node));
        }
      }
      for (const node of graph.keys()) expect(tree.isReachable(node)).toBe(reached.has(node));
    });
  });

  test("the frontier is where dominance ends", () => {
    forAll(graphs, 300, (graph) => {
      const tree = treeOf(graph);
      const reached = [...reach(graph)];
      for (const node of reached) {
        const expected = reached.filter(
          (meeting) =>
            reached.some((from) => graph[from]!.includes(meeting) && tree.dominates(node, from)) &&
            (meeting === node || !tree.dominates(node, meeting)),
        );
        expect([...tree.frontier(node)].sort()).toEqual(expected.sort());
      }
    });
  });

  test("children and immediate dominators agree", () => {
    const tree = treeOf([[1, 2], [3], [3], [1]]);
    expect(tree.immediateDominator(3)).toBe(0);
    expect([...tree.children(0)].sort()).toEqual([1, 2, 3]);
    expect(tree.immediateDominator(0)).toBeUndefined();
  });
});
