/** What generic passes know about `memref.dim` and `tensor.dim`: sizes are not negative, and only those that exist may be asked for. */
import { IntegerAttribute } from "../../ir/attributes.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import { constantOf } from "../../ir/effects.ts";
import {
  type AttachedInterface,
  ConditionallySpeculatable,
  InferIntegerRanges,
  IntegerRange,
} from "../../ir/interfaces.ts";
import type { Operation } from "../../ir/operation.ts";
import { dynamic, ShapedType } from "../../ir/types.ts";

/** The size that is asked for: a number, undefined where it is dynamic, "none" where there may be no such dimension. */
function askedSize(operation: Operation): number | undefined | "none" {
  const position = constantOf(operation.operand(1));
  const { type } = operation.operand(0);
  if (!(position instanceof IntegerAttribute) || !(type instanceof ShapedType)) return "none";
  if (position.value < 0n || position.value >= BigInt(type.shape.length)) return "none";
  const size = type.shape[Number(position.value)]!;
  return size === dynamic ? undefined : size;
}

/** For an op that takes a shaped value and the number of a dimension, and gives its size. */
export function dimInterfaces(definition: AnyDefinition): readonly AttachedInterface[] {
  return [
    ConditionallySpeculatable.attach(definition, (operation) => (askedSize(operation) === "none" ? "never" : "always")),
    InferIntegerRanges.attach(definition, (operation, _operands, set) => {
      const size = askedSize(operation);
      const known = typeof size === "number" ? BigInt(size) : undefined;
      set(operation.onlyResult, IntegerRange.signed(64, known ?? 0n, known ?? (1n << 63n) - 1n));
    }),
  ];
}
