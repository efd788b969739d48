/** Matrix products: one `linalg.generic` over (batch…, row, column, inner), with transposes and broadcasting in the maps. */
import { matmul } from "../../../dialects/tensor/ops.ts";
import { type AffineExpression, AffineMap, affineConstant, dimension } from "../../../ir/affine-map.ts";
import { elementOf, filled, generic, iterators, narrow, shapeOf } from "../emit.ts";
import { lowering } from "../lowering.ts";
import { computeElement } from "../storage-types.ts";
import { multiplyAdd } from "./convolution.ts";

const lowerMatmul = lowering(matmul, (operation, [lhs, rhs], builder) => {
  const { shape } = operation.result.type;
  const rank = shape.length;
  const [row, column, inner] = [rank - 2, rank - 1, rank];
  const element = elementOf(lhs!);
  /** The batch dimensions of an operand, aligned at the last; size 1 repeats. */
  const batch = (sizes: readonly number[]): AffineExpression[] =>
    sizes.slice(0, -2).map((size, axis) => {
      const at = rank - sizes.length + axis;
      return size === 1 && shape[at] !== 1 ? affineConstant(0) : dimension(at);
    });
  const [first, second] = operation.transpose_lhs ? [inner, row] : [row, inner];
  const [third, fourth] = operation.transpose_rhs ? [column, inner] : [inner, column];
  const [sum] = generic(builder, {
    inputs: [
      { value: lhs!, map: new AffineMap(rank + 1, 0, [...batch(shapeOf(lhs!)), dimension(first), dimension(second)]) },
      { value: rhs!, map: new AffineMap(rank + 1, 0, [...batch(shapeOf(rhs!)), dimension(third), dimension(fourth)]) },
    ],
    outputs: [
      {
        value: filled(builder, shape, computeElement(element), 0),
        map: AffineMap.projection(
          rank + 1,
          shape.map((_, axis) => axis),
        ),
      },
    ],
    iterators: iterators(rank, 1),
    body: (s, inputs, outputs) => multiplyAdd(s, inputs, outputs, element),
  });
  return [narrow(builder, sum!, element)];
});

export const linearLowerings = [lowerMatmul];
