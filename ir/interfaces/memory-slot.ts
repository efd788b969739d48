/**
 * Memory slots: memory that holds one value, whose reads and writes may become SSA values (`mem2reg`). The allocation says
 * which slots it makes; each operation that uses the slot's pointer says how.
 */
import type { Builder } from "../builder.ts";
import type { Operation, Value } from "../operation.ts";
import type { Type } from "../types.ts";
import { OpInterface } from "./op-interface.ts";

/** Memory for one value of `type`, reached through `pointer`. */
export interface MemorySlot {
  readonly pointer: Value;
  readonly type: Type;
}

export interface SlotAllocationImplementation {
  /** The slots that may be promoted, before their uses are looked at. */
  readonly slots: (operation: Operation) => readonly MemorySlot[];
  /** Builds what is read before anything was written; undefined where there is no such value (then: not promoted). */
  readonly initialValue: (operation: Operation, slot: MemorySlot, builder: Builder) => Value | undefined;
}
/** An allocation of slots without effects of its own: it is erased when its slots are promoted. */
export const SlotAllocation = new OpInterface<SlotAllocationImplementation>("slot-allocation");

/** What one operation does to a slot whose pointer is among its operands. */
export type SlotUse =
  | { readonly kind: "load"; readonly result: Value }
  | { readonly kind: "store"; readonly value: Value }
  /** May be erased together with the slot (lifetime markers, debug declarations). */
  | { readonly kind: "removable" };

/** How an operation uses a slot; undefined where it keeps the slot from being promoted. */
export const SlotAccess = new OpInterface<(operation: Operation, slot: MemorySlot) => SlotUse | undefined>(
  "slot-access",
);
