/** Elementwise MIL ops: activations and functions of x, arithmetic and comparisons of x and y, selection, conversion. */

import { StringAttribute } from "../../../ir/attributes.ts";
import { enumAttribute } from "../../../ir/constraints.ts";
import type { AnyDefinition } from "../../../ir/context.ts";
import { attribute, defaultAttribute, operand } from "../../../ir/declaration.ts";
import type { Value } from "../../../ir/operation.ts";
import { TensorType } from "../../../ir/types.ts";
import * as tensor from "../../tensor/ops.ts";
import { constantValue } from "../constant.ts";
import {
  example,
  float,
  floatOr,
  input,
  milOp,
  milTensor,
  opsetAt,
  real,
  shapeOf,
  type TensorSteps,
  withShape,
} from "../declare.ts";
import { hasSince } from "../opsets.ts";
import { elementTypes } from "../types.ts";

/** The example of an op of x with these attributes. */
const exampleOf = (name: string, parameters: Parameters<typeof example>[2] = {}) =>
  example(name, { x: "2x3xf16" }, parameters, "2x3xf16");

/** An op of x alone that one tensor op is. */
function unary(name: string, formula: string, definition: AnyDefinition) {
  return milOp(
    name,
    { x: input },
    {
      doc: `${formula}, elementwise.`,
      example: exampleOf(name),
      means: ({ x }, steps) => steps.build(definition, { input: x }),
    },
  );
}

export const abs = unary("abs", "|x|", tensor.abs);
export const acos = unary("acos", "arccos x", tensor.acos);
export const asin = unary("asin", "arcsin x", tensor.asin);
export const acosh = unary("acosh", "arcosh x", tensor.acosh);
export const asinh = unary("asinh", "arsinh x", tensor.asinh);
export const atan = unary("atan", "arctan x", tensor.atan);
export const atanh = unary("atanh", "artanh x", tensor.atanh);
export const ceil = unary("ceil", "⌈x⌉", tensor.ceil);
export const cos = unary("cos", "cos x", tensor.cos);
export const cosh = unary("cosh", "cosh x", tensor.cosh);
export const erf = unary("erf", "erf x", tensor.erf);
export const exp = unary("exp", "e^x", tensor.exp);
export const floor = unary("floor", "⌊x⌋", tensor.floor);
export const relu = unary("relu", "max(x, 0)", tensor.relu);
export const round = unary("round", "nearest integer", tensor.round);
export const sigmoid = unary("sigmoid", "1/(1 + e^-x)", tensor.sigmoid);
export const sign = unary("sign", "-1, 0 or 1", tensor.sign);
export const silu = unary("silu", "x·sigmoid(x)", tensor.silu);
export const sin = unary("sin", "sin x", tensor.sin);
export const sinh = unary("sinh", "sinh x", tensor.sinh);
export const softplus = unary("softplus", "ln(1 + e^x)", tensor.softplus);
export const softsign = unary("softsign", "x/(1 + |x|)", tensor.softsign);
export const sqrt = unary("sqrt", "√x", tensor.sqrt);
export const tan = unary("tan", "tan x", tensor.tan);
export const tanh = unary("tanh", "tanh x", tensor.tanh);

export const exp2 = milOp(
  "exp2",
  { x: input },
  {
    doc: "2^x, elementwise.",
    example: exampleOf("exp2"),
    means: ({ x }, steps) => steps.build(tensor.pow, { lhs: steps.scalar(2, x), rhs: x }),
  },
);
export const square = milOp(
  "square",
  { x: input },
  {
    doc: "x·x, elementwise.",
    example: exampleOf("square"),
    means: ({ x }, steps) => steps.build(tensor.mul, { lhs: x, rhs: x }),
  },
);
export const relu6 = milOp(
  "relu6",
  { x: input },
  {
    doc: "min(max(x, 0), 6), elementwise.",
    example: exampleOf("relu6"),
    means: ({ x }, steps) => steps.build(tensor.clip, { input: x, min: 0, max: 6 }),
  },
);
export const identity = milOp(
  "identity",
  { x: input },
  {
    doc: "x itself.",
    example: exampleOf("identity"),
    means: ({ x }) => x,
  },
);
export const logicalNot = milOp(
  "logical_not",
  { x: input },
  {
    doc: "Not x, elementwise, on bool.",
    example: example("logical_not", { x: "2x3xi1" }, {}, "2x3xi1"),
    means: ({ x }, steps) => steps.build(tensor.logicalNot, { input: x }),
  },
);

