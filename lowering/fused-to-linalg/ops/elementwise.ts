/**
 * Elementwise ops: one `linalg.generic` over the result's shape, whose maps broadcast the operands and whose body is the
 * op's scalar function. Chains of them are merged afterwards (merge-pointwise.ts).
 */
import { computeOps } from "../../../dialects/tensor/ops.ts";
import type { AnyDefinition } from "../../../ir/context.ts";
import type { AttachedInterface } from "../../../ir/interfaces.ts";
import type { Operation, Value } from "../../../ir/operation.ts";
import { TensorType, type Type } from "../../../ir/types.ts";
import { pointwise } from "../emit.ts";
import { lowering } from "../lowering.ts";
import { storageElement } from "../storage-types.ts";
import { type ScalarFunction, scalarFunctions } from "./scalar-functions.ts";

/** The element type of a tensor as the op was written, before storage. */
function logicalElement(value: Value): Type {
  if (value.type instanceof TensorType) return value.type.element;
  throw new Error(`expected a tensor, found ${value.type}`);
}

function lowerElementwise(definition: AnyDefinition, compute: ScalarFunction): AttachedInterface {
  return lowering(definition, (operation: Operation, operands, builder) => {
    const types = operation.operands.map(logicalElement);
    const { type } = operation.onlyResult;
    if (!(type instanceof TensorType)) throw new Error(`expected a tensor, found ${type}`);
    const result = pointwise(builder, {
      shape: type.shape,
      element: storageElement(type.element),
      inputs: operands.map((value) => ({ value })),
      body: (s, elements) => {
        const loaded = elements.map((element, position) => s.load(element, types[position]!));
        return s.store(compute(s, loaded, types, operation), type.element);
      },
    });
    return [result];
  });
}

export const elementwiseLowerings: readonly AttachedInterface[] = computeOps.flatMap((definition: AnyDefinition) => {
  const compute = scalarFunctions.get(definition);
  return compute === undefined ? [] : [lowerElementwise(definition, compute)];
});
