/** Convolution, matrix product, pooling, reduction, softmax, normalisation and resizing: the anchors of tasks. */
import { conv, matmul, norm, pool, type ReduceKind, reduce, resample, softmax } from "../../../dialects/ane/index.ts";
import * as tensor from "../../../dialects/tensor/index.ts";
import { matmulShape } from "../../../dialects/tensor/reference/matmul.ts";
import { boolAttribute, i64ArrayAttribute } from "../../../ir/constraints.ts";
import type { AnyDefinition } from "../../../ir/context.ts";
import type { Operation } from "../../../ir/operation.ts";
import { elementCount, getNumber, setNumber, type TensorData, zeros } from "../../../ir/tensor-data.ts";
import type { EngineValue } from "../draft.ts";
import { constantEngineValue, refuse, type Session, scalarData } from "../session.ts";
import type { RuleEntry } from "./elementwise.ts";

/** A vector of one number per channel, laid out to broadcast to [N, C, …]. */
function perChannel(data: TensorData, rank: number): TensorData {
  return { ...data, shape: [elementCount(data.shape), ...new Array<number>(Math.max(0, rank - 2)).fill(1)] };
}

/** Adds the bias of a convolution in the offset slot. */
function biased(session: Session, value: EngineValue, operation: Operation): EngineValue {
  if (operation.operandCount < 3) return value;
  return session.offset(value, perChannel(session.required(operation.operand(2), "its bias"), 4));
}

const convolutionRules: readonly RuleEntry[] = [
  [
    tensor.conv2d,
    (session, operation) => {
      const { strides, dilations, padding, groups } = tensor.conv2d.cast(operation);
      const [input, weight] = [session.operand(operation.operand(0)), session.operand(operation.operand(1))];
      const attributes = { strides, dilations, padding, groups, transposed: false };
      return biased(
        session,
        session.task(conv, { input, weight }, attributes, session.resultShape(operation)),
        operation,
      );
    },
  ],
  [
    tensor.convTranspose2d,
    (session, operation) => {
      const { strides, dilations, padding, groups, output_padding } = tensor.convTranspose2d.cast(operation);
      if (output_padding.some((size) => size !== 0))
        refuse(`output_padding [${output_padding.join(", ")}] has no form on the engine`);
      const [input, weight] = [session.operand(operation.operand(0)), session.operand(operation.operand(1))];
      const attributes = { strides, dilations, padding, groups, transposed: true };
      return biased(
        session,
        session.task(conv, { input, weight }, attributes, session.resultShape(operation)),
        operation,
      );
    },
  ],
  [
    tensor.matmul,
    (session, operation) => {
      const { transpose_lhs, transpose_rhs } = tensor.matmul.cast(operation);
      const [lhs, rhs] = [session.operand(operation.operand(0)), session.operand(operation.operand(1))];
      return session.task(matmul, { lhs, rhs }, { transpose_lhs, transpose_rhs }, session.resultShape(operation));
    },
  ],
];

interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: readonly number[];
  readonly ceil_mode: boolean;
}

function pooling(
  session: Session,
  operation: Operation,
  window: Window,
  extra: { readonly [name: string]: unknown },
): EngineValue {
  const { kernel, strides, dilations, padding, ceil_mode } = window;
  if (dilations.some((size) => size !== 1))
    refuse(`pooling with dilations [${dilations.join(", ")}] has no form on the engine`);
  const input = session.operand(operation.operand(0));
  return session.task(
    pool,
    { input },
    { kernel, strides, padding, ceil_mode, ...extra },
    session.resultShape(operation),
  );
}

const poolingRules: readonly RuleEntry[] = [
  [
    tensor.maxPool2d,
    (session, operation) => pooling(session, operation, tensor.maxPool2d.cast(operation), { kind: "max" }),
  ],
  [
    tensor.averagePool2d,
    (session, operation) => {
      const typed = tensor.averagePool2d.cast(operation);
      const { count_include_pad } = typed;
      return pooling(session, operation, typed, { kind: "average", count_include_pad });
    },
  ],
  [
    tensor.lpPool2d,
    (session, operation) => {
      const typed = tensor.lpPool2d.cast(operation);
      if (typed.p !== 2) refuse(`pooling by the norm of order ${typed.p} has no form on the engine: only order 2 has`);
      return pooling(session, operation, typed, { kind: "l2" });
    },
  ],
];

