/**
 * Reads the parts of the IR text that are not operations: types, attributes, affine maps, locations. A dialect's type and
 * attribute parsers get one of these, standing behind their mnemonic.
 */
import type { AffineMap } from "../affine-map.ts";
import { type Attribute, DenseArrayAttribute, LocationAttribute } from "../attributes.ts";
import { BlobStore } from "../blob.ts";
import { didYouMean } from "../close-names.ts";
import type { Context } from "../context.ts";
import type { Location } from "../location.ts";
import { dynamic, type FloatType, FunctionType, type IntegerType, type Type } from "../types.ts";
import { readAffineMap } from "./affine.ts";
import { readAttribute, readDenseArrayElements, readDictionary } from "./builtin-attributes.ts";
import { readComposedType, simpleType, typeWords } from "./builtin-types.ts";
import { readDialectType } from "./dialect-symbols.ts";
import { FileDefinitions } from "./file-definitions.ts";
import { Lexer } from "./lexer.ts";
import { readLocationBody } from "./locations.ts";
import type { ParseObserver } from "./observer.ts";
import { hashCode, SpanTable } from "./span-table.ts";

export interface TextParserOptions {
  /** The name for locations and messages; `-` unless given. */
  readonly file?: string;
  /** Where `dense_resource<key>` finds its bytes. */
  readonly blobs?: BlobStore;
  /** Is told where things stand in the text. */
  readonly observer?: ParseObserver;
}

/** Longer spellings of types are not worth remembering. */
const longestRememberedType = 80;

export class TextParser extends Lexer {
  readonly context: Context;
  readonly definitions: FileDefinitions;
  protected readonly observer: ParseObserver | undefined;
  /** Types by the numbers of their spellings in this source; most texts repeat a few types many times. */
  readonly #typeSpellings: SpanTable;
  readonly #types: (Type | undefined)[] = [];

  constructor(source: string, context: Context, options: TextParserOptions = {}) {
    super(source, options.file);
    this.#typeSpellings = new SpanTable(source);
    this.context = context;
    this.observer = options.observer;
    this.definitions = new FileDefinitions(this, options.blobs ?? new BlobStore());
  }

  // ---------------------------------------------------------------------------------------------------------- types

  parseType(): Type {
    const type = this.parseOptionalType();
    if (type === undefined) throw this.#noType();
    return type;
  }

