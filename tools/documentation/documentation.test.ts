/**
 * Every declaration says what people need to know, and the committed reference is what the declarations say. That the
 * examples are programs that verify and round-trip is the conformance suite's to check.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { allDialects, allPasses } from "../../compiler/registry.ts";
import {
  anyInteger,
  enumAttribute,
  i64ArrayAttribute,
  stringAttribute,
  typeVariable,
  unitAttribute,
} from "../../ir/constraints.ts";
import { dialect } from "../../ir/context.ts";
import {
  attribute,
  defaultAttribute,
  op,
  operand,
  optionalAttribute,
  optionalOperand,
  region,
  result,
  successor,
  variadicOperand,
} from "../../ir/declaration.ts";
import { pass } from "../../passes/pass.ts";
import { docsCommand, ownReferenceFacts, stalePages } from "../commands/docs.ts";
import { operationFacts, passFacts, splitSummary } from "./facts.ts";
import { referencePages } from "./reference.ts";
import { lacksSyntax, syntaxOf } from "./syntax.ts";

const root = resolve(import.meta.dirname, "../..");

test("every dialect, type, attribute, op, option, statistic and pass is documented in sentences", () => {
  const missing: string[] = [];
  const check = (what: string, doc: string) => {
    if (!/^\S[\s\S]*\.$/.test(doc)) missing.push(`${what}: ${JSON.stringify(doc)} is not a sentence`);
  };
  for (const { name, doc, types, attributes, ops } of allDialects) {
    check(name, doc);
    for (const each of types) check(`!${name}.${each.mnemonic}`, each.doc);
    for (const each of attributes) check(`#${name}.${each.mnemonic}`, each.doc);
    for (const definition of ops) {
      const { name: opName, options } = definition;
      check(opName, options.doc);
      if (lacksSyntax(definition)) missing.push(`${opName} has a hand-written format without \`syntax\``);
      if ((options.example ?? "") === "") missing.push(`${opName} has no example`);
    }
  }
  for (const { name, doc, options, statistics } of allPasses
    .map(passFacts)
    .map((facts) => ({ ...facts, doc: `${facts.summary} ${facts.description}`.trim() }))) {
    check(name, doc);
    for (const option of options) if (option.doc.trim() === "") missing.push(`${name} {${option.name}} has no doc`);
    for (const each of statistics) if (each.doc.trim() === "") missing.push(`${name} [${each.name}] has no doc`);
  }
  expect(missing).toEqual([]);
});

test("the committed reference is current", () => {
  const stale = stalePages(resolve(root, "docs/reference"), referencePages(ownReferenceFacts()));
  expect(stale, "run `anemone docs`").toEqual([]);
});

test("a page that is not current is named, and written anew", async () => {
  const folder = mkdtempSync(join(tmpdir(), "anemone-docs-"));
  const options = { output: folder, load: [], format: "markdown" };
  await docsCommand(options);
  await docsCommand({ ...options, check: true });
  writeFileSync(join(folder, "dialects/gone.md"), "# gone\n");
  writeFileSync(join(folder, "dialects/cf.md"), "# cf\n");
  rmSync(join(folder, "passes.md"));
  const failure = docsCommand({ ...options, check: true });
  await expect(failure).rejects.toThrow(
    /3 pages[\s\S]*cf\.md is stale[\s\S]*passes\.md is missing[\s\S]*gone\.md describes/,
  );
  await docsCommand(options);
  await docsCommand({ ...options, check: true });
  expect(readdirSync(join(folder, "dialects"))).not.toContain("gone.md");
  rmSync(folder, { recursive: true });
});

test("links of the reference lead to headings", () => {
  const pages = referencePages(ownReferenceFacts());
  const anchors = (text: string) =>
    new Set(
      [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
        heading
          .toLowerCase()
          .replaceAll(/[^\w\- ]/g, "")
          .replaceAll(" ", "-"),
      ),
    );
  const broken: string[] = [];
  for (const [path, text] of pages) {
    for (const [, target = "", anchor] of text.matchAll(/\]\(([^)#]*)(?:#([^)]*))?\)/g)) {
      const page = target === "" ? text : pages.get(target);
      if (page === undefined || (anchor !== undefined && !anchors(page).has(anchor)))
        broken.push(`${path}: ${target}#${anchor}`);
    }
  }
  expect(broken).toEqual([]);
});

const T = typeVariable("T", anyInteger);
const sample = op(
  "my.sample",
  {
    mode: attribute(enumAttribute(["fast", "slow"])),
    input: operand(T),
    mask: optionalOperand(anyInteger),
    rest: variadicOperand(anyInteger),
    axes: defaultAttribute(i64ArrayAttribute, [0]),
    label: optionalAttribute(stringAttribute),
    quick: optionalAttribute(unitAttribute),
    body: region(),
    target: successor(),
    output: result(T),
  },
  {
    doc: "Does a|b <things>, e.g. this. Then more of it.",
    traits: ["Terminator"],
    format:
      "$mode $input (`,` $mask^ `:` type($mask))? (`rest` `(` $rest^ `:` type($rest) `)`)? (`quick` $quick^)? $body `to` $target attr-dict `:` type($input)",
    parents: ["my.parent"],
    effects: () => [],
  },
);

test("the syntax of an op follows from its format", () => {
  expect(syntaxOf(sample)).toBe(
    "%output = my.sample $mode %input (, %mask : type(%mask))? (rest(%rest, … : type(%rest)))? (quick quick)? { body } to ^target attr-dict : type(%input)",
  );
  const generic = op("my.generic", { a: operand(anyInteger), b: variadicOperand(anyInteger) }, { doc: "No format." });
  expect(syntaxOf(generic)).toBe('"my.generic"(%a, %b, …) attr-dict : (type(operands)) -> (type(results))');
});

test("what a page says about an op and a pass", () => {
  const own = dialect("my", { doc: "Mine.", ops: [sample] });
  const shrink = pass("my-shrink", {
    doc: "Shrinks. Slowly.",
    options: {
      "max-size": { doc: "largest size", default: 4, kind: "integer", minimum: 1 },
      mode: { doc: "how", default: "soft", choices: ["soft", "hard"] },
      target: { doc: "for what", default: "", choices: ["a", "b"], empty: "any" },
    },
    requires: ["small"],
    statistics: { shrunk: "operations that became smaller" },
    run: () => false,
  });
  const pages = referencePages({ dialects: [], passes: [] });
  expect([...pages.keys()]).toEqual(["README.md"]);
  const facts = operationFacts(sample, [own]);
  expect(facts.summary).toBe("Does a|b <things>, e.g. this.");
  expect(facts.interfaces).toEqual(["memory-effects"]);
  const text = [
    ...referencePages({ dialects: [{ ...own, operations: [facts] }], passes: [passFacts(shrink)] }).values(),
  ].join("\n");
  for (const line of [
    "| [`my.sample`](#mysample) | Does a\\|b \\<things\\>, e.g. this. |",
    "| operand | `%input` | an integer (type `T`) |",
    "| operand | `%mask` | optional; an integer |",
    "| operand | `%rest` | any number; each an integer |",
    '| attribute | `mode` | one of "fast", "slow" |',
    "| attribute | `axes` | an array\\<i64\\> attribute; default `array<i64: 0>` |",
    "| region | `body` |  |",
    "| successor | `^target` |  |",
    "- Stands directly inside: `my.parent`",
    "| `max-size` | integer ≥ 1 | `4` | largest size |",
    "| `mode` | string | `soft` | how (one of `soft`, `hard`) |",
    "| `target` | string | none | for what (one of `a`, `b`; or empty for any) |",
    "- Requires: `small`",
    "| `shrunk` | operations that became smaller |",
  ])
    expect(text).toContain(line);
});

test("summaries end with the first sentence", () => {
  expect(splitSummary("One. Two.")).toEqual({ summary: "One.", description: "Two." });
  expect(splitSummary("Of 1.5 or e.g. a.b; all. `x` follows.")).toEqual({
    summary: "Of 1.5 or e.g. a.b; all.",
    description: "`x` follows.",
  });
  expect(splitSummary("Without an end")).toEqual({ summary: "Without an end", description: "" });
});
