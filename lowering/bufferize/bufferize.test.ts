import { describe, expect, it } from "vitest";
import { upstreamDialects } from "../../dialects/index.ts";
import { tensor } from "../../dialects/tensor/index.ts";
import { Context } from "../../ir/context.ts";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { MemRefType } from "../../ir/types.ts";
import { instantiate } from "../../passes/pass.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { bufferize } from "./bufferize.ts";

const context = new Context([...upstreamDialects, tensor]);

interface Bufferised {
  readonly module: Operation;
  readonly text: string;
  /** Bytes of @main's arena and how many copies remain. */
  readonly remark: string;
}

function run(text: string): Bufferised {
  const module = parse(text, context);
  const remarks: string[] = [];
  new PassManager([instantiate(bufferize)], context, { onRemark: ({ message }) => remarks.push(message) }).run(module);
  return { module, text: print(module), remark: remarks.join("; ") };
}

function operations(module: Operation, name: string): Operation[] {
  const found: Operation[] = [];
  module.walk((operation) => {
    if (operation.name === name) found.push(operation);
  });
  return found;
}

const double = (result: string, input: string, shape: string, destination: string) => `
  ${result} = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(${input} : tensor<${shape}xf32>) outs(${destination} : tensor<${shape}xf32>) {
  ^bb0(%in: f32, %out: f32):
    %sum = arith.addf %in, %in : f32
    linalg.yield %sum : f32
  } -> tensor<${shape}xf32>`;

