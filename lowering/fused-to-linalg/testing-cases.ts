/**
 * One program per op of the tensor dialect, element type and interesting shape: what the differential test of this folder
 * runs before and after lowering.
 */
import * as tensor from "../../dialects/tensor/ops.ts";
import { concat } from "../../dialects/tensor/upstream/ops.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import { type ElementName, setNumber, type TensorData, zeros } from "../../ir/tensor-data.ts";
import { elementType, TensorType } from "../../ir/types.ts";
import { type Attributes, randomNumbers, randomTensor } from "./testing.ts";

export interface Case {
  readonly definition: AnyDefinition;
  readonly inputs: readonly TensorData[];
  readonly attributes: Attributes;
  readonly tolerance?: number;
}

const next = randomNumbers(7);
const floats: readonly ElementName[] = ["f32", "f64", "f16", "bf16"];
const integers: readonly ElementName[] = ["i8", "ui8", "i16", "ui16", "i32", "ui32", "i64"];
const numbers = [...floats, ...integers];

/** Random data; `low` of unsigned types is at least 0. */
function random(shape: readonly number[], element: ElementName = "f32", low = -4, high = 4): TensorData {
  return randomTensor(shape, element, element.startsWith("u") ? Math.max(0, low) : low, high, next);
}

function given(shape: readonly number[], element: ElementName, values: readonly number[]): TensorData {
  const data = zeros(shape, element);
  for (const [position, value] of values.entries()) setNumber(data, position, value);
  return data;
}

function one(
  definition: AnyDefinition,
  inputs: readonly TensorData[],
  attributes: Attributes = {},
  tolerance?: number,
): Case {
  return tolerance === undefined ? { definition, inputs, attributes } : { definition, inputs, attributes, tolerance };
}

/** A case per element type. */
function each(
  definition: AnyDefinition,
  elements: readonly ElementName[],
  inputs: (element: ElementName) => readonly TensorData[],
  attributes: Attributes = {},
): Case[] {
  return elements.map((element) => one(definition, inputs(element), attributes));
}

const infinities = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 0, -0, 1, -1, 0.5, -2.5, 3.7];

/** Ops of one operand on ordinary numbers of each type and, for floats, on infinities, NaN and zeros. */
function unaryCases(): Case[] {
  const positive = new Set<AnyDefinition>([tensor.log, tensor.sqrt, tensor.rsqrt, tensor.acosh]);
  const unit = new Set<AnyDefinition>([tensor.asin, tensor.acos, tensor.atanh]);
  return tensor.unaryOps.flatMap((definition: AnyDefinition) => {
    const [low, high] = positive.has(definition) ? [1.1, 6] : unit.has(definition) ? [-0.9, 0.9] : [-5, 5];
    const accepted = [...numbers, "i4", "ui4", "i1"].filter((element) => {
      const type = TensorType.get([2], elementType(element as ElementName));
      return definition.operandFields[0]!.field.constraint.matches(type);
    }) as ElementName[];
    const ordinary = accepted.map((element) => {
      const limits =
        element === "i1" ? [0, 1] : element.endsWith("4") && !element.includes("64") ? [-8, 7] : [low, high];
      return one(definition, [random([2, 3, 5], element, limits[0]!, limits[1]!)]);
    });
    const special = accepted.includes("f32") ? [one(definition, [given([10], "f32", infinities)])] : [];
    return [...ordinary, ...special];
  });
}

function activationCases(): Case[] {
  const variants: readonly (readonly [AnyDefinition, readonly Attributes[]])[] = [
    [tensor.gelu, [{}, { approximate: "tanh" }]],
    [tensor.leakyRelu, [{ alpha: 0.1 }]],
    [tensor.elu, [{ alpha: 1.5 }]],
    [tensor.selu, [{}]],
    [tensor.celu, [{ alpha: 2 }]],
    [tensor.hardSigmoid, [{}, { alpha: 1 / 6, beta: 0.5 }]],
    [tensor.thresholdedRelu, [{ alpha: 0.7 }]],
    [tensor.shrink, [{ lambd: 1, bias: 0.5 }]],
    [tensor.swish, [{ alpha: 2 }, { alpha: -0.5 }]],
    [tensor.clip, [{ min: -1, max: 2 }, { min: 0 }, { max: 1 }, {}]],
    [
      tensor.isInf,
      [{}, { detect_negative: false }, { detect_positive: false }, { detect_positive: false, detect_negative: false }],
    ],
  ];
  const onFloats = variants.flatMap(([definition, list]) =>
    list.flatMap((attributes) => [
      ...each(definition, floats, (element) => [random([3, 7], element, -6, 6)], attributes),
      one(definition, [given([10], "f32", infinities)], attributes),
    ]),
  );
  const onIntegers = integers.flatMap((element) => [
    one(tensor.clip, [random([3, 7], element, -6, 6)], { min: 1, max: 3 }),
    one(tensor.shrink, [random([3, 7], element, -6, 6)], { lambd: 2.5, bias: 1 }),
  ]);
  return [...onFloats, ...onIntegers];
}

