import { expect, test } from "vitest";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import type { Severity } from "../../passes/pass-types.ts";
import { ExpectedDiagnostics } from "./expected-diagnostics.ts";

type Emitted = readonly [severity: Severity, line: number | undefined, message: string, notes?: readonly string[]];

/** What is wrong when these diagnostics come from this text. */
function problems(text: string, ...emitted: readonly Emitted[]): readonly string[] {
  const expected = new ExpectedDiagnostics(text, "f.mlir");
  for (const [severity, line, message, notes = []] of emitted) {
    const place = line === undefined ? { file: "<pipeline>", line: 1 } : { file: "f.mlir", line };
    expected.emit(
      severity,
      new DiagnosticError(message, { ...place, notes: notes.map((note) => ({ message: note })) }),
    );
  }
  return expected.finish();
}

test("each place that a comment can name", () => {
  const text = [
    "a // expected-error {{own line}}",
    "// expected-warning@+1 {{next line}}",
    "b",
    "// expected-remark@-1 {{line before}}",
    "// expected-error@above {{above all comments}}",
    "// expected-error@below {{first below}}",
    "// expected-note@below {{second below}}",
    "c",
    "// expected-error@unknown {{no place}}",
  ].join("\n");
  const all: readonly Emitted[] = [
    ["error", 1, "on its own line"],
    ["warning", 3, "the next line"],
    ["remark", 3, "the line before"],
    ["error", 3, "above all comments"],
    ["error", 8, "first below", ["second below"]],
    ["error", undefined, "no place"],
  ];
  expect(problems(text, ...all)).toEqual([]);
  for (const [index, [severity, , message]] of all.entries()) {
    const rest = all.filter((_, position) => position !== index);
    expect(problems(text, ...rest), message).not.toEqual([]);
    expect(problems(text, ...all, [severity, 2, message]), message).toContainEqual(
      `f.mlir:2: error: unexpected ${severity}: ${message}`,
    );
  }
});

test("regular expressions stand in inner braces; all else is text", () => {
  expect(problems("x // expected-error-re {{(a) has {{[0-9]+}} uses}}", ["error", 1, "value (a) has 12 uses"])).toEqual(
    [],
  );
  expect(
    problems("x // expected-error-re {{(a) has {{[0-9]+}} uses}}", ["error", 1, "value a has 12 uses"]),
  ).toHaveLength(2);
  expect(problems("x // expected-error {{a.c}}", ["error", 1, "abc"])).toHaveLength(2);
  expect(problems("x // expected-error-re {{{{(}}}}")).toEqual([
    "f.mlir:1: error: '{{(}}' is not a regular expression in {{…}}",
  ]);
});

test("one comment stands for several equal diagnostics, two for two", () => {
  expect(problems("x // expected-error {{twice}}", ["error", 1, "twice"], ["error", 1, "twice"])).toEqual([]);
  const two = "// expected-error@below {{a}}\n// expected-error@below {{a b}}\nx";
  expect(problems(two, ["error", 3, "a"], ["error", 3, "a b"])).toEqual([]);
  expect(problems(two, ["error", 3, "a b"], ["error", 3, "a"])).toEqual([]);
});

test("a comment that is misspelt is an error, other comments are not", () => {
  const wrong = (comment: string) => problems(`// ${comment}\nx`);
  expect(wrong("expected-eror@+1 {{x}}")).toEqual([
    "f.mlir:1: error: 'expected-eror' is no diagnostic to expect; did you mean expected-error?",
  ]);
  expect(wrong("expcted-error@below {{x}}")).toHaveLength(1);
  expect(wrong("expected-failure {{x}}")[0]).toContain("there are expected-error, expected-warning");
  for (const shape of ["expected-error@abov {{x}}", "expected-error@+1 {x}", "expected-error {{x}} here"])
    expect(wrong(shape)[0], shape).toContain("'expected-error' is not followed by");
  for (const fine of [
    "see expected-error for more",
    "CHECK-SAME: {{.*}}",
    "the un-expected {{x}}",
    "-----",
    "a@b {{c}}",
  ])
    expect(wrong(fine), fine).toEqual([]);
});

test("a comment that waits for a line below the end is an error", () => {
  expect(problems("// expected-error@below {{x}}")).toEqual(["f.mlir:1: error: expected a line below this one"]);
});
