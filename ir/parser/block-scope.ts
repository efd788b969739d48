/** The labels of the blocks of one region, while it is parsed. A label may be used before its block. */
import { Block } from "../operation.ts";
import type { Lexer } from "./lexer.ts";

interface Entry {
  readonly block: Block;
  /** Where it is defined, or used first. */
  at: number;
  isDefined: boolean;
}

export class BlockScope {
  readonly #lexer: Lexer;
  #entries: Map<string, Entry> | undefined;

  constructor(lexer: Lexer) {
    this.#lexer = lexer;
  }

  #entry(name: string, at: number): Entry {
    this.#entries ??= new Map();
    const known = this.#entries.get(name);
    if (known !== undefined) return known;
    const entry = { block: new Block(), at, isDefined: false };
    this.#entries.set(name, entry);
    return entry;
  }

  use(name: string, at: number): Block {
    return this.#entry(name, at).block;
  }

  define(name: string, at: number): Block {
    const entry = this.#entry(name, at);
    if (entry.isDefined) {
      const note = this.#lexer.note("previously defined here", entry.at);
      this.#lexer.report(this.#lexer.error(`redefinition of block '^${name}'`, at, [note]));
      return new Block();
    }
    entry.isDefined = true;
    entry.at = at;
    return entry.block;
  }

  /** Fails where a label was used that no block has. */
  finish(): void {
    for (const [name, { at, isDefined }] of this.#entries ?? []) {
      if (!isDefined) this.#lexer.report(this.#lexer.error(`reference to an undefined block '^${name}'`, at));
    }
  }
}
