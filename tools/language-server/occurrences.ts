/**
 * What the name at the cursor means and where else it stands: values, blocks, symbols and aliases alike. Go to definition,
 * references, highlights and rename are all read from here.
 */
import { SymbolReferenceAttribute } from "../../ir/attributes.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { bareIdentifier, quoted } from "../../ir/quoted.ts";
import { resolveSymbol, symbolName } from "../../ir/symbol-table.ts";
import type { Mention, Range, TextModel } from "./model.ts";
import type { Token } from "./tokens.ts";

export type NameKind = "value" | "block" | "symbol" | "attribute alias" | "type alias";

/** A name and all places where it stands; ranges cover the name with its sigil. */
export interface Occurrences {
  readonly kind: NameKind;
  /** Without its sigil. */
  readonly name: string;
  readonly definitions: readonly Range[];
  readonly uses: readonly Range[];
  /** What defines it, to be shown beside the name; the name itself unless there is more. */
  readonly whole: Range | undefined;
  readonly value?: Value;
  readonly symbol?: Operation;
}

/** The name at an offset, or undefined where none stands there or it means nothing. */
export function occurrencesAt(model: TextModel, offset: number): Occurrences | undefined {
  const token = model.tokens.at(offset);
  switch (token?.kind) {
    case "value":
      return valueOccurrences(model, token, offset);
    case "block":
      return blockOccurrences(model, token);
    case "symbol":
    case "string":
      return symbolOccurrences(model, token);
    case "attribute":
    case "type":
      return aliasOccurrences(model, token);
    default:
      return undefined;
  }
}

function rangeOf({ at, name }: Mention<unknown>): Range {
  return { start: at, end: at + 1 + name.length };
}

/** On the name of a pack all its results are meant, on `%pack#1` only that one. */
function valueOccurrences(model: TextModel, token: Token, offset: number): Occurrences | undefined {
  const mention = model.valueAt(token.start);
  if (mention === undefined) return undefined;
  const isNumbered = token.text.includes("#") && offset > token.start + 1 + mention.name.length;
  return occurrencesOfValues(model, mention, isNumbered ? new Set([mention.target]) : model.packOf(mention));
}

export function occurrencesOfValues(
  model: TextModel,
  mention: Mention<Value>,
  values: ReadonlySet<Value>,
): Occurrences {
  const all = model.values.filter(({ target }) => values.has(target));
  const definitions = new Map(all.filter((each) => each.isDefinition).map((each) => [each.at, rangeOf(each)]));
  const { definer } = mention.target;
  return {
    kind: "value",
    name: mention.name,
    definitions: [...definitions.values()],
    uses: all.filter((each) => !each.isDefinition).map(rangeOf),
    whole: definer === undefined ? undefined : model.placeOf(definer),
    value: mention.target,
  };
}

function blockOccurrences(model: TextModel, token: Token): Occurrences | undefined {
  const mention = model.blockAt(token.start);
  if (mention === undefined) return undefined;
  const all = model.blocks.filter(({ target }) => target === mention.target);
  return {
    kind: "block",
    name: mention.name,
    definitions: all.filter((each) => each.isDefinition).map(rangeOf),
    uses: all.filter((each) => !each.isDefinition).map(rangeOf),
    whole: undefined,
  };
}

// ---------------------------------------------------------------------------------------------------------- symbols

