/**
 * Reads the parts of the IR text that are not operations: punctuation, words, numbers, types, attributes, locations. A
 * dialect's type and attribute parsers get one of these. SKELETON: the signatures are final, bodies follow.
 */
import type { AffineMap } from "../affine-map.ts";
import type { Attribute, DenseArrayAttribute } from "../attributes.ts";
import type { Context } from "../context.ts";
import type { DiagnosticError, DiagnosticNote } from "../diagnostic-error.ts";
import type { Location } from "../location.ts";
import type { FloatType, FunctionType, IntegerType, Type } from "../types.ts";

const missing = (): never => {
  throw new Error("not there yet");
};

export class TextParser {
  readonly context: Context;
  readonly source: string;

  constructor(source: string, context: Context, _options: { readonly file?: string } = {}) {
    this.source = source;
    this.context = context;
  }

  /** Offset of the next token in the source; the `at` of `error` and `location`. */
  get offset(): number {
    return missing();
  }
  /** A diagnostic at a token (the next one unless `at` is given). Throw it. */
  error(_message: string, _at?: number, _notes?: readonly DiagnosticNote[]): DiagnosticError {
    return missing();
  }
  /** The place of a token (the next one unless `at` is given) as a location. */
  location(_at?: number): Location {
    return missing();
  }

  /** Whether the next token starts with this punctuation; nothing is consumed. */
  peek(_punctuation: string): boolean {
    return missing();
  }
  /** Consumes the punctuation if it is next. */
  accept(_punctuation: string): boolean {
    return missing();
  }
  /** Consumes the punctuation or fails; `where` completes the message ("after the operands"). */
  expect(_punctuation: string, _where?: string): void {
    missing();
  }
  /** A bare identifier (`[A-Za-z_][A-Za-z0-9_$.]*`); `expected` names it in the error. */
  keyword(_expected?: string): string {
    return missing();
  }
  optionalKeyword(): string | undefined {
    return missing();
  }
  /** Whether the next token is this whole word. */
  peekKeyword(_word: string): boolean {
    return missing();
  }
  acceptKeyword(_word: string): boolean {
    return missing();
  }
  expectKeyword(_word: string): void {
    missing();
  }

  /** A decimal or hexadecimal integer, optionally negative. */
  parseInteger(): bigint {
    return missing();
  }
  parseOptionalInteger(): bigint | undefined {
    return missing();
  }
  /** An integer that fits a number exactly (sizes, counts, positions). */
  parseSize(): number {
    return missing();
  }
  /** A float or decimal integer literal, optionally negative. */
  parseFloat(): number {
    return missing();
  }
  parseString(): string {
    return missing();
  }
  parseOptionalString(): string | undefined {
    return missing();
  }
  /** `@name` or `@"any name"`, without the `@`. */
  parseSymbolName(): string {
    return missing();
  }
  parseOptionalSymbolName(): string | undefined {
    return missing();
  }

  /** One or more elements between commas. */
  commaSeparated<T>(_element: () => T): T[] {
    return missing();
  }
  /** `open element, element close`, possibly empty. */
  delimited<T>(_open: string, _close: string, _element: () => T): T[] {
    return missing();
  }
  /** The raw text between `<` and its matching `>`, both consumed. */
  angleBody(): string {
    return missing();
  }
  /** `2x3x?x`: sizes each followed by `x` (`dynamic` for `?`); possibly empty. */
  parseDimensionList(): number[] {
    return missing();
  }
  /** `2x3xf32`: sizes and an element type, without the angle brackets. */
  parseShapedBody(): { readonly shape: number[]; readonly element: Type } {
    return missing();
  }

  parseType(): Type {
    return missing();
  }
  parseOptionalType(): Type | undefined {
    return missing();
  }
  /** `T, U` */
  parseTypeList(): Type[] {
    return missing();
  }
  /** What stands after `->`: `T` or `(T, U)` or `()`. */
  parseResultTypes(): Type[] {
    return missing();
  }
  /** `(T, U) -> V` */
  functionType(): FunctionType {
    return missing();
  }

  /** With `typeHint` a number or string is of that type and no `: type` follows it. */
  parseAttribute(_typeHint?: Type): Attribute {
    return missing();
  }
  parseOptionalAttribute(_typeHint?: Type): Attribute | undefined {
    return missing();
  }
  /** `[1, 2]` */
  denseArrayElements(_element: IntegerType | FloatType): DenseArrayAttribute {
    return missing();
  }
  /** `{a = 1, b}` if it is there, else an empty map. */
  attributeDictionary(): Map<string, Attribute> {
    return missing();
  }
  /** `(d0, d1)[s0] -> (d0 + s0)`, without `affine_map<` and `>`. */
  parseAffineMap(): AffineMap {
    return missing();
  }
  /** `loc(…)` */
  parseLocation(): Location {
    return missing();
  }
  /** A trailing `loc(…)` if there is one. */
  parseOptionalLocation(): Location | undefined {
    return missing();
  }
}
