/** What each activation computes, as tensor ops on f32: the special values are the engine's (`numerics.ts`). */
import type { AnyDefinition } from "../../../ir/context.ts";
import type { Value } from "../../../ir/operation.ts";
import * as tensor from "../../tensor/ops.ts";
import type { ActivationAttribute, ActivationName } from "../activation.ts";
import { type EngineSteps, half, type Wide } from "./steps.ts";

type Function = (steps: EngineSteps, x: Value, parameters: ActivationAttribute) => Value;

const plain =
  (definition: AnyDefinition): Function =>
  (steps, input) =>
    steps.build(definition, { input });

/** `special` where x is one of the zeros. */
function unlessZero(steps: EngineSteps, x: Value, special: number, otherwise: Value): Value {
  const condition = steps.build(tensor.equal, { lhs: x, rhs: steps.scalar(0) });
  return steps.build(tensor.select, { condition, lhs: steps.scalar(special), rhs: otherwise });
}

const functions: Record<ActivationName, Function> = {
  relu: plain(tensor.relu),
  relu6: (steps, input) => steps.build(tensor.clip, { input, min: 0, max: 6 }),
  leaky_relu: (steps, input, { alpha }) => steps.build(tensor.leakyRelu, { input, alpha: half(alpha) }),
  elu: (steps, input, { alpha }) => steps.build(tensor.elu, { input, alpha: half(alpha) }),
  thresholded_relu: (steps, input, { alpha }) => steps.build(tensor.thresholdedRelu, { input, alpha: half(alpha) }),
  clip: (steps, input, { alpha, beta }) => steps.build(tensor.clip, { input, min: half(alpha), max: half(beta) }),
  sigmoid: plain(tensor.sigmoid),
  sigmoid_hard: (steps, input, { alpha, beta }) =>
    steps.build(tensor.hardSigmoid, { input, alpha: half(alpha), beta: half(beta) }),
  tanh: plain(tensor.tanh),
  scaled_tanh: (steps, x, { alpha, beta }) => {
    const input = steps.build(tensor.mul, { lhs: x, rhs: steps.scalar(half(beta)) });
    return steps.build(tensor.mul, { lhs: steps.build(tensor.tanh, { input }), rhs: steps.scalar(half(alpha)) });
  },
  gelu: plain(tensor.gelu),
  gelu_tanh: (steps, input) => steps.build(tensor.gelu, { input, approximate: "tanh" }),
  silu: plain(tensor.silu),
  softplus: plain(tensor.softplus),
  // inf/inf is +0 to the engine
  softsign: (steps, x) => {
    const divisor = steps.build(tensor.add, { lhs: steps.build(tensor.abs, { input: x }), rhs: steps.scalar(1) });
    return steps.build(tensor.div, { lhs: x, rhs: divisor });
  },
  erf: plain(tensor.erf),
  exp: plain(tensor.exp),
  exp2: (steps, x) => {
    const input = steps.build(tensor.mul, { lhs: x, rhs: steps.scalar(Math.LN2) });
    return steps.build(tensor.exp, { input });
  },
  log: (steps, input) => unlessZero(steps, input, steps.rules.logOfZero, steps.build(tensor.log, { input })),
  sqrt: plain(tensor.sqrt),
  rsqrt: (steps, input) => unlessZero(steps, input, Number.POSITIVE_INFINITY, steps.build(tensor.rsqrt, { input })),
  inverse: (steps, input) =>
    unlessZero(steps, input, Number.POSITIVE_INFINITY, steps.build(tensor.reciprocal, { input })),
  square: (steps, x) => steps.build(tensor.mul, { lhs: x, rhs: x }),
  abs: plain(tensor.abs),
  sign: plain(tensor.sign),
  floor: plain(tensor.floor),
  ceil: plain(tensor.ceil),
  // sign(x)·⌊|x| + ½⌋, exact in f32 for values of f16
  round: (steps, input) => {
    const magnitude = steps.build(tensor.add, { lhs: steps.build(tensor.abs, { input }), rhs: steps.scalar(0.5) });
    const whole = steps.build(tensor.floor, { input: magnitude });
    return steps.build(tensor.mul, { lhs: steps.build(tensor.sign, { input }), rhs: whole });
  },
  sin: plain(tensor.sin),
  cos: plain(tensor.cos),
  atan: plain(tensor.atan),
};

/** Applies an activation slot; functions that commute with rounding leave it to a later step. */
export function applyActivation(steps: EngineSteps, wide: Wide, activation: ActivationAttribute): Wide {
  const compute = functions[activation.function];
  if (activation.facts.exact) return { value: compute(steps, wide.value, activation), settled: wide.settled };
  return { value: compute(steps, steps.settle(wide).value, activation), settled: false };
}
