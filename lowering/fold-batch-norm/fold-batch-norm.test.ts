/** Folding per-channel constants into weights: what is left of the program, and that it computes the same. */
import { describe, expect, it } from "vitest";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { genericPasses } from "../../passes/index.ts";
import { PassManager } from "../../passes/pass-manager.ts";
import { parsePipeline } from "../../passes/pipeline.ts";
import { difference, randomNumbers, randomTensor, run, testContext } from "../fused-to-linalg/testing.ts";
import { foldBatchNorm } from "./fold-batch-norm.ts";

const next = randomNumbers(3);

/** A constant of random numbers, written out. */
function weights(shape: readonly number[], element = "f32", low = 0.5, high = 2): string {
  const count = shape.reduce((product, size) => product * size, 1);
  const nested = (axis: number): string =>
    axis === shape.length
      ? (Math.fround(low + next() * (high - low)) / 1).toFixed(3)
      : `[${Array.from({ length: shape[axis]! }, () => nested(axis + 1)).join(", ")}]`;
  return `arith.constant dense<${count === 0 ? "" : nested(0)}> : tensor<${[...shape, element].join("x")}>`;
}

function transform(module: Operation, pipeline = "fold-batch-norm,constant-fold,dce"): void {
  new PassManager(parsePipeline(pipeline, [...genericPasses, foldBatchNorm]), testContext).run(module);
}

function namesIn(module: Operation): string[] {
  const names: string[] = [];
  module.walk(({ name }) => {
    if (name.startsWith("tensor.")) names.push(name);
  });
  return names;
}

interface Case {
  readonly name: string;
  readonly input: readonly number[];
  readonly result: string;
  readonly lines: readonly string[];
  readonly left: readonly string[];
  readonly element?: "f32" | "f16" | "f64";
}

const conv = (attributes = "", bias = false) => [
  `%w = ${weights([4, 3, 3, 3])}`,
  ...(bias ? [`%b = ${weights([4])}`] : []),
  `%c = tensor.conv2d %x, %w${bias ? ", %b" : ""} ${attributes}: (tensor<1x3x6x6xf32>, tensor<4x3x3x3xf32>${bias ? ", tensor<4xf32>" : ""}) -> tensor<1x4x4x4xf32>`,
];
const batchNorm = (type: string, channels: number) => [
  ...["s", "o", "m", "v"].map((name) => `%${name} = ${weights([channels])}`),
  `%r = tensor.batch_norm %c, %s, %o, %m, %v {epsilon = 1.0e-03 : f64} : (${type}, ${Array.from({ length: 4 }, () => `tensor<${channels}xf32>`).join(", ")}) -> ${type}`,
];
const image = "tensor<1x4x4x4xf32>";

