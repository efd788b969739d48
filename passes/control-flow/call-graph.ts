/** The order in which functions are worked on: callees before callers, with the members of a cycle next to each other. */
import type { Operation } from "../../ir/operation.ts";

/**
 * The strongly connected components of a call graph, each after all that it calls (Tarjan's algorithm, with an explicit
 * stack). `callees` has an entry for every function.
 */
export function components(callees: ReadonlyMap<Operation, readonly Operation[]>): Operation[][] {
  const indices = new Map<Operation, number>();
  const low = new Map<Operation, number>();
  const stack: Operation[] = [];
  const onStack = new Set<Operation>();
  const found: Operation[][] = [];
  const enter = (node: Operation) => {
    low.set(node, indices.size);
    indices.set(node, indices.size);
    stack.push(node);
    onStack.add(node);
    return { node, targets: callees.get(node) ?? [], next: 0 };
  };
  for (const start of callees.keys()) {
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
      found.push(members);
    }
  }
  return found;
}

/** All functions, callees first. */
export function bottomUp(callees: ReadonlyMap<Operation, readonly Operation[]>): Operation[] {
  return components(callees).flat();
}
