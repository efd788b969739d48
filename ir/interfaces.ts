/**
 * Op interfaces: capabilities that generic code asks for without knowing the op (evaluate, fold, effects, lower, …). An op
 * declares them, or anybody attaches them from outside by listing `attach(...)` in a dialect or a context.
 */
import type { Attribute } from "./attributes.ts";
import type { AnyDefinition, Context } from "./context.ts";
import type { OperationDefinition } from "./declaration.ts";
import type { Operation, Value } from "./operation.ts";
import type { TensorData } from "./tensor-data.ts";

/** A capability with implementations of type `I`. */
export class OpInterface<I> {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** What an op's declaration lists under `interfaces`. */
  implement(implementation: I): InterfaceImplementation {
    return { interface: this, implementation, read: (wanted) => (wanted === this ? implementation : undefined) };
  }

  /** Attaches the capability to an op that is declared elsewhere. */
  attach(definition: AnyDefinition, implementation: I): AttachedInterface {
    return { definition, implementation: this.implement(implementation) };
  }

  /** The implementation among `candidates`, typed. */
  find(candidates: readonly InterfaceImplementation[]): I | undefined {
    for (const candidate of candidates) {
      if (candidate.interface === this) return candidate.implementation as I;
    }
    return undefined;
  }
}

export interface InterfaceImplementation {
  readonly interface: OpInterface<unknown> | OpInterface<never>;
  readonly implementation: unknown;
  readonly read: (wanted: OpInterface<unknown>) => unknown;
}

export interface AttachedInterface {
  readonly definition: OperationDefinition;
  readonly implementation: InterfaceImplementation;
}

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
