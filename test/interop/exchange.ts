/**
 * For tests: programs go between us and `mlir-opt` in every form, many of them in one run of that tool. A program here is a
 * text; `// -----` lines keep several apart.
 */
import { upstreamDialects } from "../../dialects/index.ts";
import { tensor } from "../../dialects/tensor/index.ts";
import { mlirOpt } from "../../dialects/upstream/mlir-opt.ts";
import { Context } from "../../ir/context.ts";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { type PrintOptions, print } from "../../ir/printer/print.ts";
import { verify } from "../../ir/verifier.ts";

export const context = new Context([...upstreamDialects, tensor], { allowUnregistered: true });

/** Read and verified. */
export function read(text: string): Operation {
  const program = parse(text, context);
  verify(program, context);
  return program;
}

/** Our text of a text. */
export function ours(text: string, options: PrintOptions = {}): string {
  return print(read(text), { inlineResources: true, ...options });
}

const separator = "// -----\n";

/**
 * What mlir-opt prints for each text, or its message where it refuses one. One run where all are fine; else refused ones are
 * found by halving.
 */
export function exchange(texts: readonly string[], options: readonly string[]): readonly Answer[] {
  if (texts.length === 0) return [];
  const run = mlirOpt(texts.join(`\n${separator}`), ["--split-input-file", ...options]);
  const parts = run.output.split(separator);
  if (run.status === 0 && parts.length === texts.length) return parts.map((text) => ({ text: text.trim() }));
  if (texts.length === 1) return [{ refusal: run.errors === "" ? `exit status ${run.status}` : run.errors }];
  const middle = texts.length >> 1;
  return [...exchange(texts.slice(0, middle), options), ...exchange(texts.slice(middle), options)];
}

/** What the tool said of one text. */
export type Answer =
  | { readonly text: string; readonly refusal?: undefined }
  | { readonly text?: undefined; readonly refusal: string };

/** The text of an answer; an error with the message and the text that was given, where it is a refusal. */
export function accepted(answer: Answer, given: string): string {
  if (answer.text !== undefined) return answer.text;
  throw new Error(`mlir-opt refuses: ${answer.refusal.slice(0, 1500)}\n${given.slice(0, 600)}`);
}
