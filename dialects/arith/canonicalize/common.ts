/** What the canonicalizations of arith share: constants computed and compared, operands swapped. */
import type { Attribute } from "../../../ir/attributes.ts";
import type { AnyDefinition } from "../../../ir/context.ts";
import { constantOf } from "../../../ir/effects.ts";
import type { Operation, Value } from "../../../ir/operation.ts";
import { anyConstant, type Outcome, type Pattern, rewrite } from "../../../ir/rewrite/pattern.ts";
import type { Rewriter } from "../../../ir/rewrite/rewriter.ts";
import { elementOrSelf } from "../../upstream/constraints.ts";
import { splatOf, widthOf } from "../elements.ts";
import { overflowAttribute } from "../flags.ts";

export const mnemonicOf = (definition: AnyDefinition): string =>
  definition.name.slice(definition.name.indexOf(".") + 1);

/** `inner(…) ∘ c`: the operation that defines the left operand and the constants of its and the outer right operand. */
export interface Chain {
  readonly inner: Operation;
  /** Of the inner operation, by position. */
  readonly innerConstants: readonly (Attribute | undefined)[];
  readonly constant: Attribute;
}

/** A pattern on `outer(inner(…), c)`. */
export function chained(
  name: string,
  outer: AnyDefinition,
  inner: AnyDefinition,
  apply: (operation: Operation, chain: Chain, rewriter: Rewriter) => Outcome,
): Pattern {
  return rewrite(
    outer,
    name,
    (operation, rewriter) => {
      const definer = operation.operand(0).definer;
      const constant = constantOf(operation.operand(1));
      if (definer === undefined || constant === undefined) return undefined;
      const innerConstants = [constantOf(definer.operand(0)), constantOf(definer.operand(1))];
      return apply(operation, { inner: definer, innerConstants, constant }, rewriter);
    },
    { operandDefiners: { 0: inner.name, 1: anyConstant } },
  );
}

/** Puts other operands in, in place; what was known about overflow is no longer. */
export function setOperands(rewriter: Rewriter, operation: Operation, lhs: Value, rhs: Value): true {
  return rewriter.modify(operation, () => {
    operation.setOperand(0, lhs);
    operation.setOperand(1, rhs);
    forgetOverflow(operation);
  });
}

const noFlags = overflowAttribute.encode([]);

function forgetOverflow(operation: Operation): void {
  const flags = operation.attribute("overflowFlags");
  if (flags !== undefined && flags !== noFlags) operation.properties.set("overflowFlags", noFlags);
}

/** Whether a value is the constant `wanted` (in all its elements), as a signed number of its width. */
export function isConstant(value: Value, wanted: bigint): boolean {
  const known = splatOf(constantOf(value));
  if (known === undefined || typeof known === "number") return false;
  return BigInt.asIntN(widthOf(elementOrSelf(value.type)), wanted) === known;
}
