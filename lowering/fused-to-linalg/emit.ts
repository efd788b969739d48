/**
 * The few forms that all lowerings are written in: structured ops with a body on scalars, fills, padding, slices and
 * reshapes of static tensors. Where nothing needs to be done (a reshape to the same shape, padding by 0), nothing is built.
 */
import { scalarConstant } from "../../dialects/arith/index.ts";
import { constant } from "../../dialects/arith/ops.ts";
import { fillOp, genericOp, type IteratorType, pointIndex } from "../../dialects/linalg/index.ts";
import * as build from "../../dialects/tensor/upstream/build.ts";
import { extract } from "../../dialects/tensor/upstream/ops.ts";
import { type AffineExpression, AffineMap, affineConstant, dimension } from "../../ir/affine-map.ts";
import { DenseElementsAttribute, elementsAttribute, requireElementName } from "../../ir/attributes.ts";
import type { Builder } from "../../ir/builder.ts";
import { constantOf } from "../../ir/effects.ts";
import type { Value } from "../../ir/operation.ts";
import { setNumber, zeros } from "../../ir/tensor-data.ts";
import { type IndexType, i64, TensorType, type Type } from "../../ir/types.ts";
import { Scalars } from "./scalars.ts";

export type IteratorKind = IteratorType;

/** The value as a tensor of static shape; an error for anything else. */
export function asTensor(value: Value): Value<TensorType> {
  if (isStaticTensor(value)) return value;
  throw new Error(`expected a tensor of static shape, found ${value.type}: specialise the dynamic dimensions first`);
}

function isStaticTensor(value: Value): value is Value<TensorType> {
  return value.type instanceof TensorType && value.type.isStatic;
}

export function shapeOf(value: Value): readonly number[] {
  return asTensor(value).type.shape;
}

export function elementOf(value: Value): Type {
  return asTensor(value).type.element;
}

export function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}

/** Parallel dimensions, then reduced ones. */
export function iterators(parallel: number, reduction: number): IteratorKind[] {
  return Array.from({ length: parallel + reduction }, (_, at) => (at < parallel ? "parallel" : "reduction"));
}

export function emptyTensor(builder: Builder, shape: readonly number[], element: Type): Value {
  return build.emptyTensor(builder, shape, element);
}

/** A new tensor all of whose elements are `value`. */
export function filled(builder: Builder, shape: readonly number[], element: Type, value: number | bigint): Value {
  const scalar = scalarConstant(builder, value, element);
  return fillOp(builder, scalar, emptyTensor(builder, shape, element)).onlyResult;
}

/** A constant tensor of these numbers, row-major. */
export function constantTensor(
  builder: Builder,
  numbers: readonly number[],
  shape: readonly number[],
  element: Type,
): Value {
  const data = zeros(shape, requireElementName(element));
  for (const [position, number] of numbers.entries()) setNumber(data, position, number);
  const value = elementsAttribute(TensorType.get(shape, element), data.data, "table");
  return builder.build(constant, { value }).result;
}

export interface GenericOperand {
  readonly value: Value;
  readonly map: AffineMap;
}

/** The position of the point in one dimension, as an index. */
export type PointIndex = (dimension: number) => Value;

export interface GenericSpec {
  readonly inputs: readonly GenericOperand[];
  /** Their values are what the body sees first and, for parallel dimensions, gets replaced. */
  readonly outputs: readonly GenericOperand[];
  readonly iterators: readonly IteratorKind[];
  /** Elements come in their storage types and must leave in the outputs'. */
  readonly body: (
    s: Scalars,
    inputs: readonly Value[],
    outputs: readonly Value[],
    index: PointIndex,
  ) => readonly Value[];
}

export function generic(builder: Builder, { inputs, outputs, iterators: kinds, body }: GenericSpec): readonly Value[] {
  const operation = genericOp(builder, {
    inputs: inputs.map(({ value }) => value),
    outputs: outputs.map(({ value }) => value),
    maps: [...inputs, ...outputs].map(({ map }) => map),
    iterators: kinds,
    body: (inner, elements) => {
      const positions = new Map<number, Value>();
      const index: PointIndex = (at) => {
        const known = positions.get(at);
        if (known !== undefined) return known;
        const made = pointIndex(inner, at);
        positions.set(at, made);
        return made;
      };
      return body(new Scalars(inner), elements.slice(0, inputs.length), elements.slice(inputs.length), index);
    },
  });
  return operation.results;
}

