/**
 * Before/after tests in files of IR:
 *
 *     import { textFiles } from "anemone/testing";
 *     textFiles(import.meta.dirname, { dialects, passes });
 *
 * in a vitest file tests every `.mlir` file of the folder, however deep. Cases are separated by `// -----`. A case runs the
 * pipeline that its `// RUN:` line names (or the file's first one) and must print what stands below its `// AFTER` line;
 * without a pipeline it must print itself. A case with `// expected-error@+N {{text}}` must fail with that text (in the
 * message or a note), at that line; errors in the pipeline are at the RUN line. `// CASE:` names a case, `// PRINT: generic`
 * prints a file's cases in the generic form, and `UPDATE=1` rewrites the AFTER parts. Files without any of these marks are
 * not tests.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { levelOf, propertiesOf } from "../../compiler/levels.ts";
import type { Context, Dialect } from "../../ir/context.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { verify } from "../../ir/verifier.ts";
import { genericPasses } from "../../passes/index.ts";
import type { AnyPass } from "../../passes/pass.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { parsePipeline } from "../../passes/pipeline.ts";
import { misspeltExpectation } from "../../tools/opt/expected-diagnostics.ts";
import { programContext } from "./programs/arbitrary-program.ts";

export interface TextFilesOptions {
  /** Dialects beside the upstream ones, which are always loaded. */
  readonly dialects?: readonly Dialect[];
  /** Passes beside the generic ones, which are always known. */
  readonly passes?: readonly AnyPass[];
}

const afterMark = "// AFTER\n";
const caseMark = /^\/\/ -----(?:\n|$)/m;

const expectation = /expected-error@([+-]\d+) \{\{(.*)\}\}/;

interface ExpectedError {
  readonly line: number;
  readonly text: string;
}

function expectedErrors(text: string): ExpectedError[] {
  return text.split("\n").flatMap((line, index) => {
    const match = expectation.exec(line);
    return match === null ? [] : [{ line: index + 1 + Number(match[1]), text: match[2]! }];
  });
}

const pipelineOf = (text: string) => /^\/\/ RUN: ?(.*)$/m.exec(text)?.[1]?.trim();
const isTest = (text: string) =>
  /^\/\/ (RUN:|AFTER$|CASE:)/m.test(text) ||
  text.split("\n").some((line) => expectation.test(line) || misspeltExpectation(line) !== undefined);

/** Registers the files of a folder with vitest. */
export function textFiles(folder: string, options: TextFilesOptions = {}): void {
  const passes = new Map([...genericPasses, ...(options.passes ?? [])].map((each) => [each.name, each]));
  const runner = new TextFileRunner(programContext(options.dialects ?? []), [...passes.values()]);
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => name.endsWith(".mlir") && !name.includes("node_modules")).sort();
  for (const name of files) {
    const path = join(folder, name);
    const text = readFileSync(path, "utf8");
    if (isTest(text)) describe(name, () => runner.register(path, text));
  }
}

class TextFileRunner {
  readonly #context: Context;
  readonly #passes: readonly AnyPass[];

  constructor(context: Context, passes: readonly AnyPass[]) {
    this.#context = context;
    this.#passes = passes;
  }

  register(path: string, whole: string): void {
    const generic = /^\/\/ PRINT: generic$/m.test(whole);
    const cases = whole.split(caseMark);
    const updated = [...cases];
    for (const [position, text] of cases.entries()) {
      // Nothing stands behind a last separator.
      if (text.trim() === "") continue;
      const title = /^\/\/ CASE: (.*)$/m.exec(text)?.[1] ?? `case ${position + 1}`;
      const pipeline = pipelineOf(text) ?? pipelineOf(whole) ?? "";
      test(title, () => {
        const ignored = text
          .split("\n")
          .flatMap((line) => (expectation.test(line) ? [] : (misspeltExpectation(line) ?? [])));
        expect(ignored, "a comment that expects an error is `// expected-error@+N {{text}}`").toEqual([]);
        const [wrong] = expectedErrors(text);
        if (wrong !== undefined) {
          this.#expectError(text, pipeline, wrong);
          return;
        }
        const cut = text.indexOf(afterMark);
        const before = cut < 0 ? text : text.slice(0, cut);
        const printed = this.#run(before, pipeline, generic);
        if (process.env["UPDATE"] === "1") {
          updated[position] = `${before.trimEnd()}\n${afterMark}${printed}`;
          writeFileSync(path, updated.join("// -----\n"));
          return;
        }
        expect(cut, "the case has no // AFTER part; run with UPDATE=1 and read what it writes").not.toBe(-1);
        expect(printed).toBe(text.slice(cut + afterMark.length));
      });
    }
  }

  #run(text: string, pipeline: string, generic: boolean): string {
    const module = parse(text, this.#context, { file: "case" });
    verify(module, this.#context);
    const steps = parsePipeline(pipeline, this.#passes);
    new PassManager(steps, this.#context, { properties: propertiesOf(levelOf(module)) }).run(module);
    verify(module, this.#context);
    return `${print(module, { generic }).trimEnd()}\n`;
  }

  #expectError(text: string, pipeline: string, expected: ExpectedError): void {
    try {
      this.#run(text, pipeline, false);
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      const { file, line, notes = [] } = error.details;
      expect(`${error.message} ${notes.map(({ message }) => message).join(" ")}`).toContain(expected.text);
      const runLine = text.split("\n").findIndex((each) => each.startsWith("// RUN:")) + 1;
      expect(file === "<pipeline>" ? runLine : line, error.message).toBe(expected.line);
      return;
    }
    expect.fail(`expected the error: ${expected.text}`);
  }
}
