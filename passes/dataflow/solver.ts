/**
 * The solver of dataflow analyses: cells that hold facts, tasks that recompute them, and a work list that runs a task again
 * when a cell that it read has changed. What a task reads is noted while it runs, so that analyses never state their
 * dependencies. The IR must not change meanwhile.
 */
import type { Context } from "../../ir/context.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { originOf } from "../../ir/location.ts";
import { type Block, Operation, Value } from "../../ir/operation.ts";
import { ControlFlow } from "./control-flow.ts";
import { defaultHeight, type Lattice, printFact, sameFact, widenAfter } from "./lattice.ts";

/** What a task is about. */
export type Point = Operation | Block;

/** One run of an analysis on a module. */
export interface Runner {
  /** Schedules the first visits. */
  readonly initialize: (root: Operation) => void;
  readonly visit: (point: Point) => void;
}

/** A runner whose facts can be asked for. */
export interface FactRunner<T> extends Runner {
  readonly fact: (anchor: Value | Point) => T | undefined;
}

/** An analysis as users declare it: `sparseForward({...})` and its siblings make them. */
export interface DataflowAnalysis<T> {
  readonly name: string;
  readonly start: (solver: Solver) => FactRunner<T>;
}

interface Task {
  readonly runner: Runner;
  readonly point: Point;
  queued: boolean;
}

/** A fact that changes while the solver runs; undefined: nothing reaches it (yet). */
export class Cell<T> {
  value: T | undefined = undefined;
  /** How often the fact grew. */
  growths = 0;
  /** Tasks that read it: few for most cells, so a list, which becomes a set when it is long. */
  readers: Task[] | Set<Task> = noReaders;

  addReader(task: Task): void {
    const { readers } = this;
    if (readers instanceof Set) readers.add(task);
    else if (readers.length === 0) this.readers = [task];
    else if (readers.includes(task)) return;
    else if (readers.length < 16) readers.push(task);
    else this.readers = new Set([...readers, task]);
  }
}

const noReaders: Task[] = [];

export interface SolveOptions {
  /** Follow values through calls of functions whose callers are all known. Default true. */
  readonly interprocedural?: boolean;
}

export class Solver {
  readonly context: Context;
  readonly root: Operation;
  readonly interprocedural: boolean;
  readonly controlFlow: ControlFlow;
  readonly #tasks = new Map<Runner, Map<Point, Task>>();
  readonly #queue: Task[] = [];
  readonly #runners = new Map<DataflowAnalysis<never> | DataflowAnalysis<unknown>, FactRunner<unknown>>();
  #current: Task | undefined = undefined;

  constructor(root: Operation, context: Context, options: SolveOptions = {}) {
    this.context = context;
    this.root = root;
    this.interprocedural = options.interprocedural ?? true;
    this.controlFlow = new ControlFlow(this);
  }

  /** Runs the analyses together to their common fixed point. */
  run(analyses: readonly DataflowAnalysis<unknown>[]): void {
    for (const analysis of analyses) this.runner(analysis);
    this.controlFlow.initialize(this.root);
    for (const runner of this.#runners.values()) runner.initialize(this.root);
    for (let head = 0; head < this.#queue.length; head++) {
      const task = this.#queue[head]!;
      task.queued = false;
      this.#current = task;
      task.runner.visit(task.point);
      if (head > 65536) {
        this.#queue.splice(0, head + 1);
        head = -1;
      }
    }
    this.#current = undefined;
  }

  /** The runner of an analysis, started if it is not running. */
  runner<T>(analysis: DataflowAnalysis<T>): FactRunner<T> {
    let runner = this.#runners.get(analysis);
    if (runner === undefined) {
      runner = analysis.start(this);
      this.#runners.set(analysis, runner);
    }
    // The runner was started by this very analysis: its facts have the analysis's type.
    return runner as FactRunner<T>;
  }

  isRunning<T>(analysis: DataflowAnalysis<T>): boolean {
    return this.#runners.has(analysis);
  }

  schedule(runner: Runner, point: Point): void {
    let tasks = this.#tasks.get(runner);
    if (tasks === undefined) {
      tasks = new Map();
      this.#tasks.set(runner, tasks);
    }
    let task = tasks.get(point);
    if (task === undefined) {
      task = { runner, point, queued: false };
      tasks.set(point, task);
    }
    this.#enqueue(task);
  }

  #enqueue(task: Task): void {
    if (task.queued) return;
    task.queued = true;
    this.#queue.push(task);
  }

