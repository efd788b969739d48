/** MIL text and weight files: whole programs as they are written, and that each weight is what the text says. */
import { describe, expect, test } from "vitest";
import { readBlobStorage } from "../../dialects/mil/blob-storage/index.ts";
import { hexFloat } from "../../dialects/mil/text/number-text.ts";
import type { Operation } from "../../ir/operation.ts";
import { aneToMil } from "../ane-to-mil/index.ts";
import { fusedToAne } from "../fused-to-ane/index.ts";
import { denseText, lowered, sample } from "../fused-to-ane/testing.ts";
import { milWorkarounds } from "../mil-rules/index.ts";
import { emitMil } from "./index.ts";
import { checkWeights, mnemonicsOf } from "./testing.ts";

const toMil = (text: string, options = "") =>
  lowered(text, `fused-to-ane{target=h13},ane-to-mil${options},mil-workarounds{target=h13}`, [
    fusedToAne,
    aneToMil,
    milWorkarounds,
  ]);

const picture = `func.func @main(%x: tensor<1x1x4x4xf32> {anemone.input = "image"}) -> (tensor<1x2x2x2xf32> {anemone.output = "label"}) {
  %w = arith.constant dense<0.5> : tensor<2x1x3x3xf32>
  %b = arith.constant dense<[1.0, -2.0]> : tensor<2xf32>
  %c = fused.conv2d (%0 = %x, %1 = %w, %2 = %b : tensor<1x1x4x4xf32>, tensor<2x1x3x3xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32> {
    %3 = tensor.conv2d %0, %1, %2 {padding = array<i64: 1, 1, 1, 1>} : (tensor<1x1x4x4xf32>, tensor<2x1x3x3xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32> loc("conv1")
    %4 = tensor.relu %3 : tensor<1x2x4x4xf32> loc("relu1")
    fused.yield %4 : tensor<1x2x4x4xf32>
  }
  %p = fused.pool (%0 = %c : tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32> {
    %3 = tensor.max_pool2d %0 {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>} : (tensor<1x2x4x4xf32>) -> tensor<1x2x2x2xf32> loc("pool1")
    fused.yield %3 : tensor<1x2x2x2xf32>
  }
  return %p : tensor<1x2x2x2xf32>
}`;

const classifier = `func.func @main(%x: tensor<1x4xf32> {anemone.input = "x"}) -> (tensor<1x3xf32> {anemone.output = "p"}) {
  %w = arith.constant ${denseText([4, 3], 3)}
  %m = tensor.matmul %x, %w : tensor<1x4xf32>, tensor<4x3xf32> loc("gemm")
  %s = tensor.softmax %m {axis = 1 : i64} : tensor<1x3xf32> loc("probabilities")
  return %s : tensor<1x3xf32>
}`;

