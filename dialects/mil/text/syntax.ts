/**
 * From the text of a MIL program to ANTLR's tree of it, or the first place where it is none. Only `reader.ts` loads this file,
 * and only when a program is read: ANTLR takes longer to load than most commands take to run. It imports nothing whose identity
 * matters elsewhere.
 */
import {
  BailErrorStrategy,
  type CharStream,
  CommonTokenStream,
  type Interval,
  NoViableAltException,
  ParseCancellationException,
  type Parser,
  PredictionMode,
  RecognitionException,
  Token,
} from "antlr4ng";
import { didYouMean } from "../../../ir/close-names.ts";
import { milElementTypes } from "../document/document.ts";
import { MilLexer } from "./generated/MilLexer.ts";
import { MilParser, type ProgramContext } from "./generated/MilParser.ts";

/** What is wrong with a text, and where, counted in UTF-16 units from 0. */
export interface SyntaxMistake {
  readonly offset: number;
  readonly message: string;
}

/** Programs of Apple's compiler nest about ten deep. */
const deepestNesting = 200;

/** The tree of a text, or its first mistake. */
export function parseMil(text: string): ProgramContext | SyntaxMistake {
  const lexer = new MilLexer(new UnitStream(text));
  lexer.removeErrorListeners();
  const tokens = new CommonTokenStream(lexer);
  tokens.fill();
  const tooDeep = nestingMistake(tokens.getTokens());
  if (tooDeep !== undefined) return tooDeep;
  const parser = new MilParser(tokens);
  parser.removeErrorListeners();
  parser.interpreter.predictionMode = PredictionMode.SLL;
  parser.errorHandler = new BailErrorStrategy();
  try {
    return parser.program();
  } catch (error) {
    if (!(error instanceof ParseCancellationException)) throw error;
  }
  // Once more, slower, so that everything is known that could have stood there.
  tokens.seek(0);
  parser.reset();
  parser.errorHandler = new ThoroughStrategy();
  try {
    parser.program();
  } catch (error) {
    const cause = error instanceof ParseCancellationException ? error.cause : undefined;
    if (cause instanceof RecognitionException) return mistakeOf(parser, cause);
    throw error;
  }
  throw new Error("a text was refused once and read the second time");
}

/** A text as the lexer reads it, in UTF-16 units: offsets are then those of the string. */
class UnitStream implements CharStream {
  readonly name = "MIL text";
  index = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get size(): number {
    return this.#text.length;
  }

  LA(offset: number): number {
    const at = this.index + (offset > 0 ? offset - 1 : offset);
    return at >= 0 && at < this.#text.length ? this.#text.charCodeAt(at) : Token.EOF;
  }

  consume(): void {
    this.index++;
  }

  mark(): number {
    return 0;
  }

  release(): void {}

  seek(index: number): void {
    this.index = Math.min(index, this.#text.length);
  }

  reset(): void {
    this.index = 0;
  }

  getSourceName(): string {
    return this.name;
  }

  getTextFromRange(start: number, stop: number): string {
    return this.#text.slice(start, stop + 1);
  }

  getTextFromInterval(interval: Interval): string {
    return this.getTextFromRange(interval.start, interval.stop);
  }
}

/** The parser calls itself for what is nested: text that would exhaust its stack is refused before. */
function nestingMistake(tokens: readonly Token[]): SyntaxMistake | undefined {
  let depth = 0;
  for (const token of tokens) {
    const kind = nestings[token.type];
    if (kind === undefined) continue;
    depth += kind;
    if (depth > deepestNesting)
      return { offset: token.start, message: `is nested more than ${deepestNesting} deep: no MIL program needs that` };
  }
  return undefined;
}

/** Token types by how they are written. */
const typesOfLiterals = new Map(
  MilParser.literalNames.flatMap((name, type): [string, number][] =>
    name === null ? [] : [[name.slice(1, -1), type]],
  ),
);
const nestings: (1 | -1 | undefined)[] = [];
for (const open of ["(", "[", "{", "<"]) nestings[typesOfLiterals.get(open)!] = 1;
for (const close of [")", "]", "}", ">"]) nestings[typesOfLiterals.get(close)!] = -1;

/** Stops at the first mistake, and looks for it wherever something may be repeated or left out. */
class ThoroughStrategy extends BailErrorStrategy {
  override sync(parser: Parser): void {
    const next = parser.tokenStream.LA(1);
    const state = parser.atn.states[parser.state];
    if (state == null || parser.atn.nextTokens(state).contains(next)) return;
    if (!parser.getExpectedTokens().contains(next)) this.recoverInline(parser);
  }
}

function mistakeOf(parser: MilParser, cause: RecognitionException): SyntaxMistake {
  const token = cause.offendingToken ?? parser.getCurrentToken();
  const allowed = new Set(cause.getExpectedTokens()?.toArray() ?? []);
  const start = cause instanceof NoViableAltException ? (cause.startToken ?? undefined) : undefined;
  const expected = expectedWords(allowed);
  const found = foundWords(token);
  if (start === undefined || start === token) {
    const isType = allowed.has(MilParser.ELEMENT) && token.type === MilParser.NAME;
    const meant = isType ? didYouMean(token.text ?? "", [...milElementTypes, "tensor", "list", "dict", "tuple"]) : "";
    return { offset: token.start, message: `expected ${expected}, found ${found}${meant}` };
  }
  return { offset: start.start, message: `expected ${expected}, found ${foundWords(start)} followed by ${found}` };
}

function foundWords(token: Token): string {
  if (token.type === Token.EOF) return "the end of the text";
  if (token.type === MilParser.OPEN_STRING) return "a string that is not closed on its line";
  const text = token.text ?? "";
  return `'${text.length > 40 ? `${text.slice(0, 37)}…` : text}'`;
}

const literalType = (text: string) => typesOfLiterals.get(text)!;
const typeStarts = ["tensor", "list", "dict", "tuple", "state", "pixel_buffer"].map(literalType);
const wordTypes = [...typesOfLiterals].filter(([text]) => /^[A-Za-z]/.test(text)).map(([, type]) => type);

/** Groups of tokens by the name of what they begin, the widest first. */
const groups: readonly { readonly words: string; readonly types: readonly number[] }[] = [
  { words: "a name", types: [MilParser.NAME, MilParser.ELEMENT, ...wordTypes] },
  {
    words: "a literal",
    types: [
      ...[MilParser.STRING, MilParser.NUMBER, MilParser.FLAT_LIST, MilParser.ELEMENT],
      ...["inf", "nan", "true", "false", "[", "(", "{"].map(literalType),
      ...typeStarts,
    ],
  },
  { words: "a type", types: [MilParser.ELEMENT, ...typeStarts] },
  { words: "sizes such as [1, 3]", types: [MilParser.FLAT_LIST, literalType("[")] },
  { words: "an element type such as fp16", types: [MilParser.ELEMENT] },
  { words: "a number", types: [MilParser.NUMBER] },
  { words: "a string", types: [MilParser.STRING] },
  { words: "the end of the text", types: [Token.EOF] },
];

/** What may stand in a place, in words. */
function expectedWords(allowed: ReadonlySet<number>): string {
  const rest = new Set(allowed);
  const words: string[] = [];
  for (const group of groups) {
    if (!group.types.every((type) => rest.has(type))) continue;
    words.push(group.words);
    for (const type of group.types) rest.delete(type);
  }
  for (const type of rest) words.push(MilParser.literalNames[type] ?? "a word");
  const last = words.pop() ?? "something else";
  return words.length === 0 ? last : `${words.join(", ")} or ${last}`;
}
