/** The arith dialect's value. */
import { dialect } from "../../ir/context.ts";
import { arithOps } from "./ops.ts";

export * from "./build.ts";
export * from "./flags.ts";
export * from "./ops.ts";
export const arith = dialect("arith", { doc: "Constants, arithmetic, comparisons and casts.", ops: arithOps });
