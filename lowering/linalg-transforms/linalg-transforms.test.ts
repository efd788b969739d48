import { describe, expect, it } from "vitest";
import { functionDefinition } from "../../dialects/func/ops.ts";
import { upstreamDialects } from "../../dialects/index.ts";
import { tensor } from "../../dialects/tensor/index.ts";
import { Context } from "../../ir/context.ts";
import { evaluateFunction } from "../../ir/evaluate.ts";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { setNumber, type TensorData, zeros } from "../../ir/tensor-data.ts";
import { elementNameOf, TensorType } from "../../ir/types.ts";
import { instantiate } from "../../passes/pass.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { linalgCollapseDimensions, linalgFuseElementwise, linalgTransposeOperands } from "./index.ts";

const context = new Context([...upstreamDialects, tensor]);

function results(module: Operation): readonly TensorData[] {
  const func = functionDefinition.cast(module.regions[0]!.onlyBlock.first!);
  const inputs = func.function_type.inputs.map((type, seed) => {
    if (!(type instanceof TensorType)) throw new Error("expects tensors");
    const data = zeros(type.shape, elementNameOf(type.element)!);
    for (let position = 0; position < data.data.length; position++)
      setNumber(data, position, ((position * 7 + seed * 3) % 11) - 5);
    return data;
  });
  return evaluateFunction(func, inputs, context);
}

/** Transforms a module, checks that it computes the same as before, and gives its text. */
function transform(text: string): string {
  const module = parse(text, context);
  const before = results(module);
  const passes = [linalgFuseElementwise, linalgCollapseDimensions, linalgTransposeOperands];
  new PassManager(
    passes.map((each) => instantiate(each)),
    context,
  ).run(module);
  expect(results(module)).toEqual(before);
  return print(module);
}

const count = (text: string, what: string) => text.split(what).length - 1;

/** `%result = f(%input)` on a matrix, where f is a list of body lines on `%a` that ends in `%r`. */
const map = (
  result: string,
  input: string,
  body: string,
  maps = ["(i, j) -> (i, j)", "(i, j) -> (i, j)"],
  types = ["4x6", "4x6"],
) => `
  %e${result.slice(1)} = tensor.empty() : tensor<${types[1]}xf32>
  ${result} = linalg.generic {indexing_maps = [affine_map<${maps[0]}>, affine_map<${maps[1]}>], iterator_types = ["parallel", "parallel"]} ins(${input} : tensor<${types[0]}xf32>) outs(%e${result.slice(1)} : tensor<${types[1]}xf32>) {
  ^bb0(%a: f32, %c: f32):
    ${body}
    linalg.yield %r : f32
  } -> tensor<${types[1]}xf32>`;
const twice = "%r = arith.addf %a, %a : f32";
const negated = "%r = arith.negf %a : f32";

