/**
 * Simplification of regions with several blocks, as the greedy driver does between its sweeps: blocks that nothing leads
 * to are erased, a block that follows its only predecessor is joined to it, blocks that only lead on are skipped, and
 * block arguments (with all that computes them) go where only themselves use them. Linear in the size of the region.
 */

import { DenseArrayAttribute } from "../attributes.ts";
import type { Context } from "../context.ts";
import { Deadness } from "../effects.ts";
import { Branch, type OperandRange } from "../interfaces.ts";
import type { Block, Operation, Region, Value } from "../operation.ts";
import { i32 } from "../types.ts";

/** "normal": all but joining equal blocks; "aggressive": that too. */
export type RegionSimplification = "disabled" | "normal" | "aggressive";

/** Simplifies all regions inside `root`; returns whether anything changed. */
export function simplifyRegions(root: Operation, context: Context, level: RegionSimplification): boolean {
  if (level === "disabled") return false;
  let changed = false;
  for (const region of regionsWithBlocks(root)) {
    // A region may have gone with an unreachable block around it.
    if (region.parent !== root && region.parent?.block === undefined) continue;
    if (eraseUnreachableBlocks(region)) changed = true;
    const simplification = new Simplification(region, context);
    if (simplification.run(level)) changed = true;
  }
  return changed;
}

/** The blocks of a region that control can reach from its entry. */
export function reachableBlocks(region: Region): ReadonlySet<Block> {
  const reached = new Set<Block>();
  const pending: Block[] = region.entry === undefined ? [] : [region.entry];
  for (let block = pending.pop(); block !== undefined; block = pending.pop()) {
    if (reached.has(block)) continue;
    reached.add(block);
    pending.push(...block.successors);
  }
  return reached;
}

/** Erases the blocks of `region` to which no branch leads from its entry; returns whether there were any. */
export function eraseUnreachableBlocks(region: Region): boolean {
  if (region.blocks.length <= 1) return false;
  const reached = reachableBlocks(region);
  if (reached.size === region.blocks.length) return false;
  eraseBlocks(region, (block) => !reached.has(block));
  return true;
}

/** Erases all blocks that `isErased` names; nothing that stays may use their values. */
function eraseBlocks(region: Region, isErased: (block: Block) => boolean): void {
  const erased = region.blocks.filter(isErased);
  for (const block of erased) for (const operation of block.operations) operation.dropReferences();
  for (const block of erased) for (const operation of block.operations.reverse()) operation.erase();
  for (const block of erased) region.remove(block);
}

/** The regions inside `root` with more than one block, inner ones last. */
export function regionsWithBlocks(root: Operation): Region[] {
  const found: Region[] = [];
  const pending = [root];
  for (let operation = pending.pop(); operation !== undefined; operation = pending.pop()) {
    for (const region of operation.regions) {
      if (region.blocks.length > 1) found.push(region);
      for (const block of region.blocks) {
        for (let inner = block.first; inner !== undefined; inner = inner.next)
          if (inner.regions.length > 0) pending.push(inner);
      }
    }
  }
  return found;
}

/** One edge of the control flow: the terminator of `from` names its block as successor number `position`. */
interface Edge {
  readonly from: Block;
  readonly position: number;
}

class Simplification {
  readonly #region: Region;
  readonly #context: Context;
  readonly #deadness: Deadness;
  #changed = false;

  constructor(region: Region, context: Context) {
    this.#region = region;
    this.#context = context;
    this.#deadness = new Deadness(context);
  }

  run(level: RegionSimplification): boolean {
    this.#skipForwarders();
    if (this.#changed) eraseUnreachableBlocks(this.#region);
    if (level === "aggressive") this.#joinEqualBlocks();
    this.#joinChains();
    this.#removeUnusedValues();
    return this.#changed;
  }

  /** The operands that a terminator passes to its successor; undefined where that is not known. */
  #passed(terminator: Operation, successor: number): OperandRange | undefined {
    const range = this.#context.implementation(Branch, terminator)?.successorOperands(terminator, successor);
    const block = terminator.successors[successor];
    // A terminator may make some of the arguments itself; such blocks are left alone.
    return range === undefined || range.count !== block?.arguments.length ? undefined : range;
  }

