/**
 * Random well-formed programs on the ops of any dialects, for property tests with fast-check:
 *
 *     fc.assert(fc.property(arbitraryProgram([myDialect]), (program) => { … program.build() … }));
 *
 * A program has operations with their regions and attributes, branches between blocks, symbols, and functions that call each
 * other. It is a list of steps, each a few numbers that are read modulo what there is to choose from: whatever fast-check
 * leaves out, what remains is well-formed, so counterexamples shrink to the operations that matter.
 */
import fc from "fast-check";
import { functionsOf } from "../../../dialects/func/index.ts";
import { upstreamDialects } from "../../../dialects/index.ts";
import { Context, type Dialect } from "../../../ir/context.ts";
import { Evaluate } from "../../../ir/interfaces.ts";
import type { Operation } from "../../../ir/operation.ts";
import { print } from "../../../ir/printer/print.ts";
import type { TensorData } from "../../../ir/tensor-data.ts";
import { verifyAll } from "../../../ir/verifier.ts";
import { Choices, inputBound, randomData, randomNumbers } from "../draft.ts";
import { exampleContext } from "../example-program.ts";
import { dataType } from "../sample-data.ts";
import { Construction } from "./construction.ts";
import { isBranch, type Template, templatesOf } from "./templates.ts";

export interface ArbitraryProgramOptions {
  /** At most this many steps; an operation is one, and brings its regions with it. Default 12. */
  readonly maxSteps?: number;
  /** Only ops of these names. Default all that have an example. */
  readonly ops?: readonly string[];
  /** Dialects that examples use beside those under test and the upstream ones, which are always there. */
  readonly beside?: readonly Dialect[];
}

/** A random module whose entry is `@main`. It prints itself in counterexamples. */
export class WellFormedProgram {
  readonly #module: Operation;
  readonly #seed: number;

  constructor(module: Operation, seed: number) {
    this.#module = module;
    this.#seed = seed;
  }

  /** A new copy of the module, which may be changed. */
  build(): Operation {
    return this.#module.clone();
  }

  /** How many operations it has, the module and its functions not counted. */
  get size(): number {
    let count = 0;
    this.#module.walk((operation) => {
      if (operation.name !== "builtin.module" && !operation.name.startsWith("func.")) count++;
    });
    return count;
  }

  /** Data for the arguments of `@main`; undefined where the reference semantics cannot run it. */
  inputs(context: Context): readonly TensorData[] | undefined {
    const main = functionsOf(this.#module).get("main");
    if (main === undefined || !isEvaluable(main, context)) return undefined;
    const next = randomNumbers(this.#seed);
    const made = main.function_type.inputs.map((type) => {
      const shape = dataType(type);
      return shape === undefined ? undefined : randomData(shape.shape, shape.element, inputBound(shape.element), next);
    });
    return made.every((each) => each !== undefined) ? made : undefined;
  }

  [fc.toStringMethod](): string {
    return `\n${print(this.#module)}`;
  }
}

/** Whether each operation of a function is straight-line code with an evaluator (which runs its regions itself). */
function isEvaluable(main: Operation, context: Context): boolean {
  const [body] = main.regions;
  if (body === undefined || body.blocks.length !== 1) return false;
  return body.onlyBlock.operations.every((operation) => {
    const isFrame = operation.definition?.hasTrait("Terminator") || operation.definition?.hasTrait("ConstantLike");
    return isFrame || context.implementation(Evaluate, operation) !== undefined;
  });
}

interface Recipe {
  readonly steps: readonly { readonly step: number; readonly place: number; readonly choices: readonly number[] }[];
  readonly kept: number;
  readonly seed: number;
}

/** The context in which random programs on `dialects` are right. */
export function programContext(dialects: readonly Dialect[], beside: readonly Dialect[] = []): Context {
  return new Context([
    ...new Map([...upstreamDialects, ...beside, ...dialects].map((each) => [each.name, each])).values(),
  ]);
}

/** Random well-formed modules on those ops of `dialects` that have an example. */
export function arbitraryProgram(
  dialects: readonly Dialect[],
  options: ArbitraryProgramOptions = {},
): fc.Arbitrary<WellFormedProgram> {
  const context = programContext(dialects, options.beside);
  const usable = templatesOf(dialects, exampleContext(context)).filter(
    ({ definition }) => options.ops?.includes(definition.name) ?? true,
  );
  const templates = [...usable, ...moreBranches(usable)];
  if (templates.length === 0)
    throw new Error(`no op of ${dialects.map(({ name }) => name).join(", ")} has an example that parses and verifies`);
  // Step 0 does nothing: that is what fast-check makes of a step in the middle that does not matter. Behind the ops come
  // what a terminator gives (as likely as a third of the ops), and a function of its own.
  const redirections = Math.max(1, Math.round(templates.length / 3));
  const recipes: fc.Arbitrary<Recipe> = fc.record({
    steps: fc.array(
      fc.record({
        step: fc.nat(templates.length + redirections + 1),
        place: fc.nat(15),
        choices: fc.array(fc.nat(15), { maxLength: 8, size: "max" }),
      }),
      { minLength: 1, maxLength: options.maxSteps ?? 12, size: "max" },
    ),
    kept: fc.nat(255),
    seed: fc.nat(),
  });
  return recipes.map((recipe) => programOf(recipe, templates, context));
}

/** Few ops are branches, but control flow is half of what goes wrong: branches again, for a tenth of all steps. */
function moreBranches(templates: readonly Template[]): readonly Template[] {
  const branches = templates.filter(isBranch);
  if (branches.length === 0) return [];
  const times = Math.floor(templates.length / 10 / branches.length);
  return Array.from({ length: times }, () => branches).flat();
}

function programOf(recipe: Recipe, templates: readonly Template[], context: Context): WellFormedProgram {
  // An op may be right where it stands and wrong in the whole: then the steps up to it make the program.
  for (let count = recipe.steps.length; ; count--) {
    const construction = new Construction(context);
    for (const { step, place, choices } of recipe.steps.slice(0, count)) {
      if (step === 0) continue;
      const template = templates[step - 1];
      const reader = new Choices(choices);
      if (template !== undefined) construction.add(template, place, reader);
      else if (step === templates.length + 1) construction.addFunction();
      else construction.redirect(place, reader);
    }
    const module = construction.finish(recipe.kept);
    const [complaint] = verifyAll(module, context);
    if (complaint === undefined) return new WellFormedProgram(module, recipe.seed);
    if (count === 0) throw complaint;
  }
}
