/**
 * Dominance: whether a value is defined on every path before its use. Within a block by order; between blocks of a
 * region by the dominator tree; between regions by nesting.
 */
import { type DominatorTree, dominatorTree } from "./dominator-tree.ts";
import type { Block, Operation, Region, Value } from "./operation.ts";

/** Dominance queries on IR that does not change meanwhile; per-region trees are computed on demand. */
export class DominanceInfo {
  readonly #regions = new Map<Region, DominatorTree<Block>>();

  /** For each reachable block of a region the blocks that it dominates immediately: the dominator tree, from the entry. */
  children(region: Region): ReadonlyMap<Block, readonly Block[]> {
    if (region.entry === undefined) return new Map();
    const tree = this.#treeOf(region);
    return new Map(tree.order.map((block) => [block, tree.children(block)]));
  }

  #treeOf(region: Region): DominatorTree<Block> {
    let tree = this.#regions.get(region);
    if (tree === undefined) {
      tree = dominatorTree(region);
      this.#regions.set(region, tree);
    }
    return tree;
  }

  /** Whether every path to `block` passes `dominator` (both in the same region). Unreachable blocks are dominated by all. */
  blockDominates(dominator: Block, block: Block): boolean {
    if (dominator === block) return true;
    const region = block.region;
    if (region === undefined || region !== dominator.region) return false;
    return this.#treeOf(region).dominates(dominator, block);
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