  #edgesByTarget(): Map<Block, Edge[]> {
    const edges = new Map<Block, Edge[]>();
    for (const block of this.#region.blocks) {
      for (const [position, successor] of block.successors.entries()) {
        const list = edges.get(successor);
        if (list === undefined) edges.set(successor, [{ from: block, position }]);
        else list.push({ from: block, position });
      }
    }
    return edges;
  }

  /** br a(x); a(y): br b(y, z) -> br b(x, z), where a does nothing else. */
  #skipForwarders(): void {
    for (const block of this.#region.blocks) {
      const terminator = block.last;
      if (terminator === undefined || this.#context.implementation(Branch, terminator) === undefined) continue;
      for (let position = 0; position < terminator.successors.length; position++) {
        // A ring of blocks that only lead on ends nowhere: each is skipped once.
        const skipped = new Set<Block>([block]);
        for (;;) {
          const successor = terminator.successors[position]!;
          if (skipped.has(successor) || !this.#skipOver(terminator, position, successor)) break;
          skipped.add(successor);
          this.#changed = true;
        }
      }
    }
  }

  /** Leads one edge past a block that only branches on; false where it is not such a block. */
  #skipOver(terminator: Operation, position: number, block: Block): boolean {
    const forward = block.last;
    const [next] = block.successors;
    if (block === this.#region.entry || forward === undefined || forward !== block.first) return false;
    if (next === undefined || next === block || block.successors.length !== 1) return false;
    const onwards = this.#passed(forward, 0);
    const given = this.#passed(terminator, position);
    if (onwards === undefined || given === undefined || onwards.count !== forward.operandCount) return false;
    // Others may use the arguments too, where the block dominates them.
    for (const argument of block.arguments) {
      for (let use = argument.firstUse; use !== undefined; use = use.next) if (use.owner !== forward) return false;
    }
    const passed = forward.operands.map((value) => {
      const at = block.arguments.findIndex((argument) => Object.is(argument, value));
      return at < 0 ? value : terminator.operand(given.start + at);
    });
    if (!replacePassed(terminator, given, passed)) return false;
    terminator.successors[position] = next;
    return true;
  }

  /** a: … br b(x); b(y): … -> a: … with y = x, where nothing else leads to b. */
  #joinChains(): void {
    const edges = this.#edgesByTarget();
    const joined = new Set<Block>();
    for (const block of this.#region.blocks) {
      if (joined.has(block)) continue;
      for (;;) {
        const terminator = block.last;
        const [next] = block.successors;
        if (terminator === undefined || next === undefined || block.successors.length !== 1) break;
        if (next === block || next === this.#region.entry || edges.get(next)?.length !== 1) break;
        if (terminator.results.length > 0 || terminator.regions.length > 0) break;
        const passed = this.#passed(terminator, 0);
        if (passed === undefined || passed.count !== terminator.operandCount) break;
        for (const [position, argument] of next.arguments.entries())
          argument.replaceAllUsesWith(terminator.operand(passed.start + position));
        terminator.erase();
        block.takeOperations(next);
        joined.add(next);
      }
    }
    if (joined.size === 0) return;
    this.#changed = true;
    const kept = this.#region.blocks.filter((block) => !joined.has(block));
    for (const block of joined) block.region = undefined;
    this.#region.blocks.splice(0, this.#region.blocks.length, ...kept);
  }

  /** Of blocks that do the same and lead to the same places, all but the first are left out. */
  #joinEqualBlocks(): void {
    const numbers = new Map<unknown, number>();
    const number = (item: unknown): number => {
      const known = numbers.get(item) ?? numbers.size;
      numbers.set(item, known);
      return known;
    };
    const keyOf = (block: Block): string | undefined => {
      if (block.arguments.length > 0) return undefined;
      const inside = new Map<Value, string>();
      const lines: string[] = [];
      for (let operation = block.first; operation !== undefined; operation = operation.next) {
        if (operation.regions.length > 0) return undefined;
        const attributes = [...operation.properties, ...operation.attributes].map(([key, value]) => [
          key,
          number(value),
        ]);
        lines.push(
          [
            operation.name,
            operation.operands.map((value) => inside.get(value) ?? number(value)).join(),
            attributes.join(),
            operation.results.map(({ type }) => number(type)).join(),
            operation.successors.map(number).join(),
          ].join(" | "),
        );
        for (const result of operation.results) {
          if (result.uses.some(({ owner }) => owner.block !== block)) return undefined;
          inside.set(result, `%${inside.size}`);
        }
      }
      return lines.join("\n");
    };
    const firsts = new Map<string, Block>();
    const replaced = new Map<Block, Block>();
    for (const block of this.#region.blocks) {
      const key = block === this.#region.entry ? undefined : keyOf(block);
      if (key === undefined) continue;
      const first = firsts.get(key);
      if (first === undefined) firsts.set(key, block);
      else replaced.set(block, first);
    }
    if (replaced.size === 0) return;
    for (const block of this.#region.blocks) {
      const successors = block.last?.successors ?? [];
      for (const [position, successor] of successors.entries())
        successors[position] = replaced.get(successor) ?? successor;
    }
    eraseUnreachableBlocks(this.#region);
    this.#changed = true;
  }

  /**
   * Liveness over the whole region: what effects, terminators and live operations use is live; what is passed to a block
   * argument is live only if the argument is. The rest is erased, cycles of values through blocks too.
   */
  #removeUnusedValues(): void {
    const { blocks } = this.#region;
    const live = new Set<Value | Operation>();
    const pending: (Value | Operation)[] = [];
    const mark = (item: Value | Operation) => {
      if (live.has(item)) return;
      live.add(item);
      pending.push(item);
    };
    const edges = this.#edgesByTarget();
    const forwarded = (terminator: Operation): boolean =>
      terminator.successors.length > 0 && terminator.successors.every((_, at) => this.#passed(terminator, at));
    for (const block of blocks) {
      for (let operation = block.first; operation !== undefined; operation = operation.next) {
        const isTerminator = operation === block.last;
        if (isTerminator || operation.definition === undefined || operation.properties.has("sym_name")) mark(operation);
        else if (operation.definition.hasTrait("Terminator") || !this.#deadness.isRemovable(operation)) mark(operation);
      }
    }
    for (const block of blocks) {
      const incoming = edges.get(block) ?? [];
      const isKnown = incoming.every(
        ({ from, position }) => this.#passed(from.last!, position) && canDropOperands(from.last!),
      );
      if (block === this.#region.entry || !isKnown) for (const argument of block.arguments) mark(argument);
    }
    const home = this.#region;
    for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
      if ("regions" in item) {
        const skipped = new Set<number>();
        if (forwarded(item)) {
          for (const position of item.successors.keys()) {
            const passed = this.#passed(item, position)!;
            for (let at = 0; at < passed.count; at++) skipped.add(passed.start + at);
          }
        }
        for (const [index, value] of item.operands.entries()) if (!skipped.has(index)) mark(value);
        for (const each of operationsInside(item)) {
          for (const value of each.operands) if (value.parentBlock?.region === home) mark(value);
        }
        continue;
      }
      const { definer } = item;
      if (definer !== undefined) {
        if (definer.block?.region === home) mark(definer);
        continue;
      }
      const block = item.parentBlock;
      if (block?.region !== home) continue;
      const index = block.arguments.findIndex((each) => Object.is(each, item));
      for (const { from, position } of edges.get(block) ?? []) {
        const passed = this.#passed(from.last!, position);
        if (passed !== undefined) mark(from.last!.operand(passed.start + index));
      }
    }
    this.#eraseAllBut(live, edges);
  }

  #eraseAllBut(live: ReadonlySet<Value | Operation>, edges: ReadonlyMap<Block, readonly Edge[]>): void {
    const dead: Operation[] = [];
    for (const block of this.#region.blocks) {
      for (let operation = block.first; operation !== undefined; operation = operation.next)
        if (!live.has(operation)) dead.push(operation);
    }
    for (const operation of dead) operation.dropReferences();
    // A dead argument may be passed for another one: what is passed goes first, everywhere.
    const isDead = (argument: Value) => !live.has(argument);
    for (const block of this.#region.blocks) {
      for (let index = block.arguments.length - 1; index >= 0; index--) {
        if (!isDead(block.arguments[index]!)) continue;
        for (const { from, position } of edges.get(block) ?? []) {
          const terminator = from.last!;
          dropOperand(terminator, this.#passedTo(terminator, position) + index);
        }
      }
    }
    for (const block of this.#region.blocks) {
      for (let index = block.arguments.length - 1; index >= 0; index--) {
        if (!isDead(block.arguments[index]!)) continue;
        block.eraseArgument(index);
        this.#changed = true;
      }
    }
    for (const operation of dead.reverse()) operation.erase();
    if (dead.length > 0) this.#changed = true;
  }

  #passedTo(terminator: Operation, successor: number): number {
    return this.#context.implementation(Branch, terminator)!.successorOperands(terminator, successor).start;
  }
}

