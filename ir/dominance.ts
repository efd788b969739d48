/**
 * Dominance: whether a value is defined on every path before its use. Within a block by order; between blocks of a
 * region by the dominator tree (Cooper, Harvey and Kennedy's "simple, fast" algorithm); between regions by nesting.
 */
import type { Block, Operation, Region, Value } from "./operation.ts";

interface RegionDominators {
  /** Reachable blocks to their reverse-postorder number. */
  readonly numbers: Map<Block, number>;
  /** Immediate dominator by reverse-postorder number. */
  readonly immediate: readonly number[];
}

function reversePostorder(region: Region): Block[] {
  const entry = region.entry;
  if (entry === undefined) return [];
  const postorder: Block[] = [];
  const visited = new Set<Block>([entry]);
  const stack: { block: Block; next: number }[] = [{ block: entry, next: 0 }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    const successor = top.block.successors[top.next++];
    if (successor === undefined) {
      postorder.push(top.block);
      stack.pop();
    } else if (!visited.has(successor)) {
      visited.add(successor);
      stack.push({ block: successor, next: 0 });
    }
  }
  return postorder.reverse();
}

function computeDominators(region: Region): RegionDominators {
  const order = reversePostorder(region);
  const numbers = new Map(order.map((block, number) => [block, number]));
  const predecessors: number[][] = order.map(() => []);
  for (const [number, block] of order.entries()) {
    for (const successor of block.successors) {
      const target = numbers.get(successor);
      if (target !== undefined) predecessors[target]!.push(number);
    }
  }
  const immediate: number[] = order.map(() => -1);
  if (order.length > 0) immediate[0] = 0;
  const intersect = (first: number, second: number): number => {
    let a = first;
    let b = second;
    while (a !== b) {
      while (a > b) a = immediate[a]!;
      while (b > a) b = immediate[b]!;
    }
    return a;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let number = 1; number < order.length; number++) {
      const processed = predecessors[number]!.filter((each) => immediate[each] !== -1);
      const best = processed.reduce((a, b) => intersect(a, b));
      if (immediate[number] !== best) {
        immediate[number] = best;
        changed = true;
      }
    }
  }
  return { numbers, immediate };
}

/** Dominance queries on IR that does not change meanwhile; per-region trees are computed on demand. */
export class DominanceInfo {
  readonly #regions = new Map<Region, RegionDominators>();

  /** For each reachable block of a region the blocks that it dominates immediately: the dominator tree, from the entry. */
  children(region: Region): ReadonlyMap<Block, readonly Block[]> {
    const { numbers, immediate } = this.#infoOf(region);
    const blocks = [...numbers.keys()];
    const children = new Map<Block, Block[]>(blocks.map((block) => [block, []]));
    for (const [number, block] of blocks.entries()) {
      if (number > 0) children.get(blocks[immediate[number]!]!)!.push(block);
    }
    return children;
  }

  #infoOf(region: Region): RegionDominators {
    let info = this.#regions.get(region);
    if (info === undefined) {
      info = computeDominators(region);
      this.#regions.set(region, info);
    }
    return info;
  }

  /** Whether every path to `block` passes `dominator` (both in the same region). Unreachable blocks are dominated by all. */
  blockDominates(dominator: Block, block: Block): boolean {
    if (dominator === block) return true;
    const region = block.region;
    if (region === undefined || region !== dominator.region) return false;
    const info = this.#infoOf(region);
    const target = info.numbers.get(dominator);
    let walker = info.numbers.get(block);
    if (walker === undefined) return true;
    if (target === undefined) return false;
    while (walker > target) walker = info.immediate[walker]!;
    return walker === target;
  }

  /** Whether `value` is available to `user` as an operand. */
  dominates(value: Value, user: Operation): boolean {
    const home = value.parentBlock;
    if (home === undefined) return false;
    // Lift the user to the operation that stands in the value's region.
    let ancestor: Operation | undefined = user;
    while (ancestor !== undefined && ancestor.block?.region !== home.region) ancestor = ancestor.parentOperation;
    if (ancestor?.block === undefined) return false;
    const { definer } = value;
    if (ancestor.block !== home) return this.blockDominates(home, ancestor.block);
    if (definer === undefined) return true;
    if (definer === ancestor) return false;
    return definer.isBeforeInBlock(ancestor);
  }
}
