/** Every task class of the engine as MIL, for each opset: what is written is read again, and computes what the engine computes. */
import { describe, expect, test } from "vitest";
import {
  type ActivationName,
  activationNames,
  activationTable,
  type ElementwiseKind,
  elementwiseKinds,
  type MoveKind,
  moveKinds,
  reduceKinds,
} from "../../dialects/ane/index.ts";
import { BlobStorage } from "../../dialects/mil/blob-storage/index.ts";
import { type BlobReader, moduleOf } from "../../dialects/mil/module/index.ts";
import { readMilText } from "../../dialects/mil/text/reader.ts";
import { print } from "../../ir/printer/print.ts";
import { getNumber, setNumber, type TensorData, zeros } from "../../ir/tensor-data.ts";
import { evaluated, lowered, sample } from "../fused-to-ane/testing.ts";
import { emitMil } from "../mil-to-text/index.ts";
import { aneToMil } from "./index.ts";

const opsets = ["ios16", "ios18"] as const;

interface Case {
  readonly name: string;
  /** Shapes of %x, %z, %v. */
  readonly inputs: readonly (readonly number[])[];
  /** Tasks, of which one gives %y. */
  readonly body: readonly string[];
  readonly result: readonly number[];
  /** Inputs are from 0.1 up instead of between -1 and 1. */
  readonly isPositive?: boolean;
  /** Greatest difference; the default is for a few roundings to f16. */
  readonly tolerance?: number;
  /** What only some opsets have, and what stands for it elsewhere. */
  readonly mnemonics?: Readonly<Record<(typeof opsets)[number], readonly string[]>>;
  /** Why opsets before ios18 have it not. */
  readonly refused?: string;
}

const surface = (shape: readonly number[], element = "f16") =>
  `!ane.surface<${shape.map((size) => `${size}x`).join("")}${element}>`;
const tensor = (shape: readonly number[]) => `tensor<${shape.map((size) => `${size}x`).join("")}f16>`;
const letters = ["%x", "%z", "%v"];

function programOf({ inputs, body, result }: Case): string {
  const names = inputs.map((_, position) => letters[position]!);
  const list = (text: (shape: readonly number[], position: number) => string) => inputs.map(text).join(", ");
  return `ane.program @p(${list((shape, at) => `${names[at]}: ${surface(shape)}`)}) -> (${surface(result)}) attributes {input_names = [${list((_, at) => `"in${at}"`)}], output_names = ["y"], target = "h16s"} {
  ${body.join("\n  ")}
  return %y : ${surface(result)}
}
func.func @main(${list((shape, at) => `${names[at]}: ${tensor(shape)}`)}) -> ${tensor(result)} {
  %y = ane.call @p(${names.join(", ")}) : (${list(tensor)}) -> ${tensor(result)}
  return %y : ${tensor(result)}
}`;
}

/** `%y = ane.NAME %x {attributes}` on one input. */
const task = (name: string, from: readonly number[], to: readonly number[], attributes: string): Case => ({
  name: `${name} {${attributes}}`,
  inputs: [from],
  body: [`%y = ane.${name} %x {${attributes}} : (${surface(from)}) -> ${surface(to)}`],
  result: to,
});

const constant = (name: string, shape: readonly number[]) => {
  const values = sample(shape, 5);
  let texts = Array.from({ length: values.data.length }, (_, at) => getNumber(values, at).toFixed(3));
  for (const size of shape.toReversed())
    texts = Array.from(
      { length: texts.length / size },
      (_, at) => `[${texts.slice(at * size, (at + 1) * size).join(", ")}]`,
    );
  return `${name} = ane.constant dense<${texts[0]}> : ${tensor(shape)} -> ${surface(shape)}`;
};

const pair = [2, 6] as const;

