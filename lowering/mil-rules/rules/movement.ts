/** Rules about ops that move elements. */
import { contradicted, type RuleGroup, type StatementRule, shapeText, stated } from "../rule.ts";
import { definerOf, isKnown, type Statement, sizesOf } from "../statement.ts";

/** Factors by which the engine repeats and rearranges. */
export const engineFactors = [8, 4, 3, 2] as const;

const transposeExtent: StatementRule = {
  id: "transpose-extent",
  says: "A transpose moves axes of at most 16384 elements (65536 from A16 on).",
  sources: [stated("ane-guide, per-chip numeric limits; aneforge 3.3 gives 2^23 and 2^24 for the whole extent")],
  ops: ["transpose"],
  check: (statement, { target: { limits } }) => {
    const shape = statement.sizes("x") ?? [];
    const longest = Math.max(1, ...shape);
    if (longest <= limits.transpose) return undefined;
    return {
      expected: `at most ${limits.transpose}`,
      found: shapeText(shape),
      instead: "transpose parts and join them",
    };
  },
};

const tileFactors: StatementRule = {
  id: "tile-factors",
  says: "`tile` repeats by 2, 3, 4 or 8.",
  sources: [stated("aneforge 2.2"), stated("ane-guide, op and device matrix: tile")],
  workaround: "tile-factors",
  ops: ["tile"],
  check: (statement) => {
    const other = (statement.numbers("reps") ?? []).find((count) => count !== 1 && !isEngineFactor(count));
    if (other === undefined) return undefined;
    return {
      expected: "repetitions by 2, 3, 4 or 8",
      found: `${other}`,
      instead: "tile in several steps, or join copies",
    };
  },
};

export function isEngineFactor(count: number): boolean {
  return engineFactors.some((factor) => factor === count);
}

const tilePoisons: StatementRule = {
  id: "tile-poisons",
  says: "After a program with `tile`, later evaluations went wrong.",
  sources: [contradicted("driver-stack A.5: M3 Max; ANEForge uses tile")],
  routes: ["objc"],
  targets: { only: ["h15g"] },
  severity: "warning",
  ops: ["tile"],
  check: () => ({ expected: "no tile", found: "one", instead: "join copies with concat" }),
};

const blockFactors: StatementRule = {
  id: "block-factors",
  says: "Blocks between depth and space have the side 2, 3, 4 or 8.",
  sources: [stated("ane-guide, op and device matrix: pixel_shuffle"), stated("aneforge 2.3")],
  ops: ["depth_to_space", "space_to_depth", "pixel_shuffle", "pixel_unshuffle", "space_to_batch", "batch_to_space"],
  check: (statement) => {
    const names = ["block_size", "block_shape", "upscale_factor", "downscale_factor"];
    const sides = names.flatMap((name) => statement.numbers(name) ?? []);
    const other = sides.find((side) => side !== 1 && !isEngineFactor(side));
    if (other === undefined) return undefined;
    return { expected: "a side of 2, 3, 4 or 8", found: `${other}`, instead: "rearrange in two steps" };
  },
};

const padAxes: StatementRule = {
  id: "pad-axes",
  says: "Height and width are padded only.",
  sources: [stated("ane-guide, validator envelopes: `Channel padding is not supported on ANE`")],
  ops: ["pad"],
  check: (statement) => {
    const pad = statement.numbers("pad") ?? [];
    const shape = statement.sizes("x") ?? [];
    const isSpatial = pad.slice(0, -4).every((size) => size === 0);
    if (isSpatial) return undefined;
    return {
      expected: "padding of the last two dimensions",
      found: `[${pad.join(", ")}] of ${shapeText(shape)}`,
      instead: "join a constant with concat",
    };
  },
};

// --------------------------------------------------------------------------------------------------------- slices

/** Begins of a slice, from 0 on; undefined where they are computed. */
function beginsOf(statement: Statement): readonly number[] | undefined {
  const shape = statement.sizes("x") ?? [];
  const mask = statement.numbers("begin_mask");
  return statement
    .numbers("begin")
    ?.map((begin, axis) => (mask?.[axis] === 1 ? 0 : begin < 0 ? begin + (shape[axis] ?? 0) : begin));
}

const slices = ["slice_by_size", "slice_by_index"];

