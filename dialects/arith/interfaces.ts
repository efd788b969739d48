/** What generic passes know about arithmetic: which operations must not run speculatively. */
import { type Attribute, ElementsAttribute, IntegerAttribute } from "../../ir/attributes.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import { constantOf } from "../../ir/effects.ts";
import { type AttachedInterface, ConditionallySpeculatable } from "../../ir/interfaces.ts";
import { elementAt } from "./elements.ts";
import { ceildivsi, ceildivui, divsi, divui, floordivsi, remsi, remui } from "./ops.ts";
import { arithRanges } from "./ranges.ts";

/** All elements of a constant divisor, if there are few enough to look at. */
function divisors(constant: Attribute | undefined): readonly bigint[] | undefined {
  if (constant instanceof IntegerAttribute) return [constant.value];
  if (!(constant instanceof ElementsAttribute)) return undefined;
  if (constant.splat !== undefined) return [BigInt(constant.splat)];
  if (constant.type.count > 256) return undefined;
  const { value, type } = constant;
  return Array.from({ length: type.count }, (_, position) => BigInt(elementAt(value, position, type.element)));
}

/** A division may be moved only where its divisor is known to be neither zero nor (signed) the overflowing -1. */
function division(definition: AnyDefinition, isSigned: boolean): AttachedInterface {
  return ConditionallySpeculatable.attach(definition, (operation) => {
    const known = divisors(constantOf(operation.operand(1)));
    const isSafe = known?.every((each) => each !== 0n && !(isSigned && each === -1n)) ?? false;
    return isSafe ? "always" : "never";
  });
}

export const arithInterfaces: readonly AttachedInterface[] = [
  ...[divsi, ceildivsi, floordivsi, remsi].map((definition) => division(definition, true)),
  ...[divui, ceildivui, remui].map((definition) => division(definition, false)),
  ...arithRanges,
];
