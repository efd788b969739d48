/** Vectors to and from memory: plain, masked, gathered, and the transfer operations that amount to one of these. */

import * as llvm from "../../dialects/llvm/index.ts";
import { stridesOf } from "../../dialects/memref/types.ts";
import { splatAttribute } from "../../dialects/upstream/constants.ts";
import * as vector from "../../dialects/vector/ops.ts";
import { DenseElementsAttribute } from "../../ir/attributes.ts";
import type { Builder } from "../../ir/builder.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { type ConversionPattern, type ConversionRewriter, convert } from "../../ir/rewrite/conversion.ts";
import { type Refusal, refuse } from "../../ir/rewrite/pattern.ts";
import { dynamic, i1, i64, MemRefType, type Type, VectorType } from "../../ir/types.ts";
import { addressAt, elementAddress } from "./addressing.ts";
import { asVector, broadcastScalar, extractPart, insertPart, splatConstant } from "./building.ts";
import { checkMemrefs, fromMemory, loadValue, storedElement, storeValue, toMemory } from "./memory-patterns.ts";
import { elementAlignment, memoryType } from "./types.ts";

/** Refuses accesses whose lanes are not neighbours in memory. */
function checkNeighbours(operation: Operation, type: MemRefType): Refusal | undefined {
  const problem = checkMemrefs(operation);
  if (problem !== undefined) return problem;
  if (type.element instanceof VectorType) return undefined;
  const last = stridesOf(type)?.strides.at(-1);
  return last === undefined || last === 1 ? undefined : refuse(`neighbouring elements of ${type} are ${last} apart`);
}

/**
 * Visits the innermost vectors of a value that lies in the trailing dimensions of a memref, with their addresses, and rebuilds the
 * value from what `visit` returns.
 */
function eachRow(
  rewriter: ConversionRewriter,
  type: Type,
  address: Value,
  strides: readonly number[],
  element: Type,
  value: Value | undefined,
  visit: (address: Value, type: Type, value: Value | undefined) => Value | undefined,
): Value | undefined {
  if (!(type instanceof llvm.ArrayType)) return visit(address, type, value);
  const [stride = 1, ...rest] = strides;
  let made: Value | undefined;
  for (let position = 0; position < type.count; position++) {
    const at = addressAt(rewriter, address, [position], [stride], element);
    const part = value === undefined ? undefined : extractPart(rewriter, value, position);
    const result = eachRow(rewriter, type.element, at, rest, element, part, visit);
    if (result === undefined) continue;
    made ??= rewriter.build(llvm.undef, { res: type }).res;
    made = insertPart(rewriter, made, result, position);
  }
  return made;
}

/** The strides of the memref's dimensions that a vector's dimensions lie in. */
function rowStrides(type: MemRefType, vectorType: VectorType): readonly number[] {
  const strides = stridesOf(type)?.strides ?? [];
  return type.element instanceof VectorType ? [] : strides.slice(strides.length - vectorType.rank);
}

function readVector(
  rewriter: ConversionRewriter,
  base: Value,
  type: MemRefType,
  indices: readonly Value[],
  result: VectorType,
): Value {
  const element = storedElement(rewriter, type);
  const address = elementAddress(rewriter, base, type, indices, element);
  const converted = rewriter.types.convert(result);
  const strides = rowStrides(type, result);
  return eachRow(rewriter, converted, address, strides, element, undefined, (row, rowType) =>
    loadValue(rewriter, row, rowType),
  )!;
}

function writeVector(
  rewriter: ConversionRewriter,
  value: Value,
  base: Value,
  type: MemRefType,
  indices: readonly Value[],
  vectorType: VectorType,
): void {
  const element = storedElement(rewriter, type);
  const address = elementAddress(rewriter, base, type, indices, element);
  eachRow(rewriter, value.type, address, rowStrides(type, vectorType), element, value, (row, _type, part) => {
    storeValue(rewriter, part!, row);
    return undefined;
  });
}

const lowerLoad = convert(vector.load, "vector-load-to-llvm", (operation, [base, ...indices], rewriter) => {
  const { type } = operation.base;
  const problem = checkNeighbours(operation, type);
  if (problem !== undefined) return problem;
  return rewriter.replace(operation, readVector(rewriter, base!, type, indices, operation.result.type));
});

const lowerStore = convert(vector.store, "vector-store-to-llvm", (operation, [value, base, ...indices], rewriter) => {
  const { type } = operation.base;
  const problem = checkNeighbours(operation, type);
  if (problem !== undefined) return problem;
  writeVector(rewriter, value!, base!, type, indices, operation.valueToStore.type);
  return rewriter.erase(operation);
});

// -------------------------------------------------------------------------------------------------------------- masks

/** Reads the lanes whose mask is set; the others are those of `passThrough`. */
function maskedRead(rewriter: ConversionRewriter, address: Value, mask: Value, passThrough: Value): Value {
  const stored = memoryType(passThrough.type);
  const loaded = rewriter.build(llvm.maskedLoad, {
    data: llvm.asPointer(address),
    mask: asVector(mask),
    pass_thru: [toMemory(rewriter, passThrough)],
    alignment: elementAlignment(stored),
    res: stored,
  }).res;
  return fromMemory(rewriter, loaded, passThrough.type);
}

