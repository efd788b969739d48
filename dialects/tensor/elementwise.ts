/**
 * Elementwise ops without attributes: one operand, two operands with NumPy broadcasting, selection and conversion of the
 * element type. Which element types an op takes is stated by its constraint; what it computes by the table in
 * `reference/elementwise.ts`. Activations, which have attributes, are in `activation.ts`.
 */
import type { TypeConstraint } from "../../ir/constraints.ts";
import { op, operand, result, type Trait } from "../../ir/declaration.ts";
import type { TensorType } from "../../ir/types.ts";
import {
  anyElementTensor,
  bitsTensor,
  boolTensor,
  elementOf,
  example,
  floatTensor,
  integerTensor,
  numericTensor,
  requireOneElement,
  reshaped,
  shapeOf,
  tensorType,
} from "./declare.ts";
import { requireBroadcastable } from "./reference/broadcast.ts";
import * as reference from "./reference/elementwise.ts";
import { ShapeError } from "./reference/shape-error.ts";

type Constraint = TypeConstraint<TensorType>;

/** An element type that `constraint` allows, for the example. */
function exampleElement(constraint: Constraint): string {
  if (constraint === boolTensor) return "i1";
  return constraint === bitsTensor || constraint === integerTensor ? "i32" : "f32";
}

/** An op of one operand; `formula` says what each element becomes, `source` who calls it what. */
function unary(
  name: reference.UnaryName,
  input: Constraint,
  formula: string,
  source: string,
  traits: readonly Trait[] = [],
) {
  const type = `tensor<2x3x${exampleElement(input)}>`;
  return op(
    `tensor.${name}`,
    { input: operand(input), result: result(anyElementTensor) },
    {
      doc: `Elementwise ${formula}. ${source}.`,
      example: example(`%y = tensor.${name} %x : ${type}`, `%x: ${type}`),
      traits: ["Pure", "Elementwise", ...traits],
      format: "$input attr-dict `:` type($input)",
      infer: (view) => tensorType(shapeOf(view.input), reference.unaryElement(name, elementOf(view.input))),
      evaluate: (_, [input]) => reference.unary(name, input!),
    },
  );
}

