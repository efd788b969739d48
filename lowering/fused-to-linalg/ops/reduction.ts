/**
 * Reductions over axes: one `linalg.generic` whose result lacks the reduced dimensions (with keep_dims they come back by
 * a reshape, which moves nothing). Floats below 32 bits accumulate in f32.
 */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { AffineMap } from "../../../ir/affine-map.ts";
import type { Builder } from "../../../ir/builder.ts";
import type { AttachedInterface } from "../../../ir/interfaces.ts";
import type { Value } from "../../../ir/operation.ts";
import { FloatType, f64, i64, isFloat, type Type } from "../../../ir/types.ts";
import {
  elementOf,
  filled,
  generic,
  type IteratorKind,
  narrow,
  pointwise,
  product,
  reshape,
  shapeOf,
} from "../emit.ts";
import { lowering } from "../lowering.ts";
import { elementLimits, type Scalars } from "../scalars.ts";
import { computeElement, isUnsigned } from "../storage-types.ts";

export interface ReductionSpec {
  readonly axes: readonly number[];
  /** The type that is accumulated in. */
  readonly type: Type;
  readonly initial: number | bigint;
  /** `element` is as stored; `others` are those of further operands. */
  readonly combine: (s: Scalars, total: Value, element: Value, others: readonly Value[]) => Value;
  /** Further operands with the kept dimensions of the input's shape, in order. */
  readonly others?: readonly Value[];
}

/** The dimensions of a shape that are not in `axes`. */
export function keptAxes(rank: number, axes: readonly number[]): number[] {
  return Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !axes.includes(axis));
}

/** Reduces `input`; the result has the kept dimensions only. */
export function reduceAxes(
  builder: Builder,
  input: Value,
  { axes, type, initial, combine, others = [] }: ReductionSpec,
): Value {
  const shape = shapeOf(input);
  const rank = shape.length;
  const kept = keptAxes(rank, axes);
  const keptMap = AffineMap.projection(rank, kept);
  const kinds = shape.map((_, axis): IteratorKind => (axes.includes(axis) ? "reduction" : "parallel"));
  const [result] = generic(builder, {
    inputs: [{ value: input, map: AffineMap.identity(rank) }, ...others.map((value) => ({ value, map: keptMap }))],
    outputs: [
      {
        value: filled(
          builder,
          kept.map((axis) => shape[axis]!),
          type,
          initial,
        ),
        map: keptMap,
      },
    ],
    iterators: kinds,
    body: (s, [element, ...rest], [total]) => [combine(s, total!, element!, rest)],
  });
  return result!;
}

/** One elementwise step on a single operand, from what it holds to `element`. */
function map(builder: Builder, input: Value, element: Type, compute: (s: Scalars, x: Value) => Value): Value {
  return pointwise(builder, {
    shape: shapeOf(input),
    element,
    inputs: [{ value: input }],
    body: (s, [x]) => compute(s, x!),
  });
}

/** How a reduction is computed. `logical` is the input's element type, `count` the number of elements per result. */
interface Recipe {
  /** Accumulates in this type; the compute type where it is left out. */
  readonly type?: (logical: Type) => Type;
  readonly initial: (logical: Type) => number | bigint;
  /** `x` is in the accumulator's type. */
  readonly combine: (s: Scalars, total: Value, x: Value, logical: Type) => Value;
  readonly finish?: (s: Scalars, total: Value, count: number, logical: Type) => Value;
}

const add = (s: Scalars, total: Value, x: Value): Value => s.add(total, x);
const addSquare = (s: Scalars, total: Value, x: Value): Value => s.add(total, s.mul(x, x));
const magnitude = (s: Scalars, x: Value, logical: Type): Value => {
  if (isFloat(x.type)) return s.math("absf", x);
  return isUnsigned(logical) ? x : s.max(x, s.neg(x));
};
const zero = () => 0;
/** Integers are computed as floats and truncated at the end. */
const asFloat = (logical: Type): Type => (isFloat(logical) ? computeElement(logical) : f64);

