/**
 * The graph itself: operations that use values and define values, in blocks, in regions, in operations. It is mutable
 * SSA: every value knows its uses, operations sit in linked lists, and each edit keeps both in step. Edit through these
 * methods (or a `Builder` / `Rewriter`) only.
 */
import { type AttributeEntry, AttributeMap, entriesOf, entryValue } from "./attribute-map.ts";
import type { Attribute } from "./attributes.ts";
import type { OperationDefinition } from "./declaration.ts";
import { DiagnosticError, type DiagnosticNote } from "./diagnostic-error.ts";
import { type Location, nameOf, originOf } from "./location.ts";
import type { Type } from "./types.ts";
import { BlockArgument, OperationResult, Use, type Value } from "./value.ts";

export { BlockArgument, OperationResult, Use, Value } from "./value.ts";

const advance: unique symbol = Symbol("advance");
const skip: unique symbol = Symbol("skip");
const interrupt: unique symbol = Symbol("interrupt");

/** How a walk goes on after a visit: `advance` into the operation, `skip` what is inside it, or `interrupt` the whole walk. */
export const WalkResult = { advance, skip, interrupt } as const;
export type WalkResult = (typeof WalkResult)[keyof typeof WalkResult];

/** What an operation is made of, by position; typed builders (declaration.ts) produce it. */
export interface OperationState {
  readonly name: string;
  readonly definition?: OperationDefinition | undefined;
  readonly operands?: readonly Value[];
  readonly resultTypes?: readonly Type[];
  /** Inherent attributes, printed in `<{…}>`. */
  readonly properties?: Iterable<readonly [string, Attribute]> | undefined;
  /** Discardable attributes, printed in `{…}`. */
  readonly attributes?: Iterable<readonly [string, Attribute]> | undefined;
  readonly regions?: readonly Region[];
  readonly successors?: readonly Block[];
  readonly location: Location;
}

/** The name of an operation and its declaration, if it is loaded. One per declaration. */
export class OperationKind {
  declare readonly name: string;
  declare readonly definition: OperationDefinition | undefined;

  constructor(name: string, definition: OperationDefinition | undefined) {
    this.name = name;
    this.definition = definition;
  }
}

/** What few operations have. */
class OperationParts {
  declare readonly regions: readonly Region[];
  declare readonly successors: Block[];

  constructor(regions: readonly Region[], successors: Block[]) {
    this.regions = regions;
    this.successors = successors;
  }
}

// Shared by all operations that have none. The lists are replaced, never grown.
const noUses: Use[] = [];
const noResults: readonly OperationResult[] = [];
const noParts = new OperationParts([], []);

/**
 * One class for the operations of all dialects: a loop over operations then meets objects of one layout. The accessors that
 * a declaration adds for its fields (declaration.ts) are on the prototype and ask the operation's declaration.
 */
export class Operation {
  declare readonly storedKind: OperationKind;
  declare location: Location;
  /** The list behind `properties`. */
  declare inherentEntries: AttributeEntry | undefined;
  /** The list behind `attributes`. */
  declare discardableEntries: AttributeEntry | undefined;
  declare readonly results: readonly OperationResult[];
  declare private storedOperands: Use[];
  declare private storedParts: OperationParts;
  declare block: Block | undefined;
  declare next: Operation | undefined;
  declare previous: Operation | undefined;
  /** Position key within the block, valid while the block says so. */
  declare order: number;
  /** A number for the algorithm at work (a place in a worklist); it means nothing to others and must be checked when read. */
  declare scratch: number;