function startsInside(statement: Statement | undefined): boolean {
  if (statement === undefined || !slices.includes(statement.mnemonic)) return false;
  return (beginsOf(statement)?.at(-1) ?? 0) !== 0;
}

const sliceRange: StatementRule = {
  id: "slice-range",
  says: "A slice that begins inside the last dimension multiplies by 16 on the way: magnitudes above 4094 become infinite.",
  sources: [stated("aneforge 5.6"), stated("ane-guide ch. 12, 19; exact from M3 or M4 on")],
  targets: { before: "A15" },
  severity: "warning",
  ops: slices,
  check: (statement) => {
    if (!startsInside(statement)) return undefined;
    return {
      expected: "a begin of 0 in the last dimension",
      found: `${beginsOf(statement)?.at(-1)}`,
      instead: "slice another dimension, or keep magnitudes below 4094",
    };
  },
};

const computedBegin: StatementRule = {
  id: "slice-computed",
  says: "Where a slice begins is a constant.",
  sources: [stated("driver-stack A.5: dynamic slice"), stated("ane-guide, op and device matrix: slice_by_index")],
  ops: slices,
  check: (statement) => {
    const begin = statement.value("begin");
    if (begin === undefined || isKnown(begin)) return undefined;
    return { expected: "a constant begin", found: "a computed one", instead: "multiply by a row of a one-hot matrix" };
  },
};

const sliceOfInput: StatementRule = {
  id: "slice-of-input",
  says: "`slice_by_index` of an input of the program was refused as InvalidMILProgram in networks with RMS norm and convolutions.",
  sources: [contradicted("aneforge 5.7: a community note; ane-guide has such slices fold into the descriptor")],
  routes: ["objc"],
  severity: "warning",
  ops: ["slice_by_index"],
  check: (statement) =>
    statement.value("x")?.definer === undefined
      ? {
          expected: "a computed tensor",
          found: "an input",
          instead: "use slice_by_size, or slice on the host, if this one fails",
        }
      : undefined,
};

const tokenRow: StatementRule = {
  id: "token-row",
  says: "Taking one row of the token axis did not compile in vision transformers.",
  sources: [stated("aneforge 5.7")],
  severity: "warning",
  ops: slices,
  check: (statement) => {
    const shape = statement.sizes("x") ?? [];
    const taken = sizesOf(statement.operation.results[0]) ?? [];
    const isRow = shape.length === 3 && taken.length === 3 && shape[1]! > 1 && taken[1] === 1 && taken[2] === shape[2];
    if (!isRow) return undefined;
    return {
      expected: "all rows",
      found: `one row of ${shapeText(shape)}`,
      instead: "multiply by a one-hot matrix if this one fails",
    };
  },
};

// --------------------------------------------------------------------------------------------------------- concat

const concatOfSlices: StatementRule = {
  id: "concat-of-slices",
  says: "Joining two or more slices that begin inside the last dimension gives wrong elements before A16.",
  sources: [stated("aneforge 5.7")],
  targets: { before: "A16" },
  ops: ["concat", "stack"],
  check: (statement) => {
    const inside = statement.values("values").filter((value) => startsInside(definerOf(value)));
    if (inside.length < 2) return undefined;
    return {
      expected: "at most one slice that begins inside the last dimension",
      found: `${inside.length}`,
      instead: "transpose first and slice another dimension",
    };
  },
};

const concatAxis: StatementRule = {
  id: "concat-axis",
  says: "`concat` joins two or more tensors along an axis that counts from the front.",
  sources: [stated("ane-guide, validator envelopes: `ANE Concat supports only supports const positive axis`")],
  workaround: "plain-concat",
  ops: ["concat"],
  check: (statement) => {
    const axis = statement.number("axis") ?? 0;
    const count = statement.values("values").length;
    if (axis >= 0 && count >= 2) return undefined;
    return {
      expected: "an axis from 0 on and two values",
      found: `axis ${axis} and ${count} value${count === 1 ? "" : "s"}`,
      instead: "count the axis from the front; leave out a concat of one",
    };
  },
};

const concatRejected: StatementRule = {
  id: "concat-rejected",
  says: "`concat` was rejected.",
  sources: [
    contradicted(
      "driver-stack A.5, G.6 no. 1: M4 (Orion); maderix compiles it on M3 and M4 where interleave is a named const",
    ),
  ],
  routes: ["objc"],
  targets: { only: ["h16", "h16g"] },
  severity: "warning",
  ops: ["concat"],
  check: () => ({ expected: "no concat", found: "one", instead: "write a sum of padded tensors if this one fails" }),
};