function elementwiseCase(kind: ElementwiseKind): Case {
  const name = `elementwise ${kind}`;
  const [s, truth] = [surface(pair), surface(pair, "i1")];
  const positive = kind === "real_div" || kind === "pow";
  const given = { name, inputs: [pair, pair], result: pair, isPositive: positive };
  const two = `%y = ane.elementwise %x, %z {kind = "${kind}"} : (${s}, ${s}) -> ${s}`;
  const choose = (condition: string) =>
    `%y = ane.elementwise ${condition}, %x, %z {kind = "select"} : (${truth}, ${s}, ${s}) -> ${s}`;
  const compare = (to: string, word: string) =>
    `${to} = ane.elementwise %x, %z {kind = "${word}"} : (${s}, ${s}) -> ${truth}`;
  switch (kind) {
    case "identity":
      return { ...given, inputs: [pair], body: [`%y = ane.elementwise %x {kind = "identity"} : (${s}) -> ${s}`] };
    case "select":
      return { ...given, body: [compare("%c", "less"), choose("%c")] };
    case "logical_not":
      return {
        ...given,
        body: [
          compare("%c", "less"),
          `%d = ane.elementwise %c {kind = "logical_not"} : (${truth}) -> ${truth}`,
          choose("%d"),
        ],
      };
    case "prelu": {
      const body = [
        constant("%w", [6]),
        `%y = ane.elementwise %x, %w {kind = "prelu"} : (${s}, ${surface([6])}) -> ${s}`,
      ];
      return { ...given, inputs: [pair], body };
    }
    case "equal":
    case "not_equal":
    case "less":
    case "less_equal":
    case "greater":
    case "greater_equal":
      return { ...given, body: [compare("%c", kind), choose("%c")] };
    default:
      return { ...given, body: [two] };
  }
}

const moves: Readonly<Record<MoveKind, readonly Case[]>> = {
  reshape: [task("move", [2, 6], [3, 4], 'kind = "reshape", shape = array<i64: 3, 4>')],
  transpose: [task("move", [2, 3, 4], [4, 2, 3], 'kind = "transpose", permutation = array<i64: 2, 0, 1>')],
  concat: [
    {
      name: "concat",
      inputs: [
        [2, 3],
        [2, 2],
      ],
      body: [
        `%y = ane.move %x, %z {axis = 1 : i64, kind = "concat"} : (${surface([2, 3])}, ${surface([2, 2])}) -> ${surface([2, 5])}`,
      ],
      result: [2, 5],
    },
  ],
  slice: [
    [2, 1],
    [2, 2],
    [-1, -2],
  ].map(([down = 1, right = 1]) => {
    const begin = [down, right].map((stride, axis) => (stride < 0 ? 2 + axis : 0));
    return task(
      "move",
      [4, 6],
      [2, 2],
      `begin = array<i64: ${begin.join(", ")}>, kind = "slice", shape = array<i64: 2, 2>, strides = array<i64: ${down}, ${right}>`,
    );
  }),
  pad: [
    task(
      "move",
      [1, 2, 3, 3],
      [1, 2, 4, 6],
      'high = array<i64: 0, 0, 0, 1>, kind = "pad", low = array<i64: 0, 0, 1, 2>, mode = "constant", value = 1.5 : f64',
    ),
    task(
      "move",
      [1, 2, 3, 3],
      [1, 4, 3, 4],
      'high = array<i64: 0, 1, 0, 0>, kind = "pad", low = array<i64: 0, 1, 0, 1>, mode = "constant"',
    ),
    ...["reflect", "edge"].map((mode) =>
      task(
        "move",
        [1, 2, 3, 3],
        [1, 2, 4, 6],
        `high = array<i64: 0, 0, 0, 1>, kind = "pad", low = array<i64: 0, 0, 1, 2>, mode = "${mode}"`,
      ),
    ),
  ],
  tile: [task("move", [2, 3], [4, 9], 'kind = "tile", repeats = array<i64: 2, 3>')],
  reverse: [task("move", [2, 3], [2, 3], 'axes = array<i64: 1>, kind = "reverse"')],
  depth_to_space: [task("move", [1, 8, 2, 3], [1, 2, 4, 6], 'block_size = 2 : i64, kind = "depth_to_space"')],
  pixel_shuffle: [task("move", [1, 8, 2, 3], [1, 2, 4, 6], 'block_size = 2 : i64, kind = "pixel_shuffle"')],
  space_to_depth: [task("move", [1, 2, 4, 6], [1, 8, 2, 3], 'block_size = 2 : i64, kind = "space_to_depth"')],
};

