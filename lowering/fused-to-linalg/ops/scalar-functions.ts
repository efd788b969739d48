/**
 * What the elementwise ops of the tensor dialect compute on one element: the table from op to scalar body. Operands and
 * results are in compute form (`f16` and `bf16` as `f32`, integers as signless storage integers); `types` holds the
 * operands' logical element types, for signedness. Infinite operands give the limits that the reference semantics state.
 */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { FloatAttribute, IntegerAttribute } from "../../../ir/attributes.ts";
import type { AnyDefinition } from "../../../ir/context.ts";
import type { Accessors, Fields, OperationDefinition } from "../../../ir/declaration.ts";
import { constantOf } from "../../../ir/effects.ts";
import type { Operation, Value } from "../../../ir/operation.ts";
import { FloatType, f64, type IntegerType, i1, isFloat, TensorType, type Type } from "../../../ir/types.ts";
import { type Comparison, elementLimits, greatestFinite, type MathFunction, type Scalars } from "../scalars.ts";
import { computeElement, isUnsigned } from "../storage-types.ts";

/** Computes one element. `values` are the operands' elements, `types` their logical types. */
export type ScalarFunction = (
  scalars: Scalars,
  values: readonly Value[],
  types: readonly Type[],
  operation: Operation,
) => Value;

type Unary = (s: Scalars, x: Value, type: Type) => Value;
type Binary = (s: Scalars, a: Value, b: Value, type: Type) => Value;

const unary =
  (compute: Unary): ScalarFunction =>
  (s, [x], [type]) =>
    compute(s, x!, type!);
const binary =
  (compute: Binary): ScalarFunction =>
  (s, [a, b], [type]) =>
    compute(s, a!, b!, type!);
const mathFunction = (name: MathFunction): ScalarFunction => unary((s, x) => s.math(name, x));
/** A function that leaves integers as they are. */
const rounding = (name: MathFunction): ScalarFunction => unary((s, x) => (isFloat(x.type) ? s.math(name, x) : x));

/** An op with attributes: `compute` sees the typed operation. */
function withAttributes<F extends Fields>(
  definition: OperationDefinition<F>,
  compute: (s: Scalars, x: Value, operation: Operation & Accessors<F>, type: Type) => Value,
): readonly [AnyDefinition, ScalarFunction] {
  return [definition, (s, [x], [type], operation) => compute(s, x!, definition.cast(operation), type!)];
}

/** x, with -∞ as the least finite number, so that a product with 0 is 0 and not NaN. */
const finiteBelow: Unary = (s, x) => s.max(x, s.like(x, -greatestFinite(x.type)));

const sigmoid: Unary = (s, x) => s.div(s.like(x, 1), s.add(s.like(x, 1), s.math("exp", s.neg(x))));
const swish = (s: Scalars, x: Value, alpha: number): Value => {
  const gate = alpha === 1 ? x : s.mul(x, s.like(x, alpha));
  // Only a positive alpha closes the gate at -∞.
  return alpha > 0
    ? s.div(finiteBelow(s, x, x.type), s.add(s.like(x, 1), s.math("exp", s.neg(gate))))
    : s.mul(x, sigmoid(s, gate, x.type));
};
/** ln(1 + e^x) without overflow. */
const softplus: Unary = (s, x) => {
  const decay = s.math("exp", s.neg(s.math("absf", x)));
  return s.add(s.max(x, s.like(x, 0)), s.math("log", s.add(s.like(x, 1), decay)));
};
const clamp = (s: Scalars, x: Value, low: number, high: number): Value =>
  s.min(s.max(x, s.like(x, low)), s.like(x, high));

