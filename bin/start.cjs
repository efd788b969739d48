/**
 * What the launcher runs under Bun: the bundled command where it is current, else the command from its sources. Somebody who
 * changes a source file must never run an older one.
 */
const { existsSync, readFileSync, statSync } = require("node:fs");
const { join } = require("node:path");

const root = join(__dirname, "..");

/** Whether `dist/` was made from the sources as they are. In an installed package (no `.git`) they do not change. */
function isCurrent() {
  const list = join(root, "dist", "sources.json");
  if (!existsSync(list)) return false;
  if (!existsSync(join(root, ".git"))) return true;
  try {
    const sources = JSON.parse(readFileSync(list, "utf8"));
    for (const file in sources) if (statSync(join(root, file)).mtimeMs !== sources[file]) return false;
    return true;
  } catch {
    return false;
  }
}

const [, , command, ...rest] = process.argv;
if (!isCurrent()) import("../tools/anemone.ts");
else if (command === "opt" && !rest.some((each) => each.startsWith("--load"))) require("../dist/opt.cjs");
else require("../dist/command.cjs");
