/**
 * One conformance suite for all dialects, ours and yours:
 *
 *     import { conformance } from "anemone/testing";
 *     conformance([myDialect]);
 *
 * in a vitest file registers, for every op, tests that its declaration keeps what it promises: it is documented, the
 * example is a program that round-trips in both forms, builder and accessors agree, the verifier refuses each broken constraint and never crashes,
 * damaged text ends in a diagnostic, effects on memory are known, and evaluator, result types, folder and canonicalization
 * agree. An op that cannot keep one of them says why.
 */
import { describe, expect, test } from "vitest";
import { moduleOperation } from "../../dialects/func/index.ts";
import { upstreamDialects } from "../../dialects/index.ts";
import { type AnyDefinition, Context, type Dialect } from "../../ir/context.ts";
import { effectsOf } from "../../ir/effects.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { verifyAll } from "../../ir/verifier.ts";
import { canEvaluate, canonicalizationFault, evaluationFault, foldFault } from "./agreement.ts";
import { breakagesOf, variationsOf } from "./broken-operations.ts";
import { builderFault } from "./builder-agreement.ts";
import { damagesOf } from "./damaged-text.ts";
import {
  complaints,
  copyOf,
  type Example,
  exampleContext,
  operationsNamed,
  parseOrRefuse,
  roundTripFault,
} from "./example-program.ts";

/** Why an op does not keep a promise of the suite. A reason that no longer applies fails. */
export interface ConformanceExceptions {
  /** Ops without an example. */
  readonly example?: { readonly [op: string]: string };
  /** Ops whose effects on memory cannot be known from the operation (a call does what its callee does). */
  readonly effects?: { readonly [op: string]: string };
}

export interface ConformanceOptions {
  /** Dialects that the examples use beside those under test and the upstream ones, which are always there. */
  readonly beside?: readonly Dialect[];
  readonly exceptions?: ConformanceExceptions;
}

/** Registers the suite for every op of `dialects` with vitest. */
export function conformance(dialects: readonly Dialect[], options: ConformanceOptions = {}): void {
  const loaded = new Map(
    [...upstreamDialects, ...(options.beside ?? []), ...dialects].map((each) => [each.name, each]),
  );
  const context = exampleContext(new Context([...loaded.values()]));
  const suite = new Suite(context, options.exceptions ?? {});
  for (const each of dialects) {
    describe(`dialect ${each.name}`, () => {
      test("is documented", () => {
        expect(each.doc).toMatch(/\.$/);
        const undocumented = [...each.types, ...each.attributes].filter(({ doc }) => !doc.endsWith("."));
        expect(undocumented.map(({ mnemonic }) => mnemonic)).toEqual([]);
      });
      for (const definition of each.ops) describe(definition.name, () => suite.register(definition));
    });
  }
}

/** Fails with the first few of a list of faults. */
function failOn(faults: readonly string[]): void {
  if (faults.length === 0) return;
  const more = faults.length > 5 ? `\n\nand ${faults.length - 5} more` : "";
  expect.fail(`${faults.slice(0, 5).join("\n\n")}${more}`);
}

class Suite {
  readonly #context: Context;
  readonly #exceptions: ConformanceExceptions;

  constructor(context: Context, exceptions: ConformanceExceptions) {
    this.#context = context;
    this.#exceptions = exceptions;
  }

