/** From loops to the llvm dialect. */
export { convertLoopsToLlvm, loopsToLlvm, loopsToLlvmPatterns } from "./loops-to-llvm.ts";
export { packedName } from "./packed-entries.ts";