export const abs = unary("abs", numericTensor, "|x|", "ONNX Abs, MIL abs", ["Idempotent"]);
export const neg = unary("neg", numericTensor, "-x", "ONNX Neg", ["Involution"]);
export const exp = unary("exp", floatTensor, "e^x", "ONNX Exp, MIL exp");
export const log = unary("log", floatTensor, "ln x; NaN below 0, -inf at 0", "ONNX Log, MIL log");
export const sqrt = unary("sqrt", floatTensor, "√x; NaN below 0", "ONNX Sqrt, MIL sqrt");
export const rsqrt = unary("rsqrt", floatTensor, "1/√x", "MIL rsqrt");
export const reciprocal = unary("reciprocal", floatTensor, "1/x", "ONNX Reciprocal, MIL inverse");
export const sin = unary("sin", floatTensor, "sin x, x in radians", "ONNX Sin, MIL sin");
export const cos = unary("cos", floatTensor, "cos x, x in radians", "ONNX Cos, MIL cos");
export const tan = unary("tan", floatTensor, "tan x, x in radians", "ONNX Tan, MIL tan");
export const asin = unary("asin", floatTensor, "arcsin x", "ONNX Asin, MIL asin");
export const acos = unary("acos", floatTensor, "arccos x", "ONNX Acos, MIL acos");
export const atan = unary("atan", floatTensor, "arctan x", "ONNX Atan, MIL atan");
export const sinh = unary("sinh", floatTensor, "sinh x", "ONNX Sinh, MIL sinh");
export const cosh = unary("cosh", floatTensor, "cosh x", "ONNX Cosh, MIL cosh");
export const asinh = unary("asinh", floatTensor, "arsinh x", "ONNX Asinh");
export const acosh = unary("acosh", floatTensor, "arcosh x", "ONNX Acosh");
export const atanh = unary("atanh", floatTensor, "artanh x", "ONNX Atanh, MIL atanh");
export const tanh = unary("tanh", floatTensor, "tanh x", "ONNX Tanh, MIL tanh");
export const sigmoid = unary("sigmoid", floatTensor, "1/(1 + e^-x)", "ONNX Sigmoid, MIL sigmoid");
export const relu = unary("relu", numericTensor, "max(x, 0)", "ONNX Relu, MIL relu", ["Idempotent"]);
export const erf = unary("erf", floatTensor, "erf x = 2/√π ∫₀ˣ e^-t² dt", "ONNX Erf, MIL erf");
export const floor = unary("floor", numericTensor, "⌊x⌋", "ONNX Floor, MIL floor", ["Idempotent"]);
export const ceil = unary("ceil", numericTensor, "⌈x⌉", "ONNX Ceil, MIL ceil", ["Idempotent"]);
export const round = unary("round", numericTensor, "nearest integer, ties to even", "ONNX Round, MIL round", [
  "Idempotent",
]);
export const sign = unary("sign", numericTensor, "-1, 0 or 1 by the sign of x", "ONNX Sign, MIL sign", ["Idempotent"]);
export const logicalNot = unary("logical_not", anyElementTensor, "x = 0, as i1", "ONNX Not, MIL logical_not");
export const bitwiseNot = unary("bitwise_not", bitsTensor, "complement of all bits of x", "ONNX BitwiseNot", [
  "Involution",
]);
export const silu = unary("silu", floatTensor, "x·sigmoid(x)", "ONNX Swish with alpha 1, MIL silu");
export const softplus = unary("softplus", floatTensor, "ln(1 + e^x)", "ONNX Softplus, MIL softplus");
export const softsign = unary("softsign", floatTensor, "x/(1 + |x|)", "ONNX Softsign, MIL softsign");
export const hardSwish = unary("hard_swish", floatTensor, "x·max(0, min(1, x/6 + ½))", "ONNX HardSwish");
export const mish = unary("mish", floatTensor, "x·tanh(softplus(x))", "ONNX Mish");
export const isNan = unary("is_nan", floatTensor, "whether x is NaN, as i1", "ONNX IsNaN");

const binaryFormat = "$lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs)";

/** An op of two operands of one element type that broadcast against each other; comparisons and logic give i1. */
function binary(
  name: Exclude<reference.BinaryName, "pow" | "prelu">,
  operands: Constraint,
  formula: string,
  source: string,
  traits: readonly Trait[] = [],
) {
  const element = operands === anyElementTensor && name.startsWith("logical") ? "i1" : exampleElement(operands);
  const [lhs, rhs] = [`tensor<2x3x${element}>`, `tensor<3x${element}>`];
  return op(
    `tensor.${name}`,
    { lhs: operand(operands), rhs: operand(operands), result: result(anyElementTensor) },
    {
      doc: `Elementwise ${formula}, a from lhs and b from rhs, with NumPy broadcasting. ${source}.`,
      example: example(`%y = tensor.${name} %a, %b : ${lhs}, ${rhs}`, `%a: ${lhs}`, `%b: ${rhs}`),
      traits: ["Pure", "Elementwise", ...traits],
      format: binaryFormat,
      infer: ({ lhs, rhs }) => {
        requireOneElement(name, lhs, rhs);
        const shape = reference.binaryShape(name, shapeOf(lhs), shapeOf(rhs));
        return tensorType(shape, reference.binaryElement(name, elementOf(lhs)));
      },
      evaluate: (_, [lhs, rhs]) => reference.binary(name, lhs!, rhs!),
    },
  );
}