function binaryCases(): Case[] {
  const operands = tensor.binaryOps.flatMap((definition: AnyDefinition) => {
    const accepted = [...numbers, "i4", "ui4", "i1"].filter((element) =>
      definition.operandFields[0]!.field.constraint.matches(TensorType.get([2], elementType(element as ElementName))),
    ) as ElementName[];
    return accepted.flatMap((element) => {
      const isBit = element === "i1";
      const isNibble = element === "i4" || element === "ui4";
      const [low, high] = isBit ? [0, 1] : isNibble ? [-8, 7] : [-9, 9];
      return [
        one(definition, [random([2, 3, 4], element, low, high), random([2, 3, 4], element, low, high)]),
        one(definition, [random([2, 1, 4], element, low, high), random([3, 1], element, low, high)]),
        one(definition, [random([], element, low, high), random([1, 5], element, low, high)]),
      ];
    });
  });
  const edges = [
    one(tensor.div, [given([4], "i8", [-128, -128, 7, -7]), given([4], "i8", [-1, 0, 2, 2])]),
    one(tensor.mod, [given([6], "i32", [7, -7, 7, -7, 5, -2147483648]), given([6], "i32", [3, 3, -3, -3, 0, -1])]),
    one(tensor.fmod, [given([6], "i32", [7, -7, 7, -7, 5, -2147483648]), given([6], "i32", [3, 3, -3, -3, 0, -1])]),
    one(tensor.mod, [given([4], "f32", [5.5, -5.5, 5.5, -6]), given([4], "f32", [2, 2, -2, 2])]),
    one(tensor.shiftLeft, [given([4], "ui8", [255, 1, 3, 7]), given([4], "ui8", [8, 7, 1, 200])]),
    one(tensor.shiftRight, [given([4], "i8", [-128, -1, 64, 7]), given([4], "i8", [8, 7, 1, -1])]),
    one(tensor.maximum, [given([3], "f32", [Number.NaN, 1, 2]), given([3], "f32", [1, Number.NaN, 3])]),
  ];
  const powers = [
    ...floats.map((element) => one(tensor.pow, [random([3, 4], element, 0.1, 3), random([4], element, -2, 2)])),
    one(tensor.pow, [random([3, 4], "f32", -3, 3), given([], "i64", [3])]),
    one(tensor.pow, [random([3, 4], "i32", -3, 3), random([4], "i32", 0, 5)]),
    one(tensor.pow, [random([3, 4], "i32", 0, 9), given([], "f32", [0.5])]),
  ];
  return [...operands, ...edges, ...powers];
}

function otherElementwiseCases(): Case[] {
  const conversions = numbers.flatMap((from) =>
    [...numbers, "i1" as const, "i4" as const, "ui4" as const].map((to) =>
      one(tensor.convert, [random([2, 5], from, -100, 100)], { result: TensorType.get([2, 5], elementType(to)) }),
    ),
  );
  return [
    ...conversions,
    one(tensor.convert, [given([6], "f32", [1e10, -1e10, Number.NaN, Number.POSITIVE_INFINITY, 300.7, -300.7])], {
      result: TensorType.get([6], elementType("i8")),
    }),
    ...numbers.map((element) => one(tensor.prelu, [random([1, 3, 2, 2], element), random([3, 1, 1], element)])),
    ...[...numbers, "i1" as const].map((element) =>
      one(tensor.select, [random([2, 1, 3], "i1", 0, 1), random([2, 4, 3], element, 0, 1), random([], element, 0, 1)]),
    ),
  ];
}

const image = (element: ElementName, ...shape: number[]): TensorData => random(shape, element, -2, 2);

