/**
 * Rules of the engine: a task ends in slots that come in a fixed order, each with at most one live operand (aneforge.md
 * 5.5): texture, broadcast, pre-activation, gain and offset (GOC: one live, one constant operand), post-activation, transpose,
 * quantisation. An op joins a task if its result is the task's only one so far, nothing else uses it, and a slot at or
 * behind the last taken one fits. Elementwise ops on two live operands, concat and attention are barriers.
 */
import { anchorClassOf } from "../../dialects/fused/anchors.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { isRefusal, type Refusal, refuse } from "../../ir/rewrite/pattern.ts";
import { IntegerType, i1, TensorType } from "../../ir/types.ts";
import { type FusionRule, type FusionRules, isConstantValue, liveOperands, type Proposal, shapeOf } from "./rules.ts";

/** In the order in which the engine applies them; an epilogue is a sequence that never goes back. */
export const slots = [
  "texture",
  "broadcast",
  "pre-activation",
  "gain",
  "offset",
  "post-activation",
  "transpose",
  "quant",
] as const;
export type Slot = (typeof slots)[number];

/** Functions of one operand that the activation unit has. */
const activations: ReadonlySet<string> = new Set(
  [
    ...["relu", "leaky_relu", "elu", "thresholded_relu", "clip", "sigmoid", "hard_sigmoid", "tanh", "gelu", "silu"],
    ...["softplus", "softsign", "erf", "exp", "log", "sqrt", "rsqrt", "reciprocal", "abs", "sign", "floor", "ceil"],
    ...["round", "sin", "cos", "atan", "hard_swish", "swish"],
  ].map((name) => `tensor.${name}`),
);

/** Whether a constant has one number, or one per element of a single dimension of `target`. */
function isPerChannel(constant: Value, target: Value): boolean {
  const [shape, sizes] = [shapeOf(constant), shapeOf(target)];
  const shift = sizes.length - shape.length;
  if (shift < 0) return false;
  const broadcasts = shape.every((size, axis) => size === 1 || size === sizes[axis + shift]);
  return broadcasts && shape.filter((size) => size !== 1).length <= 1;
}

/** What an op needs in an epilogue: the slots that could hold it, or why none does. */
function wantedSlots(operation: Operation): readonly Slot[] | Refusal {
  const { name } = operation;
  if (activations.has(name)) return ["pre-activation", "post-activation"];
  if (name === "tensor.transpose") return ["transpose"];
  if (name === "tensor.quantize_linear") return ["quant"];
  if (name === "tensor.broadcast") return ["broadcast"];
  if (name === "tensor.concat") return refuse("concat is a barrier: its pieces come from several tasks");
  const live = liveOperands(operation);
  const arithmetic = name === "tensor.add" || name === "tensor.sub" || name === "tensor.mul" || name === "tensor.div";
  if (!arithmetic) return refuse(`no slot holds '${name}'`);
  if (live.length > 1) return refuse("it works on two live operands, which is a barrier: each slot takes one");
  const constant = operation.operands.find(isConstantValue);
  if (constant === undefined || !isPerChannel(constant, operation.onlyResult)) {
    return refuse("its constant is not one number, or one per element of a single dimension");
  }
  const isConstantFirst = operation.operand(0) === constant;
  if (isConstantFirst && name === "tensor.div") return refuse("a constant divided by the task's result is no gain");
  return name === "tensor.mul" || name === "tensor.div" ? ["gain"] : ["offset"];
}

/** Puts the ops behind a task's anchor into slots, in order; the refusal of the first that fits nowhere. */
export function assignSlots(epilogue: readonly Operation[]): ReadonlyMap<Operation, Slot> | Refusal {
  const assigned = new Map<Operation, Slot>();
  let next = 0;
  for (const [position, operation] of epilogue.entries()) {
    const wanted = wantedSlots(operation);
    if (isRefusal(wanted)) return wanted;
    const candidates = wanted.filter((slot) => slots.indexOf(slot) >= next);
    // The first activation waits for gain and offset only where these follow it.
    const gocFollows = epilogue.slice(position + 1).some((later) => {
      const slot = wantedSlots(later);
      return !isRefusal(slot) && (slot.includes("gain") || slot.includes("offset"));
    });
    const slot = candidates.length > 1 && !gocFollows ? candidates.at(-1) : candidates[0];
    if (slot === undefined) {
      const taken = [...assigned.values()].at(-1);
      return refuse(`the ${wanted.join(" or ")} slot comes before ${taken}, which is taken`);
    }
    assigned.set(operation, slot);
    next = slots.indexOf(slot) + 1;
  }
  return assigned;
}

function isOfIntegers({ type }: Value): boolean {
  return type instanceof TensorType && type.element instanceof IntegerType && type.element !== i1;
}

/** A task of two live operands, or of a class that is a barrier, has no slots behind it. */
function reasonAgainstEpilogue({ task, anchor }: Proposal): Refusal | undefined {
  if (anchor === "attention") return refuse("attention is a barrier: it is cut out as a segment of its own");
  const [first] = task.operations;
  if (first?.name === "tensor.concat") return refuse("concat is a barrier");
  if (first?.name === "tensor.convert" && isOfIntegers(first.operand(0))) {
    return refuse("the engine has no integers: the host converts them, and nothing joins that");
  }
  const isJoin = anchor === "elementwise" && first !== undefined && liveOperands(first).length > 1;
  return isJoin ? refuse("an elementwise op on two live operands is a barrier: it has no slots behind it") : undefined;
}

const epilogue: FusionRule = {
  name: "epilogue-slots",
  doc: "An op joins the task before it if a slot at or behind the last taken one holds it.",
  joins: "consumer",
  judge: (proposal) => {
    const { task, operation, value } = proposal;
    const own = anchorClassOf(operation);
    if (own !== "elementwise" && own !== "move") return undefined;
    const wanted = wantedSlots(operation);
    if (isRefusal(wanted)) return wanted;
    if (!value.hasOneUse) return refuse("the task's result is used elsewhere too, and a task has one result");
    const barrier = reasonAgainstEpilogue(proposal);
    if (barrier !== undefined) return barrier;
    const steps = assignSlots([...task.operations.slice(1), operation]);
    return isRefusal(steps) ? steps : true;
  },
};

export const aneRules: FusionRules = { device: "ane", rules: [epilogue], attention: true };
