/**
 * The graph itself: operations that use values and define values, in blocks, in regions, in operations. It is mutable
 * SSA: every value knows its uses, operations sit in linked lists, and each edit keeps both in step. Edit through these
 * methods (or a `Builder` / `Rewriter`) only.
 */
import type { Attribute } from "./attributes.ts";
import type { OperationDefinition } from "./declaration.ts";
import { DiagnosticError, type DiagnosticNote } from "./diagnostic-error.ts";
import { type Location, nameOf, placeOf } from "./location.ts";
import type { Type } from "./types.ts";

/** One operand slot of an operation: a link in the use list of the value it holds. */
export class Use {
  readonly owner: Operation;
  /** Position among the owner's operands. */
  index: number;
  value: Value;
  next: Use | undefined = undefined;
  previous: Use | undefined = undefined;

  constructor(owner: Operation, index: number, value: Value) {
    this.owner = owner;
    this.index = index;
    this.value = value;
    value.linkUse(this);
  }

  set(value: Value): void {
    if (value === this.value) return;
    this.value.unlinkUse(this);
    this.value = value;
    value.linkUse(this);
  }

  /** Goes back to `value`, behind `previous` in its use list (undefined: at the front). Undoes a change with the order of uses. */
  restore(value: Value, previous: Use | undefined): void {
    this.value.unlinkUse(this);
    this.value = value;
    value.linkUse(this, previous);
  }
}

/** An SSA value: the result of an operation or an argument of a block. */
export abstract class Value<T extends Type = Type> {
  type: T;
  /** A name for people, kept where possible when printing. */
  nameHint: string | undefined = undefined;
  #firstUse: Use | undefined = undefined;

  protected constructor(type: T) {
    this.type = type;
  }

  /** The operation that defines this value; undefined for block arguments. */
  abstract get definer(): Operation | undefined;
  /** The block in which the value is defined; undefined while its operation is not in a block. */
  abstract get parentBlock(): Block | undefined;
  abstract get location(): Location;

  get hasUses(): boolean {
    return this.#firstUse !== undefined;
  }

  /** The head of the linked list of uses, for loops that must not allocate; do not edit while following it. */
  get firstUse(): Use | undefined {
    return this.#firstUse;
  }

  get hasOneUse(): boolean {
    return this.#firstUse !== undefined && this.#firstUse.next === undefined;
  }

