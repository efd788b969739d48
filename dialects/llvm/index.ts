/** The llvm dialect's value: LLVM IR as MLIR spells it. */
import { dialect } from "../../ir/context.ts";
import { index } from "../../ir/types.ts";
import { typeOfAttribute } from "../arith/ops.ts";
import { llvmArithmetic } from "./arithmetic.ts";
import { llvmAtomics } from "./atomics.ts";
import { llvmControl } from "./control.ts";
import { llvmInterfaces } from "./interfaces.ts";
import { llvmIntrinsics } from "./intrinsics.ts";
import { machineIntrinsics } from "./machine-intrinsics.ts";
import { constant, llvmMemory } from "./memory.ts";
import { llvmModuleOps } from "./module-ops.ts";
import { predicatedIntrinsics } from "./predicated-intrinsics.ts";
import { llvmTypes } from "./types.ts";

export * from "./arithmetic.ts";
export * from "./atomics.ts";
export * from "./build.ts";
export * from "./control.ts";
export * from "./flags.ts";
export * from "./intrinsics.ts";
export * from "./memory.ts";
export * from "./module-ops.ts";
export * from "./types.ts";

export const llvmOps = [
  ...llvmControl,
  ...llvmModuleOps,
  ...llvmArithmetic,
  ...llvmMemory,
  ...llvmAtomics,
  ...llvmIntrinsics,
  ...machineIntrinsics,
  ...predicatedIntrinsics,
];
export const llvm = dialect("llvm", {
  doc: "LLVM IR, as MLIR spells it.",
  ops: llvmOps,
  attach: llvmInterfaces,
  // Passes that run on llvm functions stay in the dialect.
  materializeConstant: (value, type, location) =>
    typeOfAttribute(value) === type && type !== index ? constant.build({ value, res: type }, location) : undefined,
  types: llvmTypes,
});
