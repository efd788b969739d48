/**
 * The tensor ops that exist upstream under the same names, with upstream semantics: what structured ops and
 * bufferisation need (slices, padding, reshapes, single elements). The named compute ops are in ops.ts.
 */

import {
  anyTensor,
  anyType,
  i64Attribute,
  indexType,
  integerOrIndex,
  tensorOf,
  typeVariable,
  unitAttribute,
} from "../../../ir/constraints.ts";
import {
  attribute,
  type OperationOf,
  op,
  operand,
  optionalAttribute,
  region,
  result,
  variadicOperand,
} from "../../../ir/declaration.ts";
import { dynamic, FloatType, IntegerType, index, type ShapedType, TensorType, type Type } from "../../../ir/types.ts";
import { example } from "../../example.ts";
import {
  anyRankTensor,
  checkIndexList,
  compatibleRanks,
  compatibleShapes,
  type MixedIndex,
  mixedIndices,
  staticIndices,
} from "../../upstream/constraints.ts";
import { splatFormat, storeElementFormat } from "../../upstream/formats.ts";
import { checkCollapse, reassociationAttribute } from "../../upstream/reshape.ts";
import { boxFormat, collapseShapeFormat, expandShapeFormat } from "../../upstream/view-formats.ts";
import { concatFormat, fromElementsFormat, generateFormat, insertSliceFormat, padFormat } from "./formats.ts";
import { tensorLayoutOps } from "./layout-ops.ts";

export * from "./layout-ops.ts";

type Report = (message: string) => void;

function dynamicCount(shape: readonly number[]): number {
  return shape.filter((size) => size === dynamic).length;
}

function checkRank(indices: readonly unknown[], type: ShapedType, report: Report): void {
  if (indices.length !== type.rank) report(`expects ${type.rank} indices for ${type}, found ${indices.length}`);
}

function checkDynamicSizes(sizes: readonly unknown[], type: TensorType, report: Report): void {
  const wanted = dynamicCount(type.shape);
  if (sizes.length !== wanted)
    report(`expects ${wanted} sizes for the dynamic dimensions of ${type}, found ${sizes.length}`);
}

export const yieldOperation = op(
  "tensor.yield",
  { value: operand(anyType) },
  {
    doc: "Ends the region of tensor.pad or tensor.generate and gives the element.",
    example: example(
      [
        "%r = tensor.pad %t low[1, 1] high[1, %i] {",
        "^bb0(%row: index, %column: index):",
        "  tensor.yield %zero : f32",
        "} : tensor<4x4xf32> to tensor<6x?xf32>",
      ].join("\n"),
      "%t: tensor<4x4xf32>",
      "%i: index",
      "%zero: f32",
    ),
    traits: ["Pure", "Terminator", "ReturnLike"],
    parents: ["tensor.pad", "tensor.generate"],
    format: "$value attr-dict `:` type($value)",
  },
);

export const empty = op(
  "tensor.empty",
  { dynamicSizes: variadicOperand(indexType), result: result(anyTensor) },
  {
    doc: "A tensor of unspecified contents: only its shape matters, as the destination of a structured op.",
    example: example("%r = tensor.empty(%n) : tensor<?x4xf32>", "%n: index"),
    traits: ["Pure"],
    format: "`(` $dynamicSizes `)` attr-dict `:` type($result)",
    verify: ({ dynamicSizes, result: made }, report) => checkDynamicSizes(dynamicSizes, made.type, report),
  },
);

// --------------------------------------------------------------------------------------------------------------- slices

/** The type of a box of a tensor; `dropped` lists the unit dimensions that the result leaves out. */
export function sliceType(
  source: TensorType,
  sizes: readonly MixedIndex[],
  dropped: readonly number[] = [],
): TensorType {
  const shape = sizes
    .filter((_, axis) => !dropped.includes(axis))
    .map((size) => (typeof size === "number" ? size : dynamic));
  return TensorType.get(shape, source.element, source.encoding);
}

