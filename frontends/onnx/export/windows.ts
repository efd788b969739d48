/** Convolution, pooling, matrix products and resampling as ONNX nodes. */
import * as tensor from "../../../dialects/tensor/ops.ts";
import type { ElementName } from "../../../ir/tensor-data.ts";
import type { Attributes, GraphWriter, Term } from "./graph-writer.ts";
import { type Rule, resultShape, rule } from "./rule.ts";

interface Window {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** [top, left, bottom, right], as ONNX has it. */
  readonly padding: readonly number[];
}

const windowAttributes = ({ strides, dilations, padding }: Window): Attributes => ({
  strides,
  dilations,
  pads: padding,
});

/**
 * Zeros that are asked for behind the result take the place of elements that the end padding takes away; what is more than
 * ONNX allows (less than a stride or a dilation) is added by a node of its own.
 */
function transposedEnd(operation: Window & { readonly output_padding: readonly number[] }) {
  const { strides, dilations, padding, output_padding } = operation;
  const isAllowed = output_padding.every((size, axis) => size < Math.max(strides[axis]!, dilations[axis]!));
  if (isAllowed) return { padding, outputPadding: output_padding, added: [0, 0] };
  const kept = output_padding.map((size, axis) => Math.min(size, padding[axis + 2]!));
  return {
    padding: padding.map((size, entry) => (entry < 2 ? size : size - kept[entry - 2]!)),
    outputPadding: [0, 0],
    added: output_padding.map((size, axis) => size - kept[axis]!),
  };
}

function pooled(
  graph: GraphWriter,
  opType: string,
  input: Term,
  operation: Window & { readonly kernel: readonly number[]; readonly ceil_mode: boolean },
  shape: readonly number[],
  further: Attributes = {},
): Term {
  const { kernel: kernel_shape, ceil_mode } = operation;
  const attributes = { kernel_shape, ...windowAttributes(operation), ceil_mode, ...further };
  return graph.typed(opType, [input], attributes, { shape });
}

