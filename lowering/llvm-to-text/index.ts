/** LLVM IR text from the llvm dialect. */
export {
  defaultFunctionAttributes,
  type ExternalConstant,
  type LlvmText,
  type LlvmTextOptions,
  llvmIrText,
} from "./llvm-ir-text.ts";
