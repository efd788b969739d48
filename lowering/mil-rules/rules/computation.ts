/** Rules about ops that compute: convolution, products, pooling, normalisation, attention, and functions of elements. */
import { contradicted, inferred, type RuleGroup, type StatementRule, shapeText, stated } from "../rule.ts";
import { constantElements, constantNumber, definerOf, isKnown, type Statement, sizesOf } from "../statement.ts";

// --------------------------------------------------------------------------------------------------- convolution

const convolutions = ["conv", "conv_transpose"];

const kernelSize: StatementRule = {
  id: "kernel-size",
  says: "With fp16 weights a kernel is at most 13 wide (15 from A16 on) and 29 high (32 from A14 on).",
  sources: [
    stated("aneforge 3.3, 5.3: 14 is rejected on A13, 16 on A16"),
    stated("ane-guide, per-chip numeric limits: `Invalid conv kernel %s = %zd, It should be in [%zd,%zd]`"),
  ],
  ops: convolutions,
  check: (statement, { target: { limits } }) => {
    const extents = statement.sizes("weight")?.slice(2) ?? [];
    const [height, width] = [extents.at(-2) ?? 1, extents.at(-1) ?? 1];
    if (width <= limits.kernelWidth && height <= limits.kernelHeight) return undefined;
    return {
      expected: `a kernel of at most ${limits.kernelHeight}x${limits.kernelWidth} (height x width)`,
      found: `${height}x${width}`,
      instead: "split the kernel into narrower ones whose results are added",
    };
  },
};

const kernelDepth: StatementRule = {
  id: "convolution-3d",
  says: "Convolutions are two-dimensional: the validator accepts three dimensions, code generation rejects them.",
  sources: [stated("aneforge 5.7")],
  ops: convolutions,
  check: (statement) => {
    const shape = statement.sizes("x");
    if (shape?.length !== 5) return undefined;
    return {
      expected: "an input [N, C, H, W]",
      found: shapeText(shape),
      instead: "add convolutions of the slices along the depth",
    };
  },
};

const groupsDivide: StatementRule = {
  id: "groups-divide-channels",
  says: "The number of groups divides the channels of input and output.",
  sources: [stated("ane-guide, validator envelopes: `input/output channels should be divisible by num group`")],
  ops: convolutions,
  check: (statement) => {
    const groups = statement.number("groups") ?? 1;
    const inputs = statement.sizes("x")?.[1];
    const outputs = sizesOf(statement.operation.results[0])?.[1];
    if (inputs === undefined || outputs === undefined || (inputs % groups === 0 && outputs % groups === 0))
      return undefined;
    return {
      expected: `channels that ${groups} divides`,
      found: `${inputs} and ${outputs}`,
      instead: "pad the channels, or use one convolution per group",
    };
  },
};

const dynamicBatch: StatementRule = {
  id: "computed-weight-batch",
  says: "A convolution whose weight is computed takes a batch of 1, and is not transposed: the compiler crashes on more.",
  sources: [stated("aneforge 2.2, 5.7"), stated("ane-guide ch. 19"), stated("driver-stack A.5")],
  ops: convolutions,
  check: (statement) => {
    if (isKnown(statement.value("weight"))) return undefined;
    const batch = statement.sizes("x")?.[0] ?? 1;
    const isTransposed = statement.mnemonic === "conv_transpose";
    if (batch === 1 && !isTransposed) return undefined;
    return {
      expected: isTransposed ? "a constant weight" : "a batch of 1 where the weight is computed",
      found: isTransposed ? "a computed one" : `${batch}`,
      instead: "run one convolution per image, or give the weight as a constant",
    };
  },
};

const dynamicIgnored: StatementRule = {
  id: "computed-weight-ignored",
  says: "A computed weight of a convolution was seen to be ignored without a word.",
  sources: [contradicted("driver-stack A.5: M3 Max; ANEForge runs such convolutions")],
  routes: ["objc"],
  targets: { only: ["h15g"] },
  severity: "warning",
  ops: convolutions,
  check: (statement) =>
    isKnown(statement.value("weight"))
      ? undefined
      : {
          expected: "a constant weight",
          found: "a computed one",
          instead: "use matmul, or compare the result with the virtual engine's",
        },
};

const manyChannels: StatementRule = {
  id: "convolution-channels",
  says: "A convolution with 32768 channels was rejected.",
  sources: [contradicted("driver-stack G.6 no. 16: M4 Max; others compile more than 16384 channels")],
  routes: ["objc"],
  targets: { only: ["h16g"] },
  severity: "warning",
  ops: convolutions,
  check: (statement) => {
    const most = Math.max(statement.sizes("x")?.[1] ?? 1, sizesOf(statement.operation.results[0])?.[1] ?? 1);
    if (most < 32768) return undefined;
    return { expected: "fewer than 32768 channels", found: `${most}`, instead: "split the channels" };
  },
};

