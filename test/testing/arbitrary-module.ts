/**
 * Random programs for property tests with fast-check. A program is a list of steps, each a list of numbers that are read
 * modulo what there is to choose from: whatever fast-check leaves out or makes smaller, what remains is a right program, so
 * counterexamples shrink to a few lines of IR. Ops of the tensor dialect come with hand-written steps (convolutions need
 * weights that fit); ops of other dialects are taken from their declarations and examples.
 */
import fc from "fast-check";
import { arith } from "../../dialects/arith/index.ts";
import { builtin } from "../../dialects/builtin/index.ts";
import { func, functionsOf } from "../../dialects/func/index.ts";
import { tensor } from "../../dialects/tensor/index.ts";
import { type AnyDefinition, Context, type Dialect } from "../../ir/context.ts";
import type { Operation } from "../../ir/operation.ts";
import { print } from "../../ir/printer/print.ts";
import type { ElementName, TensorData } from "../../ir/tensor-data.ts";
import { elementNameOf, TensorType } from "../../ir/types.ts";
import { verifyAll } from "../../ir/verifier.ts";
import { type Choices, Choices as ChoicesClass, Draft, inputBound, randomData, randomNumbers } from "./draft.ts";
import { exampleContext, operationsNamed, parseOrRefuse } from "./example-program.ts";
import { type Step, tensorSteps } from "./tensor-steps.ts";

export interface ArbitraryModuleOptions {
  /** At most this many operations beside constants. Default 10. */
  readonly maxSteps?: number;
  /**
   * Only ops whose result moves little when an operand does. For comparing results within a tolerance: a comparison of two
   * floats may come out either way when they differ by a rounding error. Default false.
   */
  readonly continuous?: boolean;
  /** Only ops of these names, so that they meet each other. Default all. */
  readonly ops?: readonly string[];
  /** Element types of inputs, simplest first. Default f32, i32, f16. */
  readonly elements?: readonly ElementName[];
}

/** A random module with one function `@main`, and data for its inputs. It prints itself in counterexamples. */
export class RandomProgram {
  readonly #module: Operation;
  readonly inputs: readonly TensorData[];

  constructor(module: Operation, inputs: readonly TensorData[]) {
    this.#module = module;
    this.inputs = inputs;
  }

  /** A new copy of the module, which may be changed. */
  build(): Operation {
    return this.#module.clone();
  }

  /** The inputs by the names that `@main` gives them. */
  get namedInputs(): Readonly<Record<string, TensorData>> {
    return Object.fromEntries(this.inputs.map((data, position) => [`x${position}`, data]));
  }

  [fc.toStringMethod](): string {
    return `\n${print(this.#module)}`;
  }
}

const inputShapes = [[2, 3], [4], [1, 3, 5, 5], [1, 4, 4, 4], [2, 2, 3], [], [1, 1], [2, 1, 6, 3], [1, 8, 2, 2], [7]];

interface Recipe {
  readonly inputs: readonly { readonly element: number; readonly shape: number }[];
  readonly steps: readonly { readonly step: number; readonly choices: readonly number[]; readonly next: number }[];
  readonly kept: number;
  readonly seed: number;
}

/** Random well-formed modules of static shapes on the ops of `dialects`. */
export function arbitraryModule(
  dialects: readonly Dialect[] = [tensor],
  options: ArbitraryModuleOptions = {},
): fc.Arbitrary<RandomProgram> {
  const elements = options.elements ?? ["f32", "i32", "f16"];
  // Ops of other dialects are given about as much room as those of the tensor dialect, however few they are.
  const declared = dialects.filter((each) => each.name !== tensor.name).flatMap(declaredSteps);
  const repeats = declared.length === 0 ? 0 : Math.max(1, Math.round(tensorSteps.length / declared.length));
  const own = dialects.some((each) => each.name === tensor.name) ? tensorSteps : [];
  const steps = [...own, ...Array.from({ length: own.length === 0 ? 1 : repeats }, () => declared).flat()];
  const allowed = steps.filter(
    ({ name, continuous }) => (continuous || !options.continuous) && (options.ops?.includes(name) ?? true),
  );
  const recipes: fc.Arbitrary<Recipe> = fc.record({
    inputs: fc.array(fc.record({ element: fc.nat(elements.length + 2), shape: fc.nat(inputShapes.length - 1) }), {
      minLength: 1,
      maxLength: 3,
    }),
    steps: fc.array(
      fc.record({
        step: fc.nat(allowed.length - 1),
        next: fc.nat(7),
        choices: fc.array(fc.nat(23), { minLength: 0, maxLength: 14, size: "max" }),
      }),
      { minLength: 1, maxLength: options.maxSteps ?? 10, size: "max" },
    ),
    kept: fc.nat(255),
    seed: fc.nat(),
  });
  return recipes.map((recipe) => programOf(recipe, allowed, elements));
}