  /** Use `createOperation` or a definition's builder. */
  constructor(
    kind: OperationKind,
    location: Location,
    operands: readonly Value[],
    resultTypes: readonly Type[],
    properties: AttributeEntry | undefined,
    attributes: AttributeEntry | undefined,
    regions: readonly Region[] | undefined,
    successors: readonly Block[] | undefined,
  ) {
    this.storedKind = kind;
    this.location = location;
    this.inherentEntries = properties;
    this.discardableEntries = attributes;
    this.results = noResults;
    this.storedOperands = noUses;
    this.storedParts = noParts;
    this.block = undefined;
    this.next = undefined;
    this.previous = undefined;
    this.order = 0;
    this.scratch = -1;
    const { length } = operands;
    if (length === 2) this.storedOperands = [new Use(this, 0, operands[0]!), new Use(this, 1, operands[1]!)];
    else if (length === 1) this.storedOperands = [new Use(this, 0, operands[0]!)];
    else if (length > 0) this.storedOperands = operands.map((value, index) => new Use(this, index, value));
    if (resultTypes.length === 1) this.results = [new OperationResult(this, 0, resultTypes[0]!)];
    else if (resultTypes.length > 0)
      this.results = resultTypes.map((type, index) => new OperationResult(this, index, type));
    const hasRegions = regions !== undefined && regions.length > 0;
    if (hasRegions || (successors !== undefined && successors.length > 0)) {
      this.storedParts = new OperationParts(regions ?? [], [...(successors ?? [])]);
      if (hasRegions) for (const region of regions) region.attach(this);
    }
  }

  get name(): string {
    return this.storedKind.name;
  }

  /** The declaration; undefined for an operation of a dialect that is not loaded. */
  get definition(): OperationDefinition | undefined {
    return this.storedKind.definition;
  }

  /** Inherent attributes (MLIR's properties), by name. */
  get properties(): AttributeMap {
    return new AttributeMap(this, true);
  }

  /** Discardable attributes, by name; foreign ones carry a dialect prefix. */
  get attributes(): AttributeMap {
    return new AttributeMap(this, false);
  }

  /** Whether there may be regions or successors: most operations have neither. */
  get hasParts(): boolean {
    return this.storedParts !== noParts;
  }

  get regions(): readonly Region[] {
    return this.storedParts.regions;
  }

  get successors(): Block[] {
    return this.storedParts.successors;
  }

  get operandUses(): readonly Use[] {
    return this.storedOperands;
  }

  get operands(): readonly Value[] {
    return this.storedOperands.map((use) => use.value);
  }

  get operandCount(): number {
    return this.storedOperands.length;
  }

  operand(index: number): Value {
    const use = this.storedOperands[index];
    if (use === undefined) throw new Error(`${this.name} has no operand ${index}`);
    return use.value;
  }

  setOperand(index: number, value: Value): void {
    const use = this.storedOperands[index];
    if (use === undefined) throw new Error(`${this.name} has no operand ${index}`);
    use.set(value);
  }

  /** Replaces the whole operand list. */
  setOperands(values: readonly Value[]): void {
    for (const use of this.storedOperands) use.value.unlinkUse(use);
    this.storedOperands = values.length === 0 ? noUses : values.map((value, index) => new Use(this, index, value));
  }

  /** The only result; an error where there are none or several. */
  get onlyResult(): OperationResult {
    const [result] = this.results;
    if (result === undefined || this.results.length !== 1)
      throw new Error(`${this.name} has ${this.results.length} results`);
    return result;
  }

  /** An attribute by name, inherent before discardable. */
  attribute(name: string): Attribute | undefined {
    return entryValue(this.inherentEntries, name) ?? entryValue(this.discardableEntries, name);
  }

  get parentRegion(): Region | undefined {
    return this.block?.region;
  }

  get parentOperation(): Operation | undefined {
    return this.block?.region?.parent;
  }

  /** Whether this operation contains `other` or is it. */
  isAncestorOf(other: Operation): boolean {
    for (let walker: Operation | undefined = other; walker !== undefined; walker = walker.parentOperation) {
      if (walker === this) return true;
    }
    return false;
  }

  get hasUses(): boolean {
    const { results } = this;
    for (let index = 0; index < results.length; index++) if (results[index]!.firstUse !== undefined) return true;
    return false;
  }

  /** Takes the operation out of its block, keeping it alive. */
  unlink(): void {
    this.block?.remove(this);
  }

  moveBefore(other: Operation): void {
    const block = other.block;
    if (block === undefined) throw new Error(`${other.name} is not in a block`);
    this.unlink();
    block.insertBefore(this, other);
  }

  moveAfter(other: Operation): void {
    const block = other.block;
    if (block === undefined) throw new Error(`${other.name} is not in a block`);
    this.unlink();
    block.insertBefore(this, other.next);
  }

