/**
 * Building the MIL function of a program: values of surfaces as MIL tensors, constants placed once, and names. Every op is
 * named after the task that it stands for: `conv1` for the last op of a task, `conv1_bias` and so on for those before it.
 */
import { constant as aneConstant, isCompressedConstant, type SurfaceType } from "../../dialects/ane/index.ts";
import * as mil from "../../dialects/mil/index.ts";
import { transpose as transposeData } from "../../dialects/tensor/reference/movement.ts";
import {
  DenseElementsAttribute,
  type ElementsAttribute,
  elementsAttribute,
  StringAttribute,
} from "../../ir/attributes.ts";
import type { Builder } from "../../ir/builder.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import { nameOf } from "../../ir/location.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { elementCount } from "../../ir/tensor-data.ts";
import { f16, TensorType } from "../../ir/types.ts";
import { emitCompressed } from "./compressed.ts";

/** MIL identifiers, each given out once. */
export class MilNames {
  readonly #taken = new Set<string>();

  /** `wanted` as an identifier, with a number behind it where it is taken. */
  fresh(wanted: string): string {
    const base = wanted.replaceAll(/[^A-Za-z0-9_]/g, "_").replace(/^(?=\d|$)/, "_");
    let name = base;
    for (let counter = 1; this.#taken.has(name); counter++) name = `${base}_${counter}`;
    this.#taken.add(name);
    return name;
  }
}

export class MilBuilder {
  readonly builder: Builder;
  readonly names: MilNames;
  readonly opset: mil.Opset;
  readonly #values = new Map<Value, Value>();
  /** Constants by layout ("as they are", "as a vector", …) and surface. */
  readonly #constants = new Map<string, Value>();
  /** Names of values that leave the program. */
  readonly #outputNames = new Map<Value, string>();
  #counter = 0;
  /** The name of the task being built. */
  task = "t";

  constructor(builder: Builder, names: MilNames, opset: mil.Opset) {
    this.builder = builder;
    this.names = names;
    this.opset = opset;
  }

  /** Whether the function's opset has an op. */
  has(definition: AnyDefinition): boolean {
    return mil.hasSince(this.opset, mil.signatureOf(definition)?.since ?? "ios15");
  }

  bind(surface: Value, value: Value): void {
    this.#values.set(surface, value);
  }

  /** The op that gives this surface is to have this name. */
  reserveOutput(surface: Value, name: string): void {
    this.#outputNames.set(surface, name);
  }

  /** Names a task after its port, the value's name, its origin, or its number. */
  begin(task: Operation): void {
    const [result] = task.results;
    const port = result === undefined ? undefined : this.#outputNames.get(result);
    const hint = result?.nameHint ?? nameOf(task.location)?.split("+").at(-1);
    this.task = port ?? this.names.fresh(hint ?? `t${this.#counter}`);
    this.#counter++;
    this.builder.location = task.location;
  }

  /** The MIL value of a surface; a constant that is placed now is named with `suffix`. */
  value(surface: Value, suffix = "const"): Value {
    const known = this.#values.get(surface);
    if (known !== undefined) return known;
    const data = constantData(surface);
    const made = data === undefined ? this.#compressed(surface, suffix) : this.constant(data, suffix);
    this.#values.set(surface, made);
    return made;
  }

  #compressed({ definer }: Value, suffix: string): Value {
    if (definer === undefined || !isCompressedConstant(definer))
      throw new Error("a task reads a surface that nothing gives");
    return emitCompressed(this, definer, suffix);
  }

  /** A constant operand in another layout, made once: `key` names the layout. */
  laidOut(surface: Value, key: string, layout: (data: ElementsAttribute) => ElementsAttribute): Value {
    const data = constantData(surface);
    if (data === undefined) throw new Error("a constant is expected");
    const full = `${key} ${data.text}`;
    const known = this.#constants.get(full);
    if (known !== undefined) return known;
    const made = this.constant(layout(data), key);
    this.#constants.set(full, made);
    return made;
  }

  constant(value: ElementsAttribute, suffix: string): Value {
    const name = this.names.fresh(`${this.task}_${suffix}`);
    const { result } = this.builder.build(mil.constant, { val: value, name, result: value.type });
    result.nameHint = name;
    return result;
  }

  /** A number of f16. */
  scalar(value: number, suffix: string): Value {
    return this.constant(DenseElementsAttribute.splat(TensorType.get([], f16), value), suffix);
  }

