/**
 * An interpreter for programs with control flow: func, cf, scf, memref and integer arith, on exact numbers. It is the
 * judge of passes that move or remove code, so it is strict: undefined behaviour (division by zero, an access out of
 * bounds, a result that MLIR leaves undefined) ends the run with an error instead of giving some value.
 */

import { integerPredicateAttribute } from "../../dialects/arith/flags.ts";
import { type IntegerMnemonic, integerComparisons, integerFunctions } from "../../dialects/arith/scalar.ts";
import { caseNumbers, targetOperands } from "../../dialects/upstream/switch-format.ts";
import { ElementsAttribute, IntegerAttribute, SymbolReferenceAttribute } from "../../ir/attributes.ts";
import type { Block, Operation, Region, Value } from "../../ir/operation.ts";
import { resolveSymbol, symbolName } from "../../ir/symbol-table.ts";
import { IndexType, IntegerType, MemRefType, type Type } from "../../ir/types.ts";

/** Memory of a fixed shape; an element that nobody wrote is undefined. */
export interface Buffer {
  readonly shape: readonly number[];
  readonly elements: (bigint | undefined)[];
}
export type Datum = bigint | Buffer;

/** What can be seen of a run from outside. */
export interface Run {
  readonly results: readonly Datum[];
  /** The arguments of each call of a function without a body, in order. */
  readonly trace: readonly string[];
}

export class UndefinedBehaviour extends Error {}
export class OutOfSteps extends Error {}

interface Frame {
  readonly values: Map<Value, Datum>;
}

/** Runs the function called `name` of a module. Ends with an error after `limit` operations. */
export function interpret(module: Operation, name: string, inputs: readonly Datum[], limit = 200_000): Run {
  const machine = new Machine(limit);
  const found = module.regions[0]?.entry?.operations.find((operation) => symbolName(operation) === name);
  if (found === undefined) throw new Error(`there is no function @${name}`);
  return { results: machine.call(found, inputs), trace: machine.trace };
}

function widthOf(type: Type): number {
  if (type instanceof IntegerType) return type.width;
  if (type instanceof IndexType) return 64;
  throw new Error(`the interpreter has no values of type ${type}`);
}

/** The end of a region: its terminator and the values there. */
interface Exit {
  readonly terminator: Operation;
  readonly values: readonly Datum[];
}

class Machine {
  readonly trace: string[] = [];
  #steps: number;
  #depth = 0;

  constructor(limit: number) {
    this.#steps = limit;
  }

  call(callee: Operation, inputs: readonly Datum[]): readonly Datum[] {
    const [region] = callee.regions;
    if (region?.entry === undefined) {
      this.trace.push(`${symbolName(callee)}(${inputs.map(showDatum).join(", ")})`);
      return [];
    }
    if (++this.#depth > 200) throw new OutOfSteps("calls are nested too deeply");
    const exit = this.#region(region, inputs, { values: new Map() });
    this.#depth--;
    return exit.values;
  }

  /** Runs the blocks of a region until one ends without a successor. */
  #region(region: Region, inputs: readonly Datum[], frame: Frame): Exit {
    let block: Block = region.entry!;
    let given = inputs;
    for (;;) {
      for (const [position, argument] of block.arguments.entries()) frame.values.set(argument, given[position]!);
      for (let operation = block.first; operation !== undefined; operation = operation.next) {
        if (--this.#steps < 0) throw new OutOfSteps("the program runs too long");
        if (operation.next !== undefined) {
          const results = this.#operation(operation, frame);
          for (const [position, result] of operation.results.entries()) frame.values.set(result, results[position]!);
          continue;
        }
        const values = operation.operands.map((value) => this.#read(value, frame));
        if (operation.successors.length === 0) return { terminator: operation, values };
        [block, given] = this.#branch(operation, values);
        break;
      }
    }
  }

  #branch(branch: Operation, values: readonly Datum[]): [Block, readonly Datum[]] {
    if (branch.name === "cf.br") return [branch.successors[0]!, values];
    if (branch.name === "cf.switch") {
      const { otherwise, cases } = targetOperands(branch);
      const chosen = caseNumbers(branch).indexOf(number(values[0]));
      if (chosen < 0) return [branch.successors[0]!, values.slice(1, 1 + otherwise.length)];
      const start = cases.slice(0, chosen).reduce((sum, passed) => sum + passed.length, 1 + otherwise.length);
      return [branch.successors[chosen + 1]!, values.slice(start, start + cases[chosen]!.length)];
    }
    if (branch.name !== "cf.cond_br") throw branch.error("is not a branch that the interpreter knows");
    const first = branch.definition!.operandGroup(branch, 1).count;
    return number(values[0]) !== 0n
      ? [branch.successors[0]!, values.slice(1, 1 + first)]
      : [branch.successors[1]!, values.slice(1 + first)];
  }

  #read(value: Value, frame: Frame): Datum {
    const found = frame.values.get(value);
    if (found === undefined) throw new Error("a value is used that was not computed");
    return found;
  }

