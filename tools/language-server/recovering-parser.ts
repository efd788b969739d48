/**
 * A parser that goes on behind an error, for texts that somebody is still writing. A broken operation becomes a stand-in
 * without results; reading goes on at the next line that looks like an operation, and inside the broken operation's regions.
 */
import type { Context } from "../../ir/context.ts";
import { DiagnosticError, messageOf } from "../../ir/diagnostic-error.ts";
import { Block, createOperation, type Operation, type Region } from "../../ir/operation.ts";
import { OperationParser, type RegionOptions } from "../../ir/parser/operation-parser.ts";
import type { TextParserOptions } from "../../ir/parser/text-parser.ts";
import type { Tokens } from "./tokens.ts";

/** More errors than anybody reads. */
const maximumErrors = 100;
/** Behind this many broken operations a text is something else than IR, and its rest is not read. */
const maximumBroken = 2000;

type Nesting = OperationParser["nesting"];

export class RecoveringParser extends OperationParser {
  readonly errors: DiagnosticError[] = [];
  /** Names, with their sigil, that broken text mentions: whoever uses them is not to blame. */
  readonly forgiven = new Set<string>();
  /** What stands in place of broken operations, with the error of each. */
  readonly standIns = new Map<Operation, DiagnosticError>();
  readonly #tokens: Tokens;
  readonly #places = new Set<string>();
  /** Behind the last thing that was complete inside the current operation. */
  #complete = 0;

  constructor(tokens: Tokens, context: Context, options: TextParserOptions) {
    super(tokens.source, context, options);
    this.#tokens = tokens;
  }

  /** Reads the whole text. */
  parseAll(): Operation[] {
    const operations: Operation[] = [];
    while (!this.isAtEnd) {
      const start = this.offset;
      try {
        if (!this.definitions.readOptional()) operations.push(this.parseOperation());
      } catch (error) {
        this.#record(error);
        this.#toNextLine(start);
      }
    }
    try {
      this.finish();
    } catch (error) {
      this.#record(error);
    }
    return operations;
  }

  override report(error: DiagnosticError): void {
    this.#record(error);
  }

  override parseOperation(): Operation {
    const start = this.offset;
    const { nesting } = this;
    this.#complete = start;
    try {
      const operation = super.parseOperation();
      this.#complete = this.offset;
      return operation;
    } catch (error) {
      const known = this.#record(error);
      this.leaveTo(nesting);
      const operation = this.#recover(start, nesting);
      this.standIns.set(operation, known);
      this.#complete = this.offset;
      return operation;
    }
  }

  override parseRegion(options: RegionOptions = {}): Region {
    const region = super.parseRegion(options);
    this.#complete = this.offset;
    return region;
  }

  protected override parseBlockLabel(region: Region): Block {
    const before = region.blocks.length;
    const { nesting, offset } = this;
    try {
      return super.parseBlockLabel(region);
    } catch (error) {
      this.#record(error);
      this.leaveTo(nesting);
      this.#toNextLine(offset);
      const known = region.blocks[before];
      if (known !== undefined) return known;
      const block = new Block();
      region.append(block);
      return block;
    }
  }

  /** Errors that are no diagnostics come from the code of a dialect: its author wants to see them too. */
  #record(error: unknown): DiagnosticError {
    const known =
      error instanceof DiagnosticError ? error : this.error(`internal error while reading this: ${messageOf(error)}`);
    // Operations around an unclosed region all fail at the same place.
    const place = `${known.details.line}:${known.details.column}`;
    if (this.#places.has(place) || this.errors.length >= maximumErrors) return known;
    this.#places.add(place);
    this.errors.push(known);
    return known;
  }

  /** Goes on at the next line that may start something. */
  #toNextLine(from: number): void {
    if (this.errors.length >= maximumErrors) {
      this.seek(this.source.length);
      return;
    }
    const tokens = this.#tokens;
    let index = tokens.indexBehind(from) + 1;
    while (index < tokens.count && !(tokens.isFirstOnLine(index) && this.#mayStart(index, true))) {
      this.#forgive(index);
      index++;
    }
    this.seek(tokens.start(index));
  }

  #forgive(index: number): void {
    const kind = this.#tokens.kind(index);
    if (kind === "value" || kind === "symbol") this.forgiven.add(this.#tokens.text(index).replace(/#[0-9]+$/, ""));
  }

