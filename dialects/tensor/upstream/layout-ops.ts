/** The upstream tensor ops that move elements by index lists (gather, scatter) or into tiles and back (pack, unpack). */
import {
  anyTensor,
  anyType,
  i64ArrayAttribute,
  indexType,
  integerOrIndex,
  type TypeConstraint,
  typeOf,
  typeVariable,
  unitAttribute,
} from "../../../ir/constraints.ts";
import {
  attribute,
  op,
  operand,
  optionalAttribute,
  optionalOperand,
  type Report,
  result,
  variadicOperand,
} from "../../../ir/declaration.ts";
import type { Value } from "../../../ir/operation.ts";
import { dynamic, TensorType } from "../../../ir/types.ts";
import { example } from "../../example.ts";
import {
  assembly,
  axisList,
  blank,
  colon,
  dictionary,
  indexList,
  operand as operandPart,
  optionally,
  sameAs,
  text,
  typeOf as typePart,
} from "../../upstream/assembly.ts";
import { compatibleShapes, mixedIndices, staticIndices } from "../../upstream/constraints.ts";

const indexTensor: TypeConstraint<TensorType> = typeOf(TensorType, "a tensor of integers or index", (type) =>
  integerOrIndex.matches(type.element),
);

/** The shape of a gather: the leading dimensions of the indices, then those of the source that are not looked up. */
function gatheredShapes(indices: TensorType, source: TensorType, axes: readonly number[]): readonly number[][] {
  const leading = indices.shape.slice(0, -1);
  const full = source.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const reduced = source.shape.filter((_, axis) => !axes.includes(axis));
  return [
    [...leading, ...full],
    [...leading, ...reduced],
  ];
}

function checkLookup(
  axes: readonly number[],
  indices: TensorType,
  full: TensorType,
  small: TensorType,
  what: string,
  report: Report,
): void {
  const isOrdered = axes.every((axis, position) => position === 0 || axes[position - 1]! < axis);
  if (axes.length === 0 || !isOrdered || axes.some((axis) => axis < 0 || axis >= full.rank)) {
    report(`expects increasing dimensions of ${full}, at least one, found [${axes.join(", ")}]`);
    return;
  }
  if (indices.rank === 0 || indices.shape.at(-1) !== axes.length)
    report(`expects indices whose last size is ${axes.length}, found ${indices}`);
  const shapes = gatheredShapes(indices, full, axes);
  const fits = shapes.some((shape) => shape.length === small.rank && compatibleShapes(shape, small.shape));
  if (!fits || small.element !== full.element)
    report(`expects ${what} of type ${TensorType.get(shapes[0]!, full.element)}, found ${small}`);
}

export const gather = op(
  "tensor.gather",
  {
    source: operand(anyTensor),
    indices: operand(indexTensor),
    gather_dims: attribute(i64ArrayAttribute),
    unique: optionalAttribute(unitAttribute),
    result: result(anyTensor),
  },
  {
    doc: "Slices of a tensor at the positions that another tensor lists.",
    example: example(
      "%r = tensor.gather %t[%i] gather_dims([1]) : (tensor<4x8xf32>, tensor<5x1xindex>) -> tensor<5x4x1xf32>",
      "%t: tensor<4x8xf32>",
      "%i: tensor<5x1xindex>",
    ),
    traits: ["Pure"],
    format:
      "$source `[` $indices `]` `gather_dims` `(` $gather_dims `)` (`unique` $unique^)? attr-dict `:` functional-type(operands, results)",
    verify: ({ source, indices, gather_dims: axes, result: made }, report) =>
      checkLookup(axes, indices.type, source.type, made.type, "a result", report),
  },
);

export const scatter = op(
  "tensor.scatter",
  {
    source: operand(anyTensor),
    dest: operand(anyTensor),
    indices: operand(indexTensor),
    scatter_dims: attribute(i64ArrayAttribute),
    unique: optionalAttribute(unitAttribute),
    result: result(anyTensor),
  },
  {
    doc: "A tensor with slices put at the positions that another tensor lists, which must be unique.",
    example: example(
      "%r = tensor.scatter %s into %t[%i] scatter_dims([1]) unique : (tensor<5x4x1xf32>, tensor<4x8xf32>, tensor<5x1xindex>) -> tensor<4x8xf32>",
      "%s: tensor<5x4x1xf32>",
      "%t: tensor<4x8xf32>",
      "%i: tensor<5x1xindex>",
    ),
    traits: ["Pure"],
    format:
      "$source `into` $dest `[` $indices `]` `scatter_dims` `(` $scatter_dims `)` (`unique` $unique^)? attr-dict `:` functional-type(operands, results)",
    verify: ({ source, dest, indices, scatter_dims: axes, unique, result: made }, report) => {
      checkLookup(axes, indices.type, dest.type, source.type, "a source", report);
      if (unique === undefined) report("expects unique: what is written twice is not defined");
      if (made.type !== dest.type) report(`expects a result of type ${dest.type}, found ${made.type}`);
    },
  },
);

// ------------------------------------------------------------------------------------------------------------- tiles

/** The shape of a tensor in tiles: how many there are in each dimension (in their order), then the tiles' own sizes. */
function packedShape(
  plain: TensorType,
  axes: readonly number[],
  tiles: readonly (number | Value)[],
  order: readonly number[],
): readonly number[] {
  const outer = plain.shape.map((size, axis) => {
    const tile = tiles[axes.indexOf(axis)];
    if (tile === undefined) return size;
    return size === dynamic || typeof tile !== "number" ? dynamic : Math.ceil(size / tile);
  });
  const ordered = order.length === 0 ? outer : order.map((axis) => outer[axis] ?? dynamic);
  return [...ordered, ...tiles.map((tile) => (typeof tile === "number" ? tile : dynamic))];
}