function maskedWrite(rewriter: ConversionRewriter, value: Value, address: Value, mask: Value): void {
  const stored = toMemory(rewriter, value);
  rewriter.build(llvm.maskedStore, {
    value: stored,
    data: llvm.asPointer(address),
    mask: asVector(mask),
    alignment: elementAlignment(stored.type),
  });
}

const oneDimension = "masked accesses have vectors of one dimension";

const lowerMaskedLoad = convert(vector.maskedLoad, "vector-maskedload-to-llvm", (operation, operands, rewriter) => {
  const { type } = operation.base;
  const problem = checkNeighbours(operation, type);
  if (problem !== undefined) return problem;
  if (operation.result.type.rank !== 1) return refuse(oneDimension);
  const indices = operands.slice(1, 1 + operation.indices.length);
  const [mask, passThrough] = operands.slice(1 + operation.indices.length);
  const address = elementAddress(rewriter, operands[0]!, type, indices, storedElement(rewriter, type));
  return rewriter.replace(operation, maskedRead(rewriter, address, mask!, passThrough!));
});

const lowerMaskedStore = convert(vector.maskedStore, "vector-maskedstore-to-llvm", (operation, operands, rewriter) => {
  const { type } = operation.base;
  const problem = checkNeighbours(operation, type);
  if (problem !== undefined) return problem;
  if (operation.valueToStore.type.rank !== 1) return refuse(oneDimension);
  const indices = operands.slice(1, 1 + operation.indices.length);
  const [mask, value] = operands.slice(1 + operation.indices.length);
  const address = elementAddress(rewriter, operands[0]!, type, indices, storedElement(rewriter, type));
  maskedWrite(rewriter, value!, address, mask!);
  return rewriter.erase(operation);
});

/** The addresses of a vector of element numbers. */
function addressVector(
  rewriter: ConversionRewriter,
  base: Value,
  positions: Value,
  stride: number,
  element: Type,
): Value {
  const { count } = asVector(positions).type;
  const wideType = VectorType.get([count], i64);
  const wide =
    positions.type === wideType ? positions : rewriter.build(llvm.sext, { arg: positions, res: wideType }).res;
  const scaled =
    stride === 1 ? wide : rewriter.build(llvm.mul, { lhs: wide, rhs: splatConstant(rewriter, stride, wideType) }).res;
  return rewriter.build(llvm.getElementPointer, {
    base,
    dynamicIndices: [scaled],
    rawConstantIndices: [llvm.dynamicPosition],
    elem_type: element,
    res: llvm.LlvmVectorType.get(count, llvm.pointer),
  }).res;
}

const lowerGather = convert(vector.gather, "vector-gather-to-llvm", (operation, operands, rewriter) => {
  const { type } = operation.base;
  if (!(type instanceof MemRefType)) return refuse("gathers from tensors must be bufferised first");
  const problem = checkMemrefs(operation);
  if (problem !== undefined) return problem;
  if (operation.result.type.rank !== 1) return refuse(oneDimension);
  const indices = operands.slice(1, 1 + operation.indices.length);
  const [positions, mask, passThrough] = operands.slice(1 + operation.indices.length);
  const element = storedElement(rewriter, type);
  const base = elementAddress(rewriter, operands[0]!, type, indices, element);
  const ptrs = addressVector(rewriter, base, positions!, stridesOf(type)?.strides.at(-1) ?? 1, element);
  const stored = memoryType(passThrough!.type);
  const gathered = rewriter.build(llvm.maskedGather, {
    ptrs,
    mask: asVector(mask!),
    pass_thru: [toMemory(rewriter, passThrough!)],
    alignment: elementAlignment(stored),
    res: stored,
  }).res;
  return rewriter.replace(operation, fromMemory(rewriter, gathered, passThrough!.type));
});

const lowerScatter = convert(vector.scatter, "vector-scatter-to-llvm", (operation, operands, rewriter) => {
  const { type } = operation.base;
  const problem = checkMemrefs(operation);
  if (problem !== undefined) return problem;
  if (operation.valueToStore.type.rank !== 1) return refuse(oneDimension);
  const indices = operands.slice(1, 1 + operation.indices.length);
  const [positions, mask, value] = operands.slice(1 + operation.indices.length);
  const element = storedElement(rewriter, type);
  const base = elementAddress(rewriter, operands[0]!, type, indices, element);
  const ptrs = addressVector(rewriter, base, positions!, stridesOf(type)?.strides.at(-1) ?? 1, element);
  const stored = toMemory(rewriter, value!);
  rewriter.build(llvm.maskedScatter, {
    value: stored,
    ptrs,
    mask: asVector(mask!),
    alignment: elementAlignment(stored.type),
  });
  return rewriter.erase(operation);
});