const ofPositive: ReadonlySet<ActivationName> = new Set(["log", "sqrt", "rsqrt", "inverse"]);

function activationCase(name: ActivationName): Case {
  const parameters = activationTable[name].parameters.map((each) => (each === "alpha" ? "0.25" : "0.75"));
  const text = `#ane.activation<${[name, ...parameters].join(", ")}>`;
  return {
    ...task("elementwise", pair, pair, `kind = "identity", post_activation = ${text}`),
    name: `activation ${name}`,
    isPositive: ofPositive.has(name),
    tolerance: 2e-2,
  };
}

/** Rows of small whole numbers. */
const codes = (modulus: number, from: number) =>
  Array.from({ length: 4 }, (_, row) =>
    Array.from({ length: 6 }, (_, column) => ((5 * row + 3 * column) % modulus) + from),
  );
const codesText = (modulus: number, from = 0) => `dense<${JSON.stringify(codes(modulus, from))}>`;
const truths = codes(3, 0).map((row) => row.map((code) => code === 0));
const halves = (values: readonly number[]) =>
  JSON.stringify(values).replaceAll(/-?\d+(?:\.\d+)?/g, (each) => Number(each).toFixed(4));
const entries = (bits: number) => halves(Array.from({ length: 2 ** bits }, (_, index) => (index % 7) / 8 - 0.375));

/** Weights [4, 6] in every compressed form. */
const compressed: readonly { name: string; weight: string; mnemonics: string[]; onlySince?: string }[] = [
  {
    name: "int8 weights per row",
    weight: `affine_constant ${codesText(200, -100)} : tensor<4x6xi8> scale dense<[0.0078125, 0.015625, 0.0078125, 0.00390625]> : tensor<4xf16>`,
    mnemonics: ["constexpr_affine_dequantize"],
  },
  {
    name: "int8 weights with zero points",
    weight: `affine_constant ${codesText(200, -100)} : tensor<4x6xi8> scale dense<[0.0078125, 0.015625, 0.0078125, 0.00390625]> : tensor<4xf16> {zero_point = dense<[1, 2, -3, 0]> : tensor<4xi8>}`,
    mnemonics: ["constexpr_affine_dequantize"],
  },
  {
    name: "int8 weights of one scale",
    weight: `affine_constant ${codesText(200, -100)} : tensor<4x6xi8> scale dense<0.0078125> : tensor<f16>`,
    mnemonics: ["constexpr_affine_dequantize"],
  },
  ...[2, 4, 6, 8].map((bits) => ({
    name: `a palette of ${bits} bits`,
    weight: `palette_constant ${codesText(2 ** bits)} : tensor<4x6xui8> lut dense<[[${entries(bits)}]]> : tensor<1x1x${2 ** bits}xf16> {bits = ${bits} : i64}`,
    mnemonics: ["constexpr_lut_to_dense"],
  })),
  {
    name: "a palette per group",
    weight: `palette_constant ${codesText(4)} : tensor<4x6xui8> lut dense<[[[-1.0, 0.5, 0.25, 2.0]], [[0.0, 1.5, -0.25, -2.0]]]> : tensor<2x1x4xf16> {bits = 2 : i64}`,
    mnemonics: ["constexpr_lut_to_dense"],
    onlySince: "holds one palette per group, which MIL has since ios18",
  },
  {
    name: "sparse weights",
    weight: `sparse_constant dense<${JSON.stringify(truths)}> : tensor<4x6xi1> values dense<${halves(truths.flat().flatMap((isSet, at) => (isSet ? [at / 16 - 0.5] : [])))}> : tensor<${truths.flat().filter(Boolean).length}xf16>`,
    mnemonics: ["constexpr_sparse_to_dense"],
  },
  ...(["i4", "i8"] as const).map((element) => ({
    name: `blockwise ${element}`,
    weight: `blockwise_constant ${codesText(15, -7)} : tensor<4x6x${element}> scale dense<[[0.5, 0.25], [0.125, 1.0], [0.5, 0.75], [0.0625, 0.25]]> : tensor<4x2xf16>`,
    mnemonics: ["constexpr_blockwise_shift_scale", "add"],
    onlySince: "holds a scale per block, which MIL has since ios18",
  })),
];

