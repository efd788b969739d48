import { describe, expect, test } from "vitest";
import { testContext } from "../assembly/test-dialect.ts";
import type { Context } from "../context.ts";
import { DiagnosticError } from "../diagnostic-error.ts";
import { print } from "../printer/print.ts";
import { parse } from "./parse.ts";
import { sample } from "./sample.ts";

const context = testContext({ allowUnregistered: true });
const strict = testContext();

/** The diagnostic that a text ends in, as people see it. */
function diagnostic(text: string, using: Context = context): string {
  try {
    parse(text, using, { file: "in.mlir" });
  } catch (error) {
    if (error instanceof DiagnosticError) return error.render();
    throw error;
  }
  throw new Error("the text was accepted");
}

describe("messages", () => {
  test("name the place, show the line and point at the token", () => {
    expect(diagnostic('"a.b"() : () -> ()\n  "a.c"(%0 : () -> ()')).toBe(
      "in.mlir:2:12: error: expected ',' or ')', found ':'\n    \"a.c\"(%0 : () -> ()\n             ^",
    );
  });

  const cases: readonly (readonly [string, string, string])[] = [
    ["undefined value", '"a.b"(%x) : (i32) -> ()', "1:7: error: use of undeclared SSA value name '%x'"],
    [
      "undefined result of a pack",
      '%x:2 = "a.b"() : () -> (i32, i32)\n"a.c"(%x#2) : (i32) -> ()',
      "2:7: error: '%x' has 2 results, there is no number 2",
    ],
    [
      "undefined block",
      '"a.b"() ({ "a.c"()[^x] : () -> () }) : () -> ()',
      "1:20: error: reference to an undefined block '^x'",
    ],
    [
      "block of an outer region",
      '"a.b"() ({ "a.c"() ({ "a.d"()[^x] : () -> () }) : () -> ()\n^x: }) : () -> ()',
      "1:31: error: reference to an undefined block '^x'",
    ],
    [
      "too few types",
      '%x = "a.b"() : () -> i32\n"a.c"(%x, %x) : (i32) -> ()',
      "2:17: error: there are 2 operands, but 1 operand types",
    ],
    [
      "wrong number of names",
      '%x, %y = "a.b"() : () -> i32',
      "1:10: error: 'a.b' op defines 1 result, but 2 are named",
    ],
    [
      "missing arrow",
      '"a.b"() : ()',
      "1:13: error: expected '->' in the type of the operation, found the end of the text",
    ],
    [
      "missing type",
      '"a.b"() {a}',
      "1:12: error: expected ':' and the type of the operation, found the end of the text",
    ],
    ["open region", '"a.b"() ({', "1:11: error: expected an operation, a block or '}', found the end of the text"],
    ["no operation", "42", "1:1: error: expected an operation, found '42'"],
    [
      "no such short name",
      "frobnicate",
      "1:1: error: expected an operation, found 'frobnicate': it has no dialect in front, and dialect 'builtin' has no such op",
    ],
    [
      "an op without custom form",
      "test.generic_only %0",
      "1:1: error: 'test.generic_only' op has no custom form: write it in generic form",
    ],
    [
      "alias defined by itself",
      '#a = [#a]\n"a.b"() {x = #a} : () -> ()',
      "1:7: error: alias '#a' is defined by itself",
    ],
    [
      "argument label and names",
      '%0 = "a.b"() : () -> index\ntest.for %i = %0 to %0 { ^bb0: }',
      "2:26: error: the arguments of this entry block are named before the region",
    ],
    [
      "a broken resource",
      '{-# dialect_resources: { builtin: { a: "0x12" } } #-}',
      "1:40: error: resource 'a' is not a string of hexadecimal bytes",
    ],
    ["wrong count of a name", '%x:0 = "a.b"() : () -> ()', "1:4: error: a name stands for at least one result"],
  ];
  test.each(cases)("%s", (_, text, expected) => {
    expect(diagnostic(text)).toContain(`in.mlir:${expected}`);
  });

  test("name the other place in a note", () => {
    expect(diagnostic('%x = "a.b"() : () -> i32\n%x = "a.b"() : () -> i32')).toMatch(
      /^in\.mlir:2:1: error: redefinition of SSA value '%x'[\s\S]*\nin\.mlir:1:1: note: previously defined here$/,
    );
    expect(diagnostic('%x = "a.b"() : () -> i32\n"a.c"(%x) : (f32) -> ()')).toMatch(
      /^in\.mlir:2:7: error: use of value '%x' expects another type than before: 'f32' here, 'i32' before[\s\S]*\nin\.mlir:1:1: note: defined here with type 'i32'$/,
    );
    expect(diagnostic('"a.c"(%x) : (f32) -> ()\n%x = "a.b"() : () -> i32')).toMatch(
      /^in\.mlir:2:1: error: definition of SSA value '%x' has type 'i32'[\s\S]*\nin\.mlir:1:7: note: previously used here with type 'f32'$/,
    );
    expect(diagnostic('"a.b"() ({ ^a: "a.c"() : () -> ()\n^a: }) : () -> ()')).toMatch(
      /^in\.mlir:2:1: error: redefinition of block '\^a'[\s\S]*\nin\.mlir:1:12: note: previously defined here$/,
    );
    expect(diagnostic("#a = 1\n#a = 2")).toMatch(
      /2:1: error: redefinition of alias '#a'[\s\S]*1:1: note: previously defined here$/,
    );
    expect(diagnostic('"a.b"() ({\n  "a.c"() : () -> ()\n')).toMatch(
      /^in\.mlir:3:1: error: expected an operation, a block or '}'[\s\S]*\nin\.mlir:1:10: note: this '{' is never closed$/,
    );
    expect(diagnostic('"a.b"() {a = 1,\n b = 2')).toMatch(/\nin\.mlir:1:9: note: this '{' is never closed$/);
  });
});

