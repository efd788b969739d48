/**
 * The tokens of a text that need not be IR yet: what stands at the cursor, where a comment is, where reading can go on behind
 * an error. Kept in typed arrays, since a text has very many.
 */

export type TokenKind =
  | "comment"
  | "string"
  /** `%name` or `%name#1` */
  | "value"
  /** `^name` */
  | "block"
  /** `@name` or `@"any name"` */
  | "symbol"
  /** `#name` */
  | "attribute"
  /** `!name` */
  | "type"
  | "word"
  | "number"
  | "punctuation";

const kinds: readonly TokenKind[] = [
  "comment",
  "string",
  "value",
  "block",
  "symbol",
  "attribute",
  "type",
  "word",
  "number",
  "punctuation",
];

const suffix = "(?:[0-9]+|[A-Za-z_$.-][\\w$.-]*)";
/** One group per kind, in the order of `kinds`. Every character but blanks is in some token. */
const token = new RegExp(
  [
    "(//[^\\n]*)",
    '("(?:[^"\\\\\\n]|\\\\[^\\n])*"?)',
    `(%${suffix}(?:#[0-9]+)?)`,
    `(\\^${suffix})`,
    `(@(?:"(?:[^"\\\\\\n]|\\\\[^\\n])*"?|${suffix}))`,
    `(#${suffix})`,
    `(!${suffix})`,
    "([A-Za-z_][\\w$.]*)",
    "([0-9][\\w.]*)",
    "(->|::|[^\\s])",
  ].join("|"),
  "gu",
);

/** One token; offsets into the text. */
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export class Tokens {
  readonly source: string;
  readonly count: number;
  readonly #kinds: Uint8Array;
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;

  constructor(source: string) {
    this.source = source;
    let kindsSoFar = new Uint8Array(1024);
    let starts = new Uint32Array(1024);
    let ends = new Uint32Array(1024);
    let count = 0;
    token.lastIndex = 0;
    for (let match = token.exec(source); match !== null; match = token.exec(source)) {
      if (count === starts.length) {
        kindsSoFar = grown(kindsSoFar, new Uint8Array(2 * count));
        starts = grown(starts, new Uint32Array(2 * count));
        ends = grown(ends, new Uint32Array(2 * count));
      }
      let kind = 0;
      while (match[kind + 1] === undefined) kind++;
      kindsSoFar[count] = kind;
      starts[count] = match.index;
      ends[count] = token.lastIndex;
      count++;
    }
    this.count = count;
    this.#kinds = kindsSoFar;
    this.#starts = starts;
    this.#ends = ends;
  }

  kind(index: number): TokenKind | undefined {
    return index >= 0 && index < this.count ? kinds[this.#kinds[index]!] : undefined;
  }

  /** The end of the text for an index behind the last token. */
  start(index: number): number {
    return index < this.count ? this.#starts[index]! : this.source.length;
  }

  end(index: number): number {
    return index < this.count ? this.#ends[index]! : this.source.length;
  }

  text(index: number): string {
    return this.source.slice(this.start(index), this.end(index));
  }

  token(index: number): Token | undefined {
    const kind = this.kind(index);
    return kind && { kind, start: this.start(index), end: this.end(index), text: this.text(index) };
  }

  /** The index of the first token that ends behind `offset`. */
  indexBehind(offset: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ends[middle]! > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The token that contains `offset`, or ends there where none starts there. */
  at(offset: number): Token | undefined {
    const index = this.indexBehind(offset);
    const isInside = index < this.count && this.start(index) <= offset;
    const before = index > 0 && this.end(index - 1) === offset ? index - 1 : undefined;
    // Between a name and punctuation the name is meant, on whichever side it stands.
    if (before !== undefined && (!isInside || this.kind(index) === "punctuation")) return this.token(before);
    return isInside ? this.token(index) : undefined;
  }

  /** The token that starts at `offset`, or contains it; else an empty place there. */
  rangeAt(offset: number): { readonly start: number; readonly end: number } {
    const index = this.indexBehind(offset);
    return this.start(index) <= offset && index < this.count
      ? { start: offset, end: this.end(index) }
      : { start: offset, end: offset };
  }

  /** The end of the last token in front of `offset` that is not a comment. */
  endBefore(offset: number): number {
    let index = this.indexBehind(offset) - 1;
    while (index >= 0 && (this.kind(index) === "comment" || this.end(index) > offset)) index--;
    return index < 0 ? 0 : this.end(index);
  }

  isFirstOnLine(index: number): boolean {
    const from = index === 0 ? 0 : this.end(index - 1);
    return (
      index === 0 || this.source.slice(from, this.start(index)).includes("\n") || this.kind(index - 1) === "comment"
    );
  }

  /** The index of the next token that is not a comment. */
  next(index: number): number {
    let next = index + 1;
    while (this.kind(next) === "comment") next++;
    return next;
  }

  /** The index of the bracket that closes the one at `index`; the number of tokens where none does. */
  closing(index: number): number {
    const open = this.text(index);
    const close = open === "{" ? "}" : open === "(" ? ")" : open === "[" ? "]" : ">";
    let depth = 0;
    for (let at = index; at < this.count; at++) {
      if (this.kind(at) !== "punctuation") continue;
      const character = this.source.charCodeAt(this.start(at));
      if (character === open.charCodeAt(0)) depth++;
      else if (character === close.charCodeAt(0) && this.end(at) === this.start(at) + 1 && --depth === 0) return at;
    }
    return this.count;
  }
}

function grown<A extends Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(from: A, to: A): A {
  to.set(from);
  return to;
}
