/** The memref dialect's value. */
import { dialect } from "../../ir/context.ts";
import { memrefCanonicalization } from "./canonicalize.ts";
import { memrefInterfaces } from "./interfaces.ts";
import { memrefOps } from "./ops.ts";

export * from "./build.ts";
export * from "./ops.ts";
export * from "./types.ts";
export const memref = dialect("memref", {
  doc: "Buffers in memory and views of them.",
  ops: memrefOps,
  attach: memrefInterfaces,
  canonicalization: memrefCanonicalization,
});
