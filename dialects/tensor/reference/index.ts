/**
 * Reference semantics of the tensor dialect: pure functions on plain data, with the shape inference of each operation
 * beside it. Written to be obviously correct rather than fast; op declarations call them as evaluators, so constant folding
 * and every differential test compare against them.
 */

export * from "./broadcast.ts";
export * from "./convolution.ts";
export * from "./elementwise.ts";
export * from "./gather-scatter.ts";
export * from "./generate.ts";
export * from "./matmul.ts";
export * from "./movement.ts";
export * from "./normalization.ts";
export * from "./pooling.ts";
export * from "./quantization.ts";
export * from "./reduce.ts";
export * from "./resize.ts";
export * from "./shape-error.ts";
export * from "./values.ts";
