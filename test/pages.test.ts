/**
 * Pages of the documentation that run: their TypeScript blocks, one after the other, must print what stands in their `mlir`
 * and `text` blocks. `UPDATE=1` rewrites these.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const update = process.env["UPDATE"] === "1";

test.each(["dialect-conversion.md", "rewriting.md"])("docs/%s prints what it shows", async (name) => {
  const page = join(root, "docs", name);
  const text = readFileSync(page, "utf8");
  const blocks = [...text.matchAll(/^```(ts|mlir|text)\n([\s\S]*?)^```$/gm)];
  const code = blocks.filter((block) => block[1] === "ts").map((block) => block[2]);
  // Inside the project, so that the package finds itself by name.
  mkdirSync(join(root, "out"), { recursive: true });
  const folder = mkdtempSync(join(root, "out", "page-"));
  try {
    const file = join(folder, "page.ts");
    writeFileSync(
      file,
      [
        "export const shown: string[] = [];",
        "const show = (text: string) => shown.push(text.trimEnd());",
        ...code,
      ].join("\n"),
    );
    const { shown } = (await import(file)) as { readonly shown: readonly string[] };
    const outputs = blocks.filter((block) => block[1] !== "ts");
    expect(shown).toHaveLength(outputs.length);
    if (update) {
      let next = 0;
      const rewritten = text.replaceAll(
        /^```(mlir|text)\n[\s\S]*?^```$/gm,
        (_, kind: string) => `\`\`\`${kind}\n${shown[next++]}\n\`\`\``,
      );
      writeFileSync(page, rewritten);
      return;
    }
    expect(shown).toEqual(outputs.map((block) => block[2]?.trimEnd()));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