/** Whether `found` is `full` with some unit dimensions left out. */
function isRankReduced(full: TensorType, found: TensorType): boolean {
  if (full.element !== found.element) return false;
  let axis = 0;
  for (const size of full.shape) {
    if (axis < found.rank && found.shape[axis] === size) axis += 1;
    else if (size !== 1) return false;
  }
  return axis === found.rank;
}

export const extractSlice = op(
  "tensor.extract_slice",
  {
    source: operand(anyTensor),
    offsets: variadicOperand(indexType),
    sizes: variadicOperand(indexType),
    strides: variadicOperand(indexType),
    static_offsets: attribute(staticIndices),
    static_sizes: attribute(staticIndices),
    static_strides: attribute(staticIndices),
    result: result(anyTensor),
  },
  {
    doc: "A box of a tensor: element i of the result is element offsets + i * strides of the source. The result may leave out dimensions of size 1.",
    example: example(
      "%r = tensor.extract_slice %t[0, %i] [2, 2] [1, 1] : tensor<4x4xf32> to tensor<2x2xf32>",
      "%t: tensor<4x4xf32>",
      "%i: index",
    ),
    traits: ["Pure"],
    format: boxFormat,
    verify: (operation, report) => {
      const { source, static_sizes: sizes, result: slice } = operation;
      checkIndexList("offsets", operation.static_offsets, operation.offsets, source.type.rank, report);
      checkIndexList("sizes", sizes, operation.sizes, source.type.rank, report);
      checkIndexList("strides", operation.static_strides, operation.strides, source.type.rank, report);
      const full = sliceType(source.type, mixedIndices(sizes, operation.sizes));
      if (full.rank === source.type.rank && !isRankReduced(full, slice.type)) {
        report(`expects a result of type ${full} or one without some of its unit dimensions, found ${slice.type}`);
      }
    },
  },
);
export type ExtractSliceOperation = OperationOf<typeof extractSlice>;

export const insertSlice = op(
  "tensor.insert_slice",
  {
    source: operand(anyTensor),
    dest: operand(typeVariable("T", anyTensor)),
    offsets: variadicOperand(indexType),
    sizes: variadicOperand(indexType),
    strides: variadicOperand(indexType),
    static_offsets: attribute(staticIndices),
    static_sizes: attribute(staticIndices),
    static_strides: attribute(staticIndices),
    result: result(typeVariable("T", anyTensor)),
  },
  {
    doc: "A tensor with a box of it replaced by the source, which may leave out dimensions of size 1.",
    example: example(
      "%r = tensor.insert_slice %x into %t[0, %i] [2, 2] [1, 1] : tensor<2x2xf32> into tensor<4x4xf32>",
      "%x: tensor<2x2xf32>",
      "%t: tensor<4x4xf32>",
      "%i: index",
    ),
    traits: ["Pure"],
    format: insertSliceFormat,
    verify: (operation, report) => {
      const { source, dest, static_sizes: sizes } = operation;
      checkIndexList("offsets", operation.static_offsets, operation.offsets, dest.type.rank, report);
      checkIndexList("sizes", sizes, operation.sizes, dest.type.rank, report);
      checkIndexList("strides", operation.static_strides, operation.strides, dest.type.rank, report);
      const full = sliceType(dest.type, mixedIndices(sizes, operation.sizes));
      if (full.rank === dest.type.rank && !isRankReduced(full, source.type)) {
        report(`expects a source of type ${full} or one without some of its unit dimensions, found ${source.type}`);
      }
    },
  },
);
export type InsertSliceOperation = OperationOf<typeof insertSlice>;