const biasInput: StatementRule = {
  id: "convolution-bias",
  says: "A convolution with `bias` was refused; an add behind it was not.",
  sources: [contradicted("driver-stack G.6 no. 13: M4 Max (Orion); Apple's own programs have it")],
  routes: ["objc"],
  targets: { only: ["h16g"] },
  severity: "warning",
  ops: convolutions,
  check: (statement) =>
    statement.value("bias") === undefined
      ? undefined
      : { expected: "no bias", found: "one", instead: "add it behind the convolution if this one fails" },
};

/** The side of square windows that touch: kernel and strides P, no padding, one group; undefined for other convolutions. */
export function patchSide(statement: Statement): number | undefined {
  const [height, width] = statement.sizes("weight")?.slice(-2) ?? [];
  const strides = statement.numbers("strides") ?? [1, 1];
  const isPatch =
    statement.sizes("x")?.length === 4 &&
    height !== undefined &&
    height === width &&
    strides.length === 2 &&
    strides.every((stride) => stride === height) &&
    (statement.numbers("dilations") ?? []).every((dilation) => dilation === 1) &&
    (statement.number("groups") ?? 1) === 1 &&
    (statement.word("pad_type") !== "custom" || (statement.numbers("pad") ?? []).every((size) => size === 0));
  return isPatch ? height : undefined;
}

const patches: StatementRule = {
  id: "patch-convolution",
  says: "A convolution of P x P patches with the stride P, P ≥ 4 (the stem of vision transformers), does not compile.",
  sources: [
    stated("aneforge 5.7"),
    inferred("the bound of 4: smaller ones are ordinary downsampling, of which nobody reports this"),
  ],
  workaround: "patches-to-depth",
  ops: ["conv"],
  check: (statement) => {
    const side = patchSide(statement);
    if (side === undefined || side < 4) return undefined;
    return {
      expected: "no patches",
      found: `${side}x${side} windows with the stride ${side}`,
      instead: "space_to_depth by 2, 3, 4 or 8 (twice for larger patches) or transposes, then a 1x1 convolution",
    };
  },
};

// ------------------------------------------------------------------------------------------------ matrix products

const productRank: StatementRule = {
  id: "product-rank",
  says: "Matrix products take matrices of depth 1: rank 4 at most; `linear` less than 5.",
  sources: [
    stated("ane-guide, compile-legal envelope and validator envelopes: `depth > 1 is not supported for MatMult`"),
    stated("aneforge 2.2: batched rank 5 rejects"),
  ],
  ops: ["matmul", "linear"],
  check: (statement) => {
    const rank = Math.max(...["x", "y"].map((name) => statement.sizes(name)?.length ?? 0));
    if (rank <= 4) return undefined;
    return { expected: "rank 4 at most", found: `${rank}`, instead: "join leading dimensions with a reshape" };
  },
};

const productWeight: StatementRule = {
  id: "product-weight-transposed",
  says: "A constant right side of a matrix product is stored as [N, K] and read with transpose_y.",
  sources: [
    stated(
      "driver-stack A.5: transpose_y=false with BLOBFILE gives `Metadata data type does not match requested type.`",
    ),
    stated("aneforge 2.2, 3.1"),
  ],
  workaround: "product-weight-transposed",
  ops: ["matmul"],
  check: (statement, { route }) => {
    const shape = statement.sizes("y");
    const isPlain = constantElements(statement.value("y")) !== undefined && statement.flag("transpose_y") !== true;
    // Weights with a batch run as they are through Espresso (aneforge 2.2, bmm_w).
    const isRejected = shape !== undefined && (shape.length === 2 || (shape.length > 2 && route === "objc"));
    if (!isPlain || !isRejected) return undefined;
    return {
      expected: "a constant [N, K] with transpose_y = true",
      found: `${shapeText(shape)} with transpose_y = false`,
      instead: "transpose the constant",
    };
  },
};

// -------------------------------------------------------------------------------------------- pooling, reduction

