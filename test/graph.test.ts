/** The graph API: shapes and errors show at the line that causes them, and the module computes what the calls say. */
import { expect, expectTypeOf, test } from "vitest";
import { arith } from "../dialects/arith/index.ts";
import { builtin } from "../dialects/builtin/index.ts";
import { func } from "../dialects/func/index.ts";
import { tensor } from "../dialects/tensor/index.ts";
import { concat, constant, graphModule, input, type LazyTensor, split } from "../frontends/graph/index.ts";
import { Context } from "../ir/context.ts";
import { DiagnosticError } from "../ir/diagnostic-error.ts";
import { evaluateFunction } from "../ir/evaluate.ts";
import { verify } from "../ir/verifier.ts";

const context = new Context([builtin, func, arith, tensor]);

function run(outputs: Record<string, LazyTensor>, ...inputs: { shape: number[]; values: number[] }[]) {
  const module = graphModule(outputs);
  verify(module, context);
  const data = inputs.map(({ shape, values }) => ({ shape, element: "f32" as const, data: Float32Array.from(values) }));
  return evaluateFunction(module.regions[0]!.onlyBlock.first!, data, context).map((result) =>
    [...result.data].map(Number),
  );
}

test("a convolution network", () => {
  const x = input("x", [1, 1, 3, 3]);
  const w = constant([1, 0, 0, 1], [1, 1, 2, 2]);
  const y = x
    .conv2d(w, { bias: constant([-10]) })
    .relu()
    .flatten();
  expect(y.shape).toEqual([1, 4]);
  expect(run({ y }, { shape: [1, 1, 3, 3], values: [1, 2, 3, 4, 5, 6, 7, 8, 9] })).toEqual([[0, 0, 2, 4]]);
});

test("numbers stand for scalars of the tensor's type", () => {
  const x = input("x", [3]);
  expect(run({ y: x.mul(2).add(1) }, { shape: [3], values: [1, 2, 3] })).toEqual([[3, 5, 7]]);
});

test("functions and methods are the same", () => {
  const x = input("x", [2, 4]);
  const [left, right] = split(x, 2, -1);
  const joined = concat([right!, left!], 1);
  expect(run({ joined }, { shape: [2, 4], values: [1, 2, 3, 4, 5, 6, 7, 8] })).toEqual([[3, 4, 1, 2, 7, 8, 5, 6]]);
  expectTypeOf(x.split(2, 1)).toEqualTypeOf<readonly LazyTensor[]>();
  expectTypeOf(x.matmul).parameter(0).toEqualTypeOf<LazyTensor>();
});

test("a tensor used twice is computed once", () => {
  const x = input("x", [2]);
  const shared = x.exp();
  const module = graphModule({ a: shared.add(1), b: shared.mul(2) });
  let count = 0;
  module.walk((operation) => {
    if (operation.name === "tensor.exp") count++;
  });
  expect(count).toBe(1);
});

test("a shape error points at the line of the call", () => {
  const x = input("x", [1, 3, 8, 8]);
  const w = constant(new Float32Array(2 * 4 * 9), [2, 4, 3, 3]);
  try {
    x.conv2d(w);
    expect.fail("the channels do not agree");
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    expect(error.details.file).toContain("graph.test.ts");
    expect(error.message).toContain("conv2d");
  }
});

test("wrong constants and names", () => {
  expect(() => constant([1, 2, 3], [2])).toThrow("needs 2 values, but got 3");
  expect(() => input("x", [1, -3])).toThrow("whole sizes");
  expect(() => graphModule({ y: input("x", [1]).add(input("x", [1])) })).toThrow(
    "two inputs of the graph are called 'x'",
  );
  expect(() => input("x", [2, 3]).softmax(2)).toThrow("axis 2 is outside");
});
