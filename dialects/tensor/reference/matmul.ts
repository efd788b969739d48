/**
 * Matrix products with NumPy's rules: the last two dimensions are the matrix, those before broadcast; a vector on the left
 * is a row, on the right a column, and its dimension of size 1 is not part of the result.
 */

import type { ElementName, TensorData } from "../../../ir/tensor-data.ts";
import { broadcastOffsets, broadcastShapes, product, type Shape } from "./broadcast.ts";
import { ElementTypeError, formatShape, ShapeError } from "./shape-error.ts";
import { isFloat, isWide, readBigInts, readNumbers, requireSameElement, writeBigInts, writeNumbers } from "./values.ts";

export interface MatmulAttributes {
  /** Swap the last two dimensions of an operand first. Not allowed on a vector. */
  readonly transpose_lhs?: boolean | undefined;
  readonly transpose_rhs?: boolean | undefined;
}

/** Sizes of one product: batch dimensions, and rows × inner by inner × columns. */
interface Plan {
  readonly batch: readonly number[];
  readonly lhsBatch: Shape;
  readonly rhsBatch: Shape;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly result: number[];
}

function plan(op: string, lhs: Shape, rhs: Shape, attributes: MatmulAttributes): Plan {
  const { transpose_lhs = false, transpose_rhs = false } = attributes;
  if (lhs.length === 0 || rhs.length === 0) {
    throw new ShapeError(op, "operands of rank 1 or more", `${formatShape(lhs)} and ${formatShape(rhs)}`);
  }
  if ((transpose_lhs && lhs.length === 1) || (transpose_rhs && rhs.length === 1)) {
    throw new ShapeError(op, "no transpose of a vector", `${formatShape(lhs)} and ${formatShape(rhs)}`);
  }
  const matrix = (shape: Shape, transposed: boolean): [number, number] => {
    const [first, second] = [shape.at(-2)!, shape.at(-1)!];
    return transposed ? [second, first] : [first, second];
  };
  const [rows, inner] = lhs.length === 1 ? [1, lhs[0]!] : matrix(lhs, transpose_lhs);
  const [rhsInner, columns] = rhs.length === 1 ? [rhs[0]!, 1] : matrix(rhs, transpose_rhs);
  if (inner !== rhsInner) {
    const found = `${inner} and ${rhsInner} (of shapes ${formatShape(lhs)} and ${formatShape(rhs)})`;
    throw new ShapeError(op, "equal inner dimensions", found);
  }
  const [lhsBatch, rhsBatch] = [lhs.slice(0, -2), rhs.slice(0, -2)];
  const batch = broadcastShapes(op, lhsBatch, rhsBatch);
  const result = [...batch, ...(lhs.length === 1 ? [] : [rows]), ...(rhs.length === 1 ? [] : [columns])];
  return { batch, lhsBatch, rhsBatch, rows, inner, columns, result };
}

/** Result shape of `matmul`. */
export function matmulShape(lhs: Shape, rhs: Shape, attributes: MatmulAttributes = {}, op = "matmul"): number[] {
  return plan(op, lhs, rhs, attributes).result;
}

/** Calls `cell` for each result element with where its row of the left and column of the right operand lie. */
function forEachCell(
  { batch, lhsBatch, rhsBatch, rows, inner, columns }: Plan,
  { transpose_lhs = false, transpose_rhs = false }: MatmulAttributes,
  cell: (result: number, lhsStart: number, lhsStep: number, rhsStart: number, rhsStep: number) => void,
): void {
  const lhsMatrices = broadcastOffsets(lhsBatch, batch);
  const rhsMatrices = broadcastOffsets(rhsBatch, batch);
  let result = 0;
  for (let matrix = 0; matrix < lhsMatrices.length; matrix++) {
    const [lhs, rhs] = [lhsMatrices[matrix]! * rows * inner, rhsMatrices[matrix]! * inner * columns];
    for (let row = 0; row < rows; row++) {
      const [lhsStart, lhsStep] = transpose_lhs ? [lhs + row, rows] : [lhs + row * inner, 1];
      for (let column = 0; column < columns; column++) {
        const [rhsStart, rhsStep] = transpose_rhs ? [rhs + column * inner, 1] : [rhs + column, columns];
        cell(result++, lhsStart, lhsStep, rhsStart, rhsStep);
      }
    }
  }
}

