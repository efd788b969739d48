/**
 * The classes of tasks, named after the op that a task is built around. Which class an op belongs to is stated here for
 * the tensor dialect; an op from outside declares it with the `TaskAnchor` interface.
 */
import { OpInterface } from "../../ir/interfaces.ts";
import type { Operation } from "../../ir/operation.ts";

/** From the op that decides how a task is computed to the one that says least: the first present one is the anchor. */
export const anchorClasses = [
  "attention",
  "conv2d",
  "matmul",
  "norm",
  "softmax",
  "reduce",
  "pool",
  "resample",
  "elementwise",
  "move",
] as const;
export type AnchorClass = (typeof anchorClasses)[number];

/** An op says which class of task it anchors. */
export const TaskAnchor = new OpInterface<AnchorClass>("task-anchor");

const reductions = [
  ...["sum", "mean", "max", "min", "prod", "l1", "l2", "log_sum", "log_sum_exp", "sum_square"].map(
    (name) => `reduce_${name}`,
  ),
  ...["argmax", "argmin", "cumsum", "cumprod"],
];

/** Ops of the tensor dialect by class, without the dialect's name; what has the Elementwise trait need not be named. */
const members: { readonly [C in AnchorClass]: readonly string[] } = {
  attention: [],
  conv2d: ["conv2d", "conv_transpose2d"],
  matmul: ["matmul"],
  norm: [
    ...["batch_norm", "layer_norm", "rms_norm", "instance_norm", "group_norm", "lrn", "lp_norm"],
    "mean_variance_norm",
  ],
  softmax: ["softmax", "log_softmax", "hardmax"],
  reduce: reductions,
  pool: ["max_pool2d", "average_pool2d", "lp_pool2d"],
  resample: ["resize", "grid_sample"],
  elementwise: ["quantize_linear", "dequantize_linear"],
  move: [
    ...["static_reshape", "broadcast", "transpose", "slice", "static_pad", "concat", "tile", "depth_to_space"],
    ...["space_to_depth", "reverse", "take", "gather_elements", "gather_nd", "scatter_elements", "scatter_nd"],
    ...["one_hot", "trilu", "top_k", "reverse_sequence"],
  ],
};

const classOfName: ReadonlyMap<string, AnchorClass> = new Map(
  anchorClasses.flatMap((anchor) => members[anchor].map((name) => [`tensor.${name}`, anchor] as const)),
);

/** The class of task that an op can anchor; undefined for ops that belong in no task (constants, upstream's slices, …). */
export function anchorClassOf(operation: Operation): AnchorClass | undefined {
  const { definition } = operation;
  if (definition === undefined) return undefined;
  const declared = TaskAnchor.find(definition.interfaces) ?? classOfName.get(definition.name);
  if (declared !== undefined) return declared;
  return definition.dialect === "tensor" && definition.hasTrait("Elementwise") ? "elementwise" : undefined;
}

/** Whether the ops of a task include what a class is named after; attention is softmax between two products. */
export function containsAnchor(operations: readonly Operation[], anchor: AnchorClass): boolean {
  const classes = operations.map(anchorClassOf);
  if (anchor !== "attention") return classes.includes(anchor);
  const softmax = classes.indexOf("softmax");
  return softmax > classes.indexOf("matmul") && classes.includes("matmul") && classes.lastIndexOf("matmul") > softmax;
}

/** The class of a task of these ops: the strongest that one of them anchors. */
export function strongestAnchor(operations: readonly Operation[]): AnchorClass | undefined {
  return anchorClasses.find((anchor) => containsAnchor(operations, anchor));
}
