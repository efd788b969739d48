/** Matrix products. */
import { boolAttribute } from "../../ir/constraints.ts";
import { defaultAttribute, op, operand, result } from "../../ir/declaration.ts";
import { example, numericTensor, requireOneElement, requireRank, reshaped, shapeOf } from "./declare.ts";
import * as reference from "./reference/matmul.ts";

export const matmul = op(
  "tensor.matmul",
  {
    lhs: operand(numericTensor),
    rhs: operand(numericTensor),
    transpose_lhs: defaultAttribute(boolAttribute, false),
    transpose_rhs: defaultAttribute(boolAttribute, false),
    result: result(numericTensor),
  },
  {
    doc:
      "result[…,i,j] = Σ lhs[…,i,k]·rhs[…,k,j] on operands of rank 2 or more whose leading dimensions broadcast; " +
      "transpose_lhs and transpose_rhs swap the last two dimensions of an operand first. Integers wrap. ONNX MatMul and Gemm, MIL matmul.",
    example: example(
      "%y = tensor.matmul %a, %b {transpose_rhs = true} : tensor<5x2x3xf32>, tensor<4x3xf32>",
      "%a: tensor<5x2x3xf32>",
      "%b: tensor<4x3xf32>",
    ),
    traits: ["Pure"],
    format: "$lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs)",
    infer: (view) => {
      const { lhs, rhs } = view;
      requireRank("matmul", "lhs", lhs, 2, Number.POSITIVE_INFINITY);
      requireRank("matmul", "rhs", rhs, 2, Number.POSITIVE_INFINITY);
      requireOneElement("matmul", lhs, rhs);
      return reshaped(lhs, reference.matmulShape(shapeOf(lhs), shapeOf(rhs), view));
    },
    evaluate: (attributes, [lhs, rhs]) => reference.matmul(lhs!, rhs!, attributes),
  },
);

export const linearOps = [matmul];
