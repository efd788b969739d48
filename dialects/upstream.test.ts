/**
 * The dialects with an upstream name agree with upstream: what we print, mlir-opt reads, and the other way round, with
 * the same meaning (its generic form) whichever way the text went; and what its verifier refuses, ours refuses.
 */
import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { type AnyDefinition, Context } from "../ir/context.ts";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import type { Operation } from "../ir/operation.ts";
import { parse } from "../ir/parser/parse.ts";
import { print } from "../ir/printer/print.ts";
import { verify } from "../ir/verifier.ts";
import { upstreamDialects } from "./index.ts";
import { tensor } from "./tensor/index.ts";
import { upstreamTensorOps } from "./tensor/upstream/ops.ts";
import { missingMlirOpt, mlirOpt, mlirOptEach } from "./upstream/mlir-opt.ts";

const context = new Context([...upstreamDialects, tensor], { allowUnregistered: true });
const definitions: readonly AnyDefinition[] = [...upstreamDialects.flatMap((each) => each.ops), ...upstreamTensorOps];

function read(text: string): Operation {
  const program = parse(text, context);
  verify(program, context);
  return program;
}

const custom = (text: string) => print(read(text));
const generic = (text: string) => print(read(text), { generic: true });

const examples = definitions.map((definition) => ({ name: definition.name, text: definition.options.example ?? "" }));

describe("every op's example", () => {
  test.each(examples)("$name is used, verifies and round-trips in both forms", ({ name, text }) => {
    const program = read(text);
    const names = new Set<string>();
    program.walk((operation) => names.add(operation.name));
    expect(names).toContain(name);
    expect(generic(custom(text))).toBe(print(program, { generic: true }));
    expect(generic(generic(text))).toBe(print(program, { generic: true }));
  });
});

const folder = new URL("./upstream/programs/", import.meta.url);
const programs = readdirSync(folder).map((file) => ({ name: file, text: readFileSync(new URL(file, folder), "utf8") }));
const all = [...examples, ...programs];

describe.skipIf(missingMlirOpt !== undefined)(
  `agreement with mlir-opt${missingMlirOpt ? ` (${missingMlirOpt})` : ""}`,
  () => {
    let meaning: readonly string[] = [];
    const ways = new Map<string, readonly string[]>();

    /** A resource's key is made of its content by us, and may differ. */
    const withoutKeys = (text: string) => text.replaceAll(/blob1_[0-9a-f]+/g, "blob1");
    const judge = (texts: readonly string[]) => mlirOptEach(texts, ["--mlir-print-op-generic"]).map(withoutKeys);

    beforeAll(() => {
      const texts = all.map(({ text }) => text);
      const inline = (text: string, isGeneric: boolean) =>
        print(read(text), { generic: isGeneric, inlineResources: true });
      meaning = judge(texts);
      ways.set("our custom form", judge(texts.map((text) => inline(text, false))));
      ways.set("our generic form", judge(texts.map((text) => inline(text, true))));
      ways.set("our custom form of its generic form", judge(meaning.map((text) => inline(text, false))));
      ways.set("our generic form of its custom form", judge(mlirOptEach(texts).map((text) => inline(text, true))));
    }, 120_000);

    test.each(all.map(({ name }, position) => ({ name, position })))("$name", ({ position }) => {
      for (const [way, texts] of ways) expect(texts[position], way).toBe(withoutKeys(meaning[position]!));
    });
  },
);

