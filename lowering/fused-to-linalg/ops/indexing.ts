/**
 * Ops that read at positions held in other tensors: the body of a `linalg.generic` computes the position and reads it with
 * `tensor.extract`. Indices outside their dimension, which are an error in the reference semantics, are clamped: compiled
 * code never reads outside a buffer.
 */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { AffineMap, affineConstant, dimension } from "../../../ir/affine-map.ts";
import type { AttachedInterface } from "../../../ir/interfaces.ts";
import type { Value } from "../../../ir/operation.ts";
import { i64, index, isFloat } from "../../../ir/types.ts";
import { elementOf, extractElement, pointwise, shapeOf } from "../emit.ts";
import { lowering } from "../lowering.ts";
import type { Scalars } from "../scalars.ts";

/** An index element as a position in a dimension of `size`: negative ones count from the end, others are clamped. */
function positionOf(s: Scalars, element: Value, size: number): Value {
  const position = s.toIndex(element);
  const fromEnd = s.add(position, s.index(size));
  const resolved = s.select(s.compare("lt", position, s.index(0)), fromEnd, position);
  return s.min(s.max(resolved, s.index(0)), s.index(Math.max(0, size - 1)));
}

const lowerTake = lowering(tensor.take, (operation, [input, indices], builder) => {
  const { axis } = operation;
  const [shape, sizes] = [operation.result.type.shape, shapeOf(input!)];
  const count = shapeOf(indices!).length;
  const map = AffineMap.projection(
    shape.length,
    Array.from({ length: count }, (_, each) => axis + each),
  );
  return [
    pointwise(builder, {
      shape,
      element: elementOf(input!),
      inputs: [{ value: indices!, map }],
      body: (s, [chosen], at) => {
        const positions = sizes.map((size, each) => {
          if (each === axis) return positionOf(s, chosen!, size);
          return at(each < axis ? each : each - 1 + count);
        });
        return extractElement(s, input!, positions);
      },
    }),
  ];
});

const lowerGatherElements = lowering(tensor.gatherElements, (operation, [input, indices], builder) => {
  const sizes = shapeOf(input!);
  return [
    pointwise(builder, {
      shape: operation.result.type.shape,
      element: elementOf(input!),
      inputs: [{ value: indices! }],
      body: (s, [chosen], at) =>
        extractElement(
          s,
          input!,
          sizes.map((size, each) => (each === operation.axis ? positionOf(s, chosen!, size) : at(each))),
        ),
    }),
  ];
});

/** Each entry of an index tuple is an operand of its own: the same tensor, read at a fixed last position. */
const lowerGatherNd = lowering(tensor.gatherNd, (operation, [input, indices], builder) => {
  const { batch_dims: batchDims } = operation;
  const [shape, sizes] = [operation.result.type.shape, shapeOf(input!)];
  const tuples = shapeOf(indices!);
  const [lead, length] = [tuples.length - 1, tuples.at(-1)!];
  const entries = Array.from({ length }, (_, entry) => {
    const positions = [...Array.from({ length: lead }, (__, each) => dimension(each)), affineConstant(entry)];
    return { value: indices!, map: new AffineMap(shape.length, 0, positions) };
  });
  return [
    pointwise(builder, {
      shape,
      element: elementOf(input!),
      inputs: entries,
      body: (s, chosen, at) => {
        const positions = sizes.map((size, each) => {
          if (each < batchDims) return at(each);
          if (each < batchDims + length) return positionOf(s, chosen[each - batchDims]!, size);
          return at(each - batchDims - length + lead);
        });
        return extractElement(s, input!, positions);
      },
    }),
  ];
});

const lowerOneHot = lowering(tensor.oneHot, (operation, [indices, values], builder) => {
  const { depth, axis } = operation;
  const { shape } = operation.result.type;
  const logical = operation.indices.type.element;
  const others = shape.map((_, each) => each).filter((each) => each !== axis);
  return [
    pointwise(builder, {
      shape,
      element: elementOf(values!),
      inputs: [{ value: indices!, map: AffineMap.projection(shape.length, others) }],
      body: (s, [chosen], at) => {
        // Positions may be floats with integer values: those are compared as floats.
        const element = s.load(chosen!, logical);
        const here = s.fromIndex(at(axis), i64);
        const compared = isFloat(element.type) ? s.integerToFloat(here, element.type, false) : here;
        const position = isFloat(element.type) ? element : s.convert(element, logical, i64);
        const fromEnd = s.add(position, s.like(position, depth));
        const isNegative = s.compare("lt", position, s.like(position, 0));
        const isHot = s.compare("eq", s.select(isNegative, fromEnd, position), compared);
        return extractElement(s, values!, [s.select(isHot, s.index(1), s.index(0))]);
      },
    }),
  ];
});

const lowerTrilu = lowering(tensor.trilu, (operation, [input], builder) => {
  const shape = shapeOf(input!);
  const [row, column] = [shape.length - 2, shape.length - 1];
  return [
    pointwise(builder, {
      shape,
      element: elementOf(input!),
      inputs: [{ value: input! }],
      body: (s, [x], at) => {
        const diagonal = s.sub(at(column), at(row));
        const isKept = s.compare(operation.upper ? "ge" : "le", diagonal, s.constant(index, operation.k));
        return s.select(isKept, x!, s.like(x!, 0));
      },
    }),
  ];
});

const lowerReverseSequence = lowering(tensor.reverseSequence, (operation, [input, lengths], builder) => {
  const { batch_axis: batch, time_axis: time } = operation;
  const shape = shapeOf(input!);
  return [
    pointwise(builder, {
      shape,
      element: elementOf(input!),
      inputs: [{ value: lengths!, map: AffineMap.projection(shape.length, [batch]) }],
      body: (s, [length], at) => {
        const count = s.min(s.toIndex(length!), s.index(shape[time]!));
        const mirrored = s.sub(s.sub(count, s.index(1)), at(time));
        const position = s.select(s.compare("lt", at(time), count), mirrored, at(time));
        return extractElement(
          s,
          input!,
          shape.map((_, each) => (each === time ? position : at(each))),
        );
      },
    }),
  ];
});

export const indexingLowerings: readonly AttachedInterface[] = [
  ...[lowerTake, lowerGatherElements, lowerGatherNd, lowerOneHot, lowerTrilu, lowerReverseSequence],
];
