/** The cf dialect's value. */
import { dialect } from "../../ir/context.ts";
import { cfCanonicalization } from "./canonicalize.ts";
import { cfInterfaces } from "./interfaces.ts";
import { cfOps } from "./ops.ts";

export * from "./ops.ts";
export const cf = dialect("cf", {
  doc: "Branches between blocks.",
  attach: cfInterfaces,
  ops: cfOps,
  canonicalization: cfCanonicalization,
});
