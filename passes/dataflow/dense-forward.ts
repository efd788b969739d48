/**
 * Dense forward analyses: a fact per place in the program ("which stores may have written this memory last"), carried along
 * control flow through blocks, regions and calls. The author states what one operation makes of the fact before it.
 */
import { Callable, CallLike, RegionBranch } from "../../ir/interfaces.ts";
import { type Block, Operation, Value } from "../../ir/operation.ts";
import type { Lattice } from "./lattice.ts";
import { checkOptions } from "./options.ts";
import { Cell, type DataflowAnalysis, type FactRunner, type Point, type Solver } from "./solver.ts";

export interface DenseForwardOptions<T> {
  readonly name: string;
  readonly lattice: Lattice<T>;
  /** The fact where nothing is known of what ran before: at the start of a public function. */
  readonly entry: (block: Block) => T;
  /** The fact after an operation, from the one before it. Must be monotone. Not asked for region control flow and known calls. */
  readonly transfer: (operation: Operation, before: T, solver: Solver) => T;
}

/** Declares a dense forward analysis. Its facts are asked for after an operation or at the start of a block. */
export function denseForward<T>(options: DenseForwardOptions<T>): DataflowAnalysis<T> {
  checkOptions("denseForward", options, {
    entry: "the fact where nothing is known of what ran before, (block) => fact",
    transfer: "the fact after an operation from the one before it, (operation, before) => fact",
  });
  return { name: options.name, start: (solver) => new DenseForwardRunner(options, solver) };
}

class DenseForwardRunner<T> implements FactRunner<T> {
  readonly #options: DenseForwardOptions<T>;
  readonly #solver: Solver;
  readonly #cells = new Map<Point, Cell<T>>();

  constructor(options: DenseForwardOptions<T>, solver: Solver) {
    this.#options = options;
    this.#solver = solver;
  }

  fact(anchor: Value | Point): T | undefined {
    return anchor instanceof Value ? undefined : this.#cells.get(anchor)?.value;
  }

  initialize(root: Operation): void {
    root.walk((operation) => {
      if (operation !== root) this.#solver.schedule(this, operation);
      for (const region of operation.regions) for (const block of region.blocks) this.#solver.schedule(this, block);
    });
  }

  #cell(point: Point): Cell<T> {
    let cell = this.#cells.get(point);
    if (cell === undefined) {
      cell = new Cell<T>();
      this.#cells.set(point, cell);
    }
    return cell;
  }

  #after(point: Point): T | undefined {
    return this.#solver.read(this.#cell(point));
  }

  /** The fact before an operation: after the one before it, or at the start of its block. */
  #before(operation: Operation): T | undefined {
    const point = operation.previous ?? operation.block;
    return point === undefined ? undefined : this.#after(point);
  }

  #join(point: Point, fact: T | undefined, isWhole = false): void {
    if (fact === undefined) return;
    const { name, lattice } = this.#options;
    this.#solver.join(name, lattice, this.#cell(point), fact, point, isWhole);
  }

  visit(point: Point): void {
    const { controlFlow, context } = this.#solver;
    if (!(point instanceof Operation)) {
      if (controlFlow.isLive(point)) this.#visitBlock(point);
      return;
    }
    if (!controlFlow.isReached(point)) return;
    if (context.implementation(RegionBranch, point) !== undefined && point.regions.length > 0) {
      for (const source of controlFlow.sources(point).keys())
        this.#join(point, source === point ? this.#before(point) : this.#after(source));
      return;
    }
    const callee = context.implementation(CallLike, point) === undefined ? undefined : controlFlow.callee(point);
    if (callee !== undefined) {
      for (const end of controlFlow.returns(callee)) this.#join(point, this.#after(end));
      return;
    }
    const before = this.#before(point);
    if (before !== undefined) this.#join(point, this.#options.transfer(point, before, this.#solver), true);
  }

  #visitBlock(block: Block): void {
    const { controlFlow, context, root } = this.#solver;
    const parent = block.parentOperation;
    if (block.region?.entry === block && parent !== undefined) {
      const sites = context.implementation(Callable, parent) === undefined ? undefined : controlFlow.callSites(parent);
      if (sites !== undefined) for (const call of sites) this.#join(block, this.#before(call));
      else if (parent === root || context.implementation(Callable, parent) !== undefined) {
        this.#join(block, this.#options.entry(block));
      } else if (context.implementation(RegionBranch, parent) !== undefined) {
        for (const source of controlFlow.sources(block.region).keys())
          this.#join(block, source === parent ? this.#before(parent) : this.#after(source));
      } else this.#join(block, this.#options.entry(block));
    }
    for (const predecessor of controlFlow.predecessors(block)) {
      const branch = predecessor.last;
      if (branch !== undefined && controlFlow.isLiveEdge(predecessor, block)) this.#join(block, this.#after(branch));
    }
  }
}