describe("bufferize", () => {
  it("computes results in the caller's buffers", () => {
    const { text, remark } = run(`
func.func @main(%x: tensor<4x8xf32> {anemone.input = "x"}) -> (tensor<4x8xf32> {anemone.output = "y"}) {
  %e = tensor.empty() : tensor<4x8xf32>
  ${double("%y", "%x", "4x8", "%e")}
  return %y : tensor<4x8xf32>
}`);
    expect(remark).toBe("arena of 64 bytes; 0 copies");
    expect(text).toContain(
      `@main(%x: memref<4x8xf32> {anemone.input = "x", anemone.type = tensor<4x8xf32>}, %y: memref<4x8xf32> {anemone.output = "y", anemone.type = tensor<4x8xf32>}, %arena: memref<64xi8> {anemone.arena, anemone.type = tensor<64xi8>})`,
    );
    expect(text).toContain("ins(%x : memref<4x8xf32>) outs(%y : memref<4x8xf32>)");
  });

  it("concatenates without copies", () => {
    const { text, remark } = run(`
func.func @main(%x: tensor<4x8xf32>) -> tensor<4x16xf32> {
  %e = tensor.empty() : tensor<4x8xf32>
  ${double("%a", "%x", "4x8", "%e")}
  ${double("%b", "%a", "4x8", "%e")}
  %all = tensor.empty() : tensor<4x16xf32>
  %1 = tensor.insert_slice %a into %all[0, 0] [4, 8] [1, 1] : tensor<4x8xf32> into tensor<4x16xf32>
  %2 = tensor.insert_slice %b into %1[0, 8] [4, 8] [1, 1] : tensor<4x8xf32> into tensor<4x16xf32>
  return %2 : tensor<4x16xf32>
}`);
    expect(remark).toBe("arena of 64 bytes; 0 copies");
    expect(text).not.toContain("linalg.copy");
  });

  it("copies what is inserted twice", () => {
    const { module, remark } = run(`
func.func @main(%x: tensor<4x8xf32>) -> tensor<4x16xf32> {
  %e = tensor.empty() : tensor<4x8xf32>
  ${double("%a", "%x", "4x8", "%e")}
  %all = tensor.empty() : tensor<4x16xf32>
  %1 = tensor.insert_slice %a into %all[0, 0] [4, 8] [1, 1] : tensor<4x8xf32> into tensor<4x16xf32>
  %2 = tensor.insert_slice %a into %1[0, 8] [4, 8] [1, 1] : tensor<4x8xf32> into tensor<4x16xf32>
  return %2 : tensor<4x16xf32>
}`);
    expect(remark).toContain("1 copies");
    expect(operations(module, "linalg.copy")).toHaveLength(1);
  });

  it("copies an argument that is returned, and a result that is returned twice", () => {
    const { remark } = run(`
func.func @main(%x: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>) {
  %e = tensor.empty() : tensor<4x8xf32>
  ${double("%a", "%x", "4x8", "%e")}
  return %x, %a, %a : tensor<4x8xf32>, tensor<4x8xf32>, tensor<4x8xf32>
}`);
    expect(remark).toContain("2 copies");
  });

  it("overwrites a dying input, but not one that is still needed", () => {
    const chain = run(`
func.func @main(%x: tensor<4x8xf32>) -> tensor<8x4xf32> {
  %e = tensor.empty() : tensor<4x8xf32>
  ${double("%a", "%x", "4x8", "%e")}
  ${double("%b", "%a", "4x8", "%e")}
  ${double("%c", "%b", "4x8", "%e")}
  %t = tensor.empty() : tensor<8x4xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%c : tensor<4x8xf32>) outs(%t : tensor<8x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<8x4xf32>
  return %y : tensor<8x4xf32>
}`);
    expect(chain.remark).toBe("arena of 192 bytes; 0 copies");
    const needed = run(`
func.func @main(%x: tensor<4x8xf32>) -> (tensor<8x4xf32>, tensor<4x8xf32>) {
  %e = tensor.empty() : tensor<4x8xf32>
  ${double("%a", "%x", "4x8", "%e")}
  ${double("%b", "%a", "4x8", "%e")}
  %t = tensor.empty() : tensor<8x4xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%a : tensor<4x8xf32>) outs(%t : tensor<8x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<8x4xf32>
  return %y, %b : tensor<8x4xf32>, tensor<4x8xf32>
}`);
    expect(needed.text).toContain("memref.view %arena");
    expect(needed.remark).toBe("arena of 192 bytes; 0 copies");
  });

  it("does not let a fill run over a value that was computed before it", () => {
    const { module } = run(`
func.func @main(%x: tensor<4x8xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x8xf32>
  ${double("%a", "%x", "4x8", "%e")}
  %all = tensor.empty() : tensor<4x16xf32>
  %filled = linalg.fill ins(%zero : f32) outs(%all : tensor<4x16xf32>) -> tensor<4x16xf32>
  %1 = tensor.insert_slice %a into %filled[0, 4] [4, 8] [1, 1] : tensor<4x8xf32> into tensor<4x16xf32>
  return %1 : tensor<4x16xf32>
}`);
    expect(operations(module, "linalg.copy")).toHaveLength(1);
  });

  it("computes the inside of a padding in place where rows are long, and writes the border around it", () => {
    const padded = (rows: number, columns: number) =>
      run(`
func.func @main(%x: tensor<${rows}x${columns}xf32>) -> tensor<${rows + 2}x${columns + 3}xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<${rows}x${columns}xf32>
  ${double("%a", "%x", `${rows}x${columns}`, "%e")}
  %p = tensor.pad %a low[1, 2] high[1, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero : f32
  } : tensor<${rows}x${columns}xf32> to tensor<${rows + 2}x${columns + 3}xf32>
  return %p : tensor<${rows + 2}x${columns + 3}xf32>
}`);
    const long = padded(4, 32);
    expect(long.remark).toBe("arena of 64 bytes; 0 copies");
    expect(operations(long.module, "linalg.fill")).toHaveLength(4);
    const short = padded(4, 5);
    expect(short.remark).toContain("1 copies");
    expect(operations(short.module, "linalg.fill")).toHaveLength(1);
  });

  it("reshapes and slices by views", () => {
    const { module, remark } = run(`
func.func @main(%x: tensor<4x8xf32>) -> tensor<16xf32> {
  %e = tensor.empty() : tensor<4x8xf32>
  ${double("%a", "%x", "4x8", "%e")}
  %s = tensor.extract_slice %a[1, 0] [2, 8] [1, 1] : tensor<4x8xf32> to tensor<2x8xf32>
  %d = tensor.empty() : tensor<2x8xf32>
  ${double("%b", "%s", "2x8", "%d")}
  %y = tensor.collapse_shape %b [[0, 1]] : tensor<2x8xf32> into tensor<16xf32>
  return %y : tensor<16xf32>
}`);
    expect(remark).toContain("0 copies");
    expect(operations(module, "memref.subview")).toHaveLength(1);
    expect(operations(module, "memref.expand_shape")).toHaveLength(1);
  });

  it("shares equal constants as one global and leaves their bytes alone", () => {
    const { module } = run(`
func.func @main(%x: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<2x2xf32>) {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %v = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  ${double("%a", "%w", "2x2", "%e")}
  ${double("%b", "%v", "2x2", "%e")}
  return %a, %b : tensor<2x2xf32>, tensor<2x2xf32>
}`);
    expect(operations(module, "memref.global")).toHaveLength(1);
  });

  it("gives buffers that live at the same time different bytes", () => {
    const { module } = run(`
func.func @main(%x: tensor<4x8xf32>) -> tensor<8x4xf32> {
  %e = tensor.empty() : tensor<4x8xf32>
  %t = tensor.empty() : tensor<8x4xf32>
  ${double("%a", "%x", "4x8", "%e")}
  %b = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%a : tensor<4x8xf32>) outs(%t : tensor<8x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<8x4xf32>
  %c = linalg.generic {indexing_maps = [affine_map<(i, j) -> (7 - i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%b : tensor<8x4xf32>) outs(%t : tensor<8x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    linalg.yield %in : f32
  } -> tensor<8x4xf32>
  return %c : tensor<8x4xf32>
}`);
    const views = operations(module, "memref.view");
    const offsets = new Set(views.map((view) => String(view.operand(1).definer?.attribute("value"))));
    expect(views).toHaveLength(2);
    expect(offsets.size).toBe(2);
  });

  it("refuses operations that have no meaning on buffers", () => {
    expect(() =>
      run(`
func.func @main(%x: tensor<4xf32>, %n: tensor<1xindex>) -> tensor<2x2xf32> {
  %s = arith.constant dense<2> : tensor<2xindex>
  %r = tensor.reshape %x(%s) : (tensor<4xf32>, tensor<2xindex>) -> tensor<2x2xf32>
  return %r : tensor<2x2xf32>
}`),
    ).toThrow("cannot be bufferised: lower it to structured operations first");
  });

  it("leaves functions on buffers alone", () => {
    const text = "func.func @main(%x: memref<4xf32>) {\n  return\n}";
    const module = parse(text, context);
    expect(new PassManager([instantiate(bufferize)], context).run(module)).toBe(false);
    expect(operations(module, "func.func")[0]?.regions[0]?.entry?.arguments[0]?.type).toBeInstanceOf(MemRefType);
  });
});
