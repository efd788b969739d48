/**
 * The element types that ONNX operators take in operator set 21, as the type constraints of the operators' schemas list them;
 * operators that are not named take all types that the tensor dialect gives them, but for the 4-bit ones.
 */
import type { ElementName } from "../../../ir/tensor-data.ts";

const ieee: readonly ElementName[] = ["f16", "f32", "f64"];
const floats: readonly ElementName[] = [...ieee, "bf16"];
const signed: readonly ElementName[] = ["i8", "i16", "i32", "i64"];
const unsigned: readonly ElementName[] = ["ui8", "ui16", "ui32", "ui64"];
/** Integers from 32 bits up: those that products and sums take. */
const wide: readonly ElementName[] = ["i32", "i64", "ui32", "ui64"];
const notBrain: readonly ElementName[] = [...ieee, ...signed, ...unsigned, "i1"];
const eightBitsUp: readonly ElementName[] = [...notBrain, "bf16"];
const everything: readonly ElementName[] = [...eightBitsUp, "i4", "ui4"];

const table: readonly (readonly [operators: string, accepted: readonly ElementName[]])[] = [
  ["Acos Acosh Asin Asinh Atan Atanh Cos Cosh Sin Sinh Tan", ieee],
  ["Elu HardSigmoid HardSwish Mish Round Selu Softplus Softsign ThresholdedRelu", ieee],
  ["AveragePool Conv ConvTranspose GridSample InstanceNormalization LpNormalization LpPool", ieee],
  ["Celu", ["f32"]],
  ["Ceil Erf Exp Floor Gelu Log Reciprocal Sigmoid Sqrt Tanh", floats],
  ["Neg Relu", [...floats, ...signed]],
  ["CumSum Gemm MatMul PRelu ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp", [...floats, ...wide]],
  ["ReduceMean ReduceProd ReduceSum ReduceSumSquare", [...floats, ...wide]],
  ["ReduceMax ReduceMin", [...floats, ...wide, "i8", "ui8", "i1"]],
  ["Pow", [...floats, "i32", "i64"]],
  ["MaxPool", [...ieee, "i8", "ui8"]],
  ["OneHot ReverseSequence", notBrain],
  ["Shrink TopK", [...ieee, ...signed, ...unsigned]],
  ["Identity Pad Reshape Transpose", everything],
];

const byOperator = new Map(
  table.flatMap(([operators, accepted]) => operators.split(" ").map((name) => [name, new Set(accepted)] as const)),
);
const otherOperators: ReadonlySet<ElementName> = new Set(eightBitsUp);

/** The element types that an operator takes for its data. */
export function acceptedElements(opType: string): ReadonlySet<ElementName> {
  return byOperator.get(opType) ?? otherOperators;
}

const wider: { readonly [E in ElementName]?: readonly ElementName[] } = {
  f16: ["f32", "f64"],
  bf16: ["f32", "f64"],
  f32: ["f64"],
  i1: ["ui8", "i32", "f32"],
  i4: ["i8", "i16", "i32", "i64", "f32"],
  ui4: ["ui8", "i8", "ui16", "ui32", "i32", "i64", "f32"],
  i8: ["i16", "i32", "i64", "f32"],
  ui8: ["ui16", "i16", "ui32", "i32", "i64", "f32"],
  i16: ["i32", "i64", "f32"],
  ui16: ["ui32", "i32", "i64", "f32"],
  i32: ["i64", "f64"],
  ui32: ["ui64", "i64", "f64"],
};

/** Types that hold every value of `element`, the best first. */
export function widerElements(element: ElementName): readonly ElementName[] {
  return wider[element] ?? [];
}
