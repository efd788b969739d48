/**
 * What an operator's importer sees of its node: inputs as values, attributes by name with their defaults, and ways to build.
 * All mistakes in the model end in a `DiagnosticError` that names the node.
 */

import type { BuildArguments, Fields, OperationDefinition } from "../../../ir/declaration.ts";
import { DiagnosticError } from "../../../ir/diagnostic-error.ts";
import { type ElementName, elementCount, setNumber, type TensorData, zeros } from "../../../ir/tensor-data.ts";
import {
  dataTypeFacts,
  dataTypeFromCode,
  describeNode,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxNode,
} from "../model.ts";
import { tensorDataOf } from "../tensor-values.ts";
import { elementOf, shapeOf, type Tensor, type TensorBuilder } from "./tensor-builder.ts";

/** An importer's results: one per output of the node, undefined (or missing) for optional outputs that it does not give. */
export type OperatorResults = Tensor | readonly (Tensor | undefined)[];
export type OperatorImport = (node: NodeImport) => OperatorResults;

/** Computed constants of more elements are refused: a wrong shape must not take all memory. */
const mostElements = 2 ** 28;

/** The importers of one operator by the operator-set version from which each holds. */
export type Operator = { readonly [sinceVersion: number]: OperatorImport };
export type OperatorTable = { readonly [opType: string]: Operator };

/** A value had to be known when compiling, but depends on these graph inputs: `importOnnx` can fix them. */
export class UnknownContentsError extends DiagnosticError {
  readonly inputs: readonly string[];

  constructor(message: string, file: string, inputs: readonly string[]) {
    const names = inputs.map((name) => `"${name}"`).join(", ");
    const advice =
      inputs.length === 0
        ? "such models need shapes that change while they run, which is not supported"
        : `it depends on the input${inputs.length === 1 ? "" : "s"} ${names}: fix the value when importing (option constants)`;
    super(message, { file, notes: [{ message: advice }] });
    this.name = "UnknownContentsError";
    this.inputs = inputs;
  }
}

/** What a node needs from the graph around it. */
export interface NodeSurroundings {
  readonly file: string;
  readonly builder: TensorBuilder;
  /** The names of the graph inputs on which a value's contents depend. */
  inputsBehind(value: Tensor): readonly string[];
  /** Imports the nodes of a subgraph in place; `inputs` are the values of its inputs. Returns its outputs. */
  importSubgraph(graph: OnnxGraph, inputs: readonly Tensor[]): readonly Tensor[];
}

export class NodeImport {
  readonly node: OnnxNode;
  /** The version of the node's operator set. */
  readonly version: number;
  readonly #inputs: readonly (Tensor | undefined)[];
  readonly #surroundings: NodeSurroundings;

  constructor(
    node: OnnxNode,
    version: number,
    inputs: readonly (Tensor | undefined)[],
    surroundings: NodeSurroundings,
  ) {
    this.node = node;
    this.version = version;
    this.#inputs = inputs;
    this.#surroundings = surroundings;
  }

  /** An error about this node. */
  error(message: string, ...notes: readonly string[]): DiagnosticError {
    return new DiagnosticError(`${describeNode(this.node)}: ${message}`, {
      file: this.#surroundings.file,
      notes: notes.map((note) => ({ message: note })),
    });
  }

  // ------------------------------------------------------------------------------------------------------- inputs

  /** Input `position`, which `what` names in messages. */
  input(position: number, what = `input ${position}`): Tensor {
    const value = this.#inputs[position];
    if (value === undefined) throw this.error(`${what} is missing (input ${position})`);
    return value;
  }

  optionalInput(position: number): Tensor | undefined {
    return this.#inputs[position];
  }

  /** All inputs from `start`, of a variadic operator: none may be left out. */
  inputsFrom(start: number): readonly Tensor[] {
    return this.#inputs.slice(start).map((_, index) => this.input(start + index));
  }

  /** The contents of an input that must be known when compiling. */
  constantInput(position: number, what: string): TensorData {
    return this.contentsOf(this.input(position, what), what);
  }

