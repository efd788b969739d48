/**
 * Compressed weights: constants that Apple's compiler expands, or streams to the engine as they are. Each has two forms: that of
 * ios16 packs codes into bytes and states the shape; that of ios18 has element types below 8 bits, tables per group and vectors.
 * Rules: coremltools 9.0, `mil/ops/defs/iOS16/constexpr_ops.py`, `iOS18/compression.py`.
 */
import { enumAttribute, i32ArrayAttribute, i32Attribute } from "../../../ir/constraints.ts";
import { attribute, optionalAttribute, optionalOperand, result } from "../../../ir/declaration.ts";
import type { Value } from "../../../ir/operation.ts";
import { elementCount } from "../../../ir/tensor-data.ts";
import { isFloat } from "../../../ir/types.ts";
import {
  add,
  ascending,
  broadcastTo,
  convert,
  elementOf,
  mul,
  numbers,
  product,
  reshape,
  type Steps,
  scalar,
  sliceAxis,
  sub,
  type TensorValue,
  transpose,
} from "../../tensor/build/steps.ts";
import * as tensor from "../../tensor/ops.ts";
import { axisOf, example, input, milOp, milOpWithResults, milTensor, shapeOf, withShape } from "../declare.ts";
import { sharedSteps, tensorValue } from "./tensor-steps.ts";

/** The bits of an index into a table of `size` entries. */
function bitsOf(size: number): number {
  const bits = Math.log2(size);
  if (Number.isInteger(bits) && bits >= 0 && bits <= 8) return bits;
  throw new Error(`has a table of ${size} entries; sizes are powers of 2 up to 256`);
}

/**
 * `count` codes of `bits` bits from bytes, lowest bits first, as i32. Codes may lie across bytes: groups of bytes that hold whole
 * codes are put together first.
 */
function unpacked(steps: Steps, bytes: TensorValue, bits: number, count: number): TensorValue {
  const [found = 0] = shapeOf(bytes);
  if (found !== Math.ceil((count * bits) / 8))
    throw new Error(
      `has ${found} bytes for ${count} codes of ${bits} bits, which take ${Math.ceil((count * bits) / 8)}`,
    );
  const wide = convert(steps, bytes, "i32");
  if (bits === 8) return wide;
  const group = bits === 3 || bits === 6 ? 3 : 1;
  const groups = Math.ceil(found / group);
  const padded = steps.emit(tensor.staticPad, { input: wide, low: [0], high: [groups * group - found] });
  const rows = reshape(steps, padded, [groups, group]);
  const shifts = numbers(
    steps,
    ascending(group).map((byte) => 8 * byte),
    "i32",
  );
  const words = steps.emit(tensor.reduceSum, {
    input: steps.emit(tensor.shiftLeft, { lhs: rows, rhs: shifts }),
    axes: [1],
    keep_dims: true,
  });
  const perGroup = (8 * group) / bits;
  const places = numbers(
    steps,
    ascending(perGroup).map((code) => bits * code),
    "i32",
  );
  const moved = steps.emit(tensor.shiftRight, { lhs: words, rhs: places });
  const codes = steps.emit(tensor.bitwiseAnd, { lhs: moved, rhs: scalar(steps, 2 ** bits - 1, "i32") });
  return sliceAxis(steps, reshape(steps, codes, [groups * perGroup]), 0, 0, count);
}

/** The places of the set elements of a mask, in order, as i64 [count]. */
function setPlaces(steps: Steps, mask: TensorValue, count: number): TensorValue {
  const flat = reshape(steps, convert(steps, mask, "i32"), [elementCount(shapeOf(mask))]);
  // Equal elements come in the order of their places.
  const [, places] = steps.emitAll(tensor.topK, { input: flat, k: count, axis: 0 });
  return places!;
}

// ------------------------------------------------------------------------------------------------------ affine, cast

