import { describe, expect, test } from "vitest";
import { testContext } from "../assembly/test-dialect.ts";
import {
  type Attribute,
  DenseElementsAttribute,
  FloatAttribute,
  IntegerAttribute,
  StringAttribute,
} from "../attributes.ts";
import { Context } from "../context.ts";
import { DiagnosticError } from "../diagnostic-error.ts";
import { missingOracle, mlirGenericForm } from "../printer/mlir-oracle.ts";
import { print } from "../printer/print.ts";
import { bf16, f32, i8, type Type } from "../types.ts";
import { parse } from "./parse.ts";
import { TextParser } from "./text-parser.ts";

const context = testContext({ allowUnregistered: true });

function attributeOf(text: string, hint?: Type): Attribute {
  const parser = new TextParser(text, context);
  const attribute = parser.parseAttribute(hint);
  expect(parser.isAtEnd, `${text} is read to its end`).toBe(true);
  return attribute;
}

/** Types and attributes that print as they are written. */
const same = [
  ...["i1", "i32", "si8", "ui16", "i4096", "index", "none", "f16", "bf16", "f32", "tf32", "f64", "f80", "f128"],
  ...["f8E5M2", "f8E4M3", "f8E4M3FN", "f8E5M2FNUZ", "f8E4M3FNUZ", "f8E4M3B11FNUZ"],
  ...["complex<f32>", "complex<i8>", "tuple<>", "tuple<i32, tuple<f32>>"],
  ...["() -> ()", "(i32) -> i32", "(i32, f32) -> (i32, f32)", "((i32) -> i32) -> (() -> i32)"],
  ...["tensor<f32>", "tensor<0x10xi8>", "tensor<2x?x3xf32>", "tensor<*xf32>", "tensor<2xvector<4xf32>>"],
  ...["tensor<4xf32, 5 : i32>", 'tensor<4xf32, "row">', "tensor<2xcomplex<f32>>", "tensor<2x!foo.bar>"],
  ...["memref<f32>", "memref<2x?xf32>", "memref<4x4xf32, strided<[?, 1], offset: ?>>", "memref<4xf32, 2 : i32>"],
  ...["memref<4xf32, strided<[2]>, 1 : i64>", "memref<4x4xf32, affine_map<(d0, d1) -> (d1, d0)>>", "memref<*xi8>"],
  ...["memref<*xi8, 3 : i64>", "memref<2xmemref<4xf32>>"],
  ...["vector<4xf32>", "vector<[4]x2xi1>", "vector<f32>"],
  ...["!foo.bar", '!foo.bar<1, [2, 3], "a>b", () -> ()>', '!foo<"some text">', "!llvm.ptr", "!foo.a.b<c>"],
  ...["unit", "true", "false", "1 : i8", "-1 : i64", "3 : index", "-128 : i8", "255 : ui8", "7 : si4"],
  ...["123456789012345678901234567890 : i128", "-170141183460469231731687303715884105728 : i128"],
  ...["1.0 : f64", "1.5 : f32", "0.1 : f32", "-0.0 : f32", "1.0E-30 : f32", "1.0E+100 : f64", "65504.0 : f16"],
  ...["0x7F800000 : f32", "0xFF800000 : f32", "0x7FC00000 : f32", "0x7FF0000000000000 : f64", "0x7C00 : f16"],
  ...["0x7F80 : bf16", "0x7F : f8E4M3FN", "0x80 : f8E5M2FNUZ", "1.125 : f8E4M3", "0x7FFF8000000000000000 : f80"],
  ...['"text"', '""', '"tab\\09 quote\\" back\\\\ \\C3\\A9"', '"typed" : i32', '"typed" : !foo.bar'],
  ...["@main", '@"any name"', "@module::@function", '@a::@"b c"::@d'],
  ...["[]", "[1, 2.0, true, unit]", '[1 : i8, "s", [i32, @f], {a}]'],
  ...["{}", "{a}", '{a = 1 : i64, "b c" = {d = f32}}'],
  ...[
    "array<i64>",
    "array<i64: 1, -2>",
    "array<i1: true, false>",
    "array<f32: 1.5, 0x7F800000>",
    "array<i8: -128, 127>",
  ],
  ...["affine_map<() -> ()>", "affine_map<(d0, d1)[s0] -> (d0 * 2 + s0, d1 floordiv 3, d0 ceildiv 4, d1 mod 5)>"],
  ...["affine_map<(d0, d1) -> (d0 - d1, (d0 + d1) * 8, 7)>", "affine_set<(d0) : (d0 - 1 >= 0, d0 == 0)>"],
  ...["strided<[1]>", "strided<[?, 4, 1], offset: 3>", "strided<[], offset: ?>"],
  ...["loc(unknown)", 'loc("file.py":3:14)', 'loc("name")', 'loc("name"("file.py":1:2))'],
  ...['loc(callsite("f" at "g"))', 'loc(fused["a", "b"])', 'loc(fused<"cse">["a":1:2, callsite(unknown at "b":3:4)])'],
  ...["#foo.bar", "#foo.bar<1, [2]>", '#foo<"text">', "#foo.bar<#baz.qux<a -> b>>"],
  ...["distinct[0]<42 : i64>", "sparse<[[0, 0]], [1.0]> : tensor<1x1xf32>"],
  ...["dense<1> : tensor<2xi32>", "dense<[1, 2]> : tensor<2xi64>", "dense<[[1.0, 2.0], [3.0, 4.5]]> : tensor<2x2xf32>"],
  ...["dense<true> : vector<4xi1>", "dense<[true, false]> : tensor<2xi1>", "dense<> : tensor<0x3xi64>"],
  ...["dense<[-4, 3]> : tensor<2xi3>", "dense<(1.0,-2.0)> : tensor<2xcomplex<f32>>", 'dense<"x"> : tensor<2x!foo.bar>'],
  ...["dense<[(1,2), (3,4)]> : vector<2xi8>".replace("2xi8", "2xcomplex<i8>").replace("vector", "tensor")],
  ...["dense<[1.0, 2.0]> : tensor<2xf8E5M2>", "dense<5> : tensor<4xsi8>", "sparse<[[0, 1]], [2.0]> : tensor<2x2xf32>"],
  ...['"\\FF\\80 and text \\C3\\A9"', '"\\ED\\A0\\80"'],
  ...["dense<3.0> : tensor<f16>", "dense<[1.5, -2.0]> : tensor<2xbf16>", "dense<[-8, 7]> : tensor<2xi4>"],
  ...["dense<[1, 2]> : tensor<2xindex>", "dense<[0x7F800000, 1.0]> : tensor<2xf32>", "dense<255> : tensor<3xui8>"],
  ...["dense<9223372036854775807> : tensor<2xi64>", "dense_resource<key> : tensor<2xf32>"],
  ...["!test.box<tensor<2xf32>>"],
];