describe("text", () => {
  test("of a convolution with activation and pooling", () => {
    expect(emitMil(toMil(picture)).text).toBe(`program(1.3)
[buildInfo = dict<string, string>({{"coremlc-component-MIL", "3520.4.1"}, {"coremlc-version", "3520.5.1"}})]
{
    func main<ios18>(tensor<fp16, [1, 1, 4, 4]> image) {
            tensor<fp16, [2, 1, 3, 3]> conv1_weight = const()[name = string("conv1_weight"), val = tensor<fp16, [2, 1, 3, 3]>(BLOBFILE(path = string("@model_path/weights/weight.bin"), offset = uint64(64)))];
            tensor<int32, [2]> conv1_conv_strides = const()[name = string("conv1_conv_strides"), val = tensor<int32, [2]>([1, 1])];
            string conv1_conv_pad_type = const()[name = string("conv1_conv_pad_type"), val = string("custom")];
            tensor<int32, [4]> conv1_conv_pad = const()[name = string("conv1_conv_pad"), val = tensor<int32, [4]>([1, 1, 1, 1])];
            tensor<int32, [2]> conv1_conv_dilations = const()[name = string("conv1_conv_dilations"), val = tensor<int32, [2]>([1, 1])];
            int32 conv1_conv_groups = const()[name = string("conv1_conv_groups"), val = int32(1)];
            tensor<fp16, [1, 2, 4, 4]> conv1_conv = conv(dilations = conv1_conv_dilations, groups = conv1_conv_groups, pad = conv1_conv_pad, pad_type = conv1_conv_pad_type, strides = conv1_conv_strides, weight = conv1_weight, x = image)[name = string("conv1_conv")];
            tensor<fp16, [1, 2, 1, 1]> conv1_bias = const()[name = string("conv1_bias"), val = tensor<fp16, [1, 2, 1, 1]>(BLOBFILE(path = string("@model_path/weights/weight.bin"), offset = uint64(192)))];
            tensor<fp16, [1, 2, 4, 4]> conv1_biased = add(x = conv1_conv, y = conv1_bias)[name = string("conv1_biased")];
            tensor<fp16, [1, 2, 4, 4]> conv1 = relu(x = conv1_biased)[name = string("conv1")];
            tensor<int32, [2]> label_kernel_sizes = const()[name = string("label_kernel_sizes"), val = tensor<int32, [2]>([2, 2])];
            tensor<int32, [2]> label_strides = const()[name = string("label_strides"), val = tensor<int32, [2]>([2, 2])];
            string label_pad_type = const()[name = string("label_pad_type"), val = string("custom")];
            tensor<int32, [4]> label_pad = const()[name = string("label_pad"), val = tensor<int32, [4]>([0, 0, 0, 0])];
            bool label_ceil_mode = const()[name = string("label_ceil_mode"), val = bool(false)];
            tensor<fp16, [1, 2, 2, 2]> label = max_pool(ceil_mode = label_ceil_mode, kernel_sizes = label_kernel_sizes, pad = label_pad, pad_type = label_pad_type, strides = label_strides, x = conv1)[name = string("label")];
        } -> (label);
}
`);
  });

  test("of a matrix product and softmax, in the older form", () => {
    expect(emitMil(toMil(classifier, "{opset=ios16}")).text).toBe(`program(1.0)
[buildInfo = dict<tensor<string, []>, tensor<string, []>>({{"coremlc-component-MIL", "3520.4.1"}, {"coremlc-version", "3520.5.1"}})]
{
    func main<ios16>(tensor<fp16, [1, 4]> x) {
            tensor<fp16, [3, 4]> gemm_weight = const()[name = tensor<string, []>("gemm_weight"), val = tensor<fp16, [3, 4]>(BLOBFILE(path = tensor<string, []>("@model_path/weights/weight.bin"), offset = tensor<uint64, []>(64)))];
            tensor<bool, []> gemm_transpose_x = const()[name = tensor<string, []>("gemm_transpose_x"), val = tensor<bool, []>(false)];
            tensor<bool, []> gemm_transpose_y = const()[name = tensor<string, []>("gemm_transpose_y"), val = tensor<bool, []>(true)];
            tensor<fp16, [1, 3]> gemm = matmul(transpose_x = gemm_transpose_x, transpose_y = gemm_transpose_y, x = x, y = gemm_weight)[name = tensor<string, []>("gemm")];
            tensor<int32, []> p_axis = const()[name = tensor<string, []>("p_axis"), val = tensor<int32, []>(1)];
            tensor<fp16, [1, 3]> p = softmax(axis = p_axis, x = gemm)[name = tensor<string, []>("p")];
        } -> (p);
}
`);
  });

  test.each([
    [0, "0x0p+0"],
    [-0, "-0x0p+0"],
    [1, "0x1p+0"],
    [-0.1875, "-0x1.8p-3"],
    [Math.f16round(1 / 6), "0x1.554p-3"],
    [2 ** -24, "0x1p-24"],
    [65504, "0x1.ffcp+15"],
    [Number.POSITIVE_INFINITY, "inf"],
    [Number.NEGATIVE_INFINITY, "-inf"],
    [Number.NaN, "nan"],
    [Number.MIN_VALUE, "0x0.0000000000001p-1022"],
  ])("spells %d as %s", (value, text) => {
    expect(hexFloat(value)).toBe(text);
  });
});

const workarounds = (
  body: string,
  shape = "2x4",
) => `func.func @main(%x: tensor<${shape}xf32>) -> tensor<${shape}xf32> {
  ${body}
  return %y : tensor<${shape}xf32>
}`;
const mnemonics = (text: string) => mnemonicsOf(emitMil(toMil(text)).text);

