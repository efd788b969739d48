/**
 * Where tensor values will lie. Each value starts with a buffer of its own; a decision places one value inside another's
 * memory: as the same elements, as a box of them, or reshaped. Values connected in this way form a tree with one buffer at
 * its root. A placement is only made where no value would be overwritten while it is still needed.
 */

import { rowMajorStrides, type Strides } from "../../dialects/memref/types.ts";
import type { Value } from "../../ir/operation.ts";
import type { TensorType } from "../../ir/types.ts";

export interface Box {
  readonly offsets: readonly number[];
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
}

/** How a value lies in the memory of its parent. */
export type Placement =
  | { readonly kind: "same" }
  /** The child is this box of the parent, possibly without some unit dimensions. */
  | { readonly kind: "box"; readonly box: Box }
  /** The child is the parent with groups of its dimensions merged. */
  | { readonly kind: "collapse"; readonly reassociation: readonly (readonly number[])[] }
  /** The child is the parent with dimensions split. */
  | { readonly kind: "expand"; readonly reassociation: readonly (readonly number[])[] };

export type StorageRole = "buffer" | "given" | "destination";

/** The memory of one tensor value. */
export class Storage {
  readonly value: Value;
  readonly type: TensorType;
  /** `buffer`: memory of our choice; `given`: an argument or constant, never written; `destination`: where the caller wants a result. */
  readonly role: StorageRole;
  /** Whether anything was ever computed into it; false for `tensor.empty`. */
  readonly hasContent: boolean;
  /** The position of the operation that gives the value; -1 for arguments and constants. */
  readonly definedAt: number;
  parent: Storage | undefined = undefined;
  placement: Placement | undefined = undefined;
  readonly children: Storage[] = [];
  /** At the root: all reads and writes of the tree. */
  accesses: MemoryAccess[] = [];

  constructor(value: Value, type: TensorType, options: { role: StorageRole; hasContent: boolean; definedAt: number }) {
    this.value = value;
    this.type = type;
    this.role = options.role;
    this.hasContent = options.hasContent;
    this.definedAt = options.definedAt;
  }

  get root(): Storage {
    let walker: Storage = this;
    while (walker.parent !== undefined) walker = walker.parent;
    return walker;
  }

  /** This storage and the ones it lies in, innermost first. */
  get path(): readonly Storage[] {
    const path: Storage[] = [];
    for (let walker: Storage | undefined = this; walker !== undefined; walker = walker.parent) path.push(walker);
    return path;
  }
}

/** One operation reads or writes one value's memory. */
export interface MemoryAccess {
  readonly kind: "read" | "write";
  readonly storage: Storage;
  /** The position of the operation in its block. */
  readonly at: number;
  /** A part of the memory that is not touched: that of this value (an inserted slice, the inside of a padding). */
  readonly except?: Storage;
  /** For reads: whether the operation may write its result `storage` to the same elements while it reads. */
  readonly mayShareWith?: (result: Storage) => boolean;
}

/** The layout of a value in its root's memory, in elements; undefined where no strided layout describes it. */
export function layoutOf(storage: Storage): Strides | undefined {
  const { parent, placement } = storage;
  if (parent === undefined || placement === undefined)
    return { offset: 0, strides: rowMajorStrides(storage.type.shape) };
  const outer = layoutOf(parent);
  if (outer === undefined) return undefined;
  switch (placement.kind) {
    case "same":
      return outer;
    case "box": {
      const { offsets, sizes, strides } = placement.box;
      const kept = keptAxes(sizes, storage.type.shape);
      return {
        offset: offsets.reduce((sum, offset, axis) => sum + offset * outer.strides[axis]!, outer.offset),
        strides: kept.map((axis) => outer.strides[axis]! * strides[axis]!),
      };
    }
    case "collapse":
      return collapsedLayout(parent.type.shape, outer, placement.reassociation);
    case "expand":
      return expandedLayout(storage.type.shape, outer, placement.reassociation);
  }
}

/** The axes of a box that its rank-reduced form keeps: unit axes are dropped from the left where the form has none. */
export function keptAxes(sizes: readonly number[], shape: readonly number[]): readonly number[] {
  const kept: number[] = [];
  let surplus = sizes.length - shape.length;
  for (const [axis, size] of sizes.entries()) {
    if (surplus > 0 && size === 1 && shape[kept.length] !== 1) surplus--;
    else kept.push(axis);
  }
  return kept.length === shape.length ? kept : keptFromRight(sizes, shape.length);
}

function keptFromRight(sizes: readonly number[], rank: number): readonly number[] {
  let surplus = sizes.length - rank;
  return [...sizes.keys()].filter((axis) => {
    if (surplus > 0 && sizes[axis] === 1) {
      surplus--;
      return false;
    }
    return true;
  });
}

/** Merged groups need one stride each: every axis must begin where the next one ends. */
export function collapsedLayout(
  shape: readonly number[],
  layout: Strides,
  reassociation: readonly (readonly number[])[],
): Strides | undefined {
  const strides: number[] = [];
  for (const group of reassociation) {
    // The stride of an axis of size 1 means nothing.
    const axes = group.filter((axis) => shape[axis] !== 1);
    const innermost = axes.at(-1) ?? group[0];
    if (innermost === undefined) continue;
    let running = layout.strides[innermost]!;
    strides.push(running);
    for (const axis of [...axes].reverse()) {
      if (layout.strides[axis] !== running) return undefined;
      running *= shape[axis]!;
    }
  }
  return { offset: layout.offset, strides };
}

