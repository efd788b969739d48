/**
 * Texts that are being written are wrong most of the time: the server must find the same mistakes as the parser and verifier,
 * stay alive on anything, and not lose track of edits.
 */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defaultContext } from "../../compiler/registry.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { verifyAll } from "../../ir/verifier.ts";
import { damagesOf } from "../../test/testing/damaged-text.ts";
import { forAll, forAllAsync } from "../../test/testing/property.ts";
import { completionsAt } from "./completion.ts";
import { DocumentModel, partsOf } from "./document.ts";
import { highlightsOf } from "./highlighting.ts";
import { hoverAt } from "./hover.ts";
import { TextModel } from "./model.ts";
import { occurrencesAt, RenameError, rename, type TextChange } from "./occurrences.ts";
import { outlineOf } from "./outline.ts";
import { TestClient } from "./test-client.ts";

const context = defaultContext({ allowUnregistered: true });

const sample = `#map = affine_map<(d0) -> (d0)>
!row = tensor<4xf32>
module @m attributes {a.b = [1, #map, "x"]} {
  func.func private @callee(i32) -> (i32, i32)
  func.func @main(%a: i32, %c: i1, %r: !row) -> i32 {
    %p:2 = func.call @callee(%a) : (i32) -> (i32, i32) // both
    %s = scf.if %c -> (i32) {
      %t = arith.addi %p#0, %p#1 : i32
      scf.yield %t : i32
    } else {
      scf.yield %a : i32
    }
    cf.cond_br %c, ^left(%s : i32), ^right
  ^left(%l: i32):
    return %l : i32
  ^right:
    "cf.br"(%s)[^left] : (i32) -> ()
  }
}
// -----
func.func @second(%m: memref<4xf32>, %i: index) {
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%m : memref<4xf32>) {
  ^bb0(%o: f32):
    linalg.yield %o : f32
  }
  return
}
`;

/** Asks everything that can be asked at an offset. */
function askEverything(model: TextModel, offset: number): void {
  hoverAt(model, offset);
  completionsAt(model, offset);
  const found = occurrencesAt(model, offset);
  if (found === undefined) return;
  try {
    for (const { start, end } of rename(model, found, "fresh_name")) expect(start).toBeLessThan(end);
  } catch (error) {
    if (!(error instanceof RenameError)) throw error;
  }
}

function checkModel(model: TextModel): void {
  for (const { start, end } of model.problems) {
    expect(start).toBeGreaterThanOrEqual(0);
    expect(end).toBeLessThanOrEqual(model.source.length);
    expect(start).toBeLessThanOrEqual(end);
  }
  outlineOf(model);
  let end = 0;
  for (const highlight of highlightsOf(model)) {
    expect(highlight.start).toBeGreaterThanOrEqual(end);
    end = highlight.end;
  }
}

/** What the parser, or else the verifier, complains about first. */
function firstComplaint(text: string): string | undefined {
  try {
    return verifyAll(parse(text, context), context, 1)[0]?.message;
  } catch (error) {
    if (error instanceof DiagnosticError) return error.message;
    throw error;
  }
}

describe("recovery", () => {
  const examples = [...context.definitions].flatMap(({ name, options: { example = "" } }) =>
    example === "" ? [] : [{ name, example }],
  );

  test("the examples of all ops have no problems", () => {
    const wrong = examples.flatMap(({ name, example }) =>
      new TextModel(example, context, undefined).problems.map(({ message }) => `${name}: ${message}`),
    );
    expect(wrong).toEqual([]);
  });

  test("damaged texts have problems exactly where the parser or verifier complains, and the first one among them", () => {
    const withRegions = examples.filter(({ example }) => example.includes("{\n"));
    forAll(fc.constantFrom(...withRegions), 25, ({ name, example }) => {
      for (const { what, text } of damagesOf(example, 0, 40)) {
        const expected = firstComplaint(text);
        const found = new TextModel(text, context, undefined).problems.map(({ message }) => message);
        const where = `${name}, ${what}:\n${text}`;
        if (expected === undefined) expect(found, where).toEqual([]);
        else expect(found, where).toContain(expected);
      }
    });
  });

  test("every prefix of a text can be asked everything", () => {
    for (let length = 0; length <= sample.length; length++) {
      const { parts } = new DocumentModel(sample.slice(0, length), context, undefined, undefined);
      for (const { model } of parts) {
        checkModel(model);
        askEverything(model, model.source.length);
      }
    }
  });

  test("any place of a damaged text can be asked everything", () => {
    const arbitrary = fc.record({ damage: fc.nat(), places: fc.array(fc.nat(), { minLength: 1, maxLength: 8 }) });
    const damages = [...damagesOf(sample, 0, 500)];
    forAll(arbitrary, 150, ({ damage, places }) => {
      const { text } = damages[damage % damages.length]!;
      const { parts } = new DocumentModel(text, context, undefined, undefined);
      for (const { model } of parts) {
        checkModel(model);
        for (const place of places) askEverything(model, place % (model.source.length + 1));
      }
    });
  });
});

