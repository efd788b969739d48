/** Before/after files: what the suite makes of them is itself tested, by vitest in a process of its own. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const folder = join(root, "out", "text-files");
beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "vitest.config.ts"), 'export default { test: { include: ["*.test.ts"] } };\n');
  const entry = JSON.stringify(join(root, "test/testing/index.ts"));
  writeFileSync(
    join(folder, "suite.test.ts"),
    `import { textFiles } from ${entry};\ntextFiles(import.meta.dirname);\n`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the suite on these files, by name; returns them as they are afterwards. */
function run(files: Readonly<Record<string, string>>, env: Record<string, string> = {}) {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--bun", vitest, "run", "--root", folder], {
    cwd: folder,
    encoding: "utf8",
    timeout: 100_000,
    env: { ...process.env, ...env },
  });
  const texts = Object.fromEntries(Object.keys(files).map((name) => [name, readFileSync(join(folder, name), "utf8")]));
  return { status, texts, printed: stdout + stderr };
}

const before = `// RUN: canonicalize
func.func private @f(i32)
`;
const after = "// AFTER\nmodule {\n  func.func private @f(i32)\n}\n";

test("UPDATE=1 adds no case behind a last `// -----`", () => {
  const files = { "plain.mlir": before, "ended.mlir": `${before}// -----\n`, "cut.mlir": `${before}// -----` };
  const updated = run(files, { UPDATE: "1" });
  expect(updated.status, updated.printed).toBe(0);
  const ended = `${before}${after}// -----\n`;
  expect(updated.texts).toEqual({ "plain.mlir": before + after, "ended.mlir": ended, "cut.mlir": ended });
  expect(run(updated.texts).printed).toMatch(/Tests +3 passed/);
});

test("a misspelt expectation fails instead of being ignored", () => {
  const { status, printed } = run({ "plain.mlir": `${before}// expected-eror@+1 {{x}}\n${after}` });
  expect(printed).toContain("'expected-eror' is no diagnostic to expect; did you mean expected-error?");
  expect(status).toBe(1);
});