function convolutionCases(): Case[] {
  const plain = (attributes: Attributes, input: number[], weight: number[], bias: boolean, elements = floats) =>
    elements.map((element) =>
      one(
        tensor.conv2d,
        [image(element, ...input), image(element, ...weight), ...(bias ? [image(element, weight[0]!)] : [])],
        attributes,
      ),
    );
  const transposed = (
    attributes: Attributes,
    input: number[],
    weight: number[],
    bias: number,
    elements: readonly ElementName[] = ["f32"],
  ) =>
    elements.map((element) =>
      one(
        tensor.convTranspose2d,
        [image(element, ...input), image(element, ...weight), ...(bias > 0 ? [image(element, bias)] : [])],
        attributes,
      ),
    );
  return [
    ...plain({ padding: [1, 1, 1, 1] }, [1, 3, 6, 5], [4, 3, 3, 3], true),
    ...plain({ strides: [2, 1], padding: [0, 1, 2, 0] }, [2, 2, 7, 5], [3, 2, 3, 2], false, ["f32"]),
    ...plain({ dilations: [2, 3] }, [1, 2, 8, 9], [3, 2, 3, 2], true, ["f32"]),
    ...plain({}, [1, 5, 4, 4], [6, 5, 1, 1], false, ["f32", "f16"]),
    ...plain({ groups: 2, padding: [1, 1, 1, 1] }, [1, 4, 5, 5], [6, 2, 3, 3], true, ["f32", "f16"]),
    ...plain({ groups: 4, padding: [1, 1, 1, 1], strides: [2, 2] }, [1, 4, 6, 6], [4, 1, 3, 3], true, ["f32", "bf16"]),
    ...plain({ groups: 2 }, [1, 2, 5, 5], [6, 1, 3, 3], true, ["f32"]),
    ...transposed({ strides: [2, 2] }, [1, 3, 3, 4], [3, 2, 2, 2], 2, floats),
    ...transposed({}, [1, 2, 4, 4], [2, 3, 3, 3], 3),
    ...transposed({ strides: [2, 2], padding: [1, 1, 1, 1], output_padding: [1, 1] }, [2, 2, 4, 3], [2, 3, 3, 3], 3, [
      "f32",
      "f16",
    ]),
    ...transposed({ strides: [3, 2], padding: [0, 1, 2, 0] }, [1, 2, 4, 5], [2, 3, 2, 4], 0),
    ...transposed({ strides: [2, 3], dilations: [2, 2], padding: [1, 0, 0, 1] }, [1, 2, 4, 4], [2, 2, 3, 3], 2),
    ...transposed({ strides: [4, 4], output_padding: [1, 2] }, [1, 2, 3, 3], [2, 3, 3, 2], 3),
    ...transposed({ strides: [2, 2], groups: 2 }, [1, 4, 3, 3], [4, 2, 3, 3], 4),
    ...transposed({ strides: [2, 2], groups: 2 }, [1, 4, 3, 3], [4, 2, 2, 2], 4),
  ];
}

function poolCases(): Case[] {
  const attributes: readonly Attributes[] = [
    { kernel: [2, 2], strides: [2, 2] },
    { kernel: [3, 2], strides: [2, 1], padding: [1, 0, 1, 1] },
    { kernel: [3, 3], strides: [2, 2], padding: [1, 1, 1, 1], ceil_mode: true },
    { kernel: [2, 2], dilations: [2, 1] },
    { kernel: [3, 3], strides: [2, 2], ceil_mode: true },
    { kernel: [6, 7] },
  ];
  const input = (element: ElementName) => random([2, 3, 6, 7], element, -9, 9);
  return attributes.flatMap((window) => [
    ...each(tensor.maxPool2d, window === attributes[1] ? numbers : ["f32"], (element) => [input(element)], window),
    ...each(tensor.averagePool2d, window === attributes[1] ? floats : ["f32"], (element) => [input(element)], window),
    one(tensor.averagePool2d, [input("f32")], { ...window, count_include_pad: true }),
    one(tensor.lpPool2d, [input("f32")], { ...window, p: 2 }),
    one(tensor.lpPool2d, [input("f32")], { ...window, p: 3 }),
  ]);
}

