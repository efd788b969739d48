/** Transformations of structured operations on tensors. */
export { linalgCollapseDimensions } from "./linalg-collapse-dimensions.ts";
export { linalgFuseElementwise } from "./linalg-fuse-elementwise.ts";
export { linalgTransposeOperands } from "./linalg-transpose-operands.ts";
export { type StructuredOperation, structured } from "./structured.ts";
