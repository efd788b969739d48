/**
 * Stops a compilation after its N-th action, for bisecting: a pass that starts is an action, and so is each pattern
 * application, fold and removal inside it. What comes later does not happen; the IR so far is what is printed. The least N
 * at which a defect shows names the action that makes it.
 */
import { placeOf } from "../../ir/location.ts";
import type { Operation } from "../../ir/operation.ts";
import type { RewriteObserver } from "../../ir/rewrite/observer.ts";
import type { Instrumentation } from "../manager/instrumentation.ts";
import type { PassInstance } from "../pass.ts";

export class StopAfter implements Instrumentation {
  readonly #limit: number;
  readonly #onAction: ((number: number, what: string) => void) | undefined;
  #count = 0;
  #pass = "";
  #last = "nothing";

  /** `onAction` is told each action as it begins or is done; with an infinite limit nothing is stopped. */
  constructor(limit: number, onAction?: (number: number, what: string) => void) {
    this.#limit = limit;
    this.#onAction = onAction;
  }

  get #isOver(): boolean {
    return this.#count >= this.#limit;
  }

  allows(pass: PassInstance, operation: Operation): boolean {
    if (this.#isOver) return false;
    this.#pass = pass.definition.name;
    this.#act(`the pass '${this.#pass}' on '${operation.name}'${placeText(operation)}`);
    return true;
  }

  readonly rewrites: RewriteObserver = {
    begin: () => !this.#isOver,
    matched: (name, operation, kind) => {
      const what =
        kind === "pattern" ? `the pattern '${name}' on` : kind === "fold" ? "the fold of" : "the removal of the dead";
      this.#act(`${what} '${operation.name}'${placeText(operation)} in the pass '${this.#pass}'`);
    },
  };

  #act(what: string): void {
    this.#count++;
    this.#last = what;
    this.#onAction?.(this.#count, what);
  }

  /** What the last action was, for people. */
  report(): string {
    if (this.#isOver) return `stopped after action ${this.#count}: ${this.#last}`;
    return `there are only ${this.#count} actions; the last was ${this.#last}`;
  }
}

function placeText(operation: Operation): string {
  const { file, line, column } = placeOf(operation.location);
  return file === undefined ? "" : ` at ${file}:${line}:${column}`;
}