/** Spellings that are read as another, which then is printed. */
const normalised: readonly (readonly [string, string])[] = [
  ["42", "42 : i64"],
  ["2.5", "2.5 : f64"],
  ["0xFF : i8", "-1 : i8"],
  ["255 : i8", "-1 : i8"],
  ["0x10", "16 : i64"],
  ["1 : i1", "true"],
  ["1.1 : f16", "1.1 : f16"],
  ["0x3F800000 : f32", "1.0 : f32"],
  ["0x42 : f8E4M3B11FNUZ", "0.15625 : f8E4M3B11FNUZ"],
  ["300.0 : f8E4M3", "0x78 : f8E4M3"],
  ["1.0e2", "100.0 : f64"],
  ['"\\n\\t\\41"', '"\\0A\\09A"'],
  ['"é"', '"\\C3\\A9"'],
  ["{b, a = 1}", "{a = 1 : i64, b}"],
  ["affine_map<(i, j)[n] -> (2 * i + n, -j, i + 0, 3 + 4)>", "affine_map<(d0, d1)[s0] -> (d0 * 2 + s0, -d1, d0, 7)>"],
  ["memref<2xf32, affine_map<(d0) -> (d0)>>", "memref<2xf32>"],
  ["memref<2xf32, 0>", "memref<2xf32>"],
  ["strided<[1], offset: 0>", "strided<[1]>"],
  ["!foo<bar>", "!foo.bar"],
  ["!foo<bar<1>>", "!foo.bar<1>"],
  ["!foo<bar<1>, baz<2>>", "!foo<bar<1>, baz<2>>"],
  ["!test<box<i32>>", "!test.box<i32>"],
  ["#test.number<7>", "7 : i64"],
  ["dense<[1, 1]> : tensor<2xi32>", "dense<1> : tensor<2xi32>"],
  ['dense<"0x0000803F00000040"> : tensor<2xf32>', "dense<[1.0, 2.0]> : tensor<2xf32>"],
  ['dense<"0x0000803F"> : tensor<2x2xf32>', "dense<1.0> : tensor<2x2xf32>"],
  ['dense<"0x05"> : tensor<4xi1>', "dense<[true, false, true, false]> : tensor<4xi1>"],
  ['dense<"0xFF"> : tensor<4xi1>', "dense<true> : tensor<4xi1>"],
  ["tensor< 2 x 3 x f32 >", "tensor<2x3xf32>"],
  ["[ 1 , // comment\n 2 ]", "[1, 2]"],
];

