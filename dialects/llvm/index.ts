/** The llvm dialect's value: LLVM IR as MLIR spells it. */
import { dialect } from "../../ir/context.ts";
import { llvmArithmetic } from "./arithmetic.ts";
import { llvmControl } from "./control.ts";
import { llvmInterfaces } from "./interfaces.ts";
import { llvmIntrinsics } from "./intrinsics.ts";
import { llvmMemory } from "./memory.ts";
import { llvmTypes } from "./types.ts";

export * from "./arithmetic.ts";
export * from "./build.ts";
export * from "./control.ts";
export * from "./flags.ts";
export * from "./intrinsics.ts";
export * from "./memory.ts";
export * from "./types.ts";

export const llvmOps = [...llvmControl, ...llvmArithmetic, ...llvmMemory, ...llvmIntrinsics];
export const llvm = dialect("llvm", {
  doc: "LLVM IR, as MLIR spells it.",
  ops: llvmOps,
  attach: llvmInterfaces,
  types: llvmTypes,
});
