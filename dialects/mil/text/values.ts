/**
 * Types, and values by their types, from the tree that ANTLR makes: what the grammar leaves open is checked here. Lists of a
 * tensor have as many elements as its type says, elements fit their type, strings are unescaped.
 */
import {
  type MilContent,
  type MilDimension,
  type MilElementType,
  type MilTensorType,
  type MilType,
  type MilValue,
  milElementTypes,
} from "../document/document.ts";
import { isNumberType } from "../document/numbers.ts";
import { NumberSink, StringSink } from "./element-sinks.ts";
import type {
  BlobContext,
  DimensionContext,
  DimensionsContext,
  LiteralContext,
  TypeContext,
  ValueContext,
} from "./generated/MilParser.ts";
import { ElementScanner, isFloatType, type ScannerOptions } from "./number-text.ts";
import { typeText } from "./type-text.ts";

/** Refuses the text at an offset. */
export type Fail = (offset: number, message: string) => never;

type ListType = Extract<MilType, { readonly kind: "list" }>;
type TupleType = Extract<MilType, { readonly kind: "tuple" }>;
type DictType = Extract<MilType, { readonly kind: "dict" }>;

const elementTypes: ReadonlyMap<string, MilElementType> = new Map(milElementTypes.map((name) => [name, name]));

const startOf = (context: { readonly start: { readonly start: number } | null }) => context.start?.start ?? 0;
const endOf = (context: { readonly stop: { readonly stop: number } | null }) => (context.stop?.stop ?? -1) + 1;

export class ValueReader {
  readonly #text: string;
  readonly #fail: Fail;
  /** Most types are written hundreds of times. */
  readonly #types = new Map<string, MilType>();

  constructor(text: string, fail: Fail) {
    this.#text = text;
    this.#fail = fail;
  }

  // ------------------------------------------------------------------------------------------------------- types

  type(context: TypeContext): MilType {
    const source = this.#text.slice(startOf(context), endOf(context));
    let type = this.#types.get(source);
    if (type === undefined) {
      type = this.#newType(context);
      this.#types.set(source, type);
    }
    return type;
  }

