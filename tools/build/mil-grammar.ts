/**
 * Makes the parser of MIL text from its grammar, `dialects/mil/text/Mil.g4`, into `generated/` beside it, or into the folder
 * that an argument names. What is made is committed: reading MIL text needs only ANTLR's run time.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = join(import.meta.dirname, "../..");
const text = join(root, "dialects/mil/text");
const output = resolve(process.argv[2] ?? join(text, "generated"));

const made = mkdtempSync(join(tmpdir(), "anemone-mil-grammar-"));
try {
  const generator = join(root, "node_modules/antlr-ng/dist/cli/runner.js");
  const options = ["-Dlanguage=TypeScript", "-l", "false", "-v", "false", "--exact-output-dir", "-o", made];
  const { status, stdout, stderr } = spawnSync(process.execPath, [generator, ...options, join(text, "Mil.g4")], {
    encoding: "utf8",
  });
  if (status !== 0 || /error|warning/i.test(`${stdout}${stderr}`)) {
    console.error(`the grammar does not compile:\n${stdout}${stderr}`);
    process.exitCode = 1;
  } else {
    mkdirSync(output, { recursive: true });
    for (const file of readdirSync(made).filter((name) => name.endsWith(".ts")))
      writeFileSync(join(output, file), readFileSync(join(made, file)));
  }
} finally {
  rmSync(made, { recursive: true, force: true });
}
