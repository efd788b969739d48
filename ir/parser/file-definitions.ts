/**
 * What a text defines for itself: aliases (`#map = …`, `!t = …`) and resources (`{-# … #-}`). MLIR prints location
 * aliases and resources behind their uses, so a use looks ahead for the definition.
 */
import { type Attribute, DenseElementsAttribute } from "../attributes.ts";
import type { Blob, BlobStore } from "../blob.ts";
import type { Type } from "../types.ts";
import { type ResourceSection, readResourceSection, sectionStart } from "./resources.ts";
import type { TextParser } from "./text-parser.ts";

interface Definition<T> {
  /** Where the definition's sigil stands. */
  readonly at: number;
  /** Set when it has been read. */
  value?: T;
  /** The offset behind the definition. */
  end: number;
  isBeingRead: boolean;
}

/** Far beyond what people or tools name by an alias. */
const longestAlias = 1 << 24;

/** The aliases of one kind. */
class AliasTable<T extends { readonly text: string }> {
  readonly #parser: TextParser;
  readonly #sigil: "#" | "!";
  readonly #read: () => T;
  #definitions: Map<string, Definition<T>> | undefined;

  constructor(parser: TextParser, sigil: "#" | "!", read: () => T) {
    this.#parser = parser;
    this.#sigil = sigil;
    this.#read = read;
  }

  /** The value of an alias that is used at `at`. */
  lookup(name: string, at: number): T {
    const definition = this.#index().get(name);
    const alias = `${this.#sigil}${name}`;
    if (definition === undefined) throw this.#parser.error(`undefined alias '${alias}'`, at);
    if (definition.isBeingRead) {
      const note = this.#parser.note("defined here", definition.at);
      throw this.#parser.error(`alias '${alias}' is defined by itself`, at, [note]);
    }
    if (definition.value !== undefined) return definition.value;
    const here = this.#parser.offset;
    this.#parser.seek(definition.at);
    this.define();
    this.#parser.seek(here);
    return this.lookup(name, at);
  }

  has(name: string): boolean {
    return this.#index().has(name);
  }

  /** Reads the definition where the parser stands. */
  define(): void {
    const parser = this.#parser;
    const at = parser.offset;
    const name = parser.optionalSuffixed(this.#sigil) ?? "";
    const alias = `${this.#sigil}${name}`;
    if (name.includes(".")) throw parser.error(`the name of an alias cannot contain '.', found '${alias}'`, at);
    parser.expect("=", `to define the alias '${alias}'`);
    const definitions = this.#index();
    const known = definitions.get(name);
    if (known !== undefined && known.at !== at) {
      throw parser.error(`redefinition of alias '${alias}'`, at, [parser.note("previously defined here", known.at)]);
    }
    if (known?.value !== undefined) {
      parser.seek(known.end);
      return;
    }
    const definition: Definition<T> = known ?? { at, end: at, isBeingRead: false };
    definitions.set(name, definition);
    definition.isBeingRead = true;
    const value = this.#read();
    // Aliases of aliases double at each step: forty lines would fill any memory.
    if (!(value instanceof DenseElementsAttribute) && value.text.length > longestAlias) {
      throw parser.error(`alias '${alias}' stands for more than ${longestAlias} characters`, at);
    }
    definition.value = value;
    definition.isBeingRead = false;
    definition.end = parser.offset;
  }

  /** All definitions that start a line, found in one pass over the text. */
  #index(): Map<string, Definition<T>> {
    if (this.#definitions !== undefined) return this.#definitions;
    const definitions = new Map<string, Definition<T>>();
    const { source } = this.#parser;
    const lineOfDefinition = this.#sigil === "#" ? /^#([\w$-]+)[ \t]*=/my : /^!([\w$-]+)[ \t]*=/my;
    for (let at = source.startsWith(this.#sigil) ? 0 : this.#nextLine(0); at >= 0; at = this.#nextLine(at)) {
      lineOfDefinition.lastIndex = at;
      const name = lineOfDefinition.exec(source)?.[1];
      if (name !== undefined && !definitions.has(name)) definitions.set(name, { at, end: at, isBeingRead: false });
    }
    this.#definitions = definitions;
    return definitions;
  }

  /** The start of the next line that begins with the sigil, or -1. */
  #nextLine(from: number): number {
    const found = this.#parser.source.indexOf(`\n${this.#sigil}`, from);
    return found < 0 ? -1 : found + 1;
  }
}

export class FileDefinitions {
  readonly #parser: TextParser;
  readonly #blobs: BlobStore;
  readonly #attributes: AliasTable<Attribute>;
  readonly #types: AliasTable<Type>;
  #sections: ReadonlyMap<number, ResourceSection> | undefined;

  constructor(parser: TextParser, blobs: BlobStore) {
    this.#parser = parser;
    this.#blobs = blobs;
    this.#attributes = new AliasTable(parser, "#", () => parser.parseAttribute());
    this.#types = new AliasTable(parser, "!", () => parser.parseType());
  }

  /** The attribute that `#name`, used at `at`, stands for. */
  attribute(name: string, at: number): Attribute {
    return this.#attributes.lookup(name, at);
  }

  /** The type that `!name`, used at `at`, stands for. */
  type(name: string, at: number): Type {
    return this.#types.lookup(name, at);
  }

  /** What the alias `#name` or `!name`, used at `at`, stands for, as text; undefined where nothing defines it. */
  textOfAlias(sigil: string, name: string, at: number): string | undefined {
    if (sigil === "#") return this.#attributes.has(name) ? this.attribute(name, at).text : undefined;
    return this.#types.has(name) ? this.type(name, at).text : undefined;
  }

  /** Reads an alias definition or a resource section if one is next. */
  readOptional(): boolean {
    const parser = this.#parser;
    if (parser.peek("#")) this.#attributes.define();
    else if (parser.peek("!")) this.#types.define();
    else if (parser.peek(sectionStart)) {
      const known = this.#resourceSections().get(parser.offset);
      // A section that could not be read ahead is read again here, where its error belongs.
      if (known === undefined) readResourceSection(parser);
      else parser.seek(known.end);
    } else return false;
    return true;
  }

  /** The blob of a resource key, from the text or from the store that was given. */
  blob(key: string): Blob | undefined {
    for (const section of this.#resourceSections().values()) {
      const blob = section.blobs.get(key);
      if (blob !== undefined) return this.#blobs.add(blob);
    }
    return this.#blobs.get(key);
  }

  #resourceSections(): ReadonlyMap<number, ResourceSection> {
    if (this.#sections !== undefined) return this.#sections;
    const sections = new Map<number, ResourceSection>();
    const parser = this.#parser;
    const here = parser.offset;
    for (let at = parser.source.indexOf(sectionStart); at >= 0; at = parser.source.indexOf(sectionStart, at + 1)) {
      parser.seek(at);
      const section = tryToRead(parser);
      if (section !== undefined) sections.set(at, section);
    }
    parser.seek(here);
    this.#sections = sections;
    return sections;
  }
}

/** The section at a place that may also be the inside of a string or comment. */
function tryToRead(parser: TextParser): ResourceSection | undefined {
  try {
    return readResourceSection(parser);
  } catch {
    return undefined;
  }
}
