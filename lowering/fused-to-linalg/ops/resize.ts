/**
 * Resampling. Positions and weights depend only on shapes and attributes, so they are computed here (by the same function
 * as the reference semantics) and become constant tables: nearest is a lookup, interpolation one weighted sum per axis. An
 * enlargement by whole factors is a copy without tables. `grid_sample` computes its positions in the body.
 */
import { gridSample, resize } from "../../../dialects/tensor/ops.ts";
import { type AxisTaps, resizeTaps } from "../../../dialects/tensor/reference/resize.ts";
import { AffineMap, affineConstant, dimension } from "../../../ir/affine-map.ts";
import type { Builder } from "../../../ir/builder.ts";
import type { Value } from "../../../ir/operation.ts";
import { f64, i1, i64, isFloat, type Type } from "../../../ir/types.ts";
import {
  collapse,
  constantTensor,
  elementOf,
  extractElement,
  filled,
  generic,
  type IteratorKind,
  pointwise,
  product,
  shapeOf,
  tableLookup,
} from "../emit.ts";
import { lowering } from "../lowering.ts";
import { elementLimits, type Scalars } from "../scalars.ts";
import { computeElement, isUnsigned } from "../storage-types.ts";

const isIdentity = (table: readonly number[], size: number): boolean =>
  table.length === size && table.every((source, position) => source === position);

/** The factor by which a table repeats each element, if it does nothing else. */
function repetition(table: readonly number[], size: number): number | undefined {
  const factor = table.length / size;
  return Number.isInteger(factor) && table.every((source, position) => source === Math.floor(position / factor))
    ? factor
    : undefined;
}

/** Each element of dimension d `factors[d]` times: [n, c, y, fy, x, fx], which collapses to the result. */
function enlarge(builder: Builder, input: Value, factors: readonly number[]): Value {
  const shape: number[] = [];
  const positions: number[] = [];
  const groups: number[][] = [];
  for (const [axis, size] of shapeOf(input).entries()) {
    positions.push(shape.length);
    groups.push(factors[axis] === 1 ? [shape.length] : [shape.length, shape.length + 1]);
    shape.push(size);
    if (factors[axis] !== 1) shape.push(factors[axis]!);
  }
  const map = AffineMap.projection(shape.length, positions);
  const repeated = pointwise(builder, {
    shape,
    element: elementOf(input),
    inputs: [{ value: input, map }],
    body: (_, [x]) => x!,
  });
  return collapse(builder, repeated, groups);
}

function nearest(builder: Builder, input: Value, plans: readonly AxisTaps[]): Value {
  const sizes = shapeOf(input);
  const tables = sizes.map((size, axis) => {
    const plan = plans.find((each) => each.axis === axis);
    const table = plan?.taps.map(([tap]) => tap?.index ?? 0);
    return table === undefined || isIdentity(table, size) ? undefined : table;
  });
  const factors = tables.map((table, axis) => (table === undefined ? 1 : repetition(table, sizes[axis]!)));
  if (factors.every((factor) => factor !== undefined)) return enlarge(builder, input, factors);
  return tableLookup(builder, input, tables);
}

/** result[…, o, …] = Σ_t weight[o, t] · input[…, index[o, t], …], in `compute`. */
function resampleAxis(builder: Builder, input: Value, logical: Type, compute: Type, { axis, taps }: AxisTaps): Value {
  const sizes = shapeOf(input);
  const rows = taps.map((row) => row.filter(({ weight }) => weight !== 0));
  const count = Math.max(1, ...rows.map((row) => row.length));
  const padded = rows.flatMap((row) =>
    Array.from({ length: count }, (_, tap) => row[tap] ?? { index: row[0]?.index ?? 0, weight: 0 }),
  );
  const shape = sizes.map((size, each) => (each === axis ? rows.length : size));
  const rank = shape.length;
  const table = AffineMap.projection(rank + 1, [axis, rank]);
  const [result] = generic(builder, {
    inputs: [
      {
        value: constantTensor(
          builder,
          padded.map(({ index }) => index),
          [rows.length, count],
          i64,
        ),
        map: table,
      },
      {
        value: constantTensor(
          builder,
          padded.map(({ weight }) => weight),
          [rows.length, count],
          compute,
        ),
        map: table,
      },
    ],
    outputs: [
      {
        value: filled(builder, shape, compute, 0),
        map: AffineMap.projection(
          rank + 1,
          shape.map((_, each) => each),
        ),
      },
    ],
    iterators: Array.from({ length: rank + 1 }, (_, each): IteratorKind => (each === rank ? "reduction" : "parallel")),
    body: (s, [position, weight], [total], index) => {
      const positions = shape.map((_, each) => (each === axis ? s.toIndex(position!) : index(each)));
      const element = extractElement(s, input, positions);
      const value = isFloat(element.type)
        ? s.resize(element, compute)
        : s.integerToFloat(element, compute, isUnsigned(logical));
      return [s.add(total!, s.mul(weight!, value))];
    },
  });
  return result!;
}