/** x·Φ(x) = ½x(1 + erf(x/√2)) */
const gelu: Unary = (s, x) => {
  const phi = s.add(s.like(x, 1), s.math("erf", s.mul(x, s.like(x, Math.SQRT1_2))));
  return s.mul(s.mul(finiteBelow(s, x, x.type), s.like(x, 0.5)), phi);
};
/** ½x(1 + tanh u) = x·sigmoid(2u) with u = √(2/π)(x + 0.044715x³) */
const geluTanh: Unary = (s, x) => {
  const scale = 2 * Math.sqrt(2 / Math.PI);
  const square = s.mul(x, x);
  const inner = s.mul(x, s.add(s.like(x, scale), s.mul(square, s.like(x, scale * 0.044715))));
  return s.mul(finiteBelow(s, x, x.type), sigmoid(s, inner, x.type));
};
/** alpha·(e^x - 1) below 0 */
const elu = (s: Scalars, x: Value, alpha: number, scale = 1): Value => {
  const zero = s.like(x, 0);
  const power = s.math("exp", s.mul(s.min(x, zero), s.like(x, scale)));
  return s.mul(s.sub(power, s.like(x, 1)), s.like(x, alpha));
};

const sign: Unary = (s, x, type) => {
  const zero = s.like(x, 0);
  const negative = isUnsigned(type) ? zero : s.like(x, -1);
  // Zeros and NaN stay as they are.
  const below = s.select(s.compare("lt", x, zero, isUnsigned(type)), negative, x);
  return s.select(s.compare("gt", x, zero, isUnsigned(type)), s.like(x, 1), below);
};

/** Integer division and remainder as the reference semantics define them: by 0 gives 0, and the lowest number by -1 wraps. */
const safeInteger = (
  s: Scalars,
  a: Value,
  b: Value,
  unsigned: boolean,
  compute: (divisor: Value) => Value,
  byMinusOne: () => Value,
): Value => {
  const known = constantNumber(b);
  if (known !== undefined && known !== 0 && known !== -1) return compute(b);
  const [zero, one] = [s.like(a, 0), s.like(a, 1)];
  const isZero = s.compare("eq", b, zero);
  if (unsigned) return s.select(isZero, zero, compute(s.select(isZero, one, b)));
  const isMinusOne = s.compare("eq", b, s.like(a, -1));
  const quotient = compute(s.select(s.or(isZero, isMinusOne), one, b));
  return s.select(isZero, zero, s.select(isMinusOne, byMinusOne(), quotient));
};

const div: Binary = (s, a, b, type) => {
  if (isFloat(a.type)) return s.div(a, b);
  const unsigned = isUnsigned(type);
  return safeInteger(
    s,
    a,
    b,
    unsigned,
    (divisor) => s.div(a, divisor, unsigned),
    () => s.neg(a),
  );
};
const fmod: Binary = (s, a, b, type) => {
  if (isFloat(a.type)) return s.rem(a, b);
  const unsigned = isUnsigned(type);
  return safeInteger(
    s,
    a,
    b,
    unsigned,
    (divisor) => s.rem(a, divisor, unsigned),
    () => s.like(a, 0),
  );
};
/** The remainder with the sign of the divisor. */
const mod: Binary = (s, a, b, type) => {
  const rest = fmod(s, a, b, type);
  if (isUnsigned(type)) return rest;
  const zero = s.like(a, 0);
  const isExact = s.compare("eq", rest, zero);
  const differs = s.xor(s.compare("lt", rest, zero), s.compare("lt", b, zero));
  const moved = s.select(differs, s.add(rest, b), rest);
  return s.select(isExact, isFloat(a.type) ? s.copySign(zero, b) : zero, moved);
};

const comparison = (how: Comparison): ScalarFunction =>
  binary((s, a, b, type) => s.compare(how, a, b, isUnsigned(type)));
const isTrue = (s: Scalars, x: Value): Value => (x.type === i1 ? x : s.compare("ne", x, s.like(x, 0)));

