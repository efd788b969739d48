/** Ops that the engine does not have: on no chip, or not before a generation. */
import { type Generation, isSince } from "../../../dialects/ane/index.ts";
import { type RuleGroup, type StatementRule, stated } from "../rule.ts";

/** Why an op has no path, and what to do. */
interface Wall {
  readonly reason: string;
  readonly instead: string;
}

const onHost = "compute it on the host (--device=cpu)";
const recurrent: Wall = {
  reason: "recurrent cells have no hardware form",
  instead: "unroll the steps into matmul, sigmoid and tanh, or run the network on --device=cpu",
};
const scatter: Wall = { reason: "nothing writes at computed positions", instead: onHost };
const random: Wall = {
  reason: "the engine draws no such numbers",
  instead: "draw them on the host and pass them as an input",
};
const list: Wall = { reason: "tensor lists have no hardware form", instead: "use one tensor per element" };
const logical = (how: string): Wall => ({ reason: "truth values cannot be combined on the engine", instead: how });
const hyperbolic: Wall = {
  reason: "there is no table for it",
  instead: `compose it of exp, log, sqrt, sin, cos or atan, or ${onHost}`,
};
const ofData: Wall = { reason: "its shape depends on data", instead: onHost };
const flow = (instead: string): Wall => ({ reason: "control flow has no form on the engine", instead });

/** Ops without any path, by mnemonic (aneforge 2.4; the op and device matrix of ane-guide). */
export const walled: Readonly<Record<string, Wall>> = {
  lstm: recurrent,
  gru: recurrent,
  rnn: recurrent,
  scatter,
  scatter_along_axis: scatter,
  scatter_nd: scatter,
  random_bernoulli: random,
  random_categorical: random,
  random_normal: random,
  list_gather: list,
  list_length: list,
  list_read: list,
  list_scatter: list,
  list_write: list,
  make_list: list,
  logical_and: logical("select one condition where the other holds, or multiply fp16 masks"),
  logical_or: logical("take the maximum of fp16 masks"),
  logical_xor: logical("compare fp16 masks with not_equal"),
  acos: hyperbolic,
  acosh: hyperbolic,
  asin: hyperbolic,
  asinh: hyperbolic,
  atanh: hyperbolic,
  cosh: hyperbolic,
  sinh: hyperbolic,
  tan: hyperbolic,
  mod: { reason: "there is no remainder", instead: "write x - y·floor(x/y)" },
  reduce_prod: { reason: "products are not accumulated", instead: "write exp(reduce_sum(log x)) for x > 0" },
  cumsum: {
    reason: "it is native in a runtime path of its own only",
    instead: "multiply by a triangular matrix of ones",
  },
  one_hot: { reason: "it is built on the host", instead: "gather rows of an identity matrix" },
  band_part: { reason: "it is built on the host", instead: "multiply by a constant mask" },
  non_zero: ofData,
  shape: { reason: "shapes are constants", instead: "use the numbers themselves" },
  sliding_windows: { reason: "windows do not overlap in memory", instead: "join slices, or use a convolution" },
  reverse_sequence: { reason: "lengths per row are data", instead: onHost },
  constexpr_cast: { reason: "every family rejects it", instead: "store the weight in the type in which it is used" },
  range_1d: { reason: "code generation rejects it", instead: "make the numbers a constant" },
  non_maximum_suppression: { reason: "only CPU and GPU have it", instead: onHost },
  cond: flow("compute both branches and select, or choose the program on the host"),
  while_loop: flow("unroll the loop, or run one program per step"),
  pixel_buffer_to_tensor: {
    reason: "image inputs need an entitlement",
    instead: "take a uint8 tensor as input and cast it to fp16",
  },
  tensor_to_pixel_buffer: { reason: "image outputs need an entitlement", instead: "give a tensor" },
};

