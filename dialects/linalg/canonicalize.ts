/** Canonical forms of structured ops: copies element by element go. */
import { type Pattern, rewrite } from "../../ir/rewrite/pattern.ts";
import { TensorType } from "../../ir/types.ts";
import { generic, yieldOperation } from "./ops.ts";

/** generic(x) that yields its inputs, each point at its own place -> x */
const elementwiseCopy = rewrite(generic, "elementwise-copy", (operation, rewriter) => {
  const block = operation.region.entry;
  const last = block?.last;
  if (block === undefined || block.first !== last || !yieldOperation.matches(last)) return undefined;
  if (operation.results.length === 0 || operation.results.length !== last.inputs.length) return undefined;
  if (!operation.indexing_maps.every((map) => map.isIdentity)) return undefined;
  const values = last.inputs.map((value) => {
    const at = block.arguments.findIndex((argument) => Object.is(argument, value));
    return at < 0 ? undefined : operation.operand(at);
  });
  const isSame = values.every(
    (value, at) => value?.type instanceof TensorType && value.type === operation.results[at]?.type,
  );
  return isSame
    ? rewriter.replace(
        operation,
        values.filter((value) => value !== undefined),
      )
    : undefined;
});

export const linalgCanonicalization: readonly Pattern[] = [elementwiseCopy];
