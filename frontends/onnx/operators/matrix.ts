/** Matrix products: of any rank, scaled (Gemm), of integers, and by index letters (Einsum). */

import { einsum } from "../../../dialects/tensor/build/einsum.ts";
import * as tensor from "../../../dialects/tensor/ops.ts";
import { add, convert, isFloatElement, mul, product, reshape, since, sub, withNumber } from "./common.ts";
import { elementOf, type NodeImport, type OperatorTable, shapeOf, type Tensor } from "./node-import.ts";

/** A product as NumPy's `matmul`: a vector becomes a row or column, and that dimension vanishes from the result. */
export function matmul(node: NodeImport, lhs: Tensor, rhs: Tensor): Tensor {
  const [a, b] = [shapeOf(lhs), shapeOf(rhs)];
  if (a.length === 0 || b.length === 0) throw node.error(`cannot multiply scalars: ${lhs.type} and ${rhs.type}`);
  const result = node.emit(tensor.matmul, {
    lhs: a.length === 1 ? reshape(node, lhs, [1, ...a]) : lhs,
    rhs: b.length === 1 ? reshape(node, rhs, [...b, 1]) : rhs,
  });
  const shape = shapeOf(result);
  const kept = shape.filter(
    (_, axis) => !(a.length === 1 && axis === shape.length - 2) && !(b.length === 1 && axis === shape.length - 1),
  );
  return reshape(node, result, kept);
}

/** alpha·A'·B' + beta·C. */
function gemm(node: NodeImport): Tensor {
  const [lhs, rhs, bias] = [node.input(0), node.input(1), node.optionalInput(2)];
  if (lhs.type.rank !== 2 || rhs.type.rank !== 2)
    throw node.error(`needs matrices, but got ${lhs.type} and ${rhs.type}`);
  const [alpha, beta] = [node.float("alpha", 1), node.float("beta", 1)];
  const scaled = (value: Tensor, factor: number) =>
    factor === 1 ? value : withNumber(node, tensor.mul, value, factor);
  const result = node.emit(tensor.matmul, {
    lhs,
    rhs,
    transpose_lhs: node.flag("transA"),
    transpose_rhs: node.flag("transB"),
  });
  return bias === undefined || beta === 0
    ? scaled(result, alpha)
    : add(node, scaled(result, alpha), scaled(bias, beta));
}

/** Subtracts a zero point of one value, or of one per row (`axis` -2) or column (-1), in i32. */
function centred(node: NodeImport, value: Tensor, zeroPoint: Tensor | undefined, axis: -2 | -1): Tensor {
  const wide = convert(node, value, "i32");
  if (zeroPoint === undefined) return wide;
  const shape = shapeOf(zeroPoint);
  const perRow = axis === -2 && shape.length === 1 && product(shape) > 1;
  return sub(
    node,
    wide,
    reshape(node, convert(node, zeroPoint, "i32"), product(shape) === 1 ? [] : perRow ? [...shape, 1] : shape),
  );
}

function matmulInteger(node: NodeImport): Tensor {
  const lhs = centred(node, node.input(0), node.optionalInput(2), -2);
  return matmul(node, lhs, centred(node, node.input(1), node.optionalInput(3), -1));
}

/** The product of quantised operands, quantised again: exact in i32, then scaled in f32. */
function qLinearMatmul(node: NodeImport): Tensor {
  const [a, aScale, aZero, b, bScale, bZero, yScale, yZero] = [0, 1, 2, 3, 4, 5, 6, 7].map((at) => node.input(at));
  const sums = matmul(node, centred(node, a!, aZero, -2), centred(node, b!, bZero, -1));
  const scalar = (value: Tensor) =>
    product(shapeOf(value)) === 1 ? reshape(node, convert(node, value, "f32"), []) : convert(node, value, "f32");
  const perRow = (value: Tensor) =>
    shapeOf(value).length === 1 ? reshape(node, value, [...shapeOf(value), 1]) : value;
  const scale = mul(node, perRow(scalar(aScale!)), scalar(bScale!));
  const real = mul(node, convert(node, sums, "f32"), scale);
  return node.emit(tensor.quantizeLinear, {
    input: real,
    scale: scalar(yScale!),
    zero_point: product(shapeOf(yZero!)) === 1 ? reshape(node, yZero!, []) : yZero!,
    axis: Math.max(0, real.type.rank - 2),
  });
}

export const matrixOperators: OperatorTable = {
  Einsum: since(12, (node) => einsum(node, node.text("equation"), node.inputsFrom(0))),
  Gemm: since(1, (node) => {
    if (!isFloatElement(elementOf(node.input(0)))) return integerGemm(node);
    return gemm(node);
  }),
  MatMul: since(1, (node) => matmul(node, node.input(0), node.input(1))),
  MatMulInteger: since(10, matmulInteger),
  QLinearMatMul: since(10, qLinearMatmul),
};

/** Factors of integer products must be whole: others have no meaning in integers. */
function integerGemm(node: NodeImport): Tensor {
  const [alpha, beta] = [node.float("alpha", 1), node.float("beta", 1)];
  if (!Number.isInteger(alpha) || !Number.isInteger(beta))
    throw node.error(`integers need whole factors, not ${alpha} and ${beta}`);
  return gemm(node);
}
