/**
 * Canonical forms of arithmetic: constants on the right, chains of constants joined, casts that undo each other
 * removed. Each pattern has its equation as its comment. Folds of single operations are in fold.ts.
 */
import type { ConstantMaterializer } from "../../ir/context.ts";
import { constantOperation } from "../../ir/declaration.ts";
import type { Pattern } from "../../ir/rewrite/pattern.ts";
import { castCanonicalization } from "./canonicalize/casts.ts";
import { comparisonCanonicalization } from "./canonicalize/comparisons.ts";
import { constantToTheRight, integerCanonicalization } from "./canonicalize/integers.ts";
import { arithOps, constant, typeOfAttribute } from "./ops.ts";

export const arithCanonicalization: readonly Pattern[] = [
  ...arithOps.filter((definition) => definition.hasTrait("Commutative")).map(constantToTheRight),
  ...integerCanonicalization,
  ...comparisonCanonicalization,
  ...castCanonicalization,
];

/** `arith.constant` for every typed attribute. */
export const materializeArithConstant: ConstantMaterializer = (value, type, location) =>
  typeOfAttribute(value) === type ? constantOperation(constant, value, type, location) : undefined;