const reductions: readonly (readonly [AnyDefinition, ReduceKind])[] = [
  [tensor.reduceSum, "sum"],
  [tensor.reduceMean, "mean"],
  [tensor.reduceMax, "max"],
  [tensor.reduceMin, "min"],
  [tensor.reduceL1, "l1"],
  [tensor.reduceL2, "l2"],
  [tensor.reduceSumSquare, "sum_square"],
  [tensor.reduceLogSum, "log_sum"],
  [tensor.reduceLogSumExp, "log_sum_exp"],
];

/** All reductions have the same fields. */
function reduction(definition: AnyDefinition, kind: ReduceKind): RuleEntry {
  return [
    definition,
    (session, operation) => {
      const axes = i64ArrayAttribute.decode(operation.attribute("axes")!) ?? [];
      const keepDims = operation.attribute("keep_dims");
      const keep_dims = keepDims === undefined || boolAttribute.decode(keepDims) === true;
      const input = session.operand(operation.operand(0));
      return session.task(reduce, { input }, { kind, axes, keep_dims }, session.resultShape(operation));
    },
  ];
}

const reductionRules: readonly RuleEntry[] = [
  ...reductions.map(([definition, kind]) => reduction(definition, kind)),
  [
    tensor.softmax,
    (session, operation) => {
      const { axis } = tensor.softmax.cast(operation);
      return session.task(
        softmax,
        { input: session.operand(operation.operand(0)) },
        { axis },
        session.resultShape(operation),
      );
    },
  ],
  // x - ln Σ e^x
  [
    tensor.logSoftmax,
    (session, operation) => {
      const { axis } = tensor.logSoftmax.cast(operation);
      const input = session.operand(operation.operand(0));
      const reduced = input.shape.map((size, position) => (position === axis ? 1 : size));
      const total = session.task(reduce, { input }, { kind: "log_sum_exp", axes: [axis], keep_dims: true }, reduced);
      return session.elementwise("sub", [input, total], input.shape);
    },
  ],
  // running sums as a product with a triangle of ones
  [
    tensor.cumsum,
    (session, operation) => {
      const { axis, exclusive, reverse } = tensor.cumsum.cast(operation);
      const input = session.operand(operation.operand(0));
      const rank = input.shape.length;
      if (rank < 2 || axis < rank - 2) refuse("running sums run on the engine along the last two dimensions only");
      const ones = triangle(input.shape[axis]!, exclusive, axis === rank - 1 ? reverse : !reverse);
      const operands = axis === rank - 1 ? { lhs: input, rhs: ones } : { lhs: ones, rhs: input };
      const shape = matmulShape(operands.lhs.shape, operands.rhs.shape, {});
      return session.task(matmul, operands, { transpose_lhs: false, transpose_rhs: false }, shape);
    },
  ],
];

/** 1 above the diagonal of a square (below it when `lower`), and on it unless `exclusive`. */
function triangle(size: number, exclusive: boolean, lower: boolean): EngineValue {
  const data = zeros([size, size], "f32");
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const distance = lower ? row - column : column - row;
      if (distance > 0 || (distance === 0 && !exclusive)) setNumber(data, row * size + column, 1);
    }
  }
  return constantEngineValue(data);
}

// -------------------------------------------------------------------------------------------------- normalisation

function normalise(
  session: Session,
  input: EngineValue,
  attributes: { readonly kind: string; readonly axes: readonly number[]; readonly epsilon: number },
  scale?: TensorData,
  bias?: TensorData,
): EngineValue {
  const operands = {
    input,
    scale: scale && constantEngineValue(scale),
    bias: bias && constantEngineValue(bias),
  };
  return session.task(norm, operands, attributes, input.shape);
}

const rangeFrom = (first: number, end: number) =>
  Array.from({ length: end - first }, (_, position) => first + position);