  /** The fact in a cell. The task that runs now will run again when it changes. */
  read<T>(cell: Cell<T>): T | undefined {
    if (this.#current !== undefined) cell.addReader(this.#current);
    return cell.value;
  }

  /** Sets a cell and wakes its readers. */
  write<T>(cell: Cell<T>, value: T): void {
    cell.value = value;
    for (const task of cell.readers) this.#enqueue(task);
  }

  /**
   * Joins a fact into a cell. Throws where the fact grows without end, naming the analysis and where; and, with
   * `isWhole` (the fact is all that is known, computed from facts that only grow), where it does not include what was
   * found before: then the transfer function is not monotone.
   */
  join<T>(name: string, lattice: Lattice<T>, cell: Cell<T>, fact: T, anchor: Value | Point, isWhole = false): void {
    const older = cell.value;
    if (older === undefined) {
      this.write(cell, fact);
      return;
    }
    let newer = lattice.join(older, fact);
    if (isWhole && cell.growths <= widenAfter && !sameFact(lattice, newer, fact)) {
      throw analysisError(
        anchor,
        `analysis '${name}' is not monotone here: it found ${printFact(lattice, older)} first and ` +
          `${printFact(lattice, fact)} later, which does not include it, although what it was given only grew`,
      );
    }
    if (sameFact(lattice, newer, older)) return;
    cell.growths++;
    if (cell.growths > widenAfter && lattice.widen !== undefined) newer = lattice.widen(older, newer);
    if (cell.growths > (lattice.height ?? defaultHeight)) {
      throw analysisError(
        anchor,
        `analysis '${name}' does not end here: its fact grew ${cell.growths} times, last from ${printFact(lattice, older)} ` +
          `to ${printFact(lattice, newer)}; give its lattice a 'widen', or a 'height' if so many growths are right`,
      );
    }
    this.write(cell, newer);
  }
}

/** The operation that stands for an anchor in messages. */
function operationOf(anchor: Value | Point): Operation | undefined {
  if (anchor instanceof Operation) return anchor;
  return anchor instanceof Value ? (anchor.definer ?? anchor.parentBlock?.parentOperation) : anchor.parentOperation;
}

export function analysisError(anchor: Value | Point, message: string): DiagnosticError {
  const operation = operationOf(anchor);
  if (operation !== undefined) return operation.error(message);
  return new DiagnosticError(message, anchor instanceof Value ? originOf(anchor.location) : {});
}

/** What the analyses found. */
export class Solution {
  readonly #solver: Solver;

  constructor(solver: Solver) {
    this.#solver = solver;
  }

  /**
   * The fact that `analysis` found: for a sparse analysis about a value; for a dense one after an operation (forward) or
   * before it (backward), or at the start of a block. Undefined: nothing reaches it.
   */
  fact<T>(analysis: DataflowAnalysis<T>, anchor: Value | Point): T | undefined {
    if (!this.#solver.isRunning(analysis)) throw new Error(`the analysis '${analysis.name}' was not solved`);
    return this.#solver.runner(analysis).fact(anchor);
  }

  /** Whether control may reach a block. */
  isLive(block: Block): boolean {
    return this.#solver.controlFlow.isLive(block);
  }

  /** Whether control may go from one block to the next. */
  isLiveEdge(from: Block, to: Block): boolean {
    return this.#solver.controlFlow.isLiveEdge(from, to);
  }
}

/** Runs analyses on `root` and everything inside it, until nothing changes. */
export function solve(
  root: Operation,
  context: Context,
  analyses: readonly DataflowAnalysis<unknown>[],
  options: SolveOptions = {},
): Solution {
  const solver = new Solver(root, context, options);
  solver.run(analyses);
  return new Solution(solver);
}
