/** The builtin dialect's value. */
import { dialect } from "../../ir/context.ts";
import { builtinOps } from "./ops.ts";

export * from "./ops.ts";
export const builtin = dialect("builtin", { doc: "Modules and what every other dialect relies on.", ops: builtinOps });
