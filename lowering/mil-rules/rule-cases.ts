/** For each rule of the MIL route: a program that breaks it, and the nearest one that does not. */
import type { MilText } from "./testing.ts";

export interface RuleCase {
  readonly breaks: MilText;
  readonly keeps?: MilText;
  readonly route?: "e5rt" | "objc";
  readonly target?: string;
  /** A chip on which the same program is fine. */
  readonly fineOn?: string;
}

const int = (name: string, value: number) => `%${name} = mil.const dense<${value}> : tensor<i32>`;
const ints = (name: string, values: readonly number[]) =>
  `%${name} = mil.const dense<[${values.join(", ")}]> : tensor<${values.length}xi32>`;
const half = (name: string, value: number, shape = "") =>
  `%${name} = mil.const dense<${value.toFixed(3)}> : tensor<${shape}f16>`;
const truth = (name: string, value: boolean) => `%${name} = mil.const dense<${value}> : tensor<i1>`;
const word = (name: string, value: string) => `%${name} = mil.const ${JSON.stringify(value)}`;
const float = (shape: string) => `tensor<${shape}xf16>`;

/** One op of x: `args` without x, constants before it. */
function one(
  mnemonic: string,
  from: string,
  to: string = from,
  args: readonly (readonly [name: string, type: string])[] = [],
  constants: readonly string[] = [],
): MilText {
  const given = [["x", float(from)] as const, ...args];
  const text = given.map(([name]) => `${name} = %${name}`).join(", ");
  const types = given.map(([, type]) => type).join(", ");
  return {
    inputs: [`x: ${float(from)}`],
    lines: [...constants, `%result = mil.${mnemonic}(${text}) : (${types}) -> ${float(to)}`],
    outputs: [`%result: ${float(to)}`],
  };
}

const relu = (shape: string) => one("relu", shape);
export const conv = (input: string, weight: string, output: string, stride = 1, groups = 1, kind = "conv"): MilText =>
  one(
    kind,
    input,
    output,
    [
      ["weight", float(weight)],
      ["strides", "tensor<2xi32>"],
      ["groups", "tensor<i32>"],
    ],
    [half("weight", 0.5, `${weight}x`), ints("strides", [stride, stride]), int("groups", groups)],
  );
const computedConv = (batch: number): MilText => ({
  inputs: [`x: ${float(`${batch}x2x4x4`)}`, `w: ${float("2x2x1x1")}`],
  lines: [
    `%y = mil.conv(x = %x, weight = %w) : (${float(`${batch}x2x4x4`)}, ${float("2x2x1x1")}) -> ${float(`${batch}x2x4x4`)}`,
  ],
  outputs: [`%y: ${float(`${batch}x2x4x4`)}`],
});
const product = (transpose: boolean): MilText =>
  one(
    "matmul",
    "2x4",
    "2x4",
    [
      ["y", float("4x4")],
      ["transpose_y", "tensor<i1>"],
    ],
    [half("y", 0.5, "4x4x"), truth("transpose_y", transpose)],
  );
