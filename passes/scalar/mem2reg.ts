/**
 * Promotes memory to values: an allocation of one element that is only loaded and stored disappears, and its loads become
 * the values stored last. Where paths meet, block arguments carry the value (pruned SSA by dominance frontiers), and
 * structured operations (loops, conditions) get one more value to carry.
 */
import { at, Builder } from "../../ir/builder.ts";
import type { Context } from "../../ir/context.ts";
import { dominatorTree } from "../../ir/dominator-tree.ts";
import {
  Branch,
  CarriesValues,
  type MemorySlot,
  RegionBranch,
  SlotAccess,
  SlotAllocation,
  type SlotAllocationImplementation,
  type SlotUse,
} from "../../ir/interfaces.ts";
import type { Block, Operation, Region, Value } from "../../ir/operation.ts";
import { appendResult, appendToRange } from "../edit-operation.ts";
import { operationsImplementing } from "../find-operations.ts";
import { pass } from "../pass.ts";

export const mem2reg = pass("mem2reg", {
  doc: "Replaces memory of one element that does not escape by SSA values.",
  statistics: { "slots promoted": "allocations that became values" },
  run: (root, { context, statistic, missed, remark }) => {
    let promoted = 0;
    for (const operation of operationsImplementing(root, SlotAllocation, context)) {
      const implementation = context.implementation(SlotAllocation, operation);
      if (implementation === undefined) continue;
      const slots = implementation.slots(operation);
      const plans = slots.map((slot) => planPromotion(operation, slot, context));
      for (const plan of plans) {
        if (typeof plan === "string") {
          missed(operation, `not promoted: ${plan}`);
          continue;
        }
        new Promotion(operation, implementation, plan, context).run();
        remark(operation, "promoted to values");
        promoted++;
      }
      if (slots.length > 0 && !operation.hasUses) operation.erase();
    }
    statistic("slots promoted", promoted);
    return promoted > 0;
  },
});

interface Plan {
  readonly slot: MemorySlot;
  readonly uses: ReadonlyMap<Operation, SlotUse>;
  /** Structured operations around uses, inside the allocation's region. */
  readonly around: ReadonlySet<Operation>;
  /** Those of them around a store. */
  readonly storing: ReadonlySet<Operation>;
}

/** How to promote a slot, or why not. */
function planPromotion(allocation: Operation, slot: MemorySlot, context: Context): Plan | string {
  const region = allocation.parentRegion;
  if (region === undefined) return "the allocation is not in a region";
  const uses = new Map<Operation, SlotUse>();
  const around = new Set<Operation>();
  const storing = new Set<Operation>();
  for (const user of slot.pointer.users) {
    const use = context.implementation(SlotAccess, user)?.(user, slot);
    if (use === undefined) return `'${user.name}' uses the memory in another way than to load and store one element`;
    uses.set(user, use);
    for (let parent = user.parentOperation; parent !== undefined; parent = parent.parentOperation) {
      if (parent === region.parent) break;
      if (
        context.implementation(RegionBranch, parent) === undefined ||
        context.implementation(CarriesValues, parent) === undefined
      )
        return `'${parent.name}' around a use cannot carry values`;
      around.add(parent);
      if (use.kind === "store") storing.add(parent);
    }
  }
  const plan = { slot, uses, around, storing };
  return refusalOfBranches([region, ...[...around].flatMap((each) => each.regions)], context) ?? plan;
}

/** Every branch may have to pass one more value. */
function refusalOfBranches(regions: readonly Region[], context: Context): string | undefined {
  for (const region of regions) {
    if (region.blocks.length < 2) continue;
    for (const block of region.blocks) {
      const end = block.last;
      if (end === undefined || end.successors.length === 0) continue;
      if (context.implementation(Branch, end) === undefined)
        return `'${end.name}' does not say what it passes to its successors`;
    }
  }
  return undefined;
}

class Promotion {
  readonly #allocation: Operation;
  readonly #implementation: SlotAllocationImplementation;
  readonly #plan: Plan;
  readonly #context: Context;
  #initial: Value | undefined = undefined;

  constructor(allocation: Operation, implementation: SlotAllocationImplementation, plan: Plan, context: Context) {
    this.#allocation = allocation;
    this.#implementation = implementation;
    this.#plan = plan;
    this.#context = context;
  }

  run(): void {
    const region = this.#allocation.parentRegion;
    if (region !== undefined) this.#region(region, undefined, false);
  }

