/** Operators that work element by element: functions of one value, arithmetic, comparisons, logic, bits, conversion. */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { elementBytes, elementsFromBytes, getNumber } from "../../../ir/tensor-data.ts";
import { convert, isFloatElement, mul, reshape, since, withNumber } from "./common.ts";
import {
  elementOf,
  type NodeImport,
  type OperatorImport,
  type OperatorTable,
  shapeOf,
  type Tensor,
} from "./node-import.ts";

type Unary = (typeof tensor.unaryOps)[number];
type Binary = (typeof tensor.binaryOps)[number];

const unary =
  (definition: Unary): OperatorImport =>
  (node) =>
    node.emit(definition, { input: node.input(0) });

/** Before version 7 the second operand was aligned at `axis`, and only with `broadcast`; since then as NumPy does. */
function operands(node: NodeImport): { lhs: Tensor; rhs: Tensor } {
  const [lhs, rhs] = [node.input(0), node.input(1)];
  if (node.version >= 7 || !node.hasAttribute("axis") || rhs.type.rank === 0) return { lhs, rhs };
  const axis = node.axis(node.integer("axis"), lhs.type.rank);
  const behind = lhs.type.rank - axis - rhs.type.rank;
  return { lhs, rhs: reshape(node, rhs, [...shapeOf(rhs), ...new Array<number>(Math.max(0, behind)).fill(1)]) };
}

const binary =
  (definition: Binary): OperatorImport =>
  (node) =>
    node.emit(definition, operands(node));

/** A chain over any number of operands. */
const variadic =
  (definition: Binary): OperatorImport =>
  (node) => {
    const [first, ...rest] = node.inputsFrom(0);
    if (first === undefined) throw node.error("has no inputs");
    return rest.reduce((lhs, rhs) => node.emit(definition, { lhs, rhs }), first);
  };

function mean(node: NodeImport): Tensor {
  const [first, ...rest] = node.inputsFrom(0);
  if (first === undefined) throw node.error("has no inputs");
  const sum = rest.reduce((lhs, rhs) => node.emit(tensor.add, { lhs, rhs }), first);
  return rest.length === 0 ? first : withNumber(node, tensor.div, sum, rest.length + 1);
}

function clipTo(node: NodeImport, min: number | undefined, max: number | undefined): Tensor {
  const input = node.input(0);
  if (min === undefined && max === undefined) return input;
  return node.emit(tensor.clip, { input, min, max });
}

/** Limits as attributes where they are known and a double holds them exactly, else as operands. */
function clipWithInputs(node: NodeImport): Tensor {
  const input = node.input(0);
  const element = elementOf(input);
  const [low, high] = [node.optionalInput(1), node.optionalInput(2)];
  const known = [low, high].map((limit) => (limit === undefined ? undefined : node.builder.contentsOf(limit)));
  const isKnown = [low, high].every((limit, position) => limit === undefined || known[position] !== undefined);
  if (isKnown && element !== "i64" && element !== "ui64") {
    const [min, max] = known.map((limit) => (limit === undefined ? undefined : getNumber(limit, 0)));
    return clipTo(node, min, max);
  }
  // A limit may have shape [1]; the result keeps the input's shape.
  const scalar = (limit: Tensor) => reshape(node, limit, []);
  const raised = low === undefined ? input : node.emit(tensor.maximum, { lhs: input, rhs: scalar(low) });
  return high === undefined ? raised : node.emit(tensor.minimum, { lhs: raised, rhs: scalar(high) });
}

/** Slopes of rank 1 belonged to the channels before version 7; since then they broadcast as NumPy does. */
function prelu(node: NodeImport): Tensor {
  const [input, slope] = [node.input(0), node.input(1)];
  const shape = shapeOf(slope);
  const perChannel = node.version < 7 && shape.length === 1 && input.type.rank > 2;
  const aligned = perChannel
    ? reshape(node, slope, [shape[0]!, ...new Array<number>(input.type.rank - 2).fill(1)])
    : slope;
  return node.emit(tensor.prelu, { input, slope: aligned });
}

function mod(node: NodeImport): Tensor {
  const fmod = node.flag("fmod");
  if (!fmod && isFloatElement(elementOf(node.input(0)))) throw node.error("floats need the attribute fmod = 1");
  return node.emit(fmod ? tensor.fmod : tensor.mod, { lhs: node.input(0), rhs: node.input(1) });
}

function bitShift(node: NodeImport): Tensor {
  const direction = node.oneOf("direction", ["LEFT", "RIGHT"]);
  const definition = direction === "LEFT" ? tensor.shiftLeft : tensor.shiftRight;
  return node.emit(definition, { lhs: node.input(0), rhs: node.input(1) });
}

/** The same bits as another element type of the same width, for constants only: no tensor operation reinterprets bits. */
function bitCast(node: NodeImport): Tensor {
  const element = node.elementType("to");
  const { shape, data } = node.constantInput(0, "the value to reinterpret");
  if (elementBytes(element) !== data.BYTES_PER_ELEMENT) {
    throw node.error(`cannot reinterpret elements of ${data.BYTES_PER_ELEMENT} bytes as ${element}`);
  }
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return node.constant({ shape, element, data: elementsFromBytes(element, bytes) });
}

/** a·sigmoid(alpha·a)·b. */
function swiglu(node: NodeImport): Tensor {
  const gate = node.emit(tensor.swish, { input: node.input(0), alpha: node.float("alpha", 1) });
  return mul(node, gate, node.input(1));
}