  #operation(operation: Operation, frame: Frame): readonly Datum[] {
    const inputs = operation.operands.map((value) => this.#read(value, frame));
    const [dialect, mnemonic] = operation.name.split(".");
    if (dialect === "arith" && mnemonic !== undefined) return [arithmetic(operation, mnemonic, inputs.map(number))];
    const [first, second] = operation.regions;
    switch (operation.name) {
      case "func.call": {
        const reference = operation.attribute("callee");
        const callee = reference instanceof SymbolReferenceAttribute ? resolveSymbol(operation, reference) : undefined;
        if (callee === undefined) throw operation.error("calls nothing");
        return this.call(callee, inputs);
      }
      case "scf.if": {
        const chosen = number(inputs[0]) !== 0n ? first : second;
        return chosen?.entry === undefined ? [] : this.#region(chosen, [], frame).values;
      }
      case "scf.for": {
        const [lower, upper, step] = [number(inputs[0]), number(inputs[1]), number(inputs[2])];
        if (step <= 0n) throw new UndefinedBehaviour("a loop with a step that is not positive");
        let carried: readonly Datum[] = inputs.slice(3);
        for (let counter = lower; counter < upper; counter += step)
          carried = this.#region(first!, [counter, ...carried], frame).values;
        return carried;
      }
      case "scf.while": {
        let carried: readonly Datum[] = inputs;
        for (;;) {
          const decision = this.#region(first!, carried, frame).values;
          if (number(decision[0]) === 0n) return decision.slice(1);
          carried = this.#region(second!, decision.slice(1), frame).values;
        }
      }
      case "scf.execute_region":
      case "memref.alloca_scope":
        return this.#region(first!, [], frame).values;
      case "scf.index_switch": {
        const cases = operation.attribute("cases");
        const listed = cases === undefined ? [] : [...cases.text.matchAll(/-?\d+/g)].map(([text]) => text);
        // The text is `array<i64: 1, 2>`: its first number is the element type's width.
        const chosen = listed.slice(1).indexOf(String(number(inputs[0]))) + 1;
        return this.#region(operation.regions[chosen]!, [], frame).values;
      }
      case "memref.alloca":
      case "memref.alloc": {
        const { type } = operation.onlyResult;
        if (!(type instanceof MemRefType)) throw operation.error("does not allocate a memref");
        const count = type.shape.reduce((product, size) => product * size, 1);
        return [{ shape: type.shape, elements: Array.from({ length: count }, () => undefined) }];
      }
      case "memref.dealloc":
        return [];
      case "memref.load": {
        const [buffer, ...indices] = inputs;
        const found = bufferOf(buffer).elements[offsetOf(bufferOf(buffer), indices)];
        // mem2reg may give any value to what nobody wrote; programs must not depend on it.
        if (found === undefined) throw new UndefinedBehaviour("a load of what nobody wrote");
        return [found];
      }
      case "memref.store": {
        const [value, buffer, ...indices] = inputs;
        bufferOf(buffer).elements[offsetOf(bufferOf(buffer), indices)] = number(value);
        return [];
      }
      default:
        throw operation.error("is not known to the interpreter");
    }
  }
}

function offsetOf({ shape }: Buffer, indices: readonly Datum[]): number {
  let offset = 0;
  for (const [axis, size] of shape.entries()) {
    const index = Number(number(indices[axis]));
    if (index < 0 || index >= size) throw new UndefinedBehaviour(`index ${index} is outside of ${size} elements`);
    offset = offset * size + index;
  }
  return offset;
}

function number(datum: Datum | undefined): bigint {
  if (typeof datum !== "bigint") throw new Error("a number was expected");
  return datum;
}

function bufferOf(datum: Datum | undefined): Buffer {
  if (typeof datum !== "object") throw new Error("a buffer was expected");
  return datum;
}

const isMnemonic = (name: string): name is IntegerMnemonic => Object.hasOwn(integerFunctions, name);

function arithmetic(operation: Operation, mnemonic: string, inputs: readonly bigint[]): bigint {
  const { type } = operation.onlyResult;
  const [a, b, c] = inputs;
  const width = widthOf(type);
  if (isMnemonic(mnemonic)) {
    const value = integerFunctions[mnemonic](a!, b!, width);
    if (value === undefined) throw new UndefinedBehaviour(`${mnemonic} of ${a} and ${b}`);
    return BigInt.asIntN(width, value);
  }
  switch (mnemonic) {
    case "constant": {
      const value = operation.attribute("value");
      if (value instanceof IntegerAttribute) return BigInt.asIntN(width, value.value);
      throw operation.error(`holds ${value instanceof ElementsAttribute ? "elements" : "no integer"}`);
    }
    case "cmpi": {
      const stated = operation.attribute("predicate");
      const predicate = stated === undefined ? undefined : integerPredicateAttribute.decode(stated);
      if (predicate === undefined) throw operation.error("has no predicate");
      return integerComparisons[predicate](a!, b!, widthOf(operation.operand(0).type)) ? -1n : 0n;
    }
    case "select":
      return a !== 0n ? b! : c!;
    case "extui":
    case "index_castui":
      return BigInt.asIntN(width, BigInt.asUintN(widthOf(operation.operand(0).type), a!));
    case "extsi":
    case "trunci":
    case "index_cast":
      return BigInt.asIntN(width, a!);
    default:
      throw operation.error("is not known to the interpreter");
  }
}

function showDatum(datum: Datum): string {
  return typeof datum === "bigint" ? String(datum) : `[${datum.elements.map((each) => each ?? "?").join(" ")}]`;
}

/** Everything that a run shows, as text to compare. */
export function showRun({ results, trace }: Run, buffers: readonly Buffer[] = []): string {
  return [...trace, `results ${results.map(showDatum).join(", ")}`, ...buffers.map(showDatum)].join("\n");
}
