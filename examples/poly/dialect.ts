/** The poly dialect as a value: what a context, or `anemone opt --load`, is given. */
import { DenseArrayAttribute, dialect, i32ArrayAttribute } from "anemone/ir";
import { polyCanonicalization } from "./canonicalize.ts";
import { add, constant, derive, evaluate, evaluateAll, multiply } from "./ops.ts";
import { PolynomialType, polynomialDefinition } from "./types.ts";

export const poly = dialect("poly", {
  doc: "Polynomials in one variable with i32 coefficients.",
  ops: [constant, add, multiply, derive, evaluate, evaluateAll],
  types: [polynomialDefinition],
  canonicalization: polyCanonicalization,
  materializeConstant: (value, type, location) => {
    const coefficients = value instanceof DenseArrayAttribute ? i32ArrayAttribute.decode(value) : undefined;
    if (coefficients === undefined || !(type instanceof PolynomialType)) return undefined;
    return constant.build({ value: coefficients, result: type }, location);
  },
});
