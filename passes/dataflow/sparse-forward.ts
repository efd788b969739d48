/**
 * Sparse forward analyses: a fact per value, computed from the facts of the operands. Block arguments, the results of
 * structured control flow and (where all callers are known) of calls join what reaches them; the author only states what
 * an ordinary operation does.
 */
import { Callable, CallLike, RegionBranch } from "../../ir/interfaces.ts";
import { type BlockArgument, Operation, Value } from "../../ir/operation.ts";
import { forwarded, passed } from "./control-flow.ts";
import type { Lattice } from "./lattice.ts";
import { checkOptions } from "./options.ts";
import { Cell, type DataflowAnalysis, type FactRunner, type Point, type Solver } from "./solver.ts";

/** Asks for the fact of any value; undefined: nothing reaches it yet. What asks is computed again when it changes. */
export type FactQuery<T> = (value: Value) => T | undefined;

export interface SparseForwardOptions<T> {
  /** For messages and timing. */
  readonly name: string;
  readonly lattice: Lattice<T>;
  /** The fact of a value that comes from where nobody looks: a public function's parameter, the result of an unknown call. */
  readonly unknown: (value: Value) => T;
  /**
   * The facts of the results, one each, from those of the operands (in order); undefined: unknown. Must be monotone: operands of which
   * less is known must not give results of which more is known.
   */
  readonly transfer: (
    operation: Operation,
    operands: readonly T[],
    factOf: FactQuery<T>,
    solver: Solver,
  ) => readonly T[] | undefined;
  /** The fact of an argument that its operation gives without stating from what (a loop's counter); undefined: not known yet. Absent: unknown. */
  readonly argument?: (argument: BlockArgument, factOf: FactQuery<T>, solver: Solver) => T | undefined;
  /** Called once when a solver starts the analysis. */
  readonly started?: (solver: Solver, factOf: FactQuery<T>) => void;
  /** Join results with what was found before instead of refusing a transfer that is not monotone. Default false. */
  readonly accumulate?: boolean;
}

/** Declares a sparse forward analysis. */
export function sparseForward<T>(options: SparseForwardOptions<T>): DataflowAnalysis<T> {
  checkOptions("sparseForward", options, {
    unknown: "the fact of a value that comes from where nobody looks, (value) => fact",
    transfer: "the facts of results from those of operands, (operation, operands) => facts",
  });
  return { name: options.name, start: (solver) => new SparseForwardRunner(options, solver) };
}