export const parallelInsertSlice = op(
  "tensor.parallel_insert_slice",
  {
    source: operand(anyTensor),
    dest: operand(anyTensor),
    offsets: variadicOperand(indexType),
    sizes: variadicOperand(indexType),
    strides: variadicOperand(indexType),
    static_offsets: attribute(staticIndices),
    static_sizes: attribute(staticIndices),
    static_strides: attribute(staticIndices),
  },
  {
    doc: "Puts one iteration's slice into a shared output of scf.forall.",
    example: example(
      [
        "%r = scf.forall (%i) in (4) shared_outs(%o = %t) -> (tensor<4xf32>) {",
        "  scf.forall.in_parallel {",
        "    tensor.parallel_insert_slice %x into %o[%i] [1] [1] : tensor<1xf32> into tensor<4xf32>",
        "  }",
        "}",
      ].join("\n"),
      "%t: tensor<4xf32>",
      "%x: tensor<1xf32>",
    ),
    parents: ["scf.forall.in_parallel"],
    // Not memory, but an output that the loop assembles: it must not be taken for dead.
    effects: ({ dest }) => [{ kind: "write", value: dest }],
    format: insertSliceFormat,
    verify: (operation, report) => {
      const { dest } = operation;
      checkIndexList("offsets", operation.static_offsets, operation.offsets, dest.type.rank, report);
      checkIndexList("sizes", operation.static_sizes, operation.sizes, dest.type.rank, report);
      checkIndexList("strides", operation.static_strides, operation.strides, dest.type.rank, report);
      const { source, static_sizes: sizes } = operation;
      const full = sliceType(dest.type, mixedIndices(sizes, operation.sizes));
      if (full.rank === dest.type.rank && !isRankReduced(full, source.type)) {
        report(`expects a source of type ${full} or one without some of its unit dimensions, found ${source.type}`);
      }
    },
  },
);

export const pad = op(
  "tensor.pad",
  {
    source: operand(anyTensor),
    low: variadicOperand(indexType),
    high: variadicOperand(indexType),
    static_low: attribute(staticIndices),
    static_high: attribute(staticIndices),
    nofold: optionalAttribute(unitAttribute),
    region: region(),
    result: result(anyTensor),
  },
  {
    doc: "A tensor with elements added before (low) and after (high) in each dimension; the region gives the element at each index.",
    example: example(
      [
        "%r = tensor.pad %t low[1, 1] high[1, %i] {",
        "^bb0(%row: index, %column: index):",
        "  tensor.yield %zero : f32",
        "} : tensor<4x4xf32> to tensor<6x?xf32>",
      ].join("\n"),
      "%t: tensor<4x4xf32>",
      "%i: index",
      "%zero: f32",
    ),
    traits: ["Pure"],
    format: padFormat,
    verify: (operation, report) => {
      const { source, static_low: low, static_high: high, result: padded, region: body } = operation;
      checkIndexList("low", low, operation.low, source.type.rank, report);
      checkIndexList("high", high, operation.high, source.type.rank, report);
      const lows = mixedIndices(low, operation.low);
      const highs = mixedIndices(high, operation.high);
      const sizes = source.type.shape.map((size, axis) => {
        const before = lows[axis];
        const after = highs[axis];
        return size === dynamic || typeof before !== "number" || typeof after !== "number"
          ? dynamic
          : size + before + after;
      });
      if (padded.type.element !== source.type.element || !compatibleShapes(sizes, padded.type.shape)) {
        report(`expects a result of type ${TensorType.get(sizes, source.type.element)}, found ${padded.type}`);
      }
      checkElementRegion(
        operation,
        body.entry?.arguments.map((argument) => argument.type),
        padded.type,
        report,
      );
    },
  },
);
export type PadOperation = OperationOf<typeof pad>;

function checkElementRegion(
  operation: { readonly regions: OperationOf<typeof pad>["regions"] },
  found: readonly Type[] | undefined,
  type: TensorType,
  report: Report,
): void {
  if (found === undefined || found.length !== type.rank || found.some((each) => each !== index)) {
    report(`expects a region with ${type.rank} arguments of type index`);
  }
  const terminator = operation.regions[0]?.entry?.last;
  if (!yieldOperation.matches(terminator)) report("expects a region that ends in tensor.yield");
  else if (terminator.operands.some((value) => value.type !== type.element)) {
    report(`expects a region that yields ${type.element}, found ${terminator.operands.map((value) => value.type)}`);
  }
}

