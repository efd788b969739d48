/** Workarounds for ops that move elements, and for how constants are written. */
import * as mil from "../../../dialects/mil/index.ts";
import type { Value } from "../../../ir/operation.ts";
import { type Pattern, rewrite } from "../../../ir/rewrite/pattern.ts";
import type { Facts } from "../rule.ts";
import { engineFactors, inlineFindings, isEngineFactor, namedParameterOps } from "../rules/movement.ts";
import { definerOf, Statement } from "../statement.ts";
import { Steps } from "./steps.ts";

// tile(x, 6) -> tile(tile(x, 2), 3); tile(x, 5) -> concat(x, x, x, x, x)
const tileInSteps = rewrite(mil.tile, "tile-factors", (operation, rewriter) => {
  const counts = new Statement(operation).numbers("reps");
  if (counts === undefined || counts.every((count) => count === 1 || isEngineFactor(count))) return undefined;
  const steps = new Steps(operation, rewriter);
  let value: Value = operation.x;
  for (const [axis, count] of counts.entries()) {
    let rest = count;
    for (const factor of engineFactors) {
      for (; rest % factor === 0; rest /= factor) {
        const reps = counts.map((_, position) => (position === axis ? factor : 1));
        value = steps.build(mil.tile, { x: value, reps }, `by${factor}`);
      }
    }
    if (rest === 1) continue;
    const values = new Array(rest).fill(value);
    value = steps.build(mil.concat, { values, axis, interleave: false }, "copies");
  }
  return value === operation.x ? undefined : steps.replaceBy(value);
});

// concat(x, axis) -> x; concat(…, axis = -1) -> concat(…, axis = rank - 1)
const plainConcat = rewrite(mil.concat, "plain-concat", (operation, rewriter) => {
  const statement = new Statement(operation);
  const axis = statement.number("axis") ?? 0;
  const { values } = operation;
  const [first] = values;
  if (first === undefined || (axis >= 0 && values.length > 1)) return undefined;
  if (values.length === 1) return rewriter.replace(operation, first);
  const rank = statement.sizes("values")?.length ?? 0;
  const steps = new Steps(operation, rewriter);
  const interleave = statement.flag("interleave") ?? false;
  return steps.replaceBy(steps.build(mil.concat, { values, axis: axis + rank, interleave }));
});

// matmul(transpose_y = bool(true)) -> bool f = const(true); matmul(transpose_y = f)
const namedParameters = (root: string): Pattern => ({
  name: "named-parameters",
  root,
  benefit: 1,
  apply: (operation, rewriter) => {
    const statement = new Statement(operation);
    const names = inlineFindings(statement);
    for (const name of names) {
      const constant = definerOf(statement.value(name))?.operation;
      if (mil.constant.matches(constant)) rewriter.modify(constant, () => constant.properties.delete("inline"));
    }
    return names.length === 0 ? undefined : true;
  },
});

export const movementPatterns = ({ route }: Facts): readonly Pattern[] => [
  tileInSteps,
  plainConcat,
  ...(route === "objc" ? namedParameterOps.map((mnemonic) => namedParameters(`mil.${mnemonic}`)) : []),
];
