/** The mil dialect's value: Apple's model intermediate language, as far as programs for the engine use it. */
import { dialect } from "../../ir/context.ts";
import { computeOps } from "./compute.ts";
import { elementwiseOps } from "./elementwise.ts";
import { movementOps } from "./movement.ts";
import { programOps } from "./program.ts";

export * from "./compute.ts";
export { Meaning } from "./declare.ts";
export * from "./elementwise.ts";
export * from "./movement.ts";
export * from "./program.ts";

/** The ops of which functions consist, beside constants. */
export const milComputeOps = [...elementwiseOps, ...computeOps, ...movementOps];

export const mil = dialect("mil", {
  doc: "Apple's model intermediate language (MIL): one op per MIL op, serialised as text with a weight file.",
  ops: [...programOps, ...milComputeOps],
});
