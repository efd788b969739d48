/**
 * Addresses: a memref is the address of its first element, so an access adds the indices times the strides. What is known when
 * compiling is collected into a constant behind the rest, so that neighbouring accesses share the part that varies.
 */
import * as llvm from "../../dialects/llvm/index.ts";
import { stridesOf } from "../../dialects/memref/types.ts";
import type { MixedIndex } from "../../dialects/upstream/constraints.ts";
import type { Builder } from "../../ir/builder.ts";
import type { Value } from "../../ir/operation.ts";
import type { MemRefType, Type } from "../../ir/types.ts";
import { constantOfValue, plus, timesConstant } from "./building.ts";

/** An index as what varies plus what is known. */
function split(index: MixedIndex): { readonly variable: Value | undefined; readonly constant: number } {
  if (typeof index === "number") return { variable: undefined, constant: index };
  const known = constantOfValue(index);
  if (known !== undefined) return { variable: undefined, constant: Number(known) };
  const { definer } = index;
  if (llvm.add.matches(definer)) {
    const right = constantOfValue(definer.rhs);
    if (right !== undefined) {
      const inner = split(definer.lhs);
      return { variable: inner.variable, constant: inner.constant + Number(right) };
    }
  }
  return { variable: index, constant: 0 };
}

/** The address `distance` elements behind `base`; numbers stay constants. */
function advance(builder: Builder, base: Value, distance: Value | number, element: Type, inbounds: boolean): Value {
  return builder.build(llvm.getElementPointer, {
    base,
    dynamicIndices: typeof distance === "number" ? [] : [distance],
    rawConstantIndices: [typeof distance === "number" ? distance : llvm.dynamicPosition],
    elem_type: element,
    inbounds: inbounds ? true : undefined,
    res: llvm.pointer,
  }).res;
}

/** The address of the element at `indices` (of converted type), steps being `strides` elements. */
export function addressAt(
  builder: Builder,
  base: Value,
  indices: readonly MixedIndex[],
  strides: readonly number[],
  element: Type,
): Value {
  let constant = 0;
  let variable: Value | undefined;
  for (const [axis, index] of indices.entries()) {
    const stride = strides[axis]!;
    const parts = split(index);
    constant += parts.constant * stride;
    if (parts.variable !== undefined && stride !== 0) {
      variable = plus(builder, variable, timesConstant(builder, parts.variable, stride));
    }
  }
  // With two steps the place between them may lie outside the buffer, so only a single one is called inbounds.
  const isSingle = variable === undefined || constant === 0;
  const moved = variable === undefined ? base : advance(builder, base, variable, element, isSingle);
  if (constant === 0) return moved;
  if (Math.abs(constant) < 2 ** 30) return advance(builder, moved, constant, element, isSingle);
  return advance(builder, moved, llvm.llvmInteger(builder, constant), element, isSingle);
}

/** The address of an element of a memref whose strides are known. */
export function elementAddress(
  builder: Builder,
  base: Value,
  type: MemRefType,
  indices: readonly MixedIndex[],
  element: Type,
): Value {
  const layout = stridesOf(type);
  if (layout === undefined) throw new Error(`${type} has no strides`);
  return addressAt(builder, base, indices, layout.strides, element);
}
