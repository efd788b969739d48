/** The vector dialect: SIMD values, how they are made, taken apart, combined, masked and reduced. */

import {
  anyType,
  arrayOf,
  i64ArrayAttribute,
  i64Attribute,
  indexType,
  integerOrIndex,
  type TypeConstraint,
  typeOf,
  typeVariable,
} from "../../ir/constraints.ts";
import {
  attribute,
  defaultAttribute,
  op,
  operand,
  optionalOperand,
  result,
  variadicOperand,
} from "../../ir/declaration.ts";
import { FloatType, IntegerType, index, type Type, VectorType } from "../../ir/types.ts";
import { fastMathAttribute } from "../arith/flags.ts";
import { example } from "../example.ts";
import { dynamicIndex, staticIndices, vectorType } from "../upstream/constraints.ts";
import { splatFormat } from "../upstream/formats.ts";
import {
  extractElementFormat,
  extractFormat,
  insertElementFormat,
  insertFormat,
  multiReductionFormat,
  reductionFormat,
  shuffleFormat,
} from "./formats.ts";
import { combiningKindAttribute } from "./kinds.ts";
import { maskType, vectorMemoryOps } from "./memory-ops.ts";
import { vectorProductOps } from "./product-ops.ts";
import { vectorRegionOps } from "./region-ops.ts";

export * from "./kinds.ts";
export * from "./memory-ops.ts";
export * from "./product-ops.ts";
export * from "./region-ops.ts";

type Report = (message: string) => void;

const floatVector: TypeConstraint<VectorType> = typeOf(
  VectorType,
  "a vector of floats",
  (type) => type.element instanceof FloatType,
);

// ----------------------------------------------------------------------------------------------- making and taking apart

export const broadcast = op(
  "vector.broadcast",
  { source: operand(anyType), vector: result(vectorType) },
  {
    doc: "Repeats a scalar, or a vector along new or unit dimensions.",
    example: example("%r = vector.broadcast %x : f32 to vector<4xf32>", "%x: f32"),
    traits: ["Pure"],
    format: "$source attr-dict `:` type($source) `to` type($vector)",
    verify: ({ source, vector: made }, report) => {
      const shape = source.type instanceof VectorType ? source.type.shape : [];
      const element = source.type instanceof VectorType ? source.type.element : source.type;
      const offset = made.type.rank - shape.length;
      const fits = offset >= 0 && shape.every((size, axis) => size === 1 || size === made.type.shape[axis + offset]);
      if (element !== made.type.element || !fits) report(`cannot broadcast ${source.type} to ${made.type}`);
    },
  },
);

export const splat = op(
  "vector.splat",
  { input: operand(anyType), aggregate: result(vectorType) },
  {
    doc: "A vector whose elements are all one scalar.",
    example: example("%r = vector.splat %x : vector<4xf32>", "%x: f32"),
    traits: ["Pure"],
    format: splatFormat,
    verify: ({ input, aggregate }, report) => {
      if (input.type !== aggregate.type.element) report(`cannot splat ${input.type} into ${aggregate.type}`);
    },
  },
);

/** The type at a position of `rank` leading indices of a vector: a scalar or a smaller vector. */
export function typeAtPosition(type: VectorType, rank: number): Type {
  if (rank > type.rank) throw new Error(`expects a position of at most ${type.rank} indices in ${type}, found ${rank}`);
  return rank === type.rank
    ? type.element
    : VectorType.get(type.shape.slice(rank), type.element, type.scalable.slice(rank));
}

function checkPosition(
  position: readonly number[],
  dynamics: readonly unknown[],
  type: VectorType,
  report: Report,
): void {
  const wanted = position.filter((value) => value === dynamicIndex).length;
  if (wanted !== dynamics.length) report(`leaves ${wanted} positions to operands, but there are ${dynamics.length}`);
  for (const [axis, value] of position.entries()) {
    const size = type.shape[axis];
    if (value !== dynamicIndex && size !== undefined && (value < 0 || value >= size)) {
      report(`position ${value} is outside dimension ${axis} of ${type}`);
    }
  }
}