export const constexprAffineDequantize = milOp(
  "constexpr_affine_dequantize",
  { quantized_data: input, scale: input, zero_point: input, axis: attribute(i32Attribute) },
  {
    since: "ios16",
    doc: "scale·(quantized_data - zero_point) of 8-bit codes, with one scale and zero point or one per index of axis.",
    example: example(
      "constexpr_affine_dequantize",
      { quantized_data: "4x3xi8", scale: "4xf16", zero_point: "4xi8" },
      { axis: 0 },
      "4x3xf16",
    ),
    means: ({ quantized_data: data, scale, zero_point: zero, axis }, milSteps) => {
      const steps = sharedSteps(milSteps);
      const shape = shapeOf(data);
      const at = axisOf(axis, shape.length);
      const count = Math.max(elementCount(shapeOf(scale)), elementCount(shapeOf(zero)));
      const each = (value: Value) => {
        const given = tensorValue(value);
        return count === 1 ? reshape(steps, given, []) : broadcastTo(steps, given, [count]);
      };
      const [scales, zeros] = [each(scale), each(zero)];
      if (!isFloat(zeros.type.element))
        return steps.emit(tensor.dequantizeLinear, {
          input: tensorValue(data),
          scale: scales,
          zero_point: zeros,
          axis: at,
        });
      const spread = (value: TensorValue) =>
        count === 1
          ? value
          : reshape(
              steps,
              value,
              shape.map((_, axis) => (axis === at ? count : 1)),
            );
      const codes = convert(steps, tensorValue(data), "f32");
      const moved = mul(
        steps,
        sub(steps, codes, convert(steps, spread(zeros), "f32")),
        convert(steps, spread(scales), "f32"),
      );
      return convert(steps, moved, elementOf(scales));
    },
  },
);

export const constexprCast = milOp(
  "constexpr_cast",
  { source_val: input, output_dtype: attribute(enumAttribute(["fp16", "fp32"])) },
  {
    since: "ios16",
    doc: "A constant stored as fp16, in fp32.",
    example: example("constexpr_cast", { source_val: "4x3xf16" }, { output_dtype: "fp32" }, "4x3xf32"),
    means: ({ source_val: source, output_dtype: type }, milSteps) =>
      convert(sharedSteps(milSteps), tensorValue(source), type === "fp32" ? "f32" : "f16"),
  },
);

// ----------------------------------------------------------------------------------------------------------- palettes

/** `values` cut into equal parts per dimension: [parts, size of a part, parts, …]. */
const cut = (shape: readonly number[], parts: readonly number[]) =>
  shape.flatMap((size, axis) => [parts[axis]!, size / parts[axis]!]);

function requireParts(what: string, shape: readonly number[], parts: readonly number[]): void {
  const fits = parts.length === shape.length && shape.every((size, axis) => size % parts[axis]! === 0);
  if (!fits) throw new Error(`has ${what} of [${parts.join(", ")}], which do not divide [${shape.join(", ")}]`);
}

/** Per element of a tensor that is cut into parts, `step` times the number of its part: i32 of [parts, 1, parts, 1, …]. */
function partOffsets(steps: Steps, parts: readonly number[], step: number): TensorValue {
  const count = product(parts);
  const offsets = ascending(count).map((part) => part * step);
  return numbers(
    steps,
    offsets,
    "i32",
    parts.flatMap((size) => [size, 1]),
  );
}

/** The shape of the result: vectors of a table lie along `axis`. */
function paletteShape(indices: Value, table: readonly number[], vectorAxis: number | undefined): number[] {
  const shape = [...shapeOf(indices)];
  const width = table.at(-1) ?? 1;
  if (width === 1) return shape;
  if (vectorAxis === undefined) throw new Error("needs a vector_axis for a table of vectors");
  shape[axisOf(vectorAxis, shape.length)]! *= width;
  return shape;
}

export const constexprLutToDense = milOp(
  "constexpr_lut_to_dense",
  {
    indices: input,
    lut: input,
    shape: optionalAttribute(i32ArrayAttribute),
    vector_axis: optionalAttribute(i32Attribute),
  },
  {
    since: "ios16",
    inputsSince: { vector_axis: "ios18" },
    inputsUntil: { shape: "ios18" },
    doc:
      "The entries of a table at the indices. In the form of ios16 indices are packed into bytes, and shape says what they are of; in that " +
      "of ios18 the table is [groups…, entries, width], with groups that cut the indices into equal parts, and vectors along vector_axis.",
    example: example("constexpr_lut_to_dense", { indices: "6xui8", lut: "16xf16" }, { shape: [4, 3] }, "4x3xf16"),
    infer: ({ indices, lut, shape, vector_axis: axis }) =>
      withShape(lut, shape ?? paletteShape(indices, shapeOf(lut), axis)),
    means: ({ indices, lut, shape, vector_axis: axis }, milSteps) => {
      const steps = sharedSteps(milSteps);
      const [codes, table] = [tensorValue(indices), tensorValue(lut)];
      const entries = shapeOf(table);
      if (shape !== undefined) {
        const bits = bitsOf(entries[0] ?? 0);
        const places = unpacked(steps, codes, bits, elementCount(shape));
        return reshape(steps, steps.emit(tensor.take, { input: table, indices: places, axis: 0 }), shape);
      }
      const [size = 1, width = 1] = entries.slice(-2);
      const groups = entries.slice(0, -2);
      const whole = shapeOf(codes);
      requireParts("groups", whole, groups);
      const parts = reshape(steps, convert(steps, codes, "i32"), cut(whole, groups));
      const places = add(steps, parts, partOffsets(steps, groups, size));
      const rows = reshape(steps, table, [product(groups) * size, width]);
      const taken = steps.emit(tensor.take, { input: rows, indices: reshape(steps, places, whole), axis: 0 });
      const result = paletteShape(indices, entries, axis);
      if (width === 1) return reshape(steps, taken, result);
      // The vector, now the last dimension, goes behind the one that it belongs to.
      const at = axisOf(axis ?? 0, whole.length);
      const order = [...ascending(at + 1), whole.length, ...ascending(whole.length - at - 1, at + 1)];
      return reshape(steps, transpose(steps, taken, order), result);
    },
  },
);

