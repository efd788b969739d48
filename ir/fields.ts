/**
 * The fields of an op's declaration: operands, results, attributes, regions and successors by name, each with its
 * constraint, and the TypeScript types of accessors and builder arguments that follow from them.
 */
import type { AttributeConstraint, TypeConstraint } from "./constraints.ts";
import type { Block, Operation, OperationResult, Region, Value } from "./operation.ts";
import type { Type } from "./types.ts";

export interface OperandField<
  T extends Type = Type,
  A extends "one" | "optional" | "variadic" = "one" | "optional" | "variadic",
> {
  readonly kind: "operand";
  readonly arity: A;
  readonly constraint: TypeConstraint<T>;
}
export interface ResultField<
  T extends Type = Type,
  A extends "one" | "optional" | "variadic" = "one" | "optional" | "variadic",
> {
  readonly kind: "result";
  readonly arity: A;
  readonly constraint: TypeConstraint<T>;
}
export interface AttributeField<
  V = unknown,
  A extends "one" | "optional" | "default" = "one" | "optional" | "default",
> {
  readonly kind: "attribute";
  readonly arity: A;
  readonly constraint: AttributeConstraint<V>;
  /** The value of a default field whose attribute is absent. */
  readonly fallback?: V;
}
export interface RegionField<A extends "one" | "variadic" = "one" | "variadic"> {
  readonly kind: "region";
  readonly arity: A;
}
export interface SuccessorField<A extends "one" | "variadic" = "one" | "variadic"> {
  readonly kind: "successor";
  readonly arity: A;
}

// `AttributeConstraint` is invariant in its value, so a general field must be stated without it.
// biome-ignore lint/suspicious/noExplicitAny: the only type that every attribute field is assignable to
type AnyAttributeField = AttributeField<any>;
export type Field = OperandField | ResultField | AnyAttributeField | RegionField | SuccessorField;
export type Fields = { readonly [name: string]: Field };

export function operand<T extends Type>(constraint: TypeConstraint<T>): OperandField<T, "one"> {
  return { kind: "operand", arity: "one", constraint };
}
export function optionalOperand<T extends Type>(constraint: TypeConstraint<T>): OperandField<T, "optional"> {
  return { kind: "operand", arity: "optional", constraint };
}
export function variadicOperand<T extends Type>(constraint: TypeConstraint<T>): OperandField<T, "variadic"> {
  return { kind: "operand", arity: "variadic", constraint };
}
export function result<T extends Type>(constraint: TypeConstraint<T>): ResultField<T, "one"> {
  return { kind: "result", arity: "one", constraint };
}
export function optionalResult<T extends Type>(constraint: TypeConstraint<T>): ResultField<T, "optional"> {
  return { kind: "result", arity: "optional", constraint };
}
export function variadicResult<T extends Type>(constraint: TypeConstraint<T>): ResultField<T, "variadic"> {
  return { kind: "result", arity: "variadic", constraint };
}
export function attribute<V>(constraint: AttributeConstraint<V>): AttributeField<V, "one"> {
  return { kind: "attribute", arity: "one", constraint };
}
export function optionalAttribute<V>(constraint: AttributeConstraint<V>): AttributeField<V, "optional"> {
  return { kind: "attribute", arity: "optional", constraint };
}
/** An attribute that may be left out; then it reads as `fallback`. The builder always stores it. */
export function defaultAttribute<V>(constraint: AttributeConstraint<V>, fallback: V): AttributeField<V, "default"> {
  return { kind: "attribute", arity: "default", constraint, fallback };
}
export function region(): RegionField<"one"> {
  return { kind: "region", arity: "one" };
}
export function variadicRegion(): RegionField<"variadic"> {
  return { kind: "region", arity: "variadic" };
}
export function successor(): SuccessorField<"one"> {
  return { kind: "successor", arity: "one" };
}
export function variadicSuccessor(): SuccessorField<"variadic"> {
  return { kind: "successor", arity: "variadic" };
}

/** What the accessor of a field gives. */
type AccessorOf<F> =
  F extends OperandField<infer T, infer A>
    ? A extends "one"
      ? Value<T>
      : A extends "optional"
        ? Value<T> | undefined
        : readonly Value<T>[]
    : F extends ResultField<infer T, infer A>
      ? A extends "one"
        ? OperationResult<T>
        : A extends "optional"
          ? OperationResult<T> | undefined
          : readonly OperationResult<T>[]
      : F extends AttributeField<infer V, infer A>
        ? A extends "optional"
          ? V | undefined
          : V
        : F extends RegionField<infer A>
          ? A extends "one"
            ? Region
            : readonly Region[]
          : F extends SuccessorField<infer A>
            ? A extends "one"
              ? Block
              : readonly Block[]
            : never;

/** What the builder takes for a field. */
type ArgumentOf<F> =
  F extends OperandField<infer T, infer A>
    ? A extends "variadic"
      ? readonly Value<T>[]
      : Value<T> | (A extends "optional" ? undefined : never)
    : F extends ResultField<infer T, infer A>
      ? (A extends "variadic" ? readonly T[] : T) | undefined
      : F extends AttributeField<infer V, infer A>
        ? A extends "one"
          ? V
          : V | undefined
        : F extends RegionField<infer A>
          ? (A extends "one" ? Region : readonly Region[]) | undefined
          : F extends SuccessorField<infer A>
            ? A extends "one"
              ? Block
              : readonly Block[]
            : never;

/** Fields whose argument may be left out: results (inferred), optional and default attributes, optional operands, regions. */
type OptionalKeys<F extends Fields> = {
  [K in keyof F]: undefined extends ArgumentOf<F[K]> ? K : never;
}[keyof F];

export type BuildArguments<F extends Fields> = {
  readonly [K in Exclude<keyof F, OptionalKeys<F>>]: ArgumentOf<F[K]>;
} & { readonly [K in OptionalKeys<F>]?: ArgumentOf<F[K]> | undefined };

/** An attribute that is called like a member of every operation (`name`) has no accessor: read it with `attribute("name")`. */
export type Accessors<F extends Fields> = { readonly [K in Exclude<keyof F, keyof Operation>]: AccessorOf<F[K]> };

/** The operands and attributes as shape inference sees them (before the operation exists, or on it). */
export type InferenceView<F extends Fields> = {
  readonly [K in keyof F as F[K] extends ResultField | SuccessorField ? never : K]: AccessorOf<F[K]>;
};

export interface NamedField<K extends Field = Field> {
  readonly name: string;
  readonly field: K;
}
