/**
 * Pipelines as text, in MLIR's syntax: `builtin.module(func.func(canonicalize{max-rewrites=3},cse),tensor-to-fused)`. A text
 * without the outer op is taken as the body of a `builtin.module(…)`. Parsed pipelines print back to the same text.
 */
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import { type AnyPass, instantiate, type OptionDefinitions, type OptionValue, type PipelineStep } from "./pass.ts";

const nameCharacter = /[A-Za-z0-9_.-]/;
/** Nesting beyond this is a mistake, and would exhaust the stack of a recursive reader. */
const maximumDepth = 64;

class PipelineReader {
  readonly #text: string;
  readonly #passes: ReadonlyMap<string, AnyPass>;
  #position = 0;

  constructor(text: string, passes: ReadonlyMap<string, AnyPass>) {
    this.#text = text;
    this.#passes = passes;
  }

  read(): readonly PipelineStep[] {
    const steps = this.#steps(0);
    this.#skipBlanks();
    if (this.#position < this.#text.length) throw this.#error(`expected ',' or the end of the pipeline`);
    return steps;
  }

  #error(message: string, position = this.#position): DiagnosticError {
    const found = this.#text[position];
    const suffix = found === undefined ? ", but the text ends" : `, but found '${found}'`;
    return new DiagnosticError(message + suffix, {
      file: "<pipeline>",
      line: 1,
      column: position + 1,
      source: this.#text,
    });
  }

  #skipBlanks(): void {
    while (/\s/.test(this.#text[this.#position] ?? "")) this.#position++;
  }

  #accept(character: string): boolean {
    this.#skipBlanks();
    if (this.#text[this.#position] !== character) return false;
    this.#position++;
    return true;
  }

  #name(what: string): string {
    this.#skipBlanks();
    const start = this.#position;
    while (nameCharacter.test(this.#text[this.#position] ?? "")) this.#position++;
    if (this.#position === start) throw this.#error(`expected ${what}`);
    return this.#text.slice(start, this.#position);
  }

  #steps(depth: number): PipelineStep[] {
    if (depth > maximumDepth) throw this.#error("the pipeline is nested too deeply");
    const steps: PipelineStep[] = [];
    do {
      this.#skipBlanks();
      if (this.#position >= this.#text.length || this.#text[this.#position] === ")") break;
      steps.push(this.#step(depth));
    } while (this.#accept(","));
    return steps;
  }

  #step(depth: number): PipelineStep {
    const start = this.#position;
    const name = this.#name("a pass name or an op name");
    if (this.#accept("(")) {
      const steps = this.#steps(depth + 1);
      if (!this.#accept(")")) throw this.#error("expected ')'");
      return { kind: "nested", anchor: name, steps };
    }
    const definition = this.#passes.get(name);
    if (definition === undefined) throw this.#unknownPass(name, start);
    const options = this.#accept("{") ? this.#options(definition.options) : {};
    try {
      return instantiate(definition, options);
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      throw new DiagnosticError(error.message, { file: "<pipeline>", line: 1, column: start + 1, source: this.#text });
    }
  }

  #unknownPass(name: string, position: number): DiagnosticError {
    const close = [...this.#passes.keys()].filter((known) => similar(known, name));
    const hint = close.length === 0 ? "" : `; did you mean ${close.slice(0, 3).join(" or ")}?`;
    return new DiagnosticError(`no pass is called '${name}'${hint}`, {
      file: "<pipeline>",
      line: 1,
      column: position + 1,
      source: this.#text,
      notes: [{ message: `known passes: ${[...this.#passes.keys()].sort().join(", ")}` }],
    });
  }

  #options(known: OptionDefinitions): { [name: string]: OptionValue } {
    const options: { [name: string]: OptionValue } = {};
    for (this.#skipBlanks(); !this.#accept("}"); this.#skipBlanks()) {
      const name = this.#name("an option name");
      let text = "true";
      if (this.#accept("=")) {
        const start = this.#position;
        let depth = 0;
        for (; this.#position < this.#text.length; this.#position++) {
          const character = this.#text[this.#position]!;
          if (depth === 0 && (character === "}" || character === "," || /\s/.test(character))) break;
          if (character === "{" || character === "[") depth++;
          if (character === "}" || character === "]") depth--;
        }
        text = this.#text.slice(start, this.#position);
      }
      options[name] = readValue(text, known[name]?.default);
      this.#accept(",");
      if (this.#position >= this.#text.length) throw this.#error("expected '}'");
    }
    return options;
  }
}

function readValue(text: string, fallback: OptionValue | undefined): OptionValue {
  if (typeof fallback === "boolean" && (text === "true" || text === "false")) return text === "true";
  if (typeof fallback === "number" && text !== "" && Number.isFinite(Number(text))) return Number(text);
  return text;
}

/** Whether two names share a long prefix or differ in few letters: enough for a "did you mean". */
function similar(known: string, wanted: string): boolean {
  if (known.startsWith(wanted) || wanted.startsWith(known)) return true;
  const distances = Array.from({ length: wanted.length + 1 }, (_, i) => i);
  for (let i = 1; i <= known.length; i++) {
    let diagonal = distances[0]!;
    distances[0] = i;
    for (let j = 1; j <= wanted.length; j++) {
      const above = distances[j]!;
      const cost = known[i - 1] === wanted[j - 1] ? 0 : 1;
      distances[j] = Math.min(above + 1, distances[j - 1]! + 1, diagonal + cost);
      diagonal = above;
    }
  }
  return distances[wanted.length]! <= 2;
}

/** Reads a pipeline. Errors are diagnostics with the position in the text. The outer `builtin.module(…)` may be left out. */
export function parsePipeline(text: string, passes: readonly AnyPass[]): readonly PipelineStep[] {
  const steps = new PipelineReader(text, new Map(passes.map((each) => [each.name, each]))).read();
  const [only] = steps;
  if (steps.length === 1 && only?.kind === "nested" && only.anchor === "builtin.module") return only.steps;
  return steps;
}

function stepText(step: PipelineStep): string {
  if (step.kind === "nested") return `${step.anchor}(${step.steps.map(stepText).join(",")})`;
  const options = Object.entries(step.options).map(([name, value]) => `${name}=${value}`);
  return options.length === 0 ? step.definition.name : `${step.definition.name}{${options.join(" ")}}`;
}

/** The text of a pipeline on a module, with all options spelled out. */
export function printPipeline(steps: readonly PipelineStep[]): string {
  return `builtin.module(${steps.map(stepText).join(",")})`;
}
