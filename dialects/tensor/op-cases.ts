/** Values by hand for the compute ops other than elementwise ones: what each gives on a small input, and with which attributes. */
import { type ElementName, elementCount } from "../../ir/tensor-data.ts";
import { i8 } from "../../ir/types.ts";
import { tensorType } from "./declare.ts";
import { count, data, f32, i1, i32, i64, type OpCase, opCase } from "./op-testing.ts";
import * as ops from "./ops.ts";

const type = (element: ElementName, ...shape: number[]) => tensorType(shape, element);
const ones = (...shape: number[]) => f32(shape, ...new Array<number>(elementCount(shape)).fill(1));

const reductions: readonly OpCase[] = [
  opCase(ops.reduceSum, [count(2, 3)], { axes: [1], keep_dims: false }, f32([2], 3, 12)),
  opCase(ops.reduceSum, [count(2, 3)], { axes: [0] }, f32([1, 3], 3, 5, 7)),
  opCase(ops.reduceMean, [count(2, 3)], { axes: [0, 1], keep_dims: false }, f32([], 2.5)),
  opCase(ops.reduceMax, [count(2, 3)], { axes: [1] }, f32([2, 1], 2, 5)),
  opCase(ops.reduceMin, [count(2, 3)], { axes: [1] }, f32([2, 1], 0, 3)),
  opCase(ops.reduceProd, [i32([4], 1, 2, 3, 4)], { axes: [0] }, i32([1], 24)),
  opCase(ops.reduceL1, [f32([3], -1, 2, -3)], { axes: [0] }, f32([1], 6)),
  opCase(ops.reduceL2, [f32([2], 3, -4)], { axes: [0] }, f32([1], 5)),
  opCase(ops.reduceLogSum, [f32([2], 1, Math.E - 1)], { axes: [0] }, f32([1], 1)),
  opCase(ops.reduceLogSumExp, [f32([2], 1000, 1000)], { axes: [0] }, f32([1], 1000 + Math.LN2)),
  opCase(ops.reduceSumSquare, [f32([2], 3, -4)], { axes: [0] }, f32([1], 25)),
  opCase(ops.argmax, [f32([2, 3], 1, 5, 5, 9, 0, 1)], { axis: 1, keep_dims: false }, i64([2], 1, 0)),
  opCase(ops.argmax, [f32([3], 1, 5, 5)], { axis: 0, select_last_index: true }, i64([1], 2)),
  opCase(ops.argmin, [f32([2, 2], 1, 5, 9, 0)], { axis: 0 }, i64([1, 2], 0, 1)),
  opCase(ops.cumsum, [f32([3], 1, 2, 3)], { axis: 0 }, f32([3], 1, 3, 6)),
  opCase(ops.cumsum, [f32([3], 1, 2, 3)], { axis: 0, exclusive: true, reverse: true }, f32([3], 5, 3, 0)),
  opCase(ops.cumprod, [f32([3], 2, 3, 4)], { axis: 0 }, f32([3], 2, 6, 24)),
];

const windows: readonly OpCase[] = [
  opCase(ops.conv2d, [count(1, 1, 3, 3), ones(1, 1, 2, 2)], {}, f32([1, 1, 2, 2], 8, 12, 20, 24)),
  opCase(
    ops.conv2d,
    [count(1, 2, 2, 2), f32([2, 1, 1, 1], 10, 100), f32([2], 1, 2)],
    { groups: 2, strides: [2, 2] },
    f32([1, 2, 1, 1], 1, 402),
  ),
  opCase(ops.conv2d, [ones(1, 1, 2, 2), ones(1, 1, 3, 3)], { padding: [1, 1, 0, 1] }, f32([1, 1, 1, 2], 4, 4)),
  opCase(ops.conv2d, [count(1, 1, 3, 3), ones(1, 1, 2, 2)], { dilations: [2, 2] }, f32([1, 1, 1, 1], 16)),
  opCase(
    ops.convTranspose2d,
    [f32([1, 1, 1, 2], 1, 2), f32([1, 1, 1, 2], 10, 20)],
    { strides: [1, 2], output_padding: [0, 1] },
    f32([1, 1, 1, 5], 10, 20, 20, 40, 0),
  ),
  opCase(ops.maxPool2d, [count(1, 1, 3, 3)], { kernel: [2, 2] }, f32([1, 1, 2, 2], 4, 5, 7, 8)),
  opCase(
    ops.maxPool2d,
    [count(1, 1, 3, 3)],
    { kernel: [2, 2], strides: [2, 2], ceil_mode: true },
    f32([1, 1, 2, 2], 4, 5, 7, 8),
  ),
  opCase(
    ops.averagePool2d,
    [count(1, 1, 2, 2)],
    { kernel: [2, 2], padding: [1, 1, 0, 0] },
    f32([1, 1, 2, 2], 0, 0.5, 1, 1.5),
  ),
  opCase(
    ops.averagePool2d,
    [count(1, 1, 2, 2)],
    { kernel: [2, 2], padding: [1, 1, 0, 0], count_include_pad: true },
    f32([1, 1, 2, 2], 0, 0.25, 0.5, 1.5),
  ),
  opCase(ops.lpPool2d, [f32([1, 1, 1, 2], 3, -4)], { kernel: [1, 2] }, f32([1, 1, 1, 1], 5)),
  opCase(ops.matmul, [count(2, 2), count(2, 2)], {}, f32([2, 2], 2, 3, 6, 11)),
  opCase(ops.matmul, [count(2, 1, 2), count(2, 2)], { transpose_rhs: true }, f32([2, 1, 2], 1, 3, 3, 13)),
  opCase(ops.matmul, [i32([2, 1], 1, 2), i32([2, 1], 3, 4)], { transpose_lhs: true }, i32([1, 1], 11)),
];

