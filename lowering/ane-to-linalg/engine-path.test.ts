/**
 * The whole engine path on one op at a time: the network in f32, the tasks of the engine, the MIL program, the MIL program as
 * tensor ops, and the virtual engine on linalg must give the same within f16; the virtual engine exactly what the tasks give.
 */
import { describe, expect, test } from "vitest";
import { missingMlirOpt, mlirOptEach } from "../../dialects/upstream/mlir-opt.ts";
import type { Operation } from "../../ir/operation.ts";
import { parse } from "../../ir/parser/parse.ts";
import { print } from "../../ir/printer/print.ts";
import { getNumber, type TensorData } from "../../ir/tensor-data.ts";
import { aneToMil } from "../ane-to-mil/index.ts";
import { fusedToAne } from "../fused-to-ane/index.ts";
import { denseText, engineContext, evaluated, lowered, sample } from "../fused-to-ane/testing.ts";
import { milToTensor } from "../mil-to-tensor/index.ts";
import { aneToLinalg } from "./index.ts";

const passes = [fusedToAne, aneToMil, milToTensor, aneToLinalg];

interface Case {
  readonly name: string;
  /** Shapes of %x, %z, … */
  readonly inputs: readonly (readonly number[])[];
  readonly body: readonly string[];
  readonly result: string;
  readonly constants?: readonly string[];
  /** Multiplies the inputs, which are between -1 and 1. */
  readonly scale?: number;
  /** Greatest difference from f32; the default is for numbers about 1. */
  readonly tolerance?: number;
  /** MIL's own op differs there (reason), so that only the engine's own levels are compared. */
  readonly milDiffers?: string;
}

const letters = ["%x", "%z", "%v"];
const typeOf = (shape: readonly number[]) => `tensor<${shape.map((size) => `${size}x`).join("")}f32>`;

function networkOf({ inputs, body, result, constants = [] }: Case): string {
  const parameters = inputs.map(
    (shape, position) => `${letters[position]}: ${typeOf(shape)} {anemone.input = "i${position}"}`,
  );
  return `func.func @main(${parameters.join(", ")}) -> (${result} {anemone.output = "y"}) {
    ${constants.map((constant, position) => `%c${position} = arith.constant ${constant}`).join("\n    ")}
    ${body.join("\n    ")}
    return %y : ${result}
  }`;
}

const I = "tensor<1x4x6x6xf32>";
const image = [1, 4, 6, 6];
const unary = (name: string, options: Partial<Case> = {}, attributes = ""): Case => ({
  name: `${name}${attributes === "" ? "" : ` {${attributes}}`}`,
  inputs: [[2, 9]],
  body: [`%y = tensor.${name} %x ${attributes === "" ? "" : `{${attributes}} `}: tensor<2x9xf32>`],
  result: "tensor<2x9xf32>",
  scale: 3,
  ...options,
});
const binary = (name: string, options: Partial<Case> = {}): Case => ({
  name,
  inputs: [
    [2, 3, 5],
    [3, 1],
  ],
  body: [`%y = tensor.${name} %x, %z : tensor<2x3x5xf32>, tensor<3x1xf32>`],
  result: "tensor<2x3x5xf32>",
  scale: 2,
  ...options,
});
const move = (name: string, from: readonly number[], to: readonly number[], attributes: string): Case => ({
  name: `${name} {${attributes}}`,
  inputs: [from],
  body: [`%y = tensor.${name} %x ${attributes === "" ? "" : `{${attributes}} `}: (${typeOf(from)}) -> ${typeOf(to)}`],
  result: typeOf(to),
});
const reduction = (name: string, options: Partial<Case> = {}): Case => ({
  name,
  inputs: [[2, 3, 4]],
  body: [`%y = tensor.${name} %x {axes = array<i64: 0, 2>, keep_dims = false} : tensor<2x3x4xf32>`],
  result: "tensor<3xf32>",
  ...options,
});
const positive = ["%p = tensor.abs %x : tensor<2x9xf32>"];
const ofPositive = (name: string, options: Partial<Case> = {}): Case =>
  unary(name, { body: [...positive, `%y = tensor.${name} %p : tensor<2x9xf32>`], ...options });

