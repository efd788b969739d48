/** Weights move to @prepare: before and after, what stays, and that the parts together compute the same. */
import { describe, expect, it } from "vitest";
import { functionsOf } from "../../dialects/func/index.ts";
import { evaluateFunction } from "../../ir/evaluate.ts";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import type { TensorData } from "../../ir/tensor-data.ts";
import { instantiate } from "../../passes/pass.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { fusedToLinalg } from "../fused-to-linalg/index.ts";
import { randomNumbers, randomTensor, run, testContext } from "../fused-to-linalg/testing.ts";
import { hoistWeights } from "./hoist-weights.ts";

const hoist = (module: Operation): boolean => new PassManager([instantiate(hoistWeights)], testContext).run(module);

/** Runs @prepare, then @main with what it gave behind its own inputs. */
function runPrepared(module: Operation, inputs: readonly TensorData[]): readonly TensorData[] {
  const functions = functionsOf(module);
  const prepared = evaluateFunction(functions.get("prepare")!, [], testContext);
  return evaluateFunction(functions.get("main")!, [...inputs, ...prepared], testContext);
}

const program = `func.func @main(%x: tensor<2x3xf32> {anemone.input = "x"}) -> (tensor<2x2xf32> {anemone.output = "y"}, tensor<3x2xf32>) {
  %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
  %k = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %one = arith.constant dense<1.0> : tensor<f32>
  %s = tensor.mul %w, %k : tensor<3x2xf32>, tensor<2xf32>
  %t = tensor.add %s, %one : tensor<3x2xf32>, tensor<f32>
  %y = tensor.matmul %x, %t : tensor<2x3xf32>, tensor<3x2xf32>
  %z = tensor.add %y, %k : tensor<2x2xf32>, tensor<2xf32>
  func.return %z, %s : tensor<2x2xf32>, tensor<3x2xf32>
}`;

describe("hoist-weights", () => {
  it("moves what depends on constants alone", () => {
    const module = parse(program, testContext);
    expect(hoist(module)).toBe(true);
    expect(print(module).trim()).toBe(
      `module {
  func.func @main(%x: tensor<2x3xf32> {anemone.input = "x"}, %s: tensor<3x2xf32> {anemone.prepared = "w0"}, %t: tensor<3x2xf32> {anemone.prepared = "w1"}) -> (tensor<2x2xf32> {anemone.output = "y"}, tensor<3x2xf32>) {
    %k = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
    %y = tensor.matmul %x, %t : tensor<2x3xf32>, tensor<3x2xf32>
    %z = tensor.add %y, %k : tensor<2x2xf32>, tensor<2xf32>
    return %z, %s : tensor<2x2xf32>, tensor<3x2xf32>
  }
  func.func @prepare() -> (tensor<3x2xf32> {anemone.prepared = "w0"}, tensor<3x2xf32> {anemone.prepared = "w1"}) {
    %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
    %k = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
    %s = tensor.mul %w, %k : tensor<3x2xf32>, tensor<2xf32>
    %one = arith.constant dense<1.0> : tensor<f32>
    %t = tensor.add %s, %one : tensor<3x2xf32>, tensor<f32>
    return %s, %t : tensor<3x2xf32>, tensor<3x2xf32>
  }
}`,
    );
  });

  it("keeps the meaning", () => {
    const input = randomTensor([2, 3], "f32", -2, 2, randomNumbers(5));
    const before = run(parse(program, testContext), [input]);
    const module = parse(program, testContext);
    hoist(module);
    expect(runPrepared(module, [input])).toEqual(before);
  });

  it("changes nothing the second time", () => {
    const module = parse(program, testContext);
    hoist(module);
    const once = print(module);
    expect(hoist(module)).toBe(false);
    expect(print(module)).toBe(once);
  });

  it("adds to a @prepare that is there, from what it gives already", () => {
    const module = parse(program, testContext);
    hoist(module);
    const text = print(module)
      .replace("tensor.matmul %x, %t :", "tensor.matmul %x, %n :")
      .replace("%y =", "%n = tensor.neg %t : tensor<3x2xf32>\n    %y =");
    const again = parse(text, testContext);
    const input = randomTensor([2, 3], "f32", -2, 2, randomNumbers(6));
    const before = runPrepared(again, [input]);
    expect(hoist(again)).toBe(true);
    const prepare = print(functionsOf(again).get("prepare")!);
    expect(prepare).toContain('anemone.prepared = "w2"');
    expect(prepare).toContain("tensor.neg");
    expect(runPrepared(again, [input]).map(({ data }) => [...(data as Float32Array)])).toEqual(
      before.map(({ data }) => [...(data as Float32Array)]),
    );
  });

  it("leaves broadcasts and constants of equal elements where they are", () => {
    const text = `func.func @main(%x: tensor<64x64xf32>) -> tensor<64x64xf32> {
      %b = arith.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
      %c = arith.constant dense<1.0> : tensor<64x64xf32>
      %wide = tensor.broadcast %b : (tensor<2x1xf32>) -> tensor<32x2x64xf32>
      %flat = tensor.static_reshape %wide : (tensor<32x2x64xf32>) -> tensor<64x64xf32>
      %n = tensor.neg %c : tensor<64x64xf32>
      %y = tensor.add %x, %flat : tensor<64x64xf32>, tensor<64x64xf32>
      %z = tensor.add %y, %n : tensor<64x64xf32>, tensor<64x64xf32>
      func.return %z : tensor<64x64xf32>
    }`;
    const module = parse(text, testContext);
    expect(hoist(module)).toBe(false);
    expect(functionsOf(module).has("prepare")).toBe(false);
  });

  it("works at the linalg level", () => {
    const module = parse(program, testContext);
    new PassManager([instantiate(fusedToLinalg)], testContext).run(module);
    const input = randomTensor([2, 3], "f32", -2, 2, randomNumbers(7));
    const before = run(module, [input]);
    expect(hoist(module)).toBe(true);
    expect(runPrepared(module, [input])).toEqual(before);
  });
});
