/** The ane dialect's value: what the Neural Engine runs, as tasks on surfaces. */
import { type AnyDefinition, dialect } from "../../ir/context.ts";
import { Evaluate } from "../../ir/interfaces.ts";
import { activationDefinition } from "./activation.ts";
import { compressedOps, decompressed } from "./compressed/index.ts";
import { elementwise } from "./elementwise.ts";
import { move } from "./move.ts";
import { call, programOps } from "./program.ts";
import { settle } from "./rule-ops.ts";
import { evaluateCall, evaluateTask } from "./semantics/evaluate.ts";
import { surfaceDefinition } from "./surface-type.ts";
import { computeTasks } from "./tasks.ts";

export * from "./activation.ts";
export * from "./compressed/index.ts";
export * from "./elementwise.ts";
export * from "./move.ts";
export * from "./numerics.ts";
export * from "./program.ts";
export * from "./rule-ops.ts";
export * from "./semantics/index.ts";
export * from "./slots.ts";
export * from "./surface-type.ts";
export * from "./targets.ts";
export * from "./tasks.ts";

/** The ops of which a program consists, beside its constants. */
export const taskOps: readonly AnyDefinition[] = [...computeTasks, elementwise, move];

export const ane = dialect("ane", {
  doc: "Programs of the Neural Engine: static tasks on surfaces, with the engine's epilogue slots and numeric rules.",
  ops: [...programOps, ...compressedOps, ...taskOps, settle],
  types: [surfaceDefinition],
  attributes: [activationDefinition],
  attach: [
    ...taskOps.map((definition) => Evaluate.attach(definition, evaluateTask)),
    ...compressedOps.map((definition) => Evaluate.attach(definition, (operation) => [decompressed(operation)])),
    Evaluate.attach(call, evaluateCall),
  ],
});