  register(definition: AnyDefinition): void {
    const { name } = definition;
    const text = this.#exampleText(definition);
    test("is documented", () => {
      expect(definition.options.doc).toMatch(/\.$/);
      const excuse = this.#exceptions.example?.[name];
      if (text === undefined) expect(excuse, "it has no example: give it one, or a reason why not").toBeDefined();
      else expect(excuse, "it has an example: the exception is out of date").toBeUndefined();
    });
    if (text === undefined) return;

    test("its example is a program that uses it", () => {
      const example = this.#read(definition, text);
      expect(complaints(example.module, this.#context)).toEqual([]);
      expect(example.operation.definition).toBe(definition);
    });
    test("round-trips in both forms", () => {
      expect(roundTripFault(this.#read(definition, text).module, this.#context)).toBeUndefined();
    });
    test("its builder makes it of what its accessors give", () => {
      expect(builderFault(this.#read(definition, text), this.#context)).toBeUndefined();
    });
    test("has known effects on memory", () => {
      const { operation } = this.#read(definition, text);
      const excuse = this.#exceptions.effects?.[name];
      const isKnown = definition.hasTrait("Symbol") || effectsOf(operation, this.#context) !== undefined;
      if (isKnown) expect(excuse, "its effects are known: the exception is out of date").toBeUndefined();
      else expect(excuse, "declare it Pure, declare `effects`, or give a reason why they are unknown").toBeDefined();
    });
    test("is refused where its declaration is broken", () => {
      failOn(this.#missedBreakages(this.#read(definition, text)));
    });
    test("is refused or right where it varies", () => {
      failOn(this.#badVariations(this.#read(definition, text)));
    });
    if (definition.options.format !== undefined) {
      test("damaged text ends in a diagnostic", () => {
        failOn(this.#badDamages(this.#read(definition, text), definition));
      });
    }
    this.#registerSemantics(definition, text);
  }

  #registerSemantics(definition: AnyDefinition, text: string): void {
    const example = this.#tryRead(definition, text);
    if (example === undefined || !canEvaluate(example, this.#context)) return;
    test("evaluator and result types agree", () => {
      expect(evaluationFault(example, this.#context)).toBeUndefined();
    });
    test("evaluator and folder agree", () => {
      expect(foldFault(example, this.#context)).toBeUndefined();
    });
    test("canonicalization keeps what the evaluator gives", () => {
      expect(canonicalizationFault(example, this.#context)).toBeUndefined();
    });
  }

  /** Its own example, or one of an op that it must stand in. */
  #exampleText({ name, options }: AnyDefinition): string | undefined {
    if (options.example !== undefined) return options.example;
    const around = (options.parents ?? []).map((parent) => this.#context.definition(parent)?.options.example);
    const mnemonic = name.slice(name.indexOf(".") + 1);
    return around.find((text) => text?.includes(mnemonic));
  }

  #read(definition: AnyDefinition, text: string): Example {
    const module = parse(text, this.#context, { file: `${definition.name}.mlir` });
    const [operation] = operationsNamed(module, definition.name).slice(-1);
    if (operation === undefined) throw new Error(`the example does not use ${definition.name}:\n${text}`);
    return operation === module ? { module: moduleOperation([module]), operation } : { module, operation };
  }

  #tryRead(definition: AnyDefinition, text: string): Example | undefined {
    try {
      return this.#read(definition, text);
    } catch {
      return undefined;
    }
  }

  /** Breakages that the verifier accepts, or refuses with another reason. */
  #missedBreakages(example: Example): readonly string[] {
    const subject = `'${example.operation.name}'`;
    return breakagesOf(example.operation).flatMap(({ what, complaint, apply }) => {
      const copy = copyOf(example);
      apply(copy.operation);
      const found = verifyAll(copy.module, this.#context, 100).map(({ message }) => message);
      const isNamed = found.some((message) => message.includes(subject) && complaint.test(message));
      return isNamed ? [] : [`${what}: expected ${complaint}, found ${found.slice(0, 3).join("; ") || "no complaint"}`];
    });
  }

  /** Variations on which something else happens than being refused, or being accepted and read back as written. */
  #badVariations(example: Example): readonly string[] {
    return variationsOf(example.operation).flatMap(({ what, apply }) => {
      const copy = copyOf(example);
      apply(copy.operation);
      const fault = this.#verdictFault(() => copy.module);
      return fault === undefined ? [] : [`${what}: ${fault}`];
    });
  }

  #badDamages({ module }: Example, definition: AnyDefinition): readonly string[] {
    const text = print(module);
    const from = Math.max(0, text.indexOf(definition.name.slice(definition.name.indexOf(".") + 1)));
    return [...damagesOf(text, from)].flatMap((damage) => {
      const fault = this.#verdictFault(() => parseOrRefuse(damage.text, this.#context));
      return fault === undefined ? [] : [`${damage.what}: ${fault}`];
    });
  }

  /** What is wrong with how a doubtful program is treated; undefined where it is refused, or right. */
  #verdictFault(make: () => ReturnType<typeof parseOrRefuse>): string | undefined {
    try {
      const module = make();
      if (module === undefined || complaints(module, this.#context).length > 0) return undefined;
      return roundTripFault(module, this.#context);
    } catch (error) {
      const where = error instanceof Error ? (error.stack ?? "").split("\n").slice(1, 4).join(" < ") : "";
      return `${error} ${where.replaceAll(/\s+/g, " ")}`;
    }
  }
}