/** `@name` or `@"any name"` without sigil and quotes. */
export function symbolOfToken({ kind, text }: Token): string {
  const bare = kind === "symbol" ? text.slice(1) : text;
  if (!bare.startsWith('"')) return bare;
  return bare.slice(1, bare.endsWith('"') && bare.length > 1 ? -1 : undefined).replaceAll(/\\(["\\])/g, "$1");
}

/** The operation that a symbol token names, as definition or as use. */
interface ResolvedSymbol {
  readonly operation: Operation;
  readonly isDefinition: boolean;
}

/** The components of a nested reference up to the one at `index`: `@a`, `@b` for the second of `@a::@b`. */
function referencePath(model: TextModel, index: number): readonly string[] {
  const { tokens } = model;
  const path = [symbolOfToken(tokens.token(index)!)];
  for (let at = index; tokens.text(at - 1) === "::" && tokens.kind(at - 2) === "symbol"; at -= 2) {
    path.unshift(symbolOfToken(tokens.token(at - 2)!));
  }
  return path;
}

function resolve(model: TextModel, token: Token): ResolvedSymbol | undefined {
  const placed = model.operationAt(token.start);
  if (placed === undefined) return undefined;
  const definition = definitionToken(model, placed.operation);
  if (definition?.start === token.start) return { operation: placed.operation, isDefinition: true };
  if (token.kind !== "symbol") return undefined;
  const operation = resolveSymbol(
    placed.operation,
    SymbolReferenceAttribute.get(...referencePath(model, model.tokens.indexBehind(token.start))),
  );
  return operation && { operation, isDefinition: false };
}

/** The token in which an operation gives itself its symbol name: `@name` behind its own name, or `sym_name = "name"`. */
export function definitionToken(model: TextModel, operation: Operation): Token | undefined {
  const name = symbolName(operation);
  const placed = model.placeOf(operation);
  if (name === undefined || placed === undefined) return undefined;
  const { tokens } = model;
  const end = placed.children[0]?.start ?? placed.end;
  for (let index = tokens.indexBehind(placed.name.end); tokens.start(index) < end; index++) {
    const token = tokens.token(index)!;
    if (token.kind === "symbol" && symbolOfToken(token) === name && tokens.text(index - 1) !== "::") return token;
    const isNamed = token.kind === "string" && tokens.text(index - 1) === "=" && tokens.text(index - 2) === "sym_name";
    if (isNamed && symbolOfToken(token) === name) return token;
  }
  return undefined;
}

function symbolOccurrences(model: TextModel, token: Token): Occurrences | undefined {
  const operation = resolve(model, token)?.operation;
  if (operation === undefined) return undefined;
  const name = symbolOfToken(token);
  const { tokens } = model;
  const definition = definitionToken(model, operation);
  const uses: Range[] = [];
  for (let index = 0; index < tokens.count; index++) {
    if (tokens.kind(index) !== "symbol" || tokens.start(index) === definition?.start) continue;
    const each = tokens.token(index)!;
    if (symbolOfToken(each) !== name) continue;
    const found = resolve(model, each);
    if (found?.operation === operation && !found.isDefinition) uses.push({ start: each.start, end: each.end });
  }
  return {
    kind: "symbol",
    name,
    definitions: definition === undefined ? [] : [{ start: definition.start, end: definition.end }],
    uses,
    whole: model.placeOf(operation),
    symbol: operation,
  };
}

// ---------------------------------------------------------------------------------------------------------- aliases

/** Whether `#name` or `!name` is an alias and not the start of a dialect's attribute or type. */
export function isAlias(model: TextModel, token: Token): boolean {
  if (token.text.includes(".")) return false;
  const isType = token.kind === "type" || token.kind === "attribute";
  return isType && model.source[token.end] !== "<";
}

function aliasOccurrences(model: TextModel, token: Token): Occurrences | undefined {
  if (!isAlias(model, token)) return undefined;
  const { tokens } = model;
  const definitions: Range[] = [];
  const uses: Range[] = [];
  for (let index = 0; index < tokens.count; index++) {
    if (tokens.kind(index) !== token.kind || tokens.text(index) !== token.text) continue;
    const range = { start: tokens.start(index), end: tokens.end(index) };
    const isDefinition = tokens.isFirstOnLine(index) && tokens.text(tokens.next(index)) === "=";
    (isDefinition ? definitions : uses).push(range);
  }
  return {
    kind: token.kind === "type" ? "type alias" : "attribute alias",
    name: token.text.slice(1),
    definitions,
    uses,
    whole: undefined,
  };
}

// ----------------------------------------------------------------------------------------------------------- rename

export interface TextChange extends Range {
  readonly text: string;
}

/** A name that cannot be given. */
export class RenameError extends Error {}

const suffixIdentifier = /^(?:[0-9]+|[A-Za-z_$.-][\w$.-]*)$/;
const sigils = { value: "%", block: "^", symbol: "@", "attribute alias": "#", "type alias": "!" } as const;

/** The edits that give a name's occurrences another name. Throws a RenameError with the reason where that cannot be. */
export function rename(model: TextModel, found: Occurrences, wanted: string): readonly TextChange[] {
  const { kind } = found;
  const sigil = sigils[kind];
  const name = wanted.trim().startsWith(sigil) ? wanted.trim().slice(1) : wanted.trim();
  if (found.definitions.length === 0) throw new RenameError(`${sigil}${found.name} is not defined in this document`);
  if (name === found.name) return [];
  checkName(kind, sigil, name);
  const missed = unreadMention(model, found);
  if (missed !== undefined) {
    const line = model.source.slice(0, missed).split("\n").length;
    throw new RenameError(`line ${line} has an error and mentions ${sigil}${found.name}: mend it first`);
  }
  const taken = takenNames(model, found);
  if (taken.has(name)) throw new RenameError(`${sigil}${name} is already defined here`);
  return [...found.definitions, ...found.uses].map((range) => ({
    ...range,
    text: replacement(kind, model.source[range.start] ?? "", name),
  }));
}

/** Where text that could not be read mentions the name: whether that means the same is not known. */
function unreadMention(model: TextModel, { kind, name, definitions }: Occurrences): number | undefined {
  const { tokens } = model;
  if (model.parser.errors.length === 0 || kind === "attribute alias" || kind === "type alias") return undefined;
  const home = kind === "value" ? isolatedAround(model, definitions[0]!.start) : undefined;
  for (let index = 0; index < tokens.count; index++) {
    const token = tokens.token(index)!;
    if (token.kind !== kind || nameOfToken(token) !== name) continue;
    const { start } = token;
    if (kind === "value") {
      if (model.valueAt(start) === undefined && isolatedAround(model, start) === home) return start;
    } else if (kind === "block") {
      if (model.blockAt(start) === undefined) return start;
    } else if (resolve(model, token) === undefined && isUnread(model, start)) return start;
  }
  return undefined;
}

function nameOfToken(token: Token): string {
  return token.kind === "symbol" ? symbolOfToken(token) : token.text.slice(1).replace(/#[0-9]+$/, "");
}

/** Whether an offset lies in an operation that could not be read, or in none. */
function isUnread(model: TextModel, offset: number): boolean {
  const operation = model.operationAt(offset)?.operation;
  return operation === undefined || model.parser.standIns.has(operation);
}

function replacement(kind: NameKind, first: string, name: string): string {
  if (kind !== "symbol") return `${sigils[kind]}${name}`;
  return first === "@" ? `@${bareIdentifier.test(name) ? name : quoted(name)}` : quoted(name);
}

function checkName(kind: NameKind, sigil: string, name: string): void {
  const isAliasName = kind === "attribute alias" || kind === "type alias";
  if (kind === "symbol" && name !== "" && !name.includes("\n")) return;
  if (suffixIdentifier.test(name) && !(isAliasName && /^[0-9]|\./.test(name))) return;
  throw new RenameError(
    `'${name}' cannot follow '${sigil}': a name is letters, digits, $ _ - ${isAliasName ? "" : ". "}and does not start with a digit, or is a number`,
  );
}

/** The names that would clash with another name for what was found. */
function takenNames(model: TextModel, found: Occurrences): ReadonlySet<string> {
  switch (found.kind) {
    case "value":
      return valuesAround(model, found);
    case "block": {
      const region = model.blockAt(found.definitions[0]!.start)?.target.region;
      return new Set(model.blocks.filter(({ target }) => target.region === region).map(({ name }) => name));
    }
    case "symbol": {
      const table = found.symbol?.parentRegion;
      const names = table?.blocks.flatMap((block) => block.operations.map(symbolName)) ?? [];
      return new Set(names.filter((name) => name !== undefined));
    }
    default: {
      const names = new Set<string>();
      const sigil = sigils[found.kind];
      for (let index = 0; index < model.tokens.count; index++) {
        const text = model.tokens.text(index);
        if (text.startsWith(sigil)) names.add(text.slice(1));
      }
      return names;
    }
  }
}

/** All names in the isolated operation around a value: names of values may not hide each other there. */
function valuesAround(model: TextModel, { definitions }: Occurrences): ReadonlySet<string> {
  const home = isolatedAround(model, definitions[0]!.start);
  const names = new Set<string>();
  for (const { name, at } of model.values) if (isolatedAround(model, at) === home) names.add(name);
  return names;
}

/** The isolated operation in whose region an offset lies; undefined at the top of the text. */
export function isolatedAround(model: TextModel, offset: number): Operation | undefined {
  const placed = model.operationAt(offset);
  for (let each = placed; each !== undefined; each = each.parent) {
    const isInside = each !== placed || !isInHeader(model, each.operation, offset);
    if (isInside && isIsolated(model, each.operation)) return each.operation;
  }
  return undefined;
}

/** Results and operands of an operation belong to the scope around it; the arguments of its regions do not. */
function isInHeader(model: TextModel, operation: Operation, offset: number): boolean {
  const mention = model.valueAt(offset);
  if (mention === undefined) return false;
  if (mention.isDefinition) return mention.target.definer === operation;
  return true;
}

export function isIsolated(model: TextModel, { name, definition }: Operation): boolean {
  const declared = definition ?? model.context.definition(name);
  return declared === undefined ? name === "builtin.module" : declared.hasTrait("IsolatedFromAbove");
}
