/**
 * Op interfaces: capabilities that generic code asks for without knowing the op (evaluate, fold, effects, lower, …). An op
 * declares them, or anybody attaches them from outside by listing `attach(...)` in a dialect or a context.
 */
import type { Attribute } from "./attributes.ts";
import type { Context } from "./context.ts";
import { OpInterface } from "./interfaces/op-interface.ts";
import type { Operation, Value } from "./operation.ts";
import type { TensorData } from "./tensor-data.ts";

export * from "./interfaces/call.ts";
export * from "./interfaces/control-flow.ts";
export * from "./interfaces/integer-range.ts";
export * from "./interfaces/memory-slot.ts";
export * from "./interfaces/op-interface.ts";
export * from "./interfaces/speculation.ts";
export * from "./interfaces/symbol-user.ts";

/**
 * Computes results on plain data: the reference semantics. `inputs` are the operands' values; ops with regions run them
 * with the interfaces of `context`, and find the values that their regions use from outside in `outer`.
 */
export type EvaluateImplementation = (
  operation: Operation,
  inputs: readonly TensorData[],
  context: Context,
  outer: ReadonlyMap<Value, TensorData>,
) => readonly TensorData[];
export const Evaluate = new OpInterface<EvaluateImplementation>("evaluate");

/** For each result a replacing value or a constant attribute, or undefined where nothing folds. */
export type FoldResult = readonly (Value | Attribute)[] | undefined;
/** `constants` holds, per operand, its constant attribute if it has one. */
export type FoldImplementation = (operation: Operation, constants: readonly (Attribute | undefined)[]) => FoldResult;
export const Fold = new OpInterface<FoldImplementation>("fold");

export type EffectKind = "read" | "write" | "allocate" | "free";
export interface MemoryEffect {
  readonly kind: EffectKind;
  /** The operand or result that is touched; undefined for memory that is not named. */
  readonly value?: Value;
}
/** What an operation does to memory; ops without regions that implement nothing and are not Pure are unknown. */
export const MemoryEffects = new OpInterface<(operation: Operation) => readonly MemoryEffect[]>("memory-effects");