/** The constant vector 0, 1, 2, …. */
export function stepConstant(builder: Builder, count: number): Value {
  const type = VectorType.get([count], i64);
  const value = DenseElementsAttribute.get(
    type,
    BigInt64Array.from({ length: count }, (_, position) => BigInt(position)),
  );
  return builder.build(llvm.constant, { value, res: type }).res;
}

/** A mask whose first `size` lanes are set. */
export function leadingMask(builder: Builder, count: number, size: Value): Value {
  const rhs = broadcastScalar(builder, size, VectorType.get([count], i64));
  return builder.build(llvm.icmp, { predicate: "slt", lhs: stepConstant(builder, count), rhs }).res;
}

/** A mask with all lanes set. */
function fullMask(builder: Builder, count: number): Value {
  const type = VectorType.get([count], i1);
  return builder.build(llvm.constant, { value: splatAttribute(1, type), res: type }).res;
}

// ---------------------------------------------------------------------------------------------------------- transfers

/** The mask of a transfer of one dimension: what the operation says, and what lies inside the buffer. */
function transferMask(
  rewriter: ConversionRewriter,
  type: MemRefType,
  vectorType: VectorType,
  index: Value,
  isInBounds: boolean,
  mask: Value | undefined,
): Value | Refusal {
  const count = vectorType.count;
  if (isInBounds) return mask ?? fullMask(rewriter, count);
  const size = type.shape.at(-1);
  if (size === undefined || size === dynamic) return refuse("the size of the buffer is not known when compiling");
  const rest = rewriter.build(llvm.sub, { lhs: llvm.llvmInteger(rewriter, size), rhs: index }).res;
  const inside = leadingMask(rewriter, count, rest);
  return mask === undefined ? inside : rewriter.build(llvm.and, { lhs: inside, rhs: mask }).res;
}

const otherTransfers =
  "only transfers along the last dimensions in order are supported here; with a mask or bounds check, of one dimension";

const lowerTransferRead = convert(
  vector.transferRead,
  "vector-transfer-read-to-llvm",
  (operation, operands, rewriter) => {
    const { type } = operation.source;
    if (!(type instanceof MemRefType)) return refuse("transfers from tensors must be bufferised first");
    const problem = checkNeighbours(operation, type);
    if (problem !== undefined) return problem;
    const { permutation_map: map, in_bounds: bounds, result, mask } = operation;
    const count = operation.indices.length;
    const indices = operands.slice(1, 1 + count);
    const isMinor = map.results.every(
      (each, position) => each.kind === "dimension" && each.position === type.rank - map.results.length + position,
    );
    if (!isMinor) return refuse(otherTransfers);
    if (mask === undefined && bounds.every(Boolean)) {
      return rewriter.replace(operation, readVector(rewriter, operands[0]!, type, indices, result.type));
    }
    if (result.type.rank !== 1) return refuse(otherTransfers);
    const lanes = transferMask(rewriter, type, result.type, indices.at(-1)!, bounds[0] ?? false, operands[2 + count]);
    if ("refusal" in lanes) return lanes;
    const converted = rewriter.types.convert(result.type);
    if (!(converted instanceof VectorType)) return refuse(otherTransfers);
    const padding = broadcastScalar(rewriter, operands[1 + count]!, converted);
    const address = elementAddress(rewriter, operands[0]!, type, indices, storedElement(rewriter, type));
    return rewriter.replace(operation, maskedRead(rewriter, address, lanes, padding));
  },
);

const lowerTransferWrite = convert(
  vector.transferWrite,
  "vector-transfer-write-to-llvm",
  (operation, operands, rewriter) => {
    const { type } = operation.source;
    if (!(type instanceof MemRefType)) return refuse("transfers to tensors must be bufferised first");
    const problem = checkNeighbours(operation, type);
    if (problem !== undefined) return problem;
    const { permutation_map: map, in_bounds: bounds, mask } = operation;
    const written = operation.vector;
    const count = operation.indices.length;
    const indices = operands.slice(2, 2 + count);
    const isMinor = map.results.every(
      (each, position) => each.kind === "dimension" && each.position === type.rank - map.results.length + position,
    );
    if (!isMinor) return refuse(otherTransfers);
    if (mask === undefined && bounds.every(Boolean)) {
      writeVector(rewriter, operands[0]!, operands[1]!, type, indices, written.type);
      return rewriter.erase(operation);
    }
    if (written.type.rank !== 1) return refuse(otherTransfers);
    const lanes = transferMask(rewriter, type, written.type, indices.at(-1)!, bounds[0] ?? false, operands[2 + count]);
    if ("refusal" in lanes) return lanes;
    const address = elementAddress(rewriter, operands[1]!, type, indices, storedElement(rewriter, type));
    maskedWrite(rewriter, operands[0]!, address, lanes);
    return rewriter.erase(operation);
  },
);

export const vectorAccessPatterns: readonly ConversionPattern[] = [
  lowerLoad,
  lowerStore,
  lowerMaskedLoad,
  lowerMaskedStore,
  lowerGather,
  lowerScatter,
  lowerTransferRead,
  lowerTransferWrite,
];
