/**
 * What is known about one text (a document, or a part of it between `// -----` lines): its operations with their places,
 * where each value and block is defined and used, and its errors. Everything else the server answers is read from here.
 */
import type { BlobStore } from "../../ir/blob.ts";
import type { Context } from "../../ir/context.ts";
import { DiagnosticError, messageOf } from "../../ir/diagnostic-error.ts";
import {
  type Block,
  BlockArgument,
  createOperation,
  Block as IrBlock,
  type Operation,
  Region,
  type Value,
} from "../../ir/operation.ts";
import type { OperationPlace, ParseObserver } from "../../ir/parser/observer.ts";
import { symbolReferences } from "../../ir/symbol-table.ts";
import { verifyAll } from "../../ir/verifier.ts";
import { RecoveringParser } from "./recovering-parser.ts";
import { Tokens } from "./tokens.ts";

export interface Range {
  readonly start: number;
  readonly end: number;
}

/** An operation in the text. */
export interface PlacedOperation extends Range {
  readonly operation: Operation;
  /** Where its name stands. */
  readonly name: Range;
  readonly parent: PlacedOperation | undefined;
  readonly children: PlacedOperation[];
}

/** `%name`, `%name#1` or `^name` at a place, and what it means. */
export interface Mention<T> {
  readonly target: T;
  readonly name: string;
  /** Which of a pack of results. */
  readonly number: number;
  readonly at: number;
  readonly isDefinition: boolean;
}

/** A mistake in the text. */
export interface Problem extends Range {
  readonly message: string;
  readonly notes: readonly (Range & { readonly message: string })[];
}

const maximumProblems = 100;

export class TextModel {
  readonly context: Context;
  readonly tokens: Tokens;
  readonly parser: RecoveringParser;
  /** The operations that no other contains, in order. */
  readonly roots: readonly PlacedOperation[];
  readonly #operations = new Map<Operation, PlacedOperation>();
  readonly #values: readonly Mention<Value>[];
  readonly #blocks: readonly Mention<Block>[];
  readonly #valuesByPlace = new Map<number, Mention<Value>>();
  readonly #blocksByPlace = new Map<number, Mention<Block>>();
  readonly #lineStarts: readonly number[];
  readonly #module: Operation;
  #problems: readonly Problem[] | undefined;