function programOf(recipe: Recipe, steps: readonly Step[], elements: readonly ElementName[]): RandomProgram {
  const draft = new Draft(recipe.seed);
  for (const { element, shape } of recipe.inputs) {
    // Numbers behind the list are the first one again: most inputs have the simplest element type.
    draft.input(inputShapes[shape]!, elements[element] ?? elements[0]!);
  }
  for (const { step, choices, next } of recipe.steps) {
    steps[step]?.run(draft, new ChoicesClass(choices));
    // Rewrites look for an op on top of itself, and for equal ones: neither is likely to come up by itself.
    if (next === 7) steps[step]?.run(draft, new ChoicesClass([0, ...choices.toReversed()]));
    else if (next >= 4) draft.repeat(next > 4);
  }
  const module = draft.finish(recipe.kept);
  const next = randomNumbers(recipe.seed + 1);
  const main = functionsOf(module).get("main")!;
  const inputs = main.function_type.inputs.map((type) => {
    if (!(type instanceof TensorType)) throw new Error(`an input has the type ${type}`);
    const element = elementNameOf(type.element)!;
    return randomData(type.shape, element, inputBound(element), next);
  });
  return new RandomProgram(module, inputs);
}

/** Steps for the pure ops of a dialect that take tensors only, with the attributes of their examples. */
function declaredSteps(each: Dialect): readonly Step[] {
  const context = exampleContext(new Context([...new Set([builtin, func, arith, tensor, each])]));
  return each.ops.filter((definition) => isUsable(definition)).map((definition) => declaredStep(definition, context));
}

function isUsable(definition: AnyDefinition): boolean {
  const { operandFields, resultFields, regionFields, successorFields } = definition;
  const isPlain = regionFields.length === 0 && successorFields.length === 0 && resultFields.length > 0;
  return isPlain && operandFields.length > 0 && definition.hasTrait("Pure") && !definition.hasTrait("Terminator");
}

function declaredStep(definition: AnyDefinition, context: Context): Step {
  const text = definition.options.example;
  const module = text === undefined ? undefined : parseOrRefuse(text, context);
  const [sample] = module === undefined ? [] : operationsNamed(module, definition.name);
  const attributes = Object.fromEntries(
    definition.attributeFields.flatMap(({ name, field }): [string, unknown][] => {
      const found = sample?.attribute(name);
      const value = found === undefined ? undefined : field.constraint.decode(found);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const run = (draft: Draft, choices: Choices) => {
    const operands: [string, unknown][] = [];
    let bound = 0;
    for (const { name, field } of definition.operandFields) {
      if (field.arity === "optional" && choices.flag()) continue;
      const chosen = draft.pick(choices, ({ type }) => field.constraint.matches(type));
      if (chosen === undefined) return;
      bound = Math.max(bound, chosen.bound);
      operands.push([name, field.arity === "variadic" ? [chosen.value] : chosen.value]);
    }
    const operation = tryTo(() => draft.makeAny(definition, { ...Object.fromEntries(operands), ...attributes }));
    if (operation === undefined) return;
    if (verifyAll(operation, context).length > 0) operation.dropReferences();
    else draft.insert(operation, bound);
  };
  return { name: definition.name, continuous: true, run };
}

/** Undefined where the op does not take these operands. */
function tryTo<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof TypeError) throw error;
    return undefined;
  }
}
