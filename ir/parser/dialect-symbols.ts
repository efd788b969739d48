/**
 * Reads what starts with `!` or `#`: aliases (`!t`, `#map`), and types and attributes of dialects, `!dialect.rest` or
 * `!dialect<rest>`. Loaded dialects parse theirs; those of others are kept as text where the context allows it.
 */
import { type Attribute, OpaqueAttribute } from "../attributes.ts";
import { didYouMean } from "../close-names.ts";
import { OpaqueType, type Type } from "../types.ts";
import type { TextParser } from "./text-parser.ts";
import { dialectAdvice } from "./unknown-names.ts";

interface DialectSymbol {
  readonly dialect: string;
  /** The word behind the dialect's name; undefined where the body starts with something else. */
  readonly mnemonic: string | undefined;
  /** Written `!dialect<mnemonic …>`, so a `>` follows. */
  readonly isBracketed: boolean;
  /** Where the sigil stands. */
  readonly at: number;
  /** Where the body (from the mnemonic on) starts. */
  readonly bodyStart: number;
}

/** Splits `name` (what follows the sigil); the parser then stands behind the mnemonic. Undefined for an alias. */
function dialectSymbol(parser: TextParser, name: string, at: number): DialectSymbol | undefined {
  const dot = name.indexOf(".");
  if (dot > 0) {
    const mnemonic = name.slice(dot + 1);
    return { dialect: name.slice(0, dot), mnemonic, isBracketed: false, at, bodyStart: at + dot + 2 };
  }
  if (parser.source[at + 1 + name.length] !== "<") return undefined;
  parser.expect("<");
  const bodyStart = parser.offset;
  return { dialect: name, mnemonic: parser.optionalKeyword(), isBracketed: true, at, bodyStart };
}

/** The text of the body with its aliases spelled out (the text that defines them is left behind); the parser then stands behind the symbol. */
function rawBody(parser: TextParser, symbol: DialectSymbol): string {
  const text = writtenBody(parser, symbol);
  if (!text.includes("#") && !text.includes("!")) return text;
  return text.replaceAll(stringOrAlias, (found, sigil: string | undefined, name: string | undefined) => {
    if (sigil === undefined || name === undefined) return found;
    return parser.definitions.textOfAlias(sigil, name, symbol.at) ?? found;
  });
}

/** A string, or `#name` or `!name` that is not the start of a dialect's symbol. */
const stringOrAlias = /"(?:[^"\\]|\\.)*"|([#!])([A-Za-z_][\w$-]*)(?![\w$.<-])/g;

function writtenBody(parser: TextParser, symbol: DialectSymbol): string {
  const { source } = parser;
  if (symbol.isBracketed) {
    const bracket = source.indexOf("<", symbol.at);
    return parser.rawBalanced(bracket, "<").slice(1, -1).trim();
  }
  const mnemonic = symbol.mnemonic ?? "";
  const bracket = symbol.bodyStart + mnemonic.length;
  // Only a bracket that follows directly belongs to the symbol.
  return source[bracket] === "<" ? mnemonic + parser.rawBalanced(bracket, "<") : mnemonic;
}

/** A type that starts with `!`. */
export function readDialectType(parser: TextParser): Type {
  const at = parser.offset;
  const name = parser.optionalSuffixed("!") ?? "";
  const symbol = dialectSymbol(parser, name, at);
  if (symbol === undefined) return parser.definitions.type(name, at);
  const dialect = parser.context.dialects.get(symbol.dialect);
  if (dialect === undefined) {
    if (!parser.context.allowUnregistered) throw notLoaded(parser, "type", "!", symbol);
    return OpaqueType.get(symbol.dialect, rawBody(parser, symbol));
  }
  const definition = dialect.types.find((each) => each.mnemonic === symbol.mnemonic);
  if (definition === undefined) {
    const known = dialect.types.map((each) => each.mnemonic).join(", ");
    const offer = known === "" ? "it defines no types" : `its types are ${known}`;
    const names = dialect.types.map((each) => each.mnemonic);
    const close = didYouMean(symbol.mnemonic ?? "", names, (each) => `!${symbol.dialect}.${each}`);
    throw parser.error(`unknown type '!${name}' in dialect '${symbol.dialect}': ${offer}${close}`, at);
  }
  parser.enter();
  const type = definition.parse(parser);
  if (symbol.isBracketed) parser.expect(">");
  parser.leave();
  return type;
}

/** An attribute that starts with `#`. */
export function readDialectAttribute(parser: TextParser): Attribute {
  const at = parser.offset;
  const name = parser.optionalSuffixed("#") ?? "";
  const symbol = dialectSymbol(parser, name, at);
  if (symbol === undefined) return parser.definitions.attribute(name, at);
  const dialect = parser.context.dialects.get(symbol.dialect);
  if (dialect === undefined && !parser.context.allowUnregistered) throw notLoaded(parser, "attribute", "#", symbol);
  const definition = dialect?.attributes.find((each) => each.mnemonic === symbol.mnemonic);
  // A loaded dialect need not list its enums (`#arith.fastmath<none>`): they are text that its ops' constraints check.
  if (definition === undefined) return OpaqueAttribute.get(symbol.dialect, rawBody(parser, symbol));
  parser.enter();
  const attribute = definition.parse(parser);
  if (symbol.isBracketed) parser.expect(">");
  parser.leave();
  return attribute;
}

function notLoaded(parser: TextParser, kind: string, sigil: string, symbol: DialectSymbol): Error {
  const { dialect, at } = symbol;
  return parser.error(
    `${kind} '${sigil}${dialect}.${symbol.mnemonic ?? "…"}' is of dialect '${dialect}', which is not loaded${dialectAdvice(dialect, parser.context)}`,
    at,
  );
}
