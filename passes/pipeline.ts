/**
 * Pipelines as text, in MLIR's syntax: `builtin.module(func.func(canonicalize{max-iterations=3},cse),tensor-to-fused)`. A text
 * without the outer op is taken as the body of a `builtin.module(…)`. Parsed pipelines print back to the same text.
 *
 * ```
 * pipeline ::= (step (`,` step)*)?
 * step     ::= pass | anchor `(` pipeline `)`
 * anchor   ::= op-name | `any`
 * pass     ::= name (`{` (option ` `)* `}`)?
 * option   ::= name (`=` value)?          a value is a word, "quoted", or {in braces}; a list is a,b,c
 * ```
 */
import { didYouMean } from "../ir/close-names.ts";
import { DiagnosticError, type DiagnosticNote } from "../ir/diagnostic-error.ts";
import { type OptionDefinitions, OptionError, printOption, readOption, unknownOption } from "./manager/options.ts";
import { placeInPipeline } from "./manager/pipeline-place.ts";
import { type AnyPass, instantiate, type OptionValue, type PassInstance, type PipelineStep } from "./pass.ts";

const nameCharacter = /[A-Za-z0-9_.-]/;
const blank = /\s/;
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
    if (this.#position < this.#text.length) throw this.#expected("',' or the end of the pipeline");
    return steps;
  }

  /** The options alone, as they stand in `--pass-name='a=1 b=2'`. */
  readOptions(definition: AnyPass): { readonly [name: string]: OptionValue } {
    const options = this.#options(definition, undefined);
    if (this.#position < this.#text.length) throw this.#expected("an option or the end");
    return options;
  }

  #error(message: string, offset: number, notes: readonly DiagnosticNote[] = []): DiagnosticError {
    return new DiagnosticError(message, { ...placeInPipeline({ text: this.#text, offset }), notes });
  }

  #expected(what: string): DiagnosticError {
    const found = this.#text[this.#position];
    return this.#error(
      `expected ${what}, but ${found === undefined ? "the text ends" : `found '${found}'`}`,
      this.#position,
    );
  }

  #skipBlanks(): void {
    while (blank.test(this.#text[this.#position] ?? "")) this.#position++;
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
    if (this.#position === start) throw this.#expected(what);
    return this.#text.slice(start, this.#position);
  }

  #steps(depth: number): PipelineStep[] {
    if (depth > maximumDepth) throw this.#error("the pipeline is nested too deeply", this.#position);
    this.#skipBlanks();
    if (this.#position >= this.#text.length || this.#text[this.#position] === ")") return [];
    const steps: PipelineStep[] = [];
    do steps.push(this.#step(depth));
    while (this.#accept(","));
    return steps;
  }

  #step(depth: number): PipelineStep {
    this.#skipBlanks();
    const place = { text: this.#text, offset: this.#position };
    const name = this.#name("a pass name or an op name");
    if (this.#accept("(")) {
      const steps = this.#steps(depth + 1);
      if (!this.#accept(")")) throw this.#expected("')'");
      return { kind: "nested", anchor: name, steps, place };
    }
    const definition = this.#passes.get(name);
    if (definition === undefined) throw this.#unknownPass(name, place.offset);
    if (!this.#accept("{")) return instantiate(definition, {}, place);
    const options = this.#options(definition, "}");
    if (!this.#accept("}")) throw this.#expected("'}'");
    return instantiate(definition, options, place);
  }

  #unknownPass(name: string, offset: number): DiagnosticError {
    if (name.includes(".")) {
      return this.#error(`'${name}' is an op, which a pipeline is nested on: ${name}(…)`, offset);
    }
    const hint = didYouMean(name, this.#passes.keys());
    return this.#error(`no pass is called '${name}'${hint}`, offset, [
      { message: `known passes: ${[...this.#passes.keys()].sort().join(", ")}` },
    ]);
  }

  /** Options between blanks, up to `end` or the end of the text. */
  #options(definition: AnyPass, end: string | undefined): { [name: string]: OptionValue } {
    const known: OptionDefinitions = definition.options;
    const options: { [name: string]: OptionValue } = {};
    for (;;) {
      this.#skipBlanks();
      const offset = this.#position;
      if (offset >= this.#text.length || this.#text[offset] === end) return options;
      const name = this.#name("an option name");
      const option = Object.hasOwn(known, name) ? known[name] : undefined;
      if (option === undefined) throw this.#located(unknownOption(definition.name, known, name), offset);
      if (Object.hasOwn(options, name)) {
        throw this.#error(`option '${name}' of pass '${definition.name}' is given twice`, offset);
      }
      const hasValue = this.#text[this.#position] === "=";
      if (hasValue) this.#position++;
      const valueOffset = hasValue ? this.#position : offset;
      const text = hasValue ? this.#value(end) : undefined;
      try {
        options[name] = readOption(definition.name, name, option, text);
      } catch (error) {
        if (!(error instanceof OptionError)) throw error;
        // `{a=1,b=2}`: a comma is part of a value.
        const isComma = /,[\w.-]+=/.test(text ?? "");
        const notes = [...(error.details.notes ?? []), ...(isComma ? [{ message: "blanks separate options" }] : [])];
        throw this.#error(error.message, valueOffset, notes);
      }
      const next = this.#text[this.#position];
      if (next === undefined || next === end || blank.test(next)) continue;
      throw this.#expected(
        next === "," ? "a blank between options" : `a blank${end === undefined ? "" : ` or '${end}'`} behind the value`,
      );
    }
  }

  #located(error: OptionError, offset: number): DiagnosticError {
    return this.#error(error.message, offset, error.details.notes);
  }

  /** The text up to the next blank or `end` outside quotes and brackets. */
  #value(end: string | undefined): string {
    const start = this.#position;
    const open: { readonly close: string; readonly offset: number }[] = [];
    for (; this.#position < this.#text.length; this.#position++) {
      const character = this.#text[this.#position]!;
      const inner = open.at(-1);
      if (inner !== undefined && character === inner.close) open.pop();
      else if (inner?.close === '"' || inner?.close === "'") {
        if (character === "\\" && inner.close === '"') this.#position++;
      } else if (inner === undefined && (character === end || blank.test(character))) break;
      else if (character in brackets)
        open.push({ close: brackets[character as keyof typeof brackets], offset: this.#position });
    }
    const unclosed = open.at(-1);
    if (unclosed !== undefined)
      throw this.#error(`expected '${unclosed.close}' to close this, but the text ends`, unclosed.offset);
    return this.#text.slice(start, this.#position);
  }
}

const brackets = { "{": "}", "[": "]", "(": ")", '"': '"', "'": "'" };

/** @throws DiagnosticError where two passes have one name: which of them a pipeline means would be a matter of luck */
function byName(passes: readonly AnyPass[]): ReadonlyMap<string, AnyPass> {
  const known = new Map<string, AnyPass>();
  for (const each of passes) {
    const other = known.get(each.name);
    if (other !== undefined && other !== each) {
      throw new DiagnosticError(`two passes are called '${each.name}': "${other.doc}" and "${each.doc}"; rename one`);
    }
    known.set(each.name, each);
  }
  return known;
}

/**
 * Reads a pipeline for operations called `root`. The outer `builtin.module(…)` (or `root(…)`, or `any(…)`) may be left out.
 *
 * @throws DiagnosticError with the position in the text
 */
export function parsePipeline(
  text: string,
  passes: readonly AnyPass[],
  root = "builtin.module",
): readonly PipelineStep[] {
  const steps = new PipelineReader(text, byName(passes)).read();
  const [only] = steps;
  const isWrapped = steps.length === 1 && only?.kind === "nested" && (only.anchor === root || only.anchor === "any");
  return isWrapped ? only.steps : steps;
}

/**
 * Steps from flags, one per pass in order, as mlir-opt takes them: `--canonicalize --vectorize='registers=16'` is
 * `canonicalize,vectorize{registers=16}`. A pass for another op than the module is nested on it. Undefined: no pass has the name.
 */
export function stepOfFlag(
  name: string,
  options: string | undefined,
  passes: readonly AnyPass[],
): PipelineStep | undefined {
  const definition = byName(passes).get(name);
  if (definition === undefined) return undefined;
  const text = options ?? "";
  return onModule(instantiate(definition, new PipelineReader(text, new Map()).readOptions(definition)));
}

/** The step as a module's pipeline has it: a pass for another op than the module is nested on that. */
export function onModule(step: PassInstance): PipelineStep {
  const { anchor } = step.definition;
  const isOnModule = anchor === undefined || anchor === "builtin.module";
  return isOnModule ? step : { kind: "nested", anchor, steps: [step] };
}

function stepText(step: PipelineStep): string {
  if (step.kind === "nested") return `${step.anchor}(${step.steps.map(stepText).join(",")})`;
  const options = Object.entries(step.options).map(([name, value]) => `${name}=${printOption(value)}`);
  return options.length === 0 ? step.definition.name : `${step.definition.name}{${options.join(" ")}}`;
}

/** The text of a pipeline on operations called `root`, with all options spelled out. */
export function printPipeline(steps: readonly PipelineStep[], root = "builtin.module"): string {
  return `${root}(${steps.map(stepText).join(",")})`;
}
