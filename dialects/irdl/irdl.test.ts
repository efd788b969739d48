/** Dialects declared in IR: their text is upstream's, and what they accept is what mlir-opt accepts with `--irdl-file`. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Context } from "../../ir/context.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { verifyAll } from "../../ir/verifier.ts";
import { upstreamDialects } from "../index.ts";
import { missingMlirOpt, mlirOpt } from "../upstream/mlir-opt.ts";
import { loadIrdl } from "./index.ts";

const declarations = `irdl.dialect @cmath {
  irdl.type @complex {
    %0 = irdl.is f32
    %1 = irdl.is f64
    %2 = irdl.any_of(%0, %1)
    irdl.parameters(%2)
  }
  irdl.type @pair {
    %0 = irdl.any
    irdl.parameters(%0, %0)
  }
  irdl.type @unit
  irdl.attribute @width {
    %0 = irdl.base "#builtin.integer"
    irdl.parameters(%0)
  }
  irdl.operation @norm {
    %0 = irdl.any
    %1 = irdl.parametric @cmath::@complex<%0>
    irdl.operands(%1)
    irdl.results(%0)
  }
  irdl.operation @mul {
    %0 = irdl.is f32
    %1 = irdl.is f64
    %2 = irdl.any_of(%0, %1)
    %3 = irdl.parametric @cmath::@complex<%2>
    irdl.operands(%3, %3)
    irdl.results(%3)
  }
  irdl.operation @lists {
    %0 = irdl.is i32
    %1 = irdl.any
    irdl.operands(variadic %0, optional %1, %1)
    irdl.results(variadic %0)
  }
  irdl.operation @tail {
    %0 = irdl.is i32
    %1 = irdl.any
    irdl.operands(%0, variadic %1)
    irdl.results(optional %0)
  }
  irdl.operation @marked {
    %0 = irdl.is 3 : i32
    %1 = irdl.any
    irdl.attributes {"a" = %0, "b" = %1}
  }
  irdl.operation @based {
    %0 = irdl.base @cmath::@complex
    %1 = irdl.base "!builtin.integer"
    %2 = irdl.any_of(%0, %1)
    irdl.operands(%2)
  }
  irdl.operation @both {
    %0 = irdl.base "!builtin.integer"
    %1 = irdl.is i32
    %2 = irdl.is i64
    %3 = irdl.any_of(%1, %2)
    %4 = irdl.all_of(%0, %3)
    irdl.operands(%4)
  }
  irdl.operation @bodies {
    %0 = irdl.is i32
    %1 = irdl.region(%0)
    %2 = irdl.region
    %3 = irdl.region()
    %4 = irdl.region with size 2
    irdl.regions(%1, %2, %3, %4)
  }
  irdl.operation @nothing
}
`;

const base = new Context(upstreamDialects);

function load(text: string): Context {
  const module = parse(text, base, { file: "declared.mlir" });
  const [complaint] = verifyAll(module, base);
  if (complaint !== undefined) throw complaint;
  return base.with(loadIrdl(module));
}

const context = load(declarations);

/** What is wrong with a text; undefined where it is accepted (and then reads back). */
function problem(text: string): string | undefined {
  try {
    const module = parse(text, context, { file: "input.mlir" });
    const [complaint] = verifyAll(module, context);
    if (complaint !== undefined) return complaint.message;
    for (const generic of [false, true])
      expect(print(parse(print(module, { generic }), context), { generic })).toBe(print(module, { generic }));
    return undefined;
  } catch (error) {
    if (error instanceof DiagnosticError) return error.message;
    throw error;
  }
}

/** Values of some types, and an operation on them. */
const withValues = (line: string) =>
  `func.func @f(%c: !cmath.complex<f32>, %d: !cmath.complex<f64>, %i: i32, %l: i64, %f: f32, %s: i8) {\n  ${line}\n  return\n}`;
const withTypes = (types: string) => `func.func private @f(${types})`;
const withRegions = (...regions: readonly string[]) =>
  `"cmath.bodies"() (${regions.map((each) => `{${each}}`).join(", ")}) : () -> ()`;
