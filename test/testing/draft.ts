/**
 * A function under construction, for random programs: values with what is known about them, and operations on them by
 * choices. Choices are natural numbers that are read modulo what there is to choose from, so that every list of numbers is
 * a right program and a smaller number is a simpler choice: that is what makes counterexamples shrink.
 */
import { constant } from "../../dialects/arith/ops.ts";
import { moduleOperation } from "../../dialects/func/build.ts";
import { functionDefinition, returnOperation } from "../../dialects/func/ops.ts";
import { type Attribute, DictionaryAttribute, elementsAttribute, StringAttribute } from "../../ir/attributes.ts";
import { at, Builder } from "../../ir/builder.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import type { Accessors, BuildArguments, Fields, OperationDefinition } from "../../ir/declaration.ts";
import { nameLocation } from "../../ir/location.ts";
import { Block, type Operation, Region, type Value } from "../../ir/operation.ts";
import { type ElementName, elementCount, setNumber, type TensorData, zeros } from "../../ir/tensor-data.ts";
import { elementNameOf, elementType, FunctionType, TensorType } from "../../ir/types.ts";

/** Numbers from 0 to 1 that only depend on the seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function isFloatElement(element: ElementName): boolean {
  return element.startsWith("f") || element === "bf16";
}

/** Elements between -limit and limit; whole numbers for integers, 0 or 1 for i1. */
export function randomData(
  shape: readonly number[],
  element: ElementName,
  limit: number,
  next: () => number,
): TensorData {
  const data = zeros(shape, element);
  const isFloat = isFloatElement(element);
  for (let position = 0; position < elementCount(shape); position++) {
    const value = (next() * 2 - 1) * limit;
    setNumber(data, position, element === "i1" ? Number(value > 0) : isFloat ? value : Math.round(value));
  }
  return data;
}

/** Reads natural numbers one by one; 0 when they run out. */
export class Choices {
  readonly #numbers: readonly number[];
  #position = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** From 0 to `count` - 1. */
  below(count: number): number {
    const number = this.#numbers[this.#position++] ?? 0;
    return count <= 1 ? 0 : number % count;
  }

  of<T>(list: readonly T[]): T {
    const chosen = list[this.below(list.length)];
    if (chosen === undefined) throw new Error("there is nothing to choose from");
    return chosen;
  }

  flag(): boolean {
    return this.below(2) === 1;
  }
}

/** A value of the program and what is known about its elements. */
export interface DraftValue {
  readonly value: Value<TensorType>;
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly element: ElementName;
  /** No element is greater than this in magnitude. */
  readonly bound: number;
}

/** Tensors stay small, so that thousands of programs can be run by the reference semantics. */
const mostElements = 512;

/** The greatest bound that operations may reach: rounding errors then stay far below the tolerances of tests. */
const mostMagnitude: { readonly [E in ElementName]?: number } = { f64: 64, f32: 64, f16: 8, bf16: 8 };

/** Ops that take their operands in any order, and give something else then or not. */
const swappable: ReadonlySet<string> = new Set(
  ["add", "sub", "mul", "maximum", "minimum", "less", "equal", "bitwise_and"].map((name) => `tensor.${name}`),
);

export class Draft {
  readonly values: DraftValue[] = [];
  readonly #block = new Block();
  readonly #builder: Builder;
  readonly #next: () => number;
  #inputs = 0;
  /** The operation that was added last, constants aside. */
  #last: Operation | undefined;

  constructor(seed: number) {
    this.#builder = new Builder(at.endOf(this.#block));
    this.#next = randomNumbers(seed);
  }

  input(shape: readonly number[], element: ElementName): void {
    const type = TensorType.get(shape, elementType(element));
    const name = `x${this.#inputs++}`;
    const value = this.#block.addArgument(type, nameLocation(name));
    value.nameHint = name;
    this.values.push({ value, type, shape, element, bound: inputBound(element) });
  }

  /** A value that `isWanted`, half the time the last one; undefined where there is none. */
  pick(choices: Choices, isWanted: (value: DraftValue) => boolean = () => true): DraftValue | undefined {
    const found = this.values.filter(isWanted).reverse();
    return found[choices.below(2 * found.length)] ?? found[0];
  }

