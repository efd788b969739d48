/** Splitting and joining blocks: what turning structured control flow into branches needs. */
import { Block, type Operation, type Region } from "../../ir/operation.ts";

/** Puts blocks behind `anchor` in its region, in order. */
export function insertBlocksAfter(anchor: Block, blocks: readonly Block[]): void {
  const region = anchor.region;
  if (region === undefined) throw new Error("the block is not in a region");
  for (const block of blocks) {
    block.region?.remove(block);
    region.append(block);
  }
  const { blocks: all } = region;
  const moved = all.splice(all.length - blocks.length);
  all.splice(all.indexOf(anchor) + 1, 0, ...moved);
}

/** Ends the block of `operation` behind it: what follows goes into a new block, which is returned (not yet in a region). */
export function splitAfter(operation: Operation): Block {
  const rest = new Block();
  for (let next = operation.next; next !== undefined; next = operation.next) next.moveToEnd(rest);
  return rest;
}

/** Takes all blocks out of a region. */
export function takeBlocks(region: Region): Block[] {
  const blocks = [...region.blocks];
  for (const block of blocks) region.remove(block);
  return blocks;
}
