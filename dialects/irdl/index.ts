/** The irdl dialect's value, and dialects made of declarations in it. */
import { dialect } from "../../ir/context.ts";
import { irdlOps } from "./ops.ts";
import { irdlAttributes, irdlTypes } from "./types.ts";

export { loadIrdl } from "./load.ts";
export * from "./ops.ts";
export * from "./types.ts";
export const irdl = dialect("irdl", {
  doc: "Dialects declared in IR and loaded at run time.",
  ops: irdlOps,
  types: irdlTypes,
  attributes: irdlAttributes,
});
