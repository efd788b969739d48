/**
 * Reads operations, blocks and regions. A hand-written format (`CustomFormat.parse`) gets one of these, standing after the
 * op's name.
 */
import { infoOf, isIsolatedName } from "../assembly/definition-info.ts";
import { parseFormat } from "../assembly/format-parser.ts";
import type { Attribute } from "../attributes.ts";
import type { Context } from "../context.ts";
import type { OperationDefinition } from "../declaration.ts";
import type { Location } from "../location.ts";
import { Block, createOperation, type Operation, type OperationState, Region, type Value } from "../operation.ts";
import type { Type } from "../types.ts";
import { BlockScope } from "./block-scope.ts";
import { completeState, type ParsedState } from "./operation-state.ts";
import { TextParser, type TextParserOptions } from "./text-parser.ts";
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

/** The names on the left of `=`, each for one or several results. */
interface ResultNames {
  readonly name: string;
  readonly count: number;
  readonly offset: number;
}

/** The operation whose parts are being read. */
interface Current {
  readonly name: string;
  readonly definition: OperationDefinition | undefined;
  readonly at: number;
}

/** Where in the nesting a parser stands. */
interface Nesting {
  readonly current: Current | undefined;
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
  #current: Current | undefined;
  #defaultDialect: string | undefined = "builtin";

  constructor(source: string, context: Context, options: TextParserOptions = {}) {
    super(source, context, options);
    this.#values = new ValueScopes(this);
    this.#blocks = new BlockScope(this);
  }

  /** The declaration of the operation being read. */
  get currentDefinition(): OperationDefinition | undefined {
    return this.#current?.definition;
  }

  /** The location of the operation being read: that of its name. */
  get currentOperationLocation(): Location {
    return this.location(this.#current?.at);
  }

  /** The offset of the name of the operation being read. */
  get currentOperationOffset(): number {
    return this.#current?.at ?? this.offset;
  }

  /** An error at the name of the operation being read, which it names. */
  operationError(message: string): Error {
    return this.error(`'${this.#current?.name}' op ${message}`, this.#current?.at);
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
    const name = this.optionalSuffixed("%")!;
    return { name, number: this.peek("#") ? this.#resultNumber() : 0, offset };
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
    const value = this.#values.use(operand.name, operand.number, type, operand.offset);
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
    const outerBlocks = this.#blocks;
    const outerDialect = this.#defaultDialect;
    const isIsolated = current !== undefined && isIsolatedOperation(current);
    this.enter();
    this.expect("{", "to open a region");
    this.#values.enterRegion(isIsolated);
    this.#blocks = new BlockScope(this);
    this.#defaultDialect = current?.definition?.options.defaultDialect;
    const region = new Region();
    this.#regionBody(region, options);
    if (region.blocks.length === 0 && (options.ensureBlock === true || options.implicitTerminator !== undefined)) {
      region.append(new Block());
    }
    if (options.implicitTerminator !== undefined) this.#addTerminators(region, options.implicitTerminator);
    this.#blocks.finish();
    this.#values.leaveRegion(isIsolated);
    this.#blocks = outerBlocks;
    this.#defaultDialect = outerDialect;
    this.#current = current;
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
  #regionBody(region: Region, { arguments: given }: RegionOptions): void {
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
    if (!this.peek("}")) throw this.expected("an operation, a block or '}'");
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
    if (isNameForPeople(name) && !automaticArgumentName.test(name)) argument.nameHint = name;
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
    const names = this.peekCode() === operandSigil ? this.#resultNames() : undefined;
    const outer = this.#current;
    const at = this.position;
    const operation = this.peekCode() === 0x22 ? this.#genericOperation(at) : this.#customOperation(at);
    this.#current = outer;
    if (names !== undefined) this.#defineResults(operation, names, at);
    this.observer?.operation(operation, { start, name: at, end: this.position });
    return operation;
  }

  /** `%a, %b:2 =` */
  #resultNames(): ResultNames[] {
    const names: ResultNames[] = [];
    do {
      const offset = this.position;
      const name = this.optionalSuffixed("%");
      if (name === undefined) throw this.expected("the name of a result such as %0");
      let count = 1;
      if (this.accept(":")) {
        const at = this.offset;
        count = this.parseSize();
        if (count < 1) throw this.error("a name stands for at least one result", at);
      }
      names.push({ name, count, offset });
    } while (this.accept(","));
    this.expect("=", "behind the names of results");
    return names;
  }

  #defineResults(operation: Operation, names: readonly ResultNames[], at: number): void {
    const { results } = operation;
    let position = 0;
    for (const { count } of names) position += count;
    if (position !== results.length) {
      const found = results.length === 1 ? "1 result" : `${results.length} results`;
      throw this.error(`'${operation.name}' op defines ${found}, but ${position} are named`, at);
    }
    position = 0;
    for (const { name, count, offset } of names) {
      if (isNameForPeople(name)) results[position]!.nameHint = name;
      for (let number = 0; number < count; number++) this.#define(name, number, results[position++]!, offset);
    }
  }

  #define(name: string, number: number, value: Value, at: number): void {
    const placeholder = this.#values.define(name, number, value, at);
    this.observer?.valueDefinition(value, name, number, at, placeholder);
  }

