/**
 * Resampling: `resize` (ONNX Resize) works on one axis after the other, since every interpolation is separable; `gridSample`
 * reads at free positions. Along an axis each result position has a list of taps, an index of the input and a weight each.
 */

import type { TensorData } from "../../../ir/tensor-data.ts";
import { groupOffsets, normalizeAxis, OUTSIDE, offsetGrid, product, type Shape } from "./broadcast.ts";
import { ElementTypeError, formatShape, ShapeError } from "./shape-error.ts";
import { roundHalfToEven } from "./special-functions.ts";
import { elementRange, isFloat, isWide, pick, readNumbers, requireFloat, writeNumbers } from "./values.ts";

export type CoordinateMode =
  | "half_pixel"
  | "half_pixel_symmetric"
  | "pytorch_half_pixel"
  | "align_corners"
  | "asymmetric"
  | "tf_crop_and_resize";

export type NearestMode = "round_prefer_floor" | "round_prefer_ceil" | "floor" | "ceil";

/** Lists have one entry per entry of `axes` (all axes in order when left out); `roi` has all starts, then all ends. */
export interface ResizeAttributes {
  readonly mode: "nearest" | "linear" | "cubic";
  /** `half_pixel` when left out. */
  readonly coordinate_transformation_mode?: CoordinateMode | undefined;
  /** `round_prefer_floor` when left out. */
  readonly nearest_mode?: NearestMode | undefined;
  /** -0.75 when left out. */
  readonly cubic_coeff_a?: number | undefined;
  /** Taps outside the input weigh nothing, and the others are rescaled; else they read the edge element. */
  readonly exclude_outside?: boolean | undefined;
  /** What `tf_crop_and_resize` gives where the position lies outside the input. 0 when left out. */
  readonly extrapolation_value?: number | undefined;
  /** Widen linear and cubic kernels when shrinking. */
  readonly antialias?: boolean | undefined;
  /** Result size / input size. The result has floor(size · scale) elements, unless `sizes` gives them. */
  readonly scales?: readonly number[] | undefined;
  readonly sizes?: readonly number[] | undefined;
  readonly roi?: readonly number[] | undefined;
  readonly axes?: readonly number[] | undefined;
}

/** One axis to resample. */
interface AxisPlan {
  readonly axis: number;
  readonly from: number;
  readonly to: number;
  readonly scale: number;
  readonly roi: readonly [number, number];
}

function planAxes(input: Shape, attributes: ResizeAttributes): AxisPlan[] {
  const op = "resize";
  const { axes = input.map((_, axis) => axis), scales, sizes, roi } = attributes;
  for (const [name, list, length] of [
    ["scales", scales, axes.length],
    ["sizes", sizes, axes.length],
    ["roi", roi, 2 * axes.length],
  ] as const) {
    if (list && list.length !== length) throw new ShapeError(op, `${length} ${name}`, formatShape(list));
  }
  return axes.map((named, entry) => {
    const axis = normalizeAxis(op, named, input.length);
    const from = input[axis]!;
    const given = scales?.[entry];
    const to = sizes?.[entry] ?? (given === undefined ? undefined : Math.floor(from * given));
    if (to === undefined) throw new ShapeError(op, "scales or sizes", "neither");
    const scale = given ?? to / from;
    if (!Number.isInteger(to) || to < 0 || !(scale > 0) || (from === 0 && to > 0)) {
      throw new ShapeError(op, "positive scales and sizes of a non-empty input", `size ${to} from ${from}`);
    }
    return { axis, from, to, scale, roi: [roi?.[entry] ?? 0, roi?.[axes.length + entry] ?? 1] };
  });
}

/** Result shape of `resize`. */
export function resizeShape(input: Shape, attributes: ResizeAttributes): number[] {
  const result = [...input];
  for (const { axis, to } of planAxes(input, attributes)) result[axis] = to;
  return result;
}

/** Position in the input, in elements, of result position `index`. */
function sourcePosition(index: number, { from, to, scale, roi: [start, end] }: AxisPlan, mode: CoordinateMode): number {
  switch (mode) {
    case "half_pixel":
      return (index + 0.5) / scale - 0.5;
    case "half_pixel_symmetric": {
      // Shifts so that the centres of both agree when `to` is not exactly from · scale.
      const adjustment = to / (scale * from);
      return (from / 2) * (1 - adjustment) + (index + 0.5) / scale - 0.5;
    }
    case "pytorch_half_pixel":
      return to > 1 ? (index + 0.5) / scale - 0.5 : 0;
    case "align_corners":
      return to > 1 ? (index * (from - 1)) / (to - 1) : 0;
    case "asymmetric":
      return index / scale;
    case "tf_crop_and_resize":
      if (to > 1) return start * (from - 1) + (index * (end - start) * (from - 1)) / (to - 1);
      return 0.5 * (start + end) * (from - 1);
  }
}

function nearestIndex(position: number, mode: NearestMode): number {
  switch (mode) {
    case "round_prefer_floor":
      return Math.ceil(position - 0.5);
    case "round_prefer_ceil":
      return Math.floor(position + 0.5);
    case "floor":
      return Math.floor(position);
    case "ceil":
      return Math.ceil(position);
  }
}