function matmulCases(): Case[] {
  const shapes: readonly (readonly [number[], number[], Attributes])[] = [
    [[3, 4], [4, 5], {}],
    [[4, 3], [5, 4], { transpose_lhs: true, transpose_rhs: true }],
    [[2, 1, 3, 4], [5, 4, 2], {}],
    [[3, 4], [2, 4, 2], {}],
    [[2, 3, 4], [4, 2], {}],
    [[1, 1, 4], [6, 4, 3], {}],
    [[2, 3, 4], [2, 5, 4], { transpose_rhs: true }],
  ];
  return shapes.flatMap(([lhs, rhs, attributes], position) =>
    each(
      tensor.matmul,
      position < 2 ? numbers : ["f32"],
      (element) => [random(lhs, element), random(rhs, element)],
      attributes,
    ),
  );
}

function reductionCases(): Case[] {
  const axes: readonly Attributes[] = [
    { axes: [1] },
    { axes: [0, 2], keep_dims: false },
    { axes: [0, 1, 2], keep_dims: false },
    { axes: [], keep_dims: true },
  ];
  const reductions = tensor.reduceOps.flatMap((definition) =>
    axes.flatMap((attributes, position) => {
      const low = definition === tensor.reduceLogSum || definition === tensor.reduceProd ? 1 : -3;
      return each(
        definition,
        position === 0 ? numbers : ["f32", "i32"],
        (element) => [random([2, 3, 4], element, low, 3)],
        attributes,
      );
    }),
  );
  const extremes = [tensor.argmax, tensor.argmin].flatMap((definition) =>
    [{ axis: 1 }, { axis: 0, keep_dims: false, select_last_index: true }].flatMap((attributes) => [
      ...each(definition, numbers, (element) => [random([3, 5, 2], element, -2, 2)], attributes),
      one(definition, [given([4, 1], "f32", [1, Number.NaN, 5, Number.NaN])], { ...attributes, axis: 0 }),
      one(
        definition,
        [given([3, 1], "f32", [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY])],
        { ...attributes, axis: 0 },
      ),
      one(
        definition,
        [given([3, 1], "f32", [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])],
        { ...attributes, axis: 0 },
      ),
    ]),
  );
  const running = [tensor.cumsum, tensor.cumprod].flatMap((definition) =>
    [
      { axis: 0 },
      { axis: 1, exclusive: true },
      { axis: 1, reverse: true },
      { axis: 0, exclusive: true, reverse: true },
    ].flatMap((attributes) =>
      each(definition, ["f32", "f16", "i8", "ui8", "i64"], (element) => [random([3, 4], element, -2, 2)], attributes),
    ),
  );
  const booleans = [tensor.reduceMax, tensor.reduceMin].map((definition) =>
    one(definition, [random([3, 4], "i1", 0, 1)], { axes: [1] }),
  );
  const infinite = one(
    tensor.reduceLogSumExp,
    [
      given([3, 2], "f32", [
        Number.NEGATIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        1,
        Number.POSITIVE_INFINITY,
        1000,
        1000,
      ]),
    ],
    { axes: [1] },
  );
  return [...reductions, ...extremes, ...running, ...booleans, infinite];
}

function normalizationCases(): Case[] {
  const along = [tensor.softmax, tensor.logSoftmax, tensor.hardmax].flatMap((definition) => [
    ...each(definition, floats, (element) => [random([2, 3, 4], element, -5, 5)], { axis: 2 }),
    one(definition, [random([2, 3, 4], "f32", -90, 90)], { axis: 1 }),
  ]);
  const channels = (element: ElementName, ...low: number[]) =>
    low.map((least) => random([4], element, least, least + 2));
  const input = (element: ElementName) => random([2, 4, 3, 2], element, -3, 5);
  return [
    ...along,
    ...each(tensor.batchNorm, floats, (element) => [input(element), ...channels(element, -1, -1, 0, 0.5)], {
      epsilon: 1e-3,
    }),
    ...each(tensor.layerNorm, floats, (element) => [input(element), random([2], element), random([3, 2], element)], {
      axis: 2,
    }),
    one(tensor.layerNorm, [random([2, 5], "f32"), random([5], "f32")], { axis: 1 }),
    one(tensor.layerNorm, [random([2, 5], "f16"), random([5], "f32"), random([5], "f32")], { axis: 1 }),
    ...each(tensor.rmsNorm, floats, (element) => [random([2, 3, 4], element), random([4], element)], { axis: 2 }),
    ...each(tensor.instanceNorm, floats, (element) => [input(element), ...channels(element, 0, -1)]),
    ...each(tensor.groupNorm, floats, (element) => [input(element), ...channels(element, 0, -1)], { num_groups: 2 }),
    ...each(tensor.lrn, floats, (element) => [input(element)], { size: 3, alpha: 0.5, bias: 1.5 }),
    one(tensor.lrn, [input("f32")], { size: 4 }),
    ...each(tensor.lpNorm, floats, (element) => [random([2, 3], element)], { axis: 1 }),
    one(tensor.lpNorm, [given([2, 2], "f32", [0, 0, 3, -4])], { axis: 1, p: 1 }),
    ...each(tensor.meanVarianceNorm, floats, (element) => [input(element)], { axes: [0, 2, 3] }),
  ];
}

