/** The memref ops that see a buffer in another way or ask about it: views, casts, reshapes, sizes. */
import { affineMapAttribute, anyMemRef, i32Attribute, indexType } from "../../ir/constraints.ts";
import {
  attribute,
  type OperationOf,
  op,
  operand,
  result,
  variadicOperand,
  variadicResult,
} from "../../ir/declaration.ts";
import type { Operation } from "../../ir/operation.ts";
import { dynamic, i8, index, MemRefType } from "../../ir/types.ts";
import { example } from "../example.ts";
import {
  anyRankMemRef,
  checkAlignment,
  checkIndexList,
  compatibleRanks,
  dynamicIndex,
  mixedIndices,
  staticIndices,
} from "../upstream/constraints.ts";
import { checkCollapse, reassociationAttribute } from "../upstream/reshape.ts";
import { boxFormat, collapseShapeFormat, expandShapeFormat } from "../upstream/view-formats.ts";
import { reinterpretCastFormat, transposeFormat } from "./formats.ts";
import { stridesOf, subviewType } from "./types.ts";

/** How many sizes of a shape are not known when compiling. */
export function dynamicCount(shape: readonly number[]): number {
  return shape.filter((size) => size === dynamic).length;
}

export const view = op(
  "memref.view",
  {
    source: operand(anyMemRef),
    byte_shift: operand(indexType),
    sizes: variadicOperand(indexType),
    result: result(anyMemRef),
  },
  {
    doc: "Sees part of a buffer of bytes as a dense buffer of another type, from a byte offset on.",
    example: example(
      "%r = memref.view %bytes[%shift][%n] : memref<1024xi8> to memref<?x4xf32>",
      "%bytes: memref<1024xi8>",
      "%shift: index",
      "%n: index",
    ),
    traits: ["Pure"],
    format: "$source `[` $byte_shift `]` `` `[` $sizes `]` attr-dict `:` type($source) `to` type($result)",
    verify: ({ source, sizes, result: viewed }, report) => {
      if (source.type.rank !== 1 || source.type.element !== i8)
        report(`expects a source memref<?xi8>, found ${source.type}`);
      const wanted = dynamicCount(viewed.type.shape);
      if (sizes.length !== wanted) report(`expects ${wanted} sizes for ${viewed.type}, found ${sizes.length}`);
      if (viewed.type.layout !== undefined) report(`expects a result of dense layout, found ${viewed.type}`);
    },
  },
);

export const subview = op(
  "memref.subview",
  {
    source: operand(anyMemRef),
    offsets: variadicOperand(indexType),
    sizes: variadicOperand(indexType),
    strides: variadicOperand(indexType),
    static_offsets: attribute(staticIndices),
    static_sizes: attribute(staticIndices),
    static_strides: attribute(staticIndices),
    result: result(anyMemRef),
  },
  {
    doc: "A box of a buffer, sharing its memory. The result may leave out dimensions of size 1.",
    example: example(
      "%r = memref.subview %m[0, %i] [2, 2] [1, 1] : memref<4x4xf32> to memref<2x2xf32, strided<[4, 1], offset: ?>>",
      "%m: memref<4x4xf32>",
      "%i: index",
    ),
    traits: ["Pure"],
    format: boxFormat,
    verify: (operation, report) => {
      const { source, static_offsets: offsets, static_sizes: sizes, static_strides: strides } = operation;
      checkIndexList("offsets", offsets, operation.offsets, source.type.rank, report);
      checkIndexList("sizes", sizes, operation.sizes, source.type.rank, report);
      checkIndexList("strides", strides, operation.strides, source.type.rank, report);
      if (
        sizes.length !== source.type.rank ||
        strides.length !== source.type.rank ||
        offsets.length !== source.type.rank
      )
        return;
      if (stridesOf(source.type) === undefined) return;
      const full = subviewType(
        source.type,
        mixedIndices(offsets, operation.offsets),
        mixedIndices(sizes, operation.sizes),
        mixedIndices(strides, operation.strides),
      );
      const problem = viewMismatch(full, operation.result.type);
      if (problem !== undefined) report(problem);
    },
  },
);
export type SubviewOperation = OperationOf<typeof subview>;

/** Why `found` is not `full` with some unit dimensions left out; undefined where it is. */
function viewMismatch(full: MemRefType, found: MemRefType): string | undefined {
  const expected = `expects a result of type ${full} or one without some of its unit dimensions, found ${found}`;
  if (found.element !== full.element || found.memorySpace !== full.memorySpace) return expected;
  const fullLayout = stridesOf(full);
  const layout = stridesOf(found);
  if (fullLayout === undefined || layout === undefined) return undefined;
  if (layout.offset !== fullLayout.offset) return expected;
  let axis = 0;
  for (const [position, size] of full.shape.entries()) {
    const fits = found.shape[axis] === size && layout.strides[axis] === fullLayout.strides[position];
    if (axis < found.rank && fits) axis += 1;
    else if (size !== 1) return expected;
  }
  return axis === found.rank ? undefined : expected;
}