const end = "llvm.unreachable";

/** Texts, and a part of the message that refuses them (none: they are accepted). */
const cases: readonly (readonly [text: string, message?: string])[] = [
  [
    withTypes(
      "!cmath.complex<f32>, !cmath.complex<f64>, !cmath.unit, !cmath.pair<i8, i8>, !cmath.pair<3 : i8, 3 : i8>",
    ),
  ],
  [withTypes("tensor<2x!cmath.complex<f32>>, !cmath.pair<!cmath.unit, !cmath.unit>")],
  [withTypes("!cmath.complex<f16>"), "'f16' does not satisfy the constraint"],
  [withTypes("!cmath.complex<f32, f32>"), "expected 1 type arguments, but had 2"],
  [withTypes("!cmath.complex"), "expected 1 type arguments, but had 0"],
  [withTypes("!cmath.pair<i8, i16>"), "expected 'i8' but got 'i16'"],
  [withTypes("!cmath.other<i8>"), "cmath.other"],
  ["module attributes {test.width = #cmath.width<3 : i32>} {}"],
  ["module attributes {test.width = #cmath.width<f32>} {}", "expected base attribute 'builtin.integer' but got 'f32'"],
  [withValues('%0 = "cmath.norm"(%c) : (!cmath.complex<f32>) -> f32')],
  [withValues('%0 = "cmath.norm"(%c) : (!cmath.complex<f32>) -> f16'), "expected 'f32' but got 'f16'"],
  [withValues('%0 = "cmath.norm"(%i) : (i32) -> f16'), "expected base type 'cmath.complex' but got 'i32'"],
  [withValues('%0 = "cmath.mul"(%d, %d) : (!cmath.complex<f64>, !cmath.complex<f64>) -> !cmath.complex<f64>')],
  [
    withValues('%0 = "cmath.mul"(%c, %d) : (!cmath.complex<f32>, !cmath.complex<f64>) -> !cmath.complex<f32>'),
    "expected '!cmath.complex<f32>' but got '!cmath.complex<f64>'",
  ],
  [withValues('%0 = "cmath.mul"(%c) : (!cmath.complex<f32>) -> !cmath.complex<f32>'), "exactly 2 operands, but got 1"],
  [
    withValues(
      '%0:3 = "cmath.lists"(%i, %i, %l, %l) {operand_segment_sizes = array<i32: 2, 1, 1>} : (i32, i32, i64, i64) -> (i32, i32, i32)',
    ),
  ],
  [withValues('"cmath.lists"(%l) {operand_segment_sizes = array<i32: 0, 0, 1>} : (i64) -> ()')],
  [
    withValues('"cmath.lists"(%i, %l, %f) {operand_segment_sizes = array<i32: 1, 1, 1>} : (i32, i64, f32) -> ()'),
    "expected 'i64' but got 'f32'",
  ],
  [
    withValues('"cmath.lists"(%l, %l) {operand_segment_sizes = array<i32: 1, 0, 1>} : (i64, i64) -> ()'),
    "expected 'i32' but got 'i64'",
  ],
  [
    withValues('"cmath.lists"(%i, %l) : (i32, i64) -> ()'),
    "'operand_segment_sizes' attribute is expected but not provided",
  ],
  [
    withValues('"cmath.lists"(%i, %l) {operand_segment_sizes = array<i32: 1, 1>} : (i32, i64) -> ()'),
    "3 elements, but got 2",
  ],
  [
    withValues('"cmath.lists"(%i, %l, %l) {operand_segment_sizes = array<i32: 1, 1, 0>} : (i32, i64, i64) -> ()'),
    "element 2",
  ],
  [
    withValues('"cmath.lists"(%i, %l, %l) {operand_segment_sizes = array<i32: 0, 2, 1>} : (i32, i64, i64) -> ()'),
    "element 1",
  ],
  [
    withValues('"cmath.lists"(%i, %i, %l) {operand_segment_sizes = array<i32: -1, 1, 1>} : (i32, i32, i64) -> ()'),
    "element 0",
  ],
  [
    withValues('"cmath.lists"(%i, %i, %l) {operand_segment_sizes = array<i32: 1, 0, 1>} : (i32, i32, i64) -> ()'),
    "sum of elements",
  ],
  [withValues('%0 = "cmath.tail"(%i, %l, %l) : (i32, i64, i64) -> i32')],
  [withValues('"cmath.tail"(%i) : (i32) -> ()')],
  [withValues('"cmath.tail"(%i, %l, %f) : (i32, i64, f32) -> ()'), "expected 'i64' but got 'f32'"],
  [withValues('"cmath.tail"() : () -> ()'), "op expects at least 1 operands, but got 0"],
  [withValues('%0:2 = "cmath.tail"(%i) : (i32) -> (i32, i32)'), "op expects at most 1 results, but got 2"],
  ['"cmath.marked"() {a = 3 : i32, b = "x", c} : () -> ()'],
  ['"cmath.marked"() {a = 3 : i32} : () -> ()', 'attribute "b" is expected but not provided'],
  ['"cmath.marked"() {a = 4 : i32, b} : () -> ()', "expected '3 : i32' but got '4 : i32'"],
  ['"cmath.marked"() <{a = 3 : i32, b = "x"}> : () -> ()', "has no property 'a': it has none"],
  [withValues('"cmath.based"(%l) : (i64) -> ()')],
  [withValues('"cmath.based"(%d) : (!cmath.complex<f64>) -> ()')],
  [withValues('"cmath.based"(%f) : (f32) -> ()'), "'f32' does not satisfy the constraint"],
  [withValues('"cmath.both"(%l) : (i64) -> ()')],
  [withValues('"cmath.both"(%s) : (i8) -> ()'), "'i8' does not satisfy the constraint"],
  [withValues('"cmath.both"(%f) : (f32) -> ()'), "expected base type 'builtin.integer' but got 'f32'"],
  [withRegions(`^a(%x: i32): ${end}`, end, end, `${end} ^b: ${end}`)],
  [withRegions(`^a(%x: i32): ${end}`, `^a(%x: f32): ${end} ^b: ${end}`, end, `${end} ^b: ${end}`)],
  [withRegions(`^a(%x: i64): ${end}`, end, end, `${end} ^b: ${end}`), "expected 'i32' but got 'i64'"],
  [withRegions(end, end, end, `${end} ^b: ${end}`), "expected region 0 to have 1 arguments but got 0"],
  [
    withRegions(`^a(%x: i32): ${end}`, end, `^a(%x: i32): ${end}`, `${end} ^b: ${end}`),
    "expected region 2 to have 0 arguments but got 1",
  ],
  [withRegions(`^a(%x: i32): ${end}`, end, end, end), "expected region 3 to have 2 block(s) but got 1"],
  [withRegions(end, end), "unexpected number of regions: expected 4 but got 2"],
  ['"cmath.nothing"() : () -> ()'],
  ['"cmath.nothing"() {x = 3} : () -> ()'],
  ['%0 = "cmath.nothing"() : () -> i32', "op expects exactly 0 results, but got 1"],
  ['"cmath.nothing"() ({}) : () -> ()', "unexpected number of regions: expected 0 but got 1"],
  ['"cmath.nope"() : () -> ()', "cmath.nope"],
];