function operationsInside(operation: Operation): Operation[] {
  const found: Operation[] = [];
  if (operation.regions.length === 0) return found;
  const pending = [operation];
  for (let each = pending.pop(); each !== undefined; each = pending.pop()) {
    for (const region of each.regions) {
      for (const block of region.blocks) {
        for (let inner = block.first; inner !== undefined; inner = inner.next) {
          found.push(inner);
          if (inner.regions.length > 0) pending.push(inner);
        }
      }
    }
  }
  return found;
}

/** Whether the groups of operands are kept in `operandSegmentSizes`, or there is only one, so that one can be dropped. */
function canDropOperands(terminator: Operation): boolean {
  return !terminator.properties.has("case_operand_segments");
}

/** Puts other values in the place of what is passed to a successor; false where the groups of operands are not known. */
function replacePassed(terminator: Operation, range: OperandRange, values: readonly Value[]): boolean {
  const sizes = terminator.properties.get("operandSegmentSizes");
  if (values.length !== range.count) {
    if (!canDropOperands(terminator)) return false;
    if (sizes instanceof DenseArrayAttribute) {
      const { field } = range;
      if (field === undefined) return false;
      const numbers = sizes.numbers.map((size, at) => (at === field ? values.length : size));
      terminator.properties.set("operandSegmentSizes", DenseArrayAttribute.get(i32, numbers));
    }
  }
  const operands = [...terminator.operands];
  operands.splice(range.start, range.count, ...values);
  if (operands.length !== terminator.operandCount || operands.some((value, at) => value !== terminator.operand(at)))
    terminator.setOperands(operands);
  return true;
}

/** Drops one operand of a variadic group, and counts the group down. */
function dropOperand(operation: Operation, index: number): void {
  const sizes = operation.properties.get("operandSegmentSizes");
  operation.setOperands(operation.operands.filter((_, position) => position !== index));
  if (!(sizes instanceof DenseArrayAttribute)) return;
  const numbers = [...sizes.numbers];
  let end = 0;
  for (const [group, size] of numbers.entries()) {
    end += size;
    if (index >= end) continue;
    numbers[group] = size - 1;
    break;
  }
  operation.properties.set("operandSegmentSizes", DenseArrayAttribute.get(i32, numbers));
}