/** The map that reads a tensor of `shape` as `target` by NumPy's broadcasting. */
export function broadcastMap(shape: readonly number[], target: readonly number[]): AffineMap {
  const shift = target.length - shape.length;
  const positions = shape.map(
    (size, axis): AffineExpression =>
      size === 1 && target[axis + shift] !== 1 ? affineConstant(0) : dimension(axis + shift),
  );
  return new AffineMap(target.length, 0, positions);
}

export interface PointwiseSpec {
  readonly shape: readonly number[];
  readonly element: Type;
  /** Without a map, an input broadcasts to the shape. Constants with equal elements go into the body. */
  readonly inputs: readonly { readonly value: Value; readonly map?: AffineMap }[];
  readonly body: (s: Scalars, inputs: readonly Value[], index: PointIndex) => Value;
}

/** A new tensor whose every element is computed on its own. */
export function pointwise(builder: Builder, { shape, element, inputs, body }: PointwiseSpec): Value {
  const splats = inputs.map(({ value }) => splatOf(value));
  const operands = inputs.filter((_, position) => splats[position] === undefined);
  const [result] = generic(builder, {
    inputs: operands.map(({ value, map }) => ({ value, map: map ?? broadcastMap(shapeOf(value), shape) })),
    outputs: [{ value: emptyTensor(builder, shape, element), map: AffineMap.identity(shape.length) }],
    iterators: iterators(shape.length, 0),
    body: (s, elements, _, index) => {
      let next = 0;
      const values = inputs.map(({ value }, position) => {
        const splat = splats[position];
        return splat === undefined ? elements[next++]! : s.constant(elementOf(value), splat);
      });
      return [body(s, values, index)];
    },
  });
  return result!;
}

/** The one value that all elements of a constant have; undefined for anything else. */
export function splatOf(value: Value): number | bigint | undefined {
  const attribute = constantOf(value);
  return attribute instanceof DenseElementsAttribute ? attribute.splat : undefined;
}

/** Rounds (or widens) a float tensor to another element type; a tensor of that type stays. */
export function narrow(builder: Builder, value: Value, element: Type): Value {
  if (elementOf(value) === element) return value;
  return pointwise(builder, {
    shape: shapeOf(value),
    element,
    inputs: [{ value }],
    body: (s, [x]) => s.resize(x!, element),
  });
}

/** A tensor of `shape` in float type `element`, read from `source` through a map. */
export function broadcastFrom(
  builder: Builder,
  source: Value,
  map: AffineMap,
  shape: readonly number[],
  element: Type,
): Value {
  return pointwise(builder, {
    shape,
    element,
    inputs: [{ value: source, map }],
    body: (s, [x]) => s.resize(x!, element),
  });
}

export function collapse(builder: Builder, value: Value, groups: readonly (readonly number[])[]): Value {
  if (groups.every((group) => group.length === 1)) return value;
  return build.collapse(builder, asTensor(value), groups);
}

export function expand(
  builder: Builder,
  value: Value,
  groups: readonly (readonly number[])[],
  shape: readonly number[],
): Value {
  if (shape.length === shapeOf(value).length) return value;
  return build.expand(builder, asTensor(value), groups, shape);
}

/** The finest groups of dimensions of two shapes that hold the same elements. */
function matchingGroups(
  from: readonly number[],
  to: readonly number[],
): { readonly from: number[][]; readonly to: number[][] } {
  const groups: { from: number[][]; to: number[][] } = { from: [], to: [] };
  let [i, j] = [0, 0];
  while (i < from.length && j < to.length) {
    const [first, second] = [[i], [j]];
    let [a, b] = [from[i++]!, to[j++]!];
    while (a !== b) {
      if (a < b) {
        first.push(i);
        a *= from[i++]!;
      } else {
        second.push(j);
        b *= to[j++]!;
      }
    }
    groups.from.push(first);
    groups.to.push(second);
  }
  // What is left on either side has size 1. A scalar has no groups at all.
  for (; i < from.length; i++) groups.from.at(-1)?.push(i);
  for (; j < to.length; j++) groups.to.at(-1)?.push(j);
  return groups;
}