const binary = (mnemonic: string, first: string, constant: string, type = "2x4"): MilText => ({
  inputs: [`x: ${float(type)}`],
  lines: [first, constant, `%y = mil.${mnemonic}(x = %a, y = %k) : (${float(type)}, tensor<f16>) -> ${float(type)}`],
  outputs: [`%y: ${float(type)}`],
});
const identity = (type: string, ...names: readonly string[]): MilText => ({
  inputs: names.map((name) => `${name}: ${type}`),
  lines: names.map((name) => `%${name}y = mil.relu(x = %${name}) : (${type}) -> ${type}`),
  outputs: names.map((name) => `%${name}y: ${type}`),
  names: names.map((name) => `${name}y`),
});
const attention = (rows: number, mask = false): MilText => {
  const type = float(`1x1x${rows}x8`);
  const square = float(`1x1x${rows}x${rows}`);
  return {
    inputs: [`q: ${type}`, ...(mask ? [`m: ${square}`] : [])],
    lines: [
      `%y = mil.scaled_dot_product_attention(query = %q, key = %q, value = %q${mask ? ", attn_mask = %m" : ""}) : (${type}, ${type}, ${type}${mask ? `, ${square}` : ""}) -> ${type}`,
    ],
    outputs: [`%y: ${type}`],
  };
};
const concat = (axis: number, count = 2, flag = ""): MilText => ({
  inputs: ["x: tensor<2x4xf16>"],
  lines: [
    int("axis", axis),
    `%inter = mil.const ${flag}dense<false> : tensor<i1>`,
    `%y = mil.concat(values = (${new Array(count).fill("%x").join(", ")}), axis = %axis, interleave = %inter) : (${new Array(count).fill("tensor<2x4xf16>").join(", ")}, tensor<i32>, tensor<i1>) -> tensor<2x${4 * count}xf16>`,
  ],
  outputs: [`%y: tensor<2x${4 * count}xf16>`],
});
const sliceText = (name: string, begin: number) => [
  ints(`begin${name}`, [0, begin]),
  ints(`size${name}`, [2, 2]),
  `%${name} = mil.slice_by_size(x = %x, begin = %begin${name}, size = %size${name}) : (tensor<2x8xf16>, tensor<2xi32>, tensor<2xi32>) -> tensor<2x2xf16>`,
];
const slice = (begin: number): MilText => ({
  inputs: ["x: tensor<2x8xf16>"],
  lines: sliceText("y", begin),
  outputs: ["%y: tensor<2x2xf16>"],
});
const slices = (begin: number): MilText => ({
  inputs: ["x: tensor<2x8xf16>"],
  lines: [
    ...sliceText("a", begin),
    ...sliceText("b", begin),
    int("axis", 1),
    truth("inter", false),
    "%y = mil.concat(values = (%a, %b), axis = %axis, interleave = %inter) : (tensor<2x2xf16>, tensor<2x2xf16>, tensor<i32>, tensor<i1>) -> tensor<2x4xf16>",
  ],
  outputs: ["%y: tensor<2x4xf16>"],
});
const manyWeights = (count: number): MilText => {
  const lines: string[] = [];
  let value = "%x";
  for (let index = 0; index < count; index++) {
    lines.push(half(`w${index}`, index, "4x"));
    lines.push(
      `%v${index} = mil.maximum(x = ${value}, y = %w${index}) : (tensor<4xf16>, tensor<4xf16>) -> tensor<4xf16>`,
    );
    value = `%v${index}`;
  }
  return { inputs: ["x: tensor<4xf16>"], lines, outputs: [`${value}: tensor<4xf16>`] };
};
const pool = (kind: string, kernel: number, from: string, to: string, pad = 0): MilText =>
  one(
    kind,
    from,
    to,
    [
      ["kernel_sizes", "tensor<2xi32>"],
      ["pad_type", "!mil.string"],
      ["pad", "tensor<4xi32>"],
    ],
    [ints("kernel_sizes", [kernel, kernel]), word("pad_type", "custom"), ints("pad", [pad, pad, pad, pad])],
  );
const norm = (affine: boolean): MilText =>
  affine
    ? one(
        "layer_norm",
        "2x4",
        "2x4",
        [
          ["axes", "tensor<1xi32>"],
          ["gamma", float("4")],
        ],
        [ints("axes", [1]), half("gamma", 2, "4x")],
      )
    : one("layer_norm", "2x4", "2x4", [["axes", "tensor<1xi32>"]], [ints("axes", [1])]);
