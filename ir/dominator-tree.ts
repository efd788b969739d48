/**
 * Dominator trees, dominance frontiers and post-dominators, of the blocks of a region or of any graph (Cooper, Harvey and
 * Kennedy's algorithm). For questions about values and operations, `DominanceInfo` is the place.
 */
import type { Block, Region } from "./operation.ts";

export class DominatorTree<N> {
  /** Nodes that the root reaches, in reverse postorder. */
  readonly order: readonly N[];
  readonly #numbers: ReadonlyMap<N, number>;
  readonly #immediate: readonly number[];
  readonly #predecessors: readonly (readonly number[])[];
  #children: ReadonlyMap<N, readonly N[]> | undefined = undefined;
  #frontiers: ReadonlyMap<N, ReadonlySet<N>> | undefined = undefined;

  constructor(root: N, successors: (node: N) => readonly N[]) {
    this.order = reversePostorder(root, successors);
    this.#numbers = new Map(this.order.map((node, number) => [node, number]));
    const predecessors: number[][] = this.order.map(() => []);
    for (const [number, node] of this.order.entries()) {
      for (const successor of new Set(successors(node))) predecessors[this.#numbers.get(successor)!]!.push(number);
    }
    this.#predecessors = predecessors;
    this.#immediate = immediateDominators(predecessors);
  }

  isReachable(node: N): boolean {
    return this.#numbers.has(node);
  }

  /** The closest node that all paths to `node` pass before it; undefined for the root and what it does not reach. */
  immediateDominator(node: N): N | undefined {
    const number = this.#numbers.get(node);
    return number === undefined || number === 0 ? undefined : this.order[this.#immediate[number]!];
  }

  /** Whether all paths to `node` pass `dominator`; a node dominates itself. */
  dominates(dominator: N, node: N): boolean {
    const target = this.#numbers.get(dominator);
    let walker = this.#numbers.get(node);
    if (walker === undefined) return true;
    if (target === undefined) return false;
    while (walker > target) walker = this.#immediate[walker]!;
    return walker === target;
  }

  /** The nodes that a node dominates immediately. */
  children(node: N): readonly N[] {
    if (this.#children === undefined) {
      const children = new Map<N, N[]>();
      for (const each of this.order) {
        const parent = this.immediateDominator(each);
        if (parent === undefined) continue;
        const known = children.get(parent);
        if (known === undefined) children.set(parent, [each]);
        else known.push(each);
      }
      this.#children = children;
    }
    return this.#children.get(node) ?? [];
  }

  /** Where a node's dominance ends: nodes with a predecessor that it dominates, but which it does not strictly dominate. */
  frontier(node: N): ReadonlySet<N> {
    this.#frontiers ??= this.#computeFrontiers();
    return this.#frontiers.get(node) ?? new Set();
  }

  #computeFrontiers(): ReadonlyMap<N, ReadonlySet<N>> {
    const frontiers = new Map<N, Set<N>>();
    for (const [number, node] of this.order.entries()) {
      const predecessors = this.#predecessors[number]!;
      if (predecessors.length < 2 && number !== 0) continue;
      for (const predecessor of predecessors) {
        // The root has no immediate dominator: walk up to and including it.
        const stop = number === 0 ? -1 : this.#immediate[number]!;
        for (let walker = predecessor; walker !== stop; walker = this.#immediate[walker]!) {
          const runner = this.order[walker]!;
          const known = frontiers.get(runner);
          if (known === undefined) frontiers.set(runner, new Set([node]));
          else known.add(node);
          if (walker === 0) break;
        }
      }
    }
    return frontiers;
  }

  /** The nodes where values defined in `definitions` meet: their frontiers, and those of the meeting places. */
  iteratedFrontier(definitions: Iterable<N>): Set<N> {
    const found = new Set<N>();
    const pending = [...definitions];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      for (const each of this.frontier(node)) {
        if (found.has(each)) continue;
        found.add(each);
        pending.push(each);
      }
    }
    return found;
  }
}

function reversePostorder<N>(root: N, successors: (node: N) => readonly N[]): N[] {
  const postorder: N[] = [];
  const visited = new Set<N>([root]);
  const stack = [{ node: root, targets: successors(root), next: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const successor = top.targets[top.next++];
    if (successor === undefined) {
      postorder.push(top.node);
      stack.pop();
    } else if (!visited.has(successor)) {
      visited.add(successor);
      stack.push({ node: successor, targets: successors(successor), next: 0 });
    }
  }
  return postorder.reverse();
}

function immediateDominators(predecessors: readonly (readonly number[])[]): number[] {
  const immediate: number[] = predecessors.map((_each, number) => (number === 0 ? 0 : -1));
  const meet = (first: number, second: number): number => {
    let [a, b] = [first, second];
    while (a !== b) {
      while (a > b) a = immediate[a]!;
      while (b > a) b = immediate[b]!;
    }
    return a;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let number = 1; number < predecessors.length; number++) {
      const processed = predecessors[number]!.filter((each) => immediate[each] !== -1);
      const best = processed.reduce(meet);
      if (immediate[number] === best) continue;
      immediate[number] = best;
      changed = true;
    }
  }
  return immediate;
}

/** The dominator tree of a region's blocks; an error for a region without blocks. */
export function dominatorTree(region: Region): DominatorTree<Block> {
  if (region.entry === undefined) throw new Error("a region without blocks has no dominator tree");
  return new DominatorTree(region.entry, (block) => block.successors);
}

/**
 * The post-dominator tree of a region's blocks, with "exit" behind all blocks without successors. A block that never
 * reaches an end (an infinite loop) is not in it.
 */
export function postDominatorTree(region: Region): DominatorTree<Block | "exit"> {
  const predecessors = new Map<Block | "exit", Block[]>([["exit", []]]);
  for (const block of region.blocks) predecessors.set(block, []);
  for (const block of region.blocks) {
    for (const successor of block.successors) predecessors.get(successor)?.push(block);
    if (block.successors.length === 0) predecessors.get("exit")!.push(block);
  }
  return new DominatorTree<Block | "exit">("exit", (node) => predecessors.get(node) ?? []);
}
