/**
 * Lazy tensors: a graph written as TypeScript. `input("x", [1, 3, 32, 32]).conv2d(w).relu()` computes nothing; each step
 * makes one operation of the tensor dialect, whose shape and type errors show at once, at the line that caused them.
 * `graphModule` collects what an output needs into a module that any pipeline takes.
 */

import { constant as constantDefinition } from "../../dialects/arith/ops.ts";
import { functionOperation, moduleOperation } from "../../dialects/func/build.ts";
import { DictionaryAttribute, elementsAttribute, StringAttribute } from "../../ir/attributes.ts";
import type { Builder } from "../../ir/builder.ts";
import type { BuildArguments, Fields, OperationDefinition } from "../../ir/declaration.ts";
import { DiagnosticError, messageOf } from "../../ir/diagnostic-error.ts";
import { fileLocation, type Location, placeOf, unknownLocation } from "../../ir/location.ts";
import { Block, type Operation, type Value } from "../../ir/operation.ts";
import {
  allocateElements,
  type ElementArray,
  type ElementName,
  elementCount,
  numberToBf16,
} from "../../ir/tensor-data.ts";
import { elementNameOf, elementType, TensorType } from "../../ir/types.ts";

const graphFolder = import.meta.dirname;

/** The user's line that called into the graph API, as a location. */
function callSite(): Location {
  const lines = (new Error().stack ?? "").split("\n");
  for (const line of lines) {
    const match = /\(?([^\s()]+):(\d+):(\d+)\)?$/.exec(line);
    if (match === null || match[1] === undefined || match[1].startsWith(graphFolder) || match[1].startsWith("native"))
      continue;
    return fileLocation(match[1].replace(/^file:\/\//, ""), Number(match[2]), Number(match[3]));
  }
  return unknownLocation;
}

interface InputMark {
  readonly name: string;
  readonly block: Block;
}

/** A tensor that will be computed: its shape and element type are known, its elements are not. */
export class LazyTensor {
  /** The SSA value, defined by an operation that is in no block yet (or the argument of an input). */
  readonly value: Value<TensorType>;
  /** Set for network inputs. */
  readonly input: InputMark | undefined;

  constructor(value: Value<TensorType>, inputMark?: InputMark) {
    this.value = value;
    this.input = inputMark;
  }

  get shape(): readonly number[] {
    return this.value.type.shape;
  }

  get rank(): number {
    return this.value.type.rank;
  }

  get element(): ElementName {
    const name = elementNameOf(this.value.type.element);
    if (name === undefined) throw new Error(`${this.value.type} has no host element type`);
    return name;
  }

  toString(): string {
    return `LazyTensor(${this.value.type})`;
  }
}

/** What functions take where a tensor of the other operand's element type is meant: a number becomes a scalar constant. */
export type TensorLike = LazyTensor | number;

/** A network input. `shape` is static; give buckets to `compile` for sizes that vary per call. */
export function input(name: string, shape: readonly number[], element: ElementName = "f32"): LazyTensor {
  checkShape(name, shape);
  const block = new Block();
  const argument = block.addArgument(TensorType.get(shape, elementType(element)), callSite());
  argument.nameHint = name;
  return new LazyTensor(argument, { name, block });
}

function checkShape(what: string, shape: readonly number[]): void {
  for (const size of shape) {
    if (!Number.isInteger(size) || size < 0) {
      throw new DiagnosticError(
        `'${what}' needs whole sizes of at least 0, but got [${shape.join(", ")}]`,
        placeOf(callSite()),
      );
    }
  }
}

/**
 * A constant. `values` are numbers (rounded to `element`) or a typed array of the element's kind, row-major; without a
 * `shape` the constant has rank 1, and a single number has rank 0.
 */
export function constant(
  values: number | readonly number[] | ElementArray,
  shape?: readonly number[],
  element: ElementName = "f32",
): LazyTensor {
  const location = callSite();
  const list = typeof values === "number" ? [values] : values;
  const sizes = shape ?? (typeof values === "number" ? [] : [list.length]);
  checkShape("constant", sizes);
  if (elementCount(sizes) !== list.length) {
    throw new DiagnosticError(
      `a constant of shape [${sizes.join(", ")}] needs ${elementCount(sizes)} values, but got ${list.length}`,
      placeOf(location),
    );
  }
  const type = TensorType.get(sizes, elementType(element));
  const value = elementsAttribute(type, toElements(list, element));
  return new LazyTensor(typedResult(constantDefinition.build({ value, result: type }, location)));
}

function toElements(list: readonly number[] | ElementArray, element: ElementName): ElementArray {
  const data = allocateElements(element, list.length);
  if (!Array.isArray(list) && list.constructor === data.constructor) return list as ElementArray;
  for (let i = 0; i < list.length; i++) {
    const value = list[i]!;
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = BigInt(value);
    else data[i] = element === "bf16" ? numberToBf16(Number(value)) : Number(value);
  }
  return data;
}

function isTensorValue(value: Value | undefined): value is Value<TensorType> {
  return value?.type instanceof TensorType;
}

function typedResult(operation: Operation): Value<TensorType> {
  const [result] = operation.results;
  if (!isTensorValue(result)) throw operation.error("does not give a tensor");
  return result;
}

/** A tensor operand: itself, or a number as a scalar constant of the element type of `like`. */
export function toTensor(value: TensorLike, like: LazyTensor): LazyTensor {
  return typeof value === "number" ? constant(value, [], like.element) : value;
}

/** Makes one operation and wraps its results; errors point at the user's line. */
export function applyAll<F extends Fields>(
  definition: OperationDefinition<F>,
  args: BuildArguments<F>,
): readonly LazyTensor[] {
  const location = callSite();
  try {
    return definition.build(args, location).results.map((result) => {
      if (!isTensorValue(result)) throw new Error(`'${definition.name}' gives ${result.type}, not a tensor`);
      return new LazyTensor(result);
    });
  } catch (error) {
    if (error instanceof DiagnosticError) throw error;
    throw new DiagnosticError(`'${definition.name}': ${messageOf(error)}`, placeOf(location));
  }
}

export function apply<F extends Fields>(definition: OperationDefinition<F>, args: BuildArguments<F>): LazyTensor {
  const [only] = applyAll(definition, args);
  if (only === undefined) throw new Error(`'${definition.name}' has no result`);
  return only;
}

/** The operations that `roots` need, operands first; an explicit stack, since graphs can be thousands deep. */
function topologicalOrder(roots: readonly Value[]): {
  readonly operations: readonly Operation[];
  readonly leaves: readonly Value[];
} {
  const operations: Operation[] = [];
  const leaves = new Set<Value>();
  const done = new Set<Operation>();
  const stack: { operation: Operation; next: number }[] = [];
  const visit = (value: Value) => {
    if (value.definer === undefined) leaves.add(value);
    else if (!done.has(value.definer)) {
      done.add(value.definer);
      stack.push({ operation: value.definer, next: 0 });
    }
  };
  for (const root of roots) {
    visit(root);
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const operandUse = top.operation.operandUses[top.next++];
      if (operandUse !== undefined) visit(operandUse.value);
      else {
        operations.push(top.operation);
        stack.pop();
      }
    }
  }
  return { operations, leaves: [...leaves] };
}

function roleAttribute(role: "input" | "output", name: string): DictionaryAttribute {
  return DictionaryAttribute.get([[`anemone.${role}`, StringAttribute.get(name)]]);
}

/**
 * The module that computes `outputs`: one function `@main` with the inputs they need (in the order in which `inputs` lists
 * them, or of first use) and one result per output, named.
 */
export function graphModule(outputs: Readonly<Record<string, LazyTensor>>, inputs?: readonly LazyTensor[]): Operation {
  const entries = Object.entries(outputs);
  if (entries.length === 0) throw new DiagnosticError("a graph needs at least one output");
  const { operations, leaves } = topologicalOrder(entries.map(([, tensor]) => tensor.value));
  const used = new Map<Value, string>();
  for (const each of inputs ?? []) if (each.input !== undefined) used.set(each.value, each.input.name);
  for (const leaf of leaves) used.set(leaf, leaf.nameHint ?? `input${used.size}`);
  const names = [...used.values()];
  const repeated = names.find((name, position) => names.indexOf(name) !== position);
  if (repeated !== undefined) throw new DiagnosticError(`two inputs of the graph are called '${repeated}'`);
  const copy = (builder: Builder, args: readonly Value[]): readonly Value[] => {
    const mapping = new Map<Value, Value>();
    for (const [position, value] of [...used.keys()].entries()) mapping.set(value, args[position]!);
    for (const operation of operations) builder.insert(operation.clone(mapping));
    return entries.map(([name, tensor]) => {
      const value = mapping.get(tensor.value) ?? tensor.value;
      value.nameHint ??= name;
      return value;
    });
  };
  const main = functionOperation(
    "main",
    [...used.keys()].map((value) => value.type),
    entries.map(([, tensor]) => tensor.value.type),
    copy,
    {
      argumentNames: names,
      argumentAttributes: names.map((name) => roleAttribute("input", name)),
      resultAttributes: entries.map(([name]) => roleAttribute("output", name)),
    },
  );
  return moduleOperation([main]);
}
