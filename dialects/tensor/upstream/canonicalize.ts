/** Canonical forms of the upstream tensor ops: known sizes, slices of the whole, casts and reshapes that undo each other. */
import { DenseElementsAttribute, ElementsAttribute } from "../../../ir/attributes.ts";
import { constantOf } from "../../../ir/effects.ts";
import type { Value } from "../../../ir/operation.ts";
import { anyConstant, type Pattern, rewrite } from "../../../ir/rewrite/pattern.ts";
import { dynamic, TensorType } from "../../../ir/types.ts";
import { constantNumberOf, indexConstant } from "../../arith/build.ts";
import { constantOfType, elementAt, splatOf } from "../../arith/elements.ts";
import { constant } from "../../arith/ops.ts";
import { needlessCastOf, sizeThroughCastOf } from "../../upstream/cast-patterns.ts";
import { compatibleShapes, type MixedIndex, mixedIndices } from "../../upstream/constraints.ts";
import { emptyTensor, sliceOf } from "./build.ts";
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

const needlessCast = needlessCastOf(castOperation, "needless-tensor-cast");
const sizeThroughCast = sizeThroughCastOf(
  dim,
  castOperation,
  "tensor-size-through-cast",
  (type) => type instanceof TensorType,
);

/** cast(cast(t : A) : B) : C -> cast(t) : A to C, where B claims nothing that neither A nor C does */
const castOfCast = rewrite(
  castOperation,
  "tensor-cast-of-cast",
  (operation, rewriter) => {
    const inner = operation.source.definer;
    if (!castOperation.matches(inner)) return undefined;
    const [from, between, to] = [inner.source.type, inner.dest.type, operation.dest.type];
    if (!(from instanceof TensorType && between instanceof TensorType && to instanceof TensorType)) return undefined;
    if (from === to || from.encoding !== to.encoding || !compatibleShapes(from.shape, to.shape)) return undefined;
    const claims = between.shape.every(
      (size, axis) => size === dynamic || size === from.shape[axis] || size === to.shape[axis],
    );
    const { source } = inner;
    return claims ? rewriter.modify(operation, () => operation.setOperand(0, source)) : undefined;
  },
  { operandDefiners: { 0: castOperation.name } },
);

/** Indices that are constants, as numbers. */
function withConstants(mixed: readonly MixedIndex[], least: number): readonly MixedIndex[] {
  return mixed.map((each) => {
    const known = typeof each === "number" ? undefined : constantNumberOf(each);
    return known !== undefined && known >= least ? known : each;
  });
}

/** extract_slice(t)[c][c][c] -> the same with numbers, cast to the type that it had */
const sliceOfConstants = rewrite(extractSlice, "slice-with-constant-indices", (operation, rewriter) => {
  const { source, result } = operation;
  if (operation.operandCount === 1 || result.type.rank !== source.type.rank) return undefined;
  const offsets = mixedIndices(operation.static_offsets, operation.offsets);
  const sizes = mixedIndices(operation.static_sizes, operation.sizes);
  const strides = mixedIndices(operation.static_strides, operation.strides);
  const known = [withConstants(offsets, 0), withConstants(sizes, 0), withConstants(strides, 1)] as const;
  const before = [...offsets, ...sizes, ...strides];
  if (known.flat().every((each, at) => each === before[at])) return undefined;
  const made = sliceOf(rewriter, source, ...known);
  if (made.type === result.type) return rewriter.replace(operation, made);
  return rewriter.replaceWith(operation, castOperation, { source: made, dest: result.type });
});

/** empty(c) : ? -> empty : c, cast to the type that it had */
const emptyOfConstants = rewrite(empty, "empty-with-constant-sizes", (operation, rewriter) => {
  const { dynamicSizes, result } = operation;
  const { type } = result;
  let next = 0;
  const sizes: Value[] = [];
  const shape = type.shape.map((size) => {
    if (size !== dynamic) return size;
    const value = dynamicSizes[next++];
    const known = value && constantNumberOf(value);
    if (known !== undefined && known >= 0) return known;
    if (value !== undefined) sizes.push(value);
    return dynamic;
  });
  if (sizes.length === dynamicSizes.length || type.encoding !== undefined) return undefined;
  const made = emptyTensor(rewriter, shape, type.element, sizes);
  return rewriter.replaceWith(operation, castOperation, { source: made, dest: type });
});

/** extract(dense<…>, c, …) -> the element */
const elementOfConstant = rewrite(
  extract,
  "element-of-constant",
  (operation, rewriter) => {
    const known = constantOf(operation.tensor);
    if (!(known instanceof DenseElementsAttribute)) return undefined;
    let position = 0;
    for (const [axis, index] of operation.indices.entries()) {
      const at = constantNumberOf(index);
      const size = known.type.shape[axis] ?? 0;
      if (at === undefined || at < 0 || at >= size) return undefined;
      position = position * size + at;
    }
    if (known.splat !== undefined) return undefined;
    const folded = constantOfType(elementAt(known.value, position, known.type.element), operation.result.type);
    const value = folded && rewriter.constant(folded, operation.result.type, operation);
    return value && rewriter.replace(operation, value);
  },
  { operandDefiners: { 0: anyConstant } },
);

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
  castOfCast,
  sizeThroughCast,
  sliceOfConstants,
  emptyOfConstants,
  elementOfConstant,
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