  /** Builds an op, with a constant called `OP_PARAMETER` in front of it for each parameter (the engine's compiler takes them no other way). */
  build(definition: AnyDefinition, args: { readonly [name: string]: unknown }, suffix: string): Value {
    const name = this.names.fresh(`${this.task}_${suffix}`);
    const nameConstant = (parameter: string) => this.names.fresh(`${name}_${parameter}`);
    return mil.buildWithConstants(this.builder, definition, args, { name, nameConstant }).onlyResult;
  }

  /** Whether a surface was emitted as exactly this value. */
  isBoundTo(surface: Value, value: Value): boolean {
    return this.#values.get(surface) === value;
  }

  /** A value under another name. The product with 1 stands for a copy: Apple's runtime fails on a program without ops. */
  copy(surface: Value, name: string): Value {
    this.task = name;
    const made = this.builder.build(mil.mul, {
      x: tensorValue(this.value(surface)),
      y: tensorValue(this.scalar(1, "one")),
      name,
    }).result;
    made.nameHint = name;
    return made;
  }

  /** Gives the op behind a task's result the task's name. */
  finish(task: Operation, result: Value): void {
    const { definer } = result;
    if (definer !== undefined) this.#rename(definer, this.task);
    this.#values.set(task.onlyResult, result);
  }

  /** Gives an op another name, and the constants of its parameters with it. */
  #rename(operation: Operation, name: string): void {
    const { definition } = operation;
    const old = statedName(operation);
    setName(operation, name);
    for (const [position, { name: field }] of definition?.operandFields.entries() ?? []) {
      const group = definition!.operandGroup(operation, position);
      const constant = group.count === 1 ? operation.operands[group.start]!.definer : undefined;
      if (mil.constant.matches(constant) && statedName(constant) === `${old}_${field}`)
        setName(constant, this.names.fresh(`${name}_${field}`));
    }
  }
}

/** The `name` of a MIL op. */
function statedName(operation: Operation): string | undefined {
  const stated = operation.attribute("name");
  return stated instanceof StringAttribute ? stated.value : undefined;
}

function setName(operation: Operation, name: string): void {
  operation.properties.set("name", StringAttribute.get(name));
  for (const result of operation.results) result.nameHint = name;
}

function tensorValue(value: Value): Value<TensorType> {
  if (!isTensorValue(value)) throw new Error(`a tensor is expected, found ${value.type}`);
  return value;
}

function isTensorValue(value: Value): value is Value<TensorType> {
  return value.type instanceof TensorType;
}

/** The data of a constant surface. */
export function constantData(surface: Value): ElementsAttribute | undefined {
  const { definer } = surface;
  return aneConstant.matches(definer) ? definer.value : undefined;
}

export function withShape(data: ElementsAttribute, shape: readonly number[]): ElementsAttribute {
  const type = TensorType.get(shape, data.type.element);
  if (data instanceof DenseElementsAttribute) return DenseElementsAttribute.get(type, data.data);
  return elementsAttribute(type, data.value.data, "engine");
}

/** The same numbers with leading dimensions of size 1 up to `rank`. Scalars stay. */
export function alignedTo(rank: number): (data: ElementsAttribute) => ElementsAttribute {
  return (data) => {
    const { shape } = data.type;
    if (elementCount(shape) === 1) return withShape(data, []);
    return withShape(data, [...new Array<number>(Math.max(0, rank - shape.length)).fill(1), ...shape]);
  };
}

/** The numbers as one row. */
export function asVector(data: ElementsAttribute): ElementsAttribute {
  return withShape(data, [elementCount(data.type.shape)]);
}

/** A matrix transposed. */
export function transposed(data: ElementsAttribute): ElementsAttribute {
  const { value } = data;
  const moved = transposeData(value, [1, 0]);
  return elementsAttribute(TensorType.get(moved.shape, data.type.element), moved.data, "engine");
}

/** The numbers repeated to a whole shape. */
export function expandedTo(shape: readonly number[]): (data: ElementsAttribute) => ElementsAttribute {
  return (data) => {
    const { splat } = data.type.count === 1 && data instanceof DenseElementsAttribute ? data : { splat: undefined };
    if (splat === undefined) throw new Error("a single number is expected");
    return DenseElementsAttribute.splat(TensorType.get(shape, data.type.element), splat);
  };
}

export function shapeOf(surface: Value<SurfaceType>): readonly number[] {
  return surface.type.shape;
}