export const noPath: StatementRule = {
  id: "no-path",
  says: `The engine has no form of ${Object.keys(walled)
    .toSorted()
    .map((name) => `\`${name}\``)
    .join(", ")}.`,
  sources: [stated("aneforge 2.4"), stated("ane-guide, op and device matrix: no path")],
  ops: Object.keys(walled),
  check: ({ mnemonic }) => {
    const { reason, instead } = walled[mnemonic]!;
    return { expected: "an op that the engine has", found: `${mnemonic}: ${reason}`, instead };
  },
};

/** First generation with an op, where that is not the first with MIL. */
const since: Readonly<Record<string, Generation>> = {
  topk: "A14",
  argsort: "A14",
  crop_resize: "A14",
  resample: "A14",
  affine: "A14",
  gather_nd: "A14",
  sin: "A15",
  cos: "A15",
  reduce_argmin: "A15",
  random_uniform: "A15",
  dropout: "A15",
};

const generation: StatementRule = {
  id: "generation",
  says: "`topk`, `argsort`, `crop_resize`, `resample`, `affine` and `gather_nd` exist from A14 (M2) on; `sin`, `cos`, `reduce_argmin`, `random_uniform` and `dropout` from A15 (M3) on.",
  sources: [stated("aneforge 2.4, 5.3"), stated("ane-guide, op and device matrix")],
  ops: Object.keys(since),
  check: ({ mnemonic }, { target }) => {
    const first = since[mnemonic]!;
    if (isSince(target, first)) return undefined;
    return {
      expected: `a chip of ${first} or later`,
      found: `${mnemonic} for ${target.name}, which is ${target.generation}`,
      instead: `compose it of other ops, or ${onHost}`,
    };
  },
};

const sampled: ReadonlySet<string> = new Set(["reflect", "replicate", "symmetric"]);

const paddingMode: StatementRule = {
  id: "padding-mode",
  says: "Padding with reflected or repeated elements needs the texture engine (A14 on).",
  sources: [stated("ane-guide, op and device matrix: pad; `Architecture does not support padding mode.`")],
  ops: ["pad"],
  check: (statement, { target }) => {
    const mode = statement.word("mode") ?? "constant";
    if (!sampled.has(mode) || target.limits.texture) return undefined;
    return {
      expected: "the mode constant",
      found: mode,
      instead: "join slices of the borders, or use a later target",
    };
  },
};

const softwareResize: StatementRule = {
  id: "resize-in-software",
  says: "Before A14 sizes change through transposes in software, with another rounding.",
  sources: [stated("ane-guide, op and device matrix: resize")],
  targets: { before: "A14" },
  severity: "warning",
  ops: ["resize", "resize_bilinear", "resize_nearest_neighbor", "upsample_bilinear", "upsample_nearest_neighbor"],
  check: ({ mnemonic }, { target }) => ({
    expected: "the texture engine",
    found: `${mnemonic} for ${target.name}, which has none`,
    instead: "expect results that differ in the last place",
  }),
};

const softwareGather: StatementRule = {
  id: "gather-in-software",
  says: "Before A14 gather works for a batch of 1 and depth 1 only.",
  sources: [stated("ane-guide, op and device matrix: gather")],
  targets: { before: "A14" },
  severity: "warning",
  ops: ["gather", "gather_along_axis"],
  check: (statement) => {
    const shape = statement.sizes("x");
    if (shape === undefined || shape.length < 4 || shape[0] === 1) return undefined;
    return {
      expected: "a batch of 1",
      found: `${shape[0]}`,
      instead: "gather per image, or use slices where the indices are constants",
    };
  },
};

const einsum: StatementRule = {
  id: "einsum",
  says: "`einsum` is known to run for the equation nchw,nwhu->nchu only.",
  sources: [stated("aneforge 2.2")],
  severity: "warning",
  ops: ["einsum"],
  check: (statement) => {
    const equation = statement.word("equation") ?? "";
    if (equation.replaceAll(" ", "") === "nchw,nwhu->nchu") return undefined;
    return {
      expected: "nchw,nwhu->nchu",
      found: equation,
      instead: "write it as transpose, reshape and matmul",
    };
  },
};

export const availabilityRules: RuleGroup = {
  title: "Ops that a chip does not have",
  rules: [noPath, generation, paddingMode, softwareResize, softwareGather, einsum],
};
