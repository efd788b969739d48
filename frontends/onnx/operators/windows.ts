/** Convolution and pooling: windows as ONNX states them, over one to three dimensions. */
import {
  convolution,
  type Pool2d,
  pooling,
  requireSpatial,
  transposedConvolution,
  type Window,
} from "../../../dialects/tensor/build/windows.ts";
import * as tensor from "../../../dialects/tensor/ops.ts";
import { samePadding } from "../../../dialects/tensor/reference/convolution.ts";
import { add, ascending, convert, mul, product, reshape, sameList, since, sub } from "./common.ts";
import { elementOf, type NodeImport, type OperatorTable, shapeOf, type Tensor } from "./node-import.ts";

const autoPads = ["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"] as const;

/** Reads a window's attributes, with `auto_pad` worked out for the input's size. */
function windowOf(node: NodeImport, input: Tensor, kernel: readonly number[]): Window {
  const spatial = shapeOf(input).slice(2);
  const rank = spatial.length;
  if (kernel.length !== rank)
    throw node.error(`the kernel [${kernel.join(", ")}] does not fit the input, ${input.type}`);
  const list = (name: string, length: number, otherwise: number) => {
    const values = node.integers(name) ?? new Array<number>(length).fill(otherwise);
    if (values.length !== length)
      throw node.error(`attribute ${name} must have ${length} numbers, but has ${values.length}`);
    return values;
  };
  const [strides, dilations] = [list("strides", rank, 1), list("dilations", rank, 1)];
  const autoPad = node.oneOf("auto_pad", autoPads, "NOTSET");
  const padding = () => {
    if (autoPad === "NOTSET") return list("pads", 2 * rank, 0);
    if (autoPad === "VALID") return new Array<number>(2 * rank).fill(0);
    return samePadding(spatial, kernel, strides, dilations, autoPad === "SAME_UPPER" ? "end" : "begin");
  };
  return { kernel, strides, dilations, padding: padding() };
}

