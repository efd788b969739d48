/**
 * Reads operations, blocks and regions. A hand-written format (`CustomFormat.parse`) gets one of these, standing after the
 * op's name.
 */
import { type DefinitionInfo, infoOf, isIsolatedName } from "../assembly/definition-info.ts";
import { parseFormat } from "../assembly/format-parser.ts";
import { entriesOf } from "../attribute-map.ts";
import type { Attribute } from "../attributes.ts";
import { didYouMean } from "../close-names.ts";
import type { Context } from "../context.ts";
import type { OperationDefinition } from "../declaration.ts";
import type { Location } from "../location.ts";
import {
  Block,
  createOperation,
  Operation,
  OperationKind,
  type OperationResult,
  Region,
  type Value,
} from "../operation.ts";
import type { Type } from "../types.ts";
import { BlockScope } from "./block-scope.ts";
import { completeAttributes, isComplete, type ParsedState } from "./operation-state.ts";
import { SpanTable } from "./span-table.ts";
import { TextParser, type TextParserOptions } from "./text-parser.ts";
import { localName, namesOfDialect, noCustomForm, unknownOperation, unknownProperty } from "./unknown-names.ts";
import { type ScopeNesting, ValueScopes } from "./value-scope.ts";

/** `%name` or `%name#2` before its type is known. */
export interface UnresolvedOperand {
  /** Without `%` and `#`. */
  readonly name: string;
  /** Which result of a pack; 0 unless `#n` was written. */
  readonly number: number;
  /** Where it was written. */
  readonly offset: number;
}

/** An argument of a region's entry block that the op's own syntax declares (`%i: index`). */
export interface RegionArgument {
  /** Without `%`. */
  readonly name: string;
  readonly type: Type;
  readonly location: Location;
  readonly offset?: number;
}

export interface RegionOptions {
  /** Arguments of the entry block; then the text must not have a label for it. */
  readonly arguments?: readonly RegionArgument[];
  /** The name of an op without operands and results that ends a block which has no terminator. */
  readonly implicitTerminator?: string;
  /** An empty region `{}` gets an empty block. */
  readonly ensureBlock?: boolean;
}

/** An operand whose name is looked up by its number; its text is made when somebody asks. */
class NamedOperand implements UnresolvedOperand {
  declare readonly scopes: ValueScopes;
  declare readonly key: number;
  declare readonly offset: number;

  constructor(scopes: ValueScopes, key: number, offset: number) {
    this.scopes = scopes;
    this.key = key;
    this.offset = offset;
  }

  get name(): string {
    return this.scopes.name(this.key);
  }

  get number(): number {
    return 0;
  }
}

/** A name on the left of `=`, for one or several results. */
interface ResultNames {
  readonly key: number;
  readonly count: number;
  readonly offset: number;
}

/** A name of operations that the text uses, looked up once. */
interface OperationName {
  readonly kind: OperationKind;
  readonly info: DefinitionInfo | undefined;
}

/** Where in the nesting a parser stands. */
interface Nesting {
  readonly current: OperationName | undefined;
  readonly at: number;
  readonly blocks: BlockScope;
  readonly defaultDialect: string | undefined;
  readonly values: ScopeNesting;
  readonly depth: number;
}

const automaticArgumentName = /^arg[0-9]+$/;
const none: readonly never[] = [];
const operandSigil = 0x25;
const blockSigil = 0x5e;

export class OperationParser extends TextParser {
  readonly #values: ValueScopes;
  #blocks: BlockScope;
  /** The operation whose parts are being read, and the offset of its name. */
  #current: OperationName | undefined;
  #at = 0;
  #defaultDialect: string | undefined = "builtin";
  /** Names of operations by the numbers of their words; only those that mean the same everywhere. */
  readonly #operationWords: SpanTable;
  readonly #operationNames: (OperationName | undefined)[] = [];
  readonly #knownValues: Value[] = [];
  readonly #stateError = (message: string): Error => this.operationError(message);

