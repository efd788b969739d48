/**
 * The engine's arithmetic, built from ops of the tensor dialect. Between steps a number is an f32 tensor; `settled` ones hold
 * values of f16 and no NaN, as they lie on a surface. The rules (`numerics.ts`): a result that is not a number is +0, results round
 * once to f16, products that were accumulated are infinite from 2^15 up.
 */
import { DenseElementsAttribute } from "../../../ir/attributes.ts";
import type { Builder } from "../../../ir/builder.ts";
import type { AnyDefinition } from "../../../ir/context.ts";
import type { Value } from "../../../ir/operation.ts";
import { f16, f32, TensorType } from "../../../ir/types.ts";
import { constant as arithConstant } from "../../arith/ops.ts";
import * as tensor from "../../tensor/ops.ts";
import type { EngineRules } from "../numerics.ts";
import { settle } from "../rule-ops.ts";

/** A number on its way through a task. */
export interface Wide {
  /** A tensor of f32 (or of i1, which is always settled). */
  readonly value: Value;
  readonly settled: boolean;
}

export class EngineSteps {
  readonly builder: Builder;
  readonly rules: EngineRules;
  /** Settled values inside the task whose infinities its result may hide; the result itself is not among them. */
  readonly watched: Value[] = [];
  readonly #scalars = new Map<string, Value>();

  constructor(builder: Builder, rules: EngineRules) {
    this.builder = builder;
    this.rules = rules;
  }

  /** Builds a tensor op with one result. */
  build(definition: AnyDefinition, args: { readonly [name: string]: unknown }): Value {
    return this.builder.build(definition, args).onlyResult;
  }

  /** A number in f32, broadcast where it is used. */
  scalar(value: number): Value {
    const key = Object.is(value, -0) ? "-0" : String(value);
    const known = this.#scalars.get(key);
    if (known !== undefined) return known;
    const attribute = DenseElementsAttribute.splat(TensorType.get([], f32), value);
    const made = this.builder.build(arithConstant, { value: attribute, result: attribute.type }).result;
    this.#scalars.set(key, made);
    return made;
  }

  /** What lies on a surface of f16, widened; i1 as it is. */
  read(value: Value): Wide {
    const { type } = value;
    if (!(type instanceof TensorType) || type.element !== f16) return { value, settled: true };
    return { value: this.convert(value, f32), settled: true };
  }

  /** What comes in from outside: no number is +inf to the engine. */
  admit(value: Value): Wide {
    const { value: wide } = this.read(value);
    if (wide.type instanceof TensorType && wide.type.element !== f32) return { value: wide, settled: true };
    const condition = this.build(tensor.isNan, { input: wide });
    const lhs = this.scalar(Number.POSITIVE_INFINITY);
    // Rounded here again, so that nobody can merge host code's conversion to f16 with the one back.
    return this.settle({ value: this.build(tensor.select, { condition, lhs, rhs: wide }), settled: false });
  }

  /** As it lies on a surface: f16, or i1. */
  write(wide: Wide): Value {
    const { value } = this.settle(wide);
    return value.type instanceof TensorType && value.type.element === f32 ? this.convert(value, f16) : value;
  }

  /** Rounds to f16 and puts +0 in place of what is not a number. */
  settle({ value, settled }: Wide): Wide {
    if (settled) return { value, settled };
    return { value: this.build(settle, { input: value, range: this.rules.halfRange }), settled: true };
  }

  /** The result of multiply-accumulate: infinite from 2^15 up. */
  accumulated(value: Value): Wide {
    return { value: this.build(settle, { input: value, range: this.rules.accumulatorRange }), settled: true };
  }

  /** Counts infinities of this settled value too. */
  watch(value: Value): Value {
    this.watched.push(value);
    return value;
  }

  /** Infinity where a magnitude is above `limit`: what a path through fixed bits does to large values. */
  limited(value: Value, limit: number): Value {
    const magnitude = this.build(tensor.abs, { input: value });
    const condition = this.build(tensor.greater, { lhs: magnitude, rhs: this.scalar(limit) });
    return this.build(tensor.select, { condition, lhs: this.infinityLike(value), rhs: value });
  }

  /** Infinity with the sign of each element. */
  infinityLike(value: Value): Value {
    const isPositive = this.build(tensor.greater, { lhs: value, rhs: this.scalar(0) });
    return this.build(tensor.select, {
      condition: isPositive,
      lhs: this.scalar(Number.POSITIVE_INFINITY),
      rhs: this.scalar(Number.NEGATIVE_INFINITY),
    });
  }

  convert(value: Value, element: typeof f16 | typeof f32): Value {
    const { type } = value;
    if (!(type instanceof TensorType)) throw new Error(`a tensor is expected, found ${type}`);
    return this.build(tensor.convert, { input: value, result: TensorType.get(type.shape, element) });
  }
}

/** The number that f16 holds for `value`. */
export function half(value: number): number {
  return Math.f16round(value);
}
