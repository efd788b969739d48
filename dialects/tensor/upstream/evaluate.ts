/**
 * Reference semantics of the upstream tensor ops, attached from outside, so that programs at the linalg level can be
 * run before bufferisation. Indices that are operands are read from their data.
 */
import { requireElementName } from "../../../ir/attributes.ts";
import { constantOf } from "../../../ir/effects.ts";
import { dataOfAttribute } from "../../../ir/evaluate.ts";
import { type AttachedInterface, Evaluate } from "../../../ir/interfaces.ts";
import { elementsFromBytes, getNumber, type TensorData, zeros } from "../../../ir/tensor-data.ts";
import { TensorType } from "../../../ir/types.ts";
import { dynamicIndex } from "../../upstream/constraints.ts";
import { rowMajorStrides, stridedOffsets } from "../reference/broadcast.ts";
import * as movement from "../reference/movement.ts";
import { ShapeError } from "../reference/shape-error.ts";
import { copyTensor, filled, pick, place, writeNumbers } from "../reference/values.ts";
import * as ops from "./ops.ts";

const scalarOf = (value: TensorData | undefined) => getNumber(value!, 0);
const indexData = (value: number): TensorData => writeNumbers(Float64Array.of(value), [], "i64");

/** `statics` with each run-time entry replaced by the next operand's value. */
function resolveIndices(statics: readonly number[], operands: readonly TensorData[]): number[] {
  let next = 0;
  return statics.map((value) => (value === dynamicIndex ? scalarOf(operands[next++]) : value));
}

/** A box of a tensor with all its indices known. */
interface Box {
  readonly starts: number[];
  readonly sizes: number[];
  readonly strides: number[];
}

interface SliceLike {
  readonly static_offsets: readonly number[];
  readonly static_sizes: readonly number[];
  readonly static_strides: readonly number[];
  readonly offsets: readonly unknown[];
  readonly sizes: readonly unknown[];
}

/** The box of a slicing op whose index operands have the data `indices`. */
function boxOf(operation: SliceLike, indices: readonly TensorData[]): Box {
  const sizesStart = operation.offsets.length;
  const stridesStart = sizesStart + operation.sizes.length;
  return {
    starts: resolveIndices(operation.static_offsets, indices.slice(0, sizesStart)),
    sizes: resolveIndices(operation.static_sizes, indices.slice(sizesStart, stridesStart)),
    strides: resolveIndices(operation.static_strides, indices.slice(stridesStart)),
  };
}

/** The sizes that a box has in a value of type `type`, which may leave out unit dimensions. */
function reducedShape(sizes: readonly number[], type: TensorType): number[] {
  if (sizes.length === type.rank) return [...sizes];
  const shape: number[] = [];
  for (const size of sizes) {
    const wanted = type.shape[shape.length];
    if (size === wanted || (wanted !== undefined && wanted < 0 && size !== 1)) shape.push(size);
  }
  return shape;
}

/** Row-major offset of one element; an error outside the tensor. */
function offsetOf(op: string, shape: readonly number[], indices: readonly number[]): number {
  const outside = indices.findIndex((index, axis) => index < 0 || index >= shape[axis]!);
  if (outside >= 0) {
    throw new ShapeError(op, `an index below ${shape[outside]} in dimension ${outside}`, `${indices[outside]}`);
  }
  const strides = rowMajorStrides(shape);
  return indices.reduce((offset, index, axis) => offset + index * strides[axis]!, 0);
}

const emptyEvaluate = Evaluate.attach(ops.empty, (operation, inputs) => {
  const { type } = ops.empty.cast(operation).result;
  return [zeros(sizesOf(type, inputs), requireElementName(type.element))];
});

/** The shape of a type whose dynamic sizes are operands. */
function sizesOf(type: TensorType, inputs: readonly TensorData[]): number[] {
  let next = 0;
  return type.shape.map((size) => {
    const given = size < 0 ? scalarOf(inputs[next++]) : size;
    if (given < 0) throw new Error(`a size of ${type} is negative: ${given}`);
    return given;
  });
}

const extractSliceEvaluate = Evaluate.attach(ops.extractSlice, (operation, [source, ...indices]) => {
  const slice = ops.extractSlice.cast(operation);
  const box = movement.slice(source!, boxOf(slice, indices));
  return [movement.reshape(box, reducedShape(box.shape, slice.result.type))];
});

const insertSliceEvaluate = Evaluate.attach(ops.insertSlice, (operation, [source, dest, ...indices]) => {
  const box = boxOf(ops.insertSlice.cast(operation), indices);
  movement.sliceShape(dest!.shape, box);
  const steps = rowMajorStrides(dest!.shape);
  const start = box.starts.reduce((offset, index, axis) => offset + index * steps[axis]!, 0);
  const result = copyTensor(dest!);
  const strides = steps.map((step, axis) => step * box.strides[axis]!);
  place(source!, result, stridedOffsets(box.sizes, strides, start));
  return [result];
});

