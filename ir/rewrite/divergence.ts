/**
 * Tells rewriting that does not end from rewriting that is merely long. Every operation that a rewrite made or kept has a
 * generation: how many rewrites led to it. Endless rewriting has ever higher generations, whatever the program's size;
 * where one gets high, the program's fingerprint shows whether a state came back (patterns that undo each other: the
 * actions in between are exactly the cycle), and the number of operations whether it grows.
 */
import type { DiagnosticError, DiagnosticNote } from "../diagnostic-error.ts";
import { type Location, nameOf, placeOf } from "../location.ts";
import type { Operation } from "../operation.ts";
import { Fingerprinter } from "./fingerprint.ts";

/** One rewrite. */
interface Action {
  /** How messages name it: "the pattern x", "the fold of 'arith.addi'". */
  readonly name: string;
  readonly operation: string;
  readonly location: Location;
  readonly generation: number;
  /** Names of the operations that it made. */
  readonly made: readonly string[];
}

/** A state of the program to which later ones are compared. */
interface SavedState {
  readonly scope: Operation;
  readonly fingerprint: number;
  readonly operationCount: number;
  readonly action: string;
  readonly step: number;
}

/** Generations from which states are compared. Chains of sound rewrites are rarely longer. */
const suspicious = 24;
/** How many past actions are kept for messages. */
const logLength = 4096;

export class DivergenceMonitor {
  readonly #root: Operation;
  readonly #limit: number;
  readonly #generations = new Map<Operation, number>();
  readonly #fingerprinter = new Fingerprinter();
  readonly #log: Action[] = [];
  /** Operations in the program, relative to when the watch began. */
  #operationCount = 0;
  readonly #startCount: number;
  #largestCount: number;
  #step = 0;
  #saved: SavedState | undefined = undefined;
  /** Steps after which the saved state is replaced by a newer one, for cycles that are longer or begin later. */
  #window = 16;
  /** Set once a state has come back: the next time tells the shortest cycle. */
  #isConfirming = false;

  /** `operationCount`: operations in the program now. `limit`: generations that are taken for endless. */
  constructor(root: Operation, operationCount: number, limit: number) {
    this.#root = root;
    this.#operationCount = operationCount;
    this.#startCount = operationCount;
    this.#largestCount = operationCount;
    this.#limit = limit;
  }

  /** An operation was erased: it has no generation any more. */
  erased(operation: Operation): void {
    this.#operationCount--;
    this.#generations.delete(operation);
  }

  inserted(): void {
    this.#operationCount++;
  }

  /** The generation of an operation, to be asked before the rewrite. */
  generationOf(operation: Operation): number {
    return this.#generations.get(operation) ?? 0;
  }

  /**
   * Records that `action` rewrote `operation` (of `generation`; it may be erased) and made `made`. Returns the error to
   * throw where this is endless.
   */
  record(
    action: string,
    operation: Operation,
    generation: number,
    made: readonly Operation[],
  ): DiagnosticError | undefined {
    const next = generation + 1;
    this.#step++;
    for (const each of made) if (each.block !== undefined) this.#generations.set(each, next);
    if (operation.block !== undefined) this.#generations.set(operation, next);
    if (this.#log.length >= 2 * logLength) this.#log.splice(0, logLength);
    this.#log.push({
      name: action,
      operation: operation.name,
      location: operation.location,
      generation: next,
      made: made.map(({ name }) => name),
    });
    this.#largestCount = Math.max(this.#largestCount, this.#operationCount);
    if (next < suspicious) return undefined;
    // Nothing sound works longer on one operation than it takes to move past all others.
    if (next > this.#limit + 2 * (this.#isGrowing(next) ? 0 : this.#largestCount))
      return this.#endless(operation, next);
    return this.#compare(action, operation);
  }

  #isGrowing(generation: number): boolean {
    return 2 * (this.#operationCount - this.#startCount) >= generation;
  }