const normalisationRules: readonly RuleEntry[] = [
  // x·(scale/√(variance + epsilon)) + (bias - mean·scale/√(variance + epsilon)), all known
  [
    tensor.batchNorm,
    (session, operation) => {
      const { epsilon } = tensor.batchNorm.cast(operation);
      const names = ["its scale", "its bias", "its mean", "its variance"];
      const parameters = names.map((name, position) => session.required(operation.operand(position + 1), name));
      const [scale, bias, mean, variance] = parameters as [TensorData, TensorData, TensorData, TensorData];
      const rank = session.operand(operation.operand(0)).shape.length;
      const gain = zeros(scale.shape, "f64");
      const offset = zeros(scale.shape, "f64");
      for (let channel = 0; channel < gain.data.length; channel++) {
        const factor = getNumber(scale, channel) / Math.sqrt(getNumber(variance, channel) + epsilon);
        setNumber(gain, channel, factor);
        setNumber(offset, channel, getNumber(bias, channel) - getNumber(mean, channel) * factor);
      }
      const scaled = session.gain(session.operand(operation.operand(0)), perChannel(gain, rank));
      return session.offset(scaled, perChannel(offset, rank));
    },
  ],
  [
    tensor.layerNorm,
    (session, operation) => {
      const { axis, epsilon } = tensor.layerNorm.cast(operation);
      const input = session.operand(operation.operand(0));
      const scale = session.required(operation.operand(1), "its scale");
      const bias = operation.operandCount > 2 ? session.required(operation.operand(2), "its bias") : undefined;
      return normalise(
        session,
        input,
        { kind: "layer", axes: rangeFrom(axis, input.shape.length), epsilon },
        scale,
        bias,
      );
    },
  ],
  [
    tensor.rmsNorm,
    (session, operation) => {
      const { axis, epsilon } = tensor.rmsNorm.cast(operation);
      const input = session.operand(operation.operand(0));
      const scale = session.required(operation.operand(1), "its scale");
      return normalise(session, input, { kind: "rms", axes: rangeFrom(axis, input.shape.length), epsilon }, scale);
    },
  ],
  [
    tensor.instanceNorm,
    (session, operation) => {
      const { epsilon } = tensor.instanceNorm.cast(operation);
      const input = session.operand(operation.operand(0));
      const rank = input.shape.length;
      const [scale, bias] = [
        session.required(operation.operand(1), "its scale"),
        session.required(operation.operand(2), "its bias"),
      ];
      const attributes = { kind: "layer", axes: rangeFrom(2, rank), epsilon };
      return normalise(session, input, attributes, perChannel(scale, rank), perChannel(bias, rank));
    },
  ],
  [
    tensor.groupNorm,
    (session, operation) => {
      const { epsilon, num_groups: groups } = tensor.groupNorm.cast(operation);
      const input = session.operand(operation.operand(0));
      const [batch = 1, ...others] = input.shape;
      const grouped = session.reshape(input, [batch, groups, elementCount(others) / groups]);
      const normal = session.reshape(normalise(session, grouped, { kind: "layer", axes: [2], epsilon }), input.shape);
      const scaled = session.gain(
        normal,
        perChannel(session.required(operation.operand(1), "its scale"), input.shape.length),
      );
      return session.offset(scaled, perChannel(session.required(operation.operand(2), "its bias"), input.shape.length));
    },
  ],
  [
    tensor.meanVarianceNorm,
    (session, operation) => {
      const { axes } = tensor.meanVarianceNorm.cast(operation);
      return normalise(session, session.operand(operation.operand(0)), { kind: "layer", axes, epsilon: 0 });
    },
  ],
  [
    tensor.lpNorm,
    (session, operation) => {
      const { axis, p } = tensor.lpNorm.cast(operation);
      const input = session.operand(operation.operand(0));
      // The least positive f16: a norm of 0 then gives 0.
      if (p === 2) return normalise(session, input, { kind: "l2", axes: [axis], epsilon: 2 ** -24 });
      if (p !== 1) refuse(`the norm of order ${p} has no form on the engine: orders 1 and 2 have`);
      const reduced = input.shape.map((size, position) => (position === axis ? 1 : size));
      const total = session.task(reduce, { input }, { kind: "l1", axes: [axis], keep_dims: true }, reduced);
      const divisor = session.elementwise("maximum", [total, constantEngineValue(scalarData(2 ** -24))], reduced);
      return session.elementwise("real_div", [input, divisor], input.shape);
    },
  ],
  // x·(bias + alpha/size·Σ x²)^-beta; the sum over neighbouring channels is a product with a band of ones
  [
    tensor.lrn,
    (session, operation) => {
      const { size, alpha, beta, bias } = tensor.lrn.cast(operation);
      const input = session.operand(operation.operand(0));
      if (input.shape.length !== 4) refuse(`it takes [N, C, H, W], and its input has rank ${input.shape.length}`);
      const squares = session.activate({ ...input, isSoleUse: false }, "square");
      const weight = band(input.shape[1]!, size, alpha / size);
      const window = { strides: [1, 1], dilations: [1, 1], padding: [0, 0, 0, 0], groups: 1, transposed: false };
      const total = session.offset(
        session.task(conv, { input: squares, weight }, window, input.shape),
        scalarData(bias),
      );
      const factor = session.elementwise("pow", [total, constantEngineValue(scalarData(-beta))], input.shape);
      return session.elementwise("mul", [input, factor], input.shape);
    },
  ],
];

