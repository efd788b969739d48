/**
 * Where a memref lies: views are followed to the buffer they share, so that two operands can be compared byte by byte, and
 * so that loops can address the buffer itself with plain arithmetic.
 */

import { getGlobal, isView, view } from "../../dialects/memref/ops.ts";
import { stridesOf } from "../../dialects/memref/types.ts";
import { type AffineExpression, type AffineMap, linearForm } from "../../ir/affine-map.ts";
import { IntegerAttribute } from "../../ir/attributes.ts";
import { constantOf } from "../../ir/effects.ts";
import type { Value } from "../../ir/operation.ts";
import { dynamic, FloatType, IntegerType, index, MemRefType, type Type } from "../../ir/types.ts";

/** Bytes of one element in memory; truth values and other sub-byte integers take one byte. */
export function bytesOf(type: Type): number {
  if (type === index) return 8;
  if (type instanceof IntegerType || type instanceof FloatType) return Math.max(1, Math.ceil(type.width / 8));
  throw new Error(`an element of type ${type} has no size in memory`);
}

/** The bytes behind a memref of static layout. */
export interface Memory {
  /** The buffer: a function argument, a global, an allocation; for the arena, the arena itself. */
  readonly root: Value;
  /** Whether the root is a buffer of bytes that holds many values at offsets (the arena). */
  readonly isArena: boolean;
  /** Whether the buffer can never be written (a constant global). */
  readonly isConstant: boolean;
  /** Bytes from the root's start to where element offset 0 of the memref counts from. */
  readonly byteShift: number;
  /** Elements from there to the memref's first element. */
  readonly offset: number;
  readonly strides: readonly number[];
  readonly element: Type;
  /** All bytes of the root. */
  readonly rootBytes: number;
}

/** Follows views to the buffer behind `value`; throws where the layout is not static. */
export function memoryOf(value: Value<MemRefType>): Memory {
  const { type } = value;
  const layout = stridesOf(type);
  if (layout === undefined || layout.offset === dynamic || layout.strides.includes(dynamic) || !type.isStatic) {
    throw new Error(`expects a memref whose sizes, strides and offset are known, found ${type}`);
  }
  const { offset, strides } = layout;
  const { element } = type;
  let walker: Value = value;
  while (walker.definer !== undefined && isView(walker.definer) && !view.matches(walker.definer))
    walker = walker.definer.operand(0);
  const { definer } = walker;
  if (view.matches(definer)) {
    const shift = constantOf(definer.byte_shift);
    if (!(shift instanceof IntegerAttribute)) throw definer.error("expects a constant byte offset");
    const rootBytes = definer.source.type.count;
    const root = definer.source;
    return { root, isArena: true, isConstant: false, byteShift: shift.number, offset, strides, element, rootBytes };
  }
  if (!(walker.type instanceof MemRefType)) throw new Error(`a memref is seen through ${walker.type}`);
  const rootBytes = walker.type.count * bytesOf(walker.type.element);
  const isConstant = getGlobal.matches(definer);
  return { root: walker, isArena: false, isConstant, byteShift: 0, offset, strides, element, rootBytes };
}

/** A part of an address that divisions or remainders make non-linear. */
export interface IrregularTerm {
  readonly expression: AffineExpression;
  /** Elements per unit of the expression. */
  readonly stride: number;
}

/** How an operand is addressed over a nest: element `offset + Σ strides[d] · i_d + Σ irregular` counted from `byteShift`. */
export interface Access {
  readonly memory: Memory;
  readonly offset: number;
  readonly strides: readonly number[];
  readonly irregular: readonly IrregularTerm[];
}

/** The access that an indexing map makes to a memref, over the map's dimensions. */
export function accessOf(memory: Memory, map: AffineMap): Access {
  const strides = new Array<number>(map.dimensions).fill(0);
  const irregular: IrregularTerm[] = [];
  let { offset } = memory;
  for (const [axis, expression] of map.results.entries()) {
    const stride = memory.strides[axis]!;
    const form = linearForm(expression);
    if (form === undefined) {
      irregular.push({ expression, stride });
      continue;
    }
    offset += form.constant * stride;
    for (const [position, factor] of form.coefficients) strides[position] = strides[position]! + factor * stride;
  }
  return { memory, offset, strides, irregular };
}

/** The dimensions that an expression uses. */
export function dimensionsOf(expression: AffineExpression, into: Set<number> = new Set()): Set<number> {
  if (expression.kind === "dimension") into.add(expression.position);
  else if ("lhs" in expression) {
    dimensionsOf(expression.lhs, into);
    dimensionsOf(expression.rhs, into);
  }
  return into;
}

/** First byte and one past the last byte (from the root's start) that an access may touch over `sizes` points. */
export function byteRange(access: Access, sizes: readonly number[]): { readonly begin: number; readonly end: number } {
  const { memory, strides, irregular } = access;
  const bytes = bytesOf(memory.element);
  if (irregular.length > 0) return { begin: 0, end: memory.rootBytes };
  let low = access.offset;
  let high = access.offset;
  for (const [position, stride] of strides.entries()) {
    const reach = stride * (sizes[position]! - 1);
    if (reach < 0) low += reach;
    else high += reach;
  }
  return { begin: memory.byteShift + low * bytes, end: memory.byteShift + (high + 1) * bytes };
}

/** Whether two accesses may touch a common byte. */
export function mayOverlap(a: Access, b: Access, sizes: readonly number[]): boolean {
  if (a.memory.root !== b.memory.root) return false;
  const [first, second] = [byteRange(a, sizes), byteRange(b, sizes)];
  return first.begin < second.end && second.begin < first.end;
}

/** Whether two accesses touch the same element at every point of the nest. */
export function isSameAccess(a: Access, b: Access, sizes: readonly number[]): boolean {
  const bytes = bytesOf(a.memory.element);
  return (
    a.memory.root === b.memory.root &&
    a.memory.element === b.memory.element &&
    a.irregular.length === 0 &&
    b.irregular.length === 0 &&
    a.memory.byteShift + a.offset * bytes === b.memory.byteShift + b.offset * bytes &&
    a.strides.every((stride, position) => sizes[position] === 1 || stride === b.strides[position])
  );
}