  #compare(action: string, operation: Operation): DiagnosticError | undefined {
    // Fingerprints may take a few times the work of the rewrites themselves, and no more.
    if (!this.#isConfirming && this.#fingerprinter.work > 1_000_000 + 8 * this.#step) return undefined;
    const saved = this.#saved;
    if (saved === undefined) {
      this.#save(action, operation);
      return undefined;
    }
    const isCandidate =
      saved.operationCount === this.#operationCount && (saved.action === action || this.#isConfirming);
    if (isCandidate && this.#fingerprinter.of(saved.scope) === saved.fingerprint) {
      const length = this.#step - saved.step;
      const work = this.#operationCount * length;
      if (this.#isConfirming || length === 1 || length > logLength || work > 1_000_000) {
        return this.#cycle(operation, Math.min(length, this.#log.length));
      }
      this.#isConfirming = true;
      this.#save(action, operation);
    } else if (this.#step - saved.step > this.#window) {
      this.#window *= 2;
      this.#isConfirming = false;
      this.#save(action, operation);
    }
    return undefined;
  }

  #save(action: string, operation: Operation): void {
    const scope = this.#scopeOf(operation);
    this.#saved = {
      scope,
      fingerprint: this.#fingerprinter.of(scope),
      operationCount: this.#operationCount,
      action,
      step: this.#step,
    };
  }

  /** The isolated operation around, to which the cycle is expected to keep. */
  #scopeOf(operation: Operation): Operation {
    for (let around = operation.parentOperation; around !== undefined; around = around.parentOperation) {
      if (around === this.#root) break;
      if (around.definition?.hasTrait("IsolatedFromAbove")) return around;
    }
    return this.#root;
  }

  #cycle(operation: Operation, length: number): DiagnosticError {
    const actions = this.#log.slice(-length);
    const names = distinct(actions.map(({ name }) => name));
    const steps = length === 1 ? "one step" : `${length} steps`;
    const [only] = names;
    const made = distinct(actions.flatMap((action) => action.made)).map((name) => `'${name}'`);
    let how = `${only} undoes itself`;
    if (names.length > 1) how = `${listed(names)} undo each other`;
    else if (length === 1 && made.length > 0 && operation.block !== undefined)
      how = `${only} inserts ${listed(made)}, which nobody uses and which is removed again`;
    else if (length === 1) how = `${only} says that it matched, but the IR is the same afterwards`;
    return operation.error(`is being rewritten without end: ${how} (the IR is the same again after ${steps})`, [
      ...notesOf(actions),
    ]);
  }

  #endless(operation: Operation, generation: number): DiagnosticError {
    const actions = this.#log.filter((action) => 2 * action.generation > generation).slice(-256);
    const names = distinct(actions.map(({ name }) => name));
    const subject = listed(names);
    const isSingle = names.length === 1;
    const count = `${generation} rewrites in a row`;
    if (this.#isGrowing(generation)) {
      const made = distinct(actions.flatMap((action) => action.made)).map((name) => `'${name}'`);
      const grown = this.#operationCount - this.#startCount;
      return operation.error(
        `is being rewritten without end: ${subject} ${isSingle ? "keeps" : "keep"} inserting ${listed(made)} ` +
          `(${count}, ${grown} operations more than before)`,
        notesOf(actions.slice(-names.length)),
      );
    }
    return operation.error(
      `is being rewritten without end: ${subject} ${isSingle ? "changes" : "change"} it again and again, ` +
        `never to the same IR twice (${count})`,
      notesOf(actions.slice(-names.length)),
    );
  }
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

function listed(names: readonly string[]): string {
  if (names.length < 3) return names.join(" and ");
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** One note per action, at its operation, the first few. */
function notesOf(actions: readonly Action[]): DiagnosticNote[] {
  return actions.slice(0, 8).map(({ name, operation, location }) => {
    const where = nameOf(location);
    return { message: `${name} on '${operation}'${where === undefined ? "" : ` (${where})`}`, ...placeOf(location) };
  });
}