test("a byte order mark is no part of the text", () => {
  const text = '"a.b"() : () -> ()\n';
  expect(print(parse(`\ufeff${text}`, context), { generic: true })).toBe(
    print(parse(text, context), { generic: true }),
  );
});

describe("declared operations", () => {
  const cases: readonly (readonly [string, string])[] = [
    [
      '"a.b"() : () -> ()',
      "'a.b' op is not registered: no dialect 'a' is loaded: load it (--load, --irdl-file) or pass --allow-unregistered-dialect",
    ],
    ["a.b %x", "'a.b' op is not registered"],
    ['"test.unit"() <{stric}> : () -> ()', "'test.unit' op has no property 'stric'; did you mean strict?"],
    ['%0 = "test.add"(%x, %x) <{other}> : (i32, i32) -> i32', "'test.add' op has no property 'other': it has none"],
    [
      "%0 = test.ad %x, %x : i32",
      "'test.ad' op is not registered: dialect 'test' has no op 'ad'; did you mean test.add?",
    ],
    ["%0 = tset.add %x, %x : i32", "'tset.add' op is not registered: no dialect 'tset' is loaded; did you mean test?"],
    ["%0 = test.module", "dialect 'test' has no op 'module'; did you mean builtin.module?"],
    ["test.func @f : () -> () { retrun }", "dialect 'test' has no such op; did you mean return?"],
    ["test.func @f : (tensr<2xi32>) -> ()", "expected a type, found 'tensr'; did you mean tensor?"],
    ["test.func @f : (int32) -> ()", "expected a type, found 'int32'; did you mean i32?"],
    ["test.func @f : (!test.bx<i32>) -> ()", "unknown type '!test.bx' in dialect 'test': its types are"],
    ["test.func @f : (!test.bx<i32>) -> ()", "; did you mean !test.box?"],
    ["test.func @f : (!tst.box<i32>) -> ()", "is of dialect 'tst', which is not loaded; did you mean test?"],
    ['%0 = "test.add"() : () -> i32', "'test.add' op expects 2 operands, found 0"],
    ['"test.index_add"() : () -> ()', "'test.index_add' op expects 2 operands, found 0"],
    ['"test.constant"() {value = 1} : () -> ()', "'test.constant' op expects 1 result, found 0"],
    ['"test.jump"() : () -> ()', "'test.jump' op expects 1 successor, found 0"],
    ['"test.unit"() ({}) : () -> ()', "'test.unit' op expects 0 regions, found 1"],
    ['"test.unit"() <{strict}> {strict} : () -> ()', "'test.unit' op has the attribute 'strict' twice"],
    ['"test.segments"() : () -> ()', "'test.segments' op needs the attribute operandSegmentSizes"],
    [
      '"test.segments"() {operandSegmentSizes = array<i32: 0, 2, 0>} : () -> ()',
      "operandSegmentSizes gives second 2 operands, but it takes at most one",
    ],
    [
      '"test.segments"() {operandSegmentSizes = array<i32: 1, 0, 0>} : () -> ()',
      "operandSegmentSizes adds up to 1, but there are 0 operands",
    ],
  ];
  test.each(cases)("%s", (text, message) => {
    expect(diagnostic(text, strict)).toContain(message);
  });
});

test("a property that another version of an op may have is kept", () => {
  expect(print(parse('"test.unit"() <{other}> : () -> ()', strict), { generic: true })).toContain(
    '"test.unit"() <{other}> : () -> ()',
  );
});