/** Rounds interpolated values to the result's type; integers are clamped. */
function roundTo(s: Scalars, value: Value, logical: Type): Value {
  if (isFloat(logical)) return s.resize(value, logical);
  const { lowest, highest } = elementLimits(logical);
  const whole = s.math("roundeven", value);
  const inside = s.min(s.max(whole, s.like(whole, lowest)), s.like(whole, highest));
  return s.store(s.resize(s.floatToInteger(inside, i64), computeElement(logical)), logical);
}

const lowerResize = lowering(resize, (operation, [input], builder) => {
  const { mode, roi, extrapolation_value: outside } = operation;
  const logical = operation.input.type.element;
  const { shape } = operation.result.type;
  const plans = resizeTaps(operation.input.type.shape, {
    mode,
    coordinate_transformation_mode: operation.coordinate_transformation,
    nearest_mode: operation.nearest_mode,
    cubic_coeff_a: operation.cubic_coefficient,
    exclude_outside: operation.exclude_outside,
    antialias: operation.antialias,
    scales: operation.scales,
    sizes: shape,
    roi: roi.length === 0 ? undefined : roi,
  });
  if (product(shape) === 0) return [filled(builder, shape, elementOf(input!), 0)];
  const compute = isFloat(logical) ? computeElement(logical) : f64;
  let result = input!;
  if (mode === "nearest") result = nearest(builder, result, plans);
  else {
    for (const plan of plans) {
      const isCopy = plan.taps.every((row, position) =>
        row.every(({ index, weight }) => weight === 0 || index === position),
      );
      if (!isCopy || plan.taps.length !== shapeOf(result)[plan.axis])
        result = resampleAxis(builder, result, logical, compute, plan);
    }
  }
  const masks = plans.filter(({ beyond }) => beyond.includes(true));
  const isRounded = elementOf(result) === elementOf(input!);
  if (masks.length === 0 && isRounded) return [result];
  const inputs = masks.map(({ axis, beyond }) => ({
    value: constantTensor(builder, beyond.map(Number), [beyond.length], i1),
    map: AffineMap.projection(shape.length, [axis]),
  }));
  return [
    pointwise(builder, {
      shape,
      element: elementOf(input!),
      inputs: [{ value: result }, ...inputs],
      body: (s, [x, ...beyond]) => {
        const rounded = isRounded ? x! : roundTo(s, x!, logical);
        const [first, ...rest] = beyond;
        if (first === undefined) return rounded;
        const isOutside = rest.reduce((any, mask) => s.or(any, mask), first);
        return s.select(isOutside, s.constant(rounded.type, outside), rounded);
      },
    }),
  ];
});

// ------------------------------------------------------------------------------------------------ grid sample

interface GridTap {
  /** Where the tap reads, a whole number that may lie outside. */
  readonly position: Value;
  readonly weight: Value | undefined;
}

const clampTo = (s: Scalars, x: Value, low: number, high: number): Value =>
  s.min(s.max(x, s.like(x, low)), s.like(x, high));

/** Folds a position beyond the limits back between them. */
function reflect(s: Scalars, position: Value, low: number, high: number): Value {
  const span = high - low;
  if (span <= 0) return s.like(position, low);
  const away = s.rem(s.math("absf", s.sub(position, s.like(position, low))), s.like(position, 2 * span));
  const folded = s.select(s.compare("gt", away, s.like(away, span)), s.sub(s.like(away, 2 * span), away), away);
  return s.add(folded, s.like(folded, low));
}

