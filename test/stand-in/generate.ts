/**
 * Stand-in libraries: shared libraries with the symbols of a system's framework, built for a test by the system's C compiler.
 * The entry points are made of the same signature table as the bindings: they check every argument (its order by the kinds of
 * handles, null pointers, lifetimes), count calls and fail on request. What a function does behind that is written in C as
 * `body_NAME`; without one, creators create, releases release, and everything else succeeds.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  cDeclaration,
  type ForeignFunction,
  type ForeignParameter,
  type ForeignTable,
} from "../../runtime/ffi/foreign-table.ts";

export interface StandInParts {
  /** For the file's name. */
  readonly name: string;
  readonly table: ForeignTable;
  /** All kinds of handles in the table. */
  readonly kinds: readonly string[];
  /** C source with the bodies, beside this file. */
  readonly bodies: string;
}

const beside = (file: string) => readFileSync(join(import.meta.dirname, file), "utf8");

/** The whole C source. */
export function standInSource({ table, kinds, bodies }: StandInParts): string {
  const text = beside(bodies);
  const implemented = new Set([...text.matchAll(/\bbody_(\w+)\(/g)].map(([, name]) => name ?? ""));
  const unknown = [...implemented].filter((name) => !Object.hasOwn(table, name));
  if (unknown.length > 0) throw new Error(`${bodies} implements what is in no table: ${unknown.join(", ")}`);
  return [
    "/* Made from a signature table; see generate.ts. */",
    ...kinds.map((kind, position) => `#define KIND_${kind} ${position}`),
    `static const char *const kind_names[] = {${kinds.map((kind) => `"${kind}"`).join(", ")}};`,
    beside("objects.h"),
    text,
    ...Object.entries(table).map(([name, row]) => entryPoint(name, row, implemented.has(name))),
  ].join("\n");
}

function entryPoint(name: string, row: ForeignFunction, hasBody: boolean): string {
  const failure = row.returns === "status" ? "return 1" : "return 0";
  const checks = row.parameters.flatMap((parameter) => check(name, parameter));
  const lines =
    row.returns === "status"
      ? [`  int32_t fault = enter("${name}");`]
      : row.returns === "void"
        ? [`  enter("${name}");`]
        : // Calls without a status cannot fail, and are not counted among those that can.
          [];
  if (checks.length > 0) lines.push(`  if (!(${checks.join(" & ")})) ${failure};`);
  if (row.returns === "status") lines.push("  if (fault != 0) return fault;");
  lines.push(...(hasBody ? [callOfBody(name, row)] : defaultBody(name, row)));
  return `EXPORT ${cDeclaration(name, row)} {\n${lines.join("\n")}\n}\n`;
}

const callOfBody = (name: string, { parameters, returns }: ForeignFunction) =>
  `  ${returns === "void" ? "" : "return "}body_${name}(${parameters.map((parameter) => parameter.name).join(", ")});`;

function check(name: string, { name: argument, type, kind, nullable = false }: ForeignParameter): string[] {
  switch (type) {
    case "handle":
      return [`check_handle("${name}", "${argument}", ${argument}, KIND_${kind}, ${nullable})`];
    case "handle-slot":
      return [`check_slot("${name}", "${argument}", ${argument}, KIND_${kind})`];
    case "bool":
      return [`check_bool("${name}", "${argument}", ${argument})`];
    case "i32":
    case "u32":
    case "i64":
    case "u64":
      return [];
    default:
      return [`check_pointer("${name}", "${argument}", ${argument}, ${nullable})`];
  }
}

function defaultBody(name: string, { parameters, returns }: ForeignFunction): string[] {
  const lines = parameters.flatMap(({ name: argument, type, kind }) => {
    if (type === "out-handle") return [`  *${argument} = make(KIND_${kind}, "${name}", 0);`];
    if (type === "handle-slot") return [`  destroy(*${argument});`, `  *${argument} = NULL;`];
    return type === "bool" || type.endsWith("32") || type.endsWith("64") || type.startsWith("out-")
      ? []
      : [`  (void)${argument};`];
  });
  return returns === "void" ? lines : [...lines, "  return 0;"];
}

/** A library that was built, or why none can be. */
export type StandIn = { readonly path: string } | { readonly path: undefined; readonly reason: string };

/** Builds a stand-in with `cc`, once per source text. */
export function buildStandIn(parts: StandInParts): StandIn {
  return buildLibrary(parts.name, standInSource(parts));
}

/** Builds a shared library of C source, once per text. */
export function buildLibrary(name: string, source: string): StandIn {
  const hash = createHash("sha256").update(source).digest("hex").slice(0, 16);
  const folder = join(tmpdir(), `anemone-stand-in-${process.getuid?.() ?? "user"}`);
  const path = join(folder, `${name}-${hash}.${process.platform === "darwin" ? "dylib" : "so"}`);
  if (existsSync(path)) return { path };
  mkdirSync(folder, { recursive: true });
  const temporary = join(folder, `${name}-${process.pid}`);
  writeFileSync(`${temporary}.c`, source);
  try {
    const flags = ["-std=c11", "-D_GNU_SOURCE", "-O1", "-shared", "-fPIC", "-fvisibility=hidden", "-Wall", "-Werror"];
    execFileSync("cc", [...flags, "-o", `${temporary}.out`, `${temporary}.c`], { stdio: "pipe" });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return { path: undefined, reason: "there is no C compiler 'cc'" };
    }
    throw error;
  }
  renameSync(`${temporary}.out`, path);
  return { path };
}