  /** A constant with random elements up to `limit`. */
  constant(shape: readonly number[], element: ElementName, limit: number): Value<TensorType> {
    return this.constantOf(randomData(shape, element, limit, this.#next));
  }

  /** A constant whose elements are all `value`. */
  splat(shape: readonly number[], element: ElementName, value: number): Value<TensorType> {
    const data = zeros(shape, element);
    for (let position = 0; position < elementCount(shape); position++) setNumber(data, position, value);
    return this.constantOf(data);
  }

  constantOf({ shape, element, data }: TensorData): Value<TensorType> {
    const type = TensorType.get(shape, elementType(element));
    const { result } = this.#builder.build(constant, { value: elementsAttribute(type, data), result: type });
    if (!isTensorValue(result)) throw new Error("a tensor constant gives no tensor");
    return result;
  }

  /** Adds an operation whose results stay below `bound`. Nothing happens where they would get too big or too many. */
  add<F extends Fields>(definition: OperationDefinition<F>, args: BuildArguments<F>, bound: number): void {
    this.insert(this.make(definition, args), bound);
  }

  /** An operation that is not yet in the program. */
  make<F extends Fields>(definition: OperationDefinition<F>, args: BuildArguments<F>): Operation & Accessors<F> {
    return definition.build(args, nameLocation(`step${this.values.length}`));
  }

  /** The same for a definition of which only the general view is known. */
  makeAny(definition: AnyDefinition, args: { readonly [name: string]: unknown }): Operation {
    return definition.build(args, nameLocation(`step${this.values.length}`));
  }

  insert(operation: Operation, bound: number): void {
    const made = operation.results.map((result): DraftValue | undefined => {
      if (!isTensorValue(result)) return undefined;
      const { type } = result;
      if (!type.isStatic || type.count > mostElements) return undefined;
      const element = elementNameOf(type.element);
      if (element === undefined || bound > (mostMagnitude[element] ?? Number.POSITIVE_INFINITY)) return undefined;
      return { value: result, type, shape: type.shape, element, bound };
    });
    if (made.every((each) => each !== undefined)) {
      this.#builder.insert(operation);
      this.values.push(...made);
      this.#last = operation;
    } else operation.dropReferences();
  }

  /** Adds the last operation again, with its two operands swapped where `swapped` and the op allows it. */
  repeat(swapped: boolean): void {
    const last = this.#last;
    if (last === undefined) return;
    const twin = last.clone();
    const [lhs, rhs] = twin.operands;
    if (swapped && lhs !== undefined && lhs.type === rhs?.type && swappable.has(twin.name))
      twin.setOperands([rhs, lhs]);
    const known = this.values.find(({ value }) => value.definer === last);
    this.insert(twin, known?.bound ?? 0);
  }

  /** The module: `@main` gives the last value and those unused ones that `kept` has a bit for; the others stay dead. */
  finish(kept: number): Operation {
    const unused = this.values.filter(({ value }) => !value.hasUses && value.definer !== undefined).reverse();
    const leaves = unused.length === 0 ? this.values.slice(-1) : unused;
    const outputs = leaves.filter((_, position) => position === 0 || ((kept >>> (position - 1)) & 1) === 1);
    this.#builder.build(returnOperation, { inputs: outputs.map(({ value }) => value) });
    const roles = (role: string, names: readonly string[]) =>
      names.map((name) => DictionaryAttribute.get([[`anemone.${role}`, StringAttribute.get(name) as Attribute]]));
    const args = this.#block.arguments;
    const inputNames = args.map((_, position) => `x${position}`);
    const outputNames = outputs.map((_, position) => `y${position}`);
    const main = functionDefinition.build(
      {
        sym_name: "main",
        function_type: FunctionType.get(
          args.map(({ type }) => type),
          outputs.map(({ type }) => type),
        ),
        arg_attrs: roles("input", inputNames),
        res_attrs: roles("output", outputNames),
        body: new Region([this.#block]),
      },
      nameLocation("main"),
    );
    return moduleOperation([main]);
  }
}

function isTensorValue(value: Value): value is Value<TensorType> {
  return value.type instanceof TensorType;
}

/** The greatest magnitude of input elements. */
export function inputBound(element: ElementName): number {
  if (element === "i1") return 1;
  return isFloatElement(element) ? 2 : 9;
}