const root = Math.sqrt(1 / (1.25 + 0.75));
const normalizations: readonly OpCase[] = [
  opCase(ops.softmax, [f32([2, 2], 0, Math.LN2, 5, 5)], { axis: 1 }, f32([2, 2], 1 / 3, 2 / 3, 0.5, 0.5)),
  opCase(ops.logSoftmax, [f32([2], 0, 0)], { axis: 0 }, f32([2], -Math.LN2, -Math.LN2)),
  opCase(ops.hardmax, [f32([3], 1, 4, 4)], { axis: 0 }, f32([3], 0, 1, 0)),
  opCase(
    ops.batchNorm,
    [f32([1, 2, 1], 3, 5), f32([2], 2, 1), f32([2], 1, 0), f32([2], 1, 5), f32([2], 3, 1)],
    { epsilon: 1 },
    f32([1, 2, 1], 3, 0),
  ),
  opCase(
    ops.layerNorm,
    [count(1, 4), f32([4], 1, 1, 2, 2), f32([1], 1)],
    { axis: 1, epsilon: 0.75 },
    f32([1, 4], 1 - 1.5 * root, 1 - 0.5 * root, 1 + root, 1 + 3 * root),
  ),
  opCase(ops.layerNorm, [f32([1, 2], 1, 3), ones(2)], { axis: 1, epsilon: 3 }, f32([1, 2], -0.5, 0.5)),
  opCase(ops.rmsNorm, [f32([1, 2], 3, 4), f32([2], 2, 1)], { axis: 1, epsilon: 3.5 }, f32([1, 2], 1.5, 1)),
  opCase(ops.instanceNorm, [f32([1, 1, 2], 1, 3), f32([1], 2), f32([1], 1)], { epsilon: 3 }, f32([1, 1, 2], 0, 2)),
  opCase(
    ops.groupNorm,
    [f32([1, 2, 1], 1, 3), ones(2), f32([2], 0, 1)],
    { num_groups: 1, epsilon: 3 },
    f32([1, 2, 1], -0.5, 1.5),
  ),
  opCase(ops.lrn, [f32([1, 2, 1], 1, 2)], { size: 2, alpha: 2, beta: 1, bias: 1 }, f32([1, 2, 1], 1 / 6, 2 / 5)),
  opCase(ops.lpNorm, [f32([2], 3, -4)], { axis: 0 }, f32([2], 0.6, -0.8)),
  opCase(ops.lpNorm, [f32([2], 3, -1)], { axis: 0, p: 1 }, f32([2], 0.75, -0.25)),
  opCase(ops.meanVarianceNorm, [f32([1, 1, 2], 1, 3)], { axes: [0, 2] }, f32([1, 1, 2], -1, 1)),
];

const movements: readonly OpCase[] = [
  opCase(ops.staticReshape, [count(2, 3)], { result: type("f32", 3, 2) }, count(3, 2)),
  opCase(ops.broadcast, [f32([2, 1], 1, 2)], { result: type("f32", 2, 2, 2) }, f32([2, 2, 2], 1, 1, 2, 2, 1, 1, 2, 2)),
  opCase(ops.transpose, [count(2, 3)], { permutation: [1, 0] }, f32([3, 2], 0, 3, 1, 4, 2, 5)),
  opCase(ops.slice, [count(2, 4)], { starts: [0, 3], sizes: [2, 2], strides: [1, -2] }, f32([2, 2], 3, 1, 7, 5)),
  opCase(ops.staticPad, [f32([2], 1, 2)], { low: [1], high: [2], value: 9 }, f32([5], 9, 1, 2, 9, 9)),
  opCase(ops.staticPad, [count(3)], { low: [2], high: [1], mode: "reflect" }, f32([6], 2, 1, 0, 1, 2, 1)),
  opCase(ops.staticPad, [count(3)], { low: [1], high: [1], mode: "edge" }, f32([5], 0, 0, 1, 2, 2)),
  opCase(ops.staticPad, [count(3)], { low: [1], high: [-1], mode: "wrap" }, f32([3], 1, 0, 1)),
  opCase(ops.tile, [count(1, 2)], { repeats: [2, 2] }, f32([2, 4], 0, 1, 0, 1, 0, 1, 0, 1)),
  opCase(ops.depthToSpace, [count(1, 4, 1, 1)], { block_size: 2 }, count(1, 1, 2, 2)),
  opCase(ops.depthToSpace, [count(1, 8, 1, 1)], { block_size: 2, mode: "CRD" }, count(1, 2, 2, 2)),
  opCase(ops.spaceToDepth, [count(1, 1, 2, 2)], { block_size: 2 }, count(1, 4, 1, 1)),
  opCase(ops.reverse, [count(2, 3)], { axes: [1] }, f32([2, 3], 2, 1, 0, 5, 4, 3)),
];

