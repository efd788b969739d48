/**
 * Pooling: the input is padded with the neutral element, then a reduction runs over (n, c, y, x, ky, kx). The shape of the
 * window comes from an empty operand, as in upstream's pooling ops.
 */
import { averagePool2d, lpPool2d, maxPool2d } from "../../../dialects/tensor/ops.ts";
import { AffineMap, affineAdd, affineMul, dimension } from "../../../ir/affine-map.ts";
import type { Builder } from "../../../ir/builder.ts";
import type { Value } from "../../../ir/operation.ts";
import { TensorType, type Type } from "../../../ir/types.ts";
import {
  constantTensor,
  elementOf,
  emptyTensor,
  filled,
  generic,
  iterators,
  narrow,
  pad,
  pointwise,
  shapeOf,
} from "../emit.ts";
import { lowering } from "../lowering.ts";
import { elementLimits, type Scalars } from "../scalars.ts";
import { computeElement, isUnsigned } from "../storage-types.ts";

interface Pool {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: readonly number[];
}

/** Padding so that every window lies inside, the part beyond the stated padding (`ceil_mode`) included. */
function padForWindows(
  builder: Builder,
  input: Value,
  pool: Pool,
  positions: readonly number[],
  fill: number | bigint,
): Value {
  const rank = pool.kernel.length;
  const spatial = shapeOf(input).slice(2);
  const begin = pool.padding.slice(0, rank);
  const end = spatial.map((size, axis) => {
    const reach = (positions[axis]! - 1) * pool.strides[axis]! + (pool.kernel[axis]! - 1) * pool.dilations[axis]! + 1;
    // Elements that no window reads are left where they are.
    return Math.max(0, reach - size - begin[axis]!);
  });
  return pad(builder, input, [0, 0, ...begin], [0, 0, ...end], fill);
}

/** Combines each window, starting from `initial`, in compute form. */
function reduceWindows(
  builder: Builder,
  padded: Value,
  pool: Pool,
  shape: readonly number[],
  initial: number | bigint,
  combine: (s: Scalars, total: Value, element: Value) => Value,
): Value {
  const rank = pool.kernel.length;
  const element = elementOf(padded);
  const parallel = 2 + rank;
  const dimensions = parallel + rank;
  const spatial = pool.strides.map((stride, axis) =>
    affineAdd(affineMul(dimension(2 + axis), stride), affineMul(dimension(parallel + axis), pool.dilations[axis]!)),
  );
  const [result] = generic(builder, {
    inputs: [
      { value: padded, map: new AffineMap(dimensions, 0, [dimension(0), dimension(1), ...spatial]) },
      {
        value: emptyTensor(builder, pool.kernel, element),
        map: AffineMap.projection(
          dimensions,
          pool.kernel.map((_, axis) => parallel + axis),
        ),
      },
    ],
    outputs: [
      {
        value: filled(builder, shape, computeElement(element), initial),
        map: AffineMap.projection(
          dimensions,
          shape.map((_, axis) => axis),
        ),
      },
    ],
    iterators: iterators(parallel, rank),
    body: (s, [x], [total]) => [combine(s, total!, s.load(x!, element))],
  });
  return result!;
}

/** The element type of a tensor type. */
function logicalElement(type: Type): Type {
  return type instanceof TensorType ? type.element : type;
}

const lowerMaxPool = lowering(maxPool2d, (operation, [input], builder) => {
  const { shape } = operation.result.type;
  const logical = logicalElement(operation.input.type);
  const { lowest } = elementLimits(logical);
  const padded = padForWindows(builder, input!, operation, shape.slice(2), lowest);
  const unsigned = isUnsigned(logical);
  const result = reduceWindows(builder, padded, operation, shape, lowest, (s, total, x) => s.max(total, x, unsigned));
  return [narrow(builder, result, elementOf(input!))];
});

/** How many positions of each window count, per position of one dimension. */
function windowCounts(size: number, positions: number, pool: Pool, axis: number, includePadding: boolean): number[] {
  const rank = pool.kernel.length;
  const [begin, end] = [pool.padding[axis]!, pool.padding[rank + axis]!];
  return Array.from({ length: positions }, (_, position) => {
    const start = position * pool.strides[axis]! - begin;
    const taps = Array.from({ length: pool.kernel[axis]! }, (__, tap) => start + tap * pool.dilations[axis]!);
    return taps.filter((at) => (includePadding ? at < size + end : at >= 0 && at < size)).length;
  });
}

const lowerAveragePool = lowering(averagePool2d, (operation, [input], builder) => {
  const { shape } = operation.result.type;
  const element = elementOf(input!);
  const compute = computeElement(element);
  const spatial = shapeOf(input!).slice(2);
  const padded = padForWindows(builder, input!, operation, shape.slice(2), 0);
  const sums = reduceWindows(builder, padded, operation, shape, 0, (s, total, x) => s.add(total, x));
  const [rows, columns] = spatial.map((size, axis) =>
    windowCounts(size, shape[2 + axis]!, operation, axis, operation.count_include_pad),
  ) as [number[], number[]];
  // A window without elements has the sum 0, and so the mean 0.
  const counts = rows.flatMap((row) => columns.map((column) => Math.max(1, row * column)));
  const uniform = counts.every((count) => count === counts[0]);
  if (uniform) {
    const [divided] = [
      pointwise(builder, {
        shape,
        element,
        inputs: [{ value: sums }],
        body: (s, [sum]) => s.store(s.div(sum!, s.like(sum!, counts[0] ?? 1)), element),
      }),
    ];
    return [divided];
  }
  const divisors = constantTensor(builder, counts, [rows.length, columns.length], compute);
  return [
    pointwise(builder, {
      shape,
      element,
      inputs: [{ value: sums }, { value: divisors }],
      body: (s, [sum, count]) => s.store(s.div(sum!, count!), element),
    }),
  ];
});

const lowerLpPool = lowering(lpPool2d, (operation, [input], builder) => {
  const { shape } = operation.result.type;
  const { p } = operation;
  const element = elementOf(input!);
  const padded = padForWindows(builder, input!, operation, shape.slice(2), 0);
  const sums = reduceWindows(builder, padded, operation, shape, 0, (s, total, x) =>
    s.add(total, powerOfMagnitude(s, x, p)),
  );
  return [
    pointwise(builder, {
      shape,
      element,
      inputs: [{ value: sums }],
      body: (s, [sum]) => s.store(root(s, sum!, p), element),
    }),
  ];
});

/** |x|^p */
export function powerOfMagnitude(s: Scalars, x: Value, p: number): Value {
  if (p === 2) return s.mul(x, x);
  const magnitude = s.math("absf", x);
  return p === 1 ? magnitude : s.pow(magnitude, s.like(x, p));
}

/** x^(1/p) */
export function root(s: Scalars, x: Value, p: number): Value {
  if (p === 1) return x;
  return p === 2 ? s.math("sqrt", x) : s.pow(x, s.like(x, 1 / p));
}

export const poolingLowerings = [lowerMaxPool, lowerAveragePool, lowerLpPool];
