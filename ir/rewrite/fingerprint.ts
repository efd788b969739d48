/**
 * Fingerprints of IR: equal programs have equal ones, and different programs almost surely different ones. They tell
 * whether a rewrite changed anything, and whether a program is the same again after several.
 */
import type { Attribute } from "../attributes.ts";
import type { Block, Operation, Value } from "../operation.ts";
import type { Type } from "../types.ts";

/** Numbers what it meets, so that identities can be hashed. Attributes and types keep their numbers between calls. */
export class Fingerprinter {
  readonly #numbers = new Map<Attribute | Type | string, number>();
  #low = 0;
  #high = 0;
  /** Operations that were hashed so far, over all calls. */
  work = 0;

  /** Of the operation and all inside it; values from outside are told apart by the order of their first use. */
  of(root: Operation): number {
    this.#low = 0x811c9dc5;
    this.#high = 0x2545f491;
    const values = new Map<Value | Block, number>();
    const numberOf = (item: Value | Block): number => {
      let number = values.get(item);
      if (number === undefined) {
        number = values.size;
        values.set(item, number);
      }
      return number;
    };
    const pending: (Operation | Block)[] = [root];
    for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
      if ("regions" in item) this.#operation(item, numberOf, pending);
      else {
        this.#mix(numberOf(item));
        for (const argument of item.arguments) {
          this.#mix(this.#identity(argument.type));
          this.#mix(numberOf(argument));
        }
        for (let inner = item.last; inner !== undefined; inner = inner.previous) pending.push(inner);
      }
    }
    // 21 + 32 bits, which a number holds exactly.
    return (this.#high >>> 11) * 0x100000000 + (this.#low >>> 0);
  }

  #operation(operation: Operation, numberOf: (item: Value | Block) => number, pending: (Operation | Block)[]): void {
    this.work++;
    this.#mix(this.#identity(operation.name));
    for (const operand of operation.operands) this.#mix(numberOf(operand));
    for (const [name, value] of operation.properties) {
      this.#mix(this.#identity(name));
      this.#mix(this.#identity(value));
    }
    for (const [name, value] of operation.attributes) {
      this.#mix(this.#identity(name) + 1);
      this.#mix(this.#identity(value));
    }
    for (const result of operation.results) {
      this.#mix(this.#identity(result.type));
      this.#mix(numberOf(result));
    }
    for (const block of operation.successors) this.#mix(numberOf(block));
    for (let at = operation.regions.length - 1; at >= 0; at--) {
      const { blocks } = operation.regions[at]!;
      this.#mix(blocks.length);
      for (let position = blocks.length - 1; position >= 0; position--) pending.push(blocks[position]!);
    }
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
