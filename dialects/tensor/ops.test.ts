/** The compute ops other than elementwise ones: values by hand, and what shape inference and verification reject. */
import { describe, expect, it } from "vitest";
import { type ElementName, elementCount } from "../../ir/tensor-data.ts";
import { i8 } from "../../ir/types.ts";
import { tensorType } from "./declare.ts";
import { caseName, checkCase, complaint, count, data, f32, i1, i32, i64, type OpCase, opCase } from "./op-testing.ts";
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

const cases = [...reductions, ...windows, ...normalizations, ...movements, ...indexings, ...resamplings];

describe("compute ops", () => {
  it.each(cases.map((each) => [caseName(each), each] as const))("%s", (_, each) => checkCase(each));

  it("are all covered by a case", () => {
    const covered = new Set(cases.map(({ definition }) => definition.name));
    const elsewhere = new Set<string>([...ops.elementwiseOps, ...ops.activationOps].map(({ name }) => name));
    const missing = ops.computeOps.filter(({ name }) => !covered.has(name) && !elsewhere.has(name));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });
});

const image = type("f32", 1, 4, 5, 5);
const rejected: readonly (readonly [
  OpCase["definition"],
  readonly ReturnType<typeof type>[],
  OpCase["attributes"],
  RegExp,
])[] = [
  [ops.reduceSum, [image], { axes: [4] }, /reduce_sum: expected an axis from 0 to 3 for rank 4, found axis 4/],
  [ops.reduceSum, [image], { axes: [-1] }, /expected an axis from 0 to 3 for rank 4, found axis -1/],
  [ops.reduceMax, [image], { axes: [1, 1] }, /expected each axis once, found axes \[1, 1\]/],
  [ops.argmax, [image], { axis: 7 }, /argmax: expected an axis from 0 to 3/],
  [ops.cumsum, [type("f32")], { axis: 0 }, /cumsum: expected an axis from 0 to -1 for rank 0/],
  [ops.conv2d, [image, type("f32", 2, 3, 3, 3)], {}, /conv2d: expected weight of 4 input channels per group, found 3/],
  [
    ops.conv2d,
    [image, type("f32", 2, 4, 7, 7)],
    {},
    /conv2d: expected a padded size of at least 7 in spatial dimension 0, found 5/,
  ],
  [
    ops.conv2d,
    [image, type("f32", 2, 4, 3, 3), type("f32", 3)],
    {},
    /conv2d: expected bias of shape \[2\], found \[3\]/,
  ],
  [ops.conv2d, [image, type("f16", 2, 4, 3, 3)], {}, /conv2d: expected operands of one element type, found f32, f16/],
  [ops.conv2d, [type("f32", 1, 4, 5), type("f32", 2, 4, 3)], {}, /conv2d: expected input of rank 4, found rank 3/],
  [
    ops.conv2d,
    [image, type("f32", 2, 4, 3, 3)],
    { strides: [0, 1] },
    /strides of 2 integers from 1 up, found \[0, 1\]/,
  ],
  [
    ops.conv2d,
    [image, type("f32", 2, 4, 3, 3)],
    { padding: [1, 1] },
    /padding of 4 integers from 0 up, found \[1, 1\]/,
  ],
  [
    ops.convTranspose2d,
    [image, type("f32", 3, 1, 2, 2)],
    {},
    /conv_transpose: expected weight of 4 input channels, found 3/,
  ],
  [ops.maxPool2d, [image], { kernel: [2] }, /max_pool2d: expected input of rank 3/],
  [
    ops.averagePool2d,
    [type("i32", 1, 1, 2, 2)],
    { kernel: [2, 2] },
    /'input' must be a static tensor of floats, but got/,
  ],
  [ops.matmul, [type("f32", 2, 3), type("f32", 4, 5)], {}, /matmul: expected equal inner dimensions, found 3 and 4/],
  [ops.matmul, [type("f32", 3), type("f32", 3, 5)], {}, /matmul: expected lhs of rank 2 or more, found rank 1/],
  [ops.softmax, [image], { axis: 4 }, /softmax: expected an axis from 0 to 3/],
  [
    ops.batchNorm,
    [image, ...Array.from({ length: 4 }, () => type("f32", 5))],
    {},
    /expected scale of shape \[4\], found \[5\]/,
  ],
  [
    ops.layerNorm,
    [image, type("f32", 3)],
    { axis: 3 },
    /layer_norm: expected scale that broadcasts to \[1, 4, 5, 5\], found \[3\]/,
  ],
  [
    ops.groupNorm,
    [image, type("f32", 4), type("f32", 4)],
    { num_groups: 3 },
    /num_groups that divide the 4 channels, found 3/,
  ],
  [ops.staticReshape, [image], { result: type("f32", 99) }, /reshape: expected a shape of 100 elements, found \[99\]/],
  [ops.staticReshape, [image], {}, /cannot infer the type of result: pass it/],
  [ops.broadcast, [image], { result: type("f32", 2, 4, 5, 6) }, /an operand that broadcasts to \[2, 4, 5, 6\]/],
  [
    ops.transpose,
    [image],
    { permutation: [0, 1, 1, 2] },
    /transpose: expected a permutation of 4 axes, found \[0, 1, 1, 2\]/,
  ],
  [
    ops.slice,
    [type("f32", 4)],
    { starts: [2], sizes: [3], strides: [1] },
    /slice: expected indices from 0 to 3 in dimension 0/,
  ],
  [ops.staticPad, [type("f32", 4)], { low: [0, 0], high: [0] }, /pad: expected 1 low and high numbers/],
  [ops.tile, [image], { repeats: [1, 2] }, /tile: expected 4 repeats from 0 up, found \[1, 2\]/],
  [ops.depthToSpace, [image], { block_size: 3 }, /depth_to_space: expected channels a multiple of 9, found 4/],
  [
    ops.spaceToDepth,
    [image],
    { block_size: 2 },
    /space_to_depth: expected height and width multiples of 2, found 5 and 5/,
  ],
  [ops.take, [image, type("f32", 2)], { axis: 0 }, /'indices' must be a static tensor of i32 or i64/],
  [
    ops.gatherElements,
    [type("f32", 3, 2), type("i64", 1, 3)],
    { axis: 0 },
    /indices within \[3, 2\] but for axis 0, found \[1, 3\]/,
  ],
  [
    ops.gatherNd,
    [type("f32", 3), type("i64", 1, 2)],
    {},
    /gather_nd: expected index tuples of up to 1, found \[1, 2\]/,
  ],
  [
    ops.scatterNd,
    [type("f32", 3), type("i64", 1, 1), type("f32", 2)],
    {},
    /scatter_nd: expected updates of shape \[1\], found \[2\]/,
  ],
  [
    ops.oneHot,
    [type("i64", 3), type("f32", 3)],
    { depth: 2, axis: 0 },
    /values \[off, on\] of shape \[2\], found \[3\]/,
  ],
  [ops.topK, [type("f32", 3)], { k: 4, axis: 0 }, /top_k: expected k from 0 to 3, found 4/],
  [ops.trilu, [type("f32", 3)], {}, /trilu: expected input of rank 2 or more/],
  [
    ops.reverseSequence,
    [image, type("i64", 4)],
    { batch_axis: 1, time_axis: 1 },
    /expected different batch and time axes, found 1 for both/,
  ],
  [
    ops.resize,
    [type("f32", 4)],
    { mode: "linear", scales: [2, 2], result: type("f32", 8) },
    /resize: expected 1 scales, found \[2, 2\]/,
  ],
  [
    ops.resize,
    [type("f32", 4)],
    { mode: "linear", scales: [2], result: type("f32", 12) },
    /must be about 8 by scales, but is 12/,
  ],
  [
    ops.resize,
    [type("i1", 4)],
    { mode: "linear", scales: [2], result: type("i1", 8) },
    /mode linear interpolates floats and integers/,
  ],
  [ops.quantizeLinear, [image, type("f32", 3)], {}, /quantize_linear: expected scale of shape \[4\], found \[3\]/],
  [ops.dequantizeLinear, [type("i8", 2), type("f32"), type("ui8")], {}, /operands of one element type, found i8, ui8/],
];

describe("compute ops reject", () => {
  it.each(rejected.map((each) => [`${each[0].name}: ${each[3].source}`, each] as const))(
    "%s",
    (_, [definition, types, attributes, message]) => {
      expect(complaint(definition, types, attributes)).toMatch(message);
    },
  );
});