/** Keys' kernel with a = -¾ at distances t, 1 - t and beyond, for t = position - ⌊position⌋. */
function cubicWeights(s: Scalars, t: Value): Value[] {
  const a = -0.75;
  const c = (value: number) => s.like(t, value);
  const near = (x: Value) => s.add(s.mul(s.mul(s.sub(s.mul(c(a + 2), x), c(a + 3)), x), x), c(1));
  const far = (x: Value) => s.sub(s.mul(s.add(s.mul(s.sub(s.mul(c(a), x), c(5 * a)), x), c(8 * a)), x), c(4 * a));
  const rest = s.sub(c(1), t);
  return [far(s.add(t, c(1))), near(t), near(rest), far(s.add(rest, c(1)))];
}

const lowerGridSample = lowering(gridSample, (operation, [input, grid], builder) => {
  const { mode, padding_mode: padding, align_corners: aligned } = operation;
  const { shape } = operation.result.type;
  const spatial = shapeOf(input!).slice(2);
  const rank = shape.length;
  const compute = computeElement(elementOf(input!));
  /** The limits of reflection along a dimension. */
  const limits = (size: number): [number, number] => (aligned ? [0, size - 1] : [-0.5, size - 0.5]);

  const tapsAlong = (s: Scalars, normal: Value, size: number): GridTap[] => {
    const one = s.like(normal, 1);
    const raw = aligned
      ? s.mul(s.add(normal, one), s.like(normal, (size - 1) / 2))
      : s.mul(s.sub(s.mul(s.add(normal, one), s.like(normal, size)), one), s.like(normal, 0.5));
    // A position that is no number reads as far outside.
    const isNumber = s.compare("lt", s.math("absf", raw), s.like(raw, Number.POSITIVE_INFINITY));
    let position = s.select(isNumber, raw, s.like(raw, -2));
    if (mode !== "cubic") {
      if (padding === "reflection") position = reflect(s, position, ...limits(size));
      if (padding !== "zeros") position = clampTo(s, position, 0, size - 1);
    }
    if (mode === "nearest") return [{ position: s.math("roundeven", position), weight: undefined }];
    const floor = s.math("floor", position);
    const t = s.sub(position, floor);
    const weights = mode === "linear" ? [s.sub(one, t), t] : cubicWeights(s, t);
    const first = mode === "linear" ? 0 : -1;
    return weights.map((weight, tap) => ({ position: s.add(floor, s.like(floor, first + tap)), weight }));
  };
  /** The index that a tap reads, inside the dimension, and whether it counts. */
  const resolve = (
    s: Scalars,
    position: Value,
    size: number,
  ): { readonly index: Value; readonly counts: Value | undefined } => {
    const folded =
      padding === "reflection"
        ? s.math("floor", s.add(reflect(s, position, ...limits(size)), s.like(position, 0.5)))
        : position;
    const inside = clampTo(s, folded, 0, size - 1);
    const counts = padding === "zeros" ? s.compare("eq", inside, position) : undefined;
    return { index: s.toIndex(s.floatToInteger(inside, i64)), counts };
  };
  // The grid's last dimension lists the last spatial dimension first.
  const gridInputs = spatial.map((_, axis) => {
    const entry = affineConstant(spatial.length - 1 - axis);
    const map = new AffineMap(rank, 0, [dimension(0), ...spatial.map((__, each) => dimension(2 + each)), entry]);
    return { value: grid!, map };
  });
  return [
    pointwise(builder, {
      shape,
      element: elementOf(input!),
      inputs: gridInputs,
      body: (s, normals, index) => {
        const lists = normals.map((normal, axis) => {
          const taps = tapsAlong(s, s.resize(normal, compute), spatial[axis]!);
          return taps.map((tap) => ({ ...tap, ...resolve(s, tap.position, spatial[axis]!) }));
        });
        const sample = (axis: number, chosen: readonly Value[]): Value => {
          const taps = lists[axis];
          if (taps === undefined) return s.resize(extractElement(s, input!, [index(0), index(1), ...chosen]), compute);
          const terms = taps.map(({ index: at, counts, weight }) => {
            const value = sample(axis + 1, [...chosen, at]);
            const kept = counts === undefined ? value : s.select(counts, value, s.like(value, 0));
            return weight === undefined ? kept : s.mul(weight, kept);
          });
          return terms.reduce((sum, term) => s.add(sum, term));
        };
        return s.resize(sample(0, []), elementOf(input!));
      },
    }),
  ];
});

export const resizeLowerings = [lowerResize, lowerGridSample];
