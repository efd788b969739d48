/** Convolution, pooling, matrix products and quantised arithmetic. */
import { describe, test } from "vitest";
import type { TensorData } from "../../ir/tensor-data.ts";
import { compare, compareAll, data, some, x4 } from "./samples.ts";

compareAll({
  windows: {
    "Conv, one dimension, groups": {
      op: "Conv",
      opset: 11,
      inputs: [some([2, 4, 9]), some([6, 2, 3]), some([6])],
      attributes: { group: 2, pads: [1, 2], strides: [2] },
    },
    "Conv, three dimensions": {
      op: "Conv",
      opset: 11,
      inputs: [some([2, 4, 5, 4, 6]), some([6, 2, 3, 2, 3], "f32", 2), some([6], "f32", 3)],
      attributes: { group: 2, strides: [2, 1, 2], dilations: [1, 2, 1], pads: [1, 1, 0, 2, 1, 1] },
    },
    "Conv, three dimensions, dilated depth": {
      op: "Conv",
      opset: 11,
      inputs: [some([1, 2, 7, 4, 4]), some([3, 2, 3, 2, 2], "f32", 2)],
      attributes: { dilations: [2, 1, 1] },
    },
    "Conv, SAME_UPPER": {
      op: "Conv",
      opset: 11,
      inputs: [x4, some([4, 3, 2, 3])],
      attributes: { auto_pad: "SAME_UPPER", strides: [2, 3] },
    },
    "Conv, SAME_LOWER": {
      op: "Conv",
      opset: 11,
      inputs: [x4, some([4, 3, 2, 2])],
      attributes: { auto_pad: "SAME_LOWER" },
    },
    "Conv, VALID": {
      op: "Conv",
      opset: 11,
      inputs: [x4, some([4, 3, 2, 2])],
      attributes: { auto_pad: "VALID", dilations: [2, 1] },
    },
    "ConvTranspose, one dimension": {
      op: "ConvTranspose",
      opset: 11,
      inputs: [some([1, 4, 5]), some([4, 3, 3]), some([6])],
      attributes: { group: 2, strides: [2], pads: [1, 0], output_padding: [1] },
    },
    "ConvTranspose, SAME_UPPER": {
      op: "ConvTranspose",
      opset: 11,
      inputs: [x4, some([3, 2, 3, 3])],
      attributes: { auto_pad: "SAME_UPPER", strides: [2, 2] },
    },
    "ConvTranspose, output_shape": {
      op: "ConvTranspose",
      opset: 11,
      inputs: [x4, some([3, 2, 3, 3])],
      attributes: { output_shape: [9, 12], strides: [2, 2] },
    },
    "ConvTranspose, dilations": {
      op: "ConvTranspose",
      opset: 11,
      inputs: [x4, some([3, 2, 2, 2])],
      attributes: { dilations: [2, 2], pads: [1, 0, 0, 1] },
    },
    "MaxPool, ceil_mode": {
      op: "MaxPool",
      opset: 12,
      inputs: [x4],
      attributes: { kernel_shape: [2, 3], strides: [2, 2], ceil_mode: 1 },
    },
    "MaxPool, dilations": {
      op: "MaxPool",
      opset: 12,
      inputs: [x4],
      attributes: { kernel_shape: [2, 2], dilations: [2, 3] },
    },
    "MaxPool, one dimension": {
      op: "MaxPool",
      opset: 12,
      inputs: [some([2, 3, 8])],
      attributes: { kernel_shape: [3], strides: [2], pads: [1, 1] },
    },
    "MaxPool, three dimensions": {
      op: "MaxPool",
      opset: 12,
      inputs: [some([1, 2, 5, 4, 6])],
      attributes: { kernel_shape: [2, 3, 2], strides: [2, 1, 3], pads: [1, 1, 0, 0, 1, 1] },
    },
    "AveragePool 7: padding left out": {
      op: "AveragePool",
      opset: 7,
      inputs: [x4],
      attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
    },
    "AveragePool 11: padding counted": {
      op: "AveragePool",
      opset: 11,
      inputs: [x4],
      attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 },
    },
    "AveragePool 19: ceil_mode": {
      op: "AveragePool",
      opset: 19,
      inputs: [x4],
      attributes: { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 },
    },
    "AveragePool, three dimensions": {
      op: "AveragePool",
      opset: 11,
      inputs: [some([1, 2, 5, 4, 6])],
      attributes: { kernel_shape: [2, 3, 2], strides: [2, 1, 3], pads: [1, 1, 0, 0, 1, 1] },
    },
    "AveragePool, SAME_LOWER": {
      op: "AveragePool",
      opset: 11,
      inputs: [x4],
      attributes: { kernel_shape: [2, 2], auto_pad: "SAME_LOWER" },
    },
    LpPool: { op: "LpPool", opset: 11, inputs: [x4], attributes: { kernel_shape: [2, 2], p: 3 } },
    GlobalAveragePool: { op: "GlobalAveragePool", opset: 7, inputs: [x4] },
    "GlobalMaxPool, one dimension": { op: "GlobalMaxPool", opset: 7, inputs: [some([2, 3, 8])] },
    GlobalLpPool: { op: "GlobalLpPool", opset: 7, inputs: [x4] },
  },
  matrices: {
    "Gemm 7, transposed and scaled": {
      op: "Gemm",
      opset: 7,
      inputs: [some([4, 2]), some([3, 4]), some([3])],
      attributes: { transA: 1, transB: 1, alpha: 0.5, beta: { kind: "float", value: 2 } },
    },
    "Gemm 11 without C": { op: "Gemm", opset: 11, inputs: [some([2, 4]), some([4, 3])] },
    "MatMul of vectors": { op: "MatMul", opset: 13, inputs: [some([4]), some([4], "f32", 2)] },
    "MatMul, vector by matrices": { op: "MatMul", opset: 13, inputs: [some([4]), some([2, 4, 3])] },
    "MatMul, matrices by vector": { op: "MatMul", opset: 13, inputs: [some([2, 3, 4]), some([4])] },
    "MatMul broadcasts": { op: "MatMul", opset: 13, inputs: [some([2, 1, 3, 4]), some([5, 4, 2])] },
    "MatMul of i32": { op: "MatMul", opset: 13, inputs: [some([2, 3], "i32"), some([3, 4], "i32")] },
    "MatMulInteger, zero points per row and column": {
      op: "MatMulInteger",
      opset: 10,
      inputs: [some([3, 4], "ui8"), some([4, 2], "i8"), data([], [3], "ui8"), data([2], [1, -2], "i8")],
    },
    ConvInteger: {
      op: "ConvInteger",
      opset: 10,
      inputs: [some([1, 2, 4, 4], "ui8"), some([3, 2, 2, 2], "ui8"), data([], [3], "ui8"), data([], [2], "ui8")],
      attributes: { pads: [1, 0, 0, 1] },
    },
    QLinearMatMul: {
      op: "QLinearMatMul",
      opset: 10,
      inputs: [
        some([3, 4], "ui8"),
        data([], [0.05]),
        data([], [3], "ui8"),
        some([4, 2], "i8"),
        data([], [0.07]),
        data([], [1], "i8"),
        data([], [0.01]),
        data([], [120], "ui8"),
      ],
      constantsFrom: 1,
    },
    QLinearConv: {
      op: "QLinearConv",
      opset: 10,
      inputs: [
        some([1, 2, 4, 4], "ui8"),
        data([], [0.05]),
        data([], [3], "ui8"),
        some([3, 2, 2, 2], "i8"),
        data([3], [0.07, 0.02, 0.3]),
        data([3], [0, 0, 0], "i8"),
        data([], [0.02]),
        data([], [100], "ui8"),
        data([3], [50, -20, 7], "i32"),
      ],
      constantsFrom: 1,
    },
  },
  quantisation: {
    "QuantizeLinear 10": {
      op: "QuantizeLinear",
      opset: 10,
      inputs: [some([3, 4]), data([], [0.02]), data([], [7], "i8")],
    },
    "QuantizeLinear 13, per axis": {
      op: "QuantizeLinear",
      opset: 13,
      inputs: [some([3, 4]), data([3], [0.02, 0.03, 0.01]), data([3], [7, 0, 3], "ui8")],
      attributes: { axis: 0 },
    },
    "DequantizeLinear 13": {
      op: "DequantizeLinear",
      opset: 13,
      inputs: [some([3, 4], "i8"), data([4], [0.02, 0.03, 0.01, 1]), data([4], [7, 0, 3, 1], "i8")],
      attributes: { axis: -1 },
    },
    DynamicQuantizeLinear: { op: "DynamicQuantizeLinear", opset: 11, inputs: [some([3, 4])], outputs: 3 },
  },
  signals: {
    "DFT 17, one-sided": {
      op: "DFT",
      opset: 17,
      inputs: [some([2, 9, 1])],
      attributes: { axis: 1, onesided: 1 },
    },
    "DFT 17, longer, inverse": {
      op: "DFT",
      opset: 17,
      inputs: [some([2, 6, 2]), data([], [8], "i64")],
      attributes: { axis: 1, inverse: 1 },
      constantsFrom: 1,
    },
    "STFT with a window": {
      op: "STFT",
      opset: 17,
      inputs: [some([2, 20, 1]), data([], [3], "i64"), some([8])],
      constantsFrom: 1,
    },
    "STFT, both sides": {
      op: "STFT",
      opset: 17,
      inputs: [some([1, 16, 1]), data([], [4], "i64"), undefined, data([], [8], "i64")],
      attributes: { onesided: 0 },
      constantsFrom: 1,
    },
    "HannWindow, symmetric": {
      op: "HannWindow",
      opset: 17,
      inputs: [data([], [7], "i64")],
      attributes: { periodic: 0 },
      constantsFrom: 0,
    },
    MelWeightMatrix: {
      op: "MelWeightMatrix",
      opset: 17,
      inputs: [
        ...[data([], [6], "i64"), data([], [64], "i64"), data([], [16000], "i64"), data([], [100]), data([], [7000])],
      ],
      constantsFrom: 0,
    },
    MaxUnpool: {
      op: "MaxUnpool",
      opset: 11,
      inputs: [some([1, 1, 2, 2]), data([1, 1, 2, 2], [0, 3, 8, 15], "i64")],
      attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    },
  },
  losses: {
    "NegativeLogLikelihoodLoss, weighted mean": {
      op: "NegativeLogLikelihoodLoss",
      opset: 13,
      inputs: [some([3, 5]), data([3], [1, 4, 0], "i64"), data([5], [1, 2, 0.5, 3, 4])],
    },
    "SoftmaxCrossEntropyLoss, ignored class": {
      op: "SoftmaxCrossEntropyLoss",
      opset: 13,
      inputs: [some([2, 5, 3]), data([2, 3], [1, -1, 0, 3, 2, -1], "i64")],
      attributes: { ignore_index: -1, reduction: "mean" },
      outputs: 2,
    },
  },
});

const equations: { readonly [equation: string]: readonly TensorData[] } = {
  "ij,jk->ik": [some([2, 3]), some([3, 4])],
  "ij,jk": [some([2, 3]), some([3, 4])],
  "bij,bjk->bik": [some([2, 3, 4]), some([2, 4, 5])],
  "...ij,...jk->...ik": [some([2, 3, 4]), some([2, 4, 5])],
  "ij->ji": [some([2, 3])],
  "ij->": [some([2, 3])],
  "ij->i": [some([2, 3])],
  "i,j->ij": [some([2]), some([3])],
  "i,i->": [some([4]), some([4], "f32", 2)],
  "bhwc,hkc->bhwk": [some([2, 3, 4, 5]), some([3, 6, 5])],
  "ij,kj,k->i": [some([2, 3]), some([4, 3]), some([4])],
  "ii->i": [some([3, 3])],
  "bii->b": [some([2, 3, 3])],
};

describe("Einsum", () => {
  for (const [equation, inputs] of Object.entries(equations)) {
    test(equation, () => compare({ op: "Einsum", opset: 12, inputs, attributes: { equation } }));
  }
});
