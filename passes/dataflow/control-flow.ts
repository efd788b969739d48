/**
 * Where control may go: which blocks and edges are reached, from where regions and results get their values, who calls
 * whom. It runs in every solver, and gets more precise when constant propagation runs beside it (a branch on a known
 * condition reaches one successor only).
 */
import { type Attribute, SymbolReferenceAttribute } from "../../ir/attributes.ts";
import { constantOf } from "../../ir/effects.ts";
import { Branch, Callable, CallLike, RegionBranch, type RegionEdge } from "../../ir/interfaces.ts";
import { Block, Operation, type Region, type Value } from "../../ir/operation.ts";
import { resolveSymbol } from "../../ir/symbol-table.ts";
import { SymbolUses } from "../symbol-uses.ts";
import { Cell, type Point, type Runner, type Solver } from "./solver.ts";

/** Where control comes from, with what each source passes on. */
export type Sources = ReadonlyMap<Operation, RegionEdge>;
export type Constants = readonly (Attribute | undefined)[];

export class ControlFlow implements Runner {
  readonly #solver: Solver;
  readonly #live = new Map<Block, Cell<true>>();
  readonly #edges = new Map<Block, Map<Block, Cell<true>>>();
  readonly #sources = new Map<Region | Operation, Cell<Sources>>();
  readonly #callSites = new Map<Operation, Cell<ReadonlySet<Operation>>>();
  readonly #returns = new Map<Operation, Cell<ReadonlySet<Operation>>>();
  readonly #openCallables = new Map<Operation, boolean>();
  readonly #predecessors = new Map<Block, Block[]>();
  #symbolUses: SymbolUses | undefined = undefined;
  /** The constants of an operation's operands; set by constant propagation. Undefined: not known yet. */
  constants: (operation: Operation) => Constants | undefined = (operation) => operation.operands.map(constantOf);

  constructor(solver: Solver) {
    this.#solver = solver;
  }

  initialize(root: Operation): void {
    const { context } = this.#solver;
    for (const region of root.regions) if (region.entry !== undefined) this.#reach(region.entry);
    const pending: Operation[] = [root];
    for (let operation = pending.pop(); operation !== undefined; operation = pending.pop()) {
      const last = operation.block?.last === operation;
      if (operation.regions.length > 0 || last || context.implementation(CallLike, operation) !== undefined)
        this.#solver.schedule(this, operation);
      for (const region of operation.regions) {
        for (const block of region.blocks) {
          for (const successor of block.successors) this.#addPredecessor(successor, block);
          pending.push(...block.operations);
        }
      }
    }
  }