/** Shifts by the width or more move every bit out; amounts are read as unsigned. */
const shift =
  (direction: "left" | "right"): Binary =>
  (s, a, b, type) => {
    const { width } = type as IntegerType;
    const inside = s.compare("lt", b, s.like(b, width), true);
    if (direction === "left") return s.select(inside, s.shiftLeft(a, s.select(inside, b, s.like(b, 0))), s.like(a, 0));
    const unsigned = isUnsigned(type);
    if (!unsigned) return s.shiftRight(a, s.select(inside, b, s.like(b, width - 1)), false);
    return s.select(inside, s.shiftRight(a, s.select(inside, b, s.like(b, 0)), true), s.like(a, 0));
  };

/** The number that a value in a body is known to have: that of a constant. */
function constantNumber(value: Value): number | undefined {
  const attribute = constantOf(value);
  if (attribute instanceof FloatAttribute) return attribute.value;
  return attribute instanceof IntegerAttribute ? attribute.number : undefined;
}

/** a^b for known small exponents by multiplication, which is exact where pow would not be; undefined for others. */
function simplePower(s: Scalars, base: Value, exponent: number): Value | undefined {
  if (exponent === 0) return s.like(base, 1);
  if (Number.isInteger(exponent) && exponent > 0 && exponent <= 8) {
    let result: Value | undefined;
    let square = base;
    for (let rest = exponent; rest > 0; rest >>= 1) {
      if (rest & 1) result = result === undefined ? square : s.mul(result, square);
      if (rest > 1) square = s.mul(square, square);
    }
    return result;
  }
  if (!isFloat(base.type)) return undefined;
  if (exponent === -1) return s.div(s.like(base, 1), base);
  return exponent === -2 ? s.div(s.like(base, 1), s.mul(base, base)) : undefined;
}

const pow: ScalarFunction = (s, [base, exponent], [baseType, exponentType]) => {
  const known = constantNumber(exponent!);
  const simple = known === undefined ? undefined : simplePower(s, base!, known);
  if (simple !== undefined) return simple;
  if (isFloat(baseType!)) {
    const type = base!.type;
    const power = isFloat(exponentType!)
      ? s.resize(exponent!, type)
      : s.integerToFloat(exponent!, type, isUnsigned(exponentType!));
    return s.pow(base!, power);
  }
  if (!isFloat(exponentType!)) return s.pow(base!, s.resize(exponent!, base!.type, isUnsigned(exponentType!)));
  // An integer with a float exponent is computed in f64 and truncated.
  const wide = s.pow(s.integerToFloat(base!, f64, isUnsigned(baseType!)), s.resize(exponent!, f64));
  return s.convert(wide, f64, baseType!);
};

