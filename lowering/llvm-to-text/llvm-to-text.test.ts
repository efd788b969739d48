/** Spellings of LLVM IR text: what differs between the dialect and the text, one behaviour each, and the refusals. */
import { describe, expect, test } from "vitest";
import { builtin } from "../../dialects/builtin/index.ts";
import { func } from "../../dialects/func/index.ts";
import { llvm } from "../../dialects/llvm/index.ts";
import { Context } from "../../ir/context.ts";
import { DiagnosticError } from "../../ir/diagnostic-error.ts";
import { parse } from "../../ir/parser/parse.ts";
import { type LlvmTextOptions, llvmIrText } from "./index.ts";

const context = new Context([builtin, llvm, func]);

function textOf(source: string, options: LlvmTextOptions = {}): string {
  return llvmIrText(parse(source, context, { file: "in.mlir" }), options).text;
}

/** The lines of a function's body. */
function bodyOf(source: string): string[] {
  const text = textOf(source);
  const start = text.indexOf("{\n", text.indexOf("define"));
  return text
    .slice(start + 2, text.indexOf("\n}", start))
    .split("\n")
    .map((line) => line.trim());
}

/** The only instruction of `line` between operands of these types, and what it is. */
function instruction(line: string, args: string): string {
  return bodyOf(`llvm.func @f(${args}) {\n${line}\nllvm.return\n}`)[1]!;
}

function errorOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof DiagnosticError) return error.render();
    throw error;
  }
  throw new Error("expected an error");
}

describe("instructions", () => {
  test.each([
    ["%r = llvm.add %a, %b overflow<nsw, nuw> : i32", "add nuw nsw i32 %v0, %v1"],
    ["%r = llvm.lshr %a, %b : i32", "lshr i32 %v0, %v1"],
    ['%r = llvm.icmp "ult" %a, %b : i32', "icmp ult i32 %v0, %v1"],
    ["%r = llvm.sext %a : i32 to i64", "sext i32 %v0 to i64"],
    ["%r = llvm.fadd %x, %y {fastmathFlags = #llvm.fastmath<fast>} : f32", "fadd fast float %v2, %v3"],
    [
      "%r = llvm.fmul %x, %y {fastmathFlags = #llvm.fastmath<nnan, contract>} : f32",
      "fmul nnan contract float %v2, %v3",
    ],
    ['%r = llvm.fcmp "_true" %x, %y : f32', "fcmp true float %v2, %v3"],
    ["%r = llvm.fneg %x : f32", "fneg float %v2"],
    ["%r = llvm.freeze %x : f32", "freeze float %v2"],
    ["%r = llvm.load %p {alignment = 4 : i64} : !llvm.ptr -> vector<8xf32>", "load <8 x float>, ptr %v4, align 4"],
    ["llvm.store volatile %x, %p : f32, !llvm.ptr", "store volatile float %v2, ptr %v4"],
    [
      "%r = llvm.getelementptr inbounds %p[%a, 2] : (!llvm.ptr, i32) -> !llvm.ptr, !llvm.array<4 x f32>",
      "getelementptr inbounds [4 x float], ptr %v4, i32 %v0, i32 2",
    ],
    ["%r = llvm.alloca %a x f32 {alignment = 64 : i64} : (i32) -> !llvm.ptr", "alloca float, i32 %v0, align 64"],
    [
      "%r = llvm.intr.fma(%x, %y, %x) : (f32, f32, f32) -> f32",
      "call float @llvm.fma.f32(float %v2, float %v3, float %v2)",
    ],
    [
      '%r = "llvm.intr.ctlz"(%a) <{is_zero_poison = false}> : (i32) -> i32',
      "call i32 @llvm.ctlz.i32(i32 %v0, i1 false)",
    ],
    [
      '"llvm.intr.memcpy"(%p, %p, %a) <{isVolatile = false}> : (!llvm.ptr, !llvm.ptr, i32) -> ()',
      "call void @llvm.memcpy.p0.p0.i32(ptr %v4, ptr %v4, i32 %v0, i1 false)",
    ],
    ["llvm.call %p(%a) : !llvm.ptr, (i32) -> ()", "call void %v4(i32 %v0)"],
  ])("%s", (line, wanted) => {
    const written = instruction(line, "%a: i32, %b: i32, %x: f32, %y: f32, %p: !llvm.ptr");
    expect(written.replace(/^%v\d+ = /, "")).toBe(wanted);
  });

  test("a shuffle writes its mask as a constant, undefined lanes as poison", () => {
    const written = instruction("%r = llvm.shufflevector %v, %v [0, 5, -1] : vector<4xf32>", "%v: vector<4xf32>");
    expect(written).toBe("%v1 = shufflevector <4 x float> %v0, <4 x float> %v0, <3 x i32> <i32 0, i32 5, i32 poison>");
  });

  test("structs are taken apart by position", () => {
    const written = instruction(
      "%r = llvm.extractvalue %s[1, 2] : !llvm.struct<(i32, array<4 x f32>)>",
      "%s: !llvm.struct<(i32, array<4 x f32>)>",
    );
    expect(written).toBe("%v1 = extractvalue { i32, [4 x float] } %v0, 1, 2");
  });
});

