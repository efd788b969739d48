/** Types that passes share with the tools that run them: diagnostics and remarks. */
export type { Context } from "../ir/context.ts";

import type { DiagnosticError } from "../ir/diagnostic-error.ts";
import type { Operation } from "../ir/operation.ts";

export type Severity = "error" | "warning" | "remark";

/** Something to tell the user, with its place. */
export interface Diagnostic {
  readonly severity: Severity;
  /** Message, place, notes and source text. */
  readonly error: DiagnosticError;
}

/** Receives diagnostics as they are emitted. An error that ends the pipeline is given here and thrown as well. */
export type DiagnosticHandler = (diagnostic: Diagnostic) => void;

/** `passed`: an optimisation was made; `missed`: it was not, and why; `analysis`: a fact that helps people. */
export const remarkKinds = ["passed", "missed", "analysis"] as const;
export type RemarkKind = (typeof remarkKinds)[number];

/** Facts of a remark by name, for tools that read remarks. */
export type RemarkArguments = { readonly [name: string]: string | number | boolean };

/** A remark that a pass made on an operation. */
export interface Remark {
  readonly pass: string;
  readonly kind: RemarkKind;
  readonly operation: Operation;
  readonly message: string;
  /** What the remark is about: a pattern's name, or what the pass calls it; the op's name unless given. */
  readonly name: string;
  readonly arguments: RemarkArguments;
}

export interface RemarkDetails {
  readonly name?: string;
  readonly arguments?: RemarkArguments;
}

/** Makes a remark on an operation. */
export type Remarker = (operation: Operation, message: string, details?: RemarkDetails) => void;