export const elementwiseOperators: OperatorTable = {
  Abs: since(1, unary(tensor.abs)),
  Acos: since(7, unary(tensor.acos)),
  Acosh: since(9, unary(tensor.acosh)),
  Add: since(1, binary(tensor.add)),
  And: since(1, binary(tensor.logicalAnd)),
  Asin: since(7, unary(tensor.asin)),
  Asinh: since(9, unary(tensor.asinh)),
  Atan: since(7, unary(tensor.atan)),
  Atanh: since(9, unary(tensor.atanh)),
  BitCast: since(26, bitCast),
  BitShift: since(11, bitShift),
  BitwiseAnd: since(18, binary(tensor.bitwiseAnd)),
  BitwiseNot: since(18, unary(tensor.bitwiseNot)),
  BitwiseOr: since(18, binary(tensor.bitwiseOr)),
  BitwiseXor: since(18, binary(tensor.bitwiseXor)),
  Cast: since(6, (node) => convert(node, node.input(0), node.elementType("to"))),
  CastLike: since(15, (node) => convert(node, node.input(0), elementOf(node.input(1)))),
  Ceil: since(1, unary(tensor.ceil)),
  Celu: since(12, (node) => node.emit(tensor.celu, { input: node.input(0), alpha: node.float("alpha", 1) })),
  Clip: {
    1: (node) => clipTo(node, optionalFloat(node, "min"), optionalFloat(node, "max")),
    11: clipWithInputs,
  },
  Cos: since(7, unary(tensor.cos)),
  Cosh: since(9, unary(tensor.cosh)),
  Div: since(1, binary(tensor.div)),
  Elu: since(1, (node) => node.emit(tensor.elu, { input: node.input(0), alpha: node.float("alpha", 1) })),
  Equal: since(1, binary(tensor.equal)),
  Erf: since(9, unary(tensor.erf)),
  Exp: since(1, unary(tensor.exp)),
  Floor: since(1, unary(tensor.floor)),
  Gelu: since(20, (node) =>
    node.emit(tensor.gelu, {
      input: node.input(0),
      approximate: node.oneOf("approximate", ["none", "tanh"], "none"),
    }),
  ),
  Greater: since(1, binary(tensor.greater)),
  GreaterOrEqual: since(12, binary(tensor.greaterEqual)),
  HardSigmoid: since(1, (node) =>
    node.emit(tensor.hardSigmoid, {
      input: node.input(0),
      alpha: node.float("alpha", 0.2),
      beta: node.float("beta", 0.5),
    }),
  ),
  HardSwish: since(14, unary(tensor.hardSwish)),
  IsInf: since(10, (node) =>
    node.emit(tensor.isInf, {
      input: node.input(0),
      detect_negative: node.flag("detect_negative", true),
      detect_positive: node.flag("detect_positive", true),
    }),
  ),
  IsNaN: since(9, unary(tensor.isNan)),
  LeakyRelu: since(1, (node) =>
    node.emit(tensor.leakyRelu, { input: node.input(0), alpha: node.float("alpha", 0.01) }),
  ),
  Less: since(1, binary(tensor.less)),
  LessOrEqual: since(12, binary(tensor.lessEqual)),
  Log: since(1, unary(tensor.log)),
  Max: since(1, variadic(tensor.maximum)),
  Mean: since(1, mean),
  Min: since(1, variadic(tensor.minimum)),
  Mish: since(18, unary(tensor.mish)),
  Mod: since(10, mod),
  Mul: since(1, binary(tensor.mul)),
  Neg: since(1, unary(tensor.neg)),
  Not: since(1, unary(tensor.logicalNot)),
  Or: since(1, binary(tensor.logicalOr)),
  PRelu: since(1, prelu),
  Pow: since(1, (node) => node.emit(tensor.pow, operands(node))),
  Reciprocal: since(1, unary(tensor.reciprocal)),
  Relu: since(1, unary(tensor.relu)),
  Round: since(11, unary(tensor.round)),
  Selu: since(1, (node) =>
    node.emit(tensor.selu, {
      input: node.input(0),
      alpha: node.float("alpha", node.version < 6 ? 1.6732 : 1.6732631921768188),
      gamma: node.float("gamma", node.version < 6 ? 1.0507 : 1.0507010221481323),
    }),
  ),
  Shrink: since(9, (node) =>
    node.emit(tensor.shrink, {
      input: node.input(0),
      lambd: node.float("lambd", 0.5),
      bias: node.float("bias", 0),
    }),
  ),
  Sigmoid: since(1, unary(tensor.sigmoid)),
  Sign: since(9, unary(tensor.sign)),
  Sin: since(7, unary(tensor.sin)),
  Sinh: since(9, unary(tensor.sinh)),
  Softplus: since(1, unary(tensor.softplus)),
  Softsign: since(1, unary(tensor.softsign)),
  Sqrt: since(1, unary(tensor.sqrt)),
  Sub: since(1, binary(tensor.sub)),
  Sum: since(1, variadic(tensor.add)),
  SwiGLU: since(28, swiglu),
  Swish: since(24, (node) => node.emit(tensor.swish, { input: node.input(0), alpha: node.float("alpha", 1) })),
  Tan: since(7, unary(tensor.tan)),
  Tanh: since(1, unary(tensor.tanh)),
  ThresholdedRelu: since(10, (node) =>
    node.emit(tensor.thresholdedRelu, { input: node.input(0), alpha: node.float("alpha", 1) }),
  ),
  Where: since(9, (node) =>
    node.emit(tensor.select, { condition: node.input(0), lhs: node.input(1), rhs: node.input(2) }),
  ),
  Xor: since(1, binary(tensor.logicalXor)),
};

function optionalFloat(node: NodeImport, name: string): number | undefined {
  return node.hasAttribute(name) ? node.float(name) : undefined;
}
