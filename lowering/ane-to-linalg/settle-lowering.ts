/**
 * The engine's rounding on the host, as plain f32 arithmetic that every vector unit has (no f16 instructions). With p the
 * power of two in x, not below 2^-14: adding and subtracting 1.5·2^13·p rounds x to a multiple of 2^-10·p, to even, which is
 * f16. Scaling by 2^(128 - range) and back makes what reaches 2^range infinite.
 */

import { settle } from "../../dialects/ane/index.ts";
import { andi, bitcast, maxsi, minsi } from "../../dialects/arith/index.ts";
import type { AnyDefinition } from "../../ir/context.ts";
import type { AttachedInterface } from "../../ir/interfaces.ts";
import type { Value } from "../../ir/operation.ts";
import { f32, i32, TensorType, type Type } from "../../ir/types.ts";
import { pointwise, shapeOf } from "../fused-to-linalg/emit.ts";
import { lowering } from "../fused-to-linalg/lowering.ts";
import type { Scalars } from "../fused-to-linalg/scalars.ts";

const exponentMask = 0x7f800000;
/** The bits of 2^exponent in f32. */
const powerBits = (exponent: number) => (exponent + 127) << 23;

function settledElement(s: Scalars, x: Value, range: number): Value {
  const build = (definition: AnyDefinition, args: { readonly [name: string]: Value | Type }) =>
    s.builder.build(definition, args).onlyResult;
  const number = s.select(s.isNan(x), s.like(x, 0), x);
  const bits = build(bitcast, { input: number, result: i32 });
  const exponent = build(andi, { lhs: bits, rhs: s.constant(i32, exponentMask) });
  const atLeast = build(maxsi, { lhs: exponent, rhs: s.constant(i32, powerBits(-14)) });
  // Infinity has a larger exponent; bounded, it stays what it is.
  const bounded = build(minsi, { lhs: atLeast, rhs: s.constant(i32, powerBits(16)) });
  const shift = s.mul(build(bitcast, { input: bounded, result: f32 }), s.like(x, 1.5 * 2 ** 13));
  const rounded = s.sub(s.add(number, shift), shift);
  return s.mul(s.mul(rounded, s.like(x, 2 ** (128 - range))), s.like(x, 2 ** (range - 128)));
}

/** How `ane.settle` is computed on the host. */
export const settleLowering: AttachedInterface = lowering(settle, (operation, [input], builder) => {
  const { type } = operation.result;
  if (!(type instanceof TensorType)) throw new Error(`a tensor is expected, found ${type}`);
  const body = (s: Scalars, [x]: readonly Value[]) => settledElement(s, x!, operation.range);
  return [pointwise(builder, { shape: shapeOf(input!), element: f32, inputs: [{ value: input! }], body })];
});