  moveToEnd(block: Block): void {
    this.unlink();
    block.append(this);
  }

  /** Removes the operation for good, with its regions. Its results must have no uses left. */
  erase(): void {
    if (this.hasUses) {
      const user = this.results.flatMap((result) => result.users)[0];
      throw new Error(`cannot erase ${this.name}: its result is still used by ${user?.name}`);
    }
    this.unlink();
    this.dropReferences();
  }

  /** Drops operands of this operation and of all inside it, so that cycles of uses do not block erasing. */
  dropReferences(): void {
    this.setOperands([]);
    if (this.storedParts === noParts) return;
    this.successors.length = 0;
    for (const region of this.regions) {
      for (const block of region.blocks) for (const operation of block.operations) operation.dropReferences();
    }
  }

  replaceAllUsesWith(replacements: readonly Value[]): void {
    if (replacements.length !== this.results.length) {
      throw new Error(`${this.name} has ${this.results.length} results but got ${replacements.length} replacements`);
    }
    const { results } = this;
    for (let index = 0; index < results.length; index++) results[index]!.replaceAllUsesWith(replacements[index]!);
  }

  /**
   * Calls `visit` on this operation and on every one inside, outer ones first unless `order` is "post". What `visit` returns
   * steers the walk where it is a `WalkResult`, and is passed over otherwise. The operations of a block are those at the time
   * when the walk comes to it, so the visited operation may be edited or erased.
   *
   * @returns `WalkResult.interrupt` where a visit did, else `WalkResult.advance`
   */
  walk(visit: (operation: Operation) => unknown, order: "pre" | "post" = "pre"): WalkResult {
    if (order === "pre") {
      const result = visit(this);
      if (result === WalkResult.interrupt) return WalkResult.interrupt;
      if (result === WalkResult.skip) return WalkResult.advance;
    }
    for (const region of this.regions) {
      for (const block of region.blocks) {
        for (const operation of block.operations)
          if (operation.walk(visit, order) === WalkResult.interrupt) return WalkResult.interrupt;
      }
    }
    return order === "post" && visit(this) === WalkResult.interrupt ? WalkResult.interrupt : WalkResult.advance;
  }

  /** A deep copy, not in a block. `mapping` supplies replacements for outer values and collects the copies. */
  clone(mapping: Map<Value, Value> = new Map()): Operation {
    return new Cloning(mapping).run(this);
  }

  /** Whether this comes before `other` in the same block. */
  isBeforeInBlock(other: Operation): boolean {
    if (this.block === undefined || this.block !== other.block) throw new Error("operations are not in the same block");
    this.block.ensureOrder();
    return this.order < other.order;
  }

  /** An error at this operation's location, naming it. */
  error(message: string, notes: readonly DiagnosticNote[] = []): DiagnosticError {
    const name = nameOf(this.location);
    const subject = name === undefined ? `'${this.name}' op` : `'${this.name}' op (${name})`;
    return new DiagnosticError(`${subject} ${message}`, { ...originOf(this.location), notes });
  }
}

/** Makes an operation from its parts. */
export function createOperation(state: OperationState): Operation {
  return new Operation(
    state.definition?.kind ?? new OperationKind(state.name, undefined),
    state.location,
    state.operands ?? [],
    state.resultTypes ?? [],
    entriesOf(state.properties),
    entriesOf(state.attributes),
    state.regions,
    state.successors,
  );
}

/** One deep copy: what became of the values and blocks. */
class Cloning {
  readonly #values: Map<Value, Value>;
  readonly #blocks = new Map<Block, Block>();
  /** Operands copied with the outer value: they may turn out to be defined further down (back edges, graph regions). */
  readonly #early: Use[] = [];

  constructor(values: Map<Value, Value>) {
    this.#values = values;
  }

  run(source: Operation): Operation {
    const copy = this.#operation(source);
    for (const use of this.#early) {
      const mapped = this.#values.get(use.value);
      if (mapped !== undefined) use.set(mapped);
    }
    return copy;
  }

