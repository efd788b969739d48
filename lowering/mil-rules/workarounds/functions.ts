/** Workarounds for functions of elements, and for products with numbers. */
import * as mil from "../../../dialects/mil/index.ts";
import { DenseElementsAttribute } from "../../../ir/attributes.ts";
import { type Pattern, rewrite } from "../../../ir/rewrite/pattern.ts";
import { TensorType } from "../../../ir/types.ts";
import { isGuardedRound, isLimited, reductions, roundedTimesScalar, roundLimit } from "../rules/computation.ts";
import { constantNumber, definerOf, Statement, sizesOf } from "../statement.ts";
import { needed, Steps } from "./steps.ts";

// square(x) -> mul(x, x)
export const squareAsProduct = rewrite(mil.square, "square-as-product", (operation, rewriter) => {
  const steps = new Steps(operation, rewriter);
  return steps.replaceBy(steps.build(mil.mul, { x: operation.x, y: operation.x }));
});

// round(x) -> select(less(abs(x), 1024), round(x), x)
export const guardedRound = rewrite(mil.round, "guarded-round", (operation, rewriter) => {
  if (isGuardedRound(new Statement(operation))) return undefined;
  const { x } = operation;
  const steps = new Steps(operation, rewriter);
  const magnitude = steps.build(mil.abs, { x }, "magnitude");
  const cond = steps.build(mil.less, { x: magnitude, y: steps.scalar(roundLimit, "limit", x) }, "small");
  const rounded = steps.build(mil.round, { x }, "rounded");
  return steps.replaceBy(steps.build(mil.select, { cond, a: rounded, b: x }));
});

/** Above, softplus x is x to the last place of fp16. */
const softplusBend = 10;

// softplus(x) -> softplus(minimum(x, 10)) + relu(x - 10)
export const softplusInTwo = rewrite(mil.softplus, "softplus-in-two", (operation, rewriter) => {
  const { x } = operation;
  if (isLimited(definerOf(x))) return undefined;
  const steps = new Steps(operation, rewriter);
  const low = steps.build(mil.minimum, { x, y: steps.scalar(softplusBend, "limit", x) }, "low");
  const curve = steps.build(mil.softplus, { x: low }, "curve");
  const above = steps.build(mil.add, { x, y: steps.scalar(-softplusBend, "shift", x) }, "above");
  const line = steps.build(mil.relu, { x: above }, "line");
  return steps.replaceBy(steps.build(mil.add, { x: curve, y: line }));
});

// mul(floor(x), k) -> mul(floor(x), [k, k, …])
export const roundingTimesScalar = rewrite(mil.mul, "rounding-times-scalar", (operation, rewriter) => {
  const side = roundedTimesScalar(new Statement(operation));
  const { type } = operation.result;
  if (side === undefined || !(type instanceof TensorType) || type.count === 1) return undefined;
  const number = constantNumber(operation[side.scalar]);
  if (number === undefined) return undefined;
  const steps = new Steps(operation, rewriter);
  const whole = steps.constant(DenseElementsAttribute.splat(type, number), "factors");
  const other = side.scalar === "x" ? operation.y : operation.x;
  return steps.replaceBy(steps.build(mil.mul, { x: other, y: whole }));
});

// mul(reduce(x), 0) -> sub(reduce(x), reduce(x))
export const reductionTimesZero = rewrite(mil.mul, "reduction-times-zero", (operation, rewriter) => {
  const [zero, other] = constantNumber(operation.x) === 0 ? [operation.x, operation.y] : [operation.y, operation.x];
  if (constantNumber(zero) !== 0 || !reductions.includes(definerOf(other)?.mnemonic ?? "")) return undefined;
  const shape = sizesOf(operation.result);
  if (String(shape) !== String(sizesOf(other))) return undefined;
  const steps = new Steps(operation, rewriter);
  return steps.replaceBy(steps.build(mil.sub, { x: other, y: other }));
});

// log(x) -> log(x, epsilon = the default)
const withEpsilon = (definition: typeof mil.log): Pattern =>
  rewrite(definition, "epsilon-given", (operation, rewriter) => {
    const statement = new Statement(operation);
    if (statement.value("epsilon") !== undefined) return undefined;
    const steps = new Steps(operation, rewriter);
    // Smaller than what fp16 holds, MIL's defaults of log and rsqrt become 0.
    const epsilon = Math.f16round(statement.number("epsilon") ?? 0);
    return steps.replaceBy(steps.build(definition, { x: needed(operation.x), epsilon }));
  });

export const functionPatterns: readonly Pattern[] = [
  squareAsProduct,
  guardedRound,
  softplusInTwo,
  roundingTimesScalar,
  reductionTimesZero,
  ...[mil.log, mil.rsqrt, mil.inverse].map(withEpsilon),
];
