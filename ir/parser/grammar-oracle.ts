/**
 * For tests: the parser that ANTLR makes of `ir/Ir.g4`, and what it finds in a text, as plain data that can be compared with
 * what the hand-written parser built.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  BaseErrorListener,
  CharStream,
  CommonTokenStream,
  ParserRuleContext,
  type ParseTree,
  TerminalNode,
  type Token,
} from "antlr4ng";
import type { Operation } from "../operation.ts";
import { textOfBytes } from "../quoted.ts";

/** An operation as both parsers see it. */
export interface OperationOutline {
  readonly name: string;
  readonly operands: number;
  readonly resultTypes: readonly string[];
  readonly successors: number;
  readonly properties: readonly (readonly [string, string])[];
  readonly attributes: readonly (readonly [string, string])[];
  readonly regions: readonly (readonly BlockOutline[])[];
}

export interface BlockOutline {
  readonly argumentTypes: readonly string[];
  readonly operations: readonly OperationOutline[];
}

/** What the grammar says of a text: its operations, or the first thing that is no IR. */
export type Reading = { readonly operations: readonly OperationOutline[] } | { readonly error: string };

/** Generates the parser below node_modules, where the generated code finds its run time, and loads it. */
export async function grammarParser(): Promise<(text: string) => Reading> {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
  const output = join(root, "node_modules", ".cache", "ir-grammar");
  mkdirSync(output, { recursive: true });
  const generator = join(root, "node_modules", "antlr-ng", "dist", "cli", "runner.js");
  const options = ["-Dlanguage=TypeScript", "-l", "false", "-v", "false", "--exact-output-dir", "-o", output];
  const made = spawnSync(process.execPath, [generator, ...options, join(root, "ir", "Ir.g4")], { encoding: "utf8" });
  if (made.status !== 0 || `${made.stdout}${made.stderr}`.includes("error")) {
    throw new Error(`the grammar does not compile: ${made.stdout}${made.stderr}`);
  }
  const { IrLexer } = await import(pathToFileURL(join(output, "IrLexer.ts")).href);
  const { IrParser } = await import(pathToFileURL(join(output, "IrParser.ts")).href);
  return (text) => {
    const errors = new ErrorCollector();
    const lexer = new IrLexer(CharStream.fromString(text));
    lexer.removeErrorListeners();
    lexer.addErrorListener(errors);
    const parser = new IrParser(new CommonTokenStream(lexer));
    parser.removeErrorListeners();
    parser.addErrorListener(errors);
    const tree: ParserRuleContext = parser.file();
    const [error] = errors.messages;
    if (error !== undefined) return { error };
    const codePoints = [...text];
    return { operations: nodes(tree, "operation").map((operation) => outlineOfTree(operation, codePoints)) };
  };
}

class ErrorCollector extends BaseErrorListener {
  readonly messages: string[] = [];

  override syntaxError(_: unknown, __: Token | null, line: number, column: number, message: string): void {
    this.messages.push(`${line}:${column + 1}: ${message}`);
  }
}

/** The children of a rule or token name: the generated accessors are known only once the parser was made. */
function nodes(node: ParseTree | undefined, name: string): ParseTree[] {
  // A rule whose name is a keyword of TypeScript gets an underscore.
  const accessor: unknown = node === undefined ? undefined : (Reflect.get(node, name) ?? Reflect.get(node, `${name}_`));
  if (node === undefined || typeof accessor !== "function") return [];
  const found: unknown = Reflect.apply(accessor, node, []);
  return (Array.isArray(found) ? found : [found]).filter(
    (each) => each instanceof ParserRuleContext || each instanceof TerminalNode,
  );
}

/** The text of a node as written. ANTLR counts code points. */
function sourceOf(node: ParseTree | undefined, codePoints: readonly string[]): string {
  if (!(node instanceof ParserRuleContext)) return "";
  return codePoints.slice(node.start?.start, (node.stop?.stop ?? -1) + 1).join("");
}

function outlineOfTree(node: ParseTree, text: readonly string[]): OperationOutline {
  const dictionary = (holder: ParseTree | undefined) =>
    nodes(holder, "entry").map((entry): [string, string] => {
      const [value] = nodes(entry, "attribute");
      const [quoted] = nodes(entry, "STRING");
      const [word] = nodes(entry, "word");
      return [
        quoted === undefined ? word!.getText() : unquoted(quoted.getText()),
        value === undefined ? "unit" : sourceOf(value, text),
      ];
    });
  const [resultTypes] = nodes(node, "resultTypes");
  const listed = nodes(nodes(resultTypes, "types")[0], "type");
  const single = nodes(resultTypes, "nonFunctionType");
  return {
    name: unquoted(nodes(node, "STRING")[0]!.getText()),
    operands: nodes(nodes(node, "operands")[0], "operand").length,
    resultTypes: [...listed, ...single].map((type) => sourceOf(type, text)),
    successors: nodes(nodes(node, "successors")[0], "BLOCK").length,
    properties: dictionary(nodes(nodes(node, "properties")[0], "dictionary")[0]),
    attributes: dictionary(nodes(node, "dictionary")[0]),
    regions: nodes(nodes(node, "regions")[0], "region").map((region) => {
      const direct = nodes(region, "operation").map((each) => outlineOfTree(each, text));
      const labelled = nodes(region, "block").map((block) => ({
        argumentTypes: nodes(block, "blockArgument").map((each) => sourceOf(nodes(each, "type")[0], text)),
        operations: nodes(block, "operation").map((each) => outlineOfTree(each, text)),
      }));
      return direct.length === 0 ? labelled : [{ argumentTypes: [], operations: direct }, ...labelled];
    }),
  };
}

/** The text of a string token: escapes stand for bytes of UTF-8. */
function unquoted(token: string): string {
  const bytes = token
    .slice(1, -1)
    .replaceAll(/[^\\]+|\\([0-9A-Fa-f]{2})|\\(.)/g, (found, hex: string | undefined, short: string | undefined) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (short !== undefined) return short === "n" ? "\n" : short === "t" ? "\t" : short;
      return Buffer.from(found, "utf8").toString("latin1");
    });
  return textOfBytes(Buffer.from(bytes, "latin1"));
}

/** The same of an operation that was built. */
export function outlineOf(operation: Operation): OperationOutline {
  const texts = (entries: Iterable<readonly [string, { readonly text: string }]>) =>
    [...entries].map(([name, value]): [string, string] => [name, value.text]);
  return {
    name: operation.name,
    operands: operation.operandCount,
    resultTypes: operation.results.map((result) => result.type.text),
    successors: operation.successors.length,
    properties: texts(operation.properties),
    attributes: texts(operation.attributes),
    regions: operation.regions.map((region) =>
      region.blocks.map((block) => ({
        argumentTypes: block.arguments.map((argument) => argument.type.text),
        operations: block.operations.map(outlineOf),
      })),
    ),
  };
}

/** The outline without the texts of types and attributes, which may be written in several ways. */
export function shapeOf(outline: OperationOutline): unknown {
  return {
    name: outline.name,
    operands: outline.operands,
    results: outline.resultTypes.length,
    successors: outline.successors,
    properties: outline.properties.map(([name]) => name),
    attributes: outline.attributes.map(([name]) => name),
    regions: outline.regions.map((blocks) =>
      blocks.map((block) => ({
        arguments: block.argumentTypes.length,
        operations: block.operations.map(shapeOf),
      })),
    ),
  };
}
