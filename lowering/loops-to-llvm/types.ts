/**
 * How types of the loops level become types of LLVM: `index` is 64 bits wide, a memref is one pointer to its first element (sizes and
 * strides are known when compiling), bf16 is its bit pattern, a vector of several dimensions is an array of vectors, and what
 * lies in memory takes whole bytes.
 */
import * as llvm from "../../dialects/llvm/index.ts";
import { stridesOf } from "../../dialects/memref/types.ts";
import type { Value } from "../../ir/operation.ts";
import { TypeConverter } from "../../ir/rewrite/conversion.ts";
import {
  dynamic,
  FloatType,
  IndexType,
  IntegerType,
  i8,
  i64,
  MemRefType,
  type Type,
  VectorType,
} from "../../ir/types.ts";

/** Why a memref cannot be a bare pointer; undefined where it can. */
export function memrefProblem(type: MemRefType): string | undefined {
  const layout = stridesOf(type);
  if (layout === undefined) return `the layout of ${type} is not strided`;
  if (layout.strides.includes(dynamic)) return `the strides of ${type} are not known when compiling`;
  return undefined;
}

function convertScalar(type: Type): Type | undefined {
  if (type instanceof IndexType) return i64;
  if (type instanceof IntegerType) return IntegerType.get(type.width);
  if (type instanceof FloatType && (type.kind === "bf16" || type.width === 8)) return IntegerType.get(type.width);
  return undefined;
}

/** A vector as LLVM has it: of one dimension, or an array of such. */
function convertVector(type: VectorType): Type {
  const element = convertScalar(type.element) ?? type.element;
  const [last = 1, ...outer] = [...type.shape].reverse();
  const vector: Type = VectorType.get([last], element, type.rank === 0 ? [] : type.scalable.slice(-1));
  return outer.reduce<Type>((inner, count) => llvm.ArrayType.get(count, inner), vector);
}

/** The type converter of the conversion. */
export function llvmTypeConverter(): TypeConverter {
  return new TypeConverter().add((type) => {
    if (type instanceof MemRefType) return memrefProblem(type) === undefined ? llvm.pointer : undefined;
    if (type instanceof VectorType) return convertVector(type);
    return convertScalar(type);
  });
}

/** The type that a converted scalar or vector has in memory: truth values and narrow integers take a byte each. */
export function memoryType(type: Type): Type {
  if (type instanceof IntegerType && type.width < 8) return i8;
  if (type instanceof VectorType) return VectorType.get(type.shape, memoryType(type.element), type.scalable);
  if (type instanceof llvm.ArrayType) return llvm.ArrayType.get(type.count, memoryType(type.element));
  return type;
}

/** Bytes that a value of an LLVM type takes in memory. */
export function byteSize(type: Type): number {
  if (type instanceof IntegerType || type instanceof FloatType) return Math.max(1, type.width / 8);
  if (type instanceof VectorType) return type.count * byteSize(type.element);
  if (type instanceof llvm.ArrayType) return type.count * byteSize(type.element);
  if (type instanceof llvm.PointerType) return 8;
  throw new Error(`the size of ${type} is not known`);
}

/** The size of one element, to which every access is aligned. */
export function elementAlignment(type: Type): number {
  if (type instanceof VectorType || type instanceof llvm.ArrayType) return elementAlignment(type.element);
  return byteSize(type);
}

/** The float type that an element type has for arithmetic: f32 for bf16. */
export function isBf16(type: Type): boolean {
  return type instanceof VectorType ? isBf16(type.element) : type instanceof FloatType && type.kind === "bf16";
}

export function isVectorValue(value: Value): value is Value<VectorType> {
  return value.type instanceof VectorType;
}
