/**
 * Common subexpression elimination: of two equal operations without effects, where the first dominates the second, the
 * second is replaced; of two equal reads of memory too, if nothing is written between them. Equal means: same name,
 * operands, attributes, result types and regions.
 *
 * One walk over the dominator tree with a table of what is visible at the place (scopes open and close with blocks), so
 * that no dominance is ever asked for and the work is linear.
 */
import { entryValue } from "../ir/attribute-map.ts";
import type { Attribute } from "../ir/attributes.ts";
import type { Context } from "../ir/context.ts";
import { DominanceInfo } from "../ir/dominance.ts";
import { MemoryEffects } from "../ir/interfaces.ts";
import { mergeLocations } from "../ir/location.ts";
import type { Block, Operation, OperationKind, Value } from "../ir/operation.ts";
import { equalRegions, sameEntries } from "./cse/equal-operations.ts";
import { ScopedTable } from "./cse/scoped-table.ts";
import { pass } from "./pass.ts";

export const cse = pass("cse", {
  doc: "Replaces an operation by an equal one that dominates it, if neither has side effects; also reads of memory with no write between.",
  statistics: { "operations replaced": "operations that an equal one stands for now" },
  run: (operation, { context, statistic }) => {
    const replaced = new Elimination(context).run(operation);
    statistic("operations replaced", replaced);
    return replaced > 0;
  },
});

/** What an operation does to memory, as far as CSE asks. */
type Effects = "none" | "reads" | "allocates" | "writes";

/** What is the same for all operations of one kind. */
interface KindInfo {
  readonly number: number;
  /** Undefined: depends on the operation. */
  readonly effects: Effects | undefined;
  readonly isCommutative: boolean;
  readonly isIsolated: boolean;
  readonly isTerminator: boolean;
}

/** What is left to do, last first: walk on from an operation, finish one whose regions are done, or close a scope. */
type Task =
  | { readonly kind: "walk"; readonly from: Operation }
  | {
      readonly kind: "block";
      readonly block: Block;
      readonly children: ReadonlyMap<Block, readonly Block[]> | undefined;
    }
  | { readonly kind: "finish"; readonly operation: Operation; readonly effects: number; readonly shape: number }
  | { readonly kind: "close"; readonly size: number; readonly base: number };

class Elimination {
  readonly #context: Context;
  readonly #dominance = new DominanceInfo();
  readonly #infos = new Map<OperationKind | string, KindInfo>();
  readonly #attributes = new Map<Attribute, number>();
  readonly #table = new ScopedTable();
  readonly #tasks: Task[] = [];
  #nextValue = 0;
  /** Operations with any effect so far; equal counts mean that there was none between. */
  #effects = 0;
  #writes = 0;
  /** A hash of the kinds and attributes met in the current region, whatever their operands. */
  #shape = 0;
  #replaced = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Returns how many operations were replaced. */
  run(root: Operation): number {
    this.#enter(root);
    for (let task = this.#tasks.pop(); task !== undefined; task = this.#tasks.pop()) {
      if (task.kind === "walk") this.#walk(task.from);
      else if (task.kind === "block") this.#block(task.block, task.children);
      else if (task.kind === "close") this.#table.close(task.size, task.base);
      else {
        const shape = this.#shape;
        this.#shape = mix(task.shape, shape);
        this.#finish(task.operation, shape, this.#effects === task.effects);
      }
    }
    return this.#replaced;
  }

