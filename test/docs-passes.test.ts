/**
 * docs/passes.md does what it says: its files are written (each is named in the text above it), its commands are run in their order, and
 * print what stands below them. `…` stands for anything.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const repository = resolve(import.meta.dirname, "..");
const page = readFileSync(join(repository, "docs/passes.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "anemone-docs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, "node_modules"));
symlinkSync(repository, join(folder, "node_modules/anemone"));

mkdirSync(join(folder, "bin"));
for (const [name, program] of [
  ["bun", ""],
  ["anemone", ` "${repository}/tools/anemone.ts"`],
] as const) {
  writeFileSync(join(folder, "bin", name), `#!/bin/sh\nexec "${process.execPath}"${program} "$@"\n`, { mode: 0o755 });
}

interface Command {
  readonly line: string;
  readonly output: string;
}

const commands: Command[] = [];
for (const block of page.matchAll(/([^\n]*)\n\n?```(mlir|ts|console)\n([\s\S]*?)```/g)) {
  const [, above = "", language = "", content = ""] = block;
  if (language !== "console") {
    const before = page.slice(0, block.index) + above;
    const name = [...before.slice(-600).matchAll(/`([\w-]+\.(?:mlir|ts))`/g)].at(-1)?.[1];
    if (name === undefined) throw new Error(`no file is named above: ${content}`);
    writeFileSync(join(folder, name), content);
    continue;
  }
  for (const each of content.split(/^\$ /m).slice(1)) {
    const [line = "", ...output] = each.split("\n");
    commands.push({ line, output: output.join("\n") });
  }
}

/** Runs a line as a shell would; the package's command and Bun are found like any other. */
function run(line: string): string {
  const environment = { ...process.env, PATH: `${join(folder, "bin")}:${process.env["PATH"]}` };
  const { stdout } = spawnSync("bash", ["-c", `{ ${line}; } 2>&1`], {
    cwd: folder,
    encoding: "utf8",
    env: environment,
    timeout: 60_000,
  });
  return stdout;
}

/** The text with each `…` as a wildcard; one on a line of its own stands for any number of lines. */
function patternOf(text: string): RegExp {
  const escaped = text.trimEnd().replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const source = escaped.replaceAll(/(^|\n)…(?=\n|$)/g, "(?:$1[\\s\\S]*)?").replaceAll("…", ".*");
  return new RegExp(`^${source}$`);
}

describe("docs/passes.md", () => {
  test("has commands", () => expect(commands.length).toBeGreaterThan(15));

  for (const { line, output } of commands) {
    test(line.length > 120 ? `${line.slice(0, 120)} …` : line, () => {
      const printed = run(line).trimEnd();
      expect(patternOf(output).test(printed), `it prints:\n${printed}`).toBe(true);
    });
  }
});
