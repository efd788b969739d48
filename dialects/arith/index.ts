/** The arith dialect's value. */
import { dialect } from "../../ir/context.ts";
import { arithCanonicalization, materializeArithConstant } from "./canonicalize.ts";
import { arithEvaluators } from "./evaluate.ts";
import { arithInterfaces } from "./interfaces.ts";
import { arithOps } from "./ops.ts";

export * from "./build.ts";
export * from "./flags.ts";
export * from "./ops.ts";
export const arith = dialect("arith", {
  doc: "Constants, arithmetic, comparisons and casts.",
  ops: arithOps,
  canonicalization: arithCanonicalization,
  attach: [...arithEvaluators, ...arithInterfaces],
  materializeConstant: materializeArithConstant,
});
