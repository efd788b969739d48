/** Blocks and regions: helpers that several control-flow passes share. */
import type { Block, Operation } from "../ir/operation.ts";

/** Inserts a block after another one of the same region. */
export function insertBlockAfter(block: Block, after: Block): void {
  const { region } = after;
  if (region === undefined) throw new Error("the block is not in a region");
  const position = region.blocks.indexOf(after);
  region.append(block);
  region.blocks.pop();
  region.blocks.splice(position + 1, 0, block);
}

/** All blocks inside an operation, outer ones first. */
export function blocksInside(root: Operation): Block[] {
  const blocks: Block[] = [];
  root.walk((operation) => {
    for (const region of operation.regions) blocks.push(...region.blocks);
  });
  return blocks;
}