const commutative: readonly Trait[] = ["Commutative"];
export const add = binary("add", numericTensor, "a + b", "ONNX Add, MIL add", commutative);
export const sub = binary("sub", numericTensor, "a - b", "ONNX Sub, MIL sub");
export const mul = binary("mul", numericTensor, "a·b", "ONNX Mul, MIL mul", commutative);
export const div = binary(
  "div",
  numericTensor,
  "a/b (integers truncate toward zero, and a/0 = 0)",
  "ONNX Div, MIL real_div",
);
export const maximum = binary("maximum", numericTensor, "max(a, b), NaN if either is", "ONNX Max, MIL maximum", [
  "Commutative",
]);
export const minimum = binary("minimum", numericTensor, "min(a, b), NaN if either is", "ONNX Min, MIL minimum", [
  "Commutative",
]);
export const mod = binary("mod", numericTensor, "remainder with the sign of b", "ONNX Mod with fmod 0, MIL mod");
export const fmod = binary("fmod", numericTensor, "remainder with the sign of a", "ONNX Mod with fmod 1");
export const atan2 = binary("atan2", floatTensor, "angle of the point (b, a)", "C atan2");
export const equal = binary("equal", anyElementTensor, "a = b, as i1", "ONNX Equal, MIL equal", commutative);
export const notEqual = binary("not_equal", anyElementTensor, "a ≠ b, as i1", "MIL not_equal", commutative);
export const greater = binary("greater", numericTensor, "a > b, as i1", "ONNX Greater, MIL greater");
export const greaterEqual = binary("greater_equal", numericTensor, "a ≥ b, as i1", "ONNX GreaterOrEqual");
export const less = binary("less", numericTensor, "a < b, as i1", "ONNX Less, MIL less");
export const lessEqual = binary("less_equal", numericTensor, "a ≤ b, as i1", "ONNX LessOrEqual, MIL less_equal");
export const logicalAnd = binary("logical_and", anyElementTensor, "a ≠ 0 and b ≠ 0, as i1", "ONNX And", commutative);
export const logicalOr = binary("logical_or", anyElementTensor, "a ≠ 0 or b ≠ 0, as i1", "ONNX Or", commutative);
export const logicalXor = binary("logical_xor", anyElementTensor, "(a ≠ 0) ≠ (b ≠ 0), as i1", "ONNX Xor", commutative);
export const bitwiseAnd = binary("bitwise_and", bitsTensor, "bitwise and", "ONNX BitwiseAnd", commutative);
export const bitwiseOr = binary("bitwise_or", bitsTensor, "bitwise or", "ONNX BitwiseOr", commutative);
export const bitwiseXor = binary("bitwise_xor", bitsTensor, "bitwise exclusive or", "ONNX BitwiseXor", commutative);
export const shiftLeft = binary(
  "shift_left",
  integerTensor,
  "a·2^b; 0 for b from the width up",
  "ONNX BitShift with direction LEFT",
);
export const shiftRight = binary(
  "shift_right",
  integerTensor,
  "⌊a/2^b⌋; all sign bits for b from the width up",
  "ONNX BitShift with direction RIGHT",
);

export const pow = op(
  "tensor.pow",
  { lhs: operand(numericTensor), rhs: operand(numericTensor), result: result(numericTensor) },
  {
    doc: "Elementwise a^b with NumPy broadcasting. The exponent may have its own element type; the result has the base's. ONNX Pow, MIL pow.",
    example: example("%y = tensor.pow %a, %b : tensor<2x3xf32>, tensor<i64>", "%a: tensor<2x3xf32>", "%b: tensor<i64>"),
    traits: ["Pure", "Elementwise"],
    format: binaryFormat,
    infer: ({ lhs, rhs }) => reshaped(lhs, reference.binaryShape("pow", shapeOf(lhs), shapeOf(rhs))),
    evaluate: (_, [lhs, rhs]) => reference.binary("pow", lhs!, rhs!),
  },
);