/** A convolution of any supported rank, from its parts. */
function convolve(node: NodeImport, input: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor {
  requireSpatial(node, input, 3);
  const kernel = node.integers("kernel_shape") ?? shapeOf(weight).slice(2);
  if (weight.type.rank !== input.type.rank || kernel.some((size, axis) => size !== shapeOf(weight)[axis + 2])) {
    throw node.error(`the weight ${weight.type} does not fit kernel [${kernel.join(", ")}] and input ${input.type}`);
  }
  const window = windowOf(node, input, kernel);
  return convolution(node, { input, weight, bias }, window, node.integer("group", 1));
}

/**
 * The sums of a convolution of 8-bit integers less their zero points, in floats that hold every partial sum exactly: f32 up
 * to 2^24, else f64.
 */
function integerSums(
  node: NodeImport,
  input: Tensor,
  inputZero: Tensor | undefined,
  weight: Tensor,
  weightZero: Tensor | undefined,
) {
  const terms = product(shapeOf(weight).slice(1));
  const element = terms * 255 * 255 < 2 ** 24 ? "f32" : "f64";
  const centred = (value: Tensor, zeroPoint: Tensor | undefined, channelAxis: number) => {
    const exact = convert(node, value, element);
    if (zeroPoint === undefined) return exact;
    return sub(node, exact, perChannel(node, convert(node, zeroPoint, element), value.type.rank - 1 - channelAxis));
  };
  return convolve(node, centred(input, inputZero, 1), centred(weight, weightZero, 0), undefined);
}

/** One value as a scalar; one per channel with `behind` dimensions of size 1 after it. */
function perChannel(node: NodeImport, value: Tensor, behind: number): Tensor {
  const shape = shapeOf(value);
  return reshape(node, value, product(shape) === 1 ? [] : [...shape, ...new Array<number>(behind).fill(1)]);
}

function convInteger(node: NodeImport): Tensor {
  const sums = integerSums(node, node.input(0), node.optionalInput(2), node.input(1), node.optionalInput(3));
  return convert(node, sums, "i32");
}

/** A convolution of quantised operands, quantised again: exact sums, then scaled in f32. */
function qLinearConv(node: NodeImport): Tensor {
  const [input, inputScale, inputZero, weight, weightScale, weightZero, scale, zero] = [0, 1, 2, 3, 4, 5, 6, 7].map(
    (at) => node.input(at),
  );
  const sums = convert(node, integerSums(node, input!, inputZero, weight!, weightZero), "f32");
  const behind = input!.type.rank - 2;
  const bias = node.optionalInput(8);
  const biased = bias === undefined ? sums : add(node, sums, perChannel(node, convert(node, bias, "f32"), behind));
  const factor = mul(node, perChannel(node, inputScale!, behind), perChannel(node, weightScale!, behind));
  return node.emit(tensor.quantizeLinear, {
    input: mul(node, biased, factor),
    scale: reshape(node, scale!, []),
    zero_point: reshape(node, zero!, []),
    axis: 0,
  });
}

/** Weight [C, O/groups, kernel…]; `output_shape` or SAME padding decide the padding, else `pads` do. */
function convTranspose(node: NodeImport): Tensor {
  const [input, weight] = [node.input(0), node.input(1)];
  const rank = requireSpatial(node, input, 2);
  const kernel = node.integers("kernel_shape") ?? shapeOf(weight).slice(2);
  const strides = node.integers("strides") ?? new Array<number>(rank).fill(1);
  const dilations = node.integers("dilations") ?? new Array<number>(rank).fill(1);
  const outputPadding = [...(node.integers("output_padding") ?? new Array<number>(rank).fill(0))];
  const autoPad = node.oneOf("auto_pad", autoPads, "NOTSET");
  const spatial = shapeOf(input).slice(2);
  const wanted =
    node.integers("output_shape")?.slice(-rank) ??
    (autoPad.startsWith("SAME") ? spatial.map((size, axis) => size * strides[axis]!) : undefined);
  let padding =
    autoPad === "VALID"
      ? new Array<number>(2 * rank).fill(0)
      : (node.integers("pads") ?? new Array<number>(2 * rank).fill(0));
  if (wanted !== undefined) {
    const totals = spatial.map((size, axis) => {
      const reach = (kernel[axis]! - 1) * dilations[axis]! + 1;
      const total = strides[axis]! * (size - 1) + outputPadding[axis]! + reach - wanted[axis]!;
      // More is wanted than the windows reach: zeros at the end.
      if (total < 0) outputPadding[axis]! -= total;
      return Math.max(0, total);
    });
    const smaller = totals.map((total) => Math.floor(total / 2));
    const larger = totals.map((total) => Math.ceil(total / 2));
    padding = autoPad === "SAME_UPPER" ? [...smaller, ...larger] : [...larger, ...smaller];
  }
  const window = { kernel, strides, dilations, padding };
  const operands = { input, weight, bias: node.optionalInput(2) };
  return transposedConvolution(node, operands, window, node.integer("group", 1), outputPadding);
}

/** Applies a two-dimensional pooling to 1 to 3 spatial dimensions. */
function pool(node: NodeImport, pool2d: Pool2d, most = 3): Tensor {
  const input = node.input(0);
  requireSpatial(node, input, most);
  const kernel = node.integers("kernel_shape");
  if (kernel === undefined) throw node.error("attribute kernel_shape is missing");
  return pooling(node, input, windowOf(node, input, kernel), pool2d);
}

function maxPool(node: NodeImport): Tensor {
  const ceil = node.flag("ceil_mode");
  return pool(node, (input, window) => node.emit(tensor.maxPool2d, { input, ...window, ceil_mode: ceil }));
}

function averagePool(node: NodeImport): Tensor {
  const [ceil, includePad] = [node.flag("ceil_mode"), node.flag("count_include_pad")];
  return pool(node, (input, window) =>
    node.emit(tensor.averagePool2d, { input, ...window, ceil_mode: ceil, count_include_pad: includePad }),
  );
}

function lpPool(node: NodeImport): Tensor {
  const [ceil, p] = [node.flag("ceil_mode"), node.version < 2 ? node.float("p", 2) : node.integer("p", 2)];
  return pool(node, (input, window) => node.emit(tensor.lpPool2d, { input, ...window, ceil_mode: ceil, p }), 2);
}

/** Puts each element at its position in the flattened result, zeros elsewhere. */
function maxUnpool(node: NodeImport): Tensor {
  const [input, indices] = [node.input(0), node.input(1)];
  const shape = shapeOf(input);
  const kernel = node.integers("kernel_shape") ?? [];
  const strides = node.integers("strides") ?? kernel.map(() => 1);
  const pads = node.integers("pads") ?? kernel.flatMap(() => [0, 0]);
  const rank = shape.length - 2;
  if (kernel.length !== rank || strides.length !== rank || pads.length !== 2 * rank) {
    throw node.error(`kernel_shape, strides and pads must be for the ${rank} spatial dimensions of the input`);
  }
  const sizes = shape.slice(2).map((size, axis) => {
    return (size - 1) * strides[axis]! - pads[axis]! - pads[axis + rank]! + kernel[axis]!;
  });
  if (sizes.some((size) => size < 1)) throw node.error(`the result would have the sizes ${sizes.join("x")}`);
  // Positions count in the inferred shape; a larger one that is asked for has zeros behind.
  const inferred = [...shape.slice(0, 2), ...sizes];
  node.requireSize(product(inferred));
  const flat = (value: Tensor) => reshape(node, value, [product(shape)]);
  const placed = node.emit(tensor.scatterElements, {
    input: node.filled([product(inferred)], 0, elementOf(input)),
    indices: flat(indices),
    updates: flat(input),
    axis: 0,
  });
  const result = reshape(node, placed, inferred);
  const wanted = node.optionalConstantIntegers(2, "the shape") ?? inferred;
  if (sameList(wanted, inferred)) return result;
  if (wanted.length !== inferred.length || wanted.some((size, axis) => size < inferred[axis]!)) {
    throw node.error(`the shape asked for, ${wanted.join("x")}, cannot hold the result of ${inferred.join("x")}`);
  }
  const high = wanted.map((size, axis) => size - inferred[axis]!);
  return node.emit(tensor.staticPad, { input: result, low: high.map(() => 0), high });
}

/** A reduction over all spatial dimensions, which stay with size 1. */
function overPlane(node: NodeImport, definition: (typeof tensor.reduceOps)[number]): Tensor {
  const input = node.input(0);
  return node.emit(definition, { input, axes: ascending(input.type.rank - 2, 2), keep_dims: true });
}

export const windowOperators: OperatorTable = {
  AveragePool: since(1, averagePool),
  Conv: since(1, (node) => convolve(node, node.input(0), node.input(1), node.optionalInput(2))),
  ConvInteger: since(10, convInteger),
  ConvTranspose: since(1, convTranspose),
  GlobalAveragePool: since(1, (node) => overPlane(node, tensor.reduceMean)),
  GlobalLpPool: since(2, (node) => {
    const p = node.integer("p", 2);
    if (p !== 1 && p !== 2) throw node.error(`p = ${p} is not supported, only 1 and 2`);
    return overPlane(node, p === 1 ? tensor.reduceL1 : tensor.reduceL2);
  }),
  GlobalMaxPool: since(1, (node) => overPlane(node, tensor.reduceMax)),
  LpPool: since(1, lpPool),
  MaxPool: since(1, maxPool),
  MaxUnpool: since(9, maxUnpool),
  QLinearConv: since(10, qLinearConv),
};
