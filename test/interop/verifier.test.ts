/**
 * Verifier parity: what of thousands of broken operations `mlir-opt` refuses, we refuse, with a place and a sentence; and the
 * other way round. Each op's example is broken in one thing (mutations.ts); the ops where we differ are listed with the reason.
 * Every fourth is tried unless ANEMONE_PROPERTY_RUNS asks for more.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { upstreamDialects } from "../../dialects/index.ts";
import { upstreamTensorOps } from "../../dialects/tensor/upstream/ops.ts";
import { missingMlirOpt, mlirOpt } from "../../dialects/upstream/mlir-opt.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { read } from "./exchange.ts";
import { type Mutation, mutationsOf } from "./mutations.ts";
import { looser, stricter } from "./verifier-differences.ts";

/** Of irdl we declare a subset with rules of its own. */
const compared = upstreamDialects.filter(({ name }) => name !== "irdl");
const step = Number(process.env["ANEMONE_PROPERTY_RUNS"] ?? 1) > 1 ? 1 : 4;

const separator = "\n// -----\n";

/** The texts that mlir-opt refuses, by position. On some broken operations it crashes; then it is asked about each half. */
function refused(mutations: readonly Mutation[], first = 0): readonly number[] {
  let text = "";
  let line = 1;
  const starts = new Map<number, number>();
  for (const [position, mutation] of mutations.entries()) {
    // The line of the separator in front is where it counts from.
    starts.set(position === 0 ? 1 : line - 1, first + position);
    text += mutation.text + separator;
    line += mutation.text.split("\n").length + 1;
  }
  const { status, errors } = mlirOpt(text, ["--split-input-file"]);
  if (status !== 0 && status !== 1) {
    if (mutations.length === 1) return [first];
    const middle = mutations.length >> 1;
    return [...refused(mutations.slice(0, middle), first), ...refused(mutations.slice(middle), first + middle)];
  }
  const found = new Set<number>();
  for (const [, at] of errors.matchAll(/within split at <stdin>:(\d+) offset :\d+:\d+: error/g)) {
    const position = starts.get(Number(at));
    if (position === undefined) throw new Error(`mlir-opt complains about line ${at}, where no text starts`);
    found.add(position);
  }
  return [...found];
}

/** Our message about a text; undefined where we accept it. Anything but a diagnostic is a crash of ours. */
function complaint(text: string): string | undefined {
  try {
    read(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return error.message;
  }
}

const skipped = missingMlirOpt === undefined ? "" : ` (SKIPPED: ${missingMlirOpt})`;

describe.skipIf(missingMlirOpt !== undefined)(`broken operations${skipped}`, () => {
  const mutations = [...compared.flatMap((each) => each.ops), ...upstreamTensorOps]
    .flatMap((definition) => mutationsOf(definition.name, definition.options.example ?? ""))
    .filter((_, position) => position % step === 0);
  const theirs = new Set<number>();

  beforeAll(() => {
    for (let start = 0; start < mutations.length; start += 200)
      for (const position of refused(mutations.slice(start, start + 200), start)) theirs.add(position);
  }, 120_000);

  test("we refuse what mlir-opt refuses, and accept what it accepts", () => {
    const differences = mutations.flatMap(({ name, text }, position) => {
      const mine = complaint(text);
      const op = name.slice(0, name.indexOf(":"));
      if ((mine !== undefined) === theirs.has(position)) return [];
      if (mine === undefined) return looser.has(name) ? [] : [`accepted: ${name}\n${text}`];
      return stricter.has(op) ? [] : [`refused: ${name}: ${mine}`];
    });
    expect(differences).toEqual([]);
    expect(theirs.size).toBeGreaterThan(mutations.length / 2);
  });

  test("each refusal says where and what", () => {
    for (const [position, { name, text }] of mutations.entries()) {
      if (!theirs.has(position) || looser.has(name)) continue;
      try {
        read(text);
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error;
        expect(error.details.line, name).toBeGreaterThan(0);
        expect(error.message.length, name).toBeGreaterThan(15);
      }
    }
  });
});
