/**
 * A hash table of operations with scopes: what was added since a scope opened goes when it closes. Flat arrays and numbers
 * only, for it is asked once per operation.
 */
import type { Operation } from "../../ir/operation.ts";

export class ScopedTable {
  readonly #operations: Operation[] = [];
  readonly #hashes: number[] = [];
  readonly #stamps: number[] = [];
  /** The entry before this one in the same bucket, or -1. */
  readonly #before: number[] = [];
  /** By the low bits of the hash: the latest entry, or -1. */
  #buckets = new Int32Array(1024).fill(-1);
  #base = 0;

  /** How many entries there are: what `close` goes back to. */
  get size(): number {
    return this.#operations.length;
  }

  /** The first entry that can be seen. */
  get base(): number {
    return this.#base;
  }

  /** Hides all entries so far. */
  isolate(): void {
    this.#base = this.size;
  }

  /** Forgets all entries from number `size` on, and shows those from `base` on again. */
  close(size: number, base: number): void {
    this.#base = base;
    for (let at = this.size - 1; at >= size; at--) {
      this.#buckets[this.#bucket(this.#hashes[at]!)] = this.#before[at]!;
    }
    this.#operations.length = size;
    this.#hashes.length = size;
    this.#stamps.length = size;
    this.#before.length = size;
  }

  /** The latest visible entry that may have this hash, or -1; `next` gives those before it. */
  first(hash: number): number {
    return this.#visible(this.#buckets[this.#bucket(hash)]!);
  }

  next(at: number): number {
    return this.#visible(this.#before[at]!);
  }

  operation(at: number): Operation {
    return this.#operations[at]!;
  }

  hash(at: number): number {
    return this.#hashes[at]!;
  }

  stamp(at: number): number {
    return this.#stamps[at]!;
  }

  add(hash: number, operation: Operation, stamp: number): void {
    if (this.size >= this.#buckets.length) this.#grow();
    const bucket = this.#bucket(hash);
    const at = this.size;
    this.#operations.push(operation);
    this.#hashes.push(hash);
    this.#stamps.push(stamp);
    this.#before.push(this.#buckets[bucket]!);
    this.#buckets[bucket] = at;
  }

  #bucket(hash: number): number {
    return hash & (this.#buckets.length - 1);
  }

  #visible(at: number): number {
    return at >= this.#base ? at : -1;
  }

  #grow(): void {
    this.#buckets = new Int32Array(4 * this.#buckets.length).fill(-1);
    for (let at = 0; at < this.size; at++) {
      const bucket = this.#bucket(this.#hashes[at]!);
      this.#before[at] = this.#buckets[bucket]!;
      this.#buckets[bucket] = at;
    }
  }
}