export const extract = op(
  "vector.extract",
  {
    vector: operand(vectorType),
    dynamic_position: variadicOperand(indexType),
    static_position: attribute(staticIndices),
    result: result(anyType),
  },
  {
    doc: "The scalar or smaller vector at a position of leading indices.",
    example: example("%r = vector.extract %v[0, %i] : f32 from vector<2x4xf32>", "%v: vector<2x4xf32>", "%i: index"),
    traits: ["Pure"],
    format: extractFormat,
    infer: ({ vector: source, static_position: position }) => typeAtPosition(source.type, position.length),
    verify: ({ vector: source, dynamic_position: dynamics, static_position: position }, report) =>
      checkPosition(position, dynamics, source.type, report),
  },
);

export const insert = op(
  "vector.insert",
  {
    source: operand(anyType),
    dest: operand(typeVariable("V", vectorType)),
    dynamic_position: variadicOperand(indexType),
    static_position: attribute(staticIndices),
    result: result(typeVariable("V", vectorType)),
  },
  {
    doc: "A vector with the scalar or smaller vector at a position replaced.",
    example: example(
      "%r = vector.insert %x, %v [0, %i] : f32 into vector<2x4xf32>",
      "%x: f32",
      "%v: vector<2x4xf32>",
      "%i: index",
    ),
    traits: ["Pure"],
    format: insertFormat,
    verify: ({ source, dest, dynamic_position: dynamics, static_position: position }, report) => {
      checkPosition(position, dynamics, dest.type, report);
      if (position.length > dest.type.rank)
        report(`expects at most ${dest.type.rank} indices, found ${position.length}`);
      else if (source.type !== typeAtPosition(dest.type, position.length)) {
        report(`expects a source of type ${typeAtPosition(dest.type, position.length)}, found ${source.type}`);
      }
    },
  },
);

export const extractElement = op(
  "vector.extractelement",
  { vector: operand(vectorType), position: optionalOperand(integerOrIndex), result: result(anyType) },
  {
    doc: "One element of a vector of rank 1 (at a position) or 0.",
    example: example("%r = vector.extractelement %v[%i : index] : vector<4xf32>", "%v: vector<4xf32>", "%i: index"),
    traits: ["Pure"],
    format: extractElementFormat,
    infer: ({ vector: source }) => source.type.element,
    verify: ({ vector: source, position }, report) => {
      const wanted = position === undefined ? 0 : 1;
      if (source.type.rank !== wanted) report(`expects a vector of rank ${wanted}, found ${source.type}`);
    },
  },
);

export const insertElement = op(
  "vector.insertelement",
  {
    source: operand(anyType),
    dest: operand(typeVariable("V", vectorType)),
    position: optionalOperand(integerOrIndex),
    result: result(typeVariable("V", vectorType)),
  },
  {
    doc: "A vector of rank 1 (at a position) or 0 with one element replaced.",
    example: example(
      "%r = vector.insertelement %x, %v[%i : index] : vector<4xf32>",
      "%x: f32",
      "%v: vector<4xf32>",
      "%i: index",
    ),
    traits: ["Pure"],
    format: insertElementFormat,
    verify: ({ source, dest, position }, report) => {
      const wanted = position === undefined ? 0 : 1;
      if (dest.type.rank !== wanted) report(`expects a vector of rank ${wanted}, found ${dest.type}`);
      if (source.type !== dest.type.element)
        report(`expects a source of type ${dest.type.element}, found ${source.type}`);
    },
  },
);

export const shuffle = op(
  "vector.shuffle",
  {
    v1: operand(vectorType),
    v2: operand(vectorType),
    mask: attribute(arrayOf(i64Attribute)),
    vector: result(vectorType),
  },
  {
    doc: "Picks slices along the first dimension of two vectors put one behind the other.",
    example: example(
      "%r = vector.shuffle %a, %b [0, 4, 1, 5] : vector<4xf32>, vector<4xf32>",
      "%a: vector<4xf32>",
      "%b: vector<4xf32>",
    ),
    traits: ["Pure"],
    format: shuffleFormat,
    infer: ({ v1, mask }) => {
      const [, ...rest] = v1.type.shape;
      return VectorType.get([mask.length, ...rest], v1.type.element);
    },
    verify: ({ v1, v2, mask }, report) => {
      const total = (v1.type.shape[0] ?? 1) + (v2.type.shape[0] ?? 1);
      for (const value of mask) if (value < 0 || value >= total) report(`mask entry ${value} is not below ${total}`);
      const [, ...rest] = v1.type.shape;
      const [, ...otherRest] = v2.type.shape;
      if (v1.type.rank !== v2.type.rank || rest.join() !== otherRest.join())
        report(`expects vectors that agree behind the first dimension, found ${v1.type} and ${v2.type}`);
      if (v1.type.element !== v2.type.element) report(`expects one element type, found ${v1.type} and ${v2.type}`);
    },
  },
);