/** Weight of an element at distance `t` (≥ 0) for linear interpolation. */
const linearKernel = (t: number): number => Math.max(0, 1 - t);

/** Keys' cubic convolution kernel at distance `t` (≥ 0) with coefficient `a`. */
function cubicKernel(t: number, a: number): number {
  if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  if (t < 2) return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a;
  return 0;
}

/** One element that a result position reads, and its share. */
export interface Tap {
  readonly index: number;
  readonly weight: number;
}

/** Taps of an input position for linear and cubic interpolation, before those outside the input are handled. */
function tapsAt(position: number, scale: number, attributes: ResizeAttributes): Tap[] {
  const { mode, cubic_coeff_a = -0.75, antialias = false } = attributes;
  const reach = mode === "linear" ? 1 : 2;
  const stretch = antialias ? Math.min(scale, 1) : 1;
  const kernel = mode === "linear" ? linearKernel : (t: number) => cubicKernel(t, cubic_coeff_a);
  const first = Math.floor(position - reach / stretch) + 1;
  const last = Math.ceil(position + reach / stretch) - 1;
  return Array.from({ length: last - first + 1 }, (_, offset) => {
    const index = first + offset;
    return { index, weight: kernel(Math.abs(index - position) * stretch) };
  });
}

/** Taps with indices inside the input and weights of sum 1. */
function insideTaps(taps: readonly Tap[], size: number, excludeOutside: boolean): Tap[] {
  const kept = excludeOutside ? taps.filter(({ index }) => index >= 0 && index < size) : taps;
  const total = kept.reduce((sum, { weight }) => sum + weight, 0);
  return kept.map(({ index, weight }) => ({
    index: Math.min(size - 1, Math.max(0, index)),
    weight: weight / total,
  }));
}

/** What the positions of one axis of the result read: the single source of the evaluator's and the compiled tables. */
export interface AxisTaps {
  readonly axis: number;
  /** Per result position its taps, inside the input and of weight sum 1; a single one for nearest. */
  readonly taps: readonly (readonly Tap[])[];
  /** Positions outside the input, which give the extrapolation value (`tf_crop_and_resize`). */
  readonly beyond: readonly boolean[];
}

/** The taps of each axis that `resize` works on. */
export function resizeTaps(input: Shape, attributes: ResizeAttributes): AxisTaps[] {
  const { exclude_outside = false, nearest_mode = "round_prefer_floor" } = attributes;
  const mode = attributes.coordinate_transformation_mode ?? "half_pixel";
  return planAxes(input, attributes).map((plan) => {
    const positions = Array.from({ length: plan.to }, (_, index) => sourcePosition(index, plan, mode));
    const tapsOf = (position: number): readonly Tap[] => {
      if (attributes.mode === "nearest") {
        return [{ index: Math.min(plan.from - 1, Math.max(0, nearestIndex(position, nearest_mode))), weight: 1 }];
      }
      return insideTaps(tapsAt(position, plan.scale, attributes), plan.from, exclude_outside);
    };
    const isBeyond = (position: number) => mode === "tf_crop_and_resize" && (position < 0 || position > plan.from - 1);
    return { axis: plan.axis, taps: positions.map(tapsOf), beyond: positions.map(isBeyond) };
  });
}

/**
 * Resamples along the named axes. `nearest` moves elements of any type; the others compute in float64, and integer results
 * (up to 32 bits) are rounded to nearest even and clamped to their type. Positions follow ONNX, with two points it leaves
 * open: `align_corners` uses the result's integer size, and antialiasing reads the edge element outside the input.
 */
export function resize(x: TensorData, attributes: ResizeAttributes): TensorData {
  const { extrapolation_value = 0 } = attributes;
  const plans = resizeTaps(x.shape, attributes);

  if (attributes.mode === "nearest") {
    const tables = x.shape.map((size) => Array.from({ length: size }, (_, index) => index));
    for (const { axis, taps, beyond } of plans) {
      tables[axis] = taps.map(([tap], index) => (beyond[index] ? OUTSIDE : tap!.index));
    }
    return pick(x, resizeShape(x.shape, attributes), offsetGrid(x.shape, tables), extrapolation_value);
  }

  if (isWide(x.element)) throw new ElementTypeError("resize", "a float type or integers up to 32 bits", x.element);
  let [values, shape]: [Float64Array, Shape] = [readNumbers(x), x.shape];
  for (const { axis, taps } of plans) [values, shape] = resampleAxis(values, shape, axis, taps);
  for (const { axis, beyond } of plans) {
    const { starts, steps } = groupOffsets(shape, [axis]);
    beyond.forEach((isBeyond, index) => {
      if (isBeyond) for (const start of starts) values[start + steps[index]!] = extrapolation_value;
    });
  }
  if (isFloat(x.element)) return writeNumbers(values, shape, x.element);
  const { lowest, highest } = elementRange(x.element);
  const clamp = (value: number) => Math.min(Number(highest), Math.max(Number(lowest), roundHalfToEven(value)));
  return writeNumbers(values.map(clamp), shape, x.element);
}

