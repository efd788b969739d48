/**
 * Ops that write at computed positions, and sorting, turned around so that every result element asks who writes it: a
 * reduction over the updates (or over the elements of an axis). That is quadratic where a sequential machine would not be,
 * but parallel in all else and without any order of writes to keep.
 */
import { scatterElements, scatterNd, topK } from "../../../dialects/tensor/ops.ts";
import { AffineMap, affineConstant, dimension } from "../../../ir/affine-map.ts";
import type { Builder } from "../../../ir/builder.ts";
import type { Value } from "../../../ir/operation.ts";
import { i64, isFloat, type Type } from "../../../ir/types.ts";
import { elementOf, extractElement, filled, generic, type IteratorKind, pointwise, reshape, shapeOf } from "../emit.ts";
import { lowering } from "../lowering.ts";
import type { Scalars } from "../scalars.ts";
import { isUnsigned } from "../storage-types.ts";

type Reduction = "none" | "add" | "mul" | "max" | "min";

/** An element with one more update. Of several updates without a reduction, the last wins: updates come in order. */
function combine(s: Scalars, reduction: Reduction, before: Value, update: Value, logical: Type): Value {
  const unsigned = isUnsigned(logical);
  switch (reduction) {
    case "none":
      return update;
    case "add":
      return s.add(before, update);
    case "mul":
      return s.mul(before, update);
    case "max":
      return s.max(before, update, unsigned);
    case "min":
      return s.min(before, update, unsigned);
  }
}

/** An index element as a position: negative ones count from the end. */
function positionOf(s: Scalars, element: Value, size: number): Value {
  const position = s.toIndex(element);
  return s.select(s.compare("lt", position, s.index(0)), s.add(position, s.index(size)), position);
}

/** Dimensions of the result in parallel, then `reductions` more. */
function kinds(parallel: number, reductions: number): IteratorKind[] {
  return Array.from({ length: parallel + reductions }, (_, at) => (at < parallel ? "parallel" : "reduction"));
}

/** The combination starts from the input and works in its compute type, rounding after each update as stores do. */
function updated(s: Scalars, reduction: Reduction, before: Value, update: Value, logical: Type): Value {
  const result = combine(s, reduction, s.load(before, logical), s.load(update, logical), logical);
  return s.store(result, logical);
}

const lowerScatterElements = lowering(scatterElements, (operation, [input, indices, updates], builder) => {
  const { axis, reduction } = operation;
  const [shape, part] = [shapeOf(input!), shapeOf(indices!)];
  const rank = shape.length;
  const logical = operation.input.type.element;
  if (part.includes(0) || shape.includes(0)) return [input!];
  // Along the axis each result element looks at all entries; elsewhere at those at its own place, if there are any.
  const narrower = shape.flatMap((size, each) => (each !== axis && part[each]! < size ? [each] : []));
  const count = part[axis]!;
  const entries = pointwise(builder, {
    shape: [count],
    element: i64,
    inputs: [],
    body: (s, _, index) => s.fromIndex(index(0), i64),
  });
  const target = AffineMap.projection(
    rank + 1,
    shape.map((_, each) => each),
  );
  const [result] = generic(builder, {
    inputs: [{ value: entries, map: AffineMap.projection(rank + 1, [rank]) }],
    outputs: [{ value: input!, map: target }],
    iterators: kinds(rank, 1),
    body: (s, [entry], [before], index) => {
      const places = shape.map((_, each) => {
        if (each === axis) return s.toIndex(entry!);
        return narrower.includes(each) ? s.min(index(each), s.index(part[each]! - 1)) : index(each);
      });
      const position = positionOf(s, extractElement(s, indices!, places), shape[axis]!);
      let hits = s.compare("eq", position, index(axis));
      for (const each of narrower) hits = s.and(hits, s.compare("lt", index(each), s.index(part[each]!)));
      const update = extractElement(s, updates!, places);
      return [s.select(hits, updated(s, reduction, before!, update, logical), before!)];
    },
  });
  return [result!];
});

