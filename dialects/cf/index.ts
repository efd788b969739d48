/** The cf dialect's value. */
import { dialect } from "../../ir/context.ts";
import { cfCanonicalization } from "./canonicalize.ts";
import { cfOps } from "./ops.ts";

export * from "./ops.ts";
export const cf = dialect("cf", { doc: "Branches between blocks.", ops: cfOps, canonicalization: cfCanonicalization });