  #noType(): Error {
    const word = this.peekIdentifier();
    return this.expected("a type", word === undefined ? "" : didYouMean(word, typeWords()));
  }

  parseOptionalType(): Type | undefined {
    const code = this.peekCode();
    if (code === 0x28) return this.functionType();
    if (code === 0x21) return readDialectType(this);
    const { position } = this;
    const end = this.scanIdentifier(position);
    if (end === position) return undefined;
    if (this.source.charCodeAt(end) === 0x3c) return this.#composedType(end);
    const spelling = this.#typeSpellings.numberOf(position, end, this.hash);
    const known = this.#types[spelling];
    if (known !== undefined) {
      this.advance(end - position);
      return known;
    }
    const word = this.source.slice(position, end);
    const simple = simpleType(this, word);
    if (simple === undefined) return readComposedType(this, word);
    this.#types[spelling] = simple;
    this.advance(end - position);
    return simple;
  }

  /** A type such as `tensor<2x3xf32>`, whose first word ends at `wordEnd`. */
  #composedType(wordEnd: number): Type | undefined {
    const { source, position } = this;
    let { hash } = this;
    let end = wordEnd;
    // Remembered up to the first '>', if that closes the type.
    const longest = position + longestRememberedType;
    for (let code = 0; code !== 0x3e && end < longest; ) {
      code = source.charCodeAt(end++);
      hash = hashCode(hash, code);
    }
    const isShort = source.charCodeAt(end - 1) === 0x3e;
    const spelling = isShort ? this.#typeSpellings.numberOf(position, end, hash) : -1;
    const known = isShort ? this.#types[spelling] : undefined;
    if (known !== undefined) {
      this.advance(end - position);
      return known;
    }
    this.enter();
    const type = readComposedType(this, source.slice(position, wordEnd));
    this.leave();
    // Blanks and comments may follow the type.
    if (type !== undefined && isShort && this.#endsAt(end)) this.#types[spelling] = type;
    return type;
  }

  /** Whether only blanks and comments lie between `end` and here. */
  #endsAt(end: number): boolean {
    const here = this.position;
    this.position = end;
    this.skipBlanks();
    const isSame = this.position === here;
    this.position = here;
    return isSame;
  }

  /** `T, U` */
  parseTypeList(): Type[] {
    return this.commaSeparated(() => this.parseType());
  }

  /** `(T, U)`, possibly empty. */
  parseTypesInParentheses(): Type[] {
    this.expect("(");
    if (this.accept(")")) return [];
    const types = [this.parseType()];
    while (this.accept(",")) types.push(this.parseType());
    if (!this.accept(")")) throw this.expected("',' or ')' in this list of types");
    return types;
  }

  /** What stands after `->`: `T` or `(T, U)` or `()`. */
  parseResultTypes(): Type[] {
    return this.peek("(") ? this.parseTypesInParentheses() : [this.parseType()];
  }

  /** `(T, U) -> V` */
  functionType(): FunctionType {
    this.enter();
    const inputs = this.parseTypesInParentheses();
    this.expect("->", "in this function type");
    const results = this.parseResultTypes();
    this.leave();
    return FunctionType.get(inputs, results);
  }

  /** `2x3x?x`: sizes each followed by `x` (`dynamic` for `?`); possibly empty. */
  parseDimensionList(): number[] {
    const { source } = this;
    const shape: number[] = [];
    for (;;) {
      const size = source.charCodeAt(this.position) === 0x3f ? dynamic : this.plainDigits();
      if (size === undefined) return shape;
      if (size === dynamic) this.position++;
      this.expectTimes();
      shape.push(size);
    }
  }

  /** The `x` between dimensions: what follows it may be an identifier that it seems to be part of. */
  expectTimes(): void {
    this.skipBlanks();
    if (this.source.charCodeAt(this.position) !== 0x78) throw this.expected("'x' behind a dimension");
    this.advance(1);
  }

  /** `2x3xf32`: sizes and an element type, without the angle brackets. */
  parseShapedBody(): { readonly shape: number[]; readonly element: Type } {
    const shape = this.parseDimensionList();
    return { shape, element: this.parseType() };
  }

  /** A decimal number without sign, where a dimension may follow (`[4]x8`). */
  parseDigits(): number {
    const value = this.plainDigits();
    if (value === undefined) throw this.expected("a size");
    this.skipBlanks();
    return value;
  }

  // ----------------------------------------------------------------------------------------------------- attributes

  /** With `typeHint` a number or string is of that type and no `: type` follows it. */
  parseAttribute(typeHint?: Type): Attribute {
    const attribute = this.parseOptionalAttribute(typeHint);
    if (attribute === undefined) throw this.expected("an attribute");
    return attribute;
  }

  parseOptionalAttribute(typeHint?: Type): Attribute | undefined {
    this.enter();
    const attribute = readAttribute(this, typeHint);
    this.leave();
    return attribute;
  }

  /** `[1, 2]` */
  denseArrayElements(element: IntegerType | FloatType): DenseArrayAttribute {
    this.expect("[");
    const values = this.peek("]") ? [] : readDenseArrayElements(this, element);
    this.expect("]");
    return DenseArrayAttribute.get(element, values);
  }

  /** `{a = 1, b}` if it is there, else an empty map. */
  attributeDictionary(): Map<string, Attribute> {
    return this.peek("{") ? readDictionary(this) : new Map();
  }

  /** `(d0, d1)[s0] -> (d0 + s0)`, without `affine_map<` and `>`. */
  parseAffineMap(): AffineMap {
    return readAffineMap(this);
  }

  /** From the character behind the one at `start` (an opening bracket) to its partner: the raw text, brackets included. */
  rawBalanced(start: number, open: string): string {
    const end = this.balancedEnd(start, open);
    const text = this.source.slice(start, end);
    this.seek(end);
    return text;
  }

  // ------------------------------------------------------------------------------------------------------ locations

  /** `loc(…)` */
  parseLocation(): Location {
    const location = this.parseOptionalLocation();
    if (location === undefined) throw this.expected("a location, 'loc(…)'");
    return location;
  }

  /** A trailing `loc(…)` if there is one. */
  parseOptionalLocation(): Location | undefined {
    if (this.peekCode() !== 0x6c || !this.acceptKeyword("loc")) return undefined;
    this.expect("(");
    const location = this.locationBody();
    this.expect(")", "behind this location");
    return location;
  }

  /** What stands inside `loc(…)`, or an alias of such. */
  locationBody(): Location {
    const at = this.offset;
    const alias = this.optionalSuffixed("#");
    if (alias !== undefined) {
      const attribute = this.definitions.attribute(alias, at);
      if (!(attribute instanceof LocationAttribute)) throw this.error(`'#${alias}' is not a location`, at);
      return attribute.location;
    }
    this.enter();
    const location = readLocationBody(this);
    this.leave();
    return location;
  }
}