const poolWindow: StatementRule = {
  id: "pool-window",
  says: "Means are taken over windows of at most 29 (31 from A14 on), and padding is smaller than the window.",
  sources: [stated("aneforge 2.2, 5.3"), stated("ane-guide, validator envelopes: pooling")],
  ops: ["avg_pool", "max_pool", "l2_pool"],
  check: (statement, { target: { limits } }) => {
    const kernel = statement.numbers("kernel_sizes") ?? [];
    const widest = Math.max(0, ...kernel);
    if (statement.mnemonic === "avg_pool" && widest > limits.poolWindow) {
      return {
        expected: `a window of at most ${limits.poolWindow}`,
        found: `${widest}`,
        instead: "reduce_mean over the axes, or pool in two steps",
      };
    }
    const pad = statement.word("pad_type") === "custom" ? (statement.numbers("pad") ?? []) : [];
    const axis = pad.findIndex((size, position) => size >= (kernel[position >> 1] ?? Number.POSITIVE_INFINITY));
    if (axis < 0) return undefined;
    return {
      expected: `padding below the window's ${kernel[axis >> 1]}`,
      found: `${pad[axis]}`,
      instead: "pad with an op of its own",
    };
  },
};

const positionExtent: StatementRule = {
  id: "position-extent",
  says: "The position of the largest or smallest is searched along at most 2048 elements.",
  sources: [stated("aneforge 5.3"), stated("ane-guide, per-operation design rules: 2049 rejects")],
  ops: ["reduce_argmax", "reduce_argmin"],
  check: (statement) => {
    const shape = statement.sizes("x") ?? [];
    const extent = shape.at(statement.number("axis") ?? -1) ?? 1;
    if (extent <= 2048) return undefined;
    return { expected: "at most 2048 elements", found: `${extent}`, instead: "search parts, then among their winners" };
  },
};

const topkCount: StatementRule = {
  id: "topk-count",
  says: "`topk` of 3 or 4 does not compile.",
  sources: [stated("aneforge 2.3, 5.7")],
  ops: ["topk"],
  check: (statement) => {
    const count = statement.number("k");
    if (count !== 3 && count !== 4) return undefined;
    return { expected: "a k other than 3 and 4", found: `${count}`, instead: "take 5 and keep the first ones" };
  },
};

export const reductions: readonly string[] = [
  ...["reduce_sum", "reduce_mean", "reduce_max", "reduce_min", "reduce_l1_norm", "reduce_l2_norm"],
  ...["reduce_sum_square", "reduce_log_sum", "reduce_log_sum_exp"],
];

const timesZero: StatementRule = {
  id: "reduction-times-zero",
  says: "A reduction times the constant 0 crashes the compiler.",
  sources: [stated("aneforge 2.2, 5.7")],
  workaround: "reduction-times-zero",
  ops: ["mul"],
  check: (statement) => {
    const sides = [statement.value("x"), statement.value("y")];
    const isZero = sides.some((side) => constantNumber(side) === 0);
    if (!isZero || !sides.some((side) => reductions.includes(definerOf(side)?.mnemonic ?? ""))) return undefined;
    return { expected: "a factor other than 0", found: "0", instead: "subtract the reduction from itself" };
  },
};

// ------------------------------------------------------------------------------------- normalisation, attention

const affineNorm: StatementRule = {
  id: "layer-norm-affine",
  says: "`layer_norm` with gamma or beta is rejected; with long rows it fails by the weights' values.",
  sources: [
    stated("driver-stack A.5: the compiler of macOS 26.6, h13 to h18"),
    stated("aneforge 5.7: D ≥ 1024 on M1 and M2, D ≥ 10240 on M5"),
  ],
  workaround: "layer-norm-affine",
  ops: ["layer_norm"],
  check: (statement) => {
    const given = ["gamma", "beta"].filter((name) => statement.value(name) !== undefined);
    if (given.length === 0) return undefined;
    return { expected: "no gamma and beta", found: given.join(" and "), instead: "multiply and add behind it" };
  },
};

const channelRank: StatementRule = {
  id: "per-channel-rank",
  says: "`batch_norm` and `prelu` take rank 3 or more.",
  sources: [stated("aneforge 2.2")],
  ops: ["batch_norm", "prelu"],
  check: (statement) => {
    const shape = statement.sizes("x");
    if (shape === undefined || shape.length >= 3) return undefined;
    return { expected: "rank 3 or more", found: shapeText(shape), instead: "reshape to [N, C, 1] and back" };
  },
};

const responseNorm: StatementRule = {
  id: "response-norm-channels",
  says: "Local response norm fails from 16 channels on.",
  sources: [stated("aneforge 2.3, 5.7, of the netplist form"), inferred("that the MIL op has the same limit")],
  severity: "warning",
  ops: ["local_response_norm"],
  check: (statement) => {
    const channels = statement.sizes("x")?.[1] ?? 1;
    if (channels < 16) return undefined;
    return {
      expected: "at most 15 channels",
      found: `${channels}`,
      instead: "divide by a power of an average pooling over squares",
    };
  },
};

