/** The form in which the files of this folder state what each tensor op becomes. */
import type { AnyDefinition } from "../../ir/context.ts";
import type { Accessors, Fields, OperationDefinition } from "../../ir/declaration.ts";
import type { AttachedInterface } from "../../ir/interfaces.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import type { Refusal } from "../../ir/rewrite/pattern.ts";
import type { Rewriter } from "../../ir/rewrite/rewriter.ts";
import { LowerToLinalg } from "./interface.ts";

/** The lowering of one op: `operands` by position, in storage types. */
export function lowering<F extends Fields>(
  definition: OperationDefinition<F>,
  build: (
    operation: Operation & Accessors<F>,
    operands: readonly Value[],
    rewriter: Rewriter,
  ) => readonly Value[] | Refusal,
): AttachedInterface {
  const attachable: AnyDefinition = definition;
  return LowerToLinalg.attach(attachable, (operation, operands, rewriter) =>
    build(definition.cast(operation), operands, rewriter),
  );
}