  #operation(source: Operation): Operation {
    const values = this.#values;
    const { operandUses, results, regions, successors } = source;
    const copy = new Operation(
      source.storedKind,
      source.location,
      operandUses.map(({ value }) => values.get(value) ?? value),
      results.map((result) => result.type),
      source.inherentEntries,
      source.discardableEntries,
      regions.length === 0 ? undefined : regions.map((region) => this.#emptyRegion(region)),
      successors.length === 0 ? undefined : successors.map((block) => this.#blocks.get(block) ?? block),
    );
    const uses = copy.operandUses;
    for (let index = 0; index < uses.length; index++) {
      if (uses[index]!.value === operandUses[index]!.value) this.#early.push(uses[index]!);
    }
    for (let index = 0; index < results.length; index++) {
      const resultCopy = copy.results[index]!;
      resultCopy.nameHint = results[index]!.nameHint;
      values.set(results[index]!, resultCopy);
    }
    for (const region of regions) {
      for (const block of region.blocks) {
        const blockCopy = this.#blocks.get(block)!;
        for (let inner = block.first; inner !== undefined; inner = inner.next) blockCopy.append(this.#operation(inner));
      }
    }
    return copy;
  }

  /** The blocks with their arguments, without operations: branches may go to a later block. */
  #emptyRegion(region: Region): Region {
    const copy = new Region();
    for (const block of region.blocks) {
      const blockCopy = new Block();
      for (const argument of block.arguments) {
        const argumentCopy = blockCopy.addArgument(argument.type, argument.location);
        argumentCopy.nameHint = argument.nameHint;
        this.#values.set(argument, argumentCopy);
      }
      this.#blocks.set(block, blockCopy);
      copy.append(blockCopy);
    }
    return copy;
  }
}

const orderStep = 16;

/** A list of operations with arguments, the last a terminator where the parent asks for one. */
export class Block {
  declare region: Region | undefined;
  declare private readonly storedArguments: BlockArgument[];
  /** The first operation; edited by the block itself only, as `last`. */
  declare first: Operation | undefined;
  declare last: Operation | undefined;
  declare private isOrdered: boolean;

  constructor() {
    this.region = undefined;
    this.storedArguments = [];
    this.first = undefined;
    this.last = undefined;
    this.isOrdered = true;
  }

  get arguments(): readonly BlockArgument[] {
    return this.storedArguments;
  }

  get isEmpty(): boolean {
    return this.first === undefined;
  }

  get parentOperation(): Operation | undefined {
    return this.region?.parent;
  }

  /** The operations as a snapshot: editing while iterating is safe. */
  get operations(): Operation[] {
    const operations: Operation[] = [];
    for (let operation = this.first; operation !== undefined; operation = operation.next) operations.push(operation);
    return operations;
  }

  addArgument<T extends Type>(type: T, location: Location): BlockArgument<T> {
    const argument = new BlockArgument(this, this.storedArguments.length, type, location);
    this.storedArguments.push(argument);
    return argument;
  }

  insertArgument<T extends Type>(position: number, type: T, location: Location): BlockArgument<T> {
    const argument = new BlockArgument(this, position, type, location);
    this.storedArguments.splice(position, 0, argument);
    this.storedArguments.forEach((each, index) => {
      each.index = index;
    });
    return argument;
  }

  /** Removes an argument that has no uses. */
  eraseArgument(position: number): void {
    const argument = this.storedArguments[position];
    if (argument === undefined) throw new Error(`the block has no argument ${position}`);
    if (argument.hasUses) throw new Error(`cannot erase block argument ${position}: it is still used`);
    this.storedArguments.splice(position, 1);
    this.storedArguments.forEach((each, index) => {
      each.index = index;
    });
  }

  /** Takes back the arguments that it had before: made by this block, in their old order. Undoes edits of the list. */
  restoreArguments(list: readonly BlockArgument[]): void {
    this.storedArguments.length = 0;
    for (const argument of list) {
      if (argument.owner !== this) throw new Error("the argument belongs to another block");
      argument.index = this.storedArguments.length;
      this.storedArguments.push(argument);
    }
  }

  append(operation: Operation): void {
    this.insertBefore(operation, undefined);
  }