  constructor(source: string, context: Context, options: TextParserOptions = {}) {
    super(source, context, options);
    this.#operationWords = new SpanTable(source);
    this.#values = new ValueScopes(this);
    this.#blocks = new BlockScope(this);
  }

  /** The declaration of the operation being read. */
  get currentDefinition(): OperationDefinition | undefined {
    return this.#current?.kind.definition;
  }

  /** The location of the operation being read: that of its name. */
  get currentOperationLocation(): Location {
    return this.location(this.#current === undefined ? this.offset : this.#at);
  }

  /** The offset of the name of the operation being read. */
  get currentOperationOffset(): number {
    return this.#current === undefined ? this.offset : this.#at;
  }

  /** An error at the name of the operation being read, which it names. */
  operationError(message: string): Error {
    return this.error(`'${this.#current?.kind.name}' op ${message}`, this.currentOperationOffset);
  }

  // ------------------------------------------------------------------------------------------------------- operands

  parseOperand(): UnresolvedOperand {
    const operand = this.parseOptionalOperand();
    if (operand === undefined) throw this.expected("an operand such as %0");
    return operand;
  }

  parseOptionalOperand(): UnresolvedOperand | undefined {
    if (this.peekCode() !== operandSigil) return undefined;
    const offset = this.position;
    const key = this.#valueKey();
    if (!this.peek("#")) return new NamedOperand(this.#values, key, offset);
    return { name: this.#values.name(key), number: this.#resultNumber(), offset };
  }

  /** The number of the name behind a `%` that is next. */
  #valueKey(): number {
    const start = this.position + 1;
    const end = this.scanSuffix(start);
    if (end === start) throw this.error("expected a name directly behind '%'");
    const key = this.decimal >= 0 ? this.#values.decimalKey(this.decimal) : this.#values.key(start, end, this.hash);
    this.position = end;
    this.skipBlanks();
    return key;
  }

  /**
   * Reads `count` operands between commas if each is defined already, and gives their values; their types are still to be
   * compared with what the text says. Otherwise undefined, and nothing is consumed. For formats of ops of which programs
   * have many: it makes no object per name. The list is overwritten by the next call.
   */
  knownOperands(count: number): readonly Value[] | undefined {
    if (this.observer !== undefined) return undefined;
    const start = this.position;
    const values = this.#knownValues;
    values.length = count;
    for (let index = 0; index < count; index++) {
      const isNext = (index === 0 || this.acceptCode(0x2c)) && this.source.charCodeAt(this.position) === operandSigil;
      const value = isNext ? this.#values.known(this.#valueKey()) : undefined;
      if (value === undefined || this.source.charCodeAt(this.position) === 0x23) {
        this.position = start;
        return undefined;
      }
      values[index] = value;
    }
    return values;
  }

  /** `#1` behind a name. */
  #resultNumber(): number {
    const at = this.offset;
    const text = this.optionalSuffixed("#") ?? "";
    const number = Number(text);
    if (!/^[0-9]+$/.test(text) || number > 0xffff_ffff)
      throw this.error(`'#${text}' is not the number of a result`, at);
    return number;
  }

  /** Zero or more operands between commas; with `open` and `close` inside these. */
  operandList(open?: string, close?: string): UnresolvedOperand[] {
    if (open !== undefined) this.expect(open);
    const operands: UnresolvedOperand[] = [];
    if (this.peekCode() === operandSigil) {
      do operands.push(this.parseOperand());
      while (this.accept(","));
    }
    if (close !== undefined && !this.accept(close))
      throw this.expected(`'${operands.length > 0 ? "," : "%"}' or '${close}'`);
    return operands;
  }

  /** The value of an operand. It may be defined further down; its type must agree with all other uses. */
  resolve(operand: UnresolvedOperand, type: Type): Value {
    const value =
      operand instanceof NamedOperand
        ? this.#values.useOf(operand.key, type, operand.offset)
        : this.#values.use(operand.name, operand.number, type, operand.offset);
    this.observer?.valueUse(value, operand.name, operand.number, operand.offset);
    return value;
  }

  /** Resolves each operand with the type at its position; a wrong number of types is an error at `at`. */
  resolveAll(operands: readonly UnresolvedOperand[], types: readonly Type[], at: number = this.offset): Value[] {
    if (operands.length !== types.length) {
      throw this.error(`there are ${operands.length} operands, but ${types.length} operand types`, at);
    }
    return operands.map((operand, index) => this.resolve(operand, types[index]!));
  }

  // ---------------------------------------------------------------------------------------------- blocks and regions

  /** `%x: type loc(…)?` */
  parseBlockArgument(): RegionArgument {
    const { name, number, offset } = this.parseOperand();
    if (number !== 0) throw this.error("the name of an argument cannot have a number", offset);
    this.expect(":", `and the type of '%${name}'`);
    const type = this.parseType();
    return { name, type, location: this.parseOptionalLocation() ?? this.location(offset), offset };
  }

  /** `^bb1`; the block may follow later in the region. */
  parseSuccessor(): Block {
    const at = this.offset;
    const name = this.optionalSuffixed("^");
    if (name === undefined) throw this.expected("a block such as ^bb1");
    const block = this.#blocks.use(name, at);
    this.observer?.blockUse(block, name, at);
    return block;
  }

  /** `{ … }` */
  parseRegion(options: RegionOptions = {}): Region {
    const current = this.#current;
    const at = this.#at;
    const outerBlocks = this.#blocks;
    const outerDialect = this.#defaultDialect;
    const isIsolated = current !== undefined && isIsolatedOperation(current);
    const open = this.position;
    this.enter();
    this.expect("{", "to open a region");
    this.#values.enterRegion(isIsolated);
    this.#blocks = new BlockScope(this);
    this.#defaultDialect = current?.kind.definition?.options.defaultDialect;
    const region = new Region();
    this.#regionBody(region, options, open);
    if (region.blocks.length === 0 && (options.ensureBlock === true || options.implicitTerminator !== undefined)) {
      region.append(new Block());
    }
    if (options.implicitTerminator !== undefined) this.#addTerminators(region, options.implicitTerminator);
    this.#blocks.finish();
    this.#values.leaveRegion(isIsolated);
    this.#blocks = outerBlocks;
    this.#defaultDialect = outerDialect;
    this.#current = current;
    this.#at = at;
    this.leave();
    // Consumed last, so that the error for a missing name comes before one for what follows the region.
    this.expect("}");
    return region;
  }

  /** A region if `{` is next, else undefined. */
  parseOptionalRegion(options: RegionOptions = {}): Region | undefined {
    return this.peek("{") ? this.parseRegion(options) : undefined;
  }

  /** All blocks up to the closing brace, which is not consumed. */
  #regionBody(region: Region, { arguments: given }: RegionOptions, open: number): void {
    const hasEntryLabel = this.peekCode() === blockSigil;
    if (given !== undefined && given.length > 0) {
      if (hasEntryLabel)
        throw this.error("the arguments of this entry block are named before the region: it cannot have a label");
      const block = new Block();
      region.append(block);
      for (const argument of given) this.#addArgument(block, argument);
      this.#blockBody(block);
    } else if (!hasEntryLabel && !this.peek("}")) {
      const block = new Block();
      region.append(block);
      this.#blockBody(block);
    }
    while (this.peekCode() === blockSigil) this.#blockBody(this.parseBlockLabel(region));
    if (!this.peek("}")) throw this.expectedInside("an operation, a block or '}'", open);
  }

