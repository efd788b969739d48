/**
 * The undo log: every edit that a conversion makes, with what takes it back. Undoing runs from the last edit to the first,
 * so that each step finds the IR as the edit left it; order of uses, of operations and of blocks included.
 */
import type { Block, Operation, Region, Use, Value } from "../../operation.ts";

export class UndoLog {
  /** An operation stands for its insertion, the most frequent edit. */
  readonly #entries: (Operation | (() => void))[] = [];

  /** A place in the log to come back to. */
  get mark(): number {
    return this.#entries.length;
  }

  inserted(operation: Operation): void {
    this.#entries.push(operation);
  }

  /** `undo` finds the IR as it was right after the edit. */
  push(undo: () => void): void {
    this.#entries.push(undo);
  }

  /** Takes back all edits since `mark`. Returns the operations that were inserted since then, now without operands. */
  undoTo(mark: number): readonly Operation[] {
    const discarded: Operation[] = [];
    while (this.#entries.length > mark) {
      const entry = this.#entries.pop()!;
      if (typeof entry === "function") entry();
      else {
        entry.unlink();
        discarded.push(entry);
      }
    }
    // Only now have blocks that were moved into these operations gone back to where they came from.
    for (const operation of discarded) operation.dropReferences();
    return discarded;
  }
}

// ------------------------------------------------------------------------------------------------- snapshots of parts

/** Where a use stood in its list: behind which other use. Uses are named by owner and position: the objects may change. */
interface UsePlace {
  readonly value: Value;
  readonly behind: { readonly owner: Operation; readonly index: number } | undefined;
}

function placeOf(use: Use): UsePlace {
  const { previous } = use;
  return { value: use.value, behind: previous && { owner: previous.owner, index: previous.index } };
}

/** Remembers what can change in place about an operation; the result puts it back. */
export function snapshotOperation(operation: Operation): () => void {
  const uses = operation.operandUses.map(placeOf);
  const { inherentEntries, discardableEntries, location } = operation;
  const successors = operation.successors.length === 0 ? undefined : [...operation.successors];
  const results = operation.results.map(({ type, nameHint }) => ({ type, nameHint }));
  return () => {
    restoreOperands(operation, uses);
    operation.inherentEntries = inherentEntries;
    operation.discardableEntries = discardableEntries;
    if (successors !== undefined) operation.successors.splice(0, operation.successors.length, ...successors);
    for (const [position, { type, nameHint }] of results.entries()) {
      const result = operation.results[position]!;
      result.type = type;
      result.nameHint = nameHint;
    }
    operation.location = location;
  };
}

/** Puts back the operands, each at its old place in the use list of its value (which it may have left and come back to). */
function restoreOperands(operation: Operation, places: readonly UsePlace[]): void {
  if (operation.operandCount !== places.length) operation.setOperands(places.map(({ value }) => value));
  const done = new Set<number>();
  const restore = (position: number): void => {
    if (done.has(position)) return;
    done.add(position);
    const { value, behind } = places[position]!;
    // A use of the same operation must be at its place before another can stand behind it.
    if (behind?.owner === operation) restore(behind.index);
    operation.operandUses[position]!.restore(value, behind?.owner.operandUses[behind.index]);
  };
  for (const position of places.keys()) restore(position);
}

/**
 * Moves all uses of `value` to `replacement`; the result moves them back, in their old order. Uses are remembered by owner
 * and position, because their objects may be others by then.
 */
export function moveUses(value: Value, replacement: Value): () => void {
  const { firstUse } = value;
  if (firstUse !== undefined && firstUse.next === undefined) {
    const { owner, index } = firstUse;
    firstUse.set(replacement);
    return () => owner.setOperand(index, value);
  }
  const owners: Operation[] = [];
  const positions: number[] = [];
  for (let use = firstUse; use !== undefined; use = use.next) {
    owners.push(use.owner);
    positions.push(use.index);
  }
  value.replaceAllUsesWith(replacement);
  return () => {
    for (let at = owners.length - 1; at >= 0; at--) owners[at]!.setOperand(positions[at]!, value);
  };
}

/** Takes the operands of operations out of the use lists (the operations still name them); the result puts them back. */
export function detachOperands(operations: readonly Operation[]): () => void {
  const owners: (Operation | undefined)[] = [];
  const positions: number[] = [];
  for (let each = 0; each < operations.length; each++) {
    const uses = operations[each]!.operandUses;
    for (let index = 0; index < uses.length; index++) {
      const behind = uses[index]!.detach();
      owners.push(behind?.owner);
      positions.push(behind === undefined ? 0 : behind.index);
    }
  }
  return () => {
    let at = owners.length;
    for (let each = operations.length - 1; each >= 0; each--) {
      const uses = operations[each]!.operandUses;
      for (let index = uses.length - 1; index >= 0; index--) {
        at--;
        uses[index]!.attach(owners[at]?.operandUses[positions[at]!]);
      }
    }
  };
}

// -------------------------------------------------------------------------------------------------------------- blocks

/** Puts a block into a region at a position. */
export function insertBlock(region: Region, block: Block, position: number): void {
  if (block.region !== undefined) throw new Error("the block is already in a region");
  region.append(block);
  if (position >= region.blocks.length - 1) return;
  region.blocks.pop();
  region.blocks.splice(position, 0, block);
}

/** Takes a block out of its region; the result puts it back where it was. */
export function takeBlock(block: Block): () => void {
  const { region } = block;
  if (region === undefined) return () => undefined;
  const position = region.blocks.at(-1) === block ? region.blocks.length - 1 : region.blocks.indexOf(block);
  region.remove(block);
  return () => insertBlock(region, block, position);
}

/** Takes an operation out of its block; the result puts it back where it was. */
export function takeOperation(operation: Operation): () => void {
  const { block, next } = operation;
  if (block === undefined) return () => undefined;
  operation.unlink();
  return () => block.insertBefore(operation, next);
}
