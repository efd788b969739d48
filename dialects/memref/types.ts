/** Layouts of memrefs: strides and offsets, and the types of views. */

import { linearForm } from "../../ir/affine-map.ts";
import { AffineMapAttribute, StridedLayoutAttribute } from "../../ir/attributes.ts";
import { dynamic, MemRefType } from "../../ir/types.ts";
import type { MixedIndex } from "../upstream/constraints.ts";

/** Where the element at index 0 lies and how far apart neighbours are, in elements; `dynamic` where not known. */
export interface Strides {
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Row-major strides of a shape; `dynamic` outwards of a dynamic size. */
export function rowMajorStrides(shape: readonly number[]): readonly number[] {
  const strides: number[] = [];
  let running = 1;
  for (const size of [...shape].reverse()) {
    strides.unshift(running);
    running = running === dynamic || size === dynamic ? dynamic : running * size;
  }
  return strides;
}

/** The strides and offset of a memref; undefined where its layout is no strided one. */
export function stridesOf(type: MemRefType): Strides | undefined {
  const { layout } = type;
  if (layout === undefined) return { offset: 0, strides: rowMajorStrides(type.shape) };
  if (layout instanceof StridedLayoutAttribute) return { offset: layout.offset, strides: layout.strides };
  if (!(layout instanceof AffineMapAttribute)) return undefined;
  const { map } = layout;
  if (map.isIdentity) return { offset: 0, strides: rowMajorStrides(type.shape) };
  const [result] = map.results;
  const form = map.results.length === 1 && map.symbols === 0 && result !== undefined ? linearForm(result) : undefined;
  if (form === undefined) return undefined;
  return { offset: form.constant, strides: type.shape.map((_, axis) => form.coefficients.get(axis) ?? 0) };
}

/** Whether a memref is dense row-major from its first element on. */
export function isContiguous(type: MemRefType): boolean {
  const layout = stridesOf(type);
  if (layout === undefined || layout.offset !== 0) return false;
  const dense = rowMajorStrides(type.shape);
  return layout.strides.every((stride, axis) => type.shape[axis] === 1 || stride === dense[axis]);
}

/** A memref of strided layout; the plain type where that is what the strides say. */
export function stridedMemRef(shape: readonly number[], source: MemRefType, layout: Strides): MemRefType {
  const dense = rowMajorStrides(shape);
  const isPlain =
    layout.offset === 0 && layout.strides.every((stride, axis) => stride === dense[axis] && stride !== dynamic);
  const attribute = isPlain ? undefined : StridedLayoutAttribute.get(layout.strides, layout.offset);
  return MemRefType.get(shape, source.element, attribute, source.memorySpace);
}

/**
 * The type of a view: element `i` of the result is element `offsets + i * strides` of the source. As upstream, the layout
 * is always spelled out. `dropped` lists the unit dimensions that the result leaves out.
 */
export function subviewType(
  source: MemRefType,
  offsets: readonly MixedIndex[],
  sizes: readonly MixedIndex[],
  strides: readonly MixedIndex[],
  dropped: readonly number[] = [],
): MemRefType {
  const layout = stridesOf(source);
  if (layout === undefined) throw new Error(`expects a source of strided layout, found ${source}`);
  let offset = layout.offset;
  for (const [axis, start] of offsets.entries()) {
    const stride = layout.strides[axis];
    const isKnown = offset !== dynamic && typeof start === "number" && (stride !== dynamic || start === 0);
    offset = isKnown ? offset + (start === 0 ? 0 : start * stride!) : dynamic;
  }
  const steps = layout.strides.map((stride, axis) => {
    const step = strides[axis];
    return stride === dynamic || typeof step !== "number" ? dynamic : stride * step;
  });
  const kept = sizes.map((_, axis) => axis).filter((axis) => !dropped.includes(axis));
  const shape = kept.map((axis) => {
    const size = sizes[axis];
    return typeof size === "number" ? size : dynamic;
  });
  const layoutAttribute = StridedLayoutAttribute.get(
    kept.map((axis) => steps[axis]!),
    offset,
  );
  return MemRefType.get(shape, source.element, layoutAttribute, source.memorySpace);
}
