/**
 * Dense backward analyses: a fact per place in the program about what may happen after it ("which memory may still be
 * read"), carried against control flow. The author states what one operation makes of the fact after it.
 */
import { Callable, CallLike, RegionBranch } from "../../ir/interfaces.ts";
import { type Block, Operation, type Region, type Value } from "../../ir/operation.ts";
import type { Lattice } from "./lattice.ts";
import { checkOptions } from "./options.ts";
import { Cell, type DataflowAnalysis, type FactRunner, type Point, type Solver } from "./solver.ts";

export interface DenseBackwardOptions<T> {
  readonly name: string;
  readonly lattice: Lattice<T>;
  /** The fact where nothing is known of what runs next: after the end of a public function. */
  readonly exit: (end: Operation) => T;
  /** The fact before an operation, from the one after it. Must be monotone. Not asked for region control flow and known calls. */
  readonly transfer: (operation: Operation, after: T, solver: Solver) => T;
}

/** Declares a dense backward analysis. Its facts are asked for before an operation or at the start of a block. */
export function denseBackward<T>(options: DenseBackwardOptions<T>): DataflowAnalysis<T> {
  checkOptions("denseBackward", options, {
    exit: "the fact where nothing is known of what runs next, (operation) => fact",
    transfer: "the fact before an operation from the one after it, (operation, after) => fact",
  });
  return { name: options.name, start: (solver) => new DenseBackwardRunner(options, solver) };
}

class DenseBackwardRunner<T> implements FactRunner<T> {
  readonly #options: DenseBackwardOptions<T>;
  readonly #solver: Solver;
  readonly #cells = new Map<Operation, Cell<T>>();

  constructor(options: DenseBackwardOptions<T>, solver: Solver) {
    this.#options = options;
    this.#solver = solver;
  }

  fact(anchor: Value | Point): T | undefined {
    if (anchor instanceof Operation) return this.#cells.get(anchor)?.value;
    const first = "first" in anchor ? anchor.first : undefined;
    return first === undefined ? undefined : this.#cells.get(first)?.value;
  }

  initialize(root: Operation): void {
    const operations: Operation[] = [];
    root.walk((operation) => {
      if (operation !== root) operations.push(operation);
    });
    for (const operation of operations.reverse()) this.#solver.schedule(this, operation);
  }

  /** The fact before an operation. */
  #before(operation: Operation | undefined): T | undefined {
    if (operation === undefined) return undefined;
    let cell = this.#cells.get(operation);
    if (cell === undefined) {
      cell = new Cell<T>();
      this.#cells.set(operation, cell);
    }
    return this.#solver.read(cell);
  }

  #join(operation: Operation, fact: T | undefined, isWhole = false): void {
    if (fact === undefined) return;
    let cell = this.#cells.get(operation);
    if (cell === undefined) {
      cell = new Cell<T>();
      this.#cells.set(operation, cell);
    }
    const { name, lattice } = this.#options;
    this.#solver.join(name, lattice, cell, fact, operation, isWhole);
  }

  visit(point: Point): void {
    if (!(point instanceof Operation)) return;
    const { context, controlFlow } = this.#solver;
    if (context.implementation(RegionBranch, point) !== undefined && point.regions.length > 0) {
      for (const next of this.#along(point, point)) this.#join(point, next);
      return;
    }
    const callee = context.implementation(CallLike, point) === undefined ? undefined : controlFlow.callee(point);
    if (callee !== undefined) {
      this.#join(point, this.#before(context.implementation(Callable, callee)?.region(callee)?.entry?.first));
      return;
    }
    const after = this.#after(point);
    if (after !== undefined) this.#join(point, this.#options.transfer(point, after, this.#solver), true);
  }

  /** The fact after an operation: before what runs next, joined over all that may. */
  #after(operation: Operation): T | undefined {
    if (operation.next !== undefined) return this.#before(operation.next);
    const { context, controlFlow, root } = this.#solver;
    const parent = operation.parentOperation;
    if (operation.successors.length > 0) return this.#joined(operation.successors.map((block) => this.#start(block)));
    if (parent === undefined || parent === root) return this.#options.exit(operation);
    if (context.implementation(RegionBranch, parent) !== undefined) return this.#joined(this.#along(parent, operation));
    const sites = context.implementation(Callable, parent) === undefined ? undefined : controlFlow.callSites(parent);
    if (sites === undefined) return this.#options.exit(operation);
    return this.#joined([...sites].map((call) => this.#after(call)));
  }

  #start(target: Block | Region): T | undefined {
    const block = "entry" in target ? target.entry : target;
    return this.#before(block?.first);
  }

  /** The facts at the ends of the edges from `source`. */
  #along(operation: Operation, source: Operation): (T | undefined)[] {
    const edges = this.#solver.context.implementation(RegionBranch, operation)?.(operation, source, []) ?? [];
    return edges.map(({ target }) => (target === undefined ? this.#after(operation) : this.#start(target)));
  }

  #joined(facts: readonly (T | undefined)[]): T | undefined {
    let joined: T | undefined;
    for (const fact of facts) {
      if (fact === undefined) continue;
      joined = joined === undefined ? fact : this.#options.lattice.join(joined, fact);
    }
    return joined;
  }
}
