/**
 * Where an exception that is no diagnostic came out of a pass. The exception itself is thrown on unchanged, so that programs
 * can catch what they know; tools ask here what to say of it. Imports nothing heavy: commands that run no pass read this file.
 */
import { DiagnosticError } from "../../ir/diagnostic-error.ts";

export interface CrashSite {
  readonly pass: string;
  /** What the pass ran on: `'func.func' operation: @main`. */
  readonly operation: string;
}

const sites = new WeakMap<object, CrashSite>();

/** Keeps where an exception came from; the innermost pass is the one that counts. */
export function noteCrash(error: unknown, site: CrashSite): void {
  if (typeof error !== "object" || error === null || error instanceof DiagnosticError || sites.has(error)) return;
  sites.set(error, site);
}

/** The pass that threw this; undefined where it came from elsewhere. */
export function crashSite(error: unknown): CrashSite | undefined {
  return typeof error === "object" && error !== null ? sites.get(error) : undefined;
}
