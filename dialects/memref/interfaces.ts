import {
  type AttachedInterface,
  CarriesValues,
  RegionBranch,
  SlotAccess,
  SlotAllocation,
} from "../../ir/interfaces.ts";
import { FloatType, IndexType, IntegerType, MemRefType, type Type } from "../../ir/types.ts";
import { scalarConstant } from "../arith/build.ts";
import { dimInterfaces } from "../upstream/dim-interfaces.ts";
import { alloca, allocaScope, dim, load, store } from "./ops.ts";

/** Whether a buffer of this type is one value that a constant can stand for before the first store. */
function isOneValue(type: Type): type is MemRefType {
  if (!(type instanceof MemRefType) || !type.isStatic || type.shape.some((size) => size !== 1)) return false;
  const { element } = type;
  return element instanceof IntegerType || element instanceof FloatType || element instanceof IndexType;
}

export const memrefInterfaces: readonly AttachedInterface[] = [
  SlotAllocation.attach(alloca, {
    slots: (operation) => {
      const pointer = operation.onlyResult;
      return isOneValue(pointer.type) ? [{ pointer, type: pointer.type.element }] : [];
    },
    initialValue: (_operation, slot, builder) => scalarConstant(builder, 0, slot.type),
  }),
  SlotAccess.attach(load, (operation, slot) =>
    operation.operand(0) === slot.pointer ? { kind: "load", result: operation.onlyResult } : undefined,
  ),
  SlotAccess.attach(store, (operation, slot) => {
    const { value, memref } = store.cast(operation);
    return memref === slot.pointer && value !== slot.pointer ? { kind: "store", value } : undefined;
  }),
  RegionBranch.attach(allocaScope, (operation, source) => {
    const [region] = operation.regions;
    if (region === undefined) return [];
    return source === operation
      ? [{ target: region, operands: { start: 0, count: 0 }, inputs: [] }]
      : [{ target: undefined, operands: { start: 0, count: source.operandCount }, inputs: operation.results }];
  }),
  CarriesValues.attach(allocaScope, {}),
  ...dimInterfaces(dim),
];
