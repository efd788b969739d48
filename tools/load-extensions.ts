/**
 * Loads a user's own dialects and passes for every command that takes `--load`: from a TypeScript file that exports them, or
 * from IR that declares dialects (`irdl.dialect`).
 */
import { existsSync } from "node:fs";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Dialect } from "../ir/context.ts";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import type { AnyPass } from "../passes/pass.ts";

export interface Extensions {
  readonly dialects: readonly Dialect[];
  readonly passes: readonly AnyPass[];
}

/** The dialects and passes that a user's file exports, under `dialects` / `passes`, or the dialects that its IR declares. */
export async function loadExtensions(path: string): Promise<Extensions> {
  if (extname(path) === ".mlir") return { dialects: await loadDeclaredDialects(path), passes: [] };
  (await import("./package-modules.ts")).providePackageModules();
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

/** The dialects that a file of IR declares. */
export async function loadDeclaredDialects(path: string): Promise<readonly Dialect[]> {
  if (!existsSync(path)) throw new DiagnosticError("there is no such file", { file: path });
  const [{ upstreamDialects }, { loadIrdl }, { Context }, { readIr }, { verify }] = await Promise.all([
    import("../dialects/index.ts"),
    import("../dialects/irdl/index.ts"),
    import("../ir/context.ts"),
    import("../ir/sidecar.ts"),
    import("../ir/verifier.ts"),
  ]);
  const context = new Context(upstreamDialects);
  const module = readIr(path, context);
  verify(module, context);
  const dialects = loadIrdl(module);
  if (dialects.length === 0) throw new DiagnosticError("declares no dialect: it needs an irdl.dialect", { file: path });
  return dialects;
}
