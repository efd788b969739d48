/** The order in which functions are worked on: callees before callers, with the members of a cycle next to each other. */
import type { DirectedGraph } from "graphology";
import type { Operation } from "../../ir/operation.ts";

/**
 * The strongly connected components of a call graph, each after all that it calls (Tarjan's algorithm, with an explicit stack).
 */
export function components(graph: DirectedGraph<{ operation: Operation }>): Operation[][] {
  const indices = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const found: Operation[][] = [];
  const enter = (node: string) => {
    indices.set(node, indices.size);
    low.set(node, indices.get(node)!);
    stack.push(node);
    onStack.add(node);
    return { node, targets: graph.outNeighbors(node), next: 0 };
  };
  for (const start of graph.nodes()) {
    if (indices.has(start)) continue;
    const work = [enter(start)];
    for (let frame = work.at(-1); frame !== undefined; frame = work.at(-1)) {
      const target = frame.targets[frame.next++];
      if (target !== undefined) {
        if (!indices.has(target)) work.push(enter(target));
        else if (onStack.has(target)) low.set(frame.node, Math.min(low.get(frame.node)!, indices.get(target)!));
        continue;
      }
      work.pop();
      const parent = work.at(-1);
      if (parent !== undefined) low.set(parent.node, Math.min(low.get(parent.node)!, low.get(frame.node)!));
      if (low.get(frame.node) !== indices.get(frame.node)) continue;
      const members = stack.splice(stack.lastIndexOf(frame.node));
      for (const member of members) onStack.delete(member);
      found.push(members.map((member) => graph.getNodeAttribute(member, "operation")));
    }
  }
  return found;
}

/** All functions, callees first. */
export function bottomUp(graph: DirectedGraph<{ operation: Operation }>): Operation[] {
  return components(graph).flat();
}