const image = [1, 4, 6, 6] as const;
const [q, scores] = [surface([1, 2, 4, 8]), ["matmul", "mul", "softmax", "matmul"]];

const cases: readonly Case[] = [
  {
    name: "conv with slots",
    inputs: [image],
    body: [
      constant("%w", [4, 2, 3, 3]),
      constant("%b", [4, 1, 1]),
      `%y = ane.conv %x, %w offset %b {groups = 2 : i64, padding = array<i64: 1, 1, 1, 1>, post_activation = #ane.activation<relu>} : (${surface(image)}, ${surface([4, 2, 3, 3])}, ${surface([4, 1, 1])}) -> ${surface(image)}`,
    ],
    result: image,
  },
  {
    name: "transposed conv",
    inputs: [image],
    body: [
      constant("%w", [4, 2, 2, 2]),
      `%y = ane.conv %x, %w {strides = array<i64: 2, 2>, transposed = true} : (${surface(image)}, ${surface([4, 2, 2, 2])}) -> ${surface([1, 2, 12, 12])}`,
    ],
    result: [1, 2, 12, 12],
  },
  {
    name: "matmul of values",
    inputs: [
      [3, 5],
      [5, 4],
    ],
    body: [`%y = ane.matmul %x, %z : (${surface([3, 5])}, ${surface([5, 4])}) -> ${surface([3, 4])}`],
    result: [3, 4],
  },
  {
    name: "matmul by weights",
    inputs: [[3, 5]],
    body: [
      constant("%w", [5, 4]),
      `%y = ane.matmul %x, %w : (${surface([3, 5])}, ${surface([5, 4])}) -> ${surface([3, 4])}`,
    ],
    result: [3, 4],
  },
  ...["max", "average", "l2"].map((kind) => ({
    ...task("pool", image, [1, 4, 3, 3], `kernel = array<i64: 2, 2>, kind = "${kind}", strides = array<i64: 2, 2>`),
    isPositive: true,
  })),
  ...elementwiseKinds.map(elementwiseCase),
  ...reduceKinds.map((kind) => ({
    ...task("reduce", [2, 3, 4], [2, 1, 4], `axes = array<i64: 1>, kind = "${kind}"`),
    isPositive: true,
  })),
  task("softmax", [2, 6], [2, 6], "axis = 1 : i64"),
  ...["layer", "rms", "l2"].map((kind) => task("norm", [3, 8], [3, 8], `axes = array<i64: 1>, kind = "${kind}"`)),
  ...moveKinds.flatMap((kind) => moves[kind]),
  ...[0.5, 1 / Math.sqrt(8)].map((scale) => ({
    name: `attention scaled by ${scale}`,
    inputs: [
      [1, 2, 4, 8],
      [1, 2, 4, 8],
      [1, 2, 4, 8],
    ],
    body: [`%y = ane.attention %x, %z, %v {scale = ${scale} : f64} : (${q}, ${q}, ${q}) -> ${q}`],
    result: [1, 2, 4, 8],
    mnemonics: {
      ios16: scores,
      ios18: scale === 0.5 ? ["mul", "scaled_dot_product_attention"] : ["scaled_dot_product_attention"],
    },
  })),
  task("resample", [1, 2, 3, 4], [1, 2, 6, 8], 'kind = "nearest", size = array<i64: 6, 8>'),
  ...["asymmetric", "align_corners", "half_pixel"].map((sampling) =>
    task("resample", [1, 2, 3, 4], [1, 2, 6, 8], `kind = "linear", sampling = "${sampling}", size = array<i64: 6, 8>`),
  ),
  ...activationNames.map(activationCase),
  ...compressed.map(({ name, weight, mnemonics, onlySince }): Case => {
    const w = surface([4, 6]);
    return {
      name,
      inputs: [[3, 6]],
      body: [
        `%w = ane.${weight} -> ${w}`,
        `%y = ane.matmul %x, %w {transpose_rhs = true} : (${surface([3, 6])}, ${w}) -> ${surface([3, 4])}`,
      ],
      result: [3, 4],
      mnemonics: { ios16: [...mnemonics, "matmul"], ios18: [...mnemonics, "matmul"] },
      ...(onlySince === undefined ? {} : { refused: onlySince }),
    };
  }),
];