describe("constants stand where they are used", () => {
  const stored = (constant: string, type: string): string =>
    bodyOf(`llvm.func @f(%p: !llvm.ptr) {
      %c = ${constant}
      llvm.store %c, %p : ${type}, !llvm.ptr
      llvm.return
    }`)[1]!;
  test.each([
    ["llvm.mlir.constant(42 : i64) : i64", "i64", "i64 42"],
    ["llvm.mlir.constant(true) : i1", "i1", "i1 true"],
    ["llvm.mlir.constant(-1 : i8) : i8", "i8", "i8 -1"],
    ["llvm.mlir.constant(1.5 : f32) : f32", "f32", "float 0x3FF8000000000000"],
    ["llvm.mlir.constant(0.1 : f32) : f32", "f32", "float 0x3FB99999A0000000"],
    ["llvm.mlir.constant(0.1 : f64) : f64", "f64", "double 0x3FB999999999999A"],
    ["llvm.mlir.constant(1.5 : f16) : f16", "f16", "half 0xH3E00"],
    ["llvm.mlir.constant(1.5 : bf16) : bf16", "bf16", "bfloat 0xR3FC0"],
    ["llvm.mlir.constant(0xFF800000 : f32) : f32", "f32", "float 0xFFF0000000000000"],
    ["llvm.mlir.constant(dense<0.0> : vector<4xf32>) : vector<4xf32>", "vector<4xf32>", "<4 x float> zeroinitializer"],
    [
      "llvm.mlir.constant(dense<-0.0> : vector<2xf32>) : vector<2xf32>",
      "vector<2xf32>",
      "<2 x float> <float 0x8000000000000000, float 0x8000000000000000>",
    ],
    ["llvm.mlir.constant(dense<[1, 2]> : vector<2xi32>) : vector<2xi32>", "vector<2xi32>", "<2 x i32> <i32 1, i32 2>"],
    [
      "llvm.mlir.constant(dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>) : !llvm.array<2 x array<2 x i8>>",
      "!llvm.array<2 x array<2 x i8>>",
      "[2 x [2 x i8]] [[2 x i8] [i8 1, i8 2], [2 x i8] [i8 3, i8 4]]",
    ],
    ["llvm.mlir.zero : !llvm.ptr", "!llvm.ptr", "ptr null"],
    ["llvm.mlir.undef : f32", "f32", "float undef"],
    ["llvm.mlir.poison : vector<2xf32>", "vector<2xf32>", "<2 x float> poison"],
  ])("%s", (constant, type, wanted) => {
    expect(stored(constant, type)).toBe(`store ${wanted}, ptr %v0`);
  });
});

describe("blocks", () => {
  test("arguments become phi nodes of all predecessors", () => {
    const source = `llvm.func @f(%n: i64) -> i64 {
      %zero = llvm.mlir.constant(0 : i64) : i64
      %one = llvm.mlir.constant(1 : i64) : i64
      llvm.br ^loop(%zero : i64)
    ^loop(%i: i64):
      %next = llvm.add %i, %one : i64
      %more = llvm.icmp "slt" %next, %n : i64
      llvm.cond_br %more, ^loop(%next : i64), ^end
    ^end:
      llvm.return %i : i64
    }`;
    expect(bodyOf(source)).toEqual([
      "b0:",
      "br label %b1",
      "b1:",
      "%v1 = phi i64 [ 0, %b0 ], [ %v2, %b1 ]",
      "%v2 = add i64 %v1, 1",
      "%v3 = icmp slt i64 %v2, %v0",
      "br i1 %v3, label %b1, label %b2",
      "b2:",
      "ret i64 %v1",
    ]);
  });

  test("a block reached twice from one branch gets a block between", () => {
    const source = `llvm.func @f(%c: i1, %x: f32, %y: f32) -> f32 {
      llvm.cond_br %c, ^end(%x : f32), ^end(%y : f32)
    ^end(%z: f32):
      llvm.return %z : f32
    }`;
    expect(bodyOf(source)).toEqual([
      "b0:",
      "br i1 %v0, label %b1, label %b0.else",
      "b0.else:",
      "br label %b1",
      "b1:",
      "%v3 = phi float [ %v1, %b0 ], [ %v2, %b0.else ]",
      "ret float %v3",
    ]);
  });

  test("loop hints and branch weights are metadata, each loop with a node of its own", () => {
    const text = textOf(`llvm.func @f(%c: i1) {
      llvm.br ^a
    ^a:
      llvm.cond_br %c weights([3, 1]), ^a, ^b {loop_annotation = #llvm.loop_annotation<vectorize = <disable = true>, unroll = <disable = true>>}
    ^b:
      llvm.cond_br %c, ^b, ^end {loop_annotation = #llvm.loop_annotation<unroll = <disable = true>>}
    ^end:
      llvm.return
    }`);
    expect(text).toContain("br i1 %v0, label %b1, label %b2, !prof !0, !llvm.loop !3");
    expect(text).toContain("br i1 %v0, label %b2, label %b3, !llvm.loop !4");
    expect(text).toContain('!0 = !{!"branch_weights", i32 3, i32 1}');
    expect(text).toContain("!3 = distinct !{!3, !1, !2}");
    expect(text).toContain("!4 = distinct !{!4, !1}");
    expect(text).toContain('!1 = !{!"llvm.loop.unroll.disable"}');
    expect(text).toContain('!2 = !{!"llvm.loop.vectorize.enable", i1 false}');
  });
});

