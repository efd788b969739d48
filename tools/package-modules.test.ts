/** Users' files get the modules of the running command, all of them. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { packageModules } from "./package-modules.ts";

const root = join(import.meta.dirname, "..");

/** The names under which the package's `exports` can be imported. */
function exportedNames(): string[] {
  return Object.entries(packageJson.exports).flatMap(([name, file]) => {
    const specifier = name.replace(".", "anemone");
    if (!name.endsWith("/*")) return [specifier];
    const [folder = "", rest = ""] = file.split("*");
    return readdirSync(join(root, folder))
      .filter((each) => existsSync(join(root, folder, each + rest)))
      .map((each) => specifier.replace("*", each));
  });
}

test("every module that the package exports is provided", () => {
  const names = exportedNames().filter((name) => name !== "anemone/testing");
  expect(Object.keys(packageModules).sort()).toEqual(names.sort());
});
