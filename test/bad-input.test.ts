/**
 * Text that means harm: nesting, tokens and numbers beyond any use, names that go in circles, bytes that are no text. All
 * of it ends in a diagnostic, or is read for what it is; nothing overflows the stack, hangs, or takes memory out of
 * proportion.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allPasses, defaultContext } from "../compiler/registry.ts";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import { parse } from "../ir/parser/parse.ts";
import { print } from "../ir/printer/print.ts";
import { readIr } from "../ir/sidecar.ts";
import { verify } from "../ir/verifier.ts";
import { PassManager } from "../passes/pass-manager.ts";
import { parsePipeline } from "../passes/pipeline.ts";

const context = defaultContext({ allowUnregistered: true });

/** Reads, verifies, simplifies and prints; what comes out is read again. */
function process(text: string): string {
  const module = parse(text, context);
  verify(module, context);
  new PassManager(parsePipeline("canonicalize,cse,symbol-dce", allPasses), context).run(module);
  const printed = print(module);
  parse(printed, context);
  return printed;
}

function refusal(text: string): string {
  try {
    process(text);
  } catch (error) {
    // Anything else is a defect, a RangeError of the engine first of all.
    if (error instanceof DiagnosticError) return error.render();
    throw error;
  }
  throw new Error("the text was accepted");
}

const many = 10_000;
const aliases = (sigil: string, first: string, next: (name: string) => string) =>
  [
    `${sigil}a0 = ${first}`,
    ...Array.from({ length: 60 }, (_, i) => `${sigil}a${i + 1} = ${next(`${sigil}a${i}`)}`),
  ].join("\n");

