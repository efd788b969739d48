/** Elementwise ops as ONNX nodes. Where ONNX lacks a function, or leaves a case open that the dialect defines, several nodes say it. */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { broadcastShapes } from "../../../dialects/tensor/reference/broadcast.ts";
import { integerFormat, isFloat } from "../../../dialects/tensor/reference/values.ts";
import { constantOf } from "../../../ir/effects.ts";
import { dataOfAttribute } from "../../../ir/evaluate.ts";
import type { Value } from "../../../ir/operation.ts";
import type { ElementName } from "../../../ir/tensor-data.ts";
import type { Attributes, GraphWriter, Term } from "./graph-writer.ts";
import { type Rule, rule } from "./rule.ts";

type Unary = (typeof tensor.unaryOps)[number];
type Binary = (typeof tensor.binaryOps)[number];

const common = (...terms: readonly Term[]) =>
  terms.map(({ shape }) => shape).reduce((a, b) => broadcastShapes("elementwise", a, b));

/** Two operands of one element type to a result of their type, or of `element`. */
function combine(graph: GraphWriter, opType: string, a: Term, b: Term, element?: ElementName): Term {
  return graph.typed(opType, [a, b], {}, { shape: common(a, b), ...(element === undefined ? {} : { element }) });
}

const test = (graph: GraphWriter, opType: string, a: Term, b: Term) => combine(graph, opType, a, b, "i1");
const and = (graph: GraphWriter, a: Term, b: Term) => combine(graph, "And", a, b);
const not = (graph: GraphWriter, a: Term) => graph.node("Not", [a]);

function where(graph: GraphWriter, condition: Term, a: Term, b: Term): Term {
  const element = graph.acceptedBy("Where", a.element);
  const chosen = graph.node(
    "Where",
    [condition, graph.cast(a, element), graph.cast(b, element)],
    {},
    {
      element,
      shape: common(condition, a, b),
    },
  );
  return graph.cast(chosen, a.element);
}

const unary = (definition: Unary, opType: string): Rule =>
  rule(definition, ({ input }, graph) => graph.typed(opType, [graph.of(input)]));

/** Rounding changes no integer. */
const rounding = (definition: Unary, opType: string): Rule =>
  rule(definition, ({ input }, graph) => {
    const term = graph.of(input);
    return isFloat(term.element) ? graph.typed(opType, [term]) : graph.node("Identity", [term]);
  });

const isUnsigned = (element: ElementName) => element.startsWith("ui") || element === "i1";

/** Times the sigmoid of itself. */
function gated(graph: GraphWriter, input: Term, alpha: number): Term {
  const scaled = alpha === 1 ? input : graph.typed("Mul", [input, graph.scalar(alpha, input.element)]);
  return graph.typed("Mul", [input, graph.typed("Sigmoid", [scaled])]);
}

const unaryRules: readonly Rule[] = [
  ...[unary(tensor.abs, "Abs"), unary(tensor.exp, "Exp"), unary(tensor.log, "Log"), unary(tensor.sqrt, "Sqrt")],
  ...[unary(tensor.reciprocal, "Reciprocal"), unary(tensor.sin, "Sin"), unary(tensor.cos, "Cos")],
  ...[unary(tensor.tan, "Tan"), unary(tensor.asin, "Asin"), unary(tensor.acos, "Acos"), unary(tensor.atan, "Atan")],
  ...[unary(tensor.sinh, "Sinh"), unary(tensor.cosh, "Cosh"), unary(tensor.asinh, "Asinh")],
  ...[unary(tensor.acosh, "Acosh"), unary(tensor.atanh, "Atanh"), unary(tensor.tanh, "Tanh")],
  ...[unary(tensor.sigmoid, "Sigmoid"), unary(tensor.erf, "Erf"), unary(tensor.sign, "Sign")],
  ...[unary(tensor.softplus, "Softplus"), unary(tensor.softsign, "Softsign")],
  ...[unary(tensor.hardSwish, "HardSwish"), unary(tensor.mish, "Mish")],
  ...[rounding(tensor.floor, "Floor"), rounding(tensor.ceil, "Ceil"), rounding(tensor.round, "Round")],
  rule(tensor.neg, ({ input }, graph) => {
    const term = graph.of(input);
    if (!isUnsigned(term.element)) return graph.typed("Neg", [term]);
    return graph.typed("Sub", [graph.scalar(0, term.element), term], {}, { shape: term.shape });
  }),
  rule(tensor.relu, ({ input }, graph) => {
    const term = graph.of(input);
    return isUnsigned(term.element) ? graph.node("Identity", [term]) : graph.typed("Relu", [term]);
  }),
  // 1/√x
  rule(tensor.rsqrt, ({ input }, graph) => graph.typed("Reciprocal", [graph.typed("Sqrt", [graph.of(input)])])),
  rule(tensor.silu, ({ input }, graph) => gated(graph, graph.of(input), 1)),
  rule(tensor.logicalNot, ({ input }, graph) => not(graph, graph.cast(graph.of(input), "i1"))),
  rule(tensor.bitwiseNot, ({ input }, graph) => {
    const term = graph.of(input);
    return term.element === "i1" ? not(graph, term) : graph.typed("BitwiseNot", [term]);
  }),
  rule(tensor.isNan, ({ input }, graph) => graph.typed("IsNaN", [graph.of(input)], {}, { element: "i1" })),
];