/** A list of integers, `?` for those that are operands. */
function shownList(statics: readonly number[]): string {
  return statics.map((value) => (value === dynamicIndex ? "?" : value)).join(", ");
}

export const reinterpretCast = op(
  "memref.reinterpret_cast",
  {
    source: operand(anyRankMemRef),
    offsets: variadicOperand(indexType),
    sizes: variadicOperand(indexType),
    strides: variadicOperand(indexType),
    static_offsets: attribute(staticIndices),
    static_sizes: attribute(staticIndices),
    static_strides: attribute(staticIndices),
    result: result(anyMemRef),
  },
  {
    doc: "Sees a buffer with another offset, sizes and strides (absolute, in elements).",
    example: example(
      "%r = memref.reinterpret_cast %m to offset: [%i], sizes: [2, 2], strides: [4, 1] : memref<4x4xf32> to memref<2x2xf32, strided<[4, 1], offset: ?>>",
      "%m: memref<4x4xf32>",
      "%i: index",
    ),
    traits: ["Pure"],
    format: reinterpretCastFormat,
    verify: (operation, report) => {
      const { source, result: viewed } = operation;
      checkIndexList("offsets", operation.static_offsets, operation.offsets, 1, report);
      checkIndexList("sizes", operation.static_sizes, operation.sizes, viewed.type.rank, report);
      checkIndexList("strides", operation.static_strides, operation.strides, viewed.type.rank, report);
      const layout = stridesOf(viewed.type);
      const agree = (statics: readonly number[], found: readonly number[]) =>
        statics.length !== found.length || found.every((size, axis) => size === dynamic || statics[axis] === size);
      if (layout !== undefined && !agree(operation.static_strides, layout.strides))
        report(`expects a result whose strides are [${shownList(operation.static_strides)}], found ${viewed.type}`);
      if (layout !== undefined && !agree(operation.static_offsets, [layout.offset]))
        report(`expects a result with the offset ${shownList(operation.static_offsets)}, found ${viewed.type}`);
      if (!agree(operation.static_sizes, viewed.type.shape))
        report(`expects a result of the sizes [${shownList(operation.static_sizes)}], found ${viewed.type}`);
      if (viewed.type.element !== source.type.element) {
        report(`expects a result of element type ${source.type.element}, found ${viewed.type.element}`);
      }
    },
  },
);

export const cast = op(
  "memref.cast",
  { source: operand(anyRankMemRef), dest: result(anyRankMemRef) },
  {
    doc: "The same buffer with less or more of its sizes and layout known.",
    example: example("%r = memref.cast %m : memref<4x4xf32> to memref<?x4xf32>", "%m: memref<4x4xf32>"),
    traits: ["Pure"],
    format: "$source attr-dict `:` type($source) `to` type($dest)",
    verify: ({ source, dest }, report) => {
      if (source.type.element !== dest.type.element || !compatibleRanks(source.type, dest.type)) {
        report(`cannot cast ${source.type} to ${dest.type}`);
      }
    },
  },
);

export const dim = op(
  "memref.dim",
  { source: operand(anyRankMemRef), index: operand(indexType), result: result(indexType) },
  {
    doc: "The size of one dimension.",
    example: example("%r = memref.dim %m, %i : memref<?x4xf32>", "%m: memref<?x4xf32>", "%i: index"),
    traits: ["Pure"],
    format: "attr-dict $source `,` $index `:` type($source)",
    infer: () => index,
  },
);

export const rank = op(
  "memref.rank",
  { memref: operand(anyRankMemRef), result: result(indexType) },
  {
    doc: "The number of dimensions.",
    example: example("%r = memref.rank %m : memref<?x4xf32>", "%m: memref<?x4xf32>"),
    traits: ["Pure"],
    format: "$memref attr-dict `:` type($memref)",
    infer: () => index,
  },
);

export const collapseShape = op(
  "memref.collapse_shape",
  { src: operand(anyMemRef), reassociation: attribute(reassociationAttribute), result: result(anyMemRef) },
  {
    doc: "Merges groups of neighbouring dimensions of a buffer without moving data.",
    example: example(
      "%r = memref.collapse_shape %m [[0, 1]] : memref<4x4xf32> into memref<16xf32>",
      "%m: memref<4x4xf32>",
    ),
    traits: ["Pure"],
    format: collapseShapeFormat,
    verify: ({ src, reassociation, result: viewed }, report) =>
      checkCollapse(src.type, viewed.type, reassociation, report),
  },
);