/** Numbers that no operation is beside a step at. */
function inputsOf({ inputs, isPositive }: Case): TensorData[] {
  return inputs.map((shape, position) => {
    const numbers = sample(shape, 7 + position);
    const halves = zeros(shape, "f16");
    for (let index = 0; index < halves.data.length; index++) {
      const value = getNumber(numbers, index);
      setNumber(halves, index, isPositive === true ? 0.1 + Math.abs(value) : value);
    }
    return halves;
  });
}

function readWeights(file: Uint8Array): BlobReader {
  const storage = new BlobStorage(file);
  return ({ offset }, type) => storage.numbers(offset, type);
}

/** What is one MIL op in every opset is written for the newest one only. */
const isAlike = ({ name }: Case) => /^(activation|elementwise) /.test(name);

describe.each(opsets)("for %s", (opset) => {
  test.each(cases.filter((each) => opset === "ios18" || !isAlike(each)))("$name", (each) => {
    const text = programOf(each);
    const [wanted] = evaluated(lowered(text, "", []), inputsOf(each));
    const pipeline = `ane-to-mil{opset=${opset}}`;
    if (each.refused !== undefined && opset !== "ios18") {
      expect(() => lowered(text, pipeline, [aneToMil])).toThrow(each.refused);
      return;
    }
    const module = lowered(text, pipeline, [aneToMil]);
    const [found] = evaluated(module, inputsOf(each));
    for (let index = 0; index < wanted!.data.length; index++) {
      const value = getNumber(wanted!, index);
      const difference = Math.abs(value - getNumber(found!, index));
      expect(difference).toBeLessThanOrEqual((each.tolerance ?? 4e-3) * Math.max(1, Math.abs(value)));
    }

    // The text is a program of that opset, and says it in its form.
    const emitted = emitMil(module);
    expect(emitted.text).toContain(`func main<${opset}>(`);
    expect(emitted.text.startsWith(opset === "ios18" ? "program(1.3)" : "program(1.0)")).toBe(true);
    const document = readMilText(emitted.text);
    const again = emitMil(moduleOf(document, { weights: readWeights(emitted.weights) }));
    expect(again.text).toBe(emitted.text);
    expect(again.weights).toEqual(emitted.weights);
    if (each.mnemonics === undefined) return;
    const operations = document.functions[0]!.block.operations.map(({ mnemonic }) => mnemonic);
    expect(operations.filter((mnemonic) => mnemonic !== "const")).toEqual(each.mnemonics[opset]);
  });
});

test("the text form can be chosen apart from the opset", () => {
  const module = lowered(programOf(cases[0]!), "ane-to-mil{opset=ios16 version=1.3}", [aneToMil]);
  expect(emitMil(module).text).toMatch(/^program\(1\.3\)[\s\S]*func main<ios16>/);
  expect(print(module)).toContain('opset = "ios16"');
});
