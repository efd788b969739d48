/**
 * Loads a user's own dialects and passes for every command that takes `--load`: from a TypeScript file that exports them, or
 * from IR that declares dialects (`irdl.dialect`).
 */
import { existsSync } from "node:fs";
import { extname, resolve } from "node:path";
import type { Dialect } from "../ir/context.ts";
import { DiagnosticError, messageOf, type SourcePlace } from "../ir/diagnostic-error.ts";
import type { AnyPass } from "../passes/pass.ts";

export interface Extensions {
  readonly dialects: readonly Dialect[];
  readonly passes: readonly AnyPass[];
}

/** The dialects and passes that a user's file exports, under `dialects` / `passes`, or the dialects that its IR declares. */
export async function loadExtensions(path: string): Promise<Extensions> {
  if (extname(path) === ".mlir") {
    const declared = { dialects: await loadDeclaredDialects(path), passes: [] };
    await checkNames(declared, path);
    return declared;
  }
  if (!existsSync(path)) throw new DiagnosticError("there is no such file", { file: path });
  (await import("./package-modules.ts")).providePackageModules();
  // An exception may be thrown deep inside of what a user's pass calls; its own frames are what is shown.
  Error.stackTraceLimit = 100;
  let exported: { readonly dialects?: unknown; readonly passes?: unknown };
  try {
    exported = await import(Bun.pathToFileURL(resolve(path)).href);
  } catch (error) {
    throw new DiagnosticError(`cannot load: ${messageOf(error)}`, placeIn(error, path));
  }
  const extensions = checked(exported, path);
  await checkNames(extensions, path);
  return extensions;
}

/** What several files export. Two of them cannot call different dialects or passes the same. */
export async function loadAllExtensions(given: readonly string[]): Promise<Extensions> {
  const paths = [...new Set(given)];
  const loaded = await Promise.all(paths.map(loadExtensions));
  const owners = new Map<string, { readonly what: Dialect | AnyPass; readonly path: string }>();
  for (const [position, { dialects, passes }] of loaded.entries()) {
    const path = paths[position]!;
    const entries = [
      ...dialects.map((what) => ({ kind: "dialect", what })),
      ...passes.map((what) => ({ kind: "pass", what })),
    ];
    for (const { kind, what } of entries) {
      const key = `${kind} ${what.name}`;
      const known = owners.get(key);
      if (known === undefined) owners.set(key, { what, path });
      else if (known.what !== what)
        throw new DiagnosticError(
          `has a ${kind} called '${what.name}', and so has ${known.path}: give one of them another name, or load one file only`,
          { file: path },
        );
    }
  }
  return {
    dialects: [...new Set(loaded.flatMap((each) => each.dialects))],
    passes: [...new Set(loaded.flatMap((each) => each.passes))],
  };
}

/** Where a mistake of syntax is: Bun's messages say so. */
function placeIn(error: unknown, path: string): SourcePlace {
  const position = typeof error === "object" && error !== null && "position" in error ? error.position : undefined;
  const { line, column } = { line: undefined, column: undefined, ...(position ?? {}) };
  return typeof line === "number" && typeof column === "number" ? { file: path, line, column } : { file: path };
}

const isDialect = (value: unknown): value is Dialect =>
  typeof value === "object" &&
  value !== null &&
  "ops" in value &&
  Array.isArray(value.ops) &&
  "canonicalization" in value;
const isPass = (value: unknown): value is AnyPass =>
  typeof value === "object" && value !== null && "run" in value && typeof value.run === "function" && "anchor" in value;

/** What a file exports, if it is what it should be. */
function checked(exported: { readonly dialects?: unknown; readonly passes?: unknown }, path: string): Extensions {
  const { dialects = [], passes = [] } = exported;
  if (!Array.isArray(dialects) || !dialects.every(isDialect))
    throw new DiagnosticError("exports `dialects` that are not a list of dialects: make each with dialect(…)", {
      file: path,
    });
  if (!Array.isArray(passes) || !passes.every(isPass))
    throw new DiagnosticError("exports `passes` that are not a list of passes: make each with pass(…)", { file: path });
  if (dialects.length === 0 && passes.length === 0) {
    throw new DiagnosticError("exports neither `dialects` nor `passes`: export an array of one of them", {
      file: path,
    });
  }
  return { dialects, passes };
}

/** Names that are taken would hide one of the two, and a wrong format would show up at the first use only. */
async function checkNames({ dialects, passes }: Extensions, path: string): Promise<void> {
  const { allDialects, allPasses } = await import("../compiler/registry.ts");
  const { infoOf } = await import("../ir/assembly/definition-info.ts");
  for (const each of dialects) {
    if (allDialects.some((known) => known.name === each.name && known !== each))
      throw new DiagnosticError(`exports a dialect called '${each.name}', which exists already: give it another name`, {
        file: path,
      });
    for (const definition of each.ops) {
      try {
        infoOf(definition);
      } catch (error) {
        throw new DiagnosticError(messageOf(error), { file: path });
      }
    }
  }
  for (const each of passes) {
    if (allPasses.some((known) => known.name === each.name && known !== each))
      throw new DiagnosticError(`exports a pass called '${each.name}', which exists already: give it another name`, {
        file: path,
      });
  }
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
