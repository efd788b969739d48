#!/usr/bin/env node
// Starts the `anemone` command under the Bun that this package depends on: the compiler needs Bun's foreign
// function interface, while npm starts commands with Node.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
let bun = "";
try {
  bun = join(dirname(require.resolve("bun/package.json")), "bin", "bun.exe");
} catch {
  console.error("anemone: the packages it depends on are not installed: run `npm ci` first");
  process.exit(1);
}
const main = join(dirname(fileURLToPath(import.meta.url)), "..", "tools", "anemone.ts");
const child = spawnSync(bun, [main, ...process.argv.slice(2)], { stdio: "inherit" });
if (child.error) {
  console.error(
    `anemone: cannot start Bun at ${bun}: ${child.error.message}. Run \`npm ci\` again with install scripts allowed.`,
  );
  process.exit(1);
}
process.exit(child.status ?? 1);