export const constexprLutToSparse = milOpWithResults(
  "constexpr_lut_to_sparse",
  {
    indices_mask: input,
    indices_nonzero_data: input,
    lut: input,
    vector_axis: optionalAttribute(i32Attribute),
  },
  { mask: result(milTensor), nonzero_data: result(milTensor) },
  {
    since: "ios18",
    doc: "The entries of a table [groups…, entries, width] for the set elements of a mask, as a mask and a list; for constexpr_sparse_to_dense.",
    example: example(
      "constexpr_lut_to_sparse",
      { indices_mask: "4x6xui1", indices_nonzero_data: "9xui1", lut: "1x1x2x1xf16" },
      {},
      ...["4x6xui1", "9xf16"],
    ),
    infer: ({ indices_mask: mask, indices_nonzero_data: data, lut, vector_axis: axis }) => {
      const width = shapeOf(lut).at(-1) ?? 1;
      return [
        withShape(mask, paletteShape(mask, shapeOf(lut), axis)),
        withShape(
          lut,
          shapeOf(data).map((size) => size * width),
        ),
      ];
    },
    means: ({ indices_mask: mask, indices_nonzero_data: data, lut }, milSteps) => {
      const steps = sharedSteps(milSteps);
      const table = tensorValue(lut);
      const [size = 1, width = 1] = shapeOf(table).slice(-2);
      const groups = shapeOf(table).slice(0, -2);
      if (width !== 1) throw new Error("has no meaning here for tables of vectors");
      const whole = shapeOf(mask);
      requireParts("groups", whole, groups);
      const [count = 0] = shapeOf(data);
      const parts = broadcastTo(steps, partOffsets(steps, groups, size), cut(whole, groups));
      const offsets = steps.emit(tensor.take, {
        input: reshape(steps, parts, [elementCount(whole)]),
        indices: setPlaces(steps, tensorValue(mask), count),
        axis: 0,
      });
      const places = add(steps, convert(steps, tensorValue(data), "i32"), offsets);
      const flat = reshape(steps, table, [product(groups) * size]);
      return [tensorValue(mask), steps.emit(tensor.take, { input: flat, indices: places, axis: 0 })];
    },
  },
);

// ------------------------------------------------------------------------------------------------------------- sparse

export const constexprSparseToDense = milOp(
  "constexpr_sparse_to_dense",
  { nonzero_data: input, mask: input, shape: optionalAttribute(i32ArrayAttribute) },
  {
    since: "ios16",
    inputsUntil: { shape: "ios18" },
    doc:
      "nonzero_data at the set elements of mask, in order, and 0 elsewhere. In the form of ios16 the mask is packed into bytes, lowest bits " +
      "first, and shape says what it is of; in that of ios18 it has the result's shape.",
    example: example(
      "constexpr_sparse_to_dense",
      { nonzero_data: "5xf16", mask: "2xui8" },
      { shape: [4, 3] },
      "4x3xf16",
    ),
    infer: ({ nonzero_data: data, mask, shape }) => withShape(data, shape ?? shapeOf(mask)),
    means: ({ nonzero_data: data, mask, shape }, milSteps) => {
      const steps = sharedSteps(milSteps);
      const [values, bits] = [tensorValue(data), tensorValue(mask)];
      const whole = shape ?? shapeOf(bits);
      const count = elementCount(whole);
      const isSet =
        shape === undefined ? reshape(steps, convert(steps, bits, "i32"), [count]) : unpacked(steps, bits, 1, count);
      const zero = scalar(steps, 0, elementOf(values));
      if (elementCount(shapeOf(values)) === 0) return broadcastTo(steps, zero, whole);
      const rank = steps.emit(tensor.cumsum, { input: isSet, axis: 0, exclusive: true });
      const place = steps.emit(tensor.clip, { input: rank, max: shapeOf(values)[0]! - 1 });
      const taken = steps.emit(tensor.take, { input: values, indices: place, axis: 0 });
      const chosen = steps.emit(tensor.select, { condition: convert(steps, isSet, "i1"), lhs: taken, rhs: zero });
      return reshape(steps, chosen, whole);
    },
  },
);

