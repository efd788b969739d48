/** Combining the lanes of vectors, and fused multiply-add. */
import * as llvm from "../../dialects/llvm/index.ts";
import * as vector from "../../dialects/vector/ops.ts";
import type { Value } from "../../ir/operation.ts";
import { type ConversionPattern, type ConversionRewriter, convert } from "../../ir/rewrite/conversion.ts";
import { FloatType } from "../../ir/types.ts";
import { extremum, fastMath, lanewise } from "./arithmetic-patterns.ts";
import {
  asVector,
  elementwise,
  extractPart,
  insertPart,
  lane,
  scalarOf,
  shuffled,
  splatConstant,
  withLane,
} from "./building.ts";

type Flags = readonly llvm.LlvmFastMathFlag[];

const integerOps = {
  and: llvm.and,
  or: llvm.or,
  xor: llvm.xor,
} as const;
const integerExtrema = {
  minsi: llvm.intrSmin,
  minui: llvm.intrUmin,
  maxsi: llvm.intrSmax,
  maxui: llvm.intrUmax,
} as const;

/** `a` and `b` combined lane by lane, whatever their (equal) type. */
function combine(rewriter: ConversionRewriter, kind: vector.CombiningKind, a: Value, b: Value, flags: Flags): Value {
  return elementwise(rewriter, a.type, [a, b], ([lhs, rhs]) => {
    const isFloat = scalarOf(lhs!.type) instanceof FloatType;
    const operands = { lhs: lhs!, rhs: rhs! };
    switch (kind) {
      case "add":
      case "mul": {
        if (isFloat) {
          return rewriter.build(kind === "add" ? llvm.fadd : llvm.fmul, { ...operands, fastmathFlags: flags }).res;
        }
        return rewriter.build(kind === "add" ? llvm.add : llvm.mul, operands).res;
      }
      case "and":
      case "or":
      case "xor":
        return rewriter.build(integerOps[kind], operands).res;
      case "minsi":
      case "minui":
      case "maxsi":
      case "maxui":
        return rewriter.build(integerExtrema[kind], { a: lhs!, b: rhs! }).res;
      case "maximumf":
      case "minimumf":
        return extremum(rewriter, kind === "maximumf", lhs!, rhs!, flags);
      case "maxnumf":
        return rewriter.build(llvm.intrMaxNum, { a: lhs!, b: rhs!, fastmathFlags: flags }).res;
      case "minnumf":
        return rewriter.build(llvm.intrMinNum, { a: lhs!, b: rhs!, fastmathFlags: flags }).res;
    }
  });
}

const integerReductions = {
  add: llvm.reduceAdd,
  mul: llvm.reduceMul,
  and: llvm.reduceAnd,
  or: llvm.reduceOr,
  xor: llvm.reduceXor,
  minsi: llvm.reduceSmin,
  minui: llvm.reduceUmin,
  maxsi: llvm.reduceSmax,
  maxui: llvm.reduceUmax,
} as const;

function isIntegerReduction(kind: vector.CombiningKind): kind is keyof typeof integerReductions {
  return Object.hasOwn(integerReductions, kind);
}

/** All lanes of a vector of one dimension, and an accumulator, in one scalar. */
function reduceLanes(
  rewriter: ConversionRewriter,
  kind: vector.CombiningKind,
  source: Value,
  accumulator: Value | undefined,
  flags: Flags,
): Value {
  const type = asVector(source).type;
  const isFloat = type.element instanceof FloatType;
  if (isFloat && (kind === "add" || kind === "mul")) {
    // In order unless reassociation is allowed, as MLIR says.
    const neutral = kind === "add" ? -0 : 1;
    const start = accumulator ?? splatConstant(rewriter, neutral, type.element);
    const definition = kind === "add" ? llvm.reduceFadd : llvm.reduceFmul;
    return rewriter.build(definition, { start_value: start, input: asVector(source), fastmathFlags: flags }).res;
  }
  const lanes =
    !isFloat && isIntegerReduction(kind)
      ? rewriter.build(integerReductions[kind], { in: asVector(source) }).res
      : halving(rewriter, kind, source, flags);
  return accumulator === undefined ? lanes : combine(rewriter, kind, accumulator, lanes, flags);
}

/** Combines the upper half of the lanes with the lower one until one is left; for kinds in which order does not matter. */
function halving(rewriter: ConversionRewriter, kind: vector.CombiningKind, source: Value, flags: Flags): Value {
  let current = source;
  let rest: Value | undefined;
  for (let count = asVector(source).type.count; count > 1; count = asVector(current).type.count) {
    if (count % 2 === 1) {
      const last = lane(rewriter, current, count - 1);
      rest = rest === undefined ? last : combine(rewriter, kind, rest, last, flags);
    }
    const half = count >> 1;
    const [low, high] = [0, half].map((start) =>
      shuffled(
        rewriter,
        current,
        undefined,
        Array.from({ length: half }, (_, position) => start + position),
      ),
    );
    current = combine(rewriter, kind, low!, high!, flags);
  }
  const only = lane(rewriter, current, 0);
  return rest === undefined ? only : combine(rewriter, kind, only, rest, flags);
}

const lowerReduction = convert(
  vector.reduction,
  "vector-reduction-to-llvm",
  (operation, { vector: source, acc }, rewriter) =>
    rewriter.replace(operation, reduceLanes(rewriter, operation.kind, source, acc, fastMath(operation))),
);

/** Reduces `source` along the axes in `reduced`, counted from `axis`; `accumulator` has the shape of the result. */
function reduceAxes(
  rewriter: ConversionRewriter,
  kind: vector.CombiningKind,
  source: Value,
  accumulator: Value,
  reduced: ReadonlySet<number>,
  axis: number,
): Value {
  const { type } = source;
  if (!(type instanceof llvm.ArrayType)) {
    if (!reduced.has(axis)) return combine(rewriter, kind, accumulator, source, []);
    return reduceLanes(rewriter, kind, source, accumulator, []);
  }
  let made = accumulator;
  for (let position = 0; position < type.count; position++) {
    const part = extractPart(rewriter, source, position);
    if (reduced.has(axis)) {
      made = reduceAxes(rewriter, kind, part, made, reduced, axis + 1);
      continue;
    }
    const isArray = made.type instanceof llvm.ArrayType;
    const from = isArray ? extractPart(rewriter, made, position) : lane(rewriter, made, position);
    const result = reduceAxes(rewriter, kind, part, from, reduced, axis + 1);
    made = isArray ? insertPart(rewriter, made, result, position) : withLane(rewriter, made, result, position);
  }
  return made;
}

const lowerMultiReduction = convert(
  vector.multiReduction,
  "vector-multi-reduction-to-llvm",
  (operation, operands, rewriter) => {
    const [source, acc] = operands;
    const axes = new Set(operation.reduction_dims);
    return rewriter.replace(operation, reduceAxes(rewriter, operation.kind, source!, acc!, axes, 0));
  },
);

const lowerFma = lanewise(
  vector.fma,
  "vector-fma-to-llvm",
  (rewriter, [a, b, c]) => rewriter.build(llvm.intrFma, { a: a!, b: b!, c: c! }).res,
);

export const vectorReductionPatterns: readonly ConversionPattern[] = [lowerReduction, lowerMultiReduction, lowerFma];