export const interleave = op(
  "vector.interleave",
  {
    lhs: operand(typeVariable("V", vectorType)),
    rhs: operand(typeVariable("V", vectorType)),
    result: result(vectorType),
  },
  {
    doc: "Takes elements of two vectors in turn along the last dimension.",
    example: example(
      "%r = vector.interleave %a, %b : vector<4xf32> -> vector<8xf32>",
      "%a: vector<4xf32>",
      "%b: vector<4xf32>",
    ),
    traits: ["Pure"],
    format: "$lhs `,` $rhs attr-dict `:` type($lhs) `->` type($result)",
    infer: ({ lhs }) => {
      const shape = [...lhs.type.shape];
      shape.push((shape.pop() ?? 1) * 2);
      return VectorType.get(shape, lhs.type.element, lhs.type.scalable);
    },
  },
);

export const deinterleave = op(
  "vector.deinterleave",
  { source: operand(vectorType), res1: result(vectorType), res2: result(vectorType) },
  {
    doc: "The elements at even and at odd positions of the last dimension.",
    example: example("%even, %odd = vector.deinterleave %v : vector<4xf32> -> vector<2xf32>", "%v: vector<4xf32>"),
    traits: ["Pure"],
    format: "$source attr-dict `:` type($source) `->` type($res1)",
    infer: ({ source }) => {
      const shape = [...source.type.shape];
      shape.push((shape.pop() ?? 2) / 2);
      const half = VectorType.get(shape, source.type.element, source.type.scalable);
      return [half, half];
    },
  },
);

export const shapeCast = op(
  "vector.shape_cast",
  { source: operand(vectorType), result: result(vectorType) },
  {
    doc: "The same elements in row-major order under another shape.",
    example: example("%r = vector.shape_cast %v : vector<4xf32> to vector<2x2xf32>", "%v: vector<4xf32>"),
    traits: ["Pure"],
    format: "$source attr-dict `:` type($source) `to` type($result)",
    verify: ({ source, result: cast }, report) => {
      if (source.type.count !== cast.type.count || source.type.element !== cast.type.element) {
        report(`cannot cast ${source.type} to ${cast.type}`);
      }
    },
  },
);

export const bitcast = op(
  "vector.bitcast",
  { source: operand(vectorType), result: result(vectorType) },
  {
    doc: "The same bits as elements of another width or kind; only the last size changes.",
    example: example("%r = vector.bitcast %v : vector<4xf32> to vector<8xi16>", "%v: vector<4xf32>"),
    traits: ["Pure"],
    format: "$source attr-dict `:` type($source) `to` type($result)",
    verify: ({ source, result: cast }, report) => {
      const from = bitsOf(source.type);
      const to = bitsOf(cast.type);
      if (from !== undefined && to !== undefined && from !== to)
        report(`expects one width in bits, found ${source.type} and ${cast.type}`);
    },
  },
);

function bitsOf({ element, count }: VectorType): number | undefined {
  return element instanceof IntegerType || element instanceof FloatType ? element.width * count : undefined;
}

export const transpose = op(
  "vector.transpose",
  { vector: operand(vectorType), permutation: attribute(i64ArrayAttribute), result: result(vectorType) },
  {
    doc: "Permutes dimensions: dimension i of the result is dimension permutation[i] of the operand.",
    example: example("%r = vector.transpose %v, [1, 0] : vector<2x4xf32> to vector<4x2xf32>", "%v: vector<2x4xf32>"),
    traits: ["Pure"],
    format: "$vector `,` $permutation attr-dict `:` type($vector) `to` type($result)",
    infer: ({ vector: source, permutation }) =>
      VectorType.get(
        permutation.map((axis) => source.type.shape[axis] ?? 1),
        source.type.element,
        permutation.map((axis) => source.type.scalable[axis] ?? false),
      ),
    verify: ({ vector: source, permutation }, report) => {
      const sorted = [...permutation].sort((a, b) => a - b);
      if (sorted.length !== source.type.rank || sorted.some((axis, position) => axis !== position)) {
        report(`expects a permutation of 0 to ${source.type.rank - 1}, found [${permutation.join(", ")}]`);
      }
    },
  },
);

