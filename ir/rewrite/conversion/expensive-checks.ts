/**
 * Checks that patterns change the IR through the rewriter only: before a pattern runs, every operation and block is
 * written down, and afterwards what differs must be something that the rewriter knows of. Slow; for tests.
 */
import type { Block, Operation, Value } from "../../operation.ts";
import { type ConversionRewriter, forEachInside, type Touch } from "./rewriter.ts";

/** A pattern went past its rewriter, or undoing did not restore what was: a defect, which the checks report. */
export class UntrackedEditError extends Error {}

type Snapshot = ReadonlyMap<Operation | Block, string>;

export class ExpensiveChecks {
  readonly #root: Operation;
  readonly #rewriter: ConversionRewriter;
  readonly #original: Snapshot;
  readonly #numbers = new WeakMap<object, number>();
  #count = 0;
  #before: Snapshot;

  constructor(root: Operation, rewriter: ConversionRewriter) {
    this.#root = root;
    this.#rewriter = rewriter;
    this.#original = this.#snapshot();
    this.#before = this.#original;
  }

  /** To be called before a pattern is applied. */
  before(): void {
    this.#before = this.#snapshot();
    this.#rewriter.touched = new Map();
  }

  /** After a refusal, once edits are taken back, everything is as it was. */
  afterRefusal(pattern: string): void {
    this.#rewriter.touched = undefined;
    this.#expectSame(this.#before, `the pattern ${pattern} refused, but changed`);
  }

  /** After a success, only what the rewriter was told of is different. */
  afterSuccess(pattern: string): void {
    const touched = this.#rewriter.touched ?? new Map<Operation | Block, Touch>();
    this.#rewriter.touched = undefined;
    const before = ownTexts(this.#before);
    const after = ownTexts(this.#snapshot());
    const isKnown = (subject: Operation | Block): boolean =>
      touched.get(subject) === "all" || (!("name" in subject) && touched.has(subject.parentOperation ?? subject));
    for (const [subject, text] of after) {
      const earlier = before.get(subject);
      if (earlier === text || isKnown(subject)) continue;
      if (touched.has(subject) && earlier !== undefined && withoutOperands(earlier) === withoutOperands(text)) continue;
      const what = earlier === undefined ? "inserted" : "changed";
      throw new UntrackedEditError(
        `the pattern ${pattern} ${what} ${nameOf(subject)} without its rewriter: use rewriter.modify and the like`,
      );
    }
    for (const subject of before.keys()) {
      if (after.has(subject) || isKnown(subject)) continue;
      throw new UntrackedEditError(
        `the pattern ${pattern} removed ${nameOf(subject)} without its rewriter: use rewriter.erase`,
      );
    }
  }

  /** After everything was undone. */
  expectOriginal(): void {
    this.#rewriter.touched = undefined;
    this.#expectSame(this.#original, "undoing the conversion did not restore");
  }

  #expectSame(wanted: Snapshot, complaint: string): void {
    const found = this.#snapshot();
    for (const [subject, text] of found) {
      if (wanted.get(subject) === text) continue;
      throw new UntrackedEditError(
        `${complaint} ${nameOf(subject)} without its rewriter:\n  ${wanted.get(subject)}\n  ${text}`,
      );
    }
    for (const subject of wanted.keys()) {
      if (!found.has(subject))
        throw new UntrackedEditError(`${complaint} ${nameOf(subject)}, which is no longer there`);
    }
  }

  /** Per operation and block one line of what it is, and one of its neighbours and the uses of its values. */
  #snapshot(): Snapshot {
    const snapshot = new Map<Operation | Block, string>();
    forEachInside(this.#root, (operation) => {
      snapshot.set(operation, `${this.#ownText(operation)}\n${this.#surroundings(operation)}`);
      for (const region of operation.regions) {
        for (const block of region.blocks) snapshot.set(block, this.#blockText(block));
      }
      return true;
    });
    return snapshot;
  }

  #ownText(operation: Operation): string {
    const entries = (map: ReadonlyMap<string, object>): string =>
      [...map].map(([name, value]) => `${name}=${this.#number(value)}`).join(" ");
    return [
      operation.name,
      `operands ${this.#list(operation.operands)}`,
      `results ${operation.results.map((result) => `${result.type} ${result.nameHint ?? ""}`).join(", ")}`,
      `properties ${entries(operation.properties)}`,
      `attributes ${entries(operation.attributes)}`,
      `successors ${this.#list(operation.successors)}`,
      `location ${this.#number(operation.location)}`,
    ].join("; ");
  }

  #surroundings(operation: Operation): string {
    const { block, previous, next } = operation;
    const places = [block, previous, next].map((each) => (each === undefined ? "-" : this.#number(each))).join(" ");
    const regions = operation.regions.map((region) => `[${this.#list(region.blocks)}]`).join(" ");
    return `at ${places}; regions ${regions}; uses ${operation.results.map((result) => this.#uses(result)).join(" | ")}`;
  }

  #blockText(block: Block): string {
    const types = block.arguments
      .map((each) => `${this.#number(each)}: ${each.type} ${each.nameHint ?? ""}`)
      .join(", ");
    const uses = block.arguments.map((argument) => this.#uses(argument)).join(" | ");
    return `block (${types})\nuses ${uses}`;
  }

  #uses(value: Value): string {
    return value.uses.map(({ owner, index }) => `${this.#number(owner)}.${index}`).join(" ");
  }

  #list(subjects: readonly object[]): string {
    return subjects.map((each) => this.#number(each)).join(" ");
  }

  #number(subject: object): number {
    let number = this.#numbers.get(subject);
    if (number === undefined) {
      number = this.#count++;
      this.#numbers.set(subject, number);
    }
    return number;
  }
}

/** What each is in itself: the first line. */
function ownTexts(snapshot: Snapshot): Snapshot {
  return new Map([...snapshot].map(([subject, text]) => [subject, text.split("\n")[0]!]));
}

function withoutOperands(text: string): string {
  return text.replace(/; operands [^;]*/, "");
}

function nameOf(subject: Operation | Block): string {
  return "name" in subject ? `'${subject.name}'` : `a block of '${subject.parentOperation?.name}'`;
}
