/** What is shown about the thing under the cursor, as Markdown. */

import { TypeAttribute } from "../../ir/attributes.ts";
import type { Context } from "../../ir/context.ts";
import type { OperationDefinition } from "../../ir/declaration.ts";
import { BlockArgument, type Operation, OperationResult, type Value } from "../../ir/operation.ts";
import { symbolName } from "../../ir/symbol-table.ts";
import { FunctionType, type Type } from "../../ir/types.ts";
import { operationFacts } from "../documentation/facts.ts";
import { operationMarkdown } from "../documentation/markdown.ts";
import type { PlacedOperation, Range, TextModel } from "./model.ts";
import { isAlias, type Occurrences, occurrencesAt } from "./occurrences.ts";
import type { Token } from "./tokens.ts";

export interface Hover extends Range {
  readonly markdown: string;
}

/** More of a long attribute or line nobody reads in a hover. */
const longestText = 400;

export function hoverAt(model: TextModel, offset: number): Hover | undefined {
  const token = model.tokens.at(offset);
  if (token === undefined) return undefined;
  const markdown = markdownOf(model, token, offset);
  return markdown === undefined ? undefined : { start: token.start, end: token.end, markdown };
}

function markdownOf(model: TextModel, token: Token, offset: number): string | undefined {
  const placed = model.operationAt(token.start);
  if (placed !== undefined && placed.name.start === token.start) return operationHover(model, placed.operation);
  const found = occurrencesAt(model, offset);
  if (found?.value !== undefined) return valueHover(model, found.value);
  if (found?.symbol !== undefined) return symbolHover(model, found.symbol);
  if (found?.kind === "block") return blockHover(model, found);
  if (token.kind === "attribute" || token.kind === "type") return aliasOrDialectHover(model, token);
  if (token.kind === "word" && placed !== undefined) return attributeHover(placed, token, model);
  return undefined;
}

// ------------------------------------------------------------------------------------------------------- operations

function operationHover(model: TextModel, operation: Operation): string {
  const definition = definitionOf(model, operation);
  if (definition === undefined) return `**${operation.name}**\n\nIts dialect is not loaded.`;
  return definitionMarkdown(model.context, definition);
}

/** That of a broken operation too. */
export function definitionOf(model: TextModel, operation: Operation): OperationDefinition | undefined {
  return operation.definition ?? model.context.definition(operation.name);
}

/** An op's documentation. */
export function definitionMarkdown(context: Context, definition: OperationDefinition): string {
  return `**${definition.name}**\n\n${operationMarkdown(operationFacts(definition, context.dialects.values()))}`;
}

/** What an attribute's name in the text of an operation means. */
function attributeHover({ operation }: PlacedOperation, { text }: Token, model: TextModel): string | undefined {
  const definition = definitionOf(model, operation);
  const field = definition?.attributeFields.find(({ name }) => name === text)?.field;
  if (definition === undefined || field === undefined) return undefined;
  const presence = field.arity === "one" ? "required" : field.arity === "optional" ? "optional" : undefined;
  const fallback =
    field.fallback === undefined ? presence : `default \`${field.constraint.encode(field.fallback).text}\``;
  return `Attribute **${text}** of ${definition.name}: ${field.constraint.description}, ${fallback}`;
}

// ----------------------------------------------------------------------------------------------------------- values

function valueHover(model: TextModel, value: Value): string {
  const uses = value.uses.length;
  const count = `${uses === 0 ? "no" : uses} use${uses === 1 ? "" : "s"}`;
  const line = value.definer === undefined ? undefined : definingLine(model, value.definer);
  return paragraphs([
    ir(`${nameOfValue(model, value)} : ${value.type}`),
    `${originOf(value)}, ${count}.`,
    ...(line === undefined ? [] : [ir(line)]),
  ]);
}

function nameOfValue(model: TextModel, value: Value): string {
  const mention = model.values.find((each) => each.target === value);
  if (mention === undefined) return "%?";
  return `%${mention.name}${mention.number === 0 ? "" : `#${mention.number}`}`;
}

function originOf(value: Value): string {
  if (value instanceof OperationResult) {
    const field = resultName(value);
    const which = value.owner.results.length === 1 ? "Result" : `Result ${value.index}`;
    return `${which}${field === undefined ? "" : ` \`${field}\``} of \`${value.owner.name}\``;
  }
  if (value instanceof BlockArgument) {
    const parent = value.owner.parentOperation;
    const isEntry = value.owner.region?.entry === value.owner;
    const of = parent === undefined ? "" : ` of \`${parent.name}\`${symbolText(parent)}`;
    return `Argument ${value.index} of ${isEntry ? "the entry block" : "a block"}${of}`;
  }
  return "Not defined yet";
}

