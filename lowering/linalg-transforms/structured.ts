/** One view of all structured operations (generics, fills, named ops): operands, maps, iteration space, body. */

import { structureOf } from "../../dialects/linalg/ops.ts";
import { type AffineExpression, type AffineMap, linearForm } from "../../ir/affine-map.ts";
import type { Block, Operation, Value } from "../../ir/operation.ts";
import { dynamic, ShapedType } from "../../ir/types.ts";

export type IteratorKind = "parallel" | "reduction";

export interface StructuredOperation {
  readonly operation: Operation;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** One per operand, inputs first. */
  readonly maps: readonly AffineMap[];
  readonly iterators: readonly IteratorKind[];
  /** Points per dimension of the iteration space; all static. */
  readonly sizes: readonly number[];
  /** Arguments: one element per operand. Ends in a `linalg.yield` of the outputs' new elements. */
  readonly body: Block;
}

/** The structured view of an operation; undefined for any other. Throws where sizes are not known when compiling. */
export function structured(operation: Operation): StructuredOperation | undefined {
  const structure = structureOf(operation);
  if (structure === undefined) return undefined;
  const { maps } = structure;
  const body = operation.regions[0]!.onlyBlock;
  const { operands } = operation;
  const outputCount = body.last?.operandCount ?? 0;
  const sizes = iterationSizes(operation, operands, maps, structure.iterators.length);
  return {
    operation,
    inputs: operands.slice(0, operands.length - outputCount),
    outputs: operands.slice(operands.length - outputCount),
    maps,
    // A window dimension of a pooling is walked like a reduction.
    iterators: structure.iterators.map((iterator) => (iterator === "parallel" ? "parallel" : "reduction")),
    sizes,
    body,
  };
}

function iterationSizes(
  operation: Operation,
  operands: readonly Value[],
  maps: readonly AffineMap[],
  rank: number,
): number[] {
  const sizes = new Array<number | undefined>(rank).fill(undefined);
  for (const [position, value] of operands.entries()) {
    if (!(value.type instanceof ShapedType)) continue;
    for (const [axis, expression] of maps[position]!.results.entries()) {
      const size = value.type.shape[axis]!;
      if (expression.kind === "dimension" && size !== dynamic) sizes[expression.position] ??= size;
    }
  }
  const unknown = sizes.indexOf(undefined);
  if (unknown >= 0)
    throw operation.error(
      `leaves the size of dimension d${unknown} open: no operand has it as a static size of its own`,
    );
  return sizes.map((size) => size!);
}

/** Whether all iterators are parallel. */
export function isElementwise({ iterators }: StructuredOperation): boolean {
  return iterators.every((iterator) => iterator === "parallel");
}

/**
 * The dimension of each result of a map, when every result is a plain dimension (each at most once) or, where the operand
 * has size 1, the constant 0 (then undefined); undefined for any other map.
 */
export function plainDimensions(map: AffineMap): readonly (number | undefined)[] | undefined {
  const positions: (number | undefined)[] = [];
  for (const result of map.results) {
    if (result.kind === "dimension" && !positions.includes(result.position)) positions.push(result.position);
    else if (result.kind === "constant" && result.value === 0) positions.push(undefined);
    else return undefined;
  }
  return positions;
}

/** Whether the body's argument for operand `position` has any use. */
export function readsOperand({ body }: StructuredOperation, position: number): boolean {
  return body.arguments[position]?.hasUses ?? false;
}

/** Whether an expression is linear in the dimensions. */
export function isLinear(expression: AffineExpression): boolean {
  return linearForm(expression) !== undefined;
}
