/**
 * Linear quantisation: a real number is (q - zero point) · scale. Scale and zero point are one value, one per index of
 * `axis`, or, with `block_size`, one per block of that many indices along `axis`.
 */

import type { ElementName, TensorData } from "../../../ir/tensor-data.ts";
import { normalizeAxis, product, requireShape, rowMajorStrides, type Shape } from "./broadcast.ts";
import { ElementTypeError, formatShape, ShapeError } from "./shape-error.ts";
import { roundHalfToEven } from "./special-functions.ts";
import { elementRange, isFloat, isWide, readNumbers, requireFloat, writeNumbers } from "./values.ts";

export interface QuantizationAttributes {
  /** Dimension that scales vary along; 1 when left out. Ignored for a single scale. */
  readonly axis?: number | undefined;
  /** Indices of `axis` per scale; left out or 0, scales are per index. */
  readonly block_size?: number | undefined;
}

/** Result shape of both operations, after checking the scale's and zero point's shapes against the input's. */
export function quantizationShape(
  op: string,
  input: Shape,
  scale: Shape,
  zeroPoint: Shape | undefined,
  attributes: QuantizationAttributes = {},
): number[] {
  scaleOffset(op, input, scale, attributes);
  if (zeroPoint && product(zeroPoint) !== product(scale)) {
    throw new ShapeError(op, `zero points of the scale's shape ${formatShape(scale)}`, formatShape(zeroPoint));
  }
  return [...input];
}

/** Checks the scale's shape and returns, per element offset of `input`, the offset of its scale. */
function scaleOffset(
  op: string,
  input: Shape,
  scale: Shape,
  { axis = 1, block_size = 0 }: QuantizationAttributes,
): (offset: number) => number {
  if (scale.length === 0 || (scale.length === 1 && scale[0] === 1)) return () => 0;
  const along = normalizeAxis(op, axis, input.length);
  const strides = rowMajorStrides(input);
  const size = input[along]!;
  const indexAlong = (offset: number) => Math.floor(offset / strides[along]!) % size;
  if (block_size === 0) {
    requireShape(op, "scale", [size], scale);
    return indexAlong;
  }
  const blocks = Math.ceil(size / block_size);
  requireShape(
    op,
    "scale",
    input.map((length, dimension) => (dimension === along ? blocks : length)),
    scale,
  );
  const stride = strides[along]!;
  return (offset) => {
    const outer = Math.floor(offset / (stride * size));
    return (outer * blocks + Math.floor(indexAlong(offset) / block_size)) * stride + (offset % stride);
  };
}

function readZeroPoint(zeroPoint: TensorData | undefined): (offset: number) => number {
  if (!zeroPoint) return () => 0;
  const values = readNumbers(zeroPoint);
  return (offset) => values[offset]!;
}

/**
 * round(x / scale) + zero point, clamped to the integer type `element` (by default the zero point's, else ui8). Rounds half
 * to even. The quotient is rounded to f32 (f64 for f64 operands) first, so that ties are those of machine arithmetic. NaN
 * gives 0.
 */
export function quantizeLinear(
  x: TensorData,
  scale: TensorData,
  zeroPoint: TensorData | undefined,
  attributes: QuantizationAttributes = {},
  element: ElementName = zeroPoint?.element ?? "ui8",
): TensorData {
  const op = "quantize_linear";
  requireFloat(op, scale.element);
  if (isWide(x.element) || isWide(element) || isFloat(element)) {
    throw new ElementTypeError(
      op,
      "a float operand and a result of an integer type up to 32 bits",
      `${x.element} and ${element}`,
    );
  }
  const shape = quantizationShape(op, x.shape, scale.shape, zeroPoint?.shape, attributes);
  const which = scaleOffset(op, x.shape, scale.shape, attributes);
  const zeroOf = readZeroPoint(zeroPoint);
  const scales = readNumbers(scale);
  const { lowest, highest } = elementRange(element);
  const quotient = (value: number, divisor: number) =>
    x.element === "f64" ? value / divisor : Math.fround(value / divisor);
  const results = readNumbers(x).map((value, offset) => {
    const parameter = which(offset);
    const quantized = roundHalfToEven(quotient(value, scales[parameter]!)) + zeroOf(parameter);
    return Math.min(Number(highest), Math.max(Number(lowest), quantized));
  });
  return writeNumbers(results, shape, element);
}

/** (x - zero point) · scale, in the scale's element type. */
export function dequantizeLinear(
  x: TensorData,
  scale: TensorData,
  zeroPoint: TensorData | undefined,
  attributes: QuantizationAttributes = {},
): TensorData {
  const op = "dequantize_linear";
  requireFloat(op, scale.element);
  if (isFloat(x.element) || isWide(x.element)) throw new ElementTypeError(op, "integers up to 32 bits", x.element);
  const shape = quantizationShape(op, x.shape, scale.shape, zeroPoint?.shape, attributes);
  const which = scaleOffset(op, x.shape, scale.shape, attributes);
  const zeroOf = readZeroPoint(zeroPoint);
  const scales = readNumbers(scale);
  const results = readNumbers(x);
  const reals = results.map((value, offset) => (value - zeroOf(which(offset))) * scales[which(offset)]!);
  return writeNumbers(reals, shape, scale.element);
}
