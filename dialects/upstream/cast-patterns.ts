/** Canonical forms of casts that change what a type says of its sizes, the same for buffers and tensors. */
import type { AnyDefinition } from "../../ir/context.ts";
import { type Pattern, rewrite } from "../../ir/rewrite/pattern.ts";
import type { Type } from "../../ir/types.ts";

/** cast(x) : T to T -> x, and cast(cast(x)) : T to U to T -> x */
export function needlessCastOf(cast: AnyDefinition, name: string): Pattern {
  return rewrite(cast, name, (operation, rewriter) => {
    const source = operation.operand(0);
    const { type } = operation.onlyResult;
    if (source.type === type) return rewriter.replace(operation, source);
    const inner = source.definer;
    if (!cast.matches(inner) || inner.operand(0).type !== type) return undefined;
    return rewriter.replace(operation, inner.operand(0));
  });
}

/** dim(cast(x), i) -> dim(x, i), where x has a rank */
export function sizeThroughCastOf(
  dim: AnyDefinition,
  cast: AnyDefinition,
  name: string,
  isRanked: (type: Type) => boolean,
): Pattern {
  return rewrite(
    dim,
    name,
    (operation, rewriter) => {
      const { definer } = operation.operand(0);
      if (!cast.matches(definer) || !isRanked(definer.operand(0).type)) return undefined;
      const source = definer.operand(0);
      return rewriter.modify(operation, () => operation.setOperand(0, source));
    },
    { operandDefiners: { 0: cast.name } },
  );
}