export function expandedLayout(
  shape: readonly number[],
  layout: Strides,
  reassociation: readonly (readonly number[])[],
): Strides {
  const strides = new Array<number>(shape.length).fill(1);
  for (const [position, group] of reassociation.entries()) {
    let running = layout.strides[position] ?? 1;
    for (const axis of [...group].reverse()) {
      strides[axis] = running;
      running *= shape[axis]!;
    }
  }
  return { offset: layout.offset, strides };
}

/** The outermost storage that is element by element the same. */
function anchorOf(storage: Storage): Storage {
  let walker = storage;
  while (walker.parent !== undefined && walker.placement?.kind === "same") walker = walker.parent;
  return walker;
}

/** The different pieces of memory around a storage, innermost first. */
function anchorsOf(storage: Storage): Storage[] {
  const anchors = [anchorOf(storage)];
  for (let last = anchors[0]!; last.parent !== undefined; last = anchors.at(-1)!) anchors.push(anchorOf(last.parent));
  return anchors;
}

/** Whether two values of one tree have common elements. */
export function overlap(a: Storage, b: Storage): boolean {
  const [pathA, pathB] = [anchorsOf(a), anchorsOf(b)];
  const common = pathA.find((storage) => pathB.includes(storage));
  if (common === undefined) return false;
  const childA = pathA[pathA.indexOf(common) - 1];
  const childB = pathB[pathB.indexOf(common) - 1];
  if (childA?.placement?.kind !== "box" || childB?.placement?.kind !== "box") return true;
  return boxesOverlap(childA.placement.box, childB.placement.box);
}

/** Whether two boxes of one tensor have common elements (steps above 1 count as covering what lies between). */
export function boxesOverlap(a: Box, b: Box): boolean {
  return a.sizes.every((size, axis) => {
    const [otherOffset, otherSize] = [b.offsets[axis]!, b.sizes[axis]!];
    const end = a.offsets[axis]! + (size - 1) * a.strides[axis]! + 1;
    const otherEnd = otherOffset + (otherSize - 1) * b.strides[axis]! + 1;
    return size > 0 && otherSize > 0 && a.offsets[axis]! < otherEnd && otherOffset < end;
  });
}

/** Whether two values are the very same elements in the same order. */
export function isSameMemory(a: Storage, b: Storage): boolean {
  return anchorOf(a) === anchorOf(b);
}

/** Whether a write happens to memory that holds a value between the value's definition and a read of it. */
function destroys(write: MemoryAccess, read: MemoryAccess): boolean {
  if (!read.storage.hasContent || write.at > read.at || write.at <= read.storage.definedAt) return false;
  if (!overlap(write.storage, read.storage)) return false;
  if (read.except !== undefined && write.storage.path.includes(read.except)) return false;
  if (write.except !== undefined && read.storage.path.includes(write.except)) return false;
  if (write.at < read.at) return true;
  // One operation reads and writes: allowed where it is done element by element.
  const elementByElement = read.mayShareWith?.(write.storage) ?? false;
  return !(elementByElement && isSameMemory(write.storage, read.storage));
}

/**
 * Places `child`, so far a root, in `parent`; returns whether that was possible. It is not where the child's memory is
 * given, where a value would be overwritten too early, or where a view could not be described by strides.
 */
export function place(child: Storage, parent: Storage, placement: Placement): boolean {
  if (child.role !== "buffer" || child.parent !== undefined) return false;
  const root = parent.root;
  if (root === child) return false;
  const own = child.accesses;
  const others = root.accesses;
  // Memory that is given must not be written by what is placed in it.
  if (root.role === "given" && own.some(({ kind }) => kind === "write")) return false;
  child.parent = parent;
  child.placement = placement;
  parent.children.push(child);
  const isSafe = !conflict(own, others) && !conflict(others, own) && isDescribable(child);
  if (!isSafe) {
    child.parent = undefined;
    child.placement = undefined;
    parent.children.pop();
    return false;
  }
  root.accesses = [...others, ...own];
  child.accesses = [];
  return true;
}

/** Whether adding a write to a tree would destroy a value that is still needed. */
export function wouldDestroy(write: MemoryAccess): boolean {
  return conflict(write.storage.root.accesses, [write]);
}

function conflict(reads: readonly MemoryAccess[], writes: readonly MemoryAccess[]): boolean {
  return reads.some(
    (read) => read.kind === "read" && writes.some((write) => write.kind === "write" && destroys(write, read)),
  );
}

/** Whether every view below (and including) a storage has a strided layout. */
function isDescribable(storage: Storage): boolean {
  return layoutOf(storage) !== undefined && storage.children.every(isDescribable);
}

export function record(access: MemoryAccess): void {
  access.storage.root.accesses.push(access);
}

/** Takes back an access that turned out not to happen. */
export function forget(access: MemoryAccess): void {
  const { root } = access.storage;
  root.accesses = root.accesses.filter((each) => each !== access);
}

/** A storage for a part of `parent` that is no value of the program: where a slice is inserted, the inside of a padding. */
export function partOf(parent: Storage, type: TensorType, placement: Placement): Storage {
  const part = new Storage(parent.value, type, { role: "buffer", hasContent: false, definedAt: parent.definedAt });
  part.parent = parent;
  part.placement = placement;
  parent.children.push(part);
  return part;
}