  /** `^name(%x: type):`; the block is appended to the region. */
  protected parseBlockLabel(region: Region): Block {
    const at = this.offset;
    const name = this.optionalSuffixed("^")!;
    const block = this.#blocks.define(name, at);
    this.observer?.blockDefinition(block, name, at);
    region.append(block);
    if (this.peek("(")) {
      this.delimited("(", ")", () => this.#addArgument(block, this.parseBlockArgument()));
    }
    this.expect(":", `behind the block '^${name}'`);
    return block;
  }

  #addArgument(block: Block, { name, type, location, offset }: RegionArgument): void {
    const argument = block.addArgument(type, location);
    if (isNameForPeople(name.charCodeAt(0)) && !automaticArgumentName.test(name)) argument.nameHint = name;
    this.#define(name, 0, argument, offset ?? this.offset);
  }

  /** Operations up to a label, the closing brace or the end. */
  #blockBody(block: Block): void {
    for (;;) {
      const code = this.peekCode();
      if (code === 0x7d || code === blockSigil || Number.isNaN(code)) return;
      block.append(this.parseOperation());
    }
  }

  #addTerminators(region: Region, name: string): void {
    const definition = this.context.definition(name);
    for (const block of region.blocks) {
      if (block.last?.definition?.hasTrait("Terminator") || block.last?.name === name) continue;
      block.append(createOperation({ name, definition, location: this.currentOperationLocation }));
    }
  }

  // ----------------------------------------------------------------------------------------------------- operations

  /** `attributes {…}` if it is there, else an empty map. */
  attributeDictionaryWithKeyword(): Map<string, Attribute> {
    if (!this.acceptKeyword("attributes")) return new Map();
    if (!this.peek("{")) throw this.expected("'{' behind 'attributes'");
    return this.attributeDictionary();
  }

  /** One operation with its results' names, in generic or custom form. It is not yet in a block. */
  parseOperation(): Operation {
    const start = this.position;
    if (this.peekCode() !== operandSigil) return this.#observed(this.#operation(), start, start);
    const key = this.#valueKey();
    if (!this.acceptCode(0x3d)) return this.#operationOfSeveralNames(start, key);
    const at = this.position;
    const operation = this.#operation();
    const { results } = operation;
    if (results.length !== 1) throw this.#resultCountError(operation, 1, at);
    this.#defineResult(results[0]!, key, start);
    return this.#observed(operation, start, at);
  }

  #observed(operation: Operation, start: number, name: number): Operation {
    this.observer?.operation(operation, { start, name, end: this.position });
    return operation;
  }

  #defineResult(result: OperationResult, key: number, offset: number): void {
    if (isNameForPeople(this.source.charCodeAt(offset + 1))) result.nameHint = this.#values.name(key);
    const placeholder = this.#values.defineKey(key, result, offset);
    this.observer?.valueDefinition(result, this.#values.name(key), 0, offset, placeholder);
  }

  #operation(): Operation {
    const outer = this.#current;
    const outerAt = this.#at;
    const at = this.position;
    const operation = this.peekCode() === 0x22 ? this.#genericOperation(at) : this.#customOperation(at);
    this.#current = outer;
    this.#at = outerAt;
    return operation;
  }

  /** `%a, %b:2 = …`, standing behind the first name. */
  #operationOfSeveralNames(start: number, firstKey: number): Operation {
    const names = this.#resultNames(start, firstKey);
    const at = this.position;
    const operation = this.#operation();
    const { results } = operation;
    let position = 0;
    for (const { count } of names) position += count;
    if (position !== results.length) throw this.#resultCountError(operation, position, at);
    position = 0;
    for (const { key, count, offset } of names) {
      this.#defineResult(results[position++]!, key, offset);
      const name = this.#values.name(key);
      for (let number = 1; number < count; number++) this.#define(name, number, results[position++]!, offset);
    }
    return this.#observed(operation, start, at);
  }

  #resultCountError({ name, results }: Operation, named: number, at: number): Error {
    const found = results.length === 1 ? "1 result" : `${results.length} results`;
    return this.error(`'${name}' op defines ${found}, but ${named} are named`, at);
  }

  #resultNames(start: number, firstKey: number): ResultNames[] {
    const names: ResultNames[] = [{ key: firstKey, count: this.#resultCount(), offset: start }];
    while (this.accept(",")) {
      const offset = this.position;
      if (this.peekCode() !== operandSigil) throw this.expected("the name of a result such as %0");
      names.push({ key: this.#valueKey(), count: this.#resultCount(), offset });
    }
    this.expect("=", "behind the names of results");
    return names;
  }

  /** `:2` behind the name of a result. */
  #resultCount(): number {
    if (!this.accept(":")) return 1;
    const at = this.offset;
    const count = this.parseSize();
    if (count < 1) throw this.error("a name stands for at least one result", at);
    return count;
  }

  #define(name: string, number: number, value: Value, at: number): void {
    const placeholder = this.#values.define(name, number, value, at);
    this.observer?.valueDefinition(value, name, number, at, placeholder);
  }

  /** The declaration of an op; an error where it has none and needs one. */
  #definitionOf(name: string, at: number): OperationDefinition | undefined {
    const definition = this.context.definition(name);
    if (definition === undefined && !this.context.allowUnregistered && !isIsolatedName(name)) {
      this.report(this.error(`'${name}' op is not registered: ${unknownOperation(name, this.context)}`, at));
    }
    return definition;
  }

  /** The meaning of a name; an error where there is none and one is needed. */
  #operationName(name: string, at: number): OperationName {
    return this.operationName(name, this.#definitionOf(name, at));
  }

  protected operationName(name: string, definition: OperationDefinition | undefined): OperationName {
    if (definition === undefined) return { kind: new OperationKind(name, undefined), info: undefined };
    return { kind: definition.kind, info: infoOf(definition) };
  }

  /** What is known of the operation named by a word that was just scanned, up to `end`. */
  #knownName(start: number, end: number): { readonly word: number; readonly known: OperationName | undefined } {
    const word = this.#operationWords.numberOf(start, end, this.hash);
    return { word, known: this.#operationNames[word] };
  }

  #genericOperation(at: number): Operation {
    this.#current = this.#quotedOperationName(at);
    this.#at = at;
    const operands = this.operandList("(", ")");
    const successors = this.peek("[") ? this.delimited("[", "]", () => this.parseSuccessor()) : undefined;
    let properties: Map<string, Attribute> | undefined;
    if (this.accept("<")) {
      if (!this.peek("{")) throw this.expected("'{' with the properties of the operation");
      properties = this.#properties();
      this.expect(">", "behind the properties");
    }
    const regions = this.peek("(") ? this.delimited("(", ")", () => this.parseRegion()) : undefined;
    const attributes = this.peek("{") ? this.attributeDictionary() : undefined;
    this.expect(":", "and the type of the operation");
    const typesAt = this.offset;
    const operandTypes = this.parseTypesInParentheses();
    this.expect("->", "in the type of the operation");
    const resultTypes = this.parseResultTypes();
    const values = this.resolveAll(operands, operandTypes, typesAt);
    return this.#create({
      operands: values,
      resultTypes,
      properties,
      attributes,
      regions: regions ?? none,
      successors: successors ?? none,
    });
  }

  /** `{a = 1, b}`: attributes that the op declares, or that a later version of it does; no misspelt ones. */
  #properties(): Map<string, Attribute> {
    const at = this.position;
    const properties = this.attributeDictionary();
    const inherent = this.#current?.info?.inherent;
    if (inherent === undefined) return properties;
    for (const name of properties.keys()) {
      if (inherent.has(name)) continue;
      const problem = unknownProperty(name, inherent);
      if (problem !== undefined) this.report(this.error(`'${this.#current?.kind.name}' op ${problem}`, at));
    }
    return properties;
  }

  #quotedOperationName(at: number): OperationName {
    // The usual name is an identifier in quotes.
    const end = this.scanIdentifier(at + 1);
    if (end === at + 1 || this.source.charCodeAt(end) !== 0x22) {
      const name = this.parseString();
      if (name === "") throw this.error("the name of an operation cannot be empty", at);
      return this.#operationName(name, at);
    }
    const { word, known } = this.#knownName(at + 1, end);
    const found = known ?? this.#operationName(this.source.slice(at + 1, end), at);
    this.#operationNames[word] = found;
    this.advance(end + 1 - at);
    return found;
  }

  #customOperation(at: number): Operation {
    const end = this.scanIdentifier(at);
    const { word, known } = this.#knownName(at, end);
    let current = known;
    if (current === undefined) {
      current = this.#customOperationName(at);
      // A name without its dialect means something else elsewhere.
      if (current.kind.name.length === end - at) this.#operationNames[word] = current;
    } else this.advance(end - at);
    this.#current = current;
    this.#at = at;
    const { definition } = current.kind;
    if (definition === undefined || definition.options.format === undefined) {
      throw this.error(noCustomForm(current.kind, this.context), at);
    }
    const compiled = current.info?.format;
    return this.#create(
      compiled === undefined ? this.#handWritten(definition) : parseFormat(this, definition, compiled),
    );
  }

  #customOperationName(at: number): OperationName {
    const written = this.keyword("an operation");
    const name = written.includes(".") ? written : `${this.#defaultDialect ?? "builtin"}.${written}`;
    if (written !== name && this.context.definition(name) === undefined) {
      const where = this.#defaultDialect === undefined ? "" : `, and dialect '${this.#defaultDialect}' has no such op`;
      const close = didYouMean(name, namesOfDialect(this.context, name), localName);
      throw this.error(`expected an operation, found '${written}': it has no dialect in front${where}${close}`, at);
    }
    return this.#operationName(name, at);
  }

  #handWritten(definition: OperationDefinition): ParsedState {
    const { format } = definition.options;
    if (format === undefined || typeof format === "string")
      throw new Error(`${definition.name} has no hand-written format`);
    return format.parse(this);
  }

  /** Makes the operation that was read, with the location behind it. */
  #create(state: ParsedState): Operation {
    const { kind, info } = this.#current!;
    const at = this.#at;
    const location = this.parseOptionalLocation() ?? this.location(at);
    const { definition } = kind;
    let inherent = entriesOf(state.properties);
    let discardable = entriesOf(state.attributes);
    if (definition !== undefined && info !== undefined && !isComplete(state, inherent, definition, info)) {
      const sorted = completeAttributes(state, definition, info, this.#stateError);
      ({ inherent, discardable } = sorted);
    }
    const { operands, resultTypes, regions, successors } = state;
    return new Operation(
      kind,
      location,
      operands ?? none,
      resultTypes ?? none,
      inherent,
      discardable,
      regions,
      successors,
    );
  }

  /** Where in the nesting the parser stands; `leaveTo` comes back to it when an error has left it deeper. */
  protected get nesting(): Nesting {
    return {
      current: this.#current,
      at: this.#at,
      blocks: this.#blocks,
      defaultDialect: this.#defaultDialect,
      values: this.#values.nesting,
      depth: this.depth,
    };
  }

  protected leaveTo({ current, at, blocks, defaultDialect, values, depth }: Nesting): void {
    this.#current = current;
    this.#at = at;
    this.#blocks = blocks;
    this.#defaultDialect = defaultDialect;
    this.#values.leaveTo(values);
    this.depth = depth;
  }

  /** Fails where a name was used but never defined. For the end of the text. */
  finish(): void {
    this.#blocks.finish();
    this.#values.finish();
  }
}

function isIsolatedOperation({ kind, info }: OperationName): boolean {
  return info?.isIsolated ?? isIsolatedName(kind.name);
}

/** Whether a name begins like one that somebody chose: numbers are given by the printer, anything else is kept as a hint. */
function isNameForPeople(code: number): boolean {
  return code < 0x30 || code > 0x39;
}
