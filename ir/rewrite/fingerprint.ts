/**
 * Fingerprints of IR: equal programs have equal ones, and different programs almost surely different ones. They tell
 * whether a rewrite changed anything, and whether a program is the same again after several.
 */
import type { Attribute } from "../attributes.ts";
import { Block, type Operation, type Value } from "../operation.ts";
import type { Type } from "../types.ts";

/** Numbers what it meets, so that identities can be hashed. Attributes and types keep their numbers between calls. */
export class Fingerprinter {
  readonly #numbers = new Map<Attribute | Type | string, number>();
  /** By number; a value's `scratch` says where it is. */
  readonly #values: Value[] = [];
  readonly #blocks = new Map<Block, number>();
  #low = 0;
  #high = 0;
  /** Operations that were hashed so far, over all calls. */
  work = 0;

  /** Of the operation and all inside it; values from outside are told apart by the order of their first use. */
  of(root: Operation): number {
    this.#low = 0x811c9dc5;
    this.#high = 0x2545f491;
    this.#values.length = 0;
    this.#blocks.clear();
    const pending: (Operation | Block)[] = [root];
    for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
      if (item instanceof Block) this.#block(item, pending);
      else this.#operation(item, pending);
    }
    this.#values.length = 0;
    // 21 + 32 bits, which a number holds exactly.
    return (this.#high >>> 11) * 0x100000000 + (this.#low >>> 0);
  }

  /** The arguments and all operations up to one with regions; the rest waits. */
  #block(block: Block, pending: (Operation | Block)[]): void {
    this.#mix(this.#numberOfBlock(block));
    for (const argument of block.arguments) {
      this.#mix(this.#identity(argument.type));
      this.#mix(this.#numberOf(argument));
    }
    const nested: (Operation | Block)[] = [];
    for (let inner = block.first; inner !== undefined; inner = inner.next) this.#operation(inner, nested);
    for (let at = nested.length - 1; at >= 0; at--) pending.push(nested[at]!);
  }

  #operation(operation: Operation, pending: (Operation | Block)[]): void {
    this.work++;
    this.#mix(this.#identity(operation.name));
    for (let index = 0; index < operation.operandCount; index++) this.#mix(this.#numberOf(operation.operand(index)));
    for (let entry = operation.inherentEntries; entry !== undefined; entry = entry.next) {
      this.#mix(this.#identity(entry.name));
      this.#mix(this.#identity(entry.value));
    }
    for (let entry = operation.discardableEntries; entry !== undefined; entry = entry.next) {
      this.#mix(this.#identity(entry.name) + 1);
      this.#mix(this.#identity(entry.value));
    }
    for (const result of operation.results) {
      this.#mix(this.#identity(result.type));
      this.#mix(this.#numberOf(result));
    }
    for (const block of operation.successors) this.#mix(this.#numberOfBlock(block));
    for (const region of operation.regions) {
      this.#mix(region.blocks.length);
      for (const block of region.blocks) pending.push(block);
    }
  }

  /** In the order of first sight. */
  #numberOf(value: Value): number {
    const { scratch } = value;
    if (scratch >= 0 && this.#values[scratch] === value) return scratch;
    value.scratch = this.#values.length;
    this.#values.push(value);
    return value.scratch;
  }

  #numberOfBlock(block: Block): number {
    const known = this.#blocks.get(block);
    if (known !== undefined) return known;
    const number = this.#blocks.size;
    this.#blocks.set(block, number);
    return number;
  }

  #identity(item: Attribute | Type | string): number {
    let number = this.#numbers.get(item);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(item, number);
    }
    return number;
  }

  /** Two multiplicative hashes with different constants. */
  #mix(number: number): void {
    this.#low = Math.imul(this.#low ^ number, 0x01000193) ^ (this.#low >>> 15);
    this.#high = Math.imul(this.#high + number + 1, 0x5bd1e995) ^ (this.#high >>> 13);
  }
}