/** An op whose result type is stated. */
const shaped = (element: ElementName, ...shape: number[]): Attributes => ({
  result: TensorType.get(shape, elementType(element)),
});

function movementCases(): Case[] {
  const elements: readonly ElementName[] = ["f32", "ui8", "i1", "i64"];
  const input = (element: ElementName, ...shape: number[]) => random(shape, element, 0, element === "i1" ? 1 : 9);
  const reshapes: readonly (readonly [number[], number[]])[] = [
    [
      [2, 3, 4],
      [6, 4],
    ],
    [
      [6, 4],
      [2, 3, 4],
    ],
    [
      [4, 6],
      [6, 4],
    ],
    [
      [1, 2, 1, 3],
      [2, 3, 1, 1],
    ],
    [[1, 1], []],
    [[], [1, 1, 1]],
    [
      [2, 0, 3],
      [0, 5],
    ],
  ];
  const transposes: readonly (readonly [number[], number[]])[] = [
    [
      [2, 3, 4],
      [2, 0, 1],
    ],
    [
      [1, 3, 1, 4],
      [2, 1, 0, 3],
    ],
    [
      [2, 3],
      [1, 0],
    ],
  ];
  return [
    ...reshapes.flatMap(([from, to]) =>
      elements.map((element) => one(tensor.staticReshape, [input(element, ...from)], shaped(element, ...to))),
    ),
    ...transposes.flatMap(([from, permutation]) =>
      each(tensor.transpose, elements, (element) => [input(element, ...from)], { permutation }),
    ),
    ...elements.map((element) => one(tensor.broadcast, [input(element, 3, 1)], shaped(element, 2, 3, 4))),
    ...each(tensor.slice, elements, (element) => [input(element, 5, 6)], {
      starts: [1, 5],
      sizes: [2, 3],
      strides: [2, -2],
    }),
    one(tensor.slice, [input("f32", 5, 6)], { starts: [0, 0], sizes: [0, 3], strides: [1, 1] }),
    one(tensor.slice, [input("f32", 5, 6)], { starts: [3, 2], sizes: [1, 1], strides: [-1, -4] }),
    ...each(tensor.reverse, elements, (element) => [input(element, 3, 4)], { axes: [0, 1] }),
    ...(["constant", "reflect", "edge", "wrap"] as const).flatMap((mode) => [
      ...each(tensor.staticPad, elements, (element) => [input(element, 3, 4)], {
        low: [1, 0],
        high: [2, 3],
        mode,
        ...(mode === "constant" ? { value: 1 } : {}),
      }),
      one(tensor.staticPad, [input("f32", 5, 4)], { low: [-1, 2], high: [2, -1], mode }),
    ]),
    ...each(tensor.tile, elements, (element) => [input(element, 2, 3)], { repeats: [2, 1] }),
    one(tensor.tile, [input("f32", 2, 3)], { repeats: [3, 2] }),
    one(tensor.tile, [input("f32", 2, 3)], { repeats: [0, 2] }),
    ...(["DCR", "CRD"] as const).flatMap((mode) =>
      each(tensor.depthToSpace, elements, (element) => [input(element, 1, 8, 2, 3)], { block_size: 2, mode }),
    ),
    ...each(tensor.spaceToDepth, elements, (element) => [input(element, 2, 3, 4, 6)], { block_size: 2 }),
    ...each(
      concat,
      elements,
      (element) => [input(element, 2, 1, 3), input(element, 2, 4, 3), input(element, 2, 2, 3)],
      { dim: 1 },
    ),
  ];
}

