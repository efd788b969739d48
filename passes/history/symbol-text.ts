/**
 * The text of one symbol at one moment. Most texts of a history are never looked at, so a copy of the operation is kept and
 * printed when somebody asks: copying costs a fraction of printing.
 */
import type { Block, Operation, Region, Value } from "../../ir/operation.ts";
import { printAnyway } from "../instrumentation/print-anyway.ts";

/** One symbol (or other operation of the module's body) as text. */
export interface SymbolText {
  readonly text: string;
}

class TextOfOperation implements SymbolText {
  /** A copy that nobody edits; undefined once it is printed. */
  #copy: Operation | undefined;
  #text = "";

  constructor(copy: Operation | undefined, text: string) {
    this.#copy = copy;
    this.#text = text;
  }

  get text(): string {
    if (this.#copy !== undefined) {
      this.#text = printAnyway(this.#copy);
      this.#copy = undefined;
    }
    return this.#text;
  }

  isTextOf(operation: Operation): boolean {
    if (this.#copy !== undefined) return printsTheSame(this.#copy, operation);
    return this.#text === printAnyway(operation);
  }

  toJSON(): SymbolText {
    return { text: this.text };
  }
}

/**
 * The text of an operation as it is now: `before` itself where it is the same. An operation that may be invalid is printed at
 * once: a copy of it could hang on to values around it.
 */
export function symbolText(operation: Operation, before: SymbolText | undefined, mayBeInvalid: boolean): SymbolText {
  if (before instanceof TextOfOperation && !mayBeInvalid && before.isTextOf(operation)) return before;
  const copy = mayBeInvalid ? undefined : isolatedCopy(operation);
  return new TextOfOperation(copy, copy === undefined ? printAnyway(operation) : "");
}

/** A copy of an operation that uses no value from around it; undefined where it does. */
function isolatedCopy(operation: Operation): Operation | undefined {
  if (operation.operandCount > 0 || operation.successors.length > 0) return undefined;
  const copies = new Map<Value, Value>();
  const copy = operation.clone(copies);
  let isContained = true;
  operation.walk((inner) => {
    for (const value of inner.operands) if (!copies.has(value)) isContained = false;
  });
  if (isContained) return copy;
  // Its uses of outer values would keep those alive.
  copy.dropReferences();
  return undefined;
}

/** Whether two operations have the same text: all but locations. */
function printsTheSame(a: Operation, b: Operation): boolean {
  return new Comparison().operations(a, b);
}

class Comparison {
  readonly #values = new Map<Value, Value>();
  readonly #blocks = new Map<Block, Block>();
  /** Uses that come before the definition. */
  readonly #forward: [Value, Value][] = [];
  /** Pairs of regions still to look into. */
  readonly #pending: [Region, Region][] = [];

  operations(a: Operation, b: Operation): boolean {
    if (!this.#sameHead(a, b)) return false;
    for (let pair = this.#pending.pop(); pair !== undefined; pair = this.#pending.pop())
      if (!this.#sameRegion(...pair)) return false;
    return this.#forward.every(([x, y]) => (this.#values.get(x) ?? x) === y);
  }

  #sameRegion(a: Region, b: Region): boolean {
    const [aBlocks, bBlocks] = [a.blocks, b.blocks];
    if (aBlocks.length !== bBlocks.length) return false;
    for (const [position, block] of aBlocks.entries()) {
      const other = bBlocks[position]!;
      this.#blocks.set(block, other);
      if (block.arguments.length !== other.arguments.length) return false;
      for (const [index, argument] of block.arguments.entries())
        if (!this.#sameDefinition(argument, other.arguments[index]!)) return false;
    }
    for (const [position, block] of aBlocks.entries()) {
      let other = bBlocks[position]!.first;
      for (let each = block.first; each !== undefined; each = each.next) {
        if (other === undefined || !this.#sameHead(each, other)) return false;
        other = other.next;
      }
      if (other !== undefined) return false;
    }
    return true;
  }

  #sameDefinition(a: Value, b: Value): boolean {
    this.#values.set(a, b);
    return a.type === b.type && a.nameHint === b.nameHint;
  }

  #sameHead(a: Operation, b: Operation): boolean {
    if (a.name !== b.name || a.operandCount !== b.operandCount || a.results.length !== b.results.length) return false;
    if (!sameAttributes(a.properties, b.properties) || !sameAttributes(a.attributes, b.attributes)) return false;
    for (let index = 0; index < a.operandCount; index++) {
      const [x, y] = [a.operand(index), b.operand(index)];
      const known = this.#values.get(x);
      if (known === undefined) this.#forward.push([x, y]);
      else if (known !== y) return false;
    }
    for (const [index, result] of a.results.entries())
      if (!this.#sameDefinition(result, b.results[index]!)) return false;
    if (a.successors.length !== b.successors.length) return false;
    for (const [index, block] of a.successors.entries())
      if (this.#blocks.get(block) !== b.successors[index]) return false;
    if (a.regions.length !== b.regions.length) return false;
    for (const [index, region] of a.regions.entries()) this.#pending.push([region, b.regions[index]!]);
    return true;
  }
}

function sameAttributes(a: Operation["properties"], b: Operation["properties"]): boolean {
  if (a.size !== b.size) return false;
  for (const [name, attribute] of a) if (b.get(name) !== attribute) return false;
  return true;
}