/** x + epsilon, where epsilon is not 0. */
function shifted(steps: TensorSteps, x: Value, epsilon: number): Value {
  return epsilon === 0 ? x : steps.build(tensor.add, { lhs: x, rhs: steps.scalar(epsilon, x) });
}

export const log = milOp(
  "log",
  { x: input, epsilon: floatOr(1e-45) },
  {
    doc: "ln(x + epsilon), elementwise.",
    example: exampleOf("log", { epsilon: real(0) }),
    means: ({ x, epsilon }, steps) => steps.build(tensor.log, { input: shifted(steps, x, epsilon) }),
  },
);
export const rsqrt = milOp(
  "rsqrt",
  { x: input, epsilon: floatOr(1e-12) },
  {
    doc: "1/√(x + epsilon), elementwise.",
    example: exampleOf("rsqrt", { epsilon: real(0) }),
    means: ({ x, epsilon }, steps) => steps.build(tensor.rsqrt, { input: shifted(steps, x, epsilon) }),
  },
);
export const inverse = milOp(
  "inverse",
  { x: input, epsilon: floatOr(1e-4) },
  {
    doc: "1/(x + epsilon), elementwise.",
    example: exampleOf("inverse", { epsilon: real(0) }),
    means: ({ x, epsilon }, steps) => steps.build(tensor.reciprocal, { input: shifted(steps, x, epsilon) }),
  },
);

export const elu = milOp(
  "elu",
  { x: input, alpha: float },
  {
    doc: "x < 0 ? alpha·(e^x - 1) : x, elementwise.",
    example: exampleOf("elu", { alpha: real(1) }),
    means: ({ x, alpha }, steps) => steps.build(tensor.elu, { input: x, alpha }),
  },
);
export const leakyRelu = milOp(
  "leaky_relu",
  { x: input, alpha: float },
  {
    doc: "x < 0 ? alpha·x : x, elementwise.",
    example: exampleOf("leaky_relu", { alpha: real(0.125) }),
    means: ({ x, alpha }, steps) => steps.build(tensor.leakyRelu, { input: x, alpha }),
  },
);
export const thresholdedRelu = milOp(
  "thresholded_relu",
  { x: input, alpha: float },
  {
    doc: "x > alpha ? x : 0, elementwise.",
    example: exampleOf("thresholded_relu", { alpha: real(1) }),
    means: ({ x, alpha }, steps) => steps.build(tensor.thresholdedRelu, { input: x, alpha }),
  },
);
export const threshold = milOp(
  "threshold",
  { x: input, alpha: float },
  {
    doc: "max(x, alpha), elementwise.",
    example: exampleOf("threshold", { alpha: real(1) }),
    means: ({ x, alpha }, steps) => steps.build(tensor.clip, { input: x, min: alpha }),
  },
);
export const clip = milOp(
  "clip",
  { x: input, alpha: float, beta: float },
  {
    doc: "min(max(x, alpha), beta), elementwise.",
    example: exampleOf("clip", { alpha: real(0), beta: real(6) }),
    means: ({ x, alpha, beta }, steps) => steps.build(tensor.clip, { input: x, min: alpha, max: beta }),
  },
);
export const sigmoidHard = milOp(
  "sigmoid_hard",
  { x: input, alpha: float, beta: float },
  {
    doc: "min(max(alpha·x + beta, 0), 1), elementwise.",
    example: exampleOf("sigmoid_hard", { alpha: real(0.25), beta: real(0.5) }),
    means: ({ x, alpha, beta }, steps) => steps.build(tensor.hardSigmoid, { input: x, alpha, beta }),
  },
);
export const scaledTanh = milOp(
  "scaled_tanh",
  { x: input, alpha: float, beta: float },
  {
    doc: "alpha·tanh(beta·x), elementwise.",
    example: exampleOf("scaled_tanh", { alpha: real(2), beta: real(0.5) }),
    means: ({ x, alpha, beta }, steps) => {
      const scaled = steps.build(tensor.mul, { lhs: x, rhs: steps.scalar(beta, x) });
      return steps.build(tensor.mul, { lhs: steps.build(tensor.tanh, { input: scaled }), rhs: steps.scalar(alpha, x) });
    },
  },
);
export const linearActivation = milOp(
  "linear_activation",
  { x: input, alpha: float, beta: float },
  {
    doc: "alpha·x + beta, elementwise.",
    example: exampleOf("linear_activation", { alpha: real(2), beta: real(1) }),
    means: ({ x, alpha, beta }, steps) => {
      const scaled = steps.build(tensor.mul, { lhs: x, rhs: steps.scalar(alpha, x) });
      return steps.build(tensor.add, { lhs: scaled, rhs: steps.scalar(beta, x) });
    },
  },
);
export const clampedRelu = milOp(
  "clamped_relu",
  { x: input, alpha: float, beta: float },
  {
    doc: "x < 0 ? alpha·x : min(x, beta), elementwise.",
    example: exampleOf("clamped_relu", { alpha: real(0.125), beta: real(6) }),
    means: ({ x, alpha, beta }, steps) =>
      steps.build(tensor.clip, { input: steps.build(tensor.leakyRelu, { input: x, alpha }), max: beta }),
  },
);

