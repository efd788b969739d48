/** Resampling: Resize and Upsample through their versions, and sampling at given positions. */
import * as tensor from "../../../dialects/tensor/ops.ts";
import { readNumbers } from "../../../dialects/tensor/reference/values.ts";
import { ascending, reshape, sameList, since } from "./common.ts";
import { elementOf, type NodeImport, type OperatorTable, shapeOf, type Tensor } from "./node-import.ts";
import { tensorType } from "./tensor-builder.ts";

interface ResizePlan {
  readonly scales: readonly number[];
  readonly sizes: readonly number[];
}

const modes = { nearest: "nearest", linear: "linear", bilinear: "linear", cubic: "cubic" } as const;

function modeOf(node: NodeImport): "nearest" | "linear" | "cubic" {
  return modes[node.oneOf("mode", ["nearest", "linear", "bilinear", "cubic"], "nearest")];
}

/** Upsample, and Resize 10: positions are divided by the scale; nearest rounds down when growing, up when shrinking. */
function scaleBy(node: NodeImport, scales: readonly number[]): Tensor {
  const { rank } = node.input(0).type;
  if (scales.length !== rank) throw node.error(`expected ${rank} scales, found ${scales.length}`);
  const grow = scales.map((scale) => Math.max(1, scale));
  const shrink = scales.map((scale) => Math.min(1, scale));
  const step = (input: Tensor, factors: readonly number[], nearest: "floor" | "ceil") => {
    const sizes = shapeOf(input).map((size, axis) => Math.floor(size * factors[axis]!));
    if (sameList(sizes, shapeOf(input))) return input;
    return node.emit(tensor.resize, {
      input,
      mode: modeOf(node),
      coordinate_transformation: "asymmetric",
      nearest_mode: nearest,
      scales: factors,
      result: tensorType(sizes, elementOf(input)),
    });
  };
  return step(step(node.input(0), shrink, "ceil"), grow, "floor");
}

function constantNumbers(node: NodeImport, position: number, what: string): readonly number[] | undefined {
  const data = node.optionalConstantInput(position, what);
  return data === undefined || data.data.length === 0 ? undefined : [...readNumbers(data)];
}

/** Scales and sizes per dimension, from whichever of the two is given, for the axes that are named. */
function planResize(node: NodeImport, axes: readonly number[]): ResizePlan {
  const shape = shapeOf(node.input(0));
  const [scales, sizes] = [constantNumbers(node, 2, "the scales"), constantNumbers(node, 3, "the sizes")];
  const given = sizes ?? scales;
  if (given === undefined) throw node.error("has neither scales nor sizes");
  if (given.length !== axes.length)
    throw node.error(`expected ${axes.length} ${sizes ? "sizes" : "scales"}, found ${given.length}`);
  const plan = { scales: shape.map(() => 1), sizes: [...shape] };
  for (const [entry, axis] of axes.entries()) {
    const size = shape[axis]!;
    plan.scales[axis] = sizes === undefined ? given[entry]! : given[entry]! / size;
    plan.sizes[axis] = sizes === undefined ? Math.floor(size * given[entry]!) : given[entry]!;
  }
  const policy = node.oneOf("keep_aspect_ratio_policy", ["stretch", "not_larger", "not_smaller"], "stretch");
  if (sizes === undefined || policy === "stretch") return plan;
  const ratios = axes.map((axis) => plan.scales[axis]!);
  const scale = policy === "not_larger" ? Math.min(...ratios) : Math.max(...ratios);
  for (const axis of axes) {
    plan.scales[axis] = scale;
    plan.sizes[axis] = Math.round(scale * shape[axis]!);
  }
  return plan;
}

const coordinateModes = [
  "half_pixel",
  "half_pixel_symmetric",
  "pytorch_half_pixel",
  "align_corners",
  "asymmetric",
  "tf_crop_and_resize",
] as const;