/** Reports a box that does not lie in a vector; only steps of 1 are defined. */
function checkBox(
  type: VectorType,
  offsets: readonly number[],
  sizes: readonly number[],
  strides: readonly number[],
  report: Report,
): void {
  if (offsets.length > type.rank || strides.length !== offsets.length)
    report(`expects at most ${type.rank} offsets and as many strides, found ${offsets.length} and ${strides.length}`);
  for (const [axis, offset] of offsets.entries()) {
    const size = type.shape[axis];
    const length = sizes[axis] ?? 1;
    if (size !== undefined && (offset < 0 || length < 1 || offset + length > size))
      report(`elements ${offset} to ${offset + length} are outside dimension ${axis} of ${type}`);
  }
  const stride = strides.find((each) => each !== 1);
  if (stride !== undefined) report(`expects strides of 1, found ${stride}`);
}

export const extractStridedSlice = op(
  "vector.extract_strided_slice",
  {
    vector: operand(vectorType),
    offsets: attribute(arrayOf(i64Attribute)),
    sizes: attribute(arrayOf(i64Attribute)),
    strides: attribute(arrayOf(i64Attribute)),
    result: result(vectorType),
  },
  {
    doc: "A box of a vector, in its leading dimensions.",
    example: example(
      "%r = vector.extract_strided_slice %v {offsets = [1], sizes = [2], strides = [1]} : vector<4xf32> to vector<2xf32>",
      "%v: vector<4xf32>",
    ),
    traits: ["Pure"],
    format: "$vector attr-dict `:` type($vector) `to` type($result)",
    infer: ({ vector: source, sizes }) =>
      VectorType.get([...sizes, ...source.type.shape.slice(sizes.length)], source.type.element, source.type.scalable),
    verify: ({ vector: source, offsets, sizes, strides }, report) => {
      if (sizes.length !== offsets.length) report(`expects as many sizes as offsets, found ${sizes.length}`);
      checkBox(source.type, offsets, sizes, strides, report);
    },
  },
);

export const insertStridedSlice = op(
  "vector.insert_strided_slice",
  {
    source: operand(vectorType),
    dest: operand(typeVariable("V", vectorType)),
    offsets: attribute(arrayOf(i64Attribute)),
    strides: attribute(arrayOf(i64Attribute)),
    result: result(typeVariable("V", vectorType)),
  },
  {
    doc: "A vector with a box of it replaced.",
    example: example(
      "%r = vector.insert_strided_slice %x, %v {offsets = [1], strides = [1]} : vector<2xf32> into vector<4xf32>",
      "%x: vector<2xf32>",
      "%v: vector<4xf32>",
    ),
    traits: ["Pure"],
    format: "$source `,` $dest attr-dict `:` type($source) `into` type($dest)",
    verify: ({ source, dest, offsets, strides }, report) => {
      if (source.type.element !== dest.type.element)
        report(`expects one element type, found ${source.type} and ${dest.type}`);
      if (source.type.rank > dest.type.rank || strides.length !== source.type.rank) {
        report(`expects one stride for each dimension of ${source.type}, found ${strides.length}`);
        return;
      }
      const leading = dest.type.rank - source.type.rank;
      const sizes = dest.type.shape.map((_, axis) => (axis < leading ? 1 : source.type.shape[axis - leading]!));
      const steps = dest.type.shape.map((_, axis) => (axis < leading ? 1 : strides[axis - leading]!));
      if (offsets.length !== dest.type.rank) report(`expects ${dest.type.rank} offsets, found ${offsets.length}`);
      else checkBox(dest.type, offsets, sizes, steps, report);
    },
  },
);

// ---------------------------------------------------------------------------------------------------------- arithmetic

export const fma = op(
  "vector.fma",
  {
    lhs: operand(typeVariable("V", floatVector)),
    rhs: operand(typeVariable("V", floatVector)),
    acc: operand(typeVariable("V", floatVector)),
    result: result(typeVariable("V", floatVector)),
  },
  {
    doc: "lhs * rhs + acc, rounded once.",
    example: example("%r = vector.fma %v, %v, %v : vector<4xf32>", "%v: vector<4xf32>"),
    traits: ["Pure", "Elementwise"],
    format: "$lhs `,` $rhs `,` $acc attr-dict `:` type($lhs)",
  },
);

