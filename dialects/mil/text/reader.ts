/**
 * Reads the text of MIL programs (`model.mil`): ANTLR's parser (`Mil.g4`) says what belongs together, this file makes the
 * document of it and checks what a grammar cannot say, as far as no knowledge of operations is needed: every name is defined once
 * and before its use, nothing is given twice.
 */
import { didYouMean } from "../../../ir/close-names.ts";
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import type {
  MilArgument,
  MilAttribute,
  MilBinding,
  MilBlock,
  MilDocument,
  MilFunctionText,
  MilNamedType,
  MilOperation,
  MilPosition,
} from "../document/document.ts";
import type {
  ArgumentContext,
  AttributesContext,
  BindingContext,
  BlockContext,
  FunctionContext,
  NameContext,
  OperationContext,
  ParametersContext,
  ProgramContext,
} from "./generated/MilParser.ts";
import type { SyntaxMistake } from "./syntax.ts";
import { ValueReader } from "./values.ts";

/** Not imported at the top: see there. */
const syntax = (): typeof import("./syntax.ts") => require("./syntax.ts");

export interface ReadMilOptions {
  /** For messages. */
  readonly file?: string;
}

/**
 * The program that a text describes. Time is linear in the text.
 *
 * @throws DiagnosticError with the place in the text of the first thing that is wrong
 */
export function readMilText(text: string, { file }: ReadMilOptions = {}): MilDocument {
  const fail = (offset: number, message: string): never => {
    const line = lineOf(text, offset);
    const column = offset - text.lastIndexOf("\n", offset - 1);
    throw new DiagnosticError(message, { ...(file === undefined ? {} : { file }), line, column, source: text });
  };
  const tree = syntax().parseMil(text);
  if (isMistake(tree)) return fail(tree.offset, tree.message);
  return new DocumentReader(text, fail).document(tree);
}

const isMistake = (parsed: ProgramContext | SyntaxMistake): parsed is SyntaxMistake => "message" in parsed;

function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) line++;
  return line;
}

/** The names that a block defines, with the text of those that are constants; those of the blocks around it are seen too. */
interface Scope {
  readonly names: Map<string, string | undefined>;
  readonly outer: Scope | undefined;
}

class DocumentReader {
  readonly #text: string;
  readonly #fail: (offset: number, message: string) => never;
  readonly #values: ValueReader;

  constructor(text: string, fail: (offset: number, message: string) => never) {
    this.#text = text;
    this.#fail = fail;
    this.#values = new ValueReader(text, fail);
  }

  document(context: ProgramContext): MilDocument {
    const version = context.NUMBER();
    const number = version.getText();
    if (!/^\d+\.\d+$/.test(number))
      this.#fail(version.symbol.start, `expected a version such as 1.0 or 1.3, found ${number}`);
    const taken = new Set<string>();
    return {
      version: number,
      attributes: this.#attributes(context.attributes()),
      functions: context.function_().map((each) => this.#function(each, taken)),
    };
  }

  #function(context: FunctionContext, taken: Set<string>): MilFunctionText {
    const [nameContext, opset] = context.name();
    const name = this.#once(nameContext!, taken, "function");
    const scope: Scope = { names: new Map(), outer: undefined };
    return {
      name,
      opset: this.#name(opset!),
      parameters: this.#parameters(context.parameters(), scope),
      attributes: this.#attributes(context.attributes()),
      block: this.#block(context.block(), [], scope),
      position: positionOf(nameContext!),
    };
  }

  #block(context: BlockContext, parameters: readonly MilNamedType[], scope: Scope): MilBlock {
    const operations = context.operation().map((each) => this.#operation(each, scope));
    const results = context.name().map((each) => this.#used(each, scope));
    const attributes = context.attributes();
    return { parameters, operations, results, attributes: attributes === null ? [] : this.#attributes([attributes]) };
  }

  #operation(context: OperationContext, scope: Scope): MilOperation {
    const mnemonic = context.name();
    const taken = new Set<string>();
    const args = context.argument().map((each) => this.#argument(each, taken, scope));
    const attributes = context.attributes();
    const blocks = context.nestedBlock().map((nested) => {
      const inner: Scope = { names: new Map(), outer: scope };
      return this.#block(nested.block(), this.#parameters(nested.parameters(), inner), inner);
    });
    const { start, stop } = context;
    const operation = this.#name(mnemonic);
    const statement = operation === "const" ? this.#text.slice(start?.start, (stop?.stop ?? 0) + 1) : undefined;
    return {
      mnemonic: operation,
      // Behind the arguments and blocks, which may not use them.
      results: this.#parameters(context.parameters(), scope, statement),
      arguments: args,
      attributes: attributes === null ? [] : this.#attributes([attributes]),
      blocks,
      position: positionOf(mnemonic),
    };
  }

  #argument(context: ArgumentContext, taken: Set<string>, scope: Scope): MilArgument {
    const name = this.#once(context.name(), taken, "argument");
    const bindings = context.binding();
    return {
      name,
      bindings: bindings.map((each) => this.#binding(each, scope)),
      // `x = (a)` has brackets of its own.
      isTuple: context.getChildCount() > 3,
    };
  }

  #binding(context: BindingContext, scope: Scope): MilBinding {
    const name = context.name();
    if (name !== null) return { kind: "name", name: this.#used(name, scope) };
    return { kind: "value", value: this.#values.value(context.value()!) };
  }

  /** `statement` is the text of a constant. */
  #parameters(context: ParametersContext | null, scope: Scope, statement?: string): MilNamedType[] {
    if (context === null) return [];
    return context.parameter().map((parameter) => {
      const name = this.#name(parameter.name());
      // Generators write the constants of each part anew: the same again changes nothing.
      const isRepeated = statement !== undefined && scope.names.get(name) === statement;
      if (scope.names.has(name) && !isRepeated) this.#failTwice(parameter.name(), "value");
      scope.names.set(name, statement);
      return { name, type: this.#values.type(parameter.type()) };
    });
  }

  #attributes(contexts: readonly AttributesContext[]): MilAttribute[] {
    const taken = new Set<string>();
    return contexts.flatMap((context) =>
      context.attribute().map((each) => ({
        name: this.#once(each.name(), taken, "attribute"),
        value: this.#values.value(each.value()),
      })),
    );
  }

  #name(context: NameContext): string {
    const { start } = context;
    return start === null ? "" : this.#text.slice(start.start, start.stop + 1);
  }

  /** A name that must be new among `taken`. */
  #once(context: NameContext, taken: Set<string>, what: string): string {
    const name = this.#name(context);
    if (taken.has(name)) this.#failTwice(context, what);
    taken.add(name);
    return name;
  }

  #failTwice(context: NameContext, what: string): never {
    return this.#fail(context.start?.start ?? 0, `there is another ${what} called '${this.#name(context)}' already`);
  }

  /** The name of a value that is defined before. */
  #used(context: NameContext, scope: Scope): string {
    const name = this.#name(context);
    const known: string[] = [];
    for (let each: Scope | undefined = scope; each !== undefined; each = each.outer) {
      if (each.names.has(name)) return name;
    }
    for (let each: Scope | undefined = scope; each !== undefined; each = each.outer) known.push(...each.names.keys());
    const message = `no value '${name}' is defined before its use here${didYouMean(name, known)}`;
    return this.#fail(context.start?.start ?? 0, message);
  }
}

function positionOf(context: NameContext): MilPosition {
  const { start } = context;
  return { line: start?.line ?? 1, column: (start?.column ?? 0) + 1 };
}