const cases: readonly Case[] = [
  ...[
    "abs",
    "exp",
    "tanh",
    "sigmoid",
    "relu",
    "erf",
    "floor",
    "ceil",
    "sign",
    "silu",
    "softplus",
    "softsign",
    "atan",
    "sin",
    "cos",
    "neg",
  ].map((name) => unary(name, { tolerance: 2e-2 })),
  ...["gelu", "hard_swish", "mish", "leaky_relu", "elu", "selu", "celu", "hard_sigmoid", "thresholded_relu"].map(
    (name) => unary(name, { tolerance: 5e-3 }),
  ),
  unary("gelu", { tolerance: 5e-3 }, 'approximate = "tanh"'),
  unary("celu", { tolerance: 5e-3 }, "alpha = 2.0 : f64"),
  unary("swish", { tolerance: 5e-3 }, "alpha = 1.5 : f64"),
  unary("clip", {}, "max = 1.0 : f64"),
  unary("clip", {}, "max = 6.0 : f64, min = 0.0 : f64"),
  unary("clip", {}, "max = 1.0 : f64, min = -0.5 : f64"),
  unary("round", { milDiffers: "it rounds halves to even, the engine away from 0" }),
  ofPositive("sqrt"),
  ofPositive("log", { tolerance: 5e-3 }),
  ofPositive("rsqrt", { tolerance: 5e-2 }),
  ofPositive("reciprocal", { tolerance: 0.5 }),
  ...["add", "sub", "mul", "maximum", "minimum"].map((name) => binary(name, { tolerance: 4e-3 })),
  binary("div", { tolerance: 0.5 }),
  {
    name: "constants on either side",
    inputs: [[2, 3]],
    constants: ["dense<[1.0, 2.0, 4.0]> : tensor<3xf32>", "dense<0.5> : tensor<f32>"],
    body: [
      "%0 = tensor.sub %c0, %x : tensor<3xf32>, tensor<2x3xf32>",
      "%1 = tensor.div %0, %c0 : tensor<2x3xf32>, tensor<3xf32>",
      "%2 = tensor.mul %c1, %1 : tensor<f32>, tensor<2x3xf32>",
      "%3 = tensor.add %c1, %2 : tensor<f32>, tensor<2x3xf32>",
      "%y = tensor.div %c1, %3 : tensor<f32>, tensor<2x3xf32>",
    ],
    result: "tensor<2x3xf32>",
    tolerance: 5e-3,
  },
  {
    name: "powers",
    inputs: [[2, 3]],
    constants: ["dense<2.0> : tensor<f32>", "dense<3.0> : tensor<f32>", "dense<2> : tensor<i64>"],
    body: [
      "%0 = tensor.pow %x, %c0 : tensor<2x3xf32>, tensor<f32>",
      "%1 = tensor.pow %x, %c1 : tensor<2x3xf32>, tensor<f32>",
      "%2 = tensor.pow %1, %c2 : tensor<2x3xf32>, tensor<i64>",
      "%y = tensor.add %0, %2 : tensor<2x3xf32>, tensor<2x3xf32>",
    ],
    result: "tensor<2x3xf32>",
  },
  {
    name: "comparison and selection",
    inputs: [
      [2, 5],
      [2, 5],
    ],
    body: [
      "%0 = tensor.less %x, %z : tensor<2x5xf32>, tensor<2x5xf32>",
      "%1 = tensor.logical_not %0 : tensor<2x5xi1>",
      "%2 = tensor.convert %1 : tensor<2x5xi1> to tensor<2x5xf32>",
      "%3 = tensor.select %0, %x, %z : tensor<2x5xi1>, tensor<2x5xf32>, tensor<2x5xf32>",
      "%y = tensor.add %2, %3 : tensor<2x5xf32>, tensor<2x5xf32>",
    ],
    result: "tensor<2x5xf32>",
  },
  {
    name: "prelu per channel",
    inputs: [image],
    constants: ["dense<[[[0.1]], [[0.2]], [[0.3]], [[0.4]]]> : tensor<4x1x1xf32>"],
    body: [`%y = tensor.prelu %x, %c0 : ${I}, tensor<4x1x1xf32>`],
    result: I,
  },
  {
    name: "prelu per element of the last dimension",
    inputs: [[2, 3]],
    constants: ["dense<[0.1, 0.2, 0.3]> : tensor<3xf32>"],
    body: ["%y = tensor.prelu %x, %c0 : tensor<2x3xf32>, tensor<3xf32>"],
    result: "tensor<2x3xf32>",
  },
  {
    name: "convolution with bias and residual",
    inputs: [image, image],
    constants: [denseText([4, 4, 3, 3], 2), denseText([4], 3)],
    body: [
      `%0 = tensor.conv2d %x, %c0, %c1 {padding = array<i64: 1, 1, 1, 1>} : (${I}, tensor<4x4x3x3xf32>, tensor<4xf32>) -> ${I}`,
      `%1 = tensor.relu %0 : ${I}`,
      `%y = tensor.add %1, %z : ${I}, ${I}`,
    ],
    result: I,
    tolerance: 2e-2,
  },
  {
    name: "grouped, strided convolution with asymmetric padding",
    inputs: [image],
    constants: [denseText([4, 2, 3, 2], 5)],
    body: [
      `%y = tensor.conv2d %x, %c0 {groups = 2 : i64, padding = array<i64: 0, 1, 2, 0>, strides = array<i64: 2, 1>} : (${I}, tensor<4x2x3x2xf32>) -> tensor<1x4x3x6xf32>`,
    ],
    result: "tensor<1x4x3x6xf32>",
    tolerance: 1e-2,
  },
  {
    name: "transposed convolution",
    inputs: [image],
    constants: [denseText([4, 2, 2, 2], 5), denseText([2], 6)],
    body: [
      `%y = tensor.conv_transpose2d %x, %c0, %c1 {strides = array<i64: 2, 2>} : (${I}, tensor<4x2x2x2xf32>, tensor<2xf32>) -> tensor<1x2x12x12xf32>`,
    ],
    result: "tensor<1x2x12x12xf32>",
    tolerance: 1e-2,
  },
  {
    name: "matrix product with a weight and bias",
    inputs: [[5, 8]],
    constants: [denseText([8, 3], 4), denseText([3], 5)],
    body: [
      "%0 = tensor.matmul %x, %c0 : tensor<5x8xf32>, tensor<8x3xf32>",
      "%y = tensor.add %0, %c1 : tensor<5x3xf32>, tensor<3xf32>",
    ],
    result: "tensor<5x3xf32>",
    tolerance: 1e-2,
  },
  {
    name: "attention spelled out",
    inputs: [
      [1, 2, 4, 8],
      [1, 2, 4, 8],
      [1, 2, 4, 8],
    ],
    constants: ["dense<0.35355339> : tensor<f32>"],
    body: [
      "%0 = tensor.matmul %x, %z {transpose_rhs = true} : tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>",
      "%1 = tensor.mul %0, %c0 : tensor<1x2x4x4xf32>, tensor<f32>",
      "%2 = tensor.softmax %1 {axis = 3 : i64} : tensor<1x2x4x4xf32>",
      "%y = tensor.matmul %2, %v : tensor<1x2x4x4xf32>, tensor<1x2x4x8xf32>",
    ],
    result: "tensor<1x2x4x8xf32>",
  },
  {
    name: "maximum pooling with a last partial window",
    inputs: [image],
    body: [
      `%y = tensor.max_pool2d %x {ceil_mode = true, kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>} : (${I}) -> tensor<1x4x3x3xf32>`,
    ],
    result: "tensor<1x4x3x3xf32>",
  },
  ...["", ", count_include_pad = true"].map(
    (extra): Case => ({
      name: `mean pooling${extra}`,
      inputs: [image],
      body: [
        `%y = tensor.average_pool2d %x {kernel = array<i64: 3, 3>${extra}, padding = array<i64: 1, 1, 1, 1>, strides = array<i64: 2, 2>} : (${I}) -> tensor<1x4x3x3xf32>`,
      ],
      result: "tensor<1x4x3x3xf32>",
    }),
  ),
  ...[
    "reduce_sum",
    "reduce_mean",
    "reduce_max",
    "reduce_min",
    "reduce_l1",
    "reduce_l2",
    "reduce_sum_square",
    "reduce_log_sum_exp",
  ].map((name) => reduction(name, { tolerance: 5e-3 })),
  ...["softmax", "log_softmax"].map(
    (name): Case => ({
      name,
      inputs: [[2, 9]],
      body: [`%y = tensor.${name} %x {axis = 1 : i64} : tensor<2x9xf32>`],
      result: "tensor<2x9xf32>",
      tolerance: 5e-3,
    }),
  ),
  {
    name: "batch_norm",
    inputs: [image],
    constants: [
      denseText([4], 7),
      denseText([4], 8),
      denseText([4], 9),
      "dense<[1.0, 2.0, 0.5, 0.25]> : tensor<4xf32>",
    ],
    body: [
      `%y = tensor.batch_norm %x, %c0, %c1, %c2, %c3 : (${I}, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> ${I}`,
    ],
    result: I,
    tolerance: 1e-2,
  },
  {
    name: "layer_norm",
    inputs: [[3, 8]],
    constants: [denseText([8], 7), denseText([8], 8)],
    body: [
      "%y = tensor.layer_norm %x, %c0, %c1 {axis = 1 : i64} : (tensor<3x8xf32>, tensor<8xf32>, tensor<8xf32>) -> tensor<3x8xf32>",
    ],
    result: "tensor<3x8xf32>",
    tolerance: 1e-2,
  },
  {
    name: "rms_norm",
    inputs: [[3, 8]],
    constants: [denseText([8], 7)],
    body: ["%y = tensor.rms_norm %x, %c0 {axis = 1 : i64} : (tensor<3x8xf32>, tensor<8xf32>) -> tensor<3x8xf32>"],
    result: "tensor<3x8xf32>",
    tolerance: 1e-2,
  },
  ...(["instance_norm", "group_norm"] as const).map(
    (name): Case => ({
      name,
      inputs: [image],
      constants: [denseText([4], 7), denseText([4], 8)],
      body: [
        `%y = tensor.${name} %x, %c0, %c1 ${name === "group_norm" ? "{num_groups = 2 : i64} " : ""}: (${I}, tensor<4xf32>, tensor<4xf32>) -> ${I}`,
      ],
      result: I,
      tolerance: 1e-2,
    }),
  ),
  unary("lp_norm", { tolerance: 2e-3 }, "axis = 1 : i64"),
  unary("lp_norm", { tolerance: 2e-3 }, "axis = 1 : i64, p = 1 : i64"),
  unary("cumsum", { tolerance: 2e-2 }, "axis = 1 : i64"),
  unary("cumsum", { tolerance: 2e-2 }, "axis = 0 : i64, exclusive = true, reverse = true"),
  {
    name: "lrn",
    inputs: [image],
    body: [`%y = tensor.lrn %x {alpha = 1.0 : f64, size = 3 : i64} : ${I}`],
    result: I,
    tolerance: 5e-3,
  },
  move("static_reshape", [2, 6], [3, 4], ""),
  move("transpose", [2, 3, 4], [4, 2, 3], "permutation = array<i64: 2, 0, 1>"),
  move("broadcast", [3, 1], [2, 3, 5], ""),
  move("slice", [4, 6], [2, 3], "sizes = array<i64: 2, 3>, starts = array<i64: 1, 5>, strides = array<i64: 2, -2>"),
  move(
    "static_pad",
    [1, 2, 3, 3],
    [1, 4, 3, 6],
    "high = array<i64: 0, 1, -1, 2>, low = array<i64: 0, 1, 1, 1>, value = 2.0 : f64",
  ),
  move(
    "static_pad",
    [1, 2, 3, 3],
    [1, 2, 4, 6],
    'high = array<i64: 0, 0, 0, 1>, low = array<i64: 0, 0, 1, 2>, mode = "reflect"',
  ),
  move(
    "static_pad",
    [1, 2, 3, 3],
    [1, 2, 4, 6],
    'high = array<i64: 0, 0, 0, 1>, low = array<i64: 0, 0, 1, 2>, mode = "edge"',
  ),
  move("tile", [2, 3], [4, 9], "repeats = array<i64: 2, 3>"),
  move("tile", [2, 3], [10, 3], "repeats = array<i64: 5, 1>"),
  move("reverse", [2, 3], [2, 3], "axes = array<i64: 1>"),
  move("depth_to_space", [1, 8, 2, 3], [1, 2, 4, 6], "block_size = 2 : i64"),
  move("depth_to_space", [1, 8, 2, 3], [1, 2, 4, 6], 'block_size = 2 : i64, mode = "CRD"'),
  move("space_to_depth", [1, 2, 4, 6], [1, 8, 2, 3], "block_size = 2 : i64"),
  move("resize", [1, 2, 3, 4], [1, 2, 6, 8], 'mode = "nearest", scales = array<f64: 1.0, 1.0, 2.0, 2.0>'),
  ...["asymmetric", "half_pixel", "align_corners"].map((mode) =>
    move(
      "resize",
      [1, 2, 3, 4],
      [1, 2, 6, 10],
      `coordinate_transformation = "${mode}", mode = "linear", scales = array<f64: 1.0, 1.0, 2.0, 2.5>`,
    ),
  ),
  {
    name: "concat, take and trilu",
    inputs: [
      [3, 4],
      [1, 4],
    ],
    constants: ["dense<[2, 0, -1]> : tensor<3xi64>"],
    body: [
      "%0 = tensor.concat dim(0) %x, %z : (tensor<3x4xf32>, tensor<1x4xf32>) -> tensor<4x4xf32>",
      "%1 = tensor.take %0, %c0 {axis = 0 : i64} : (tensor<4x4xf32>, tensor<3xi64>) -> tensor<3x4xf32>",
      "%y = tensor.trilu %1 {k = 1 : i64} : tensor<3x4xf32>",
    ],
    result: "tensor<3x4xf32>",
  },
];