  /** Inserts before `anchor`, or at the end when it is undefined. */
  insertBefore(operation: Operation, anchor: Operation | undefined): void {
    if (operation.block !== undefined)
      throw new Error(
        `${operation.name} is already in a block: move it with operation.moveBefore(other), moveAfter(other) or moveToEnd(block)`,
      );
    const previous = anchor === undefined ? this.last : anchor.previous;
    operation.block = this;
    operation.next = anchor;
    operation.previous = previous;
    if (previous === undefined) this.first = operation;
    else previous.next = operation;
    if (anchor === undefined) this.last = operation;
    else anchor.previous = operation;
    if (anchor === undefined) operation.order = (previous?.order ?? 0) + orderStep;
    else {
      const low = previous?.order ?? anchor.order - 2 * orderStep;
      const middle = Math.floor((low + anchor.order) / 2);
      if (middle <= low || middle >= anchor.order) this.isOrdered = false;
      operation.order = middle;
    }
  }

  /** Unlinks an operation of this block. */
  remove(operation: Operation): void {
    if (operation.block !== this) throw new Error(`${operation.name} is not in this block`);
    if (operation.previous === undefined) this.first = operation.next;
    else operation.previous.next = operation.next;
    if (operation.next === undefined) this.last = operation.previous;
    else operation.next.previous = operation.previous;
    operation.block = undefined;
    operation.next = undefined;
    operation.previous = undefined;
  }

  /** Renumbers the operations when insertions have used up the gaps. */
  ensureOrder(): void {
    if (this.isOrdered) return;
    let order = 0;
    for (let operation = this.first; operation !== undefined; operation = operation.next) {
      order += orderStep;
      operation.order = order;
    }
    this.isOrdered = true;
  }

  /** The blocks that the last operation may branch to. */
  get successors(): readonly Block[] {
    return this.last?.successors ?? [];
  }

  /** Moves `first` and all behind it into a new block behind this one; neither gets a terminator or arguments by it. */
  splitBefore(first: Operation): Block {
    const { region } = this;
    if (region === undefined) throw new Error("a block that is in no region cannot be split");
    if (first.block !== this) throw new Error(`${first.name} is not in this block`);
    const rest = new Block();
    rest.region = region;
    region.blocks.splice(region.blocks.indexOf(this) + 1, 0, rest);
    const moved = this.operations;
    for (const operation of moved.slice(moved.indexOf(first))) operation.moveToEnd(rest);
    return rest;
  }

  /** Moves all operations of `other` to the end of this block. */
  takeOperations(other: Block): void {
    for (const operation of other.operations) operation.moveToEnd(this);
  }
}

/** A list of blocks owned by an operation; the first block is the entry. */
export class Region {
  readonly blocks: Block[] = [];
  #parent: Operation | undefined = undefined;

  constructor(blocks: readonly Block[] = []) {
    for (const block of blocks) this.append(block);
  }

  get parent(): Operation | undefined {
    return this.#parent;
  }

  /** The first block; undefined for an empty region. */
  get entry(): Block | undefined {
    return this.blocks[0];
  }

  /** The only block; an error where there are none or several. */
  get onlyBlock(): Block {
    const [block] = this.blocks;
    if (block === undefined || this.blocks.length !== 1) {
      throw new Error(
        `the region of ${this.#parent?.name ?? "an operation"} has ${this.blocks.length} blocks, not one`,
      );
    }
    return block;
  }

  append(block: Block): void {
    if (block.region !== undefined) throw new Error("the block is already in a region");
    block.region = this;
    this.blocks.push(block);
  }

  remove(block: Block): void {
    const position = this.blocks.indexOf(block);
    if (position < 0) throw new Error("the block is not in this region");
    this.blocks.splice(position, 1);
    block.region = undefined;
  }

  /** Moves all blocks of `other` to the end of this region. */
  takeBlocks(other: Region): void {
    for (const block of [...other.blocks]) {
      other.remove(block);
      this.append(block);
    }
  }

  /** Called once by the owning operation. */
  attach(parent: Operation): void {
    if (this.#parent !== undefined) throw new Error("the region already belongs to an operation");
    this.#parent = parent;
  }
}