const refused: readonly (readonly [string, () => string, RegExp])[] = [
  [
    "regions in regions",
    () => `${'"a.b"() ({\n'.repeat(many)}${"}) : () -> ()\n".repeat(many)}`,
    /401:10: error: nesting/,
  ],
  ["modules in modules", () => `${"module {\n".repeat(many)}${"}\n".repeat(many)}`, /401:8: error: nesting is deeper/],
  [
    "loops in loops",
    () => `func.func @f(%c: i1) {\n${"scf.if %c {\n".repeat(many)}${"}\n".repeat(many)}return }`,
    /nesting is deeper than 400 levels/,
  ],
  ["regions that are never closed", () => '"a.b"() ({\n'.repeat(many), /nesting is deeper than 400 levels/],
  ["locations", () => `"a.b"() : () -> () loc(${'"x"('.repeat(many)}unknown${")".repeat(many)})`, /nesting is deeper/],
  ["calls in locations", () => `"a.b"() : () -> () loc(${'callsite("a" at '.repeat(many)}"b"`, /nesting is deeper/],
  ["tuples", () => `"a.b"() : () -> ${"tuple<".repeat(many)}${">".repeat(many)}`, /nesting is deeper/],
  ["function types", () => `"a.b"() {t = ${"(".repeat(many)}`, /nesting is deeper/],
  ["arrays", () => `"a.b"() {t = ${"[".repeat(many)}${"]".repeat(many)}} : () -> ()`, /nesting is deeper/],
  ["dictionaries", () => `"a.b"() {t = ${"{a = ".repeat(many)}1${"}".repeat(many)}} : () -> ()`, /nesting is deeper/],
  [
    "parentheses in an affine map",
    () => `"a.b"() {m = affine_map<(d0) -> (${"(".repeat(many)}d0${")".repeat(many)})>} : () -> ()`,
    /nesting is deeper/,
  ],
  [
    "minus signs in an affine map",
    () => `"a.b"() {m = affine_map<(d0) -> (${"-".repeat(many)}d0)>} : () -> ()`,
    /nesting is deeper/,
  ],
  [
    "a long sum in an affine map",
    () => `"a.b"() {m = affine_map<(d0) -> (${"d0 + ".repeat(many)}d0)>} : () -> ()`,
    /affine expression is too long/,
  ],
  [
    "lists of elements",
    () => `"a.b"() {x = dense<${"[".repeat(many)}1${"]".repeat(many)}> : tensor<1xi32>} : () -> ()`,
    /nested deeper than the rank/,
  ],
  ["resources", () => `{-# ${"a: {".repeat(many)}`, /resources are nested too deep/],
  ["a word of a megabyte", () => "a".repeat(1 << 20), /1:1: error: expected an operation, found 'a{59}…/],
  ["a string of four megabytes that does not end", () => `"${"a".repeat(4 << 20)}`, /string is not closed/],
  ["an integer of a million digits", () => `"a.b"() {x = ${"9".repeat(1e6)} : i32} : () -> ()`, /9… does not fit i32/],
  [
    "hexadecimal digits by the million",
    () => `"a.b"() {x = 0x${"F".repeat(1e6)} : f32} : () -> ()`,
    /the bit pattern 0xF+… is wider than f32/,
  ],
  [
    "an integer type of many bits",
    () => `"a.b"() {x = ${"9".repeat(6000)} : i16000} : () -> ()`,
    /does not fit i16000, which holds -2\^15999 to 2\^16000 - 1/,
  ],
  ["an integer type of a million digits", () => `"a.b"() : () -> i${"9".repeat(1e6)}`, /expected a type, found 'i9+'/],
  ["an integer type beyond the limit", () => '"a.b"() : () -> i16777216', /at most 16777215 bits wide/],
  ["a size beyond numbers", () => `"a.b"() : () -> tensor<${"9".repeat(30)}xi32>`, /this size is too large/],
  [
    "more elements than there is memory, listed",
    () => '"a.b"() {x = dense<[1, 2]> : tensor<4294967296xi32>} : () -> ()',
    /expected 4294967296 elements of tensor<4294967296xi32>, found fewer/,
  ],
  [
    "more bytes than the text has",
    () => '"a.b"() {x = dense<"0x0000000001"> : tensor<4294967296xi32>} : () -> ()',
    /takes 17179869184 bytes/,
  ],
  ["more names than results", () => '%x:4000000000 = "a.b"() : () -> i32', /1 result, but 4000000000 are named/],
  ["an alias of itself", () => '#a = [#b]\n#b = [#a]\n"a.b"() {x = #a} : () -> ()', /alias '#a' is defined by itself/],
  ["a type alias of itself", () => '!a = tuple<!a>\n"a.b"() : () -> !a', /alias '!a' is defined by itself/],
  [
    "attributes that double with each alias",
    () => `${aliases("#", "[1, 2]", (name) => `[${name}, ${name}]`)}\n"a.b"() {x = #a60} : () -> ()`,
    /alias '#a\d+' stands for more than 16777216 characters/,
  ],
  [
    "types that double with each alias",
    () => `${aliases("!", "tuple<i1>", (name) => `tuple<${name}, ${name}>`)}\n"a.b"() : () -> !a60`,
    /alias '!a\d+' stands for more than 16777216 characters/,
  ],
  [
    "a symbol twice",
    () => "func.func @f() { return }\nfunc.func @f() { return }",
    /2:1: error: .*redefines the symbol @f/,
  ],
  ["a block twice", () => '"a.b"() ({\n^a:\n^a:\n}) : () -> ()', /redefinition of block '\^a'/],
  ["a value twice", () => '%a = "a.b"() : () -> i32\n%a = "a.b"() : () -> i32', /'%a'/],
  ["zero bytes", () => '"a.b"() : () -> ()\0', /expected an operation/],
];

describe("refused with a diagnostic", () => {
  test.each(refused)("%s", (_, text, message) => {
    expect(refusal(text())).toMatch(message);
  });

  test.each(refused)("%s: the message stays readable", (_, text) => {
    expect(refusal(text()).length).toBeLessThan(2000);
  });
});

describe("taken for what it is", () => {
  const accepted: readonly (readonly [string, () => string, RegExp])[] = [
    ["a value's name of a megabyte", () => `%${"a".repeat(1 << 20)} = "a.b"() : () -> i32`, /"a\.b"\(\) : \(\) -> i32/],
    ["a string of a megabyte", () => `"a.b"() {x = "${"é".repeat(1 << 19)}"} : () -> ()`, /x = "/],
    ["a comment of a megabyte", () => "//".repeat(1 << 19), /module/],
    ["ten thousand dimensions", () => `"a.b"() : () -> tensor<${"1x".repeat(many)}f32>`, /1x1xf32/],
    [
      "a splat of more elements than there is memory",
      () => '"a.b"() {x = dense<1> : tensor<100000000000xi32>} : () -> ()',
      /dense<1>/,
    ],
    ["brackets in a foreign type", () => `"a.b"() : () -> !foo${"<".repeat(many)}${">".repeat(many)}`, /foo</],
    [
      "functions that call each other",
      () =>
        "func.func @a() {\n call @b() : () -> ()\n return }\nfunc.func private @b() {\n call @a() : () -> ()\n return }\nfunc.func private @c() {\n call @c() : () -> ()\n return }",
      /call @b/,
    ],
    [
      "a block that is its own successor, and never reached",
      () => "func.func @f() {\n return\n^a:\n %x = arith.constant 1 : i32\n cf.br ^a }",
      /return/,
    ],
    [
      "branches to and fro between many blocks",
      () => {
        const blocks = Array.from({ length: many }, (_, i) => `^b${i}: "a.c"()[^b${(i * 7919 + 1) % many}] : () -> ()`);
        return `"a.b"() ({\n"a.c"()[^b1] : () -> ()\n${blocks.join("\n")}\n}) : () -> ()`;
      },
      /a\.b/,
    ],
    [
      "a value used a hundred thousand times",
      () => `%x = "a.b"() : () -> i32\n"a.c"(${"%x, ".repeat(100_000)}%x) : (${"i32, ".repeat(100_000)}i32) -> ()`,
      /a\.c/,
    ],
  ];

  test.each(accepted)("%s", (_, text, printed) => {
    expect(process(text())).toMatch(printed);
  });

  test("as deep as the parser allows, all generic passes and the printer follow", () => {
    const depth = 390;
    const text = `func.func @f(%c: i1, %m: memref<i32>, %x: i32) {\n${"memref.store %x, %m[] : memref<i32>\nscf.if %c {\n".repeat(depth)}${"}\n".repeat(depth)}return }`;
    const module = parse(text, context);
    const run = "canonicalize,cse,dce,symbol-dce,constant-fold";
    new PassManager(parsePipeline(run, allPasses), context).run(module);
    verify(module, context);
    expect(print(module.clone(), { generic: true })).toContain("scf.if");
  });
});

describe("files", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "anemone-bad-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const readBytes = (bytes: Uint8Array) => {
    const path = join(folder, "input.mlir");
    writeFileSync(path, bytes);
    return () => readIr(path, context);
  };

  test("bytes that are not UTF-8 are named with their place", () => {
    const text = Buffer.from('"a.b"() : () -> ()\n"a.c', "utf8");
    const read = readBytes(Buffer.concat([text, Buffer.from([0xff, 0x80, 0x22])]));
    expect(read).toThrow(DiagnosticError);
    expect(read).toThrow(/is not UTF-8 text here/);
    try {
      read();
    } catch (error) {
      expect(error instanceof DiagnosticError && error.details).toMatchObject({ line: 2, column: 5 });
    }
  });

  test("a folder and a file that is not there are diagnostics", () => {
    expect(() => readIr(folder, context)).toThrow(DiagnosticError);
    expect(() => readIr(join(folder, "nothing.mlir"), context)).toThrow(/cannot be read: no such file/);
  });
});