  /** All uses. The list is a snapshot: editing while iterating is safe. */
  get uses(): Use[] {
    const uses: Use[] = [];
    for (let use = this.#firstUse; use !== undefined; use = use.next) uses.push(use);
    return uses;
  }

  /** The operations that use this value, each once. */
  get users(): Operation[] {
    return [...new Set(this.uses.map((use) => use.owner))];
  }

  replaceAllUsesWith(replacement: Value): void {
    if (replacement === this) return;
    while (this.#firstUse !== undefined) this.#firstUse.set(replacement);
  }

  /** Kept by `Use`; not for others. A use goes to the front of the list, or behind `previous`. */
  linkUse(use: Use, previous?: Use): void {
    const next = previous === undefined ? this.#firstUse : previous.next;
    use.previous = previous;
    use.next = next;
    if (previous === undefined) this.#firstUse = use;
    else previous.next = use;
    if (next !== undefined) next.previous = use;
  }

  /** Kept by `Use`; not for others. */
  unlinkUse(use: Use): void {
    if (use.previous === undefined) this.#firstUse = use.next;
    else use.previous.next = use.next;
    if (use.next !== undefined) use.next.previous = use.previous;
    use.next = undefined;
    use.previous = undefined;
  }
}

export class OperationResult<T extends Type = Type> extends Value<T> {
  readonly owner: Operation;
  readonly index: number;

  constructor(owner: Operation, index: number, type: T) {
    super(type);
    this.owner = owner;
    this.index = index;
  }

  override get definer(): Operation {
    return this.owner;
  }

  override get parentBlock(): Block | undefined {
    return this.owner.block;
  }

  override get location(): Location {
    return this.owner.location;
  }
}

export class BlockArgument<T extends Type = Type> extends Value<T> {
  readonly owner: Block;
  index: number;
  location: Location;

  constructor(owner: Block, index: number, type: T, location: Location) {
    super(type);
    this.owner = owner;
    this.index = index;
    this.location = location;
  }

  override get definer(): undefined {
    return undefined;
  }

  override get parentBlock(): Block {
    return this.owner;
  }
}

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

export class Operation {
  readonly name: string;
  /** The declaration; undefined for an operation of a dialect that is not loaded. */
  readonly definition: OperationDefinition | undefined;
  location: Location;
  /** Inherent attributes (MLIR's properties), by name. */
  readonly properties: Map<string, Attribute>;
  /** Discardable attributes, by name; foreign ones carry a dialect prefix. */
  readonly attributes: Map<string, Attribute>;
  readonly results: readonly OperationResult[];
  readonly regions: readonly Region[];
  readonly successors: Block[];
  block: Block | undefined = undefined;
  next: Operation | undefined = undefined;
  previous: Operation | undefined = undefined;
  /** Position key within the block, valid while the block says so. */
  order = 0;
  /** A number for the algorithm at work (a place in a worklist); it means nothing to others and must be checked when read. */
  scratch = -1;
  readonly #operands: Use[];

  /** Use `createOperation` or a definition's builder, which pick the class with typed accessors. */
  constructor(state: OperationState) {
    this.name = state.name;
    this.definition = state.definition;
    this.location = state.location;
    this.properties = state.properties === undefined ? new Map() : new Map(state.properties);
    this.attributes = state.attributes === undefined ? new Map() : new Map(state.attributes);
    this.#operands = (state.operands ?? []).map((value, index) => new Use(this, index, value));
    this.results = (state.resultTypes ?? []).map((type, index) => new OperationResult(this, index, type));
    this.regions = state.regions ?? [];
    for (const region of this.regions) region.attach(this);
    this.successors = [...(state.successors ?? [])];
  }

  get operandUses(): readonly Use[] {
    return this.#operands;
  }

  get operands(): readonly Value[] {
    return this.#operands.map((use) => use.value);
  }

  get operandCount(): number {
    return this.#operands.length;
  }

  operand(index: number): Value {
    const use = this.#operands[index];
    if (use === undefined) throw new Error(`${this.name} has no operand ${index}`);
    return use.value;
  }

  setOperand(index: number, value: Value): void {
    const use = this.#operands[index];
    if (use === undefined) throw new Error(`${this.name} has no operand ${index}`);
    use.set(value);
  }

  /** Replaces the whole operand list. */
  setOperands(values: readonly Value[]): void {
    for (const use of this.#operands) use.value.unlinkUse(use);
    this.#operands.length = 0;
    for (const [index, value] of values.entries()) this.#operands.push(new Use(this, index, value));
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
    return this.properties.get(name) ?? this.attributes.get(name);
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
    return this.results.some((result) => result.hasUses);
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
    this.successors.length = 0;
    for (const region of this.regions) {
      for (const block of region.blocks) for (const operation of block.operations) operation.dropReferences();
    }
  }

  replaceAllUsesWith(replacements: readonly Value[]): void {
    if (replacements.length !== this.results.length) {
      throw new Error(`${this.name} has ${this.results.length} results but got ${replacements.length} replacements`);
    }
    for (const [index, result] of this.results.entries()) result.replaceAllUsesWith(replacements[index]!);
  }

  /** Calls `visit` on every operation inside (and on this one), innermost last unless `order` is "post". */
  walk(visit: (operation: Operation) => void, order: "pre" | "post" = "pre"): void {
    if (order === "pre") visit(this);
    for (const region of this.regions) {
      for (const block of region.blocks) for (const operation of block.operations) operation.walk(visit, order);
    }
    if (order === "post") visit(this);
  }

  /** A deep copy, not in a block. `mapping` supplies replacements for outer values and collects the copies. */
  clone(mapping: Map<Value, Value> = new Map()): Operation {
    const blocks = new Map<Block, Block>();
    return cloneOperation(this, mapping, blocks);
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
    return new DiagnosticError(`${subject} ${message}`, { ...placeOf(this.location), notes });
  }
}

/** Makes an operation from its parts, with the typed class where a definition is given. */
export function createOperation(state: OperationState): Operation {
  return state.definition === undefined ? new Operation(state) : state.definition.create(state);
}

function cloneOperation(source: Operation, values: Map<Value, Value>, blocks: Map<Block, Block>): Operation {
  const regions = source.regions.map((region) => {
    const copy = new Region();
    for (const block of region.blocks) {
      const blockCopy = new Block();
      for (const argument of block.arguments) {
        const argumentCopy = blockCopy.addArgument(argument.type, argument.location);
        argumentCopy.nameHint = argument.nameHint;
        values.set(argument, argumentCopy);
      }
      blocks.set(block, blockCopy);
      copy.append(blockCopy);
    }
    return copy;
  });
  const copy = createOperation({
    name: source.name,
    definition: source.definition,
    operands: source.operands.map((value) => values.get(value) ?? value),
    resultTypes: source.results.map((result) => result.type),
    properties: source.properties,
    attributes: source.attributes,
    regions,
    successors: source.successors.map((block) => blocks.get(block) ?? block),
    location: source.location,
  });
  for (const [index, result] of source.results.entries()) {
    const resultCopy = copy.results[index]!;
    resultCopy.nameHint = result.nameHint;
    values.set(result, resultCopy);
  }
  for (const region of source.regions) {
    for (const block of region.blocks) {
      const blockCopy = blocks.get(block)!;
      for (const operation of block.operations) blockCopy.append(cloneOperation(operation, values, blocks));
    }
  }
  // A use before its definition (graph regions, back edges) was copied with the outer value: point it to the copy.
  for (const region of regions) {
    for (const block of region.blocks) {
      for (const operation of block.operations) {
        for (const use of operation.operandUses) {
          const mapped = values.get(use.value);
          if (mapped !== undefined) use.set(mapped);
        }
      }
    }
  }
  return copy;
}

const orderStep = 16;

/** A list of operations with arguments, the last a terminator where the parent asks for one. */
export class Block {
  region: Region | undefined = undefined;
  readonly #arguments: BlockArgument[] = [];
  #first: Operation | undefined = undefined;
  #last: Operation | undefined = undefined;
  #ordered = true;

  get arguments(): readonly BlockArgument[] {
    return this.#arguments;
  }

  get first(): Operation | undefined {
    return this.#first;
  }

  get last(): Operation | undefined {
    return this.#last;
  }

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  get parentOperation(): Operation | undefined {
    return this.region?.parent;
  }

  /** The operations as a snapshot: editing while iterating is safe. */
  get operations(): Operation[] {
    const operations: Operation[] = [];
    for (let operation = this.#first; operation !== undefined; operation = operation.next) operations.push(operation);
    return operations;
  }

  addArgument<T extends Type>(type: T, location: Location): BlockArgument<T> {
    const argument = new BlockArgument(this, this.#arguments.length, type, location);
    this.#arguments.push(argument);
    return argument;
  }

  insertArgument<T extends Type>(position: number, type: T, location: Location): BlockArgument<T> {
    const argument = new BlockArgument(this, position, type, location);
    this.#arguments.splice(position, 0, argument);
    this.#arguments.forEach((each, index) => {
      each.index = index;
    });
    return argument;
  }

  /** Removes an argument that has no uses. */
  eraseArgument(position: number): void {
    const argument = this.#arguments[position];
    if (argument === undefined) throw new Error(`the block has no argument ${position}`);
    if (argument.hasUses) throw new Error(`cannot erase block argument ${position}: it is still used`);
    this.#arguments.splice(position, 1);
    this.#arguments.forEach((each, index) => {
      each.index = index;
    });
  }

  /** Takes back the arguments that it had before: made by this block, in their old order. Undoes edits of the list. */
  restoreArguments(list: readonly BlockArgument[]): void {
    this.#arguments.length = 0;
    for (const argument of list) {
      if (argument.owner !== this) throw new Error("the argument belongs to another block");
      argument.index = this.#arguments.length;
      this.#arguments.push(argument);
    }
  }

  append(operation: Operation): void {
    this.insertBefore(operation, undefined);
  }

  /** Inserts before `anchor`, or at the end when it is undefined. */
  insertBefore(operation: Operation, anchor: Operation | undefined): void {
    if (operation.block !== undefined) throw new Error(`${operation.name} is already in a block`);
    const previous = anchor === undefined ? this.#last : anchor.previous;
    operation.block = this;
    operation.next = anchor;
    operation.previous = previous;
    if (previous === undefined) this.#first = operation;
    else previous.next = operation;
    if (anchor === undefined) this.#last = operation;
    else anchor.previous = operation;
    if (anchor === undefined) operation.order = (previous?.order ?? 0) + orderStep;
    else {
      const low = previous?.order ?? anchor.order - 2 * orderStep;
      const middle = Math.floor((low + anchor.order) / 2);
      if (middle <= low || middle >= anchor.order) this.#ordered = false;
      operation.order = middle;
    }
  }

  /** Unlinks an operation of this block. */
  remove(operation: Operation): void {
    if (operation.block !== this) throw new Error(`${operation.name} is not in this block`);
    if (operation.previous === undefined) this.#first = operation.next;
    else operation.previous.next = operation.next;
    if (operation.next === undefined) this.#last = operation.previous;
    else operation.next.previous = operation.previous;
    operation.block = undefined;
    operation.next = undefined;
    operation.previous = undefined;
  }

  /** Renumbers the operations when insertions have used up the gaps. */
  ensureOrder(): void {
    if (this.#ordered) return;
    let order = 0;
    for (let operation = this.#first; operation !== undefined; operation = operation.next) {
      order += orderStep;
      operation.order = order;
    }
    this.#ordered = true;
  }

  /** The blocks that the last operation may branch to. */
  get successors(): readonly Block[] {
    return this.#last?.successors ?? [];
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