const padEvaluate = Evaluate.attach(ops.pad, (operation, [source, ...indices]) => {
  const pad = ops.pad.cast(operation);
  const yielded = pad.region.entry?.last?.operands[0];
  const constant = dataOfAttribute(yielded && constantOf(yielded));
  if (constant === undefined) throw operation.error("can only be evaluated where its region yields a constant");
  const low = resolveIndices(pad.static_low, indices.slice(0, pad.low.length));
  const high = resolveIndices(pad.static_high, indices.slice(pad.low.length));
  const value = getNumber(constant, 0);
  return [movement.pad(source!, { low, high, mode: "constant", value })];
});

const collapseEvaluate = Evaluate.attach(ops.collapseShape, (operation, [source]) => {
  const { reassociation } = ops.collapseShape.cast(operation);
  const shape = reassociation.map((group) => group.reduce((size, axis) => size * source!.shape[axis]!, 1));
  return [movement.reshape(source!, shape)];
});

const expandEvaluate = Evaluate.attach(ops.expandShape, (operation, [source, ...sizes]) => {
  const expand = ops.expandShape.cast(operation);
  return [movement.reshape(source!, resolveIndices(expand.static_output_shape, sizes))];
});

const reshapeEvaluate = Evaluate.attach(ops.reshape, (_, [source, shape]) => {
  const sizes = Array.from({ length: shape!.data.length }, (_, axis) => getNumber(shape!, axis));
  return [movement.reshape(source!, sizes)];
});

const concatEvaluate = Evaluate.attach(ops.concat, (operation, inputs) => [
  movement.concat(inputs, ops.concat.cast(operation).dim),
]);

const dimEvaluate = Evaluate.attach(ops.dim, (_, [source, axis]) => {
  const size = source!.shape[scalarOf(axis)];
  if (size === undefined) throw new ShapeError("dim", `a dimension below ${source!.shape.length}`, `${scalarOf(axis)}`);
  return [indexData(size)];
});

const rankEvaluate = Evaluate.attach(ops.rank, (_, [source]) => [indexData(source!.shape.length)]);

const extractEvaluate = Evaluate.attach(ops.extract, (_, [source, ...indices]) => {
  const offset = offsetOf("extract", source!.shape, indices.map(scalarOf));
  return [pick(source!, [], Int32Array.of(offset))];
});

const insertEvaluate = Evaluate.attach(ops.insert, (_, [scalar, dest, ...indices]) => {
  const result = copyTensor(dest!);
  place(scalar!, result, Int32Array.of(offsetOf("insert", dest!.shape, indices.map(scalarOf))));
  return [result];
});

const splatEvaluate = Evaluate.attach(ops.splat, (operation, [scalar, ...sizes]) => [
  movement.broadcast(scalar!, sizesOf(ops.splat.cast(operation).aggregate.type, sizes)),
]);

const fromElementsEvaluate = Evaluate.attach(ops.fromElements, (operation, scalars) => {
  const { type } = ops.fromElements.cast(operation).result;
  const result = filled(type.shape, requireElementName(type.element), 0);
  for (const [offset, scalar] of scalars.entries()) place(scalar, result, Int32Array.of(offset));
  return [result];
});

const castEvaluate = Evaluate.attach(ops.castOperation, (operation, [source]) => {
  const { type } = ops.castOperation.cast(operation).dest;
  const fits =
    !(type instanceof TensorType) || type.shape.every((size, axis) => size < 0 || size === source!.shape[axis]);
  if (!fits) throw new ShapeError("cast", `${type}`, `[${source!.shape.join(", ")}]`);
  return [source!];
});

const bitcastEvaluate = Evaluate.attach(ops.bitcast, (operation, [source]) => {
  const element = requireElementName(ops.bitcast.cast(operation).dest.type.element);
  const { buffer, byteOffset, byteLength } = source!.data;
  const data = elementsFromBytes(element, new Uint8Array(buffer, byteOffset, byteLength));
  return [{ shape: source!.shape, element, data }];
});

export const upstreamEvaluators: readonly AttachedInterface[] = [
  ...[emptyEvaluate, extractSliceEvaluate, insertSliceEvaluate, padEvaluate, collapseEvaluate, expandEvaluate],
  ...[reshapeEvaluate, concatEvaluate, dimEvaluate, rankEvaluate, extractEvaluate, insertEvaluate],
  ...[splatEvaluate, fromElementsEvaluate, castEvaluate, bitcastEvaluate],
];
