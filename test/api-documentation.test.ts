/** The programs in docs/api.md are type checked, run as they stand, and print what the page shows. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CodeBlock, codeBlocks } from "./testing/documentation.ts";

const root = resolve(import.meta.dirname, "..");
const page = join(root, "docs", "api.md");
// Inside the project, where the package's own name leads to it; not among its sources.
const folder = join(root, "out", "api-documentation");
const bun = join(root, "node_modules", "bun", "bin", "bun.exe");
const blocks = codeBlocks(readFileSync(page, "utf8"));

interface Program {
  readonly code: CodeBlock;
  readonly output: CodeBlock;
  readonly file: string;
}

const programs = blocks.flatMap((code, position): Program[] => {
  const output = blocks[position + 1];
  if (code.language !== "ts" || output?.language !== "text") return [];
  return [{ code, output, file: join(folder, `line-${code.line}.ts`) }];
});

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { code, file } of programs) writeFileSync(file, `${code.text}\nexport {};\n`);
  const configuration = { extends: "../../tsconfig.json", include: ["*.ts"], exclude: [] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(configuration));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("every program is followed by its output", () => {
  expect(programs.length).toBe(blocks.filter(({ language }) => language === "ts").length);
  expect(programs.length).toBeGreaterThan(5);
});

test("the programs are type checked", () => {
  const run = spawnSync(join(root, "node_modules", ".bin", "tsc"), ["--noEmit", "-p", folder], { encoding: "utf8" });
  expect(run.stdout).toBe("");
  expect(run.status).toBe(0);
});

test.each(programs)("line $code.line prints what the page shows", ({ file, output }) => {
  const run = spawnSync(bun, [file], { cwd: root, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });
  expect(run.stderr).toBe("");
  expect(run.stdout.trimEnd()).toBe(output.text.trimEnd());
});