/** Operations on bits, which on truth values are those of logic: ONNX keeps the two apart. */
const bits = (definition: Binary, opType: string, onTruth: string): Rule =>
  rule(definition, ({ lhs, rhs }, graph) => {
    const [a, b] = [graph.of(lhs), graph.of(rhs)];
    return combine(graph, a.element === "i1" ? onTruth : opType, a, b);
  });

const binary = (definition: Binary, opType: string): Rule =>
  rule(definition, ({ lhs, rhs }, graph) => combine(graph, opType, graph.of(lhs), graph.of(rhs)));

const comparison = (definition: Binary, opType: string): Rule =>
  rule(definition, ({ lhs, rhs }, graph) => test(graph, opType, graph.of(lhs), graph.of(rhs)));

/** On truth values: whatever is not 0. */
const logic = (definition: Binary, opType: string): Rule =>
  rule(definition, ({ lhs, rhs }, graph) =>
    combine(graph, opType, graph.cast(graph.of(lhs), "i1"), graph.cast(graph.of(rhs), "i1")),
  );

/** Whether a value is known to have no element 0. */
function isNowhereZero(value: Value): boolean {
  const data = dataOfAttribute(constantOf(value));
  return data?.data.every((each) => Number(each) !== 0) ?? false;
}

/** An operation that divides: ONNX leaves open what integers give over 0, the dialect says 0. */
const division = (definition: Binary, opType: string, attributes: Attributes = {}): Rule =>
  rule(definition, ({ lhs, rhs }, graph) => {
    const [a, b] = [graph.of(lhs), graph.of(rhs)];
    const shape = common(a, b);
    if (isFloat(a.element) || isNowhereZero(rhs)) return graph.typed(opType, [a, b], attributes, { shape });
    const [zero, one] = [graph.scalar(0, b.element), graph.scalar(1, b.element)];
    const isZero = test(graph, "Equal", b, zero);
    const quotient = graph.typed(opType, [a, where(graph, isZero, one, b)], attributes, { shape });
    return where(graph, isZero, zero, quotient);
  });

/** The remainder with the sign of b: the one with the sign of a, plus b where the signs differ. ONNX has it for integers. */
function floatModulo(graph: GraphWriter, a: Term, b: Term): Term {
  const shape = common(a, b);
  const rest = graph.typed("Mod", [a, b], { fmod: 1 }, { shape });
  const zero = graph.scalar(0, a.element);
  const differs = combine(graph, "Xor", test(graph, "Less", rest, zero), test(graph, "Less", b, zero));
  const isOff = and(graph, not(graph, test(graph, "Equal", rest, zero)), differs);
  return where(graph, isOff, combine(graph, "Add", rest, b), rest);
}