describe("what a declared dialect accepts", () => {
  for (const [text, message] of cases) {
    const line = text
      .split("\n")
      .at(text.startsWith("func.func @f") ? 1 : 0)!
      .trim();
    test(message === undefined ? `${line}` : `not ${line}`, () => {
      const found = problem(text);
      if (message === undefined) expect(found).toBeUndefined();
      else expect(found).toContain(message);
    });
  }

  test("errors are at the type or the operation", () => {
    expect(() => parse("func.func private @f(!cmath.complex<f16>)", context, { file: "input.mlir" })).toThrowError(
      expect.objectContaining({ details: expect.objectContaining({ line: 1, column: 29 }) }),
    );
    const [complaint] = verifyAll(
      parse(`\n%0 = "cmath.nothing"() : () -> i32`, context, { file: "input.mlir" }),
      context,
    );
    expect(complaint?.details).toMatchObject({ file: "input.mlir", line: 2 });
  });
});

describe.skipIf(missingMlirOpt !== undefined)(
  `mlir-opt agrees${missingMlirOpt === undefined ? "" : ` (${missingMlirOpt})`}`,
  () => {
    let folder = "";
    let file = "";
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "irdl-"));
      file = join(folder, "cmath.mlir");
      writeFileSync(file, declarations);
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    // One process for all: the parts are verified one by one, and each error names its line.
    test("on each text", () => {
      const texts = cases.map(([text]) => text);
      const separator = "// -----";
      const run = mlirOpt(texts.join(`\n${separator}\n`), ["--split-input-file", `--irdl-file=${file}`], {
        allowUnregistered: false,
      });
      const starts: number[] = [];
      let line = 1;
      for (const text of texts) {
        starts.push(line);
        line += text.split("\n").length + 1;
      }
      const refused = new Set<string>();
      for (const [, split, number] of run.errors.matchAll(/<stdin>:(\d+) offset :(\d+):\d+: error: /g)) {
        const at = Number(split) + Number(number) - 1;
        const position = starts.findLastIndex((start) => start <= at);
        refused.add(texts[position]!);
      }
      expect(refused.size).toBeGreaterThan(10);
      const disagreements = cases.filter(([text, message]) => refused.has(text) !== (message !== undefined));
      expect(disagreements.map(([text]) => text)).toEqual([]);
    });

    test("on the text of the declarations, in both forms", () => {
      const module = parse(declarations, base);
      const lines = (text: string) =>
        text
          .split("\n")
          .map((each) => each.trimEnd())
          .filter((each) => each !== "");
      expect(lines(print(module))).toEqual(lines(mlirOpt(declarations).output));
      const generic = mlirOpt(print(module, { generic: true }), ["--mlir-print-op-generic"]);
      expect(generic.errors).toBe("");
      const again = parse(generic.output, base);
      expect(print(again, { generic: true })).toBe(print(module, { generic: true }));
    });
  },
);