const cases: readonly Case[] = [
  {
    name: "batch norm behind a convolution",
    input: [1, 3, 6, 6],
    result: image,
    lines: [...conv(), ...batchNorm(image, 4)],
    left: ["tensor.conv2d"],
  },
  {
    name: "batch norm behind a convolution with bias",
    input: [1, 3, 6, 6],
    result: image,
    lines: [...conv("", true), ...batchNorm(image, 4)],
    left: ["tensor.conv2d"],
  },
  {
    name: "product, quotient, sum and difference per channel",
    input: [1, 3, 6, 6],
    result: image,
    lines: [
      ...conv(),
      `%k = ${weights([4, 1, 1])}`,
      `%k1 = ${weights([1, 4, 1, 1])}`,
      "%k2 = arith.constant dense<2.5> : tensor<f32>",
      `%p = tensor.mul %c, %k : ${image}, tensor<4x1x1xf32>`,
      `%q = tensor.add %k1, %p : tensor<1x4x1x1xf32>, ${image}`,
      `%d = tensor.div %q, %k2 : ${image}, tensor<f32>`,
      `%r = tensor.sub %d, %k : ${image}, tensor<4x1x1xf32>`,
    ],
    left: ["tensor.conv2d"],
  },
  {
    name: "batch norm behind a grouped transposed convolution",
    input: [1, 4, 3, 3],
    result: "tensor<1x6x7x7xf32>",
    lines: [
      `%w = ${weights([4, 3, 3, 3])}`,
      "%c = tensor.conv_transpose2d %x, %w {groups = 2 : i64, strides = array<i64: 2, 2>} : (tensor<1x4x3x3xf32>, tensor<4x3x3x3xf32>) -> tensor<1x6x7x7xf32>",
      ...batchNorm("tensor<1x6x7x7xf32>", 6),
    ],
    left: ["tensor.conv_transpose2d"],
  },
  {
    name: "batch norm behind a matrix product",
    input: [2, 3],
    result: "tensor<2x5xf32>",
    lines: [
      `%w = ${weights([5, 3])}`,
      "%c = tensor.matmul %x, %w {transpose_rhs = true} : tensor<2x3xf32>, tensor<5x3xf32>",
      ...batchNorm("tensor<2x5xf32>", 5),
    ],
    left: ["tensor.matmul", "tensor.add"],
  },
  {
    name: "product behind a matrix product",
    input: [2, 2, 3],
    result: "tensor<2x2x5xf32>",
    lines: [
      `%w = ${weights([3, 5])}`,
      `%k = ${weights([5])}`,
      "%c = tensor.matmul %x, %w : tensor<2x2x3xf32>, tensor<3x5xf32>",
      "%r = tensor.mul %c, %k : tensor<2x2x5xf32>, tensor<5xf32>",
    ],
    left: ["tensor.matmul"],
  },
  {
    name: "not where the convolution has another user",
    input: [1, 3, 6, 6],
    result: image,
    lines: [
      ...conv(),
      ...batchNorm(image, 4).slice(0, -1),
      batchNorm(image, 4).at(-1)!.replace("%r", "%n"),
      `%r = tensor.add %n, %c : ${image}, ${image}`,
    ],
    left: ["tensor.conv2d", "tensor.batch_norm", "tensor.add"],
  },
  {
    name: "not a constant that varies along the width",
    input: [1, 3, 6, 6],
    result: image,
    lines: [...conv(), `%k = ${weights([4])}`, `%r = tensor.mul %c, %k : ${image}, tensor<4xf32>`],
    left: ["tensor.conv2d", "tensor.mul"],
  },
];

describe("fold-batch-norm", () => {
  it.each(cases.map((each) => [each.name, each] as const))("%s", (_, { input, result, lines, left }) => {
    const type = `tensor<${input.join("x")}xf32>`;
    const text = `func.func @main(%x: ${type}) -> ${result} {\n  ${lines.join("\n  ")}\n  func.return %r : ${result}\n}`;
    const module = parse(text, testContext);
    const data = randomTensor(input, "f32", -2, 2, next);
    const [wanted] = run(module, [data]);
    transform(module);
    expect(namesIn(module)).toEqual(left);
    const [found] = run(module, [data]);
    expect(difference(found!, wanted!, 2e-5)).toBeUndefined();
  });

  it("computes the weights of half precision in f32 and rounds them once", () => {
    const text = `func.func @main(%x: tensor<1x3x6x6xf16>) -> tensor<1x4x4x4xf16> {
      %w = ${weights([4, 3, 3, 3], "f16")}
      %s = ${weights([4], "f16")}
      %c = tensor.conv2d %x, %w : (tensor<1x3x6x6xf16>, tensor<4x3x3x3xf16>) -> tensor<1x4x4x4xf16>
      %r = tensor.batch_norm %c, %s, %s, %s, %s : (tensor<1x4x4x4xf16>, tensor<4xf16>, tensor<4xf16>, tensor<4xf16>, tensor<4xf16>) -> tensor<1x4x4x4xf16>
      func.return %r : tensor<1x4x4x4xf16>
    }`;
    const module = parse(text, testContext);
    const data = randomTensor([1, 3, 6, 6], "f16", -2, 2, next);
    const [wanted] = run(module, [data]);
    transform(module, "fold-batch-norm");
    const converted: string[] = [];
    module.walk((operation) => {
      if (operation.name === "tensor.mul") converted.push(`${operation.onlyResult.type}`);
    });
    expect(converted.every((type) => type.endsWith("xf32>"))).toBe(true);
    const [found] = run(module, [data]);
    expect(difference(found!, wanted!, 1e-2)).toBeUndefined();
  });
});
