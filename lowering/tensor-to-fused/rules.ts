/**
 * Fusion rules: small named statements of which op may join which task, as data. A device is a list of them; the first
 * rule that has an opinion on a pair decides, and what it refuses is remarked with its reason.
 */
import { type AnchorClass, anchorClassOf } from "../../dialects/fused/anchors.ts";
import { constantOf } from "../../ir/effects.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import type { Refusal } from "../../ir/rewrite/pattern.ts";
import { ShapedType, TensorType } from "../../ir/types.ts";
import type { Group } from "./group-graph.ts";

/** An op that could join a task. */
export interface Proposal {
  readonly task: Group;
  readonly anchor: AnchorClass;
  /** The op that would join, and the group that it is in. */
  readonly operation: Operation;
  readonly group: Group;
  /** What links them: a result of the task that the op uses, or the op's result that the task uses. */
  readonly value: Value;
}

/** `true`: joins. A refusal: stays apart, for a reason. undefined: the rule does not apply. */
export type Verdict = true | Refusal | undefined;

export interface FusionRule {
  readonly name: string;
  readonly doc: string;
  /** Whether the op follows the task (`consumer`) or feeds it (`producer`). */
  readonly joins: "consumer" | "producer";
  readonly judge: (proposal: Proposal) => Verdict;
}

/** How ops are grouped for a device. */
export interface FusionRules {
  readonly device: string;
  readonly rules: readonly FusionRule[];
  /** Whether softmax between two matrix products is one task. */
  readonly attention: boolean;
}

/** Whether a value is a constant, or computed from constants alone. */
export function isConstantValue(value: Value): boolean {
  return constantOf(value) !== undefined;
}

/** The operands of an op that are not constants. */
export function liveOperands(operation: Operation): Value[] {
  return operation.operands.filter((value) => !isConstantValue(value));
}

export function shapeOf(value: Value): readonly number[] {
  return value.type instanceof TensorType ? value.type.shape : [];
}

export function sameShape(a: Value, b: Value): boolean {
  return shapeOf(a).join() === shapeOf(b).join();
}

export function shapeText(value: Value): string {
  return value.type instanceof ShapedType ? `[${value.type.shape.join(", ")}]` : `${value.type}`;
}

const elementwiseByName: ReadonlySet<string> = new Set([
  "tensor.batch_norm",
  "tensor.quantize_linear",
  "tensor.dequantize_linear",
]);

/** Whether each element of the result needs only the elements at the same position (or broadcast to it). */
export function isPointwise(operation: Operation): boolean {
  return anchorClassOf(operation) === "elementwise" || elementwiseByName.has(operation.name);
}
