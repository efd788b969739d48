/** The tensor dialect's value: what a network computes, on immutable values of static shape. */
import { dialect } from "../../ir/context.ts";
import { dimInterfaces } from "../upstream/dim-interfaces.ts";
import { tensorCanonicalization } from "./canonicalize.ts";
import { computeOps } from "./ops.ts";
import { upstreamTensorCanonicalization } from "./upstream/canonicalize.ts";
import { upstreamEvaluators } from "./upstream/evaluate.ts";
import { dim, upstreamTensorOps } from "./upstream/ops.ts";

export * from "./canonicalize.ts";
export * from "./ops.ts";
export * from "./upstream/build.ts";
export * from "./upstream/ops.ts";

export const tensor = dialect("tensor", {
  doc: "Computations of neural networks on immutable tensors of static shape, beside the upstream ops that linalg needs.",
  ops: [...computeOps, ...upstreamTensorOps],
  canonicalization: [...tensorCanonicalization, ...upstreamTensorCanonicalization],
  attach: [...upstreamEvaluators, ...dimInterfaces(dim)],
});