function indexingCases(): Case[] {
  const at = (...values: number[]) => given([values.length], "i64", values);
  const elements: readonly ElementName[] = ["f32", "f16", "ui8", "i64"];
  return [
    ...each(tensor.take, elements, (element) => [random([2, 4, 3], element, 0, 9), at(3, -1, 0)], { axis: 1 }),
    one(tensor.take, [random([4, 3], "f32"), given([2, 2], "i32", [0, 1, -4, 2])], { axis: 0 }),
    one(tensor.take, [random([4, 3], "f32"), given([], "i64", [2])], { axis: 1 }),
    ...each(
      tensor.gatherElements,
      elements,
      (element) => [random([4, 3], element, 0, 9), given([2, 3], "i64", [0, 1, -1, 3, 2, 0])],
      { axis: 0 },
    ),
    ...each(tensor.gatherNd, elements, (element) => [
      random([4, 3, 2], element, 0, 9),
      given([2, 2], "i64", [0, 1, -1, 2]),
    ]),
    one(tensor.gatherNd, [random([2, 3, 4], "f32"), given([2, 5, 1], "i64", [0, 1, 2, 0, -1, 2, 2, 1, 0, 0])], {
      batch_dims: 1,
    }),
    one(tensor.oneHot, [at(0, 2, -1, 7, -9), random([2], "f32")], { depth: 4, axis: 1 }),
    one(tensor.oneHot, [given([2, 2], "f32", [0, 2, -1, 7]), random([2], "ui8", 0, 9)], { depth: 3, axis: 0 }),
    one(tensor.oneHot, [given([3], "ui8", [0, 2, 200]), random([2], "i32", 0, 9)], { depth: 4, axis: 1 }),
    ...each(tensor.trilu, elements, (element) => [random([2, 3, 4], element, 1, 9)], { k: 1 }),
    one(tensor.trilu, [random([4, 4], "f32")], { k: -1, upper: false }),
    ...each(tensor.reverseSequence, elements, (element) => [random([4, 2, 3], element, 0, 9), at(3, 1)], {
      batch_axis: 1,
      time_axis: 0,
    }),
  ];
}

function scatteringCases(): Case[] {
  const indices = given([2, 2], "i64", [0, 3, -2, 3]);
  const reductions = (["none", "add", "mul", "max", "min"] as const).flatMap((reduction) => [
    ...each(
      tensor.scatterElements,
      ["f32", "f16", "ui8", "i64"],
      (element) => [random([4, 3], element, 0, 9), indices, random([2, 2], element, 0, 9)],
      { axis: 0, reduction },
    ),
    one(tensor.scatterNd, [random([4, 3, 2], "f32"), given([3, 1], "i64", [1, -1, 1]), random([3, 3, 2], "f32")], {
      reduction,
    }),
    one(
      tensor.scatterNd,
      [random([4, 3], "i32", 0, 9), given([2, 2, 2], "i64", [0, 1, 3, 2, 0, 1, -1, -1]), random([2, 2], "i32", 0, 9)],
      { reduction },
    ),
  ]);
  const sorted = [true, false].flatMap((largest) => [
    ...each(tensor.topK, numbers, (element) => [random([3, 7], element, -2, 2)], { axis: 1, k: 4, largest }),
    one(tensor.topK, [random([5, 2, 2], "f32")], { axis: 0, k: 5, largest }),
    one(tensor.topK, [given([10], "f32", infinities)], { axis: 0, k: 10, largest }),
    one(tensor.topK, [given([6], "f32", [Number.NaN, 1, Number.NaN, 1, 2, 2])], { axis: 0, k: 6, largest }),
  ]);
  return [
    ...reductions,
    ...sorted,
    one(tensor.scatterElements, [random([4, 3], "f32"), random([4, 2], "i64", -3, 2), random([4, 2], "f32")], {
      axis: 1,
    }),
  ];
}