const limited = (limit: number): MilText => ({
  inputs: ["x: tensor<4xf16>"],
  lines: [
    half("k", limit),
    "%a = mil.minimum(x = %x, y = %k) : (tensor<4xf16>, tensor<f16>) -> tensor<4xf16>",
    "%y = mil.softplus(x = %a) : (tensor<4xf16>) -> tensor<4xf16>",
  ],
  outputs: ["%y: tensor<4xf16>"],
});
const fan = (count: number): MilText => ({
  inputs: Array.from({ length: count }, (_, index) => `x${index}: tensor<1x4xf16>`),
  lines: [
    int("axis", 0),
    truth("inter", false),
    `%y = mil.concat(values = (${Array.from({ length: count }, (_, index) => `%x${index}`).join(", ")}), axis = %axis, interleave = %inter) : (${new Array(count).fill("tensor<1x4xf16>").join(", ")}, tensor<i32>, tensor<i1>) -> tensor<${count}x4xf16>`,
  ],
  outputs: [`%y: tensor<${count}x4xf16>`],
});
/** A product with a weight [4, 4] from codes. */
const weighted = (mnemonic: string, constants: readonly string[], args: string, types: string): MilText => ({
  inputs: ["x: tensor<2x4xf16>"],
  lines: [
    `%codes = mil.const dense<[[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]]> : tensor<4x4xi8>`,
    ...constants,
    `%w = mil.${mnemonic}(${args}) {name = "w"} : (${types}) -> tensor<4x4xf16>`,
    "%y = mil.matmul(x = %x, y = %w) : (tensor<2x4xf16>, tensor<4x4xf16>) -> tensor<2x4xf16>",
  ],
  outputs: ["%y: tensor<2x4xf16>"],
});
const blocks = weighted(
  "constexpr_blockwise_shift_scale",
  [half("scale", 0.5, "4x2x")],
  "data = %codes, scale = %scale",
  "tensor<4x4xi8>, tensor<4x2xf16>",
);
const perChannel = weighted(
  "constexpr_affine_dequantize",
  [half("scale", 0.5, "4x"), "%zero = mil.const dense<0> : tensor<4xi8>", int("axis", 0)],
  "quantized_data = %codes, scale = %scale, zero_point = %zero, axis = %axis",
  "tensor<4x4xi8>, tensor<4xf16>, tensor<4xi8>, tensor<i32>",
);
/** A reshape of a weight. */
const reshaped = (text: MilText): MilText => ({
  inputs: ["x: tensor<2x8xf16>"],
  lines: [
    ...text.lines.slice(0, -1),
    ints("shape", [2, 8]),
    "%v = mil.reshape(x = %w, shape = %shape) : (tensor<4x4xf16>, tensor<2xi32>) -> tensor<2x8xf16>",
    "%y = mil.add(x = %x, y = %v) : (tensor<2x8xf16>, tensor<2x8xf16>) -> tensor<2x8xf16>",
  ],
  outputs: ["%y: tensor<2x8xf16>"],
});

