/**
 * `--verify-diagnostics`: checks the diagnostics of a run against comments in its text.
 *
 * ```mlir
 * // expected-error@+1 {{must have the type}}      the next line; also @-1, @above, @below, @unknown, or this line
 * // expected-remark-re@below {{fused {{[0-9]+}} loops}}   with regular expressions in inner braces
 * ```
 */
import { didYouMean } from "../../ir/close-names.ts";
import type { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { Severity } from "../../passes/pass-types.ts";

type ExpectedKind = Severity | "note";

interface Expectation {
  readonly kind: ExpectedKind;
  /** Undefined: a place that is not in the text. */
  readonly line: number | undefined;
  readonly text: string;
  readonly matches: (message: string) => boolean;
  /** Where the comment stands. */
  readonly at: number;
  isMet: boolean;
}

interface Emitted {
  readonly kind: ExpectedKind;
  readonly line: number | undefined;
  readonly message: string;
}

const comment = /expected-(error|warning|note|remark)(-re)? *(?:@([+-]\d+|above|below|unknown))? *\{\{(.*)\}\}\s*$/;

const kinds = ["expected-error", "expected-warning", "expected-note", "expected-remark"];

/** What is wrong with a comment that means to expect a diagnostic and is not read as one: it would be ignored silently. */
export function misspeltExpectation(line: string): string | undefined {
  const text = /\/\/(.*)$/.exec(line)?.[1];
  if (text === undefined) return undefined;
  for (const [, word = "", place] of text.matchAll(/([A-Za-z]+-[\w-]+) *(?:(@)|(?=.*\{\{))/g)) {
    if (kinds.includes(word.replace(/-re$/, ""))) {
      if (place === undefined && !/^\s*\{\{/.test(text.slice(text.indexOf(word) + word.length))) continue;
      return `'${word}' is not followed by a place (@+N, @-N, @above, @below, @unknown, or nothing) and {{text}} to the line's end`;
    }
    const hint = didYouMean(word, kinds);
    if (hint !== "" || word.startsWith("expected-"))
      return `'${word}' is no diagnostic to expect${hint || `: there are ${kinds.join(", ")}`}`;
  }
  return undefined;
}

export class ExpectedDiagnostics {
  readonly #file: string;
  readonly #expectations: Expectation[];
  readonly #problems: string[] = [];

  /** `file`: the name that diagnostics in this text have. */
  constructor(text: string, file: string) {
    this.#file = file;
    this.#expectations = readExpectations(text, (line, message) => this.#problem("error", line, message));
  }

  #problem(severity: string, line: number | undefined, message: string): void {
    this.#problems.push(`${this.#file}:${line === undefined ? "" : `${line}:`} ${severity}: ${message}`);
  }

  /** Takes a diagnostic with its notes: each must be expected. */
  emit(severity: Severity, error: DiagnosticError): void {
    const own = this.#lineOf(error.details);
    this.#match({ kind: severity, line: own, message: error.message });
    for (const note of error.details.notes ?? []) {
      const line = note.file === undefined && note.line === undefined ? own : this.#lineOf(note);
      this.#match({ kind: "note", line, message: note.message });
    }
  }

  #lineOf({ file, line }: { readonly file?: string; readonly line?: number }): number | undefined {
    return file === undefined || file === this.#file ? line : undefined;
  }

  #match({ kind, line, message }: Emitted): void {
    const here = this.#expectations
      .filter((each) => each.kind === kind && each.line === line && each.matches(message))
      // The longest first: `{{a}}` also matches what `{{a b}}` is for.
      .sort((a, b) => b.text.length - a.text.length);
    const met = here.find((each) => !each.isMet) ?? here[0];
    if (met !== undefined) met.isMet = true;
    else this.#problem("error", line, `unexpected ${kind}: ${message}`);
  }

  /** What did not agree, a line each; empty when all did. */
  finish(): readonly string[] {
    for (const { isMet, at, kind, text } of this.#expectations)
      if (!isMet) this.#problem("error", at, `expected ${kind} "${text}" was not produced`);
    return this.#problems;
  }
}

function readExpectations(text: string, onProblem: (line: number, message: string) => void): Expectation[] {
  const expectations: Expectation[] = [];
  /** Those that wait for the next line without a comment of this kind. */
  let below: Omit<Expectation, "line">[] = [];
  let above: number | undefined;
  for (const [index, content] of text.split("\n").entries()) {
    const line = index + 1;
    const found = comment.exec(content);
    if (found === null) {
      const fault = misspeltExpectation(content);
      if (fault !== undefined) onProblem(line, fault);
      for (const each of below) expectations.push({ ...each, line });
      below = [];
      above = line;
      continue;
    }
    const [, kind, isPattern, where, expected = ""] = found;
    const matches = isPattern === undefined ? (message: string) => message.includes(expected) : patternOf(expected);
    if (matches === undefined) {
      onProblem(line, `'${expected}' is not a regular expression in {{…}}`);
      continue;
    }
    const each = { kind: kind as ExpectedKind, text: expected, matches, at: line, isMet: false };
    if (where === "below") below.push(each);
    else if (where === "unknown") expectations.push({ ...each, line: undefined });
    else if (where === "above") expectations.push({ ...each, line: above });
    else expectations.push({ ...each, line: line + Number(where ?? 0) });
  }
  for (const { at } of below) onProblem(at, "expected a line below this one");
  return expectations;
}

/** Text as it is, with regular expressions in `{{…}}`. */
function patternOf(text: string): ((message: string) => boolean) | undefined {
  const source = text
    .split(/(\{\{.*?\}\})/)
    .map((part) =>
      part.startsWith("{{") ? `(?:${part.slice(2, -2)})` : part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"),
    )
    .join("");
  try {
    const pattern = new RegExp(source);
    return (message) => pattern.test(message);
  } catch {
    return undefined;
  }
}