function resize(node: NodeImport): Tensor {
  const input = node.input(0);
  const { rank } = input.type;
  const axes = node.axes(node.integers("axes") ?? ascending(rank), rank);
  const { scales, sizes } = planResize(node, axes);
  const transformation = node.text("coordinate_transformation_mode", "half_pixel");
  // Version 11 had one more name, for what TensorFlow calls half-pixel centres of nearest neighbours.
  const isOldTensorFlow = transformation === "tf_half_pixel_for_nn";
  const coordinates = isOldTensorFlow
    ? "half_pixel"
    : node.oneOf("coordinate_transformation_mode", coordinateModes, "half_pixel");
  const isCropping = coordinates === "tf_crop_and_resize";
  if (sameList(sizes, shapeOf(input)) && !isCropping && scales.every((scale) => scale === 1)) return input;
  const region = isCropping ? constantNumbers(node, 1, "the region of interest") : undefined;
  const roi = region === undefined ? [] : [...ascending(rank).map(() => 0), ...ascending(rank).map(() => 1)];
  for (const [entry, axis] of axes.entries()) {
    if (region === undefined) break;
    roi[axis] = region[entry]!;
    roi[rank + axis] = region[axes.length + entry]!;
  }
  return node.emit(tensor.resize, {
    input,
    mode: modeOf(node),
    coordinate_transformation: coordinates,
    nearest_mode: isOldTensorFlow
      ? "floor"
      : node.oneOf("nearest_mode", ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"], "round_prefer_floor"),
    scales,
    cubic_coefficient: node.float("cubic_coeff_a", -0.75),
    exclude_outside: node.flag("exclude_outside"),
    extrapolation_value: node.float("extrapolation_value", 0),
    antialias: node.flag("antialias"),
    roi,
    result: tensorType(sizes, elementOf(input)),
  });
}

function gridSample(node: NodeImport): Tensor {
  const mode = node.oneOf("mode", ["bilinear", "linear", "nearest", "bicubic", "cubic"], "bilinear");
  return node.emit(tensor.gridSample, {
    input: node.input(0),
    grid: node.input(1),
    mode: mode === "bilinear" ? "linear" : mode === "bicubic" ? "cubic" : mode,
    padding_mode: node.oneOf("padding_mode", ["zeros", "border", "reflection"], "zeros"),
    align_corners: node.flag("align_corners"),
  });
}

/** Positions theta·(x, y, 1) (or (x, y, z, 1)) for each place of a grid that spans -1 to 1. */
function affineGrid(node: NodeImport): Tensor {
  const theta = node.input(0);
  const [batch = 1, , ...spatial] = node.constantIntegers(1, "the size");
  const isAligned = node.flag("align_corners");
  const position = (index: number, size: number) => {
    if (isAligned) return size === 1 ? -1 : -1 + (2 * index) / (size - 1);
    return (2 * index + 1) / size - 1;
  };
  const count = spatial.reduce((total, size) => total * size, 1);
  const rows = ascending(count).flatMap((offset) => {
    let rest = offset;
    const coordinates: number[] = [];
    for (const size of [...spatial].reverse()) {
      coordinates.push(position(rest % size, size));
      rest = Math.floor(rest / size);
    }
    return [...coordinates, 1];
  });
  const places = node.numbers(rows, elementOf(theta), [count, spatial.length + 1]);
  return reshape(node, node.emit(tensor.matmul, { lhs: places, rhs: theta, transpose_rhs: true }), [
    batch,
    ...spatial,
    spatial.length,
  ]);
}

export const resizeOperators: OperatorTable = {
  AffineGrid: since(20, affineGrid),
  GridSample: since(16, gridSample),
  Resize: {
    10: (node) => scaleBy(node, constantNumbers(node, 1, "the scales") ?? []),
    11: resize,
  },
  Upsample: {
    7: (node) => scaleBy(node, node.floats("scales") ?? []),
    9: (node) => scaleBy(node, constantNumbers(node, 1, "the scales") ?? []),
  },
};