export const ruleCases: Readonly<Record<string, RuleCase>> = {
  // ports
  "takes-mil": { breaks: relu("2x4"), target: "h12", fineOn: "h13" },
  "build-info": { breaks: { ...relu("2x4"), program: "build_info = {}" }, keeps: relu("2x4") },
  "version-and-opset": {
    breaks: { ...relu("2x4"), program: 'version = "1.0"' },
    keeps: { ...relu("2x4"), program: 'version = "1.0"', function: 'opset = "ios16"' },
  },
  "computed-outputs": {
    breaks: { inputs: ["x: tensor<2xf16>"], lines: [], outputs: ["%x: tensor<2xf16>"] },
    keeps: relu("2"),
  },
  "port-count": { breaks: identity("tensor<32xf16>"), keeps: identity("tensor<32xf16>", "a"), route: "objc" },
  "port-types": { breaks: identity("tensor<2xbf16>", "a"), keeps: identity("tensor<2xf16>", "a") },
  "port-int32": {
    breaks: { ...identity("tensor<2xf16>", "a"), inputs: ["a: tensor<2xf16>", "n: tensor<65xi32>"] },
    keeps: { ...identity("tensor<2xf16>", "a"), inputs: ["a: tensor<2xf16>", "n: tensor<64xi32>"] },
  },
  states: {
    breaks: {
      ...identity("tensor<2xf16>", "a"),
      inputs: ["a: tensor<2xf16>", "s: !mil.state<tensor<2xf16>>"],
      unchecked: true,
    },
    keeps: identity("tensor<2xf16>", "a"),
  },
  "flexible-shapes": {
    breaks: {
      ...relu("2x4"),
      function: 'further_attributes = [{name = "FlexibleShapeInformation", type = !mil.string, value = "RangeDims"}]',
    },
    keeps: relu("2x4"),
  },
  "port-order": {
    breaks: identity("tensor<32xf16>", "b", "a"),
    keeps: identity("tensor<32xf16>", "a", "b"),
    route: "objc",
  },
  "surface-size": {
    breaks: identity("tensor<1x16x32xf16>", "a"),
    keeps: identity("tensor<1x768x32xf16>", "a"),
    route: "objc",
    target: "h16g",
    fineOn: "h16",
  },
  "surface-width": { breaks: relu("2x33"), keeps: relu("2x64"), route: "objc", target: "h17s", fineOn: "h16" },
  "blob-count": { breaks: manyWeights(17), keeps: manyWeights(16), route: "objc", target: "h16", fineOn: "h13g" },
  "one-weight-file": { breaks: manyWeights(2), keeps: manyWeights(1), route: "objc", target: "h13", fineOn: "h14" },
  "weight-bytes": { breaks: weights(2 ** 30 + 1), keeps: weights(2 ** 30) },
  // shapes
  rank: { breaks: relu("1x1x1x1x1x2"), keeps: relu("1x1x1x1x2") },
  "zero-size": { breaks: relu("0x4"), keeps: relu("1x4") },
  "static-shapes": { breaks: relu("?x4"), keeps: relu("1x4") },
  dimension: { breaks: relu("1x16385"), keeps: scalar(), target: "h15", fineOn: "h16" },
  "compute-type": { breaks: identity("tensor<2xf32>", "a"), keeps: identity("tensor<2xf16>", "a") },
  "cast-to-int32": {
    breaks: {
      inputs: ["x: tensor<2xf16>"],
      lines: [
        word("dtype", "int32"),
        "%y = mil.cast(x = %x, dtype = %dtype) : (tensor<2xf16>, !mil.string) -> tensor<2xi32>",
      ],
      outputs: ["%y: tensor<2xi32>"],
    },
    target: "h13",
    fineOn: "h14",
  },
  "constexpr-reshaped": {
    breaks: reshaped(perChannel),
    keeps: reshaped({
      ...perChannel,
      lines: ["%w = mil.const dense<0.5> : tensor<4x4xf16>", ""],
    }),
  },
  "reconverging-branches": { breaks: fan(12), keeps: fan(11) },
  // availability
  "no-path": { breaks: one("tan", "2x4"), keeps: one("atan", "2x4") },
  generation: { breaks: one("sin", "2x4"), keeps: one("atan", "2x4"), target: "h14", fineOn: "h15" },
  "padding-mode": {
    breaks: one(
      "pad",
      "1x1x2x4",
      "1x1x2x6",
      [
        ["pad", "tensor<2xi32>"],
        ["mode", "!mil.string"],
      ],
      [ints("pad", [1, 1]), word("mode", "reflect")],
    ),
    target: "h13",
    fineOn: "h14",
  },
  "resize-in-software": {
    breaks: one("upsample_nearest_neighbor", "1x1x2x2"),
    target: "h13",
    fineOn: "h14",
  },
  "gather-in-software": {
    breaks: {
      inputs: ["x: tensor<2x1x2x4xf16>"],
      lines: [
        ints("i", [1]),
        int("axis", 3),
        "%y = mil.gather(x = %x, indices = %i, axis = %axis) : (tensor<2x1x2x4xf16>, tensor<1xi32>, tensor<i32>) -> tensor<2x1x2x1xf16>",
      ],
      outputs: ["%y: tensor<2x1x2x1xf16>"],
    },
    target: "h13",
    fineOn: "h14",
  },
  einsum: { breaks: einsum("nchw,nwhv->nchv"), keeps: einsum("nchw,nwhu->nchu") },
  // computation
  "kernel-size": {
    breaks: conv("1x1x16x16", "1x1x1x14", "1x1x16x3"),
    keeps: conv("1x1x16x16", "1x1x1x13", "1x1x16x4"),
    target: "h13",
    fineOn: "h16",
  },
  "convolution-3d": { breaks: unknownConv("1x1x2x2x2"), keeps: conv("1x1x2x2", "1x1x1x1", "1x1x2x2") },
  "groups-divide-channels": { breaks: unknownConv("1x8x4x4"), keeps: conv("1x8x4x4", "2x4x1x1", "1x2x4x4", 1, 2) },
  "computed-weight-batch": { breaks: computedConv(2), keeps: computedConv(1) },
  "computed-weight-ignored": { breaks: computedConv(1), route: "objc", target: "h15g", fineOn: "h16" },
  "convolution-channels": {
    breaks: conv("1x32768x1x1", "1x32768x1x1", "1x1x1x1"),
    keeps: conv("1x32767x1x1", "1x32767x1x1", "1x1x1x1"),
    route: "objc",
    target: "h16g",
    fineOn: "h16",
  },
  "convolution-bias": {
    breaks: one(
      "conv",
      "1x1x2x2",
      "1x1x2x2",
      [
        ["weight", float("1x1x1x1")],
        ["bias", float("1")],
      ],
      [half("weight", 1, "1x1x1x1x"), half("bias", 1, "1x")],
    ),
    keeps: conv("1x1x2x2", "1x1x1x1", "1x1x2x2"),
    route: "objc",
    target: "h16g",
    fineOn: "h16",
  },
  "patch-convolution": {
    breaks: conv("1x3x8x8", "2x3x4x4", "1x2x2x2", 4),
    keeps: conv("1x3x8x8", "2x3x2x2", "1x2x4x4", 2),
  },
  "product-rank": {
    breaks: {
      inputs: ["x: tensor<1x1x1x2x2xf16>"],
      lines: [
        "%y = mil.matmul(x = %x, y = %x) : (tensor<1x1x1x2x2xf16>, tensor<1x1x1x2x2xf16>) -> tensor<1x1x1x2x2xf16>",
      ],
      outputs: ["%y: tensor<1x1x1x2x2xf16>"],
    },
  },
  "product-weight-transposed": { breaks: product(false), keeps: product(true) },
  "pool-window": {
    breaks: pool("avg_pool", 30, "1x1x30x30", "1x1x1x1"),
    keeps: pool("max_pool", 30, "1x1x30x30", "1x1x1x1"),
    target: "h13",
    fineOn: "h14",
  },
  "position-extent": {
    breaks: unknownArgmax(2049),
    keeps: unknownArgmax(2048),
  },
  "topk-count": { breaks: topk(3), keeps: topk(5) },
  "reduction-times-zero": {
    breaks: timesZero(0),
    keeps: timesZero(1),
  },
  "layer-norm-affine": { breaks: norm(true), keeps: norm(false) },
  "per-channel-rank": {
    breaks: one(
      "batch_norm",
      "2x4",
      "2x4",
      [
        ["mean", float("4")],
        ["variance", float("4")],
      ],
      [half("mean", 0, "4x"), half("variance", 1, "4x")],
    ),
    keeps: one(
      "batch_norm",
      "2x4x1",
      "2x4x1",
      [
        ["mean", float("4")],
        ["variance", float("4")],
      ],
      [half("mean", 0, "4x"), half("variance", 1, "4x")],
    ),
  },
  "response-norm-channels": {
    breaks: one("local_response_norm", "1x16x1x1", "1x16x1x1", [["size", "tensor<i32>"]], [int("size", 3)]),
    keeps: one("local_response_norm", "1x15x1x1", "1x15x1x1", [["size", "tensor<i32>"]], [int("size", 3)]),
  },
  "attention-sizes": { breaks: attention(512), keeps: attention(511) },
  "attention-mask": { breaks: attention(4, true), keeps: attention(4) },
  "square-then-function": { breaks: squareRelu(65), keeps: squareRelu(64) },
  "round-range": { breaks: one("round", "2x4"), keeps: one("floor", "2x4") },
  "rounding-times-scalar": {
    breaks: binary("mul", "%a = mil.floor(x = %x) : (tensor<2x4xf16>) -> tensor<2x4xf16>", half("k", 2)),
    keeps: binary("mul", "%a = mil.abs(x = %x) : (tensor<2x4xf16>) -> tensor<2x4xf16>", half("k", 2)),
  },
  "softplus-range": { breaks: limited(12), keeps: limited(10) },
  "gelu-mode": { breaks: gelu("ERF", true), keeps: gelu("EXACT") },
  "gelu-invalid": { breaks: gelu("EXACT"), route: "objc", target: "h16g", fineOn: "h16" },
  "epsilon-given": {
    breaks: one("rsqrt", "2x4"),
    keeps: one("rsqrt", "2x4", "2x4", [["epsilon", "tensor<f16>"]], [half("epsilon", 0)]),
  },
  // movement
  "transpose-extent": {
    breaks: one("transpose", "2x16385", "16385x2", [["perm", "tensor<2xi32>"]], [ints("perm", [1, 0])]),
    target: "h15",
    fineOn: "h16",
  },
  "tile-factors": { breaks: tile(5), keeps: tile(4) },
  "tile-poisons": { breaks: tile(2), route: "objc", target: "h15g", fineOn: "h16" },
  "block-factors": {
    breaks: one("space_to_depth", "1x1x5x5", "1x25x1x1", [["block_size", "tensor<i32>"]], [int("block_size", 5)]),
    keeps: one("space_to_depth", "1x1x4x4", "1x16x1x1", [["block_size", "tensor<i32>"]], [int("block_size", 4)]),
  },
  "pad-axes": { breaks: pad([0, 1, 0, 0, 0, 0]), keeps: pad([0, 0, 0, 1, 0, 0]) },
  "slice-range": { breaks: slice(1), keeps: slice(0), target: "h13", fineOn: "h15" },
  "slice-computed": {
    breaks: {
      inputs: ["x: tensor<2x8xf16>", "b: tensor<2xi32>"],
      lines: [
        ints("size", [2, 2]),
        "%y = mil.slice_by_size(x = %x, begin = %b, size = %size) : (tensor<2x8xf16>, tensor<2xi32>, tensor<2xi32>) -> tensor<2x2xf16>",
      ],
      outputs: ["%y: tensor<2x2xf16>"],
      unchecked: true,
    },
    keeps: slice(0),
  },
  "slice-of-input": { breaks: sliceByIndex("%x"), keeps: sliceByIndex("%r"), route: "objc" },
  "token-row": { breaks: tokenRow(1), keeps: tokenRow(2) },
  "concat-of-slices": { breaks: slices(2), keeps: slices(0), target: "h15", fineOn: "h16" },
  "concat-axis": { breaks: concat(-1), keeps: concat(1) },
  "concat-rejected": { breaks: concat(1), route: "objc", target: "h16g", fineOn: "h15" },
  "named-parameters": { breaks: concat(1, 2, "{inline} "), keeps: concat(1), route: "objc" },
  "named-operands": { breaks: inlineSum("{inline} "), keeps: inlineSum(""), route: "objc" },
  "blockwise-direct": { breaks: blocks, keeps: perChannel },
  "in-memory-compiler": {
    breaks: one("softmax", "2x3"),
    keeps: one("softmax", "2x4"),
    route: "objc",
  },
};