describe("linalg-fuse-elementwise", () => {
  it("computes a chain in one body", () => {
    const text = transform(
      `func.func @main(%x: tensor<4x6xf32>) -> tensor<4x6xf32> {${map("%y", "%x", twice)}${map("%z", "%y", negated)}\n  return %z : tensor<4x6xf32>\n}`,
    );
    expect(count(text, "linalg.generic")).toBe(1);
    expect(text).toMatch(/arith\.addf[^\n]*\n\s*%\w+ = arith\.negf/);
  });

  it("reads through a transposition instead of storing it", () => {
    const swap = map(
      "%y",
      "%x",
      "%r = arith.addf %a, %a : f32",
      ["(i, j) -> (j, i)", "(i, j) -> (i, j)"],
      ["6x4", "4x6"],
    );
    const text = transform(
      `func.func @main(%x: tensor<6x4xf32>) -> tensor<4x6xf32> {${swap}${map("%z", "%y", negated)}\n  return %z : tensor<4x6xf32>\n}`,
    );
    expect(count(text, "linalg.generic")).toBe(1);
    expect(text).toContain("affine_map<(d0, d1) -> (d1, d0)>");
  });

  it("keeps a producer that is used twice", () => {
    const text = transform(
      `func.func @main(%x: tensor<4x6xf32>) -> (tensor<4x6xf32>, tensor<4x6xf32>) {${map("%y", "%x", twice)}${map("%z", "%y", negated)}\n  return %y, %z : tensor<4x6xf32>, tensor<4x6xf32>\n}`,
    );
    expect(count(text, "linalg.generic")).toBe(2);
  });

  it("computes an element once where the user looks at it often, but sees through a broadcast", () => {
    const product = (lhs: string) => `
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x5xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x5xf32>) -> tensor<4x5xf32>
  %p = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (k, j)>, affine_map<(i, j, k) -> (i, j)>], iterator_types = ["parallel", "parallel", "reduction"]} ins(${lhs}, %w : tensor<4x6xf32>, tensor<6x5xf32>) outs(%f : tensor<4x5xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %c, %m : f32
    linalg.yield %s : f32
  } -> tensor<4x5xf32>`;
    const kept = transform(
      `func.func @main(%x: tensor<4x6xf32>, %w: tensor<6x5xf32>) -> tensor<4x5xf32> {${map("%y", "%x", negated)}${product("%y")}\n  return %p : tensor<4x5xf32>\n}`,
    );
    expect(count(kept, "linalg.generic")).toBe(2);
    const broadcast = `
  %wide = tensor.empty() : tensor<4x6xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<6xf32>) outs(%wide : tensor<4x6xf32>) {
  ^bb0(%a: f32, %c: f32):
    linalg.yield %a : f32
  } -> tensor<4x6xf32>`;
    // Here only the broadcast says how often: the output keeps the bound of i.
    const seen = transform(
      `func.func @main(%x: tensor<6xf32>, %w: tensor<6x5xf32>) -> tensor<4x5xf32> {${broadcast}${product("%y")}\n  return %p : tensor<4x5xf32>\n}`,
    );
    expect(count(seen, "linalg.generic")).toBe(1);
  });

  it("fuses into a reduction that looks at each element once", () => {
    const sum = `
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]} ins(%y : tensor<4x6xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%a: f32, %c: f32):
    %t = arith.addf %c, %a : f32
    linalg.yield %t : f32
  } -> tensor<4xf32>`;
    const text = transform(
      `func.func @main(%x: tensor<4x6xf32>) -> tensor<4xf32> {${map("%y", "%x", "%r = arith.mulf %a, %a : f32")}${sum}\n  return %s : tensor<4xf32>\n}`,
    );
    expect(count(text, "linalg.generic")).toBe(1);
    expect(count(text, "linalg.fill")).toBe(1);
  });

  it("makes constants of equal elements, and fills, scalars of the body", () => {
    const add = (other: string) => `
  %e = tensor.empty() : tensor<4x6xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%x, ${other} : tensor<4x6xf32>, tensor<4x6xf32>) outs(%e : tensor<4x6xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %r = arith.addf %a, %b : f32
    linalg.yield %r : f32
  } -> tensor<4x6xf32>
  return %y : tensor<4x6xf32>`;
    const splat = transform(
      `func.func @main(%x: tensor<4x6xf32>) -> tensor<4x6xf32> {\n  %k = arith.constant dense<3.0> : tensor<4x6xf32>${add("%k")}\n}`,
    );
    expect(splat).toContain("ins(%x : tensor<4x6xf32>)");
    const filled = transform(
      `func.func @main(%x: tensor<4x6xf32>) -> tensor<4x6xf32> {\n  %three = arith.constant 3.0 : f32\n  %t = tensor.empty() : tensor<4x6xf32>\n  %k = linalg.fill ins(%three : f32) outs(%t : tensor<4x6xf32>) -> tensor<4x6xf32>${add("%k")}\n}`,
    );
    expect(filled).toContain("ins(%x : tensor<4x6xf32>)");
    expect(filled).not.toContain("linalg.fill");
    const same = transform(`func.func @main(%x: tensor<4x6xf32>) -> tensor<4x6xf32> {${add("%x")}\n}`);
    expect(same).toContain("ins(%x : tensor<4x6xf32>)");
  });

  it("drops a copy in the same order", () => {
    const text = transform(
      `func.func @main(%x: tensor<4x6xf32>) -> tensor<4x6xf32> {${map("%y", "%x", "", undefined, undefined).replace("%r : f32", "%a : f32")}\n  return %y : tensor<4x6xf32>\n}`,
    );
    expect(text).not.toContain("linalg.generic");
  });
});

