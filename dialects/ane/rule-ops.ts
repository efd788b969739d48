/**
 * The engine's rounding as an op of host code, on tensors of f32. Lowered programs (the virtual engine) consist of tensor ops and
 * this one; it is not part of programs for the engine itself.
 */
import { exactly, integerAttribute, tensorOf, typeVariable } from "../../ir/constraints.ts";
import { defaultAttribute, op, operand, result } from "../../ir/declaration.ts";
import { allocateElements, type TensorData } from "../../ir/tensor-data.ts";
import { f32, i64 } from "../../ir/types.ts";
import { example } from "./declare.ts";

const T = typeVariable("T", tensorOf(exactly(f32)));

export const settle = op(
  "ane.settle",
  { input: operand(T), range: defaultAttribute(integerAttribute(i64), 16), result: result(T) },
  {
    doc:
      "What an element becomes when it lies on a surface, still in f32: rounded to the nearest f16 (ties to even), +0 where it is not a number, " +
      "and infinite where the rounded magnitude is 2^range or more (15 behind multiply-accumulate, else 16). The sign of a zero is not kept.",
    example: example("%y = ane.settle %x {range = 15 : i64} : tensor<2x3xf32>", "%x: tensor<2x3xf32>"),
    traits: ["Pure", "Elementwise", "Idempotent", "SameOperandsAndResultType"],
    format: "$input attr-dict `:` type($input)",
    verify: ({ range }, report) => {
      if (range !== 15 && range !== 16) report(`range must be 15 or 16, but is ${range}`);
    },
    evaluate: ({ range }, [input]) => settled(input!, range),
  },
);

function settled(input: TensorData, range: number): TensorData {
  const data = allocateElements("f32", input.data.length);
  for (let index = 0; index < data.length; index++) data[index] = settledNumber(Number(input.data[index]), range);
  return { shape: input.shape, element: "f32", data };
}

/** One element. */
export function settledNumber(value: number, range: number): number {
  if (Number.isNaN(value)) return 0;
  const rounded = Math.f16round(value);
  if (Math.abs(rounded) >= 2 ** range) return rounded > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  return rounded + 0;
}