function unknownConv(shape: string): MilText {
  const rank = shape.split("x").length;
  const weight = rank === 5 ? "1x1x1x1x1" : "2x2x1x1";
  const groups = rank === 5 ? 1 : 3;
  const output = rank === 5 ? shape : "1x2x4x4";
  // Types stated by hand: the op's own rules do not allow it.
  return {
    ...one(
      "conv",
      shape,
      output,
      [
        ["weight", float(weight)],
        ["groups", "tensor<i32>"],
      ],
      [half("weight", 1, `${weight}x`), int("groups", groups)],
    ),
    unchecked: true,
  };
}
function unknownArgmax(extent: number): MilText {
  const type = `2x${extent}`;
  return {
    inputs: [`x: ${float(type)}`],
    lines: [
      int("axis", 1),
      truth("keep", true),
      `%y = mil.reduce_argmax(x = %x, axis = %axis, keep_dims = %keep) : (${float(type)}, tensor<i32>, tensor<i1>) -> tensor<2x1xi32>`,
    ],
    outputs: ["%y: tensor<2x1xi32>"],
  };
}
function topk(k: number): MilText {
  return {
    inputs: ["x: tensor<2x8xf16>"],
    lines: [
      int("k", k),
      `%y, %i = mil.topk(x = %x, k = %k) : (tensor<2x8xf16>, tensor<i32>) -> (tensor<2x${k}xf16>, tensor<2x${k}xi32>)`,
    ],
    outputs: [`%y: tensor<2x${k}xf16>`],
  };
}
function timesZero(factor: number): MilText {
  return {
    inputs: ["x: tensor<2x4xf16>"],
    lines: [
      ints("axes", [1]),
      truth("keep", true),
      "%a = mil.reduce_sum(x = %x, axes = %axes, keep_dims = %keep) : (tensor<2x4xf16>, tensor<1xi32>, tensor<i1>) -> tensor<2x1xf16>",
      half("k", factor),
      "%y = mil.mul(x = %a, y = %k) : (tensor<2x1xf16>, tensor<f16>) -> tensor<2x1xf16>",
    ],
    outputs: ["%y: tensor<2x1xf16>"],
  };
}
function squareRelu(width: number): MilText {
  const type = float(`1x${width}`);
  return {
    inputs: [`x: ${type}`],
    lines: [`%a = mil.square(x = %x) : (${type}) -> ${type}`, `%y = mil.relu(x = %a) : (${type}) -> ${type}`],
    outputs: [`%y: ${type}`],
  };
}
export function gelu(mode: string, unchecked = false): MilText {
  return { ...one("gelu", "2x4", "2x4", [["mode", "!mil.string"]], [word("mode", mode)]), unchecked };
}
function tile(count: number): MilText {
  return one("tile", "2x3", `2x${3 * count}`, [["reps", "tensor<2xi32>"]], [ints("reps", [1, count])]);
}
function pad(sizes: readonly number[]): MilText {
  const [, c = 0, , h = 0] = sizes;
  return one(
    "pad",
    "2x2x2",
    `${2 + c}x${2 + h}x2`,
    [
      ["pad", "tensor<6xi32>"],
      ["mode", "!mil.string"],
    ],
    [ints("pad", sizes), word("mode", "constant")],
  );
}
function tokenRow(rows: number): MilText {
  return one(
    "slice_by_size",
    "1x4x8",
    `1x${rows}x8`,
    [
      ["begin", "tensor<3xi32>"],
      ["size", "tensor<3xi32>"],
    ],
    [ints("begin", [0, 0, 0]), ints("size", [1, rows, 8])],
  );
}
function inlineSum(flag: string): MilText {
  return {
    inputs: ["x: tensor<4xf16>"],
    lines: [
      `%k = mil.const ${flag}dense<1.0> : tensor<4xf16>`,
      "%y = mil.add(x = %x, y = %k) : (tensor<4xf16>, tensor<4xf16>) -> tensor<4xf16>",
    ],
    outputs: ["%y: tensor<4xf16>"],
  };
}
/** A splat, of which only the type is large. */
function weights(count: number): MilText {
  return {
    ...identity("tensor<2xf16>", "a"),
    lines: [
      `%w = mil.const dense<0.5> : tensor<${count}xf16>`,
      "%ay = mil.relu(x = %a) : (tensor<2xf16>) -> tensor<2xf16>",
    ],
  };
}
function einsum(equation: string): MilText {
  return {
    inputs: ["x: tensor<1x2x3x4xf16>", "z: tensor<1x4x3x5xf16>"],
    lines: [
      word("equation", equation),
      "%y = mil.einsum(values = (%x, %z), equation = %equation) : (tensor<1x2x3x4xf16>, tensor<1x4x3x5xf16>, !mil.string) -> tensor<1x2x3x5xf16>",
    ],
    outputs: ["%y: tensor<1x2x3x5xf16>"],
  };
}
function scalar(): MilText {
  return {
    inputs: ["x: tensor<f16>"],
    lines: ["%y = mil.relu(x = %x) : (tensor<f16>) -> tensor<f16>"],
    outputs: ["%y: tensor<f16>"],
  };
}
function sliceByIndex(source: string): MilText {
  return {
    inputs: ["x: tensor<4xf16>"],
    lines: [
      "%r = mil.relu(x = %x) : (tensor<4xf16>) -> tensor<4xf16>",
      ints("begin", [1]),
      ints("end", [3]),
      `%y = mil.slice_by_index(x = ${source}, begin = %begin, end = %end) : (tensor<4xf16>, tensor<1xi32>, tensor<1xi32>) -> tensor<2xf16>`,
    ],
    outputs: ["%y: tensor<2xf16>"],
  };
}