/** Texts that MLIR's verifier refuses. */
const wrong: readonly (readonly [string, string])[] = [
  [
    "a call with other types",
    'func.func private @g(f32)\n%x = "test.source"() : () -> i32\nfunc.call @g(%x) : (i32) -> ()',
  ],
  ["a call of nothing", "func.call @missing() : () -> ()"],
  ["a return of another type", 'func.func @f(%x: i32) -> f32 {\n  "func.return"(%x) : (i32) -> ()\n}'],
  [
    "a function whose block has other arguments",
    '"func.func"() <{function_type = (f32) -> (), sym_name = "f"}> ({\n^bb0(%x: i32):\n  "func.return"() : () -> ()\n}) : () -> ()',
  ],
  [
    "an addition of two types",
    '%x, %y = "test.source"() : () -> (i32, f32)\n%r = "arith.addi"(%x, %y) <{overflowFlags = #arith.overflow<none>}> : (i32, f32) -> i32',
  ],
  ["an addition of floats as integers", '%x = "test.source"() : () -> f32\n%r = arith.addi %x, %x : f32'],
  ["a widening that narrows", '%x = "test.source"() : () -> i32\n%r = arith.extsi %x : i32 to i16'],
  [
    "a comparison without a known predicate",
    '%x = "test.source"() : () -> i32\n%r = "arith.cmpi"(%x, %x) <{predicate = 10 : i64}> : (i32, i32) -> i1',
  ],
  ["a constant of another type", '%r = "arith.constant"() <{value = 1 : i32}> : () -> i64'],
  [
    "a loop that yields too little",
    '%i, %x = "test.source"() : () -> (index, f32)\n%r = scf.for %j = %i to %i step %i iter_args(%c = %x) -> (f32) {\n  "scf.yield"() : () -> ()\n}',
  ],
  [
    "a loop without yield",
    '%i = "test.source"() : () -> index\n"scf.for"(%i, %i, %i) ({\n^bb0(%j: index):\n  "test.end"() : () -> ()\n}) : (index, index, index) -> ()',
  ],
  [
    "a condition with results but no else",
    '%c, %x = "test.source"() : () -> (i1, f32)\n%r = "scf.if"(%c) ({\n  "scf.yield"(%x) : (f32) -> ()\n}, {\n}) : (i1) -> f32',
  ],
  [
    "a load with too few indices",
    '%m, %i = "test.source"() : () -> (memref<4x4xf32>, index)\n%r = "memref.load"(%m, %i) : (memref<4x4xf32>, index) -> f32',
  ],
  [
    "a store of another type",
    '%m, %i, %x = "test.source"() : () -> (memref<4xf32>, index, i32)\n"memref.store"(%x, %m, %i) : (i32, memref<4xf32>, index) -> ()',
  ],
  [
    "an allocation without its size",
    '%r = "memref.alloc"() <{operandSegmentSizes = array<i32: 0, 0>}> : () -> memref<?xf32>',
  ],
  [
    "a global of another shape",
    '"memref.global"() <{initial_value = dense<1.0> : tensor<3xf32>, sym_name = "g", type = memref<2xf32>}> : () -> ()',
  ],
  ["a global that is not there", "%r = memref.get_global @missing : memref<2xf32>"],
  [
    "a view of the wrong type",
    '%m = "test.source"() : () -> memref<4x4xf32>\n%r = memref.subview %m[0, 0] [2, 2] [1, 1] : memref<4x4xf32> to memref<2x2xf32, strided<[2, 1]>>',
  ],
  [
    "a collapse that does not fit",
    '%m = "test.source"() : () -> memref<4x4xf32>\n%r = memref.collapse_shape %m [[0, 1]] : memref<4x4xf32> into memref<8xf32>',
  ],
  [
    "a slice of the wrong size",
    '%t = "test.source"() : () -> tensor<4x4xf32>\n%r = tensor.extract_slice %t[0, 0] [2, 2] [1, 1] : tensor<4x4xf32> to tensor<2x3xf32>',
  ],
  [
    "a padding of the wrong size",
    '%t, %x = "test.source"() : () -> (tensor<4xf32>, f32)\n%r = tensor.pad %t low[1] high[1] {\n^bb0(%i: index):\n  tensor.yield %x : f32\n} : tensor<4xf32> to tensor<5xf32>',
  ],
  ["too few elements", '%x = "test.source"() : () -> f32\n%r = tensor.from_elements %x : tensor<2xf32>'],
  [
    "a concatenation that does not fit",
    '%a, %b = "test.source"() : () -> (tensor<2x3xf32>, tensor<2x4xf32>)\n%r = tensor.concat dim(0) %a, %b : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<4x3xf32>',
  ],
  [
    "a vector element out of range",
    '%v = "test.source"() : () -> vector<4xf32>\n%r = vector.extract %v[4] : f32 from vector<4xf32>',
  ],
  [
    "a shuffle out of range",
    '%v = "test.source"() : () -> vector<4xf32>\n%r = vector.shuffle %v, %v [8] : vector<4xf32>, vector<4xf32>',
  ],
  [
    "a mask of another shape",
    '%m, %i, %k, %v = "test.source"() : () -> (memref<8xf32>, index, vector<2xi1>, vector<4xf32>)\n%r = vector.maskedload %m[%i], %k, %v : memref<8xf32>, vector<2xi1>, vector<4xf32> into vector<4xf32>',
  ],
  [
    "a structured op with a map too few",
    '%x = "test.source"() : () -> tensor<4xf32>\n%r = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) {\n^bb0(%a: f32, %b: f32):\n  linalg.yield %a : f32\n} -> tensor<4xf32>',
  ],
  [
    "a structured op with other sizes",
    '%x, %y = "test.source"() : () -> (tensor<4xf32>, tensor<5xf32>)\n%r = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%y : tensor<5xf32>) {\n^bb0(%a: f32, %b: f32):\n  linalg.yield %a : f32\n} -> tensor<5xf32>',
  ],
  [
    "a structured op that yields another type",
    '%x = "test.source"() : () -> tensor<4xf32>\n%i = "test.source"() : () -> i32\n%r = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]} outs(%x : tensor<4xf32>) {\n^bb0(%b: f32):\n  linalg.yield %i : i32\n} -> tensor<4xf32>',
  ],
  ["a branch with other types", "func.func @f(%x: f32) {\n  cf.br ^next(%x : f32)\n^next(%y: i32):\n  return\n}"],
  ["an llvm function that returns another type", "llvm.func @f(%x: i32) -> f32 {\n  llvm.return %x : i32\n}"],
  [
    "an llvm part that is not there",
    '%s = "test.source"() : () -> !llvm.struct<(i32)>\n%r = "llvm.extractvalue"(%s) <{position = array<i64: 1>}> : (!llvm.struct<(i32)>) -> i32',
  ],
  [
    "an llvm element address with too few indices",
    '%p = "test.source"() : () -> !llvm.ptr\n%r = "llvm.getelementptr"(%p) <{elem_type = f32, rawConstantIndices = array<i32: -2147483648>}> : (!llvm.ptr) -> !llvm.ptr',
  ],
];

describe("the verifier refuses", () => {
  test.each(wrong)("%s", (_, text) => {
    expect(() => read(text)).toThrow(DiagnosticError);
  });
  test.skipIf(missingMlirOpt !== undefined).each(wrong)("%s, as mlir-opt does", (_, text) => {
    expect(mlirOpt(text).status).not.toBe(0);
  });
});

test("locations of parameters with attributes are kept", () => {
  const text = `func.func @f(%x: f32 {test.a} loc("x"), %y: f32 loc("y")) {\n  return loc("end")\n} loc("f")`;
  const printed = print(read(text), { debugInfo: true, localScope: true });
  expect(printed).toContain('%x: f32 {test.a} loc("x"), %y: f32 loc("y")');
  expect(print(read(printed), { debugInfo: true, localScope: true })).toBe(printed);
});
