/** Canonical forms of buffers and views: known sizes, casts that say nothing, copies and allocations without use. */

import type { Operation, Value } from "../../ir/operation.ts";
import { type Pattern, rewrite } from "../../ir/rewrite/pattern.ts";
import { dynamic, MemRefType, type Type } from "../../ir/types.ts";
import { constantNumberOf, indexConstant } from "../arith/build.ts";
import { dynamicIndex } from "../upstream/constraints.ts";
import { isMemRefValue } from "./build.ts";
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

/** cast(x) : T to T -> x, and cast(cast(x)) : T to U to T -> x */
const needlessCast = rewrite(cast, "needless-cast", (operation, rewriter) => {
  const { source, dest } = operation;
  if (source.type === dest.type) return rewriter.replace(operation, source);
  const inner = source.definer;
  if (!cast.matches(inner) || inner.source.type !== dest.type) return undefined;
  return rewriter.replace(operation, inner.source);
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
  accessThroughCast(load, 0),
  accessThroughCast(store, 1),
  copyToItself,
  wholeView,
  undoneReshape(collapseShape, expandShape.name),
  undoneReshape(expandShape, collapseShape.name),
  unusedAllocation(alloc),
  unusedAllocation(alloca),
];
