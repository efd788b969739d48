/** From tasks to structured ops on the host. */
export { fusedToLinalg } from "./fused-to-linalg.ts";
export { type LinalgLowering, LowerToLinalg } from "./interface.ts";
export { loweringOf, tensorLowerings } from "./lower-block.ts";
export { computeElement, isUnsigned, storageElement, storageType } from "./storage-types.ts";
