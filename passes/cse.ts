/**
 * Common subexpression elimination: of two equal operations without effects, where the first dominates the second, the
 * second is replaced. Equal means: same name, operands, attributes, result types; operations with regions are left alone.
 */
import type { Attribute } from "../ir/attributes.ts";
import type { Context } from "../ir/context.ts";
import { DominanceInfo } from "../ir/dominance.ts";
import { isPure } from "../ir/effects.ts";
import { fuseLocations } from "../ir/location.ts";
import type { Block, Operation, Value } from "../ir/operation.ts";
import type { Type } from "../ir/types.ts";
import { pass } from "./pass.ts";

export const cse = pass("cse", {
  doc: "Replaces an operation by an equal one that dominates it, if neither has side effects.",
  run: (operation, { context }) => new Elimination(context).region(operation),
});

class Elimination {
  readonly #context: Context;
  readonly #dominance = new DominanceInfo();
  readonly #numbers = new Map<Value | Type | Attribute, number>();
  #nextNumber = 0;
  #changed = false;

  constructor(context: Context) {
    this.#context = context;
  }

  region(operation: Operation): boolean {
    for (const region of operation.regions) this.#blocks(region.blocks, new Map());
    return this.#changed;
  }

  /** `known` holds what the blocks around already computed: visible here unless the region is isolated. */
  #blocks(blocks: readonly Block[], known: ReadonlyMap<string, readonly Operation[]>): void {
    const table = new Map([...known].map(([key, operations]) => [key, [...operations]]));
    for (const block of blocks) {
      for (const operation of block.operations) {
        const isolated = operation.definition?.hasTrait("IsolatedFromAbove") ?? false;
        for (const region of operation.regions) this.#blocks(region.blocks, isolated ? new Map() : table);
        if (operation.regions.length === 0) this.#visit(operation, table);
      }
    }
  }

  #visit(operation: Operation, table: Map<string, Operation[]>): void {
    if (operation.results.length === 0 || operation.successors.length > 0 || !isPure(operation, this.#context)) return;
    const key = this.#key(operation);
    const candidates = table.get(key);
    if (candidates === undefined) {
      table.set(key, [operation]);
      return;
    }
    const earlier = candidates.find((candidate) => this.#dominates(candidate, operation));
    if (earlier === undefined) {
      candidates.push(operation);
      return;
    }
    earlier.location = fuseLocations([earlier.location, operation.location]);
    for (const [position, result] of operation.results.entries()) {
      const kept = earlier.results[position]!;
      kept.nameHint ??= result.nameHint;
      result.replaceAllUsesWith(kept);
    }
    operation.erase();
    this.#changed = true;
  }

  #dominates(earlier: Operation, later: Operation): boolean {
    const [result] = earlier.results;
    return result !== undefined && this.#dominance.dominates(result, later);
  }

  #number(item: Value | Type | Attribute): number {
    let number = this.#numbers.get(item);
    if (number === undefined) {
      number = this.#nextNumber++;
      this.#numbers.set(item, number);
    }
    return number;
  }

  #key(operation: Operation): string {
    let operands = operation.operands.map((value) => this.#number(value));
    if (operation.definition?.hasTrait("Commutative")) operands = operands.sort((a, b) => a - b);
    const attributes = [...operation.properties, ...operation.attributes]
      .map(([name, value]) => `${name}=${this.#number(value)}`)
      .sort();
    const types = operation.results.map((result) => this.#number(result.type));
    return `${operation.name}(${operands.join()})${attributes.join()}:${types.join()}`;
  }
}
