/** Canonical forms of the upstream tensor ops: known sizes, slices of the whole, casts and reshapes that undo each other. */
import { ElementsAttribute } from "../../../ir/attributes.ts";
import { constantOf } from "../../../ir/effects.ts";
import type { Value } from "../../../ir/operation.ts";
import { type Pattern, rewrite } from "../../../ir/rewrite/pattern.ts";
import { dynamic, TensorType } from "../../../ir/types.ts";
import { constantNumberOf, indexConstant } from "../../arith/build.ts";
import { constantOfType, splatOf } from "../../arith/elements.ts";
import { constant } from "../../arith/ops.ts";
import {
  castOperation,
  collapseShape,
  dim,
  empty,
  expandShape,
  extract,
  extractSlice,
  fromElements,
  insertSlice,
  pad,
  rank,
  splat,
} from "./ops.ts";

/** dim(t, c) -> the size, where it is known or an operand of the tensor's maker. */
const knownSize = rewrite(dim, "known-tensor-size", (operation, rewriter) => {
  const axis = constantNumberOf(operation.index);
  const { type } = operation.source;
  const size = axis === undefined || !(type instanceof TensorType) ? undefined : type.shape[axis];
  if (axis === undefined || size === undefined || !(type instanceof TensorType)) return undefined;
  if (size !== dynamic) return rewriter.replace(operation, indexConstant(rewriter, size));
  const { definer } = operation.source;
  const sizes = empty.matches(definer) || splat.matches(definer) ? definer.dynamicSizes : undefined;
  const value = sizes?.[type.shape.slice(0, axis).filter((each) => each === dynamic).length];
  return value && rewriter.replace(operation, value);
});

/** rank(t) -> a constant */
const knownRank = rewrite(rank, "known-tensor-rank", (operation, rewriter) => {
  const { type } = operation.tensor;
  return type instanceof TensorType ? rewriter.replace(operation, indexConstant(rewriter, type.rank)) : undefined;
});

/** cast(x) : T to T -> x, and cast(cast(x)) : T to U to T -> x */
const needlessCast = rewrite(castOperation, "needless-tensor-cast", (operation, rewriter) => {
  const { source, dest } = operation;
  if (source.type === dest.type) return rewriter.replace(operation, source);
  const inner = source.definer;
  if (!castOperation.matches(inner) || inner.source.type !== dest.type) return undefined;
  return rewriter.replace(operation, inner.source);
});

interface Box {
  readonly static_offsets: readonly number[];
  readonly static_sizes: readonly number[];
  readonly static_strides: readonly number[];
}

/** Whether a box is all of a tensor of static type. */
function isWhole(box: Box, type: TensorType): boolean {
  return (
    type.isStatic &&
    box.static_offsets.every((value) => value === 0) &&
    box.static_strides.every((value) => value === 1) &&
    box.static_sizes.every((value, axis) => value === type.shape[axis])
  );
}

/** extract_slice(t) of the whole of t -> t */
const wholeSlice = rewrite(extractSlice, "slice-of-the-whole", (operation, rewriter) => {
  const { source, result } = operation;
  return source.type === result.type && isWhole(operation, source.type)
    ? rewriter.replace(operation, source)
    : undefined;
});

/** insert_slice(s into t) over the whole of t -> s */
const wholeInsertion = rewrite(insertSlice, "insertion-over-the-whole", (operation, rewriter) => {
  const { source, dest } = operation;
  return source.type === dest.type && isWhole(operation, dest.type) ? rewriter.replace(operation, source) : undefined;
});

const boxNames = ["static_offsets", "static_sizes", "static_strides"] as const;

/** extract_slice(insert_slice(s into t, box), box) -> s */
const sliceOfInsertion = rewrite(extractSlice, "slice-of-insertion", (operation, rewriter) => {
  const inner = operation.source.definer;
  if (!insertSlice.matches(inner) || inner.source.type !== operation.result.type) return undefined;
  const isSame = boxNames.every((name) => operation.attribute(name) === inner.attribute(name));
  const [own, other] = [operation.operands.slice(1), inner.operands.slice(2)];
  if (!isSame || own.some((value, position) => value !== other[position])) return undefined;
  return rewriter.replace(operation, inner.source);
});

/** pad(t) by nothing -> t */
const emptyPadding = rewrite(pad, "padding-by-nothing", (operation, rewriter) => {
  const { source, result, static_low: low, static_high: high, nofold } = operation;
  const isEmpty = [...low, ...high].every((value) => value === 0);
  return isEmpty && nofold === undefined && source.type === result.type
    ? rewriter.replace(operation, source)
    : undefined;
});

/** reshape(reshape(t)) back to t's type -> t: both keep the row-major order. */
const undoneReshape = (outer: typeof collapseShape | typeof expandShape): Pattern =>
  rewrite(
    outer as typeof collapseShape,
    `undone-tensor-${outer.name.slice(7).replaceAll("_", "-")}`,
    (operation, rewriter) => {
      const source: Value = operation.operand(0);
      const { type } = operation.onlyResult;
      if (source.type === type) return rewriter.replace(operation, source);
      const inner = source.definer;
      if (!collapseShape.matches(inner) && !expandShape.matches(inner)) return undefined;
      return inner.src.type === type && inner.src.type.isStatic ? rewriter.replace(operation, inner.src) : undefined;
    },
  );

/** reshape(dense<c>) -> dense<c> */
const reshapeOfConstant = (outer: typeof collapseShape | typeof expandShape): Pattern =>
  rewrite(
    outer as typeof collapseShape,
    `${outer.name.slice(7).replaceAll("_", "-")}-of-constant`,
    (operation, rewriter) => {
      const value = splatOf(constantOf(operation.operand(0)));
      const folded = value === undefined ? undefined : constantOfType(value, operation.onlyResult.type);
      return folded && rewriter.replaceWith(operation, constant, { value: folded });
    },
  );

/** extract(dense<c>, i) -> c, and extract(splat(x), i) -> x */
const elementOfSplat = rewrite(extract, "element-of-splat", (operation, rewriter) => {
  const { definer } = operation.tensor;
  if (splat.matches(definer)) return rewriter.replace(operation, definer.input);
  const known = constantOf(operation.tensor);
  const value = known instanceof ElementsAttribute ? splatOf(known) : undefined;
  const folded = value === undefined ? undefined : constantOfType(value, operation.result.type);
  return folded && rewriter.replaceWith(operation, constant, { value: folded });
});

/** extract(from_elements(x0, x1, …), c) -> xc */
const elementOfElements = rewrite(extract, "element-of-elements", (operation, rewriter) => {
  const { definer } = operation.tensor;
  if (!fromElements.matches(definer)) return undefined;
  const { shape } = definer.result.type;
  let position = 0;
  for (const [axis, index] of operation.indices.entries()) {
    const known = constantNumberOf(index);
    const size = shape[axis] ?? 0;
    if (known === undefined || known < 0 || known >= size) return undefined;
    position = position * size + known;
  }
  const element = definer.elements[position];
  return element && rewriter.replace(operation, element);
});

export const upstreamTensorCanonicalization: readonly Pattern[] = [
  knownSize,
  knownRank,
  needlessCast,
  wholeSlice,
  wholeInsertion,
  sliceOfInsertion,
  emptyPadding,
  undoneReshape(collapseShape),
  undoneReshape(expandShape),
  reshapeOfConstant(collapseShape),
  reshapeOfConstant(expandShape),
  elementOfSplat,
  elementOfElements,
];