const indexings: readonly OpCase[] = [
  opCase(ops.take, [count(2, 3), i64([2], 2, -3)], { axis: 1 }, f32([2, 2], 2, 0, 5, 3)),
  opCase(ops.take, [count(3, 2), i64([], 1)], { axis: 0 }, f32([2], 2, 3)),
  opCase(ops.gatherElements, [count(3, 2), i64([1, 2], 2, 0)], { axis: 0 }, f32([1, 2], 4, 1)),
  opCase(ops.gatherNd, [count(2, 3), i64([2, 2], 0, 1, 1, 2)], {}, f32([2], 1, 5)),
  opCase(ops.gatherNd, [count(2, 3), i64([2, 1], 1, 2)], { batch_dims: 1 }, f32([2], 1, 5)),
  opCase(ops.scatterElements, [count(3), i64([2], 2, 0), f32([2], 7, 8)], { axis: 0 }, f32([3], 8, 1, 7)),
  opCase(
    ops.scatterElements,
    [count(3), i64([2], 1, 1), f32([2], 7, 8)],
    { axis: 0, reduction: "add" },
    f32([3], 0, 16, 2),
  ),
  opCase(ops.scatterNd, [count(2, 2), i64([1, 1], 1), f32([1, 2], 7, 8)], {}, f32([2, 2], 0, 1, 7, 8)),
  opCase(ops.scatterNd, [count(2), i64([1, 1], 1), f32([1], 7)], { reduction: "max" }, f32([2], 0, 7)),
  opCase(ops.oneHot, [i64([3], 0, -1, 5), f32([2], 2, 9)], { depth: 2, axis: 1 }, f32([3, 2], 9, 2, 2, 9, 2, 2)),
  opCase(ops.trilu, [count(2, 3)], {}, f32([2, 3], 0, 1, 2, 0, 4, 5)),
  opCase(ops.trilu, [count(2, 3)], { upper: false, k: 1 }, f32([2, 3], 0, 1, 0, 3, 4, 5)),
  opCase(ops.topK, [f32([4], 3, 9, 1, 9)], { k: 3, axis: 0 }, f32([3], 9, 9, 3), i64([3], 1, 3, 0)),
  opCase(ops.topK, [f32([3], 3, 9, 1)], { k: 1, axis: 0, largest: false }, f32([1], 1), i64([1], 2)),
  opCase(
    ops.reverseSequence,
    [count(3, 2), i64([2], 2, 3)],
    { batch_axis: 1, time_axis: 0 },
    f32([3, 2], 2, 5, 0, 3, 4, 1),
  ),
];

const nearest = { mode: "nearest", coordinate_transformation: "asymmetric", nearest_mode: "floor" };
const resamplings: readonly OpCase[] = [
  opCase(ops.resize, [count(1, 2)], { ...nearest, scales: [1, 2], result: type("f32", 1, 4) }, f32([1, 4], 0, 0, 1, 1)),
  opCase(ops.resize, [i1([2], 0, 1)], { ...nearest, scales: [1.5], result: type("i1", 3) }, i1([3], 0, 0, 1)),
  opCase(ops.resize, [count(2)], { mode: "linear", scales: [2], result: type("f32", 4) }, f32([4], 0, 0.25, 0.75, 1)),
  opCase(
    ops.resize,
    [count(3)],
    { mode: "linear", coordinate_transformation: "align_corners", scales: [5 / 3], result: type("f32", 5) },
    f32([5], 0, 0.5, 1, 1.5, 2),
  ),
  opCase(ops.gridSample, [count(1, 1, 2, 2), f32([1, 1, 2, 2], 0, 0, 0.5, -0.5)], {}, f32([1, 1, 1, 2], 1.5, 1)),
  opCase(
    ops.quantizeLinear,
    [f32([2, 2], 1, 300, 3, -9), f32([2], 2, 1), data("ui8", [2], [10, 1])],
    { axis: 0 },
    data("ui8", [2, 2], [10, 160, 4, 0]),
  ),
  opCase(ops.quantizeLinear, [f32([2], 1.5, -300), f32([], 1)], { output_type: i8 }, data("i8", [2], [2, -128])),
  opCase(ops.quantizeLinear, [f32([2], 1.5, 300), f32([], 1)], {}, data("ui8", [2], [2, 255])),
  opCase(ops.dequantizeLinear, [data("i8", [2], [3, -1]), f32([], 0.5), data("i8", [], [1])], {}, f32([2], 1, -1)),
  opCase(ops.dequantizeLinear, [i32([1, 2], 3, 4), f32([2], 2, 3)], {}, f32([1, 2], 6, 12)),
];

export const computeCases: readonly OpCase[] = [
  ...reductions,
  ...windows,
  ...normalizations,
  ...movements,
  ...indexings,
  ...resamplings,
];