function symbolText(operation: Operation): string {
  const name = symbolName(operation);
  return name === undefined ? "" : ` @${name}`;
}

/** The declared name of a result. */
function resultName(value: OperationResult): string | undefined {
  const { definition } = value.owner;
  for (const [position, { name }] of definition?.resultFields.entries() ?? []) {
    const { start, count } = definition!.resultGroup(value.owner, position);
    if (value.index >= start && value.index < start + count) return name;
  }
  return undefined;
}

/** The text of an operation up to its first region or line break. */
function definingLine(model: TextModel, operation: Operation): string | undefined {
  const placed = model.placeOf(operation);
  if (placed === undefined) return undefined;
  const text = model.source.slice(placed.start, Math.min(placed.end, placed.start + longestText));
  const [line = ""] = text.split("\n");
  return line.length < placed.end - placed.start ? `${line} …` : line;
}

function blockHover(model: TextModel, { name, definitions }: Occurrences): string | undefined {
  const [definition] = definitions;
  const block = definition === undefined ? undefined : model.blockAt(definition.start)?.target;
  if (block === undefined) return undefined;
  const { region } = block;
  const values = block.arguments.map((each) => `${nameOfValue(model, each)}: ${each.type}`).join(", ");
  const predecessors = region?.blocks.filter((each) => each.successors.includes(block)).length ?? 0;
  const from = `${predecessors} predecessor${predecessors === 1 ? "" : "s"}`;
  return paragraphs([ir(`^${name}${values === "" ? "" : `(${values})`}:`), `Block with ${from}.`]);
}

// ---------------------------------------------------------------------------------------------------------- symbols

function symbolHover(model: TextModel, operation: Operation): string {
  const line = definingLine(model, operation)?.replace(/\s*\{ …$/, "");
  return paragraphs([ir(line ?? `${operation.name} @${symbolName(operation)}`), signatureText(operation)]);
}

/** `(i32) -> f32` where a symbol has a function type. */
export function signatureOf(operation: Operation): FunctionType | undefined {
  const attribute = operation.attribute("function_type");
  const type: Type | undefined = attribute instanceof TypeAttribute ? attribute.type : undefined;
  return type instanceof FunctionType ? type : undefined;
}

function signatureText(operation: Operation): string {
  const signature = signatureOf(operation);
  return `\`${operation.name}\`${signature === undefined ? "" : ` of type \`${signature}\``}`;
}

// ---------------------------------------------------------------------------------------------------------- aliases

function aliasOrDialectHover(model: TextModel, token: Token): string | undefined {
  const sigil = token.text[0] ?? "";
  const name = token.text.slice(1);
  if (!isAlias(model, token)) return dialectSymbolHover(model, token, name);
  const text = aliasText(model, sigil, name, token.start);
  return text && ir(`${token.text} = ${text.length > longestText ? `${text.slice(0, longestText)}…` : text}`);
}

export function aliasText(model: TextModel, sigil: string, name: string, at: number): string | undefined {
  try {
    return model.parser.definitions.textOfAlias(sigil, name, at);
  } catch {
    // The alias has an error of its own, which is reported where it stands.
    return undefined;
  }
}

/** `!dialect.type<…>`, `#dialect.attribute<…>`, or the same with the mnemonic inside the brackets. */
function dialectSymbolHover(model: TextModel, token: Token, name: string): string | undefined {
  const [dialectName = "", written] = name.split(".", 2);
  const dialect = model.context.dialects.get(dialectName);
  const inside = /^<\s*([A-Za-z_][\w$]*)/.exec(model.source.slice(token.end, token.end + 80))?.[1];
  const mnemonic = written ?? inside;
  const list = token.kind === "type" ? dialect?.types : dialect?.attributes;
  const found = list?.find((each) => each.mnemonic === mnemonic);
  return found && `**${token.text[0]}${dialectName}.${found.mnemonic}**\n\n${found.doc}`;
}

function ir(text: string): string {
  return `\`\`\`mlir\n${text}\n\`\`\``;
}

function paragraphs(texts: readonly string[]): string {
  return texts.join("\n\n");
}
