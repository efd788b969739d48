/**
 * One conformance suite for all passes, ours and yours:
 *
 *     import { passConformance } from "anemone/testing";
 *     passConformance(myPasses, { dialects: [myDialect] });
 *
 * in a vitest file registers, for every pass, tests on random programs of the dialects: it is documented, its pipeline text
 * reads back, what it makes verifies and computes the same, and it says exactly whether it changed something. A pass may
 * refuse a program with a diagnostic. One that changes (almost) no program, or none whose results can be compared, fails: give
 * few dialects, those whose ops the pass rewrites, for among the ops of many these hardly come up.
 */
import { afterAll, describe, expect, test } from "vitest";
import type { Context, Dialect } from "../../ir/context.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { Operation } from "../../ir/operation.ts";
import { print } from "../../ir/printer/print.ts";
import type { TensorData } from "../../ir/tensor-data.ts";
import { verifyAll } from "../../ir/verifier.ts";
import { type AnyPass, instantiate, type OptionDefinitions, type PassInstance } from "../../passes/pass.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { onModule, parsePipeline, printPipeline } from "../../passes/pipeline.ts";
import { difference } from "./compare.ts";
import { evaluateProgram } from "./evaluate-program.ts";
import { arbitraryProgram, programContext, type WellFormedProgram } from "./programs/arbitrary-program.ts";
import { forAll } from "./property.ts";
import { describeData, isSameData } from "./sample-data.ts";

export interface PassConformanceOptions {
  /** The dialects on whose ops the random programs are made: few, those whose ops the passes rewrite. */
  readonly dialects: readonly Dialect[];
  /** Dialects that passes make ops of, beside those and the upstream ones, which are always there. */
  readonly beside?: readonly Dialect[];
  /** Passes that have nothing left to do when they run again. */
  readonly idempotent?: readonly string[];
  /** How far floats may be apart after a pass that does not say it is bit-exact, relative to the greatest. Default 0.02. */
  readonly tolerance?: number;
  /** Random programs per property. Default 50. */
  readonly runs?: number;
  /**
   * In how many random programs each pass must change something, and in how many of these the results must be compared. Default
   * 3. With 0, for programs that are not meant for all of the passes, a test that says nothing of a pass is skipped.
   */
  readonly leastChanged?: number;
  /** Passes of whose results nothing can be said by the reference semantics, each with the reason. */
  readonly notCompared?: { readonly [pass: string]: string };
}

/** In how many random programs a pass did something. */
interface Tally {
  programs: number;
  /** Those that it did not refuse. */
  accepted: number;
  changed: number;
  /** Of the changed ones, those whose results were compared; undefined where that was not counted to the end. */
  compared: number | undefined;
}

/** Registers the suite for every pass with vitest. */
export function passConformance(passes: readonly AnyPass[], options: PassConformanceOptions): void {
  const suite = new PassSuite(passes, options);
  for (const each of passes) describe(`pass ${each.name}`, () => suite.register(each));
  if (options.leastChanged !== 0) afterAll(() => console.info(suite.report()));
}

/** With its defaults, and with each other word that an option may have. */
function instancesOf(definition: AnyPass): readonly PassInstance[] {
  const options: OptionDefinitions = definition.options;
  const others = Object.entries(options).flatMap(([name, option]) => {
    const values = option.choices ?? (typeof option.default === "boolean" ? [true, false] : []);
    return values
      .filter((value) => value !== option.default)
      .map((value) => instantiate(definition, { [name]: value }));
  });
  return [instantiate(definition), ...others];
}

function tallyText({ programs, accepted, changed, compared }: Tally): string {
  const results = compared === undefined ? "" : `, and the results of ${compared} changed ones were compared`;
  return `${programs} random programs it took ${accepted} and changed ${changed}${results}`;
}

class PassSuite {
  readonly #passes: readonly AnyPass[];
  readonly #options: PassConformanceOptions;
  readonly #context: Context;
  readonly #tallies = new Map<string, Tally>();

  constructor(passes: readonly AnyPass[], options: PassConformanceOptions) {
    this.#passes = passes;
    this.#options = options;
    this.#context = programContext(options.dialects, options.beside);
  }