  /** As `constantInput`, or undefined where the input is left out. */
  optionalConstantInput(position: number, what: string): TensorData | undefined {
    return this.#inputs[position] === undefined ? undefined : this.constantInput(position, what);
  }

  /** The contents of a value that must be known when compiling. */
  contentsOf(value: Tensor, what: string): TensorData {
    const known = this.builder.contentsOf(value);
    if (known !== undefined) return known;
    throw new UnknownContentsError(
      `${describeNode(this.node)}: the value of ${what} must be known when compiling`,
      this.#surroundings.file,
      this.#surroundings.inputsBehind(value),
    );
  }

  /** The whole numbers of an input that must be known when compiling. */
  constantIntegers(position: number, what: string): number[] {
    const values = integersOf(this.constantInput(position, what));
    const odd = values.find((value) => !Number.isInteger(value));
    if (odd !== undefined) throw this.error(`${what} must be whole numbers, but ${odd} is none`);
    return values;
  }

  /** As `constantIntegers`, or undefined where the input is left out. */
  optionalConstantIntegers(position: number, what: string): number[] | undefined {
    return this.#inputs[position] === undefined ? undefined : this.constantIntegers(position, what);
  }

  /** The one whole number of an input that must be known when compiling. */
  constantInteger(position: number, what: string): number {
    const [value, ...rest] = this.constantIntegers(position, what);
    if (value === undefined || rest.length > 0) throw this.error(`${what} must be one number`);
    return value;
  }

  // --------------------------------------------------------------------------------------------------- attributes

  hasAttribute(name: string): boolean {
    return this.node.attributes.has(name);
  }

