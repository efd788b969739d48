/**
 * Sparse backward analyses: a fact per value, computed from its uses: an operation says what it asks of its operands, given
 * what is asked of its results. Values that control flow forwards hand the facts of what they become back.
 */
import { Branch, Callable, CallLike, RegionBranch } from "../../ir/interfaces.ts";
import { Operation, Value } from "../../ir/operation.ts";
import type { Lattice } from "./lattice.ts";
import { checkOptions } from "./options.ts";
import { Cell, type DataflowAnalysis, type FactRunner, type Point, type Solver } from "./solver.ts";

export interface SparseBackwardOptions<T> {
  readonly name: string;
  readonly lattice: Lattice<T>;
  /** The fact of a value that nobody uses; the most precise one. */
  readonly unused: (value: Value) => T;
  /** The fact of a value that goes where nobody looks: returned by a public function, passed to an unknown one. */
  readonly escaped: (value: Value) => T;
  /** What an operation asks of its operands, one fact each; `results` are the facts of its results. Must be monotone. */
  readonly transfer: (operation: Operation, results: readonly T[], solver: Solver) => readonly T[];
  /**
   * What control flow asks of an operand that it does not forward: the condition of a branch, the bounds of a loop. Absent:
   * as `escaped`.
   */
  readonly control?: (operation: Operation, operand: number, solver: Solver) => T;
}

/** Declares a sparse backward analysis. */
export function sparseBackward<T>(options: SparseBackwardOptions<T>): DataflowAnalysis<T> {
  checkOptions("sparseBackward", options, {
    unused: "the fact of a value that nobody uses, (value) => fact",
    escaped: "the fact of a value that goes where nobody looks, (value) => fact",
    transfer: "what an operation asks of its operands, (operation, results) => facts",
  });
  return { name: options.name, start: (solver) => new SparseBackwardRunner(options, solver) };
}

class SparseBackwardRunner<T> implements FactRunner<T> {
  readonly #options: SparseBackwardOptions<T>;
  readonly #solver: Solver;
  readonly #cells = new Map<Value, Cell<T>>();

  constructor(options: SparseBackwardOptions<T>, solver: Solver) {
    this.#options = options;
    this.#solver = solver;
  }

  fact(anchor: Value | Point): T | undefined {
    return anchor instanceof Value ? (this.#cells.get(anchor)?.value ?? this.#options.unused(anchor)) : undefined;
  }

  initialize(root: Operation): void {
    const operations: Operation[] = [];
    root.walk((operation) => operations.push(operation));
    for (const operation of operations.reverse()) this.#solver.schedule(this, operation);
  }

  #cell(value: Value): Cell<T> {
    let cell = this.#cells.get(value);
    if (cell === undefined) {
      cell = new Cell<T>();
      cell.value = this.#options.unused(value);
      this.#cells.set(value, cell);
    }
    return cell;
  }

  #read(value: Value): T {
    return this.#solver.read(this.#cell(value)) ?? this.#options.unused(value);
  }

  #join(value: Value, fact: T): void {
    const { name, lattice } = this.#options;
    this.#solver.join(name, lattice, this.#cell(value), fact, value);
  }

  visit(point: Point): void {
    if (!(point instanceof Operation)) return;
    const { context } = this.#solver;
    const parent = point.parentOperation;
    const isEnd = point.block?.last === point && (point.definition?.hasTrait("Terminator") ?? false);
    if (point.successors.length > 0) this.#visitBranch(point);
    else if (isEnd && parent !== undefined && context.implementation(RegionBranch, parent) !== undefined) {
      this.#visitEdges(parent, point);
    } else if (
      isEnd &&
      parent !== undefined &&
      point.definition?.hasTrait("ReturnLike") &&
      context.implementation(Callable, parent) !== undefined
    ) {
      this.#visitReturn(parent, point);
    } else if (context.implementation(CallLike, point) !== undefined) this.#visitCall(point);
    else if (context.implementation(RegionBranch, point) === undefined) {
      const facts = this.#options.transfer(
        point,
        point.results.map((result) => this.#read(result)),
        this.#solver,
      );
      for (const [position, operand] of point.operands.entries())
        this.#join(operand, facts[position] ?? this.#options.escaped(operand));
    }
    if (context.implementation(RegionBranch, point) !== undefined) this.#visitEdges(point, point);
  }

  #control(operation: Operation, position: number): void {
    const operand = operation.operand(position);
    const { control, escaped } = this.#options;
    this.#join(operand, control === undefined ? escaped(operand) : control(operation, position, this.#solver));
  }

  #visitBranch(branch: Operation): void {
    const implementation = this.#solver.context.implementation(Branch, branch);
    const forwardedOperands = new Set<number>();
    for (const [position, successor] of branch.successors.entries()) {
      const range = implementation?.successorOperands(branch, position);
      if (range === undefined) continue;
      for (let index = 0; index < range.count; index++) {
        const argument = successor.arguments[successor.arguments.length - range.count + index];
        if (argument === undefined) continue;
        forwardedOperands.add(range.start + index);
        this.#join(branch.operand(range.start + index), this.#read(argument));
      }
    }
    for (let position = 0; position < branch.operandCount; position++)
      if (!forwardedOperands.has(position)) this.#control(branch, position);
  }

  /** The operands that `source` forwards along the edges of `operation`, and those that it only looks at. */
  #visitEdges(operation: Operation, source: Operation): void {
    const edges = this.#solver.context.implementation(RegionBranch, operation)?.(operation, source, []) ?? [];
    const forwardedOperands = new Set<number>();
    for (const { operands, inputs } of edges) {
      for (let index = 0; index < operands.count; index++) {
        const input = inputs[index];
        if (input === undefined) continue;
        forwardedOperands.add(operands.start + index);
        this.#join(source.operand(operands.start + index), this.#read(input));
      }
    }
    for (let position = 0; position < source.operandCount; position++)
      if (!forwardedOperands.has(position)) this.#control(source, position);
  }

  #visitReturn(callable: Operation, end: Operation): void {
    const sites = this.#solver.controlFlow.callSites(callable);
    for (const [position, operand] of end.operands.entries()) {
      if (sites === undefined) this.#join(operand, this.#options.escaped(operand));
      for (const call of sites ?? []) {
        const result = call.results[position];
        this.#join(operand, result === undefined ? this.#options.escaped(operand) : this.#read(result));
      }
    }
  }

  #visitCall(call: Operation): void {
    const { controlFlow, context } = this.#solver;
    const callee = controlFlow.callee(call);
    const entry = callee === undefined ? undefined : context.implementation(Callable, callee)?.region(callee)?.entry;
    const range = context.implementation(CallLike, call)?.arguments(call) ?? { start: 0, count: 0 };
    for (const [position, operand] of call.operands.entries()) {
      const argument =
        position >= range.start && position < range.start + range.count
          ? entry?.arguments[position - range.start]
          : undefined;
      this.#join(operand, argument === undefined ? this.#options.escaped(operand) : this.#read(argument));
    }
  }
}
