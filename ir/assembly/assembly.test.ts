import { describe, expect, test } from "vitest";
import { anyType, i64Attribute, typeVariable, unitAttribute } from "../constraints.ts";
import {
  attribute,
  type Fields,
  op,
  operand,
  optionalAttribute,
  region,
  result,
  variadicOperand,
} from "../declaration.ts";
import { DiagnosticError } from "../diagnostic-error.ts";
import { parse } from "../parser/parse.ts";
import { print } from "../printer/print.ts";
import { compileFormat } from "./compile.ts";
import { testContext } from "./test-dialect.ts";

const context = testContext();

/** A function around the text, which may use these values. */
function inFunction(body: string): string {
  return `test.func @f : (i32, i32, index, tensor<2x3xf32>, tensor<i1>) -> () {
^bb0(%a: i32, %b: i32, %i: index, %t: tensor<2x3xf32>, %c: tensor<i1>):
  ${body}
}`;
}

/** The lines of the function, in custom or generic form. */
function linesOf(text: string, generic: boolean): string {
  const lines = print(parse(text, context), { generic }).split("\n");
  return lines
    .slice(3, -3)
    .map((line) => line.slice(4))
    .join("\n");
}

function custom(body: string): string {
  return linesOf(inFunction(body), false);
}

function generic(body: string): string {
  return linesOf(inFunction(body), true);
}

function refusal(body: string): string {
  try {
    parse(inFunction(body), context);
  } catch (error) {
    if (error instanceof DiagnosticError) return error.message;
    throw error;
  }
  throw new Error("the text was accepted");
}

describe("custom and generic form are the same operation", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["a type variable", "%0 = add %a, %b : i32", '%0 = "test.add"(%a, %b) : (i32, i32) -> i32'],
    ["one type for all", "%0 = same %a, %b {k} : i32", '%0 = "test.same"(%a, %b) {k} : (i32, i32) -> i32'],
    ["types that are fixed", "%0 = index_add %i, %i", '%0 = "test.index_add"(%i, %i) : (index, index) -> index'],
    ["two types", "%0 = cast %a : i32 to f32", '%0 = "test.cast"(%a) : (i32) -> f32'],
    ["any attribute", '%0 = constant [1, "s"] -> i8', '%0 = "test.constant"() <{value = [1, "s"]}> : () -> i8'],
    [
      "an inferred type and a packed list",
      "%0 = transpose %t, [1, 0] : tensor<2x3xf32>",
      '%0 = "test.transpose"(%t) <{permutation = array<i64: 1, 0>}> : (tensor<2x3xf32>) -> tensor<3x2xf32>',
    ],
    [
      "a call",
      "%0:2 = call @g(%a, %t) : (i32, tensor<2x3xf32>) -> (i32, f32)",
      '%0:2 = "test.call"(%a, %t) <{callee = @g}> : (i32, tensor<2x3xf32>) -> (i32, f32)',
    ],
    ["a call of nothing", 'call @"g h"() : () -> ()', '"test.call"() <{callee = @"g h"}> : () -> ()'],
    [
      "no optional attributes",
      "attributes fast 4",
      '"test.attributes"() <{count = 4 : i64, flags = #test.flags<none>, mode = "fast"}> : () -> ()',
    ],
    [
      "all optional attributes",
      'attributes slow -4 scale(1.5) exact of () -> i32 flags<all> label "x" {q}',
      '"test.attributes"() <{count = -4 : i64, exact, flags = #test.flags<all>, label = "x", mode = "slow", of = () -> i32, scale = 1.5 : f32}> {q} : () -> ()',
    ],
    ["a unit that is absent", "unit", '"test.unit"() : () -> ()'],
    ["a unit by its name", "unit strict {k}", '"test.unit"() <{strict}> {k} : () -> ()'],
    [
      "the else of a group",
      "segments(%a, %b) none : i32, i32",
      '"test.segments"(%a, %b) <{operandSegmentSizes = array<i32: 2, 0, 0>}> : (i32, i32) -> ()',
    ],
    [
      "several groups",
      "segments(%a) second %b : i32[%i, %a] : index, i32 : i32",
      '"test.segments"(%a, %b, %i, %a) <{operandSegmentSizes = array<i32: 1, 1, 2>}> : (i32, i32, index, i32) -> ()',
    ],
    [
      "a dialect type",
      "%0 = box %a : i32 -> !test.box<tuple<i32>>",
      '%0 = "test.box"(%a) : (i32) -> !test.box<tuple<i32>>',
    ],
  ];
  test.each(cases)("%s", (_, short, long) => {
    expect(generic(short)).toBe(long);
    expect(custom(short)).toBe(short);
    expect(custom(long)).toBe(short);
    expect(generic(long)).toBe(long);
  });

  test("regions, blocks and successors", () => {
    const short = [
      "if %c : tensor<i1> {",
      "  test.choose %a[^bb1, ^bb2]",
      "^bb1:",
      "  test.jump ^bb2",
      "^bb2:",
      "  test.yield",
      "} else {",
      "}",
      "cases {",
      "}, {",
      "^bb0:",
      "}",
      "cases",
    ].join("\n");
    expect(custom(short)).toBe(short);
    expect(custom(generic(short))).toBe(short);
  });

  test("hand-written: an argument named by the op and a terminator that is left out", () => {
    const short = "for %iv = %i to %i {\n  %0 = test.index_add %iv, %i\n} {unroll = 2 : i64}";
    expect(custom(short)).toBe(short);
    expect(generic(short)).toBe(
      '"test.for"(%i, %i) ({\n^bb0(%iv: index):\n  %0 = "test.index_add"(%iv, %i) : (index, index) -> index\n  "test.yield"() : () -> ()\n}) {unroll = 2 : i64} : (index, index) -> ()',
    );
  });

  test("locations stand behind either form", () => {
    const module = parse(inFunction('unit strict loc("here")'), context);
    expect(print(module, { debugInfo: true, localScope: true })).toContain('    unit strict loc("here")\n');
  });

  test("operands may be defined further down", () => {
    expect(custom("%x = add %y, %a : i32\n%y = add %a, %b : i32")).toBe("%x = add %y, %a : i32\n%y = add %a, %b : i32");
  });

  test("an attribute that the declaration does not allow is printed so that it can be read", () => {
    const long = '"test.attributes"() <{count = 4 : i64, flags = #test.flags<none>, mode = "odd"}> : () -> ()';
    expect(custom(long)).toBe('attributes "odd" 4');
    expect(refusal('attributes "odd" 4')).toBe('\'mode\' must be one of "fast", "slow", found "odd"');
  });
});

