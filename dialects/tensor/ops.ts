/**
 * The compute ops of the tensor dialect, by theme: what a network computes, on values of static shape, with the names and
 * semantics of ONNX and MIL. Each has its shape inference and its reference evaluator. The upstream ops of the same
 * dialect, which linalg needs, are in `upstream/ops.ts`.
 */
import { activationOps } from "./activation.ts";
import { convolutionOps } from "./convolution.ts";
import { elementwiseOps } from "./elementwise.ts";
import { indexingOps } from "./indexing.ts";
import { linearOps } from "./linear.ts";
import { movementOps } from "./movement.ts";
import { normalizationOps } from "./normalization.ts";
import { poolingOps } from "./pooling.ts";
import { quantizationOps } from "./quantization.ts";
import { reductionOps } from "./reduction.ts";
import { resizeOps } from "./resize.ts";

export * from "./activation.ts";
export * from "./convolution.ts";
export * from "./elementwise.ts";
export * from "./indexing.ts";
export * from "./linear.ts";
export * from "./movement.ts";
export * from "./normalization.ts";
export * from "./pooling.ts";
export * from "./quantization.ts";
export * from "./reduction.ts";
export * from "./resize.ts";

/** All of them. */
export const computeOps = [
  ...elementwiseOps,
  ...activationOps,
  ...reductionOps,
  ...convolutionOps,
  ...poolingOps,
  ...linearOps,
  ...normalizationOps,
  ...movementOps,
  ...indexingOps,
  ...resizeOps,
  ...quantizationOps,
];