export const generate = op(
  "tensor.generate",
  { dynamicExtents: variadicOperand(indexType), body: region(), result: result(anyTensor) },
  {
    doc: "A tensor whose element at each index is what the region gives.",
    example: example(
      ["%r = tensor.generate %n {", "^bb0(%i: index):", "  tensor.yield %x : f32", "} : tensor<?xf32>"].join("\n"),
      "%n: index",
      "%x: f32",
    ),
    format: generateFormat,
    verify: (operation, report) => {
      checkDynamicSizes(operation.dynamicExtents, operation.result.type, report);
      const found = operation.body.entry?.arguments.map((argument) => argument.type);
      checkElementRegion(operation, found, operation.result.type, report);
    },
  },
);

// ------------------------------------------------------------------------------------------------------------- reshapes

export const collapseShape = op(
  "tensor.collapse_shape",
  { src: operand(anyTensor), reassociation: attribute(reassociationAttribute), result: result(anyTensor) },
  {
    doc: "Merges groups of neighbouring dimensions.",
    example: example(
      "%r = tensor.collapse_shape %t [[0, 1]] : tensor<4x4xf32> into tensor<16xf32>",
      "%t: tensor<4x4xf32>",
    ),
    traits: ["Pure"],
    format: collapseShapeFormat,
    infer: ({ src, reassociation }) => {
      const sizes = reassociation.map((group) => {
        const parts = group.map((axis) => src.type.shape[axis] ?? 1);
        return parts.includes(dynamic) ? dynamic : parts.reduce((product, size) => product * size, 1);
      });
      return TensorType.get(sizes, src.type.element);
    },
    verify: ({ src, reassociation, result: collapsed }, report) =>
      checkCollapse(src.type, collapsed.type, reassociation, report),
  },
);

export const expandShape = op(
  "tensor.expand_shape",
  {
    src: operand(anyTensor),
    output_shape: variadicOperand(indexType),
    reassociation: attribute(reassociationAttribute),
    static_output_shape: attribute(staticIndices),
    result: result(anyTensor),
  },
  {
    doc: "Splits dimensions into several.",
    example: example(
      "%r = tensor.expand_shape %t [[0, 1], [2]] output_shape [2, 2, 4] : tensor<4x4xf32> into tensor<2x2x4xf32>",
      "%t: tensor<4x4xf32>",
    ),
    traits: ["Pure"],
    format: expandShapeFormat,
    verify: (operation, report) => {
      const { src, reassociation, result: expanded } = operation;
      checkIndexList("output_shape", operation.static_output_shape, operation.output_shape, expanded.type.rank, report);
      checkCollapse(expanded.type, src.type, reassociation, report);
    },
  },
);

export const reshape = op(
  "tensor.reshape",
  { source: operand(anyRankTensor), shape: operand(tensorOf(integerOrIndex, 1)), result: result(anyRankTensor) },
  {
    doc: "The same elements in row-major order under the shape that another tensor holds.",
    example: example(
      "%r = tensor.reshape %t(%shape) : (tensor<4x4xf32>, tensor<1xi64>) -> tensor<16xf32>",
      "%t: tensor<4x4xf32>",
      "%shape: tensor<1xi64>",
    ),
    traits: ["Pure"],
    format: "$source `(` $shape `)` attr-dict `:` functional-type(operands, results)",
    verify: ({ source, shape, result: made }, report) => {
      const [from, to] = [source.type, made.type];
      if (from.element !== to.element) report(`expects one element type, found ${from} and ${to}`);
      if (!(to instanceof TensorType)) return;
      const [length] = shape.type.shape;
      if (length !== dynamic && length !== to.rank) report(`expects a shape of ${to.rank} sizes, found ${shape.type}`);
      if (from instanceof TensorType && from.isStatic && to.isStatic && from.count !== to.count)
        report(`expects as many elements, found ${from} and ${to}`);
    },
  },
);