describe("refused", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["%0 = add %a : i32", "expected ',', found ':'"],
    ["%0 = add %a, 4 : i32", "expected an operand such as %0, found '4'"],
    [
      "%0 = add %a, %t : i32",
      "use of value '%t' expects another type than before: 'i32' here, 'tensor<2x3xf32>' before",
    ],
    ["%0 = index_add %i", "'test.index_add' op expects 2 operands, found 1"],
    ["%0 = cast %a : i32", "expected 'to', found '}'"],
    ["attributes medium 4", "expected one of fast, slow, found 'medium'"],
    ["attributes fast x", "expected an attribute, found 'x'"],
    ["attributes fast 4 {mode = 1}", "'mode' has a place in the custom form: it cannot stand in the dictionary too"],
    ["%0 = transpose %t, [1] : tensor<2x3xf32>", "'test.transpose' op permutes another number of axes than there are"],
    ["%0 = transpose %t, [1, 0 : tensor<2x3xf32>", "expected ']', found ':'"],
    [
      "%0 = transpose %t, array<i32: 1, 0> : tensor<2x3xf32>",
      "'permutation' must be an array<i64> attribute, found array<i32: 1, 0>",
    ],
    ["segments(%a, %b) none : i32", "there are 2 operands here, but 1 types"],
    ["%0 = unit", "'test.unit' op defines 0 results, but 1 are named"],
    ["jump ^nowhere", "reference to an undefined block '^nowhere'"],
    ["call f() : () -> ()", "expected an attribute, found 'f'"],
    ["call 4() : () -> ()", "'callee' must be a flat symbol reference, found 4 : i64"],
  ];
  test.each(cases)("%s", (text, message) => {
    expect(refusal(text)).toBe(message);
  });
});

describe("formats that are wrong", () => {
  const T = typeVariable("T", anyType);
  function compile(fields: Fields, format: string): () => unknown {
    const definition = op("test.wrong", fields, { doc: "Wrong.", format });
    return () => compileFormat(definition, format);
  }
  const binary = { lhs: operand(T), rhs: operand(T), output: result(T) };
  const cases: readonly (readonly [string, Fields, string, string])[] = [
    ["no dictionary", binary, "$lhs `,` $rhs `:` type($lhs)", "it must contain attr-dict"],
    ["a forgotten operand", binary, "$lhs attr-dict `:` type($lhs)", "it must contain $rhs"],
    [
      "a type that does not follow",
      binary,
      "$lhs `,` $rhs attr-dict",
      "the type of $lhs does not follow: add type($lhs), or declare it exactly(…) where it is always one type",
    ],
    [
      "a result type that does not follow",
      { output: result(anyType) },
      "attr-dict",
      "the type of $output does not follow",
    ],
    ["an unknown field", binary, "$lhs $other attr-dict", "$other is not an operand, attribute, region or successor"],
    ["an unknown directive", {}, "attr-dict oilist", "the directive 'oilist' is not known"],
    [
      "a group without anchor",
      { x: optionalAttribute(i64Attribute) },
      "(`x` $x)? attr-dict",
      "an optional group needs an anchor",
    ],
    [
      "an optional attribute outside a group",
      { x: optionalAttribute(i64Attribute) },
      "$x attr-dict",
      "must stand in an optional group",
    ],
    [
      "a group that starts with an operand that is always there",
      { x: operand(T), u: optionalAttribute(unitAttribute) },
      "($x $u^)? attr-dict `:` type($x)",
      "must start with a literal",
    ],
    ["an open group", { x: optionalAttribute(i64Attribute) }, "(`x` $x^ attr-dict", "expected ')', found 'the end'"],
    ["an open literal", {}, "attr-dict `x", "cannot read ' `x'"],
    [
      "all operands of several groups",
      { x: variadicOperand(T), y: variadicOperand(T) },
      "operands attr-dict `:` type(operands)",
      "cannot tell several groups of operands apart",
    ],
    ["a forgotten region", { body: region() }, "attr-dict", "it must contain $body"],
    [
      "the type of an attribute",
      { x: attribute(i64Attribute) },
      "$x attr-dict type($x)",
      "$x is not an operand or result",
    ],
  ];
  test.each(cases)("%s", (_, fields, format, message) => {
    expect(compile(fields, format)).toThrow(message);
  });
});