describe("what cannot be loaded is said", () => {
  test.each([
    [
      'irdl.dialect @a { irdl.operation @b { %0 = irdl.c_pred "x" irdl.operands(%0) } }',
      /'irdl.c_pred' op is a constraint in C\+\+/,
    ],
    [
      'irdl.dialect @a { irdl.operation @b { %0 = irdl.base "!builtin.thing" irdl.operands(%0) } }',
      /no registered type with name builtin.thing/,
    ],
    ['irdl.dialect @a { irdl.operation @b { %0 = irdl.base "f32" } }', /should start with '!' or '#'/],
    ["irdl.dialect @a { irdl.operation @b { %0 = irdl.base } }", /either a name or a reference/],
    ["irdl.dialect @a { irdl.operation @b { %0 = irdl.base @a::@x } }", /symbol '@a::@x' not found/],
    [
      "irdl.dialect @a { irdl.operation @x irdl.operation @b { %0 = irdl.base @a::@x } }",
      /does not refer to a type or attribute definition \(refers to 'irdl.operation'\)/,
    ],
    [
      "irdl.dialect @a { irdl.operation @b { %0 = irdl.any irdl.operands(%0) irdl.operands(%0) } }",
      /more than one irdl.operands/,
    ],
    ["irdl.dialect @a { irdl.operation @b { %0 = irdl.any irdl.parameters(%0) } }", /must be directly inside/],
    ["irdl.operation @b { }", /must be directly inside 'irdl.dialect'/],
    ["irdl.dialect @a { irdl.operation @b { %0 = irdl.region with size 0 } }", /number of blocks from 1, found 0/],
    ["irdl.dialect @a { irdl.operation @b { %0 = irdl.any_of() } }", /expected 1 or more operands/],
    ["irdl.dialect @a { irdl.operation @b irdl.operation @b }", /redefines the symbol @b/],
    ["irdl.dialect @a { irdl.operation @b { irdl.operands(%0) %0 = irdl.any } }", /%0|dominate/],
  ])("%s", (text, message) => {
    expect(() => load(text)).toThrow(message);
  });

  const named = `irdl.dialect @shop {
  irdl.type @bag {
    %0 = irdl.is i8
    %1 = irdl.any
    irdl.parameters(size: %0, content: %1)
  }
  irdl.operation @pack {
    %0 = irdl.is i32
    %1 = irdl.any
    %2 = irdl.region(%0)
    irdl.operands(count: %0, label: optional %1, variadic: variadic %0)
    irdl.results(bag: %0)
    irdl.regions(body: %2)
  }
}
`;
  const pack = (operand: string, result: string, argument: string) =>
    `func.func @f(%x: ${operand}, %y: i32) { %0 = "shop.pack"(%y, %x) ({ ^a(%z: ${argument}): ${end} }) {operand_segment_sizes = array<i32: 1, 0, 1>} : (i32, ${operand}) -> ${result} return }`;

  test("lists with names are read and printed, and errors say the names", () => {
    const module = parse(named, base, { file: "named.mlir" });
    expect(verifyAll(module, base)).toEqual([]);
    expect(print(module)).toContain("irdl.operands(count: %0, label: optional %1, variadic: variadic %0)");
    expect(print(module)).toContain("irdl.parameters(size: %0, content: %1)");
    for (const generic of [false, true])
      expect(print(parse(print(module, { generic }), base), { generic })).toBe(print(module, { generic }));
    const shop = load(named);
    const complaints = (text: string) => verifyAll(parse(text, shop), shop).map(({ message }) => message);
    expect(complaints(pack("i32", "i32", "i32"))).toEqual([]);
    expect(complaints(pack("f32", "i32", "i32"))).toEqual([
      "'shop.pack' op operand 'variadic': expected 'i32' but got 'f32'",
    ]);
    expect(complaints(pack("i32", "f32", "i32"))).toEqual([
      "'shop.pack' op result 'bag': expected 'i32' but got 'f32'",
    ]);
    expect(complaints(pack("i32", "i32", "f32"))).toEqual([
      "'shop.pack' op argument #0 of region 'body': expected 'i32' but got 'f32'",
    ]);
    expect(() => parse(withTypes("!shop.bag<i16, i8>"), shop)).toThrow("parameter 'size': expected 'i8' but got 'i16'");
  });

  test("without names errors count", () => {
    expect(problem(withValues('"cmath.tail"(%i, %l, %f) : (i32, i64, f32) -> ()'))).toBe(
      "'cmath.tail' op operand #2: expected 'i64' but got 'f32'",
    );
    expect(problem(withTypes("!cmath.pair<i8, i16>"))).toBe("parameter #1: expected 'i8' but got 'i16'");
  });

  test.each([
    ["irdl.operands(a: %0, %0)", /only some constraints of this list have a name/],
    ["irdl.operands(%0, a: %0)", /only some constraints of this list have a name/],
    ["irdl.operands(a: %0, a: %0)", /the name 'a' is given twice/],
    ["irdl.operands(a$b: %0)", /name of element #0 must contain only letters, digits and underscores/],
    [
      '"irdl.operands"(%0) <{names = ["a", "b"], variadicity = #irdl<variadicity_array[single]>}> : (!irdl.attribute) -> ()',
      /has 1 constraints, but 2 names/,
    ],
  ])("%s", (list, message) => {
    expect(() => load(`irdl.dialect @a { irdl.operation @b { %0 = irdl.any ${list} } }`)).toThrow(message);
  });

  test("a reference from one dialect to another of the file is followed", () => {
    const both = load(`
      irdl.dialect @one { irdl.type @t { %0 = irdl.any irdl.parameters(%0) } }
      irdl.dialect @two { irdl.operation @o { %0 = irdl.is i8 %1 = irdl.parametric @one::@t<%0> irdl.operands(%1) } }`);
    const use = (type: string) => `func.func @f(%x: ${type}) { "two.o"(%x) : (${type}) -> () return }`;
    expect(verifyAll(parse(use("!one.t<i8>"), both), both)).toEqual([]);
    expect(verifyAll(parse(use("!one.t<i16>"), both), both)[0]?.message).toContain("expected 'i8' but got 'i16'");
  });
});