/** Weights [C, C, 1, 1] that sum each channel's neighbourhood of `size`, times `factor`. */
function band(channels: number, size: number, factor: number): EngineValue {
  const data = zeros([channels, channels, 1, 1], "f64");
  for (let output = 0; output < channels; output++) {
    const first = output - Math.floor((size - 1) / 2);
    for (let input = Math.max(0, first); input < Math.min(channels, first + size); input++)
      setNumber(data, output * channels + input, factor);
  }
  return constantEngineValue(data);
}

// ------------------------------------------------------------------------------------------------------ resizing

const wholeNumberModes: ReadonlySet<string> = new Set(["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel"]);

const resizeRule: RuleEntry = [
  tensor.resize,
  (session, operation) => {
    const {
      mode,
      coordinate_transformation: coordinates,
      nearest_mode,
      antialias,
      exclude_outside,
    } = tensor.resize.cast(operation);
    const input = session.operand(operation.operand(0));
    const shape = session.resultShape(operation);
    const isSpatial = input.shape.length === 4 && input.shape[0] === shape[0] && input.shape[1] === shape[1];
    if (!isSpatial)
      refuse(
        `it resizes [${input.shape.join(", ")}] to [${shape.join(", ")}], and the engine resizes height and width of [N, C, H, W]`,
      );
    const size = shape.slice(2);
    if (mode === "nearest") {
      const isWhole = size.every((extent, axis) => extent % input.shape[axis + 2]! === 0);
      const isRepeat = wholeNumberModes.has(coordinates) || (coordinates === "asymmetric" && nearest_mode === "floor");
      if (!isWhole || !isRepeat)
        refuse(
          `nearest sampling by ${coordinates} and ${nearest_mode} to [${size.join(", ")}] is no repetition of elements`,
        );
      return session.task(resample, { input }, { kind: "nearest", sampling: "asymmetric", size }, shape);
    }
    if (mode !== "linear" || antialias || exclude_outside)
      refuse(`${mode} resizing${antialias ? " with antialiasing" : ""} has no form on the engine`);
    if (
      coordinates !== "asymmetric" &&
      coordinates !== "align_corners" &&
      coordinates !== "half_pixel" &&
      coordinates !== "pytorch_half_pixel"
    ) {
      refuse(`linear resizing with ${coordinates} positions has no form on the engine`);
    }
    const sampling = coordinates === "pytorch_half_pixel" ? "half_pixel" : coordinates;
    return session.task(resample, { input }, { kind: "linear", sampling, size }, shape);
  },
];

export const computeRules: readonly RuleEntry[] = [
  ...convolutionRules,
  ...poolingRules,
  ...reductionRules,
  ...normalisationRules,
  resizeRule,
];
