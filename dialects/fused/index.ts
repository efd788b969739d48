/** The fused dialect's value. */
import { dialect } from "../../ir/context.ts";
import { fusedCanonicalization } from "./canonicalize.ts";
import { fusedOps } from "./ops.ts";

export * from "./anchors.ts";
export * from "./ops.ts";
export const fused = dialect("fused", {
  doc: "Tasks: an anchor and the tensor ops that join it, as one step of an engine.",
  ops: fusedOps,
  canonicalization: fusedCanonicalization,
});