  #newType(context: TypeContext): MilType {
    if (context.pixelBuffer() !== null)
      this.#fail(
        startOf(context),
        "pixel buffers are not supported: give the program a tensor of the picture's values",
      );
    const word = context.ELEMENT()?.getText();
    if (word !== undefined) {
      const element = elementTypes.get(word)!;
      const dimensions = context.dimensions();
      return { kind: "tensor", element, shape: dimensions === null ? [] : this.#shape(dimensions) };
    }
    const types = context.type_().map((each) => this.type(each));
    const [first, second] = types;
    switch (context.start?.text) {
      case "list":
        return { kind: "list", element: first!, length: this.#dimension(context.dimension()!) };
      case "dict":
        return { kind: "dict", key: first!, value: second! };
      case "state":
        return { kind: "state", value: first! };
      default:
        return { kind: "tuple", items: types };
    }
  }

  #shape(context: DimensionsContext): MilDimension[] {
    if (context.FLAT_LIST() === null) return context.dimension().map((each) => this.#dimension(each));
    const sizes: MilDimension[] = [];
    this.#flatList(context, (scanner) => sizes.push(this.#size(scanner)));
    return sizes;
  }

  #dimension(context: DimensionContext): MilDimension {
    if (this.#text[startOf(context)] === "?") return undefined;
    return this.#size(new ElementScanner(this.#text, startOf(context)));
  }

  #size(scanner: ElementScanner): number {
    const size = scanner.next();
    if (scanner.kind === "integer" && size >= 0 && Number.isSafeInteger(size)) return size;
    return this.#fail(scanner.start, `expected a size (a whole number, or ?), found '${scanner.source}'`);
  }

  // ------------------------------------------------------------------------------------------------------ values

  value(context: ValueContext): MilValue {
    const type = this.type(context.type());
    const blob = context.blob();
    if (blob !== null) return { type, content: this.#blob(type, blob) };
    const literal = context.literal();
    if (literal !== null) return { type, content: this.#content(type, literal) };
    // `tuple<>()`
    if (type.kind === "tuple" && type.items.length === 0) return { type, content: { kind: "items", items: [] } };
    return this.#fail(endOf(context) - 1, `expected ${literalWords(type)}, found ')'`);
  }

  #blob(type: MilType, context: BlobContext): MilContent {
    if (type.kind !== "tensor" || type.element === "string")
      return this.#fail(startOf(context), `only tensors of numbers lie in files, not a ${typeText(type)}`);
    if (type.shape.includes(undefined))
      return this.#fail(startOf(context), `a tensor in a file needs all its sizes, but its type is ${typeText(type)}`);
    const [pathContext, offsetContext] = context.value();
    const path = this.value(pathContext!);
    const offset = this.value(offsetContext!);
    if (!isScalar(path.type, "string") || path.content.kind !== "strings")
      return this.#fail(startOf(pathContext!), `expected a string as the path, found a ${typeText(path.type)}`);
    if (!isScalar(offset.type, "uint64") || offset.content.kind !== "numbers")
      return this.#fail(startOf(offsetContext!), `expected a uint64 as the offset, found a ${typeText(offset.type)}`);
    const bytes = Number(offset.content.numbers[0]);
    if (!Number.isSafeInteger(bytes))
      return this.#fail(startOf(offsetContext!), `the offset ${offset.content.numbers[0]} is beyond any file`);
    return { kind: "blob", path: path.content.strings[0]!, offset: bytes };
  }

  #content(type: MilType, literal: LiteralContext): MilContent {
    const typed = literal.value();
    if (typed !== null) return this.#typedContent(type, typed);
    switch (type.kind) {
      case "tensor":
        return this.#tensor(type, literal);
      case "list":
        return this.#list(type, literal);
      case "tuple":
        return this.#tuple(type, literal);
      case "dict":
        return this.#dict(type, literal);
      case "state":
        return this.#fail(startOf(literal), "a state has no literal: its content is made when the program runs");
    }
  }

  /** A literal that repeats its type. */
  #typedContent(type: MilType, context: ValueContext): MilContent {
    const value = this.value(context);
    const [wanted, found] = [typeText(type), typeText(value.type)];
    if (wanted !== found) this.#fail(startOf(context), `expected ${literalWords(type)}, found a ${found}`);
    return value.content;
  }

  #list(type: ListType, literal: LiteralContext): MilContent {
    const items: MilValue[] = [];
    const { element } = type;
    if (literal.FLAT_LIST() !== null) {
      if (element.kind !== "tensor" || element.shape.length > 0) return this.#unexpected(literalWords(type), literal);
      this.#flatList(literal, (scanner) => {
        const sink = this.#sinkFor(element);
        sink.add(scanner);
        items.push({ type: element, content: sink.finish() });
      });
    } else {
      this.#expectBracket(literal, "[", literalWords(type));
      for (const each of literal.literal()) items.push({ type: element, content: this.#content(element, each) });
    }
    if (type.length !== undefined && type.length !== items.length)
      this.#fail(
        startOf(literal),
        `expected ${countOf(type.length, "item")} as ${typeText(type)} says, found ${items.length}`,
      );
    return { kind: "items", items };
  }

  #tuple(type: TupleType, literal: LiteralContext): MilContent {
    this.#expectBracket(literal, "(", literalWords(type));
    const literals = literal.literal();
    if (literals.length !== type.items.length)
      this.#fail(
        startOf(literal),
        `expected ${countOf(type.items.length, "item")} as ${typeText(type)} says, found ${literals.length}`,
      );
    return {
      kind: "items",
      items: type.items.map((item, position) => ({ type: item, content: this.#content(item, literals[position]!) })),
    };
  }

  #dict(type: DictType, literal: LiteralContext): MilContent {
    this.#expectBracket(literal, "{", literalWords(type));
    return {
      kind: "entries",
      entries: literal.entry().map((entry): [MilValue, MilValue] => {
        const [key, value] = entry.literal();
        return [
          { type: type.key, content: this.#content(type.key, key!) },
          { type: type.value, content: this.#content(type.value, value!) },
        ];
      }),
    };
  }

  #expectBracket(literal: LiteralContext, bracket: string, words: string): void {
    if (this.#text[startOf(literal)] !== bracket) this.#unexpected(words, literal);
  }

  #unexpected(words: string, literal: LiteralContext): never {
    const source = this.#text.slice(startOf(literal), endOf(literal));
    const found = source.length > 40 ? `${source.slice(0, 37)}…` : source;
    return this.#fail(startOf(literal), `expected ${words}, found ${found}`);
  }

  // ----------------------------------------------------------------------------------------------------- tensors

  #tensor(type: MilTensorType, literal: LiteralContext): MilContent {
    const open = type.shape.filter((size) => size === undefined).length;
    const isEmpty = type.shape.includes(0);
    // Else the elements alone would not say how long each dimension is.
    if (open > 1 || (open === 1 && isEmpty))
      this.#fail(startOf(literal), `a literal of type ${typeText(type)} needs its sizes: write them instead of ?`);
    const sink = this.#sinkFor(type);
    this.#elements(type, 0, literal, sink, [...type.shape]);
    return sink.finish();
  }

  #sinkFor({ element }: MilTensorType): NumberSink | StringSink {
    return isNumberType(element) ? new NumberSink(element, this.#fail) : new StringSink(this.#fail);
  }

  /** Walks the nested lists of one dimension. What the type leaves open of `sizes` is set by the first list. */
  #elements(
    type: MilTensorType,
    level: number,
    literal: LiteralContext,
    sink: NumberSink | StringSink,
    sizes: MilDimension[],
  ): void {
    const depth = sizes.length - level;
    const start = startOf(literal);
    if (depth === 0) {
      if ("[({".includes(this.#text[start]!) || literal.value() !== null)
        this.#unexpected(literalWords({ ...type, shape: [] }), literal);
      sink.add(new ElementScanner(this.#text, start, sink.scannerOptions));
      return;
    }
    const isFlat = literal.FLAT_LIST() !== null;
    if (this.#text[start] !== "[" || (isFlat && depth > 1))
      this.#unexpected(depth === 1 ? "a list" : `lists nested ${depth} deep for ${typeText(type)}`, literal);
    let count = 0;
    if (isFlat) {
      this.#flatList(
        literal,
        (scanner) => {
          sink.add(scanner);
          count++;
        },
        sink.scannerOptions,
      );
    } else {
      const inner = literal.literal();
      count = inner.length;
      for (const each of inner) this.#elements(type, level + 1, each, sink, sizes);
    }
    const wanted = sizes[level];
    if (wanted === undefined) sizes[level] = count;
    else if (wanted !== count) {
      const place = sizes.length === 1 ? "" : ` in dimension ${level}`;
      this.#fail(start, `expected ${countOf(wanted, "element")}${place} as ${typeText(type)} says, found ${count}`);
    }
  }

  /** Calls back for each element of a list of plain elements, with the scanner before the element. */
  #flatList(
    context: LiteralContext | DimensionsContext,
    read: (scanner: ElementScanner) => void,
    options?: ScannerOptions,
  ): void {
    const text = this.#text;
    const last = endOf(context) - 1;
    const scanner = new ElementScanner(text, startOf(context) + 1, options);
    for (;;) {
      while (scanner.end < last && isBetween(text.charCodeAt(scanner.end))) scanner.end++;
      if (scanner.end >= last) return;
      read(scanner);
    }
  }
}

/** Blanks and the comma between elements. */
const isBetween = (code: number) => code <= 0x20 || code === 0x2c;

const isScalar = (type: MilType, element: MilElementType) =>
  type.kind === "tensor" && type.element === element && type.shape.length === 0;

const countOf = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** What may be written as the content of a type. */
function literalWords(type: MilType): string {
  if (type.kind === "list") return `a list of ${typeText(type.element)}`;
  if (type.kind === "dict") return `entries such as {{key, value}} of ${typeText(type)}`;
  if (type.kind === "tuple") return `items in round brackets of ${typeText(type)}`;
  if (type.kind === "state") return "no content of a state";
  if (type.shape.length > 0) return `a list of ${type.element} for ${typeText(type)}`;
  if (type.element === "string") return "a string";
  if (type.element === "bool") return "true or false";
  return isNumberType(type.element) && isFloatType(type.element)
    ? `a number of type ${type.element}`
    : `a whole number of type ${type.element}`;
}