const lowerScatterNd = lowering(scatterNd, (operation, [input, indices, updates], builder) => {
  const { reduction } = operation;
  const [shape, tuples] = [shapeOf(input!), shapeOf(indices!)];
  const length = tuples.at(-1)!;
  const count = tuples.slice(0, -1).reduce((product, size) => product * size, 1);
  if (count === 0 || shape.includes(0)) return [input!];
  const logical = operation.input.type.element;
  const rank = shape.length;
  const flatTuples = reshape(builder, indices!, [count, length]);
  const flatUpdates = reshape(builder, updates!, [count, ...shape.slice(length)]);
  const slice = Array.from({ length: rank - length }, (_, each) => dimension(length + each));
  const [result] = generic(builder, {
    inputs: [
      ...Array.from({ length }, (_, entry) => ({
        value: flatTuples,
        map: new AffineMap(rank + 1, 0, [dimension(rank), affineConstant(entry)]),
      })),
      { value: flatUpdates, map: new AffineMap(rank + 1, 0, [dimension(rank), ...slice]) },
    ],
    outputs: [
      {
        value: input!,
        map: AffineMap.projection(
          rank + 1,
          shape.map((_, each) => each),
        ),
      },
    ],
    iterators: kinds(rank, 1),
    body: (s, elements, [before], index) => {
      const update = elements.at(-1)!;
      const result = updated(s, reduction, before!, update, logical);
      // A tuple of length 0 updates everything.
      let hits: Value | undefined;
      for (const [entry, element] of elements.slice(0, -1).entries()) {
        const here = s.compare("eq", positionOf(s, element, shape[entry]!), index(entry));
        hits = hits === undefined ? here : s.and(hits, here);
      }
      return [hits === undefined ? result : s.select(hits, result, before!)];
    },
  });
  return [result!];
});

/** Whether `a` comes before `b` in the order of top_k, ties aside: NaN counts as greatest. */
function precedes(s: Scalars, a: Value, b: Value, largest: boolean, logical: Type): Value {
  const ordered = s.compare(largest ? "gt" : "lt", a, b, isUnsigned(logical));
  if (!isFloat(a.type)) return ordered;
  const [better, worse] = largest ? [a, b] : [b, a];
  return s.or(ordered, s.and(s.isNan(better), s.compare("eq", worse, worse)));
}

/** How many elements of the axis come before each: its place in the sorted order. */
function places(builder: Builder, input: Value, axis: number, largest: boolean, logical: Type): Value {
  const shape = shapeOf(input);
  const rank = shape.length;
  const own = AffineMap.projection(
    rank + 1,
    shape.map((_, each) => each),
  );
  const others = AffineMap.projection(
    rank + 1,
    shape.map((_, each) => (each === axis ? rank : each)),
  );
  const [result] = generic(builder, {
    inputs: [
      { value: input, map: own },
      { value: input, map: others },
    ],
    outputs: [{ value: filled(builder, shape, i64, 0), map: own }],
    iterators: kinds(rank, 1),
    body: (s, [element, other], [count], index) => {
      const [x, y] = [s.load(element!, logical), s.load(other!, logical)];
      const isTie = s.not(s.or(precedes(s, x, y, largest, logical), precedes(s, y, x, largest, logical)));
      const isEarlier = s.and(isTie, s.compare("lt", index(rank), index(axis)));
      const isBefore = s.or(precedes(s, y, x, largest, logical), isEarlier);
      return [s.add(count!, s.select(isBefore, s.constant(i64, 1), s.constant(i64, 0)))];
    },
  });
  return result!;
}

const lowerTopK = lowering(topK, (operation, [input], builder) => {
  const { axis, largest } = operation;
  const logical = operation.input.type.element;
  const target = operation.values.type.shape;
  const rank = target.length;
  const element = elementOf(input!);
  const order = places(builder, input!, axis, largest, logical);
  const source = AffineMap.projection(
    rank + 1,
    target.map((_, each) => (each === axis ? rank : each)),
  );
  const own = AffineMap.projection(
    rank + 1,
    target.map((_, each) => each),
  );
  // Exactly one element has each place: the reduction only finds it.
  return generic(builder, {
    inputs: [
      { value: input!, map: source },
      { value: order, map: source },
    ],
    outputs: [
      { value: filled(builder, target, element, 0), map: own },
      { value: filled(builder, target, i64, 0), map: own },
    ],
    iterators: kinds(rank, 1),
    body: (s, [x, place], [value, position], index) => {
      const isHere = s.compare("eq", s.fromIndex(index(axis), i64), place!);
      return [s.select(isHere, x!, value!), s.select(isHere, s.fromIndex(index(rank), i64), position!)];
    },
  });
});

export const scatteringLowerings = [lowerScatterElements, lowerScatterNd, lowerTopK];
