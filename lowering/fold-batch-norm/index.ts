/** Per-channel constants into weights. */
export { batchNormPatterns, foldBatchNorm, isConstantExpression } from "./fold-batch-norm.ts";