  /** The declaration of an op; an error where it has none and needs one. */
  #definitionOf(name: string, at: number): OperationDefinition | undefined {
    const definition = this.context.definition(name);
    if (definition === undefined && !this.context.allowUnregistered && !isIsolatedName(name)) {
      throw this.error(`'${name}' op is not registered: load its dialect or pass --allow-unregistered-dialect`, at);
    }
    return definition;
  }

  #genericOperation(at: number): Operation {
    const name = this.parseString();
    if (name === "") throw this.error("the name of an operation cannot be empty", at);
    const definition = this.#definitionOf(name, at);
    this.#current = { name, definition, at };
    const operands = this.operandList("(", ")");
    const successors = this.peek("[") ? this.delimited("[", "]", () => this.parseSuccessor()) : undefined;
    let properties: Map<string, Attribute> | undefined;
    if (this.accept("<")) {
      if (!this.peek("{")) throw this.expected("'{' with the properties of the operation");
      properties = this.attributeDictionary();
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

  #customOperation(at: number): Operation {
    const written = this.keyword("an operation");
    const name = written.includes(".") ? written : `${this.#defaultDialect ?? "builtin"}.${written}`;
    const definition = this.context.definition(name);
    if (definition === undefined && written !== name) {
      const where = this.#defaultDialect === undefined ? "" : `, and dialect '${this.#defaultDialect}' has no such op`;
      throw this.error(`expected an operation, found '${written}': it has no dialect in front${where}`, at);
    }
    if (definition === undefined) this.#definitionOf(name, at);
    const format = definition?.options.format;
    this.#current = { name, definition, at };
    if (definition === undefined || format === undefined) {
      const reason = definition === undefined ? "is not registered" : "has no custom form";
      throw this.error(`'${name}' op ${reason}: write it in generic form, "${name}"(…) : (…) -> (…)`, at);
    }
    const { format: compiled } = infoOf(definition);
    const state = compiled === undefined ? this.#handWritten(definition) : parseFormat(this, definition, compiled);
    return this.#create(state);
  }

  #handWritten(definition: OperationDefinition): ParsedState {
    const { format } = definition.options;
    if (format === undefined || typeof format === "string")
      throw new Error(`${definition.name} has no hand-written format`);
    return format.parse(this);
  }

  /** Makes the operation that was read, with the location behind it. */
  #create(parsed: ParsedState): Operation {
    const { name, definition, at } = this.#current!;
    const location = this.parseOptionalLocation() ?? this.location(at);
    const { operands, resultTypes, properties, attributes, regions, successors } = parsed;
    const state: OperationState = {
      name,
      definition,
      operands: operands ?? none,
      resultTypes: resultTypes ?? none,
      properties,
      attributes,
      regions: regions ?? none,
      successors: successors ?? none,
      location,
    };
    if (definition === undefined) return createOperation(state);
    return createOperation(completeState(state, definition, (message) => this.error(`'${name}' op ${message}`, at)));
  }

  /** Where in the nesting the parser stands; `leaveTo` comes back to it when an error has left it deeper. */
  protected get nesting(): Nesting {
    return {
      current: this.#current,
      blocks: this.#blocks,
      defaultDialect: this.#defaultDialect,
      values: this.#values.nesting,
      depth: this.depth,
    };
  }

  protected leaveTo({ current, blocks, defaultDialect, values, depth }: Nesting): void {
    this.#current = current;
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

function isIsolatedOperation({ name, definition }: Current): boolean {
  return definition === undefined ? isIsolatedName(name) : infoOf(definition).isIsolated;
}

/** Numbers are given by the printer; anything else is kept as a hint. */
function isNameForPeople(name: string): boolean {
  const code = name.charCodeAt(0);
  return code < 0x30 || code > 0x39;
}