  #addPredecessor(block: Block, predecessor: Block): void {
    const known = this.#predecessors.get(block);
    if (known === undefined) this.#predecessors.set(block, [predecessor]);
    else if (known.at(-1) !== predecessor) known.push(predecessor);
  }

  predecessors(block: Block): readonly Block[] {
    return this.#predecessors.get(block) ?? [];
  }

  // ------------------------------------------------------------------------------------------------------- questions

  // What is reached stays so: nobody needs to be told again.
  isLive(block: Block): boolean {
    const cell = cellIn(this.#live, block);
    return cell.value === true || this.#solver.read(cell) === true;
  }

  isLiveEdge(from: Block, to: Block): boolean {
    const cell = this.#edge(from, to);
    return cell.value === true || this.#solver.read(cell) === true;
  }

  /** Whether control may reach an operation's block; the root is always reached. */
  isReached(operation: Operation): boolean {
    return operation === this.#solver.root || operation.block === undefined || this.isLive(operation.block);
  }

  /** From where control enters a region, or leaves an operation, by its RegionBranch interface. */
  sources(target: Region | Operation): Sources {
    return this.#solver.read(cellIn(this.#sources, target)) ?? noSources;
  }

  /** All calls of a callable; undefined where there may be others. */
  callSites(callable: Operation): ReadonlySet<Operation> | undefined {
    if (this.#isOpen(callable)) return undefined;
    return this.#solver.read(cellIn(this.#callSites, callable)) ?? noOperations;
  }

  /** The operations with which a callable returns, as far as they are reached. */
  returns(callable: Operation): ReadonlySet<Operation> {
    return this.#solver.read(cellIn(this.#returns, callable)) ?? noOperations;
  }

  /** The callable with a body that a call reaches, inside the root; undefined where the callee is not known. */
  callee(call: Operation): Operation | undefined {
    const { context, interprocedural, root } = this.#solver;
    const reference = context.implementation(CallLike, call)?.callee(call);
    if (!interprocedural || !(reference instanceof SymbolReferenceAttribute)) return undefined;
    const target = resolveSymbol(call, reference);
    if (target === undefined || context.implementation(Callable, target)?.region(target) === undefined)
      return undefined;
    return target !== root && root.isAncestorOf(target) ? target : undefined;
  }

  /** Whether a callable may be called from where nobody looks: public, named by others than calls, or the root. */
  #isOpen(callable: Operation): boolean {
    let isOpen = this.#openCallables.get(callable);
    if (isOpen === undefined) {
      const { context, root, interprocedural } = this.#solver;
      this.#symbolUses ??= new SymbolUses(root, context);
      isOpen = !interprocedural || callable === root || this.#symbolUses.onlyCalls(callable) === undefined;
      this.#openCallables.set(callable, isOpen);
    }
    return isOpen;
  }

  // ---------------------------------------------------------------------------------------------------------- visits

  visit(point: Point): void {
    if (!(point instanceof Operation) || !this.isReached(point)) return;
    const { context } = this.#solver;
    if (context.implementation(CallLike, point) !== undefined) this.#visitCall(point);
    if (point.regions.length > 0) this.#visitRegions(point);
    if (point.successors.length > 0) this.#visitBranch(point);
    else if (point.block?.last === point) this.#visitEnd(point);
  }

  #visitCall(call: Operation): void {
    const callee = this.callee(call);
    if (callee === undefined) return;
    this.#add(cellIn(this.#callSites, callee), call);
  }

  #visitRegions(operation: Operation): void {
    const { context } = this.#solver;
    const edges = context.implementation(RegionBranch, operation);
    if (edges !== undefined) {
      const constants = this.constants(operation);
      if (constants !== undefined) this.#follow(operation, operation, edges(operation, operation, constants));
      return;
    }
    const callable = context.implementation(Callable, operation);
    if (callable !== undefined) {
      const entry = callable.region(operation)?.entry;
      const sites = this.callSites(operation);
      if (entry !== undefined && (sites === undefined || sites.size > 0)) this.#reach(entry);
      return;
    }
    for (const region of operation.regions) if (region.entry !== undefined) this.#reach(region.entry);
  }

  #visitBranch(branch: Operation): void {
    const { block } = branch;
    if (block === undefined) return;
    const implementation = this.#solver.context.implementation(Branch, branch);
    let taken: number | undefined;
    if (implementation?.taken !== undefined) {
      const constants = this.constants(branch);
      if (constants === undefined) return;
      taken = implementation.taken(branch, constants);
    }
    for (const [position, successor] of branch.successors.entries()) {
      if (taken !== undefined && position !== taken) continue;
      const edge = this.#edge(block, successor);
      if (edge.value !== true) this.#solver.write(edge, true);
      this.#reach(successor);
    }
  }

  /** The last operation of a block without successors: control goes on in the operation around, or returns to callers. */
  #visitEnd(end: Operation): void {
    const { context } = this.#solver;
    const parent = end.parentOperation;
    if (parent === undefined) return;
    const edges = context.implementation(RegionBranch, parent);
    if (edges !== undefined) {
      if (!(end.definition?.hasTrait("Terminator") ?? false)) return;
      const constants = this.constants(end);
      if (constants !== undefined) this.#follow(parent, end, edges(parent, end, constants));
    } else if (end.definition?.hasTrait("ReturnLike") && context.implementation(Callable, parent) !== undefined) {
      this.#add(cellIn(this.#returns, parent), end);
    }
  }

  #follow(operation: Operation, source: Operation, edges: readonly RegionEdge[]): void {
    for (const edge of edges) {
      const cell = cellIn(this.#sources, edge.target ?? operation);
      const known = cell.value ?? noSources;
      if (!known.has(source)) this.#solver.write(cell, new Map([...known, [source, edge]]));
      if (edge.target?.entry !== undefined) this.#reach(edge.target.entry);
    }
  }

  #reach(block: Block): void {
    const cell = cellIn(this.#live, block);
    if (cell.value !== true) this.#solver.write(cell, true);
  }

  #add(cell: Cell<ReadonlySet<Operation>>, operation: Operation): void {
    const known = cell.value ?? noOperations;
    if (!known.has(operation)) this.#solver.write(cell, new Set([...known, operation]));
  }

  #edge(from: Block, to: Block): Cell<true> {
    let edges = this.#edges.get(from);
    if (edges === undefined) {
      edges = new Map();
      this.#edges.set(from, edges);
    }
    return cellIn(edges, to);
  }
}

const noSources: Sources = new Map();
const noOperations: ReadonlySet<Operation> = new Set();

function cellIn<K, T>(cells: Map<K, Cell<T>>, key: K): Cell<T> {
  let cell = cells.get(key);
  if (cell === undefined) {
    cell = new Cell<T>();
    cells.set(key, cell);
  }
  return cell;
}

/** The value that an edge gives to `input`: undefined where the edge does not say. */
export function forwarded(source: Operation, edge: RegionEdge, input: Value): Value | undefined {
  const position = edge.inputs.indexOf(input);
  return position < 0 || position >= edge.operands.count ? undefined : source.operands[edge.operands.start + position];
}

/** The value that a branch passes for an argument of its successor: undefined where it is not known. */
export function passed(branch: Operation, successor: number, argument: number, solver: Solver): Value | undefined {
  const range = solver.context.implementation(Branch, branch)?.successorOperands(branch, successor);
  const block = branch.successors[successor];
  if (range === undefined || !(block instanceof Block)) return undefined;
  const position = argument - (block.arguments.length - range.count);
  return position < 0 ? undefined : branch.operands[range.start + position];
}
