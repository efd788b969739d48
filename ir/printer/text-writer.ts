/**
 * Gathers text as UTF-8. A module is printed as millions of short pieces: joined as strings they would be as many objects,
 * written into one array of bytes they are none.
 */

/** Longer pieces are left to the engine's own encoder, which has a price per call. */
const longestCopied = 64;

const encoder = new TextEncoder();

export class TextWriter {
  #bytes = new Uint8Array(1 << 14);
  #length = 0;

  get text(): string {
    return Buffer.from(this.#bytes.buffer, 0, this.#length).toString("utf8");
  }

  write(text: string): void {
    const { length } = text;
    if (length > longestCopied) {
      this.#encode(text);
      return;
    }
    this.#reserve(length);
    const bytes = this.#bytes;
    const start = this.#length;
    for (let position = 0; position < length; position++) {
      const code = text.charCodeAt(position);
      if (code >= 0x80) {
        this.#encode(text);
        return;
      }
      bytes[start + position] = code;
    }
    this.#length = start + length;
  }

  /** One character of ASCII. */
  code(code: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = code;
  }

  /** A whole number from 0 to 2^31, in decimal. */
  number(value: number): void {
    this.#reserve(10);
    const bytes = this.#bytes;
    let digits = 1;
    for (let limit = 10; value >= limit && digits < 10; limit *= 10) digits++;
    let rest = value;
    for (let position = this.#length + digits - 1; position >= this.#length; position--) {
      const next = (rest / 10) | 0;
      bytes[position] = 0x30 + rest - next * 10;
      rest = next;
    }
    this.#length += digits;
  }

  #encode(text: string): void {
    // A code unit takes at most three bytes.
    this.#reserve(text.length * 3);
    this.#length += encoder.encodeInto(text, this.#bytes.subarray(this.#length)).written;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