// ---------------------------------------------------------------------------------------------------------- blockwise

/** scale·(data - offset) on values that are cut into the same parts. */
function shiftedAndScaled(steps: Steps, data: TensorValue, scale: TensorValue, offset: TensorValue | undefined) {
  // In f32, where the difference of any two codes is exact, and rounded once.
  const wide = (value: TensorValue) => convert(steps, value, "f32");
  const moved = offset === undefined ? wide(data) : sub(steps, wide(data), wide(offset));
  return convert(steps, mul(steps, moved, wide(scale)), elementOf(scale));
}

export const constexprBlockwiseShiftScale = milOp(
  "constexpr_blockwise_shift_scale",
  { data: input, scale: input, offset: optionalOperand(milTensor) },
  {
    since: "ios18",
    doc: "scale·(data - offset), with one scale and offset per block: the shape of scale divides that of data.",
    example: example("constexpr_blockwise_shift_scale", { data: "4x6xi8", scale: "4x2xf16" }, {}, "4x6xf16"),
    infer: ({ data, scale }) => withShape(scale, shapeOf(data)),
    means: ({ data, scale, offset }, milSteps) => {
      const steps = sharedSteps(milSteps);
      const [whole, blocks] = [shapeOf(data), shapeOf(scale)];
      requireParts("blocks", whole, blocks);
      const perBlock = (value: Value) =>
        reshape(
          steps,
          tensorValue(value),
          blocks.flatMap((size) => [size, 1]),
        );
      const parts = reshape(steps, tensorValue(data), cut(whole, blocks));
      return reshape(steps, shiftedAndScaled(steps, parts, perBlock(scale), offset && perBlock(offset)), whole);
    },
  },
);

export const constexprSparseBlockwiseShiftScale = milOpWithResults(
  "constexpr_sparse_blockwise_shift_scale",
  { data_mask: input, nonzero_data: input, scale: input, offset: optionalOperand(milTensor) },
  { mask: result(milTensor), scaled_data: result(milTensor) },
  {
    since: "ios18",
    doc: "scale·(nonzero_data - offset) for the set elements of a mask, as a mask and a list; for constexpr_sparse_to_dense.",
    example: example(
      "constexpr_sparse_blockwise_shift_scale",
      { data_mask: "4x4xui1", nonzero_data: "9xi8", scale: "1x4xf16", offset: "1x4xi8" },
      {},
      ...["4x4xui1", "9xf16"],
    ),
    infer: ({ data_mask: mask, nonzero_data: data, scale }) => [
      withShape(mask, shapeOf(mask)),
      withShape(scale, shapeOf(data)),
    ],
    means: ({ data_mask: mask, nonzero_data: data, scale, offset }, milSteps) => {
      const steps = sharedSteps(milSteps);
      const [whole, blocks] = [shapeOf(mask), shapeOf(scale)];
      requireParts("blocks", whole, blocks);
      const [count = 0] = shapeOf(data);
      const places = setPlaces(steps, tensorValue(mask), count);
      const listed = (value: Value) => {
        const parts = reshape(
          steps,
          tensorValue(value),
          blocks.flatMap((size) => [size, 1]),
        );
        const dense = reshape(steps, broadcastTo(steps, parts, cut(whole, blocks)), [elementCount(whole)]);
        return steps.emit(tensor.take, { input: dense, indices: places, axis: 0 });
      };
      return [tensorValue(mask), shiftedAndScaled(steps, tensorValue(data), listed(scale), offset && listed(offset))];
    },
  },
);

export const constexprOps = [
  ...[constexprAffineDequantize, constexprCast, constexprLutToDense, constexprLutToSparse],
  ...[constexprSparseToDense, constexprBlockwiseShiftScale, constexprSparseBlockwiseShiftScale],
];