function transposedMatrix(graph: GraphWriter, term: Term): Term {
  const { shape } = term;
  const rank = shape.length;
  const perm = [...shape.keys()].map((axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
  return graph.node("Transpose", [term], { perm }, { shape: perm.map((axis) => shape[axis]!) });
}

interface Resampling {
  readonly scales: readonly number[];
  readonly coordinate_transformation: string;
}

/** What Resize is told: the sizes where the scales are their exact ratios, else the scales, which must give the sizes. */
function extentOf(graph: GraphWriter, input: Term, shape: readonly number[], { scales }: Resampling) {
  if (scales.every((scale, axis) => scale === shape[axis]! / input.shape[axis]!)) {
    return { scales: undefined, sizes: graph.integers(shape) };
  }
  const single = scales.map(Math.fround);
  const off = single.findIndex((scale, axis) => Math.floor(input.shape[axis]! * scale) !== shape[axis]);
  if (off >= 0) {
    throw graph.error(
      `Resize takes scales or sizes, and dimension ${off} has a scale of ${scales[off]} from ${input.shape[off]} to ${shape[off]}, which neither says`,
    );
  }
  const data = Float32Array.from(single);
  return { scales: graph.constant({ shape: [data.length], element: "f32", data }), sizes: undefined };
}

export const windowRules: readonly Rule[] = [
  rule(tensor.conv2d, (operation, graph) => {
    const { input, weight, bias, groups: group } = operation;
    const inputs = [graph.of(input), graph.of(weight), bias && graph.of(bias)];
    const shape = resultShape(operation);
    return graph.typed("Conv", inputs, { ...windowAttributes(operation), group }, { shape });
  }),
  rule(tensor.convTranspose2d, (operation, graph) => {
    const { input, weight, bias, groups: group, strides, dilations } = operation;
    const { padding, outputPadding: output_padding, added } = transposedEnd(operation);
    const shape = resultShape(operation);
    const attributes = { ...windowAttributes({ strides, dilations, padding }), group, output_padding };
    const terms = [graph.of(input), graph.of(weight)];
    if (added.every((size) => size === 0)) {
      return graph.typed("ConvTranspose", [...terms, bias && graph.of(bias)], attributes, { shape });
    }
    const inner = shape.map((size, axis) => (axis < 2 ? size : size - added[axis - 2]!));
    const product = graph.typed("ConvTranspose", terms, attributes, { shape: inner });
    const pads = graph.integers([0, 0, 0, 0, 0, 0, ...added]);
    const whole = graph.typed("Pad", [product, pads], {}, { shape }, 1);
    if (bias === undefined) return whole;
    const spread = [1, shape[1]!, 1, 1];
    const perChannel = graph.node("Reshape", [graph.of(bias), graph.integers(spread)], {}, { shape: spread });
    return graph.typed("Add", [whole, perChannel]);
  }),
  rule(tensor.maxPool2d, (operation, graph) =>
    pooled(graph, "MaxPool", graph.of(operation.input), operation, resultShape(operation)),
  ),
  rule(tensor.averagePool2d, (operation, graph) => {
    const { count_include_pad } = operation;
    return pooled(graph, "AveragePool", graph.of(operation.input), operation, resultShape(operation), {
      count_include_pad,
    });
  }),
  rule(tensor.lpPool2d, (operation, graph) => {
    const { p } = operation;
    if (!Number.isInteger(p) || p < 1) throw graph.error(`LpPool takes whole exponents from 1 up, not p = ${p}`);
    return pooled(graph, "LpPool", graph.of(operation.input), operation, resultShape(operation), { p });
  }),
  rule(tensor.matmul, (operation, graph) => {
    const { lhs, rhs, transpose_lhs: transA, transpose_rhs: transB } = operation;
    const [a, b] = [graph.of(lhs), graph.of(rhs)];
    const shape = resultShape(operation);
    const isFlat = a.shape.length === 2 && b.shape.length === 2;
    if (isFlat && (transA || transB)) return graph.typed("Gemm", [a, b], { transA, transB }, { shape });
    const [left, right] = [transA ? transposedMatrix(graph, a) : a, transB ? transposedMatrix(graph, b) : b];
    return graph.typed("MatMul", [left, right], {}, { shape });
  }),
  rule(tensor.resize, (operation, graph) => {
    const term = graph.of(operation.input);
    const shape = resultShape(operation);
    const { scales, sizes } = extentOf(graph, term, shape, operation);
    const isCropping = operation.coordinate_transformation === "tf_crop_and_resize";
    const roi = Float32Array.from(operation.roi);
    const region =
      isCropping && roi.length > 0 ? graph.constant({ shape: [roi.length], element: "f32", data: roi }) : undefined;
    const attributes: Attributes = {
      mode: operation.mode,
      coordinate_transformation_mode: operation.coordinate_transformation,
      ...(operation.mode === "nearest" ? { nearest_mode: operation.nearest_mode } : {}),
      ...(operation.mode === "cubic" ? { cubic_coeff_a: { float: operation.cubic_coefficient } } : {}),
      ...(operation.exclude_outside ? { exclude_outside: 1 } : {}),
      ...(isCropping ? { extrapolation_value: { float: operation.extrapolation_value } } : {}),
      ...(operation.antialias ? { antialias: 1 } : {}),
    };
    return graph.typed("Resize", [term, region, scales, sizes], attributes, { shape }, 1);
  }),
  rule(tensor.gridSample, (operation, graph) => {
    const { input, grid, mode, padding_mode, align_corners } = operation;
    const shape = resultShape(operation);
    const places = graph.of(grid);
    const element: ElementName = graph.acceptedBy("GridSample", places.element);
    const inputs = [graph.of(input), graph.cast(places, element)];
    return graph.typed("GridSample", inputs, { mode, padding_mode, align_corners }, { shape }, 1);
  }),
];
