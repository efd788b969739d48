/** Epilogue slots as MIL ops. What is known to go wrong in Apple's compiler is written another way later (`mil-workarounds`). */
import type { ActivationAttribute, ActivationName, Slots, SurfaceType } from "../../dialects/ane/index.ts";
import * as mil from "../../dialects/mil/index.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { TensorType } from "../../ir/types.ts";
import { alignedTo, type MilBuilder } from "./mil-builder.ts";

type Emit = (to: MilBuilder, x: Value, activation: ActivationAttribute) => Value;

const plain =
  (definition: AnyDefinition): Emit =>
  (to, x) =>
    to.build(definition, { x }, "act");

/** Functions with a required epsilon: 0, since the engine's own rules cover 0. */
const withEpsilon =
  (definition: AnyDefinition): Emit =>
  (to, x) =>
    to.build(definition, { x, epsilon: 0 }, "act");

const activations: Record<ActivationName, Emit> = {
  relu: plain(mil.relu),
  relu6: plain(mil.relu6),
  leaky_relu: (to, x, { alpha }) => to.build(mil.leakyRelu, { x, alpha }, "act"),
  elu: (to, x, { alpha }) => to.build(mil.elu, { x, alpha }, "act"),
  thresholded_relu: (to, x, { alpha }) => to.build(mil.thresholdedRelu, { x, alpha }, "act"),
  // a limit that is infinite is none
  clip: (to, x, { alpha, beta }) => {
    if (beta === Number.POSITIVE_INFINITY) return to.build(mil.maximum, { x, y: to.scalar(alpha, "low") }, "act");
    if (alpha === Number.NEGATIVE_INFINITY) return to.build(mil.minimum, { x, y: to.scalar(beta, "high") }, "act");
    return to.build(mil.clip, { x, alpha, beta }, "act");
  },
  sigmoid: plain(mil.sigmoid),
  sigmoid_hard: (to, x, { alpha, beta }) => to.build(mil.sigmoidHard, { x, alpha, beta }, "act"),
  tanh: plain(mil.tanh),
  scaled_tanh: (to, x, { alpha, beta }) => to.build(mil.scaledTanh, { x, alpha, beta }, "act"),
  gelu: (to, x) => to.build(mil.gelu, { x, mode: "EXACT" }, "act"),
  gelu_tanh: (to, x) => to.build(mil.gelu, { x, mode: "TANH_APPROXIMATION" }, "act"),
  silu: plain(mil.silu),
  softplus: plain(mil.softplus),
  softsign: plain(mil.softsign),
  erf: plain(mil.erf),
  exp: plain(mil.exp),
  exp2: plain(mil.exp2),
  log: withEpsilon(mil.log),
  sqrt: plain(mil.sqrt),
  rsqrt: withEpsilon(mil.rsqrt),
  inverse: withEpsilon(mil.inverse),
  square: plain(mil.square),
  abs: plain(mil.abs),
  sign: plain(mil.sign),
  floor: plain(mil.floor),
  ceil: plain(mil.ceil),
  round: plain(mil.round),
  sin: plain(mil.sin),
  cos: plain(mil.cos),
  atan: plain(mil.atan),
};

/** x·constant */
export function timesConstant(to: MilBuilder, x: Value, gain: Value<SurfaceType>, suffix: string): Value {
  const rank = x.type instanceof TensorType ? x.type.rank : 0;
  return to.build(mil.mul, { x, y: to.laidOut(gain, "gain", alignedTo(rank)) }, suffix);
}

/** The slots of a task behind its core, in order. */
export function emitSlots(to: MilBuilder, task: Operation & Slots, core: Value): Value {
  const { gain, offset, pre_activation, post_activation, transpose } = task;
  let value = core;
  if (pre_activation !== undefined) value = activations[pre_activation.function](to, value, pre_activation);
  if (gain !== undefined) value = timesConstant(to, value, gain, "scaled");
  if (offset !== undefined) {
    const rank = value.type instanceof TensorType ? value.type.rank : 0;
    value = to.build(mil.add, { x: value, y: to.laidOut(offset, "bias", alignedTo(rank)) }, "biased");
  }
  if (post_activation !== undefined) value = activations[post_activation.function](to, value, post_activation);
  return transpose === undefined ? value : to.build(mil.transpose, { x: value, perm: transpose }, "transposed");
}