export const concat = op(
  "tensor.concat",
  { dim: attribute(i64Attribute), inputs: variadicOperand(anyTensor), result: result(anyTensor) },
  {
    doc: "Puts tensors one behind the other along a dimension.",
    example: example(
      "%r = tensor.concat dim(0) %a, %b : (tensor<4xf32>, tensor<2xf32>) -> tensor<6xf32>",
      "%a: tensor<4xf32>",
      "%b: tensor<2xf32>",
    ),
    traits: ["Pure"],
    format: concatFormat,
    infer: ({ dim: axis, inputs }) =>
      concatType(
        axis,
        inputs.map((value) => value.type),
      ),
  },
);

/** The type of several tensors put one behind the other. */
export function concatType(axis: number, types: readonly TensorType[]): TensorType {
  const [first] = types;
  if (first === undefined) throw new Error("expects at least one operand");
  if (axis < 0 || axis >= first.rank) throw new Error(`expects a dimension of ${first}, found ${axis}`);
  const shape = first.shape.map((size, position) => {
    const sizes = types.map((type) => type.shape[position] ?? dynamic);
    if (position !== axis) return sizes.find((each) => each !== dynamic) ?? size;
    return sizes.includes(dynamic) ? dynamic : sizes.reduce((sum, each) => sum + each, 0);
  });
  const other = types.find((type) => type.rank !== first.rank || type.element !== first.element);
  if (other !== undefined)
    throw new Error(`expects operands of one rank and element type, found ${first} and ${other}`);
  for (const type of types) {
    const fits = type.shape.every(
      (size, position) => position === axis || compatibleShapes([size], [shape[position]!]),
    );
    if (!fits) throw new Error(`expects operands that agree outside dimension ${axis}, found ${first} and ${type}`);
  }
  return TensorType.get(shape, first.element);
}

// ------------------------------------------------------------------------------------------------------------- elements

export const dim = op(
  "tensor.dim",
  { source: operand(anyRankTensor), index: operand(indexType), result: result(indexType) },
  {
    doc: "The size of one dimension.",
    example: example("%r = tensor.dim %t, %i : tensor<?x4xf32>", "%t: tensor<?x4xf32>", "%i: index"),
    traits: ["Pure"],
    format: "attr-dict $source `,` $index `:` type($source)",
    infer: () => index,
  },
);

export const rank = op(
  "tensor.rank",
  { tensor: operand(anyRankTensor), result: result(indexType) },
  {
    doc: "The number of dimensions.",
    example: example("%r = tensor.rank %t : tensor<4x4xf32>", "%t: tensor<4x4xf32>"),
    traits: ["Pure"],
    format: "$tensor attr-dict `:` type($tensor)",
    infer: () => index,
  },
);

export const extract = op(
  "tensor.extract",
  { tensor: operand(anyTensor), indices: variadicOperand(indexType), result: result(anyType) },
  {
    doc: "One element.",
    example: example("%r = tensor.extract %t[%i, %i] : tensor<4x4xf32>", "%t: tensor<4x4xf32>", "%i: index"),
    traits: ["Pure"],
    format: "$tensor `[` $indices `]` attr-dict `:` type($tensor)",
    infer: ({ tensor }) => tensor.type.element,
    verify: ({ tensor, indices }, report) => checkRank(indices, tensor.type, report),
  },
);