describe("hostile text", () => {
  const deep = 10_000;
  const nested: readonly (readonly [string, string])[] = [
    ["regions", '"a.b"() ({'.repeat(deep)],
    ["closed regions", `${'"a.b"() ({'.repeat(deep)}${"}) : () -> ()".repeat(deep)}`],
    ["modules", "module {".repeat(deep)],
    ["arrays", `"a.b"() {a = ${"[".repeat(deep)}`],
    ["dictionaries", `"a.b"() {a = ${"{a = ".repeat(deep)}`],
    ["function types", `"a.b"() {a = ${"(".repeat(deep)}`],
    ["result function types", `"a.b"() {a = ${"() -> (".repeat(deep)}`],
    ["tuples", `"a.b"() {a = ${"tuple<".repeat(deep)}`],
    ["memrefs", `"a.b"() {a = ${"memref<2x".repeat(deep)}`],
    ["encodings", `"a.b"() {a = ${"tensor<2xf32, ".repeat(deep)}`],
    ["locations", `"a.b"() {a = loc(${"callsite(".repeat(deep)}`],
    ["named locations", `"a.b"() : () -> () loc(${'"a"('.repeat(deep)}`],
    ["fused locations", `"a.b"() : () -> () loc(${"fused[".repeat(deep)}`],
    ["affine parentheses", `"a.b"() {a = affine_map<(d0) -> (${"(".repeat(deep)}`],
    ["affine signs", `"a.b"() {a = affine_map<(d0) -> (${"- ".repeat(deep)}`],
    ["affine sums", `"a.b"() {a = affine_map<(d0) -> (d0${" + d0".repeat(deep)})>} : () -> ()`],
    ["dense lists", `"a.b"() {a = dense<${"[".repeat(deep)}${"]".repeat(deep)}> : tensor<1xi32>} : () -> ()`],
    ["dialect types", `"a.b"() {a = ${"!test.box<".repeat(deep)}`],
    ["dialect bodies", `"a.b"() {a = !foo.bar${"<".repeat(deep)}`],
    ["resources", `{-# ${"a: {".repeat(deep)}`],
    ["chained aliases", `${Array.from({ length: deep }, (_, i) => `#a${i} = [#a${i + 1}]`).join("\n")}\n#a${deep} = 1`],
  ];
  test.each(nested)("deeply nested %s end in a diagnostic", (_, text) => {
    expect(diagnostic(text)).toMatch(/error: /);
  });

  test("nesting within the limit is read and printed", () => {
    const depth = 300;
    const text = `${'"a.b"() ({'.repeat(depth)}${"}) : () -> ()\n".repeat(depth)}`;
    const once = print(parse(text, context), { generic: true });
    expect(print(parse(once, context), { generic: true })).toBe(once);
  });

  const custom = `module @m {
  test.func @f : (i32, tensor<2x3xf32>, index) -> i32 attributes {vis = "p"} {
  ^bb0(%a: i32, %t: tensor<2x3xf32>, %i: index):
    %k = constant 4 : i32 -> i32
    %s = add %a, %k {note} : i32
    for %iv = %i to %i { %z = test.index_add %iv, %i } {unroll = 2}
    %e:2 = call @f(%a, %t) : (i32, tensor<2x3xf32>) -> (i32, f32)
    %tt = transpose %t, [1, 0] : tensor<2x3xf32>
    attributes slow 4 scale(1.5) exact of () -> i32 flags<all> label "x\\n" {q}
    segments() second %a : i32[%i, %a] : index, i32 :
    choose %a[^bb1, ^bb1]
  ^bb1:
    return %s : i32
  }
}
`;

  test.each([
    ["generic", sample],
    ["custom", custom],
  ])("the %s sample cut at any byte is read or refused", (_, text) => {
    expect(() => parse(text, context)).not.toThrow();
    let refusals = 0;
    for (let end = 0; end < text.length; end++) {
      try {
        parse(text.slice(0, end), context);
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error;
        expect(error.render()).toContain("error: ");
        refusals++;
      }
    }
    expect(refusals).toBeGreaterThan(text.length / 2);
  });

  test("binary bytes are refused", () => {
    for (const text of [
      "\0",
      "\ufeff\ufeff",
      "\ud800",
      "🦀",
      '"\0"',
      "%",
      "^",
      "!",
      "#",
      "@",
      '"',
      "{-#",
      "{-# #-",
      "//",
    ]) {
      if (text !== "//") expect(diagnostic(text)).toMatch(/error: /);
    }
  });
});