  #attribute<K extends OnnxAttribute["kind"]>(name: string, kind: K): Extract<OnnxAttribute, { kind: K }> | undefined {
    const attribute = this.node.attributes.get(name);
    if (attribute === undefined) return undefined;
    if (!isKind(attribute, kind))
      throw this.error(`attribute ${name} must be of kind ${kind}, but is ${attribute.kind}`);
    return attribute;
  }

  #required(name: string): DiagnosticError {
    return this.error(`attribute ${name} is missing`);
  }

  /** An integer attribute as a number; without a default it must be there. */
  integer(name: string, otherwise?: number): number {
    const value = this.#attribute(name, "int")?.value;
    if (value !== undefined) return Number(value);
    if (otherwise === undefined) throw this.#required(name);
    return otherwise;
  }

  /** An integer attribute that stands for a truth value. */
  flag(name: string, otherwise = false): boolean {
    return this.integer(name, otherwise ? 1 : 0) !== 0;
  }

  float(name: string, otherwise?: number): number {
    const attribute = this.node.attributes.get(name);
    // Some exporters write a whole float as an integer.
    if (attribute?.kind === "int") return Number(attribute.value);
    const value = this.#attribute(name, "float")?.value ?? otherwise;
    if (value === undefined) throw this.#required(name);
    return value;
  }

  text(name: string, otherwise?: string): string {
    const value = this.#attribute(name, "string")?.value ?? otherwise;
    if (value === undefined) throw this.#required(name);
    return value;
  }

  /** A text attribute with one of a few values. */
  oneOf<const W extends string>(name: string, words: readonly W[], otherwise?: W): W {
    const value = this.text(name, otherwise);
    const word = words.find((each) => each === value);
    if (word === undefined) throw this.error(`attribute ${name} must be one of ${words.join(", ")}, but is "${value}"`);
    return word;
  }

  integers(name: string): number[] | undefined {
    return this.#attribute(name, "ints")?.value.map(Number);
  }

  floats(name: string): readonly number[] | undefined {
    return this.#attribute(name, "floats")?.value;
  }

  tensor(name: string): TensorData | undefined {
    const value = this.#attribute(name, "tensor")?.value;
    return value === undefined ? undefined : tensorDataOf(value, { file: this.#surroundings.file });
  }

  graph(name: string): OnnxGraph {
    const value = this.#attribute(name, "graph")?.value;
    if (value === undefined) throw this.#required(name);
    return value;
  }

  /** The element type that an attribute names by its ONNX code. */
  elementType(name: string, otherwise?: ElementName): ElementName {
    if (otherwise !== undefined && !this.hasAttribute(name)) return otherwise;
    const code = this.integer(name);
    const dataType = dataTypeFromCode(code);
    const element = dataType === undefined ? undefined : dataTypeFacts(dataType).element;
    if (element === undefined) throw this.error(`the element type ${dataType ?? code} is not supported`);
    return element;
  }

  // ------------------------------------------------------------------------------------------------------ outputs

  /** How many outputs the node lists. */
  get outputCount(): number {
    return this.node.outputs.length;
  }

  /** Whether the model uses output `position`. */
  wants(position: number): boolean {
    return (this.node.outputs[position] ?? "") !== "";
  }

  // ----------------------------------------------------------------------------------------------------- building

  get builder(): TensorBuilder {
    return this.#surroundings.builder;
  }

  emit<F extends Fields>(definition: OperationDefinition<F>, args: BuildArguments<F>): Tensor {
    return this.builder.emit(definition, args);
  }

  emitAll<F extends Fields>(definition: OperationDefinition<F>, args: BuildArguments<F>): readonly Tensor[] {
    return this.builder.emitAll(definition, args);
  }

  constant(data: TensorData): Tensor {
    return this.builder.constant(data);
  }

  /** Throws where a constant of `count` elements would be no sane part of a program. */
  requireSize(count: number): void {
    if (count >= 0 && count <= mostElements) return;
    throw this.error(`makes a constant of ${count} elements (0 to ${mostElements} are possible)`);
  }

  /** Throws where a shape has sizes that are no whole numbers from 0 up, or too many elements for a constant. */
  requireShape(shape: readonly number[]): void {
    if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
      throw this.error(`makes a tensor of shape [${shape.join(", ")}]: sizes must be whole numbers from 0 up`);
    }
    this.requireSize(elementCount(shape));
  }

  /** A constant of one element. */
  scalar(value: number, element: ElementName): Tensor {
    return this.filled([], value, element);
  }

  /** A constant with the same element everywhere. */
  filled(shape: readonly number[], value: number, element: ElementName): Tensor {
    this.requireShape(shape);
    const data = zeros(shape, element);
    for (let index = 0; index < data.data.length; index++) setNumber(data, index, value);
    return this.constant(data);
  }

  /** A constant of these numbers; a vector unless a shape is given. */
  numbers(values: readonly number[], element: ElementName, shape: readonly number[] = [values.length]): Tensor {
    this.requireShape(shape);
    const data = zeros(shape, element);
    if (elementCount(shape) !== values.length)
      throw this.error(`makes ${values.length} numbers for shape [${shape.join(", ")}]`);
    for (const [index, value] of values.entries()) setNumber(data, index, value);
    return this.constant(data);
  }

  importSubgraph(graph: OnnxGraph, inputs: readonly Tensor[]): readonly Tensor[] {
    return this.#surroundings.importSubgraph(graph, inputs);
  }

  /** An axis as 0 … rank - 1. */
  axis(axis: number, rank: number, what = "axis"): number {
    const resolved = axis < 0 ? axis + rank : axis;
    if (Number.isInteger(axis) && resolved >= 0 && resolved < rank) return resolved;
    throw this.error(`${what} must be from ${-rank} to ${rank - 1} for rank ${rank}, but is ${axis}`);
  }

  /** A list of axes as 0 … rank - 1, each once. */
  axes(axes: readonly number[], rank: number, what = "axes"): number[] {
    const resolved = axes.map((axis) => this.axis(axis, rank, what));
    if (new Set(resolved).size !== resolved.length)
      throw this.error(`${what} must be different, but are ${axes.join(", ")}`);
    return resolved;
  }
}

function isKind<K extends OnnxAttribute["kind"]>(
  attribute: OnnxAttribute,
  kind: K,
): attribute is Extract<OnnxAttribute, { kind: K }> {
  return attribute.kind === kind;
}

/** The elements of integer data as numbers. */
export function integersOf({ data }: TensorData): number[] {
  return Array.from<number | bigint, number>(data, Number);
}

export type { Tensor };
export { elementOf, shapeOf };
