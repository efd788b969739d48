/** What generic passes know about structured operations: on tensors they may run speculatively, if their body may. */
import { type AttachedInterface, ConditionallySpeculatable } from "../../ir/interfaces.ts";
import { MemRefType } from "../../ir/types.ts";
import { linalgOps } from "./ops.ts";

export const linalgInterfaces: readonly AttachedInterface[] = linalgOps.map((definition) =>
  // On buffers they read and write, and may leave them.
  ConditionallySpeculatable.attach(definition, (operation) =>
    operation.operands.some(({ type }) => type instanceof MemRefType) ? "never" : "recursively",
  ),
);
