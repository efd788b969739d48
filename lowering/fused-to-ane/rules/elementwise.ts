/**
 * Elementwise ops: functions go into activation slots, sums and products with constants into gain and offset, everything with
 * two live operands is a task of its own.
 */
import { type ActivationName, isPerChannel } from "../../../dialects/ane/index.ts";
import * as tensor from "../../../dialects/tensor/index.ts";
import type { AnyDefinition } from "../../../ir/context.ts";
import type { Operation } from "../../../ir/operation.ts";
import { getNumber, type TensorData } from "../../../ir/tensor-data.ts";
import { f16, i1, isFloat, TensorType } from "../../../ir/types.ts";
import type { EngineValue } from "../draft.ts";
import { constantEngineValue, mapData, type Rule, refuse, type Session, scalarData } from "../session.ts";

export type RuleEntry = readonly [AnyDefinition, Rule];

const activated =
  (name: ActivationName): Rule =>
  (session, operation) =>
    session.activate(session.operand(operation.operand(0)), name);

const unaryActivations: readonly (readonly [AnyDefinition, ActivationName])[] = [
  [tensor.abs, "abs"],
  [tensor.exp, "exp"],
  [tensor.log, "log"],
  [tensor.sqrt, "sqrt"],
  [tensor.rsqrt, "rsqrt"],
  [tensor.reciprocal, "inverse"],
  [tensor.sin, "sin"],
  [tensor.cos, "cos"],
  [tensor.atan, "atan"],
  [tensor.tanh, "tanh"],
  [tensor.sigmoid, "sigmoid"],
  [tensor.relu, "relu"],
  [tensor.erf, "erf"],
  [tensor.floor, "floor"],
  [tensor.ceil, "ceil"],
  [tensor.round, "round"],
  [tensor.sign, "sign"],
  [tensor.silu, "silu"],
  [tensor.softplus, "softplus"],
  [tensor.softsign, "softsign"],
];

/** A value of which more than the next task is used: nothing may join the task that gives it. */
function shared(value: EngineValue): EngineValue {
  return { ...value, isSoleUse: false };
}

/** x·f(x) as two tasks. */
function timesItself(session: Session, x: EngineValue, factor: EngineValue): EngineValue {
  return session.elementwise("mul", [x, factor], x.shape);
}

const activationRules: readonly RuleEntry[] = [
  ...unaryActivations.map(([definition, name]): RuleEntry => [definition, activated(name)]),
  [
    tensor.gelu,
    (session, operation) => {
      const { approximate } = tensor.gelu.cast(operation);
      return session.activate(session.operand(operation.operand(0)), approximate === "tanh" ? "gelu_tanh" : "gelu");
    },
  ],
  [tensor.neg, (session, operation) => session.gain(session.operand(operation.operand(0)), scalarData(-1))],
  [
    tensor.leakyRelu,
    (session, operation) =>
      session.activate(session.operand(operation.operand(0)), "leaky_relu", tensor.leakyRelu.cast(operation).alpha),
  ],
  [
    tensor.elu,
    (session, operation) =>
      session.activate(session.operand(operation.operand(0)), "elu", tensor.elu.cast(operation).alpha),
  ],
  // gamma·elu(x, alpha), since gamma is positive
  [
    tensor.selu,
    (session, operation) => {
      const { alpha, gamma } = tensor.selu.cast(operation);
      return session.gain(session.activate(session.operand(operation.operand(0)), "elu", alpha), scalarData(gamma));
    },
  ],
  // alpha·elu(x/alpha, 1) for positive alpha
  [
    tensor.celu,
    (session, operation) => {
      const { alpha } = tensor.celu.cast(operation);
      if (alpha <= 0) refuse(`celu with alpha ${alpha} has no form in elu: it must be positive`);
      const x = session.operand(operation.operand(0));
      if (alpha === 1) return session.activate(x, "elu", 1);
      return session.gain(session.activate(session.gain(x, scalarData(1 / alpha)), "elu", 1), scalarData(alpha));
    },
  ],
  [
    tensor.hardSigmoid,
    (session, operation) => {
      const { alpha, beta } = tensor.hardSigmoid.cast(operation);
      return session.activate(session.operand(operation.operand(0)), "sigmoid_hard", alpha, beta);
    },
  ],
  [
    tensor.thresholdedRelu,
    (session, operation) =>
      session.activate(
        session.operand(operation.operand(0)),
        "thresholded_relu",
        tensor.thresholdedRelu.cast(operation).alpha,
      ),
  ],
  [
    tensor.hardSwish,
    (session, operation) => {
      const x = shared(session.operand(operation.operand(0)));
      return timesItself(session, x, session.activate(x, "sigmoid_hard", 1 / 6, 0.5));
    },
  ],
  [
    tensor.mish,
    (session, operation) => {
      const x = shared(session.operand(operation.operand(0)));
      return timesItself(session, x, session.activate(session.activate(x, "softplus"), "tanh"));
    },
  ],
  [
    tensor.swish,
    (session, operation) => {
      const { alpha } = tensor.swish.cast(operation);
      const operand = session.operand(operation.operand(0));
      if (alpha === 1) return session.activate(operand, "silu");
      const x = shared(operand);
      return timesItself(session, x, session.activate(session.gain(x, scalarData(alpha)), "sigmoid"));
    },
  ],
  [
    tensor.clip,
    (session, operation) => {
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = tensor.clip.cast(operation);
      const x = session.operand(operation.operand(0));
      if (min === 0 && max === Number.POSITIVE_INFINITY) return session.activate(x, "relu");
      if (min === 0 && max === 6) return session.activate(x, "relu6");
      return session.activate(x, "clip", min, max);
    },
  ],
];