describe("what Apple's compiler gets wrong is written another way", () => {
  test.each([
    ["square", "%y = tensor.mul %x, %x : tensor<2x4xf32>, tensor<2x4xf32>", ["mul"]],
    ["softplus", "%y = tensor.softplus %x : tensor<2x4xf32>", ["minimum", "softplus", "add", "relu", "add"]],
    ["round", "%y = tensor.round %x : tensor<2x4xf32>", ["abs", "less", "round", "select"]],
    ["clip without an upper limit", "%y = tensor.clip %x {min = 1.0 : f64} : tensor<2x4xf32>", ["maximum"]],
    [
      "layer_norm",
      "%c = arith.constant dense<2.0> : tensor<4xf32>\n  %y = tensor.layer_norm %x, %c {axis = 1 : i64} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>",
      ["reduce_mean", "sub", "mul", "reduce_mean", "add", "rsqrt", "mul", "mul"],
    ],
    [
      "a product with 0",
      "%c = arith.constant dense<0.0> : tensor<f32>\n  %s = tensor.reduce_sum %x {axes = array<i64: 1>, keep_dims = true} : tensor<2x4xf32>\n  %z = tensor.mul %s, %c : tensor<2x1xf32>, tensor<f32>\n  %y = tensor.add %x, %z : tensor<2x4xf32>, tensor<2x1xf32>",
      ["reduce_sum", "sub", "add"],
    ],
  ])("%s", (_, body, wanted) => {
    expect(mnemonics(workarounds(body))).toEqual(wanted);
  });

  test("a factor behind rounding has the whole shape", () => {
    const body =
      "%c = arith.constant dense<2.0> : tensor<f32>\n  %0 = tensor.floor %x : tensor<2x4xf32>\n  %y = tensor.mul %0, %c : tensor<2x4xf32>, tensor<f32>";
    expect(emitMil(toMil(workarounds(body))).text).toContain("tensor<fp16, [2, 4]> out0_factors = const()");
    expect(emitMil(toMil(workarounds(body.replace("floor", "exp")))).text).toContain("fp16 out0_gain = const()");
  });

  test("a logarithm has its epsilon", () => {
    expect(emitMil(toMil(workarounds("%y = tensor.log %x : tensor<2x4xf32>"))).text).toContain(
      "log(epsilon = out0_epsilon, x = in0)",
    );
  });
});

describe("weights", () => {
  test("are what the text refers to", () => {
    for (const text of [picture, classifier]) {
      const emitted = emitMil(toMil(text));
      const blobs = checkWeights(emitted.text, emitted.weights);
      expect(blobs.length).toBeGreaterThan(0);
      expect(new Set(blobs.map(({ path }) => path))).toEqual(new Set(["@model_path/weights/weight.bin"]));
    }
  });

  test("of a matrix product are stored with one row per output", () => {
    const { weights } = emitMil(toMil(classifier));
    const [blob] = readBlobStorage(weights);
    const stored = new Float16Array(blob!.bytes.slice().buffer);
    const weight = sample([4, 3], 3);
    const wanted = Array.from({ length: 12 }, (_, index) =>
      Math.f16round(Number(Number(weight.data[(index % 4) * 3 + Math.floor(index / 4)]).toFixed(4))),
    );
    expect([...stored]).toEqual(wanted);
  });

  test("the same program gives the same bytes", () => {
    const [first, second] = [emitMil(toMil(picture)), emitMil(toMil(picture))];
    expect(first.text).toBe(second.text);
    expect(first.weights).toEqual(second.weights);
  });
});

describe("ports", () => {
  const emitted = (body: string, results: string, returned: string): Operation =>
    toMil(
      `func.func @main(%x: tensor<2xf32> {anemone.input = "1-in"}) -> (${results}) {\n${body}\nreturn ${returned}\n}`,
    );

  test("have identifiers for names", () => {
    const module = emitted(
      "%y = tensor.relu %x : tensor<2xf32>",
      'tensor<2xf32> {anemone.output = "out put"}',
      "%y : tensor<2xf32>",
    );
    const { inputs, outputs } = emitMil(module);
    expect([inputs[0]!.name, outputs[0]!.name]).toEqual(["_1_in", "out_put"]);
  });

  test("legacy targets have no MIL", () => {
    const text =
      "func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {\n%y = tensor.relu %x : tensor<2xf32>\nreturn %y : tensor<2xf32>\n}";
    expect(() => lowered(text, "fused-to-ane{target=h12},ane-to-mil", [fusedToAne, aneToMil])).toThrow(
      "is for h12, whose compiler takes no MIL: MIL is only supported from H13 on",
    );
  });
});