  /** What is read before anything was written; made when first needed, at the allocation. */
  #initialValue(): Value {
    if (this.#initial === undefined) {
      const builder = new Builder(at.before(this.#allocation), this.#allocation.location);
      const made = this.#implementation.initialValue(this.#allocation, this.#plan.slot, builder);
      if (made === undefined) throw this.#allocation.error("has no initial value to promote it with");
      this.#initial = made;
    }
    return this.#initial;
  }

  /**
   * Replaces the uses in a region, where the slot holds `entry` at its start (undefined: the initial value). Returns the
   * value at the end of each block that leaves the region, if the region `carries` it on.
   */
  #region(region: Region, entry: Value | undefined, carries: boolean): Map<Operation, Value> {
    const ends = new Map<Operation, Value>();
    const first = region.entry;
    if (first === undefined) return ends;
    const tree = dominatorTree(region);
    const meeting = this.#placeArguments(region, carries);
    const visit = (block: Block, start: Value | undefined): Value | undefined => {
      const end = this.#block(block, meeting.get(block) ?? start);
      const last = block.last;
      if (carries && last !== undefined && last.successors.length === 0) ends.set(last, end ?? this.#initialValue());
      for (const [position, successor] of last?.successors.entries() ?? []) {
        if (!meeting.has(successor) || last === undefined) continue;
        const range = this.#context.implementation(Branch, last)?.successorOperands(last, position);
        if (range !== undefined) appendToRange(last, range, end ?? this.#initialValue());
      }
      return end;
    };
    const pending: { block: Block; start: Value | undefined }[] = [{ block: first, start: entry }];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const end = visit(next.block, next.start);
      for (const block of tree.children(next.block)) pending.push({ block, start: end });
    }
    for (const block of region.blocks) if (!tree.isReachable(block)) visit(block, undefined);
    return ends;
  }

  /** Adds arguments where different values meet and are needed. */
  #placeArguments(region: Region, carries: boolean): Map<Block, Value> {
    const meeting = new Map<Block, Value>();
    if (region.blocks.length < 2) return meeting;
    const { slot } = this.#plan;
    const defining = new Set<Block>();
    const reading = new Set<Block>();
    for (const block of region.blocks) {
      for (let operation = block.first; operation !== undefined; operation = operation.next) {
        const [reads, writes] = this.#touches(operation);
        if (reads && !defining.has(block)) reading.add(block);
        if (writes) defining.add(block);
      }
      if (carries && !defining.has(block) && block.successors.length === 0) reading.add(block);
    }
    const predecessors = new Map<Block, Block[]>();
    for (const block of region.blocks) {
      for (const successor of block.successors)
        predecessors.set(successor, [...(predecessors.get(successor) ?? []), block]);
    }
    // A block needs the value at its start where it reads it first, or leaves it to a block that does.
    const needed = new Set<Block>(reading);
    const pending = [...reading];
    for (let block = pending.pop(); block !== undefined; block = pending.pop()) {
      for (const predecessor of predecessors.get(block) ?? []) {
        if (defining.has(predecessor) || needed.has(predecessor)) continue;
        needed.add(predecessor);
        pending.push(predecessor);
      }
    }
    for (const block of dominatorTree(region).iteratedFrontier(defining)) {
      if (needed.has(block)) meeting.set(block, block.addArgument(slot.type, this.#allocation.location));
    }
    return meeting;
  }

  /** Whether an operation (with what is inside) reads the slot, and whether it writes it. */
  #touches(operation: Operation): readonly [reads: boolean, writes: boolean] {
    // Each time the allocation runs the memory is fresh.
    if (operation === this.#allocation) return [false, true];
    const use = this.#plan.uses.get(operation);
    if (use !== undefined) return [use.kind === "load", use.kind === "store"];
    return [this.#plan.around.has(operation), this.#plan.storing.has(operation)];
  }

  /** Replaces the uses in a block; returns what the slot holds at its end. */
  #block(block: Block, start: Value | undefined): Value | undefined {
    let current = start;
    for (const operation of block.operations) {
      const use = this.#plan.uses.get(operation);
      if (operation === this.#allocation) current = undefined;
      else if (use !== undefined) {
        if (use.kind === "load") use.result.replaceAllUsesWith(current ?? this.#initialValue());
        // What is stored may be what was loaded before, and is a value by now: ask again.
        else if (use.kind === "store") current = this.#storedValue(operation);
        operation.erase();
      } else if (this.#plan.around.has(operation)) current = this.#structured(operation, current);
    }
    return current;
  }

  #storedValue(store: Operation): Value {
    const use = this.#context.implementation(SlotAccess, store)?.(store, this.#plan.slot);
    if (use?.kind !== "store") throw store.error("no longer stores what it stored");
    return use.value;
  }

  /** Replaces the uses inside a structured operation; returns what the slot holds after it. */
  #structured(operation: Operation, before: Value | undefined): Value | undefined {
    if (!this.#plan.storing.has(operation)) {
      for (const region of operation.regions) this.#region(region, before, false);
      return before;
    }
    const { slot } = this.#plan;
    this.#context.implementation(CarriesValues, operation)?.prepare?.(operation);
    const edgesOf = this.#context.implementation(RegionBranch, operation)!;
    const entryEdges = edgesOf(operation, operation, []);
    const ends = new Map<Operation, ReturnType<typeof edgesOf>>();
    for (const region of operation.regions) {
      for (const block of region.blocks) {
        if (block.last !== undefined && block.last.successors.length === 0)
          ends.set(block.last, edgesOf(operation, block.last, []));
      }
    }
    // Only a region that is entered from a region needs an argument: others see the value from above.
    const entered = new Set([...ends.values()].flat().map(({ target }) => target));
    const current = before ?? this.#initialValue();
    const values = new Map<Operation, Value>();
    for (const region of operation.regions) {
      const start = entered.has(region) ? region.entry?.addArgument(slot.type, this.#allocation.location) : undefined;
      for (const [end, value] of this.#region(region, start ?? current, true)) values.set(end, value);
    }
    for (const [end, edges] of ends) {
      const value = values.get(end);
      const [edge] = edges;
      if (value !== undefined && edge !== undefined) appendToRange(end, edge.operands, value);
    }
    const needed = entryEdges.find(({ target }) => target === undefined || entered.has(target));
    if (needed !== undefined) appendToRange(operation, needed.operands, current);
    return appendResult(operation, slot.type).results.at(-1);
  }
}