function checkTiles(
  plain: TensorType,
  packed: TensorType,
  axes: readonly number[],
  statics: readonly number[],
  dynamics: readonly Value[],
  order: readonly number[],
  report: Report,
): boolean {
  const tiles = mixedIndices(statics, dynamics);
  if (axes.length === 0 || tiles.length !== axes.length || new Set(axes).size !== axes.length) {
    report(`expects as many tile sizes as different inner dimensions, found ${tiles.length} and [${axes.join(", ")}]`);
    return false;
  }
  if (axes.some((axis) => axis < 0 || axis >= plain.rank)) {
    report(`expects inner dimensions of ${plain}, found [${axes.join(", ")}]`);
    return false;
  }
  if (tiles.some((tile) => typeof tile === "number" && tile <= 0)) {
    report(`expects positive tile sizes, found [${statics.join(", ")}]`);
    return false;
  }
  const sorted = order.toSorted((a, b) => a - b);
  if (order.length > 0 && (order.length !== plain.rank || sorted.some((axis, position) => axis !== position))) {
    report(`expects a permutation of ${plain.rank} outer dimensions, found [${order.join(", ")}]`);
    return false;
  }
  const shape = packedShape(plain, axes, tiles, order);
  const isFine =
    packed.rank === shape.length && compatibleShapes(packed.shape, shape) && packed.element === plain.element;
  if (!isFine) report(`expects ${TensorType.get(shape, plain.element)} for ${plain} in tiles, found ${packed}`);
  return isFine;
}

const tileFields = {
  outer_dims_perm: optionalAttribute(i64ArrayAttribute),
  inner_dims_pos: attribute(i64ArrayAttribute),
  inner_tiles: variadicOperand(indexType),
  static_inner_tiles: attribute(staticIndices),
};

const tileParts = [
  optionally("outer_dims_perm", "outer_dims_perm", [text(" outer_dims_perm = "), axisList("outer_dims_perm")]),
  text(" inner_dims_pos = "),
  axisList("inner_dims_pos"),
  text(" inner_tiles = "),
  indexList("inner_tiles", "static_inner_tiles"),
  text(" into "),
  operandPart("dest"),
  dictionary,
  colon,
  typePart("source"),
  text(" -> "),
  typePart("dest"),
];

export const pack = op(
  "tensor.pack",
  {
    source: operand(anyTensor),
    dest: operand(typeVariable("D", anyTensor)),
    padding_value: optionalOperand(anyType),
    ...tileFields,
    result: result(typeVariable("D", anyTensor)),
  },
  {
    doc: "The elements of a tensor in tiles: some dimensions are split, their inner parts become the last dimensions.",
    example: example(
      "%r = tensor.pack %s padding_value(%x : f32) outer_dims_perm = [1, 0] inner_dims_pos = [1, 0] inner_tiles = [8, 2] into %t : tensor<4x15xf32> -> tensor<2x2x8x2xf32>",
      "%s: tensor<4x15xf32>",
      "%t: tensor<2x2x8x2xf32>",
      "%x: f32",
    ),
    traits: ["Pure"],
    format: assembly(
      [
        blank,
        operandPart("source"),
        optionally("padding_value", "padding_value", [
          text(" padding_value("),
          operandPart("padding_value"),
          colon,
          typePart("padding_value"),
          text(")"),
        ]),
        ...tileParts,
      ],
      { result: sameAs("dest") },
    ),
    verify: (operation, report) => {
      const { source, dest, padding_value: padding, inner_dims_pos: axes, static_inner_tiles: statics } = operation;
      const isFine = checkTiles(
        source.type,
        dest.type,
        axes,
        statics,
        operation.inner_tiles,
        operation.outer_dims_perm ?? [],
        report,
      );
      if (!isFine) return;
      if (padding !== undefined && padding.type !== source.type.element)
        report(`expects a padding value of type ${source.type.element}, found ${padding.type}`);
      const needsPadding = mixedIndices(statics, operation.inner_tiles).some((tile, position) => {
        const size = source.type.shape[axes[position]!]!;
        return typeof tile === "number" && size !== dynamic && size % tile !== 0;
      });
      if (needsPadding && padding === undefined) report("needs a padding value: the tiles do not divide the sizes");
    },
  },
);

export const unpack = op(
  "tensor.unpack",
  {
    source: operand(anyTensor),
    dest: operand(typeVariable("D", anyTensor)),
    ...tileFields,
    result: result(typeVariable("D", anyTensor)),
  },
  {
    doc: "The inverse of tensor.pack: a tensor from its tiles.",
    example: example(
      "%r = tensor.unpack %s inner_dims_pos = [0, 1] inner_tiles = [2, 8] into %t : tensor<2x2x2x8xf32> -> tensor<4x16xf32>",
      "%s: tensor<2x2x2x8xf32>",
      "%t: tensor<4x16xf32>",
    ),
    traits: ["Pure"],
    format: assembly([blank, operandPart("source"), ...tileParts], { result: sameAs("dest") }),
    verify: (operation, report) => {
      const { source, dest, inner_dims_pos: axes, static_inner_tiles: statics, inner_tiles: tiles } = operation;
      checkTiles(dest.type, source.type, axes, statics, tiles, operation.outer_dims_perm ?? [], report);
    },
  },
);

export const tensorLayoutOps = [gather, scatter, pack, unpack];