  register(definition: AnyPass): void {
    const instances = instancesOf(definition);
    test("is documented", () => {
      expect(definition.doc).toMatch(/\.$/);
      const options: OptionDefinitions = definition.options;
      const undocumented = Object.entries(options).filter(([, { doc }]) => doc === "");
      expect(undocumented.map(([name]) => name)).toEqual([]);
    });
    test("is text in a pipeline that reads back", () => {
      for (const instance of instances) {
        const text = printPipeline([instance]);
        expect(printPipeline(parsePipeline(text, this.#passes))).toBe(text);
      }
    });
    test("leaves programs that verify, and says exactly whether it changed them", ({ skip }) => {
      const tally: Tally = { programs: 0, accepted: 0, changed: 0, compared: undefined };
      this.#tallies.set(definition.name, tally);
      this.#forAllPrograms((program) => {
        tally.programs++;
        let isAccepted = false;
        let isChanged = false;
        for (const instance of instances) {
          const module = program.build();
          const before = print(module, { generic: true, debugInfo: true });
          const changed = this.#run(instance, module);
          if (changed === undefined) continue;
          isAccepted = true;
          isChanged ||= changed;
          expect(verifyAll(module, this.#context).map(({ message }) => message)).toEqual([]);
          const after = print(module, { generic: true, debugInfo: true });
          expect(changed, `it says changed: ${changed}\nbefore:\n${before}\nafter:\n${after}`).toBe(after !== before);
        }
        if (isAccepted) tally.accepted++;
        if (isChanged) tally.changed++;
      });
      if (tally.accepted === 0 && this.#least === 0) skip("it refuses every random program");
      expect(tally.changed, this.#tooFew(tally)).toBeGreaterThanOrEqual(this.#least);
    });
    test("keeps what programs compute", ({ skip }) => {
      const reason = this.#options.notCompared?.[definition.name];
      if (reason !== undefined) skip(reason);
      let compared = 0;
      let changedAndCompared = 0;
      this.#forAllPrograms((program) => {
        let isCompared = false;
        const inputs = program.inputs(this.#context);
        const wanted = inputs === undefined ? undefined : this.#evaluate(program.build(), inputs);
        if (inputs === undefined || wanted === undefined) return;
        for (const instance of instances) {
          const module = program.build();
          const changed = this.#run(instance, module);
          if (changed === undefined) continue;
          const found = this.#evaluate(module, inputs);
          if (found === undefined) continue;
          compared++;
          isCompared ||= changed;
          for (const [position, data] of wanted.entries()) {
            const made: TensorData = found[position]!;
            const isExact = instance.definition.exactness === "bit-exact";
            if (
              isExact ? isSameData(made, data) : difference(made, data, this.#options.tolerance ?? 0.02) === undefined
            )
              continue;
            expect.fail(`result ${position} was ${describeData(data)} and is ${describeData(made)}\n${print(module)}`);
          }
        }
        if (isCompared) changedAndCompared++;
      });
      const tally = this.#tallies.get(definition.name);
      if (tally !== undefined) tally.compared = changedAndCompared;
      if (compared === 0 && this.#least === 0) skip("the reference semantics cannot run what it makes");
      const message = tally === undefined ? "the pass is hardly tested" : this.#tooFew(tally);
      expect(changedAndCompared, message).toBeGreaterThanOrEqual(this.#least);
    });
    if (this.#options.idempotent?.includes(definition.name)) {
      test("has nothing to do when it runs again", () => {
        this.#forAllPrograms((program) => {
          const module = program.build();
          if (this.#run(instances[0]!, module) === undefined) return;
          const once = print(module);
          expect(this.#run(instances[0]!, module), once).toBe(false);
          expect(print(module)).toBe(once);
        });
      });
    }
  }

  get #least(): number {
    return this.#options.leastChanged ?? 3;
  }

  /** Why the suite says nothing of a pass. */
  #tooFew(tally: Tally): string {
    const names = this.#options.dialects.map(({ name }) => name);
    const of = names.length > 6 ? `${names.length} dialects` : names.join(", ");
    const why =
      tally.compared === undefined
        ? "give fewer dialects, those whose ops the pass rewrites, or more `runs`"
        : "give fewer dialects, whose ops have evaluators, or more `runs`; where those of its result have none, compare compiled code instead and say so in `notCompared`";
    return `the pass is hardly tested: of ${tallyText(tally)} (programs of ${of}): ${why}`;
  }

  /** A line for each pass: in how many programs it did something. */
  report(): string {
    const width = Math.max(...[...this.#tallies.keys()].map((name) => name.length));
    const lines = [...this.#tallies].map(([name, tally]) => `  ${name.padEnd(width)}  of ${tallyText(tally)}`);
    return ["passConformance", ...lines].join("\n");
  }

  #forAllPrograms(check: (program: WellFormedProgram) => void): void {
    const { dialects, beside = [], runs = 50 } = this.#options;
    forAll(arbitraryProgram(dialects, { beside }), runs, check);
  }

  /** Whether the pass changed the module; undefined where it refused it with a diagnostic. */
  #run(instance: PassInstance, module: Operation): boolean | undefined {
    const { requires } = instance.definition;
    const manager = new PassManager([onModule(instance)], this.#context, { verifyEach: false, properties: requires });
    try {
      return manager.run(module);
    } catch (error) {
      if (error instanceof DiagnosticError) return undefined;
      throw error;
    }
  }

  /** What `@main` gives; undefined where an operation has no evaluator, or no result for this data. */
  #evaluate(module: Operation, inputs: readonly TensorData[]): readonly TensorData[] | undefined {
    try {
      return evaluateProgram(module, inputs, this.#context);
    } catch (error) {
      if (error instanceof TypeError || error instanceof ReferenceError) throw error;
      return undefined;
    }
  }
}