/** All elements of a constant, as numbers. */
function numbersOf(data: TensorData): number[] {
  return Array.from({ length: data.data.length }, (_, index) => getNumber(data, index));
}

/** Whether a constant fits in a slot behind `value`, in the shape that the op's result has. */
function fitsSlot(value: EngineValue, data: TensorData, shape: readonly number[]): boolean {
  return value.shape.join() === shape.join() && isPerChannel(data.shape, shape);
}

/** Both operands of a binary op, and the constant one of them if there is just one. */
function operandsOf(session: Session, operation: Operation) {
  const [lhs, rhs] = [session.operand(operation.operand(0)), session.operand(operation.operand(1))];
  return { lhs, rhs, shape: session.resultShape(operation) };
}

const arithmeticRules: readonly RuleEntry[] = [
  [
    tensor.add,
    (session, operation) => {
      const { lhs, rhs, shape } = operandsOf(session, operation);
      if (rhs.constant !== undefined && fitsSlot(lhs, rhs.constant, shape)) return session.offset(lhs, rhs.constant);
      if (lhs.constant !== undefined && fitsSlot(rhs, lhs.constant, shape)) return session.offset(rhs, lhs.constant);
      return session.elementwise("add", [lhs, rhs], shape);
    },
  ],
  [
    tensor.sub,
    (session, operation) => {
      const { lhs, rhs, shape } = operandsOf(session, operation);
      const negated = (data: TensorData) => mapData(data, (value) => -value);
      if (rhs.constant !== undefined && fitsSlot(lhs, rhs.constant, shape))
        return session.offset(lhs, negated(rhs.constant));
      if (lhs.constant !== undefined && fitsSlot(rhs, lhs.constant, shape)) {
        return session.offset(session.gain(rhs, scalarData(-1)), lhs.constant);
      }
      return session.elementwise("sub", [lhs, rhs], shape);
    },
  ],
  [
    tensor.mul,
    (session, operation) => {
      const { lhs, rhs, shape } = operandsOf(session, operation);
      if (operation.operand(0) === operation.operand(1)) return session.activate(lhs, "square");
      if (rhs.constant !== undefined && fitsSlot(lhs, rhs.constant, shape)) return session.gain(lhs, rhs.constant);
      if (lhs.constant !== undefined && fitsSlot(rhs, lhs.constant, shape)) return session.gain(rhs, lhs.constant);
      return session.elementwise("mul", [lhs, rhs], shape);
    },
  ],
  [
    tensor.div,
    (session, operation) => {
      const { lhs, rhs, shape } = operandsOf(session, operation);
      const { constant } = rhs;
      // A division by powers of two is exact as a product.
      if (constant !== undefined && fitsSlot(lhs, constant, shape) && numbersOf(constant).every(isPowerOfTwo)) {
        return session.gain(
          lhs,
          mapData(constant, (value) => 1 / value),
        );
      }
      if (
        lhs.constant !== undefined &&
        numbersOf(lhs.constant).every((value) => value === 1) &&
        rhs.shape.join() === shape.join()
      ) {
        return session.activate(rhs, "inverse");
      }
      return session.elementwise("real_div", [lhs, rhs], shape);
    },
  ],
  [tensor.pow, powRule],
  [tensor.maximum, binaryTask("maximum")],
  [tensor.minimum, binaryTask("minimum")],
  [tensor.equal, comparison("equal")],
  [tensor.notEqual, comparison("not_equal")],
  [tensor.less, comparison("less")],
  [tensor.lessEqual, comparison("less_equal")],
  [tensor.greater, comparison("greater")],
  [tensor.greaterEqual, comparison("greater_equal")],
  [
    tensor.prelu,
    (session, operation) => {
      const input = session.operand(operation.operand(0));
      const slope = constantEngineValue(session.required(operation.operand(1), "the slope"));
      return session.elementwise("prelu", [input, slope], input.shape);
    },
  ],
  [
    tensor.logicalNot,
    (session, operation) => {
      const input = session.operand(operation.operand(0));
      if (input.element === i1) return session.elementwise("logical_not", [input], input.shape, i1);
      return session.elementwise("equal", [input, constantEngineValue(scalarData(0))], input.shape, i1);
    },
  ],
  [
    tensor.select,
    (session, operation) => {
      const inputs = operation.operands.map((value) => session.operand(value));
      if (inputs[1]!.element === i1) refuse("choosing between truth values has no form on the engine");
      return session.elementwise("select", inputs, session.resultShape(operation));
    },
  ],
  [tensor.convert, convertRule],
];

