/**
 * The lowest layer of the text reader. There is no token stream: the position always stands on the first character of
 * the next token (blanks and `//` comments are skipped behind each consumed one), and the caller asks for what it
 * expects there. That makes `2x3xf32` need no special rule and costs no object per token.
 */
import { DiagnosticError, type DiagnosticNote, type SourcePlace } from "../diagnostic-error.ts";
import { type Location, SourceText, TextLocation } from "../location.ts";
import { textOfBytes } from "../quoted.ts";
import { type IndexType, type IntegerType, i64 } from "../types.ts";
import { integerOfLiteral } from "./numbers.ts";
import { hashCode } from "./span-table.ts";

/** How deep regions, attributes, types and expressions may nest. Code that walks the IR recurses as deep. */
export const maximumDepth = 400;

const letter = 1;
const digit = 2;
const identifierPunctuation = 4;
const suffixPunctuation = 8;

/** Character classes of ASCII; anything above has none. */
const classes = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  const character = String.fromCharCode(code);
  if (/[A-Za-z_]/.test(character)) classes[code] = letter;
  else if (/[0-9]/.test(character)) classes[code] = digit;
  else if (character === "$" || character === ".") classes[code] = identifierPunctuation | suffixPunctuation;
  else if (character === "-") classes[code] = suffixPunctuation;
}

