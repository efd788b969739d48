import { describe, expect, it } from "vitest";
import { Context } from "../../ir/context.ts";
import { evaluateFunction } from "../../ir/evaluate.ts";
import { parse } from "../../ir/parser/parse.ts";
import { numberToBf16, type TensorData } from "../../ir/tensor-data.ts";
import { upstreamDialects } from "../index.ts";
import { tensor } from "../tensor/index.ts";

const context = new Context([...upstreamDialects, tensor]);

function run(text: string, inputs: readonly TensorData[]): readonly TensorData[] {
  return evaluateFunction(parse(text, context).regions[0]!.onlyBlock.first!, inputs, context);
}

const f32 = (shape: readonly number[], ...values: number[]): TensorData => ({
  shape,
  element: "f32",
  data: Float32Array.from(values),
});

describe("structured operations on tensors", () => {
  it("adds products to what the output held", () => {
    const [result] = run(
      `func.func @main(%a: tensor<2x3xf32>, %b: tensor<3x2xf32>, %c: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %r = linalg.matmul ins(%a, %b : tensor<2x3xf32>, tensor<3x2xf32>) outs(%c : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %r : tensor<2x2xf32>
}`,
      [f32([2, 3], 1, 2, 3, 4, 5, 6), f32([3, 2], 1, 0, 0, 1, 1, 1), f32([2, 2], 10, 20, 30, 40)],
    );
    expect(result).toEqual(f32([2, 2], 14, 25, 40, 51));
  });

  it("leaves its operands as they are", () => {
    const start = f32([2], 1, 2);
    run(
      `func.func @main(%c: tensor<2xf32>) -> tensor<2xf32> {
  %z = arith.constant 0.0 : f32
  %r = linalg.fill ins(%z : f32) outs(%c : tensor<2xf32>) -> tensor<2xf32>
  return %r : tensor<2xf32>
}`,
      [start],
    );
    expect(start).toEqual(f32([2], 1, 2));
  });

  it("rounds after every operation to the type of its result", () => {
    const half: TensorData = { shape: [1], element: "bf16", data: Uint16Array.of(numberToBf16(1)) };
    const [result] = run(
      `func.func @main(%a: tensor<1xbf16>) -> tensor<1xbf16> {
  %k = arith.constant 0.001 : bf16
  %e = tensor.empty() : tensor<1xbf16>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%a : tensor<1xbf16>) outs(%e : tensor<1xbf16>) {
  ^bb0(%x: bf16, %o: bf16):
    %s = arith.addf %x, %k : bf16
    %t = arith.addf %s, %k : bf16
    linalg.yield %t : bf16
  } -> tensor<1xbf16>
  return %r : tensor<1xbf16>
}`,
      [half],
    );
    // 1.001 and 1.002 are both nearer to 1 than to the next bf16 number.
    expect(result!.data[0]).toBe(numberToBf16(1));
  });

  it("knows the index of a point, and reads other tensors by computed indices", () => {
    const table = f32([3, 2], 1, 2, 3, 4, 5, 6);
    const rows: TensorData = { shape: [2], element: "i64", data: BigInt64Array.of(2n, 0n) };
    const [result] = run(
      `func.func @main(%table: tensor<3x2xf32>, %rows: tensor<2xi64>) -> tensor<2x2xf32> {
  %e = tensor.empty() : tensor<2x2xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]} ins(%rows : tensor<2xi64>) outs(%e : tensor<2x2xf32>) {
  ^bb0(%row: i64, %o: f32):
    %i = arith.index_cast %row : i64 to index
    %j = linalg.index 1 : index
    %v = tensor.extract %table[%i, %j] : tensor<3x2xf32>
    linalg.yield %v : f32
  } -> tensor<2x2xf32>
  return %r : tensor<2x2xf32>
}`,
      [table, rows],
    );
    expect(result).toEqual(f32([2, 2], 5, 6, 1, 2));
  });

  it("follows maps with strides, divisions and remainders", () => {
    const [result] = run(
      `func.func @main(%x: tensor<7xf32>) -> (tensor<3xf32>, tensor<6xf32>) {
  %e = tensor.empty() : tensor<3xf32>
  %f = tensor.empty() : tensor<6xf32>
  %a = linalg.generic {indexing_maps = [affine_map<(i) -> (i * 2 + 1)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : tensor<7xf32>) outs(%e : tensor<3xf32>) {
  ^bb0(%v: f32, %o: f32):
    linalg.yield %v : f32
  } -> tensor<3xf32>
  %b = linalg.generic {indexing_maps = [affine_map<(i) -> (i floordiv 2 + i mod 2)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%x : tensor<7xf32>) outs(%f : tensor<6xf32>) {
  ^bb0(%v: f32, %o: f32):
    linalg.yield %v : f32
  } -> tensor<6xf32>
  return %a, %b : tensor<3xf32>, tensor<6xf32>
}`,
      [f32([7], 0, 1, 2, 3, 4, 5, 6)],
    );
    expect(result).toEqual(f32([3], 1, 3, 5));
  });

  it("names the operation that it cannot run", () => {
    expect(() =>
      run(
        `func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%x : tensor<2xf32>) {
  ^bb0(%o: f32):
    %c = arith.constant true
    %v = scf.if %c -> (f32) {
      scf.yield %o : f32
    } else {
      scf.yield %o : f32
    }
    linalg.yield %v : f32
  } -> tensor<2xf32>
  return %r : tensor<2xf32>
}`,
        [f32([2], 1, 2)],
      ),
    ).toThrow("'scf.if' op has no evaluator inside a structured operation");
  });
});