describe("padding and slices", () => {
  const pad = (result: string, input: string, from: string, low: string, high: string, to: string, value = "%zero") => `
  ${result} = tensor.pad ${input} low[${low}] high[${high}] {
  ^bb0(%i: index, %j: index):
    tensor.yield ${value} : f32
  } : tensor<${from}xf32> to tensor<${to}xf32>`;

  it("drops empty padding and merges padding by one value", () => {
    const text = transform(`func.func @main(%x: tensor<4x6xf32>) -> tensor<7x9xf32> {
  %zero = arith.constant 0.0 : f32${pad("%a", "%x", "4x6", "0, 0", "0, 0", "4x6")}${pad("%b", "%a", "4x6", "1, 0", "1, 2", "6x8")}${pad("%c", "%b", "6x8", "0, 1", "1, 0", "7x9")}
  return %c : tensor<7x9xf32>
}`);
    expect(count(text, "tensor.pad")).toBe(1);
    expect(text).toContain("low[1, 1] high[2, 2]");
  });

  it("keeps padding by different values apart", () => {
    const text = transform(`func.func @main(%x: tensor<4x6xf32>) -> tensor<6x6xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32${pad("%a", "%x", "4x6", "1, 0", "0, 0", "5x6")}${pad("%b", "%a", "5x6", "1, 0", "0, 0", "6x6", "%one")}
  return %b : tensor<6x6xf32>
}`);
    expect(count(text, "tensor.pad")).toBe(2);
  });

  it("sees through slices that take out what was put in", () => {
    const text =
      transform(`func.func @main(%x: tensor<4x6xf32>, %t: tensor<8x6xf32>) -> (tensor<4x6xf32>, tensor<4x6xf32>) {
  %i = tensor.insert_slice %x into %t[2, 0] [4, 6] [1, 1] : tensor<4x6xf32> into tensor<8x6xf32>
  %o = tensor.extract_slice %i[2, 0] [4, 6] [1, 1] : tensor<8x6xf32> to tensor<4x6xf32>
  %all = tensor.empty() : tensor<4x6xf32>
  %w = tensor.insert_slice %x into %all[0, 0] [4, 6] [1, 1] : tensor<4x6xf32> into tensor<4x6xf32>
  return %o, %w : tensor<4x6xf32>, tensor<4x6xf32>
}`);
    expect(text).not.toContain("slice");
  });
});

describe("linalg-collapse-dimensions", () => {
  it("makes a matrix product of a 1×1 convolution", () => {
    const text = transform(`
func.func @main(%x: tensor<1x3x5x5xf32>, %w: tensor<4x3x1x1xf32>) -> tensor<1x4x5x5xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x4x5x5xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x4x5x5xf32>) -> tensor<1x4x5x5xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(n, o, h, w, i, u, v) -> (n, i, h + u, w + v)>, affine_map<(n, o, h, w, i, u, v) -> (o, i, u, v)>, affine_map<(n, o, h, w, i, u, v) -> (n, o, h, w)>], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]} ins(%x, %w : tensor<1x3x5x5xf32>, tensor<4x3x1x1xf32>) outs(%f : tensor<1x4x5x5xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %c, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x4x5x5xf32>
  return %y : tensor<1x4x5x5xf32>
}`);
    expect(text).toContain("affine_map<(d0, d1, d2, d3, d4) -> (d0, d4, d2, d3)>");
    expect(text).toContain("affine_map<(d0, d1, d2, d3, d4) -> (d1, d4, 0, 0)>");
  });
});

describe("linalg-transpose-operands", () => {
  const scores = (rows: number, summands: number) => `
func.func @main(%q: tensor<2x${rows}x${summands}xf32>, %k: tensor<2x17x${summands}xf32>) -> tensor<2x${rows}x17xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x${rows}x17xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x${rows}x17xf32>) -> tensor<2x${rows}x17xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(h, i, j, k) -> (h, i, k)>, affine_map<(h, i, j, k) -> (h, j, k)>, affine_map<(h, i, j, k) -> (h, i, j)>], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%q, %k : tensor<2x${rows}x${summands}xf32>, tensor<2x17x${summands}xf32>) outs(%f : tensor<2x${rows}x17xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %m = arith.mulf %a, %b : f32
    %t = arith.addf %c, %m : f32
    linalg.yield %t : f32
  } -> tensor<2x${rows}x17xf32>
  return %s : tensor<2x${rows}x17xf32>
}`;

  it("copies the second operand of a short product that is read often", () => {
    const text = transform(scores(20, 8));
    expect(text).toContain("tensor<2x8x17xf32>");
    expect(text).toContain("affine_map<(d0, d1, d2, d3) -> (d0, d3, d2)>");
  });

  it("leaves long products and rare reads alone", () => {
    expect(count(transform(scores(20, 300)), "linalg.generic")).toBe(1);
    expect(count(transform(scores(4, 8)), "linalg.generic")).toBe(1);
  });
});
