/** Canonical forms of buffers and views: known sizes, casts that say nothing, copies and allocations without use. */

import type { Operation, Value } from "../../ir/operation.ts";
import { type Pattern, rewrite } from "../../ir/rewrite/pattern.ts";
import { dynamic, MemRefType, type Type } from "../../ir/types.ts";
import { constantNumberOf, indexConstant } from "../arith/build.ts";
import { needlessCastOf, sizeThroughCastOf } from "../upstream/cast-patterns.ts";
import { compatibleShapes, dynamicIndex, type MixedIndex, mixedIndices } from "../upstream/constraints.ts";
import { isMemRefValue, subviewOf } from "./build.ts";
import { alloc, alloca, cast, collapseShape, copy, dealloc, dim, expandShape, load, store, subview } from "./ops.ts";
import { stridesOf } from "./types.ts";

/** dim(m, c) -> the size, where it is known or an operand of the allocation. */
const knownSize = rewrite(dim, "known-size", (operation, rewriter) => {
  const axis = constantNumberOf(operation.index);
  const { type } = operation.source;
  const size = axis === undefined || !(type instanceof MemRefType) ? undefined : type.shape[axis];
  if (axis === undefined || size === undefined || !(type instanceof MemRefType)) return undefined;
  if (size !== dynamic) return rewriter.replace(operation, indexConstant(rewriter, size));
  const definer = operation.source.definer;
  const sizes = alloc.matches(definer) || alloca.matches(definer) ? definer.dynamicSizes : undefined;
  const position = type.shape.slice(0, axis).filter((each) => each === dynamic).length;
  const value = sizes?.[position];
  return value && rewriter.replace(operation, value);
});

const needlessCast = needlessCastOf(cast, "needless-cast");
const sizeThroughCast = sizeThroughCastOf(dim, cast, "size-through-cast", (type) => type instanceof MemRefType);

/** cast(cast(m : A) : B) : C -> cast(m) : A to C */
const castOfCast = rewrite(
  cast,
  "cast-of-cast",
  (operation, rewriter) => {
    const inner = operation.source.definer;
    if (!cast.matches(inner)) return undefined;
    const [from, to] = [inner.source.type, operation.dest.type];
    if (from === to || !(from instanceof MemRefType)) return undefined;
    // Where both say a size and differ, the program is wrong at run time, not here.
    if (to instanceof MemRefType && !(compatibleShapes(from.shape, to.shape) && stridesAgree(from, to)))
      return undefined;
    const { source } = inner;
    return rewriter.modify(operation, () => operation.setOperand(0, source));
  },
  { operandDefiners: { 0: cast.name } },
);

function stridesAgree(a: MemRefType, b: MemRefType): boolean {
  const [first, second] = [stridesOf(a), stridesOf(b)];
  if (first === undefined || second === undefined) return false;
  const agree = (one: number, other: number | undefined) => one === other || one === dynamic || other === dynamic;
  return (
    agree(first.offset, second.offset) && first.strides.every((stride, axis) => agree(stride, second.strides[axis]))
  );
}

/** Indices that are constants, as numbers. */
function withConstants(mixed: readonly MixedIndex[], least: number): readonly MixedIndex[] {
  return mixed.map((each) => {
    const known = typeof each === "number" ? undefined : constantNumberOf(each);
    return known !== undefined && known >= least ? known : each;
  });
}

/** subview(m)[c][c][c] -> the same with numbers, cast to the type that it had */
const viewOfConstants = rewrite(subview, "view-with-constant-indices", (operation, rewriter) => {
  const { source, result } = operation;
  if (operation.operandCount === 1 || result.type.rank !== source.type.rank) return undefined;
  const offsets = mixedIndices(operation.static_offsets, operation.offsets);
  const sizes = mixedIndices(operation.static_sizes, operation.sizes);
  const strides = mixedIndices(operation.static_strides, operation.strides);
  const known = [withConstants(offsets, 0), withConstants(sizes, 0), withConstants(strides, 1)] as const;
  const before = [...offsets, ...sizes, ...strides];
  if (known.flat().every((each, at) => each === before[at])) return undefined;
  if (stridesOf(source.type) === undefined) return undefined;
  const made = subviewOf(rewriter, source, ...known);
  if (made.type === result.type) return rewriter.replace(operation, made);
  return rewriter.replaceWith(operation, cast, { source: made, dest: result.type });
});

