/** Loads a user's own dialects and passes from a TypeScript file, for every command that takes `--load`. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Dialect } from "../ir/context.ts";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import type { AnyPass } from "../passes/pass.ts";

export interface Extensions {
  readonly dialects: readonly Dialect[];
  readonly passes: readonly AnyPass[];
}

/** The dialects and passes that a user's file exports, under `dialects` / `passes`. */
export async function loadExtensions(path: string): Promise<Extensions> {
  const absolute = resolve(path);
  let exported: { readonly dialects?: readonly Dialect[]; readonly passes?: readonly AnyPass[] };
  try {
    exported = await import(pathToFileURL(absolute).href);
  } catch (error) {
    throw new DiagnosticError(`cannot load: ${error instanceof Error ? error.message : error}`, { file: path });
  }
  const { dialects = [], passes = [] } = exported;
  if (dialects.length === 0 && passes.length === 0) {
    throw new DiagnosticError("exports neither `dialects` nor `passes`: export an array of one of them", {
      file: path,
    });
  }
  return { dialects, passes };
}
