/** The compute ops other than elementwise ones: values by hand, and what shape inference and verification reject. */
import { describe, expect, it } from "vitest";
import type { ElementName } from "../../ir/tensor-data.ts";
import { tensorType } from "./declare.ts";
import { computeCases as cases } from "./op-cases.ts";
import { caseName, checkCase, complaint, type OpCase } from "./op-testing.ts";
import * as ops from "./ops.ts";

const type = (element: ElementName, ...shape: number[]) => tensorType(shape, element);

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