  /** Skips what is left of a broken operation, and reads its regions. */
  #recover(start: number, nesting: Nesting): Operation {
    const tokens = this.#tokens;
    const first = tokens.indexBehind(start);
    const named = this.#nameOf(first);
    const name = named === undefined ? "" : tokens.text(named).replaceAll('"', "");
    const at = named === undefined ? start : tokens.start(named);
    const definition = this.context.definition(this.#qualified(name, nesting));
    const regions: Region[] = [];
    let depth = 0;
    let index = tokens.indexBehind(Math.max(start, this.#complete));
    for (let early = first; early < index; early++) this.#forgive(early);
    for (; index < tokens.count; index++) {
      if (index > first && tokens.isFirstOnLine(index) && this.#mayStart(index, depth === 0)) break;
      this.#forgive(index);
      const text = tokens.kind(index) === "punctuation" ? tokens.text(index) : "";
      if (text === "}") {
        if (depth === 0 && index > first) break;
        depth = Math.max(0, depth - 1);
      } else if (text === "{") {
        if (this.#mayStart(tokens.next(index), true)) {
          this.leaveTo({ ...nesting, current: this.operationName(name, definition), at });
          index = this.#region(index, regions);
          this.leaveTo(nesting);
        } else depth++;
      }
    }
    this.seek(this.standIns.size < maximumBroken ? tokens.start(index) : this.source.length);
    const operation = createOperation({
      name: this.#qualified(name, nesting) || "unknown",
      regions,
      location: this.location(at),
    });
    this.observer?.operation(operation, { start, name: at, end: this.offset });
    return operation;
  }

  /** Reads the region at a token; the index of its last token. */
  #region(index: number, regions: Region[]): number {
    const tokens = this.#tokens;
    this.seek(tokens.start(index));
    try {
      regions.push(this.parseRegion());
      return tokens.indexBehind(this.offset) - 1;
    } catch (error) {
      this.#record(error);
      return this.isAtEnd ? tokens.count : tokens.closing(index);
    }
  }

  /** `return` inside a function is `func.return`. */
  #qualified(name: string, { defaultDialect }: Nesting): string {
    return name === "" || name.includes(".") ? name : `${defaultDialect ?? "builtin"}.${name}`;
  }

  /** The token that names the operation starting at one. */
  #nameOf(first: number): number | undefined {
    const tokens = this.#tokens;
    let index = first;
    if (tokens.kind(index) === "value") {
      while (tokens.kind(index) === "value" || tokens.kind(index) === "number" || /^[:,]$/.test(tokens.text(index))) {
        index = tokens.next(index);
      }
      if (tokens.text(index) !== "=") return undefined;
      index = tokens.next(index);
    }
    const kind = tokens.kind(index);
    return kind === "word" || kind === "string" ? index : undefined;
  }

  /** Whether a token looks like the start of an operation or a block. With `isLoose` a bare word may be one. */
  #mayStart(index: number, isLoose: boolean): boolean {
    const tokens = this.#tokens;
    switch (tokens.kind(index)) {
      case "value": {
        const name = this.#nameOf(index);
        return name !== undefined || /^[=]$/.test(tokens.text(tokens.next(index)));
      }
      case "string":
        return tokens.text(tokens.next(index)) === "(" && tokens.text(index).includes(".");
      case "block":
        return /^[:(]$/.test(tokens.text(tokens.next(index)));
      case "attribute":
      case "type":
        return tokens.text(tokens.next(index)) === "=" && this.source[tokens.start(index) - 1] === "\n";
      case "word":
        return isLoose && !/^[=,:]$/.test(tokens.text(tokens.next(index))) && this.#isOperationName(tokens.text(index));
      default:
        return isLoose && index > 0 && tokens.text(index) === "}" && tokens.isFirstOnLine(index);
    }
  }

  #isOperationName(word: string): boolean {
    if (this.context.definition(word) !== undefined) return true;
    const dot = word.indexOf(".");
    if (dot > 0) return this.context.allowUnregistered || this.context.dialects.has(word.slice(0, dot));
    const { defaultDialect } = this.nesting;
    return this.context.definition(`${defaultDialect ?? "builtin"}.${word}`) !== undefined;
  }
}
