/** The mil dialect's value: Apple's model intermediate language, one op per MIL op, with MIL's names for inputs and types. */
import { dialect } from "../../ir/context.ts";
import { constant } from "./constant.ts";
import { computeOps } from "./ops/compute.ts";
import { elementwiseOps } from "./ops/elementwise.ts";
import { movementOps } from "./ops/movement.ts";
import { windowOps } from "./ops/windows.ts";
import { programOps } from "./program.ts";
import { milTypes } from "./types.ts";

export * from "./build.ts";
export { type ConstantOperation, constant, constantOfParameter, constantValue, parameterOf } from "./constant.ts";
export { Meaning, type MilSignature, meaningOfBlock, Signature, signatureOf } from "./meaning.ts";
export * from "./ops/compute.ts";
export * from "./ops/elementwise.ts";
export * from "./ops/movement.ts";
export * from "./ops/windows.ts";
export * from "./opsets.ts";
export * from "./program.ts";
export * from "./types.ts";

/** The ops of which functions consist, beside constants. */
export const milComputeOps = [...elementwiseOps, ...computeOps, ...movementOps, ...windowOps];

export const mil = dialect("mil", {
  doc: "Apple's model intermediate language (MIL): one op per MIL op, serialised as text with a weight file.",
  types: milTypes,
  ops: [constant, ...programOps, ...milComputeOps],
});