function classOf(code: number): number {
  // A NaN code (behind the end) fails the comparison too.
  return code < 128 ? classes[code]! : 0;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isHexDigit(code: number): boolean {
  return isDigit(code) || (code >= 0x61 && code <= 0x66) || (code >= 0x41 && code <= 0x46);
}

const minus = 0x2d;
const greater = 0x3e;
const quote = 0x22;
const backslash = 0x5c;

/** A number as written: `text` is the literal without its sign. */
export interface NumberLiteral {
  readonly kind: "decimal" | "hexadecimal" | "float";
  readonly negative: boolean;
  readonly text: string;
}

export class Lexer {
  readonly source: string;
  readonly file: string;
  protected position = 0;
  #depth = 0;
  /** The hash of the word that was scanned last. */
  protected hash = 0;
  /** The value of the name that `scanSuffix` found last, where it is a decimal without leading zeros; else -1. */
  protected decimal = -1;
  readonly #text: SourceText;

  constructor(source: string, file = "-") {
    this.source = source;
    this.file = file;
    this.#text = new SourceText(file, source);
    // A byte order mark is no part of the text.
    if (source.charCodeAt(0) === 0xfeff) this.position = 1;
    this.skipBlanks();
  }

  // ---------------------------------------------------------------------------------------------------- positions

  /** Offset of the next token in the source; the `at` of `error` and `location`. */
  get offset(): number {
    return this.position;
  }

  get isAtEnd(): boolean {
    return this.position >= this.source.length;
  }

  /** Goes to an offset where a token starts (looking ahead and coming back). */
  seek(offset: number): void {
    this.position = offset;
    this.skipBlanks();
  }

  /** The character code of the next token; NaN at the end. */
  peekCode(): number {
    return this.source.charCodeAt(this.position);
  }

  /** Line and column of an offset, both from 1. */
  place(at: number = this.position): SourcePlace & { readonly line: number; readonly column: number } {
    return this.#text.place(at);
  }

  /** The place of a token (the next one unless `at` is given) as a location. */
  location(at: number = this.position): Location {
    return new TextLocation(this.#text, at);
  }

  /** A diagnostic at a token (the next one unless `at` is given). Throw it. */
  error(message: string, at: number = this.position, notes: readonly DiagnosticNote[] = []): DiagnosticError {
    return new DiagnosticError(message, { ...this.place(at), notes, source: this.source });
  }

  /** An error behind which reading can go on. It is thrown, except by parsers that collect errors. */
  report(error: DiagnosticError): void {
    throw error;
  }

  /** A note for a diagnostic at an offset. */
  note(message: string, at: number): DiagnosticNote {
    return { ...this.place(at), message };
  }

  /** "expected X, found Y" at the next token; `advice` ends the sentence. */
  expected(what: string, advice = ""): DiagnosticError {
    return this.error(`expected ${what}, found ${this.#nextToken()}${advice}`);
  }

  /** As `expected`, for what goes on behind the bracket at `open`: where the text ends instead, a note says which it was. */
  expectedInside(what: string, open: number): DiagnosticError {
    const error = this.expected(what);
    if (!this.isAtEnd) return error;
    return this.error(error.message, this.position, [this.note(`this '${this.source[open]}' is never closed`, open)]);
  }

  /** Guards a recursion; every `enter` has a `leave`. */
  enter(): void {
    this.#depth++;
    if (this.#depth > maximumDepth) throw this.error(`nesting is deeper than ${maximumDepth} levels`);
  }

  leave(): void {
    this.#depth--;
  }

  /** How deep the parser is, for parsers that go on behind an error. */
  protected get depth(): number {
    return this.#depth;
  }

  protected set depth(depth: number) {
    this.#depth = depth;
  }

  #nextToken(): string {
    const { source, position } = this;
    if (this.isAtEnd) return "the end of the text";
    const code = this.peekCode();
    if (code === quote) {
      const end = source.indexOf('"', position + 1);
      const text = source.slice(position, end < 0 ? undefined : end + 1);
      return text.length > 40 ? `${text.slice(0, 40)}…` : text;
    }
    const prefix = "%^@#!".includes(source[position]!) ? 1 : 0;
    let end = position + prefix;
    while ((classOf(source.charCodeAt(end)) & (letter | digit | identifierPunctuation)) !== 0) end++;
    if (end > position + prefix) return `'${source.slice(position, Math.min(end, position + 60))}'`;
    if (source.startsWith("->", position)) return "'->'";
    return `'${String.fromCodePoint(source.codePointAt(position)!)}'`;
  }

  // --------------------------------------------------------------------------------------------------- punctuation

  protected skipBlanks(): void {
    const { source } = this;
    let position = this.position;
    for (;;) {
      const code = source.charCodeAt(position);
      if (code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d) position++;
      else if (code === 0x2f && source.charCodeAt(position + 1) === 0x2f) {
        const end = source.indexOf("\n", position);
        position = end < 0 ? source.length : end + 1;
      } else break;
    }
    this.position = position;
  }

  /** Goes on behind `length` characters and the blanks there. */
  protected advance(length: number): void {
    this.position += length;
    this.skipBlanks();
  }

  /** Whether the next token starts with this punctuation; nothing is consumed. */
  peek(punctuation: string): boolean {
    const { source, position } = this;
    const code = source.charCodeAt(position);
    if (code !== punctuation.charCodeAt(0)) return false;
    // A minus sign is not the start of an arrow.
    if (punctuation.length === 1) return code !== minus || source.charCodeAt(position + 1) !== greater;
    return source.startsWith(punctuation, position);
  }

  /** Consumes the punctuation if it is next. */
  accept(punctuation: string): boolean {
    if (!this.peek(punctuation)) return false;
    this.advance(punctuation.length);
    return true;
  }

  /** Consumes the punctuation or fails; `where` completes the message ("after the operands"). */
  expect(punctuation: string, where?: string): void {
    if (!this.accept(punctuation)) throw this.expected(`'${punctuation}'${where === undefined ? "" : ` ${where}`}`);
  }

  /** Consumes one character that is punctuation of its own (not a minus sign) if it is next. */
  protected acceptCode(code: number): boolean {
    if (this.source.charCodeAt(this.position) !== code) return false;
    this.position++;
    this.skipBlanks();
    return true;
  }

  // ---------------------------------------------------------------------------------------------------------- words

  /** Where the bare identifier at `start` ends, which leaves its hash; `start` itself where there is none. */
  protected scanIdentifier(start: number): number {
    const { source } = this;
    let end = start;
    let hash = 0;
    let code = source.charCodeAt(end);
    if (classOf(code) === letter) {
      do {
        hash = hashCode(hash, code);
        code = source.charCodeAt(++end);
      } while ((classOf(code) & (letter | digit | identifierPunctuation)) !== 0);
    }
    this.hash = hash;
    return end;
  }

  /** Where the name that stands behind a sigil at `start` ends, which leaves its hash; `start` itself where there is none. */
  protected scanSuffix(start: number): number {
    const { source } = this;
    let end = start;
    let hash = 0;
    let code = source.charCodeAt(end);
    const first = classOf(code);
    this.decimal = -1;
    if (first === digit) {
      let value = 0;
      do {
        hash = hashCode(hash, code);
        value = value * 10 + (code - 0x30);
        code = source.charCodeAt(++end);
      } while (isDigit(code));
      const length = end - start;
      if (length === 1 || (length < 9 && source.charCodeAt(start) !== 0x30)) this.decimal = value;
    } else if ((first & (letter | suffixPunctuation)) !== 0) {
      do {
        hash = hashCode(hash, code);
        code = source.charCodeAt(++end);
      } while (classOf(code) !== 0);
    }
    this.hash = hash;
    return end;
  }

  /** A bare identifier (`[A-Za-z_][A-Za-z0-9_$.]*`) that is next, not consumed. */
  peekIdentifier(): string | undefined {
    const { position } = this;
    const end = this.scanIdentifier(position);
    return end === position ? undefined : this.source.slice(position, end);
  }

  optionalKeyword(): string | undefined {
    const { position } = this;
    const end = this.scanIdentifier(position);
    if (end === position) return undefined;
    const word = this.source.slice(position, end);
    this.advance(end - position);
    return word;
  }

  /** A bare identifier; `expected` names it in the error. */
  keyword(expected = "a keyword"): string {
    const word = this.optionalKeyword();
    if (word === undefined) throw this.expected(expected);
    return word;
  }

  /** Whether the next token is this whole word. */
  peekKeyword(word: string): boolean {
    const { source, position } = this;
    if (source.charCodeAt(position) !== word.charCodeAt(0) || !source.startsWith(word, position)) return false;
    return (classOf(source.charCodeAt(position + word.length)) & (letter | digit | identifierPunctuation)) === 0;
  }

  acceptKeyword(word: string): boolean {
    if (!this.peekKeyword(word)) return false;
    this.advance(word.length);
    return true;
  }

  expectKeyword(word: string): void {
    if (!this.acceptKeyword(word)) throw this.expected(`'${word}'`);
  }

  /**
   * What follows a sigil (`%`, `^`, `#`, `!`, `@`) directly: digits, or an identifier that may also contain `$ . -`.
   * Undefined where the next token has not this sigil.
   */
  optionalSuffixed(sigil: string): string | undefined {
    if (this.source.charCodeAt(this.position) !== sigil.charCodeAt(0)) return undefined;
    const start = this.position + 1;
    const end = this.scanSuffix(start);
    if (end === start) throw this.error(`expected a name directly behind '${sigil}'`);
    const name = this.source.slice(start, end);
    this.advance(end - this.position);
    return name;
  }

  // -------------------------------------------------------------------------------------------------------- numbers

  /** Whether the next token is a number, with or without a minus sign. */
  peekNumber(): boolean {
    const { source, position } = this;
    const code = source.charCodeAt(position);
    return isDigit(code) || (code === minus && isDigit(source.charCodeAt(position + 1)));
  }

  /** A number as it is written, or undefined. */
  optionalNumber(): NumberLiteral | undefined {
    if (!this.peekNumber()) return undefined;
    const { source } = this;
    const negative = this.peekCode() === minus;
    const start = this.position + (negative ? 1 : 0);
    let end = start;
    let kind: NumberLiteral["kind"] = "decimal";
    if (
      source.charCodeAt(start) === 0x30 &&
      source.charCodeAt(start + 1) === 0x78 &&
      isHexDigit(source.charCodeAt(start + 2))
    ) {
      kind = "hexadecimal";
      end = start + 2;
      while (isHexDigit(source.charCodeAt(end))) end++;
    } else {
      while (isDigit(source.charCodeAt(end))) end++;
      if (source.charCodeAt(end) === 0x2e) {
        kind = "float";
        end = this.#fractionEnd(end + 1);
      }
    }
    const text = source.slice(start, end);
    this.advance(end - this.position);
    return { kind, negative, text };
  }

  /** A decimal integer of at most 15 digits if one is next, which a number holds exactly; nothing is consumed otherwise. */
  optionalShortInteger(): number | undefined {
    const { source, position } = this;
    const isNegative = source.charCodeAt(position) === minus;
    const start = isNegative ? position + 1 : position;
    let end = start;
    let value = 0;
    let code = source.charCodeAt(end);
    while (isDigit(code)) {
      value = value * 10 + (code - 0x30);
      code = source.charCodeAt(++end);
    }
    // A fraction or the `x` of a hexadecimal number may follow.
    if (end === start || end - start > 15 || code === 0x2e || code === 0x78) return undefined;
    this.position = end;
    this.skipBlanks();
    return isNegative ? -value : value;
  }

  #fractionEnd(start: number): number {
    const { source } = this;
    let end = start;
    while (isDigit(source.charCodeAt(end))) end++;
    const code = source.charCodeAt(end);
    if (code !== 0x65 && code !== 0x45) return end;
    const sign = source.charCodeAt(end + 1);
    let exponent = end + (sign === minus || sign === 0x2b ? 2 : 1);
    if (!isDigit(source.charCodeAt(exponent))) return end;
    while (isDigit(source.charCodeAt(exponent))) exponent++;
    return exponent;
  }

  parseOptionalInteger(): bigint | undefined {
    if (!this.peekNumber()) return undefined;
    const start = this.position;
    const literal = this.optionalNumber()!;
    if (literal.kind === "float") {
      this.position = start;
      throw this.expected("an integer");
    }
    const value = BigInt(literal.text);
    return literal.negative ? -value : value;
  }

  /** A decimal or hexadecimal integer, optionally negative. */
  parseInteger(): bigint {
    const value = this.parseOptionalInteger();
    if (value === undefined) throw this.expected("an integer");
    return value;
  }

  /** An integer that fits a number exactly (sizes, counts, positions), and `type` where one is given. */
  parseSize(type?: IntegerType | IndexType): number {
    const at = this.position;
    const literal = this.optionalNumber();
    if (literal === undefined) throw this.expected("an integer");
    const value = Number(integerOfLiteral(this, literal, type ?? i64, at));
    if (!Number.isSafeInteger(value)) throw this.error(`${value} is too large here`, at);
    return value;
  }

  /** Digits only, as in a dimension list, where `0x8` means `0` and `x8`. Undefined where there are none. */
  protected plainDigits(): number | undefined {
    const start = this.position;
    let end = start;
    let value = 0;
    for (;;) {
      const code = this.source.charCodeAt(end);
      if (!isDigit(code)) break;
      value = value * 10 + (code - 0x30);
      end++;
    }
    if (end === start) return undefined;
    if (value > Number.MAX_SAFE_INTEGER) throw this.error("this size is too large");
    this.position = end;
    return value;
  }

  /** A float or decimal integer literal, optionally negative. */
  parseFloat(): number {
    const literal = this.optionalNumber();
    if (literal === undefined) throw this.expected("a number");
    const value = Number(literal.text);
    return literal.negative ? -value : value;
  }

  // -------------------------------------------------------------------------------------------------------- strings

  parseOptionalString(): string | undefined {
    if (this.peekCode() !== quote) return undefined;
    const { source } = this;
    const start = this.position + 1;
    const end = source.indexOf('"', start);
    const plain = end < 0 ? source.slice(start) : source.slice(start, end);
    if (!plain.includes("\\")) {
      if (end < 0 || plain.includes("\n")) throw this.error("this string is not closed on its line");
      this.advance(end + 1 - this.position);
      return plain;
    }
    return this.#escapedString(start);
  }

  parseString(): string {
    const value = this.parseOptionalString();
    if (value === undefined) throw this.expected("a string");
    return value;
  }

  /** Escapes stand for bytes of UTF-8, so the whole is gathered as bytes. */
  #escapedString(start: number): string {
    const { source } = this;
    const encoder = new TextEncoder();
    const bytes: number[] = [];
    let position = start;
    for (;;) {
      const code = source.charCodeAt(position);
      if (Number.isNaN(code) || code === 0x0a) throw this.error("this string is not closed on its line");
      if (code === quote) break;
      if (code !== backslash) {
        let end = position + 1;
        while (!this.#endsPlainText(source.charCodeAt(end))) end++;
        for (const byte of encoder.encode(source.slice(position, end))) bytes.push(byte);
        position = end;
        continue;
      }
      const escaped = source.charCodeAt(position + 1);
      const simple =
        escaped === quote || escaped === backslash
          ? escaped
          : escaped === 0x6e
            ? 0x0a
            : escaped === 0x74
              ? 0x09
              : undefined;
      if (simple !== undefined) {
        bytes.push(simple);
        position += 2;
      } else if (isHexDigit(escaped) && isHexDigit(source.charCodeAt(position + 2))) {
        bytes.push(Number.parseInt(source.slice(position + 1, position + 3), 16));
        position += 3;
      } else {
        throw this.error('unknown escape in a string: expected \\\\ \\" \\n \\t or two hexadecimal digits', position);
      }
    }
    this.advance(position + 1 - this.position);
    return textOfBytes(Uint8Array.from(bytes));
  }

  #endsPlainText(code: number): boolean {
    return Number.isNaN(code) || code === quote || code === backslash || code === 0x0a;
  }

  parseOptionalSymbolName(): string | undefined {
    const { source, position } = this;
    if (source.charCodeAt(position) !== 0x40) return undefined;
    if (source.charCodeAt(position + 1) === quote) {
      this.position++;
      const name = this.parseString();
      if (name === "") throw this.error("a symbol name cannot be empty", position);
      return name;
    }
    return this.optionalSuffixed("@");
  }

  /** `@name` or `@"any name"`, without the `@`. */
  parseSymbolName(): string {
    const name = this.parseOptionalSymbolName();
    if (name === undefined) throw this.expected("a symbol name such as @main");
    return name;
  }

  // ---------------------------------------------------------------------------------------------------------- lists

  /** One or more elements between commas. */
  commaSeparated<T>(element: () => T): T[] {
    const elements = [element()];
    while (this.accept(",")) elements.push(element());
    return elements;
  }

  /** `open element, element close`, possibly empty. */
  delimited<T>(open: string, close: string, element: () => T): T[] {
    const start = this.position;
    this.expect(open);
    if (this.accept(close)) return [];
    const elements = this.commaSeparated(element);
    if (!this.accept(close)) throw this.expectedInside(`',' or '${close}'`, start);
    return elements;
  }

  /** The raw text between `<` and its matching `>`, both consumed. Brackets, strings and arrows inside are respected. */
  angleBody(): string {
    const start = this.position;
    const end = this.balancedEnd(start, "<");
    this.advance(end - start);
    return this.source.slice(start + 1, end - 1);
  }

  /** The offset behind the bracket that closes the one (`open`) at `start`. */
  protected balancedEnd(start: number, open: string): number {
    const { source } = this;
    if (source[start] !== open) throw this.expected(`'${open}'`);
    const closers: number[] = [];
    for (let position = start; position < source.length; position++) {
      const code = source.charCodeAt(position);
      switch (code) {
        case 0x3c: // <
          closers.push(greater);
          break;
        case 0x28: // (
          closers.push(0x29);
          break;
        case 0x5b: // [
          closers.push(0x5d);
          break;
        case 0x7b: // {
          closers.push(0x7d);
          break;
        case minus:
          if (source.charCodeAt(position + 1) === greater) position++;
          break;
        case quote:
          position = this.#stringEnd(position);
          break;
        case greater:
        case 0x29:
        case 0x5d:
        case 0x7d:
          // `>=` in an affine set is no bracket.
          if (code === greater && source.charCodeAt(position + 1) === 0x3d && closers.at(-1) !== greater) break;
          if (closers.pop() !== code) throw this.error(`unbalanced '${source[position]}'`, position);
          if (closers.length === 0) return position + 1;
          break;
      }
    }
    throw this.error(`this '${open}' is never closed`, start);
  }

  /** The offset of the closing quote of the string at `start`. */
  #stringEnd(start: number): number {
    const { source } = this;
    for (let position = start + 1; position < source.length; position++) {
      const code = source.charCodeAt(position);
      if (code === quote) return position;
      if (code === backslash) position++;
    }
    throw this.error("this string is not closed", start);
  }
}
