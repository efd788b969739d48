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

function run(text: string, env: Record<string, string> = {}) {
  const path = join(folder, "case.mlir");
  writeFileSync(path, text);
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--bun", vitest, "run", "--root", folder], {
    cwd: folder,
    encoding: "utf8",
    timeout: 100_000,
    env: { ...process.env, NO_COLOR: "1", ...env },
  });
  return { status, text: readFileSync(path, "utf8"), printed: stdout + stderr };
}

const before = `// RUN: canonicalize
func.func private @f(i32)
`;
const after = "// AFTER\nmodule {\n  func.func private @f(i32)\n}\n";

test.each(["", "// -----\n", "// -----"])("UPDATE=1 on a file that ends in %j adds no case", (end) => {
  const updated = run(before + end, { UPDATE: "1" });
  expect(updated.status, updated.printed).toBe(0);
  expect(updated.text).toBe(before + after + (end === "" ? "" : "// -----\n"));
  expect(run(updated.text).printed).toMatch(/Tests +1 passed/);
});

test("a misspelt expectation fails instead of being ignored", () => {
  const { status, printed } = run(`${before}// expected-eror@+1 {{x}}\n${after}`);
  expect(printed).toContain("'expected-eror' is no diagnostic to expect; did you mean expected-error?");
  expect(status).toBe(1);
});