  constructor(source: string, context: Context, blobs: BlobStore | undefined) {
    this.context = context;
    this.tokens = new Tokens(source);
    this.#lineStarts = lineStartsOf(source);
    const recorder = new Recorder();
    const observing = { file, observer: recorder, ...(blobs === undefined ? {} : { blobs }) };
    this.parser = new RecoveringParser(this.tokens, context, observing);
    recorder.parser = this.parser;
    this.#module = moduleOf(this.parser.parseAll(), context);
    this.roots = this.#nest(recorder.operations);
    this.#values = recorder.resolvedValues();
    this.#blocks = recorder.blocks;
    for (const each of this.#values) if (!this.#valuesByPlace.has(each.at)) this.#valuesByPlace.set(each.at, each);
    for (const each of this.#blocks) this.#blocksByPlace.set(each.at, each);
  }

  /** Verified when asked for: whoever types waits for completions, not for this. */
  get problems(): readonly Problem[] {
    if (this.#problems !== undefined) return this.#problems;
    const parsing = this.parser.errors.filter((error) => !this.#isForgiven(error)).map((error) => this.#problem(error));
    this.#problems = [...parsing, ...this.#verify()].slice(0, maximumProblems);
    return this.#problems;
  }

  get source(): string {
    return this.tokens.source;
  }

  // ------------------------------------------------------------------------------------------------------ operations

  /** From the order in which they were completed to a tree. */
  #nest(recorded: readonly (OperationPlace & { readonly operation: Operation })[]): PlacedOperation[] {
    const inOrder = [...recorded].sort((a, b) => a.start - b.start || b.end - a.end);
    const roots: PlacedOperation[] = [];
    const around: PlacedOperation[] = [];
    for (const { operation, start, name, end } of inOrder) {
      while (around.length > 0 && around[around.length - 1]!.end <= start) around.pop();
      const parent = around.at(-1);
      const placed: PlacedOperation = {
        operation,
        start,
        end: Math.max(this.tokens.endBefore(end), start),
        name: this.tokens.rangeAt(name),
        parent,
        children: [],
      };
      this.#operations.set(operation, placed);
      (parent?.children ?? roots).push(placed);
      around.push(placed);
    }
    return roots;
  }

  placeOf(operation: Operation): PlacedOperation | undefined {
    return this.#operations.get(operation);
  }

  /** Where the names of operations start. */
  get operationNames(): ReadonlySet<number> {
    return new Set([...this.#operations.values()].map(({ name }) => name.start));
  }

  /** The innermost operation whose text contains `offset`. */
  operationAt(offset: number): PlacedOperation | undefined {
    let found: PlacedOperation | undefined;
    let list: readonly PlacedOperation[] = this.roots;
    for (;;) {
      const inner = lastStartingBefore(list, offset);
      if (inner === undefined || inner.end < offset) return found;
      found = inner;
      list = inner.children;
    }
  }

  // ---------------------------------------------------------------------------------------------- values and blocks

  get values(): readonly Mention<Value>[] {
    return this.#values;
  }

  get blocks(): readonly Mention<Block>[] {
    return this.#blocks;
  }

  /** The value whose name starts at `offset` (at its `%`). */
  valueAt(offset: number): Mention<Value> | undefined {
    return this.#valuesByPlace.get(offset);
  }

  blockAt(offset: number): Mention<Block> | undefined {
    return this.#blocksByPlace.get(offset);
  }

  /** All results that one name of a pack stands for; a value alone for any other. */
  packOf({ target, name }: Mention<Value>): ReadonlySet<Value> {
    const { definer } = target;
    const pack = new Set<Value>([target]);
    if (definer === undefined) return pack;
    for (const each of this.#values) {
      if (each.isDefinition && each.name === name && each.target.definer === definer) pack.add(each.target);
    }
    return pack;
  }

  // -------------------------------------------------------------------------------------------------------- problems

  offsetOf(line: number, column: number): number {
    return Math.min((this.#lineStarts[line - 1] ?? this.source.length) + column - 1, this.source.length);
  }

  #problem(error: DiagnosticError): Problem {
    const { line, column, notes = [] } = error.details;
    const range = this.#rangeOf(line, column);
    const isMissing = error.message.startsWith("expected");
    return {
      ...((isMissing ? this.#endOfBroken(error, range.start) : undefined) ?? range),
      message: error.message,
      notes: notes
        .filter((note) => note.line !== undefined)
        .map((note) => ({ ...this.#rangeOf(note.line, note.column), message: note.message })),
    };
  }

  /** What a line lacks at its end is shown there, not at the start of the next one. */
  #endOfBroken(error: DiagnosticError, offset: number): Range | undefined {
    for (const [operation, each] of this.parser.standIns) {
      const end = this.#operations.get(operation)?.end ?? 0;
      if (each !== error || end > offset || end === 0) continue;
      return { start: this.tokens.start(this.tokens.indexBehind(end - 1)), end };
    }
    return undefined;
  }

  #rangeOf(line: number | undefined, column: number | undefined): Range {
    return line === undefined ? { start: 0, end: 0 } : this.tokens.rangeAt(this.offsetOf(line, column ?? 1));
  }

  /** A use of what broken text would have defined. */
  #isForgiven({ message, details: { line, column } }: DiagnosticError): boolean {
    if (!message.startsWith("use of undeclared") || line === undefined) return false;
    const name = this.tokens.at(this.offsetOf(line, column ?? 1))?.text ?? "";
    return this.parser.forgiven.has(name.replace(/#[0-9]+$/, ""));
  }

  /** Problems of operations that were read without error. */
  #verify(): Problem[] {
    const broken = this.#brokenOperations();
    const problems: Problem[] = [];
    for (const operation of this.#intact(this.#module, broken)) {
      if (problems.length >= maximumProblems) break;
      for (const error of this.#complaints(operation)) {
        if (!this.#isAboutForgivenSymbol(error)) problems.push(this.#problem(error));
      }
    }
    return problems;
  }

  /** A verifier of a dialect that is being written may throw anything: the innermost operation to blame is looked for. */
  #complaints(operation: Operation): readonly DiagnosticError[] {
    try {
      return verifyAll(operation, this.context, maximumProblems);
    } catch (error) {
      if (error instanceof DiagnosticError) return [error];
      const inner = operation.regions.flatMap(({ blocks }) =>
        blocks.flatMap((block) => block.operations.flatMap((each) => this.#complaints(each))),
      );
      const reason = messageOf(error);
      return inner.length > 0 ? inner : [operation.error(`internal error while verifying: ${reason}`)];
    }
  }

  /** Operations with an error in them, or that use what has one. */
  #brokenOperations(): ReadonlySet<Operation> {
    const broken = new Set<Operation>();
    const mark = (offset: number) => {
      for (let each = this.operationAt(offset); each !== undefined && !broken.has(each.operation); each = each.parent)
        broken.add(each.operation);
    };
    if (this.parser.errors.length === 0) return broken;
    for (const { details } of this.parser.errors) mark(this.offsetOf(details.line ?? 1, details.column ?? 1));
    for (const operation of this.parser.standIns.keys()) mark(this.#operations.get(operation)?.start ?? 0);
    for (const { target, at, isDefinition } of this.#values) {
      if (!isDefinition && target.parentBlock === undefined) mark(at);
    }
    return broken;
  }

  *#intact(operation: Operation, broken: ReadonlySet<Operation>): Iterable<Operation> {
    const hasErrors = this.parser.errors.length > 0;
    if (!hasErrors) {
      yield operation;
      return;
    }
    for (const region of operation.regions) {
      for (const block of region.blocks) {
        for (const inner of block.operations) {
          if (broken.has(inner)) yield* this.#intact(inner, broken);
          else yield inner;
        }
      }
    }
  }

  #isAboutForgivenSymbol({ details: { line, column } }: DiagnosticError): boolean {
    const { forgiven } = this.parser;
    if (forgiven.size === 0 || line === undefined) return false;
    const operation = this.operationAt(this.offsetOf(line, column ?? 1))?.operation;
    if (operation === undefined) return false;
    return [...operation.properties.values(), ...operation.attributes.values()]
      .flatMap(symbolReferences)
      .some(({ root }) => forgiven.has(`@${root}`) || forgiven.has(`@"${root}"`));
  }
}

/** The name that places carry; the texts of a model are one. */
const file = "text";

/** Gathers what the parser says. */
class Recorder implements ParseObserver {
  readonly operations: (OperationPlace & { readonly operation: Operation })[] = [];
  readonly values: Mention<Value>[] = [];
  readonly blocks: Mention<Block>[] = [];
  parser: RecoveringParser | undefined;
  readonly #placeholders = new Map<Value, Value>();

  operation(operation: Operation, place: OperationPlace): void {
    // Messages must lead to this text, not to what a `loc(…)` in it says.
    if (this.parser !== undefined) operation.location = this.parser.location(place.name);
    this.operations.push({ operation, ...place });
  }

  valueDefinition(value: Value, name: string, number: number, at: number, placeholder: Value | undefined): void {
    if (placeholder !== undefined) this.#placeholders.set(placeholder, value);
    if (value instanceof BlockArgument && this.parser !== undefined) value.location = this.parser.location(at);
    this.values.push({ target: value, name, number, at, isDefinition: true });
  }

  valueUse(value: Value, name: string, number: number, at: number): void {
    this.values.push({ target: value, name, number, at, isDefinition: false });
  }

  blockDefinition(block: Block, name: string, at: number): void {
    this.blocks.push({ target: block, name, number: 0, at, isDefinition: true });
  }

  blockUse(block: Block, name: string, at: number): void {
    this.blocks.push({ target: block, name, number: 0, at, isDefinition: false });
  }

  /** With the values themselves in place of what stood for them. */
  resolvedValues(): readonly Mention<Value>[] {
    if (this.#placeholders.size === 0) return this.values;
    return this.values.map((each) => {
      const value = this.#placeholders.get(each.target);
      return value === undefined ? each : { ...each, target: value };
    });
  }
}

/** The text's module, or one around its operations. */
function moduleOf(operations: readonly Operation[], context: Context): Operation {
  const [only] = operations;
  if (only !== undefined && operations.length === 1 && only.name === "builtin.module") return only;
  const block = new IrBlock();
  for (const operation of operations) block.append(operation);
  const name = "builtin.module";
  const location = { kind: "file", file, line: 1, column: 1 } as const;
  return createOperation({ name, definition: context.definition(name), regions: [new Region([block])], location });
}

function lastStartingBefore(list: readonly PlacedOperation[], offset: number): PlacedOperation | undefined {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]!.start <= offset) low = middle + 1;
    else high = middle;
  }
  return list[low - 1];
}

function lineStartsOf(source: string): readonly number[] {
  const starts = [0];
  for (let end = source.indexOf("\n"); end >= 0; end = source.indexOf("\n", end + 1)) starts.push(end + 1);
  return starts;
}