/** The angle of the point (b, a): the arctangent of a/b, and half a turn on the side where b is negative. */
function angle(graph: GraphWriter, a: Term, b: Term): Term {
  const { element } = a;
  const zero = graph.scalar(0, element);
  // A zero of negative sign has a negative reciprocal.
  const isNegative = (term: Term) => {
    const below = test(graph, "Less", graph.typed("Reciprocal", [term]), zero);
    return combine(graph, "Or", test(graph, "Less", term, zero), below);
  };
  const isZero = (term: Term) => test(graph, "Equal", term, zero);
  const isInfinite = (term: Term) => graph.typed("IsInf", [term], {}, { element: "i1" });
  const signs = combine(graph, "Mul", graph.typed("Sign", [a]), graph.typed("Sign", [b]));
  const quotient = where(graph, and(graph, isInfinite(a), isInfinite(b)), signs, combine(graph, "Div", a, b));
  const slope = where(graph, and(graph, isZero(a), isZero(b)), a, quotient);
  const turn = where(graph, isNegative(a), graph.scalar(-Math.PI, element), graph.scalar(Math.PI, element));
  const atan = graph.typed("Atan", [slope]);
  return where(graph, isNegative(b), combine(graph, "Add", atan, turn), atan);
}

/** Shifts of the bits of unsigned numbers, by less than their width; ONNX defines no others. */
function shifted(graph: GraphWriter, bits: Term, amount: Term, direction: "LEFT" | "RIGHT"): Term {
  return graph.typed("BitShift", [bits, amount], { direction }, { shape: common(bits, amount) });
}

function shift(direction: "LEFT" | "RIGHT") {
  return ({ lhs, rhs }: { readonly lhs: Value; readonly rhs: Value }, graph: GraphWriter): Term => {
    const [a, b] = [graph.of(lhs), graph.of(rhs)];
    const { bits } = integerFormat(a.element);
    const half = bits === 4 ? 8 : bits;
    const unsigned: ElementName = half === 8 ? "ui8" : half === 16 ? "ui16" : half === 32 ? "ui32" : "ui64";
    // Amounts count as unsigned.
    const amount = graph.cast(b, unsigned);
    const isWhole = test(graph, "Less", amount, graph.scalar(bits, unsigned));
    const within = where(graph, isWhole, amount, graph.scalar(0, unsigned));
    if (direction === "LEFT" || isUnsigned(a.element)) {
      const moved = shifted(graph, graph.cast(a, unsigned), within, direction);
      return graph.cast(where(graph, isWhole, moved, graph.scalar(0, unsigned)), a.element);
    }
    // a >> b of a negative number is not(not(a) >> b), whose operand is not negative.
    const wide = a.element === "i4" ? graph.cast(a, "i8") : a;
    const zero = graph.scalar(0, wide.element);
    const isBelow = test(graph, "Less", wide, zero);
    const inverted = graph.node("BitwiseNot", [wide]);
    const magnitude = graph.cast(where(graph, isBelow, inverted, wide), unsigned);
    const moved = where(graph, isWhole, shifted(graph, magnitude, within, "RIGHT"), graph.scalar(0, unsigned));
    const signed = graph.cast(moved, wide.element);
    return graph.cast(where(graph, isBelow, graph.node("BitwiseNot", [signed]), signed), a.element);
  };
}

const binaryRules: readonly Rule[] = [
  ...[binary(tensor.add, "Add"), binary(tensor.sub, "Sub"), binary(tensor.mul, "Mul")],
  ...[binary(tensor.maximum, "Max"), binary(tensor.minimum, "Min")],
  ...[bits(tensor.bitwiseAnd, "BitwiseAnd", "And"), bits(tensor.bitwiseOr, "BitwiseOr", "Or")],
  bits(tensor.bitwiseXor, "BitwiseXor", "Xor"),
  division(tensor.div, "Div"),
  division(tensor.fmod, "Mod", { fmod: 1 }),
  rule(tensor.mod, (operation, graph) => {
    const [a, b] = [graph.of(operation.lhs), graph.of(operation.rhs)];
    return isFloat(a.element) ? floatModulo(graph, a, b) : integerModulo.write(operation, graph);
  }),
  rule(tensor.atan2, ({ lhs, rhs }, graph) => angle(graph, graph.of(lhs), graph.of(rhs))),
  ...[comparison(tensor.equal, "Equal"), comparison(tensor.greater, "Greater"), comparison(tensor.less, "Less")],
  ...[comparison(tensor.greaterEqual, "GreaterOrEqual"), comparison(tensor.lessEqual, "LessOrEqual")],
  rule(tensor.notEqual, ({ lhs, rhs }, graph) => not(graph, test(graph, "Equal", graph.of(lhs), graph.of(rhs)))),
  ...[logic(tensor.logicalAnd, "And"), logic(tensor.logicalOr, "Or"), logic(tensor.logicalXor, "Xor")],
  rule(tensor.shiftLeft, shift("LEFT")),
  rule(tensor.shiftRight, shift("RIGHT")),
];
const integerModulo = division(tensor.mod, "Mod");

