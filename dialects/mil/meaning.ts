/**
 * What MIL ops compute, as ops of the tensor dialect: the interface by which an op says it, what it is built with, and the meaning of a
 * whole block.
 */
import { DenseElementsAttribute, DenseResourceAttribute, ElementsAttribute } from "../../ir/attributes.ts";
import type { Builder } from "../../ir/builder.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import type { AttributeField, OperandField } from "../../ir/declaration.ts";
import { OpInterface } from "../../ir/interfaces.ts";
import type { Block, Operation, Region, Value } from "../../ir/operation.ts";
import { elementNameOf, IntegerType, TensorType, ui8 } from "../../ir/types.ts";
import { constant as arithConstant } from "../arith/ops.ts";
import { constant } from "./constant.ts";
import type { Opset } from "./opsets.ts";

// biome-ignore lint/suspicious/noExplicitAny: an attribute field is invariant in its value
export type ParameterField<A extends "one" | "optional" | "default" = any> = AttributeField<any, A>;

/** What a MIL op takes: the declaration as it was stated, of which parameters are operands of the op. */
export interface MilSignature {
  readonly mnemonic: string;
  readonly inputs: ReadonlyMap<string, OperandField | ParameterField>;
  readonly since: Opset;
  readonly inputsSince: { readonly [input: string]: Opset };
  /** The opset from which on the op has an input no more. */
  readonly inputsUntil: { readonly [input: string]: Opset };
}
export const Signature = new OpInterface<MilSignature>("mil-signature");

/** The signature of a MIL op; undefined for what has none: constants, functions, ops of other dialects. */
export function signatureOf(definition: AnyDefinition | undefined): MilSignature | undefined {
  return definition === undefined ? undefined : Signature.find(definition.interfaces);
}

/**
 * Builds what an operation computes, with `operands` in place of its operands, and returns one value per result. In place of a
 * parameter stands any value. `outer` has the values that its blocks use from outside.
 */
export type MeaningImplementation = (
  operation: Operation,
  operands: readonly Value[],
  builder: Builder,
  outer?: ReadonlyMap<Value, Value>,
) => readonly Value[];
export const Meaning = new OpInterface<MeaningImplementation>("mil-meaning");

/**
 * Builds what the operations of a block compute and returns what the block ends with. `known` has the values for its arguments, and
 * for what it uses from outside; constants are made where they are used.
 */
export function meaningOfBlock(block: Block, known: ReadonlyMap<Value, Value>, builder: Builder): readonly Value[] {
  const values = new Map(known);
  const resolve = (value: Value): Value => {
    const found = values.get(value);
    if (found !== undefined) return found;
    const { definer } = value;
    if (!constant.matches(definer) || !(definer.val instanceof ElementsAttribute))
      throw (definer ?? block.parentOperation)?.error("gives a value that is no tensor") ?? new Error("no value");
    const val = asPlainData(definer.val);
    const made = builder.build(arithConstant, { value: val, result: val.type }, definer.location).result;
    made.nameHint = value.nameHint;
    values.set(value, made);
    return made;
  };
  for (const operation of block.operations) {
    if (constant.matches(operation)) continue;
    if (operation.definition?.hasTrait("Terminator")) return operation.operands.map(resolve);
    builder.location = operation.location;
    const results = meaningOf(operation, operandsOf(operation, resolve), builder, values);
    for (const [position, result] of operation.results.entries()) {
      const made = results[position]!;
      made.nameHint ??= result.nameHint;
      values.set(result, made);
    }
  }
  return [];
}

/** Numbers of a type that plain data do not have (1, 2, 3 and 6 bits) as the bytes that they are held in. */
function asPlainData(elements: ElementsAttribute): ElementsAttribute {
  const { type } = elements;
  const isBytes = type.element instanceof IntegerType && type.element.width < 8;
  if (!isBytes || elementNameOf(type.element) !== undefined) return elements;
  if (!(elements instanceof DenseResourceAttribute) || elements.blob === undefined) return elements;
  return DenseResourceAttribute.get(TensorType.get(type.shape, ui8), elements.blob);
}

function meaningOf(
  operation: Operation,
  operands: readonly Value[],
  builder: Builder,
  values: ReadonlyMap<Value, Value>,
): readonly Value[] {
  const { definition } = operation;
  const meaning = definition === undefined ? undefined : Meaning.find(definition.interfaces);
  if (meaning === undefined) throw operation.error("has no meaning in tensor ops");
  return meaning(operation, operands, builder, values);
}

/** The operands of an operation as `resolve` gives them; parameters, which its meaning reads itself, stay. */
function operandsOf(operation: Operation, resolve: (value: Value) => Value): Value[] {
  const { definition, operands } = operation;
  const inputs = signatureOf(definition)?.inputs;
  if (definition === undefined || inputs === undefined) return operands.map(resolve);
  return definition.operandFields.flatMap(({ name }, position) => {
    const { start, count } = definition.operandGroup(operation, position);
    const group = operands.slice(start, start + count);
    return inputs.get(name)?.kind === "attribute" ? group : group.map(resolve);
  });
}

export class TensorSteps {
  readonly builder: Builder;
  readonly #outer: ReadonlyMap<Value, Value>;

  /** `outer` has the values around the op that its blocks may use. */
  constructor(builder: Builder, outer: ReadonlyMap<Value, Value>) {
    this.builder = builder;
    this.#outer = outer;
  }

  build(definition: AnyDefinition, args: { readonly [name: string]: unknown }): Value {
    return this.builder.build(definition, args).onlyResult;
  }

  /** The values that a block of the op ends with, on `inputs`; built here. */
  block(region: Region, inputs: readonly Value[]): readonly Value[] {
    const block = region.onlyBlock;
    const known = new Map(this.#outer);
    for (const [position, argument] of block.arguments.entries()) known.set(argument, inputs[position]!);
    return meaningOfBlock(block, known, this.builder);
  }

  /** A number of the element type of `like`, broadcast where it is used. */
  scalar(value: number, like: Value): Value {
    const { type } = like;
    if (!(type instanceof TensorType)) throw new Error(`a tensor is expected, found ${type}`);
    const attribute = DenseElementsAttribute.splat(TensorType.get([], type.element), value);
    return this.builder.build(arithConstant, { value: attribute, result: attribute.type }).result;
  }
}

export function shapeOf(value: Value): readonly number[] {
  if (!(value.type instanceof TensorType)) throw new Error(`a tensor is expected, found ${value.type}`);
  return value.type.shape;
}

export function withShape(value: Value, shape: readonly number[]): TensorType {
  if (!(value.type instanceof TensorType)) throw new Error(`a tensor is expected, found ${value.type}`);
  return TensorType.get(shape, value.type.element);
}

/** A MIL axis, which may count from the end. */
export function axisOf(axis: number, rank: number): number {
  if (axis < -rank || axis >= rank) throw new Error(`axis ${axis} is outside of rank ${rank}`);
  return axis < 0 ? axis + rank : axis;
}