export const gelu = milOp(
  "gelu",
  {
    x: input,
    mode: defaultAttribute(enumAttribute(["EXACT", "TANH_APPROXIMATION", "SIGMOID_APPROXIMATION"]), "EXACT"),
  },
  {
    doc: "x·Φ(x), elementwise; with TANH_APPROXIMATION ½x(1 + tanh(√(2/π)(x + 0.044715x³))), with SIGMOID_APPROXIMATION x·sigmoid(1.702x).",
    example: exampleOf("gelu", { mode: "EXACT" }),
    means: ({ x, mode }, steps) => {
      if (mode === "SIGMOID_APPROXIMATION") return steps.build(tensor.swish, { input: x, alpha: 1.702 });
      return steps.build(tensor.gelu, { input: x, approximate: mode === "EXACT" ? "none" : "tanh" });
    },
  },
);

export const prelu = milOp(
  "prelu",
  { x: input, alpha: input },
  {
    doc: "x < 0 ? alpha·x : x on [N, C, …] of rank 3 or more, with alpha [C].",
    example: example("prelu", { x: "1x3x2x2xf16", alpha: "3xf16" }, {}, "1x3x2x2xf16"),
    means: ({ x, alpha }, steps) => steps.build(tensor.prelu, { input: x, slope: perChannel(steps, alpha, x) }),
  },
);

/** [C] as what broadcasts over [N, C, …] like x. */
function perChannel(steps: TensorSteps, values: Value, x: Value): Value {
  const shape = [...shapeOf(values), ...new Array<number>(Math.max(0, shapeOf(x).length - 2)).fill(1)];
  return steps.build(tensor.staticReshape, { input: values, result: withShape(values, shape) });
}

export const softplusParametric = milOp(
  "softplus_parametric",
  { x: input, alpha: input, beta: input },
  {
    doc: "alpha·ln(1 + e^(beta·x)) on [N, C, …], with alpha and beta [C].",
    example: example("softplus_parametric", { x: "1x3x2x2xf16", alpha: "3xf16", beta: "3xf16" }, {}, "1x3x2x2xf16"),
    means: ({ x, alpha, beta }, steps) => {
      const scaled = steps.build(tensor.mul, { lhs: x, rhs: perChannel(steps, beta, x) });
      const curve = steps.build(tensor.softplus, { input: scaled });
      return steps.build(tensor.mul, { lhs: curve, rhs: perChannel(steps, alpha, x) });
    },
  },
);

/** An op of x and y, which broadcast, that one tensor op is. */
function binary(name: string, formula: string, definition: AnyDefinition, element = "f16", resultElement = element) {
  const [x, y] = [`2x3x${element}`, `3x${element}`];
  return milOp(
    name,
    { x: input, y: input },
    {
      doc: `${formula}, elementwise with broadcasting.`,
      example: example(name, { x, y }, {}, `2x3x${resultElement}`),
      means: ({ x: lhs, y: rhs }, steps) => steps.build(definition, { lhs, rhs }),
    },
  );
}