describe("attributes and types", () => {
  test.each(same)("%s prints as it is written", (text) => {
    const attribute = attributeOf(text);
    expect(attribute.text).toBe(text);
    expect(attributeOf(attribute.text), "the same object").toBe(attribute);
  });

  test.each(normalised)("%s is %s", (text, expected) => {
    const attribute = attributeOf(text);
    expect(attribute.text).toBe(expected);
    expect(attributeOf(expected)).toBe(attribute);
  });

  test("a name that ends in a minus sign is kept apart from its bracket (MLIR prints an arrow that it cannot read)", () => {
    const attribute = attributeOf("!foo.bar-");
    expect(attribute.text).toBe("!foo<bar- >");
    expect(attributeOf(attribute.text)).toBe(attribute);
  });

  test("a hint gives the type, and no ': type' is taken", () => {
    const parser = new TextParser('1 : "a" : 2.5 :', context);
    expect(parser.parseAttribute(i8)).toBe(IntegerAttribute.get(1, i8));
    parser.expect(":");
    expect(parser.parseAttribute(f32)).toBe(StringAttribute.get("a", f32));
    parser.expect(":");
    expect(parser.parseAttribute(f32)).toBe(FloatAttribute.get(2.5, f32));
    expect(parser.accept(":")).toBe(true);
  });

  test("values arrive in the arrays", () => {
    const dense = attributeOf("dense<[1.0, -2.5]> : tensor<2xbf16>");
    if (!(dense instanceof DenseElementsAttribute)) throw new Error("not dense elements");
    expect([...dense.value.data]).toEqual([0x3f80, 0xc020]);
    expect(dense.type.element).toBe(bf16);
  });
});

/** Texts that are refused, with what the message must say. */
const refused: readonly (readonly [string, RegExp])[] = [
  ["256 : i8", /256 does not fit i8, which holds -128 to 255/],
  ["-1 : ui8", /-1 does not fit ui8, which holds 0 to 255/],
  ["128 : si8", /128 does not fit si8, which holds -128 to 127/],
  ["1 : f32", /found the integer 1: write 1\.0/],
  ["1.5 : i32", /expected an integer of type i32, found 1\.5/],
  ["1 : tensor<2xi32>", /a number must be of an integer, index or float type, not tensor<2xi32>/],
  ["0x1FFFFFFFF : f32", /wider than f32/],
  ['"open', /not closed/],
  ['"line\nbreak"', /not closed/],
  ['"\\q"', /unknown escape/],
  ["{a = 1, a = 2}", /'a' is given twice/],
  ["[1, 2", /expected ',' or '\]', found the end of the text/],
  ["tensor<2x3>", /expected 'x' behind a dimension/],
  ["tensor<2xfoo>", /expected a type, found 'foo'/],
  ["tensor<2xtensor<f32>>", /tensor<f32> cannot be the element type of a tensor/],
  ["vector<0xf32>", /sizes are positive/],
  ["vector<?xf32>", /expected a type/],
  ["i99999999", /at most 16777215 bits/],
  ["memref<4xf32, affine_map<(d0, d1) -> (d0)>>", /layout of a memref of rank 1 has rank 2/],
  ["affine_map<(d0) -> (d0 * d0)>", /not affine/],
  ["affine_map<(d0) -> (d0 mod 0)>", /division by zero/],
  ["affine_map<(d0, d0) -> (d0)>", /declared twice/],
  ["affine_map<(d0) -> (d1)>", /'d1' is not a dimension or symbol/],
  ["dense<[1, 2]> : tensor<3xi32>", /expected 3 entries in dimension 0 of tensor<3xi32>, found 2/],
  ["dense<[1, 2, 3]> : tensor<2xi32>", /expected 2 entries .* found more/],
  ["dense<[[1], [2]]> : tensor<2xi32>", /nested deeper than the rank/],
  ["dense<[1, 2]> : tensor<2x1xi32>", /expected '\['/],
  ["dense<[1]> : tensor<123456789123xi32>", /expected 123456789123 elements/],
  ["dense<1> : tensor<?xi32>", /static shape/],
  ["dense<1> : i32", /ranked tensor or vector type, not i32/],
  ["dense<1.0> : tensor<2xi32>", /expected an integer of type i32/],
  ["dense<(1.0, 2)> : tensor<2xcomplex<f32>>", /found the integer 2/],
  ["dense<[1, 2]> : tensor<2x!foo.bar>", /expected a string/],
  ['dense<"0x00"> : tensor<2xf32>', /takes 8 bytes \(4 where all elements are equal\), found 1/],
  ['dense<"0x0"> : tensor<2xi8>', /whole hexadecimal bytes/],
  ["array<i3: 1>", /element width/],
  ["array<tensor<2xf32>: 1>", /must be integers or floats/],
  ["#nowhere", /undefined alias '#nowhere'/],
  ["!nowhere", /undefined alias '!nowhere'/],
  ["!test.unknown", /unknown type '!test.unknown' in dialect 'test': its types are box/],
  ["!foo.bar<(>", /unbalanced '>'/],
  ["!foo.bar<", /never closed/],
  ["loc(other)", /expected a location/],
  ["loc(#nowhere)", /undefined alias/],
  ["@", /expected a name directly behind '@'/],
  ["%a", /expected an attribute, found '%a'/],
  ["frobnicate", /expected an attribute, found 'frobnicate'/],
  ["distinct[a]<>", /expected an integer, found 'a'/],
];

