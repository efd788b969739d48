/**
 * What a task may do to its result on the way out, without another pass over memory: the engine's epilogue. The slots come in
 * a fixed order, and each may be empty:
 *
 *     pre-activation -> gain·x + offset -> post-activation -> transpose
 *
 * Gain and offset are constants of the program: one number, or one per element of a single dimension (the engine's GOC
 * unit takes one live and one constant operand; an operation on two live operands is a task of its own). Each slot rounds
 * its result to f16. The engine has a last slot for 8-bit results; nothing asks for it through MIL, where 8-bit types are
 * weights only, so it has no field here.
 */
import { i64ArrayAttribute } from "../../ir/constraints.ts";
import { optionalAttribute, optionalOperand, type Report } from "../../ir/declaration.ts";
import type { Operation, Value } from "../../ir/operation.ts";
import { type ActivationAttribute, activationConstraint } from "./activation.ts";
import { halfSurface, type SurfaceType } from "./surface-type.ts";

/** Fields that every task has behind its own. */
export const slotFields = {
  gain: optionalOperand(halfSurface),
  offset: optionalOperand(halfSurface),
  pre_activation: optionalAttribute(activationConstraint),
  post_activation: optionalAttribute(activationConstraint),
  transpose: optionalAttribute(i64ArrayAttribute),
  /** Sizes of a tile in N, D, C, H, W, once the task is placed. */
  tile: optionalAttribute(i64ArrayAttribute),
};

/** The textual form of the operand slots, behind a task's own operands. */
export const slotFormat = "(`gain` $gain^)? (`offset` $offset^)? attr-dict `:` functional-type(operands, results)";

/** The slots of a task, read through its accessors. */
export interface Slots {
  readonly gain: Value<SurfaceType> | undefined;
  readonly offset: Value<SurfaceType> | undefined;
  readonly pre_activation: ActivationAttribute | undefined;
  readonly post_activation: ActivationAttribute | undefined;
  readonly transpose: readonly number[] | undefined;
}

/** The shape behind the transpose slot. */
export function slottedShape(shape: readonly number[], transpose: readonly number[] | undefined): readonly number[] {
  if (transpose === undefined) return shape;
  const isPermutation = [...transpose].sort((a, b) => a - b).every((axis, position) => axis === position);
  if (transpose.length !== shape.length || !isPermutation) {
    throw new Error(`the transpose slot must permute ${shape.length} dimensions, but is [${transpose.join(", ")}]`);
  }
  return transpose.map((axis) => shape[axis]!);
}

/** The shape in front of the transpose slot. */
export function unslottedShape(shape: readonly number[], transpose: readonly number[] | undefined): readonly number[] {
  if (transpose === undefined) return shape;
  const before = new Array<number>(shape.length).fill(1);
  for (const [position, axis] of transpose.entries()) before[axis] = shape[position] ?? 1;
  return before;
}

/** Whether a shape holds one number, or one per element of a single dimension of `target`, to which it broadcasts. */
export function isPerChannel(shape: readonly number[], target: readonly number[]): boolean {
  const shift = target.length - shape.length;
  if (shift < 0) return false;
  const repeatedOrOne = shape.every((size, axis) => size === 1 || size === target[axis + shift]);
  return repeatedOrOne && shape.filter((size) => size !== 1).length <= 1;
}

/** Checks the slots of a task against the shape that reaches them. */
export function verifySlots(operation: Operation & Slots, shape: readonly number[], report: Report): void {
  for (const [name, value] of Object.entries({ gain: operation.gain, offset: operation.offset })) {
    if (value === undefined) continue;
    if (value.definer?.name !== "ane.constant")
      report(`${name} must be an ane.constant: its slot takes no second live operand`);
    if (!isPerChannel(value.type.shape, shape)) {
      report(
        `${name} must hold one number or one per element of one dimension of [${shape.join(", ")}], but is ${value.type}`,
      );
    }
  }
}
