/** Two small dialects for the tests of conversions: `high` is converted, `low` is what it becomes. */
import { type Attribute, IntegerAttribute } from "../../attributes.ts";
import { anyType, i64Attribute } from "../../constraints.ts";
import { dialect } from "../../context.ts";
import {
  attribute,
  op,
  operand,
  optionalOperand,
  region,
  result,
  successor,
  variadicOperand,
  variadicResult,
} from "../../declaration.ts";

const folded = (constants: readonly (Attribute | undefined)[]): Attribute | undefined => {
  const [lhs, rhs] = constants;
  if (!(lhs instanceof IntegerAttribute) || !(rhs instanceof IntegerAttribute)) return undefined;
  return IntegerAttribute.get(lhs.value + rhs.value, lhs.type);
};

const binary = { lhs: operand(anyType), rhs: operand(anyType), result: result(anyType) } as const;
const unary = { input: operand(anyType), result: result(anyType) } as const;

export const highConstant = op(
  "high.constant",
  { value: attribute(i64Attribute), result: result(anyType) },
  { doc: "A number.", traits: ["Pure", "ConstantLike"] },
);
export const highAdd = op("high.add", binary, { doc: "Sum.", traits: ["Pure"], fold: (_, inputs) => folded(inputs) });
export const highNegate = op("high.negate", unary, { doc: "Negation.", traits: ["Pure"] });
export const highChoose = op(
  "high.choose",
  {
    first: operand(anyType),
    second: optionalOperand(anyType),
    filter: variadicOperand(anyType),
    result: result(anyType),
  },
  { doc: "Operands of every arity; `filter` is also a method of lists." },
);
export const highPair = op(
  "high.pair",
  { low: operand(anyType), high: operand(anyType), pair: result(anyType) },
  { doc: "Makes a pair.", traits: ["Pure"] },
);
export const highLow = op("high.low", { source: operand(anyType), low: result(anyType) }, { doc: "Of a pair." });
export const highSource = op("high.source", { outputs: variadicResult(anyType) }, { doc: "Values." });
export const highSink = op("high.sink", { inputs: variadicOperand(anyType) }, { doc: "Uses values." });
export const highRegion = op(
  "high.region",
  { inputs: variadicOperand(anyType), outputs: variadicResult(anyType), body: region() },
  { doc: "Contains operations.", traits: ["NoTerminator"] },
);
export const highGoto = op(
  "high.goto",
  { inputs: variadicOperand(anyType), dest: successor() },
  { doc: "A branch.", traits: ["Terminator"] },
);

export const lowConstant = op(
  "low.constant",
  { value: attribute(i64Attribute), result: result(anyType) },
  { doc: "A number.", traits: ["Pure", "ConstantLike"] },
);
export const lowAdd = op("low.add", binary, { doc: "Sum.", traits: ["Pure"] });
export const lowSubtract = op("low.subtract", binary, { doc: "Difference.", traits: ["Pure"] });
export const lowNegate = op("low.negate", unary, { doc: "Negation.", traits: ["Pure"] });
export const lowConvert = op("low.convert", unary, { doc: "Another type.", traits: ["Pure"] });
export const lowStep = op("low.step", unary, { doc: "Something on the way.", traits: ["Pure"] });
export const lowSource = op("low.source", { outputs: variadicResult(anyType) }, { doc: "Values." });
export const lowSink = op("low.sink", { inputs: variadicOperand(anyType) }, { doc: "Uses values." });

export const high = dialect("high", {
  doc: "For tests.",
  ops: [highConstant, highAdd, highNegate, highChoose, highPair, highLow, highSource, highSink, highRegion, highGoto],
  materializeConstant: (value, type, location) =>
    value instanceof IntegerAttribute ? highConstant.build({ value: value.number, result: type }, location) : undefined,
});
export const low = dialect("low", {
  doc: "For tests.",
  ops: [lowConstant, lowAdd, lowSubtract, lowNegate, lowConvert, lowStep, lowSource, lowSink],
});