describe("functions and globals", () => {
  test("signatures carry attributes; groups are shared", () => {
    const text = textOf(
      `
      llvm.func @g(f32) -> f32
      llvm.func internal @f(%p: !llvm.ptr {llvm.noalias, llvm.align = 64 : i64, anemone.input = "x"}) attributes {passthrough = ["noinline", ["key", "value"]]} {
        llvm.return
      }`,
      { functionAttributes: ["nounwind"] },
    );
    expect(text).toContain("declare float @g(float) #0");
    expect(text).toContain("define internal void @f(ptr align 64 noalias %v0) #1 {");
    expect(text).toContain("attributes #0 = { nounwind }");
    expect(text).toContain('attributes #1 = { nounwind noinline "key"="value" }');
  });

  test("names that are no identifiers are quoted", () => {
    const text = textOf('llvm.mlir.global external @"a b\\"c"() : i32');
    expect(text).toContain('@"a b\\22c" = external global i32');
  });

  test("large constants are declared and listed, small ones written", () => {
    const elements = Array.from({ length: 400 }, (_, position) => `${position}.0`).join(", ");
    const source = `
      llvm.mlir.global internal constant @small(dense<[1.0, 2.0]> : tensor<2xf32>) {alignment = 64 : i64} : !llvm.array<2 x f32>
      llvm.mlir.global internal constant @zeros(dense<0.0> : tensor<100000xf32>) : !llvm.array<100000 x f32>
      llvm.mlir.global internal constant @large(dense<[${elements}]> : tensor<400xf32>) : !llvm.array<400 x f32>
      llvm.mlir.global internal @changing(dense<[${elements}]> : tensor<400xf32>) : !llvm.array<400 x f32>
      llvm.mlir.global internal constant @text("hi\\00") : !llvm.array<3 x i8>`;
    const { text, constants } = llvmIrText(parse(source, context));
    expect(constants.map(({ symbol, value }) => [symbol, value.type.count])).toEqual([["large", 400]]);
    expect(text).toContain(
      "@small = internal constant [2 x float] [float 0x3FF0000000000000, float 0x4000000000000000], align 64",
    );
    expect(text).toContain("@zeros = internal constant [100000 x float] zeroinitializer");
    expect(text).toContain("@large = external constant [400 x float], align 64");
    expect(text).toContain("@changing = internal global [400 x float] [float 0x0000000000000000, float 0x3FF");
    expect(text).toContain('@text = internal constant [3 x i8] c"hi\\00"');
    expect(llvmIrText(parse(source, context), { inlineAll: true }).constants).toEqual([]);
  });
});

describe("refusals", () => {
  test("operations of other dialects are named with their place", () => {
    const message = errorOf(() => textOf("func.func private @f(i32)"));
    expect(message).toMatch(/^in\.mlir:1:1: error: 'func\.func' op cannot be written as LLVM IR: a module may hold/);
  });

  test("a type that LLVM lacks is named", () => {
    expect(errorOf(() => textOf("llvm.mlir.global internal constant @g(1 : index) : index"))).toContain(
      "the type index does not exist",
    );
  });

  test("branches to the entry block are refused", () => {
    expect(errorOf(() => textOf("llvm.func @f() {\n^entry:\n  llvm.br ^entry\n}"))).toContain(
      "branches to its entry block",
    );
  });

  test("weights that are not at hand are refused when they are asked for", () => {
    const source =
      "llvm.mlir.global internal constant @w(dense_resource<gone> : tensor<400xf32>) : !llvm.array<400 x f32>";
    const { constants } = llvmIrText(parse(source, context));
    expect(() => constants[0]!.value.value).toThrow("the data of dense_resource<gone> are not at hand");
  });
});
