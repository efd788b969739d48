/** Compressed weights: the pass, and the functions that it is made of. */
export { defaultTolerance, type Scheme, schemes } from "./candidates.ts";
export { compressWeights, missedSize } from "./compress-weights.ts";
export { buildPalette, paletteTable } from "./palette.ts";
export { prune } from "./prune.ts";
export { quantizeBlocks, quantizeSymmetric, quantizeWithZeroPoints } from "./quantize.ts";
export { foldingReason, streamingRules } from "./streaming.ts";
export { type WeightError, type Weights, weightError } from "./weights.ts";
