/** The scf dialect's value. */
import { dialect } from "../../ir/context.ts";
import { scfCanonicalization } from "./canonicalize.ts";
import { scfInterfaces } from "./interfaces.ts";
import { scfOps } from "./ops.ts";

export * from "./build.ts";
export * from "./ops.ts";
export const scf = dialect("scf", {
  doc: "Structured control flow: loops and conditions.",
  ops: scfOps,
  attach: scfInterfaces,
  canonicalization: scfCanonicalization,
});