describe("refused", () => {
  test.each(refused)("%s", (text, message) => {
    let caught: unknown;
    try {
      new TextParser(text, context).parseAttribute();
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(DiagnosticError);
    expect((caught as DiagnosticError).message).toMatch(message);
    expect((caught as DiagnosticError).render()).toMatch(/^-:\d+:\d+: error: /);
  });

  test("a dialect that is loaded for one text and not for another is no clash", () => {
    const without = new Context([], { allowUnregistered: true });
    for (const text of [
      "!test.box<i8>",
      "tensor<2x!test.box<i8>>",
      "() -> !test.box<i8>",
      "tuple<tensor<2x!test.box<i8>>>",
    ]) {
      const asText = new TextParser(text, without).parseAttribute();
      const loaded = new TextParser(text, context).parseAttribute();
      expect(asText.text).toBe(loaded.text);
      expect(asText).not.toBe(loaded);
      expect(new TextParser(text, without).parseAttribute()).toBe(asText);
      expect(new TextParser(text, context).parseAttribute()).toBe(loaded);
    }
  });

  test("aliases inside a body that is kept as text are spelled out", () => {
    const text = [
      "#unroll = #llvm.loop_unroll<disable = true>",
      "!element = i32",
      '"a.b"() {v = #foo.bar<#unroll, !element, "#unroll", #nowhere, #foo.baz>} : () -> ()',
    ].join("\n");
    const value = '#foo.bar<#llvm.loop_unroll<disable = true>, i32, "#unroll", #nowhere, #foo.baz>';
    expect(print(parse(text, context))).toContain(`{v = ${value}}`);
  });

  test("types of a dialect that is not loaded", () => {
    const strict = testContext();
    for (const text of ["!foo.bar", "#foo.bar"]) {
      expect(() => new TextParser(text, strict).parseAttribute()).toThrow(
        `'${text}' is of dialect 'foo', which is not loaded: load it (--load, --irdl-file) or pass --allow-unregistered-dialect`,
      );
    }
  });
});

describe.skipIf(missingOracle !== undefined)(`MLIR agrees (${missingOracle ?? "installed"})`, () => {
  // MLIR numbers distinct attributes itself, respells sparse ones, knows nothing of the test dialect's loaded types, and
  // prints `!foo<bar<1>, baz<2>>` as `!foo.bar<1>, baz<2>`, which it cannot read back.
  const unshared = /^distinct|^sparse|test\.|^tensor<2x!foo|>, baz</;
  const shared = [...same, ...normalised.map(([text]) => text)].filter((text) => !unshared.test(text));

  test("on what we print of every attribute", () => {
    const ops = shared.map((text) => `"test_op.use"() {value = ${text}} : () -> ()\n`).join("");
    const ours = print(parse(ops, context), { generic: true });
    const back = print(parse(mlirGenericForm(ours), context), { generic: true });
    expect(back.split("\n")).toEqual(ours.split("\n"));
  });

  test("on what we read", () => {
    for (const text of shared) {
      const use = `"test_op.use"() {value = ${text}} : () -> ()\n`;
      const theirs = print(parse(mlirGenericForm(use), context), { generic: true });
      expect(theirs, text).toBe(print(parse(use, context), { generic: true }));
    }
  });
});