  /** Puts the regions of an operation on the list, each with its own scope. */
  #enter(operation: Operation): void {
    for (let at = operation.regions.length - 1; at >= 0; at--) {
      const region = operation.regions[at]!;
      const { entry } = region;
      if (entry === undefined) continue;
      const children = region.blocks.length === 1 ? undefined : this.#dominance.children(region);
      this.#tasks.push({ kind: "block", block: entry, children });
    }
  }

  #block(block: Block, children: ReadonlyMap<Block, readonly Block[]> | undefined): void {
    for (const argument of block.arguments) argument.scratch = this.#nextValue++;
    this.#tasks.push({ kind: "close", size: this.#table.size, base: this.#table.base });
    for (const child of children?.get(block) ?? []) this.#tasks.push({ kind: "block", block: child, children });
    if (block.first !== undefined) this.#walk(block.first);
  }

  #walk(from: Operation): void {
    let operation: Operation | undefined = from;
    while (operation !== undefined) {
      const next: Operation | undefined = operation.next;
      if (operation.regions.length > 0) {
        if (next !== undefined) this.#tasks.push({ kind: "walk", from: next });
        this.#tasks.push({ kind: "finish", operation, effects: this.#effects, shape: this.#shape });
        this.#shape = 17;
        if (this.#infoOf(operation).isIsolated) {
          this.#tasks.push({ kind: "close", size: this.#table.size, base: this.#table.base });
          this.#table.isolate();
        }
        this.#enter(operation);
        return;
      }
      this.#visit(operation);
      operation = next;
    }
  }

  #visit(operation: Operation): void {
    const info = this.#infoOf(operation);
    const effects = info.effects ?? this.#effectsOf(operation);
    if (effects !== "none") {
      this.#effects++;
      if (effects === "writes") this.#writes++;
    }
    const { results } = operation;
    for (let index = 0; index < results.length; index++) results[index]!.scratch = this.#nextValue++;
    const attributes = this.#attributesHash(operation);
    this.#shape = mix(this.#shape, mix(attributes, info.number));
    if (results.length === 0 || info.isTerminator || effects === "allocates" || effects === "writes") return;
    this.#unite(operation, this.#hash(operation, info, attributes), effects === "none" ? -1 : this.#writes);
  }

  /** An operation whose regions were walked. */
  #finish(operation: Operation, shape: number, isPureInside: boolean): void {
    const info = this.#infoOf(operation);
    const effects = info.effects ?? this.#effectsOf(operation);
    if (effects !== "none") {
      this.#effects++;
      if (effects === "writes") this.#writes++;
    }
    const { results } = operation;
    for (let index = 0; index < results.length; index++) results[index]!.scratch = this.#nextValue++;
    if (results.length === 0 || info.isTerminator || effects !== "none" || !isPureInside) return;
    if (operation.definition === undefined || entryValue(operation.inherentEntries, "sym_name") !== undefined) return;
    if (!operation.regions.every((region) => region.blocks.length <= 1)) return;
    this.#unite(operation, mix(this.#hash(operation, info, this.#attributesHash(operation)), shape), -1);
  }

  /** Replaces the operation by an equal one that is visible, or makes it visible. `writes`: only with none since; -1: any. */
  #unite(operation: Operation, hash: number, writes: number): void {
    const table = this.#table;
    const isCommutative = this.#infoOf(operation).isCommutative;
    for (let at = table.first(hash); at >= 0; at = table.next(at)) {
      const known = table.operation(at);
      if (table.hash(at) !== hash || table.stamp(at) !== writes) continue;
      if (writes >= 0 && known.block !== operation.block) continue;
      if (!isEqual(known, operation, isCommutative)) continue;
      this.#replace(operation, known);
      return;
    }
    table.add(hash, operation, writes);
  }

  #replace(operation: Operation, known: Operation): void {
    // A constant that many share comes from nowhere in particular.
    if (operation.operandCount > 0) known.location = mergeLocations(known.location, operation.location);
    for (const [position, result] of operation.results.entries()) {
      const kept = known.results[position]!;
      kept.nameHint ??= result.nameHint;
      result.replaceAllUsesWith(kept);
    }
    operation.erase();
    this.#replaced++;
  }

  #infoOf(operation: Operation): KindInfo {
    const { storedKind } = operation;
    const key = storedKind.definition === undefined ? storedKind.name : storedKind;
    let info = this.#infos.get(key);
    if (info === undefined) {
      const { definition } = operation;
      const has = (trait: "Pure" | "Terminator" | "Commutative" | "IsolatedFromAbove") =>
        definition?.hasTrait(trait) ?? false;
      let effects: Effects | undefined;
      if (definition === undefined) effects = "writes";
      else if (this.#context.implementation(MemoryEffects, operation) !== undefined) effects = undefined;
      // What regions do is counted when they are walked.
      else effects = has("Pure") || has("Terminator") || definition.regionFields.length > 0 ? "none" : "writes";
      info = {
        number: this.#infos.size,
        effects,
        isCommutative: has("Commutative"),
        isIsolated: has("IsolatedFromAbove"),
        isTerminator: has("Terminator"),
      };
      this.#infos.set(key, info);
    }
    return info;
  }

  #effectsOf(operation: Operation): Effects {
    const effects = this.#context.implementation(MemoryEffects, operation)?.(operation);
    if (effects === undefined) return "writes";
    let strongest: Effects = "none";
    for (const { kind } of effects) {
      if (kind === "write" || kind === "free") return "writes";
      if (kind === "allocate") strongest = "allocates";
      else if (strongest === "none") strongest = "reads";
    }
    return strongest;
  }

  #hash(operation: Operation, info: KindInfo, attributes: number): number {
    let hash = mix(attributes, info.number);
    const count = operation.operandCount;
    if (info.isCommutative) {
      let sum = 0;
      for (let index = 0; index < count; index++) sum += Math.imul(operation.operand(index).scratch + 7, 0x9e3779b1);
      hash = mix(hash, sum | 0);
    } else for (let index = 0; index < count; index++) hash = mix(hash, operation.operand(index).scratch);
    return hash;
  }

  /** The same for every order of the names. */
  #attributesHash(operation: Operation): number {
    let hash = 1;
    for (let entry = operation.inherentEntries; entry !== undefined; entry = entry.next)
      hash += this.#attributeNumber(entry.value);
    for (let entry = operation.discardableEntries; entry !== undefined; entry = entry.next)
      hash += this.#attributeNumber(entry.value);
    return hash;
  }

  #attributeNumber(attribute: Attribute): number {
    let number = this.#attributes.get(attribute);
    if (number === undefined) {
      number = this.#attributes.size;
      this.#attributes.set(attribute, number);
    }
    return number;
  }
}