class SparseForwardRunner<T> implements FactRunner<T> {
  readonly #options: SparseForwardOptions<T>;
  readonly #solver: Solver;
  readonly #cells = new Map<Value, Cell<T>>();
  readonly #factOf: FactQuery<T> = (value) => {
    const cell = this.#cell(value);
    const known = cell.value;
    return known !== undefined && known === this.#options.lattice.top ? known : this.#solver.read(cell);
  };

  constructor(options: SparseForwardOptions<T>, solver: Solver) {
    this.#options = options;
    this.#solver = solver;
    options.started?.(solver, this.#factOf);
  }

  fact(anchor: Value | Point): T | undefined {
    return anchor instanceof Value ? this.#cells.get(anchor)?.value : undefined;
  }

  initialize(root: Operation): void {
    const pending: Operation[] = [root];
    for (let operation = pending.pop(); operation !== undefined; operation = pending.pop()) {
      if (operation.results.length > 0) this.#solver.schedule(this, operation);
      for (const region of [...operation.regions].reverse()) {
        for (const block of [...region.blocks].reverse()) {
          for (let inner = block.last; inner !== undefined; inner = inner.previous) pending.push(inner);
        }
        for (const block of region.blocks) if (block.arguments.length > 0) this.#solver.schedule(this, block);
      }
    }
  }

  visit(point: Point): void {
    const { controlFlow } = this.#solver;
    if (!(point instanceof Operation)) {
      if (controlFlow.isLive(point)) for (const argument of point.arguments) this.#visitArgument(argument);
      return;
    }
    if (!controlFlow.isReached(point)) return;
    const { context } = this.#solver;
    if (point.regions.length > 0 && context.implementation(RegionBranch, point) !== undefined) {
      this.#visitRegionResults(point);
    } else if (context.implementation(CallLike, point) !== undefined) this.#visitCall(point);
    else this.#transfer(point);
  }

  #cell(value: Value): Cell<T> {
    let cell = this.#cells.get(value);
    if (cell === undefined) {
      cell = new Cell<T>();
      this.#cells.set(value, cell);
    }
    return cell;
  }

  #join(value: Value, fact: T | undefined, isWhole = false): void {
    if (fact === undefined) return;
    const { name, lattice } = this.#options;
    this.#solver.join(name, lattice, this.#cell(value), fact, value, isWhole);
  }

  #joinFrom(value: Value, source: Value | undefined): void {
    this.#join(value, source === undefined ? this.#options.unknown(value) : this.#factOf(source));
  }

  #transfer(operation: Operation): void {
    const operands: T[] = [];
    for (const value of operation.operands) {
      const fact = this.#factOf(value);
      if (fact === undefined) return;
      operands.push(fact);
    }
    const { transfer, unknown, accumulate } = this.#options;
    const facts = transfer(operation, operands, this.#factOf, this.#solver);
    for (const [position, result] of operation.results.entries()) {
      const fact = facts === undefined ? unknown(result) : facts[position];
      this.#join(result, fact, accumulate !== true);
    }
  }

  #visitRegionResults(operation: Operation): void {
    for (const [source, edge] of this.#solver.controlFlow.sources(operation)) {
      for (const result of operation.results) this.#joinFrom(result, forwarded(source, edge, result));
    }
  }

  #visitCall(call: Operation): void {
    const { controlFlow } = this.#solver;
    const callee = controlFlow.callee(call);
    if (callee === undefined) {
      this.#transfer(call);
      return;
    }
    for (const end of controlFlow.returns(callee)) {
      for (const [position, result] of call.results.entries()) this.#joinFrom(result, end.operands[position]);
    }
  }

  #visitArgument(argument: BlockArgument): void {
    const { controlFlow, context } = this.#solver;
    const block = argument.owner;
    const parent = block.parentOperation;
    if (block.region?.entry === block && parent !== undefined) {
      const sites = context.implementation(Callable, parent) === undefined ? undefined : controlFlow.callSites(parent);
      if (sites !== undefined) this.#joinCallSites(argument, sites);
      else if (context.implementation(RegionBranch, parent) !== undefined && block.region !== undefined) {
        for (const [source, edge] of controlFlow.sources(block.region)) {
          const from = forwarded(source, edge, argument);
          if (from === undefined) this.#joinOwn(argument);
          else this.#joinFrom(argument, from);
        }
      } else this.#joinOwn(argument);
    }
    for (const predecessor of controlFlow.predecessors(block)) {
      const branch = predecessor.last;
      if (branch === undefined || !controlFlow.isLiveEdge(predecessor, block)) continue;
      for (const [position, successor] of branch.successors.entries()) {
        if (successor === block) this.#joinFrom(argument, passed(branch, position, argument.index, this.#solver));
      }
    }
  }

  #joinOwn(argument: BlockArgument): void {
    const { argument: own, unknown } = this.#options;
    this.#join(argument, own === undefined ? unknown(argument) : own(argument, this.#factOf, this.#solver));
  }

  #joinCallSites(argument: BlockArgument, sites: ReadonlySet<Operation>): void {
    for (const call of sites) {
      const range = this.#solver.context.implementation(CallLike, call)?.arguments(call);
      const given = range === undefined || argument.index >= range.count ? undefined : range.start + argument.index;
      this.#joinFrom(argument, given === undefined ? undefined : call.operands[given]);
    }
  }
}