describe("on programs without mistakes", () => {
  const texts = [
    ...partsOf(sample).map(({ text }) => text),
    ...[...context.definitions].flatMap(({ options: { example = "" } }) => (example.includes("{\n") ? [example] : [])),
  ];
  const meaning = (text: string) => print(parse(text, context), { generic: true, valueNames: false });

  test("another name for a value or block changes nothing but the name", () => {
    forAll(fc.record({ text: fc.constantFrom(...texts), which: fc.nat() }), 80, ({ text, which }) => {
      const model = new TextModel(text, context, undefined);
      const mentions = [...model.values, ...model.blocks];
      const mention = mentions[which % Math.max(1, mentions.length)];
      const found = mention && occurrencesAt(model, mention.at);
      if (found === undefined || found.definitions.length === 0) return;
      for (const name of ["fresh", "7777", mentions[(which + 1) % mentions.length]!.name]) {
        try {
          const renamed = applied(text, rename(model, found, name));
          expect(meaning(renamed), `${found.name} to ${name}:\n${renamed}`).toBe(meaning(text));
        } catch (error) {
          if (!(error instanceof RenameError)) throw error;
        }
      }
    });
  });

  test("completion offers each value that is used, and none that may not be", () => {
    forAll(fc.record({ text: fc.constantFrom(...texts), which: fc.nat() }), 80, ({ text, which }) => {
      const model = new TextModel(text, context, undefined);
      const uses = model.values.filter(({ isDefinition }) => !isDefinition);
      const use = uses[which % Math.max(1, uses.length)];
      if (use === undefined) return;
      const end = model.tokens.rangeAt(use.at).end;
      const { items } = completionsAt(model, use.at + 1);
      // `%pack` is the same as `%pack#0`.
      const written = text.slice(use.at, end);
      const labels = items.map(({ label }) => label);
      expect(labels.includes(written) || labels.includes(`${written}#0`), `${written} in\n${text}`).toBe(true);
      for (const { label, detail } of items) {
        if (detail !== use.target.type.text) continue;
        const changed = `${text.slice(0, use.at)}${label}${text.slice(end)}`;
        const complaint = firstComplaint(changed) ?? "";
        expect(complaint, changed).not.toMatch(/does not dominate|undeclared|from outside/);
      }
    });
  });
});

function applied(text: string, changes: readonly TextChange[]): string {
  let result = text;
  for (const { start, end, text: replacement } of [...changes].sort((a, b) => b.start - a.start)) {
    result = result.slice(0, start) + replacement + result.slice(end);
  }
  return result;
}