/** Lengths of query and key that the native op takes. */
export function attentionFits(query: number, key: number): boolean {
  return Math.min(query, key) < 512 && Math.max(query, key) <= 2048;
}

const attentionSizes: StatementRule = {
  id: "attention-sizes",
  says: "Native attention is right where query or key is shorter than 512 and neither is longer than 2048; else it gives garbage.",
  sources: [stated("aneforge 2.3, 5.7")],
  workaround: "attention-in-steps",
  ops: ["scaled_dot_product_attention"],
  check: (statement) => {
    const query = statement.sizes("query")?.at(-2) ?? 1;
    const key = statement.sizes("key")?.at(-2) ?? 1;
    if (attentionFits(query, key)) return undefined;
    return {
      expected: "one length below 512 and none above 2048",
      found: `${query} and ${key}`,
      instead: "write it as matmul, softmax and matmul",
    };
  },
};

const attentionMask: StatementRule = {
  id: "attention-mask",
  says: "The mask of native attention is ignored.",
  sources: [stated("driver-stack A.5, G.6 no. 6")],
  workaround: "attention-in-steps",
  ops: ["scaled_dot_product_attention"],
  check: (statement) =>
    statement.value("attn_mask") === undefined
      ? undefined
      : { expected: "no mask", found: "one", instead: "add it between matmul and softmax" },
};

// ----------------------------------------------------------------------------------------- functions of elements

/** Functions that the engine reads from a table. */
const nonlinear = [
  ...["relu", "relu6", "sigmoid", "tanh", "gelu", "silu", "exp", "exp2", "erf", "log", "sqrt", "rsqrt", "inverse"],
  ...["softplus", "softsign", "elu", "leaky_relu", "clamped_relu", "thresholded_relu", "threshold", "clip", "sign"],
  ...["scaled_tanh", "sigmoid_hard", "linear_activation", "prelu", "ceil", "floor", "round", "sin", "cos", "atan"],
];

const square: StatementRule = {
  id: "square-then-function",
  says: "`square` with a function behind it does not compile where the width modulo 128 is above 64.",
  sources: [stated("aneforge 2.2, 5.7")],
  workaround: "square-as-product",
  ops: ["square"],
  check: (statement) => {
    const width = statement.sizes("x")?.at(-1) ?? 1;
    if (width % 128 <= 64) return undefined;
    const next = [...statement.users()].find(({ mnemonic }) => nonlinear.includes(mnemonic));
    if (next === undefined) return undefined;
    return {
      expected: "a product",
      found: `square, then ${next.mnemonic}, of width ${width}`,
      instead: "write mul(x, x)",
    };
  },
};

/** From here on, native `round` corrupts numbers; they are whole already. */
export const roundLimit = 1024;

/** Whether every user of a rounding takes it only where |x| is small. */
export function isGuardedRound(statement: Statement): boolean {
  const x = statement.value("x");
  const users = [...statement.users()];
  return (
    users.length > 0 &&
    users.every((user) => {
      if (user.mnemonic !== "select" || user.value("b") !== x) return false;
      const less = definerOf(user.value("cond"));
      const limit = constantNumber(less?.value("y"));
      const magnitude = definerOf(less?.value("x"));
      return (
        less?.mnemonic === "less" &&
        limit !== undefined &&
        limit <= roundLimit &&
        magnitude?.mnemonic === "abs" &&
        magnitude.value("x") === x
      );
    })
  );
}

const round: StatementRule = {
  id: "round-range",
  says: "`round` is wrong for magnitudes from 1024 on: round(1024) is 1025.",
  sources: [stated("aneforge 2.2, 5.7"), stated("driver-stack G.5")],
  workaround: "guarded-round",
  ops: ["round"],
  check: (statement) =>
    isGuardedRound(statement)
      ? undefined
      : {
          expected: "a select that keeps x where |x| ≥ 1024",
          found: "round alone",
          instead: "write select(less(abs(x), 1024), round(x), x)",
        },
};

/** Whether a value is whole numbers that the compiler made in a rounding op, perhaps behind a guard. */
export function isRounded(statement: Statement | undefined): boolean {
  if (statement?.mnemonic === "select") return isRounded(definerOf(statement.value("a")));
  return ["floor", "ceil", "round"].includes(statement?.mnemonic ?? "");
}