export const prelu = op(
  "tensor.prelu",
  { input: operand(numericTensor), slope: operand(numericTensor), result: result(numericTensor) },
  {
    doc: "Elementwise x < 0 ? slope·x : x, where slope broadcasts to the input's shape. ONNX PRelu, MIL prelu.",
    example: example(
      "%y = tensor.prelu %x, %s : tensor<1x3x2x2xf32>, tensor<3x1x1xf32>",
      "%x: tensor<1x3x2x2xf32>",
      "%s: tensor<3x1x1xf32>",
    ),
    traits: ["Pure", "Elementwise"],
    format: "$input `,` $slope attr-dict `:` type($input) `,` type($slope)",
    infer: ({ input, slope }) => {
      requireOneElement("prelu", input, slope);
      requireBroadcastable("prelu", "a slope", shapeOf(slope), shapeOf(input));
      return input.type;
    },
    evaluate: (_, [input, slope]) => reference.binary("prelu", input!, slope!),
  },
);

export const select = op(
  "tensor.select",
  {
    condition: operand(boolTensor),
    lhs: operand(anyElementTensor),
    rhs: operand(anyElementTensor),
    result: result(anyElementTensor),
  },
  {
    doc: "Elementwise condition ? lhs : rhs with NumPy broadcasting of all three. ONNX Where, MIL select.",
    example: example(
      "%y = tensor.select %c, %a, %b : tensor<2x3xi1>, tensor<2x3xf32>, tensor<f32>",
      "%c: tensor<2x3xi1>",
      "%a: tensor<2x3xf32>",
      "%b: tensor<f32>",
    ),
    traits: ["Pure", "Elementwise"],
    format: "$condition `,` $lhs `,` $rhs attr-dict `:` type($condition) `,` type($lhs) `,` type($rhs)",
    infer: ({ condition, lhs, rhs }) => {
      requireOneElement("select", lhs, rhs);
      return reshaped(lhs, reference.selectShape(shapeOf(condition), shapeOf(lhs), shapeOf(rhs)));
    },
    evaluate: (_, [condition, lhs, rhs]) => reference.select(condition!, lhs!, rhs!),
  },
);

export const convert = op(
  "tensor.convert",
  { input: operand(anyElementTensor), result: result(anyElementTensor) },
  {
    doc:
      "Converts the element type: floats round to nearest even, floats to integers truncate toward zero and wrap (NaN and infinities give 0), " +
      "integers keep their low bits, anything to i1 is x ≠ 0. ONNX Cast, MIL cast.",
    example: example("%y = tensor.convert %x : tensor<2x3xf32> to tensor<2x3xi8>", "%x: tensor<2x3xf32>"),
    traits: ["Pure", "Elementwise"],
    format: "$input attr-dict `:` type($input) `to` type($result)",
    verify: ({ input, result }, report) => {
      if (input.type.shape.join() === result.type.shape.join()) return;
      report(
        new ShapeError("convert", `a result of the input's shape, as ${input.type} has`, `${result.type}`).message,
      );
    },
    evaluate: (operation, [input]) => reference.convert(input!, elementOf(operation.result)),
  },
);

/** Ops with the functional structure `result = f(operand)` and no attributes. */
export const unaryOps = [
  ...[abs, neg, exp, log, sqrt, rsqrt, reciprocal, sin, cos, tan, asin, acos, atan, sinh, cosh, asinh, acosh, atanh],
  ...[tanh, sigmoid, relu, erf, floor, ceil, round, sign, logicalNot, bitwiseNot, silu, softplus, softsign],
  ...[hardSwish, mish, isNan],
];

/** Ops of two operands of one element type that broadcast against each other. */
export const binaryOps = [
  ...[add, sub, mul, div, maximum, minimum, mod, fmod, atan2, equal, notEqual, greater, greaterEqual, less, lessEqual],
  ...[logicalAnd, logicalOr, logicalXor, bitwiseAnd, bitwiseOr, bitwiseXor, shiftLeft, shiftRight],
];

export const elementwiseOps = [...unaryOps, ...binaryOps, pow, prelu, select, convert];
