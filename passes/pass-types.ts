/** Types that passes share with the tools that run them. */
export type { Context } from "../ir/context.ts";

import type { DiagnosticError } from "../ir/diagnostic-error.ts";

/** Receives diagnostics that are not errors of the pipeline itself. */
export interface DiagnosticEngineLike {
  readonly emit: (severity: "remark" | "warning" | "error", diagnostic: DiagnosticError) => void;
}