function greatestDifference(a: TensorData, b: TensorData): number {
  let greatest = 0;
  for (let index = 0; index < a.data.length; index++)
    greatest = Math.max(greatest, Math.abs(getNumber(a, index) - getNumber(b, index)));
  return greatest;
}

/** The same module, written and read again. */
function reread(module: Operation): Operation {
  const text = print(module, { inlineResources: true });
  const again = parse(text, engineContext);
  expect(print(again, { inlineResources: true })).toBe(text);
  return again;
}

const valuesOf = (data: TensorData) =>
  Array.from({ length: data.data.length }, (_, index) => getNumber(data, index) + 0);
const linalgTexts: string[] = [];

describe("all levels agree", () => {
  test.each(cases)("$name", (each) => {
    const text = networkOf(each);
    const inputs = each.inputs.map((shape, position) => sample(shape, 11 + position, each.scale ?? 1));
    const [wanted] = evaluated(lowered(text, "", passes), inputs);
    const tolerance = each.tolerance ?? 1e-3 * (each.scale ?? 1);

    const [onEngine] = evaluated(reread(lowered(text, "fused-to-ane", passes)), inputs);
    expect(greatestDifference(wanted!, onEngine!)).toBeLessThanOrEqual(tolerance);

    const linalg = lowered(text, "fused-to-ane,ane-to-linalg", passes);
    linalgTexts.push(print(linalg, { inlineResources: true }));
    const [onHost, overflow] = evaluated(linalg, inputs);
    // The same steps; sums in another order and other approximations of functions stay within a rounding of f16.
    expect(greatestDifference(onEngine!, onHost!)).toBeLessThanOrEqual(tolerance / 4 + 1e-3);
    expect(valuesOf(overflow!).every((count) => count === 0)).toBe(true);

    if (each.milDiffers !== undefined) return;
    const [inMil] = evaluated(reread(lowered(text, "fused-to-ane,ane-to-mil", passes)), inputs);
    expect(greatestDifference(wanted!, inMil!)).toBeLessThanOrEqual(tolerance);
    const [asTensors] = evaluated(lowered(text, "fused-to-ane,ane-to-mil,mil-to-tensor", passes), inputs);
    expect(valuesOf(asTensors!)).toEqual(valuesOf(inMil!));
  });

  test.skipIf(missingMlirOpt !== undefined)("what is lowered to linalg is valid upstream", () => {
    expect(linalgTexts.length).toBe(cases.length);
    expect(() => mlirOptEach(linalgTexts, ["--allow-unregistered-dialect"])).not.toThrow();
  });
});