const recipes: readonly (readonly [(typeof tensor.reduceOps)[number], Recipe])[] = [
  [tensor.reduceSum, { initial: zero, combine: add }],
  [
    tensor.reduceMean,
    {
      type: (logical) => (isFloat(logical) ? computeElement(logical) : i64),
      initial: zero,
      combine: add,
      finish: (s, total, count) => s.div(total, s.like(total, isFloat(total.type) ? count : Math.max(1, count))),
    },
  ],
  [
    tensor.reduceMax,
    {
      initial: (logical) => elementLimits(logical).lowest,
      combine: (s, a, b, logical) => s.max(a, b, isUnsigned(logical)),
    },
  ],
  [
    tensor.reduceMin,
    {
      initial: (logical) => elementLimits(logical).highest,
      combine: (s, a, b, logical) => s.min(a, b, isUnsigned(logical)),
    },
  ],
  [tensor.reduceProd, { initial: () => 1, combine: (s, total, x) => s.mul(total, x) }],
  [tensor.reduceL1, { initial: zero, combine: (s, total, x, logical) => s.add(total, magnitude(s, x, logical)) }],
  [tensor.reduceL2, { type: asFloat, initial: zero, combine: addSquare, finish: (s, total) => s.math("sqrt", total) }],
  [tensor.reduceLogSum, { type: asFloat, initial: zero, combine: add, finish: (s, total) => s.math("log", total) }],
  [tensor.reduceSumSquare, { initial: zero, combine: addSquare }],
];

/** A stored element of logical type `logical` in the accumulator's type. */
function widen(s: Scalars, x: Value, logical: Type, type: Type): Value {
  if (isFloat(logical)) return s.resize(x, type);
  return isFloat(type) ? s.integerToFloat(x, type, isUnsigned(logical)) : s.resize(x, type, isUnsigned(logical));
}

/** The inverse of `widen`, for results; integers wrap. */
function narrowScalar(s: Scalars, x: Value, logical: Type): Value {
  if (isFloat(logical)) return s.resize(x, logical);
  if (isFloat(x.type)) return s.convert(x, x.type, logical);
  return s.store(s.resize(x, computeElement(logical)), logical);
}

function lowerReduction([definition, recipe]: (typeof recipes)[number]): AttachedInterface {
  return lowering(definition, (operation, [input], builder) => {
    const logical = operation.input.type.element;
    const type = recipe.type?.(logical) ?? computeElement(logical);
    const reduced = reduceAxes(builder, input!, {
      axes: operation.axes,
      type,
      initial: recipe.initial(logical),
      combine: (s, total, x) => recipe.combine(s, total, widen(s, x, logical, type), logical),
    });
    const count = product(operation.axes.map((axis) => shapeOf(input!)[axis]!));
    const isPlain = recipe.finish === undefined && type === elementOf(input!) && elementOf(input!) === logical;
    const finished = isPlain
      ? reduced
      : map(builder, reduced, elementOf(input!), (s, total) => {
          const value = recipe.finish === undefined ? total : recipe.finish(s, total, count, logical);
          return narrowScalar(s, value, logical);
        });
    return [reshape(builder, finished, operation.result.type.shape)];
  });
}

/** The maximum is subtracted first, so that the exponentials stay finite; an infinite maximum is the answer itself. */
const lowerLogSumExp = lowering(tensor.reduceLogSumExp, (operation, [input], builder) => {
  const logical = operation.input.type.element;
  const type = asFloat(logical);
  const { axes } = operation;
  const highest = reduceAxes(builder, input!, {
    axes,
    type,
    initial: Number.NEGATIVE_INFINITY,
    combine: (s, total, x) => s.max(total, widen(s, x, logical, type)),
  });
  const shift = map(builder, highest, type, (s, x) => {
    const isInfinite = s.compare("eq", s.math("absf", x), s.like(x, Number.POSITIVE_INFINITY));
    return s.select(isInfinite, s.like(x, 0), x);
  });
  const sum = reduceAxes(builder, input!, {
    axes,
    type,
    initial: 0,
    others: [shift],
    combine: (s, total, x, [by]) => s.add(total, s.math("exp", s.sub(widen(s, x, logical, type), by!))),
  });
  const result = pointwise(builder, {
    shape: shapeOf(sum),
    element: elementOf(input!),
    inputs: [{ value: sum }, { value: shift }],
    body: (s, [total, by]) => narrowScalar(s, s.add(s.math("log", total!), by!), logical),
  });
  return [reshape(builder, result, operation.result.type.shape)];
});