/** The side of a product that is one number, and the side that a rounding gives. */
export function roundedTimesScalar(statement: Statement): { readonly scalar: "x" | "y" } | undefined {
  for (const [scalar, other] of [["x", "y"] as const, ["y", "x"] as const]) {
    const value = statement.value(scalar);
    const isScalar = constantElements(value)?.type.count === 1;
    if (isScalar && isRounded(definerOf(statement.value(other)))) return { scalar };
  }
  return undefined;
}

const roundedScalar: StatementRule = {
  id: "rounding-times-scalar",
  says: "A factor that is one number is dropped behind `floor`, `ceil` and `round`.",
  sources: [stated("aneforge 2.2, 5.7 (ANEForge #112)")],
  workaround: "rounding-times-scalar",
  ops: ["mul"],
  check: (statement) => {
    if (roundedTimesScalar(statement) === undefined) return undefined;
    const shape = sizesOf(statement.operation.results[0]);
    if ((shape ?? []).every((size) => size === 1)) return undefined;
    return {
      expected: `a constant of the whole shape ${shapeText(shape)}`,
      found: "one number",
      instead: "repeat the number in a constant of that shape",
    };
  },
};

/** ln 65504: e^x overflows from here on, and softplus with it. */
export const softplusLimit = Math.log(65504);

/** Whether what a softplus reads is limited from above. */
export function isLimited(source: Statement | undefined): boolean {
  if (source?.mnemonic === "clip") return (source.number("beta") ?? Number.POSITIVE_INFINITY) < softplusLimit;
  if (source?.mnemonic !== "minimum") return false;
  return ["x", "y"].some((name) => (constantNumber(source.value(name)) ?? Number.POSITIVE_INFINITY) < softplusLimit);
}

const softplus: StatementRule = {
  id: "softplus-range",
  says: "`softplus` gives 0 from ln 65504 (11.09) on.",
  sources: [stated("aneforge 2.2, 5.7 (ANEForge #113)")],
  workaround: "softplus-in-two",
  ops: ["softplus"],
  check: (statement) =>
    isLimited(definerOf(statement.value("x")))
      ? undefined
      : {
          expected: "an operand below 11.09",
          found: "one without a limit",
          instead: "write softplus(minimum(x, 10)) + relu(x - 10)",
        },
};

const geluModes = ["EXACT", "TANH_APPROXIMATION", "SIGMOID_APPROXIMATION"];

const geluMode: StatementRule = {
  id: "gelu-mode",
  says: "`gelu` has the mode EXACT, TANH_APPROXIMATION or SIGMOID_APPROXIMATION.",
  sources: [stated("driver-stack A.5, C.4"), stated("aneforge 2.2")],
  ops: ["gelu"],
  check: (statement) => {
    const mode = statement.word("mode") ?? "EXACT";
    return geluModes.includes(mode)
      ? undefined
      : { expected: geluModes.join(", "), found: mode, instead: "take one of these modes" };
  },
};

const geluInvalid: StatementRule = {
  id: "gelu-invalid",
  says: "`gelu` was refused as InvalidMILProgram.",
  sources: [
    contradicted("driver-stack A.5, G.6 no. 10: M4 Max; Apple's compiler takes it for h13 and h14, ANEForge uses it"),
  ],
  routes: ["objc"],
  targets: { only: ["h16g"] },
  severity: "warning",
  ops: ["gelu"],
  check: () => ({
    expected: "the tanh formula",
    found: "gelu",
    instead: "compile in approximated form if this one fails",
  }),
};

const epsilon: StatementRule = {
  id: "epsilon-given",
  says: "`log`, `rsqrt` and `inverse` need their epsilon.",
  sources: [
    stated("aneforge 2.2"),
    contradicted("driver-stack A.5: rsqrt is missing in one report, accepted with epsilon by others"),
  ],
  workaround: "epsilon-given",
  ops: ["log", "rsqrt", "inverse"],
  check: (statement) =>
    statement.value("epsilon") === undefined
      ? { expected: "epsilon", found: "none", instead: "give it; 0 where nothing is to be added" }
      : undefined,
};

export const computationRules: RuleGroup = {
  title: "Ops that compute",
  rules: [
    ...[kernelSize, kernelDepth, groupsDivide, dynamicBatch, dynamicIgnored, manyChannels, biasInput, patches],
    ...[productRank, productWeight, poolWindow, positionExtent, topkCount, timesZero],
    ...[affineNorm, channelRank, responseNorm, attentionSizes, attentionMask],
    ...[square, round, roundedScalar, softplus, geluMode, geluInvalid, epsilon],
  ],
};