describe("hostile texts", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["deep regions", '"a.b"() ({\n'.repeat(10_000)],
    ["deep closed regions", `${'"a.b"() ({\n'.repeat(10_000)}${"}) : () -> ()\n".repeat(10_000)}`],
    ["deep broken regions", "func.func @f() {\n %x = foo {\n".repeat(3000)],
    ["braces", "{".repeat(100_000)],
    ["brackets", `%0 = arith.constant dense<${"[".repeat(50_000)}`],
    ["closing braces", "}".repeat(100_000)],
    ["labels", "^a:\n".repeat(50_000)],
    ["a long name", `%${"a".repeat(1_000_000)} = arith.constant 1 : i32`],
    ["an open string", `"${"a".repeat(1_000_000)}`],
    ["quotes", '"'.repeat(100_000)],
    ["many operands", "%a, ".repeat(100_000)],
    ["an endless pack", "%a:4294967295 = arith.constant 1 : i32\n"],
    ["a chain of aliases", Array.from({ length: 20_000 }, (_, at) => `#a${at} = [#a${at + 1}]\n`).join("")],
    ["many errors", "%x = arith.addi %y\n".repeat(20_000)],
    ["control characters and halves of surrogates", "\0\x01\ud800 \udc00 %é @\u{1f600} \uffff"],
  ];
  test.each(cases)("%s", (_, text) => {
    const start = performance.now();
    const model = new TextModel(text, context, undefined);
    checkModel(model);
    askEverything(model, text.length);
    expect(model.problems.length).toBeLessThanOrEqual(100);
    // Generous: the machine that runs this may be busy. Anything quadratic takes minutes.
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});

/** A document of about 5000 lines. */
function longText(): string {
  const body = Array.from({ length: 47 }, (_, at) => `  %${at} = arith.addi %${at === 0 ? "a" : at - 1}, %a : i32\n`);
  const functions = Array.from(
    { length: 100 },
    (_, at) => `func.func @f${at}(%a: i32) -> i32 {\n${body.join("")}  return %46 : i32\n}\n`,
  );
  return functions.join("");
}

describe("a server under edits", () => {
  let client: TestClient;

  beforeAll(async () => {
    client = (await TestClient.start({ arguments: ["--allow-unregistered-dialect"] })).client;
  });
  afterAll(async () => {
    expect(await client.stop()).toBe(0);
  });

  const edit = fc.record({
    at: fc.nat(),
    length: fc.oneof(fc.constant(0), fc.nat(12)),
    text: fc.constantFrom(
      "",
      "\n",
      "}",
      "{",
      "%",
      "%a",
      " = ",
      '"',
      "arith.",
      "^",
      ":",
      "// -----\n",
      "//",
      "i32",
      "(",
      "loc",
      "@m",
      "!row",
      "#map",
    ),
    asks: fc.boolean(),
  });

  test("knows after any edits what a fresh reading finds", () =>
    forAllAsync(fc.array(edit, { minLength: 1, maxLength: 12 }), 25, async (edits) => {
      const document = await client.open(sample);
      for (const { at, length, text, asks } of edits) {
        const start = at % (document.text.length + 1);
        await document.edit(start, Math.min(start + length, document.text.length), text);
        if (!asks) continue;
        const position = document.at("", start);
        await client.hover(document, position);
        await client.completions(document, position);
        await client.definition(document, position);
        await client.symbols(document);
      }
      const fresh = new DocumentModel(document.text, context, undefined, undefined);
      const expected = fresh.parts.flatMap(({ base, model }) =>
        model.problems.map(({ start, message }) => `${base + start} ${message}`),
      );
      const found = await client.diagnostics(document);
      expect(found.map(({ range, message }) => `${document.offsetAt(range.start)} ${message}`)).toEqual(expected);
      await client.close(document);
    }));

  test("answers while a document of 5000 lines is typed in", async () => {
    const document = await client.open(longText());
    expect(await client.problems(document)).toEqual([]);
    const line = document.text.indexOf("  %20 = arith.addi", document.text.length / 2);
    const times: number[] = [];
    for (const [count, character] of [..."  %x = arith.addi %1, %a : i32\n"].entries()) {
      await document.edit(line + count, line + count, character);
      const start = performance.now();
      await client.completions(document, document.at("", line + count + 1));
      times.push(performance.now() - start);
    }
    expect(await client.problems(document)).toEqual([]);
    times.sort((a, b) => a - b);
    // Each answer reads the whole text again, in about 40 ms on a quiet machine; the bound is what a busy one keeps.
    expect(times[Math.floor(times.length / 2)]).toBeLessThan(1000);
  });
});
