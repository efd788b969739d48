/**
 * Numbers for the words of a source text. A word is found by where it stands, without making a string of it: reading a
 * module means looking up a name several times per operation, and nothing else costs as much.
 */

/** Continues the hash of a word by one character; start with 0. */
export function hashCode(hash: number, code: number): number {
  return (Math.imul(hash, 31) + code) | 0;
}

export class SpanTable {
  readonly #source: string;
  /** Open addressing: a word's number plus one, 0 where the slot is free. */
  #slots = new Int32Array(1024);
  readonly #hashes: number[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  /** The words that do not stand in the source; their start is -1. */
  readonly #texts = new Map<number, string>();

  constructor(source: string) {
    this.#source = source;
  }

  /** The number of the word between two offsets, whose hash is given; the first word gets 0. */
  numberOf(start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = scattered(hash) & mask;
    for (;;) {
      const number = slots[slot]! - 1;
      if (number < 0) break;
      if (this.#hashes[number] === hash && this.#isSpan(number, start, end)) return number;
      slot = (slot + 1) & mask;
    }
    return this.#add(slot, start, end, hash);
  }

  /** The number of a word that may not stand in the source. */
  numberOfText(text: string): number {
    let hash = 0;
    for (let position = 0; position < text.length; position++) hash = hashCode(hash, text.charCodeAt(position));
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = scattered(hash) & mask;
    for (;;) {
      const number = slots[slot]! - 1;
      if (number < 0) break;
      if (this.#hashes[number] === hash && this.text(number) === text) return number;
      slot = (slot + 1) & mask;
    }
    const number = this.#add(slot, -1, -1, hash);
    this.#texts.set(number, text);
    return number;
  }

  text(number: number): string {
    return this.#texts.get(number) ?? this.#source.slice(this.#starts[number], this.#ends[number]);
  }

  #isSpan(number: number, start: number, end: number): boolean {
    const source = this.#source;
    let other = this.#starts[number]!;
    if (other < 0) return this.#texts.get(number) === source.slice(start, end);
    if (this.#ends[number]! - other !== end - start) return false;
    for (let position = start; position < end; position++) {
      if (source.charCodeAt(position) !== source.charCodeAt(other++)) return false;
    }
    return true;
  }

  #add(slot: number, start: number, end: number, hash: number): number {
    const number = this.#hashes.length;
    this.#hashes.push(hash);
    this.#starts.push(start);
    this.#ends.push(end);
    this.#slots[slot] = number + 1;
    if (number * 2 > this.#slots.length) this.#grow();
    return number;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 4);
    const mask = slots.length - 1;
    for (let number = 0; number < this.#hashes.length; number++) {
      let slot = scattered(this.#hashes[number]!) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
    this.#slots = slots;
  }
}

/** Spreads hashes of similar words over the table. */
function scattered(hash: number): number {
  const mixed = Math.imul(hash, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
