/**
 * The target of a conversion: which operations may remain. A statement is made per op, per dialect, or for all that
 * nothing else speaks of; the most specific one that answers wins. An answer may depend on the operation (its types, its
 * attributes, where it stands), and may say why an operation has to go.
 */
import type { Operation } from "../../operation.ts";
import { isRefusal, type Refusal } from "../pattern.ts";

/** true: may remain. false or a refusal (with the reason): must go. undefined: the next more general statement answers. */
export type LegalityAnswer = boolean | undefined | Refusal;
/** A statement about operations: an answer for all of them, or one for each. */
export type LegalityRule = (operation: Operation) => LegalityAnswer;
type Statement = boolean | LegalityRule;

/** Anything with an op's name: a declaration, or `{ name: "x.y" }` for an op without one. */
export interface Named {
  readonly name: string;
}

export class ConversionTarget {
  readonly #ops = new Map<string, Statement>();
  readonly #dialects = new Map<string, Statement>();
  readonly #recursive = new Map<string, (operation: Operation) => boolean>();
  #unknown: LegalityRule | undefined = undefined;
  /** Per op name, what is asked in order; a single answer where no rule comes before it. */
  readonly #resolved = new Map<string, boolean | undefined | readonly Statement[]>();

  legalDialects(...names: readonly string[]): this {
    return this.#state(this.#dialects, names, true);
  }

  illegalDialects(...names: readonly string[]): this {
    return this.#state(this.#dialects, names, false);
  }

  dynamicDialect(name: string, isLegal: LegalityRule): this {
    return this.#state(this.#dialects, [name], isLegal);
  }

  legal(...definitions: readonly Named[]): this {
    return this.#state(this.#ops, namesOf(definitions), true);
  }

  illegal(...definitions: readonly Named[]): this {
    return this.#state(this.#ops, namesOf(definitions), false);
  }

  /** Legal where `isLegal` says so. Answer `refuse("…")` instead of false to have the reason in the failure report. */
  dynamic(definition: Named, isLegal: LegalityRule): this {
    return this.#state(this.#ops, [definition.name], isLegal);
  }

  /** Answers for every operation that no other statement answers (MLIR's `markUnknownOpDynamicallyLegal`). */
  dynamicUnknown(isLegal: LegalityRule): this {
    this.#unknown = isLegal;
    this.#resolved.clear();
    return this;
  }

  /**
   * Where operations of this kind are legal (and `when` holds), all inside them is taken as legal too and not looked at.
   * An op that nothing was said of becomes legal.
   */
  legalRecursively(definition: Named, when: (operation: Operation) => boolean = () => true): this {
    if (!this.#ops.has(definition.name)) this.legal(definition);
    this.#recursive.set(definition.name, when);
    return this;
  }

  /** undefined: the target says nothing about this op. */
  legality(operation: Operation): boolean | undefined {
    const answer = this.answer(operation);
    return isRefusal(answer) ? false : answer;
  }

  /** As `legality`, with the reason where the rule gave one. */
  answer(operation: Operation): LegalityAnswer {
    const { name } = operation;
    let known = this.#resolved.get(name);
    if (known === undefined && !this.#resolved.has(name)) {
      known = this.#resolve(name);
      this.#resolved.set(name, known);
    }
    if (typeof known !== "object") return known;
    for (const statement of known) {
      const answer = typeof statement === "function" ? statement(operation) : statement;
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** Whether all inside this operation is to be left alone. */
  isRecursivelyLegal(operation: Operation): boolean {
    const when = this.#recursive.get(operation.name);
    return when?.(operation) === true && this.legality(operation) === true;
  }

  /** What is known of an op by its name alone; undefined: nothing, or it depends on the operation. */
  byName(name: string): "legal" | "illegal" | "dynamic" | undefined {
    const resolved = this.#resolve(name);
    if (resolved === undefined) return undefined;
    if (typeof resolved === "object") return "dynamic";
    return resolved ? "legal" : "illegal";
  }

  #state(statements: Map<string, Statement>, names: readonly string[], statement: Statement): this {
    for (const name of names) statements.set(name, statement);
    this.#resolved.clear();
    return this;
  }

  #resolve(name: string): boolean | undefined | readonly Statement[] {
    const all = [this.#ops.get(name), this.#dialects.get(name.slice(0, name.indexOf("."))), this.#unknown];
    const statements = all.filter((statement) => statement !== undefined);
    const [first] = statements;
    return typeof first === "function" ? statements : first;
  }
}

function namesOf(definitions: readonly Named[]): readonly string[] {
  return definitions.map(({ name }) => name);
}