/** The same elements in row-major order under another shape. */
export function reshape(builder: Builder, value: Value, shape: readonly number[]): Value {
  const from = shapeOf(value);
  if (from.join() === shape.join()) return value;
  if (product(shape) === 0) return emptyTensor(builder, shape, elementOf(value));
  const groups = matchingGroups(from, shape);
  const middle = groups.from.map((group) => product(group.map((axis) => from[axis]!)));
  const collapsed = from.length === middle.length ? value : build.collapse(builder, asTensor(value), groups.from);
  return shape.length === middle.length ? collapsed : build.expand(builder, asTensor(collapsed), groups.to, shape);
}

/** Adds elements at both ends of each dimension; negative numbers remove elements first. */
export function pad(
  builder: Builder,
  value: Value,
  low: readonly number[],
  high: readonly number[],
  fill: number | bigint,
): Value {
  const sizes = shapeOf(value);
  const offsets = low.map((amount) => Math.max(0, -amount));
  const kept = sizes.map((size, axis) => size - offsets[axis]! + Math.min(0, high[axis]!));
  const target = sizes.map((size, axis) => size + low[axis]! + high[axis]!);
  // Where more is removed than there is, only padding remains.
  if (kept.some((size) => size <= 0)) return filled(builder, target, elementOf(value), fill);
  const cropped = extractSlice(
    builder,
    value,
    offsets,
    kept,
    kept.map(() => 1),
  );
  const [before, after] = [low, high].map((amounts) => amounts.map((amount) => Math.max(0, amount)));
  if ([...before!, ...after!].every((amount) => amount === 0)) return cropped;
  return build.padWith(builder, asTensor(cropped), before!, after!, scalarConstant(builder, fill, elementOf(value)));
}

export function extractSlice(
  builder: Builder,
  value: Value,
  offsets: readonly number[],
  sizes: readonly number[],
  strides: readonly number[],
): Value {
  if (sizes.join() === shapeOf(value).join()) return value;
  return build.sliceOf(builder, asTensor(value), offsets, sizes, strides);
}

/** `target` with `source` written into it at regular steps. */
export function insertSlice(
  builder: Builder,
  source: Value,
  target: Value,
  offsets: readonly number[],
  strides: readonly number[],
): Value {
  return build.insertSliceInto(builder, asTensor(source), asTensor(target), offsets, shapeOf(source), strides);
}

/** One element of a tensor from outside the body. */
export function extractElement(s: Scalars, source: Value, positions: readonly Value[]): Value {
  const indices = positions.map((position) => s.toIndex(position));
  return s.builder.build(extract, { tensor: asTensor(source), indices: indices.map(asIndex) }).result;
}

function asIndex(value: Value): Value<IndexType> {
  const { type } = value;
  if (isIndex(value)) return value;
  throw new Error(`expected a value of type index, found ${type}`);
}

function isIndex(value: Value): value is Value<IndexType> {
  return value.type.text === "index";
}

/** The tensor whose element `i` along each axis is element `tables[axis][i]` of the source; undefined tables: all in order. */
export function tableLookup(
  builder: Builder,
  source: Value,
  tables: readonly (readonly number[] | undefined)[],
): Value {
  const sizes = shapeOf(source);
  const shape = sizes.map((size, axis) => tables[axis]?.length ?? size);
  if (product(shape) === 0) return emptyTensor(builder, shape, elementOf(source));
  const inputs = tables.flatMap((table, axis) => {
    if (table === undefined) return [];
    const value = constantTensor(builder, table, [table.length], i64);
    return [{ value, map: AffineMap.projection(shape.length, [axis]), axis }];
  });
  if (inputs.length === 0) return source;
  return pointwise(builder, {
    shape,
    element: elementOf(source),
    inputs,
    body: (s, entries, index) => {
      const positions = sizes.map((_, axis) => {
        const entry = inputs.findIndex((input) => input.axis === axis);
        return entry < 0 ? index(axis) : s.toIndex(entries[entry]!);
      });
      return extractElement(s, source, positions);
    },
  });
}