function resizeCases(): Case[] {
  const to = (element: ElementName, shape: number[], scales: number[], attributes: Attributes) => ({
    ...shaped(element, ...shape),
    scales,
    ...attributes,
  });
  const modes = ["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric"] as const;
  const nearest = (["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"] as const).flatMap((nearest_mode) =>
    modes.map((coordinate_transformation) =>
      one(
        tensor.resize,
        [random([1, 2, 3, 4], "f32")],
        to("f32", [1, 2, 5, 7], [1, 1, 5 / 3, 7 / 4], { mode: "nearest", nearest_mode, coordinate_transformation }),
      ),
    ),
  );
  const smooth = (["linear", "cubic"] as const).flatMap((mode) => [
    ...modes.map((coordinate_transformation) =>
      one(
        tensor.resize,
        [random([1, 2, 3, 4], "f32")],
        to("f32", [1, 2, 5, 7], [1, 1, 5 / 3, 7 / 4], { mode, coordinate_transformation }),
      ),
    ),
    ...["f16", "bf16", "f64", "ui8", "i8"].map((element) =>
      one(
        tensor.resize,
        [random([1, 2, 3, 4], element as ElementName, -90, 90)],
        to(element as ElementName, [1, 2, 6, 8], [1, 1, 2, 2], { mode }),
      ),
    ),
    one(
      tensor.resize,
      [random([1, 1, 6, 8], "f32")],
      to("f32", [1, 1, 3, 3], [1, 1, 0.5, 3 / 8], { mode, antialias: true }),
    ),
    one(
      tensor.resize,
      [random([1, 1, 6, 8], "f32")],
      to("f32", [1, 1, 7, 9], [1, 1, 7 / 6, 9 / 8], { mode, exclude_outside: true }),
    ),
  ]);
  const crop = (["nearest", "linear"] as const).map((mode) =>
    one(
      tensor.resize,
      [random([1, 1, 4, 4], "f32")],
      to("f32", [1, 1, 3, 5], [1, 1, 0.75, 1.25], {
        mode,
        coordinate_transformation: "tf_crop_and_resize",
        roi: [0, 0, -0.2, 0.4, 1, 1, 0.9, 1.3],
        extrapolation_value: 10,
      }),
    ),
  );
  const whole = (["f32", "ui8", "i64", "i1"] as const).map((element) =>
    one(
      tensor.resize,
      [random([1, 2, 3, 4], element, 0, 1)],
      to(element, [1, 2, 6, 12], [1, 1, 2, 3], {
        mode: "nearest",
        coordinate_transformation: "asymmetric",
        nearest_mode: "floor",
      }),
    ),
  );
  const grids = (["nearest", "linear", "cubic"] as const).flatMap((mode) =>
    (["zeros", "border", "reflection"] as const).flatMap((padding_mode) =>
      [true, false].map((align_corners) =>
        one(
          tensor.gridSample,
          [random([2, 2, 4, 5], "f32"), random([2, 3, 3, 2], "f32", -1.6, 1.6)],
          { mode, padding_mode, align_corners },
          1e-4,
        ),
      ),
    ),
  );
  return [...nearest, ...smooth, ...crop, ...whole, ...grids];
}

function quantizationCases(): Case[] {
  const targets: readonly ElementName[] = ["i8", "ui8", "i16", "ui16", "i4", "ui4", "i32"];
  const zero = (element: ElementName, ...shape: number[]) => random(shape, element, 0, 5);
  return targets.flatMap((target) => [
    one(tensor.quantizeLinear, [random([2, 3, 4], "f32", -20, 20), random([3], "f32", 0.05, 0.2), zero(target, 3)], {
      axis: 1,
    }),
    one(tensor.quantizeLinear, [random([2, 3], "f16", -20, 20), random([], "f16", 0.05, 0.2), zero(target)]),
    one(tensor.quantizeLinear, [random([2, 3], "i32", -2000, 2000), random([], "f32", 5, 20), zero(target)]),
    one(tensor.dequantizeLinear, [random([2, 3, 4], target, -8, 7), random([3], "f32", 0.05, 0.2), zero(target, 3)], {
      axis: 1,
    }),
    one(tensor.dequantizeLinear, [random([2, 3, 4], target, -8, 7), random([], "f16", 0.05, 0.2)]),
    one(
      tensor.dequantizeLinear,
      [random([2, 5], target, -8, 7), random([2, 3], "f32", 0.05, 0.2), zero(target, 2, 3)],
      { axis: 1, block_size: 2 },
    ),
  ]);
}

/** All of them. */
export const cases: readonly Case[] = [
  ...unaryCases(),
  ...activationCases(),
  ...binaryCases(),
  ...otherElementwiseCases(),
  ...convolutionCases(),
  ...poolCases(),
  ...matmulCases(),
  ...reductionCases(),
  ...normalizationCases(),
  ...movementCases(),
  ...indexingCases(),
  ...scatteringCases(),
  ...resizeCases(),
  ...quantizationCases(),
];