export const expandShape = op(
  "memref.expand_shape",
  {
    src: operand(anyMemRef),
    output_shape: variadicOperand(indexType),
    reassociation: attribute(reassociationAttribute),
    static_output_shape: attribute(staticIndices),
    result: result(anyMemRef),
  },
  {
    doc: "Splits dimensions of a buffer into several without moving data.",
    example: example(
      "%r = memref.expand_shape %m [[0, 1]] output_shape [%i, 4] : memref<?xf32> into memref<?x4xf32>",
      "%m: memref<?xf32>",
      "%i: index",
    ),
    traits: ["Pure"],
    format: expandShapeFormat,
    verify: (operation, report) => {
      checkIndexList(
        "output_shape",
        operation.static_output_shape,
        operation.output_shape,
        operation.result.type.rank,
        report,
      );
      checkCollapse(operation.result.type, operation.src.type, operation.reassociation, report);
      const { shape } = operation.result.type;
      const stated = operation.static_output_shape;
      if (stated.some((size, axis) => size !== dynamicIndex && size !== shape[axis]))
        report(`expects a result of the sizes [${shownList(stated)}], found ${operation.result.type}`);
    },
  },
);

export const transpose = op(
  "memref.transpose",
  { in: operand(anyMemRef), permutation: attribute(affineMapAttribute), result: result(anyMemRef) },
  {
    doc: "Sees a buffer with its dimensions permuted.",
    example: example(
      "%r = memref.transpose %m (d0, d1) -> (d1, d0) : memref<4x4xf32> to memref<4x4xf32, strided<[1, 4]>>",
      "%m: memref<4x4xf32>",
    ),
    traits: ["Pure"],
    format: transposeFormat,
  },
);

export const extractAlignedPointerAsIndex = op(
  "memref.extract_aligned_pointer_as_index",
  { source: operand(anyMemRef), aligned_pointer: result(indexType) },
  {
    doc: "The address of a buffer's aligned start, as an integer.",
    example: example(
      "%r = memref.extract_aligned_pointer_as_index %m : memref<?x4xf32> -> index",
      "%m: memref<?x4xf32>",
    ),
    traits: ["Pure"],
    format: "$source `:` type($source) `->` type($aligned_pointer) attr-dict",
    infer: () => index,
  },
);

export const extractStridedMetadata = op(
  "memref.extract_strided_metadata",
  {
    source: operand(anyMemRef),
    base_buffer: result(anyMemRef),
    offset: result(indexType),
    // Upstream has two groups of equal length here, which it tells apart without segment sizes.
    sizes_and_strides: variadicResult(indexType),
  },
  {
    doc: "Takes a buffer apart: its base, offset, sizes and strides (all sizes first).",
    example: example(
      "%base, %offset, %size, %stride = memref.extract_strided_metadata %m : memref<4xf32> -> memref<f32>, index, index, index",
      "%m: memref<4xf32>",
    ),
    traits: ["Pure"],
    format: "$source `:` type($source) `->` type(results) attr-dict",
    verify: ({ source, sizes_and_strides: numbers }, report) => {
      const wanted = 2 * source.type.rank;
      if (numbers.length !== wanted)
        report(`expects ${wanted} sizes and strides of ${source.type}, found ${numbers.length}`);
    },
    infer: ({ source }) => [
      MemRefType.get([], source.type.element, undefined, source.type.memorySpace),
      index,
      ...source.type.shape.map(() => index),
      ...source.type.shape.map(() => index),
    ],
  },
);

export const assumeAlignment = op(
  "memref.assume_alignment",
  { memref: operand(anyMemRef), alignment: attribute(i32Attribute) },
  {
    doc: "Promises that a buffer's first element is aligned to so many bytes.",
    example: example("memref.assume_alignment %m, 64 : memref<?x4xf32>", "%m: memref<?x4xf32>"),
    format: "$memref `,` $alignment attr-dict `:` type($memref)",
    effects: ({ memref }) => [{ kind: "write", value: memref }],
    verify: ({ alignment }, report) => checkAlignment(alignment, report),
  },
);

/** Whether an operation only sees another operation's buffer (a view or cast of its first operand). */
export function isView(operation: Operation): boolean {
  return viewNames.has(operation.name);
}

const viewNames: ReadonlySet<string> = new Set(
  [view, subview, reinterpretCast, cast, collapseShape, expandShape, transpose].map((definition) => definition.name),
);

export const memrefViewOps = [
  view,
  subview,
  reinterpretCast,
  cast,
  dim,
  rank,
  collapseShape,
  expandShape,
  transpose,
  extractAlignedPointerAsIndex,
  extractStridedMetadata,
  assumeAlignment,
];
