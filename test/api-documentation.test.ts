/**
 * The programs in docs/api.md and docs/dataflow.md are type checked, run as they stand, and print what the page shows (`UPDATE=1` writes
 * it); the methods that the tables name are there.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AttributeMap } from "../ir/attribute-map.ts";
import { Builder } from "../ir/builder.ts";
import { Block, Operation, Region, Value } from "../ir/operation.ts";
import { Rewriter } from "../ir/rewrite/rewriter.ts";
import { SymbolTable } from "../ir/symbol-table.ts";
import { type CodeBlock, codeBlocks } from "./testing/documentation.ts";

const root = resolve(import.meta.dirname, "..");
const pages = ["api.md", "dataflow.md"].map((name) => join(root, "docs", name));
// Inside the project, where the package's own name leads to it; not among its sources.
const folder = join(root, "out", "api-documentation");
const bun = join(root, "node_modules", "bun", "bin", "bun.exe");
const blocksOf = (page: string) => codeBlocks(readFileSync(page, "utf8"));
const update = process.env["UPDATE"] === "1";

interface Program {
  readonly title: string;
  readonly page: string;
  readonly code: CodeBlock;
  readonly output: CodeBlock;
  readonly file: string;
}

const programs = pages.flatMap((page) => {
  const blocks = blocksOf(page);
  return blocks.flatMap((code, position): Program[] => {
    const output = blocks[position + 1];
    if (code.language !== "ts" || output?.language !== "text") return [];
    const title = `${basename(page)} line ${code.line}`;
    return [{ title, page, code, output, file: join(folder, `${basename(page, ".md")}-${code.line}.ts`) }];
  });
});

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { code, file } of programs) writeFileSync(file, `${code.text}\nexport {};\n`);
  const configuration = { extends: "../../tsconfig.json", include: ["*.ts"], exclude: [] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(configuration));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("every program is followed by its output, or is an example's file", () => {
  expect(programs.length).toBeGreaterThan(10);
  for (const page of pages) {
    const shown = new Set(programs.map(({ code }) => code.text));
    const others = blocksOf(page).filter(({ language, text }) => language === "ts" && !shown.has(text));
    const wanted =
      basename(page) === "dataflow.md" ? [readFileSync(join(root, "examples/dataflow/signs.ts"), "utf8")] : [];
    expect(others.map(({ text }) => `${text}\n`)).toEqual(wanted);
  }
});

test("the methods of the tables are those of the classes", () => {
  const classes = {
    operation: Operation,
    block: Block,
    region: Region,
    value: Value,
    table: SymbolTable,
    builder: Builder,
    rewriter: Rewriter,
  };
  const text = readFileSync(join(root, "docs", "api.md"), "utf8");
  const section = text.slice(text.indexOf("## What to call for what"), text.indexOf("## Rewriting"));
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  const calls = rows.flatMap((row) => [...row.matchAll(/\b([a-z]+)\.(\w+)(?:\.(\w+))?\(/g)]);
  const named = Object.entries(classes).map(([variable, type]) => ({
    variable,
    missing: calls.flatMap(([call, owner, name = "", inner]) => {
      if (owner !== variable) return [];
      if (!(name in type.prototype)) return [call];
      return inner === undefined || inner in AttributeMap.prototype ? [] : [call];
    }),
    count: calls.filter(([, owner]) => owner === variable).length,
  }));
  for (const { variable, missing, count } of named) {
    expect(missing, variable).toEqual([]);
    expect(count, variable).toBeGreaterThan(0);
  }
  // What a table of symbols, a builder and a rewriter can do is all there.
  for (const variable of ["table", "builder", "rewriter"] as const) {
    const own = Object.entries(Object.getOwnPropertyDescriptors(classes[variable].prototype));
    const methods = own.flatMap(([name, { value }]) => (typeof value === "function" ? [name] : []));
    const hooks = ["constructor", "inserted"];
    for (const name of methods) if (!hooks.includes(name)) expect(section, variable).toContain(`${variable}.${name}(`);
  }
});

test("the programs are type checked", () => {
  const run = spawnSync(join(root, "node_modules", ".bin", "tsc"), ["--noEmit", "-p", folder], { encoding: "utf8" });
  expect(run.stdout).toBe("");
  expect(run.status).toBe(0);
});

test.each(programs)("$title prints what the page shows", ({ file, output, code, page }) => {
  const run = spawnSync(bun, [file], { cwd: root, encoding: "utf8" });
  expect(run.stderr).toBe("");
  const printed = run.stdout.trimEnd();
  if (update) {
    const text = readFileSync(page, "utf8");
    const from = text.indexOf("```text\n", text.indexOf(code.text)) + "```text\n".length;
    writeFileSync(page, `${text.slice(0, from)}${printed}${text.slice(text.indexOf("\n```", from - 1))}`);
  } else expect(printed).toBe(output.text.trimEnd());
});