/** ±2^n within the exponents of f16 */
function isPowerOfTwo(value: number): boolean {
  const exponent = Math.log2(Math.abs(value));
  return Number.isInteger(exponent) && Math.abs(exponent) <= 14;
}

function binaryTask(kind: string): Rule {
  return (session, operation) => {
    const { lhs, rhs, shape } = operandsOf(session, operation);
    return session.elementwise(kind, [lhs, rhs], shape);
  };
}

function comparison(kind: string): Rule {
  return (session, operation) => {
    const { lhs, rhs, shape } = operandsOf(session, operation);
    if (lhs.element === i1) refuse("comparing truth values has no form on the engine");
    return session.elementwise(kind, [lhs, rhs], shape, i1);
  };
}

const powers: ReadonlyMap<number, ActivationName> = new Map<number, ActivationName>([
  [2, "square"],
  [0.5, "sqrt"],
  [-0.5, "rsqrt"],
  [-1, "inverse"],
]);

/** Powers by known numbers have cheaper and more exact forms. */
function powRule(session: Session, operation: Operation): EngineValue {
  const base = session.operand(operation.operand(0));
  const shape = session.resultShape(operation);
  const constant = session.constant(operation.operand(1));
  if (constant === undefined) return session.elementwise("pow", [base, session.operand(operation.operand(1))], shape);
  const values = numbersOf(constant);
  const [first = 1] = values;
  const isOne = values.every((value) => value === first) && base.shape.join() === shape.join();
  const name = isOne ? powers.get(first) : undefined;
  if (isOne && first === 1) return base;
  if (name !== undefined) return session.activate(base, name);
  return session.elementwise("pow", [base, constantEngineValue(mapData(constant, (value) => value))], shape);
}

/** Float types are all f16 on the engine; truth values become 0 and 1. */
function convertRule(session: Session, operation: Operation): EngineValue {
  const input = session.operand(operation.operand(0));
  const { type } = operation.onlyResult;
  if (!(type instanceof TensorType)) throw new Error(`a tensor is expected, found ${type}`);
  if (isFloat(type.element)) {
    if (input.element === f16) return input;
    const [one, zero] = [constantEngineValue(scalarData(1)), constantEngineValue(scalarData(0))];
    return session.elementwise("select", [input, one, zero], input.shape);
  }
  if (type.element !== i1) refuse(`it converts to ${type.element}, and the engine has no integers`);
  if (input.element === i1) return input;
  return session.elementwise("not_equal", [input, constantEngineValue(scalarData(0))], input.shape, i1);
}

export const elementwiseRules: readonly RuleEntry[] = [...activationRules, ...arithmeticRules];