/** Products of narrow integers, exact modulo 2^32; of floats, summed in float64. */
function multiplyNumbers(
  sizes: Plan,
  attributes: MatmulAttributes,
  lhs: Float64Array,
  rhs: Float64Array,
  float: boolean,
) {
  const results = new Float64Array(product(sizes.result));
  forEachCell(sizes, attributes, (result, lhsStart, lhsStep, rhsStart, rhsStep) => {
    let sum = 0;
    if (float) {
      for (let k = 0; k < sizes.inner; k++) sum += lhs[lhsStart + k * lhsStep]! * rhs[rhsStart + k * rhsStep]!;
    } else {
      for (let k = 0; k < sizes.inner; k++) {
        sum = (sum + Math.imul(lhs[lhsStart + k * lhsStep]!, rhs[rhsStart + k * rhsStep]!)) | 0;
      }
    }
    results[result] = sum;
  });
  return results;
}

/**
 * Matrix product of operands of one element type, which the result has too: floats are summed in float64 and rounded once,
 * integers wrap. See `matmulInteger` for an i32 result of narrow integers.
 */
export function matmul(lhs: TensorData, rhs: TensorData, attributes: MatmulAttributes = {}): TensorData {
  requireSameElement("matmul", lhs, rhs);
  const { element } = lhs;
  const sizes = plan("matmul", lhs.shape, rhs.shape, attributes);
  if (!isWide(element)) {
    const results = multiplyNumbers(sizes, attributes, readNumbers(lhs), readNumbers(rhs), isFloat(element));
    return writeNumbers(results, sizes.result, element);
  }
  const [left, right] = [readBigInts(lhs), readBigInts(rhs)];
  const results = new Array<bigint>(product(sizes.result));
  forEachCell(sizes, attributes, (result, lhsStart, lhsStep, rhsStart, rhsStep) => {
    let sum = 0n;
    for (let k = 0; k < sizes.inner; k++) sum += left[lhsStart + k * lhsStep]! * right[rhsStart + k * rhsStep]!;
    results[result] = sum;
  });
  return writeBigInts(results, sizes.result, element);
}

/** Zero points of `matmulInteger`: one value, one per row of the left operand, or one per column of the right. */
export interface MatmulZeroPoints {
  readonly lhs?: TensorData | undefined;
  readonly rhs?: TensorData | undefined;
}

/**
 * Matrix product of integers of up to 16 bits, of any signs, with an i32 result that wraps. Zero points are subtracted
 * from the operands first.
 */
export function matmulInteger(
  lhs: TensorData,
  rhs: TensorData,
  zeroPoints: MatmulZeroPoints = {},
  attributes: MatmulAttributes = {},
): TensorData {
  const op = "matmul_integer";
  const narrow: readonly ElementName[] = ["i4", "ui4", "i8", "ui8", "i16", "ui16"];
  for (const { element } of [lhs, rhs]) {
    if (!narrow.includes(element)) throw new ElementTypeError(op, "integers of up to 16 bits", element);
  }
  const sizes = plan(op, lhs.shape, rhs.shape, attributes);
  const { transpose_lhs, transpose_rhs } = attributes;
  const left = subtractZeroPoint(op, lhs, zeroPoints.lhs, sizes.rows, transpose_lhs ? 1 : sizes.inner);
  const right = subtractZeroPoint(op, rhs, zeroPoints.rhs, sizes.columns, transpose_rhs ? sizes.inner : 1);
  return writeNumbers(multiplyNumbers(sizes, attributes, left, right, false), sizes.result, "i32");
}

/** Operand minus zero point; with `count` zero points, the one of an element is `offset / repeat mod count`. */
function subtractZeroPoint(
  op: string,
  x: TensorData,
  zeroPoint: TensorData | undefined,
  count: number,
  repeat: number,
) {
  const values = readNumbers(x);
  if (!zeroPoint) return values;
  if (isFloat(zeroPoint.element)) throw new ElementTypeError(op, "an integer zero point", zeroPoint.element);
  const zeros = readNumbers(zeroPoint);
  if (zeros.length !== 1 && zeros.length !== count)
    throw new ShapeError(op, `1 or ${count} zero points`, `${zeros.length}`);
  return values.map((value, offset) => value - zeros[zeros.length === 1 ? 0 : Math.floor(offset / repeat) % count]!);
}
