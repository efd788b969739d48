/** The mil dialect's value: Apple's model intermediate language, one op per MIL op, with MIL's names for inputs and types. */
import { dialect } from "../../ir/context.ts";
import { constant } from "./constant.ts";
import { computeOps } from "./ops/compute.ts";
import { constexprOps } from "./ops/constexpr.ts";
import { controlOps } from "./ops/control.ts";
import { elementwiseOps } from "./ops/elementwise.ts";
import { indexingOps } from "./ops/indexing.ts";
import { movementOps } from "./ops/movement.ts";
import { quantizationOps } from "./ops/quantization.ts";
import { recurrentOps } from "./ops/recurrent.ts";
import { resamplingOps } from "./ops/resampling.ts";
import { shapeOps } from "./ops/shapes.ts";
import { windowOps } from "./ops/windows.ts";
import { programOps } from "./program.ts";
import { milTypes } from "./types.ts";

export * from "./build.ts";
export { type ConstantOperation, constant, constantOfParameter, constantValue, parameterOf } from "./constant.ts";
export { Meaning, type MilSignature, meaningOfBlock, Signature, signatureOf } from "./meaning.ts";
export * from "./ops/compute.ts";
export * from "./ops/constexpr.ts";
export * from "./ops/control.ts";
export * from "./ops/elementwise.ts";
export * from "./ops/indexing.ts";
export * from "./ops/movement.ts";
export * from "./ops/quantization.ts";
export * from "./ops/recurrent.ts";
export * from "./ops/resampling.ts";
export * from "./ops/shapes.ts";
export * from "./ops/windows.ts";
export * from "./opsets.ts";
export * from "./program.ts";
export * from "./types.ts";

/** The ops of which functions consist, beside constants. */
export const milComputeOps = [
  ...[...elementwiseOps, ...computeOps, ...movementOps, ...windowOps, ...shapeOps, ...indexingOps, ...resamplingOps],
  ...[...quantizationOps, ...recurrentOps, ...constexprOps, ...controlOps],
];

export const mil = dialect("mil", {
  doc: "Apple's model intermediate language (MIL): one op per MIL op, serialised as text with a weight file.",
  types: milTypes,
  ops: [constant, ...programOps, ...milComputeOps],
});
