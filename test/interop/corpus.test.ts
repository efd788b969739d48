/**
 * The corpus against `mlir-opt`: what it prints of a program, in either form, with and without locations, we read and print so
 * that it reads the same program again. So too what its passes make of the corpus. Each file of `corpus/` is one program; the
 * first line says what it is about.
 */
import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { upstreamDialects } from "../../dialects/index.ts";
import { upstreamTensorOps } from "../../dialects/tensor/upstream/ops.ts";
import { missingMlirOpt } from "../../dialects/upstream/mlir-opt.ts";
import { type Answer, accepted, exchange, ours, read } from "./exchange.ts";
import { type PassCase, passCases } from "./pass-cases.ts";

const folder = new URL("./corpus/", import.meta.url);
const corpus = readdirSync(folder)
  .filter((file) => file.endsWith(".mlir"))
  .map((file) => ({ name: file, text: readFileSync(new URL(file, folder), "utf8") }));

const skipped = missingMlirOpt === undefined ? "" : ` (SKIPPED: ${missingMlirOpt})`;
const genericForm = ["--mlir-print-op-generic"];
const locations = ["--mlir-print-debuginfo"];

/** Where a text starts, how we print it, and how mlir-opt prints it and what we made of it. */
interface Way {
  readonly name: string;
  /** How mlir-opt prints the program that we read, and what it makes of ours. */
  readonly options: readonly string[];
  readonly print: Parameters<typeof ours>[1];
}

const ways: readonly Way[] = [
  { name: "generic form, printed by us in generic form", options: genericForm, print: { generic: true } },
  { name: "generic form, printed by us in custom form", options: genericForm, print: {} },
  { name: "custom form, printed by us in custom form", options: [], print: {} },
  { name: "custom form, printed by us in generic form", options: [], print: { generic: true } },
  {
    name: "generic form with locations",
    options: [...genericForm, ...locations],
    print: { generic: true, debugInfo: true },
  },
  { name: "custom form with locations", options: locations, print: { debugInfo: true } },
];

/** The key of a resource is made of its content by us, and may differ. */
function withoutKeys(text: string): string {
  return text.replaceAll(/(four_floats|two_integers)_[0-9a-f]+/g, "$1").replaceAll(/[ \t]+$/gm, "");
}

/**
 * Without the aliases of locations that nothing shows: mlir-opt counts those of operations that the custom form leaves out, which
 * are where these were read.
 */
function withoutHiddenLocations(text: string): string {
  const lines = text.split("\n");
  const hidden = lines.filter((line) => {
    const alias = /^(#loc\d*) = /.exec(line)?.[1];
    return alias !== undefined && text.split(new RegExp(`${alias}(?!\\d)`)).length === 2;
  });
  const kept = lines.filter((line) => !hidden.includes(line)).join("\n");
  return hidden.length === 0 ? kept : kept.replaceAll(/#loc\d*/g, "#loc").replaceAll(/^#loc = .*\n/gm, "");
}

const comparable = (text: string) => withoutHiddenLocations(withoutKeys(text));

/** Our text of each program, or the error that we have of it. */
function printed(texts: readonly string[], options: Parameters<typeof ours>[1]): readonly (string | Error)[] {
  return texts.map((text) => {
    try {
      return ours(text, options);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return new Error(`we refuse what mlir-opt printed: ${error.message}\n${text.slice(0, 600)}`);
    }
  });
}

/** What mlir-opt makes of our texts, at the place of each; undefined where we have none. */
function answers(texts: readonly (string | Error)[], options: readonly string[]): readonly (Answer | undefined)[] {
  const given = texts.filter((text) => typeof text === "string");
  const all = exchange(given, options)[Symbol.iterator]();
  return texts.map((text) => (typeof text === "string" ? all.next().value : undefined));
}

/** One program there and back: `wanted` is what mlir-opt printed first, `own` what we made of it, `answer` its reply. */
function expectSame(wanted: string, own: string | Error, answer: Answer | undefined): void {
  if (own instanceof Error) throw own;
  if (answer === undefined) throw new Error("mlir-opt was not asked");
  expect(comparable(accepted(answer, own))).toBe(comparable(wanted));
}

test("the corpus uses every op of the upstream dialects, or its example does", () => {
  const used = new Set<string>();
  for (const { text } of corpus) read(text).walk((operation) => used.add(operation.name));
  for (const definition of [...upstreamDialects.flatMap((each) => each.ops), ...upstreamTensorOps]) {
    if (!used.has(definition.name)) expect(definition.options.example ?? "", definition.name).not.toBe("");
  }
  expect(corpus.length).toBeGreaterThanOrEqual(60);
});

describe.skipIf(missingMlirOpt !== undefined)(`the corpus and mlir-opt agree${skipped}`, () => {
  const wanted = new Map<Way, readonly string[]>();
  const own = new Map<Way, readonly (string | Error)[]>();
  const replies = new Map<Way, readonly (Answer | undefined)[]>();
  let meaning: readonly string[] = [];
  let ownMeaning: readonly (Answer | undefined)[] = [];
  let ownTexts: readonly (string | Error)[] = [];

  beforeAll(() => {
    const texts = corpus.map(({ text }) => text);
    for (const way of ways) {
      const first = exchange(texts, way.options).map((answer, position) => accepted(answer, texts[position]!));
      const mine = printed(first, way.print);
      wanted.set(way, first);
      own.set(way, mine);
      replies.set(way, answers(mine, way.options));
    }
    meaning = wanted.get(ways[0]!)!;
    ownTexts = printed(texts, {});
    ownMeaning = answers(ownTexts, genericForm);
  }, 120_000);

  for (const [position, { name }] of corpus.entries()) {
    test(`${name}: as written`, () => expectSame(meaning[position]!, ownTexts[position]!, ownMeaning[position]));
    test.each(ways)(`${name}: $name`, (way) => {
      expectSame(wanted.get(way)![position]!, own.get(way)![position]!, replies.get(way)![position]);
    });
  }
});

/** One pass (or pipeline) on the programs that it is for. */
interface PassRun {
  readonly each: PassCase;
  readonly wanted: readonly string[];
  readonly own: readonly (string | Error)[];
  readonly replies: readonly (Answer | undefined)[];
}

describe.skipIf(missingMlirOpt !== undefined)(`what mlir-opt's passes make of programs${skipped}`, () => {
  const runs: PassRun[] = [];

  beforeAll(() => {
    for (const each of passCases) {
      const texts = each.programs.map((name) => {
        const program = corpus.find((candidate) => candidate.name === `${name}.mlir`);
        if (program === undefined) throw new Error(`there is no program ${name} in the corpus`);
        return program.text;
      });
      const made = exchange(texts, each.options);
      const wantedTexts = made.map((answer, position) => accepted(answer, texts[position]!));
      const mine = printed(wantedTexts, { generic: each.isGeneric });
      runs.push({ each, wanted: wantedTexts, own: mine, replies: answers(mine, each.isGeneric ? [] : genericForm) });
    }
  }, 120_000);

  for (const [position, each] of passCases.entries()) {
    test(each.options.join(" "), () => {
      const run = runs[position]!;
      const direct = run.each.isGeneric ? run.wanted : exchange(run.wanted, genericForm).map((answer) => answer.text!);
      for (const [place, text] of direct.entries()) expectSame(text, run.own[place]!, run.replies[place]);
    });
  }
});