/** The position of an extreme is a reduction with two results: the best value so far and where it was. */
function lowerArgExtreme(definition: typeof tensor.argmax, direction: "max" | "min"): AttachedInterface {
  return lowering(definition, (operation, [input], builder) => {
    const { axis, select_last_index: last } = operation;
    const logical = operation.input.type.element;
    const [shape, element] = [shapeOf(input!), computeElement(logical)];
    const kept = keptAxes(shape.length, [axis]);
    const keptMap = AffineMap.projection(shape.length, kept);
    const keptShape = kept.map((each) => shape[each]!);
    const { lowest, highest } = elementLimits(logical);
    const results = generic(builder, {
      inputs: [{ value: input!, map: AffineMap.identity(shape.length) }],
      outputs: [
        { value: filled(builder, keptShape, element, direction === "max" ? lowest : highest), map: keptMap },
        { value: filled(builder, keptShape, i64, 0), map: keptMap },
      ],
      iterators: shape.map((_, each) => (each === axis ? "reduction" : "parallel")),
      body: (s, [stored], [best, position], indices) => {
        const x = s.load(stored!, logical);
        const how = direction === "max" ? (last ? "ge" : "gt") : last ? "le" : "lt";
        let wins = s.compare(how, x, best!, isUnsigned(logical));
        if (isFloat(element)) {
          // As in NumPy, a NaN is the extreme, and no number beats it.
          const isNan = s.isNan(x);
          wins = s.or(wins, last ? isNan : s.and(isNan, s.compare("eq", best!, best!)));
        }
        const here = s.fromIndex(indices(axis), i64);
        return [s.select(wins, x, best!), s.select(wins, here, position!)];
      },
    });
    return [reshape(builder, results[1]!, operation.result.type.shape)];
  });
}

/** result[i] = Σ x[j] over j up to i: quadratic in the axis, but parallel in all else. */
function lowerCumulative(
  definition: typeof tensor.cumsum,
  neutral: number,
  combine: (s: Scalars, a: Value, b: Value) => Value,
): AttachedInterface {
  return lowering(definition, (operation, [input], builder) => {
    const { axis, exclusive, reverse } = operation;
    const logical = operation.input.type.element;
    const shape = shapeOf(input!);
    const rank = shape.length;
    const compute = computeElement(logical);
    const source = AffineMap.projection(
      rank + 1,
      shape.map((_, each) => (each === axis ? rank : each)),
    );
    const target = AffineMap.projection(
      rank + 1,
      shape.map((_, each) => each),
    );
    const [result] = generic(builder, {
      inputs: [{ value: input!, map: source }],
      outputs: [{ value: filled(builder, shape, compute, neutral), map: target }],
      iterators: Array.from({ length: rank + 1 }, (_, each) => (each === rank ? "reduction" : "parallel")),
      body: (s, [x], [total], indices) => {
        const how = reverse ? (exclusive ? "gt" : "ge") : exclusive ? "lt" : "le";
        const counts = s.compare(how, indices(rank), indices(axis));
        const value = s.load(x!, logical);
        return [combine(s, total!, s.select(counts, value, s.like(value, neutral)))];
      },
    });
    const element = elementOf(input!);
    return [
      compute instanceof FloatType || element === logical
        ? narrow(builder, result!, element)
        : map(builder, result!, element, (s, x) => s.store(x, logical)),
    ];
  });
}

export const reductionLowerings = [
  ...recipes.map(lowerReduction),
  lowerLogSumExp,
  lowerArgExtreme(tensor.argmax, "max"),
  lowerArgExtreme(tensor.argmin, "min"),
  lowerCumulative(tensor.cumsum, 0, (s, a, b) => s.add(a, b)),
  lowerCumulative(tensor.cumprod, 1, (s, a, b) => s.mul(a, b)),
];