export const insert = op(
  "tensor.insert",
  {
    scalar: operand(anyType),
    dest: operand(typeVariable("T", anyTensor)),
    indices: variadicOperand(indexType),
    result: result(typeVariable("T", anyTensor)),
  },
  {
    doc: "A tensor with one element replaced.",
    example: example(
      "%r = tensor.insert %x into %t[%i, %i] : tensor<4x4xf32>",
      "%x: f32",
      "%t: tensor<4x4xf32>",
      "%i: index",
    ),
    traits: ["Pure"],
    format: storeElementFormat("into"),
    infer: ({ dest }) => dest.type,
    verify: ({ scalar, dest, indices }, report) => {
      checkRank(indices, dest.type, report);
      if (scalar.type !== dest.type.element)
        report(`expects a scalar of type ${dest.type.element}, found ${scalar.type}`);
    },
  },
);

export const splat = op(
  "tensor.splat",
  { input: operand(anyType), dynamicSizes: variadicOperand(indexType), aggregate: result(anyTensor) },
  {
    doc: "A tensor whose elements are all one scalar.",
    example: example("%r = tensor.splat %x[%n] : tensor<?x4xf32>", "%x: f32", "%n: index"),
    traits: ["Pure"],
    format: splatFormat,
    verify: ({ input, dynamicSizes, aggregate }, report) => {
      checkDynamicSizes(dynamicSizes, aggregate.type, report);
      if (input.type !== aggregate.type.element) report(`cannot splat ${input.type} into ${aggregate.type}`);
    },
  },
);

export const fromElements = op(
  "tensor.from_elements",
  { elements: variadicOperand(anyType), result: result(anyTensor) },
  {
    doc: "A static tensor of these scalars, row-major.",
    example: example("%r = tensor.from_elements %a, %b : tensor<2xf32>", "%a: f32", "%b: f32"),
    traits: ["Pure"],
    format: fromElementsFormat,
    verify: ({ elements, result: made }, report) => {
      if (!made.type.isStatic) report(`expects a static result type, found ${made.type}`);
      else if (elements.length !== made.type.count)
        report(`expects ${made.type.count} elements, found ${elements.length}`);
      const other = elements.find((value) => value.type !== made.type.element);
      if (other !== undefined) report(`expects elements of type ${made.type.element}, found ${other.type}`);
    },
  },
);

export const castOperation = op(
  "tensor.cast",
  { source: operand(anyRankTensor), dest: result(anyRankTensor) },
  {
    doc: "The same tensor with less or more of its sizes known.",
    example: example("%r = tensor.cast %t : tensor<4x4xf32> to tensor<?x4xf32>", "%t: tensor<4x4xf32>"),
    traits: ["Pure"],
    format: "$source attr-dict `:` type($source) `to` type($dest)",
    verify: ({ source, dest }, report) => {
      if (source.type.element !== dest.type.element || !compatibleRanks(source.type, dest.type)) {
        report(`cannot cast ${source.type} to ${dest.type}`);
      }
    },
  },
);

function widthOf(type: Type): number | undefined {
  return type instanceof IntegerType || type instanceof FloatType ? type.width : undefined;
}

export const bitcast = op(
  "tensor.bitcast",
  { source: operand(anyTensor), dest: result(anyTensor) },
  {
    doc: "The same bits as elements of another type of the same width.",
    example: example("%r = tensor.bitcast %t : tensor<4x4xf32> to tensor<4x4xi32>", "%t: tensor<4x4xf32>"),
    traits: ["Pure"],
    format: "$source attr-dict `:` type($source) `to` type($dest)",
    verify: ({ source, dest }, report) => {
      const fits =
        compatibleShapes(source.type.shape, dest.type.shape) &&
        widthOf(source.type.element) === widthOf(dest.type.element);
      if (!fits) report(`cannot cast ${source.type} to ${dest.type}`);
    },
  },
);

export const upstreamTensorOps = [
  yieldOperation,
  empty,
  extractSlice,
  insertSlice,
  parallelInsertSlice,
  pad,
  generate,
  collapseShape,
  expandShape,
  reshape,
  concat,
  dim,
  rank,
  extract,
  insert,
  splat,
  fromElements,
  castOperation,
  bitcast,
  ...tensorLayoutOps,
];
