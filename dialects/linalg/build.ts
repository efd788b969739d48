/** Pleasant ways to build structured operations. */
import { AffineMap } from "../../ir/affine-map.ts";
import type { Attribute } from "../../ir/attributes.ts";
import type { Builder } from "../../ir/builder.ts";
import type { OperationOf } from "../../ir/declaration.ts";
import type { Location } from "../../ir/location.ts";
import type { OperationResult, Value } from "../../ir/operation.ts";
import { index, ShapedType, TensorType, type Type } from "../../ir/types.ts";
import { emptyTensor } from "../tensor/upstream/build.ts";
import { namedBody } from "./bodies.ts";
import {
  batchMatmul,
  copy,
  fill,
  type GenericOperation,
  generic,
  type IteratorType,
  indexOperation,
  matmul,
  type NamedDefinition,
  structureFor,
  yieldOperation,
} from "./ops.ts";

function elementOf(type: Type): Type {
  return type instanceof ShapedType ? type.element : type;
}

/** What a generic is made of. Operands' elements come to the body in the order inputs, outputs. */
export interface GenericParts {
  readonly inputs: readonly Value[];
  /** Tensors (then the operation has results) or buffers. */
  readonly outputs: readonly Value[];
  /** One map per operand, inputs first. */
  readonly maps: readonly AffineMap[];
  readonly iterators: readonly IteratorType[];
  /** Computes the outputs' elements at one point. */
  readonly body: (builder: Builder, elements: readonly Value[]) => readonly Value[];
  readonly location?: Location;
  /** Discardable attributes. */
  readonly attributes?: Iterable<readonly [string, Attribute]>;
}

function isShaped(value: Value): value is Value<ShapedType> {
  return value.type instanceof ShapedType;
}

/** A `linalg.generic` at the builder's point. */
export function genericOp(builder: Builder, parts: GenericParts): GenericOperation {
  const { inputs, outputs, maps, iterators, body, location = builder.location } = parts;
  const elements = [...inputs, ...outputs].map((value) => elementOf(value.type));
  const region = builder.within(
    builder.point,
    () =>
      builder.region(elements, (args) => {
        builder.build(yieldOperation, { inputs: body(builder, args) });
      }),
    location,
  );
  const shapedOutputs = outputs.filter(isShaped);
  if (shapedOutputs.length !== outputs.length) throw new Error("expects outputs that are tensors or memrefs");
  return builder.build(
    generic,
    { inputs, outputs: shapedOutputs, indexing_maps: maps, iterator_types: iterators, region },
    location,
    parts.attributes,
  );
}

/** An elementwise generic: all operands have the shape of the output and are visited in step. */
export function elementwiseOp(
  builder: Builder,
  inputs: readonly Value[],
  output: Value,
  body: (builder: Builder, elements: readonly Value[]) => Value,
  location: Location = builder.location,
): GenericOperation {
  const rank = output.type instanceof ShapedType ? output.type.rank : 0;
  const identity = AffineMap.identity(rank);
  return genericOp(builder, {
    inputs,
    outputs: [output],
    maps: [...inputs, output].map((value) =>
      value.type instanceof ShapedType ? identity : new AffineMap(rank, 0, []),
    ),
    iterators: parallelIterators(rank),
    body: (inner, elements) => [body(inner, elements)],
    location,
  });
}

/** `rank` times "parallel". */
export function parallelIterators(rank: number): readonly IteratorType[] {
  return Array.from({ length: rank }, () => "parallel" as const);
}

function namedOp(
  builder: Builder,
  definition: NamedDefinition,
  inputs: readonly Value[],
  output: Value,
): OperationOf<NamedDefinition> {
  if (!isShaped(output)) throw new Error(`expects an output that is a tensor or memref, found ${output.type}`);
  const types = [...inputs, output].map((value) => value.type);
  const { body } = structureFor(definition);
  const definitions = { yield: yieldOperation, index: indexOperation };
  const choices = { isUnsigned: false, unary: "exp", binary: "add" } as const;
  const region = namedBody(body, types, builder.location, choices, definitions);
  return builder.build(definition, { inputs, outputs: [output], region });
}

/** Sets every element of a tensor or buffer to a scalar. */
export function fillOp(builder: Builder, value: Value, output: Value): OperationOf<typeof fill> {
  return namedOp(builder, fill, [value], output);
}

/** Copies the elements of a shaped value into another of the same shape. */
export function copyOp(builder: Builder, source: Value, output: Value): OperationOf<typeof copy> {
  return namedOp(builder, copy, [source], output);
}

/** `output + lhs · rhs` as `linalg.matmul` (rank 2) or `linalg.batch_matmul` (rank 3). */
export function matmulOp(builder: Builder, lhs: Value, rhs: Value, output: Value): OperationOf<typeof matmul> {
  const isBatched = output.type instanceof ShapedType && output.type.rank === 3;
  return namedOp(builder, isBatched ? batchMatmul : matmul, [lhs, rhs], output);
}

/** A new tensor of which every element is `value`. */
export function filledTensor(builder: Builder, value: Value, shape: readonly number[]): OperationResult {
  const destination = emptyTensor(builder, shape, value.type);
  return fillOp(builder, value, destination).onlyResult;
}

/** The position of the current point in one dimension, inside a generic's body. */
export function pointIndex(builder: Builder, dim: number): OperationResult {
  return builder.build(indexOperation, { dim, result: index }).result;
}

export function isTensorValue(value: Value): value is Value<TensorType> {
  return value.type instanceof TensorType;
}
