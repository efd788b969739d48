/**
 * Before/after tests: every `test/ir/**.mlir` file. Cases are separated by `// -----`. A case runs the pipeline that its
 * `// RUN:` line names (or the file's first one) and must print what stands below its `// AFTER` line; without a pipeline it
 * must print itself. A case with `// expected-error@+N {{text}}` must fail with that text (in the message or a note), at that
 * line; errors in the pipeline are at the RUN line. `UPDATE=1` rewrites the AFTER parts.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { levelOf, propertiesOf } from "../compiler/levels.ts";
import { allPasses, defaultContext } from "../compiler/registry.ts";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import { parse } from "../ir/parser/parse.ts";
import { print } from "../ir/printer/print.ts";
import { verify } from "../ir/verifier.ts";
import { PassManager } from "../passes/pass-manager.ts";
import { parsePipeline } from "../passes/pipeline.ts";

const folder = join(import.meta.dirname, "ir");
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".mlir"));
const update = process.env["UPDATE"] === "1";
const afterMark = "// AFTER\n";

function runPipeline(text: string, pipeline: string, generic: boolean): string {
  const context = defaultContext();
  const module = parse(text, context, { file: "case" });
  verify(module, context);
  new PassManager(parsePipeline(pipeline, allPasses), context, { properties: propertiesOf(levelOf(module)) }).run(
    module,
  );
  verify(module, context);
  return `${print(module, { generic }).trimEnd()}\n`;
}

interface ExpectedError {
  readonly line: number;
  readonly text: string;
}

function expectedErrors(text: string): ExpectedError[] {
  return text.split("\n").flatMap((line, index) => {
    const match = /expected-error@([+-]\d+) \{\{(.*)\}\}/.exec(line);
    return match === null ? [] : [{ line: index + 1 + Number(match[1]), text: match[2]! }];
  });
}

for (const file of files) {
  const path = join(folder, file);
  const whole = readFileSync(path, "utf8");
  const pipelineOf = (text: string) => /^\/\/ RUN: ?(.*)$/m.exec(text)?.[1]?.trim();
  const generic = /^\/\/ PRINT: generic$/m.test(whole);
  const cases = whole.split(/^\/\/ -----\n/m);
  const updated = [...cases];

  describe(relative(folder, path), () => {
    for (const [position, text] of cases.entries()) {
      const title = /^\/\/ CASE: (.*)$/m.exec(text)?.[1] ?? `case ${position + 1}`;
      const pipeline = pipelineOf(text) ?? pipelineOf(whole) ?? "";
      test(title, () => {
        const errors = expectedErrors(text);
        if (errors.length > 0) {
          const [expected] = errors;
          try {
            runPipeline(text, pipeline, generic);
          } catch (error) {
            if (!(error instanceof DiagnosticError)) throw error;
            expect(`${error.message} ${(error.details.notes ?? []).map((note) => note.message).join(" ")}`).toContain(
              expected!.text,
            );
            const inPipeline = error.details.file === "<pipeline>";
            const line = inPipeline
              ? text.split("\n").findIndex((each) => each.startsWith("// RUN:")) + 1
              : error.details.line;
            expect(line, error.message).toBe(expected!.line);
            return;
          }
          expect.fail(`expected the error: ${expected!.text}`);
        }
        const cut = text.indexOf(afterMark);
        const before = cut < 0 ? text : text.slice(0, cut);
        const printed = runPipeline(before, pipeline, generic);
        if (update) {
          updated[position] = `${before.trimEnd()}\n${afterMark}${printed}`;
          writeFileSync(path, updated.join("// -----\n"));
          return;
        }
        expect(cut, "the case has no // AFTER part; run with UPDATE=1 and read what it writes").toBeGreaterThanOrEqual(
          0,
        );
        expect(printed).toBe(text.slice(cut + afterMark.length));
      });
    }
  });
}