function mix(hash: number, number: number): number {
  const mixed = Math.imul(hash ^ number, 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) | 0;
}

/** Whether one operation can stand for the other: all is equal but the results themselves. */
function isEqual(a: Operation, b: Operation, isCommutative: boolean): boolean {
  if (a.name !== b.name || a.results.length !== b.results.length || a.operandCount !== b.operandCount) return false;
  if (!sameOperands(a, b) && !(isCommutative && samePermutedOperands(a, b))) return false;
  for (let index = 0; index < a.results.length; index++)
    if (a.results[index]!.type !== b.results[index]!.type) return false;
  if (!sameEntries(a.inherentEntries, b.inherentEntries)) return false;
  if (!sameEntries(a.discardableEntries, b.discardableEntries)) return false;
  return a.regions.length === 0 ? b.regions.length === 0 : equalRegions(a, b);
}

function sameOperands(a: Operation, b: Operation): boolean {
  for (let index = 0; index < a.operandCount; index++) if (a.operand(index) !== b.operand(index)) return false;
  return true;
}

function samePermutedOperands(a: Operation, b: Operation): boolean {
  if (a.operandCount === 2) return a.operand(0) === b.operand(1) && a.operand(1) === b.operand(0);
  const left: Value[] = [...b.operands];
  for (const value of a.operands) {
    const position = left.indexOf(value);
    if (position < 0) return false;
    left.splice(position, 1);
  }
  return true;
}