/** f(x; attributes) with float attributes, which ONNX holds in 32 bits. */
const floatAttributes = (values: Readonly<Record<string, number>>): Attributes =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { float: value }]));

const activationRules: readonly Rule[] = [
  rule(tensor.gelu, ({ input, approximate }, graph) => graph.typed("Gelu", [graph.of(input)], { approximate })),
  rule(tensor.leakyRelu, ({ input, alpha }, graph) =>
    graph.typed("LeakyRelu", [graph.of(input)], floatAttributes({ alpha })),
  ),
  rule(tensor.elu, ({ input, alpha }, graph) => graph.typed("Elu", [graph.of(input)], floatAttributes({ alpha }))),
  rule(tensor.selu, ({ input, alpha, gamma }, graph) =>
    graph.typed("Selu", [graph.of(input)], floatAttributes({ alpha, gamma })),
  ),
  rule(tensor.celu, ({ input, alpha }, graph) => {
    const term = graph.of(input);
    if (term.element !== "f64") return graph.typed("Celu", [term], floatAttributes({ alpha }));
    // max(0, x) + min(0, alpha·(e^(x/alpha) - 1)): ONNX has Celu for 32 bits only.
    const [zero, one, scale] = [0, 1, alpha].map((value) => graph.scalar(value, "f64"));
    const like = { shape: term.shape };
    const power = graph.node("Exp", [graph.node("Div", [term, scale])]);
    const curve = graph.node("Mul", [graph.node("Sub", [power, one]), scale]);
    return graph.node("Add", [graph.node("Max", [term, zero], {}, like), graph.node("Min", [curve, zero], {}, like)]);
  }),
  rule(tensor.hardSigmoid, ({ input, alpha, beta }, graph) =>
    graph.typed("HardSigmoid", [graph.of(input)], floatAttributes({ alpha, beta })),
  ),
  rule(tensor.thresholdedRelu, ({ input, alpha }, graph) =>
    graph.typed("ThresholdedRelu", [graph.of(input)], floatAttributes({ alpha })),
  ),
  rule(tensor.shrink, ({ input, lambd, bias }, graph) =>
    graph.typed("Shrink", [graph.of(input)], floatAttributes({ lambd, bias })),
  ),
  rule(tensor.swish, ({ input, alpha }, graph) => gated(graph, graph.of(input), alpha)),
  rule(tensor.clip, ({ input, min, max }, graph) => {
    const term = graph.of(input);
    const limit = (value: number | undefined) => (value === undefined ? undefined : graph.scalar(value, term.element));
    return graph.typed("Clip", [term, limit(min), limit(max)]);
  }),
  rule(tensor.isInf, ({ input, detect_negative, detect_positive }, graph) =>
    graph.typed("IsInf", [graph.of(input)], { detect_negative, detect_positive }, { element: "i1" }),
  ),
];

export const elementwiseRules: readonly Rule[] = [
  ...unaryRules,
  ...binaryRules,
  ...activationRules,
  rule(tensor.pow, ({ lhs, rhs }, graph) => {
    const [a, b] = [graph.of(lhs), graph.of(rhs)];
    // The exponent may have a type of its own. Powers of integers that are out of range, or below 1, are open in ONNX.
    const exponent = graph.cast(b, graph.acceptedBy("Add", b.element));
    return graph.typed("Pow", [a, exponent], {}, { shape: common(a, b) }, 1);
  }),
  rule(tensor.prelu, ({ input, slope }, graph) => graph.typed("PRelu", [graph.of(input), graph.of(slope)])),
  rule(tensor.select, ({ condition, lhs, rhs }, graph) =>
    where(graph, graph.of(condition), graph.of(lhs), graph.of(rhs)),
  ),
  rule(tensor.convert, ({ input, result }, graph) => {
    const term = graph.of(input);
    const element = graph.elementOf(result);
    return term.element === element ? graph.node("Identity", [term]) : graph.cast(term, element);
  }),
];