function resampleAxis(
  values: Float64Array,
  shape: Shape,
  axis: number,
  taps: readonly (readonly Tap[])[],
): [Float64Array, number[]] {
  const resized = shape.map((size, dimension) => (dimension === axis ? taps.length : size));
  const source = groupOffsets(shape, [axis]);
  const target = groupOffsets(resized, [axis]);
  const result = new Float64Array(product(resized));
  taps.forEach((row, position) => {
    target.starts.forEach((to, group) => {
      let sum = 0;
      for (const { index, weight } of row) sum += weight * values[source.starts[group]! + source.steps[index]!]!;
      result[to + target.steps[position]!] = sum;
    });
  });
  return [result, resized];
}

export interface GridSampleAttributes {
  /** `linear` when left out. */
  readonly mode?: "nearest" | "linear" | "cubic" | undefined;
  /** `zeros` when left out. */
  readonly padding_mode?: "zeros" | "border" | "reflection" | undefined;
  /** -1 and 1 are the centres of the edge elements rather than their outer edges. */
  readonly align_corners?: boolean | undefined;
}

/** Result shape [N, C, grid spatial…] of `gridSample`. */
export function gridSampleShape(input: Shape, grid: Shape): number[] {
  const rank = input.length - 2;
  if (rank < 1 || grid.length !== input.length || grid[0] !== input[0] || grid.at(-1) !== rank) {
    const found = `${formatShape(input)} and ${formatShape(grid)}`;
    throw new ShapeError("grid_sample", "input [N, C, spatial…] and grid [N, spatial…, spatial rank]", found);
  }
  return [input[0]!, input[1]!, ...grid.slice(1, -1)];
}

/** Folds a position beyond the limits back between them. */
function reflectPosition(position: number, low: number, high: number): number {
  const span = high - low;
  if (span <= 0) return low;
  const away = Math.abs(position - low) % (2 * span);
  return low + (away > span ? 2 * span - away : away);
}

/**
 * Reads `x` at normalised positions (-1 to 1 across each spatial dimension; the grid's last dimension lists x first, so the
 * last spatial dimension first), as ONNX GridSample. Float types.
 */
export function gridSample(x: TensorData, grid: TensorData, attributes: GridSampleAttributes = {}): TensorData {
  requireFloat("grid_sample", x.element);
  requireFloat("grid_sample", grid.element);
  const { mode = "linear", padding_mode = "zeros", align_corners = false } = attributes;
  const shape = gridSampleShape(x.shape, grid.shape);
  const spatial = x.shape.slice(2);
  const [values, places] = [readNumbers(x), readNumbers(grid)];
  const [batch, channels] = [shape[0]!, shape[1]!];
  const [planeIn, planeOut] = [product(spatial), product(shape.slice(2))];
  const results = new Float64Array(product(shape));

  /** Index that a tap reads, or undefined for a zero. */
  const resolve = (index: number, size: number): number | undefined => {
    if (index >= 0 && index < size) return index;
    if (padding_mode === "zeros") return undefined;
    if (padding_mode === "border") return Math.min(size - 1, Math.max(0, index));
    const folded = align_corners ? reflectPosition(index, 0, size - 1) : reflectPosition(index, -0.5, size - 0.5);
    return Math.min(size - 1, Math.max(0, Math.round(folded)));
  };
  const tapsAlong = (normal: number, size: number): Tap[] => {
    let position = align_corners ? ((normal + 1) / 2) * (size - 1) : ((normal + 1) * size - 1) / 2;
    // A position that is no number reads as far outside.
    if (!Number.isFinite(position)) position = -2;
    if (padding_mode === "border" && mode !== "cubic") position = Math.min(size - 1, Math.max(0, position));
    if (padding_mode === "reflection" && mode !== "cubic") {
      const [low, high] = align_corners ? [0, size - 1] : [-0.5, size - 0.5];
      position = Math.min(size - 1, Math.max(0, reflectPosition(position, low, high)));
    }
    if (mode === "nearest") return [{ index: roundHalfToEven(position), weight: 1 }];
    return tapsAt(position, 1, { mode });
  };
  const sample = (start: number, tapLists: readonly Tap[][], dimension: number, offset: number): number => {
    if (dimension === spatial.length) return values[start + offset]!;
    const size = spatial[dimension]!;
    let sum = 0;
    for (const { index, weight } of tapLists[dimension]!) {
      const inside = resolve(index, size);
      if (inside !== undefined && weight !== 0)
        sum += weight * sample(start, tapLists, dimension + 1, offset * size + inside);
    }
    return sum;
  };
  for (let n = 0; n < batch; n++) {
    for (let position = 0; position < planeOut; position++) {
      const first = (n * planeOut + position) * spatial.length;
      const tapLists = spatial.map((size, dimension) =>
        tapsAlong(places[first + spatial.length - 1 - dimension]!, size),
      );
      for (let c = 0; c < channels; c++) {
        results[(n * channels + c) * planeOut + position] = sample((n * channels + c) * planeIn, tapLists, 0, 0);
      }
    }
  }
  return writeNumbers(results, shape, x.element);
}
