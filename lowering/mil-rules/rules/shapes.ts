/** Rules about the shapes and element types of values, whatever op gives them. */
import type { Value } from "../../../ir/operation.ts";
import { dynamic, TensorType } from "../../../ir/types.ts";
import { axisLimits } from "../../fused-to-ane/legality.ts";
import { type Facts, type Finding, type RuleGroup, type StatementRule, shapeText, stated } from "../rule.ts";
import { definerOf, elementOf, isKnown, type Statement, sizesOf } from "../statement.ts";

const maximumRank = 5;

/** The first finding among what an op gives and reads. Weights lie in memory of their own and are not surfaces. */
function onSurfaces(
  check: (shape: readonly number[], facts: Facts) => Finding | undefined,
): (statement: Statement, facts: Facts) => Finding | undefined {
  return ({ operation, mnemonic }, facts) => {
    if (mnemonic === "const" || mnemonic.startsWith("constexpr_")) return undefined;
    const read = operation.operands.filter((value) => value.definer === undefined);
    for (const value of [...read, ...operation.results]) {
      const shape = sizesOf(value);
      const finding = shape === undefined ? undefined : check(shape, facts);
      if (finding !== undefined) return finding;
    }
    return undefined;
  };
}

const rank: StatementRule = {
  id: "rank",
  says: "A tensor has at most 5 dimensions.",
  sources: [stated("aneforge 5.3"), stated("driver-stack A.5")],
  ops: "any",
  check: ({ operation }) => {
    const long = operation.results.map((value) => sizesOf(value)).find((shape) => (shape?.length ?? 0) > maximumRank);
    if (long === undefined) return undefined;
    return {
      expected: `at most ${maximumRank} dimensions`,
      found: `${shapeText(long)}, which has ${long.length}`,
      instead: "join neighbouring dimensions with a reshape before",
    };
  },
};

const zeroSize: StatementRule = {
  id: "zero-size",
  says: "No dimension has the size 0.",
  sources: [stated("ane-guide, compile-legal envelope: `Expected tensor<fp16,[1,8]>; got tensor<fp16,[0,8]>`")],
  ops: "any",
  check: onSurfaces((shape) =>
    shape.includes(0)
      ? {
          expected: "dimensions of at least 1",
          found: shapeText(shape),
          instead: "leave out what computes on nothing",
        }
      : undefined,
  ),
};

const openSize: StatementRule = {
  id: "static-shapes",
  says: "All shapes are known: the compiler reads open sizes (`?`) and flexible shapes, and fails when it lowers them.",
  sources: [stated("driver-stack C.2"), stated("aneforge 5.7"), stated("ane-guide ch. 19")],
  ops: "any",
  check: ({ operation }) => {
    const open = [...operation.operands, ...operation.results].find((value) => sizesOf(value)?.includes(dynamic));
    if (open === undefined) return undefined;
    return {
      expected: "sizes that are numbers",
      found: `${open.type}`,
      instead: "compile one program per shape (--shape NAME=1,3,224,224)",
    };
  },
};

const dimension: StatementRule = {
  id: "dimension",
  says: "Width and height are at most 16384 (65536 from A16 on), channels and batch at most 65536, depth as width.",
  sources: [stated("aneforge 3.3, 5.3"), stated("ane-guide, per-chip numeric limits"), stated("driver-stack A.5")],
  ops: "any",
  check: onSurfaces((shape, { target }) => {
    if (shape.length > maximumRank) return undefined;
    const limits = axisLimits(shape.length, target);
    for (const [axis, size] of shape.entries()) {
      const { kind, limit } = limits[axis]!;
      if (size <= limit) continue;
      return {
        expected: `at most ${limit} as ${kind}`,
        found: `${size} in ${shapeText(shape)}`,
        instead: "split the dimension over several ops, or fold it into channels or batch",
      };
    }
    return undefined;
  }),
};

const engineElements: ReadonlySet<string> = new Set(["f16", "i1", "i8", "ui8"]);
/** Ops that give other elements without computing in them. */
const converting: ReadonlySet<string> = new Set(["const", "cast", "quantize", "dequantize"]);

const computeType: StatementRule = {
  id: "compute-type",
  says: "The engine computes in fp16. Other elements are what a cast makes of an input or for an output, and positions that are constants.",
  sources: [stated("aneforge 7.1: `Not implemented on any backend`"), stated("driver-stack A.4")],
  ops: "any",
  check: ({ operation, mnemonic }) => {
    if (converting.has(mnemonic) || mnemonic.startsWith("constexpr_")) return undefined;
    const other = operation.results.find(({ type }) => isComputedIn(type, mnemonic));
    if (other === undefined) return undefined;
    return {
      expected: "fp16 elements",
      found: elementOf(other),
      instead: "cast the operands to fp16 before and the result back behind",
    };
  },
};

/** Ops whose results are positions. */
const positions: ReadonlySet<string> = new Set(["reduce_argmax", "reduce_argmin", "topk", "argsort"]);

function isComputedIn(type: Value["type"], mnemonic: string): boolean {
  if (!(type instanceof TensorType) || engineElements.has(type.element.text)) return false;
  return !positions.has(mnemonic);
}

const castToInteger: StatementRule = {
  id: "cast-to-int32",
  says: "A13 does not cast to int32.",
  sources: [stated("ane-guide, op and device matrix: cast")],
  targets: { before: "A14" },
  ops: ["cast"],
  check: ({ operation }) =>
    elementOf(operation.results[0]) === "i32"
      ? {
          expected: "a cast to fp16, fp32 or bool",
          found: "a cast to int32",
          instead: "keep whole numbers in fp16, which holds them exactly up to 2048",
        }
      : undefined,
};

const reshapedWeights: StatementRule = {
  id: "constexpr-reshaped",
  says: "What a constexpr op gives goes into the op that it is the weight of, not into a reshape or transpose.",
  sources: [stated("aneforge 3.1")],
  ops: ["reshape", "transpose", "expand_dims", "squeeze"],
  check: (statement) => {
    const source = definerOf(statement.value("x"));
    if (source?.mnemonic.startsWith("constexpr_") !== true) return undefined;
    return {
      expected: "weights in the layout that the op reads",
      found: `a ${statement.mnemonic} of ${source.mnemonic}`,
      instead: "compress the weight in the layout in which it is used",
    };
  },
};

const reconverging: StatementRule = {
  id: "reconverging-branches",
  says: "Where twelve branches or more meet in one op, the compiler's search takes up to 9 s per cluster.",
  sources: [stated("aneforge 5.7"), stated("ane-guide ch. 19")],
  severity: "warning",
  ops: "any",
  check: ({ operation }) => {
    const branches = new Set(operation.operands.filter((value) => !isKnown(value))).size;
    if (branches < 12) return undefined;
    return {
      expected: "fewer than 12 computed operands",
      found: `${branches}`,
      instead: "join them in several steps",
    };
  },
};

export const shapeRules: RuleGroup = {
  title: "Shapes and element types",
  rules: [rank, zeroSize, openSize, dimension, computeType, castToInteger, reshapedWeights, reconverging],
};