// ---------------------------------------------------------------------------------------- constants and parameters

const flags = ["transpose_x", "transpose_y", "interleave"];
const binary = ["add", "sub", "mul", "real_div", "maximum", "minimum", "pow"];

/** Ops of which some inputs need statements of their own. */
export const namedParameterOps = ["matmul", "concat", ...binary];

/** Inputs of an op that the text has in the call, where the in-memory compiler wants a statement. */
export function inlineFindings(statement: Statement): readonly string[] {
  if (["matmul", "concat"].includes(statement.mnemonic)) return flags.filter((name) => statement.isInline(name));
  if (!binary.includes(statement.mnemonic)) return [];
  return ["x", "y"].filter((name) => statement.isInline(name) && (statement.sizes(name)?.length ?? 0) > 0);
}

const inlineFlags: StatementRule = {
  id: "named-parameters",
  says: "The flags of `matmul` and `concat` are statements of their own, not values in the call.",
  sources: [
    stated("driver-stack A.5, G.6 no. 12 (Orion), and A.5 on interleave (maderix)"),
    contradicted("aneforge 3.1: inline scalars are accepted through Espresso"),
  ],
  routes: ["objc"],
  workaround: "named-parameters",
  ops: ["matmul", "concat"],
  check: (statement) => {
    const names = inlineFindings(statement);
    if (names.length === 0) return undefined;
    return { expected: "named constants", found: `${names.join(", ")} in the call`, instead: "give each a statement" };
  },
};

const inlineOperand: StatementRule = {
  id: "named-operands",
  says: "A constant with dimensions is not written in the call of an op of two operands; a number is.",
  sources: [stated("driver-stack A.5")],
  routes: ["objc"],
  workaround: "named-parameters",
  ops: binary,
  check: (statement) => {
    const [found] = inlineFindings(statement);
    if (found === undefined) return undefined;
    return { expected: "a named constant", found: `${found} in the call`, instead: "give it a statement" };
  },
};

const consumers = ["conv", "conv_transpose", "matmul", "linear"];

const blockwise: StatementRule = {
  id: "blockwise-direct",
  says: "What `constexpr_blockwise_shift_scale` gives cannot be the weight of a product or convolution.",
  sources: [stated("driver-stack C.3: `Not implemented`"), stated("aneforge 3.1")],
  workaround: "blockwise-through-add",
  ops: consumers,
  check: (statement) => {
    const side = ["weight", "y", "x"].find(
      (name) => definerOf(statement.value(name))?.mnemonic === "constexpr_blockwise_shift_scale",
    );
    if (side === undefined) return undefined;
    return { expected: "a plain tensor", found: `${side} from blocks`, instead: "add 0 between" };
  },
};

const missingInMemory: StatementRule = {
  id: "in-memory-compiler",
  says: "`stack`, `l2_norm`, `gather` and `reduce_mean`, and `softmax` over a length that is no power of two, were refused.",
  sources: [contradicted("driver-stack A.5, aneforge 5.7: by chip and system; native elsewhere")],
  routes: ["objc"],
  severity: "warning",
  ops: ["stack", "l2_norm", "gather", "reduce_mean", "softmax"],
  check: (statement) => {
    if (statement.mnemonic !== "softmax") {
      return {
        expected: "another op",
        found: statement.mnemonic,
        instead: "compose it of other ops if this one fails",
      };
    }
    const length = statement.sizes("x")?.at(statement.number("axis") ?? -1) ?? 1;
    if (Number.isInteger(Math.log2(length))) return undefined;
    return {
      expected: "a power of two",
      found: `${length}`,
      instead: "write exp, reduce_sum and real_div if this fails",
    };
  },
};

export const movementRules: RuleGroup = {
  title: "Ops that move elements, and constants",
  rules: [
    ...[
      transposeExtent,
      tileFactors,
      tilePoisons,
      blockFactors,
      padAxes,
      sliceRange,
      computedBegin,
      sliceOfInput,
      tokenRow,
    ],
    ...[concatOfSlices, concatAxis, concatRejected, inlineFlags, inlineOperand, blockwise, missingInMemory],
  ],
};