/** Whether a cast only forgets sizes, strides or the offset that its source states. */
function forgets(from: Type, to: Type): boolean {
  if (!(from instanceof MemRefType && to instanceof MemRefType)) return false;
  const [known, less] = [stridesOf(from), stridesOf(to)];
  if (known === undefined || less === undefined) return false;
  const isLess = (more: number, fewer: number | undefined) => fewer === dynamic || fewer === more;
  return (
    from.shape.every((size, axis) => isLess(size, to.shape[axis])) &&
    known.strides.every((stride, axis) => isLess(stride, less.strides[axis])) &&
    isLess(known.offset, less.offset)
  );
}

/** load(cast(m)) -> load(m): an access need not go through a cast that only forgets. */
const accessThroughCast = (definition: typeof load | typeof store, position: number): Pattern =>
  rewrite<typeof load.fields>(
    definition as typeof load,
    `${definition.name.slice(7)}-through-cast`,
    (operation, rewriter) => {
      const through: Operation | undefined = operation.operand(position).definer;
      if (!cast.matches(through) || !forgets(through.source.type, through.dest.type)) return undefined;
      const { source } = through;
      return rewriter.modify(operation, () => operation.setOperand(position, source));
    },
  );

/** copy(cast(m), n) -> copy(m, n), and the same for what is copied to. */
const copyThroughCast = (position: 0 | 1): Pattern =>
  rewrite(
    copy,
    position === 0 ? "copy-from-cast" : "copy-to-cast",
    (operation, rewriter) => {
      const through = operation.operand(position).definer;
      if (!cast.matches(through)) return undefined;
      const { source, dest } = through;
      if (!(source.type instanceof MemRefType && dest.type instanceof MemRefType)) return undefined;
      const other = operation.operand(1 - position).type;
      if (!forgets(source.type, dest.type) || !(other instanceof MemRefType)) return undefined;
      if (!compatibleShapes(source.type.shape, other.shape)) return undefined;
      return rewriter.modify(operation, () => operation.setOperand(position, source));
    },
    { operandDefiners: { [position]: cast.name } },
  );

/** copy(m, m) -> nothing */
const copyToItself = rewrite(copy, "copy-to-itself", (operation, rewriter) => {
  const { source, target } = operation;
  return source === target ? rewriter.erase(operation) : undefined;
});

/** subview(m) of the whole of m -> m */
const wholeView = rewrite(subview, "view-of-the-whole", (operation, rewriter) => {
  const { source, result, static_offsets: offsets, static_strides: strides, static_sizes: sizes } = operation;
  if (source.type !== result.type || !source.type.isStatic) return undefined;
  const isWhole =
    offsets.every((value) => value === 0) &&
    strides.every((value) => value === 1) &&
    sizes.every((value, axis) => value !== dynamicIndex && value === source.type.shape[axis]);
  return isWhole ? rewriter.replace(operation, source) : undefined;
});

/** collapse(expand(m)) and expand(collapse(m)) back to m's type -> m */
const undoneReshape = (outer: typeof collapseShape | typeof expandShape, inner: string): Pattern =>
  rewrite(
    outer as typeof collapseShape,
    `undone-${outer.name.slice(7).replaceAll("_", "-")}`,
    (operation, rewriter) => {
      const definer = operation.operand(0).definer;
      if (operation.operand(0).type === operation.onlyResult.type)
        return rewriter.replace(operation, operation.operand(0));
      if (definer?.name !== inner) return undefined;
      const source: Value = definer.operand(0);
      return source.type === operation.onlyResult.type ? rewriter.replace(operation, source) : undefined;
    },
  );

/** An allocation that is only freed, or only written to, is not needed. */
const unusedAllocation = (definition: typeof alloc | typeof alloca): Pattern =>
  rewrite(definition as typeof alloc, `unused-${definition.name.slice(7)}`, (operation, rewriter) => {
    const { users } = operation.memref;
    const isIdle = (user: Operation) =>
      dealloc.matches(user) ||
      (store.matches(user) && user.memref === operation.memref && user.value !== operation.memref);
    if (!isMemRefValue(operation.memref) || !users.every(isIdle)) return undefined;
    for (const user of users) rewriter.erase(user);
    return rewriter.erase(operation);
  });

export const memrefCanonicalization: readonly Pattern[] = [
  knownSize,
  needlessCast,
  castOfCast,
  sizeThroughCast,
  viewOfConstants,
  copyThroughCast(0),
  copyThroughCast(1),
  accessThroughCast(load, 0),
  accessThroughCast(store, 1),
  copyToItself,
  wholeView,
  undoneReshape(collapseShape, expandShape.name),
  undoneReshape(expandShape, collapseShape.name),
  unusedAllocation(alloc),
  unusedAllocation(alloca),
];
