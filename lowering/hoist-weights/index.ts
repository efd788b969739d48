/** Weights that are computed once. */
export { hoistWeights } from "./hoist-weights.ts";
