/**
 * Building tensor operations with constants known on the way. Every ONNX value is an SSA value; of those whose contents
 * are known without running the program, the builder remembers how to get them. An operation on known operands with a
 * small result is computed at once by its reference semantics and becomes a constant, so that chains of Shape, Gather,
 * Concat, … end as attributes. Large results (a transposed weight) stay operations and are computed only when somebody
 * asks for their contents. A constant enters the block before its first use; unused ones never do.
 */
import { constant as constantDefinition } from "../../../dialects/arith/index.ts";
import { elementOf, shapeOf, tensorType } from "../../../dialects/tensor/declare.ts";
import { elementsAttribute } from "../../../ir/attributes.ts";
import type { Builder } from "../../../ir/builder.ts";
import type { Context } from "../../../ir/context.ts";
import type { BuildArguments, Fields, OperationDefinition } from "../../../ir/declaration.ts";
import { evaluateOperation } from "../../../ir/evaluate.ts";
import { Evaluate } from "../../../ir/interfaces.ts";
import { type Location, nameOf } from "../../../ir/location.ts";
import type { Operation, Value } from "../../../ir/operation.ts";
import type { TensorData } from "../../../ir/tensor-data.ts";
import { TensorType } from "../../../ir/types.ts";

/** The value of an ONNX name: an SSA value of static tensor type. */
export type Tensor = Value<TensorType>;

/** Results of up to this many elements are computed while importing; larger ones stay operations. */
export const foldLimit = 4096;
/** Operands of up to this many elements are read for that. */
const readLimit = 1 << 16;
/** Larger results are not computed even when asked for: no shape or axis is that long. */
const knownLimit = 1 << 26;

export class TensorBuilder {
  readonly context: Context;
  readonly #builder: Builder;
  readonly #contents = new Map<Value, () => TensorData>();

  constructor(context: Context, builder: Builder) {
    this.context = context;
    this.#builder = builder;
  }

  get location(): Location {
    return this.#builder.location;
  }

  /** Runs `body` with the location of the operations that it builds. */
  at<R>(location: Location, body: () => R): R {
    return this.#builder.within(this.#builder.point, body, location);
  }

  /** A constant. `name` is a hint for people. The data must not change later. */
  constant(data: TensorData, name?: string): Tensor {
    const blobName = name ?? nameOf(this.location);
    const attribute = elementsAttribute(tensorType(data.shape, data.element), data.data, blobName);
    const result = tensorOf(constantDefinition.build({ value: attribute }, this.location).result);
    result.nameHint = name;
    this.#contents.set(result, () => data);
    return result;
  }

  /** Whether the contents of a value are known without running the program. */
  isKnown(value: Tensor): boolean {
    return this.#contents.has(value);
  }

  /** The contents of a value, if they are known. Do not write to them. */
  contentsOf(value: Tensor): TensorData | undefined {
    return this.#contents.get(value)?.();
  }

  /** Builds an operation of one result, or computes it. Result types that are left out are inferred. */
  emit<F extends Fields>(definition: OperationDefinition<F>, args: BuildArguments<F>): Tensor {
    const [result] = this.emitAll(definition, args);
    if (result === undefined) throw new Error(`'${definition.name}' has no results`);
    return result;
  }

  /** Builds an operation, or computes its results. */
  emitAll<F extends Fields>(definition: OperationDefinition<F>, args: BuildArguments<F>): readonly Tensor[] {
    const operation = definition.build(args, this.location);
    const results = operation.results.map(tensorOf);
    for (const { type } of results) {
      if (type.shape.every((size) => Number.isSafeInteger(size) && size >= 0)) continue;
      throw new Error(`${operation.name} would have a result of type ${type}: sizes must be whole numbers from 0 up`);
    }
    const contents = isSmall(results, knownLimit) ? this.#contentsAfter(operation) : undefined;
    if (contents !== undefined && isSmall(operation.operands, readLimit) && isSmall(results, foldLimit)) {
      const computed = contents();
      operation.dropReferences();
      return computed.map((data) => this.constant(data));
    }
    this.#insert(operation);
    if (contents !== undefined) {
      for (const [position, result] of results.entries()) this.#contents.set(result, () => contents()[position]!);
    }
    return results;
  }

  /** Puts a value where the block can use it: a constant that is not in a block yet is inserted. */
  use(value: Tensor): Tensor {
    const { definer } = value;
    if (definer !== undefined && definer.block === undefined) this.#builder.insert(definer);
    return value;
  }

  #insert(operation: Operation): void {
    for (const value of operation.operands) this.use(tensorOf(value));
    this.#builder.insert(operation);
  }

  /** How to compute the results, once, where all operands are known and the operation has an evaluator. */
  #contentsAfter(operation: Operation): (() => readonly TensorData[]) | undefined {
    if (operation.operandCount === 0 || this.context.implementation(Evaluate, operation) === undefined)
      return undefined;
    const sources: (() => TensorData)[] = [];
    for (const value of operation.operands) {
      const source = this.#contents.get(value);
      if (source === undefined) return undefined;
      sources.push(source);
    }
    let computed: readonly TensorData[] | undefined;
    return () => {
      computed ??= evaluateOperation(
        operation,
        sources.map((source) => source()),
        this.context,
      );
      if (computed === undefined) throw new Error(`'${operation.name}' has no evaluator`);
      return computed;
    };
  }
}

function isSmall(values: readonly Value[], limit: number): boolean {
  return values.every((value) => tensorOf(value).type.count <= limit);
}

function isTensor(value: Value): value is Tensor {
  return value.type instanceof TensorType;
}

/** The value as a tensor; only operations on tensors are built here. */
export function tensorOf(value: Value): Tensor {
  if (!isTensor(value)) throw new Error(`expected a tensor, found a value of type ${value.type}`);
  return value;
}

export { elementOf, shapeOf, tensorType };