export const reduction = op(
  "vector.reduction",
  {
    kind: attribute(combiningKindAttribute),
    vector: operand(vectorType),
    acc: optionalOperand(anyType),
    fastmath: defaultAttribute(fastMathAttribute, []),
    dest: result(anyType),
  },
  {
    doc: "Combines all elements of a vector (and an accumulator) into one. Float sums are in order unless fastmath has reassoc.",
    example: example(
      "%r = vector.reduction <add>, %v, %x fastmath<reassoc> : vector<4xf32> into f32",
      "%v: vector<4xf32>",
      "%x: f32",
    ),
    traits: ["Pure"],
    format: reductionFormat,
    infer: ({ vector: source }) => source.type.element,
    verify: ({ vector: source, acc }, report) => {
      if (source.type.rank > 1) report(`expects a vector of rank 0 or 1, found ${source.type}`);
      if (acc !== undefined && acc.type !== source.type.element) {
        report(`expects an accumulator of type ${source.type.element}, found ${acc.type}`);
      }
    },
  },
);

export const multiReduction = op(
  "vector.multi_reduction",
  {
    kind: attribute(combiningKindAttribute),
    source: operand(vectorType),
    acc: operand(typeVariable("A", anyType)),
    reduction_dims: attribute(arrayOf(i64Attribute)),
    dest: result(typeVariable("A", anyType)),
  },
  {
    doc: "Combines the elements along some dimensions, beginning with an accumulator.",
    example: example(
      "%r = vector.multi_reduction <maximumf>, %v, %x [1] : vector<2x4xf32> to vector<2xf32>",
      "%v: vector<2x4xf32>",
      "%x: vector<2xf32>",
    ),
    traits: ["Pure"],
    format: multiReductionFormat,
    verify: ({ source, reduction_dims: axes, dest }, report) => {
      const kept = source.type.shape.filter((_, axis) => !axes.includes(axis));
      const wanted = kept.length === 0 ? source.type.element : VectorType.get(kept, source.type.element);
      const isScalable = source.type.scalable.includes(true);
      if (axes.some((axis) => axis < 0 || axis >= source.type.rank) || (!isScalable && dest.type !== wanted))
        report(
          `expects dimensions of ${source.type} and a result of type ${wanted}, found [${axes.join(", ")}] and ${dest.type}`,
        );
    },
  },
);

// --------------------------------------------------------------------------------------------------------------- masks

export const constantMask = op(
  "vector.constant_mask",
  { mask_dim_sizes: attribute(arrayOf(i64Attribute)), result: result(maskType) },
  {
    doc: "A mask whose box of leading elements is set, of known sizes.",
    example: example("%r = vector.constant_mask [3] : vector<4xi1>"),
    traits: ["Pure"],
    format: "$mask_dim_sizes attr-dict `:` type($result)",
    verify: ({ mask_dim_sizes: sizes, result: mask }, report) => {
      if (sizes.length !== mask.type.rank) report(`expects ${mask.type.rank} sizes, found ${sizes.length}`);
      for (const [axis, size] of sizes.entries()) {
        if (size < 0 || size > (mask.type.shape[axis] ?? size))
          report(`size ${size} is outside dimension ${axis} of ${mask.type}`);
      }
    },
  },
);

export const createMask = op(
  "vector.create_mask",
  { inputs: variadicOperand(indexType), result: result(maskType) },
  {
    doc: "A mask whose box of leading elements is set: element i is set where i is below the operand of each dimension.",
    example: example("%r = vector.create_mask %n : vector<4xi1>", "%n: index"),
    traits: ["Pure"],
    format: "$inputs attr-dict `:` type($result)",
    verify: ({ inputs, result: mask }, report) => {
      if (inputs.length !== mask.type.rank)
        report(`expects ${mask.type.rank} operands for ${mask.type}, found ${inputs.length}`);
    },
  },
);

export const step = op(
  "vector.step",
  {
    result: result(typeOf(VectorType, "a rank-1 vector of index", (type) => type.rank === 1 && type.element === index)),
  },
  {
    doc: "The vector 0, 1, 2, ….",
    example: example("%r = vector.step : vector<4xindex>"),
    traits: ["Pure"],
    format: "attr-dict `:` type($result)",
  },
);

export const vectorOps = [
  ...vectorMemoryOps,
  ...vectorProductOps,
  ...vectorRegionOps,
  broadcast,
  splat,
  extract,
  insert,
  extractElement,
  insertElement,
  shuffle,
  interleave,
  deinterleave,
  shapeCast,
  bitcast,
  transpose,
  extractStridedSlice,
  insertStridedSlice,
  fma,
  reduction,
  multiReduction,
  constantMask,
  createMask,
  step,
];
