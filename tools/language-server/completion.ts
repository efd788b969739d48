/** What can stand at the cursor: op names, values in scope, symbols, blocks, aliases, dialect types, attribute names. */

import type { Context } from "../../ir/context.ts";
import type { OperationDefinition } from "../../ir/declaration.ts";
import { DominanceInfo } from "../../ir/dominance.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { bareIdentifier, quoted } from "../../ir/quoted.ts";
import { nearestSymbolTable, SymbolTable } from "../../ir/symbol-table.ts";
import { splitSummary } from "../documentation/facts.ts";
import { aliasText, definitionMarkdown, definitionOf, signatureOf } from "./hover.ts";
import type { Mention, PlacedOperation, Range, TextModel } from "./model.ts";
import { isIsolated, isolatedAround } from "./occurrences.ts";

export type CompletionKind = "operation" | "value" | "symbol" | "block" | "alias" | "type" | "attribute";

export interface Completion {
  readonly label: string;
  readonly kind: CompletionKind;
  /** A few words behind the label. */
  readonly detail: string;
  /** Sorts before others with a greater text. */
  readonly order?: string;
  /** The op whose documentation belongs to it. */
  readonly operation?: string;
}

/** Completions and the text in front of the cursor (and behind it) that they replace. */
export interface Completions {
  readonly replaced: Range;
  readonly items: readonly Completion[];
}

const longestLine = 2000;
const none: readonly Completion[] = [];

