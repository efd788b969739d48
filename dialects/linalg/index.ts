/** The linalg dialect's value. */
import { dialect } from "../../ir/context.ts";
import { linalgCanonicalization } from "./canonicalize.ts";
import { linalgEvaluators } from "./evaluate.ts";
import { linalgInterfaces } from "./interfaces.ts";
import { linalgOps } from "./ops.ts";

export * from "./build.ts";
export * from "./ops.ts";
export const linalg = dialect("linalg", {
  doc: "Structured operations on tensors and buffers.",
  ops: linalgOps,
  canonicalization: linalgCanonicalization,
  attach: [...linalgEvaluators, ...linalgInterfaces],
});
