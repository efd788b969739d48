/** Reference semantics of math on scalars: float64 functions, rounded once to the result's type. */
import type { AnyDefinition } from "../../ir/context.ts";
import type { AttachedInterface } from "../../ir/interfaces.ts";
import { mathBinaryFunctions, mathIntegerFunctions, mathUnaryFunctions } from "../arith/scalar.ts";
import { power } from "../tensor/reference/special-functions.ts";
import { integerWidth, roundFloat, scalarSemantics, wrapInteger } from "../upstream/scalar-evaluation.ts";
import * as ops from "./ops.ts";

const float = (
  definition: AnyDefinition,
  apply: (x: number, y: number, z: number) => number,
): readonly AttachedInterface[] =>
  scalarSemantics(definition, (operation, [x, y, z]) => [
    roundFloat(apply(Number(x), Number(y), Number(z)), operation.onlyResult.type),
  ]);
/** The op of a mnemonic. */
function definitionOf(mnemonic: string): AnyDefinition {
  const found = ops.mathOps.find((definition) => definition.name === `math.${mnemonic}`);
  if (found === undefined) throw new Error(`there is no op math.${mnemonic}`);
  return found;
}

const integerFunctions = Object.entries(mathIntegerFunctions).flatMap(([mnemonic, apply]) =>
  scalarSemantics(definitionOf(mnemonic), (operation, [x]) => {
    const { type } = operation.onlyResult;
    const width = integerWidth(type);
    return [wrapInteger(apply(BigInt.asIntN(width, BigInt(x!)), width), type)];
  }),
);

/** a^b modulo 2^64 by squaring; a negative power is the truncated quotient 1/a^|b|. */
function integerPower(a: bigint, b: bigint): bigint {
  if (b >= 0n) {
    let [power, square] = [1n, a];
    for (let rest = b; rest > 0n; rest >>= 1n) {
      if (rest & 1n) power = BigInt.asIntN(64, power * square);
      square = BigInt.asIntN(64, square * square);
    }
    return power;
  }
  if (a === 1n) return 1n;
  return a === -1n ? (b % 2n === 0n ? 1n : -1n) : 0n;
}

export const mathEvaluators: readonly AttachedInterface[] = [
  ...Object.entries({ ...mathUnaryFunctions, ...mathBinaryFunctions }).flatMap(([mnemonic, apply]) =>
    float(definitionOf(mnemonic), apply),
  ),
  // Exact but for products beyond float64, which only f64 operands have.
  ...float(ops.fma, (a, b, c) => a * b + c),
  ...float(ops.fpowi, power),
  ...integerFunctions,
  ...scalarSemantics(ops.ipowi, (operation, [a, b]) => [
    wrapInteger(integerPower(BigInt(a!), BigInt(b!)), operation.onlyResult.type),
  ]),
];