const entries: readonly (readonly [AnyDefinition, ScalarFunction])[] = [
  [tensor.abs, unary((s, x, type) => (isFloat(type) ? s.math("absf", x) : isUnsigned(type) ? x : s.max(x, s.neg(x))))],
  [tensor.neg, unary((s, x) => s.neg(x))],
  [tensor.exp, mathFunction("exp")],
  [tensor.log, mathFunction("log")],
  [tensor.sqrt, mathFunction("sqrt")],
  [tensor.rsqrt, unary((s, x) => s.div(s.like(x, 1), s.math("sqrt", x)))],
  [tensor.reciprocal, unary((s, x) => s.div(s.like(x, 1), x))],
  [tensor.sin, mathFunction("sin")],
  [tensor.cos, mathFunction("cos")],
  [tensor.tan, mathFunction("tan")],
  [tensor.asin, mathFunction("asin")],
  [tensor.acos, mathFunction("acos")],
  [tensor.atan, mathFunction("atan")],
  [tensor.sinh, mathFunction("sinh")],
  [tensor.cosh, mathFunction("cosh")],
  [tensor.asinh, mathFunction("asinh")],
  [tensor.acosh, mathFunction("acosh")],
  [tensor.atanh, mathFunction("atanh")],
  [tensor.tanh, mathFunction("tanh")],
  [tensor.sigmoid, unary(sigmoid)],
  [tensor.relu, unary((s, x, type) => (isUnsigned(type) ? x : s.max(x, s.like(x, 0))))],
  [tensor.erf, mathFunction("erf")],
  [tensor.floor, rounding("floor")],
  [tensor.ceil, rounding("ceil")],
  [tensor.round, rounding("roundeven")],
  [tensor.sign, unary(sign)],
  [tensor.logicalNot, unary((s, x) => s.compare("eq", x, s.like(x, 0)))],
  [tensor.bitwiseNot, unary((s, x) => s.not(x))],
  [tensor.silu, unary((s, x) => swish(s, x, 1))],
  [tensor.softplus, unary(softplus)],
  [
    tensor.softsign,
    unary((s, x) => {
      const limit = greatestFinite(x.type);
      const finite = clamp(s, x, -limit, limit);
      return s.div(finite, s.add(s.like(x, 1), s.math("absf", finite)));
    }),
  ],
  [
    tensor.hardSwish,
    unary((s, x) => {
      const gate = s.add(s.mul(x, s.like(x, 1 / 6)), s.like(x, 0.5));
      return s.mul(finiteBelow(s, x, x.type), clamp(s, gate, 0, 1));
    }),
  ],
  [tensor.mish, unary((s, x, type) => s.mul(finiteBelow(s, x, type), s.math("tanh", softplus(s, x, type))))],
  [tensor.isNan, unary((s, x) => s.isNan(x))],

  withAttributes(tensor.gelu, (s, x, { approximate }, type) => (approximate === "tanh" ? geluTanh : gelu)(s, x, type)),
  withAttributes(tensor.leakyRelu, (s, x, { alpha }) =>
    s.select(s.compare("lt", x, s.like(x, 0)), s.mul(x, s.like(x, alpha)), x),
  ),
  withAttributes(tensor.elu, (s, x, { alpha }) => s.select(s.compare("lt", x, s.like(x, 0)), elu(s, x, alpha), x)),
  withAttributes(tensor.selu, (s, x, { alpha, gamma }) =>
    s.mul(s.select(s.compare("lt", x, s.like(x, 0)), elu(s, x, alpha), x), s.like(x, gamma)),
  ),
  withAttributes(tensor.celu, (s, x, { alpha }) => {
    const zero = s.like(x, 0);
    const below = s.mul(s.sub(s.math("exp", s.div(x, s.like(x, alpha))), s.like(x, 1)), s.like(x, alpha));
    return s.add(s.max(x, zero), s.min(below, zero));
  }),
  withAttributes(tensor.hardSigmoid, (s, x, { alpha, beta }) =>
    clamp(s, s.add(s.mul(x, s.like(x, alpha)), s.like(x, beta)), 0, 1),
  ),
  withAttributes(tensor.thresholdedRelu, (s, x, { alpha }) =>
    // Not "greater than": NaN must stay.
    s.select(s.compare("le", x, s.like(x, alpha)), s.like(x, 0), x),
  ),
  withAttributes(tensor.shrink, (s, x, { lambd, bias }, type) => {
    if (!isFloat(type)) return shrinkInteger(s, x, lambd, bias, type);
    const between = s.select(s.compare("gt", x, s.like(x, lambd)), s.sub(x, s.like(x, bias)), s.sub(x, x));
    return s.select(s.compare("lt", x, s.like(x, -lambd)), s.add(x, s.like(x, bias)), between);
  }),
  withAttributes(tensor.swish, (s, x, { alpha }) => swish(s, x, alpha)),
  withAttributes(tensor.clip, (s, x, { min, max }, type) => {
    const unsigned = isUnsigned(type);
    const raised = min === undefined ? x : s.max(x, s.like(x, min), unsigned);
    return max === undefined ? raised : s.min(raised, s.like(x, max), unsigned);
  }),
  withAttributes(tensor.isInf, (s, x, { detect_negative, detect_positive }) => {
    const infinity = (value: number) => s.compare("eq", x, s.like(x, value));
    if (detect_negative && detect_positive) {
      return s.compare("eq", s.math("absf", x), s.like(x, Number.POSITIVE_INFINITY));
    }
    if (detect_positive) return infinity(Number.POSITIVE_INFINITY);
    return detect_negative ? infinity(Number.NEGATIVE_INFINITY) : s.constant(i1, 0);
  }),

  [tensor.add, binary((s, a, b) => s.add(a, b))],
  [tensor.sub, binary((s, a, b) => s.sub(a, b))],
  [tensor.mul, binary((s, a, b) => s.mul(a, b))],
  [tensor.div, binary(div)],
  [tensor.maximum, binary((s, a, b, type) => s.max(a, b, isUnsigned(type)))],
  [tensor.minimum, binary((s, a, b, type) => s.min(a, b, isUnsigned(type)))],
  [tensor.mod, binary(mod)],
  [tensor.fmod, binary(fmod)],
  [tensor.atan2, binary((s, a, b) => s.atan2(a, b))],
  [tensor.pow, pow],
  [
    tensor.prelu,
    binary((s, x, slope, type) => {
      const product = s.mul(x, slope);
      return isUnsigned(type) ? x : s.select(s.compare("ge", x, s.like(x, 0)), x, product);
    }),
  ],
  [tensor.equal, comparison("eq")],
  [tensor.notEqual, comparison("ne")],
  [tensor.greater, comparison("gt")],
  [tensor.greaterEqual, comparison("ge")],
  [tensor.less, comparison("lt")],
  [tensor.lessEqual, comparison("le")],
  [tensor.logicalAnd, binary((s, a, b) => s.and(isTrue(s, a), isTrue(s, b)))],
  [tensor.logicalOr, binary((s, a, b) => s.or(isTrue(s, a), isTrue(s, b)))],
  [tensor.logicalXor, binary((s, a, b) => s.xor(isTrue(s, a), isTrue(s, b)))],
  [tensor.bitwiseAnd, binary((s, a, b) => s.and(a, b))],
  [tensor.bitwiseOr, binary((s, a, b) => s.or(a, b))],
  [tensor.bitwiseXor, binary((s, a, b) => s.xor(a, b))],
  [tensor.shiftLeft, binary(shift("left"))],
  [tensor.shiftRight, binary(shift("right"))],

  [tensor.select, (s, [condition, a, b]) => s.select(condition!, a!, b!)],
  [
    tensor.convert,
    (s, [x], [type], operation) => {
      const { type: resultType } = operation.onlyResult;
      return resultType instanceof TensorType ? s.convert(x!, type!, resultType.element) : x!;
    },
  ],
];

/** On integers the limits and the bias may be fractions: computed in f64 and truncated, as the reference does. */
function shrinkInteger(s: Scalars, x: Value, lambd: number, bias: number, type: Type): Value {
  const wide = s.integerToFloat(x, f64, isUnsigned(type));
  const at = (value: number) => s.constant(f64, value);
  const above = s.select(s.compare("gt", wide, at(lambd)), s.sub(wide, at(bias)), at(0));
  const result = s.select(s.compare("lt", wide, at(-lambd)), s.add(wide, at(bias)), above);
  return s.convert(result, f64, type);
}

/** What each elementwise op computes on one element. */
export const scalarFunctions: ReadonlyMap<AnyDefinition, ScalarFunction> = new Map(entries);

/** The value that starts a maximum (or minimum) over elements of a type. */
export function extremeStart(type: Type, direction: "max" | "min"): number | bigint {
  const { lowest, highest } = elementLimits(type);
  return direction === "max" ? lowest : highest;
}

/** The compute type of a float or integer element, and whether it is one of floats. */
export function computesInFloat(element: Type): boolean {
  return computeElement(element) instanceof FloatType;
}
