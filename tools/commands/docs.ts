/**
 * `anemone docs`: writes the reference of dialects and passes from their declarations, or checks that the written one is
 * current. With `--load` it writes about the loaded file's dialects and passes.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { allDialects, allPasses } from "../../compiler/registry.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { type ReferenceFacts, referenceFacts, referencePages } from "../documentation/reference.ts";
import { UsageError } from "../failure.ts";
import { loadAllExtensions } from "../load-extensions.ts";

export interface DocsOptions {
  readonly output: string;
  readonly load: readonly string[];
  readonly check?: boolean;
  readonly format: string;
}

/** Facts about Anemone's own dialects and passes. */
export function ownReferenceFacts(): ReferenceFacts {
  return referenceFacts(allDialects, allPasses);
}

async function factsOf(load: readonly string[]): Promise<ReferenceFacts> {
  if (load.length === 0) return ownReferenceFacts();
  const { dialects, passes } = await loadAllExtensions(load);
  return referenceFacts(dialects, passes, [...allDialects, ...dialects]);
}

export async function docsCommand(options: DocsOptions): Promise<void> {
  if (options.format !== "markdown" && options.format !== "json") {
    throw new UsageError(`--format is markdown or json, found '${options.format}'`);
  }
  const facts = await factsOf(options.load);
  if (options.format === "json") {
    console.log(JSON.stringify(facts, undefined, 2));
    return;
  }
  const pages = referencePages(facts);
  if (options.check !== true) {
    for (const path of forgottenPages(options.output, pages)) rmSync(join(options.output, path));
    for (const [path, text] of pages) writePage(join(options.output, path), text);
    console.log(`${pages.size} pages in ${options.output}`);
    return;
  }
  const stale = stalePages(options.output, pages);
  if (stale.length > 0) {
    throw new DiagnosticError(
      `${stale.length} page${stale.length === 1 ? "" : "s"} of the reference differ from the declarations, run \`anemone docs\`:\n${stale
        .map((each) => `  ${each}`)
        .join("\n")}`,
      { file: options.output },
    );
  }
}

/** Pages in `folder` that are not what the declarations say, each with what is wrong. */
export function stalePages(folder: string, pages: ReadonlyMap<string, string>): readonly string[] {
  const wrong = [...pages].flatMap(([path, text]) => {
    const file = join(folder, path);
    if (!existsSync(file)) return [`${path} is missing`];
    return readFileSync(file, "utf8") === text ? [] : [`${path} is stale`];
  });
  return [...wrong, ...forgottenPages(folder, pages).map((path) => `${path} describes a dialect that is gone`)];
}

/** Pages of dialects that are no longer there. */
function forgottenPages(folder: string, pages: ReadonlyMap<string, string>): readonly string[] {
  const dialects = join(folder, "dialects");
  if (!existsSync(dialects)) return [];
  return readdirSync(dialects)
    .filter((name) => name.endsWith(".md"))
    .map((name) => `dialects/${name}`)
    .filter((path) => !pages.has(path));
}

function writePage(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
