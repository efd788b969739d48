/** The math dialect's value. */
import { dialect } from "../../ir/context.ts";
import { mathEvaluators } from "./evaluate.ts";
import { mathOps } from "./ops.ts";

export * from "./ops.ts";
export const math = dialect("math", { doc: "Elementary functions.", ops: mathOps, attach: mathEvaluators });
