/** The func dialect's value. */
import { dialect } from "../../ir/context.ts";
import { funcInterfaces } from "./interfaces.ts";
import { funcOps } from "./ops.ts";

export * from "./build.ts";
export * from "./ops.ts";
export const func = dialect("func", { doc: "Functions, calls and returns.", ops: funcOps, attach: funcInterfaces });
