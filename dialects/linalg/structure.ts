/** One view of the iteration space of all structured ops. */
import { AffineMap } from "../../ir/affine-map.ts";
import type { OperationOf } from "../../ir/declaration.ts";
import type { Operation } from "../../ir/operation.ts";
import { ShapedType } from "../../ir/types.ts";
import type { IteratorType } from "./attributes.ts";
import { generic } from "./generic.ts";
import { type NamedDefinition, namedStructure, namedStructureOf } from "./named.ts";
import { broadcast, halves, map, reduce, transpose } from "./shaped-ops.ts";

/** What `linalg.generic` and the named ops have in common. */
export type StructuredOperation = OperationOf<typeof generic> | OperationOf<NamedDefinition>;

export interface IterationSpace {
  /** One per operand, inputs first. */
  readonly maps: readonly AffineMap[];
  readonly iterators: readonly IteratorType[];
}

function parallel(rank: number): readonly IteratorType[] {
  return Array.from({ length: rank }, () => "parallel");
}

/** The iteration space of any structured op: a generic's own maps, or those that another stands for. */
export function structureOf(operation: Operation): IterationSpace | undefined {
  if (generic.matches(operation)) return { maps: operation.indexing_maps, iterators: operation.iterator_types };
  const structure = namedStructure(operation);
  if (structure !== undefined) return namedStructureOf(structure, operation);
  if (map.matches(operation)) {
    const { rank } = operation.init.type;
    return { maps: operation.operands.map(() => AffineMap.identity(rank)), iterators: parallel(rank) };
  }
  if (reduce.matches(operation)) {
    const { dimensions } = operation;
    const [inputs, inits] = halves(operation.inputs_and_inits);
    const rank = inputs[0]?.type instanceof ShapedType ? inputs[0].type.rank : 0;
    const axes = Array.from({ length: rank }, (_, axis) => axis);
    const kept = AffineMap.projection(
      rank,
      axes.filter((axis) => !dimensions.includes(axis)),
    );
    return {
      maps: [...inputs.map(() => AffineMap.identity(rank)), ...inits.map(() => kept)],
      iterators: axes.map((axis) => (dimensions.includes(axis) ? "reduction" : "parallel")),
    };
  }
  if (transpose.matches(operation)) {
    const { permutation } = operation;
    const { rank } = operation.init.type;
    // Dimension i of the output is dimension permutation[i] of the input.
    const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
    return { maps: [AffineMap.projection(rank, inverse), AffineMap.identity(rank)], iterators: parallel(rank) };
  }
  if (broadcast.matches(operation)) {
    const { dimensions } = operation;
    const { rank } = operation.init.type;
    const kept = parallel(rank).flatMap((_, axis) => (dimensions.includes(axis) ? [] : [axis]));
    return { maps: [AffineMap.projection(rank, kept), AffineMap.identity(rank)], iterators: parallel(rank) };
  }
  return undefined;
}