export function completionsAt(model: TextModel, offset: number): Completions {
  const { source } = model;
  const lineStart = source.lastIndexOf("\n", offset - 1) + 1;
  // Nobody completes at the end of a line of megabytes, and looking for its words would take long.
  const before = source.slice(Math.max(lineStart, offset - longestLine), offset);
  const written = /(?:[%^@#!]"?|")?[\w$.-]*$/.exec(before)?.[0] ?? "";
  const replaced = { start: offset - written.length, end: endOfWord(source, offset) };
  if (isInComment(model, offset)) return { replaced, items: none };
  const front = before.slice(0, before.length - written.length);
  return { replaced, items: itemsFor(model, offset, front, written) };
}

function endOfWord(source: string, offset: number): number {
  let end = offset;
  while (/[\w$.-]/.test(source[end] ?? "")) end++;
  return end;
}

function isInComment(model: TextModel, offset: number): boolean {
  const index = model.tokens.indexBehind(offset - 1);
  return model.tokens.kind(index) === "comment" && model.tokens.start(index) < offset;
}

function itemsFor(model: TextModel, offset: number, front: string, written: string): readonly Completion[] {
  switch (written[0]) {
    case "%":
      return startsOperation(front, false) ? none : valueItems(model, offset);
    case "^":
      return front.trim() === "" ? none : blockItems(model, offset);
    case "@":
      return symbolItems(model, offset);
    case "#":
      return [...aliasItems(model, "#"), ...dialectSymbolItems(model, "#")];
    case "!":
      return [...aliasItems(model, "!"), ...dialectSymbolItems(model, "!")];
    case '"':
      return startsOperation(front, true) ? operationItems(model, offset, '"') : none;
    default:
      if (startsOperation(front, true)) return operationItems(model, offset, "");
      if (/(?::|->|,|\(|x|<)\s*$/.test(front) && !/[{,]\s*$/.test(front)) return typeItems;
      return attributeItems(model, offset);
  }
}

/** Whether an operation's name (with `isNamed`, or the names of its results) stands behind this part of a line. */
function startsOperation(front: string, isNamed: boolean): boolean {
  if (/^\s*$|^\s*\^[\w$.-]+(?:\(.*\))?:\s*$|\{\s*$/.test(front)) return !front.trimEnd().endsWith("{") || isNamed;
  return isNamed && /^\s*%[\w$.:,%\s-]*=\s*$/.test(front);
}

// ------------------------------------------------------------------------------------------------------- operations

function operationItems(model: TextModel, offset: number, quote: string): readonly Completion[] {
  const items: Completion[] = [];
  const short = quote === "" ? defaultDialectAt(model, offset) : undefined;
  for (const definition of model.context.definitions) {
    const detail = splitSummary(definition.options.doc).summary;
    const common = { kind: "operation", detail, operation: definition.name } as const;
    items.push({ ...common, label: quote === "" ? definition.name : `"${definition.name}"` });
    if (short !== undefined && definition.dialect === short && definition.options.format !== undefined) {
      items.push({ ...common, label: definition.name.slice(short.length + 1), order: `0${definition.name}` });
    }
  }
  return items;
}

/** The dialect whose ops need not be named in full where the cursor is. */
function defaultDialectAt(model: TextModel, offset: number): string {
  const parent = parentAt(model, offset);
  return parent === undefined ? "builtin" : (definitionOf(model, parent.operation)?.options.defaultDialect ?? "");
}

/** The operation in whose region an offset lies. */
function parentAt(model: TextModel, offset: number): PlacedOperation | undefined {
  let placed = model.operationAt(offset);
  while (placed !== undefined && !isInsideBraces(model, placed, offset)) placed = placed.parent;
  return placed;
}

function isInsideBraces(model: TextModel, placed: PlacedOperation, offset: number): boolean {
  const first = placed.children[0];
  if (first !== undefined) return offset >= first.start || model.source.slice(placed.start, offset).includes("{");
  return (
    definitionOf(model, placed.operation)?.regionFields.length !== 0 &&
    model.source.slice(placed.start, offset).includes("{")
  );
}

/** The Markdown for a completion of an op. */
export function completionDocumentation(context: Context, operation: string): string | undefined {
  const definition = context.definition(operation);
  return definition && definitionMarkdown(context, definition);
}

// ------------------------------------------------------------------------------------------- values, blocks, symbols

/** Values that may be used at `offset`, the nearest first. */
function valueItems(model: TextModel, offset: number): readonly Completion[] {
  const user = model.operationAt(offset);
  const items = new Map<string, Completion>();
  const definitions = model.values.filter((each) => each.isDefinition);
  const dominance = new DominanceInfo();
  // The names of packs, by where they stand.
  const packs = new Set(definitions.filter(({ number }) => number > 0).map(({ at }) => at));
  for (const each of definitions) {
    if (!isVisible(model, each, user, offset, dominance)) continue;
    const label = `%${each.name}${packs.has(each.at) ? `#${each.number}` : ""}`;
    const order = String(Math.abs(offset - each.at)).padStart(12, "0");
    items.set(label, { label, kind: "value", detail: each.target.type.text, order });
  }
  return [...items.values()];
}

function isVisible(
  model: TextModel,
  { target, at }: Mention<Value>,
  user: PlacedOperation | undefined,
  offset: number,
  dominance: DominanceInfo,
): boolean {
  const operation = user?.operation;
  if (operation?.block === undefined || target.parentBlock?.region === undefined || isRootless(operation)) {
    return isTextuallyVisible(model, at, offset);
  }
  // In the region of the operation at the cursor, or around it.
  const isInside =
    user !== undefined && isInsideBraces(model, user, offset) && target.parentBlock.parentOperation === operation;
  if (isInside) return at < offset;
  return dominance.dominates(target, operation) && !isBehindBorder(model, target, operation);
}

/** Whether an operation around this one could not be read, so that it hangs in the air. */
function isRootless(operation: Operation): boolean {
  let top = operation;
  while (top.parentOperation !== undefined) top = top.parentOperation;
  return top.name !== "builtin.module";
}

/** Whether an isolated operation stands between a value and its user. */
function isBehindBorder(model: TextModel, value: Value, user: Operation): boolean {
  const home = value.parentBlock?.region;
  for (let region = user.parentRegion; region !== undefined && region !== home; region = region.parent?.parentRegion) {
    if (region.parent !== undefined && isIsolated(model, region.parent)) return true;
  }
  return false;
}

/** By the text alone: defined further up, in braces that are still open, in the same isolated operation. */
function isTextuallyVisible(model: TextModel, at: number, offset: number): boolean {
  if (at >= offset || isolatedAround(model, at) !== isolatedAround(model, offset)) return false;
  const { tokens } = model;
  let depth = 0;
  const last = tokens.indexBehind(offset - 1);
  for (let index = tokens.indexBehind(at); index < last; index++) {
    const text = tokens.kind(index) === "punctuation" ? tokens.text(index) : "";
    if (text === "{") depth++;
    else if (text === "}" && --depth < 0) return false;
  }
  return true;
}

function blockItems(model: TextModel, offset: number): readonly Completion[] {
  const region = model.operationAt(offset)?.operation.parentRegion;
  return model.blocks
    .filter(({ isDefinition, target }) => isDefinition && (region === undefined || target.region === region))
    .filter(({ target }) => target.region?.entry !== target)
    .map(({ name, target }) => ({
      label: `^${name}`,
      kind: "block",
      detail: `(${target.arguments.map(({ type }) => type.text).join(", ")})`,
    }));
}

/** Symbols of the tables around the cursor, the nearest first. */
function symbolItems(model: TextModel, offset: number): readonly Completion[] {
  const items = new Map<string, Completion>();
  const start = model.operationAt(offset)?.operation ?? model.roots[0]?.operation.parentOperation;
  let table = start && (nearestSymbolTable(start) ?? start.parentOperation);
  for (let distance = 0; table !== undefined; distance++) {
    for (const [name, operation] of new SymbolTable(table).symbols) {
      const label = `@${bareIdentifier.test(name) ? name : quoted(name)}`;
      const detail = signatureOf(operation)?.text ?? operation.name;
      if (!items.has(label)) items.set(label, { label, kind: "symbol", detail, order: `${distance}${name}` });
    }
    const parent: Operation | undefined = table.parentOperation;
    table = parent && nearestSymbolTable(parent);
  }
  return [...items.values()];
}

// ----------------------------------------------------------------------------------- aliases, types, attribute names

function aliasItems(model: TextModel, sigil: "#" | "!"): readonly Completion[] {
  const { tokens } = model;
  const kind = sigil === "#" ? "attribute" : "type";
  const items: Completion[] = [];
  for (let index = 0; index < tokens.count; index++) {
    if (tokens.kind(index) !== kind || !tokens.isFirstOnLine(index) || tokens.text(tokens.next(index)) !== "=")
      continue;
    const label = tokens.text(index);
    const detail = aliasText(model, sigil, label.slice(1), tokens.start(index)) ?? "";
    items.push({ label, kind: "alias", detail: detail.slice(0, 80), order: `0${label}` });
  }
  return items;
}

function dialectSymbolItems(model: TextModel, sigil: "#" | "!"): readonly Completion[] {
  return [...model.context.dialects.values()].flatMap((dialect) =>
    (sigil === "#" ? dialect.attributes : dialect.types).map(({ mnemonic, doc }) => ({
      label: `${sigil}${dialect.name}.${mnemonic}`,
      kind: sigil === "#" ? ("attribute" as const) : ("type" as const),
      detail: splitSummary(doc).summary,
    })),
  );
}

const typeNames =
  "i1 i8 i16 i32 i64 si8 si16 si32 si64 ui8 ui16 ui32 ui64 f16 bf16 f32 f64 index none tensor memref vector tuple complex";
const typeItems: readonly Completion[] = typeNames
  .split(" ")
  .map((label) => ({ label, kind: "type", detail: "a builtin type" }));

/** Names of the attributes of the op around the cursor. */
function attributeItems(model: TextModel, offset: number): readonly Completion[] {
  const operation = model.operationAt(offset)?.operation;
  const definition: OperationDefinition | undefined = operation && definitionOf(model, operation);
  return (definition?.attributeFields ?? []).map(({ name, field }) => ({
    label: name,
    kind: "attribute",
    detail: field.constraint.description,
  }));
}
