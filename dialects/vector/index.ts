/** The vector dialect's value. */
import { dialect } from "../../ir/context.ts";
import { vectorCanonicalization } from "./canonicalize.ts";
import { vectorEvaluators } from "./evaluate.ts";
import { vectorOps } from "./ops.ts";

export * from "./build.ts";
export * from "./ops.ts";
export const vector = dialect("vector", {
  doc: "SIMD values.",
  ops: vectorOps,
  canonicalization: vectorCanonicalization,
  attach: vectorEvaluators,
});