export const add = binary("add", "x + y", tensor.add);
export const sub = binary("sub", "x - y", tensor.sub);
export const mul = binary("mul", "x·y", tensor.mul);
export const realDiv = binary("real_div", "x/y", tensor.div);
export const maximum = binary("maximum", "max(x, y)", tensor.maximum);
export const minimum = binary("minimum", "min(x, y)", tensor.minimum);
export const mod = binary("mod", "x modulo y, with the sign of y", tensor.mod);
export const pow = binary("pow", "x^y", tensor.pow);
export const equal = binary("equal", "x = y", tensor.equal, "f16", "i1");
export const notEqual = binary("not_equal", "x ≠ y", tensor.notEqual, "f16", "i1");
export const less = binary("less", "x < y", tensor.less, "f16", "i1");
export const lessEqual = binary("less_equal", "x ≤ y", tensor.lessEqual, "f16", "i1");
export const greater = binary("greater", "x > y", tensor.greater, "f16", "i1");
export const greaterEqual = binary("greater_equal", "x ≥ y", tensor.greaterEqual, "f16", "i1");
export const logicalAnd = binary("logical_and", "x and y", tensor.logicalAnd, "i1");
export const logicalOr = binary("logical_or", "x or y", tensor.logicalOr, "i1");
export const logicalXor = binary("logical_xor", "x unlike y", tensor.logicalXor, "i1");

export const floorDiv = milOp(
  "floor_div",
  { x: input, y: input },
  {
    doc: "⌊x/y⌋, elementwise with broadcasting.",
    example: example("floor_div", { x: "2x3xf16", y: "2x3xf16" }, {}, "2x3xf16"),
    means: ({ x: lhs, y: rhs }, steps) => steps.build(tensor.floor, { input: steps.build(tensor.div, { lhs, rhs }) }),
  },
);

export const select = milOp(
  "select",
  { cond: operand(milTensor), a: input, b: input },
  {
    doc: "cond ? a : b, elementwise with broadcasting.",
    example: example("select", { cond: "2x3xi1", a: "2x3xf16", b: "2x3xf16" }, {}, "2x3xf16"),
    means: ({ cond, a, b }, steps) => steps.build(tensor.select, { condition: cond, lhs: a, rhs: b }),
  },
);

/** Element types that `cast` gives, and those of the first opset. */
const castNames = ["fp16", "fp32", "int32", "bool", "int8", "uint8", "int16", "uint16"] as const;
const firstCasts: ReadonlySet<string> = new Set(["fp16", "fp32", "int32", "bool"]);

export const cast = milOp(
  "cast",
  { x: input, dtype: attribute(enumAttribute(castNames)) },
  {
    doc: "x with its elements converted to dtype; int8, uint8, int16 and uint16 since ios17.",
    verify: (operation, report) => {
      const { dtype } = cast.cast(operation);
      const stated = constantValue(dtype);
      const opset = opsetAt(operation.block);
      const isLate = stated instanceof StringAttribute && !firstCasts.has(stated.value);
      if (isLate && opset !== undefined && !hasSince(opset, "ios17"))
        report(`takes the dtype ${stated.value} since ios17, but its function is of the opset ${opset}`);
    },
    example: example("cast", { x: "2x3xf16" }, { dtype: "fp32" }, "2x3xf32"),
    means: ({ x, dtype }, steps) =>
      steps.build(tensor.convert, { input: x, result: TensorType.get(shapeOf(x), elementTypes[dtype]) }),
  },
);

export const elementwiseOps = [
  ...[acosh, asinh, softplusParametric],
  ...[abs, acos, asin, atan, atanh, ceil, cos, cosh, erf, exp, exp2, floor, identity, logicalNot, relu, relu6, round],
  ...[sigmoid, sign, silu, sin, sinh, softplus, softsign, sqrt, square, tan, tanh, log, rsqrt, inverse],
  ...[
    elu,
    leakyRelu,
    thresholdedRelu,
    threshold,
    clip,
    sigmoidHard,
    scaledTanh,
    linearActivation,
    clampedRelu,
    gelu,
    prelu,
  ],
  ...[add, sub, mul, realDiv, floorDiv, maximum, minimum, mod, pow, equal, notEqual, less, lessEqual, greater],
  ...[greaterEqual, logicalAnd, logicalOr, logicalXor, select, cast],
];
